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

/* The element-wise kernels, numbered: WEFT_KERNEL_ADD_f32 is that of the form without scalars, and
 * WEFT_KERNEL_ADD_f32 + form the others. A form says which operands are one scalar for all lanes
 * rather than a strip, as the bits WEFT_SCALAR_A, _B and _C. All of them being scalars is no form:
 * that is the strip form with n = 1. */
enum weft_kernel_number {
#define WEFT_NUMBER_(tag, NAME, form)   WEFT_KERNEL_##NAME##_##tag##form
#define WEFT_NUMBER_1(NAME_, tag, NAME) WEFT_NUMBER_(tag, NAME, ),
#define WEFT_NUMBER_2(NAME_, tag, NAME)                                                            \
    WEFT_NUMBER_1(, tag, NAME) WEFT_NUMBER_(tag, NAME, _1), WEFT_NUMBER_(tag, NAME, _2),
#define WEFT_NUMBER_3(NAME_, tag, NAME)                                                            \
    WEFT_NUMBER_2(, tag, NAME)                                                                     \
    WEFT_NUMBER_(tag, NAME, _3), WEFT_NUMBER_(tag, NAME, _4), WEFT_NUMBER_(tag, NAME, _5),         \
        WEFT_NUMBER_(tag, NAME, _6),
#define WEFT_OP_UNARY(N, m, cat, TYPES, u32, u64, I, F, w)   WEFT_FOR_##TYPES(WEFT_NUMBER_1, N)
#define WEFT_OP_BINARY(N, m, cat, TYPES, u32, u64, I, F, w)  WEFT_FOR_##TYPES(WEFT_NUMBER_2, N)
#define WEFT_OP_TERNARY(N, m, cat, TYPES, u32, u64, I, F, w) WEFT_FOR_##TYPES(WEFT_NUMBER_3, N)
#define WEFT_OP_COMPARE(N, m, TYPES, I, F, w)                WEFT_FOR_##TYPES(WEFT_NUMBER_2, N)
#include "isa/ops.def"
    WEFT_FOR_ALL(WEFT_NUMBER_3, SEL) WEFT_FOR_ALL(WEFT_NUMBER_1, MOV) WEFT_KERNEL_COUNT
};

/* One fused operation of isa/ops.def with k terms: strips dst[0], dst[1], ... from strips a[0],
 * a[1],
 * ... and scalars b[0], b[1], ..., each of which is the first bytes of its 8. For each element all
 * of a is read before any of dst is written: strips of dst may be strips of a, and do not overlap
 * them in part. */
typedef void weft_fused_kernel(void *const *dst, const void *const *a, const uint64_t *b,
                               unsigned k, size_t n);

/* The same from memory to memory, for operations that make of a segment of 3 or 4 values another
 * one: n elements of segments without gaps, whose values have only their own alignment. dst may be
 * exactly src and does not overlap it otherwise. Same bits as load_segment, the fused kernel and
 * store_segment. */
typedef void weft_rows_kernel(void *dst, const void *src, const uint64_t *b, size_t n);

/* An exponential e^x or 2^x with what stands around it, in one pass: dst[i] of a strip a, a scalar
 * s, to which b points, and a strip c, each step rounded as the operation by itself is. dst may be
 * exactly a or c. */
enum weft_around {
    WEFT_AROUND_SCALED,       /* exp(a * s) */
    WEFT_AROUND_SCALED_TIMES, /* exp(a * s) * c */
    WEFT_AROUND_TIMES,        /* exp(a) * c */
    WEFT_AROUND_FMA,          /* fma(exp(a), s, c) */
    WEFT_AROUND_COUNT
};

/* A sum of k products of strips, 1 to 4: t = c[i], or -0 where c is NULL, then for j = 0 to k - 1
 * t = a[j][i] * b[j][i] + t, rounded once (fma) or both times (mad), and dst[i] = t. (Adding to -0
 * changes no bit: without c it is the first product, rounded, to which the others are added.) Where
 * bit j of `singles` is set, b[j] is one value for all i, which does not lie in dst. dst may be
 * exactly any of the strips, and these may be the same as each other. */
typedef void weft_products_kernel(void *dst, const void *c, const void *const *a,
                                  const void *const *b, unsigned singles, unsigned k, size_t n);

/* An exponential of a scaled sum of products and a factor behind it, the weight of a Gaussian, in
 * one pass: with t the sum of k products, 2 to 4, as weft_products_kernel has it without c, dst[i]
 * = exp(t * s) * c[i], each step rounded as the operation by itself is. Without the scale, s is
 * NULL; without the factor, c is. s points to a scalar. dst may be exactly any of the strips, and
 * these may be the same as each other. */
typedef void weft_quadratic_kernel(void *dst, const void *s, const void *c, const void *const *a,
                                   const void *const *b, unsigned k, size_t n);

/* A reduction's lanes, and the elements that they take at once. */
enum { WEFT_LANES = 32, WEFT_GROUP = 128 };

/* Takes so many groups of elements into the lanes of a sum, product or dot, 32 floats or doubles:
 * lane l = lane l OP ((y[l] OP y[l + 32]) OP (y[l + 64] OP y[l + 96])), where y are a group's
 * elements or, for dot, its products, each rounded. Lanes start as -0 (product: 1), which changes
 * no bit; after the groups of a block they hold what a block kernel's do. */
typedef void weft_lanes_kernel(void *lanes, const void *a, const void *b, size_t groups);

/* Adds to lanes 0 to 31 the values x = a[i] - shift, in double, of so many groups of elements, and
 * to the 32 lanes behind them x * x. */
typedef void weft_moments_kernel(double *lanes, const void *a, double shift, size_t groups);

/* Moves between strips and memory, which may be at any byte address; a strip does not overlap it. A
 * bool that is read becomes 0 or 1. Steps and rows are in bytes, and may be 0 or negative. */

/* load: element i of dst from src + i * step; store: dst + i * step from element i of src. */
typedef void weft_strided_kernel(void *dst, const void *src, int64_t step, size_t n);
/* Components c < k of elements of segments: strip c and src + i * element + c * component. */
typedef void weft_load_segment_kernel(void *const *dst, const void *src, unsigned k,
                                      int64_t element, int64_t component, size_t n);
typedef void weft_store_segment_kernel(void *dst, const void *const *src, unsigned k,
                                       int64_t element, int64_t component, size_t n);
/* gather: element i of dst from src + indices[i] * row; scatter: dst + indices[i] * row from
 * element i of src, in order, so that the last of equal indices wins. A gather's dst does not
 * overlap its indices. */
typedef void weft_indexed_kernel(void *dst, const void *src, int64_t row, const void *indices,
                                 size_t n);
/* Number of the first index that is not in 0 to rows - 1; n if all are. */
typedef size_t weft_index_kernel(const void *indices, int64_t rows, size_t n);

/* Copies from a buffer that is in the caches to memory that need not get there: whole lines of 64
 * bytes past the caches where the level can, the few bytes before and behind them as any store
 * does. No alignment is asked for; the two do not overlap. weft_stream_fence (simd/stream.h) comes
 * between the last copy and telling another thread. */
typedef void weft_stream_copy_kernel(void *dst, const void *src, size_t bytes);

/* Elements of a block, the unit of reductions (docs/isa.md). */
enum { WEFT_BLOCK = 4096 };

typedef struct weft_kernel_table {
    const char *name;
    weft_kernel *elementwise[WEFT_KERNEL_COUNT]; /* unary, binary, ternary, compare, sel, mov */
    weft_kernel *convert[WEFT_TYPE_COUNT][WEFT_TYPE_COUNT]; /* [to][from] */
    /* sum, prod, dot, minval, maxval, count: dst[0], of the type that weft_reduce_dtype says, = the
     * reduction of at most WEFT_BLOCK elements, at least one */
    weft_kernel
        *block[WEFT_OP_COUNT - WEFT_OP_SUM + 1][WEFT_TYPE_COUNT]; /* [opcode - WEFT_OP_SUM] */
    weft_lanes_kernel *lanes[WEFT_OP_DOT - WEFT_OP_SUM + 1][WEFT_TYPE_COUNT]; /* f32, f64 */
    weft_moments_kernel *moments[WEFT_TYPE_COUNT];                            /* f32, f64 */
    weft_kernel *broadcast[WEFT_TYPE_COUNT];                                  /* dst[i] = a[0] */
    weft_fused_kernel *fused[WEFT_FUSED_COUNT][WEFT_TYPE_COUNT]; /* [opcode - WEFT_FUSED_FIRST] */
    /* affine3, affine34, qmul and qmulr of f32 and f64, or NULL: not every level has them */
    weft_rows_kernel *rows[WEFT_FUSED_COUNT][WEFT_TYPE_COUNT]; /* [opcode - WEFT_FUSED_FIRST] */
    /* The same with stores past the caches: dst begins at a cache line, and is not src.
     * weft_stream_fence has to follow. */
    weft_rows_kernel *rows_past[WEFT_FUSED_COUNT][WEFT_TYPE_COUNT];
    weft_kernel *around[2][WEFT_AROUND_COUNT][WEFT_TYPE_COUNT]; /* exp, exp2: f32, or NULL */
    weft_products_kernel *products[2][WEFT_TYPE_COUNT];         /* fma, mad: f32, f64 */
    /* The same with stores past the caches, or NULL: dst begins at a cache line, n elements are
     * whole lines, and dst is none of the strips. weft_stream_fence has to follow. */
    weft_products_kernel *products_past[2][WEFT_TYPE_COUNT];
    /* exp, exp2; fma, mad: f32, with and without s and c, where there is `around`, or NULL */
    weft_quadratic_kernel *quadratic[2][2][WEFT_TYPE_COUNT];
    weft_strided_kernel *load_strided[WEFT_TYPE_COUNT], *store_strided[WEFT_TYPE_COUNT];
    weft_load_segment_kernel *load_segment[WEFT_TYPE_COUNT];
    weft_store_segment_kernel *store_segment[WEFT_TYPE_COUNT];
    weft_indexed_kernel *gather[WEFT_TYPE_COUNT][2], *scatter[WEFT_TYPE_COUNT][2]; /* i32, i64 */
    weft_stream_copy_kernel *stream_copy;
    weft_index_kernel *check_indices[2]; /* i32, i64 */
} weft_kernel_table;

/* Number of an operation's kernel without scalars, or -1 where an operation is not element-wise or
 * does not admit the type. op < WEFT_OPCODE_COUNT, type < WEFT_TYPE_COUNT. */
int weft_kernel_number(unsigned op, unsigned type);
/* That kernel of a table, in a form; NULL where there is no such number. */
weft_kernel *weft_kernel_find(const weft_kernel_table *table, unsigned op, unsigned type,
                              unsigned form);

#endif
