/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Turns that vCPUs take in their bodies: nothing unless the plan has turns. Each may wait.
 */
#ifndef KCOVRIG_TURNS_H
#define KCOVRIG_TURNS_H

#include <stdbool.h>
#include <stdint.h>

struct vcpu;

/* At the start of a body. Returns the history's time when all had come, or 0. */
uint64_t turns_meet(struct vcpu *v);
/* Before an access, or a drain; window: of stores that others have overtaken. */
void turns_take(struct vcpu *v, bool window);
void turns_part(struct vcpu *v); /* the body was left */
/* Which of the values that it may read the load at hand takes. */
enum turn_loads { LOADS_ANY, LOADS_NEW, LOADS_OLD };
enum turn_loads turns_loads(const struct vcpu *v);

#endif
