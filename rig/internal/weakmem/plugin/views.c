// SPDX-License-Identifier: GPL-2.0-or-later
#include "views.h"

#include <stddef.h>
#include <string.h>

#include "insn.h"
#include "isa.h"
#include "mutant.h"

void views_floor(struct views *w, uint64_t time)
{
    memset(w, 0, offsetof(struct views, coherence));
    for (unsigned int i = 0; i < COHERENCE_SLOTS; i++) {
        w->coherence[i].granule = 0;
    }
    w->read_new = w->unordered = MUTANT(episode_begins_without_floor) ? 0 : time;
}

void views_raise(struct views *w, uint64_t time)
{
    w->read_new = join(w->read_new, time);
    w->read_old = join(w->read_old, time);
    w->unordered = join(w->unordered, time);
}

uint64_t views_data(const struct views *w, unsigned int number, bool simd)
{
    if (simd) {
        return w->vector[number];
    }
    return number == ISA_ZERO ? 0 : w->general[number];
}

void views_set_data(struct views *w, unsigned int number, bool simd, uint64_t time)
{
    if (simd) {
        w->vector[number] = time;
    } else if (number != ISA_ZERO) {
        w->general[number] = time;
    }
}

static uint64_t join_mask(const uint64_t *of, uint32_t mask)
{
    uint64_t all = 0;

    for (; mask; mask &= mask - 1) {
        all = join(all, of[__builtin_ctz(mask)]);
    }
    return all;
}

static void set_mask(uint64_t *of, uint32_t mask, uint64_t time, bool keep)
{
    for (; mask; mask &= mask - 1) {
        uint64_t *one = &of[__builtin_ctz(mask)];
        *one = keep ? join(*one, time) : time;
    }
}

static uint64_t sources(const struct views *w, const struct uses *u)
{
    uint64_t all = join(join_mask(w->general, u->read_general), join_mask(w->vector, u->read_vector));

    all = join(all, u->read_flags ? w->flags : 0);
    return join(all, u->read_system ? w->system : 0);
}

void views_plain(struct views *w, const struct uses *u)
{
    uint64_t time = MUTANT(computation_carries_no_view) ? 0 : sources(w, u);

    set_mask(w->general, u->write_general, time, u->keep);
    set_mask(w->vector, u->write_vector, time, u->keep);
    if (u->write_flags) {
        w->flags = u->keep ? join(w->flags, time) : time;
    }
    if (u->write_system) {
        w->system = join(w->system, time);
    }
}

/* No load is ordered after what a choice was made by, though its address be the
 * choice's result; writes are, which come last here anyway, and what follows an ISB:
 * as after a branch (Arm ARM B2.3.2, "Pick dependency"; pob and IFB-ob of aarch64.cat). */
void views_pick(struct views *w, const struct uses *u, uint32_t picked)
{
    if (!MUTANT(choices_are_no_branches)) {
        w->control = join(w->control, w->flags);
    }
    set_mask(w->general, u->write_general, join_mask(w->general, picked), false);
}

void views_branch(struct views *w, const struct uses *u)
{
    if (!MUTANT(branches_carry_no_view)) {
        w->control = join(w->control, sources(w, u));
    }
    set_mask(w->general, u->write_general, 0, false);
}

void views_barrier(struct views *w, enum barrier_kind kind)
{
    switch (kind) {
    case BARRIER_LOAD:
        w->read_new = MUTANT(load_barrier_raises_no_view)
                          ? w->read_new : join(w->read_new, w->read_old);
        break;
    case BARRIER_FULL:
        w->read_new = join(w->read_new, w->read_old);
        if (!MUTANT(full_barrier_lets_loads_pass_stores)) {
            w->read_new = join(w->read_new, w->write_old);
        }
        break;
    case BARRIER_DONE:
        w->read_new = MUTANT(store_completion_lets_loads_pass)
                          ? w->read_new : join(w->read_new, w->write_old);
        break;
    case BARRIER_INSN:
        w->read_new = MUTANT(insn_barrier_raises_no_view)
                          ? w->read_new : join(w->read_new, w->control);
        break;
    case BARRIER_STORE: /* orders the buffer's stores: vwNew is their order there */
    case BARRIER_NONE:
        break;
    }
}

static unsigned int slot(uint64_t granule)
{
    return (unsigned int)(granule / 8 * 0x9e3779b97f4a7c15ull >> 58);
}

uint64_t views_coherence(const struct views *w, uint64_t phys, unsigned int bytes)
{
    uint64_t all = 0, end = phys + bytes;

    for (uint64_t at = phys; at < end; at = (at | 7) + 1) {
        const struct coherence *c = &w->coherence[slot(at & ~7ull)];
        if (c->granule == (at & ~7ull) + 1) {
            for (uint64_t i = at; i < end && i <= (at | 7); i++) {
                all = join(all, c->time[i & 7]);
            }
        }
    }
    return all;
}

/* A granule that loses its slot is taken as seen up to then by all loads. */
static struct coherence *claim(struct views *w, uint64_t granule)
{
    struct coherence *c = &w->coherence[slot(granule)];

    if (c->granule == granule + 1) {
        return c;
    }
    for (unsigned int i = 0; i < 8; i++) {
        w->read_new = c->granule ? join(w->read_new, c->time[i]) : w->read_new;
        w->unordered = c->granule ? join(w->unordered, c->time[i]) : w->unordered;
        c->time[i] = 0;
    }
    c->granule = granule + 1;
    return c;
}

void views_set_coherence(struct views *w, uint64_t phys, unsigned int bytes,
                         uint64_t time)
{
    uint64_t end = phys + (MUTANT(coherence_is_of_the_first_byte) ? 1 : bytes);

    for (uint64_t at = phys; at < end; at = (at | 7) + 1) {
        struct coherence *c = claim(w, at & ~7ull);
        for (uint64_t i = at; i < end && i <= (at | 7); i++) {
            c->time[i & 7] = join(c->time[i & 7], time);
        }
    }
}

uint64_t views_before_load(const struct views *w, const struct insn *in,
                           uint64_t address)
{
    uint64_t pre = join(address, w->read_new);

    return in->acquire && !MUTANT(acquire_ignores_releases) ? join(pre, w->release) : pre;
}

uint64_t views_unordered(const struct views *w, uint64_t address)
{
    return join(address, w->unordered);
}

void views_after_load(struct views *w, const struct insn *in, uint64_t address,
                      uint64_t post)
{
    w->read_old = join(w->read_old, post);
    w->control = join(w->control, address);
    if ((in->acquire || in->acquire_pc) && !MUTANT(acquire_raises_no_view)) {
        w->read_new = join(w->read_new, post);
    }
}

/* Arm ARM B2.3.7, aarch64.cat's bob: what comes after an acquire sees what it
 * read; an atomic that acquires and releases is a full barrier (not one of the
 * exclusives); one without a result orders no later DMB LD. */
void views_after_atomic(struct views *w, const struct insn *in, uint64_t address,
                        uint64_t read, uint64_t wrote)
{
    bool exclusive = in->op == ATOMIC_LDX || in->op == ATOMIC_STX;

    w->control = join(w->control, address);
    if (in->op != ATOMIC_STX && !in->no_result) {
        w->read_old = join(w->read_old, read);
    }
    w->write_old = join(w->write_old, wrote);
    if (in->release && wrote && !MUTANT(releasing_atomic_is_no_release)) {
        w->release = join(w->release, wrote);
    }
    if (in->acquire && !MUTANT(acquiring_atomic_raises_no_view)) {
        w->read_new = join(w->read_new, read);
    }
    if (in->acquire && in->release && wrote && !exclusive &&
        !MUTANT(atomic_of_both_is_no_barrier)) {
        w->read_new = join(w->read_new, join(w->read_old, w->write_old));
    }
}
