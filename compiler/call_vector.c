/* compiler/call_vector.c: functions of vectors (segments) as wholes (compiler/call.h), and the
 * fused instructions. These take scalars for one of their operands; where that varies from element
 * to element the same operations are made one by one, in the same order, so that the bits are the
 * same (docs/isa.md, Fused). */
#include "compiler/call.h"

static unsigned width_of(const weft_graph *graph, int32_t value)
{
    const weft_node *at = weft_node_at(graph, value);
    return at->kind == WEFT_NODE_VECTOR ? at->n : 0;
}

static int32_t times(weft_graph *graph, int32_t a, int32_t b)
{
    return weft_call_named(graph, "*", (int32_t[]){a, b}, 2);
}

int32_t weft_build_vec(weft_graph *graph, unsigned code, const int32_t *args, unsigned n)
{
    int32_t components[WEFT_MAX_SEGMENT];
    (void)code;
    for (unsigned i = 0; i < n; i++)
        if (!weft_node_usable(graph, args[i]))
            return -1;
    const unsigned type = weft_common_type(graph, args, n);
    for (unsigned i = 0; i < n; i++)
        components[i] = weft_as(graph, args[i], type);
    return weft_node_vector(graph, components, n);
}

/* Whether both are vectors of so many components (0: of the same number); else an error. */
static bool are_vectors(weft_graph *graph, const char *name, const int32_t *args, unsigned n,
                        unsigned width)
{
    for (unsigned i = 0; i < n; i++) {
        const unsigned its = width_of(graph, args[i]);
        if (its && (!width || its == width))
            continue;
        if (width)
            weft_graph_fail(graph, WEFT_ERR_SYNTAX, "%s needs vectors of %u components", name,
                            width);
        else
            weft_graph_fail(graph, WEFT_ERR_SYNTAX, "%s needs vectors, not single values", name);
        return false;
    }
    return weft_call_width(graph, name, args, n) >= 0;
}

int32_t weft_build_inner(weft_graph *graph, unsigned code, const int32_t *args, unsigned n)
{
    (void)code;
    if (!are_vectors(graph, "inner", args, n, 0))
        return -1;
    const unsigned width = width_of(graph, args[0]);
    int32_t sum = -1;
    for (unsigned k = 0; k < width && !graph->failed; k++) {
        const int32_t product = times(graph, weft_call_component(graph, args[0], k),
                                      weft_call_component(graph, args[1], k));
        sum = k ? weft_call_named(graph, "+", (int32_t[]){sum, product}, 2) : product;
    }
    return sum;
}

int32_t weft_build_length(weft_graph *graph, unsigned code, const int32_t *args, unsigned n)
{
    (void)n;
    const int32_t sum = weft_build_inner(graph, code, (int32_t[]){args[0], args[0]}, 2);
    return weft_call_named(graph, "sqrt", &sum, 1);
}

int32_t weft_build_normalize(weft_graph *graph, unsigned code, const int32_t *args, unsigned n)
{
    const int32_t length = weft_build_length(graph, code, args, n);
    return weft_call_named(graph, "/", (int32_t[]){args[0], length}, 2);
}

int32_t weft_build_cross(weft_graph *graph, unsigned code, const int32_t *args, unsigned n)
{
    int32_t result[3];
    (void)code;
    if (!are_vectors(graph, "cross", args, n, 3))
        return -1;
    for (unsigned k = 0; k < 3; k++) {
        const unsigned i = (k + 1) % 3, j = (k + 2) % 3;
        const int32_t left = times(graph, weft_call_component(graph, args[0], i),
                                   weft_call_component(graph, args[1], j));
        const int32_t right = times(graph, weft_call_component(graph, args[0], j),
                                    weft_call_component(graph, args[1], i));
        result[k] = weft_call_named(graph, "-", (int32_t[]){left, right}, 2);
    }
    return graph->failed ? -1 : weft_node_vector(graph, result, 3);
}

/* --- fused instructions ----------------------------------------------------------------------- */

enum { MOST = 32 }; /* operands of a fused instruction: dotk has 16 strips and 16 scalars */

/* Operands of a fused instruction: strips a, then scalars b, all f32 or f64. */
typedef struct operands {
    int32_t node[MOST];
    unsigned n_a, n_b;
    unsigned type; /* f16 and bf16: what the results are rounded to */
} operands;

/* Brings all to their common float type, and computes f16 and bf16 in f32. */
static bool bring_to_type(weft_graph *graph, operands *all)
{
    const unsigned n = all->n_a + all->n_b;
    for (unsigned i = 0; i < n; i++)
        if (!weft_node_usable(graph, all->node[i]))
            return false;
    all->type = weft_float_type(weft_common_type(graph, all->node, n));
    for (unsigned i = 0; i < n; i++) {
        all->node[i] = weft_as(graph, all->node[i], all->type);
        if (weft_type_is_half(all->type))
            all->node[i] = weft_node_cvt(graph, WEFT_F32, all->node[i]);
    }
    return !graph->failed;
}

/* Whether b are scalars and a are not, so that the instruction can be used. */
static bool can_fuse(const weft_graph *graph, const operands *all)
{
    bool strips = false;
    for (unsigned i = 0; i < all->n_a; i++)
        strips = strips || !weft_is_scalar(graph, all->node[i]);
    for (unsigned i = 0; i < all->n_b; i++)
        if (!weft_is_scalar(graph, all->node[all->n_a + i]))
            return false;
    return strips;
}

static int32_t rounded(weft_graph *graph, const operands *all, int32_t value)
{
    return weft_type_is_half(all->type) ? weft_node_cvt(graph, (weft_dtype)all->type, value)
                                        : value;
}

static int32_t fused_results(weft_graph *graph, const operands *all, unsigned op, unsigned k,
                             unsigned n)
{
    int32_t result[WEFT_MAX_FUSED_RESULTS];
    const int32_t node = weft_node_fused(graph, op, k, all->node, all->n_a + all->n_b);
    for (unsigned i = 0; i < n; i++)
        result[i] = rounded(graph, all, weft_node_part(graph, node, i));
    if (graph->failed)
        return -1;
    return n == 1 ? result[0] : weft_node_vector(graph, result, n);
}

static int32_t fma_of(weft_graph *graph, int32_t a, int32_t b, int32_t c)
{
    return weft_op3(graph, WEFT_OP_FMA, a, b, c);
}

/* --- dotk, affine ----------------------------------------------------------------------------- */

/* a0 * b0 + a1 * b1 + ... + what is there already (-1: nothing). */
static int32_t dot_of(weft_graph *graph, const int32_t *a, const int32_t *b, unsigned n,
                      int32_t sum)
{
    for (unsigned i = 0; i < n && !graph->failed; i++)
        sum = sum < 0 ? weft_op2(graph, WEFT_OP_MUL, a[i], b[i]) : fma_of(graph, a[i], b[i], sum);
    return sum;
}

static void take_components(const weft_graph *graph, operands *all, int32_t a, int32_t b)
{
    all->n_a = width_of(graph, a);
    all->n_b = width_of(graph, b);
    for (unsigned i = 0; i < all->n_a; i++)
        all->node[i] = weft_call_component(graph, a, i);
    for (unsigned i = 0; i < all->n_b; i++)
        all->node[all->n_a + i] = weft_call_component(graph, b, i);
}

static bool is_uniform(const weft_graph *graph, int32_t vector)
{
    for (unsigned i = 0; i < width_of(graph, vector); i++)
        if (!weft_is_scalar(graph, weft_call_component(graph, vector, i)))
            return false;
    return true;
}

int32_t weft_build_dotk(weft_graph *graph, unsigned code, const int32_t *args, unsigned n)
{
    operands all;
    (void)code;
    if (!are_vectors(graph, "dotk", args, n, 0))
        return -1;
    const bool exchanged = is_uniform(graph, args[0]); /* its products are the same */
    take_components(graph, &all, args[exchanged], args[!exchanged]);
    if (!bring_to_type(graph, &all))
        return -1;
    if (can_fuse(graph, &all))
        return fused_results(graph, &all, WEFT_OP_DOTK, all.n_a, 1);
    return rounded(graph, &all, dot_of(graph, all.node, all.node + all.n_a, all.n_a, -1));
}

int32_t weft_build_affine(weft_graph *graph, unsigned code, const int32_t *args, unsigned n)
{
    operands all;
    int32_t result[3];
    (void)code;
    (void)n;
    const unsigned size = width_of(graph, args[0]), columns = size / 3;
    if ((size != 9 && size != 12) || width_of(graph, args[1]) != 3)
        return weft_graph_fail(graph, WEFT_ERR_SYNTAX,
                               "affine needs a vector of 9 or 12 components and one of 3");
    take_components(graph, &all, args[1], args[0]);
    if (!bring_to_type(graph, &all))
        return -1;
    if (can_fuse(graph, &all))
        return fused_results(graph, &all, size == 9 ? WEFT_OP_AFFINE3 : WEFT_OP_AFFINE34, 0, 3);
    for (unsigned i = 0; i < 3; i++) {
        const int32_t *row = all.node + 3 + i * columns;
        result[i] =
            rounded(graph, &all, dot_of(graph, all.node, row, 3, columns == 4 ? row[3] : -1));
    }
    return graph->failed ? -1 : weft_node_vector(graph, result, 3);
}

/* --- quaternions ------------------------------------------------------------------------------ */

/* Term of a component of qmul: the number of q's component, that of r's, and whether it is taken
 * off; in the order of the instruction. */
typedef struct term {
    uint8_t q, r;
    bool minus;
} term;

static const term product_terms[4][4] = {
    {{0, 0, false}, {1, 1, true}, {2, 2, true}, {3, 3, true}},
    {{1, 0, false}, {0, 1, false}, {3, 2, false}, {2, 3, true}},
    {{2, 0, false}, {3, 1, true}, {0, 2, false}, {1, 3, false}},
    {{3, 0, false}, {2, 1, false}, {1, 2, true}, {0, 3, false}},
};

int32_t weft_build_qmul(weft_graph *graph, unsigned code, const int32_t *args, unsigned n)
{
    operands all;
    int32_t result[4];
    (void)code;
    if (!are_vectors(graph, "qmul", args, n, 4))
        return -1;
    take_components(graph, &all, args[1], args[0]);
    if (!bring_to_type(graph, &all))
        return -1;
    if (can_fuse(graph, &all))
        return fused_results(graph, &all, WEFT_OP_QMUL, 0, 4);
    for (unsigned i = 0; i < 4; i++) {
        int32_t sum = -1;
        for (unsigned j = 0; j < 4 && !graph->failed; j++) {
            const term *at = &product_terms[i][j];
            int32_t q = all.node[at->q], r = all.node[4 + at->r];
            r = at->minus ? weft_op1(graph, WEFT_OP_NEG, r) : r;
            sum = dot_of(graph, &q, &r, 1, sum);
        }
        result[i] = rounded(graph, &all, sum);
    }
    return graph->failed ? -1 : weft_node_vector(graph, result, 4);
}

/* --- polynomials ------------------------------------------------------------------------------ */

int32_t weft_build_horner(weft_graph *graph, unsigned code, const int32_t *args, unsigned n)
{
    bool scalars = !weft_is_scalar(graph, args[0]);
    (void)code;
    for (unsigned i = 1; i < n; i++)
        scalars = scalars && weft_is_scalar(graph, args[i]);
    if (scalars)
        return weft_node_part(graph, weft_node_fused(graph, WEFT_OP_HORNER, n - 2, args, n), 0);
    int32_t sum = args[1];
    for (unsigned i = 2; i < n && !graph->failed; i++)
        sum = fma_of(graph, sum, args[0], args[i]);
    return sum;
}
