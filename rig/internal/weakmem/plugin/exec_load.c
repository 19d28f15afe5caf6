// SPDX-License-Identifier: GPL-2.0-or-later
/* Loads: from the own buffer, or natively; exec_history.c does the rest. */
#include "exec_load.h"

#include "access.h"
#include "buffer.h"
#include "counters.h"
#include "drain.h"
#include "exec.h"
#include "history.h"
#include "insn.h"
#include "isa.h"
#include "mutant.h"
#include "pages.h"
#include "plan.h"
#include "sites.h"
#include "vcpu.h"
#include "views.h"

uint64_t load_extend(const struct insn *in, uint64_t value)
{
    unsigned int unused = 64 - (8u << in->size);

    if (!in->sign) {
        return value;
    }
    value = (uint64_t)((int64_t)(value << unused) >> unused);
    return in->to64 ? value : (uint32_t)value;
}

/* One element of what was read, into its register. A load has seen all that bound
 * it, the value's origin apart: of an own waiting store, what that depended on. */
static void take(struct vcpu *v, const struct insn *in, const struct access *a,
                 unsigned int i, uint64_t value, const struct store *from)
{
    unsigned int rt = i ? in->rt2 : in->rt;

    isa_write(&v->registers, rt, load_extend(in, value));
    for (unsigned int w = 0; v->tracked && w < VIEWS; w++) {
        uint64_t pre = views_before_load(&v->views[w], in, a->view[w]);
        uint64_t post = MUTANT(forwarded_value_has_no_view)
                            ? from->view[w] : join(pre, from->view[w]);

        views_set_data(&v->views[w], rt, false, post);
        views_after_load(&v->views[w], in, a->view[w], post);
    }
}

/* Bytes of a waiting store, of which a load may take a part: each byte is a location of
 * its own (Arm ARM B2.2), and all of them were read from the own store. */
static uint64_t part_of(const struct store *s, uint64_t phys, unsigned int bytes)
{
    unsigned int at = (unsigned int)(phys - s->phys);
    uint64_t value = at < 8 ? s->value >> 8 * at : s->high >> 8 * (at - 8);

    if (at > 0 && at < 8) {
        value |= s->high << 8 * (8 - at);
    }
    return MUTANT(part_of_a_waiting_store_is_all) ? value : value & history_mask(0, bytes);
}

/* Takes every element from the buffer; false when not each is in one store. */
static bool forward(struct vcpu *v, const struct insn *in,
                    const struct access *a)
{
    unsigned int bytes = 1u << in->size, parts = a->single ? 1 : in->elements;
    const struct store *s[2] = {NULL, NULL};

    for (unsigned int i = 0; i < parts; i++) {
        if (buffer_lookup(&v->buffer, a->phys + i * bytes,
                          a->single ? 2 * bytes : bytes, &s[i]) != COVER_WHOLE) {
            return false;
        }
    }
    for (unsigned int i = 0; i < in->elements; i++) {
        const struct store *from = s[a->single ? 0 : i]; /* both elements are in it */

        take(v, in, a, i, part_of(from, a->phys + i * bytes, bytes), from);
    }
    return true;
}

void load_from_buffer(struct vcpu *v, const struct insn *in,
                      const struct access *a)
{
    bool forwarded;

    if (!drain_waiting(v)) {
        return;
    }
    vcpu_lock(v);
    forwarded = !in->simd && forward(v, in, a);
    if (!forwarded && !in->own) {
        buffer_read_past(&v->buffer);
    }
    vcpu_unlock(v);
    if (forwarded) {
        COUNT(v->index, forwarded);
        access_skip(v, in, a);
    }
    if (!MUTANT(partial_overlap_drains_nothing)) {
        drain_before(v, a->phys, in->elements << in->size, ACCESS_LOADS,
                     in->simd ? WHY_DOUBT_SIMD : WHY_DOUBT_PARTIAL, in->pc);
    }
}

/* A copy's loads are none, as its stores are none. */
static void tell(struct vcpu *v, const struct site *site, const struct insn *in,
                 const struct access *a)
{
    if (plan->mixed || site->scope->role != SCOPE_CALLEE) {
        drain_loaded(v, in, a);
    }
}

/* Called where stores came before in this episode. Where views are kept it was done already. */
void exec_load(unsigned int index, void *udata)
{
    struct vcpu *v = vcpu_of(index);
    const struct site *site = udata;
    const struct insn *in = exec_insn(v, site);
    struct access a;

    if (v->tracked && (plan->mixed || site->scope->role == SCOPE_BODY) &&
        !MUTANT(callees_keep_no_views)) {
        return;
    }
    page_settle(v);
    a = access_resolve(v, in);
    if (!access_reach(v, &a)) {
        drain_all(v, access_doubt(in, &a), in->pc);
        tell(v, site, in, &a);
        access_probe(v, in, &a);
        return;
    }
    if (in->acquire && !MUTANT(acquire_lets_releases_wait)) {
        drain_through_release(v, in->pc);
    }
    load_from_buffer(v, in, &a);
    tell(v, site, in, &a);
}
