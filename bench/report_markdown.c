/* bench/report_markdown.c: a page such as docs/performance.md: the machine, the limits and what was
 * measured, all times.
 * Neighbours: bench/report.h, bench/report_text.c (the same for a terminal). */
#include <string.h>
#include <time.h>

#include "bench/ops_acceptance.h"
#include "bench/report.h"

enum { USUAL_N = 4096 };

static void print_machine(const bench_run_state *state, FILE *to)
{
    char date[32] = "";
    const time_t now = time(NULL);
    struct tm utc;
    if (gmtime_r(&now, &utc))
        (void)strftime(date, sizeof date, "%Y-%m-%d", &utc);
    (void)fprintf(to, "## Machine and peers\n\n| what | which |\n|---|---|\n");
    (void)fprintf(to, "| CPU | %s, %ld online |\n", state->host->cpu, state->host->cpus);
    (void)fprintf(to, "| caches | %s |\n", state->host->caches);
    (void)fprintf(to, "| weft | %s, commit %s, level %s, built by %s |\n", state->host->version,
                  state->options->commit ? state->options->commit : "not stated",
                  state->host->level, BENCH_BUILT_BY);
    (void)fprintf(to, "| date | %s |\n", date);
    (void)fprintf(to,
                  "| samples | %d of each, at least %.0f us long, contenders in turn; medians |\n",
                  state->options->samples, state->options->min_time / 1000);
    for (int p = 0; p < state->peers.count; p++)
        (void)fprintf(to, "| %s | %s |\n", state->peers.items[p].name, state->peers.items[p].note);
}

static void print_limits(const bench_run_state *state, FILE *to)
{
    (void)fprintf(to, "\n## Limits\n\nRatios of weft's time to the other's, but for the cost of a "
                      "call.\n\n| what | limit | measured | |\n|---|---|---|---|\n");
    for (int i = 0; i < state->verdict_count; i++) {
        const bench_verdict *v = &state->verdicts[i];
        char measured[32] = "";
        if (v->measured >= 0)
            (void)snprintf(measured, sizeof measured, "%.2f", v->measured);
        (void)fprintf(to, "| %s | %.2f | %s | %s%s%s |\n", v->text, v->limit, measured,
                      report_verdict(v), v->detail[0] ? "; " : "", v->detail);
    }
}

/* Which results a table shows. */
typedef bool selection(const bench_result *result);

static bool is_headline(const bench_result *result)
{
    return ops_is_headline(result->name);
}

static bool is_usual(const bench_result *result)
{
    return !is_headline(result) && result->n == USUAL_N;
}

static bool is_slower(const bench_result *result)
{
    return is_usual(result) && report_rounded(ops_compiler_ratio(result)) > 1;
}

static bool is_other(const bench_result *result)
{
    return !is_headline(result) && result->n != USUAL_N && result->n != 1;
}

static void print_cell(const bench_result *result, const char *contender, FILE *to)
{
    char time[32];
    const bench_series *series = bench_series_of(result, contender);
    report_time(series ? series->median : 0, time, sizeof time);
    (void)fprintf(to, " %s%s |", series ? time : "", series && series->differs ? "\\*" : "");
}

static void print_row(const bench_result *result, const char *const *peers, int count, FILE *to)
{
    char length[32];
    const bench_series *own = bench_series_of(result, "weft");
    const double ns = own ? own->median : 0, ratio = ops_compiler_ratio(result);
    report_length(result->n, length, sizeof length);
    (void)fprintf(to, "| `%s` | %s |", result->name, length);
    print_cell(result, "weft", to);
    (void)fprintf(to, " %.4f | %.1f |", ns / (double)result->n, ns > 0 ? result->bytes / ns : 0);
    if (ratio > 0)
        (void)fprintf(to, " %.2f |", ratio);
    else
        (void)fprintf(to, " |");
    for (int p = 0; p < count; p++)
        print_cell(result, peers[p], to);
    (void)fprintf(to, "\n");
}

static void print_table(const bench_run_state *state, const char *title, const char *words,
                        selection *selected, FILE *to)
{
    const char *peers[PEERS_MAX];
    const int count = report_columns(state, selected, peers);
    bool begun = false;
    for (size_t i = 0; i < state->results.count; i++) {
        const bench_result *result = &state->results.items[i];
        if (!selected(result))
            continue;
        if (!begun) {
            (void)fprintf(to, "\n## %s\n\n%s\n\n| case | n | weft | ns/element | GB/s | ratio |",
                          title, words);
            for (int p = 0; p < count; p++)
                (void)fprintf(to, " %s |", peers[p]);
            (void)fprintf(to, "\n|---|---|---|---|---|---|");
            for (int p = 0; p < count; p++)
                (void)fprintf(to, "---|");
            (void)fprintf(to, "\n");
            begun = true;
        }
        print_row(result, peers, count, to);
    }
}

/* What a call on one element costs, over all cases: how many stay below so many nanoseconds. */
static void print_calls(const bench_run_state *state, FILE *to)
{
    static const double steps[] = {2, 3, 4, 5, 7, 10, 20, 50, 1e9};
    size_t all = 0;
    for (size_t i = 0; i < state->results.count; i++)
        all += state->results.items[i].n == 1;
    if (all == 0)
        return;
    (void)fprintf(to, "\n## A call on one element\n\n| at most | cases |\n|---|---|\n");
    for (size_t s = 0; s < sizeof steps / sizeof steps[0]; s++) {
        size_t within = 0;
        for (size_t i = 0; i < state->results.count; i++) {
            const bench_series *own = bench_series_of(&state->results.items[i], "weft");
            within += state->results.items[i].n == 1 && own && own->median <= steps[s];
        }
        if (steps[s] < 1e9)
            (void)fprintf(to, "| %.0f ns | %zu |\n", steps[s], within);
        else
            (void)fprintf(to, "| any time | %zu |\n", within);
    }
}

void report_markdown(const bench_run_state *state, FILE *to)
{
    (void)fprintf(to,
                  "# Performance\n\n"
                  "Made by `scripts/bench`, which runs `weft bench %s --markdown`; do not edit.\n"
                  "Times are of one thread and hold for this machine; ratios are of one run, the\n"
                  "contenders sampled in turn. *ratio* is weft's time over that of the faster of "
                  "gcc's and\nclang's loop. A case is operation/types/operands: v an array, s one "
                  "scalar;\n`cvt/i8.f32` converts to i8 from f32. \\*: computes something else, or "
                  "less exactly.\n\n",
                  state->options->suite);
    print_machine(state, to);
    print_limits(state, to);
    print_table(state, "Headline operations", "At every length.", is_headline, to);
    print_calls(state, to);
    print_table(state, "Slower than a compiler's loop",
                "Of the following, those whose ratio is above 1.00.", is_slower, to);
    print_table(state, "All other operations", "At 4,096 elements.", is_usual, to);
    print_table(state, "Other lengths", "As asked for.", is_other, to);
}
