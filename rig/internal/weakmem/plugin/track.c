// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Tracking begins at the first callback after another vCPU wrote: what ran
 * before it ran natively, newest values only, and is covered by a floor at that
 * moment. It ends on leaving the scope.
 */
#include "history.h"
#include "mutant.h"
#include "vcpu.h"

void track_strong(struct vcpu *v)
{
    COUNT(v->index, raises);
    v->strong = true;
}

static void settle_late_load(struct vcpu *v, uint64_t now)
{
    const struct insn *in = v->late.insn;

    v->late.insn = NULL;
    if (MUTANT(16)) {
        return;
    }
    for (unsigned int i = 0; i < in->elements; i++) {
        unsigned int rt = i ? in->rt2 : in->rt;

        if (trace_on() && !in->simd) { /* its register holds what it read */
            trace_add(v->index, TRACE_LOAD, in->pc, v->late.phys[i],
                      1u << in->size, register_read(v, rt), now);
        }
        views_set_data(&v->views, rt, in->simd, now);
        views_set_coherence(&v->views, v->late.phys[i] & ~7ull, now);
    }
    views_after_load(&v->views, in, v->late.address, now);
}

void track_remote(struct vcpu *v)
{
    views_raise(&v->views,
                __atomic_exchange_n(&v->remote_time, 0, __ATOMIC_ACQUIRE));
}

/* Who gave a page to this address filled it first, as a copy on write does, and the
 * walk saw what he then wrote to the tables: a load is ordered after the walk of its
 * translation (Arm ARM B2.3, "Translation-intrinsically-before"). */
void track_walked(struct vcpu *v)
{
    uint64_t now = history_now();

    if (MUTANT(32)) {
        return;
    }
    if (v->tracked) {
        views_raise(&v->views, now);
    } else if (v->floor) {
        v->floor = now;
    }
}

void track_settle(struct vcpu *v)
{
    uint64_t now;

    page_settle(v);
    now = history_now();
    if (!v->tracked) {
        v->tracked = true;
        v->late.insn = NULL;
        v->strong = false;
        views_floor(&v->views, v->floor ? v->floor : now);
        track_remote(v);
        return;
    }
    if (v->late.insn) {
        settle_late_load(v, now);
    }
    if (v->strong) {
        v->strong = false;
        views_raise(&v->views, now);
    }
    track_remote(v);
}

void track_stop(struct vcpu *v)
{
    v->tracked = false;
    v->floor = 0;
    __atomic_store_n(&gate_of(v)->tracking, 0, __ATOMIC_RELAXED);
}

/* Tells the bodies of other vCPUs that their loads have a choice now. */
static void wake_others(const struct vcpu *v)
{
    for (unsigned int i = 0; i < vcpu_count; i++) {
        struct gate *g = gate_of(&vcpus[i]);

        if (i != v->index && g->active == EPISODE_DELAYS &&
            !__atomic_load_n(&g->tracking, __ATOMIC_RELAXED)) {
            __atomic_store_n(&g->tracking, 1, __ATOMIC_RELAXED);
        }
    }
}

void track_drained(struct vcpu *v, const struct store *s, uint64_t time)
{
    if (v->tracked) {
        struct views *w = &v->views;

        w->write_old = join(w->write_old, time);
        if (s->release) {
            w->release = join(w->release, time);
        }
        if (!MUTANT(19)) {
            views_set_coherence(w, s->phys & ~7ull, time);
        }
    }
    wake_others(v);
}
