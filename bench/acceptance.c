/* bench/acceptance.c: see bench/acceptance.h. */
#include "bench/acceptance.h"

#include <stdio.h>
#include <string.h>

bool bench_is_in(const char *name, const char *const *list)
{
    for (size_t i = 0; list[i]; i++)
        if (strcmp(list[i], name) == 0)
            return true;
    return false;
}

double bench_ratio_to(const bench_result *result, const char *own, const char *const *others)
{
    const bench_series *series = bench_series_of(result, own);
    double best = 0;
    for (size_t i = 0; series && others[i]; i++) {
        const bench_series *other = bench_series_of(result, others[i]);
        if (other && (best <= 0 || other->median < best))
            best = other->median;
    }
    return best > 0 ? series->median / best : 0;
}

bench_verdict *bench_verdict_add(bench_run_state *state, const char *text, double limit)
{
    bench_verdict *v = &state->verdicts[state->verdict_count++];
    *v = (bench_verdict){.text = text, .limit = limit, .measured = -1};
    return v;
}

/* What a row asks of one result; negative where it was not measured. */
static double figure_of(const bench_limit *row, const bench_result *result)
{
    const char *own = row->own ? row->own : "weft";
    if (row->counter)
        return bench_counter_of(result, row->counter);
    if (row->others) {
        const double ratio = bench_ratio_to(result, own, row->others);
        return ratio > 0 ? ratio : -1;
    }
    const bench_series *series = bench_series_of(result, own);
    return series ? series->median / row->unit : -1;
}

static void judge(bench_run_state *state, const bench_limit *row)
{
    bench_verdict *v = bench_verdict_add(state, row->text, row->limit);
    size_t judged = 0;
    v->at_least = row->at_least;
    for (size_t i = 0; i < state->results.count; i++) {
        const bench_result *result = &state->results.items[i];
        if (result->n < row->least || result->n > row->most ||
            !bench_is_in(result->name, row->cases))
            continue;
        const double figure = figure_of(row, result);
        if (figure < 0)
            continue;
        judged++;
        if (judged > 1 && (row->at_least ? figure >= v->measured : figure <= v->measured))
            continue;
        v->measured = figure;
        (void)snprintf(v->detail, sizeof v->detail, "worst: %s at %zu", result->name, result->n);
    }
    if (judged == 1)
        v->detail[0] = '\0'; /* there is no other */
}

void bench_judge(bench_run_state *state, const bench_limit *rows, size_t count)
{
    for (size_t i = 0; i < count; i++)
        judge(state, &rows[i]);
}
