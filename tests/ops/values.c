/* tests/ops/values.c: operands (values.h). */
#include "tests/ops/values.h"

#include <string.h>

uint64_t values_next(values_random *random) /* splitmix64 */
{
    uint64_t z = random->state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

uint64_t values_below(values_random *random, uint64_t n)
{
    return values_next(random) % n;
}

bool values_is_float(weft_dtype type)
{
    return type == WEFT_F16 || type == WEFT_BF16 || type == WEFT_F32 || type == WEFT_F64;
}

bool values_is_signed(weft_dtype type)
{
    return type == WEFT_I8 || type == WEFT_I16 || type == WEFT_I32 || type == WEFT_I64;
}

unsigned values_bits(weft_dtype type)
{
    return type == WEFT_BOOL ? 1 : 8 * (unsigned)weft_dtype_size(type);
}

static unsigned fraction_bits(weft_dtype type)
{
    return type == WEFT_F64 ? 52 : type == WEFT_F32 ? 23 : type == WEFT_F16 ? 10 : 7;
}

bool values_is_nan(weft_dtype type, uint64_t bits)
{
    unsigned width = values_bits(type), fraction = fraction_bits(type);
    uint64_t magnitude = bits & (UINT64_MAX >> (65 - width));
    uint64_t infinity = (UINT64_MAX >> (65 - width)) >> fraction << fraction;
    return values_is_float(type) && magnitude > infinity;
}

static uint64_t f64_bits(double x)
{
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

static uint64_t f32_bits(float x)
{
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

/* Of both float types that compute; whatever does not fit f32 becomes an infinity or a zero. */
static const double finite[] = {0.0,
                                1.0,
                                0.5,
                                2.0,
                                1.5,
                                2.5,
                                3.5,
                                0.49999999999999994,
                                0.3,
                                3.0,
                                7.0,
                                10.0,
                                100.0,
                                0.1,
                                1e-5,
                                1e-8,
                                1e-10,
                                1e-20,
                                1e-45,
                                1e-300,
                                1e5,
                                1e10,
                                1e20,
                                1e37,
                                1e300,
                                1.5707963267948966,
                                3.141592653589793,
                                0.7853981633974483,
                                2.718281828459045,
                                0.6931471805599453,
                                87.33654,
                                88.72284,
                                89.0,
                                103.97208,
                                104.0,
                                709.782712893384,
                                710.0,
                                745.1332191019411,
                                745.2,
                                127.0,
                                128.0,
                                149.0,
                                150.0,
                                1023.0,
                                1024.0,
                                1074.0,
                                1075.0,
                                8388607.5,
                                8388608.0,
                                16777216.0,
                                4503599627370495.5,
                                4503599627370496.0,
                                9007199254740992.0,
                                2147483647.0,
                                2147483648.0,
                                9223372036854775808.0,
                                18446744073709551616.0,
                                0x1.fffffep127,
                                0x1p-126,
                                0x1.fffffcp-127,
                                0x1p-149,
                                0x1.fffffffffffffp1023,
                                0x1p-1022,
                                0x0.fffffffffffffp-1022,
                                0x1p-1074,
                                0x1.0000000000001p0,
                                0x1.fffffffffffffp-1,
                                0x1.000002p0f,
                                0x1.fffffep-1f};
enum { FINITE = sizeof finite / sizeof finite[0], FLOATS = 2 * FINITE + 6 };

static uint64_t special_float(weft_dtype type, size_t i)
{
    unsigned fraction = fraction_bits(type), width = values_bits(type);
    uint64_t sign = (uint64_t)(i & 1) << (width - 1);
    uint64_t infinity = (UINT64_MAX >> (65 - width)) >> fraction << fraction;
    if (i < 2 * FINITE) {
        double x = finite[i / 2];
        return sign | (type == WEFT_F64 ? f64_bits(x) : f32_bits((float)x));
    }
    i -= 2 * FINITE;
    return sign | (i < 2   ? infinity
                   : i < 4 ? infinity | UINT64_C(1) << (fraction - 1) | 5 /* quiet */
                           : infinity | 3);                               /* signalling */
}

static const int64_t whole[] = {0,   1,    -1,    2,     -2,     3,      5,      7,        8,
                                15,  16,   31,    32,    33,     63,     64,     65,       100,
                                127, -128, 128,   -129,  255,    256,    -127,   32767,    -32768,
                                -7,  -63,  65535, 65536, -32769, 0x1234, -0x567, 16777217, 99999};
enum { WHOLE = sizeof whole / sizeof whole[0], SHIFTED = 12, INTEGERS = WHOLE + SHIFTED };

static uint64_t special_integer(weft_dtype type, size_t i)
{
    unsigned width = values_bits(type);
    uint64_t mask = UINT64_MAX >> (64 - width), highest = UINT64_C(1) << (width - 1);
    if (i < WHOLE)
        return (uint64_t)whole[i] & mask;
    const uint64_t shifted[SHIFTED] = {highest,
                                       highest - 1,
                                       highest + 1,
                                       mask,
                                       mask - 1,
                                       highest >> 1,
                                       UINT64_C(0x5555555555555555),
                                       UINT64_C(0xaaaaaaaaaaaaaaaa),
                                       UINT64_C(0x00ff00ff00ff00ff),
                                       UINT64_C(0x123456789abcdef0),
                                       (uint64_t)INT64_C(1) << 53,
                                       ((uint64_t)INT64_C(1) << 53) + 1};
    return shifted[i - WHOLE] & mask;
}

size_t values_special_count(weft_dtype type)
{
    return type == WEFT_BOOL ? 2 : values_is_float(type) ? FLOATS : INTEGERS;
}

uint64_t values_special(weft_dtype type, size_t i)
{
    if (type == WEFT_BOOL)
        return i & 1;
    if (type == WEFT_F16 || type == WEFT_BF16)
        return i * 0x1357 & 0xffff;
    return values_is_float(type) ? special_float(type, i) : special_integer(type, i);
}

static uint64_t any_float(values_random *random, weft_dtype type)
{
    uint64_t bits = values_next(random);
    double x = (double)(int64_t)bits * 0x1p-63; /* -1 to 1 */
    switch (values_below(random, 8)) {
    case 0:
    case 1:
        return type == WEFT_F64 ? bits : bits & UINT32_MAX;
    case 2:
        return values_special(type, (size_t)values_below(random, FLOATS));
    case 3:
        x = x * 10;
        break;
    case 4:
        x = x * 700;
        break;
    case 5:
        x = 1 + x * 0x1p-20;
        break;
    case 6:
        x = x * 0x1p-30;
        break;
    default:
        break;
    }
    return type == WEFT_F64 ? f64_bits(x) : f32_bits((float)x);
}

uint64_t values_any(values_random *random, weft_dtype type)
{
    if (type == WEFT_F32 || type == WEFT_F64)
        return any_float(random, type);
    uint64_t mask = UINT64_MAX >> (64 - values_bits(type)), bits = values_next(random);
    if (values_below(random, 4) == 0)
        return values_special(type, (size_t)values_below(random, values_special_count(type)));
    return bits >> (values_below(random, 3) ? 0 : values_below(random, 64)) & mask;
}

uint64_t values_get(weft_dtype type, const void *array, size_t i)
{
    size_t size = weft_dtype_size(type);
    const unsigned char *bytes = (const unsigned char *)array + i * size;
    uint64_t bits = 0;
    for (size_t k = 0; k < size; k++)
        bits |= (uint64_t)bytes[k] << (8 * k);
    return bits;
}

void values_set(weft_dtype type, void *array, size_t i, uint64_t bits)
{
    size_t size = weft_dtype_size(type);
    unsigned char *bytes = (unsigned char *)array + i * size;
    for (size_t k = 0; k < size; k++)
        bytes[k] = (unsigned char)(bits >> (8 * k));
}
