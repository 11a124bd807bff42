/* tests/support/functions.h: user functions that random programs apply (tests/support/generate.c),
 * for the contexts that run these. Some have state, which shows in what order they were called: it
 * starts anew with each run. */
#ifndef WEFT_TESTS_FUNCTIONS_H
#define WEFT_TESTS_FUNCTIONS_H

#include <weft/function.h>

enum { TEST_FUNCTIONS = 8 };

/* As they are registered; `user` is not set. */
extern const weft_function_info test_functions[TEST_FUNCTIONS];

/* A context's state of them. */
typedef struct test_function_state {
    uint64_t hash[TEST_FUNCTIONS];
} test_function_state;

/* Registers all of them; the state must stay until the context is destroyed. Ends the process where
 * that fails. */
void test_functions_register(weft_context *context, test_function_state *state);
/* Before each run of a program in that context, of which there is one at a time. */
void test_functions_reset(test_function_state *state);

#endif
