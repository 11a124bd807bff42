/* simd/reduce.h: reductions of whole arrays, at a level's speed, in the order that docs/isa.md
 * fixes: blocks of 4,096 elements by the level's kernels, blocks in one tree. */
#ifndef WEFT_SIMD_REDUCE_H
#define WEFT_SIMD_REDUCE_H

#include "simd/kernel.h"

/* *result, of the type that weft_reduce_dtype says, = the reduction of n elements of a (and, for
 * dot, b). n may be 0. */
void weft_reduce_array(const weft_kernel_table *kernels, unsigned op, weft_dtype type, void *result,
                       const void *a, const void *b, size_t n);

/* moments[0] = sum of x, moments[1] = sum of x * x, where x = a[i] - shift in double, for n floats
 * or doubles: the same lanes, blocks and tree. Nothing gives zeros. */
void weft_reduce_moments(const weft_kernel_table *kernels, weft_dtype type, double shift,
                         const void *a, size_t n, double moments[2]);

#endif
