// SPDX-License-Identifier: Apache-2.0
/*
 * Work whose time benchmarks take, by the name under which it is started; -s N
 * is how much of it. It ends as a litmus test does, with a
 * histogram, since that is what the guest takes from a program.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static void must(int ok, const char *what)
{
    if (!ok) {
        perror(what);
        exit(1);
    }
}

/* A system call that does next to nothing. */
static void calls(long n)
{
    for (long i = 0; i < n; i++) {
        syscall(SYS_getppid);
    }
}

/* One byte at a time. */
static void reads(long n)
{
    int fd = open("/dev/zero", O_RDONLY);
    char c;

    must(fd >= 0, "open /dev/zero");
    for (long i = 0; i < n; i++) {
        must(read(fd, &c, 1) == 1, "read");
    }
}

/* Processes that end at once. */
static void forks(long n)
{
    for (long i = 0; i < n; i++) {
        int status;
        pid_t child = fork();

        must(child >= 0, "fork");
        if (child == 0) {
            _exit(0);
        }
        must(waitpid(child, &status, 0) == child && status == 0, "wait");
    }
}

/* System calls, from one thread. */
static void events(long n)
{
    int fd = eventfd(0, 0);
    uint64_t value = 1;

    for (long i = 0; i < n; i++) {
        must(write(fd, &value, sizeof value) == sizeof value, "write");
        must(read(fd, &value, sizeof value) == sizeof value, "read");
    }
}

/* Two processes on one CPU wake each other: a DSB for each switch. */
static void switches(long n)
{
    int there[2], back[2];
    char c = 0;
    pid_t child;
    int status;

    must(pipe(there) == 0 && pipe(back) == 0, "pipe");
    child = fork();
    must(child >= 0, "fork");
    if (child == 0) {
        for (long i = 0; i < n; i++) {
            must(read(there[0], &c, 1) == 1 && write(back[1], &c, 1) == 1, "answer");
        }
        _exit(0);
    }
    for (long i = 0; i < n; i++) {
        must(write(there[1], &c, 1) == 1 && read(back[0], &c, 1) == 1, "ask");
    }
    must(waitpid(child, &status, 0) == child && status == 0, "wait");
}

/* Pages mapped, touched and unmapped: faults, and TLBI with its DSB. */
static void pages(long n)
{
    const size_t size = 8 * 4096;

    for (long i = 0; i < n; i++) {
        char *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        must(p != MAP_FAILED, "mmap");
        for (size_t at = 0; at < size; at += 4096) {
            p[at] = 1;
        }
        must(munmap(p, size) == 0, "munmap");
    }
}

/* Loads, stores and arithmetic in the program itself. */
static void compute(long n)
{
    static uint32_t table[1 << 14];
    uint32_t x = 1;

    for (long i = 0; i < n * 1000; i++) {
        x = x * 1664525 + 1013904223;
        table[x >> 18] += x ^ table[x & 0x3fff];
    }
    must(table[x >> 18] != 1, "compute");
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        void (*work)(long);
    } all[] = {{"calls", calls},   {"reads", reads}, {"events", events},
               {"switches", switches}, {"pages", pages}, {"forks", forks},
               {"compute", compute}};
    const char *name = strrchr(argv[0], '/') ? strrchr(argv[0], '/') + 1 : argv[0];
    cpu_set_t one;
    long n = 0;

    for (int i = 1; i + 1 < argc; i++) {
        if (strcmp(argv[i], "-s") == 0) {
            n = atol(argv[i + 1]);
        }
    }
    CPU_ZERO(&one);
    CPU_SET(1, &one);
    must(sched_setaffinity(0, sizeof one, &one) == 0, "pin");
    for (size_t i = 0; n > 0 && i < sizeof all / sizeof *all; i++) {
        if (strcmp(name, all[i].name) == 0) {
            all[i].work(n);
            printf("Test %s Allowed\nHistogram (1 states)\n%ld :>done=1;\nTime %s 0\n", name, n, name);
            return 0;
        }
    }
    fprintf(stderr, "%s: no such work, or none of it\n", name);
    return 1;
}
