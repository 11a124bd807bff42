/* cli/run_options.h: what the command line of `weft run` asks for, before any file is opened.
 * Neighbours: cli/cmd_run.c (reads it), cli/run_bindings.c (matches it with a program). */
#ifndef WEFT_CLI_RUN_OPTIONS_H
#define WEFT_CLI_RUN_OPTIONS_H

#include <stdbool.h>

#include <weft/compile.h>

#include "cli/commands.h"
#include "cli/option_values.h"

/* Names and texts point to the command line. */
typedef struct named_list {
    named_text *items;
    int count;
} named_list;

typedef struct run_options {
    const char *program;
    named_list inputs;  /* name=FILE */
    named_list outputs; /* -o name=FILE */
    named_list sets;    /* --set name=VALUES */
    named_list shapes;  /* --shape name=EXTENTS */
    int32_t space_rank; /* 0: not given */
    int64_t space[WEFT_MAX_ARG_RANK];
    uint64_t budget;  /* 0: not given */
    uint32_t threads; /* 0: not given */
    uint32_t backend; /* weft_backend; the CPU backend where it is not given */
    uint32_t flags;   /* WEFT_FAST_* */
    bool quiet;
    bool stats;
} run_options;

/* Reads the arguments of `about`. True to go on; or false with the exit status in *status, when
 * help was printed or an error reported. Free the options in either case. */
bool run_options_parse(run_options *options, const command *about, int argc, char **argv,
                       int *status);
void run_options_free(run_options *options);

/* Reads "480x640" or "480,640": up to WEFT_MAX_ARG_RANK extents. Returns how many, or 0. */
int32_t parse_extents(const char *text, int64_t extents[WEFT_MAX_ARG_RANK]);

#endif
