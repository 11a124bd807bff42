/* compiler/parse.c: errors, tokens and trees of the parser, and texts as a whole
 * (compiler/parse.h). The grammar is parse_statement.c's and parse_expression.c's. */
#include "compiler/parse.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "compiler/parse_internal.h"
#include "isa/limits.h"

/* --- errors ----------------------------------------------------------------------------------- */

#define FAIL(status_)                                                                              \
    do {                                                                                           \
        char message[WEFT_ERROR_MESSAGE_SIZE];                                                     \
        va_list arguments;                                                                         \
        va_start(arguments, format);                                                               \
        vsnprintf(message, sizeof message, format, arguments);                                     \
        va_end(arguments);                                                                         \
        parser->status =                                                                           \
            weft_fail_text(parser->error, status_, where->line, where->column, "%s", message);     \
    } while (0)

int32_t weft_parse_fail(weft_parser *parser, const weft_token *where, const char *format, ...)
{
    FAIL(WEFT_ERR_SYNTAX);
    return -1;
}

int32_t weft_parse_fail_limit(weft_parser *parser, const weft_token *where, const char *format, ...)
{
    FAIL(WEFT_ERR_LIMIT);
    return -1;
}

static int32_t fail_memory(weft_parser *parser)
{
    parser->status = weft_fail_memory(parser->error);
    return -1;
}

int32_t weft_parse_expected(weft_parser *parser, const char *what)
{
    char shown[WEFT_TOKEN_SHOWN];
    return weft_parse_fail(parser, &parser->token, "expected %s, found %s", what,
                           weft_token_show(&parser->token, shown));
}

/* --- tokens ----------------------------------------------------------------------------------- */

bool weft_parse_advance(weft_parser *parser)
{
    parser->status = weft_scan(&parser->scanner, &parser->token);
    return !parser->status;
}

bool weft_parse_take(weft_parser *parser, unsigned kind, const char *what)
{
    if (parser->token.kind == kind)
        return weft_parse_advance(parser);
    weft_parse_expected(parser, what);
    return false;
}

bool weft_parse_close(weft_parser *parser, unsigned kind, const weft_token *open, const char *what)
{
    if (parser->token.kind == kind)
        return weft_parse_advance(parser);
    if (parser->token.kind == WEFT_TOKEN_END_OF_TEXT || parser->token.on_next_line)
        weft_parse_fail(parser, open, "'%c' is not closed", *open->text);
    else if (parser->token.kind == WEFT_TOKEN_ASSIGN)
        weft_parse_fail(parser, &parser->token, "expected %s, found '='; to compare write '=='",
                        what);
    else
        weft_parse_expected(parser, what);
    return false;
}

bool weft_parse_enter(weft_parser *parser)
{
    if (parser->depth == WEFT_MAX_DEPTH) {
        weft_parse_fail_limit(parser, &parser->token, "nested more than %d deep", WEFT_MAX_DEPTH);
        return false;
    }
    parser->depth++;
    return true;
}

/* --- trees ------------------------------------------------------------------------------------ */

int32_t weft_parse_node(weft_parser *parser, unsigned kind, const weft_token *where)
{
    weft_tree *tree = parser->tree;
    if (tree->nodes.count == WEFT_MAX_SYNTAX)
        return weft_parse_fail_limit(parser, where,
                                     "the text has more than %d names, numbers and operations",
                                     WEFT_MAX_SYNTAX);
    weft_ast *node = weft_vector_push(tree->allocator, &tree->nodes);
    if (!node)
        return fail_memory(parser);
    node->kind = (uint8_t)kind;
    node->line = where->line;
    node->column = where->column;
    node->name = node->child = node->next = -1;
    return (int32_t)tree->nodes.count - 1;
}

bool weft_parse_append(weft_parser *parser, weft_ast_list *list, int32_t node)
{
    if (node < 0)
        return false;
    if (list->first < 0)
        list->first = node;
    else
        weft_ast_at(parser->tree, list->last)->next = node;
    list->last = node;
    list->count++;
    return true;
}

/* FNV-1a */
static uint32_t hash_name(const char *text, size_t length)
{
    uint32_t hash = 2166136261u;
    for (size_t i = 0; i < length; i++)
        hash = (hash ^ (unsigned char)text[i]) * 16777619u;
    return hash;
}

static int32_t find_symbol(const weft_tree *tree, const char *text, size_t length, uint32_t hash)
{
    uint32_t next = tree->n_buckets ? tree->buckets[hash & (tree->n_buckets - 1)] : 0;
    while (next) {
        const weft_symbol_text *symbol = weft_symbol_at(tree, (int32_t)next - 1);
        if (symbol->hash == hash && symbol->length == length &&
            memcmp(symbol->text, text, length) == 0)
            return (int32_t)next - 1;
        next = symbol->same;
    }
    return -1;
}

int32_t weft_tree_find(const weft_tree *tree, const char *name, size_t length)
{
    return find_symbol(tree, name, length, hash_name(name, length));
}

/* The symbol of a token, made where it is the first of its name. */
static int32_t symbol_of(weft_parser *parser, const weft_token *token)
{
    weft_tree *tree = parser->tree;
    uint32_t hash = hash_name(token->text, token->length);
    int32_t found = find_symbol(tree, token->text, token->length, hash);
    if (found >= 0)
        return found;
    weft_symbol_text *symbol = weft_vector_push(tree->allocator, &tree->symbols);
    if (!symbol)
        return fail_memory(parser);
    uint32_t *bucket = &tree->buckets[hash & (tree->n_buckets - 1)];
    *symbol = (weft_symbol_text){token->text, (uint32_t)token->length, hash, *bucket};
    *bucket = (uint32_t)tree->symbols.count;
    return (int32_t)tree->symbols.count - 1;
}

int32_t weft_parse_name(weft_parser *parser)
{
    const weft_token *token = &parser->token;
    if (token->kind > WEFT_TOKEN_NUMBER && token->kind <= WEFT_TOKEN_FALSE)
        return weft_parse_fail(parser, token, "expected a name; '%.*s' is a word of the language",
                               (int)token->length, token->text);
    if (token->kind != WEFT_TOKEN_NAME)
        return weft_parse_expected(parser, "a name");
    if (token->length > WEFT_MAX_NAME)
        return weft_parse_fail(parser, token, "a name has at most %d characters", WEFT_MAX_NAME);
    int32_t symbol = symbol_of(parser, token);
    int32_t node = symbol < 0 ? -1 : weft_parse_node(parser, WEFT_AST_NAME, token);
    if (node < 0)
        return -1;
    weft_ast_at(parser->tree, node)->name = symbol;
    return weft_parse_advance(parser) ? node : -1;
}

/* --- texts ------------------------------------------------------------------------------------ */

static int32_t parse_text(weft_parser *parser)
{
    weft_ast_list list = WEFT_AST_LIST_EMPTY;
    if (!weft_parse_advance(parser))
        return -1;
    const weft_token start = {.line = 1, .column = 1};
    int32_t root = weft_parse_node(parser, WEFT_AST_BLOCK, &start);
    if (root < 0 || !weft_parse_ends(parser))
        return -1;
    while (parser->token.kind != WEFT_TOKEN_END_OF_TEXT)
        if (!weft_parse_append(parser, &list, weft_parse_statement(parser, true)) ||
            !weft_parse_ends(parser))
            return -1;
    weft_ast_at(parser->tree, root)->child = list.first;
    return root;
}

/* As many buckets for names as a text of that length may need. */
static size_t bucket_count(size_t length)
{
    size_t count = 64;
    while (count < length / 8)
        count *= 2;
    return count;
}

weft_status weft_parse(const weft_allocator *allocator, const char *text, size_t length,
                       weft_tree *tree, weft_error *error)
{
    weft_parser parser;
    memset(tree, 0, sizeof *tree);
    tree->allocator = allocator;
    tree->nodes.element = sizeof(weft_ast);
    tree->symbols.element = sizeof(weft_symbol_text);
    weft_error_clear(error);
    if (length > WEFT_MAX_SOURCE)
        return weft_fail_text(error, WEFT_ERR_LIMIT, 1, 1,
                              "the text has %zu bytes; at most %d are allowed", length,
                              WEFT_MAX_SOURCE);
    tree->buckets = weft_mem_zeroed(allocator, bucket_count(length), sizeof *tree->buckets);
    if (!tree->buckets)
        return weft_fail_memory(error);
    tree->n_buckets = bucket_count(length);
    memset(&parser, 0, sizeof parser);
    parser.tree = tree;
    parser.error = error;
    weft_scan_start(&parser.scanner, text, length, error);
    tree->root = parse_text(&parser);
    return parser.status;
}

void weft_tree_free(weft_tree *tree)
{
    weft_vector_free(tree->allocator, &tree->nodes);
    weft_vector_free(tree->allocator, &tree->symbols);
    weft_mem_free(tree->allocator, tree->buckets, tree->n_buckets * sizeof *tree->buckets);
    tree->buckets = NULL;
    tree->n_buckets = 0;
}
