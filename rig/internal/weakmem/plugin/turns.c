// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Turns: with fewer host cores than vCPUs, short bodies hardly ever overlap by
 * luck. So as many vCPUs as plan->policy.turns says meet at the start of their
 * bodies and then take turns at each memory access, the one of the highest
 * priority first. Priorities are random, and a few random steps put the one
 * that takes it last: every schedule of few switches has a fair chance
 * (Burckhardt et al., "A Randomized Scheduler with Probabilistic Guarantees of
 * Finding Bugs", ASPLOS 2010). One whose newer stores are visible before its
 * older ones is mostly put last before it drains these, since only then can all
 * the others see that. In a third of the games only stores are reordered, in a
 * third a body's first load reads the newest and the later ones the oldest: with
 * several loads in a test, luck seldom does so. Waits sleep and are bounded: an order that cannot
 * be kept is given up, never insisted on. A wait ends soon after no other vCPU
 * runs any more, above all when one of them asks QEMU for exclusivity.
 */
#include "turns.h"

#include <errno.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "chance.h"
#include "counters.h"
#include "history.h"
#include "mutant.h"
#include "plan.h"
#include "thread.h"
#include "vcpu.h"

#define MEET_NS 5000000u  /* for the others to come */
#define ALONE_NS 400000u  /* ... when they did not the last times */
#define TURN_NS 5000000u  /* for those before to finish */
#define LOOK_NS 300000u   /* how often a waiting vCPU looks whether others run */
#define PHASE_NS 70000u   /* ... at different times, or each would see the others look */
#define ALONE_AFTER 8
#define STEPS 10          /* of which some are switches */

/* Sleeps: who is told of its turn may run before who told it has let go. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static uint32_t changes[MAX_VCPUS]; /* futexes: each counts what its waiter is told */
static uint32_t inside, playing; /* vCPUs in a body; those of the current game. A vCPU looks
                                  * for itself there without the lock, so keep() writes them */
static int64_t priority[MAX_VCPUS], lowest;
static uint64_t started;        /* the game: the history's time */
static uint64_t step, switches; /* bit n: step n is one */
static enum { STORES, LATE_LOADS, ANY, KINDS } kind; /* of game: what is reordered */

static void keep(uint32_t *vcpus, uint32_t those)
{
    __atomic_store_n(vcpus, those, __ATOMIC_RELAXED);
}

static uint64_t now_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* Sleeps a while, or until something changes since seen; false when the time is
 * up, or nobody is left who could end the wait. */
static bool sleep_until(const struct vcpu *v, uint64_t deadline, uint32_t seen)
{
    uint64_t now = now_ns(), look = now + LOOK_NS + v->index * PHASE_NS;
    struct timespec left = {
        .tv_nsec = (long)((look < deadline ? look : deadline) - now)};

    if (now >= deadline) {
        return false;
    }
    if (syscall(SYS_futex, &changes[v->index], FUTEX_WAIT_PRIVATE, seen, &left,
                NULL, 0) == 0 || errno != ETIMEDOUT || MUTANT(waits_outlast_all_others) ||
        thread_other_runs(v)) {
        return true;
    }
    COUNT(v->index, abandoned);
    return false;
}

static void tell(unsigned int index)
{
    __atomic_add_fetch(&changes[index], 1, __ATOMIC_RELEASE);
    syscall(SYS_futex, &changes[index], FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}

static bool first(const struct vcpu *v)
{
    for (unsigned int i = 0; i < MAX_VCPUS; i++) {
        if (playing & 1u << i && priority[i] > priority[v->index]) {
            return false;
        }
    }
    return true;
}

/* Wakes whose turn it is; the others' sleep costs nothing. */
static void tell_first(const struct vcpu *but)
{
    for (unsigned int i = 0; i < vcpu_count(); i++) {
        if (playing & 1u << i && i != but->index && first(vcpu_of(i))) {
            tell(i);
        }
    }
}

static void begin_game(struct vcpu *v)
{
    unsigned int count = (unsigned int)(chance_random(v) % 4);

    keep(&playing, inside);
    started = history_now();
    kind = chance_random(v) % KINDS;
    step = 0;
    switches = 0;
    lowest = 0;
    for (unsigned int i = 0; i < MAX_VCPUS; i++) {
        priority[i] = (int64_t)(chance_random(v) >> 2);
    }
    while (count--) {
        switches |= 1ull << chance_random(v) % STEPS;
    }
    tell_first(v);
}

/* A game has begun, and this one's turn has come. */
static bool may_start(const struct vcpu *v)
{
    return playing & 1u << v->index && first(v);
}

/* Waits until done says so for this vCPU; the lock is held on both ends. */
static bool await(struct vcpu *v, uint64_t ns, bool (*done)(const struct vcpu *))
{
    uint64_t deadline = now_ns() + ns;
    bool waiting = true;

    while (!done(v) && waiting) {
        uint32_t seen = __atomic_load_n(&changes[v->index], __ATOMIC_ACQUIRE);
        pthread_mutex_unlock(&lock);
        waiting = sleep_until(v, deadline, seen);
        pthread_mutex_lock(&lock);
    }
    return done(v);
}

uint64_t turns_meet(struct vcpu *v)
{
    uint64_t floor = 0;

    if (!plan->policy.turns) {
        return 0;
    }
    pthread_mutex_lock(&lock);
    keep(&inside, inside | 1u << v->index);
    v->accesses = 0;
    if (!playing && (uint64_t)__builtin_popcount(inside) >= plan->policy.turns) {
        begin_game(v);
    }
    if (await(v, v->alone < ALONE_AFTER ? MEET_NS : ALONE_NS, may_start) ||
        playing & 1u << v->index) {
        v->alone = 0;
        COUNT(v->index, meetings);
        floor = started;
    } else {
        v->alone++;
        keep(&inside, inside & ~(1u << v->index));
    }
    pthread_mutex_unlock(&lock);
    return floor;
}

static bool plays(const struct vcpu *v)
{
    return __atomic_load_n(&playing, __ATOMIC_RELAXED) & 1u << v->index;
}

void turns_take(struct vcpu *v, bool window)
{
    if (!plan->policy.turns || !plays(v)) {
        return;
    }
    pthread_mutex_lock(&lock);
    v->accesses++;
    if ((step < 64 && switches >> step & 1) || (window && chance_random(v) & 3)) {
        priority[v->index] = --lowest;
        tell_first(v);
    }
    step++;
    await(v, TURN_NS, first);
    pthread_mutex_unlock(&lock);
}

enum turn_loads turns_loads(const struct vcpu *v)
{
    if (!plays(v) || kind == ANY) {
        return LOADS_ANY;
    }
    return kind == LATE_LOADS && v->accesses > 1 ? LOADS_OLD : LOADS_NEW;
}

void turns_part(struct vcpu *v)
{
    uint32_t bit = 1u << v->index;

    if (!plan->policy.turns || !(__atomic_load_n(&inside, __ATOMIC_RELAXED) & bit)) {
        return;
    }
    pthread_mutex_lock(&lock);
    keep(&inside, inside & ~bit);
    keep(&playing, playing & ~bit);
    tell_first(v);
    pthread_mutex_unlock(&lock);
}
