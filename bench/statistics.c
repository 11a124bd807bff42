/* bench/statistics.c: see bench/statistics.h. Mann and Whitney 1947; Hodges and Lehmann 1963; the
 * intervals are those of Conover, Practical Nonparametric Statistics. */
#include "bench/statistics.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Up to so many pairs the exact distribution is computed; beyond, the normal one is as good. */
enum { EXACT_PAIRS = 1000 };
static const double tail = 0.025, tail_deviations = 1.959963984540054;

static int compare(const void *x, const void *y)
{
    const double a = *(const double *)x, b = *(const double *)y;
    return (a > b) - (a < b);
}

void bench_sort(double *values, size_t count)
{
    qsort(values, count, sizeof *values, compare);
}

static double median_of(const double *sorted, size_t count)
{
    const size_t half = count / 2;
    return count % 2 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}

double bench_quantile(const double *sorted, size_t count, double fraction)
{
    const double at = ceil(fraction * (double)count);
    const size_t rank = at < 1 ? 1 : (size_t)at;
    return sorted[(rank < count ? rank : count) - 1];
}

/* The largest j for which less than j of n throws of a coin are heads with a probability of at most
 * `tail`: the interval of the median begins at the j-th value. 0 for n below six. */
static size_t interval_rank(size_t n)
{
    double log_choose = 0, below = 0;
    size_t j = 0;
    for (size_t k = 0; k < n / 2; k++) { /* log_choose: of n over k */
        below += exp(log_choose - (double)n * log(2));
        if (below > tail)
            break;
        j = k + 1;
        log_choose += log((double)(n - k)) - log((double)(k + 1));
    }
    return j;
}

bench_summary bench_summarise(const double *values, size_t count, double *sorted)
{
    bench_summary out = {.bounded = false};
    const size_t j = interval_rank(count);
    memcpy(sorted, values, count * sizeof *sorted);
    bench_sort(sorted, count);
    out.median = median_of(sorted, count);
    if (j > 0) {
        out.bounded = true;
        out.low = sorted[j - 1];
        out.high = sorted[count - j];
    }
    for (size_t i = 0; i < count; i++)
        sorted[i] = fabs(values[i] - out.median);
    bench_sort(sorted, count);
    out.mad = median_of(sorted, count);
    return out;
}

/* --- the distribution of U -------------------------------------------------------------------- */

/* Ways to have u pairs in the wrong order, by the recurrence over the larger set's largest value:
 * it is either above all of the smaller set's i values, or there is one more of those below it. */
static double *count_orders(size_t m, size_t n)
{
    const size_t width = m * n + 1;
    double *ways = calloc((m + 1) * width, sizeof *ways);
    if (!ways)
        return NULL;
    for (size_t i = 0; i <= m; i++)
        ways[i * width] = 1;
    for (size_t k = 1; k <= n; k++)
        for (size_t i = 1; i <= m; i++)
            for (size_t u = k; u <= i * k;
                 u++) /* ways[i - 1] is of this k, ways[i] still of k - 1 */
                ways[i * width + u] += ways[(i - 1) * width + u - k];
    memmove(ways, ways + m * width, width * sizeof *ways);
    return ways;
}

/* Makes ranks those of sets of m and n. */
static bool prepare(bench_ranks *ranks, size_t m, size_t n)
{
    double sum = 0, all = 0;
    if (ranks->below && ranks->m == m && ranks->n == n)
        return true;
    bench_ranks_free(ranks);
    ranks->below = count_orders(m, n);
    if (!ranks->below)
        return false;
    ranks->m = m;
    ranks->n = n;
    for (size_t u = 0; u <= m * n; u++)
        all += ranks->below[u];
    for (size_t u = 0; u <= m * n; u++) {
        sum += ranks->below[u];
        ranks->below[u] = sum / all;
    }
    return true;
}

void bench_ranks_free(bench_ranks *ranks)
{
    free(ranks->below);
    *ranks = (bench_ranks){.m = 0};
}

/* --- two sets --------------------------------------------------------------------------------- */

typedef struct ties {
    double u;     /* pairs with the second's value above, ties half */
    double cubes; /* sum of t^3 - t over groups of t equal values of both */
    bool any;
} ties;

/* Walks both sets, sorted, one value after the other. */
static ties count_ties(const double *first, size_t m, const double *second, size_t n)
{
    ties out = {.u = 0};
    size_t i = 0, k = 0;
    while (i < m || k < n) {
        const double value = k == n || (i < m && first[i] < second[k]) ? first[i] : second[k];
        const size_t i0 = i, k0 = k;
        while (i < m && first[i] <= value)
            i++;
        while (k < n && second[k] <= value)
            k++;
        const double t = (double)(i - i0 + k - k0);
        out.u += (double)(k - k0) * ((double)i0 + (double)(i - i0) / 2);
        out.cubes += t * t * t - t;
        out.any = out.any || t > 1;
    }
    return out;
}

static double normal_p(const ties *t, double m, double n)
{
    const double all = m + n, mean = m * n / 2;
    const double variance = m * n / 12 * (all + 1 - t->cubes / (all * (all - 1)));
    const double distance = fabs(t->u - mean) - 0.5; /* continuity */
    if (!(variance > 0) || distance <= 0)
        return 1;
    return erfc(distance / sqrt(variance) / sqrt(2));
}

static double exact_p(const bench_ranks *ranks, double u, double pairs)
{
    const double smaller = u < pairs - u ? u : pairs - u;
    const double p = 2 * ranks->below[(size_t)smaller];
    return p < 1 ? p : 1;
}

/* How many of the ordered differences lie outside the interval on each side. */
static size_t outside(const bench_ranks *ranks, size_t m, size_t n, bool exact)
{
    size_t rank = 0;
    const double a = (double)m, b = (double)n;
    if (exact) {
        while (rank < m * n && ranks->below[rank] <= tail)
            rank++;
        return rank;
    }
    const double at = a * b / 2 - tail_deviations * sqrt(a * b * (a + b + 1) / 12);
    return at > 0 ? (size_t)at : 0;
}

bool bench_compare_sets(double *first, size_t m, double *second, size_t n, bench_ranks *ranks,
                        bench_comparison *out)
{
    const bool few = m * n <= EXACT_PAIRS;
    double *differences = malloc(m * n * sizeof *differences);
    if (!differences || (few && !prepare(ranks, m, n))) {
        free(differences);
        return false;
    }
    bench_sort(first, m);
    bench_sort(second, n);
    const ties found = count_ties(first, m, second, n);
    *out = (bench_comparison){.u = found.u, .exact = few && !found.any};
    out->p = out->exact ? exact_p(ranks, found.u, (double)(m * n))
                        : normal_p(&found, (double)m, (double)n);
    for (size_t i = 0; i < m; i++)
        for (size_t k = 0; k < n; k++)
            differences[i * n + k] = second[k] - first[i];
    bench_sort(differences, m * n);
    out->shift = median_of(differences, m * n);
    const size_t beyond = outside(ranks, m, n, few);
    out->bounded = beyond > 0;
    if (out->bounded) {
        out->low = differences[beyond - 1];
        out->high = differences[m * n - beyond];
    }
    free(differences);
    return true;
}
