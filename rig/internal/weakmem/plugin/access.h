/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Where an instruction's access goes, and how the emulator does it instead of QEMU.
 */
#ifndef KCOVRIG_ACCESS_H
#define KCOVRIG_ACCESS_H

#include <stdbool.h>
#include <stdint.h>

#include "insn.h"
#include "pages.h"
#include "sites.h"
#include "views.h"

struct vcpu;

struct access {
    uint64_t virt;
    uint64_t after; /* the base register afterwards */
    uint64_t view[VIEWS]; /* what the address depends on */
    uint64_t phys, epoch;
    enum page_state state;
    bool regular; /* elements of at most 8 bytes, aligned, within one page */
    bool single;  /* a pair that is one access */
    bool user;    /* with the user's rights */
};
struct access access_resolve(struct vcpu *v, const struct insn *in);
/* Where it goes is known, or is made known, whether or not it may. */
bool access_find(struct vcpu *v, struct access *a);
/* ... and it may; false: the access must be strong. */
bool access_reach(struct vcpu *v, struct access *a);
/* The access is about to run natively, which proves its rights. */
void access_probe(struct vcpu *v, const struct insn *in, const struct access *a);
/* Why the emulator leaves such an access to QEMU. */
enum why access_doubt(const struct insn *in, const struct access *a);
/* Base written back, instruction skipped. Does not return. */
__attribute__((__noreturn__)) void access_skip(struct vcpu *v,
                                               const struct insn *in,
                                               const struct access *a);

#endif
