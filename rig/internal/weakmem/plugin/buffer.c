// SPDX-License-Identifier: GPL-2.0-or-later
#include "buffer.h"

#include <string.h>

#include "insn.h"
#include "mutant.h"

static bool overlap(uint64_t a, unsigned int an, uint64_t b, unsigned int bn)
{
    return a < b + bn && b < a + an;
}

void buffer_push(struct buffer *b, const struct store *s)
{
    struct store *last = &b->store[b->n++];

    *last = *s;
    last->after = b->barriers;
    last->barrier = 0;
}

void buffer_barrier(struct buffer *b, uint64_t pc)
{
    for (unsigned int i = 0; i < b->n; i++) {
        struct store *s = &b->store[i];
        s->barrier = s->barrier ? s->barrier : pc;
    }
    b->barriers++;
}

void buffer_read_past(struct buffer *b)
{
    for (unsigned int i = 0; i < b->n; i++) {
        b->store[i].read_past = b->store[i].looks && !MUTANT(loads_ask_for_no_wait);
    }
}

enum buffer_cover buffer_lookup(const struct buffer *b, uint64_t phys,
                                unsigned int bytes, const struct store **found)
{
    for (unsigned int i = b->n; i-- > 0;) {
        const struct store *s = &b->store[i];

        if (overlap(s->phys, s->bytes, phys, bytes)) {
            if (s->phys > phys || s->phys + s->bytes < phys + bytes ||
                (s->op != ATOMIC_OTHER && !MUTANT(waiting_atomic_is_forwarded))) {
                return COVER_PARTIAL;
            }
            *found = s;
            return COVER_WHOLE;
        }
    }
    return COVER_NONE;
}

struct store buffer_take(struct buffer *b, unsigned int index)
{
    struct store s = b->store[index];

    b->n--;
    memmove(&b->store[index], &b->store[index + 1],
            (b->n - index) * sizeof b->store[0]);
    return s;
}

/* Whether the entry at index must wait for the older one. */
static bool waits_for(const struct buffer *b, unsigned int index,
                      unsigned int older)
{
    const struct store *s = &b->store[index], *o = &b->store[older];

    return (s->release && !MUTANT(release_passes_older_stores)) ||
           s->after != o->after || overlap(o->phys, o->bytes, s->phys, s->bytes);
}

static bool may_drain(const struct buffer *b, unsigned int index)
{
    for (unsigned int i = 0; i < index; i++) {
        if (waits_for(b, index, i)) {
            return false;
        }
    }
    return true;
}

unsigned int buffer_ready(const struct buffer *b, unsigned int *out)
{
    unsigned int n = 0;

    for (unsigned int i = 0; i < b->n; i++) {
        if (may_drain(b, i)) {
            out[n++] = i;
        }
    }
    return n;
}

enum buffer_closure buffer_closure(const struct buffer *b, uint64_t phys,
                                   unsigned int bytes, enum buffer_access access,
                                   bool *out)
{
    enum buffer_closure found = CLOSURE_NONE;

    memset(out, 0, BUFFER_MAX * sizeof *out);
    for (unsigned int i = b->n; i-- > 0;) {
        const struct store *s = &b->store[i];
        bool same = overlap(s->phys, s->bytes, phys, bytes);

        out[i] = out[i] || same ||
                 (access == ACCESS_STORES && s->barrier &&
                  !MUTANT(store_barrier_is_for_waiting_stores_alone));
        if (!out[i]) {
            continue;
        }
        found = same && found != CLOSURE_ORDERED ? CLOSURE_SAME : CLOSURE_ORDERED;
        for (unsigned int j = 0; j < i; j++) {
            out[j] = out[j] || waits_for(b, i, j);
        }
    }
    return found;
}

unsigned int buffer_through_release(const struct buffer *b)
{
    unsigned int n = b->n;

    while (n > 0 && !b->store[n - 1].release) {
        n--;
    }
    return n;
}
