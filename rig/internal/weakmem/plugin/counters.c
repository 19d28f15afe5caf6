// SPDX-License-Identifier: GPL-2.0-or-later
#include "counters.h"

#include <string.h>

#include "mapped.h"
#include "vcpu.h"

static const char *const names[COUNTER_MAX] = {
#define X(name, meaning) #name,
    COUNTERS(X)
#undef X
};

static struct counter_record fallback[MAX_VCPUS][COUNTER_MAX];
struct counter_record (*counter_records)[COUNTER_MAX] = fallback;

bool counters_open(const char *path)
{
    void *map = mapped_open(path, sizeof fallback);

    if (!map) {
        return false;
    }
    counter_records = map;
    for (int i = 0; i < MAX_VCPUS * COUNTER_MAX; i++) {
        struct counter_record *r = &counter_records[i / COUNTER_MAX][i % COUNTER_MAX];
        strncpy(r->name, names[i % COUNTER_MAX], sizeof r->name - 1);
    }
    return true;
}
