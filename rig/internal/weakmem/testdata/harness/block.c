// SPDX-License-Identifier: GPL-2.0-or-later
#include "block.h"

#include <stdlib.h>
#include <string.h>

#include "plan.h"
#include "snapshot.h"

#define BUCKETS 4096

static struct qemu_plugin_tb *buckets[BUCKETS], *all;

static struct qemu_plugin_tb **bucket(uint64_t phys)
{
    return &buckets[phys / 4 % BUCKETS];
}

/* As in target/arm/tcg: branches, exceptions, ISB and writes to system
 * registers end a block, and so does the end of a page. */
static bool ends_block(uint32_t word, uint64_t virt)
{
    if ((virt & 4095) == 4092) {
        return true;
    }
    if ((word >> 26 & 7) != 5) {
        return false;
    }
    if (word >> 22 == 0xd50u << 2) { /* hints, barriers, SYS, MSR */
        return (word & 0xfffff0ff) == 0xd50330df ||
               (word >> 12 != 0xd5032 && word >> 12 != 0xd5033);
    }
    return true;
}

void block_spare(void)
{
    snapshot_spare(buckets, sizeof buckets);
    snapshot_spare(&all, sizeof all);
}

static uint64_t code_address(uint64_t pc)
{
    uint64_t phys;

    if (guest_translate(pc, &phys) > PAGE_RO) {
        fail("no code at %#lx", (unsigned long)pc);
    }
    return phys;
}

/* Blocks are found by physical address, and the plugin sees the virtual address
 * of the first translation alone: so does QEMU with CF_PCREL (accel/tcg). */
struct qemu_plugin_tb *block_at(uint64_t pc)
{
    uint64_t phys = code_address(pc);
    struct qemu_plugin_tb *tb, **b = bucket(phys);

    for (tb = *b; tb; tb = tb->next) {
        if (tb->phys == phys && tb->track == plan->policy.track) {
            return tb;
        }
    }
    tb = harness_allocate(1, sizeof *tb);
    tb->start = pc;
    tb->phys = phys;
    tb->track = plan->policy.track;
    do {
        struct qemu_plugin_insn *i = &tb->insn[tb->n++];

        i->virt = pc;
        i->host = guest_ram(code_address(pc), 4);
        memcpy(&i->word, i->host, 4);
        pc += 4;
    } while (tb->n < BLOCK_MAX &&
             !ends_block(tb->insn[tb->n - 1].word, tb->insn[tb->n - 1].virt));
    fake_translated(tb);
    tb->next = *b;
    *b = tb;
    tb->every = all;
    all = tb;
    return tb;
}

/* The memory of forgotten blocks stays: a vCPU may be in the middle of one. */
void fake_flush(void)
{
    memset(buckets, 0, sizeof buckets);
}

void fake_forget(uint64_t phys, uint64_t bytes)
{
    for (unsigned int i = 0; i < BUCKETS; i++) {
        struct qemu_plugin_tb **at = &buckets[i];
        while (*at) {
            struct qemu_plugin_tb *tb = *at;
            if (tb->phys < phys + bytes && phys < tb->phys + 4 * tb->n) {
                *at = tb->next;
            } else {
                at = &tb->next;
            }
        }
    }
}

size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb)
{
    return tb->n;
}

uint64_t qemu_plugin_tb_vaddr(const struct qemu_plugin_tb *tb)
{
    return tb->start;
}

struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *tb,
                                                 size_t idx)
{
    return (struct qemu_plugin_insn *)&tb->insn[idx];
}

size_t qemu_plugin_insn_data(const struct qemu_plugin_insn *insn, void *dest,
                             size_t len)
{
    len = len < 4 ? len : 4;
    memcpy(dest, &insn->word, len);
    return len;
}

uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn *insn)
{
    return insn->virt;
}

void *qemu_plugin_insn_haddr(const struct qemu_plugin_insn *insn)
{
    const char *off = getenv("HARNESS_HADDR_OFF"); /* a QEMU that lies */

    return (uint8_t *)insn->host + (off ? atoi(off) : 0);
}

static void attach(struct qemu_plugin_insn *insn, struct callback c)
{
    if (insn->n == CALLBACKS_MAX) {
        fail("too many callbacks on one instruction");
    }
    insn->callback[insn->n++] = c;
}

void qemu_plugin_register_vcpu_insn_exec_cb(struct qemu_plugin_insn *insn,
                                            qemu_plugin_vcpu_udata_cb_t cb,
                                            enum qemu_plugin_cb_flags flags,
                                            void *udata)
{
    attach(insn, (struct callback){.kind = CALLBACK_PLAIN, .cb = cb,
                                   .flags = flags, .udata = udata});
}

void qemu_plugin_register_vcpu_insn_exec_cond_cb(
    struct qemu_plugin_insn *insn, qemu_plugin_vcpu_udata_cb_t cb,
    enum qemu_plugin_cb_flags flags, enum qemu_plugin_cond cond,
    qemu_plugin_u64 entry, uint64_t imm, void *udata)
{
    attach(insn, (struct callback){.kind = CALLBACK_COND, .cb = cb,
                                   .flags = flags, .cond = cond,
                                   .entry = entry, .imm = imm, .udata = udata});
}

void qemu_plugin_register_vcpu_insn_exec_inline_per_vcpu(
    struct qemu_plugin_insn *insn, enum qemu_plugin_op op,
    qemu_plugin_u64 entry, uint64_t imm)
{
    attach(insn, (struct callback){.kind = CALLBACK_INLINE, .op = op,
                                   .entry = entry, .imm = imm});
}
