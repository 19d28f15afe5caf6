// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Where the plugin itself may be interleaved: at each of its accesses to memory. The
 * compiler puts a call before every one (-fsanitize=thread); here these are not
 * the sanitizer's but points at which another vCPU may go on (fibre.c). All
 * of it is one thread, so an atomic access needs no more than to be whole.
 */
#include "fibre.h"

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef unsigned __int128 u128;

/* Called by compiled code alone, which declares them itself. */
#pragma GCC diagnostic ignored "-Wmissing-prototypes"
#if __GNUC__ >= 7
#pragma GCC diagnostic ignored "-Wbuiltin-declaration-mismatch"
#endif

void __tsan_init(void) {}
void __tsan_func_entry(void *pc) { (void)pc; }
void __tsan_func_exit(void) {}

#define PLAIN(name)                                                           \
    void __tsan_##name(void *at)                                              \
    {                                                                         \
        (void)at;                                                             \
        fibre_point();                                                        \
    }
PLAIN(read1)
PLAIN(read2)
PLAIN(read4)
PLAIN(read8)
PLAIN(read16)
PLAIN(write1)
PLAIN(write2)
PLAIN(write4)
PLAIN(write8)
PLAIN(write16)
PLAIN(unaligned_read2)
PLAIN(unaligned_read4)
PLAIN(unaligned_read8)
PLAIN(unaligned_write2)
PLAIN(unaligned_write4)
PLAIN(unaligned_write8)

void __tsan_read_range(void *at, unsigned long bytes)
{
    (void)at, (void)bytes;
    fibre_point();
}

void __tsan_write_range(void *at, unsigned long bytes)
{
    (void)at, (void)bytes;
    fibre_point();
}

void __tsan_atomic_thread_fence(int order)
{
    (void)order;
    fibre_point();
}

#define UPDATE(size, name, expression)                                        \
    u##size __tsan_atomic##size##_##name(volatile u##size *at, u##size value, \
                                         int order)                           \
    {                                                                         \
        u##size old;                                                          \
        (void)order;                                                          \
        fibre_point();                                                        \
        old = *at;                                                            \
        *at = (u##size)(expression);                                          \
        return old;                                                           \
    }

#define COMPARE(size, name)                                                   \
    int __tsan_atomic##size##_compare_exchange_##name(                        \
        volatile u##size *at, u##size *expected, u##size value, int order,    \
        int failed)                                                           \
    {                                                                         \
        (void)order, (void)failed;                                            \
        fibre_point();                                                        \
        if (*at != *expected) {                                               \
            *expected = *at;                                                  \
            return 0;                                                         \
        }                                                                     \
        *at = value;                                                          \
        return 1;                                                             \
    }

#define ATOMICS(size)                                                         \
    u##size __tsan_atomic##size##_load(const volatile u##size *at, int order) \
    {                                                                         \
        (void)order;                                                          \
        fibre_point();                                                        \
        return *at;                                                           \
    }                                                                         \
    void __tsan_atomic##size##_store(volatile u##size *at, u##size value,     \
                                     int order)                               \
    {                                                                         \
        (void)order;                                                          \
        fibre_point();                                                        \
        *at = value;                                                          \
    }                                                                         \
    u##size __tsan_atomic##size##_exchange(volatile u##size *at,              \
                                           u##size value, int order)          \
    {                                                                         \
        u##size old;                                                          \
        (void)order;                                                          \
        fibre_point();                                                        \
        old = *at;                                                            \
        *at = value;                                                          \
        if (size == 32 && value && old == value) { /* a lock that is held */  \
            fibre_wait();                                                     \
        }                                                                     \
        return old;                                                           \
    }                                                                         \
    UPDATE(size, fetch_add, old + value)                                      \
    UPDATE(size, fetch_sub, old - value)                                      \
    UPDATE(size, fetch_and, old &value)                                       \
    UPDATE(size, fetch_or, old | value)                                       \
    UPDATE(size, fetch_xor, old ^ value)                                      \
    COMPARE(size, strong)                                                     \
    COMPARE(size, weak)

ATOMICS(8)
ATOMICS(16)
ATOMICS(32)
ATOMICS(64)
ATOMICS(128)
