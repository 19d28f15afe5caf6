// SPDX-License-Identifier: Apache-2.0
/*
 * One side makes a TCP socket a TLS one, which is tls_init(); the other asks the
 * same socket for an option meanwhile, which is tls_getsockopt() from the moment
 * that it sees the new sk->sk_prot. Each try has a socket of its own.
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

#define NO_SUCH_OPTION 0x7fff

/* Numbers of tries: begun, seen by the reader, made TLS, left by the reader. */
static _Atomic unsigned begun, seen, made, left;
static _Atomic int sock;

static void must(int ok, const char *what)
{
	if (!ok) {
		perror(what);
		exit(1);
	}
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
		do {
			int value;
			socklen_t size = sizeof value;

			getsockopt(sock, SOL_TCP, NO_SUCH_OPTION, &value, &size);
		} while (made != n);
		announce(&left, n);
	}
	return 0;
}

/* In repair mode connect() leads to ESTABLISHED without a peer. */
static int established(void)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(9)};
	int fd = socket(AF_INET, SOCK_STREAM, 0), on = 1;

	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	must(fd >= 0, "socket");
	must(setsockopt(fd, SOL_TCP, TCP_REPAIR, &on, sizeof on) == 0, "TCP_REPAIR");
	must(connect(fd, (struct sockaddr *)&to, sizeof to) == 0, "connect");
	return fd;
}

static void loopback_up(void)
{
	struct ifreq lo = {.ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING};
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	must(fd >= 0 && ioctl(fd, SIOCSIFFLAGS, &lo) == 0, "lo up");
	close(fd);
}

static void try(unsigned n, pid_t other)
{
	sock = established();
	announce(&begun, n);
	while (seen != n)
		sched_yield();
	must(setsockopt(sock, SOL_TCP, TCP_ULP, "tls", 3) == 0, "TCP_ULP");
	made = n;
	while (left != n) {
		await(&left, n);
		/* An oops ends the one that met it: whoever started this program knows of it. */
		if (left != n && waitpid(other, NULL, WNOHANG) == other)
			exit(1);
	}
	close(sock);
}

int main(void)
{
	static char stack[65536] __attribute__((aligned(16)));
	struct pollfd in = {.fd = 0, .events = POLLIN};
	char line[128];
	pid_t other;

	setvbuf(stdout, NULL, _IOLBF, 0);
	pin(0);
	loopback_up();
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
