// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * QEMU's plugin interface as qemu_api.h declares it. Misuse that QEMU would
 * punish, or silently get wrong, ends the program.
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "block.h"
#include "explore.h"
#include "fibre.h"
#include "snapshot.h"

#if KCOVRIG_API >= 7
#define ID /* none */
#define UDATA , NULL
#else
#define ID 1,
#define UDATA
#endif

#define BOARD_BYTES 4096
struct qemu_plugin_scoreboard {
    size_t size;
    uint8_t element[BOARD_BYTES]; /* CPUS_MAX */
};
static struct qemu_plugin_scoreboard boards[2]; /* no heap: a snapshot has it */

__thread struct cpu *running;

static qemu_plugin_vcpu_init_cb_t on_init;
static qemu_plugin_vcpu_tb_trans_cb_t on_translate;
static qemu_plugin_vcpu_discon_cb_t on_discontinuity;
/* Of the callback that a vCPU is in, which may be left in its midst (fibre.c). */
static struct {
    enum qemu_plugin_cb_flags allowed;
    void *left[5];
    uint64_t left_to;
} in_callback[CPUS_MAX];
static pthread_mutex_t translating = PTHREAD_MUTEX_INITIALIZER;

#if KCOVRIG_API >= 7
#define IGNORED_UDATA , void *udata
#define IGNORE_UDATA (void)udata
#else
#define IGNORED_UDATA
#define IGNORE_UDATA (void)0
#endif

void qemu_plugin_register_vcpu_init_cb(qemu_plugin_id_t id,
                                       qemu_plugin_vcpu_init_cb_t cb IGNORED_UDATA)
{
    (void)id, IGNORE_UDATA;
    on_init = cb;
}

void qemu_plugin_register_vcpu_tb_trans_cb(
    qemu_plugin_id_t id, qemu_plugin_vcpu_tb_trans_cb_t cb IGNORED_UDATA)
{
    (void)id, IGNORE_UDATA;
    on_translate = cb;
}

void qemu_plugin_register_vcpu_discon_cb(
    qemu_plugin_id_t id, enum qemu_plugin_discon_type type,
    qemu_plugin_vcpu_discon_cb_t cb IGNORED_UDATA)
{
    (void)id, (void)type, IGNORE_UDATA;
    on_discontinuity = cb;
}

void qemu_plugin_register_atexit_cb(qemu_plugin_id_t id,
                                    qemu_plugin_udata_cb_t cb, void *udata)
{
    (void)id, (void)cb, (void)udata;
}

static enum qemu_plugin_cb_flags allowed_now(void)
{
    return in_callback[running->index].allowed;
}

static uint64_t *value_of(const struct qemu_plugin_register *r)
{
    return r->number == REGISTER_PC ? &running->pc : &running->x[r->number];
}

static uint32_t cpsr_of(const struct cpu *c)
{
    return (uint32_t)c->n << 31 | (uint32_t)c->z << 30 | (uint32_t)c->c << 29 |
           (uint32_t)c->o << 28;
}

bool qemu_plugin_read_register(struct qemu_plugin_register *handle,
                               GByteArray *buf)
{
    unsigned int old = buf->len;
    uint64_t value;

    if (!running || allowed_now() < QEMU_PLUGIN_CB_R_REGS) {
        fail("a register is read where none may be");
    }
    if (handle->number == REGISTER_CPSR) {
        uint32_t flags = cpsr_of(running);
        g_byte_array_set_size(buf, old + 4);
        memcpy(buf->data + old, &flags, 4);
        return true;
    }
    g_byte_array_set_size(buf, old + 8);
    value = handle->number == REGISTER_MMFR2 ? (uint64_t)fake_has_lse2() << 32 : *value_of(handle);
    memcpy(buf->data + old, &value, 8);
    return true;
}

bool qemu_plugin_write_register(struct qemu_plugin_register *handle,
                                GByteArray *buf)
{
    if (!running || allowed_now() < QEMU_PLUGIN_CB_RW_REGS || buf->len != 8 ||
        handle->number >= REGISTER_CPSR) {
        fail("a register is written where none may be");
    }
    memcpy(value_of(handle), buf->data, 8);
    return true;
}

void qemu_plugin_set_pc(uint64_t vaddr)
{
    if (!running || allowed_now() != QEMU_PLUGIN_CB_RW_REGS_PC) {
        fail("the PC is set where it may not be");
    }
    in_callback[running->index].left_to = vaddr;
    __builtin_longjmp(in_callback[running->index].left, 1);
}

struct qemu_plugin_scoreboard *qemu_plugin_scoreboard_new(size_t element_size)
{
    static unsigned int n;
    struct qemu_plugin_scoreboard *s = &boards[n++];

    if (n > sizeof boards / sizeof *boards || element_size * CPUS_MAX > BOARD_BYTES) {
        fail("too much is asked of the scoreboards");
    }
    s->size = element_size;
    return s;
}

void *qemu_plugin_scoreboard_find(struct qemu_plugin_scoreboard *score,
                                  unsigned int vcpu)
{
    if (vcpu >= cpu_count) {
        fail("there is no vCPU %u", vcpu);
    }
    return score->element + vcpu * score->size;
}

static uint64_t *entry_of(qemu_plugin_u64 e, const struct cpu *c)
{
    return (uint64_t *)(void *)(e.score->element + c->index * e.score->size +
                                e.offset);
}

static bool condition(const struct callback *b, const struct cpu *c)
{
    uint64_t value;

    if (b->kind == CALLBACK_PLAIN) {
        return true;
    }
    value = *entry_of(b->entry, c);
    switch (b->cond) {
    case QEMU_PLUGIN_COND_NEVER:
        return false;
    case QEMU_PLUGIN_COND_ALWAYS:
        return true;
    case QEMU_PLUGIN_COND_EQ:
        return value == b->imm;
    case QEMU_PLUGIN_COND_NE:
        return value != b->imm;
    case QEMU_PLUGIN_COND_LT:
        return value < b->imm;
    case QEMU_PLUGIN_COND_LE:
        return value <= b->imm;
    case QEMU_PLUGIN_COND_GT:
        return value > b->imm;
    default:
        return value >= b->imm;
    }
}

static void run_callback(const struct callback *b, struct cpu *c)
{
    if (b->kind == CALLBACK_INLINE) {
        uint64_t *to = entry_of(b->entry, c);
        *to = b->op == QEMU_PLUGIN_INLINE_ADD_U64 ? *to + b->imm : b->imm;
    } else if (condition(b, c)) {
        in_callback[c->index].allowed = b->flags;
        b->cb(c->index, b->udata);
    }
}

/* Loads and stores, Arm ARM C4.1. */
static bool is_access(uint32_t word)
{
    return (word >> 25 & 5) == 4;
}

/* False when a callback left the instruction. */
static bool callbacks(const struct qemu_plugin_insn *insn, struct cpu *c)
{
    running = c;
    if (__builtin_setjmp(in_callback[c->index].left)) {
        running = NULL;
        c->pc = in_callback[c->index].left_to;
        c->block = NULL;
        return false;
    }
    for (unsigned int i = 0; i < insn->n; i++) {
        run_callback(&insn->callback[i], c);
    }
    running = NULL;
    fibre_point();
    if (is_access(insn->word)) { /* the effect of others is the vCPU's own */
        explore_point();
    }
    return true;
}

void fake_spare(void)
{
    snapshot_spare(in_callback, sizeof in_callback);
    block_spare();
}

void fake_step(struct cpu *c)
{
    const struct qemu_plugin_insn *insn;

    if (!c->block || c->at >= c->block->n) {
        bool before = fibre_switching(false);
        pthread_mutex_lock(&translating);
        c->block = block_at(c->pc);
        pthread_mutex_unlock(&translating);
        fibre_switching(before);
        c->at = 0;
    }
    insn = &c->block->insn[c->at];
    if (callbacks(insn, c)) {
        switch (interpret(c, insn->word)) {
        case EFFECT_NEXT:
            c->pc += 4;
            c->at++;
            break;
        case EFFECT_JUMP:
            c->block = NULL;
            break;
        case EFFECT_FAULT:
            c->faults++;
            fake_exception(c);
            break;
        default:
            fail("the interpreter knows no %08x", insn->word);
        }
    }
    c->done = c->pc == RETURN_ADDRESS;
}

static void discontinuity(struct cpu *c, enum qemu_plugin_discon_type type,
                          uint64_t to)
{
    running = c;
    in_callback[c->index].allowed = QEMU_PLUGIN_CB_R_REGS;
    on_discontinuity(ID c->index, type, c->pc, to UDATA);
    running = NULL;
    c->block = NULL;
    c->exclusive = false;
}

void fake_event(struct cpu *c, uint64_t to)
{
    discontinuity(c, QEMU_PLUGIN_DISCON_INTERRUPT, to);
}

void fake_exception(struct cpu *c)
{
    discontinuity(c, QEMU_PLUGIN_DISCON_EXCEPTION, KERNEL_VECTORS);
}

void fake_translated(struct qemu_plugin_tb *tb)
{
#if KCOVRIG_API >= 7
    on_translate(tb, NULL);
#else
    on_translate(1, tb);
#endif
}

int qemu_plugin_install(qemu_plugin_id_t id, const qemu_info_t *info, int argc,
                        char **argv);

void fake_install(const char *plan_file, unsigned int vcpus)
{
    char arg[1024], *argv[] = {arg};
    qemu_info_t info = {.target_name = "aarch64", .system_emulation = true};

    info.system.smp_vcpus = info.system.max_vcpus = (int)vcpus;
    snprintf(arg, sizeof arg, "plan=%s", plan_file);
    if (qemu_plugin_install(1, &info, 1, argv) != 0) {
        fail("the plugin refuses %s", plan_file);
    }
    cpu_count = vcpus;
    for (unsigned int i = 0; i < vcpus; i++) {
        cpus[i].index = i;
        running = &cpus[i];
        on_init(ID i UDATA);
        running = NULL;
    }
}
