/* compiler/lower_internal.h: what the rooms of lowering share: lower.c (declarations, outputs),
 * lower_names.c (what a name means), lower_value.c (expressions), lower_call.c, lower_statement.c
 * and lower_for.c. */
#ifndef WEFT_COMPILER_LOWER_INTERNAL_H
#define WEFT_COMPILER_LOWER_INTERNAL_H

#include "compiler/lower.h"
#include "compiler/parse.h"

/* A declared parameter, or a variable of an expression. */
typedef struct weft_declared {
    int32_t symbol, ast; /* ast: -1 of variables */
    int32_t param;       /* of the graph */
    uint8_t kind;        /* weft_param_kind */
    uint8_t type, segment;
    uint32_t rows;
    int32_t values[WEFT_MAX_SEGMENT]; /* of an output: what its components are, or -1 */
} weft_declared;

/* A name that has a value: a temporary, a parameter of a function, a counter. */
typedef struct weft_binding {
    int32_t symbol, value;
    int32_t hidden; /* the binding of the same symbol that this one hides, or -1 */
    bool counter;
} weft_binding;

/* What is known of a symbol. -1: it is none of these. */
typedef struct weft_meaning {
    int32_t binding;  /* the newest */
    int32_t declared; /* in `declared` */
    int32_t function; /* AST */
    int32_t users;    /* in graph->functions */
    int32_t mark;     /* the loop that was last found to assign it */
    int32_t bound;    /* while uses are looked for: how often it is bound there */
    bool used;        /* an expression reads it where it is not bound */
    bool running;     /* the function is being put in */
    bool scanned;     /* the function's uses have been looked for */
} weft_meaning;

typedef struct weft_lowering {
    weft_graph *graph;
    weft_tree tree;
    const weft_text_options *options;
    weft_error *error;
    bool program;           /* it declares parameters; else it is an expression */
    weft_vector declared;   /* of weft_declared */
    weft_vector bindings;   /* of weft_binding; the newest last */
    weft_vector stack;      /* of int32_t: operands that wait, and trees that do */
    weft_meaning *meanings; /* by symbol */
    size_t n_meanings;
    int32_t base;       /* the first binding that the present function sees */
    int32_t loops;      /* loops looked at so far */
    unsigned for_depth; /* open `for`s */
    unsigned calls;     /* open calls of functions */
    unsigned depth;     /* of the calls around the present statement */
    uint32_t steps;
    uint8_t n_axes; /* of the space of a program; their numbers are 0 and up */
} weft_lowering;

static inline const weft_ast *weft_lower_ast(const weft_lowering *lowering, int32_t ast)
{
    return weft_ast_at(&lowering->tree, ast);
}
static inline weft_declared *weft_lower_declared(const weft_lowering *lowering, int32_t symbol)
{
    int32_t declared = lowering->meanings[symbol].declared;
    return declared < 0 ? NULL : (weft_declared *)lowering->declared.data + declared;
}
static inline bool weft_declared_is_output(const weft_declared *declared)
{
    return declared->kind == WEFT_PARAM_OUT || declared->kind == WEFT_PARAM_INOUT;
}

/* For "%.*s". */
#define WEFT_SYMBOL_SHOWN(lowering, symbol)                                                        \
    (int)weft_symbol_at(&(lowering)->tree, symbol)->length,                                        \
        weft_symbol_at(&(lowering)->tree, symbol)->text

/* --- lower.c ---------------------------------------------------------------------------------- */

/* What is made, and what fails, stands for this place from here on. */
void weft_lower_place(weft_lowering *lowering, int32_t ast);
/* Fails at a place of the text; returns -1. */
int32_t weft_lower_fail(weft_lowering *lowering, int32_t ast, const char *format, ...)
    WEFT_PRINTF(3, 4);
/* Counts work; false, and an error, where it is too much. */
bool weft_lower_steps(weft_lowering *lowering, int32_t ast, uint32_t steps);

/* How many components a value has (1 where it is no vector), and one of them: the only one for
 * any k. -1 for -1. */
unsigned weft_lower_width(const weft_lowering *lowering, int32_t value);
int32_t weft_lower_component(const weft_lowering *lowering, int32_t value, unsigned k);

/* --- lower_names.c ---------------------------------------------------------------------------- */

/* Marks the variables that an expression reads. */
bool weft_lower_find_uses(weft_lowering *lowering);
bool weft_lower_bind(weft_lowering *lowering, int32_t symbol, int32_t value);
/* Forgets all but the first `count` bindings. */
void weft_lower_unbind(weft_lowering *lowering, size_t count);
/* What the present function sees under that name, or NULL. */
weft_binding *weft_lower_visible(const weft_lowering *lowering, int32_t symbol);
/* The value of a NAME; of a declared one with components, component k or, where k is -1, all. */
int32_t weft_lower_name(weft_lowering *lowering, int32_t ast);
int32_t weft_lower_read_declared(weft_lowering *lowering, int32_t ast, weft_declared *declared,
                                 int k);
int32_t weft_lower_unknown_function(weft_lowering *lowering, int32_t ast);
int32_t weft_lower_unknown_axis(weft_lowering *lowering, int32_t ast);
/* Whether the name is this word. */
bool weft_lower_is(const weft_lowering *lowering, int32_t symbol, const char *word);
/* The element type of that name, or WEFT_NONE. */
weft_dtype weft_lower_type(const weft_lowering *lowering, int32_t symbol);

/* --- lower_value.c ---------------------------------------------------------------------------- */

int32_t weft_lower_value(weft_lowering *lowering, int32_t ast);
/* An operator of two operands by its token. */
int32_t weft_lower_binary(weft_lowering *lowering, unsigned sign, int32_t a, int32_t b);
/* Puts values on the stack; the number of the first, or SIZE_MAX. */
bool weft_lower_push(weft_lowering *lowering, int32_t value);
int32_t *weft_lower_stack(const weft_lowering *lowering, size_t first);

/* --- lower_call.c ----------------------------------------------------------------------------- */

int32_t weft_lower_call(weft_lowering *lowering, int32_t ast);

/* --- lower_statement.c ------------------------------------------------------------------------ */

/* The statements of a block; *value is that of its `return`, where it has one. */
bool weft_lower_block(weft_lowering *lowering, int32_t block, int32_t *value);
bool weft_lower_statement(weft_lowering *lowering, int32_t ast);

/* --- lower_for.c ------------------------------------------------------------------------------ */

bool weft_lower_for(weft_lowering *lowering, int32_t ast);

#endif
