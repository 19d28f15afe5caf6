/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A64 exclusives, compare and swap, atomic memory operations: Arm ARM C4.1.94.8 to .15
 * and .35. What is not known in detail stays ATOMIC_OTHER.
 */
#ifndef KCOVRIG_A64_DECODE_ATOMIC_H
#define KCOVRIG_A64_DECODE_ATOMIC_H

#include <stdint.h>

#include "insn.h"

/* Exclusives, compare and swap. */
void a64_decode_exclusive(uint32_t word, struct insn *out);
/* Atomic memory operations, but LDAPR. */
void a64_decode_lse(uint32_t word, struct insn *out);

#endif
