/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What one vCPU has seen: the views of "Promising-ARM/RISC-V" (Pulte et al.,
 * PLDI 2019), as timestamps of the history. A view here may be later than the
 * model's, never earlier: that only forbids more.
 */
#ifndef KCOVRIG_VIEWS_H
#define KCOVRIG_VIEWS_H

#include <stdbool.h>
#include <stdint.h>

#include "isa.h"

#define COHERENCE_SLOTS 64

/* Each vCPU's views are kept twice: as they hold, and without what only the
 * emulator's doubts raised, to know which older values these hid. */
enum { VIEW_HELD, VIEW_SURE, VIEWS };

/* The bytes of a granule have a time each: no location is coherent with another. */
struct coherence {
    uint64_t granule; /* physical address plus one; 0: empty */
    uint64_t time[8];
};

struct views {
    uint64_t read_old, write_old; /* vrOld, vwOld */
    uint64_t read_new;            /* vrNew */
    uint64_t unordered;           /* vrNew, had no instruction ordered loads */
    uint64_t control;             /* vCAP */
    uint64_t release;             /* vRel */
    uint64_t general[ISA_REGISTERS], vector[ISA_REGISTERS], flags;
    uint64_t system;              /* the system registers, all as one */
    struct coherence coherence[COHERENCE_SLOTS]; /* the last: views_floor */
};

/* Everything up to time has been seen: entering the scope, or being strong. */
void views_floor(struct views *w, uint64_t time);
/* Being strong without forgetting what is later. */
void views_raise(struct views *w, uint64_t time);

/* Of one register. */
uint64_t views_data(const struct views *w, unsigned int number, bool simd);
void views_set_data(struct views *w, unsigned int number, bool simd, uint64_t time);

/* Registers only: the written ones join the read ones. */
void views_plain(struct views *w, const struct uses *u);
void views_branch(struct views *w, const struct uses *u);
/* The written ones are those of the picked, by the flags. */
void views_pick(struct views *w, const struct uses *u, uint32_t picked);
void views_barrier(struct views *w, enum barrier_kind kind);

/* The last write to any of the bytes that this vCPU read or made. */
uint64_t views_coherence(const struct views *w, uint64_t phys, unsigned int bytes);
void views_set_coherence(struct views *w, uint64_t phys, unsigned int bytes,
                         uint64_t time);

/* A load: what it must have seen, and what follows from what it read. */
uint64_t views_before_load(const struct views *w, const struct insn *in,
                           uint64_t address);
/* What it must have seen, had no instruction ordered it after others: no more. */
uint64_t views_unordered(const struct views *w, uint64_t address);
void views_after_load(struct views *w, const struct insn *in, uint64_t address,
                      uint64_t post);
/* An atomic that read at read and, unless that is 0, wrote at wrote. Its result is
 * no business of this. */
void views_after_atomic(struct views *w, const struct insn *in, uint64_t address,
                        uint64_t read, uint64_t wrote);

static inline uint64_t join(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

#endif
