/* tests/unit/test_math.c: the transcendental kernels of every level that this machine has, against
 * MPFR (tests/ops/expect.h) and the budgets of isa/ops.def: thousands of random points of several
 * distributions for each function and type, and the hard ones: next to multiples of pi/2, next to
 * 1, at the ends of the ranges. Levels with fused multiply-add must agree to the bit. All operand
 * forms, special values among each other: test_ops.c. */
#include <criterion/criterion.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "simd/levels.h"
#include "simd/trig_large.h"
#include "tests/ops/expect.h"
#include "tests/ops/values.h"

enum { POINTS = 40000, FEW = 4000 }; /* f64 and f32 */

/* The doubles next to multiples of pi/2, from the continued fractions of pi/2 2^-e. */
static const double near_quarters[] = {
    0x1.6c6cbc45dc8dep+5,         0x1.6c6cbc45dc8dep+6,   0x1.6c6cbc45dc8dep+7,
    0x1.6c6cbc45dc8dep+8,         0x1.6c6cbc45dc8dep+9,   0x1.6c6cbc45dc8dep+10,
    0x1.6c6cbc45dc8dep+11,        0x1.39c6fd67805a7p+18,  0x1.921fb54442d18p+0,
    0x1.6c6cbc45dc8dep+12,        0x1.39c6fd67805a7p+19,  0x1.921fb54442d18p+1,
    0x1.67e57cdd4dc54p+15,        0x1.6c6cbc45dc8dep+13,  0x1.b951f1572eba5p+23,
    0x1.b951f1572eba5p+24,        0x1.b951f1572eba5p+25,  0x1.b951f1572eba5p+26,
    0x1.065c829d68730p+39,        0x1.7512069b7430dp+47,  0x1.b951f1572eba5p+27,
    0x1.065c829d68730p+40,        0x1.7512069b7430dp+48,  0x1.5cba89af1f855p+51,
    0x1.9eb7148f354d6p+20,        0x1.b951f1572eba5p+28,  0x1.065c829d68730p+41,
    0x1.c3cfa4749cdd7p+58,        0x1.56a4aa740a5a7p+53,  0x1.de5e5054e921bp+34,
    0x1.6ac5b262ca1ffp+849,       0x1.6ac5b262ca1ffp+850, 0x1.504cac51f1eafp+131,
    0x1.6ac5b262ca1ffp+851,       0x1.e009c53148be1p+991, 0x1.4c96c11134d36p+577,
    0x1.cfe482285f8edp+860,       0x1.db41f3cb71d7bp+680, 0x1.e7e44a78ac18cp+197,
    0x1.c45cd11154dfdp+295,       0x1.504cac51f1eafp+132, 0x1.83009e2e9e2ebp+614,
    0x1.b2196364d750bp+253,       0x1.6ac5b262ca1ffp+852, 0x1.e009c53148be1p+992,
    0x1.69eab0985179bp+246,       0x1.4c96c11134d36p+578, 0x1.782b7a20df6d4p+67,
    0x1.66bd5424e5655p+90,        0x1.4117573397d42p+939, 0x1.cfe482285f8edp+861,
    0x1.61a3db8c8d129p+1021,      0x1.db41f3cb71d7bp+681, 0x1.8b28676cdcc5bp+555,
    6381956970095103.0 * 0x1p797,
};
enum { NEAR_QUARTERS = sizeof near_quarters / sizeof near_quarters[0] };

/* Where ranges end or ways part. */
static const double edges[] = {
    709.782712893384,
    709.7827128933841,
    -745.1332191019411,
    -745.1332191019412,
    -708.3964185322641,
    -708.3964185322642,
    1024,
    -1074,
    -1075,
    -1022,
    710.4758600739439,
    710.475860073944,
    36.7368005696771,
    -36.7368005696771,
    22,
    0.34657359027997264,
    0.3465735902799727,
    1.0397207708399179,
    -0.2876820724517809,
    0.5,
    0.70710678118654746,
    0.70710678118654757,
    1.4142135623730949,
    1.4142135623730951,
    0.41421356237309503,
    2.4142135623730949,
    5.9215871957945065,
    6,
    1,
    0x1.fffffffffffffp-1,
    0x1.0000000000001p0,
    0x1p-1022,
    0x0.fffffffffffffp-1022,
    0x1p-1074,
    0x1.fffffffffffffp1023,
    0x1p20,
    0x1.0000000000001p20,
    0x1.fffffffffffffp19,
    0x1p-54,
    0x1p-30,
    0x1p500,
    0x1p-500,
    0x1p53,
    0x1.0p-27,
};
enum { EDGES = sizeof edges / sizeof edges[0] };

/* --- points ----------------------------------------------------------------------------------- */

static double unit(values_random *random) /* -1 to 1 */
{
    return (double)(int64_t)values_next(random) * 0x1p-63;
}

static double spread(values_random *random, uint64_t exponents, int highest)
{
    return ldexp(unit(random), highest - (int)values_below(random, exponents));
}

static double any_argument(values_random *random)
{
    const uint64_t bits = values_next(random);
    double x;
    switch (values_below(random, 12)) {
    case 0:
    case 1:
        memcpy(&x, &bits, sizeof x);
        return x;
    case 2:
        return edges[values_below(random, EDGES)] * (1 + spread(random, 12, -42));
    case 3:
        return (double)(int64_t)values_below(random, 1 << 20) * 1.5707963267948966;
    case 4:
        return near_quarters[values_below(random, NEAR_QUARTERS)];
    case 5:
        return 1 + spread(random, 53, 0);
    case 6:
        return unit(random) * 750;
    case 7:
        return unit(random) * 10;
    case 8:
        return spread(random, 60, 30);
    case 9:
        return spread(random, 80, -1000);
    default:
        return unit(random) * 2;
    }
}

/* A second operand that meets the first where something happens. */
static double partner(values_random *random, const char *mnemonic, double x)
{
    const double y = any_argument(random);
    if (strcmp(mnemonic, "pow") != 0)
        return values_below(random, 3) ? x * (1 + unit(random)) * (1 + spread(random, 60, 30)) : y;
    const double log = log2(fabs(x));
    switch (values_below(random, 4)) {
    case 0:
        return y;
    case 1:
        return rint(unit(random) * 40) / 2;
    default:
        return isfinite(log) && log != 0 ? unit(random) * 1080 / log : y;
    }
}

static void store(weft_dtype type, void *array, size_t i, double x)
{
    if (type == WEFT_F64)
        ((double *)array)[i] = x;
    else
        ((float *)array)[i] = (float)x;
}

/* Every hard point with both signs first. */
static void fill(const char *mnemonic, weft_dtype type, void *a, void *b, size_t n)
{
    values_random random = {VALUES_SEED};
    for (size_t i = 0; i < n; i++) {
        const size_t hard = i / 2;
        double x = hard < NEAR_QUARTERS           ? near_quarters[hard]
                   : hard < NEAR_QUARTERS + EDGES ? edges[hard - NEAR_QUARTERS]
                                                  : any_argument(&random);
        x = i % 2 ? -x : x;
        if (strcmp(mnemonic, "pow") == 0 && values_below(&random, 4))
            x = fabs(x);
        store(type, a, i, x);
        store(type, b, i, partner(&random, mnemonic, x));
    }
}

/* --- checks ----------------------------------------------------------------------------------- */

typedef struct checked { /* one function of one type */
    const char *mnemonic;
    uint32_t op;
    weft_dtype type;
    double budget;
    unsigned operands, failures;
    double worst;
} checked;

static _Alignas(64) double first[POINTS], second[POINTS], results[WEFT_LEVEL_COUNT][POINTS];

static void judge(checked *f, const char *level, size_t i, uint64_t got)
{
    const uint64_t in[3] = {values_get(f->type, first, i), values_get(f->type, second, i), 0};
    double error;
    const bool right = expect_right(f->mnemonic, f->type, in, got, f->budget, &error);
    if (error > f->worst)
        f->worst = error;
    if (right || ++f->failures > 5)
        return;
    cr_expect(false, "%s.%s at %s of 0x%" PRIx64 ", 0x%" PRIx64 " gave 0x%" PRIx64 ", error %.3g",
              f->mnemonic, weft_dtype_name(f->type), level, in[0], in[1], got, error);
}

/* What an element gives depends on no other: one at a time, and as a scalar for all lanes. */
static void check_alone(const checked *f, const weft_kernel_table *level, const void *together)
{
    const size_t size = weft_dtype_size(f->type);
    const char *a = (const char *)first, *b = (const char *)second;
    for (size_t i = 0; i < 400; i++) {
        const uint64_t wanted = values_get(f->type, together, i);
        for (unsigned form = 0; form < (f->operands == 2 ? 3u : 1u); form++) {
            uint64_t y = 0;
            weft_kernel_find(level, f->op, f->type, form)(&y, a + i * size, b + i * size, NULL, 1);
            cr_expect(y == wanted || (values_is_nan(f->type, y) && values_is_nan(f->type, wanted)),
                      "%s.%s at %s alone, form %u, element %zu", f->mnemonic,
                      weft_dtype_name(f->type), level->name, form, i);
        }
    }
}

static void check_function(checked *f)
{
    const size_t n = f->type == WEFT_F64 ? POINTS : FEW, size = weft_dtype_size(f->type);
    fill(f->mnemonic, f->type, first, second, n);
    for (int l = WEFT_LEVEL_SCALAR; l < WEFT_LEVEL_COUNT; l++) {
        const weft_kernel_table *level = weft_level_kernels((weft_level)l, NULL);
        if (!level)
            continue;
        weft_kernel_find(level, f->op, f->type, 0)(results[l], first, second, NULL, n);
        check_alone(f, level, results[l]);
        for (size_t i = 0; i < n; i++) { /* what another level gave is judged already */
            const uint64_t got = values_get(f->type, results[l], i);
            bool known = false;
            for (int other = WEFT_LEVEL_SCALAR; other < l && !known; other++)
                known = weft_level_kernels((weft_level)other, NULL) &&
                        values_get(f->type, results[other], i) == got;
            if (!known)
                judge(f, level->name, i, got);
        }
    }
    if (weft_level_kernels(WEFT_LEVEL_AVX512, NULL))
        cr_expect(memcmp(results[WEFT_LEVEL_AVX2], results[WEFT_LEVEL_AVX512], n * size) == 0 ||
                      f->type ==
                          WEFT_F32, /* whose NaN may differ: test_kernels looks at the others */
                  "%s: avx2 and avx512 differ", f->mnemonic);
}

static void check_type(weft_dtype type)
{
    unsigned functions = 0;
    for (uint32_t i = 0; i < weft_op_count(); i++) {
        weft_op_info info;
        cr_assert_eq(weft_op(i, &info), WEFT_OK);
        if (strcmp(info.category, "transcendental") != 0)
            continue;
        checked f = {info.mnemonic, i, type, 0, strcmp(info.operands, "d, a") == 0 ? 1 : 2, 0, 0};
        f.budget = type == WEFT_F64 ? (double)info.ulp_f64 : (double)info.ulp_f32;
        check_function(&f);
        cr_expect(f.failures == 0, "%s.%s: %u wrong results", f.mnemonic, weft_dtype_name(type),
                  f.failures);
        functions++;
    }
    cr_expect_geq(functions, 22u);
}

Test(math, f64_at_every_level)
{
    check_type(WEFT_F64);
}

Test(math, f32_at_every_level)
{
    check_type(WEFT_F32);
}

/* --- arguments beyond the vector kernels ------------------------------------------------------ */

static const struct {
    const char *mnemonic;
    double (*wide)(double);
    float (*narrow)(float);
} large[] = {
    {"sin", weft_sin_large_f64, weft_sin_large_f32},
    {"cos", weft_cos_large_f64, weft_cos_large_f32},
    {"tan", weft_tan_large_f64, weft_tan_large_f32},
};

static void check_large(size_t function, double x)
{
    const double y = large[function].wide(x);
    const float narrow_x = (float)x, narrow_y = large[function].narrow(narrow_x);
    uint64_t in[3] = {0, 0, 0}, got = 0;
    memcpy(in, &x, sizeof x);
    memcpy(&got, &y, sizeof y);
    const double error = expect_float_error(large[function].mnemonic, WEFT_F64, in, got);
    cr_expect(error <= 1, "%s of %a gave %a, error %g", large[function].mnemonic, x, y, error);
    if (isinf(narrow_x))
        return;
    in[0] = got = 0;
    memcpy(in, &narrow_x, sizeof narrow_x);
    memcpy(&got, &narrow_y, sizeof narrow_y);
    const double small = expect_float_error(large[function].mnemonic, WEFT_F32, in, got);
    cr_expect(small < 0.500001, "%s of float %a gave %a, error %g", large[function].mnemonic,
              (double)narrow_x, (double)narrow_y, small);
}

Test(math, large_arguments)
{
    values_random random = {VALUES_SEED};
    for (size_t f = 0; f < sizeof large / sizeof large[0]; f++) {
        for (size_t i = 0; i < NEAR_QUARTERS; i++) {
            check_large(f, near_quarters[i]);
            check_large(f, -near_quarters[i]);
        }
        for (int e = 0; e < 1024; e++) { /* every exponent, the ends of its range too */
            check_large(f, ldexp(1, e));
            check_large(f, -ldexp(2 - 0x1p-52, e));
            check_large(f, ldexp(1.5 + unit(&random) / 2, e));
        }
        cr_expect(isnan(large[f].wide((double)INFINITY)) && isnan(large[f].wide((double)NAN)));
        cr_expect(isnan(large[f].narrow(-INFINITY)) && isnan(large[f].narrow(NAN)));
    }
}
