// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>

#include "block.h"

static struct qemu_plugin_register registers[REGISTERS];

bool fake_has_lse2(void)
{
    static int has = -1;

    if (has < 0) {
        const char *said = getenv("HARNESS_LSE2");
        has = said && strcmp(said, "1") == 0;
    }
    return has;
}

GArray *qemu_plugin_get_registers(void)
{
    static const char *const others[] = {"sp", "pc", "cpsr", "ID_AA64MMFR2_EL1"};
    GArray *a = harness_allocate(1, sizeof *a);
    qemu_plugin_reg_descriptor *d = harness_allocate(REGISTERS, sizeof *d);

    for (unsigned int i = 0; i < REGISTERS; i++) {
        struct qemu_plugin_register *r = &registers[i];

        r->number = i;
        if (i < 31) {
            snprintf(r->name, sizeof r->name, "x%u", i % 100);
        } else {
            snprintf(r->name, sizeof r->name, "%s", others[i - 31]);
        }
        d[i].handle = r;
        d[i].name = r->name;
    }
    a->data = (char *)d;
    a->len = REGISTERS;
    return a;
}
