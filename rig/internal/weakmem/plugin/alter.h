/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Alterations: of one kernel as it was built others are made while it runs, in which
 * chosen instructions order something else than they say, or a barrier comes before
 * them. What an instruction is under each number is worked out when it is translated;
 * which of these holds is looked up each time that it is executed. So nothing has to be
 * translated anew when another number is put in force, and instructions that no
 * alteration names cost nothing.
 *
 * A vCPU takes the number up when it enters the scope and keeps it until it leaves: what
 * one episode does is what one kernel may do. Nobody's buffer has to be drained from
 * elsewhere for it, and who still waits in an episode ends it as it began.
 *
 * The file is a table of struct alteration_record, which the rig may read at any time:
 * one for each number from 0, then one for each change in the plan's order.
 */
#ifndef KCOVRIG_ALTER_H
#define KCOVRIG_ALTER_H

#include <stdbool.h>
#include <stdint.h>

#include "insn.h"

struct alteration_record {
    uint64_t number; /* of the alteration; 0: the code as it is */
    uint64_t pc;     /* of the changed instruction; 0: of the alteration itself */
    uint64_t count;  /* times that it was executed in an episode that delays; or episodes */
    uint64_t unfit;  /* ... and was no instruction of which the change can be made */
};

/* A changed instruction, or what comes before one, under one number. */
struct altered {
    struct altered *next; /* of the same instruction */
    uint64_t number;
    bool before;
    bool fits;
    struct insn insn;     /* what it is taken for; where before, a barrier */
    struct alteration_record *record; /* NULL: nothing is counted */
};

/* Maps the file; false with errno set. */
bool alter_open(const char *path);

/* What the plan makes of the instruction; NULL: nothing under any number. Lives as
 * long as QEMU. */
struct altered *alter_plan(const struct insn *in);
/* Whether the instruction, or what it is taken for under some number, acquires as LDAR
 * does, or releases. */
bool alter_acquires(const struct altered *all, const struct insn *in);
bool alter_releases(const struct altered *all, const struct insn *in);

/* What in is taken for under the number. */
const struct insn *alter_insn(const struct altered *all, const struct insn *in,
                              uint64_t number);
/* Whether a belongs to the number that is given. */
bool alter_holds(const struct altered *a, uint64_t number);

/* The number in force, for who enters the scope from now on. */
void alter_select(uint64_t number);
uint64_t alter_selected(void);

/* An episode begins under the number; the changed instruction is executed in one. */
void alter_count_episode(uint64_t number);
void alter_count(const struct altered *a);

#endif
