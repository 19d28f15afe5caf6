/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Whether loads could be done before an earlier store of their vCPU was visible. Why a store
 * of this episode cannot be read past any more is kept until a later load comes: then it is
 * counted by site. stops.h has the same of later stores, which more instructions order.
 */
#ifndef KCOVRIG_READ_PAST_H
#define KCOVRIG_READ_PAST_H

#include <stdbool.h>
#include <stdint.h>

#include "buffer.h"
#include "sites.h"
#include "stops.h"

struct read_past {
    unsigned int n;
    struct stop stop[STOPS_MAX];
};

/* A new episode. */
void read_past_clear(struct read_past *r);
/* A store was made visible, or could not wait at all; whether a later load came before that. */
void read_past_add(struct read_past *r, uint64_t first, uint64_t by, enum why why,
                   bool followed);
/* The emulator's caution would make visible here what waits. Had no instruction done so
 * before, no later load would have read past it, so what that ordered earns no silence. */
void read_past_doubt(struct read_past *r, uint64_t by, enum why why);
/* A load at pc of bytes at phys, none of which it takes from a store that waits; bytes is 0
 * where the place is not known. */
void read_past_tell(struct read_past *r, struct buffer *b, uint64_t pc, uint64_t phys,
                    unsigned int bytes);
/* The episode ends. */
void read_past_end(struct read_past *r);

#endif
