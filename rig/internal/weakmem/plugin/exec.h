/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What all callbacks of instructions have in common: they are given the vCPU's index, and
 * a struct site as udata unless their header says otherwise.
 */
#ifndef KCOVRIG_EXEC_H
#define KCOVRIG_EXEC_H

#include "insn.h"
#include "plan.h"

/* An instruction of a scope. */
struct site {
    struct insn insn;
    struct uses uses;
    const struct scope *scope;
};

#endif
