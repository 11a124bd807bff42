/* simd/lanes_avx512.h: the native vectors of simd/lanes.h at AVX-512 (F, DQ). */
#include <immintrin.h>

enum { FLOATS = 16 }; /* floats in a vector */

typedef __m512 lanes;
typedef uint32_t lanes_u __attribute__((vector_size(64)));
typedef int32_t lanes_i __attribute__((vector_size(64)));
typedef __mmask16 lanes_m;

static inline lanes load(const float *p)
{
    return _mm512_loadu_ps(p);
}
static inline void store(float *p, lanes x)
{
    _mm512_storeu_ps(p, x);
}
static inline lanes spread(float x)
{
    return _mm512_set1_ps(x);
}
static inline lanes fma_of(lanes a, lanes b, lanes c)
{
    return _mm512_fmadd_ps(a, b, c);
}
static inline lanes fnma_of(lanes a, lanes b, lanes c)
{
    return _mm512_fnmadd_ps(a, b, c);
}
static inline lanes at_least(lanes x, float bound)
{
    return _mm512_max_ps(spread(bound), x); /* the second operand where one is NaN */
}
static inline lanes at_most(lanes x, float bound)
{
    return _mm512_min_ps(spread(bound), x);
}
static inline lanes_u larger_bits(lanes_u a, lanes_u b)
{
    return (lanes_u)_mm512_max_epu32((__m512i)a, (__m512i)b);
}
static inline bool any_above(lanes_u a, uint32_t limit)
{
    return _mm512_cmpgt_epu32_mask((__m512i)a, _mm512_set1_epi32((int)limit)) != 0;
}
/* table[index % 32] */
static inline lanes lookup(const float table[32], lanes_u index)
{
    return _mm512_permutex2var_ps(_mm512_loadu_ps(table), (__m512i)index,
                                  _mm512_loadu_ps(table + 16));
}
static inline lanes floats_of(lanes_i x)
{
    return _mm512_cvtepi32_ps((__m512i)x);
}
static inline lanes_m less(lanes a, lanes b)
{
    return _mm512_cmp_ps_mask(a, b, _CMP_LT_OQ);
}
static inline lanes_m equal(lanes a, lanes b)
{
    return _mm512_cmp_ps_mask(a, b, _CMP_EQ_OQ);
}
static inline lanes_m odd(lanes_u a)
{
    return _mm512_test_epi32_mask((__m512i)a, _mm512_set1_epi32(1));
}
static inline lanes_m both(lanes_m a, lanes_m b)
{
    return _kand_mask16(a, b);
}
static inline lanes_m either(lanes_m a, lanes_m b)
{
    return _kor_mask16(a, b);
}
static inline lanes_m negated(lanes_m a)
{
    return _knot_mask16(a);
}
static inline lanes pick(lanes_m m, lanes yes, lanes no)
{
    return _mm512_mask_blend_ps(m, no, yes);
}
static inline lanes rounded(lanes x)
{
    return _mm512_roundscale_ps(x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
}
static inline lanes scaled(lanes x, lanes k)
{
    return _mm512_scalef_ps(x, k);
}
static inline lanes split(lanes x, lanes *k)
{
    const lanes m = _mm512_getmant_ps(x, _MM_MANT_NORM_p75_1p5, _MM_MANT_SIGN_src);
    const lanes e = _mm512_getexp_ps(x);
    *k = _mm512_mask_add_ps(e, less(m, spread(1)), e, spread(1));
    return m;
}
