// SPDX-License-Identifier: GPL-2.0-or-later
/* Entering and leaving the scope, barriers, maintenance, events. */
#include "history.h"
#include "mutant.h"
#include "vcpu.h"

void exec_enter(unsigned int index, void *udata)
{
    struct vcpu *v = &vcpus[index];
    const struct site *site = udata;
    uint64_t floor = 0;

    if (!arm_ready()) {
        return;
    }
    if (site->scope->role == SCOPE_BODY && site->insn.pc == site->scope->start) {
        floor = policy_meet(v);
    }
    if (!policy_begin(v)) {
        gate_of(v)->active = EPISODE_NATIVE;
        return;
    }
    COUNT(index, episodes);
    trace_add(index, TRACE_ENTER, site->insn.pc, 0, 0, 0, 0);
    track_stop(v);
    gate_of(v)->active = EPISODE_DELAYS;
    gate_of(v)->tracking = plan.policy.track;
    if (plan.policy.track) { /* nothing runs natively before the first callback */
        v->floor = floor;
    }
}

void exec_leave(unsigned int index, void *udata)
{
    struct vcpu *v = &vcpus[index];

    page_settle(v);
    if (!MUTANT(21)) {
        drain_all(v, COUNTER_leaveDrains);
    }
    trace_add(index, TRACE_LEAVE, ((const struct site *)udata)->insn.pc, 0, 0, 0, 0);
    gate_of(v)->active = EPISODE_NONE;
    __atomic_store_n(&v->visits,
                     v->visits + (((const struct site *)udata)->scope->role == SCOPE_BODY),
                     __ATOMIC_RELAXED);
    track_stop(v);
    policy_part(v);
}

/* RET, BR, BLR: the scope is left unless the target lies in it. */
void exec_return(unsigned int index, void *udata)
{
    const struct insn *in = &((const struct site *)udata)->insn;
    uint32_t form = in->word & 0xfffffc1f;
    bool plain = form == 0xd61f0000 || form == 0xd63f0000 || form == 0xd65f0000;

    if (!plain || !plan_scope(&plan, register_read(&vcpus[index],
                                                   bits(in->word, 9, 5)))) {
        exec_leave(index, udata);
    }
}

/* Called while stores wait; a barrier for loads alone does not come here. */
void exec_barrier(unsigned int index, void *udata)
{
    trace_add(index, TRACE_BARRIER, ((const struct site *)udata)->insn.pc, 0, 0, 0,
              0);
    drain_all(&vcpus[index], COUNTER_barrierDrains);
}

void exec_strong(unsigned int index, void *udata)
{
    (void)udata;
    drain_all(&vcpus[index], COUNTER_strongDrains);
}

void exec_plain(unsigned int index, void *udata)
{
    const struct site *site = udata;

    track_settle(&vcpus[index]);
    views_plain(&vcpus[index].views, &site->uses);
}

void exec_branch(unsigned int index, void *udata)
{
    const struct site *site = udata;

    track_settle(&vcpus[index]);
    views_branch(&vcpus[index].views, &site->uses);
}

/* After exec_barrier, so that what it drained is in the views. */
void exec_body_barrier(unsigned int index, void *udata)
{
    const struct site *site = udata;

    track_settle(&vcpus[index]);
    views_barrier(&vcpus[index].views, site->insn.barrier);
}

void exec_body_strong(unsigned int index, void *udata)
{
    (void)udata;
    track_settle(&vcpus[index]);
    track_strong(&vcpus[index]);
}

/* QEMU on x86 fences before STLR and after LDAR, never between: STLR; LDAR to
 * different places would be reordered, which RCsc forbids (Arm ARM B2.3.3). */
void exec_fence(unsigned int index, void *udata)
{
    (void)udata;
    COUNT(index, fences);
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    gate_of(&vcpus[index])->release = 0;
}

/* After a TLBI, no store that used the old translation may be left when the
 * DSB ends, on any vCPU (Arm ARM D8.17.5). */
void exec_dsb(unsigned int index, void *udata)
{
    (void)udata;
    gate_of(&vcpus[index])->tlbi = 0;
    page_invalidate_all();
    for (unsigned int i = 0; i < MAX_VCPUS; i++) {
        if (__atomic_load_n(&vcpus[i].ready, __ATOMIC_ACQUIRE) && !MUTANT(12)) {
            drain_remote(&vcpus[i]);
        }
    }
}

void exec_mark(unsigned int index, void *udata)
{
    struct vcpu *v = &vcpus[index];
    struct trace_mark mark = {.ns = trace_clock(), .vcpu = index};
    uint64_t epoch;

    (void)udata;
    mark.virt = register_read(v, 0);
    mark.index = register_read(v, 1);
    mark.count = register_read(v, 2);
    mark.number = register_read(v, 3);
    page_walk(v, mark.virt, &mark.phys, &epoch);
    trace_save(&mark);
}

void exec_event(unsigned int index, uint64_t to)
{
    struct vcpu *v = &vcpus[index];

    v->events++;
    arm_try(v, to);
    if (gate_of(v)->active == EPISODE_NONE) {
        return; /* outside the scope nothing waits: most events end here */
    }
    if (!MUTANT(20)) {
        drain_all(v, COUNTER_eventDrains);
    }
    gate_of(v)->active = EPISODE_NONE;
    track_stop(v);
    policy_part(v);
}
