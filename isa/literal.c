/* isa/literal.c: constants of the assembly language (isa/literal.h). strtod and printf read and
 * write in the C locale here, whatever the process has set. */
#include "isa/literal.h"

#include <errno.h>
#include <inttypes.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "isa/half.h"
#include "isa/isa.h"

typedef struct c_locale { /* this thread's locale while it reads or writes numbers */
    locale_t plain, before;
} c_locale;

static c_locale enter_c_locale(void)
{
    c_locale locale = {newlocale(LC_ALL_MASK, "C", (locale_t)0), (locale_t)0};
    if (locale.plain)
        locale.before = uselocale(locale.plain);
    return locale;
}

static void leave_c_locale(const c_locale *locale)
{
    if (!locale->plain)
        return;
    uselocale(locale->before);
    freelocale(locale->plain);
}

static uint64_t f32_bits(float x)
{
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

static uint64_t f64_bits(double x)
{
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

double weft_float_of_bits(weft_dtype type, uint64_t bits)
{
    float single;
    double value;
    uint32_t low = (uint32_t)bits;
    switch (type) {
    case WEFT_F16:
        return weft_f16_to_f64((uint16_t)bits);
    case WEFT_BF16:
        return weft_bf16_to_f64((uint16_t)bits);
    case WEFT_F32:
        memcpy(&single, &low, sizeof single);
        return (double)single;
    default:
        memcpy(&value, &bits, sizeof value);
        return value;
    }
}

/* The whole of `text` as a float of the type. NULL, or what is wrong with it. */
static const char *parse_float(const char *text, weft_dtype type, uint64_t *bits)
{
    char *end;
    double value;
    if (*text == '+' || *text == ' ')
        return "expected a number";
    if (type == WEFT_F32) {
        float single = strtof(text, &end);
        *bits = f32_bits(isnan(single) ? (float)NAN : single);
    } else {
        value = strtod(text, &end);
        *bits = type == WEFT_F16    ? weft_f16_from_f64(value)
                : type == WEFT_BF16 ? weft_bf16_from_f64(value)
                                    : f64_bits(isnan(value) ? (double)NAN : value);
    }
    if (end == text || *end)
        return "expected a number";
    value = weft_float_of_bits(type, *bits);
    if (isinf(value) && !strpbrk(text, "iI")) /* infinity only where it is written */
        return "the number does not fit the type";
    return NULL;
}

static const char *parse_integer(const char *text, weft_dtype type, uint64_t *bits)
{
    const char *digits = text + (*text == '-');
    bool negative = *text == '-', is_signed = weft_type_in(WEFT_MASK_SIGNED, type);
    char *end;
    errno = 0;
    bool hex = digits[0] == '0' && (digits[1] == 'x' || digits[1] == 'X');
    if (digits[0] < '0' || digits[0] > '9')
        return "expected a whole number";
    uint64_t value = strtoull(digits, &end, hex ? 16 : 10);
    if (*end)
        return "expected a whole number";
    unsigned width = 8 * (unsigned)weft_dtype_size(type);
    uint64_t top = UINT64_MAX >> (64 - width);
    uint64_t limit = is_signed ? (top >> 1) + negative : negative ? 0 : top;
    if (errno == ERANGE || value > limit)
        return "the number does not fit the type";
    *bits = (negative ? 0 - value : value) & top;
    return NULL;
}

static const char *parse_bits(const char *text, size_t length, weft_dtype type, uint64_t *bits)
{
    char *end;
    errno = 0;
    uint64_t value = strtoull(text + 5, &end, 16);
    if (strncmp(text + 5, "0x", 2) != 0 || end != text + length - 1 || *end != ')')
        return "expected bits(0x...)";
    uint64_t top = type == WEFT_BOOL ? 1 : UINT64_MAX >> (64 - 8 * (unsigned)weft_dtype_size(type));
    if (errno == ERANGE || value > top)
        return "the bits do not fit the type";
    *bits = value;
    return NULL;
}

static const char *parse_text(const char *text, size_t length, weft_dtype type, uint64_t *bits)
{
    if (strncmp(text, "bits(", 5) == 0)
        return parse_bits(text, length, type, bits);
    if (type == WEFT_BOOL) {
        bool yes = strcmp(text, "true") == 0 || strcmp(text, "1") == 0;
        if (!yes && strcmp(text, "false") != 0 && strcmp(text, "0") != 0)
            return "expected true or false";
        *bits = yes;
        return NULL;
    }
    if (weft_type_in(WEFT_MASK_INT, type))
        return parse_integer(text, type, bits);
    return parse_float(text, type, bits);
}

const char *weft_literal_parse(const char *text, size_t length, weft_dtype type, uint64_t *bits)
{
    char copy[WEFT_MAX_LITERAL + 1];
    if (length == 0 || length > WEFT_MAX_LITERAL)
        return length ? "the constant is too long" : "expected a constant";
    if (memchr(text, 0, length))
        return "expected a constant";
    memcpy(copy, text, length);
    copy[length] = 0;
    c_locale locale = enter_c_locale();
    const char *wrong = parse_text(copy, length, type, bits);
    leave_c_locale(&locale);
    return wrong;
}

static void format_float(uint64_t bits, weft_dtype type, char out[WEFT_MAX_LITERAL + 1])
{
    double value = weft_float_of_bits(type, bits);
    uint64_t back = 0;
    if (isnan(value)) {
        parse_float("nan", type, &back);
        snprintf(out, WEFT_MAX_LITERAL + 1, back == bits ? "nan" : "bits(0x%" PRIx64 ")", bits);
        return;
    }
    for (int digits = 1; digits <= 17; digits++) {
        snprintf(out, WEFT_MAX_LITERAL + 1, "%.*g", digits, value);
        if (!parse_float(out, type, &back) && back == bits)
            return;
    }
}

void weft_literal_format(uint64_t bits, weft_dtype type, char out[WEFT_MAX_LITERAL + 1])
{
    if (type == WEFT_BOOL) {
        snprintf(out, WEFT_MAX_LITERAL + 1, "%s", bits ? "true" : "false");
    } else if (weft_type_in(WEFT_MASK_SIGNED, type)) {
        unsigned shift = 64 - 8 * (unsigned)weft_dtype_size(type);
        snprintf(out, WEFT_MAX_LITERAL + 1, "%" PRId64, (int64_t)(bits << shift) >> shift);
    } else if (weft_type_in(WEFT_MASK_INT, type)) {
        snprintf(out, WEFT_MAX_LITERAL + 1, "%" PRIu64, bits);
    } else {
        c_locale locale = enter_c_locale();
        format_float(bits, type, out);
        leave_c_locale(&locale);
    }
}
