/* compiler/draft.c: drafted instructions and their registers, and the scopes in which values stand
 * in registers (compiler/emit.h). */
#include "compiler/emit.h"

/* --- drafts ----------------------------------------------------------------------------------- */

weft_status weft_emit_new_register(weft_emitter *e, weft_file file, int32_t *number)
{
    weft_virtual *reg = weft_vector_push(e->s->allocator, &e->draft->regs);
    if (!reg)
        return weft_fail_memory(e->s->error);
    *number = (int32_t)e->draft->regs.count - 1;
    *reg = (weft_virtual){.file = (uint8_t)file, .width = 1, .leader = *number, .from = -1};
    return WEFT_OK;
}

weft_virtual *weft_emit_register_at(const weft_emitter *e, int32_t number)
{
    return (weft_virtual *)e->draft->regs.data + number;
}

bool weft_emit_is_scalar(const weft_emitter *e, int32_t number)
{
    return weft_emit_register_at(e, number)->file == WEFT_FILE_SCALAR;
}

weft_status weft_emit_new_group(weft_emitter *e, weft_file file, unsigned width, int32_t *first)
{
    for (unsigned i = 0; i < width; i++) {
        int32_t number = -1;
        WEFT_TRY(weft_emit_new_register(e, file, &number));
        if (i == 0)
            *first = number;
        weft_emit_register_at(e, number)->leader = *first;
        weft_emit_register_at(e, number)->offset = (uint8_t)i;
    }
    weft_emit_register_at(e, *first)->width = (uint8_t)width;
    return WEFT_OK;
}

weft_status weft_emit_insn(weft_emitter *e, const weft_insn *insn, int32_t d, int32_t a, int32_t b,
                           int32_t c)
{
    weft_draft *draft = weft_vector_push(e->s->allocator, &e->draft->insns);
    if (!draft || e->draft->insns.count > WEFT_MAX_INSNS)
        return draft ? weft_fail(e->s->error, WEFT_ERR_LIMIT,
                                 "the program has more than %d instructions", WEFT_MAX_INSNS)
                     : weft_fail_memory(e->s->error);
    *draft = (weft_draft){*insn, d, a, b, c};
    return WEFT_OK;
}

weft_file weft_emit_file_of(weft_dtype type, bool strip)
{
    return !strip ? WEFT_FILE_SCALAR : type == WEFT_BOOL ? WEFT_FILE_PREDICATE : WEFT_FILE_STRIP;
}

void weft_emit_mark_scalars(const weft_emitter *e, weft_insn *insn, int32_t d, int32_t a, int32_t b,
                            int32_t c)
{
    insn->scalar |= (uint8_t)((d >= 0 && weft_emit_is_scalar(e, d) ? WEFT_SCALAR_D : 0) |
                              (a >= 0 && weft_emit_is_scalar(e, a) ? WEFT_SCALAR_A : 0) |
                              (b >= 0 && weft_emit_is_scalar(e, b) ? WEFT_SCALAR_B : 0) |
                              (c >= 0 && weft_emit_is_scalar(e, c) ? WEFT_SCALAR_C : 0));
}

weft_status weft_emit_unary(weft_emitter *e, unsigned op, weft_dtype type, int32_t d, int32_t a)
{
    weft_insn insn = {.op = (uint16_t)op, .type = (uint8_t)type};
    if (op == WEFT_OP_MOV && !weft_emit_is_scalar(e, d) && weft_emit_is_scalar(e, a))
        insn.op = WEFT_OP_BCAST;
    else
        weft_emit_mark_scalars(e, &insn, d, a, -1, -1);
    return weft_emit_insn(e, &insn, d, a, -1, -1);
}

weft_status weft_emit_as_strip(weft_emitter *e, weft_dtype type, int32_t *number)
{
    int32_t strip;
    if (!weft_emit_is_scalar(e, *number))
        return WEFT_OK;
    WEFT_TRY(weft_emit_new_register(e, weft_emit_file_of(type, true), &strip));
    WEFT_TRY(weft_emit_unary(e, WEFT_OP_MOV, type, strip, *number));
    *number = strip;
    return WEFT_OK;
}

/* --- scopes ----------------------------------------------------------------------------------- */

weft_status weft_emit_open_scope(weft_emitter *e)
{
    if (e->depth == MAX_SCOPES)
        return weft_fail(e->s->error, WEFT_ERR_LIMIT, "blocks are nested deeper than %d",
                         WEFT_MAX_NEST);
    e->scopes[e->depth++] = ++e->serial;
    return WEFT_OK;
}

static void close_scope(weft_emitter *e)
{
    e->depth--;
}

bool weft_emit_is_available(const weft_emitter *e, const weft_item *item)
{
    for (unsigned i = 0; i < e->depth && item->reg >= 0; i++)
        if (e->scopes[i] == item->scope)
            return true;
    return false;
}

void weft_emit_set_register(weft_emitter *e, int32_t number, int32_t reg)
{
    weft_item *item = weft_item_at(e->s, number);
    item->reg = reg;
    item->scope = e->scopes[e->depth - 1];
}

weft_status weft_emit_block(weft_emitter *e, unsigned op, unsigned k, unsigned lo, unsigned hi)
{
    const weft_insn insn = {
        .op = (uint16_t)op, .k = (uint8_t)k, .a = (uint8_t)lo, .b = (uint8_t)hi};
    WEFT_TRY(weft_emit_insn(e, &insn, -1, -1, -1, -1));
    return weft_emit_open_scope(e);
}

weft_status weft_emit_end(weft_emitter *e)
{
    const weft_insn insn = {.op = WEFT_OP_END};
    close_scope(e);
    return weft_emit_insn(e, &insn, -1, -1, -1, -1);
}
