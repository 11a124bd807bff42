/* simd/reduce.h: reductions of whole arrays, at a level's speed, in the order that docs/isa.md
 * fixes: blocks of 4,096 elements by the level's kernels, blocks in one tree. Also the parts that
 * they are made of, for reductions whose elements come strip by strip: lanes, tree, places.
 * Neighbours: simd/kernel.h has the kernels; simd/ref.h the oracle. */
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

/* --- parts ------------------------------------------------------------------------------------ */

/* Results stand in the low bytes of their 64 bits. In what follows `type` is that of the elements,
 * `result` what weft_reduce_dtype makes of it. */

/* The result of no elements, for any reduction. */
uint64_t weft_reduce_nothing(unsigned op, weft_dtype type);

/* *left = *left OP *right, two partial results of sum, prod, dot, minval, maxval or count. They
 * need no alignment. */
void weft_reduce_combine(unsigned op, weft_dtype result, void *left, const void *right);

/* The lanes of one block of a sum, product or dot of floats or doubles, for the level's `lanes`
 * kernel: WEFT_LANES identities. */
void weft_reduce_lanes_begin(unsigned op, weft_dtype type, void *lanes);
/* Takes the block's last n < WEFT_GROUP elements into the lanes. n may be 0. */
void weft_reduce_lanes_rest(const weft_kernel_table *kernels, unsigned op, weft_dtype type,
                            void *lanes, const void *a, const void *b, size_t n);
/* Returns the block's value: lane l takes lane l + 16, then l + 8, 4, 2, 1. Spoils the lanes. */
uint64_t weft_reduce_lanes_end(unsigned op, weft_dtype type, void *lanes);

/* The tree over the results of blocks, which come in order: tree[k] holds that of 2^k blocks, which
 * waits for its right-hand neighbour, where bit k of `filled`, the number of blocks, is set. All
 * zeros is an empty one. */
enum { WEFT_REDUCE_LEVELS = 52 }; /* 2^52 blocks are more than there are */
typedef struct weft_reduce_tree {
    uint64_t tree[WEFT_REDUCE_LEVELS], filled;
} weft_reduce_tree;

void weft_reduce_push(weft_reduce_tree *tree, unsigned op, weft_dtype result, uint64_t block);
/* The result of all blocks, of which there is at least one. The tree stays as it is. */
uint64_t weft_reduce_finish(const weft_reduce_tree *tree, unsigned op, weft_dtype result);

/* argmin (low) and argmax. Whether an element x comes before an earlier one y: it is less (more),
 * or the first NaN. They need no alignment. */
bool weft_reduce_before(weft_dtype type, bool low, const void *x, const void *y);
/* Index of the first of n elements that equals *value, or that is NaN if *value is; -1 if none
 * does. */
int64_t weft_reduce_find(const weft_kernel_table *kernels, weft_dtype type, const void *value,
                         const void *a, size_t n);

#endif
