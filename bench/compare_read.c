/* bench/compare_read.c: runs in weft's own format, read back. The files may be anyone's: what is
 * not as docs/benchmarks.md says is refused with the place where it is not. Neighbours:
 * bench/compare.h, bench/report_json.c (writes them). */
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "bench/compare.h"

const char *const compare_fact_names[COMPARE_FACTS] = {"CPU", "level", "compiler", "flags"};

/* What is read, for messages. */
typedef struct reading {
    compare_side *side;
    const char *file;
    char *message;
} reading;

static bool refuse(const reading *r, const char *format, ...) __attribute__((format(printf, 2, 3)));

static bool refuse(const reading *r, const char *format, ...)
{
    char text[BENCH_MESSAGE_MAX - 210];
    va_list values;
    va_start(values, format);
    (void)vsnprintf(text, sizeof text, format, values);
    va_end(values);
    (void)snprintf(r->message, BENCH_MESSAGE_MAX, "%.200s: %s", r->file, text);
    return false;
}

compare_series *compare_find(const compare_side *side, const char *name)
{
    const json_t *number = json_object_get(side->index, name);
    return number ? &side->series[json_integer_value(number)] : NULL;
}

static compare_series *add_series(compare_side *side, const char *name)
{
    if (side->count == side->capacity) {
        const size_t capacity = side->capacity ? 2 * side->capacity : 64;
        compare_series *series = realloc(side->series, capacity * sizeof *series);
        if (!series)
            return NULL;
        side->series = series;
        side->capacity = capacity;
    }
    compare_series *series = &side->series[side->count];
    *series = (compare_series){.name = strdup(name)};
    if (!series->name)
        return NULL;
    side->count++;
    if (json_object_set_new(side->index, name, json_integer((json_int_t)side->count - 1)) != 0)
        return NULL;
    return series;
}

static bool add_sample(compare_series *series, double ns)
{
    if (series->count == series->capacity) {
        const size_t capacity = series->capacity ? 2 * series->capacity : 32;
        double *samples = realloc(series->samples, capacity * sizeof *samples);
        if (!samples)
            return false;
        series->samples = samples;
        series->capacity = capacity;
    }
    series->samples[series->count++] = log(ns);
    return true;
}

static bool read_benchmark(const reading *r, const json_t *item, size_t at)
{
    const char *name = json_string_value(json_object_get(item, "name"));
    const json_t *own = json_object_get(item, "own");
    const json_t *samples = json_object_get(item, "samples"), *sample;
    size_t i;
    if (!name || !json_is_boolean(own) || !json_is_array(samples))
        return refuse(r, "benchmarks[%zu] lacks a name, 'own' or samples", at);
    compare_series *series = compare_find(r->side, name);
    if (!series)
        series = add_series(r->side, name);
    if (!series)
        return refuse(r, "out of memory");
    series->own = json_is_true(own);
    json_array_foreach(samples, i, sample)
    {
        const double ns = json_number_value(sample);
        if (!(ns > 0))
            return refuse(r, "%.100s: sample %zu is no time above 0", name, i);
        if (!add_sample(series, ns))
            return refuse(r, "out of memory");
    }
    return true;
}

static void read_facts(const reading *r, const json_t *context)
{
    const json_t *machine = json_object_get(context, "machine");
    const json_t *weft = json_object_get(context, "weft");
    const json_t *const facts[COMPARE_FACTS] = {
        json_object_get(machine, "cpu"), json_object_get(weft, "level"),
        json_object_get(weft, "compiler"), json_object_get(weft, "flags")};
    for (int i = 0; i < COMPARE_FACTS; i++)
        if (json_is_string(facts[i]) && !r->side->facts[i][0])
            (void)snprintf(r->side->facts[i], COMPARE_FACT_MAX, "%s", json_string_value(facts[i]));
    if (json_is_true(json_object_get(json_object_get(context, "noise"), "noisy")))
        r->side->noisy = true;
}

static bool read_run(const reading *r, const json_t *run)
{
    const char *format = json_string_value(json_object_get(run, "format"));
    const json_t *benchmarks = json_object_get(run, "benchmarks"), *item;
    const json_int_t version = json_integer_value(json_object_get(run, "version"));
    size_t i;
    if (!format || strcmp(format, "weft-bench") != 0)
        return refuse(r, "not written by 'weft bench --json'");
    if (version != 1)
        return refuse(r, "version %lld of the format; this weft reads version 1",
                      (long long)version);
    if (!json_is_array(benchmarks))
        return refuse(r, "has no benchmarks");
    read_facts(r, json_object_get(run, "context"));
    json_array_foreach(benchmarks, i, item)
    {
        if (!read_benchmark(r, item, i))
            return false;
    }
    return true;
}

static bool read_file(compare_side *side, const char *file, char message[BENCH_MESSAGE_MAX])
{
    const reading r = {side, file, message};
    json_error_t error;
    json_t *run = json_load_file(file, 0, &error);
    bool done = run != NULL;
    if (done)
        done = read_run(&r, run);
    else if (error.line > 0)
        (void)refuse(&r, "line %d: %s", error.line, error.text);
    else if (error.text[0])
        (void)snprintf(message, BENCH_MESSAGE_MAX, "%.400s", error.text);
    else
        (void)refuse(&r, "out of memory");
    json_decref(run);
    return done;
}

int compare_count_files(const char *files)
{
    int count = 1;
    for (const char *c = files; *c; c++)
        count += *c == ',';
    return count;
}

bool compare_read(compare_side *side, const char *files, int first, int step,
                  char message[BENCH_MESSAGE_MAX])
{
    char *copy = strdup(files), *rest = copy;
    bool done = copy != NULL;
    if (!side->index)
        side->index = json_object();
    if (!copy || !side->index) {
        (void)snprintf(message, BENCH_MESSAGE_MAX, "out of memory");
        done = false;
    }
    for (int i = 0; done && rest; i++) {
        char *comma = strchr(rest, ',');
        if (comma)
            *comma++ = '\0';
        if (i % step == first % step)
            done = read_file(side, rest, message);
        rest = comma;
    }
    free(copy);
    return done;
}

void compare_free(compare_side *side)
{
    for (size_t i = 0; i < side->count; i++) {
        free(side->series[i].name);
        free(side->series[i].samples);
    }
    free(side->series);
    json_decref(side->index);
    *side = (compare_side){.count = 0};
}
