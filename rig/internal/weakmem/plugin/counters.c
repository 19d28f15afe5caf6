// SPDX-License-Identifier: GPL-2.0-or-later
#include "counters.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "vcpu.h"

static const char *const names[COUNTER_MAX] = {
#define X(name, meaning) #name,
    COUNTERS(X)
#undef X
};

static struct counter_record fallback[COUNTER_MAX];
static struct counter_record *records = fallback;

uint64_t counters_file_size(void)
{
    return sizeof fallback;
}

bool counters_open(const char *path)
{
    int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    void *map;

    if (fd < 0) {
        return false;
    }
    if (ftruncate(fd, (off_t)sizeof fallback) != 0) {
        close(fd);
        return false;
    }
    map = mmap(NULL, sizeof fallback, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    close(fd);
    if (map == MAP_FAILED) {
        return false;
    }
    records = map;
    for (int i = 0; i < COUNTER_MAX; i++) {
        strncpy(records[i].name, names[i], sizeof records[i].name - 1);
    }
    return true;
}

void count_add(unsigned int vcpu, enum counter which, uint64_t n)
{
    /* One writer per vCPU, save for remote drains: atomic, relaxed. */
    __atomic_fetch_add(&records[which].value[vcpu], n, __ATOMIC_RELAXED);
}
