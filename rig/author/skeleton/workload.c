/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two sides of a race, on two CPUs, which begin each try together. As it stands it
 * tries nothing. docs/scenarios.md of kcovrig describes the lines that it prints.
 */
#define _GNU_SOURCE
#include <linux/futex.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* Numbers of tries: begun, seen by the reader, written, left by the reader. */
static _Atomic unsigned begun, seen, written, left;
/* Set by the reader where the program itself can tell that the bug was seen. */
static _Atomic int hit;

/* TODO(you): what the two sides share in a try, such as a file descriptor. */

static void must(int ok, const char *what)
{
	if (!ok) {
		perror(what);
		exit(1);
	}
}

/* Once, before any try. */
static void set_up(void)
{
	/* TODO(you): what all tries need. PID 1 alone runs; lo is down. */
}

/* Before each try, by the writer alone. */
static void before(void)
{
	/* TODO(you): what each try needs anew, such as an object in its first state. */
}

/* The call that does the writes whose order matters. */
static void write_side(void)
{
	/* TODO(you): the system call that publishes. */
}

/* The call that may see the second write without the first; called over and over. */
static void read_side(void)
{
	/* TODO(you): the system call that looks; hit = 1 where its answer shows the bug. */
}

/* After each try, by the writer alone. */
static void after(void)
{
	/* TODO(you): give up what before() made. */
}

static void pin(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	must(sched_setaffinity(0, sizeof set, &set) == 0, "pin to a CPU");
}

static void await(_Atomic unsigned *at, unsigned value)
{
	struct timespec limit = {.tv_nsec = 100000000};
	unsigned now = *at;

	if (now != value)
		syscall(SYS_futex, at, FUTEX_WAIT, now, &limit, NULL, 0);
}

static void announce(_Atomic unsigned *at, unsigned value)
{
	*at = value;
	syscall(SYS_futex, at, FUTEX_WAKE, 1, NULL, NULL, 0);
}

/* Sleeps between tries: a CPU that wakes up runs at once, one that spins may wait. */
static int reader(void *unused)
{
	(void)unused;
	pin(1);
	for (unsigned n = 1; n; n++) {
		while (begun != n)
			await(&begun, n);
		seen = n;
		do
			read_side();
		while (written != n);
		announce(&left, n);
	}
	return 0;
}

static void try(unsigned n, pid_t other)
{
	before();
	announce(&begun, n);
	while (seen != n)
		sched_yield();
	write_side();
	written = n;
	while (left != n) {
		await(&left, n);
		/* An oops ends the one that met it: whoever started this program knows of it. */
		if (left != n && waitpid(other, NULL, WNOHANG) == other)
			exit(1);
	}
	after();
}

int main(void)
{
	static char stack[65536] __attribute__((aligned(16)));
	struct pollfd in = {.fd = 0, .events = POLLIN};
	char line[128];
	pid_t other;

	setvbuf(stdout, NULL, _IOLBF, 0);
	pin(0);
	set_up();
	/* A process of its own: where an oops ends it, this one goes on. */
	other = clone(reader, stack + sizeof stack, CLONE_VM | CLONE_FILES | SIGCHLD, NULL);
	must(other > 0, "clone");
	puts("ready");
	must(fgets(line, sizeof line, stdin) != NULL, "go");
	for (unsigned n = 1; poll(&in, 1, 0) == 0; n++) {
		try(n, other);
		puts(hit ? "hit it was seen" : "try 1"); /* at once: an oops would take untold ones along */
		hit = 0;
	}
	kill(other, SIGKILL);
	puts("done");
	return 0;
}
