// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Which callbacks a translated block gets. Inside the scope: each instruction
 * according to its class. Outside: only the maintenance of translations, whose
 * effects reach other vCPUs. Every way out of the scope is instrumented inside it, or is an
 * interrupt or exception; so the rest of the guest runs as QEMU runs it.
 */
#include "instrument.h"

#include <stdlib.h>

#include "alter.h"
#include "end.h"
#include "exec.h"
#include "exec_alter.h"
#include "exec_atomic.h"
#include "exec_history.h"
#include "exec_load.h"
#include "exec_scope.h"
#include "exec_store.h"
#include "gate.h"
#include "insn.h"
#include "isa.h"
#include "memory.h"
#include "mutant.h"
#include "plan.h"
#include "policy.h"
#include "qemu_api.h"

/* The instructions of a scope by position. They live as long as QEMU. */
static struct site **sites[MAX_SCOPES];

static struct site **table_of(const struct scope *s)
{
    struct site ***at = &sites[s - plan->scope], **fresh, **found = NULL;

    found = __atomic_load_n(at, __ATOMIC_ACQUIRE);
    if (found) {
        return found;
    }
    fresh = end_or_allocate((s->end - s->start) / ISA_INSN_BYTES, sizeof *fresh,
                            "the instructions of a scope");
    if (__atomic_compare_exchange_n(at, &found, fresh, false, __ATOMIC_ACQ_REL,
                                    __ATOMIC_ACQUIRE)) {
        return fresh;
    }
    free(fresh);
    return found;
}

static struct site *remember(const struct scope *s, uint64_t pc, uint32_t word)
{
    struct site **at = &table_of(s)[(pc - s->start) / ISA_INSN_BYTES];
    struct site *site = __atomic_load_n(at, __ATOMIC_ACQUIRE);

    if (!site || site->insn.word != word) {
        /* First seen, or the kernel patched itself: older blocks keep the old. */
        site = end_or_allocate(1, sizeof *site, "an instruction");
        isa_decode(pc, word, &site->insn);
        isa_uses(&site->insn, &site->uses);
        site->scope = s;
        site->altered = alter_plan(&site->insn);
        __atomic_store_n(at, site, __ATOMIC_RELEASE);
    }
    return site;
}

static void when(struct qemu_plugin_insn *insn, size_t gate,
                 enum qemu_plugin_cond cond, uint64_t value,
                 qemu_plugin_vcpu_udata_cb_t cb, struct site *site)
{
    qemu_plugin_register_vcpu_insn_exec_cond_cb(
        insn, cb, QEMU_PLUGIN_CB_RW_REGS_PC, cond, gate_member(gate),
        value, site);
}

static void when_active(struct qemu_plugin_insn *insn,
                        qemu_plugin_vcpu_udata_cb_t cb, struct site *site)
{
    when(insn, offsetof(struct gate, active), QEMU_PLUGIN_COND_EQ,
         EPISODE_DELAYS, cb, site);
}

static void when_inside(struct qemu_plugin_insn *insn,
                        qemu_plugin_vcpu_udata_cb_t cb, struct site *site)
{
    when(insn, offsetof(struct gate, active), QEMU_PLUGIN_COND_NE, EPISODE_NONE,
         cb, site);
}

static void when_outside(struct qemu_plugin_insn *insn,
                         qemu_plugin_vcpu_udata_cb_t cb, struct site *site)
{
    when(insn, offsetof(struct gate, active), QEMU_PLUGIN_COND_EQ, EPISODE_NONE,
         cb, site);
}

static void when_pending(struct qemu_plugin_insn *insn,
                         qemu_plugin_vcpu_udata_cb_t cb, struct site *site)
{
    when(insn, offsetof(struct gate, pending), QEMU_PLUGIN_COND_NE, 0, cb, site);
}

static void when_tracking(struct qemu_plugin_insn *insn,
                          qemu_plugin_vcpu_udata_cb_t cb, struct site *site)
{
    if (exec_keeps_views(site->scope)) {
        when(insn, offsetof(struct gate, tracking), QEMU_PLUGIN_COND_NE, 0, cb,
             site);
    }
}

static void instrument_acquire(struct qemu_plugin_insn *insn, struct site *site)
{
    if (alter_acquires(site->altered, &site->insn)) {
        when(insn, offsetof(struct gate, release), QEMU_PLUGIN_COND_NE, 0,
             exec_fence, site);
    }
}

static void instrument_atomic(struct qemu_plugin_insn *insn, struct site *site)
{
    if (site->insn.op == ATOMIC_LDX && (site->scope->role == SCOPE_BODY || plan->mixed)) {
        policy_exclusives();
    }
    instrument_acquire(insn, site);
    when_tracking(insn, exec_body_atomic, site);
    when_active(insn, exec_atomic, site);
}

static void instrument_load(struct qemu_plugin_insn *insn, struct site *site)
{
    instrument_acquire(insn, site);
    when_tracking(insn, exec_body_load, site);
    when(insn, offsetof(struct gate, earlier), QEMU_PLUGIN_COND_NE, 0, exec_load, site);
}

static void instrument_store(struct qemu_plugin_insn *insn, struct site *site)
{
    if (alter_releases(site->altered, &site->insn)) {
        qemu_plugin_register_vcpu_insn_exec_inline_per_vcpu(
            insn, QEMU_PLUGIN_INLINE_STORE_U64,
            gate_member(offsetof(struct gate, release)), 1);
    }
    when_active(insn, exec_store, site);
}

static void instrument_branch(struct qemu_plugin_insn *insn, struct site *site)
{
    const struct scope *to =
        plan_scope(site->insn.pc + (uint64_t)site->insn.imm);

    when_tracking(insn, exec_branch, site);
    if (site->insn.conditional) {
        if (!to || !plan_scope(site->insn.next)) {
            when_inside(insn, exec_way_out, site);
        }
    } else if (!to) {
        when_inside(insn, exec_leave, site);
    } else if (site->scope->role == SCOPE_CALLER && to->role == SCOPE_CALLEE) {
        when_outside(insn, exec_enter, site);
    }
}

static void instrument_barrier(struct qemu_plugin_insn *insn, struct site *site)
{
    enum barrier_kind kind = site->insn.barrier;

    if ((kind == BARRIER_STORE && !MUTANT(store_barrier_orders_nothing)) ||
        kind == BARRIER_DONE || kind == BARRIER_FULL || site->altered) {
        when_active(insn, exec_barrier, site);
    }
    when_tracking(insn, exec_body_barrier, site);
}

/* Branches decide by themselves whether they leave. */
static bool may_fall_out(const struct insn *in)
{
    return in->cls != INSN_BRANCH && in->cls != INSN_CALL &&
           in->cls != INSN_INDIRECT && !plan_scope(in->next);
}

static void instrument_insn(struct qemu_plugin_insn *insn, struct site *site)
{
    /* First: a callback that skips the instruction skips what comes after it. */
    if (may_fall_out(&site->insn)) {
        when_inside(insn, exec_leave, site);
    }
    if (site->insn.cls == INSN_BRANCH || site->insn.cls == INSN_CALL ||
        site->insn.cls == INSN_INDIRECT) {
        when_pending(insn, exec_age, site);
    }
    switch (site->insn.cls) {
    case INSN_PREFETCH:
    case INSN_HINT:
        break;
    case INSN_PLAIN:
        when_tracking(insn, exec_plain, site);
        break;
    case INSN_LOAD:
        instrument_load(insn, site);
        break;
    case INSN_STORE:
        instrument_store(insn, site);
        break;
    case INSN_BARRIER:
        instrument_barrier(insn, site);
        break;
    case INSN_BRANCH:
    case INSN_CALL:
        instrument_branch(insn, site);
        break;
    case INSN_INDIRECT:
        when_tracking(insn, exec_branch, site);
        when_inside(insn, exec_way_out, site);
        break;
    case INSN_ATOMIC:
        instrument_atomic(insn, site);
        break;
    case INSN_COMPLEX:
    case INSN_SYSTEM:
    case INSN_EXCEPTION:
    case INSN_UNKNOWN:
        when_active(insn, exec_strong, site);
        when_tracking(insn, exec_body_strong, site);
        break;
    }
}

/* Unconditional: what comes before an instruction comes before it outside of an episode
 * too, where QEMU may let the instruction pass earlier ones as its host does. */
static void instrument_alterations(struct qemu_plugin_insn *insn, struct site *site)
{
    qemu_plugin_register_vcpu_insn_exec_cb(insn, exec_alter, QEMU_PLUGIN_CB_RW_REGS_PC, site);
}

/* Maintenance of translations and the wait for its end, anywhere. Linux has such a
 * wait in each switch of tasks, so one with nothing to wait for costs a test alone. */
static void instrument_maintenance(struct qemu_plugin_insn *insn, enum landmark mark)
{
    qemu_plugin_u64 begun = gate_member(offsetof(struct gate, maintenance));

    if (mark == LANDMARK_MAINTENANCE_BEGINS) {
        qemu_plugin_register_vcpu_insn_exec_inline_per_vcpu(
            insn, QEMU_PLUGIN_INLINE_STORE_U64, begun, 1);
    } else if (mark == LANDMARK_MAINTENANCE_ENDS) {
        qemu_plugin_register_vcpu_insn_exec_cond_cb(insn, exec_maintained,
                                                    QEMU_PLUGIN_CB_NO_REGS,
                                                    QEMU_PLUGIN_COND_NE, begun, 0,
                                                    NULL);
    }
}

static bool is_report(uint64_t pc)
{
    for (size_t i = 0; i < plan->reports; i++) {
        if (plan->report[i] == pc) {
            return true;
        }
    }
    return false;
}

/* Of the guest, when they return; of the kernel, when it enters them. */
static void instrument_calls(struct qemu_plugin_insn *insn, uint64_t pc, bool returns)
{
    if (pc >= plan->mark_start && pc < plan->mark_end && returns) {
        qemu_plugin_register_vcpu_insn_exec_cb(insn, exec_mark, QEMU_PLUGIN_CB_R_REGS, NULL);
    }
    if (pc >= plan->select_start && pc < plan->select_end && returns) {
        qemu_plugin_register_vcpu_insn_exec_cb(insn, exec_select, QEMU_PLUGIN_CB_R_REGS, NULL);
    }
    if (is_report(pc)) {
        qemu_plugin_register_vcpu_insn_exec_cb(insn, exec_report, QEMU_PLUGIN_CB_NO_REGS, NULL);
    }
}

void instrument_block(struct qemu_plugin_tb *tb)
{
    size_t n = qemu_plugin_tb_n_insns(tb);

    for (size_t i = 0; i < n; i++) {
        struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);
        uint64_t pc = qemu_plugin_insn_vaddr(insn);
        const struct scope *s = plan_scope(pc);
        enum landmark mark;
        uint32_t word = 0;

        if (i == 0 || i == n - 1) {
            memory_note_code(pc, qemu_plugin_insn_haddr(insn));
        }
        if (qemu_plugin_insn_data(insn, &word, sizeof word) != sizeof word) {
            continue;
        }
        mark = isa_landmark(word);
        instrument_calls(insn, pc, mark == LANDMARK_RETURN);
        if (s && !memory_is_found()) {
            memory_missing();
        }
        if (s) {
            struct site *site = remember(s, pc, word);
            if (i == 0 && s->role == SCOPE_BODY) {
                when_outside(insn, exec_enter, site);
            }
            if (site->altered && !MUTANT(barriers_put_before_come_late)) {
                instrument_alterations(insn, site);
            }
            instrument_insn(insn, site);
            if (site->altered && MUTANT(barriers_put_before_come_late)) {
                instrument_alterations(insn, site);
            }
        }
        instrument_maintenance(insn, mark);
    }
}
