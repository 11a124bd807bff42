/* simd/lanes_neon.h: the native vectors of simd/lanes.h at NEON of aarch64. */
#include <arm_neon.h>

enum { FLOATS = 4 }; /* floats in a vector */

typedef float32x4_t lanes;
typedef uint32_t lanes_u __attribute__((vector_size(16)));
typedef int32_t lanes_i __attribute__((vector_size(16)));
typedef float64x2_t lanes_d;
typedef uint32x4_t lanes_m; /* all bits of a lane */

static inline lanes load(const float *p)
{
    return vld1q_f32(p);
}
static inline void store(float *p, lanes x)
{
    vst1q_f32(p, x);
}
static inline lanes spread(float x)
{
    return vdupq_n_f32(x);
}
static inline lanes_d spread_d(double x)
{
    return vdupq_n_f64(x);
}
static inline lanes fma_of(lanes a, lanes b, lanes c)
{
    return vfmaq_f32(c, a, b);
}
static inline lanes fnma_of(lanes a, lanes b, lanes c)
{
    return vfmsq_f32(c, a, b);
}
static inline lanes_d fma_d(lanes_d a, lanes_d b, lanes_d c)
{
    return vfmaq_f64(c, a, b);
}
static inline lanes at_least(lanes x, float bound)
{
    return vmaxq_f32(x, spread(bound)); /* NaN where one is */
}
static inline lanes at_most(lanes x, float bound)
{
    return vminq_f32(x, spread(bound));
}
static inline lanes_u larger_bits(lanes_u a, lanes_u b)
{
    return (lanes_u)vmaxq_u32((uint32x4_t)a, (uint32x4_t)b);
}
static inline bool any_above(lanes_u a, uint32_t limit)
{
    return vmaxvq_u32((uint32x4_t)a) > limit;
}
static inline lanes_m less(lanes a, lanes b)
{
    return vcltq_f32(a, b);
}
static inline lanes_m equal(lanes a, lanes b)
{
    return vceqq_f32(a, b);
}
static inline lanes_m odd(lanes_u a)
{
    return vtstq_u32((uint32x4_t)a, vdupq_n_u32(1));
}
static inline lanes_m both(lanes_m a, lanes_m b)
{
    return vandq_u32(a, b);
}
static inline lanes_m either(lanes_m a, lanes_m b)
{
    return vorrq_u32(a, b);
}
static inline lanes_m negated(lanes_m a)
{
    return vmvnq_u32(a);
}
static inline lanes pick(lanes_m m, lanes yes, lanes no)
{
    return vbslq_f32(m, yes, no);
}
static inline lanes rounded(lanes x)
{
    return vrndnq_f32(x);
}
static inline lanes_d rounded_d(lanes_d x)
{
    return vrndnq_f64(x);
}
static inline lanes_d low_half(lanes x)
{
    return vcvt_f64_f32(vget_low_f32(x));
}
static inline lanes_d high_half(lanes x)
{
    return vcvt_high_f64_f32(x);
}
static inline lanes join(lanes_d low, lanes_d high)
{
    return vcvt_high_f32_f64(vcvt_f32_f64(low), high);
}
static inline lanes_i whole_numbers(lanes x)
{
    return (lanes_i)vcvtnq_s32_f32(x);
}
static inline lanes floats_of(lanes_i x)
{
    return vcvtq_f32_s32((int32x4_t)x);
}
