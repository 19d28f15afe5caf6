/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Both sides ask for the configuration of the same channel of a GSM multiplexer, which
 * makes the channel where there is none: gsm_dlci_alloc(). One comes later, by as long as
 * that takes, so that it mostly finds what the other has made. A try is one channel, and
 * a hit one of which the two are told different things: one of them found it half filled.
 */
#include "kcovrig.h"
#include <fcntl.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysinfo.h>

#define CHANNELS 63   /* of a multiplexer, from 1 on */
#define N_GSM0710 21  /* its line discipline */
#define MIN_FREE (48ul << 20)
#define SPIN 100000

/* struct gsm_dlci_config and its ioctl, of linux/gsmmux.h, which the C library's headers may lack. */
struct config {
	uint32_t channel, adaption, mtu, priority, i, k, flags, reserved[7];
};
#define GETCONF_DLCI _IOWR('G', 7, struct config)

static int mux;
static pid_t first;
static struct config told[2][CHANNELS]; /* the first, and the other */
static unsigned right;                  /* channels without a hit that were not told of yet */
static unsigned delay;                  /* of the other: spin()'s */
static long most;                       /* ns that the call takes where the channel is there */

static long now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000l + t.tv_nsec;
}

/* Asks for a channel and says how long that took. */
static long ask(struct config *c)
{
	long start = now();

	must(ioctl(mux, GETCONF_DLCI, c) == 0, "GSMIOC_GETCONF_DLCI");
	return now() - start;
}

/* Looks at what was told of a channel: at once, before more calls push a hit's events out of its witness. */
static void judge(unsigned i)
{
	struct config *a = &told[0][i], *b = &told[1][i];

	if (memcmp(a, b, sizeof *a) == 0) {
		right++;
		return;
	}
	if (right)
		tried(right);
	right = 0;
	hit("channel=%u,%u adaption=%u,%u mtu=%u,%u priority=%u,%u i=%u,%u k=%u,%u", a->channel, b->channel, a->adaption, b->adaption,
	    a->mtu, b->mtu, a->priority, b->priority, a->i, b->i, a->k, b->k);
}

/* Who comes later makes a channel of its own in about one try of nine: no more than that are lost. */
static void call(unsigned i)
{
	if (getpid() == first) {
		if (i)
			judge(i - 1);
		ask(&told[0][i]);
		return;
	}
	spin(delay + below(100));
	if (ask(&told[1][i]) > most)
		delay += 64;
	else if (delay >= 8)
		delay -= 8;
}

/* A multiplexer without channels, in the place of the one with all. */
static void renew(void)
{
	int none = 0, gsm = N_GSM0710;

	must(ioctl(mux, TIOCSETD, &none) == 0 && ioctl(mux, TIOCSETD, &gsm) == 0, "TIOCSETD");
	for (unsigned i = 0; i < CHANNELS; i++)
		told[0][i] = told[1][i] = (struct config){.channel = i + 1};
}

/* How long the call takes that makes a channel, and how long the one that finds it: most lies between, and delay begins with the difference. */
static void measure(void)
{
	long made = 0, found = 0, start;

	renew();
	for (unsigned i = 0; i < CHANNELS; i++) {
		made += ask(&told[0][i]);
		found += ask(&told[1][i]);
	}
	most = (made + found) / 2 / CHANNELS;
	start = now();
	spin(SPIN);
	delay = (made - found) / CHANNELS * SPIN / (now() - start + 1);
}

/* Each channel that is lost takes memory. Where little is left there are no tries any more. */
static int room(void)
{
	struct sysinfo s;

	return sysinfo(&s) == 0 && s.freeram * s.mem_unit > MIN_FREE;
}

int main(void)
{
	mkdir("/pts", 0700);
	mount("devpts", "/pts", "devpts", 0, "ptmxmode=0600"); /* there already where this is not the first run */
	mux = open("/pts/ptmx", O_RDWR | O_NOCTTY);
	must(mux >= 0, "/pts/ptmx");
	first = getpid();
	measure();
	start_twin(call);
	ready();
	while (going()) {
		if (!room()) {
			usleep(10000);
			continue;
		}
		renew();
		run_twins(CHANNELS);
		judge(CHANNELS - 1);
		if (right)
			tried(right);
		right = 0;
	}
	return done();
}
