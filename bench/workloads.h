/* bench/workloads.h: what the files of the suite `workloads` share.
 * Neighbours: bench/suite_workloads.c, bench/workloads_*.c, bench/engine.h. */
#ifndef WEFT_BENCH_WORKLOADS_H
#define WEFT_BENCH_WORKLOADS_H

#include "bench/engine.h"

/* Each up to one without a name. */
extern const engine_case workload_splat_cases[], workload_field_cases[], workload_image_cases[],
    workload_other_cases[];

/* Numba on one thread and on several, and NumPy: the function of that name of each of them in
 * bench/python_workloads.py that is there. */
void workload_contend_python(engine_bench *bench, const char *what);

/* workloads_acceptance.c */
void workload_judge(bench_run_state *state);
double workload_ratio(const bench_result *result);

#endif
