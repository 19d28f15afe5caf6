/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One side waits for an entry of a completion queue, on CPU 1; the other submits an
 * operation that does nothing, which is one. A try is one wait, and a hit one that does not
 * end though the operation is done. That is not told by a clock: a third thread is asked to
 * run on CPU 1, which it does only while nobody else wants to, and adds up how long it has
 * run. Where that was a while and the waiter has not, nobody has woken it.
 */
#include "kcovrig.h"
#include <linux/io_uring.h>
#include <pthread.h>
#include <stdint.h>
#include <sys/mman.h>

#define ENTRIES 8
#define MOST 1500           /* turns of a loop by which one side begins before the other */
#define SOON 10000          /* turns in which a wait mostly ends */
#define LOST 10000000       /* ns in which CPU 1 had nothing else to do: then nobody was woken */
#define STEP 100000         /* ns between two turns of the idle thread, or it was away */
#define TOLD 64             /* tries between two lines to the guest */

static int ring;
static struct io_uring_params params;
static struct io_uring_sqe *operation;
static uint32_t *submitted, *head, *tail;
static _Atomic unsigned begun, waits, ended; /* numbers of tries */
static _Atomic unsigned asked;               /* 1: the idle thread is to run */
static _Atomic long idle;                    /* ns that it has run */

static long now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000l + t.tv_nsec;
}

static void *idler(void *unused)
{
	static const struct sched_param none;

	pin(1);
	must(syscall(SYS_sched_setscheduler, 0, SCHED_IDLE, &none) == 0, "SCHED_IDLE");
	for (;;) {
		kcovrig_sleep(&asked, 1);
		for (long last = now(), at; asked; last = at) {
			at = now();
			if (at - last < STEP)
				idle += at - last;
		}
	}
	return unused;
}

static void *waiter(void *unused)
{
	pin(1);
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

/* Whether the wait did not end: it is ended by another entry then. */
static int lost(unsigned n)
{
	for (int i = 0; ended != n && i < SOON; i++)
		;
	if (ended == n)
		return 0;
	idle = 0;
	kcovrig_wake(&asked, 1);
	while (ended != n && idle < LOST)
		;
	asked = 0;
	if (ended == n)
		return 0;
	submit();
	while (ended != n)
		;
	return 1;
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

int main(void)
{
	pthread_t thread;

	set_up();
	must(pthread_create(&thread, NULL, idler, NULL) == 0 && pthread_create(&thread, NULL, waiter, NULL) == 0, "threads");
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
			right = 0;
		} else if (++right == TOLD) {
			tried(right);
			right = 0;
		}
	}
	return done();
}
