/* bench/measure.h: timing a case: a name and a set of contenders that do the same, sampled in turn.
 * A sample is the time of a batch of calls, sized so that it lasts long enough for the clock; in
 * each round every contender gives one sample, so that what the machine does meanwhile hits all of
 * them. There are as many rounds as the medians need. Every sample is kept.
 * Neighbours: bench/suite_*.c (make the contenders), bench/report*.c (print the results),
 * bench/statistics.h (what is said of samples), bench/noise.h (sampled beside them). */
#ifndef WEFT_BENCH_MEASURE_H
#define WEFT_BENCH_MEASURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bench/noise.h"
#include "bench/statistics.h"

enum { BENCH_CONTENDERS_MAX = 12, BENCH_NAME_MAX = 48, BENCH_COUNTERS_MAX = 4 };
/* Rounds: at least so many where nothing else is asked for; what may be asked for; and how many
 * times as many there are at most. */
enum { BENCH_SAMPLES = 15, BENCH_SAMPLES_LEAST = 9, BENCH_SAMPLES_MOST = 99, BENCH_STRETCH = 3 };

typedef struct bench_contender {
    const char *name; /* static storage, or that of a peer */
    /* Nanoseconds that `calls` calls took; negative where that failed. */
    double (*sample)(void *self, uint64_t calls);
    void *self;
    bool differs; /* from the first contender in its results: the suite has compared them */
    bool foreign; /* runs code that is not weft's */
    int threads;  /* that it may use; 0: one */
} bench_contender;

typedef struct bench_case {
    const char *name; /* "add/f32/vv" */
    size_t n;         /* elements */
    double bytes;     /* that a call must read and write */
    double flops;     /* additions and multiplications of a call; 0: not a matter of those */
    const bench_contender *contenders;
    int count;
    bool warm; /* each sample follows a call that is not timed: contenders that write past the
                  caches, or have arrays of their own, leave others' behind to who comes next */
    bool stay; /* those of one thread stay on one CPU: others have processes of their own, beside
                  which the system moves them (bench/affinity.h) */
} bench_case;

typedef struct bench_timing {
    double min_time;    /* ns that a sample lasts at least */
    int samples;        /* rounds at least */
    bool exactly;       /* and no more */
    bench_noise *noise; /* gets a sample for each case; or NULL */
} bench_timing;

typedef struct bench_series {
    const char *contender;
    uint64_t calls;  /* in each sample */
    double *samples; /* ns per call */
    int count;
    double median;         /* = summary.median */
    bench_summary summary; /* if count > 0 */
    bool differs, foreign;
    int threads; /* at least 1 */
} bench_series;

/* What was counted in a case, rather than timed. */
typedef struct bench_counter {
    const char *name; /* static storage */
    double value;
} bench_counter;

typedef struct bench_result {
    char name[BENCH_NAME_MAX]; /* "add/f32/vv" */
    size_t n;                  /* elements */
    double bytes, flops;       /* as in bench_case */
    bench_series series[BENCH_CONTENDERS_MAX];
    int count;
    bench_counter counters[BENCH_COUNTERS_MAX];
    int counter_count;
} bench_result;

typedef struct bench_results {
    bench_result *items;
    size_t count, capacity;
} bench_results;

/* Nanoseconds of a clock that only goes forward. */
double bench_now(void);

/* Times the contenders of a case and appends the result. False: out of memory. */
bool bench_measure(bench_results *results, const bench_case *c, const bench_timing *timing);

/* Of a result, the series of that contender; NULL if it has none. */
const bench_series *bench_series_of(const bench_result *result, const char *contender);

/* Adds a counter to the result that was measured last. */
void bench_count(bench_results *results, const char *name, double value);

/* The counter of that name; -1 where there is none. */
double bench_counter_of(const bench_result *result, const char *name);

/* The result of that case; NULL if it was not measured. */
const bench_result *bench_find(const bench_results *results, const char *name, size_t n);

void bench_results_free(bench_results *results);

#endif
