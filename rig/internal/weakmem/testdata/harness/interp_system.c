// SPDX-License-Identifier: GPL-2.0-or-later
/* Hints, barriers and system instructions: the few registers that kernel code
 * moves between its accesses. Encodings: Arm ARM C5.2 and D24. */
#include "harness.h"

/* op0 to op2 of a register, as MSR and MRS have them. */
#define SYSTEM(op0, op1, crn, crm, op2)                                       \
    ((op0) << 19 | (op1) << 16 | (crn) << 12 | (crm) << 8 | (op2) << 5)

static uint64_t flags_of(const struct cpu *c)
{
    return (uint64_t)c->n << 31 | (uint64_t)c->z << 30 | (uint64_t)c->c << 29 |
           (uint64_t)c->o << 28;
}

/* Where the vCPU keeps it; NULL where it keeps none. */
static uint64_t *system_register(struct cpu *c, uint32_t number)
{
    switch (number) {
    case SYSTEM(3, 3, 4, 2, 1):
        return &c->daif;
    case SYSTEM(3, 0, 4, 1, 0):
        return &c->sp_el0;
    case SYSTEM(3, 3, 13, 0, 2):
        return &c->tpidr_el0;
    case SYSTEM(3, 3, 13, 0, 3):
        return &c->tpidrro_el0;
    case SYSTEM(3, 0, 13, 0, 4):
        return &c->tpidr_el1;
    case SYSTEM(3, 0, 12, 12, 0): /* ICC_IAR1_EL1: no interrupt waits, or any */
        return &c->taken;
    default:
        return NULL;
    }
}

static enum effect move(struct cpu *c, uint32_t w)
{
    uint32_t number = w & 0x1fffe0, nzcv = SYSTEM(3, 3, 4, 2, 0);
    uint64_t *at = system_register(c, number);
    bool read = field(w, 21, 21);

    number &= 0x1fffe0;
    if (number == nzcv && read) {
        set_reg(c, field(w, 4, 0), flags_of(c), true);
    } else if (number == nzcv) {
        uint64_t value = reg(c, field(w, 4, 0)) >> 28;
        c->n = value & 8, c->z = value & 4, c->c = value & 2, c->o = value & 1;
    } else if (!at) {
        return EFFECT_UNKNOWN;
    } else if (read) {
        set_reg(c, field(w, 4, 0), *at, true);
    } else {
        *at = reg(c, field(w, 4, 0)) & (at == &c->daif ? 0x3c0 : ~0ull);
    }
    return EFFECT_NEXT;
}

enum effect interpret_system(struct cpu *c, uint32_t w)
{
    uint64_t mask = field(w, 11, 8) << 6;

    if (w >> 20 == 0xd51 || w >> 20 == 0xd53) {
        return move(c, w);
    }
    if ((w & 0xfffff0ff) == 0xd50340df) { /* MSR DAIFSet */
        c->daif |= mask;
    } else if ((w & 0xfffff0ff) == 0xd50340ff) { /* MSR DAIFClr */
        c->daif &= ~mask;
    } else if ((w & 0xfffff0ff) == 0xd503305f) { /* CLREX */
        c->exclusive = false;
    } else if (w == 0xd503205f && !c->exclusive) {
        return EFFECT_JUMP; /* WFE, where nothing is watched: it stays, nobody sends an event */
    }
    /* Barriers order nothing here, where all is in order; other hints do nothing, and
     * nobody reads what SYS does. */
    return EFFECT_NEXT;
}
