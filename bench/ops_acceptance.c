/* bench/ops_acceptance.c: the limits of the suite `ops`, each with what was measured. All figures
 * are ratios of medians taken in one run, but for the cost of a call; they are judged at the two
 * decimals that are printed.
 * Neighbours: bench/ops_acceptance.h. */
#include "bench/ops_acceptance.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/report.h"

/* Compared with hand-written loops as well, at all lengths. */
static const char *const simple[] = {"add/f32/vv", "mul/f32/vv", "div/f32/vv", "fma/f32/vvv",
                                     "add/f64/vv", "add/i32/vv", "add/u8/vv"};
static const char *const sums[] = {"sum/f32/v", "dot/f32/vv"};
static const char *const functions_f32[] = {"exp/f32/v", "log/f32/v",  "sin/f32/v",
                                            "cos/f32/v", "tanh/f32/v", "pow/f32/vv"};
static const char *const functions_f64[] = {"exp/f64/v", "log/f64/v",  "sin/f64/v",
                                            "cos/f64/v", "tanh/f64/v", "pow/f64/vv"};
#define COUNT(list) (sizeof(list) / sizeof(list)[0])

static const char *const compilers[] = {"gcc", "clang", NULL};
static const char *const loops[] = {"gcc", "clang", "hand", NULL};
static const char *const hand[] = {"hand", NULL};
static const char *const accurate[] = {"sleef", "numpy", NULL}; /* at most 1.5 ULP */
static const char *const sleef[] = {"sleef", NULL};

static bool is_in(const char *name, const char *const *list, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(list[i], name) == 0)
            return true;
    return false;
}

bool ops_is_headline(const char *case_name)
{
    return is_in(case_name, simple, COUNT(simple)) || is_in(case_name, sums, COUNT(sums));
}

/* weft's time over that of the fastest of the peers; 0 where none was measured. */
static double ratio_to(const bench_result *result, const char *const *peers)
{
    const bench_series *own = result ? bench_series_of(result, "weft") : NULL;
    double best = 0;
    for (int i = 0; own && peers[i]; i++) {
        const bench_series *series = bench_series_of(result, peers[i]);
        if (series && (best <= 0 || series->median < best))
            best = series->median;
    }
    return own && best > 0 ? own->median / best : 0;
}

double ops_compiler_ratio(const bench_result *result)
{
    return ratio_to(result, compilers);
}

static bench_verdict *verdict(bench_run_state *state, const char *text, double limit)
{
    bench_verdict *v = &state->verdicts[state->verdict_count++];
    *v = (bench_verdict){.text = text, .limit = limit, .measured = -1};
    return v;
}

/* Takes the worst of the named cases over the lengths from `least` to `most`. */
static void judge_worst(const bench_run_state *state, bench_verdict *v, const char *const *names,
                        size_t count, size_t least, size_t most, const char *const *peers)
{
    for (size_t i = 0; i < state->results.count; i++) {
        const bench_result *result = &state->results.items[i];
        if (result->n < least || result->n > most || !is_in(result->name, names, count))
            continue;
        const double ratio = ratio_to(result, peers);
        if (ratio > 0 && ratio > v->measured) {
            v->measured = ratio;
            (void)snprintf(v->detail, sizeof v->detail, "worst: %s at %zu", result->name,
                           result->n);
        }
    }
}

static int compare(const void *x, const void *y)
{
    const double a = *(const double *)x, b = *(const double *)y;
    return (a > b) - (a < b);
}

/* All other operations and types: the ratio that 95 % stay within, and the worst. */
static void judge_rest(bench_run_state *state)
{
    bench_verdict *most = verdict(state,
                                  "95 % of the other operations, n = 4,096, to gcc's and "
                                  "clang's loop",
                                  1.0);
    bench_verdict *worst = verdict(state, "the worst of them", 1.2);
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
    bench_verdict *v = verdict(state, "ns of a call with n = 1 (add, mul, div, fma)", 5.0);
    size_t count = 0, within = 0;
    for (size_t i = 0; i < state->results.count; i++) {
        const bench_result *result = &state->results.items[i];
        const bench_series *own = bench_series_of(result, "weft");
        if (result->n != 1 || !own)
            continue;
        count++;
        within += report_rounded(own->median) <= v->limit;
        if (is_in(result->name, simple, COUNT(simple)) && own->median > v->measured)
            v->measured = own->median;
    }
    if (count)
        (void)snprintf(v->detail, sizeof v->detail, "%zu of all %zu cases within it", within,
                       count);
}

void ops_judge(bench_run_state *state)
{
    const size_t all = (size_t)1 << 24;
    judge_worst(state,
                verdict(state,
                        "add, mul, fma, div f32, add f64, i32, u8 to the best loop, "
                        "n = 256 to 16 M",
                        1.10),
                simple, COUNT(simple), 256, all, loops);
    judge_rest(state);
    judge_calls(state);
    judge_worst(state,
                verdict(state,
                        "exp, log, sin, cos, tanh, pow f32 to SLEEF u10 and NumPy, "
                        "n = 4,096",
                        0.6),
                functions_f32, COUNT(functions_f32), 4096, 4096, accurate);
    judge_worst(state, verdict(state, "the same f64 to SLEEF u10", 0.7), functions_f64,
                COUNT(functions_f64), 4096, 4096, sleef);
    judge_worst(state, verdict(state, "sum, dot f32 to an unordered loop, n = 4,096", 1.35), sums,
                COUNT(sums), 4096, 4096, hand);
    judge_worst(state, verdict(state, "sum, dot f32 to an unordered loop, n = 1 M", 1.05), sums,
                COUNT(sums), 1 << 20, 1 << 20, hand);
}
