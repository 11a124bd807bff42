/* bench/report_exchange.c: the small formats that services and spreadsheets take: one entry for
 * each contender of each case, without its samples. github-action-benchmark, tool
 * customSmallerIsBetter: an array of name, unit, value, range, extra. Bencher Metric Format:
 * benchmark -> measure -> value, lower_value, upper_value. CSV: RFC 4180. Neighbours:
 * bench/report.h, docs/benchmarks.md. */
#include <string.h>

#include "bench/report.h"
#include "bench/report_jansson.h"

static bool add_github(const report_item *x, void *list)
{
    char range[64], extra[256];
    const bench_summary *s = &x->series->summary;
    const double high = s->high - s->median, low = s->median - s->low;
    const double reach = high > low ? high : low;
    (void)snprintf(range, sizeof range, "± %.4g", s->bounded ? reach : s->mad);
    (void)snprintf(
        extra, sizeof extra, "%d samples of %llu calls, MAD %.4g ns\n%.4g ns/element\n%.4g GB/s",
        x->series->count, (unsigned long long)x->series->calls, s->mad,
        s->median / (double)x->result->n, s->median > 0 ? x->result->bytes / s->median : 0.0);
    return json_array_append_new(list, json_pack("{s:s, s:s, s:f, s:s, s:s}", "name", x->name,
                                                 "unit", "ns", "value", s->median, "range", range,
                                                 "extra", extra)) == 0;
}

bool report_github(const bench_session *session, FILE *to)
{
    json_t *list = json_array();
    if (list && !report_each(session, add_github, list)) {
        json_decref(list);
        list = NULL;
    }
    return report_dump(list, to);
}

static json_t *metric(double value, bool bounded, double low, double high)
{
    if (!bounded)
        return json_pack("{s:f}", "value", value);
    return json_pack("{s:f, s:f, s:f}", "value", value, "lower_value", low, "upper_value", high);
}

static bool add_bmf(const report_item *x, void *object)
{
    const bench_summary *s = &x->series->summary;
    const double n = (double)x->result->n * 1e9;
    if (!(s->low > 0) && s->bounded) /* no rate has an upper end then */
        return json_object_set_new(
                   object, x->name,
                   json_pack("{s:o}", "latency", metric(s->median, true, s->low, s->high))) == 0;
    json_t *both = json_pack("{s:o, s:o}", "latency",
                             metric(s->median, s->bounded, s->low, s->high), "throughput",
                             metric(s->median > 0 ? n / s->median : 0, s->bounded,
                                    s->bounded ? n / s->high : 0, s->bounded ? n / s->low : 0));
    return json_object_set_new(object, x->name, both) == 0;
}

bool report_bmf(const bench_session *session, FILE *to)
{
    json_t *object = json_object();
    if (object && !report_each(session, add_bmf, object)) {
        json_decref(object);
        object = NULL;
    }
    return report_dump(object, to);
}

/* A field in quotes: names of contenders come from peers. */
static void print_field(const char *text, FILE *to)
{
    (void)fputc('"', to);
    for (; *text; text++) {
        if (*text == '"')
            (void)fputc('"', to);
        (void)fputc(*text, to);
    }
    (void)fputs("\",", to);
}

/* Empty where it is not known. */
static void print_known(double value, bool known, const char *behind, FILE *to)
{
    if (known)
        (void)fprintf(to, "%.9g", value);
    (void)fputs(behind, to);
}

static bool print_line(const report_item *x, void *data)
{
    FILE *to = data;
    const bench_summary *s = &x->series->summary;
    const double share = report_share(x->state, x->result, x->series);
    print_field(x->name, to);
    print_field(x->state->suite->name, to);
    print_field(x->result->name, to);
    print_field(x->series->contender, to);
    (void)fprintf(to, "%zu,%d,%d,%.9g,%d,%llu,%.9g,%.9g,", x->result->n, !x->series->foreign,
                  x->series->threads, x->result->bytes, x->series->count,
                  (unsigned long long)x->series->calls, s->median, s->mad);
    print_known(s->low, s->bounded, ",", to);
    print_known(s->high, s->bounded, ",", to);
    (void)fprintf(to, "%.9g,", s->median / (double)x->result->n);
    print_known(s->median > 0 ? x->result->bytes / s->median * 1e9 : 0, s->median > 0, ",", to);
    print_known(share, share >= 0, "\r\n", to);
    return !ferror(to);
}

bool report_csv(const bench_session *session, FILE *to)
{
    (void)fputs("name,suite,case,contender,n,own,threads,bytes,samples,calls,median_ns,mad_ns,"
                "interval_low_ns,interval_high_ns,ns_per_element,bytes_per_second,"
                "share_of_limit\r\n",
                to);
    return report_each(session, print_line, to);
}
