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

#include "qemu_api.h"

#define ISA_TARGET "aarch64" /* QEMU's name */
#define ISA_INSN_BYTES 4
#define ISA_REGISTERS 32 /* general ones, X0 to X30 and SP, and as many vectors */
#define ISA_ZERO 32      /* the zero register, none of these */
#define ISA_ARGUMENT 0   /* X0, a function's first argument; the next ones follow */
#define A64_SP 31

/* Of one vCPU, as QEMU names them. */
struct isa_registers {
    struct qemu_plugin_register *general[ISA_REGISTERS];
    struct qemu_plugin_register *cpsr, *ttbr0, *features; /* NULL: QEMU does not tell */
    enum { PAIRS_UNKNOWN, PAIRS_SINGLE, PAIRS_TORN } pairs;
    GByteArray *bytes;
};

/* a64_registers.c: TTBR0_EL1; where QEMU does not tell it, otherwise. */
uint64_t a64_user_tables(struct isa_registers *r, uint64_t otherwise);
/* N, Z, C, V from bit 3 down; false where QEMU does not name them. */
bool a64_flags(struct isa_registers *r, unsigned int *flags);

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

#endif
