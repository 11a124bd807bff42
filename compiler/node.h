/* compiler/node.h: what the files that make nodes share: making one that is there already only
 * once, and a few questions about nodes (compiler/graph.h is for all others). */
#ifndef WEFT_COMPILER_NODE_H
#define WEFT_COMPILER_NODE_H

#include "compiler/graph.h"
#include "isa/literal.h"

enum { WEFT_MAX_NODES = 65536, WEFT_MAX_LIST = 1 << 20 };

/* A node with nothing in it, of that kind. */
weft_node weft_node_blank(weft_node_kind kind);
/* The node that is equal to the wanted one, made if need be. Its operands are arg[0..2] and the
 * list; loop, depth and cost are found here. -1 after an error. Not folded. */
int32_t weft_node_intern(weft_graph *graph, weft_node *wanted, const int32_t *list, unsigned n);
/* Whether a is a node that an operation can take: after an error, or of a vector, false. */
bool weft_node_usable(weft_graph *graph, int32_t a);
/* Whether two types are the same; else the error says which operand of what is wrong. */
bool weft_node_has_type(weft_graph *graph, const char *what, unsigned operand, int32_t a,
                        unsigned type);
/* A mov of an f64 that is made of literals only. */
int32_t weft_node_weak(weft_graph *graph, int32_t a);

/* Whether the open loop is `loop` or inside it. */
bool weft_loop_is_open(const weft_graph *graph, int32_t loop);

/* The same axes in the same places. */
bool weft_axes_equal(const weft_graph *graph, const weft_axes *a, const weft_axes *b);
bool weft_axes_have(const weft_graph *graph, const weft_axes *axes, unsigned axis);
/* With each axis as the one that stands for it. */
weft_axes weft_axes_canonical(const weft_graph *graph, const weft_axes *axes);
/* No axis but WEFT_AXIS_ONE: the same value for all elements. */
static inline bool weft_axes_empty(const weft_axes *axes)
{
    for (unsigned i = 0; i < axes->rank; i++)
        if (axes->axis[i] != WEFT_AXIS_ONE)
            return false;
    return true;
}

static inline unsigned weft_type_of(const weft_graph *graph, int32_t node)
{
    return weft_node_at(graph, node)->type;
}
static inline bool weft_is_const(const weft_graph *graph, int32_t node)
{
    return weft_node_at(graph, node)->kind == WEFT_NODE_CONST;
}
/* One value for all elements. */
static inline bool weft_is_scalar(const weft_graph *graph, int32_t node)
{
    return weft_axes_empty(&weft_node_at(graph, node)->axes);
}
static inline bool weft_is_op(const weft_graph *graph, int32_t node, unsigned op)
{
    const weft_node *at = weft_node_at(graph, node);
    return at->kind == WEFT_NODE_OP && at->op == op;
}

static inline bool weft_type_is_weak(unsigned type)
{
    return type == WEFT_WEAK_INT || type == WEFT_WEAK_FLOAT;
}
static inline bool weft_type_is_half(unsigned type)
{
    return type == WEFT_F16 || type == WEFT_BF16;
}
static inline bool weft_type_is_int(unsigned type)
{
    return weft_type_in(WEFT_MASK_INT, type);
}
static inline bool weft_type_is_signed(unsigned type)
{
    return weft_type_in(WEFT_MASK_SIGNED, type);
}
/* f32 and f64: what is computed in. */
static inline bool weft_type_is_float(unsigned type)
{
    return weft_type_in(WEFT_MASK_FLOAT, type);
}

/* Bits of a number of a type of weft_dtype; integers wrap, floats are rounded once. */
uint64_t weft_bits_of_int(unsigned type, int64_t value);
uint64_t weft_bits_of_float(unsigned type, double value); /* f16, bf16, f32, f64 */
/* The value of such bits of integers and bool; of floats: weft_float_of_bits of isa/literal.h. */
int64_t weft_int_of_bits(unsigned type, uint64_t bits);
/* Constants by value: float types take a double, the others an integer. */
int32_t weft_node_number(weft_graph *graph, unsigned type, double value);
int32_t weft_node_integer(weft_graph *graph, unsigned type, int64_t value);
/* Whether the node is a constant of that value (0 is +0, not -0). */
bool weft_is_number(const weft_graph *graph, int32_t node, double value);

/* Operations of the type of their first operand. */
static inline int32_t weft_op1(weft_graph *graph, unsigned op, int32_t a)
{
    return a < 0 ? -1 : weft_node_op(graph, op, (weft_dtype)weft_type_of(graph, a), a, -1, -1);
}
static inline int32_t weft_op2(weft_graph *graph, unsigned op, int32_t a, int32_t b)
{
    return a < 0 ? -1 : weft_node_op(graph, op, (weft_dtype)weft_type_of(graph, a), a, b, -1);
}
static inline int32_t weft_op3(weft_graph *graph, unsigned op, int32_t a, int32_t b, int32_t c)
{
    return a < 0 ? -1 : weft_node_op(graph, op, (weft_dtype)weft_type_of(graph, a), a, b, c);
}
/* a where c holds, else b. */
static inline int32_t weft_select(weft_graph *graph, int32_t c, int32_t a, int32_t b)
{
    return a < 0 ? -1
                 : weft_node_op(graph, WEFT_OP_SEL, (weft_dtype)weft_type_of(graph, a), c, a, b);
}

/* fold.c: puts the operands of commutative operations, and of comparisons, in one order: older
 * nodes first, constants last. */
void weft_fold_order(const weft_graph *graph, weft_node *wanted);

#endif
