/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A vCPU's random numbers: the same for the same seed and vCPU. In line, since each
 * store of a copy draws some. KCOVRIG_CHOICES names a header of who goes through all
 * choices instead: its chance_choose(n) is below n, or n where it is to be drawn.
 */
#ifndef KCOVRIG_CHANCE_H
#define KCOVRIG_CHANCE_H

#include <stdbool.h>
#include <stdint.h>

#include "vcpu.h"

/* splitmix64 (Steele, Lea, Flood 2014): any seed, also 0, is a good one. */
static inline uint64_t chance_random(struct vcpu *v)
{
    uint64_t z = v->random += 0x9e3779b97f4a7c15ull;

    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ z >> 27) * 0x94d049bb133111ebull;
    return z ^ z >> 31;
}

#if defined(KCOVRIG_CHOICES)
#include KCOVRIG_CHOICES
#else
static inline uint64_t chance_choose(uint64_t n)
{
    return n;
}
#endif

/* n is not 0. */
static inline uint64_t chance_below(struct vcpu *v, uint64_t n)
{
    uint64_t chosen = chance_choose(n);

    return chosen < n ? chosen : chance_random(v) % n;
}

static inline bool chance_of(struct vcpu *v, uint64_t per_1000)
{
    uint64_t chosen = per_1000 && per_1000 < 1000 ? chance_choose(2) : 2;

    return chosen < 2 ? chosen
                      : per_1000 >= 1000 || chance_random(v) % 1000 < per_1000;
}

void chance_seed(struct vcpu *v, uint64_t seed);

#endif
