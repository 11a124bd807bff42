/* compiler/call_math.c: functions of single values that are made of several operations
 * (compiler/call.h; docs/language.md, Functions). Operands are of one type, f32 or f64 where a
 * function needs floats. */
#include <float.h>
#include <math.h>

#include "compiler/call.h"

#define PI    3.14159265358979323846
#define LN2   0.69314718055994530942
#define SQRT2 1.41421356237309504880

static int32_t number(weft_graph *graph, int32_t like, double value)
{
    return like < 0 ? -1 : weft_node_number(graph, weft_type_of(graph, like), value);
}

static int32_t add(weft_graph *graph, int32_t a, int32_t b)
{
    return weft_op2(graph, WEFT_OP_ADD, a, b);
}
static int32_t subtract(weft_graph *graph, int32_t a, int32_t b)
{
    return weft_op2(graph, WEFT_OP_SUB, a, b);
}
static int32_t multiply(weft_graph *graph, int32_t a, int32_t b)
{
    return weft_op2(graph, WEFT_OP_MUL, a, b);
}
static int32_t divide(weft_graph *graph, int32_t a, int32_t b)
{
    return weft_op2(graph, WEFT_OP_DIV, a, b);
}

/* --- signs and kinds -------------------------------------------------------------------------- */

int32_t weft_build_sign(weft_graph *graph, unsigned code, const int32_t *args, unsigned n)
{
    (void)code;
    (void)n;
    const int32_t x = args[0], zero = number(graph, x, 0), one = number(graph, x, 1);
    const unsigned type = weft_type_of(graph, x);
    if (weft_type_is_int(type) && !weft_type_is_signed(type))
        return weft_op2(graph, WEFT_OP_MIN, x, one);
    if (weft_type_is_int(type))
        return weft_op3(graph, WEFT_OP_CLAMP, x, number(graph, x, -1), one);
    /* What is neither above nor below 0 is a zero, which becomes +0, or NaN, which stays. */
    const int32_t below = weft_select(graph, weft_op2(graph, WEFT_OP_LT, x, zero),
                                      number(graph, x, -1), add(graph, x, zero));
    return weft_select(graph, weft_op2(graph, WEFT_OP_GT, x, zero), one, below);
}

int32_t weft_build_signbit(weft_graph *graph, unsigned code, const int32_t *args, unsigned n)
{
    (void)code;
    (void)n;
    const int32_t x = args[0], zero = number(graph, x, 0);
    const int32_t sign = weft_type_is_int(weft_type_of(graph, x))
                             ? x
                             : weft_op2(graph, WEFT_OP_COPYSIGN, number(graph, x, 1), x);
    return weft_op2(graph, WEFT_OP_LT, sign, zero);
}

/* code: uno (is it NaN), eq (infinite) or lt (finite). */
int32_t weft_build_classify(weft_graph *graph, unsigned code, const int32_t *args, unsigned n)
{
    (void)n;
    const int32_t x = args[0];
    const weft_axes axes = weft_node_at(graph, x)->axes;
    if (weft_type_is_int(weft_type_of(graph, x)))
        return weft_node_spread(graph, weft_node_integer(graph, WEFT_BOOL, code == WEFT_OP_LT),
                                &axes);
    if (code == WEFT_OP_UNO)
        return weft_op2(graph, WEFT_OP_UNO, x, x);
    return weft_op2(graph, code, weft_op1(graph, WEFT_OP_ABS, x),
                    number(graph, x, (double)INFINITY));
}

/* code: floor, ceil, trunc or round. Integers are integral. */
int32_t weft_build_integral(weft_graph *graph, unsigned code, const int32_t *args, unsigned n)
{
    (void)n;
    return weft_type_is_float(weft_type_of(graph, args[0])) ? weft_op1(graph, code, args[0])
                                                            : args[0];
}

/* --- inverse hyperbolic functions ------------------------------------------------------------- */

/* From where on log(2 x) is as good as the longer formula, whose square overflows beyond. */
static double large(const weft_graph *graph, int32_t x)
{
    return weft_type_of(graph, x) == WEFT_F32 ? 0x1p14 : 0x1p28;
}

/* `near`, or log(2 x) where x is large. */
static int32_t or_log(weft_graph *graph, int32_t x, int32_t near)
{
    const int32_t far = add(graph, weft_op1(graph, WEFT_OP_LOG, x), number(graph, x, LN2));
    const int32_t is_far = weft_op2(graph, WEFT_OP_GT, x, number(graph, x, large(graph, x)));
    return weft_select(graph, is_far, far, near);
}

int32_t weft_build_asinh(weft_graph *graph, unsigned code, const int32_t *args, unsigned n)
{
    (void)code;
    (void)n;
    /* log(a + sqrt(a a + 1)) as log1p(a + a a / (1 + sqrt(a a + 1))), a = |x| */
    const int32_t a = weft_op1(graph, WEFT_OP_ABS, args[0]), one = number(graph, a, 1);
    const int32_t square = multiply(graph, a, a);
    const int32_t root = weft_op1(graph, WEFT_OP_SQRT, add(graph, square, one));
    const int32_t beyond = add(graph, a, divide(graph, square, add(graph, root, one)));
    return weft_op2(graph, WEFT_OP_COPYSIGN,
                    or_log(graph, a, weft_op1(graph, WEFT_OP_LOG1P, beyond)), args[0]);
}

int32_t weft_build_acosh(weft_graph *graph, unsigned code, const int32_t *args, unsigned n)
{
    (void)code;
    (void)n;
    /* log(x + sqrt(x x - 1)) as log1p(t + sqrt(t (t + 2))), t = x - 1: below 1 this is NaN */
    const int32_t x = args[0], t = add(graph, x, number(graph, x, -1));
    const int32_t product = multiply(graph, t, add(graph, t, number(graph, t, 2)));
    const int32_t beyond = add(graph, t, weft_op1(graph, WEFT_OP_SQRT, product));
    return or_log(graph, x, weft_op1(graph, WEFT_OP_LOG1P, beyond));
}

int32_t weft_build_atanh(weft_graph *graph, unsigned code, const int32_t *args, unsigned n)
{
    (void)code;
    (void)n;
    /* log((1 + a) / (1 - a)) / 2, a = |x| */
    const int32_t a = weft_op1(graph, WEFT_OP_ABS, args[0]);
    const int32_t ratio = divide(graph, multiply(graph, a, number(graph, a, 2)),
                                 subtract(graph, number(graph, a, 1), a));
    const int32_t half =
        multiply(graph, weft_op1(graph, WEFT_OP_LOG1P, ratio), number(graph, a, 0.5));
    return weft_op2(graph, WEFT_OP_COPYSIGN, half, args[0]);
}

/* --- formulas --------------------------------------------------------------------------------- */

int32_t weft_build_lerp(weft_graph *graph, unsigned code, const int32_t *args, unsigned n)
{
    (void)code;
    (void)n;
    return add(graph, args[0], multiply(graph, args[2], subtract(graph, args[1], args[0])));
}

/* code: 0 to degrees, 1 to radians. */
int32_t weft_build_angle(weft_graph *graph, unsigned code, const int32_t *args, unsigned n)
{
    (void)n;
    return multiply(graph, args[0], number(graph, args[0], code ? PI / 180 : 180 / PI));
}

int32_t weft_build_relu(weft_graph *graph, unsigned code, const int32_t *args, unsigned n)
{
    (void)code;
    (void)n;
    return weft_op2(graph, WEFT_OP_MAX, args[0], number(graph, args[0], 0));
}

int32_t weft_build_leaky_relu(weft_graph *graph, unsigned code, const int32_t *args, unsigned n)
{
    (void)code;
    (void)n;
    const int32_t x = args[0], below = multiply(graph, x, args[1]);
    return weft_select(graph, weft_op2(graph, WEFT_OP_LT, x, number(graph, x, 0)), below, x);
}

/* x, but no less than the lowest number, for formulas in which -infinity meets 0. */
static int32_t no_infinity_below(weft_graph *graph, int32_t x)
{
    const double lowest = weft_type_of(graph, x) == WEFT_F32 ? -(double)FLT_MAX : -DBL_MAX;
    return weft_op2(graph, WEFT_OP_MAX, x, number(graph, x, lowest));
}

int32_t weft_build_silu(weft_graph *graph, unsigned code, const int32_t *args, unsigned n)
{
    (void)code;
    (void)n;
    return multiply(graph, no_infinity_below(graph, args[0]),
                    weft_op1(graph, WEFT_OP_SIGMOID, args[0]));
}

/* x (1 + f(x)) / 2 with f = erf(x / sqrt(2)), or, code 1, tanh(sqrt(2 / pi) (x + 0.044715 x^3)) */
int32_t weft_build_gelu(weft_graph *graph, unsigned code, const int32_t *args, unsigned n)
{
    (void)n;
    const int32_t x = args[0], one = number(graph, x, 1);
    int32_t inner;
    if (code == 0) {
        inner = weft_op1(graph, WEFT_OP_ERF, multiply(graph, x, number(graph, x, 1 / SQRT2)));
    } else {
        const double factor = sqrt(2 / PI);
        const int32_t square = multiply(graph, x, x);
        const int32_t scale =
            add(graph, multiply(graph, square, number(graph, x, 0.044715 * factor)),
                number(graph, x, factor));
        inner = weft_op1(graph, WEFT_OP_TANH, multiply(graph, x, scale));
    }
    const int32_t half = multiply(graph, no_infinity_below(graph, x), number(graph, x, 0.5));
    return multiply(graph, half, add(graph, inner, one));
}

/* log(1 + exp(x)) as max(x, 0) + log1p(exp(-|x|)) */
int32_t weft_build_softplus(weft_graph *graph, unsigned code, const int32_t *args, unsigned n)
{
    (void)code;
    (void)n;
    const int32_t x = args[0];
    const int32_t down = weft_op1(graph, WEFT_OP_NEG, weft_op1(graph, WEFT_OP_ABS, x));
    const int32_t rest = weft_op1(graph, WEFT_OP_LOG1P, weft_op1(graph, WEFT_OP_EXP, down));
    return add(graph, weft_op2(graph, WEFT_OP_MAX, x, number(graph, x, 0)), rest);
}

int32_t weft_build_logit(weft_graph *graph, unsigned code, const int32_t *args, unsigned n)
{
    (void)code;
    (void)n;
    const int32_t x = args[0];
    return weft_op1(graph, WEFT_OP_LOG, divide(graph, x, subtract(graph, number(graph, x, 1), x)));
}
