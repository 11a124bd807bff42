/* bench/expr_acceptance.c: the limits of the suite `expr`, as rows.
 * Neighbours: bench/acceptance.h, bench/expr_*.c (the cases that the rows name). */
#include "bench/acceptance.h"
#include "bench/expr.h"

static const char *const linear[] = {"linear/f32", NULL};
static const char *const bell[] = {"bell/f32", NULL};
static const char *const waves[] = {"waves/f32", NULL};
static const char *const bell_waves[] = {"bell/f32", "waves/f32", NULL};
static const char *const three[] = {"linear/f32", "bell/f32", "waves/f32", NULL};
static const char *const options_f32[] = {"options/f32", NULL};
static const char *const options_f64[] = {"options/f64", NULL};
static const char *const ten[] = {"compile/ten", NULL};
static const char *const hit[] = {"compile/hit", NULL};

static const char *const weft[] = {"weft", NULL};
static const char *const two_threads[] = {"2 threads", NULL};
static const char *const others[] = {"numexpr", "numba", "numpy", NULL};

#define AT(n)           .least = (n), .most = (n)
#define MILLION         (1 << 20)
#define SIXTEEN_MILLION (1 << 24)
#define OPTIONS         (1 << 18)
/* weft's speed as a multiple of the other's, with one thread each, or two. */
#define OVER(who)     .at_least = true, .own = (who), .others = weft
#define OVER_TWO(who) .at_least = true, .own = (who), .others = two_threads

static const bench_limit rows[] = {
    {"numexpr, a*b + c*2, n = 4,096", 12, .cases = linear, AT(4096), OVER("numexpr")},
    {"the same, n = 1 M", 1.9, .cases = linear, AT(MILLION), OVER("numexpr")},
    {"the same, n = 16 M", 1.8, .cases = linear, AT(SIXTEEN_MILLION), OVER("numexpr")},
    {"numexpr, exp(-0.5*(a*a + b*b + c*c))*a, n = 4,096", 12, .cases = bell, AT(4096),
     OVER("numexpr")},
    {"the same, n = 1 M", 6.5, .cases = bell, AT(MILLION), OVER("numexpr")},
    {"the same, n = 16 M", 4.5, .cases = bell, AT(SIXTEEN_MILLION), OVER("numexpr")},
    {"numexpr, 2*a + 3*b*sqrt(c) - sin(a)*cos(b), n = 4,096", 10, .cases = waves, AT(4096),
     OVER("numexpr")},
    {"the same, n = 1 M", 9, .cases = waves, AT(MILLION), OVER("numexpr")},
    {"the same, n = 16 M", 8, .cases = waves, AT(SIXTEEN_MILLION), OVER("numexpr")},
    {"numexpr, the last two, two threads each, n = 4,096", 20, .cases = bell_waves, AT(4096),
     OVER_TWO("2 numexpr")},
    {"the same, n = 1 M", 5, .cases = bell_waves, AT(MILLION), OVER_TWO("2 numexpr")},
    {"the same, n = 16 M", 4, .cases = bell_waves, AT(SIXTEEN_MILLION), OVER_TWO("2 numexpr")},
    {"NumPy, the three, n = 4,096", 5, .cases = three, AT(4096), OVER("numpy")},
    {"NumPy, a*b + c*2, n = 1 M", 1.9, .cases = linear, AT(MILLION), OVER("numpy")},
    {"NumPy, exp(-0.5*(a*a + b*b + c*c))*a, n = 1 M", 3.4, .cases = bell, AT(MILLION),
     OVER("numpy")},
    {"NumPy, 2*a + 3*b*sqrt(c) - sin(a)*cos(b), n = 1 M", 6, .cases = waves, AT(MILLION),
     OVER("numpy")},
    {"NumPy, the three, n = 16 M", 3, .cases = three, AT(SIXTEEN_MILLION), OVER("numpy")},
    {"ns of an option, call and put, f32", 3, .cases = options_f32, AT(OPTIONS), .unit = OPTIONS},
    {"the same, f64", 8, .cases = options_f64, AT(OPTIONS), .unit = OPTIONS},
    {"us to compile ten operations", 30, .cases = ten, AT(1), .unit = 1000},
    {"ns of a hit in the cache", 300, .cases = hit, AT(1), .unit = 1},
};

void expr_judge(bench_run_state *state)
{
    bench_judge(state, rows, sizeof rows / sizeof rows[0]);
}

double expr_ratio(const bench_result *result)
{
    return bench_ratio_to(result, "weft", others);
}
