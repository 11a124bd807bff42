/* compiler/graph.h: the typed graph, which text and builder make and the scheduler reads.
 *
 * A node is a value: one number for each element of its axes. Nodes are made once (equal ones are
 * the same node), after folding of constants and identities that keep every bit; what a program
 * does is its stores, and its impure calls. The order in which nodes were made is a topological
 * one, but for what goes round in loops (`next` of a FOR).
 *
 * Three rooms: graph.c (memory, equal nodes) with axes.c (which axes are the same) and loops.c
 * (loops, calls); fold.c (constants, identities) with fold_logic.c; and call.c with functions.def
 * and call_*.c (functions and operators with NumPy's types: what users name), types.c (promotion).
 * Neighbours: lower.c makes graphs of texts, schedule.c makes code of graphs. */
#ifndef WEFT_COMPILER_GRAPH_H
#define WEFT_COMPILER_GRAPH_H

#include "isa/base.h"
#include "isa/isa.h"
#include "simd/kernel.h"

/* Types of literals, which take the type of what they meet (NumPy 2); beside weft_dtype. A weak
 * integer is a constant, an int64_t; a weak float a constant, a double, or, for what is made of
 * literals but is not folded (`log(2)`), an OP mov of the f64. weft_call_settle gives the node that
 * code can be made of. */
enum { WEFT_WEAK_INT = 64, WEFT_WEAK_FLOAT = 65 };

typedef enum weft_node_kind {
    WEFT_NODE_CONST,   /* imm: its bits */
    WEFT_NODE_LOAD,    /* array `param`, component k, at the present element */
    WEFT_NODE_UNIFORM, /* uniform `param`, component k, row imm */
    WEFT_NODE_ROW,     /* table, pool or uniform `param`, component k, row arg[0] (type2: i32 or
                          i64). Pinned, as the row may be out of range, but equal ones of a loop are
                          one node; without a use it does not happen */
    WEFT_NODE_INDEX,   /* index of the element along axis k; i32 or i64 */
    WEFT_NODE_EXTENT,  /* extent of axis k; i64 */
    WEFT_NODE_LENGTH,  /* extent of dimension k of the array bound to table `param`; i64 */
    WEFT_NODE_OP,      /* `op` of arg[0..2], as the instruction: element-wise, cvt (type2: from),
                          sel (arg[0]: the condition), comparisons (type2: of the operands). mov: the
                          same value with other axes: more of them (a bcast if it was a scalar), or
                          WEFT_AXIS_ONEs put in or left out, which is nothing to do */
    WEFT_NODE_REDUCE,  /* `op` of arg[0] (and arg[1]), of type2, over the axes in `reduced` */
    WEFT_NODE_FUSED,   /* `op` of the list: its strips, then its scalars; k terms; see PART */
    WEFT_NODE_FOR,     /* a counted loop: arg[0] times (i64); list: what its n variables are at
                          first, then what they are after each iteration; see CARRIED, PART */
    WEFT_NODE_SCAN,    /* the same over the elements of axis k, in order */
    WEFT_NODE_CARRIED, /* variable k of loop arg[0] at the start of an iteration */
    WEFT_NODE_COUNTER, /* how many iterations of loop arg[0] came before; i64 */
    WEFT_NODE_PART,    /* result k of FUSED, FOR or SCAN arg[0] */
    WEFT_NODE_CALL,    /* function `param` of graph->functions, of the list */
    WEFT_NODE_VECTOR   /* components: the list. Never an argument of another kind */
} weft_node_kind;

enum { WEFT_AXIS_ONE = 255 }; /* an axis of extent 1, which is repeated */

typedef struct weft_axes {
    uint8_t rank;
    uint8_t axis[WEFT_MAX_RANK]; /* the outermost first: numbers of axes, or WEFT_AXIS_ONE */
} weft_axes;

typedef struct weft_node {
    uint8_t kind; /* weft_node_kind */
    uint8_t op;   /* weft_opcode */
    uint8_t type; /* weft_dtype, or WEFT_WEAK_*; of a VECTOR that of its components */
    uint8_t type2;
    uint8_t k, param;
    bool pinned;      /* may fail or has an effect: stays in the loop where it was made */
    uint8_t depth;    /* of FOR and SCAN loops around it: the innermost it depends on is `loop` */
    int32_t loop;     /* node of that loop, or -1 */
    int32_t arg[3];   /* nodes; -1: none */
    uint32_t list, n; /* first in graph->lists, and how many; FOR, SCAN: n variables, 2 n nodes */
    uint64_t imm;
    weft_axes axes;      /* of the value */
    weft_axes reduced;   /* REDUCE: the axes it runs over */
    uint32_t hash, same; /* of all by which nodes differ; next node of that bucket + 1 */
    uint32_t cost; /* rough cost for an element, shared parts counted each time: an addition 1 */
} weft_node;

/* An axis stands for a dimension of the index space. Expressions make one for each axis of each
 * variable, and broadcasting finds out which are the same; programs declare theirs. */
typedef struct weft_axis {
    char name[WEFT_MAX_NAME + 1]; /* "" where it has none */
    uint8_t same;                 /* an older axis that is the same one, or itself */
} weft_axis;

enum { WEFT_MAX_AXES = 250 }; /* before it is known which are the same */

/* A function of the user's, as far as the graph cares. */
typedef struct weft_graph_function {
    char name[WEFT_MAX_NAME + 1];
    uint8_t n, result; /* operands; weft_dtype */
    uint8_t types[WEFT_MAX_FUSED_STRIPS];
    bool pure; /* equal operands give equal results, and nothing else happens */
} weft_graph_function;

/* What is assigned to component k of an output. */
typedef struct weft_output {
    uint8_t param, k;
    int32_t value; /* -1: not yet */
} weft_output;

typedef struct weft_graph {
    const weft_allocator *allocator;
    const weft_kernel_table *kernels; /* to fold constants with */
    uint32_t flags;                   /* WEFT_FAST_* */
    bool named_axes;    /* axes are aligned by what they are (programs); else by position (NumPy) */
    weft_vector nodes;  /* of weft_node */
    weft_vector lists;  /* of int32_t */
    weft_vector params; /* of weft_param; `dims` is made when scheduled, from: */
    weft_vector shapes; /* of weft_axes, for each parameter */
    weft_vector axes;   /* of weft_axis */
    weft_vector outputs;   /* of weft_output, in order of assignment */
    weft_vector functions; /* of weft_graph_function */
    weft_vector effects;   /* of int32_t: pinned nodes that happen whether they are used or not */
    uint32_t *buckets;     /* node + 1, by hash */
    size_t n_buckets;
    int32_t open_loop; /* the FOR whose body is being made, or -1 */
    weft_error *error; /* where `line` and `column` of the text stand for what fails */
    int32_t line, column;
    weft_status failed; /* the first error; nothing is made after it */
} weft_graph;

/* --- graph.c ---------------------------------------------------------------------------------- */

void weft_graph_init(weft_graph *graph, const weft_allocator *allocator,
                     const weft_kernel_table *kernels, uint32_t flags, weft_error *error);
void weft_graph_free(weft_graph *graph);

static inline weft_node *weft_node_at(const weft_graph *graph, int32_t node)
{
    return (weft_node *)graph->nodes.data + node;
}
static inline int32_t *weft_list_at(const weft_graph *graph, const weft_node *node)
{
    int32_t *lists = graph->lists.data; /* NULL before anything was there */
    return lists ? lists + node->list : NULL;
}
static inline weft_param *weft_graph_param_at(const weft_graph *graph, unsigned param)
{
    return (weft_param *)graph->params.data + param;
}

/* Remembers the first error, at graph->line and column; returns -1. */
int32_t weft_graph_fail(weft_graph *graph, weft_status status, const char *format, ...)
    WEFT_PRINTF(3, 4);

/* Everything below returns a node, or -1 after an error (earlier ones included; arguments of -1 are
 * allowed and give -1). Types must fit as for the instruction: this is the room where nothing is
 * converted by itself. Folding and identities happen here. */
int32_t weft_node_const(weft_graph *graph, unsigned type, uint64_t bits);
int32_t weft_node_load(weft_graph *graph, unsigned param, unsigned k);
int32_t weft_node_uniform(weft_graph *graph, unsigned param, unsigned k, uint32_t row);
int32_t weft_node_row(weft_graph *graph, unsigned param, unsigned k, int32_t row);
int32_t weft_node_index(weft_graph *graph, unsigned axis, weft_dtype type);
int32_t weft_node_extent(weft_graph *graph, unsigned axis);
int32_t weft_node_length(weft_graph *graph, unsigned param, unsigned dim);
/* arg[0..2] as the operation needs; type: the instruction's (of a comparison its operands'). */
int32_t weft_node_op(weft_graph *graph, unsigned op, weft_dtype type, int32_t a, int32_t b,
                     int32_t c);
int32_t weft_node_cvt(weft_graph *graph, weft_dtype to, int32_t a);
/* b: -1 but for dot. Axes must be those of the operands, none of them WEFT_AXIS_ONE. */
int32_t weft_node_reduce(weft_graph *graph, unsigned op, int32_t a, int32_t b,
                         const weft_axes *reduced);
int32_t weft_node_fused(weft_graph *graph, unsigned op, unsigned k, const int32_t *args,
                        unsigned n);
int32_t weft_node_part(weft_graph *graph, int32_t of, unsigned k);
/* Of graph->functions[function]; operands have its types. */
int32_t weft_node_call(weft_graph *graph, unsigned function, const int32_t *args, unsigned n);
/* At most WEFT_MAX_SEGMENT components, of one type. */
int32_t weft_node_vector(weft_graph *graph, const int32_t *components, unsigned n);
/* The same value with an axis of extent 1 put in at a place (keepdims). Nothing with named axes,
 * where an axis that is not there is repeated anyway. */
int32_t weft_node_with_one(weft_graph *graph, int32_t a, unsigned place);
/* The same value with exactly these axes: all of its own, and others along which it is repeated. */
int32_t weft_node_spread(weft_graph *graph, int32_t a, const weft_axes *axes);

/* Whether an i64 can be a loop's count: binding can know it, as it is a sum of multiples of what is
 * fixed before a run. */
bool weft_node_is_countable(const weft_graph *graph, int32_t node);
/* Opens a loop of `count` iterations (an i64 node) with n variables of those first values, of weak
 * types none: returns its node; weft_node_carried and weft_node_counter are what its body works on.
 * weft_node_end_for says what the variables are after an iteration, with the types and at most the
 * axes that they have at first (spread those, and make the body again, where it is not so); its
 * results are weft_node_part of the loop. What is made inside may be used outside only so. A body
 * that is to be made again is left with weft_node_leave_for; nothing of it counts then. */
int32_t weft_node_for(weft_graph *graph, int32_t count, const int32_t *initial, unsigned n);
int32_t weft_node_carried(weft_graph *graph, int32_t loop, unsigned k);
int32_t weft_node_counter(weft_graph *graph, int32_t loop);
bool weft_node_end_for(weft_graph *graph, int32_t loop, const int32_t *next);
void weft_node_leave_for(weft_graph *graph, int32_t loop);
/* As for, but over the elements of an axis: an axis's cumulative sum is a scan. */
int32_t weft_node_scan(weft_graph *graph, unsigned axis, const int32_t *initial, unsigned n);

/* Adds an axis or a parameter (its name must be new); the number, or -1. */
int32_t weft_graph_new_axis(weft_graph *graph, const char *name, size_t length);
int32_t weft_graph_new_param(weft_graph *graph, const weft_param *param, const weft_axes *axes);
int32_t weft_graph_new_function(weft_graph *graph, const weft_graph_function *function);
/* Component k of output `param` becomes that value, of its type; a second time is an error. */
bool weft_graph_output(weft_graph *graph, unsigned param, unsigned k, int32_t value);
/* The axis that stands for all that are the same as this one. */
unsigned weft_graph_axis_of(const weft_graph *graph, unsigned axis);
/* NumPy's broadcasting (or, with named axes, the union): the axes of a value of both. Finds out
 * which axes are the same. False: they do not fit, and the error says why. */
bool weft_graph_broadcast(weft_graph *graph, const weft_axes *a, const weft_axes *b,
                          weft_axes *both);

/* --- fold.c: called by graph.c before a node is made ------------------------------------------ */

/* A node that is equal to the wanted one and simpler, or -1. */
int32_t weft_fold(weft_graph *graph, const weft_node *wanted);

/* --- call.c: what users name ------------------------------------------------------------------ */

/* A function or operator of docs/language.md by its name ("+", "sin", "where", "maximum"), with
 * NumPy 2's types; operands may be weak, vectors (component by component) and of different types.
 * Reductions here run over all axes. */
int32_t weft_call(weft_graph *graph, const char *name, size_t length, const int32_t *args,
                  unsigned n);
/* Of graph->functions[function], whose operands are converted as assignments convert. Single values
 * that vary along an axis, and, of a function that is not pure, in no loop. */
int32_t weft_call_users(weft_graph *graph, unsigned function, const int32_t *args, unsigned n);
/* The number of the function of the user's of that name, or -1. */
int32_t weft_find_users(const weft_graph *graph, const char *name, size_t length);
/* A reduction ("sum", "mean", "std", "argmax", "norm", "dot", ...) over axes given by position
 * (negative: from the end), n_places 0: all of them; keep: with axes of extent 1 in their place;
 * ddof: of var and std, what is taken from the number of elements (0 for all others). Operands are
 * broadcast first, and places count the axes of that. */
int32_t weft_call_reduction(weft_graph *graph, const char *name, size_t length, const int32_t *args,
                            unsigned n, const int *places, unsigned n_places, bool keep,
                            int64_t ddof);
typedef enum weft_callable { WEFT_NOT_CALLABLE, WEFT_FUNCTION, WEFT_REDUCTION } weft_callable;
/* What a name is; aliases too. min, max: a REDUCTION, which with two operands is a function. */
weft_callable weft_find_callable(const char *name, size_t length);
/* The nearest name of a function, variable names aside, or NULL. */
const char *weft_nearest_callable(const char *name, size_t length);
/* cast(x, type): any to any. Weak constants become constants of that type, if they fit. */
int32_t weft_call_cast(weft_graph *graph, int32_t value, weft_dtype type);
/* The type that a value has by itself: weak integers are i64, weak floats f64. */
int32_t weft_call_settle(weft_graph *graph, int32_t value);
/* The value as an operand of type `type` for an assignment: NumPy's same_kind casting. */
int32_t weft_call_assignable(weft_graph *graph, int32_t value, weft_dtype type, const char *name);
/* The common type of two types, weak ones too (NumPy 2's promotion); 0: there is none. */
unsigned weft_promote(unsigned a, unsigned b);

#endif
