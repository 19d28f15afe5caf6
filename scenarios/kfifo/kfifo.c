/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An infrared transmitter that receives what it sends (rc-loopback). One side sends runs of
 * pulses and spaces, which a thread of the kernel puts into a FIFO, sample by sample; the other
 * reads them, as a LIRC daemon does. A try is one sample, and a hit one with another value:
 * of one round of the FIFO before.
 */
#include "kcovrig.h"
#include <fcntl.h>
#include <linux/lirc.h>

#define SENT 255
#define RUN (SENT + 1) /* samples, with the timeout that ends them; the gap before them is no try */

static int fd;
static unsigned lengths[SENT]; /* in microseconds */
static unsigned at;            /* of a run, where 0 is the gap */
static _Atomic unsigned long long taken;

static unsigned expected(unsigned i)
{
	return lengths[i] | (i % 2 ? LIRC_MODE2_SPACE : LIRC_MODE2_PULSE);
}

static void took(unsigned sample)
{
	unsigned i = at++;

	if (i == 0)
		return;
	if (i == RUN) {
		at = 0;
		took_record(LIRC_MODE2(sample) == LIRC_MODE2_TIMEOUT);
	} else {
		took_record(sample == expected(i - 1));
	}
	taken++;
}

static int look(void)
{
	unsigned samples[8];
	long n = read(fd, samples, sizeof samples);

	for (long i = 0; i < n / (long)sizeof *samples; i++)
		took(samples[i]);
	return 0;
}

static void send_run(void)
{
	must(write(fd, lengths, sizeof lengths) == sizeof lengths, "send");
}

static void write_from(unsigned long long n)
{
	send_run();
	for (unsigned i = 0; taken != n + RUN; i++) { /* the next run would not wait for this one */
		usleep(100);
		must(i < 20000, "get all that was sent");
	}
}

/* Before each run there is a gap, but not before the first of a boot. */
static void begin(void)
{
	unsigned sample = 0;

	send_run();
	for (unsigned i = 0; LIRC_MODE2(sample) != LIRC_MODE2_TIMEOUT; i++) {
		if (read(fd, &sample, sizeof sample) != sizeof sample)
			usleep(1000);
		must(i < 4000, "get the first run");
	}
}

int main(void)
{
	for (unsigned i = 0; i < SENT; i++)
		lengths[i] = i % 16 + 1;
	fd = open("/dev/lirc0", O_RDWR | O_NONBLOCK);
	must(fd >= 0, "open /dev/lirc0");
	begin();
	return run_records(look, write_from, RUN);
}
