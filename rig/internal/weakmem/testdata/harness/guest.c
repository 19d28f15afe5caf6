// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>
#include <sys/mman.h>

#include "harness.h"

#define SPECIAL_MAX 64

static struct {
    uint8_t *map;
    uint64_t base, bytes;
} ram;

/* Pages that are not plain RAM where the address says. Both halves of the
 * address space map the same memory, by the lower 32 bits. */
static struct {
    uint64_t page, other;
    enum page_kind kind;
} special[SPECIAL_MAX];
static unsigned int specials;

uint64_t guest_io_writes, guest_io_reads;

void guest_open(uint64_t base, uint64_t bytes)
{
    /* QEMU has other memory beside it. */
    ram.map = mmap(NULL, bytes + 4096, PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (ram.map == MAP_FAILED) {
        fail("no memory for the guest");
    }
    ram.base = base;
    ram.bytes = bytes;
}

static unsigned int find(uint64_t page)
{
    unsigned int i = 0;

    while (i < specials && special[i].page != page) {
        i++;
    }
    if (i == specials) {
        if (specials == SPECIAL_MAX) {
            fail("too many special pages");
        }
        special[specials].page = special[specials].other = page;
        special[specials++].kind = PAGE_RW;
    }
    return i;
}

void guest_set_page(uint64_t virt, enum page_kind kind)
{
    special[find(virt >> 12)].kind = kind;
}

void guest_remap(uint64_t virt, uint64_t other)
{
    special[find(virt >> 12)].other = other >> 12;
}

enum page_kind guest_translate(uint64_t virt, uint64_t *phys)
{
    uint64_t page = virt >> 12;
    enum page_kind kind = PAGE_RW;

    for (unsigned int i = 0; i < specials; i++) {
        if (special[i].page == page) {
            kind = special[i].kind;
            page = special[i].other;
            break;
        }
    }
    *phys = (page << 12 | (virt & 4095)) & 0xffffffff;
    if (kind == PAGE_IO) {
        *phys = 0x09000000 | (virt & 4095);
    }
    return kind;
}

uint8_t *guest_ram(uint64_t phys, unsigned int bytes)
{
    if (phys < ram.base || phys - ram.base > ram.bytes - bytes) {
        fail("%#lx is not RAM", (unsigned long)phys);
    }
    return ram.map + (phys - ram.base);
}

uint8_t *guest_all(size_t *bytes)
{
    *bytes = ram.bytes;
    return ram.map;
}

/* Aligned RAM, where one access of the host does it all; else NULL. */
static void *whole(uint64_t virt, unsigned int bytes, bool write)
{
    uint64_t phys;
    enum page_kind kind = guest_translate(virt, &phys);

    return kind == PAGE_RW || (kind == PAGE_RO && !write)
               ? (virt & (bytes - 1) ? NULL : guest_ram(phys, bytes)) : NULL;
}

bool guest_load(uint64_t virt, unsigned int bytes, uint64_t *value)
{
    uint64_t phys;
    void *at = whole(virt, bytes, false);

    *value = 0;
    if (at) {
        *value = host_load(at, bytes);
        return true;
    }
    for (unsigned int i = 0; i < bytes; i++) { /* it may cross a page */
        switch (guest_translate(virt + i, &phys)) {
        case PAGE_ABSENT:
            return false;
        case PAGE_IO:
            guest_io_reads += i == 0;
            break;
        default:
            *value |= (uint64_t)*guest_ram(phys, 1) << 8 * i;
        }
    }
    return true;
}

bool guest_store(uint64_t virt, unsigned int bytes, uint64_t value)
{
    uint64_t phys;
    void *at = whole(virt, bytes, true);

    if (at) {
        host_store(at, bytes, value);
        return true;
    }
    for (unsigned int i = 0; i < bytes; i++) {
        enum page_kind kind = guest_translate(virt + i, &phys);
        if (kind == PAGE_ABSENT || kind == PAGE_RO) {
            return false;
        }
    }
    for (unsigned int i = 0; i < bytes; i++) {
        if (guest_translate(virt + i, &phys) == PAGE_IO) {
            guest_io_writes += i == 0;
        } else {
            *guest_ram(phys, 1) = (uint8_t)(value >> 8 * i);
        }
    }
    return true;
}

bool guest_swap(uint64_t virt, unsigned int bytes, uint64_t *old, uint64_t value,
                bool *done)
{
    void *at = whole(virt, bytes, true);

    *done = at && host_swap(at, bytes, old, value);
    return at != NULL; /* an atomic elsewhere is a fault */
}

/* Two accesses: whoever has other threads beside it asks for none. */
bool guest_swap_pair(uint64_t virt, unsigned int bytes, uint64_t old[2],
                     const uint64_t value[2], bool *done)
{
    uint64_t now[2];

    if (virt & (2 * bytes - 1) || !whole(virt, bytes, true) ||
        !guest_load(virt, bytes, &now[0]) || !guest_load(virt + bytes, bytes, &now[1])) {
        return false;
    }
    *done = now[0] == old[0] && now[1] == old[1];
    if (*done) {
        guest_store(virt, bytes, value[0]);
        guest_store(virt + bytes, bytes, value[1]);
    }
    memcpy(old, now, sizeof now);
    return true;
}
