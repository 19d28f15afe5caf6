// SPDX-License-Identifier: GPL-2.0-or-later
#include "memory.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "mutant.h"
#include "qemu_api.h"

static struct {
    char file[512];
    uint8_t *map;
    uint64_t base, bytes;
    uint8_t *code;         /* one byte per page: it was translated */
    const uint8_t *qemu;   /* where QEMU has the file mapped */
} ram;

bool memory_open(const char *file, uint64_t base, uint64_t bytes)
{
    int fd = open(file, O_RDWR | O_CLOEXEC);

    if (fd < 0) {
        return false;
    }
    ram.map = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    close(fd);
    if (ram.map == MAP_FAILED) {
        return false;
    }
    ram.code = calloc(bytes >> PAGE_SHIFT, 1);
    ram.base = base;
    ram.bytes = bytes;
    snprintf(ram.file, sizeof ram.file, "%s", file);
    return ram.code != NULL;
}

bool memory_is_ram(uint64_t phys, unsigned int bytes)
{
    return phys >= ram.base && phys - ram.base <= ram.bytes - bytes;
}

/* QEMU maps the file before the first translation. Ours is another mapping of
 * the same file: skip it. */
static const uint8_t *find_qemu_mapping(void)
{
    char line[1024];
    const uint8_t *found = NULL;
    FILE *f = fopen("/proc/self/maps", "re");

    while (f && fgets(line, sizeof line, f)) {
        uint64_t start, end, offset;
        if (strstr(line, ram.file) &&
            sscanf(line, "%" SCNx64 "-%" SCNx64 " %*s %" SCNx64, &start, &end,
                   &offset) == 3 &&
            start != (uint64_t)(uintptr_t)ram.map) {
            found = (const uint8_t *)(uintptr_t)(start - offset);
            break;
        }
    }
    if (f) {
        fclose(f);
    }
    return found;
}

void memory_note_code(const void *host)
{
    uint64_t offset;

    if (!ram.qemu) {
        ram.qemu = find_qemu_mapping();
    }
    offset = (uint64_t)((const uint8_t *)host - ram.qemu);
    if (host && ram.qemu && offset < ram.bytes) {
        __atomic_store_n(&ram.code[offset >> PAGE_SHIFT], 1, __ATOMIC_RELAXED);
    }
}

bool memory_has_code(uint64_t phys)
{
    return !MUTANT(24) && __atomic_load_n(&ram.code[(phys - ram.base) >> PAGE_SHIFT],
                                          __ATOMIC_RELAXED);
}

/* QEMU must learn of writes to code that it translated. */
static void store_code(uint64_t phys, unsigned int bytes, uint64_t value)
{
    static __thread GByteArray *data;

    if (!data) {
        data = g_byte_array_sized_new(8);
    }
    g_byte_array_set_size(data, bytes);
    memcpy(data->data, &value, bytes);
    qemu_plugin_write_memory_hwaddr(phys, data);
}

uint64_t memory_load(uint64_t phys)
{
    return __atomic_load_n((uint64_t *)(void *)(ram.map + (phys - ram.base)),
                           __ATOMIC_ACQUIRE);
}

void memory_store(uint64_t phys, unsigned int bytes, uint64_t value)
{
    void *to = ram.map + (phys - ram.base);

    if (memory_has_code(phys)) {
        store_code(phys, bytes, value);
        return;
    }
    switch (bytes) {
    case 1:
        __atomic_store_n((uint8_t *)to, (uint8_t)value, __ATOMIC_RELEASE);
        break;
    case 2:
        __atomic_store_n((uint16_t *)to, (uint16_t)value, __ATOMIC_RELEASE);
        break;
    case 4:
        __atomic_store_n((uint32_t *)to, (uint32_t)value, __ATOMIC_RELEASE);
        break;
    default:
        __atomic_store_n((uint64_t *)to, value, __ATOMIC_RELEASE);
    }
}
