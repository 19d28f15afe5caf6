/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One side submits operations that do nothing; the other takes their entries out of the
 * completion queue, which it has mapped. A try is one entry, and a hit one that is another
 * operation's: of one round before.
 */
#include "kcovrig.h"
#include <linux/io_uring.h>
#include <stdint.h>
#include <sys/mman.h>

#define RUN 4 /* operations that are submitted by one call: their entries are told of by one store */
#define ENTRIES 256

static int ring;
static struct io_uring_params params = {.flags = IORING_SETUP_CQSIZE, .cq_entries = ENTRIES};
static struct io_uring_sqe *operations;
static uint32_t *submitted, *head, *tail;
static struct io_uring_cqe *entries;

static int look(void)
{
	uint32_t n;

	while (n = next_record(), n != __atomic_load_n(tail, __ATOMIC_ACQUIRE)) {
		took_record(__atomic_load_n(&entries[n % ENTRIES].user_data, __ATOMIC_RELAXED) == next_record());
		__atomic_store_n(head, n + 1, __ATOMIC_RELEASE);
	}
	return 0;
}

static void write_from(unsigned long long n)
{
	for (int i = 0; i < RUN; i++)
		operations[i] = (struct io_uring_sqe){.opcode = IORING_OP_NOP, .user_data = n + i};
	__atomic_store_n(submitted, *submitted + RUN, __ATOMIC_RELEASE);
	must(syscall(SYS_io_uring_enter, ring, RUN, 0, 0, NULL, 0) == RUN, "io_uring_enter");
}

static char *map(off_t what, size_t size)
{
	void *at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, ring, what);

	must(at != MAP_FAILED, "map the queues");
	return at;
}

int main(void)
{
	char *submission, *completion;

	ring = syscall(SYS_io_uring_setup, RUN, &params);
	must(ring >= 0, "io_uring_setup");
	submission = map(IORING_OFF_SQ_RING, params.sq_off.array + RUN * sizeof(uint32_t));
	completion = map(IORING_OFF_CQ_RING, params.cq_off.cqes + ENTRIES * sizeof *entries);
	operations = (void *)map(IORING_OFF_SQES, RUN * sizeof *operations);
	for (uint32_t i = 0; i < RUN; i++)
		((uint32_t *)(submission + params.sq_off.array))[i] = i;
	submitted = (void *)(submission + params.sq_off.tail);
	head = (void *)(completion + params.cq_off.head);
	tail = (void *)(completion + params.cq_off.tail);
	entries = (void *)(completion + params.cq_off.cqes);
	return run_records(look, write_from, RUN);
}
