/* bench/ops_acceptance.c: the limits of the suite `ops`: rows, and those that look at all cases.
 * Neighbours: bench/ops_acceptance.h, bench/acceptance.h. */
#include "bench/ops_acceptance.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/acceptance.h"
#include "bench/report.h"

/* Compared with hand-written loops as well, at all lengths. */
static const char *const simple[] = {"add/f32/vv", "mul/f32/vv", "div/f32/vv", "fma/f32/vvv",
                                     "add/f64/vv", "add/i32/vv", "add/u8/vv",  NULL};
static const char *const sums[] = {"sum/f32/v", "dot/f32/vv", NULL};
static const char *const functions_f32[] = {"exp/f32/v",  "log/f32/v",  "sin/f32/v", "cos/f32/v",
                                            "tanh/f32/v", "pow/f32/vv", NULL};
static const char *const functions_f64[] = {"exp/f64/v",  "log/f64/v",  "sin/f64/v", "cos/f64/v",
                                            "tanh/f64/v", "pow/f64/vv", NULL};

static const char *const compilers[] = {"gcc", "clang", NULL};
static const char *const loops[] = {"gcc", "clang", "hand", NULL};
static const char *const hand[] = {"hand", NULL};
static const char *const accurate[] = {"sleef", "numpy", NULL}; /* at most 1.5 ULP */
static const char *const sleef[] = {"sleef", NULL};

bool ops_is_headline(const char *case_name)
{
    return bench_is_in(case_name, simple) || bench_is_in(case_name, sums);
}

double ops_compiler_ratio(const bench_result *result)
{
    return bench_ratio_to(result, "weft", compilers);
}

static int compare(const void *x, const void *y)
{
    const double a = *(const double *)x, b = *(const double *)y;
    return (a > b) - (a < b);
}

/* All other operations and types: the ratio that 95 % stay within, and the worst. */
static void judge_rest(bench_run_state *state)
{
    bench_verdict *most = bench_verdict_add(state,
                                            "95 % of the other operations, n = 4,096, to gcc's and "
                                            "clang's loop",
                                            1.0);
    bench_verdict *worst = bench_verdict_add(state, "the worst of them", 1.2);
    double *ratios = malloc((state->results.count + 1) * sizeof *ratios);
    size_t count = 0, within = 0, far = 0;
    for (size_t i = 0; ratios && i < state->results.count; i++) {
        const bench_result *result = &state->results.items[i];
        const double ratio = ops_compiler_ratio(result);
        if (result->n != 4096 || ops_is_headline(result->name) || ratio <= 0)
            continue;
        ratios[count++] = ratio;
        within += report_rounded(ratio) <= most->limit;
        far += report_rounded(ratio) > worst->limit;
        if (ratio > worst->measured) {
            worst->measured = ratio;
            (void)snprintf(worst->detail, sizeof worst->detail, "%s", result->name);
        }
    }
    if (count) {
        qsort(ratios, count, sizeof *ratios, compare);
        most->measured = ratios[(count * 95 + 99) / 100 - 1];
        (void)snprintf(most->detail, sizeof most->detail, "%zu of %zu within it (%.1f %%)", within,
                       count, 100.0 * (double)within / (double)count);
        const size_t used = strlen(worst->detail);
        (void)snprintf(worst->detail + used, sizeof worst->detail - used, "; %zu beyond", far);
    }
    free(ratios);
}

/* The cost of a call: n = 1. */
static void judge_calls(bench_run_state *state)
{
    bench_verdict *v =
        bench_verdict_add(state, "ns of a call with n = 1 (add, mul, div, fma)", 5.0);
    size_t count = 0, within = 0;
    for (size_t i = 0; i < state->results.count; i++) {
        const bench_result *result = &state->results.items[i];
        const bench_series *own = bench_series_of(result, "weft");
        if (result->n != 1 || !own)
            continue;
        count++;
        within += report_rounded(own->median) <= v->limit;
        if (bench_is_in(result->name, simple) && own->median > v->measured)
            v->measured = own->median;
    }
    if (count)
        (void)snprintf(v->detail, sizeof v->detail, "%zu of all %zu cases within it", within,
                       count);
}

#define ALL ((size_t)1 << 24)

static const bench_limit simple_rows[] = {
    {.text = "add, mul, fma, div f32, add f64, i32, u8 to the best loop, n = 256 to 16 M",
     .limit = 1.10,
     .cases = simple,
     .least = 256,
     .most = ALL,
     .others = loops},
};

static const bench_limit function_rows[] = {
    {.text = "exp, log, sin, cos, tanh, pow f32 to SLEEF u10 and NumPy, n = 4,096",
     .limit = 0.6,
     .cases = functions_f32,
     .least = 4096,
     .most = 4096,
     .others = accurate},
    {.text = "the same f64 to SLEEF u10",
     .limit = 0.7,
     .cases = functions_f64,
     .least = 4096,
     .most = 4096,
     .others = sleef},
    {.text = "sum, dot f32 to an unordered loop, n = 4,096",
     .limit = 1.35,
     .cases = sums,
     .least = 4096,
     .most = 4096,
     .others = hand},
    {.text = "sum, dot f32 to an unordered loop, n = 1 M",
     .limit = 1.05,
     .cases = sums,
     .least = 1 << 20,
     .most = 1 << 20,
     .others = hand},
};

void ops_judge(bench_run_state *state)
{
    bench_judge(state, simple_rows, sizeof simple_rows / sizeof simple_rows[0]);
    judge_rest(state);
    judge_calls(state);
    bench_judge(state, function_rows, sizeof function_rows / sizeof function_rows[0]);
}
