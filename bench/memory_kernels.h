/* bench/memory_kernels.h: the loops that show what the machine's caches and memory can do: those of
 * McCalpin's STREAM, in f32, with the widest vectors that the CPU has.
 * Neighbours: bench/memory.c (times them). */
#ifndef WEFT_BENCH_MEMORY_KERNELS_H
#define WEFT_BENCH_MEMORY_KERNELS_H

#include <stddef.h>

/* All arrays are 64-byte aligned and have n values; b is not read by those of two arrays. */
typedef void memory_function(float *y, const float *a, const float *b, size_t n);

enum { MEMORY_KERNELS = 4 };
#define MEMORY_FACTOR 3.0F

/* y = a, y = MEMORY_FACTOR a, y = a + b, y = a + MEMORY_FACTOR b. */
typedef struct memory_kernel {
    const char *name;        /* "copy", "scale", "add", "triad" */
    int arrays;              /* that it reads and writes */
    int flops;               /* for each value */
    memory_function *plain;  /* with stores that go through the caches */
    memory_function *stream; /* with non-temporal ones; NULL where there are none */
} memory_kernel;

/* MEMORY_KERNELS of them. */
const memory_kernel *memory_kernels(void);

#endif
