/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A64 loads and stores: Arm ARM C4.1.94.
 */
#ifndef KCOVRIG_A64_DECODE_MEMORY_H
#define KCOVRIG_A64_DECODE_MEMORY_H

#include <stdint.h>

#include "insn.h"

void a64_decode_memory(uint32_t word, struct insn *out);

#endif
