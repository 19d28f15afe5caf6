/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What QEMU's conditional callbacks test, in its scoreboard: per vCPU, whether it is
 * in an episode and what there is to do in it. Only what is needed calls the emulator.
 */
#ifndef KCOVRIG_GATE_H
#define KCOVRIG_GATE_H

#include <stddef.h>
#include <stdint.h>

#include "qemu_api.h"
#include "vcpu.h"

/* Where a vCPU is. The entry into the scope decides for the whole stay. */
enum episode { EPISODE_NONE, EPISODE_DELAYS, EPISODE_NATIVE };

struct gate {
    uint64_t active;  /* enum episode */
    uint64_t pending; /* entries in the buffer */
    uint64_t earlier; /* ... and stores that were, of which later loads tell */
    uint64_t tracking; /* another vCPU wrote: a body's loads have a choice */
    uint64_t release;  /* a store-release ran natively since the last fence */
    uint64_t maintenance; /* of translations, not waited for yet */
    uint64_t blocks;   /* of bodies since an episode could begin, where they are spaced */
};

/* Of gate.c alone: others go through the functions below. */
extern struct qemu_plugin_scoreboard *gate_board;

void gates_open(void);

/* A member, as QEMU is to test it or set it. */
static inline qemu_plugin_u64 gate_member(size_t offset)
{
    return (qemu_plugin_u64){gate_board, offset};
}

static inline struct gate *gate_of(const struct vcpu *v)
{
    return qemu_plugin_scoreboard_find(gate_board, v->index);
}

/* Begins or ends one: track_wake_others() of another vCPU may look meanwhile. */
static inline void gate_episode(struct gate *g, enum episode e)
{
    __atomic_store_n(&g->active, e, __ATOMIC_RELAXED);
}

#endif
