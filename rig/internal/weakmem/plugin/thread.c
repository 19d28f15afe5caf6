// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Whether the host executes other vCPUs. QEMU tells no plugin that a vCPU asks for
 * exclusivity (start_exclusive, cpu-common.c): that vCPU's thread then sleeps
 * until all others have left their blocks, and each of these sleeps once it has.
 * So while one waits in a callback and nobody else runs, either that is the
 * reason, or the others are halted or wait themselves; no use in waiting on.
 * Linux shows who sleeps: /proc/self/task/TID/stat, proc(5).
 */
#include "thread.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "vcpu.h"

int thread_here(void)
{
    return (int)syscall(SYS_gettid);
}

/* False where it cannot be told. */
static bool sleeps(const struct vcpu *v)
{
    char path[64], text[256];
    const char *name_end;
    ssize_t n;
    int fd;

    snprintf(path, sizeof path, "/proc/self/task/%d/stat", v->thread);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return false;
    }
    n = read(fd, text, sizeof text - 1);
    close(fd);
    text[n > 0 ? n : 0] = 0;
    name_end = strrchr(text, ')'); /* the name may hold anything */
    return name_end && strncmp(name_end, ") S", 3) == 0;
}

bool thread_other_runs(const struct vcpu *v)
{
    for (unsigned int i = 0; i < vcpu_count(); i++) {
        if (i != v->index && !sleeps(vcpu_of(i))) {
            return true;
        }
    }
    return false;
}

/* The clock of a thread's CPU time, as the kernel names it: MAKE_THREAD_CPUCLOCK() in
 * include/linux/posix-timers_types.h, CPUCLOCK_SCHED. What runs now is in it. */
static clockid_t cpu_clock(int thread)
{
    return (clockid_t)(~(unsigned int)thread << 3 | 4 | 2);
}

uint64_t thread_others_ran(const struct vcpu *v)
{
    uint64_t all = 0;

    for (unsigned int i = 0; i < vcpu_count(); i++) {
        struct timespec t;

        if (i != v->index && clock_gettime(cpu_clock(vcpu_of(i)->thread), &t) == 0) {
            all += (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
        }
    }
    return all;
}

void thread_sleep(uint64_t ns)
{
    struct timespec t = {.tv_sec = 0, .tv_nsec = (long)ns};

    nanosleep(&t, NULL);
}
