// SPDX-License-Identifier: GPL-2.0-or-later
#include "fibre.h"

#include <stdlib.h>
#include <time.h>
#include <ucontext.h>

#include "harness.h"

#define STACK_BYTES (256 << 10)
#define EDGE 4 /* between the halves of an access: each fourth time */

static struct {
    bool on;
    unsigned int n, at, left;
    struct fibre_pace pace;
    uint64_t (*draw)(uint64_t);
    uint64_t before; /* fibre_left, when last switched off */
} run;

#define NEVER UINT64_MAX /* points that nobody passes */
uint64_t fibre_left = NEVER;

/* Of fibres_cut. */
static struct {
    bool on, reached, done[2];
    unsigned int cpu[2];
    uint64_t steps; /* of the second */
} cut;
#define PATIENCE 100000 /* points that the second may pass before the first goes on */

/* Where each was left; the last is who began. Stacks are made by makecontext, and
 * switched by the compiler's own longjmp, which asks neither the kernel nor the library. */
static void *left_at[CPUS_MAX + 1][5];
static ucontext_t context[CPUS_MAX];
static bool made[CPUS_MAX];
#define OUTSIDE CPUS_MAX

/* A wait of the plugin's lasts a number of looks at the clock, the same each time. */
static int64_t ticks;

int __wrap_clock_gettime(clockid_t clock, struct timespec *t);
int __real_clock_gettime(clockid_t clock, struct timespec *t);

int __wrap_clock_gettime(clockid_t clock, struct timespec *t)
{
    if (!run.on) {
        return __real_clock_gettime(clock, t);
    }
    ticks += 500; /* who asks waits: few of the states that a wait is left in differ */
    t->tv_sec = ticks / 1000000000;
    t->tv_nsec = ticks % 1000000000;
    return 0;
}

static void make(unsigned int i);

/* A function of its own: none may jump to itself. */
static __attribute__((noinline, noreturn)) void jump(unsigned int to)
{
    __builtin_longjmp(left_at[to], 1);
}

static void leave_for(unsigned int from, unsigned int to)
{
    struct cpu *mine = running;

    run.at = to;
    if (__builtin_setjmp(left_at[from])) {
        running = mine;
    } else if (to == OUTSIDE || made[to]) {
        jump(to);
    } else {
        make(to);
        setcontext(&context[to]);
    }
}

static void go_on(unsigned int to)
{
    fibre_left = 1 + run.draw(2 * run.pace.points);
    if (to != run.at) {
        leave_for(run.at, to);
    }
}

static unsigned int pick(void)
{
    unsigned int to = (unsigned int)run.draw(run.n);

    while (cpus[to].done) {
        to = (to + 1) % run.n;
    }
    return to;
}

/* At the n-th point of the first, or where the second has long waited for it. */
static void cross(void)
{
    bool first = run.at == cut.cpu[0];

    cut.reached = cut.reached || first;
    fibre_left = first ? PATIENCE : NEVER;
    leave_for(run.at, cut.cpu[first]);
}

void fibre_switch(void)
{
    if (cut.on) {
        cross();
    } else {
        go_on(pick());
    }
}

void fibre_wait(void)
{
    if (run.on && !cut.on) {
        go_on(pick());
    } else if (run.on && run.at == cut.cpu[1]) {
        cross();
    }
}

void fibre_edge(void)
{
    if (run.on && cut.on) {
        fibre_point();
    } else if (run.on && run.draw(EDGE) == 0) {
        go_on(pick());
    }
}

bool fibre_switching(bool on)
{
    bool before = run.on;

    if (before && !on) {
        run.before = fibre_left;
        fibre_left = NEVER;
    } else if (on && !before) {
        fibre_left = run.before;
    }
    run.on = on;
    return before;
}

static void instruction(struct cpu *c)
{
    if (run.pace.events && run.draw(run.pace.events) == 0) {
        fake_event(c, KERNEL_VECTORS);
    }
    fake_step(c);
    if (!c->done && run.draw(run.pace.instructions) == 0) {
        go_on(pick());
    }
}

static void live_cut(struct cpu *c)
{
    unsigned int which = c->index != cut.cpu[0];

    for (uint64_t i = which ? cut.steps : 1; i > 0; i--) {
        fake_step(c);
    }
    cut.done[which] = true;
    fibre_left = NEVER;
    leave_for(c->index, cut.done[!which] ? OUTSIDE : cut.cpu[!which]);
}

static void live_run(struct cpu *c)
{
    while (!c->done) {
        instruction(c);
    }
    run.left--;
    if (run.left) {
        go_on(pick());
    } else {
        leave_for(c->index, OUTSIDE);
    }
}

/* A fibre outlives its run, and begins the next where it ended this one. */
static void live(int index)
{
    for (;;) {
        if (cut.on) {
            live_cut(&cpus[index]);
        } else {
            live_run(&cpus[index]);
        }
    }
}

static void make(unsigned int i)
{
    getcontext(&context[i]);
    context[i].uc_stack.ss_sp = malloc(STACK_BYTES);
    context[i].uc_stack.ss_size = STACK_BYTES;
    if (!context[i].uc_stack.ss_sp) {
        fail("no stack for vCPU %u", i);
    }
    makecontext(&context[i], (void (*)(void))live, 1, (int)i);
    made[i] = true;
}

void fibres_run(unsigned int n, struct fibre_pace pace, uint64_t (*draw)(uint64_t))
{
    run.n = run.left = n;
    run.pace = pace;
    run.draw = draw;
    fibre_left = 1 + draw(2 * pace.points);
    run.on = true;
    leave_for(OUTSIDE, pick());
    run.on = false;
    fibre_left = NEVER;
    running = NULL;
}

bool fibres_cut(unsigned int a, uint64_t n, unsigned int b, uint64_t m)
{
    memset(&cut, 0, sizeof cut);
    cut.on = run.on = true;
    cut.cpu[0] = a;
    cut.cpu[1] = b;
    cut.steps = m;
    fibre_left = n;
    leave_for(OUTSIDE, a);
    cut.on = run.on = false;
    fibre_left = NEVER;
    running = NULL;
    return cut.reached;
}
