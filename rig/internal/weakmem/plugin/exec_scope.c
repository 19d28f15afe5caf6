// SPDX-License-Identifier: GPL-2.0-or-later
/* Entering and leaving the scope, barriers, maintenance, events. */
#include "exec_scope.h"

#include "alter.h"
#include "awake.h"
#include "counters.h"
#include "doubt.h"
#include "drain.h"
#include "exec.h"
#include "gate.h"
#include "insn.h"
#include "isa.h"
#include "mutant.h"
#include "pages.h"
#include "plan.h"
#include "policy.h"
#include "qemu_api.h"
#include "sites.h"
#include "trace.h"
#include "track.h"
#include "turns.h"
#include "vcpu.h"
#include "views.h"

#define AGE_MAX 256 /* branches */

void exec_enter(unsigned int index, void *udata)
{
    struct vcpu *v = vcpu_of(index);
    const struct site *site = udata;
    uint64_t floor = 0;

    if (!awake_is()) {
        return;
    }
    v->number = alter_selected();
    if (site->scope->role == SCOPE_BODY && site->insn.pc == site->scope->start) {
        floor = turns_meet(v);
    }
    if (!policy_begin(v)) {
        gate_episode(gate_of(v), EPISODE_NATIVE);
        return;
    }
    COUNT(index, episodes);
    alter_count_episode(v->number);
    trace_add(index, TRACE_ENTER, site->insn.pc, 0, 0, 0, 0);
    drain_begin(v);
    track_stop(v);
    gate_episode(gate_of(v), EPISODE_DELAYS);
    __atomic_store_n(&gate_of(v)->tracking, plan->policy.track, __ATOMIC_RELAXED);
    if (plan->policy.track) {
        v->floor = floor;
        track_settle(v, site->insn.pc); /* nothing has run natively yet */
    }
}

void exec_spaced(unsigned int index, void *udata)
{
    struct vcpu *v = vcpu_of(index);
    struct gate *g = gate_of(v);

    g->blocks = policy_blocks(v);
    if (g->active == EPISODE_NONE) {
        v->length = 0;
        exec_enter(index, udata);
    }
}

/* An episode ends, by caution where something waits still. */
static void leave(struct vcpu *v, const struct site *site, enum why why)
{
    page_settle(v);
    if (!MUTANT(leaving_drains_nothing)) {
        drain_all(v, why, site->insn.pc);
    }
    drain_end(v);
    trace_add(v->index, TRACE_LEAVE, site->insn.pc, 0, 0, 0, 0);
    gate_episode(gate_of(v), EPISODE_NONE);
    __atomic_store_n(&v->visits, v->visits + (site->scope->role == SCOPE_BODY), __ATOMIC_RELAXED);
    __atomic_store_n(&v->ends, v->ends + 1, __ATOMIC_RELAXED);
    track_stop(v);
    turns_part(v);
}

void exec_leave(unsigned int index, void *udata)
{
    leave(vcpu_of(index), udata, WHY_DOUBT_CALL);
}

/* Whether a branch leads out of the scope, or may. */
static bool leads_out(struct vcpu *v, const struct insn *in)
{
    uint64_t to;

    return !isa_branch_target(&v->registers, in, &to) || !plan_scope(to);
}

void exec_way_out(unsigned int index, void *udata)
{
    if (leads_out(vcpu_of(index), &((const struct site *)udata)->insn)) {
        exec_leave(index, udata);
    }
}

void barrier_for_stores(struct vcpu *v, const struct insn *in)
{
    if (in->barrier == BARRIER_NONE || in->barrier == BARRIER_LOAD ||
        in->barrier == BARRIER_INSN) {
        return;
    }
    if (drain_waiting(v)) {
        trace_add(v->index, TRACE_BARRIER, in->pc, 0, 0, 0, 0);
    }
    if (in->own_only) {
        drain_all(v, WHY_DOUBT_SYSTEM, in->pc);
    } else if (in->barrier == BARRIER_STORE) {
        drain_mark(v, in->pc);
    } else {
        drain_ordered(v, in->pc, WHY_BARRIER);
    }
}

void exec_barrier(unsigned int index, void *udata)
{
    struct vcpu *v = vcpu_of(index);

    barrier_for_stores(v, exec_insn(v, udata));
}

static enum why doubt_of(const struct insn *in)
{
    switch (in->cls) {
    case INSN_COMPLEX:
        return in->simd ? WHY_DOUBT_SIMD : WHY_DOUBT_UNKNOWN;
    case INSN_SYSTEM:
        return WHY_DOUBT_SYSTEM;
    case INSN_EXCEPTION:
        return WHY_DOUBT_EXCEPTION;
    default:
        return WHY_DOUBT_UNKNOWN;
    }
}

/* Called in an episode. It may store, where is not known. */
void exec_strong(unsigned int index, void *udata)
{
    struct vcpu *v = vcpu_of(index);
    const struct insn *in = &((const struct site *)udata)->insn;

    drain_all(v, doubt_of(in), in->pc);
    if (v->stops.n && in->cls == INSN_COMPLEX) {
        drain_second(v, in->pc, 0, 0, false);
    }
}

/* What ends a wait for an event is, above all, that somebody writes where this vCPU has a
 * reservation. Where the emulator did the load QEMU knows of none, and the vCPU would stop
 * for good: with interrupts masked for a lock, say. The wait may end at any time (Arm ARM,
 * Wait for Event), so it does at once. */
void exec_wait(unsigned int index, void *udata)
{
    (void)index;
    if (!MUTANT(waits_for_events_are_qemus)) {
        qemu_plugin_set_pc(((const struct site *)udata)->insn.next);
    }
}

/* Called at branches while stores wait. A store becomes visible in finite time
 * (Arm ARM B2.3.11), so also where its thread spins for an answer; between two
 * branches lies no more code than the scope has. */
void exec_age(unsigned int index, void *udata)
{
    struct vcpu *v = vcpu_of(index);

    if (++v->age > AGE_MAX && !MUTANT(stores_wait_without_bound)) {
        drain_all(v, WHY_DOUBT_BOUND, ((const struct site *)udata)->insn.pc);
    }
}

void plain_for_views(struct vcpu *v, const struct site *site)
{
    for (unsigned int w = 0; w < VIEWS; w++) {
        views_plain(&v->views[w], &site->uses);
    }
}

void exec_plain(unsigned int index, void *udata)
{
    struct vcpu *v = vcpu_of(index);
    const struct site *site = udata;
    const struct uses *u = &site->uses;
    uint32_t picked;

    if (!track_settle(v, site->insn.pc)) {
        return;
    }
    if (u->picks && isa_picked(&v->registers, &site->insn, &picked)) {
        for (unsigned int w = 0; w < VIEWS; w++) {
            views_pick(&v->views[w], u, picked);
        }
        return;
    }
    plain_for_views(v, site);
}

void exec_branch(unsigned int index, void *udata)
{
    struct vcpu *v = vcpu_of(index);
    const struct site *site = udata;

    if (track_settle(v, site->insn.pc)) {
        for (unsigned int w = 0; w < VIEWS; w++) {
            views_branch(&v->views[w], &site->uses);
        }
    }
}

/* An exclusive pair is not cut, since what the emulator loaded is no reservation of
 * QEMU's; but one without its store does not go on for long. */
enum { PAIR_BRANCHES = 16 };

static bool is_over(struct vcpu *v)
{
    uint64_t most = plan->policy.length + (v->reservation.valid ? PAIR_BRANCHES : 0);

    return plan->policy.spacing && ++v->length > most && !MUTANT(spaced_episodes_have_no_end);
}

void exec_always_branch(unsigned int index, void *udata)
{
    struct vcpu *v = vcpu_of(index);
    const struct site *site = udata;

    exec_branch(index, udata);
    if (gate_of(v)->active != EPISODE_DELAYS) {
        return;
    }
    if (plan->policy.spacing && leads_out(v, &site->insn)) {
        leave(v, site, WHY_DOUBT_CALL);
    } else if (is_over(v)) {
        leave(v, site, WHY_DOUBT_BOUND);
    } else if (drain_waiting(v)) {
        exec_age(index, udata);
    }
}

/* After barrier_for_stores, so that what it drained is in the views. */
void barrier_for_views(struct vcpu *v, const struct insn *in)
{
    if (track_settle(v, in->pc)) {
        for (unsigned int w = 0; w < VIEWS; w++) {
            views_barrier(&v->views[w], in->barrier);
        }
    }
}

void exec_body_barrier(unsigned int index, void *udata)
{
    struct vcpu *v = vcpu_of(index);

    barrier_for_views(v, exec_insn(v, udata));
}

void exec_body_strong(unsigned int index, void *udata)
{
    struct vcpu *v = vcpu_of(index);
    const struct insn *in = &((const struct site *)udata)->insn;

    if (track_settle(v, in->pc)) {
        doubt_strong(v, doubt_of(in), in->pc);
    }
}

void exec_always_barrier(unsigned int index, void *udata)
{
    if (gate_of(vcpu_of(index))->active == EPISODE_DELAYS) {
        exec_barrier(index, udata);
    }
    exec_body_barrier(index, udata);
}

void exec_always_strong(unsigned int index, void *udata)
{
    if (gate_of(vcpu_of(index))->active == EPISODE_DELAYS) {
        exec_strong(index, udata);
    }
    exec_body_strong(index, udata);
}

/* QEMU on x86 fences before STLR and after LDAR, never between: STLR; LDAR to
 * different places would be reordered, which RCsc forbids (Arm ARM B2.3.3). */
void exec_fence(unsigned int index, void *udata)
{
    (void)udata;
    COUNT(index, fences);
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    gate_of(vcpu_of(index))->release = 0;
}

/* No store that used the old translation may be left when the wait for the end of
 * its maintenance is over, on any vCPU (Arm ARM D8.17.5). */
void exec_maintained(unsigned int index, void *udata)
{
    (void)udata;
    gate_of(vcpu_of(index))->maintenance = 0;
    page_invalidate_all();
    for (unsigned int i = 0; i < MAX_VCPUS; i++) {
        if (__atomic_load_n(&vcpu_of(i)->ready, __ATOMIC_ACQUIRE) &&
            !MUTANT(maintenance_drains_no_buffer)) {
            drain_remote(vcpu_of(i));
        }
    }
}

void exec_mark(unsigned int index, void *udata)
{
    struct vcpu *v = vcpu_of(index);
    struct trace_mark mark = {.ns = trace_clock(), .vcpu = index};
    uint64_t epoch;

    (void)udata;
    mark.virt = isa_read(&v->registers, ISA_ARGUMENT);
    mark.index = isa_read(&v->registers, ISA_ARGUMENT + 1);
    mark.count = isa_read(&v->registers, ISA_ARGUMENT + 2);
    mark.number = isa_read(&v->registers, ISA_ARGUMENT + 3);
    if (!mark.virt && mark.index) {
        trace_save_report(mark.number);
        return;
    }
    if (mark.virt) {
        page_walk(v, mark.virt, &mark.phys, &epoch);
    }
    trace_save(&mark);
}

void exec_report(unsigned int index, void *udata)
{
    (void)udata;
    trace_report(index);
}

void exec_event(unsigned int index, bool exception, uint64_t from, uint64_t to)
{
    struct vcpu *v = vcpu_of(index);

    v->events++;
    awake_try(to);
    /* A jump to address 0 may be the user's, which nobody reports. */
    if (exception && plan->reports && (isa_is_kernel(from) || !from)) {
        trace_keep(index, from); /* before what waits is drained */
    }
    if (gate_of(v)->active == EPISODE_NONE) {
        return; /* outside the scope nothing waits: most events end here */
    }
    if (!MUTANT(exceptions_drain_nothing)) {
        drain_all(v, WHY_DOUBT_EXCEPTION, from);
    }
    drain_end(v);
    gate_episode(gate_of(v), EPISODE_NONE);
    __atomic_store_n(&v->ends, v->ends + 1, __ATOMIC_RELAXED);
    track_stop(v);
    turns_part(v);
}
