/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What raises a vCPU's views without Arm's asking for it: only those that hold are raised,
 * and why is kept for whoever asks what hid an older value.
 */
#ifndef KCOVRIG_DOUBT_H
#define KCOVRIG_DOUBT_H

#include <stdint.h>

#include "sites.h"

struct vcpu;

/* Something happens at pc that is not followed: the next callback raises them to now. */
void doubt_strong(struct vcpu *v, enum why why, uint64_t pc);
/* ... which is this one. */
void doubt_settle(struct vcpu *v);
/* A page was found by a walk just now. */
void doubt_walked(struct vcpu *v);
/* Another vCPU drained own stores. */
void doubt_remote(struct vcpu *v);

#endif
