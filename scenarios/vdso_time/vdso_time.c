/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One side sets the time of day, over and over, so that the kernel writes the page that
 * clock_gettime() reads; the other reads the monotonic clock, which setting does not move.
 * A try is one setting, and a hit one after which that clock has gone back.
 */
#include "kcovrig.h"
#include <stdint.h>

#define SETTINGS 64 /* in each meeting of the sides */
#define RUN 8       /* settings between two moments at which the other side is seen to look */

static _Atomic long back; /* ns; 0 where it has not gone back */

static int64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000ll + t.tv_nsec;
}

static int look(void)
{
	static int64_t last;
	int64_t t = now();

	if (t < last)
		back = last - t;
	last = t;
	return 0;
}

/* Returns when the reader has begun to look twice more: one look is wholly from after the caller. */
static void await_looks(void)
{
	for (unsigned looks = kcovrig_looks, n = 1; kcovrig_looks - looks < 2; n++)
		if (n % (1 << 14) == 0)
			other_must_live();
}

int main(void)
{
	start_reader(look);
	ready();
	while (going()) {
		unsigned right = 0;

		begin_try();
		for (unsigned i = 0; i < SETTINGS; i++) {
			struct timespec day = {.tv_sec = 2000000000 + i};

			if (i % RUN == 0)
				await_look();
			must(clock_settime(CLOCK_REALTIME, &day) == 0, "clock_settime");
			await_looks();
			if (!back) {
				right++;
				continue;
			}
			if (right)
				tried(right);
			right = 0;
			hit("ns=%ld", back);
			back = 0;
		}
		end_try();
		if (right)
			tried(right);
	}
	return done();
}
