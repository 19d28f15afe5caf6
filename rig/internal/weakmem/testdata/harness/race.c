// SPDX-License-Identifier: GPL-2.0-or-later
#include <pthread.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "harness.h"

static struct cpu *racer;
static pthread_t thread;
static bool started, finished;

static void *step(void *c)
{
    fake_step(c);
    __atomic_store_n(&finished, true, __ATOMIC_RELEASE);
    return NULL;
}

void race_arm(struct cpu *c)
{
    racer = c;
}

/* Gives the other every chance to be first; one that rightly waits for us
 * costs this long. */
void race_begin(void)
{
    if (!racer) {
        return;
    }
    finished = false;
    started = pthread_create(&thread, NULL, step, racer) == 0;
    racer = NULL;
    for (int i = 0; i < 50 && !__atomic_load_n(&finished, __ATOMIC_ACQUIRE); i++) {
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    }
}

void race_end(void)
{
    if (!started) {
        fail("nobody raced");
    }
    pthread_join(thread, NULL);
    started = false;
}

static int sleeper;

static void *sleep_on(void *unused)
{
    (void)unused;
    __atomic_store_n(&sleeper, (int)syscall(SYS_gettid), __ATOMIC_RELEASE);
    for (;;) {
        pause();
    }
    return NULL;
}

int race_sleeper(void)
{
    pthread_t t;
    char path[64], state = 0;

    sleeper = 0;
    if (pthread_create(&t, NULL, sleep_on, NULL) != 0) {
        fail("no thread to sleep");
    }
    while (state != 'S') {
        FILE *f;
        snprintf(path, sizeof path, "/proc/self/task/%d/stat",
                 __atomic_load_n(&sleeper, __ATOMIC_ACQUIRE));
        f = fopen(path, "re");
        if (f) {
            state = fscanf(f, "%*d (%*[^)]) %c", &state) == 1 ? state : 0;
            fclose(f);
        }
    }
    return sleeper;
}
