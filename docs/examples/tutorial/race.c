/* SPDX-License-Identifier: Apache-2.0
 *
 * The program of docs/tutorial.md, filled in: one side makes a TCP socket a TLS one,
 * the other asks the same socket for an option meanwhile.
 */
#include "kcovrig.h"
#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

static _Atomic int sock;

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

static int read_side(void)
{
	int value;
	socklen_t size = sizeof value;

	getsockopt(sock, SOL_TCP, 0x7fff, &value, &size); /* no such option: it asks tls_getsockopt() */
	return 0;
}

static void after(void)
{
	close(sock);
}

int main(void)
{
	set_up();
	start_reader(read_side);
	ready();
	while (going()) {
		before();
		begin_try();
		write_side();
		end_try();
		after();
		tried(1);
	}
	return done();
}
