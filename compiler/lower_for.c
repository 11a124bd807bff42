/* compiler/lower_for.c: counted loops (compiler/lower_internal.h). What a name is in a loop has one
 * type and one shape for all iterations, and those are found by trying: the body is made with what
 * the names are at first, and made again with what they became, until both are the same. */
#include <string.h>

#include "compiler/lower_internal.h"
#include "compiler/node.h"

enum {
    MOST_CARRIED = 64,    /* names of a loop */
    MOST_COMPONENTS = 255 /* and their components together */
};

typedef struct carried {
    int32_t binding; /* of the name, outside */
    int32_t initial; /* what it is at first, as far as is known */
    uint8_t width;   /* its components */
    bool vector, weak;
} carried;

typedef struct loop {
    weft_lowering *lowering;
    int32_t ast, block;
    int32_t count, first; /* nodes: how often, and the counter's first value or -1 */
    carried names[MOST_CARRIED];
    unsigned n;
} loop;

/* --- how often -------------------------------------------------------------------------------- */

/* A bound of the counter as an i64 node. */
static int32_t bound(weft_lowering *lowering, int32_t ast)
{
    int32_t value = weft_lower_value(lowering, ast);
    if (value < 0)
        return -1;
    weft_lower_place(lowering, ast);
    if (weft_node_at(lowering->graph, value)->type == WEFT_WEAK_INT &&
        weft_node_at(lowering->graph, value)->kind == WEFT_NODE_CONST)
        return weft_call_settle(lowering->graph, value);
    if (weft_node_is_countable(lowering->graph, value))
        return value;
    return weft_lower_fail(lowering, ast,
                           "a loop counts to sums and multiples of whole numbers, len(), extent(), "
                           "counters and i64 uniforms");
}

static bool lower_range(loop *l)
{
    weft_lowering *lowering = l->lowering;
    const weft_ast *node = weft_lower_ast(lowering, l->ast);
    int32_t start = node->child;
    l->count = bound(lowering, start);
    l->block = weft_lower_ast(lowering, start)->next;
    l->first = -1;
    if (l->count >= 0 && node->bits == 2) {
        l->first = l->count;
        int32_t end = bound(lowering, l->block);
        l->block = weft_lower_ast(lowering, l->block)->next;
        weft_lower_place(lowering, l->ast);
        l->count = end < 0 ? -1 : weft_lower_binary(lowering, WEFT_TOKEN_MINUS, end, l->first);
    }
    if (l->count < 0)
        return false;
    const weft_node *count = weft_node_at(lowering->graph, l->count);
    if (count->kind == WEFT_NODE_CONST && (int64_t)count->imm < 0)
        l->count = weft_node_const(lowering->graph, WEFT_I64, 0);
    return l->count >= 0;
}

/* --- what is carried -------------------------------------------------------------------------- */

static bool is_weak(const weft_lowering *lowering, int32_t value)
{
    unsigned type = weft_node_at(lowering->graph, value)->type;
    return type == WEFT_WEAK_INT || type == WEFT_WEAK_FLOAT;
}

static void describe(const weft_lowering *lowering, carried *name, int32_t value)
{
    name->initial = value;
    name->vector = weft_node_at(lowering->graph, value)->kind == WEFT_NODE_VECTOR;
    name->width = (uint8_t)weft_lower_width(lowering, value);
    name->weak = is_weak(lowering, value);
}

/* A variable of an expression that is assigned in a loop is a temporary from before the loop on. */
static bool make_temporary(loop *l, int32_t ast)
{
    weft_lowering *lowering = l->lowering;
    int32_t symbol = weft_lower_ast(lowering, ast)->name;
    weft_declared *declared = weft_lower_declared(lowering, symbol);
    if (lowering->program || !declared || weft_lower_visible(lowering, symbol))
        return true;
    int32_t value = weft_lower_read_declared(lowering, ast, declared, -1);
    return value >= 0 && weft_lower_bind(lowering, symbol, value);
}

static bool carry(loop *l, int32_t ast)
{
    weft_lowering *lowering = l->lowering;
    int32_t symbol = weft_lower_ast(lowering, ast)->name;
    weft_meaning *meaning = &lowering->meanings[symbol];
    const weft_declared *declared = weft_lower_declared(lowering, symbol);
    if (declared && !weft_lower_visible(lowering, symbol) && weft_declared_is_output(declared)) {
        weft_lower_fail(lowering, ast, "output '%.*s' cannot be assigned in a 'for'",
                        WEFT_SYMBOL_SHOWN(lowering, symbol));
        return false;
    }
    if (!make_temporary(l, ast))
        return false;
    const weft_binding *binding = weft_lower_visible(lowering, symbol);
    if (!binding || binding->counter || meaning->mark == lowering->loops)
        return true;
    meaning->mark = lowering->loops;
    if (l->n == MOST_CARRIED) {
        weft_lower_place(lowering, ast);
        weft_graph_fail(lowering->graph, WEFT_ERR_LIMIT, "a loop carries more than %d names",
                        MOST_CARRIED);
        return false;
    }
    carried *name = &l->names[l->n++];
    name->binding = meaning->binding;
    describe(lowering, name, binding->value);
    return true;
}

/* Finds the names that exist outside and are assigned inside. */
static bool find_carried(loop *l, int32_t block)
{
    weft_lowering *lowering = l->lowering;
    for (int32_t i = weft_lower_ast(lowering, block)->child; i >= 0;
         i = weft_lower_ast(lowering, i)->next) {
        const weft_ast *node = weft_lower_ast(lowering, i);
        int32_t inner = node->child;
        if (!weft_lower_steps(lowering, i, 1))
            return false;
        if (node->kind == WEFT_AST_VALUE)
            return weft_lower_statement(lowering, i); /* which fails */
        if (node->kind == WEFT_AST_FOR) {
            while (weft_lower_ast(lowering, inner)->next >= 0)
                inner = weft_lower_ast(lowering, inner)->next;
            if (!find_carried(l, inner))
                return false;
        }
        if (node->kind != WEFT_AST_ASSIGN)
            continue;
        for (int32_t t = weft_lower_ast(lowering, node->child)->child; t >= 0;
             t = weft_lower_ast(lowering, t)->next) {
            const weft_ast *target = weft_lower_ast(lowering, t);
            if (!carry(l, target->kind == WEFT_AST_COMPONENT ? target->child : t))
                return false;
        }
    }
    return true;
}

/* --- a pass over the body --------------------------------------------------------------------- */

static weft_binding *binding_of(const loop *l, unsigned i)
{
    return (weft_binding *)l->lowering->bindings.data + l->names[i].binding;
}

/* Opens the loop with what is known of first values. Literals are not carried in this pass: what
 * becomes of them tells their type. */
static int32_t open_loop(const loop *l)
{
    int32_t initial[MOST_COMPONENTS];
    unsigned n = 0;
    for (unsigned i = 0; i < l->n; i++) {
        if (l->names[i].weak)
            continue;
        if (n + l->names[i].width > MOST_COMPONENTS)
            return weft_graph_fail(l->lowering->graph, WEFT_ERR_LIMIT,
                                   "a loop carries more than %d values", MOST_COMPONENTS);
        for (unsigned k = 0; k < l->names[i].width; k++)
            initial[n++] = weft_lower_component(l->lowering, l->names[i].initial, k);
    }
    return weft_node_for(l->lowering->graph, l->count, initial, n);
}

/* Component values `of` a loop, from its k-th on: what the name is in the body, or behind it. */
static int32_t values_of(const loop *l, unsigned i, int32_t node, unsigned first, bool behind)
{
    int32_t components[WEFT_MAX_SEGMENT] = {-1};
    weft_graph *graph = l->lowering->graph;
    for (unsigned k = 0; k < l->names[i].width; k++) {
        components[k] = behind ? weft_node_part(graph, node, first + k)
                               : weft_node_carried(graph, node, first + k);
        if (components[k] < 0)
            return -1;
    }
    return l->names[i].vector ? weft_node_vector(graph, components, l->names[i].width)
                              : components[0];
}

static bool bind_values(const loop *l, int32_t node, bool behind)
{
    unsigned at = 0;
    for (unsigned i = 0; i < l->n; i++) {
        int32_t value = l->names[i].initial;
        if (!l->names[i].weak) {
            value = values_of(l, i, node, at, behind);
            at += l->names[i].width;
        }
        if (value < 0)
            return false;
        binding_of(l, i)->value = value;
    }
    return true;
}

static bool bind_counter(const loop *l, int32_t node)
{
    weft_lowering *lowering = l->lowering;
    weft_lower_place(lowering, l->ast);
    int32_t counter = weft_node_counter(lowering->graph, node);
    if (l->first >= 0)
        counter = weft_lower_binary(lowering, WEFT_TOKEN_PLUS, counter, l->first);
    if (counter < 0 || !weft_lower_bind(lowering, weft_lower_ast(lowering, l->ast)->name, counter))
        return false;
    ((weft_binding *)lowering->bindings.data)[lowering->bindings.count - 1].counter = true;
    return true;
}

/* Makes the body; next[i]: what the i-th name is after it. */
static bool lower_body(const loop *l, int32_t node, int32_t *next)
{
    weft_lowering *lowering = l->lowering;
    size_t before = lowering->bindings.count;
    int32_t unused;
    if (!bind_values(l, node, false) || !bind_counter(l, node))
        return false;
    lowering->for_depth++;
    bool good = weft_lower_block(lowering, l->block, &unused);
    lowering->for_depth--;
    for (unsigned i = 0; good && i < l->n; i++)
        next[i] = binding_of(l, i)->value;
    weft_lower_unbind(lowering, before);
    return good;
}

/* --- until nothing changes -------------------------------------------------------------------- */

/* Component k of the first value as the type, and along the axes too that it has later. */
static int32_t widen(const loop *l, const carried *name, int32_t next, unsigned k, unsigned type,
                     bool *changed)
{
    weft_graph *graph = l->lowering->graph;
    int32_t first = weft_lower_component(l->lowering, name->initial, k);
    int32_t later = weft_lower_component(l->lowering, next, k);
    weft_axes axes, both;
    if (weft_node_at(graph, first)->type != type) {
        first = weft_call_cast(graph, first, (weft_dtype)type);
        *changed = true;
    }
    if (first < 0 || later < 0)
        return -1;
    axes = weft_node_at(graph, first)->axes;
    if (!weft_graph_broadcast(graph, &axes, &weft_node_at(graph, later)->axes, &both))
        return -1;
    if (weft_axes_equal(graph, &axes, &both))
        return first;
    *changed = true;
    return weft_node_spread(graph, first, &both);
}

/* The type that holds what a name is before an iteration and after it; perhaps a weak one. */
static unsigned common_type(const loop *l, const carried *name, int32_t next)
{
    const weft_graph *graph = l->lowering->graph;
    return weft_promote(weft_node_at(graph, name->initial)->type, weft_node_at(graph, next)->type);
}

static unsigned settled(unsigned type)
{
    return type == WEFT_WEAK_INT     ? (unsigned)WEFT_I64
           : type == WEFT_WEAK_FLOAT ? (unsigned)WEFT_F64
                                     : type;
}

/* Makes the i-th first value such that it could be the next one too. */
static bool settle(loop *l, unsigned i, int32_t next, bool *changed)
{
    int32_t components[WEFT_MAX_SEGMENT] = {-1};
    carried *name = &l->names[i];
    weft_lowering *lowering = l->lowering;
    int32_t symbol = binding_of(l, i)->symbol;
    unsigned type = settled(common_type(l, name, next)), width = weft_lower_width(lowering, next);
    bool vector = weft_node_at(lowering->graph, next)->kind == WEFT_NODE_VECTOR;
    weft_lower_place(lowering, l->ast);
    if (!type || (vector && name->vector && width != name->width)) {
        weft_lower_fail(lowering, l->ast,
                        "'%.*s' is another kind of value after an iteration than before it",
                        WEFT_SYMBOL_SHOWN(lowering, symbol));
        return false;
    }
    *changed |= name->weak || (vector && !name->vector);
    width = vector ? width : name->width;
    for (unsigned k = 0; k < width; k++) {
        components[k] = widen(l, name, next, k, type, changed);
        if (components[k] < 0)
            return false;
    }
    int32_t value = components[0];
    if (vector || name->vector)
        value = weft_node_vector(lowering->graph, components, width);
    if (value < 0)
        return false;
    describe(lowering, name, value);
    return true;
}

static bool end_loop(const loop *l, int32_t node, const int32_t *next)
{
    int32_t values[MOST_COMPONENTS];
    weft_graph *graph = l->lowering->graph;
    unsigned n = 0;
    for (unsigned i = 0; i < l->n; i++)
        for (unsigned k = 0; k < l->names[i].width; k++) {
            weft_dtype type = (weft_dtype)weft_node_at(graph, l->names[i].initial)->type;
            int32_t value = weft_lower_component(l->lowering, next[i], k);
            if (weft_node_at(graph, value)->type != type)
                value = weft_call_cast(graph, value, type);
            if (value < 0)
                return false;
            values[n++] = value;
        }
    return weft_node_end_for(graph, node, values) && bind_values(l, node, true);
}

/* Those that are literals still after an iteration may become something else when others have; so
 * they are settled only where nothing else was. */
static bool settle_all(loop *l, const int32_t *next, bool *changed)
{
    for (int literals = 0; literals < 2 && !*changed; literals++)
        for (unsigned i = 0; i < l->n; i++) {
            unsigned type = common_type(l, &l->names[i], next[i]);
            bool literal = l->names[i].weak && settled(type) != type;
            if (literal == (literals == 1) && !settle(l, i, next[i], changed))
                return false;
        }
    return true;
}

/* Tries once; *changed: once more, with first values that are wider now. */
static bool pass(loop *l, bool *changed)
{
    int32_t next[MOST_CARRIED];
    weft_lower_place(l->lowering, l->ast);
    int32_t node = open_loop(l);
    *changed = false;
    if (node < 0 || !lower_body(l, node, next) || !settle_all(l, next, changed))
        return false;
    if (!*changed)
        return end_loop(l, node, next);
    weft_node_leave_for(l->lowering->graph, node);
    return true;
}

bool weft_lower_for(weft_lowering *lowering, int32_t ast)
{
    loop l;
    bool changed = true;
    memset(&l, 0, sizeof l);
    l.lowering = lowering;
    l.ast = ast;
    lowering->loops++;
    if (lowering->for_depth == WEFT_MAX_LOOPS) {
        weft_lower_place(lowering, ast);
        weft_graph_fail(lowering->graph, WEFT_ERR_LIMIT, "loops nested more than %d deep",
                        WEFT_MAX_LOOPS);
        return false;
    }
    if (!lower_range(&l) || !find_carried(&l, l.block))
        return false;
    if (l.n == 0) {
        weft_lower_fail(lowering, ast,
                        "this loop changes nothing: give a name a value before it that it assigns");
        return false;
    }
    while (changed) /* each time to something wider, of which there is an end */
        if (!pass(&l, &changed))
            return false;
    return true;
}
