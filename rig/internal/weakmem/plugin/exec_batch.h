/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Instructions that only compute have no callback of their own: the next callback in
 * their block carries their views first. Nothing in between asks for a view, and what an
 * earlier load read is then taken to be as new as that callback finds the history, which
 * is later, so stronger, than it would be at the computation.
 */
#ifndef KCOVRIG_EXEC_BATCH_H
#define KCOVRIG_EXEC_BATCH_H

#include <stdbool.h>
#include <stddef.h>

#include "exec.h"
#include "qemu_api.h"

#define BATCH_MAX 32

/* The computations ahead of a callback, in order, and the callback. */
struct batch {
    struct batch *next; /* of the same site */
    qemu_plugin_vcpu_udata_cb_t then; /* NULL: none */
    struct site *site;
    size_t n;
    const struct site *computed[];
};

/* While a block is translated: what has been computed since its last callback. */
struct computed {
    size_t n;
    const struct site *site[BATCH_MAX];
};

/* Whether views are kept there from an episode's first instruction to its last. */
static inline bool batch_always_tracked(const struct scope *s)
{
    return plan->policy.track && exec_keeps_views(s);
}

/* Takes what was computed, for a callback of site. Of one site, callback and list there
 * is one batch, however often the block is translated; none is ever freed. */
struct batch *batch_take(struct computed *c, qemu_plugin_vcpu_udata_cb_t then, struct site *site);

/* Is given a struct batch. */
void exec_batch(unsigned int index, void *udata);

#endif
