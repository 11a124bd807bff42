/* bench/page_read.c: a file of `weft bench --json` (docs/benchmarks.md), checked, into a run of the
 * page. What the page can do without may be missing, and what it does not know is passed over; what
 * it needs and is wrong is an error that names the entry. Neighbours: bench/page.h. */
#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/page.h"
#include "bench/statistics.h"

enum { FORMAT_VERSION = 1, KEY_MAX = 512, THREADS_MAX = 1 << 20 };
static const double LONGEST = 9007199254740992; /* beyond, JavaScript counts no more */

static bool refuse(page *to, const char *file, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static bool refuse(page *to, const char *file, const char *format, ...)
{
    char why[BENCH_MESSAGE_MAX - 200];
    va_list values;
    va_start(values, format);
    (void)vsnprintf(why, sizeof why, format, values);
    va_end(values);
    (void)snprintf(to->message, BENCH_MESSAGE_MAX, "%.190s: %s", file, why);
    return false;
}

/* A number above 0, or 0 where there is none. */
static double positive(const json_t *value)
{
    const double number = json_is_number(value) ? json_number_value(value) : 0;
    return isfinite(number) && number > 0 ? number : 0;
}

static double positive_of(const json_t *object, const char *key)
{
    return positive(json_object_get(object, key));
}

/* --- dates -------------------------------------------------------------------------------------
 */

/* Days since 1970 in the Gregorian calendar, where years begin with March so that the day that is
 * added to some of them comes last. timegm would do this, but is not in every C library. */
static double days_of(int year, int month, int day)
{
    const int y = month <= 2 ? year - 1 : year, of_era = y % 400;
    const int since_march = month > 2 ? month - 3 : month + 9;
    return (y / 400) * 146097.0 + of_era * 365 + of_era / 4 - of_era / 100 +
           (153 * since_march + 2) / 5 + day - 719469;
}

/* "2026-11-21T19:42:24+0000", or with +00:00 or Z, in seconds since 1970; 0: it is none of these.
 */
static double date_of(const json_t *context)
{
    int year, month, day, hour, minute, second, used = 0, off_hour = 0, off_minute = 0;
    const char *text = json_string_value(json_object_get(context, "date"));
    if (!text || sscanf(text, "%4d-%2d-%2dT%2d:%2d:%2d%n", &year, &month, &day, &hour, &minute,
                        &second, &used) != 6)
        return 0;
    const char *zone = text + used;
    if (*zone == '+' || *zone == '-') {
        if (sscanf(zone + 1, "%2d:%2d", &off_hour, &off_minute) != 2)
            (void)sscanf(zone + 1, "%2d%2d", &off_hour, &off_minute);
    }
    const int offset = (*zone == '-' ? -60 : 60) * (60 * off_hour + off_minute);
    return days_of(year, month, day) * 86400 + hour * 3600 + minute * 60 + second - offset;
}

/* --- entries -----------------------------------------------------------------------------------
 */

/* Names, length and threads of an entry. False with the message set. */
static bool identify(page *to, const json_t *entry, page_series *series, const char *file,
                     size_t at)
{
    const struct {
        const char *key, **to;
    } names[] = {
        {"suite", &series->suite}, {"case", &series->name}, {"contender", &series->contender}};
    if (!json_is_object(entry))
        return refuse(to, file, "benchmarks[%zu] is not an object", at);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const char *text = json_string_value(json_object_get(entry, names[i].key));
        if (!text || !*text)
            return refuse(to, file, "benchmarks[%zu] has no text '%s'", at, names[i].key);
        *names[i].to = page_word(to, text);
        if (!*names[i].to)
            return page_no_memory(to);
    }
    const json_t *own = json_object_get(entry, "own");
    series->own = json_is_boolean(own) ? json_is_true(own) : strcmp(series->contender, "weft") == 0;
    series->n = positive_of(entry, "n");
    series->threads = (int)fmin(fmax(positive_of(entry, "threads"), 1), THREADS_MAX);
    return (series->n > 0 && series->n <= LONGEST) ||
           refuse(to, file, "benchmarks[%zu]: 'n' is not a length from 1 to 2^53", at);
}

/* The series of an entry, which is new but for files that have an entry twice. NULL with the
 * message set. */
static page_series *series_of(page *to, page_run *run, const json_t *entry, const char *file,
                              size_t at)
{
    char key[KEY_MAX];
    page_series fresh = {.count = 0};
    if (!identify(to, entry, &fresh, file, at))
        return NULL;
    const int length = snprintf(key, sizeof key, "%s/%s/%s/%.17g %d", fresh.suite, fresh.name,
                                fresh.contender, fresh.n, fresh.threads);
    if (length < 0 || length >= KEY_MAX) {
        (void)refuse(to, file, "benchmarks[%zu]: its names are too long", at);
        return NULL;
    }
    const json_t *place = json_object_get(run->places, key);
    if (place)
        return &run->series[json_integer_value(place)];
    if (!page_grow((void **)&run->series, &run->capacity, run->count, sizeof fresh) ||
        json_object_set_new(run->places, key, json_integer((json_int_t)run->count)) != 0) {
        (void)page_no_memory(to);
        return NULL;
    }
    run->series[run->count] = fresh;
    return &run->series[run->count++];
}

/* The samples, or else the median and its interval. */
static bool take_times(page *to, page_series *series, const json_t *entry, const char *file,
                       size_t at)
{
    const json_t *samples = json_object_get(entry, "samples");
    const json_t *interval = json_object_get(entry, "interval");
    for (size_t i = 0; i < json_array_size(samples); i++) {
        const double ns = positive(json_array_get(samples, i));
        if (!(ns > 0))
            return refuse(to, file, "benchmarks[%zu].samples[%zu] is not a time above 0", at, i);
        if (!page_grow((void **)&series->samples, &series->capacity, series->count, sizeof ns))
            return page_no_memory(to);
        series->samples[series->count++] = ns;
    }
    series->median = positive_of(entry, "median");
    series->low = positive(json_array_get(interval, 0));
    series->high = positive(json_array_get(interval, 1));
    if (series->count == 0 && !(series->median > 0))
        return refuse(to, file, "benchmarks[%zu] has neither samples nor a median above 0", at);
    if (!(series->low > 0 && series->low <= series->median && series->median <= series->high))
        series->low = series->high = series->median;
    return true;
}

static bool summarise(page *to, page_series *series)
{
    if (series->count == 0)
        return true;
    double *sorted = malloc(series->count * sizeof *sorted);
    if (!sorted)
        return page_no_memory(to);
    const bench_summary summary = bench_summarise(series->samples, series->count, sorted);
    free(sorted);
    bench_sort(series->samples, series->count);
    series->median = summary.median;
    series->low = summary.bounded ? summary.low : summary.median;
    series->high = summary.bounded ? summary.high : summary.median;
    return true;
}

static bool take_entry(page *to, page_run *run, const json_t *entry, const char *file, size_t at)
{
    page_series *series = series_of(to, run, entry, file, at);
    if (!series || !take_times(to, series, entry, file, at))
        return false;
    series->bytes = positive_of(entry, "bytes");
    series->flops = positive_of(entry, "flops");
    series->differs = json_is_true(json_object_get(entry, "differs"));
    return true;
}

/* --- files -------------------------------------------------------------------------------------
 */

static bool check_format(page *to, const json_t *root, const char *file)
{
    const char *format = json_string_value(json_object_get(root, "format"));
    const json_t *version = json_object_get(root, "version");
    if (!format || strcmp(format, "weft-bench") != 0)
        return refuse(to, file,
                      "is not a run in weft's own format; `weft bench --json FILE` "
                      "writes those");
    if (!json_is_integer(version) || json_integer_value(version) != FORMAT_VERSION)
        return refuse(to, file,
                      "is of another version of the format than %d, which this weft "
                      "reads",
                      FORMAT_VERSION);
    if (!json_is_object(json_object_get(root, "context")))
        return refuse(to, file, "has no object 'context'");
    if (!json_is_array(json_object_get(root, "benchmarks")))
        return refuse(to, file, "has no array 'benchmarks'");
    return true;
}

static bool take_all(page *to, page_run *run, json_t *root, const char *file)
{
    json_t *context = json_object_get(root, "context"), *limits = json_object_get(root, "limits");
    const json_t *list = json_object_get(root, "benchmarks");
    json_t *none = json_array();
    const char *slash = strrchr(file, '/');
    run->parts = json_pack("[{s:s, s:O, s:O}]", "file", slash ? slash + 1 : file, "context",
                           context, "limits", json_is_array(limits) ? limits : none);
    json_decref(none);
    if (!run->parts)
        return page_no_memory(to);
    run->date = date_of(context);
    for (size_t i = 0; i < json_array_size(list); i++)
        if (!take_entry(to, run, json_array_get(list, i), file, i))
            return false;
    for (size_t i = 0; i < run->count; i++)
        if (!summarise(to, &run->series[i]))
            return false;
    return run->count > 0 || refuse(to, file, "holds no measurement");
}

static bool take_file(page *to, json_t *root, const char *file)
{
    if (!check_format(to, root, file))
        return false;
    if (!page_grow((void **)&to->runs, &to->run_capacity, to->run_count, sizeof *to->runs))
        return page_no_memory(to);
    page_run *run = &to->runs[to->run_count];
    *run = (page_run){.places = json_object(), .order = to->run_count};
    to->run_count++;
    return run->places ? take_all(to, run, root, file) : page_no_memory(to);
}

bool page_read(page *to, const char *file)
{
    json_error_t error;
    errno = 0;
    json_t *root = json_load_file(file, 0, &error);
    if (root) {
        const bool taken = take_file(to, root, file);
        json_decref(root);
        return taken;
    }
    if (errno == ENOMEM) /* which jansson takes for all kinds of errors in the text */
        return page_no_memory(to);
    if (error.line > 0)
        return refuse(to, file, "line %d, column %d: %s", error.line, error.column, error.text);
    return refuse(to, file, "%s", error.text);
}
