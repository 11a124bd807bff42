/* compiler/schedule.h: from a typed graph to code: which loops there are, what each of them does,
 * in which order, and in which registers.
 *
 * Five rooms, each a pass over what the one before left: schedule.c takes over what is alive of the
 * graph and gives each value the dimensions that it varies along; recognize.c finds what one fused
 * instruction does; nests.c decides which loops there are; emit.c writes their instructions with
 * registers without number; registers.c gives the numbers. Neighbours: compiler/graph.h (what comes
 * in), isa/verify.h (which code must pass). */
#ifndef WEFT_COMPILER_SCHEDULE_H
#define WEFT_COMPILER_SCHEDULE_H

#include "compiler/graph.h"

typedef struct weft_schedule_options {
    bool unrolled;    /* one `strip` block for exactly so many elements, at most 4,096 */
    int64_t elements; /* of it */
} weft_schedule_options;

/* Makes code of a graph that is complete. *code is owned by the caller (weft_code_free) on success.
 * It is meant to pass the verifier, and is not to be run before it has. WEFT_ERR_LIMIT (more
 * dimensions, parameters, registers or blocks than a program has), WEFT_ERR_SYNTAX (what the text
 * asked for cannot be done), WEFT_ERR_UNSUPPORTED (unrolled: what only loops can do),
 * WEFT_ERR_MEMORY. */
weft_status weft_schedule(const weft_graph *graph, const weft_schedule_options *options,
                          weft_code *code, weft_error *error);

/* --- between the rooms ------------------------------------------------------------------------ */

/* A node of the graph as the scheduler sees it. Items stand in an order in which everything that a
 * value is made of comes before it, but for what goes round in loops. */
typedef struct weft_item {
    weft_node node;      /* arg, list and loop are numbers of items */
    uint8_t mask;        /* dimensions of the index space that it varies along */
    bool is_row;         /* a reduction with dimensions left */
    uint16_t scratch;    /* array that it is also kept in, + 1, or WEFT_ARRAY_LATER; 0: none */
    uint16_t level;      /* reductions and arrays of its own that must be complete before it */
    int32_t nest;        /* the nest in which it is made; -1: in none, or by each that needs it */
    uint32_t uses, cost; /* readers; rough cost for an element, with what it is made of */
    uint32_t pressure;   /* strips that computing it needs at once, about */
    uint32_t chain;      /* operations that one kernel may do together, up to this one */
    uint32_t stamp;      /* of the nest that is looked at */
    uint32_t seen;       /* by a walk within it */
    int32_t child;       /* first of the items that are parts of it or variables of this loop, or
                            rows of tables that this is the index of; -1: none */
    int32_t sibling;     /* the next one of the same */
    int32_t reg;         /* where it is, if `scope` is open */
    uint32_t scope;
} weft_item;

typedef enum weft_sink_kind {
    WEFT_SINK_STORE,  /* values of all or some components of output `param` */
    WEFT_SINK_KEEP,   /* a value in scratch array `param` */
    WEFT_SINK_REDUCE, /* value[0] is a REDUCE item */
    WEFT_SINK_EFFECT  /* an impure call */
} weft_sink_kind;

/* Something that a loop is there for. */
typedef struct weft_sink {
    uint8_t kind;   /* weft_sink_kind */
    uint8_t domain; /* dimensions that it runs over */
    uint8_t param;
    uint16_t level;
    uint32_t nest;
    int32_t value[WEFT_MAX_SEGMENT];       /* by component; -1: none */
    uint8_t each[WEFT_MAX_RANK], n_each;   /* dimensions of blocks that may be shared */
    uint8_t inner[WEFT_MAX_RANK], n_inner; /* of blocks around the loop that are reduced over */
    int8_t lo, hi;                         /* of the loop; hi < lo: there is none */
} weft_sink;

/* A loop with the `each` blocks around it, and what it is there for. */
typedef struct weft_nest {
    weft_sink shape;     /* each, inner, lo, hi, domain, level of its sinks */
    uint32_t group;      /* nests with the same `each` blocks, which are opened once */
    uint32_t first_sink; /* in nest_sinks */
    uint32_t n_sinks;
} weft_nest;

typedef struct weft_scheduler {
    const weft_graph *graph;
    const weft_allocator *allocator;
    const weft_schedule_options *options;
    weft_error *error;
    uint8_t rank;
    uint8_t dim_of[WEFT_MAX_AXES + 1]; /* dimension of each axis; 255: not one */
    weft_vector params;                /* of weft_param, scratch arrays behind the graph's */
    weft_vector functions;             /* of int32_t: parameter of each function of the graph's; -1:
                                          it is not called */
    weft_vector items;                 /* of weft_item */
    weft_vector lists;                 /* of int32_t */
    weft_vector sinks;                 /* of weft_sink */
    weft_vector nests;                 /* of weft_nest, in the order of their code */
    weft_vector stack;                 /* of int32_t: items to look at */
    uint32_t stamp;
    uint32_t groups;
    bool is_tight; /* registers are short: constants and loads stand where they are needed */
} weft_scheduler;

static inline weft_item *weft_item_at(const weft_scheduler *s, int32_t item)
{
    return (weft_item *)s->items.data + item;
}
static inline int32_t *weft_item_list(const weft_scheduler *s, const weft_item *item)
{
    int32_t *lists = s->lists.data; /* NULL before anything was there */
    return lists ? lists + item->node.list : NULL;
}
static inline weft_sink *weft_sink_at(const weft_scheduler *s, size_t sink)
{
    return (weft_sink *)s->sinks.data + sink;
}
static inline weft_nest *weft_nest_at(const weft_scheduler *s, size_t nest)
{
    return (weft_nest *)s->nests.data + nest;
}
enum { WEFT_MAX_NESTS = 512 };

static inline bool weft_item_is_loop(const weft_item *item)
{
    return item->node.kind == WEFT_NODE_FOR || item->node.kind == WEFT_NODE_SCAN;
}

/* Appends an item, or a value to a list or the stack. */
weft_status weft_item_new(weft_scheduler *s, const weft_node *node, int32_t *number);
weft_status weft_schedule_push(weft_scheduler *s, weft_vector *vector, int32_t value);
/* Appends a sink without domain, of one value or, -1, none yet. */
weft_status weft_sink_new(weft_scheduler *s, weft_sink_kind kind, int32_t value);
/* Dimensions of axes. */
uint8_t weft_schedule_mask(const weft_scheduler *s, const weft_axes *axes);
/* scan.c: the reduction `node` of items a (and b), whose last dimension stays. */
weft_status weft_schedule_scan(weft_scheduler *s, const weft_node *node, int32_t a, int32_t b,
                               int32_t *result);

/* Calls visit for what an item is made of, each time it is read; of PART and CARRIED that is the
 * loop's count and what that variable is at first and next. A visitor makes no items. */
typedef bool weft_visit(weft_scheduler *s, int32_t item, void *data);
bool weft_item_each_arg(weft_scheduler *s, int32_t item, weft_visit *visit, void *data);

enum { WEFT_ARRAY_LATER = UINT16_MAX }; /* weft_item.scratch until it is known which array it is */

/* Puts a new scratch array for the item among the parameters, and its number + 1 into the item. */
weft_status weft_schedule_new_array(weft_scheduler *s, int32_t item);

/* Whether, in a nest, the item is read from its array instead of being computed. */
bool weft_item_is_kept(const weft_scheduler *s, const weft_item *item, const weft_nest *nest);

/* Stamps everything that the sinks of a nest are made of there. */
weft_status weft_nest_reach(weft_scheduler *s, const weft_nest *nest);
/* The same for the items on the stack, with a stamp that is set already; nest NULL: outside of all.
 */
weft_status weft_schedule_reach(weft_scheduler *s, const weft_nest *nest);

/* recognize.c: chains of fma become fused operations */
weft_status weft_schedule_recognize(weft_scheduler *s);

/* A product of a quaternion product: which component of a, and its sign. */
typedef struct weft_quaternion_term {
    int8_t a, sign;
} weft_quaternion_term;
/* [qmul or qmulr][component of the result][w, x, y, z of b] */
extern const weft_quaternion_term weft_quaternion[2][4][4];

weft_status weft_schedule_nests(weft_scheduler *s); /* nests.c: fills sinks and nests */

/* An instruction whose registers have no numbers yet: numbers of weft_virtual instead; -1: none. */
typedef struct weft_draft {
    weft_insn insn;
    int32_t d, a, b, c;
} weft_draft;

typedef enum weft_file { WEFT_FILE_STRIP, WEFT_FILE_PREDICATE, WEFT_FILE_SCALAR } weft_file;

/* Members of a group get consecutive registers. */
typedef struct weft_virtual {
    uint8_t file;        /* weft_file */
    uint8_t offset;      /* in its group */
    uint8_t width;       /* of the group that it leads */
    uint8_t number;      /* the register; of the leader, the first of the group */
    int32_t leader;      /* of its group; itself where it is alone */
    int32_t from;        /* instruction from which on it must be kept free; -1: its first one */
    int32_t first, last; /* registers.c: instructions where the group lives */
} weft_virtual;

typedef struct weft_draft_code {
    weft_vector insns; /* of weft_draft */
    weft_vector regs;  /* of weft_virtual */
} weft_draft_code;

weft_status weft_schedule_emit(weft_scheduler *s, weft_draft_code *draft);      /* emit.c */
weft_status weft_schedule_registers(weft_scheduler *s, weft_draft_code *draft); /* registers.c */

#endif
