/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * All that the plugin, the harness and the guest remember: the program's writable
 * globals and the guest's RAM, to come back to and to compare. What is on a stack or
 * the heap is no part of it.
 */
#ifndef SNAPSHOT_H
#define SNAPSHOT_H

#include <stddef.h>
#include <stdint.h>

/* Memory that the snapshot leaves alone. */
void snapshot_spare(void *at, size_t bytes);

void snapshot_take(void);
void snapshot_restore(void);
/* Of how memory differs from the snapshot; 0 where it does not. */
uint64_t snapshot_hash(void);
/* Ends it; memory stays as it is. */
void snapshot_drop(void);

#endif
