// SPDX-License-Identifier: Apache-2.0
/*
 * One side posts a notification of a watched key into a pipe, which is
 * post_one_notification(); the other reads that pipe meanwhile, which is pipe_read().
 * A try is one notification. It is a hit where the kernel oopses, which is not seen
 * here, or where the one who reads gets nothing, or something else.
 */
#include "kcovrig.h"
#include <linux/keyctl.h>
#include <linux/watch_queue.h>
#include <sys/ioctl.h>

/*
 * A queue has so many notes, its pipe as many slots. A note that is read before its bit
 * is cleared never comes back, on any kernel: fewer tries than notes have the same pipe.
 */
#define NOTES 32
#define TRIES 24

static struct key_notification note;
static ssize_t got;
static int key, queue = -1;

static void post(void) { must(syscall(SYS_keyctl, KEYCTL_SET_TIMEOUT, key, 0) == 0, "post"); }

static int is_right(ssize_t size)
{
	return size == sizeof note && note.watch.type == WATCH_TYPE_KEY_NOTIFY &&
	       note.watch.subtype == NOTIFY_KEY_SETATTR && note.key_id == (unsigned)key;
}

static int look(void)
{
	got = read(queue, &note, sizeof note);
	return got > 0;
}

/*
 * A pipe whose slots have all been used once: one that is seen too early then names a
 * page that exists. Its writing end is closed, and its reading end is two processes': an
 * oops in read() takes a reference along, so that nobody waits to close a pipe whose lock
 * is never given back.
 */
static void renew(void)
{
	int ends[2];

	close(queue);
	must(pipe2(ends, O_NOTIFICATION_PIPE | O_NONBLOCK) == 0, "pipe");
	queue = ends[0];
	close(ends[1]);
	must(ioctl(queue, IOC_WATCH_QUEUE_SET_SIZE, NOTES) == 0, "size");
	must(syscall(SYS_keyctl, KEYCTL_WATCH_KEY, key, queue, 0) == 0, "watch");
	for (int i = 0; i < NOTES; i++) {
		post();
		must(is_right(read(queue, &note, sizeof note)), "read what was posted");
	}
}

int main(void)
{
	key = syscall(SYS_add_key, "user", "watched", "x", 1, KEY_SPEC_PROCESS_KEYRING);
	must(key > 0, "key");
	start_reader(look);
	ready();
	for (int used = TRIES; going(); used++) {
		if (used == TRIES) {
			renew();
			used = 0;
		}
		begin_try();
		post();
		end_try();
		if (is_right(got)) {
			tried(1);
			continue;
		}
		must(got >= 0, "read");
		must(got != sizeof note.watch || note.watch.type != WATCH_TYPE_META, "too few notes");
		hit("%s size=%zd type=%u", got > 0 ? "another note" : "no note", got, note.watch.type);
		used = TRIES - 1;
	}
	return done();
}
