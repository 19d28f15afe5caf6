// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The script: one command per line, numbers in C's notation.
 *
 *   echo TEXT                      printed as it is
 *   code ADDRESS WORD...           writes code, as if loaded before the start
 *   pc CPU ADDRESS                 where the vCPU goes on, returning to nowhere
 *   reg CPU NUMBER VALUE           31 is SP
 *   mem ADDRESS BYTES VALUE        writes memory behind the vCPUs' backs
 *   page ADDRESS rw|ro|absent|io|kernel
 *   remap ADDRESS OTHER            the page of ADDRESS becomes that of OTHER
 *   policy NAME VALUE
 *   step CPU N
 *   run CPU                        until it returns
 *   cut CPU N OTHER M              left at the Nth point of its next instruction, while the
 *                                  other executes M
 *   flags CPU NZCV                 N is bit 3
 *   event CPU [ADDRESS]            an interrupt, taken by the kernel unless told; the
 *                                  first of them makes the emulator begin
 *   race begin CPU                 one instruction in the middle of a write to code
 *   race end
 *   asleep CPU                     its thread sleeps, as far as the plugin can see
 *   decode FILE                    what the decoder makes of its words
 *   print reg CPU NUMBER | pc CPU | mem ADDRESS BYTES | waiting CPU | faults CPU | io |
 *         counter NAME | site REASON PC [FIRST SECOND] | active CPU | cut |
 *         altered NUMBER PC | unfit NUMBER PC
 *
 * and those of litmus.c: thread, init, observe, whole, litmus, fine, fixed, all, turns,
 *   threads.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "chance.h"
#include "fibre.h"
#include "harness.h"
#include "plan.h"
#include "vcpu.h"

uint8_t *script_memory(uint64_t virt, uint64_t bytes)
{
    uint64_t phys;

    guest_translate(virt, &phys);
    return guest_ram(phys, (unsigned int)bytes);
}

uint64_t number(const struct words *w, unsigned int i)
{
    char *end;
    uint64_t value = strtoull(w->at[i], &end, 0);

    if (*end) {
        fail("%s is no number", w->at[i]);
    }
    return value;
}

bool is_command(const struct words *w, const char *first, unsigned int n)
{
    const char *second = strchr(first, ' ');
    size_t length = second ? (size_t)(second - first) : strlen(first);

    return w->n == n && strlen(w->at[0]) == length &&
           strncmp(w->at[0], first, length) == 0 &&
           (!second || strcmp(w->at[1], second + 1) == 0);
}

static void code(const struct words *w)
{
    for (unsigned int i = 2; i < w->n; i++) {
        uint32_t word = (uint32_t)number(w, i);
        memcpy(script_memory(number(w, 1) + 4 * (i - 2), 4), &word, 4);
    }
    fake_flush();
}

struct policy *harness_policy(void)
{
    return (struct policy *)&plan->policy; /* the object itself is no constant */
}

static void set_policy(const char *name, uint64_t value)
{
    struct policy *p = harness_policy();
    const struct {
        const char *name;
        uint64_t *to;
    } known[] = {
        {"active", &p->active}, {"body-delay", &p->body_delay},
        {"callee-max", &p->callee_max}, {"stale", &p->stale},
        {"exact", &p->exact}, {"track", &p->track},
        {"hold", &p->hold}, {"hold-ns", &p->hold_ns},
        {"turns", &p->turns}, {"await", &p->await},
    };
    bool seed = strcmp(name, "seed") == 0;

    for (unsigned int k = 0; seed && k < cpu_count; k++) {
        chance_seed(vcpu_of(k), value);
    }
    for (size_t i = 0; !seed && i < sizeof known / sizeof *known; i++) {
        if (strcmp(name, known[i].name) == 0) {
            *known[i].to = value;
            return;
        }
    }
    if (!seed) {
        fail("there is no policy %s", name);
    }
}

static void set_page(uint64_t virt, const char *kind)
{
    static const char *const kinds[] = {"rw", "ro", "absent", "io", "kernel"};

    for (unsigned int i = 0; i < 5; i++) {
        if (strcmp(kind, kinds[i]) == 0) {
            guest_set_page(virt, (enum page_kind)i);
            return;
        }
    }
    fail("there is no page kind %s", kind);
}

unsigned int index_of(const struct words *w, unsigned int i)
{
    uint64_t n = number(w, i);

    if (n >= cpu_count) {
        fail("there is no vCPU %lu", (unsigned long)n);
    }
    return (unsigned int)n;
}

static void run(struct cpu *c)
{
    for (unsigned int i = 0; !c->done; i++) {
        if (i == 100000) {
            fail("vCPU %u does not return", c->index);
        }
        fake_step(c);
    }
}

static void start(struct cpu *c, uint64_t pc)
{
    c->pc = pc;
    c->x[30] = RETURN_ADDRESS;
    c->block = NULL;
    c->done = false;
}

static void set_flags(struct cpu *c, uint64_t nzcv)
{
    c->n = nzcv & 8;
    c->z = nzcv & 4;
    c->c = nzcv & 2;
    c->o = nzcv & 1;
}

static bool set(const struct words *w)
{
    if (is_command(w, "reg", 4)) {
        cpus[index_of(w, 1)].x[number(w, 2) % 32] = number(w, 3);
    } else if (is_command(w, "mem", 4)) {
        uint64_t value = number(w, 3);
        memcpy(script_memory(number(w, 1), number(w, 2)), &value, number(w, 2));
    } else if (is_command(w, "page", 3)) {
        set_page(number(w, 1), w->at[2]);
    } else if (is_command(w, "remap", 3)) {
        guest_remap(number(w, 1), number(w, 2));
    } else if (is_command(w, "flags", 3)) {
        set_flags(&cpus[index_of(w, 1)], number(w, 2));
    } else if (is_command(w, "policy", 3)) {
        set_policy(w->at[1], number(w, 2));
    } else {
        return false;
    }
    return true;
}

static bool act(const struct words *w)
{
    if (is_command(w, "pc", 3)) {
        start(&cpus[index_of(w, 1)], number(w, 2));
    } else if (is_command(w, "step", 3)) {
        for (uint64_t n = number(w, 2); n > 0; n--) {
            fake_step(&cpus[index_of(w, 1)]);
        }
    } else if (is_command(w, "run", 2)) {
        run(&cpus[index_of(w, 1)]);
    } else if (is_command(w, "cut", 5)) {
        script_cut = fibres_cut(index_of(w, 1), number(w, 2), index_of(w, 3), number(w, 4));
    } else if (is_command(w, "race begin", 3)) {
        race_arm(&cpus[index_of(w, 2)]);
    } else if (is_command(w, "race end", 2)) {
        race_end();
    } else if (is_command(w, "asleep", 2)) {
        vcpu_of(index_of(w, 1))->thread = race_sleeper();
    } else if (is_command(w, "decode", 2)) {
        decode_dump(w->at[1]);
    } else if (is_command(w, "event", 2)) {
        fake_event(&cpus[index_of(w, 1)], KERNEL_VECTORS);
    } else if (is_command(w, "event", 3)) {
        fake_event(&cpus[index_of(w, 1)], number(w, 2));
    } else {
        return false;
    }
    return true;
}

static void execute(char *line)
{
    struct words w = {0};

    for (char *p = strtok(line, " \n"); p; p = strtok(NULL, " \n")) {
        if (w.n == sizeof w.at / sizeof *w.at) {
            fail("a line has too many words");
        }
        w.at[w.n++] = p;
    }
    if (w.n == 0) {
        return;
    }
    if (strcmp(w.at[0], "code") == 0 && w.n > 2) {
        code(&w);
    } else if (strcmp(w.at[0], "print") == 0) {
        script_print(&w);
    } else if (!set(&w) && !act(&w) && !litmus_command(&w)) {
        fail("cannot use the command %s of %u words", w.at[0], w.n);
    }
}

void script_run(FILE *f)
{
    static char line[1 << 16];

    while (fgets(line, sizeof line, f)) {
        if (strncmp(line, "echo ", 5) == 0) {
            fputs(line + 5, stdout);
        } else {
            execute(line);
        }
    }
}
