/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What the emulator needs to know of an instruction, whatever architecture it is
 * of: isa.h fills it in. Registers are numbers; what they mean says isa.h too.
 */
#ifndef KCOVRIG_INSN_H
#define KCOVRIG_INSN_H

#include <stdbool.h>
#include <stdint.h>

enum insn_class {
    INSN_UNKNOWN,   /* not understood: the emulator is strong */
    INSN_PLAIN,     /* computes on registers only, system registers that order nothing too */
    INSN_LOAD,      /* reads memory, addresses and sizes known */
    INSN_STORE,     /* writes memory, addresses and sizes known */
    INSN_ATOMIC,    /* exclusives and atomics: enum atomic_op says which */
    INSN_COMPLEX,   /* vector structures, block copies, tags: drain, then run natively */
    INSN_PREFETCH,  /* hint, no architectural access */
    INSN_BARRIER,   /* orders, by enum barrier_kind */
    INSN_BRANCH,    /* direct, conditional or not, no link */
    INSN_CALL,      /* direct, with a link */
    INSN_INDIRECT,  /* to a register's value: returns too */
    INSN_EXCEPTION, /* asks for one */
    INSN_SYSTEM,    /* what may order something, maintenance, waits for an event */
    INSN_HINT,      /* of no effect that matters here */
};

enum atomic_op {
    ATOMIC_OTHER, /* pairs and whatever is newer */
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
    ATOMIC_LDX,   /* an exclusive load: makes a reservation */
    ATOMIC_STX,   /* an exclusive store: needs it */
    ATOMIC_CLEAR, /* ends it */
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
    BARRIER_LOAD,  /* earlier loads before all later accesses */
    BARRIER_STORE, /* earlier stores before later ones */
    BARRIER_DONE,  /* earlier stores before all later accesses */
    BARRIER_FULL,  /* all before all */
    BARRIER_INSN,  /* what earlier branches depend on before later loads */
};

/* How the index of an address is extended. */
enum index_extend {
    INDEX_WHOLE,
    INDEX_LOW, /* its low 32 bits, as unsigned */
    INDEX_LOW_SIGNED,
};

/* What matters of a word wherever in the guest it stands, in the scope or not. */
enum landmark {
    LANDMARK_NONE,
    LANDMARK_RETURN,             /* from a function */
    LANDMARK_MAINTENANCE_BEGINS, /* asks that old translations be forgotten */
    LANDMARK_MAINTENANCE_ENDS,   /* waits until they are, on every vCPU */
};

struct insn {
    uint64_t pc;
    uint64_t next; /* address of the instruction after it */
    uint32_t word; /* as it stands in memory */
    enum insn_class cls;
    enum address_mode mode;
    enum barrier_kind barrier;
    enum atomic_op op;
    enum index_extend extend; /* of the index */
    uint8_t size;      /* log2 of one element's bytes */
    uint8_t elements;  /* 1, or 2 for a pair */
    uint8_t rt, rt2;   /* data; may be the zero register */
    uint8_t rn;        /* base; never the zero register */
    uint8_t rs;        /* of an atomic: operand, what to compare with, or status */
    uint8_t rm;        /* index, ADDR_REGISTER only; may be the zero register */
    uint8_t shift;     /* of the index, after it was extended */
    bool own;          /* the access is to the own stack or to constants: no other vCPU writes there */
    bool simd;         /* vector registers: rt, rt2, or whatever INSN_COMPLEX uses */
    bool sign;         /* the loaded value is sign-extended */
    bool to64;         /* ... to 64 bits, else to 32 */
    bool acquire;      /* a load-acquire, and atomics that load so */
    bool acquire_pc;   /* ... that may pass an earlier release */
    bool release;      /* a store-release, and atomics that store so */
    bool no_result;    /* an atomic that reads nothing into a register */
    bool unprivileged; /* accesses memory with the user's rights */
    bool own_only;     /* a barrier that orders nothing between CPUs */
    bool event;        /* waits for an event, and may end without one */
    bool conditional;  /* a direct branch that may go on to the next instruction */
    int64_t imm;       /* byte offset, or a branch's target relative to pc */
};

/* Which registers it reads and writes, so that dependencies can be followed. Where
 * that is not known in detail, more is named than is used, and nothing loses what it
 * carried: that only makes the model stronger. */
struct uses {
    uint32_t read_general, write_general; /* bit n: number n; the zero register: none */
    uint32_t read_vector, write_vector;
    bool read_flags, write_flags;
    bool read_system, write_system; /* system registers, all as one */
    bool picks; /* of read_general one alone is taken, by the flags: isa_picked */
    bool keep; /* written registers keep what they carried before */
};

static inline bool writes_back(const struct insn *in)
{
    return in->mode == ADDR_PRE || in->mode == ADDR_POST;
}

/* What is added to the base where the index holds value. */
static inline uint64_t index_offset(const struct insn *in, uint64_t value)
{
    if (in->extend == INDEX_LOW) {
        value = (uint32_t)value;
    } else if (in->extend == INDEX_LOW_SIGNED) {
        value = (uint64_t)(int64_t)(int32_t)value;
    }
    return value << in->shift;
}

#endif
