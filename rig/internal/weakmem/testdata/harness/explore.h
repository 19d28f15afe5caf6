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
    void (*begin)(void); /* of a run */
    void (*end)(void);
    /* What came of it. */
    uint64_t runs, states;
    bool complete;
};

void explore(struct exploration *x);

#endif
