/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Both sides send a datagram to the same address behind an Ethernet device, at once. The
 * neighbour is known, and has no header yet: whoever comes first makes one, in
 * eth_header_cache(), and the other may find it. The frames are read from a packet socket.
 * A try is one address, and a hit one of which a frame has another header.
 */
#include "kcovrig.h"
#include <arpa/inet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <netinet/ip.h>
#include <netpacket/packet.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#define DEVICE "dummy0"
#define ADDRESSES 64 /* in each meeting of the sides */
#define NETWORK 0x0a010000u

static int out[2], frames;
static pid_t first;
static struct sockaddr_in to[ADDRESSES];
static struct ether_header right;

static void call(unsigned i)
{
	int side = getpid() != first;

	must(sendto(out[side], NULL, 0, 0, (struct sockaddr *)&to[i], sizeof to[i]) == 0, "sendto");
}

static void set(unsigned long what, struct ifreq *value) { must(ioctl(out[0], what, value) == 0, DEVICE); }

static void set_up_device(void)
{
	struct ifreq device = {.ifr_name = DEVICE};
	struct sockaddr_in *address = (struct sockaddr_in *)&device.ifr_addr;
	struct sockaddr_ll from = {.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL)};

	address->sin_family = AF_INET;
	address->sin_addr.s_addr = htonl(0x0a000001);
	set(SIOCSIFADDR, &device);
	device.ifr_flags = IFF_UP | IFF_RUNNING;
	set(SIOCSIFFLAGS, &device);
	set(SIOCGIFHWADDR, &device);
	memcpy(right.ether_shost, device.ifr_hwaddr.sa_data, ETH_ALEN);
	memcpy(right.ether_dhost, "\2kcovr", ETH_ALEN);
	right.ether_type = htons(ETHERTYPE_IP);
	set(SIOCGIFINDEX, &device);
	from.sll_ifindex = device.ifr_ifindex;
	frames = socket(AF_PACKET, SOCK_RAW, 0);
	must(frames >= 0 && bind(frames, (struct sockaddr *)&from, sizeof from) == 0, "packet socket");
}

static void set_up(void)
{
	for (int side = 0; side < 2; side++)
		must((out[side] = socket(AF_INET, SOCK_DGRAM, 0)) >= 0, "socket");
	set_up_device();
	for (int i = 0; i < ADDRESSES; i++)
		to[i] = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(9), .sin_addr.s_addr = htonl(NETWORK + i)};
}

/* Has the kernel forget the neighbours and know them again, without a header for any. */
static void renew(void)
{
	for (int i = 0; i < ADDRESSES; i++) {
		struct arpreq neighbour = {.arp_dev = DEVICE, .arp_flags = ATF_PERM | ATF_COM};

		memcpy(&neighbour.arp_pa, &to[i], sizeof to[i]);
		neighbour.arp_ha.sa_family = ARPHRD_ETHER;
		memcpy(neighbour.arp_ha.sa_data, right.ether_dhost, ETH_ALEN);
		ioctl(out[0], SIOCDARP, &neighbour); /* there is none the first time */
		must(ioctl(out[0], SIOCSARP, &neighbour) == 0, "SIOCSARP");
	}
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

	for (; recv(frames, &frame, sizeof frame, MSG_DONTWAIT) > 0; seen++) {
		uint32_t i = ntohl(frame.ip.daddr) - NETWORK;

		must(i < ADDRESSES, "see no other frames");
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
		renew();
		run_twins(ADDRESSES);
		look();
	}
	return done();
}
