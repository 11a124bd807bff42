/* simd/trig_large.c: x mod pi/2 for large x (Payne and Hanek, Radian reduction for trigonometric
 * functions, SIGNUM Newsletter 18, 1983), and sine, cosine and tangent of it (simd/trig_large.h).
 *
 * x = M 2^e with a whole M of 53 bits. Of the bits of 2/pi, those that times x make multiples of 4
 * are left out; 192 of the others leave an error of 2^-137 quarter turns, where no double comes
 * closer than about 2^-62 to a multiple of pi/2. */
#include "simd/trig_large.h"

#define D_NEVER_FUSED /* the same bits everywhere */
#include "simd/math_double.inc"
#include "simd/math_f64_trig.inc"

__extension__ typedef unsigned __int128 wide; /* of gcc and clang on all 64-bit machines */

/* 2/pi behind 64 zeros (tools/gen_two_over_pi.py) */
static const uint64_t two_over_pi[] = {
    0x0000000000000000, 0xa2f9836e4e441529, 0xfc2757d1f534ddc0, 0xdb6295993c439041,
    0xfe5163abdebbc561, 0xb7246e3a424dd2e0, 0x06492eea09d1921c, 0xfe1deb1cb129a73e,
    0xe88235f52ebb4484, 0xe99c7026b45f7e41, 0x3991d639835339f4, 0x9c845f8bbdf9283b,
    0x1ff897ffde05980f, 0xef2f118b5a0a6d1f, 0x6d367ecf27cb09b7, 0x4f463f669e5fea2d,
    0x7527bac7ebe5f17b, 0x3d0739f78a5292ea, 0x6bfb5fb11f8d5d08, 0x56033046fc7b6bab,
};

typedef struct turns { /* a fixed-point number of 192 bits, most significant word first */
    uint64_t word[3];
} turns;

/* |x| 2/pi modulo 4: two bits of whole quarter turns, then the fraction. For finite |x| >= 1. */
static turns quarter_turns(double x)
{
    const uint64_t bits = d_bits(x), mantissa = (bits & (UINT64_MAX >> 12)) | UINT64_C(1) << 52;
    const unsigned first = (unsigned)(bits >> 52 & 0x7ff) - 1075 - 2 + 64; /* bit of the table */
    const unsigned word = first / 64, shift = first % 64;
    turns product;
    uint64_t carry = 0;
    for (int i = 2; i >= 0; i--) {
        const uint64_t *at = &two_over_pi[word + (unsigned)i];
        const uint64_t part = shift ? at[0] << shift | at[1] >> (64 - shift) : at[0];
        const wide sum = (wide)part * mantissa + carry;
        product.word[i] = (uint64_t)sum;
        carry = (uint64_t)(sum >> 64);
    }
    return product;
}

static turns shifted_left(turns t, unsigned count)
{
    while (count >= 64) {
        t = (turns){{t.word[1], t.word[2], 0}};
        count -= 64;
    }
    if (count > 0)
        t = (turns){{t.word[0] << count | t.word[1] >> (64 - count),
                     t.word[1] << count | t.word[2] >> (64 - count), t.word[2] << count}};
    return t;
}

static turns negated(turns t)
{
    for (int i = 0; i < 3; i++)
        t.word[i] = ~t.word[i];
    for (int i = 2; i >= 0 && ++t.word[i] == 0; i--)
        continue;
    return t;
}

static unsigned leading_zeros(turns t)
{
    unsigned count = 0;
    while (count < 128 && !(t.word[count / 64] << count % 64 >> 63))
        count++;
    return count;
}

/* x = k pi/2 + r - excess, |r| <= pi/4, k modulo 4 */
static d_angle reduce(double x)
{
    const turns whole = quarter_turns(x);
    turns fraction = shifted_left(whole, 2);
    const uint64_t up = fraction.word[0] >> 63; /* nearer to the next multiple */
    uint64_t quadrant = (whole.word[0] >> 62) + up;
    if (up)
        fraction = negated(fraction);
    const unsigned zeros = leading_zeros(fraction);
    const turns normal = shifted_left(fraction, zeros);
    const double unit = d_from_bits((uint64_t)(1023 - zeros) << 52);
    const double hi = (double)(normal.word[0] >> 11) * 0x1p-53 * unit;
    const double lo = (double)(normal.word[0] << 53 | normal.word[1] >> 11) * 0x1p-117 * unit;
    const d_pair r = d_product(hi, D_HALF_PI.hi);
    const d_pair angle = d_fast_sum(r.hi, r.lo + (hi * D_HALF_PI.lo + lo * D_HALF_PI.hi));
    const double sign = (up != 0) != (x < 0) ? -1 : 1;
    if (x < 0)
        quadrant = 0 - quadrant;
    return (d_angle){angle.hi * sign, -angle.lo * sign, quadrant};
}

double weft_sin_large_f64(double a)
{
    if (!(d_magnitude(a) < D_INFINITY))
        return a - a;
    const d_angle angle = reduce(a);
    return d_sine_of_quadrant(angle, angle.quadrant);
}

double weft_cos_large_f64(double a)
{
    if (!(d_magnitude(a) < D_INFINITY))
        return a - a;
    const d_angle angle = reduce(a);
    return d_sine_of_quadrant(angle, angle.quadrant + 1);
}

double weft_tan_large_f64(double a)
{
    return d_magnitude(a) < D_INFINITY ? d_tangent(reduce(a)) : a - a;
}

float weft_sin_large_f32(float a)
{
    return (float)weft_sin_large_f64((double)a);
}

float weft_cos_large_f32(float a)
{
    return (float)weft_cos_large_f64((double)a);
}

float weft_tan_large_f32(float a)
{
    return (float)weft_tan_large_f64((double)a);
}
