/* cli/cmd_help.c: `weft help [COMMAND]`.
 * Neighbours: cli/commands.c, which prints the texts. */
#include <stddef.h>

#include "cli/commands.h"
#include "cli/simple_options.h"

static int run_help(int argc, char **argv)
{
    const char *name;
    int status;
    if (!simple_options_operand(&command_help, argc, argv, true, &name, &status)) {
        return status;
    }
    if (!name) {
        return command_print_overview();
    }
    const command *about = command_find(name);
    return about ? command_print_help(about) : command_usage_error(NULL, NULL);
}

const command command_help = {
    .name = "help",
    .usage = "[COMMAND]",
    .summary = "Explain weft, or one command",
    .help = "'weft COMMAND --help' prints the same text.\n",
    .run = run_help,
};
