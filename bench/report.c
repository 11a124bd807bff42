/* bench/report.c: what the reports share, and the list of formats.
 * Neighbours: bench/report.h, bench/report_*.c (one format each). */
#include "bench/report.h"

#include <bench_commit.h> /* generated: BENCH_COMMIT */
#include <stdio.h>
#include <string.h>

#include "bench/memory.h"

typedef struct report_format {
    const char *name;
    bool (*write)(const bench_session *session, FILE *to);
} report_format;

static const report_format formats[] = {
    {"text", report_text},         {"json", report_json}, {"google", report_google},
    {"github", report_github},     {"bmf", report_bmf},   {"csv", report_csv},
    {"markdown", report_markdown},
};
enum { FORMAT_COUNT = sizeof formats / sizeof formats[0] };

const char *bench_format_name(int i)
{
    return i >= 0 && i < FORMAT_COUNT ? formats[i].name : NULL;
}

bool report_write(const bench_session *session, const char *format, FILE *to)
{
    for (int i = 0; i < FORMAT_COUNT; i++)
        if (strcmp(formats[i].name, format) == 0)
            return formats[i].write(session, to);
    return false;
}

double report_share(const bench_run_state *state, const bench_result *result,
                    const bench_series *series)
{
    const double limit = memory_limit_of(state->limits, result->bytes, series->threads);
    if (limit <= 0 || series->median <= 0)
        return -1;
    return result->bytes / series->median * 1e9 / limit;
}

void report_name(const bench_run_state *state, const bench_result *result,
                 const bench_series *series, char name[REPORT_NAME_MAX])
{
    (void)snprintf(name, REPORT_NAME_MAX, "%s/%s/%s/%zu", state->suite->name, result->name,
                   series->contender, result->n);
}

void report_caches(const bench_host *host, char *text, size_t size)
{
    size_t used = 0;
    (void)snprintf(text, size, "caches unknown");
    for (int i = 0; i < host->cache_count && used < size; i++)
        used += (size_t)snprintf(text + used, size - used, "%s%s %ld KiB", i ? ", " : "",
                                 host->caches[i].name, host->caches[i].bytes >> 10);
}

const char *report_commit(const bench_options *options)
{
    if (options->commit)
        return options->commit;
    return BENCH_COMMIT[0] ? BENCH_COMMIT : NULL;
}

bool report_each(const bench_session *session, bool (*visit)(const report_item *item, void *data),
                 void *data)
{
    report_item item;
    for (int r = 0; r < session->count; r++)
        for (size_t i = 0; i < session->runs[r].results.count; i++)
            for (int k = 0; k < session->runs[r].results.items[i].count; k++) {
                item.state = &session->runs[r];
                item.result = &item.state->results.items[i];
                item.series = &item.result->series[k];
                report_name(item.state, item.result, item.series, item.name);
                if (item.series->count > 0 && !visit(&item, data))
                    return false;
            }
    return true;
}
