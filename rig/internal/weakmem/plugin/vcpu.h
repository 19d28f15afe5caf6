/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The state of one vCPU and what may be done to it: its registers, the pages
 * it is known to reach, its delay buffer, its episode. Only the vCPU's own
 * thread touches it, save for the members under lock.
 */
#ifndef KCOVRIG_VCPU_H
#define KCOVRIG_VCPU_H

#include <stdbool.h>
#include <stdint.h>

#include "atomic.h"
#include "buffer.h"
#include "counters.h"
#include "isa.h"
#include "memory.h"
#include "plan.h"
#include "qemu_api.h"
#include "samples.h"
#include "sites.h"
#include "stops.h"
#include "trace.h"
#include "views.h"

#define PAGE_CACHE 512

/* A guest page whose translation was seen to work on this vCPU. */
struct page {
    uint64_t virt; /* page number plus one; 0 is empty */
    uint64_t phys; /* page number */
    uint64_t epoch;
    uint64_t space; /* struct vcpu's, for a user page; 0 for a kernel page */
    bool writable;
};

/* Where a vCPU is. The entry into the scope decides for the whole stay. */
enum episode { EPISODE_NONE, EPISODE_DELAYS, EPISODE_NATIVE };

/* What conditional callbacks test: lives in QEMU's scoreboard. */
struct gate {
    uint64_t active;  /* enum episode */
    uint64_t pending; /* entries in the buffer */
    uint64_t tracking; /* another vCPU wrote: a body's loads have a choice */
    uint64_t release;  /* a store-release ran natively since the last fence */
    uint64_t maintenance; /* of translations, not waited for yet */
};

/* An instruction of a scope. */
struct site {
    struct insn insn;
    struct uses uses;
    const struct scope *scope;
};

/* A load that runs natively after its callback: what it read is taken to be as
 * new as the next callback finds the history. */
struct late_load {
    const struct insn *insn; /* NULL: none */
    uint64_t address[VIEWS]; /* views */
    uint64_t phys[2];
};

struct vcpu {
    unsigned int index;
    bool ready;
    int thread;              /* of the host, that runs it */
    struct isa_registers registers;

    int lock;                /* guards buffer, stops and gate.pending */
    struct buffer buffer;
    struct stops stops;
    bool passed;             /* a store overtook one that still waits */
    unsigned int age;        /* branches since the oldest store began to wait */
    uint64_t visits;         /* to a body, ended; others read it */
    uint64_t remote_time;    /* last write that another vCPU drained for it */

    bool tracked;            /* views are kept since the last floor */
    struct views views[VIEWS];
    struct samples samples;
    struct late_load late;
    struct reservation reservation;
    bool strong;             /* the next callback raises the views to now */
    uint64_t untold;         /* physical address of an own store that ran natively; or 0 */
    enum why doubt;          /* what raised them last without Arm's asking ... */
    uint64_t doubt_pc;       /* ... and where */
    uint64_t pc;             /* of the instruction at hand */

    struct page page[PAGE_CACHE];
    uint64_t events;         /* interrupts and exceptions, from 1 */
    uint64_t probe_virt;     /* a store to this page ran natively ... */
    uint64_t probe_events;   /* ... at this count of events; 0: none */
    uint64_t probe_epoch;    /* ... and before these translations ended */
    unsigned int probe_status; /* the register that must then be zero, if any */

    uint64_t floor;          /* history at the entry, where others ran since; 0: none did */
    unsigned int alone;      /* meetings in a row to which nobody came */
    unsigned int accesses;   /* of the body since the last meeting, if any came */

    uint64_t random;
    uint64_t skip, budget;   /* callee stores to let run, then to delay */
    uint64_t callee_stores;  /* in this episode */
    uint64_t callee_before;  /* in the one before */
};

extern struct plan plan;
extern struct vcpu vcpus[MAX_VCPUS];
extern unsigned int vcpu_count; /* those that are ready have lower indices */
extern struct qemu_plugin_scoreboard *gates;

static inline struct gate *gate_of(const struct vcpu *v)
{
    return qemu_plugin_scoreboard_find(gates, v->index);
}

/* pages.c: translation without trusting it longer than the guest may. */
enum page_state { PAGE_MISS, PAGE_READABLE, PAGE_WRITABLE };
/* Physical address of virt, when this vCPU is known to reach it. epoch is what
 * to give to page_current before relying on it. */
enum page_state page_lookup(struct vcpu *v, uint64_t virt, uint64_t *phys,
                            uint64_t *epoch);
/* Walks the tables for a page that is about to be read natively. */
bool page_walk(struct vcpu *v, uint64_t virt, uint64_t *phys, uint64_t *epoch);
bool page_current(uint64_t epoch);
/* A store to virt is about to run natively: if no exception comes before the
 * next call of page_settle, and the status register, if it has one, then says that
 * it was done, the page is writable. */
#define NO_STATUS ISA_ZERO
void page_probe(struct vcpu *v, uint64_t virt, unsigned int status);
void page_settle(struct vcpu *v);
/* Makes every vCPU forget every page. */
void page_invalidate_all(void);

/* arm.c: whether the emulator may begin. */
void arm_open(void);
bool arm_ready(void);
/* An exception was taken to the given address. */
void arm_try(uint64_t to);

/* policy.c: decisions, the same for the same seed and vCPU. */
uint64_t policy_random(struct vcpu *v);
void policy_seed(struct vcpu *v, uint64_t seed);
bool policy_begin(struct vcpu *v);        /* whether this entry delays */
/* Bodies hold exclusives: from now on every entry delays, since a store of one that
 * does not would be unknown to another's reservation. */
void policy_exclusives(void);
bool policy_delay(struct vcpu *v, enum scope_role role, uint64_t pc);
void policy_hold(struct vcpu *v);         /* a wait before a drain */

bool policy_stale(struct vcpu *v);        /* a load with a choice reads old */
bool policy_exact(struct vcpu *v);        /* ... else the emulator does it */
void policy_pause(struct vcpu *v);        /* before a tracked load, now and then */

/* policy_turns.c: nothing unless the plan has turns. Each may wait. */
/* At the start of a body. Returns the history's time when all had come, or 0. */
uint64_t policy_meet(struct vcpu *v);
/* Before an access, or a drain; window: of stores that others have overtaken. */
void policy_turn(struct vcpu *v, bool window);
void policy_part(struct vcpu *v); /* the body was left */
/* Which of the values that it may read the load at hand takes. */
enum turn_loads { LOADS_ANY, LOADS_NEW, LOADS_OLD };
enum turn_loads policy_turn_loads(const struct vcpu *v);

/* thread.c */
void thread_open(struct vcpu *v); /* called in the vCPU's thread */
/* Whether any vCPU but v is executed, or about to be, on the host. */
bool thread_other_runs(const struct vcpu *v);

/* drain.c */
void vcpu_lock(struct vcpu *v);
void vcpu_unlock(struct vcpu *v);
/* Adds n stores at once, unless the translation's epoch has passed. */
bool drain_push(struct vcpu *v, uint64_t epoch, const struct store *s,
                unsigned int n);
/* Drains all in a random permitted order; waits first if something passed. why,
 * and the instruction at by, are told of each store when a later one comes. */
void drain_all(struct vcpu *v, enum why why, uint64_t by);
void drain_overlapping(struct vcpu *v, uint64_t phys, unsigned int bytes,
                       enum why why, uint64_t by);
/* What a load-acquire asks for. */
void drain_through_release(struct vcpu *v, uint64_t by);
/* An instruction that orders all earlier stores before all later ones. */
void drain_ordered(struct vcpu *v, uint64_t by, enum why why);
/* A store at pc meets those before it in this episode: stops_second. */
void drain_meet(struct vcpu *v, uint64_t pc, uint64_t phys, unsigned int bytes, bool release);
/* The store at pc was to wait and cannot. */
void drain_note(struct vcpu *v, uint64_t pc, enum why why);
/* Whether stores wait, or are on their way to memory in another vCPU's hands. */
bool drain_waiting(const struct vcpu *v);
/* From another vCPU's thread: no wait. */
void drain_remote(struct vcpu *v);

/* access.c: where an instruction's access goes. */
struct access {
    uint64_t virt;
    uint64_t after; /* the base register afterwards */
    uint64_t view[VIEWS]; /* what the address depends on */
    uint64_t phys, epoch;
    enum page_state state;
    bool regular; /* elements of at most 8 bytes, aligned, within one page */
    bool single;  /* a pair that is one access */
};
struct access access_resolve(struct vcpu *v, const struct insn *in);
/* Why the emulator leaves such an access to QEMU. */
enum why access_doubt(const struct insn *in, const struct access *a);
/* Base written back, instruction skipped. Does not return. */
__attribute__((__noreturn__)) void access_skip(struct vcpu *v,
                                               const struct insn *in,
                                               const struct access *a);

/* track.c: the views of a body, kept while other vCPUs write. */
/* What is owed since the last callback; each tracked callback, of the instruction
 * at pc, begins with it, and does nothing where it says false. */
bool track_settle(struct vcpu *v, uint64_t pc);
/* A page was found by a walk just now. */
void track_walked(struct vcpu *v);
/* ... of it, what another vCPU drained. */
void track_remote(struct vcpu *v);
void track_stop(struct vcpu *v);
void track_drained(struct vcpu *v, const struct store *s, uint64_t time);
void track_wake_others(const struct vcpu *v);
/* A load runs natively from here. */
void track_late(struct vcpu *v, const struct insn *in, const struct access *a);
/* An own store to a place in RAM runs natively from here. */
void track_untold(struct vcpu *v, uint64_t phys);
/* Something happened at pc that is not followed: all views go to now. */
void track_strong(struct vcpu *v, enum why why, uint64_t pc);

/* exec_load.c: of loads everywhere. */
uint64_t load_extend(const struct insn *in, uint64_t value);
/* The page is known, or is made known; false: the load must be strong. */
bool load_reach(struct vcpu *v, struct access *a);
/* Deals with the own waiting stores; skips the load when they hold all of it. */
void load_from_buffer(struct vcpu *v, const struct insn *in, const struct access *a);

/* exec_*.c: callbacks of single instructions; udata is the struct site. */
void exec_store(unsigned int index, void *udata);
void exec_load(unsigned int index, void *udata);
void exec_body_load(unsigned int index, void *udata);
void exec_atomic(unsigned int index, void *udata);
void exec_body_atomic(unsigned int index, void *udata);
void exec_plain(unsigned int index, void *udata);
void exec_branch(unsigned int index, void *udata);
void exec_body_barrier(unsigned int index, void *udata);
void exec_body_strong(unsigned int index, void *udata);
void exec_fence(unsigned int index, void *udata);
void exec_enter(unsigned int index, void *udata);
void exec_leave(unsigned int index, void *udata);
void exec_way_out(unsigned int index, void *udata);
void exec_barrier(unsigned int index, void *udata);
void exec_strong(unsigned int index, void *udata);
void exec_age(unsigned int index, void *udata);
void exec_maintained(unsigned int index, void *udata);
/* The guest's mark function returns. Its arguments: the stale word's address, its
 * entry's index, the count, the mark's number. */
void exec_mark(unsigned int index, void *udata);
/* An interrupt or exception was taken. */
void exec_event(unsigned int index, uint64_t from, uint64_t to);

/* instrument.c: attaches the callbacks to a block being translated. */
void instrument_block(struct qemu_plugin_tb *tb);

#endif
