/* compiler/parse_internal.h: what the rooms of the parser share: parse.c (trees), parse_statement.c
 * and parse_expression.c. */
#ifndef WEFT_COMPILER_PARSE_INTERNAL_H
#define WEFT_COMPILER_PARSE_INTERNAL_H

#include "compiler/parse.h"

typedef struct weft_parser {
    weft_scanner scanner;
    weft_token token; /* the present one */
    weft_tree *tree;
    weft_error *error;
    weft_status status; /* of the first error */
    unsigned depth;
} weft_parser;

/* --- parse.c ---------------------------------------------------------------------------------- */

/* All that return a node return -1 after an error. This one does so always. */
int32_t weft_parse_fail(weft_parser *parser, const weft_token *where, const char *format, ...)
    WEFT_PRINTF(3, 4);
int32_t weft_parse_fail_limit(weft_parser *parser, const weft_token *where, const char *format, ...)
    WEFT_PRINTF(3, 4);
/* "expected ..., found ..." at the present token. */
int32_t weft_parse_expected(weft_parser *parser, const char *what);

/* Goes to the next token. */
bool weft_parse_advance(weft_parser *parser);
/* Takes a token of that kind, or says what was expected. */
bool weft_parse_take(weft_parser *parser, unsigned kind, const char *what);
/* Takes the bracket that closes the one at `open`. */
bool weft_parse_close(weft_parser *parser, unsigned kind, const weft_token *open, const char *what);
/* One level deeper; false where that is too deep. Left by parser->depth--. */
bool weft_parse_enter(weft_parser *parser);

int32_t weft_parse_node(weft_parser *parser, unsigned kind, const weft_token *where);
/* A NAME of the present token, which is taken. */
int32_t weft_parse_name(weft_parser *parser);

/* Nodes behind each other, as children of one. Starts zeroed but for `first`. */
typedef struct weft_ast_list {
    int32_t first, last;
    unsigned count;
} weft_ast_list;
#define WEFT_AST_LIST_EMPTY                                                                        \
    (weft_ast_list)                                                                                \
    {                                                                                              \
        -1, -1, 0                                                                                  \
    }
/* False where the node is -1. */
bool weft_parse_append(weft_parser *parser, weft_ast_list *list, int32_t node);

/* --- parse_statement.c -------------------------------------------------------------------------
 */

/* Skips ends of statements. */
bool weft_parse_ends(weft_parser *parser);
/* A statement and its end, unless that is the '}' of the block around it; at the top of a text
 * there is none. */
int32_t weft_parse_statement(weft_parser *parser, bool top);

/* --- parse_expression.c ----------------------------------------------------------------------- */

int32_t weft_parse_expression(weft_parser *parser);
/* Expressions with commas between them. */
bool weft_parse_expressions(weft_parser *parser, weft_ast_list *list);

#endif
