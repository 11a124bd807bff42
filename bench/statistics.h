/* bench/statistics.h: what is said of samples: medians, how far they scatter, and whether two sets
 * differ. Nothing here assumes a distribution. docs/benchmarks.md says what a reader makes of it.
 * Neighbours: bench/measure.c (of one set), bench/compare.c (of two). */
#ifndef WEFT_BENCH_STATISTICS_H
#define WEFT_BENCH_STATISTICS_H

#include <stdbool.h>
#include <stddef.h>

/* Sorts in place, ascending. */
void bench_sort(double *values, size_t count);

/* Of sorted values, count > 0; fraction from 0 to 1: the smallest that this part of all does not
 * exceed. */
double bench_quantile(const double *sorted, size_t count, double fraction);

typedef struct bench_summary {
    double median;
    double mad;       /* median of the absolute deviations from it, not scaled */
    bool bounded;     /* there is an interval: it takes six samples */
    double low, high; /* at least 95 % for the median, from order statistics */
} bench_summary;

/* Summarises count > 0 values; `sorted` is room for as many and is left undefined. */
bench_summary bench_summarise(const double *values, size_t count, double *sorted);

/* What two sets of samples say of each other. */
typedef struct bench_comparison {
    double u;         /* pairs in which the second set's value is the larger, ties half */
    double p;         /* two-sided Mann-Whitney */
    bool exact;       /* p is of the exact distribution, not of the normal approximation */
    double shift;     /* Hodges-Lehmann: the median of all differences, second less first */
    bool bounded;     /* there is an interval: it takes some samples of both */
    double low, high; /* at least 95 % for the shift */
} bench_comparison;

/* The exact distribution of U for sets of some sizes without ties, kept for the next call with the
 * same sizes. Starts as zero. */
typedef struct bench_ranks {
    size_t m, n;
    double *below; /* P(U <= u), u < m n */
} bench_ranks;

/* False: out of memory. Both counts > 0; the sets are sorted in place. */
bool bench_compare_sets(double *first, size_t m, double *second, size_t n, bench_ranks *ranks,
                        bench_comparison *out);

void bench_ranks_free(bench_ranks *ranks);

#endif
