/* cli/option_values.h: values of options that several commands have.
 * Neighbours: cli/run_options.c, cli/cmd_eval.c, cli/cmd_compile.c. */
#ifndef WEFT_CLI_OPTION_VALUES_H
#define WEFT_CLI_OPTION_VALUES_H

#include <stdbool.h>

#include <weft/context.h>

#include "cli/commands.h"

/* A decimal number that is all of the text up to one of the bytes of `stop`, or its end. *text is
 * then where it ends. */
bool option_number(const char **text, const char *stop, uint64_t most, uint64_t *out);

/* These return EXIT_DONE to go on; or, with a usage error of `about` reported, EXIT_USAGE. */

/* `option` says what it is a value of ("--budget"). */
int option_positive(const command *about, const char *option, const char *argument, uint64_t *out);
int option_threads(const command *about, const char *argument, uint32_t *out);
int option_backend(const command *about, const char *argument, uint32_t *out);

/* "name=value" as two texts. */
typedef struct named_text {
    const char *name;
    const char *text;
} named_text;

/* Splits "name=value" at the first '='; false where there is none, or no name. */
bool option_split(char *argument, named_text *out);

#endif
