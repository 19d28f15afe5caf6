// SPDX-License-Identifier: Apache-2.0

// Of every eight tries one does not wake the thread that waits for it in a pipe. The
// other goes on looking whether it has come.
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int ends[2];
static _Atomic unsigned seen;

static void *reader(void *unused)
{
	char byte;

	while (read(ends[0], &byte, 1) == 1)
		seen++;
	return unused;
}

int main(void)
{
	pthread_t other;
	char line[128];

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (pipe(ends) || pthread_create(&other, NULL, reader, NULL))
		return 1;
	puts("ready");
	if (!fgets(line, sizeof(line), stdin))
		return 1;
	for (unsigned n = 1;; n++) {
		if (n % 8 && write(ends[1], "x", 1) != 1)
			return 1;
		while (seen != n)
			usleep(1000);
		puts("try 1");
	}
}
