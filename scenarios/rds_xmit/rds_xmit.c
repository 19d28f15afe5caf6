// SPDX-License-Identifier: Apache-2.0
/*
 * Two sides send messages to one socket by one connection at once. What one of them
 * stores in rds_send_xmit() the other finds there, once RDS_IN_XMIT is clear. A try is
 * EACH messages of each side, which are then taken out: of one side they come in their
 * order, and each of them once.
 */
#include "kcovrig.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#define EACH 4

struct message {
	unsigned side, number;
};

static int to, from[2]; /* sockets */
static struct sockaddr_in place[3];
static unsigned sent[2], came[2]; /* numbers of messages */

static int bound(unsigned n)
{
	int fd = socket(AF_RDS, SOCK_SEQPACKET, 0);

	place[n] = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(4000 + n)};
	place[n].sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	must(fd >= 0, "socket");
	must(bind(fd, (struct sockaddr *)&place[n], sizeof place[n]) == 0, "bind");
	return fd;
}

static int send_one(unsigned side)
{
	struct message m = {.side = side, .number = sent[side]};
	int n = sendto(from[side], &m, sizeof m, MSG_DONTWAIT, (struct sockaddr *)&place[2], sizeof place[2]);

	sent[side] += n == sizeof m;
	return n == sizeof m;
}

static void call(unsigned i)
{
	unsigned side = sched_getcpu() & 1;

	for (unsigned n = 0; n < EACH; n++)
		send_one(side);
}

/* Takes out what is there. */
static int take(void)
{
	struct message m;

	while (recv(to, &m, sizeof m, MSG_DONTWAIT) == sizeof m) {
		if (m.side > 1 || m.number != came[m.side]) {
			hit("side=%u number=%u, not %u", m.side, m.number, came[m.side]);
			return 0;
		}
		came[m.side]++;
	}
	return 1;
}

int main(void)
{
	to = bound(2);
	from[0] = bound(0);
	from[1] = bound(1);
	must(send_one(0), "send"); /* the connection is made */
	for (unsigned n = 0; n < 100 && !came[0]; n++) {
		usleep(10000);
		take();
	}
	must(came[0] == 1, "receive");
	start_twin(call);
	ready();
	while (going()) {
		run_twins(1);
		if (!take())
			break;
		tried(1);
	}
	return done();
}
