/* simd/meaning.h: the functions that the meanings in isa/ops.def call, generic over float and
 * double. This is the oracle: it is meant to be right and easy to read, not fast. Transcendental
 * functions of f32 are computed in double, those of f64 in long double (where that is wider), and
 * rounded once more, which leaves them within a little over half a unit in the last place. */
#ifndef WEFT_SIMD_MEANING_H
#define WEFT_SIMD_MEANING_H

#include <math.h>
#include <stdint.h>

#define M_EITHER(name, a) _Generic((a), float : name##_f32, double : name##_f64)

/* --- exact functions: the C library's are correctly rounded or bit operations -------------------
 */

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

/* Halves to even, whatever rounding mode the host has set. */
#define M_DEFINE_ROUND(tag, T, floor_)                                                             \
    static inline T m_round_even_##tag(T a)                                                        \
    {                                                                                              \
        T below = floor_(a), rest = a - below, even = below;                                       \
        if (!(rest >= (T)0 && rest <= (T)1)) /* infinity, NaN; 1 is what -1e-20 rounds to */       \
            return a;                                                                              \
        if (rest > (T)0.5 || (!(rest < (T)0.5) && floor_(below / 2) * 2 < below))                  \
            even = below + 1;                                                                      \
        return m_copysign(even, a); /* -0.3 gives -0 */                                            \
    }
M_DEFINE_ROUND(f32, float, floorf)
M_DEFINE_ROUND(f64, double, floor)
#define m_round_even(a) M_EITHER(m_round_even, a)(a)

/* IEEE-754-2019 minimum, maximum, minimumNumber, maximumNumber. */
#define M_DEFINE_MINMAX(tag, T)                                                                    \
    static inline T m_minimum_##tag(T a, T b)                                                      \
    {                                                                                              \
        if (m_unordered(a, b))                                                                     \
            return a + b;                                                                          \
        if (m_less(a, b) || (!m_less(b, a) && signbit(a)))                                         \
            return a;                                                                              \
        return b;                                                                                  \
    }                                                                                              \
    static inline T m_maximum_##tag(T a, T b)                                                      \
    {                                                                                              \
        if (m_unordered(a, b))                                                                     \
            return a + b;                                                                          \
        if (m_less(b, a) || (!m_less(a, b) && signbit(b)))                                         \
            return a;                                                                              \
        return b;                                                                                  \
    }                                                                                              \
    static inline T m_minimum_number_##tag(T a, T b)                                               \
    {                                                                                              \
        return isnan(a) ? b : isnan(b) ? a : m_minimum_##tag(a, b);                                \
    }                                                                                              \
    static inline T m_maximum_number_##tag(T a, T b)                                               \
    {                                                                                              \
        return isnan(a) ? b : isnan(b) ? a : m_maximum_##tag(a, b);                                \
    }
M_DEFINE_MINMAX(f32, float)
M_DEFINE_MINMAX(f64, double)
#define m_minimum(a, b)        M_EITHER(m_minimum, a)(a, b)
#define m_maximum(a, b)        M_EITHER(m_maximum, a)(a, b)
#define m_minimum_number(a, b) M_EITHER(m_minimum_number, a)(a, b)
#define m_maximum_number(a, b) M_EITHER(m_maximum_number, a)(a, b)

/* --- integers; values are zero- or sign-extended to 64 bits --------------------------------------
 */

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

static inline uint64_t m_popcount(uint64_t a, unsigned bits)
{
    uint64_t count = 0;
    for (unsigned i = 0; i < bits; i++)
        count += a >> i & 1;
    return count;
}

static inline uint64_t m_clz(uint64_t a, unsigned bits)
{
    uint64_t count = 0;
    while (count < bits && !(a >> (bits - 1 - count) & 1))
        count++;
    return count;
}

/* --- transcendental: computed in the next wider type ---------------------------------------------
 */

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
