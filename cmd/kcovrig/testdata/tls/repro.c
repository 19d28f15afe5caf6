// SPDX-License-Identifier: Apache-2.0

// A reproducer of the form in which fuzzers leave them, for the bug of the tls scenario:
// it says nothing, runs in a sandbox that it makes of what the kernel has, and forks for
// each run, two at once. What of its setup fails it does without, or ends.

#define _GNU_SOURCE

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <net/if.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static unsigned long long procid;

static __thread int skip_segv;
static __thread jmp_buf segv_env;

static void segv_handler(int sig, siginfo_t *info, void *ctx)
{
  (void)ctx;
  uintptr_t addr = (uintptr_t)info->si_addr;
  if (__atomic_load_n(&skip_segv, __ATOMIC_RELAXED) && addr > 1 << 20 && addr < 1ul << 47)
    _longjmp(segv_env, 1);
  exit(sig);
}

static void install_segv_handler(void)
{
  struct sigaction sa;
  memset(&sa, 0, sizeof(sa));
  sa.sa_handler = SIG_IGN;
  syscall(SYS_rt_sigaction, 0x20, &sa, NULL, 8);
  syscall(SYS_rt_sigaction, 0x21, &sa, NULL, 8);
  memset(&sa, 0, sizeof(sa));
  sa.sa_sigaction = segv_handler;
  sa.sa_flags = SA_NODEFER | SA_SIGINFO;
  sigaction(SIGSEGV, &sa, NULL);
  sigaction(SIGBUS, &sa, NULL);
}

#define NONFAILING(...)                                             \
  ({                                                                \
    int ok = 1;                                                     \
    __atomic_fetch_add(&skip_segv, 1, __ATOMIC_SEQ_CST);            \
    if (_setjmp(segv_env) == 0) {                                   \
      __VA_ARGS__;                                                  \
    } else                                                          \
      ok = 0;                                                       \
    __atomic_fetch_sub(&skip_segv, 1, __ATOMIC_SEQ_CST);            \
    ok;                                                             \
  })

static void sleep_ms(uint64_t ms)
{
  usleep(ms * 1000);
}

static uint64_t current_time_ms(void)
{
  struct timespec ts;
  if (clock_gettime(CLOCK_MONOTONIC, &ts))
    exit(1);
  return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

static void use_temporary_dir(void)
{
  char dir[] = "./fuzz.XXXXXX";
  if (!mkdtemp(dir) || chmod(dir, 0777) || chdir(dir))
    exit(1);
}

static void thread_start(void *(*fn)(void *), void *arg)
{
  pthread_t th;
  pthread_attr_t attr;
  pthread_attr_init(&attr);
  pthread_attr_setstacksize(&attr, 128 << 10);
  for (int i = 0; i < 100; i++) {
    if (pthread_create(&th, &attr, fn, arg) == 0) {
      pthread_attr_destroy(&attr);
      return;
    }
    usleep(50);
  }
  exit(1);
}

typedef struct {
  int state;
} event_t;

static void event_reset(event_t *ev)
{
  ev->state = 0;
}

static void event_set(event_t *ev)
{
  if (ev->state)
    exit(1);
  __atomic_store_n(&ev->state, 1, __ATOMIC_RELEASE);
  syscall(SYS_futex, &ev->state, FUTEX_WAKE | FUTEX_PRIVATE_FLAG, 1000000);
}

static void event_wait(event_t *ev)
{
  while (!__atomic_load_n(&ev->state, __ATOMIC_ACQUIRE))
    syscall(SYS_futex, &ev->state, FUTEX_WAIT | FUTEX_PRIVATE_FLAG, 0, 0);
}

static int event_timedwait(event_t *ev, uint64_t timeout)
{
  uint64_t start = current_time_ms(), now = start;
  for (;;) {
    uint64_t remain = timeout - (now - start);
    struct timespec ts = {.tv_sec = remain / 1000, .tv_nsec = (remain % 1000) * 1000 * 1000};
    syscall(SYS_futex, &ev->state, FUTEX_WAIT | FUTEX_PRIVATE_FLAG, 0, &ts);
    if (__atomic_load_n(&ev->state, __ATOMIC_ACQUIRE))
      return 1;
    now = current_time_ms();
    if (now - start > timeout)
      return 0;
  }
}

static bool write_file(const char *file, const char *what, ...)
{
  char buf[1024];
  va_list args;
  va_start(args, what);
  vsnprintf(buf, sizeof(buf), what, args);
  va_end(args);
  int len = strlen(buf);
  int fd = open(file, O_WRONLY | O_CLOEXEC);
  if (fd == -1)
    return false;
  bool whole = write(fd, buf, len) == len;
  close(fd);
  return whole;
}

static void initialize_netdevices(void)
{
  struct ifreq ifr;
  int sock = socket(AF_INET, SOCK_DGRAM, 0);
  if (sock == -1)
    exit(1);
  memset(&ifr, 0, sizeof(ifr));
  strcpy(ifr.ifr_name, "lo");
  ifr.ifr_flags = IFF_UP | IFF_RUNNING;
  ioctl(sock, SIOCSIFFLAGS, &ifr);
  close(sock);
}

static void setup_fusectl(void)
{
  if (mount(0, "/sys/fs/fuse/connections", "fusectl", 0, 0)) {
  }
}

static void setup_cgroups(void)
{
  if (mkdir("/syzcgroup", 0777)) {
  }
  if (mkdir("/syzcgroup/unified", 0777)) {
  }
  if (mount("none", "/syzcgroup/unified", "cgroup2", 0, NULL)) {
  }
  if (!write_file("/syzcgroup/unified/cgroup.subtree_control", "+cpu +memory +pids")) {
  }
}

static void mkdir_or_exit(const char *dir)
{
  if (mkdir(dir, 0700))
    exit(1);
}

static void mount_or_exit(const char *what, const char *dir, const char *kind, unsigned flags)
{
  if (mount(what, dir, kind, flags, NULL) && errno != ENOENT)
    exit(1);
}

static void sandbox_common_mount_tmpfs(void)
{
  const unsigned bind = MS_BIND | MS_REC | MS_PRIVATE;
  write_file("/proc/sys/fs/mount-max", "100000");
  mkdir_or_exit("./tmp");
  mount_or_exit("", "./tmp", "tmpfs", 0);
  mkdir_or_exit("./tmp/newroot");
  mkdir_or_exit("./tmp/newroot/dev");
  mount_or_exit("/dev", "./tmp/newroot/dev", NULL, bind);
  mkdir_or_exit("./tmp/newroot/proc");
  mount_or_exit("own-proc", "./tmp/newroot/proc", "proc", 0);
  mkdir_or_exit("./tmp/newroot/selinux");
  mount_or_exit("/selinux", "./tmp/newroot/selinux", NULL, bind);
  mkdir_or_exit("./tmp/newroot/sys");
  mount_or_exit("/sys", "./tmp/newroot/sys", NULL, bind);
  mount_or_exit("/sys/kernel/debug", "./tmp/newroot/sys/kernel/debug", NULL, bind);
  mount_or_exit("/proc/sys/fs/binfmt_misc", "./tmp/newroot/proc/sys/fs/binfmt_misc", NULL, bind);
  mkdir_or_exit("./tmp/pivot");
  if (syscall(SYS_pivot_root, "./tmp", "./tmp/pivot")) {
    if (chdir("./tmp"))
      exit(1);
  } else if (chdir("/") || umount2("./pivot", MNT_DETACH)) {
    exit(1);
  }
  if (chroot("./newroot") || chdir("/"))
    exit(1);
}

static void sandbox_common(void)
{
  static const struct {
    int what;
    rlim_t most;
  } limits[] = {
      {RLIMIT_AS, 200 << 20}, {RLIMIT_MEMLOCK, 32 << 20}, {RLIMIT_FSIZE, 136 << 20},
      {RLIMIT_STACK, 1 << 20}, {RLIMIT_CORE, 128 << 20}, {RLIMIT_NOFILE, 256},
  };
  prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
  setsid();
  for (unsigned i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
    struct rlimit rlim = {limits[i].most, limits[i].most};
    setrlimit(limits[i].what, &rlim);
  }
  if (unshare(CLONE_NEWNS)) {
  }
  if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL)) {
  }
  if (unshare(CLONE_NEWIPC)) {
  }
  if (unshare(0x02000000)) {
  }
  if (unshare(CLONE_NEWUTS)) {
  }
  if (unshare(CLONE_SYSVSEM)) {
  }
  write_file("/proc/sys/kernel/shmmax", "%d", 16777216);
  write_file("/proc/sys/kernel/sem", "1024 1048576 500 1024");
}

static int wait_for_loop(int pid)
{
  if (pid < 0)
    exit(1);
  int status = 0;
  while (waitpid(-1, &status, __WALL) != pid) {
  }
  return WEXITSTATUS(status);
}

static void loop(void);

static int do_sandbox_none(void)
{
  if (unshare(CLONE_NEWPID)) {
  }
  int pid = fork();
  if (pid != 0)
    return wait_for_loop(pid);
  setup_fusectl();
  sandbox_common();
  if (unshare(CLONE_NEWNET)) {
  }
  write_file("/proc/sys/net/ipv4/ping_group_range", "0 65535");
  initialize_netdevices();
  setup_cgroups();
  sandbox_common_mount_tmpfs();
  loop();
  exit(1);
}

static void kill_and_wait(int pid, int *status)
{
  kill(-pid, SIGKILL);
  kill(pid, SIGKILL);
  for (int i = 0; i < 100; i++) {
    if (waitpid(-1, status, WNOHANG | __WALL) == pid)
      return;
    usleep(1000);
  }
  while (waitpid(-1, status, __WALL) != pid) {
  }
}

static void remove_dir(const char *dir)
{
  DIR *dp = opendir(dir);
  if (dp == NULL)
    exit(1);
  for (struct dirent *ent; (ent = readdir(dp));) {
    char path[512];
    struct stat st;
    if (strcmp(ent->d_name, ".") == 0 || strcmp(ent->d_name, "..") == 0)
      continue;
    snprintf(path, sizeof(path), "%s/%s", dir, ent->d_name);
    while (umount2(path, MNT_DETACH | 8) == 0) {
    }
    if (lstat(path, &st) == 0 && S_ISDIR(st.st_mode))
      remove_dir(path);
    else if (unlink(path))
      exit(1);
  }
  closedir(dp);
  while (umount2(dir, MNT_DETACH | 8) == 0) {
  }
  if (rmdir(dir))
    exit(1);
}

static void setup_test(void)
{
  prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
  setpgrp();
  write_file("/proc/self/oom_score_adj", "1000");
  if (symlink("/dev/binderfs", "./binderfs")) {
  }
}

static void close_fds(void)
{
  for (int fd = 3; fd < 30; fd++)
    close(fd);
}

struct thread_t {
  int created, call;
  event_t ready, done;
};

static struct thread_t threads[16];
static void execute_call(int call);
static int running;

static void *thr(void *arg)
{
  struct thread_t *th = (struct thread_t *)arg;
  for (;;) {
    event_wait(&th->ready);
    event_reset(&th->ready);
    execute_call(th->call);
    __atomic_fetch_sub(&running, 1, __ATOMIC_RELAXED);
    event_set(&th->done);
  }
  return 0;
}

static void execute_one(void)
{
  int call, thread;
  if (write(1, "", 0)) {
  }
  for (call = 0; call < 8 * 5; call++) {
    for (thread = 0; thread < (int)(sizeof(threads) / sizeof(threads[0])); thread++) {
      struct thread_t *th = &threads[thread];
      if (!th->created) {
        th->created = 1;
        event_reset(&th->ready);
        event_reset(&th->done);
        event_set(&th->done);
        thread_start(thr, th);
      }
      if (!__atomic_load_n(&th->done.state, __ATOMIC_ACQUIRE))
        continue;
      event_reset(&th->done);
      th->call = call;
      __atomic_fetch_add(&running, 1, __ATOMIC_RELAXED);
      event_set(&th->ready);
      if (call % 5 == 3)
        break;
      event_timedwait(&th->done, 50);
      break;
    }
  }
  for (int i = 0; i < 100 && __atomic_load_n(&running, __ATOMIC_RELAXED); i++)
    sleep_ms(1);
  close_fds();
}

#define WAIT_FLAGS __WALL

static void loop(void)
{
  for (int iter = 0;; iter++) {
    char cwdbuf[32];
    sprintf(cwdbuf, "./%d", iter);
    if (mkdir(cwdbuf, 0777))
      exit(1);
    int pid = fork();
    if (pid < 0)
      exit(1);
    if (pid == 0) {
      if (chdir(cwdbuf))
        exit(1);
      setup_test();
      execute_one();
      exit(0);
    }
    int status = 0;
    uint64_t start = current_time_ms();
    for (;;) {
      sleep_ms(10);
      if (waitpid(-1, &status, WNOHANG | WAIT_FLAGS) == pid)
        break;
      if (current_time_ms() - start < 5000)
        continue;
      kill_and_wait(pid, &status);
      break;
    }
    remove_dir(cwdbuf);
  }
}

static long syz_tcp_established(volatile long fd, volatile long addr, volatile long len)
{
  int on = 1;
  if (setsockopt((int)fd, 6, 0x13, &on, sizeof(on)))
    return -1;
  return connect((int)fd, (struct sockaddr *)addr, (socklen_t)len);
}

uint64_t r[8] = {0xffffffffffffffff};

void execute_call(int call)
{
  intptr_t res = 0;
  int n = call / 5;
  switch (call % 5) {
  case 0:
    res = syscall(__NR_socket, /*domain=AF_INET*/ 2ul, /*type=SOCK_STREAM*/ 1ul, /*proto=*/0);
    if (res != -1)
      r[n] = res;
    break;
  case 1:
    NONFAILING(*(uint16_t *)0x20000040 = 2);
    NONFAILING(*(uint16_t *)0x20000042 = htons(0x4e22 + procid * 4));
    NONFAILING(*(uint32_t *)0x20000044 = htonl(0x7f000001));
    NONFAILING(memset((void *)0x20000048, 0, 8));
    syz_tcp_established(r[n], 0x20000040, 0x10);
    break;
  case 2:
    syscall(__NR_ioctl, /*fd=*/-1, /*cmd=*/0x5411, /*arg=*/0x20000100ul);
    break;
  case 3:
    NONFAILING(*(uint32_t *)0x20000180 = 4);
    for (int i = 0; i < 3000; i++)
      syscall(__NR_getsockopt, /*fd=*/r[n], /*level=*/6, /*optname=*/0x7fff, /*optval=*/0x20000140ul, /*optlen=*/0x20000180ul);
    break;
  case 4:
    NONFAILING(memcpy((void *)0x20000080, "tls\000", 4));
    syscall(__NR_setsockopt, /*fd=*/r[n], /*level=*/6, /*optname=TCP_ULP*/ 0x1f, /*optval=*/0x20000080ul, /*optlen=*/4ul);
    break;
  }
}

int main(void)
{
  syscall(__NR_mmap, /*addr=*/0x1ffff000ul, /*len=*/0x1000ul, /*prot=*/0ul, /*flags=*/0x32ul, /*fd=*/-1, /*offset=*/0ul);
  syscall(__NR_mmap, /*addr=*/0x20000000ul, /*len=*/0x1000000ul, /*prot=*/7ul, /*flags=*/0x32ul, /*fd=*/-1, /*offset=*/0ul);
  syscall(__NR_mmap, /*addr=*/0x21000000ul, /*len=*/0x1000ul, /*prot=*/0ul, /*flags=*/0x32ul, /*fd=*/-1, /*offset=*/0ul);
  install_segv_handler();
  for (procid = 0; procid < 2; procid++) {
    if (fork() == 0) {
      use_temporary_dir();
      do_sandbox_none();
    }
  }
  sleep(1000000);
  return 0;
}
