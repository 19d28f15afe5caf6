// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Tracking begins at the first callback after another vCPU wrote: what ran
 * before it ran natively, newest values only, and is covered by a floor at that
 * moment. It ends on leaving the scope.
 */
#include "track.h"

#include "access.h"
#include "atomic.h"
#include "buffer.h"
#include "doubt.h"
#include "gate.h"
#include "history.h"
#include "insn.h"
#include "isa.h"
#include "load_order.h"
#include "look.h"
#include "mutant.h"
#include "pages.h"
#include "samples.h"
#include "trace.h"
#include "vcpu.h"
#include "views.h"

static void touch(uint64_t phys)
{
    history_lock();
    history_touch(phys);
    history_unlock();
}

void track_untold(struct vcpu *v, uint64_t phys)
{
    touch(phys);
    v->untold = phys;
}

static void settle_late_load(struct vcpu *v, uint64_t now)
{
    const struct insn *in = v->late.insn;

    v->late.insn = NULL;
    if (MUTANT(late_load_leaves_no_view)) {
        return;
    }
    for (unsigned int i = 0; i < in->elements; i++) {
        unsigned int rt = i ? in->rt2 : in->rt;

        look_note(v, v->late.phys[i]);
        if (trace_on() && !in->simd) { /* its register holds what it read */
            trace_add(v->index, TRACE_LOAD, in->pc, v->late.phys[i],
                      1u << in->size, isa_read(&v->registers, rt), now);
        }
        for (unsigned int w = 0; w < VIEWS; w++) {
            views_set_data(&v->views[w], rt, in->simd, now);
            views_set_coherence(&v->views[w], v->late.phys[i], 1u << in->size, now);
        }
    }
    for (unsigned int w = 0; w < VIEWS; w++) {
        views_after_load(&v->views[w], in, v->late.address[w], now);
    }
    load_order_note(&v->load_order, &v->views[VIEW_SURE], in->pc);
}

void track_late(struct vcpu *v, const struct insn *in, const struct access *a)
{
    v->late.insn = in;
    for (unsigned int w = 0; w < VIEWS; w++) {
        v->late.address[w] = a->view[w];
    }
    for (unsigned int i = 0; i < in->elements; i++) {
        v->late.phys[i] = a->phys + (i << in->size);
    }
}

static void begin(struct vcpu *v)
{
    uint64_t now;

    history_lock();
    now = history_now();
    samples_begin(&v->samples);
    history_unlock();
    v->tracked = true;
    v->late.insn = NULL;
    v->strong = false;
    v->untold = 0;
    v->reservation.valid = false;
    for (unsigned int w = 0; w < VIEWS; w++) {
        views_floor(&v->views[w], v->floor ? v->floor : now);
    }
    load_order_begin(&v->load_order, &v->views[VIEW_SURE]);
}

bool track_settle(struct vcpu *v, uint64_t pc)
{
    struct gate *g = gate_of(v);

    if (v->tracked) {
        load_order_note(&v->load_order, &v->views[VIEW_SURE], v->pc);
    }
    v->pc = pc;
    /* Who woke this vCPU may have seen an episode that has ended since. */
    if (g->active != EPISODE_DELAYS && !MUTANT(tracking_outlives_the_episode)) {
        __atomic_store_n(&g->tracking, 0, __ATOMIC_RELAXED);
        return false;
    }
    page_settle(v);
    if (!v->tracked) {
        begin(v);
        doubt_remote(v);
        return true;
    }
    if (v->late.insn) {
        settle_late_load(v, history_tick());
    }
    if (v->untold) {
        touch(v->untold); /* it happened some time since the last callback */
        v->untold = 0;
    }
    doubt_settle(v);
    doubt_remote(v);
    return true;
}

void track_stop(struct vcpu *v)
{
    if (v->tracked && v->untold) {
        touch(v->untold);
        v->untold = 0;
    }
    v->tracked = false;
    v->floor = 0;
    if (v->reservation.valid) {
        v->reservation.valid = false;
        v->reservation.lost++;
    }
    __atomic_store_n(&gate_of(v)->tracking, 0, __ATOMIC_RELAXED);
}

/* Tells the bodies of other vCPUs that their loads have a choice now. */
void track_wake_others(const struct vcpu *v)
{
    for (unsigned int i = 0; i < vcpu_count(); i++) {
        struct gate *g = gate_of(vcpu_of(i));

        if (i != v->index && __atomic_load_n(&g->active, __ATOMIC_RELAXED) == EPISODE_DELAYS &&
            !__atomic_load_n(&g->tracking, __ATOMIC_RELAXED)) {
            __atomic_store_n(&g->tracking, 1, __ATOMIC_RELAXED);
        }
    }
}

static void add_drained(struct views *w, const struct store *s, uint64_t time)
{
    w->write_old = join(w->write_old, time);
    if (s->release) {
        w->release = join(w->release, time);
    }
    if (!MUTANT(drained_store_has_no_coherence)) {
        views_set_coherence(w, s->phys, s->bytes, time);
    }
}

void track_drained(struct vcpu *v, const struct store *s, uint64_t time)
{
    if (v->tracked) {
        for (unsigned int w = 0; w < VIEWS; w++) {
            add_drained(&v->views[w], s, time);
        }
    }
    track_wake_others(v);
}
