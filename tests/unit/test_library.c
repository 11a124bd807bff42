/* tests/unit/test_library.c: every function of weft/library.h in f32 and f64 against a reference in
 * long double that is written down here from the function's meaning, with its limits at infinity:
 * many lengths, in place, ordinary and extreme values; the same bits whatever the threads, and at
 * every level where the function is exact; and calls that are refused.
 * Neighbours: unit/test_call_values.c (the same formulas inside of expressions). */
#include <criterion/criterion.h>
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <weft/library.h>

#include "tests/ops/values.h"
#include "tests/support/support.h"

enum { LONGEST = 100003 };

static const size_t lengths[] = {0, 1, 2, 127, 4096, 4097, LONGEST};

typedef long double real;

/* --- the functions, called alike -------------------------------------------------------------- */

typedef weft_status caller(weft_context *context, weft_dtype type, void *dst, const void *a,
                           const void *b, double p, double q, size_t n);

#define CALLER(name, list)                                                                         \
    static weft_status call_##name(weft_context *context, weft_dtype type, void *dst,              \
                                   const void *a, const void *b, double p, double q, size_t n)     \
    {                                                                                              \
        (void)b, (void)p, (void)q;                                                                 \
        return weft_vec_##name list;                                                               \
    }
#define MAP(name, text, words)   CALLER(name, (context, type, dst, a, n))
#define MAP1(name, text, words)  CALLER(name, (context, type, dst, a, p, n))
#define MAP2(name, text, words)  CALLER(name, (context, type, dst, a, p, q, n))
#define BLEND(name, text, words) CALLER(name, (context, type, dst, a, b, p, n))
#define SCORE(name, text, words) CALLER(name, (context, type, dst, a, b, n))
WEFT_LIBRARY_TABLE(MAP, MAP1, MAP2, BLEND, SCORE)
CALLER(copy, (context, type, dst, a, n))
CALLER(cumsum, (context, type, dst, a, n))
#undef MAP
#undef MAP1
#undef MAP2
#undef BLEND
#undef SCORE

/* --- references ------------------------------------------------------------------------------- */

/* What one call is given, as exact values, and what is expected: value[i] up to bound[i]. */
typedef struct task {
    const real *a, *b;
    real p, q;
    size_t n;
    real epsilon; /* of the type: distance from 1 to the next number */
    real tiny;    /* the smallest number above 0 */
    real most;    /* the largest finite number */
    real *value, *bound;
} task;

typedef void reference(task *t);

/* The additions of a sum pass through 2 + 32 + 5 levels and those of a tree over blocks of 4,096
 * elements (docs/isa.md): that often half an epsilon. */
#define SUM_ERROR 25

static void refer_relu(task *t)
{
    for (size_t i = 0; i < t->n; i++) {
        t->value[i] = t->a[i] > 0 || isnan(t->a[i]) ? t->a[i] : 0;
        t->bound[i] = 0;
    }
}

static void refer_leaky_relu(task *t)
{
    for (size_t i = 0; i < t->n; i++) { /* one product */
        t->value[i] = t->a[i] < 0 ? t->p * t->a[i] : t->a[i];
        t->bound[i] = t->a[i] < 0 ? t->epsilon / 2 * fabsl(t->value[i]) + t->tiny : 0;
    }
}

static void refer_gelu(task *t)
{
    for (size_t i = 0; i < t->n; i++) {
        const real x = t->a[i];
        t->value[i] = isinf(x) ? (x > 0 ? x : 0) : x / 2 * erfcl(-x / sqrtl(2.0L));
        /* 1 + erf(...) cancels where x is negative, so this is relative to x, not to the result */
        t->bound[i] = isinf(x) ? 0 : 3 * t->epsilon * fabsl(x) + t->tiny;
    }
}

static void refer_gelu_tanh(task *t)
{
    const real factor = sqrtl(2 / acosl(-1.0L));
    for (size_t i = 0; i < t->n; i++) {
        const real x = t->a[i], inner = factor * (x + 0.044715L * x * x * x);
        t->value[i] = isinf(x) ? (x > 0 ? x : 0) : x / 2 * (1 + tanhl(inner));
        /* as above; what tanh is given is 4 roundings off, which matter most where it is near 1 */
        t->bound[i] = isinf(x) ? 0 : 4 * t->epsilon * fabsl(x) + t->tiny;
    }
}

static void refer_silu(task *t)
{
    for (size_t i = 0; i < t->n; i++) {
        const real x = t->a[i];
        t->value[i] = isinf(x) ? (x > 0 ? x : 0) : x / (1 + expl(-x));
        /* sigmoid within 2 units, one product; where sigmoid is subnormal, x times its unit */
        t->bound[i] = isinf(x) ? 0 : 3 * t->epsilon * fabsl(t->value[i]) + (fabsl(x) + 1) * t->tiny;
    }
}

static void refer_softplus(task *t)
{
    for (size_t i = 0; i < t->n; i++) {
        const real x = t->a[i];
        t->value[i] = (x > 0 ? x : 0) + log1pl(expl(-fabsl(x)));
        if (isnan(x))
            t->value[i] = x;
        t->bound[i] = isinf(x) ? 0 : 3 * t->epsilon * t->value[i] + t->tiny; /* exp, log1p, sum */
    }
}

/* The largest value, or NaN; the sum of the exponentials of what lies below it. */
static void find_peak(const task *t, real *peak, real *sum)
{
    *peak = -(real)INFINITY;
    *sum = 0;
    for (size_t i = 0; i < t->n; i++)
        if (!(t->a[i] <= *peak) && !isnan(*peak))
            *peak = t->a[i];
    for (size_t i = 0; i < t->n; i++)
        *sum += expl(t->a[i] - *peak);
}

static void refer_softmax(task *t)
{
    real peak, sum;
    find_peak(t, &peak, &sum);
    for (size_t i = 0; i < t->n; i++) {
        const real low = t->a[i] - peak;
        t->value[i] = expl(low) / sum;
        /* the difference is rounded, and exp makes that relative; sum, reciprocal, product */
        t->bound[i] =
            t->value[i] == 0
                ? t->tiny
                : (fabsl(low) / 2 + SUM_ERROR + 4) * t->epsilon * t->value[i] + 2 * t->tiny;
    }
}

static void refer_log_softmax(task *t)
{
    real peak, sum;
    find_peak(t, &peak, &sum);
    for (size_t i = 0; i < t->n; i++) {
        const real low = t->a[i] - peak;
        t->value[i] = low - logl(sum);
        t->bound[i] = isinf(low) ? 0 : (SUM_ERROR + 3 + fabsl(low) + fabsl(logl(sum))) * t->epsilon;
    }
}

/* Where squares overflow the variance is infinite, and every result 0. */
static void refer_layer_norm(task *t)
{
    real mean = 0, magnitude = 0, variance = 0, squares = 0;
    for (size_t i = 0; i < t->n; i++) {
        mean += t->a[i] / (real)t->n;
        magnitude += fabsl(t->a[i]) / (real)t->n;
    }
    for (size_t i = 0; i < t->n; i++) {
        squares += (t->a[i] - mean) * (t->a[i] - mean);
        variance += (t->a[i] - mean) * (t->a[i] - mean) / (real)t->n;
    }
    for (size_t i = 0; i < t->n; i++) {
        const real scale = sqrtl(variance + t->p), d = t->a[i] - mean;
        t->value[i] = squares > t->most ? 0 * d : d / scale;
        /* the mean is off by SUM_ERROR of the mean magnitude, and so is each difference; the
         * variance is the sum of squares of such */
        const real off = (SUM_ERROR + 1) * t->epsilon * (magnitude + fabsl(t->a[i]));
        const real relative = (SUM_ERROR + 6) * t->epsilon + (off / scale) * (off / scale);
        t->bound[i] =
            squares > t->most ? t->tiny : off / scale + relative * fabsl(t->value[i]) + t->tiny;
    }
}

static void refer_clip(task *t)
{
    for (size_t i = 0; i < t->n; i++) {
        real x = t->a[i];
        if (!isnan(x))
            x = isnan(t->p) || x < t->p ? t->p : x;
        if (!isnan(x))
            x = isnan(t->q) || x > t->q ? t->q : x;
        t->value[i] = x;
        t->bound[i] = 0;
    }
}

static void refer_lerp(task *t)
{
    for (size_t i = 0; i < t->n; i++) {
        const real d = t->b[i] - t->a[i];
        /* a difference that overflows makes all of it infinite, or NaN, as the formula does */
        const real way = fabsl(d) > t->most ? t->p * copysignl((real)INFINITY, d) : t->p * d;
        t->value[i] = t->a[i] + way;
        t->bound[i] = t->epsilon * (fabsl(way) + fabsl(t->value[i]) / 2) + t->tiny;
    }
}

static void refer_mse(task *t)
{
    real sum = 0;
    for (size_t i = 0; i < t->n; i++)
        sum += (t->a[i] - t->b[i]) * (t->a[i] - t->b[i]);
    t->value[0] = sum > t->most ? (real)INFINITY : sum / (real)t->n; /* the sum overflows first */
    t->bound[0] = (SUM_ERROR + 3) * t->epsilon * t->value[0] + t->tiny;
}

static void refer_cross_entropy(task *t)
{
    real peak, sum, total = 0, bound = 0;
    find_peak(t, &peak, &sum);
    for (size_t i = 0; i < t->n; i++) {
        const real low = t->a[i] - peak, part = t->b[i] * (low - logl(sum));
        if (t->b[i] == 0)
            continue;
        total += part;
        bound += fabsl(t->b[i]) * (SUM_ERROR + 3 + fabsl(low) + fabsl(logl(sum))) +
                 SUM_ERROR * fabsl(part);
    }
    t->value[0] = -total;
    t->bound[0] = t->epsilon * bound + t->tiny;
}

static real no_lower(real x)
{
    return x < -100 ? -100 : x;
}

static void refer_binary_cross_entropy(task *t)
{
    real sum = 0, magnitude = 0;
    for (size_t i = 0; i < t->n; i++) {
        const real yes = t->b[i] * no_lower(logl(t->a[i]));
        const real no = (1 - t->b[i]) * no_lower(log1pl(-t->a[i]));
        sum += yes + no;
        magnitude += fabsl(yes) + fabsl(no);
    }
    t->value[0] = -sum / (real)t->n;
    t->bound[0] = (SUM_ERROR + 5) * t->epsilon * magnitude / (real)t->n + t->tiny;
}

static void refer_copy(task *t)
{
    for (size_t i = 0; i < t->n; i++) {
        t->value[i] = t->a[i];
        t->bound[i] = 0;
    }
}

/* One after the other: rounded each time. */
static void refer_cumsum(task *t)
{
    volatile float narrow = -0.0f;
    volatile double wide = -0.0;
    for (size_t i = 0; i < t->n; i++) {
        narrow = narrow + (float)t->a[i];
        wide = wide + (double)t->a[i];
        t->value[i] = t->epsilon == (real)FLT_EPSILON ? (real)narrow : (real)wide;
        t->bound[i] = 0;
    }
}

/* --- the table -------------------------------------------------------------------------------- */

typedef enum values_kind { ANY, PROBABILITIES, CHANCES } values_kind; /* of b, or a and b */

static const struct function {
    const char *name;
    caller *call;
    reference *refer;
    double p, q;
    unsigned inputs;
    values_kind kind;
    bool score; /* one result */
    bool whole; /* each result depends on all elements */
    bool exact; /* the same bits at all levels */
} functions[] = {
    {"relu", call_relu, refer_relu, 0, 0, 1, ANY, false, false, true},
    {"leaky_relu", call_leaky_relu, refer_leaky_relu, 0.1, 0, 1, ANY, false, false, true},
    {"gelu", call_gelu, refer_gelu, 0, 0, 1, ANY, false, false, false},
    {"gelu_tanh", call_gelu_tanh, refer_gelu_tanh, 0, 0, 1, ANY, false, false, false},
    {"silu", call_silu, refer_silu, 0, 0, 1, ANY, false, false, false},
    {"softplus", call_softplus, refer_softplus, 0, 0, 1, ANY, false, false, false},
    {"softmax", call_softmax, refer_softmax, 0, 0, 1, ANY, false, true, false},
    {"log_softmax", call_log_softmax, refer_log_softmax, 0, 0, 1, ANY, false, true, false},
    {"layer_norm", call_layer_norm, refer_layer_norm, 1e-5, 0, 1, ANY, false, true, false},
    {"clip", call_clip, refer_clip, -0.3, 1.7, 1, ANY, false, false, true},
    {"lerp", call_lerp, refer_lerp, 0.3, 0, 2, ANY, false, false, true},
    {"mse", call_mse, refer_mse, 0, 0, 2, ANY, true, true, true},
    {"cross_entropy", call_cross_entropy, refer_cross_entropy, 0, 0, 2, PROBABILITIES, true, true,
     false},
    {"binary_cross_entropy", call_binary_cross_entropy, refer_binary_cross_entropy, 0, 0, 2,
     CHANCES, true, true, false},
    {"copy", call_copy, refer_copy, 0, 0, 1, ANY, false, false, true},
    {"cumsum", call_cumsum, refer_cumsum, 0, 0, 1, ANY, false, true, true},
};
enum { FUNCTIONS = sizeof functions / sizeof functions[0] };

static const struct function *find(const char *name)
{
    for (int i = 0; i < FUNCTIONS; i++)
        if (strcmp(functions[i].name, name) == 0)
            return &functions[i];
    test_die("no function %s", name);
}

/* --- arrays ----------------------------------------------------------------------------------- */

typedef struct arrays {
    weft_dtype type;
    size_t n, size;
    void *a, *b, *dst;
    real *exact_a, *exact_b, *value, *bound;
} arrays;

static real get(weft_dtype type, const void *array, size_t i)
{
    return type == WEFT_F32 ? (real)((const float *)array)[i] : (real)((const double *)array)[i];
}

static void put(weft_dtype type, void *array, size_t i, double x)
{
    if (type == WEFT_F32)
        ((float *)array)[i] = (float)x;
    else
        ((double *)array)[i] = x;
}

static arrays make(weft_dtype type, size_t n)
{
    const size_t size = weft_dtype_size(type), bytes = (n + 2) * size;
    arrays x = {.type = type, .n = n, .size = size};
    x.a = calloc(1, bytes);
    x.b = calloc(1, bytes);
    x.dst = malloc(bytes);
    x.exact_a = calloc(4 * (n + 1), sizeof(real));
    cr_assert(x.a && x.b && x.dst && x.exact_a);
    memset(x.dst, 0x5a, bytes);
    x.exact_b = x.exact_a + n + 1;
    x.value = x.exact_b + n + 1;
    x.bound = x.value + n + 1;
    return x;
}

static void drop(arrays *x)
{
    free(x->a);
    free(x->b);
    free(x->dst);
    free(x->exact_a);
}

static double unit(values_random *random)
{
    return (double)(values_next(random) >> 11) * 0x1p-53;
}

static void fill(arrays *x, values_kind kind, uint64_t seed)
{
    values_random random = {seed};
    for (size_t i = 0; i < x->n; i++) {
        const double u = unit(&random), v = unit(&random);
        double a = (u - 0.4) * (i % 5 ? 12 : 200), b = (v - 0.5) * 7;
        if (kind == CHANCES)
            a = u;
        if (kind != ANY)
            b = kind == CHANCES ? v : i % 3 ? v / (double)x->n : 0;
        put(x->type, x->a, i, a);
        put(x->type, x->b, i, b);
    }
}

/* --- comparing -------------------------------------------------------------------------------- */

static task make_task(arrays *x, const struct function *f)
{
    const bool narrow = x->type == WEFT_F32;
    for (size_t i = 0; i < x->n; i++) {
        x->exact_a[i] = get(x->type, x->a, i);
        x->exact_b[i] = get(x->type, x->b, i);
    }
    return (task){.a = x->exact_a,
                  .b = x->exact_b,
                  .p = narrow ? (real)(float)f->p : (real)f->p,
                  .q = narrow ? (real)(float)f->q : (real)f->q,
                  .n = x->n,
                  .epsilon = narrow ? (real)FLT_EPSILON : (real)DBL_EPSILON,
                  .tiny = narrow ? (real)FLT_TRUE_MIN : (real)DBL_TRUE_MIN,
                  .most = narrow ? (real)FLT_MAX : (real)DBL_MAX,
                  .value = x->value,
                  .bound = x->bound};
}

static bool is_near(const task *t, real got, real expected, real bound)
{
    if (isnan(expected) || isnan(got))
        return isnan(expected) && isnan(got);
    if (isinf(got)) /* rounded up, or beyond all that is finite */
        return signbit(got) == signbit(expected) &&
               fabsl(expected) * (1 + t->epsilon) + bound >= t->most;
    return fabsl(got - expected) <= bound || got == expected;
}

/* Where the results stand in `dst`, and nothing behind them was written. */
static void compare(const struct function *f, arrays *x, task *t, const void *dst, bool fenced)
{
    const size_t results = f->score ? 1 : x->n;
    f->refer(t);
    for (size_t i = 0; i < results; i++)
        cr_assert(is_near(t, get(x->type, dst, i), t->value[i], t->bound[i]),
                  "%s %s, n = %zu, element %zu of %Lg, %Lg: %.9Lg, not %.9Lg up to %Lg", f->name,
                  weft_dtype_name(x->type), x->n, i, i < x->n ? t->a[i] : 0, i < x->n ? t->b[i] : 0,
                  get(x->type, dst, i), t->value[i], t->bound[i]);
    for (size_t i = results * x->size; fenced && i < (x->n + 2) * x->size; i++)
        cr_assert(((const unsigned char *)dst)[i] == 0x5a, "%s writes behind its result", f->name);
}

static void check(weft_context *context, const struct function *f, arrays *x)
{
    task t = make_task(x, f);
    cr_assert_eq(f->call(context, x->type, x->dst, x->a, x->b, f->p, f->q, x->n), WEFT_OK, "%s",
                 f->name);
    if (x->n || f->score)
        compare(f, x, &t, x->dst, true);
}

/* --- ordinary values -------------------------------------------------------------------------- */

static const weft_dtype types[] = {WEFT_F32, WEFT_F64};

Test(library, values)
{
    weft_context *context = test_context(0);
    for (int k = 0; k < FUNCTIONS; k++)
        for (size_t l = 0; l < COUNT(lengths); l++)
            for (unsigned type = 0; type < 2; type++) {
                arrays x = make(types[type], lengths[l]);
                fill(&x, functions[k].kind, 5 + l);
                check(context, &functions[k], &x);
                drop(&x);
            }
    weft_context_destroy(context);
}

/* dst is an input: the results are those of a call that it is not. */
Test(library, in_place)
{
    weft_context *context = test_context(0);
    for (int k = 0; k < FUNCTIONS; k++)
        for (size_t l = 1; l < COUNT(lengths); l++)
            for (unsigned type = 0; type < 4; type++) {
                const struct function *f = &functions[k];
                arrays x = make(types[type / 2], lengths[l]);
                fill(&x, f->kind, 99 + l);
                const size_t bytes = (f->score ? 1 : x.n) * x.size;
                void *dst = type % 2 && f->inputs == 2 ? x.b : x.a;
                cr_assert_eq(f->call(context, x.type, x.dst, x.a, x.b, f->p, f->q, x.n), WEFT_OK);
                if (f->score) { /* one value, which lies in no array */
                    cr_assert_eq(f->call(context, x.type, dst, x.a, x.b, f->p, f->q, x.n),
                                 WEFT_ERR_BIND, "%s, n = %zu", f->name, x.n);
                } else {
                    cr_assert_eq(f->call(context, x.type, dst, x.a, x.b, f->p, f->q, x.n), WEFT_OK);
                    cr_assert_eq(memcmp(dst, x.dst, bytes), 0, "%s in place, n = %zu", f->name,
                                 x.n);
                }
                drop(&x);
            }
    weft_context_destroy(context);
}

/* What a mean or a sum of nothing is. */
Test(library, nothing)
{
    weft_context *context = test_context(0);
    for (int k = 0; k < FUNCTIONS; k++)
        for (unsigned type = 0; type < 2; type++) {
            const struct function *f = &functions[k];
            double result = 7;
            cr_assert_eq(
                f->call(context, types[type], f->score ? &result : NULL, NULL, NULL, f->p, f->q, 0),
                WEFT_OK, "%s", f->name);
            if (!f->score) {
                cr_assert_eq(result, 7);
                continue;
            }
            const real got = get(types[type], &result, 0);
            if (f->call == call_cross_entropy)
                cr_assert(got == 0 && signbit(got), "%s: %Lg", f->name, got);
            else
                cr_assert(isnan(got), "%s: %Lg", f->name, got);
        }
    weft_context_destroy(context);
}

/* --- extreme values --------------------------------------------------------------------------- */

static const double extremes[] = {
    0,    -0.0,  1e-30, -1e-30, 1e-45, -1e-45, 5e-324,  -5e-324,  0x1p-126, 1e-7,      -1e-7, 0.5,
    1,    -1,    3,     -3,     5.5,   -5.5,   -8.3,    -13,      16.7,     -16.7,     -36.8, -37.6,
    88,   -88,   88.73, -88.73, -104,  -110,   709.5,   -709.5,   -745.2,   -800,      1e4,   -1e4,
    1e30, -1e30, 3e38,  -3e38,  1e300, -1e300, DBL_MAX, -DBL_MAX, INFINITY, -INFINITY, NAN};
enum { EXTREMES = sizeof extremes / sizeof extremes[0] };

/* Element by element each value meets each: the limits are those of the references, so that no
 * infinity makes a NaN where the function has a value. */
Test(library, extremes_of_elements)
{
    weft_context *context = test_context(0);
    for (int k = 0; k < FUNCTIONS; k++) {
        const struct function *f = &functions[k];
        for (unsigned type = 0; type < 2 && !f->whole; type++) {
            arrays x = make(types[type], EXTREMES * EXTREMES);
            for (size_t i = 0; i < x.n; i++) {
                put(x.type, x.a, i, extremes[i % EXTREMES]);
                put(x.type, x.b, i, extremes[i / EXTREMES]);
            }
            check(context, f, &x);
            drop(&x);
        }
    }
    weft_context_destroy(context);
}

/* Scalars that are extreme, swapped or no numbers. */
Test(library, extreme_scalars)
{
    weft_context *context = test_context(0);
    static const char *const names[] = {"leaky_relu", "clip", "lerp"};
    for (size_t k = 0; k < COUNT(names); k++)
        for (unsigned i = 0; i < EXTREMES * EXTREMES; i += k == 1 ? 7 : 1) {
            struct function f = *find(names[k]);
            arrays x = make(types[i % 2], EXTREMES);
            f.p = extremes[i / EXTREMES];
            f.q = extremes[i % EXTREMES];
            for (size_t j = 0; j < x.n; j++) {
                put(x.type, x.a, j, extremes[j]);
                put(x.type, x.b, j, extremes[(j + i) % EXTREMES]);
            }
            /* a scalar beyond f32 is infinite there */
            check(context, &f, &x);
            drop(&x);
        }
    weft_context_destroy(context);
}

typedef struct few {
    const char *name;
    double a[4], b[4];
    size_t n;
    double result[4]; /* exactly; zeros of either sign */
} few;

#define INF INFINITY
static const few cases[] = {
    /* differences from the maximum are what counts: no exponential overflows */
    {"softmax", {1e30, 1e30}, {0}, 2, {0.5, 0.5}},
    {"softmax", {-1e30, -1e30}, {0}, 2, {0.5, 0.5}},
    {"softmax", {1e30, 0, -1e30}, {0}, 3, {1, 0, 0}},
    {"softmax", {1e4, -1e4}, {0}, 2, {1, 0}},
    {"softmax", {3e38, -3e38}, {0}, 2, {1, 0}},
    {"softmax", {5}, {0}, 1, {1}},
    {"softmax", {-0.0, 0}, {0}, 2, {0.5, 0.5}},
    {"softmax", {-INF, 3}, {0}, 2, {0, 1}},
    {"softmax", {-INF, -INF}, {0}, 2, {NAN, NAN}},
    {"softmax", {INF, 3, -INF}, {0}, 3, {NAN, NAN, NAN}},
    {"softmax", {1, NAN, 2}, {0}, 3, {NAN, NAN, NAN}},
    {"log_softmax", {1e30, -1e30}, {0}, 2, {0, -2e30}},
    {"log_softmax", {1e4, -1e4}, {0}, 2, {0, -2e4}},
    {"log_softmax", {-88, 88, -INF}, {0}, 3, {-176, 0, -INF}},
    {"log_softmax", {7}, {0}, 1, {0}},
    {"log_softmax", {INF, 3}, {0}, 2, {NAN, NAN}},
    {"log_softmax", {NAN, 3}, {0}, 2, {NAN, NAN}},
    {"layer_norm", {5}, {0}, 1, {0}},
    {"layer_norm", {1e4, 1e4, 1e4, 1e4}, {0}, 4, {0, 0, 0, 0}},
    {"layer_norm", {0, -0.0}, {0}, 2, {0, 0}},
    {"layer_norm", {1e-30, -1e-30}, {0}, 2, {3.1622776e-28, -3.1622776e-28}},
    {"layer_norm", {INF, 3}, {0}, 2, {NAN, NAN}},
    {"layer_norm", {NAN, 3}, {0}, 2, {NAN, NAN}},
    {"mse", {1, 2}, {1, 2}, 2, {0}},
    {"mse", {1e4, -1e4}, {-1e4, 1e4}, 2, {4e8}},
    {"mse", {INF, 0}, {0, 0}, 2, {INF}},
    {"mse", {INF, 0}, {INF, 0}, 2, {NAN}},
    {"mse", {1, NAN}, {1, 1}, 2, {NAN}},
    {"cross_entropy", {1e4, -1e4}, {1, 0}, 2, {0}},
    {"cross_entropy", {1e4, -1e4}, {0, 1}, 2, {2e4}},
    {"cross_entropy", {1e30, -1e30}, {0, 1}, 2, {2e30}},
    {"cross_entropy", {-INF, 3}, {0, 1}, 2, {0}}, /* a label of 0 counts for nothing */
    {"cross_entropy", {-INF, 3}, {1, 0}, 2, {INF}},
    {"cross_entropy", {NAN, 3}, {0, 1}, 2, {NAN}},
    {"cross_entropy", {1, 3}, {NAN, 1}, 2, {NAN}},
    {"binary_cross_entropy", {0, 1}, {0, 1}, 2, {0}},
    {"binary_cross_entropy", {0, 1}, {1, 0}, 2, {100}}, /* and not infinite */
    {"binary_cross_entropy", {1e-30}, {0}, 1, {1e-30}},
    {"binary_cross_entropy", {0.5, 0.5}, {0.5, 0.25}, 2, {0.6931472}},
    {"binary_cross_entropy", {-0.0, 1}, {0, 1}, 2, {0}},
    {"binary_cross_entropy", {2}, {1}, 1, {NAN}}, /* no probability */
    {"binary_cross_entropy", {-1}, {0}, 1, {NAN}},
    {"binary_cross_entropy", {NAN, 1}, {0, 1}, 2, {NAN}},
    {"cumsum", {-0.0, -0.0}, {0}, 2, {-0.0, -0.0}},
    {"cumsum", {INF, 1, -INF, 1}, {0}, 4, {INF, INF, NAN, NAN}},
    {"cumsum", {1e30, 1, -1e30}, {0}, 3, {1e30, 1e30, 0}},
};
#undef INF

Test(library, extremes_of_the_whole)
{
    weft_context *context = test_context(0);
    for (size_t k = 0; k < COUNT(cases); k++)
        for (unsigned type = 0; type < 2; type++) {
            const few *c = &cases[k];
            const struct function *f = find(c->name);
            arrays x = make(types[type], c->n);
            for (size_t i = 0; i < c->n; i++) {
                put(x.type, x.a, i, c->a[i]);
                put(x.type, x.b, i, c->b[i]);
            }
            check(context, f, &x); /* the reference says so too */
            for (size_t i = 0; i < (f->score ? 1 : c->n); i++) {
                const real got = get(x.type, x.dst, i), expected = c->result[i];
                cr_assert(isnan(expected)
                              ? isnan(got)
                              : got == expected || fabsl(got - expected) <= 2e-7L * fabsl(expected),
                          "%s, case %zu, %s, element %zu: %.9Lg", c->name, k,
                          weft_dtype_name(x.type), i, got);
            }
            drop(&x);
        }
    weft_context_destroy(context);
}

/* Long arrays of large values: sums of exponentials and means that single precision can hold, and
 * squares that it cannot. */
Test(library, extreme_ranges)
{
    static const struct {
        double center, spread;
    } ranges[] = {{1e4, 1}, {-1e4, 1e4}, {0, 88}, {0, 1e30}, {1e30, 1e28}, {1, 1e-6}, {0, 1e-30}};
    static const char *const names[] = {"softmax",    "log_softmax",   "gelu",
                                        "layer_norm", "cross_entropy", "mse"};
    weft_context *context = test_context(0);
    for (size_t r = 0; r < COUNT(ranges); r++)
        for (size_t k = 0; k < COUNT(names); k++)
            for (unsigned type = 0; type < 2; type++) {
                values_random random = {r + 1};
                const struct function *f = find(names[k]);
                arrays x = make(types[type], 10007);
                for (size_t i = 0; i < x.n; i++) {
                    put(x.type, x.a, i,
                        ranges[r].center + (2 * unit(&random) - 1) * ranges[r].spread);
                    put(x.type, x.b, i, f->kind == ANY ? ranges[r].center : 1e-4);
                }
                check(context, f, &x);
                drop(&x);
            }
    weft_context_destroy(context);
}

/* --- the same bits ---------------------------------------------------------------------------- */

static weft_context *context_of(weft_level level, uint32_t threads, weft_backend backend)
{
    const weft_context_options options = {.size = sizeof options,
                                          .level = level,
                                          .threads = threads,
                                          .backend = backend,
                                          .split_cost = 1,
                                          .inline_elements = 1};
    weft_context *context;
    cr_assert_eq(weft_context_create(&options, &context), WEFT_OK);
    return context;
}

/* Runs on a context, and insists on the bits that stand in x->dst. */
static void same(weft_context *context, const struct function *f, arrays *x, const char *where)
{
    const size_t bytes = (f->score ? 1 : x->n) * x->size;
    void *again = malloc(bytes);
    cr_assert(again);
    cr_assert_eq(f->call(context, x->type, again, x->a, x->b, f->p, f->q, x->n), WEFT_OK);
    cr_assert_eq(memcmp(again, x->dst, bytes), 0, "%s %s: other bits %s", f->name,
                 weft_dtype_name(x->type), where);
    free(again);
}

Test(library, same_bits)
{
    weft_level best;
    cr_assert_eq(weft_level_default(&best, NULL), WEFT_OK);
    weft_context *one = context_of(best, 1, WEFT_BACKEND_CPU);
    weft_context *three = context_of(best, 3, WEFT_BACKEND_CPU);
    weft_context *plain = context_of(best, 1, WEFT_BACKEND_REFERENCE);
    for (int k = 0; k < FUNCTIONS; k++)
        for (unsigned type = 0; type < 2; type++) {
            const struct function *f = &functions[k];
            arrays x = make(types[type], LONGEST);
            fill(&x, f->kind, 1);
            cr_assert_eq(f->call(one, x.type, x.dst, x.a, x.b, f->p, f->q, x.n), WEFT_OK);
            same(three, f, &x, "on three threads");
            same(plain, f, &x, "on the reference backend");
            for (int level = 1; level < WEFT_LEVEL_COUNT && f->exact; level++) {
                if (!weft_level_available((weft_level)level))
                    continue;
                weft_context *other = context_of((weft_level)level, 2, WEFT_BACKEND_CPU);
                same(other, f, &x, weft_level_name((weft_level)level));
                weft_context_destroy(other);
            }
            drop(&x);
        }
    const weft_stats stats = test_stats(three);
    cr_assert_gt(stats.loops_split, 20, "nothing was spread over threads");
    weft_context_destroy(one);
    weft_context_destroy(three);
    weft_context_destroy(plain);
}

/* At every level within the bounds. */
Test(library, every_level)
{
    for (int level = 1; level < WEFT_LEVEL_COUNT; level++) {
        if (!weft_level_available((weft_level)level))
            continue;
        weft_context *context = context_of((weft_level)level, 1, WEFT_BACKEND_CPU);
        for (int k = 0; k < FUNCTIONS; k++)
            for (unsigned type = 0; type < 2; type++) {
                arrays x = make(types[type], 3001);
                fill(&x, functions[k].kind, 3);
                check(context, &functions[k], &x);
                drop(&x);
            }
        weft_context_destroy(context);
    }
}

/* A function is compiled once for each type, whatever the lengths and scalars. */
Test(library, compiled_once)
{
    weft_context *context = test_context(0);
    for (int round = 0; round < 3; round++)
        for (unsigned type = 0; type < 2; type++) {
            arrays x = make(types[type], 10 + (size_t)round);
            cr_assert_eq(weft_vec_layer_norm(context, x.type, x.dst, x.a, round + 1, x.n), WEFT_OK);
            drop(&x);
        }
    const weft_stats stats = test_stats(context);
    cr_assert_eq(stats.cache_misses, 2);
    cr_assert_eq(stats.cache_hits, 4);
    weft_context_destroy(context);
}

/* --- refused ---------------------------------------------------------------------------------- */

static void refuse(weft_context *context, const struct function *f, weft_dtype type, void *dst,
                   const void *a, const void *b, size_t n, weft_status status, const char *why)
{
    static unsigned char before[3][4096];
    const void *given[3] = {dst, a, b};
    for (int i = 0; i < 3; i++)
        if (given[i])
            memcpy(before[i], given[i], 800);
    const weft_status got = f->call(context, type, dst, a, b, f->p, f->q, n);
    cr_assert_eq(got, status, "%s, %s: status %d, not %d", f->name, why, got, status);
    for (int i = 0; i < 3; i++)
        if (given[i])
            cr_assert_eq(memcmp(before[i], given[i], 800), 0, "%s, %s: wrote", f->name, why);
}

Test(library, bad_input)
{
    static const weft_dtype others[] = {WEFT_I32,  WEFT_F16,           WEFT_BF16,
                                        WEFT_BOOL, (weft_dtype)0,      (weft_dtype)-1,
                                        WEFT_U64,  (weft_dtype)100000, WEFT_TYPE_COUNT};
    weft_context *context = test_context(0);
    double a[200], b[200], dst[200], *room = malloc(400 * sizeof *room);
    cr_assert(room);
    for (int i = 0; i < 200; i++)
        a[i] = b[i] = dst[i] = 0.5;
    for (int i = 0; i < 400; i++)
        room[i] = 0.5;
    for (int k = 0; k < FUNCTIONS; k++) {
        const struct function *f = &functions[k];
        const bool direct = f->call == call_copy || f->call == call_cumsum;
        const weft_status overlap = direct ? WEFT_ERR_ARG : WEFT_ERR_BIND;
        const weft_dtype type = types[k % 2];
        refuse(NULL, f, type, dst, a, b, 100, WEFT_ERR_ARG, "no context");
        refuse(NULL, f, type, dst, a, b, 0, WEFT_ERR_ARG, "no context, no elements");
        refuse(context, f, type, NULL, a, b, 100, WEFT_ERR_ARG, "no result");
        refuse(context, f, type, dst, NULL, b, 100, WEFT_ERR_ARG, "no input");
        if (f->inputs == 2)
            refuse(context, f, type, dst, a, NULL, 100, WEFT_ERR_ARG, "no second input");
        if (f->score)
            refuse(context, f, type, NULL, a, b, 0, WEFT_ERR_ARG, "no result of nothing");
        for (size_t i = 0; i < COUNT(others); i++)
            if (f->call != call_copy || (int)others[i] <= 0 || others[i] >= WEFT_TYPE_COUNT)
                refuse(context, f, others[i], dst, a, b, 100, WEFT_ERR_ARG, "another type");
        refuse(context, f, type, dst, a, b, SIZE_MAX, WEFT_ERR_ARG, "too many");
        refuse(context, f, type, dst, a, b, SIZE_MAX / 16, WEFT_ERR_ARG, "too many");
        refuse(context, f, WEFT_F64, room + 1, room, b, 100, overlap, "overlap behind");
        if (!f->score)
            refuse(context, f, WEFT_F64, room + 100, room + 101, b, 100, overlap,
                   "overlap in front");
        if (f->inputs == 2)
            refuse(context, f, WEFT_F64, room + 1, a, room, 100, overlap, "overlap of b");
        refuse(context, f, WEFT_F64, (char *)room + 4, room, b, 100, overlap, "half an element");
        cr_assert(test_context_works(context));
        arrays x = make(type, 50);
        fill(&x, f->kind, 2);
        check(context, f, &x);
        drop(&x);
    }
    free(room);
    weft_context_destroy(context);
}

/* copy takes any type. */
Test(library, copy_of_all_types)
{
    weft_context *context = test_context(0);
    unsigned char a[8 * 301], dst[8 * 301];
    for (size_t i = 0; i < sizeof a; i++)
        a[i] = (unsigned char)(i * 7 % 2); /* bools too */
    for (int type = 1; type < WEFT_TYPE_COUNT; type++)
        for (size_t n = 0; n <= 300; n += 100) {
            const size_t bytes = n * weft_dtype_size((weft_dtype)type);
            memset(dst, 0x5a, sizeof dst);
            cr_assert_eq(weft_vec_copy(context, (weft_dtype)type, dst, a, n), WEFT_OK);
            cr_assert_eq(memcmp(dst, a, bytes), 0);
            for (size_t i = bytes; i < sizeof dst; i++)
                cr_assert_eq(dst[i], 0x5a);
        }
    weft_context_destroy(context);
}
