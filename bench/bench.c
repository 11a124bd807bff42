/* bench/bench.c: the list of suites, and a run from its options to its reports.
 * Neighbours: bench/suite.h, bench/report.h. */
#include "bench/bench.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/memory.h"
#include "bench/report.h"

/* A new suite is one file and one line here. */
static const bench_suite *const suites[] = {
    &suite_ops, &suite_engine, &suite_expr, &suite_workloads, &suite_memory,
};
enum { SUITE_COUNT = sizeof suites / sizeof suites[0] };
_Static_assert((int)SUITE_COUNT <= (int)BENCH_SUITES_MAX, "a run has room for all suites");

static const double control_ns =
    1e5; /* of a sample of the control loop, or the samples' min_time */

const char *bench_suite_name(int i, const char **summary)
{
    if (i < 0 || i >= SUITE_COUNT)
        return NULL;
    *summary = suites[i]->summary;
    return suites[i]->name;
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

/* --- what was asked for ----------------------------------------------------------------------- */

static bool matches(const char *pattern, const bench_suite *suite, const char *name)
{
    char full[2 * BENCH_NAME_MAX];
    (void)snprintf(full, sizeof full, "%s/%s", suite->name, name);
    return fnmatch(pattern, suite->name, 0) == 0 || fnmatch(pattern, full, 0) == 0;
}

static bool wanted(const bench_options *options, const bench_suite *suite, const char *name)
{
    bool found = false;
    for (int i = 0; i < options->pattern_count && !found; i++)
        found = matches(options->patterns[i], suite, name);
    return found && (!options->filter || fnmatch(options->filter, name, 0) == 0);
}

bool bench_wanted(const bench_run_state *state, const char *name)
{
    return wanted(state->options, state->suite, name);
}

/* A walk over the cases of a suite. */
typedef struct walk {
    const bench_options *options;
    const bench_suite *suite;
    const char *pattern; /* counts what it matches; NULL: what is wanted */
    bool print;
    size_t count;
} walk;

static void visit(const char *name, void *data)
{
    walk *w = data;
    const bool found =
        w->pattern ? matches(w->pattern, w->suite, name) : wanted(w->options, w->suite, name);
    w->count += found;
    if (found && w->print)
        (void)printf("%s/%s\n", w->suite->name, name);
}

static size_t count_cases(walk w, int suite)
{
    w.suite = suites[suite];
    suites[suite]->each(visit, &w);
    return w.count;
}

static bench_status fail(char message[BENCH_MESSAGE_MAX], const char *what, int number)
{
    (void)snprintf(message, BENCH_MESSAGE_MAX, "%.300s: %s", what, strerror(number));
    return BENCH_FAILED;
}

/* Every pattern must mean something, and the filter must leave something. */
static bench_status check_patterns(const bench_options *options, char message[BENCH_MESSAGE_MAX])
{
    size_t left = 0;
    for (int p = 0; p < options->pattern_count; p++) {
        size_t count = 0;
        size_t used;
        for (int s = 0; s < SUITE_COUNT; s++)
            count += count_cases((walk){.pattern = options->patterns[p]}, s);
        if (count > 0)
            continue;
        (void)snprintf(
            message, BENCH_MESSAGE_MAX,
            "no suite or case is called '%.200s'; the suites are: ", options->patterns[p]);
        for (int s = 0; s < SUITE_COUNT; s++) {
            used = strlen(message);
            (void)snprintf(message + used, BENCH_MESSAGE_MAX - used, "%s%s", s ? ", " : "",
                           suites[s]->name);
        }
        return BENCH_USAGE;
    }
    for (int s = 0; s < SUITE_COUNT; s++)
        left += count_cases((walk){.options = options, .print = options->list}, s);
    if (left > 0)
        return BENCH_OK;
    (void)snprintf(message, BENCH_MESSAGE_MAX, "no case is called '%.300s'", options->filter);
    return BENCH_USAGE;
}

/* --- a run ------------------------------------------------------------------------------------ */

static const bench_output *on_stdout(const bench_options *options)
{
    for (int i = 0; i < options->output_count; i++)
        if (!options->outputs[i].file)
            return &options->outputs[i];
    return NULL;
}

static bench_status run_suite(bench_session *session, bench_run_state *state,
                              char message[BENCH_MESSAGE_MAX])
{
    const bench_options *options = state->options;
    state->peers_folder = options->peers ? options->peers : state->host->peers;
    peers_load(&state->peers, state->peers_folder, state->suite->peers);
    state->timing = (bench_timing){.min_time = options->min_time > 0 ? options->min_time
                                                                     : state->suite->min_time,
                                   .samples = options->samples,
                                   .noise = &session->noise};
    (void)snprintf(state->several, sizeof state->several, "%d threads", options->threads);
    if (!state->suite->measure(state) || (!options->no_limits && !memory_limits(state))) {
        bench_status status = fail(message, state->suite->name, ENOMEM);
        if (state->message[0])
            memcpy(message, state->message, BENCH_MESSAGE_MAX);
        return status;
    }
    state->suite->judge(state);
    if (!on_stdout(options))
        report_text_suite(session, state, stdout);
    return BENCH_OK;
}

static bench_status run_suites(bench_session *session, char message[BENCH_MESSAGE_MAX])
{
    const bench_options *options = session->options;
    bench_status status = BENCH_OK;
    double sample = options->min_time > 0 ? options->min_time : control_ns;
    sample = sample < control_ns ? sample : control_ns;
    bench_noise_begin(&session->noise, sample, session->host->cpus);
    if (!on_stdout(options))
        report_text_head(session, stdout);
    for (int s = 0; s < SUITE_COUNT && status == BENCH_OK; s++) {
        if (count_cases((walk){.options = options}, s) == 0)
            continue;
        bench_run_state *state = &session->runs[session->count++];
        *state = (bench_run_state){.suite = suites[s],
                                   .options = options,
                                   .host = session->host,
                                   .limits = &session->limits};
        status = run_suite(session, state, message);
    }
    if (status == BENCH_OK && !bench_noise_end(&session->noise, session->host->governor))
        status = fail(message, "noise", ENOMEM);
    return status;
}

static bool close_output(FILE *file)
{
    return (file == stdout ? fflush(file) : fclose(file)) == 0;
}

static bench_status write_output(const bench_session *session, const bench_output *output,
                                 char message[BENCH_MESSAGE_MAX])
{
    const char *name = output->file ? output->file : "standard output";
    FILE *file = output->file ? fopen(output->file, "w") : stdout;
    if (!file)
        return fail(message, name, errno);
    errno = 0;
    const bool written = report_write(session, output->format, file) && !ferror(file);
    const int number = errno ? errno : EIO;
    const bool closed = close_output(file);
    return written && closed ? BENCH_OK : fail(message, name, written ? errno : number);
}

/* Whether the files can be written is known before the minutes that a run takes. */
static bench_status check_outputs(const bench_options *options, char message[BENCH_MESSAGE_MAX])
{
    for (int i = 0; i < options->output_count; i++) {
        const char *name = options->outputs[i].file;
        FILE *file = name ? fopen(name, "a") : NULL;
        if (name && (!file || fclose(file) != 0))
            return fail(message, name, errno);
    }
    return BENCH_OK;
}

static bench_status report_all(bench_session *session, char message[BENCH_MESSAGE_MAX])
{
    bench_status status = BENCH_OK;
    /* Who reads the formats may never look for the warnings in them. */
    if (on_stdout(session->options))
        report_warnings(session, stderr);
    else
        report_text_noise(session, stdout);
    for (int i = 0; i < session->options->output_count && status == BENCH_OK; i++)
        status = write_output(session, &session->options->outputs[i], message);
    return status;
}

/* The options with all that was left to their defaults. */
static bench_options fill(const bench_options *options, const bench_host *host)
{
    bench_options filled = *options;
    if (filled.samples == 0)
        filled.samples = BENCH_SAMPLES;
    if (filled.threads == 0)
        filled.threads = host->allowed > 1 ? 2 : 1;
    return filled;
}

bench_status bench_run(const bench_options *options, const bench_host *host,
                       char message[BENCH_MESSAGE_MAX])
{
    const bench_options filled = fill(options, host);
    bench_status status = check_patterns(&filled, message);
    if (status != BENCH_OK || filled.list)
        return status;
    if (filled.peers && !peers_readable(filled.peers)) {
        (void)snprintf(message, BENCH_MESSAGE_MAX, "peers in '%.300s': %s", filled.peers,
                       strerror(errno));
        return BENCH_USAGE;
    }
    status = check_outputs(&filled, message);
    if (status != BENCH_OK)
        return status;
    bench_session *session = calloc(1, sizeof *session);
    if (!session)
        return fail(message, "bench", ENOMEM);
    session->options = &filled;
    session->host = host;
    status = run_suites(session, message);
    if (status == BENCH_OK)
        status = report_all(session, message);
    for (int i = 0; i < session->count; i++) {
        bench_results_free(&session->runs[i].results);
        peers_unload(&session->runs[i].peers);
    }
    bench_noise_free(&session->noise);
    free(session);
    return status;
}
