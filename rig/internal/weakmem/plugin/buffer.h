/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The delay buffer of one vCPU: stores that were executed but are not yet
 * visible to others, keyed by physical address. An atomic without a result is one
 * too: it reads and writes, in one, when it drains. An entry may drain unless an
 * older entry overlaps it or was followed by a DMB ST before it, or it is a
 * store-release and anything older waits; that keeps coherence, release order and
 * the order among stores (Arm ARM B2.3), other barriers being the caller's
 * business. Callers hold the vCPU's lock.
 */
#ifndef KCOVRIG_BUFFER_H
#define KCOVRIG_BUFFER_H

#include <stdbool.h>
#include <stdint.h>

#include "insn.h"
#include "views.h"

#define BUFFER_MAX 64

struct store {
    uint64_t phys;
    uint64_t value;
    uint64_t high; /* the second eight bytes of sixteen */
    uint64_t pc;
    uint64_t view[VIEWS]; /* what its address and data had seen */
    uint8_t bytes; /* 1, 2, 4 or 8, and phys a multiple of it; or a pair's 8 or
                    * 16 within sixteen aligned bytes */
    enum atomic_op op;     /* of an atomic without a result; else ATOMIC_OTHER */
    unsigned int after;    /* barriers that came before it */
    uint64_t barrier;      /* PC of the first one after it; 0: there was none */
    uint64_t looks;        /* others' at its place as it began to wait: look_count */
    bool release;  /* drains only when nothing older waits */
    bool followed; /* a later store was executed while it waited */
    bool loaded;   /* a later load was, of other bytes */
    bool read_past; /* ... was, where others look at its place */
};

struct buffer {
    unsigned int n;
    unsigned int barriers; /* DMB ST */
    struct store store[BUFFER_MAX]; /* oldest first */
};

enum buffer_cover {
    COVER_NONE,    /* no waiting store touches the bytes */
    COVER_WHOLE,   /* the youngest that touches them is a store that has all of them */
    COVER_PARTIAL, /* anything else */
};

enum buffer_access { ACCESS_LOADS, ACCESS_STORES };

enum buffer_closure {
    CLOSURE_NONE,    /* nothing has to come first */
    CLOSURE_SAME,    /* the bytes themselves */
    CLOSURE_ORDERED, /* what a barrier or a release puts first, too */
};

/* Appends; the caller made sure that there is room. */
void buffer_push(struct buffer *b, const struct store *s);

/* A barrier for stores, at pc: later ones wait for those that wait now. */
void buffer_barrier(struct buffer *b, uint64_t pc);

/* A load of other bytes is done while these wait. */
void buffer_read_past(struct buffer *b);

/* How waiting stores cover the bytes; the youngest store for COVER_WHOLE. */
enum buffer_cover buffer_lookup(const struct buffer *b, uint64_t phys,
                                unsigned int bytes, const struct store **found);

/* Removes and returns the entry at index. */
struct store buffer_take(struct buffer *b, unsigned int index);

/* Indices that may drain now. Returns how many. */
unsigned int buffer_ready(const struct buffer *b, unsigned int *out);

/* Marks in out[BUFFER_MAX] the entries that must drain before an access to the bytes
 * that is done at once. */
enum buffer_closure buffer_closure(const struct buffer *b, uint64_t phys,
                                   unsigned int bytes, enum buffer_access access,
                                   bool *out);

/* How many entries, from the oldest, a load-acquire must see drained: those up
 * to the last waiting store-release. */
unsigned int buffer_through_release(const struct buffer *b);

#endif
