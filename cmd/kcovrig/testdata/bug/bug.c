// SPDX-License-Identifier: Apache-2.0

// Every eighth try has the kernel reach a BUG() (drivers/misc/lkdtm/bugs.c).
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

int main(void)
{
	char line[128];
	int fd = open("/sys/kernel/debug/provoke-crash/DIRECT", O_WRONLY);

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (fd < 0)
		return 1;
	puts("ready");
	if (!fgets(line, sizeof(line), stdin))
		return 1;
	for (unsigned n = 1;; n++) {
		if (n % 8 == 0 && write(fd, "BUG", 3) != 3)
			return 1;
		usleep(1000);
		puts("try 1");
	}
}
