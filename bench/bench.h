/* bench/bench.h: what bench/bench.c and the suites share.
 * Neighbours: bench/suite.h (what the command sees), bench/report.h. */
#ifndef WEFT_BENCH_BENCH_H
#define WEFT_BENCH_BENCH_H

#include <stdio.h>

#include "bench/measure.h"
#include "bench/peers.h"
#include "bench/suite.h"

enum { VERDICTS_MAX = 24, VERDICT_TEXT_MAX = 160 };

/* One line of an acceptance table: what is asked for and what was measured. */
typedef struct bench_verdict {
    const char *text;
    double limit;
    bool at_least;   /* else it is at most that */
    double measured; /* negative: not measured */
    char detail[VERDICT_TEXT_MAX];
} bench_verdict;

/* What the machine's caches and memory can do: bytes per second on arrays of as many bytes in all.
 */
typedef struct bench_limit_entry {
    double bytes;
    int threads;
    double bandwidth;
    const char *kernel;
    bool stream; /* with non-temporal stores */
} bench_limit_entry;

enum { BENCH_LIMITS_MAX = 256 };
typedef struct bench_limits {
    bench_limit_entry items[BENCH_LIMITS_MAX];
    int count;
} bench_limits;

/* A suite's part of a run. */
typedef struct bench_run_state {
    const struct bench_suite *suite;
    const bench_options *options;
    const bench_host *host;
    const char *peers_folder;
    peer_list peers;
    bench_timing timing;
    bench_limits *limits; /* the whole run's; empty with --no-limits */
    bench_results results;
    bench_verdict verdicts[VERDICTS_MAX];
    int verdict_count;
    char several[BENCH_NAME_MAX];    /* a name for contenders with options->threads: "2 threads" */
    char names[2][BENCH_NAME_MAX];   /* that the suite makes for its contenders */
    char message[BENCH_MESSAGE_MAX]; /* why measuring failed, where it was not memory */
} bench_run_state;

/* A whole run: its suites in the order that they ran in. */
enum { BENCH_SUITES_MAX = 8 };
typedef struct bench_session {
    const bench_options *options;
    const bench_host *host;
    bench_run_state runs[BENCH_SUITES_MAX];
    int count;
    bench_limits limits;
    bench_noise noise;
} bench_session;

/* A part of the page that a suite makes: a table of the results that are selected, or what `print`
 * writes, heading included. A part without results is left out. */
typedef struct bench_section {
    const char *title, *words;
    bool (*selected)(const bench_result *result);
    void (*print)(const bench_run_state *state, FILE *to);
} bench_section;

typedef struct bench_suite {
    const char *name;
    const char *title; /* of the page */
    const char *summary;
    const char *const *peers; /* modules that it may use, up to NULL */
    double min_time;          /* ns */
    /* Calls `found` with the name of each case that there is. */
    void (*each)(void (*found)(const char *name, void *data), void *data);
    /* Measures into state->results; false: state->message says why, or it was memory. */
    bool (*measure)(bench_run_state *state);
    /* Fills state->verdicts from the results. */
    void (*judge)(bench_run_state *state);
    /* The one figure that tells most of a result; 0 where there is none. What it is, in words. */
    double (*ratio)(const bench_result *result);
    const char *ratio_words;
    const char *limit_words; /* what the figures of the limits are */
    const char *notes;       /* what else a reader of the page must know */
    const bench_section *sections;
    int section_count;
    bool by_section; /* on the terminal too: one table would have too many columns */
} bench_suite;

extern const bench_suite suite_ops, suite_engine, suite_expr, suite_workloads, suite_memory;

/* Whether a case of that name is among those that were asked for. */
bool bench_wanted(const bench_run_state *state, const char *name);

/* "12 of 80 cases: NAME" on stderr if that is a terminal; name NULL: wipes it away. */
void bench_progress(size_t done, size_t of, const char *name);

#endif
