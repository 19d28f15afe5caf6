// SPDX-License-Identifier: GPL-2.0-or-later
#include "access.h"

#include "insn.h"
#include "isa.h"
#include "memory.h"
#include "mutant.h"
#include "pages.h"
#include "sites.h"
#include "vcpu.h"
#include "views.h"

static void find_views(struct vcpu *v, const struct insn *in, struct access *a)
{
    for (unsigned int w = 0; w < VIEWS; w++) {
        if (in->mode != ADDR_LITERAL) {
            a->view[w] = views_data(&v->views[w], in->rn, false);
        }
        if (in->mode == ADDR_REGISTER && !MUTANT(addresses_carry_no_view)) {
            a->view[w] = join(a->view[w], views_data(&v->views[w], in->rm, false));
        }
    }
}

struct access access_resolve(struct vcpu *v, const struct insn *in)
{
    struct access a = {0};
    uint64_t bytes = (uint64_t)in->elements << in->size;
    uint64_t base = in->mode == ADDR_LITERAL ? in->pc : isa_read(&v->registers, in->rn);

    find_views(v, in, &a);
    a.after = base + (uint64_t)in->imm;
    if (in->mode == ADDR_REGISTER) {
        a.virt = base + index_offset(in, isa_read(&v->registers, in->rm));
    } else {
        a.virt = in->mode == ADDR_POST ? base : a.after;
    }
    a.regular = in->size <= 3 && !(a.virt & ((1ull << in->size) - 1)) &&
                (a.virt & (PAGE_BYTES - 1)) + bytes <= PAGE_BYTES;
    /* FEAT_LSE2: Arm ARM B2.2.1 */
    a.single = in->elements == 2 && !in->simd && a.regular &&
               (a.virt & 15) + bytes <= 16 && isa_pairs_are_single(&v->registers) &&
               !MUTANT(pairs_are_never_single);
    a.user = in->unprivileged;
    a.state = page_lookup(v, a.virt, a.user, &a.phys, &a.epoch);
    return a;
}

bool access_find(struct vcpu *v, struct access *a)
{
    return a->regular && (a->state != PAGE_MISS || page_walk(v, a->virt, &a->phys, &a->epoch));
}

/* A walk does not tell what the user may. */
bool access_reach(struct vcpu *v, struct access *a)
{
    if (a->state == PAGE_MISS && !a->user && access_find(v, a)) {
        a->state = PAGE_READABLE;
    }
    return a->state != PAGE_MISS && a->regular;
}

void access_probe(struct vcpu *v, const struct insn *in, const struct access *a)
{
    bool writes = in->cls == INSN_STORE;

    if (!a->regular || a->state == (writes ? PAGE_WRITABLE : PAGE_READABLE)) {
        return;
    }
    if (in->unprivileged) {
        page_probe(v, a->virt, RIGHT_USER_READ | (writes ? RIGHT_USER_WRITE : 0), NO_STATUS);
    } else if (writes) {
        page_probe(v, a->virt, RIGHT_WRITE, NO_STATUS);
    }
}

enum why access_doubt(const struct insn *in, const struct access *a)
{
    if (in->simd) {
        return WHY_DOUBT_SIMD;
    }
    if (!a->regular) {
        return WHY_DOUBT_UNALIGNED;
    }
    if (a->user && a->state == PAGE_MISS) {
        return WHY_DOUBT_UNPRIVILEGED;
    }
    if (a->state != PAGE_MISS && memory_has_code(a->phys)) {
        return WHY_DOUBT_CODE;
    }
    return a->state == PAGE_WRITABLE ? WHY_DOUBT_UNKNOWN : WHY_DOUBT_PAGE;
}

void access_skip(struct vcpu *v, const struct insn *in, const struct access *a)
{
    if (writes_back(in)) {
        isa_write(&v->registers, in->rn, a->after);
    }
    qemu_plugin_set_pc(in->next);
}
