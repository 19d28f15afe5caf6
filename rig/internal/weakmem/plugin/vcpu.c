// SPDX-License-Identifier: GPL-2.0-or-later
#include "vcpu.h"

#include "chance.h"
#include "counters.h"
#include "isa.h"
#include "plan.h"

struct vcpu vcpu_all[MAX_VCPUS];
unsigned int vcpu_opened;

void vcpu_open(unsigned int index, int thread)
{
    struct vcpu *v = &vcpu_all[index];

    v->index = index;
    v->events = 1;
    v->thread = thread;
    chance_seed(v, plan->seed);
    isa_open_registers(&v->registers);
    __atomic_store_n(&v->ready, true, __ATOMIC_RELEASE);
    if (index >= vcpu_opened) { /* QEMU starts its vCPUs one after another */
        __atomic_store_n(&vcpu_opened, index + 1, __ATOMIC_RELEASE);
    }
}
