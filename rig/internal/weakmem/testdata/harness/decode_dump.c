// SPDX-License-Identifier: GPL-2.0-or-later
/* What the plugin's decoder makes of each word of a file, one line each. */
#include <inttypes.h>

#include "harness.h"
#include "isa.h"

static const char *const classes[] = {
    "unknown", "plain", "load", "store", "atomic", "complex", "prefetch",
    "barrier", "branch", "call", "indirect", "exception", "system", "hint",
};
static const char *const modes[] = {"offset", "pre", "post", "register",
                                    "literal"};
static const char *const ops[] = {"other", "add", "clr", "eor", "set", "smax", "smin",
                                  "umax", "umin", "swp", "cas", "ldx", "stx", "clear"};
static const char *const barriers[] = {"none", "load", "store", "done", "full", "insn"};

static void dump(uint32_t word)
{
    struct insn in;
    struct uses u;
    enum landmark mark = isa_landmark(word);

    isa_decode(0, word, &in);
    isa_uses(&in, &u);
    printf("%s mode=%s barrier=%s bytes=%u elements=%u rt=%u rt2=%u rn=%u rm=%u "
           "extend=%u shift=%u simd=%d sign=%d to64=%d acquire=%d acquire_pc=%d "
           "release=%d unprivileged=%d dsb=%d tlbi=%d imm=%" PRId64,
           classes[in.cls], modes[in.mode], barriers[in.barrier], 1u << in.size,
           in.elements, in.rt, in.rt2, in.rn, in.rm, in.extend, in.shift, in.simd,
           in.sign, in.to64, in.acquire, in.acquire_pc, in.release, in.unprivileged,
           mark == LANDMARK_MAINTENANCE_ENDS, mark == LANDMARK_MAINTENANCE_BEGINS,
           in.imm);
    if (in.cls == INSN_PLAIN || in.cls == INSN_BRANCH || in.cls == INSN_CALL ||
        in.cls == INSN_INDIRECT) {
        printf(" read_x=%u write_x=%u read_v=%u write_v=%u read_flags=%d "
               "write_flags=%d keep=%d",
               u.read_general, u.write_general, u.read_vector, u.write_vector, u.read_flags,
               u.write_flags, u.keep);
    }
    if (in.cls == INSN_ATOMIC) {
        printf(" op=%s rs=%u no_result=%d", ops[in.op], in.rs, in.no_result);
    }
    printf("\n");
}

void decode_dump(const char *file)
{
    FILE *f = fopen(file, "re");
    uint32_t word;

    if (!f) {
        fail("cannot open %s", file);
    }
    while (fread(&word, 4, 1, f) == 1) {
        dump(word);
    }
    fclose(f);
}
