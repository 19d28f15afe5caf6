// SPDX-License-Identifier: GPL-2.0-or-later
#include "sites.h"

#include <stdio.h>
#include <string.h>

#include "mapped.h"

#define PROBES 64

/* What a record is of decides where it stands and what stands before its reason's name. */
enum kind { STORE, LOAD_ALONE, READ, KINDS };

static const char *const prefixes[KINDS] = {"", "load-", "read-"};

static const char *const reasons[WHY_MAX] = {
#define X(name, text, meaning) text,
    WHYS(X)
#undef X
};

static char names[KINDS][WHY_MAX][SITE_NAME];
static struct site_record *records;
static int lock; /* of the appending of records */

/* The records of a kind; the last one counts what found no place: no silence was earned then. */
struct part {
    struct site_record *record;
    unsigned int n;
};

static struct part part_of(enum kind kind)
{
    unsigned int others = SITES - READ_SITES;

    return kind == READ ? (struct part){records + others, READ_SITES}
                        : (struct part){records, others};
}

static struct site_record *lost_of(enum kind kind)
{
    struct part p = part_of(kind);

    return &p.record[p.n - 1];
}

bool sites_open(const char *path)
{
    records = mapped_open(path, SITES * sizeof *records);
    if (!records) {
        return false;
    }
    for (unsigned int kind = 0; kind < KINDS; kind++) {
        for (unsigned int why = 0; why < WHY_MAX; why++) {
            snprintf(names[kind][why], SITE_NAME, "%s%s", prefixes[kind], reasons[why]);
        }
    }
    strncpy(lost_of(STORE)->why, "lost", SITE_NAME - 1);
    strncpy(lost_of(READ)->why, "read-lost", SITE_NAME - 1);
    return true;
}

bool sites_on(void)
{
    return records != NULL;
}

static bool is(const struct site_record *r, uint64_t first, uint64_t by,
               uint64_t second, const char *name)
{
    return r->first == first && r->by == by && r->second == second &&
           strcmp(r->why, name) == 0;
}

/* Its record, or the first that is not used where there is none; NULL: no room. A record
 * that is used stays as it is, its count apart. */
static struct site_record *find(struct part p, uint64_t first, uint64_t by, uint64_t second,
                                const char *name, uint64_t hash)
{
    for (unsigned int i = 0; i < PROBES; i++) {
        struct site_record *r = &p.record[(hash + i) % (p.n - 1)];

        if (!__atomic_load_n(&r->why[0], __ATOMIC_ACQUIRE) || is(r, first, by, second, name)) {
            return r;
        }
    }
    return NULL;
}

static struct site_record *append(struct part p, uint64_t first, uint64_t by,
                                  uint64_t second, const char *name, uint64_t hash)
{
    struct site_record *r;

    while (__atomic_exchange_n(&lock, 1, __ATOMIC_ACQUIRE)) {
    }
    r = find(p, first, by, second, name, hash);
    if (r && !r->why[0]) {
        r->first = first;
        r->by = by;
        r->second = second;
        memcpy(r->why + 1, name + 1, sizeof r->why - 1);
        __atomic_store_n(&r->why[0], name[0], __ATOMIC_RELEASE);
    }
    __atomic_store_n(&lock, 0, __ATOMIC_RELEASE);
    return r;
}

static void add(enum kind kind, uint64_t first, uint64_t by, uint64_t second, enum why why)
{
    uint64_t hash = ((first * 31 + by * 17 + second + why) * 0x9e3779b97f4a7c15ull) >> 40;
    const char *name = names[kind][why];
    struct part p = part_of(kind);
    struct site_record *r;

    if (!records) {
        return;
    }
    r = find(p, first, by, second, name, hash);
    if (r && !__atomic_load_n(&r->why[0], __ATOMIC_ACQUIRE)) {
        r = append(p, first, by, second, name, hash);
    }
    r = r ? r : lost_of(kind);
    __atomic_fetch_add(&r->count, 1, __ATOMIC_RELAXED);
}

void sites_add(uint64_t first, uint64_t by, uint64_t second, enum why why)
{
    add(!first && is_doubt(why) ? LOAD_ALONE : STORE, first, by, second, why);
}

void sites_add_read(uint64_t first, uint64_t by, uint64_t second, enum why why)
{
    add(READ, first, by, second, why);
}
