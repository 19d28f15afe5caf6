/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Whether the host executes other vCPUs: nobody is waited for who cannot come.
 */
#ifndef KCOVRIG_THREAD_H
#define KCOVRIG_THREAD_H

#include <stdbool.h>
#include <stdint.h>

struct vcpu;

int thread_here(void); /* the host's name of the thread that calls */
/* Whether any vCPU but v is executed, or about to be, on the host. */
bool thread_other_runs(const struct vcpu *v);
/* For how long the host has executed the others, in ns; 0: it cannot be told. */
uint64_t thread_others_ran(const struct vcpu *v);
void thread_sleep(uint64_t ns);

#endif
