/* simd/meaning.h: the functions that the meanings in isa/ops.def call, generic over float and
 * double. This is the oracle: it is meant to be right and easy to read, not fast. Transcendental
 * functions of f32 are computed in double, those of f64 in long double (where that is wider), and
 * rounded once more, which leaves them within a little over half a unit in the last place. */
#ifndef WEFT_SIMD_MEANING_H
#define WEFT_SIMD_MEANING_H

#include <math.h>
#include <stdint.h>
#include <string.h>

#define M_EITHER(name, a) _Generic((a), float : name##_f32, double : name##_f64)

/* --- exact functions: the C library's are correctly rounded or bit operations ----------------- */

#define m_fabs(a)        _Generic((a), float : fabsf, double : fabs)(a)
#define m_sqrt(a)        _Generic((a), float : sqrtf, double : sqrt)(a)
#define m_floor(a)       _Generic((a), float : floorf, double : floor)(a)
#define m_ceil(a)        _Generic((a), float : ceilf, double : ceil)(a)
#define m_trunc(a)       _Generic((a), float : truncf, double : trunc)(a)
#define m_fmod(a, b)     _Generic((a), float : fmodf, double : fmod)(a, b)
#define m_fma(a, b, c)   _Generic((a), float : fmaf, double : fma)(a, b, c)
#define m_copysign(a, b) _Generic((a), float : copysignf, double : copysign)(a, b)

/* Comparisons that do not raise the invalid flag for quiet NaN. */
#define m_less(a, b)         (isless(a, b) != 0)
#define m_less_equal(a, b)   (islessequal(a, b) != 0)
#define m_less_greater(a, b) (islessgreater(a, b) != 0)
#define m_unordered(a, b)    (isunordered(a, b) != 0)

/* Halves to even: like all arithmetic here, in the default rounding mode. */
#define m_round_even(a) _Generic((a), float : rintf, double : rint)(a)

/* Two zeros that compare equal: their bits or-ed are -0 if one is, and-ed -0 if both are. */
#define M_DEFINE_BITS(name, T, B, OP)                                                              \
    static inline T name(T a, T b)                                                                 \
    {                                                                                              \
        B x, y;                                                                                    \
        memcpy(&x, &a, sizeof x);                                                                  \
        memcpy(&y, &b, sizeof y);                                                                  \
        x OP y;                                                                                    \
        memcpy(&a, &x, sizeof x);                                                                  \
        return a;                                                                                  \
    }
M_DEFINE_BITS(m_or_bits_f32, float, uint32_t, |=)
M_DEFINE_BITS(m_and_bits_f32, float, uint32_t, &=)
M_DEFINE_BITS(m_or_bits_f64, double, uint64_t, |=)
M_DEFINE_BITS(m_and_bits_f64, double, uint64_t, &=)

/* IEEE-754-2019 minimum, maximum, minimumNumber, maximumNumber. Equal operands have the same bits,
 * but for zeros of both signs. No branches, so that compilers vectorise them. */
#define M_DEFINE_MINMAX(tag, T)                                                                    \
    static inline T m_least_##tag(T a, T b) /* neither is NaN */                                   \
    {                                                                                              \
        T both = m_or_bits_##tag(a, b), one = a < b ? a : b;                                       \
        return a == b ? both : one;                                                                \
    }                                                                                              \
    static inline T m_most_##tag(T a, T b)                                                         \
    {                                                                                              \
        T both = m_and_bits_##tag(a, b), one = a > b ? a : b;                                      \
        return a == b ? both : one;                                                                \
    }                                                                                              \
    static inline T m_minimum_##tag(T a, T b)                                                      \
    {                                                                                              \
        T nan = a + b, number = m_least_##tag(a, b);                                               \
        return m_unordered(a, b) ? nan : number;                                                   \
    }                                                                                              \
    static inline T m_maximum_##tag(T a, T b)                                                      \
    {                                                                                              \
        T nan = a + b, number = m_most_##tag(a, b);                                                \
        return m_unordered(a, b) ? nan : number;                                                   \
    }                                                                                              \
    static inline T m_minimum_number_##tag(T a, T b)                                               \
    {                                                                                              \
        T number = m_least_##tag(a, b), rest = b != b ? a : number;                                \
        return a != a ? b : rest;                                                                  \
    }                                                                                              \
    static inline T m_maximum_number_##tag(T a, T b)                                               \
    {                                                                                              \
        T number = m_most_##tag(a, b), rest = b != b ? a : number;                                 \
        return a != a ? b : rest;                                                                  \
    }
M_DEFINE_MINMAX(f32, float)
M_DEFINE_MINMAX(f64, double)
#define m_minimum(a, b)        M_EITHER(m_minimum, a)(a, b)
#define m_maximum(a, b)        M_EITHER(m_maximum, a)(a, b)
#define m_minimum_number(a, b) M_EITHER(m_minimum_number, a)(a, b)
#define m_maximum_number(a, b) M_EITHER(m_maximum_number, a)(a, b)

/* --- integers; values are zero- or sign-extended to 64 bits ----------------------------------- */

#define m_lesser(x, y)  ((x) < (y) ? (x) : (y))
#define m_greater(x, y) ((x) > (y) ? (x) : (y))

#define m_abs(x) (U(x) >> 63 && IS_SIGNED ? 0 - U(x) : U(x))

static inline uint64_t m_quotient(uint64_t a, uint64_t b, int is_signed)
{
    if (b == 0)
        return 0;
    if (!is_signed)
        return a / b;
    return b == UINT64_MAX ? 0 - a : (uint64_t)((int64_t)a / (int64_t)b); /* / -1 may overflow */
}

static inline uint64_t m_remainder(uint64_t a, uint64_t b, int is_signed)
{
    if (b == 0 || (is_signed && b == UINT64_MAX))
        return 0;
    return is_signed ? (uint64_t)((int64_t)a % (int64_t)b) : a % b;
}

static inline uint64_t m_rotl(uint64_t a, uint64_t b, unsigned bits)
{
    uint64_t mask = UINT64_MAX >> (64 - bits), value = a & mask;
    unsigned shift = (unsigned)(b % bits);
    return shift ? value << shift | value >> (bits - shift) : value;
}

/* Bits are counted in the element's own width, so that vector lanes stay narrow. */
#define M_DEFINE_COUNTS(bits, T)                                                                   \
    static inline T m_popcount_##bits(T x)                                                         \
    {                                                                                              \
        const T ones = (T)UINT64_MAX;                                                              \
        x = (T)(x - ((T)(x >> 1) & ones / 3));                                                     \
        x = (T)((x & ones / 5) + ((T)(x >> 2) & ones / 5));                                        \
        x = (T)((T)(x + (T)(x >> 4)) & ones / 17);                                                 \
        if (bits >= 16)                                                                            \
            x = (T)(x + (T)(x >> 8 % bits));                                                       \
        if (bits >= 32)                                                                            \
            x = (T)(x + (T)(x >> 16 % bits));                                                      \
        if (bits >= 64)                                                                            \
            x = (T)(x + (T)(x >> 32 % bits));                                                      \
        return x & 0x7f;                                                                           \
    }                                                                                              \
    static inline T m_clz_##bits(T x) /* sets every bit below the highest one */                   \
    {                                                                                              \
        x |= (T)(x >> 1);                                                                          \
        x |= (T)(x >> 2);                                                                          \
        x |= (T)(x >> 4);                                                                          \
        if (bits >= 16)                                                                            \
            x |= (T)(x >> 8 % bits);                                                               \
        if (bits >= 32)                                                                            \
            x |= (T)(x >> 16 % bits);                                                              \
        if (bits >= 64)                                                                            \
            x |= (T)(x >> 32 % bits);                                                              \
        return m_popcount_##bits((T)~x);                                                           \
    }
M_DEFINE_COUNTS(8, uint8_t)
M_DEFINE_COUNTS(16, uint16_t)
M_DEFINE_COUNTS(32, uint32_t)
M_DEFINE_COUNTS(64, uint64_t)
#define M_BY_WIDTH(name, a)                                                                        \
    _Generic((a), int8_t                                                                           \
             : name##_8((uint8_t)(a)), uint8_t                                                     \
             : name##_8((uint8_t)(a)), int16_t                                                     \
             : name##_16((uint16_t)(a)), uint16_t                                                  \
             : name##_16((uint16_t)(a)), int32_t                                                   \
             : name##_32((uint32_t)(a)), uint32_t                                                  \
             : name##_32((uint32_t)(a)), int64_t                                                   \
             : name##_64((uint64_t)(a)), uint64_t                                                  \
             : name##_64((uint64_t)(a)))
#define m_popcount(a) M_BY_WIDTH(m_popcount, a)
#define m_clz(a)      M_BY_WIDTH(m_clz, a)

/* --- transcendental: computed in the next wider type ------------------------------------------ */

#define M_WIDEN_1(name)                                                                            \
    static inline float m_##name##_f32(float a)                                                    \
    {                                                                                              \
        return (float)name((double)a);                                                             \
    }                                                                                              \
    static inline double m_##name##_f64(double a)                                                  \
    {                                                                                              \
        return (double)name##l((long double)a);                                                    \
    }
#define M_WIDEN_2(name)                                                                            \
    static inline float m_##name##_f32(float a, float b)                                           \
    {                                                                                              \
        return (float)name((double)a, (double)b);                                                  \
    }                                                                                              \
    static inline double m_##name##_f64(double a, double b)                                        \
    {                                                                                              \
        return (double)name##l((long double)a, (long double)b);                                    \
    }
M_WIDEN_1(exp)
M_WIDEN_1(exp2)
M_WIDEN_1(expm1)
M_WIDEN_1(log)
M_WIDEN_1(log2)
M_WIDEN_1(log10)
M_WIDEN_1(log1p)
M_WIDEN_1(sin)
M_WIDEN_1(cos)
M_WIDEN_1(tan)
M_WIDEN_1(asin)
M_WIDEN_1(acos)
M_WIDEN_1(atan)
M_WIDEN_1(sinh)
M_WIDEN_1(cosh)
M_WIDEN_1(tanh)
M_WIDEN_1(erf)
M_WIDEN_1(cbrt)
M_WIDEN_2(atan2)
M_WIDEN_2(hypot)

static inline float m_pow_f32(float a, float b)
{
    return (float)pow((double)a, (double)b);
}

static inline double m_pow_f64(double a, double b)
{
    if (isinf(a)) /* glibc's powl gives infinity for -infinity to the -2^63 */
        return pow(a, b);
    return (double)powl((long double)a, (long double)b);
}

static inline float m_sigmoid_f32(float a)
{
    return (float)(1 / (1 + exp(-(double)a)));
}

static inline double m_sigmoid_f64(double a)
{
    return (double)(1 / (1 + expl(-(long double)a)));
}

#define m_exp(a)      M_EITHER(m_exp, a)(a)
#define m_exp2(a)     M_EITHER(m_exp2, a)(a)
#define m_expm1(a)    M_EITHER(m_expm1, a)(a)
#define m_log(a)      M_EITHER(m_log, a)(a)
#define m_log2(a)     M_EITHER(m_log2, a)(a)
#define m_log10(a)    M_EITHER(m_log10, a)(a)
#define m_log1p(a)    M_EITHER(m_log1p, a)(a)
#define m_sin(a)      M_EITHER(m_sin, a)(a)
#define m_cos(a)      M_EITHER(m_cos, a)(a)
#define m_tan(a)      M_EITHER(m_tan, a)(a)
#define m_asin(a)     M_EITHER(m_asin, a)(a)
#define m_acos(a)     M_EITHER(m_acos, a)(a)
#define m_atan(a)     M_EITHER(m_atan, a)(a)
#define m_sinh(a)     M_EITHER(m_sinh, a)(a)
#define m_cosh(a)     M_EITHER(m_cosh, a)(a)
#define m_tanh(a)     M_EITHER(m_tanh, a)(a)
#define m_sigmoid(a)  M_EITHER(m_sigmoid, a)(a)
#define m_erf(a)      M_EITHER(m_erf, a)(a)
#define m_cbrt(a)     M_EITHER(m_cbrt, a)(a)
#define m_pow(a, b)   M_EITHER(m_pow, a)(a, b)
#define m_atan2(a, b) M_EITHER(m_atan2, a)(a, b)
#define m_hypot(a, b) M_EITHER(m_hypot, a)(a, b)

#endif
