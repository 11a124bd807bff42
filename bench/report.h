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

/* The part of the machine's measured limit that the series reached; negative: not known. */
double report_share(const bench_run_state *state, const bench_result *result,
                    const bench_series *series);

/* "ops/add/f32/vv/weft/4096", as a benchmark is called everywhere. */
enum { REPORT_NAME_MAX = 3 * BENCH_NAME_MAX };
void report_name(const bench_run_state *state, const bench_result *result,
                 const bench_series *series, char name[REPORT_NAME_MAX]);

/* "L1d 48 KiB, L2 1024 KiB". */
void report_caches(const bench_host *host, char *text, size_t size);

/* What was built: as the caller says, or as it was compiled; NULL: not known. */
const char *report_commit(const bench_options *options);

/* For a terminal: aligned columns, peers that are missing, the verdicts. */
void report_text_head(const bench_session *session, FILE *to);
void report_text_suite(const bench_session *session, const bench_run_state *state, FILE *to);
void report_text_noise(const bench_session *session, FILE *to);
/* Only what makes the machine too noisy, a line each. */
void report_warnings(const bench_session *session, FILE *to);

/* The formats that docs/benchmarks.md describes. False: out of memory, or it could not be written.
 */
bool report_text(const bench_session *session, FILE *to);
bool report_json(const bench_session *session, FILE *to);
bool report_google(const bench_session *session, FILE *to);
bool report_github(const bench_session *session, FILE *to);
bool report_bmf(const bench_session *session, FILE *to);
bool report_csv(const bench_session *session, FILE *to);
bool report_markdown(const bench_session *session, FILE *to);

/* In the format of that name, which is one of bench_format_name's. */
bool report_write(const bench_session *session, const char *format, FILE *to);

/* For those that write one thing for each contender of each case: calls `visit` with them until it
 * returns false; whether it never did. */
typedef struct report_item {
    const bench_run_state *state;
    const bench_result *result;
    const bench_series *series;
    char name[REPORT_NAME_MAX];
} report_item;

bool report_each(const bench_session *session, bool (*visit)(const report_item *item, void *data),
                 void *data);

#endif
