// SPDX-License-Identifier: GPL-2.0-or-later
#include "load_order.h"

#include <stdbool.h>

#include "sites.h"

void load_order_begin(struct load_order *o, const struct views *w)
{
    *o = (struct load_order){.read_old = w->read_old, .read_new = w->read_new};
}

void load_order_note(struct load_order *o, const struct views *w, uint64_t pc)
{
    if (!sites_on()) {
        return;
    }
    if (w->read_old > o->read_old) {
        unsigned int at = o->reads++ % LOAD_ORDERS;

        o->read[at].time = o->read_old = w->read_old;
        o->read[at].pc = pc;
    }
    if (w->read_new > o->read_new) {
        unsigned int at = o->raises++ % LOAD_ORDERS;

        o->raise[at].time = o->read_new = w->read_new;
        o->raise[at].pc = pc;
        o->raise[at].read_old = w->read_old;
    }
}

static unsigned int oldest_of(unsigned int all)
{
    return all > LOAD_ORDERS ? all - LOAD_ORDERS : 0;
}

/* The load, of those that are remembered the earliest, that saw what was written at time. */
static uint64_t reader(const struct load_order *o, uint64_t time)
{
    for (unsigned int i = oldest_of(o->reads); i < o->reads; i++) {
        if (o->read[i % LOAD_ORDERS].time >= time) {
            return o->read[i % LOAD_ORDERS].pc;
        }
    }
    return 0;
}

/* The instruction that made later loads see it, since earlier ones had; 0 where it was not
 * for loads, or is not remembered for sure. */
static uint64_t orderer(const struct load_order *o, uint64_t time)
{
    unsigned int first = oldest_of(o->raises);

    for (unsigned int i = first; i < o->raises; i++) {
        unsigned int at = i % LOAD_ORDERS;

        if (o->raise[at].time >= time) {
            bool sure = i > first || first == 0;
            return sure && o->raise[at].read_old >= time ? o->raise[at].pc : 0;
        }
    }
    return 0;
}

/* Each version but the newest was replaced at the time of the one before it: that is what a
 * load has not seen that reads it. */
static bool passes(const struct load_order *o, uint64_t pc, const struct version *version,
                   unsigned int n, uint64_t limit)
{
    for (unsigned int i = n; i > 1 && version[i - 2].time <= o->read_old; i--) {
        if (version[i - 2].time > limit) {
            uint64_t first = reader(o, version[i - 2].time);

            if (first) {
                sites_add(first, 0, pc, WHY_LOAD_PASSED);
            }
            return true;
        }
    }
    return false;
}

void load_order_tell(const struct load_order *o, uint64_t pc, const struct version *version,
                     unsigned int n, uint64_t limit, uint64_t order)
{
    if (passes(o, pc, version, n, limit)) {
        return;
    }
    for (unsigned int i = 1; i < n; i++) {
        if (version[i - 1].time <= order) {
            uint64_t by = orderer(o, version[i - 1].time);

            if (by) {
                sites_add(reader(o, version[i - 1].time), by, pc, WHY_LOAD_ORDER);
            }
            return;
        }
    }
}
