/* tests/support/language.h: texts of the language with what is expected of them, from files and
 * from docs/language.md. Neighbours: tests/language/ (the files), tests/unit/test_language.c. */
#ifndef WEFT_TESTS_LANGUAGE_H
#define WEFT_TESTS_LANGUAGE_H

#include "compiler/lower.h"

enum { TEST_VARIABLES = 16 };

typedef struct test_language {
    char *text; /* without a NUL behind it; free() it */
    size_t length;
    bool good;
    int line, column; /* of the error that is expected */
    char message[WEFT_ERROR_MESSAGE_SIZE];
    char names[TEST_VARIABLES][WEFT_MAX_NAME + 1];
    weft_variable variables[TEST_VARIABLES];
    size_t n_variables;
} test_language;

/* A file of tests/language. It begins with "# ok", or "# expect: LINE:COLUMN: MESSAGE"; a second
 * line "# with: NAME TYPE RANK; ..." gives it variables. */
void test_language_read(const char *path, test_language *language);
/* A text with the variables of such a line. */
void test_language_make(const char *text, const char *with, test_language *language);

/* Lowers it to a graph that the caller frees with weft_graph_free. */
weft_status test_language_lower(const test_language *language, const weft_allocator *allocator,
                                weft_graph *graph, weft_error *error);

#endif
