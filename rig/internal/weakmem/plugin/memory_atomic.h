/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Guest RAM: compare and swap, and accesses of sixteen bytes.
 */
#ifndef KCOVRIG_MEMORY_ATOMIC_H
#define KCOVRIG_MEMORY_ATOMIC_H

#include <stdbool.h>
#include <stdint.h>

/* Stores 1, 2, 4 or 8 naturally aligned bytes where they hold *seen; otherwise
 * says what they hold. The page has no code. */
bool memory_swap(uint64_t phys, unsigned int bytes, uint64_t *seen, uint64_t value);

/* Sixteen aligned bytes as one access; memory_store_pair: 8 or 16 bytes within
 * them. The page has no code. */
void memory_load_pair(uint64_t phys, uint64_t *low, uint64_t *high);
void memory_store_pair(uint64_t phys, unsigned int bytes, uint64_t value, uint64_t high);

#endif
