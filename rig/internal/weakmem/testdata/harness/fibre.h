/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * vCPUs with stacks of their own in one thread: any of them may be left in the
 * midst of the plugin, or between the halves of an access, and another go on.
 */
#ifndef FIBRE_H
#define FIBRE_H

#include <stdbool.h>
#include <stdint.h>

/* Runs vCPUs 0 to n-1 from where they are until all have returned. draw(k) is a
 * random number below k; about every instructions instructions and every
 * points points another goes on, and about every events instructions one takes an
 * interrupt (0: none does). */
struct fibre_pace {
    uint64_t instructions, points, events;
};
void fibres_run(unsigned int n, struct fibre_pace pace, uint64_t (*draw)(uint64_t));

/* vCPU a begins its next instruction and is left at the n-th point in it, if there
 * are as many; vCPU b executes m instructions; a ends its own. Where b waits
 * for what a holds, a goes on first. Returns whether a came to its n-th point. */
bool fibres_cut(unsigned int a, uint64_t n, unsigned int b, uint64_t m);

/* How many points are left until another vCPU goes on: fibre.c's. */
extern uint64_t fibre_left;
void fibre_switch(void);

/* Another vCPU may go on here; nothing outside of fibres_run. */
static inline void fibre_point(void)
{
    if (--fibre_left == 0) {
        fibre_switch();
    }
}
/* The vCPU waits for what another holds: looking at it again does nothing until that
 * one goes on, so it need not look until its time is over. */
void fibre_wait(void);
/* The same between two accesses of one instruction, more often. */
void fibre_edge(void);
/* False: nobody else goes on from here. Returns what it was. */
bool fibre_switching(bool on);

#endif
