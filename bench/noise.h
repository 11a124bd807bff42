/* bench/noise.h: how quiet the machine was: a control loop that touches no memory, timed all along
 * a run, and what the system tells of others' work. Neighbours: bench/measure.c (takes the
 * samples), bench/bench.c, bench/report*.c (state them). */
#ifndef WEFT_BENCH_NOISE_H
#define WEFT_BENCH_NOISE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { NOISE_WARNINGS_MAX = 5, NOISE_TEXT_MAX = 160 };

typedef struct bench_noise {
    uint64_t steps;  /* of the control loop in a sample */
    double *samples; /* ns */
    size_t count, capacity;
    double busy_ticks[2]; /* of /proc/stat when the run began: stolen, all; all 0: unknown */
    double load;          /* load average of one minute when it began; negative: unknown */
    long cpus;
    /* What bench_noise_end makes of it. */
    double median, mad, high; /* of the samples; high: what a twentieth exceeds */
    double steal;             /* part of the time that was stolen; negative: unknown */
    char warnings[NOISE_WARNINGS_MAX][NOISE_TEXT_MAX];
    int warning_count;
} bench_noise;

/* Calibrates the control loop to samples of so many nanoseconds. */
void bench_noise_begin(bench_noise *noise, double sample_ns, long cpus);

/* One sample; false: out of memory. */
bool bench_noise_sample(bench_noise *noise);

/* Judges. governor: NULL where it is not known. False: out of memory. */
bool bench_noise_end(bench_noise *noise, const char *governor);

void bench_noise_free(bench_noise *noise);

#endif
