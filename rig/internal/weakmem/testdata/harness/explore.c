// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Each run begins at the same snapshot, takes the choices of a list as far as that
 * goes, and the first of each further one. Then the last choice in the list that has
 * others left takes its next: so all lists are gone through, depth first. A run is left
 * where it comes, between two instructions, to a state that an earlier one was in,
 * since what follows from there is gone through already.
 */
#include "explore.h"

#include <stdlib.h>

#include "chance.h"
#include "harness.h"
#include "snapshot.h"
#include "vcpu.h"

#define CHOICES_MAX 4096
#define STEPS_MAX 4000

/* On the heap, that is no part of the snapshot. */
static struct explorer {
    struct {
        uint64_t taken, of;
    } choice[CHOICES_MAX];
    unsigned int n, at;
    uint64_t *seen, room, states; /* hashes; open addressing, 0 is none */
    const struct exploration *of;
    unsigned int interrupts, cuts; /* of this run */
    struct cpu *stepping;          /* NULL: one that runs in the midst of another's */
} *now;

uint64_t chance_choose(uint64_t n)
{
    unsigned int at;

    if (!now) {
        return n;
    }
    if (n < 2) {
        return 0;
    }
    at = now->at++;
    if (at == CHOICES_MAX) {
        fail("a run has too many choices");
    }
    if (at == now->n) {
        now->choice[now->n].taken = 0;
        now->choice[now->n++].of = n;
    } else if (now->choice[at].of != n) {
        fail("the same choices lead elsewhere: %u has %lu, had %lu", at, (unsigned long)n,
             (unsigned long)now->choice[at].of);
    }
    return now->choice[at].taken;
}

/* False where there is no list left. */
static bool next_list(void)
{
    while (now->n && now->choice[now->n - 1].taken + 1 == now->choice[now->n - 1].of) {
        now->n--;
    }
    if (!now->n) {
        return false;
    }
    now->choice[now->n - 1].taken++;
    return true;
}

static uint64_t *slot(uint64_t *table, uint64_t room, uint64_t hash)
{
    uint64_t i = hash & (room - 1);

    while (table[i] && table[i] != hash) {
        i = (i + 1) & (room - 1);
    }
    return &table[i];
}

static void make_room(uint64_t room)
{
    uint64_t *table = harness_allocate(room, sizeof *table);

    for (uint64_t i = 0; i < now->room; i++) {
        if (now->seen[i]) {
            *slot(table, room, now->seen[i]) = now->seen[i];
        }
    }
    free(now->seen);
    now->seen = table;
    now->room = room;
}

static bool is_new(uint64_t hash)
{
    uint64_t *s;

    hash += !hash;
    if (2 * now->states >= now->room) {
        make_room(2 * now->room);
    }
    s = slot(now->seen, now->room, hash);
    if (*s) {
        return false;
    }
    *s = hash;
    now->states++;
    return true;
}

/* What nothing reads before it is written would tell states apart that are the same. */
static void clear_dead(struct vcpu *v)
{
    struct buffer *b = &v->buffer;

    memset(&b->store[b->n], 0, (BUFFER_MAX - b->n) * sizeof *b->store);
    if (!v->late.insn) {
        memset(&v->late, 0, sizeof v->late);
    }
    if (!v->tracked) {
        memset(v->views, 0, sizeof v->views);
        memset(&v->late, 0, sizeof v->late);
        memset(v->samples.sample, 0, sizeof v->samples.sample);
        v->samples.n = 0;
    }
    if (!v->reservation.valid) {
        v->reservation = (struct reservation){.lost = v->reservation.lost,
                                              .native = v->reservation.native};
    }
    v->load_order = (struct load_order){0}; /* of sites, which are not told here */
    v->pc = 0;
}

static uint64_t state_hash(void)
{
    for (unsigned int i = 0; i < now->of->vcpus && !now->of->unmerged; i++) {
        clear_dead(vcpu_of(i));
    }
    return snapshot_hash() + now->interrupts * 0x9e3779b97f4a7c15ull +
           now->cuts * 0xd1342543de82ef95ull;
}

static bool goes_on(void)
{
    uint64_t hash = state_hash();

    return is_new(hash) || now->of->unmerged;
}

/* Any that has not returned; NULL: all others have. */
static struct cpu *pick(const struct cpu *but)
{
    struct cpu *live[CPUS_MAX];
    unsigned int n = 0;

    for (unsigned int i = 0; i < now->of->vcpus; i++) {
        if (!cpus[i].done && &cpus[i] != but) {
            live[n++] = &cpus[i];
        }
    }
    return n ? live[chance_choose(n)] : NULL;
}

static void step(struct cpu *c)
{
    now->stepping = c;
    if (now->interrupts < now->of->interrupts && chance_choose(2)) {
        now->interrupts++;
        fake_event(c, KERNEL_VECTORS);
    }
    fake_step(c);
}

void explore_point(void)
{
    struct cpu *in_callback = running, *mine, *other;
    bool cut = false;

    if (!now || !now->stepping || now->cuts == now->of->cuts) {
        return;
    }
    mine = now->stepping;
    now->stepping = NULL;
    while ((other = pick(mine)) && chance_choose(2)) {
        fake_step(other);
        cut = true;
    }
    now->cuts += cut;
    now->stepping = mine;
    running = in_callback;
}

void __wrap_history_unlock(void);
void __real_history_unlock(void);

/* What the plugin does under this lock is done at once; before and after it others run. */
void __wrap_history_unlock(void)
{
    __real_history_unlock();
    explore_point();
}

static void run(struct exploration *x)
{
    unsigned int given = now->n;
    struct cpu *c;

    snapshot_restore();
    now->at = now->interrupts = now->cuts = 0;
    x->runs++;
    x->begin();
    for (unsigned int i = 0; now->at < given || goes_on(); i++) {
        c = pick(NULL);
        if (!c) {
            x->end();
            return;
        }
        if (i == STEPS_MAX) {
            fail("a run does not end");
        }
        step(c);
    }
}

void explore(struct exploration *x)
{
    x->runs = 0;
    now = harness_allocate(1, sizeof *now);
    now->of = x;
    make_room(1 << 12);
    fake_spare();
    snapshot_take();
    do {
        run(x);
        x->complete = !next_list();
    } while (!x->complete && x->runs < x->most);
    snapshot_restore();
    snapshot_drop();
    x->states = now->states;
    free(now->seen);
    free(now);
    now = NULL;
}
