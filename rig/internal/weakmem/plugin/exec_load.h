/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Loads everywhere: from the own buffer, or natively.
 */
#ifndef KCOVRIG_EXEC_LOAD_H
#define KCOVRIG_EXEC_LOAD_H

#include <stdint.h>

#include "insn.h"

struct access;
struct vcpu;

/* Called while stores wait. */
void exec_load(unsigned int index, void *udata);

uint64_t load_extend(const struct insn *in, uint64_t value);
/* Deals with the own waiting stores; skips the load when they hold all of it. */
void load_from_buffer(struct vcpu *v, const struct insn *in, const struct access *a);

#endif
