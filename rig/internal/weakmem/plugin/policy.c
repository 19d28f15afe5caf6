// SPDX-License-Identifier: GPL-2.0-or-later
#include "policy.h"

#include <time.h>

#include "chance.h"
#include "counters.h"
#include "gate.h"
#include "look.h"
#include "mutant.h"
#include "plan.h"
#include "thread.h"
#include "turns.h"
#include "vcpu.h"

/* Where in a callee the delayed stores begin is drawn over as many stores as
 * the callee made the last time, so that each has its turn. */
static bool exclusives;

void policy_exclusives(void)
{
    __atomic_store_n(&exclusives, true, __ATOMIC_RELAXED);
}

uint64_t policy_blocks(struct vcpu *v)
{
    return chance_below(v, 2 * plan->policy.spacing);
}

bool policy_begin(struct vcpu *v)
{
    bool always = plan->focus || plan->policy.spacing || __atomic_load_n(&exclusives, __ATOMIC_RELAXED);

    if (!always && !chance_of(v, plan->policy.active)) {
        return false;
    }
    v->callee_before = v->callee_stores;
    v->callee_stores = 0;
    v->skip = v->callee_before ? chance_below(v, v->callee_before) : 0;
    v->budget = 0;
    v->await = chance_of(v, plan->policy.await);
    if (plan->policy.callee_max) {
        v->budget = 1 + chance_below(v, plan->policy.callee_max);
    }
    return true;
}

/* A focus makes every other store strong, which is always allowed, and this one
 * late whenever it may be. */
bool policy_delay(struct vcpu *v, enum scope_role role, uint64_t pc)
{
    if (plan->focus) {
        return pc == plan->focus;
    }
    if (role == SCOPE_PATH) {
        return false;
    }
    if (role != SCOPE_CALLEE) {
        return chance_of(v, plan->policy.body_delay);
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

static void pause_cpu(void)
{
#if defined(__x86_64__)
    __builtin_ia32_pause();
#endif
}

/* Wherever they looked. */
static uint64_t visits_of_others(const struct vcpu *v, uint64_t phys)
{
    uint64_t all = 0;

    (void)phys;
    for (unsigned int i = 0; i < vcpu_count(); i++) {
        if (i != v->index) {
            all += __atomic_load_n(&vcpu_of(i)->visits, __ATOMIC_RELAXED);
        }
    }
    return all;
}

/* How many wait at their first load. */
static uint64_t awaiting_others(const struct vcpu *v, uint64_t phys)
{
    uint64_t all = 0;

    (void)phys;
    for (unsigned int i = 0; i < vcpu_count(); i++) {
        if (i != v->index) {
            all += __atomic_load_n(&vcpu_of(i)->awaiting, __ATOMIC_RELAXED);
        }
    }
    return all;
}

/* Of their episodes, whatever they looked at. */
static uint64_t ends_of_others(const struct vcpu *v, uint64_t phys)
{
    uint64_t all = 0;

    (void)phys;
    for (unsigned int i = 0; i < vcpu_count(); i++) {
        if (i != v->index) {
            all += __atomic_load_n(&vcpu_of(i)->ends, __ATOMIC_RELAXED);
        }
    }
    return all;
}

/* How long a wait is where the host executes others in place of the vCPU that is waited
 * for, at the most, and how often it is looked whether it does so still: a turn of a
 * thread is some milliseconds. */
enum { AWAY_NS = 4000000, LOOK_NS = 50000, NEAR_NS = 300, SELDOM = 15 };

static bool seldom_skips(struct seldom *s)
{
    if (!s->skip) {
        return false;
    }
    s->skip--;
    return true;
}

static void seldom_note(struct seldom *s, bool in_vain)
{
    s->often = !in_vain ? 0 : s->often < SELDOM ? s->often * 2 + 1 : SELDOM;
    s->skip = s->often;
}

/* Whether no other vCPU is executed though one wants to be. Costs a microsecond. */
static bool others_away(struct vcpu *v)
{
    uint64_t ran, end;
    bool away;

    if (MUTANT(nobody_is_away) || seldom_skips(&v->away)) {
        return false;
    }
    ran = thread_others_ran(v);
    for (end = now_ns() + NEAR_NS; now_ns() < end;) {
        pause_cpu();
    }
    away = ran && thread_others_ran(v) == ran && thread_other_runs(v);
    seldom_note(&v->away, !away);
    return away;
}

/* Until the count for a place is another, or the others have had hold_ns of the host. */
static bool wait_for_away(struct vcpu *v, uint64_t (*count)(const struct vcpu *, uint64_t),
                          uint64_t phys, uint64_t before)
{
    uint64_t ran = thread_others_ran(v), end = now_ns() + AWAY_NS;

    COUNT(v->index, awayHolds);
    while (now_ns() < end && thread_other_runs(v)) {
        thread_sleep(LOOK_NS);
        if (count(v, phys) != before) {
            COUNT(v->index, awaySeen);
            return true;
        }
        if (thread_others_ran(v) - ran > plan->policy.hold_ns) {
            return false;
        }
    }
    return false;
}

/* Until the count for a place is another, but no longer than most_ns of the other vCPUs'
 * time; says whether it is. Spins: the wait is far shorter than a switch of threads. It
 * delays another vCPU that asks for exclusivity, and so sleeps, by no more than its own length. */
static bool hold(struct vcpu *v, uint64_t (*count)(const struct vcpu *, uint64_t),
                 uint64_t phys, uint64_t before, uint64_t most_ns)
{
    uint64_t start, now;
    bool changed = false;

    if (!plan->policy.hold_ns || !chance_of(v, plan->policy.hold)) {
        return false;
    }
    start = now = now_ns();
    while (!changed && now - start < most_ns) {
        pause_cpu();
        now = now_ns();
        changed = count(v, phys) != before && !MUTANT(looks_end_no_wait);
    }
    if (!changed && others_away(v)) {
        changed = wait_for_away(v, count, phys, before);
        now = now_ns();
    }
    count_add(v->index, COUNTER_holdNanoseconds, now - start);
    COUNT(v->index, holds);
    return changed;
}

/* Until another vCPU has left a body, so that it has looked at what became visible. */
void policy_hold(struct vcpu *v)
{
    hold(v, visits_of_others, 0, visits_of_others(v, 0), plan->policy.hold_ns);
}

void policy_hold_look(struct vcpu *v, uint64_t phys, uint64_t looks)
{
    count_add(v->index, COUNTER_looked, hold(v, look_count, phys, looks, plan->policy.hold_ns));
}

bool policy_stale(struct vcpu *v)
{
    enum turn_loads how = turns_loads(v);

    return how == LOADS_ANY ? chance_of(v, plan->policy.stale) : how == LOADS_OLD;
}

bool policy_exact(struct vcpu *v)
{
    return chance_of(v, plan->policy.exact);
}

void policy_pause(struct vcpu *v)
{
    if (plan->policy.pause && plan->policy.hold_ns && chance_of(v, plan->policy.pause)) {
        uint64_t end = now_ns() + chance_random(v) % plan->policy.hold_ns;
        while (now_ns() < end) {
            pause_cpu();
        }
        COUNT(v->index, pauses);
    }
}

static bool others_in_episodes(const struct vcpu *v)
{
    for (unsigned int i = 0; i < vcpu_count(); i++) {
        if (i != v->index && __atomic_load_n(&gate_of(vcpu_of(i))->active, __ATOMIC_RELAXED) == EPISODE_DELAYS) {
            return true;
        }
    }
    return false;
}

void policy_hold_arrival(struct vcpu *v)
{
    if (chance_of(v, plan->policy.await) && !awaiting_others(v, 0) &&
        !seldom_skips(&v->arrival) && !MUTANT(barriers_wait_for_no_load)) {
        seldom_note(&v->arrival, !hold(v, awaiting_others, 0, 0, plan->policy.hold_ns));
    }
}

/* Who is waited for may wait for a drain itself, more than once. */
enum { AWAIT_HOLDS = 12 };

void policy_await(struct vcpu *v)
{
    if (v->await) {
        v->await = false;
        if (others_in_episodes(v) && !seldom_skips(&v->first_load) &&
            !MUTANT(first_load_never_waits)) {
            bool ended;

            __atomic_store_n(&v->awaiting, 1, __ATOMIC_RELAXED);
            ended = hold(v, ends_of_others, 0, ends_of_others(v, 0),
                         AWAIT_HOLDS * plan->policy.hold_ns);
            __atomic_store_n(&v->awaiting, 0, __ATOMIC_RELAXED);
            seldom_note(&v->first_load, !ended);
            COUNT(v->index, awaits);
        }
    }
}
