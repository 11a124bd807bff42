/* simd/ref.h: the scalar reference kernels: one operation over one strip, expanded from
 * isa/ops.def. They are the oracle for every faster level. Operands are whole strips of n elements
 * (a scalar is one element with n = 1), aligned to their type; dst may be an operand itself, not
 * overlap one otherwise. Predicates are strips of bytes, 0 or 1. */
#ifndef WEFT_SIMD_REF_H
#define WEFT_SIMD_REF_H

#include "isa/isa.h"

typedef void weft_ref_fn(void *dst, const void *a, const void *b, const void *c, size_t n);

/* Kernel of an element-wise operation: unary, binary, ternary, compare (dst is a predicate), sel (c
 * is the predicate); NULL where the operation does not admit the type or is not element-wise. */
weft_ref_fn *weft_ref_kernel(unsigned op, weft_dtype type);
/* Conversion from one type to another; never NULL for element types. */
weft_ref_fn *weft_ref_convert(weft_dtype to, weft_dtype from);

/* --- reductions: docs/isa.md fixes the order ----------------------------------------------------
 */

enum {
    WEFT_REF_BLOCK = 4096, /* elements that are summed in lanes before blocks are combined */
    WEFT_REF_LANES = 32,
    WEFT_REF_GROUP = 128, /* elements that are added four to a lane before the lane takes them */
    WEFT_REF_LEVELS = 52  /* of the tree over blocks: 2^52 blocks are more than there are */
};

/* One reduction under way. */
typedef struct weft_ref_reduction {
    uint16_t op;
    uint8_t type;
    uint64_t count; /* elements seen */
    int64_t index;  /* argmin, argmax: of the best so far, or -1; count: how many hold */
    union {
        float f32;
        double f64;
        int64_t i64;
        uint64_t u64;
    } best; /* minval, maxval, argmin, argmax; any, all */
    union { /* sum, prod, dot: the block that is being filled, and the tree of finished ones */
        struct {
            float block[WEFT_REF_BLOCK], tree[WEFT_REF_LEVELS];
        } f32;
        struct {
            double block[WEFT_REF_BLOCK], tree[WEFT_REF_LEVELS];
        } f64;
        uint64_t u64; /* integers: order does not matter */
    } sum;
} weft_ref_reduction;

void weft_ref_reduce_begin(weft_ref_reduction *reduction, unsigned op, weft_dtype type);
/* The next n elements, in index order; b is the second operand of dot. */
void weft_ref_reduce_add(weft_ref_reduction *reduction, const void *a, const void *b, size_t n);
/* The result in the low bytes of *out, as weft_reduce_dtype says. */
void weft_ref_reduce_end(weft_ref_reduction *reduction, uint64_t *out);

#endif
