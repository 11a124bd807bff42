/* tests/unit/test_convert.c: conversions between all pairs of types: all values of types of up to
 * 16 bits, special and random ones of the others, against tests/ops/expect_convert.c. */
#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdlib.h>
#include <weft/run.h>

#include "tests/ops/expect.h"
#include "tests/ops/machine.h"
#include "tests/ops/values.h"

enum { RANDOM = 20000, NEAR = 6 };

/* Values near the places where rounding and saturation decide: powers of two, and halfway between
 * neighbours of narrower types. */
static uint64_t edge(values_random *random, weft_dtype type)
{
    unsigned width = values_bits(type);
    uint64_t mask = UINT64_MAX >> (64 - width), bits = values_next(random);
    unsigned cut = (unsigned)values_below(random, width);
    bits = bits >> cut << cut; /* a few significant bits, then */
    switch (values_below(random, 4)) {
    case 0:
        bits += UINT64_C(1) << cut >> 1; /* exactly halfway to the next one */
        break;
    case 1:
        bits += (UINT64_C(1) << cut >> 1) + 1;
        break;
    case 2:
        bits += (UINT64_C(1) << cut >> 1) - 1;
        break;
    default:
        break;
    }
    return bits & mask;
}

/* Floats whose values lie in the range of integers: random significands, exponents from -5 to 70.
 */
static uint64_t in_range(values_random *random, weft_dtype type)
{
    uint64_t bits = values_next(random), exponent = values_below(random, 76);
    if (type == WEFT_F64)
        return (bits & ~(UINT64_C(0x7ff) << 52)) | (1018 + exponent) << 52;
    return ((bits & ~(UINT64_C(0xff) << 23)) | (122 + exponent) << 23) & UINT32_MAX;
}

static size_t sources(weft_dtype type, void **array)
{
    unsigned width = values_bits(type);
    bool all = width <= 16;
    size_t special = values_special_count(type);
    size_t n = all ? (size_t)1 << width : special + RANDOM;
    values_random random = {VALUES_SEED};
    *array = calloc(n, weft_dtype_size(type));
    cr_assert(*array);
    for (size_t i = 0; i < n; i++) {
        uint64_t bits = i;
        if (!all && i < special)
            bits = values_special(type, i);
        else if (!all)
            bits = i % 3 == 0              ? values_any(&random, type)
                   : i % 3 == 1            ? edge(&random, type)
                   : values_is_float(type) ? in_range(&random, type)
                                           : values_any(&random, type);
        values_set(type, *array, i, bits);
    }
    return n;
}

static void check_pair(weft_dtype to, weft_dtype from, void *x, size_t n)
{
    machine_text text = {"", 0};
    const char *t = weft_dtype_name(to), *f = weft_dtype_name(from);
    char tf = to == WEFT_BOOL ? 'p' : 'v', ff = from == WEFT_BOOL ? 'p' : 'v';
    unsigned failures = 0;
    machine_add(&text, ".space 1\n.in x %s\n.out y %s\nloop\nld.%s %c0, [x]\n", f, t, f, ff);
    machine_add(&text, "cvt.%s.%s %c0, %c0\nst.%s %c0, [y]\nend\nexit\n", t, f, tf, ff, t, tf);
    void *y = calloc(n, weft_dtype_size(to));
    cr_assert(y);
    weft_arg args[2] = {machine_array("x", from, x, (int64_t)n),
                        machine_array("y", to, y, (int64_t)n)};
    weft_program *program = machine_assemble(machine_context(0), text.text);
    machine_run(machine_context(0), program, args, 2);
    weft_program_release(program);
    for (size_t i = 0; i < n; i++) {
        uint64_t bits = values_get(from, x, i), got = values_get(to, y, i);
        uint64_t wanted = expect_convert(to, from, bits);
        if (got == wanted || (values_is_nan(to, got) && values_is_nan(to, wanted)))
            continue;
        if (++failures <= 5)
            cr_expect(false,
                      "cvt.%s.%s of 0x%" PRIx64 " gave 0x%" PRIx64 ", wanted 0x%" PRIx64
                      " (seed 0x%" PRIx64 ")",
                      t, f, bits, got, wanted, (uint64_t)VALUES_SEED);
    }
    cr_expect_eq(failures, 0, "cvt.%s.%s: %u wrong results", t, f, failures);
    free(y);
}

Test(convert, all_pairs)
{
    for (unsigned from = 1; from < WEFT_TYPE_COUNT; from++) {
        void *x;
        size_t n = sources((weft_dtype)from, &x);
        for (unsigned to = 1; to < WEFT_TYPE_COUNT; to++)
            check_pair((weft_dtype)to, (weft_dtype)from, x, n);
        free(x);
    }
}

/* The ways there and back that lose nothing. */
Test(convert, halves_survive_wider_types)
{
    static const weft_dtype wider[] = {WEFT_F32, WEFT_F64};
    for (int half = 0; half < 2; half++)
        for (int w = 0; w < 2; w++) {
            weft_dtype type = half ? WEFT_BF16 : WEFT_F16;
            const char *h = weft_dtype_name(type), *f = weft_dtype_name(wider[w]);
            static uint16_t x[65536], y[65536];
            machine_text text = {"", 0};
            for (unsigned i = 0; i < 65536; i++)
                x[i] = (uint16_t)i;
            machine_add(&text,
                        ".space 1\n.in x %s\n.out y %s\nloop\nld.%s v0, [x]\ncvt.%s.%s v1, v0\n"
                        "cvt.%s.%s v2, v1\nst.%s v2, [y]\nend\nexit\n",
                        h, h, h, f, h, h, f, h);
            weft_arg args[2] = {machine_array("x", type, x, 65536),
                                machine_array("y", type, y, 65536)};
            weft_program *program = machine_assemble(machine_context(0), text.text);
            machine_run(machine_context(0), program, args, 2);
            weft_program_release(program);
            for (unsigned i = 0; i < 65536; i++)
                if (values_is_nan(type, x[i]))
                    cr_expect(values_is_nan(type, y[i]), "%s 0x%x", h, i);
                else
                    cr_expect_eq(x[i], y[i], "%s 0x%x", h, i);
        }
}
