/* cli/element.c: conversions between text and single elements of every type.
 * Neighbours: cli/element.h; the library converts arrays itself. */
#include "cli/element.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- f16 and bf16 ----------------------------------------------------------------------------- */

/* A binary format of 16 bits: a sign, exponent_bits, mantissa_bits. */
typedef struct narrow_format {
    int exponent_bits;
    int mantissa_bits;
} narrow_format;

static narrow_format format_of(weft_dtype type)
{
    return type == WEFT_F16 ? (narrow_format){5, 10} : (narrow_format){8, 7};
}

/* Rounds to nearest even; too large becomes infinity. */
static uint16_t narrow(narrow_format format, double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    uint16_t sign = (uint16_t)(bits >> 48 & 0x8000);
    int bias = (1 << (format.exponent_bits - 1)) - 1;
    uint64_t infinity = (uint64_t)(2 * bias + 1) << format.mantissa_bits;
    int exponent = (int)(bits >> 52 & 0x7ff) - 1023;
    uint64_t mantissa = bits & ((UINT64_C(1) << 52) - 1);
    if (isnan(value)) {
        return (uint16_t)(sign | infinity | UINT64_C(1) << (format.mantissa_bits - 1));
    }
    if (isinf(value) || exponent > bias) {
        return (uint16_t)(sign | infinity);
    }
    /* The exponent field counts from 1, and the leading bit of the mantissa adds that 1. */
    int shift = 52 - format.mantissa_bits;
    uint64_t field = 0;
    if (exponent < 1 - bias) {
        shift += 1 - bias - exponent;
    } else {
        field = (uint64_t)(exponent + bias - 1);
    }
    if (shift > 53) {
        return sign; /* below half of the smallest subnormal */
    }
    mantissa |= UINT64_C(1) << 52;
    uint64_t kept = mantissa >> shift;
    uint64_t rest = mantissa & ((UINT64_C(1) << shift) - 1);
    uint64_t half = UINT64_C(1) << (shift - 1);
    kept += rest > half || (rest == half && (kept & 1));
    return (uint16_t)(sign | ((field << format.mantissa_bits) + kept));
}

static double widen(narrow_format format, uint16_t bits)
{
    int bias = (1 << (format.exponent_bits - 1)) - 1;
    int field = bits >> format.mantissa_bits & (2 * bias + 1);
    int mantissa = bits & ((1 << format.mantissa_bits) - 1);
    double value;
    if (field == 2 * bias + 1) {
        value = mantissa ? (double)NAN : (double)INFINITY;
    } else if (field == 0) {
        value = ldexp(mantissa, 1 - bias - format.mantissa_bits);
    } else {
        value = ldexp(mantissa + (1 << format.mantissa_bits), field - bias - format.mantissa_bits);
    }
    return bits & 0x8000 ? -value : value;
}

/* --- text to element -------------------------------------------------------------------------- */

static bool only_space(const char *text)
{
    return text[strspn(text, " ")] == '\0';
}

/* A sign, then decimal digits or 0x and hexadecimal ones: magnitude and sign. */
static element_result parse_magnitude(const char *text, bool *negative, uint64_t *magnitude)
{
    char *end;
    *negative = *text == '-';
    text += *text == '-' || *text == '+';
    if (*text < '0' || *text > '9') {
        return ELEMENT_NOT_A_VALUE;
    }
    bool hexadecimal = text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
    errno = 0;
    unsigned long long value = strtoull(text, &end, hexadecimal ? 16 : 10);
    if (!only_space(end)) {
        return ELEMENT_NOT_A_VALUE;
    }
    *magnitude = value;
    return errno == ERANGE ? ELEMENT_OUT_OF_RANGE : ELEMENT_DONE;
}

static bool is_signed(weft_dtype type)
{
    return type == WEFT_I8 || type == WEFT_I16 || type == WEFT_I32 || type == WEFT_I64;
}

/* Stores the low bytes of `bits`, whatever the machine's byte order. */
static void store_integer(weft_dtype type, uint64_t bits, void *out)
{
    uint8_t u8 = (uint8_t)bits;
    uint16_t u16 = (uint16_t)bits;
    uint32_t u32 = (uint32_t)bits;
    switch (weft_dtype_size(type)) {
    case 1:
        memcpy(out, &u8, sizeof u8);
        break;
    case 2:
        memcpy(out, &u16, sizeof u16);
        break;
    case 4:
        memcpy(out, &u32, sizeof u32);
        break;
    default:
        memcpy(out, &bits, sizeof bits);
        break;
    }
}

static element_result parse_integer(weft_dtype type, const char *text, void *out)
{
    bool negative = false;
    uint64_t magnitude = 0;
    element_result result = parse_magnitude(text, &negative, &magnitude);
    if (result != ELEMENT_DONE) {
        return result;
    }
    size_t bits = 8 * weft_dtype_size(type);
    uint64_t largest = UINT64_MAX >> (64 - bits + (is_signed(type) ? 1 : 0));
    uint64_t lowest = is_signed(type) ? largest + 1 : 0; /* its magnitude */
    if (magnitude > (negative ? lowest : largest)) {
        return ELEMENT_OUT_OF_RANGE;
    }
    store_integer(type, negative ? 0 - magnitude : magnitude, out);
    return ELEMENT_DONE;
}

static element_result parse_bool(const char *text, void *out)
{
    static const char *const words[] = {"0", "1", "false", "true"};
    size_t length = strcspn(text, " ");
    for (size_t i = 0; i < 4; i++) {
        if (strlen(words[i]) == length && memcmp(words[i], text, length) == 0 &&
            only_space(text + length)) {
            *(uint8_t *)out = i & 1;
            return ELEMENT_DONE;
        }
    }
    return ELEMENT_NOT_A_VALUE;
}

static element_result parse_float(weft_dtype type, const char *text, void *out)
{
    char *end;
    double value = strtod(text, &end);
    if (end == text || !only_space(end)) {
        return ELEMENT_NOT_A_VALUE;
    }
    /* f32 is rounded from the text itself. An infinity that the text does not spell is an overflow.
     */
    float single = strtof(text, NULL);
    uint16_t bits = narrow(format_of(type), value);
    bool spelled = strpbrk(text, "iI") != NULL;
    bool infinite = type == WEFT_F64   ? isinf(value)
                    : type == WEFT_F32 ? isinf(single)
                                       : isinf(widen(format_of(type), bits));
    if (infinite && !spelled) {
        return ELEMENT_OUT_OF_RANGE;
    }
    if (type == WEFT_F64) {
        memcpy(out, &value, sizeof value);
    } else if (type == WEFT_F32) {
        memcpy(out, &single, sizeof single);
    } else {
        memcpy(out, &bits, sizeof bits);
    }
    return ELEMENT_DONE;
}

element_result element_parse(weft_dtype type, const char *text, void *out)
{
    text += strspn(text, " ");
    switch (type) {
    case WEFT_F16:
    case WEFT_BF16:
    case WEFT_F32:
    case WEFT_F64:
        return parse_float(type, text, out);
    case WEFT_BOOL:
        return parse_bool(text, out);
    default:
        return parse_integer(type, text, out);
    }
}

/* --- element to text -------------------------------------------------------------------------- */

/* The element as a double; exact for every float type. */
static double load_float(weft_dtype type, const void *bytes)
{
    double value;
    float single;
    uint16_t bits;
    switch (type) {
    case WEFT_F64:
        memcpy(&value, bytes, sizeof value);
        return value;
    case WEFT_F32:
        memcpy(&single, bytes, sizeof single);
        return (double)single;
    default:
        memcpy(&bits, bytes, sizeof bits);
        return widen(format_of(type), bits);
    }
}

/* Significant digits that are shown without an exponent. */
static int plain_digits(weft_dtype type)
{
    return type == WEFT_F64 ? 16 : type == WEFT_F32 ? 9 : 5;
}

static void format_float(weft_dtype type, const void *bytes, char text[ELEMENT_TEXT_MAX])
{
    double value = load_float(type, bytes);
    if (isnan(value)) {
        (void)snprintf(text, ELEMENT_TEXT_MAX, "nan");
        return;
    }
    /* 499500 rather than 4.995e+05: all digits before the point, if they are not too many. */
    int before_point = fabs(value) >= 1 && isfinite(value) ? 1 + (int)log10(fabs(value)) : 1;
    int least = before_point <= plain_digits(type) ? before_point : 1;
    for (int digits = least; digits <= 17; digits++) {
        unsigned char again[sizeof(double)];
        (void)snprintf(text, ELEMENT_TEXT_MAX, "%.*g", digits, value);
        if (element_parse(type, text, again) == ELEMENT_DONE &&
            memcmp(again, bytes, weft_dtype_size(type)) == 0) {
            return;
        }
    }
}

static void format_integer(weft_dtype type, const void *bytes, char text[ELEMENT_TEXT_MAX])
{
    uint8_t u8;
    uint16_t u16;
    uint32_t u32;
    uint64_t bits = 0;
    size_t size = weft_dtype_size(type);
    switch (size) {
    case 1:
        memcpy(&u8, bytes, sizeof u8);
        bits = u8;
        break;
    case 2:
        memcpy(&u16, bytes, sizeof u16);
        bits = u16;
        break;
    case 4:
        memcpy(&u32, bytes, sizeof u32);
        bits = u32;
        break;
    default:
        memcpy(&bits, bytes, sizeof bits);
        break;
    }
    uint64_t sign = UINT64_C(1) << (8 * size - 1);
    if (is_signed(type) && (bits & sign)) {
        (void)snprintf(text, ELEMENT_TEXT_MAX, "-%" PRIu64, (sign << 1) - bits);
    } else {
        (void)snprintf(text, ELEMENT_TEXT_MAX, "%" PRIu64, bits);
    }
}

void element_format(weft_dtype type, const void *bytes, char text[ELEMENT_TEXT_MAX])
{
    switch (type) {
    case WEFT_F16:
    case WEFT_BF16:
    case WEFT_F32:
    case WEFT_F64:
        format_float(type, bytes, text);
        break;
    case WEFT_BOOL:
        (void)snprintf(text, ELEMENT_TEXT_MAX, "%s", *(const uint8_t *)bytes ? "true" : "false");
        break;
    default:
        format_integer(type, bytes, text);
        break;
    }
}
