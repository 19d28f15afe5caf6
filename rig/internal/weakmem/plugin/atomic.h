/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What an atomic instruction does to memory, done by the emulator under the
 * history's lock: it reads the newest value, as every atomic does, and its write
 * has a timestamp. Against what QEMU does natively on other vCPUs it is atomic,
 * being the host's compare and swap.
 */
#ifndef KCOVRIG_ATOMIC_H
#define KCOVRIG_ATOMIC_H

#include <stdbool.h>
#include <stdint.h>

#include "insn.h"

/* What an exclusive load reserves, until the store or whatever ends it. */
struct reservation {
    bool valid;
    bool native; /* QEMU's too: the load ran natively */
    unsigned int lost; /* times in a row that it ended without its store */
    uint64_t phys, value, time;
    unsigned int bytes;
};

struct atomic_result {
    uint64_t old;       /* zero-extended */
    uint64_t read;      /* the time of what was read, no earlier */
    uint64_t wrote;     /* the time of the write; 0: there was none */
    bool again;         /* nothing was done: it would have written unexpectedly */
};

/* Any but the exclusives. limit is what the location was seen at; a compare and
 * swap that is to release may write only where the caller has drained for it. */
struct atomic_result atomic_do(const struct insn *in, uint64_t phys, uint64_t operand,
                               uint64_t compare, uint64_t limit, bool may_write);
struct atomic_result atomic_load_exclusive(const struct insn *in, uint64_t phys,
                                           uint64_t limit, struct reservation *r);
/* Fails, without a write, where the reservation does not hold any more. */
/* QEMU's own reservation, by value alone, begins about now. */
void atomic_reserve(const struct insn *in, uint64_t phys, struct reservation *r);
/* Whether the location was written since; always where nothing was reserved. */
bool atomic_is_lost(const struct insn *in, uint64_t phys, const struct reservation *r);
struct atomic_result atomic_store_exclusive(const struct insn *in, uint64_t phys,
                                            uint64_t value,
                                            const struct reservation *r);

/* One without a result, which waited: operand is no longer than its bytes. Returns the
 * time of its write. The history's lock is held. */
uint64_t atomic_do_late(enum atomic_op op, uint64_t phys, unsigned int bytes,
                        uint64_t operand);

#endif
