// SPDX-License-Identifier: Apache-2.0

// A reproducer that says nothing, as a fuzzer leaves one: some of its runs make a system
// call that the kernel at hand does not survive, or end as its argument says.
#include <stdlib.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	usleep(2000);
	if (getpid() % 4)
		return 0;
	if (argc > 1)
		return atoi(argv[1]);
	sethostname("x", 1);
	return 0;
}
