/* tests/plain/test_expressions.c: random expressions and programs, compiled and run, against an
 * evaluator that knows only docs/language.md: at every level of this machine, on the engine with 1
 * and 3 threads and several strip lengths and on the reference backend, in both forms, through
 * weft_compile and through weft_eval. The results have the same bits; texts that mean nothing are
 * refused. With `fast` integers still have the same bits, and floats lie within the bounds of
 * support/bounds.h.
 * Usage: test_expressions [COUNT [FIRST]]: trees FIRST to FIRST + COUNT - 1. A tree depends on its
 * number alone. At a difference the smallest tree that was found to show one is printed, with its
 * code, and the exit status is 1. Neighbours: support/expression.h, support/evaluate.h. */
#include <inttypes.h>
#include <math.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <weft/compile.h>

#include "simd/levels.h"
#include "tests/support/bounds.h"
#include "tests/support/support.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || defined(__aarch64__)
enum { TREES = 400 };
#else
enum { TREES = 2500 };
#endif

enum {
    MOST_LEVELS = WEFT_LEVEL_COUNT,
    CONTEXTS = 4,     /* of a level; the last one is the reference backend's */
    GUARD = 64,       /* bytes around what is written */
    MOST_BOUNDS = 32, /* elements whose error bound is computed */
    STUCK_SECONDS = 60
};

typedef struct level_contexts {
    weft_level level;
    const weft_kernel_table *kernels;
    weft_context *contexts[CONTEXTS];
} level_contexts;

static level_contexts levels[MOST_LEVELS];
static unsigned n_levels;
static const struct {
    uint32_t threads, strip;
    weft_backend backend;
} kinds[CONTEXTS] = {{1, 128, WEFT_BACKEND_CPU},
                     {3, 2048, WEFT_BACKEND_CPU},
                     {1, 0, WEFT_BACKEND_CPU},
                     {1, 0, WEFT_BACKEND_REFERENCE}};

static struct {
    uint64_t trees, open, verdicts[4], programs, runs, evals, unrolled, fast, within, limits;
} counts;

/* --- contexts --------------------------------------------------------------------------------- */

static void make_contexts(void)
{
    for (int level = 1; level < WEFT_LEVEL_COUNT; level++) {
        if (!weft_level_available((weft_level)level))
            continue;
        level_contexts *made = &levels[n_levels++];
        made->level = (weft_level)level;
        made->kernels = weft_level_kernels(made->level, NULL);
        for (int i = 0; i < CONTEXTS; i++) {
            const weft_context_options options = {.size = sizeof options,
                                                  .strip_length = kinds[i].strip,
                                                  .level = made->level,
                                                  .backend = kinds[i].backend,
                                                  .threads = kinds[i].threads,
                                                  .split_cost = 1};
            if (weft_context_create(&options, &made->contexts[i]))
                test_die("no context");
        }
    }
}

static void destroy_contexts(void)
{
    for (unsigned l = 0; l < n_levels; l++)
        for (int i = 0; i < CONTEXTS; i++)
            weft_context_destroy(levels[l].contexts[i]);
}

/* --- a trial ---------------------------------------------------------------------------------- */

typedef struct trial {
    const test_tree *tree;
    uint64_t number;
    bool quiet;
    bool thorough;  /* everything, not a choice that depends on the number */
    uint32_t flags; /* WEFT_FAST_* */
    uint32_t form;  /* weft_code_form */
    const level_contexts *level;
    int kind; /* of context */
    test_evaluation *e;
    char *text;
    size_t length;
    weft_program *program; /* that is being run, or NULL */
} trial;

static void print_variable(const test_tree *tree, int i)
{
    const test_variable *v = &tree->variables[i];
    if (tree->program)
        return;
    fprintf(stderr, "%s: %s", tree->names[i].text, weft_dtype_name((weft_dtype)v->type));
    for (int d = 0; d < v->rank; d++)
        fprintf(stderr, v->ones >> d & 1 ? " one" : " %" PRId64,
                tree->extents[tree->rank - v->rank + d]);
    fprintf(stderr, "\n");
}

static void print_code(const trial *t)
{
    char *code;
    size_t length;
    if (!t->program || weft_disassemble(t->program, &code, &length, NULL))
        return;
    fprintf(stderr, "%s", code);
    weft_free(code);
}

/* Reports a difference; returns false. */
static bool complain(const trial *t, const char *format, ...) __attribute__((format(printf, 2, 3)));
static bool complain(const trial *t, const char *format, ...)
{
    if (t->quiet)
        return false;
    va_list list;
    va_start(list, format);
    fprintf(stderr, "\ntree %" PRIu64 ":\n%s\n", t->number, t->text);
    for (int i = 0; i < t->tree->n_variables; i++)
        print_variable(t->tree, i);
    fprintf(stderr, "space");
    for (int d = 0; d < t->tree->rank; d++)
        fprintf(stderr, " %" PRId64, t->tree->extents[d]);
    fprintf(stderr, "; level %s, context %d, form %u, fast %u\n", weft_level_name(t->level->level),
            t->kind, t->form, t->flags);
    print_code(t);
    vfprintf(stderr, format, list);
    fprintf(stderr, "\n");
    va_end(list);
    return false;
}

/* --- arrays ----------------------------------------------------------------------------------- */

/* An argument in memory of its own, with guards around it. */
typedef struct array {
    uint8_t *block;
    size_t bytes;
    weft_arg arg;
} array;

static uint8_t *place(const array *a, int64_t element, int parts, int k)
{
    const size_t size = weft_dtype_size(a->arg.type);
    return a->block + GUARD + ((size_t)element * (size_t)parts + (size_t)k) * size;
}

static array new_array(const char *name, weft_dtype type, int rank, const int64_t *shape)
{
    array a;
    int64_t n = 1;
    for (int d = 0; d < rank; d++)
        n *= shape[d];
    a.bytes = (size_t)n * weft_dtype_size(type);
    a.block = malloc(a.bytes + 2 * GUARD);
    if (!a.block)
        test_die("out of memory");
    memset(a.block, 0xa5, a.bytes + 2 * GUARD);
    a.arg = test_arg(name, type, a.block + GUARD, rank, shape);
    return a;
}

static bool guards_stand(const array *a)
{
    for (size_t i = 0; i < GUARD; i++)
        if (a->block[i] != 0xa5 || a->block[GUARD + a->bytes + i] != 0xa5)
            return false;
    return true;
}

/* The value as an argument; without its axes of extent 1 where `squeeze`. */
static array array_of(const char *name, const test_value *value, bool squeeze)
{
    const int parts = value->parts ? value->parts : 1;
    const test_value *first = value->parts ? value->part : value;
    int64_t shape[WEFT_MAX_ARG_RANK] = {0};
    int rank = 0;
    for (int d = 0; d < first->rank; d++)
        if (!squeeze || first->axis[d])
            shape[rank++] = first->shape[d];
    if (value->parts)
        shape[rank++] = parts;
    array a = new_array(name, (weft_dtype)first->type, rank, shape);
    for (int k = 0; k < parts; k++) {
        const test_value *one = value->parts ? &value->part[k] : value;
        for (int64_t i = 0; i < test_value_count(one); i++)
            memcpy(place(&a, i, parts, k), &one->data[i], weft_dtype_size(a.arg.type));
    }
    return a;
}

/* --- comparisons ------------------------------------------------------------------------------ */

static bool same(unsigned type, uint64_t x, uint64_t y)
{
    return x == y ||
           (test_is_float(type) && isnan(test_double(type, x)) && isnan(test_double(type, y)));
}

static bool compare_element(const trial *t, const char *name, const test_value *wanted, int64_t i,
                            uint64_t got)
{
    double v, bound;
    if (t->flags && t->e->floats) {
        if (!test_bound(t->e, i, &v, &bound))
            return true;
        const double x = test_double(wanted->type, got);
        counts.within++;
        return fabs(x - v) <= bound ||
               complain(t, "%s, element %" PRId64 ": %.17g is farther than %.3g from %.17g", name,
                        i, x, bound, v);
    }
    return same(wanted->type, wanted->data[i], got) ||
           complain(t, "%s, element %" PRId64 ": 0x%" PRIx64 " (%.17g), not 0x%" PRIx64 " (%.17g)",
                    name, i, got, test_double(wanted->type, got), wanted->data[i],
                    test_double(wanted->type, wanted->data[i]));
}

static bool compare(const trial *t, const char *name, const test_value *wanted, const array *a)
{
    const int parts = wanted->parts ? wanted->parts : 1;
    if (!guards_stand(a))
        return complain(t, "%s: something was written beside it", name);
    for (int k = 0; k < parts; k++) {
        const test_value *one = wanted->parts ? &wanted->part[k] : wanted;
        if (one->type != a->arg.type)
            return complain(t, "%s: of type %s, not %s", name, weft_dtype_name(a->arg.type),
                            weft_dtype_name((weft_dtype)one->type));
        const int64_t n = test_value_count(one);
        const int64_t step = t->flags && t->e->floats ? 1 + n / MOST_BOUNDS : 1;
        for (int64_t i = 0; i < n; i += step) {
            uint64_t got = 0;
            memcpy(&got, place(a, i, parts, k), weft_dtype_size(a->arg.type));
            if (!compare_element(t, name, one, i, got))
                return false;
        }
    }
    return true;
}

/* --- weft_compile and weft_run ---------------------------------------------------------------- */

static int variable_of(const test_tree *tree, const char *name)
{
    for (int i = 0; i < tree->n_variables; i++)
        if (strcmp(tree->names[i].text, name) == 0)
            return i;
    return -1;
}

static int squeezed(const int64_t *shape, int rank, int64_t *out)
{
    int n = 0;
    for (int d = 0; d < rank; d++)
        if (shape[d] != 1)
            out[n++] = shape[d];
    return n;
}

/* The shape of an output must be the value's, axes of extent 1 aside. */
static bool check_shape(const trial *t, const test_value *value, int rank, const int64_t *shape)
{
    const test_value *first = value->parts ? value->part : value;
    int64_t wanted[WEFT_MAX_ARG_RANK + 1], whole[WEFT_MAX_ARG_RANK + 1], got[WEFT_MAX_ARG_RANK];
    memcpy(whole, first->shape, sizeof first->shape);
    whole[first->rank] = value->parts ? value->parts : 1;
    const int m = squeezed(whole, first->rank + 1, wanted), n = squeezed(shape, rank, got);
    if (m == n && memcmp(wanted, got, (size_t)n * sizeof *got) == 0)
        return true;
    return complain(t, "the result has %d axes longer than 1, not %d, or others", n, m);
}

typedef struct bindings {
    array arrays[TEST_VARIABLES + 1];
    weft_arg args[TEST_VARIABLES + 1];
    const test_value *wanted[TEST_VARIABLES + 1]; /* of what is written */
    uint32_t n;
    bool refused; /* their shapes do not fit, as was foretold */
} bindings;

static void free_bindings(bindings *b)
{
    for (uint32_t i = 0; i < b->n; i++)
        free(b->arrays[i].block);
}

static void bind(const trial *t, bindings *b, const char *name, array a, const test_value *wanted)
{
    (void)t;
    b->arrays[b->n] = a;
    b->args[b->n] = a.arg;
    b->args[b->n].name = name;
    b->wanted[b->n++] = wanted;
}

static bool bind_result(const trial *t, bindings *b, const weft_param_info *info, uint32_t param,
                        const int64_t *space)
{
    int32_t rank;
    int64_t shape[WEFT_MAX_ARG_RANK];
    weft_error error;
    const weft_status status = weft_infer_shape(t->level->contexts[t->kind], t->program, b->args,
                                                b->n, space, param, &rank, shape, &error);
    b->refused = status == WEFT_ERR_BIND && t->e->verdict == TEST_BAD;
    if (status)
        return b->refused ||
               complain(t, "the result's shape cannot be inferred: %s", error.message);
    if (t->e->verdict == TEST_BAD)
        return complain(t, "no error in what means nothing: %s", t->e->why);
    if (!check_shape(t, &t->e->result, rank, shape))
        return false;
    bind(t, b, info->name, new_array(info->name, info->type, rank, shape), &t->e->result);
    return true;
}

/* Arguments for all of the program's parameters. */
static bool bind_all(const trial *t, bindings *b, const int64_t *space)
{
    weft_param_info info;
    int64_t out = -1;
    *b = (bindings){.n = 0};
    for (uint32_t i = 0; i < weft_program_param_count(t->program); i++) {
        if (weft_program_param(t->program, i, &info))
            test_die("no parameter %u", i);
        const int v = variable_of(t->tree, info.name);
        if (info.kind == WEFT_PARAM_SCRATCH || info.kind == WEFT_PARAM_POOL)
            continue;
        if (v < 0 && strcmp(info.name, "out") == 0)
            out = i;
        else if (v < 0 || b->n == TEST_VARIABLES)
            return complain(t, "a parameter %s that nobody asked for", info.name);
        else if (t->tree->variables[v].role == TEST_OUT)
            bind(t, b, info.name, array_of(info.name, &t->e->names[v], false), &t->e->names[v]);
        else
            bind(t, b, info.name,
                 array_of(info.name, &t->e->inputs[v],
                          !t->tree->program && t->tree->variables[v].role == TEST_IN),
                 t->tree->variables[v].role == TEST_INOUT ? &t->e->names[v] : NULL);
    }
    for (uint32_t i = 0; i < b->n; i++) /* outputs start as anything */
        if (t->tree->variables[variable_of(t->tree, b->args[i].name)].role == TEST_OUT)
            memset(b->arrays[i].block + GUARD, 0x77, b->arrays[i].bytes);
    if (out < 0)
        return true;
    if (weft_program_param(t->program, (uint32_t)out, &info))
        test_die("no result");
    return bind_result(t, b, &info, (uint32_t)out, space);
}

static bool check_status(const trial *t, weft_status status, const weft_error *error)
{
    const test_verdict verdict = t->e->verdict;
    if (verdict == TEST_BAD)
        return status == WEFT_ERR_BIND || complain(t, "%s: no error in what means nothing: %s",
                                                   weft_status_name(status), t->e->why);
    const weft_status wanted = verdict == TEST_RANGE ? WEFT_ERR_RANGE : WEFT_OK;
    if (verdict == TEST_RANGE && status == WEFT_OK) /* the row was not needed */
        return true;
    return status == wanted || complain(t, "status %s, not %s: %s", weft_status_name(status),
                                        weft_status_name(wanted), error->message);
}

static bool run_program(const trial *t)
{
    bindings b;
    weft_error error;
    const bool told =
        t->tree->program && (int)weft_program_space(t->program, NULL) == t->tree->rank;
    const weft_run_options options = {.size = sizeof options,
                                      .space = told ? t->tree->extents : NULL};
    bool good = bind_all(t, &b, options.space);
    if (good) {
        const weft_status status =
            weft_run_with(t->level->contexts[t->kind], t->program, b.args, b.n, &options, &error);
        counts.runs++;
        good = check_status(t, status, &error);
        for (uint32_t i = 0; good && !status && !t->e->verdict && i < b.n; i++)
            if (b.wanted[i])
                good = compare(t, b.args[i].name, b.wanted[i], &b.arrays[i]);
    }
    free_bindings(&b);
    return good;
}

/* The axes of the space that arguments which an expression names have; bit k: the k-th from the
 * end.
 */
static unsigned axes_of(const test_tree *tree, int at)
{
    const test_node *node = &tree->nodes[at];
    unsigned axes = 0;
    for (int i = 0; i < node->n; i++)
        axes |= axes_of(tree, node->child[i]);
    if (node->kind == TEST_NAME) {
        const test_variable *v = &tree->variables[node->name];
        for (int d = 0; d < v->rank; d++)
            axes |= v->ones >> d & 1 ? 0 : 1u << (v->rank - d);
    }
    return axes;
}

/* Elements of the index space. */
static uint64_t elements_of(const test_tree *tree)
{
    const unsigned axes = tree->program ? UINT32_MAX : axes_of(tree, tree->root);
    uint64_t n = 1;
    for (int d = 0; d < tree->rank; d++)
        n *= axes >> (tree->rank - d) & 1 ? (uint64_t)tree->extents[d] : 1;
    return n;
}

static weft_status compile(const trial *t, weft_program **program, weft_error *error)
{
    weft_variable variables[TEST_VARIABLES];
    const bool known =
        t->form == WEFT_CODE_UNROLLED || (t->form == WEFT_CODE_AUTO && t->number % 2);
    weft_compile_options options = {.size = sizeof options,
                                    .variables = variables,
                                    .flags = t->flags,
                                    .form = t->form,
                                    .elements = known ? elements_of(t->tree) : 0};
    for (int i = 0; i < t->tree->n_variables && !t->tree->program; i++) {
        const test_variable *v = &t->tree->variables[i];
        variables[options.n_variables++] = (weft_variable){
            .name = t->tree->names[i].text, .type = v->type, .rank = v->rank, .ones = v->ones};
    }
    return weft_compile(t->level->contexts[t->kind], t->text, t->length, &options, program, error);
}

/* Whether the compiler says that it cannot do this, which it may. */
static bool is_limit(weft_status status, const weft_error *error)
{
    return status == WEFT_ERR_LIMIT ||
           (status == WEFT_ERR_UNSUPPORTED && !strstr(error->message, "mistake"));
}

static bool check_compiled(trial *t)
{
    weft_error error;
    const weft_status status = compile(t, &t->program, &error);
    if (status) {
        counts.limits += status == WEFT_ERR_LIMIT;
        if (t->e->verdict == TEST_BAD) {
            if (status == WEFT_ERR_SYNTAX &&
                (error.line < 1 || error.column < 1 || !*error.message))
                return complain(t, "an error without a place or a message");
            return true;
        }
        return is_limit(status, &error) || t->form == WEFT_CODE_UNROLLED ||
               complain(t, "does not compile: %s, line %d, column %d: %s", weft_status_name(status),
                        (int)error.line, (int)error.column, error.message);
    }
    if (t->e->verdict == TEST_BAD && t->tree->program)
        return complain(t, "no error in what means nothing: %s", t->e->why) ||
               (weft_program_release(t->program), t->program = NULL, false);
    counts.unrolled += t->form == WEFT_CODE_UNROLLED;
    counts.fast += t->flags != 0;
    const bool good = run_program(t);
    weft_program_release(t->program);
    t->program = NULL;
    return good;
}

/* --- weft_eval -------------------------------------------------------------------------------- */

static bool check_result(const trial *t, const weft_arg *result)
{
    const test_value *wanted = &t->e->result;
    bool good = (unsigned)result->type == wanted->type && result->rank == wanted->rank;
    for (int d = 0; good && d < wanted->rank; d++)
        good = result->shape[d] == wanted->shape[d];
    return good || complain(t, "weft_eval gives %s of rank %d, not %s of rank %d, or another shape",
                            weft_dtype_name(result->type), (int)result->rank,
                            weft_dtype_name((weft_dtype)wanted->type), wanted->rank);
}

static bool check_eval(const trial *t)
{
    bindings b = {.n = 0};
    weft_error error;
    weft_arg result = {.data = NULL};
    for (int i = 0; i < t->tree->n_variables; i++)
        bind(t, &b, t->tree->names[i].text,
             array_of(t->tree->names[i].text, &t->e->inputs[i], false), NULL);
    weft_context *context = t->level->contexts[t->kind];
    weft_status status =
        weft_eval(context, t->text, t->length, b.args, b.n, t->flags, &result, &error);
    bool good = t->e->verdict == TEST_BAD
                    ? status || complain(t, "weft_eval takes what means nothing: %s", t->e->why)
                : status == WEFT_ERR_LIMIT ? ++counts.limits
                : status ? complain(t, "weft_eval: %s: %s", weft_status_name(status), error.message)
                         : check_result(t, &result);
    if (good && !status) {
        array out = new_array(NULL, result.type, result.rank, result.shape);
        result = out.arg;
        status = weft_eval(context, t->text, t->length, b.args, b.n, t->flags, &result, &error);
        counts.evals++;
        good = check_status(t, status, &error) &&
               (status || t->e->verdict || compare(t, "weft_eval", &t->e->result, &out));
        free(out.block);
    }
    free_bindings(&b);
    return good;
}

/* --- one tree --------------------------------------------------------------------------------- */

/* Whether this one of n ways is tried: all are when thorough. */
static bool chosen(const trial *t, unsigned way, unsigned n)
{
    return t->thorough || (t->number / 7 + way) % n == 0;
}

static bool check_fast(trial *t, unsigned way)
{
    if (t->e->verdict != TEST_GOOD || (t->e->floats && !t->tree->smooth))
        return true;
    t->flags = t->thorough ? 3 : 1 + (uint32_t)(t->number / 3 + way) % 3;
    t->form = WEFT_CODE_LOOP;
    return check_compiled(t);
}

static bool check_level(trial *t, unsigned way)
{
    static const uint32_t forms[] = {WEFT_CODE_LOOP, WEFT_CODE_AUTO, WEFT_CODE_UNROLLED};
    for (t->kind = 0; t->kind < CONTEXTS; t->kind++) {
        if (!chosen(t, way + (unsigned)t->kind, 2))
            continue;
        for (unsigned f = 0; f < COUNT(forms); f++) {
            t->form = forms[f];
            if (f && !chosen(t, f + (unsigned)t->kind, 3))
                continue;
            if (t->form == WEFT_CODE_UNROLLED && elements_of(t->tree) > WEFT_MAX_UNROLLED)
                continue;
            if (!check_compiled(t))
                return false;
        }
        if (!t->tree->program && !check_eval(t))
            return false;
        if (!check_fast(t, (unsigned)t->kind))
            return false;
        t->flags = 0;
    }
    return true;
}

typedef enum outcome { FINE, LEFT_OPEN, FAILED } outcome;

static outcome check_tree(const test_tree *tree, uint64_t number, bool quiet, bool thorough)
{
    static char text[TEST_TEXT];
    static test_evaluation e;
    trial t = {.tree = tree,
               .number = number,
               .quiet = quiet,
               .thorough = thorough,
               .e = &e,
               .text = text};
    outcome found = FINE;
    t.length = test_tree_print(tree, text);
    for (unsigned l = 0; l < n_levels && found == FINE; l++) {
        if (!chosen(&t, l, n_levels > 2 ? 2 : 1))
            continue;
        t.level = &levels[l];
        test_evaluation_begin(&e, tree, levels[0].kernels, t.level->kernels);
        test_evaluate(&e);
        if (e.verdict == TEST_OPEN)
            found = LEFT_OPEN;
        else if (!check_level(&t, l))
            found = FAILED;
        test_evaluation_free(&e);
    }
    return found;
}

/* --- smaller ones ----------------------------------------------------------------------------- */

/* Goes on to smaller trees for as long as they fail. */
static void shrink(test_tree *tree, uint64_t number)
{
    static test_tree smaller;
    int made, attempt = 0, tries = 0;
    alarm(0);
    while (tries < 3000 && (made = test_tree_reduce(tree, attempt++, &smaller)) >= 0) {
        if (!made)
            continue;
        tries++;
        if (check_tree(&smaller, number, true, true) == FAILED) {
            *tree = smaller;
            attempt = 0;
        }
    }
}

static test_verdict verdict_of(const test_tree *tree)
{
    static test_evaluation e;
    test_evaluation_begin(&e, tree, levels[0].kernels, levels[0].kernels);
    test_evaluate(&e);
    const test_verdict verdict = e.verdict;
    test_evaluation_free(&e);
    return verdict;
}

/* The tree of a number: most of them mean something. */
static test_verdict make_tree(uint64_t number, test_tree *tree)
{
    test_random r = {number * 977 + 1};
    const uint32_t kind = test_below(&r, 8);
    for (int tries = 0;; tries++) {
        if (kind < 2)
            test_tree_program(&r, tree);
        else
            test_tree_expression(&r, tree, kind == 2);
        const test_verdict verdict = verdict_of(tree);
        counts.open += verdict == TEST_OPEN;
        if (verdict == TEST_GOOD || tries == 200 ||
            ((verdict == TEST_BAD || verdict == TEST_RANGE) && test_one_in(&r, 8)))
            return verdict;
    }
}

static bool check_number(uint64_t number)
{
    static test_tree tree;
    counts.verdicts[make_tree(number, &tree)]++;
    counts.trees++;
    counts.programs += tree.program;
    if (check_tree(&tree, number, true, false) != FAILED)
        return true;
    const test_tree whole = tree;
    shrink(&tree, number);
    if (check_tree(&tree, number, false, true) != FAILED)
        check_tree(&whole, number, false, false);
    return false;
}

/* --- all of them ------------------------------------------------------------------------------ */

static volatile uint64_t present;

/* Which tree it was that crashed, or never ended. */
static void on_signal(int signal_number)
{
    char text[64] = "\nin tree 00000000000000000000 of test_expressions\n";
    uint64_t rest = present;
    for (int i = 28; i > 8; i--, rest /= 10)
        text[i] = (char)('0' + rest % 10);
    ssize_t ignored = write(STDERR_FILENO, text, strlen(text));
    (void)ignored;
    signal(signal_number, SIG_DFL);
    raise(signal_number);
}

static void print_counts(void)
{
    printf("%" PRIu64 " trees (%" PRIu64 " programs; good %" PRIu64 ", bad %" PRIu64
           ", out of range %" PRIu64 "; left open and made anew %" PRIu64 "): runs %" PRIu64
           ", evaluated at once %" PRIu64 ", unrolled %" PRIu64 ", fast %" PRIu64
           ", elements within bounds %" PRIu64 ", limits %" PRIu64 "\n",
           counts.trees, counts.programs, counts.verdicts[TEST_GOOD], counts.verdicts[TEST_BAD],
           counts.verdicts[TEST_RANGE], counts.open, counts.runs, counts.evals, counts.unrolled,
           counts.fast, counts.within, counts.limits);
    fflush(stdout);
}

int main(int argc, char **argv)
{
    const uint64_t count = argc > 1 ? strtoull(argv[1], NULL, 10) : TREES;
    const uint64_t first = argc > 2 ? strtoull(argv[2], NULL, 10) : 0;
    const bool all = argc > 3; /* goes on behind failures, to see how many there are */
    int failed = 0;
    make_contexts();
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
    signal(SIGSEGV, on_signal);
#endif
    signal(SIGABRT, on_signal);
    signal(SIGALRM, on_signal);
    for (uint64_t i = 0; i < count && (all || !failed); i++) {
        present = first + i;
        alarm(STUCK_SECONDS);
        failed += !check_number(present);
        if (i % 10000 == 9999)
            print_counts();
    }
    alarm(0);
    print_counts();
    destroy_contexts();
    /* A comparison of nothing proves nothing. */
    return !failed && counts.verdicts[TEST_GOOD] * 10 >= count * 7 ? 0 : 1;
}
