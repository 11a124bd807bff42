/* bench/compare.h: what the parts of `weft bench compare` share: runs as they are read back, and
 * what comes of two of them. Neighbours: bench/suite.h (the options), bench/compare_read.c,
 * bench/compare.c, bench/compare_report.c; bench/statistics.h does the mathematics. */
#ifndef WEFT_BENCH_COMPARE_H
#define WEFT_BENCH_COMPARE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "bench/suite.h"

/* The samples of one name in all files of a side. */
typedef struct compare_series {
    char *name;
    bool own;        /* weft's */
    double *samples; /* logarithms of ns, in the order of measuring */
    size_t count, capacity;
} compare_series;

/* What must be the same for a comparison to be of the code alone. */
enum { COMPARE_FACTS = 4, COMPARE_FACT_MAX = 160 };
extern const char *const compare_fact_names[COMPARE_FACTS];

typedef struct compare_side {
    compare_series *series;
    size_t count, capacity;
    json_t *index;                               /* name -> number of its series */
    char facts[COMPARE_FACTS][COMPARE_FACT_MAX]; /* of the first file; "" where it has none */
    bool noisy;                                  /* a file says that its machine was */
} compare_side;

/* Reads files, separated by commas, into a side that starts as zero: all, or with `step` 2 every
 * second one from number `first`. False: message says why. compare_free is due either way. */
bool compare_read(compare_side *side, const char *files, int first, int step,
                  char message[BENCH_MESSAGE_MAX]);
int compare_count_files(const char *files);
void compare_free(compare_side *side);

/* The series of that name; NULL where there is none. */
compare_series *compare_find(const compare_side *side, const char *name);

typedef enum compare_verdict { COMPARE_SAME, COMPARE_SLOWER, COMPARE_FASTER } compare_verdict;

/* One benchmark that both sides have. Shifts are of logarithms of time. */
typedef struct compare_row {
    const compare_series *base, *head;
    double base_median, head_median; /* ns */
    double u, p, shift;
    bool bounded;
    double low, high;
    double noise; /* that a change must exceed, as a part of the time */
    compare_verdict verdict;
} compare_row;

typedef struct comparison {
    const bench_compare_options *options;
    compare_side base, head;
    compare_row *rows;
    size_t count;
    size_t verdicts[3];      /* of weft's own; by compare_verdict */
    double mean, mean_reach; /* logarithm of the geometric mean of weft's own; its 95 % interval to
                                either side, negative where it is not known */
    double aa_noise;         /* what 95 % of an A/A control stay within; negative: there is none */
} comparison;

void compare_print(const comparison *all, FILE *to);

/* False: out of memory, or it could not be written. */
bool compare_write_json(const comparison *all, FILE *to);

#endif
