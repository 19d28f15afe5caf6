// SPDX-License-Identifier: GPL-2.0-or-later
/* One thread records events whose fields are all the same number, the other saves
 * them all the while: a saved event with two numbers is torn. Of a fast recorder
 * a copy may have nothing that is whole; the last one is made when it has ended
 * and lacks nothing. */
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "trace.h"

static int filled, ended;

static void *record(void *unused)
{
    (void)unused;
    for (uint64_t n = 1; !__atomic_load_n(&ended, __ATOMIC_RELAXED); n++) {
        trace_add(0, TRACE_STORE, n, n, (uint32_t)n, n, n);
        __atomic_store_n(&filled, n >= TRACE_EVENTS, __ATOMIC_RELEASE);
    }
    return NULL;
}

int main(int argc, char **argv)
{
    const uint64_t marks = argc == 3 ? strtoull(argv[2], NULL, 10) : 0;
    struct trace_event event[TRACE_EVENTS];
    struct trace_header header;
    struct trace_mark mark = {0};
    uint64_t whole = 0, last = 0, torn = 0;
    pthread_t thread;
    FILE *f;

    if (!marks || !trace_open(argv[1], marks, 1) || pthread_create(&thread, NULL, record, NULL) != 0) {
        return 2;
    }
    while (!__atomic_load_n(&filled, __ATOMIC_ACQUIRE)) {
        sched_yield();
    }
    for (uint64_t i = 1; i < marks; i++) {
        trace_save(&mark);
    }
    __atomic_store_n(&ended, 1, __ATOMIC_RELAXED);
    pthread_join(thread, NULL);
    trace_save(&mark);
    f = fopen(argv[1], "re");
    if (!f || fread(&header, sizeof header, 1, f) != 1) {
        return 2;
    }
    while (fread(&mark, sizeof mark, 1, f) == 1 && fread(event, sizeof event, 1, f) == 1) {
        last = 0;
        for (int i = 0; i < TRACE_EVENTS; i++) {
            const struct trace_event *e = &event[i];
            if (e->kind != TRACE_NONE) {
                bool same = e->pc == e->phys && e->pc == e->value && e->pc == e->time && (uint32_t)e->pc == e->bytes;
                whole += same;
                last += same;
                torn += !same;
            }
        }
    }
    printf("%llu whole, of those in the last copy %llu; %llu torn\n", (unsigned long long)whole,
           (unsigned long long)last, (unsigned long long)torn);
    return last != TRACE_EVENTS || torn;
}
