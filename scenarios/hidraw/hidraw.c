/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One side is a device of uhid's, which sends reports; the other reads them from the
 * device's hidraw file. A try is one report, and a hit one that is never read. There are
 * fewer of them in each meeting of the two than the ring holds: none is lost for want of room.
 */
#include "kcovrig.h"
#include <fcntl.h>
#include <linux/uhid.h>
#include <stddef.h>
#include <stdint.h>

#define REPORTS 32 /* in each meeting; the ring holds 63 */
#define RUN 4      /* reports between two moments at which the other side is seen to look */

static const uint8_t description[] = {
	0x06, 0x00, 0xff, 0x09, 0x01, /* a vendor's own usage */
	0xa1, 0x01,                   /* a collection, */
	0x09, 0x02, 0x15, 0x00, 0x26, 0xff, 0x00, 0x75, 0x08, 0x95, 0x08, 0x81, 0x02, /* of eight bytes that come, */
	0x09, 0x03, 0x75, 0x08, 0x95, 0x01, 0x91, 0x02, /* and one that goes */
	0xc0,
};

static int device, raw;
static uint64_t first;       /* number of the meeting's first report */
static char is_read[REPORTS]; /* by the other side */

static int look(void)
{
	uint64_t number;

	while (read(raw, &number, sizeof number) == sizeof number)
		if (number - first < REPORTS)
			is_read[number - first] = 1;
	return 0;
}

static void send(const struct uhid_event *event, size_t size, const char *what)
{
	must(write(device, event, size) == (ssize_t)size, what);
}

/* Its file has the first number that is free: after an earlier run's end a device may stay for a moment. */
static int open_raw(void)
{
	char name[32];
	int fd = -1;

	for (int wait = 0; fd < 0 && wait < 2000; wait++) {
		snprintf(name, sizeof name, "/dev/hidraw%d", wait % 8);
		fd = open(name, O_RDONLY | O_NONBLOCK);
		usleep(1000);
	}
	must(fd >= 0, "/dev/hidraw*");
	return fd;
}

static void set_up(void)
{
	struct uhid_event create = {.type = UHID_CREATE2, .u.create2 = {.name = "kcovrig", .rd_size = sizeof description, .bus = 0x06, .vendor = 1, .product = 1}};

	device = open("/dev/uhid", O_RDWR | O_NONBLOCK);
	must(device >= 0, "/dev/uhid");
	memcpy(create.u.create2.rd_data, description, sizeof description);
	send(&create, sizeof create, "make a device");
	raw = open_raw();
}

/* Returns when the reader has begun to look once more: each look is too long for await_look(). */
static void await_a_look(void)
{
	for (unsigned looks = kcovrig_looks, n = 1; kcovrig_looks == looks && kcovrig_left != kcovrig_begun; n++)
		if (n % (1 << 14) == 0)
			other_must_live();
}

static void tell(void)
{
	unsigned right = 0;

	for (unsigned i = 0; i < REPORTS; i++) {
		if (is_read[i]) {
			right++;
			continue;
		}
		if (right)
			tried(right);
		right = 0;
		hit("report=%llu", (unsigned long long)first + i);
	}
	if (right)
		tried(right);
}

int main(void)
{
	struct uhid_event report = {.type = UHID_INPUT2, .u.input2 = {.size = sizeof first}};

	set_up();
	start_reader(look);
	ready();
	for (first = 1; going(); first += REPORTS) {
		memset(is_read, 0, sizeof is_read);
		begin_try();
		for (unsigned i = 0; i < REPORTS; i++) {
			uint64_t number = first + i;

			if (i % RUN == 0)
				await_a_look();
			memcpy(report.u.input2.data, &number, sizeof number);
			send(&report, offsetof(struct uhid_event, u.input2.data) + sizeof number, "send a report");
		}
		end_try();
		tell();
	}
	return done();
}
