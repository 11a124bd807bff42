/* bench/expr_formulas.c: expressions of three arrays, as text: weft's and Python's alike.
 * Neighbours: bench/expr.h, bench/expr_options.c (a longer one, with two results). */
#include "bench/expr.h"

/* NumExpr takes the literal 0.5 for a double, and computes all in it: `h` is an f32 of that value,
 * so that it need not. */
typedef struct formula {
    weft_dtype type;
    const char *text;
    const char *numexpr; /* NULL: the same */
} formula;

#define LINEAR "a*b + c*2"
#define BELL   "exp(-0.5*(a*a + b*b + c*c))*a"
#define WAVES  "2*a + 3*b*sqrt(c) - sin(a)*cos(b)"
#define LONG                                                                                       \
    "(a - b)/(1 + abs(a*b)) + sqrt(a*a + b*b + c*c)*exp(-abs(c)) - log1p(b*b)*tanh(a) + "          \
    "where(a > b, a*c, b*c)"

enum { LINEAR_F32, BELL_F32, WAVES_F32, LINEAR_F64, BELL_F64, WAVES_F64, LONG_F32, LONG_F64 };
static const formula formulas[] = {
    [LINEAR_F32] = {WEFT_F32, LINEAR, NULL},
    [BELL_F32] = {WEFT_F32, BELL, "exp(h*(a*a + b*b + c*c))*a"},
    [WAVES_F32] = {WEFT_F32, WAVES, NULL},
    [LINEAR_F64] = {WEFT_F64, LINEAR, NULL},
    [BELL_F64] = {WEFT_F64, BELL, NULL},
    [WAVES_F64] = {WEFT_F64, WAVES, NULL},
    [LONG_F32] = {WEFT_F32, LONG, NULL},
    [LONG_F64] = {WEFT_F64, LONG, NULL},
};

/* The largest error of a libm's sine or exponential, times what is multiplied by it. */
static double tolerance_of(weft_dtype type)
{
    return type == WEFT_F64 ? 1e-13 : 1e-5;
}

static void measure_formula(engine_bench *bench, const engine_case *c)
{
    static const float minus_half = -0.5F;
    const formula *f = &formulas[c->detail];
    const weft_dtype type = f->type;
    const size_t n = bench->n;
    const int64_t shape[] = {(int64_t)n};
    const weft_variable variables[] = {{"a", type, 1, 0}, {"b", type, 1, 0}, {"c", type, 1, 0}};
    const engine_family family = engine_add_family(bench, f->text, variables, 3);
    void *out = engine_values(bench, type, n, 0, 0);
    python_clear();
    engine_family_arg(bench, &family, "a", type, engine_values(bench, type, n, -2, 2), 1, shape);
    engine_family_arg(bench, &family, "b", type, engine_values(bench, type, n, -2, 2), 1, shape);
    engine_family_arg(bench, &family, "c", type, engine_values(bench, type, n, 0.5, 4), 1, shape);
    engine_family_arg(bench, &family, "out", type, out, 1, shape);
    python_array("h", WEFT_F32, 0, NULL, &minus_half);
    engine_contend_family(bench, &family);
    engine_contend_python(bench, "numexpr", f->numexpr ? f->numexpr : f->text);
    engine_contend_python_threads(bench, "numexpr", f->numexpr ? f->numexpr : f->text);
    engine_contend_python(bench, "numpy", f->text);
    engine_output_put(bench, (engine_output){.data = out,
                                             .type = type,
                                             .count = n,
                                             .tolerance = tolerance_of(type),
                                             .absolute = tolerance_of(type)});
    bench->bytes = 4.0 * (double)weft_dtype_size(type) * (double)n;
    engine_measure(bench);
}

#define TO_16_M                                                                                    \
    {                                                                                              \
        4096, 1 << 20, 1 << 24                                                                     \
    }
#define TO_1_M                                                                                     \
    {                                                                                              \
        4096, 1 << 20                                                                              \
    }

const engine_case expr_formula_cases[] = {
    {"linear/f32", TO_16_M, measure_formula, NULL, LINEAR_F32},
    {"bell/f32", TO_16_M, measure_formula, NULL, BELL_F32},
    {"waves/f32", TO_16_M, measure_formula, NULL, WAVES_F32},
    {"long/f32", TO_1_M, measure_formula, NULL, LONG_F32},
    {"linear/f64", TO_1_M, measure_formula, NULL, LINEAR_F64},
    {"bell/f64", TO_1_M, measure_formula, NULL, BELL_F64},
    {"waves/f64", TO_1_M, measure_formula, NULL, WAVES_F64},
    {"long/f64", TO_1_M, measure_formula, NULL, LONG_F64},
    {NULL, {0}, NULL, NULL, 0},
};
