// SPDX-License-Identifier: Apache-2.0
/* Has a hit in its ninth try in every other boot, and none in the others. */
#include <poll.h>
#include <stdio.h>

int main(void)
{
	struct pollfd in = {.fd = 0, .events = POLLIN};
	unsigned long seed;

	setvbuf(stdout, NULL, _IOLBF, 0);
	puts("ready");
	if (scanf("go %lu %*s %*s", &seed) != 1)
		return 1;
	for (unsigned n = 1; poll(&in, 1, 5) == 0; n++)
		puts(n == 9 && (seed >> 16) % 2 ? "hit in an odd boot" : "try 1");
	puts("done");
	return 0;
}
