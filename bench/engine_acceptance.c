/* bench/engine_acceptance.c: the limits of the suite `engine`, as rows.
 * Neighbours: bench/acceptance.h, bench/engine_*.c (the cases that the rows name). */
#include "bench/acceptance.h"
#include "bench/engine.h"

static const char *const add[] = {"add/loop", NULL};
static const char *const transform[] = {"transform/apart", NULL};
static const char *const bell[] = {"bell/f32", NULL};
static const char *const field[] = {"field/polynomial", NULL};
static const char *const chain[] = {"threads/chain", NULL};
static const char *const short_runs[] = {"threads/chain", "threads/add", NULL};
static const char *const hosts[] = {"hosts/bell", NULL};
/* What the limits on locks and allocations hold for: all that is timed above. */
static const char *const counted[] = {"add/loop",
                                      "transform/apart",
                                      "transform/in-place",
                                      "bell/f32",
                                      "field/polynomial",
                                      "field/factors",
                                      "field/centred",
                                      "threads/chain",
                                      "threads/add",
                                      "hosts/bell",
                                      NULL};

static const char *const inlined[] = {"inline", NULL};
static const char *const by_hand[] = {"fused", "prefetch", "stream", NULL};
/* With the same kind of stores: 4 MB stay in the caches for who reads them next. */
static const char *const by_hand_cached[] = {"fused", "prefetch", NULL};
static const char *const weft[] = {"weft", NULL};
static const char *const two_threads[] = {"2 threads", NULL};
static const char *const two_hosts[] = {"2 hosts", NULL};
/* Whom the tables compare with: the fastest of these that is there. */
static const char *const references[] = {"inline", "fused",     "prefetch", "stream",  "contiguous",
                                         "flat",   "2 threads", "2 hosts",  "no lock", NULL};

#define AT(n)   .least = (n), .most = (n)
#define ALL     .least = 0, .most = (size_t)-1
#define MILLION (1 << 20)

static const bench_limit rows[] = {
    {"add as a program to the kernel inline, n = 4,096", 1.5, .cases = add, AT(4096),
     .others = inlined},
    {"the same, n = 16,384", 1.15, .cases = add, AT(16384), .others = inlined},
    {"the same, n = 1 M", 1.05, .cases = add, AT(MILLION), .others = inlined},
    {"ns of a run of it with n = 1, arguments by position", 80, .cases = add, AT(1), .unit = 1},
    {"transform of splats to the best hand-written loop, n = 10,000", 1.5, .cases = transform,
     AT(10000), .others = by_hand},
    {"the same, n = 100,000", 1.1, .cases = transform, AT(100000), .others = by_hand},
    {"the same, n = 1 M", 1.05, .cases = transform, AT(MILLION), .others = by_hand},
    {"a exp(-0.5 (a a + b b + c c)) fused by hand with cached stores, n = 4,096", 1.6,
     .cases = bell, AT(4096), .others = by_hand_cached},
    {"the same, n = 1 M", 1.15, .cases = bell, AT(MILLION), .others = by_hand_cached},
    {"ms of the field of 1,000 Gaussians at 500 points", 0.6, .cases = field, AT(500), .unit = 1e6},
    {"the same, to the hand-written loop", 2.0, .cases = field, AT(500), .others = by_hand},
    {"speed-up by a second thread, compute-bound, n = 1 M", 1.85, true, .cases = chain, AT(MILLION),
     .others = two_threads},
    {"two threads to one, n = 4,096", 1.05, .cases = short_runs, AT(4096), .own = "2 threads",
     .others = weft},
    {"two host threads on one context to one, together", 1.9, true, .cases = hosts, AT(16384),
     .others = two_hosts},
    {"allocations in 1,000 runs", 0, .cases = counted, ALL, .counter = ENGINE_ALLOCATIONS},
    {"acquisitions of locks in 1,000 runs", ENGINE_COUNTED_RUNS, .cases = counted, ALL,
     .counter = ENGINE_LOCKS},
};

void engine_judge(bench_run_state *state)
{
    bench_judge(state, rows, sizeof rows / sizeof rows[0]);
}

double engine_ratio(const bench_result *result)
{
    return bench_ratio_to(result, "weft", references);
}
