/* bench/acceptance.h: what a suite is held to, as data: one row for each limit. All figures are
 * medians taken in one run, or counts; they are judged at the two decimals that are printed.
 * Neighbours: bench/ops_acceptance.c and bench/engine_acceptance.c (the rows), bench/bench.h (the
 * verdicts). */
#ifndef WEFT_BENCH_ACCEPTANCE_H
#define WEFT_BENCH_ACCEPTANCE_H

#include "bench/bench.h"

/* A limit on the worst of some cases over some lengths. What is judged is one of:
 * a contender's time over that of the fastest of others, both in one result (`others`);
 * its time in units of `unit` nanoseconds; or what was counted in the case (`counter`). */
typedef struct bench_limit {
    const char *text;
    double limit;
    bool at_least;             /* the limit is a lower one: of a speed-up */
    const char *const *cases;  /* names, up to NULL */
    size_t least, most;        /* lengths */
    const char *own;           /* NULL: "weft" */
    const char *const *others; /* up to NULL; or NULL */
    double unit;
    const char *counter; /* or NULL */
} bench_limit;

/* Adds one verdict for each row. */
void bench_judge(bench_run_state *state, const bench_limit *rows, size_t count);

/* Adds a verdict that nothing was measured for yet. */
bench_verdict *bench_verdict_add(bench_run_state *state, const char *text, double limit);

bool bench_is_in(const char *name, const char *const *list);

/* own's time over that of the fastest of the others; 0 where either was not measured. */
double bench_ratio_to(const bench_result *result, const char *own, const char *const *others);

#endif
