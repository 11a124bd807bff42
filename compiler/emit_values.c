/* compiler/emit_values.c: the instructions of values (compiler/emit.h): constants, loads,
 * operations, rows of tables, fused operations, functions of the user's. */
#include "compiler/emit.h"
#include <string.h>

/* --- values ----------------------------------------------------------------------------------- */

weft_status weft_emit_constant(weft_emitter *e, const weft_node *node, int32_t d)
{
    weft_insn insn = {.op = WEFT_OP_IMM, .type = node->type, .imm = node->imm};
    if (node->kind == WEFT_NODE_UNIFORM) {
        insn = (weft_insn){.op = WEFT_OP_LD,
                           .type = node->type,
                           .param = node->param,
                           .k = node->k,
                           .off = (int32_t)node->imm,
                           .scalar = WEFT_SCALAR_D};
    }
    return weft_emit_insn(e, &insn, d, -1, -1, -1);
}

weft_status weft_emit_register_of(weft_emitter *e, int32_t number, int32_t *reg)
{
    const weft_item *item = weft_item_at(e->s, number);
    if (!weft_emit_is_available(e, item)) {
        if (!weft_emit_is_made_anew(e, item))
            return weft_fail(e->s->error, WEFT_ERR_UNSUPPORTED,
                             "the compiler lost a value (a mistake of its own)");
        WEFT_TRY(weft_emit_new_register(e, WEFT_FILE_SCALAR, reg));
        return weft_emit_constant(e, &weft_item_at(e->s, number)->node, *reg);
    }
    *reg = item->reg;
    return WEFT_OK;
}

weft_status weft_emit_load(weft_emitter *e, int32_t number, unsigned param, unsigned k)
{
    const weft_param *p = (const weft_param *)e->s->params.data + param;
    const bool strip = p->dims & e->strips;
    const weft_insn insn = {.op = WEFT_OP_LD,
                            .type = p->type,
                            .param = (uint8_t)param,
                            .k = (uint8_t)k,
                            .scalar = strip ? 0 : WEFT_SCALAR_D};
    int32_t d;
    WEFT_TRY(weft_emit_new_register(e, weft_emit_file_of((weft_dtype)p->type, strip), &d));
    WEFT_TRY(weft_emit_insn(e, &insn, d, -1, -1, -1));
    weft_emit_set_register(e, number, d);
    return WEFT_OK;
}

/* Whether a register can be given a place in a group: it has none yet, and is not twice in the
 * list. */
static bool is_alone(const weft_emitter *e, const int32_t *regs, unsigned i, bool strips)
{
    const weft_virtual *reg = weft_emit_register_at(e, regs[i]);
    for (unsigned j = 0; j < i; j++)
        if (regs[j] == regs[i])
            return false;
    return reg->leader == regs[i] && reg->width == 1 && weft_emit_is_scalar(e, regs[i]) == !strips;
}

weft_status weft_emit_as_run(weft_emitter *e, const int32_t *values, unsigned n, weft_dtype type,
                             bool strips, int32_t *first)
{
    int32_t regs[WEFT_MAX_FUSED_STRIPS + 1] = {0};
    bool follow = true;
    for (unsigned i = 0; i < n; i++) {
        WEFT_TRY(weft_emit_register_of(e, values[i], &regs[i]));
        const weft_virtual *reg = weft_emit_register_at(e, regs[i]),
                           *zero = weft_emit_register_at(e, regs[0]);
        follow &= reg->leader == zero->leader && reg->offset == zero->offset + i &&
                  weft_emit_is_scalar(e, regs[i]) == !strips;
    }
    *first = regs[0];
    if (follow)
        return WEFT_OK;
    for (unsigned i = 0; i < n; i++) {
        int32_t member = regs[i];
        if (!is_alone(e, regs, i, strips)) {
            WEFT_TRY(weft_emit_new_register(e, weft_emit_file_of(type, strips), &member));
            WEFT_TRY(weft_emit_unary(e, WEFT_OP_MOV, type, member, regs[i]));
        }
        if (i == 0)
            *first = member;
        weft_emit_register_at(e, member)->leader = *first;
        weft_emit_register_at(e, member)->offset = (uint8_t)i;
    }
    weft_emit_register_at(e, *first)->width = (uint8_t)n;
    return WEFT_OK;
}

weft_status weft_emit_op(weft_emitter *e, int32_t number)
{
    const weft_node node = weft_item_at(e->s, number)->node;
    const unsigned form = weft_op_row_of(node.op)->form;
    const bool compares = form == WEFT_FORM_COMPARE;
    int32_t regs[3] = {-1, -1, -1}, d;
    bool strip = false;
    for (unsigned i = 0; i < 3; i++) {
        if (node.arg[i] < 0)
            continue;
        WEFT_TRY(weft_emit_register_of(e, node.arg[i], &regs[i]));
        strip |= !weft_emit_is_scalar(e, regs[i]);
    }
    if (node.op == WEFT_OP_MOV) { /* the same value: nothing is done */
        d = regs[0];
        if (weft_item_at(e->s, number)->mask & e->strips)
            WEFT_TRY(weft_emit_as_strip(e, (weft_dtype)node.type, &d));
        weft_emit_set_register(e, number, d);
        return WEFT_OK;
    }
    weft_insn insn = {.op = node.op,
                      .type = compares ? node.type2 : node.type,
                      .type2 = form == WEFT_FORM_CONVERT ? node.type2 : 0};
    WEFT_TRY(weft_emit_new_register(e, weft_emit_file_of((weft_dtype)node.type, strip), &d));
    if (form == WEFT_FORM_SELECT) {
        weft_emit_mark_scalars(e, &insn, d, regs[1], regs[2], regs[0]);
        WEFT_TRY(weft_emit_insn(e, &insn, d, regs[1], regs[2], regs[0]));
    } else {
        weft_emit_mark_scalars(e, &insn, d, regs[0], regs[1], regs[2]);
        WEFT_TRY(weft_emit_insn(e, &insn, d, regs[0], regs[1], regs[2]));
    }
    weft_emit_set_register(e, number, d);
    return WEFT_OK;
}

weft_status weft_emit_index(weft_emitter *e, int32_t number)
{
    const weft_node node = weft_item_at(e->s, number)->node;
    weft_insn insn = {.op = node.kind == WEFT_NODE_INDEX    ? WEFT_OP_INDEX
                            : node.kind == WEFT_NODE_EXTENT ? WEFT_OP_EXTENT
                                                            : WEFT_OP_LENGTH,
                      .type = node.type,
                      .k = node.k,
                      .param = node.kind == WEFT_NODE_LENGTH ? node.param : 0};
    const bool strip = node.kind == WEFT_NODE_INDEX && (e->strips >> node.k & 1);
    int32_t d;
    WEFT_TRY(weft_emit_new_register(e, weft_emit_file_of((weft_dtype)node.type, strip), &d));
    if (node.kind == WEFT_NODE_INDEX)
        weft_emit_mark_scalars(e, &insn, d, -1, -1, -1);
    WEFT_TRY(weft_emit_insn(e, &insn, d, -1, -1, -1));
    weft_emit_set_register(e, number, d);
    return WEFT_OK;
}

/* --- rows of tables --------------------------------------------------------------------------- */

bool weft_emit_is_affine(const weft_emitter *e, int32_t number, unsigned depth)
{
    const weft_item *item = weft_item_at(e->s, number);
    const weft_node *node = &item->node;
    if (node->type != WEFT_I64 || depth > 8)
        return false;
    switch ((weft_node_kind)node->kind) {
    case WEFT_NODE_CONST:
        return (int64_t)node->imm <= INT32_MAX && (int64_t)node->imm >= -INT32_MAX;
    case WEFT_NODE_COUNTER:
    case WEFT_NODE_EXTENT:
    case WEFT_NODE_LENGTH:
    case WEFT_NODE_UNIFORM:
        return true;
    case WEFT_NODE_INDEX:
        return !(e->strips >> node->k & 1);
    case WEFT_NODE_OP:
        break;
    default:
        return false;
    }
    const bool by_constant =
        node->arg[1] >= 0 && weft_item_at(e->s, node->arg[1])->node.kind == WEFT_NODE_CONST;
    const bool adds = node->op == WEFT_OP_ADD || node->op == WEFT_OP_SUB;
    const bool scales = (node->op == WEFT_OP_MUL || node->op == WEFT_OP_MAD) && by_constant;
    if (!adds && !scales && node->op != WEFT_OP_NEG && node->op != WEFT_OP_MOV)
        return false;
    for (unsigned i = 0; i < 3; i++)
        if (node->arg[i] >= 0 && !weft_emit_is_affine(e, node->arg[i], depth + 1))
            return false;
    return true;
}

/* All components of a row at once, for those that are needed in the same scope. */
static weft_status emit_row_segment(weft_emitter *e, const weft_insn *ld, int32_t index,
                                    int32_t row, unsigned width)
{
    weft_insn insn = *ld;
    int32_t first;
    insn.op = WEFT_OP_LDS;
    insn.k = 0;
    WEFT_TRY(weft_emit_new_group(e, WEFT_FILE_SCALAR, width, &first));
    WEFT_TRY(weft_emit_insn(e, &insn, first, row, -1, -1));
    for (int32_t i = weft_item_at(e->s, index)->child; i >= 0; i = weft_item_at(e->s, i)->sibling) {
        const weft_item *item = weft_item_at(e->s, i);
        if (item->stamp == e->s->stamp && item->node.kind == WEFT_NODE_ROW &&
            item->node.param == ld->param && !weft_emit_is_leaf(e, item))
            weft_emit_set_register(e, i, first + item->node.k);
    }
    return WEFT_OK;
}

weft_status weft_emit_row(weft_emitter *e, int32_t number)
{
    const weft_node node = weft_item_at(e->s, number)->node;
    const weft_param *param = (const weft_param *)e->s->params.data + node.param;
    const int32_t index = node.arg[0];
    const weft_node at = weft_item_at(e->s, index)->node;
    weft_insn insn = {.type = node.type, .param = node.param, .k = node.k};
    int32_t row, d;
    WEFT_TRY(weft_emit_register_of(e, index, &row));
    if (weft_emit_is_scalar(e, row) && weft_emit_is_affine(e, index, 0)) {
        insn.op = WEFT_OP_LD;
        insn.scalar = WEFT_SCALAR_D;
        if (at.kind == WEFT_NODE_CONST) {
            insn.off = (int32_t)(int64_t)at.imm;
            row = -1;
        } else {
            insn.scalar |= WEFT_ADDRESS_REG;
        }
        unsigned wanted = 0;
        for (int32_t i = weft_item_at(e->s, index)->child; param->segment > 1 && i >= 0;
             i = weft_item_at(e->s, i)->sibling) {
            const weft_item *item = weft_item_at(e->s, i);
            wanted += item->stamp == e->s->stamp && item->node.kind == WEFT_NODE_ROW &&
                      item->node.param == node.param;
        }
        if (wanted > 1)
            return emit_row_segment(e, &insn, index, row, param->segment);
        WEFT_TRY(weft_emit_new_register(e, WEFT_FILE_SCALAR, &d));
    } else {
        insn.op = WEFT_OP_GATHER;
        insn.type2 = at.type;
        WEFT_TRY(weft_emit_new_register(
            e, weft_emit_file_of((weft_dtype)node.type, !weft_emit_is_scalar(e, row)), &d));
        weft_emit_mark_scalars(e, &insn, d, row, -1, -1);
    }
    WEFT_TRY(weft_emit_insn(e, &insn, d, row, -1, -1));
    weft_emit_set_register(e, number, d);
    return WEFT_OK;
}

/* --- fused operations ------------------------------------------------------------------------- */

static weft_status emit_sum(weft_emitter *e, unsigned op, weft_dtype type, int32_t a, int32_t b,
                            int32_t c, int32_t *d)
{
    const bool strip = !weft_emit_is_scalar(e, a) || !weft_emit_is_scalar(e, b) ||
                       (c >= 0 && !weft_emit_is_scalar(e, c));
    weft_insn insn = {.op = (uint16_t)op, .type = (uint8_t)type};
    WEFT_TRY(weft_emit_new_register(e, weft_emit_file_of(type, strip), d));
    weft_emit_mark_scalars(e, &insn, *d, a, b, c);
    return weft_emit_insn(e, &insn, *d, a, b, c);
}

static weft_status spell_quaternion(weft_emitter *e, const weft_node *node, const int32_t *a,
                                    const int32_t *b, int32_t *results)
{
    const weft_dtype type = (weft_dtype)node->type;
    int32_t minus[4];
    for (unsigned i = 1; i < 4; i++) {
        WEFT_TRY(weft_emit_new_register(e, weft_emit_register_at(e, b[i])->file, &minus[i]));
        WEFT_TRY(weft_emit_unary(e, WEFT_OP_NEG, type, minus[i], b[i]));
    }
    for (unsigned d = 0; d < 4; d++) {
        const weft_quaternion_term *terms = weft_quaternion[node->op == WEFT_OP_QMULR][d];
        WEFT_TRY(emit_sum(e, WEFT_OP_MUL, type, a[terms[0].a], b[0], -1, &results[d]));
        for (unsigned i = 1; i < 4; i++)
            WEFT_TRY(emit_sum(e, WEFT_OP_FMA, type, a[terms[i].a],
                              terms[i].sign < 0 ? minus[i] : b[i], results[d], &results[d]));
    }
    return WEFT_OK;
}

/* A fused operation one product after the other, in its order: of scalars, or with other strips
 * than it has operands for. */
static weft_status spell_fused(weft_emitter *e, const weft_node *node, const int32_t *a,
                               const int32_t *b, int32_t *results)
{
    const weft_dtype type = (weft_dtype)node->type;
    switch (node->op) {
    case WEFT_OP_DOTK:
        WEFT_TRY(emit_sum(e, WEFT_OP_MUL, type, a[0], b[0], -1, results));
        for (unsigned i = 1; i < node->k; i++)
            WEFT_TRY(emit_sum(e, WEFT_OP_FMA, type, a[i], b[i], results[0], results));
        return WEFT_OK;
    case WEFT_OP_HORNER:
        results[0] = b[0];
        for (unsigned i = 1; i <= node->k; i++)
            WEFT_TRY(emit_sum(e, WEFT_OP_FMA, type, results[0], a[0], b[i], results));
        return WEFT_OK;
    case WEFT_OP_AFFINE3:
        for (unsigned i = 0; i < 3; i++) {
            const int32_t *m = &b[3 * i];
            WEFT_TRY(emit_sum(e, WEFT_OP_MUL, type, a[0], m[0], -1, &results[i]));
            WEFT_TRY(emit_sum(e, WEFT_OP_FMA, type, a[1], m[1], results[i], &results[i]));
            WEFT_TRY(emit_sum(e, WEFT_OP_FMA, type, a[2], m[2], results[i], &results[i]));
        }
        return WEFT_OK;
    case WEFT_OP_AFFINE34:
        for (unsigned i = 0; i < 3; i++) {
            const int32_t *m = &b[4 * i];
            WEFT_TRY(emit_sum(e, WEFT_OP_FMA, type, a[0], m[0], m[3], &results[i]));
            WEFT_TRY(emit_sum(e, WEFT_OP_FMA, type, a[1], m[1], results[i], &results[i]));
            WEFT_TRY(emit_sum(e, WEFT_OP_FMA, type, a[2], m[2], results[i], &results[i]));
        }
        return WEFT_OK;
    default:
        return spell_quaternion(e, node, a, b, results);
    }
}

static weft_status set_parts(weft_emitter *e, int32_t fused, const int32_t *results)
{
    weft_emit_set_register(e, fused, results[0]);
    for (int32_t i = weft_item_at(e->s, fused)->child; i >= 0; i = weft_item_at(e->s, i)->sibling)
        if (weft_item_at(e->s, i)->node.kind == WEFT_NODE_PART)
            weft_emit_set_register(e, i, results[weft_item_at(e->s, i)->node.k]);
    return WEFT_OK;
}

weft_status weft_emit_fused(weft_emitter *e, int32_t number)
{
    const weft_node node = weft_item_at(e->s, number)->node;
    weft_insn insn = {.op = node.op, .type = node.type, .k = node.k};
    const unsigned n_a = weft_run_width(&insn, 'a'), n_b = weft_run_width(&insn, 'b');
    int32_t list[2 * WEFT_MAX_FUSED_STRIPS + 2], regs[2 * WEFT_MAX_FUSED_STRIPS + 2];
    int32_t results[WEFT_MAX_FUSED_RESULTS], first_a, first_b, d;
    bool fits = false;
    memcpy(list, weft_item_list(e->s, weft_item_at(e->s, number)), node.n * sizeof *list);
    for (unsigned i = 0; i < n_a + n_b; i++) {
        WEFT_TRY(weft_emit_register_of(e, list[i], &regs[i]));
        if (i < n_a)
            fits |= !weft_emit_is_scalar(e, regs[i]);
        else
            fits &= weft_emit_is_scalar(e, regs[i]);
    }
    if (!fits) {
        WEFT_TRY(spell_fused(e, &node, regs, regs + n_a, results));
        return set_parts(e, number, results);
    }
    WEFT_TRY(weft_emit_as_run(e, list, n_a, (weft_dtype)node.type, true, &first_a));
    WEFT_TRY(weft_emit_as_run(e, list + n_a, n_b, (weft_dtype)node.type, false, &first_b));
    WEFT_TRY(weft_emit_new_group(e, WEFT_FILE_STRIP, weft_run_width(&insn, 'd'), &d));
    WEFT_TRY(weft_emit_insn(e, &insn, d, first_a, first_b, -1));
    for (unsigned i = 0; i < weft_run_width(&insn, 'd'); i++)
        results[i] = d + (int32_t)i;
    return set_parts(e, number, results);
}

weft_status weft_emit_call(weft_emitter *e, int32_t number)
{
    const weft_node node = weft_item_at(e->s, number)->node;
    const weft_param param = ((const weft_param *)e->s->params.data)[node.param];
    const weft_insn insn = {
        .op = WEFT_OP_APPLY, .type = node.type, .param = node.param, .off = (int32_t)param.count};
    int32_t regs[WEFT_MAX_FUNCTION_ARGS] = {-1, -1, -1}, d;
    if (!e->strips)
        return weft_fail(e->s->error, WEFT_ERR_SYNTAX,
                         "function '%s' of the user's needs an array among its arguments",
                         param.name);
    for (unsigned i = 0; i < node.n; i++) {
        const int32_t arg = weft_item_list(e->s, weft_item_at(e->s, number))[i];
        WEFT_TRY(weft_emit_register_of(e, arg, &regs[i]));
        WEFT_TRY(weft_emit_as_strip(e, (weft_dtype)weft_item_at(e->s, arg)->node.type, &regs[i]));
    }
    WEFT_TRY(weft_emit_new_register(e, weft_emit_file_of((weft_dtype)node.type, true), &d));
    WEFT_TRY(weft_emit_insn(e, &insn, d, regs[0], regs[1], regs[2]));
    weft_emit_set_register(e, number, d);
    return WEFT_OK;
}
