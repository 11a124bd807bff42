/* bench/hosts.h: a second host thread, to time two of them at once. It sleeps when there is nothing
 * to time, so that it does not disturb the contenders that need one thread.
 * Neighbours: bench/engine_threads.c, bench/engine_locks.c (the users). */
#ifndef WEFT_BENCH_HOSTS_H
#define WEFT_BENCH_HOSTS_H

#include "bench/measure.h"

enum { BENCH_HOSTS = 2 };

typedef struct bench_hosts bench_hosts;

/* NULL: out of memory or of threads. */
bench_hosts *bench_hosts_start(void);
void bench_hosts_stop(bench_hosts *hosts); /* NULL is allowed */

/* Two contenders that the two threads run at the same time; for bench_contender.sample, with self a
 * bench_pair: nanoseconds until both are done, divided by two: what a call costs where two run. */
typedef struct bench_pair {
    bench_hosts *hosts;
    double (*sample)(void *self, uint64_t calls);
    void *selves[BENCH_HOSTS];
} bench_pair;

double bench_pair_sample(void *self, uint64_t calls);

#endif
