/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One side gives itself new names, of which an event of its own writes a record each; the
 * other takes the records out of the buffer, which it has mapped, as perf does. A try is
 * one record, and a hit one that has another name: of one round before.
 */
#include "kcovrig.h"
#include <linux/perf_event.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>

#define RUN 16 /* names between two moments at which both sides are seen to run */
#define PAGE 4096
#define PAGES 8 /* of records: more than one, of which the emulator might know one badly for a whole boot */

/* PERF_RECORD_COMM of a name of eight letters. */
struct record {
	struct perf_event_header header;
	uint32_t pid, tid;
	uint64_t name, end;
};

static int event;
static struct perf_event_mmap_page *state;
static struct record *records;

/* Eight letters that say n. */
static uint64_t name(uint64_t n)
{
	uint64_t letters = 0;

	for (int i = 0; i < 8; i++, n >>= 4)
		letters = letters << 8 | ('a' + n % 16);
	return letters;
}

static int look(void)
{
	uint64_t n;

	while (n = next_record(), n * sizeof *records != __atomic_load_n(&state->data_head, __ATOMIC_ACQUIRE)) {
		took_record(__atomic_load_n(&records[n % (PAGES * PAGE / sizeof *records)].name, __ATOMIC_RELAXED) == name(n));
		__atomic_store_n(&state->data_tail, (n + 1) * sizeof *records, __ATOMIC_RELEASE);
	}
	return 0;
}

static void write_from(unsigned long long n)
{
	if (n == 0) /* before that the start of the other side would have a record, too */
		must(ioctl(event, PERF_EVENT_IOC_ENABLE, 0) == 0, "enable the event");
	for (int i = 0; i < RUN; i++) {
		uint64_t letters[2] = {name(n + i)};

		must(prctl(PR_SET_NAME, letters) == 0, "PR_SET_NAME");
	}
}

int main(void)
{
	struct perf_event_attr names = {.type = PERF_TYPE_SOFTWARE, .size = sizeof names, .config = PERF_COUNT_SW_DUMMY, .disabled = 1, .comm = 1};

	event = syscall(SYS_perf_event_open, &names, 0, -1, -1, 0);
	must(event >= 0, "perf_event_open");
	state = mmap(NULL, (1 + PAGES) * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, event, 0);
	must(state != MAP_FAILED, "map the buffer");
	records = (void *)((char *)state + PAGE);
	return run_records(look, write_from, RUN);
}
