/* tests/support/expression_random.c: random trees (expression.h). They are made so that most mean
 * something; whether one does, evaluate.h says. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "tests/support/expression.h"
#include "tests/support/support.h"

const test_callable test_callables[] = {
    {"add", {0}, 2, TEST_OF_NUMBERS, TEST_OF_NUMBERS, true},
    {"subtract", {0}, 2, TEST_OF_NUMBERS, TEST_OF_NUMBERS, true},
    {"multiply", {0}, 2, TEST_OF_NUMBERS, TEST_OF_NUMBERS, true},
    {"divide", {"true_divide", "true_divide"}, 2, TEST_OF_NUMBERS, TEST_OF_FLOATS, true},
    {"floor_divide", {0}, 2, TEST_OF_NUMBERS, TEST_OF_NUMBERS, false},
    {"remainder", {"mod", "mod"}, 2, TEST_OF_NUMBERS, TEST_OF_NUMBERS, false},
    {"power", {"pow", "pow"}, 2, TEST_OF_NUMBERS, TEST_OF_NUMBERS, false},
    {"negative", {0}, 1, TEST_OF_NUMBERS, TEST_OF_NUMBERS, true},
    {"positive", {0}, 1, TEST_OF_NUMBERS, TEST_OF_NUMBERS, true},
    {"abs", {"absolute", "fabs"}, 1, TEST_OF_NUMBERS, TEST_OF_NUMBERS, true},
    {"minimum", {"min", "min"}, 2, TEST_OF_NUMBERS, TEST_OF_NUMBERS, true},
    {"maximum", {"max", "max"}, 2, TEST_OF_NUMBERS, TEST_OF_NUMBERS, true},
    {"min", {0}, 3, TEST_OF_NUMBERS, TEST_OF_NUMBERS, true},
    {"max", {0}, 3, TEST_OF_NUMBERS, TEST_OF_NUMBERS, true},
    {"fmin", {0}, 2, TEST_OF_FLOATS, TEST_OF_FLOATS, true},
    {"fmax", {0}, 2, TEST_OF_FLOATS, TEST_OF_FLOATS, true},
    {"clip", {"clamp", "clamp"}, 3, TEST_OF_NUMBERS, TEST_OF_NUMBERS, false},
    {"where", {"select", "select"}, 3, TEST_OF_CHOICE, TEST_OF_NUMBERS, false},
    {"mad", {0}, 3, TEST_OF_NUMBERS, TEST_OF_NUMBERS, true},
    {"fma", {0}, 3, TEST_OF_FLOATS, TEST_OF_FLOATS, true},
    {"lerp", {0}, 3, TEST_OF_NUMBERS, TEST_OF_NUMBERS, true},
    {"fmod", {0}, 2, TEST_OF_NUMBERS, TEST_OF_NUMBERS, false},
    {"sign", {0}, 1, TEST_OF_NUMBERS, TEST_OF_NUMBERS, false},
    {"square", {0}, 1, TEST_OF_NUMBERS, TEST_OF_NUMBERS, true},
    {"relu", {0}, 1, TEST_OF_NUMBERS, TEST_OF_NUMBERS, true},
    {"sqrt", {0}, 1, TEST_OF_FLOATS, TEST_OF_FLOATS, true},
    {"rsqrt", {0}, 1, TEST_OF_FLOATS, TEST_OF_FLOATS, false},
    {"reciprocal", {"recip", "recip"}, 1, TEST_OF_FLOATS, TEST_OF_FLOATS, false},
    {"cbrt", {0}, 1, TEST_OF_FLOATS, TEST_OF_FLOATS, false},
    {"exp", {0}, 1, TEST_OF_FLOATS, TEST_OF_FLOATS, true},
    {"exp2", {0}, 1, TEST_OF_FLOATS, TEST_OF_FLOATS, true},
    {"expm1", {0}, 1, TEST_OF_FLOATS, TEST_OF_FLOATS, false},
    {"log", {0}, 1, TEST_OF_FLOATS, TEST_OF_FLOATS, true},
    {"log2", {0}, 1, TEST_OF_FLOATS, TEST_OF_FLOATS, false},
    {"log10", {0}, 1, TEST_OF_FLOATS, TEST_OF_FLOATS, false},
    {"log1p", {0}, 1, TEST_OF_FLOATS, TEST_OF_FLOATS, false},
    {"sin", {0}, 1, TEST_OF_FLOATS, TEST_OF_FLOATS, true},
    {"cos", {0}, 1, TEST_OF_FLOATS, TEST_OF_FLOATS, true},
    {"tan", {0}, 1, TEST_OF_FLOATS, TEST_OF_FLOATS, false},
    {"asin", {"arcsin", "arcsin"}, 1, TEST_OF_FLOATS, TEST_OF_FLOATS, false},
    {"acos", {"arccos", "arccos"}, 1, TEST_OF_FLOATS, TEST_OF_FLOATS, false},
    {"atan", {"arctan", "arctan"}, 1, TEST_OF_FLOATS, TEST_OF_FLOATS, true},
    {"sinh", {0}, 1, TEST_OF_FLOATS, TEST_OF_FLOATS, false},
    {"cosh", {0}, 1, TEST_OF_FLOATS, TEST_OF_FLOATS, false},
    {"tanh", {0}, 1, TEST_OF_FLOATS, TEST_OF_FLOATS, true},
    {"erf", {0}, 1, TEST_OF_FLOATS, TEST_OF_FLOATS, false},
    {"sigmoid", {0}, 1, TEST_OF_FLOATS, TEST_OF_FLOATS, false},
    {"atan2", {"arctan2", "arctan2"}, 2, TEST_OF_FLOATS, TEST_OF_FLOATS, false},
    {"hypot", {0}, 2, TEST_OF_FLOATS, TEST_OF_FLOATS, false},
    {"floor", {0}, 1, TEST_OF_FLOATS, TEST_OF_FLOATS, false},
    {"ceil", {0}, 1, TEST_OF_FLOATS, TEST_OF_FLOATS, false},
    {"trunc", {"fix", "fix"}, 1, TEST_OF_FLOATS, TEST_OF_FLOATS, false},
    {"round", {"rint", "around"}, 1, TEST_OF_FLOATS, TEST_OF_FLOATS, false},
    {"copysign", {0}, 2, TEST_OF_FLOATS, TEST_OF_FLOATS, false},
    {"signbit", {0}, 1, TEST_OF_FLOATS, TEST_OF_TRUTHS, false},
    {"isnan", {0}, 1, TEST_OF_FLOATS, TEST_OF_TRUTHS, false},
    {"isinf", {0}, 1, TEST_OF_FLOATS, TEST_OF_TRUTHS, false},
    {"isfinite", {0}, 1, TEST_OF_FLOATS, TEST_OF_TRUTHS, false},
    {"bitwise_and", {0}, 2, TEST_OF_INTEGERS, TEST_OF_INTEGERS, false},
    {"bitwise_or", {0}, 2, TEST_OF_INTEGERS, TEST_OF_INTEGERS, false},
    {"bitwise_xor", {0}, 2, TEST_OF_INTEGERS, TEST_OF_INTEGERS, false},
    {"invert", {"bitwise_not", "bitwise_not"}, 1, TEST_OF_INTEGERS, TEST_OF_INTEGERS, false},
    {"left_shift", {0}, 2, TEST_OF_INTEGERS, TEST_OF_INTEGERS, false},
    {"right_shift", {0}, 2, TEST_OF_INTEGERS, TEST_OF_INTEGERS, false},
    {"rotl", {0}, 2, TEST_OF_INTEGERS, TEST_OF_INTEGERS, false},
    {"clz", {0}, 1, TEST_OF_INTEGERS, TEST_OF_INTEGERS, false},
    {"logical_and", {0}, 2, TEST_OF_TRUTHS, TEST_OF_TRUTHS, false},
    {"logical_or", {0}, 2, TEST_OF_TRUTHS, TEST_OF_TRUTHS, false},
    {"logical_xor", {0}, 2, TEST_OF_TRUTHS, TEST_OF_TRUTHS, false},
    {"logical_not", {0}, 1, TEST_OF_TRUTHS, TEST_OF_TRUTHS, false},
    {"equal", {0}, 2, TEST_OF_NUMBERS, TEST_OF_TRUTHS, false},
    {"not_equal", {0}, 2, TEST_OF_NUMBERS, TEST_OF_TRUTHS, false},
    {"less", {0}, 2, TEST_OF_NUMBERS, TEST_OF_TRUTHS, false},
    {"less_equal", {0}, 2, TEST_OF_NUMBERS, TEST_OF_TRUTHS, false},
    {"greater", {0}, 2, TEST_OF_NUMBERS, TEST_OF_TRUTHS, false},
    {"greater_equal", {0}, 2, TEST_OF_NUMBERS, TEST_OF_TRUTHS, false},
};
const size_t test_callable_count = COUNT(test_callables);

/* What a value should be. */
typedef enum want { NUMBER, FLOAT, INTEGER, TRUTH } want;

typedef struct maker {
    test_random *r;
    test_tree *tree;
    uint8_t wants[TEST_NAMES]; /* what a name is */
    uint8_t parts[TEST_NAMES]; /* components; 0: no vector */
    bool visible[TEST_NAMES];
    int depth, room; /* levels and nodes that may still be made */
    int loops;
    int functions; /* that may be called */
    bool in_function;
} maker;

static uint32_t below(maker *m, uint32_t n)
{
    return test_below(m->r, n);
}

static int new_node(maker *m, test_node node)
{
    if (m->tree->n_nodes == TEST_NODES)
        test_die("a tree has too many nodes");
    node.style = (uint8_t)test_next(m->r);
    m->tree->nodes[m->tree->n_nodes] = node;
    return m->tree->n_nodes++;
}

static int node_of(maker *m, int kind, const char *word, int n, int a, int b, int c)
{
    return new_node(m, (test_node){.kind = (uint8_t)kind,
                                   .word = word,
                                   .n = (uint8_t)n,
                                   .name = -1,
                                   .child = {(int16_t)a, (int16_t)b, (int16_t)c, -1}});
}

static int integer_node(maker *m, int64_t value)
{
    return new_node(m, (test_node){.kind = TEST_INT, .name = -1, .integer = value});
}

static int name_node(maker *m, int name)
{
    return new_node(m, (test_node){.kind = TEST_NAME, .name = (int16_t)name});
}

static int new_name(maker *m, test_name_kind of, const char *stem, want kind, int parts)
{
    const int name = m->tree->n_names++;
    if (name == TEST_NAMES)
        test_die("a tree has too many names");
    test_name *made = &m->tree->names[name];
    made->kind = (uint8_t)of;
    strcpy(made->text, stem);
    m->wants[name] = (uint8_t)kind;
    m->parts[name] = (uint8_t)parts;
    m->visible[name] = of != TEST_DECLARED;
    return name;
}

static want want_of(unsigned type)
{
    if (type == WEFT_BOOL)
        return TRUTH;
    return type == WEFT_F16 || type == WEFT_BF16 || type == WEFT_F32 || type == WEFT_F64 ? FLOAT
                                                                                         : INTEGER;
}

static bool serves(want has, want wanted)
{
    switch (wanted) {
    case INTEGER:
        return has == INTEGER;
    case TRUTH:
        return true;
    default:
        return has != TRUTH;
    }
}

static int make(maker *m, want wanted);

static int make_leaf(maker *m, want wanted);

static bool is_literal(const maker *m, int node)
{
    const test_node *n = &m->tree->nodes[node];
    bool all = n->kind != TEST_NAME && n->kind != TEST_LENGTH && n->kind != TEST_INDEX &&
               n->kind != TEST_EXTENT && n->kind != TEST_ROW && n->kind != TEST_USER;
    for (int i = 0; i < n->n; i++)
        all &= is_literal(m, n->child[i]);
    return all;
}

/* Not of literals alone, about which the language says little; nearly always. */
static int make_solid(maker *m, want wanted)
{
    int node = make(m, wanted);
    for (int tries = 0; tries < 6 && is_literal(m, node) && below(m, 50); tries++)
        node = make_leaf(m, wanted);
    return node;
}

/* --- leaves ----------------------------------------------------------------------------------- */

static int make_integer(maker *m)
{
    static const int64_t large[] = {100, 127, 255, 1000, 4095, 65535, 100000, 16777217, 4294967296};
    const uint32_t kind = below(m, 24);
    if (kind == 0)
        return integer_node(m, large[below(m, COUNT(large))]);
    return integer_node(m, kind < 16 ? 1 + below(m, 4) : below(m, 33));
}

static int make_float(maker *m)
{
    static const double some[] = {0.5, 1, 2, 0.1, 3.25, 1e-3, 0.75, 1e3, 2.5, 0x1.8p3};
    double x = some[below(m, COUNT(some))];
    if (!m->tree->smooth && below(m, 16) == 0)
        x = below(m, 2) ? (double)INFINITY : below(m, 2) ? (double)NAN : 1e30;
    return new_node(m, (test_node){.kind = TEST_FLOAT, .name = -1, .real = x});
}

static int pick_name(maker *m, want wanted, int parts)
{
    int found = -1, n = 0;
    for (int i = 0; i < m->tree->n_names; i++)
        if (m->visible[i] && serves(m->wants[i], wanted) && m->parts[i] == parts &&
            below(m, (uint32_t)++n) == 0)
            found = i;
    return found;
}

static int component(maker *m, want wanted)
{
    int found = -1, n = 0;
    for (int i = 0; i < m->tree->n_names; i++)
        if (m->visible[i] && serves(m->wants[i], wanted) && m->parts[i] &&
            below(m, (uint32_t)++n) == 0)
            found = i;
    if (found < 0)
        return -1;
    const int part = node_of(m, TEST_PART, NULL, 1, name_node(m, found), -1, -1);
    m->tree->nodes[part].integer = below(m, m->parts[found]);
    return part;
}

static int make_of_space(maker *m)
{
    const int kind = below(m, 3) ? TEST_INDEX : TEST_EXTENT;
    const int node = node_of(m, kind, NULL, 0, -1, -1, -1);
    m->tree->nodes[node].integer = below(m, m->tree->rank);
    return node;
}

static int make_leaf(maker *m, want wanted)
{
    const bool program = m->tree->program;
    if (program && wanted != FLOAT && wanted != TRUTH && below(m, 8) == 0)
        return make_of_space(m);
    if (below(m, 4)) {
        int name = program && below(m, 3) == 0 ? -1 : pick_name(m, wanted, 0);
        if (name >= 0)
            return name_node(m, name);
        const int part = component(m, wanted);
        if (part >= 0)
            return part;
        name = pick_name(m, wanted, 0);
        if (name >= 0)
            return name_node(m, name);
    }
    if (wanted == TRUTH)
        return new_node(m, (test_node){.kind = TEST_TRUTH, .name = -1, .integer = below(m, 2)});
    return wanted == INTEGER || below(m, 3) == 0 ? make_integer(m) : make_float(m);
}

/* --- rows of tables and uniforms -------------------------------------------------------------- */

static int pick_table(maker *m, want wanted, int parts)
{
    int found = -1, n = 0;
    for (int i = 0; i < m->tree->n_variables; i++) {
        const test_variable *v = &m->tree->variables[i];
        if ((v->role == TEST_TABLE || (v->role == TEST_UNIFORM && v->count)) &&
            serves(want_of(v->type), wanted) && (parts < 0 || v->segment == parts) &&
            below(m, (uint32_t)++n) == 0)
            found = i;
    }
    return found;
}

/* An index into dimension `dim`: nearly always one that is there. */
static int make_row_index(maker *m, int table, int dim)
{
    const test_variable *v = &m->tree->variables[table];
    const int64_t extent = v->role == TEST_TABLE ? v->extents[dim] : v->count;
    const uint32_t kind = below(m, 8);
    if (kind == 0)
        return integer_node(m, below(m, (uint32_t)extent));
    int index = make_solid(m, INTEGER);
    if (kind == 1 && below(m, 6) == 0)
        return index;
    index = node_of(m, TEST_CAST, NULL, 1, index, -1, -1);
    m->tree->nodes[index].type = below(m, 3) ? WEFT_I64 : WEFT_I32;
    const int length = node_of(m, TEST_LENGTH, NULL, 0, -1, -1, -1);
    m->tree->nodes[length].name = (int16_t)table;
    m->tree->nodes[length].integer = dim || v->rank > 1 ? dim : -1;
    const int most = v->role == TEST_TABLE && below(m, 2) ? length : integer_node(m, extent);
    if (kind < 4) {
        const int last = node_of(m, TEST_OPERATOR, "-", 2, most, integer_node(m, 1), -1);
        return node_of(m, TEST_CALL, "clip", 3, index, integer_node(m, 0), last);
    }
    return node_of(m, TEST_OPERATOR, "%", 2, index, most, -1);
}

static int make_row(maker *m, int table)
{
    const test_variable *v = &m->tree->variables[table];
    const int rank = v->role == TEST_TABLE ? v->rank : 1;
    const int first = make_row_index(m, table, 0);
    const int second = rank > 1 ? make_row_index(m, table, 1) : -1;
    const int row = node_of(m, TEST_ROW, NULL, rank, first, second, -1);
    m->tree->nodes[row].name = (int16_t)table;
    return row;
}

static int make_from_table(maker *m, want wanted)
{
    const int table = pick_table(m, wanted, -1);
    if (table < 0)
        return make_leaf(m, wanted);
    const int row = make_row(m, table), parts = m->tree->variables[table].segment;
    if (!parts)
        return row;
    const int part = node_of(m, TEST_PART, NULL, 1, row, -1, -1);
    m->tree->nodes[part].integer = below(m, (uint32_t)parts);
    return part;
}

/* --- vectors ---------------------------------------------------------------------------------- */

static int make_vector(maker *m, int parts, int depth)
{
    const uint32_t kind = below(m, 8);
    const int name = pick_name(m, NUMBER, parts), table = pick_table(m, NUMBER, parts);
    if (kind < 3 && depth < 3) {
        static const char *const words[] = {"+", "-", "*"};
        const int a = make_vector(m, parts, depth + 1);
        const int b = below(m, 2) ? make_vector(m, parts, depth + 1) : make(m, FLOAT);
        return node_of(m, TEST_OPERATOR, words[below(m, 3)], 2, a, b, -1);
    }
    if (kind == 3 && parts == 3 && depth < 3)
        return node_of(m, TEST_CALL, "cross", 2, make_vector(m, 3, depth + 1),
                       make_vector(m, 3, depth + 1), -1);
    if (kind == 4 && table >= 0)
        return make_row(m, table);
    if (kind < 7 && name >= 0)
        return name_node(m, name);
    const int vec = node_of(m, TEST_CALL, "vec", parts, -1, -1, -1);
    for (int i = 0; i < parts; i++) {
        const int one = make(m, NUMBER);
        m->tree->nodes[vec].child[i] = (int16_t)one;
    }
    return vec;
}

/* --- operators -------------------------------------------------------------------------------- */

static const char *pick(maker *m, const char *const *words, size_t n)
{
    return words[below(m, (uint32_t)n)];
}

static int make_operator(maker *m, want wanted)
{
    static const char *const numbers[] = {"+", "-", "*", "+", "-", "*", "/", "//", "%", "**"};
    static const char *const smooth[] = {"+", "-", "*", "+", "*", "/"};
    static const char *const integers[] = {"+", "-", "*",  "//", "%", "&",
                                           "|", "^", "<<", ">>", "**"};
    static const char *const truths[] = {"and", "or", "&", "|", "^"};
    want of = wanted == NUMBER && below(m, 2) ? FLOAT : wanted;
    const char *word = wanted == INTEGER ? pick(m, integers, COUNT(integers))
                       : wanted == TRUTH ? pick(m, truths, COUNT(truths))
                       : m->tree->smooth ? pick(m, smooth, COUNT(smooth))
                                         : pick(m, numbers, COUNT(numbers));
    if (word[0] == '*' && word[1] && below(m, 3)) { /* by a constant, mostly */
        const int base = make_solid(m, of);
        return node_of(m, TEST_OPERATOR, word, 2, base, integer_node(m, below(m, 6)), -1);
    }
    const bool first = below(m, 2);
    const int left = first ? make_solid(m, of) : make(m, of);
    const int right = first ? make(m, of) : make_solid(m, of);
    return node_of(m, TEST_OPERATOR, word, 2, left, right, -1);
}

static int make_unary(maker *m, want wanted)
{
    const char *word = wanted == INTEGER && below(m, 2) ? "~" : "-";
    if (wanted == TRUTH)
        word = below(m, 2) ? "not" : "~";
    if (wanted == NUMBER && below(m, 5) == 0)
        word = "+";
    return node_of(m, TEST_OPERATOR, word, 1, make_solid(m, wanted), -1, -1);
}

static int make_compare(maker *m)
{
    const int n = below(m, 5) ? 2 : 3;
    const want of = m->tree->program || below(m, 2) ? NUMBER : INTEGER;
    int node = node_of(m, TEST_COMPARE, NULL, n, -1, -1, -1);
    for (int i = 0; i < n; i++) {
        const int one = m->tree->smooth ? make_leaf(m, NUMBER)
                        : i             ? make(m, of)
                                        : make_solid(m, of);
        m->tree->nodes[node].child[i] = (int16_t)one;
        m->tree->nodes[node].ops[i] = (uint8_t)below(m, 6);
    }
    return node;
}

static bool call_fits(const maker *m, const test_callable *f, want wanted)
{
    if (m->tree->smooth && !f->smooth)
        return false;
    switch (wanted) {
    case TRUTH:
        return f->gives == TEST_OF_TRUTHS;
    case INTEGER:
        return f->gives == TEST_OF_INTEGERS ||
               (f->gives == TEST_OF_NUMBERS && f->takes != TEST_OF_FLOATS);
    default:
        return f->gives != TEST_OF_TRUTHS;
    }
}

static int make_call(maker *m, want wanted)
{
    const test_callable *f = &test_callables[below(m, COUNT(test_callables))];
    for (int tries = 0; !call_fits(m, f, wanted) && tries < 100; tries++)
        f = &test_callables[below(m, COUNT(test_callables))];
    if (!call_fits(m, f, wanted))
        return make_leaf(m, wanted);
    const want of = f->takes == TEST_OF_FLOATS     ? FLOAT
                    : f->takes == TEST_OF_INTEGERS ? INTEGER
                    : f->takes == TEST_OF_TRUTHS   ? TRUTH
                    : wanted == TRUTH              ? NUMBER
                                                   : wanted;
    const int node = node_of(m, TEST_CALL, f->name, f->arity, -1, -1, -1);
    for (int i = 0; i < f->arity; i++) {
        const want this = f->takes == TEST_OF_CHOICE && i == 0 ? TRUTH : of;
        const int one = i == 0 ? make_solid(m, this) : make(m, this);
        m->tree->nodes[node].child[i] = (int16_t)one;
    }
    return node;
}

static int make_cast(maker *m, want wanted)
{
    static const uint8_t integers[] = {WEFT_I8, WEFT_I16, WEFT_I32, WEFT_I64,
                                       WEFT_U8, WEFT_U16, WEFT_U32, WEFT_U64};
    static const uint8_t floats[] = {WEFT_F32, WEFT_F64, WEFT_F32, WEFT_F64, WEFT_F16, WEFT_BF16};
    const int node =
        node_of(m, TEST_CAST, NULL, 1, make_solid(m, m->tree->smooth ? FLOAT : NUMBER), -1, -1);
    m->tree->nodes[node].type = wanted == TRUTH ? WEFT_BOOL
                                : wanted == INTEGER
                                    ? integers[below(m, COUNT(integers))]
                                    : floats[below(m, m->tree->smooth ? 4 : COUNT(floats))];
    return node;
}

static void choose_axes(maker *m, test_node *node)
{
    const test_tree *tree = m->tree;
    const uint32_t kind = below(m, 8);
    if (kind < 4 || !tree->rank || (tree->program && tree->unnamed))
        return;
    node->n_axes = (uint8_t)(kind == 7 && tree->rank > 1 ? 2 : 1);
    const uint32_t first = below(m, tree->rank);
    for (uint32_t i = 0; i < node->n_axes; i++) {
        const int axis = (int)((first + i) % tree->rank);
        const bool negative = !tree->program && below(m, 2);
        node->axes[i] = (int8_t)(negative ? axis - tree->rank : axis);
    }
    node->keep = !tree->program && below(m, 3) != 0;
}

static int make_reduce(maker *m, want wanted)
{
    static const char *const any[] = {"sum", "prod", "mean", "var", "std", "min",
                                      "max", "norm", "ptp",  "dot", "sum", "sum"};
    static const char *const integers[] = {"sum", "prod",   "min",    "max",
                                           "ptp", "argmin", "argmax", "count_nonzero"};
    static const char *const truths[] = {"any", "all"};
    static const char *const smooth[] = {"sum", "mean"};
    const char *word = wanted == TRUTH     ? pick(m, truths, COUNT(truths))
                       : wanted == INTEGER ? pick(m, integers, COUNT(integers))
                       : m->tree->smooth   ? pick(m, smooth, COUNT(smooth))
                                           : pick(m, any, COUNT(any));
    const bool two = strcmp(word, "dot") == 0;
    const int a = make_solid(m, wanted), b = two ? make(m, wanted) : -1;
    const int node = node_of(m, TEST_REDUCE, word, two ? 2 : 1, a, b, -1);
    if (!two)
        choose_axes(m, &m->tree->nodes[node]);
    if ((strcmp(word, "var") == 0 || strcmp(word, "std") == 0) && below(m, 2))
        m->tree->nodes[node].ddof = 1;
    if (!two && below(m, 8) == 0 && !m->tree->program)
        m->tree->nodes[node].keep = true;
    return node;
}

static int make_user(maker *m, want wanted)
{
    if (!m->functions || wanted == INTEGER)
        return make_leaf(m, wanted);
    const int number = (int)below(m, (uint32_t)m->functions);
    const test_function *f = &m->tree->functions[number];
    const int node = node_of(m, TEST_USER, NULL, f->n, -1, -1, -1);
    for (int i = 0; i < f->n; i++) {
        const int one = make(m, FLOAT);
        m->tree->nodes[node].child[i] = (int16_t)one;
    }
    m->tree->nodes[node].integer = number;
    return node;
}

static int make_of_vectors(maker *m)
{
    const int parts = 2 + (int)below(m, 2);
    if (m->tree->n_nodes > TEST_NODES / 2)
        return make_leaf(m, NUMBER);
    if (below(m, 3) == 0) {
        const int node = node_of(m, TEST_CALL, "horner", 4, -1, -1, -1);
        for (int i = 0; i < 4; i++) {
            const int one = make_leaf(m, FLOAT);
            m->tree->nodes[node].child[i] = (int16_t)one;
        }
        return node;
    }
    return node_of(m, TEST_CALL, "inner", 2, make_vector(m, parts, 1), make_vector(m, parts, 1),
                   -1);
}

static int make_inner(maker *m, want wanted)
{
    const bool program = m->tree->program;
    const uint32_t kind = below(m, program ? 28 : 21);
    if (kind < 8)
        return make_operator(m, wanted);
    if (kind < 10)
        return make_unary(m, wanted);
    if (kind < 14)
        return make_call(m, wanted);
    if (kind < 15)
        return make_cast(m, wanted);
    if (kind < 17)
        return wanted == TRUTH ? make_compare(m)
                               : node_of(m, TEST_IF, NULL, 3, make(m, wanted),
                                         m->tree->smooth ? make_compare(m) : make_solid(m, TRUTH),
                                         make(m, wanted));
    if (kind < 20)
        return m->loops || (program && below(m, 3)) ? make_operator(m, wanted)
                                                    : make_reduce(m, wanted);
    if (kind < 21)
        return wanted == TRUTH ? make_compare(m) : make_leaf(m, wanted);
    if (kind < 24)
        return make_from_table(m, wanted);
    return kind < 26                             ? make_user(m, wanted)
           : wanted == NUMBER || wanted == FLOAT ? make_of_vectors(m)
                                                 : make_leaf(m, wanted);
}

static int make(maker *m, want wanted)
{
    if (m->depth <= 0 || m->tree->n_nodes > TEST_NODES - 200 || m->room-- <= 0)
        return make_leaf(m, wanted);
    m->depth--;
    const int node = below(m, 6) == 0    ? make_leaf(m, wanted)
                     : below(m, 40) == 0 ? make(m, (want)below(m, 4)) /* what may not fit */
                     : wanted == TRUTH && below(m, 2) ? make_compare(m)
                                                      : make_inner(m, wanted);
    m->depth++;
    return node;
}

/* --- expressions ------------------------------------------------------------------------------ */

static uint8_t any_type(maker *m)
{
    static const uint8_t likely[] = {WEFT_F32, WEFT_F32, WEFT_F32, WEFT_F64,
                                     WEFT_F64, WEFT_I32, WEFT_I64, WEFT_U8};
    if (m->tree->smooth)
        return below(m, 3) ? WEFT_F32 : WEFT_F64;
    return below(m, 2) ? likely[below(m, COUNT(likely))]
                       : (uint8_t)(1 + below(m, WEFT_TYPE_COUNT - 1));
}

static void choose_extents(maker *m)
{
    static const int64_t extents[3][8] = {
        {1, 2, 7, 33, 100, 130, 257, 600}, {1, 2, 3, 5, 8, 17, 33, 40}, {1, 2, 3, 4, 5, 6, 7, 9}};
    test_tree *tree = m->tree;
    for (int i = 0; i < tree->rank; i++)
        tree->extents[i] = extents[tree->rank - 1][below(m, 8)];
    const bool small = below(m, 3) != 0;
    if (tree->rank == 1 && small)
        tree->extents[0] = 1 + below(m, 40);
    else if (tree->rank == 1 && below(m, 24) == 0)
        tree->extents[0] = 4000 + below(m, 5000);
    else if (tree->rank == 2 && below(m, 48) == 0)
        tree->extents[1] = 4000 + below(m, 400);
}

static void start(maker *m, test_random *r, test_tree *tree)
{
    memset(m, 0, sizeof *m);
    memset(tree, 0, sizeof *tree);
    m->r = r;
    m->tree = tree;
    tree->rank = 1;
    tree->values = test_next(r);
}

static int new_variable(maker *m, test_variable v, const char *stem)
{
    const int name = new_name(m, TEST_DECLARED, stem, want_of(v.type), v.segment);
    m->tree->variables[m->tree->n_variables++] = v;
    return name;
}

static void make_argument(maker *m, int i)
{
    test_tree *tree = m->tree;
    test_variable v = {.role = TEST_IN, .type = any_type(m)};
    v.rank = (uint8_t)(i == 0 || below(m, 3) ? tree->rank : below(m, tree->rank + 1u));
    for (int d = 0; d < v.rank; d++)
        if (tree->extents[tree->rank - v.rank + d] == 1 || (i && below(m, 6) == 0))
            v.ones |= (uint8_t)(1u << d);
    const int name = new_variable(m, v, (const char[]){(char)('a' + i), 0});
    m->visible[name] = true;
}

void test_tree_expression(test_random *r, test_tree *tree, bool smooth)
{
    maker m;
    start(&m, r, tree);
    tree->smooth = smooth;
    const uint32_t kind = test_below(r, 8);
    tree->rank = (uint8_t)(kind < 4 ? 1 : kind < 6 ? 2 : kind < 7 ? 3 : 0);
    if (tree->rank)
        choose_extents(&m);
    const int n = 1 + (int)test_below(r, 4);
    for (int i = 0; i < n; i++)
        make_argument(&m, i);
    m.depth = 3 + (int)test_below(r, 5);
    m.room = 5 + (int)test_below(r, 40);
    const uint32_t result = test_below(r, 8);
    tree->root = (int16_t)make(&m, smooth       ? FLOAT
                                   : result < 5 ? NUMBER
                                   : result < 7 ? INTEGER
                                                : TRUTH);
}

/* --- programs --------------------------------------------------------------------------------- */

static uint8_t some_axes(maker *m, bool all)
{
    const unsigned every = (1u << m->tree->rank) - 1;
    return (uint8_t)(all || below(m, 3) ? every : test_next(m->r) & every);
}

static uint8_t some_segment(maker *m)
{
    return (uint8_t)(below(m, 3) ? 0 : 2 + below(m, 2));
}

static const char *numbered(char *text, char letter, int number)
{
    text[0] = letter;
    text[1] = (char)('0' + number / 10);
    text[2] = (char)('0' + number % 10);
    text[3] = 0;
    return text;
}

static void declare(maker *m)
{
    char text[8];
    const int ins = 1 + (int)below(m, 3), uniforms = (int)below(m, 3), tables = (int)below(m, 3);
    for (int i = 0; i < ins; i++) {
        const bool both = below(m, 6) == 0;
        const test_variable v = {.role = both ? TEST_INOUT : TEST_IN,
                                 .type = any_type(m),
                                 .axes = some_axes(m, i == 0 || both),
                                 .segment = some_segment(m)};
        m->visible[new_variable(m, v, numbered(text, 'x', i))] = true;
    }
    for (int i = 0; i < uniforms; i++) {
        test_variable v = {.role = TEST_UNIFORM, .type = any_type(m), .segment = some_segment(m)};
        if (below(m, 3) == 0)
            v.count = (uint8_t)(1 + below(m, 5));
        if (below(m, 4) == 0) {
            v = (test_variable){.role = TEST_UNIFORM, .type = WEFT_I64, .small = true};
        }
        m->visible[new_variable(m, v, numbered(text, 'u', i))] = !v.count;
    }
    for (int i = 0; i < tables; i++) {
        const test_variable v = {.role = TEST_TABLE,
                                 .type = any_type(m),
                                 .segment = some_segment(m),
                                 .rank = (uint8_t)(1 + below(m, 2)),
                                 .extents = {1 + below(m, 6), 1 + below(m, 6)}};
        new_variable(m, v, numbered(text, 't', i));
    }
    if (below(m, 6) == 0)
        return;
    const int outs = 1 + (int)below(m, 3);
    for (int i = 0; i < outs; i++) {
        const test_variable v = {.role = TEST_OUT,
                                 .type = below(m, 2) ? WEFT_F64 : any_type(m),
                                 .axes = some_axes(m, below(m, 4) != 0),
                                 .segment = some_segment(m)};
        new_variable(m, v, numbered(text, 'y', i));
    }
}

static test_statement *new_statement(maker *m, test_statement s)
{
    if (m->tree->n_statements == TEST_STATEMENTS)
        test_die("a program has too many statements");
    m->tree->statements[m->tree->n_statements] = s;
    return &m->tree->statements[m->tree->n_statements++];
}

static void assign(maker *m, int name, int part, char op, int node)
{
    new_statement(m, (test_statement){.kind = TEST_ASSIGN,
                                      .op = op,
                                      .part = (int8_t)part,
                                      .name = (int16_t)name,
                                      .low = -1,
                                      .node = (int16_t)node});
}

static int cast_to(maker *m, int node, unsigned type)
{
    const int cast = node_of(m, TEST_CAST, NULL, 1, node, -1, -1);
    m->tree->nodes[cast].type = (uint8_t)type;
    return cast;
}

static void make_functions(maker *m)
{
    const int n = (int)below(m, TEST_FUNCTIONS + 1);
    bool visible[TEST_NAMES];
    memcpy(visible, m->visible, sizeof visible);
    for (int k = 0; k < n; k++) {
        char text[8];
        test_function *f = &m->tree->functions[k];
        f->first = m->tree->n_names;
        f->n = (int16_t)(1 + below(m, 3));
        f->statements = m->tree->n_bodies;
        for (int i = 0; i < f->n; i++)
            new_name(m, TEST_LOCAL, numbered(text, 'p', i), FLOAT, 0);
        f->n_statements = (int16_t)below(m, 3);
        m->depth = 3;
        m->room = 12;
        m->loops = 1; /* no reductions: it may be called in a loop */
        for (int i = 0; i < f->n_statements; i++) {
            const int node = make(m, NUMBER);
            const int name = new_name(m, TEST_LOCAL, numbered(text, 'q', i), FLOAT, 0);
            m->tree->bodies[m->tree->n_bodies++] = (test_statement){.kind = TEST_ASSIGN,
                                                                    .part = -1,
                                                                    .name = (int16_t)name,
                                                                    .low = -1,
                                                                    .node = (int16_t)node};
        }
        f->locals = f->n_statements;
        f->value = (int16_t)make(m, NUMBER);
        m->loops = 0;
        m->functions = m->tree->n_functions = (int16_t)(k + 1);
        memset(m->visible, 0, sizeof m->visible);
        memcpy(m->visible, visible, sizeof visible);
    }
}

static int trips(maker *m)
{
    const int small = pick_name(m, INTEGER, 0);
    if (small >= 0 && small < m->tree->n_variables && m->tree->variables[small].small)
        return name_node(m, small);
    const int table = pick_table(m, TRUTH, -1);
    if (table >= 0 && m->tree->variables[table].role == TEST_TABLE && below(m, 2)) {
        const int length = node_of(m, TEST_LENGTH, NULL, 0, -1, -1, -1);
        m->tree->nodes[length].name = (int16_t)table;
        m->tree->nodes[length].integer = -1;
        return length;
    }
    return integer_node(m, below(m, 6));
}

static void make_temporary(maker *m);

/* acc = type(start), then acc = type(something with acc) in a loop. */
static void make_loop(maker *m)
{
    char text[8];
    const uint8_t type = below(m, 3) ? (uint8_t)(below(m, 2) ? WEFT_F32 : WEFT_F64) : any_type(m);
    const want kind = type == WEFT_BOOL ? TRUTH : want_of(type);
    const int n = 1 + (int)below(m, 2);
    int names[2];
    for (int i = 0; i < n; i++) {
        const int first = cast_to(m, make_solid(m, NUMBER), type);
        names[i] = new_name(m, TEST_TEMPORARY, numbered(text, 'v', m->tree->n_names % 90), kind, 0);
        assign(m, names[i], -1, 0, first);
    }
    const int low = below(m, 3) ? -1 : integer_node(m, below(m, 3)), high = trips(m);
    const int counter =
        new_name(m, TEST_COUNTER, numbered(text, 'i', m->tree->n_names % 90), INTEGER, 0);
    bool visible[TEST_NAMES];
    new_statement(m, (test_statement){.kind = TEST_FOR,
                                      .part = -1,
                                      .name = (int16_t)counter,
                                      .low = (int16_t)low,
                                      .node = (int16_t)high});
    memcpy(visible, m->visible, sizeof visible);
    m->loops++;
    if (below(m, 2))
        make_temporary(m);
    for (int i = 0; i < n; i++)
        if (i == 0 || below(m, 2)) {
            const int value = make(m, NUMBER);
            const int more = node_of(m, TEST_OPERATOR, below(m, 3) ? "+" : "*", 2,
                                     name_node(m, names[i]), value, -1);
            assign(m, names[i], -1, 0, cast_to(m, below(m, 4) ? more : value, type));
        }
    if (m->loops < 2 && m->tree->n_statements < 30 && below(m, 4) == 0)
        make_loop(m);
    m->loops--;
    new_statement(m,
                  (test_statement){.kind = TEST_END, .part = -1, .name = -1, .low = -1, .node = 0});
    visible[counter] = false;
    for (int i = 0; i < TEST_NAMES; i++)
        m->visible[i] &= visible[i];
}

static void make_temporary(maker *m)
{
    char text[8];
    m->depth = 4;
    m->room = 15;
    if (below(m, 5) == 0) {
        const int parts = 2 + (int)below(m, 2), value = make_vector(m, parts, 0);
        assign(
            m,
            new_name(m, TEST_TEMPORARY, numbered(text, 'v', m->tree->n_names % 90), NUMBER, parts),
            -1, 0, value);
        return;
    }
    const want kind = (want)below(m, 4);
    const int value = make(m, kind);
    const int old = below(m, 4) ? -1 : pick_name(m, kind, 0);
    const bool again =
        old >= m->tree->n_variables && m->tree->names[old].kind == TEST_TEMPORARY && !m->loops;
    const int name = again ? old
                           : new_name(m, TEST_TEMPORARY, numbered(text, 'v', m->tree->n_names % 90),
                                      kind == NUMBER ? FLOAT : kind, 0);
    assign(m, name, -1, again && kind != TRUTH && below(m, 2) ? '+' : 0, value);
}

/* A value without the axes that an output lacks, nearly always. */
static int reduce_to(maker *m, unsigned axes, int value)
{
    for (int axis = 0; axis < m->tree->rank; axis++) {
        if (axes >> axis & 1 || m->tree->unnamed || below(m, 30) == 0)
            continue;
        const int index = node_of(m, TEST_INDEX, NULL, 0, -1, -1, -1);
        m->tree->nodes[index].integer = axis; /* so that it has the axis */
        value = node_of(m, TEST_OPERATOR, "+", 2, value, index, -1);
        value = node_of(m, TEST_REDUCE, below(m, 2) ? "sum" : "max", 1, value, -1, -1);
        m->tree->nodes[value].n_axes = 1;
        m->tree->nodes[value].axes[0] = (int8_t)axis;
    }
    return value;
}

static void make_output(maker *m, int name)
{
    const test_variable *v = &m->tree->variables[name];
    const want kind = v->type == WEFT_BOOL ? TRUTH : want_of(v->type);
    m->depth = 4;
    m->room = 20;
    if (v->segment && kind == FLOAT && v->axes == (1u << m->tree->rank) - 1 && below(m, 2)) {
        assign(m, name, -1, 0, make_vector(m, v->segment, 0));
    } else if (v->segment) {
        for (int k = 0; k < v->segment; k++)
            assign(m, name, k, 0, cast_to(m, reduce_to(m, v->axes, make(m, kind)), v->type));
    } else {
        const bool cast = kind != FLOAT ? below(m, 20) != 0 : below(m, 3) != 0;
        const int value = reduce_to(m, v->axes, make(m, kind));
        assign(m, name, -1, 0, cast ? cast_to(m, value, v->type) : value);
    }
    m->visible[name] = m->loops == 0;
}

void test_tree_program(test_random *r, test_tree *tree)
{
    maker m;
    start(&m, r, tree);
    tree->program = true;
    tree->unnamed = test_below(r, 3) == 0;
    tree->rank = (uint8_t)(tree->unnamed ? 1 : 1 + test_below(r, 3));
    choose_extents(&m);
    if (tree->extents[tree->rank - 1] > 1000)
        tree->extents[tree->rank - 1] = 33;
    declare(&m);
    if (test_below(r, 2))
        make_functions(&m);
    const int before = (int)test_below(r, 5);
    for (int i = 0; i < before; i++) {
        make_temporary(&m);
        if (test_below(r, 3) == 0)
            make_loop(&m);
    }
    int outs = 0;
    for (int i = 0; i < tree->n_variables; i++) {
        const uint8_t role = tree->variables[i].role;
        if (role == TEST_OUT || (role == TEST_INOUT && test_below(r, 8)))
            make_output(&m, i);
        outs += role == TEST_OUT || role == TEST_INOUT;
    }
    m.depth = 4;
    m.room = 20;
    if (!outs)
        new_statement(&m, (test_statement){.kind = TEST_VALUE,
                                           .part = -1,
                                           .name = -1,
                                           .low = -1,
                                           .node = (int16_t)make(&m, NUMBER)});
}
