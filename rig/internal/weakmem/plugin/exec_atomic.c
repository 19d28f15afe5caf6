// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Atomics and exclusives. They read the newest value of their location and order
 * what Arm says, nothing else. Where views are kept the emulator does them, so that
 * their writes are in the history; elsewhere QEMU does, after the stores that must
 * come before have left the buffer.
 */
#include "exec_atomic.h"

#include "access.h"
#include "atomic.h"
#include "buffer.h"
#include "counters.h"
#include "doubt.h"
#include "drain.h"
#include "exec.h"
#include "history.h"
#include "insn.h"
#include "isa.h"
#include "look.h"
#include "memory.h"
#include "mutant.h"
#include "pages.h"
#include "plan.h"
#include "policy.h"
#include "sites.h"
#include "stops.h"
#include "trace.h"
#include "track.h"
#include "turns.h"
#include "vcpu.h"
#include "views.h"

#define LOST_MAX 16 /* reservations in a row; then the pair runs natively */

static bool is_exclusive(const struct insn *in)
{
    return in->op == ATOMIC_LDX || in->op == ATOMIC_STX;
}

/* Arm ARM B2.3.7, B2.3.8; a compare and swap that fails is a load. */
static bool is_full(const struct insn *in, bool writes)
{
    return in->acquire && in->release && !is_exclusive(in) && writes;
}

/* The waiting stores that must be visible before this one's accesses are. */
static void before(struct vcpu *v, const struct insn *in, const struct access *a, bool writes)
{
    bool full = is_full(in, writes);

    if (full) {
        drain_ordered(v, in->pc, WHY_ATOMIC);
    } else if (in->acquire) {
        drain_through_release(v, in->pc);
    }
    if (writes) {
        drain_second(v, in->pc, a->phys, 1u << in->size, in->release);
    }
    if (writes && in->release && !full && !MUTANT(releasing_atomic_lets_stores_wait)) {
        drain_all(v, WHY_DOUBT_ATOMIC, in->pc); /* later stores need not have waited */
    }
    if (drain_waiting(v)) {
        drain_before(v, a->phys, 1u << in->size, writes ? ACCESS_STORES : ACCESS_LOADS,
                     WHY_NONE, in->pc);
        v->passed = v->passed || (writes && v->buffer.n);
    }
    if (!writes) {
        drain_loaded(v, in, a);
    }
}

static uint64_t limit_of(struct vcpu *v, const struct insn *in, const struct access *a)
{
    const struct views *w = &v->views[VIEW_HELD];

    return v->tracked ? join(views_before_load(w, in, a->view[VIEW_HELD]),
                             views_coherence(w, a->phys, 1u << in->size))
                      : history_now();
}

/* Under the vCPU's lock: whoever moves the epoch waits for it. */
static bool attempt(struct vcpu *v, const struct insn *in, const struct access *a,
                    bool writes, struct atomic_result *r)
{
    uint64_t operand = isa_read(&v->registers, in->op == ATOMIC_CAS || is_exclusive(in)
                                            ? in->rt : in->rs);
    uint64_t compare = isa_read(&v->registers, in->rs), limit = limit_of(v, in, a);
    bool current;

    vcpu_lock(v);
    current = page_current(a->epoch);
    if (!current) {
    } else if (in->op == ATOMIC_LDX) {
        *r = atomic_load_exclusive(in, a->phys, limit, &v->reservation);
    } else if (in->op == ATOMIC_STX) {
        *r = atomic_store_exclusive(in, a->phys, operand, &v->reservation);
    } else {
        *r = atomic_do(in, a->phys, operand, compare, limit, writes);
    }
    vcpu_unlock(v);
    return current;
}

static void finish(struct vcpu *v, const struct insn *in, const struct access *a,
                   const struct atomic_result *r)
{
    bool is_cas = in->op == ATOMIC_CAS, is_stx = in->op == ATOMIC_STX;
    unsigned int to = is_cas || is_stx ? in->rs : in->rt;
    uint64_t seen = r->wrote ? r->wrote : r->read;

    if (!is_stx) {
        look_note(v, a->phys);
        trace_add(v->index, TRACE_LOAD, in->pc, a->phys, 1u << in->size, r->old, r->read);
    }
    isa_write(&v->registers, to, is_stx ? !r->wrote : r->old);
    for (unsigned int w = 0; v->tracked && w < VIEWS; w++) {
        views_after_atomic(&v->views[w], in, a->view[w], r->read, r->wrote);
        /* No dependency runs from a store, so none through its status. */
        views_set_data(&v->views[w], to, false, is_stx ? 0 : r->read);
        if (seen && !MUTANT(own_atomic_has_no_coherence)) {
            views_set_coherence(&v->views[w], a->phys, 1u << in->size, seen);
        }
    }
    if (in->op != ATOMIC_LDX) {
        v->reservation.valid = false;
        v->reservation.lost = 0;
    }
    if (r->wrote) {
        track_wake_others(v);
    }
    COUNT(v->index, atomics);
    access_skip(v, in, a);
}

/* An exclusive pair to a page that is not known to be writable. QEMU's reservation
 * is by value; what is in the history is known better. */
static void load_exclusive_natively(struct vcpu *v, const struct insn *in,
                                    const struct access *a)
{
    before(v, in, a, false);
    atomic_reserve(in, a->phys, &v->reservation);
    track_late(v, in, a);
}

static bool store_exclusive_fails(struct vcpu *v, const struct insn *in,
                                  const struct access *a)
{
    bool lost;

    history_lock();
    lost = a->state != PAGE_MISS && atomic_is_lost(in, a->phys, &v->reservation);
    history_unlock();
    return lost;
}

/* It is about to run natively, which proves that the page may be written. */
static void probe(struct vcpu *v, const struct insn *in, const struct access *a)
{
    if (in->op != ATOMIC_OTHER && in->op != ATOMIC_LDX && a->state != PAGE_WRITABLE &&
        a->regular) {
        page_probe(v, a->virt, RIGHT_WRITE, in->op == ATOMIC_STX ? in->rs : NO_STATUS);
    }
}

/* What the emulator cannot do itself: newest values, and in doubt be strong. */
static void natively(struct vcpu *v, const struct insn *in, const struct access *a)
{
    enum why why = in->op == ATOMIC_OTHER || a->state == PAGE_WRITABLE
                       ? WHY_DOUBT_ATOMIC : access_doubt(in, a);

    drain_all(v, why, in->pc);
    if (v->tracked) {
        struct access reached = *a;

        if (in->op != ATOMIC_LDX && access_reach(v, &reached)) {
            track_untold(v, reached.phys);
        }
        doubt_strong(v, why, in->pc);
    }
    probe(v, in, a);
}

static bool can_do(const struct vcpu *v, const struct insn *in, const struct access *a)
{
    if (in->op == ATOMIC_OTHER || a->state != PAGE_WRITABLE || !a->regular ||
        memory_has_code(a->phys)) {
        return false;
    }
    return in->op == ATOMIC_LDX ? v->reservation.lost < LOST_MAX
                                : in->op != ATOMIC_STX || !v->reservation.native;
}

/* Whether it would write: a compare and swap by what memory holds now, an exclusive
 * store unless its reservation is lost already. */
static bool would_write(struct vcpu *v, const struct insn *in, const struct access *a)
{
    uint64_t value, mask = in->size == 3 ? ~0ull : (1ull << (8u << in->size)) - 1;

    if (in->op == ATOMIC_STX) {
        return !store_exclusive_fails(v, in, a);
    }
    if (in->op != ATOMIC_CAS) {
        return in->op != ATOMIC_LDX;
    }
    drain_before(v, a->phys, 1u << in->size, ACCESS_LOADS, WHY_NONE, in->pc);
    value = memory_load(a->phys & ~7ull) >> (8 * (a->phys & 7));
    return (value & mask) == (isa_read(&v->registers, in->rs) & mask);
}

/* One without a result may wait as a store does, and one that releases does so behind
 * those that it must follow. Nothing in its thread depends on what it read, no DMB LD
 * orders that (Arm ARM B2.3.7, NoRet of aarch64.cat's bob), and that is read before the
 * write and nothing between them, which holds when both are done as it drains. Does not
 * return where it waits. */
static void let_wait(struct vcpu *v, const struct insn *in, const struct access *a,
                     bool wanted)
{
    unsigned int bytes = 1u << in->size;
    struct store s = {.phys = a->phys, .pc = in->pc, .bytes = (uint8_t)bytes, .op = in->op,
                      .release = in->release && !MUTANT(waiting_atomic_is_no_release)};

    if (!in->no_result || (!wanted && !(in->release && drain_waiting(v)))) {
        return;
    }
    if (!can_do(v, in, a)) {
        if (wanted) {
            drain_note(v, in->pc, access_doubt(in, a));
        }
        return;
    }
    s.value = isa_read(&v->registers, in->rs) & history_mask(0, bytes);
    drain_second(v, in->pc, a->phys, bytes, in->release);
    if (!drain_push(v, a->epoch, &s, 1)) {
        return;
    }
    for (unsigned int w = 0; v->tracked && w < VIEWS; w++) {
        v->views[w].control = join(v->views[w].control, a->view[w]);
    }
    COUNT(v->index, delayed);
    COUNT(v->index, atomics);
    access_skip(v, in, a);
}

/* Does not return where it was done. */
static void emulate(struct vcpu *v, const struct insn *in, const struct access *a)
{
    for (;;) {
        struct atomic_result r = {0};
        bool writes = would_write(v, in, a);

        before(v, in, a, writes);
        if (!attempt(v, in, a, writes, &r)) {
            return;
        }
        if (!r.again) {
            finish(v, in, a, &r);
        }
    }
}

/* Called in an episode. Where views are kept it was done already. */
void exec_atomic(unsigned int index, void *udata)
{
    struct vcpu *v = vcpu_of(index);
    const struct site *site = udata;
    const struct insn *in = exec_insn(v, site);
    struct access a;
    bool wanted;

    if (v->tracked && (plan->mixed || site->scope->role == SCOPE_BODY)) {
        return;
    }
    page_settle(v);
    wanted = in->no_result && policy_delay(v, site->scope->role, in->pc);
    if (in->op == ATOMIC_CLEAR || (!wanted && !drain_waiting(v) && !v->stops.n)) {
        return;
    }
    a = access_resolve(v, in);
    let_wait(v, in, &a, wanted);
    if (in->op == ATOMIC_OTHER || !access_reach(v, &a)) {
        natively(v, in, &a);
        return;
    }
    if (in->op == ATOMIC_CAS && in->release) { /* what it orders depends on its end */
        if (can_do(v, in, &a)) {
            emulate(v, in, &a);
        }
        natively(v, in, &a);
        return;
    }
    before(v, in, &a, in->op != ATOMIC_LDX);
    probe(v, in, &a);
}

void exec_body_atomic(unsigned int index, void *udata)
{
    struct vcpu *v = vcpu_of(index);
    const struct site *site = udata;
    const struct insn *in = exec_insn(v, site);
    struct access a;

    if (!track_settle(v, in->pc)) {
        return;
    }
    if (in->op == ATOMIC_CLEAR) {
        v->reservation.valid = false;
        return;
    }
    turns_take(v, false);
    policy_pause(v);
    a = access_resolve(v, in);
    let_wait(v, in, &a, in->no_result && policy_delay(v, site->scope->role, in->pc));
    if (can_do(v, in, &a)) {
        emulate(v, in, &a);
    }
    if (in->op == ATOMIC_LDX && access_reach(v, &a)) {
        load_exclusive_natively(v, in, &a);
        return;
    }
    if (in->op == ATOMIC_STX && store_exclusive_fails(v, in, &a)) {
        finish(v, in, &a, &(struct atomic_result){0});
    }
    natively(v, in, &a);
    v->reservation.valid = v->reservation.native = false;
}
