/* bench/hosts.h: more host threads, to time several of them at once. They sleep when there is
 * nothing to time, so that they do not disturb the contenders that need one thread.
 * Neighbours: bench/engine_threads.c, bench/engine_locks.c, bench/memory.c (the users). */
#ifndef WEFT_BENCH_HOSTS_H
#define WEFT_BENCH_HOSTS_H

#include "bench/measure.h"

enum { BENCH_HOSTS = 2, BENCH_HOSTS_MAX = 64 };

typedef struct bench_hosts bench_hosts;

/* count threads, from 2 to BENCH_HOSTS_MAX, the caller among them. NULL: out of memory or of
 * threads. */
bench_hosts *bench_hosts_start(int count);
void bench_hosts_stop(bench_hosts *hosts); /* NULL is allowed */

/* What the threads run at the same time, one self each; for bench_contender.sample, with self a
 * bench_group: nanoseconds until all are done, divided by how many they are: what a call costs
 * where so many run. */
typedef struct bench_group {
    bench_hosts *hosts;
    double (*sample)(void *self, uint64_t calls);
    void *selves[BENCH_HOSTS_MAX];
} bench_group;

double bench_group_sample(void *self, uint64_t calls);

#endif
