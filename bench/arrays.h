/* bench/arrays.h: the arrays of one case: 64-byte aligned, each some lines further into its page
 * than the one before, so that loads and stores do not look alike to the CPU in their low 12 bits.
 * Neighbours: bench/suite_ops.c, bench/engine.c (the users). */
#ifndef WEFT_BENCH_ARRAYS_H
#define WEFT_BENCH_ARRAYS_H

#include <stddef.h>

enum { BENCH_ARRAYS_MAX = 24 };

/* Starts as zero. */
typedef struct bench_arrays {
    void *memory[BENCH_ARRAYS_MAX];
    int count;
} bench_arrays;

/* One more array, all zero: its pages are there before the clock runs. NULL: out of memory. */
void *bench_array(bench_arrays *arrays, size_t bytes);

void bench_arrays_free(bench_arrays *arrays);

#endif
