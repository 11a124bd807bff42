/* cli/bench_options.h: the command line of `weft bench`.
 * Neighbours: cli/cmd_bench.c (the command), bench/suite.h (what the options become). */
#ifndef WEFT_CLI_BENCH_OPTIONS_H
#define WEFT_CLI_BENCH_OPTIONS_H

#include <stdbool.h>

#include "bench/suite.h"
#include "cli/commands.h"

/* Reads options and patterns; what they point to is argv's. False with the exit status where the
 * command ends here: help was printed, or a usage error. */
bool bench_options_take(const command *about, int argc, char **argv, bench_options *options,
                        int *status);

#endif
