/* tests/ops/expect_float.c: f32 and f64 (expect.h). Exact operations are rounded once by MPFR to
 * the format, subnormals included; transcendental ones are computed to 300 bits, and the error of a
 * result is measured against that. Minima, maxima and sign operations work on the bits. */
#include <math.h>
#include <mpfr.h>
#include <string.h>

#include "tests/ops/expect.h"
#include "tests/ops/values.h"

enum { PRECISION = 300 };

typedef struct format {
    int precision;         /* significant bits */
    mpfr_exp_t emin, emax; /* as MPFR counts: 0.1... * 2^e */
} format;

static const format formats[2] = {{24, -148, 128}, {53, -1073, 1024}};

static const format *format_of(weft_dtype type)
{
    return &formats[type == WEFT_F64];
}

static void from_bits(mpfr_t x, weft_dtype type, uint64_t bits)
{
    double wide;
    float narrow;
    uint32_t low = (uint32_t)bits;
    if (type == WEFT_F64) {
        memcpy(&wide, &bits, sizeof wide);
        mpfr_set_d(x, wide, MPFR_RNDN);
    } else {
        memcpy(&narrow, &low, sizeof narrow);
        mpfr_set_flt(x, narrow, MPFR_RNDN);
    }
}

static uint64_t to_bits(mpfr_t x, weft_dtype type)
{
    uint64_t bits = 0;
    double wide = mpfr_get_d(x, MPFR_RNDN);
    float narrow = mpfr_get_flt(x, MPFR_RNDN);
    if (type == WEFT_F64)
        memcpy(&bits, &wide, sizeof wide);
    else
        memcpy(&bits, &narrow, sizeof narrow);
    return bits;
}

/* --- exact operations ------------------------------------------------------------------------- */

typedef int rounded_1(mpfr_t, const mpfr_t, mpfr_rnd_t);
typedef int rounded_2(mpfr_t, const mpfr_t, const mpfr_t, mpfr_rnd_t);

static int call_sqrt(mpfr_t r, const mpfr_t a, mpfr_rnd_t rounding)
{
    return mpfr_sqrt(r, a, rounding);
}
static int call_recip(mpfr_t r, const mpfr_t a, mpfr_rnd_t rounding)
{
    mpfr_t one;
    mpfr_init2(one, 53);
    mpfr_set_ui(one, 1, MPFR_RNDN);
    int ternary = mpfr_div(r, one, a, rounding);
    mpfr_clear(one);
    return ternary;
}
static int call_floor(mpfr_t r, const mpfr_t a, mpfr_rnd_t rounding)
{
    (void)rounding;
    return mpfr_floor(r, a);
}
static int call_ceil(mpfr_t r, const mpfr_t a, mpfr_rnd_t rounding)
{
    (void)rounding;
    return mpfr_ceil(r, a);
}
static int call_trunc(mpfr_t r, const mpfr_t a, mpfr_rnd_t rounding)
{
    (void)rounding;
    return mpfr_trunc(r, a);
}
static int call_round(mpfr_t r, const mpfr_t a, mpfr_rnd_t rounding)
{
    (void)rounding;
    return mpfr_roundeven(r, a);
}
static int call_add(mpfr_t r, const mpfr_t a, const mpfr_t b, mpfr_rnd_t rounding)
{
    return mpfr_add(r, a, b, rounding);
}
static int call_sub(mpfr_t r, const mpfr_t a, const mpfr_t b, mpfr_rnd_t rounding)
{
    return mpfr_sub(r, a, b, rounding);
}
static int call_mul(mpfr_t r, const mpfr_t a, const mpfr_t b, mpfr_rnd_t rounding)
{
    return mpfr_mul(r, a, b, rounding);
}
static int call_div(mpfr_t r, const mpfr_t a, const mpfr_t b, mpfr_rnd_t rounding)
{
    return mpfr_div(r, a, b, rounding);
}
static int call_rem(mpfr_t r, const mpfr_t a, const mpfr_t b, mpfr_rnd_t rounding)
{
    return mpfr_fmod(r, a, b, rounding);
}

static const struct {
    const char *mnemonic;
    rounded_1 *one;
    rounded_2 *two;
} exact_ops[] = {
    {"sqrt", call_sqrt, NULL}, {"recip", call_recip, NULL}, {"floor", call_floor, NULL},
    {"ceil", call_ceil, NULL}, {"trunc", call_trunc, NULL}, {"round", call_round, NULL},
    {"add", NULL, call_add},   {"sub", NULL, call_sub},     {"mul", NULL, call_mul},
    {"div", NULL, call_div},   {"rem", NULL, call_rem},
};
enum { EXACT_OPS = sizeof exact_ops / sizeof exact_ops[0] };

/* One operation, rounded once to the format as IEEE 754 asks. */
static uint64_t rounded(const char *mnemonic, weft_dtype type, uint64_t a, uint64_t b, uint64_t c)
{
    const format *f = format_of(type);
    mpfr_exp_t emin = mpfr_get_emin(), emax = mpfr_get_emax();
    mpfr_t x, y, z, r;
    int ternary = 0;
    mpfr_inits2(f->precision, x, y, z, r, (mpfr_ptr)NULL);
    from_bits(x, type, a);
    from_bits(y, type, b);
    from_bits(z, type, c);
    mpfr_set_emin(f->emin);
    mpfr_set_emax(f->emax);
    if (strcmp(mnemonic, "fma") == 0)
        ternary = mpfr_fma(r, x, y, z, MPFR_RNDN);
    for (int i = 0; i < EXACT_OPS; i++)
        if (strcmp(mnemonic, exact_ops[i].mnemonic) == 0)
            ternary = exact_ops[i].one ? exact_ops[i].one(r, x, MPFR_RNDN)
                                       : exact_ops[i].two(r, x, y, MPFR_RNDN);
    ternary = mpfr_check_range(r, ternary, MPFR_RNDN);
    mpfr_subnormalize(r, ternary, MPFR_RNDN);
    uint64_t bits = to_bits(r, type);
    mpfr_set_emin(emin);
    mpfr_set_emax(emax);
    mpfr_clears(x, y, z, r, (mpfr_ptr)NULL);
    return bits;
}

/* --- on bits ---------------------------------------------------------------------------------- */

static uint64_t sign_bit(weft_dtype type)
{
    return UINT64_C(1) << (values_bits(type) - 1);
}

/* In the order of the values, -0 below +0; not for NaN. */
static int64_t total_order(weft_dtype type, uint64_t bits)
{
    int64_t magnitude = (int64_t)(bits & ~sign_bit(type));
    return bits & sign_bit(type) ? -magnitude - 1 : magnitude;
}

static uint64_t quiet(weft_dtype type)
{
    return type == WEFT_F64 ? UINT64_C(0x7ff8) << 48 : UINT64_C(0x7fc00000);
}

static uint64_t extreme(weft_dtype type, uint64_t a, uint64_t b, bool larger, bool prefer_number)
{
    bool a_nan = values_is_nan(type, a), b_nan = values_is_nan(type, b);
    if (a_nan && b_nan)
        return quiet(type);
    if (a_nan || b_nan)
        return !prefer_number ? quiet(type) : a_nan ? b : a;
    bool a_wins = larger ? total_order(type, a) >= total_order(type, b)
                         : total_order(type, a) <= total_order(type, b);
    return a_wins ? a : b;
}

static const char *const on_bits[] = {"neg", "abs", "copysign"};
static const char *const composed[] = {"min",   "max", "fmin", "fmax",
                                       "clamp", "fma", "mad",  "rsqrt"};

uint64_t expect_float_result(const char *mnemonic, weft_dtype type, const uint64_t in[3])
{
    uint64_t a = in[0], b = in[1], c = in[2], sign = sign_bit(type);
    if (strcmp(mnemonic, "neg") == 0)
        return a ^ sign;
    if (strcmp(mnemonic, "abs") == 0)
        return a & ~sign;
    if (strcmp(mnemonic, "copysign") == 0)
        return (a & ~sign) | (b & sign);
    if (strcmp(mnemonic, "min") == 0)
        return extreme(type, a, b, false, false);
    if (strcmp(mnemonic, "max") == 0)
        return extreme(type, a, b, true, false);
    if (strcmp(mnemonic, "fmin") == 0)
        return extreme(type, a, b, false, true);
    if (strcmp(mnemonic, "fmax") == 0)
        return extreme(type, a, b, true, true);
    if (strcmp(mnemonic, "clamp") == 0)
        return extreme(type, extreme(type, a, b, true, false), c, false, false);
    if (strcmp(mnemonic, "mad") == 0)
        return rounded("add", type, rounded("mul", type, a, b, 0), c, 0);
    if (strcmp(mnemonic, "rsqrt") == 0)
        return rounded("recip", type, rounded("sqrt", type, a, 0, 0), 0, 0);
    return rounded(mnemonic, type, a, b, c);
}

/* --- transcendental --------------------------------------------------------------------------- */

static int call_sigmoid(mpfr_t r, const mpfr_t a, mpfr_rnd_t rounding)
{
    mpfr_t one;
    mpfr_init2(one, 2);
    mpfr_set_ui(one, 1, MPFR_RNDN);
    mpfr_neg(r, a, rounding);
    mpfr_exp(r, r, rounding);
    mpfr_add(r, r, one, rounding);
    int ternary = mpfr_div(r, one, r, rounding);
    mpfr_clear(one);
    return ternary;
}
static int call_hypot(mpfr_t r, const mpfr_t a, const mpfr_t b, mpfr_rnd_t rounding)
{
    return mpfr_hypot(r, a, b, rounding);
}

static const struct {
    const char *mnemonic;
    rounded_1 *one;
    rounded_2 *two;
} math_ops[] = {
    {"exp", mpfr_exp, NULL},     {"exp2", mpfr_exp2, NULL},       {"expm1", mpfr_expm1, NULL},
    {"log", mpfr_log, NULL},     {"log2", mpfr_log2, NULL},       {"log10", mpfr_log10, NULL},
    {"log1p", mpfr_log1p, NULL}, {"pow", NULL, mpfr_pow},         {"sin", mpfr_sin, NULL},
    {"cos", mpfr_cos, NULL},     {"tan", mpfr_tan, NULL},         {"asin", mpfr_asin, NULL},
    {"acos", mpfr_acos, NULL},   {"atan", mpfr_atan, NULL},       {"atan2", NULL, mpfr_atan2},
    {"sinh", mpfr_sinh, NULL},   {"cosh", mpfr_cosh, NULL},       {"tanh", mpfr_tanh, NULL},
    {"erf", mpfr_erf, NULL},     {"sigmoid", call_sigmoid, NULL}, {"cbrt", mpfr_cbrt, NULL},
    {"hypot", NULL, call_hypot},
};
enum { MATH_OPS = sizeof math_ops / sizeof math_ops[0] };

/* Error of the finite number `got` against `exact`, in units in the last place of `exact` in the
 * format (of its smallest normal number for what is below). */
static double units(mpfr_t got, mpfr_t exact, const format *f)
{
    mpfr_exp_t lowest = f->emin + f->precision - 1; /* of the smallest normal number */
    mpfr_exp_t e =
        mpfr_zero_p(exact) || mpfr_get_exp(exact) < lowest ? lowest : mpfr_get_exp(exact);
    mpfr_t difference;
    mpfr_init2(difference, PRECISION);
    mpfr_sub(difference, got, exact, MPFR_RNDN);
    mpfr_mul_2si(difference, difference, -(long)(e - f->precision), MPFR_RNDN);
    double error = fabs(mpfr_get_d(difference, MPFR_RNDN));
    mpfr_clear(difference);
    return error;
}

/* What an infinite result counts as: the next number behind the largest finite one. */
static void replace_infinity(mpfr_t x, const format *f)
{
    int sign = mpfr_sgn(x);
    mpfr_set_si_2exp(x, sign, f->emax, MPFR_RNDN);
}

static double judge(mpfr_t got, mpfr_t exact, const format *f)
{
    if (mpfr_nan_p(got) || mpfr_nan_p(exact))
        return mpfr_nan_p(got) && mpfr_nan_p(exact) ? 0 : (double)INFINITY;
    if (mpfr_signbit(got) != mpfr_signbit(exact)) /* the sign of zero counts */
        return (double)INFINITY;
    bool far = !mpfr_inf_p(exact) && !mpfr_zero_p(exact) && mpfr_get_exp(exact) > f->emax;
    if (mpfr_inf_p(exact) || far)
        return mpfr_inf_p(got) ? 0 : (double)INFINITY;
    if (mpfr_inf_p(got))
        replace_infinity(got, f);
    return units(got, exact, f);
}

double expect_float_error(const char *mnemonic, weft_dtype type, const uint64_t in[3], uint64_t got)
{
    mpfr_t x, y, exact, result;
    mpfr_inits2(PRECISION, x, y, exact, result, (mpfr_ptr)NULL);
    from_bits(x, type, in[0]);
    from_bits(y, type, in[1]);
    from_bits(result, type, got);
    for (int i = 0; i < MATH_OPS; i++)
        if (strcmp(mnemonic, math_ops[i].mnemonic) == 0) {
            if (math_ops[i].one)
                math_ops[i].one(exact, x, MPFR_RNDN);
            else
                math_ops[i].two(exact, x, y, MPFR_RNDN);
        }
    double error = judge(result, exact, format_of(type));
    mpfr_clears(x, y, exact, result, (mpfr_ptr)NULL);
    return error;
}

expect_kind expect_float_kind(const char *mnemonic)
{
    for (size_t i = 0; i < sizeof on_bits / sizeof on_bits[0]; i++)
        if (strcmp(mnemonic, on_bits[i]) == 0)
            return EXPECT_BITS;
    for (size_t i = 0; i < sizeof composed / sizeof composed[0]; i++)
        if (strcmp(mnemonic, composed[i]) == 0)
            return EXPECT_VALUE;
    for (int i = 0; i < EXACT_OPS; i++)
        if (strcmp(mnemonic, exact_ops[i].mnemonic) == 0)
            return EXPECT_VALUE;
    for (int i = 0; i < MATH_OPS; i++)
        if (strcmp(mnemonic, math_ops[i].mnemonic) == 0)
            return EXPECT_BUDGET;
    return EXPECT_NOTHING;
}
