/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The state of one vCPU: each part's type, and what may be done to it, stands in the
 * header of its owner. Only the vCPU's own thread touches it, save for what is under
 * lock or atomic.
 */
#ifndef KCOVRIG_VCPU_H
#define KCOVRIG_VCPU_H

#include <stdbool.h>
#include <stdint.h>

#include "atomic.h"
#include "buffer.h"
#include "counters.h"
#include "isa.h"
#include "load_order.h"
#include "look.h"
#include "pages.h"
#include "policy.h"
#include "read_past.h"
#include "samples.h"
#include "sites.h"
#include "stops.h"
#include "track.h"
#include "views.h"

struct vcpu {
    unsigned int index;
    bool ready;
    int thread;              /* of the host, that runs it: thread.h */
    struct isa_registers registers;
    struct pages pages;
    uint64_t events;         /* interrupts and exceptions, from 1 */
    uint64_t pc;             /* of the instruction at hand, where views are kept */

    int lock;                /* guards buffer, stops, read_past, gate.pending and .earlier */
    struct buffer buffer;
    struct stops stops;
    struct read_past read_past;
    bool passed;             /* a store overtook one that still waits */
    unsigned int age;        /* branches since the oldest store began to wait */
    uint64_t length;         /* branches in this episode, where they are spaced */
    uint64_t visits;         /* to a body, ended; others read it */
    uint64_t ends;           /* of episodes; others read it */
    uint64_t awaiting;       /* 1: policy_await waits; others read it */
    struct looks looks;      /* others read them */
    uint64_t remote_time;    /* last write that another vCPU drained for it */

    uint64_t number;         /* of the alteration that holds in this episode: alter.h */

    bool tracked;            /* views are kept since the last floor */
    uint64_t floor;          /* history at the entry, where others ran since; 0: none did */
    struct views views[VIEWS];
    struct load_order load_order; /* of VIEW_SURE */
    struct samples samples;
    struct late_load late;
    struct reservation reservation;
    uint64_t untold;         /* physical address of an own store that ran natively; or 0 */

    bool strong;             /* the next callback raises the views to now */
    enum why doubt;          /* what raised them last without Arm's asking ... */
    uint64_t doubt_pc;       /* ... and where */

    unsigned int alone;      /* turns: meetings in a row to which nobody came */
    unsigned int accesses;   /* ... of the body since the last meeting, if any came */

    struct seldom away, arrival, first_load; /* policy: what to ask, or to wait for */
    bool await;              /* policy: the episode's first load may wait */
    uint64_t random;
    uint64_t skip, budget;   /* policy: callee stores to let run, then to delay */
    uint64_t callee_stores;  /* ... in this episode */
    uint64_t callee_before;  /* ... in the one before */
};

/* Of vcpu.c alone: others go through the functions below. */
extern struct vcpu vcpu_all[MAX_VCPUS];
extern unsigned int vcpu_opened;

/* In its own thread, when QEMU starts it. */
void vcpu_open(unsigned int index, int thread);

static inline struct vcpu *vcpu_of(unsigned int index)
{
    return &vcpu_all[index];
}

/* Those that are ready have lower indices. */
static inline unsigned int vcpu_count(void)
{
    return vcpu_opened;
}

static inline void vcpu_lock(struct vcpu *v)
{
    while (__atomic_exchange_n(&v->lock, 1, __ATOMIC_ACQUIRE)) {
#if defined(__x86_64__)
        __builtin_ia32_pause();
#endif
    }
}

static inline void vcpu_unlock(struct vcpu *v)
{
    __atomic_store_n(&v->lock, 0, __ATOMIC_RELEASE);
}

#endif
