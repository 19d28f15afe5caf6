/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What the emulator needs to know of an A64 instruction. Sections in the
 * comments are those of the Arm Architecture Reference Manual, DDI 0487,
 * chapter C4 (encodings).
 */
#ifndef KCOVRIG_DECODE_H
#define KCOVRIG_DECODE_H

#include <stdbool.h>
#include <stdint.h>

enum insn_class {
    INSN_UNKNOWN,   /* not understood: the emulator is strong */
    INSN_PLAIN,     /* computes on registers only, MSR of some system registers too */
    INSN_LOAD,      /* reads memory, addresses and sizes known */
    INSN_STORE,     /* writes memory, addresses and sizes known */
    INSN_ATOMIC,    /* exclusives and LSE atomics: enum atomic_op says which */
    INSN_COMPLEX,   /* SIMD structures, MOPS, tags: drain, then run natively */
    INSN_PREFETCH,  /* hint, no architectural access */
    INSN_BARRIER,   /* DMB, DSB, ISB, SB */
    INSN_BRANCH,    /* direct, conditional or not, no link */
    INSN_CALL,      /* BL */
    INSN_INDIRECT,  /* BR, BLR, RET, ERET */
    INSN_EXCEPTION, /* SVC, HVC, SMC, BRK, HLT */
    INSN_SYSTEM,    /* MSR that may order something, SYS (TLBI, IC, DC), WFI, WFE */
    INSN_HINT,      /* NOP, YIELD, BTI, PAC hints */
};

enum atomic_op {
    ATOMIC_OTHER, /* CASP, exclusive pairs and whatever is newer */
    ATOMIC_ADD,
    ATOMIC_CLR,
    ATOMIC_EOR,
    ATOMIC_SET,
    ATOMIC_SMAX,
    ATOMIC_SMIN,
    ATOMIC_UMAX,
    ATOMIC_UMIN,
    ATOMIC_SWP,
    ATOMIC_CAS,
    ATOMIC_LDX, /* LDXR, LDAXR */
    ATOMIC_STX, /* STXR, STLXR */
    ATOMIC_CLEAR, /* CLREX */
};

enum address_mode {
    ADDR_OFFSET,   /* base + imm */
    ADDR_PRE,      /* base + imm, written back */
    ADDR_POST,     /* base, then base + imm written back */
    ADDR_REGISTER, /* base + extended index */
    ADDR_LITERAL,  /* PC + imm */
};

enum barrier_kind {
    BARRIER_NONE,
    BARRIER_LOAD,  /* DMB/DSB ...LD */
    BARRIER_STORE, /* DMB/DSB ...ST */
    BARRIER_FULL,  /* DMB/DSB SY, ISH, NSH, OSH; SB */
    BARRIER_INSN,  /* ISB */
};

#define REG_ZERO_OR_SP 31

struct insn {
    uint64_t pc;
    uint32_t word;
    enum insn_class cls;
    enum address_mode mode;
    enum barrier_kind barrier;
    enum atomic_op op;
    uint8_t size;     /* log2 of one element's bytes */
    uint8_t elements; /* 1, or 2 for a pair */
    uint8_t rt, rt2;  /* data; 31 is the zero register */
    uint8_t rn;       /* base; 31 is SP */
    uint8_t rs;       /* of an atomic: operand, what to compare with, or status */
    uint8_t rm;       /* index, ADDR_REGISTER only; 31 is the zero register */
    uint8_t extend;   /* the option field: 2 UXTW, 3 LSL, 6 SXTW, 7 SXTX */
    uint8_t shift;    /* of the index */
    bool simd;        /* rt, rt2 are vector registers */
    bool sign;        /* the loaded value is sign-extended */
    bool to64;        /* ... to 64 bits, else to 32 */
    bool acquire;     /* LDAR, and atomics that load so */
    bool acquire_pc;  /* LDAPR */
    bool release;     /* STLR, and atomics that store so */
    bool no_result;   /* ST<op>: an atomic that reads nothing into a register */
    bool dsb;         /* the barrier is a DSB */
    bool own_only;    /* ... or DMB, of the non-shareable domain: between CPUs it
                       * orders nothing (Arm ARM B2.3.9) */
    bool tlbi;        /* the system instruction is a TLBI */
    int64_t imm;      /* byte offset, or a branch's target relative to pc */
};

/* Decodes one word at pc. Never fails: what it does not know is INSN_UNKNOWN. */
void decode(uint64_t pc, uint32_t word, struct insn *out);

/* Loads and stores, C4.1.94; called by decode. */
void decode_memory(uint32_t word, struct insn *out);

/* Exclusives and CAS; atomic memory operations but LDAPR. */
void decode_exclusive(uint32_t word, struct insn *out);
void decode_lse(uint32_t word, struct insn *out);

static inline uint32_t bits(uint32_t word, int high, int low)
{
    return (word >> low) & (uint32_t)((2ull << (high - low)) - 1);
}

static inline int64_t signed_bits(uint32_t word, int high, int low)
{
    int width = high - low + 1;
    return (int64_t)((uint64_t)bits(word, high, low) << (64 - width)) >>
           (64 - width);
}

static inline bool writes_back(const struct insn *in)
{
    return in->mode == ADDR_PRE || in->mode == ADDR_POST;
}

#endif
