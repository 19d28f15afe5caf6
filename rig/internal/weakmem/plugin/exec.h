/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What all callbacks of instructions have in common: they are given the vCPU's index, and
 * a struct site as udata unless their header says otherwise.
 */
#ifndef KCOVRIG_EXEC_H
#define KCOVRIG_EXEC_H

#include <stdbool.h>

#include "alter.h"
#include "insn.h"
#include "mutant.h"
#include "plan.h"
#include "vcpu.h"

/* An instruction of a scope. */
struct site {
    struct insn insn; /* as it stands in memory; what it orders says exec_insn */
    struct uses uses;
    const struct scope *scope;
    struct altered *altered; /* NULL: by no alteration */
    struct batch *batches;   /* of exec_batch.c alone */
};

/* Of the alteration that holds in this episode. */
static inline uint64_t exec_number(const struct vcpu *v)
{
    return MUTANT(number_changes_in_an_episode) ? alter_selected() : v->number;
}

/* What the instruction is taken for in this episode. */
static inline const struct insn *exec_insn(const struct vcpu *v, const struct site *site)
{
    return site->altered ? alter_insn(site->altered, &site->insn, exec_number(v)) : &site->insn;
}

/* Whether views are kept there: in bodies, and in what may be reached from them. */
static inline bool exec_keeps_views(const struct scope *s)
{
    return s->role == SCOPE_BODY || (plan->mixed && !MUTANT(callees_keep_no_views));
}

#endif
