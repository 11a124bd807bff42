/* compiler/numbers.c: numbers as the bits of a type, and constants (compiler/node.h). */
#include <string.h>

#include "compiler/node.h"
#include "isa/half.h"

static unsigned width_of(unsigned type)
{
    return (unsigned)weft_dtype_size((weft_dtype)type) * 8;
}

uint64_t weft_bits_of_int(unsigned type, int64_t value)
{
    if (type == WEFT_BOOL)
        return value != 0;
    if (!weft_type_is_int(type))
        return weft_bits_of_float(type, (double)value);
    const unsigned width = width_of(type);
    return width == 64 ? (uint64_t)value : (uint64_t)value & ((UINT64_C(1) << width) - 1);
}

uint64_t weft_bits_of_float(unsigned type, double value)
{
    uint64_t wide;
    uint32_t bits;
    float narrow = (float)value;
    switch (type) {
    case WEFT_F16:
        return weft_f16_from_f64(value);
    case WEFT_BF16:
        return weft_bf16_from_f64(value);
    case WEFT_F32:
        memcpy(&bits, &narrow, sizeof bits);
        return bits;
    default:
        memcpy(&wide, &value, sizeof wide);
        return wide;
    }
}

int64_t weft_int_of_bits(unsigned type, uint64_t bits)
{
    if (!weft_type_is_signed(type))
        return (int64_t)bits;
    const unsigned unused = 64 - width_of(type);
    return (int64_t)(bits << unused) >> unused;
}

int32_t weft_node_const(weft_graph *graph, unsigned type, uint64_t bits)
{
    weft_node wanted = weft_node_blank(WEFT_NODE_CONST);
    wanted.type = (uint8_t)type;
    wanted.imm = type == WEFT_BOOL         ? bits != 0
                 : weft_type_is_weak(type) ? bits
                 : width_of(type) < 64     ? bits & ((UINT64_C(1) << width_of(type)) - 1)
                                           : bits;
    return weft_node_intern(graph, &wanted, NULL, 0);
}

int32_t weft_node_number(weft_graph *graph, unsigned type, double value)
{
    const bool is_float =
        weft_type_is_float(type) || weft_type_is_half(type) || type == WEFT_WEAK_FLOAT;
    return weft_node_const(graph, type,
                           is_float ? weft_bits_of_float(type, value)
                                    : weft_bits_of_int(type, (int64_t)value));
}

int32_t weft_node_integer(weft_graph *graph, unsigned type, int64_t value)
{
    return weft_node_const(graph, type, weft_bits_of_int(type, value));
}

bool weft_is_number(const weft_graph *graph, int32_t node, double value)
{
    const weft_node *at = weft_node_at(graph, node);
    if (at->kind != WEFT_NODE_CONST)
        return false;
    if (weft_type_is_int(at->type) || at->type == WEFT_BOOL)
        return at->imm == weft_bits_of_int(at->type, (int64_t)value) &&
               (value >= 0 || weft_type_is_signed(at->type));
    return at->imm == weft_bits_of_float(at->type, value);
}
