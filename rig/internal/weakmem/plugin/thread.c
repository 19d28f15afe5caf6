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
