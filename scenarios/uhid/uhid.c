/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One side writes to a hidraw file, which gives its device an event; the other is that
 * device, of uhid's, and reads its events. A try is some events, since to tell of each would
 * take longer than the event, and a hit an oops of who reads, which is not seen here.
 */
#include "kcovrig.h"
#include <fcntl.h>
#include <linux/hidraw.h>
#include <linux/uhid.h>
#include <stdint.h>
#include <sys/ioctl.h>

#define EVENTS 8  /* in each try */
#define DEVICES 4 /* that take turns: the emulator lets no store wait whose page it forgets for another */

static const uint8_t description[] = {
	0x06, 0x00, 0xff, 0x09, 0x01, /* a vendor's own usage */
	0xa1, 0x01,                   /* a collection, */
	0x09, 0x02, 0x15, 0x00, 0x26, 0xff, 0x00, 0x75, 0x08, 0x95, 0x08, 0x81, 0x02, /* of eight bytes that come, */
	0x09, 0x03, 0x75, 0x08, 0x95, 0x01, 0x91, 0x02, /* and one that goes */
	0xc0,
};

static int device[DEVICES], raw[DEVICES];
static _Atomic int at;    /* the device at hand */
static _Atomic int taken; /* events */
static char name[32];     /* of a device */

static void take_events(int from)
{
	uint32_t type;

	while (read(from, &type, sizeof type) == sizeof type)
		taken++;
}

static int look(void)
{
	static int own_files;

	/* A thread that oopses takes along what it holds of files that it shares: the device would stay. */
	if (!own_files)
		must(unshare(CLONE_FILES) == 0, "unshare");
	own_files = 1;
	take_events(device[at]);
	return 0;
}

static int is_ours(int fd)
{
	char its[sizeof name] = "";

	return ioctl(fd, HIDIOCGRAWNAME(sizeof its - 1), its) > 0 && strcmp(its, name) == 0;
}

/* The device's hidraw file, which is there after a moment. */
static int open_raw(void)
{
	for (int wait = 0; wait < 5000; wait++) {
		char path[32];
		int fd;

		snprintf(path, sizeof path, "/dev/hidraw%d", wait % 64);
		fd = open(path, O_RDWR);
		if (fd >= 0 && is_ours(fd))
			return fd;
		close(fd);
		usleep(1000);
	}
	must(0, "/dev/hidraw*");
	return -1;
}

static void set_up(int i)
{
	struct uhid_event create = {.type = UHID_CREATE2, .u.create2 = {.rd_size = sizeof description, .bus = 0x06, .vendor = 1, .product = 1}};

	device[i] = open("/dev/uhid", O_RDWR | O_NONBLOCK);
	must(device[i] >= 0, "/dev/uhid");
	snprintf(name, sizeof name, "kcovrig %d %d", getpid(), i);
	memcpy(create.u.create2.name, name, sizeof name);
	memcpy(create.u.create2.rd_data, description, sizeof description);
	must(write(device[i], &create, sizeof create) == sizeof create, "make a device");
	raw[i] = open_raw();
	take_events(device[i]); /* that it has begun, and was opened */
}

/*
 * Returns when the device has taken it. While there are others in the queue the device has
 * them to take out first, for which it waits for the lock that is held here.
 */
static void send_event(void)
{
	int before = taken;

	must(write(raw[at], "\0", 2) == 2, "send an event");
	for (unsigned n = 1; taken == before; n++)
		if (n % (1 << 12) == 0) {
			other_must_live();
			usleep(100); /* a busy host has better to do than to spin */
		}
}

int main(void)
{
	for (int i = 0; i < DEVICES; i++)
		set_up(i);
	start_reader(look);
	ready();
	while (going()) {
		at = (at + 1) % DEVICES;
		begin_try();
		for (int i = 0; i < EVENTS; i++)
			send_event();
		end_try();
		tried(1);
	}
	return done();
}
