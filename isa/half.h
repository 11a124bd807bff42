/* isa/half.h: f16 and bf16 as bits, to and from double, rounded once (to nearest, ties to even). */
#ifndef WEFT_ISA_HALF_H
#define WEFT_ISA_HALF_H

#include <stdint.h>
#include <string.h>

/* x as a 16-bit float with `precision` significant bits and `exponent` exponent bits. */
static inline uint16_t weft_half_from_f64(double x, int precision, int exponent)
{
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    uint16_t sign = (uint16_t)(bits >> 63 << 15);
    int field = (int)(bits >> 52 & 0x7ff);
    uint64_t fraction = bits & ((UINT64_C(1) << 52) - 1);
    uint32_t infinity = ((1u << exponent) - 1) << (precision - 1);
    if (field == 0x7ff && fraction)
        return (uint16_t)(sign | infinity | 1u << (precision - 2));
    if (field == 0x7ff)
        return (uint16_t)(sign | infinity);
    if (field == 0)
        return sign; /* far below the smallest half */
    int e = field - 1023, lowest = 2 - (1 << (exponent - 1));
    int drop = 53 - precision + (e < lowest ? lowest - e : 0);
    if (drop > 53)
        return sign;
    uint64_t significand = fraction | UINT64_C(1) << 52;
    uint64_t kept = significand >> drop, rest = significand & ((UINT64_C(1) << drop) - 1);
    uint64_t half = UINT64_C(1) << (drop - 1);
    if (rest > half || (rest == half && (kept & 1)))
        kept++;
    /* The hidden bit of a normal number counts as one in the exponent field. */
    uint64_t code = kept + (e < lowest ? 0 : (uint64_t)(e - lowest) << (precision - 1));
    return (uint16_t)(sign | (code > infinity ? infinity : code));
}

static inline uint16_t weft_f16_from_f64(double x)
{
    return weft_half_from_f64(x, 11, 5);
}

static inline uint16_t weft_bf16_from_f64(double x)
{
    return weft_half_from_f64(x, 8, 8);
}

static inline double weft_bf16_to_f64(uint16_t bits)
{
    uint32_t wide = (uint32_t)bits << 16;
    float value;
    memcpy(&value, &wide, sizeof value);
    return (double)value;
}

static inline double weft_f16_to_f64(uint16_t bits)
{
    uint64_t sign = (uint64_t)(bits >> 15) << 63, fraction = bits & 0x3ffu, wide;
    unsigned field = bits >> 10 & 0x1fu;
    double value;
    if (field == 0) { /* zero or subnormal: fraction * 2^-24 */
        value = (double)fraction * 0x1p-24;
        return sign ? -value : value;
    }
    uint64_t exponent = field == 0x1f ? 0x7ff : field - 15u + 1023u;
    wide = sign | exponent << 52 | fraction << 42;
    memcpy(&value, &wide, sizeof value);
    return value;
}

#endif
