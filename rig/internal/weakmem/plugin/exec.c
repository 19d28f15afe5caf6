// SPDX-License-Identifier: GPL-2.0-or-later
/* What happens before an instruction in the scope executes. */
#include "vcpu.h"

struct access {
    uint64_t virt;
    uint64_t after; /* the base register afterwards */
    uint64_t phys, epoch;
    enum page_state state;
    bool regular; /* aligned and within one page */
};

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

static struct access resolve(struct vcpu *v, const struct insn *in)
{
    struct access a = {0};
    uint64_t bytes = (uint64_t)in->elements << in->size;
    uint64_t base = in->mode == ADDR_LITERAL ? in->pc
                                             : register_read_base(v, in->rn);

    a.after = base + (uint64_t)in->imm;
    if (in->mode == ADDR_REGISTER) {
        a.virt = base + index_value(v, in);
    } else {
        a.virt = in->mode == ADDR_POST ? base : a.after;
    }
    a.regular = in->size <= 3 && !(a.virt & ((1ull << in->size) - 1)) &&
                (a.virt & (PAGE_BYTES - 1)) + bytes <= PAGE_BYTES;
    a.state = page_lookup(v, a.virt, &a.phys, &a.epoch);
    return a;
}

static bool can_delay(const struct insn *in, const struct access *a)
{
    return a->state == PAGE_WRITABLE && a->regular && !in->simd &&
           !in->release && !memory_has_code(a->phys) &&
           !(writes_back(in) && (in->rt == in->rn ||
                                 (in->elements == 2 && in->rt2 == in->rn)));
}

static bool delay(struct vcpu *v, const struct insn *in, const struct access *a)
{
    struct store s[2];

    for (unsigned int i = 0; i < in->elements; i++) {
        s[i].bytes = (uint8_t)(1u << in->size);
        s[i].phys = a->phys + i * (1u << in->size);
        s[i].value = register_read(v, i ? in->rt2 : in->rt);
        s[i].pc = in->pc;
    }
    return drain_push(v, a->epoch, s, in->elements);
}

/* Other stores wait and this one is about to become visible. */
static void overtake(struct vcpu *v, const struct insn *in,
                     const struct access *a)
{
    if (a->state == PAGE_MISS || !a->regular) {
        drain_all(v, COUNTER_strongDrains);
        return;
    }
    drain_overlapping(v, a->phys, in->elements << in->size);
    if (v->buffer.n) {
        v->passed = true;
        COUNT(v->index, passed);
    }
}

static void store(struct vcpu *v, const struct insn *in, enum scope_role role)
{
    bool wanted = policy_delay(v, role);
    struct access a;

    COUNT(v->index, stores);
    page_settle(v);
    if (!wanted && !v->buffer.n) {
        return;
    }
    a = resolve(v, in);
    if (wanted && can_delay(in, &a) && delay(v, in, &a)) {
        if (writes_back(in)) {
            register_write_base(v, in->rn, a.after);
        }
        qemu_plugin_set_pc(in->pc + 4);
    }
    if (v->buffer.n) {
        overtake(v, in, &a);
    }
    if (a.state != PAGE_WRITABLE && a.regular) {
        page_probe(v, a.virt);
    }
}

void exec_store(unsigned int index, void *udata)
{
    store(&vcpus[index], udata, SCOPE_BODY);
}

void exec_callee_store(unsigned int index, void *udata)
{
    store(&vcpus[index], udata, SCOPE_CALLEE);
}

static uint64_t extend(const struct insn *in, uint64_t value)
{
    unsigned int unused = 64 - (8u << in->size);

    if (!in->sign) {
        return value;
    }
    value = (uint64_t)((int64_t)(value << unused) >> unused);
    return in->to64 ? value : (uint32_t)value;
}

/* Takes every element from the buffer; false when not all are exactly there. */
static bool forward(struct vcpu *v, const struct insn *in,
                    const struct access *a)
{
    uint64_t value[2] = {0, 0};

    for (unsigned int i = 0; i < in->elements; i++) {
        if (buffer_lookup(&v->buffer, a->phys + i * (1u << in->size),
                          1u << in->size, &value[i]) != COVER_EXACT) {
            return false;
        }
    }
    for (unsigned int i = 0; i < in->elements; i++) {
        register_write(v, i ? in->rt2 : in->rt, extend(in, value[i]));
    }
    return true;
}

/* Called only while stores wait. */
void exec_load(unsigned int index, void *udata)
{
    struct vcpu *v = &vcpus[index];
    const struct insn *in = udata;
    struct access a;
    bool forwarded;

    page_settle(v);
    a = resolve(v, in);
    if (a.state == PAGE_MISS && a.regular && page_walk(v, a.virt, &a.phys)) {
        a.state = PAGE_READABLE;
    }
    if (a.state == PAGE_MISS || !a.regular) {
        drain_all(v, COUNTER_strongDrains);
        return;
    }
    vcpu_lock(v);
    forwarded = !in->simd && forward(v, in, &a);
    vcpu_unlock(v);
    if (forwarded) {
        COUNT(v->index, forwarded);
        if (writes_back(in)) {
            register_write_base(v, in->rn, a.after);
        }
        qemu_plugin_set_pc(in->pc + 4);
    }
    drain_overlapping(v, a.phys, in->elements << in->size);
}

void exec_enter(unsigned int index, void *udata)
{
    struct vcpu *v = &vcpus[index];

    (void)udata;
    if (policy_begin(v)) {
        COUNT(index, episodes);
        gate_of(v)->active = EPISODE_DELAYS;
    } else {
        gate_of(v)->active = EPISODE_NATIVE;
    }
}

void exec_leave(unsigned int index, void *udata)
{
    struct vcpu *v = &vcpus[index];

    (void)udata;
    page_settle(v);
    drain_all(v, COUNTER_leaveDrains);
    gate_of(v)->active = EPISODE_NONE;
}

/* RET, BR, BLR: the scope is left unless the target lies in it. */
void exec_return(unsigned int index, void *udata)
{
    const struct insn *in = udata;
    uint32_t form = in->word & 0xfffffc1f;
    bool plain = form == 0xd61f0000 || form == 0xd63f0000 || form == 0xd65f0000;

    if (!plain || !plan_scope(&plan, register_read(&vcpus[index],
                                                   bits(in->word, 9, 5)))) {
        exec_leave(index, udata);
    }
}

/* Called only while stores wait; a barrier for loads alone does not come here. */
void exec_barrier(unsigned int index, void *udata)
{
    (void)udata;
    drain_all(&vcpus[index], COUNTER_barrierDrains);
}

void exec_strong(unsigned int index, void *udata)
{
    (void)udata;
    drain_all(&vcpus[index], COUNTER_strongDrains);
}

void exec_tlbi(unsigned int index, void *udata)
{
    (void)udata;
    vcpus[index].tlbi = true;
}

/* After a TLBI, no store that used the old translation may be left when the
 * DSB ends, on any vCPU (Arm ARM D8.17.5). */
void exec_dsb(unsigned int index, void *udata)
{
    (void)udata;
    if (!vcpus[index].tlbi) {
        return;
    }
    vcpus[index].tlbi = false;
    page_invalidate_all();
    for (unsigned int i = 0; i < MAX_VCPUS; i++) {
        if (vcpus[i].ready) {
            drain_remote(&vcpus[i]);
        }
    }
}

void exec_event(unsigned int index)
{
    struct vcpu *v = &vcpus[index];

    v->events++;
    drain_all(v, COUNTER_eventDrains);
    gate_of(v)->active = EPISODE_NONE;
}
