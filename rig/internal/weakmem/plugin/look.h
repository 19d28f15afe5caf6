/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Where the loads of bodies have looked of late: a store that waits is of use to store
 * buffering only where another vCPU looks, and has waited long enough once it has. All of
 * it is for the policy: what is forgotten, or taken for another place, makes a wait
 * shorter or needless, and nothing wrong.
 */
#ifndef KCOVRIG_LOOK_H
#define KCOVRIG_LOOK_H

#include <stdint.h>

struct vcpu;

#define LOOKS 256

/* Of one vCPU, by granule: the last that it looked at of those that share a place. */
struct looks {
    struct {
        uint64_t granule; /* physical address */
        uint64_t n;       /* looks so far, at whichever */
    } look[LOOKS];
};

/* A load of v has read there. */
void look_note(struct vcpu *v, uint64_t phys);

/* Changes with each look of another vCPU's there; 0: none looks there. */
uint64_t look_count(const struct vcpu *v, uint64_t phys);

#endif
