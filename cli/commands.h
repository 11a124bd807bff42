/* cli/commands.h: the list of commands, their help and what a usage error says.
 * One const command in each cli/cmd_*.c; cli/commands.c lists them; cli/main.c chooses one. */
#ifndef WEFT_CLI_COMMANDS_H
#define WEFT_CLI_COMMANDS_H

typedef struct command {
    const char *name;
    const char *usage;                 /* what follows the name on the command line */
    const char *summary;               /* one line */
    const char *help;                  /* the rest of the help; ends in a newline */
    int (*run)(int argc, char **argv); /* argv[0] is "weft"; returns the exit status */
} command;

extern const command command_eval;
extern const command command_compile;
extern const command command_asm;
extern const command command_dis;
extern const command command_verify;
extern const command command_run;
extern const command command_info;
extern const command command_ops;
extern const command command_bench;
extern const command command_help;

/* The command of that name; NULL, with a report, where there is none. */
const command *command_find(const char *name);

/* Prints the general help, or that of one command, on stdout. Both return EXIT_DONE. */
int command_print_overview(void);
int command_print_help(const command *about);

/* Reports a usage error of a command (NULL: of weft itself): the message, unless format is NULL
 * because getopt has printed one, and where to find help. Returns EXIT_USAGE. */
int command_usage_error(const command *about, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
