/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the program of a scenario needs beside the race itself: the lines by which it
 * talks to whoever started it, and two sides that begin together. It comes with kcovrig:
 * #include "kcovrig.h" before all others, and no file of that name in the folder.
 *
 * One side writes while the other looks:           Both sides call the same:
 *
 *     static int look(void) { ...; return 0; }         static void call(unsigned i) { ... }
 *
 *     start_reader(look);                              start_twin(call);
 *     ready();                                         ready();
 *     while (going()) {                                while (going()) {
 *             ... an object for one try ...                    ... N objects ...
 *             begin_try();                                     run_twins(N);
 *             ... the call that writes ...                     tried(N);
 *             end_try();                               }
 *             tried(1);                                return done();
 *     }
 *     return done();
 *
 * Where the kernel writes records to a ring that the program has mapped, run_records()
 * is all of that.
 *
 * The other side is a process of its own, so that it can be waited for when an oops has
 * ended it. It shares all memory and all files, and the C library's own variables with
 * them: it must not call malloc() or what allocates, such as printf() for the first time,
 * and errno may be the other side's, so that it judges by what calls return.
 */
#ifndef KCOVRIG_H
#define KCOVRIG_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <linux/futex.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define KCOVRIG_FN static __attribute__((unused))

/* Ends the program, saying why, where ok is 0: for what it sets up, not for what may race. */
KCOVRIG_FN void must(int ok, const char *what)
{
	if (!ok) {
		perror(what);
		exit(1);
	}
}

/* Keeps the caller on a CPU. */
KCOVRIG_FN void pin(int cpu)
{
	unsigned long set[16] = {0}; /* not a cpu_set_t: musl and glibc have macros of their own */

	set[cpu / (8 * sizeof *set)] |= 1UL << cpu % (8 * sizeof *set);
	must(syscall(SYS_sched_setaffinity, 0, sizeof set, set) == 0, "pin to a CPU");
}

static _Atomic unsigned kcovrig_random = 1;

/* A number below n, by chance; of both sides never the same draw. */
KCOVRIG_FN unsigned below(unsigned n)
{
	unsigned x = kcovrig_random += 0x9e3779b9;

	x = (x ^ x >> 16) * 0x7feb352d;
	x = (x ^ x >> 15) * 0x846ca68b;
	return (x ^ x >> 16) % n;
}

/* Lets some instructions pass: spin(below(500)) begins a call a little later each time. */
KCOVRIG_FN void spin(unsigned n)
{
	while (n--)
		__asm__ volatile("");
}

/* The lines: docs/scenarios.md describes them. */

static char mode[64]; /* that ready() was told */

/* Says that all is set up, and waits for the word to begin. */
KCOVRIG_FN void ready(void)
{
	unsigned long long seed = 0;
	char line[256];

	setvbuf(stdout, NULL, _IOLBF, 0);
	puts("ready");
	must(fgets(line, sizeof line, stdin) != NULL, "be told to begin");
	sscanf(line, "go %llu %63s", &seed, mode);
	kcovrig_random = seed ^ seed >> 32;
}

/* 0 once the program is to end. */
KCOVRIG_FN int going(void)
{
	struct pollfd in = {.fd = 0, .events = POLLIN};

	return poll(&in, 1, 0) == 0;
}

/*
 * n more tries, none of them a hit. Where detect has more than told, n is 1 and each try is
 * told at once, as by run_twins(1): an oops would take untold ones along.
 */
KCOVRIG_FN void tried(unsigned n) { printf("try %u\n", n); }

/* The try at hand shows the bug; words say how, such as size=%d. */
KCOVRIG_FN __attribute__((format(printf, 1, 2))) void hit(const char *words, ...)
{
	va_list args;

	fputs("hit ", stdout);
	va_start(args, words);
	vprintf(words, args);
	va_end(args);
	puts("");
}

/* The sides. */

static pid_t kcovrig_other;

static int kcovrig_on_its_cpu(void *side)
{
	pin(1);
	((void (*)(void))side)();
	return 0;
}

/* Runs side() on CPU 1, in a process of its own, and the caller on CPU 0. */
KCOVRIG_FN void start_other(void (*side)(void))
{
	static char stack[1 << 16] __attribute__((aligned(16)));

	pin(0);
	kcovrig_other = clone(kcovrig_on_its_cpu, stack + sizeof stack, CLONE_VM | CLONE_FILES | SIGCHLD, (void *)side);
	must(kcovrig_other > 0, "clone");
}

/* Ends the program where the other side has ended: by an oops, which PID 1 knows of. */
KCOVRIG_FN void other_must_live(void)
{
	if (waitpid(kcovrig_other, NULL, WNOHANG) == kcovrig_other)
		exit(1);
}

/* Ends the other side and says that the program has ended; main() returns it. */
KCOVRIG_FN int done(void)
{
	if (kcovrig_other > 0)
		kill(kcovrig_other, SIGKILL);
	puts("done");
	return 0;
}

/* Numbers of tries: begun, seen by the other side, written, left by the other side. */
static _Atomic unsigned kcovrig_begun, kcovrig_seen, kcovrig_written, kcovrig_left;
static _Atomic unsigned kcovrig_looks; /* begun by the reader */

/* Sleeps until *at is n: a CPU that wakes up runs at once, one that spins may have to wait. */
KCOVRIG_FN void kcovrig_sleep(_Atomic unsigned *at, unsigned n)
{
	for (unsigned now; (now = *at) != n;)
		syscall(SYS_futex, at, FUTEX_WAIT, now, NULL, NULL, 0);
}

KCOVRIG_FN void kcovrig_wake(_Atomic unsigned *at, unsigned n)
{
	*at = n;
	syscall(SYS_futex, at, FUTEX_WAKE, 1, NULL, NULL, 0);
}

/* Sleeps until *at is n, or the other side has been ended, whom nobody wakes then. */
KCOVRIG_FN void kcovrig_await(_Atomic unsigned *at, unsigned n)
{
	struct timespec limit = {.tv_nsec = 100000000};

	for (unsigned now; (now = *at) != n;) {
		syscall(SYS_futex, at, FUTEX_WAIT, now, &limit, NULL, 0);
		if (*at != n)
			other_must_live();
	}
}

static int (*kcovrig_look)(void);

static void kcovrig_reader(void)
{
	for (unsigned n = 1;; n++) {
		int last;

		kcovrig_sleep(&kcovrig_begun, n);
		kcovrig_seen = n;
		do {
			last = kcovrig_written == n; /* it looks once more then */
			kcovrig_looks++;
		} while (!kcovrig_look() && !last);
		kcovrig_wake(&kcovrig_left, n);
	}
}

/*
 * Starts a side that calls look() over and over from begin_try() on: until end_try() and
 * once more, or until it returns 1, as it has what it came for.
 */
KCOVRIG_FN void start_reader(int (*look)(void))
{
	kcovrig_look = look;
	start_other(kcovrig_reader);
}

/* Returns when the reader looks. */
KCOVRIG_FN void begin_try(void)
{
	unsigned n = kcovrig_begun + 1;

	kcovrig_wake(&kcovrig_begun, n);
	while (kcovrig_seen != n)
		sched_yield(); /* it sleeps: an oops cannot end it here */
}

/*
 * Returns when the reader looks, or has left. Where a try has many calls that write, it goes
 * before each: a CPU of the guest has not always one of the host's, and what is written
 * meanwhile nobody sees. Of two looks that follow closely none is from before the caller,
 * too, had to wait for the host. One so busy that the two seldom run at once is waited for
 * no longer than some of a thread's turns, and 0 is returned: the memory emulator lets
 * stores wait there until the reader has run. It is for looks that are short, such as loads:
 * of looks that are system calls no two follow closely, and each call waits its longest.
 */
KCOVRIG_FN int await_look(void)
{
	unsigned looks = kcovrig_looks, at = 0;

	for (unsigned n = 1; kcovrig_left != kcovrig_begun && n < 1 << 20; n++) {
		unsigned now = kcovrig_looks;

		if (now != looks && at && n - at < 2000)
			return 1;
		if (now != looks) {
			looks = now;
			at = n;
		}
		if (n % (1 << 14) == 0)
			other_must_live();
	}
	return kcovrig_left == kcovrig_begun;
}

/* Returns when the reader has left. */
KCOVRIG_FN void end_try(void)
{
	unsigned n = kcovrig_begun;

	kcovrig_written = n;
	kcovrig_await(&kcovrig_left, n);
}

/*
 * Records of a ring that the kernel writes and this program reads, counted from 0: the
 * reader takes them out, and each is a try. They are told of in their order, hits among
 * the others: what counts is in how many blocks of tries there are hits.
 */
#define KCOVRIG_RECORDS 512 /* between two meetings of the sides */

static unsigned long long kcovrig_taken, kcovrig_told; /* by the one side, of by the other */
static unsigned long long kcovrig_wrong[KCOVRIG_RECORDS];
static _Atomic unsigned kcovrig_wrongs; /* that the reader has found */
static unsigned kcovrig_hits;           /* those that were told of */

/* The number of the record that is to be taken out next. */
KCOVRIG_FN unsigned long long next_record(void) { return kcovrig_taken; }

/* The reader has taken it out, and it was not the right one where right is 0. */
KCOVRIG_FN void took_record(int right)
{
	if (!right) {
		kcovrig_wrong[kcovrig_wrongs] = kcovrig_taken;
		kcovrig_wrongs++;
	}
	kcovrig_taken++;
}

static void kcovrig_tell(void)
{
	for (; kcovrig_hits < kcovrig_wrongs; kcovrig_hits++) {
		unsigned long long n = kcovrig_wrong[kcovrig_hits];

		if (n != kcovrig_told)
			tried(n - kcovrig_told);
		hit("record=%llu", n);
		kcovrig_told = n + 1;
	}
}

/*
 * In the place of all from start_reader() to done(): look() takes out what is there, and
 * write_from(n) has the kernel write run records from number n on, run being a part of
 * KCOVRIG_RECORDS, and the ring not smaller.
 */
KCOVRIG_FN int run_records(int (*look)(void), void (*write_from)(unsigned long long n), unsigned run)
{
	start_reader(look);
	ready();
	while (going()) {
		unsigned long long n = kcovrig_told, end = n + KCOVRIG_RECORDS;

		kcovrig_wrongs = kcovrig_hits = 0;
		begin_try();
		for (; n != end; n += run) {
			await_look();
			write_from(n);
			kcovrig_tell();
		}
		end_try();
		must(kcovrig_taken == end, "take out all records");
		kcovrig_tell();
		if (kcovrig_told != end)
			tried(end - kcovrig_told);
		kcovrig_told = end;
	}
	return done();
}

static void (*kcovrig_call)(unsigned);
static unsigned kcovrig_calls;
static _Atomic unsigned kcovrig_met;

/* Both sides leave it at once. Each has its own count of meetings. */
static void kcovrig_meet(unsigned *meetings, int first)
{
	unsigned both = 2 * ++*meetings;

	kcovrig_met++;
	for (unsigned n = 1; (int)(kcovrig_met - both) < 0; n++)
		if (first && n % (1 << 14) == 0)
			other_must_live();
}

static void kcovrig_twin(unsigned *meetings, int first)
{
	for (unsigned i = 0; i < kcovrig_calls; i++) {
		kcovrig_meet(meetings, first);
		kcovrig_call(i);
	}
	kcovrig_meet(meetings, first);
}

static void kcovrig_second(void)
{
	unsigned meetings = 0;

	for (unsigned n = 1;; n++) {
		kcovrig_sleep(&kcovrig_begun, n);
		kcovrig_twin(&meetings, 0);
	}
}

/* Starts a second side that calls the same as the first, at the same time. */
KCOVRIG_FN void start_twin(void (*call)(unsigned i))
{
	kcovrig_call = call;
	start_other(kcovrig_second);
}

/* Both sides call call(0), then call(1), up to n-1, each begun together. */
KCOVRIG_FN void run_twins(unsigned n)
{
	static unsigned meetings;

	kcovrig_calls = n;
	kcovrig_wake(&kcovrig_begun, kcovrig_begun + 1);
	kcovrig_twin(&meetings, 1);
}

#endif
