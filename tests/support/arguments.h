/* tests/support/arguments.h: random arguments for any program, memory for them to be run on, and
 * what must hold of that memory afterwards. Every array lies in a block of its own: its elements,
 * gaps between them where strides leave some, and a red zone on both sides. Under AddressSanitizer
 * there is no red zone, and the block has the array's exact size, so that reads beyond it are found
 * as well. Neighbours: fuzz/fuzz_common.h, plain/test_differential.c. */
#ifndef WEFT_TESTS_ARGUMENTS_H
#define WEFT_TESTS_ARGUMENTS_H

#include <weft/run.h>

#include "tests/support/random.h"

enum { TEST_PARAMS = 256 };

typedef struct test_array {
    weft_param_info info;
    weft_arg arg;     /* its data: NULL */
    int64_t elements; /* of all dimensions together */
    size_t bytes;     /* of the block */
    size_t first;     /* offset of the first element in it */
    uint8_t *initial; /* what the block holds before a run */
    uint8_t *element; /* for each byte: 0: of no element, 1: the first of one, 2: a later one */
    int alias;        /* input of the same shape that this output may share memory with, or -1 */
} test_array;

typedef struct test_arguments {
    uint32_t count; /* of parameters */
    uint32_t rank;
    int64_t extents[WEFT_MAX_RANK];
    int64_t total;  /* elements of the index space */
    bool shareable; /* some output has an alias */
    test_array arrays[TEST_PARAMS];
} test_arguments;

/* Draws arguments for an index space of about `most` elements; NULL: what the program itself fixes
 * is too large to be run. */
test_arguments *test_arguments_make(test_random *r, const weft_program *program, int64_t most);
void test_arguments_free(test_arguments *args);

/* Whether the parameter is an array that the program writes. */
bool test_is_written(const test_array *array);

/* --- memory for runs -------------------------------------------------------------------------- */

typedef struct test_memory {
    bool shared;                  /* outputs lie in the inputs that they may share memory with */
    uint8_t *blocks[TEST_PARAMS]; /* by parameter; NULL: scratch, no elements, or in another */
} test_memory;

void test_memory_make(test_memory *memory, const test_arguments *args, bool shared);
void test_memory_free(test_memory *memory, const test_arguments *args);
/* The initial content again. */
void test_memory_reset(test_memory *memory, const test_arguments *args);
/* The argument list of a run on that memory (NULL: without data), TEST_PARAMS entries long; returns
 * its length. */
size_t test_memory_list(const test_memory *memory, const test_arguments *args, weft_arg *list);

typedef struct test_place { /* in the block of a parameter; param -1: nowhere */
    int param;
    size_t byte;
} test_place;

/* The first byte that a run that ended with this status must not have changed: of an input, of a
 * gap, of a red zone, of anything where the run was refused. */
test_place test_memory_damage(const test_memory *memory, const test_arguments *args,
                              weft_status status);

/* The first element of a written array in which two runs differ. A NaN equals every NaN. Elements
 * of the arrays in `approximate` (bit i: parameter i) may differ by a few units in the last place.
 */
test_place test_memory_difference(const test_memory *a, const test_memory *b,
                                  const test_arguments *args, uint32_t approximate);

#endif
