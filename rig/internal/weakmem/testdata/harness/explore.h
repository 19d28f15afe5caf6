/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * All runs of a few vCPUs instead of some: at each instruction any of them may be next,
 * and wherever the plugin draws, it draws each number once.
 */
#ifndef EXPLORE_H
#define EXPLORE_H

#include <stdbool.h>
#include <stdint.h>

struct exploration {
    unsigned int vcpus;
    uint64_t most;       /* runs; after as many it gives up */
    /* In one run: interrupts, each before any instruction, and instructions that are
     * left, each at any one of its points, for others to run. */
    unsigned int interrupts, cuts;
    bool unmerged;       /* a state that was there before is gone on from all the same */
    void (*begin)(void); /* of a run */
    void (*end)(void);
    /* What came of it. */
    uint64_t runs, states;
    bool complete;
};

void explore(struct exploration *x);

/* The plugin's next choice of n, counted from 0; n itself where nothing is explored. */
uint64_t chance_choose(uint64_t n);

/* A vCPU may be left here, in the midst of an instruction. */
void explore_point(void);

#endif
