/* tests/support/evaluate.c: the value of a tree: arguments, names, statements, reductions, rows of
 * tables (evaluate.h). What operators give: evaluate_rules.c. */
#include "tests/support/evaluate.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "isa/half.h"
#include "simd/ref.h"
#include "tests/support/support.h"

enum { MOST_STEPS = 20000, MOST_DEPTH = 64 };

typedef struct test_chunk {
    struct test_chunk *next;
    uint64_t memory[];
} test_chunk;

void *test_evaluation_memory(test_evaluation *e, size_t bytes)
{
    test_chunk *chunk = calloc(1, sizeof *chunk + bytes + 8);
    if (!chunk)
        test_die("out of memory");
    chunk->next = e->chunks;
    e->chunks = chunk;
    return chunk->memory;
}

void test_evaluation_free(test_evaluation *e)
{
    while (e->chunks) {
        test_chunk *next = e->chunks->next;
        free(e->chunks);
        e->chunks = next;
    }
}

void test_verdict_is(test_evaluation *e, test_verdict verdict, const char *format, ...)
{
    va_list list;
    if (verdict == TEST_RANGE) {
        e->leaves_table = true;
        return;
    }
    if (e->verdict)
        return;
    e->verdict = verdict;
    va_start(list, format);
    vsnprintf(e->why, sizeof e->why, format, list);
    va_end(list);
}

static test_value nothing(test_evaluation *e)
{
    test_value out = {.type = WEFT_F64};
    out.data = test_evaluation_memory(e, sizeof *out.data);
    return out;
}

static test_value bad(test_evaluation *e, test_verdict verdict, const char *why)
{
    test_verdict_is(e, verdict, "%s", why);
    return nothing(e);
}

static test_value scalar(test_evaluation *e, unsigned type, uint64_t bits)
{
    test_value out = {.type = type};
    out.data = test_evaluation_memory(e, sizeof *out.data);
    out.data[0] = bits;
    return out;
}

/* --- arguments -------------------------------------------------------------------------------- */

static double draw_double(test_random *r, bool smooth, bool tame)
{
    static const double special[] = {0.0,     -0.0,    1,        -1,    0.5,    2,
                                     1e-40,   -3e-310, 65504,    1e30,  -1e300, 0x1p-24,
                                     0x1p127, 1e-7,    16777217, 255.5, 2.5,    -1.5};
    const double unit = (double)(test_next(r) >> 11) * 0x1p-53;
    if (smooth)
        return 0.5 + 1.5 * unit;
    const uint32_t kind = test_below(r, tame ? 10 : 16);
    if (kind < 7)
        return 8 * unit - 4;
    if (kind < 10)
        return (double)test_below(r, 9) - 4;
    if (kind < 13)
        return special[test_below(r, COUNT(special))];
    if (kind == 13)
        return test_below(r, 2) ? NAN : test_below(r, 2) ? INFINITY : -INFINITY;
    return ldexp(2 * unit - 1, (int)test_below(r, 300) - 150);
}

static uint64_t draw(const test_evaluation *e, test_random *r, const test_variable *v, bool tame)
{
    if (v->type == WEFT_BOOL)
        return test_below(r, 2);
    if (test_is_float(v->type)) {
        const double x = draw_double(r, e->tree->smooth, tame);
        uint64_t bits = 0;
        memcpy(&bits, &x, sizeof bits);
        return test_convert_one(e, bits, WEFT_F64, v->type);
    }
    uint64_t x = test_next(r);
    if (v->small)
        x %= 6;
    else if (tame || test_below(r, 3))
        x = (uint64_t)((int64_t)test_below(r, 19) - 9);
    else if (test_below(r, 2))
        x = UINT64_C(1) << test_below(r, 64);
    return test_convert_one(e, x, WEFT_U64, v->type);
}

static void shape_of_variable(const test_tree *tree, const test_variable *v, test_value *value)
{
    if (v->role == TEST_TABLE || (v->role == TEST_UNIFORM && v->count)) {
        value->rank = v->role == TEST_TABLE ? v->rank : 1;
        for (int i = 0; i < value->rank; i++)
            value->shape[i] = v->role == TEST_TABLE ? v->extents[i] : v->count;
    } else if (!tree->program) {
        value->rank = v->rank;
        for (int i = 0; i < v->rank; i++) {
            const int back = v->rank - i;
            const bool one = v->ones >> i & 1;
            value->shape[i] = one ? 1 : tree->extents[tree->rank - back];
            value->axis[i] = (int8_t)(one ? 0 : -back);
        }
    } else if (v->role != TEST_UNIFORM) {
        for (int8_t axis = 0; axis < tree->rank; axis++)
            if (v->axes >> axis & 1) {
                value->shape[value->rank] = tree->extents[axis];
                value->axis[value->rank++] = axis;
            }
    }
}

static test_value draw_value(test_evaluation *e, const test_variable *v, test_random *r, bool tame)
{
    test_value value = {.type = v->type};
    shape_of_variable(e->tree, v, &value);
    const int64_t n = test_value_count(&value);
    value.data = test_evaluation_memory(e, (size_t)n * sizeof *value.data);
    for (int64_t i = 0; i < n; i++)
        value.data[i] = draw(e, r, v, tame);
    return value;
}

void test_evaluation_begin(test_evaluation *e, const test_tree *tree,
                           const weft_kernel_table *exact, const weft_kernel_table *level)
{
    memset(e, 0, sizeof *e);
    e->tree = tree;
    e->exact = exact;
    e->level = level;
    for (int i = 0; i < tree->n_variables; i++) {
        const test_variable *v = &tree->variables[i];
        test_random r = {tree->values + 1000 * (uint64_t)i};
        const bool tame = test_below(&r, 3) != 0;
        test_value *value = &e->inputs[i];
        if (v->segment) {
            value->parts = v->segment;
            value->part = test_evaluation_memory(e, v->segment * sizeof *value->part);
            for (int k = 0; k < v->segment; k++)
                value->part[k] = draw_value(e, v, &r, tame);
        } else {
            *value = draw_value(e, v, &r, tame);
        }
        e->bound[i] = v->role != TEST_OUT && v->role != TEST_TABLE && !v->count;
        e->names[i] = *value;
    }
}

/* --- reductions ------------------------------------------------------------------------------- */

/* Elements to be reduced to one. */
typedef struct list {
    uint64_t *data;
    int64_t n;
    unsigned type;
    bool blocked; /* in the order of docs/isa.md; else one after the other */
} list;

static uint64_t reduce_blocked(const list *x, unsigned op)
{
    static weft_ref_reduction r;
    uint64_t out;
    weft_ref_reduce_begin(&r, op, (weft_dtype)x->type);
    for (int64_t i = 0; i < x->n; i++)
        weft_ref_reduce_add(&r, &x->data[i], NULL, 1);
    weft_ref_reduce_end(&r, &out);
    return out;
}

static uint64_t number(const test_evaluation *e, int64_t x, unsigned type)
{
    return test_convert_one(e, (uint64_t)x, WEFT_I64, type);
}

/* sum or prod of i64, u64, f32 or f64. */
static uint64_t add_up(const test_evaluation *e, const list *x, unsigned op)
{
    if (x->blocked || x->n == 0 || !test_is_float(x->type))
        return reduce_blocked(x, op);
    uint64_t total = number(e, op == WEFT_OP_PROD, x->type);
    for (int64_t i = 0; i < x->n; i++)
        total = test_one(e->exact, op == WEFT_OP_SUM ? WEFT_OP_ADD : WEFT_OP_MUL, x->type, total,
                         x->data[i], 0);
    return total;
}

static list converted(test_evaluation *e, const list *x, unsigned type)
{
    list out = *x;
    out.type = type;
    out.data = test_evaluation_memory(e, (size_t)x->n * sizeof *out.data);
    for (int64_t i = 0; i < x->n; i++)
        out.data[i] = test_convert_one(e, x->data[i], x->type, type);
    return out;
}

static uint64_t operate(const test_evaluation *e, unsigned op, unsigned type, uint64_t a,
                        uint64_t b)
{
    return test_one(e->exact, op, type, a, b, 0);
}

static uint64_t squares(test_evaluation *e, const list *x)
{
    list y = *x;
    y.data = test_evaluation_memory(e, (size_t)x->n * sizeof *y.data);
    for (int64_t i = 0; i < x->n; i++)
        y.data[i] = operate(e, WEFT_OP_MUL, x->type, x->data[i], x->data[i]);
    return add_up(e, &y, WEFT_OP_SUM);
}

/* mean, var, std, norm of floats. */
static uint64_t moment(test_evaluation *e, const list *x, const char *word, int ddof)
{
    const unsigned t = x->type;
    if (strcmp(word, "norm") == 0)
        return operate(e, WEFT_OP_SQRT, t, squares(e, x), 0);
    const uint64_t n = number(e, x->n, t);
    const uint64_t mean = operate(e, WEFT_OP_DIV, t, add_up(e, x, WEFT_OP_SUM), n);
    if (strcmp(word, "mean") == 0)
        return mean;
    if (x->n < ddof)
        test_verdict_is(e, TEST_OPEN, "less elements than ddof");
    list away = *x;
    away.data = test_evaluation_memory(e, (size_t)x->n * sizeof *away.data);
    for (int64_t i = 0; i < x->n; i++)
        away.data[i] = operate(e, WEFT_OP_SUB, t, x->data[i], mean);
    const uint64_t var = operate(e, WEFT_OP_DIV, t, squares(e, &away), number(e, x->n - ddof, t));
    return strcmp(word, "std") == 0 ? operate(e, WEFT_OP_SQRT, t, var, 0) : var;
}

/* Whether additions of these integers in f64 are exact, and so cannot depend on how they are made.
 */
static bool exact_in_double(const list *x)
{
    double total = 0;
    for (int64_t i = 0; i < x->n; i++)
        total += fabs(test_double(x->type, x->data[i]));
    return total < 0x1p53;
}

static uint64_t truths(const list *x, const char *word)
{
    int64_t holds = 0;
    for (int64_t i = 0; i < x->n; i++)
        holds += test_is_float(x->type) ? test_double(x->type, x->data[i]) != 0 : x->data[i] != 0;
    if (strcmp(word, "any") == 0)
        return holds > 0;
    return strcmp(word, "all") == 0 ? holds == x->n : (uint64_t)holds;
}

static bool is_word(const char *word, const char *one, const char *other)
{
    return strcmp(word, one) == 0 || strcmp(word, other) == 0;
}

static bool is_half(unsigned type)
{
    return type == WEFT_F16 || type == WEFT_BF16;
}

/* The type of a reduction's result; 0: none. */
static unsigned reduced_type(const char *word, unsigned type)
{
    if (is_word(word, "any", "all"))
        return WEFT_BOOL;
    if (is_word(word, "argmin", "argmax") || strcmp(word, "count_nonzero") == 0)
        return WEFT_I64;
    if (is_word(word, "sum", "prod") && !test_is_float(type))
        return weft_type_in(WEFT_MASK_INT & ~WEFT_MASK_SIGNED, type) ? WEFT_U64 : WEFT_I64;
    if (is_word(word, "mean", "var") || is_word(word, "std", "norm"))
        return test_is_float(type) ? type : WEFT_F64;
    return strcmp(word, "ptp") == 0 && type == WEFT_BOOL ? 0 : type;
}

static uint64_t extreme(test_evaluation *e, const list *x, const char *word)
{
    if (x->n == 0)
        test_verdict_is(e, TEST_OPEN, "an extreme of nothing");
    if (strcmp(word, "ptp") == 0)
        return operate(e, WEFT_OP_SUB, x->type, reduce_blocked(x, WEFT_OP_MAXVAL),
                       reduce_blocked(x, WEFT_OP_MINVAL));
    return reduce_blocked(x, strcmp(word, "min") == 0      ? WEFT_OP_MINVAL
                             : strcmp(word, "max") == 0    ? WEFT_OP_MAXVAL
                             : strcmp(word, "argmin") == 0 ? WEFT_OP_ARGMIN
                                                           : WEFT_OP_ARGMAX);
}

static uint64_t reduce_list(test_evaluation *e, const list *given, const char *word, int ddof,
                            unsigned result)
{
    if (result == WEFT_BOOL && is_word(word, "min", "max"))
        return truths(given, word[1] == 'i' ? "all" : "any");
    if (is_word(word, "any", "all") || strcmp(word, "count_nonzero") == 0)
        return truths(given, word);
    const bool moments = is_word(word, "mean", "var") || is_word(word, "std", "norm");
    const bool adds = is_word(word, "sum", "prod");
    if (moments && !test_is_float(given->type) && !exact_in_double(given))
        test_verdict_is(e, TEST_OPEN, "a mean of large integers");
    unsigned compute = given->type;
    if (is_half(compute))
        compute = WEFT_F32;
    else if (compute == WEFT_BOOL)
        compute = WEFT_U8;
    if ((moments || adds) && !test_is_float(given->type))
        compute = result;
    const list x = converted(e, given, compute);
    const uint64_t y = adds      ? add_up(e, &x, word[0] == 's' ? WEFT_OP_SUM : WEFT_OP_PROD)
                       : moments ? moment(e, &x, word, ddof)
                                 : extreme(e, &x, word);
    return is_half(result) ? test_convert_one(e, y, WEFT_F32, result) : y;
}

/* Which axes of a value a reduction runs over. */
static bool find_reduced(test_evaluation *e, const test_node *node, const test_value *x,
                         bool *reduced)
{
    for (int i = 0; i < x->rank; i++)
        reduced[i] = node->n_axes == 0;
    for (int i = 0; i < node->n_axes; i++) {
        int place = -1;
        if (e->tree->program && !e->tree->unnamed) {
            for (int d = 0; d < x->rank; d++)
                place = x->axis[d] == node->axes[i] ? d : place;
        } else {
            place = node->axes[i] < 0 ? node->axes[i] + x->rank : node->axes[i];
        }
        if (place < 0 || place >= x->rank || reduced[place]) {
            test_verdict_is(e, e->tree->program ? TEST_OPEN : TEST_BAD, "no such axis");
            return false;
        }
        reduced[place] = true;
    }
    return true;
}

/* Puts the elements over the reduced axes into x, for the element `at` of the rest. */
static void collect(const test_value *value, const bool *reduced, const int64_t *at, list *x)
{
    int64_t index[4] = {0};
    x->n = 0;
    int64_t total = 1;
    for (int d = 0; d < value->rank; d++) {
        index[d] = reduced[d] ? 0 : at[d];
        total *= reduced[d] ? value->shape[d] : 1;
    }
    for (int64_t i = 0; i < total; i++) {
        int64_t place = 0;
        for (int d = 0; d < value->rank; d++)
            place = place * value->shape[d] + index[d];
        x->data[x->n++] = value->data[place];
        for (int d = value->rank - 1; d >= 0; d--)
            if (reduced[d]) {
                if (++index[d] < value->shape[d])
                    break;
                index[d] = 0;
            }
    }
}

/* Whether the last axis is among those that are reduced; axes of extent 1 do not count. */
static bool is_blocked(test_evaluation *e, const test_value *value, const bool *reduced)
{
    int last = value->rank - 1;
    while (last >= 0 && value->shape[last] == 1 && !value->axis[last] && !e->tree->program)
        last--;
    if (last > 0 && value->shape[last] == 1 && !reduced[last])
        test_verdict_is(e, TEST_OPEN, "an axis that happens to have extent 1");
    bool some = false; /* of several elements */
    for (int d = 0; d <= last; d++)
        some |= reduced[d] && (value->axis[d] || e->tree->program);
    return !some || reduced[last];
}

static test_value reduce(test_evaluation *e, const test_node *node, const char *word,
                         const test_value *value)
{
    bool reduced[4];
    test_value out = {.type = reduced_type(word, value->type)};
    if (value->parts || value->type == TEST_WEAK_INT || value->type == TEST_WEAK_FLOAT)
        return bad(e, TEST_OPEN, "a reduction of a literal or a vector");
    if (value->vague)
        return bad(e, TEST_OPEN, "a reduction of an output that gives all of an axis one value");
    if (e->loops)
        return bad(e, TEST_BAD, "a reduction in a loop");
    if (!out.type)
        return bad(e, TEST_BAD, "a reduction that bool does not have");
    if (!find_reduced(e, node, value, reduced))
        return nothing(e);
    int64_t at[4] = {0};
    for (int d = 0; d < value->rank; d++)
        if (reduced[d] && value->axis[d] < 0)
            e->over[node - e->tree->nodes] |= (uint8_t)(1 << -value->axis[d]);
    for (int d = 0; d < value->rank; d++)
        if (!reduced[d] || node->keep) {
            out.axis[out.rank] = reduced[d] ? 0 : value->axis[d];
            out.shape[out.rank++] = reduced[d] ? 1 : value->shape[d];
        }
    const int64_t n = test_value_count(&out);
    list x = {.type = value->type, .blocked = is_blocked(e, value, reduced)};
    x.data = test_evaluation_memory(e, (size_t)test_value_count(value) * sizeof *x.data);
    out.data = test_evaluation_memory(e, (size_t)n * sizeof *out.data);
    for (int64_t i = 0; i < n; i++) {
        collect(value, reduced, at, &x);
        out.data[i] = reduce_list(e, &x, word, node->ddof, out.type);
        for (int d = value->rank - 1; d >= 0; d--)
            if (!reduced[d]) {
                if (++at[d] < value->shape[d])
                    break;
                at[d] = 0;
            }
    }
    return out;
}

/* --- nodes ------------------------------------------------------------------------------------ */

static test_value eval(test_evaluation *e, int at);

static test_value literal(test_evaluation *e, const test_node *node)
{
    test_value out = scalar(e, TEST_WEAK_INT, (uint64_t)node->integer);
    out.constant = true;
    if (node->kind == TEST_TRUTH)
        out.type = WEFT_BOOL;
    if (node->kind == TEST_FLOAT) {
        out.type = TEST_WEAK_FLOAT;
        memcpy(out.data, &node->real, sizeof node->real);
    }
    return out;
}

static test_value compare_chain(test_evaluation *e, const test_node *node, const test_value *x)
{
    test_value all = {0};
    for (int i = 0; i + 1 < node->n; i++) {
        const test_value one = test_apply(e, test_comparisons[node->ops[i]], x + i, 2);
        all = i ? test_apply(e, "and", (test_value[]){all, one}, 2) : one;
    }
    return all;
}

static test_value part(test_evaluation *e, const test_value *x, int64_t k)
{
    if (!x->parts || k < 0 || k >= x->parts)
        return bad(e, TEST_BAD, "no such component");
    return x->part[k];
}

/* Row-major numbers of rows, from one index for each dimension. */
static test_value row_numbers(test_evaluation *e, const test_value *x, int n,
                              const test_value *table)
{
    test_value row = {0};
    for (int i = 0; i < n; i++) {
        if (x[i].parts || !test_is_integer(x[i].type) || x[i].type == WEFT_U64)
            return bad(e, x[i].type == WEFT_U64 || x[i].type == WEFT_BOOL ? TEST_OPEN : TEST_BAD,
                       "an index of that type");
        const test_value index = test_convert(e, &x[i], WEFT_I64);
        const test_value extent = scalar(e, WEFT_I64, (uint64_t)table->shape[i]);
        const int64_t first = (int64_t)index.data[0];
        if (index.constant && (first < 0 || first >= table->shape[i]))
            test_verdict_is(e, TEST_OPEN, "a constant index out of range");
        row = i ? test_apply(
                      e, "+",
                      (test_value[]){test_apply(e, "*", (test_value[]){row, extent}, 2), index}, 2)
                : index;
    }
    return row;
}

static test_value rows(test_evaluation *e, const test_value *row, const test_value *table)
{
    test_value out = *row;
    const int64_t n = test_value_count(row), most = test_value_count(table);
    out.type = table->type;
    out.constant = false;
    out.data = test_evaluation_memory(e, (size_t)n * sizeof *out.data);
    for (int64_t i = 0; i < n; i++) {
        const int64_t at = (int64_t)row->data[i];
        if (at < 0 || at >= most)
            test_verdict_is(e, TEST_RANGE, "an index out of range");
        else
            out.data[i] = table->data[at];
    }
    return out;
}

static test_value index_rows(test_evaluation *e, const test_node *node, const test_value *x)
{
    const test_variable *v = &e->tree->variables[node->name];
    const test_value *table = &e->inputs[node->name];
    const int rank = v->role == TEST_TABLE ? v->rank : v->count ? 1 : 0;
    if (node->name >= e->tree->n_variables || rank != node->n)
        return bad(e, TEST_BAD, "no rows, or another number of indices");
    const test_value row = row_numbers(e, x, node->n, table->parts ? table->part : table);
    if (e->verdict)
        return nothing(e);
    if (!table->parts)
        return rows(e, &row, table);
    test_value out = {.parts = table->parts};
    out.part = test_evaluation_memory(e, (size_t)out.parts * sizeof *out.part);
    for (int k = 0; k < out.parts; k++)
        out.part[k] = rows(e, &row, &table->part[k]);
    return out;
}

static test_value index_of(test_evaluation *e, const test_node *node)
{
    test_value out = {.type = WEFT_I64, .rank = 1};
    const int64_t n = e->tree->extents[node->integer];
    if (node->kind == TEST_EXTENT)
        return scalar(e, WEFT_I64, (uint64_t)n);
    out.shape[0] = n;
    out.axis[0] = (int8_t)node->integer;
    out.data = test_evaluation_memory(e, (size_t)n * sizeof *out.data);
    for (int64_t i = 0; i < n; i++)
        out.data[i] = (uint64_t)i;
    return out;
}

static void run_statements(test_evaluation *e, const test_statement *first, int n);

static test_value call_user(test_evaluation *e, const test_node *node, const test_value *x)
{
    const test_function *f = &e->tree->functions[node->integer];
    if (f->removed || f->n != node->n)
        return bad(e, TEST_BAD, "no such function");
    for (int i = 0; i < f->n; i++) {
        e->names[f->first + i] = x[i];
        e->bound[f->first + i] = true;
    }
    run_statements(e, e->tree->bodies + f->statements, f->n_statements);
    const test_value out = eval(e, f->value);
    for (int i = 0; i < f->n + f->locals; i++)
        e->bound[f->first + i] = false;
    return out;
}

/* vec, inner, and the fused operations by their names. */
static test_value sum_of_products(test_evaluation *e, const test_value *a, const test_value *b)
{
    test_value total = {0};
    if (!a->parts || a->parts != b->parts)
        return bad(e, TEST_BAD, "no vectors of one length");
    for (int k = 0; k < a->parts; k++) {
        const test_value one = test_apply(e, "*", (test_value[]){a->part[k], b->part[k]}, 2);
        total = k ? test_apply(e, "+", (test_value[]){total, one}, 2) : one;
    }
    if (!test_is_float(total.type))
        test_verdict_is(e, TEST_OPEN, "whether an inner product of integers widens them");
    return total;
}

static test_value vector_of(test_evaluation *e, const test_value *x, int n)
{
    test_value out = {.parts = n};
    out.part = test_evaluation_memory(e, (size_t)n * sizeof *out.part);
    for (int i = 0; i < n; i++) {
        if (x[i].parts)
            return bad(e, TEST_OPEN, "a vector of vectors");
        out.part[i] = x[i];
    }
    test_unify(e, out.part, n); /* components are of one type */
    if (out.part[0].type >= TEST_WEAK_INT)
        test_verdict_is(e, TEST_OPEN, "a vector of literals");
    return out;
}

static test_value cross(test_evaluation *e, const test_value *a, const test_value *b)
{
    test_value out = {.parts = 3};
    if (a->parts != 3 || b->parts != 3)
        return bad(e, TEST_BAD, "no vectors of three");
    out.part = test_evaluation_memory(e, 3 * sizeof *out.part);
    for (int k = 0; k < 3; k++) {
        const int i = (k + 1) % 3, j = (k + 2) % 3;
        out.part[k] = test_apply(
            e, "-",
            (test_value[]){test_apply(e, "*", (test_value[]){a->part[i], b->part[j]}, 2),
                           test_apply(e, "*", (test_value[]){a->part[j], b->part[i]}, 2)},
            2);
    }
    return out;
}

/* t = first, then t = fma(t, x, next), highest coefficient first: one operation, with one type. */
static test_value horner(test_evaluation *e, test_value *x, int n)
{
    for (int i = 0; i < n; i++)
        if (x[i].parts)
            return bad(e, TEST_OPEN, "horner of vectors");
    bool floats = false;
    for (int i = 0; i < n; i++)
        floats |= test_is_float(x[i].type);
    if (!floats)
        return bad(e, TEST_OPEN, "horner of what are no floats");
    test_unify(e, x, n);
    const unsigned type = x[0].type;
    if (e->verdict || !test_is_float(type) || type == TEST_WEAK_FLOAT)
        return bad(e, TEST_OPEN, "horner of what are no floats");
    for (int i = 0; i < n && is_half(type); i++)
        x[i] = test_convert(e, &x[i], WEFT_F32);
    test_value t = x[1];
    for (int i = 2; i < n; i++)
        t = test_apply(e, "fma", (test_value[]){t, x[0], x[i]}, 3);
    return is_half(type) ? test_convert(e, &t, type) : t;
}

static test_value call(test_evaluation *e, const test_node *node, test_value *x)
{
    const char *word = node->word;
    if (strcmp(word, "vec") == 0)
        return vector_of(e, x, node->n);
    if (strcmp(word, "inner") == 0)
        return sum_of_products(e, &x[0], &x[1]);
    if (strcmp(word, "cross") == 0)
        return cross(e, &x[0], &x[1]);
    if (strcmp(word, "horner") == 0)
        return horner(e, x, node->n);
    return test_apply(e, word, x, node->n);
}

static test_value cast(test_evaluation *e, const test_node *node, const test_value *x)
{
    if (!x->parts)
        return test_convert(e, x, node->type);
    test_value out = *x;
    out.part = test_evaluation_memory(e, (size_t)out.parts * sizeof *out.part);
    for (int k = 0; k < out.parts; k++)
        out.part[k] = test_convert(e, &x->part[k], node->type);
    return out;
}

static test_value name_value(test_evaluation *e, const test_node *node)
{
    if (!e->bound[node->name])
        return bad(e, TEST_BAD, "a name without a value");
    return e->names[node->name];
}

static test_value dot(test_evaluation *e, const test_node *node, const test_value *x)
{
    const test_value product = test_apply(e, "*", x, 2);
    if (is_half(product.type))
        test_verdict_is(e, TEST_OPEN, "a dot of halves");
    return e->verdict ? nothing(e) : reduce(e, node, "sum", &product);
}

static test_value eval_with(test_evaluation *e, const test_node *node, test_value *x)
{
    switch (node->kind) {
    case TEST_OPERATOR:
        return test_apply(e, node->word, x, node->n);
    case TEST_COMPARE:
        return compare_chain(e, node, x);
    case TEST_IF:
        return test_apply(e, "where", (test_value[]){x[1], x[0], x[2]}, 3);
    case TEST_CALL:
        return call(e, node, x);
    case TEST_CAST:
        return cast(e, node, x);
    case TEST_REDUCE:
        return strcmp(node->word, "dot") == 0 ? dot(e, node, x) : reduce(e, node, node->word, x);
    case TEST_PART:
        return part(e, x, node->integer);
    case TEST_ROW:
        return index_rows(e, node, x);
    default:
        return call_user(e, node, x);
    }
}

static test_value eval(test_evaluation *e, int at)
{
    const test_node *node = &e->tree->nodes[at];
    test_value x[TEST_CHILDREN];
    if (e->verdict || ++e->steps > MOST_STEPS || e->depth >= MOST_DEPTH)
        return bad(e, TEST_OPEN, "too much of it");
    switch (node->kind) {
    case TEST_INT:
    case TEST_FLOAT:
    case TEST_TRUTH:
        e->floats |= node->kind == TEST_FLOAT;
        return literal(e, node);
    case TEST_NAME:
        e->floats |= test_is_float(e->names[node->name].type);
        return name_value(e, node);
    case TEST_INDEX:
    case TEST_EXTENT:
        return index_of(e, node);
    case TEST_LENGTH:
        return scalar(e, WEFT_I64,
                      (uint64_t)e->tree->variables[node->name]
                          .extents[node->integer < 0 ? 0 : node->integer]);
    default:
        break;
    }
    e->depth++;
    for (int i = 0; i < node->n; i++)
        x[i] = eval(e, node->child[i]);
    const test_value out = e->verdict ? nothing(e) : eval_with(e, node, x);
    e->floats |= out.parts || test_is_float(out.type);
    e->depth--;
    return out;
}

/* --- statements ------------------------------------------------------------------------------- */

/* NumPy's same_kind: whether a value of one type may be assigned to an output of another. */
static bool is_assignable(unsigned from, unsigned to)
{
    if (from == to)
        return true;
    if (to == WEFT_BOOL)
        return false;
    if (test_is_float(to))
        return true;
    if (test_is_float(from))
        return false;
    return from == WEFT_BOOL || from == TEST_WEAK_INT ||
           !(weft_type_in(WEFT_MASK_SIGNED, from) &&
             weft_type_in(WEFT_MASK_INT & ~WEFT_MASK_SIGNED, to));
}

static uint64_t first_rule(const test_evaluation *e, unsigned op, unsigned type, const uint64_t *x)
{
    (void)e, (void)op, (void)type;
    return x[0];
}

/* The value as an output's: of its type, over its axes. */
static test_value as_output(test_evaluation *e, const test_variable *v, const test_value *value)
{
    test_value whole = {.type = v->type};
    shape_of_variable(e->tree, v, &whole);
    whole.data = test_evaluation_memory(e, (size_t)test_value_count(&whole) * sizeof *whole.data);
    if (!is_assignable(value->type, v->type))
        return bad(e, TEST_BAD, "a value of a type that the output does not take");
    const test_value same = test_convert(e, value, v->type);
    for (int i = 0; i < same.rank; i++)
        if (!(v->axes >> same.axis[i] & 1))
            return bad(e, value->vague ? TEST_OPEN : TEST_BAD,
                       "a value over an axis that the output lacks");
    test_value out = test_map(e, v->type, (test_value[]){same, whole}, 2, first_rule, 0, WEFT_U64);
    out.vague |= same.rank < whole.rank;
    return out;
}

static void assign_output(test_evaluation *e, const test_statement *s, const test_value *value)
{
    const test_variable *v = &e->tree->variables[s->name];
    test_value *to = &e->names[s->name];
    const int n = v->segment ? v->segment : 1, first = s->part < 0 ? 0 : s->part,
              last = s->part < 0 ? n - 1 : s->part;
    if (e->loops || last >= n || (s->part >= 0 && (!v->segment || value->parts)) ||
        (value->parts && value->parts != n) || (value->parts && !v->segment)) {
        test_verdict_is(e, TEST_BAD, "an assignment that an output does not take");
        return;
    }
    if (v->segment) { /* other names may have what it held before */
        test_value *part = test_evaluation_memory(e, (size_t)n * sizeof *part);
        if (to->part)
            memcpy(part, to->part, (size_t)n * sizeof *part);
        to->part = part;
        to->parts = n;
    }
    for (int k = first; k <= last; k++) {
        if (e->assigned[s->name][k]) {
            test_verdict_is(e, TEST_BAD, "an output gets a second value");
            return;
        }
        const test_value one = as_output(e, v, value->parts ? &value->part[k] : value);
        e->assigned[s->name][k] = true;
        if (v->segment)
            to->part[k] = one;
        else
            *to = one;
    }
    bool all = true;
    for (int k = 0; k < n; k++)
        all &= e->assigned[s->name][k];
    e->bound[s->name] |= all;
}

static void assign(test_evaluation *e, const test_statement *s)
{
    test_value value = eval(e, s->node);
    if (s->op) {
        if (!e->bound[s->name])
            test_verdict_is(e, TEST_BAD, "a name without a value");
        if (!e->verdict)
            value = test_apply(e, (const char[]){s->op, 0},
                               (test_value[]){e->names[s->name], value}, 2);
    }
    if (e->verdict)
        return;
    if (s->name < e->tree->n_variables) {
        assign_output(e, s, &value);
        return;
    }
    if (s->part >= 0) {
        test_verdict_is(e, TEST_OPEN, "a component of a temporary");
        return;
    }
    const test_value *old = &e->names[s->name];
    if (e->loops && e->bound[s->name] && e->outside[s->name] &&
        (old->parts != value.parts || (!value.parts && old->type != value.type) ||
         (!value.parts && (value.type == TEST_WEAK_INT || value.type == TEST_WEAK_FLOAT))))
        test_verdict_is(e, TEST_OPEN, "what a loop carries changes its type");
    value.constant &= value.type >= TEST_WEAK_INT;
    e->names[s->name] = value;
    e->bound[s->name] = true;
}

/* The statement behind the END of the FOR at i. */
static int end_of(const test_statement *first, int n, int i)
{
    int depth = 0;
    for (int k = i; k < n; k++) {
        depth += !first[k].removed && first[k].kind == TEST_FOR;
        depth -= !first[k].removed && first[k].kind == TEST_END;
        if (depth == 0)
            return k;
    }
    return n;
}

/* What a loop carries varies along the axes of what it was before, too. */
static test_value joined(test_evaluation *e, const test_value *now, const test_value *before)
{
    if (!now->parts)
        return test_map(e, now->type, (test_value[]){*now, *before}, 2, first_rule, 0, WEFT_U64);
    test_value out = *now;
    out.part = test_evaluation_memory(e, (size_t)out.parts * sizeof *out.part);
    for (int k = 0; k < out.parts; k++)
        out.part[k] = joined(e, &now->part[k], &before->part[k]);
    return out;
}

static void join_all(test_evaluation *e, const bool *bound, const test_value *before, bool ran)
{
    for (int i = e->tree->n_variables; i < TEST_NAMES && !e->verdict; i++)
        if (bound[i] && (e->names[i].data != before[i].data || e->names[i].part != before[i].part))
            e->names[i] =
                ran ? joined(e, &e->names[i], &before[i]) : joined(e, &before[i], &e->names[i]);
}

static int64_t bound_of_loop(test_evaluation *e, int node)
{
    const test_value x = eval(e, node);
    if (e->verdict)
        return 0;
    if (x.parts || x.rank || !test_is_integer(x.type) || x.type == WEFT_U64) {
        test_verdict_is(e, TEST_OPEN, "a bound of a loop that is no integer");
        return 0;
    }
    return (int64_t)test_convert_one(e, x.data[0], x.type, WEFT_I64);
}

static void run_loop(test_evaluation *e, const test_statement *first, int n)
{
    const int64_t low = first->low < 0 ? 0 : bound_of_loop(e, first->low),
                  high = bound_of_loop(e, first->node);
    bool before[TEST_NAMES], outside[TEST_NAMES];
    const bool kept_range = e->leaves_table;
    bool carries = false;
    for (int i = 1; i < n; i++)
        carries |= !first[i].removed && first[i].kind == TEST_ASSIGN && e->bound[first[i].name];
    if (!carries)
        test_verdict_is(e, TEST_OPEN, "a loop that changes nothing");
    if (e->loops >= 4 || high - low > 64 || e->bound[first->name]) {
        test_verdict_is(e, TEST_OPEN, "loops that are too deep or too long");
        return;
    }
    memcpy(before, e->bound, sizeof before);
    memcpy(outside, e->outside, sizeof outside);
    memcpy(e->outside, before, sizeof before);
    test_value *kept = test_evaluation_memory(e, sizeof e->names);
    e->loops++;
    for (int64_t i = low; (i < high || i == low) && !e->verdict; i++) { /* once for its errors */
        memcpy(kept, e->names, sizeof e->names);
        e->names[first->name] = scalar(e, WEFT_I64, (uint64_t)i);
        e->bound[first->name] = true;
        run_statements(e, first + 1, n - 1);
        memcpy(e->bound, before, sizeof before);
        join_all(e, before, kept, low < high);
    }
    e->loops--;
    if (low >= high)
        e->leaves_table = kept_range;
    memcpy(e->outside, outside, sizeof outside);
}

static void run_statements(test_evaluation *e, const test_statement *first, int n)
{
    for (int i = 0; i < n && !e->verdict; i++) {
        if (first[i].removed)
            continue;
        switch (first[i].kind) {
        case TEST_ASSIGN:
            assign(e, &first[i]);
            break;
        case TEST_FOR: {
            const int end = end_of(first, n, i);
            run_loop(e, first + i, end - i);
            i = end;
            break;
        }
        case TEST_VALUE:
            e->result = eval(e, first[i].node);
            e->has_result = true;
            break;
        default:
            break;
        }
    }
}

static void run_program(test_evaluation *e)
{
    const test_tree *tree = e->tree;
    run_statements(e, tree->statements, tree->n_statements);
    bool some = e->has_result;
    for (int i = 0; i < tree->n_variables; i++) {
        const test_variable *v = &tree->variables[i];
        if (v->role != TEST_OUT && v->role != TEST_INOUT)
            continue;
        some = true;
        for (int k = 0; k < (v->segment ? v->segment : 1); k++)
            if (!e->assigned[i][k])
                test_verdict_is(e, TEST_OPEN, "an output without a value");
    }
    if (!some)
        test_verdict_is(e, TEST_OPEN, "a program that gives nothing");
}

static void settle_result(test_evaluation *e)
{
    if (e->result.parts) {
        for (int k = 0; k < e->result.parts; k++)
            e->result.part[k] = test_settle(e, &e->result.part[k]);
    } else {
        e->result = test_settle(e, &e->result);
    }
}

void test_evaluate(test_evaluation *e)
{
    if (e->tree->program) {
        run_program(e);
    } else {
        e->result = eval(e, e->tree->root);
        e->has_result = true;
    }
    if (!e->verdict && e->has_result)
        settle_result(e);
    if (!e->verdict && e->leaves_table)
        e->verdict = TEST_RANGE;
}
