// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Stores. A delayed store is put into the buffer and skipped. In a body every
 * store goes through the buffer, so that other vCPUs' loads know of it; in
 * callers and callees those that are not delayed run natively, which is cheaper.
 */
#include "mutant.h"
#include "vcpu.h"

static bool can_buffer(const struct insn *in, const struct access *a)
{
    return a->state == PAGE_WRITABLE && a->regular && !in->simd &&
           !memory_has_code(a->phys) &&
           !(writes_back(in) && (in->rt == in->rn ||
                                 (in->elements == 2 && in->rt2 == in->rn)));
}

/* The bytes that are stored: what is forwarded must not hold more. */
static uint64_t low_bytes(uint64_t value, unsigned int size)
{
    return size == 3 || MUTANT(22) ? value : value & ((1ull << (8u << size)) - 1);
}

static bool push(struct vcpu *v, const struct insn *in, const struct access *a)
{
    struct store s[2];

    for (unsigned int i = 0; i < in->elements; i++) {
        unsigned int rt = i ? in->rt2 : in->rt;

        s[i].bytes = (uint8_t)(1u << in->size);
        s[i].phys = a->phys + i * (1u << in->size);
        s[i].value = low_bytes(register_read(v, rt), in->size);
        s[i].pc = in->pc;
        s[i].view = join(a->view, views_data(&v->views, rt, false));
        s[i].release = in->release;
    }
    return drain_push(v, a->epoch, s, in->elements);
}

/* Other stores wait and this one is about to become visible. */
static void overtake(struct vcpu *v, const struct insn *in,
                     const struct access *a, enum scope_role role)
{
    if (in->release) {
        drain_all(v, COUNTER_barrierDrains);
        return;
    }
    if (a->state == PAGE_MISS || !a->regular) {
        drain_all(v, COUNTER_strongDrains);
        return;
    }
    drain_overlapping(v, a->phys, in->elements << in->size);
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
                  1u << in->size, register_read(v, i ? in->rt2 : in->rt), 0);
    }
}

static void run_natively(struct vcpu *v, const struct insn *in,
                         const struct access *a, enum scope_role role)
{
    if (drain_waiting(v)) {
        overtake(v, in, a, role);
        trace_native(v, in, a);
    }
    if (a->state != PAGE_WRITABLE && a->regular) {
        page_probe(v, a->virt);
    }
    if (v->tracked) {
        track_strong(v); /* an own write without a timestamp */
    }
}

static void body_store(struct vcpu *v, const struct insn *in, bool wanted)
{
    struct access a = access_resolve(v, in);

    if (v->tracked) {
        v->views.control = join(v->views.control, a.view);
    }
    if (!can_buffer(in, &a) || !push(v, in, &a)) {
        run_natively(v, in, &a, SCOPE_BODY);
        return;
    }
    if (wanted) {
        COUNT(v->index, delayed);
    } else {
        drain_overlapping(v, a.phys, in->elements << in->size);
        v->passed = v->passed || v->buffer.n;
    }
    access_skip(v, in, &a);
}

static void other_store(struct vcpu *v, const struct insn *in, bool wanted,
                        enum scope_role role)
{
    struct access a;

    if (!wanted && !drain_waiting(v)) {
        return;
    }
    a = access_resolve(v, in);
    if (wanted && !in->release && can_buffer(in, &a) && push(v, in, &a)) {
        count_add(v->index, COUNTER_delayed, in->elements);
        access_skip(v, in, &a);
    }
    run_natively(v, in, &a, role);
}

void exec_store(unsigned int index, void *udata)
{
    struct vcpu *v = &vcpus[index];
    const struct site *site = udata;
    bool wanted = policy_delay(v, site->scope->role, site->insn.pc);

    COUNT(index, stores);
    if (site->scope->role == SCOPE_BODY) {
        if (v->tracked) {
            track_settle(v);
        } else {
            page_settle(v);
        }
        policy_turn(v, false);
        body_store(v, &site->insn, wanted);
    } else {
        page_settle(v);
        other_store(v, &site->insn, wanted, site->scope->role);
    }
}
