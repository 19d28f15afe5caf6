/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Which of a vCPU's loads came before which, and by what instruction they stay in order:
 * the last loads that saw something newer than all before them, and the last instructions
 * that made later loads see that too. So it can be told by place that a later load could
 * read what is older than an earlier one had seen, or by which instruction it could not.
 */
#ifndef KCOVRIG_LOAD_ORDER_H
#define KCOVRIG_LOAD_ORDER_H

#include <stdint.h>

#include "history.h"
#include "views.h"

#define LOAD_ORDERS 16 /* of each kind that are remembered; a power of two */

struct load_order {
    unsigned int reads, raises; /* all there were in this episode */
    uint64_t read_old, read_new; /* of the views, as noted last */
    struct {
        uint64_t time, pc;
    } read[LOAD_ORDERS];
    struct {
        uint64_t time, pc;
        uint64_t read_old; /* what earlier loads had seen */
    } raise[LOAD_ORDERS];
};

/* Views are kept from here on. */
void load_order_begin(struct load_order *o, const struct views *w);

/* The instruction at pc has done to the views what it does. */
void load_order_note(struct load_order *o, const struct views *w, uint64_t pc);

/* A load at pc may read what was written at limit or later. Of n versions of its bytes,
 * the newest first, that it may read or could if no instruction ordered loads: counts by
 * site which earlier load it can pass, or cannot and why. order is the limit without what
 * only doubt raised. */
void load_order_tell(const struct load_order *o, uint64_t pc, const struct version *version,
                     unsigned int n, uint64_t limit, uint64_t order);

#endif
