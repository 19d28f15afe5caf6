/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The writes that the emulator made visible, in coherence order, so that a load
 * may read an older value than the newest. Memory is cut into granules of eight
 * aligned bytes; a record holds a granule before and after one write, and the
 * write's timestamp. Writes from outside the scope are not here: they are seen
 * as a granule whose content differs from its last record.
 *
 * All functions take the one lock of the history themselves, save where noted.
 */
#ifndef KCOVRIG_HISTORY_H
#define KCOVRIG_HISTORY_H

#include <stdbool.h>
#include <stdint.h>

#define GRANULE_BYTES 8
#define VERSIONS_MAX 8

struct version {
    uint64_t time;  /* no later than this; exact for recorded writes */
    uint64_t value; /* of the whole granule */
};

void history_lock(void);
void history_unlock(void);

/* The newest timestamp. Needs no lock. */
uint64_t history_now(void);

/* Writes memory and returns the write's timestamp. The lock is held. */
uint64_t history_write(uint64_t phys, unsigned int bytes, uint64_t value);

/* What a load of the granule may read if every write up to limit has been seen:
 * the newest first. Returns how many, at least one. The lock is held. */
unsigned int history_versions(uint64_t granule, uint64_t limit,
                              struct version out[VERSIONS_MAX]);

#endif
