/* bench/report_jansson.h: what the reports in JSON share.
 * Neighbours: bench/report_json.c (defines it), bench/report_google.c, bench/report_exchange.c,
 * bench/compare_report.c. */
#ifndef WEFT_BENCH_REPORT_JANSSON_H
#define WEFT_BENCH_REPORT_JANSSON_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

/* The date as in ISO 8601, and the machine's name in its network. */
void report_now(char date[64], char host[256]);

/* Appends, taking over the reference to the item: the list; or NULL, and no list any more, where
 * either is NULL or there is no memory, so that nothing is ever left out in silence. */
json_t *report_append(json_t *list, json_t *item);

/* The same for a member of an object. */
json_t *report_set(json_t *object, const char *key, json_t *value);

/* Writes a value on one line and gives up the reference to it; false: it is NULL (out of memory) or
 * could not be written. */
bool report_dump(json_t *value, FILE *to);

#endif
