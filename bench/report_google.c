/* bench/report_google.c: the format of Google Benchmark's --benchmark_out, so that its tools read
 * runs: one entry for each sample, and the median of each contender as an aggregate.
 * Neighbours: bench/report.h. */
#include <string.h>

#include "bench/report.h"
#include "bench/report_jansson.h"

/* As Google Benchmark has them: "Data" with a level for "L1d". */
static json_t *caches(const bench_host *host)
{
    json_t *all = json_array();
    for (int i = 0; i < host->cache_count; i++) {
        const char *name = host->caches[i].name;
        all = report_append(all, json_pack("{s:s, s:i, s:I, s:i}", "type",
                                           strchr(name, 'd') ? "Data" : "Unified", "level",
                                           name[1] - '0', "size", (json_int_t)host->caches[i].bytes,
                                           "num_sharing", 0));
    }
    return all;
}

static json_t *context(const bench_session *session)
{
    char date[64], name[256];
    const bench_host *host = session->host;
    const char *commit = report_commit(session->options);
    json_t *load = json_array();
    report_now(date, name);
    if (session->noise.load >= 0)
        load = report_append(load, json_real(session->noise.load));
    json_t *scaling =
        host->governor ? json_boolean(strcmp(host->governor, "performance") != 0) : json_false();
    return json_pack("{s:s, s:s, s:s, s:I, s:i, s:o, s:o, s:o, s:s, s:s, s:s, s:s, s:s, s:s, s:s}",
                     "date", date, "host_name", name, "executable", "weft", "num_cpus",
                     (json_int_t)host->cpus, "mhz_per_cpu", 0, "cpu_scaling_enabled", scaling,
                     "caches", caches(host), "load_avg", load, "library_build_type", "release",
                     "cpu", host->cpu, "weft_version", host->version, "weft_level", host->level,
                     "weft_commit", commit ? commit : "", "weft_compiler", BENCH_COMPILER,
                     "weft_flags", BENCH_FLAGS);
}

typedef struct writing {
    json_t *list;
    int family; /* number of the contender's case */
} writing;

/* sample < 0: the median. */
static json_t *entry(const report_item *x, int family, int sample)
{
    char name[REPORT_NAME_MAX + 16];
    const bool median = sample < 0;
    const double ns = median ? x->series->median : x->series->samples[sample];
    (void)snprintf(name, sizeof name, "%s%s", x->name, median ? "_median" : "");
    json_t *item = json_pack(
        "{s:s, s:i, s:i, s:s, s:s, s:i, s:i, s:I, s:f, s:f, s:s, s:f, s:f}", "name", name,
        "family_index", family, "per_family_instance_index", 0, "run_name", x->name, "run_type",
        median ? "aggregate" : "iteration", "repetitions", x->series->count, "threads",
        x->series->threads, "iterations", (json_int_t)x->series->calls, "real_time", ns, "cpu_time",
        ns, "time_unit", "ns", "bytes_per_second", ns > 0 ? x->result->bytes / ns * 1e9 : 0.0,
        "items_per_second", ns > 0 ? (double)x->result->n / ns * 1e9 : 0.0);
    for (int i = 0; i < x->result->counter_count; i++)
        item =
            report_set(item, x->result->counters[i].name, json_real(x->result->counters[i].value));
    if (!median)
        return report_set(item, "repetition_index", json_integer(sample));
    item = report_set(item, "aggregate_name", json_string("median"));
    return report_set(item, "aggregate_unit", json_string("time"));
}

static bool add_entries(const report_item *x, void *data)
{
    writing *w = data;
    bool done = true;
    for (int sample = 0; sample <= x->series->count && done; sample++) {
        const int which = sample < x->series->count ? sample : -1;
        done = json_array_append_new(w->list, entry(x, w->family, which)) == 0;
    }
    w->family++;
    return done;
}

bool report_google(const bench_session *session, FILE *to)
{
    writing w = {json_array(), 0};
    const bool done = w.list && report_each(session, add_entries, &w);
    json_t *all =
        done ? json_pack("{s:o, s:O}", "context", context(session), "benchmarks", w.list) : NULL;
    json_decref(w.list);
    return report_dump(all, to);
}
