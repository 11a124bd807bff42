/* tests/ops/expect_convert.c: conversions between all types (expect.h): every value is a sign and a
 * whole significand times a power of two, and every format is written from that, rounded once. */
#include "tests/ops/expect.h"
#include "tests/ops/values.h"

typedef struct number {
    bool negative, nan, infinite;
    uint64_t significand; /* value: significand * 2^exponent */
    int exponent;
} number;

typedef struct layout { /* of a binary interchange format */
    unsigned fraction, exponent;
} layout;

static layout layout_of(weft_dtype type)
{
    switch (type) {
    case WEFT_F16:
        return (layout){10, 5};
    case WEFT_BF16:
        return (layout){7, 8};
    case WEFT_F32:
        return (layout){23, 8};
    default:
        return (layout){52, 11};
    }
}

static number read_float(weft_dtype type, uint64_t bits)
{
    layout f = layout_of(type);
    uint64_t fraction = bits & ((UINT64_C(1) << f.fraction) - 1);
    unsigned field = (unsigned)(bits >> f.fraction) & ((1u << f.exponent) - 1);
    number x = {bits >> (f.fraction + f.exponent) & 1, false, false, fraction, 0};
    int bias = (1 << (f.exponent - 1)) - 1;
    if (field == (1u << f.exponent) - 1) {
        x.nan = fraction != 0;
        x.infinite = fraction == 0;
        return x;
    }
    if (field > 0)
        x.significand |= UINT64_C(1) << f.fraction;
    x.exponent = (field > 0 ? (int)field : 1) - bias - (int)f.fraction;
    return x;
}

static number read_number(weft_dtype type, uint64_t bits)
{
    if (values_is_float(type))
        return read_float(type, bits);
    number x = {false, false, false, bits, 0};
    if (values_is_signed(type) && (bits >> (values_bits(type) - 1) & 1)) {
        x.negative = true;
        x.significand = (0 - bits) & (UINT64_MAX >> (64 - values_bits(type)));
    }
    return x;
}

/* One step coarser, remembering whether anything was lost. */
static void halve(number *x, bool *last, bool *before)
{
    *before = *before || *last;
    *last = x->significand & 1;
    x->significand >>= 1;
    x->exponent++;
}

static uint64_t write_float(weft_dtype type, number x)
{
    layout f = layout_of(type);
    int bias = (1 << (f.exponent - 1)) - 1, lowest = 1 - bias - (int)f.fraction;
    uint64_t sign = (uint64_t)x.negative << (f.fraction + f.exponent);
    uint64_t infinity = (uint64_t)((1u << f.exponent) - 1) << f.fraction;
    bool last = false, before = false; /* the bit below the last one, and any below that */
    if (x.nan)
        return infinity | UINT64_C(1) << (f.fraction - 1);
    if (x.infinite)
        return sign | infinity;
    if (x.significand == 0)
        return sign;
    while (x.significand >> (f.fraction + 1))
        halve(&x, &last, &before);
    while (x.exponent < lowest && (x.significand || last || before)) {
        halve(&x, &last, &before);
        if (!x.significand && !last)
            break; /* far below: zero */
    }
    while (!(x.significand >> f.fraction) && x.exponent > lowest) {
        x.significand <<= 1; /* exact: nothing was cut where this is needed */
        x.exponent--;
    }
    if (last && (before || (x.significand & 1)))
        x.significand++;
    if (x.significand >> (f.fraction + 1)) {
        x.significand >>= 1;
        x.exponent++;
    }
    if (!(x.significand >> f.fraction))
        return sign | x.significand; /* subnormal or zero */
    int field = x.exponent - lowest + 1;
    if (field >= (1 << f.exponent) - 1)
        return sign | infinity;
    return sign | (uint64_t)field << f.fraction |
           (x.significand & ((UINT64_C(1) << f.fraction) - 1));
}

/* From a float: cut towards zero, saturated; NaN is 0. */
static uint64_t write_integer(weft_dtype type, number x)
{
    unsigned width = values_bits(type);
    uint64_t mask = UINT64_MAX >> (64 - width), highest = mask, magnitude = x.significand;
    if (values_is_signed(type))
        highest = (mask >> 1) + x.negative;
    else if (x.negative)
        highest = 0;
    if (x.nan)
        return 0;
    for (; x.exponent < 0 && magnitude; x.exponent++)
        magnitude >>= 1;
    for (; x.exponent > 0 && magnitude && magnitude <= highest / 2; x.exponent--)
        magnitude <<= 1;
    if (x.infinite || magnitude > highest || (magnitude && x.exponent > 0))
        magnitude = highest;
    return (x.negative ? 0 - magnitude : magnitude) & mask;
}

uint64_t expect_convert(weft_dtype to, weft_dtype from, uint64_t bits)
{
    number x = read_number(from, bits);
    if (to == WEFT_BOOL)
        return x.nan || x.infinite || x.significand != 0;
    if (values_is_float(to))
        return write_float(to, x);
    if (values_is_float(from))
        return write_integer(to, x);
    uint64_t magnitude = x.negative ? 0 - x.significand : x.significand; /* wraps */
    return magnitude & (UINT64_MAX >> (64 - values_bits(to)));
}
