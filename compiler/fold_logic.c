/* compiler/fold_logic.c: identities of logic, shifts, comparisons and selection
 * (compiler/fold.h). */
#include "compiler/fold.h"

static uint64_t all_ones(unsigned type)
{
    return type == WEFT_BOOL ? 1 : weft_bits_of_int(type, -1);
}

static bool is_bits(const weft_graph *graph, int32_t node, uint64_t bits)
{
    return weft_is_const(graph, node) && weft_node_at(graph, node)->imm == bits;
}

static unsigned width_of(unsigned type)
{
    return (unsigned)weft_dtype_size((weft_dtype)type) * 8;
}

/* --- and, or, xor, not ------------------------------------------------------------------------ */

static int32_t fold_bitwise(weft_graph *graph, const weft_node *wanted)
{
    const int32_t a = wanted->arg[0], b = wanted->arg[1];
    const unsigned type = wanted->type, op = wanted->op;
    const bool none = is_bits(graph, b, 0), all = is_bits(graph, b, all_ones(type));
    if (a == b)
        return op == WEFT_OP_XOR ? weft_node_const(graph, type, 0) : a;
    if (none)
        return op == WEFT_OP_AND ? b : a;
    if (all)
        return op == WEFT_OP_AND ? a : op == WEFT_OP_OR ? b : weft_op1(graph, WEFT_OP_NOT, a);
    const weft_node left = *weft_node_at(graph, a);
    if (weft_is_const(graph, b) && weft_is_op(graph, a, op) && weft_is_const(graph, left.arg[1]))
        return weft_op2(graph, op, left.arg[0], weft_op2(graph, op, left.arg[1], b));
    return -1;
}

/* The comparison that holds exactly where another does not, or 0: with NaN none of <, <=, >, >= is
 * the opposite of another. */
static unsigned opposite(unsigned op, unsigned type)
{
    switch (op) {
    case WEFT_OP_EQ:
        return WEFT_OP_NE;
    case WEFT_OP_NE:
        return WEFT_OP_EQ;
    case WEFT_OP_ONE:
        return WEFT_OP_UEQ;
    case WEFT_OP_UEQ:
        return WEFT_OP_ONE;
    case WEFT_OP_ORD:
        return WEFT_OP_UNO;
    case WEFT_OP_UNO:
        return WEFT_OP_ORD;
    default:
        break;
    }
    if (weft_type_is_float(type))
        return 0;
    switch (op) {
    case WEFT_OP_LT:
        return WEFT_OP_GE;
    case WEFT_OP_GE:
        return WEFT_OP_LT;
    case WEFT_OP_GT:
        return WEFT_OP_LE;
    case WEFT_OP_LE:
        return WEFT_OP_GT;
    default:
        return 0;
    }
}

static int32_t fold_not(weft_graph *graph, const weft_node *wanted)
{
    const weft_node operand = *weft_node_at(graph, wanted->arg[0]);
    if (operand.kind != WEFT_NODE_OP)
        return -1;
    if (operand.op == WEFT_OP_NOT)
        return operand.arg[0];
    if (weft_op_row_of(operand.op)->form != WEFT_FORM_COMPARE)
        return -1;
    const unsigned other = opposite(operand.op, operand.type2);
    return other ? weft_op2(graph, other, operand.arg[0], operand.arg[1]) : -1;
}

/* --- shifts ----------------------------------------------------------------------------------- */

static int32_t fold_shift(weft_graph *graph, const weft_node *wanted)
{
    const int32_t a = wanted->arg[0], b = wanted->arg[1];
    const unsigned type = wanted->type, width = width_of(type);
    if (is_bits(graph, a, 0))
        return a;
    if (!weft_is_const(graph, b))
        return -1;
    const uint64_t bits = weft_node_at(graph, b)->imm, amount = bits & (width - 1);
    if (amount == 0)
        return a;
    if (amount != bits)
        return weft_op2(graph, wanted->op, a, weft_node_const(graph, type, amount));
    const weft_node left = *weft_node_at(graph, a);
    if (weft_is_op(graph, a, wanted->op) && weft_is_const(graph, left.arg[1])) {
        const uint64_t before = weft_node_at(graph, left.arg[1])->imm;
        if (before < width && before + amount < width)
            return weft_op2(graph, wanted->op, left.arg[0],
                            weft_node_const(graph, type, before + amount));
    }
    return -1;
}

int32_t weft_fold_logic(weft_graph *graph, const weft_node *wanted)
{
    switch (wanted->op) {
    case WEFT_OP_AND:
    case WEFT_OP_OR:
    case WEFT_OP_XOR:
        return fold_bitwise(graph, wanted);
    case WEFT_OP_NOT:
        return fold_not(graph, wanted);
    case WEFT_OP_SHL:
    case WEFT_OP_SHR:
    case WEFT_OP_ROTL:
        return fold_shift(graph, wanted);
    default:
        return -1;
    }
}

/* --- comparisons ------------------------------------------------------------------------------ */

/* x compared with itself. */
static int32_t compare_same(weft_graph *graph, unsigned op, unsigned type, int32_t x)
{
    const bool equal = op == WEFT_OP_EQ || op == WEFT_OP_LE || op == WEFT_OP_GE;
    if (!weft_type_is_float(type))
        return weft_node_const(graph, WEFT_BOOL, equal);
    switch (op) {
    case WEFT_OP_EQ:
    case WEFT_OP_LE:
    case WEFT_OP_GE:
        return weft_op2(graph, WEFT_OP_ORD, x, x);
    case WEFT_OP_NE:
        return weft_op2(graph, WEFT_OP_UNO, x, x);
    case WEFT_OP_LT:
    case WEFT_OP_GT:
    case WEFT_OP_ONE:
        return weft_node_const(graph, WEFT_BOOL, 0);
    case WEFT_OP_UEQ:
        return weft_node_const(graph, WEFT_BOOL, 1);
    default:
        return -1;
    }
}

/* A bool that was made a number, compared with 0 or 1. */
static int32_t compare_truth(weft_graph *graph, unsigned op, int32_t a, int32_t b)
{
    const weft_node left = *weft_node_at(graph, a);
    const bool zero = weft_is_number(graph, b, 0), one = weft_is_number(graph, b, 1);
    if (!weft_is_op(graph, a, WEFT_OP_CVT) || left.type2 != WEFT_BOOL || (!zero && !one))
        return -1;
    if (op != WEFT_OP_EQ && op != WEFT_OP_NE)
        return -1;
    return (op == WEFT_OP_NE) == zero ? left.arg[0] : weft_op1(graph, WEFT_OP_NOT, left.arg[0]);
}

int32_t weft_fold_compare(weft_graph *graph, const weft_node *wanted)
{
    const int32_t a = wanted->arg[0], b = wanted->arg[1];
    const unsigned type = wanted->type2, op = wanted->op;
    if (a == b)
        return compare_same(graph, op, type, a);
    if (!weft_is_const(graph, b))
        return -1;
    if (weft_type_is_int(type) && !weft_type_is_signed(type) && weft_is_number(graph, b, 0) &&
        (op == WEFT_OP_LT || op == WEFT_OP_GE))
        return weft_node_const(graph, WEFT_BOOL, op == WEFT_OP_GE);
    return compare_truth(graph, op, a, b);
}

int32_t weft_fold_select(weft_graph *graph, const weft_node *wanted)
{
    const int32_t c = wanted->arg[0], a = wanted->arg[1], b = wanted->arg[2];
    if (a == b)
        return a;
    if (weft_is_const(graph, c))
        return weft_node_at(graph, c)->imm ? a : b;
    if (weft_is_op(graph, c, WEFT_OP_NOT))
        return weft_select(graph, weft_node_at(graph, c)->arg[0], b, a);
    if (wanted->type == WEFT_BOOL && is_bits(graph, a, 1))
        return weft_op2(graph, WEFT_OP_OR, c, b);
    if (wanted->type == WEFT_BOOL && is_bits(graph, b, 0))
        return weft_op2(graph, WEFT_OP_AND, c, a);
    return -1;
}
