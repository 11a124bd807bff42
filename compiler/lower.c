/* compiler/lower.c: a text to a graph (compiler/lower.h): what it declares, then its statements,
 * then whether all outputs have a value. */
#include "compiler/lower.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "compiler/lower_internal.h"

/* --- places, errors, vectors ------------------------------------------------------------------ */

void weft_lower_place(weft_lowering *lowering, int32_t ast)
{
    lowering->graph->line = weft_lower_ast(lowering, ast)->line;
    lowering->graph->column = weft_lower_ast(lowering, ast)->column;
}

int32_t weft_lower_fail(weft_lowering *lowering, int32_t ast, const char *format, ...)
{
    char message[WEFT_ERROR_MESSAGE_SIZE];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    weft_lower_place(lowering, ast);
    return weft_graph_fail(lowering->graph, WEFT_ERR_SYNTAX, "%s", message);
}

bool weft_lower_steps(weft_lowering *lowering, int32_t ast, uint32_t steps)
{
    lowering->steps += steps;
    if (lowering->steps <= WEFT_MAX_STEPS)
        return true;
    weft_lower_place(lowering, ast);
    weft_graph_fail(lowering->graph, WEFT_ERR_LIMIT,
                    "too much work: more than %d operations with those of the functions it calls",
                    WEFT_MAX_STEPS);
    return false;
}

unsigned weft_lower_width(const weft_lowering *lowering, int32_t value)
{
    const weft_node *node = weft_node_at(lowering->graph, value);
    return node->kind == WEFT_NODE_VECTOR ? node->n : 1;
}

int32_t weft_lower_component(const weft_lowering *lowering, int32_t value, unsigned k)
{
    const weft_node *node = weft_node_at(lowering->graph, value);
    if (node->kind != WEFT_NODE_VECTOR)
        return value;
    return weft_list_at(lowering->graph, node)[node->n == 1 ? 0 : k];
}

/* --- names of the text ------------------------------------------------------------------------ */

static bool make_meanings(weft_lowering *lowering)
{
    size_t n = lowering->tree.symbols.count;
    lowering->meanings =
        weft_mem_alloc(lowering->graph->allocator, (n ? n : 1) * sizeof *lowering->meanings);
    if (!lowering->meanings) {
        weft_graph_fail(lowering->graph, WEFT_ERR_MEMORY, "out of memory");
        return false;
    }
    lowering->n_meanings = n;
    for (size_t i = 0; i < n; i++)
        lowering->meanings[i] =
            (weft_meaning){.binding = -1, .declared = -1, .function = -1, .users = -1};
    return true;
}

/* `function name(types): type`: what the context of a run has. */
static bool declare_users(weft_lowering *lowering, int32_t ast)
{
    const weft_ast *node = weft_lower_ast(lowering, ast);
    const weft_symbol_text *name = weft_symbol_at(&lowering->tree, node->name);
    weft_meaning *meaning = &lowering->meanings[node->name];
    weft_graph_function function;
    if (meaning->users >= 0 || meaning->function >= 0) {
        weft_lower_fail(lowering, ast, "there is a function '%.*s' already",
                        WEFT_SYMBOL_SHOWN(lowering, node->name));
        return false;
    }
    memset(&function, 0, sizeof function);
    memcpy(function.name, name->text, name->length);
    function.n = (uint8_t)weft_signature_count((uint32_t)node->bits);
    function.result = node->type;
    for (unsigned i = 0; i < function.n; i++)
        function.types[i] = (uint8_t)weft_signature_type((uint32_t)node->bits, i);
    function.pure = node->sign;
    weft_lower_place(lowering, ast);
    meaning->users = weft_graph_new_function(lowering->graph, &function);
    return meaning->users >= 0;
}

/* What only stands at the top: functions, flags, and whether anything is declared. */
static bool find_top(weft_lowering *lowering)
{
    for (int32_t i = weft_lower_ast(lowering, lowering->tree.root)->child; i >= 0;
         i = weft_lower_ast(lowering, i)->next) {
        const weft_ast *node = weft_lower_ast(lowering, i);
        lowering->program |= node->kind == WEFT_AST_SPACE || node->kind == WEFT_AST_DECLARE;
        if (node->kind == WEFT_AST_ALLOW)
            lowering->graph->flags |= (uint32_t)node->bits;
        if (node->kind == WEFT_AST_USERS && !declare_users(lowering, i))
            return false;
        if (node->kind != WEFT_AST_FUNCTION)
            continue;
        weft_meaning *meaning = &lowering->meanings[node->name];
        if (meaning->users >= 0) {
            weft_lower_fail(lowering, i, "there is a function '%.*s' already",
                            WEFT_SYMBOL_SHOWN(lowering, node->name));
            return false;
        }
        if (meaning->function >= 0) {
            weft_lower_fail(lowering, i, "function '%.*s' is already on line %d",
                            WEFT_SYMBOL_SHOWN(lowering, node->name),
                            weft_lower_ast(lowering, meaning->function)->line);
            return false;
        }
        meaning->function = i;
    }
    return true;
}

/* --- parameters ------------------------------------------------------------------------------- */

static bool add_param(weft_lowering *lowering, const weft_declared *declared, const weft_axes *axes)
{
    weft_param param;
    const weft_symbol_text *name = weft_symbol_at(&lowering->tree, declared->symbol);
    if (lowering->meanings[declared->symbol].users >= 0) {
        weft_graph_fail(lowering->graph, WEFT_ERR_SYNTAX, "'%.*s' is a function already",
                        WEFT_SYMBOL_SHOWN(lowering, declared->symbol));
        return false;
    }
    weft_declared *slot = weft_vector_push(lowering->graph->allocator, &lowering->declared);
    if (!slot) {
        weft_graph_fail(lowering->graph, WEFT_ERR_MEMORY, "out of memory");
        return false;
    }
    memset(&param, 0, sizeof param);
    memcpy(param.name, name->text, name->length);
    param.kind = declared->kind;
    param.type = declared->type;
    param.segment = declared->segment;
    param.count = declared->kind == WEFT_PARAM_UNIFORM ? declared->rows : 0;
    *slot = *declared;
    for (unsigned k = 0; k < WEFT_MAX_SEGMENT; k++)
        slot->values[k] = -1;
    slot->param = weft_graph_new_param(lowering->graph, &param, axes);
    lowering->meanings[declared->symbol].declared = (int32_t)lowering->declared.count - 1;
    return slot->param >= 0;
}

static bool declare_space(weft_lowering *lowering, int32_t ast)
{
    weft_graph *graph = lowering->graph;
    if (graph->axes.count) {
        weft_lower_fail(lowering, ast, "'space' is there twice");
        return false;
    }
    for (int32_t i = weft_lower_ast(lowering, ast)->child; i >= 0;
         i = weft_lower_ast(lowering, i)->next) {
        int32_t symbol = weft_lower_ast(lowering, i)->name;
        const weft_symbol_text *name = weft_symbol_at(&lowering->tree, symbol);
        const weft_axis *axes = graph->axes.data;
        bool twice = false;
        for (size_t j = 0; j < graph->axes.count; j++)
            twice |= weft_lower_is(lowering, symbol, axes[j].name);
        if (twice || weft_lower_is(lowering, symbol, "none") ||
            weft_lower_is(lowering, symbol, "None")) {
            weft_lower_fail(lowering, i,
                            twice ? "axis '%.*s' is there twice"
                                  : "'%.*s' cannot be the name of an axis",
                            WEFT_SYMBOL_SHOWN(lowering, symbol));
            return false;
        }
        if (graph->axes.count == WEFT_MAX_RANK) {
            weft_lower_fail(lowering, i, "a space has at most %d axes", WEFT_MAX_RANK);
            return false;
        }
        weft_lower_place(lowering, i);
        if (weft_graph_new_axis(graph, name->text, name->length) < 0)
            return false;
    }
    return true;
}

/* The axes behind `over`: some of the space's, in its order. */
static bool read_axes(weft_lowering *lowering, int32_t ast, weft_axes *axes)
{
    const weft_axis *space = lowering->graph->axes.data;
    axes->rank = 0;
    for (int32_t i = weft_lower_ast(lowering, ast)->child; i >= 0;
         i = weft_lower_ast(lowering, i)->next) {
        int32_t symbol = weft_lower_ast(lowering, i)->name;
        unsigned axis = 0;
        while (axis < lowering->n_axes && !weft_lower_is(lowering, symbol, space[axis].name))
            axis++;
        if (axis == lowering->n_axes) {
            weft_lower_unknown_axis(lowering, i);
            return false;
        }
        if (axes->rank && axes->axis[axes->rank - 1] >= axis) {
            weft_lower_fail(lowering, i, "axes stand in the order of the space, each once");
            return false;
        }
        axes->axis[axes->rank++] = (uint8_t)axis;
    }
    return true;
}

static bool declare(weft_lowering *lowering, int32_t ast)
{
    const weft_ast *node = weft_lower_ast(lowering, ast);
    weft_declared declared = {.ast = ast,
                              .kind = node->sign,
                              .type = node->type,
                              .segment = (uint8_t)(node->bits & 0xff),
                              .rows = (uint32_t)(node->bits >> 32)};
    bool array = !weft_kind_is_table(node->sign) && node->sign != WEFT_PARAM_UNIFORM;
    weft_axes axes = {.rank = array ? lowering->n_axes : 0, .axis = {0, 1, 2, 3}};
    for (int32_t i = node->child; i >= 0; i = weft_lower_ast(lowering, i)->next)
        if (weft_lower_ast(lowering, i)->kind == WEFT_AST_AXES && !read_axes(lowering, i, &axes))
            return false;
    for (int32_t i = node->child; i >= 0 && weft_lower_ast(lowering, i)->kind == WEFT_AST_NAME;
         i = weft_lower_ast(lowering, i)->next) {
        declared.symbol = weft_lower_ast(lowering, i)->name;
        declared.ast = i;
        const weft_declared *twin = weft_lower_declared(lowering, declared.symbol);
        if (twin) {
            weft_lower_fail(lowering, i, "'%.*s' is already declared on line %d",
                            WEFT_SYMBOL_SHOWN(lowering, declared.symbol),
                            weft_lower_ast(lowering, twin->ast)->line);
            return false;
        }
        weft_lower_place(lowering, i);
        if (!add_param(lowering, &declared, &axes))
            return false;
    }
    return true;
}

static bool declare_all(weft_lowering *lowering)
{
    int32_t first = weft_lower_ast(lowering, lowering->tree.root)->child;
    for (int32_t i = first; i >= 0; i = weft_lower_ast(lowering, i)->next)
        if (weft_lower_ast(lowering, i)->kind == WEFT_AST_SPACE && !declare_space(lowering, i))
            return false;
    if (!lowering->graph->axes.count && weft_graph_new_axis(lowering->graph, "", 0) < 0)
        return false;
    lowering->n_axes = (uint8_t)lowering->graph->axes.count;
    for (int32_t i = first; i >= 0; i = weft_lower_ast(lowering, i)->next)
        if (weft_lower_ast(lowering, i)->kind == WEFT_AST_DECLARE && !declare(lowering, i))
            return false;
    return true;
}

/* --- variables of expressions ----------------------------------------------------------------- */

static bool is_type(unsigned type)
{
    return type > WEFT_NONE && type < WEFT_TYPE_COUNT;
}

static weft_status check_variables(const weft_text_options *options, weft_error *error)
{
    for (size_t i = 0; i < options->n_variables; i++) {
        const weft_variable *v = &options->variables[i];
        if (!v->name || !*v->name)
            return weft_fail(error, WEFT_ERR_ARG, "variable %zu has no name", i);
        if (!is_type((unsigned)v->type))
            return weft_fail(error, WEFT_ERR_ARG, "variable '%.60s' has no element type", v->name);
        if (v->rank < 0 || v->rank > WEFT_MAX_RANK)
            return weft_fail(error, WEFT_ERR_ARG, "variable '%.60s' has rank %d, not 0 to %d",
                             v->name, (int)v->rank, WEFT_MAX_RANK);
        if (v->ones >> v->rank)
            return weft_fail(error, WEFT_ERR_ARG,
                             "variable '%.60s' has an axis of extent 1 beyond its rank", v->name);
    }
    if (options->result != WEFT_NONE && !is_type((unsigned)options->result))
        return weft_fail(error, WEFT_ERR_ARG, "the result has no such element type");
    return WEFT_OK;
}

static bool declare_variable(weft_lowering *lowering, const weft_variable *v, int32_t symbol)
{
    weft_graph *graph = lowering->graph;
    weft_axes axes = {.rank = (uint8_t)v->rank};
    weft_declared declared = {.symbol = symbol,
                              .ast = -1,
                              .kind = v->rank ? WEFT_PARAM_IN : WEFT_PARAM_UNIFORM,
                              .type = (uint8_t)v->type,
                              .segment = 1,
                              .rows = 1};
    if (lowering->meanings[symbol].declared >= 0 || weft_lower_is(lowering, symbol, "out")) {
        weft_graph_fail(graph, WEFT_ERR_ARG,
                        lowering->meanings[symbol].declared >= 0
                            ? "variable '%s' is there twice"
                            : "a variable cannot be named '%s': that is the result",
                        v->name);
        return false;
    }
    for (int i = 0; i < v->rank; i++) {
        int32_t axis = v->ones >> i & 1 ? WEFT_AXIS_ONE : weft_graph_new_axis(graph, "", 0);
        if (axis < 0)
            return false;
        axes.axis[i] = (uint8_t)axis;
    }
    return add_param(lowering, &declared, &axes);
}

static bool declare_variables(weft_lowering *lowering)
{
    if (!weft_lower_find_uses(lowering))
        return false;
    for (size_t i = 0; i < lowering->options->n_variables; i++) {
        const weft_variable *v = &lowering->options->variables[i];
        int32_t symbol = weft_tree_find(&lowering->tree, v->name, strlen(v->name));
        if (symbol >= 0 && lowering->meanings[symbol].used &&
            !declare_variable(lowering, v, symbol))
            return false;
    }
    return true;
}

/* --- results ---------------------------------------------------------------------------------- */

static bool has_output(const weft_lowering *lowering)
{
    const weft_declared *declared = lowering->declared.data;
    bool has = false;
    for (size_t i = 0; i < lowering->declared.count; i++)
        has |= weft_declared_is_output(&declared[i]);
    return has;
}

/* The type of what a text is worth. */
static unsigned result_type(const weft_lowering *lowering, int32_t value)
{
    if (!lowering->program && lowering->options->result)
        return lowering->options->result;
    unsigned type = weft_node_at(lowering->graph, value)->type;
    return type == WEFT_WEAK_INT ? WEFT_I64 : type == WEFT_WEAK_FLOAT ? WEFT_F64 : type;
}

static bool is_parameter(const weft_graph *graph, const char *name)
{
    bool is = false;
    for (size_t i = 0; i < graph->params.count; i++)
        is |= strcmp(weft_graph_param_at(graph, (unsigned)i)->name, name) == 0;
    return is;
}

static bool set_result_component(weft_lowering *lowering, unsigned out, unsigned k, int32_t value)
{
    weft_graph *graph = lowering->graph;
    const weft_param *param = weft_graph_param_at(graph, out);
    value = weft_call_assignable(graph, value, (weft_dtype)param->type, param->name);
    return value >= 0 && weft_graph_output(graph, out, k, value);
}

/* The value of a text's last statement becomes its output. */
static bool set_result(weft_lowering *lowering, int32_t ast)
{
    weft_graph *graph = lowering->graph;
    weft_param param;
    int32_t value = weft_lower_value(lowering, weft_lower_ast(lowering, ast)->child);
    if (value < 0)
        return false;
    if (is_parameter(graph, "out")) {
        weft_lower_fail(lowering, ast, "the result is named 'out', and so is a parameter");
        return false;
    }
    const weft_axes axes = weft_node_at(graph, value)->axes; /* those of extent 1 as well */
    memset(&param, 0, sizeof param);
    memcpy(param.name, "out", 4);
    param.kind = WEFT_PARAM_OUT;
    param.type = (uint8_t)result_type(lowering, value);
    param.segment = (uint8_t)weft_lower_width(lowering, value);
    weft_lower_place(lowering, ast);
    int32_t out = weft_graph_new_param(graph, &param, &axes);
    for (unsigned k = 0; out >= 0 && k < param.segment; k++)
        if (!set_result_component(lowering, (unsigned)out, k,
                                  weft_lower_component(lowering, value, k)))
            return false;
    return out >= 0;
}

static bool check_outputs(weft_lowering *lowering)
{
    const weft_declared *declared = lowering->declared.data;
    for (size_t i = 0; i < lowering->declared.count; i++) {
        const weft_declared *one = &declared[i];
        unsigned missing = 0, last = 0;
        for (unsigned k = 0; weft_declared_is_output(one) && k < one->segment; k++)
            if (one->values[k] < 0) {
                last = missing++ ? last : k;
            }
        if (!missing || (one->kind == WEFT_PARAM_INOUT && missing < one->segment))
            continue;
        if (missing < one->segment)
            weft_lower_fail(lowering, one->ast, "component %u of output '%.*s' gets no value", last,
                            WEFT_SYMBOL_SHOWN(lowering, one->symbol));
        else
            weft_lower_fail(lowering, one->ast, "output '%.*s' gets no value",
                            WEFT_SYMBOL_SHOWN(lowering, one->symbol));
        return false;
    }
    return true;
}

/* --- texts ------------------------------------------------------------------------------------ */

static bool lower_statements(weft_lowering *lowering)
{
    int32_t last = -1;
    bool result = !has_output(lowering);
    for (int32_t i = weft_lower_ast(lowering, lowering->tree.root)->child; i >= 0;
         i = weft_lower_ast(lowering, i)->next) {
        const weft_ast *node = weft_lower_ast(lowering, i);
        last = i;
        if (result && node->kind == WEFT_AST_VALUE && node->next < 0)
            return set_result(lowering, i);
        if (!weft_lower_statement(lowering, i))
            return false;
    }
    if (!result)
        return check_outputs(lowering);
    weft_lower_fail(lowering, last < 0 ? lowering->tree.root : last,
                    last < 0 ? "the text is empty"
                    : lowering->program
                        ? "the program gives nothing: it declares no output, and its last "
                          "statement is no value"
                        : "the text gives nothing: its last statement is no value");
    return false;
}

static bool lower_tree(weft_lowering *lowering)
{
    if (!make_meanings(lowering) || !find_top(lowering))
        return false;
    lowering->graph->named_axes = lowering->program;
    return (lowering->program ? declare_all(lowering) : declare_variables(lowering)) &&
           lower_statements(lowering);
}

static void lowering_init(weft_lowering *lowering, weft_graph *graph,
                          const weft_text_options *options, weft_error *error)
{
    memset(lowering, 0, sizeof *lowering);
    lowering->graph = graph;
    lowering->options = options;
    lowering->error = error;
    lowering->declared.element = sizeof(weft_declared);
    lowering->bindings.element = sizeof(weft_binding);
    lowering->stack.element = sizeof(int32_t);
}

static void lowering_free(weft_lowering *lowering)
{
    const weft_allocator *allocator = lowering->graph->allocator;
    weft_vector_free(allocator, &lowering->declared);
    weft_vector_free(allocator, &lowering->bindings);
    weft_vector_free(allocator, &lowering->stack);
    weft_mem_free(allocator, lowering->meanings,
                  (lowering->n_meanings ? lowering->n_meanings : 1) * sizeof *lowering->meanings);
    weft_tree_free(&lowering->tree);
}

weft_status weft_lower(weft_graph *graph, const char *text, size_t length,
                       const weft_text_options *options, weft_error *error)
{
    static const weft_text_options none;
    weft_lowering lowering;
    options = options ? options : &none;
    WEFT_TRY(check_variables(options, error));
    lowering_init(&lowering, graph, options, error);
    graph->error = error;
    weft_status status = weft_parse(graph->allocator, text, length, &lowering.tree, error);
    if (!status && !lower_tree(&lowering))
        status = graph->failed ? graph->failed : WEFT_ERR_ARG;
    lowering_free(&lowering);
    return status;
}
