/* compiler/graph.c: the graph's memory: nodes that are made once, constants, loads and operations
 * (compiler/graph.h). Neighbours: numbers.c makes constants, axes.c says which axes are the same,
 * loops.c makes loops and what comes in several parts, fold.c makes operations simpler before they
 * get here. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "compiler/node.h"
#include "isa/hash.h"

void weft_graph_init(weft_graph *graph, const weft_allocator *allocator,
                     const weft_kernel_table *kernels, uint32_t flags, weft_error *error)
{
    memset(graph, 0, sizeof *graph);
    graph->allocator = allocator;
    graph->kernels = kernels;
    graph->flags = flags;
    graph->nodes.element = sizeof(weft_node);
    graph->lists.element = sizeof(int32_t);
    graph->params.element = sizeof(weft_param);
    graph->shapes.element = sizeof(weft_axes);
    graph->axes.element = sizeof(weft_axis);
    graph->outputs.element = sizeof(weft_output);
    graph->functions.element = sizeof(weft_graph_function);
    graph->effects.element = sizeof(int32_t);
    graph->open_loop = -1;
    graph->error = error;
}

void weft_graph_free(weft_graph *graph)
{
    weft_vector *const vectors[] = {&graph->nodes,     &graph->lists,   &graph->params,
                                    &graph->shapes,    &graph->axes,    &graph->outputs,
                                    &graph->functions, &graph->effects, NULL};
    for (unsigned i = 0; vectors[i]; i++)
        weft_vector_free(graph->allocator, vectors[i]);
    weft_mem_free(graph->allocator, graph->buckets, graph->n_buckets * sizeof *graph->buckets);
    graph->buckets = NULL;
    graph->n_buckets = 0;
}

int32_t weft_graph_fail(weft_graph *graph, weft_status status, const char *format, ...)
{
    char message[WEFT_ERROR_MESSAGE_SIZE];
    if (graph->failed)
        return -1;
    graph->failed = status;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    if (status == WEFT_ERR_MEMORY)
        weft_fail_memory(graph->error);
    else if (graph->line > 0)
        weft_fail_text(graph->error, status, graph->line, graph->column, "%s", message);
    else
        weft_fail(graph->error, status, "%s", message);
    return -1;
}

/* --- equal nodes ------------------------------------------------------------------------------ */

/* All by which nodes differ, but for their lists; without padding. */
typedef struct node_key {
    uint8_t head[8];
    int32_t loop, arg[3];
    uint64_t imm;
    uint8_t axes[16];
} node_key;

static node_key key_of(const weft_node *node)
{
    node_key key;
    memset(&key, 0, sizeof key);
    const uint8_t head[] = {node->kind,  node->op, node->type,  node->type2,
                            node->param, node->k,  node->pinned};
    memcpy(key.head, head, sizeof head);
    key.loop = node->loop;
    memcpy(key.arg, node->arg, sizeof key.arg);
    key.imm = node->imm;
    if (node->kind == WEFT_NODE_REDUCE)
        memcpy(key.axes, &node->reduced, sizeof node->reduced);
    else if (node->kind == WEFT_NODE_OP && node->op == WEFT_OP_MOV)
        memcpy(key.axes, &node->axes, sizeof node->axes);
    return key;
}

/* Loops, and calls that do something, are never the same as others. */
static bool is_mergeable(const weft_node *node)
{
    return node->kind != WEFT_NODE_FOR && node->kind != WEFT_NODE_SCAN &&
           !(node->kind == WEFT_NODE_CALL && node->pinned);
}

static uint32_t hash_of(const weft_node *node, const node_key *key, const int32_t *list)
{
    const uint64_t hash = weft_hash(key, sizeof *key);
    return (uint32_t)(node->n ? weft_hash_on(hash, list, node->n * sizeof *list) : hash);
}

static void put(weft_graph *graph, int32_t node)
{
    weft_node *at = weft_node_at(graph, node);
    uint32_t *bucket = graph->buckets + (at->hash & (graph->n_buckets - 1));
    at->same = *bucket;
    *bucket = (uint32_t)node + 1;
}

static bool grow_buckets(weft_graph *graph)
{
    const size_t before = graph->n_buckets, after = before ? before * 4 : 256;
    uint32_t *buckets = weft_mem_zeroed(graph->allocator, after, sizeof *buckets);
    if (!buckets)
        return false;
    weft_mem_free(graph->allocator, graph->buckets, before * sizeof *buckets);
    graph->buckets = buckets;
    graph->n_buckets = after;
    for (size_t i = 0; i < graph->nodes.count; i++)
        if (is_mergeable(weft_node_at(graph, (int32_t)i)))
            put(graph, (int32_t)i);
    return true;
}

static bool is_equal(const weft_graph *graph, const weft_node *node, const weft_node *wanted,
                     const node_key *key, const int32_t *list)
{
    if (node->hash != wanted->hash || node->n != wanted->n)
        return false;
    const node_key other = key_of(node);
    return memcmp(key, &other, sizeof other) == 0 &&
           (node->n == 0 || memcmp(weft_list_at(graph, node), list, node->n * sizeof *list) == 0);
}

static int32_t find(const weft_graph *graph, const weft_node *wanted, const node_key *key,
                    const int32_t *list)
{
    if (graph->n_buckets == 0)
        return -1;
    uint32_t at = graph->buckets[wanted->hash & (graph->n_buckets - 1)];
    while (at) {
        const weft_node *node = weft_node_at(graph, (int32_t)at - 1);
        if (is_equal(graph, node, wanted, key, list))
            return (int32_t)at - 1;
        at = node->same;
    }
    return -1;
}

/* --- where a node belongs --------------------------------------------------------------------- */

bool weft_loop_is_open(const weft_graph *graph, int32_t loop)
{
    int32_t open = graph->open_loop;
    while (open >= 0 && open != loop)
        open = weft_node_at(graph, open)->loop;
    return open == loop;
}

static void enter(const weft_graph *graph, weft_node *node, int32_t loop)
{
    const unsigned depth = weft_node_at(graph, loop)->depth + 1u;
    if (depth > node->depth) {
        node->depth = (uint8_t)depth;
        node->loop = loop;
    }
}

static bool take_operand(weft_graph *graph, weft_node *node, int32_t operand)
{
    const weft_node *at = weft_node_at(graph, operand);
    node->cost = node->cost > UINT32_MAX - at->cost ? UINT32_MAX : node->cost + at->cost;
    if (at->loop < 0)
        return true;
    if (!weft_loop_is_open(graph, at->loop)) {
        weft_graph_fail(graph, WEFT_ERR_ARG, "a value made in a loop is used outside it");
        return false;
    }
    enter(graph, node, at->loop);
    return true;
}

/* What a node itself adds to weft_node.cost. */
static uint32_t own_cost(const weft_node *node)
{
    switch (node->kind) {
    case WEFT_NODE_LOAD:
    case WEFT_NODE_INDEX:
    case WEFT_NODE_REDUCE:
        return 1;
    case WEFT_NODE_ROW:
        return 4;
    case WEFT_NODE_FUSED: {
        const weft_insn insn = {.op = node->op, .k = node->k};
        return (weft_insn_cost(&insn) + 1) / 2;
    }
    case WEFT_NODE_FOR:
    case WEFT_NODE_SCAN:
    case WEFT_NODE_CALL:
        return 100;
    case WEFT_NODE_OP:
        if (node->op == WEFT_OP_MOV)
            return 0;
        if (weft_op_is_transcendental(node->op))
            return 12;
        if (node->op == WEFT_OP_DIV || node->op == WEFT_OP_REM || node->op == WEFT_OP_SQRT ||
            node->op == WEFT_OP_RSQRT || node->op == WEFT_OP_RECIP)
            return 4;
        return 1;
    default:
        return 0;
    }
}

/* Finds loop, depth and cost. */
static bool place(weft_graph *graph, weft_node *node, const int32_t *list)
{
    node->cost = own_cost(node);
    for (unsigned i = 0; i < 3; i++)
        if (node->arg[i] >= 0 && !take_operand(graph, node, node->arg[i]))
            return false;
    for (unsigned i = 0; i < node->n; i++)
        if (list[i] >= 0 && !take_operand(graph, node, list[i]))
            return false;
    if (node->kind == WEFT_NODE_CARRIED || node->kind == WEFT_NODE_COUNTER)
        enter(graph, node, node->arg[0]);
    if (node->pinned && graph->open_loop >= 0)
        enter(graph, node, graph->open_loop);
    for (int32_t loop = graph->open_loop; loop >= 0; loop = weft_node_at(graph, loop)->loop) {
        const weft_node *at = weft_node_at(graph, loop);
        if (at->kind == WEFT_NODE_SCAN && weft_axes_have(graph, &node->axes, at->k))
            enter(graph, node, loop);
    }
    return true;
}

weft_node weft_node_blank(weft_node_kind kind)
{
    weft_node node;
    memset(&node, 0, sizeof node);
    node.kind = (uint8_t)kind;
    node.loop = node.arg[0] = node.arg[1] = node.arg[2] = -1;
    return node;
}

static bool add_list(weft_graph *graph, const int32_t *list, unsigned n)
{
    if (graph->lists.count + n > WEFT_MAX_LIST) {
        weft_graph_fail(graph, WEFT_ERR_LIMIT, "more than %d operands", WEFT_MAX_LIST);
        return false;
    }
    for (unsigned i = 0; i < n; i++) {
        int32_t *slot = weft_vector_push(graph->allocator, &graph->lists);
        if (!slot) {
            weft_graph_fail(graph, WEFT_ERR_MEMORY, "out of memory");
            return false;
        }
        *slot = list[i];
    }
    return true;
}

static int32_t add(weft_graph *graph, weft_node *wanted, const int32_t *list)
{
    if (graph->nodes.count == WEFT_MAX_NODES)
        return weft_graph_fail(graph, WEFT_ERR_LIMIT, "more than %d operations", WEFT_MAX_NODES);
    wanted->list = (uint32_t)graph->lists.count;
    if (!add_list(graph, list, wanted->n))
        return -1;
    weft_node *node = weft_vector_push(graph->allocator, &graph->nodes);
    if (!node)
        return weft_graph_fail(graph, WEFT_ERR_MEMORY, "out of memory");
    *node = *wanted;
    return (int32_t)graph->nodes.count - 1;
}

int32_t weft_node_intern(weft_graph *graph, weft_node *wanted, const int32_t *list, unsigned n)
{
    wanted->n = n;
    if (graph->failed || !place(graph, wanted, list))
        return -1;
    if (!is_mergeable(wanted))
        return add(graph, wanted, list);
    const node_key key = key_of(wanted);
    wanted->hash = hash_of(wanted, &key, list);
    const int32_t there = find(graph, wanted, &key, list);
    if (there >= 0)
        return there;
    if (graph->nodes.count >= graph->n_buckets && !grow_buckets(graph))
        return weft_graph_fail(graph, WEFT_ERR_MEMORY, "out of memory");
    const int32_t node = add(graph, wanted, list);
    if (node >= 0)
        put(graph, node);
    return node;
}

/* --- loads ------------------------------------------------------------------------------------ */

static bool has_component(weft_graph *graph, unsigned param, unsigned k)
{
    if (graph->failed)
        return false;
    if (param >= graph->params.count) {
        weft_graph_fail(graph, WEFT_ERR_ARG, "there is no parameter %u", param);
        return false;
    }
    const weft_param *at = weft_graph_param_at(graph, param);
    if (k < (at->segment ? at->segment : 1u))
        return true;
    weft_graph_fail(graph, WEFT_ERR_SYNTAX, "'%s' has %u component%s, and no component %u",
                    at->name, at->segment, at->segment == 1 ? "" : "s", k);
    return false;
}

static weft_node memory_node(const weft_graph *graph, weft_node_kind kind, unsigned param,
                             unsigned k)
{
    weft_node wanted = weft_node_blank(kind);
    wanted.param = (uint8_t)param;
    wanted.k = (uint8_t)k;
    wanted.type = weft_graph_param_at(graph, param)->type;
    return wanted;
}

int32_t weft_node_load(weft_graph *graph, unsigned param, unsigned k)
{
    if (!has_component(graph, param, k))
        return -1;
    weft_node wanted = memory_node(graph, WEFT_NODE_LOAD, param, k);
    wanted.axes = weft_axes_canonical(graph, (weft_axes *)graph->shapes.data + param);
    return weft_node_intern(graph, &wanted, NULL, 0);
}

int32_t weft_node_uniform(weft_graph *graph, unsigned param, unsigned k, uint32_t row)
{
    if (!has_component(graph, param, k))
        return -1;
    const weft_param *at = weft_graph_param_at(graph, param);
    if (row >= at->count)
        return weft_graph_fail(graph, WEFT_ERR_SYNTAX, "'%s' has %u row%s, and no row %u", at->name,
                               at->count, at->count == 1 ? "" : "s", row);
    weft_node wanted = memory_node(graph, WEFT_NODE_UNIFORM, param, k);
    wanted.imm = row;
    return weft_node_intern(graph, &wanted, NULL, 0);
}

int32_t weft_node_row(weft_graph *graph, unsigned param, unsigned k, int32_t row)
{
    if (!weft_node_usable(graph, row) || !has_component(graph, param, k))
        return -1;
    const weft_node *index = weft_node_at(graph, row);
    if (index->type != WEFT_I32 && index->type != WEFT_I64)
        return weft_graph_fail(graph, WEFT_ERR_ARG, "a row is i32 or i64, not %s",
                               weft_dtype_name((weft_dtype)index->type));
    const weft_param *at = weft_graph_param_at(graph, param);
    if (index->kind == WEFT_NODE_CONST) {
        const int64_t number = weft_int_of_bits(index->type, index->imm);
        const bool counted = weft_kind_has_count(at->kind);
        if (number < 0 || (counted && number >= (int64_t)at->count))
            return weft_graph_fail(graph, WEFT_ERR_SYNTAX, "'%s' has no row %lld", at->name,
                                   (long long)number);
        if (at->kind == WEFT_PARAM_UNIFORM)
            return weft_node_uniform(graph, param, k, (uint32_t)number);
    }
    weft_node wanted = memory_node(graph, WEFT_NODE_ROW, param, k);
    wanted.type2 = index->type;
    wanted.axes = weft_axes_canonical(graph, &index->axes);
    wanted.arg[0] = row;
    wanted.pinned = true;
    return weft_node_intern(graph, &wanted, NULL, 0);
}

int32_t weft_node_length(weft_graph *graph, unsigned param, unsigned dim)
{
    if (!has_component(graph, param, 0))
        return -1;
    weft_node wanted = memory_node(graph, WEFT_NODE_LENGTH, param, dim);
    wanted.type = WEFT_I64;
    const weft_param *at = weft_graph_param_at(graph, param);
    if (weft_kind_has_count(at->kind))
        return weft_node_integer(graph, WEFT_I64, dim == 0 ? (int64_t)at->count : 1);
    return weft_node_intern(graph, &wanted, NULL, 0);
}

/* --- operations ------------------------------------------------------------------------------- */

bool weft_node_usable(weft_graph *graph, int32_t a)
{
    if (graph->failed || a < 0)
        return false;
    if (weft_node_at(graph, a)->kind != WEFT_NODE_VECTOR)
        return true;
    weft_graph_fail(graph, WEFT_ERR_SYNTAX, "a vector of %u components where one value is needed",
                    weft_node_at(graph, a)->n);
    return false;
}

bool weft_node_has_type(weft_graph *graph, const char *what, unsigned operand, int32_t a,
                        unsigned type)
{
    const unsigned own = weft_type_of(graph, a);
    if (own == type)
        return true;
    weft_graph_fail(graph, WEFT_ERR_ARG, "%s: operand %u is %s, not %s", what, operand + 1,
                    weft_type_is_weak(own) ? "a literal" : weft_dtype_name((weft_dtype)own),
                    weft_dtype_name((weft_dtype)type));
    return false;
}

static unsigned count_operands(unsigned form)
{
    switch (form) {
    case WEFT_FORM_UNARY:
        return 1;
    case WEFT_FORM_BINARY:
    case WEFT_FORM_COMPARE:
        return 2;
    case WEFT_FORM_TERNARY:
    case WEFT_FORM_SELECT:
        return 3;
    default:
        return 0;
    }
}

static bool check_operands(weft_graph *graph, unsigned op, unsigned type, const int32_t *arg)
{
    const weft_op_row *row = op < WEFT_OPCODE_COUNT ? weft_op_row_of(op) : NULL;
    const unsigned n = row && op != WEFT_OP_MOV ? count_operands(row->form) : 0;
    if (graph->failed)
        return false;
    if (n == 0) {
        weft_graph_fail(graph, WEFT_ERR_ARG, "operation %u is not one of elements", op);
        return false;
    }
    if (!weft_type_in(row->type_mask, type)) {
        weft_graph_fail(graph, WEFT_ERR_ARG, "there is no %s of %s", row->mnemonic,
                        weft_dtype_name((weft_dtype)type));
        return false;
    }
    for (unsigned i = 0; i < n; i++) {
        const unsigned needed = row->form == WEFT_FORM_SELECT && i == 0 ? WEFT_BOOL : type;
        if (!weft_node_usable(graph, arg[i]) ||
            !weft_node_has_type(graph, row->mnemonic, i, arg[i], needed))
            return false;
    }
    return true;
}

/* The axes of all of some operands; -1s are left out. */
static bool axes_of(weft_graph *graph, const int32_t *args, unsigned n, weft_axes *axes)
{
    memset(axes, 0, sizeof *axes);
    for (unsigned i = 0; i < n; i++) {
        if (args[i] < 0)
            continue;
        const weft_axes other = weft_node_at(graph, args[i])->axes;
        if (other.rank && !weft_graph_broadcast(graph, axes, &other, axes))
            return false;
    }
    return true;
}

/* The node, or what is simpler and equal to it. */
static int32_t fold_or_intern(weft_graph *graph, weft_node *wanted)
{
    const int32_t folded = weft_fold(graph, wanted);
    if (folded >= 0 || graph->failed)
        return folded;
    return weft_node_intern(graph, wanted, NULL, 0);
}

int32_t weft_node_op(weft_graph *graph, unsigned op, weft_dtype type, int32_t a, int32_t b,
                     int32_t c)
{
    weft_node wanted = weft_node_blank(WEFT_NODE_OP);
    const int32_t arg[3] = {a, b, c};
    if (!check_operands(graph, op, type, arg))
        return -1;
    const bool compares = weft_op_row_of(op)->form == WEFT_FORM_COMPARE;
    wanted.op = (uint8_t)op;
    wanted.type = (uint8_t)(compares ? WEFT_BOOL : type);
    wanted.type2 = (uint8_t)(compares ? type : WEFT_NONE);
    memcpy(wanted.arg, arg, sizeof arg);
    for (unsigned i = count_operands(weft_op_row_of(op)->form); i < 3; i++)
        wanted.arg[i] = -1;
    if (!axes_of(graph, wanted.arg, 3, &wanted.axes))
        return -1;
    weft_fold_order(graph, &wanted);
    return fold_or_intern(graph, &wanted);
}

int32_t weft_node_cvt(weft_graph *graph, weft_dtype to, int32_t a)
{
    if (!weft_node_usable(graph, a))
        return -1;
    const unsigned from = weft_type_of(graph, a);
    if (weft_type_is_weak(from) || !weft_dtype_size(to))
        return weft_graph_fail(graph, WEFT_ERR_ARG, "no conversion from literals, or to nothing");
    if (from == to)
        return a;
    weft_node wanted = weft_node_blank(WEFT_NODE_OP);
    wanted.op = WEFT_OP_CVT;
    wanted.type = (uint8_t)to;
    wanted.type2 = (uint8_t)from;
    wanted.arg[0] = a;
    wanted.axes = weft_axes_canonical(graph, &weft_node_at(graph, a)->axes);
    return fold_or_intern(graph, &wanted);
}

/* A mov: of an f64 that may be a literal, or of a value to other axes. */
static int32_t moved(weft_graph *graph, int32_t a, unsigned type, const weft_axes *axes)
{
    weft_node wanted = weft_node_blank(WEFT_NODE_OP);
    wanted.op = WEFT_OP_MOV;
    wanted.type = (uint8_t)type;
    wanted.arg[0] = a;
    wanted.axes = weft_axes_canonical(graph, axes);
    return weft_node_intern(graph, &wanted, NULL, 0);
}

int32_t weft_node_weak(weft_graph *graph, int32_t a)
{
    if (!weft_node_usable(graph, a))
        return -1;
    const weft_node *at = weft_node_at(graph, a);
    if (at->kind == WEFT_NODE_CONST)
        return weft_node_const(graph, WEFT_WEAK_FLOAT, at->imm);
    const weft_axes axes = at->axes;
    return moved(graph, a, WEFT_WEAK_FLOAT, &axes);
}

int32_t weft_node_spread(weft_graph *graph, int32_t a, const weft_axes *axes)
{
    if (!weft_node_usable(graph, a))
        return -1;
    const weft_node *at = weft_node_at(graph, a);
    if (weft_axes_equal(graph, &at->axes, axes))
        return a;
    for (unsigned i = 0; i < at->axes.rank; i++)
        if (at->axes.axis[i] != WEFT_AXIS_ONE && !weft_axes_have(graph, axes, at->axes.axis[i]))
            return weft_graph_fail(graph, WEFT_ERR_ARG, "a value keeps all of its axes");
    if (weft_is_op(graph, a, WEFT_OP_MOV) && at->type != WEFT_WEAK_FLOAT)
        return weft_node_spread(graph, at->arg[0], axes); /* a mov of a mov is not made */
    return moved(graph, a, at->type, axes);
}

int32_t weft_node_with_one(weft_graph *graph, int32_t a, unsigned place)
{
    if (graph->named_axes)
        return a;
    if (!weft_node_usable(graph, a))
        return -1;
    weft_axes axes = weft_node_at(graph, a)->axes;
    if (axes.rank == WEFT_MAX_RANK || place > axes.rank)
        return weft_graph_fail(graph, WEFT_ERR_SYNTAX, "a value has at most %d axes",
                               WEFT_MAX_RANK);
    for (unsigned i = axes.rank; i > place; i--)
        axes.axis[i] = axes.axis[i - 1];
    axes.axis[place] = WEFT_AXIS_ONE;
    axes.rank++;
    return weft_node_spread(graph, a, &axes);
}

int32_t weft_node_reduce(weft_graph *graph, unsigned op, int32_t a, int32_t b,
                         const weft_axes *reduced)
{
    if (!weft_node_usable(graph, a) || (b >= 0 && !weft_node_usable(graph, b)))
        return -1;
    const unsigned type = weft_type_of(graph, a);
    if (!weft_op_is_reduction(op) || (op == WEFT_OP_DOT) != (b >= 0) || reduced->rank == 0)
        return weft_graph_fail(graph, WEFT_ERR_ARG, "operation %u is not one over axes", op);
    const weft_op_row *row = weft_op_row_of(op);
    if (!weft_type_in(row->type_mask, type) ||
        (b >= 0 && !weft_node_has_type(graph, row->mnemonic, 1, b, type)))
        return weft_graph_fail(graph, WEFT_ERR_ARG, "there is no %s of %s", row->mnemonic,
                               weft_dtype_name((weft_dtype)type));
    if (graph->open_loop >= 0)
        return weft_graph_fail(graph, WEFT_ERR_SYNTAX,
                               "a reduction cannot stand in a loop: name its value before");
    weft_node wanted = weft_node_blank(WEFT_NODE_REDUCE);
    wanted.op = (uint8_t)op;
    wanted.type = (uint8_t)weft_reduce_dtype(op, (weft_dtype)type);
    wanted.type2 = (uint8_t)type;
    wanted.arg[0] = a;
    wanted.arg[1] = b;
    weft_axes axes;
    if (!axes_of(graph, wanted.arg, 2, &axes))
        return -1;
    wanted.reduced = weft_axes_canonical(graph, reduced);
    for (unsigned i = 0; i < reduced->rank; i++)
        if (reduced->axis[i] == WEFT_AXIS_ONE || !weft_axes_have(graph, &axes, reduced->axis[i]))
            return weft_graph_fail(graph, WEFT_ERR_ARG, "a reduction over an axis that is none");
    for (unsigned i = 0; i < axes.rank; i++)
        if (axes.axis[i] == WEFT_AXIS_ONE || !weft_axes_have(graph, reduced, axes.axis[i]))
            wanted.axes.axis[wanted.axes.rank++] = axes.axis[i];
    return fold_or_intern(graph, &wanted);
}
