// SPDX-License-Identifier: GPL-2.0-or-later
#include "trace.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "counters.h"
#include "vcpu.h"

/* Only its vCPU writes a ring; trace_save reads those of the others as they
 * are, so that the event being written may be torn: its kind is set last. */
static struct {
    struct trace_event event[TRACE_EVENTS];
    uint64_t next;
} ring[MAX_VCPUS];

static struct trace_header *file;
uint64_t trace_marks_left;

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
    struct trace_header header = {.magic = "kcovrig-trace 1", .vcpus = vcpus,
                                  .mark_max = marks};
    uint64_t bytes;
    int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    if (fd < 0) {
        return false;
    }
    file = &header;
    bytes = sizeof header + marks * mark_bytes();
    if (ftruncate(fd, (off_t)bytes) != 0) {
        close(fd);
        return false;
    }
    file = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    close(fd);
    if (file == MAP_FAILED) {
        return false;
    }
    *file = header;
    trace_marks_left = marks;
    return true;
}

void trace_add(unsigned int vcpu, enum trace_kind kind, uint64_t pc,
               uint64_t phys, unsigned int bytes, uint64_t value, uint64_t time)
{
    struct trace_event *e;

    if (!trace_on()) {
        return;
    }
    e = &ring[vcpu].event[ring[vcpu].next++ % TRACE_EVENTS];
    __atomic_store_n(&e->kind, TRACE_NONE, __ATOMIC_RELEASE);
    e->ns = trace_clock();
    e->pc = pc;
    e->phys = phys;
    e->bytes = bytes;
    e->value = value;
    e->time = time;
    __atomic_store_n(&e->kind, kind, __ATOMIC_RELEASE);
}

void trace_save(const struct trace_mark *mark)
{
    uint64_t left = __atomic_load_n(&trace_marks_left, __ATOMIC_RELAXED);
    struct trace_mark *to;
    struct trace_event *events;

    if (!left) {
        return;
    }
    to = (void *)((char *)(file + 1) + (file->mark_max - left) * mark_bytes());
    events = (void *)(to + 1);
    for (uint64_t i = 0; i < file->vcpus; i++) {
        memcpy(events + i * TRACE_EVENTS, ring[i].event, sizeof ring[i].event);
    }
    *to = *mark;
    __atomic_store_n(&file->marks, file->mark_max - left + 1, __ATOMIC_RELEASE);
    __atomic_store_n(&trace_marks_left, left - 1, __ATOMIC_RELAXED);
}
