// SPDX-License-Identifier: GPL-2.0-or-later
/* harness VCPUS PLAN RAM BASE BYTES [MUTANT] <script */
#include <stdlib.h>

#include "harness.h"

struct cpu cpus[CPUS_MAX];
unsigned int cpu_count;

#ifdef KCOVRIG_MUTANT
int chosen_mutant;
#endif

int main(int argc, char **argv)
{
    if (argc != 6 && argc != 7) {
        fail("VCPUS PLAN RAM BASE BYTES [MUTANT]");
    }
#ifdef KCOVRIG_MUTANT
    chosen_mutant = argc == 7 ? atoi(argv[6]) : 0;
#endif
    guest_open(argv[3], strtoull(argv[4], NULL, 0), strtoull(argv[5], NULL, 0));
    fake_install(argv[2], (unsigned int)atoi(argv[1]));
    litmus_reset();
    script_run(stdin);
    return 0;
}
