// SPDX-License-Identifier: GPL-2.0-or-later
#include "sites.h"

#include <stdio.h>
#include <string.h>

#include "mapped.h"
#include "plan.h"

#define PROBES 64

static const char *const names[WHY_MAX] = {
#define X(name, text, meaning) text,
    WHYS(X)
#undef X
};

static struct site_record *records;
static uint64_t lost; /* the last: counts what found no place, no silence was earned then */
static int lock;      /* of the appending of records */

bool sites_open(const char *path)
{
    uint64_t n = plan->has_rest ? SITES_REST : SITES;

    records = mapped_open(path, n * sizeof *records);
    if (!records) {
        return false;
    }
    lost = n - 1;
    strncpy(records[lost].why, "lost", sizeof records[lost].why - 1);
    return true;
}

bool sites_on(void)
{
    return records != NULL;
}

/* The name in the file: a load's doubts have a prefix of their own. */
static void name_of(bool rest, bool load, enum why why, char out[32])
{
    memset(out, 0, 32);
    snprintf(out, 32, "%s%s%s", rest ? SITES_OF_REST : "", load && is_doubt(why) ? "load-" : "",
             names[why]);
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
        struct site_record *r = &records[(hash + i) % lost];

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

static void add(uint64_t first, uint64_t by, uint64_t second, const char *name, enum why why)
{
    uint64_t hash = (first * 31 + by * 17 + second + why) * 0x9e3779b97f4a7c15ull;
    struct site_record *r;

    while (__atomic_exchange_n(&lock, 1, __ATOMIC_ACQUIRE)) {
    }
    r = find(first, by, second, name, hash >> 40);
    __atomic_store_n(&lock, 0, __ATOMIC_RELEASE);
    r = r ? r : &records[lost];
    __atomic_fetch_add(&r->count, 1, __ATOMIC_RELAXED);
}

void sites_add(uint64_t first, uint64_t by, uint64_t second, enum why why)
{
    char name[32];

    if (records) {
        name_of(false, !first, why, name);
        add(first, by, second, name, why);
    }
}

void sites_add_rest(uint64_t by, bool load, enum why why)
{
    char name[32];

    if (records && why != WHY_NONE) {
        name_of(true, load, why, name);
        add(0, by, 0, name, why);
    }
}
