// SPDX-License-Identifier: GPL-2.0-or-later
#include "look.h"

#include "history.h"
#include "plan.h"
#include "vcpu.h"

static unsigned int place(uint64_t granule)
{
    return (unsigned int)(granule / GRANULE_BYTES * 0x9e3779b97f4a7c15ull >> 56);
}

static uint64_t granule_of(uint64_t phys)
{
    return phys & ~(uint64_t)(GRANULE_BYTES - 1);
}

void look_note(struct vcpu *v, uint64_t phys)
{
    uint64_t granule = granule_of(phys);
    unsigned int at = place(granule);

    if (plan->policy.hold_ns) { /* else nobody waits for it */
        __atomic_store_n(&v->looks.look[at].granule, granule, __ATOMIC_RELAXED);
        __atomic_store_n(&v->looks.look[at].n, v->looks.look[at].n + 1, __ATOMIC_RELEASE);
    }
}

uint64_t look_count(const struct vcpu *v, uint64_t phys)
{
    uint64_t granule = granule_of(phys), sum = 0;
    unsigned int at = place(granule);

    for (unsigned int i = 0; i < vcpu_count(); i++) {
        const struct looks *other = &vcpu_of(i)->looks;

        if (i != v->index &&
            __atomic_load_n(&other->look[at].granule, __ATOMIC_RELAXED) == granule) {
            sum += __atomic_load_n(&other->look[at].n, __ATOMIC_ACQUIRE);
        }
    }
    return sum;
}
