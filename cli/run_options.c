/* cli/run_options.c: the command line of `weft run`, by getopt_long.
 * Neighbours: cli/cmd_run.c (its help text names every option here). */
#include "cli/run_options.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cli/report.h"

enum {
    OPTION_SET = 256,
    OPTION_SPACE,
    OPTION_SHAPE,
    OPTION_BUDGET,
    OPTION_THREADS,
    OPTION_BACKEND,
    OPTION_STATS,
    OPTION_FAST
};

static const struct option long_options[] = {
    {"output", required_argument, NULL, 'o'},
    {"set", required_argument, NULL, OPTION_SET},
    {"space", required_argument, NULL, OPTION_SPACE},
    {"shape", required_argument, NULL, OPTION_SHAPE},
    {"budget", required_argument, NULL, OPTION_BUDGET},
    {"threads", required_argument, NULL, OPTION_THREADS},
    {"backend", required_argument, NULL, OPTION_BACKEND},
    {"stats", no_argument, NULL, OPTION_STATS},
    {"fast", no_argument, NULL, OPTION_FAST},
    {"quiet", no_argument, NULL, 'q'},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

int32_t parse_extents(const char *text, int64_t extents[WEFT_MAX_ARG_RANK])
{
    for (int32_t rank = 0; rank < WEFT_MAX_ARG_RANK; rank++) {
        uint64_t extent = 0;
        if (!option_number(&text, "x,", INT64_MAX, &extent)) {
            return 0;
        }
        extents[rank] = (int64_t)extent;
        if (*text++ == '\0') {
            return rank + 1;
        }
    }
    return 0;
}

static int add_named(const command *about, named_list *list, const char *option, char *argument,
                     const char *form)
{
    if (option_split(argument, &list->items[list->count])) {
        list->count++;
        return EXIT_DONE;
    }
    return command_usage_error(about, "%s'%s': expected %s", option, argument, form);
}

static int set_space(run_options *options, const command *about, const char *argument)
{
    options->space_rank = parse_extents(argument, options->space);
    if (options->space_rank == 0 || options->space_rank > WEFT_MAX_RANK) {
        return command_usage_error(about, "--space '%s': expected one to %d extents, as in 480x640",
                                   argument, WEFT_MAX_RANK);
    }
    return EXIT_DONE;
}

/* Returns EXIT_DONE to go on. */
static int take_option(run_options *options, const command *about, int option, char *argument)
{
    switch (option) {
    case 'o':
        return add_named(about, &options->outputs, "-o ", argument, "NAME=FILE.npy");
    case OPTION_SET:
        return add_named(about, &options->sets, "--set ", argument, "NAME=VALUE");
    case OPTION_SHAPE:
        return add_named(about, &options->shapes, "--shape ", argument, "NAME=480,640,3");
    case OPTION_SPACE:
        return set_space(options, about, argument);
    case OPTION_BUDGET:
        return option_positive(about, "--budget", argument, &options->budget);
    case OPTION_THREADS:
        return option_threads(about, argument, &options->threads);
    case OPTION_BACKEND:
        return option_backend(about, argument, &options->backend);
    case OPTION_STATS:
        options->stats = true;
        return EXIT_DONE;
    case OPTION_FAST:
        options->flags = WEFT_FAST;
        return EXIT_DONE;
    case 'q':
        options->quiet = true;
        return EXIT_DONE;
    default:
        return command_usage_error(about, NULL);
    }
}

/* No list can hold more than there are arguments. */
static bool make_lists(run_options *options, int argc)
{
    named_list *const lists[] = {&options->inputs, &options->outputs, &options->sets,
                                 &options->shapes};
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
        lists[i]->items = calloc((size_t)argc, sizeof *lists[i]->items);
        if (!lists[i]->items) {
            report("%s", strerror(ENOMEM));
            return false;
        }
    }
    return true;
}

bool run_options_parse(run_options *options, const command *about, int argc, char **argv,
                       int *status)
{
    *options = (run_options){0};
    *status = make_lists(options, argc) ? EXIT_DONE : EXIT_FAILED;
    while (*status == EXIT_DONE) {
        int option = getopt_long(argc, argv, "o:qh", long_options, NULL);
        if (option == -1) {
            break;
        }
        if (option == 'h') {
            *status = command_print_help(about);
            return false;
        }
        *status = take_option(options, about, option, optarg);
    }
    if (*status == EXIT_DONE && optind >= argc) {
        *status = command_usage_error(about, "which program?");
    }
    if (*status == EXIT_DONE) {
        options->program = argv[optind++];
    }
    for (; *status == EXIT_DONE && optind < argc; optind++) {
        *status = add_named(about, &options->inputs, "", argv[optind], "NAME=FILE.npy");
    }
    return *status == EXIT_DONE;
}

void run_options_free(run_options *options)
{
    free(options->inputs.items);
    free(options->outputs.items);
    free(options->sets.items);
    free(options->shapes.items);
    *options = (run_options){0};
}
