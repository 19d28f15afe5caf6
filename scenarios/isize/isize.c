/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One side appends records to a file of ramfs; the other reads at its end, from the last
 * bytes that are there on, so that it goes the whole way to them each time. A try is one
 * record, and a hit one that read() returns with other bytes: they were not written yet.
 */
#include "kcovrig.h"
#include <fcntl.h>
#include <stdint.h>
#include <sys/mount.h>
#include <sys/stat.h>

#define RUN 32  /* records between two moments at which the other side is seen to look */
#define WORDS 8 /* of eight bytes, in a record: all of them are its number */

struct record {
	uint64_t word[WORDS];
};

static int files[2]; /* one is appended to while the other is emptied */

static int file_of(uint64_t n) { return files[n / KCOVRIG_RECORDS % 2]; }

/* A file begins with a record of its own, so that there is always something to read. */
static off_t place_of(uint64_t n) { return (n % KCOVRIG_RECORDS + 1) * sizeof(struct record); }

static int look(void)
{
	uint64_t n, got[1 + WORDS];

	while (n = next_record(), pread(file_of(n), got, sizeof got, place_of(n) - sizeof *got) == sizeof got) {
		int right = 1;

		for (int i = 1; i <= WORDS; i++)
			right &= got[i] == n + 1;
		took_record(right);
	}
	return 0;
}

static void put(int file, uint64_t number, off_t at)
{
	struct record r;

	for (int i = 0; i < WORDS; i++)
		r.word[i] = number;
	must(pwrite(file, &r, sizeof r, at) == sizeof r, "write");
}

static void begin(int file)
{
	must(ftruncate(file, 0) == 0, "empty a file");
	put(file, ~0ull, 0);
}

static void write_from(unsigned long long n)
{
	for (uint64_t end = n + RUN; n != end; n++) {
		put(file_of(n), n + 1, place_of(n));
		if (n % KCOVRIG_RECORDS == 0)
			begin(file_of(n + KCOVRIG_RECORDS));
	}
}

int main(void)
{
	mkdir("/ram", 0700);
	must(mount("ramfs", "/ram", "ramfs", 0, NULL) == 0, "mount ramfs");
	for (int i = 0; i < 2; i++) {
		files[i] = open(i ? "/ram/1" : "/ram/0", O_RDWR | O_CREAT, 0600);
		must(files[i] >= 0, "make a file");
		begin(files[i]);
	}
	return run_records(look, write_from, RUN);
}
