/* cli/run_bindings.h: each parameter of a program with what the command line gives for it.
 * Names only; cli/run_arrays.c opens the files. Neighbours: cli/run_options.h, cli/cmd_run.c. */
#ifndef WEFT_CLI_RUN_BINDINGS_H
#define WEFT_CLI_RUN_BINDINGS_H

#include <stdbool.h>

#include <weft/weft.h>

#include "cli/mapped_file.h"
#include "cli/npy.h"
#include "cli/output_file.h"
#include "cli/program_file.h"
#include "cli/run_options.h"

typedef struct binding {
    weft_param_info info;
    const char *input;  /* NAME=FILE, or NULL; likewise the next three */
    const char *output; /* -o NAME=FILE */
    const char *set;    /* --set NAME=VALUES */
    const char *shape;  /* --shape NAME=EXTENTS */
    /* What cli/run_arrays.c makes of them. */
    mapped_file file;
    output_file target;
    npy_header header;
    void *values; /* of a --set */
    void *data;   /* where the array lies: in file, in target or in values */
} binding;

typedef struct run_bindings {
    binding *items; /* in the order of the program's parameters */
    uint32_t count;
} run_bindings;

/* Whether the parameter is read from what is given for it, or written to an -o. */
bool binding_reads(const binding *item);
bool binding_writes(const binding *item);

/* Matches names. False, with a report, where one is unknown, given twice, missing or of the wrong
 * kind. Free the bindings in either case. */
bool run_bindings_match(run_bindings *bindings, const program_file *program,
                        const run_options *options);
void run_bindings_free(run_bindings *bindings);

#endif
