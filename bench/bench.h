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

typedef struct bench_run_state {
    const struct bench_suite *suite;
    const bench_options *options;
    const bench_host *host;
    const char *peers_folder;
    peer_list peers;
    bench_results results;
    bench_verdict verdicts[VERDICTS_MAX];
    int verdict_count;
    char message[BENCH_MESSAGE_MAX]; /* why measuring failed, where it was not memory */
} bench_run_state;

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
    /* Prints the names of the cases that the filter leaves, if options->list; how many. */
    size_t (*list)(const bench_options *options);
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

extern const bench_suite suite_ops, suite_engine;

/* Whether the filter leaves a case of that name. */
bool bench_wanted(const bench_options *options, const char *name);

/* "12 of 80 cases: NAME" on stderr if that is a terminal; name NULL: wipes it away. */
void bench_progress(size_t done, size_t of, const char *name);

#endif
