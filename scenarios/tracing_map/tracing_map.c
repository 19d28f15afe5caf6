// SPDX-License-Identifier: Apache-2.0
/*
 * Two sides call getpriority() with the same numbers at once. A histogram of these
 * numbers is kept by the kernel: whoever comes first makes an element for one, in
 * __tracing_map_insert(), and the other has to find that. A try is KEYS more numbers; the
 * histogram is read at its end, and the kernel warns there where one has two elements.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define KEYS 4
#define SIZE 512 /* numbers that a histogram has room for, with half of it to spare */
#define EVENT "/trace/events/syscalls/sys_enter_getpriority/"
#define HISTOGRAM "hist:keys=who:size=1024"

/* The number that both are to call with, and how far the other side has come. */
static _Atomic int turn, done;

static void must(int ok, const char *what)
{
	if (!ok) {
		perror(what);
		exit(1);
	}
}

static void pin(int cpu)
{
	cpu_set_t set = {{1UL << cpu}};

	must(sched_setaffinity(0, sizeof set, &set) == 0, "pin to a CPU");
}

/* No process has such a number: the call ends at once. */
static void call(int n) { syscall(SYS_getpriority, PRIO_PROCESS, 0x10000000 + n); }

static int other(void *unused)
{
	(void)unused;
	pin(1);
	for (int n = 1;; n++) {
		while (turn < n)
			;
		call(n);
		done = n;
	}
	return 0;
}

static int put(const char *file, const char *words)
{
	int to = open(file, O_WRONLY | O_APPEND | O_CLOEXEC), ok;

	must(to >= 0, file);
	ok = write(to, words, strlen(words)) > 0;
	close(to);
	return ok;
}

/* The kernel sorts the elements, looks for duplicates and warns of them. */
static void look(void)
{
	static char text[16384];
	int from = open(EVENT "hist", O_RDONLY | O_CLOEXEC);

	must(from >= 0, EVENT "hist");
	while (read(from, text, sizeof text) > 0)
		;
	close(from);
}

int main(void)
{
	static char stack[65536] __attribute__((aligned(16)));
	struct pollfd in = {.fd = 0, .events = POLLIN};
	char line[128];
	pid_t child;

	setvbuf(stdout, NULL, _IOLBF, 0);
	pin(0);
	put("/sys/kernel/rcu_expedited", "1"); /* a histogram is cleared after a grace period */
	mkdir("/trace", 0700);
	mount("trace", "/trace", "tracefs", 0, NULL); /* there already where this is not the first run */
	put(EVENT "trigger", "!" HISTOGRAM);          /* left by one that a warning ended */
	must(put(EVENT "trigger", HISTOGRAM), HISTOGRAM);
	child = clone(other, stack + sizeof stack, CLONE_VM | CLONE_FILES | SIGCHLD, NULL);
	must(child > 0, "clone");
	puts("ready");
	must(fgets(line, sizeof line, stdin) != NULL, "go");
	for (int n = 1; poll(&in, 1, 0) == 0; n++) {
		turn = n;
		call(n);
		while (done != n)
			;
		if (n % KEYS)
			continue;
		look();
		puts("try 1");
		if (n % SIZE == 0)
			must(put(EVENT "trigger", HISTOGRAM ":clear"), "clear");
	}
	kill(child, SIGKILL);
	puts("done");
	return 0;
}
