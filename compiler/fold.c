/* compiler/fold.c: operations of constants, and identities that keep every bit of a result (or what
 * the `fast` flags allow); compiler/graph.h. Of a NaN the sign and what it carries are nobody's
 * (docs/isa.md, Numerics). Every rule makes something that costs less, so that rules which use each
 * other come to an end. Neighbours: fold_sum.c, fold_logic.c, fold_convert.c; graph.c calls. */
#include "compiler/fold.h"

#include <math.h>
#include <string.h>

/* --- constants -------------------------------------------------------------------------------- */

/* A constant as kernels read and write it. */
typedef union cell {
    uint8_t b1;
    uint16_t b2;
    uint32_t b4;
    uint64_t b8;
} cell;

static cell cell_of(unsigned type, uint64_t bits)
{
    cell value = {.b8 = 0};
    switch (weft_dtype_size((weft_dtype)type)) {
    case 1:
        value.b1 = (uint8_t)bits;
        break;
    case 2:
        value.b2 = (uint16_t)bits;
        break;
    case 4:
        value.b4 = (uint32_t)bits;
        break;
    default:
        value.b8 = bits;
        break;
    }
    return value;
}

static uint64_t bits_of(unsigned type, const cell *value)
{
    switch (weft_dtype_size((weft_dtype)type)) {
    case 1:
        return value->b1;
    case 2:
        return value->b2;
    case 4:
        return value->b4;
    default:
        return value->b8;
    }
}

/* Operations that keep the bits of a NaN; all others give the one NaN. */
static bool keeps_nan(unsigned op)
{
    return op == WEFT_OP_NEG || op == WEFT_OP_ABS || op == WEFT_OP_COPYSIGN || op == WEFT_OP_SEL;
}

static uint64_t one_nan(unsigned op, unsigned type, uint64_t bits)
{
    const bool is_float = weft_type_is_float(type) || weft_type_is_half(type);
    if (is_float && !keeps_nan(op) && isnan(weft_float_of_bits(type, bits)))
        return weft_bits_of_float(type, (double)NAN);
    return bits;
}

static bool is_exact(unsigned op, unsigned type)
{
    const weft_op_row *row = weft_op_row_of(op);
    return (type == WEFT_F64 ? row->ulp_f64 : row->ulp_f32) == 0;
}

static int32_t fold_constants(weft_graph *graph, const weft_node *wanted)
{
    const unsigned type = wanted->type2 ? wanted->type2 : wanted->type; /* of the operands */
    cell operands[3], result = {.b8 = 0};
    if (wanted->op == WEFT_OP_SEL) /* its kernel has the condition last: weft_fold_select */
        return -1;
    for (unsigned i = 0; i < 3; i++) {
        if (wanted->arg[i] < 0)
            continue;
        const weft_node *operand = weft_node_at(graph, wanted->arg[i]);
        if (operand->kind != WEFT_NODE_CONST)
            return -1;
        operands[i] = cell_of(operand->type, operand->imm);
    }
    if (wanted->op == WEFT_OP_SEL || !is_exact(wanted->op, type))
        return -1; /* of sel a condition is enough: fold_logic.c */
    weft_kernel *kernel = wanted->op == WEFT_OP_CVT
                              ? graph->kernels->convert[wanted->type][wanted->type2]
                              : weft_kernel_find(graph->kernels, wanted->op, type, 0);
    if (!kernel)
        return -1;
    kernel(&result, &operands[0], &operands[1], &operands[2], 1);
    const uint64_t bits = bits_of(wanted->type, &result);
    return weft_node_const(graph, wanted->type, one_nan(wanted->op, wanted->type, bits));
}

/* --- the order of operands -------------------------------------------------------------------- */

/* The operation with its operands exchanged, or 0 where there is none. */
static unsigned mirrored(unsigned op)
{
    switch (op) {
    case WEFT_OP_LT:
        return WEFT_OP_GT;
    case WEFT_OP_GT:
        return WEFT_OP_LT;
    case WEFT_OP_LE:
        return WEFT_OP_GE;
    case WEFT_OP_GE:
        return WEFT_OP_LE;
    case WEFT_OP_ADD:
    case WEFT_OP_MUL:
    case WEFT_OP_MIN:
    case WEFT_OP_MAX:
    case WEFT_OP_FMIN:
    case WEFT_OP_FMAX:
    case WEFT_OP_FMA:
    case WEFT_OP_MAD:
    case WEFT_OP_AND:
    case WEFT_OP_OR:
    case WEFT_OP_XOR:
    case WEFT_OP_EQ:
    case WEFT_OP_NE:
    case WEFT_OP_ONE:
    case WEFT_OP_UEQ:
    case WEFT_OP_ORD:
    case WEFT_OP_UNO:
        return op;
    default:
        return 0;
    }
}

void weft_fold_order(const weft_graph *graph, weft_node *wanted)
{
    const unsigned op = mirrored(wanted->op);
    const int32_t a = wanted->arg[0], b = wanted->arg[1];
    if (!op)
        return;
    const bool first = weft_is_const(graph, a), second = weft_is_const(graph, b);
    if (first != second ? second : a <= b)
        return;
    wanted->op = (uint8_t)op;
    wanted->arg[0] = b;
    wanted->arg[1] = a;
}

/* --- products and quotients ------------------------------------------------------------------- */

int weft_power_of_two(unsigned type, uint64_t bits)
{
    if (!weft_type_is_int(type) || bits == 0 || (bits & (bits - 1)) != 0)
        return -1;
    int k = 0;
    while (bits >> k != 1)
        k++;
    return k;
}

static int32_t times_constant(weft_graph *graph, const weft_node *wanted, int32_t a, int32_t c)
{
    const unsigned type = wanted->type;
    const weft_node left = *weft_node_at(graph, a);
    const int shift = weft_power_of_two(type, weft_node_at(graph, c)->imm);
    if (weft_is_number(graph, c, 1))
        return a;
    if (weft_is_number(graph, c, -1))
        return weft_op1(graph, WEFT_OP_NEG, a);
    if (weft_type_is_int(type) && weft_is_number(graph, c, 0))
        return c;
    if (weft_is_op(graph, a, WEFT_OP_NEG))
        return weft_op2(graph, WEFT_OP_MUL, left.arg[0], weft_op1(graph, WEFT_OP_NEG, c));
    if (weft_is_op(graph, a, WEFT_OP_MUL) && weft_is_const(graph, left.arg[1]) &&
        weft_reorders(graph, type))
        return weft_op2(graph, WEFT_OP_MUL, left.arg[0],
                        weft_op2(graph, WEFT_OP_MUL, left.arg[1], c));
    /* Scalars may be parts of addresses, which have products but no shifts (docs/isa.md). */
    if (shift > 0 && !weft_is_scalar(graph, a))
        return weft_op2(graph, WEFT_OP_SHL, a, weft_node_integer(graph, type, shift));
    return -1;
}

/* Constants move out of products, to where they meet each other. */
static int32_t gather_factors(weft_graph *graph, int32_t a, int32_t b)
{
    for (unsigned turn = 0; turn < 2; turn++) {
        const int32_t x = turn ? b : a, y = turn ? a : b;
        const weft_node left = *weft_node_at(graph, x);
        if (weft_is_op(graph, x, WEFT_OP_MUL) && weft_is_const(graph, left.arg[1]))
            return weft_op2(graph, WEFT_OP_MUL, weft_op2(graph, WEFT_OP_MUL, left.arg[0], y),
                            left.arg[1]);
    }
    return -1;
}

static int32_t fold_mul(weft_graph *graph, const weft_node *wanted)
{
    const int32_t a = wanted->arg[0], b = wanted->arg[1];
    if (weft_is_const(graph, b))
        return times_constant(graph, wanted, a, b);
    if (weft_is_op(graph, a, WEFT_OP_NEG) && weft_is_op(graph, b, WEFT_OP_NEG))
        return weft_op2(graph, WEFT_OP_MUL, weft_node_at(graph, a)->arg[0],
                        weft_node_at(graph, b)->arg[0]);
    return weft_reorders(graph, wanted->type) ? gather_factors(graph, a, b) : -1;
}

/* The reciprocal of a float constant if it is a number and, unless any will do, exact; else -1. */
static int32_t reciprocal(weft_graph *graph, int32_t c, bool any)
{
    const unsigned type = weft_type_of(graph, c);
    const double x = weft_float_of_bits(type, weft_node_at(graph, c)->imm);
    int exponent;
    const double y = 1 / x, rounded = type == WEFT_F32 ? (double)(float)y : y;
    if (isnan(x) || !isfinite(rounded) || rounded == 0)
        return -1;
    if (!any && (fabs(frexp(x, &exponent)) != 0.5 || rounded * x != 1))
        return -1;
    return weft_node_number(graph, type, rounded);
}

static int32_t divide_floats(weft_graph *graph, int32_t a, int32_t b)
{
    const bool any = (graph->flags & WEFT_FAST_REASSOCIATE) != 0;
    if (weft_is_const(graph, b)) {
        const int32_t factor = reciprocal(graph, b, any);
        return factor < 0 ? -1 : weft_op2(graph, WEFT_OP_MUL, a, factor);
    }
    if (weft_is_number(graph, a, 1))
        return weft_op1(graph, WEFT_OP_RECIP, b);
    if (weft_is_op(graph, a, WEFT_OP_NEG) && weft_is_op(graph, b, WEFT_OP_NEG))
        return weft_op2(graph, WEFT_OP_DIV, weft_node_at(graph, a)->arg[0],
                        weft_node_at(graph, b)->arg[0]);
    if (any && weft_is_op(graph, b, WEFT_OP_SQRT))
        return weft_op2(graph, WEFT_OP_MUL, a,
                        weft_op1(graph, WEFT_OP_RSQRT, weft_node_at(graph, b)->arg[0]));
    if (any && weft_is_scalar(graph, b) && !weft_is_scalar(graph, a))
        return weft_op2(graph, WEFT_OP_MUL, a, weft_op1(graph, WEFT_OP_RECIP, b));
    return -1;
}

static int32_t fold_div(weft_graph *graph, const weft_node *wanted)
{
    const int32_t a = wanted->arg[0], b = wanted->arg[1];
    const unsigned type = wanted->type;
    if (weft_is_number(graph, b, 1))
        return a;
    if (weft_is_number(graph, b, -1))
        return weft_op1(graph, WEFT_OP_NEG, a);
    if (weft_type_is_float(type))
        return divide_floats(graph, a, b);
    const int shift =
        weft_is_const(graph, b) ? weft_power_of_two(type, weft_node_at(graph, b)->imm) : -1;
    if (shift > 0 && !weft_type_is_signed(type))
        return weft_op2(graph, WEFT_OP_SHR, a, weft_node_integer(graph, type, shift));
    return -1;
}

static int32_t fold_rem(weft_graph *graph, const weft_node *wanted)
{
    const int32_t a = wanted->arg[0], b = wanted->arg[1];
    const unsigned type = wanted->type;
    if (weft_type_is_float(type) || !weft_is_const(graph, b))
        return -1;
    const uint64_t bits = weft_node_at(graph, b)->imm;
    if (weft_is_number(graph, b, 1) || weft_is_number(graph, b, -1))
        return weft_node_integer(graph, type, 0);
    if (!weft_type_is_signed(type) && weft_power_of_two(type, bits) > 0)
        return weft_op2(graph, WEFT_OP_AND, a, weft_node_const(graph, type, bits - 1));
    return -1;
}

/* --- one operand ------------------------------------------------------------------------------ */

static int32_t fold_neg(weft_graph *graph, const weft_node *wanted)
{
    const int32_t a = wanted->arg[0];
    const weft_node operand = *weft_node_at(graph, a);
    if (weft_is_op(graph, a, WEFT_OP_NEG))
        return operand.arg[0];
    if (weft_is_op(graph, a, WEFT_OP_SUB) && weft_type_is_int(wanted->type))
        return weft_op2(graph, WEFT_OP_SUB, operand.arg[1], operand.arg[0]);
    if (weft_is_op(graph, a, WEFT_OP_MUL) && weft_is_const(graph, operand.arg[1]))
        return weft_op2(graph, WEFT_OP_MUL, operand.arg[0],
                        weft_op1(graph, WEFT_OP_NEG, operand.arg[1]));
    return -1;
}

static int32_t fold_abs(weft_graph *graph, const weft_node *wanted)
{
    const int32_t a = wanted->arg[0];
    const unsigned type = wanted->type;
    if (weft_is_op(graph, a, WEFT_OP_ABS) || (weft_type_is_int(type) && !weft_type_is_signed(type)))
        return a;
    if (weft_is_op(graph, a, WEFT_OP_NEG))
        return weft_op1(graph, WEFT_OP_ABS, weft_node_at(graph, a)->arg[0]);
    return -1;
}

/* --- least and greatest ----------------------------------------------------------------------- */

static int32_t fold_least(weft_graph *graph, const weft_node *wanted)
{
    const int32_t a = wanted->arg[0], b = wanted->arg[1];
    if (a == b)
        return a;
    if (wanted->op != WEFT_OP_MIN)
        return -1;
    const int32_t inner = weft_is_op(graph, a, WEFT_OP_MAX)   ? a
                          : weft_is_op(graph, b, WEFT_OP_MAX) ? b
                                                              : -1;
    if (inner < 0)
        return -1;
    const weft_node *most = weft_node_at(graph, inner);
    return weft_op3(graph, WEFT_OP_CLAMP, most->arg[0], most->arg[1], inner == a ? b : a);
}

/* --- reductions ------------------------------------------------------------------------------- */

/* sum(a * b) is dot(a, b): each product is rounded there too. Of integers it is not: these are
 * multiplied in 64 bits. Both must vary along the innermost of the axes, where strips run. */
static int32_t fold_reduce(weft_graph *graph, const weft_node *wanted)
{
    if (wanted->op != WEFT_OP_SUM || !weft_is_op(graph, wanted->arg[0], WEFT_OP_MUL) ||
        !weft_type_is_float(wanted->type2))
        return -1;
    const weft_node *product = weft_node_at(graph, wanted->arg[0]);
    const int32_t a = product->arg[0], b = product->arg[1];
    const unsigned last = wanted->reduced.axis[wanted->reduced.rank - 1u];
    if (!weft_axes_have(graph, &weft_node_at(graph, a)->axes, last) ||
        !weft_axes_have(graph, &weft_node_at(graph, b)->axes, last))
        return -1;
    return weft_node_reduce(graph, WEFT_OP_DOT, a, b, &wanted->reduced);
}

/* --- all -------------------------------------------------------------------------------------- */

static int32_t fold_op(weft_graph *graph, const weft_node *wanted)
{
    switch (wanted->op) {
    case WEFT_OP_ADD:
        return weft_fold_add(graph, wanted);
    case WEFT_OP_SUB:
        return weft_fold_sub(graph, wanted);
    case WEFT_OP_FMA:
    case WEFT_OP_MAD:
        return weft_fold_mad(graph, wanted);
    case WEFT_OP_MUL:
        return fold_mul(graph, wanted);
    case WEFT_OP_DIV:
        return fold_div(graph, wanted);
    case WEFT_OP_REM:
        return fold_rem(graph, wanted);
    case WEFT_OP_NEG:
        return fold_neg(graph, wanted);
    case WEFT_OP_ABS:
        return fold_abs(graph, wanted);
    case WEFT_OP_RECIP: /* two roundings, as rsqrt is */
        return weft_is_op(graph, wanted->arg[0], WEFT_OP_SQRT)
                   ? weft_op1(graph, WEFT_OP_RSQRT, weft_node_at(graph, wanted->arg[0])->arg[0])
                   : -1;
    case WEFT_OP_MIN:
    case WEFT_OP_MAX:
    case WEFT_OP_FMIN:
    case WEFT_OP_FMAX:
        return fold_least(graph, wanted);
    case WEFT_OP_CVT:
        return weft_fold_convert(graph, wanted);
    case WEFT_OP_SEL:
        return weft_fold_select(graph, wanted);
    default:
        if (weft_op_row_of(wanted->op)->form == WEFT_FORM_COMPARE)
            return weft_fold_compare(graph, wanted);
        return wanted->op >= WEFT_OP_AND && wanted->op <= WEFT_OP_CLZ
                   ? weft_fold_logic(graph, wanted)
                   : -1;
    }
}

int32_t weft_fold(weft_graph *graph, const weft_node *wanted)
{
    int32_t folded;
    if (graph->failed)
        return -1;
    if (wanted->kind == WEFT_NODE_REDUCE)
        return fold_reduce(graph, wanted);
    if ((wanted->op == WEFT_OP_DIV || wanted->op == WEFT_OP_REM) &&
        weft_type_is_int(wanted->type) && weft_is_number(graph, wanted->arg[1], 0))
        folded = weft_node_integer(graph, wanted->type, 0);
    else
        folded = fold_constants(graph, wanted);
    if (folded < 0 && !graph->failed)
        folded = fold_op(graph, wanted);
    /* What lost an operand may have lost axes with it. */
    return folded < 0 ? -1 : weft_node_spread(graph, folded, &wanted->axes);
}
