/* bench/page_compare.c: the order of the runs, which of them are one point of the history, and what
 * became of each case between one and the next, judged as `weft bench compare` does.
 * Neighbours: bench/page.h, bench/statistics.h. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/page.h"
#include "bench/statistics.h"

/* A change counts when it is neither chance (p) nor what a quiet machine does by itself (shift). */
static const double chance = 0.01, shift = 0.05;

static int by_date(const void *x, const void *y)
{
    const page_run *a = x, *b = y;
    if (a->date < b->date || a->date > b->date)
        return a->date < b->date ? -1 : 1;
    return a->order < b->order ? -1 : a->order > b->order;
}

/* Of the first file's context, a text in a part of it (NULL: in itself); "" where there is none. */
static const char *context_text(const page_run *run, const char *part, const char *key)
{
    const json_t *context = json_object_get(json_array_get(run->parts, 0), "context");
    const json_t *from = part ? json_object_get(context, part) : context;
    const char *text = json_string_value(json_object_get(from, key));
    return text ? text : "";
}

static bool same_text(const page_run *a, const page_run *b, const char *part, const char *key)
{
    return strcmp(context_text(a, part, key), context_text(b, part, key)) == 0;
}

/* Times of two machines say nothing of weft, nor do those of two levels. */
static bool comparable(const page_run *a, const page_run *b)
{
    return same_text(a, b, NULL, "host_name") && same_text(a, b, "machine", "cpu") &&
           same_text(a, b, "weft", "level");
}

static bool overlap(const page_run *a, const page_run *b)
{
    const char *key;
    json_t *place;
    json_object_foreach(b->places, key, place) if (json_object_get(a->places, key)) return true;
    return false;
}

/* Whether b is another part, mostly another suite, of what a measured. */
static bool belongs(const page_run *a, const page_run *b)
{
    return *context_text(a, "weft", "commit") && same_text(a, b, "weft", "commit") &&
           comparable(a, b) && !overlap(a, b);
}

static bool move_series(page_run *to, page_run *from)
{
    const char *key;
    json_t *place;
    const json_int_t base = (json_int_t)to->count;
    for (size_t i = 0; i < from->count; i++) {
        if (!page_grow((void **)&to->series, &to->capacity, to->count, sizeof *to->series))
            return false;
        to->series[to->count++] = from->series[i];
        from->series[i].samples = NULL;
    }
    json_object_foreach(
        from->places, key,
        place) if (json_object_set_new(to->places, key,
                                       json_integer(base +
                                                    json_integer_value(place)))) return false;
    return json_array_extend(to->parts, from->parts) == 0;
}

/* Runs of one commit that follow each other become one; the places of those are left empty. */
static bool join(page *to)
{
    size_t kept = 0;
    for (size_t r = 0; r < to->run_count; r++) {
        page_run *run = &to->runs[r], *last = kept > 0 ? &to->runs[kept - 1] : NULL;
        if (last && belongs(last, run)) {
            if (!move_series(last, run))
                return false;
            free(run->series);
            json_decref(run->parts);
            json_decref(run->places);
            *run = (page_run){.date = 0};
        } else if (kept++ < r) {
            to->runs[kept - 1] = *run;
            *run = (page_run){.date = 0};
        }
    }
    to->run_count = kept;
    return true;
}

/* Ratios are differences of logarithms. */
static double *logarithms(const page_series *series)
{
    double *logs = malloc(series->count * sizeof *logs);
    for (size_t i = 0; logs && i < series->count; i++)
        logs[i] = log(series->samples[i]);
    return logs;
}

static bool judge_samples(page_change *change, bench_ranks *ranks)
{
    bench_comparison found;
    double *was = logarithms(change->was), *is = logarithms(change->is);
    const bool done =
        was && is &&
        bench_compare_sets(was, change->was->count, is, change->is->count, ranks, &found);
    free(was);
    free(is);
    if (!done)
        return false;
    change->ratio = exp(found.shift);
    change->low = found.bounded ? exp(found.low) : change->ratio;
    change->high = found.bounded ? exp(found.high) : change->ratio;
    change->p = found.p;
    if (found.p < chance)
        change->verdict = (change->ratio > 1 + shift) - (change->ratio < 1 - shift);
    return true;
}

static bool judge(page_change *change, bench_ranks *ranks)
{
    if (change->was->count > 0 && change->is->count > 0)
        return judge_samples(change, ranks);
    change->ratio = change->low = change->high = change->is->median / change->was->median;
    change->p = -1;
    return true;
}

/* Appends a change for each series of weft's own that both runs have. */
static bool compare_runs(page *to, size_t base, size_t head, bench_ranks *ranks)
{
    const page_run *a = &to->runs[base], *b = &to->runs[head];
    const char *key;
    json_t *place;
    json_object_foreach(b->places, key, place)
    {
        const json_t *before = json_object_get(a->places, key);
        const page_series *is = &b->series[json_integer_value(place)];
        if (!before || !is->own)
            continue;
        if (!page_grow((void **)&to->changes, &to->change_capacity, to->change_count,
                       sizeof *to->changes))
            return false;
        page_change *change = &to->changes[to->change_count];
        *change = (page_change){.base = base, .head = head, .is = is};
        change->was = &a->series[json_integer_value(before)];
        if (!judge(change, ranks))
            return false;
        to->change_count++;
    }
    return true;
}

static bool compare_all(page *to, bench_ranks *ranks)
{
    for (size_t head = 1; head < to->run_count; head++)
        for (size_t base = head; base-- > 0;)
            if (comparable(&to->runs[base], &to->runs[head]) &&
                overlap(&to->runs[base], &to->runs[head])) {
                if (!compare_runs(to, base, head, ranks))
                    return false;
                break;
            }
    return true;
}

bool page_compare(page *to)
{
    bench_ranks ranks = {.below = NULL};
    qsort(to->runs, to->run_count, sizeof *to->runs, by_date);
    const bool done = join(to) && compare_all(to, &ranks);
    bench_ranks_free(&ranks);
    return done || page_no_memory(to);
}
