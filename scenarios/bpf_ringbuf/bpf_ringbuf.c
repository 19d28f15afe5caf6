/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A buffer that BPF programs write records to and this program has mapped, as libbpf uses
 * it. One side runs a BPF program that writes numbers, in order; the other takes out the
 * records that producer_pos says are there, each once its header does not say busy. A try is
 * one record, and a hit one with another number: of one round before.
 */
#include "kcovrig.h"
#include <linux/bpf.h>
#include <stdint.h>
#include <sys/mman.h>

#define RUN 16 /* records that the BPF program writes each time it is run; the buffer holds 256 */
#define PAGE 4096

struct record {
	uint32_t size; /* and BPF_RINGBUF_BUSY_BIT */
	uint32_t page;
	uint64_t number;
};

static int program;
static unsigned long *consumer, *producer;
static struct record *records;

static int look(void)
{
	uint64_t n;

	while (n = next_record(), n * sizeof *records != __atomic_load_n(producer, __ATOMIC_ACQUIRE)) {
		struct record *next = records + n % (PAGE / sizeof *records);
		uint32_t size = __atomic_load_n(&next->size, __ATOMIC_ACQUIRE);

		if (size & BPF_RINGBUF_BUSY_BIT)
			return 0;
		took_record(size == sizeof next->number && next->number == n);
	}
	__atomic_store_n(consumer, n * sizeof *records, __ATOMIC_RELEASE);
	return 0;
}

static int bpf(int command, union bpf_attr *attr, const char *what)
{
	int fd = syscall(SYS_bpf, command, attr, sizeof *attr);

	must(fd >= 0, what);
	return fd;
}

static int make_buffer(void)
{
	union bpf_attr buffer = {.map_type = BPF_MAP_TYPE_RINGBUF, .max_entries = PAGE};
	int fd = bpf(BPF_MAP_CREATE, &buffer, "make a buffer");

	consumer = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	producer = mmap(NULL, 2 * PAGE, PROT_READ, MAP_SHARED, fd, PAGE);
	must(consumer != MAP_FAILED && producer != MAP_FAILED, "map the buffer");
	records = (void *)((char *)producer + PAGE);
	return fd;
}

/* RUN times bpf_ringbuf_output(buffer, &n, sizeof n, BPF_RB_NO_WAKEUP), n++; n is at first what the program is given. */
static int load_program(int buffer)
{
	const struct bpf_insn output[] = {
		{BPF_STX | BPF_DW | BPF_MEM, BPF_REG_10, BPF_REG_6, -8, 0},
		{BPF_LD | BPF_DW | BPF_IMM, BPF_REG_1, BPF_PSEUDO_MAP_FD, 0, buffer},
		{0},
		{BPF_ALU64 | BPF_MOV | BPF_X, BPF_REG_2, BPF_REG_10, 0, 0},
		{BPF_ALU64 | BPF_ADD | BPF_K, BPF_REG_2, 0, 0, -8},
		{BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_3, 0, 0, 8},
		{BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_4, 0, 0, BPF_RB_NO_WAKEUP},
		{BPF_JMP | BPF_CALL, 0, 0, 0, BPF_FUNC_ringbuf_output},
		{BPF_ALU64 | BPF_ADD | BPF_K, BPF_REG_6, 0, 0, 1},
	};
	struct bpf_insn all[1 + RUN * sizeof output / sizeof *output + 2] = {{BPF_LDX | BPF_DW | BPF_MEM, BPF_REG_6, BPF_REG_1, 0, 0}};
	union bpf_attr load = {.prog_type = BPF_PROG_TYPE_SYSCALL, .prog_flags = BPF_F_SLEEPABLE};
	struct bpf_insn *end = all + 1;

	for (int i = 0; i < RUN; i++, end += sizeof output / sizeof *output)
		memcpy(end, output, sizeof output);
	*end++ = (struct bpf_insn){BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_0, 0, 0, 0};
	*end++ = (struct bpf_insn){BPF_JMP | BPF_EXIT, 0, 0, 0, 0};
	load.insns = (uintptr_t)all;
	load.insn_cnt = end - all;
	load.license = (uintptr_t)"Apache-2.0";
	return bpf(BPF_PROG_LOAD, &load, "load a BPF program");
}

static void write_from(unsigned long long n)
{
	union bpf_attr run = {.test.prog_fd = program, .test.ctx_in = (uintptr_t)&n, .test.ctx_size_in = sizeof n};

	bpf(BPF_PROG_TEST_RUN, &run, "run the BPF program");
}

int main(void)
{
	program = load_program(make_buffer());
	return run_records(look, write_from, RUN);
}
