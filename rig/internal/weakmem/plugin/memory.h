/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Guest RAM as the emulator sees it: the shared file that backs it, written by
 * physical address with single-copy atomic accesses, and which of its pages
 * hold translated code.
 */
#ifndef KCOVRIG_MEMORY_H
#define KCOVRIG_MEMORY_H

#include <stdbool.h>
#include <stdint.h>

#define PAGE_SHIFT 12
#define PAGE_BYTES (1ull << PAGE_SHIFT)

/* Maps the file; false with errno set. */
bool memory_open(const char *file, uint64_t base, uint64_t bytes);

/* Whether all the bytes are RAM. */
bool memory_is_ram(uint64_t phys, unsigned int bytes);

/* Host is an address inside QEMU's own mapping of the RAM, as
 * qemu_plugin_insn_haddr returns it; others are ignored. */
void memory_note_code(const void *host);
bool memory_has_code(uint64_t phys);

/* Loads eight naturally aligned bytes. */
uint64_t memory_load(uint64_t phys);

/* Copies out bytes that lie in one page. */
void memory_copy(uint64_t phys, void *to, uint64_t bytes);

/* Stores 1, 2, 4 or 8 naturally aligned bytes. */
void memory_store(uint64_t phys, unsigned int bytes, uint64_t value);

#endif
