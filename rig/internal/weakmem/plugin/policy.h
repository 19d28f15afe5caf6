/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Decisions where Arm leaves a choice, by the plan's probabilities, and short waits that
 * widen a window.
 */
#ifndef KCOVRIG_POLICY_H
#define KCOVRIG_POLICY_H

#include <stdbool.h>
#include <stdint.h>

#include "plan.h"

struct vcpu;

/* What is done the less often the longer it was in vain, down to each sixteenth time. */
struct seldom {
    unsigned int skip, often; /* times that it is left out still, and was set to be */
};

bool policy_begin(struct vcpu *v);
/* Of spaced episodes: how many of 2 * spacing blocks count as executed already, so that
 * in the mean one begins in spacing blocks. */
uint64_t policy_blocks(struct vcpu *v);        /* whether this entry delays */
/* Bodies hold exclusives: from now on every entry delays, since a store of one that
 * does not would be unknown to another's reservation. */
void policy_exclusives(void);
bool policy_delay(struct vcpu *v, enum scope_role role, uint64_t pc);
void policy_hold(struct vcpu *v);         /* a wait before a drain */
/* ... of a store to phys that a load has passed: until another vCPU has looked there more
 * often than that, look_count. */
void policy_hold_look(struct vcpu *v, uint64_t phys, uint64_t looks);

/* ... that nothing has passed: until another vCPU waits at the first load of an episode,
 * which then began before what drains. That load may be later, and the rest older. */
void policy_hold_arrival(struct vcpu *v);

bool policy_stale(struct vcpu *v);        /* a load with a choice reads old */
bool policy_exact(struct vcpu *v);        /* ... else the emulator does it */
void policy_pause(struct vcpu *v);        /* before a tracked load, now and then */
/* Before the first one of an episode, while another vCPU is in one: until an episode of
 * another's has ended. What is written meanwhile is newer than the own episode, whose later
 * loads may then read what was before. */
void policy_await(struct vcpu *v);

#endif
