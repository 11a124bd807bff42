/* bench/suite_ops.c: the suite `ops`: every function of the direct API beside what else there is:
 * compilers' loops, hand-written ones, libraries. A few headline operations at every length, all
 * at one that fits into L1 and L2, and at 1, where only the call counts.
 * Neighbours: bench/ops_calls.h (cases), bench/operands.h, bench/ops_acceptance.c (the verdicts).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/arrays.h"
#include "bench/bench.h"
#include "bench/operands.h"
#include "bench/ops_acceptance.h"
#include "bench/ops_calls.h"
#include "bench/ops_check.h"
#include "bench/python.h"
#include "bench/report.h"

static const size_t every_length[] = {1, 16, 256, 1024, 3072, 4096, 16384, 65536, 1 << 20, 1 << 24};
enum { USUAL_N = 4096, EVERY_LENGTH = sizeof every_length / sizeof every_length[0] };

/* The arrays of one case. */
typedef struct case_arrays {
    ops_arrays arrays;
    bench_arrays memory;
} case_arrays;

static bool prepare(case_arrays *x, const ops_case *c, size_t n)
{
    *x = (case_arrays){.arrays = {.n = n}};
    const size_t out = c->out ? weft_dtype_size(c->out) * n : sizeof(uint64_t);
    bool done = true;
    for (int k = 0; done && k < 3; k++) {
        if (!c->in[k])
            continue;
        const size_t count = c->scalars >> k & 1 ? 1 : n;
        void *to = bench_array(&x->memory, weft_dtype_size(c->in[k]) * count);
        done = to != NULL;
        if (done)
            operands_fill(c, k, to, count);
        x->arrays.in[k] = to;
    }
    x->arrays.dst = done ? bench_array(&x->memory, out) : NULL;
    if (!x->arrays.dst)
        bench_arrays_free(&x->memory);
    return x->arrays.dst != NULL;
}

/* --- contenders ------------------------------------------------------------------------------- */

typedef struct weft_call {
    const ops_case *ops_case;
    const ops_arrays *arrays;
} weft_call;

static double sample_weft(void *self, uint64_t calls)
{
    const weft_call *call = self;
    const double start = bench_now();
    const unsigned failed = call->ops_case->run(call->arrays, calls);
    return failed ? -1 : bench_now() - start;
}

typedef struct peer_call {
    bench_peer_function *function;
    const ops_arrays *arrays;
} peer_call;

static double sample_peer(void *self, uint64_t calls)
{
    const peer_call *call = self;
    const ops_arrays *x = call->arrays;
    const double start = bench_now();
    for (uint64_t i = 0; i < calls; i++)
        call->function(x->dst, x->in[0], x->in[1], x->in[2], x->n);
    return bench_now() - start;
}

/* What NumPy calls the operations that it is asked for: functions, in one call. */
static const char *numpy_name(const ops_case *c)
{
    static const char *const names[][2] = {{"exp", "exp"}, {"log", "log"},   {"sin", "sin"},
                                           {"cos", "cos"}, {"tanh", "tanh"}, {"pow", "power"}};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(names[i][0], c->operation) == 0)
            return c->out == WEFT_F32 && c->in[0] == WEFT_F32 && !c->scalars ? names[i][1] : NULL;
    return NULL;
}

/* Gives NumPy the arrays of the case; whether it has the operation. */
static bool prepare_numpy(python_call *call, const ops_case *c, const ops_arrays *x)
{
    const char *name = numpy_name(c);
    const int64_t shape[] = {(int64_t)x->n};
    char what[64];
    if (!name || !python_has("numpy"))
        return false;
    python_clear();
    python_array("a", WEFT_F32, 1, shape, x->in[0]);
    if (c->in[1])
        python_array("b", WEFT_F32, 1, shape, x->in[1]);
    python_array("out", WEFT_F32, 1, shape, x->dst);
    (void)snprintf(what, sizeof what, "%s(a%s, out=out)", name, c->in[1] ? ", b" : "");
    return python_prepare(call, "numpy", 1, what);
}

/* Calls a contender once; whether its results are those in `own`. */
static bool agrees(const ops_case *c, const ops_arrays *x, const bench_contender *contender,
                   const void *own, size_t bytes)
{
    memset(x->dst, 0, bytes);
    (void)contender->sample(contender->self, 1);
    return (contender->sample != python_sample ||
            python_result(contender->self, 0, x->dst, bytes)) &&
           ops_agree(c, own, x->dst, x->n);
}

/* Marks the peers whose results are others than weft's. Long arrays are not compared: short ones
 * have been. */
static bool compare_results(const ops_case *c, const ops_arrays *x, bench_contender *contenders,
                            int count)
{
    const size_t bytes = c->out ? weft_dtype_size(c->out) * x->n : sizeof(uint64_t);
    void *own = x->n <= 65536 ? malloc(bytes) : NULL;
    if (!own)
        return x->n > 65536;
    memset(x->dst, 0, bytes);
    (void)contenders[0].sample(contenders[0].self, 1);
    memcpy(own, x->dst, bytes);
    for (int i = 1; i < count; i++)
        contenders[i].differs = !agrees(c, x, &contenders[i], own, bytes);
    free(own);
    return true;
}

/* Of each element, for what is a matter of additions and multiplications. */
static double flops_of(const ops_case *c)
{
    static const struct {
        const char *operation;
        double flops;
    } rows[] = {{"add", 1}, {"sub", 1}, {"mul", 1}, {"fma", 2}, {"sum", 1}, {"dot", 2}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (strcmp(rows[i].operation, c->operation) == 0)
            return c->in[0] == WEFT_F32 || c->in[0] == WEFT_F64 ? rows[i].flops : 0;
    return 0;
}

static bool measure_case(bench_run_state *state, const ops_case *c, size_t n)
{
    case_arrays x;
    if (!prepare(&x, c, n))
        return false;
    weft_call own = {c, &x.arrays};
    peer_call calls[PEERS_MAX];
    python_call numpy;
    bench_contender contenders[BENCH_CONTENDERS_MAX] = {
        {.name = "weft", .sample = sample_weft, .self = &own}};
    int count = 1;
    for (int i = 0; i < state->peers.count; i++) {
        const bench_peer *peer = state->peers.items[i].peer;
        bench_peer_function *function = peer ? peer->find(c->name) : NULL;
        if (!function)
            continue;
        calls[i] = (peer_call){function, &x.arrays};
        contenders[count++] = (bench_contender){
            .name = peer->name, .sample = sample_peer, .self = &calls[i], .foreign = true};
    }
    if (prepare_numpy(&numpy, c, &x.arrays))
        contenders[count++] = (bench_contender){
            .name = "numpy", .sample = python_sample, .self = &numpy, .foreign = true};
    bool done = compare_results(c, &x.arrays, contenders, count);
    const bench_case timed = {.name = c->name,
                              .n = n,
                              .bytes = ops_case_bytes(c, n),
                              .flops = flops_of(c) * (double)n,
                              .contenders = contenders,
                              .count = count};
    done = done && bench_measure(&state->results, &timed, &state->timing);
    bench_arrays_free(&x.memory);
    return done;
}

/* --- which cases at which lengths ------------------------------------------------------------- */

static size_t lengths_of(const bench_options *options, const ops_case *c, const size_t **lengths)
{
    static const size_t usual[] = {1, USUAL_N};
    if (options->length_count) {
        *lengths = options->lengths;
        return options->length_count;
    }
    const bool every = options->every_length || ops_is_headline(c->name);
    *lengths = every ? every_length : usual;
    return every ? EVERY_LENGTH : sizeof usual / sizeof usual[0];
}

static void each(void (*found)(const char *name, void *data), void *data)
{
    for (size_t i = 0; i < ops_case_count; i++)
        found(ops_cases[i].name, data);
}

static bool measure(bench_run_state *state)
{
    static const char *const libraries[] = {"numpy", NULL};
    bool done = true;
    python_start(&state->peers, state->peers_folder, libraries);
    for (size_t i = 0; done && i < ops_case_count; i++) {
        const ops_case *c = &ops_cases[i];
        const size_t *lengths;
        if (!bench_wanted(state, c->name))
            continue;
        const size_t count = lengths_of(state->options, c, &lengths);
        bench_progress(i, ops_case_count, c->name);
        for (size_t k = 0; done && k < count; k++)
            done = measure_case(state, c, lengths[k]);
    }
    bench_progress(0, 0, NULL);
    python_stop();
    return done;
}

/* --- the page --------------------------------------------------------------------------------- */

static bool is_headline(const bench_result *result)
{
    return ops_is_headline(result->name);
}

static bool is_usual(const bench_result *result)
{
    return !is_headline(result) && result->n == USUAL_N;
}

static bool is_slower(const bench_result *result)
{
    return is_usual(result) && report_rounded(ops_compiler_ratio(result)) > 1;
}

static bool is_other(const bench_result *result)
{
    return !is_headline(result) && result->n != USUAL_N && result->n != 1;
}

/* What a call on one element costs, over all cases: how many stay below so many nanoseconds. */
static void print_calls(const bench_run_state *state, FILE *to)
{
    static const double steps[] = {2, 3, 4, 5, 7, 10, 20, 50, 1e9};
    size_t all = 0;
    for (size_t i = 0; i < state->results.count; i++)
        all += state->results.items[i].n == 1;
    if (all == 0)
        return;
    (void)fprintf(to, "\n## A call on one element\n\n| at most | cases |\n|---|---|\n");
    for (size_t s = 0; s < sizeof steps / sizeof steps[0]; s++) {
        size_t within = 0;
        for (size_t i = 0; i < state->results.count; i++) {
            const bench_series *own = bench_series_of(&state->results.items[i], "weft");
            within += state->results.items[i].n == 1 && own && own->median <= steps[s];
        }
        if (steps[s] < 1e9)
            (void)fprintf(to, "| %.0f ns | %zu |\n", steps[s], within);
        else
            (void)fprintf(to, "| any time | %zu |\n", within);
    }
}

static const bench_section sections[] = {
    {"Headline operations", "At every length.", is_headline, NULL},
    {"A call on one element", NULL, NULL, print_calls},
    {"Slower than a compiler's loop", "Of the following, those whose ratio is above 1.00.",
     is_slower, NULL},
    {"All other operations", "At 4,096 elements.", is_usual, NULL},
    {"Other lengths", "As asked for.", is_other, NULL},
};

/* bench/CMakeLists.txt makes a module of each where it can; the tables have them in this order. */
static const char *const peers[] = {"gcc", "clang", "hand", "sleef", "volk", "openblas", NULL};

const bench_suite suite_ops = {
    .name = "ops",
    .title = "operations",
    .peers = peers,
    .summary = "every operation of the direct API, beside compilers' loops and libraries",
    .min_time = 2e5,
    .each = each,
    .measure = measure,
    .judge = ops_judge,
    .ratio = ops_compiler_ratio,
    .ratio_words = "weft's time over that of the faster of gcc's and clang's loop",
    .limit_words = "Ratios of weft's time to the other's, but for the cost of a call.",
    .notes = "Times are of one thread. A case is operation/types/operands: v an array, s one "
             "scalar; `cvt/i8.f32` converts to "
             "i8\nfrom f32. NumPy writes to an array that is there already.",
    .sections = sections,
    .section_count = sizeof sections / sizeof sections[0],
};
