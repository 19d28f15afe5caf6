// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vcpu.h"

void registers_open(struct vcpu *v)
{
    GArray *all = qemu_plugin_get_registers();
    const qemu_plugin_reg_descriptor *d = (const void *)all->data;

    for (unsigned int i = 0; i < all->len; i++) {
        unsigned int n;

        if (strcmp(d[i].name, "sp") == 0) {
            v->sp = d[i].handle;
        } else if (strcmp(d[i].name, "TTBR0_EL1") == 0) {
            v->ttbr0 = d[i].handle;
        } else if (strcmp(d[i].name, "ID_AA64MMFR2_EL1") == 0) {
            v->features = d[i].handle;
        } else if (strcmp(d[i].name, "cpsr") == 0) {
            v->cpsr = d[i].handle;
        } else if (sscanf(d[i].name, "x%u", &n) == 1 && n < 31) {
            v->x[n] = d[i].handle;
        }
    }
    g_array_free(all, 1);
    v->bytes = g_byte_array_sized_new(64);
    if (!v->sp || !v->x[0] || !v->x[30]) {
        fprintf(stderr, "kcovrig: QEMU names no registers x0, x30 and sp\n");
        exit(1);
    }
}

static uint64_t get(struct vcpu *v, struct qemu_plugin_register *r)
{
    uint64_t value = 0;

    g_byte_array_set_size(v->bytes, 0);
    if (!qemu_plugin_read_register(r, v->bytes) || v->bytes->len < 8) {
        fprintf(stderr, "kcovrig: QEMU gives no register\n");
        exit(1);
    }
    memcpy(&value, v->bytes->data, 8);
    return value;
}

bool register_flags(struct vcpu *v, unsigned int *flags)
{
    uint32_t value;

    g_byte_array_set_size(v->bytes, 0);
    if (!v->cpsr || !qemu_plugin_read_register(v->cpsr, v->bytes) ||
        v->bytes->len < sizeof value) {
        return false;
    }
    memcpy(&value, v->bytes->data, sizeof value);
    *flags = value >> 28;
    return true;
}

static void set(struct vcpu *v, struct qemu_plugin_register *r, uint64_t value)
{
    g_byte_array_set_size(v->bytes, 8);
    memcpy(v->bytes->data, &value, 8);
    if (!qemu_plugin_write_register(r, v->bytes)) {
        fprintf(stderr, "kcovrig: QEMU takes no register\n");
        exit(1);
    }
}

uint64_t register_read(struct vcpu *v, unsigned int number)
{
    return number == REG_ZERO_OR_SP ? 0 : get(v, v->x[number]);
}

uint64_t register_read_base(struct vcpu *v, unsigned int number)
{
    return get(v, number == REG_ZERO_OR_SP ? v->sp : v->x[number]);
}

void register_write(struct vcpu *v, unsigned int number, uint64_t value)
{
    if (number != REG_ZERO_OR_SP) {
        set(v, v->x[number], value);
    }
}

void register_write_base(struct vcpu *v, unsigned int number, uint64_t value)
{
    set(v, number == REG_ZERO_OR_SP ? v->sp : v->x[number], value);
}

uint64_t register_space(struct vcpu *v)
{
    return v->ttbr0 ? get(v, v->ttbr0) : v->events;
}

bool register_pairs_are_single(struct vcpu *v)
{
    if (v->pairs == PAIRS_UNKNOWN) { /* not to be read before the first callback */
        bool torn = v->features && (get(v, v->features) >> 32 & 15) == 0;
        v->pairs = torn ? PAIRS_TORN : PAIRS_SINGLE;
    }
    return v->pairs == PAIRS_SINGLE;
}
