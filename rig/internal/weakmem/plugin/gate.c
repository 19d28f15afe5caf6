// SPDX-License-Identifier: GPL-2.0-or-later
#include "gate.h"

#include "qemu_api.h"

struct qemu_plugin_scoreboard *gate_board;

void gates_open(void)
{
    gate_board = qemu_plugin_scoreboard_new(sizeof(struct gate));
}
