// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * vCPUs in threads of their own, as QEMU's are: for what the plugin does with
 * threads, which are the turns.
 */
#include <pthread.h>

#include "harness.h"
#include "thread.h"
#include "vcpu.h"

static pthread_barrier_t round_edge; /* all vCPUs and the main thread */
static uint64_t rounds;

static void *execute(void *arg)
{
    struct cpu *c = arg;

    vcpu_of(c->index)->thread = thread_here();
    for (uint64_t i = 0; i < rounds; i++) {
        pthread_barrier_wait(&round_edge);
        while (!c->done) {
            fake_step(c);
        }
        pthread_barrier_wait(&round_edge);
    }
    return NULL;
}

void threads_run(unsigned int n, uint64_t iterations, void (*begin)(void),
                 void (*end)(void))
{
    pthread_t thread[CPUS_MAX];

    rounds = iterations;
    pthread_barrier_init(&round_edge, NULL, n + 1);
    for (unsigned int i = 0; i < n; i++) {
        if (pthread_create(&thread[i], NULL, execute, &cpus[i]) != 0) {
            fail("no thread for vCPU %u", i);
        }
    }
    while (iterations--) {
        begin();
        pthread_barrier_wait(&round_edge);
        pthread_barrier_wait(&round_edge);
        end();
    }
    for (unsigned int i = 0; i < n; i++) {
        pthread_join(thread[i], NULL);
    }
    pthread_barrier_destroy(&round_edge);
}
