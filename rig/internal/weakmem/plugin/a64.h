/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A64's part of isa.h that is asked at every access, or that structs need: no call
 * of a function in another file. Arm ARM is the Arm Architecture Reference Manual,
 * DDI 0487.
 */
#ifndef KCOVRIG_A64_H
#define KCOVRIG_A64_H

#include <stdbool.h>
#include <stdint.h>

#include "insn.h"
#include "qemu_api.h"

#define ISA_TARGET "aarch64" /* QEMU's name */
#define ISA_INSN_BYTES 4
#define ISA_REGISTERS 32 /* general ones, and as many vectors: X0 to X30, SP */
#define ISA_ZERO 31      /* as data the zero register; as a base SP */

/* Of one vCPU, as QEMU names them. */
struct isa_registers {
    struct qemu_plugin_register *x[31], *sp;
    struct qemu_plugin_register *cpsr, *ttbr0, *features; /* NULL: QEMU does not tell */
    enum { PAIRS_UNKNOWN, PAIRS_SINGLE, PAIRS_TORN } pairs;
    GByteArray *bytes;
};

/* a64_registers.c: TTBR0_EL1; where QEMU does not tell it, otherwise. */
uint64_t a64_user_tables(struct isa_registers *r, uint64_t otherwise);
/* N, Z, C, V from bit 3 down; false where QEMU does not name them. */
bool a64_flags(struct isa_registers *r, unsigned int *flags);
/* a64_decode.c */
enum maintenance a64_maintenance(uint32_t word);

/* TTBR1's half, Arm ARM D8.2.4. */
static inline bool isa_is_kernel(uint64_t virt)
{
    return virt >> 55 & 1;
}

static inline uint64_t isa_address_space(struct isa_registers *r, uint64_t virt,
                                         uint64_t stay)
{
    return isa_is_kernel(virt) ? 0 : a64_user_tables(r, stay);
}

/* RET, by X30. */
static inline bool isa_is_return(uint32_t word)
{
    return word == 0xd65f03c0;
}

static inline uint64_t isa_next(const struct insn *in)
{
    return in->pc + ISA_INSN_BYTES;
}

static inline uint64_t isa_index(const struct insn *in, uint64_t value)
{
    if (in->extend == 2) { /* UXTW; 3 is LSL, 7 SXTX */
        value = (uint32_t)value;
    } else if (in->extend == 6) { /* SXTW */
        value = (uint64_t)(int64_t)(int32_t)value;
    }
    return value << in->shift;
}

/* By SP, or by PC. */
static inline bool isa_is_own(const struct insn *in)
{
    return in->mode == ADDR_LITERAL || in->rn == ISA_ZERO;
}

/* Most words are no system instruction. */
static inline enum maintenance isa_maintenance(uint32_t word)
{
    return word >> 20 == 0xd50 ? a64_maintenance(word) : MAINTENANCE_NONE;
}

#endif
