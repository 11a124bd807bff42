/* compiler/parse_expression.c: expressions (compiler/parse_internal.h). Operators that group to the
 * left are a loop, so that only what is nested costs depth. */
#include "compiler/parse_internal.h"

enum {
    LEVEL_NONE,
    LEVEL_OR,
    LEVEL_AND,
    LEVEL_NOT,
    LEVEL_COMPARE,
    LEVEL_BIT_OR,
    LEVEL_BIT_XOR,
    LEVEL_BIT_AND,
    LEVEL_SHIFT,
    LEVEL_SUM,
    LEVEL_PRODUCT
};

static const uint8_t levels[WEFT_TOKEN_KIND_COUNT] = {
    [WEFT_TOKEN_OR] = LEVEL_OR,           [WEFT_TOKEN_AND] = LEVEL_AND,
    [WEFT_TOKEN_LESS] = LEVEL_COMPARE,    [WEFT_TOKEN_LESS_EQUAL] = LEVEL_COMPARE,
    [WEFT_TOKEN_MORE] = LEVEL_COMPARE,    [WEFT_TOKEN_MORE_EQUAL] = LEVEL_COMPARE,
    [WEFT_TOKEN_EQUAL] = LEVEL_COMPARE,   [WEFT_TOKEN_UNEQUAL] = LEVEL_COMPARE,
    [WEFT_TOKEN_BIT_OR] = LEVEL_BIT_OR,   [WEFT_TOKEN_BIT_XOR] = LEVEL_BIT_XOR,
    [WEFT_TOKEN_BIT_AND] = LEVEL_BIT_AND, [WEFT_TOKEN_LEFT] = LEVEL_SHIFT,
    [WEFT_TOKEN_RIGHT] = LEVEL_SHIFT,     [WEFT_TOKEN_PLUS] = LEVEL_SUM,
    [WEFT_TOKEN_MINUS] = LEVEL_SUM,       [WEFT_TOKEN_TIMES] = LEVEL_PRODUCT,
    [WEFT_TOKEN_OVER] = LEVEL_PRODUCT,    [WEFT_TOKEN_FLOOR] = LEVEL_PRODUCT,
    [WEFT_TOKEN_MOD] = LEVEL_PRODUCT,
};

/* A node with one, two or three children; -1 where one of them is. */
static int32_t node_of(weft_parser *parser, unsigned kind, const weft_token *where, int32_t a,
                       int32_t b, int32_t c)
{
    int32_t node = weft_parse_node(parser, kind, where);
    if (node < 0)
        return -1;
    weft_ast_at(parser->tree, node)->sign = where->kind;
    weft_ast_at(parser->tree, node)->child = a;
    weft_ast_at(parser->tree, a)->next = b;
    if (b >= 0)
        weft_ast_at(parser->tree, b)->next = c;
    return node;
}

/* --- primaries -------------------------------------------------------------------------------- */

static int32_t parse_number(weft_parser *parser)
{
    int32_t node = weft_parse_node(parser, WEFT_AST_NUMBER, &parser->token);
    if (node < 0)
        return -1;
    weft_ast_at(parser->tree, node)->type = parser->token.type;
    weft_ast_at(parser->tree, node)->bits = parser->token.bits;
    return weft_parse_advance(parser) ? node : -1;
}

static int32_t parse_bool(weft_parser *parser)
{
    int32_t node = weft_parse_node(parser, WEFT_AST_BOOL, &parser->token);
    if (node < 0)
        return -1;
    weft_ast_at(parser->tree, node)->bits = parser->token.kind == WEFT_TOKEN_TRUE;
    return weft_parse_advance(parser) ? node : -1;
}

static int32_t parse_parenthesis(weft_parser *parser)
{
    weft_token open = parser->token;
    if (!weft_parse_advance(parser))
        return -1;
    int32_t node = weft_parse_expression(parser);
    if (node < 0)
        return -1;
    if (parser->token.kind == WEFT_TOKEN_COMMA)
        return weft_parse_fail(parser, &parser->token,
                               "a list in parentheses is no value; vec(a, b) makes a vector");
    return weft_parse_close(parser, WEFT_TOKEN_CLOSE, &open, "an operator or ')'") ? node : -1;
}

/* (a, b): what `axis` may be. */
static int32_t parse_tuple(weft_parser *parser)
{
    weft_token open = parser->token;
    weft_ast_list list = WEFT_AST_LIST_EMPTY;
    int32_t node = weft_parse_node(parser, WEFT_AST_TUPLE, &open);
    if (node < 0 || !weft_parse_advance(parser) || !weft_parse_expressions(parser, &list) ||
        !weft_parse_close(parser, WEFT_TOKEN_CLOSE, &open, "',' or ')'"))
        return -1;
    weft_ast_at(parser->tree, node)->child = list.first;
    return node;
}

/* name=value, where `name` is a NAME that was just read. */
static int32_t parse_keyword(weft_parser *parser, int32_t name)
{
    if (!weft_parse_advance(parser))
        return -1;
    int32_t value =
        parser->token.kind == WEFT_TOKEN_OPEN ? parse_tuple(parser) : weft_parse_expression(parser);
    if (value < 0)
        return -1;
    weft_ast_at(parser->tree, name)->kind = WEFT_AST_KEYWORD;
    weft_ast_at(parser->tree, name)->child = value;
    return name;
}

static int32_t parse_argument(weft_parser *parser, bool *keyword)
{
    weft_token start = parser->token;
    int32_t node = weft_parse_expression(parser);
    if (node < 0)
        return -1;
    bool is_keyword = weft_ast_at(parser->tree, node)->kind == WEFT_AST_NAME &&
                      parser->token.kind == WEFT_TOKEN_ASSIGN;
    if (*keyword && !is_keyword)
        return weft_parse_fail(parser, &start, "values come before arguments with a name");
    *keyword |= is_keyword;
    return is_keyword ? parse_keyword(parser, node) : node;
}

/* The arguments of a call, whose '(' is the present token. */
static bool parse_arguments(weft_parser *parser, weft_ast_list *list)
{
    weft_token open = parser->token;
    bool keyword = false;
    if (!weft_parse_advance(parser))
        return false;
    while (parser->token.kind != WEFT_TOKEN_CLOSE || list->count) {
        if (list->count == WEFT_MAX_ARGUMENTS) {
            weft_parse_fail_limit(parser, &parser->token, "a call has at most %d arguments",
                                  WEFT_MAX_ARGUMENTS);
            return false;
        }
        if (!weft_parse_append(parser, list, parse_argument(parser, &keyword)))
            return false;
        if (parser->token.kind != WEFT_TOKEN_COMMA)
            break;
        if (!weft_parse_advance(parser))
            return false;
    }
    return weft_parse_close(parser, WEFT_TOKEN_CLOSE, &open, "an operator, ',' or ')'");
}

static int32_t parse_name_or_call(weft_parser *parser)
{
    weft_ast_list list = WEFT_AST_LIST_EMPTY;
    int32_t node = weft_parse_name(parser);
    if (node < 0 || parser->token.kind != WEFT_TOKEN_OPEN)
        return node;
    weft_ast_at(parser->tree, node)->kind = WEFT_AST_CALL;
    weft_ast_at(parser->tree, node)->bits = parser->depth;
    if (!parse_arguments(parser, &list))
        return -1;
    weft_ast_at(parser->tree, node)->child = list.first;
    return node;
}

static int32_t parse_primary(weft_parser *parser)
{
    switch (parser->token.kind) {
    case WEFT_TOKEN_NUMBER:
        return parse_number(parser);
    case WEFT_TOKEN_TRUE:
    case WEFT_TOKEN_FALSE:
        return parse_bool(parser);
    case WEFT_TOKEN_NAME:
        return parse_name_or_call(parser);
    case WEFT_TOKEN_OPEN:
        return parse_parenthesis(parser);
    case WEFT_TOKEN_OPEN_INDEX:
        return weft_parse_fail(parser, &parser->token,
                               "expected a value, found '['; vec(a, b) makes a vector");
    default:
        return weft_parse_expected(parser, "a value");
    }
}

/* --- operators -------------------------------------------------------------------------------- */

static int32_t parse_level(weft_parser *parser, unsigned least);

static int32_t parse_component(weft_parser *parser, int32_t value)
{
    weft_token point = parser->token;
    if (!weft_parse_advance(parser))
        return -1;
    if (parser->token.kind != WEFT_TOKEN_NUMBER || parser->token.type == WEFT_F64)
        return weft_parse_expected(parser, "the number of a component, as in v.0");
    int32_t node = node_of(parser, WEFT_AST_COMPONENT, &point, value, -1, -1);
    if (node < 0)
        return -1;
    weft_ast_at(parser->tree, node)->bits = parser->token.bits;
    return weft_parse_advance(parser) ? node : -1;
}

static int32_t parse_subscript(weft_parser *parser, int32_t value)
{
    weft_token open = parser->token;
    weft_ast_list list = {value, value, 1};
    int32_t node = weft_parse_node(parser, WEFT_AST_SUBSCRIPT, &open);
    if (node < 0 || !weft_parse_advance(parser) || !weft_parse_expressions(parser, &list) ||
        !weft_parse_close(parser, WEFT_TOKEN_CLOSE_INDEX, &open, "an operator, ',' or ']'"))
        return -1;
    weft_ast_at(parser->tree, node)->child = value;
    return node;
}

static int32_t parse_postfix(weft_parser *parser)
{
    unsigned before = parser->depth;
    int32_t node = parse_primary(parser);
    while (node >= 0) {
        bool point = parser->token.kind == WEFT_TOKEN_DOT;
        if (!point && parser->token.kind != WEFT_TOKEN_OPEN_INDEX)
            break;
        if (!weft_parse_enter(parser))
            return -1;
        node = point ? parse_component(parser, node) : parse_subscript(parser, node);
    }
    parser->depth = before;
    return node;
}

static int32_t parse_unary(weft_parser *parser)
{
    weft_token sign = parser->token;
    if (sign.kind != WEFT_TOKEN_PLUS && sign.kind != WEFT_TOKEN_MINUS &&
        sign.kind != WEFT_TOKEN_TILDE) {
        int32_t base = parse_postfix(parser);
        sign = parser->token;
        if (base < 0 || sign.kind != WEFT_TOKEN_POWER)
            return base;
        if (!weft_parse_enter(parser) || !weft_parse_advance(parser))
            return -1;
        int32_t exponent = parse_unary(parser);
        parser->depth--;
        return exponent < 0 ? -1 : node_of(parser, WEFT_AST_BINARY, &sign, base, exponent, -1);
    }
    if (!weft_parse_enter(parser) || !weft_parse_advance(parser))
        return -1;
    int32_t operand = parse_unary(parser);
    parser->depth--;
    return operand < 0 ? -1 : node_of(parser, WEFT_AST_UNARY, &sign, operand, -1, -1);
}

static int32_t parse_not(weft_parser *parser)
{
    weft_token sign = parser->token;
    if (!weft_parse_enter(parser) || !weft_parse_advance(parser))
        return -1;
    int32_t operand = parse_level(parser, LEVEL_NOT);
    parser->depth--;
    return operand < 0 ? -1 : node_of(parser, WEFT_AST_UNARY, &sign, operand, -1, -1);
}

/* The rest of a < b <= c, as one node. */
static int32_t parse_comparison(weft_parser *parser, int32_t left)
{
    weft_token sign = parser->token;
    weft_ast_list list = {left, left, 1};
    int32_t node = weft_parse_node(parser, WEFT_AST_COMPARE, &sign);
    if (node < 0)
        return -1;
    while (levels[parser->token.kind] == LEVEL_COMPARE) {
        sign = parser->token;
        if (!weft_parse_advance(parser))
            return -1;
        int32_t right = parse_level(parser, LEVEL_COMPARE + 1);
        if (right < 0 ||
            !weft_parse_append(parser, &list, node_of(parser, WEFT_AST_LINK, &sign, right, -1, -1)))
            return -1;
    }
    weft_ast_at(parser->tree, node)->child = left;
    return node;
}

/* Operators that bind at least so tightly. */
static int32_t parse_level(weft_parser *parser, unsigned least)
{
    int32_t left = parser->token.kind == WEFT_TOKEN_NOT && least <= LEVEL_NOT ? parse_not(parser)
                                                                              : parse_unary(parser);
    while (left >= 0) {
        weft_token sign = parser->token;
        unsigned level = levels[sign.kind];
        if (level == LEVEL_NONE || level < least)
            break;
        if (level == LEVEL_COMPARE) {
            left = parse_comparison(parser, left);
            continue;
        }
        if (!weft_parse_advance(parser))
            return -1;
        int32_t right = parse_level(parser, level + 1);
        left = right < 0 ? -1 : node_of(parser, WEFT_AST_BINARY, &sign, left, right, -1);
    }
    return left;
}

static int32_t parse_choice(weft_parser *parser, int32_t value)
{
    weft_token sign = parser->token;
    if (!weft_parse_advance(parser))
        return -1;
    int32_t condition = parse_level(parser, LEVEL_OR);
    if (condition < 0 || !weft_parse_take(parser, WEFT_TOKEN_ELSE, "an operator or 'else'"))
        return -1;
    int32_t otherwise = weft_parse_expression(parser);
    return otherwise < 0 ? -1
                         : node_of(parser, WEFT_AST_CHOICE, &sign, condition, value, otherwise);
}

int32_t weft_parse_expression(weft_parser *parser)
{
    if (!weft_parse_enter(parser))
        return -1;
    int32_t node = parse_level(parser, LEVEL_OR);
    if (node >= 0 && parser->token.kind == WEFT_TOKEN_IF)
        node = parse_choice(parser, node);
    parser->depth--;
    return node;
}

bool weft_parse_expressions(weft_parser *parser, weft_ast_list *list)
{
    for (;;) {
        if (!weft_parse_append(parser, list, weft_parse_expression(parser)))
            return false;
        if (parser->token.kind != WEFT_TOKEN_COMMA)
            return true;
        if (!weft_parse_advance(parser))
            return false;
    }
}
