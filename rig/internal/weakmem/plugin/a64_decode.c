// SPDX-License-Identifier: GPL-2.0-or-later
/* A64 decoding: Arm ARM chapter C4, whose sections the comments name. */
#include <string.h>

#include "a64_decode_memory.h"
#include "a64_word.h"
#include "insn.h"
#include "isa.h"
#include "mutant.h"

/* C4.1.93.2 to .9: exceptions, barriers, hints, system instructions. */
static void decode_barrier(uint32_t word, struct insn *out)
{
    uint32_t crm = bits(word, 11, 8), op2 = bits(word, 7, 5);

    out->cls = INSN_BARRIER;
    switch (op2) {
    case 4: /* DSB */
    case 5: /* DMB: CRm<1:0> is 1 for loads, 2 for stores, 3 for both */
        /* of the non-shareable domain, Arm ARM B2.3.9 */
        out->own_only = bits(crm, 3, 2) == 1;
        switch (crm & 3) {
        case 1:
            out->barrier = BARRIER_LOAD;
            break;
        case 2: /* nothing after a DSB is executed before it completes, B2.3.9 */
            out->barrier = op2 == 4 ? BARRIER_DONE : BARRIER_STORE;
            break;
        default: /* SSBB, PSSBB and reserved domains are taken as full */
            out->barrier = BARRIER_FULL;
        }
        break;
    case 6:
        out->barrier = BARRIER_INSN;
        break;
    case 7: /* SB */
        out->barrier = BARRIER_FULL;
        break;
    case 2: /* CLREX; DSB nXS has op2 1 */
        out->cls = INSN_ATOMIC;
        out->op = ATOMIC_CLEAR;
        break;
    case 1:
        out->barrier = BARRIER_FULL;
        break;
    default:
        out->cls = INSN_UNKNOWN;
    }
}

/* MSR to a register that is no context of memory accesses: written in program
 * order, it asks for no synchronisation and orders no access (Arm ARM B2.3.7,
 * D24.1.2). PSTATE.DAIF is such a one: what an interrupt brings is an event. */
static bool orders_nothing(uint32_t word)
{
    static const uint16_t known[] = { /* o0, op1, CRn, CRm, op2: bits 19 to 5 */
        0x5a11, /* DAIF */
        0x5a10, /* NZCV */
        0x5e82, /* TPIDR_EL0 */
        0x5e83, /* TPIDRRO_EL0 */
        0x4684, /* TPIDR_EL1 */
        0x4208, /* SP_EL0 */
        0x4230, /* ICC_PMR_EL1 */
    };

    if (bits(word, 31, 19) == 0xd5000000 >> 19 && bits(word, 15, 12) == 4) {
        uint32_t op = bits(word, 18, 16) << 3 | bits(word, 7, 5);
        /* SSBS, DIT, DAIFSet, DAIFClr; not PAN and UAO, which say who may store. */
        return op == 031 || op == 032 || op == 036 || op == 037;
    }
    for (unsigned int i = 0; i < sizeof known / sizeof *known; i++) {
        if (bits(word, 31, 20) == 0xd51 && bits(word, 19, 5) == known[i]) {
            return true;
        }
    }
    return false;
}

/* MRS of the registers of interrupts, op0 3 and CRn 12. One that says which interrupt is
 * pending, and above all ICC_IAR1_EL1, which takes it, tells what another CPU or a
 * device has done since the exception; and what was stored before it was asked for is
 * seen by loads behind the DSB that follows. No view of memory says so. */
static bool reads_interrupts(uint32_t word)
{
    return bits(word, 31, 19) == 0xd5380000u >> 19 && bits(word, 15, 12) == 12 &&
           !MUTANT(interrupts_are_taken_without_news);
}

static void decode_system(uint32_t word, struct insn *out)
{
    if (bits(word, 31, 12) == 0xd5032) { /* hints, CRn 2 */
        uint32_t hint = bits(word, 11, 5);
        /* WFE, WFI, and WFET, WFIT elsewhere, stop the vCPU. */
        out->cls = hint == 2 || hint == 3 ? INSN_SYSTEM : INSN_HINT;
        out->event = hint == 2;
    } else if (bits(word, 31, 12) == 0xd5033) {
        decode_barrier(word, out);
    } else if (bits(word, 31, 20) == 0xd53) { /* MRS: reads a register */
        out->cls = reads_interrupts(word) ? INSN_SYSTEM : INSN_PLAIN;
    } else if (orders_nothing(word)) {
        out->cls = bits(word, 20, 20) ? INSN_PLAIN : INSN_HINT;
    } else {
        out->cls = INSN_SYSTEM;
    }
}

static void decode_branch(uint32_t word, struct insn *out)
{
    if (bits(word, 30, 26) == 0x05) { /* B, BL */
        out->cls = word >> 31 ? INSN_CALL : INSN_BRANCH;
        out->imm = signed_bits(word, 25, 0) * 4;
    } else if (bits(word, 30, 25) == 0x1a) { /* CBZ, CBNZ */
        out->cls = INSN_BRANCH;
        out->conditional = true;
        out->imm = signed_bits(word, 23, 5) * 4;
    } else if (bits(word, 30, 25) == 0x1b) { /* TBZ, TBNZ */
        out->cls = INSN_BRANCH;
        out->conditional = true;
        out->imm = signed_bits(word, 18, 5) * 4;
    } else if (bits(word, 31, 25) == 0x2a) { /* B.cond, BC.cond */
        out->cls = INSN_BRANCH;
        out->conditional = true;
        out->imm = signed_bits(word, 23, 5) * 4;
    } else if (bits(word, 31, 24) == 0xd4) {
        out->cls = INSN_EXCEPTION;
    } else if (bits(word, 31, 24) == 0xd5) {
        decode_system(word, out);
    } else if (bits(word, 31, 25) == 0x6b) {
        out->cls = INSN_INDIRECT;
    }
}

void isa_decode(uint64_t pc, uint32_t word, struct insn *out)
{
    memset(out, 0, sizeof *out);
    out->pc = pc;
    out->next = pc + ISA_INSN_BYTES;
    out->word = word;
    switch (bits(word, 28, 25)) { /* C4.1 op1 */
    case 0x8:
    case 0x9: /* data processing, immediate */
    case 0x5:
    case 0xd: /* data processing, register */
    case 0x7:
    case 0xf: /* scalar floating point and SIMD */
        out->cls = INSN_PLAIN;
        break;
    case 0xa:
    case 0xb:
        decode_branch(word, out);
        break;
    case 0x4:
    case 0x6:
    case 0xc:
    case 0xe:
        a64_decode_memory(word, out);
        break;
    default: /* reserved, SME, SVE */
        break;
    }
    out->own = out->mode == ADDR_LITERAL || out->rn == A64_SP;
}

enum landmark isa_landmark(uint32_t word)
{
    uint32_t crn = bits(word, 15, 12), op2 = bits(word, 7, 5);

    if (word == 0xd65f03c0) { /* RET, by X30 */
        return LANDMARK_RETURN;
    }
    /* SYS with CRn 8 is TLBI; CRn 9 is its nXS form. */
    if (bits(word, 31, 19) == 0xd5080000u >> 19 && (crn == 8 || crn == 9)) {
        return LANDMARK_MAINTENANCE_BEGINS;
    }
    /* DSB; with op2 1 its nXS form. */
    if (bits(word, 31, 12) == 0xd5033 && (op2 == 4 || op2 == 1)) {
        return LANDMARK_MAINTENANCE_ENDS;
    }
    return LANDMARK_NONE;
}
