// SPDX-License-Identifier: GPL-2.0-or-later
#include "atomic.h"

#include "history.h"
#include "insn.h"
#include "memory.h"
#include "mutant.h"

static unsigned int bytes_of(const struct insn *in)
{
    return 1u << in->size;
}

static uint64_t cut(unsigned int bytes, uint64_t value)
{
    return bytes == 8 ? value : value & ((1ull << 8 * bytes) - 1);
}

static int64_t as_signed(unsigned int bytes, uint64_t value)
{
    unsigned int unused = 64 - 8 * bytes;

    return (int64_t)(value << unused) >> unused;
}

static uint64_t result(enum atomic_op op, unsigned int bytes, uint64_t old, uint64_t operand)
{
    bool less = as_signed(bytes, old) < as_signed(bytes, operand);

    switch (op) {
    case ATOMIC_ADD:
        return cut(bytes, old + operand);
    case ATOMIC_CLR:
        return old & ~operand;
    case ATOMIC_EOR:
        return old ^ operand;
    case ATOMIC_SET:
        return old | operand;
    case ATOMIC_SMAX:
        return less ? operand : old;
    case ATOMIC_SMIN:
        return less ? old : operand;
    case ATOMIC_UMAX:
        return old < operand ? operand : old;
    case ATOMIC_UMIN:
        return old < operand ? old : operand;
    default: /* SWP, CAS */
        return operand;
    }
}

/* The value at hand and a time no earlier than that of its write. */
static uint64_t newest(const struct insn *in, uint64_t phys, uint64_t limit,
                       uint64_t *time)
{
    struct version version[VERSIONS_MAX];

    history_versions(phys & ~(uint64_t)(GRANULE_BYTES - 1),
                     history_mask(phys, bytes_of(in)), limit, version);
    /* Not of when it was found: another may have written it since, and an atomic
     * reads the last write. */
    *time = version[0].exact ? version[0].time + version[0].split : history_tick();
    return cut(bytes_of(in), version[0].value >> (8 * (phys & 7)));
}

struct atomic_result atomic_do(const struct insn *in, uint64_t phys, uint64_t operand,
                               uint64_t compare, uint64_t limit, bool may_write)
{
    struct atomic_result r = {0};

    operand = cut(bytes_of(in), operand);
    compare = cut(bytes_of(in), compare);
    history_lock();
    r.old = newest(in, phys, limit, &r.read);
    for (;;) {
        uint64_t seen = r.old;

        if (in->op == ATOMIC_CAS && (r.old != compare || !may_write)) {
            r.again = r.old == compare;
            break;
        }
        r.wrote = history_swap(phys, bytes_of(in), &seen,
                               result(in->op, bytes_of(in), r.old, operand));
        if (r.wrote) {
            break;
        }
        r.old = seen; /* a native write came between: that is what is read */
        r.read = history_tick();
    }
    history_unlock();
    return r;
}

struct atomic_result atomic_load_exclusive(const struct insn *in, uint64_t phys,
                                           uint64_t limit, struct reservation *r)
{
    struct atomic_result out = {0};

    history_lock();
    out.old = newest(in, phys, limit, &out.read);
    atomic_reserve(in, phys, r);
    r->native = false;
    r->value = out.old;
    history_unlock();
    return out;
}

void atomic_reserve(const struct insn *in, uint64_t phys, struct reservation *r)
{
    r->valid = r->native = true;
    r->phys = phys;
    r->bytes = bytes_of(in);
    r->time = history_now();
}

/* A record since then is a write, even where it brought the same value. */
bool atomic_is_lost(const struct insn *in, uint64_t phys, const struct reservation *r)
{
    return !r->valid || r->phys != phys || r->bytes != bytes_of(in) ||
           (history_last(phys) > r->time && !MUTANT(exclusive_store_trusts_the_value));
}

struct atomic_result atomic_store_exclusive(const struct insn *in, uint64_t phys,
                                            uint64_t value,
                                            const struct reservation *r)
{
    struct atomic_result out = {0};
    uint64_t seen = r->value;

    history_lock();
    if (!atomic_is_lost(in, phys, r)) {
        out.wrote = history_swap(phys, bytes_of(in), &seen, cut(bytes_of(in), value));
    }
    history_unlock();
    return out;
}

uint64_t atomic_do_late(enum atomic_op op, uint64_t phys, unsigned int bytes,
                        uint64_t operand)
{
    uint64_t seen = cut(bytes, memory_load(phys & ~7ull) >> (8 * (phys & 7))), time = 0;

    while (!time) {
        uint64_t value = MUTANT(waiting_atomic_stores_its_operand)
                             ? operand : result(op, bytes, seen, operand);
        time = history_swap(phys, bytes, &seen, value);
    }
    return time;
}
