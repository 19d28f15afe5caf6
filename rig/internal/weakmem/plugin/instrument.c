// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Which callbacks a translated block gets. Inside the scope: each instruction
 * according to its class. Outside: only TLBI and DSB, whose effects reach other
 * vCPUs. Every way out of the scope is instrumented inside it, or is an
 * interrupt or exception; so the rest of the guest runs as QEMU runs it.
 */
#include <stdlib.h>

#include "vcpu.h"

/* Decoded instructions of a scope by position. They live as long as QEMU. */
static struct insn **decoded[MAX_SCOPES];

static struct insn *remember(const struct scope *s, uint64_t pc, uint32_t word)
{
    size_t which = (size_t)(s - plan.scope);
    struct insn *in, *old, **table, *new;
    size_t words = (s->end - s->start) / 4;

    table = __atomic_load_n(&decoded[which], __ATOMIC_ACQUIRE);
    if (!table) {
        struct insn **fresh = calloc(words, sizeof *fresh), **expected = NULL;
        table = fresh;
        if (!__atomic_compare_exchange_n(&decoded[which], &expected, fresh, false,
                                         __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)) {
            free(fresh);
            table = expected;
        }
    }
    old = __atomic_load_n(&table[(pc - s->start) / 4], __ATOMIC_ACQUIRE);
    if (old && old->word == word) {
        return old;
    }
    /* First seen, or the kernel patched itself: older blocks keep the old. */
    in = new = malloc(sizeof *new);
    decode(pc, word, new);
    __atomic_store_n(&table[(pc - s->start) / 4], new, __ATOMIC_RELEASE);
    return in;
}

static qemu_plugin_u64 gate_active(void)
{
    return (qemu_plugin_u64){gates, offsetof(struct gate, active)};
}

static qemu_plugin_u64 gate_pending(void)
{
    return (qemu_plugin_u64){gates, offsetof(struct gate, pending)};
}

static void when_active(struct qemu_plugin_insn *insn,
                        qemu_plugin_vcpu_udata_cb_t cb, struct insn *in)
{
    qemu_plugin_register_vcpu_insn_exec_cond_cb(
        insn, cb, QEMU_PLUGIN_CB_RW_REGS_PC, QEMU_PLUGIN_COND_EQ, gate_active(),
        EPISODE_DELAYS, in);
}

static void when_inside(struct qemu_plugin_insn *insn,
                        qemu_plugin_vcpu_udata_cb_t cb, struct insn *in)
{
    qemu_plugin_register_vcpu_insn_exec_cond_cb(
        insn, cb, QEMU_PLUGIN_CB_R_REGS, QEMU_PLUGIN_COND_NE, gate_active(),
        EPISODE_NONE, in);
}

static void when_outside(struct qemu_plugin_insn *insn, struct insn *in)
{
    qemu_plugin_register_vcpu_insn_exec_cond_cb(
        insn, exec_enter, QEMU_PLUGIN_CB_NO_REGS, QEMU_PLUGIN_COND_EQ,
        gate_active(), EPISODE_NONE, in);
}

static void when_pending(struct qemu_plugin_insn *insn,
                         qemu_plugin_vcpu_udata_cb_t cb, struct insn *in)
{
    qemu_plugin_register_vcpu_insn_exec_cond_cb(
        insn, cb, QEMU_PLUGIN_CB_RW_REGS_PC, QEMU_PLUGIN_COND_NE, gate_pending(),
        0, in);
}

static void instrument_memory(struct qemu_plugin_insn *insn, struct insn *in,
                              const struct scope *s)
{
    if (in->cls == INSN_LOAD) {
        when_pending(insn, exec_load, in);
    } else if (in->release) {
        when_pending(insn, exec_barrier, in);
    } else {
        when_active(insn, s->role == SCOPE_CALLEE ? exec_callee_store : exec_store,
                    in);
    }
}

static void instrument_branch(struct qemu_plugin_insn *insn, struct insn *in,
                              const struct scope *s)
{
    const struct scope *to = plan_scope(&plan, in->pc + (uint64_t)in->imm);

    if (!to) {
        when_inside(insn, exec_leave, in);
    } else if (s->role == SCOPE_CALLER && to->role == SCOPE_CALLEE) {
        when_outside(insn, in);
    }
}

static void instrument_insn(struct qemu_plugin_insn *insn, struct insn *in,
                            const struct scope *s)
{
    switch (in->cls) {
    case INSN_PLAIN:
    case INSN_PREFETCH:
    case INSN_HINT:
        break;
    case INSN_LOAD:
    case INSN_STORE:
        instrument_memory(insn, in, s);
        break;
    case INSN_BARRIER:
        if (in->barrier == BARRIER_STORE || in->barrier == BARRIER_FULL) {
            when_pending(insn, exec_barrier, in);
        }
        break;
    case INSN_BRANCH:
    case INSN_CALL:
        instrument_branch(insn, in, s);
        break;
    case INSN_INDIRECT:
        when_inside(insn, exec_return, in);
        break;
    case INSN_ATOMIC:
    case INSN_COMPLEX:
    case INSN_SYSTEM:
    case INSN_EXCEPTION:
    case INSN_UNKNOWN:
        when_pending(insn, exec_strong, in);
        break;
    }
    if (!plan_scope(&plan, in->pc + 4)) { /* falls out of the scope */
        when_inside(insn, exec_leave, in);
    }
}

/* TLBI and DSB anywhere. */
static void instrument_maintenance(struct qemu_plugin_insn *insn,
                                   const struct insn *in)
{
    if (in->tlbi) {
        qemu_plugin_register_vcpu_insn_exec_cb(insn, exec_tlbi,
                                               QEMU_PLUGIN_CB_NO_REGS, NULL);
    } else if (in->dsb) {
        qemu_plugin_register_vcpu_insn_exec_cb(insn, exec_dsb,
                                               QEMU_PLUGIN_CB_NO_REGS, NULL);
    }
}

void instrument_block(struct qemu_plugin_tb *tb)
{
    size_t n = qemu_plugin_tb_n_insns(tb);

    for (size_t i = 0; i < n; i++) {
        struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);
        uint64_t pc = qemu_plugin_insn_vaddr(insn);
        const struct scope *s = plan_scope(&plan, pc);
        uint32_t word = 0;

        if (i == 0 || i == n - 1) {
            memory_note_code(qemu_plugin_insn_haddr(insn));
        }
        if (qemu_plugin_insn_data(insn, &word, sizeof word) != sizeof word) {
            continue;
        }
        if (s) {
            struct insn *in = remember(s, pc, word);
            if (i == 0 && s->role == SCOPE_BODY) {
                when_outside(insn, in);
            }
            instrument_insn(insn, in, s);
            instrument_maintenance(insn, in);
        } else if (word >> 20 == 0xd50) { /* MSR immediate, barriers, SYS */
            struct insn in;
            decode(pc, word, &in);
            instrument_maintenance(insn, &in);
        }
    }
}
