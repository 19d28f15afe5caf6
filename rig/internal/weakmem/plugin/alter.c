// SPDX-License-Identifier: GPL-2.0-or-later
#include "alter.h"

#include "end.h"
#include "isa.h"
#include "mapped.h"
#include "mutant.h"
#include "plan.h"

static struct alteration_record *records;
static uint64_t selected;

bool alter_open(const char *path)
{
    records = mapped_open(path, (1 + plan->alterations + plan->changes) * sizeof *records);
    if (!records) {
        return false;
    }
    for (uint64_t i = 0; i <= plan->alterations; i++) {
        records[i].number = i;
    }
    for (size_t i = 0; i < plan->changes; i++) {
        records[1 + plan->alterations + i].number = plan->change[i].number;
        records[1 + plan->alterations + i].pc = plan->change[i].pc;
    }
    return true;
}

static enum barrier_kind barrier_of(enum order to)
{
    switch (to) {
    case ORDER_LOADS:
        return BARRIER_LOAD;
    case ORDER_STORES:
        return BARRIER_STORE;
    case ORDER_ALL:
        return BARRIER_FULL;
    default:
        return BARRIER_NONE;
    }
}

static bool is_barrier_or_none(enum order to)
{
    return to == ORDER_NONE || barrier_of(to) != BARRIER_NONE;
}

/* Only where Arm has an instruction that does it: no pair is a store-release. QEMU does
 * an access that it does not leave to the emulator as the host does a plain one, after
 * which only a host that orders stores totally needs no fence for an acquire. */
static bool make_access(struct insn *in, enum order to)
{
    bool acquire = to == ORDER_ACQUIRE || to == ORDER_BOTH;
    bool release = to == ORDER_RELEASE || to == ORDER_BOTH;
    bool more = (acquire && !in->acquire) || (release && !in->release) ||
                (to == ORDER_ACQUIRE_PC && !in->acquire_pc && !in->acquire);

    if (is_barrier_or_none(to) && to != ORDER_NONE) {
        return false;
    }
    if (more && (in->elements != 1 || in->simd || in->unprivileged)) {
        return false;
    }
#if !defined(__x86_64__)
    if (more && in->cls == INSN_LOAD) {
        return false;
    }
#endif
    if ((in->cls == INSN_STORE && (acquire || to == ORDER_ACQUIRE_PC)) ||
        (in->cls == INSN_LOAD && release)) {
        return false;
    }
    in->acquire = acquire;
    in->acquire_pc = to == ORDER_ACQUIRE_PC;
    in->release = release;
    return true;
}

/* Pairs and what else the emulator leaves to QEMU stay strong whatever they say. */
static bool make_atomic(struct insn *in, enum order to)
{
    bool acquire = to == ORDER_ACQUIRE || to == ORDER_BOTH;
    bool release = to == ORDER_RELEASE || to == ORDER_BOTH;

    if ((to != ORDER_NONE && !acquire && !release) || in->op == ATOMIC_OTHER ||
        in->op == ATOMIC_CLEAR || (acquire && (in->no_result || in->op == ATOMIC_STX)) ||
        (release && in->op == ATOMIC_LDX)) {
        return false;
    }
    in->acquire = acquire;
    in->release = release;
    return true;
}

/* Makes in what the change says; false: of such an instruction that cannot be made. */
static bool make(struct insn *in, enum order to)
{
    switch (in->cls) {
    case INSN_BARRIER:
        if (!is_barrier_or_none(to) || (in->barrier == BARRIER_INSN && to != ORDER_NONE)) {
            return false;
        }
        in->barrier = barrier_of(to);
        in->own_only = false;
        return true;
    case INSN_LOAD:
    case INSN_STORE:
        return make_access(in, to);
    case INSN_ATOMIC:
        return make_atomic(in, to);
    default:
        return false;
    }
}

static struct altered *alter(const struct insn *in, size_t i)
{
    const struct change *c = &plan->change[i];
    struct altered *a = end_or_allocate(1, sizeof *a, "an alteration");

    a->number = c->number;
    a->before = c->before;
    a->record = records ? &records[1 + plan->alterations + i] : NULL;
    if (c->before) {
        a->insn = (struct insn){.pc = in->pc, .cls = INSN_BARRIER, .barrier = barrier_of(c->to)};
        if (MUTANT(barriers_put_before_are_for_stores)) {
            a->insn.barrier = BARRIER_STORE;
        }
        a->fits = true;
        return a;
    }
    a->insn = *in;
    a->fits = make(&a->insn, c->to);
    return a;
}

struct altered *alter_plan(const struct insn *in)
{
    uint64_t pc = MUTANT(change_is_of_the_next_instruction) ? in->next : in->pc;
    struct altered *all = NULL;

    for (size_t i = plan->changes; i-- > 0;) {
        if (plan->change[i].pc == pc) {
            struct altered *a = alter(in, i);

            a->next = all;
            all = a;
        }
    }
    return all;
}

bool alter_acquires(const struct altered *all, const struct insn *in)
{
    bool any = in->acquire;

    for (const struct altered *a = all; a; a = a->next) {
        any = any || (a->insn.acquire && !MUTANT(stronger_load_has_no_fence));
    }
    return any;
}

bool alter_releases(const struct altered *all, const struct insn *in)
{
    bool any = in->release;

    for (const struct altered *a = all; a; a = a->next) {
        any = any || (a->insn.release && !MUTANT(stronger_store_asks_for_no_fence));
    }
    return any;
}

bool alter_holds(const struct altered *a, uint64_t number)
{
    return a->number == number || (number && MUTANT(changes_hold_under_any_number));
}

const struct insn *alter_insn(const struct altered *all, const struct insn *in,
                              uint64_t number)
{
    for (const struct altered *a = all; a; a = a->next) {
        if (!a->before && a->fits && alter_holds(a, number) &&
            !MUTANT(weakened_instructions_stay_as_they_are)) {
            return &a->insn;
        }
    }
    return in;
}

void alter_select(uint64_t number)
{
    if (number || !MUTANT(last_alteration_stays_in_force)) {
        __atomic_store_n(&selected, number, __ATOMIC_RELEASE);
    }
}

uint64_t alter_selected(void)
{
    return __atomic_load_n(&selected, __ATOMIC_ACQUIRE);
}

void alter_count_episode(uint64_t number)
{
    if (records && number <= plan->alterations) {
        __atomic_fetch_add(&records[number].count, 1, __ATOMIC_RELAXED);
    }
}

void alter_count(const struct altered *a)
{
    if (a->record) {
        __atomic_fetch_add(a->fits ? &a->record->count : &a->record->unfit, 1, __ATOMIC_RELAXED);
    }
}
