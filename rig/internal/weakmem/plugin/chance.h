/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A vCPU's random numbers: the same for the same seed and vCPU.
 */
#ifndef KCOVRIG_CHANCE_H
#define KCOVRIG_CHANCE_H

#include <stdbool.h>
#include <stdint.h>

struct vcpu;

uint64_t chance_random(struct vcpu *v);
void chance_seed(struct vcpu *v, uint64_t seed);
bool chance_of(struct vcpu *v, uint64_t per_1000);

#endif
