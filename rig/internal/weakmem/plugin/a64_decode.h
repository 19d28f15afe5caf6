/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The parts of A64's decoder, and how they take a word apart. Sections in the
 * comments are those of the Arm ARM, chapter C4 (encodings).
 */
#ifndef KCOVRIG_A64_DECODE_H
#define KCOVRIG_A64_DECODE_H

#include <stdint.h>

#include "insn.h"

/* a64_decode_memory.c: loads and stores, C4.1.94. */
void a64_decode_memory(uint32_t word, struct insn *out);

/* a64_decode_atomic.c: exclusives and CAS; atomic memory operations but LDAPR. */
void a64_decode_exclusive(uint32_t word, struct insn *out);
void a64_decode_lse(uint32_t word, struct insn *out);

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

#endif
