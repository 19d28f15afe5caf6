/* SPDX-License-Identifier: Apache-2.0 */
#include "kcovrig.h"
#include <linux/io_uring.h>
#include <stdint.h>
#include <sys/mman.h>

#define ENTRIES 1
#define RUN 64

static int ring;
static struct io_uring_params params;
static struct io_uring_sqe *operations;
static uint32_t *submitted, *consumed, *head, *tail;
static struct io_uring_cqe *entries;

static int look(void)
{
	uint32_t n;

	must(syscall(SYS_io_uring_enter, ring, ENTRIES, 0, 0, NULL, 0) >= 0, "submit");
	while (n = next_record(), n != __atomic_load_n(tail, __ATOMIC_ACQUIRE)) {
		took_record(entries[n % params.cq_entries].user_data == next_record());
		__atomic_store_n(head, n + 1, __ATOMIC_RELEASE);
	}
	return 0;
}

static void write_from(unsigned long long n)
{
	for (unsigned long long end = n + RUN; n != end; n++) {
		while (__atomic_load_n(consumed, __ATOMIC_ACQUIRE) != (uint32_t)n)
			;
		spin(below(400));
		operations[n % ENTRIES].user_data = n;
		__atomic_store_n(submitted, n + 1, __ATOMIC_RELEASE);
	}
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

	ring = syscall(SYS_io_uring_setup, ENTRIES, &params);
	must(ring >= 0, "io_uring_setup");
	submission = map(IORING_OFF_SQ_RING, params.sq_off.array + ENTRIES * sizeof(uint32_t));
	completion = map(IORING_OFF_CQ_RING, params.cq_off.cqes + params.cq_entries * sizeof *entries);
	operations = (void *)map(IORING_OFF_SQES, ENTRIES * sizeof *operations);
	for (uint32_t i = 0; i < ENTRIES; i++) {
		operations[i] = (struct io_uring_sqe){.opcode = IORING_OP_NOP};
		((uint32_t *)(submission + params.sq_off.array))[i] = i;
	}
	submitted = (void *)(submission + params.sq_off.tail);
	consumed = (void *)(submission + params.sq_off.head);
	head = (void *)(completion + params.cq_off.head);
	tail = (void *)(completion + params.cq_off.tail);
	entries = (void *)(completion + params.cq_off.cqes);
	return run_records(look, write_from, RUN);
}
