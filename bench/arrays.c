/* bench/arrays.c: see bench/arrays.h. */
#if defined(__linux__) && !defined(_DEFAULT_SOURCE)
#define _DEFAULT_SOURCE /* madvise: POSIX does not have it */
#endif
#include "bench/arrays.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { STAGGER = 5 * 64, STEPS = 8, PAGE = 4096, LARGE = 1 << 22 };

/* NumPy asks for this from the same size on. Without it, its arrays would lie in larger pages than
 * weft's in the same comparison. What cannot be had is done without. */
static void use_large_pages(void *memory, size_t bytes)
{
#ifdef MADV_HUGEPAGE
    if (bytes >= LARGE)
        (void)madvise(memory, bytes, MADV_HUGEPAGE);
#else
    (void)memory;
    (void)bytes;
#endif
}

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
    use_large_pages(memory, whole);
    memset(memory, 0, whole);
    return memory + step;
}

void bench_arrays_free(bench_arrays *arrays)
{
    for (int k = 0; k < arrays->count; k++)
        free(arrays->memory[k]);
    arrays->count = 0;
}
