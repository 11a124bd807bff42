/* compiler/lower_call.c: calls: of functions of the text, which are put in where they stand, of
 * what needs more than values (cast, index, extent, len), and of the functions and reductions that
 * the graph knows (compiler/lower_internal.h). */
#include <string.h>

#include "compiler/lower_internal.h"

enum { MOST_PLACES = 8 }; /* axes that one reduction may name */

/* --- functions of the text -------------------------------------------------------------------- */

static unsigned count_children(const weft_lowering *lowering, int32_t ast)
{
    unsigned count = 0;
    for (int32_t i = weft_lower_ast(lowering, ast)->child; i >= 0;
         i = weft_lower_ast(lowering, i)->next)
        count++;
    return count;
}

static int32_t fail_keyword(weft_lowering *lowering, int32_t keyword, int32_t function)
{
    return weft_lower_fail(lowering, keyword, "'%.*s' has no argument '%.*s'",
                           WEFT_SYMBOL_SHOWN(lowering, function),
                           WEFT_SYMBOL_SHOWN(lowering, weft_lower_ast(lowering, keyword)->name));
}

/* Values of the arguments in front of the first keyword, on the stack; *count of them. */
static bool lower_arguments(weft_lowering *lowering, int32_t ast, unsigned *count, int32_t *keyword)
{
    int32_t i = weft_lower_ast(lowering, ast)->child;
    *count = 0;
    for (; i >= 0 && weft_lower_ast(lowering, i)->kind != WEFT_AST_KEYWORD;
         i = weft_lower_ast(lowering, i)->next, ++*count) {
        int32_t value = weft_lower_value(lowering, i);
        if (value < 0 || !weft_lower_push(lowering, value))
            return false;
    }
    *keyword = i;
    return true;
}

static bool bind_arguments(weft_lowering *lowering, int32_t parameters, size_t first)
{
    int32_t i = weft_lower_ast(lowering, parameters)->child;
    for (size_t k = first; i >= 0; i = weft_lower_ast(lowering, i)->next, k++)
        if (!weft_lower_bind(lowering, weft_lower_ast(lowering, i)->name,
                             *weft_lower_stack(lowering, k)))
            return false;
    return true;
}

/* The body, with the values at `first` of the stack as what its parameters are. */
static int32_t lower_body(weft_lowering *lowering, int32_t ast, int32_t function, size_t first)
{
    int32_t parameters = weft_lower_ast(lowering, function)->child, value = -1;
    int32_t base = lowering->base;
    unsigned depth = lowering->depth;
    size_t before = lowering->bindings.count;
    weft_meaning *meaning = &lowering->meanings[weft_lower_ast(lowering, function)->name];
    lowering->base = (int32_t)before;
    lowering->depth += (unsigned)weft_lower_ast(lowering, ast)->bits;
    lowering->calls++;
    meaning->running = true;
    bool good = bind_arguments(lowering, parameters, first) &&
                weft_lower_block(lowering, weft_lower_ast(lowering, parameters)->next, &value);
    weft_lower_unbind(lowering, before);
    meaning->running = false;
    lowering->calls--;
    lowering->depth = depth;
    lowering->base = base;
    return good ? value : -1;
}

static int32_t call_function(weft_lowering *lowering, int32_t ast, int32_t function)
{
    const weft_ast *call = weft_lower_ast(lowering, ast);
    size_t first = lowering->stack.count;
    unsigned given, wanted = count_children(lowering, weft_lower_ast(lowering, function)->child);
    int32_t keyword;
    if (lowering->meanings[call->name].running)
        return weft_lower_fail(lowering, ast,
                               "'%.*s' calls itself: functions are put in where they "
                               "are called, and that would not end",
                               WEFT_SYMBOL_SHOWN(lowering, call->name));
    if (lowering->depth + call->bits > WEFT_MAX_DEPTH) {
        weft_lower_place(lowering, ast);
        return weft_graph_fail(lowering->graph, WEFT_ERR_LIMIT, "calls nested more than %d deep",
                               WEFT_MAX_DEPTH);
    }
    if (!lower_arguments(lowering, ast, &given, &keyword))
        return -1;
    if (keyword >= 0)
        return fail_keyword(lowering, keyword, call->name);
    if (given != wanted)
        return weft_lower_fail(lowering, ast, "%.*s takes %u argument%s, not %u",
                               WEFT_SYMBOL_SHOWN(lowering, call->name), wanted,
                               wanted == 1 ? "" : "s", given);
    int32_t value = lower_body(lowering, ast, function, first);
    lowering->stack.count = first;
    return value;
}

/* --- what needs more than values -------------------------------------------------------------- */

/* Whether a call has so many arguments, none of them with a name. */
static bool check_count(weft_lowering *lowering, int32_t ast, unsigned least, unsigned most)
{
    int32_t name = weft_lower_ast(lowering, ast)->name;
    unsigned given = count_children(lowering, ast);
    for (int32_t i = weft_lower_ast(lowering, ast)->child; i >= 0;
         i = weft_lower_ast(lowering, i)->next)
        if (weft_lower_ast(lowering, i)->kind == WEFT_AST_KEYWORD) {
            fail_keyword(lowering, i, name);
            return false;
        }
    if (given >= least && given <= most)
        return true;
    if (least == most)
        weft_lower_fail(lowering, ast, "%.*s takes %u argument%s, not %u",
                        WEFT_SYMBOL_SHOWN(lowering, name), most, most == 1 ? "" : "s", given);
    else
        weft_lower_fail(lowering, ast, "%.*s takes %u or %u arguments, not %u",
                        WEFT_SYMBOL_SHOWN(lowering, name), least, most, given);
    return false;
}

static int32_t convert(weft_lowering *lowering, int32_t ast, int32_t operand, weft_dtype type)
{
    int32_t components[WEFT_MAX_SEGMENT];
    int32_t value = weft_lower_value(lowering, operand);
    if (value < 0)
        return -1;
    weft_lower_place(lowering, ast);
    if (weft_node_at(lowering->graph, value)->kind != WEFT_NODE_VECTOR)
        return weft_call_cast(lowering->graph, value, type);
    unsigned n = weft_lower_width(lowering, value);
    for (unsigned i = 0; i < n; i++) {
        components[i] =
            weft_call_cast(lowering->graph, weft_lower_component(lowering, value, i), type);
        if (components[i] < 0)
            return -1;
    }
    return weft_node_vector(lowering->graph, components, n);
}

static int32_t call_cast(weft_lowering *lowering, int32_t ast)
{
    if (!check_count(lowering, ast, 2, 2))
        return -1;
    int32_t operand = weft_lower_ast(lowering, ast)->child;
    int32_t type = weft_lower_ast(lowering, operand)->next;
    const weft_ast *name = weft_lower_ast(lowering, type);
    weft_dtype to = name->kind == WEFT_AST_NAME ? weft_lower_type(lowering, name->name) : WEFT_NONE;
    if (to == WEFT_NONE)
        return weft_lower_fail(lowering, type, "expected an element type, as in cast(x, f32)");
    return convert(lowering, ast, operand, to);
}

static int32_t call_type(weft_lowering *lowering, int32_t ast, weft_dtype type)
{
    return check_count(lowering, ast, 1, 1)
               ? convert(lowering, ast, weft_lower_ast(lowering, ast)->child, type)
               : -1;
}

/* A whole number, perhaps with a minus. False: it is none. */
static bool literal(const weft_lowering *lowering, int32_t ast, int64_t *number)
{
    const weft_ast *node = weft_lower_ast(lowering, ast);
    bool minus = node->kind == WEFT_AST_UNARY && node->sign == WEFT_TOKEN_MINUS;
    if (minus)
        node = weft_lower_ast(lowering, node->child);
    if (node->kind != WEFT_AST_NUMBER || node->type != WEFT_I64)
        return false;
    *number = minus ? -(int64_t)node->bits : (int64_t)node->bits;
    return true;
}

/* The number of an axis of the space by its name, or -1 with an error. */
static int axis_of_name(weft_lowering *lowering, int32_t ast)
{
    int32_t symbol = weft_lower_ast(lowering, ast)->name;
    const weft_axis *axes = lowering->graph->axes.data;
    for (unsigned i = 0; i < lowering->n_axes; i++)
        if (*axes[i].name && weft_lower_is(lowering, symbol, axes[i].name))
            return (int)i;
    return weft_lower_unknown_axis(lowering, ast);
}

/* The axis that index and extent are asked for, or -1. */
static int axis_argument(weft_lowering *lowering, int32_t ast)
{
    int32_t argument = weft_lower_ast(lowering, ast)->child;
    int64_t number = 0;
    if (!lowering->program)
        return weft_lower_fail(lowering, ast,
                               "'%.*s' is for programs, which declare what their axes are",
                               WEFT_SYMBOL_SHOWN(lowering, weft_lower_ast(lowering, ast)->name));
    if (!check_count(lowering, ast, lowering->n_axes == 1 ? 0 : 1, 1))
        return -1;
    if (argument < 0)
        return 0;
    if (weft_lower_ast(lowering, argument)->kind == WEFT_AST_NAME)
        return axis_of_name(lowering, argument);
    if (!literal(lowering, argument, &number))
        return weft_lower_fail(lowering, argument, "expected an axis: its name or number");
    if (number < -(int64_t)lowering->n_axes || number >= lowering->n_axes)
        return weft_lower_fail(lowering, argument, "axis %lld of a space of %d", (long long)number,
                               lowering->n_axes);
    return (int)(number < 0 ? number + lowering->n_axes : number);
}

static int32_t call_index(weft_lowering *lowering, int32_t ast)
{
    int axis = axis_argument(lowering, ast);
    return axis < 0 ? -1 : weft_node_index(lowering->graph, (unsigned)axis, WEFT_I64);
}

static int32_t call_extent(weft_lowering *lowering, int32_t ast)
{
    int axis = axis_argument(lowering, ast);
    return axis < 0 ? -1 : weft_node_extent(lowering->graph, (unsigned)axis);
}

static int32_t call_len(weft_lowering *lowering, int32_t ast)
{
    if (!check_count(lowering, ast, 1, 2))
        return -1;
    int32_t first = weft_lower_ast(lowering, ast)->child;
    const weft_ast *name = weft_lower_ast(lowering, first);
    int32_t second = name->next;
    int64_t dim = 0;
    const weft_declared *declared =
        name->kind == WEFT_AST_NAME && !weft_lower_visible(lowering, name->name)
            ? weft_lower_declared(lowering, name->name)
            : NULL;
    if (!declared || (declared->kind != WEFT_PARAM_TABLE && declared->kind != WEFT_PARAM_UNIFORM))
        return weft_lower_fail(lowering, first,
                               "len is of tables and uniforms; extent(axis) tells how many "
                               "elements there are");
    bool table = declared->kind == WEFT_PARAM_TABLE;
    if (second >= 0 &&
        (!literal(lowering, second, &dim) || dim < 0 || dim >= (table ? WEFT_MAX_RANK : 1)))
        return weft_lower_fail(lowering, second, "expected a dimension of 0 to %d",
                               table ? WEFT_MAX_RANK - 1 : 0);
    if (!table)
        return weft_node_const(lowering->graph, WEFT_I64, declared->rows);
    return weft_node_length(lowering->graph, (unsigned)declared->param, (unsigned)dim);
}

/* --- what the graph knows --------------------------------------------------------------------- */

/* Arguments with names of a reduction. */
typedef struct options {
    int32_t axis; /* what was given, or -1 */
    int places[MOST_PLACES];
    unsigned n_places;
    bool keep;
    int64_t ddof;
    int32_t eps; /* a value, or -1 */
} options;

static bool is_one_of(const weft_lowering *lowering, int32_t symbol, const char *const *words)
{
    while (*words && !weft_lower_is(lowering, symbol, *words))
        words++;
    return *words != NULL;
}

/* The axes of all operands together. */
static bool axes_of(weft_lowering *lowering, const int32_t *args, unsigned n, weft_axes *axes)
{
    memset(axes, 0, sizeof *axes);
    for (unsigned i = 0; i < n; i++) {
        weft_axes both;
        if (!weft_graph_broadcast(lowering->graph, axes,
                                  &weft_node_at(lowering->graph, args[i])->axes, &both))
            return false;
        *axes = both;
    }
    return true;
}

/* Where an axis of the space is among those of the operands. */
static bool place_of_name(weft_lowering *lowering, int32_t ast, const weft_axes *axes, int *place)
{
    if (!lowering->program) {
        weft_lower_fail(lowering, ast, "axes have names in programs only; here they have numbers");
        return false;
    }
    int axis = axis_of_name(lowering, ast);
    if (axis < 0)
        return false;
    for (*place = 0; *place < axes->rank; ++*place)
        if (axes->axis[*place] != WEFT_AXIS_ONE &&
            weft_graph_axis_of(lowering->graph, axes->axis[*place]) == (unsigned)axis)
            return true;
    weft_lower_fail(lowering, ast, "the value does not vary along '%.*s'",
                    WEFT_SYMBOL_SHOWN(lowering, weft_lower_ast(lowering, ast)->name));
    return false;
}

static bool read_place(weft_lowering *lowering, int32_t ast, const weft_axes *axes, int *place)
{
    int64_t number;
    if (weft_lower_ast(lowering, ast)->kind == WEFT_AST_NAME)
        return place_of_name(lowering, ast, axes, place);
    if (!literal(lowering, ast, &number)) {
        weft_lower_fail(lowering, ast, "expected an axis: its number%s",
                        lowering->program ? " or name" : "");
        return false;
    }
    if (number < -axes->rank || number >= axes->rank) {
        weft_lower_fail(lowering, ast, "axis %lld of a value of rank %d", (long long)number,
                        axes->rank);
        return false;
    }
    *place = (int)number;
    return true;
}

static bool read_axis(weft_lowering *lowering, int32_t ast, const weft_axes *axes, options *given)
{
    int32_t value = weft_lower_ast(lowering, ast)->child;
    const weft_ast *node = weft_lower_ast(lowering, value);
    bool tuple = node->kind == WEFT_AST_TUPLE;
    given->axis = ast;
    if (node->kind == WEFT_AST_NAME && weft_lower_is(lowering, node->name, "None"))
        return true;
    for (int32_t i = tuple ? node->child : value; i >= 0;
         i = tuple ? weft_lower_ast(lowering, i)->next : -1) {
        if (given->n_places == MOST_PLACES) {
            weft_lower_fail(lowering, i, "more axes than a value can have");
            return false;
        }
        if (!read_place(lowering, i, axes, &given->places[given->n_places++]))
            return false;
    }
    return true;
}

static bool read_keyword(weft_lowering *lowering, int32_t ast, int32_t function,
                         const weft_axes *axes, options *given)
{
    static const char *const whole[] = {"softmax", "log_softmax",    "layer_norm",
                                        "cumsum",  "cumulative_sum", NULL};
    static const char *const spread[] = {"var", "std", NULL};
    const weft_ast *node = weft_lower_ast(lowering, ast);
    const weft_ast *value = weft_lower_ast(lowering, node->child);
    if (weft_lower_is(lowering, node->name, "axis"))
        return read_axis(lowering, ast, axes, given);
    if (weft_lower_is(lowering, node->name, "keepdims") && !is_one_of(lowering, function, whole)) {
        given->keep = value->kind == WEFT_AST_BOOL && value->bits;
        if (value->kind != WEFT_AST_BOOL)
            weft_lower_fail(lowering, node->child, "keepdims is True or False");
        return value->kind == WEFT_AST_BOOL;
    }
    if (weft_lower_is(lowering, node->name, "ddof") && is_one_of(lowering, function, spread)) {
        if (literal(lowering, node->child, &given->ddof))
            return true;
        weft_lower_fail(lowering, node->child, "ddof is a whole number");
        return false;
    }
    if (weft_lower_is(lowering, node->name, "eps") &&
        weft_lower_is(lowering, function, "layer_norm")) {
        given->eps = weft_lower_value(lowering, node->child);
        return given->eps >= 0;
    }
    fail_keyword(lowering, ast, function);
    return false;
}

/* The keywords from `keyword` on, of a call whose operands are on the stack from `first`. */
static bool read_keywords(weft_lowering *lowering, int32_t keyword, int32_t function, size_t first,
                          unsigned n, options *given)
{
    weft_axes axes;
    if (!axes_of(lowering, weft_lower_stack(lowering, first), n, &axes))
        return false;
    for (int32_t i = keyword; i >= 0; i = weft_lower_ast(lowering, i)->next) {
        int32_t name = weft_lower_ast(lowering, i)->name;
        for (int32_t j = keyword; j != i; j = weft_lower_ast(lowering, j)->next)
            if (weft_lower_ast(lowering, j)->name == name) {
                weft_lower_fail(lowering, i, "argument '%.*s' is there twice",
                                WEFT_SYMBOL_SHOWN(lowering, name));
                return false;
            }
        if (!read_keyword(lowering, i, function, &axes, given))
            return false;
    }
    return true;
}

static int32_t call_reduction(weft_lowering *lowering, int32_t ast, size_t first, unsigned n,
                              int32_t keyword)
{
    int32_t function = weft_lower_ast(lowering, ast)->name;
    const weft_symbol_text *name = weft_symbol_at(&lowering->tree, function);
    options given = {.axis = -1, .eps = -1};
    if (n == 0)
        return weft_lower_fail(lowering, ast, "'%.*s' of nothing",
                               WEFT_SYMBOL_SHOWN(lowering, function));
    if (!read_keywords(lowering, keyword, function, first, n, &given) ||
        (given.eps >= 0 && !weft_lower_push(lowering, given.eps)))
        return -1;
    weft_lower_place(lowering, ast);
    return weft_call_reduction(lowering->graph, name->text, name->length,
                               weft_lower_stack(lowering, first), n + (given.eps >= 0),
                               given.places, given.n_places, given.keep, given.ddof);
}

static int32_t call_known(weft_lowering *lowering, int32_t ast, bool reduction)
{
    static const char *const either[] = {"min", "max", "amin", "amax", NULL};
    int32_t function = weft_lower_ast(lowering, ast)->name, keyword, value;
    const weft_symbol_text *name = weft_symbol_at(&lowering->tree, function);
    size_t first = lowering->stack.count;
    unsigned n, width = 1;
    if (!lower_arguments(lowering, ast, &n, &keyword))
        return -1;
    bool elements = !reduction || (n > 1 && is_one_of(lowering, function, either));
    if (!elements && lowering->for_depth)
        return weft_lower_fail(lowering, ast,
                               "'%.*s' is over all elements: it cannot stand in a "
                               "'for'",
                               WEFT_SYMBOL_SHOWN(lowering, function));
    if (elements && keyword >= 0)
        return fail_keyword(lowering, keyword, function);
    for (unsigned i = 0; i < n; i++) {
        unsigned one = weft_lower_width(lowering, *weft_lower_stack(lowering, first + i));
        width = one > width ? one : width;
    }
    if (!weft_lower_steps(lowering, ast, 8 * width))
        return -1;
    weft_lower_place(lowering, ast);
    if (!elements && keyword >= 0)
        value = call_reduction(lowering, ast, first, n, keyword);
    else
        value = weft_call(lowering->graph, name->text, name->length,
                          weft_lower_stack(lowering, first), n);
    lowering->stack.count = first;
    return value;
}

static int32_t call_users(weft_lowering *lowering, int32_t ast, unsigned function)
{
    const size_t first = lowering->stack.count;
    unsigned n;
    int32_t keyword;
    if (!lower_arguments(lowering, ast, &n, &keyword))
        return -1;
    if (keyword >= 0)
        return fail_keyword(lowering, keyword, weft_lower_ast(lowering, ast)->name);
    weft_lower_place(lowering, ast);
    const int32_t value =
        weft_call_users(lowering->graph, function, weft_lower_stack(lowering, first), n);
    lowering->stack.count = first;
    return value;
}

int32_t weft_lower_call(weft_lowering *lowering, int32_t ast)
{
    int32_t symbol = weft_lower_ast(lowering, ast)->name;
    const weft_symbol_text *name = weft_symbol_at(&lowering->tree, symbol);
    if (lowering->meanings[symbol].function >= 0)
        return call_function(lowering, ast, lowering->meanings[symbol].function);
    if (lowering->meanings[symbol].users >= 0)
        return call_users(lowering, ast, (unsigned)lowering->meanings[symbol].users);
    weft_dtype type = weft_lower_type(lowering, symbol);
    if (type != WEFT_NONE)
        return call_type(lowering, ast, type);
    if (weft_lower_is(lowering, symbol, "cast"))
        return call_cast(lowering, ast);
    if (weft_lower_is(lowering, symbol, "index"))
        return call_index(lowering, ast);
    if (weft_lower_is(lowering, symbol, "extent"))
        return call_extent(lowering, ast);
    if (weft_lower_is(lowering, symbol, "len"))
        return call_len(lowering, ast);
    weft_callable callable = weft_find_callable(name->text, name->length);
    if (callable == WEFT_NOT_CALLABLE)
        return weft_lower_unknown_function(lowering, ast);
    return call_known(lowering, ast, callable == WEFT_REDUCTION);
}
