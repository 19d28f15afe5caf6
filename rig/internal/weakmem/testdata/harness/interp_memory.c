// SPDX-License-Identifier: GPL-2.0-or-later
#include "fibre.h"
#include "harness.h"

/* With FEAT_LSE2 what lies in 16 aligned bytes is one access (Arm ARM B2.2.1). */
static bool is_whole(uint64_t address, unsigned int bytes)
{
    return fake_has_lse2() && (address & 15) + bytes <= 16;
}

/* A general-purpose or vector register as data of 1 to 16 bytes. */
static bool transfer(struct cpu *c, uint64_t address, unsigned int bytes,
                     unsigned int rt, bool simd, bool load)
{
    uint64_t value[2] = {0, 0};

    for (unsigned int i = 0; i * 8 < bytes; i++) {
        unsigned int part = bytes > 8 ? 8 : bytes;
        if (i && !is_whole(address, bytes)) {
            fibre_edge();
        }
        if (!load) {
            value[i] = simd ? c->v[rt][i] : reg(c, rt);
        }
        if (!(load ? guest_load(address + 8 * i, part, &value[i])
                   : guest_store(address + 8 * i, part, value[i]))) {
            return false;
        }
    }
    if (load && simd) {
        c->v[rt][0] = value[0];
        c->v[rt][1] = value[1];
    } else if (load) {
        set_reg(c, rt, value[0], true);
    }
    return true;
}

static void sign_extend(struct cpu *c, unsigned int rt, unsigned int bytes,
                        bool is64)
{
    unsigned int unused = 64 - 8 * bytes;

    set_reg(c, rt, (uint64_t)((int64_t)(reg(c, rt) << unused) >> unused), is64);
}

/* LDAR, STLR and their kin. */
static enum effect ordered(struct cpu *c, uint32_t w)
{
    if (!field(w, 23, 23) || field(w, 21, 21)) {
        return interpret_exclusive(c, w);
    }
    return transfer(c, c->x[field(w, 9, 5)], 1u << field(w, 31, 30), field(w, 4, 0),
                    false, field(w, 22, 22))
               ? EFFECT_NEXT : EFFECT_FAULT;
}

static enum effect pair(struct cpu *c, uint32_t w)
{
    bool simd = field(w, 26, 26), load = field(w, 22, 22);
    unsigned int opc = field(w, 31, 30), index = field(w, 24, 23), rn = field(w, 9, 5);
    unsigned int bytes = simd ? 4u << opc : opc == 2 ? 8 : 4;
    uint64_t imm = (uint64_t)signed_field(w, 21, 15) * bytes;
    uint64_t base = c->x[rn], address = index == 1 ? base : base + imm;

    for (unsigned int i = 0; i < 2; i++) {
        if (i && !is_whole(address, 2 * bytes)) {
            fibre_edge();
        }
        unsigned int rt = i ? field(w, 14, 10) : field(w, 4, 0);
        if (!transfer(c, address + i * bytes, bytes, rt, simd, load)) {
            return EFFECT_FAULT;
        }
        if (load && !simd && opc == 1) {
            sign_extend(c, rt, 4, true);
        }
    }
    if (index & 1) {
        c->x[rn] = base + imm;
    }
    return EFFECT_NEXT;
}

/* One register at address: size, V and opc say how. */
static enum effect single(struct cpu *c, uint32_t w, uint64_t address)
{
    unsigned int size = field(w, 31, 30), opc = field(w, 23, 22), rt = field(w, 4, 0);
    bool simd = field(w, 26, 26);

    if (simd) {
        return transfer(c, address, 1u << (opc & 2 ? 4 : size), rt, true, opc & 1)
                   ? EFFECT_NEXT : EFFECT_FAULT;
    }
    if (size == 3 && opc == 2) { /* PRFM */
        return EFFECT_NEXT;
    }
    if (!transfer(c, address, 1u << size, rt, false, opc != 0)) {
        return EFFECT_FAULT;
    }
    if (opc >= 2) {
        sign_extend(c, rt, 1u << size, opc == 2);
    }
    return EFFECT_NEXT;
}

/* LDAPR sits among the atomics. */
static enum effect atomic(struct cpu *c, uint32_t w)
{
    if (field(w, 15, 12) == 12) {
        return transfer(c, c->x[field(w, 9, 5)], 1u << field(w, 31, 30),
                        field(w, 4, 0), false, true)
                   ? EFFECT_NEXT : EFFECT_FAULT;
    }
    return interpret_atomic(c, w);
}

static uint64_t register_offset(const struct cpu *c, uint32_t w)
{
    uint64_t index = reg(c, field(w, 20, 16));
    unsigned int option = field(w, 15, 13);
    unsigned int scale = field(w, 26, 26) && field(w, 23, 23) ? 4 : field(w, 31, 30);

    if (option == 2) {
        index = (uint32_t)index;
    } else if (option == 6) {
        index = (uint64_t)(int64_t)(int32_t)index;
    }
    return index << (field(w, 12, 12) ? scale : 0);
}

static enum effect imm9(struct cpu *c, uint32_t w)
{
    unsigned int form = field(w, 11, 10), rn = field(w, 9, 5);
    uint64_t base = c->x[rn], moved = base + (uint64_t)signed_field(w, 20, 12);
    uint64_t phys;
    enum effect e;

    if (form == 2 && guest_translate(moved, &phys) == PAGE_KERNEL) { /* LDTR, STTR */
        return EFFECT_FAULT;
    }
    e = single(c, w, form == 1 ? base : moved);
    if (e == EFFECT_NEXT && form & 1) {
        c->x[rn] = moved;
    }
    return e;
}

enum effect interpret_memory(struct cpu *c, uint32_t w)
{
    unsigned int scale = field(w, 26, 26) && field(w, 23, 23) ? 4 : field(w, 31, 30);
    uint64_t base = c->x[field(w, 9, 5)];

    if ((w & 0x3f000000) == 0x08000000) {
        return ordered(c, w);
    }
    if ((w & 0xbf000000) == 0x18000000) { /* LDR literal */
        return transfer(c, c->pc + (uint64_t)(signed_field(w, 23, 5) * 4),
                        w >> 30 ? 8 : 4, field(w, 4, 0), false, true)
                   ? EFFECT_NEXT : EFFECT_FAULT;
    }
    if ((w & 0x3f200c00) == 0x19000000) { /* LDAPUR, STLUR */
        return single(c, w, base + (uint64_t)signed_field(w, 20, 12));
    }
    if ((w & 0x3a000000) == 0x28000000) {
        return pair(c, w);
    }
    if ((w & 0x3b000000) == 0x39000000) {
        return single(c, w, base + (field(w, 21, 10) << scale));
    }
    if ((w & 0x3b200c00) == 0x38200800) {
        return single(c, w, base + register_offset(c, w));
    }
    if ((w & 0x3f200c00) == 0x38200000) {
        return atomic(c, w);
    }
    return (w & 0x3b200000) == 0x38000000 ? imm9(c, w) : EFFECT_UNKNOWN;
}
