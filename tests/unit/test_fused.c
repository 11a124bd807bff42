/* tests/unit/test_fused.c: the fused operations (docs/isa.md, Fused) through the public API, for
 * every number of terms and with results over operands, against sums of MPFR products rounded in
 * the order that the page fixes; what each costs; that the direct API refuses them. */
#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <weft/ops.h>
#include <weft/run.h>

#include "tests/ops/expect.h"
#include "tests/ops/machine.h"
#include "tests/ops/values.h"

enum { ROWS = 517, STRIPS = 16, SCALARS = 16, RESULTS = 4 };

typedef struct subject { /* an operation with so many terms */
    const char *mnemonic;
    unsigned d, a, b, k;
} subject;

static const subject fixed[] = {{"affine3", 3, 3, 9, 0},
                                {"affine34", 3, 3, 12, 0},
                                {"qmul", 4, 4, 4, 0},
                                {"qmulr", 4, 4, 4, 0}};

/* --- what they should give -------------------------------------------------------------------- */

static uint64_t product(weft_dtype type, uint64_t x, uint64_t y)
{
    const uint64_t in[3] = {x, y, 0};
    return expect_result("mul", type, in);
}

static uint64_t term(weft_dtype type, uint64_t x, uint64_t y, uint64_t sum)
{
    const uint64_t in[3] = {x, y, sum};
    return expect_result("fma", type, in);
}

static uint64_t negated(weft_dtype type, uint64_t x)
{
    return x ^ UINT64_C(1) << (8 * weft_dtype_size(type) - 1);
}

/* Sign of the product of two quaternion units; the unit is the exclusive or of their numbers. */
static bool is_negative(unsigned i, unsigned j)
{
    if (i == 0 || j == 0)
        return false;
    return i == j || (j + 3 - i) % 3 == 2; /* xy = z, yz = x, zx = y */
}

static uint64_t quaternion(weft_dtype type, bool left, unsigned r, const uint64_t *a,
                           const uint64_t *b)
{
    uint64_t sum = 0;
    for (unsigned i = 0; i < 4; i++) {
        unsigned j = r ^ i;
        uint64_t c = (left ? is_negative(i, j) : is_negative(j, i)) ? negated(type, b[i]) : b[i];
        sum = i == 0 ? product(type, a[j], c) : term(type, a[j], c, sum);
    }
    return sum;
}

/* Result number r. */
static uint64_t expected(const subject *s, weft_dtype type, unsigned r, const uint64_t *a,
                         const uint64_t *b)
{
    uint64_t sum = 0;
    if (strncmp(s->mnemonic, "qmul", 4) == 0)
        return quaternion(type, strcmp(s->mnemonic, "qmul") == 0, r, a, b);
    if (strcmp(s->mnemonic, "horner") == 0) {
        sum = b[0];
        for (unsigned i = 1; i <= s->k; i++)
            sum = term(type, sum, a[0], b[i]);
        return sum;
    }
    unsigned width = s->b / s->d, terms = s->a;
    const uint64_t *row = b + r * width;
    for (unsigned i = 0; i < terms; i++)
        sum = i == 0 && width == terms ? product(type, a[i], row[i])
                                       : term(type, a[i], row[i], i ? sum : row[terms]);
    return sum;
}

/* --- running them ----------------------------------------------------------------------------- */

static void put_group(machine_text *text, const char *between, char file, unsigned first,
                      unsigned width)
{
    machine_add(text, "%s%c%u", between, file, first);
    if (width > 1)
        machine_add(text, "..%c%u", file, first + width - 1);
}

/* y = the operation of the first strips of x, with its result in registers from `first` on; the
 * operand is in v16 and on, the scalars in s40 and on. */
static weft_program *program_of(const subject *s, weft_dtype type, unsigned first,
                                uint32_t strip_length)
{
    machine_text text = {"", 0};
    const char *t = weft_dtype_name(type);
    machine_add(&text,
                ".in x %s[16]\n.uniform b %s[16]\n.out y %s[%u]\nlds.%s s40..s55, [b]\nloop\n"
                "lds.%s v16..v31, [x]\n%s.%s",
                t, t, t, s->d, t, t, s->mnemonic, t);
    put_group(&text, " ", 'v', first, s->d);
    put_group(&text, ", ", 'v', 16, s->a);
    put_group(&text, ", ", 's', 40, s->b);
    machine_add(&text, "\nsts.%s", t);
    put_group(&text, " ", 'v', first, s->d);
    machine_add(&text, ", [y]\nend\nexit\n");
    return machine_assemble(machine_context(strip_length), text.text);
}

static void run_once(const subject *s, weft_dtype type, unsigned first, uint32_t strip_length,
                     void *x, void *b, void *y)
{
    weft_program *program = program_of(s, type, first, strip_length);
    int64_t shape[2] = {ROWS, STRIPS}, results[2] = {ROWS, s->d}, scalars = SCALARS;
    weft_arg args[3];
    weft_arg_contiguous(&args[0], "x", type, x, 2, shape);
    weft_arg_contiguous(&args[1], "b", type, b, 1, &scalars);
    weft_arg_contiguous(&args[2], "y", type, y, s->d > 1 ? 2 : 1, results);
    machine_run(machine_context(strip_length), program, args, 3);
    weft_program_release(program);
}

static void judge(const subject *s, weft_dtype type, unsigned first, const void *x, const void *b,
                  const void *y)
{
    uint64_t strips[STRIPS], scalars[SCALARS];
    unsigned failures = 0;
    for (size_t i = 0; i < SCALARS; i++)
        scalars[i] = values_get(type, b, i);
    for (size_t row = 0; row < ROWS; row++) {
        for (size_t i = 0; i < STRIPS; i++)
            strips[i] = values_get(type, x, row * STRIPS + i);
        for (unsigned r = 0; r < s->d; r++) {
            uint64_t wanted = expected(s, type, r, strips, scalars);
            uint64_t got = values_get(type, y, row * s->d + r);
            if (got == wanted || (values_is_nan(type, got) && values_is_nan(type, wanted)))
                continue;
            cr_expect(failures++ > 3,
                      "%s.%s of %u terms into v%u, element %zu, result %u: 0x%" PRIx64
                      ", not 0x%" PRIx64 " (seed 0x%" PRIx64 ")",
                      s->mnemonic, weft_dtype_name(type), s->k, first, row, r, got, wanted,
                      (uint64_t)VALUES_SEED);
        }
    }
}

/* Values of all kinds: special ones in some runs, and ones whose sums cancel in others. */
static void fill(values_random *random, weft_dtype type, void *array, size_t n, bool special)
{
    for (size_t i = 0; i < n; i++) {
        uint64_t bits = values_any(random, type);
        double value = (double)(int64_t)(values_next(random) >> 40) / (1 << 22) - 2;
        float single = (float)value;
        if (!special && type == WEFT_F64)
            memcpy(&bits, &value, sizeof bits);
        else if (!special)
            memcpy(&bits, &single, sizeof single);
        values_set(type, array, i, special || type == WEFT_F64 ? bits : bits & UINT32_MAX);
    }
}

static void check_subject(const subject *s)
{
    static const unsigned places[] = {64, 16, 17, 15, 18};
    values_random random = {VALUES_SEED + s->k};
    char *x = calloc((size_t)ROWS * STRIPS, 8), *y = calloc((size_t)ROWS * RESULTS, 8);
    char b[SCALARS * 8];
    cr_assert(x && y);
    for (int type = WEFT_F32; type <= WEFT_F64; type++)
        for (size_t p = 0; p < sizeof places / sizeof places[0]; p++) {
            fill(&random, (weft_dtype)type, x, (size_t)ROWS * STRIPS, p == 1);
            fill(&random, (weft_dtype)type, b, SCALARS, p == 1 || p == 2);
            run_once(s, (weft_dtype)type, places[p], p % 2 ? 128 : 2048, x, b, y);
            judge(s, (weft_dtype)type, places[p], x, b, y);
        }
    free(x);
    free(y);
}

Test(fused, affine_maps_and_quaternions)
{
    for (size_t i = 0; i < sizeof fixed / sizeof fixed[0]; i++)
        check_subject(&fixed[i]);
}

Test(fused, dotk)
{
    for (unsigned k = 1; k <= 16; k++)
        check_subject(&(subject){"dotk", 1, k, k, k});
}

Test(fused, horner)
{
    for (unsigned k = 1; k <= 8; k++)
        check_subject(&(subject){"horner", 1, 1, k + 1, k});
}

/* --- cost, other ways in ---------------------------------------------------------------------- */

/* The least budget that a run of 100 elements needs. */
static uint64_t cost_of(const char *line)
{
    static float x[1600], b[16];
    machine_text text = {"", 0};
    int64_t shape[2] = {100, 16}, scalars = 16;
    weft_arg args[2];
    machine_add(&text,
                ".in x f32[16]\n.uniform b f32[16]\nlds.f32 s0..s15, [b]\nloop\n"
                "lds.f32 v0..v15, [x]\n%send\nexit\n",
                line);
    weft_arg_contiguous(&args[0], "x", WEFT_F32, x, 2, shape);
    weft_arg_contiguous(&args[1], "b", WEFT_F32, b, 1, &scalars);
    weft_program *program = machine_assemble(machine_context(0), text.text);
    weft_run_options options = {.size = sizeof options};
    weft_error error;
    uint64_t least = 0, most = 100000;
    while (least < most) {
        options.budget = least + (most - least) / 2;
        if (options.budget &&
            !weft_run_with(machine_context(0), program, args, 2, &options, &error))
            most = options.budget;
        else
            least = options.budget + 1;
    }
    weft_program_release(program);
    return least;
}

Test(fused, cost_is_the_number_of_products)
{
    uint64_t nothing = cost_of("");
    cr_expect_eq(cost_of("fma.f32 v0, v0, s0, s1\n") - nothing, 100);
    cr_expect_eq(cost_of("affine3.f32 v0..v2, v0..v2, s0..s8\n") - nothing, 900);
    cr_expect_eq(cost_of("affine34.f32 v0..v2, v0..v2, s0..s11\n") - nothing, 900);
    cr_expect_eq(cost_of("qmul.f32 v0..v3, v0..v3, s0..s3\n") - nothing, 1600);
    cr_expect_eq(cost_of("qmulr.f32 v0..v3, v0..v3, s0..s3\n") - nothing, 1600);
    cr_expect_eq(cost_of("dotk.f32 v0, v0, s0\n") - nothing, 100);
    cr_expect_eq(cost_of("dotk.f32 v0, v0..v15, s0..s15\n") - nothing, 1600);
    cr_expect_eq(cost_of("horner.f32 v0, v0, s0..s8\n") - nothing, 800);
}

Test(fused, every_row_is_tested_and_refused_by_the_direct_api)
{
    unsigned rows = 0;
    float x[4] = {0}, y[4] = {0};
    const void *inputs[3] = {x, x, x};
    for (uint32_t i = 0; i < weft_op_count(); i++) {
        weft_op_info info;
        cr_assert_eq(weft_op(i, &info), WEFT_OK);
        if (strcmp(info.category, "fused") != 0)
            continue;
        rows++;
        cr_expect_eq(weft_apply(i, WEFT_F32, y, inputs, 4), WEFT_ERR_ARG, "%s", info.mnemonic);
        cr_expect(strstr(info.operands, "b..."), "%s: %s", info.mnemonic, info.operands);
    }
    cr_expect_eq(rows, sizeof fixed / sizeof fixed[0] + 2);
}
