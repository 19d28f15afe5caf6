/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The recent events of each vCPU in the scope, and what was saved of them each
 * time that the guest called its mark function on seeing the bug: as of then, or, where
 * the kernel itself had reported something, as of the exception that this began with.
 * When all places for marks are used, nothing is recorded any more.
 *
 * The file: a struct trace_header, then mark_max times a struct trace_mark with
 * vcpus times TRACE_EVENTS events behind it.
 */
#ifndef KCOVRIG_TRACE_H
#define KCOVRIG_TRACE_H

#include <stdbool.h>
#include <stdint.h>

#define TRACE_EVENTS 256 /* per vCPU; a power of two */

enum trace_kind {
    TRACE_NONE,
    TRACE_STORE,   /* ran natively while older stores waited */
    TRACE_DELAYED, /* went into the buffer */
    TRACE_DRAINED, /* left it: visible from now on */
    TRACE_BARRIER, /* asked for a drain */
    TRACE_LOAD,    /* read the newest value */
    TRACE_STALE,   /* read an older one */
    TRACE_ENTER,
    TRACE_LEAVE,
};

struct trace_event {
    uint64_t ns; /* CLOCK_MONOTONIC */
    uint64_t pc;
    uint64_t phys;
    uint64_t value;
    uint64_t time; /* the history's, where it is kept */
    uint32_t kind;
    uint32_t bytes;
};

struct trace_header {
    char magic[16]; /* "kcovrig-trace 2" */
    uint64_t vcpus, mark_max, marks;
};

struct trace_mark {
    uint64_t ns, vcpu;
    uint64_t virt, phys;          /* of the stale word */
    uint64_t index, count, number; /* the guest's; number is from 1 */
    uint64_t report;              /* 1: of an exception that the kernel reported ... */
    uint64_t pc;                  /* ... which the instruction there took */
};

/* Maps the file for as many marks and vCPUs; false with errno set. */
bool trace_open(const char *path, uint64_t marks, uint64_t vcpus);

/* Of trace.c alone: others go through trace_on. */
extern uint64_t trace_marks_left;

/* Whether events are still wanted. */
static inline bool trace_on(void)
{
    return __atomic_load_n(&trace_marks_left, __ATOMIC_RELAXED) > 0;
}

void trace_add(unsigned int vcpu, enum trace_kind kind, uint64_t pc,
               uint64_t phys, unsigned int bytes, uint64_t value, uint64_t time);

/* Saves all rings with the mark. */
void trace_save(const struct trace_mark *mark);

/* Copies all rings: the vCPU takes an exception at pc. Only the newest copy of each
 * vCPU's is kept, since few exceptions of the kernel end in a report. */
void trace_keep(unsigned int vcpu, uint64_t pc);

/* The kernel reports the vCPU's last exception: that one's copy is put aside, unless
 * one is already, of whose report this is taken for a consequence. */
void trace_report(unsigned int vcpu);

/* Saves what was put aside as the guest's mark of that number, if anything was; 0:
 * lets go of it. */
void trace_save_report(uint64_t number);

uint64_t trace_clock(void);

#endif
