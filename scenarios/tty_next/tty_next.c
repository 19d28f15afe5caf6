/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writes to one end of a pseudo-terminal, on CPU 0; the kernel's worker that takes it to
 * the other end, flush_to_ldisc(), is kept on CPU 1. Of two writes the first makes a buffer
 * and half fills it. The second fills it and goes on in another one: that the other one
 * follows is told while the rest of the first is not taken out yet. A try is two such
 * writes, and a hit one of which not all can be read.
 */
#include "kcovrig.h"
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <termios.h>

#define HALF 1792           /* of the buffer that is made for it: TTY_BUFFER_PAGE of tty_buffer.c */
#define MORE (HALF + 256)   /* what does not fit into the other half */
#define MOST 8000           /* ns between the two */
#define TOLD 64             /* tries between two lines to the guest */
#define RUN 32              /* tries between two moments at which the other CPU is seen to run */

static void worker_on_cpu_1(void)
{
	int fd = open("/sys/devices/virtual/workqueue/cpumask", O_WRONLY);

	must(fd >= 0 && write(fd, "2", 1) == 1, "keep workers on a CPU");
	close(fd);
}

static void raw(int fd)
{
	struct termios t;

	must(tcgetattr(fd, &t) == 0, "tcgetattr");
	cfmakeraw(&t);
	must(tcsetattr(fd, TCSANOW, &t) == 0, "tcsetattr");
}

static void open_ends(int *writing, int *reading)
{
	int unlocked = 0;

	mkdir("/pts", 0700);
	mount("devpts", "/pts", "devpts", 0, "ptmxmode=0600"); /* there already where this is not the first run */
	*writing = open("/pts/ptmx", O_RDWR | O_NOCTTY);
	must(*writing >= 0, "/pts/ptmx");
	must(ioctl(*writing, TIOCSPTLCK, &unlocked) == 0, "TIOCSPTLCK");
	*reading = ioctl(*writing, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_NONBLOCK);
	must(*reading >= 0, "the other end");
	raw(*writing);
	raw(*reading);
}

/*
 * The other side: it does nothing, and only while nobody else wants to run on its CPU. That
 * keeps the CPU awake for the worker, and tells whether it runs.
 */
static int idle(void)
{
	static const struct sched_param none;
	static int begun;

	if (!begun)
		must(syscall(SYS_sched_setscheduler, 0, SCHED_IDLE, &none) == 0, "SCHED_IDLE");
	begun = 1;
	return 0;
}

/* What can be read: where there is nothing, read() waits for the worker and looks again. */
static size_t drain(int fd)
{
	static char some[HALF + MORE];
	size_t all = 0;

	for (ssize_t n; (n = read(fd, some, sizeof some)) > 0;)
		all += n;
	return all;
}

static long now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000l + t.tv_nsec;
}

/* As long as the worker may take to be done with a write, by chance: ns. */
static unsigned pass_time(void)
{
	unsigned ns = below(MOST);

	for (long end = now() + ns; now() < end;)
		;
	return ns;
}

int main(void)
{
	static const char zeros[MORE];
	int writing, reading;
	unsigned right = 0;

	worker_on_cpu_1();
	open_ends(&writing, &reading);
	start_reader(idle);
	ready();
	while (going()) {
		begin_try();
		for (int i = 0; i < TOLD; i++) {
			unsigned ns;
			size_t got;

			if (i % RUN == 0)
				await_look();
			must(write(writing, zeros, HALF) == HALF, "write");
			ns = pass_time();
			must(write(writing, zeros, MORE) == MORE, "write");
			got = drain(reading);
			if (got == HALF + MORE) {
				right++;
				continue;
			}
			if (right)
				tried(right);
			right = 0;
			hit("read=%zu of %d after=%u", got, HALF + MORE, ns);
		}
		end_try();
		if (right)
			tried(right);
		right = 0;
	}
	return done();
}
