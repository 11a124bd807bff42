/* compiler/parse.h: text of the language (docs/language.md) to a tree, by recursive descent.
 * Grammar alone: what names mean is lower.h's. */
#ifndef WEFT_COMPILER_PARSE_H
#define WEFT_COMPILER_PARSE_H

#include "compiler/ast.h"

enum {
    WEFT_MAX_SOURCE = 1 << 20, /* bytes of a text */
    WEFT_MAX_DEPTH = 200,      /* of expressions, blocks and calls of functions within each other */
    WEFT_MAX_SYNTAX = 1 << 18, /* nodes of a tree */
    WEFT_MAX_ARGUMENTS = 64    /* of a call, and parameters of a function */
};

/* Fills *tree, to be given back with weft_tree_free in any case. `text` must outlive it.
 * WEFT_ERR_SYNTAX and WEFT_ERR_LIMIT with line and column; WEFT_ERR_MEMORY. */
weft_status weft_parse(const weft_allocator *allocator, const char *text, size_t length,
                       weft_tree *tree, weft_error *error);
void weft_tree_free(weft_tree *tree);

/* The symbol of a name, or -1 where the text does not hold it. */
int32_t weft_tree_find(const weft_tree *tree, const char *name, size_t length);

#endif
