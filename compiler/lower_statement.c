/* compiler/lower_statement.c: assignments and blocks (compiler/lower_internal.h). */
#include "compiler/lower_internal.h"

/* --- outputs ---------------------------------------------------------------------------------- */

/* An output can hold what varies along its own axes alone. */
static bool check_axes(weft_lowering *lowering, int32_t ast, const weft_declared *output,
                       int32_t value)
{
    const weft_axes *axes = &weft_node_at(lowering->graph, value)->axes;
    const weft_axes *own = (weft_axes *)lowering->graph->shapes.data + output->param;
    const weft_axis *names = lowering->graph->axes.data;
    for (unsigned i = 0; i < axes->rank; i++) {
        bool has = axes->axis[i] == WEFT_AXIS_ONE;
        for (unsigned j = 0; j < own->rank; j++)
            has |= own->axis[j] == axes->axis[i];
        if (has)
            continue;
        const char *name = names[axes->axis[i]].name;
        if (*name)
            weft_lower_fail(lowering, ast, "'%.*s' has no axis '%s', along which its value varies",
                            WEFT_SYMBOL_SHOWN(lowering, output->symbol), name);
        else
            weft_lower_fail(lowering, ast, "'%.*s' is a single element, and its value varies",
                            WEFT_SYMBOL_SHOWN(lowering, output->symbol));
        return false;
    }
    return true;
}

static bool set_component(weft_lowering *lowering, int32_t ast, weft_declared *output, unsigned k,
                          int32_t value)
{
    weft_graph *graph = lowering->graph;
    if (output->values[k] >= 0) {
        weft_lower_fail(lowering, ast, "output '%.*s' has a value already; it gets one once",
                        WEFT_SYMBOL_SHOWN(lowering, output->symbol));
        return false;
    }
    const weft_param *param = weft_graph_param_at(graph, (unsigned)output->param);
    weft_lower_place(lowering, ast);
    value = weft_call_assignable(graph, value, (weft_dtype)param->type, param->name);
    if (value < 0 || !check_axes(lowering, ast, output, value) ||
        !weft_graph_output(graph, (unsigned)output->param, k, value))
        return false;
    output->values[k] = value;
    return true;
}

/* All components, or the one of a COMPONENT. */
static bool set_output(weft_lowering *lowering, int32_t target, weft_declared *output,
                       int32_t value)
{
    const weft_ast *node = weft_lower_ast(lowering, target);
    unsigned width = weft_lower_width(lowering, value);
    bool component = node->kind == WEFT_AST_COMPONENT;
    if (lowering->calls) { /* loops have said so themselves */
        weft_lower_fail(lowering, target, "output '%.*s' cannot be assigned in a function",
                        WEFT_SYMBOL_SHOWN(lowering, output->symbol));
        return false;
    }
    if (component && node->bits >= output->segment) {
        weft_lower_fail(lowering, target, "output '%.*s' has %u value%s, the last of which is %u",
                        WEFT_SYMBOL_SHOWN(lowering, output->symbol), output->segment,
                        output->segment == 1 ? "" : "s", output->segment - 1u);
        return false;
    }
    bool vector = weft_node_at(lowering->graph, value)->kind == WEFT_NODE_VECTOR;
    if (vector && width != (component ? 1 : output->segment)) {
        weft_lower_fail(lowering, target, "a vector of %u is assigned to what has %u value%s",
                        width, component ? 1 : output->segment,
                        component || output->segment == 1 ? "" : "s");
        return false;
    }
    if (component)
        return set_component(lowering, target, output, (unsigned)node->bits,
                             weft_lower_component(lowering, value, 0));
    for (unsigned k = 0; k < output->segment; k++)
        if (!set_component(lowering, target, output, k, weft_lower_component(lowering, value, k)))
            return false;
    return true;
}

/* --- temporaries ------------------------------------------------------------------------------ */

/* The vector that has another component in one place. */
static int32_t with_component(weft_lowering *lowering, int32_t ast, int32_t vector, int32_t value)
{
    int32_t components[WEFT_MAX_SEGMENT];
    uint64_t k = weft_lower_ast(lowering, ast)->bits;
    unsigned n = weft_lower_width(lowering, vector);
    if (weft_node_at(lowering->graph, vector)->kind != WEFT_NODE_VECTOR || k >= n)
        return weft_lower_fail(lowering, ast, "what is assigned to has no component %llu",
                               (unsigned long long)k);
    if (weft_node_at(lowering->graph, value)->kind == WEFT_NODE_VECTOR)
        return weft_lower_fail(lowering, ast, "a component is one value, not a vector");
    for (unsigned i = 0; i < n; i++)
        components[i] = i == k ? value : weft_lower_component(lowering, vector, i);
    weft_lower_place(lowering, ast);
    return weft_call(lowering->graph, "vec", 3, components, n);
}

static bool set_temporary(weft_lowering *lowering, int32_t target, int32_t name, int32_t value)
{
    int32_t symbol = weft_lower_ast(lowering, name)->name;
    weft_binding *binding = weft_lower_visible(lowering, symbol);
    if (binding && binding->counter) {
        weft_lower_fail(lowering, target, "'%.*s' counts the iterations and cannot be assigned",
                        WEFT_SYMBOL_SHOWN(lowering, symbol));
        return false;
    }
    if (target != name) {
        int32_t vector = weft_lower_name(lowering, name);
        value = vector < 0 ? -1 : with_component(lowering, target, vector, value);
        if (value < 0)
            return false;
        binding = weft_lower_visible(lowering, symbol);
    }
    if (!binding)
        return weft_lower_bind(lowering, symbol, value);
    binding->value = value;
    return true;
}

static bool set_target(weft_lowering *lowering, int32_t target, int32_t value)
{
    const weft_ast *node = weft_lower_ast(lowering, target);
    int32_t name = node->kind == WEFT_AST_COMPONENT ? node->child : target;
    int32_t symbol = weft_lower_ast(lowering, name)->name;
    weft_declared *declared =
        weft_lower_visible(lowering, symbol) ? NULL : weft_lower_declared(lowering, symbol);
    if (declared && weft_declared_is_output(declared))
        return set_output(lowering, target, declared, value);
    if (declared && lowering->program) {
        weft_lower_fail(lowering, target, "'%.*s' is declared as what is read only",
                        WEFT_SYMBOL_SHOWN(lowering, symbol));
        return false;
    }
    return set_temporary(lowering, target, name, value);
}

/* --- assignments ------------------------------------------------------------------------------ */

/* Puts what is assigned on the stack. One vector for several names is taken apart. */
static bool lower_values(weft_lowering *lowering, int32_t ast, unsigned targets)
{
    int32_t left = weft_lower_ast(lowering, ast)->child;
    int32_t right = weft_lower_ast(lowering, left)->next;
    unsigned values = 0;
    int32_t value = -1;
    for (int32_t i = weft_lower_ast(lowering, right)->child; i >= 0;
         i = weft_lower_ast(lowering, i)->next, values++) {
        value = weft_lower_value(lowering, i);
        if (value < 0 || !weft_lower_push(lowering, value))
            return false;
    }
    if (values == targets)
        return true;
    if (values != 1 || weft_lower_width(lowering, value) != targets) {
        weft_lower_fail(lowering, ast, "%u name%s and %u value%s", targets, targets == 1 ? "" : "s",
                        values, values == 1 ? "" : "s");
        return false;
    }
    lowering->stack.count--;
    for (unsigned i = 0; i < targets; i++)
        if (!weft_lower_push(lowering, weft_lower_component(lowering, value, i)))
            return false;
    return true;
}

/* The one value on the stack becomes what the target is, combined with it. */
static bool combine(weft_lowering *lowering, int32_t ast, int32_t target)
{
    size_t top = lowering->stack.count - 1;
    int32_t old = weft_lower_value(lowering, target);
    if (old < 0)
        return false;
    weft_lower_place(lowering, ast);
    int32_t value = weft_lower_binary(lowering, weft_lower_ast(lowering, ast)->sign, old,
                                      *weft_lower_stack(lowering, top));
    *weft_lower_stack(lowering, top) = value;
    return value >= 0;
}

static bool lower_assignment(weft_lowering *lowering, int32_t ast)
{
    int32_t left = weft_lower_ast(lowering, ast)->child;
    int32_t target = weft_lower_ast(lowering, left)->child;
    size_t first = lowering->stack.count, at = first;
    unsigned targets = 0;
    for (int32_t i = target; i >= 0; i = weft_lower_ast(lowering, i)->next)
        targets++;
    if (!lower_values(lowering, ast, targets) ||
        (weft_lower_ast(lowering, ast)->sign && !combine(lowering, ast, target)))
        return false;
    for (int32_t i = target; i >= 0; i = weft_lower_ast(lowering, i)->next, at++)
        if (!set_target(lowering, i, *weft_lower_stack(lowering, at)))
            return false;
    lowering->stack.count = first;
    return true;
}

/* --- statements ------------------------------------------------------------------------------- */

bool weft_lower_statement(weft_lowering *lowering, int32_t ast)
{
    if (!weft_lower_steps(lowering, ast, 1))
        return false;
    switch (weft_lower_ast(lowering, ast)->kind) {
    case WEFT_AST_ASSIGN:
        return lower_assignment(lowering, ast);
    case WEFT_AST_FOR:
        return weft_lower_for(lowering, ast);
    case WEFT_AST_VALUE:
        weft_lower_fail(lowering, ast, "this value goes nowhere: assign it to a name");
        return false;
    default: /* declarations, which were looked at first */
        return true;
    }
}

bool weft_lower_block(weft_lowering *lowering, int32_t block, int32_t *value)
{
    for (int32_t i = weft_lower_ast(lowering, block)->child; i >= 0;
         i = weft_lower_ast(lowering, i)->next) {
        if (weft_lower_ast(lowering, i)->kind == WEFT_AST_RETURN) {
            *value = weft_lower_value(lowering, weft_lower_ast(lowering, i)->child);
            return *value >= 0;
        }
        if (!weft_lower_statement(lowering, i))
            return false;
    }
    return true;
}
