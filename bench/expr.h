/* bench/expr.h: what the files of the suite `expr` share.
 * Neighbours: bench/suite_expr.c, bench/expr_*.c, bench/engine.h. */
#ifndef WEFT_BENCH_EXPR_H
#define WEFT_BENCH_EXPR_H

#include "bench/engine.h"

/* Each up to one without a name. */
extern const engine_case expr_formula_cases[], expr_option_cases[], expr_compile_cases[];

/* expr_acceptance.c */
void expr_judge(bench_run_state *state);
double expr_ratio(const bench_result *result);

#endif
