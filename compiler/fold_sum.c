/* compiler/fold_sum.c: identities of sums: negations, constants, products that a sum takes in (mad,
 * and fma where contraction is allowed), polynomials (compiler/fold.h). */

#include "compiler/fold.h"

static bool is_zero(const weft_graph *graph, int32_t c)
{
    const unsigned type = weft_type_of(graph, c);
    /* x + 0 is +0 where x is -0, but x + -0 is x. */
    return weft_is_number(graph, c, weft_type_is_int(type) ? 0 : -0.0);
}

/* Whether -x costs nothing for each element, beside values that vary as `beside` does. */
static bool negates_for_free(const weft_graph *graph, int32_t x, int32_t beside)
{
    return weft_is_const(graph, x) || weft_is_op(graph, x, WEFT_OP_NEG) ||
           (weft_is_scalar(graph, x) && !weft_is_scalar(graph, beside));
}

static int32_t negated(weft_graph *graph, int32_t x)
{
    return weft_op1(graph, WEFT_OP_NEG, x);
}

/* a * b + c, where product is a * b: with the same bits as the two, or in one rounding if that is
 * allowed. */
static int32_t multiply_add(weft_graph *graph, int32_t a, int32_t b, int32_t c)
{
    if (a < 0 || b < 0 || c < 0)
        return -1;
    const bool once = weft_contracts(graph, weft_type_of(graph, a));
    return weft_op3(graph, once ? WEFT_OP_FMA : WEFT_OP_MAD, a, b, c);
}

/* x + c where x is itself something and a constant. */
static int32_t add_constants(weft_graph *graph, int32_t x, int32_t c)
{
    const weft_node left = *weft_node_at(graph, x);
    if (!weft_reorders(graph, left.type))
        return -1;
    if (weft_is_op(graph, x, WEFT_OP_ADD) && weft_is_const(graph, left.arg[1]))
        return weft_op2(graph, WEFT_OP_ADD, left.arg[0],
                        weft_op2(graph, WEFT_OP_ADD, left.arg[1], c));
    if ((weft_is_op(graph, x, WEFT_OP_MAD) || weft_is_op(graph, x, WEFT_OP_FMA)) &&
        weft_is_const(graph, left.arg[2]))
        return weft_op3(graph, left.op, left.arg[0], left.arg[1],
                        weft_op2(graph, WEFT_OP_ADD, left.arg[2], c));
    if (weft_is_op(graph, x, WEFT_OP_SUB) && weft_is_const(graph, left.arg[0]))
        return weft_op2(graph, WEFT_OP_SUB, weft_op2(graph, WEFT_OP_ADD, left.arg[0], c),
                        left.arg[1]);
    return -1;
}

/* Constants move out of sums, to where they meet each other. */
static int32_t gather_terms(weft_graph *graph, int32_t a, int32_t b)
{
    for (unsigned turn = 0; turn < 2; turn++) {
        const int32_t x = turn ? b : a, y = turn ? a : b;
        const weft_node left = *weft_node_at(graph, x);
        if (weft_is_op(graph, x, WEFT_OP_ADD) && weft_is_const(graph, left.arg[1]))
            return weft_op2(graph, WEFT_OP_ADD, weft_op2(graph, WEFT_OP_ADD, left.arg[0], y),
                            left.arg[1]);
    }
    return -1;
}

int32_t weft_fold_add(weft_graph *graph, const weft_node *wanted)
{
    const int32_t a = wanted->arg[0], b = wanted->arg[1];
    const weft_node left = *weft_node_at(graph, a), right = *weft_node_at(graph, b);
    int32_t folded = -1;
    if (weft_is_const(graph, b)) {
        if (is_zero(graph, b))
            return a;
        folded = add_constants(graph, a, b);
    } else if (weft_reorders(graph, wanted->type)) {
        folded = gather_terms(graph, a, b);
    }
    if (folded >= 0 || graph->failed)
        return folded;
    if (weft_is_op(graph, b, WEFT_OP_NEG))
        return weft_op2(graph, WEFT_OP_SUB, a, right.arg[0]);
    if (weft_is_op(graph, a, WEFT_OP_NEG) && !weft_is_const(graph, b))
        return weft_op2(graph, WEFT_OP_SUB, b, left.arg[0]);
    if (weft_is_op(graph, b, WEFT_OP_MUL))
        return multiply_add(graph, right.arg[0], right.arg[1], a);
    if (weft_is_op(graph, a, WEFT_OP_MUL))
        return multiply_add(graph, left.arg[0], left.arg[1], b);
    return -1;
}

/* a - x * y as x * -y + a. */
static int32_t subtract_product(weft_graph *graph, int32_t a, const weft_node *product)
{
    const bool any = weft_contracts(graph, product->type);
    const int32_t x = product->arg[0], y = product->arg[1];
    if (negates_for_free(graph, y, x))
        return multiply_add(graph, x, negated(graph, y), a);
    if (any || negates_for_free(graph, x, y))
        return multiply_add(graph, negated(graph, x), y, a);
    return -1;
}

int32_t weft_fold_sub(weft_graph *graph, const weft_node *wanted)
{
    const int32_t a = wanted->arg[0], b = wanted->arg[1];
    const unsigned type = wanted->type;
    const weft_node left = *weft_node_at(graph, a), right = *weft_node_at(graph, b);
    if (a == b && weft_type_is_int(type))
        return weft_node_integer(graph, type, 0);
    if (weft_is_const(graph, b))
        return weft_op2(graph, WEFT_OP_ADD, a, negated(graph, b));
    if (weft_is_const(graph, a) && is_zero(graph, a))
        return negated(graph, b); /* -0 - x; of floats 0 - x is something else where x is 0 */
    if (weft_is_op(graph, b, WEFT_OP_NEG))
        return weft_op2(graph, WEFT_OP_ADD, a, right.arg[0]);
    if (weft_is_op(graph, b, WEFT_OP_MUL)) {
        const int32_t folded = subtract_product(graph, a, &right);
        if (folded >= 0 || graph->failed)
            return folded;
    }
    if (weft_is_op(graph, a, WEFT_OP_MUL) &&
        (weft_contracts(graph, type) || negates_for_free(graph, b, a)))
        return multiply_add(graph, left.arg[0], left.arg[1], negated(graph, b));
    return -1;
}

/* --- polynomials ------------------------------------------------------------------------------ */

/* The polynomial of scalars in x that a node is, as Horner's rule has it, or NULL. */
static const weft_node *polynomial_in(const weft_graph *graph, int32_t node, int32_t x)
{
    const weft_node *part = weft_node_at(graph, node);
    if (part->kind != WEFT_NODE_PART)
        return NULL;
    const weft_node *whole = weft_node_at(graph, part->arg[0]);
    const bool is_horner = whole->kind == WEFT_NODE_FUSED && whole->op == WEFT_OP_HORNER;
    return is_horner && *weft_list_at(graph, whole) == x ? whole : NULL;
}

/* fma(t, x, c) with t = fma(c0, x, c1), or longer. */
static int32_t extend_polynomial(weft_graph *graph, int32_t t, int32_t x, int32_t c)
{
    enum { MOST = 8 };
    int32_t list[MOST + 2];
    unsigned n = 0;
    if (weft_is_scalar(graph, x) || !weft_is_scalar(graph, c))
        return -1;
    const weft_node *before = weft_node_at(graph, t);
    const weft_node *longer = polynomial_in(graph, t, x);
    if (longer && longer->k < MOST) {
        for (n = 0; n < longer->k + 2u; n++)
            list[n] = weft_list_at(graph, longer)[n];
    } else if (weft_is_op(graph, t, WEFT_OP_FMA) && weft_is_scalar(graph, before->arg[2])) {
        const int32_t p = before->arg[0], q = before->arg[1];
        if ((p != x && q != x) || !weft_is_scalar(graph, p == x ? q : p))
            return -1;
        list[n++] = x;
        list[n++] = p == x ? q : p;
        list[n++] = before->arg[2];
    } else {
        return -1;
    }
    list[n++] = c;
    return weft_node_part(graph, weft_node_fused(graph, WEFT_OP_HORNER, n - 2, list, n), 0);
}

int32_t weft_fold_mad(weft_graph *graph, const weft_node *wanted)
{
    const int32_t a = wanted->arg[0], b = wanted->arg[1], c = wanted->arg[2];
    const unsigned type = wanted->type;
    if (weft_is_number(graph, b, 1))
        return weft_op2(graph, WEFT_OP_ADD, a, c);
    if (weft_is_const(graph, c) && is_zero(graph, c))
        return weft_op2(graph, WEFT_OP_MUL, a, b);
    if (weft_is_const(graph, b) && weft_is_number(graph, b, -1))
        return weft_op2(graph, WEFT_OP_SUB, c, a);
    if (weft_type_is_int(type) && weft_is_number(graph, b, 0))
        return c;
    if (weft_is_op(graph, a, WEFT_OP_NEG) && negates_for_free(graph, b, a))
        return weft_op3(graph, wanted->op, weft_node_at(graph, a)->arg[0], negated(graph, b), c);
    if (wanted->op != WEFT_OP_FMA)
        return -1;
    const int32_t folded = extend_polynomial(graph, a, b, c);
    return folded >= 0 || graph->failed ? folded : extend_polynomial(graph, b, a, c);
}
