/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One side makes a file of /dev/vmci a context, which is vmci_host_do_init_context(); the
 * other polls the same file meanwhile, which is vmci_host_poll(). A try is one file.
 */
#include "kcovrig.h"
#include <fcntl.h>
#include <stdint.h>
#include <sys/ioctl.h>

/* Of linux/vmw_vmci_defs.h, which is the kernel's alone. */
#define INIT_CONTEXT _IO(7, 0xa0)
#define VERSION2 _IO(7, 0xa7)
#define VERSION (11u << 16)

struct init {
	uint32_t id, flags;
};

static _Atomic int file;

/* One system call looks many times: so there is a look whenever the other side stores. */
#define LOOKS 64

static int look(void)
{
	struct pollfd p[LOOKS];

	for (int i = 0; i < LOOKS; i++)
		p[i] = (struct pollfd){.fd = file, .events = POLLIN};
	poll(p, LOOKS, 0);
	return 0;
}

static int opened(void)
{
	uint32_t version = VERSION;
	int fd = open("/dev/vmci", O_RDWR);

	must(fd >= 0, "/dev/vmci");
	must(ioctl(fd, VERSION2, &version) >= 0, "VERSION2");
	return fd;
}

/* The last one to close a context waits for a grace period. That is another process, which
 * has but to end, and as many of these wait together. */
#define CLOSERS 32

static int end(void *unused)
{
	(void)unused;
	return 0;
}

static void close_elsewhere(unsigned n)
{
	static char stack[CLOSERS][4096] __attribute__((aligned(16)));
	static pid_t closer[CLOSERS];
	pid_t *c = &closer[n % CLOSERS];

	must(!*c || waitpid(*c, NULL, 0) == *c, "wait for a closer");
	*c = clone(end, stack[n % CLOSERS] + sizeof stack[0], CLONE_VM | SIGCHLD, NULL);
	must(*c > 0, "clone");
	close(file);
}

static void make_grace_periods_short(void)
{
	int fd = open("/sys/kernel/rcu_expedited", O_WRONLY);

	must(fd >= 0 && write(fd, "1", 1) == 1, "rcu_expedited");
	close(fd);
}

int main(void)
{
	make_grace_periods_short();
	start_reader(look);
	ready();
	for (unsigned n = 0; going(); n++) {
		struct init context = {.id = 100 + n % 1024};

		file = opened();
		begin_try();
		must(ioctl(file, INIT_CONTEXT, &context) == 0, "INIT_CONTEXT");
		end_try();
		close_elsewhere(n);
		tried(1);
	}
	return done();
}
