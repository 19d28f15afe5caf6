// SPDX-License-Identifier: GPL-2.0-or-later
/* Guest RAM: compare and swap, and accesses of sixteen bytes, which QEMU makes
 * with the same instructions of the host. */
#include "memory_atomic.h"

#include <string.h>

#include "memory.h"

#if defined(__x86_64__)
#define WIDE __attribute__((__target__("cx16")))
#else
#define WIDE
#endif

typedef unsigned __int128 wide;

#define SWAP(type)                                                            \
    do {                                                                      \
        type old = (type)*seen;                                               \
        bool done = __atomic_compare_exchange_n((type *)to, &old, (type)value, \
                                                false, __ATOMIC_SEQ_CST,      \
                                                __ATOMIC_SEQ_CST);            \
        *seen = old;                                                          \
        return done;                                                          \
    } while (0)

bool memory_swap(uint64_t phys, unsigned int bytes, uint64_t *seen, uint64_t value)
{
    void *to = memory_at(phys);

    switch (bytes) {
    case 1:
        SWAP(uint8_t);
    case 2:
        SWAP(uint16_t);
    case 4:
        SWAP(uint32_t);
    default:
        SWAP(uint64_t);
    }
}

/* A load by compare and swap of zero for zero: where no wider load is atomic. */
static WIDE wide load(wide *from)
{
    return __sync_val_compare_and_swap(from, 0, 0);
}

void memory_load_pair(uint64_t phys, uint64_t *low, uint64_t *high)
{
    wide all = load(memory_at(phys));

    *low = (uint64_t)all;
    *high = (uint64_t)(all >> 64);
}

WIDE void memory_store_pair(uint64_t phys, unsigned int bytes, uint64_t value,
                            uint64_t high)
{
    wide *to = memory_at(phys & ~15ull), old = load(to), fresh;
    uint64_t part[2] = {value, high};

    for (;;) {
        wide seen;

        fresh = old;
        memcpy((char *)&fresh + (phys & 15), part, bytes);
        seen = __sync_val_compare_and_swap(to, old, fresh);
        if (seen == old) {
            return;
        }
        old = seen;
    }
}
