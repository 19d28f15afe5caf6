/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What puts stores into a vCPU's delay buffer and makes them visible, in an order that
 * Arm permits. Views, stops and counters learn of each.
 */
#ifndef KCOVRIG_DRAIN_H
#define KCOVRIG_DRAIN_H

#include <stdbool.h>
#include <stdint.h>

#include "buffer.h"
#include "gate.h"
#include "sites.h"

struct access;
struct insn;
struct vcpu;

/* Adds n stores at once, unless the translation's epoch has passed. */
bool drain_push(struct vcpu *v, uint64_t epoch, const struct store *s,
                unsigned int n);
/* Drains all in a random permitted order; waits first if something passed. why,
 * and the instruction at by, are counted for each store when a later one comes. */
void drain_all(struct vcpu *v, enum why why, uint64_t by);
/* What must come before an access to the bytes that is done at once; waits first if
 * something passed and more than the bytes themselves is drained. */
void drain_before(struct vcpu *v, uint64_t phys, unsigned int bytes,
                  enum buffer_access access, enum why why, uint64_t by);
/* What a load-acquire asks for. */
void drain_through_release(struct vcpu *v, uint64_t by);
/* DMB ST at by: later stores wait for those that wait now. */
void drain_mark(struct vcpu *v, uint64_t by);
/* An instruction that orders all earlier stores before all later accesses. */
void drain_ordered(struct vcpu *v, uint64_t by, enum why why);
/* A store at pc comes after others of this episode: stops_second. */
void drain_second(struct vcpu *v, uint64_t pc, uint64_t phys, unsigned int bytes, bool release);
/* A load that takes nothing from the buffer comes after stores of this episode. */
void drain_loaded(struct vcpu *v, const struct insn *in, const struct access *a);
/* drain_all would be asked for by why if anything waited. */
void drain_doubt(struct vcpu *v, enum why why, uint64_t by);
/* What is noted of earlier stores is an episode's; nothing waits at either. */
void drain_begin(struct vcpu *v);
void drain_end(struct vcpu *v);
/* The store at pc was to wait and cannot. */
void drain_note(struct vcpu *v, uint64_t pc, enum why why);
/* Whether stores wait, or are on their way to memory in another vCPU's hands. */
static inline bool drain_waiting(const struct vcpu *v)
{
    return __atomic_load_n(&gate_of(v)->pending, __ATOMIC_ACQUIRE) != 0;
}
/* From another vCPU's thread: no wait. */
void drain_remote(struct vcpu *v);

#endif
