/* isa/dis.c: the disassembler (isa/asm.h): verified code as assembly text.
 * What it writes assembles to the same image, byte for byte. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "isa/asm.h"
#include "isa/literal.h"

typedef struct printer {
    const weft_allocator *allocator;
    const weft_code *code;
    weft_vector *text;
    bool no_memory;
} printer;

static void put(printer *out, const char *format, ...) WEFT_PRINTF(2, 3);

static void put(printer *out, const char *format, ...)
{
    char piece[256];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(piece, sizeof piece, format, arguments);
    va_end(arguments);
    for (int i = 0; i < length && !out->no_memory; i++) {
        char *slot = weft_vector_push(out->allocator, out->text);
        if (slot)
            *slot = piece[i];
        else
            out->no_memory = true;
    }
}

static void put_space(printer *out)
{
    const weft_code *code = out->code;
    if (!code->fixed) {
        put(out, ".space %d\n", code->rank);
        return;
    }
    for (int d = 0; d < code->rank; d++)
        put(out, "%s%" PRId64, d ? ", " : ".space [", code->extents[d]);
    put(out, "]\n");
}

static void put_dims(printer *out, const weft_param *param)
{
    const char *between = " dims ";
    if (param->dims == (1u << out->code->rank) - 1)
        return;
    if (param->dims == 0)
        put(out, " dims none");
    for (int d = 0; d < WEFT_MAX_RANK; d++)
        if (param->dims >> d & 1) {
            put(out, "%s%d", between, d);
            between = ",";
        }
}

static void put_signature(printer *out, const weft_param *param)
{
    for (unsigned i = 0; i < weft_signature_count(param->count); i++)
        put(out, "%s%s", i ? ", " : " (", weft_dtype_name(weft_signature_type(param->count, i)));
    put(out, weft_param_is_pure(param) ? ") pure" : ")");
}

static void put_param(printer *out, const weft_param *param)
{
    const weft_directive *directive = weft_directives;
    while (directive->kind != param->kind)
        directive++;
    put(out, "%s %s %s", directive->name, param->name, weft_dtype_name((weft_dtype)param->type));
    if (param->segment > 1)
        put(out, "[%d]", param->segment);
    if (*directive->access)
        put(out, " %s", directive->access);
    if (weft_kind_is_mapped(param->kind))
        put_dims(out, param);
    if (param->kind == WEFT_PARAM_FUNCTION)
        put_signature(out, param);
    else if (param->window)
        put(out, " window %" PRIu32, param->window);
    if (weft_kind_has_count(param->kind) &&
        !(param->kind == WEFT_PARAM_UNIFORM && param->count == 1))
        put(out, " count %" PRIu32, param->count);
    put(out, "\n");
}

static void put_register(printer *out, const weft_insn *insn, const weft_slot *slot)
{
    char file = weft_slot_is_scalar(insn, slot)            ? 's'
                : weft_slot_dtype(insn, slot) == WEFT_BOOL ? 'p'
                                                           : 'v';
    unsigned first = weft_insn_field(insn, slot->field);
    put(out, "%c%u", file, first);
    unsigned width = weft_slot_width(out->code, insn, slot);
    if (width > 1)
        put(out, "..%c%u", file, first + width - 1);
}

static void put_memory(printer *out, const weft_insn *insn, unsigned kind)
{
    const weft_param *param = &out->code->params[insn->param];
    put(out, "[%s", param->name);
    if (kind == WEFT_SLOT_FUNCTION) { /* off is its signature */
        put(out, "]");
        return;
    }
    if ((kind == WEFT_SLOT_MEM || kind == WEFT_SLOT_TABLE) && param->segment > 1)
        put(out, ".%u", insn->k);
    if (insn->off)
        put(out, insn->off < 0 ? " - %" PRId64 : " + %" PRId64,
            insn->off < 0 ? -(int64_t)insn->off : (int64_t)insn->off);
    if (insn->scalar & WEFT_ADDRESS_REG)
        put(out, " + s%u", insn->a);
    put(out, "]");
}

static void put_slot(printer *out, const weft_insn *insn, const weft_slot *slot)
{
    char constant[WEFT_MAX_LITERAL + 1];
    switch ((weft_slot_kind)slot->kind) {
    case WEFT_SLOT_REG:
    case WEFT_SLOT_GROUP:
    case WEFT_SLOT_RUN:
    case WEFT_SLOT_ARGUMENT:
        put_register(out, insn, slot);
        break;
    case WEFT_SLOT_MEM:
    case WEFT_SLOT_SEGMEM:
    case WEFT_SLOT_TABLE:
    case WEFT_SLOT_NAME:
    case WEFT_SLOT_FUNCTION:
        put_memory(out, insn, slot->kind);
        break;
    case WEFT_SLOT_IMM:
        weft_literal_format(insn->imm, (weft_dtype)insn->type, constant);
        put(out, "%s", constant);
        break;
    case WEFT_SLOT_DIM:
    case WEFT_SLOT_DEPTH:
        put(out, "%u", insn->k);
        break;
    case WEFT_SLOT_DIMS:
        put(out, insn->a == insn->b ? "%u" : "%u..%u", insn->a, insn->b);
        break;
    case WEFT_SLOT_RANGE:
        put(out, "%" PRIu32 ", %" PRIu32, weft_strip_length(insn), weft_strip_base(insn));
        break;
    case WEFT_SLOT_TRIPS:
        if (insn->scalar & WEFT_SCALAR_A)
            put(out, "s%u", insn->a);
        else
            put(out, "%" PRIu64, insn->imm);
        break;
    case WEFT_SLOT_LABEL:
        put(out, "L%" PRId32, insn->off);
        break;
    case WEFT_SLOT_END:
        break;
    }
}

/* Whether the operand may be left out, because it says what the assembler assumes, or is not there.
 */
static bool is_default(const printer *out, const weft_insn *insn, const weft_slot *slot)
{
    return (slot->kind == WEFT_SLOT_DEPTH && insn->k == 1) ||
           (slot->kind == WEFT_SLOT_ARGUMENT && !weft_run_width(insn, slot->field)) ||
           (slot->kind == WEFT_SLOT_DIMS && insn->a == 0 && insn->b == out->code->rank - 1);
}

static void put_insn(printer *out, const weft_insn *insn, unsigned depth)
{
    const weft_op_row *row = weft_op_row_of(insn->op);
    put(out, "%*s%s", (int)(4 * depth), "", row->mnemonic);
    if (insn->type)
        put(out, ".%s", weft_dtype_name((weft_dtype)insn->type));
    if (insn->type2)
        put(out, ".%s", weft_dtype_name((weft_dtype)insn->type2));
    const char *between = " ";
    for (const weft_slot *slot = weft_form_slots(row->form); slot->kind != WEFT_SLOT_END; slot++) {
        if (is_default(out, insn, slot))
            continue;
        put(out, "%s", between);
        put_slot(out, insn, slot);
        between = ", ";
    }
    put(out, "\n");
}

/* Marks the instructions that something branches to or calls. */
static void mark_targets(const weft_code *code, bool *target)
{
    for (uint32_t pc = 0; pc < code->n_insns; pc++) {
        unsigned form = weft_op_row_of(code->insns[pc].op)->form;
        if (form == WEFT_FORM_BRANCH || form == WEFT_FORM_BRANCHIF)
            target[code->insns[pc].off] = true;
    }
}

static void put_program(printer *out, const bool *target)
{
    const weft_code *code = out->code;
    unsigned depth = 0;
    put(out, ".weft 1\n");
    put_space(out);
    for (uint32_t i = 0; i < code->n_params; i++)
        put_param(out, &code->params[i]);
    put(out, "\n");
    for (uint32_t pc = 0; pc < code->n_insns && !out->no_memory; pc++) {
        const weft_insn *insn = &code->insns[pc];
        if (insn->op == WEFT_OP_FUNC)
            put(out, "\n");
        if (target[pc])
            put(out, "L%" PRIu32 ":\n", pc);
        if (insn->op == WEFT_OP_END)
            depth--;
        put_insn(out, insn, depth);
        if (weft_op_opens_block(insn->op))
            depth++;
    }
}

weft_status weft_dis(const weft_allocator *allocator, const weft_code *code, weft_vector *text,
                     weft_error *error)
{
    memset(text, 0, sizeof *text);
    text->element = 1;
    size_t n = (size_t)code->n_insns + 1;
    bool *target = weft_mem_zeroed(allocator, n, sizeof *target);
    printer out = {allocator, code, text, false};
    if (target) {
        mark_targets(code, target);
        put_program(&out, target);
        out.no_memory = out.no_memory || !weft_vector_push(allocator, text);
    }
    weft_mem_free(allocator, target, n * sizeof *target);
    if (target && !out.no_memory)
        return WEFT_OK;
    weft_vector_free(allocator, text);
    return weft_fail_memory(error);
}
