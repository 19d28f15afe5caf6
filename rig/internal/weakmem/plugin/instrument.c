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
#include "exec_batch.h"
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

/* An instruction that is being translated. */
struct place {
    struct qemu_plugin_insn *insn;
    struct site *site;
    struct computed *computed; /* since the block's last callback */
};

static void when(const struct place *p, size_t gate, enum qemu_plugin_cond cond, uint64_t value,
                 qemu_plugin_vcpu_udata_cb_t cb)
{
    qemu_plugin_register_vcpu_insn_exec_cond_cb(
        p->insn, cb, QEMU_PLUGIN_CB_RW_REGS_PC, cond, gate_member(gate), value, p->site);
}

/* Called in all of an episode, so that it can do first what has been computed. */
static void when_all(const struct place *p, size_t gate, enum qemu_plugin_cond cond,
                     uint64_t value, qemu_plugin_vcpu_udata_cb_t cb)
{
    if (!p->computed->n) {
        when(p, gate, cond, value, cb);
        return;
    }
    qemu_plugin_register_vcpu_insn_exec_cond_cb(
        p->insn, exec_batch, QEMU_PLUGIN_CB_RW_REGS_PC, cond, gate_member(gate), value,
        batch_take(p->computed, cb, p->site));
}

static void when_active(const struct place *p, qemu_plugin_vcpu_udata_cb_t cb)
{
    when_all(p, offsetof(struct gate, active), QEMU_PLUGIN_COND_EQ, EPISODE_DELAYS, cb);
}

static void when_inside(const struct place *p, qemu_plugin_vcpu_udata_cb_t cb)
{
    when(p, offsetof(struct gate, active), QEMU_PLUGIN_COND_NE, EPISODE_NONE, cb);
}

static void when_outside(const struct place *p, qemu_plugin_vcpu_udata_cb_t cb)
{
    when(p, offsetof(struct gate, active), QEMU_PLUGIN_COND_EQ, EPISODE_NONE, cb);
}

static void when_pending(const struct place *p, qemu_plugin_vcpu_udata_cb_t cb)
{
    when(p, offsetof(struct gate, pending), QEMU_PLUGIN_COND_NE, 0, cb);
}

static void when_tracking(const struct place *p, qemu_plugin_vcpu_udata_cb_t cb)
{
    if (exec_keeps_views(p->site->scope)) {
        when_all(p, offsetof(struct gate, tracking), QEMU_PLUGIN_COND_NE, 0, cb);
    }
}

static bool always_tracked(const struct place *p)
{
    return batch_always_tracked(p->site->scope);
}

/* What was computed must be done before what is no callback of all of an episode. */
static void flush(const struct place *p)
{
    if (p->computed->n) {
        when_tracking(p, NULL);
    }
}

static void instrument_acquire(const struct place *p)
{
    if (alter_acquires(p->site->altered, &p->site->insn)) {
        when(p, offsetof(struct gate, release), QEMU_PLUGIN_COND_NE, 0, exec_fence);
    }
}

static void instrument_atomic(const struct place *p)
{
    if (p->site->insn.op == ATOMIC_LDX && (p->site->scope->role == SCOPE_BODY || plan->mixed)) {
        policy_exclusives();
    }
    instrument_acquire(p);
    when_tracking(p, exec_body_atomic);
    if (!always_tracked(p)) {
        when_active(p, exec_atomic);
    }
}

static void instrument_load(const struct place *p)
{
    instrument_acquire(p);
    when_tracking(p, exec_body_load);
    if (!always_tracked(p)) {
        when(p, offsetof(struct gate, earlier), QEMU_PLUGIN_COND_NE, 0, exec_load);
    }
}

static void instrument_store(const struct place *p)
{
    if (alter_releases(p->site->altered, &p->site->insn)) {
        qemu_plugin_register_vcpu_insn_exec_inline_per_vcpu(
            p->insn, QEMU_PLUGIN_INLINE_STORE_U64,
            gate_member(offsetof(struct gate, release)), 1);
    }
    when_active(p, exec_store);
}

/* A direct branch; where episodes are spaced, all of them are of one kind, and the
 * callback that they have anyway looks where it leads. */
static void instrument_branch(const struct place *p)
{
    const struct insn *in = &p->site->insn;
    const struct scope *to = plan_scope(in->pc + (uint64_t)in->imm);

    if (in->conditional) {
        if ((!to || !plan_scope(in->next)) && !plan->policy.spacing) {
            when_inside(p, exec_way_out);
        }
    } else if (!to) {
        if (!plan->policy.spacing) {
            when_inside(p, exec_leave);
        }
    } else if (p->site->scope->role == SCOPE_CALLER && to->role == SCOPE_CALLEE) {
        when_outside(p, exec_enter);
    }
}

static void instrument_way(const struct place *p)
{
    if (always_tracked(p)) {
        when_tracking(p, exec_always_branch);
    } else {
        when_pending(p, exec_age);
        when_tracking(p, exec_branch);
    }
    if (p->site->insn.cls != INSN_INDIRECT) {
        instrument_branch(p);
    } else if (!plan->policy.spacing) {
        when_inside(p, exec_way_out);
    }
}

static void instrument_barrier(const struct place *p)
{
    enum barrier_kind kind = p->site->insn.barrier;
    bool stores = (kind == BARRIER_STORE && !MUTANT(store_barrier_orders_nothing)) ||
                  kind == BARRIER_DONE || kind == BARRIER_FULL || p->site->altered;

    if (stores && always_tracked(p)) {
        when_tracking(p, exec_always_barrier);
        return;
    }
    if (stores) {
        when_active(p, exec_barrier);
    }
    when_tracking(p, exec_body_barrier);
}

static void instrument_strong(const struct place *p)
{
    if (always_tracked(p)) {
        when_tracking(p, exec_always_strong);
    } else {
        when_active(p, exec_strong);
        when_tracking(p, exec_body_strong);
    }
    if (p->site->insn.event) {
        when_active(p, exec_wait);
    }
}

/* A choice looks at the flags, so it has its own callback. */
static void instrument_plain(const struct place *p)
{
    struct computed *c = p->computed;

    if (!always_tracked(p) || p->site->uses.picks || c->n == BATCH_MAX) {
        when_tracking(p, exec_plain);
        return;
    }
    c->site[c->n++] = p->site;
}

/* Branches decide by themselves whether they leave. */
static bool may_fall_out(const struct insn *in)
{
    return in->cls != INSN_BRANCH && in->cls != INSN_CALL &&
           in->cls != INSN_INDIRECT && !plan_scope(in->next);
}

static void instrument_insn(const struct place *p)
{
    /* First: a callback that skips the instruction skips what comes after it. */
    if (may_fall_out(&p->site->insn)) {
        p->computed->n = 0; /* views end here */
        when_inside(p, exec_leave);
    }
    switch (p->site->insn.cls) {
    case INSN_PREFETCH:
    case INSN_HINT:
        break;
    case INSN_PLAIN:
        instrument_plain(p);
        break;
    case INSN_LOAD:
        instrument_load(p);
        break;
    case INSN_STORE:
        instrument_store(p);
        break;
    case INSN_BARRIER:
        instrument_barrier(p);
        break;
    case INSN_BRANCH:
    case INSN_CALL:
    case INSN_INDIRECT:
        instrument_way(p);
        break;
    case INSN_ATOMIC:
        instrument_atomic(p);
        break;
    case INSN_COMPLEX:
    case INSN_SYSTEM:
    case INSN_EXCEPTION:
    case INSN_UNKNOWN:
        instrument_strong(p);
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

/* Of a body, where an episode may begin. */
static void instrument_entry(const struct place *p)
{
    qemu_plugin_u64 blocks = gate_member(offsetof(struct gate, blocks));

    if (!plan->policy.spacing) {
        when_outside(p, exec_enter);
        return;
    }
    qemu_plugin_register_vcpu_insn_exec_inline_per_vcpu(p->insn, QEMU_PLUGIN_INLINE_ADD_U64,
                                                        blocks, 1);
    when(p, offsetof(struct gate, blocks), QEMU_PLUGIN_COND_GE, 2 * plan->policy.spacing,
         exec_spaced);
}

static void instrument_site(const struct place *p, bool first, bool last)
{
    if (first && p->site->scope->role == SCOPE_BODY) {
        instrument_entry(p);
    }
    if (p->site->altered) {
        flush(p);
    }
    if (p->site->altered && !MUTANT(barriers_put_before_come_late)) {
        instrument_alterations(p->insn, p->site);
    }
    instrument_insn(p);
    if (p->site->altered && MUTANT(barriers_put_before_come_late)) {
        instrument_alterations(p->insn, p->site);
    }
    if (last) {
        flush(p);
    }
}

void instrument_block(struct qemu_plugin_tb *tb)
{
    size_t n = qemu_plugin_tb_n_insns(tb);
    struct computed computed = {.n = 0};

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
            instrument_site(&(struct place){insn, remember(s, pc, word), &computed}, i == 0, i == n - 1);
        }
        instrument_maintenance(insn, mark);
    }
}
