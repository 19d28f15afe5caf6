// SPDX-License-Identifier: GPL-2.0-or-later
#include "stops.h"

#include "buffer.h"
#include "plan.h"
#include "sites.h"

void stops_clear(struct stops *s)
{
    s->n = 0;
}

static struct stop *find(struct stops *s, uint64_t first)
{
    for (unsigned int i = 0; i < s->n; i++) {
        if (s->stop[i].first == first) {
            return &s->stop[i];
        }
    }
    if (s->n == STOPS_MAX) {
        return &s->stop[0]; /* the oldest gives way */
    }
    s->stop[s->n] = (struct stop){0};
    return &s->stop[s->n++];
}

void stops_add(struct stops *s, uint64_t first, uint64_t by, enum why why, bool followed)
{
    struct stop *to;

    if (!sites_on() || why == WHY_NONE) {
        return;
    }
    if (plan_is_rest(first)) {
        sites_add_rest(by, false, why);
        return;
    }
    to = find(s, first);
    if (to->first == first && is_doubt(to->why) && !is_doubt(why) && !to->followed) {
        return; /* of two stores at one place the doubtful one is kept */
    }
    *to = (struct stop){.first = first, .by = by, .why = why, .followed = followed};
}

void stops_order(struct stops *s, uint64_t by, enum why why)
{
    for (unsigned int i = 0; i < s->n; i++) {
        if (is_doubt(s->stop[i].why)) {
            s->stop[i].by = by;
            s->stop[i].why = why;
        }
    }
}

void stops_second(struct stops *s, struct buffer *b, uint64_t pc, uint64_t phys,
                  unsigned int bytes, bool release)
{
    bool tied[BUFFER_MAX] = {false}, ordered;

    if (!sites_on()) {
        return;
    }
    if (plan_is_rest(pc)) {
        if (b->n) {
            sites_add_rest(pc, false, WHY_PASSED);
        }
        return;
    }
    for (unsigned int i = 0; i < s->n; i++) {
        struct stop *one = &s->stop[i];
        bool own = release && is_doubt(one->why);

        sites_add(one->first, own ? pc : one->by, pc, own ? WHY_RELEASE : one->why);
        one->followed = true;
    }
    if (bytes) {
        buffer_closure(b, phys, bytes, ACCESS_LOADS, tied);
    }
    for (unsigned int i = 0; i < b->n; i++) {
        struct store *one = &b->store[i];

        if (plan_is_rest(one->pc)) {
            continue;
        }
        if (bytes && one->phys < phys + bytes && phys < one->phys + one->bytes) {
            continue; /* the same bytes: coherence orders them */
        }
        /* Or it must come before a release to the same bytes, which comes first. */
        ordered = release || tied[i];
        if (one->barrier) {
            sites_add(one->pc, one->barrier, pc, WHY_BARRIER);
        } else {
            sites_add(one->pc, ordered ? pc : 0, pc, ordered ? WHY_RELEASE : WHY_PASSED);
        }
        one->followed = true;
    }
}

void stops_end(struct stops *s)
{
    for (unsigned int i = 0; i < s->n; i++) {
        if (!s->stop[i].followed) {
            sites_add(s->stop[i].first, s->stop[i].by, 0, s->stop[i].why);
        }
    }
    s->n = 0;
}
