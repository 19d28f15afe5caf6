/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One side makes the rings of an AF_XDP socket, the one of what is received and the one
 * of what is sent; the other polls the socket meanwhile. A try is one ring.
 */
#include "kcovrig.h"
#include <fcntl.h>
#include <linux/if_xdp.h>
#include <sys/resource.h>
#include <sys/socket.h>

#ifndef AF_XDP
#define AF_XDP 44
#endif
#ifndef SOL_XDP
#define SOL_XDP 283
#endif

#define KEPT 16000 /* sockets that memory is there for: close() waits for a grace period */

static _Atomic int sock;

static void set_up(void)
{
	struct rlimit many = {2 * KEPT, 2 * KEPT};
	int fd = open("/sys/kernel/rcu_expedited", O_WRONLY);

	must(fd >= 0 && write(fd, "1", 1) == 1, "rcu_expedited");
	close(fd);
	must(setrlimit(RLIMIT_NOFILE, &many) == 0, "many files");
}

static int look(void)
{
	struct pollfd at = {.fd = sock, .events = POLLIN | POLLOUT};

	poll(&at, 1, 0);
	return 0;
}

static void make_ring(int which)
{
	int entries = 4;

	must(setsockopt(sock, SOL_XDP, which, &entries, sizeof entries) == 0, "make a ring");
}

int main(void)
{
	set_up();
	start_reader(look);
	ready();
	for (unsigned n = 0; going(); n++) {
		sock = socket(AF_XDP, SOCK_RAW, 0);
		must(sock >= 0, "socket");
		begin_try();
		make_ring(XDP_RX_RING);
		tried(1);
		make_ring(XDP_TX_RING);
		end_try();
		tried(1);
		if (n >= KEPT)
			close(sock);
	}
	return done();
}
