/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A translated block and the callbacks that were attached to it.
 */
#ifndef BLOCK_H
#define BLOCK_H

#include "harness.h"

enum callback_kind { CALLBACK_PLAIN, CALLBACK_COND, CALLBACK_INLINE };

struct callback {
    enum callback_kind kind;
    qemu_plugin_vcpu_udata_cb_t cb;
    enum qemu_plugin_cb_flags flags;
    enum qemu_plugin_cond cond;
    enum qemu_plugin_op op;
    qemu_plugin_u64 entry;
    uint64_t imm;
    void *udata;
};

/* 0 to 30, then SP, PC, CPSR, which alone has 4 bytes, and ID_AA64MMFR2_EL1. */
enum { REGISTER_PC = 32, REGISTER_CPSR, REGISTER_MMFR2, REGISTERS };
struct qemu_plugin_register {
    char name[24];
    unsigned int number;
};

struct qemu_plugin_insn {
    uint64_t virt;
    uint32_t word;
    void *host;
    unsigned int n;
    struct callback callback[CALLBACKS_MAX];
};

struct qemu_plugin_tb {
    uint64_t start, phys;
    uint64_t track; /* the policy for which it was translated: tests vary it */
    size_t n;
    struct qemu_plugin_insn insn[BLOCK_MAX];
    struct qemu_plugin_tb *next, *every; /* same bucket; all there ever were */
};

/* The block that begins at pc; translates it where needed. */
struct qemu_plugin_tb *block_at(uint64_t pc);
/* Spares the snapshot all blocks: each is translated once. */
void block_spare(void);
/* Calls the plugin's translation callback. */
void fake_translated(struct qemu_plugin_tb *tb);

#endif
