/* simd/lanes_neon.h: the native vectors of simd/lanes.h at NEON of aarch64. */
#include <arm_neon.h>

enum { FLOATS = 4 }; /* floats in a vector */

typedef float32x4_t lanes;
typedef uint32_t lanes_u __attribute__((vector_size(16)));
typedef int32_t lanes_i __attribute__((vector_size(16)));
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
static inline lanes fma_of(lanes a, lanes b, lanes c)
{
    return vfmaq_f32(c, a, b);
}
static inline lanes fnma_of(lanes a, lanes b, lanes c)
{
    return vfmsq_f32(c, a, b);
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
/* table[index % 32] */
static inline lanes lookup(const float table[32], lanes_u index)
{
    const lanes_u i = index & 31;
    const lanes r = {table[i[0]], table[i[1]], table[i[2]], table[i[3]]};
    return r;
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
static inline lanes_i whole_numbers(lanes x)
{
    return (lanes_i)vcvtnq_s32_f32(x);
}
static inline lanes floats_of(lanes_i x)
{
    return vcvtq_f32_s32((int32x4_t)x);
}
