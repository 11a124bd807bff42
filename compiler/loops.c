/* compiler/loops.c: nodes that have several results or work on lists: counted loops and scans,
 * fused operations, calls of the user's functions, vectors (compiler/graph.h). */
#include <string.h>

#include "compiler/node.h"

static bool all_usable(weft_graph *graph, const int32_t *args, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        if (!weft_node_usable(graph, args[i]))
            return false;
    return !graph->failed;
}

static bool join_axes(weft_graph *graph, const int32_t *args, unsigned n, weft_axes *axes)
{
    memset(axes, 0, sizeof *axes);
    for (unsigned i = 0; i < n; i++) {
        const weft_axes other = weft_node_at(graph, args[i])->axes;
        if (!weft_graph_broadcast(graph, axes, &other, axes))
            return false;
    }
    return true;
}

/* --- fused operations, vectors, calls --------------------------------------------------------- */

int32_t weft_node_fused(weft_graph *graph, unsigned op, unsigned k, const int32_t *args, unsigned n)
{
    if (!all_usable(graph, args, n))
        return -1;
    const weft_insn insn = {.op = (uint16_t)op, .k = (uint8_t)k};
    const unsigned most = weft_op_is_fused(op) ? weft_op_row_of(op)->terms : 0;
    const unsigned type = n ? weft_type_of(graph, args[0]) : WEFT_NONE;
    if (!weft_op_is_fused(op) || k > most || (most && k == 0) || !weft_type_is_float(type) ||
        n != weft_run_width(&insn, 'a') + weft_run_width(&insn, 'b'))
        return weft_graph_fail(graph, WEFT_ERR_ARG, "a fused operation with %u operands", n);
    for (unsigned i = 0; i < n; i++)
        if (!weft_node_has_type(graph, weft_op_row_of(op)->mnemonic, i, args[i], type))
            return -1;
    weft_node wanted = weft_node_blank(WEFT_NODE_FUSED);
    wanted.op = (uint8_t)op;
    wanted.k = (uint8_t)k;
    wanted.type = (uint8_t)type;
    if (!join_axes(graph, args, n, &wanted.axes))
        return -1;
    return weft_node_intern(graph, &wanted, args, n);
}

int32_t weft_node_vector(weft_graph *graph, const int32_t *components, unsigned n)
{
    if (!all_usable(graph, components, n))
        return -1;
    if (n == 0 || n > WEFT_MAX_SEGMENT)
        return weft_graph_fail(graph, WEFT_ERR_SYNTAX, "a vector has 1 to %d components, not %u",
                               WEFT_MAX_SEGMENT, n);
    weft_node wanted = weft_node_blank(WEFT_NODE_VECTOR);
    wanted.type = (uint8_t)weft_type_of(graph, components[0]);
    for (unsigned i = 1; i < n; i++)
        if (!weft_node_has_type(graph, "vector", i, components[i], wanted.type))
            return -1;
    if (!join_axes(graph, components, n, &wanted.axes))
        return -1;
    return weft_node_intern(graph, &wanted, components, n);
}

int32_t weft_node_call(weft_graph *graph, unsigned function, const int32_t *args, unsigned n)
{
    if (!all_usable(graph, args, n))
        return -1;
    if (function >= graph->functions.count)
        return weft_graph_fail(graph, WEFT_ERR_ARG, "there is no function %u", function);
    const weft_graph_function *at = (weft_graph_function *)graph->functions.data + function;
    if (n != at->n)
        return weft_graph_fail(graph, WEFT_ERR_SYNTAX, "%s takes %u argument%s, not %u", at->name,
                               at->n, at->n == 1 ? "" : "s", n);
    for (unsigned i = 0; i < n; i++)
        if (!weft_node_has_type(graph, at->name, i, args[i], at->types[i]))
            return -1;
    weft_node wanted = weft_node_blank(WEFT_NODE_CALL);
    wanted.param = (uint8_t)function;
    wanted.type = at->result;
    wanted.pinned = !at->pure;
    if (!join_axes(graph, args, n, &wanted.axes))
        return -1;
    const int32_t node = weft_node_intern(graph, &wanted, args, n);
    if (node >= 0 && wanted.pinned) {
        int32_t *effect = weft_vector_push(graph->allocator, &graph->effects);
        if (!effect)
            return weft_graph_fail(graph, WEFT_ERR_MEMORY, "out of memory");
        *effect = node;
    }
    return node;
}

/* --- loops ------------------------------------------------------------------------------------ */

static bool is_countable(const weft_graph *graph, int32_t value, unsigned *left);

/* An operation that keeps an address affine (docs/isa.md): a product has a constant factor. */
static bool is_countable_op(const weft_graph *graph, const weft_node *node, unsigned *left)
{
    const bool product = node->op == WEFT_OP_MUL || node->op == WEFT_OP_MAD;
    const unsigned n = node->op == WEFT_OP_NEG || node->op == WEFT_OP_MOV ? 1
                       : node->op == WEFT_OP_MAD                          ? 3
                                                                          : 2;
    if (!product && n == 2 && node->op != WEFT_OP_ADD && node->op != WEFT_OP_SUB)
        return false;
    if (product && !weft_is_const(graph, node->arg[0]) && !weft_is_const(graph, node->arg[1]))
        return false;
    for (unsigned i = 0; i < n; i++)
        if (!is_countable(graph, node->arg[i], left))
            return false;
    return true;
}

static bool is_countable(const weft_graph *graph, int32_t value, unsigned *left)
{
    const weft_node *node = weft_node_at(graph, value);
    if (!*left || node->type != WEFT_I64)
        return false;
    --*left;
    switch (node->kind) {
    case WEFT_NODE_CONST:
    case WEFT_NODE_EXTENT:
    case WEFT_NODE_LENGTH:
    case WEFT_NODE_UNIFORM:
    case WEFT_NODE_COUNTER:
        return true;
    case WEFT_NODE_OP:
        return is_countable_op(graph, node, left);
    default:
        return false;
    }
}

bool weft_node_is_countable(const weft_graph *graph, int32_t node)
{
    unsigned left = 64; /* nodes that are looked at: no more than four can be symbols anyway */
    return is_countable(graph, node, &left);
}

/* The loop of that node, or NULL and an error. */
static weft_node *loop_at(weft_graph *graph, int32_t loop)
{
    if (graph->failed || loop < 0)
        return NULL;
    weft_node *at = weft_node_at(graph, loop);
    if (at->kind == WEFT_NODE_FOR || at->kind == WEFT_NODE_SCAN)
        return at;
    weft_graph_fail(graph, WEFT_ERR_ARG, "node %d is no loop", loop);
    return NULL;
}

/* What a loop's node keeps in imm. */
enum { LOOP_OPEN = 0, LOOP_ENDED = 1 };

static int32_t open_loop(weft_graph *graph, weft_node *wanted, const int32_t *initial, unsigned n)
{
    enum { MOST = 2 * WEFT_MAX_STRIP_REGS };
    int32_t list[MOST];
    if (!all_usable(graph, initial, n))
        return -1;
    if (2 * n > MOST)
        return weft_graph_fail(graph, WEFT_ERR_LIMIT, "a loop changes more than %d variables",
                               WEFT_MAX_STRIP_REGS);
    for (unsigned i = 0; i < n; i++) {
        if (weft_type_is_weak(weft_type_of(graph, initial[i])))
            return weft_graph_fail(graph, WEFT_ERR_ARG, "a variable of a loop is a literal");
        list[i] = initial[i];
        list[n + i] = -1;
    }
    int32_t parent = graph->open_loop;
    if (parent >= 0 && weft_node_at(graph, parent)->depth == UINT8_MAX - 1)
        return weft_graph_fail(graph, WEFT_ERR_LIMIT, "loops are nested too deep");
    wanted->pinned = true; /* stays in the loop around it */
    const int32_t loop = weft_node_intern(graph, wanted, list, 2 * n);
    if (loop < 0)
        return -1;
    weft_node_at(graph, loop)->n = n;
    weft_node_at(graph, loop)->pinned = false;
    graph->open_loop = loop;
    return loop;
}

int32_t weft_node_for(weft_graph *graph, int32_t count, const int32_t *initial, unsigned n)
{
    if (!weft_node_usable(graph, count) ||
        !weft_node_has_type(graph, "the count of a loop", 0, count, WEFT_I64))
        return -1;
    if (!weft_is_scalar(graph, count))
        return weft_graph_fail(graph, WEFT_ERR_SYNTAX,
                               "the count of a loop is one number, not one for each element");
    weft_node wanted = weft_node_blank(WEFT_NODE_FOR);
    wanted.arg[0] = count;
    return open_loop(graph, &wanted, initial, n);
}

int32_t weft_node_scan(weft_graph *graph, unsigned axis, const int32_t *initial, unsigned n)
{
    if (graph->failed)
        return -1;
    if (axis >= graph->axes.count)
        return weft_graph_fail(graph, WEFT_ERR_ARG, "there is no axis %u", axis);
    weft_node wanted = weft_node_blank(WEFT_NODE_SCAN);
    wanted.k = (uint8_t)weft_graph_axis_of(graph, axis);
    return open_loop(graph, &wanted, initial, n);
}

int32_t weft_node_carried(weft_graph *graph, int32_t loop, unsigned k)
{
    const weft_node *at = loop_at(graph, loop);
    if (!at)
        return -1;
    if (k >= at->n || !weft_loop_is_open(graph, loop))
        return weft_graph_fail(graph, WEFT_ERR_ARG, "variable %u of a loop is not there", k);
    const weft_node *first = weft_node_at(graph, weft_list_at(graph, at)[k]);
    weft_node wanted = weft_node_blank(WEFT_NODE_CARRIED);
    wanted.type = first->type;
    wanted.k = (uint8_t)k;
    wanted.arg[0] = loop;
    wanted.axes = weft_axes_canonical(graph, &first->axes);
    return weft_node_intern(graph, &wanted, NULL, 0);
}

int32_t weft_node_counter(weft_graph *graph, int32_t loop)
{
    if (!loop_at(graph, loop))
        return -1;
    if (!weft_loop_is_open(graph, loop))
        return weft_graph_fail(graph, WEFT_ERR_ARG,
                               "the counter of a loop is not there outside it");
    weft_node wanted = weft_node_blank(WEFT_NODE_COUNTER);
    wanted.type = WEFT_I64;
    wanted.arg[0] = loop;
    return weft_node_intern(graph, &wanted, NULL, 0);
}

/* Whether a value can be what variable k of the open loop is next. */
static bool fits_variable(weft_graph *graph, int32_t loop, unsigned k, int32_t next)
{
    const weft_node *at = weft_node_at(graph, loop);
    const weft_node *first = weft_node_at(graph, weft_list_at(graph, at)[k]);
    weft_axes axes = first->axes;
    if (!weft_node_has_type(graph, "a variable of a loop", k, next, first->type))
        return false;
    const weft_node *value = weft_node_at(graph, next);
    if (value->loop >= 0 && !weft_loop_is_open(graph, value->loop)) {
        weft_graph_fail(graph, WEFT_ERR_ARG, "a value made in a loop is used outside it");
        return false;
    }
    /* Along its own axis a scan carries one value on. */
    if (at->kind == WEFT_NODE_SCAN && !weft_axes_have(graph, &axes, at->k) &&
        axes.rank < WEFT_MAX_RANK)
        axes.axis[axes.rank++] = at->k;
    for (unsigned i = 0; i < value->axes.rank; i++)
        if (value->axes.axis[i] != WEFT_AXIS_ONE &&
            !weft_axes_have(graph, &axes, value->axes.axis[i])) {
            weft_graph_fail(graph, WEFT_ERR_ARG,
                            "a variable of a loop has more axes after an iteration than before");
            return false;
        }
    return true;
}

bool weft_node_end_for(weft_graph *graph, int32_t loop, const int32_t *next)
{
    const weft_node *at = loop_at(graph, loop);
    if (!at || graph->open_loop != loop) {
        weft_graph_fail(graph, WEFT_ERR_ARG, "the end of a loop that is not the open one");
        return false;
    }
    const unsigned n = at->n;
    if (!all_usable(graph, next, n))
        return false;
    for (unsigned i = 0; i < n; i++)
        if (!fits_variable(graph, loop, i, next[i]))
            return false;
    for (unsigned i = 0; i < n; i++)
        weft_list_at(graph, weft_node_at(graph, loop))[n + i] = next[i];
    weft_node_at(graph, loop)->imm = LOOP_ENDED;
    graph->open_loop = weft_node_at(graph, loop)->loop;
    return true;
}

void weft_node_leave_for(weft_graph *graph, int32_t loop)
{
    const weft_node *at = loop_at(graph, loop);
    if (at && weft_loop_is_open(graph, loop))
        graph->open_loop = at->loop;
}

/* --- results ---------------------------------------------------------------------------------- */

static unsigned count_results(const weft_node *of)
{
    const weft_insn insn = {.op = of->op, .k = of->k};
    switch (of->kind) {
    case WEFT_NODE_FUSED:
        return weft_run_width(&insn, 'd');
    case WEFT_NODE_FOR:
    case WEFT_NODE_SCAN:
        return of->imm == LOOP_ENDED ? of->n : 0;
    default:
        return 0;
    }
}

int32_t weft_node_part(weft_graph *graph, int32_t of, unsigned k)
{
    if (graph->failed || of < 0)
        return -1;
    const weft_node *at = weft_node_at(graph, of);
    if (k >= count_results(at))
        return weft_graph_fail(graph, WEFT_ERR_ARG, "node %d has no result %u", of, k);
    weft_node wanted = weft_node_blank(WEFT_NODE_PART);
    wanted.k = (uint8_t)k;
    wanted.arg[0] = of;
    if (at->kind == WEFT_NODE_FUSED) {
        wanted.type = at->type;
        wanted.axes = weft_axes_canonical(graph, &at->axes);
    } else {
        const int32_t both[2] = {weft_list_at(graph, at)[k], weft_list_at(graph, at)[at->n + k]};
        const weft_axes along = {.rank = at->kind == WEFT_NODE_SCAN, .axis = {at->k}};
        wanted.type = (uint8_t)weft_type_of(graph, both[0]);
        if (!join_axes(graph, both, 2, &wanted.axes))
            return -1;
        /* A scan's result is what the variable is after each of the elements. */
        if (along.rank && !weft_axes_have(graph, &wanted.axes, along.axis[0]) &&
            !weft_graph_broadcast(graph, &wanted.axes, &along, &wanted.axes))
            return -1;
    }
    return weft_node_intern(graph, &wanted, NULL, 0);
}
