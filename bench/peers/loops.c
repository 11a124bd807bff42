/* bench/peers/loops.c: every operation as the loop that one writes in C, compiled by gcc and by
 * clang with -O3 -march=native: what a user has without weft. Expanded from isa/ops.def, so that no
 * operation is missing. Neighbours: vm/ops_api.inc (the functions that this mirrors),
 * simd/meaning.h.
 *
 * The meanings of isa/ops.def are written for an oracle. Here they are what a C programmer would
 * write: integers in their own width (U, W), the C library's function of the very type, compilers'
 * builtins for counting bits, and below OVERRIDE_ for rows whose meaning leans on 64 bits. A value
 * that becomes a half goes through float. */
#include <stdint.h>

#include "bench/peers/table.h"
#include "isa/types.def"
#include "simd/meaning.h"
#include <weft/types.h>

#define EITHER(name, ...) _Generic((a), float : name##f, double : name)(__VA_ARGS__)
#undef m_exp
#undef m_exp2
#undef m_expm1
#undef m_log
#undef m_log2
#undef m_log10
#undef m_log1p
#undef m_sin
#undef m_cos
#undef m_tan
#undef m_asin
#undef m_acos
#undef m_atan
#undef m_sinh
#undef m_cosh
#undef m_tanh
#undef m_sigmoid
#undef m_erf
#undef m_cbrt
#undef m_pow
#undef m_atan2
#undef m_hypot
#define m_exp(a)      EITHER(exp, a)
#define m_exp2(a)     EITHER(exp2, a)
#define m_expm1(a)    EITHER(expm1, a)
#define m_log(a)      EITHER(log, a)
#define m_log2(a)     EITHER(log2, a)
#define m_log10(a)    EITHER(log10, a)
#define m_log1p(a)    EITHER(log1p, a)
#define m_sin(a)      EITHER(sin, a)
#define m_cos(a)      EITHER(cos, a)
#define m_tan(a)      EITHER(tan, a)
#define m_asin(a)     EITHER(asin, a)
#define m_acos(a)     EITHER(acos, a)
#define m_atan(a)     EITHER(atan, a)
#define m_sinh(a)     EITHER(sinh, a)
#define m_cosh(a)     EITHER(cosh, a)
#define m_tanh(a)     EITHER(tanh, a)
#define m_sigmoid(a)  (1 / (1 + EITHER(exp, -(a))))
#define m_erf(a)      EITHER(erf, a)
#define m_cbrt(a)     EITHER(cbrt, a)
#define m_pow(a, b)   EITHER(pow, a, b)
#define m_atan2(a, b) EITHER(atan2, a, b)
#define m_hypot(a, b) EITHER(hypot, a, b)

/* The unsigned type in which integers of a type are computed: at least int's width, as C has it. */
#define UNSIGNED_i8   uint32_t
#define UNSIGNED_i16  uint32_t
#define UNSIGNED_i32  uint32_t
#define UNSIGNED_i64  uint64_t
#define UNSIGNED_u8   uint32_t
#define UNSIGNED_u16  uint32_t
#define UNSIGNED_u32  uint32_t
#define UNSIGNED_u64  uint64_t
#define UNSIGNED_b8   uint32_t
#define UNSIGNED_f32  float
#define UNSIGNED_f64  double
#define UNSIGNED_f16  uint32_t
#define UNSIGNED_bf16 uint32_t

#define U(x)      ((computed)(x))
#define W(x)      (x)
#define BITS      ((unsigned)(8 * sizeof(element)))
#define IS_SIGNED ((element)-1 < (element)1)
#define MASK      (~U(0) >> (8 * sizeof(computed) - BITS))
#define SHIFT     ((unsigned)b % BITS)

#define OVERRIDE_DIV  ~, b == 0 ? 0 : IS_SIGNED &&b == (element)-1 ? 0 - U(a) : U(a / b)
#define OVERRIDE_REM  ~, b == 0 || (IS_SIGNED && b == (element)-1) ? 0 : U(a % b)
#define OVERRIDE_ABS  ~, a < 0 ? 0 - U(a) : U(a)
#define OVERRIDE_ROTL ~, U(a) << SHIFT | (U(a) & MASK) >> (-SHIFT % BITS)
#define OVERRIDE_POPCNT                                                                            \
    ~, sizeof(element) == 8 ? __builtin_popcountll((uint64_t)a)                                    \
                            : __builtin_popcount((uint32_t)a &(uint32_t)MASK)
#define OVERRIDE_CLZ                                                                               \
    ~, a == 0                 ? (int)BITS                                                          \
       : sizeof(element) == 8 ? __builtin_clzll((uint64_t)a)                                       \
                              : __builtin_clz((uint32_t)a &(uint32_t)MASK) - 32 + (int)BITS

/* The second argument: the meaning in the row, unless OVERRIDE_<row> puts another before it. */
#define SECOND(x, y, ...)     y
#define CHOSEN(...)           SECOND(__VA_ARGS__)
#define INTEGER(NAME, I)      CHOSEN(OVERRIDE_##NAME, I, )
#define CHOOSE_INT(N, I, F)   (INTEGER(N, I))
#define CHOOSE_FLOAT(N, I, F) (F)
#define CHOOSE_i8             CHOOSE_INT
#define CHOOSE_i16            CHOOSE_INT
#define CHOOSE_i32            CHOOSE_INT
#define CHOOSE_i64            CHOOSE_INT
#define CHOOSE_u8             CHOOSE_INT
#define CHOOSE_u16            CHOOSE_INT
#define CHOOSE_u32            CHOOSE_INT
#define CHOOSE_u64            CHOOSE_INT
#define CHOOSE_b8(N, I, F)    ((INTEGER(N, I)) & 1)
#define CHOOSE_f32            CHOOSE_FLOAT
#define CHOOSE_f64            CHOOSE_FLOAT

/* --- element-wise ------------------------------------------------------------------------------
 */

#define LOOP(name, tag, OUT, inputs, result)                                                       \
    PEER_FUNCTION(name)                                                                            \
    {                                                                                              \
        typedef WEFT_CTYPE_##tag element;                                                          \
        typedef UNSIGNED_##tag computed;                                                           \
        OUT *restrict out = dst;                                                                   \
        const element *restrict xa = a, *restrict xb = b, *restrict xc = c;                        \
        const element b0 = b ? xb[0] : 0;                                                          \
        (void)xb, (void)xc, (void)b0;                                                              \
        for (size_t i = 0; i < n; i++) {                                                           \
            inputs;                                                                                \
            out[i] = (OUT)(result);                                                                \
        }                                                                                          \
    }
#define IN_V   const element a = xa[i]
#define IN_VV  const element a = xa[i], b = xb[i]
#define IN_VS  const element a = xa[i], b = b0
#define IN_VVV const element a = xa[i], b = xb[i], c = xc[i]

#define EACH_1(TYPE, tag, N, op, I, F)                                                             \
    LOOP(op##_##tag##_v, tag, element, IN_V, CHOOSE_##tag(N, I, F))
#define EACH_2(TYPE, tag, N, op, I, F)                                                             \
    LOOP(op##_##tag##_vv, tag, element, IN_VV, CHOOSE_##tag(N, I, F))                              \
    LOOP(op##_##tag##_vs, tag, element, IN_VS, CHOOSE_##tag(N, I, F))
#define EACH_3(TYPE, tag, N, op, I, F)                                                             \
    LOOP(op##_##tag##_vvv, tag, element, IN_VVV, CHOOSE_##tag(N, I, F))
#define EACH_COMPARE(TYPE, tag, N, op, I, F)                                                       \
    LOOP(op##_##tag##_vv, tag, uint8_t, IN_VV, CHOOSE_##tag(N, I, F))                              \
    LOOP(op##_##tag##_vs, tag, uint8_t, IN_VS, CHOOSE_##tag(N, I, F))

#define WEFT_OP_UNARY(N, op, cat, TYPES, u32, u64, I, F, w)   WEFT_FOR_##TYPES(EACH_1, N, op, I, F)
#define WEFT_OP_BINARY(N, op, cat, TYPES, u32, u64, I, F, w)  WEFT_FOR_##TYPES(EACH_2, N, op, I, F)
#define WEFT_OP_TERNARY(N, op, cat, TYPES, u32, u64, I, F, w) WEFT_FOR_##TYPES(EACH_3, N, op, I, F)
#define WEFT_OP_COMPARE(N, op, TYPES, I, F, w)                WEFT_FOR_##TYPES(EACH_COMPARE, N, op, I, F)
#include "isa/ops.def"

#define EACH_MOVE(TYPE, tag, ...)                                                                  \
    PEER_FUNCTION(sel_##tag)                                                                       \
    {                                                                                              \
        WEFT_CTYPE_##tag *restrict out = dst;                                                      \
        const WEFT_CTYPE_##tag *restrict xa = a, *restrict xb = b;                                 \
        const uint8_t *restrict xc = c;                                                            \
        for (size_t i = 0; i < n; i++)                                                             \
            out[i] = xc[i] ? xa[i] : xb[i];                                                        \
    }                                                                                              \
    PEER_FUNCTION(mov_##tag)                                                                       \
    {                                                                                              \
        WEFT_CTYPE_##tag *restrict out = dst;                                                      \
        const WEFT_CTYPE_##tag *restrict xa = a;                                                   \
        (void)b, (void)c;                                                                          \
        for (size_t i = 0; i < n; i++)                                                             \
            out[i] = xa[i];                                                                        \
    }                                                                                              \
    PEER_FUNCTION(fill_##tag)                                                                      \
    {                                                                                              \
        WEFT_CTYPE_##tag *restrict out = dst;                                                      \
        const WEFT_CTYPE_##tag value = *(const WEFT_CTYPE_##tag *)a;                               \
        (void)b, (void)c;                                                                          \
        for (size_t i = 0; i < n; i++)                                                             \
            out[i] = value;                                                                        \
    }
WEFT_FOR_ALL(EACH_MOVE, )

/* --- conversions -------------------------------------------------------------------------------
 */

/* gcc 12 has _Float16 on every x86-64, clang 14 only its older name for the same bits. */
#if defined(__clang__)
typedef __fp16 half;
#else
typedef _Float16 half;
#endif

static inline float value_f16(uint16_t bits)
{
    half h;
    memcpy(&h, &bits, sizeof h);
    return (float)h;
}

static inline uint16_t f16_from(float x)
{
    half h = (half)x;
    uint16_t bits;
    memcpy(&bits, &h, sizeof bits);
    return bits;
}

static inline float value_bf16(uint16_t bits)
{
    uint32_t wide = (uint32_t)bits << 16;
    float value;
    memcpy(&value, &wide, sizeof value);
    return value;
}

static inline uint16_t bf16_from(float x)
{
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    uint32_t rounded = (bits + 0x7fff + (bits >> 16 & 1)) >> 16;
    return (uint16_t)(x != x ? bits >> 16 | 0x40 : rounded);
}

/* The value of an element as a C type that converts to others. */
#define value_i8(x)  (x)
#define value_i16(x) (x)
#define value_i32(x) (x)
#define value_i64(x) (x)
#define value_u8(x)  (x)
#define value_u16(x) (x)
#define value_u32(x) (x)
#define value_u64(x) (x)
#define value_f32(x) (x)
#define value_f64(x) (x)
#define value_b8(x)  ((x) != 0)

/* Integers wrap, floats saturate, NaN is 0. Bounds round to the float's type, as in any C. */
#define TO_INT(T, lowest, highest, x)                                                              \
    _Generic((x), float                                                                            \
             : ((x) != (x)                ? 0                                                      \
                : (x) <= (float)(lowest)  ? (lowest)                                               \
                : (x) >= (float)(highest) ? (highest)                                              \
                                          : (T)(x)),                                               \
               double                                                                              \
             : ((x) != (x)                 ? 0                                                     \
                : (x) <= (double)(lowest)  ? (lowest)                                              \
                : (x) >= (double)(highest) ? (highest)                                             \
                                           : (T)(x)),                                              \
               default                                                                             \
             : (T)(x))
#define to_i8(x)   TO_INT(int8_t, INT8_MIN, INT8_MAX, x)
#define to_i16(x)  TO_INT(int16_t, INT16_MIN, INT16_MAX, x)
#define to_i32(x)  TO_INT(int32_t, INT32_MIN, INT32_MAX, x)
#define to_i64(x)  TO_INT(int64_t, INT64_MIN, INT64_MAX, x)
#define to_u8(x)   TO_INT(uint8_t, 0, UINT8_MAX, x)
#define to_u16(x)  TO_INT(uint16_t, 0, UINT16_MAX, x)
#define to_u32(x)  TO_INT(uint32_t, 0, UINT32_MAX, x)
#define to_u64(x)  TO_INT(uint64_t, 0, UINT64_MAX, x)
#define to_f32(x)  (float)(x)
#define to_f64(x)  (double)(x)
#define to_b8(x)   ((x) != 0)
#define to_f16(x)  f16_from((float)(x))
#define to_bf16(x) bf16_from((float)(x))

#define EACH_FROM(FROM, from, TO, to)                                                              \
    PEER_FUNCTION(cvt_##to##_##from)                                                               \
    {                                                                                              \
        WEFT_CTYPE_##to *restrict out = dst;                                                       \
        const WEFT_CTYPE_##from *restrict xa = a;                                                  \
        (void)b, (void)c;                                                                          \
        for (size_t i = 0; i < n; i++)                                                             \
            out[i] = (WEFT_CTYPE_##to)to_##to(value_##from(xa[i]));                                \
    }
#define EACH_TO(TO, to, text, T, size, value) WEFT_FOR_ALL(EACH_FROM, TO, to)
WEFT_TYPE_TABLE(EACH_TO)

/* --- reductions --------------------------------------------------------------------------------
 */

#define REDUCE(name, tag, R, start, step)                                                          \
    PEER_FUNCTION(name)                                                                            \
    {                                                                                              \
        const WEFT_CTYPE_##tag *restrict xa = a, *restrict xb = b;                                 \
        typedef R wide;                                                                            \
        R r = start;                                                                               \
        (void)xb, (void)c;                                                                         \
        for (size_t i = 0; i < n; i++)                                                             \
            step;                                                                                  \
        *(R *)dst = r;                                                                             \
    }
#define EACH_ARITH(TYPE, tag, ...)                                                                 \
    REDUCE(sum_##tag, tag, WEFT_WIDE_##tag, 0, r += (wide)xa[i])                                   \
    REDUCE(prod_##tag, tag, WEFT_WIDE_##tag, 1, r *= (wide)xa[i])                                  \
    REDUCE(dot_##tag, tag, WEFT_WIDE_##tag, 0, r += (wide)xa[i] * (wide)xb[i])                     \
    REDUCE(minval_##tag, tag, WEFT_CTYPE_##tag, xa[0], r = xa[i] < r ? xa[i] : r)                  \
    REDUCE(maxval_##tag, tag, WEFT_CTYPE_##tag, xa[0], r = xa[i] > r ? xa[i] : r)                  \
    REDUCE(argmin_##tag, tag, int64_t, 0, if (xa[i] < xa[r]) r = (int64_t)i)                       \
    REDUCE(argmax_##tag, tag, int64_t, 0, if (xa[i] > xa[r]) r = (int64_t)i)
WEFT_FOR_ARITH(EACH_ARITH, )
REDUCE(any_b8, b8, uint8_t, 0, r |= xa[i] != 0)
REDUCE(all_b8, b8, uint8_t, 1, r &= xa[i] != 0)
REDUCE(count_b8, b8, int64_t, 0, r += xa[i] != 0)

/* --- the table ---------------------------------------------------------------------------------
 */

#undef EACH_1
#undef EACH_2
#undef EACH_3
#undef EACH_COMPARE
#undef EACH_MOVE
#undef EACH_FROM

#define DIRECT_UNARY(N, op, TYPE, tag, T) {#op "/" #tag "/v", op##_##tag##_v},
#define DIRECT_BINARY(N, op, TYPE, tag, T)                                                         \
    {#op "/" #tag "/vv", op##_##tag##_vv}, {#op "/" #tag "/vs", op##_##tag##_vs},
#define DIRECT_COMPARE                             DIRECT_BINARY
#define DIRECT_TERNARY(N, op, TYPE, tag, T)        {#op "/" #tag "/vvv", op##_##tag##_vvv},
#define DIRECT_SELECT(TYPE, tag, T)                {"sel/" #tag "/vvv", sel_##tag},
#define DIRECT_MOVE(TYPE, tag, T)                  {"mov/" #tag "/v", mov_##tag},
#define DIRECT_FILL(TYPE, tag, T)                  {"fill/" #tag "/s", fill_##tag},
#define DIRECT_CONVERT(TO, to, TT, FROM, from, FT) {"cvt/" #to "." #from "/v", cvt_##to##_##from},
#define DIRECT_REDUCE(N, op, TYPE, tag, T, R)      {#op "/" #tag "/v", op##_##tag},
#define DIRECT_REDUCE2(N, op, TYPE, tag, T, R)     {#op "/" #tag "/vv", op##_##tag},
static const peer_row rows[] = {
#include "vm/ops_api.inc"
};

#if defined(__clang__)
#define NAME "clang"
#else
#define NAME "gcc"
#endif
PEER_MODULE(NAME, NAME " " PEER_VERSION ", " PEER_FLAGS, rows, NULL)
