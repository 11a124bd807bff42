/* bench/bench.c: the list of suites, and a run from its options to its reports.
 * Neighbours: bench/suite.h, bench/report.h. */
#include "bench/bench.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "bench/report.h"

static const bench_suite *const suites[] = {&suite_ops, &suite_engine};
enum { SUITE_COUNT = sizeof suites / sizeof suites[0] };

const char *bench_suite_name(int i, const char **summary)
{
    if (i < 0 || i >= SUITE_COUNT)
        return NULL;
    *summary = suites[i]->summary;
    return suites[i]->name;
}

bool bench_wanted(const bench_options *options, const char *name)
{
    return !options->filter || fnmatch(options->filter, name, 0) == 0;
}

void bench_progress(size_t done, size_t of, const char *name)
{
    static int terminal = -1;
    if (terminal < 0)
        terminal = isatty(STDERR_FILENO);
    if (terminal && name)
        (void)fprintf(stderr, "\r\033[K%zu of %zu: %s", done, of, name);
    else if (terminal)
        (void)fprintf(stderr, "\r\033[K");
    (void)fflush(stderr);
}

static bench_status fail(char message[BENCH_MESSAGE_MAX], const char *what, int number)
{
    (void)snprintf(message, BENCH_MESSAGE_MAX, "%.300s: %s", what, strerror(number));
    return BENCH_FAILED;
}

static bool write_markdown(const bench_run_state *state, FILE *to)
{
    report_markdown(state, to);
    return true;
}

/* Writes one report into a file; a name of NULL asks for none. */
static bench_status write_file(const bench_run_state *state, const char *name,
                               bool (*write)(const bench_run_state *, FILE *),
                               char message[BENCH_MESSAGE_MAX])
{
    if (!name)
        return BENCH_OK;
    FILE *file = fopen(name, "w");
    if (!file)
        return fail(message, name, errno);
    errno = 0;
    const bool written = write(state, file) && !ferror(file);
    const int number = errno ? errno : EIO;
    const bool closed = fclose(file) == 0;
    return written && closed ? BENCH_OK : fail(message, name, written ? errno : number);
}

/* Whether the files can be written is known before the minutes that a run takes. */
static bench_status check_file(const char *name, char message[BENCH_MESSAGE_MAX])
{
    FILE *file = name ? fopen(name, "a") : NULL;
    if (name && !file)
        return fail(message, name, errno);
    return !file || fclose(file) == 0 ? BENCH_OK : fail(message, name, errno);
}

static bench_status run(bench_run_state *state, char message[BENCH_MESSAGE_MAX])
{
    const bench_suite *suite = state->suite;
    if (state->options->peers && !peers_readable(state->options->peers)) {
        (void)snprintf(message, BENCH_MESSAGE_MAX, "peers in '%.300s': %s", state->options->peers,
                       strerror(errno));
        return BENCH_USAGE;
    }
    state->peers_folder = state->options->peers ? state->options->peers : state->host->peers;
    peers_load(&state->peers, state->peers_folder, suite->peers);
    bench_status status = BENCH_OK;
    if (!suite->measure(state)) {
        status = fail(message, suite->name, ENOMEM);
        if (state->message[0])
            memcpy(message, state->message, BENCH_MESSAGE_MAX);
    }
    if (status == BENCH_OK) {
        suite->judge(state);
        report_text(state, stdout);
        status = write_file(state, state->options->json, report_json, message);
    }
    if (status == BENCH_OK)
        status = write_file(state, state->options->markdown, write_markdown, message);
    bench_results_free(&state->results);
    peers_unload(&state->peers);
    return status;
}

bench_status bench_run(const bench_options *options, const bench_host *host,
                       char message[BENCH_MESSAGE_MAX])
{
    const bench_suite *suite = NULL;
    bench_options filled = *options;
    for (int i = 0; i < SUITE_COUNT; i++)
        if (strcmp(suites[i]->name, filled.suite) == 0)
            suite = suites[i];
    if (!suite) {
        (void)snprintf(message, BENCH_MESSAGE_MAX, "no suite '%.100s'", filled.suite);
        return BENCH_USAGE;
    }
    if (suite->list(&filled) == 0) {
        (void)snprintf(message, BENCH_MESSAGE_MAX, "no case is called '%.300s'", filled.filter);
        return BENCH_USAGE;
    }
    if (filled.list)
        return BENCH_OK;
    if (filled.min_time <= 0)
        filled.min_time = suite->min_time;
    if (filled.samples == 0)
        filled.samples = BENCH_SAMPLES;
    bench_status status = check_file(filled.json, message);
    if (status == BENCH_OK)
        status = check_file(filled.markdown, message);
    if (status != BENCH_OK)
        return status;
    bench_run_state state = {.suite = suite, .options = &filled, .host = host};
    return run(&state, message);
}
