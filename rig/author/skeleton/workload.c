/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two sides of a race, on two CPUs, which begin each try together. As it stands it tries
 * nothing. kcovrig.h comes with kcovrig, which finds it, and says what the functions do
 * that are not here: kcovrig scenario header prints it. Where both sides make the same
 * call, start_twin() and run_twins() there take the place of the reader and its tries.
 */
#include "kcovrig.h"

/* TODO(you): what the two sides share in a try, such as a file descriptor. */

/* Set by the reader where the program itself can tell that the bug was seen. */
static _Atomic int seen;

/* Once, before any try. */
static void set_up(void)
{
	/* TODO(you): what all tries need. The program is root, and alone with PID 1; lo is down. */
}

/* Before each try, by the writer alone. */
static void before(void)
{
	/* TODO(you): what each try needs anew, such as an object in its first state. */
}

/* The call that does the writes whose order matters. */
static void write_side(void)
{
	/* TODO(you): the system call that publishes. */
}

/* The call that may see the second write without the first; made over and over. */
static int read_side(void)
{
	/* TODO(you): the system call that looks; seen = 1 where its answer shows the bug. */
	return 0; /* 1: this try needs no further look */
}

/* After each try, by the writer alone. */
static void after(void)
{
	/* TODO(you): give up what before() made. */
}

int main(void)
{
	set_up();
	start_reader(read_side);
	ready();
	while (going()) {
		seen = 0;
		before();
		begin_try();
		write_side();
		end_try();
		after();
		if (seen)
			hit("it was seen");
		else
			tried(1);
	}
	return done();
}
