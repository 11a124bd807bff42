/* bench/measure.c: see bench/measure.h. */
#include "bench/measure.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bench/affinity.h"

double bench_now(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

/* How many calls last for min_time; asking warms the contender up. 0: it fails. */
static uint64_t calibrate(const bench_contender *contender, double min_time)
{
    uint64_t calls = 1;
    for (;;) {
        const double took = contender->sample(contender->self, calls);
        if (took < 0)
            return 0;
        if (took >= min_time || calls >= UINT64_C(1) << 40)
            return calls;
        const double wanted = took > 0 ? 1.1 * min_time / took : 16;
        calls = (uint64_t)((double)calls * (wanted < 16 ? wanted : 16)) + 1;
    }
}

static bench_result *append(bench_results *results)
{
    if (results->count == results->capacity) {
        const size_t capacity = results->capacity ? 2 * results->capacity : 256;
        bench_result *items = realloc(results->items, capacity * sizeof *items);
        if (!items)
            return NULL;
        results->items = items;
        results->capacity = capacity;
    }
    bench_result *result = &results->items[results->count++];
    *result = (bench_result){.n = 0};
    return result;
}

/* Makes the series of those that can run; `running` maps them to their contenders. */
static bool prepare(bench_result *result, const bench_case *c, const bench_timing *timing, int most,
                    int *running)
{
    for (int i = 0; i < c->count; i++) {
        const bench_contender *contender = &c->contenders[i];
        const uint64_t calls = calibrate(contender, timing->min_time);
        if (calls == 0)
            continue;
        bench_series *series = &result->series[result->count];
        *series = (bench_series){.contender = contender->name, .calls = calls};
        series->differs = contender->differs;
        series->foreign = contender->foreign;
        series->threads = contender->threads > 0 ? contender->threads : 1;
        series->samples = malloc((size_t)most * sizeof *series->samples);
        if (!series->samples)
            return false;
        running[result->count++] = i;
    }
    return true;
}

/* A processor that was idle takes a while to reach its speed: the first cases of a run would be
 * told apart from the others by a half. As many samples' time as this, before the first case. */
enum { WARM_UP = 3000 };

static void warm_up(const bench_contender *contender, double min_time)
{
    const uint64_t calls = calibrate(contender, min_time);
    const double end = bench_now() + WARM_UP * min_time;
    while (calls > 0 && bench_now() < end)
        if (contender->sample(contender->self, calls) < 0)
            return;
}

static void take_round(bench_result *result, const bench_case *c, const int *running, int round,
                       const bench_affinity *cpus)
{
    for (int i = 0; i < result->count; i++) {
        /* Nobody always comes after the same one: every other round is in reverse. */
        const int turn = (i + round / 2) % result->count;
        const int at = round % 2 ? result->count - 1 - turn : turn;
        bench_series *series = &result->series[at];
        const bench_contender *contender = &c->contenders[running[at]];
        if (c->stay && contender->threads <= 1)
            bench_affinity_stay(cpus);
        if (c->warm)
            (void)contender->sample(contender->self, 1);
        const double took = contender->sample(contender->self, series->calls);
        if (c->stay)
            bench_affinity_free(cpus);
        if (took >= 0)
            series->samples[series->count++] = took / (double)series->calls;
    }
}

/* Brings the summaries up to date; whether all intervals are narrow enough to stop. */
static const double narrow = 0.01;

static bool summarise(bench_result *result)
{
    double sorted[BENCH_STRETCH * BENCH_SAMPLES_MOST];
    bool all = true;
    for (int i = 0; i < result->count; i++) {
        bench_series *series = &result->series[i];
        if (series->count == 0)
            continue;
        const bench_summary s = bench_summarise(series->samples, (size_t)series->count, sorted);
        const double reach = narrow * s.median;
        series->summary = s;
        series->median = s.median;
        all = all && s.bounded && s.high - s.median <= reach && s.median - s.low <= reach;
    }
    return all;
}

bool bench_measure(bench_results *results, const bench_case *c, const bench_timing *timing)
{
    int running[BENCH_CONTENDERS_MAX] = {0};
    const int most = timing->exactly ? timing->samples : BENCH_STRETCH * timing->samples;
    bench_affinity cpus;
    bench_result *result = append(results);
    if (!result)
        return false;
    bench_affinity_read(&cpus);
    (void)snprintf(result->name, sizeof result->name, "%s", c->name);
    result->n = c->n;
    result->bytes = c->bytes;
    result->flops = c->flops;
    if (timing->noise && timing->noise->count == 0 && c->count > 0)
        warm_up(&c->contenders[0], timing->min_time);
    if (!prepare(result, c, timing, most, running))
        return false;
    for (int round = 0; round < most; round++) {
        if (round >= timing->samples && summarise(result))
            break;
        take_round(result, c, running, round, &cpus);
    }
    (void)summarise(result);
    return !timing->noise || bench_noise_sample(timing->noise);
}

const bench_series *bench_series_of(const bench_result *result, const char *contender)
{
    for (int i = 0; i < result->count; i++)
        if (result->series[i].count && strcmp(result->series[i].contender, contender) == 0)
            return &result->series[i];
    return NULL;
}

void bench_count(bench_results *results, const char *name, double value)
{
    bench_result *result = results->count ? &results->items[results->count - 1] : NULL;
    if (result && result->counter_count < BENCH_COUNTERS_MAX)
        result->counters[result->counter_count++] = (bench_counter){name, value};
}

double bench_counter_of(const bench_result *result, const char *name)
{
    for (int i = 0; i < result->counter_count; i++)
        if (strcmp(result->counters[i].name, name) == 0)
            return result->counters[i].value;
    return -1;
}

const bench_result *bench_find(const bench_results *results, const char *name, size_t n)
{
    for (size_t i = 0; i < results->count; i++)
        if (results->items[i].n == n && strcmp(results->items[i].name, name) == 0)
            return &results->items[i];
    return NULL;
}

void bench_results_free(bench_results *results)
{
    for (size_t i = 0; i < results->count; i++)
        for (int k = 0; k < results->items[i].count; k++)
            free(results->items[i].series[k].samples);
    free(results->items);
    *results = (bench_results){NULL, 0, 0};
}
