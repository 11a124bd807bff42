/* compiler/parse_statement.c: declarations, functions, loops and assignments
 * (compiler/parse_internal.h). What declarations begin with are names wherever they do not. */
#include <string.h>
#include <weft/compile.h>
#include <weft/program.h>

#include "compiler/parse_internal.h"
#include "isa/isa.h"
#include "isa/suggest.h"

static bool token_is(const weft_token *token, const char *text)
{
    return token->length == strlen(text) && memcmp(token->text, text, token->length) == 0;
}

/* Names with commas between them. */
static bool parse_names(weft_parser *parser, weft_ast_list *list)
{
    for (;;) {
        if (!weft_parse_append(parser, list, weft_parse_name(parser)))
            return false;
        if (parser->token.kind != WEFT_TOKEN_COMMA)
            return true;
        if (!weft_parse_advance(parser))
            return false;
    }
}

/* --- declarations ----------------------------------------------------------------------------- */

static const struct {
    const char *word;
    uint8_t kind; /* weft_param_kind */
} declarations[] = {
    {"in", WEFT_PARAM_IN},           {"out", WEFT_PARAM_OUT},     {"inout", WEFT_PARAM_INOUT},
    {"uniform", WEFT_PARAM_UNIFORM}, {"table", WEFT_PARAM_TABLE},
};
enum { N_DECLARATIONS = sizeof declarations / sizeof declarations[0] };

static int32_t parse_space(weft_parser *parser)
{
    weft_ast_list list = WEFT_AST_LIST_EMPTY;
    int32_t node = weft_parse_node(parser, WEFT_AST_SPACE, &parser->token);
    if (node < 0 || !weft_parse_advance(parser) || !parse_names(parser, &list))
        return -1;
    weft_ast_at(parser->tree, node)->child = list.first;
    return node;
}

static bool parse_type(weft_parser *parser, uint8_t *type)
{
    char name[8] = "", phrase[WEFT_SUGGESTION_SIZE];
    const weft_token *token = &parser->token;
    if (token->kind != WEFT_TOKEN_NAME) {
        weft_parse_expected(parser, "an element type");
        return false;
    }
    if (token->length < sizeof name)
        memcpy(name, token->text, token->length);
    *type = (uint8_t)weft_dtype_from_name(name);
    if (*type != WEFT_NONE)
        return weft_parse_advance(parser);
    weft_suggestion near = {token->text, token->length, NULL, 0};
    for (unsigned i = 1; i < WEFT_TYPE_COUNT; i++)
        weft_suggest(&near, weft_dtype_name((weft_dtype)i));
    int shown = token->length > 60 ? 60 : (int)token->length;
    weft_parse_fail(parser, token, "'%.*s' is no element type%s", shown, token->text,
                    weft_suggestion_phrase(&near, phrase));
    return false;
}

/* A whole number of 1 to `most`. */
static bool parse_size(weft_parser *parser, uint64_t most, const char *what, uint64_t *size)
{
    const weft_token *token = &parser->token;
    *size = token->bits;
    if (token->kind == WEFT_TOKEN_NUMBER && token->type == WEFT_I64 && *size >= 1 && *size <= most)
        return weft_parse_advance(parser);
    char shown[WEFT_TOKEN_SHOWN];
    weft_parse_fail(parser, token, "expected 1 to %d %s, found %s", (int)most, what,
                    weft_token_show(token, shown));
    return false;
}

static bool parse_segment(weft_parser *parser, uint64_t *segment)
{
    weft_token open = parser->token;
    *segment = 1;
    if (open.kind != WEFT_TOKEN_OPEN_INDEX)
        return true;
    return weft_parse_advance(parser) && parse_size(parser, WEFT_MAX_SEGMENT, "values", segment) &&
           weft_parse_close(parser, WEFT_TOKEN_CLOSE_INDEX, &open, "']'");
}

/* `over` and axes, behind the type of an array. */
static int32_t parse_axes(weft_parser *parser)
{
    weft_ast_list list = WEFT_AST_LIST_EMPTY;
    int32_t node = weft_parse_node(parser, WEFT_AST_AXES, &parser->token);
    if (node < 0 || !weft_parse_advance(parser))
        return -1;
    if (parser->token.kind == WEFT_TOKEN_NAME && token_is(&parser->token, "none"))
        return weft_parse_advance(parser) ? node : -1;
    if (!parse_names(parser, &list))
        return -1;
    weft_ast_at(parser->tree, node)->child = list.first;
    return node;
}

/* What may stand behind the type: axes of arrays, rows of uniforms. */
static bool parse_attribute(weft_parser *parser, unsigned kind, weft_ast_list *list, uint64_t *rows)
{
    bool array = kind == WEFT_PARAM_IN || kind == WEFT_PARAM_OUT || kind == WEFT_PARAM_INOUT;
    *rows = 1;
    if (parser->token.kind != WEFT_TOKEN_NAME)
        return true;
    if (token_is(&parser->token, "over")) {
        if (array)
            return weft_parse_append(parser, list, parse_axes(parser));
        weft_parse_fail(parser, &parser->token, "only in, out and inout have axes");
        return false;
    }
    if (!token_is(&parser->token, "count"))
        return true;
    if (kind == WEFT_PARAM_UNIFORM)
        return weft_parse_advance(parser) &&
               parse_size(parser, WEFT_MAX_UNIFORM_ROWS, "rows", rows);
    weft_parse_fail(parser, &parser->token, "only uniforms have a count of rows");
    return false;
}

static int32_t parse_declaration(weft_parser *parser, unsigned kind)
{
    weft_ast_list list = WEFT_AST_LIST_EMPTY;
    uint64_t segment, rows;
    uint8_t type;
    int32_t node = weft_parse_node(parser, WEFT_AST_DECLARE, &parser->token);
    if (node < 0 || !weft_parse_advance(parser) || !parse_names(parser, &list) ||
        !weft_parse_take(parser, WEFT_TOKEN_COLON, "':' and a type") ||
        !parse_type(parser, &type) || !parse_segment(parser, &segment) ||
        !parse_attribute(parser, kind, &list, &rows))
        return -1;
    weft_ast *declaration = weft_ast_at(parser->tree, node);
    declaration->sign = (uint8_t)kind;
    declaration->type = type;
    declaration->bits = segment | rows << 32;
    declaration->child = list.first;
    return node;
}

/* `function name(types): type pure` */
static int32_t parse_users(weft_parser *parser)
{
    uint8_t types[WEFT_MAX_FUNCTION_ARGS + 1] = {0}, result;
    unsigned n = 0;
    int32_t node = weft_parse_node(parser, WEFT_AST_USERS, &parser->token);
    const int32_t name = node < 0 || !weft_parse_advance(parser) ? -1 : weft_parse_name(parser);
    const weft_token open = parser->token;
    if (name < 0 || !weft_parse_take(parser, WEFT_TOKEN_OPEN, "'(' and the types of its arguments"))
        return -1;
    do {
        if (n == WEFT_MAX_FUNCTION_ARGS)
            return weft_parse_fail(parser, &parser->token,
                                   "a function of the user's has at most %d arguments",
                                   WEFT_MAX_FUNCTION_ARGS);
        if ((n && !weft_parse_advance(parser)) || !parse_type(parser, &types[n++]))
            return -1;
    } while (parser->token.kind == WEFT_TOKEN_COMMA);
    if (!weft_parse_close(parser, WEFT_TOKEN_CLOSE, &open, "',' or ')'") ||
        !weft_parse_take(parser, WEFT_TOKEN_COLON, "':' and the type of its result") ||
        !parse_type(parser, &result))
        return -1;
    const bool pure = token_is(&parser->token, "pure");
    if (pure && !weft_parse_advance(parser))
        return -1;
    weft_ast *users = weft_ast_at(parser->tree, node);
    users->name = weft_ast_at(parser->tree, name)->name;
    users->type = result;
    users->sign = pure;
    for (unsigned i = 0; i < n; i++)
        users->bits |= (uint64_t)types[i] << 8 * i;
    return node;
}

static int32_t parse_allow(weft_parser *parser)
{
    int32_t node = weft_parse_node(parser, WEFT_AST_ALLOW, &parser->token);
    uint64_t flags = 0;
    if (node < 0)
        return -1;
    do {
        if (!weft_parse_advance(parser))
            return -1;
        uint64_t flag = token_is(&parser->token, "contract")      ? WEFT_FAST_CONTRACT
                        : token_is(&parser->token, "reassociate") ? WEFT_FAST_REASSOCIATE
                        : token_is(&parser->token, "fast")        ? WEFT_FAST
                                                                  : 0;
        if (!flag)
            return weft_parse_expected(parser, "contract, reassociate or fast");
        flags |= flag;
        if (!weft_parse_advance(parser))
            return -1;
    } while (parser->token.kind == WEFT_TOKEN_COMMA);
    weft_ast_at(parser->tree, node)->bits = flags;
    return node;
}

/* --- blocks ----------------------------------------------------------------------------------- */

bool weft_parse_ends(weft_parser *parser)
{
    while (parser->token.kind == WEFT_TOKEN_END_OF_STATEMENT)
        if (!weft_parse_advance(parser))
            return false;
    return true;
}

static int32_t parse_return(weft_parser *parser)
{
    int32_t node = weft_parse_node(parser, WEFT_AST_RETURN, &parser->token);
    if (node < 0 || !weft_parse_advance(parser))
        return -1;
    int32_t value = weft_parse_expression(parser);
    if (value < 0 || !weft_parse_ends(parser))
        return -1;
    weft_ast_at(parser->tree, node)->child = value;
    if (parser->token.kind == WEFT_TOKEN_COMMA)
        return weft_parse_fail(parser, &parser->token,
                               "a function returns one value; vec(a, b) makes a vector");
    if (parser->token.kind != WEFT_TOKEN_CLOSE_BLOCK)
        return weft_parse_expected(parser, "'}': nothing follows a 'return'");
    return node;
}

/* Statements up to '}', the present one being '{'. A function's ends with `return`. */
static int32_t parse_block(weft_parser *parser, bool function)
{
    if (!weft_parse_ends(parser))
        return -1;
    weft_token open = parser->token;
    weft_ast_list list = WEFT_AST_LIST_EMPTY;
    int32_t node = weft_parse_node(parser, WEFT_AST_BLOCK, &open);
    bool returned = false;
    if (node < 0 || !weft_parse_take(parser, WEFT_TOKEN_OPEN_BLOCK, "'{'") ||
        !weft_parse_enter(parser))
        return -1;
    for (;;) {
        if (!weft_parse_ends(parser))
            return -1;
        if (parser->token.kind == WEFT_TOKEN_CLOSE_BLOCK)
            break;
        if (parser->token.kind == WEFT_TOKEN_END_OF_TEXT)
            return weft_parse_fail(parser, &open, "'{' is not closed");
        returned = function && parser->token.kind == WEFT_TOKEN_RETURN;
        if (!weft_parse_append(parser, &list,
                               returned ? parse_return(parser)
                                        : weft_parse_statement(parser, false)))
            return -1;
    }
    if (function && !returned)
        return weft_parse_fail(parser, &parser->token,
                               "a function's block ends with 'return' and a value");
    parser->depth--;
    weft_ast_at(parser->tree, node)->child = list.first;
    return weft_parse_advance(parser) ? node : -1;
}

static int32_t parse_for(weft_parser *parser)
{
    weft_ast_list list = WEFT_AST_LIST_EMPTY;
    int32_t node = weft_parse_node(parser, WEFT_AST_FOR, &parser->token);
    if (node < 0 || !weft_parse_advance(parser))
        return -1;
    int32_t counter = weft_parse_name(parser);
    if (counter < 0 || !weft_parse_take(parser, WEFT_TOKEN_IN, "'in'") ||
        !weft_parse_append(parser, &list, weft_parse_expression(parser)))
        return -1;
    if (parser->token.kind == WEFT_TOKEN_RANGE &&
        (!weft_parse_advance(parser) ||
         !weft_parse_append(parser, &list, weft_parse_expression(parser))))
        return -1;
    weft_ast_at(parser->tree, node)->bits = list.count;
    if (parser->token.kind != WEFT_TOKEN_OPEN_BLOCK &&
        parser->token.kind != WEFT_TOKEN_END_OF_STATEMENT)
        return weft_parse_expected(parser, "an operator, '..' or '{'");
    if (!weft_parse_append(parser, &list, parse_block(parser, false)))
        return -1;
    weft_ast_at(parser->tree, node)->name = weft_ast_at(parser->tree, counter)->name;
    weft_ast_at(parser->tree, node)->child = list.first;
    return node;
}

/* --- functions -------------------------------------------------------------------------------- */

static bool parse_parameters(weft_parser *parser, weft_ast_list *list)
{
    weft_token open = parser->token;
    if (!weft_parse_take(parser, WEFT_TOKEN_OPEN, "'(' and the function's parameters"))
        return false;
    if (parser->token.kind == WEFT_TOKEN_CLOSE)
        return weft_parse_advance(parser);
    for (;;) {
        weft_token place = parser->token;
        int32_t node = weft_parse_name(parser);
        if (node < 0)
            return false;
        if (list->count == WEFT_MAX_ARGUMENTS) {
            weft_parse_fail_limit(parser, &place, "a function has at most %d parameters",
                                  WEFT_MAX_ARGUMENTS);
            return false;
        }
        int32_t name = weft_ast_at(parser->tree, node)->name;
        for (int32_t i = list->first; i >= 0; i = weft_ast_at(parser->tree, i)->next)
            if (weft_ast_at(parser->tree, i)->name == name) {
                weft_parse_fail(parser, &place, "parameter '%.*s' is there twice",
                                (int)place.length, place.text);
                return false;
            }
        weft_parse_append(parser, list, node);
        if (parser->token.kind != WEFT_TOKEN_COMMA)
            return weft_parse_close(parser, WEFT_TOKEN_CLOSE, &open, "',' or ')'");
        if (!weft_parse_advance(parser))
            return false;
    }
}

/* `= value` as the block that returns it. */
static int32_t parse_short_body(weft_parser *parser)
{
    weft_token place = parser->token;
    if (!weft_parse_advance(parser))
        return -1;
    int32_t value = weft_parse_expression(parser);
    int32_t returned = value < 0 ? -1 : weft_parse_node(parser, WEFT_AST_RETURN, &place);
    int32_t block = returned < 0 ? -1 : weft_parse_node(parser, WEFT_AST_BLOCK, &place);
    if (block < 0)
        return -1;
    weft_ast_at(parser->tree, returned)->child = value;
    weft_ast_at(parser->tree, block)->child = returned;
    return block;
}

static int32_t parse_function(weft_parser *parser)
{
    weft_ast_list parameters = WEFT_AST_LIST_EMPTY, list = WEFT_AST_LIST_EMPTY;
    if (!weft_parse_advance(parser))
        return -1;
    weft_token place = parser->token;
    int32_t node = weft_parse_name(parser);
    if (node < 0 || !parse_parameters(parser, &parameters))
        return -1;
    int32_t names = weft_parse_node(parser, WEFT_AST_PARAMETERS, &place);
    if (!weft_parse_append(parser, &list, names))
        return -1;
    weft_ast_at(parser->tree, names)->child = parameters.first;
    if (parser->token.kind != WEFT_TOKEN_ASSIGN && parser->token.kind != WEFT_TOKEN_OPEN_BLOCK &&
        parser->token.kind != WEFT_TOKEN_END_OF_STATEMENT)
        return weft_parse_fail(parser, &parser->token, "expected '=' and a value, or '{'");
    bool is_short = parser->token.kind == WEFT_TOKEN_ASSIGN;
    int32_t body = is_short ? parse_short_body(parser) : parse_block(parser, true);
    if (!weft_parse_append(parser, &list, body))
        return -1;
    weft_ast_at(parser->tree, node)->kind = WEFT_AST_FUNCTION;
    weft_ast_at(parser->tree, node)->child = names;
    return node;
}

/* --- assignments ------------------------------------------------------------------------------ */

static bool is_assignment(unsigned kind)
{
    return kind == WEFT_TOKEN_ASSIGN ||
           (kind >= WEFT_TOKEN_ASSIGN_POWER && kind <= WEFT_TOKEN_ASSIGN_BIT_XOR);
}

static bool check_target(weft_parser *parser, int32_t node)
{
    const weft_ast *target = weft_ast_at(parser->tree, node);
    weft_token place = {.line = target->line, .column = target->column};
    if (target->kind == WEFT_AST_NAME ||
        (target->kind == WEFT_AST_COMPONENT &&
         weft_ast_at(parser->tree, target->child)->kind == WEFT_AST_NAME))
        return true;
    weft_parse_fail(parser, &place,
                    target->kind == WEFT_AST_SUBSCRIPT
                        ? "elements of tables cannot be assigned"
                        : "only names, and components such as y.1, can be assigned");
    return false;
}

static bool parse_targets(weft_parser *parser, weft_ast_list *list)
{
    while (parser->token.kind == WEFT_TOKEN_COMMA)
        if (!weft_parse_advance(parser) ||
            !weft_parse_append(parser, list, weft_parse_expression(parser)))
            return false;
    if (!is_assignment(parser->token.kind)) {
        weft_parse_expected(parser, "'='");
        return false;
    }
    for (int32_t i = list->first; i >= 0; i = weft_ast_at(parser->tree, i)->next)
        if (!check_target(parser, i))
            return false;
    return true;
}

/* The rest of an assignment to `first`. */
static int32_t parse_assignment(weft_parser *parser, int32_t first)
{
    weft_ast_list targets = {first, first, 1}, values = WEFT_AST_LIST_EMPTY;
    if (!parse_targets(parser, &targets))
        return -1;
    weft_token sign = parser->token;
    if (sign.kind != WEFT_TOKEN_ASSIGN && targets.count > 1)
        return weft_parse_fail(parser, &sign, "'%.*s' assigns one name at a time", (int)sign.length,
                               sign.text);
    if (!weft_parse_advance(parser) || !weft_parse_expressions(parser, &values))
        return -1;
    if (is_assignment(parser->token.kind))
        return weft_parse_fail(parser, &parser->token,
                               "one assignment in a statement; to compare write '=='");
    int32_t node = weft_parse_node(parser, WEFT_AST_ASSIGN, &sign);
    int32_t left = node < 0 ? -1 : weft_parse_node(parser, WEFT_AST_TARGETS, &sign);
    int32_t right = left < 0 ? -1 : weft_parse_node(parser, WEFT_AST_VALUES, &sign);
    if (right < 0)
        return -1;
    weft_ast_at(parser->tree, left)->child = targets.first;
    weft_ast_at(parser->tree, left)->next = right;
    weft_ast_at(parser->tree, right)->child = values.first;
    weft_ast *assignment = weft_ast_at(parser->tree, node);
    assignment->child = left;
    if (sign.kind != WEFT_TOKEN_ASSIGN)
        assignment->sign = (uint8_t)(sign.kind + WEFT_TOKEN_ASSIGN_STEP);
    return node;
}

/* --- statements ------------------------------------------------------------------------------- */

/* Two words behind each other at the start of a statement: perhaps one that is misspelt. */
static int32_t fail_unknown_statement(weft_parser *parser, const weft_token *start)
{
    static const char *const words[] = {"space", "allow", "for", "def", "return"};
    char phrase[WEFT_SUGGESTION_SIZE];
    weft_suggestion near = {start->text, start->length, NULL, 0};
    for (unsigned i = 0; i < N_DECLARATIONS; i++)
        weft_suggest(&near, declarations[i].word);
    for (unsigned i = 0; i < sizeof words / sizeof words[0]; i++)
        weft_suggest(&near, words[i]);
    if (!near.best)
        return weft_parse_expected(parser, "an operator or the end of the statement");
    return weft_parse_fail(parser, start, "unknown statement '%.*s'%s", (int)start->length,
                           start->text, weft_suggestion_phrase(&near, phrase));
}

static int32_t fail_closing(weft_parser *parser)
{
    return weft_parse_fail(parser, &parser->token, "'%c' closes nothing", *parser->token.text);
}

static int32_t fail_end(weft_parser *parser, const weft_token *start, int32_t node)
{
    unsigned kind = weft_ast_at(parser->tree, node)->kind, next = parser->token.kind;
    bool value = kind == WEFT_AST_VALUE || kind == WEFT_AST_ASSIGN || kind == WEFT_AST_FUNCTION;
    if (next == WEFT_TOKEN_CLOSE || next == WEFT_TOKEN_CLOSE_INDEX ||
        next == WEFT_TOKEN_CLOSE_BLOCK)
        return weft_parse_fail(parser, &parser->token, "'%c' closes nothing", *parser->token.text);
    if (kind == WEFT_AST_VALUE && next == WEFT_TOKEN_NAME && start->kind == WEFT_TOKEN_NAME &&
        weft_ast_at(parser->tree, weft_ast_at(parser->tree, node)->child)->kind == WEFT_AST_NAME)
        return fail_unknown_statement(parser, start);
    return weft_parse_expected(parser, value ? "an operator or the end of the statement"
                                             : "the end of the statement");
}

/* An expression, or an assignment to what it is. */
static int32_t parse_value_or_assignment(weft_parser *parser)
{
    weft_token start = parser->token;
    int32_t first = weft_parse_expression(parser);
    if (first < 0)
        return -1;
    if (parser->token.kind == WEFT_TOKEN_COMMA || is_assignment(parser->token.kind))
        return parse_assignment(parser, first);
    int32_t node = weft_parse_node(parser, WEFT_AST_VALUE, &start);
    if (node >= 0)
        weft_ast_at(parser->tree, node)->child = first;
    return node;
}

/* Whether a name comes next: words of declarations are names where none does. */
static bool name_follows(const weft_parser *parser)
{
    weft_scanner ahead = parser->scanner;
    weft_token token;
    ahead.error = NULL;
    return weft_scan(&ahead, &token) == WEFT_OK &&
           (token.kind == WEFT_TOKEN_NAME ||
            (token.kind > WEFT_TOKEN_NUMBER && token.kind <= WEFT_TOKEN_FALSE &&
             token.kind != WEFT_TOKEN_AND && token.kind != WEFT_TOKEN_OR &&
             token.kind != WEFT_TOKEN_IF));
}

/* What only stands outside of blocks; -1 without an error where it is none of that. */
static int32_t parse_top(weft_parser *parser, bool top)
{
    weft_token *token = &parser->token;
    if (token->kind == WEFT_TOKEN_NAME && !name_follows(parser))
        return -1;
    bool space = token_is(token, "space"), allow = token_is(token, "allow");
    bool function = token->kind == WEFT_TOKEN_DEF, users = token_is(token, "function");
    unsigned kind = 0;
    for (unsigned i = 0; i < N_DECLARATIONS; i++)
        if (token_is(token, declarations[i].word))
            kind = declarations[i].kind;
    if (!space && !allow && !function && !users && !kind)
        return -1;
    if (!top)
        return weft_parse_fail(parser, token, "'%.*s' stands outside of blocks", (int)token->length,
                               token->text);
    return space      ? parse_space(parser)
           : allow    ? parse_allow(parser)
           : function ? parse_function(parser)
           : users    ? parse_users(parser)
                      : parse_declaration(parser, kind);
}

static int32_t parse_open_statement(weft_parser *parser, bool top)
{
    switch (parser->token.kind) {
    case WEFT_TOKEN_FOR:
        return parse_for(parser);
    case WEFT_TOKEN_RETURN:
        return weft_parse_fail(parser, &parser->token,
                               "'return' is the last statement of a function's block");
    case WEFT_TOKEN_IF:
        return weft_parse_fail(parser, &parser->token,
                               "'if' begins no statement: write y = a if c else b");
    case WEFT_TOKEN_CLOSE:
    case WEFT_TOKEN_CLOSE_INDEX:
    case WEFT_TOKEN_CLOSE_BLOCK:
        return fail_closing(parser);
    default:
        break;
    }
    int32_t node = parse_top(parser, top);
    return node >= 0 || parser->status ? node : parse_value_or_assignment(parser);
}

/* A statement and its end, unless that is the '}' of the block around it. */
int32_t weft_parse_statement(weft_parser *parser, bool top)
{
    weft_token start = parser->token;
    int32_t node = parse_open_statement(parser, top);
    if (node < 0)
        return -1;
    if (parser->token.kind == WEFT_TOKEN_END_OF_STATEMENT)
        return weft_parse_advance(parser) ? node : -1;
    if (parser->token.kind == WEFT_TOKEN_END_OF_TEXT ||
        (!top && parser->token.kind == WEFT_TOKEN_CLOSE_BLOCK))
        return node;
    return fail_end(parser, &start, node);
}
