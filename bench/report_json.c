/* bench/report_json.c: the format of Google Benchmark's --benchmark_out, so that its tools compare
 * runs: one entry for each sample, and the median of each contender as an aggregate.
 * Neighbours: bench/report.h. */
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "bench/report.h"

static json_t *context(const bench_run_state *state)
{
    char date[64] = "", host[256] = "";
    const time_t now = time(NULL);
    struct tm local;
    if (localtime_r(&now, &local))
        (void)strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%S%z", &local);
    (void)gethostname(host, sizeof host - 1);
    json_t *peers = json_object();
    for (int p = 0; p < state->peers.count; p++)
        (void)json_object_set_new(peers, state->peers.items[p].name,
                                  json_string(state->peers.items[p].note));
    return json_pack("{s:s, s:s, s:s, s:I, s:s, s:s, s:s, s:s, s:s, s:o}", "date", date,
                     "host_name", host, "executable", "weft", "num_cpus",
                     (json_int_t)state->host->cpus, "cpu", state->host->cpu, "caches",
                     state->host->caches, "weft_version", state->host->version, "weft_level",
                     state->host->level, "weft_commit",
                     state->options->commit ? state->options->commit : "", "peers", peers);
}

static json_t *entry(const bench_run_state *state, const bench_result *result,
                     const bench_series *series, int sample)
{
    char run_name[128], name[160];
    const bool median = sample < 0;
    const double ns = median ? series->median : series->samples[sample];
    (void)snprintf(run_name, sizeof run_name, "%s/%s/%s/%zu", state->options->suite, result->name,
                   series->contender, result->n);
    (void)snprintf(name, sizeof name, "%s%s", run_name, median ? "_median" : "");
    json_t *item = json_pack(
        "{s:s, s:s, s:s, s:i, s:i, s:I, s:f, s:f, s:s, s:f, s:f}", "name", name, "run_name",
        run_name, "run_type", median ? "aggregate" : "iteration", "repetitions", series->count,
        "threads", 1, "iterations", (json_int_t)series->calls, "real_time", ns, "cpu_time", ns,
        "time_unit", "ns", "bytes_per_second", ns > 0 ? result->bytes / ns * 1e9 : 0.0,
        "items_per_second", ns > 0 ? (double)result->n / ns * 1e9 : 0.0);
    for (int i = 0; item && i < result->counter_count; i++)
        (void)json_object_set_new(item, result->counters[i].name,
                                  json_real(result->counters[i].value));
    if (item && median)
        (void)json_object_set_new(item, "aggregate_name", json_string("median"));
    else if (item)
        (void)json_object_set_new(item, "repetition_index", json_integer(sample));
    return item;
}

bool report_json(const bench_run_state *state, FILE *to)
{
    json_t *list = json_array();
    int failed = list ? 0 : -1;
    for (size_t i = 0; !failed && i < state->results.count; i++)
        for (int k = 0; !failed && k < state->results.items[i].count; k++) {
            const bench_series *series = &state->results.items[i].series[k];
            for (int sample = -1; !failed && sample < series->count; sample++)
                failed = json_array_append_new(
                    list, entry(state, &state->results.items[i], series, sample));
        }
    json_t *all =
        failed ? NULL : json_pack("{s:o, s:O}", "context", context(state), "benchmarks", list);
    failed = !all || json_dumpf(all, to, JSON_COMPACT | JSON_REAL_PRECISION(7)) != 0 ||
             fputc('\n', to) == EOF;
    json_decref(all);
    json_decref(list);
    return !failed;
}
