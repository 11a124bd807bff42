/* compiler/axes.c: axes of the graph, which of them are the same, and what has axes: parameters and
 * outputs (compiler/graph.h). */
#include <string.h>

#include "compiler/node.h"

static weft_axis *axis_at(const weft_graph *graph, unsigned axis)
{
    return (weft_axis *)graph->axes.data + axis;
}

unsigned weft_graph_axis_of(const weft_graph *graph, unsigned axis)
{
    while (axis < graph->axes.count && axis_at(graph, axis)->same != axis)
        axis = axis_at(graph, axis)->same;
    return axis;
}

weft_axes weft_axes_canonical(const weft_graph *graph, const weft_axes *axes)
{
    weft_axes same;
    memset(&same, 0, sizeof same);
    same.rank = axes->rank;
    for (unsigned i = 0; i < axes->rank; i++)
        same.axis[i] = (uint8_t)weft_graph_axis_of(graph, axes->axis[i]);
    return same;
}

bool weft_axes_equal(const weft_graph *graph, const weft_axes *a, const weft_axes *b)
{
    if (a->rank != b->rank)
        return false;
    for (unsigned i = 0; i < a->rank; i++)
        if (weft_graph_axis_of(graph, a->axis[i]) != weft_graph_axis_of(graph, b->axis[i]))
            return false;
    return true;
}

bool weft_axes_have(const weft_graph *graph, const weft_axes *axes, unsigned axis)
{
    axis = weft_graph_axis_of(graph, axis);
    for (unsigned i = 0; i < axes->rank; i++)
        if (axes->axis[i] != WEFT_AXIS_ONE && weft_graph_axis_of(graph, axes->axis[i]) == axis)
            return true;
    return false;
}

int32_t weft_graph_new_axis(weft_graph *graph, const char *name, size_t length)
{
    if (graph->failed)
        return -1;
    if (length > WEFT_MAX_NAME)
        return weft_graph_fail(graph, WEFT_ERR_LIMIT, "a name of more than %d bytes",
                               WEFT_MAX_NAME);
    for (unsigned i = 0; length && i < graph->axes.count; i++)
        if (strlen(axis_at(graph, i)->name) == length &&
            memcmp(axis_at(graph, i)->name, name, length) == 0)
            return weft_graph_fail(graph, WEFT_ERR_SYNTAX, "there is an axis '%.*s' already",
                                   (int)length, name);
    if (graph->axes.count == WEFT_MAX_AXES)
        return weft_graph_fail(graph, WEFT_ERR_LIMIT, "more than %d axes", WEFT_MAX_AXES);
    weft_axis *axis = weft_vector_push(graph->allocator, &graph->axes);
    if (!axis)
        return weft_graph_fail(graph, WEFT_ERR_MEMORY, "out of memory");
    if (length)
        memcpy(axis->name, name, length);
    axis->same = (uint8_t)(graph->axes.count - 1);
    return (int32_t)graph->axes.count - 1;
}

/* --- broadcasting ----------------------------------------------------------------------------- */

/* Whether an axis stands in two places. */
static bool is_double(const weft_graph *graph, const weft_axes *axes)
{
    for (unsigned i = 1; i < axes->rank; i++)
        for (unsigned j = 0; j < i; j++)
            if (axes->axis[i] != WEFT_AXIS_ONE && axes->axis[j] != WEFT_AXIS_ONE &&
                weft_graph_axis_of(graph, axes->axis[i]) ==
                    weft_graph_axis_of(graph, axes->axis[j]))
                return true;
    return false;
}

/* That two axes are the same may make two axes of any value the same. */
static bool check_doubles(weft_graph *graph)
{
    bool found = false;
    for (size_t i = 0; i < graph->nodes.count && !found; i++)
        found = is_double(graph, &weft_node_at(graph, (int32_t)i)->axes);
    for (size_t i = 0; i < graph->shapes.count && !found; i++)
        found = is_double(graph, (weft_axes *)graph->shapes.data + i);
    if (found)
        weft_graph_fail(graph, WEFT_ERR_SYNTAX,
                        "two axes of one array would be the same here; with keepdims=True a "
                        "reduction keeps the places of the axes");
    return !found;
}

static unsigned unite(weft_graph *graph, unsigned a, unsigned b)
{
    const unsigned older = a < b ? a : b, newer = a < b ? b : a;
    axis_at(graph, newer)->same = (uint8_t)older;
    return older;
}

static bool broadcast_positions(weft_graph *graph, const weft_axes *a, const weft_axes *b,
                                weft_axes *both)
{
    const unsigned rank = a->rank > b->rank ? a->rank : b->rank;
    bool united = false;
    both->rank = (uint8_t)rank;
    for (unsigned back = 1; back <= rank; back++) {
        unsigned x = back <= a->rank ? a->axis[a->rank - back] : WEFT_AXIS_ONE;
        unsigned y = back <= b->rank ? b->axis[b->rank - back] : WEFT_AXIS_ONE;
        x = weft_graph_axis_of(graph, x);
        y = weft_graph_axis_of(graph, y);
        if (x == WEFT_AXIS_ONE) {
            x = y;
        } else if (y != WEFT_AXIS_ONE && x != y) {
            x = unite(graph, x, y);
            united = true;
        }
        both->axis[rank - back] = (uint8_t)x;
    }
    if (is_double(graph, both) || united)
        return check_doubles(graph) &&
               (!is_double(graph, both) ||
                weft_graph_fail(graph, WEFT_ERR_SYNTAX,
                                "an axis would stand in two places here; with keepdims=True a "
                                "reduction keeps the places of the axes") >= 0);
    return true;
}

/* Sorted by number, each once. */
static bool add_axis(weft_graph *graph, weft_axes *axes, unsigned axis)
{
    unsigned at = 0;
    while (at < axes->rank && axes->axis[at] < axis)
        at++;
    if (axis == WEFT_AXIS_ONE || (at < axes->rank && axes->axis[at] == axis))
        return true;
    if (axes->rank == WEFT_MAX_RANK) {
        weft_graph_fail(graph, WEFT_ERR_SYNTAX, "a value has at most %d axes", WEFT_MAX_RANK);
        return false;
    }
    for (unsigned i = axes->rank; i > at; i--)
        axes->axis[i] = axes->axis[i - 1];
    axes->axis[at] = (uint8_t)axis;
    axes->rank++;
    return true;
}

static bool join(weft_graph *graph, const weft_axes *axes, weft_axes *all)
{
    for (unsigned i = 0; i < axes->rank; i++)
        if (!add_axis(graph, all, weft_graph_axis_of(graph, axes->axis[i])))
            return false;
    return true;
}

bool weft_graph_broadcast(weft_graph *graph, const weft_axes *a, const weft_axes *b,
                          weft_axes *both)
{
    weft_axes result;
    memset(&result, 0, sizeof result);
    if (graph->failed)
        return false;
    const bool fits = graph->named_axes ? join(graph, a, &result) && join(graph, b, &result)
                                        : broadcast_positions(graph, a, b, &result);
    *both = result;
    return fits;
}

/* --- parameters, functions, outputs ----------------------------------------------------------- */

int32_t weft_graph_new_param(weft_graph *graph, const weft_param *param, const weft_axes *axes)
{
    if (graph->failed)
        return -1;
    for (unsigned i = 0; i < graph->params.count; i++)
        if (strcmp(weft_graph_param_at(graph, i)->name, param->name) == 0)
            return weft_graph_fail(graph, WEFT_ERR_SYNTAX, "there is a parameter '%s' already",
                                   param->name);
    if (graph->params.count == WEFT_MAX_PARAMS)
        return weft_graph_fail(graph, WEFT_ERR_LIMIT, "more than %d parameters", WEFT_MAX_PARAMS);
    weft_axes shape;
    memset(&shape, 0, sizeof shape);
    if (axes && graph->named_axes) {
        if (!join(graph, axes, &shape))
            return -1;
    } else if (axes) {
        shape = weft_axes_canonical(graph, axes);
    }
    weft_param *added = weft_vector_push(graph->allocator, &graph->params);
    weft_axes *its = weft_vector_push(graph->allocator, &graph->shapes);
    if (!added || !its)
        return weft_graph_fail(graph, WEFT_ERR_MEMORY, "out of memory");
    *added = *param;
    *its = shape;
    return (int32_t)graph->params.count - 1;
}

int32_t weft_graph_new_function(weft_graph *graph, const weft_graph_function *function)
{
    if (graph->failed)
        return -1;
    if (graph->functions.count == 256)
        return weft_graph_fail(graph, WEFT_ERR_LIMIT, "more than 256 functions");
    weft_graph_function *added = weft_vector_push(graph->allocator, &graph->functions);
    if (!added)
        return weft_graph_fail(graph, WEFT_ERR_MEMORY, "out of memory");
    *added = *function;
    return (int32_t)graph->functions.count - 1;
}

static weft_axes without_ones(const weft_axes *axes)
{
    weft_axes rest = {.rank = 0};
    for (unsigned i = 0; i < axes->rank; i++)
        if (axes->axis[i] != WEFT_AXIS_ONE)
            rest.axis[rest.rank++] = axes->axis[i];
    return rest;
}

/* Whether the value varies along axes of the output only. */
static bool check_shape(weft_graph *graph, unsigned param, const weft_axes *value)
{
    const weft_axes *shape = (weft_axes *)graph->shapes.data + param;
    const char *name = weft_graph_param_at(graph, param)->name;
    /* Those of extent 1 are in no array of an output's, whether its shape tells them or not. */
    const weft_axes own = without_ones(value), wanted = without_ones(shape);
    weft_axes both;
    for (unsigned i = 0; graph->named_axes && i < value->rank; i++)
        if (value->axis[i] != WEFT_AXIS_ONE && !weft_axes_have(graph, shape, value->axis[i])) {
            weft_graph_fail(graph, WEFT_ERR_SYNTAX,
                            "the value varies along '%s', an axis that '%s' does not have",
                            axis_at(graph, weft_graph_axis_of(graph, value->axis[i]))->name, name);
            return false;
        }
    if (!weft_graph_broadcast(graph, &wanted, &own, &both))
        return false;
    if (!weft_axes_equal(graph, &wanted, &both)) {
        weft_graph_fail(graph, WEFT_ERR_SYNTAX, "the value has axes that '%s' does not have", name);
        return false;
    }
    return true;
}

bool weft_graph_output(weft_graph *graph, unsigned param, unsigned k, int32_t value)
{
    if (!weft_node_usable(graph, value))
        return false;
    const weft_param *at = param < graph->params.count ? weft_graph_param_at(graph, param) : NULL;
    const unsigned kind = at ? at->kind : WEFT_PARAM_IN;
    if ((kind != WEFT_PARAM_OUT && kind != WEFT_PARAM_INOUT) || k >= at->segment) {
        weft_graph_fail(graph, WEFT_ERR_ARG, "component %u of parameter %u is not an output", k,
                        param);
        return false;
    }
    if (!weft_node_has_type(graph, at->name, 0, value, at->type))
        return false;
    if (weft_node_at(graph, value)->loop >= 0 || graph->open_loop >= 0) {
        weft_graph_fail(graph, WEFT_ERR_SYNTAX,
                        "'%s' is an output: it cannot be assigned in a loop", at->name);
        return false;
    }
    for (size_t i = 0; i < graph->outputs.count; i++) {
        const weft_output *output = (weft_output *)graph->outputs.data + i;
        if (output->param == param && output->k == k) {
            weft_graph_fail(graph, WEFT_ERR_SYNTAX, "'%s' has its value already", at->name);
            return false;
        }
    }
    const weft_axes axes = weft_node_at(graph, value)->axes;
    if (!check_shape(graph, param, &axes))
        return false;
    weft_output *output = weft_vector_push(graph->allocator, &graph->outputs);
    if (!output) {
        weft_graph_fail(graph, WEFT_ERR_MEMORY, "out of memory");
        return false;
    }
    *output = (weft_output){.param = (uint8_t)param, .k = (uint8_t)k, .value = value};
    return true;
}

/* --- what axes are as values ------------------------------------------------------------------ */

static int32_t axis_node(weft_graph *graph, weft_node_kind kind, unsigned axis, weft_dtype type)
{
    if (graph->failed)
        return -1;
    if (axis >= graph->axes.count)
        return weft_graph_fail(graph, WEFT_ERR_ARG, "there is no axis %u", axis);
    weft_node wanted = weft_node_blank(kind);
    wanted.type = (uint8_t)type;
    wanted.k = (uint8_t)weft_graph_axis_of(graph, axis);
    if (kind == WEFT_NODE_INDEX)
        wanted.axes = (weft_axes){.rank = 1, .axis = {wanted.k}};
    return weft_node_intern(graph, &wanted, NULL, 0);
}

int32_t weft_node_index(weft_graph *graph, unsigned axis, weft_dtype type)
{
    if (type != WEFT_I32 && type != WEFT_I64)
        return weft_graph_fail(graph, WEFT_ERR_ARG, "an index is i32 or i64");
    return axis_node(graph, WEFT_NODE_INDEX, axis, type);
}

int32_t weft_node_extent(weft_graph *graph, unsigned axis)
{
    return axis_node(graph, WEFT_NODE_EXTENT, axis, WEFT_I64);
}
