/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Whether the emulator has begun: not before its code in the guest is translated anew.
 */
#ifndef KCOVRIG_AWAKE_H
#define KCOVRIG_AWAKE_H

#include <stdbool.h>
#include <stdint.h>

/* By the plan: code of the kernel has to be waited for. */
void awake_open(void);
bool awake_is(void);
/* An exception was taken to the given address: it may begin now. */
void awake_try(uint64_t to);

#endif
