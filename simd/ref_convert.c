/* simd/ref_convert.c: reference conversions between all pairs of types (simd/ref.h).
 * Every source is first one of three exact wide values, int64_t, uint64_t or double, and every
 * target is made from each of the three: thirteen times three functions instead of 169. */
#include <math.h>
#include <string.h>

#include "isa/half.h"
#include "simd/ref.h"

/* --- wide value to target -----------------------------------------------------------------------
 */

#define TO_INT(tag, T, lowest, highest)                                                            \
    static inline T to_##tag##_from_i64(int64_t x)                                                 \
    {                                                                                              \
        return (T)x;                                                                               \
    }                                                                                              \
    static inline T to_##tag##_from_u64(uint64_t x)                                                \
    {                                                                                              \
        return (T)x;                                                                               \
    }                                                                                              \
    static inline T to_##tag##_from_f64(double x) /* truncates, saturates, NaN is 0 */             \
    {                                                                                              \
        if (isnan(x))                                                                              \
            return 0;                                                                              \
        double whole = trunc(x);                                                                   \
        if (whole <= (double)(lowest))                                                             \
            return lowest;                                                                         \
        if (whole >= (double)(highest)) /* which may round up to one beyond */                     \
            return highest;                                                                        \
        return (T)whole;                                                                           \
    }
TO_INT(i8, int8_t, INT8_MIN, INT8_MAX)
TO_INT(i16, int16_t, INT16_MIN, INT16_MAX)
TO_INT(i32, int32_t, INT32_MIN, INT32_MAX)
TO_INT(i64, int64_t, INT64_MIN, INT64_MAX)
TO_INT(u8, uint8_t, 0, UINT8_MAX)
TO_INT(u16, uint16_t, 0, UINT16_MAX)
TO_INT(u32, uint32_t, 0, UINT32_MAX)
TO_INT(u64, uint64_t, 0, UINT64_MAX)

static inline uint8_t to_b8_from_i64(int64_t x)
{
    return x != 0;
}
static inline uint8_t to_b8_from_u64(uint64_t x)
{
    return x != 0;
}
static inline uint8_t to_b8_from_f64(double x)
{
    return isnan(x) || x < 0 || x > 0;
}

static inline float to_f32_from_i64(int64_t x)
{
    return (float)x;
}
static inline float to_f32_from_u64(uint64_t x)
{
    return (float)x;
}
static inline float to_f32_from_f64(double x)
{
    return (float)x;
}
static inline double to_f64_from_i64(int64_t x)
{
    return (double)x;
}
static inline double to_f64_from_u64(uint64_t x)
{
    return (double)x;
}
static inline double to_f64_from_f64(double x)
{
    return x;
}

/* A double that rounds to any narrower float as x itself would: beyond 53 bits the last one is set
 * when anything is cut off (rounding to odd), so that the second rounding is the only one. */
static inline double odd_from_u64(uint64_t x)
{
    unsigned cut = 0;
    uint64_t lost = 0;
    while (x >> 53) {
        lost |= x & 1;
        x >>= 1;
        cut++;
    }
    return ldexp((double)(x | lost), (int)cut);
}
static inline double odd_from_i64(int64_t x)
{
    return x < 0 ? -odd_from_u64(0 - (uint64_t)x) : odd_from_u64((uint64_t)x);
}

#define TO_HALF(tag)                                                                               \
    static inline uint16_t to_##tag##_from_i64(int64_t x)                                          \
    {                                                                                              \
        return weft_##tag##_from_f64(odd_from_i64(x));                                             \
    }                                                                                              \
    static inline uint16_t to_##tag##_from_u64(uint64_t x)                                         \
    {                                                                                              \
        return weft_##tag##_from_f64(odd_from_u64(x));                                             \
    }                                                                                              \
    static inline uint16_t to_##tag##_from_f64(double x)                                           \
    {                                                                                              \
        return weft_##tag##_from_f64(x);                                                           \
    }
TO_HALF(f16)
TO_HALF(bf16)

/* --- source to wide value: its C type, the wide type, and the way there -------------------------
 */

#define SOURCES(M, ...)                                                                            \
    M(I8, i8, int8_t, i64, x, __VA_ARGS__)                                                         \
    M(I16, i16, int16_t, i64, x, __VA_ARGS__)                                                      \
    M(I32, i32, int32_t, i64, x, __VA_ARGS__)                                                      \
    M(I64, i64, int64_t, i64, x, __VA_ARGS__)                                                      \
    M(U8, u8, uint8_t, u64, x, __VA_ARGS__)                                                        \
    M(U16, u16, uint16_t, u64, x, __VA_ARGS__)                                                     \
    M(U32, u32, uint32_t, u64, x, __VA_ARGS__)                                                     \
    M(U64, u64, uint64_t, u64, x, __VA_ARGS__)                                                     \
    M(F16, f16, uint16_t, f64, weft_f16_to_f64(x), __VA_ARGS__)                                    \
    M(BF16, bf16, uint16_t, f64, weft_bf16_to_f64(x), __VA_ARGS__)                                 \
    M(F32, f32, float, f64, (double)x, __VA_ARGS__)                                                \
    M(F64, f64, double, f64, x, __VA_ARGS__)                                                       \
    M(BOOL, b8, uint8_t, u64, x, __VA_ARGS__)

#define DEFINE(FROM, from, T, wide, value, TO, to, D)                                              \
    static void convert_##to##_##from(void *dst, const void *a, const void *b, const void *c,      \
                                      size_t n)                                                    \
    {                                                                                              \
        D *out = dst;                                                                              \
        const T *in = a;                                                                           \
        (void)b;                                                                                   \
        (void)c;                                                                                   \
        for (size_t i = 0; i < n; i++) {                                                           \
            const T x = in[i];                                                                     \
            out[i] = to_##to##_from_##wide(value);                                                 \
        }                                                                                          \
    }
#define SLOT(FROM, from, T, wide, value, TO, to, D) [WEFT_##FROM] = convert_##to##_##from,

#define DEFINE_TO(TO, to, text, D, size, number) SOURCES(DEFINE, TO, to, D)
#define ROW_TO(TO, to, text, D, size, number)    [WEFT_##TO] = {SOURCES(SLOT, TO, to, D)},

WEFT_TYPE_TABLE(DEFINE_TO)

weft_ref_fn *weft_ref_convert(weft_dtype to, weft_dtype from)
{
    static weft_ref_fn *const table[WEFT_TYPE_COUNT][WEFT_TYPE_COUNT] = {WEFT_TYPE_TABLE(ROW_TO)};
    return table[to][from];
}
