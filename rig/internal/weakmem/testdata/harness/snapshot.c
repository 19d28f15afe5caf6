// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Pages are kept as they were when they are first written to, which their protection
 * tells: a few of some thousand are.
 */
#include "snapshot.h"

#include <signal.h>
#include <sys/mman.h>

#include "harness.h"

#define PAGE 4096
#define WORDS 64 /* of a group, of which most hold what they held */
#define GROUPS (PAGE / 8 / WORDS)
#define PAGES_MAX 512
#define SPARED_MAX 8
#define REGIONS 2

struct group {
    uint64_t word[WORDS];
};

struct kept {
    struct group *at, was[GROUPS];
    uint64_t spared[GROUPS]; /* a bit for each word */
};

/* Behind a pointer that does not change, or it were part of itself. */
static struct snapshot {
    struct {
        uint8_t *start;
        size_t bytes;
    } region[REGIONS];
    struct {
        uint8_t *start, *end;
    } spared[SPARED_MAX];
    unsigned int spares, pages;
    struct kept page[PAGES_MAX];
} *snapshot;

extern char __data_start[], _end[]; /* the linker's */

static bool is_spared(const struct snapshot *s, const uint64_t *word)
{
    for (unsigned int i = 0; i < s->spares; i++) {
        if ((uint8_t *)word < s->spared[i].end && (uint8_t *)(word + 1) > s->spared[i].start) {
            return true;
        }
    }
    return false;
}

static bool in_region(const struct snapshot *s, const uint8_t *at)
{
    for (unsigned int i = 0; i < REGIONS; i++) {
        if (at >= s->region[i].start && at < s->region[i].start + s->region[i].bytes) {
            return true;
        }
    }
    return false;
}

static void first_write(int signal_number, siginfo_t *info, void *context)
{
    struct snapshot *s = snapshot;
    uint8_t *at = (uint8_t *)((uintptr_t)info->si_addr & ~(uintptr_t)(PAGE - 1));
    struct kept *k = &s->page[s->pages];

    (void)context;
    if (!in_region(s, at) || s->pages == PAGES_MAX) {
        signal(signal_number, SIG_DFL); /* it comes again, and ends the program */
        return;
    }
    s->pages++;
    k->at = (struct group *)(void *)at;
    memcpy(k->was, at, PAGE);
    memset(k->spared, 0, sizeof k->spared);
    for (unsigned int i = 0; i < GROUPS * WORDS; i++) {
        k->spared[i / WORDS] |= (uint64_t)is_spared(s, &k->at[i / WORDS].word[i % WORDS]) << i % WORDS;
    }
    mprotect(at, PAGE, PROT_READ | PROT_WRITE);
}

static void protect(int how)
{
    for (unsigned int i = 0; i < REGIONS; i++) {
        if (mprotect(snapshot->region[i].start, snapshot->region[i].bytes, how) != 0) {
            fail("the protection of memory cannot be changed");
        }
    }
}

static void set_region(struct snapshot *s, unsigned int i, uint8_t *start, uint8_t *end)
{
    s->region[i].start = (uint8_t *)((uintptr_t)start & ~(uintptr_t)(PAGE - 1));
    s->region[i].bytes = (size_t)(end - s->region[i].start + PAGE - 1) & ~(size_t)(PAGE - 1);
}

static struct snapshot *get(void)
{
    struct sigaction action = {.sa_sigaction = first_write, .sa_flags = SA_SIGINFO};
    size_t bytes;
    uint8_t *ram = guest_all(&bytes);

    if (!snapshot) {
        snapshot = harness_allocate(1, sizeof *snapshot);
        set_region(snapshot, 0, (uint8_t *)__data_start, (uint8_t *)_end);
        set_region(snapshot, 1, ram, ram + bytes);
        sigaction(SIGSEGV, &action, NULL);
    }
    return snapshot;
}

void snapshot_spare(void *at, size_t bytes)
{
    struct snapshot *s = get();

    if (s->spares == SPARED_MAX) {
        fail("too much is spared");
    }
    s->spared[s->spares].start = at;
    s->spared[s->spares++].end = (uint8_t *)at + bytes;
}

void snapshot_take(void)
{
    get()->pages = 0;
    protect(PROT_READ);
}

void snapshot_drop(void)
{
    protect(PROT_READ | PROT_WRITE);
    snapshot->spares = 0;
}

static void restore(struct group *at, const struct group *was, uint64_t spared)
{
    for (unsigned int i = 0; i < WORDS; i++) {
        if (!(spared >> i & 1)) {
            at->word[i] = was->word[i];
        }
    }
}

void snapshot_restore(void)
{
    for (unsigned int i = 0; i < snapshot->pages; i++) {
        struct kept *k = &snapshot->page[i];

        for (unsigned int g = 0; g < GROUPS; g++) {
            if (k->spared[g]) {
                restore(&k->at[g], &k->was[g], k->spared[g]);
            } else {
                memcpy(&k->at[g], &k->was[g], sizeof k->was[g]);
            }
        }
    }
}

static uint64_t mix(uint64_t z)
{
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ z >> 27) * 0x94d049bb133111ebull;
    return z ^ z >> 31;
}

static uint64_t difference(const struct group *at, const struct group *was, uint64_t spared)
{
    uint64_t sum = 0;

    for (unsigned int i = 0; i < WORDS; i++) {
        if (at->word[i] != was->word[i] && !(spared >> i & 1)) {
            sum += mix(mix((uintptr_t)&at->word[i]) ^ at->word[i]);
        }
    }
    return sum;
}

uint64_t snapshot_hash(void)
{
    uint64_t sum = 0;

    for (unsigned int i = 0; i < snapshot->pages; i++) {
        const struct kept *k = &snapshot->page[i];

        for (unsigned int g = 0; g < GROUPS; g++) {
            if (memcmp(&k->at[g], &k->was[g], sizeof k->was[g]) != 0) {
                sum += difference(&k->at[g], &k->was[g], k->spared[g]);
            }
        }
    }
    return sum;
}
