/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One side submits reads of /dev/null, which are done at once; the other takes their
 * events out of the ring that io_setup() has mapped, without a system call, as fio and
 * QEMU do. A try is one event, and a hit one that is another read's: of one round before.
 */
#include "kcovrig.h"
#include <fcntl.h>
#include <linux/aio_abi.h>
#include <stdint.h>

#define RUN 16 /* reads that are submitted by one call */
#define SLOTS 256

/* What io_setup() maps: struct aio_ring of fs/aio.c. */
struct ring {
	uint32_t id, nr, head, tail, magic, compat_features, incompat_features, header_length;
	struct io_event events[];
};

static aio_context_t context; /* the ring's address */
static int null;

static int look(void)
{
	struct ring *ring = (void *)context;
	uint32_t at = ring->head;

	while (at != __atomic_load_n(&ring->tail, __ATOMIC_ACQUIRE)) {
		took_record(__atomic_load_n(&ring->events[at].data, __ATOMIC_RELAXED) == next_record());
		at = (at + 1) % ring->nr;
		__atomic_store_n(&ring->head, at, __ATOMIC_RELEASE);
	}
	return 0;
}

static void write_from(unsigned long long n)
{
	static char byte;
	struct iocb reads[RUN], *all[RUN];

	for (int i = 0; i < RUN; i++) {
		all[i] = &reads[i];
		reads[i] = (struct iocb){.aio_data = n + i, .aio_lio_opcode = IOCB_CMD_PREAD, .aio_fildes = null, .aio_buf = (uintptr_t)&byte, .aio_nbytes = 1};
	}
	must(syscall(SYS_io_submit, context, RUN, all) == RUN, "io_submit");
}

int main(void)
{
	null = open("/dev/null", O_RDONLY);
	must(null >= 0, "/dev/null");
	must(syscall(SYS_io_setup, SLOTS, &context) == 0, "io_setup");
	return run_records(look, write_from, RUN);
}
