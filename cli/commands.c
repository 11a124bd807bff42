/* cli/commands.c: lists the commands and prints their help.
 * A new command is one file cli/cmd_*.c, one declaration in cli/commands.h and one entry here.
 * Neighbours: cli/main.c, cli/cmd_help.c. */
#include "cli/commands.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "cli/report.h"
#include "cli/suggest.h"

static const command *const commands[] = {
    &command_eval,   &command_compile, &command_run,   &command_asm,  &command_dis,
    &command_verify, &command_ops,     &command_bench, &command_info, &command_help,
};
#define COMMAND_COUNT (sizeof commands / sizeof commands[0])

const command *command_find(const char *name)
{
    suggestion search = {.word = name};
    char text[64];
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        if (strcmp(commands[i]->name, name) == 0) {
            return commands[i];
        }
        suggest_offer(&search, commands[i]->name);
    }
    report("no command '%s'%s", name, suggest_text(&search, text, sizeof text));
    return NULL;
}

int command_print_overview(void)
{
    (void)printf("weft runs array programs: formulas and verified bytecode on .npy arrays.\n\n"
                 "Usage: weft COMMAND [ARGUMENTS]\n"
                 "       weft --help | --version\n\nCommands:\n");
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        (void)printf("  %-8s%s\n", commands[i]->name, commands[i]->summary);
    }
    (void)printf("\n'weft help COMMAND' tells more about one of them.\n"
                 "Exit status: 0 success, 1 failure, 2 wrong usage.\n");
    return EXIT_DONE;
}

int command_print_help(const command *about)
{
    (void)printf("Usage: weft %s %s\n\n%s.\n\n%s", about->name, about->usage, about->summary,
                 about->help);
    return EXIT_DONE;
}

int command_usage_error(const command *about, const char *format, ...)
{
    char message[1024];
    if (format) {
        va_list values;
        va_start(values, format);
        (void)vsnprintf(message, sizeof message, format, values);
        va_end(values);
        report("%s", message);
    }
    if (about) {
        (void)fprintf(stderr, "Try 'weft %s --help'.\n", about->name);
    } else {
        (void)fprintf(stderr, "Try 'weft --help'.\n");
    }
    return EXIT_USAGE;
}
