// SPDX-License-Identifier: GPL-2.0-or-later
/* The registers of QEMU's CPU, by their names there. */
#include <stdio.h>
#include <string.h>

#include "a64.h"
#include "end.h"
#include "isa.h"
#include "qemu_api.h"

void isa_open_registers(struct isa_registers *r)
{
    GArray *all = qemu_plugin_get_registers();
    const qemu_plugin_reg_descriptor *d = (const void *)all->data;

    for (unsigned int i = 0; i < all->len; i++) {
        unsigned int n;

        if (strcmp(d[i].name, "sp") == 0) {
            r->general[A64_SP] = d[i].handle;
        } else if (strcmp(d[i].name, "TTBR0_EL1") == 0) {
            r->ttbr0 = d[i].handle;
        } else if (strcmp(d[i].name, "ID_AA64MMFR2_EL1") == 0) {
            r->features = d[i].handle;
        } else if (strcmp(d[i].name, "cpsr") == 0) {
            r->cpsr = d[i].handle;
        } else if (sscanf(d[i].name, "x%u", &n) == 1 && n < A64_SP) {
            r->general[n] = d[i].handle;
        }
    }
    g_array_free(all, 1);
    r->bytes = g_byte_array_sized_new(64);
    if (!r->general[A64_SP] || !r->general[0] || !r->general[30]) {
        end_machine("QEMU names no registers x0, x30 and sp");
    }
}

static uint64_t get(struct isa_registers *r, struct qemu_plugin_register *one)
{
    uint64_t value = 0;

    g_byte_array_set_size(r->bytes, 0);
    if (!qemu_plugin_read_register(one, r->bytes) || r->bytes->len < 8) {
        end_machine("QEMU gives no register");
    }
    memcpy(&value, r->bytes->data, 8);
    return value;
}

static void set(struct isa_registers *r, struct qemu_plugin_register *one, uint64_t value)
{
    g_byte_array_set_size(r->bytes, 8);
    memcpy(r->bytes->data, &value, 8);
    if (!qemu_plugin_write_register(one, r->bytes)) {
        end_machine("QEMU takes no register");
    }
}

uint64_t isa_read(struct isa_registers *r, unsigned int number)
{
    return number == ISA_ZERO ? 0 : get(r, r->general[number]);
}

void isa_write(struct isa_registers *r, unsigned int number, uint64_t value)
{
    if (number != ISA_ZERO) {
        set(r, r->general[number], value);
    }
}

uint64_t a64_user_tables(struct isa_registers *r, uint64_t otherwise)
{
    return r->ttbr0 ? get(r, r->ttbr0) : otherwise;
}

bool a64_flags(struct isa_registers *r, unsigned int *flags)
{
    uint32_t value;

    g_byte_array_set_size(r->bytes, 0);
    if (!r->cpsr || !qemu_plugin_read_register(r->cpsr, r->bytes) ||
        r->bytes->len < sizeof value) {
        return false;
    }
    memcpy(&value, r->bytes->data, sizeof value);
    *flags = value >> 28;
    return true;
}

/* FEAT_LSE2, by ID_AA64MMFR2_EL1.AT; so where QEMU does not tell. */
bool isa_pairs_are_single(struct isa_registers *r)
{
    if (r->pairs == PAIRS_UNKNOWN) { /* not to be read before the first callback */
        bool torn = r->features && (get(r, r->features) >> 32 & 15) == 0;
        r->pairs = torn ? PAIRS_TORN : PAIRS_SINGLE;
    }
    return r->pairs == PAIRS_SINGLE;
}
