/* bench/suite_engine.c: the suite `engine`: programs beside what does the same without a machine:
 * kernels called inline, formulas fused by hand; threads beside one thread; and what locks cost.
 * Neighbours: bench/engine.h (cases), bench/engine_acceptance.c (the limits). */
#include <stdio.h>

#include "bench/engine.h"

static const engine_case *const groups[] = {engine_single_cases, engine_shape_cases,
                                            engine_fused_cases,  engine_field_cases,
                                            engine_thread_cases, engine_lock_cases};
/* With --all-n; the fields take a millisecond for some thousand points. */
static const size_t every_length[] = {1, 256, 1024, 4096, 16384, 65536, 1 << 20, 0};

static const engine_groups all = {groups, sizeof groups / sizeof groups[0], every_length};

static void each(void (*found)(const char *name, void *data), void *data)
{
    engine_each(&all, found, data);
}

static bool measure(bench_run_state *state)
{
    return engine_measure_groups(state, &all);
}

/* --- the page --------------------------------------------------------------------------------- */

static bool is_single(const bench_result *result)
{
    return engine_is_of(result, engine_single_cases);
}

static bool is_shape(const bench_result *result)
{
    return engine_is_of(result, engine_shape_cases);
}

static bool is_fused(const bench_result *result)
{
    return engine_is_of(result, engine_fused_cases) || engine_is_of(result, engine_field_cases);
}

static bool is_thread(const bench_result *result)
{
    return engine_is_of(result, engine_thread_cases);
}

static bool is_lock(const bench_result *result)
{
    return engine_is_of(result, engine_lock_cases);
}

/* Locks, allocations and exactness, of the cases for which something was counted. */
static void print_counts(const bench_run_state *state, FILE *to)
{
    bool begun = false;
    for (size_t i = 0; i < state->results.count; i++) {
        const bench_result *result = &state->results.items[i];
        const double error = bench_counter_of(result, "error");
        if (!result->counter_count)
            continue;
        if (!begun)
            (void)fprintf(to,
                          "\n## Counts\n\nOf %d runs of each program of the case, the worst of "
                          "them; of the fields, the largest relative error.\n\n| case | n | locks "
                          "| allocations | error |\n|---|---|---|---|---|\n",
                          ENGINE_COUNTED_RUNS);
        begun = true;
        (void)fprintf(to, "| `%s` | %zu | %.0f | %.0f |", result->name, result->n,
                      bench_counter_of(result, ENGINE_LOCKS),
                      bench_counter_of(result, ENGINE_ALLOCATIONS));
        if (error >= 0)
            (void)fprintf(to, " %.1e |\n", error);
        else
            (void)fprintf(to, " |\n");
    }
}

static const bench_section sections[] = {
    {"One operation or two",
     "Arguments by position (weft) and by name (named), beside the same kernels called inline.",
     is_single, NULL},
    {"Shapes",
     "An addition with strided, repeated and short-rowed inputs, beside contiguous ones. rows/k: "
     "rows of k values\nwith room between them (weft), without (collapsed), one long row (flat).",
     is_shape, NULL},
    {"Whole formulas",
     "Beside the same written by hand with AVX-512 intrinsics as one pass (fused), with software\n"
     "prefetch, and with streaming stores.",
     is_fused, NULL},
    {"Threads",
     "One thread (weft) beside two of the context (or --threads), and beside two host threads, per "
     "run: the "
     "ratio is the speed-up.",
     is_thread, NULL},
    {"Locks",
     "What locks cost a machine of strips over the direct API: none, one acquisition a run, one an "
     "operation;\nwith one host thread and, per run, with two.",
     is_lock, NULL},
    {"Counts", NULL, NULL, print_counts},
};

static const char *const peers[] = {"fused", NULL};

const bench_suite suite_engine = {
    .name = "engine",
    .title = "the engine",
    .summary = "programs, beside kernels called inline and formulas fused by hand; threads; locks",
    .peers = peers,
    .min_time = 1e6,
    .each = each,
    .measure = measure,
    .judge = engine_judge,
    .ratio = engine_ratio,
    .ratio_words = "weft's time over that of the fastest of those beside it, `named`, `collapsed` "
                   "and locks aside",
    .limit_words = "Ratios of weft's time to the other's, unless they say otherwise.",
    .notes = "Times are of one thread but for the section on threads.",
    .sections = sections,
    .section_count = sizeof sections / sizeof sections[0],
    .by_section = true,
};
