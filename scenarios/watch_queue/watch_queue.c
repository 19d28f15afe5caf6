// SPDX-License-Identifier: Apache-2.0
/*
 * One side posts a notification of a watched key into a pipe, which is
 * post_one_notification(); the other reads that pipe meanwhile, which is pipe_read().
 * A try is one notification. It is a hit where the kernel oopses, which is not seen
 * here, or where the one who reads gets nothing, or something else.
 */
#define _GNU_SOURCE
#include <linux/keyctl.h>
#include <linux/watch_queue.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/*
 * A queue has so many notes, its pipe as many slots. A note that is read before its bit
 * is cleared never comes back, on any kernel: fewer tries than notes have the same pipe.
 */
#define NOTES 32
#define TRIES 24

/* Numbers of tries: seen by the reader, posted, left by the reader. */
static _Atomic unsigned seen, posted, left;
static struct key_notification note;
static ssize_t got;
static int key, begin, queue = -1;

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

static void post(void) { must(syscall(SYS_keyctl, KEYCTL_SET_TIMEOUT, key, 0) == 0, "post"); }

static int is_right(ssize_t size)
{
	return size == sizeof note && note.watch.type == WATCH_TYPE_KEY_NOTIFY &&
	       note.watch.subtype == NOTIFY_KEY_SETATTR && note.key_id == (unsigned)key;
}

/* Sleeps between tries: a CPU that wakes up runs at once, one that spins may wait. */
static int reader(void *unused)
{
	eventfd_t begun;

	(void)unused;
	pin(1);
	for (unsigned n = 1; eventfd_read(begin, &begun) == 0; n++) {
		int last;

		seen = n;
		do {
			last = posted == n; /* what is not there now is lost */
			got = read(queue, &note, sizeof note);
		} while (got <= 0 && !last);
		left = n;
	}
	return 1;
}

/*
 * A pipe whose slots have all been used once: one that is seen too early then names a
 * page that exists. Its writing end is closed, and its reading end is two processes': an
 * oops in read() takes a reference along, so that nobody waits to close a pipe whose lock
 * is never given back.
 */
static void renew(void)
{
	int ends[2];

	close(queue);
	must(pipe2(ends, O_NOTIFICATION_PIPE | O_NONBLOCK) == 0, "pipe");
	queue = ends[0];
	close(ends[1]);
	must(ioctl(queue, IOC_WATCH_QUEUE_SET_SIZE, NOTES) == 0, "size");
	must(syscall(SYS_keyctl, KEYCTL_WATCH_KEY, key, queue, 0) == 0, "watch");
	for (int i = 0; i < NOTES; i++) {
		post();
		must(is_right(read(queue, &note, sizeof note)), "read what was posted");
	}
}

static void try(unsigned n, pid_t other)
{
	eventfd_write(begin, 1);
	while (seen != n)
		sched_yield();
	post();
	posted = n;
	while (left != n) {
		/* An oops ends the reader: whoever started this program knows of it. */
		if (waitpid(other, NULL, WNOHANG) == other)
			exit(1);
		sched_yield();
	}
}

int main(void)
{
	static char stack[65536] __attribute__((aligned(16)));
	struct pollfd in = {.fd = 0, .events = POLLIN};
	char line[128];
	pid_t other;

	setvbuf(stdout, NULL, _IOLBF, 0);
	pin(0);
	key = syscall(SYS_add_key, "user", "watched", "x", 1, KEY_SPEC_PROCESS_KEYRING);
	begin = eventfd(0, 0);
	must(key > 0 && begin > 0, "key and event");
	other = clone(reader, stack + sizeof stack, CLONE_VM | CLONE_FILES | SIGCHLD, NULL);
	must(other > 0, "clone");
	puts("ready");
	must(fgets(line, sizeof line, stdin) != NULL, "go");
	for (unsigned n = 1, used = TRIES; poll(&in, 1, 0) == 0; n++, used++) {
		if (used == TRIES) {
			renew();
			used = 0;
		}
		try(n, other);
		if (is_right(got)) {
			puts("try 1"); /* at once: an oops would take untold ones along */
		} else {
			must(got >= 0, "read");
			must(got != sizeof note.watch || note.watch.type != WATCH_TYPE_META, "too few notes");
			printf("hit %s size=%zd type=%u\n", got > 0 ? "another note" : "no note", got, note.watch.type);
			used = TRIES - 1;
		}
	}
	kill(other, SIGKILL);
	puts("done");
	return 0;
}
