/* bench/report_json.c: weft's own format, which keeps everything: docs/benchmarks.md describes it.
 * Neighbours: bench/report.h, bench/compare_read.c (reads it back). */
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "bench/report.h"
#include "bench/report_jansson.h"

void report_now(char date[64], char host[256])
{
    const time_t now = time(NULL);
    struct tm local;
    date[0] = '\0';
    if (localtime_r(&now, &local))
        (void)strftime(date, 64, "%Y-%m-%dT%H:%M:%S%z", &local);
    memset(host, 0, 256);
    (void)gethostname(host, 255);
}

json_t *report_append(json_t *list, json_t *item)
{
    if (json_array_append_new(list, item) == 0) /* takes a NULL of either as a failure */
        return list;
    json_decref(list);
    return NULL;
}

json_t *report_set(json_t *object, const char *key, json_t *value)
{
    if (json_object_set_new(object, key, value) == 0)
        return object;
    json_decref(object);
    return NULL;
}

bool report_dump(json_t *value, FILE *to)
{
    const bool done = value && json_dumpf(value, to, JSON_COMPACT | JSON_REAL_PRECISION(9)) == 0 &&
                      fputc('\n', to) != EOF;
    json_decref(value);
    return done;
}

/* A figure, or null where it is not known: not above `least`. */
static json_t *known_above(double value, double least)
{
    return value > least ? json_real(value) : json_null();
}

static json_t *text_or_null(const char *text)
{
    return text ? json_string(text) : json_null();
}

static json_t *build(const bench_session *session)
{
    return json_pack("{s:s, s:o, s:s, s:s, s:s}", "version", session->host->version, "commit",
                     text_or_null(report_commit(session->options)), "level", session->host->level,
                     "compiler", BENCH_COMPILER, "flags", BENCH_FLAGS);
}

static json_t *machine(const bench_host *host)
{
    json_t *caches = json_array();
    for (int i = 0; i < host->cache_count; i++)
        caches = report_append(caches, json_pack("{s:s, s:I}", "name", host->caches[i].name,
                                                 "bytes", (json_int_t)host->caches[i].bytes));
    return json_pack("{s:s, s:s, s:I, s:o, s:o}", "cpu", host->cpu, "architecture",
                     host->architecture, "cpus", (json_int_t)host->cpus, "governor",
                     text_or_null(host->governor), "caches", caches);
}

static json_t *options(const bench_options *options)
{
    return json_pack("{s:o, s:i, s:i, s:o}", "min_time", known_above(options->min_time, 0),
                     "samples", options->samples, "threads", options->threads, "pin",
                     text_or_null(options->pin));
}

static json_t *peers(const bench_session *session)
{
    json_t *all = json_array();
    for (int r = 0; r < session->count; r++)
        for (int p = 0; p < session->runs[r].peers.count; p++) {
            const peer_entry *entry = &session->runs[r].peers.items[p];
            const bool found = strncmp(entry->note, "missing", 7) != 0;
            all = report_append(all, json_pack("{s:s, s:s, s:b, s:s}", "suite",
                                               session->runs[r].suite->name, "name", entry->name,
                                               "found", found, "note", entry->note));
        }
    return all;
}

static json_t *noise(const bench_noise *noise)
{
    json_t *warnings = json_array();
    for (int i = 0; i < noise->warning_count; i++)
        warnings = report_append(warnings, json_string(noise->warnings[i]));
    return json_pack("{s:{s:I, s:f, s:f, s:f}, s:o, s:o, s:b, s:o}", "control", "samples",
                     (json_int_t)noise->count, "median", noise->median, "mad", noise->mad, "p95",
                     noise->high, "load_average", known_above(noise->load, -0.5), "steal",
                     known_above(noise->steal, -0.5), "noisy", noise->warning_count > 0, "warnings",
                     warnings);
}

static json_t *context(const bench_session *session)
{
    char date[64], host[256];
    report_now(date, host);
    return json_pack("{s:s, s:s, s:o, s:o, s:o, s:o, s:o}", "date", date, "host_name", host, "weft",
                     build(session), "machine", machine(session->host), "options",
                     options(session->options), "peers", peers(session), "noise",
                     noise(&session->noise));
}

static json_t *limits(const bench_limits *limits)
{
    json_t *all = json_array();
    for (int i = 0; i < limits->count; i++) {
        char kernel[64];
        const bench_limit_entry *entry = &limits->items[i];
        (void)snprintf(kernel, sizeof kernel, "%s%s", entry->kernel,
                       entry->stream ? "/stream" : "");
        all = report_append(all, json_pack("{s:s, s:i, s:I, s:f}", "kernel", kernel, "threads",
                                           entry->threads, "bytes", (json_int_t)entry->bytes,
                                           "bytes_per_second", entry->bandwidth));
    }
    return all;
}

static json_t *samples(const bench_series *series)
{
    json_t *all = json_array();
    for (int i = 0; i < series->count; i++)
        all = report_append(all, json_real(series->samples[i]));
    return all;
}

static json_t *interval(const bench_summary *summary)
{
    return summary->bounded ? json_pack("[f, f]", summary->low, summary->high) : json_null();
}

static json_t *counters(const bench_result *result)
{
    json_t *all = json_object();
    for (int i = 0; i < result->counter_count; i++)
        all = report_set(all, result->counters[i].name, json_real(result->counters[i].value));
    return all;
}

static bool add_benchmark(const report_item *x, void *list)
{
    const bench_series *series = x->series;
    const bench_result *result = x->result;
    const double ns = series->median;
    json_t *item = json_pack(
        "{s:s, s:s, s:s, s:s, s:b, s:I, s:i, s:I, s:o, s:I, s:o, s:f, s:f, s:o, s:f, s:o, s:o, "
        "s:b}",
        "name", x->name, "suite", x->state->suite->name, "case", result->name, "contender",
        series->contender, "own", !series->foreign, "n", (json_int_t)result->n, "threads",
        series->threads, "bytes", (json_int_t)result->bytes, "flops", known_above(result->flops, 0),
        "calls", (json_int_t)series->calls, "samples", samples(series), "median", ns, "mad",
        series->summary.mad, "interval", interval(&series->summary), "ns_per_element",
        ns / (double)result->n, "bytes_per_second",
        known_above(ns > 0 ? result->bytes / ns * 1e9 : 0, 0), "share_of_limit",
        known_above(report_share(x->state, result, series), -0.5), "differs", series->differs);
    if (result->counter_count)
        item = report_set(item, "counters", counters(result));
    return json_array_append_new(list, item) == 0;
}

static json_t *verdicts(const bench_session *session)
{
    json_t *all = json_array();
    for (int r = 0; r < session->count; r++)
        for (int i = 0; i < session->runs[r].verdict_count; i++) {
            const bench_verdict *v = &session->runs[r].verdicts[i];
            all = report_append(all, json_pack("{s:s, s:s, s:s, s:f, s:o, s:s, s:s}", "suite",
                                               session->runs[r].suite->name, "text", v->text,
                                               "side", v->at_least ? "least" : "most", "limit",
                                               v->limit, "measured", known_above(v->measured, -0.5),
                                               "verdict", report_verdict(v), "detail", v->detail));
        }
    return all;
}

bool report_json(const bench_session *session, FILE *to)
{
    json_t *list = json_array();
    const bool done = list && report_each(session, add_benchmark, list);
    json_t *all = json_pack("{s:s, s:i, s:o, s:o, s:O, s:o}", "format", "weft-bench", "version", 1,
                            "context", context(session), "limits", limits(&session->limits),
                            "benchmarks", list, "verdicts", verdicts(session));
    json_decref(list);
    if (!done) {
        json_decref(all);
        all = NULL;
    }
    return report_dump(all, to);
}
