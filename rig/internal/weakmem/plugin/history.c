// SPDX-License-Identifier: GPL-2.0-or-later
#include "history.h"

#include <stddef.h>

#include "memory.h"
#include "memory_atomic.h"
#include "mutant.h"

#define RECORDS 8192 /* powers of two */
#define BUCKETS 4096
#define SKIPS_MAX 64 /* writes to other bytes, under the lock */

struct record {
    uint64_t granule; /* physical address */
    uint64_t mask;    /* the bits that were written */
    uint64_t before, after;
    uint64_t time;    /* 0: never used */
    uint64_t older;   /* time of the granule's record before this one, or 0 */
    enum { WHOLE, FIRST, SECOND } half; /* of a write to two granules */
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

uint64_t history_tick(void)
{
    return __atomic_add_fetch(&now_time, !MUTANT(unrecorded_reads_share_a_moment),
                              __ATOMIC_SEQ_CST);
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

/* The time of the next write is known before the write: whoever reads its value
 * natively, and asks for the time afterwards, is told this one or a later. The
 * value before is looked up after that, so that a native write in between is
 * covered too. */
static struct record *begin(uint64_t granule, uint64_t mask, uint64_t time)
{
    struct record *r = &records[time % RECORDS];
    uint64_t *last = bucket(granule);

    r->granule = granule;
    r->mask = mask;
    r->time = time;
    /* A collision in the bucket loses the older record: fewer old values. */
    r->older = at(*last, granule) ? *last : 0;
    r->half = WHOLE;
    r->before = memory_load(granule);
    *last = time;
    return r;
}

/* The moment before a write is one of its own too: what is found there may have
 * been written without a record, after what was seen up to now. */
static uint64_t publish(uint64_t writes)
{
    uint64_t n = 1 + writes;

    return MUTANT(time_is_published_after_the_write)
               ? now_time + n : __atomic_add_fetch(&now_time, n, __ATOMIC_SEQ_CST);
}

/* What a mutant does too late. */
static void publish_late(uint64_t time)
{
    if (MUTANT(time_is_published_after_the_write)) {
        __atomic_store_n(&now_time, time, __ATOMIC_SEQ_CST);
    }
}

static void write_memory(uint64_t phys, unsigned int bytes, uint64_t value, uint64_t high)
{
    if (bytes > 8 || phys % bytes) {
        memory_store_pair(phys, bytes, value, high);
    } else {
        memory_store(phys, bytes, value);
    }
}

uint64_t history_write(uint64_t phys, unsigned int bytes, uint64_t value, uint64_t high)
{
    uint64_t granule = phys & ~(uint64_t)(GRANULE_BYTES - 1);
    bool two = phys + bytes > granule + GRANULE_BYTES;
    uint64_t time = publish(1 + two);
    struct record *first, *second = NULL;

    first = begin(granule, history_mask(phys, bytes), time - two);
    if (two) {
        uint64_t end = phys + bytes, next = granule + GRANULE_BYTES;
        second = begin(next, history_mask(next, (unsigned int)(end - next)), time);
        first->half = FIRST;
        second->half = SECOND;
    }
    write_memory(phys, bytes, value, high);
    first->after = memory_load(granule);
    if (two) {
        second->after = memory_load(granule + GRANULE_BYTES);
    }
    publish_late(time);
    return time;
}

uint64_t history_swap(uint64_t phys, unsigned int bytes, uint64_t *seen, uint64_t value)
{
    uint64_t granule = phys & ~(uint64_t)(GRANULE_BYTES - 1), time = publish(1);
    uint64_t before = *bucket(granule);
    struct record *r;

    r = begin(granule, history_mask(phys, bytes), time);
    if (!memory_swap(phys, bytes, seen, value)) {
        r->time = 0; /* never was */
        *bucket(granule) = before;
        return 0;
    }
    r->after = memory_load(granule);
    publish_late(time);
    return time;
}

void history_touch(uint64_t phys)
{
    uint64_t time = publish(1);

    records[time % RECORDS].time = 0;
    *bucket(phys & ~(uint64_t)(GRANULE_BYTES - 1)) = time;
    publish_late(time);
}

uint64_t history_last(uint64_t phys)
{
    return *bucket(phys & ~(uint64_t)(GRANULE_BYTES - 1));
}

static bool same(uint64_t a, uint64_t b, uint64_t mask)
{
    return ((a ^ b) & mask) == 0;
}

/* When memory held what the write replaced: just before it, and that is a time
 * of its own. */
static uint64_t before(const struct record *r)
{
    return r->time - 1 - (r->half == SECOND);
}

/* The write that left the bytes as they were after r: r, or an older one where r
 * wrote others. NULL where it has been seen already or is not known; then memory
 * held them when the oldest write to others came that has not been seen, and out is
 * told that time. */
static const struct record *writer(const struct record *r, uint64_t mask, uint64_t limit,
                                   struct version *out)
{
    for (unsigned int n = 0; r->time > limit && !(r->mask & mask); n++) {
        const struct record *older = at(r->older, r->granule);

        if (!same(r->before, r->after, mask)) {
            return NULL;
        }
        out->time = MUTANT(neighbours_are_as_old_as_may_be) ? limit : before(r);
        out->found = true;
        if (!older || n == SKIPS_MAX || !same(older->after, r->before, mask)) {
            return NULL;
        }
        r = older;
    }
    /* A value that has been seen already may have been written once more from
     * outside the scope, which content does not show: then it is news. */
    return r->time > limit || MUTANT(record_is_believed_for_its_content) ? r : NULL;
}

static void set_writer(struct version *v, const struct record *r)
{
    v->time = r->time;
    v->exact = true;
    v->found = false;
    v->split = r->half == FIRST;
}

unsigned int history_versions(uint64_t granule, uint64_t mask, uint64_t limit,
                              struct version out[VERSIONS_MAX])
{
    const struct record *r = at(*bucket(granule), granule);
    unsigned int n = 1;

    out[0] = (struct version){.value = memory_load(granule)};
    /* Otherwise written from outside the scope since. */
    r = r && same(r->after, out[0].value, mask) ? writer(r, mask, limit, &out[0]) : NULL;
    if (!r) {
        out[0].time = out[0].found ? out[0].time : history_tick();
        return 1;
    }
    set_writer(&out[0], r);
    while (r->time > limit && n < VERSIONS_MAX) {
        const struct record *older = at(r->older, granule);

        /* Who wrote that value may not be known: it was there just before. */
        out[n] = (struct version){.value = r->before, .time = before(r)};
        older = older && same(older->after, r->before, mask)
                    ? writer(older, mask, limit, &out[n]) : NULL;
        if (!older) {
            return n + 1;
        }
        set_writer(&out[n++], older);
        r = older;
    }
    return n;
}

bool history_overwritten(uint64_t granule, uint64_t mask, uint64_t limit)
{
    const struct record *r = at(*bucket(granule), granule);

    return r && r->time > limit && !same(r->after, memory_load(granule), mask);
}

/* The version that was in memory at time t, if that is known. */
static const struct version *at_time(const struct version *v, unsigned int n, uint64_t t)
{
    for (unsigned int i = 0; i < n; i++) {
        if (v[i].time <= t) {
            return v[i].exact || v[i].time == t ? &v[i] : NULL;
        }
    }
    return NULL;
}

unsigned int history_pairs(uint64_t granule, const uint64_t mask[2],
                           const uint64_t limit[2], struct version out[][2],
                           unsigned int max)
{
    struct version v[2][VERSIONS_MAX];
    unsigned int count[2], n = 1;

    for (unsigned int i = 0; i < 2; i++) {
        count[i] = history_versions(granule + i * GRANULE_BYTES, mask[i], limit[i], v[i]);
    }
    memory_load_pair(granule, &out[0][0].value, &out[0][1].value);
    for (unsigned int i = 0; i < 2; i++) {
        out[0][i].time = same(out[0][i].value, v[i][0].value, mask[i])
                             ? v[i][0].time : history_tick();
    }
    for (unsigned int k = 0; k < 2; k++) {
        for (unsigned int i = 1; i < count[k] && n < max; i++) {
            uint64_t t = v[k][i].time + v[k][i].split;
            const struct version *a = at_time(v[0], count[0], t);
            const struct version *b = at_time(v[1], count[1], t);

            if (a && b) {
                out[n][0] = *a;
                out[n++][1] = *b;
            }
        }
    }
    return n;
}
