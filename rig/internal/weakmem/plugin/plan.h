/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The plan: what the rig tells the emulator, as lines of words.
 *
 *   kcovrig-plan 2
 *   ram BASE BYTES
 *   counters FILE
 *   sites FILE                        optional
 *   trace FILE MARKS                  optional
 *   alterations FILE                  optional: what became of them, alter.h
 *   seed N
 *   focus PC                          the one store to delay, always; optional
 *   set NAME N                        a policy parameter
 *   scope body|caller|callee|path START END SYMBOL
 *   mark START END                    the guest's mark function, optional
 *   select START END                  the guest's function that puts an alteration in
 *                                     force, optional
 *   change N instead|before PC ORDER  of alteration N, from 1: what the instruction
 *                                     orders instead of what it says, or a barrier
 *                                     before it; up to MAX_CHANGES
 *   report PC                         a function that the kernel enters to report the
 *                                     exception that it has taken; up to MAX_REPORTS
 */
#ifndef KCOVRIG_PLAN_H
#define KCOVRIG_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MAX_SCOPES 4096
#define MAX_REPORTS 8
#define MAX_SPACING 1000000000
#define MAX_CHANGES 4096

enum scope_role {
    /* An episode may begin at any of its blocks. */
    SCOPE_BODY,
    /* An episode begins where it calls a callee; then it is like a body. */
    SCOPE_CALLER,
    /* Part of an episode that a caller began; by itself it runs natively. */
    SCOPE_CALLEE,
    /* Code on the way between two stores: in an episode it is part of the scope,
     * but it begins none, and its own stores do not wait. */
    SCOPE_PATH,
};

struct scope {
    enum scope_role role;
    uint64_t start, end;
    char symbol[64];
};

/* What an instruction is to order, by its name in a change. A barrier or nothing: the
 * first four; an access that is to be ordered: the others. */
#define ORDERS(X)                                                             \
    X(NONE, "none")                                                           \
    X(LOADS, "ld")                                                            \
    X(STORES, "st")                                                           \
    X(ALL, "sy")                                                              \
    X(ACQUIRE, "acquire")                                                     \
    X(ACQUIRE_PC, "acquirePC")                                                \
    X(RELEASE, "release")                                                     \
    X(BOTH, "acquire+release")

enum order {
#define X(name, text) ORDER_##name,
    ORDERS(X)
#undef X
    ORDER_MAX
};

struct change {
    uint64_t number; /* of its alteration, from 1 */
    uint64_t pc;
    enum order to;
    bool before;     /* a barrier before the instruction; else the instruction's own order */
};

/* Probabilities are per 1000. */
struct policy {
    uint64_t active;      /* an entry into the scope delays stores */
    uint64_t body_delay;  /* a body's store is delayed */
    uint64_t callee_max;  /* a callee delays 1 to this many stores an episode */
    uint64_t hold;        /* a drain of what a later access has passed waits first */
    uint64_t hold_ns;     /* ... this long */
    uint64_t stale;       /* a load that may read an older value does */
    uint64_t exact;       /* otherwise the emulator does the load itself */
    uint64_t pause;       /* a tracked load waits first, up to hold_ns */
    uint64_t await;       /* an episode's first load waits for others; others' stores for it */
    uint64_t track;       /* 1: views are kept from the first instruction */
    uint64_t turns;       /* this many vCPUs meet in bodies and take turns; 0: none */
    uint64_t spacing;     /* an episode begins once in this many blocks of bodies, and never
                           * runs natively; 0: each entry decides by active */
    uint64_t length;      /* branches after which an episode ends then */
};

struct plan {
    uint64_t ram_base, ram_bytes;
    char counters_file[512];
    char trace_file[512];
    char sites_file[512];
    char alterations_file[512];
    uint64_t trace_marks;
    uint64_t mark_start, mark_end;
    uint64_t select_start, select_end;
    uint64_t alterations; /* the highest number */
    size_t changes;
    struct change change[MAX_CHANGES];
    uint64_t report[MAX_REPORTS];
    size_t reports;
    uint64_t seed;
    uint64_t focus; /* address of an instruction; 0: the policy chooses */
    struct policy policy;
    size_t scopes;
    struct scope scope[MAX_SCOPES];
    bool has_body; /* then writes are recorded for the loads of bodies */
    /* Bodies and others in the same half of the address space, so that one may call
     * the other: then all of the scope is executed as bodies are. */
    bool mixed;
};

/* The plan of this run, for reading: plan.c alone writes it, in plan_open. */
extern const struct plan *const plan;

/* Reads it. On failure writes one line to error and returns false. */
bool plan_open(const char *path, char *error, size_t len);

/* The scope that holds addr, or NULL. */
const struct scope *plan_scope(uint64_t addr);

#endif
