/* bench/suite.h: all that the command needs to know of the benchmarks: the options of a run, what
 * it is told of the machine, and bench_run. A suite is one file, bench/suite_*.c, that exports one
 * const bench_suite and is listed in bench/bench.c.
 * Neighbours: cli/cmd_bench.c (fills the options), bench/measure.h (how suites time things). */
#ifndef WEFT_BENCH_SUITE_H
#define WEFT_BENCH_SUITE_H

#include <stdbool.h>
#include <stddef.h>

enum { BENCH_LENGTHS_MAX = 32, BENCH_MESSAGE_MAX = 512 };

typedef struct bench_options {
    const char *suite;
    const char *filter; /* glob over case names; NULL: all */
    size_t lengths[BENCH_LENGTHS_MAX];
    size_t length_count; /* 0: what the suite thinks best */
    bool every_length;   /* all lengths of the suite for all cases */
    double min_time;     /* ns that a sample lasts at least; 0: the suite's */
    int samples;         /* of each contender; 0: the default */
    const char *peers;   /* the folder with the peers' modules; NULL: where they usually are */
    const char *json;    /* file names, or NULL */
    const char *markdown;
    const char *commit; /* what was built, as the caller says; NULL: not stated */
    bool list;          /* print the names of the cases only */
} bench_options;

/* What the caller knows of the machine, for the head of a report. */
typedef struct bench_host {
    const char *cpu;
    const char *caches;
    const char *level;
    const char *version; /* of weft */
    long cpus;
    const char *peers; /* the usual folder of the peers' modules, which need not exist */
} bench_host;

typedef enum bench_status {
    BENCH_OK,
    BENCH_FAILED, /* memory, a file */
    BENCH_USAGE   /* an option that cannot be */
} bench_status;

/* Runs a suite: prints its tables on stdout, what goes on on stderr if that is a terminal, writes
 * the files. Anything but BENCH_OK comes with one line in message. */
bench_status bench_run(const bench_options *options, const bench_host *host,
                       char message[BENCH_MESSAGE_MAX]);

/* The name of suite i, and one line on it; NULL behind the last. */
const char *bench_suite_name(int i, const char **summary);

/* What `weft bench report` makes its page of. */
typedef struct bench_page_options {
    const char *const *files; /* runs, as `weft bench --json` wrote them */
    size_t file_count;
    const char *template; /* text of report-template.html, which the build makes of report/ */
    const char *title;    /* of the page; NULL: its own */
} bench_page_options;

/* Makes the page: UTF-8 text to be released with free, its length without the final zero. Anything
 * but BENCH_OK comes with one line in message, and *text is NULL. */
bench_status bench_page(const bench_page_options *options, char **text, size_t *length,
                        char message[BENCH_MESSAGE_MAX]);

#endif
