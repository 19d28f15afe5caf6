/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * How an A64 word is taken apart.
 */
#ifndef KCOVRIG_A64_WORD_H
#define KCOVRIG_A64_WORD_H

#include <stdint.h>

#include "a64.h"

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

/* A general register where 31 is the zero register; elsewhere 31 is SP, and bits() its
 * number. */
static inline uint8_t data_register(uint32_t word, int high, int low)
{
    uint32_t number = bits(word, high, low);
    return number == 31 ? ISA_ZERO : (uint8_t)number;
}

#endif
