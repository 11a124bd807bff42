/* bench/ops_acceptance.h: what the suite `ops` is held to.
 * Neighbours: bench/suite_ops.c (measures), bench/bench.h (verdicts). */
#ifndef WEFT_BENCH_OPS_ACCEPTANCE_H
#define WEFT_BENCH_OPS_ACCEPTANCE_H

#include "bench/bench.h"

/* Whether a case is measured at every length because a limit asks for it. */
bool ops_is_headline(const char *case_name);

void ops_judge(bench_run_state *state);

/* How much longer weft takes than the faster of the compilers' loops; 0 where there is none. */
double ops_compiler_ratio(const bench_result *result);

#endif
