/* compiler/ast.h: a text as a tree, before it means anything.
 * Nodes and names are numbers of elements of two vectors; nothing points. parse.h makes trees,
 * lower.h makes graphs of them. */
#ifndef WEFT_COMPILER_AST_H
#define WEFT_COMPILER_AST_H

#include "compiler/token.h"

typedef enum weft_ast_kind {
    /* Expressions. */
    WEFT_AST_NUMBER,    /* type and bits as of a token */
    WEFT_AST_BOOL,      /* bits: 0 or 1 */
    WEFT_AST_NAME,      /* name */
    WEFT_AST_UNARY,     /* sign; the operand */
    WEFT_AST_BINARY,    /* sign; two operands */
    WEFT_AST_COMPARE,   /* an operand, then LINKs: a < b <= c */
    WEFT_AST_LINK,      /* sign; the operand on its right */
    WEFT_AST_CHOICE,    /* x if c else y: c, x, y */
    WEFT_AST_CALL,      /* name; values and KEYWORDs. bits: how deep it stands in the text */
    WEFT_AST_KEYWORD,   /* name = value, or a TUPLE of them */
    WEFT_AST_TUPLE,     /* values */
    WEFT_AST_COMPONENT, /* the value; bits: which */
    WEFT_AST_SUBSCRIPT, /* the value, then one index or more */
    /* Statements. */
    WEFT_AST_SPACE,      /* NAMEs of axes */
    WEFT_AST_DECLARE,    /* sign: weft_param_kind; type; bits: segment, and rows << 32; NAMEs, then
                            perhaps AXES */
    WEFT_AST_AXES,       /* NAMEs, or nothing (over none) */
    WEFT_AST_ALLOW,      /* bits: WEFT_FAST_* */
    WEFT_AST_FUNCTION,   /* name; PARAMETERS, BLOCK */
    WEFT_AST_USERS,      /* a function of the user's: name; type: of its result; sign: whether it is
                            pure; bits: signature (isa/isa.h) */
    WEFT_AST_PARAMETERS, /* NAMEs */
    WEFT_AST_BLOCK,      /* statements */
    WEFT_AST_RETURN,     /* the value */
    WEFT_AST_ASSIGN,     /* TARGETS, VALUES; sign: of the operator in it, or 0 */
    WEFT_AST_TARGETS,    /* NAMEs and COMPONENTs of NAMEs */
    WEFT_AST_VALUES,
    WEFT_AST_FOR,  /* name of the counter; the count, or first and end, then BLOCK. bits: how many
                      of these, 1 or 2 */
    WEFT_AST_VALUE /* an expression that is a statement */
} weft_ast_kind;

typedef struct weft_ast {
    uint8_t kind;         /* weft_ast_kind */
    uint8_t sign;         /* weft_token_kind */
    uint8_t type;         /* weft_dtype */
    int32_t line, column; /* what messages point at: of an operation its sign */
    int32_t name;         /* of a symbol, or -1 */
    int32_t child, next;  /* first child; the next one of the same parent; -1: none */
    uint64_t bits;
} weft_ast;

/* A name of the text, once. */
typedef struct weft_symbol_text {
    const char *text; /* in the source, not terminated */
    uint32_t length, hash;
    uint32_t same; /* next symbol of the bucket + 1 */
} weft_symbol_text;

typedef struct weft_tree {
    const weft_allocator *allocator;
    weft_vector nodes;   /* of weft_ast */
    weft_vector symbols; /* of weft_symbol_text */
    uint32_t *buckets;   /* symbol + 1, by hash */
    size_t n_buckets;    /* a power of two */
    int32_t root;        /* BLOCK */
} weft_tree;

static inline weft_ast *weft_ast_at(const weft_tree *tree, int32_t node)
{
    return (weft_ast *)tree->nodes.data + node;
}
static inline weft_symbol_text *weft_symbol_at(const weft_tree *tree, int32_t symbol)
{
    return (weft_symbol_text *)tree->symbols.data + symbol;
}

#endif
