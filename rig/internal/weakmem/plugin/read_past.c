// SPDX-License-Identifier: GPL-2.0-or-later
#include "read_past.h"

void read_past_clear(struct read_past *r)
{
    r->n = 0;
}

static struct stop *find(struct read_past *r, uint64_t first)
{
    for (unsigned int i = 0; i < r->n; i++) {
        if (r->stop[i].first == first) {
            return &r->stop[i];
        }
    }
    if (r->n == STOPS_MAX) {
        return &r->stop[0]; /* the oldest gives way */
    }
    r->stop[r->n] = (struct stop){0};
    return &r->stop[r->n++];
}

void read_past_add(struct read_past *r, uint64_t first, uint64_t by, enum why why,
                   bool followed)
{
    struct stop *to;

    if (!sites_on() || why == WHY_NONE) {
        return;
    }
    to = find(r, first);
    if (to->first == first && is_doubt(to->why) && !is_doubt(why) && !to->followed) {
        return; /* of two stores at one place the doubtful one is kept */
    }
    *to = (struct stop){.first = first, .by = by, .why = why, .followed = followed};
}

void read_past_doubt(struct read_past *r, uint64_t by, enum why why)
{
    for (unsigned int i = 0; i < r->n; i++) {
        if (!is_doubt(r->stop[i].why)) {
            r->stop[i].by = by;
            r->stop[i].why = why;
        }
    }
}

void read_past_tell(struct read_past *r, struct buffer *b, uint64_t pc, uint64_t phys,
                    unsigned int bytes)
{
    if (!sites_on()) {
        return;
    }
    for (unsigned int i = 0; i < r->n; i++) {
        sites_add_read(r->stop[i].first, r->stop[i].by, pc, r->stop[i].why);
        r->stop[i].followed = true;
    }
    for (unsigned int i = 0; i < b->n; i++) {
        struct store *one = &b->store[i];

        if (bytes && one->phys < phys + bytes && phys < one->phys + one->bytes) {
            continue; /* the same bytes: coherence orders them */
        }
        sites_add_read(one->pc, 0, pc, WHY_PASSED);
        one->loaded = true;
    }
}

void read_past_end(struct read_past *r)
{
    for (unsigned int i = 0; i < r->n; i++) {
        if (!r->stop[i].followed) {
            sites_add_read(r->stop[i].first, r->stop[i].by, 0, r->stop[i].why);
        }
    }
    r->n = 0;
}
