// SPDX-License-Identifier: GPL-2.0-or-later
#include "drain.h"

#include "access.h"
#include "atomic.h"
#include "buffer.h"
#include "chance.h"
#include "counters.h"
#include "gate.h"
#include "history.h"
#include "insn.h"
#include "look.h"
#include "memory.h"
#include "memory_atomic.h"
#include "pages.h"
#include "plan.h"
#include "policy.h"
#include "read_past.h"
#include "sites.h"
#include "stops.h"
#include "trace.h"
#include "track.h"
#include "turns.h"
#include "vcpu.h"

static void set_pending(struct vcpu *v)
{
    __atomic_store_n(&gate_of(v)->earlier, v->buffer.n + v->read_past.n, __ATOMIC_RELAXED);
    __atomic_store_n(&gate_of(v)->pending, v->buffer.n, __ATOMIC_RELEASE);
}

/* Not the buffer's count: what another vCPU took out of it may not be in memory
 * yet, and waits until that vCPU lets go of the lock. */
bool drain_push(struct vcpu *v, uint64_t epoch, const struct store *s,
                unsigned int n)
{
    bool current;

    if (v->buffer.n + n > BUFFER_MAX) {
        drain_all(v, WHY_DOUBT_FULL, s->pc);
    }
    vcpu_lock(v);
    /* Under the lock: whoever moved the epoch drains this vCPU afterwards. */
    current = page_current(epoch);
    for (unsigned int i = 0; current && i < n; i++) {
        if (v->buffer.n == 0) {
            v->age = 0;
        }
        count_add(v->index, COUNTER_orders, s[i].release && v->buffer.n != 0);
        buffer_push(&v->buffer, &s[i]);
        v->buffer.store[v->buffer.n - 1].looks = look_count(v, s[i].phys);
        trace_add(v->index, TRACE_DELAYED, s[i].pc, s[i].phys, s[i].bytes,
                  s[i].value, 0);
    }
    set_pending(v);
    vcpu_unlock(v);
    return current;
}

/* To memory. Returns its timestamp, or 0 where nothing is recorded. */
static uint64_t write_out(const struct store *s)
{
    uint64_t time = 0;

    if (plan->has_body || s->op != ATOMIC_OTHER) {
        history_lock();
        time = s->op == ATOMIC_OTHER
                   ? history_write(s->phys, s->bytes, s->value, s->high)
                   : atomic_do_late(s->op, s->phys, s->bytes, s->value);
        history_unlock();
    } else if (s->bytes > 8 || s->phys % s->bytes) {
        memory_store_pair(s->phys, s->bytes, s->value, s->high);
    } else {
        memory_store(s->phys, s->bytes, s->value);
    }
    return time;
}

/* Makes one entry visible, and returns its timestamp; the vCPU's lock is held. */
static uint64_t drain_one(struct vcpu *v, unsigned int index, enum why why,
                          uint64_t by, struct store *out)
{
    uint64_t time;

    if (index > 0) {
        COUNT(v->index, passed);
    }
    *out = buffer_take(&v->buffer, index);
    time = write_out(out);
    stops_add(&v->stops, out->pc, out->barrier ? out->barrier : by,
              out->barrier ? WHY_BARRIER : why, out->followed);
    read_past_add(&v->read_past, out->pc, by, why, out->loaded);
    COUNT(v->index, drained);
    trace_add(v->index, TRACE_DRAINED, out->pc, out->phys, out->bytes, out->value,
              time);
    return time;
}

static void drain_own(struct vcpu *v, unsigned int index, enum why why, uint64_t by)
{
    struct store s;
    uint64_t time = drain_one(v, index, why, by, &s);

    if (time) {
        track_drained(v, &s, time);
    }
}

static enum counter counter_of(enum why why)
{
    switch (why) {
    case WHY_BARRIER:
    case WHY_RELEASE:
    case WHY_ATOMIC:
        return COUNTER_barrierDrains;
    case WHY_DOUBT_CALL:
        return COUNTER_leaveDrains;
    case WHY_DOUBT_EXCEPTION:
        return COUNTER_eventDrains;
    case WHY_DOUBT_FULL:
        return COUNTER_fullDrains;
    case WHY_DOUBT_BOUND:
        return COUNTER_boundDrains;
    default:
        return COUNTER_strongDrains;
    }
}

/* The oldest of the marked, or where that is NULL of all, that a load has passed and
 * nobody has looked at since it began to wait. */
static bool find_unseen(struct vcpu *v, const bool *marked, struct store *out)
{
    bool found = false;

    vcpu_lock(v);
    for (unsigned int i = 0; i < v->buffer.n && !found; i++) {
        *out = v->buffer.store[i];
        found = (!marked || marked[i]) && out->read_past &&
                look_count(v, out->phys) == out->looks;
    }
    vcpu_unlock(v);
    return found;
}

/* Lets others see what has passed the marked stores, which are about to drain. The lock
 * is free: a remote drain must not wait. */
static void widen(struct vcpu *v, const bool *marked)
{
    struct store s;

    if (find_unseen(v, marked, &s)) {
        policy_hold_look(v, s.phys, s.looks);
    } else if (v->passed) {
        policy_hold(v);
    }
}

void drain_doubt(struct vcpu *v, enum why why, uint64_t by)
{
    if (v->read_past.n && is_doubt(why)) {
        vcpu_lock(v);
        read_past_doubt(&v->read_past, by, why);
        vcpu_unlock(v);
    }
}

void drain_all(struct vcpu *v, enum why why, uint64_t by)
{
    unsigned int ready[BUFFER_MAX];

    drain_doubt(v, why, by);
    if (!drain_waiting(v)) {
        return;
    }
    count_add(v->index, counter_of(why), 1);
    if (why != WHY_DOUBT_EXCEPTION) {
        turns_take(v, v->passed);
    }
    widen(v, NULL);
    vcpu_lock(v);
    while (v->buffer.n) {
        unsigned int n = buffer_ready(&v->buffer, ready);
        drain_own(v, ready[chance_below(v, n)], why, by);
    }
    v->passed = false;
    set_pending(v);
    vcpu_unlock(v);
}

static void drain_closure(struct vcpu *v, const bool marked[BUFFER_MAX], enum why why,
                          uint64_t by)
{
    unsigned int at = 0, n = v->buffer.n;

    for (unsigned int i = 0; i < n; i++) {
        if (marked[i]) {
            drain_own(v, at, why, by);
        } else {
            at++;
        }
    }
    v->passed = v->passed && v->buffer.n;
    set_pending(v);
}

void drain_before(struct vcpu *v, uint64_t phys, unsigned int bytes,
                  enum buffer_access access, enum why why, uint64_t by)
{
    bool marked[BUFFER_MAX];

    vcpu_lock(v);
    if (buffer_closure(&v->buffer, phys, bytes, access, marked) == CLOSURE_ORDERED) {
        vcpu_unlock(v);
        if (v->passed) {
            turns_take(v, true);
        }
        widen(v, marked);
        vcpu_lock(v);
    }
    if (buffer_closure(&v->buffer, phys, bytes, access, marked)) {
        drain_closure(v, marked, why, by);
    }
    vcpu_unlock(v);
}

void drain_through_release(struct vcpu *v, uint64_t by)
{
    unsigned int n;

    vcpu_lock(v);
    n = buffer_through_release(&v->buffer);
    for (unsigned int i = n; i > 0; i--) {
        drain_own(v, 0, WHY_RELEASE, by);
    }
    set_pending(v);
    vcpu_unlock(v);
    if (n) {
        /* The load that follows may run natively: the host must not do it first. */
        __atomic_thread_fence(__ATOMIC_SEQ_CST);
    }
}

void drain_remote(struct vcpu *v)
{
    struct store s;
    uint64_t time = 0;

    vcpu_lock(v);
    read_past_doubt(&v->read_past, 0, WHY_DOUBT_MAINTENANCE);
    if (v->buffer.n) {
        COUNT(v->index, remoteDrains);
    }
    while (v->buffer.n) {
        /* In order: the random numbers and the views are the owner's. */
        time = drain_one(v, 0, WHY_DOUBT_MAINTENANCE, v->buffer.store[0].pc, &s);
    }
    if (time) {
        __atomic_store_n(&v->remote_time, time, __ATOMIC_RELEASE);
    }
    set_pending(v);
    vcpu_unlock(v);
}

/* Under the lock, since a remote drain adds to the stops. */
void drain_second(struct vcpu *v, uint64_t pc, uint64_t phys, unsigned int bytes, bool release)
{
    if (sites_on()) {
        vcpu_lock(v);
        stops_second(&v->stops, &v->buffer, pc, phys, bytes, release);
        vcpu_unlock(v);
    }
}

void drain_loaded(struct vcpu *v, const struct insn *in, const struct access *a)
{
    unsigned int bytes = a->state != PAGE_MISS && a->regular ? in->elements << in->size : 0;

    if (sites_on() && !in->own && __atomic_load_n(&gate_of(v)->earlier, __ATOMIC_RELAXED)) {
        vcpu_lock(v);
        read_past_tell(&v->read_past, &v->buffer, in->pc, a->phys, bytes);
        vcpu_unlock(v);
    }
}

void drain_begin(struct vcpu *v)
{
    vcpu_lock(v);
    stops_clear(&v->stops);
    read_past_clear(&v->read_past);
    set_pending(v);
    vcpu_unlock(v);
}

void drain_end(struct vcpu *v)
{
    vcpu_lock(v);
    stops_end(&v->stops);
    read_past_end(&v->read_past);
    set_pending(v);
    vcpu_unlock(v);
}

void drain_note(struct vcpu *v, uint64_t pc, enum why why)
{
    if (sites_on()) {
        vcpu_lock(v);
        stops_add(&v->stops, pc, pc, why, false);
        read_past_add(&v->read_past, pc, pc, why, false);
        set_pending(v);
        vcpu_unlock(v);
    }
}

void drain_mark(struct vcpu *v, uint64_t by)
{
    if (drain_waiting(v) || v->stops.n) {
        vcpu_lock(v);
        count_add(v->index, COUNTER_orders, v->buffer.n != 0);
        buffer_barrier(&v->buffer, by);
        stops_order(&v->stops, by, WHY_BARRIER);
        vcpu_unlock(v);
    }
}

void drain_ordered(struct vcpu *v, uint64_t by, enum why why)
{
    if (drain_waiting(v) && !v->passed) {
        policy_hold_arrival(v);
    }
    drain_all(v, why, by);
    if (v->stops.n) {
        vcpu_lock(v);
        stops_order(&v->stops, by, why);
        vcpu_unlock(v);
    }
}
