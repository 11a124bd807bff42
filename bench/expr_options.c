/* bench/expr_options.c: the prices of European calls and puts after Black and Scholes, as the
 * example's text: one pass, two results. n is the number of options, of a call and a put each.
 * Neighbours: bench/expr.h, examples/black_scholes.weft, bench/python_workloads.py. */
#include <bench_examples.h> /* generated: EXAMPLE_black_scholes */
#include <stdlib.h>

#include "bench/expr.h"

/* Prices are up to 100; those near 0 are differences of larger values. */
static void add_prices(engine_bench *bench, weft_dtype type, void *prices)
{
    const double error = type == WEFT_F64 ? 1e-12 : 1e-5;
    engine_output_put(bench, (engine_output){.data = prices,
                                             .type = type,
                                             .count = bench->n,
                                             .tolerance = error,
                                             .absolute = 10 * error});
}

static void measure_text(engine_bench *bench, weft_dtype type, const char *text)
{
    const size_t n = bench->n;
    const int64_t shape[] = {(int64_t)n};
    const engine_family family = engine_add_family(bench, text, NULL, 0);
    void *call = engine_values(bench, type, n, 0, 0), *put = engine_values(bench, type, n, 0, 0);
    python_clear();
    engine_family_arg(bench, &family, "spot", type, engine_values(bench, type, n, 50, 150), 1,
                      shape);
    engine_family_arg(bench, &family, "strike", type, engine_values(bench, type, n, 50, 150), 1,
                      shape);
    engine_family_arg(bench, &family, "years", type, engine_values(bench, type, n, 0.1, 2), 1,
                      shape);
    engine_family_arg(bench, &family, "rate", type, engine_values(bench, type, 1, 0.02, 0.02), 0,
                      NULL);
    engine_family_arg(bench, &family, "volatility", type, engine_values(bench, type, 1, 0.3, 0.3),
                      0, NULL);
    engine_family_arg(bench, &family, NULL, type, call, 1, shape);
    engine_family_arg(bench, &family, NULL, type, put, 1, shape);
    engine_contend_family(bench, &family);
    engine_contend_python(bench, "numexpr", "@options");
    engine_contend_python(bench, "numba", "@options");
    engine_contend_python_threads(bench, "numba", "@options");
    engine_contend_python(bench, "numpy", "@options");
    add_prices(bench, type, call);
    add_prices(bench, type, put);
    bench->bytes = 5.0 * (double)weft_dtype_size(type) * (double)n;
    engine_measure(bench);
}

static void measure_options(engine_bench *bench, const engine_case *c)
{
    const weft_dtype type = (weft_dtype)c->detail;
    char *twice = engine_double_text(EXAMPLE_black_scholes);
    if (twice)
        measure_text(bench, type, type == WEFT_F64 ? twice : EXAMPLE_black_scholes);
    else
        bench->failed = true;
    free(twice);
}

const engine_case expr_option_cases[] = {
    {"options/f32", {1 << 18}, measure_options, NULL, WEFT_F32},
    {"options/f64", {1 << 18}, measure_options, NULL, WEFT_F64},
    {NULL, {0}, NULL, NULL, 0},
};
