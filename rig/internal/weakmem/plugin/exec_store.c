// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Stores. A delayed store is put into the buffer and skipped. In a body every
 * store goes through the buffer, so that other vCPUs' loads know of it; in
 * callers and callees those that are not delayed run natively, which is cheaper.
 */
#include "exec_store.h"

#include "access.h"
#include "buffer.h"
#include "counters.h"
#include "doubt.h"
#include "drain.h"
#include "exec.h"
#include "insn.h"
#include "isa.h"
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

static bool can_buffer(const struct insn *in, const struct access *a)
{
    return a->state == PAGE_WRITABLE && a->regular && !in->simd &&
           !memory_has_code(a->phys) &&
           !(writes_back(in) && (in->rt == in->rn ||
                                 (in->elements == 2 && in->rt2 == in->rn)));
}

/* The bytes that are stored. */
static uint64_t low_bytes(uint64_t value, unsigned int size)
{
    return size == 3 ? value : value & ((1ull << (8u << size)) - 1);
}

static void fill(struct vcpu *v, const struct insn *in, const struct access *a,
                 unsigned int i, struct store *s)
{
    unsigned int rt = i ? in->rt2 : in->rt;

    *s = (struct store){.bytes = (uint8_t)(1u << in->size), .pc = in->pc};
    s->phys = a->phys + i * (1u << in->size);
    s->value = low_bytes(isa_read(&v->registers, rt), in->size);
    s->release = in->release;
    for (unsigned int w = 0; w < VIEWS; w++) {
        s->view[w] = join(a->view[w], views_data(&v->views[w], rt, false));
    }
}

/* A pair that is one access becomes one entry. */
static void unite(struct store s[2])
{
    if (s[0].bytes == 8) {
        s[0].high = s[1].value;
    } else {
        s[0].value |= s[1].value << 32;
    }
    s[0].bytes *= 2;
    for (unsigned int w = 0; w < VIEWS; w++) {
        s[0].view[w] = join(s[0].view[w], s[1].view[w]);
    }
}

static bool push(struct vcpu *v, const struct insn *in, const struct access *a)
{
    struct store s[2];

    for (unsigned int i = 0; i < in->elements; i++) {
        fill(v, in, a, i, &s[i]);
    }
    if (a->single) {
        unite(s);
    }
    return drain_push(v, a->epoch, s, a->single ? 1 : in->elements);
}

/* Of one that runs natively: nothing may wait for what cannot be told apart from it, and
 * a release comes after all. */
static bool drains_all(const struct insn *in, const struct access *a)
{
    return in->release || a->state == PAGE_MISS || !a->regular;
}

/* Other stores wait and this one is about to become visible. */
static void overtake(struct vcpu *v, const struct insn *in,
                     const struct access *a, enum scope_role role)
{
    if (drains_all(in, a)) {
        drain_all(v, access_doubt(in, a), in->pc);
        return;
    }
    drain_before(v, a->phys, in->elements << in->size, ACCESS_STORES, WHY_NONE, in->pc);
    if (v->buffer.n) {
        /* That one part of a copy overtook another is no window to widen. */
        v->passed = v->passed || role != SCOPE_CALLEE;
        COUNT(v->index, passed);
    }
}

static void trace_native(struct vcpu *v, const struct insn *in,
                         const struct access *a)
{
    if (!trace_on() || in->simd || a->state == PAGE_MISS) {
        return;
    }
    for (unsigned int i = 0; i < in->elements; i++) {
        trace_add(v->index, TRACE_STORE, in->pc, a->phys + i * (1u << in->size),
                  1u << in->size, isa_read(&v->registers, i ? in->rt2 : in->rt), 0);
    }
}

static void run_natively(struct vcpu *v, const struct insn *in,
                         const struct access *a, enum scope_role role)
{
    if (drain_waiting(v)) {
        overtake(v, in, a, role);
        trace_native(v, in, a);
    } else if (drains_all(in, a) && !can_buffer(in, a)) {
        drain_doubt(v, access_doubt(in, a), in->pc);
    }
    access_probe(v, in, a);
    if (v->tracked) {
        struct access found = *a;

        if (access_find(v, &found)) {
            track_untold(v, found.phys);
        }
        doubt_strong(v, access_doubt(in, a), in->pc); /* an own write without a timestamp */
    }
}

/* This store comes after those before it, unless it is one of a copy's. */
static void second(struct vcpu *v, const struct insn *in, const struct access *a,
                 enum scope_role role)
{
    bool known = a->state != PAGE_MISS && a->regular;

    if (role == SCOPE_CALLEE && !plan->mixed) {
        return;
    }
    drain_second(v, in->pc, a->phys, known ? in->elements << in->size : 0, in->release);
}

/* A store-release may wait behind those that it must follow; what comes after it
 * does not have to. */
static bool may_follow(struct vcpu *v, const struct insn *in)
{
    return in->release && drain_waiting(v);
}

static void body_store(struct vcpu *v, const struct insn *in,
                       const struct access *a, bool wanted, enum scope_role role)
{
    bool waits = may_follow(v, in);

    if (v->tracked) {
        for (unsigned int w = 0; w < VIEWS; w++) {
            v->views[w].control = join(v->views[w].control, a->view[w]);
        }
    }
    second(v, in, a, role);
    if (!can_buffer(in, a) || !push(v, in, a)) {
        if (wanted) {
            drain_note(v, in->pc, access_doubt(in, a));
        }
        run_natively(v, in, a, role);
        return;
    }
    if (wanted || waits) {
        COUNT(v->index, delayed);
    } else {
        drain_before(v, a->phys, in->elements << in->size, ACCESS_STORES, WHY_NONE, in->pc);
        v->passed = v->passed || v->buffer.n;
    }
    access_skip(v, in, a);
}

static void other_store(struct vcpu *v, const struct insn *in, bool wanted,
                        enum scope_role role)
{
    bool waits = may_follow(v, in);
    struct access a;

    if (!wanted && !drain_waiting(v) && !v->stops.n) {
        return;
    }
    a = access_resolve(v, in);
    second(v, in, &a, role);
    if ((waits || wanted) && can_buffer(in, &a) && push(v, in, &a)) {
        count_add(v->index, COUNTER_delayed, in->elements);
        access_skip(v, in, &a);
    }
    if (wanted) {
        drain_note(v, in->pc, access_doubt(in, &a));
    }
    run_natively(v, in, &a, role);
}

void exec_store(unsigned int index, void *udata)
{
    struct vcpu *v = vcpu_of(index);
    const struct site *site = udata;
    const struct insn *in = exec_insn(v, site);
    enum scope_role role = site->scope->role;
    bool wanted = policy_delay(v, role, in->pc);

    COUNT(index, stores);
    if (role == SCOPE_BODY || plan->mixed) {
        struct access a;

        if (!v->tracked || !track_settle(v, in->pc)) {
            page_settle(v);
        }
        turns_take(v, false);
        a = access_resolve(v, in);
        body_store(v, in, &a, wanted, role);
    } else {
        page_settle(v);
        other_store(v, in, wanted, role);
    }
}
