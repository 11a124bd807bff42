/* vm/builder_values.c: the values of a builder: what they are made of, calls, loops
 * (weft/builder.h, vm/builder.h). */
#include <string.h>

#include "isa/verify.h"
#include "vm/builder.h"

#define FAIL(...) weft_graph_fail(&builder->graph, WEFT_ERR_ARG, __VA_ARGS__)

static const weft_expr none = {-1};

/* --- handles ---------------------------------------------------------------------------------- */

weft_expr weft_builder_give(weft_builder *builder, int32_t node)
{
    int32_t *entry = NULL;
    if (node >= 0 && !builder->graph.failed) {
        entry = weft_vector_push(&builder->context->allocator, &builder->exprs);
        if (!entry)
            weft_graph_fail(&builder->graph, WEFT_ERR_MEMORY, "out of memory");
    }
    weft_builder_end(builder);
    if (!entry)
        return none;
    *entry = node;
    return (weft_expr){(int32_t)builder->exprs.count - 1};
}

int32_t weft_builder_take(weft_builder *builder, weft_expr value)
{
    if (value.id < 0 || (size_t)value.id >= builder->exprs.count)
        return FAIL("there is no value %d", (int)value.id);
    return ((const int32_t *)builder->exprs.data)[value.id];
}

bool weft_builder_take_all(weft_builder *builder, const weft_expr *values, uint32_t n,
                           int32_t *nodes, uint32_t most)
{
    if (n > most) {
        weft_graph_fail(&builder->graph, WEFT_ERR_LIMIT, "%u values where at most %u are possible",
                        n, most);
        return false;
    }
    if (n && !values) {
        FAIL("there are no values");
        return false;
    }
    for (uint32_t i = 0; i < n; i++)
        if ((nodes[i] = weft_builder_take(builder, values[i])) < 0)
            return false;
    return true;
}

static bool is_vector(const weft_graph *graph, int32_t node)
{
    return weft_node_at(graph, node)->kind == WEFT_NODE_VECTOR;
}

weft_status weft_builder_describe(const weft_builder *builder, weft_expr value,
                                  weft_expr_info *info)
{
    if (!builder || !info || value.id < 0 || (size_t)value.id >= builder->exprs.count)
        return WEFT_ERR_ARG;
    const weft_graph *graph = &builder->graph;
    const weft_node *at = weft_node_at(graph, ((const int32_t *)builder->exprs.data)[value.id]);
    memset(info, 0, sizeof *info);
    info->type = at->type < WEFT_TYPE_COUNT ? (weft_dtype)at->type : WEFT_NONE;
    info->components = at->kind == WEFT_NODE_VECTOR ? at->n : 1;
    for (unsigned i = 0; i < at->axes.rank; i++)
        if (at->axes.axis[i] != WEFT_AXIS_ONE)
            info->axes |= 1u << weft_graph_axis_of(graph, at->axes.axis[i]);
    return WEFT_OK;
}

/* --- parameters and axes ---------------------------------------------------------------------- */

/* All components of something as one value. */
static int32_t gather_up(weft_graph *graph, const int32_t *parts, unsigned segment)
{
    return segment > 1 ? weft_node_vector(graph, parts, segment) : parts[0];
}

static int32_t read_param(weft_builder *builder, int32_t param)
{
    weft_graph *graph = &builder->graph;
    const weft_param *at = weft_builder_param_at(builder, param);
    int32_t parts[WEFT_MAX_SEGMENT];
    if (!at)
        return -1;
    if (at->kind == WEFT_PARAM_OUT)
        return FAIL("'%s' is an output: use the value that it gets", at->name);
    const bool uniform = at->kind == WEFT_PARAM_UNIFORM;
    if (at->kind == WEFT_PARAM_TABLE || (uniform && at->count > 1))
        return FAIL("'%s' has rows: weft_builder_row takes one", at->name);
    const unsigned segment = at->segment;
    for (unsigned k = 0; k < segment; k++)
        parts[k] = uniform ? weft_node_uniform(graph, (unsigned)param, k, 0)
                           : weft_node_load(graph, (unsigned)param, k);
    return graph->failed ? -1 : gather_up(graph, parts, segment);
}

weft_expr weft_builder_read(weft_builder *builder, int32_t param)
{
    if (!weft_builder_begin(builder, "weft_builder_read"))
        return none;
    return weft_builder_give(builder, read_param(builder, param));
}

/* An index as an i32 or i64. */
static int32_t index_of(weft_graph *graph, int32_t node)
{
    const unsigned type = weft_node_at(graph, node)->type;
    if (is_vector(graph, node))
        return weft_graph_fail(graph, WEFT_ERR_SYNTAX, "an index is one value, not a vector");
    if (type == WEFT_I32 || type == WEFT_I64)
        return node;
    if (type == WEFT_WEAK_INT)
        return weft_call_settle(graph, node);
    if (!weft_type_in(WEFT_MASK_INT, type))
        return weft_graph_fail(graph, WEFT_ERR_SYNTAX, "an index is a whole number");
    return weft_call_cast(graph, node, WEFT_I64);
}

/* Row-major: (i0 * length 1 + i1) * length 2 + ... */
static int32_t row_number(weft_graph *graph, unsigned param, const int32_t *indices, unsigned n)
{
    int32_t row = index_of(graph, indices[0]);
    for (unsigned d = 1; d < n && row >= 0; d++) {
        const int32_t length = weft_node_length(graph, param, d),
                      index = index_of(graph, indices[d]);
        row = weft_call(graph, "*", 1, (int32_t[]){row, length}, 2);
        row = weft_call(graph, "+", 1, (int32_t[]){row, index}, 2);
    }
    return row;
}

static int32_t read_row(weft_builder *builder, int32_t param, const weft_expr *indices, uint32_t n)
{
    weft_graph *graph = &builder->graph;
    const weft_param *at = weft_builder_param_at(builder, param);
    int32_t nodes[WEFT_MAX_RANK], parts[WEFT_MAX_SEGMENT];
    if (!at)
        return -1;
    const bool uniform = at->kind == WEFT_PARAM_UNIFORM;
    if (at->kind != WEFT_PARAM_TABLE && !uniform)
        return FAIL("'%s' has no rows: it is neither a table nor a uniform", at->name);
    if (n < 1 || (uniform && n > 1))
        return FAIL("'%s' needs %s, not %u", at->name, uniform ? "one index" : "1 to 4 indices", n);
    if (!weft_builder_take_all(builder, indices, n, nodes, WEFT_MAX_RANK))
        return -1;
    const unsigned segment = at->segment;
    const int32_t row = row_number(graph, (unsigned)param, nodes, n);
    for (unsigned k = 0; k < segment; k++)
        parts[k] = row < 0 ? -1 : weft_node_row(graph, (unsigned)param, k, row);
    return graph->failed ? -1 : gather_up(graph, parts, segment);
}

weft_expr weft_builder_row(weft_builder *builder, int32_t param, const weft_expr *indices,
                           uint32_t n)
{
    if (!weft_builder_begin(builder, "weft_builder_row"))
        return none;
    return weft_builder_give(builder, read_row(builder, param, indices, n));
}

/* The number of an axis, or -1 and an error. */
static int axis_of(weft_builder *builder, uint32_t axis)
{
    weft_axes one;
    if (!weft_builder_axes(builder, axis, &one))
        return -1;
    return one.rank == 1 ? one.axis[0] : FAIL("0x%x is not one axis", axis);
}

weft_expr weft_builder_extent(weft_builder *builder, uint32_t axis)
{
    if (!weft_builder_begin(builder, "weft_builder_extent"))
        return none;
    const int number = axis_of(builder, axis);
    return weft_builder_give(builder,
                             number < 0 ? -1 : weft_node_extent(&builder->graph, (unsigned)number));
}

weft_expr weft_builder_index(weft_builder *builder, uint32_t axis)
{
    if (!weft_builder_begin(builder, "weft_builder_index"))
        return none;
    const int number = axis_of(builder, axis);
    return weft_builder_give(
        builder, number < 0 ? -1 : weft_node_index(&builder->graph, (unsigned)number, WEFT_I64));
}

static int32_t length_of(weft_builder *builder, int32_t param, uint32_t dim)
{
    const weft_param *at = weft_builder_param_at(builder, param);
    if (!at)
        return -1;
    const bool uniform = at->kind == WEFT_PARAM_UNIFORM;
    if (at->kind != WEFT_PARAM_TABLE && !uniform)
        return FAIL("'%s' is neither a table nor a uniform: weft_builder_extent tells how many "
                    "elements an axis has",
                    at->name);
    if (dim >= (uniform ? 1u : (uint32_t)WEFT_MAX_RANK))
        return FAIL("'%s' has no dimension %u", at->name, dim);
    return weft_node_length(&builder->graph, (unsigned)param, dim);
}

weft_expr weft_builder_length(weft_builder *builder, int32_t param, uint32_t dim)
{
    if (!weft_builder_begin(builder, "weft_builder_length"))
        return none;
    return weft_builder_give(builder, length_of(builder, param, dim));
}

/* --- constants -------------------------------------------------------------------------------- */

weft_expr weft_builder_integer(weft_builder *builder, int64_t value)
{
    if (!weft_builder_begin(builder, "weft_builder_integer"))
        return none;
    return weft_builder_give(builder,
                             weft_node_const(&builder->graph, WEFT_WEAK_INT, (uint64_t)value));
}

weft_expr weft_builder_float(weft_builder *builder, double value)
{
    uint64_t bits;
    if (!weft_builder_begin(builder, "weft_builder_float"))
        return none;
    memcpy(&bits, &value, sizeof bits);
    return weft_builder_give(builder, weft_node_const(&builder->graph, WEFT_WEAK_FLOAT, bits));
}

static int32_t constant(weft_builder *builder, weft_dtype type, const void *element)
{
    const unsigned char *bytes = element;
    uint64_t bits = 0;
    if (!weft_type_in(WEFT_MASK_ALL, type) || !element)
        return FAIL(element ? "%d is no element type" : "there is no element at NULL", (int)type);
    switch (weft_dtype_size(type)) {
    case 1:
        bits = type == WEFT_BOOL ? *bytes != 0 : *bytes;
        break;
    case 2: {
        uint16_t value;
        memcpy(&value, element, sizeof value);
        bits = value;
        break;
    }
    case 4: {
        uint32_t value;
        memcpy(&value, element, sizeof value);
        bits = value;
        break;
    }
    default:
        memcpy(&bits, element, sizeof bits);
    }
    return weft_node_const(&builder->graph, type, bits);
}

weft_expr weft_builder_constant(weft_builder *builder, weft_dtype type, const void *element)
{
    if (!weft_builder_begin(builder, "weft_builder_constant"))
        return none;
    return weft_builder_give(builder, constant(builder, type, element));
}

/* --- calls ------------------------------------------------------------------------------------ */

/* Whether it may be a function of the user's: a name that the language does not know. */
static bool may_be_users(const char *name)
{
    return weft_name_is_good(name) && strcmp(name, "and") != 0 && strcmp(name, "or") != 0 &&
           strcmp(name, "not") != 0 && !weft_find_callable(name, strlen(name));
}

/* The number of a declared function, or of one that the context has, which is declared now; -1:
 * neither. */
static int32_t function_of(weft_builder *builder, const char *name)
{
    weft_function_info info = {.size = sizeof info};
    const int32_t declared = weft_find_users(&builder->graph, name, strlen(name));
    if (declared >= 0 || !may_be_users(name) ||
        weft_function_query(builder->context, name, &info, NULL))
        return declared;
    for (unsigned i = 0; i < builder->graph.params.count; i++)
        if (strcmp(weft_graph_param_at(&builder->graph, i)->name, name) == 0)
            return FAIL("'%s' is a function, but also a parameter", name);
    return weft_builder_add_function(builder, &info);
}

static int32_t call(weft_builder *builder, const char *name, const weft_expr *args, uint32_t n)
{
    int32_t nodes[WEFT_BUILDER_OPERANDS];
    if (!name)
        return FAIL("there is no name");
    if (!weft_builder_take_all(builder, args, n, nodes, WEFT_BUILDER_OPERANDS))
        return -1;
    const int32_t function = function_of(builder, name);
    if (function >= 0)
        return weft_call_users(&builder->graph, (unsigned)function, nodes, n);
    return weft_call(&builder->graph, name, strlen(name), nodes, n);
}

weft_expr weft_builder_call(weft_builder *builder, const char *name, const weft_expr *args,
                            uint32_t n)
{
    if (!weft_builder_begin(builder, "weft_builder_call"))
        return none;
    return weft_builder_give(builder, call(builder, name, args, n));
}

/* Places of axes among those that some values vary along together. */
static bool places_of(weft_builder *builder, const int32_t *nodes, uint32_t n, uint32_t mask,
                      int *places, unsigned *n_places)
{
    weft_graph *graph = &builder->graph;
    weft_axes wanted, all;
    memset(&all, 0, sizeof all);
    if (!weft_builder_axes(builder, mask, &wanted))
        return false;
    for (uint32_t i = 0; i < n; i++) {
        const weft_axes axes = weft_node_at(graph, nodes[i])->axes;
        if (!weft_graph_broadcast(graph, &all, &axes, &all))
            return false;
    }
    *n_places = 0;
    for (unsigned i = 0; i < wanted.rank; i++) {
        unsigned place = 0;
        while (place < all.rank && weft_graph_axis_of(graph, all.axis[place]) !=
                                       weft_graph_axis_of(graph, wanted.axis[i]))
            place++;
        if (place == all.rank) {
            weft_graph_fail(
                graph, WEFT_ERR_SYNTAX,
                "the value does not vary along axis 0x%x, and cannot be reduced over it",
                1u << wanted.axis[i]);
            return false;
        }
        places[(*n_places)++] = (int)place;
    }
    return true;
}

static int32_t reduce(weft_builder *builder, const char *name, const weft_expr *args, uint32_t n,
                      uint32_t axes, int64_t ddof)
{
    int32_t nodes[WEFT_BUILDER_OPERANDS];
    int places[WEFT_MAX_RANK];
    unsigned n_places;
    if (!name)
        return FAIL("there is no name");
    if (weft_find_callable(name, strlen(name)) != WEFT_REDUCTION)
        return weft_graph_fail(&builder->graph, WEFT_ERR_SYNTAX, "'%.64s' is no reduction", name);
    if (!weft_builder_take_all(builder, args, n, nodes, WEFT_BUILDER_OPERANDS) ||
        !places_of(builder, nodes, n, axes, places, &n_places))
        return -1;
    return weft_call_reduction(&builder->graph, name, strlen(name), nodes, n, places, n_places,
                               false, ddof);
}

weft_expr weft_builder_reduce(weft_builder *builder, const char *name, const weft_expr *args,
                              uint32_t n, uint32_t axes, int64_t ddof)
{
    if (!weft_builder_begin(builder, "weft_builder_reduce"))
        return none;
    return weft_builder_give(builder, reduce(builder, name, args, n, axes, ddof));
}

weft_expr weft_builder_cast(weft_builder *builder, weft_expr value, weft_dtype type)
{
    if (!weft_builder_begin(builder, "weft_builder_cast"))
        return none;
    int32_t node = weft_builder_take(builder, value);
    if (node >= 0 && !weft_type_in(WEFT_MASK_ALL, type))
        node = FAIL("%d is no element type", (int)type);
    return weft_builder_give(builder, node < 0 ? -1 : weft_call_cast(&builder->graph, node, type));
}

static int32_t spread(weft_builder *builder, weft_expr value, uint32_t mask)
{
    weft_graph *graph = &builder->graph;
    int32_t node = weft_builder_take(builder, value), parts[WEFT_MAX_SEGMENT];
    weft_axes axes;
    if (node < 0 || !weft_builder_axes(builder, mask, &axes))
        return -1;
    node = weft_call_settle(graph, node);
    if (node < 0)
        return -1;
    if (!is_vector(graph, node))
        return weft_node_spread(graph, node, &axes);
    const unsigned n = weft_node_at(graph, node)->n;
    for (unsigned k = 0; k < n; k++)
        parts[k] =
            weft_node_spread(graph, weft_list_at(graph, weft_node_at(graph, node))[k], &axes);
    return graph->failed ? -1 : weft_node_vector(graph, parts, n);
}

weft_expr weft_builder_spread(weft_builder *builder, weft_expr value, uint32_t axes)
{
    if (!weft_builder_begin(builder, "weft_builder_spread"))
        return none;
    return weft_builder_give(builder, spread(builder, value, axes));
}

/* --- vectors ---------------------------------------------------------------------------------- */

weft_expr weft_builder_vector(weft_builder *builder, const weft_expr *parts, uint32_t n)
{
    int32_t nodes[WEFT_MAX_SEGMENT], vector = -1;
    if (!weft_builder_begin(builder, "weft_builder_vector"))
        return none;
    if (weft_builder_take_all(builder, parts, n, nodes, WEFT_MAX_SEGMENT))
        vector = weft_call(&builder->graph, "vec", 3, nodes, n);
    return weft_builder_give(builder, vector);
}

weft_expr weft_builder_component(weft_builder *builder, weft_expr vector, uint32_t k)
{
    if (!weft_builder_begin(builder, "weft_builder_component"))
        return none;
    weft_graph *graph = &builder->graph;
    int32_t node = weft_builder_take(builder, vector);
    if (node >= 0 && !is_vector(graph, node))
        node =
            weft_graph_fail(graph, WEFT_ERR_SYNTAX, "a value that is no vector has no components");
    else if (node >= 0 && k >= weft_node_at(graph, node)->n)
        node = weft_graph_fail(graph, WEFT_ERR_SYNTAX,
                               "a vector of %u components has no component "
                               "%u",
                               weft_node_at(graph, node)->n, k);
    else if (node >= 0)
        node = weft_list_at(graph, weft_node_at(graph, node))[k];
    return weft_builder_give(builder, node);
}

/* --- counted loops ---------------------------------------------------------------------------- */

/* Variables one component behind the other; false: an error. */
static bool flatten(weft_builder *builder, const int32_t *nodes, uint32_t n, uint8_t *widths,
                    int32_t *flat, unsigned *count)
{
    weft_graph *graph = &builder->graph;
    enum { MOST = WEFT_BUILDER_VARIABLES };
    *count = 0;
    for (uint32_t i = 0; i < n; i++) {
        const weft_node *at = weft_node_at(graph, nodes[i]);
        const bool vector = at->kind == WEFT_NODE_VECTOR;
        const unsigned width = vector ? at->n : 1;
        if (*count + width > MOST) {
            weft_graph_fail(graph, WEFT_ERR_LIMIT,
                            "a loop has at most %d variables, each component counted", MOST);
            return false;
        }
        widths[i] = (uint8_t)(vector ? width : 0);
        for (unsigned k = 0; k < width; k++)
            flat[(*count)++] = vector ? weft_list_at(graph, at)[k] : nodes[i];
    }
    return true;
}

typedef int32_t maker(weft_graph *graph, int32_t loop, unsigned k);

/* Variables as the user knows them, of components that `make` gives. */
static bool put_together(weft_builder *builder, const weft_builder_loop *loop, maker *make,
                         weft_expr *values)
{
    weft_graph *graph = &builder->graph;
    unsigned next = 0;
    for (uint32_t i = 0; i < loop->n; i++) {
        const unsigned width = loop->widths[i] ? loop->widths[i] : 1;
        int32_t parts[WEFT_MAX_SEGMENT];
        for (unsigned k = 0; k < width; k++)
            parts[k] = make(graph, loop->node, next++);
        if (graph->failed)
            return false;
        values[i] = weft_builder_give(
            builder, loop->widths[i] ? weft_node_vector(graph, parts, width) : parts[0]);
        if (values[i].id < 0)
            return false;
    }
    return true;
}

/* The count of a loop as a node of i64. */
static int32_t count_of(weft_builder *builder, weft_expr count)
{
    weft_graph *graph = &builder->graph;
    int32_t node = weft_builder_take(builder, count);
    if (node >= 0 && weft_node_at(graph, node)->type == WEFT_WEAK_INT)
        node = weft_call_settle(graph, node);
    if (node < 0)
        return -1;
    if (is_vector(graph, node) || !weft_node_is_countable(graph, node))
        return weft_graph_fail(graph, WEFT_ERR_SYNTAX,
                               "a loop counts to sums and multiples of whole numbers, lengths, "
                               "extents, counters and i64 uniforms");
    const weft_node *at = weft_node_at(graph, node);
    return at->kind == WEFT_NODE_CONST && (int64_t)at->imm < 0 ? weft_node_const(graph, WEFT_I64, 0)
                                                               : node;
}

static bool open_loop(weft_builder *builder, weft_expr count, const weft_expr *initial, uint32_t n,
                      weft_expr *variables)
{
    weft_graph *graph = &builder->graph;
    int32_t nodes[WEFT_BUILDER_VARIABLES], flat[WEFT_BUILDER_VARIABLES];
    unsigned n_flat;
    if (builder->n_loops == WEFT_BUILDER_LOOPS) {
        weft_graph_fail(graph, WEFT_ERR_LIMIT, "more than %d loops in each other",
                        WEFT_BUILDER_LOOPS);
        return false;
    }
    weft_builder_loop *loop = &builder->loops[builder->n_loops];
    const int32_t times = count_of(builder, count);
    if (times < 0 || !weft_builder_take_all(builder, initial, n, nodes, WEFT_BUILDER_VARIABLES))
        return false;
    if (n && !variables) {
        FAIL("there is no place for the variables");
        return false;
    }
    for (uint32_t i = 0; i < n; i++)
        if ((nodes[i] = weft_call_settle(graph, nodes[i])) < 0)
            return false;
    if (!flatten(builder, nodes, n, loop->widths, flat, &n_flat))
        return false;
    loop->node = weft_node_for(graph, times, flat, n_flat);
    loop->n = n;
    if (loop->node < 0)
        return false;
    builder->n_loops++;
    return true;
}

static void clear(weft_expr *values, uint32_t n)
{
    for (uint32_t i = 0; values && i < n && i < WEFT_BUILDER_VARIABLES; i++)
        values[i] = none;
}

weft_status weft_builder_for(weft_builder *builder, weft_expr count, const weft_expr *initial,
                             uint32_t n, weft_expr *counter, weft_expr *variables)
{
    const bool begun = weft_builder_begin(builder, "weft_builder_for");
    if (counter)
        *counter = none;
    bool done = begun && open_loop(builder, count, initial, n, variables);
    if (done) {
        const weft_builder_loop *loop = &builder->loops[builder->n_loops - 1];
        if (counter)
            *counter = weft_builder_give(builder, weft_node_counter(&builder->graph, loop->node));
        done = put_together(builder, loop, weft_node_carried, variables);
    }
    if (!done)
        clear(variables, n);
    if (!builder)
        return WEFT_ERR_ARG;
    return weft_builder_end(builder);
}

/* What the variables are next, with the types and components that they have. */
static bool take_next(weft_builder *builder, const weft_builder_loop *loop, const weft_expr *next,
                      int32_t *flat)
{
    weft_graph *graph = &builder->graph;
    int32_t nodes[WEFT_BUILDER_VARIABLES];
    uint8_t widths[WEFT_BUILDER_VARIABLES];
    unsigned n_flat, at = 0;
    if (!weft_builder_take_all(builder, next, loop->n, nodes, WEFT_BUILDER_VARIABLES) ||
        !flatten(builder, nodes, loop->n, widths, flat, &n_flat))
        return false;
    for (uint32_t i = 0; i < loop->n; i++) {
        if (widths[i] != loop->widths[i]) {
            weft_graph_fail(graph, WEFT_ERR_SYNTAX,
                            "variable %u of the loop has %u components at first and %u after an "
                            "iteration",
                            i, loop->widths[i] ? loop->widths[i] : 1u, widths[i] ? widths[i] : 1u);
            return false;
        }
        for (unsigned k = 0; k < (widths[i] ? widths[i] : 1u); k++, at++) {
            const weft_node *of = weft_node_at(graph, loop->node);
            const unsigned type = weft_node_at(graph, weft_list_at(graph, of)[at])->type;
            unsigned own = weft_node_at(graph, flat[at])->type;
            if (own >= WEFT_TYPE_COUNT) { /* a literal */
                flat[at] = weft_call_assignable(graph, flat[at], (weft_dtype)type, "a variable");
                own = flat[at] < 0 ? own : type;
            }
            if (graph->failed)
                return false;
            if (own == type)
                continue;
            weft_graph_fail(graph, WEFT_ERR_SYNTAX,
                            "variable %u of the loop is %s at first and %s after an iteration: "
                            "weft_builder_cast converts",
                            i, weft_dtype_name((weft_dtype)type), weft_dtype_name((weft_dtype)own));
            return false;
        }
    }
    return true;
}

static bool close_loop(weft_builder *builder, const weft_expr *next, uint32_t n, weft_expr *results)
{
    int32_t flat[WEFT_BUILDER_VARIABLES];
    if (builder->n_loops == 0) {
        FAIL("no loop is open");
        return false;
    }
    weft_builder_loop *loop = &builder->loops[builder->n_loops - 1];
    if (n != loop->n || (n && !results)) {
        FAIL(n != loop->n ? "the loop has %u variables, not %u"
                          : "there is no place for the results",
             loop->n, n);
        return false;
    }
    if (!take_next(builder, loop, next, flat) ||
        !weft_node_end_for(&builder->graph, loop->node, flat))
        return false;
    builder->n_loops--;
    return put_together(builder, loop, weft_node_part, results);
}

weft_status weft_builder_end_for(weft_builder *builder, const weft_expr *next, uint32_t n,
                                 weft_expr *results)
{
    const bool begun = weft_builder_begin(builder, "weft_builder_end_for");
    if (!begun || !close_loop(builder, next, n, results))
        clear(results, n);
    if (!builder)
        return WEFT_ERR_ARG;
    return weft_builder_end(builder);
}
