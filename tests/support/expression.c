/* tests/support/expression.c: the text of a tree, and smaller trees (expression.h). Random ones are
 * made in expression_random.c. */
#include "tests/support/expression.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "tests/support/support.h"

const char *const test_axis_names[3] = {"rows", "cols", "depth"};
const char *const test_comparisons[6] = {"<", "<=", ">", ">=", "==", "!="};

/* Precedence, from loose to tight, as in the grammar. */
enum {
    P_CHOICE,
    P_OR,
    P_AND,
    P_NOT,
    P_COMPARISON,
    P_BITOR,
    P_BITXOR,
    P_BITAND,
    P_SHIFT,
    P_SUM,
    P_PRODUCT,
    P_UNARY,
    P_POWER,
    P_POSTFIX
};

static const struct {
    const char *word;
    int precedence;
} binaries[] = {
    {"or", P_OR},     {"and", P_AND},    {"|", P_BITOR},   {"^", P_BITXOR}, {"&", P_BITAND},
    {"<<", P_SHIFT},  {">>", P_SHIFT},   {"+", P_SUM},     {"-", P_SUM},    {"*", P_PRODUCT},
    {"/", P_PRODUCT}, {"//", P_PRODUCT}, {"%", P_PRODUCT}, {"**", P_POWER},
};

static int precedence_of(const test_node *node)
{
    switch (node->kind) {
    case TEST_IF:
        return P_CHOICE;
    case TEST_COMPARE:
        return P_COMPARISON;
    case TEST_OPERATOR:
        if (node->n == 1)
            return strcmp(node->word, "not") == 0 ? P_NOT : P_UNARY;
        for (size_t i = 0; i < COUNT(binaries); i++)
            if (strcmp(node->word, binaries[i].word) == 0)
                return binaries[i].precedence;
        test_die("no operator %s", node->word);
    default:
        return P_POSTFIX;
    }
}

typedef struct printer {
    const test_tree *tree;
    char *text;
    size_t length;
} printer;

static void put(printer *p, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void put(printer *p, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    const int n = vsnprintf(p->text + p->length, TEST_TEXT - p->length, format, list);
    va_end(list);
    if (n < 0 || (size_t)n >= TEST_TEXT - p->length)
        test_die("the text of a tree is too long");
    p->length += (size_t)n;
}

static void put_node(printer *p, int at, int precedence);

static void put_list(printer *p, const test_node *node)
{
    for (int i = 0; i < node->n; i++) {
        put(p, i ? ", " : "");
        put_node(p, node->child[i], P_CHOICE);
    }
}

static void put_integer(printer *p, const test_node *node)
{
    if (node->style % 8 == 1)
        put(p, "0x%" PRIX64, (uint64_t)node->integer);
    else if (node->style % 8 == 2 && node->integer >= 1000 && node->integer < 1000000)
        put(p, "%d_%03d", (int)(node->integer / 1000), (int)(node->integer % 1000));
    else
        put(p, "%" PRId64, node->integer);
}

static void put_float(printer *p, const test_node *node)
{
    char digits[40];
    if (isnan(node->real) || isinf(node->real)) {
        put(p, "%s", isnan(node->real) ? "nan" : "inf");
        return;
    }
    if (node->style % 8 == 1)
        snprintf(digits, sizeof digits, "%a", node->real);
    else
        snprintf(digits, sizeof digits, "%.17g", node->real);
    put(p, "%s%s", digits, strpbrk(digits, ".ep") ? "" : ".0");
}

static void put_operator(printer *p, const test_node *node, int own)
{
    if (node->n == 1) {
        put(p, own == P_NOT ? "%s " : "%s", node->word);
        put_node(p, node->child[0], own);
        return;
    }
    const bool power =
        own == P_POWER; /* groups to the right, and binds tighter than a minus left */
    put_node(p, node->child[0], power ? P_POSTFIX : own);
    put(p, node->style & 1 && own > P_AND ? "%s" : " %s ", node->word);
    put_node(p, node->child[1], power ? P_UNARY : own + 1);
}

static void put_compare(printer *p, const test_node *node)
{
    for (int i = 0; i < node->n; i++) {
        if (i)
            put(p, " %s ", test_comparisons[node->ops[i - 1]]);
        put_node(p, node->child[i], P_BITOR);
    }
}

static void put_call(printer *p, const test_node *node)
{
    const char *name = node->word;
    for (size_t i = 0; i < test_callable_count; i++)
        if (strcmp(name, test_callables[i].name) == 0) {
            const char *alias =
                node->style % 4 < 2 ? NULL : test_callables[i].alias[node->style % 2];
            name = alias ? alias : name;
            break;
        }
    put(p, "%s(", name);
    put_list(p, node);
    put(p, ")");
}

static void put_axis(printer *p, const test_node *node, int i)
{
    if (p->tree->program && !p->tree->unnamed)
        put(p, "%s", test_axis_names[node->axes[i]]);
    else
        put(p, "%d", node->axes[i]);
}

static void put_reduce(printer *p, const test_node *node)
{
    const char *name = node->word;
    if (node->style % 4 == 1 && strlen(name) == 3 && name[0] == 'm' && strcmp(name, "mean"))
        name = strcmp(name, "min") == 0 ? "amin" : "amax";
    put(p, "%s(", name);
    put_list(p, node);
    if (node->n_axes == 1) {
        put(p, ", axis=");
        put_axis(p, node, 0);
    } else if (node->n_axes) {
        put(p, ", axis=(");
        for (int i = 0; i < node->n_axes; i++) {
            put(p, i ? ", " : "");
            put_axis(p, node, i);
        }
        put(p, ")");
    }
    if (node->ddof)
        put(p, ", ddof=%d", node->ddof);
    if (node->keep)
        put(p, ", keepdims=True");
    put(p, ")");
}

static void put_cast(printer *p, const test_node *node)
{
    const char *type = weft_dtype_name((weft_dtype)node->type);
    if (node->style & 1) {
        put(p, "cast(");
        put_node(p, node->child[0], P_CHOICE);
        put(p, ", %s)", type);
    } else {
        put(p, "%s(", type);
        put_node(p, node->child[0], P_CHOICE);
        put(p, ")");
    }
}

static void put_of_axis(printer *p, const test_node *node, const char *word)
{
    if (p->tree->unnamed || node->style & 1)
        put(p, "%s(%d)", word, (int)node->integer);
    else
        put(p, "%s(%s)", word, test_axis_names[node->integer]);
}

/* Behind a literal a point would be another thing. */
static void put_part(printer *p, const test_node *node)
{
    const unsigned of = p->tree->nodes[node->child[0]].kind;
    const bool round = of == TEST_INT || of == TEST_FLOAT;
    put(p, round ? "(" : "");
    put_node(p, node->child[0], P_POSTFIX);
    put(p, round ? ").%d" : ".%d", (int)node->integer);
}

static void put_inner(printer *p, const test_node *node, int own)
{
    const char *name = node->name >= 0 ? p->tree->names[node->name].text : "";
    switch (node->kind) {
    case TEST_INT:
        put_integer(p, node);
        break;
    case TEST_FLOAT:
        put_float(p, node);
        break;
    case TEST_TRUTH:
        put(p, node->integer ? "True" : "False");
        break;
    case TEST_NAME:
        put(p, "%s", name);
        break;
    case TEST_OPERATOR:
        put_operator(p, node, own);
        break;
    case TEST_COMPARE:
        put_compare(p, node);
        break;
    case TEST_IF:
        put_node(p, node->child[0], P_OR);
        put(p, " if ");
        put_node(p, node->child[1], P_OR);
        put(p, " else ");
        put_node(p, node->child[2], P_CHOICE);
        break;
    case TEST_CALL:
        put_call(p, node);
        break;
    case TEST_CAST:
        put_cast(p, node);
        break;
    case TEST_REDUCE:
        put_reduce(p, node);
        break;
    case TEST_PART:
        put_part(p, node);
        break;
    case TEST_ROW:
        put(p, "%s[", name);
        put_list(p, node);
        put(p, "]");
        break;
    case TEST_USER:
        put(p, "f%d(", (int)node->integer);
        put_list(p, node);
        put(p, ")");
        break;
    case TEST_INDEX:
        put_of_axis(p, node, "index");
        break;
    case TEST_EXTENT:
        put_of_axis(p, node, "extent");
        break;
    default:
        if (node->integer >= 0)
            put(p, "len(%s, %d)", name, (int)node->integer);
        else
            put(p, "len(%s)", name);
    }
}

static void put_node(printer *p, int at, int precedence)
{
    const test_node *node = &p->tree->nodes[at];
    const int own = precedence_of(node);
    const bool round = own < precedence || node->style >= 240;
    put(p, round ? "(" : "");
    put_inner(p, node, own);
    put(p, round ? ")" : "");
}

/* --- programs --------------------------------------------------------------------------------- */

static void put_over(printer *p, const test_variable *v)
{
    const char *comma = "";
    const unsigned all = (1u << p->tree->rank) - 1;
    if (v->axes == all)
        return;
    put(p, " over ");
    if (!v->axes)
        put(p, "none");
    for (size_t i = 0; i < COUNT(test_axis_names); i++)
        if (v->axes >> i & 1) {
            put(p, "%s%s", comma, test_axis_names[i]);
            comma = ", ";
        }
}

static void put_variable(printer *p, int i)
{
    static const char *const words[] = {"in", "out", "inout", "uniform", "table"};
    const test_variable *v = &p->tree->variables[i];
    put(p, "%s %s: %s", words[v->role], p->tree->names[i].text,
        weft_dtype_name((weft_dtype)v->type));
    if (v->segment)
        put(p, "[%d]", v->segment);
    if (v->role < TEST_UNIFORM)
        put_over(p, v);
    if (v->count)
        put(p, " count %d", v->count);
    put(p, "\n");
}

static void put_statement(printer *p, const test_statement *s, int *depth)
{
    if (s->removed)
        return;
    *depth -= s->kind == TEST_END;
    put(p, "%*s", 4 * *depth, "");
    const char *name =
        s->kind == TEST_ASSIGN || s->kind == TEST_FOR ? p->tree->names[s->name].text : "";
    switch (s->kind) {
    case TEST_ASSIGN:
        put(p, "%s", name);
        if (s->part >= 0)
            put(p, ".%d", s->part);
        if (s->op)
            put(p, " %c= ", s->op);
        else
            put(p, " = ");
        put_node(p, s->node, P_CHOICE);
        break;
    case TEST_FOR:
        put(p, "for %s in ", name);
        if (s->low >= 0) {
            put_node(p, s->low, P_CHOICE);
            put(p, "..");
        }
        put_node(p, s->node, P_CHOICE);
        put(p, " {");
        ++*depth;
        break;
    case TEST_END:
        put(p, "}");
        break;
    default:
        put_node(p, s->node, P_CHOICE);
    }
    put(p, "\n");
}

static void put_function(printer *p, int number)
{
    const test_function *f = &p->tree->functions[number];
    if (f->removed)
        return;
    put(p, "def f%d(", number);
    for (int i = 0; i < f->n; i++)
        put(p, "%s%s", i ? ", " : "", p->tree->names[f->first + i].text);
    if (!f->n_statements) {
        put(p, ") = ");
        put_node(p, f->value, P_CHOICE);
        put(p, "\n");
        return;
    }
    put(p, ") {\n");
    int depth = 1;
    for (int i = 0; i < f->n_statements; i++)
        put_statement(p, &p->tree->bodies[f->statements + i], &depth);
    put(p, "    return ");
    put_node(p, f->value, P_CHOICE);
    put(p, "\n}\n");
}

static void put_program(printer *p)
{
    const test_tree *tree = p->tree;
    if (!tree->unnamed) {
        put(p, "space ");
        for (int i = 0; i < tree->rank; i++)
            put(p, "%s%s", i ? ", " : "", test_axis_names[i]);
        put(p, "\n");
    }
    for (int i = 0; i < tree->n_variables; i++)
        put_variable(p, i);
    for (int i = 0; i < tree->n_functions; i++)
        put_function(p, i);
    int depth = 0;
    for (int i = 0; i < tree->n_statements; i++)
        put_statement(p, &tree->statements[i], &depth);
}

size_t test_tree_print(const test_tree *tree, char *text)
{
    printer p = {tree, text, 0};
    if (tree->program)
        put_program(&p);
    else
        put_node(&p, tree->root, P_CHOICE);
    return p.length;
}

/* --- smaller trees ---------------------------------------------------------------------------- */

/* Where a tree holds the number of a node that its text shows. */
typedef struct places {
    int16_t *at[TEST_NODES + 3 * TEST_STATEMENTS];
    int n, statements;
} places;

static void find_places(test_tree *tree, int16_t *at, places *found)
{
    if (found->n == (int)COUNT(found->at))
        return;
    found->at[found->n++] = at;
    test_node *node = &tree->nodes[*at];
    for (int i = 0; i < node->n; i++)
        find_places(tree, &node->child[i], found);
}

static void find_in_statements(test_tree *tree, test_statement *list, int n, places *found)
{
    for (int i = 0; i < n; i++) {
        if (list[i].removed)
            continue;
        found->statements++;
        if (list[i].kind == TEST_END)
            continue;
        find_places(tree, &list[i].node, found);
        if (list[i].kind == TEST_FOR && list[i].low >= 0)
            find_places(tree, &list[i].low, found);
    }
}

static void find_all(test_tree *tree, places *found)
{
    found->n = found->statements = 0;
    if (!tree->program) {
        find_places(tree, &tree->root, found);
        return;
    }
    find_in_statements(tree, tree->statements, tree->n_statements, found);
    for (int i = 0; i < tree->n_functions; i++)
        if (!tree->functions[i].removed) {
            find_in_statements(tree, tree->bodies + tree->functions[i].statements,
                               tree->functions[i].n_statements, found);
            find_places(tree, &tree->functions[i].value, found);
        }
}

int test_tree_size(const test_tree *tree)
{
    static test_tree copy;
    places found;
    copy = *tree;
    find_all(&copy, &found);
    return found.n + found.statements;
}

/* Removes statement i, a loop with all that is in it (or, where `inside` stays, only around it). */
static bool remove_statement(test_statement *list, int n, int i, bool keep_inside)
{
    if (list[i].removed || list[i].kind == TEST_END || (keep_inside && list[i].kind != TEST_FOR))
        return false;
    int depth = 0;
    for (int k = i; k < n; k++) {
        depth += list[k].kind == TEST_FOR;
        depth -= list[k].kind == TEST_END;
        if (k == i || depth == 0 || !keep_inside)
            list[k].removed = true;
        if (depth == 0)
            return true;
    }
    return true;
}

enum { WAYS_OF_NODE = TEST_CHILDREN + 3, SHAPES = 9 };

/* Puts something smaller in a node's place: a child, a literal. */
static bool reduce_node(test_tree *tree, int16_t *at, int way)
{
    test_node *node = &tree->nodes[*at];
    if (way < TEST_CHILDREN) {
        if (way >= node->n)
            return false;
        *at = node->child[way];
        return true;
    }
    if (way == TEST_CHILDREN) { /* without what may be left out */
        if (!node->style && !node->keep && !node->ddof)
            return false;
        node->style = 0;
        node->keep = false;
        node->ddof = 0;
        return true;
    }
    if (node->kind == TEST_INT && node->integer <= 1)
        return false;
    if (node->kind == TEST_FLOAT && way == TEST_CHILDREN + 1 && node->real == 1)
        return false;
    *node = way == TEST_CHILDREN + 1 ? (test_node){.kind = TEST_FLOAT, .name = -1, .real = 1}
                                     : (test_node){.kind = TEST_INT, .name = -1, .integer = 1};
    return true;
}

static bool reduce_shape(test_tree *tree, int way)
{
    static const int64_t smaller[3] = {1, 2, 0};
    int64_t *extent = &tree->extents[way / 3];
    if (way / 3 >= tree->rank)
        return false;
    const int64_t to = smaller[way % 3] ? smaller[way % 3] : *extent / 2;
    if (to >= *extent || to < 1)
        return false;
    *extent = to;
    return true;
}

static bool reduce_one_way(test_tree *tree, int attempt)
{
    if (attempt < SHAPES)
        return reduce_shape(tree, attempt);
    attempt -= SHAPES;
    if (attempt < 2 * TEST_STATEMENTS)
        return tree->program && attempt / 2 < tree->n_statements &&
               remove_statement(tree->statements, tree->n_statements, attempt / 2, attempt % 2);
    attempt -= 2 * TEST_STATEMENTS;
    if (attempt < TEST_STATEMENTS)
        return tree->program && attempt < tree->n_bodies &&
               remove_statement(tree->bodies, attempt + 1, attempt, false);
    attempt -= TEST_STATEMENTS;
    if (attempt < TEST_FUNCTIONS) {
        const bool good = attempt < tree->n_functions && !tree->functions[attempt].removed;
        tree->functions[attempt].removed = true;
        return good;
    }
    attempt -= TEST_FUNCTIONS;
    places found;
    find_all(tree, &found);
    return attempt / WAYS_OF_NODE < found.n &&
           reduce_node(tree, found.at[attempt / WAYS_OF_NODE], attempt % WAYS_OF_NODE);
}

int test_tree_reduce(const test_tree *tree, int attempt, test_tree *smaller)
{
    places found;
    *smaller = *tree;
    find_all(smaller, &found);
    const int ways = SHAPES + 3 * TEST_STATEMENTS + TEST_FUNCTIONS + found.n * WAYS_OF_NODE;
    return attempt >= ways ? -1 : reduce_one_way(smaller, attempt);
}
