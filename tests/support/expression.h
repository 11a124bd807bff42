/* tests/support/expression.h: random expressions and programs of docs/language.md as trees, their
 * text, and smaller ones that are like them. Written from the language's page alone, and knows
 * nothing of the compiler. Neighbours: evaluate.h says what a tree means. */
#ifndef WEFT_TESTS_EXPRESSION_H
#define WEFT_TESTS_EXPRESSION_H

#include <stddef.h>
#include <weft/types.h>

#include "tests/support/random.h"

enum {
    TEST_NODES = 1024,
    TEST_STATEMENTS = 64,
    TEST_VARIABLES = 16, /* declared: arguments of an expression, parameters of a program */
    TEST_NAMES = 96,     /* of all kinds */
    TEST_FUNCTIONS = 4,
    TEST_TEXT = 1 << 16,
    TEST_CHILDREN = 4
};

typedef enum test_node_kind {
    TEST_INT,      /* the literal `integer` */
    TEST_FLOAT,    /* the literal `real`; not finite: inf, nan */
    TEST_TRUTH,    /* True, False */
    TEST_NAME,     /* name `name` */
    TEST_OPERATOR, /* `word` of one or two children */
    TEST_COMPARE,  /* n children and n - 1 comparisons ops[] between them, chained */
    TEST_IF,       /* child 0 if child 1 else child 2 */
    TEST_CALL,     /* function `word` of n children */
    TEST_CAST,     /* child 0 to `type` */
    TEST_REDUCE,   /* reduction `word` over axes[n_axes]; none: over all */
    TEST_PART,     /* component `integer` of child 0 */
    TEST_ROW,      /* row of table or uniform `name` at n children */
    TEST_USER,     /* function number `integer` of the program, of n children */
    TEST_INDEX,    /* index(axis `integer`) */
    TEST_EXTENT,   /* extent(axis `integer`) */
    TEST_LENGTH    /* len(`name`, integer); integer -1: len(`name`) */
} test_node_kind;

typedef struct test_node {
    uint8_t kind, n;
    uint8_t type;  /* CAST */
    uint8_t style; /* ways of writing it */
    uint8_t ops[TEST_CHILDREN];
    int8_t axes[3];
    uint8_t n_axes, ddof;
    bool keep;
    int16_t name;
    int16_t child[TEST_CHILDREN];
    const char *word;
    int64_t integer;
    double real;
} test_node;

typedef enum test_name_kind {
    TEST_DECLARED,
    TEST_TEMPORARY,
    TEST_COUNTER,
    TEST_LOCAL
} test_name_kind;

typedef struct test_name {
    char text[12];
    uint8_t kind;
} test_name;

typedef enum test_role { TEST_IN, TEST_OUT, TEST_INOUT, TEST_UNIFORM, TEST_TABLE } test_role;

/* A declared name; its number in `names` is the same. */
typedef struct test_variable {
    uint8_t role, type;
    uint8_t rank;       /* of an expression's argument: the last `rank` axes of the space */
    uint8_t axes;       /* of a program's array: bit i: axis i of the space */
    uint8_t ones;       /* bit i: axis i of the argument has extent 1 */
    uint8_t segment;    /* components; 0: no segment */
    uint8_t count;      /* rows of a uniform; 0: one, without [ ] */
    int64_t extents[2]; /* of a table; its rank is `rank` */
    bool small;         /* its values are 0 to 5 */
} test_variable;

typedef enum test_statement_kind {
    TEST_ASSIGN, /* name[.part] = node; ops: 0 =, else += -= *= */
    TEST_FOR,    /* counter `name` from `low` (-1: 0) to `node`; statements up to its END */
    TEST_END,
    TEST_VALUE /* the last one: a lone expression */
} test_statement_kind;

typedef struct test_statement {
    uint8_t kind;
    bool removed;
    char op; /* of ASSIGN: 0, '+', '-', '*' */
    int8_t part;
    int16_t name, node, low;
} test_statement;

typedef struct test_function {
    int16_t first, n;                 /* its parameters: consecutive names */
    int16_t locals;                   /* names behind these that it alone has */
    int16_t statements, n_statements; /* its own, in `bodies`; 0: only an expression */
    int16_t value;
    bool removed;
} test_function;

typedef struct test_tree {
    bool program;
    bool smooth;  /* only what a change of rounding changes little: for `fast` */
    uint8_t rank; /* of the space */
    bool unnamed; /* a program without `space` */
    int64_t extents[3];
    uint64_t values; /* what arguments' values are drawn from */
    int16_t root;    /* an expression's */
    int16_t n_nodes, n_names, n_variables, n_statements, n_bodies, n_functions;
    test_node nodes[TEST_NODES];
    test_name names[TEST_NAMES];
    test_variable variables[TEST_VARIABLES];
    test_statement statements[TEST_STATEMENTS], bodies[TEST_STATEMENTS];
    test_function functions[TEST_FUNCTIONS];
} test_tree;

/* What a call may name, with other names for the same function. */
typedef enum test_takes { /* what its arguments should be */
                          TEST_OF_NUMBERS,
                          TEST_OF_FLOATS,
                          TEST_OF_INTEGERS,
                          TEST_OF_TRUTHS,
                          TEST_OF_CHOICE /* a truth, then numbers */
} test_takes;
typedef struct test_callable {
    const char *name, *alias[2];
    uint8_t arity, takes;
    uint8_t gives; /* test_takes; of its own kind where it is that of its arguments */
    bool smooth;
} test_callable;
extern const test_callable test_callables[];
extern const size_t test_callable_count;
extern const char *const test_axis_names[3];
extern const char *const test_comparisons[6];

/* A random tree: an expression, or a program. */
void test_tree_expression(test_random *r, test_tree *tree, bool smooth);
void test_tree_program(test_random *r, test_tree *tree);

/* Writes its text, NUL-terminated, and returns the length; at most TEST_TEXT bytes. */
size_t test_tree_print(const test_tree *tree, char *text);

/* Makes `smaller` a tree with less in it, the attempt-th way of doing so, which may be a tree that
 * means nothing. 1: done; 0: there is nothing to be done this way; -1: there are no more ways. */
int test_tree_reduce(const test_tree *tree, int attempt, test_tree *smaller);
/* Nodes and statements that its text shows. */
int test_tree_size(const test_tree *tree);

#endif
