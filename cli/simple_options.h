/* cli/simple_options.h: the command lines that several commands share, by getopt_long.
 * Neighbours: cli/commands.h (usage errors); `weft run` has its own, cli/run_options.h. */
#ifndef WEFT_CLI_SIMPLE_OPTIONS_H
#define WEFT_CLI_SIMPLE_OPTIONS_H

#include <stdbool.h>

#include "cli/commands.h"

/* All of these return true to go on; or false with the exit status in *status, when help was
 * printed or a usage error reported. */

/* IN [-o OUT]; *out is NULL where it is not given. */
bool simple_options_in_out(const command *about, int argc, char **argv, const char **in,
                           const char **out, int *status);

/* One operand, or with `optional` none (*operand is NULL). */
bool simple_options_operand(const command *about, int argc, char **argv, bool optional,
                            const char **operand, int *status);

/* [--json] */
bool simple_options_json(const command *about, int argc, char **argv, bool *as_json, int *status);

#endif
