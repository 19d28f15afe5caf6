// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Exclusives and LSE atomics as QEMU does them: an atomic is one access of the
 * host, and an exclusive store is a compare-and-swap with what the exclusive
 * load read, by whomever it was written since.
 */
#include "harness.h"

#define BYTES_OF(w) (1u << field(w, 31, 30))

static uint64_t cut(uint64_t value, unsigned int bytes)
{
    return bytes == 8 ? value : value & ((1ull << 8 * bytes) - 1);
}

/* LDXR, LDAXR, and the pairs LDXP, LDAXP of bytes each. */
static enum effect exclusive_load(struct cpu *c, uint32_t w, uint64_t address,
                                  unsigned int bytes, bool two)
{
    uint64_t value[2] = {0, 0};

    if (!guest_load(address, bytes, &value[0]) ||
        (two && !guest_load(address + bytes, bytes, &value[1]))) {
        return EFFECT_FAULT;
    }
    c->exclusive = true;
    c->exclusive_address = address;
    memcpy(c->exclusive_value, value, sizeof value);
    set_reg(c, field(w, 4, 0), value[0], true);
    if (two) {
        set_reg(c, field(w, 14, 10), value[1], true);
    }
    return EFFECT_NEXT;
}

static enum effect exclusive_store(struct cpu *c, uint32_t w, uint64_t address,
                                   unsigned int bytes, bool two)
{
    uint64_t value[2] = {reg(c, field(w, 4, 0)), reg(c, field(w, 14, 10))}, old[2];
    bool ok = c->exclusive && c->exclusive_address == address;

    memcpy(old, c->exclusive_value, sizeof old);
    c->exclusive = false;
    if (ok && !(two ? guest_swap_pair(address, bytes, old, value, &ok)
                    : guest_swap(address, bytes, &old[0], value[0], &ok))) {
        return EFFECT_FAULT;
    }
    set_reg(c, field(w, 20, 16), !ok, false);
    return EFFECT_NEXT;
}

static enum effect compare_and_swap(struct cpu *c, uint32_t w, uint64_t address,
                                    unsigned int bytes)
{
    unsigned int rs = field(w, 20, 16);
    uint64_t old = cut(reg(c, rs), bytes);
    bool done;

    if (!guest_swap(address, bytes, &old, reg(c, field(w, 4, 0)), &done)) {
        return EFFECT_FAULT;
    }
    set_reg(c, rs, old, true);
    return EFFECT_NEXT;
}

static enum effect compare_and_swap_pair(struct cpu *c, uint32_t w, uint64_t address,
                                         unsigned int bytes)
{
    unsigned int rs = field(w, 20, 17) << 1, rt = field(w, 4, 1) << 1; /* even ones */
    uint64_t old[2] = {cut(reg(c, rs), bytes), cut(reg(c, rs + 1), bytes)};
    uint64_t value[2] = {reg(c, rt), reg(c, rt + 1)};
    bool done;

    if (!guest_swap_pair(address, bytes, old, value, &done)) {
        return EFFECT_FAULT;
    }
    set_reg(c, rs, old[0], true);
    set_reg(c, rs + 1, old[1], true);
    return EFFECT_NEXT;
}

enum effect interpret_exclusive(struct cpu *c, uint32_t w)
{
    bool load = field(w, 22, 22), two = field(w, 21, 21);
    uint64_t address = c->x[field(w, 9, 5)];
    unsigned int bytes = BYTES_OF(w);

    if (field(w, 23, 23)) {
        return compare_and_swap(c, w, address, bytes);
    }
    if (two && !field(w, 31, 31)) {
        return compare_and_swap_pair(c, w, address, field(w, 30, 30) ? 8 : 4);
    }
    return load ? exclusive_load(c, w, address, bytes, two)
                : exclusive_store(c, w, address, bytes, two);
}

static int64_t extended(uint64_t value, unsigned int bytes)
{
    unsigned int unused = 64 - 8 * bytes;

    return (int64_t)(value << unused) >> unused;
}

static uint64_t result(unsigned int opc, uint64_t old, uint64_t operand,
                       unsigned int bytes)
{
    bool less = extended(old, bytes) < extended(operand, bytes);
    bool below = old < cut(operand, bytes);

    switch (opc) {
    case 0: /* ADD */
        return old + operand;
    case 1: /* CLR */
        return old & ~operand;
    case 2: /* EOR */
        return old ^ operand;
    case 3: /* SET */
        return old | operand;
    case 4: /* SMAX */
        return less ? operand : old;
    case 5: /* SMIN */
        return less ? old : operand;
    case 6: /* UMAX */
        return below ? operand : old;
    default: /* UMIN */
        return below ? old : operand;
    }
}

/* LDADD and kin, SWP; with Rt 31 their ST forms. */
enum effect interpret_atomic(struct cpu *c, uint32_t w)
{
    unsigned int bytes = BYTES_OF(w), opc = field(w, 14, 12);
    uint64_t address = c->x[field(w, 9, 5)], operand = reg(c, field(w, 20, 16)), old;
    bool swap = field(w, 15, 15), done = false;

    if (swap && opc != 0) {
        return EFFECT_UNKNOWN;
    }
    while (!done) {
        if (!guest_load(address, bytes, &old) ||
            !guest_swap(address, bytes, &old,
                        swap ? operand : result(opc, old, operand, bytes), &done)) {
            return EFFECT_FAULT;
        }
    }
    set_reg(c, field(w, 4, 0), old, true);
    return EFFECT_NEXT;
}
