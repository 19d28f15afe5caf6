// SPDX-License-Identifier: Apache-2.0

// A workload that makes a system call now and then, which the kernel at hand does not survive.
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int main(void)
{
	char line[128];

	setvbuf(stdout, NULL, _IOLBF, 0);
	puts("ready");
	if (!fgets(line, sizeof(line), stdin) || strncmp(line, "go ", 3) || !strstr(line, " - acquire\n"))
		return 1;
	for (int i = 1;; i++) {
		puts("try 1");
		usleep(1000);
		if (i % 8 == 0)
			sethostname("x", 1);
	}
}
