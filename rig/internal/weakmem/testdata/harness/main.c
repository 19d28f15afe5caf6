// SPDX-License-Identifier: GPL-2.0-or-later
/* harness VCPUS PLAN BASE BYTES [MUTANT] <script */
#include <stdlib.h>

#include "block.h"
#include "harness.h"
#include "mutant.h"

struct cpu cpus[CPUS_MAX];
unsigned int cpu_count;

#ifdef KCOVRIG_MUTANTS
enum mutant chosen_mutant;

static enum mutant mutant_of(const char *name)
{
    static const char *const names[] = {
        "none",
#define X(name) #name,
        MUTANTS(X)
#undef X
    };

    for (unsigned int i = 0; i < sizeof names / sizeof *names; i++) {
        if (strcmp(names[i], name) == 0) {
            return (enum mutant)i;
        }
    }
    fail("there is no mutant %s", name);
}
#endif

int main(int argc, char **argv)
{
    uint64_t base, bytes;

    if (argc != 5 && argc != 6) {
        fail("VCPUS PLAN BASE BYTES [MUTANT]");
    }
#ifdef KCOVRIG_MUTANTS
    chosen_mutant = argc == 6 ? mutant_of(argv[5]) : MUTANT_none;
#endif
    base = strtoull(argv[3], NULL, 0);
    bytes = strtoull(argv[4], NULL, 0);
    guest_open(base, bytes);
    fake_install(argv[2], (unsigned int)atoi(argv[1]));
    *(uint64_t *)(void *)guest_ram(base + bytes - 8192, 8) = 1;
    block_at(base + bytes - 8192); /* as a loader, before any of the script */
    fake_flush();
    litmus_reset();
    script_run(stdin);
    return 0;
}
