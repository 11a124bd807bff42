/* bench/page_write.c: what the page shows, as JSON: names once in lists, figures in rows, so that
 * many runs of many cases stay a page that a browser opens at once.
 * Neighbours: bench/page.h, report/data.js (reads this). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/page.h"

/* A name's place in the list of its kind. */
typedef struct names {
    json_t *list, *places;
} names;

static int name_at(names *of, const char *text)
{
    json_t *place = json_object_get(of->places, text);
    if (place)
        return (int)json_integer_value(place);
    const size_t at = json_array_size(of->list);
    if (json_array_append_new(of->list, json_string(text)) != 0 ||
        json_object_set_new(of->places, text, json_integer((json_int_t)at)) != 0)
        return -1;
    return (int)at;
}

typedef struct writer {
    page *from;
    names suites, cases, contenders;
    json_t *seen; /* SUITE of runs that are written: older ones show weft alone */
} writer;

/* Peers are shown as they were last measured; of older runs, only weft's own history counts. */
static bool wanted(const writer *to, const page_series *series)
{
    return series->own || !json_object_get(to->seen, series->suite);
}

static json_t *series_row(writer *to, size_t run, const page_series *series)
{
    const int suite = name_at(&to->suites, series->suite);
    const int name = name_at(&to->cases, series->name);
    const int contender = name_at(&to->contenders, series->contender);
    if (suite < 0 || name < 0 || contender < 0)
        return NULL;
    return json_pack("[i, i, i, i, I, i, f, f, f, f, f, i, i, i]", (int)run, suite, name, contender,
                     (json_int_t)series->n, series->threads, series->median, series->low,
                     series->high, series->bytes, series->flops, (int)series->count, series->own,
                     series->differs);
}

static json_t *change_row(writer *to, const page_change *change)
{
    const int suite = name_at(&to->suites, change->is->suite);
    const int name = name_at(&to->cases, change->is->name);
    const int contender = name_at(&to->contenders, change->is->contender);
    if (suite < 0 || name < 0 || contender < 0)
        return NULL;
    return json_pack("[i, i, i, i, i, I, i, f, f, f, f, f, f, i]", (int)change->base,
                     (int)change->head, suite, name, contender, (json_int_t)change->is->n,
                     change->is->threads, change->was->median, change->is->median, change->ratio,
                     change->low, change->high, change->p, change->verdict);
}

static bool add_runs(writer *to, json_t *runs, json_t *series)
{
    for (size_t r = to->from->run_count; r-- > 0;) {
        const page_run *run = &to->from->runs[r];
        if (json_array_insert_new(
                runs, 0,
                json_pack("{s:O, s:I}", "parts", run->parts, "date", (json_int_t)run->date)) != 0)
            return false;
        for (size_t i = 0; i < run->count; i++)
            if (wanted(to, &run->series[i]) &&
                json_array_append_new(series, series_row(to, r, &run->series[i])) != 0)
                return false;
        for (size_t i = 0; i < run->count; i++)
            if (json_object_set_new(to->seen, run->series[i].suite, json_true()) != 0)
                return false;
    }
    return true;
}

static bool add_changes(writer *to, json_t *changes)
{
    for (size_t i = 0; i < to->from->change_count; i++)
        if (json_array_append_new(changes, change_row(to, &to->from->changes[i])) != 0)
            return false;
    return true;
}

/* Text in a <script> element ends at "</script" and gets into a strange state at "<!--", whatever
 * its quotes; in JSON every '<' stands in a string, where it may be written otherwise. */
static char *escape(const char *json)
{
    size_t angles = 0;
    for (const char *c = json; *c; c++)
        angles += *c == '<';
    char *text = malloc(strlen(json) + 5 * angles + 1), *end = text;
    if (!text)
        return NULL;
    for (const char *c = json; *c; c++)
        if (*c == '<') {
            memcpy(end, "\\u003c", 6);
            end += 6;
        } else {
            *end++ = *c;
        }
    *end = '\0';
    return text;
}

static char *dump(json_t *all)
{
    char *plain = all ? json_dumps(all, JSON_COMPACT | JSON_REAL_PRECISION(6)) : NULL;
    char *text = plain ? escape(plain) : NULL;
    free(plain);
    return text;
}

static names new_names(void)
{
    return (names){json_array(), json_object()};
}

static void free_names(names *done)
{
    json_decref(done->list);
    json_decref(done->places);
}

char *page_data(page *from, const char *title)
{
    writer to = {from, new_names(), new_names(), new_names(), json_object()};
    json_t *runs = json_array(), *series = json_array(), *changes = json_array(), *all = NULL;
    if (to.seen && runs && series && changes && to.suites.places && to.cases.places &&
        to.contenders.places && add_runs(&to, runs, series) && add_changes(&to, changes))
        all = json_pack("{s:s, s:O, s:O, s:O, s:O, s:O, s:O}", "title", title ? title : "", "runs",
                        runs, "suites", to.suites.list, "cases", to.cases.list, "contenders",
                        to.contenders.list, "series", series, "changes", changes);
    char *text = dump(all);
    json_decref(all);
    json_decref(runs);
    json_decref(series);
    json_decref(changes);
    json_decref(to.seen);
    free_names(&to.suites);
    free_names(&to.cases);
    free_names(&to.contenders);
    return text;
}
