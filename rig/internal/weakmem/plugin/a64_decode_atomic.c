// SPDX-License-Identifier: GPL-2.0-or-later
#include "a64_decode_atomic.h"

#include "a64_word.h"
#include "insn.h"

static void registers(uint32_t word, struct insn *out)
{
    out->cls = INSN_ATOMIC;
    out->size = bits(word, 31, 30);
    out->elements = 1;
    out->rs = data_register(word, 20, 16);
    out->rt = data_register(word, 4, 0);
    out->rn = bits(word, 9, 5);
}

void a64_decode_exclusive(uint32_t word, struct insn *out)
{
    bool o2 = bits(word, 23, 23), load = bits(word, 22, 22);
    bool o1 = bits(word, 21, 21), o0 = bits(word, 15, 15);

    registers(word, out);
    if (o2 && o1 && bits(word, 14, 10) == 31) {
        out->op = ATOMIC_CAS;
        out->acquire = load;
        out->release = o0;
    } else if (!o2 && !o1 && load) {
        out->op = ATOMIC_LDX;
        out->acquire = o0;
    } else if (!o2 && !o1) {
        out->op = ATOMIC_STX;
        out->release = o0;
    }
    /* The rest: LDXP, STXP, CASP. */
}

void a64_decode_lse(uint32_t word, struct insn *out)
{
    static const enum atomic_op ops[8] = {
        ATOMIC_ADD, ATOMIC_CLR, ATOMIC_EOR, ATOMIC_SET,
        ATOMIC_SMAX, ATOMIC_SMIN, ATOMIC_UMAX, ATOMIC_UMIN,
    };
    uint32_t opc = bits(word, 14, 12);
    bool o3 = bits(word, 15, 15);

    registers(word, out);
    if (bits(word, 26, 26) || (o3 && opc != 0)) {
        return; /* floating point; LD64B and kin, RCW */
    }
    out->op = o3 ? ATOMIC_SWP : ops[opc];
    /* Without a result there is no acquire (Arm ARM, C6.2 LDADD, SWP), and
     * DMB LD does not order it (B2.3.7). */
    out->no_result = out->rt == ISA_ZERO;
    out->acquire = bits(word, 23, 23) && !out->no_result;
    out->release = bits(word, 22, 22);
}
