/* bench/suite_workloads.c: the suite `workloads`: the reference workloads, as the examples' texts,
 * beside Numba, NumPy and, for the transform, loops written by hand.
 * Neighbours: bench/workloads.h (cases), bench/workloads_acceptance.c (the limits), bench/python.h.
 */
#include <bench_examples.h> /* generated: EXAMPLE_* */

#include "bench/workloads.h"

void workload_contend_python(engine_bench *bench, const char *what)
{
    engine_contend_python(bench, "numba", what);
    engine_contend_python_threads(bench, "numba", what);
    engine_contend_python(bench, "numpy", what);
}

static void measure_softmax(engine_bench *bench, const engine_case *c)
{
    const int64_t shape[] = {(int64_t)bench->n};
    const engine_family family = engine_add_family(bench, EXAMPLE_softmax, NULL, 0);
    float *y = engine_floats(bench, bench->n, 0, 0);
    (void)c;
    python_clear();
    engine_family_arg(bench, &family, "x", WEFT_F32, engine_floats(bench, bench->n, -10, 10), 1,
                      shape);
    engine_family_arg(bench, &family, NULL, WEFT_F32, y, 1, shape);
    engine_contend_family(bench, &family);
    workload_contend_python(bench, "@softmax");
    engine_output_add(bench, y, bench->n, NULL, 1e-4);
    bench->bytes = 8.0 * (double)bench->n;
    engine_measure(bench);
}

const engine_case workload_other_cases[] = {
    {"softmax", {10000, 1 << 20}, measure_softmax, NULL, 0},
    {NULL, {0}, NULL, NULL, 0},
};

static const engine_case *const groups[] = {workload_splat_cases, workload_field_cases,
                                            workload_image_cases, workload_other_cases};
static const size_t every_length[] = {1, 256, 4096, 65536, 1 << 20, 0};
static const engine_groups all = {groups, sizeof groups / sizeof groups[0], every_length};

static void each(void (*found)(const char *name, void *data), void *data)
{
    engine_each(&all, found, data);
}

static bool measure(bench_run_state *state)
{
    static const char *const libraries[] = {"numba", "numpy", NULL};
    python_start(&state->peers, state->peers_folder, libraries);
    const bool done = engine_measure_groups(state, &all);
    python_stop();
    return done;
}

/* --- the page --------------------------------------------------------------------------------- */

static bool is_splats(const bench_result *result)
{
    return engine_is_of(result, workload_splat_cases);
}

static bool is_other(const bench_result *result)
{
    return !is_splats(result);
}

static const bench_section sections[] = {
    {"Splats",
     "Moved (transform), and what a renderer wants of trained ones (activation); fused, prefetch,\n"
     "stream: the transform by hand with AVX-512 intrinsics.",
     is_splats, NULL},
    {"Fields, pictures, softmax",
     "A field of 1,000 Gaussians at n points; pictures of n pixels; softmax of n values. Numba's\n"
     "Mandelbrot loop ends for a point that has left; weft takes all 100 steps.",
     is_other, NULL},
};

static const char *const peers[] = {"fused", NULL};

const bench_suite suite_workloads = {
    .name = "workloads",
    .title = "workloads",
    .summary = "the examples' texts, beside Numba, NumPy and loops written by hand",
    .peers = peers,
    .min_time = 1e6,
    .each = each,
    .measure = measure,
    .judge = workload_judge,
    .ratio = workload_ratio,
    .ratio_words = "weft's time over that of the fastest of Python's libraries on one thread",
    .limit_words = "How many times as fast weft is, with as many threads.",
    .notes =
        "weft: compiled once and run on one thread; fast: the same with the flags "
        "`WEFT_FAST`. Numba: loops\nwritten out, `njit`, compiled before they are timed; with "
        "several threads `parallel=True` and `prange`.\nNumPy: whole arrays, a new one for each "
        "operation.",
    .sections = sections,
    .section_count = sizeof sections / sizeof sections[0],
    .by_section = true,
};
