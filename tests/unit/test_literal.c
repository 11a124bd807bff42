/* tests/unit/test_literal.c: constants of the assembly language (isa/literal.h): what is written
 * reads back to the same bits for every type; limits, special spellings, and what is refused. */
#include "isa/literal.h"

#include <criterion/criterion.h>
#include <inttypes.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>

#include "tests/ops/expect.h"
#include "tests/ops/values.h"

static void check_survives(weft_dtype type, uint64_t bits)
{
    char text[WEFT_MAX_LITERAL + 1];
    uint64_t back = ~bits;
    memset(text, 'x', sizeof text);
    weft_literal_format(bits, type, text);
    size_t length = strnlen(text, sizeof text);
    cr_assert(length > 0 && length <= WEFT_MAX_LITERAL);
    const char *wrong = weft_literal_parse(text, length, type, &back);
    cr_expect(!wrong && back == bits, "%s 0x%" PRIx64 " is written '%s', which reads 0x%" PRIx64,
              weft_dtype_name(type), bits, text, back);
}

Test(literal, every_small_value_survives)
{
    for (unsigned type = 1; type < WEFT_TYPE_COUNT; type++)
        if (values_bits((weft_dtype)type) <= 16)
            for (uint64_t bits = 0; bits < UINT64_C(1) << values_bits((weft_dtype)type); bits++)
                check_survives((weft_dtype)type, bits);
}

Test(literal, large_values_survive)
{
    values_random random = {VALUES_SEED};
    for (unsigned type = 1; type < WEFT_TYPE_COUNT; type++) {
        for (size_t i = 0; i < values_special_count((weft_dtype)type); i++)
            check_survives((weft_dtype)type, values_special((weft_dtype)type, i));
        for (int i = 0; i < 5000; i++)
            check_survives((weft_dtype)type, values_any(&random, (weft_dtype)type));
    }
}

typedef struct reading {
    weft_dtype type;
    const char *text;
    uint64_t bits;
} reading;

Test(literal, readings)
{
    static const reading good[] = {
        {WEFT_I8, "127", 127},
        {WEFT_I8, "-128", 0x80},
        {WEFT_I8, "0x7f", 127},
        {WEFT_I8, "-0x80", 0x80},
        {WEFT_I8, "bits(0xff)", 0xff},
        {WEFT_U8, "255", 255},
        {WEFT_I16, "-1", 0xffff},
        {WEFT_U16, "0xffff", 0xffff},
        {WEFT_I32, "-2147483648", 0x80000000},
        {WEFT_U32, "4294967295", 0xffffffff},
        {WEFT_I64, "-9223372036854775808", UINT64_C(1) << 63},
        {WEFT_U64, "18446744073709551615", UINT64_MAX},
        {WEFT_BOOL, "true", 1},
        {WEFT_BOOL, "false", 0},
        {WEFT_BOOL, "1", 1},
        {WEFT_BOOL, "bits(0x0)", 0},
        {WEFT_F32, "1", 0x3f800000},
        {WEFT_F32, "-0", 0x80000000},
        {WEFT_F32, "-0.0", 0x80000000},
        {WEFT_F32, "0.1", 0x3dcccccd},
        {WEFT_F32, "16777217", 0x4b800000},              /* halfway: to even */
        {WEFT_F32, "16777217.000000000001", 0x4b800001}, /* rounded once, not by way of f64 */
        {WEFT_F32, "1e-50", 0},
        {WEFT_F32, "0x1p-149", 1},
        {WEFT_F32, "inf", 0x7f800000},
        {WEFT_F32, "-inf", 0xff800000},
        {WEFT_F32, "nan", 0x7fc00000},
        {WEFT_F32, "bits(0x7f800001)", 0x7f800001},
        {WEFT_F64, "0x1.8p1", UINT64_C(0x4008000000000000)},
        {WEFT_F64, "5e-324", 1},
        {WEFT_F64, "nan", UINT64_C(0x7ff8000000000000)},
        {WEFT_F16, "65504", 0x7bff},
        {WEFT_F16, "65519", 0x7bff},
        {WEFT_F16, "0.1", 0x2e66},
        {WEFT_F16, "-inf", 0xfc00},
        {WEFT_BF16, "1.0", 0x3f80},
        {WEFT_BF16, "3.14159", 0x4049},
        {WEFT_BF16, "bits(0xffff)", 0xffff},
    };
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        uint64_t bits = ~good[i].bits;
        const char *wrong =
            weft_literal_parse(good[i].text, strlen(good[i].text), good[i].type, &bits);
        cr_expect(!wrong && bits == good[i].bits, "%s as %s: 0x%" PRIx64 " %s", good[i].text,
                  weft_dtype_name(good[i].type), bits, wrong ? wrong : "");
    }
}

Test(literal, refusals)
{
    static const reading bad[] = {
        {WEFT_I8, "128", 0},
        {WEFT_I8, "-129", 0},
        {WEFT_U8, "256", 0},
        {WEFT_U8, "-1", 0},
        {WEFT_U8, "0x100", 0},
        {WEFT_I16, "32768", 0},
        {WEFT_U16, "65536", 0},
        {WEFT_I32, "2147483648", 0},
        {WEFT_U32, "4294967296", 0},
        {WEFT_I64, "9223372036854775808", 0},
        {WEFT_U64, "18446744073709551616", 0},
        {WEFT_U64, "99999999999999999999999", 0},
        {WEFT_I32, "1.5", 0},
        {WEFT_I32, "1e3", 0},
        {WEFT_I32, "", 0},
        {WEFT_I32, "-", 0},
        {WEFT_I32, "--1", 0},
        {WEFT_I32, "+1", 0},
        {WEFT_I32, " 1", 0},
        {WEFT_I32, "0x", 0},
        {WEFT_I32, "1x", 0},
        {WEFT_I32, "inf", 0},
        {WEFT_BOOL, "2", 0},
        {WEFT_BOOL, "yes", 0},
        {WEFT_BOOL, "TRUE", 0},
        {WEFT_BOOL, "bits(0x2)", 0},
        {WEFT_F32, "", 0},
        {WEFT_F32, "one", 0},
        {WEFT_F32, "1e39", 0}, /* infinity only where it is written */
        {WEFT_F32, "-1e39", 0},
        {WEFT_F64, "1e400", 0},
        {WEFT_F16, "65520", 0},
        {WEFT_BF16, "3.4e38", 0},
        {WEFT_F32, "1.0f", 0},
        {WEFT_F32, "1,5", 0},
        {WEFT_F32, "+1", 0},
        {WEFT_F32, " 1", 0},
        {WEFT_F32, "1 ", 0},
        {WEFT_F32, "1e", 0},
        {WEFT_F64, "--1", 0},
        {WEFT_F16, "bits(0x10000)", 0},
        {WEFT_F32, "bits(0x100000000)", 0},
        {WEFT_F64, "bits(0x10000000000000000)", 0},
        {WEFT_F64, "bits(0x)", 0},
        {WEFT_F64, "bits(12)", 0},
        {WEFT_F64, "bits(0x12", 0},
        {WEFT_F64, "bits(0x12))", 0},
        {WEFT_F64, "bits()", 0},
        {WEFT_I8, "bits(-0x1)", 0},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        uint64_t bits;
        const char *wrong =
            weft_literal_parse(bad[i].text, strlen(bad[i].text), bad[i].type, &bits);
        cr_expect(wrong && *wrong, "'%s' was taken as %s", bad[i].text,
                  weft_dtype_name(bad[i].type));
    }
}

/* The text need not end in NUL, and the longest constant is stated. */
Test(literal, length)
{
    uint64_t bits = 0;
    char zeros[80];
    memset(zeros, '0', sizeof zeros);
    cr_expect_null(weft_literal_parse("12345", 3, WEFT_I32, &bits));
    cr_expect_eq(bits, 123);
    cr_expect_null(weft_literal_parse(zeros, WEFT_MAX_LITERAL, WEFT_F64, &bits));
    cr_expect_eq(bits, 0);
    cr_expect_not_null(weft_literal_parse(zeros, WEFT_MAX_LITERAL + 1, WEFT_F64, &bits));
    cr_expect_not_null(weft_literal_parse("1\0002", 3, WEFT_I32, &bits));
    cr_expect_not_null(weft_literal_parse("1\0002", 3, WEFT_F32, &bits));
}

/* The fewest digits that read back: people will see these numbers. */
Test(literal, shortest_text)
{
    static const struct {
        weft_dtype type;
        uint64_t bits;
        const char *text;
    } some[] = {
        {WEFT_F32, 0x3dcccccd, "0.1"},
        {WEFT_F64, UINT64_C(0x3fb999999999999a), "0.1"},
        {WEFT_F16, 0x2e66, "0.1"},
        {WEFT_F32, 0x3f800000, "1"},
        {WEFT_F32, 0x80000000, "-0"},
        {WEFT_F32, 0x7f800000, "inf"},
        {WEFT_F32, 0x7fc00000, "nan"},
        {WEFT_F64, 1, "5e-324"},
        {WEFT_F32, 0x7fc00001, "bits(0x7fc00001)"},
        {WEFT_I8, 0x80, "-128"},
        {WEFT_U64, UINT64_MAX, "18446744073709551615"},
        {WEFT_BOOL, 1, "true"},
    };
    for (size_t i = 0; i < sizeof some / sizeof some[0]; i++) {
        char text[WEFT_MAX_LITERAL + 1];
        weft_literal_format(some[i].bits, some[i].type, text);
        cr_expect_str_eq(text, some[i].text);
    }
}

/* A process that writes decimal commas reads and writes points here. */
Test(literal, locale)
{
    static const char *const names[] = {"de_DE.UTF-8", "de_DE.utf8", "fr_FR.UTF-8", "de_DE"};
    bool set = false;
    for (size_t i = 0; i < 4 && !set; i++)
        set = setlocale(LC_ALL, names[i]) != NULL;
    char text[WEFT_MAX_LITERAL + 1];
    uint64_t bits = 0;
    weft_literal_format(UINT64_C(0x3ff8000000000000), WEFT_F64, text);
    cr_expect_str_eq(text, "1.5");
    cr_expect_null(weft_literal_parse("1.5", 3, WEFT_F64, &bits));
    cr_expect_eq(bits, UINT64_C(0x3ff8000000000000));
    cr_expect_not_null(weft_literal_parse("1,5", 3, WEFT_F64, &bits));
    if (set) /* the process's own locale is as it was */
        cr_expect_str_eq(localeconv()->decimal_point, ",");
}
