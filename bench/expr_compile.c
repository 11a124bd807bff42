/* bench/expr_compile.c: what it takes to get from a text to a program, and a text evaluated at
 * once. Neighbours: bench/expr.h; include/weft/compile.h (what is timed). */
#include <string.h>

#include "bench/expr.h"

/* Ten operations. */
#define TEXT "exp(-0.5*(a*a + b*b + c*c))*a + sqrt(c)"
static const char text[] = TEXT, numexpr_text[] = "exp(h*(a*a + b*b + c*c))*a + sqrt(c)";

static const weft_variable variables[] = {
    {"a", WEFT_F32, 1, 0}, {"b", WEFT_F32, 1, 0}, {"c", WEFT_F32, 1, 0}};

typedef weft_status compile_function(weft_context *, const char *, size_t,
                                     const weft_compile_options *, weft_program **, weft_error *);

typedef struct compilation {
    weft_context *context;
    compile_function *compile;
} compilation;

/* Each program is given back at once: with the cache, what is left is the reference that it has. */
static double sample_compile(void *self, uint64_t calls)
{
    const compilation *x = self;
    const weft_compile_options options = {
        .size = sizeof options, .variables = variables, .n_variables = 3};
    weft_program *program;
    const double start = bench_now();
    for (uint64_t i = 0; i < calls; i++) {
        if (x->compile(x->context, text, sizeof text - 1, &options, &program, NULL) != WEFT_OK)
            return -1;
        weft_program_release(program);
    }
    return bench_now() - start;
}

/* NumExpr's own compiler needs arrays only to know their types. */
static void measure_compile(engine_bench *bench, const engine_case *c)
{
    const bool cached = c->detail != 0;
    compilation own = {bench->contexts->one, cached ? weft_compile_cached : weft_compile};
    engine_contend(bench, "weft", sample_compile, &own);
    python_clear();
    if (!cached)
        engine_contend_python(bench, "numexpr", "@compile");
    engine_measure(bench);
}

/* --- evaluated at once ------------------------------------------------------------------------ */

typedef struct evaluation {
    weft_context *context;
    weft_arg args[3], result;
} evaluation;

static double sample_eval(void *self, uint64_t calls)
{
    evaluation *x = self;
    const double start = bench_now();
    for (uint64_t i = 0; i < calls; i++)
        if (weft_eval(x->context, text, sizeof text - 1, x->args, 3, 0, &x->result, NULL) !=
            WEFT_OK)
            return -1;
    return bench_now() - start;
}

/* weft_eval, which looks the text up in the cache, beside the program that is there already. */
static void measure_eval(engine_bench *bench, const engine_case *c)
{
    static const float minus_half = -0.5F;
    const size_t n = bench->n;
    const int64_t shape[] = {(int64_t)n};
    evaluation at_once = {.context = bench->contexts->one};
    engine_family program = {NULL, NULL, NULL};
    float *out = engine_floats(bench, n, 0, 0);
    (void)c;
    python_clear();
    program.one = engine_add_text(bench, bench->contexts->one, text, variables, 3, 0);
    for (int k = 0; k < 3; k++) {
        float *values = engine_floats(bench, n, k < 2 ? -2 : 0.5, 2);
        (void)weft_arg_contiguous(&at_once.args[k], variables[k].name, WEFT_F32, values, 1, shape);
        engine_family_arg(bench, &program, variables[k].name, WEFT_F32, values, 1, shape);
    }
    (void)weft_arg_contiguous(&at_once.result, NULL, WEFT_F32, out, 1, shape);
    engine_family_arg(bench, &program, "out", WEFT_F32, out, 1, shape);
    python_array("h", WEFT_F32, 0, NULL, &minus_half);
    engine_contend(bench, "weft", sample_eval, &at_once);
    engine_contend_program(bench, "compiled", program.one);
    engine_contend_python(bench, "numexpr", numexpr_text);
    engine_contend_python(bench, "numpy", text);
    engine_output_add(bench, out, n, NULL, 1e-5);
    bench->bytes = 16.0 * (double)n;
    engine_measure(bench);
}

const engine_case expr_compile_cases[] = {
    {"compile/ten", {1}, measure_compile, NULL, false},
    {"compile/hit", {1}, measure_compile, NULL, true},
    {"eval/f32", {16, 4096}, measure_eval, NULL, 0},
    {NULL, {0}, NULL, NULL, 0},
};
