// SPDX-License-Identifier: GPL-2.0-or-later
#include "history.h"

#include <stddef.h>

#include "memory.h"
#include "mutant.h"

#define RECORDS 8192 /* powers of two */
#define BUCKETS 4096

struct record {
    uint64_t granule; /* physical address */
    uint64_t before, after;
    uint64_t time;    /* 0: never used */
    uint64_t older;   /* time of the granule's record before this one, or 0 */
};

/* The record of time t stands at t % RECORDS until it is overwritten. */
static struct record records[RECORDS];
static uint64_t newest[BUCKETS]; /* time of the last record per hash */
static uint64_t now_time;
static int lock;

void history_lock(void)
{
    while (__atomic_exchange_n(&lock, 1, __ATOMIC_ACQUIRE)) {
#if defined(__x86_64__)
        __builtin_ia32_pause();
#endif
    }
}

void history_unlock(void)
{
    __atomic_store_n(&lock, 0, __ATOMIC_RELEASE);
}

uint64_t history_now(void)
{
    return __atomic_load_n(&now_time, __ATOMIC_SEQ_CST);
}

static uint64_t *bucket(uint64_t granule)
{
    return &newest[(granule / GRANULE_BYTES * 0x9e3779b97f4a7c15ull) >> 52];
}

static const struct record *at(uint64_t time, uint64_t granule)
{
    const struct record *r = &records[time % RECORDS];

    return time && r->time == time && r->granule == granule ? r : NULL;
}

uint64_t history_write(uint64_t phys, unsigned int bytes, uint64_t value)
{
    uint64_t granule = phys & ~(uint64_t)(GRANULE_BYTES - 1);
    uint64_t time = now_time + 1, *last = bucket(granule);
    struct record *r = &records[time % RECORDS];

    r->granule = granule;
    r->time = time;
    /* A collision in the bucket loses the older record: fewer old values. */
    r->older = at(*last, granule) ? *last : 0;
    r->before = memory_load(granule);
    memory_store(phys, bytes, value);
    r->after = memory_load(granule);
    *last = time;
    /* After the memory: who sees the time finds the value. */
    __atomic_store_n(&now_time, time, __ATOMIC_SEQ_CST);
    return time;
}

unsigned int history_versions(uint64_t granule, uint64_t limit,
                              struct version out[VERSIONS_MAX])
{
    const struct record *r = at(*bucket(granule), granule);
    unsigned int n = 1;

    out[0].value = memory_load(granule);
    out[0].time = now_time;
    if (!r || r->after != out[0].value) {
        return 1; /* written from outside the scope since */
    }
    /* A value that has been seen already may have been written once more from
     * outside the scope, which content does not show: then it is news. */
    out[0].time = r->time > limit || MUTANT(18) ? r->time : now_time;
    while (r->time > limit && n < VERSIONS_MAX) {
        const struct record *older = at(r->older, granule);

        out[n].value = r->before;
        out[n].time = r->time - 1;
        if (!older || older->after != r->before || older->time <= limit) {
            return n + 1; /* who wrote that value is not known */
        }
        out[n++].time = older->time;
        r = older;
    }
    return n;
}
