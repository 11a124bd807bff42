/* compiler/lower_value.c: expressions (compiler/lower_internal.h). What operators do, the graph
 * knows; here is what they are done to. */
#include <string.h>

#include "compiler/lower_internal.h"

/* --- the stack -------------------------------------------------------------------------------- */

bool weft_lower_push(weft_lowering *lowering, int32_t value)
{
    int32_t *slot = weft_vector_push(lowering->graph->allocator, &lowering->stack);
    if (!slot) {
        weft_graph_fail(lowering->graph, WEFT_ERR_MEMORY, "out of memory");
        return false;
    }
    *slot = value;
    return true;
}

int32_t *weft_lower_stack(const weft_lowering *lowering, size_t first)
{
    int32_t *stack = lowering->stack.data; /* NULL before anything was there */
    return stack ? stack + first : NULL;
}

/* --- operators -------------------------------------------------------------------------------- */

static int32_t call(weft_lowering *lowering, const char *name, const int32_t *args, unsigned n)
{
    return weft_call(lowering->graph, name, strlen(name), args, n);
}

int32_t weft_lower_binary(weft_lowering *lowering, unsigned sign, int32_t a, int32_t b)
{
    static const char *const names[WEFT_TOKEN_KIND_COUNT] = {
        [WEFT_TOKEN_AND] = "and",       [WEFT_TOKEN_OR] = "or",      [WEFT_TOKEN_POWER] = "**",
        [WEFT_TOKEN_FLOOR] = "//",      [WEFT_TOKEN_LEFT] = "<<",    [WEFT_TOKEN_RIGHT] = ">>",
        [WEFT_TOKEN_PLUS] = "+",        [WEFT_TOKEN_MINUS] = "-",    [WEFT_TOKEN_TIMES] = "*",
        [WEFT_TOKEN_OVER] = "/",        [WEFT_TOKEN_MOD] = "%",      [WEFT_TOKEN_BIT_AND] = "&",
        [WEFT_TOKEN_BIT_OR] = "|",      [WEFT_TOKEN_BIT_XOR] = "^",  [WEFT_TOKEN_LESS] = "<",
        [WEFT_TOKEN_LESS_EQUAL] = "<=", [WEFT_TOKEN_MORE] = ">",     [WEFT_TOKEN_MORE_EQUAL] = ">=",
        [WEFT_TOKEN_EQUAL] = "==",      [WEFT_TOKEN_UNEQUAL] = "!=",
    };
    int32_t args[2] = {a, b};
    return call(lowering, names[sign], args, 2);
}

static int32_t lower_number(weft_lowering *lowering, const weft_ast *node)
{
    unsigned type = node->type == WEFT_I64   ? WEFT_WEAK_INT
                    : node->type == WEFT_F64 ? WEFT_WEAK_FLOAT
                                             : WEFT_U64;
    return weft_node_const(lowering->graph, type, node->bits);
}

static int32_t lower_unary(weft_lowering *lowering, int32_t ast)
{
    const weft_ast *node = weft_lower_ast(lowering, ast);
    const weft_ast *operand = weft_lower_ast(lowering, node->child);
    unsigned sign = node->sign;
    /* The lowest i64 is the one number whose digits do not fit what it is with its minus. */
    if (sign == WEFT_TOKEN_MINUS && operand->kind == WEFT_AST_NUMBER && operand->type == WEFT_U64) {
        if (operand->bits > (uint64_t)1 << 63)
            return weft_lower_fail(lowering, ast, "-%llu does not fit 64 bits",
                                   (unsigned long long)operand->bits);
        return weft_node_const(lowering->graph, WEFT_WEAK_INT, operand->bits);
    }
    int32_t value = weft_lower_value(lowering, node->child);
    weft_lower_place(lowering, ast);
    return call(lowering,
                sign == WEFT_TOKEN_MINUS   ? "-"
                : sign == WEFT_TOKEN_PLUS  ? "+"
                : sign == WEFT_TOKEN_TILDE ? "~"
                                           : "not",
                &value, 1);
}

/* Down the left side to its first operand, and up again: sums may be long, and cost no depth. */
static int32_t lower_binary(weft_lowering *lowering, int32_t ast)
{
    size_t bottom = lowering->stack.count;
    while (weft_lower_ast(lowering, ast)->kind == WEFT_AST_BINARY) {
        if (!weft_lower_push(lowering, ast))
            return -1;
        ast = weft_lower_ast(lowering, ast)->child;
    }
    int32_t left = weft_lower_value(lowering, ast);
    while (left >= 0 && lowering->stack.count > bottom) {
        int32_t operation = *weft_lower_stack(lowering, lowering->stack.count - 1);
        const weft_ast *node = weft_lower_ast(lowering, operation);
        int32_t right = weft_lower_value(lowering, weft_lower_ast(lowering, node->child)->next);
        if (right < 0 || !weft_lower_steps(lowering, operation, 1))
            return -1;
        lowering->stack.count--;
        weft_lower_place(lowering, operation);
        left = weft_lower_binary(lowering, node->sign, left, right);
    }
    return left;
}

static int32_t lower_compare(weft_lowering *lowering, int32_t ast)
{
    int32_t link = weft_lower_ast(lowering, ast)->child, all = -1;
    int32_t left = weft_lower_value(lowering, link);
    for (link = weft_lower_ast(lowering, link)->next; left >= 0 && link >= 0;
         link = weft_lower_ast(lowering, link)->next) {
        const weft_ast *node = weft_lower_ast(lowering, link);
        int32_t right = weft_lower_value(lowering, node->child);
        weft_lower_place(lowering, link);
        int32_t one = weft_lower_binary(lowering, node->sign, left, right);
        all = all < 0 ? one : weft_lower_binary(lowering, WEFT_TOKEN_AND, all, one);
        if (all < 0)
            return -1;
        left = right;
    }
    return left < 0 ? -1 : all;
}

static int32_t lower_choice(weft_lowering *lowering, int32_t ast)
{
    int32_t args[3], child = weft_lower_ast(lowering, ast)->child;
    for (int i = 0; i < 3; i++, child = weft_lower_ast(lowering, child)->next) {
        args[i] = weft_lower_value(lowering, child);
        if (args[i] < 0)
            return -1;
    }
    weft_lower_place(lowering, ast);
    return call(lowering, "where", args, 3);
}

/* --- rows and components ---------------------------------------------------------------------- */

/* The table or uniform that a SUBSCRIPT is of. */
static weft_declared *indexed(weft_lowering *lowering, int32_t ast)
{
    const weft_ast *what = weft_lower_ast(lowering, weft_lower_ast(lowering, ast)->child);
    weft_declared *declared = NULL;
    if (what->kind == WEFT_AST_NAME && !weft_lower_visible(lowering, what->name))
        declared = weft_lower_declared(lowering, what->name);
    if (declared && (declared->kind == WEFT_PARAM_TABLE || declared->kind == WEFT_PARAM_UNIFORM))
        return declared;
    if (what->kind == WEFT_AST_NAME && (declared || weft_lower_visible(lowering, what->name)))
        weft_lower_fail(lowering, ast,
                        "only tables and uniforms are indexed; '%.*s' is neither (a component is "
                        "written v.0)",
                        WEFT_SYMBOL_SHOWN(lowering, what->name));
    else if (what->kind != WEFT_AST_NAME ||
             weft_lower_name(lowering, weft_lower_ast(lowering, ast)->child) >= 0) /* a constant */
        weft_lower_fail(lowering, ast,
                        "only tables and uniforms are indexed (a component is written v.0)");
    return NULL;
}

/* An index as i32 or i64. */
static int32_t index_value(weft_lowering *lowering, int32_t ast)
{
    int32_t value = weft_lower_value(lowering, ast);
    if (value < 0)
        return -1;
    const weft_node *node = weft_node_at(lowering->graph, value);
    unsigned type = node->type;
    weft_lower_place(lowering, ast);
    if (node->kind == WEFT_NODE_VECTOR)
        return weft_lower_fail(lowering, ast, "an index is one number, not a vector");
    if (type == WEFT_WEAK_INT && (int64_t)node->imm < 0)
        return weft_lower_fail(lowering, ast, "index %lld: the first row is 0",
                               (long long)node->imm);
    if (type != WEFT_WEAK_INT && !weft_type_in(WEFT_MASK_INT, type))
        return weft_lower_fail(lowering, ast, "an index is an integer; i32(x) makes one of x");
    if (type == WEFT_I32 || type == WEFT_I64)
        return value;
    bool narrow = type != WEFT_WEAK_INT && weft_dtype_size((weft_dtype)type) < 4;
    return weft_call_cast(lowering->graph, value, narrow ? WEFT_I32 : WEFT_I64);
}

/* The number of the row: t[i, j] is i * len(t, 1) + j. */
static int32_t row_index(weft_lowering *lowering, const weft_declared *declared, int32_t ast)
{
    int32_t first = weft_lower_ast(lowering, weft_lower_ast(lowering, ast)->child)->next;
    int32_t row = index_value(lowering, first);
    unsigned dim = 1;
    for (int32_t i = weft_lower_ast(lowering, first)->next; row >= 0 && i >= 0;
         i = weft_lower_ast(lowering, i)->next, dim++) {
        if (declared->kind == WEFT_PARAM_UNIFORM || dim == WEFT_MAX_RANK)
            return weft_lower_fail(lowering, i, "'%.*s' has at most %d dimension%s",
                                   WEFT_SYMBOL_SHOWN(lowering, declared->symbol), (int)dim,
                                   dim == 1 ? "" : "s");
        int32_t next = index_value(lowering, i);
        if (next < 0)
            return -1;
        weft_lower_place(lowering, ast);
        int32_t length = weft_node_length(lowering->graph, (unsigned)declared->param, dim);
        row = weft_lower_binary(lowering, WEFT_TOKEN_TIMES,
                                weft_call_cast(lowering->graph, row, WEFT_I64), length);
        row = weft_lower_binary(lowering, WEFT_TOKEN_PLUS, row,
                                weft_call_cast(lowering->graph, next, WEFT_I64));
    }
    return row;
}

static int32_t read_row(weft_lowering *lowering, int32_t ast, const weft_declared *declared,
                        int32_t row, unsigned k)
{
    const weft_node *node = weft_node_at(lowering->graph, row);
    if (declared->kind != WEFT_PARAM_UNIFORM || node->kind != WEFT_NODE_CONST)
        return weft_node_row(lowering->graph, (unsigned)declared->param, k, row);
    if (node->imm >= declared->rows)
        return weft_lower_fail(lowering, ast, "row %lld of '%.*s', which has rows 0 to %u",
                               (long long)node->imm, WEFT_SYMBOL_SHOWN(lowering, declared->symbol),
                               declared->rows - 1);
    return weft_node_uniform(lowering->graph, (unsigned)declared->param, k, (uint32_t)node->imm);
}

static int32_t fail_component(weft_lowering *lowering, int32_t ast, unsigned width)
{
    if (width == 1)
        return weft_lower_fail(lowering, ast, "this is a single value and has no components");
    return weft_lower_fail(lowering, ast, "component %llu of a vector whose last one is %u",
                           (unsigned long long)weft_lower_ast(lowering, ast)->bits, width - 1);
}

/* t[i], or one component of it: `component` is its COMPONENT, or -1. */
static int32_t lower_subscript(weft_lowering *lowering, int32_t ast, int32_t component)
{
    int32_t components[WEFT_MAX_SEGMENT];
    const weft_declared *declared = indexed(lowering, ast);
    int32_t row = declared ? row_index(lowering, declared, ast) : -1;
    if (row < 0)
        return -1;
    uint64_t k = component < 0 ? 0 : weft_lower_ast(lowering, component)->bits;
    if (component >= 0 && (declared->segment == 1 || k >= declared->segment))
        return fail_component(lowering, component, declared->segment);
    weft_lower_place(lowering, ast);
    if (component >= 0 || declared->segment == 1)
        return read_row(lowering, ast, declared, row, (unsigned)k);
    for (unsigned i = 0; i < declared->segment; i++) {
        components[i] = read_row(lowering, ast, declared, row, i);
        if (components[i] < 0)
            return -1;
    }
    return weft_node_vector(lowering->graph, components, declared->segment);
}

static int32_t lower_component(weft_lowering *lowering, int32_t ast)
{
    int32_t child = weft_lower_ast(lowering, ast)->child;
    const weft_ast *of = weft_lower_ast(lowering, child);
    uint64_t k = weft_lower_ast(lowering, ast)->bits;
    if (of->kind == WEFT_AST_SUBSCRIPT)
        return lower_subscript(lowering, child, ast);
    weft_declared *declared = NULL;
    if (of->kind == WEFT_AST_NAME && !weft_lower_visible(lowering, of->name))
        declared = weft_lower_declared(lowering, of->name);
    if (declared && declared->segment > 1 && k < declared->segment)
        return weft_lower_read_declared(lowering, child, declared, (int)k);
    int32_t value = weft_lower_value(lowering, child);
    if (value < 0)
        return -1;
    unsigned width = weft_lower_width(lowering, value);
    if (weft_node_at(lowering->graph, value)->kind != WEFT_NODE_VECTOR || k >= width)
        return fail_component(lowering, ast, width);
    return weft_lower_component(lowering, value, (unsigned)k);
}

int32_t weft_lower_value(weft_lowering *lowering, int32_t ast)
{
    if (!weft_lower_steps(lowering, ast, 1))
        return -1;
    const weft_ast *node = weft_lower_ast(lowering, ast);
    weft_lower_place(lowering, ast);
    switch (node->kind) {
    case WEFT_AST_NUMBER:
        return lower_number(lowering, node);
    case WEFT_AST_BOOL:
        return weft_node_const(lowering->graph, WEFT_BOOL, node->bits);
    case WEFT_AST_NAME:
        return weft_lower_name(lowering, ast);
    case WEFT_AST_UNARY:
        return lower_unary(lowering, ast);
    case WEFT_AST_BINARY:
        return lower_binary(lowering, ast);
    case WEFT_AST_COMPARE:
        return lower_compare(lowering, ast);
    case WEFT_AST_CHOICE:
        return lower_choice(lowering, ast);
    case WEFT_AST_CALL:
        return weft_lower_call(lowering, ast);
    case WEFT_AST_COMPONENT:
        return lower_component(lowering, ast);
    default: /* the grammar has no other expression */
        return lower_subscript(lowering, ast, -1);
    }
}
