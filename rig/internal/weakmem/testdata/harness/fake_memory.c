// SPDX-License-Identifier: GPL-2.0-or-later
/* The part of QEMU's plugin interface that reaches the guest's memory. */
#include <string.h>

#include "block.h"

bool qemu_plugin_translate_vaddr(uint64_t vaddr, uint64_t *hwaddr)
{
    return guest_translate(vaddr, hwaddr) != PAGE_ABSENT;
}

int qemu_plugin_read_memory_hwaddr(uint64_t addr, GByteArray *data, size_t len)
{
    g_byte_array_set_size(data, (unsigned int)len);
    memcpy(data->data, guest_ram(addr, (unsigned int)len), len);
    return 0;
}

int qemu_plugin_write_memory_hwaddr(uint64_t addr, GByteArray *data)
{
    race_begin();
    memcpy(guest_ram(addr, data->len), data->data, data->len);
    fake_forget(addr, data->len);
    return 0;
}
