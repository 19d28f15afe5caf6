// SPDX-License-Identifier: GPL-2.0-or-later
#include "memory.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "end.h"
#include "mutant.h"
#include "pages.h"
#include "qemu_api.h"

static struct {
    uint8_t *map; /* where QEMU has it; NULL until its first block */
    uint64_t base, bytes;
    uint8_t *code; /* one byte per page: it was translated */
} ram;

void memory_open(uint64_t base, uint64_t bytes)
{
    ram.code = end_or_allocate(bytes >> PAGE_SHIFT, 1, "the records of guest RAM");
    ram.base = base;
    ram.bytes = bytes;
}

bool memory_is_ram(uint64_t phys, unsigned int bytes)
{
    return phys >= ram.base && phys - ram.base <= ram.bytes - bytes;
}

bool memory_is_found(void)
{
    return __atomic_load_n(&ram.map, __ATOMIC_ACQUIRE) != NULL;
}

/* Whether all of it lies in one writable mapping of this process. */
static bool is_mapped(uint64_t first, uint64_t bytes)
{
    char line[1024], writable;
    bool found = false;
    FILE *f = fopen("/proc/self/maps", "re");

    while (!found && f && fgets(line, sizeof line, f)) {
        uint64_t start, end;
        found = sscanf(line, "%" SCNx64 "-%" SCNx64 " r%c", &start, &end,
                       &writable) == 3 &&
                writable == 'w' && start <= first && first + bytes <= end;
    }
    if (f) {
        fclose(f);
    }
    return found;
}

/* Whether QEMU reads the same bytes from the page of phys. */
static bool is_same(uint64_t phys, const uint8_t *host)
{
    uint64_t in_page = phys & (PAGE_BYTES - 1);
    GByteArray *page = g_byte_array_sized_new(PAGE_BYTES);

    return qemu_plugin_read_memory_hwaddr(phys - in_page, page, PAGE_BYTES) == 0 &&
           page->len == PAGE_BYTES &&
           memcmp(page->data, host - in_page, PAGE_BYTES) == 0;
}

/*
 * The interface has no call for it, but says where a block's code lies in QEMU's
 * memory; and the guest's RAM is one piece of that. Looked up with the first
 * block in RAM, the loader's, when one vCPU runs: nothing writes meanwhile.
 */
static void find(uint64_t virt, uint8_t *host)
{
    uint64_t phys;
    uint8_t *start;

    if (!qemu_plugin_translate_vaddr(virt, &phys) || !memory_is_ram(phys, 4)) {
        return;
    }
    start = host - (phys - ram.base);
    if (!is_mapped((uint64_t)(uintptr_t)start, ram.bytes) || !is_same(phys, host)) {
        memory_missing();
    }
    __atomic_store_n(&ram.map, start, __ATOMIC_RELEASE);
}

void memory_missing(void)
{
    end_machine("the guest's RAM is not where this QEMU says");
}

void memory_note_code(uint64_t virt, void *host)
{
    uint64_t offset;

    if (!host) {
        return;
    }
    if (!memory_is_found()) {
        find(virt, host);
    }
    offset = (uint64_t)((uint8_t *)host - ram.map);
    if (memory_is_found() && offset < ram.bytes) {
        __atomic_store_n(&ram.code[offset >> PAGE_SHIFT], 1, __ATOMIC_RELAXED);
    }
}

bool memory_has_code(uint64_t phys)
{
    return !MUTANT(code_is_written_behind_qemu) &&
           __atomic_load_n(&ram.code[(phys - ram.base) >> PAGE_SHIFT],
                           __ATOMIC_RELAXED);
}

static bool write_by_qemu(uint64_t phys, const void *from, unsigned int bytes)
{
    static __thread GByteArray *data;

    if (!data) {
        data = g_byte_array_sized_new(8);
    }
    g_byte_array_set_size(data, bytes);
    memcpy(data->data, from, bytes);
    return qemu_plugin_write_memory_hwaddr(phys, data) == 0;
}

/* QEMU must learn of writes to code that it translated. */
static void store_code(uint64_t phys, unsigned int bytes, uint64_t value)
{
    write_by_qemu(phys, &value, bytes);
}

void *memory_at(uint64_t phys)
{
    return ram.map + (phys - ram.base);
}

uint64_t memory_load(uint64_t phys)
{
    return __atomic_load_n((uint64_t *)memory_at(phys), __ATOMIC_ACQUIRE);
}

bool memory_rewrite(uint64_t phys, unsigned int bytes)
{
    return write_by_qemu(phys, memory_at(phys), bytes);
}

void memory_store(uint64_t phys, unsigned int bytes, uint64_t value)
{
    void *to = memory_at(phys);

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
