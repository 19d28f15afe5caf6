// SPDX-License-Identifier: GPL-2.0-or-later
#include "trace.h"

#include <string.h>
#include <time.h>

#include "counters.h"
#include "mapped.h"
#include "vcpu.h"

/* Only its vCPU writes a ring; trace_save copies those of the others while they
 * are written, and leaves out what may be torn. */
static struct ring {
    struct trace_event event[TRACE_EVENTS];
    uint64_t next;
} ring[MAX_VCPUS];

/* All rings as they were at an exception. */
struct kept {
    struct trace_mark mark; /* vcpu and pc of it; ns is 0 where there is none */
    struct trace_event event[MAX_VCPUS][TRACE_EVENTS];
};

static struct kept kept[MAX_VCPUS]; /* a vCPU's own alone touches it */

static int lock; /* guards what follows, and the order in which the file is filled */
static struct kept reported;
static struct trace_header *file;
uint64_t trace_marks_left;

static void take(void)
{
    while (__atomic_exchange_n(&lock, 1, __ATOMIC_ACQUIRE)) {
    }
}

static void give(void)
{
    __atomic_store_n(&lock, 0, __ATOMIC_RELEASE);
}

static uint64_t mark_bytes(void)
{
    return sizeof(struct trace_mark) +
           file->vcpus * TRACE_EVENTS * sizeof(struct trace_event);
}

uint64_t trace_clock(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

bool trace_open(const char *path, uint64_t marks, uint64_t vcpus)
{
    struct trace_header header = {.magic = "kcovrig-trace 2", .vcpus = vcpus,
                                  .mark_max = marks};

    file = &header; /* for mark_bytes */
    file = mapped_open(path, sizeof header + marks * mark_bytes());
    if (!file) {
        return false;
    }
    *file = header;
    trace_marks_left = marks;
    return true;
}

void trace_add(unsigned int vcpu, enum trace_kind kind, uint64_t pc,
               uint64_t phys, unsigned int bytes, uint64_t value, uint64_t time)
{
    struct ring *r = &ring[vcpu];
    struct trace_event *e;
    uint64_t number;

    if (!trace_on()) {
        return;
    }
    number = __atomic_load_n(&r->next, __ATOMIC_RELAXED);
    e = &r->event[number % TRACE_EVENTS];
    __atomic_store_n(&e->kind, TRACE_NONE, __ATOMIC_RELAXED);
    __atomic_store_n(&r->next, number + 1, __ATOMIC_RELEASE);
    __atomic_thread_fence(__ATOMIC_RELEASE);
    e->ns = trace_clock();
    e->pc = pc;
    e->phys = phys;
    e->bytes = bytes;
    e->value = value;
    e->time = time;
    __atomic_store_n(&e->kind, kind, __ATOMIC_RELEASE);
}

/* Copies a ring as of now. Left out are the event that was being written, and
 * those that were begun since: they stand in the places of the oldest, and a
 * copy may hold parts of both. */
static void copy_ring(const struct ring *r, struct trace_event *to)
{
    uint64_t begin = __atomic_load_n(&r->next, __ATOMIC_ACQUIRE), end;

    if (begin > 0 &&
        __atomic_load_n(&r->event[(begin - 1) % TRACE_EVENTS].kind, __ATOMIC_ACQUIRE) == TRACE_NONE) {
        begin--;
    }
    memcpy(to, r->event, sizeof r->event);
    __atomic_thread_fence(__ATOMIC_ACQUIRE);
    end = __atomic_load_n(&r->next, __ATOMIC_RELAXED);
    for (uint64_t i = begin; i < end && i - begin < TRACE_EVENTS; i++) {
        to[i % TRACE_EVENTS].kind = TRACE_NONE;
    }
}

/* Fills the next place of the file, of which there has to be one; under the lock. */
static void fill(const struct trace_mark *mark, const struct kept *from)
{
    uint64_t left = trace_marks_left;
    struct trace_mark *to = (void *)((char *)(file + 1) + (file->mark_max - left) * mark_bytes());
    struct trace_event *events = (void *)(to + 1);

    for (uint64_t i = 0; i < file->vcpus; i++) {
        if (from) {
            memcpy(events + i * TRACE_EVENTS, from->event[i], sizeof from->event[i]);
        } else {
            copy_ring(&ring[i], events + i * TRACE_EVENTS);
        }
    }
    *to = *mark;
    __atomic_store_n(&file->marks, file->mark_max - left + 1, __ATOMIC_RELEASE);
    __atomic_store_n(&trace_marks_left, left - 1, __ATOMIC_RELAXED);
}

void trace_save(const struct trace_mark *mark)
{
    take();
    if (trace_on()) {
        fill(mark, NULL);
    }
    give();
}

void trace_keep(unsigned int vcpu, uint64_t pc)
{
    struct kept *to = &kept[vcpu];

    if (!trace_on()) {
        return;
    }
    to->mark = (struct trace_mark){.ns = trace_clock(), .vcpu = vcpu, .report = 1, .pc = pc};
    for (uint64_t i = 0; i < file->vcpus; i++) {
        copy_ring(&ring[i], to->event[i]);
    }
}

void trace_report(unsigned int vcpu)
{
    take();
    if (!reported.mark.ns) {
        reported = kept[vcpu];
    }
    give();
}

void trace_save_report(uint64_t number)
{
    take();
    if (number && trace_on() && reported.mark.ns) {
        reported.mark.number = number;
        fill(&reported.mark, &reported);
    }
    reported.mark.ns = 0;
    give();
}
