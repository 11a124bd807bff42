/* simd/ref.h: the scalar reference of the reductions, the oracle for every faster one.
 * docs/isa.md fixes the order of their additions. (The reference of element-wise operations is the
 * scalar level's table, simd/levels.h.) */
#ifndef WEFT_SIMD_REF_H
#define WEFT_SIMD_REF_H

#include "isa/isa.h"

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
