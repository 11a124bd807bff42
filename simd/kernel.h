/* simd/kernel.h: what a CPU level is: a table of kernels, each one operation over one strip.
 * One table per level (simd/level_*.c), every slot that an operation admits filled at every level.
 * Neighbours: simd/levels.h chooses among the levels; backends call through a table. */
#ifndef WEFT_SIMD_KERNEL_H
#define WEFT_SIMD_KERNEL_H

#include "isa/isa.h"

/* dst[i] = operation(a[i], b[i], c[i]) for i < n. Operands that an operation lacks are ignored. No
 * alignment is asked for beyond the elements' own. dst may be exactly an operand of the same
 * element size; it does not overlap one otherwise. Predicates are bytes, 0 or 1. Nothing outside
 * the n elements is read or written. */
typedef void weft_kernel(void *dst, const void *a, const void *b, const void *c, size_t n);

/* Which operands are one scalar for all lanes rather than a strip: WEFT_SCALAR_A, _B, _C as bits.
 * All of them being scalars is no form: that is the strip form with n = 1. */
enum { WEFT_FORMS = 8 };

/* One fused operation of isa/ops.def with k terms: strips dst[0], dst[1], ... from strips a[0],
 * a[1],
 * ... and scalars b[0], b[1], ..., each of which is the first bytes of its 8. For each element all
 * of a is read before any of dst is written: strips of dst may be strips of a, and do not overlap
 * them in part. */
typedef void weft_fused_kernel(void *const *dst, const void *const *a, const uint64_t *b,
                               unsigned k, size_t n);

/* Elements of a block, the unit of reductions (docs/isa.md). */
enum { WEFT_BLOCK = 4096 };

typedef struct weft_kernel_table {
    const char *name;
    /* unary, binary, ternary, compare, sel, mov: [opcode][type][form]; NULL where there is none */
    weft_kernel *elementwise[WEFT_OPCODE_COUNT][WEFT_TYPE_COUNT][WEFT_FORMS];
    weft_kernel *convert[WEFT_TYPE_COUNT][WEFT_TYPE_COUNT]; /* [to][from] */
    /* sum, prod, dot, minval, maxval, count: dst[0], of the type that weft_reduce_dtype says, = the
     * reduction of at most WEFT_BLOCK elements, at least one */
    weft_kernel *block[WEFT_OPCODE_COUNT][WEFT_TYPE_COUNT];
    weft_kernel *broadcast[WEFT_TYPE_COUNT];                     /* dst[i] = a[0] */
    weft_fused_kernel *fused[WEFT_FUSED_COUNT][WEFT_TYPE_COUNT]; /* [opcode - WEFT_FUSED_FIRST] */
} weft_kernel_table;

#endif
