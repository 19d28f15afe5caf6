// SPDX-License-Identifier: Apache-2.0
/*
 * One side makes a TCP socket a TLS one, which is tls_init(); the other asks the
 * same socket for an option meanwhile, which is tls_getsockopt() from the moment
 * that it sees the new sk->sk_prot. Each try has a socket of its own.
 */
#include "kcovrig.h"
#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#define NO_SUCH_OPTION 0x7fff

static _Atomic int sock;

static int look(void)
{
	int value;
	socklen_t size = sizeof value;

	getsockopt(sock, SOL_TCP, NO_SUCH_OPTION, &value, &size);
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

int main(void)
{
	loopback_up();
	start_reader(look);
	ready();
	while (going()) {
		sock = established();
		begin_try();
		must(setsockopt(sock, SOL_TCP, TCP_ULP, "tls", 3) == 0, "TCP_ULP");
		end_try();
		close(sock);
		tried(1);
	}
	return done();
}
