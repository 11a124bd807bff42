/* cli/run_arrays.h: the arrays of a run: input files mapped, output files made and filled.
 * Neighbours: cli/run_bindings.h (which file belongs to which parameter), cli/npy.h. */
#ifndef WEFT_CLI_RUN_ARRAYS_H
#define WEFT_CLI_RUN_ARRAYS_H

#include "cli/run_bindings.h"

/* All of these return false, with a report, on failure. */

/* Maps the input files and checks their types; reads the values of --set. */
bool run_arrays_open(run_bindings *bindings, const program_file *program);

/* Finds the outputs' shapes and makes their files, with the disk space they need. */
bool run_arrays_create(run_bindings *bindings, const program_file *program,
                       const run_options *options);

/* Fills one argument for every parameter that has an array by now; returns how many. `args` has
 * room for bindings->count. */
size_t run_arrays_arguments(const run_bindings *bindings, weft_arg *args);

/* After a run: writes what is not in its file yet and waits for the disk. */
bool run_arrays_flush(run_bindings *bindings);

/* Puts all outputs in their places, or none. */
bool run_arrays_commit(run_bindings *bindings);

#endif
