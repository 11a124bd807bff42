/* bench/report_markdown.c: a page such as docs/performance.md: the machine, the limits and what was
 * measured, all times.
 * Neighbours: bench/report.h, bench/report_text.c (the same for a terminal). */
#include <string.h>
#include <time.h>

#include "bench/report.h"

static void print_machine(const bench_run_state *state, FILE *to)
{
    char date[32] = "";
    char caches[256];
    const time_t now = time(NULL);
    const char *commit = report_commit(state->options);
    struct tm utc;
    if (gmtime_r(&now, &utc))
        (void)strftime(date, sizeof date, "%Y-%m-%d", &utc);
    (void)fprintf(to, "## Machine and peers\n\n| what | which |\n|---|---|\n");
    (void)fprintf(to, "| CPU | %s, %ld online |\n", state->host->cpu, state->host->cpus);
    report_caches(state->host, caches, sizeof caches);
    (void)fprintf(to, "| caches | %s |\n", caches);
    (void)fprintf(to, "| weft | %s, commit %s, level %s, built by %s, %s |\n", state->host->version,
                  commit ? commit : "not stated", state->host->level, BENCH_COMPILER, BENCH_FLAGS);
    (void)fprintf(to, "| date | %s |\n", date);
    (void)fprintf(to,
                  "| samples | %d of each or more, at least %.0f us long, contenders in turn; "
                  "medians |\n",
                  state->timing.samples, state->timing.min_time / 1000);
    for (int p = 0; p < state->peers.count; p++)
        (void)fprintf(to, "| %s | %s |\n", state->peers.items[p].name, state->peers.items[p].note);
}

static void print_limits(const bench_run_state *state, FILE *to)
{
    if (state->verdict_count == 0)
        return;
    (void)fprintf(to, "\n## Limits\n\n%s\n\n| what | limit | measured | |\n|---|---|---|---|\n",
                  state->suite->limit_words);
    for (int i = 0; i < state->verdict_count; i++) {
        const bench_verdict *v = &state->verdicts[i];
        char measured[32] = "";
        if (v->measured >= 0)
            (void)snprintf(measured, sizeof measured, "%.2f", v->measured);
        (void)fprintf(to, "| %s | at %s %.2f | %s | %s%s%s |\n", v->text,
                      v->at_least ? "least" : "most", v->limit, measured, report_verdict(v),
                      v->detail[0] ? "; " : "", v->detail);
    }
}

static void print_cell(const bench_result *result, const char *contender, FILE *to)
{
    char time[32];
    const bench_series *series = bench_series_of(result, contender);
    report_time(series ? series->median : 0, time, sizeof time);
    (void)fprintf(to, " %s%s |", series ? time : "", series && series->differs ? "\\*" : "");
}

static void print_row(const bench_run_state *state, const bench_result *result,
                      const char *const *peers, int count, FILE *to)
{
    char length[32];
    const bench_series *own = bench_series_of(result, "weft");
    const double ns = own ? own->median : 0, ratio = state->suite->ratio(result);
    report_length(result->n, length, sizeof length);
    (void)fprintf(to, "| `%s` | %s |", result->name, length);
    print_cell(result, "weft", to);
    (void)fprintf(to, " %.4f | %.1f |", ns / (double)result->n, ns > 0 ? result->bytes / ns : 0);
    const double share = own ? report_share(state, result, own) : -1;
    if (share >= 0)
        (void)fprintf(to, " %.2f |", share);
    else
        (void)fprintf(to, " |");
    if (ratio > 0)
        (void)fprintf(to, " %.2f |", ratio);
    else
        (void)fprintf(to, " |");
    for (int p = 0; p < count; p++)
        print_cell(result, peers[p], to);
    (void)fprintf(to, "\n");
}

static void print_table(const bench_run_state *state, const bench_section *section, FILE *to)
{
    const char *peers[COLUMNS_MAX];
    const int count = report_columns(state, section->selected, peers);
    bool begun = false;
    for (size_t i = 0; i < state->results.count; i++) {
        const bench_result *result = &state->results.items[i];
        if (!section->selected(result))
            continue;
        if (!begun) {
            (void)fprintf(
                to, "\n## %s\n\n%s\n\n| case | n | weft | ns/element | GB/s | share | ratio |",
                section->title, section->words);
            for (int p = 0; p < count; p++)
                (void)fprintf(to, " %s |", peers[p]);
            (void)fprintf(to, "\n|---|---|---|---|---|---|---|");
            for (int p = 0; p < count; p++)
                (void)fprintf(to, "---|");
            (void)fprintf(to, "\n");
            begun = true;
        }
        print_row(state, result, peers, count, to);
    }
}

static void print_noise(const bench_noise *noise, FILE *to)
{
    if (noise->warning_count)
        (void)fprintf(to, "\n## Too noisy to believe\n\n");
    for (int i = 0; i < noise->warning_count; i++)
        (void)fprintf(to, "* %s\n", noise->warnings[i]);
}

static void print_suite(const bench_run_state *state, FILE *to)
{
    (void)fprintf(to,
                  "# Performance: %s\n\n"
                  "Made by `scripts/bench`, which runs `weft bench %s --markdown`; do not edit.\n"
                  "Times hold for this machine; ratios are of one run, the contenders sampled in\n"
                  "turn. *ratio*: %s.\n"
                  "*share*: of the bandwidth that the machine showed on as many bytes.\n%s\n"
                  "\\*: computes something else, or less exactly.\n\n",
                  state->suite->title, state->suite->name, state->suite->ratio_words,
                  state->suite->notes);
    print_machine(state, to);
    print_limits(state, to);
    for (int i = 0; i < state->suite->section_count; i++) {
        const bench_section *section = &state->suite->sections[i];
        if (section->print)
            section->print(state, to);
        else
            print_table(state, section, to);
    }
}

bool report_markdown(const bench_session *session, FILE *to)
{
    for (int i = 0; i < session->count; i++) {
        if (i)
            (void)fprintf(to, "\n");
        print_suite(&session->runs[i], to);
    }
    print_noise(&session->noise, to);
    return true;
}
