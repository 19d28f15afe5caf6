// SPDX-License-Identifier: GPL-2.0-or-later
#include "mutant.h"
#include "vcpu.h"

static uint64_t index_value(struct vcpu *v, const struct insn *in)
{
    uint64_t value = register_read(v, in->rm);

    if (in->extend == 2) {
        value = (uint32_t)value;
    } else if (in->extend == 6) {
        value = (uint64_t)(int64_t)(int32_t)value;
    }
    return value << in->shift;
}

struct access access_resolve(struct vcpu *v, const struct insn *in)
{
    struct access a = {0};
    uint64_t bytes = (uint64_t)in->elements << in->size;
    uint64_t base = in->pc;

    if (in->mode != ADDR_LITERAL) {
        base = register_read_base(v, in->rn);
        a.view = views_base(&v->views, in->rn);
    }
    a.after = base + (uint64_t)in->imm;
    if (in->mode == ADDR_REGISTER) {
        a.virt = base + index_value(v, in);
        if (!MUTANT(1)) {
            a.view = join(a.view, views_data(&v->views, in->rm, false));
        }
    } else {
        a.virt = in->mode == ADDR_POST ? base : a.after;
    }
    a.regular = in->size <= 3 && !(a.virt & ((1ull << in->size) - 1)) &&
                (a.virt & (PAGE_BYTES - 1)) + bytes <= PAGE_BYTES;
    a.state = page_lookup(v, a.virt, &a.phys, &a.epoch);
    return a;
}

void access_skip(struct vcpu *v, const struct insn *in, const struct access *a)
{
    if (writes_back(in)) {
        register_write_base(v, in->rn, a->after);
    }
    qemu_plugin_set_pc(in->pc + 4);
}
