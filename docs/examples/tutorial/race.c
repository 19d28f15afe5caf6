/* SPDX-License-Identifier: Apache-2.0
 *
 * The program of docs/tutorial.md, filled in: one side makes a TCP socket a TLS one,
 * the other asks the same socket for an option meanwhile.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <linux/futex.h>
#include <net/if.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* Numbers of tries: begun, seen by the reader, written, left by the reader. */
static _Atomic unsigned begun, seen, written, left;
static _Atomic int sock;

static void must(int ok, const char *what)
{
	if (!ok) {
		perror(what);
		exit(1);
	}
}

/* Once, before any try: lo is down. */
static void set_up(void)
{
	struct ifreq lo = {.ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING};
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	must(fd >= 0 && ioctl(fd, SIOCSIFFLAGS, &lo) == 0, "lo up");
}

/* Before each try, by the writer alone. In repair mode connect() needs no peer. */
static void before(void)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(9)};
	int on = 1;

	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	sock = socket(AF_INET, SOCK_STREAM, 0);
	must(sock >= 0, "socket");
	must(setsockopt(sock, SOL_TCP, TCP_REPAIR, &on, sizeof on) == 0, "TCP_REPAIR");
	must(connect(sock, (struct sockaddr *)&to, sizeof to) == 0, "connect");
}

static void write_side(void)
{
	must(setsockopt(sock, SOL_TCP, TCP_ULP, "tls", 3) == 0, "TCP_ULP");
}

static void read_side(void)
{
	int value;
	socklen_t size = sizeof value;
	getsockopt(sock, SOL_TCP, 0x7fff, &value, &size); /* no such option: it asks tls_getsockopt() */
}

static void after(void)
{
	close(sock);
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
	other = clone(reader, stack + sizeof stack, CLONE_VM | CLONE_FILES | SIGCHLD, NULL);
	must(other > 0, "clone");
	puts("ready");
	must(fgets(line, sizeof line, stdin) != NULL, "go");
	for (unsigned n = 1; poll(&in, 1, 0) == 0; n++) {
		try(n, other);
		puts("try 1"); /* at once: an oops would take untold ones along */
	}
	kill(other, SIGKILL);
	puts("done");
	return 0;
}
