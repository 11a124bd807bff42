/* cli/bench_compare.c: see cli/bench_compare.h. */
#include "cli/bench_compare.h"

#include <getopt.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "bench/suite.h"
#include "cli/commands.h"
#include "cli/report.h"

enum { EXIT_SLOWER = 1, LEAST_THRESHOLD = 5, MOST_THRESHOLD = 1000 }; /* the last two in % */

enum { OPTION_AA = 256, OPTION_THRESHOLD, OPTION_FILTER, OPTION_ALL, OPTION_CHANGED, OPTION_JSON };

static const struct option long_options[] = {
    {"aa", required_argument, NULL, OPTION_AA},
    {"threshold", required_argument, NULL, OPTION_THRESHOLD},
    {"filter", required_argument, NULL, OPTION_FILTER},
    {"all", no_argument, NULL, OPTION_ALL},
    {"changed", no_argument, NULL, OPTION_CHANGED},
    {"json", required_argument, NULL, OPTION_JSON},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

/* Help only: it is found through `weft bench`. */
static const command about = {
    .name = "bench compare",
    .usage = "BASE.json[,MORE...] HEAD.json[,MORE...] [OPTION...]",
    .summary = "Compare two runs of 'weft bench --json', or several of each side",
    .help =
        "  --aa FILE[,FILE2]     runs of one build, to learn the noise from: the first against "
        "the\n"
        "                        second, or the halves of one\n"
        "  --threshold PERCENT   how far a change must go to count (default, and least: 5)\n"
        "  --filter GLOB         only benchmarks of such names, e.g. 'ops/add/*'\n"
        "  --changed             print only what is slower or faster\n"
        "  --all                 print those that are not weft's too; they never count\n"
        "  --json FILE           write the comparison for programs\n"
        "  -h, --help            show this\n\n"
        "A benchmark is slower when a Mann-Whitney U test gives p < 0.01 and the shift of its\n"
        "time exceeds the threshold and the noise that --aa shows. Exit status: 0 nothing is\n"
        "slower, 1 something is, 2 there is no comparison. docs/benchmarks.md tells the rest.\n",
};

/* Percent, with or without the sign; negative where it is none that is allowed. */
static double parse_percent(const char *text)
{
    char *end;
    const double value = strtod(text, &end);
    const bool allowed = end != text && (!*end || strcmp(end, "%") == 0) &&
                         value >= LEAST_THRESHOLD && value <= MOST_THRESHOLD;
    return allowed ? value : -1;
}

/* Takes one option; false with the exit status where it ends the command. */
static bool take(int option, bench_compare_options *options, int *status)
{
    double percent;
    switch (option) {
    case OPTION_AA:
        options->aa = optarg;
        return true;
    case OPTION_THRESHOLD:
        percent = parse_percent(optarg);
        options->threshold = percent / 100;
        if (percent > 0)
            return true;
        *status = command_usage_error(&about, "--threshold '%s': give percent, from %d to %d",
                                      optarg, LEAST_THRESHOLD, MOST_THRESHOLD);
        return false;
    case OPTION_FILTER:
        options->filter = optarg;
        return true;
    case OPTION_ALL:
        options->all = true;
        return true;
    case OPTION_CHANGED:
        options->changed_only = true;
        return true;
    case OPTION_JSON:
        options->json = optarg;
        return true;
    default:
        *status = option == 'h' ? command_print_help(&about) : command_usage_error(&about, NULL);
        return false;
    }
}

int bench_compare_command(int argc, char **argv)
{
    bench_compare_options options = {.threshold = LEAST_THRESHOLD / 100.0};
    char message[BENCH_MESSAGE_MAX];
    size_t slower = 0;
    int status = EXIT_USAGE;
    argv[1] = argv[0];
    optind = 0;
    for (int option; (option = getopt_long(argc - 1, argv + 1, "h", long_options, NULL)) != -1;)
        if (!take(option, &options, &status))
            return status;
    const int left = argc - 1 - optind;
    char **files = argv + 1 + optind;
    if (left == 0)
        return command_usage_error(&about, "which files?");
    if (left == 1)
        return command_usage_error(&about, "compare '%s' with which file?", files[0]);
    if (left > 2)
        return command_usage_error(&about,
                                   "unexpected argument '%s'; several files of one side are "
                                   "written with commas between them",
                                   files[2]);
    options.base = files[0];
    options.head = files[1];
    if (bench_compare(&options, &slower, message) == BENCH_OK)
        return slower > 0 ? EXIT_SLOWER : EXIT_DONE;
    report("%s", message);
    return EXIT_USAGE;
}
