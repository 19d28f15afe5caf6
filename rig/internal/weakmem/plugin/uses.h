/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Which registers an A64 instruction reads and writes, so that dependencies can
 * be followed. Where an encoding is not known in detail, more is named than is
 * used, and nothing loses what it carried: that only makes the model stronger.
 */
#ifndef KCOVRIG_USES_H
#define KCOVRIG_USES_H

#include "decode.h"

struct uses {
    uint32_t read_x, write_x; /* bit n: Xn; bit 31: SP; the zero register: none */
    uint32_t read_v, write_v; /* bit n: Vn */
    bool read_flags, write_flags;
    bool read_system, write_system; /* system registers, all as one */
    bool keep; /* written registers keep what they carried before */
};

/* For INSN_PLAIN, INSN_BRANCH, INSN_CALL and INSN_INDIRECT; empty otherwise. */
void find_uses(const struct insn *in, struct uses *out);

#endif
