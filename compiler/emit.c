/* compiler/emit.c: the code of all nests, in order (compiler/emit.h). Registers have no numbers
 * yet: each value gets one of its own. */
#include "compiler/emit.h"

/* --- sinks ------------------------------------------------------------------------------------ */

static weft_status emit_store(weft_emitter *e, unsigned param, unsigned k, int32_t value)
{
    const weft_param *p = (const weft_param *)e->s->params.data + param;
    weft_insn insn = {.op = WEFT_OP_ST, .type = p->type, .param = (uint8_t)param, .k = (uint8_t)k};
    int32_t reg;
    WEFT_TRY(weft_emit_register_of(e, value, &reg));
    if (e->strips)
        WEFT_TRY(weft_emit_as_strip(e, (weft_dtype)p->type, &reg));
    weft_emit_mark_scalars(e, &insn, reg, -1, -1, -1);
    return weft_emit_insn(e, &insn, reg, -1, -1, -1);
}

static weft_status compute_values(weft_emitter *e, const weft_sink *sink)
{
    for (unsigned k = 0; k < WEFT_MAX_SEGMENT; k++)
        if (sink->value[k] >= 0)
            WEFT_TRY(weft_emit_compute(e, sink->value[k]));
    return WEFT_OK;
}

static weft_status emit_stores(weft_emitter *e, const weft_sink *sink)
{
    const weft_param *p = (const weft_param *)e->s->params.data + sink->param;
    bool all = p->segment > 1 && e->strips;
    for (unsigned k = 0; k < p->segment; k++)
        all &= sink->value[k] >= 0;
    WEFT_TRY(compute_values(e, sink));
    WEFT_TRY(weft_emit_loads_of(e, sink->param));
    if (all) {
        const weft_insn insn = {.op = WEFT_OP_STS, .type = p->type, .param = sink->param};
        int32_t first;
        WEFT_TRY(weft_emit_as_run(e, sink->value, p->segment, (weft_dtype)p->type, true, &first));
        return weft_emit_insn(e, &insn, first, -1, -1, -1);
    }
    for (unsigned k = 0; k < p->segment; k++)
        if (sink->value[k] >= 0)
            WEFT_TRY(emit_store(e, sink->param, k, sink->value[k]));
    return WEFT_OK;
}

/* The opener of the outermost block that a reduction runs over. */
static weft_status emit_reduction(weft_emitter *e, const weft_sink *sink, size_t opener)
{
    const int32_t number = sink->value[0];
    const weft_node node = weft_item_at(e->s, number)->node;
    const weft_dtype type = (weft_dtype)weft_item_at(e->s, node.arg[0])->node.type;
    const weft_insn insn = {
        .op = node.op, .type = (uint8_t)type, .k = (uint8_t)(1 + sink->n_inner)};
    int32_t operand[2] = {-1, -1}, d;
    for (unsigned i = 0; i < 2; i++) {
        if (node.arg[i] < 0)
            continue;
        WEFT_TRY(weft_emit_compute(e, node.arg[i]));
        WEFT_TRY(weft_emit_register_of(e, node.arg[i], &operand[i]));
        WEFT_TRY(weft_emit_as_strip(e, type, &operand[i]));
    }
    WEFT_TRY(weft_emit_new_register(e, WEFT_FILE_SCALAR, &d));
    weft_emit_register_at(e, d)->from = (int32_t)opener;
    WEFT_TRY(weft_emit_insn(e, &insn, d, operand[0], operand[1], -1));
    weft_item_at(e->s, number)->reg = d; /* there when the block has ended: */
    weft_item_at(e->s, number)->scope = e->scopes[e->depth - 2 - sink->n_inner];
    return WEFT_OK;
}

static weft_status emit_sink(weft_emitter *e, const weft_sink *sink, size_t opener)
{
    switch ((weft_sink_kind)sink->kind) {
    case WEFT_SINK_STORE:
        return emit_stores(e, sink);
    case WEFT_SINK_KEEP:
        WEFT_TRY(weft_emit_compute(e, sink->value[0]));
        return emit_store(e, sink->param, 0, sink->value[0]);
    case WEFT_SINK_REDUCE:
        return emit_reduction(e, sink, opener);
    default:
        return weft_emit_compute(e, sink->value[0]);
    }
}

/* --- nests ------------------------------------------------------------------------------------ */

/* Whether an item can be computed when only those dimensions are open, in no strip loop. */
static bool is_at_home(const weft_item *item, unsigned dims)
{
    return !(item->mask & ~dims) && item->node.loop < 0;
}

typedef struct needs {
    weft_emitter *e;
    unsigned dims;
    weft_status status;
} needs;

static bool need(weft_scheduler *s, int32_t number, void *data)
{
    needs *n = data;
    if (is_at_home(weft_item_at(s, number), n->dims))
        n->status = weft_schedule_push(s, &n->e->order, number);
    return !n->status;
}

/* Computes what the stamped items need from outside the block that is about to be opened. */
static weft_status prepare(weft_emitter *e, unsigned dims)
{
    weft_scheduler *s = e->s;
    needs n = {e, dims, WEFT_OK};
    unsigned constants = 0;
    e->order.count = 0;
    for (int32_t i = 0; i < (int32_t)s->items.count; i++) {
        const weft_item *item = weft_item_at(s, i);
        if (item->stamp != s->stamp)
            continue;
        constants += item->node.kind == WEFT_NODE_CONST || item->node.kind == WEFT_NODE_UNIFORM;
        /* A count that is constant is in the instruction. */
        const bool counted = item->node.kind == WEFT_NODE_FOR &&
                             weft_item_at(s, item->node.arg[0])->node.kind == WEFT_NODE_CONST;
        if (!counted && !is_at_home(item, dims) && !weft_emit_is_leaf(e, item) &&
            !weft_item_each_arg(s, i, need, &n))
            return n.status;
    }
    e->constants_inline = s->is_tight || constants > MANY_SCALARS;
    for (size_t i = 0; i < e->order.count; i++) {
        const int32_t number = ((int32_t *)e->order.data)[i];
        const weft_item *item = weft_item_at(s, number);
        const bool constant =
            item->node.kind == WEFT_NODE_CONST || item->node.kind == WEFT_NODE_UNIFORM;
        if (item->stamp == s->stamp && !(constant && e->constants_inline) &&
            (dims || !weft_item_is_kept(s, item, e->nest)))
            WEFT_TRY(weft_emit_compute(e, number));
    }
    return WEFT_OK;
}

static weft_status stamp_nest(weft_emitter *e, const weft_nest *nest)
{
    e->nest = nest;
    return weft_nest_reach(e->s, nest);
}

static weft_status emit_sinks(weft_emitter *e, const weft_nest *nest, size_t opener)
{
    weft_scheduler *s = e->s;
    const uint32_t number = (uint32_t)(nest - weft_nest_at(s, 0));
    /* Without strips inout arrays have not been loaded yet: that comes before any store. */
    for (size_t i = 0; i < s->sinks.count && !e->strips; i++)
        if (weft_sink_at(s, i)->domain && weft_sink_at(s, i)->nest == number)
            WEFT_TRY(compute_values(e, weft_sink_at(s, i)));
    for (size_t i = 0; i < s->sinks.count; i++)
        if (weft_sink_at(s, i)->domain && weft_sink_at(s, i)->nest == number)
            WEFT_TRY(emit_sink(e, weft_sink_at(s, i), opener));
    return WEFT_OK;
}

/* Rows that other groups read, once the loop that made them has ended. */
static weft_status emit_rows(weft_emitter *e, const weft_nest *nest)
{
    weft_scheduler *s = e->s;
    const uint32_t number = (uint32_t)(nest - weft_nest_at(s, 0));
    for (size_t i = 0; i < s->sinks.count; i++) {
        const weft_sink *sink = weft_sink_at(s, i);
        const weft_item *item = sink->value[0] >= 0 ? weft_item_at(s, sink->value[0]) : NULL;
        if (sink->kind == WEFT_SINK_REDUCE && sink->nest == number && item->is_row && item->scratch)
            WEFT_TRY(emit_store(e, item->scratch - 1u, 0, sink->value[0]));
    }
    return WEFT_OK;
}

static weft_status open_strips(weft_emitter *e, const weft_sink *shape)
{
    if (!e->s->options->unrolled)
        return weft_emit_block(e, WEFT_OP_LOOP, 0, (unsigned)shape->lo, (unsigned)shape->hi);
    const weft_insn insn = {.op = WEFT_OP_STRIP, .imm = (uint64_t)e->s->options->elements};
    WEFT_TRY(weft_emit_insn(e, &insn, -1, -1, -1, -1));
    return weft_emit_open_scope(e);
}

static weft_status emit_nest(weft_emitter *e, const weft_nest *nest)
{
    const weft_sink *shape = &nest->shape;
    WEFT_TRY(stamp_nest(e, nest));
    WEFT_TRY(prepare(e, e->open));
    const size_t opener = e->draft->insns.count;
    for (unsigned i = 0; i < shape->n_inner; i++) {
        WEFT_TRY(weft_emit_block(e, WEFT_OP_EACH, shape->inner[i], 0, 0));
        e->open |= 1u << shape->inner[i];
    }
    if (shape->n_inner)
        WEFT_TRY(prepare(e, e->open));
    const unsigned open = e->open;
    if (shape->hi >= shape->lo) {
        WEFT_TRY(open_strips(e, shape));
        for (int dim = shape->lo; dim <= shape->hi; dim++)
            e->strips |= 1u << dim;
        e->open |= e->strips;
        WEFT_TRY(weft_emit_loads(e, e->open));
    }
    WEFT_TRY(emit_sinks(e, nest, opener));
    if (shape->hi >= shape->lo)
        WEFT_TRY(weft_emit_end(e));
    e->strips = 0;
    e->open = open;
    for (unsigned i = 0; i < shape->n_inner; i++) {
        WEFT_TRY(weft_emit_end(e));
        e->open &= ~(1u << shape->inner[i]);
    }
    return emit_rows(e, nest);
}

static weft_status emit_group(weft_emitter *e, uint32_t group)
{
    weft_scheduler *s = e->s;
    const weft_nest *first = NULL;
    for (size_t i = 0; i < s->nests.count; i++) {
        const weft_nest *nest = weft_nest_at(s, i);
        if (nest->group != group)
            continue;
        if (!first)
            first = nest;
        if (first->shape.n_each) { /* what does not depend on the rows comes in front of them */
            WEFT_TRY(stamp_nest(e, nest));
            WEFT_TRY(prepare(e, 0));
        }
    }
    if (!first) /* no group is empty */
        return WEFT_OK;
    for (unsigned i = 0; i < first->shape.n_each; i++) {
        WEFT_TRY(weft_emit_block(e, WEFT_OP_EACH, first->shape.each[i], 0, 0));
        e->open |= 1u << first->shape.each[i];
    }
    for (size_t i = 0; i < s->nests.count; i++)
        if (weft_nest_at(s, i)->group == group)
            WEFT_TRY(emit_nest(e, weft_nest_at(s, i)));
    for (unsigned i = 0; i < first->shape.n_each; i++)
        WEFT_TRY(weft_emit_end(e));
    e->open = 0;
    return WEFT_OK;
}

/* Single values are stored when all loops are done. */
static weft_status emit_scalars(weft_emitter *e)
{
    weft_scheduler *s = e->s;
    e->nest = NULL;
    e->constants_inline = s->is_tight;
    s->stamp++;
    s->stack.count = 0;
    for (size_t i = 0; i < s->sinks.count; i++)
        for (unsigned k = 0; k < WEFT_MAX_SEGMENT && !weft_sink_at(s, i)->domain; k++)
            if (weft_sink_at(s, i)->value[k] >= 0)
                WEFT_TRY(weft_schedule_push(e->s, &s->stack, weft_sink_at(s, i)->value[k]));
    WEFT_TRY(weft_schedule_reach(s, NULL));
    for (size_t i = 0; i < s->sinks.count; i++)
        if (!weft_sink_at(s, i)->domain)
            WEFT_TRY(compute_values(e, weft_sink_at(s, i)));
    for (size_t i = 0; i < s->sinks.count; i++)
        if (!weft_sink_at(s, i)->domain)
            WEFT_TRY(emit_stores(e, weft_sink_at(s, i)));
    return WEFT_OK;
}

static weft_status emit_all(weft_emitter *e)
{
    const weft_insn exit = {.op = WEFT_OP_EXIT};
    weft_emit_find_pressures(e->s);
    WEFT_TRY(weft_emit_open_scope(e));
    for (uint32_t group = 1; group <= e->s->groups; group++)
        WEFT_TRY(emit_group(e, group));
    WEFT_TRY(emit_scalars(e));
    return weft_emit_insn(e, &exit, -1, -1, -1, -1);
}

weft_status weft_schedule_emit(weft_scheduler *s, weft_draft_code *draft)
{
    weft_emitter e = {.s = s, .draft = draft, .order.element = sizeof(int32_t)};
    weft_status status = emit_all(&e);
    weft_vector_free(s->allocator, &e.order);
    return status;
}
