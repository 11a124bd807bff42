/* bench/report.h: a finished run for people and for programs.
 * Neighbours: bench/bench.c (calls these), bench/bench.h (what a run holds). */
#ifndef WEFT_BENCH_REPORT_H
#define WEFT_BENCH_REPORT_H

#include <stdio.h>

#include "bench/bench.h"

/* "12.3 ns", "108 us": a time with the unit that fits; and a length as people write it: "16 M". */
void report_time(double ns, char *text, size_t size);
void report_length(size_t n, char *text, size_t size);

/* A ratio at the two decimals that are printed and judged: beyond them there is noise only. */
double report_rounded(double ratio);
/* "met", "missed" or "not measured". */
const char *report_verdict(const bench_verdict *verdict);
enum { COLUMNS_MAX = BENCH_CONTENDERS_MAX };

/* The contenders besides weft that have a figure in a result that is selected (NULL: all): peers in
 * the list's order, then the others in theirs. */
int report_columns(const bench_run_state *state, bool (*selected)(const bench_result *),
                   const char *names[COLUMNS_MAX]);

/* Aligned columns, peers that are missing, the verdicts. */
void report_text(const bench_run_state *state, FILE *to);
/* A page of documentation. */
void report_markdown(const bench_run_state *state, FILE *to);
/* Google Benchmark's format, every sample in it. False: out of memory, or it could not be written.
 */
bool report_json(const bench_run_state *state, FILE *to);

#endif
