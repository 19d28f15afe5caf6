/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writes records to one end of a pseudo-terminal, on CPU 0; the kernel's worker that takes
 * them to the other end, flush_to_ldisc(), is kept on CPU 1. Then they are read there. A try
 * is one record, and a hit one that has other characters.
 */
#include "kcovrig.h"
#include <fcntl.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <termios.h>

#define RECORDS 32 /* that are written before any is read: less than a terminal holds */
#define WORDS 8    /* of eight bytes, in a record: all of them are its number */

struct record {
	uint64_t word[WORDS];
};

static void worker_on_cpu_1(void)
{
	int fd = open("/sys/devices/virtual/workqueue/cpumask", O_WRONLY);

	must(fd >= 0 && write(fd, "2", 1) == 1, "keep workers on a CPU");
	close(fd);
}

static int raw(int fd)
{
	struct termios t;

	must(tcgetattr(fd, &t) == 0, "tcgetattr");
	cfmakeraw(&t);
	must(tcsetattr(fd, TCSANOW, &t) == 0, "tcsetattr");
	return fd;
}

static void open_ends(int *writing, int *reading)
{
	int unlocked = 0;

	mkdir("/pts", 0700);
	mount("devpts", "/pts", "devpts", 0, "ptmxmode=0600"); /* there already where this is not the first run */
	*writing = open("/pts/ptmx", O_RDWR | O_NOCTTY);
	must(*writing >= 0, "/pts/ptmx");
	must(ioctl(*writing, TIOCSPTLCK, &unlocked) == 0, "TIOCSPTLCK");
	*reading = ioctl(*writing, TIOCGPTPEER, O_RDWR | O_NOCTTY);
	must(*reading >= 0, "the other end");
	raw(*writing);
	raw(*reading);
}

static void put(int fd, uint64_t number)
{
	struct record r;

	for (int i = 0; i < WORDS; i++)
		r.word[i] = number;
	must(write(fd, &r, sizeof r) == sizeof r, "write");
}

static void get(int fd, struct record *r, size_t size)
{
	for (ssize_t n; size; size -= n) {
		n = read(fd, r, size);
		must(n > 0, "read");
		r = (void *)((char *)r + n);
	}
}

/* Tells of the records in their order; their numbers begin with first. */
static void tell(const struct record *r, uint64_t first)
{
	unsigned right = 0;

	for (int i = 0; i < RECORDS; i++) {
		int words = 0;

		for (int j = 0; j < WORDS; j++)
			words += r[i].word[j] == first + i;
		if (words == WORDS) {
			right++;
			continue;
		}
		if (right)
			tried(right);
		right = 0;
		hit("right=%d of %d", words, WORDS);
	}
	if (right)
		tried(right);
}

int main(void)
{
	static struct record got[RECORDS];
	int writing, reading;

	pin(0);
	worker_on_cpu_1();
	open_ends(&writing, &reading);
	ready();
	for (uint64_t first = 1; going(); first += RECORDS) {
		for (int i = 0; i < RECORDS; i++)
			put(writing, first + i);
		get(reading, got, sizeof got);
		tell(got, first);
	}
	return done();
}
