/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Why a vCPU's stores of this episode do not wait any more, until the next store
 * comes that could have passed them: then it is counted by site.
 */
#ifndef KCOVRIG_STOPS_H
#define KCOVRIG_STOPS_H

#include "buffer.h"
#include "sites.h"

#define STOPS_MAX BUFFER_MAX

struct stop {
    uint64_t first; /* PC of the store */
    uint64_t by;    /* PC of what made it visible */
    enum why why;
    bool followed;  /* a later store came */
};

struct stops {
    unsigned int n;
    struct stop stop[STOPS_MAX];
};

/* A new episode. */
void stops_clear(struct stops *s);
/* A store was made visible, or could not wait at all. */
void stops_add(struct stops *s, uint64_t first, uint64_t by, enum why why, bool followed);
/* An instruction by which Arm orders all earlier stores before all later ones. */
void stops_order(struct stops *s, uint64_t by, enum why why);
/* A store at pc to bytes at phys, or to an unknown place where bytes is 0. An own
 * release orders all earlier stores before itself. */
void stops_second(struct stops *s, struct buffer *b, uint64_t pc, uint64_t phys,
                  unsigned int bytes, bool release);
/* The episode ends. */
void stops_end(struct stops *s);

#endif
