/* bench/suite.h: all that the command needs to know of the benchmarks: the options of a run, what
 * it is told of the machine, bench_run and bench_compare. A suite is one file, bench/suite_*.c,
 * that exports one const bench_suite and is listed in bench/bench.c. Neighbours: cli/cmd_bench.c
 * (fills the options), bench/measure.h (how suites time things). */
#ifndef WEFT_BENCH_SUITE_H
#define WEFT_BENCH_SUITE_H

#include <stdbool.h>
#include <stddef.h>

enum {
    BENCH_LENGTHS_MAX = 32,
    BENCH_MESSAGE_MAX = 512,
    BENCH_OUTPUTS_MAX = 8,
    BENCH_CACHES_MAX = 4,
    BENCH_THREADS_MAX = 64
};

/* Where a run is written to, and how. */
typedef struct bench_output {
    const char *format; /* one of bench_format_name's */
    const char *file;   /* NULL: stdout, in place of the tables; of one format only */
} bench_output;

typedef struct bench_options {
    const char *const *patterns; /* globs over suites or over "suite/case" */
    int pattern_count;
    const char *filter; /* glob over case names; NULL: all */
    size_t lengths[BENCH_LENGTHS_MAX];
    size_t length_count; /* 0: what the suite thinks best */
    bool every_length;   /* all lengths of the suite for all cases */
    double min_time;     /* ns that a sample lasts at least; 0: the suite's */
    int samples;         /* of each contender, at least; 0: the default */
    int threads;         /* of contenders that use several; 1: without those; 0: the default */
    const char *pin;     /* the CPUs that the caller bound the process to, in words; or NULL */
    const char *peers;   /* the folder with the peers' modules; NULL: where they usually are */
    bench_output outputs[BENCH_OUTPUTS_MAX];
    int output_count;
    const char *commit; /* what was built, as the caller says; NULL: as it was compiled */
    bool no_limits;     /* do not measure the machine's */
    bool list;          /* print the names of the cases only */
} bench_options;

typedef struct bench_cache {
    const char *name; /* "L1d" */
    long bytes;
} bench_cache;

/* What the caller knows of the machine, for the head of a report. */
typedef struct bench_host {
    const char *cpu, *architecture;
    bench_cache caches[BENCH_CACHES_MAX];
    int cache_count;
    const char *governor; /* of the CPUs' frequency; NULL: unknown */
    const char *level;
    const char *version; /* of weft */
    long cpus;           /* that there are */
    long allowed;        /* that the process may use */
    const char *peers;   /* the usual folder of the peers' modules, which need not exist */
} bench_host;

typedef enum bench_status {
    BENCH_OK,
    BENCH_FAILED, /* memory, a file */
    BENCH_USAGE   /* an option that cannot be */
} bench_status;

/* Runs what the patterns ask for: prints its tables on stdout, what goes on on stderr if that is a
 * terminal, writes the outputs. Anything but BENCH_OK comes with one line in message. */
bench_status bench_run(const bench_options *options, const bench_host *host,
                       char message[BENCH_MESSAGE_MAX]);

/* The name of suite i, and one line on it; NULL behind the last. */
const char *bench_suite_name(int i, const char **summary);

/* The name of format i; NULL behind the last. */
const char *bench_format_name(int i);

/* Two runs in weft's own format, or several of each side. */
typedef struct bench_compare_options {
    const char *base, *head; /* files, separated by commas */
    const char *aa;          /* one or two of the same build; or NULL */
    double threshold;        /* that a change must exceed, as a part: 0.05 */
    const char *filter;      /* glob over the benchmarks' names; NULL: all */
    bool all;                /* those that are not weft's too: for information */
    bool changed_only;       /* rows of what is slower or faster */
    const char *json;        /* a file for programs; or NULL */
} bench_compare_options;

/* Compares and prints a table on stdout. BENCH_OK: *slower is how many benchmarks are slower; else
 * message says why there is no comparison. */
bench_status bench_compare(const bench_compare_options *options, size_t *slower,
                           char message[BENCH_MESSAGE_MAX]);

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
