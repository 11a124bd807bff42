/* bench/page.h: what the files of `weft bench report` share: runs read from files, and what is said
 * of them. Read by bench/page_read.c, joined and compared by bench/page_compare.c, written into the
 * page by bench/page_write.c, all called by bench/page.c.
 * Neighbours: bench/suite.h (what the command sees), report/ (the page itself). */
#ifndef WEFT_BENCH_PAGE_H
#define WEFT_BENCH_PAGE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "bench/suite.h"

/* The figures of one contender in one case at one length. Names belong to the page. */
typedef struct page_series {
    const char *suite, *name, *contender;
    bool own; /* it runs weft's code */
    double n; /* elements */
    int threads;
    double *samples; /* ns per call, ascending; empty where the file has the median only */
    size_t count, capacity;
    double median, low, high; /* ns per call; 95 % for the median, or no wider than a point */
    double bytes, flops;      /* of a call; 0: unknown */
    bool differs;             /* it computes something else than the case's first contender */
} page_series;

/* One run, or several of one commit on one machine that have no case in common. */
typedef struct page_run {
    json_t *parts; /* of each file its name, its context and its limits */
    double date;   /* of the first file, seconds since 1970; 0: unknown */
    size_t order;  /* of the first file, as the caller gave them */
    page_series *series;
    size_t count, capacity;
    json_t *places; /* of each series, by its key */
} page_run;

/* What became of one series of weft between two runs. */
typedef struct page_change {
    size_t base, head; /* runs */
    const page_series *was, *is;
    double ratio;     /* of the times, is / was */
    double low, high; /* 95 % for the ratio; equal to it where samples are too few */
    double p;         /* that both are the same; negative: too few samples to tell */
    int verdict;      /* 1 slower, -1 faster, 0 neither */
} page_change;

typedef struct page {
    json_t *words; /* every name once, as the keys of an object: they stay where they are */
    page_run *runs;
    size_t run_count, run_capacity;
    page_change *changes;
    size_t change_count, change_capacity;
    char *message; /* BENCH_MESSAGE_MAX bytes */
} page;

/* Appends the run in that file. False with page->message. */
bool page_read(page *to, const char *file);

/* Brings the runs into the order of their dates, joins those that belong together, and compares
 * each with the one before on the same machine. False with page->message. */
bool page_compare(page *to);

/* The page's data as JSON that may stand in a <script> element, to be released with free. NULL: out
 * of memory. */
char *page_data(page *from, const char *title);

/* A copy of the text that lives as long as the page; NULL: out of memory. */
const char *page_word(page *to, const char *text);

/* Says that memory is out; false. */
bool page_no_memory(page *to);

/* Makes room for one more item of an array; false where there is no memory. */
bool page_grow(void **items, size_t *capacity, size_t count, size_t size);

#endif
