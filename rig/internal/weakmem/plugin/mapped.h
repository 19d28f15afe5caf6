/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Files that the rig reads while the plugin writes them, or afterwards: mapped, so that
 * what was written is there whichever way QEMU ends.
 */
#ifndef KCOVRIG_MAPPED_H
#define KCOVRIG_MAPPED_H

#include <stdint.h>

/* Makes the file anew with so many bytes of zeros, which the disk has room for, for as
 * long as QEMU runs; NULL with errno set. */
void *mapped_open(const char *path, uint64_t bytes);

#endif
