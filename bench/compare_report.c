/* bench/compare_report.c: a comparison for people and for programs.
 * Neighbours: bench/compare.h, docs/benchmarks.md (the format for programs). */
#include <math.h>
#include <string.h>

#include "bench/compare.h"
#include "bench/report.h"
#include "bench/report_jansson.h"

static const char *const verdict_names[] = {"same", "slower", "faster"};

static double percent(double shift)
{
    return 100 * expm1(shift);
}

static int name_width(const comparison *all)
{
    size_t width = sizeof "benchmark" - 1;
    for (size_t i = 0; i < all->count; i++)
        width = strlen(all->rows[i].base->name) > width ? strlen(all->rows[i].base->name) : width;
    return (int)width;
}

static void print_row(const compare_row *row, int width, FILE *to)
{
    char base[32], head[32], interval[64] = "-";
    report_time(row->base_median, base, sizeof base);
    report_time(row->head_median, head, sizeof head);
    if (row->bounded)
        (void)snprintf(interval, sizeof interval, "%+.1f to %+.1f %%", percent(row->low),
                       percent(row->high));
    (void)fprintf(to, "%-*s %9s %9s %+7.1f %% %20s %8.2g %6.1f %% %s%s\n", width, row->base->name,
                  base, head, percent(row->shift), interval, row->p, 100 * row->noise,
                  row->base->own ? "" : "(not weft) ", verdict_names[row->verdict]);
}

/* Names that one side has alone. */
static size_t print_missing(const comparison *all, const compare_side *has,
                            const compare_side *lacks, const char *which, FILE *to)
{
    size_t count = 0;
    for (size_t i = 0; i < has->count; i++) {
        const compare_series *series = &has->series[i];
        if (compare_find(lacks, series->name) || !(series->own || all->options->all))
            continue;
        if (count++ < 10)
            (void)fprintf(to, "only in %s: %s\n", which, series->name);
    }
    if (count > 10)
        (void)fprintf(to, "only in %s: %zu more\n", which, count - 10);
    return count;
}

static void print_notes(const comparison *all, FILE *to)
{
    for (int i = 0; i < COMPARE_FACTS; i++)
        if (strcmp(all->base.facts[i], all->head.facts[i]) != 0)
            (void)fprintf(to, "not the same %s: '%s' and '%s'\n", compare_fact_names[i],
                          all->base.facts[i], all->head.facts[i]);
    if (all->base.noisy || all->head.noisy)
        (void)fprintf(to, "the machine was too noisy to believe: %s\n",
                      !all->base.noisy   ? "head"
                      : !all->head.noisy ? "base"
                                         : "base and head");
    (void)print_missing(all, &all->base, &all->head, "base", to);
    (void)print_missing(all, &all->head, &all->base, "head", to);
}

static void print_summary(const comparison *all, FILE *to)
{
    const size_t *v = all->verdicts;
    (void)fprintf(to, "%zu slower, %zu faster, %zu the same; geometric mean %+.2f %%",
                  v[COMPARE_SLOWER], v[COMPARE_FASTER], v[COMPARE_SAME], percent(all->mean));
    if (all->mean_reach >= 0)
        (void)fprintf(to, " (%+.2f to %+.2f %%)", percent(all->mean - all->mean_reach),
                      percent(all->mean + all->mean_reach));
    (void)fprintf(to, "\nslower or faster: p < 0.01 and more than %.1f %%",
                  100 * all->options->threshold);
    if (all->aa_noise >= 0)
        (void)fprintf(to, ", and than the A/A control, of which 95 %% stay within %.1f %%",
                      100 * all->aa_noise);
    (void)fprintf(to, "\n");
}

void compare_print(const comparison *all, FILE *to)
{
    const int width = name_width(all);
    (void)fprintf(to, "%-*s %9s %9s %9s %20s %8s %8s\n", width, "benchmark", "base", "head",
                  "change", "95 % interval", "p", "noise");
    for (size_t i = 0; i < all->count; i++)
        if (!all->options->changed_only || all->rows[i].verdict != COMPARE_SAME)
            print_row(&all->rows[i], width, to);
    (void)fprintf(to, "\n");
    print_notes(all, to);
    print_summary(all, to);
}

/* --- for programs ----------------------------------------------------------------------------- */

static json_t *missing(const comparison *all, const compare_side *has, const compare_side *lacks)
{
    json_t *names = json_array();
    for (size_t i = 0; i < has->count; i++)
        if (!compare_find(lacks, has->series[i].name) && (has->series[i].own || all->options->all))
            names = report_append(names, json_string(has->series[i].name));
    return names;
}

static json_t *differences(const comparison *all)
{
    json_t *texts = json_array();
    for (int i = 0; i < COMPARE_FACTS; i++)
        if (strcmp(all->base.facts[i], all->head.facts[i]) != 0)
            texts = report_append(texts, json_sprintf("%s: '%s' and '%s'", compare_fact_names[i],
                                                      all->base.facts[i], all->head.facts[i]));
    return texts;
}

static json_t *row(const compare_row *x)
{
    json_t *interval =
        x->bounded ? json_pack("[f, f]", expm1(x->low), expm1(x->high)) : json_null();
    return json_pack("{s:s, s:b, s:f, s:f, s:I, s:I, s:f, s:f, s:f, s:o, s:f, s:s}", "name",
                     x->base->name, "own", x->base->own, "base_median", x->base_median,
                     "head_median", x->head_median, "base_count", (json_int_t)x->base->count,
                     "head_count", (json_int_t)x->head->count, "u", x->u, "p", x->p, "change",
                     expm1(x->shift), "interval", interval, "noise", x->noise, "verdict",
                     verdict_names[x->verdict]);
}

bool compare_write_json(const comparison *all, FILE *to)
{
    json_t *rows = json_array();
    json_t *interval = all->mean_reach >= 0 ? json_pack("[f, f]", exp(all->mean - all->mean_reach),
                                                        exp(all->mean + all->mean_reach))
                                            : json_null();
    bool done = rows != NULL;
    for (size_t i = 0; i < all->count && done; i++)
        done = json_array_append_new(rows, row(&all->rows[i])) == 0;
    json_t *whole = json_pack(
        "{s:s, s:i, s:f, s:o, s:I, s:I, s:I, s:f, s:o, s:o, s:o, s:o, s:O}", "format",
        "weft-bench-compare", "version", 1, "geometric_mean", exp(all->mean),
        "geometric_mean_interval", interval, "slower", (json_int_t)all->verdicts[COMPARE_SLOWER],
        "faster", (json_int_t)all->verdicts[COMPARE_FASTER], "same",
        (json_int_t)all->verdicts[COMPARE_SAME], "threshold", all->options->threshold, "aa_noise",
        all->aa_noise >= 0 ? json_real(all->aa_noise) : json_null(), "only_base",
        missing(all, &all->base, &all->head), "only_head", missing(all, &all->head, &all->base),
        "differences", differences(all), "benchmarks", rows);
    json_decref(rows);
    if (!done) {
        json_decref(whole);
        whole = NULL;
    }
    return report_dump(whole, to);
}
