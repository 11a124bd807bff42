/* tests/unit/test_moments.c: weft_mean and weft_var of the direct API against MPFR, which adds the
 * same values exactly: hard data (large offsets, cancellation, wide ranges), all kinds of lengths,
 * nothing, one value, infinities and NaN, and what NumPy gives for degrees of freedom. */
#include <criterion/criterion.h>
#include <float.h>
#include <math.h>
#include <mpfr.h>
#include <stdio.h>
#include <stdlib.h>
#include <weft/ops.h>

#include "tests/ops/values.h"

enum {
    LONGEST = 40000,
    PRECISION = 2400 /* bits: any sum of doubles of moderate range is exact */
};

static const size_t lengths[] = {1,    2,    3,    31,   32,    33,    127,          128,    129,
                                 1000, 4095, 4096, 4097, 12288, 20481, 3 * 4096 + 5, LONGEST};
enum { LENGTHS = sizeof lengths / sizeof lengths[0] };

typedef struct exact { /* of n values */
    double mean, squares, magnitude;
} exact;

/* Mean, sum of squared differences from it, mean magnitude. */
static exact exact_of(const double *x, size_t n)
{
    exact e;
    mpfr_t mean, sum, part;
    mpfr_inits2(PRECISION, mean, sum, part, (mpfr_ptr)NULL);
    mpfr_set_zero(mean, 1);
    mpfr_set_zero(sum, 1);
    for (size_t i = 0; i < n; i++) {
        mpfr_add_d(mean, mean, x[i], MPFR_RNDN);
        mpfr_add_d(sum, sum, fabs(x[i]), MPFR_RNDN);
    }
    mpfr_div_ui(mean, mean, n, MPFR_RNDN);
    mpfr_div_ui(sum, sum, n, MPFR_RNDN);
    e.magnitude = mpfr_get_d(sum, MPFR_RNDN);
    e.mean = mpfr_get_d(mean, MPFR_RNDN);
    mpfr_set_zero(sum, 1);
    for (size_t i = 0; i < n; i++) {
        mpfr_d_sub(part, x[i], mean, MPFR_RNDN);
        mpfr_sqr(part, part, MPFR_RNDN);
        mpfr_add(sum, sum, part, MPFR_RNDN);
    }
    e.squares = mpfr_get_d(sum, MPFR_RNDN);
    mpfr_clears(mean, sum, part, (mpfr_ptr)NULL);
    return e;
}

typedef double maker(values_random *random, size_t i);

static double unit(values_random *random)
{
    return (double)(values_next(random) >> 11) * 0x1p-53;
}

static double plain(values_random *random, size_t i)
{
    (void)i;
    return unit(random) - 0.5;
}

static double offset(values_random *random, size_t i)
{
    (void)i;
    return 1e7 + unit(random);
}

static double far_offset(values_random *random, size_t i)
{
    (void)i;
    return -0x1p40 + unit(random); /* f32: all the same, or two values */
}

static double wide(values_random *random, size_t i)
{
    (void)i;
    return ldexp(unit(random) - 0.5, (int)values_below(random, 60) - 30);
}

static double alternating(values_random *random, size_t i)
{
    return (i % 2 ? 1e12 : -1e12) + unit(random);
}

static double equal(values_random *random, size_t i)
{
    (void)random, (void)i;
    return 0.1;
}

static maker *const makers[] = {plain, offset, far_offset, wide, alternating, equal};
enum { MAKERS = sizeof makers / sizeof makers[0] };

static void check_f32(const float *x, const double *as_double, size_t n, unsigned which)
{
    const exact e = exact_of(as_double, n);
    float mean, variance;
    cr_assert(weft_mean_f32(&mean, x, n) == WEFT_OK);
    cr_expect(fabs((double)mean - e.mean) <=
                  0.51 * FLT_EPSILON * fabs(e.mean) + 50 * DBL_EPSILON * e.magnitude,
              "mean of data %u, n %zu: %.9g, not %.9g", which, n, (double)mean, e.mean);
    for (size_t ddof = 0; ddof < 2 && ddof < n; ddof++) {
        const double wanted = e.squares / (double)(n - ddof);
        cr_assert(weft_var_f32(&variance, x, ddof, n) == WEFT_OK);
        cr_expect(fabs((double)variance - wanted) <= 0.51 * FLT_EPSILON * wanted,
                  "variance of data %u, n %zu, ddof %zu: %.9g, not %.9g", which, n, ddof,
                  (double)variance, wanted);
    }
}

static void check_f64(const double *x, size_t n, unsigned which)
{
    const exact e = exact_of(x, n);
    double mean, variance, sum;
    cr_assert(weft_mean_f64(&mean, x, n) == WEFT_OK);
    cr_assert(weft_sum_f64(&sum, x, n) == WEFT_OK);
    cr_expect(mean == sum / (double)n, "the mean is the sum over n");
    cr_expect(fabs(mean - e.mean) <= 50 * DBL_EPSILON * e.magnitude,
              "mean of data %u, n %zu: %.17g, not %.17g", which, n, mean, e.mean);
    for (size_t ddof = 0; ddof < 2 && ddof < n; ddof++) {
        const double wanted = e.squares / (double)(n - ddof);
        cr_assert(weft_var_f64(&variance, x, ddof, n) == WEFT_OK);
        cr_expect(fabs(variance - wanted) <= 60 * DBL_EPSILON * wanted + 1e-300,
                  "variance of data %u, n %zu, ddof %zu: %.17g, not %.17g (%.3g)", which, n, ddof,
                  variance, wanted, variance / wanted - 1);
    }
}

Test(moments, against_exact_sums)
{
    static double x[LONGEST], rounded[LONGEST];
    static float single[LONGEST];
    values_random random = {VALUES_SEED};
    for (unsigned m = 0; m < MAKERS; m++)
        for (size_t l = 0; l < LENGTHS; l++) {
            for (size_t i = 0; i < lengths[l]; i++) {
                x[i] = makers[m](&random, i);
                single[i] = (float)x[i];
                rounded[i] = (double)single[i];
            }
            check_f64(x, lengths[l], m);
            check_f32(single, rounded, lengths[l], m);
        }
}

Test(moments, nothing_and_one)
{
    float f = 1;
    double d = 1;
    cr_expect(weft_mean_f32(&f, NULL, 0) == WEFT_OK && isnan(f));
    cr_expect(weft_mean_f64(&d, NULL, 0) == WEFT_OK && isnan(d));
    f = 1, d = 1;
    cr_expect(weft_var_f32(&f, NULL, 0, 0) == WEFT_OK && isnan(f));
    cr_expect(weft_var_f64(&d, NULL, 1, 0) == WEFT_OK && isnan(d));
    const double one[2] = {3.5, 4.5};
    cr_expect(weft_mean_f64(&d, one, 1) == WEFT_OK && d == 3.5);
    cr_expect(weft_var_f64(&d, one, 0, 1) == WEFT_OK && d == 0);
    cr_expect(weft_var_f64(&d, one, 1, 1) == WEFT_OK && isnan(d)); /* 0 / 0 */
    cr_expect(weft_var_f64(&d, one, 2, 2) == WEFT_OK && isinf(d)); /* 0.5 / 0 */
    cr_expect(weft_var_f64(&d, one, SIZE_MAX, 2) == WEFT_OK && isinf(d));
    cr_expect(weft_var_f64(&d, one, 1, 2) == WEFT_OK && d == 0.5);
}

Test(moments, infinities_and_nan)
{
    float x[300], r;
    for (int place = 0; place < 300; place += 37) {
        for (int i = 0; i < 300; i++)
            x[i] = (float)i;
        x[place] = INFINITY;
        cr_expect(weft_mean_f32(&r, x, 300) == WEFT_OK && isinf(r) && r > 0);
        cr_expect(weft_var_f32(&r, x, 0, 300) == WEFT_OK && isnan(r));
        x[(place + 5) % 300] = -INFINITY;
        cr_expect(weft_mean_f32(&r, x, 300) == WEFT_OK && isnan(r));
        x[place] = x[(place + 5) % 300] = 0;
        x[place] = NAN;
        cr_expect(weft_mean_f32(&r, x, 300) == WEFT_OK && isnan(r));
        cr_expect(weft_var_f32(&r, x, 1, 300) == WEFT_OK && isnan(r));
    }
    for (int i = 0; i < 300; i++)
        x[i] = FLT_MAX; /* whose sum is no float */
    cr_expect(weft_mean_f32(&r, x, 300) == WEFT_OK && r == FLT_MAX);
    cr_expect(weft_var_f32(&r, x, 0, 300) == WEFT_OK && r == 0);
}

Test(moments, arguments)
{
    float f = 5, x[2] = {1, 2};
    cr_expect(weft_mean_f32(NULL, x, 2) == WEFT_ERR_ARG);
    cr_expect(weft_var_f32(NULL, x, 0, 2) == WEFT_ERR_ARG);
    cr_expect(weft_mean_f32(&f, NULL, 2) == WEFT_ERR_ARG && f == 5);
    cr_expect(weft_var_f32(&f, NULL, 0, 2) == WEFT_ERR_ARG && f == 5);
    cr_expect(weft_mean_f32(&f, x, SIZE_MAX) == WEFT_ERR_ARG && f == 5);
}
