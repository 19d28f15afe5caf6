/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Which callbacks an instruction gets, when its block is translated.
 */
#ifndef KCOVRIG_INSTRUMENT_H
#define KCOVRIG_INSTRUMENT_H

#include "qemu_api.h"

void instrument_block(struct qemu_plugin_tb *tb);

#endif
