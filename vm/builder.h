/* vm/builder.h: what the two files of the builder share (weft/builder.h): builder.c makes, frees
 * and declares, builder_values.c makes values. Handles of values are places in a table of their
 * own, so that whatever number a caller gives, it names a value that was handed out, or nothing. */
#ifndef WEFT_VM_BUILDER_H
#define WEFT_VM_BUILDER_H

#include <weft/builder.h>

#include "compiler/graph.h"
#include "vm/vm.h"

enum {
    WEFT_BUILDER_OPERANDS = 64, /* of a call */
    WEFT_BUILDER_LOOPS = 8,     /* in each other */
    WEFT_BUILDER_VARIABLES = 64 /* of a loop */
};

typedef struct weft_builder_loop { /* that is open */
    int32_t node;
    uint32_t n;                             /* variables */
    uint8_t widths[WEFT_BUILDER_VARIABLES]; /* components; 0: no vector */
} weft_builder_loop;

struct weft_builder {
    weft_context *context;
    weft_graph graph;
    weft_error error;     /* the first one, graph.failed */
    const char *function; /* of this API, which is at work */
    uint64_t calls;
    bool reported;     /* the error names the function */
    weft_vector exprs; /* of int32_t: nodes */
    weft_builder_loop loops[WEFT_BUILDER_LOOPS];
    unsigned n_loops;
};

/* Begins a call of the API; false: there is no builder, or nothing more is made. */
bool weft_builder_begin(weft_builder *builder, const char *function);
/* Ends it: the error, if there is one now, says where. */
weft_status weft_builder_end(weft_builder *builder);
/* The same, for a number that is -1 after an error. */
int32_t weft_builder_end_number(weft_builder *builder, int32_t number);

/* Hands out a node (-1 after an error) as a value. */
weft_expr weft_builder_give(weft_builder *builder, int32_t node);
/* The node of a value, which is to be used at this place; -1 and an error. */
int32_t weft_builder_take(weft_builder *builder, weft_expr value);
/* The nodes of several. */
bool weft_builder_take_all(weft_builder *builder, const weft_expr *values, uint32_t n,
                           int32_t *nodes, uint32_t most);
/* Axes by number, of a mask; false and an error: there are not that many. */
bool weft_builder_axes(weft_builder *builder, uint32_t mask, weft_axes *axes);
/* The declared parameter of that number, or NULL and an error. */
const weft_param *weft_builder_param_at(weft_builder *builder, int32_t param);
/* Declares a function. */
int32_t weft_builder_add_function(weft_builder *builder, const weft_function_info *info);

#endif
