/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The emulator without QEMU: vCPUs that are interpreted one instruction at a
 * time in one thread, with the plugin's callbacks attached as QEMU would. So
 * native execution is sequentially consistent, and whatever weakness is seen
 * is the emulator's.
 */
#ifndef HARNESS_H
#define HARNESS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "qemu_api.h"

#define CPUS_MAX 8
#define BLOCK_MAX 32
#define CALLBACKS_MAX 8

struct cpu {
    unsigned int index;
    uint64_t x[32]; /* 31 is SP */
    uint64_t v[32][2];
    uint64_t pc;
    bool n, z, c, o; /* flags; o is V */
    bool exclusive;
    uint64_t exclusive_address, exclusive_value[2];
    uint64_t daif; /* as MRS gives it: D is bit 9 */
    uint64_t sp_el0, tpidr_el0, tpidr_el1, tpidrro_el0;
    uint64_t taken; /* the interrupt that is taken next */
    struct qemu_plugin_tb *block;
    size_t at;
    bool done;       /* returned to where it came from */
    uint64_t faults; /* data aborts taken */
};

extern struct cpu cpus[CPUS_MAX];
extern unsigned int cpu_count;

/* Where a RET from a thread's code leads: outside every scope. */
#define RETURN_ADDRESS 0xffff0000fffff000ull
/* Where the kernel takes its exceptions. */
#define KERNEL_VECTORS 0xffff000080000000ull

__attribute__((__noreturn__, __format__(printf, 1, 2))) void
fail(const char *format, ...);

/* Zeros, whatever HARNESS_MEMORY says. */
void *harness_allocate(size_t n, size_t bytes);

/* guest.c: RAM and the page tables. */
/* PAGE_KERNEL: not for the user. */
enum page_kind { PAGE_RW, PAGE_RO, PAGE_ABSENT, PAGE_IO, PAGE_KERNEL };
void guest_open(uint64_t base, uint64_t bytes);
void guest_set_page(uint64_t virt, enum page_kind kind);
void guest_remap(uint64_t virt, uint64_t other);
enum page_kind guest_translate(uint64_t virt, uint64_t *phys);
/* The host address of bytes that are RAM; fails otherwise. */
uint8_t *guest_ram(uint64_t phys, unsigned int bytes);
uint8_t *guest_all(size_t *bytes);
/* A vCPU's own access; false where it faults. */
bool guest_load(uint64_t virt, unsigned int bytes, uint64_t *value);
bool guest_store(uint64_t virt, unsigned int bytes, uint64_t value);
/* One access of the host: where *old is there, value is written; *done says
 * whether, and *old is what was there. The pair is of two times bytes. */
bool guest_swap(uint64_t virt, unsigned int bytes, uint64_t *old, uint64_t value,
                bool *done);
bool guest_swap_pair(uint64_t virt, unsigned int bytes, uint64_t old[2],
                     const uint64_t value[2], bool *done);
extern uint64_t guest_io_writes, guest_io_reads;

/* host.c: aligned memory of 1, 2, 4 or 8 bytes, one access. */
uint64_t host_load(const void *at, unsigned int bytes);
void host_store(void *at, unsigned int bytes, uint64_t value);
/* False and what is there in *old where that was something else. */
bool host_swap(void *at, unsigned int bytes, uint64_t *old, uint64_t value);

/* interp.c and its kin: what an instruction does natively. */
enum effect { EFFECT_NEXT, EFFECT_JUMP, EFFECT_FAULT, EFFECT_UNKNOWN };
enum effect interpret(struct cpu *c, uint32_t word);
enum effect interpret_memory(struct cpu *c, uint32_t word);
enum effect interpret_exclusive(struct cpu *c, uint32_t word); /* CAS too */
enum effect interpret_atomic(struct cpu *c, uint32_t word);
enum effect interpret_system(struct cpu *c, uint32_t word);

static inline uint64_t field(uint32_t word, int high, int low)
{
    return (word >> low) & ((2ull << (high - low)) - 1);
}

static inline int64_t signed_field(uint32_t word, int high, int low)
{
    int width = high - low + 1;
    return (int64_t)(field(word, high, low) << (64 - width)) >> (64 - width);
}

static inline uint64_t reg(const struct cpu *c, uint64_t n)
{
    return n == 31 ? 0 : c->x[n];
}

static inline void set_reg(struct cpu *c, uint64_t n, uint64_t value, bool is64)
{
    if (n != 31) {
        c->x[n] = is64 ? value : (uint32_t)value;
    }
}

/* fake_qemu.c, block.c */
void fake_install(const char *plan_file, unsigned int vcpus);
/* Spares the snapshot what is dead between two instructions. */
void fake_spare(void);
/* Executes one instruction: callbacks, then its effect. */
void fake_step(struct cpu *c);
/* An interrupt is taken to the given address and returned from. */
void fake_event(struct cpu *c, uint64_t to);
void fake_exception(struct cpu *c);
/* Translations of every block are forgotten, or of those that overlap. */
void fake_flush(void);
void fake_forget(uint64_t phys, uint64_t bytes);
extern __thread struct cpu *running; /* in a callback */

/* fake_registers.c: what the CPU is. HARNESS_LSE2=1 in the environment gives it
 * FEAT_LSE2, which ID_AA64MMFR2_EL1 says. */
bool fake_has_lse2(void);

/* race.c: one instruction of another vCPU, in a thread of its own, in the
 * middle of QEMU's next write to code on behalf of the plugin. */
void race_arm(struct cpu *c);
void race_begin(void);
void race_end(void);
/* A thread that sleeps from now on. */
int race_sleeper(void);

/* threads.c: n vCPUs at once, from begin to end, so many times. */
void threads_run(unsigned int n, uint64_t iterations, void (*begin)(void),
                 void (*end)(void));

/* decode_dump.c */
void decode_dump(const char *file);

/* The plugin's policy, to be changed between two runs: plan->policy but for its const. */
struct policy *harness_policy(void);

/* script.c, litmus.c */
void script_run(FILE *f);
void litmus_reset(void);
/* A command's words; false where it is none of litmus tests. */
struct words {
    unsigned int n;
    char *at[4096];
};
bool litmus_command(const struct words *w);
void script_print(const struct words *w);
extern bool script_cut; /* whether the last "cut" came to its point */
unsigned int index_of(const struct words *w, unsigned int at); /* of a vCPU */
uint8_t *script_memory(uint64_t virt, uint64_t bytes);
/* Whether the command begins so and has n words in all. */
bool is_command(const struct words *w, const char *first, unsigned int n);
uint64_t number(const struct words *w, unsigned int at);

#endif
