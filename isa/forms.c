/* isa/forms.c: the operand forms as data, and the operation table expanded from isa/ops.def.
 * The assembler, the disassembler and the verifier walk these slots, so that what an operand is
 * stands in one place. */
#include "isa/isa.h"

#include <string.h>

#define REG(field, type, class, write)                                                             \
    {                                                                                              \
        WEFT_SLOT_REG, field, WEFT_TYPE_##type, WEFT_CLASS_##class, write                          \
    }
#define OTHER(kind)                                                                                \
    {                                                                                              \
        WEFT_SLOT_##kind, 0, 0, 0, false                                                           \
    }
#define GROUP(write)                                                                               \
    {                                                                                              \
        WEFT_SLOT_GROUP, 'd', WEFT_TYPE_OP, WEFT_CLASS_ANY, write                                  \
    }
#define RUN(field, class, write)                                                                   \
    {                                                                                              \
        WEFT_SLOT_RUN, field, WEFT_TYPE_OP, WEFT_CLASS_##class, write                              \
    }

#define ARGUMENT(field)                                                                            \
    {                                                                                              \
        WEFT_SLOT_ARGUMENT, field, WEFT_TYPE_ARGUMENT, WEFT_CLASS_STRIP, false                     \
    }

static const struct {
    const char *text;
    weft_slot slots[WEFT_MAX_SLOTS];
} forms[WEFT_FORM_COUNT] = {
    [WEFT_FORM_NONE] = {"", {OTHER(END)}},
    [WEFT_FORM_IMM] = {"d, constant", {REG('d', OP, SCALAR, true), OTHER(IMM)}},
    [WEFT_FORM_UNARY] = {"d, a", {REG('d', OP, ANY, true), REG('a', OP, ANY, false)}},
    [WEFT_FORM_BINARY] = {"d, a, b",
                          {REG('d', OP, ANY, true), REG('a', OP, ANY, false),
                           REG('b', OP, ANY, false)}},
    [WEFT_FORM_TERNARY] = {"d, a, b, c",
                           {REG('d', OP, ANY, true), REG('a', OP, ANY, false),
                            REG('b', OP, ANY, false), REG('c', OP, ANY, false)}},
    [WEFT_FORM_COMPARE] = {"d, a, b",
                           {REG('d', BOOLEAN, ANY, true), REG('a', OP, ANY, false),
                            REG('b', OP, ANY, false)}},
    [WEFT_FORM_CONVERT] = {"d, a", {REG('d', OP, ANY, true), REG('a', SECOND, ANY, false)}},
    [WEFT_FORM_SELECT] = {"d, c, a, b",
                          {REG('d', OP, ANY, true), REG('c', BOOLEAN, ANY, false),
                           REG('a', OP, ANY, false), REG('b', OP, ANY, false)}},
    [WEFT_FORM_BCAST] = {"d, a", {REG('d', OP, STRIP, true), REG('a', OP, SCALAR, false)}},
    [WEFT_FORM_INDEX] = {"d, dimension", {REG('d', OP, ANY, true), OTHER(DIM)}},
    [WEFT_FORM_EXTENT] = {"d, dimension", {REG('d', OP, SCALAR, true), OTHER(DIM)}},
    [WEFT_FORM_LENGTH] = {"d, [table], dimension",
                          {REG('d', OP, SCALAR, true), OTHER(NAME), OTHER(DIM)}},
    [WEFT_FORM_LOAD] = {"d, [param.component + offset + register]",
                        {REG('d', OP, ANY, true), OTHER(MEM)}},
    [WEFT_FORM_STORE] = {"d, [param.component + offset + register]",
                         {REG('d', OP, ANY, false), OTHER(MEM)}},
    [WEFT_FORM_LOADSEG] = {"d..., [param + offset + register]", {GROUP(true), OTHER(SEGMEM)}},
    [WEFT_FORM_STORESEG] = {"d..., [param + offset + register]", {GROUP(false), OTHER(SEGMEM)}},
    [WEFT_FORM_GATHER] = {"d, [table.component], a",
                          {REG('d', OP, ANY, true), OTHER(TABLE), REG('a', SECOND, ANY, false)}},
    [WEFT_FORM_SCATTER] = {"d, [table.component], a",
                           {REG('d', OP, ANY, false), OTHER(TABLE), REG('a', SECOND, ANY, false)}},
    [WEFT_FORM_REDUCE] = {"d, a, depth",
                          {REG('d', RESULT, SCALAR, true), REG('a', OP, STRIP, false),
                           OTHER(DEPTH)}},
    [WEFT_FORM_REDUCE2] = {"d, a, b, depth",
                           {REG('d', RESULT, SCALAR, true), REG('a', OP, STRIP, false),
                            REG('b', OP, STRIP, false), OTHER(DEPTH)}},
    [WEFT_FORM_FUSED] = {"d..., a..., b...",
                         {RUN('d', STRIP, true), RUN('a', STRIP, false), RUN('b', SCALAR, false)}},
    [WEFT_FORM_DOTK] = {"d, a..., b...",
                        {REG('d', OP, STRIP, true), RUN('a', STRIP, false),
                         RUN('b', SCALAR, false)}},
    [WEFT_FORM_HORNER] = {"d, a, b...",
                          {REG('d', OP, STRIP, true), REG('a', OP, STRIP, false),
                           RUN('b', SCALAR, false)}},
    [WEFT_FORM_APPLY] = {"d, [function], a, b, c",
                         {REG('d', OP, STRIP, true), OTHER(FUNCTION), ARGUMENT('a'), ARGUMENT('b'),
                          ARGUMENT('c')}},
    [WEFT_FORM_LOOP] = {"lo..hi", {OTHER(DIMS)}},
    [WEFT_FORM_STRIP] = {"length, base", {OTHER(RANGE)}},
    [WEFT_FORM_DIM] = {"dimension", {OTHER(DIM)}},
    [WEFT_FORM_FOR] = {"d, count", {REG('d', COUNTER, SCALAR, true), OTHER(TRIPS)}},
    [WEFT_FORM_BRANCH] = {"label", {OTHER(LABEL)}},
    [WEFT_FORM_BRANCHIF] = {"a, label", {REG('a', BOOLEAN, SCALAR, false), OTHER(LABEL)}},
};

static const weft_op_row rows[WEFT_OPCODE_COUNT] = {
#define WEFT_OP(NAME, mnemonic, FORM, category, TYPES, ulp32, ulp64, words)                        \
    [WEFT_OP_##NAME] = {#mnemonic,        category,         #TYPES, words, WEFT_MASK_##TYPES,      \
                        WEFT_FORM_##FORM, WEFT_RESULT_NONE, 0,      ulp32, ulp64},
#define WEFT_OP_REDUCE(NAME, mnemonic, TYPES, FORM, RESULT, words)                                 \
    [WEFT_OP_##NAME] = {#mnemonic,        "reduction",          #TYPES, words, WEFT_MASK_##TYPES,  \
                        WEFT_FORM_##FORM, WEFT_RESULT_##RESULT, 0,      0,     0},
#define WEFT_OP_FUSED(NAME, mnemonic, FORM, D, A, B, MOST, COST, words)                            \
    [WEFT_OP_##NAME] = {#mnemonic,        "fused",          "FLOAT", words, WEFT_MASK_FLOAT,       \
                        WEFT_FORM_##FORM, WEFT_RESULT_NONE, MOST,    0,     0},
#include "isa/ops.def"
};

const weft_op_row *weft_op_row_of(unsigned op)
{
    return &rows[op];
}

const weft_slot *weft_form_slots(unsigned form)
{
    return forms[form].slots;
}

const char *weft_form_text(unsigned form)
{
    return forms[form].text;
}

bool weft_form_has_type2(unsigned form)
{
    return weft_form_type2_mask(form) != 0;
}

uint32_t weft_form_type2_mask(unsigned form)
{
    if (form == WEFT_FORM_CONVERT)
        return WEFT_MASK_ALL;
    if (form == WEFT_FORM_GATHER || form == WEFT_FORM_SCATTER)
        return WEFT_MASK_INDEX32_64;
    return 0;
}

unsigned weft_opcode_find(const char *mnemonic, size_t length)
{
    for (unsigned op = 0; op < WEFT_OPCODE_COUNT; op++)
        if (strlen(rows[op].mnemonic) == length && memcmp(rows[op].mnemonic, mnemonic, length) == 0)
            return op;
    return WEFT_OPCODE_COUNT;
}

weft_dtype weft_reduce_dtype(unsigned op, weft_dtype type)
{
    switch (rows[op].result) {
    case WEFT_RESULT_SAME:
        return type;
    case WEFT_RESULT_WIDE:
        if (weft_type_in(WEFT_MASK_FLOAT, type))
            return type;
        return weft_type_in(WEFT_MASK_SIGNED, type) ? WEFT_I64 : WEFT_U64;
    case WEFT_RESULT_BOOLEAN:
        return WEFT_BOOL;
    case WEFT_RESULT_INDEX:
        return WEFT_I64;
    default:
        return WEFT_NONE;
    }
}

weft_dtype weft_slot_dtype(const weft_insn *insn, const weft_slot *slot)
{
    switch (slot->type) {
    case WEFT_TYPE_OP:
        return (weft_dtype)insn->type;
    case WEFT_TYPE_SECOND:
        return (weft_dtype)insn->type2;
    case WEFT_TYPE_BOOLEAN:
        return WEFT_BOOL;
    case WEFT_TYPE_COUNTER:
        return WEFT_I64;
    case WEFT_TYPE_ARGUMENT:
        return weft_signature_type((uint32_t)insn->off, (unsigned)(slot->field - 'a'));
    default:
        return weft_reduce_dtype(insn->op, (weft_dtype)insn->type);
    }
}

uint8_t weft_insn_field(const weft_insn *insn, char field)
{
    return field == 'd' ? insn->d : field == 'a' ? insn->a : field == 'b' ? insn->b : insn->c;
}

void weft_insn_set_field(weft_insn *insn, char field, uint8_t value)
{
    if (field == 'd')
        insn->d = value;
    else if (field == 'a')
        insn->a = value;
    else if (field == 'b')
        insn->b = value;
    else
        insn->c = value;
}

unsigned weft_scalar_bit(char field)
{
    return field == 'd'   ? WEFT_SCALAR_D
           : field == 'a' ? WEFT_SCALAR_A
           : field == 'b' ? WEFT_SCALAR_B
                          : WEFT_SCALAR_C;
}

bool weft_slot_is_scalar(const weft_insn *insn, const weft_slot *slot)
{
    if (slot->class == WEFT_CLASS_ANY)
        return (insn->scalar & weft_scalar_bit(slot->field)) != 0;
    return slot->class == WEFT_CLASS_SCALAR;
}

unsigned weft_run_width(const weft_insn *insn, char field)
{
    const unsigned k = insn->k;
    switch (insn->op) {
#define WEFT_OP_FUSED(NAME, mnemonic, FORM, D, A, B, MOST, COST, words)                            \
    case WEFT_OP_##NAME:                                                                           \
        return field == 'd' ? D : field == 'a' ? A : B;
#include "isa/ops.def"
    case WEFT_OP_APPLY:
        return field == 'd' || (unsigned)(field - 'a') < weft_signature_count((uint32_t)insn->off);
    default:
        return 1;
    }
}

unsigned weft_insn_cost(const weft_insn *insn)
{
    const unsigned k = insn->k;
    (void)k;
    switch (insn->op) {
#define WEFT_OP_FUSED(NAME, mnemonic, FORM, D, A, B, MOST, COST, words)                            \
    case WEFT_OP_##NAME:                                                                           \
        return COST;
#include "isa/ops.def"
    default:
        return 1;
    }
}
