/* compiler/types.c: types as NumPy 2 has them: which type operands meet in, what becomes of
 * literals, and which conversions an assignment makes by itself (compiler/graph.h,
 * docs/language.md). */
#include <math.h>
#include <string.h>

#include "compiler/call.h"

/* --- promotion -------------------------------------------------------------------------------- */

static unsigned size_of(unsigned type)
{
    return (unsigned)weft_dtype_size((weft_dtype)type);
}

static unsigned signed_of_size(unsigned size)
{
    return size == 1 ? WEFT_I8 : size == 2 ? WEFT_I16 : size == 4 ? WEFT_I32 : WEFT_I64;
}

static unsigned promote_integers(unsigned a, unsigned b)
{
    if (weft_type_is_signed(a) == weft_type_is_signed(b))
        return size_of(a) > size_of(b) ? a : b;
    const unsigned with_sign = weft_type_is_signed(a) ? a : b;
    const unsigned without = with_sign == a ? b : a;
    if (size_of(with_sign) > size_of(without))
        return with_sign;
    return size_of(without) == 8 ? WEFT_F64 : signed_of_size(2 * size_of(without));
}

static unsigned promote_to_float(unsigned real, unsigned integer)
{
    const unsigned size = size_of(integer);
    if (real == WEFT_F64 || size > 2)
        return WEFT_F64;
    return size == 1 ? real : WEFT_F32;
}

static unsigned promote_weak(unsigned weak, unsigned other)
{
    if (weft_type_is_weak(other))
        return WEFT_WEAK_FLOAT; /* they are different */
    if (other == WEFT_BOOL)
        return weak == WEFT_WEAK_INT ? WEFT_I64 : WEFT_F64;
    return weak == WEFT_WEAK_FLOAT && weft_type_is_int(other) ? WEFT_F64 : other;
}

unsigned weft_promote(unsigned a, unsigned b)
{
    if (a == b)
        return a;
    if (weft_type_is_weak(a))
        return promote_weak(a, b);
    if (weft_type_is_weak(b))
        return promote_weak(b, a);
    if (a == WEFT_BOOL || b == WEFT_BOOL)
        return a == WEFT_BOOL ? b : a;
    const bool first = weft_type_is_int(a), second = weft_type_is_int(b);
    if (first && second)
        return promote_integers(a, b);
    if (first || second)
        return promote_to_float(first ? b : a, first ? a : b);
    return a == WEFT_F64 || b == WEFT_F64 ? WEFT_F64 : WEFT_F32;
}

unsigned weft_float_type(unsigned type)
{
    if (type == WEFT_WEAK_INT || type == WEFT_WEAK_FLOAT)
        return WEFT_WEAK_FLOAT;
    if (type != WEFT_BOOL && !weft_type_is_int(type))
        return type;
    return size_of(type) == 1 ? WEFT_F16 : size_of(type) == 2 ? WEFT_F32 : WEFT_F64;
}

unsigned weft_common_type(const weft_graph *graph, const int32_t *args, unsigned n)
{
    unsigned typed = WEFT_NONE, common = WEFT_NONE;
    for (unsigned i = 0; i < n; i++) {
        const unsigned type = weft_type_of(graph, args[i]);
        if (!weft_type_is_weak(type))
            typed = typed ? weft_promote(typed, type) : type;
    }
    common = typed;
    for (unsigned i = 0; i < n; i++) {
        const unsigned type = weft_type_of(graph, args[i]);
        if (weft_type_is_weak(type))
            common = common ? weft_promote(common, type) : type;
    }
    return common;
}

const char *weft_type_label(unsigned type)
{
    return type == WEFT_WEAK_INT     ? "an integer literal"
           : type == WEFT_WEAK_FLOAT ? "a float literal"
                                     : weft_dtype_name((weft_dtype)type);
}

/* --- literals --------------------------------------------------------------------------------- */

bool weft_int_fits(unsigned type, int64_t value)
{
    if (type == WEFT_U64)
        return value >= 0;
    return weft_int_of_bits(type, weft_bits_of_int(type, value)) == value;
}

static int32_t literal_as(weft_graph *graph, int32_t value, unsigned type)
{
    const weft_node literal = *weft_node_at(graph, value);
    if (literal.type == WEFT_WEAK_FLOAT) {
        const int32_t wide = weft_call_settle(graph, value);
        return weft_node_cvt(graph, (weft_dtype)type, wide);
    }
    const int64_t number = (int64_t)literal.imm;
    if (weft_type_is_int(type) && !weft_int_fits(type, number))
        return weft_graph_fail(graph, WEFT_ERR_SYNTAX, "%lld does not fit %s", (long long)number,
                               weft_dtype_name((weft_dtype)type));
    if (type == WEFT_BOOL || weft_type_is_int(type))
        return weft_node_integer(graph, type, number);
    return weft_node_cvt(graph, (weft_dtype)type, weft_node_integer(graph, WEFT_I64, number));
}

int32_t weft_as(weft_graph *graph, int32_t value, unsigned type)
{
    if (!weft_node_usable(graph, value))
        return -1;
    const unsigned own = weft_type_of(graph, value);
    if (type == WEFT_WEAK_INT)
        type = WEFT_I64;
    else if (type == WEFT_WEAK_FLOAT)
        type = WEFT_F64;
    return weft_type_is_weak(own) ? literal_as(graph, value, type)
                                  : weft_node_cvt(graph, (weft_dtype)type, value);
}

/* A function of each component of a vector, or of a value. */
typedef int32_t convert_one(weft_graph *graph, int32_t value, unsigned type, const char *name);

static int32_t for_components(weft_graph *graph, int32_t value, unsigned type, const char *name,
                              convert_one *convert)
{
    int32_t components[WEFT_MAX_SEGMENT];
    if (graph->failed || value < 0)
        return -1;
    const unsigned n = weft_node_at(graph, value)->n;
    if (weft_node_at(graph, value)->kind != WEFT_NODE_VECTOR)
        return convert(graph, value, type, name);
    for (unsigned i = 0; i < n; i++) {
        components[i] = convert(graph, weft_call_component(graph, value, i), type, name);
        if (components[i] < 0)
            return -1;
    }
    return weft_node_vector(graph, components, n);
}

static int32_t settle_one(weft_graph *graph, int32_t value, unsigned type, const char *name)
{
    (void)type;
    (void)name;
    const weft_node *at = weft_node_at(graph, value);
    if (at->type == WEFT_WEAK_INT)
        return weft_node_const(graph, WEFT_I64, at->imm);
    if (at->type == WEFT_WEAK_FLOAT)
        return at->kind == WEFT_NODE_CONST ? weft_node_const(graph, WEFT_F64, at->imm) : at->arg[0];
    return value;
}

int32_t weft_call_settle(weft_graph *graph, int32_t value)
{
    return for_components(graph, value, WEFT_NONE, NULL, settle_one);
}

int32_t weft_as_literal(weft_graph *graph, int32_t value)
{
    if (value < 0)
        return -1;
    const weft_node *at = weft_node_at(graph, value);
    if (at->type == WEFT_I64 && at->kind == WEFT_NODE_CONST)
        return weft_node_const(graph, WEFT_WEAK_INT, at->imm);
    return at->type == WEFT_F64 ? weft_node_weak(graph, value) : value;
}

/* --- conversions ------------------------------------------------------------------------------ */

int32_t weft_truth(weft_graph *graph, int32_t value)
{
    value = weft_call_settle(graph, value);
    if (!weft_node_usable(graph, value))
        return -1;
    const unsigned type = weft_type_of(graph, value);
    if (type == WEFT_BOOL || weft_type_is_half(type))
        return weft_node_cvt(graph, WEFT_BOOL, value);
    return weft_op2(graph, WEFT_OP_NE, value, weft_node_number(graph, type, 0));
}

static int32_t cast_one(weft_graph *graph, int32_t value, unsigned type, const char *name)
{
    (void)name;
    const weft_node *at = weft_node_at(graph, value);
    if (type == WEFT_BOOL)
        return weft_truth(graph, value);
    if (at->type == WEFT_WEAK_FLOAT && at->kind == WEFT_NODE_CONST && weft_type_is_int(type)) {
        const double number = weft_float_of_bits(WEFT_F64, at->imm);
        const double limit = ldexp(1, (int)size_of(type) * 8 - weft_type_is_signed(type));
        const double lowest = weft_type_is_signed(type) ? -limit : 0;
        if (!(trunc(number) < limit && trunc(number) >= lowest))
            return weft_graph_fail(graph, WEFT_ERR_SYNTAX, "%g does not fit %s", number,
                                   weft_dtype_name((weft_dtype)type));
    }
    return weft_as(graph, value, type);
}

int32_t weft_call_cast(weft_graph *graph, int32_t value, weft_dtype type)
{
    if (!weft_dtype_size(type))
        return weft_graph_fail(graph, WEFT_ERR_ARG, "a cast to no type");
    return for_components(graph, value, type, NULL, cast_one);
}

/* Bools before unsigned integers before signed ones before floats: NumPy's same_kind goes up. */
static unsigned kind_of(unsigned type)
{
    return type == WEFT_BOOL ? 0 : !weft_type_is_int(type) ? 3 : weft_type_is_signed(type) ? 2 : 1;
}

static int32_t assign_one(weft_graph *graph, int32_t value, unsigned type, const char *name)
{
    const unsigned own = weft_type_of(graph, value);
    const bool fits = own == WEFT_WEAK_INT     ? type != WEFT_BOOL
                      : own == WEFT_WEAK_FLOAT ? kind_of(type) == 3
                                               : kind_of(own) <= kind_of(type);
    if (fits)
        return weft_as(graph, value, type);
    return weft_graph_fail(graph, WEFT_ERR_SYNTAX, "'%s' is %s, and the value is %s; %s", name,
                           weft_dtype_name((weft_dtype)type), weft_type_label(own),
                           type == WEFT_BOOL ? "compare it, as in x != 0"
                                             : "cast(x, type) converts");
}

int32_t weft_call_assignable(weft_graph *graph, int32_t value, weft_dtype type, const char *name)
{
    return for_components(graph, value, type, name, assign_one);
}
