/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The writes that the emulator made visible, in coherence order, so that a load
 * may read an older value than the newest. Memory is cut into granules of eight
 * aligned bytes; a record holds a granule before and after one write, which of its
 * bytes that wrote, and the write's timestamp. Who asks names the bytes too: writes
 * to others of the granule are none to him. Writes from outside the scope are not
 * here: they are seen as bytes whose content differs from their last record.
 *
 * The lock of the history is held by the caller, save where noted.
 */
#ifndef KCOVRIG_HISTORY_H
#define KCOVRIG_HISTORY_H

#include <stdbool.h>
#include <stdint.h>

#define GRANULE_BYTES 8
#define VERSIONS_MAX 8

struct version {
    uint64_t time;  /* no later than this; exact for recorded writes. Of a found one
                     * memory held it at that time, but it may have been another since */
    uint64_t value; /* of the whole granule */
    bool exact;     /* it held from time until the next newer version's */
    bool found;     /* by a load of this episode, or a write to other bytes, at time */
    bool split;     /* the first half of a write whose second has the next time */
};

/* The bits of phys' granule that an access of so many bytes touches. */
static inline uint64_t history_mask(uint64_t phys, unsigned int bytes)
{
    unsigned int from = phys % GRANULE_BYTES, left = GRANULE_BYTES - from;

    return ~0ull >> (64 - 8 * (bytes < left ? bytes : left)) << (8 * from);
}

void history_lock(void);
void history_unlock(void);

/* The newest timestamp. Needs no lock: a write's time is published before the
 * write, so that who sees the value, by whatever way, finds the time. */
uint64_t history_now(void);

/* A moment of its own, later than all before: of what was read, or done, without a
 * record, after whatever memory was seen to hold until now. Needs no lock. */
uint64_t history_tick(void);

/* Writes memory and returns the write's timestamp. Sixteen bytes, or eight over
 * the border of two granules, are one write in two records; high is what is above
 * the eighth byte. */
uint64_t history_write(uint64_t phys, unsigned int bytes, uint64_t value, uint64_t high);

/* Writes 1 to 8 aligned bytes if they still hold *seen and returns the timestamp;
 * otherwise returns 0 and puts into *seen what they hold. */
uint64_t history_swap(uint64_t phys, unsigned int bytes, uint64_t *seen, uint64_t value);

/* A write that the emulator does not do itself, or is about to be: what was known of
 * the granule is not any more, and who reserved it loses that. */
void history_touch(uint64_t phys);

/* The time of the last record of the granule that holds phys; where that was lost,
 * or there never was one, a time that is no earlier than it could have been. */
uint64_t history_last(uint64_t phys);

/* What a load of the mask's bytes of the granule may read if every write to them up
 * to limit has been seen: the newest first. Returns how many, at least one. */
unsigned int history_versions(uint64_t granule, uint64_t mask, uint64_t limit,
                              struct version out[VERSIONS_MAX]);

/* What a single load of two granules, sixteen aligned bytes, may read, likewise;
 * each pair was in memory at one time. */
unsigned int history_pairs(uint64_t granule, const uint64_t mask[2],
                           const uint64_t limit[2], struct version out[][2],
                           unsigned int max);

/* Whether a record newer than limit cannot be used, since an unknown writer came
 * after it. */
bool history_overwritten(uint64_t granule, uint64_t mask, uint64_t limit);

#endif
