// SPDX-License-Identifier: GPL-2.0-or-later
/* What a script prints, to be checked. */
#include <inttypes.h>

#include "alter.h"
#include "counters.h"
#include "gate.h"
#include "harness.h"
#include "plan.h"
#include "sites.h"
#include "vcpu.h"

bool script_cut;

/* How often a reason was counted, at a place and between two others; 0: anywhere. */
static uint64_t site_value(const char *why, uint64_t by, uint64_t first, uint64_t second)
{
    struct site_record r;
    uint64_t sum = 0;
    FILE *f = fopen(plan->sites_file, "re");

    while (f && fread(&r, sizeof r, 1, f) == 1) {
        bool is = strcmp(r.why, why) == 0 && (!by || r.by == by) &&
                  (!first || r.first == first) && (!second || r.second == second);

        sum += is ? r.count : 0;
    }
    if (f) {
        fclose(f);
    }
    return sum;
}

/* Through the file, as the rig reads them. */
static uint64_t counter_value(const char *name)
{
    struct counter_record r;
    uint64_t sum = 0;
    FILE *f = fopen(plan->counters_file, "re");

    while (f && fread(&r, sizeof r, 1, f) == 1) {
        sum += strcmp(r.name, name) == 0 ? r.value : 0;
    }
    if (f) {
        fclose(f);
    }
    return sum;
}

/* How often a changed instruction was executed, or could not be changed; pc 0: episodes. */
static uint64_t alteration_value(uint64_t number, uint64_t pc, bool unfit)
{
    struct alteration_record r;
    uint64_t sum = 0;
    FILE *f = fopen(plan->alterations_file, "re");

    while (f && fread(&r, sizeof r, 1, f) == 1) {
        sum += r.number == number && r.pc == pc ? (unfit ? r.unfit : r.count) : 0;
    }
    if (f) {
        fclose(f);
    }
    return sum;
}

void script_print(const struct words *w)
{
    const char *what = w->n > 1 ? w->at[1] : "";
    uint64_t value = 0;

    if (strcmp(what, "reg") == 0 && w->n == 4) {
        value = cpus[index_of(w, 2)].x[number(w, 3) % 32];
    } else if (strcmp(what, "pc") == 0 && w->n == 3) {
        value = cpus[index_of(w, 2)].pc;
    } else if (strcmp(what, "mem") == 0 && w->n == 4) {
        memcpy(&value, script_memory(number(w, 2), number(w, 3)), number(w, 3));
    } else if (strcmp(what, "waiting") == 0 && w->n == 3) {
        value = vcpu_of(index_of(w, 2))->buffer.n;
    } else if (strcmp(what, "active") == 0 && w->n == 3) {
        value = gate_of(vcpu_of(index_of(w, 2)))->active;
    } else if (strcmp(what, "faults") == 0 && w->n == 3) {
        value = cpus[index_of(w, 2)].faults;
    } else if (strcmp(what, "cut") == 0) { /* whether the last one came so far */
        value = script_cut;
    } else if (strcmp(what, "io") == 0) {
        value = guest_io_writes;
    } else if (strcmp(what, "counter") == 0 && w->n == 3) {
        value = counter_value(w->at[2]);
    } else if ((strcmp(what, "altered") == 0 || strcmp(what, "unfit") == 0) && w->n == 4) {
        value = alteration_value(number(w, 2), number(w, 3), *what == 'u');
    } else if (strcmp(what, "site") == 0 && w->n == 4) {
        value = site_value(w->at[2], number(w, 3), 0, 0);
    } else if (strcmp(what, "site") == 0 && w->n == 6) {
        value = site_value(w->at[2], number(w, 3), number(w, 4), number(w, 5));
    } else {
        fail("cannot print %s", what);
    }
    for (unsigned int i = 1; i < w->n; i++) {
        printf("%s ", w->at[i]);
    }
    printf("= %#" PRIx64 "\n", value);
}
