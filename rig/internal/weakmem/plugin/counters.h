/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What the emulator did, counted per vCPU in a shared file so that the rig can
 * read it while the guest runs and after QEMU was killed.
 */
#ifndef KCOVRIG_COUNTERS_H
#define KCOVRIG_COUNTERS_H

#include <stdbool.h>
#include <stdint.h>

#define MAX_VCPUS 8

/* name in the result, meaning */
#define COUNTERS(X)                                                           \
    X(episodes, "scope entries in which stores may be delayed")               \
    X(stores, "stores executed in such an entry")                             \
    X(delayed, "stores that were put into the delay buffer")                  \
    X(drained, "delayed stores that reached memory")                          \
    X(passed, "stores that became visible before an older one")               \
    X(forwarded, "loads that took their value from the own buffer")           \
    X(barrierDrains, "drains that a barrier or release asked for")            \
    X(orders, "barriers for stores and releases that came while stores waited") \
    X(leaveDrains, "drains on leaving the scope")                             \
    X(eventDrains, "drains for an interrupt or exception")                    \
    X(remoteDrains, "drains for another vCPU's TLB maintenance")              \
    X(strongDrains, "drains because something was not understood")            \
    X(fullDrains, "drains because the buffer was full")                       \
    X(boundDrains, "drains because a store had waited long enough")           \
    X(holds, "waits that widened a window")                                   \
    X(awayHolds, "... which went on, since the host executed no other vCPU")  \
    X(awaySeen, "... until one looked")                                       \
    X(holdNanoseconds, "time spent in them")                                  \
    X(looked, "waits that ended as another vCPU had looked at a waiting store") \
    X(loads, "loads of a body while other vCPUs write")                       \
    X(choices, "loads that could read an older value")                        \
    X(staleLoads, "loads that did")                                           \
    X(raises, "times that all views went to now")                             \
    X(atomics, "atomics and exclusives that the emulator did itself")         \
    X(fences, "host fences between a store-release and a load-acquire")       \
    X(meetings, "entries that met the other vCPUs' and took turns")          \
    X(abandoned, "waits of turns given up since no other vCPU ran")            \
    X(pauses, "waits before a load")                                          \
    X(awaits, "... of an episode's first, while another vCPU was in one")     \
    X(pageMisses, "accesses to pages not yet known to be writable")

enum counter {
#define X(name, meaning) COUNTER_##name,
    COUNTERS(X)
#undef X
    COUNTER_MAX
};

/* The file: COUNTER_MAX of these per vCPU, so that vCPUs write to other cache lines. */
struct counter_record {
    char name[32];
    uint64_t value;
};

/* Of counters.c alone: others go through count_add. */
extern struct counter_record (*counter_records)[COUNTER_MAX];

/* Makes the file and maps it; false with errno set. */
bool counters_open(const char *path);

/* One writer per vCPU, save for remote drains: atomic, relaxed. */
static inline void count_add(unsigned int vcpu, enum counter which, uint64_t n)
{
    __atomic_fetch_add(&counter_records[vcpu][which].value, n, __ATOMIC_RELAXED);
}

#define COUNT(vcpu, which) count_add(vcpu, COUNTER_##which, 1)

#endif
