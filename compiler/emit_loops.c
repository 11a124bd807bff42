/* compiler/emit_loops.c: counted loops and scans, whose variables have a register each
 * (compiler/emit.h); and the one place that tells all kinds of items apart. */
#include "compiler/emit.h"

/* --- loops within nests ----------------------------------------------------------------------- */

/* Where a value that was just computed is written nowhere else, and the variable that it becomes is
 * read no more, it can be computed in the variable's register. */
static bool take_over(weft_emitter *e, size_t body, int32_t value, int32_t variable)
{
    weft_draft *insns = e->draft->insns.data;
    const weft_virtual *reg = weft_emit_register_at(e, value),
                       *to = weft_emit_register_at(e, variable);
    size_t at = e->draft->insns.count;
    if (reg->leader != value || reg->width != 1 || reg->file != to->file)
        return false;
    unsigned depth = 0;
    while (at-- > body) {
        const weft_draft *i = &insns[at];
        depth += i->insn.op == WEFT_OP_END;
        depth -= weft_op_opens_block(i->insn.op);
        if (i->d == value)
            break;
        if (i->d == variable || i->a == variable || i->b == variable || i->c == variable)
            return false;
    }
    if (at < body || at == SIZE_MAX || depth != 0)
        return false;
    for (size_t i = body; i < at; i++) /* a variable of an inner loop is written more than once */
        if (insns[i].d == value)
            return false;
    for (size_t i = at; i < e->draft->insns.count; i++) {
        weft_draft *insn = &insns[i];
        insn->d = insn->d == value ? variable : insn->d;
        insn->a = insn->a == value ? variable : insn->a;
        insn->b = insn->b == value ? variable : insn->b;
        insn->c = insn->c == value ? variable : insn->c;
    }
    return true;
}

/* What the variables are next goes into their registers: all are computed before any is written. */
static weft_status move_variables(weft_emitter *e, size_t body, unsigned n,
                                  const int32_t *variables, int32_t *values,
                                  const weft_dtype *types)
{
    for (unsigned k = 0; k < n; k++) {
        bool shared = false;
        for (unsigned j = 0; j < n; j++)
            shared |= j != k && (values[j] == values[k] || values[j] == variables[k]);
        if (!shared && values[k] != variables[k] && take_over(e, body, values[k], variables[k]))
            values[k] = variables[k];
    }
    for (unsigned k = 0; k < n; k++) /* one that is another's next value is saved first */
        for (unsigned j = 0; j < k; j++)
            if (values[k] == variables[j] && values[j] != variables[j]) {
                int32_t saved;
                WEFT_TRY(
                    weft_emit_new_register(e, weft_emit_register_at(e, values[k])->file, &saved));
                WEFT_TRY(weft_emit_unary(e, WEFT_OP_MOV, types[k], saved, values[k]));
                values[k] = saved;
                break;
            }
    for (unsigned k = 0; k < n; k++)
        if (values[k] != variables[k])
            WEFT_TRY(weft_emit_unary(e, WEFT_OP_MOV, types[k], variables[k], values[k]));
    return WEFT_OK;
}

static weft_status open_loop(weft_emitter *e, int32_t number)
{
    const weft_node node = weft_item_at(e->s, number)->node;
    if (node.kind == WEFT_NODE_SCAN) {
        WEFT_TRY(weft_emit_block(e, WEFT_OP_SEQ, node.k, 0, 0));
        e->open |= 1u << node.k;
        return weft_emit_loads(e, 1u << node.k);
    }
    weft_insn insn = {.op = WEFT_OP_FOR};
    int32_t counter, count = -1;
    if (weft_item_at(e->s, node.arg[0])->node.kind == WEFT_NODE_CONST) {
        const int64_t times = (int64_t)weft_item_at(e->s, node.arg[0])->node.imm;
        insn.imm = times > 0 ? (uint64_t)times : 0;
    } else if (weft_emit_is_affine(e, node.arg[0], 0)) {
        WEFT_TRY(weft_emit_register_of(e, node.arg[0], &count));
        insn.scalar = WEFT_SCALAR_A;
    } else {
        return weft_fail(e->s->error, WEFT_ERR_SYNTAX,
                         "the count of a for is made of whole numbers, i64 uniforms, counters, len "
                         "and extent by sums and constant factors");
    }
    WEFT_TRY(weft_emit_new_register(e, WEFT_FILE_SCALAR, &counter));
    WEFT_TRY(weft_emit_insn(e, &insn, counter, count, -1, -1));
    WEFT_TRY(weft_emit_open_scope(e));
    for (int32_t i = weft_item_at(e->s, number)->child; i >= 0; i = weft_item_at(e->s, i)->sibling)
        if (weft_item_at(e->s, i)->node.kind == WEFT_NODE_COUNTER)
            weft_emit_set_register(e, i, counter);
    return WEFT_OK;
}

/* Gives all items of that kind which are variable k of the loop that register. */
static void set_variable(weft_emitter *e, int32_t loop, weft_node_kind kind, unsigned k,
                         int32_t reg)
{
    for (int32_t i = weft_item_at(e->s, loop)->child; i >= 0; i = weft_item_at(e->s, i)->sibling)
        if (weft_item_at(e->s, i)->node.kind == kind && weft_item_at(e->s, i)->node.k == k)
            weft_emit_set_register(e, i, reg);
}

typedef struct loop_variables {
    unsigned n;
    uint8_t *k;         /* which variables of the loop they are */
    int32_t *variables; /* registers */
    int32_t *values;
    weft_dtype *types;
} loop_variables;

/* Registers for the variables, with what they are at first. */
static weft_status begin_variables(weft_emitter *e, int32_t number, loop_variables *v)
{
    const weft_node node = weft_item_at(e->s, number)->node;
    for (unsigned k = 0; k < node.n; k++) {
        const int32_t *list = weft_item_list(e->s, weft_item_at(e->s, number));
        if (!weft_emit_is_wanted(e, weft_item_at(e->s, number), k))
            continue;
        const int32_t initial = list[k];
        const unsigned mask = weft_emit_variable_mask(e, weft_item_at(e->s, number), k);
        const weft_dtype type = (weft_dtype)weft_item_at(e->s, initial)->node.type;
        int32_t from;
        WEFT_TRY(weft_emit_register_of(e, initial, &from));
        WEFT_TRY(weft_emit_new_register(e, weft_emit_file_of(type, mask & e->strips),
                                        &v->variables[v->n]));
        WEFT_TRY(weft_emit_unary(e, WEFT_OP_MOV, type, v->variables[v->n], from));
        v->k[v->n] = (uint8_t)k;
        v->types[v->n++] = type;
    }
    return WEFT_OK;
}

static weft_status emit_body(weft_emitter *e, int32_t number, loop_variables *v)
{
    const weft_node node = weft_item_at(e->s, number)->node;
    const unsigned open = e->open;
    WEFT_TRY(begin_variables(e, number, v));
    WEFT_TRY(open_loop(e, number));
    const size_t body = e->draft->insns.count;
    for (unsigned i = 0; i < v->n; i++)
        set_variable(e, number, WEFT_NODE_CARRIED, v->k[i], v->variables[i]);
    for (unsigned i = 0; i < v->n; i++) {
        const int32_t next = weft_item_list(e->s, weft_item_at(e->s, number))[node.n + v->k[i]];
        WEFT_TRY(weft_emit_compute(e, next));
        WEFT_TRY(weft_emit_register_of(e, next, &v->values[i]));
    }
    WEFT_TRY(move_variables(e, body, v->n, v->variables, v->values, v->types));
    WEFT_TRY(weft_emit_end(e));
    e->open = open;
    for (unsigned i = 0; i < v->n; i++)
        set_variable(e, number, WEFT_NODE_PART, v->k[i], v->variables[i]);
    return WEFT_OK;
}

static weft_status emit_loop(weft_emitter *e, int32_t number)
{
    const weft_allocator *allocator = e->s->allocator;
    const size_t n = weft_item_at(e->s, number)->node.n;
    int32_t *regs = weft_mem_zeroed(allocator, 2 * n + 1, sizeof *regs);
    weft_dtype *types = weft_mem_zeroed(allocator, n + 1, sizeof *types);
    uint8_t *k = weft_mem_zeroed(allocator, n + 1, sizeof *k);
    loop_variables v = {0, k, regs, regs ? regs + n : NULL, types};
    weft_status status =
        regs && types && k ? emit_body(e, number, &v) : weft_fail_memory(e->s->error);
    weft_mem_free(allocator, regs, (2 * n + 1) * sizeof *regs);
    weft_mem_free(allocator, types, (n + 1) * sizeof *types);
    weft_mem_free(allocator, k, n + 1);
    return status;
}

/* --- one item --------------------------------------------------------------------------------- */

static bool is_load_here(const weft_emitter *e, const weft_item *item, unsigned within)
{
    const bool loads = item->node.kind == WEFT_NODE_LOAD || weft_item_is_kept(e->s, item, e->nest);
    return item->stamp == e->s->stamp && loads && (item->mask & e->strips) &&
           !(item->mask & ~e->open) && (item->mask & within) && !weft_emit_is_available(e, item);
}

/* The array that a value is loaded from: its own, or the one in which it is kept between nests. */
static unsigned loaded_param(const weft_emitter *e, const weft_item *item)
{
    return weft_item_is_kept(e->s, item, e->nest) ? item->scratch - 1u : item->node.param;
}

weft_status weft_emit_item(weft_emitter *e, int32_t number)
{
    const weft_item *item = weft_item_at(e->s, number);
    const weft_node node = item->node;
    int32_t d;
    if (is_load_here(e, item, e->open))
        return weft_emit_load_array(e, number);
    if (weft_item_is_kept(e->s, item, e->nest))
        return weft_emit_load(e, number, item->scratch - 1u, 0);
    switch ((weft_node_kind)node.kind) {
    case WEFT_NODE_CONST:
    case WEFT_NODE_UNIFORM:
        WEFT_TRY(weft_emit_new_register(e, WEFT_FILE_SCALAR, &d));
        WEFT_TRY(weft_emit_constant(e, &node, d));
        weft_emit_set_register(e, number, d);
        return WEFT_OK;
    case WEFT_NODE_LOAD:
        return weft_emit_load(e, number, node.param, node.k);
    case WEFT_NODE_ROW:
        return weft_emit_row(e, number);
    case WEFT_NODE_INDEX:
    case WEFT_NODE_EXTENT:
    case WEFT_NODE_LENGTH:
        return weft_emit_index(e, number);
    case WEFT_NODE_OP:
        return weft_emit_op(e, number);
    case WEFT_NODE_FUSED:
        return weft_emit_fused(e, number);
    case WEFT_NODE_FOR:
    case WEFT_NODE_SCAN:
        return emit_loop(e, number);
    case WEFT_NODE_CALL:
        return weft_emit_call(e, number);
    case WEFT_NODE_PART: /* came with what it is a part of */
        return WEFT_OK;
    default:
        return weft_fail(e->s->error, WEFT_ERR_UNSUPPORTED,
                         "the compiler met a value out of its place (a mistake of its own)");
    }
}

/* --- loads ------------------------------------------------------------------------------------ */

/* Whether the nest stores to the array that is loaded from. */
static bool is_stored_here(const weft_emitter *e, unsigned param)
{
    const weft_scheduler *s = e->s;
    const uint32_t nest = (uint32_t)(e->nest - weft_nest_at(s, 0));
    for (size_t i = 0; i < s->sinks.count; i++) {
        const weft_sink *sink = weft_sink_at(s, i);
        if (sink->kind == WEFT_SINK_STORE && sink->domain && sink->nest == nest &&
            sink->param == param)
            return true;
    }
    return false;
}

/* Loads an item from its array, and with it the other components of a segment that are needed. */
weft_status weft_emit_load_array(weft_emitter *e, int32_t number)
{
    weft_scheduler *s = e->s;
    const weft_item *item = weft_item_at(s, number);
    const unsigned param = loaded_param(e, item);
    const weft_param *p = (const weft_param *)s->params.data + param;
    unsigned wanted = 0;
    for (int32_t j = 0; p->segment > 1 && j < (int32_t)s->items.count; j++)
        wanted += is_load_here(e, weft_item_at(s, j), e->open) &&
                  loaded_param(e, weft_item_at(s, j)) == param;
    if (wanted < 2 || 2 * wanted < p->segment)
        return weft_emit_load(e, number, param,
                              weft_item_is_kept(s, item, e->nest) ? 0 : item->node.k);
    const weft_insn insn = {.op = WEFT_OP_LDS, .type = p->type, .param = (uint8_t)param};
    int32_t first;
    WEFT_TRY(
        weft_emit_new_group(e, weft_emit_file_of((weft_dtype)p->type, true), p->segment, &first));
    WEFT_TRY(weft_emit_insn(e, &insn, first, -1, -1, -1));
    for (int32_t j = (int32_t)s->items.count - 1; j >= 0; j--)
        if (is_load_here(e, weft_item_at(s, j), e->open) &&
            loaded_param(e, weft_item_at(s, j)) == param)
            weft_emit_set_register(e, j, first + weft_item_at(s, j)->node.k);
    return WEFT_OK;
}

weft_status weft_emit_loads_of(weft_emitter *e, unsigned param)
{
    for (int32_t i = 0; i < (int32_t)e->s->items.count; i++)
        if (is_load_here(e, weft_item_at(e->s, i), e->open) &&
            loaded_param(e, weft_item_at(e->s, i)) == param)
            WEFT_TRY(weft_emit_load_array(e, i));
    return WEFT_OK;
}

/* Loads of single values stand first in a loop, as they cost nothing where an array can be read in
 * place, and what reads them can follow closer on itself. Those of segments stand in front of what
 * needs them: a load, an operation and a store that follow each other can be one kernel. */
weft_status weft_emit_loads(weft_emitter *e, unsigned within)
{
    weft_scheduler *s = e->s;
    unsigned count = 0;
    for (int32_t i = 0; i < (int32_t)s->items.count; i++)
        count += is_load_here(e, weft_item_at(s, i), within);
    for (int32_t i = 0; i < (int32_t)s->items.count; i++) {
        if (!is_load_here(e, weft_item_at(s, i), within))
            continue;
        const unsigned param = loaded_param(e, weft_item_at(s, i));
        if (((const weft_param *)s->params.data)[param].segment == 1 &&
            (!(s->is_tight || count > MANY_LOADS) || is_stored_here(e, param)))
            WEFT_TRY(weft_emit_load_array(e, i));
    }
    return WEFT_OK;
}
