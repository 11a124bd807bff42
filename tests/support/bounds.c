/* tests/support/bounds.c: running error bounds (bounds.h). */
#include "tests/support/bounds.h"

#include <math.h>
#include <string.h>

typedef struct bounded {
    double v, m, e; /* e infinite: no bound */
} bounded;

typedef struct bounding {
    const test_evaluation *e;
    double unit; /* c u */
    int steps;
    int64_t at[4]; /* along the axis that is the -k-th from the end, at[k] */
} bounding;

enum { MOST_STEPS = 20000 };
static const bounded wild = {0, 0, (double)INFINITY};

/* Adds an operation's own error; nothing near the ends of the range of f32 has a bound. */
static bounded rounded(const bounding *b, bounded x)
{
    x.m = fmax(x.m, fabs(x.v));
    x.e += b->unit * x.m;
    if (!(x.m < 1e30) || !(x.e < 1e30) || (x.m != 0 && x.m < 1e-30) ||
        (x.v != 0 && fabs(x.v) < 1e-30))
        return wild;
    return x;
}

static bounded sum(const bounding *b, bounded x, bounded y, double sign)
{
    return rounded(b, (bounded){x.v + sign * y.v, x.m + y.m, x.e + y.e});
}

static bounded product(const bounding *b, bounded x, bounded y)
{
    return rounded(b, (bounded){x.v * y.v, x.m * y.m, x.m * y.e + y.m * x.e + x.e * y.e});
}

static bounded quotient(const bounding *b, bounded x, bounded y)
{
    const double least = fabs(y.v) - y.e;
    if (!(least > 0.5 * fabs(y.v)))
        return wild;
    const double q = fabs(x.v / y.v);
    return rounded(b,
                   (bounded){x.v / y.v, x.m / least * (y.m / fabs(y.v)), (x.e + q * y.e) / least});
}

static bounded curve(const bounding *b, bounded x, double (*f)(double))
{
    const double v = f(x.v), up = fabs(f(x.v + x.e) - v), down = fabs(f(x.v - x.e) - v);
    const bool wave = f == sin || f == cos;
    if (isnan(v) || isnan(up) || isnan(down))
        return wild;
    return rounded(b, (bounded){v, fabs(v), wave ? x.e : 1.01 * fmax(up, down)});
}

static bounded power(const bounding *b, bounded x, int64_t k)
{
    bounded y = {1, 1, 0};
    for (int64_t i = 0; i < k; i++)
        y = product(b, y, x);
    return y;
}

static bounded extreme(bounded x, bounded y, bool low)
{
    const bool first = low ? x.v < y.v : x.v > y.v;
    return (bounded){first ? x.v : y.v, fmax(x.m, y.m), fmax(x.e, y.e)};
}

static bounded bound(bounding *b, int at);

static bounded literal(const bounding *b, const test_node *node)
{
    const double x = node->kind == TEST_FLOAT ? node->real : (double)node->integer;
    return x == 0 ? (bounded){0, 0, 0} : rounded(b, (bounded){x, fabs(x), 0});
}

static bounded argument(const bounding *b, const test_node *node)
{
    const test_value *value = &b->e->inputs[node->name];
    int64_t place = 0;
    for (int d = 0; d < value->rank; d++)
        place = place * value->shape[d] + (value->axis[d] ? b->at[-value->axis[d]] : 0);
    const double x = test_double(value->type, value->data[place]);
    return (bounded){x, fabs(x), 0};
}

static bounded reduction(bounding *b, const test_node *node, int at)
{
    const test_tree *tree = b->e->tree;
    const unsigned over = b->e->over[at];
    int64_t n = 1, index[4];
    bounded total = {0, 0, 0};
    if (strcmp(node->word, "sum") != 0 && strcmp(node->word, "mean") != 0)
        return wild;
    memcpy(index, b->at, sizeof index);
    for (int k = 1; k <= tree->rank; k++)
        n *= over >> k & 1 ? tree->extents[tree->rank - k] : 1;
    for (int64_t i = 0; i < n && b->steps < MOST_STEPS; i++) {
        int64_t rest = i;
        for (int k = 1; k <= tree->rank; k++)
            if (over >> k & 1) {
                b->at[k] = rest % tree->extents[tree->rank - k];
                rest /= tree->extents[tree->rank - k];
            }
        const bounded x = bound(b, node->child[0]);
        total = (bounded){total.v + x.v, total.m + x.m, total.e + x.e};
    }
    memcpy(b->at, index, sizeof index);
    if (b->steps >= MOST_STEPS)
        return wild;
    total.e += (double)n * b->unit * total.m;
    if (strcmp(node->word, "mean") == 0)
        total = (bounded){total.v / (double)n, total.m / (double)n, total.e / (double)n};
    return rounded(b, total);
}

static bool truth(bounding *b, int at)
{
    const test_node *node = &b->e->tree->nodes[at];
    double x[TEST_CHILDREN];
    for (int i = 0; i < node->n; i++)
        x[i] = bound(b, node->child[i]).v;
    bool all = true;
    for (int i = 0; i + 1 < node->n; i++) {
        const bool holds[6] = {x[i]<x[i + 1], x[i] <= x[i + 1], x[i]> x[i + 1], x[i] >= x[i + 1],
                               x[i] == x[i + 1], x[i] != x[i + 1]};
        all &= holds[node->ops[i]];
    }
    return all;
}

static bool is(const char *word, const char *one, const char *other)
{
    return strcmp(word, one) == 0 || strcmp(word, other) == 0;
}

static bounded apply(bounding *b, const test_node *node, const bounded *x)
{
    static const struct {
        const char *word;
        double (*f)(double);
    } curves[] = {{"sqrt", sqrt}, {"exp", exp}, {"exp2", exp2}, {"log", log},
                  {"sin", sin},   {"cos", cos}, {"atan", atan}, {"tanh", tanh}};
    const char *word = node->word;
    if (node->n == 1 && (is(word, "-", "negative")))
        return (bounded){-x[0].v, x[0].m, x[0].e};
    if (node->n == 1 && (is(word, "+", "positive")))
        return x[0];
    if (is(word, "+", "add"))
        return sum(b, x[0], x[1], 1);
    if (is(word, "-", "subtract"))
        return sum(b, x[0], x[1], -1);
    if (is(word, "*", "multiply"))
        return product(b, x[0], x[1]);
    if (is(word, "/", "divide"))
        return quotient(b, x[0], x[1]);
    if (is(word, "fma", "mad"))
        return sum(b, product(b, x[0], x[1]), x[2], 1);
    if (strcmp(word, "lerp") == 0)
        return sum(b, x[0], product(b, x[2], sum(b, x[1], x[0], -1)), 1);
    if (strcmp(word, "square") == 0)
        return product(b, x[0], x[0]);
    if (strcmp(word, "abs") == 0)
        return (bounded){fabs(x[0].v), x[0].m, x[0].e};
    if (strcmp(word, "relu") == 0)
        return extreme(x[0], (bounded){0, 0, 0}, false);
    if (strstr(word, "min") || strstr(word, "max")) {
        bounded y = x[0];
        for (int i = 1; i < node->n; i++)
            y = extreme(y, x[i], strstr(word, "min") != NULL);
        return y;
    }
    for (size_t i = 0; i < sizeof curves / sizeof curves[0]; i++)
        if (strcmp(word, curves[i].word) == 0)
            return curve(b, x[0], curves[i].f);
    return wild;
}

static bounded bound(bounding *b, int at)
{
    const test_node *node = &b->e->tree->nodes[at];
    bounded x[TEST_CHILDREN] = {{0}};
    if (++b->steps > MOST_STEPS)
        return wild;
    switch (node->kind) {
    case TEST_INT:
    case TEST_FLOAT:
        return literal(b, node);
    case TEST_NAME:
        return argument(b, node);
    case TEST_REDUCE:
        return reduction(b, node, at);
    case TEST_IF:
        return bound(b, node->child[truth(b, node->child[1]) ? 0 : 2]);
    case TEST_CAST:
        if (!test_is_float(node->type))
            return wild;
        return rounded(b, bound(b, node->child[0]));
    case TEST_OPERATOR:
    case TEST_CALL:
        break;
    default:
        return wild;
    }
    if (strcmp(node->word, "**") == 0) {
        const test_node *k = &b->e->tree->nodes[node->child[1]];
        return k->kind == TEST_INT && k->integer < 20
                   ? power(b, bound(b, node->child[0]), k->integer)
                   : wild;
    }
    for (int i = 0; i < node->n; i++) {
        x[i] = bound(b, node->child[i]);
        if (!isfinite(x[i].e))
            return wild;
    }
    return apply(b, node, x);
}

static double half_unit(const test_tree *tree)
{
    bool narrow = false;
    for (int i = 0; i < tree->n_variables; i++)
        narrow |= tree->variables[i].type != WEFT_F64;
    for (int i = 0; i < tree->n_nodes; i++)
        narrow |= tree->nodes[i].kind == TEST_CAST && tree->nodes[i].type != WEFT_F64;
    return narrow ? 0x1p-24 : 0x1p-53;
}

bool test_bound(const test_evaluation *e, int64_t number, double *value, double *error)
{
    bounding b = {.e = e, .unit = (8 + test_tree_size(e->tree)) * half_unit(e->tree)};
    for (int d = e->result.rank - 1; d >= 0; d--) {
        if (e->result.axis[d])
            b.at[-e->result.axis[d]] = number % e->result.shape[d];
        number /= e->result.shape[d];
    }
    const bounded x = bound(&b, e->tree->root);
    *value = x.v;
    *error = x.e;
    return isfinite(x.e) && isfinite(x.v);
}
