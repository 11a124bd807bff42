/* compiler/call_basic.c: operators, and what is like them (compiler/call.h; docs/language.md,
 * Operators). Operands have one type already, but for those of rows that take them raw. */
#include <math.h>
#include <string.h>
#include <weft/compile.h>

#include "compiler/call.h"

static unsigned width_of(unsigned type)
{
    return (unsigned)weft_dtype_size((weft_dtype)type) * 8;
}

static int32_t number(weft_graph *graph, int32_t like, double value)
{
    return like < 0 ? -1 : weft_node_number(graph, weft_type_of(graph, like), value);
}

int32_t weft_build_op(weft_graph *graph, unsigned code, const int32_t *args, unsigned n)
{
    return weft_node_op(graph, code, (weft_dtype)weft_type_of(graph, args[0]), args[0],
                        n > 1 ? args[1] : -1, n > 2 ? args[2] : -1);
}

int32_t weft_build_plus(weft_graph *graph, unsigned code, const int32_t *args, unsigned n)
{
    (void)code;
    if (n == 1)
        return args[0];
    const bool bools = weft_type_of(graph, args[0]) == WEFT_BOOL;
    return weft_op2(graph, bools ? WEFT_OP_OR : WEFT_OP_ADD, args[0], args[1]);
}

int32_t weft_build_minus(weft_graph *graph, unsigned code, const int32_t *args, unsigned n)
{
    (void)code;
    return n == 1 ? weft_op1(graph, WEFT_OP_NEG, args[0])
                  : weft_op2(graph, WEFT_OP_SUB, args[0], args[1]);
}

int32_t weft_build_times(weft_graph *graph, unsigned code, const int32_t *args, unsigned n)
{
    (void)code;
    (void)n;
    const bool bools = weft_type_of(graph, args[0]) == WEFT_BOOL;
    return weft_op2(graph, bools ? WEFT_OP_AND : WEFT_OP_MUL, args[0], args[1]);
}

int32_t weft_build_absolute(weft_graph *graph, unsigned code, const int32_t *args, unsigned n)
{
    (void)code;
    (void)n;
    return weft_type_of(graph, args[0]) == WEFT_BOOL ? args[0]
                                                     : weft_op1(graph, WEFT_OP_ABS, args[0]);
}

int32_t weft_build_square(weft_graph *graph, unsigned code, const int32_t *args, unsigned n)
{
    (void)code;
    (void)n;
    return weft_op2(graph, WEFT_OP_MUL, args[0], args[0]);
}

/* code: min, max, fmin or fmax. Of integers there is no NaN, and of bools they are logic. */
int32_t weft_build_extreme(weft_graph *graph, unsigned code, const int32_t *args, unsigned n)
{
    (void)n;
    const unsigned type = weft_type_of(graph, args[0]);
    const bool least = code == WEFT_OP_MIN || code == WEFT_OP_FMIN;
    if (type == WEFT_BOOL)
        code = least ? WEFT_OP_AND : WEFT_OP_OR;
    else if (weft_type_is_int(type))
        code = least ? WEFT_OP_MIN : WEFT_OP_MAX;
    return weft_op2(graph, code, args[0], args[1]);
}

int32_t weft_build_clip(weft_graph *graph, unsigned code, const int32_t *args, unsigned n)
{
    (void)code;
    (void)n;
    if (weft_type_of(graph, args[0]) == WEFT_BOOL)
        return weft_op2(graph, WEFT_OP_AND, weft_op2(graph, WEFT_OP_OR, args[0], args[1]), args[2]);
    return weft_op3(graph, WEFT_OP_CLAMP, args[0], args[1], args[2]);
}

/* --- floor division --------------------------------------------------------------------------- */

/* The exponent k where an integer constant is 2^k and positive, else -1. */
static int positive_power(const weft_graph *graph, int32_t c)
{
    const weft_node *at = weft_node_at(graph, c);
    if (at->kind != WEFT_NODE_CONST || weft_int_of_bits(at->type, at->imm) <= 0)
        return -1;
    const uint64_t bits = at->imm;
    int k = 0;
    while (bits >> k > 1)
        k++;
    return bits == UINT64_C(1) << k ? k : -1;
}

/* Whether a remainder of truncated division is not 0 and has not the sign of the divisor. */
static int32_t needs_step(weft_graph *graph, int32_t remainder, int32_t b)
{
    const int32_t opposite =
        weft_op2(graph, WEFT_OP_XOR, weft_op2(graph, WEFT_OP_LT, b, number(graph, b, 0)),
                 weft_op2(graph, WEFT_OP_LT, remainder, number(graph, remainder, 0)));
    return weft_op2(graph, WEFT_OP_AND, opposite,
                    weft_op2(graph, WEFT_OP_NE, remainder, number(graph, remainder, 0)));
}

static int32_t floor_divide_integers(weft_graph *graph, int32_t a, int32_t b)
{
    const unsigned type = weft_type_of(graph, a);
    const int shift = positive_power(graph, b);
    if (shift > 0)
        return weft_op2(graph, WEFT_OP_SHR, a, weft_node_integer(graph, type, shift));
    const int32_t quotient = weft_op2(graph, WEFT_OP_DIV, a, b);
    if (!weft_type_is_signed(type))
        return quotient;
    /* Of 0 the remainder is 0, as rem has it, so that there is no step. */
    const int32_t remainder =
        weft_is_const(graph, b) && !weft_is_number(graph, b, 0)
            ? weft_op2(graph, WEFT_OP_SUB, a, weft_op2(graph, WEFT_OP_MUL, quotient, b))
            : weft_op2(graph, WEFT_OP_REM, a, b);
    return weft_select(graph, needs_step(graph, remainder, b),
                       weft_op2(graph, WEFT_OP_SUB, quotient, number(graph, a, 1)), quotient);
}

/* NumPy's divmod of floats, step by step: the quotient is that of what fmod leaves, so that it is
 * right where a / b itself would round to the integer above. */
static int32_t floor_divide_floats(weft_graph *graph, int32_t a, int32_t b)
{
    const int32_t remainder = weft_op2(graph, WEFT_OP_REM, a, b);
    const int32_t near =
        weft_op2(graph, WEFT_OP_DIV, weft_op2(graph, WEFT_OP_SUB, a, remainder), b);
    const int32_t stepped =
        weft_select(graph, needs_step(graph, remainder, b),
                    weft_op2(graph, WEFT_OP_SUB, near, number(graph, near, 1)), near);
    const int32_t below = weft_op1(graph, WEFT_OP_FLOOR, stepped);
    const int32_t rest = weft_op2(graph, WEFT_OP_SUB, stepped, below);
    const int32_t snapped =
        weft_select(graph, weft_op2(graph, WEFT_OP_GT, rest, number(graph, rest, 0.5)),
                    weft_op2(graph, WEFT_OP_ADD, below, number(graph, below, 1)), below);
    const int32_t plain = weft_op2(graph, WEFT_OP_DIV, a, b);
    const int32_t zero = weft_op2(graph, WEFT_OP_COPYSIGN, number(graph, a, 0), plain);
    const int32_t result = weft_select(
        graph, weft_op2(graph, WEFT_OP_EQ, stepped, number(graph, a, 0)), zero, snapped);
    return weft_select(graph, weft_op2(graph, WEFT_OP_EQ, b, number(graph, b, 0)), plain, result);
}

int32_t weft_build_floor_divide(weft_graph *graph, unsigned code, const int32_t *args, unsigned n)
{
    (void)code;
    (void)n;
    return weft_type_is_int(weft_type_of(graph, args[0]))
               ? floor_divide_integers(graph, args[0], args[1])
               : floor_divide_floats(graph, args[0], args[1]);
}

int32_t weft_build_remainder(weft_graph *graph, unsigned code, const int32_t *args, unsigned n)
{
    (void)code;
    (void)n;
    const int32_t a = args[0], b = args[1];
    const unsigned type = weft_type_of(graph, a);
    if (weft_type_is_int(type) && positive_power(graph, b) > 0)
        return weft_op2(graph, WEFT_OP_AND, a,
                        weft_node_const(graph, type, weft_node_at(graph, b)->imm - 1));
    const int32_t remainder = weft_op2(graph, WEFT_OP_REM, a, b);
    if (weft_type_is_int(type) && !weft_type_is_signed(type))
        return remainder;
    const int32_t stepped = weft_select(graph, needs_step(graph, remainder, b),
                                        weft_op2(graph, WEFT_OP_ADD, remainder, b), remainder);
    if (weft_type_is_int(type))
        return stepped;
    return weft_select(graph, weft_op2(graph, WEFT_OP_EQ, remainder, number(graph, a, 0)),
                       weft_op2(graph, WEFT_OP_COPYSIGN, number(graph, a, 0), b), stepped);
}

/* --- shifts ----------------------------------------------------------------------------------- */

/* code: shl or shr. The instructions take amounts modulo the width; here all bits go out. */
int32_t weft_build_shift(weft_graph *graph, unsigned code, const int32_t *args, unsigned n)
{
    (void)n;
    static const uint8_t without_sign[WEFT_TYPE_COUNT] = {
        [WEFT_I8] = WEFT_U8, [WEFT_I16] = WEFT_U16, [WEFT_I32] = WEFT_U32, [WEFT_I64] = WEFT_U64};
    const int32_t a = args[0], b = args[1];
    const unsigned type = weft_type_of(graph, a), width = width_of(type);
    const unsigned positive = without_sign[type] ? without_sign[type] : type;
    const int32_t amount = weft_node_cvt(graph, (weft_dtype)positive, b); /* negative: very large */
    if (code == WEFT_OP_SHR && weft_type_is_signed(type)) {
        const int32_t most = weft_node_integer(graph, positive, width - 1);
        return weft_op2(
            graph, WEFT_OP_SHR, a,
            weft_node_cvt(graph, (weft_dtype)type, weft_op2(graph, WEFT_OP_MIN, amount, most)));
    }
    const int32_t inside =
        weft_op2(graph, WEFT_OP_LT, amount, weft_node_integer(graph, positive, width));
    return weft_select(graph, inside, weft_op2(graph, code, a, b), number(graph, a, 0));
}

/* --- power ------------------------------------------------------------------------------------ */

/* x to the k by squares, k > 0. */
static int32_t by_squares(weft_graph *graph, int32_t x, uint64_t k)
{
    int32_t result = -1;
    for (; k; k >>= 1) {
        if (k & 1)
            result = result < 0 ? x : weft_op2(graph, WEFT_OP_MUL, result, x);
        if (k > 1)
            x = weft_op2(graph, WEFT_OP_MUL, x, x);
        if (graph->failed)
            return -1;
    }
    return result;
}

/* 1, with the axes of x. */
static int32_t one_like(weft_graph *graph, int32_t x)
{
    const weft_axes axes = weft_node_at(graph, x)->axes;
    return weft_node_spread(graph, number(graph, x, 1), &axes);
}

/* Whether base is 1 or -1: 1 or -1 as the exponent asks, else 0. */
static int32_t negative_power(weft_graph *graph, int32_t x, int32_t odd)
{
    const int32_t one = number(graph, x, 1), minus = number(graph, x, -1);
    const int32_t of_minus = weft_select(graph, odd, minus, one);
    const int32_t is_minus = weft_op2(graph, WEFT_OP_EQ, x, minus);
    return weft_select(graph, weft_op2(graph, WEFT_OP_EQ, x, one), one,
                       weft_select(graph, is_minus, of_minus, number(graph, x, 0)));
}

/* The bits of the exponent one after the other, in a loop. */
static int32_t power_loop(weft_graph *graph, int32_t x, int32_t exponent)
{
    const unsigned type = weft_type_of(graph, x);
    weft_axes axes;
    if (!weft_graph_broadcast(graph, &weft_node_at(graph, x)->axes,
                              &weft_node_at(graph, exponent)->axes, &axes))
        return -1;
    const int32_t one = number(graph, x, 1);
    const int32_t initial[3] = {weft_node_spread(graph, one, &axes),
                                weft_node_spread(graph, x, &axes),
                                weft_node_spread(graph, exponent, &axes)};
    const unsigned bits = width_of(type) - weft_type_is_signed(type);
    const int32_t loop = weft_node_for(graph, weft_node_integer(graph, WEFT_I64, bits), initial, 3);
    const int32_t result = weft_node_carried(graph, loop, 0);
    const int32_t base = weft_node_carried(graph, loop, 1);
    const int32_t rest = weft_node_carried(graph, loop, 2);
    const int32_t odd = weft_truth(graph, weft_op2(graph, WEFT_OP_AND, rest, one));
    const int32_t next[3] = {
        weft_select(graph, odd, weft_op2(graph, WEFT_OP_MUL, result, base), result),
        weft_op2(graph, WEFT_OP_MUL, base, base), weft_op2(graph, WEFT_OP_SHR, rest, one)};
    if (graph->failed || !weft_node_end_for(graph, loop, next))
        return -1;
    return weft_node_part(graph, loop, 0);
}

static int32_t power_of_integers(weft_graph *graph, int32_t x, int32_t exponent)
{
    const unsigned type = weft_type_of(graph, x);
    const int32_t zero = number(graph, x, 0), one = number(graph, x, 1);
    const int32_t odd = weft_truth(graph, weft_op2(graph, WEFT_OP_AND, exponent, one));
    if (graph->failed)
        return -1;
    if (weft_is_const(graph, exponent)) {
        const uint64_t bits = weft_node_at(graph, exponent)->imm;
        const int64_t k = weft_int_of_bits(type, bits);
        if (k == 0)
            return one_like(graph, x);
        return k < 0 && weft_type_is_signed(type) ? negative_power(graph, x, odd)
                                                  : by_squares(graph, x, bits);
    }
    const int32_t result = power_loop(graph, x, exponent);
    if (!weft_type_is_signed(type))
        return result;
    return weft_select(graph, weft_op2(graph, WEFT_OP_LT, exponent, zero),
                       negative_power(graph, x, odd), result);
}

/* Powers with a constant exponent that are products; -1 where C's pow is asked for. */
static int32_t power_by_products(weft_graph *graph, int32_t x, double k)
{
    const bool any = (graph->flags & WEFT_FAST_REASSOCIATE) != 0;
    if (k == 0)
        return one_like(graph, x);
    if (k == -1)
        return weft_op1(graph, WEFT_OP_RECIP, x);
    if (k == 3)
        return weft_op2(graph, WEFT_OP_MUL, weft_op2(graph, WEFT_OP_MUL, x, x), x);
    if (k == trunc(k) && k > 0 && k <= (any ? 64 : 4))
        return by_squares(graph, x, (uint64_t)k);
    if (any && k == trunc(k) && k < 0 && k >= -64)
        return weft_op1(graph, WEFT_OP_RECIP, by_squares(graph, x, (uint64_t)-k));
    if (any && fabs(k) == 0.5)
        return weft_op1(graph, k > 0 ? WEFT_OP_SQRT : WEFT_OP_RSQRT, x);
    return -1;
}

static int32_t power_of_floats(weft_graph *graph, int32_t x, int32_t exponent)
{
    if (weft_is_const(graph, exponent)) {
        const weft_node *at = weft_node_at(graph, exponent);
        const int32_t products = power_by_products(graph, x, weft_float_of_bits(at->type, at->imm));
        if (products >= 0 || graph->failed)
            return products;
    }
    return weft_op2(graph, WEFT_OP_POW, x, exponent);
}

/* Of integer literals, exactly; false where the result does not fit. */
static bool power_of_literals(int64_t x, int64_t k, int64_t *result)
{
    *result = 1;
    for (; k > 0; k >>= 1) {
        if ((k & 1) && __builtin_mul_overflow(*result, x, result))
            return false;
        if (k > 1 && __builtin_mul_overflow(x, x, &x))
            return false;
    }
    return true;
}

static int32_t literal_power(weft_graph *graph, int32_t x, int32_t exponent)
{
    int64_t result;
    const int64_t k = (int64_t)weft_node_at(graph, exponent)->imm;
    if (k < 0) /* as Python has it */
        return weft_as_literal(graph, power_of_floats(graph, weft_as(graph, x, WEFT_F64),
                                                      weft_as(graph, exponent, WEFT_F64)));
    if (!power_of_literals((int64_t)weft_node_at(graph, x)->imm, k, &result))
        return weft_graph_fail(graph, WEFT_ERR_SYNTAX, "the result of ** does not fit 64 bits");
    return weft_node_const(graph, WEFT_WEAK_INT, (uint64_t)result);
}

int32_t weft_build_power(weft_graph *graph, unsigned code, const int32_t *args, unsigned n)
{
    (void)code;
    unsigned type = weft_common_type(graph, args, n);
    if (type == WEFT_WEAK_INT)
        return literal_power(graph, args[0], args[1]);
    if (type == WEFT_BOOL)
        type = WEFT_I8;
    int32_t x = weft_as(graph, args[0], type), exponent = weft_as(graph, args[1], type);
    if (x < 0 || exponent < 0)
        return -1;
    if (weft_type_is_int(type))
        return power_of_integers(graph, x, exponent);
    if (weft_type_is_half(type)) {
        x = weft_node_cvt(graph, WEFT_F32, x);
        exponent = weft_node_cvt(graph, WEFT_F32, exponent);
        const int32_t wide = x < 0 || exponent < 0 ? -1 : power_of_floats(graph, x, exponent);
        return weft_node_cvt(graph, (weft_dtype)type, wide);
    }
    const int32_t result = power_of_floats(graph, x, exponent);
    return type == WEFT_WEAK_FLOAT ? weft_as_literal(graph, result) : result;
}

/* --- comparisons ------------------------------------------------------------------------------ */

static unsigned exchanged(unsigned op)
{
    return op == WEFT_OP_LT   ? WEFT_OP_GT
           : op == WEFT_OP_GT ? WEFT_OP_LT
           : op == WEFT_OP_LE ? WEFT_OP_GE
           : op == WEFT_OP_GE ? WEFT_OP_LE
                              : op;
}

/* False is below true. */
static int32_t compare_bools(weft_graph *graph, unsigned op, int32_t a, int32_t b)
{
    const int32_t not_a = weft_op1(graph, WEFT_OP_NOT, a), not_b = weft_op1(graph, WEFT_OP_NOT, b);
    switch (op) {
    case WEFT_OP_EQ:
        return weft_op1(graph, WEFT_OP_NOT, weft_op2(graph, WEFT_OP_XOR, a, b));
    case WEFT_OP_NE:
        return weft_op2(graph, WEFT_OP_XOR, a, b);
    case WEFT_OP_LT:
        return weft_op2(graph, WEFT_OP_AND, not_a, b);
    case WEFT_OP_LE:
        return weft_op2(graph, WEFT_OP_OR, not_a, b);
    case WEFT_OP_GT:
        return weft_op2(graph, WEFT_OP_AND, a, not_b);
    default:
        return weft_op2(graph, WEFT_OP_OR, a, not_b);
    }
}

/* An integer with a sign, and a u64: below 0 it is less than all of these. */
static int32_t compare_with_u64(weft_graph *graph, unsigned op, int32_t a, int32_t b)
{
    const int32_t negative = weft_op2(graph, WEFT_OP_LT, a, number(graph, a, 0));
    const int32_t same = weft_op2(graph, op, weft_node_cvt(graph, WEFT_U64, a), b);
    if (op == WEFT_OP_LT || op == WEFT_OP_LE || op == WEFT_OP_NE)
        return weft_op2(graph, WEFT_OP_OR, negative, same);
    return weft_op2(graph, WEFT_OP_AND, weft_op1(graph, WEFT_OP_NOT, negative), same);
}

/* An integer x, and a literal beyond all numbers of its type. */
static int32_t compare_beyond(weft_graph *graph, unsigned op, int32_t x, int64_t literal)
{
    const bool below = literal > 0; /* x is */
    const bool holds = op == WEFT_OP_NE || (op == WEFT_OP_LT && below) ||
                       (op == WEFT_OP_LE && below) || (op == WEFT_OP_GT && !below) ||
                       (op == WEFT_OP_GE && !below);
    const weft_axes axes = weft_node_at(graph, x)->axes;
    return weft_node_spread(graph, weft_node_integer(graph, WEFT_BOOL, holds), &axes);
}

static bool is_beyond(const weft_graph *graph, int32_t literal, unsigned type)
{
    return weft_type_of(graph, literal) == WEFT_WEAK_INT && weft_type_is_int(type) &&
           !weft_int_fits(type, (int64_t)weft_node_at(graph, literal)->imm);
}

int32_t weft_build_compare(weft_graph *graph, unsigned code, const int32_t *args, unsigned n)
{
    int32_t a = args[0], b = args[1];
    const unsigned left = weft_type_of(graph, a), right = weft_type_of(graph, b);
    if (is_beyond(graph, b, left))
        return compare_beyond(graph, code, a, (int64_t)weft_node_at(graph, b)->imm);
    if (is_beyond(graph, a, right))
        return compare_beyond(graph, exchanged(code), b, (int64_t)weft_node_at(graph, a)->imm);
    if (right == WEFT_U64 && weft_type_is_signed(left))
        return compare_with_u64(graph, code, a, b);
    if (left == WEFT_U64 && weft_type_is_signed(right))
        return compare_with_u64(graph, exchanged(code), b, a);
    unsigned type = weft_common_type(graph, args, n);
    a = weft_as(graph, a, type);
    b = weft_as(graph, b, type);
    if (type == WEFT_BOOL)
        return compare_bools(graph, code, a, b);
    if (weft_type_is_half(type)) {
        a = weft_node_cvt(graph, WEFT_F32, a);
        b = weft_node_cvt(graph, WEFT_F32, b);
    }
    return weft_op2(graph, code, a, b);
}

int32_t weft_build_where(weft_graph *graph, unsigned code, const int32_t *args, unsigned n)
{
    (void)code;
    const unsigned type = weft_common_type(graph, args + 1, n - 1);
    return weft_select(graph, weft_truth(graph, args[0]), weft_as(graph, args[1], type),
                       weft_as(graph, args[2], type));
}
