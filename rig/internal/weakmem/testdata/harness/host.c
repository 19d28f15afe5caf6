// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness.h"

/* EACH(type) for the type of so many bytes. */
#define BY_SIZE(bytes, EACH)                                                  \
    switch (bytes) {                                                          \
    case 1:                                                                   \
        EACH(uint8_t);                                                        \
    case 2:                                                                   \
        EACH(uint16_t);                                                       \
    case 4:                                                                   \
        EACH(uint32_t);                                                       \
    case 8:                                                                   \
        EACH(uint64_t);                                                       \
    default:                                                                  \
        fail("no access of %u bytes", bytes);                                 \
    }

uint64_t host_load(const void *at, unsigned int bytes)
{
#define LOAD(type) return __atomic_load_n((const type *)at, __ATOMIC_ACQUIRE)
    BY_SIZE(bytes, LOAD)
}

void host_store(void *at, unsigned int bytes, uint64_t value)
{
#define STORE(type)                                                           \
    __atomic_store_n((type *)at, (type)value, __ATOMIC_RELEASE);              \
    return
    BY_SIZE(bytes, STORE)
}

bool host_swap(void *at, unsigned int bytes, uint64_t *old, uint64_t value)
{
#define SWAP(type)                                                            \
    {                                                                         \
        type was = (type)*old;                                                \
        bool same = __atomic_compare_exchange_n((type *)at, &was, (type)value, \
                                                false, __ATOMIC_SEQ_CST,      \
                                                __ATOMIC_SEQ_CST);            \
        *old = was;                                                           \
        return same;                                                          \
    }
    BY_SIZE(bytes, SWAP)
}
