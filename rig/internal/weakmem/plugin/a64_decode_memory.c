// SPDX-License-Identifier: GPL-2.0-or-later
#include "a64_decode_memory.h"

#include "a64_decode_atomic.h"
#include "a64_word.h"
#include "insn.h"

/* What is loaded or stored, of the kind that out already says. */
static uint8_t data(uint32_t word, const struct insn *out, int high, int low)
{
    return out->simd ? (uint8_t)bits(word, high, low) : data_register(word, high, low);
}

/* LDAR, STLR, LDLAR, STLLR; exclusives and their kin are decoded elsewhere. */
static void decode_ordered(uint32_t word, struct insn *out)
{
    bool o2 = bits(word, 23, 23), load = bits(word, 22, 22);
    bool o1 = bits(word, 21, 21), o0 = bits(word, 15, 15);

    if (!o2 || o1) {
        a64_decode_exclusive(word, out);
        return;
    }
    /* o0 clear: LDLAR and STLLR; taken as LDAR and STLR, which are stronger. */
    (void)o0;
    out->cls = load ? INSN_LOAD : INSN_STORE;
    out->size = bits(word, 31, 30);
    out->rt = data(word, out, 4, 0);
    out->rn = bits(word, 9, 5);
    out->elements = 1;
    out->acquire = load;
    out->release = !load;
}

/* Pairs, C4.1.94.24 to .27; opc 01 without V is LDPSW, or STGP when storing. */
static void decode_pair(uint32_t word, struct insn *out)
{
    uint32_t opc = bits(word, 31, 30), index = bits(word, 24, 23);
    bool simd = bits(word, 26, 26), load = bits(word, 22, 22);

    if (opc == 3 || (opc == 1 && !simd && (!load || index == 0))) {
        /* STGP stores a tag; the rest is unallocated, or the 64-bit
         * LDTP/STTP of FEAT_LSUI. */
        out->cls = INSN_COMPLEX;
        return;
    }
    out->cls = load ? INSN_LOAD : INSN_STORE;
    out->simd = simd;
    out->size = simd ? opc + 2 : (opc == 2 ? 3 : 2);
    out->sign = out->to64 = opc == 1 && !simd;
    out->elements = 2;
    out->rt = data(word, out, 4, 0);
    out->rt2 = data(word, out, 14, 10);
    out->rn = bits(word, 9, 5);
    out->imm = signed_bits(word, 21, 15) * (1 << out->size);
    out->mode = index == 1 ? ADDR_POST : index == 3 ? ADDR_PRE : ADDR_OFFSET;
}

/* The size, direction and sign that size, V and opc give a single register. */
static void single_kind(uint32_t word, struct insn *out)
{
    uint32_t size = bits(word, 31, 30), opc = bits(word, 23, 22);

    out->simd = bits(word, 26, 26);
    out->rt = data(word, out, 4, 0);
    out->rn = bits(word, 9, 5);
    out->elements = 1;
    out->size = size;
    if (out->simd) {
        out->cls = opc & 1 ? INSN_LOAD : INSN_STORE;
        if (opc & 2) {
            out->size = 4;
            if (size != 0) {
                out->cls = INSN_UNKNOWN;
            }
        }
        return;
    }
    out->cls = opc ? INSN_LOAD : INSN_STORE;
    out->sign = opc >= 2;
    out->to64 = opc == 2;
    if (size == 3 && opc == 2) {
        out->cls = INSN_PREFETCH;
    } else if (size >= 2 && opc == 3) {
        out->cls = INSN_UNKNOWN;
    }
}

/* 111 V 00 . . 1: LSE atomics, register offset, authenticated loads. */
static void decode_single_register(uint32_t word, struct insn *out)
{
    bool simd = bits(word, 26, 26);
    uint32_t extend = bits(word, 15, 13);

    switch (bits(word, 11, 10)) {
    case 0:
        /* LDAPR sits among the atomics: o3 1, opc 100, A 1, R 0, Rs 31. */
        if (!simd && bits(word, 23, 12) == 0xbfc) {
            out->cls = INSN_LOAD;
            out->acquire_pc = true;
            out->size = bits(word, 31, 30);
            out->elements = 1;
            out->rt = data(word, out, 4, 0);
            out->rn = bits(word, 9, 5);
        } else {
            a64_decode_lse(word, out);
        }
        return;
    case 2:
        single_kind(word, out);
        out->mode = ADDR_REGISTER;
        out->rm = data_register(word, 20, 16);
        /* UXTW and SXTW; LSL is 3 and SXTX 7. */
        out->extend = extend == 2 ? INDEX_LOW : extend == 6 ? INDEX_LOW_SIGNED : INDEX_WHOLE;
        out->shift = bits(word, 12, 12) ? out->size : 0;
        if (!(extend & 2)) {
            out->cls = INSN_UNKNOWN;
        }
        return;
    default: /* LDRAA, LDRAB: the address is authenticated first */
        out->cls = INSN_COMPLEX;
    }
}

/* 111 V 00 . . 0: unscaled, post-indexed, unprivileged, pre-indexed. */
static void decode_single_imm9(uint32_t word, struct insn *out)
{
    static const enum address_mode modes[4] = {ADDR_OFFSET, ADDR_POST,
                                               ADDR_OFFSET, ADDR_PRE};
    uint32_t form = bits(word, 11, 10);

    single_kind(word, out);
    out->imm = signed_bits(word, 20, 12);
    out->mode = modes[form];
    out->unprivileged = form == 2; /* LDTR, STTR: with EL0's permissions */
    if (form == 2 && out->simd) {
        out->cls = INSN_UNKNOWN;
    }
}

/* 011 0 01: LDAPUR, STLUR (FEAT_LRCPC2), tags, and MOPS. */
static void decode_rcpc2(uint32_t word, struct insn *out)
{
    uint32_t opc = bits(word, 23, 22), size = bits(word, 31, 30);
    bool simd = bits(word, 26, 26);

    out->cls = INSN_COMPLEX;
    if (bits(word, 21, 21) || simd || bits(word, 11, 10) != 0) {
        return; /* tags, CPY, SET, and FEAT_LRCPC3's SIMD forms */
    }
    if (opc >= 2 && (size == 3 || (size == 2 && opc == 3))) {
        out->cls = INSN_UNKNOWN;
        return;
    }
    out->cls = opc ? INSN_LOAD : INSN_STORE;
    out->size = size;
    out->elements = 1;
    out->rt = data(word, out, 4, 0);
    out->rn = bits(word, 9, 5);
    out->imm = signed_bits(word, 20, 12);
    out->sign = opc >= 2;
    out->to64 = opc == 2;
    out->acquire_pc = opc != 0;
    out->release = opc == 0;
}

static void decode_literal(uint32_t word, struct insn *out)
{
    uint32_t opc = bits(word, 31, 30);

    out->simd = bits(word, 26, 26);
    out->mode = ADDR_LITERAL;
    out->imm = signed_bits(word, 23, 5) * 4;
    out->rt = data(word, out, 4, 0);
    out->elements = 1;
    if (opc == 3) {
        out->cls = out->simd ? INSN_UNKNOWN : INSN_PREFETCH;
        return;
    }
    out->cls = INSN_LOAD;
    out->size = out->simd ? opc + 2 : (opc == 1 ? 3 : 2);
    out->sign = out->to64 = !out->simd && opc == 2;
}

static void decode_group(uint32_t word, struct insn *out)
{
    bool simd = bits(word, 26, 26);

    switch (bits(word, 29, 28)) {
    case 0:
        if (!simd && !bits(word, 24, 24)) {
            decode_ordered(word, out);
        } else {
            out->cls = INSN_COMPLEX; /* SIMD structures, 128-bit atomics */
        }
        return;
    case 1:
        if (!bits(word, 24, 24)) {
            decode_literal(word, out);
        } else {
            decode_rcpc2(word, out);
        }
        return;
    case 2:
        decode_pair(word, out);
        return;
    default:
        if (bits(word, 24, 24)) { /* unsigned offset */
            single_kind(word, out);
            out->imm = (int64_t)bits(word, 21, 10) << out->size;
        } else if (bits(word, 21, 21)) {
            decode_single_register(word, out);
        } else {
            decode_single_imm9(word, out);
        }
    }
}

void a64_decode_memory(uint32_t word, struct insn *out)
{
    decode_group(word, out);
    if (out->cls == INSN_COMPLEX) {
        out->simd = bits(word, 26, 26);
    }
}
