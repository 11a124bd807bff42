/* bench/workloads_acceptance.c: the limits of the suite `workloads`, as rows.
 * Neighbours: bench/acceptance.h, bench/workloads_*.c (the cases that the rows name). */
#include "bench/acceptance.h"
#include "bench/workloads.h"

static const char *const apart[] = {"transform/apart", NULL};
static const char *const in_place[] = {"transform/in-place", NULL};

static const char *const weft[] = {"weft", NULL};
static const char *const two_threads[] = {"2 threads", NULL};
static const char *const others[] = {"numba", "numpy", NULL};

#define MILLION .least = 1 << 20, .most = 1 << 20

static const bench_limit rows[] = {
    {"Numba, transform of splats, n = 1 M", 1.9, true, apart, MILLION, "numba", weft},
    {"the same, two threads each", 1.4, true, apart, MILLION, "2 numba", two_threads},
    {"Numba, in place, n = 1 M", 1.9, true, in_place, MILLION, "numba", weft},
    {"the same, two threads each", 1.4, true, in_place, MILLION, "2 numba", two_threads},
};

void workload_judge(bench_run_state *state)
{
    bench_judge(state, rows, sizeof rows / sizeof rows[0]);
}

double workload_ratio(const bench_result *result)
{
    return bench_ratio_to(result, "weft", others);
}
