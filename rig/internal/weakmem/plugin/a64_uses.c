// SPDX-License-Identifier: GPL-2.0-or-later
/* Which registers an A64 instruction names: Arm ARM C4.1.92 (immediate), C4.1.93
 * (branches), C4.1.95 (register). */
#include <string.h>

#include "a64_word.h"
#include "insn.h"
#include "isa.h"

static uint32_t x_or_zero(uint32_t word, int high, int low)
{
    uint8_t n = data_register(word, high, low);
    return n == ISA_ZERO ? 0 : 1u << n;
}

static uint32_t x_or_sp(uint32_t word, int high, int low)
{
    return 1u << bits(word, high, low);
}

static void immediate(uint32_t word, struct uses *out)
{
    out->write_general = x_or_zero(word, 4, 0);
    switch (bits(word, 25, 23)) {
    case 0:
    case 1: /* ADR, ADRP */
        return;
    case 2: /* ADD, SUB; with S the flags, and Rd is not SP */
        out->read_general = x_or_sp(word, 9, 5);
        out->write_flags = bits(word, 29, 29);
        if (!out->write_flags) {
            out->write_general = x_or_sp(word, 4, 0);
        }
        return;
    case 3: /* ADDG, SUBG; SMAX and kin */
        out->read_general = x_or_sp(word, 9, 5);
        out->write_general = x_or_sp(word, 4, 0);
        out->keep = true;
        return;
    case 4: /* AND, ORR, EOR, ANDS */
        out->read_general = x_or_zero(word, 9, 5);
        out->write_flags = bits(word, 30, 29) == 3;
        if (!out->write_flags) {
            out->write_general = x_or_sp(word, 4, 0);
        }
        return;
    case 5: /* MOVN, MOVZ; MOVK keeps the rest */
        out->keep = bits(word, 30, 29) == 3;
        return;
    case 6: /* SBFM, UBFM; BFM keeps the rest */
        out->read_general = x_or_zero(word, 9, 5);
        out->keep = bits(word, 30, 29) == 1;
        return;
    default: /* EXTR */
        out->read_general = x_or_zero(word, 9, 5) | x_or_zero(word, 20, 16);
    }
}

/* Bit 28 set: with carry, conditional, one to three sources. */
static void register_other(uint32_t word, struct uses *out)
{
    uint32_t kind = bits(word, 24, 21);

    out->write_general = x_or_zero(word, 4, 0);
    out->read_general = x_or_zero(word, 9, 5) | x_or_zero(word, 20, 16);
    switch (kind) {
    case 0: /* ADC, SBC; RMIF, SETF8, SETF16 */
        out->read_flags = true;
        if (bits(word, 15, 10) != 0) {
            out->write_general = 0;
            out->read_general = x_or_zero(word, 9, 5);
            out->write_flags = out->keep = true;
        } else {
            out->write_flags = bits(word, 29, 29);
        }
        return;
    case 2: /* CCMN, CCMP; bit 11: an immediate in Rm's place */
        out->read_flags = out->write_flags = true;
        out->write_general = 0;
        if (bits(word, 11, 11)) {
            out->read_general = x_or_zero(word, 9, 5);
        }
        return;
    case 4: /* CSEL and kin */
        out->read_flags = out->picks = true;
        return;
    case 6:
        if (bits(word, 30, 30)) { /* one source; PAC reads Rd and SP too */
            out->read_general = bits(word, 20, 16)
                              ? x_or_sp(word, 9, 5) | x_or_zero(word, 4, 0)
                              : x_or_zero(word, 9, 5);
        } else { /* two sources; tags may name SP, SUBPS sets the flags */
            out->read_general = x_or_sp(word, 9, 5) | x_or_sp(word, 20, 16);
            out->write_general = x_or_sp(word, 4, 0);
            out->write_flags = bits(word, 29, 29);
            if (bits(word, 15, 10) >= 8) { /* shifts, CRC, ... : no SP */
                out->read_general = x_or_zero(word, 9, 5) | x_or_zero(word, 20, 16);
                out->write_general = x_or_zero(word, 4, 0);
            }
            out->keep = out->write_flags;
        }
        return;
    default:
        if (kind >= 8) { /* MADD and kin */
            out->read_general |= x_or_zero(word, 14, 10);
        } else {
            out->keep = true;
            out->read_flags = out->write_flags = true;
        }
    }
}

static void register_form(uint32_t word, struct uses *out)
{
    if (bits(word, 28, 28)) {
        register_other(word, out);
        return;
    }
    out->write_general = x_or_zero(word, 4, 0);
    out->read_general = x_or_zero(word, 9, 5) | x_or_zero(word, 20, 16);
    if (!bits(word, 24, 24)) { /* logical, shifted register */
        out->write_flags = bits(word, 30, 29) == 3;
        return;
    }
    out->write_flags = bits(word, 29, 29);
    if (bits(word, 21, 21)) { /* extended register: SP as base and result */
        out->read_general = x_or_sp(word, 9, 5) | x_or_zero(word, 20, 16);
        if (!out->write_flags) {
            out->write_general = x_or_sp(word, 4, 0);
        }
    }
}

/* TBL and TBX look up in one to four consecutive registers, V0 after V31. */
static uint32_t table_registers(uint32_t word)
{
    uint32_t first = bits(word, 9, 5), all = 0;

    if ((word & 0xbfe08c00) == 0x0e000000) {
        for (uint32_t i = 0; i <= bits(word, 14, 13); i++) {
            all |= 1u << ((first + i) & 31);
        }
    }
    return all;
}

/* Floating point and SIMD: every field that could name a register is read, the
 * destination fields of both files are written, and nothing is forgotten. Bit 20
 * is part of an index where Rm's element is a halfword: both readings count. */
static void vector(uint32_t word, struct uses *out)
{
    uint32_t fields = 1u << bits(word, 9, 5) | 1u << bits(word, 20, 16) |
                      1u << bits(word, 14, 10) | 1u << bits(word, 4, 0);

    out->read_vector = fields | table_registers(word) | 1u << bits(word, 19, 16);
    out->write_vector = 1u << bits(word, 4, 0);
    out->read_general = x_or_zero(word, 9, 5);
    out->write_general = x_or_zero(word, 4, 0);
    out->read_flags = out->write_flags = true;
    out->keep = true;
}

static void branch(const struct insn *in, struct uses *out)
{
    uint32_t word = in->word;

    if (in->cls == INSN_INDIRECT) {
        out->read_general = x_or_zero(word, 9, 5);
        if (bits(word, 23, 21) == 1) { /* BLR, BLRAA and kin */
            out->write_general = 1u << 30;
        }
        if ((word & 0xff9ffc1f) != 0xd61f0000) {
            out->read_general = ~0u; /* authenticated forms, ERET */
        }
    } else if (in->cls == INSN_CALL) {
        out->write_general = 1u << 30;
    } else if (bits(word, 31, 25) == 0x2a) {
        out->read_flags = true;
    } else if (bits(word, 30, 26) != 5) { /* CBZ, TBZ and kin */
        out->read_general = x_or_zero(word, 4, 0);
    }
}

void isa_uses(const struct insn *in, struct uses *out)
{
    memset(out, 0, sizeof *out);
    if (in->cls == INSN_BRANCH || in->cls == INSN_CALL ||
        in->cls == INSN_INDIRECT) {
        branch(in, out);
    }
    if (in->cls != INSN_PLAIN) {
        return;
    }
    switch (bits(in->word, 28, 25)) {
    case 0x8:
    case 0x9:
        immediate(in->word, out);
        break;
    case 0x5:
    case 0xd:
        register_form(in->word, out);
        break;
    case 0x7:
    case 0xf:
        vector(in->word, out);
        break;
    default: /* MRS, MSR; among them NZCV */
        out->read_flags = out->read_system = bits(in->word, 21, 21);
        out->write_flags = out->write_system = !out->read_system;
        out->keep = out->write_system;
        if (out->read_system) {
            out->write_general = x_or_zero(in->word, 4, 0);
        } else {
            out->read_general = x_or_zero(in->word, 4, 0);
        }
    }
}
