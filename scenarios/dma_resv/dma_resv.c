/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One side gives a buffer fences that others would have to wait for, which is
 * dma_resv_add_fence() for each of them; the other begins to read the buffer meanwhile,
 * and looks at all fences for that. They are those of readers, so that it need not wait.
 * A try is one new buffer.
 */
#include "kcovrig.h"
#include <fcntl.h>
#include <linux/dma-buf.h>
#include <linux/dma-heap.h>
#include <linux/sync_file.h>
#include <sys/ioctl.h>

#define FENCES 8 /* of a buffer */

/* Of drivers/dma-buf/sw_sync.c, which has no header. */
struct new_fence {
	__u32 value;
	char name[32];
	__s32 fd;
};
#define CREATE_FENCE _IOWR('W', 0, struct new_fence)

static _Atomic int buffer;
static int heap, fences; /* one file that stands for all of them */

static int look(void)
{
	const struct dma_buf_sync begin = {.flags = DMA_BUF_SYNC_START | DMA_BUF_SYNC_READ};

	ioctl(buffer, DMA_BUF_IOCTL_SYNC, &begin);
	return 0;
}

/* A fence that nothing signals, on a timeline of its own: of two on one a buffer keeps the later. */
static int fence(void)
{
	struct new_fence f = {.value = 1, .name = "fence"};
	int timeline = open("/sys/kernel/debug/sync/sw_sync", O_RDWR);

	must(timeline >= 0, "open a timeline");
	must(ioctl(timeline, CREATE_FENCE, &f) == 0, "make a fence");
	return f.fd;
}

static void set_up(void)
{
	heap = open("/dev/dma_heap/system", O_RDONLY);
	must(heap >= 0, "open the heap");
	fences = fence();
	for (int i = 1; i < FENCES; i++) {
		struct sync_merge_data both = {.name = "fences", .fd2 = fence()};

		must(ioctl(fences, SYNC_IOC_MERGE, &both) == 0, "merge fences");
		fences = both.fence;
	}
}

static int new_buffer(void)
{
	struct dma_heap_allocation_data data = {.len = 4096, .fd_flags = O_RDWR};

	must(ioctl(heap, DMA_HEAP_IOCTL_ALLOC, &data) == 0, "make a buffer");
	return data.fd;
}

static void add_fences(void)
{
	struct dma_buf_import_sync_file add = {.flags = DMA_BUF_SYNC_READ, .fd = fences};

	must(ioctl(buffer, DMA_BUF_IOCTL_IMPORT_SYNC_FILE, &add) == 0, "add fences");
}

int main(void)
{
	set_up();
	start_reader(look);
	ready();
	while (going()) {
		buffer = new_buffer();
		begin_try();
		add_fences();
		end_try();
		close(buffer);
		tried(1);
	}
	return done();
}
