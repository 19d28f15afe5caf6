/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One side binds an AF_XDP socket to lo, sharing the memory of a first one, the other
 * calls recvmsg() on it meanwhile. Without a TX ring, so that nothing locks before the end.
 */
#include "kcovrig.h"
#include <fcntl.h>
#include <linux/if_xdp.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>

#ifndef AF_XDP
#define AF_XDP 44
#endif
#ifndef SOL_XDP
#define SOL_XDP 283
#endif

static _Atomic int sock;
static int owner, ifindex;

static void option(int fd, int name, const void *value, socklen_t size, const char *what)
{
	must(setsockopt(fd, SOL_XDP, name, value, size) == 0, what);
}

static void set_up(void)
{
	struct ifreq lo = {.ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING};
	struct xdp_umem_reg umem = {.len = 4 * 4096, .chunk_size = 4096};
	struct sockaddr_xdp to = {.sxdp_family = AF_XDP};
	struct rlimit many = {60000, 60000};
	int entries = 4, fd;

	must(setrlimit(RLIMIT_NOFILE, &many) == 0, "many files");
	must(unshare(CLONE_NEWNET) == 0, "a net of its own");
	fd = socket(AF_INET, SOCK_DGRAM, 0);
	must(fd >= 0 && ioctl(fd, SIOCSIFFLAGS, &lo) == 0, "lo up");
	must(ioctl(fd, SIOCGIFINDEX, &lo) == 0, "index of lo");
	ifindex = lo.ifr_ifindex;
	close(fd);
	fd = open("/sys/kernel/rcu_expedited", O_WRONLY); /* close() waits for a grace period */
	must(fd >= 0 && write(fd, "1", 1) == 1, "rcu_expedited");
	close(fd);

	owner = socket(AF_XDP, SOCK_RAW, 0);
	must(owner >= 0, "AF_XDP");
	umem.addr = (unsigned long)mmap(NULL, umem.len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	option(owner, XDP_UMEM_REG, &umem, sizeof umem, "UMEM_REG");
	option(owner, XDP_UMEM_FILL_RING, &entries, sizeof entries, "FILL_RING");
	option(owner, XDP_UMEM_COMPLETION_RING, &entries, sizeof entries, "COMPLETION_RING");
	option(owner, XDP_RX_RING, &entries, sizeof entries, "RX_RING");
	to.sxdp_ifindex = ifindex;
	must(bind(owner, (struct sockaddr *)&to, sizeof to) == 0, "bind of the owner");
}

static void before(void)
{
	int entries = 4;

	sock = socket(AF_XDP, SOCK_RAW, 0);
	must(sock >= 0, "socket");
	option(sock, XDP_RX_RING, &entries, sizeof entries, "RX_RING");
}

static void write_side(void)
{
	struct sockaddr_xdp to = {.sxdp_family = AF_XDP, .sxdp_flags = XDP_SHARED_UMEM};

	to.sxdp_ifindex = ifindex;
	to.sxdp_shared_umem_fd = owner;
	must(bind(sock, (struct sockaddr *)&to, sizeof to) == 0, "bind");
}

static int read_side(void)
{
	struct msghdr m = {0};

	return recvmsg(sock, &m, MSG_DONTWAIT) >= 0; /* ENXIO until it is bound */
}

/* close() waits for a grace period: as long as there is memory, none is closed. */
static void after(void)
{
	static int kept;

	if (++kept > 45000)
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
