/* cli/simple_options.c: one parser for the commands with few options; each says which it admits.
 * Neighbours: cli/cmd_*.c. */
#include "cli/simple_options.h"

#include <getopt.h>
#include <stddef.h>

static const struct option help_option = {"help", no_argument, NULL, 'h'};
static const struct option output_option = {"output", required_argument, NULL, 'o'};
static const struct option json_option = {"json", no_argument, NULL, 'j'};

/* What the options say. */
typedef struct taken {
    const char *output; /* -o, or NULL */
    bool json;
} taken;

/* Takes all options: --help and, besides, `own` (or NULL). */
static bool take_options(const command *about, int argc, char **argv, const char *letters,
                         const struct option *own, taken *out, int *status)
{
    const struct option options[] = {help_option, own ? *own : (struct option){0}, {0}};
    *out = (taken){0};
    for (int option; (option = getopt_long(argc, argv, letters, options, NULL)) != -1;) {
        if (option == 'o') {
            out->output = optarg;
        } else if (option == 'j') {
            out->json = true;
        } else {
            *status = option == 'h' ? command_print_help(about) : command_usage_error(about, NULL);
            return false;
        }
    }
    return true;
}

/* Takes what is left: between `least` operands and one. */
static bool take_operand(const command *about, int argc, char **argv, int least,
                         const char **operand, int *status)
{
    int given = argc - optind;
    if (given < least) {
        *status = command_usage_error(about, "which file?");
        return false;
    }
    if (given > 1) {
        *status = command_usage_error(about, "unexpected argument '%s'", argv[optind + 1]);
        return false;
    }
    *operand = given ? argv[optind] : NULL;
    return true;
}

bool simple_options_in_out(const command *about, int argc, char **argv, const char **in,
                           const char **out, int *status)
{
    taken options;
    bool go_on = take_options(about, argc, argv, "o:h", &output_option, &options, status);
    *out = options.output;
    return go_on && take_operand(about, argc, argv, 1, in, status);
}

bool simple_options_operand(const command *about, int argc, char **argv, bool optional,
                            const char **operand, int *status)
{
    taken options;
    return take_options(about, argc, argv, "h", NULL, &options, status) &&
           take_operand(about, argc, argv, optional ? 0 : 1, operand, status);
}

bool simple_options_json(const command *about, int argc, char **argv, bool *as_json, int *status)
{
    taken options;
    bool go_on = take_options(about, argc, argv, "h", &json_option, &options, status);
    *as_json = options.json;
    if (go_on && optind < argc) {
        *status = command_usage_error(about, "unexpected argument '%s'", argv[optind]);
    }
    return go_on && optind >= argc;
}
