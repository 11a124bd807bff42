/* bench/accuracy_f64.c: the error of the f64 functions at random arguments, against MPFR with 200
 * bits; docs/accuracy.md records it. Wrong signs of zero, and infinities or NaN in the wrong
 * places, count as infinite errors. Usage: accuracy_f64 [--points N] [--seed N] [OPERATION...]
 * WEFT_LEVEL lowers the level */
#include <math.h>
#include <mpfr.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <weft/weft.h>

enum { CHUNK = 4096, PRECISION = 200 };

typedef int exact_1(mpfr_t, const mpfr_t, mpfr_rnd_t);
typedef int exact_2(mpfr_t, const mpfr_t, const mpfr_t, mpfr_rnd_t);

static int sigmoid(mpfr_t y, const mpfr_t x, mpfr_rnd_t rounding)
{
    mpfr_neg(y, x, rounding);
    mpfr_exp(y, y, rounding);
    mpfr_add_ui(y, y, 1, rounding);
    return mpfr_ui_div(y, 1, y, rounding);
}

static int hypotenuse(mpfr_t z, const mpfr_t x, const mpfr_t y, mpfr_rnd_t rounding)
{
    return mpfr_hypot(z, x, y, rounding);
}

static const struct function {
    const char *name;
    exact_1 *one;
    exact_2 *two;
} functions[] = {
    {"exp", mpfr_exp, NULL},     {"exp2", mpfr_exp2, NULL}, {"expm1", mpfr_expm1, NULL},
    {"log", mpfr_log, NULL},     {"log2", mpfr_log2, NULL}, {"log10", mpfr_log10, NULL},
    {"log1p", mpfr_log1p, NULL}, {"pow", NULL, mpfr_pow},   {"sin", mpfr_sin, NULL},
    {"cos", mpfr_cos, NULL},     {"tan", mpfr_tan, NULL},   {"asin", mpfr_asin, NULL},
    {"acos", mpfr_acos, NULL},   {"atan", mpfr_atan, NULL}, {"atan2", NULL, mpfr_atan2},
    {"sinh", mpfr_sinh, NULL},   {"cosh", mpfr_cosh, NULL}, {"tanh", mpfr_tanh, NULL},
    {"sigmoid", sigmoid, NULL},  {"erf", mpfr_erf, NULL},   {"cbrt", mpfr_cbrt, NULL},
    {"hypot", NULL, hypotenuse},
};
enum { N_FUNCTIONS = sizeof functions / sizeof functions[0] };

/* --- arguments -------------------------------------------------------------------------------- */

static uint64_t state = 20261121;

static uint64_t random_bits(void) /* splitmix64 */
{
    uint64_t z = state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

static double unit(void) /* -1 to 1 */
{
    return (double)(int64_t)random_bits() * 0x1p-63;
}

/* Of all bits, of several sizes, and next to 1 and to multiples of pi/2. */
static double argument(void)
{
    const uint64_t bits = random_bits();
    double x;
    switch (random_bits() >> 61) {
    case 0:
        memcpy(&x, &bits, sizeof x);
        return x;
    case 1:
        return 1 + ldexp(unit(), -(int)(bits % 53));
    case 2:
        return ldexp(unit(), 30 - (int)(bits % 80));
    case 3:
        return unit() * 745;
    case 4:
        return (double)(bits >> 44) * 1.5707963267948966 *
               (1 + ldexp(unit(), -20 - (int)(bits % 33)));
    case 5:
        return unit() * 30;
    default:
        return unit() * 2;
    }
}

/* A second operand: so that a power is no constant, so that an angle is any. */
static double partner(const struct function *f, double x)
{
    const double log = log2(fabs(x));
    if (f->two == mpfr_pow && isfinite(log) && log != 0 && random_bits() & 7)
        return unit() * 1075 / log;
    return f->two == mpfr_pow || random_bits() & 1 ? argument()
                                                   : x * ldexp(unit(), (int)(random_bits() % 9));
}

/* --- errors ----------------------------------------------------------------------------------- */

/* |got - exact| in units of the last place of a double of that size. */
static double error_of(double got, mpfr_t exact)
{
    const double nearest = mpfr_get_d(exact, MPFR_RNDN);
    if (isnan(nearest) || isnan(got))
        return isnan(nearest) && isnan(got) ? 0 : (double)INFINITY;
    if (isinf(nearest) || isinf(got)) /* half a unit beyond the largest double rounds to infinity */
        return nearest == got ? 0 : (double)INFINITY;
    if (signbit(nearest) != signbit(got))
        return (double)INFINITY;
    if (mpfr_zero_p(exact))
        return got == 0 ? 0 : (double)INFINITY;
    const mpfr_exp_t e = mpfr_get_exp(exact);
    mpfr_t difference;
    mpfr_init2(difference, PRECISION);
    mpfr_sub_d(difference, exact, got, MPFR_RNDN);
    mpfr_mul_2si(difference, difference, 53 - (long)(e < -1021 ? -1021 : e), MPFR_RNDN);
    const double error = fabs(mpfr_get_d(difference, MPFR_RNDN));
    mpfr_clear(difference);
    return error;
}

typedef struct tally {
    double worst, at, with;
    uint64_t wrong;
} tally;

static void judge(const struct function *f, double a, double b, double got, tally *t)
{
    mpfr_t x, y, exact;
    mpfr_inits2(53, x, y, (mpfr_ptr)NULL);
    mpfr_init2(exact, PRECISION);
    mpfr_set_d(x, a, MPFR_RNDN);
    mpfr_set_d(y, b, MPFR_RNDN);
    if (f->one)
        f->one(exact, x, MPFR_RNDN);
    else
        f->two(exact, x, y, MPFR_RNDN);
    const double error = error_of(got, exact);
    t->wrong += error > 0.5;
    if (error > t->worst)
        *t = (tally){error, a, b, t->wrong};
    mpfr_clears(x, y, exact, (mpfr_ptr)NULL);
}

static void check(const struct function *f, const char *level, uint64_t points)
{
    static double a[CHUNK], b[CHUNK], out[CHUNK];
    const uint32_t op = (uint32_t)weft_op_index(f->name);
    const void *const inputs[] = {a, b};
    tally t = {0, 0, 0, 0};
    for (uint64_t done = 0; done < points; done += CHUNK) {
        for (size_t i = 0; i < CHUNK; i++) {
            a[i] = argument();
            if (f->two == mpfr_pow && random_bits() & 7)
                a[i] = fabs(a[i]);
            b[i] = f->two ? partner(f, a[i]) : 0;
        }
        if (weft_apply(op, WEFT_F64, out, inputs, CHUNK) != WEFT_OK) {
            fprintf(stderr, "accuracy_f64: %s failed\n", f->name);
            exit(1);
        }
        for (size_t i = 0; i < CHUNK; i++)
            judge(f, a[i], b[i], out[i], &t);
    }
    points = (points + CHUNK - 1) / CHUNK * CHUNK;
    printf("| %s | %s | %llu | %.4f | ", f->name, level, (unsigned long long)points, t.worst);
    printf(f->two ? "%a, %a" : "%a", t.at, t.with);
    printf(" | %.2f %% |\n", 100 * (double)t.wrong / (double)points);
    fflush(stdout);
}

int main(int argc, char **argv)
{
    weft_level level;
    weft_error error;
    uint64_t points = 1000000;
    int first = 1;
    for (; first + 1 < argc && strncmp(argv[first], "--", 2) == 0; first += 2)
        *(strcmp(argv[first], "--seed") == 0 ? &state : &points) =
            strtoull(argv[first + 1], NULL, 10);
    if (weft_level_default(&level, &error) != WEFT_OK) {
        fprintf(stderr, "accuracy_f64: %s\n", error.message);
        return 2;
    }
    printf("| function | level | arguments | largest error (ulp) | at | not correctly rounded |\n");
    printf("|---|---|---|---|---|---|\n");
    for (int i = 0; i < N_FUNCTIONS; i++) {
        int wanted = first >= argc;
        for (int a = first; a < argc; a++)
            wanted |= strcmp(argv[a], functions[i].name) == 0;
        if (wanted)
            check(&functions[i], weft_level_name(level), points);
    }
    return 0;
}
