/* SPDX-License-Identifier: Apache-2.0 */
/* Uses what scenarios/kcovrig.h offers, and says hit of all that is not as it says. */
#include "kcovrig.h"

static _Atomic unsigned written, seen, looks, calls[2];
static int deadly;

static int look(void)
{
	if (deadly && written == 3)
		syscall(SYS_exit, 0); /* as an oops does */
	spin(20); /* or some end while tries() looks twice at how many did */
	looks++;
	return (seen = written) == 5; /* leaves early */
}

static void call(unsigned i)
{
	int second = getpid() != getsid(0);

	calls[second]++;
	if (calls[!second] < i || calls[!second] > i + 1)
		hit("not in lockstep: call %u, the other %u", i, calls[!second]);
	spin(below(50));
	if (deadly && second && i == 3)
		syscall(SYS_exit, 0);
}

static void tries(void)
{
	for (unsigned n = 1; going(); n++) {
		seen = looks = written = 0;
		begin_try();
		unsigned before = looks;
		if (await_look() && looks == before)
			hit("no look has ended before the second one in try %u", n);
		written = n;
		await_look(); /* or the reader has left */
		end_try();
		if (seen != n || !looks)
			hit("the reader saw %u after %u looks in try %u", seen, looks, n);
		if (n == 7)
			hit("told mode=%s number=%u", mode, below(1000));
		else
			tried(1);
	}
}

int main(int argc, char **argv)
{
	int twins = argc == 2 && strstr(argv[1], "twins") != NULL;

	deadly = strstr(argv[1], "deadly") != NULL;
	if (twins)
		start_twin(call);
	else
		start_reader(look);
	ready();
	if (!twins)
		tries();
	while (twins && going()) {
		calls[0] = calls[1] = 0;
		run_twins(8);
		if (calls[0] != 8 || calls[1] != 8)
			hit("%u and %u calls", calls[0], calls[1]);
		tried(8);
	}
	return done();
}
