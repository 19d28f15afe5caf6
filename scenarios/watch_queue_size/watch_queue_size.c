/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One side gives new queues of notifications their size, which is watch_queue_set_size();
 * the other changes the key that such a queue watches meanwhile, over and over, which posts
 * notifications to it. A try is one queue, and a hit is an oops, which is not seen here.
 */
#include "kcovrig.h"
#include <linux/keyctl.h>
#include <linux/watch_queue.h>
#include <sys/ioctl.h>

#define NOTES 32
#define QUEUES 32 /* in each meeting of the sides; each has a key of its own */
#define OWNERS 0x003f0000 /* a key whose owner may do all: the other side does not possess it */

static int key[QUEUES], queue[QUEUES];
static _Atomic unsigned at; /* the queue at hand */

static int look(void)
{
	must(syscall(SYS_keyctl, KEYCTL_SET_TIMEOUT, key[at], 0) == 0, "post");
	return 0;
}

static void make_keys(void)
{
	for (int i = 0; i < QUEUES; i++) {
		char name[16];

		snprintf(name, sizeof name, "watched %d", i);
		key[i] = syscall(SYS_add_key, "user", name, "x", 1, KEY_SPEC_PROCESS_KEYRING);
		must(key[i] > 0 && syscall(SYS_keyctl, KEYCTL_SETPERM, key[i], OWNERS) == 0, "key");
	}
}

/* Queues that have no size, and so can keep no notes. */
static void make_queues(void)
{
	for (int i = 0; i < QUEUES; i++) {
		int ends[2];

		must(pipe2(ends, O_NOTIFICATION_PIPE | O_NONBLOCK) == 0, "pipe");
		close(ends[1]);
		queue[i] = ends[0];
		must(syscall(SYS_keyctl, KEYCTL_WATCH_KEY, key[i], queue[i], 0) == 0, "watch");
	}
}

int main(void)
{
	make_keys();
	start_reader(look);
	ready();
	while (going()) {
		make_queues();
		at = 0;
		begin_try();
		for (unsigned i = 0; i < QUEUES; i++) {
			at = i;
			must(ioctl(queue[i], IOC_WATCH_QUEUE_SET_SIZE, NOTES) == 0, "size");
			tried(1);
		}
		end_try();
		for (int i = 0; i < QUEUES; i++)
			close(queue[i]);
	}
	return done();
}
