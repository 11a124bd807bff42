/* simd/lanes.h: the vocabulary in which simd/math_lanes.inc is written, for levels with a fused
 * multiply-add: vectors of f32, of their bits, of half as many f64, and of truth values. What
 * differs between the levels is in simd/lanes_*.h and means the same bits on all of them. Included
 * by one level each; everything is static. Operators work on vectors as gcc and clang define them.
 */
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#if defined(__AVX512F__)
#include "simd/lanes_avx512.h"
#elif defined(__AVX2__)
#include "simd/lanes_avx2.h"
#else
#include "simd/lanes_neon.h"
#endif

#if !defined(__AVX512F__)
/* What AVX-512 has instructions for. */
static inline lanes scaled(lanes x, lanes k)
{
    const lanes_i whole = whole_numbers(at_most(at_least(k, -252), 252));
    const lanes_i half = whole >> 1;
    return x * (lanes)((half + 127) << 23) * (lanes)((whole - half + 127) << 23);
}
static inline lanes split(lanes x, lanes *k)
{
    const lanes_m subnormal = less(x, spread(0x1p-126f));
    const lanes_u y = (lanes_u)pick(subnormal, x * spread(0x1p24f), x);
    const lanes_i power = (lanes_i)(y - 0x3f400000u) >> 23;
    *k = floats_of(power) - pick(subnormal, spread(24), spread(0));
    return (lanes)(y - ((lanes_u)power << 23));
}
#endif

static inline lanes_u bits(lanes x)
{
    return (lanes_u)x;
}
