/* simd/reduce.c: reductions of whole arrays, and their parts for those that come strip by strip
 * (simd/reduce.h): the tree over blocks. */
#include "simd/reduce.h"

#include <string.h>

#include "simd/meaning.h"

void weft_reduce_combine(unsigned op, weft_dtype result, void *left, const void *right)
{
    switch (result) {
#define COMBINE_FLOAT(NAME, tag, ...)                                                              \
    case WEFT_##NAME: {                                                                            \
        typedef WEFT_CTYPE_##tag T;                                                                \
        T x, y;                                                                                    \
        memcpy(&x, left, sizeof x);                                                                \
        memcpy(&y, right, sizeof y);                                                               \
        x = op == WEFT_OP_PROD     ? x * y                                                         \
            : op == WEFT_OP_MINVAL ? m_minimum(x, y)                                               \
            : op == WEFT_OP_MAXVAL ? m_maximum(x, y)                                               \
                                   : x + y;                                                        \
        memcpy(left, &x, sizeof x);                                                                \
        break;                                                                                     \
    }
#define COMBINE_INTEGER(NAME, tag, ...)                                                            \
    case WEFT_##NAME: {                                                                            \
        typedef WEFT_CTYPE_##tag T;                                                                \
        T x, y;                                                                                    \
        memcpy(&x, left, sizeof x);                                                                \
        memcpy(&y, right, sizeof y);                                                               \
        x = op == WEFT_OP_MINVAL   ? (x < y ? x : y)                                               \
            : op == WEFT_OP_MAXVAL ? (x > y ? x : y)                                               \
            : op == WEFT_OP_PROD   ? (T)((uint64_t)x * (uint64_t)y)                                \
                                   : (T)((uint64_t)x + (uint64_t)y);                                 \
        memcpy(left, &x, sizeof x);                                                                \
        break;                                                                                     \
    }
        WEFT_FOR_FLOAT(COMBINE_FLOAT, )
        WEFT_FOR_INT(COMBINE_INTEGER, )
    default:
        break;
    }
}

void weft_reduce_push(weft_reduce_tree *tree, unsigned op, weft_dtype result, uint64_t block)
{
    int level = 0;
    for (uint64_t full = tree->filled; full & 1; full >>= 1, level++) {
        uint64_t left = tree->tree[level];
        weft_reduce_combine(op, result, &left, &block);
        block = left;
    }
    tree->tree[level] = block;
    tree->filled++;
}

uint64_t weft_reduce_finish(const weft_reduce_tree *tree, unsigned op, weft_dtype result)
{
    uint64_t total = 0;
    bool some = false;
    int level = 0;
    for (uint64_t filled = tree->filled; filled; filled >>= 1, level++) {
        if (!(filled & 1))
            continue;
        uint64_t left = tree->tree[level];
        if (some)
            weft_reduce_combine(op, result, &left, &total);
        total = left;
        some = true;
    }
    return total;
}

/* The blocks in order. */
static uint64_t reduce_blocks(const weft_kernel_table *kernels, unsigned op, weft_dtype type,
                              const char *a, const char *b, size_t n)
{
    weft_kernel *block = kernels->block[op - WEFT_OP_SUM][type];
    weft_dtype result = weft_reduce_dtype(op, type);
    size_t size = weft_dtype_size(type);
    weft_reduce_tree tree;
    tree.filled = 0;
    for (size_t done = 0; done < n; done += WEFT_BLOCK) {
        size_t count = n - done < WEFT_BLOCK ? n - done : WEFT_BLOCK;
        uint64_t total = 0;
        block(&total, a + done * size, b ? b + done * size : NULL, NULL, count);
        weft_reduce_push(&tree, op, result, total);
    }
    return weft_reduce_finish(&tree, op, result);
}

/* A value, as a float's or a double's bits. */
static uint64_t float_bits(weft_dtype type, double value)
{
    const float single = (float)value;
    uint64_t bits = 0;
    if (type == WEFT_F32)
        memcpy(&bits, &single, sizeof single);
    else
        memcpy(&bits, &value, sizeof value);
    return bits;
}

/* Of minval and maxval: the value that any element replaces. */
static uint64_t extreme_of_nothing(bool low, weft_dtype type)
{
    unsigned width = 8 * (unsigned)weft_dtype_size(type);
    if (type == WEFT_F32 || type == WEFT_F64)
        return float_bits(type, low ? (double)INFINITY : -(double)INFINITY);
    if (weft_type_in(WEFT_MASK_SIGNED, type)) /* highest: all bits but the sign's */
        return UINT64_MAX >> (65 - width) ^ (low ? 0 : UINT64_MAX);
    return low ? UINT64_MAX >> (64 - width) : 0;
}

uint64_t weft_reduce_nothing(unsigned op, weft_dtype type)
{
    switch (op) {
    case WEFT_OP_PROD:
        return type == WEFT_F32 || type == WEFT_F64 ? float_bits(type, 1) : 1;
    case WEFT_OP_MINVAL:
    case WEFT_OP_MAXVAL:
        return extreme_of_nothing(op == WEFT_OP_MINVAL, type);
    case WEFT_OP_ARGMIN:
    case WEFT_OP_ARGMAX:
        return UINT64_MAX; /* -1 */
    default:
        return op == WEFT_OP_ALLOF;
    }
}

/* n floats or doubles of one value. */
static void fill(weft_dtype type, void *to, double value, size_t n)
{
    if (type == WEFT_F32)
        for (size_t i = 0; i < n; i++)
            ((float *)to)[i] = (float)value;
    else
        for (size_t i = 0; i < n; i++)
            ((double *)to)[i] = value;
}

void weft_reduce_lanes_begin(unsigned op, weft_dtype type, void *lanes)
{
    fill(type, lanes, op == WEFT_OP_PROD ? 1 : -0.0, WEFT_LANES);
}

/* A group of the n elements at x, filled up with one value. */
static void fill_group(weft_dtype type, void *group, const void *x, size_t n, double value)
{
    const size_t size = weft_dtype_size(type);
    memcpy(group, x, n * size);
    fill(type, (char *)group + n * size, value, WEFT_GROUP - n);
}

/* Elements that are missing count as the identity; those of a dot's second operand as 1. */
void weft_reduce_lanes_rest(const weft_kernel_table *kernels, unsigned op, weft_dtype type,
                            void *lanes, const void *a, const void *b, size_t n)
{
    union {
        float f32[WEFT_GROUP];
        double f64[WEFT_GROUP];
    } group_a, group_b;
    if (n == 0)
        return;
    fill_group(type, &group_a, a, n, op == WEFT_OP_PROD ? 1 : -0.0);
    if (op == WEFT_OP_DOT)
        fill_group(type, &group_b, b, n, 1);
    kernels->lanes[op - WEFT_OP_SUM][type](lanes, &group_a, op == WEFT_OP_DOT ? &group_b : NULL, 1);
}

#define DEFINE_LANES_END(NAME, tag, ...)                                                           \
    static uint64_t lanes_end_##tag(unsigned op, WEFT_CTYPE_##tag *lane)                           \
    {                                                                                              \
        uint64_t bits = 0;                                                                         \
        for (int half = WEFT_LANES / 2; half; half /= 2)                                           \
            for (int l = 0; l < half; l++)                                                         \
                lane[l] =                                                                          \
                    op == WEFT_OP_PROD ? lane[l] * lane[l + half] : lane[l] + lane[l + half];      \
        memcpy(&bits, lane, sizeof lane[0]);                                                       \
        return bits;                                                                               \
    }
WEFT_FOR_FLOAT(DEFINE_LANES_END, )

uint64_t weft_reduce_lanes_end(unsigned op, weft_dtype type, void *lanes)
{
    return type == WEFT_F32 ? lanes_end_f32(op, lanes) : lanes_end_f64(op, lanes);
}

/* By the level's comparisons, a stretch at a time. */
int64_t weft_reduce_find(const weft_kernel_table *kernels, weft_dtype type, const void *value,
                         const void *a, size_t n)
{
    weft_kernel *equal = weft_kernel_find(kernels, WEFT_OP_EQ, type, WEFT_SCALAR_B);
    weft_kernel *differs = weft_kernel_find(kernels, WEFT_OP_NE, type, 0);
    const size_t size = weft_dtype_size(type);
    uint8_t found[512], is_nan;
    differs(&is_nan, value, value, NULL, 1);
    for (size_t done = 0; done < n; done += sizeof found) {
        const size_t count = n - done < sizeof found ? n - done : sizeof found;
        const char *x = (const char *)a + done * size;
        (is_nan ? differs : equal)(found, x, is_nan ? (const void *)x : value, NULL, count);
        // cppcheck-suppress uninitvar ; a kernel filled it
        const uint8_t *first = memchr(found, 1, count);
        if (first)
            return (int64_t)done + (first - found);
    }
    return -1;
}

#define DEFINE_BEFORE(NAME, tag, ...)                                                              \
    static bool before_##tag(bool low, const void *px, const void *py)                             \
    {                                                                                              \
        WEFT_CTYPE_##tag x, y;                                                                     \
        memcpy(&x, px, sizeof x);                                                                  \
        memcpy(&y, py, sizeof y);                                                                  \
        return y == y && (x != x || (low ? x < y : x > y));                                        \
    }
WEFT_FOR_ARITH(DEFINE_BEFORE, )

#define BEFORE(NAME, tag, ...) [WEFT_##NAME] = before_##tag,
static bool (*const comes_before[WEFT_TYPE_COUNT])(bool low, const void *x,
                                                   const void *y) = {WEFT_FOR_ARITH(BEFORE, )};

bool weft_reduce_before(weft_dtype type, bool low, const void *x, const void *y)
{
    return comes_before[type](low, x, y);
}

/* argmin, argmax: the first block with the extreme, and its place in there. */
static int64_t reduce_to_place(const weft_kernel_table *kernels, bool low, weft_dtype type,
                               const char *a, size_t n)
{
    weft_kernel *block =
        kernels->block[(low ? WEFT_OP_MINVAL : WEFT_OP_MAXVAL) - WEFT_OP_SUM][type];
    const size_t size = weft_dtype_size(type);
    uint64_t best = 0, here = 0;
    size_t at = 0;
    if (n == 1)
        return 0;
    for (size_t done = 0; done < n; done += WEFT_BLOCK) {
        block(&here, a + done * size, NULL, NULL, n - done < WEFT_BLOCK ? n - done : WEFT_BLOCK);
        if (done == 0 || comes_before[type](low, &here, &best)) {
            best = here;
            at = done;
        }
    }
    const size_t count = n - at < WEFT_BLOCK ? n - at : WEFT_BLOCK;
    return (int64_t)at + weft_reduce_find(kernels, type, &best, a + at * size, count);
}

/* any, all: as many blocks as it takes. */
static bool reduce_to_bool(const weft_kernel_table *kernels, bool any, const char *a, size_t n)
{
    weft_kernel *block = kernels->block[WEFT_OP_COUNT - WEFT_OP_SUM][WEFT_BOOL];
    for (size_t done = 0; done < n; done += WEFT_BLOCK) {
        const size_t count = n - done < WEFT_BLOCK ? n - done : WEFT_BLOCK;
        uint64_t trues = 0;
        block(&trues, a + done, NULL, NULL, count);
        if (any ? trues != 0 : trues != count)
            return any;
    }
    return !any;
}

void weft_reduce_array(const weft_kernel_table *kernels, unsigned op, weft_dtype type, void *result,
                       const void *a, const void *b, size_t n)
{
    weft_kernel *block = kernels->block[op - WEFT_OP_SUM][type];
    uint64_t bits;
    if (block && n - 1 < WEFT_BLOCK) { /* its result is the result */
        block(result, a, b, NULL, n);
        return;
    }
    if (n == 0)
        bits = weft_reduce_nothing(op, type);
    else if (op == WEFT_OP_ARGMIN || op == WEFT_OP_ARGMAX)
        bits = (uint64_t)reduce_to_place(kernels, op == WEFT_OP_ARGMIN, type, a, n);
    else if (op == WEFT_OP_ANY || op == WEFT_OP_ALLOF)
        bits = reduce_to_bool(kernels, op == WEFT_OP_ANY, a, n);
    else
        bits = reduce_blocks(kernels, op, type, a, b, n);
    memcpy(result, &bits, weft_dtype_size(weft_reduce_dtype(op, type)));
}

/* One element in double. */
static double element_of(weft_dtype type, const void *a, size_t i)
{
    return type == WEFT_F32 ? (double)((const float *)a)[i] : ((const double *)a)[i];
}

/* Both sums of one block. Lanes start with -0 and 0, and elements that are missing count as -0:
 * neither changes a bit of a sum. */
static void moments_of_block(const weft_kernel_table *kernels, weft_dtype type, double shift,
                             const char *a, size_t n, double moments[2])
{
    double lanes[2 * WEFT_LANES], last[WEFT_GROUP];
    const size_t groups = n / WEFT_GROUP, done = groups * WEFT_GROUP;
    for (int l = 0; l < WEFT_LANES; l++) {
        lanes[l] = -0.0;
        lanes[WEFT_LANES + l] = 0;
    }
    kernels->moments[type](lanes, a, shift, groups);
    if (done < n) {
        for (size_t i = 0; i < WEFT_GROUP; i++)
            last[i] = done + i < n ? element_of(type, a, done + i) - shift : -0.0;
        kernels->moments[WEFT_F64](lanes, last, 0, 1);
    }
    for (int half = WEFT_LANES / 2; half; half /= 2)
        for (int l = 0; l < half; l++) {
            lanes[l] += lanes[l + half];
            lanes[WEFT_LANES + l] += lanes[WEFT_LANES + l + half];
        }
    moments[0] = lanes[0];
    moments[1] = lanes[WEFT_LANES];
}

void weft_reduce_moments(const weft_kernel_table *kernels, weft_dtype type, double shift,
                         const void *a, size_t n, double moments[2])
{
    double tree[WEFT_REDUCE_LEVELS][2];
    uint64_t filled = 0;
    int level = 0;
    moments[0] = moments[1] = 0;
    for (size_t done = 0; done < n; done += WEFT_BLOCK, filled++) {
        const size_t count = n - done < WEFT_BLOCK ? n - done : WEFT_BLOCK;
        const char *block = (const char *)a + done * weft_dtype_size(type);
        moments_of_block(kernels, type, shift, block, count, moments);
        level = 0;
        for (uint64_t full = filled; full & 1; full >>= 1, level++)
            for (int i = 0; i < 2; i++)
                moments[i] = tree[level][i] + moments[i];
        memcpy(tree[level], moments, sizeof tree[level]);
    }
    /* The last block's tree is in `moments`; larger ones stand to its left. */
    for (filled >>= level; filled >>= 1;) {
        level++;
        for (int i = 0; i < 2 && (filled & 1); i++)
            moments[i] = tree[level][i] + moments[i];
    }
}
