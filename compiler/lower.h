/* compiler/lower.h: text of the language (docs/language.md) to a typed graph.
 * Types, shapes and folding are the graph's (compiler/graph.h); here names get their meaning,
 * functions are put in where they are called, and loops find their types. */
#ifndef WEFT_COMPILER_LOWER_H
#define WEFT_COMPILER_LOWER_H

#include <weft/compile.h>

#include "compiler/graph.h"

typedef struct weft_text_options {
    const weft_variable *variables; /* what an expression may use; programs ignore them */
    size_t n_variables;
    weft_dtype result; /* of an expression; 0: its own */
} weft_text_options;

enum {
    WEFT_MAX_STEPS = 1 << 20, /* parts of expressions and statements that are looked at, those of
                                 functions at every call and those of loops at every pass */
    WEFT_MAX_LOOPS = 6        /* `for`s in each other */
};

/* Fills a graph that was initialised and holds nothing else: parameters, axes, outputs. A text that
 * declares no parameters is an expression: axes are aligned by position, each variable that it uses
 * is a parameter, in the order of the variables, and the value of its last statement is the
 * parameter "out". options NULL: no variables. WEFT_ERR_SYNTAX and WEFT_ERR_LIMIT with line and
 * column; WEFT_ERR_ARG: a variable makes no sense; WEFT_ERR_MEMORY. */
weft_status weft_lower(weft_graph *graph, const char *text, size_t length,
                       const weft_text_options *options, weft_error *error);

#endif
