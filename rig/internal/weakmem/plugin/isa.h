/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * All that the emulator asks of the guest's architecture. Behind it are the a64
 * files, the only ones that know an encoding or a register's name; another
 * architecture has files of its own that answer the same.
 * a64.h is what structs need and what must cost no call: ISA_TARGET,
 * ISA_INSN_BYTES, ISA_REGISTERS, ISA_ZERO, ISA_ARGUMENT, struct isa_registers, and
 * the first two of the functions below.
 * A general register has one number, whatever it is used for: below ISA_REGISTERS, or
 * ISA_ZERO, which reads as zero and forgets what is written. Vectors count from 0 too.
 */
#ifndef KCOVRIG_ISA_H
#define KCOVRIG_ISA_H

#include <stdbool.h>
#include <stdint.h>

#include "a64.h"
#include "insn.h"

/* a64.h: whether an address is the kernel's half's. */
static inline bool isa_is_kernel(uint64_t virt);
/* What names the address space of virt: for a user page its tables' address or,
 * where QEMU does not tell that, what the caller gives as this stay's between two
 * exceptions; for a kernel page 0. */
static inline uint64_t isa_address_space(struct isa_registers *r, uint64_t virt,
                                         uint64_t stay);

/* a64_decode.c: what the word at pc does. Never fails: what is not known is
 * INSN_UNKNOWN. */
void isa_decode(uint64_t pc, uint32_t word, struct insn *out);
/* Of any word of the guest, at translation. */
enum landmark isa_landmark(uint32_t word);

/* a64_uses.c: for INSN_PLAIN, INSN_BRANCH, INSN_CALL and INSN_INDIRECT; empty
 * otherwise. */
void isa_uses(const struct insn *in, struct uses *out);

/* a64_registers.c: finds the registers of the vCPU that asks; ends QEMU where it
 * does not name them. */
void isa_open_registers(struct isa_registers *r);
uint64_t isa_read(struct isa_registers *r, unsigned int number);
void isa_write(struct isa_registers *r, unsigned int number, uint64_t value);
/* Whether a pair within sixteen aligned bytes is one access. */
bool isa_pairs_are_single(struct isa_registers *r);

/* a64_branch.c: where the branch at hand goes. False where that is not known before. */
bool isa_branch_target(struct isa_registers *r, const struct insn *in, uint64_t *to);
/* The registers, as of struct uses, of which an instruction that picks takes its result.
 * False where that is not known before. */
bool isa_picked(struct isa_registers *r, const struct insn *in, uint32_t *general);

#endif
