/* cli/cmd_bench.c: `weft bench`: reads the options and states the machine; bench/ does the rest.
 * Neighbours: bench/suite.h, cli/machine.h. */
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <weft/weft.h>

#include "bench/suite.h"
#include "cli/bench_report.h"
#include "cli/commands.h"
#include "cli/machine.h"
#include "cli/report.h"

enum { LONGEST_N = 1 << 28 };

enum {
    OPTION_FILTER = 256,
    OPTION_N,
    OPTION_ALL_N,
    OPTION_MIN_TIME,
    OPTION_SAMPLES,
    OPTION_PEERS,
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
    {"peers", required_argument, NULL, OPTION_PEERS},
    {"json", required_argument, NULL, OPTION_JSON},
    {"markdown", required_argument, NULL, OPTION_MARKDOWN},
    {"commit", required_argument, NULL, OPTION_COMMIT},
    {"list", no_argument, NULL, OPTION_LIST},
    {"level", required_argument, NULL, OPTION_LEVEL},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

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

/* Takes one option; false with the exit status where it ends the command. */
static bool take(int option, bench_options *options, int *status)
{
    char *end;
    long samples;
    switch (option) {
    case OPTION_FILTER:
        options->filter = optarg;
        return true;
    case OPTION_N:
        if (parse_lengths(optarg, options))
            return true;
        *status = command_usage_error(
            &command_bench, "--n '%s': give lengths from 1 to 256M, such as 1,4096,16M", optarg);
        return false;
    case OPTION_ALL_N:
        options->every_length = true;
        return true;
    case OPTION_MIN_TIME:
        options->min_time = parse_time(optarg);
        if (options->min_time > 0)
            return true;
        *status = command_usage_error(
            &command_bench, "--min-time '%s': give a time up to 60s, such as 200us", optarg);
        return false;
    case OPTION_SAMPLES:
        samples = strtol(optarg, &end, 10);
        options->samples = (int)samples;
        if (end != optarg && !*end && samples >= 1 && samples <= 99)
            return true;
        *status = command_usage_error(&command_bench, "--samples '%s': give 1 to 99", optarg);
        return false;
    case OPTION_PEERS:
        options->peers = optarg;
        return true;
    case OPTION_JSON:
        options->json = optarg;
        return true;
    case OPTION_MARKDOWN:
        options->markdown = optarg;
        return true;
    case OPTION_COMMIT:
        options->commit = optarg;
        return true;
    case OPTION_LIST:
        options->list = true;
        return true;
    case OPTION_LEVEL:
        if (setenv("WEFT_LEVEL", optarg, 1) == 0)
            return true;
        report("%s", strerror(errno));
        *status = EXIT_FAILED;
        return false;
    default:
        *status = option == 'h' ? command_print_help(&command_bench)
                                : command_usage_error(&command_bench, NULL);
        return false;
    }
}

/* Which suite; false with a usage error that lists them. */
static bool take_suite(int argc, char **argv, bench_options *options, int *status)
{
    char names[256] = "";
    const char *name, *summary;
    for (int i = 0; (name = bench_suite_name(i, &summary)) != NULL; i++) {
        const size_t used = strlen(names);
        (void)snprintf(names + used, sizeof names - used, "%s%s", i ? ", " : "", name);
        if (optind < argc && strcmp(argv[optind], name) == 0)
            options->suite = name;
    }
    if (optind >= argc)
        *status = command_usage_error(&command_bench, "which suite? There is: %s", names);
    else if (optind + 1 < argc)
        *status = command_usage_error(&command_bench, "unexpected argument '%s'", argv[optind + 1]);
    else if (!options->suite)
        *status =
            command_usage_error(&command_bench, "no suite '%s'; there is: %s", argv[optind], names);
    return options->suite && optind + 1 == argc;
}

/* The folder `peers` beside the executable, where the build puts them. */
static const char *default_peers(char *text, size_t size)
{
    const ssize_t length = readlink("/proc/self/exe", text, size - sizeof "/peers");
    char *slash;
    if (length <= 0)
        return "peers";
    text[length] = '\0';
    slash = strrchr(text, '/');
    (void)snprintf(slash, size - (size_t)(slash - text), "/peers");
    return text;
}

static void describe_caches(const machine *here, char *text, size_t size)
{
    size_t used = 0;
    text[0] = '\0';
    for (size_t i = 0; i < here->cache_count && used < size; i++)
        used += (size_t)snprintf(text + used, size - used, "%s%s %ld KiB", i ? ", " : "",
                                 here->caches[i].name, here->caches[i].size >> 10);
}

static int run_bench(int argc, char **argv)
{
    bench_options options = {.suite = NULL};
    char peers[PATH_MAX], caches[256], message[BENCH_MESSAGE_MAX];
    int status = EXIT_USAGE;
    weft_level level;
    weft_error error;
    machine here;
    if (argc > 1 && strcmp(argv[1], "report") == 0) {
        argv[1] = argv[0];
        return bench_report(argc - 1, argv + 1);
    }
    for (int option; (option = getopt_long(argc, argv, "h", long_options, NULL)) != -1;)
        if (!take(option, &options, &status))
            return status;
    if (!take_suite(argc, argv, &options, &status))
        return status;
    if (weft_level_default(&level, &error) != WEFT_OK)
        return command_usage_error(&command_bench, "%s", error.message);
    machine_describe(&here);
    describe_caches(&here, caches, sizeof caches);
    const bench_host host = {here.cpu,       caches,           weft_level_name(level),
                             weft_version(), here.online_cpus, default_peers(peers, sizeof peers)};
    const bench_status done = bench_run(&options, &host, message);
    if (done == BENCH_USAGE)
        return command_usage_error(&command_bench, "%s", message);
    if (done != BENCH_OK)
        report("%s", message);
    return done == BENCH_OK ? EXIT_DONE : EXIT_FAILED;
}

const command command_bench = {
    .name = "bench",
    .usage = "SUITE [OPTION...]",
    .summary = "Time weft beside what else there is",
    .help = "Suites:\n"
            "  ops      every operation of the direct API, beside compilers' loops and libraries\n"
            "  engine   programs, beside kernels called inline and formulas fused by hand\n\n"
            "  --filter GLOB     only cases of such names, e.g. 'add/f32/*'\n"
            "  --list            print the names and stop\n"
            "  --n LIST          at these lengths, e.g. 1,4096,16M (default: the suite's choice)\n"
            "  --all-n           every case at each of the suite's lengths\n"
            "  --min-time TIME   how long a sample lasts at least, e.g. 200us\n"
            "  --samples COUNT   of each contender (default: 15)\n"
            "  --level LEVEL     the CPU level to use, as WEFT_LEVEL does\n"
            "  --peers DIR       the peers' modules (default: 'peers' beside the command)\n"
            "  --json FILE       write every sample, in Google Benchmark's format\n"
            "  --markdown FILE   write a page such as docs/performance.md\n"
            "  --commit TEXT     what was built, for the reports\n"
            "  -h, --help        show this\n\n"
            "The peers are built by the CMake target bench_peers; scripts/bench does it all.\n"
            "'weft bench report RUN.json... -o PAGE.html' makes a page of runs; it has a --help.\n",
    .run = run_bench,
};
