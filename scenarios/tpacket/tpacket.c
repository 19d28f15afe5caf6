/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One side sends frames over lo, whose protocols count up; the other takes them out of
 * the ring of a packet socket that it has mapped, as libpcap does, each once the slot's
 * status says that it is user space's. A try is one frame, and a hit one whose sender,
 * which the kernel writes last, has another protocol: that of the slot's frame before.
 */
#include "kcovrig.h"
#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>

#define RUN 32 /* frames that are sent by one call */
#define SLOT 128
#define SLOTS 256

#ifndef PACKET_IGNORE_OUTGOING
#define PACKET_IGNORE_OUTGOING 23
#endif

struct frame {
	struct ether_header head;
	char rest[46];
};

static int out;
static char *ring;
static struct sockaddr_ll lo = {.sll_family = AF_PACKET};

/* The protocol of frame n: none that the kernel knows, and another one each round. */
static uint16_t protocol(uint64_t n) { return htons(0x9000 | n % 0x1000); }

static int look(void)
{
	for (;;) {
		struct tpacket2_hdr *slot = (void *)(ring + next_record() % SLOTS * SLOT);
		struct sockaddr_ll *sender = (void *)((char *)slot + TPACKET_ALIGN(sizeof *slot));

		if (!(__atomic_load_n(&slot->tp_status, __ATOMIC_ACQUIRE) & TP_STATUS_USER))
			return 0;
		took_record(__atomic_load_n(&sender->sll_protocol, __ATOMIC_RELAXED) == protocol(next_record()));
		__atomic_store_n(&slot->tp_status, TP_STATUS_KERNEL, __ATOMIC_RELEASE);
	}
}

static void loopback_up(void)
{
	struct ifreq up = {.ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING};

	must(ioctl(out, SIOCSIFFLAGS, &up) == 0 && ioctl(out, SIOCGIFINDEX, &up) == 0, "lo up");
	lo.sll_ifindex = up.ifr_ifindex;
}

static void make_ring(void)
{
	struct tpacket_req size = {.tp_block_size = 4096, .tp_block_nr = SLOTS * SLOT / 4096, .tp_frame_size = SLOT, .tp_frame_nr = SLOTS};
	struct sockaddr_ll all = lo;
	int in = socket(AF_PACKET, SOCK_RAW, 0), version = TPACKET_V2, on = 1;

	must(in >= 0, "socket");
	must(setsockopt(in, SOL_PACKET, PACKET_VERSION, &version, sizeof version) == 0, "PACKET_VERSION");
	must(setsockopt(in, SOL_PACKET, PACKET_IGNORE_OUTGOING, &on, sizeof on) == 0, "PACKET_IGNORE_OUTGOING");
	must(setsockopt(in, SOL_PACKET, PACKET_RX_RING, &size, sizeof size) == 0, "PACKET_RX_RING");
	ring = mmap(NULL, SLOTS * SLOT, PROT_READ | PROT_WRITE, MAP_SHARED, in, 0);
	must(ring != MAP_FAILED, "map the ring");
	all.sll_protocol = htons(ETH_P_ALL);
	must(bind(in, (struct sockaddr *)&all, sizeof all) == 0, "bind");
}

static void write_from(unsigned long long n)
{
	struct frame frames[RUN] = {0};
	struct iovec parts[RUN];
	struct mmsghdr all[RUN] = {0};

	for (int i = 0; i < RUN; i++) {
		frames[i].head.ether_type = protocol(n + i);
		parts[i] = (struct iovec){&frames[i], sizeof frames[i]};
		all[i].msg_hdr = (struct msghdr){.msg_name = &lo, .msg_namelen = sizeof lo, .msg_iov = &parts[i], .msg_iovlen = 1};
	}
	must(sendmmsg(out, all, RUN, 0) == RUN, "send");
}

int main(void)
{
	out = socket(AF_PACKET, SOCK_RAW, 0);
	must(out >= 0, "socket");
	loopback_up();
	make_ring();
	return run_records(look, write_from, RUN);
}
