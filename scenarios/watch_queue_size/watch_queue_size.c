/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One side gives a new queue of notifications its size, which is watch_queue_set_size(); the
 * other changes the key that the queue watches meanwhile, which posts notifications to it. A
 * try is one queue, and a hit is an oops, which is not seen here.
 */
#include "kcovrig.h"
#include <linux/keyctl.h>
#include <linux/watch_queue.h>
#include <sys/ioctl.h>

#define NOTES 32

static int key;

static int look(void)
{
	syscall(SYS_keyctl, KEYCTL_SET_TIMEOUT, key, 0);
	return 0;
}

int main(void)
{
	key = syscall(SYS_add_key, "user", "watched", "x", 1, KEY_SPEC_PROCESS_KEYRING);
	must(key > 0, "key");
	start_reader(look);
	ready();
	while (going()) {
		int ends[2];

		must(pipe2(ends, O_NOTIFICATION_PIPE | O_NONBLOCK) == 0, "pipe");
		close(ends[1]);
		must(syscall(SYS_keyctl, KEYCTL_WATCH_KEY, key, ends[0], 0) == 0, "watch");
		begin_try();
		must(ioctl(ends[0], IOC_WATCH_QUEUE_SET_SIZE, NOTES) == 0, "size");
		end_try();
		close(ends[0]);
		tried(1);
	}
	return done();
}
