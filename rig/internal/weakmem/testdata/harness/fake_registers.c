// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>

#include "block.h"

static struct qemu_plugin_register registers[33];

GArray *qemu_plugin_get_registers(void)
{
    GArray *a = calloc(1, sizeof *a);
    qemu_plugin_reg_descriptor *d = calloc(33, sizeof *d);

    for (unsigned int i = 0; i < 33; i++) {
        struct qemu_plugin_register *r = &registers[i];

        r->number = i;
        if (i < 31) {
            snprintf(r->name, sizeof r->name, "x%u", i % 100);
        } else {
            snprintf(r->name, sizeof r->name, "%s", i == 31 ? "sp" : "pc");
        }
        d[i].handle = r;
        d[i].name = r->name;
    }
    a->data = (char *)d;
    a->len = 33;
    return a;
}
