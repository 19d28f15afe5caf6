// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Litmus tests: many runs of a few threads, and how often each final state came:
 * under a random scheduler that picks the vCPU for each single instruction
 * (litmus), or for each access of the plugin's too, under varied policies (fine) or the
 * plan's (fixed); or with the vCPUs in threads of their own, under the plugin's turns or
 * (threads) without.
 */
#include <inttypes.h>
#include <string.h>

#include "explore.h"
#include "fibre.h"
#include "harness.h"
#include "plan.h"
#include "snapshot.h"

#define CELLS_MAX 32
#define OBSERVED_MAX 16
#define STATES_MAX 512

static struct {
    unsigned int threads;
    struct {
        uint64_t entry, x[31];
    } thread[CPUS_MAX];
    unsigned int cells;
    struct {
        uint64_t virt, value;
        unsigned int bytes;
    } cell[CELLS_MAX];
    unsigned int observed;
    struct {
        bool memory;
        uint64_t where; /* address, or the register's number */
        unsigned int thread, bytes;
    } observe[OBSERVED_MAX];
} test;

static struct {
    uint64_t value[OBSERVED_MAX], count;
} state[STATES_MAX];
static unsigned int states;

static uint64_t seed;

static uint64_t draw(uint64_t below)
{
    uint64_t z = seed += 0x9e3779b97f4a7c15ull;

    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ z >> 27) * 0x94d049bb133111ebull;
    return (uint64_t)((unsigned __int128)(z ^ z >> 31) * below >> 64); /* no division */
}

static uint64_t pick(const uint64_t *from, size_t n)
{
    return from[draw(n)];
}
#define PICK(...)                                                             \
    pick((const uint64_t[]){__VA_ARGS__},                                     \
         sizeof((const uint64_t[]){__VA_ARGS__}) / 8)

void litmus_reset(void)
{
    memset(&test, 0, sizeof test);
    memset(state, 0, sizeof state);
    states = 0;
}

/* Memory, as the other end of a bus would see it. */
static void *direct(uint64_t virt, unsigned int bytes)
{
    uint64_t phys;

    guest_translate(virt, &phys);
    return guest_ram(phys, bytes);
}

static void begin(void)
{
    for (unsigned int i = 0; i < test.cells; i++) {
        memcpy(direct(test.cell[i].virt, test.cell[i].bytes),
               &test.cell[i].value, test.cell[i].bytes);
    }
    for (unsigned int i = 0; i < test.threads; i++) {
        struct cpu *c = &cpus[i];
        memcpy(c->x, test.thread[i].x, sizeof test.thread[i].x);
        c->x[30] = RETURN_ADDRESS;
        c->pc = test.thread[i].entry;
        c->block = NULL;
        c->done = c->exclusive = false;
        c->daif = 0;
    }
}

/* Every episode delays and keeps views: no store is QEMU's alone. */
static bool whole;

static void vary_policy(void)
{
    struct policy *p = harness_policy();

    p->active = whole ? 1000 : PICK(1000, 1000, 1000, 500);
    p->body_delay = PICK(0, 200, 500, 500, 1000);
    p->stale = PICK(0, 500, 900, 1000);
    p->exact = PICK(0, 500, 1000);
    p->track = whole ? 1 : PICK(1, 1, 1, 0);
}

static void schedule(void)
{
    uint64_t stay = PICK(1, 1, 2, 4, 16), events = whole ? 0 : PICK(0, 0, 0, 0, 0, 16);
    unsigned int left = test.threads, at = (unsigned int)draw(left);

    if (draw(2)) { /* all inside the scope before any goes on */
        for (unsigned int i = 0; i < left; i++) {
            fake_step(&cpus[i]);
        }
    }
    while (left) {
        struct cpu *c;

        if (draw(stay) == 0) {
            at = (unsigned int)draw(test.threads);
        }
        while (cpus[at].done) {
            at = (at + 1) % test.threads;
        }
        c = &cpus[at];
        if (events && draw(events) == 0) {
            fake_event(c, KERNEL_VECTORS);
        }
        fake_step(c);
        left -= c->done;
    }
}

/* The policy that the plan has; the plugin may be left in its midst. */
static void schedule_finely(void)
{
    struct fibre_pace pace = {
        .instructions = PICK(1, 1, 2, 4, 16),
        .points = PICK(4, 16, 16, 64, 1000),
        .events = whole ? 0 : PICK(0, 0, 0, 0, 0, 16),
    };

    if (draw(2)) {
        for (unsigned int i = 0; i < test.threads; i++) {
            fake_step(&cpus[i]);
        }
    }
    fibres_run(test.threads, pace, draw);
}

static void note(void)
{
    uint64_t value[OBSERVED_MAX] = {0};
    unsigned int i = 0;

    for (unsigned int k = 0; k < test.observed; k++) {
        if (test.observe[k].memory) {
            memcpy(&value[k], direct(test.observe[k].where, test.observe[k].bytes),
                   test.observe[k].bytes);
        } else {
            value[k] = cpus[test.observe[k].thread].x[test.observe[k].where];
        }
    }
    while (i < states && memcmp(state[i].value, value, sizeof value) != 0) {
        i++;
    }
    if (i == STATES_MAX) {
        fail("too many final states");
    }
    if (i == states) {
        memcpy(state[states++].value, value, sizeof value);
    }
    state[i].count++;
}

static void check_threads(void)
{
    if (test.threads > cpu_count) {
        fail("%u threads on %u vCPUs", test.threads, cpu_count);
    }
}

static void run(uint64_t iterations, uint64_t from)
{
    check_threads();
    seed = from;
    while (iterations--) {
        vary_policy();
        begin();
        schedule();
        note();
    }
}

static void run_finely(uint64_t iterations, uint64_t from, bool vary)
{
    struct policy before = plan->policy;

    check_threads();
    seed = from;
    while (iterations--) {
        if (vary) {
            vary_policy();
        } else if (whole) {
            harness_policy()->active = 1000;
        }
        begin();
        schedule_finely();
        note();
    }
    *harness_policy() = before;
}

/* All runs under the policy that the plan has, after a few drawn ones, so that pages
 * are known and loads remembered. */
static void run_all(uint64_t before, struct exploration x)
{
    x.vcpus = test.threads;
    x.begin = begin;
    x.end = note;

    check_threads();
    seed = before;
    while (before--) {
        begin();
        schedule();
    }
    snapshot_spare(state, sizeof state);
    snapshot_spare(&states, sizeof states);
    explore(&x);
    printf("explored %" PRIu64 " %" PRIu64 " %d\n", x.runs, x.states, x.complete);
}

static void run_threads(uint64_t iterations, unsigned int turns)
{
    check_threads();
    harness_policy()->turns = turns;
    threads_run(test.threads, iterations, begin, note);
    harness_policy()->turns = 0;
}

static void report(void)
{
    for (unsigned int i = 0; i < states; i++) {
        printf("state %" PRIu64, state[i].count);
        for (unsigned int k = 0; k < test.observed; k++) {
            printf(" %" PRIu64, state[i].value[k]);
        }
        printf("\n");
    }
    litmus_reset();
}

static void add_observed(bool memory, uint64_t where, unsigned int thread,
                         unsigned int bytes)
{
    unsigned int k = test.observed++;

    if (k == OBSERVED_MAX) {
        fail("too many observed terms");
    }
    test.observe[k].memory = memory;
    test.observe[k].where = where;
    test.observe[k].thread = thread;
    test.observe[k].bytes = bytes;
}

static void add_cell(const struct words *w)
{
    unsigned int k = test.cells++;

    if (k == CELLS_MAX) {
        fail("too many cells");
    }
    test.cell[k].virt = number(w, 2);
    test.cell[k].bytes = (unsigned int)number(w, 3);
    test.cell[k].value = number(w, 4);
}

bool litmus_command(const struct words *w)
{
    if (is_command(w, "whole", 2)) {
        whole = number(w, 1);
    } else if (is_command(w, "thread", 2)) {
        test.thread[test.threads++ % CPUS_MAX].entry = number(w, 1);
    } else if (is_command(w, "init reg", 5)) {
        test.thread[number(w, 2) % CPUS_MAX].x[number(w, 3) % 31] = number(w, 4);
    } else if (is_command(w, "init mem", 5)) {
        add_cell(w);
    } else if (is_command(w, "observe reg", 4)) {
        add_observed(false, number(w, 3) % 31, (unsigned int)number(w, 2), 8);
    } else if (is_command(w, "observe mem", 4)) {
        add_observed(true, number(w, 2), 0, (unsigned int)number(w, 3));
    } else if (is_command(w, "litmus", 3)) {
        run(number(w, 1), number(w, 2));
        report();
    } else if (is_command(w, "fine", 3)) {
        run_finely(number(w, 1), number(w, 2), true);
        report();
    } else if (is_command(w, "fixed", 3)) {
        run_finely(number(w, 1), number(w, 2), false);
        report();
    } else if (is_command(w, "all", 6)) {
        run_all(number(w, 1), (struct exploration){
            .most = number(w, 2), .interrupts = (unsigned int)number(w, 3),
            .cuts = (unsigned int)number(w, 4), .unmerged = number(w, 5)});
        report();
    } else if (is_command(w, "turns", 2)) {
        run_threads(number(w, 1), test.threads);
        report();
    } else if (is_command(w, "threads", 3)) {
        run_threads(number(w, 1), 0);
        report();
    } else {
        return false;
    }
    return true;
}
