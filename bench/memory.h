/* bench/memory.h: the kernels of bench/memory_kernels.h as contenders, by one thread and by
 * several, and the machine's limits that they show. Neighbours: bench/suite_memory.c (a suite of
 * them), bench/bench.c (measures the limits). */
#ifndef WEFT_BENCH_MEMORY_H
#define WEFT_BENCH_MEMORY_H

#include "bench/bench.h"
#include "bench/hosts.h"
#include "bench/memory_kernels.h"

/* What one contender calls: a part of the arrays for each thread. */
typedef struct memory_call {
    memory_function *function;
    float *y;
    const float *a, *b;
    size_t n;
} memory_call;

/* Of one kernel: with plain stores and with non-temporal ones, by one thread and by several. */
enum { MEMORY_WAYS = 4 };
typedef struct memory_way {
    memory_call calls[BENCH_HOSTS_MAX];
    bench_group group;
    int threads;
} memory_way;

typedef struct memory_case {
    const memory_kernel *kernel;
    size_t n;
    float *y, *a, *b; /* the caller's, 64-byte aligned */
    memory_way ways[MEMORY_WAYS];
} memory_case;

/* Adds the kernel's contenders behind the `count` that there are; how many there are then. hosts:
 * NULL for one thread, else those of so many. The names are those with plain and with non-temporal
 * stores; the case and they are used until the contenders are done with. */
int memory_contend(memory_case *x, bench_hosts *hosts, int threads, const char *const names[2],
                   bench_contender *contenders, int count);

/* Measures the limits that the state's results need and that are not there yet. False: out of
 * memory or of threads. */
bool memory_limits(bench_run_state *state);

/* Bytes per second that the machine has shown for results of that size by so many threads; 0 where
 * that was not measured. */
double memory_limit_of(const bench_limits *limits, double bytes, int threads);

#endif
