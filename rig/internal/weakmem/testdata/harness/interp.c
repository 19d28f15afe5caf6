// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A small A64 interpreter, written from the Arm ARM's encoding tables (DDI 0487,
 * C4) and not from the plugin's decoder, which it helps to test.
 */
#include "harness.h"

static void set_flags(struct cpu *c, uint64_t r, bool carry, bool overflow,
                      bool is64)
{
    c->n = r >> (is64 ? 63 : 31) & 1;
    c->z = (is64 ? r : (uint32_t)r) == 0;
    c->c = carry;
    c->o = overflow;
}

static uint64_t add(struct cpu *c, uint64_t a, uint64_t b, bool sub, bool flags,
                    bool is64)
{
    uint64_t r;
    bool carry, overflow;
    int top = is64 ? 63 : 31;

    if (!is64) {
        a = (uint32_t)a;
        b = (uint32_t)b;
    }
    r = sub ? a - b : a + b;
    carry = sub ? a >= b : (is64 ? r < a : r >> 32 & 1);
    overflow = sub ? ((a ^ b) & (a ^ r)) >> top & 1 : (~(a ^ b) & (a ^ r)) >> top & 1;
    if (flags) {
        set_flags(c, r, carry, overflow, is64);
    }
    return is64 ? r : (uint32_t)r;
}

static uint64_t logic(struct cpu *c, unsigned int opc, uint64_t a, uint64_t b,
                      bool is64)
{
    uint64_t r = opc == 1 ? a | b : opc == 2 ? a ^ b : a & b;

    if (opc == 3) {
        set_flags(c, r, false, false, is64);
    }
    return is64 ? r : (uint32_t)r;
}

static uint64_t shifted(uint64_t value, unsigned int kind, unsigned int by,
                        bool is64)
{
    if (!is64) {
        value = (uint32_t)value;
    }
    switch (kind) {
    case 0:
        return value << by;
    case 1:
        return value >> by;
    case 2:
        return is64 ? (uint64_t)((int64_t)value >> by)
                    : (uint32_t)((int32_t)value >> by);
    default:
        return by ? value >> by | value << ((is64 ? 64 : 32) - by) : value;
    }
}

/* DecodeBitMasks, Arm ARM J1. */
static uint64_t bit_mask(uint32_t w)
{
    unsigned int n = field(w, 22, 22), imms = field(w, 15, 10);
    unsigned int immr = field(w, 21, 16), size = 64, s, r;
    uint64_t one, all = 0;

    if (!n) {
        for (size = 32; size > 1 && (imms & size); size >>= 1) {
        }
    }
    s = imms & (size - 1);
    r = immr & (size - 1);
    one = (2ull << s) - 1;
    if (r) {
        one = one >> r | one << (size - r);
    }
    if (size < 64) {
        one &= (1ull << size) - 1;
    }
    for (unsigned int i = 0; i < 64; i += size) {
        all |= one << i;
    }
    return all;
}

static void set_rd(struct cpu *c, uint32_t w, uint64_t value, bool is64, bool sp)
{
    if (sp && field(w, 4, 0) == 31) {
        c->x[31] = is64 ? value : (uint32_t)value;
    } else {
        set_reg(c, field(w, 4, 0), value, is64);
    }
}

static enum effect immediate(struct cpu *c, uint32_t w)
{
    bool is64 = w >> 31;
    uint64_t rn = field(w, 9, 5), opc = field(w, 30, 29), r;
    unsigned int at = 16 * field(w, 22, 21);

    switch (field(w, 25, 23)) {
    case 0:
    case 1: /* ADR, ADRP */
        r = (uint64_t)signed_field(w, 23, 5) << 2 | opc;
        r = w >> 31 ? (c->pc & ~4095ull) + (r << 12) : c->pc + r;
        set_rd(c, w, r, true, false);
        return EFFECT_NEXT;
    case 2:
        r = field(w, 21, 10) << (field(w, 22, 22) ? 12 : 0);
        r = add(c, c->x[rn], r, opc >> 1, opc & 1, is64);
        set_rd(c, w, r, is64, !(opc & 1));
        return EFFECT_NEXT;
    case 4:
        r = logic(c, (unsigned int)opc, reg(c, rn), bit_mask(w), is64);
        set_rd(c, w, r, is64, opc != 3);
        return EFFECT_NEXT;
    case 5:
        r = field(w, 20, 5) << at;
        r = opc == 0 ? ~r : opc == 2 ? r : (reg(c, field(w, 4, 0)) & ~(0xffffull << at)) | r;
        set_rd(c, w, r, is64, false);
        return EFFECT_NEXT;
    case 6: { /* UBFM, SBFM as shifts and extensions */
        unsigned int immr = field(w, 21, 16), imms = field(w, 15, 10);
        unsigned int width = is64 ? 64 : 32;
        uint64_t bits_of = reg(c, rn) & ((imms == 63 ? 0 : 2ull << imms) - 1);
        if (opc == 1) {
            return EFFECT_UNKNOWN;
        }
        if (opc == 0 && reg(c, rn) >> imms & 1) {
            bits_of |= imms == 63 ? 0 : ~0ull << imms;
        }
        r = imms >= immr ? (opc ? bits_of >> immr : (uint64_t)((int64_t)bits_of >> immr))
                         : bits_of << (width - immr);
        set_rd(c, w, r, is64, false);
        return EFFECT_NEXT;
    }
    default:
        return EFFECT_UNKNOWN;
    }
}

static bool holds(const struct cpu *c, unsigned int cond)
{
    bool r;

    switch (cond >> 1) {
    case 0:
        r = c->z;
        break;
    case 1:
        r = c->c;
        break;
    case 2:
        r = c->n;
        break;
    case 3:
        r = c->o;
        break;
    case 4:
        r = c->c && !c->z;
        break;
    case 5:
        r = c->n == c->o;
        break;
    case 6:
        r = !c->z && c->n == c->o;
        break;
    default:
        return true;
    }
    return cond & 1 ? !r : r;
}

static enum effect registers_form(struct cpu *c, uint32_t w)
{
    bool is64 = w >> 31;
    uint64_t a = reg(c, field(w, 9, 5)), b = reg(c, field(w, 20, 16)), r;
    unsigned int opc = field(w, 30, 29);

    if ((w & 0x1f000000) == 0x0a000000) {
        b = shifted(b, field(w, 23, 22), field(w, 15, 10), is64);
        r = logic(c, opc, a, field(w, 21, 21) ? ~b : b, is64);
        set_rd(c, w, r, is64, false);
    } else if ((w & 0x1f200000) == 0x0b000000) {
        b = shifted(b, field(w, 23, 22), field(w, 15, 10), is64);
        set_rd(c, w, add(c, a, b, opc >> 1, opc & 1, is64), is64, false);
    } else if ((w & 0x1f200000) == 0x0b200000) {
        unsigned int width = 8u << field(w, 14, 13);
        if (width < 64) {
            b = field(w, 15, 15) ? (uint64_t)((int64_t)(b << (64 - width)) >> (64 - width))
                                 : b << (64 - width) >> (64 - width);
        }
        r = add(c, c->x[field(w, 9, 5)], b << field(w, 12, 10), opc >> 1, opc & 1, is64);
        set_rd(c, w, r, is64, !(opc & 1));
    } else if ((w & 0x1fe00000) == 0x1a800000) {
        if (!holds(c, field(w, 15, 12))) {
            a = field(w, 30, 30) ? ~b : b;
            a += field(w, 10, 10);
        }
        set_rd(c, w, a, is64, false);
    } else {
        return EFFECT_UNKNOWN;
    }
    return EFFECT_NEXT;
}

static enum effect jump(struct cpu *c, bool taken, int64_t words)
{
    if (!taken) {
        return EFFECT_NEXT;
    }
    c->pc += (uint64_t)(words * 4);
    return EFFECT_JUMP;
}

static enum effect branches(struct cpu *c, uint32_t w)
{
    uint64_t value = reg(c, field(w, 4, 0));

    if ((w & 0x7c000000) == 0x14000000) {
        if (w >> 31) {
            c->x[30] = c->pc + 4;
        }
        return jump(c, true, signed_field(w, 25, 0));
    }
    if ((w & 0x7e000000) == 0x34000000) {
        bool zero = (w >> 31 ? value : (uint32_t)value) == 0;
        return jump(c, zero != field(w, 24, 24), signed_field(w, 23, 5));
    }
    if ((w & 0x7e000000) == 0x36000000) {
        bool set = value >> (field(w, 31, 31) << 5 | field(w, 23, 19)) & 1;
        return jump(c, set == field(w, 24, 24), signed_field(w, 18, 5));
    }
    if ((w & 0xff000010) == 0x54000000) {
        return jump(c, holds(c, field(w, 3, 0)), signed_field(w, 23, 5));
    }
    if ((w & 0xff9ffc1f) == 0xd61f0000) { /* BR, BLR, RET */
        uint64_t to = reg(c, field(w, 9, 5));
        if (field(w, 22, 21) == 1) {
            c->x[30] = c->pc + 4;
        }
        c->pc = to;
        return EFFECT_JUMP;
    }
    return (w & 0xffc00000) == 0xd5000000 ? interpret_system(c, w) : EFFECT_UNKNOWN;
}

enum effect interpret(struct cpu *c, uint32_t w)
{
    switch (field(w, 28, 25)) {
    case 0x8:
    case 0x9:
        return immediate(c, w);
    case 0xa:
    case 0xb:
        return branches(c, w);
    case 0x5:
    case 0xd:
        return registers_form(c, w);
    case 0x4:
    case 0x6:
    case 0xc:
    case 0xe:
        return interpret_memory(c, w);
    default:
        return EFFECT_UNKNOWN;
    }
}
