// SPDX-License-Identifier: GPL-2.0-or-later
/* A body's loads while other vCPUs write: which write each reads. */
#include "exec_history.h"

#include "access.h"
#include "chance.h"
#include "counters.h"
#include "doubt.h"
#include "drain.h"
#include "exec.h"
#include "exec_load.h"
#include "history.h"
#include "insn.h"
#include "isa.h"
#include "load_order.h"
#include "look.h"
#include "mutant.h"
#include "pages.h"
#include "policy.h"
#include "samples.h"
#include "sites.h"
#include "trace.h"
#include "track.h"
#include "turns.h"
#include "vcpu.h"
#include "views.h"

struct choice {
    uint64_t phys, value, time;
    bool old;
    bool early; /* the newest value, found before: it may be taken as of then */
};

/* The bytes of one granule that are loaded at once. */
struct part {
    uint64_t phys, granule, mask;
    unsigned int bytes;
};

static struct part part_at(uint64_t phys, unsigned int bytes)
{
    return (struct part){phys, phys & ~7ull, history_mask(phys, bytes), bytes};
}

/* What may bound a load: either kind of views, or these without what instructions raised
 * that order loads. */
enum { LIMIT_HELD = VIEW_HELD, LIMIT_SURE = VIEW_SURE, LIMIT_UNORDERED = VIEWS, LIMITS };

/* What bounds a part's choice. */
static void limits(struct vcpu *v, const struct part *p, const uint64_t pre[LIMITS],
                   uint64_t out[LIMITS])
{
    for (unsigned int i = 0; i < LIMITS; i++) {
        const struct views *w = &v->views[i == LIMIT_HELD ? VIEW_HELD : VIEW_SURE];

        out[i] = join(pre[i], MUTANT(loads_ignore_coherence)
                                  ? 0 : views_coherence(w, p->phys, p->bytes));
    }
}

/* What a load of the part may read, the newest first. */
static unsigned int versions(struct vcpu *v, const struct insn *in, const struct part *p,
                             uint64_t limit, struct version out[VERSIONS_MAX])
{
    unsigned int n = history_versions(p->granule, p->mask, limit, out);
    bool news = !out[0].exact && !out[0].found;
    uint64_t time = out[0].time;

    n = samples_merge(&v->samples, p->granule, p->mask, limit, out, n);
    if (!out[0].exact) {
        samples_note(&v->samples, in->pc, p->granule);
    }
    if (news && out[0].time == time) {
        samples_add(&v->samples, p->granule, out[0].value, time);
    }
    return n;
}

/* Counts by site which loads this one could pass, and which instructions keep it from that. */
static void tell_order(struct vcpu *v, const struct insn *in, const struct part *p,
                       const uint64_t limit[LIMITS])
{
    uint64_t least = limit[LIMIT_UNORDERED];
    struct version version[VERSIONS_MAX];
    unsigned int n;

    if (v->load_order.read_old <= least) {
        return; /* no earlier load has seen what this one need not */
    }
    n = history_versions(p->granule, p->mask, least, version);
    n = samples_merge(&v->samples, p->granule, p->mask, least, version, n);
    load_order_tell(&v->load_order, in->pc, version, n, limit[LIMIT_HELD], limit[LIMIT_SURE]);
}

/* Counts by site whether there was a choice, or what hid one. */
static void tell(struct vcpu *v, const struct insn *in, const struct part *p,
                 const uint64_t limit[LIMITS], unsigned int n)
{
    struct version version[VERSIONS_MAX];

    if (!sites_on()) {
        return;
    }
    if (n > 1) {
        sites_add(0, 0, in->pc, WHY_CHOICE);
    } else if (history_overwritten(p->granule, p->mask, limit[LIMIT_SURE])) {
        sites_add(0, in->pc, in->pc, WHY_DOUBT_WRITER);
    } else if (limit[LIMIT_SURE] < limit[LIMIT_HELD] &&
               history_versions(p->granule, p->mask, limit[LIMIT_SURE], version) > n) {
        sites_add(0, v->doubt_pc, in->pc, v->doubt);
    }
    tell_order(v, in, p, limit);
}

/* Which of n, the newest first. */
static unsigned int draw(struct vcpu *v, unsigned int n)
{
    if (n < 2) {
        return 0;
    }
    COUNT(v->index, choices);
    if (!policy_stale(v)) {
        return 0;
    }
    /* Half the time the oldest: the largest reordering. */
    return chance_below(v, 2) ? n - 1 : 1 + (unsigned int)chance_below(v, n - 1);
}

/* Who reads the first half of a write to two granules has seen the whole of it. */
static uint64_t time_of(const struct version *read)
{
    return read->time + (read->split && !MUTANT(halves_are_seen_apart));
}

/* At most a granule. The history's lock is held. */
static struct choice choose(struct vcpu *v, const struct insn *in, struct part p,
                            const uint64_t pre[LIMITS])
{
    struct version version[VERSIONS_MAX];
    uint64_t limit[LIMITS];
    unsigned int n, pick;

    limits(v, &p, pre, limit);
    n = versions(v, in, &p, limit[LIMIT_HELD], version);
    tell(v, in, &p, limit, n);
    pick = draw(v, n);
    return (struct choice){
        .phys = p.phys, .value = version[pick].value >> (8 * (p.phys & 7)),
        .time = time_of(&version[pick]), .old = pick > 0,
        .early = !version[pick].exact && version[pick].found};
}

/* Both elements of a pair that is one access to one granule. */
static void choose_united(struct vcpu *v, const struct insn *in, uint64_t phys,
                          const uint64_t pre[LIMITS], struct choice c[2])
{
    c[0] = c[1] = choose(v, in, part_at(phys, 8), pre);
    c[1].phys += 4;
    c[1].value >>= 32;
}

/* ... to two granules. */
static void choose_pair(struct vcpu *v, const struct insn *in, uint64_t phys,
                        const uint64_t pre[LIMITS], struct choice c[2])
{
    struct version version[2 * VERSIONS_MAX][2];
    uint64_t limit[LIMITS], held[2], mask[2];
    unsigned int n, pick, bytes = 1u << in->size;
    struct part p;

    for (unsigned int i = 0; i < 2; i++) {
        p = part_at(phys + i * bytes, bytes);
        limits(v, &p, pre, limit);
        held[i] = limit[LIMIT_HELD];
        mask[i] = p.mask;
    }
    n = history_pairs(phys & ~15ull, mask, held, version, 2 * VERSIONS_MAX);
    tell(v, in, &p, limit, n);
    pick = draw(v, n);
    for (unsigned int i = 0; i < 2; i++) {
        const uint64_t at = phys + i * bytes;
        const struct version *from = &version[pick][at >> 3 & 1];

        c[i] = (struct choice){
            .phys = at, .value = from->value >> (8 * (at & 7)), .old = pick > 0,
            .time = join(version[pick][0].time, version[pick][1].time)};
    }
}

static uint64_t cut(uint64_t value, unsigned int size)
{
    return size == 3 ? value : value & ((1ull << (8u << size)) - 1);
}

/* The emulator does the load: registers, views, skip. */
static void perform(struct vcpu *v, const struct insn *in,
                    const struct access *a, const struct choice *c)
{
    for (unsigned int i = 0; i < in->elements; i++) {
        unsigned int rt = i ? in->rt2 : in->rt;
        uint64_t value = cut(c[i].value, in->size);

        look_note(v, c[i].phys);
        trace_add(v->index, c[i].old ? TRACE_STALE : TRACE_LOAD, in->pc, c[i].phys,
                  1u << in->size, value, c[i].time);
        isa_write(&v->registers, rt, load_extend(in, value));
        for (unsigned int w = 0; w < VIEWS; w++) {
            views_set_data(&v->views[w], rt, false, c[i].time);
            views_set_coherence(&v->views[w], c[i].phys, 1u << in->size, c[i].time);
            views_after_load(&v->views[w], in, a->view[w], c[i].time);
        }
        if (c[i].old) {
            COUNT(v->index, staleLoads);
        }
    }
    access_skip(v, in, a);
}

/* Says whether it matters that the emulator does the load: QEMU reads the newest,
 * as of now. */
static bool choose_all(struct vcpu *v, const struct insn *in,
                       const struct access *a, struct choice c[2])
{
    uint64_t pre[LIMITS];

    for (unsigned int w = 0; w < VIEWS; w++) {
        pre[w] = views_before_load(&v->views[w], in, a->view[w]);
    }
    pre[LIMIT_UNORDERED] = views_unordered(&v->views[VIEW_SURE], a->view[VIEW_SURE]);
    history_lock();
    if (a->single && in->size == 2 && !(a->phys & 7)) {
        choose_united(v, in, a->phys, pre, c);
    } else if (a->single) {
        choose_pair(v, in, a->phys, pre, c);
    } else {
        for (unsigned int i = 0; i < in->elements; i++) {
            c[i] = choose(v, in, part_at(a->phys + (i << in->size), 1u << in->size), pre);
        }
    }
    history_unlock();
    if (in->elements == 1) {
        c[1] = c[0];
    }
    return c[0].old || c[1].old || ((c[0].early || c[1].early) && policy_stale(v));
}

static void from_history(struct vcpu *v, const struct insn *in,
                         const struct access *a)
{
    struct choice c[2];
    bool matters = choose_all(v, in, a, c);

    if (!page_current(a->epoch)) {
        doubt_strong(v, WHY_DOUBT_MAINTENANCE, in->pc); /* the page went meanwhile */
        return;
    }
    if (!in->simd && (matters || policy_exact(v))) {
        perform(v, in, a, c);
    }
    track_late(v, in, a);
}

void exec_body_load(unsigned int index, void *udata)
{
    struct vcpu *v = vcpu_of(index);
    const struct insn *in = exec_insn(v, udata);
    struct access a;

    if (!track_settle(v, in->pc)) {
        return;
    }
    COUNT(index, loads);
    turns_take(v, false);
    policy_pause(v);
    policy_await(v);
    a = access_resolve(v, in);
    if (!access_reach(v, &a) || (writes_back(in) && in->rt == in->rn)) {
        drain_all(v, access_doubt(in, &a), in->pc);
        doubt_strong(v, access_doubt(in, &a), in->pc);
        drain_loaded(v, in, &a);
        access_probe(v, in, &a);
        return;
    }
    if (in->acquire && !MUTANT(acquire_lets_releases_wait)) {
        drain_through_release(v, in->pc);
    }
    load_from_buffer(v, in, &a);
    drain_loaded(v, in, &a);
    doubt_remote(v); /* a store that was in the buffer a moment ago */
    from_history(v, in, &a);
}
