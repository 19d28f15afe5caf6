// SPDX-License-Identifier: GPL-2.0-or-later
#include "history.h"
#include "vcpu.h"

void vcpu_lock(struct vcpu *v)
{
    while (__atomic_exchange_n(&v->lock, 1, __ATOMIC_ACQUIRE)) {
#if defined(__x86_64__)
        __builtin_ia32_pause();
#endif
    }
}

void vcpu_unlock(struct vcpu *v)
{
    __atomic_store_n(&v->lock, 0, __ATOMIC_RELEASE);
}

static void set_pending(struct vcpu *v)
{
    __atomic_store_n(&gate_of(v)->pending, v->buffer.n, __ATOMIC_RELEASE);
}

/* Not the buffer's count: what another vCPU took out of it may not be in memory
 * yet, and waits until that vCPU lets go of the lock. */
bool drain_waiting(const struct vcpu *v)
{
    return __atomic_load_n(&gate_of(v)->pending, __ATOMIC_ACQUIRE) != 0;
}

bool drain_push(struct vcpu *v, uint64_t epoch, const struct store *s,
                unsigned int n)
{
    bool current;

    if (v->buffer.n + n > BUFFER_MAX) {
        drain_all(v, COUNTER_fullDrains);
    }
    vcpu_lock(v);
    /* Under the lock: whoever moved the epoch drains this vCPU afterwards. */
    current = page_current(epoch);
    for (unsigned int i = 0; current && i < n; i++) {
        buffer_push(&v->buffer, &s[i]);
        trace_add(v->index, TRACE_DELAYED, s[i].pc, s[i].phys, s[i].bytes,
                  s[i].value, 0);
    }
    set_pending(v);
    vcpu_unlock(v);
    return current;
}

/* Makes one entry visible; the vCPU's lock is held. Returns its timestamp, or 0
 * where nothing is recorded. */
static uint64_t drain_one(struct vcpu *v, unsigned int index, struct store *out)
{
    uint64_t time = 0;

    if (index > 0) {
        COUNT(v->index, passed);
    }
    *out = buffer_take(&v->buffer, index);
    if (plan.has_body) {
        history_lock();
        time = history_write(out->phys, out->bytes, out->value);
        history_unlock();
    } else {
        memory_store(out->phys, out->bytes, out->value);
    }
    COUNT(v->index, drained);
    trace_add(v->index, TRACE_DRAINED, out->pc, out->phys, out->bytes, out->value,
              time);
    return time;
}

static void drain_own(struct vcpu *v, unsigned int index)
{
    struct store s;
    uint64_t time = drain_one(v, index, &s);

    if (time) {
        track_drained(v, &s, time);
    }
}

void drain_all(struct vcpu *v, enum counter why)
{
    unsigned int ready[BUFFER_MAX];

    if (!drain_waiting(v)) {
        return;
    }
    count_add(v->index, why, 1);
    if (why != COUNTER_eventDrains) {
        policy_turn(v, v->passed);
    }
    if (v->passed) {
        policy_hold(v); /* without the lock: a remote drain must not wait */
    }
    vcpu_lock(v);
    while (v->buffer.n) {
        unsigned int n = buffer_ready(&v->buffer, ready);
        drain_own(v, ready[policy_random(v) % n]);
    }
    v->passed = false;
    set_pending(v);
    vcpu_unlock(v);
}

void drain_overlapping(struct vcpu *v, uint64_t phys, unsigned int bytes)
{
    bool marked[BUFFER_MAX];

    vcpu_lock(v);
    if (buffer_closure(&v->buffer, phys, bytes, marked)) {
        unsigned int at = 0, n = v->buffer.n;
        for (unsigned int i = 0; i < n; i++) {
            if (marked[i]) {
                drain_own(v, at);
            } else {
                at++;
            }
        }
        set_pending(v);
    }
    vcpu_unlock(v);
}

void drain_through_release(struct vcpu *v)
{
    vcpu_lock(v);
    for (unsigned int n = buffer_through_release(&v->buffer); n > 0; n--) {
        drain_own(v, 0);
    }
    set_pending(v);
    vcpu_unlock(v);
}

void drain_remote(struct vcpu *v)
{
    struct store s;
    uint64_t time = 0;

    vcpu_lock(v);
    if (v->buffer.n) {
        COUNT(v->index, remoteDrains);
    }
    while (v->buffer.n) {
        /* In order: the random numbers and the views are the owner's. */
        time = drain_one(v, 0, &s);
    }
    if (time) {
        __atomic_store_n(&v->remote_time, time, __ATOMIC_RELEASE);
    }
    set_pending(v);
    vcpu_unlock(v);
}
