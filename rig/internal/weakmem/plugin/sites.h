/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What kept one store from being passed by a later one, and hid older values
 * from a load, counted by place: silence says something about a kernel only where
 * it was an instruction that Arm orders by, not the emulator's own caution. The same of a
 * store and a later load, with "read-" before the reason. The
 * file is a table of struct site_record, which the rig may read at any time.
 */
#ifndef KCOVRIG_SITES_H
#define KCOVRIG_SITES_H

#include <stdbool.h>
#include <stdint.h>

/* In a search for places each of hundreds of alterations is one more instruction by which
 * pairs of stores are in order. */
#define SITES 49152
/* Of these, at the end, for stores and later loads: these are many, and must not take the
 * others' place. */
#define READ_SITES 16384
#define SITE_NAME 32

/* Orders come before cautions. name in the file, meaning */
#define WHYS(X)                                                               \
    X(NONE, "", "nothing to tell")                                            \
    X(PASSED, "passed", "the first store still waited")                       \
    X(BARRIER, "order-barrier", "barrier")                                    \
    X(RELEASE, "order-release", "store-release")                              \
    X(ATOMIC, "order-atomic", "atomic that acquires and releases")            \
    X(LOAD_PASSED, "load-passed", "a load could read older than an earlier one had") \
    X(LOAD_ORDER, "load-order", "... but for an instruction that orders loads") \
    X(CHOICE, "load-choice", "a load had an older value to choose")           \
    X(DOUBT_ATOMIC, "caution-atomic", "atomic that orders less than it did")  \
    X(DOUBT_SYSTEM, "caution-system", "system instruction")                   \
    X(DOUBT_CALL, "caution-call", "the scope was left")                       \
    X(DOUBT_EXCEPTION, "caution-exception", "interrupt or exception")         \
    X(DOUBT_UNPRIVILEGED, "caution-unprivileged", "page not known to be the user's") \
    X(DOUBT_FULL, "caution-full", "the buffer was full")                      \
    X(DOUBT_PAGE, "caution-page", "page not yet known")                       \
    X(DOUBT_SIMD, "caution-simd", "vector registers")                         \
    X(DOUBT_UNALIGNED, "caution-unaligned", "unaligned, or over a page's end") \
    X(DOUBT_UNKNOWN, "caution-unknown", "not understood")                     \
    X(DOUBT_BOUND, "caution-bound", "waited as long as a store may")          \
    X(DOUBT_MAINTENANCE, "caution-maintenance", "another vCPU's TLB maintenance") \
    X(DOUBT_CODE, "caution-code", "page that holds translated code")          \
    X(DOUBT_PARTIAL, "caution-partial", "load of more than a waiting store")  \
    X(DOUBT_WALK, "caution-walk", "walk of the page tables")                  \
    X(DOUBT_WRITER, "caution-writer", "last written by an unknown writer")

enum why {
#define X(name, text, meaning) WHY_##name,
    WHYS(X)
#undef X
    WHY_MAX
};

struct site_record {
    uint64_t first;  /* PC of the store that waited, or of the earlier of two loads; 0: of a
                      * load's record */
    uint64_t by;     /* PC of what made it visible, or raised the views */
    uint64_t second; /* PC of the later store, or of the load; 0: there was none */
    uint64_t count;
    char why[SITE_NAME]; /* empty: the record is not used */
};

/* Maps path; false with errno set. Without it nothing is counted. */
bool sites_open(const char *path);
bool sites_on(void);
void sites_add(uint64_t first, uint64_t by, uint64_t second, enum why why);
/* Of a store and a later load. */
void sites_add_read(uint64_t first, uint64_t by, uint64_t second, enum why why);

static inline bool is_doubt(enum why why)
{
    return why >= WHY_DOUBT_ATOMIC;
}

#endif
