/* compiler/call.c: finds what a name stands for, brings operands to the types that it works on, and
 * takes vectors component by component (compiler/call.h, docs/language.md). */
#include "compiler/call.h"

#include <string.h>

#include "isa/suggest.h"

/* --- names ------------------------------------------------------------------------------------ */

static const weft_callee callees[] = {
#define WEFT_FUNCTION_ROW(name, least, most, TAKES, function, code)                                \
    {name, WEFT_FUNCTION, WEFT_TAKES_##TAKES, least, most, code, weft_build_##function},
#define WEFT_REDUCTION_ROW(name, NAME, least, most)                                                \
    {name, WEFT_REDUCTION, 0, least, most, WEFT_REDUCTION_##NAME, NULL},
#include "compiler/functions.def"
};

static const struct {
    const char *other, *name;
} aliases[] = {
#define WEFT_ALIAS_ROW(other, name) {other, name},
#include "compiler/functions.def"
};

enum { N_CALLEES = sizeof callees / sizeof *callees, N_ALIASES = sizeof aliases / sizeof *aliases };

static bool is_name(const char *name, const char *text, size_t length)
{
    return name[0] == text[0] && strncmp(name, text, length) == 0 && name[length] == 0;
}

static const weft_callee *find_row(const char *name, size_t length)
{
    for (unsigned i = 0; i < N_CALLEES; i++)
        if (is_name(callees[i].name, name, length))
            return callees + i;
    return NULL;
}

const weft_callee *weft_callee_find(const char *name, size_t length)
{
    if (length == 0 || memchr(name, 0, length))
        return NULL;
    const weft_callee *row = find_row(name, length);
    for (unsigned i = 0; !row && i < N_ALIASES; i++)
        if (is_name(aliases[i].other, name, length))
            return find_row(aliases[i].name, strlen(aliases[i].name));
    return row;
}

static bool is_word(const char *name)
{
    return name[0] >= 'a' && name[0] <= 'z' && strcmp(name, "and") != 0 &&
           strcmp(name, "or") != 0 && strcmp(name, "not") != 0;
}

weft_callable weft_find_callable(const char *name, size_t length)
{
    const weft_callee *row = weft_callee_find(name, length);
    return row && is_word(row->name) ? (weft_callable)row->callable : WEFT_NOT_CALLABLE;
}

const char *weft_nearest_callable(const char *name, size_t length)
{
    weft_suggestion suggestion = {.wanted = name, .length = length};
    for (unsigned i = 0; i < N_CALLEES; i++)
        if (is_word(callees[i].name))
            weft_suggest(&suggestion, callees[i].name);
    for (unsigned i = 0; i < N_ALIASES; i++)
        weft_suggest(&suggestion, aliases[i].other);
    return suggestion.best;
}

/* --- operands --------------------------------------------------------------------------------- */

bool weft_call_counts(weft_graph *graph, const weft_callee *row, unsigned n)
{
    if (n >= row->least && n <= row->most)
        return true;
    const unsigned wanted = n < row->least ? row->least : row->most;
    weft_graph_fail(graph, WEFT_ERR_SYNTAX, "%s takes %s%u argument%s, not %u", row->name,
                    row->least == row->most ? ""
                    : n < row->least        ? "at least "
                                            : "at most ",
                    wanted, wanted == 1 ? "" : "s", n);
    return false;
}

int weft_call_width(weft_graph *graph, const char *name, const int32_t *args, unsigned n)
{
    unsigned width = 0;
    for (unsigned i = 0; i < n; i++) {
        const weft_node *at = weft_node_at(graph, args[i]);
        if (at->kind != WEFT_NODE_VECTOR || at->n == width)
            continue;
        if (width)
            return weft_graph_fail(graph, WEFT_ERR_SYNTAX,
                                   "%s: a vector of %u components and one of %u", name, width,
                                   at->n);
        width = at->n;
    }
    return (int)width;
}

int32_t weft_call_component(const weft_graph *graph, int32_t value, unsigned k)
{
    const weft_node *at = weft_node_at(graph, value);
    return at->kind == WEFT_NODE_VECTOR ? weft_list_at(graph, at)[k] : value;
}

static unsigned refuse(weft_graph *graph, const weft_callee *row, const char *needs, unsigned type)
{
    weft_graph_fail(graph, WEFT_ERR_SYNTAX, "%s needs %s, not %s", row->name, needs,
                    weft_type_label(type));
    return WEFT_NONE;
}

/* The type that a row's operands are brought to, from their common one. WEFT_NONE: an error. */
static unsigned operand_type(weft_graph *graph, const weft_callee *row, unsigned common)
{
    const bool is_bool = common == WEFT_BOOL;
    const bool is_int = weft_type_is_int(common) || common == WEFT_WEAK_INT;
    switch (row->takes) {
    case WEFT_TAKES_NUMBERS:
        return is_bool ? WEFT_I8 : common;
    case WEFT_TAKES_SIGNS:
        return is_bool ? refuse(graph, row, "numbers", common) : common;
    case WEFT_TAKES_FLOATS:
        return weft_float_type(common);
    case WEFT_TAKES_QUOTIENT:
        return common == WEFT_WEAK_INT ? WEFT_WEAK_FLOAT : is_int || is_bool ? WEFT_F64 : common;
    case WEFT_TAKES_INTEGERS:
        return is_bool ? WEFT_I8 : is_int ? common : refuse(graph, row, "integers", common);
    case WEFT_TAKES_LOGIC:
        return is_bool || is_int ? common : refuse(graph, row, "integers or bools", common);
    case WEFT_TAKES_TRUTH:
        return WEFT_BOOL;
    default:
        return common;
    }
}

/* Whether the operands, all integer literals, have a result that is no int64_t. */
static bool overflows(const weft_graph *graph, const weft_callee *row, const int32_t *args,
                      unsigned n)
{
    int64_t value[2] = {0, 0}, result;
    for (unsigned i = 0; i < n && i < 2; i++)
        value[i] = (int64_t)weft_node_at(graph, args[i])->imm;
    if (row->build == weft_build_plus)
        return n == 2 && __builtin_add_overflow(value[0], value[1], &result);
    if (row->build == weft_build_minus)
        return n == 2 ? __builtin_sub_overflow(value[0], value[1], &result) : value[0] == INT64_MIN;
    if (row->build == weft_build_times)
        return __builtin_mul_overflow(value[0], value[1], &result);
    if (row->build == weft_build_square)
        return __builtin_mul_overflow(value[0], value[0], &result);
    if (row->build == weft_build_absolute)
        return value[0] == INT64_MIN;
    if (row->build == weft_build_floor_divide)
        return value[0] == INT64_MIN && value[1] == -1;
    if (row->build == weft_build_shift && row->code == WEFT_OP_SHL)
        return value[0] && value[1] >= 0 &&
               (value[1] > 62 || __builtin_mul_overflow(value[0], INT64_C(1) << value[1], &result));
    return false;
}

static bool all_weak(const weft_graph *graph, const int32_t *args, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        if (!weft_type_is_weak(weft_type_of(graph, args[i])))
            return false;
    return n > 0;
}

/* Whether the divisor is written as 0. One that only turns out to be 0 gives 0, as in a run. */
static bool divides_by_zero(const weft_graph *graph, const weft_callee *row, const int32_t *args)
{
    const bool divides = row->build == weft_build_floor_divide ||
                         row->build == weft_build_remainder ||
                         (row->build == weft_build_op && row->code == WEFT_OP_REM);
    return divides && weft_type_of(graph, args[1]) == WEFT_WEAK_INT &&
           weft_node_at(graph, args[1])->imm == 0;
}

/* --- calls ------------------------------------------------------------------------------------ */

int32_t weft_call_row(weft_graph *graph, const weft_callee *row, const int32_t *args, unsigned n)
{
    int32_t operands[WEFT_MAX_OPERANDS];
    for (unsigned i = 0; i < n; i++)
        if (!weft_node_usable(graph, args[i]))
            return -1;
    if (row->takes >= WEFT_TAKES_RAW)
        return row->build(graph, row->code, args, n);
    const bool weak = all_weak(graph, args, n);
    const unsigned common = row->takes == WEFT_TAKES_FLOATS ? weft_common_float(graph, args, n)
                                                            : weft_common_type(graph, args, n);
    const unsigned type = operand_type(graph, row, common);
    const bool half = weft_type_is_half(type);
    if (type == WEFT_NONE)
        return -1;
    if (type == WEFT_WEAK_INT && overflows(graph, row, args, n))
        return weft_graph_fail(graph, WEFT_ERR_SYNTAX, "the result of %s does not fit 64 bits",
                               row->name);
    if ((weft_type_is_int(type) || type == WEFT_WEAK_INT) && divides_by_zero(graph, row, args))
        return weft_graph_fail(graph, WEFT_ERR_SYNTAX, "division by zero");
    for (unsigned i = 0; i < n; i++) {
        operands[i] = row->takes == WEFT_TAKES_TRUTH ? weft_truth(graph, args[i])
                                                     : weft_as(graph, args[i], type);
        if (half && operands[i] >= 0)
            operands[i] = weft_node_cvt(graph, WEFT_F32, operands[i]);
        if (operands[i] < 0)
            return -1;
    }
    const int32_t result = row->build(graph, row->code, operands, n);
    if (half && result >= 0 && weft_type_of(graph, result) == WEFT_F32)
        return weft_node_cvt(graph, (weft_dtype)type, result);
    return weak ? weft_as_literal(graph, result) : result;
}

static int32_t call_components(weft_graph *graph, const weft_callee *row, const int32_t *args,
                               unsigned n, unsigned width)
{
    int32_t parts[WEFT_MAX_SEGMENT], operands[WEFT_MAX_OPERANDS];
    for (unsigned k = 0; k < width; k++) {
        for (unsigned i = 0; i < n; i++)
            operands[i] = weft_call_component(graph, args[i], k);
        parts[k] = weft_call_row(graph, row, operands, n);
        if (parts[k] < 0)
            return -1;
    }
    return weft_node_vector(graph, parts, width);
}

static int32_t call_function(weft_graph *graph, const weft_callee *row, const int32_t *args,
                             unsigned n)
{
    if (!weft_call_counts(graph, row, n))
        return -1;
    if (row->takes == WEFT_TAKES_VECTORS)
        return row->build(graph, row->code, args, n);
    const int width = weft_call_width(graph, row->name, args, n);
    if (width < 0)
        return -1;
    return width ? call_components(graph, row, args, n, (unsigned)width)
                 : weft_call_row(graph, row, args, n);
}

int32_t weft_call_named(weft_graph *graph, const char *name, const int32_t *args, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        if (args[i] < 0)
            return -1;
    return graph->failed ? -1 : call_function(graph, find_row(name, strlen(name)), args, n);
}

/* min(a, b, ...), max(a, b, ...) */
static int32_t call_extreme(weft_graph *graph, const weft_callee *row, const int32_t *args,
                            unsigned n)
{
    const char *name = row->code == WEFT_REDUCTION_MIN ? "minimum" : "maximum";
    int32_t result = args[0];
    for (unsigned i = 1; i < n && result >= 0; i++)
        result = weft_call_named(graph, name, (int32_t[]){result, args[i]}, 2);
    return result;
}

int32_t weft_call(weft_graph *graph, const char *name, size_t length, const int32_t *args,
                  unsigned n)
{
    if (graph->failed)
        return -1;
    const weft_callee *row = weft_callee_find(name, length);
    if (!row) {
        const char *near = weft_nearest_callable(name, length);
        return weft_graph_fail(graph, WEFT_ERR_SYNTAX, "unknown function '%.*s'%s%s%s",
                               length < 64 ? (int)length : 64, name, near ? "; did you mean '" : "",
                               near ? near : "", near ? "'?" : "");
    }
    for (unsigned i = 0; i < n; i++)
        if (args[i] < 0)
            return -1;
    if (n > WEFT_MAX_OPERANDS)
        return weft_graph_fail(graph, WEFT_ERR_LIMIT, "a call has at most %d arguments",
                               WEFT_MAX_OPERANDS);
    if (row->callable == WEFT_FUNCTION)
        return call_function(graph, row, args, n);
    if (n > 1 && (row->code == WEFT_REDUCTION_MIN || row->code == WEFT_REDUCTION_MAX))
        return call_extreme(graph, row, args, n);
    return weft_call_reduction(graph, name, length, args, n, NULL, 0, false, 0);
}

/* --- the user's ------------------------------------------------------------------------------- */

int32_t weft_find_users(const weft_graph *graph, const char *name, size_t length)
{
    const weft_graph_function *functions = graph->functions.data;
    for (size_t i = 0; i < graph->functions.count; i++)
        if (strlen(functions[i].name) == length && memcmp(functions[i].name, name, length) == 0)
            return (int32_t)i;
    return -1;
}

int32_t weft_call_users(weft_graph *graph, unsigned function, const int32_t *args, unsigned n)
{
    const weft_graph_function at = ((const weft_graph_function *)graph->functions.data)[function];
    int32_t operands[WEFT_MAX_FUNCTION_ARGS];
    bool varies = false;
    if (graph->failed)
        return -1;
    if (n != at.n)
        return weft_graph_fail(graph, WEFT_ERR_SYNTAX, "%s takes %u argument%s, not %u", at.name,
                               at.n, at.n == 1 ? "" : "s", n);
    if (!at.pure && graph->open_loop >= 0)
        return weft_graph_fail(graph, WEFT_ERR_SYNTAX,
                               "%s is not pure: it cannot be called in a loop", at.name);
    for (unsigned i = 0; i < n; i++) {
        if (!weft_node_usable(graph, args[i]))
            return -1;
        operands[i] = weft_call_assignable(graph, args[i], (weft_dtype)at.types[i], at.name);
        if (operands[i] < 0)
            return -1;
        varies |= !weft_is_scalar(graph, operands[i]);
    }
    if (!varies)
        return weft_graph_fail(graph, WEFT_ERR_SYNTAX,
                               "%s is for elements: one of its arguments must vary along an axis",
                               at.name);
    return weft_node_call(graph, function, operands, n);
}
