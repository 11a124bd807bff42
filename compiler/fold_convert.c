/* compiler/fold_convert.c: conversions of conversions (compiler/fold.h). */

#include "compiler/fold.h"

/* Bits of the significand of a float type. */
static unsigned precision_of(unsigned type)
{
    return type == WEFT_F16 ? 11 : type == WEFT_BF16 ? 8 : type == WEFT_F32 ? 24 : 53;
}

/* Bits that hold the magnitude of every number of an integer type (of the lowest one too, which is
 * a power of two). */
static unsigned magnitude_of(unsigned type)
{
    const unsigned width = (unsigned)weft_dtype_size((weft_dtype)type) * 8;
    return weft_type_is_signed(type) ? width - 1 : width;
}

/* Whether every number of one integer type is one of another. */
static bool contains(unsigned wide, unsigned narrow)
{
    if (weft_type_is_signed(narrow) && !weft_type_is_signed(wide))
        return false;
    return magnitude_of(wide) >= magnitude_of(narrow);
}

/* Whether conversion from `from` to `to` keeps every value. */
static bool keeps_values(unsigned to, unsigned from)
{
    if (from == WEFT_BOOL)
        return true;
    if (to == WEFT_BOOL)
        return false;
    if (weft_type_is_int(from))
        return weft_type_is_int(to) ? contains(to, from) : magnitude_of(from) <= precision_of(to);
    if (weft_type_is_int(to) || from == WEFT_F64)
        return false;
    return to == WEFT_F64 || (to == WEFT_F32 && weft_type_is_half(from));
}

/* Whether a value of type `first`, kept in type `middle`, becomes the same of type `last` as from
 * `first` at once. Only from float to integer is it a question: that stops at the ends of the type,
 * where from integer to integer it wraps. */
static bool skips(unsigned last, unsigned middle, unsigned first)
{
    const bool from_int = weft_type_is_int(first), via_int = weft_type_is_int(middle);
    return !from_int || via_int || !weft_type_is_int(last) || contains(last, first);
}

int32_t weft_fold_convert(weft_graph *graph, const weft_node *wanted)
{
    const unsigned last = wanted->type, middle = wanted->type2;
    const weft_node operand = *weft_node_at(graph, wanted->arg[0]);
    if (operand.kind == WEFT_NODE_INDEX && last == WEFT_I32)
        return weft_node_index(graph, operand.k, WEFT_I32);
    if (!weft_is_op(graph, wanted->arg[0], WEFT_OP_CVT))
        return -1;
    const unsigned first = operand.type2;
    if (keeps_values(middle, first) && skips(last, middle, first))
        return weft_node_cvt(graph, (weft_dtype)last, operand.arg[0]);
    /* Wrapping twice is wrapping once. */
    if (weft_type_is_int(first) && weft_type_is_int(middle) && weft_type_is_int(last) &&
        weft_dtype_size((weft_dtype)middle) >= weft_dtype_size((weft_dtype)last))
        return weft_node_cvt(graph, (weft_dtype)last, operand.arg[0]);
    if (weft_type_is_half(middle) && first == WEFT_F32 && last == WEFT_F32 &&
        (graph->flags & WEFT_FAST_CONTRACT))
        return operand.arg[0];
    return -1;
}
