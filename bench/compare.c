/* bench/compare.c: `weft bench compare`: what is slower than it was, and by how much.
 * Neighbours: bench/compare.h, bench/statistics.h, docs/benchmarks.md (what it promises). */
#include "bench/compare.h"

#include <errno.h>
#include <fnmatch.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bench/statistics.h"

static const double significant = 0.01;        /* p below this counts */
static const double usual = 0.95;              /* of an A/A control: what stays within its noise */
static const double interval_reach = 1.959964; /* standard deviations, half a 95 % interval */

/* Compares copies: a series stays in its order. */
static bool compare_samples(const double *first, size_t m, const double *second, size_t n,
                            bench_ranks *ranks, bench_comparison *out)
{
    double *copy = malloc((m + n) * sizeof *copy);
    if (!copy)
        return false;
    memcpy(copy, first, m * sizeof *copy);
    memcpy(copy + m, second, n * sizeof *copy);
    const bool done = bench_compare_sets(copy, m, copy + m, n, ranks, out);
    free(copy);
    return done;
}

/* --- noise ------------------------------------------------------------------------------------ */

/* What an A/A control showed. */
typedef struct control {
    compare_side sides[2]; /* the second is empty where halves of the first are compared */
    double *sizes;         /* of the shifts of weft's benchmarks, sorted */
    size_t count;
} control;

/* The shift between both runs of a benchmark: how large it is, and how far it may be from none at
 * all: the farther end of its interval. Both negative where there are no two runs. */
typedef struct control_shift {
    double size, reach;
} control_shift;

static bool find_shift(const control *c, const char *name, bench_ranks *ranks, control_shift *out)
{
    const compare_series *a = compare_find(&c->sides[0], name);
    const compare_series *b = compare_find(&c->sides[1], name);
    const bool halves = c->sides[1].index == NULL;
    bench_comparison found;
    *out = (control_shift){-1, -1};
    if (!a || a->count < 2 || (!halves && (!b || b->count == 0)))
        return true;
    const size_t half = a->count / 2;
    const bool done =
        halves
            ? compare_samples(a->samples, half, a->samples + half, a->count - half, ranks, &found)
            : compare_samples(a->samples, a->count, b->samples, b->count, ranks, &found);
    if (done) {
        out->size = fabs(found.shift);
        out->reach = found.bounded ? fmax(fabs(found.low), fabs(found.high)) : out->size;
    }
    return done;
}

static bool control_read(control *c, const char *files, char message[BENCH_MESSAGE_MAX])
{
    bench_ranks ranks = {.below = NULL};
    const int count = compare_count_files(files);
    if (!compare_read(&c->sides[0], files, 0, count > 1 ? 2 : 1, message) ||
        (count > 1 && !compare_read(&c->sides[1], files, 1, 2, message)))
        return false;
    c->sizes = malloc((c->sides[0].count + 1) * sizeof *c->sizes);
    bool done = c->sizes != NULL;
    for (size_t i = 0; i < c->sides[0].count && done; i++) {
        control_shift shift;
        done = find_shift(c, c->sides[0].series[i].name, &ranks, &shift);
        if (done && shift.size >= 0 && c->sides[0].series[i].own)
            c->sizes[c->count++] = shift.size;
    }
    bench_ranks_free(&ranks);
    if (!done)
        (void)snprintf(message, BENCH_MESSAGE_MAX, "out of memory");
    else if (c->count == 0)
        (void)snprintf(message, BENCH_MESSAGE_MAX, "%.300s: no benchmark that shows a noise",
                       files);
    else
        bench_sort(c->sizes, c->count);
    return done && c->count > 0;
}

static void control_free(control *c)
{
    compare_free(&c->sides[0]);
    compare_free(&c->sides[1]);
    free(c->sizes);
}

/* --- rows ------------------------------------------------------------------------------------- */

static bool compared(const comparison *all, const compare_series *base)
{
    const bench_compare_options *options = all->options;
    const compare_series *head = compare_find(&all->head, base->name);
    return head && base->count > 0 && head->count > 0 && (options->all || base->own) &&
           (!options->filter || fnmatch(options->filter, base->name, 0) == 0);
}

static double median_of(const compare_series *series, double *room)
{
    return exp(bench_summarise(series->samples, series->count, room).median);
}

static bool fill_medians(compare_row *row)
{
    const size_t m = row->base->count, n = row->head->count;
    double *room = malloc((m > n ? m : n) * sizeof *room);
    if (!room)
        return false;
    row->base_median = median_of(row->base, room);
    row->head_median = median_of(row->head, room);
    free(room);
    return true;
}

static compare_verdict judge(const compare_row *row)
{
    const bool counts = row->p < significant && fabs(row->shift) > log1p(row->noise);
    return !counts ? COMPARE_SAME : row->shift > 0 ? COMPARE_SLOWER : COMPARE_FASTER;
}

/* noise: of all benchmarks; own: of this one in the control, negative where it is not in it. */
static bool fill_row(compare_row *row, double noise, double own, bench_ranks *ranks)
{
    bench_comparison found;
    if (!compare_samples(row->base->samples, row->base->count, row->head->samples, row->head->count,
                         ranks, &found) ||
        !fill_medians(row))
        return false;
    row->u = found.u;
    row->p = found.p;
    row->shift = found.shift;
    row->bounded = found.bounded;
    row->low = found.low;
    row->high = found.high;
    row->noise = own > 0 && expm1(own) > noise ? expm1(own) : noise;
    row->verdict = judge(row);
    return true;
}

/* Benchmarks' errors are taken as independent of each other. */
static void fill_mean(comparison *all)
{
    double sum = 0, squares = 0;
    size_t count = 0;
    bool bounded = true;
    for (size_t i = 0; i < all->count; i++) {
        const compare_row *row = &all->rows[i];
        if (!row->base || !row->base->own)
            continue;
        const double deviation = (row->high - row->low) / 2 / interval_reach;
        count++;
        sum += row->shift;
        squares += deviation * deviation;
        bounded = bounded && row->bounded;
    }
    all->mean = count ? sum / (double)count : 0;
    all->mean_reach = bounded && count ? interval_reach * sqrt(squares) / (double)count : -1;
}

static bool fill_rows(comparison *all, const control *c, double noise)
{
    bench_ranks ranks = {.below = NULL}, control_ranks = {.below = NULL};
    bool done = true;
    all->rows = calloc(all->base.count + 1, sizeof *all->rows);
    if (!all->rows)
        return false;
    for (size_t i = 0; i < all->base.count && done; i++) {
        const compare_series *base = &all->base.series[i];
        control_shift own = {-1, -1};
        if (!compared(all, base))
            continue;
        compare_row *row = &all->rows[all->count++];
        row->base = base;
        row->head = compare_find(&all->head, base->name);
        done = (!c || find_shift(c, base->name, &control_ranks, &own)) &&
               fill_row(row, noise, own.reach, &ranks);
        all->verdicts[row->verdict] += base->own;
    }
    bench_ranks_free(&ranks);
    bench_ranks_free(&control_ranks);
    fill_mean(all);
    return done;
}

/* --- the command ------------------------------------------------------------------------------ */

static bool write_json(const comparison *all, char message[BENCH_MESSAGE_MAX])
{
    const char *name = all->options->json;
    FILE *file = name ? fopen(name, "w") : NULL;
    int number = errno;
    bool done = !name || file;
    if (file) {
        errno = 0;
        done = compare_write_json(all, file);
        number = errno;
        if (fclose(file) != 0 && done) {
            done = false;
            number = errno;
        }
    }
    if (!done)
        (void)snprintf(message, BENCH_MESSAGE_MAX, "%.300s: %s", name, strerror(number));
    return done;
}

static bool compare_all(comparison *all, control *c, char message[BENCH_MESSAGE_MAX])
{
    const bench_compare_options *options = all->options;
    double noise = options->threshold;
    if (!compare_read(&all->base, options->base, 0, 1, message) ||
        !compare_read(&all->head, options->head, 0, 1, message) ||
        (options->aa && !control_read(c, options->aa, message)))
        return false;
    all->aa_noise = options->aa ? expm1(bench_quantile(c->sizes, c->count, usual)) : -1;
    noise = all->aa_noise > noise ? all->aa_noise : noise;
    if (!fill_rows(all, options->aa ? c : NULL, noise)) {
        (void)snprintf(message, BENCH_MESSAGE_MAX, "out of memory");
        return false;
    }
    if (all->count > 0)
        return true;
    (void)snprintf(message, BENCH_MESSAGE_MAX, "no benchmark%s%.100s%s that both sides have",
                   options->filter ? " '" : "", options->filter ? options->filter : "",
                   options->filter ? "'" : "");
    return false;
}

bench_status bench_compare(const bench_compare_options *options, size_t *slower,
                           char message[BENCH_MESSAGE_MAX])
{
    comparison all = {.options = options};
    control c = {.sizes = NULL};
    bool done = compare_all(&all, &c, message);
    if (done) {
        compare_print(&all, stdout);
        *slower = all.verdicts[COMPARE_SLOWER];
        done = write_json(&all, message);
    }
    compare_free(&all.base);
    compare_free(&all.head);
    control_free(&c);
    free(all.rows);
    return done ? BENCH_OK : BENCH_FAILED;
}
