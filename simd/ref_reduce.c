/* simd/ref_reduce.c: reference reductions (simd/ref.h).
 * Sums of floats follow one fixed order, docs/isa.md "Reductions": whatever the strip length, level
 * or number of threads, the same numbers are added in the same order. */
#include <string.h>

#include "simd/meaning.h"
#include "simd/ref.h"

#define ADD(a, b)      ((a) + (b))
#define MULTIPLY(a, b) ((a) * (b))

/* A block of 4,096 values: 128 at a time are added four to a lane, the lane takes the result, and
 * in the end lane l takes lane l + 16, then l + 8, 4, 2, 1. */
#define DEFINE_BLOCK(name, T, OP)                                                                  \
    static T name(const T *x)                                                                      \
    {                                                                                              \
        T lane[WEFT_REF_LANES] = {0};                                                              \
        for (int start = 0; start < WEFT_REF_BLOCK; start += WEFT_REF_GROUP)                       \
            for (int l = 0; l < WEFT_REF_LANES; l++) {                                             \
                const T *at = x + start + l;                                                       \
                T four = OP(OP(at[0], at[32]), OP(at[64], at[96]));                                \
                lane[l] = start ? OP(lane[l], four) : four;                                        \
            }                                                                                      \
        for (int half = WEFT_REF_LANES / 2; half; half /= 2)                                       \
            for (int l = 0; l < half; l++)                                                         \
                lane[l] = OP(lane[l], lane[l + half]);                                             \
        return lane[0];                                                                            \
    }

/* Sums and products of one float type. Values go into the block; a full block goes into the tree,
 * where level k holds the result of 2^k blocks that waits for its right-hand neighbour. A block
 * that is not full is filled up with the identity, which changes no bit: -0 for sums, 1. */
#define DEFINE_FLOAT(tag, T)                                                                       \
    DEFINE_BLOCK(add_block_##tag, T, ADD)                                                          \
    DEFINE_BLOCK(multiply_block_##tag, T, MULTIPLY)                                                \
                                                                                                   \
    static T combine_##tag(const weft_ref_reduction *r, T left, T right)                           \
    {                                                                                              \
        return r->op == WEFT_OP_PROD ? left * right : left + right;                                \
    }                                                                                              \
                                                                                                   \
    static T block_##tag(const weft_ref_reduction *r)                                              \
    {                                                                                              \
        const T *x = r->sum.tag.block;                                                             \
        return r->op == WEFT_OP_PROD ? multiply_block_##tag(x) : add_block_##tag(x);               \
    }                                                                                              \
                                                                                                   \
    static void push_##tag(weft_ref_reduction *r, T value)                                         \
    {                                                                                              \
        r->sum.tag.block[r->count++ % WEFT_REF_BLOCK] = value;                                     \
        if (r->count % WEFT_REF_BLOCK)                                                             \
            return;                                                                                \
        T total = block_##tag(r);                                                                  \
        uint64_t before = r->count / WEFT_REF_BLOCK - 1;                                           \
        int level = 0;                                                                             \
        for (; before & 1; before >>= 1)                                                           \
            total = combine_##tag(r, r->sum.tag.tree[level++], total);                             \
        r->sum.tag.tree[level] = total;                                                            \
    }                                                                                              \
                                                                                                   \
    static void add_##tag(weft_ref_reduction *r, const T *a, const T *b, size_t n)                 \
    {                                                                                              \
        for (size_t i = 0; i < n; i++)                                                             \
            push_##tag(r, r->op == WEFT_OP_DOT ? a[i] * b[i] : a[i]);                              \
    }                                                                                              \
                                                                                                   \
    static T end_##tag(weft_ref_reduction *r)                                                      \
    {                                                                                              \
        const T identity = r->op == WEFT_OP_PROD ? (T)1 : -(T)0;                                   \
        uint64_t blocks = r->count / WEFT_REF_BLOCK;                                               \
        size_t rest = (size_t)(r->count % WEFT_REF_BLOCK);                                         \
        if (r->count == 0)                                                                         \
            return r->op == WEFT_OP_PROD ? (T)1 : (T)0;                                            \
        for (size_t i = rest; i < WEFT_REF_BLOCK; i++)                                             \
            r->sum.tag.block[i] = identity;                                                        \
        bool some = rest != 0;                                                                     \
        T total = some ? block_##tag(r) : identity;                                                \
        for (int level = 0; blocks; blocks >>= 1, level++)                                         \
            if (blocks & 1) {                                                                      \
                const T left = r->sum.tag.tree[level];                                             \
                total = some ? combine_##tag(r, left, total) : left;                               \
                some = true;                                                                       \
            }                                                                                      \
        return total;                                                                              \
    }
DEFINE_FLOAT(f32, float)
DEFINE_FLOAT(f64, double)

/* Integers, in 64 wrapping bits: any order gives the same. */
#define DEFINE_INTEGER(tag, T, wide, W)                                                            \
    static void add_##tag(weft_ref_reduction *r, const T *a, const T *b, size_t n)                 \
    {                                                                                              \
        for (size_t i = 0; i < n; i++) {                                                           \
            uint64_t x = (uint64_t)(W)a[i];                                                        \
            if (r->op == WEFT_OP_PROD)                                                             \
                r->sum.u64 *= x;                                                                   \
            else                                                                                   \
                r->sum.u64 += r->op == WEFT_OP_DOT ? x * (uint64_t)(W)b[i] : x;                    \
        }                                                                                          \
        r->count += n;                                                                             \
    }

/* minval, maxval, argmin, argmax: `best` in the wide type, the first of equals. */
#define DEFINE_BEST(tag, T, wide, W, isnan_, least_, most_)                                        \
    static void best_##tag(weft_ref_reduction *r, const T *a, size_t n)                            \
    {                                                                                              \
        bool low = r->op == WEFT_OP_MINVAL || r->op == WEFT_OP_ARGMIN;                             \
        bool place = r->op == WEFT_OP_ARGMIN || r->op == WEFT_OP_ARGMAX;                           \
        for (size_t i = 0; i < n; i++, r->count++) {                                               \
            const W x = (W)a[i], best = r->best.wide;                                              \
            if (!place) {                                                                          \
                r->best.wide = low ? least_(x, best) : most_(x, best);                             \
            } else if (r->index < 0 ||                                                             \
                       (!isnan_(best) && (isnan_(x) || (low ? x < best : x > best)))) {            \
                r->best.wide = x;                                                                  \
                r->index = (int64_t)r->count;                                                      \
            }                                                                                      \
        }                                                                                          \
    }
#define NEVER(x)    ((void)(x), false)
#define LEAST(x, y) ((x) < (y) ? (x) : (y))
#define MOST(x, y)  ((x) > (y) ? (x) : (y))
#define DEFINE_INTEGER_AND_BEST(tag, T, wide, W)                                                   \
    DEFINE_INTEGER(tag, T, wide, W)                                                                \
    DEFINE_BEST(tag, T, wide, W, NEVER, LEAST, MOST)
DEFINE_INTEGER_AND_BEST(i8, int8_t, i64, int64_t)
DEFINE_INTEGER_AND_BEST(i16, int16_t, i64, int64_t)
DEFINE_INTEGER_AND_BEST(i32, int32_t, i64, int64_t)
DEFINE_INTEGER_AND_BEST(i64, int64_t, i64, int64_t)
DEFINE_INTEGER_AND_BEST(u8, uint8_t, u64, uint64_t)
DEFINE_INTEGER_AND_BEST(u16, uint16_t, u64, uint64_t)
DEFINE_INTEGER_AND_BEST(u32, uint32_t, u64, uint64_t)
DEFINE_INTEGER_AND_BEST(u64, uint64_t, u64, uint64_t)
DEFINE_BEST(f32, float, f32, float, isnan, m_minimum, m_maximum)
DEFINE_BEST(f64, double, f64, double, isnan, m_minimum, m_maximum)

static void add_bool(weft_ref_reduction *r, const uint8_t *a, size_t n)
{
    for (size_t i = 0; i < n; i++)
        r->index += a[i] != 0;
    r->count += n;
}

static bool is_best(unsigned op)
{
    return op == WEFT_OP_MINVAL || op == WEFT_OP_MAXVAL || op == WEFT_OP_ARGMIN ||
           op == WEFT_OP_ARGMAX;
}

/* The value that any element replaces: the type's highest for minima, its lowest for maxima. */
static void begin_best(weft_ref_reduction *r)
{
    bool low = r->op == WEFT_OP_MINVAL || r->op == WEFT_OP_ARGMIN;
    if (r->type == WEFT_F32) {
        r->best.f32 = low ? INFINITY : -INFINITY;
    } else if (r->type == WEFT_F64) {
        r->best.f64 = low ? (double)INFINITY : -(double)INFINITY;
    } else {
        unsigned bits = 8 * (unsigned)weft_dtype_size((weft_dtype)r->type);
        if (!weft_type_in(WEFT_MASK_SIGNED, r->type))
            r->best.u64 = low ? UINT64_MAX >> (64 - bits) : 0;
        else
            r->best.i64 = low ? (int64_t)(UINT64_MAX >> (65 - bits))
                              : -(int64_t)(UINT64_MAX >> (65 - bits)) - 1;
    }
}

void weft_ref_reduce_begin(weft_ref_reduction *r, unsigned op, weft_dtype type)
{
    r->op = (uint16_t)op;
    r->type = (uint8_t)type;
    r->count = 0;
    r->index = type == WEFT_BOOL ? 0 : -1;
    if (is_best(op))
        begin_best(r);
    else
        r->sum.u64 = op == WEFT_OP_PROD;
}

void weft_ref_reduce_add(weft_ref_reduction *r, const void *a, const void *b, size_t n)
{
    bool best = is_best(r->op);
    switch (r->type) {
#define CASE(NAME, tag, ...)                                                                       \
    case WEFT_##NAME:                                                                              \
        if (best)                                                                                  \
            best_##tag(r, a, n);                                                                   \
        else                                                                                       \
            add_##tag(r, a, b, n);                                                                 \
        break;
        WEFT_FOR_ARITH(CASE, )
    case WEFT_BOOL:
        add_bool(r, a, n);
        break;
    default:
        break;
    }
}

void weft_ref_reduce_end(weft_ref_reduction *r, uint64_t *out)
{
    *out = 0;
    if (r->op == WEFT_OP_ARGMIN || r->op == WEFT_OP_ARGMAX || r->op == WEFT_OP_COUNT) {
        memcpy(out, &r->index, sizeof r->index);
    } else if (r->op == WEFT_OP_ANY || r->op == WEFT_OP_ALLOF) {
        *out = r->op == WEFT_OP_ANY ? r->index > 0 : (uint64_t)r->index == r->count;
    } else if (is_best(r->op)) {
        memcpy(out, &r->best, weft_dtype_size((weft_dtype)r->type));
    } else if (r->type == WEFT_F32) {
        float total = end_f32(r);
        memcpy(out, &total, sizeof total);
    } else if (r->type == WEFT_F64) {
        double total = end_f64(r);
        memcpy(out, &total, sizeof total);
    } else {
        *out = r->sum.u64;
    }
}
