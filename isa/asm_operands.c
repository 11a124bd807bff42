/* isa/asm_operands.c: one instruction of assembly text: mnemonic, types, and the operands that its
 * form asks for (isa/forms.c). */
#include <string.h>

#include "isa/asm_internal.h"
#include "isa/literal.h"
#include "isa/suggest.h"

typedef struct operands { /* an instruction that is being read */
    assembler *as;
    weft_lexer *lexer;
    weft_insn insn;
    struct { /* of d, a, b: place of a group of registers, and how many it names; 0: no group */
        weft_word place;
        unsigned width;
    } groups[3];
} operands;

/* A register of one of the files in `files`; *file is which. */
static weft_status parse_register(operands *o, const char *files, char *file, uint8_t *number)
{
    static const struct {
        char file;
        unsigned count;
    } known[] = {{'v', WEFT_MAX_STRIP_REGS}, {'p', WEFT_MAX_PREDICATES}, {'s', WEFT_MAX_SCALARS}};
    weft_word word = weft_lex_name(o->lexer);
    unsigned value = 0;
    bool good = word.length >= 2 && word.length <= 4 && strchr(files, *word.text);
    for (size_t i = 1; good && i < word.length; i++) {
        good = word.text[i] >= '0' && word.text[i] <= '9' && (i == 1 || word.text[1] != '0');
        value = value * 10 + (unsigned)(word.text[i] - '0');
    }
    for (size_t i = 0; good && i < 3; i++)
        if (known[i].file == *word.text && value >= known[i].count)
            return weft_lex_fail(o->lexer, &word, "registers go from %c0 to %c%u", known[i].file,
                                 known[i].file, known[i].count - 1);
    if (!good)
        return weft_lex_fail(o->lexer, &word, "expected a %s",
                             strcmp(files, "s") == 0    ? "scalar register (s0 to s63)"
                             : strcmp(files, "v") == 0  ? "strip register (v0 to v255)"
                             : strcmp(files, "p") == 0  ? "predicate register (p0 to p15)"
                             : strcmp(files, "vs") == 0 ? "strip register (v0 to v255) or a scalar "
                                                          "register (s0 to s63)"
                                                        : "predicate register (p0 to p15) or a "
                                                          "scalar register (s0 to s63)");
    *file = *word.text;
    *number = (uint8_t)value;
    return WEFT_OK;
}

static const char *files_of(const operands *o, const weft_slot *slot)
{
    bool predicate = weft_slot_dtype(&o->insn, slot) == WEFT_BOOL;
    if (slot->class == WEFT_CLASS_SCALAR)
        return "s";
    if (slot->class == WEFT_CLASS_STRIP)
        return predicate ? "p" : "v";
    return predicate ? "ps" : "vs";
}

static weft_status parse_reg(operands *o, const weft_slot *slot)
{
    char file;
    uint8_t number;
    WEFT_TRY(parse_register(o, files_of(o, slot), &file, &number));
    weft_insn_set_field(&o->insn, slot->field, number);
    if (slot->class == WEFT_CLASS_ANY && file == 's')
        o->insn.scalar |= (uint8_t)weft_scalar_bit(slot->field);
    return WEFT_OK;
}

static size_t group_index(char field)
{
    return field == 'd' ? 0 : field == 'a' ? 1 : 2;
}

/* `v0..v2`, or one register. */
static weft_status parse_group(operands *o, const weft_slot *slot)
{
    const char *files = files_of(o, slot);
    char file, last_file;
    uint8_t first, last;
    weft_word place = weft_lex_here(o->lexer);
    unsigned *width = &o->groups[group_index(slot->field)].width;
    o->groups[group_index(slot->field)].place = place;
    WEFT_TRY(parse_reg(o, slot));
    first = weft_insn_field(&o->insn, slot->field);
    file = weft_slot_is_scalar(&o->insn, slot) ? 's' : files[0];
    *width = 1;
    if (!weft_lex_take(o->lexer, '.'))
        return WEFT_OK;
    weft_word here = weft_lex_here(o->lexer);
    if (!weft_lex_take(o->lexer, '.'))
        return weft_lex_fail(o->lexer, &here, "expected a range of registers such as v0..v2");
    WEFT_TRY(parse_register(o, files, &last_file, &last));
    if (last_file != file || last < first)
        return weft_lex_fail(o->lexer, &place, "a range goes up within one register file");
    *width = (unsigned)(last - first) + 1;
    return WEFT_OK;
}

/* The first run that does not name as many registers as k asks for, or NULL. */
static const weft_slot *wrong_run(const operands *o, const weft_slot *slots)
{
    for (const weft_slot *slot = slots; slot->kind != WEFT_SLOT_END; slot++)
        if (slot->kind == WEFT_SLOT_RUN &&
            o->groups[group_index(slot->field)].width != weft_run_width(&o->insn, slot->field))
            return slot;
    return NULL;
}

/* The number of terms of a fused operation is what its first run says: its runs give k. */
static weft_status settle_terms(operands *o, const weft_op_row *row)
{
    const weft_slot *slots = weft_form_slots(row->form), *wrong, *first = slots;
    while (first->kind != WEFT_SLOT_RUN)
        if (first++->kind == WEFT_SLOT_END)
            return WEFT_OK;
    for (o->insn.k = row->terms ? 1 : 0; (wrong = wrong_run(o, slots)) == first; o->insn.k++)
        if (o->insn.k == row->terms)
            break;
    if (!wrong)
        return WEFT_OK;
    unsigned width = o->groups[group_index(wrong->field)].width;
    return weft_lex_fail(o->lexer, &o->groups[group_index(wrong->field)].place,
                         "%s takes %s%u registers here, but %u %s named", row->mnemonic,
                         row->terms && wrong == first ? "up to " : "",
                         weft_run_width(&o->insn, wrong->field), width, width == 1 ? "is" : "are");
}

static weft_status unknown_param(operands *o, const weft_word *name)
{
    char phrase[WEFT_SUGGESTION_SIZE];
    weft_suggestion near = {name->text, name->length, NULL, 0};
    const weft_param *params = o->as->params.data;
    for (size_t i = 0; i < o->as->params.count; i++)
        weft_suggest(&near, params[i].name);
    return weft_lex_fail(o->lexer, name, "there is no parameter '%.*s'%s", weft_word_shown(name),
                         name->text, weft_suggestion_phrase(&near, phrase));
}

/* What may follow the name in brackets: `+ offset`, `- offset`, `+ register`. */
static weft_status parse_address(operands *o)
{
    bool offset = false;
    while (weft_lex_peek(o->lexer) == '+' || weft_lex_peek(o->lexer) == '-') {
        weft_word here = weft_lex_here(o->lexer);
        bool minus = !weft_lex_take(o->lexer, '+') && weft_lex_take(o->lexer, '-');
        int64_t value;
        char file;
        if (!minus && weft_lex_peek(o->lexer) == 's') {
            if (o->insn.scalar & WEFT_ADDRESS_REG)
                return weft_lex_fail(o->lexer, &here, "an address has at most one register");
            WEFT_TRY(parse_register(o, "s", &file, &o->insn.a));
            o->insn.scalar |= WEFT_ADDRESS_REG;
            continue;
        }
        here = weft_lex_here(o->lexer);
        if (offset || !weft_lex_integer(o->lexer, 0, (int64_t)INT32_MAX + minus, &value))
            return weft_lex_fail(o->lexer, &here,
                                 "expected one offset of at most %d elements, or a "
                                 "scalar register",
                                 INT32_MAX);
        o->insn.off = (int32_t)(minus ? -value : value);
        offset = true;
    }
    return WEFT_OK;
}

static weft_status parse_brackets(operands *o, unsigned kind)
{
    weft_lexer *lexer = o->lexer;
    weft_word here = weft_lex_here(lexer);
    if (!weft_lex_take(lexer, '['))
        return weft_lex_fail(lexer, &here, "expected a parameter in brackets, such as [x]");
    weft_word name = weft_lex_name(lexer);
    int index = weft_asm_find_param(o->as, &name);
    if (index < 0)
        return unknown_param(o, &name);
    o->insn.param = (uint8_t)index;
    const weft_param *param = (const weft_param *)o->as->params.data + index;
    if (kind == WEFT_SLOT_FUNCTION) {
        if (param->kind != WEFT_PARAM_FUNCTION)
            return weft_lex_fail(lexer, &name, "'%s' is no function", param->name);
        o->insn.off = (int32_t)param->count;
    }
    if ((kind == WEFT_SLOT_MEM || kind == WEFT_SLOT_TABLE) && weft_lex_take(lexer, '.')) {
        int64_t component;
        here = weft_lex_here(lexer);
        if (!weft_lex_integer(lexer, 0, param->segment - 1, &component))
            return weft_lex_fail(lexer, &here, "'%s' has components 0 to %d", param->name,
                                 param->segment - 1);
        o->insn.k = (uint8_t)component;
    }
    if (kind == WEFT_SLOT_SEGMEM && param->segment != o->groups[0].width)
        return weft_lex_fail(lexer, &o->groups[0].place,
                             "'%s' has %d values per element, but %u register%s "
                             "named",
                             param->name, param->segment, o->groups[0].width,
                             o->groups[0].width == 1 ? " is" : "s are");
    if (kind == WEFT_SLOT_MEM || kind == WEFT_SLOT_SEGMEM)
        WEFT_TRY(parse_address(o));
    here = weft_lex_here(lexer);
    return weft_lex_take(lexer, ']') ? WEFT_OK : weft_lex_fail(lexer, &here, "expected ']'");
}

static weft_status parse_constant(operands *o)
{
    weft_word token = weft_lex_token(o->lexer);
    const char *wrong =
        weft_literal_parse(token.text, token.length, (weft_dtype)o->insn.type, &o->insn.imm);
    if (wrong)
        return weft_lex_fail(o->lexer, &token, "%s (type %s)", wrong,
                             weft_dtype_name((weft_dtype)o->insn.type));
    return WEFT_OK;
}

static weft_status parse_small(operands *o, const char *what, uint8_t *value)
{
    weft_word here = weft_lex_here(o->lexer);
    int64_t number;
    if (!weft_lex_integer(o->lexer, 0, UINT8_MAX, &number))
        return weft_lex_fail(o->lexer, &here, "expected a %s", what);
    *value = (uint8_t)number;
    return WEFT_OK;
}

/* `lo..hi`, one dimension, or nothing for all. */
static weft_status parse_dims(operands *o)
{
    o->insn.a = 0;
    o->insn.b = (uint8_t)(o->as->code->rank - 1);
    if (weft_lex_end_of_line(o->lexer))
        return WEFT_OK;
    WEFT_TRY(parse_small(o, "dimension", &o->insn.a));
    o->insn.b = o->insn.a;
    if (!weft_lex_take(o->lexer, '.'))
        return WEFT_OK;
    weft_word here = weft_lex_here(o->lexer);
    if (!weft_lex_take(o->lexer, '.'))
        return weft_lex_fail(o->lexer, &here, "expected a range of dimensions such as 0..1");
    return parse_small(o, "dimension", &o->insn.b);
}

static weft_status parse_range(operands *o)
{
    weft_word here = weft_lex_here(o->lexer);
    int64_t length, base = 0;
    if (!weft_lex_integer(o->lexer, 0, UINT32_MAX, &length))
        return weft_lex_fail(o->lexer, &here, "expected the number of elements");
    if (weft_lex_take(o->lexer, ',')) {
        here = weft_lex_here(o->lexer);
        if (!weft_lex_integer(o->lexer, 0, UINT32_MAX, &base))
            return weft_lex_fail(o->lexer, &here, "expected the index of the first element");
    }
    o->insn.imm = (uint64_t)base << 32 | (uint64_t)length;
    return WEFT_OK;
}

static weft_status parse_trips(operands *o)
{
    if (weft_lex_peek(o->lexer) == 's') {
        char file;
        o->insn.scalar |= WEFT_SCALAR_A;
        return parse_register(o, "s", &file, &o->insn.a);
    }
    weft_word here = weft_lex_here(o->lexer);
    int64_t count;
    if (!weft_lex_integer(o->lexer, 0, INT64_MAX, &count))
        return weft_lex_fail(o->lexer, &here, "expected a count or a scalar register");
    o->insn.imm = (uint64_t)count;
    return WEFT_OK;
}

static weft_status parse_label(operands *o)
{
    weft_word name = weft_lex_name(o->lexer);
    if (name.length == 0)
        return weft_lex_fail(o->lexer, &name, "expected a label");
    assembler_fixup *fixup = weft_vector_push(o->as->allocator, &o->as->fixups);
    if (!fixup)
        return weft_fail_memory(o->lexer->error);
    fixup->name = name;
    fixup->pc = (uint32_t)o->as->insns.count;
    return WEFT_OK;
}

static weft_status parse_slot(operands *o, const weft_slot *slot)
{
    switch ((weft_slot_kind)slot->kind) {
    case WEFT_SLOT_REG:
    case WEFT_SLOT_ARGUMENT:
        return parse_reg(o, slot);
    case WEFT_SLOT_GROUP:
    case WEFT_SLOT_RUN:
        return parse_group(o, slot);
    case WEFT_SLOT_MEM:
    case WEFT_SLOT_SEGMEM:
    case WEFT_SLOT_TABLE:
    case WEFT_SLOT_NAME:
    case WEFT_SLOT_FUNCTION:
        return parse_brackets(o, slot->kind);
    case WEFT_SLOT_IMM:
        return parse_constant(o);
    case WEFT_SLOT_DIM:
        return parse_small(o, "dimension", &o->insn.k);
    case WEFT_SLOT_DEPTH:
        return parse_small(o, "number of loops", &o->insn.k);
    case WEFT_SLOT_DIMS:
        return parse_dims(o);
    case WEFT_SLOT_RANGE:
        return parse_range(o);
    case WEFT_SLOT_TRIPS:
        return parse_trips(o);
    case WEFT_SLOT_LABEL:
        return parse_label(o);
    case WEFT_SLOT_END:
        break;
    }
    return WEFT_OK;
}

static weft_status wrong_arguments(operands *o, const weft_word *here)
{
    const weft_param *param = (const weft_param *)o->as->params.data + o->insn.param;
    const unsigned count = weft_signature_count(param->count);
    return weft_lex_fail(o->lexer, here, "'%s' takes %u argument%s", param->name, count,
                         count == 1 ? "" : "s");
}

static weft_status parse_operands(operands *o, const weft_op_row *row)
{
    const weft_slot *slots = weft_form_slots(row->form);
    for (const weft_slot *slot = slots; slot->kind != WEFT_SLOT_END; slot++) {
        if (slot->kind == WEFT_SLOT_DEPTH && weft_lex_end_of_line(o->lexer)) {
            o->insn.k = 1;
            return WEFT_OK;
        }
        weft_word here = weft_lex_here(o->lexer);
        const bool argument = slot->kind == WEFT_SLOT_ARGUMENT;
        if (argument && weft_lex_peek(o->lexer) != ',' && !weft_run_width(&o->insn, slot->field))
            return WEFT_OK;
        if (argument && (weft_lex_peek(o->lexer) == ',') != weft_run_width(&o->insn, slot->field))
            return wrong_arguments(o, &here);
        if (slot != slots && !weft_lex_take(o->lexer, ','))
            return weft_lex_fail(o->lexer, &here, "expected ','; the operands of %s are %s",
                                 row->mnemonic, weft_form_text(row->form));
        WEFT_TRY(parse_slot(o, slot));
    }
    return settle_terms(o, row);
}

static weft_status parse_mnemonic(operands *o, weft_word *word)
{
    *word = weft_lex_name(o->lexer);
    unsigned op = weft_opcode_find(word->text, word->length);
    if (op == WEFT_OPCODE_COUNT) {
        char phrase[WEFT_SUGGESTION_SIZE];
        weft_suggestion near = {word->text, word->length, NULL, 0};
        for (unsigned i = 0; i < WEFT_OPCODE_COUNT; i++)
            weft_suggest(&near, weft_op_row_of(i)->mnemonic);
        return weft_lex_fail(o->lexer, word, "unknown operation '%.*s'%s", weft_word_shown(word),
                             word->text, weft_suggestion_phrase(&near, phrase));
    }
    o->insn.op = (uint16_t)op;
    return WEFT_OK;
}

static weft_status parse_type(operands *o, const weft_op_row *row, uint32_t admitted,
                              uint8_t *field)
{
    weft_word here = weft_lex_here(o->lexer);
    weft_dtype type;
    if (!weft_lex_take(o->lexer, '.'))
        return weft_lex_fail(o->lexer, &here, "%s needs %s, as in %s.f32%s", row->mnemonic,
                             field == &o->insn.type ? "a type" : "a second type", row->mnemonic,
                             weft_form_has_type2(row->form) ? ".i32" : "");
    here = weft_lex_here(o->lexer);
    WEFT_TRY(weft_asm_type(o->as, &type));
    if (!weft_type_in(admitted, type))
        return weft_lex_fail(o->lexer, &here, "%s does not admit the type %s", row->mnemonic,
                             weft_dtype_name(type));
    *field = (uint8_t)type;
    return WEFT_OK;
}

weft_status weft_asm_instruction(assembler *as)
{
    operands o;
    weft_word word;
    memset(&o, 0, sizeof o);
    o.as = as;
    o.lexer = &as->lexer;
    WEFT_TRY(parse_mnemonic(&o, &word));
    const weft_op_row *row = weft_op_row_of(o.insn.op);
    if (row->type_mask)
        WEFT_TRY(parse_type(&o, row, row->type_mask, &o.insn.type));
    if (weft_form_has_type2(row->form))
        WEFT_TRY(parse_type(&o, row, weft_form_type2_mask(row->form), &o.insn.type2));
    WEFT_TRY(parse_operands(&o, row));
    return weft_asm_emit(as, &o.insn, &word);
}
