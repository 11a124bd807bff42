/* cli/bench_options.c: see cli/bench_options.h. */
#include "cli/bench_options.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/pin.h"
#include "cli/report.h"

enum { LONGEST_N = 1 << 28 };

enum {
    OPTION_FILTER = 256,
    OPTION_N,
    OPTION_ALL_N,
    OPTION_MIN_TIME,
    OPTION_SAMPLES,
    OPTION_THREADS,
    OPTION_PIN,
    OPTION_NO_LIMITS,
    OPTION_PEERS,
    OPTION_FORMAT,
    OPTION_OUTPUT,
    OPTION_JSON,
    OPTION_MARKDOWN,
    OPTION_COMMIT,
    OPTION_LIST,
    OPTION_LEVEL
};

static const struct option long_options[] = {
    {"filter", required_argument, NULL, OPTION_FILTER},
    {"n", required_argument, NULL, OPTION_N},
    {"all-n", no_argument, NULL, OPTION_ALL_N},
    {"min-time", required_argument, NULL, OPTION_MIN_TIME},
    {"samples", required_argument, NULL, OPTION_SAMPLES},
    {"threads", required_argument, NULL, OPTION_THREADS},
    {"pin", required_argument, NULL, OPTION_PIN},
    {"no-limits", no_argument, NULL, OPTION_NO_LIMITS},
    {"peers", required_argument, NULL, OPTION_PEERS},
    {"format", required_argument, NULL, OPTION_FORMAT},
    {"output", required_argument, NULL, OPTION_OUTPUT},
    {"json", required_argument, NULL, OPTION_JSON},
    {"markdown", required_argument, NULL, OPTION_MARKDOWN},
    {"commit", required_argument, NULL, OPTION_COMMIT},
    {"list", no_argument, NULL, OPTION_LIST},
    {"level", required_argument, NULL, OPTION_LEVEL},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

/* What is being read, and where it goes. */
typedef struct reading {
    const command *about;
    bench_options *options;
    const char *format; /* that no --output has taken yet; or NULL */
    int status;
} reading;

/* "1,16,4096,16M", with k and M for powers of 1,024. */
static bool parse_lengths(const char *text, bench_options *options)
{
    options->length_count = 0;
    for (;;) {
        char *end;
        errno = 0;
        unsigned long long n = *text >= '0' && *text <= '9' ? strtoull(text, &end, 10) : 0;
        if (n == 0 || errno || n > LONGEST_N || options->length_count == BENCH_LENGTHS_MAX)
            return false;
        if (*end == 'k' || *end == 'M')
            n <<= *end++ == 'k' ? 10 : 20;
        if (n > LONGEST_N || (*end && *end != ','))
            return false;
        options->lengths[options->length_count++] = (size_t)n;
        if (!*end)
            return true;
        text = end + 1;
    }
}

/* "200us", "1ms", "0.5s", or plain seconds, in nanoseconds; 0 where it is none of these. */
static double parse_time(const char *text)
{
    static const struct {
        const char *unit;
        double ns;
    } units[] = {{"ns", 1}, {"us", 1e3}, {"ms", 1e6}, {"s", 1e9}, {"", 1e9}};
    char *end;
    const double value = strtod(text, &end);
    for (size_t i = 0; end != text && i < sizeof units / sizeof units[0]; i++)
        if (strcmp(end, units[i].unit) == 0) {
            const double ns = value * units[i].ns;
            return ns >= 1 && ns <= 60e9 ? ns : 0;
        }
    return 0;
}

/* A whole number from least to most; least - 1 where it is none. */
static int parse_count(const char *text, int least, int most)
{
    char *end;
    errno = 0;
    const long value = strtol(text, &end, 10);
    return end != text && !*end && !errno && value >= least && value <= most ? (int)value
                                                                             : least - 1;
}

static const char *find_format(const char *name)
{
    const char *known;
    for (int i = 0; (known = bench_format_name(i)) != NULL; i++)
        if (strcmp(known, name) == 0)
            return known;
    return NULL;
}

static bool add_output(reading *r, const char *format, const char *file)
{
    bench_options *options = r->options;
    if (options->output_count == BENCH_OUTPUTS_MAX) {
        r->status = command_usage_error(r->about, "more than %d outputs", BENCH_OUTPUTS_MAX);
        return false;
    }
    options->outputs[options->output_count++] = (bench_output){format, file};
    return true;
}

/* A format without a file goes to stdout, and two cannot. */
static bool flush_format(reading *r)
{
    const char *format = r->format;
    r->format = NULL;
    for (int i = 0; format && i < r->options->output_count; i++)
        if (!r->options->outputs[i].file) {
            r->status = command_usage_error(
                r->about, "two formats for standard output: give one of them a file with --output");
            return false;
        }
    return !format || add_output(r, format, NULL);
}

static bool take_format(reading *r)
{
    char names[256] = "";
    const char *format = find_format(optarg), *known;
    if (format && flush_format(r)) {
        r->format = format;
        return true;
    }
    for (int i = 0; !format && (known = bench_format_name(i)) != NULL; i++) {
        const size_t used = strlen(names);
        (void)snprintf(names + used, sizeof names - used, "%s%s", i ? ", " : "", known);
    }
    if (!format)
        r->status = command_usage_error(r->about, "no format '%s'; there is: %s", optarg, names);
    return false;
}

static bool take_output(reading *r)
{
    const char *format = r->format;
    r->format = NULL;
    if (format)
        return add_output(r, format, optarg);
    r->status =
        command_usage_error(r->about, "--output '%s': which --format? Give it before", optarg);
    return false;
}

static bool take_pin(reading *r)
{
    const pin_status done = pin_to(optarg);
    const int number = errno;
    r->options->pin = optarg;
    if (done == PIN_DONE)
        return true;
    if (done == PIN_UNREADABLE)
        r->status =
            command_usage_error(r->about, "--pin '%s': give CPUs, such as 2 or 0,2-3", optarg);
    else
        r->status = command_usage_error(r->about, "--pin '%s': the system refuses: %s", optarg,
                                        strerror(number));
    return false;
}

/* Says what is expected of a figure that was not understood. */
static bool expect(reading *r, bool understood, const char *option, const char *expected)
{
    if (!understood)
        r->status = command_usage_error(r->about, "--%s '%s': give %s", option, optarg, expected);
    return understood;
}

static bool take_level(reading *r)
{
    if (setenv("WEFT_LEVEL", optarg, 1) == 0)
        return true;
    report("%s", strerror(errno));
    r->status = EXIT_FAILED;
    return false;
}

/* Takes one option; false with the exit status where it ends the command. */
static bool take(reading *r, int option)
{
    bench_options *options = r->options;
    switch (option) {
    case OPTION_FILTER:
        options->filter = optarg;
        return true;
    case OPTION_N:
        return expect(r, parse_lengths(optarg, options), "n",
                      "lengths from 1 to 256M, such as 1,4096,16M");
    case OPTION_ALL_N:
        options->every_length = true;
        return true;
    case OPTION_MIN_TIME:
        options->min_time = parse_time(optarg);
        return expect(r, options->min_time > 0, "min-time", "a time up to 60s, such as 200us");
    case OPTION_SAMPLES:
        options->samples = parse_count(optarg, 9, 99);
        return expect(r, options->samples >= 9, "samples", "9 to 99");
    case OPTION_THREADS:
        options->threads = parse_count(optarg, 1, BENCH_THREADS_MAX);
        return expect(r, options->threads > 0, "threads", "1 to 64");
    case OPTION_PIN:
        return take_pin(r);
    case OPTION_NO_LIMITS:
        options->no_limits = true;
        return true;
    case OPTION_PEERS:
        options->peers = optarg;
        return true;
    case OPTION_FORMAT:
        return take_format(r);
    case OPTION_OUTPUT:
        return take_output(r);
    case OPTION_JSON:
        return add_output(r, "json", optarg);
    case OPTION_MARKDOWN:
        return add_output(r, "markdown", optarg);
    case OPTION_COMMIT:
        options->commit = optarg;
        return true;
    case OPTION_LIST:
        options->list = true;
        return true;
    case OPTION_LEVEL:
        return take_level(r);
    default:
        r->status =
            option == 'h' ? command_print_help(r->about) : command_usage_error(r->about, NULL);
        return false;
    }
}

bool bench_options_take(const command *about, int argc, char **argv, bench_options *options,
                        int *status)
{
    reading r = {.about = about, .options = options};
    char names[256] = "";
    const char *name, *summary;
    *options = (bench_options){.filter = NULL};
    for (int option; (option = getopt_long(argc, argv, "h", long_options, NULL)) != -1;)
        if (!take(&r, option)) {
            *status = r.status;
            return false;
        }
    if (!flush_format(&r)) {
        *status = r.status;
        return false;
    }
    options->patterns = (const char *const *)(argv + optind);
    options->pattern_count = argc - optind;
    if (options->pattern_count > 0)
        return true;
    for (int i = 0; (name = bench_suite_name(i, &summary)) != NULL; i++) {
        const size_t used = strlen(names);
        (void)snprintf(names + used, sizeof names - used, "%s%s", i ? ", " : "", name);
    }
    *status =
        command_usage_error(about, "which suite? There is: %s, or 'weft bench compare'", names);
    return false;
}
