/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The views of a body, kept while other vCPUs write: what each callback owes for what ran
 * natively since the last one.
 */
#ifndef KCOVRIG_TRACK_H
#define KCOVRIG_TRACK_H

#include <stdbool.h>
#include <stdint.h>

#include "buffer.h"
#include "insn.h"
#include "views.h"

struct access;
struct vcpu;

/* A load that runs natively after its callback: what it read is taken to be as
 * new as the next callback finds the history. */
struct late_load {
    const struct insn *insn; /* NULL: none */
    uint64_t address[VIEWS]; /* views */
    uint64_t phys[2];
};

/* What is owed since the last callback; each tracked callback, of the instruction
 * at pc, begins with it, and does nothing where it says false. */
bool track_settle(struct vcpu *v, uint64_t pc);
void track_stop(struct vcpu *v);
void track_drained(struct vcpu *v, const struct store *s, uint64_t time);
void track_wake_others(const struct vcpu *v);
/* A load runs natively from here. */
void track_late(struct vcpu *v, const struct insn *in, const struct access *a);
/* An own store to a place in RAM runs natively from here. */
void track_untold(struct vcpu *v, uint64_t phys);

#endif
