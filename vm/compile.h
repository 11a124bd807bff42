/* vm/compile.h: from a typed graph to a program of a context (weft/compile.h).
 * Neighbours: compiler/schedule.h makes the code, vm/program.c takes it over. */
#ifndef WEFT_VM_COMPILE_H
#define WEFT_VM_COMPILE_H

#include "compiler/graph.h"
#include "vm/vm.h"
#include <weft/compile.h>

/* Checks and completes options of a user's; NULL: defaults. WEFT_ERR_ARG. */
weft_status weft_compile_options_take(const weft_compile_options *options,
                                      weft_compile_options *copy, weft_error *error);

/* Schedules a graph that is complete, verifies the code and makes a program of it: *out with one
 * reference, or NULL. `options` have been taken by weft_compile_options_take. The graph stays the
 * caller's. */
weft_status weft_compile_graph(weft_context *context, const weft_graph *graph,
                               const weft_compile_options *options, weft_program **out,
                               weft_error *error);

#endif
