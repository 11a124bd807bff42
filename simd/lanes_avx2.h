/* simd/lanes_avx2.h: the native vectors of simd/lanes.h at AVX2 and FMA. */
#include <immintrin.h>

enum { FLOATS = 8 }; /* floats in a vector */

typedef __m256 lanes;
typedef uint32_t lanes_u __attribute__((vector_size(32)));
typedef int32_t lanes_i __attribute__((vector_size(32)));
typedef __m256 lanes_m; /* the sign bit counts */

static inline lanes load(const float *p)
{
    return _mm256_loadu_ps(p);
}
static inline void store(float *p, lanes x)
{
    _mm256_storeu_ps(p, x);
}
static inline lanes spread(float x)
{
    return _mm256_set1_ps(x);
}
static inline lanes fma_of(lanes a, lanes b, lanes c)
{
    return _mm256_fmadd_ps(a, b, c);
}
static inline lanes fnma_of(lanes a, lanes b, lanes c)
{
    return _mm256_fnmadd_ps(a, b, c);
}
static inline lanes at_least(lanes x, float bound)
{
    return _mm256_max_ps(spread(bound), x); /* the second operand where one is NaN */
}
static inline lanes at_most(lanes x, float bound)
{
    return _mm256_min_ps(spread(bound), x);
}
static inline lanes_u larger_bits(lanes_u a, lanes_u b)
{
    return (lanes_u)_mm256_max_epu32((__m256i)a, (__m256i)b);
}
static inline bool any_above(lanes_u a, uint32_t limit)
{
    const __m256i most = _mm256_set1_epi32((int)limit);
    const __m256i within = _mm256_cmpeq_epi32(_mm256_max_epu32((__m256i)a, most), most);
    return _mm256_movemask_epi8(within) != -1;
}
/* table[index % 32] */
static inline lanes lookup(const float table[32], lanes_u index)
{
    return _mm256_i32gather_ps(table, (__m256i)(index & 31), sizeof(float));
}
static inline lanes_m less(lanes a, lanes b)
{
    return _mm256_cmp_ps(a, b, _CMP_LT_OQ);
}
static inline lanes_m equal(lanes a, lanes b)
{
    return _mm256_cmp_ps(a, b, _CMP_EQ_OQ);
}
static inline lanes_m odd(lanes_u a)
{
    return (lanes_m)(a << 31);
}
static inline lanes_m both(lanes_m a, lanes_m b)
{
    return _mm256_and_ps(a, b);
}
static inline lanes_m either(lanes_m a, lanes_m b)
{
    return _mm256_or_ps(a, b);
}
static inline lanes_m negated(lanes_m a)
{
    return (lanes_m) ~(lanes_u)a;
}
static inline lanes pick(lanes_m m, lanes yes, lanes no)
{
    return _mm256_blendv_ps(no, yes, m);
}
static inline lanes rounded(lanes x)
{
    return _mm256_round_ps(x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
}
static inline lanes_i whole_numbers(lanes x)
{
    return (lanes_i)_mm256_cvtps_epi32(x);
}
static inline lanes floats_of(lanes_i x)
{
    return _mm256_cvtepi32_ps((__m256i)x);
}
