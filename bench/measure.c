/* bench/measure.c: see bench/measure.h. */
#include "bench/measure.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

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

static int compare(const void *x, const void *y)
{
    const double a = *(const double *)x, b = *(const double *)y;
    return (a > b) - (a < b);
}

static double median(const double *samples, int count)
{
    double sorted[BENCH_SAMPLES_MAX];
    memcpy(sorted, samples, (size_t)count * sizeof *sorted);
    qsort(sorted, (size_t)count, sizeof *sorted, compare);
    return count % 2 ? sorted[count / 2] : (sorted[count / 2 - 1] + sorted[count / 2]) / 2;
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
static bool prepare(bench_result *result, const bench_contender *contenders, int count,
                    double min_time, int samples, int *running)
{
    for (int i = 0; i < count; i++) {
        const uint64_t calls = calibrate(&contenders[i], min_time);
        if (calls == 0)
            continue;
        bench_series *series = &result->series[result->count];
        *series = (bench_series){.contender = contenders[i].name, .calls = calls};
        series->differs = contenders[i].differs;
        series->samples = malloc((size_t)samples * sizeof *series->samples);
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

bool bench_measure(bench_results *results, const char *name, size_t n, double bytes,
                   const bench_contender *contenders, int count, double min_time, int samples)
{
    int running[BENCH_CONTENDERS_MAX] = {0};
    bench_result *result = append(results);
    if (!result)
        return false;
    (void)snprintf(result->name, sizeof result->name, "%s", name);
    result->n = n;
    result->bytes = bytes;
    if (results->count == 1 && count > 0)
        warm_up(&contenders[0], min_time);
    if (!prepare(result, contenders, count, min_time, samples, running))
        return false;
    for (int round = 0; round < samples; round++)
        for (int i = 0; i < result->count; i++) {
            const int at = (i + round) % result->count; /* nobody always comes after the same one */
            bench_series *series = &result->series[at];
            const bench_contender *contender = &contenders[running[at]];
            const double took = contender->sample(contender->self, series->calls);
            if (took >= 0)
                series->samples[series->count++] = took / (double)series->calls;
        }
    for (int i = 0; i < result->count; i++)
        if (result->series[i].count)
            result->series[i].median = median(result->series[i].samples, result->series[i].count);
    return true;
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
