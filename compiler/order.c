/* compiler/order.c: what is needed, and in which order it is computed (compiler/emit.h): so that
 * few strips are live, and what one kernel can do together stands one behind the other. */
#include "compiler/emit.h"

/* --- the order of computing ------------------------------------------------------------------- */

/* Whether an item is computed anew in each iteration of a loop. */
static bool is_inside(const weft_emitter *e, const weft_item *item, int32_t loop)
{
    const weft_item *around = weft_item_at(e->s, loop);
    if (around->node.kind == WEFT_NODE_SCAN && (item->mask >> around->node.k & 1))
        return true;
    for (int32_t at = item->node.loop; at >= 0; at = weft_item_at(e->s, at)->node.loop)
        if (at == loop)
            return true;
    return false;
}

/* Whether an item can be computed where a loop stands: its own loop, if any, is around that. */
static bool is_of_outer(const weft_emitter *e, const weft_item *item, int32_t loop)
{
    int32_t at = weft_item_at(e->s, loop)->node.loop;
    while (at >= 0 && at != item->node.loop)
        at = weft_item_at(e->s, at)->node.loop;
    return at == item->node.loop;
}

bool weft_emit_is_leaf(const weft_emitter *e, const weft_item *item)
{
    return item->node.kind == WEFT_NODE_REDUCE || weft_item_is_kept(e->s, item, e->nest);
}

unsigned weft_emit_variable_mask(const weft_emitter *e, const weft_item *loop, unsigned k)
{
    const int32_t *list = weft_item_list(e->s, loop);
    const unsigned mask =
        weft_item_at(e->s, list[k])->mask | weft_item_at(e->s, list[loop->node.n + k])->mask;
    return loop->node.kind == WEFT_NODE_SCAN ? mask & ~(1u << loop->node.k) : mask;
}

bool weft_emit_is_wanted(const weft_emitter *e, const weft_item *loop, unsigned k)
{
    return (uint32_t)weft_item_list(e->s, loop)[2 * loop->node.n + k] == e->s->stamp &&
           !(weft_emit_variable_mask(e, loop, k) & ~e->open);
}

/* What the body of a loop reads and does not compute goes on the list. */
static weft_status find_invariants(weft_emitter *e, int32_t loop, weft_vector *list)
{
    weft_scheduler *s = e->s;
    const size_t base = s->stack.count;
    const unsigned n = weft_item_at(s, loop)->node.n;
    e->seen++;
    for (unsigned k = 0; k < n; k++)
        if (weft_emit_is_wanted(e, weft_item_at(s, loop), k))
            WEFT_TRY(weft_schedule_push(e->s, &s->stack,
                                        weft_item_list(s, weft_item_at(s, loop))[n + k]));
    while (s->stack.count > base) {
        const int32_t number = ((int32_t *)s->stack.data)[--s->stack.count];
        weft_item *item = weft_item_at(s, number);
        if (item->seen == e->seen)
            continue;
        item->seen = e->seen;
        /* What varies along the axis of a scan within the loop, or goes round in another loop
         * there, has to wait for that. */
        if (!is_inside(e, item, loop) && !(item->mask & ~e->open) && is_of_outer(e, item, loop)) {
            WEFT_TRY(weft_schedule_push(e->s, list, number));
            continue;
        }
        if (weft_emit_is_leaf(e, item) || number == loop || item->node.kind == WEFT_NODE_COUNTER)
            continue;
        if (item->node.kind == WEFT_NODE_PART || item->node.kind == WEFT_NODE_CARRIED) {
            const weft_item *of = weft_item_at(s, item->node.arg[0]);
            if (weft_item_is_loop(of)) {
                WEFT_TRY(weft_schedule_push(e->s, &s->stack, weft_item_list(s, of)[item->node.k]));
                WEFT_TRY(weft_schedule_push(e->s, &s->stack,
                                            weft_item_list(s, of)[of->node.n + item->node.k]));
                if (of->node.arg[0] >= 0 &&
                    weft_item_at(s, of->node.arg[0])->node.kind != WEFT_NODE_CONST)
                    WEFT_TRY(weft_schedule_push(e->s, &s->stack, of->node.arg[0]));
                continue;
            }
        }
        for (unsigned i = 0; i < 3; i++)
            if (item->node.arg[i] >= 0)
                WEFT_TRY(weft_schedule_push(e->s, &s->stack, item->node.arg[i]));
        if (item->node.kind == WEFT_NODE_FUSED || item->node.kind == WEFT_NODE_CALL)
            for (unsigned i = 0; i < item->node.n; i++)
                WEFT_TRY(weft_schedule_push(e->s, &s->stack, weft_item_list(s, item)[i]));
    }
    return WEFT_OK;
}

static bool may_chain(const weft_item *item)
{
    return item->node.kind == WEFT_NODE_OP &&
           (item->node.op == WEFT_OP_MUL || item->node.op == WEFT_OP_FMA ||
            item->node.op == WEFT_OP_MAD || item->node.op == WEFT_OP_EXP ||
            item->node.op == WEFT_OP_EXP2);
}

/* The operand that is to be computed last, so that one kernel may do it and its reader; -1: none.
 */
static int32_t chain_operand(const weft_scheduler *s, const weft_item *item)
{
    if (!may_chain(item))
        return -1;
    for (int i = item->node.op == WEFT_OP_FMA || item->node.op == WEFT_OP_MAD ? 2 : 0; i < 3; i++) {
        const int32_t arg = item->node.arg[i];
        if (arg < 0)
            continue;
        const weft_item *operand = weft_item_at(s, arg);
        if (may_chain(operand) && operand->uses == 1 && operand->mask && !operand->scratch &&
            operand->chain < CHAIN)
            return arg;
    }
    return -1;
}

void weft_emit_find_pressures(weft_scheduler *s)
{
    for (int32_t number = 0; number < (int32_t)s->items.count; number++) {
        weft_item *item = weft_item_at(s, number);
        uint32_t most[3] = {0, 0, 0}, pressure = item->mask ? 1 : 0;
        unsigned n = 0;
        for (unsigned i = 0; i < 3; i++) {
            if (item->node.arg[i] < 0)
                continue;
            const uint32_t p = weft_item_at(s, item->node.arg[i])->pressure;
            unsigned at = n++;
            for (; at && most[at - 1] < p; at--)
                most[at] = most[at - 1];
            most[at] = p;
        }
        for (unsigned i = 0; i < n; i++)
            if (most[i] + i > pressure)
                pressure = most[i] + i;
        item->pressure = pressure;
        const int32_t chained = chain_operand(s, item);
        item->chain = !may_chain(item) ? 0 : chained < 0 ? 1 : weft_item_at(s, chained)->chain + 1;
    }
}

/* What must be there before an item, in the order in which it is to be computed. */
static weft_status list_children(weft_emitter *e, int32_t number, weft_vector *list)
{
    weft_scheduler *s = e->s;
    const weft_item *item = weft_item_at(s, number);
    const weft_node node = item->node;
    list->count = 0;
    if (weft_emit_is_leaf(e, item) || node.kind == WEFT_NODE_CARRIED ||
        node.kind == WEFT_NODE_COUNTER)
        return WEFT_OK;
    if (node.kind == WEFT_NODE_FOR || node.kind == WEFT_NODE_SCAN) {
        if (node.arg[0] >= 0 && weft_item_at(s, node.arg[0])->node.kind != WEFT_NODE_CONST)
            WEFT_TRY(weft_schedule_push(e->s, list, node.arg[0]));
        for (unsigned k = 0; k < node.n; k++)
            if (weft_emit_is_wanted(e, weft_item_at(s, number), k))
                WEFT_TRY(
                    weft_schedule_push(e->s, list, weft_item_list(s, weft_item_at(s, number))[k]));
        return find_invariants(e, number, list);
    }
    if (node.kind == WEFT_NODE_FUSED || node.kind == WEFT_NODE_CALL) {
        for (unsigned i = 0; i < node.n; i++)
            WEFT_TRY(weft_schedule_push(e->s, list, ((int32_t *)s->lists.data)[node.list + i]));
        return WEFT_OK;
    }
    const int32_t last = chain_operand(s, item);
    int32_t sorted[3];
    unsigned n = 0;
    for (unsigned i = 0; i < 3; i++) {
        const int32_t arg = node.arg[i];
        if (arg < 0 || arg == last)
            continue;
        unsigned at = n++;
        for (; at && weft_item_at(s, sorted[at - 1])->pressure < weft_item_at(s, arg)->pressure;
             at--)
            sorted[at] = sorted[at - 1];
        sorted[at] = arg;
    }
    for (unsigned i = 0; i < n; i++)
        WEFT_TRY(weft_schedule_push(e->s, list, sorted[i]));
    return last >= 0 ? weft_schedule_push(e->s, list, last) : WEFT_OK;
}

bool weft_emit_is_made_anew(const weft_emitter *e, const weft_item *item)
{
    return e->constants_inline && (e->depth > 1 || e->s->is_tight) &&
           (item->node.kind == WEFT_NODE_CONST || item->node.kind == WEFT_NODE_UNIFORM);
}

weft_status weft_emit_compute(weft_emitter *e, int32_t root)
{
    weft_vector work = {.element = sizeof(int32_t)}, children = {.element = sizeof(int32_t)};
    weft_status status = weft_schedule_push(e->s, &work, root);
    while (!status && work.count) {
        const int32_t entry = ((int32_t *)work.data)[--work.count];
        const int32_t number = entry < 0 ? ~entry : entry;
        const weft_item *item = weft_item_at(e->s, number);
        if (weft_emit_is_available(e, item) || weft_emit_is_made_anew(e, item))
            continue;
        if (entry < 0) {
            status = weft_emit_item(e, number);
            continue;
        }
        status = list_children(e, number, &children);
        if (!status)
            status = weft_schedule_push(e->s, &work, ~number);
        for (size_t i = children.count; i-- && !status;)
            status = weft_schedule_push(e->s, &work, ((int32_t *)children.data)[i]);
    }
    weft_vector_free(e->s->allocator, &work);
    weft_vector_free(e->s->allocator, &children);
    return status;
}
