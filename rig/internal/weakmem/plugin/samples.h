/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What a vCPU found in memory in this episode where the history could not say who
 * wrote it. Memory did hold it at that time, so a later load whose views are no
 * later may read it, or may take what it finds again to be of then. When an episode
 * begins, the granules that its loads found so the last times are looked at ahead.
 */
#ifndef KCOVRIG_SAMPLES_H
#define KCOVRIG_SAMPLES_H

#include <stdbool.h>
#include <stdint.h>

#include "history.h"

#define SAMPLES 32 /* of an episode, and loads that are remembered; a power of two */

struct samples {
    unsigned int n; /* all that were taken; the last SAMPLES are kept */
    struct {
        uint64_t granule, value, time;
    } sample[SAMPLES];
    uint64_t place[SAMPLES]; /* granules plus one, by the load's PC; across episodes */
};

/* A new episode: looks ahead, each time at a moment of its own. Two that were looked
 * at in one moment may have a native write of each between them: whoever takes the
 * second as new must not take the first as old. The history's lock is held. */
void samples_begin(struct samples *s);

/* The load at pc does not know who wrote what it finds there: to be looked at when
 * episodes begin. */
void samples_note(struct samples *s, uint64_t pc, uint64_t granule);

/* A load found the value there before time, a moment of this load's own, and
 * who wrote it is not known. The history's lock is held: what was written with a
 * record since has a later time. */
void samples_add(struct samples *s, uint64_t granule, uint64_t value, uint64_t time);

/* Adds what was found at limit or later to n versions of the mask's bytes of the
 * granule, the newest of them first, and gives the newest an earlier time where it was the same then.
 * Returns how many there are now. */
unsigned int samples_merge(const struct samples *s, uint64_t granule, uint64_t mask,
                           uint64_t limit, struct version version[VERSIONS_MAX],
                           unsigned int n);

#endif
