/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One side enables a ring that was made disabled; the other sends a file to it meanwhile,
 * from a ring of its own. A try is one ring, and a hit one that is said to be enabled and
 * to belong to nobody.
 */
#include "kcovrig.h"
#include <linux/io_uring.h>
#include <stdint.h>
#include <sys/mman.h>

#define ENTRIES 4

static int ring;
static _Atomic int target, ownerless;
static struct io_uring_params params;
static struct io_uring_sqe *operation;
static uint32_t *submitted, *head, *tail;
static struct io_uring_cqe *entries;

static int look(void)
{
	int res = -EINPROGRESS;

	operation->fd = target;
	operation->user_data++;
	__atomic_store_n(submitted, *submitted + 1, __ATOMIC_RELEASE);
	must(syscall(SYS_io_uring_enter, ring, 1, 0, 0, NULL, 0) == 1, "send");
	for (uint32_t n; n = *head, n != __atomic_load_n(tail, __ATOMIC_ACQUIRE); __atomic_store_n(head, n + 1, __ATOMIC_RELEASE))
		if (entries[n % params.cq_entries].user_data == operation->user_data)
			res = entries[n % params.cq_entries].res;
	if (res == -EOWNERDEAD)
		ownerless = 1;
	return res != -EBADFD;
}

static char *map(off_t what, size_t size)
{
	void *at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, ring, what);

	must(at != MAP_FAILED, "map the queues");
	return at;
}

static void set_up(void)
{
	char *submission, *completion;
	int file = 0;

	ring = syscall(SYS_io_uring_setup, ENTRIES, &params);
	must(ring >= 0, "io_uring_setup");
	must(syscall(SYS_io_uring_register, ring, IORING_REGISTER_FILES, &file, 1) == 0, "register a file");
	submission = map(IORING_OFF_SQ_RING, params.sq_off.array + ENTRIES * sizeof(uint32_t));
	completion = map(IORING_OFF_CQ_RING, params.cq_off.cqes + params.cq_entries * sizeof *entries);
	operation = (void *)map(IORING_OFF_SQES, ENTRIES * sizeof *operation);
	memset(submission + params.sq_off.array, 0, ENTRIES * sizeof(uint32_t));
	*operation = (struct io_uring_sqe){.opcode = IORING_OP_MSG_RING, .addr = IORING_MSG_SEND_FD, .file_index = 1};
	submitted = (void *)(submission + params.sq_off.tail);
	head = (void *)(completion + params.cq_off.head);
	tail = (void *)(completion + params.cq_off.tail);
	entries = (void *)(completion + params.cq_off.cqes);
}

int main(void)
{
	set_up();
	start_reader(look);
	ready();
	while (going()) {
		struct io_uring_params of = {.flags = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_R_DISABLED};

		target = syscall(SYS_io_uring_setup, 1, &of);
		must(target >= 0, "make a ring");
		ownerless = 0;
		begin_try();
		spin(below(1000));
		must(syscall(SYS_io_uring_register, target, IORING_REGISTER_ENABLE_RINGS, NULL, 0) == 0, "enable it");
		end_try();
		close(target);
		if (ownerless)
			hit("ring=%d", (int)target);
		else
			tried(1);
	}
	return done();
}
