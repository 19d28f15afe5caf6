// SPDX-License-Identifier: Apache-2.0
/*
 * What LMBench measures of a kernel, in small: the row by the name under which this is
 * started; -s N is how often. It ends as a litmus test does, with a histogram, since
 * that is what the guest takes from a program: none, where the kernel has no such thing.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CHUNK = 16384 };

static const char *self, *row;

static void must(int ok, const char *what)
{
    if (!ok) {
        perror(what);
        exit(1);
    }
}

static void ended(pid_t child)
{
    int status;

    must(waitpid(child, &status, 0) == child && status == 0, "wait");
}

static void null_call(long n)
{
    for (long i = 0; i < n; i++) {
        must(syscall(SYS_getppid) >= 0, "getppid");
    }
}

static int one_byte_file(void)
{
    int fd = memfd_create("file", 0);

    must(fd >= 0 && ftruncate(fd, 4096) == 0, "memfd");
    return fd;
}

static void read_file(long n)
{
    int fd = one_byte_file();
    char c;

    for (long i = 0; i < n; i++) {
        must(pread(fd, &c, 1, 0) == 1, "read");
    }
}

static void write_file(long n)
{
    int fd = one_byte_file();

    for (long i = 0; i < n; i++) {
        must(pwrite(fd, "x", 1, 0) == 1, "write");
    }
}

static void stat_file(long n)
{
    struct stat s;

    for (long i = 0; i < n; i++) {
        must(stat(self, &s) == 0, "stat");
    }
}

static void fork_exit(long n)
{
    for (long i = 0; i < n; i++) {
        pid_t child = fork();

        must(child >= 0, "fork");
        if (child == 0) {
            _exit(0);
        }
        ended(child);
    }
}

static void fork_exec(long n)
{
    for (long i = 0; i < n; i++) {
        pid_t child = fork();

        must(child >= 0, "fork");
        if (child == 0) {
            execl(self, "nothing", (char *)NULL);
            _exit(1);
        }
        ended(child);
    }
}

/* A byte there and back, by what the parent and its child share. */
static void back_and_forth(long n, const int parent[2], const int other[2])
{
    char c = 0;
    pid_t child = fork();

    must(child >= 0, "fork");
    if (child == 0) {
        for (long i = 0; i < n; i++) {
            must(read(other[0], &c, 1) == 1 && write(other[1], &c, 1) == 1, "answer");
        }
        _exit(0);
    }
    for (long i = 0; i < n; i++) {
        must(write(parent[1], &c, 1) == 1 && read(parent[0], &c, 1) == 1, "ask");
    }
    ended(child);
}

/* So many chunks from a child. */
static void stream(long n, int from, int to)
{
    static char chunk[CHUNK];
    long left = n * CHUNK;
    pid_t child = fork();

    must(child >= 0, "fork");
    if (child == 0) {
        while (left > 0) {
            ssize_t done = write(to, chunk, left < CHUNK ? (size_t)left : CHUNK);
            must(done > 0, "send");
            left -= done;
        }
        _exit(0);
    }
    while (left > 0) {
        ssize_t done = read(from, chunk, CHUNK);
        must(done > 0, "receive");
        left -= done;
    }
    ended(child);
}

static void pipe_latency(long n)
{
    int to[2], back[2];

    must(pipe(to) == 0 && pipe(back) == 0, "pipe");
    back_and_forth(n, (int[]){back[0], to[1]}, (int[]){to[0], back[1]});
}

/* The processor given up, by each of two. */
static void switches(long n)
{
    pid_t child = fork();

    must(child >= 0, "fork");
    for (long i = 0; i < n; i++) {
        sched_yield();
    }
    if (child == 0) {
        _exit(0);
    }
    ended(child);
}

/* Ends where the kernel was built without such sockets. */
static void there(int ok, const char *what)
{
    if (!ok && (errno == EAFNOSUPPORT || errno == EPROTONOSUPPORT)) {
        printf("Test %s Allowed\nHistogram (1 states)\n1 :>done=0;\nTime %s 0\n", row, row);
        exit(0);
    }
    must(ok, what);
}

static void unix_latency(long n)
{
    int s[2];

    there(socketpair(AF_UNIX, SOCK_STREAM, 0, s) == 0, "socketpair");
    back_and_forth(n, (int[]){s[0], s[0]}, (int[]){s[1], s[1]});
}

static void unix_bandwidth(long n)
{
    int s[2];

    there(socketpair(AF_UNIX, SOCK_STREAM, 0, s) == 0, "socketpair");
    stream(n, s[0], s[1]);
}

static void tcp_pair(int s[2])
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t size = sizeof at;
    struct ifreq lo = {.ifr_name = "lo", .ifr_flags = IFF_UP};
    int listener = socket(AF_INET, SOCK_STREAM, 0), on = 1;

    there(listener >= 0, "socket");
    must(ioctl(listener, SIOCSIFFLAGS, &lo) == 0, "lo");
    must(bind(listener, (struct sockaddr *)&at, size) == 0 && listen(listener, 1) == 0 &&
         getsockname(listener, (struct sockaddr *)&at, &size) == 0, "listen");
    s[0] = socket(AF_INET, SOCK_STREAM, 0);
    must(s[0] >= 0 && connect(s[0], (struct sockaddr *)&at, size) == 0, "connect");
    s[1] = accept(listener, NULL, NULL);
    must(s[1] >= 0, "accept");
    for (int i = 0; i < 2; i++) {
        must(setsockopt(s[i], IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) == 0, "nodelay");
    }
}

static void tcp_latency(long n)
{
    int s[2];

    tcp_pair(s);
    back_and_forth(n, (int[]){s[0], s[0]}, (int[]){s[1], s[1]});
}

static void tcp_bandwidth(long n)
{
    int s[2];

    tcp_pair(s);
    stream(n, s[0], s[1]);
}

/* Of pages that are there, in a mapping that has none yet. */
static void faults(long n)
{
    enum { PAGES = 256 };
    int fd = memfd_create("pages", 0);
    int sum = 0;

    must(fd >= 0 && ftruncate(fd, PAGES * 4096) == 0, "memfd");
    for (long i = 0; i < n; i += PAGES) {
        volatile char *p = mmap(NULL, PAGES * 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        must(p != MAP_FAILED, "mmap");
        for (int at = 0; at < PAGES; at++) {
            sum += p[at * 4096];
            p[at * 4096] = 1;
        }
        must(munmap((void *)p, PAGES * 4096) == 0, "munmap");
    }
    must(sum >= 0, "sum");
}

static void mappings(long n)
{
    for (long i = 0; i < n; i++) {
        void *p = mmap(NULL, 64 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        must(p != MAP_FAILED && munmap(p, 64 * 4096) == 0, "mmap");
    }
}

static const struct {
    const char *name;
    void (*work)(long);
} rows[] = {
    {"null", null_call}, {"read", read_file}, {"write", write_file}, {"stat", stat_file},
    {"fork", fork_exit}, {"exec", fork_exec}, {"pipe", pipe_latency}, {"switch", switches},
    {"unix-latency", unix_latency}, {"unix-bandwidth", unix_bandwidth},
    {"tcp-latency", tcp_latency}, {"tcp-bandwidth", tcp_bandwidth},
    {"fault", faults}, {"mmap", mappings},
};

int main(int argc, char **argv)
{
    const char *name = strrchr(argv[0], '/') ? strrchr(argv[0], '/') + 1 : argv[0];
    cpu_set_t one;
    long n = 0;

    row = name;
    self = (const char *)getauxval(AT_EXECFN);
    must(self != NULL, "own path");
    if (strcmp(name, "nothing") == 0) {
        return 0;
    }
    for (int i = 1; i + 1 < argc; i++) {
        if (strcmp(argv[i], "-s") == 0) {
            n = atol(argv[i + 1]);
        }
    }
    CPU_ZERO(&one);
    CPU_SET(1, &one);
    must(sched_setaffinity(0, sizeof one, &one) == 0, "pin");
    for (size_t i = 0; n > 0 && i < sizeof rows / sizeof *rows; i++) {
        if (strcmp(name, rows[i].name) == 0) {
            rows[i].work(n);
            printf("Test %s Allowed\nHistogram (1 states)\n%ld :>done=1;\nTime %s 0\n", name, n, name);
            return 0;
        }
    }
    fprintf(stderr, "%s: no such row, or none of it\n", name);
    return 1;
}
