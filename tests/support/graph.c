/* tests/support/graph.c: see tests/support/graph.h. */
#include "tests/support/graph.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "isa/literal.h"
#include "simd/levels.h"
#include "tests/support/support.h"

static void *plain_alloc(void *user, size_t size, size_t alignment)
{
    void *memory = NULL;
    (void)user;
    return posix_memalign(&memory, alignment, size) ? NULL : memory;
}

static void plain_release(void *user, void *memory, size_t size)
{
    (void)user;
    (void)size;
    free(memory);
}

static const weft_allocator plain = {NULL, plain_alloc, plain_release};

void graph_start(weft_graph *graph, uint32_t flags, weft_error *error)
{
    weft_error_clear(error);
    const weft_kernel_table *kernels = weft_level_kernels(WEFT_LEVEL_AUTO, NULL);
    if (!kernels)
        test_die("no level");
    weft_graph_init(graph, &plain, kernels, flags, error);
}

static unsigned add_param(weft_graph *graph, const char *name, unsigned kind, weft_dtype type,
                          const weft_axes *axes)
{
    weft_param param = {.kind = (uint8_t)kind, .type = (uint8_t)type, .segment = 1, .count = 1};
    snprintf(param.name, sizeof param.name, "%s", name);
    return (unsigned)weft_graph_new_param(graph, &param, axes);
}

unsigned graph_array(weft_graph *graph, const char *name, weft_dtype type, unsigned rank)
{
    weft_axes axes = {.rank = 0};
    for (unsigned i = 0; i < rank; i++)
        axes.axis[axes.rank++] = (uint8_t)weft_graph_new_axis(graph, "", 0);
    return add_param(graph, name, WEFT_PARAM_IN, type, &axes);
}

void graph_all_types(weft_graph *graph)
{
    weft_axes axes = {.rank = 1};
    axes.axis[0] = (uint8_t)weft_graph_new_axis(graph, "", 0);
    for (unsigned type = 1; type < WEFT_TYPE_COUNT; type++) {
        char name[16];
        snprintf(name, sizeof name, "%s", weft_dtype_name((weft_dtype)type));
        add_param(graph, name, WEFT_PARAM_IN, (weft_dtype)type, &axes);
        snprintf(name, sizeof name, "%sb", weft_dtype_name((weft_dtype)type));
        add_param(graph, name, WEFT_PARAM_IN, (weft_dtype)type, &axes);
        snprintf(name, sizeof name, "%su", weft_dtype_name((weft_dtype)type));
        add_param(graph, name, WEFT_PARAM_UNIFORM, (weft_dtype)type, NULL);
    }
}

/* --- reading terms ---------------------------------------------------------------------------- */

static size_t word_length(const char *text)
{
    size_t n = 0;
    while (text[n] && !isspace((unsigned char)text[n]) && text[n] != '(' && text[n] != ')')
        n++;
    return n;
}

static int32_t number_term(weft_graph *graph, const char *word, size_t length)
{
    char text[64];
    snprintf(text, sizeof text, "%.*s", (int)length, word);
    char *colon = strchr(text, ':');
    uint64_t bits;
    if (colon) {
        const weft_dtype type = weft_dtype_from_name(colon + 1);
        if (weft_literal_parse(text, (size_t)(colon - text), type, &bits))
            test_die("constant %s", text);
        return weft_node_const(graph, type, bits);
    }
    const bool whole = strspn(text, "-0123456789") == strlen(text);
    if (weft_literal_parse(text, strlen(text), whole ? WEFT_I64 : WEFT_F64, &bits))
        test_die("literal %s", text);
    return weft_node_const(graph, whole ? WEFT_WEAK_INT : WEFT_WEAK_FLOAT, bits);
}

static int32_t word_term(weft_graph *graph, const char *word, size_t length)
{
    if (graph->failed)
        return -1;
    if (length == 4 && memcmp(word, "true", 4) == 0)
        return weft_node_const(graph, WEFT_BOOL, 1);
    if (length == 5 && memcmp(word, "false", 5) == 0)
        return weft_node_const(graph, WEFT_BOOL, 0);
    for (unsigned i = 0; i < graph->params.count; i++) {
        const weft_param *param = weft_graph_param_at(graph, i);
        if (strlen(param->name) == length && memcmp(param->name, word, length) == 0)
            return param->kind == WEFT_PARAM_UNIFORM ? weft_node_uniform(graph, i, 0, 0)
                                                     : weft_node_load(graph, i, 0);
    }
    return number_term(graph, word, length);
}

static int32_t call_term(weft_graph *graph, const char *word, size_t length, const int32_t *args,
                         unsigned n)
{
    const char *at = memchr(word, '@', length), *end = word + length;
    int places[WEFT_MAX_RANK + 1];
    unsigned n_places = 0;
    bool keep = false;
    long ddof = 0;
    if (length > 5 && memcmp(word, "cast:", 5) == 0) {
        char type[16];
        snprintf(type, sizeof type, "%.*s", (int)length - 5, word + 5);
        return weft_call_cast(graph, args[0], weft_dtype_from_name(type));
    }
    if (!at)
        return weft_call(graph, word, length, args, n);
    for (const char *p = at + 1; p < end;) {
        char *next = (char *)(uintptr_t)(p + 1);
        if (*p == '!')
            keep = true;
        else if (*p == '+')
            ddof = strtol(p + 1, &next, 10);
        else if (*p != ',' && n_places <= WEFT_MAX_RANK)
            places[n_places++] = (int)strtol(p, &next, 10);
        p = next;
    }
    return weft_call_reduction(graph, word, (size_t)(at - word), args, n, places, n_places, keep,
                               ddof);
}

static int32_t read_term(weft_graph *graph, const char **text)
{
    int32_t args[64];
    unsigned n = 0;
    while (isspace((unsigned char)**text))
        ++*text;
    const bool call = **text == '(';
    *text += call;
    const char *word = *text;
    const size_t length = word_length(word);
    *text += length;
    if (!call)
        return word_term(graph, word, length);
    for (;;) {
        while (isspace((unsigned char)**text))
            ++*text;
        if (**text == ')' || !**text || n == 64)
            break;
        args[n++] = read_term(graph, text);
    }
    *text += **text == ')';
    return call_term(graph, word, length, args, n);
}

int32_t graph_term(weft_graph *graph, const char *term)
{
    return read_term(graph, &term);
}

/* --- printing --------------------------------------------------------------------------------- */

typedef struct printer {
    const weft_graph *graph;
    char text[4096];
    size_t length;
} printer;

static void put(printer *out, const char *text)
{
    const size_t n = strlen(text);
    if (out->length + n >= sizeof out->text)
        test_die("a long term");
    memcpy(out->text + out->length, text, n + 1);
    out->length += n;
}

static void print(printer *out, int32_t node);

static void print_list(printer *out, const int32_t *list, unsigned n)
{
    put(out, "(");
    for (unsigned i = 0; i < n && list[i] >= 0; i++) {
        put(out, i ? ", " : "");
        print(out, list[i]);
    }
    put(out, ")");
}

static void print_const(printer *out, const weft_node *node)
{
    char text[WEFT_MAX_LITERAL + 1];
    weft_literal_format(node->imm,
                        node->type == WEFT_WEAK_INT     ? WEFT_I64
                        : node->type == WEFT_WEAK_FLOAT ? WEFT_F64
                                                        : (weft_dtype)node->type,
                        text);
    put(out, text);
    if (node->type >= WEFT_WEAK_INT)
        put(out, node->type == WEFT_WEAK_INT ? "w" : "wf");
}

static void print_axes(printer *out, const weft_axes *axes)
{
    put(out, "[");
    for (unsigned i = 0; i < axes->rank; i++) {
        char text[16];
        snprintf(text, sizeof text, "%s%u", i ? "," : "",
                 weft_graph_axis_of(out->graph, axes->axis[i]));
        put(out, text);
    }
    put(out, "]");
}

static void print(printer *out, int32_t number)
{
    const weft_node *node = weft_node_at(out->graph, number);
    const weft_op_row *row = weft_op_row_of(node->op);
    char text[64];
    switch (node->kind) {
    case WEFT_NODE_CONST:
        print_const(out, node);
        return;
    case WEFT_NODE_LOAD:
    case WEFT_NODE_UNIFORM:
        put(out, weft_graph_param_at(out->graph, node->param)->name);
        return;
    case WEFT_NODE_OP:
        put(out, row->mnemonic);
        if (node->op == WEFT_OP_CVT) {
            put(out, ".");
            put(out, weft_dtype_name((weft_dtype)node->type));
        }
        print_list(out, node->arg, 3);
        return;
    case WEFT_NODE_REDUCE:
        put(out, row->mnemonic);
        print_axes(out, &node->reduced);
        print_list(out, node->arg, 2);
        return;
    case WEFT_NODE_FUSED:
        put(out, row->mnemonic);
        print_list(out, weft_list_at(out->graph, node), node->n);
        return;
    case WEFT_NODE_VECTOR:
        put(out, "vec");
        print_list(out, weft_list_at(out->graph, node), node->n);
        return;
    case WEFT_NODE_PART:
        print(out, node->arg[0]);
        snprintf(text, sizeof text, ".%u", node->k);
        put(out, text);
        return;
    case WEFT_NODE_EXTENT:
    case WEFT_NODE_INDEX:
        snprintf(text, sizeof text, "%s%u", node->kind == WEFT_NODE_EXTENT ? "extent" : "index",
                 node->k);
        put(out, text);
        return;
    default:
        snprintf(text, sizeof text, "kind%u", node->kind);
        put(out, text);
    }
}

const char *graph_text(const weft_graph *graph, int32_t node)
{
    static printer out;
    out.graph = graph;
    out.length = 0;
    out.text[0] = 0;
    if (node < 0)
        return "error";
    print(&out, node);
    return out.text;
}

/* --- computing -------------------------------------------------------------------------------- */

typedef struct computer {
    const weft_graph *graph;
    const graph_values *values;
    uint64_t **done;    /* of each node: n elements of 8 bytes at most, or NULL */
    uint64_t **carried; /* of the loop that runs, its variables */
} computer;

static void *compute(computer *all, int32_t node);

static size_t size_of(unsigned type)
{
    return weft_dtype_size((weft_dtype)type);
}

static void fill(void *out, unsigned type, uint64_t bits, size_t n)
{
    for (size_t i = 0; i < n; i++)
        memcpy((char *)out + i * size_of(type), &bits, size_of(type)); /* little-endian */
}

static void compute_op(computer *all, const weft_node *node, void *out)
{
    const void *args[3] = {NULL, NULL, NULL};
    const unsigned type = node->op != WEFT_OP_CVT && node->type2 ? node->type2 : node->type;
    for (unsigned i = 0; i < 3; i++)
        if (node->arg[i] >= 0)
            args[i] = compute(all, node->arg[i]);
    weft_kernel *kernel = node->op == WEFT_OP_CVT
                              ? all->graph->kernels->convert[node->type][node->type2]
                              : weft_kernel_find(all->graph->kernels, node->op, type, 0);
    if (!kernel)
        test_die("no kernel of %s.%s", weft_op_row_of(node->op)->mnemonic,
                 weft_dtype_name((weft_dtype)type));
    kernel(out, args[0], args[1], args[2], all->values->n);
}

static void compute_extreme(const computer *all, const weft_node *node, const void *x, void *out)
{
    int64_t best = 0;
    const unsigned type = node->type2, op = node->op == WEFT_OP_ARGMIN ? WEFT_OP_LT : WEFT_OP_GT;
    weft_kernel *before = weft_kernel_find(all->graph->kernels, op, type, 0);
    for (size_t i = 1; i < all->values->n; i++) {
        uint8_t better;
        before(&better, (const char *)x + i * size_of(type),
               (const char *)x + (size_t)best * size_of(type), NULL, 1);
        best = better ? (int64_t)i : best;
    }
    fill(out, WEFT_I64, (uint64_t)best, all->values->n);
}

static void compute_reduce(computer *all, const weft_node *node, void *out)
{
    const void *a = compute(all, node->arg[0]);
    const void *b = node->arg[1] >= 0 ? compute(all, node->arg[1]) : NULL;
    const size_t n = all->values->n;
    uint64_t result = 0;
    if (node->op == WEFT_OP_ARGMIN || node->op == WEFT_OP_ARGMAX) {
        compute_extreme(all, node, a, out);
        return;
    }
    if (node->op == WEFT_OP_ANY || node->op == WEFT_OP_ALLOF) {
        const void *found = memchr(a, node->op == WEFT_OP_ANY, n);
        result = (node->op == WEFT_OP_ANY) == (found != NULL);
    } else {
        all->graph->kernels->block[node->op - WEFT_OP_SUM][node->type2](&result, a, b, NULL, n);
    }
    fill(out, node->type, result, n);
}

static void compute_part(computer *all, const weft_node *node, void *out);

static void *compute(computer *all, int32_t number)
{
    const weft_node *node = weft_node_at(all->graph, number);
    if (all->done[number])
        return all->done[number];
    uint64_t *out = calloc(all->values->n, sizeof *out);
    const size_t n = all->values->n;
    switch (node->kind) {
    case WEFT_NODE_CONST:
        fill(out, node->type, node->imm, n);
        break;
    case WEFT_NODE_LOAD:
        memcpy(out, all->values->data[node->param], n * size_of(node->type));
        break;
    case WEFT_NODE_UNIFORM: {
        uint64_t bits = 0;
        memcpy(&bits, all->values->data[node->param], size_of(node->type));
        fill(out, node->type, bits, n);
        break;
    }
    case WEFT_NODE_EXTENT:
        fill(out, WEFT_I64, n, n);
        break;
    case WEFT_NODE_OP:
        compute_op(all, node, out);
        break;
    case WEFT_NODE_REDUCE:
        compute_reduce(all, node, out);
        break;
    case WEFT_NODE_CARRIED:
        memcpy(out, all->carried[node->k], n * sizeof *out);
        break;
    case WEFT_NODE_PART:
        compute_part(all, node, out);
        break;
    default:
        test_die("a node of kind %u", node->kind);
    }
    all->done[number] = out;
    return out;
}

/* Everything that depends on the loop is computed anew. */
static void forget(computer *all, int32_t loop)
{
    for (size_t i = 0; i < all->graph->nodes.count; i++)
        if (weft_node_at(all->graph, (int32_t)i)->loop == loop) {
            free(all->done[i]);
            all->done[i] = NULL;
        }
}

static void compute_for(computer *all, int32_t loop, unsigned k, void *out)
{
    const weft_node *at = weft_node_at(all->graph, loop);
    const int32_t *list = weft_list_at(all->graph, at);
    const size_t bytes = all->values->n * sizeof(uint64_t);
    int64_t count;
    memcpy(&count, compute(all, at->arg[0]), sizeof count);
    uint64_t *variables[16];
    for (unsigned i = 0; i < at->n; i++) {
        variables[i] = malloc(bytes);
        memcpy(variables[i], compute(all, list[i]), bytes);
    }
    all->carried = variables;
    for (int64_t turn = 0; turn < count; turn++) {
        forget(all, loop);
        for (unsigned i = 0; i < at->n; i++)
            compute(all, list[at->n + i]);
        for (unsigned i = 0; i < at->n; i++)
            memcpy(variables[i], all->done[list[at->n + i]], bytes);
    }
    memcpy(out, variables[k], bytes);
    for (unsigned i = 0; i < at->n; i++)
        free(variables[i]);
}

static void compute_part(computer *all, const weft_node *node, void *out)
{
    const weft_node *of = weft_node_at(all->graph, node->arg[0]);
    const weft_insn insn = {.op = of->op, .k = of->k};
    const void *strips[16];
    uint64_t scalars[16], *results[4];
    if (of->kind == WEFT_NODE_FOR) {
        compute_for(all, node->arg[0], node->k, out);
        return;
    }
    const unsigned n_a = weft_run_width(&insn, 'a');
    for (unsigned i = 0; i < of->n; i++) {
        const void *value = compute(all, weft_list_at(all->graph, of)[i]);
        if (i < n_a)
            strips[i] = value;
        else
            memcpy(scalars + i - n_a, value, sizeof *scalars);
    }
    for (unsigned i = 0; i < 4; i++)
        results[i] = malloc(all->values->n * sizeof **results);
    all->graph->kernels->fused[of->op - WEFT_FUSED_FIRST][of->type]((void *const *)results, strips,
                                                                    scalars, of->k, all->values->n);
    memcpy(out, results[node->k], all->values->n * sizeof(uint64_t));
    for (unsigned i = 0; i < 4; i++)
        free(results[i]);
}

void graph_compute(const weft_graph *graph, int32_t node, const graph_values *values, void *out)
{
    if (node < 0)
        test_die("no node to compute: %s", graph->error ? graph->error->message : "");
    computer all = {.graph = graph, .values = values};
    all.done = calloc(graph->nodes.count, sizeof *all.done);
    memcpy(out, compute(&all, node), values->n * size_of(weft_node_at(graph, node)->type));
    for (size_t i = 0; i < graph->nodes.count; i++)
        free(all.done[i]);
    free(all.done);
}
