// SPDX-License-Identifier: GPL-2.0-or-later
#include "sites.h"

#include <stdio.h>
#include <string.h>

#include "mapped.h"

#define PROBES 64
#define LOST (SITES - 1) /* counts what found no place: no silence was earned then */

static const char *const names[WHY_MAX] = {
#define X(name, text, meaning) text,
    WHYS(X)
#undef X
};

static struct site_record *records;
static int lock; /* of the appending of records */

bool sites_open(const char *path)
{
    records = mapped_open(path, SITES * sizeof *records);
    if (!records) {
        return false;
    }
    strncpy(records[LOST].why, "lost", sizeof records[LOST].why - 1);
    return true;
}

bool sites_on(void)
{
    return records != NULL;
}

/* The name in the file: a load's doubts have a prefix of their own. */
static void name_of(uint64_t first, enum why why, char out[32])
{
    bool load = !first && is_doubt(why);

    memset(out, 0, 32);
    snprintf(out, 32, "%s%s", load ? "load-" : "", names[why]);
}

static bool is(const struct site_record *r, uint64_t first, uint64_t by,
               uint64_t second, const char *name)
{
    return r->first == first && r->by == by && r->second == second &&
           strcmp(r->why, name) == 0;
}

static struct site_record *find(uint64_t first, uint64_t by, uint64_t second,
                                const char *name, uint64_t hash)
{
    for (unsigned int i = 0; i < PROBES; i++) {
        struct site_record *r = &records[(hash + i) % LOST];

        if (!__atomic_load_n(&r->why[0], __ATOMIC_ACQUIRE)) {
            r->first = first;
            r->by = by;
            r->second = second;
            memcpy(r->why + 1, name + 1, sizeof r->why - 1);
            __atomic_store_n(&r->why[0], name[0], __ATOMIC_RELEASE);
            return r;
        }
        if (is(r, first, by, second, name)) {
            return r;
        }
    }
    return NULL;
}

void sites_add(uint64_t first, uint64_t by, uint64_t second, enum why why)
{
    uint64_t hash = (first * 31 + by * 17 + second + why) * 0x9e3779b97f4a7c15ull;
    struct site_record *r;
    char name[32];

    if (!records) {
        return;
    }
    name_of(first, why, name);
    while (__atomic_exchange_n(&lock, 1, __ATOMIC_ACQUIRE)) {
    }
    r = find(first, by, second, name, hash >> 40);
    __atomic_store_n(&lock, 0, __ATOMIC_RELEASE);
    r = r ? r : &records[LOST];
    __atomic_fetch_add(&r->count, 1, __ATOMIC_RELAXED);
}
