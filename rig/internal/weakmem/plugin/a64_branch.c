// SPDX-License-Identifier: GPL-2.0-or-later
/* Which way a branch goes, and which source a choice takes. */
#include "a64.h"
#include "a64_word.h"
#include "insn.h"
#include "isa.h"
#include "mutant.h"

/* ConditionHolds() of the Arm ARM, J1.3; flags are N, Z, C, V from bit 3 down. */
static bool condition_holds(unsigned int cond, unsigned int flags)
{
    bool n = flags & 8, z = flags & 4, c = flags & 2, v = flags & 1, holds;

    switch (cond >> 1) {
    case 0:
        holds = z;
        break;
    case 1:
        holds = c;
        break;
    case 2:
        holds = n;
        break;
    case 3:
        holds = v;
        break;
    case 4:
        holds = c && !z;
        break;
    case 5:
        holds = n == v;
        break;
    case 6:
        holds = n == v && !z;
        break;
    default:
        return true;
    }
    return cond & 1 ? !holds : holds;
}

static bool taken(struct isa_registers *r, uint32_t word)
{
    bool if_set = bits(word, 24, 24) ^ MUTANT(zero_tests_are_inverted); /* CBNZ, TBNZ */
    unsigned int flags;
    uint64_t value;

    if (bits(word, 31, 25) == 0x2a) { /* B.cond, BC.cond */
        return !a64_flags(r, &flags) ||
               condition_holds(bits(word, 3, 0) ^ MUTANT(conditions_are_inverted), flags);
    }
    value = isa_read(r, data_register(word, 4, 0));
    if (bits(word, 30, 25) == 0x1b) { /* TBZ, TBNZ */
        value = value >> (bits(word, 31, 31) << 5 | bits(word, 23, 19)) & 1;
    } else if (!(word >> 31)) { /* CBZ, CBNZ of 32 bits */
        value = (uint32_t)value;
    }
    return if_set == (value != 0);
}

/* BR, BLR, RET; the authenticated forms and ERET say less. */
static bool register_target(struct isa_registers *r, uint32_t word, uint64_t *to)
{
    uint32_t form = word & 0xfffffc1f;

    if (form != 0xd61f0000 && form != 0xd63f0000 && form != 0xd65f0000) {
        return false;
    }
    *to = isa_read(r, data_register(word, 9, 5));
    return true;
}

bool isa_branch_target(struct isa_registers *r, const struct insn *in, uint64_t *to)
{
    if (in->cls == INSN_INDIRECT) {
        return register_target(r, in->word, to);
    }
    *to = !in->conditional || taken(r, in->word) ? in->pc + (uint64_t)in->imm
                                                 : in->next;
    return true;
}

/* CSEL, CSINC, CSINV, CSNEG: Rn where the condition holds, else Rm. */
bool isa_picked(struct isa_registers *r, const struct insn *in, uint32_t *general)
{
    unsigned int flags, number;

    if (!a64_flags(r, &flags)) {
        return false;
    }
    number = condition_holds(bits(in->word, 15, 12) ^ MUTANT(choice_is_of_the_other_source), flags)
                 ? data_register(in->word, 9, 5) : data_register(in->word, 20, 16);
    *general = number == ISA_ZERO ? 0 : 1u << number;
    return true;
}
