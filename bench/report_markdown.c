/* bench/report_markdown.c: docs/performance.md. Neighbours: bench/report.h. */
#include "bench/report.h"

void report_markdown(const bench_run_state *state, FILE *to)
{
    (void)state;
    (void)fprintf(to, "# Performance\n");
}
