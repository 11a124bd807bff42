/* tests/unit/test_call_values.c: what functions and operators of docs/language.md compute: the
 * graphs that compiler/call.c makes of them, evaluated by the kernels on special values, against
 * the C library and NumPy's definitions. Their types: test_call.c. */
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>
#include <weft/compile.h>

#include "tests/support/graph.h"
#include "tests/support/support.h"

static weft_graph graph;
static weft_error error;

static void start(uint32_t flags)
{
    graph_start(&graph, flags, &error);
    graph_all_types(&graph);
}

static unsigned param_of(const char *name)
{
    for (unsigned i = 0; i < graph.params.count; i++)
        if (strcmp(weft_graph_param_at(&graph, i)->name, name) == 0)
            return i;
    test_die("no parameter %s", name);
}

/* --- values ----------------------------------------------------------------------------------- */

#define INF ((double)INFINITY)
static const double specials[] = {0,       -0.0,  1,    -1,    0.5,   -0.5,       2,    -2,
                                  3,       -3,    7,    -7,    0.1,   -0.1,       2.5,  -2.5,
                                  1e10,    -1e10, 1e38, -1e38, 1e-40, 127,        -128, 100.25,
                                  -100.25, 88,    -104, INF,   -INF,  (double)NAN};
enum { N_SPECIALS = sizeof specials / sizeof *specials, N_PAIRS = N_SPECIALS * N_SPECIALS };

static graph_values values;

/* Every pair of special values, in f64 and f64b, f32 and f32b. */
static void fill_specials(void)
{
    static double a[N_PAIRS], b[N_PAIRS];
    static float c[N_PAIRS], d[N_PAIRS];
    for (size_t i = 0; i < N_PAIRS; i++) {
        a[i] = specials[i / N_SPECIALS];
        b[i] = specials[i % N_SPECIALS];
        c[i] = (float)a[i];
        d[i] = (float)b[i];
    }
    values.n = N_PAIRS;
    values.data[param_of("f64")] = a;
    values.data[param_of("f64b")] = b;
    values.data[param_of("f32")] = c;
    values.data[param_of("f32b")] = d;
}

static bool same(double a, double b, double tolerance)
{
    if (isnan(a) || isnan(b))
        return isnan(a) && isnan(b);
    if (a == b)
        return a != 0 || signbit(a) == signbit(b) || tolerance > 0;
    return fabs(a - b) <= tolerance * fabs(b);
}

typedef double reference(double a, double b);

static void check_floats(const char *term, reference *wanted, double tolerance)
{
    static double got[N_PAIRS];
    const double *a = values.data[param_of("f64")], *b = values.data[param_of("f64b")];
    graph_compute(&graph, graph_term(&graph, term), &values, got);
    int failures = 0;
    for (size_t i = 0; i < N_PAIRS && failures < 5; i++)
        if (!same(got[i], wanted(a[i], b[i]), tolerance)) {
            cr_expect(false, "%s of %g, %g: %.17g, wanted %.17g", term, a[i], b[i], got[i],
                      wanted(a[i], b[i]));
            failures++;
        }
}

static void check_singles(const char *term, reference *wanted, double tolerance)
{
    static float got[N_PAIRS];
    const float *a = values.data[param_of("f32")], *b = values.data[param_of("f32b")];
    graph_compute(&graph, graph_term(&graph, term), &values, got);
    int failures = 0;
    for (size_t i = 0; i < N_PAIRS && failures < 5; i++) {
        const double exact = wanted((double)a[i], (double)b[i]);
        const bool tiny = fabs(exact) < 1e-37 && fabs((double)got[i]) < 1e-37;
        if (!tiny && !same((double)got[i], (double)(float)exact, tolerance)) {
            cr_expect(false, "%s of %g, %g: %.9g, wanted %.9g", term, (double)a[i], (double)b[i],
                      (double)got[i], exact);
            failures++;
        }
    }
}

/* NumPy's divmod of floats. */
static double numpy_divmod(double a, double b, double *modulus)
{
    double remainder = fmod(a, b);
    if (b == 0) {
        *modulus = remainder;
        return a / b;
    }
    double quotient = (a - remainder) / b;
    if (remainder != 0) { /* NaN too */
        if ((b < 0) != (remainder < 0)) {
            remainder += b;
            quotient -= 1;
        }
    } else {
        remainder = copysign(0, b);
    }
    double floored;
    if (quotient != 0) {
        floored = floor(quotient);
        if (quotient - floored > 0.5)
            floored += 1;
    } else {
        floored = copysign(0, a / b);
    }
    *modulus = remainder;
    return floored;
}

static double ref_floor_divide(double a, double b)
{
    double modulus;
    return numpy_divmod(a, b, &modulus);
}
static double ref_mod(double a, double b)
{
    double modulus;
    numpy_divmod(a, b, &modulus);
    return modulus;
}
static double ref_sign(double a, double b)
{
    (void)b;
    return a > 0 ? 1 : a < 0 ? -1 : a == 0 ? 0 : a;
}
static double ref_cube(double a, double b)
{
    (void)b;
    return a * a * a;
}
static double ref_asinh(double a, double b)
{
    (void)b;
    return asinh(a);
}
static double ref_acosh(double a, double b)
{
    (void)b;
    return acosh(a);
}
static double ref_atanh(double a, double b)
{
    (void)b;
    return atanh(a);
}
static double ref_softplus(double a, double b)
{
    (void)b;
    return isnan(a) ? a : fmax(a, 0) + log1p(exp(-fabs(a)));
}
static double ref_silu(double a, double b)
{
    (void)b;
    return a == -INF ? -0.0 : a / (1 + exp(-a));
}
static double ref_gelu(double a, double b)
{
    (void)b;
    return a == -INF ? -0.0 : a * 0.5 * (1 + erf(a * sqrt(0.5)));
}
static double ref_gelu_tanh(double a, double b)
{
    (void)b;
    return a < -1e9 ? -0.0 : a * 0.5 * (1 + tanh(sqrt(2 / acos(-1)) * (a + 0.044715 * a * a * a)));
}
static double ref_relu(double a, double b)
{
    (void)b;
    return isnan(a) ? a : a > 0 ? a : 0;
}
static double ref_leaky(double a, double b)
{
    return a < 0 ? a * b : a;
}
static double ref_logit(double a, double b)
{
    (void)b;
    return log(a / (1 - a));
}
static double ref_degrees(double a, double b)
{
    (void)b;
    return a * (180 / acos(-1));
}
static double ref_lerp(double a, double b)
{
    return a + 0.25 * (b - a);
}
static double ref_floor(double a, double b)
{
    (void)b;
    return floor(a);
}

Test(call_values, values_of_floats)
{
    start(0);
    fill_specials();
    check_floats("(// f64 f64b)", ref_floor_divide, 0);
    check_floats("(% f64 f64b)", ref_mod, 0);
    check_floats("(% f64 (where (== f64b f64b) f64b f64b))", ref_mod, 0);
    check_floats("(sign f64)", ref_sign, 0);
    check_floats("(** f64 3)", ref_cube, 4e-16);
    check_floats("(** f64 f64b)", pow, 2.3e-16);
    check_floats("(fmod f64 f64b)", fmod, 0);
    check_floats("(asinh f64)", ref_asinh, 1e-15);
    check_floats("(acosh f64)", ref_acosh, 1e-15);
    check_floats("(atanh f64)", ref_atanh, 1e-15);
    check_floats("(softplus f64)", ref_softplus, 1e-15);
    check_floats("(silu f64)", ref_silu, 1e-15);
    check_floats("(gelu f64)", ref_gelu, 1e-9);
    check_floats("(gelu_tanh f64)", ref_gelu_tanh, 1e-9);
    check_floats("(relu f64)", ref_relu, 1e-300);
    check_floats("(leaky_relu f64 f64b)", ref_leaky, 0);
    check_floats("(logit f64)", ref_logit, 1e-15);
    check_floats("(degrees f64)", ref_degrees, 4e-16);
    check_floats("(lerp f64 f64b 0.25)", ref_lerp, 4e-16);
    check_floats("(floor f64)", ref_floor, 0);
    check_singles("(asinh f32)", ref_asinh, 3e-7);
    check_singles("(acosh f32)", ref_acosh, 3e-7);
    check_singles("(atanh f32)", ref_atanh, 3e-7);
    check_singles("(softplus f32)", ref_softplus, 3e-7);
    check_singles("(silu f32)", ref_silu, 3e-7);
    check_singles("(relu f32)", ref_relu, 1e-30);
    check_singles("(logit f32)", ref_logit, 3e-7);
    weft_graph_free(&graph);
}

/* Floats of constants: the rules of folding meet the formulas. */
Test(call_values, floor_division_by_constants)
{
    static const double divisors[] = {3, -3, 0.1, -0.5, 8, 0};
    static double got[N_PAIRS];
    start(0);
    fill_specials();
    const double *a = values.data[param_of("f64")];
    for (size_t d = 0; d < COUNT(divisors); d++)
        for (int modulo = 0; modulo < 2; modulo++) {
            char term[64];
            snprintf(term, sizeof term, "(%s f64 %.17g:f64)", modulo ? "%" : "//", divisors[d]);
            graph_compute(&graph, graph_term(&graph, term), &values, got);
            for (size_t i = 0; i < N_PAIRS; i++) {
                const double wanted =
                    modulo ? ref_mod(a[i], divisors[d]) : ref_floor_divide(a[i], divisors[d]);
                cr_assert(same(got[i], wanted, 0), "%s of %g: %g, wanted %g", term, a[i], got[i],
                          wanted);
            }
        }
    weft_graph_free(&graph);
}

/* --- integers --------------------------------------------------------------------------------- */

static const int64_t integers[] = {0,
                                   1,
                                   -1,
                                   2,
                                   -2,
                                   3,
                                   -3,
                                   7,
                                   -7,
                                   8,
                                   -8,
                                   31,
                                   32,
                                   33,
                                   63,
                                   64,
                                   100,
                                   -100,
                                   127,
                                   -128,
                                   INT64_MAX,
                                   INT64_MIN,
                                   INT64_MAX - 1,
                                   1 << 20};
enum { N_INTEGERS = sizeof integers / sizeof *integers, N_INTS = N_INTEGERS * N_INTEGERS };

/* Every pair, cut to the type, in the parameters of that type and i64. */
static int64_t cut(unsigned type, int64_t value)
{
    switch (type) {
    case WEFT_I8:
        return (int8_t)value;
    case WEFT_U8:
        return (uint8_t)value;
    case WEFT_I32:
        return (int32_t)value;
    default:
        return value;
    }
}

static void fill_integers(unsigned type)
{
    static int64_t a[N_INTS], b[N_INTS];
    const size_t size = weft_dtype_size((weft_dtype)type);
    char name[16];
    for (size_t i = 0; i < N_INTS; i++) {
        memcpy((char *)a + i * size, &integers[i / N_INTEGERS], size);
        memcpy((char *)b + i * size, &integers[i % N_INTEGERS], size);
    }
    values.n = N_INTS;
    values.data[param_of(weft_dtype_name((weft_dtype)type))] = a;
    snprintf(name, sizeof name, "%sb", weft_dtype_name((weft_dtype)type));
    values.data[param_of(name)] = b;
}

__extension__ typedef __int128 wide_int;

/* In 128 bits, then cut: nothing here overflows. */
static wide_int wide(unsigned type, int64_t value)
{
    return type == WEFT_U64 ? (wide_int)(uint64_t)value : (wide_int)value;
}

static int64_t ref_integer(char op, unsigned type, int64_t x, int64_t y)
{
    const wide_int a = wide(type, x), b = wide(type, y);
    const unsigned width = (unsigned)weft_dtype_size((weft_dtype)type) * 8;
    wide_int quotient;
    switch (op) {
    case '/':
    case '%':
        if (b == 0)
            return 0;
        quotient = a / b;
        quotient -= a % b != 0 && (a < 0) != (b < 0);
        return op == '/' ? (int64_t)quotient : (int64_t)(a - quotient * b);
    case '<':
        return b < 0 || b >= width ? 0 : (int64_t)(a * ((wide_int)1 << (int)b));
    case '>':
        return b < 0 || b >= width ? (a < 0 ? -1 : 0) : (int64_t)(a >> (int)b);
    default: { /* power */
        uint64_t result = 1, base = (uint64_t)x;
        if (b < 0)
            return x == 1 ? 1 : x == -1 ? (y & 1 ? -1 : 1) : 0;
        for (uint64_t k = (uint64_t)y; k; k >>= 1) {
            result *= k & 1 ? base : 1;
            base *= base;
        }
        return (int64_t)result;
    }
    }
}

Test(call_values, values_of_integers)
{
    static const unsigned types[] = {WEFT_I8, WEFT_U8, WEFT_I32, WEFT_I64, WEFT_U64};
    static const char *const ops[] = {"//", "%", "<<", ">>", "**"};
    static const char codes[] = "/%<>p";
    static int64_t got[N_INTS];
    start(0);
    for (size_t t = 0; t < COUNT(types); t++) {
        const char *name = weft_dtype_name((weft_dtype)types[t]);
        const size_t size = weft_dtype_size((weft_dtype)types[t]);
        fill_integers(types[t]);
        for (size_t o = 0; o < COUNT(ops); o++) {
            char term[64];
            snprintf(term, sizeof term, "(%s %s %sb)", ops[o], name, name);
            graph_compute(&graph, graph_term(&graph, term), &values, got);
            int failures = 0;
            for (size_t i = 0; i < N_INTS && failures < 5; i++) {
                const int64_t a = cut(types[t], integers[i / N_INTEGERS]);
                const int64_t b = cut(types[t], integers[i % N_INTEGERS]);
                const int64_t wanted = cut(types[t], ref_integer(codes[o], types[t], a, b));
                int64_t value = 0;
                memcpy(&value, (char *)got + i * size, size);
                if (cut(types[t], value) != wanted) {
                    cr_expect(false, "%s of %lld, %lld: %lld, wanted %lld", term, (long long)a,
                              (long long)b, (long long)cut(types[t], value), (long long)wanted);
                    failures++;
                }
            }
        }
    }
    weft_graph_free(&graph);
}

/* With a constant on the right, other ways are taken. */
Test(call_values, integers_and_constants)
{
    static const int64_t constants[] = {1, 2, 3, -1, -3, 8, -8, 10, 40, 64};
    static const char *const ops[] = {"//", "%", "<<", ">>", "**"};
    static const char codes[] = "/%<>p";
    static int64_t got[N_INTS];
    start(0);
    fill_integers(WEFT_I64);
    for (size_t c = 0; c < COUNT(constants); c++)
        for (size_t o = 0; o < COUNT(ops); o++) {
            char term[64];
            snprintf(term, sizeof term, "(%s i64 %lld)", ops[o], (long long)constants[c]);
            graph_compute(&graph, graph_term(&graph, term), &values, got);
            for (size_t i = 0; i < N_INTS; i++) {
                const int64_t a = integers[i / N_INTEGERS];
                const int64_t wanted = ref_integer(codes[o], WEFT_I64, a, constants[c]);
                cr_assert(got[i] == wanted, "%s of %lld: %lld, wanted %lld", term, (long long)a,
                          (long long)got[i], (long long)wanted);
            }
        }
    weft_graph_free(&graph);
}

Test(call_values, comparisons_with_and_without_sign)
{
    static const char *const ops[] = {"<", "<=", ">", ">=", "==", "!="};
    static uint8_t got[N_INTS], back[N_INTS];
    start(0);
    fill_integers(WEFT_I64);
    values.data[param_of("u64b")] = values.data[param_of("i64b")];
    for (size_t o = 0; o < COUNT(ops); o++) {
        char term[64];
        snprintf(term, sizeof term, "(%s i64 u64b)", ops[o]);
        graph_compute(&graph, graph_term(&graph, term), &values, got);
        snprintf(term, sizeof term, "(%s u64b i64)", ops[o]);
        graph_compute(&graph, graph_term(&graph, term), &values, back);
        for (size_t i = 0; i < N_INTS; i++) {
            const wide_int a = integers[i / N_INTEGERS];
            const wide_int b = (wide_int)(uint64_t)integers[i % N_INTEGERS];
            const bool wanted[] = {a<b, a <= b, a> b, a >= b, a == b, a != b};
            const bool turned[] = {b<a, b <= a, b> a, b >= a, a == b, a != b};
            cr_assert(got[i] == wanted[o] && back[i] == turned[o], "%s: case %zu", term, i);
        }
    }
    weft_graph_free(&graph);
}

Test(call_values, comparisons_of_bools)
{
    static const char *const ops[] = {"<", "<=", ">", ">=", "==", "!="};
    static const uint8_t a[4] = {0, 0, 1, 1}, b[4] = {0, 1, 0, 1};
    uint8_t got[4];
    start(0);
    values.n = 4;
    values.data[param_of("bool")] = a;
    values.data[param_of("boolb")] = b;
    for (size_t o = 0; o < COUNT(ops); o++) {
        char term[64];
        snprintf(term, sizeof term, "(%s bool boolb)", ops[o]);
        graph_compute(&graph, graph_term(&graph, term), &values, got);
        for (size_t i = 0; i < 4; i++) {
            const bool wanted[] = {a[i]<b[i], a[i] <= b[i], a[i]> b[i], a[i] >= b[i], a[i] == b[i],
                                   a[i] != b[i]};
            cr_expect(got[i] == wanted[o], "%s %u %u", ops[o], a[i], b[i]);
        }
    }
    weft_graph_free(&graph);
}

/* --- fused operations ------------------------------------------------------------------------- */

/* A vector that is the same for all elements takes the fused instruction, others the long way: with
 * the same bits. */
Test(call_values, fused_and_not)
{
    static const char *const functions[] = {
        "(qmul (vec %s 0.3 -0.7 1.1) (vec f64b f64 2.5 0.1))",
        "(affine (vec %s 1 2 3 4 5 6 7 8) (vec f64b f64 0.1))",
        "(affine (vec %s 1 2 3 4 5 6 7 8 9 10 11) (vec f64b f64 0.1))",
    };
    static double first[8], second[8], a[8], b[8], u = 0.37, spread[8];
    start(0);
    for (int i = 0; i < 8; i++) {
        a[i] = 1.1 * i - 3.3;
        b[i] = 0.7 - 1.3 * i;
        spread[i] = u;
    }
    values.n = 8;
    values.data[param_of("f64")] = a;
    values.data[param_of("f64b")] = b;
    values.data[param_of("f64u")] = &u;
    const unsigned extra = graph_array(&graph, "varying", WEFT_F64, 1);
    values.data[extra] = spread;
    for (size_t f = 0; f < COUNT(functions); f++) {
        char terms[2][128];
        for (int which = 0; which < 2; which++) {
            const char *at = strstr(functions[f], "%s");
            snprintf(terms[which], sizeof terms[which], "%.*s%s%s", (int)(at - functions[f]),
                     functions[f], which ? "varying" : "f64u", at + 2);
        }
        const int32_t fused = graph_term(&graph, terms[0]), plain = graph_term(&graph, terms[1]);
        cr_assert(fused >= 0 && plain >= 0, "%s", error.message);
        for (unsigned k = 0; k < weft_node_at(&graph, fused)->n; k++) {
            const int32_t part = weft_list_at(&graph, weft_node_at(&graph, fused))[k];
            const int32_t other = weft_list_at(&graph, weft_node_at(&graph, plain))[k];
            cr_expect(weft_node_at(&graph, part)->kind == WEFT_NODE_PART);
            cr_expect(weft_node_at(&graph, other)->kind == WEFT_NODE_OP);
            graph_compute(&graph, part, &values, first);
            graph_compute(&graph, other, &values, second);
            cr_expect(memcmp(first, second, sizeof first) == 0, "%s: component %u", terms[0], k);
        }
    }
    graph_compute(&graph, graph_term(&graph, "(dotk (vec f64u 2 3) (vec f64 f64b 1))"), &values,
                  first);
    graph_compute(&graph, graph_term(&graph, "(dotk (vec f64 f64b 1) (vec varying 2 3))"), &values,
                  second);
    cr_expect(memcmp(first, second, sizeof first) == 0);
    graph_compute(&graph, graph_term(&graph, "(horner f64 f64u 2 3)"), &values, first);
    graph_compute(&graph, graph_term(&graph, "(horner f64 varying 2 3)"), &values, second);
    cr_expect(memcmp(first, second, sizeof first) == 0);
    weft_graph_free(&graph);
}

Test(call_values, vectors)
{
    static double a[4] = {1, 2, 3, 4}, b[4] = {5, 6, 7, 8}, got[4];
    start(0);
    values.n = 4;
    values.data[param_of("f64")] = a;
    values.data[param_of("f64b")] = b;
    graph_compute(&graph, graph_term(&graph, "(inner (vec f64 f64b) (vec 2 f64))"), &values, got);
    for (int i = 0; i < 4; i++)
        cr_expect(got[i] == 2 * a[i] + a[i] * b[i]);
    graph_compute(&graph, graph_term(&graph, "(length (vec 3 4 (- f64 f64)))"), &values, got);
    cr_expect(got[0] == 5 && got[3] == 5);
    const int32_t cross = graph_term(&graph, "(cross (vec f64 f64b 1) (vec 2 3 f64))");
    for (unsigned k = 0; k < 3; k++) {
        graph_compute(&graph, weft_list_at(&graph, weft_node_at(&graph, cross))[k], &values, got);
        for (int i = 0; i < 4; i++) {
            const double wanted[3] = {b[i] * a[i] - 3, 2 - a[i] * a[i], a[i] * 3 - b[i] * 2};
            cr_expect(got[i] == wanted[k]);
        }
    }
    const int32_t sum = graph_term(&graph, "(+ (vec f64 f64b) 10)");
    graph_compute(&graph, weft_list_at(&graph, weft_node_at(&graph, sum))[1], &values, got);
    cr_expect(got[2] == 17);
    const int32_t means = graph_term(&graph, "(mean (vec f64 f64b))");
    graph_compute(&graph, weft_list_at(&graph, weft_node_at(&graph, means))[1], &values, got);
    cr_expect(got[0] == 6.5);
    weft_graph_free(&graph);
}

/* --- reductions ------------------------------------------------------------------------------- */

static void gives(const char *term, double wanted)
{
    uint64_t out[64];
    const int32_t node = graph_term(&graph, term);
    cr_assert(node >= 0, "%s: %s", term, error.message);
    const int32_t as_double = weft_call_cast(&graph, node, WEFT_F64);
    double got[64];
    graph_compute(&graph, as_double, &values, out);
    memcpy(got, out, sizeof got);
    cr_expect(same(got[0], wanted, 1e-6), "%s: %.17g, wanted %.17g", term, got[0], wanted);
}

Test(call_values, reductions)
{
    static const double x[5] = {3, -1, 4, 0, 2}, p[5] = {0.5, 0.25, 1, 0, 0.125},
                        t[5] = {1, 0, 1, 0, 1};
    static const int32_t n[5] = {7, -2, 7, -2, 0};
    static const uint8_t b[5] = {1, 0, 1, 1, 0}, none[5] = {0};
    static const uint16_t h[5] = {0x7bff, 0x7bff, 0x7bff, 0x7bff, 0x7bff}; /* 65504 in f16 */
    static const float big[5] = {1000, 1001, 999, -INFINITY, 1000};
    static const float label[5] = {0, 1, 0, 0, 0};
    start(0);
    values.n = 5;
    values.data[param_of("f64")] = x;
    values.data[param_of("f64b")] = p;
    values.data[param_of("f64u")] = x;
    values.data[param_of("i32")] = n;
    values.data[param_of("bool")] = b;
    values.data[param_of("boolb")] = none;
    values.data[param_of("f16")] = h;
    values.data[param_of("f32")] = big;
    values.data[param_of("f32b")] = label;
    values.data[graph_array(&graph, "t", WEFT_F64, 1)] = t;
    gives("(sum f64)", 8);
    gives("(prod (+ f64 2))", 5 * 1 * 6 * 2 * 4);
    gives("(mean f64)", 1.6);
    gives("(var f64)", 3.44);
    gives("(var@+1 f64)", 4.3);
    gives("(std@+1 f64)", sqrt(4.3));
    gives("(std@+5 f64)", INF);
    gives("(std@+9 f64)", INF);
    gives("(min f64)", -1);
    gives("(max f64)", 4);
    gives("(ptp f64)", 5);
    gives("(argmin f64)", 1);
    gives("(argmax f64)", 2);
    gives("(argmax i32)", 0);
    gives("(argmin i32)", 1);
    gives("(norm f64)", sqrt(30));
    gives("(dot f64 f64b)", 1.5 - 0.25 + 4 + 0.25);
    gives("(dot i32 i32)", 49 + 4 + 49 + 4);
    gives("(any f64)", 1);
    gives("(all f64)", 0);
    gives("(any boolb)", 0);
    gives("(count_nonzero f64)", 4);
    gives("(count_nonzero i32)", 4);
    gives("(sum bool)", 3);
    gives("(mean bool)", 0.6);
    gives("(max bool)", 1);
    gives("(min bool)", 0);
    gives("(prod bool)", 0);
    gives("(argmin bool)", 1);
    gives("(sum i32)", 10);
    gives("(mean i32)", 2);
    gives("(sum f16)", INF); /* 327,520 */
    gives("(mean f16)", 65504);
    gives("(mse f64 f64b)", (6.25 + 1.5625 + 9 + 0 + 3.515625) / 5);
    gives("(sum (softmax f32))", 1);
    gives("(max (softmax f32))", 0.5344467);
    gives("(max (log_softmax f32))", -0.62652332);
    gives("(min (log_softmax f32))", -INF);
    gives("(cross_entropy f32 f32b)", 0.62652332);
    gives("(binary_cross_entropy f64b t)", (-log(0.5) - log(0.75) - 0 - 0 - log(0.125)) / 5);
    gives("(binary_cross_entropy t (- 1 t))", 100);
    gives("(max (layer_norm f64))", 2.4 / sqrt(3.44 + 1e-5));
    gives("(max (layer_norm f64 0.5))", 2.4 / sqrt(3.44 + 0.5));
    /* of single values */
    gives("(sum f64u)", 3);
    gives("(mean f64u)", 3);
    gives("(argmax f64u)", 0);
    gives("(var f64u)", 0);
    gives("(any f64u)", 1);
    gives("(norm (- 0 f64u))", 3);
    gives("(softmax f64u)", 1);
    gives("(sum 2.5)", 2.5);
    weft_graph_free(&graph);
}

/* Axes of extent 1 are not reduced, but they are left out. */
Test(call_values, reductions_over_axes_of_extent_1)
{
    start(0);
    const int32_t x = weft_node_with_one(&graph, graph_term(&graph, "i8"), 0);
    const int place = 0;
    const int32_t sum = weft_call_reduction(&graph, "sum", 3, &x, 1, &place, 1, false, 0);
    cr_expect(strstr(graph_text(&graph, sum), "cvt.i64("));
    cr_expect(weft_node_at(&graph, sum)->axes.rank == 1);
    const int32_t kept = weft_call_reduction(&graph, "max", 3, &x, 1, &place, 1, true, 0);
    cr_expect(weft_node_at(&graph, kept)->axes.rank == 2 &&
              weft_node_at(&graph, kept)->type == WEFT_I8);
    const int32_t all = weft_call_reduction(&graph, "sum", 3, &x, 1, NULL, 0, true, 0);
    const weft_axes *axes = &weft_node_at(&graph, all)->axes;
    cr_expect(axes->rank == 2 && axes->axis[0] == WEFT_AXIS_ONE && axes->axis[1] == WEFT_AXIS_ONE);
    weft_graph_free(&graph);
}

/* f16 is rounded after each operation, unless contraction leaves it in f32. */
Test(call_values, halves_are_rounded_after_each_operation)
{
    static const uint16_t h[1] = {0x3c00}; /* 1 */
    uint16_t got;
    for (uint32_t flags = 0; flags <= WEFT_FAST_CONTRACT; flags++) {
        start(flags);
        values.n = 1;
        values.data[param_of("f16")] = h;
        graph_compute(&graph, graph_term(&graph, "(- (+ f16 0.0003) f16)"), &values, &got);
        cr_expect((got == 0) == (flags == 0), "%x", got);
        weft_graph_free(&graph);
    }
}
