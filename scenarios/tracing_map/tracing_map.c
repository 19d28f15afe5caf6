// SPDX-License-Identifier: Apache-2.0
/*
 * Two sides call getpriority() with the same numbers at once. A histogram of these
 * numbers is kept by the kernel: whoever comes first makes an element for one, in
 * __tracing_map_insert(), and the other has to find that. A try is KEYS more numbers; the
 * histogram is read at its end, and the kernel warns there where one has two elements.
 */
#include "kcovrig.h"
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>

#define KEYS 4
#define SIZE 512 /* numbers that a histogram has room for, with half of it to spare */
#define EVENT "/trace/events/syscalls/sys_enter_getpriority/"
#define HISTOGRAM "hist:keys=who:size=1024"

static unsigned used; /* numbers */

/* No process has such a number: the call ends at once. */
static void call(unsigned i) { syscall(SYS_getpriority, PRIO_PROCESS, 0x10000000 + used + i); }

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
	put("/sys/kernel/rcu_expedited", "1"); /* a histogram is cleared after a grace period */
	mkdir("/trace", 0700);
	mount("trace", "/trace", "tracefs", 0, NULL); /* there already where this is not the first run */
	put(EVENT "trigger", "!" HISTOGRAM);          /* left by one that a warning ended */
	must(put(EVENT "trigger", HISTOGRAM), HISTOGRAM);
	start_twin(call);
	ready();
	while (going()) {
		run_twins(KEYS);
		look();
		tried(1);
		used += KEYS;
		if (used % SIZE == 0)
			must(put(EVENT "trigger", HISTOGRAM ":clear"), "clear");
	}
	return done();
}
