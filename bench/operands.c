/* bench/operands.c: see bench/operands.h. */
#include "bench/operands.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* Where a function's domain or its usual arguments are not [-100, 100]. NULL: all operations. */
static const struct {
    const char *operation;
    operand_range range[3];
} ranges[] = {
    {"exp", {{-10, 10}}},
    {"exp2", {{-10, 10}}},
    {"expm1", {{-10, 10}}},
    {"log", {{1e-3, 100}}},
    {"log2", {{1e-3, 100}}},
    {"log10", {{1e-3, 100}}},
    {"log1p", {{-0.9, 100}}},
    {"pow", {{1e-3, 10}, {-5, 5}}},
    {"sin", {{-10, 10}}},
    {"cos", {{-10, 10}}},
    {"tan", {{-10, 10}}},
    {"asin", {{-1, 1}}},
    {"acos", {{-1, 1}}},
    {"atan", {{-10, 10}}},
    {"sinh", {{-10, 10}}},
    {"cosh", {{-10, 10}}},
    {"tanh", {{-5, 5}}},
    {"sigmoid", {{-10, 10}}},
    {"erf", {{-4, 4}}},
    {"sqrt", {{0, 100}}},
    {"rsqrt", {{1e-3, 100}}},
    {"rem", {{-1000, 1000}, {0.5, 100}}},
    {"clamp", {{-100, 100}, {-50, 0}, {0, 50}}},
    {"sum", {{-1, 1}}},
    {"dot", {{-1, 1}, {-1, 1}}},
    {"prod", {{0.999, 1.001}}}, /* or the product leaves the type's range */
    {"cvt", {{-200, 200}}},
};

operand_range operand_range_of(const char *operation, int operand)
{
    for (size_t i = 0; i < sizeof ranges / sizeof ranges[0]; i++)
        if (strcmp(ranges[i].operation, operation) == 0 && ranges[i].range[operand].high > 0)
            return ranges[i].range[operand];
    return (operand_range){-100, 100};
}

static uint64_t random_bits(uint64_t *state) /* xorshift64*, Vigna 2016 */
{
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return *state * UINT64_C(2685821657736338717);
}

static uint16_t bf16_bits(float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return (uint16_t)(bits >> 16);
}

/* The f16 of a value within its normal range, cut off. */
static uint16_t f16_bits(float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    const uint32_t exponent = bits >> 23 & 0xff, sign = bits >> 16 & 0x8000;
    if (exponent < 113) /* below 2^-14 */
        return (uint16_t)sign;
    return (uint16_t)(sign | (exponent - 112) << 10 | (bits >> 13 & 0x3ff));
}

static uint64_t float_element(weft_dtype type, double value)
{
    const float single = (float)value;
    uint64_t bits = 0;
    if (type == WEFT_F64)
        memcpy(&bits, &value, sizeof value);
    else if (type == WEFT_F32)
        memcpy(&bits, &single, sizeof single);
    else
        bits = type == WEFT_BF16 ? bf16_bits(single) : f16_bits(single);
    return bits;
}

/* Integers of all magnitudes; divisors are not zero, and neither is what a scan could stop at. */
static uint64_t integer_element(const ops_case *c, int k, uint64_t random)
{
    const unsigned bits = 8 * (unsigned)weft_dtype_size(c->in[k]);
    if (c->in[k] == WEFT_BOOL) {
        const bool any = strcmp(c->operation, "any") == 0, all = strcmp(c->operation, "all") == 0;
        return any ? 0 : all ? 1 : random >> 63;
    }
    const uint64_t value = random >> (64 - bits + (random >> 8) % (bits - 1));
    return value ? value : 3;
}

void operands_fill(const ops_case *c, int k, void *to, size_t n)
{
    const operand_range range = operand_range_of(c->operation, k);
    const size_t size = weft_dtype_size(c->in[k]);
    const weft_dtype type = c->in[k];
    const bool floats =
        type == WEFT_F32 || type == WEFT_F64 || type == WEFT_F16 || type == WEFT_BF16;
    uint64_t state = 20261121 + (uint64_t)k;
    char *at = to;
    for (size_t i = 0; i < n; i++, at += size) {
        const uint64_t random = random_bits(&state);
        const double unit = (double)(random >> 11) / 9007199254740992.0; /* 2^53 */
        const uint64_t element =
            floats ? float_element(type, range.low + unit * (range.high - range.low))
                   : integer_element(c, k, random);
        memcpy(at, &element, size);
    }
}
