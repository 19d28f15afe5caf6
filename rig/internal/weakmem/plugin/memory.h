/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Guest RAM as the emulator sees it: QEMU's own memory, written by physical
 * address with single-copy atomic accesses, and which of its pages hold
 * translated code.
 */
#ifndef KCOVRIG_MEMORY_H
#define KCOVRIG_MEMORY_H

#include <stdbool.h>
#include <stdint.h>

#define PAGE_SHIFT 12
#define PAGE_BYTES (1ull << PAGE_SHIFT)

void memory_open(uint64_t base, uint64_t bytes);

/* Whether it is known where the RAM is; nothing below may be called before. */
bool memory_is_found(void);

/* Ends QEMU: without RAM there is no emulator. */
__attribute__((__noreturn__)) void memory_missing(void);

/* Whether all the bytes are RAM. */
bool memory_is_ram(uint64_t phys, unsigned int bytes);

/* Host is where QEMU has the instruction at virt, as qemu_plugin_insn_haddr
 * returns it; what is not in RAM is ignored. The first one that is finds it. */
void memory_note_code(uint64_t virt, void *host);
bool memory_has_code(uint64_t phys);

/* Where the byte is in QEMU's memory. */
void *memory_at(uint64_t phys);

/* Loads eight naturally aligned bytes. */
uint64_t memory_load(uint64_t phys);

/* Writes bytes that lie in one page over with what they hold, by QEMU, which then
 * forgets what it translated of them. False where it refuses. */
bool memory_rewrite(uint64_t phys, unsigned int bytes);

/* Stores 1, 2, 4 or 8 naturally aligned bytes. */
void memory_store(uint64_t phys, unsigned int bytes, uint64_t value);

#endif
