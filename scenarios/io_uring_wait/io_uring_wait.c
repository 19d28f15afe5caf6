/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One side waits for an entry of a completion queue, on CPU 1; the other submits an
 * operation that does nothing, which is one. A try is one wait, and a hit one that nobody
 * ends though the operation is done. No clock tells that, but the waiter's state: see lost().
 */
#include "kcovrig.h"
#include <fcntl.h>
#include <linux/io_uring.h>
#include <pthread.h>
#include <stdint.h>
#include <sys/mman.h>

#define ENTRIES 8
#define MOST 1500  /* turns of a loop by which one side begins before the other */
#define SOON 10000 /* turns in which a wait mostly ends */
#define TOLD 64    /* tries between two lines to the guest */
#define WITNESS 5000 /* us in which PID 1 mostly reads a line */

static int ring, sleeps_in;
static struct io_uring_params params;
static struct io_uring_sqe *operation;
static uint32_t *submitted, *head, *tail;
static _Atomic unsigned begun, waits, ended; /* numbers of tries */
static _Atomic int waiter_is;

static void *waiter(void *unused)
{
	pin(1);
	waiter_is = syscall(SYS_gettid);
	for (unsigned n = 1;; n++) {
		kcovrig_sleep(&begun, n);
		waits = n;
		spin(below(MOST));
		must(syscall(SYS_io_uring_enter, ring, 0, 1, IORING_ENTER_GETEVENTS, NULL, 0) == 0, "wait");
		__atomic_store_n(head, __atomic_load_n(tail, __ATOMIC_ACQUIRE), __ATOMIC_RELEASE); /* two where one was lost */
		ended = n;
	}
	return unused;
}

static void submit(void)
{
	*operation = (struct io_uring_sqe){.opcode = IORING_OP_NOP};
	__atomic_store_n(submitted, *submitted + 1, __ATOMIC_RELEASE);
	must(syscall(SYS_io_uring_enter, ring, 1, 0, 0, NULL, 0) == 1, "submit");
}

/*
 * Whether the waiter sleeps for good. The operation is done and its system call has returned:
 * who was to be woken by it has been. In which function a task sleeps the kernel says of one
 * alone that has left the CPU and that nobody has woken; of another it says 0.
 */
static int sleeps_for_good(unsigned n)
{
	char where[128];
	long length = pread(sleeps_in, where, sizeof where - 1, 0);

	must(length > 0, "read where the waiter sleeps");
	where[length] = 0;
	return strstr(where, "io_cqring_wait") != NULL && ended != n; /* it has no other sleep before it ends */
}

/* Whether the wait was not ended, and still is not. */
static int lost(unsigned n)
{
	for (int i = 0; ended != n && i < SOON; i++)
		;
	while (ended != n) {
		if (sleeps_for_good(n))
			return 1;
	}
	return 0;
}

/* Another entry ends it, once there was time to keep what led to it for the hit's witness. */
static void end_wait(unsigned n)
{
	usleep(WITNESS);
	submit();
	while (ended != n)
		;
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

	ring = syscall(SYS_io_uring_setup, ENTRIES, &params);
	must(ring >= 0, "io_uring_setup");
	submission = map(IORING_OFF_SQ_RING, params.sq_off.array + ENTRIES * sizeof(uint32_t));
	completion = map(IORING_OFF_CQ_RING, params.cq_off.cqes + params.cq_entries * sizeof(struct io_uring_cqe));
	operation = (void *)map(IORING_OFF_SQES, ENTRIES * sizeof *operation);
	memset(submission + params.sq_off.array, 0, ENTRIES * sizeof(uint32_t)); /* all are of the one operation */
	submitted = (void *)(submission + params.sq_off.tail);
	head = (void *)(completion + params.cq_off.head);
	tail = (void *)(completion + params.cq_off.tail);
}

static void start_waiter(void)
{
	pthread_t thread;
	char path[64];

	must(pthread_create(&thread, NULL, waiter, NULL) == 0, "a thread");
	while (!waiter_is)
		sched_yield();
	snprintf(path, sizeof path, "/proc/self/task/%d/wchan", waiter_is);
	sleeps_in = open(path, O_RDONLY);
	must(sleeps_in >= 0, "open what tells where the waiter sleeps");
}

int main(void)
{
	set_up();
	start_waiter();
	pin(0);
	ready();
	for (unsigned n = 1, right = 0; going(); n++) {
		kcovrig_wake(&begun, n);
		while (waits != n)
			;
		spin(below(MOST));
		submit();
		if (lost(n)) {
			if (right)
				tried(right);
			hit("wait=%u", n);
			end_wait(n);
			right = 0;
		} else if (++right == TOLD) {
			tried(right);
			right = 0;
		}
	}
	return done();
}
