// SPDX-License-Identifier: GPL-2.0-or-later
#include "mapped.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <sys/mman.h>
#include <unistd.h>

void *mapped_open(const char *path, uint64_t bytes)
{
    int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600), error;
    void *map = MAP_FAILED;

    if (fd < 0) {
        return NULL;
    }
    /* Its blocks now: where a disk is full later, the first store to a page is a SIGBUS. */
    error = posix_fallocate(fd, 0, (off_t)bytes);
    if (error == 0) {
        map = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        error = errno;
    }
    close(fd);
    errno = error;
    return map == MAP_FAILED ? NULL : map;
}
