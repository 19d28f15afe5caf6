/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Both sides send a datagram to the same new address behind an Ethernet device, at the
 * same time. Whoever comes first makes the header for this neighbour, in
 * eth_header_cache(); the other may find it there. The frames are read from a packet
 * socket. A try is one address, and a hit one of which a frame has another header.
 */
#include "kcovrig.h"
#include <arpa/inet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/ip.h>
#include <netpacket/packet.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#define DEVICE "dummy0" /* it answers nobody, and asks nobody for addresses */
#define ADDRESSES 32    /* between two looks at the frames */
#define NETWORK 0x0a010000u

static int out[2], frames;
static pid_t first;
static uint32_t used; /* addresses */
static struct ether_header right;

static void call(unsigned i)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(9), .sin_addr.s_addr = htonl(NETWORK + used + i)};
	int side = getpid() != first;

	spin(below(1500));
	must(sendto(out[side], "", 1, 0, (struct sockaddr *)&to, sizeof to) == 1, "sendto");
}

static void set(int fd, unsigned long what, struct ifreq *value) { must(ioctl(fd, what, value) == 0, DEVICE); }

static void set_up(void)
{
	struct ifreq device = {.ifr_name = DEVICE};
	struct sockaddr_in *address = (struct sockaddr_in *)&device.ifr_addr;
	struct sockaddr_ll all = {.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL)};

	for (int i = 0; i < 2; i++)
		must((out[i] = socket(AF_INET, SOCK_DGRAM, 0)) >= 0, "socket");
	address->sin_family = AF_INET;
	address->sin_addr.s_addr = htonl(0x0a000001);
	set(out[0], SIOCSIFADDR, &device);
	device.ifr_flags = IFF_UP | IFF_RUNNING;
	set(out[0], SIOCSIFFLAGS, &device);
	set(out[0], SIOCGIFHWADDR, &device);
	memcpy(right.ether_shost, device.ifr_hwaddr.sa_data, ETH_ALEN);
	memcpy(right.ether_dhost, device.ifr_hwaddr.sa_data, ETH_ALEN); /* without ARP a neighbour has the device's own */
	right.ether_type = htons(ETHERTYPE_IP);
	set(out[0], SIOCGIFINDEX, &device);
	all.sll_ifindex = device.ifr_ifindex;
	frames = socket(AF_PACKET, SOCK_RAW, 0);
	must(frames >= 0 && bind(frames, (struct sockaddr *)&all, sizeof all) == 0, "packet socket");
}

/* Reads the frames that were sent, two for each address, and tells of the tries in their order. */
static void look(void)
{
	struct __attribute__((packed)) {
		struct ether_header head;
		struct iphdr ip;
		char rest[64];
	} frame;
	struct ether_header wrong[ADDRESSES];
	int is_wrong[ADDRESSES] = {0}, seen = 0, fine = 0;

	while (recv(frames, &frame, sizeof frame, MSG_DONTWAIT) > 0) {
		uint32_t i = ntohl(frame.ip.daddr) - NETWORK - used;

		if (i >= ADDRESSES)
			continue;
		seen++;
		if (memcmp(&frame.head, &right, sizeof right) == 0)
			continue;
		is_wrong[i] = 1;
		wrong[i] = frame.head;
	}
	must(seen == 2 * ADDRESSES, "see all frames");
	for (int i = 0; i < ADDRESSES; i++) {
		if (!is_wrong[i]) {
			fine++;
			continue;
		}
		if (fine)
			tried(fine);
		fine = 0;
		hit("type=%#x to-right=%d from-right=%d", ntohs(wrong[i].ether_type), memcmp(wrong[i].ether_dhost, right.ether_dhost, ETH_ALEN) == 0,
		    memcmp(wrong[i].ether_shost, right.ether_shost, ETH_ALEN) == 0);
	}
	if (fine)
		tried(fine);
}

int main(void)
{
	set_up();
	first = getpid();
	start_twin(call);
	ready();
	while (going()) {
		run_twins(ADDRESSES);
		look();
		used = (used + ADDRESSES) % 0x200000;
	}
	return done();
}
