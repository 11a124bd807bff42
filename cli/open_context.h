/* cli/open_context.h: a context for a command, or a message that says why there is none.
 * Neighbours: cli/program_file.c, cli/cmd_eval.c. */
#ifndef WEFT_CLI_OPEN_CONTEXT_H
#define WEFT_CLI_OPEN_CONTEXT_H

#include <stdbool.h>

#include <weft/context.h>

/* options NULL: all defaults. False, with a report, where it fails. */
bool open_context(const weft_context_options *options, weft_context **out);

#endif
