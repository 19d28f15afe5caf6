// SPDX-License-Identifier: GPL-2.0-or-later
#include <time.h>

#include "vcpu.h"

/* splitmix64 (Steele, Lea, Flood 2014): any seed, also 0, is a good one. */
uint64_t policy_random(struct vcpu *v)
{
    uint64_t z = v->random += 0x9e3779b97f4a7c15ull;

    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ z >> 27) * 0x94d049bb133111ebull;
    return z ^ z >> 31;
}

void policy_seed(struct vcpu *v, uint64_t seed)
{
    v->random = seed;
    v->random = policy_random(v) + v->index * 0xd1342543de82ef95ull;
}

static bool chance(struct vcpu *v, uint64_t per_1000)
{
    return per_1000 >= 1000 || policy_random(v) % 1000 < per_1000;
}

/* Where in a callee the delayed stores begin is drawn over as many stores as
 * the callee made the last time, so that each has its turn. */
bool policy_begin(struct vcpu *v)
{
    if (!chance(v, plan.policy.active)) {
        return false;
    }
    v->callee_before = v->callee_stores;
    v->callee_stores = 0;
    v->skip = v->callee_before ? policy_random(v) % v->callee_before : 0;
    v->budget = 0;
    if (plan.policy.callee_max) {
        v->budget = 1 + policy_random(v) % plan.policy.callee_max;
    }
    return true;
}

bool policy_delay(struct vcpu *v, enum scope_role role)
{
    if (role != SCOPE_CALLEE) {
        return chance(v, plan.policy.body_delay);
    }
    if (v->callee_stores++ < v->skip || v->budget == 0) {
        return false;
    }
    v->budget--;
    return true;
}

static uint64_t now_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* Spins: the wait is far shorter than a switch of threads. It delays another
 * vCPU that asks for exclusivity by no more than its own length. */
static uint64_t spin(uint64_t ns)
{
    uint64_t start = now_ns(), now = start;

    while (now - start < ns) {
#if defined(__x86_64__)
        __builtin_ia32_pause();
#endif
        now = now_ns();
    }
    return now - start;
}

void policy_hold(struct vcpu *v)
{
    if (!plan.policy.hold_ns || !chance(v, plan.policy.hold)) {
        return;
    }
    count_add(v->index, COUNTER_holdNanoseconds, spin(plan.policy.hold_ns));
    COUNT(v->index, holds);
}

bool policy_stale(struct vcpu *v)
{
    return chance(v, plan.policy.stale);
}

bool policy_exact(struct vcpu *v)
{
    return chance(v, plan.policy.exact);
}

void policy_pause(struct vcpu *v)
{
    if (plan.policy.pause && plan.policy.hold_ns && chance(v, plan.policy.pause)) {
        spin(policy_random(v) % plan.policy.hold_ns);
        COUNT(v->index, pauses);
    }
}
