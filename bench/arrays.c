/* bench/arrays.c: see bench/arrays.h. */
#include "bench/arrays.h"

#include <stdlib.h>
#include <string.h>

enum { STAGGER = 5 * 64, STEPS = 8, PAGE = 4096 };

void *bench_array(bench_arrays *arrays, size_t bytes)
{
    const size_t step = (size_t)(arrays->count % STEPS) * STAGGER;
    const size_t whole = (bytes + step + PAGE - 1) / PAGE * PAGE;
    if (arrays->count == BENCH_ARRAYS_MAX)
        return NULL;
    char *memory = aligned_alloc(PAGE, whole ? whole : PAGE);
    if (!memory)
        return NULL;
    arrays->memory[arrays->count++] = memory;
    memset(memory, 0, whole);
    return memory + step;
}

void bench_arrays_free(bench_arrays *arrays)
{
    for (int k = 0; k < arrays->count; k++)
        free(arrays->memory[k]);
    arrays->count = 0;
}
