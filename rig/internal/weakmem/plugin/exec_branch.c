// SPDX-License-Identifier: GPL-2.0-or-later
/* Direct branches of which one way leads out of the scope. */
#include "mutant.h"
#include "vcpu.h"

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

static bool taken(struct vcpu *v, uint32_t word)
{
    bool if_set = bits(word, 24, 24) ^ MUTANT(30); /* CBNZ, TBNZ */
    unsigned int flags;
    uint64_t value;

    if (bits(word, 31, 25) == 0x2a) { /* B.cond, BC.cond */
        return !register_flags(v, &flags) ||
               condition_holds(bits(word, 3, 0) ^ MUTANT(29), flags);
    }
    value = register_read(v, bits(word, 4, 0));
    if (bits(word, 30, 25) == 0x1b) { /* TBZ, TBNZ */
        value = value >> (bits(word, 31, 31) << 5 | bits(word, 23, 19)) & 1;
    } else if (!(word >> 31)) { /* CBZ, CBNZ of 32 bits */
        value = (uint32_t)value;
    }
    return if_set == (value != 0);
}

void exec_way_out(unsigned int index, void *udata)
{
    const struct insn *in = &((const struct site *)udata)->insn;
    int64_t way = taken(&vcpus[index], in->word) ? in->imm : 4;

    if (!plan_scope(&plan, in->pc + (uint64_t)way)) {
        exec_leave(index, udata);
    }
}
