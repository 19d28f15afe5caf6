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

static struct counter_record fallback[MAX_VCPUS][COUNTER_MAX];
struct counter_record (*counter_records)[COUNTER_MAX] = fallback;

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
    counter_records = map;
    for (int i = 0; i < MAX_VCPUS * COUNTER_MAX; i++) {
        struct counter_record *r = &counter_records[i / COUNTER_MAX][i % COUNTER_MAX];
        strncpy(r->name, names[i % COUNTER_MAX], sizeof r->name - 1);
    }
    return true;
}
