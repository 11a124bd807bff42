/* bench/report_text.c: the tables on stdout.
 * Neighbours: bench/report.h, bench/report_markdown.c. */
#include <math.h>
#include <string.h>

#include "bench/report.h"

void report_time(double ns, char *text, size_t size)
{
    static const char *const units[] = {"ns", "us", "ms", "s"};
    int unit = 0;
    while (ns >= 9999.5 && unit < 3) {
        ns /= 1000;
        unit++;
    }
    (void)snprintf(text, size, ns < 99.95 ? "%.1f %s" : "%.0f %s", ns, units[unit]);
}

void report_length(size_t n, char *text, size_t size)
{
    if (n >= 1 << 20 && n % (1 << 20) == 0)
        (void)snprintf(text, size, "%zu M", n >> 20);
    else
        (void)snprintf(text, size, "%zu", n);
}

double report_rounded(double ratio)
{
    return floor(ratio * 100 + 0.5) / 100;
}

const char *report_verdict(const bench_verdict *verdict)
{
    const double measured = report_rounded(verdict->measured);
    if (verdict->measured < 0)
        return "not measured";
    const bool met = verdict->at_least ? measured >= verdict->limit : measured <= verdict->limit;
    return met ? "met" : "missed";
}

/* Adds a name to the columns if it is not among them. */
static int add_column(const char *name, const char *names[COLUMNS_MAX], int count)
{
    for (int i = 0; i < count; i++)
        if (strcmp(names[i], name) == 0)
            return count;
    if (count < COLUMNS_MAX)
        names[count++] = name;
    return count;
}

int report_columns(const bench_run_state *state, bool (*selected)(const bench_result *),
                   const char *names[COLUMNS_MAX])
{
    int count = 0;
    for (int p = 0; p <= state->peers.count; p++) /* beyond the last one: all that are no peers */
        for (size_t i = 0; i < state->results.count; i++) {
            const bench_result *result = &state->results.items[i];
            for (int k = 0; k < result->count && (!selected || selected(result)); k++) {
                const char *name = result->series[k].contender;
                const bool wanted =
                    p == state->peers.count || strcmp(name, state->peers.items[p].name) == 0;
                if (wanted && result->series[k].count && strcmp(name, "weft") != 0)
                    count = add_column(name, names, count);
            }
        }
    return count;
}

/* A share or a ratio with two decimals, or a dash. */
static void print_figure(double figure, bool known, FILE *to)
{
    if (known)
        (void)fprintf(to, " %6.2f", figure);
    else
        (void)fprintf(to, " %6s", "-");
}

static void print_row(const bench_run_state *state, const bench_result *result,
                      const char *const *peers, int count, FILE *to)
{
    char time[32], length[32];
    const bench_series *own = bench_series_of(result, "weft");
    const double ratio = state->suite->ratio(result), ns = own ? own->median : 0;
    const double share = own ? report_share(state, result, own) : -1;
    report_length(result->n, length, sizeof length);
    report_time(ns, time, sizeof time);
    (void)fprintf(to, "%-18s %7s %9s %9.4f %8.2f", result->name, length, time,
                  ns / (double)result->n, ns > 0 ? result->bytes / ns : 0);
    print_figure(share, share >= 0, to);
    print_figure(ratio, ratio > 0, to);
    for (int p = 0; p < count; p++) {
        const bench_series *series = bench_series_of(result, peers[p]);
        report_time(series ? series->median : 0, time, sizeof time);
        (void)fprintf(to, " %9s", series ? time : "-");
    }
    (void)fprintf(to, "\n");
}

static void print_surroundings(const bench_session *session, FILE *to)
{
    char caches[256];
    const bench_options *options = session->options;
    const char *commit = report_commit(options), *governor = session->host->governor;
    report_caches(session->host, caches, sizeof caches);
    (void)fprintf(to, "%ld CPUs, %s, governor %s", session->host->cpus, caches,
                  governor ? governor : "unknown");
    if (options->pin)
        (void)fprintf(to, ", pinned to %s", options->pin);
    (void)fprintf(to, "\nbuilt by %s, %s; commit %s\n", BENCH_COMPILER, BENCH_FLAGS,
                  commit ? commit : "unknown");
}

static void print_differences(const bench_run_state *state, FILE *to)
{
    int found = 0;
    for (size_t i = 0; i < state->results.count; i++)
        for (int k = 0; k < state->results.items[i].count; k++) {
            const bench_series *series = &state->results.items[i].series[k];
            if (series->differs)
                (void)fprintf(
                    to, "%s%s of %s at %zu",
                    found++ ? "; " : "Other results than weft's: ", state->results.items[i].name,
                    series->contender, state->results.items[i].n);
        }
    (void)fputs(found ? "\n\n" : "", to);
}

static void print_verdicts(const bench_run_state *state, FILE *to)
{
    const bool part = state->options->filter || state->options->length_count ||
                      strchr(state->options->patterns[0], '/');
    if (state->verdict_count)
        (void)fprintf(to, "Limits%s:\n", part ? ", for the cases above only" : "");
    for (int i = 0; i < state->verdict_count; i++) {
        const bench_verdict *v = &state->verdicts[i];
        char measured[32] = "-";
        if (v->measured >= 0)
            (void)snprintf(measured, sizeof measured, "%.2f", v->measured);
        (void)fprintf(to, "%-12s %6s  at %-5s %5.2f  %s%s%s%s\n", report_verdict(v), measured,
                      v->at_least ? "least" : "most", v->limit, v->text, v->detail[0] ? " (" : "",
                      v->detail, v->detail[0] ? ")" : "");
    }
}

static void print_table(const bench_run_state *state, bool (*selected)(const bench_result *),
                        FILE *to)
{
    const char *peers[COLUMNS_MAX];
    const int count = report_columns(state, selected, peers);
    (void)fprintf(to, "%-18s %7s %9s %9s %8s %6s %6s", "case", "n", "weft", "ns/elem", "GB/s",
                  "share", "ratio");
    for (int p = 0; p < count; p++)
        (void)fprintf(to, " %9s", peers[p]);
    (void)fprintf(to, "\n");
    for (size_t i = 0; i < state->results.count; i++)
        if (!selected || selected(&state->results.items[i]))
            print_row(state, &state->results.items[i], peers, count, to);
}

/* One table for each section that has results. */
static void print_sections(const bench_run_state *state, FILE *to)
{
    bool begun = false;
    for (int s = 0; s < state->suite->section_count; s++) {
        const bench_section *section = &state->suite->sections[s];
        bool any = false;
        for (size_t i = 0; section->selected && i < state->results.count; i++)
            any = any || section->selected(&state->results.items[i]);
        if (any) {
            (void)fprintf(to, "%s%s\n", begun ? "\n" : "", section->title);
            print_table(state, section->selected, to);
            begun = true;
        }
    }
}

void report_text_head(const bench_session *session, FILE *to)
{
    (void)fprintf(to, "weft %s, level %s, %s\n", session->host->version, session->host->level,
                  session->host->cpu);
    print_surroundings(session, to);
}

void report_text_suite(const bench_session *session, const bench_run_state *state, FILE *to)
{
    (void)session;
    (void)fprintf(to, "\nSuite %s: %s\n", state->suite->name, state->suite->summary);
    for (int p = 0; p < state->peers.count; p++)
        (void)fprintf(to, "%-9s %s\n", state->peers.items[p].name, state->peers.items[p].note);
    (void)fprintf(to, "\n");
    if (state->suite->by_section)
        print_sections(state, to);
    else
        print_table(state, NULL, to);
    (void)fprintf(to,
                  "\nshare: of the bandwidth that the machine showed on as many bytes. ratio: %s.\n"
                  "All times are medians of %d samples or more of at least %.0f us, the contenders "
                  "in turn.\n\n",
                  state->suite->ratio_words, state->timing.samples, state->timing.min_time / 1000);
    print_differences(state, to);
    print_verdicts(state, to);
}

void report_warnings(const bench_session *session, FILE *to)
{
    const bench_noise *noise = &session->noise;
    for (int i = 0; i < noise->warning_count; i++)
        (void)fprintf(to, "Too noisy to believe: %s\n", noise->warnings[i]);
}

void report_text_noise(const bench_session *session, FILE *to)
{
    char time[32];
    const bench_noise *noise = &session->noise;
    report_time(noise->median, time, sizeof time);
    (void)fprintf(to,
                  "\nControl loop: %zu samples, median %s, MAD %.2f %%, a twentieth above +%.1f %%",
                  noise->count, time, noise->median > 0 ? 100 * noise->mad / noise->median : 0.0,
                  noise->median > 0 ? 100 * (noise->high / noise->median - 1) : 0.0);
    if (noise->load >= 0)
        (void)fprintf(to, "; load average %.2f before", noise->load);
    if (noise->steal >= 0)
        (void)fprintf(to, "; %.1f %% of the CPUs' time withheld", 100 * noise->steal);
    (void)fprintf(to, ".\n");
    report_warnings(session, to);
}

bool report_text(const bench_session *session, FILE *to)
{
    report_text_head(session, to);
    for (int i = 0; i < session->count; i++)
        report_text_suite(session, &session->runs[i], to);
    report_text_noise(session, to);
    return true;
}
