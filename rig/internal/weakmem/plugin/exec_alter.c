// SPDX-License-Identifier: GPL-2.0-or-later
#include "exec_alter.h"

#include <stdbool.h>
#include <stdint.h>

#include "alter.h"
#include "exec.h"
#include "exec_scope.h"
#include "gate.h"
#include "insn.h"
#include "isa.h"
#include "vcpu.h"

/* What QEMU executes by itself, in an episode or not, comes after the barrier too. */
static void fence(enum barrier_kind kind)
{
    switch (kind) {
    case BARRIER_LOAD:
        __atomic_thread_fence(__ATOMIC_ACQUIRE);
        break;
    case BARRIER_STORE:
        __atomic_thread_fence(__ATOMIC_RELEASE);
        break;
    default:
        __atomic_thread_fence(__ATOMIC_SEQ_CST);
    }
}

void exec_alter(unsigned int index, void *udata)
{
    struct vcpu *v = vcpu_of(index);
    const struct site *site = udata;
    const struct gate *g = gate_of(v);
    uint64_t number = g->active == EPISODE_NONE ? alter_selected() : exec_number(v);

    for (const struct altered *a = site->altered; a; a = a->next) {
        if (!alter_holds(a, number)) {
            continue;
        }
        if (g->active == EPISODE_DELAYS) {
            alter_count(a);
        }
        if (a->before) {
            if (g->active == EPISODE_DELAYS) {
                barrier_for_stores(v, &a->insn);
            }
            if (exec_keeps_views(site->scope) && __atomic_load_n(&g->tracking, __ATOMIC_RELAXED)) {
                barrier_for_views(v, &a->insn);
            }
            fence(a->insn.barrier);
        }
    }
}

void exec_select(unsigned int index, void *udata)
{
    (void)udata;
    alter_select(isa_read(&vcpu_of(index)->registers, ISA_ARGUMENT));
}
