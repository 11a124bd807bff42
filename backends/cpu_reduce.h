/* backends/cpu_reduce.h: reductions whose elements come strip by strip, on one thread or in pieces
 * on several: the same bits either way, in the order that docs/isa.md fixes.
 * Neighbours: simd/reduce.h (lanes and trees), backends/cpu.c. */
#ifndef WEFT_BACKENDS_CPU_REDUCE_H
#define WEFT_BACKENDS_CPU_REDUCE_H

#include "backends/plan.h"
#include "simd/reduce.h"

/* One reduction under way. */
typedef struct weft_reduction {
    uint64_t count;              /* elements so far */
    uint64_t value;              /* of what needs no order: the result so far */
    int64_t place;               /* of argmin and argmax: where that is */
    uint32_t waiting;            /* sums of floats: elements in `group` ... */
    uint32_t groups;             /* ... and groups in the lanes, of a block that is not full */
    double lanes[WEFT_LANES];    /* or floats */
    double group[2][WEFT_GROUP]; /* elements of a, and of b, that do not fill a group yet */
    weft_reduce_tree tree;
} weft_reduction;

/* What a reduction, or a piece of one, comes to. */
typedef struct weft_partial {
    uint64_t value;
    int64_t place; /* argmin, argmax: counted from the piece's first element; -1: none */
} weft_partial;

void weft_reduction_begin(weft_reduction *reduction, const weft_reduction_plan *plan);
/* The next n elements, in order; b is the second operand of dot. */
void weft_reduction_add(weft_reduction *reduction, const weft_reduction_plan *plan,
                        const weft_kernel_table *kernels, const void *a, const void *b, size_t n);
weft_partial weft_reduction_end(weft_reduction *reduction, const weft_reduction_plan *plan,
                                const weft_kernel_table *kernels);

/* Whether pieces must hold whole blocks, a power of two of them. */
bool weft_reduction_is_ordered(const weft_reduction_plan *plan);
/* The result of pieces of `length` elements each (the last one may be shorter), in order;
 * step is the distance between them in memory. count > 0. */
uint64_t weft_partials_join(const weft_reduction_plan *plan, const weft_partial *partials,
                            size_t step, size_t count, int64_t length);

#endif
