// SPDX-License-Identifier: GPL-2.0-or-later
/* Loads: from the own buffer, from the history, or natively. */
#include "history.h"
#include "mutant.h"
#include "vcpu.h"

static uint64_t extend(const struct insn *in, uint64_t value)
{
    unsigned int unused = 64 - (8u << in->size);

    if (!in->sign) {
        return value;
    }
    value = (uint64_t)((int64_t)(value << unused) >> unused);
    return in->to64 ? value : (uint32_t)value;
}

static unsigned int element_bytes(const struct insn *in)
{
    return 1u << in->size;
}

/* Takes every element from the buffer; false when not all are exactly there. */
static bool forward(struct vcpu *v, const struct insn *in,
                    const struct access *a)
{
    const struct store *s[2] = {NULL, NULL};

    for (unsigned int i = 0; i < in->elements; i++) {
        if (buffer_lookup(&v->buffer, a->phys + i * element_bytes(in),
                          element_bytes(in), &s[i]) != COVER_EXACT) {
            return false;
        }
    }
    for (unsigned int i = 0; i < in->elements; i++) {
        unsigned int rt = i ? in->rt2 : in->rt;

        register_write(v, rt, extend(in, s[i]->value));
        if (v->tracked) {
            views_set_data(&v->views, rt, false, s[i]->view);
            views_after_load(&v->views, in, a->view, s[i]->view);
        }
    }
    return true;
}

/* The page is known, or is made known; false: the load must be strong. */
static bool reach(struct vcpu *v, struct access *a)
{
    if (a->state == PAGE_MISS && a->regular && page_walk(v, a->virt, &a->phys, &a->epoch)) {
        a->state = PAGE_READABLE;
    }
    return a->state != PAGE_MISS && a->regular;
}

/* Deals with the own waiting stores; skips the load when they hold all of it. */
static void from_buffer(struct vcpu *v, const struct insn *in,
                        const struct access *a)
{
    bool forwarded;

    if (!drain_waiting(v)) {
        return;
    }
    vcpu_lock(v);
    forwarded = !in->simd && forward(v, in, a);
    vcpu_unlock(v);
    if (forwarded) {
        COUNT(v->index, forwarded);
        access_skip(v, in, a);
    }
    if (!MUTANT(9)) {
        drain_overlapping(v, a->phys, in->elements * element_bytes(in));
    }
}

/* Called while stores wait. A body that is tracked did it already. */
void exec_load(unsigned int index, void *udata)
{
    struct vcpu *v = &vcpus[index];
    const struct insn *in = &((const struct site *)udata)->insn;
    struct access a;

    if (v->tracked) {
        return;
    }
    page_settle(v);
    a = access_resolve(v, in);
    if (!reach(v, &a)) {
        drain_all(v, COUNTER_strongDrains);
        return;
    }
    if (in->acquire && !MUTANT(5)) {
        drain_through_release(v);
    }
    from_buffer(v, in, &a);
}

struct choice {
    uint64_t phys, value, time;
    bool old;
};

/* One element: which write it reads. The history's lock is held. */
static struct choice choose(struct vcpu *v, uint64_t phys, uint64_t pre)
{
    struct version version[VERSIONS_MAX];
    struct choice c = {.phys = phys};
    uint64_t granule = phys & ~7ull;
    uint64_t seen = MUTANT(6) ? 0 : views_coherence(&v->views, granule);
    uint64_t limit = join(pre, seen);
    unsigned int n = history_versions(granule, limit, version), pick = 0;

    if (n > 1) {
        COUNT(v->index, choices);
        if (policy_stale(v)) {
            /* Half the time the oldest: the largest reordering. */
            pick = policy_random(v) & 1 ? n - 1 : 1 + policy_random(v) % (n - 1);
        }
    }
    c.value = version[pick].value >> (8 * (phys & 7));
    c.time = version[pick].time;
    c.old = pick > 0;
    return c;
}

static uint64_t cut(uint64_t value, unsigned int bytes)
{
    return bytes == 8 ? value : value & ((1ull << 8 * bytes) - 1);
}

/* The emulator does the load: registers, views, skip. */
static void perform(struct vcpu *v, const struct insn *in,
                    const struct access *a, const struct choice *c)
{
    for (unsigned int i = 0; i < in->elements; i++) {
        unsigned int rt = i ? in->rt2 : in->rt;

        trace_add(v->index, c[i].old ? TRACE_STALE : TRACE_LOAD, in->pc, c[i].phys,
                  element_bytes(in), cut(c[i].value, element_bytes(in)), c[i].time);
        register_write(v, rt, extend(in, cut(c[i].value, element_bytes(in))));
        views_set_data(&v->views, rt, false, c[i].time);
        views_set_coherence(&v->views, c[i].phys & ~7ull, c[i].time);
        views_after_load(&v->views, in, a->view, c[i].time);
        if (c[i].old) {
            COUNT(v->index, staleLoads);
        }
    }
    access_skip(v, in, a);
}

static void from_history(struct vcpu *v, const struct insn *in,
                         const struct access *a)
{
    uint64_t pre = views_before_load(&v->views, in, a->view);
    struct choice c[2];
    bool old = false;

    history_lock();
    for (unsigned int i = 0; i < in->elements; i++) {
        c[i] = choose(v, a->phys + i * element_bytes(in), pre);
        old = old || c[i].old;
    }
    history_unlock();
    if (!page_current(a->epoch)) {
        track_strong(v); /* the page went while it was looked up */
        return;
    }
    if (!in->simd && (old || policy_exact(v))) {
        perform(v, in, a, c);
    }
    v->late.insn = in;
    v->late.address = a->view;
    for (unsigned int i = 0; i < in->elements; i++) {
        v->late.phys[i] = c[i].phys;
    }
}

/* A body's load while other vCPUs write. */
void exec_body_load(unsigned int index, void *udata)
{
    struct vcpu *v = &vcpus[index];
    const struct insn *in = &((const struct site *)udata)->insn;
    struct access a;

    track_settle(v);
    COUNT(index, loads);
    policy_turn(v, false);
    policy_pause(v);
    a = access_resolve(v, in);
    if (!reach(v, &a) || (writes_back(in) && in->rt == in->rn)) {
        drain_all(v, COUNTER_strongDrains);
        track_strong(v);
        return;
    }
    if (in->acquire && !MUTANT(5)) {
        drain_through_release(v);
    }
    from_buffer(v, in, &a);
    track_remote(v); /* a store that was in the buffer a moment ago */
    from_history(v, in, &a);
}
