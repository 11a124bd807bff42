/* tests/support/evaluate.h: what a tree of support/expression.h means, by the rules of
 * docs/language.md, one element at a time and as plainly as can be. An oracle for the compiler:
 * written from that page alone. The meanings of single operations are those of the scalar kernels;
 * transcendental ones are taken from the level under test, which need not agree with other levels
 * in their last bit. */
#ifndef WEFT_TESTS_EVALUATE_H
#define WEFT_TESTS_EVALUATE_H

#include <weft/run.h>

#include "simd/kernel.h"
#include "tests/support/expression.h"

/* Types of literals, beside weft_dtype. */
enum { TEST_WEAK_INT = 64, TEST_WEAK_FLOAT = 65 };

typedef enum test_verdict {
    TEST_GOOD,  /* the tree has a value */
    TEST_BAD,   /* it is an error that the compiler, or binding, must find */
    TEST_RANGE, /* an index leaves its table: the run must say so */
    TEST_OPEN   /* the language does not say */
} test_verdict;

typedef struct test_value {
    unsigned type; /* weft_dtype or TEST_WEAK_* (data: an int64_t, a double) */
    bool constant; /* made of literals alone */
    bool vague;    /* of an output that has more axes than what was assigned: how many a reduction
                      would run over, the language does not say */
    int rank;
    int64_t shape[4];
    int8_t axis[4]; /* which axis of the space: in expressions counted from the end, -1 the
                       last, 0 where there is none; in programs its number */
    uint64_t *data; /* row-major; each element in the low bytes of its 64 bits */
    int parts;      /* a vector's components; 0: no vector */
    struct test_value *part;
} test_value;

typedef struct test_evaluation {
    const test_tree *tree;
    const weft_kernel_table *exact, *level; /* the scalar level's, the level's under test */
    test_verdict verdict;
    char why[160]; /* of BAD and OPEN */
    test_value inputs[TEST_VARIABLES];
    test_value result; /* of an expression, or of a program's lone one */
    bool has_result, leaves_table;
    bool floats;              /* some value was of a float type */
    uint8_t over[TEST_NODES]; /* of an expression's reductions: bit k: it runs over the k-th axis of
                                 the space from the end */
    test_value names[TEST_NAMES]; /* outputs too, which is what they are given back as */
    bool bound[TEST_NAMES];       /* the name has a value */
    bool outside[TEST_NAMES];     /* and had one before the innermost loop */
    bool assigned[TEST_VARIABLES][16];
    int depth, loops, steps;
    struct test_chunk *chunks;
} test_evaluation;

/* Draws the arguments' values: `inputs` of arrays and uniforms with segments are vectors, rows of
 * uniforms and tables axes. Everything that an evaluation holds goes with test_evaluation_free. */
void test_evaluation_begin(test_evaluation *e, const test_tree *tree,
                           const weft_kernel_table *exact, const weft_kernel_table *level);
void test_evaluate(test_evaluation *e);
void test_evaluation_free(test_evaluation *e);

int64_t test_value_count(const test_value *value);

/* --- between the two halves: evaluate.c (trees, shapes, reductions) and evaluate_rules.c -------
 */

/* Memory that lives as long as the evaluation, all zero. */
void *test_evaluation_memory(test_evaluation *e, size_t bytes);
/* Notes the first verdict that is not GOOD. */
void test_verdict_is(test_evaluation *e, test_verdict verdict, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* A function or operator by its name; arguments are settled to common types and broadcast. */
test_value test_apply(test_evaluation *e, const char *word, const test_value *args, int n);
/* The common type; 0: none. */
unsigned test_promote(unsigned a, unsigned b);
/* A value in another type, as cvt converts. */
test_value test_convert(test_evaluation *e, const test_value *value, unsigned type);
/* The type that a literal has by itself. */
test_value test_settle(test_evaluation *e, const test_value *value);
/* Puts values into the common type of all. */
void test_unify(test_evaluation *e, test_value *values, int n);
/* One number in another type, of a literal too. */
uint64_t test_convert_one(const test_evaluation *e, uint64_t bits, unsigned from, unsigned to);
/* op of the table for one element. */
uint64_t test_one(const weft_kernel_table *table, unsigned op, unsigned type, uint64_t a,
                  uint64_t b, uint64_t c);

typedef uint64_t test_rule(const test_evaluation *e, unsigned op, unsigned type, const uint64_t *x);
/* Broadcasts n values of any types, applies a rule to the elements. */
test_value test_map(test_evaluation *e, unsigned result, const test_value *args, int n,
                    test_rule *rule, unsigned op, unsigned type);
double test_double(unsigned type, uint64_t bits);
bool test_is_integer(unsigned type); /* not bool */
bool test_is_float(unsigned type);   /* weak ones too */

#endif
