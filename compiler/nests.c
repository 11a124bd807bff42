/* compiler/nests.c: which loops a program has (compiler/schedule.h).
 * Everything that runs over the same dimensions and can be there at the same time shares one loop;
 * loops are split only where one needs the whole of what another one reduces. A value that several
 * loops need is computed again where that is cheap, and else kept in an array. */
#include <limits.h>
#include <string.h>

#include "compiler/schedule.h"

/* From this cost on (an addition is 1) a value is kept rather than computed again. */
enum { WORTH_KEEPING = 12 };

static unsigned dims_of(const uint8_t *list, unsigned n)
{
    unsigned mask = 0;
    for (unsigned i = 0; i < n; i++)
        mask |= 1u << list[i];
    return mask;
}

static unsigned loop_mask(const weft_sink *shape)
{
    unsigned mask = 0;
    for (int dim = shape->lo; dim <= shape->hi; dim++)
        mask |= 1u << dim;
    return mask;
}

static uint8_t list_dims(unsigned mask, uint8_t *list)
{
    uint8_t n = 0;
    for (unsigned dim = 0; dim < WEFT_MAX_RANK; dim++)
        if (mask >> dim & 1)
            list[n++] = (uint8_t)dim;
    return n;
}

/* The highest dimensions of a mask that follow each other, among those admitted. */
static void take_top_range(unsigned mask, unsigned admitted, weft_sink *shape)
{
    shape->lo = 0;
    shape->hi = -1;
    for (int dim = WEFT_MAX_RANK - 1; dim >= 0; dim--) {
        const bool there = mask & admitted & 1u << dim;
        if (there && shape->hi < shape->lo)
            shape->lo = shape->hi = (int8_t)dim;
        else if (there)
            shape->lo = (int8_t)dim;
        else if (shape->hi >= shape->lo || (mask >> dim & 1))
            return;
    }
}

/* --- walking ---------------------------------------------------------------------------------- */

static bool push_item(weft_scheduler *s, int32_t number, void *failed)
{
    int32_t *place = weft_vector_push(s->allocator, &s->stack);
    if (!place) {
        *(bool *)failed = true;
        return false;
    }
    *place = number;
    return true;
}

static bool push_args(weft_scheduler *s, int32_t number)
{
    bool failed = false;
    (void)weft_item_each_arg(s, number, push_item, &failed);
    return !failed;
}

/* Puts on the stack what a sink reads. */
static bool push_sink(weft_scheduler *s, const weft_sink *sink)
{
    bool failed = false;
    if (sink->kind == WEFT_SINK_REDUCE)
        return push_args(s, sink->value[0]);
    for (unsigned k = 0; k < WEFT_MAX_SEGMENT; k++)
        if (sink->value[k] >= 0 && !push_item(s, sink->value[k], &failed))
            return false;
    return true;
}

/* The next item that was not seen since the stamp was set; -1: none. */
static int32_t pop_new(weft_scheduler *s)
{
    while (s->stack.count) {
        const int32_t number = ((int32_t *)s->stack.data)[--s->stack.count];
        if (weft_item_at(s, number)->stamp != s->stamp) {
            weft_item_at(s, number)->stamp = s->stamp;
            return number;
        }
    }
    return -1;
}

/* --- sinks and the shapes of their loops ------------------------------------------------------ */

static weft_status keep(weft_scheduler *s, int32_t number)
{
    weft_item_at(s, number)->scratch = WEFT_ARRAY_LATER;
    WEFT_TRY(weft_sink_new(s, WEFT_SINK_KEEP, number));
    weft_sink_at(s, s->sinks.count - 1)->domain = weft_item_at(s, number)->mask;
    return WEFT_OK;
}

static bool add_mask(weft_scheduler *s, int32_t number, void *data)
{
    *(unsigned *)data |= weft_item_at(s, number)->mask;
    return true;
}

/* Stores run over the dimensions of their array, reductions over those of what they reduce. */
static weft_status find_domains(weft_scheduler *s)
{
    for (int32_t i = 0; i < (int32_t)s->items.count; i++)
        if (weft_item_at(s, i)->node.kind == WEFT_NODE_REDUCE)
            WEFT_TRY(weft_sink_new(s, WEFT_SINK_REDUCE, i));
    for (size_t i = 0; i < s->sinks.count; i++) {
        weft_sink *sink = weft_sink_at(s, i);
        unsigned values = 0;
        for (unsigned k = 0; k < WEFT_MAX_SEGMENT; k++)
            if (sink->value[k] >= 0)
                values |= weft_item_at(s, sink->value[k])->mask;
        if (sink->kind == WEFT_SINK_STORE) {
            const weft_param *param = (const weft_param *)s->params.data + sink->param;
            sink->domain = param->dims;
            if (values & ~(unsigned)param->dims)
                return weft_fail(s->error, WEFT_ERR_SYNTAX,
                                 "'%s' has not all the axes along which its value varies",
                                 param->name);
        } else if (sink->kind == WEFT_SINK_REDUCE) {
            const weft_item *item = weft_item_at(s, sink->value[0]);
            for (unsigned k = 0; k < item->node.reduced.rank; k++)
                values |= 1u << s->dim_of[item->node.reduced.axis[k]];
            (void)weft_item_each_arg(s, sink->value[0], add_mask, &values);
            sink->domain = (uint8_t)values;
        } else {
            sink->domain = (uint8_t)values;
            if (values == 0)
                return weft_fail(s->error, WEFT_ERR_SYNTAX,
                                 "a function with effects needs an array among its arguments");
        }
    }
    return WEFT_OK;
}

/* The dimensions left by the reductions over the last dimensions that a sink reads, if one of them
 * has all of those of the others; else 0. */
static weft_status rows_read(weft_scheduler *s, const weft_sink *sink, unsigned *rows)
{
    unsigned all = 0, largest = 0;
    s->stamp++;
    s->stack.count = 0;
    if (!push_sink(s, sink))
        return weft_fail_memory(s->error);
    for (int32_t number; (number = pop_new(s)) >= 0;) {
        const weft_item *item = weft_item_at(s, number);
        if (item->is_row) {
            all |= item->mask;
            if (item->mask == all)
                largest = item->mask;
        } else if (item->node.kind != WEFT_NODE_REDUCE && !push_args(s, number)) {
            return weft_fail_memory(s->error);
        }
    }
    *rows = largest == all ? all : 0;
    return WEFT_OK;
}

static weft_status shape_store(weft_scheduler *s, weft_sink *sink)
{
    const unsigned domain = sink->domain;
    unsigned rows = 0;
    WEFT_TRY(rows_read(s, sink, &rows));
    if (rows && !(rows & ~domain)) {
        weft_sink tried = *sink;
        take_top_range(domain, ~rows, &tried);
        if ((loop_mask(&tried) | rows) == domain) {
            *sink = tried;
            sink->n_each = list_dims(rows, sink->each);
            return WEFT_OK;
        }
    }
    take_top_range(domain, domain, sink);
    sink->n_each = list_dims(domain & ~loop_mask(sink), sink->each);
    return WEFT_OK;
}

static void shape_reduction(const weft_scheduler *s, weft_sink *sink)
{
    const weft_item *item = weft_item_at(s, sink->value[0]);
    unsigned reduced = 0;
    for (unsigned k = 0; k < item->node.reduced.rank; k++)
        reduced |= 1u << s->dim_of[item->node.reduced.axis[k]];
    take_top_range(sink->domain, reduced, sink);
    sink->n_inner = list_dims(reduced & ~loop_mask(sink), sink->inner);
    sink->n_each = list_dims(sink->domain & ~reduced, sink->each);
}

/* Whether an item comes out of scans in each other of which one is over one of the dimensions: no
 * loop over it can be open there. */
static bool is_scan_over(const weft_scheduler *s, const weft_item *item, unsigned dims)
{
    while (item->node.kind == WEFT_NODE_PART) {
        const weft_item *of = weft_item_at(s, item->node.arg[0]);
        if (of->node.kind != WEFT_NODE_SCAN)
            return false;
        if (dims >> of->node.k & 1)
            return true;
        item = weft_item_at(s, weft_item_list(s, of)[of->node.n + item->node.k]); /* next inside */
    }
    return false;
}

/* Puts on the stack what a sink is made of: what is kept itself is looked into. */
static weft_status start_at(weft_scheduler *s, const weft_sink *sink)
{
    s->stamp++;
    s->stack.count = 0;
    if (sink->kind == WEFT_SINK_KEEP ? !push_args(s, sink->value[0]) : !push_sink(s, sink))
        return weft_fail_memory(s->error);
    return WEFT_OK;
}

/* The dimensions that are scanned for a sink. */
static weft_status find_scanned(weft_scheduler *s, const weft_sink *sink, unsigned *scanned)
{
    *scanned = 0;
    WEFT_TRY(start_at(s, sink));
    for (int32_t at; (at = pop_new(s)) >= 0;) {
        const weft_item *item = weft_item_at(s, at);
        for (unsigned dim = 0; dim < WEFT_MAX_RANK; dim++)
            if (is_scan_over(s, item, 1u << dim))
                *scanned |= 1u << dim;
        if (item->node.kind != WEFT_NODE_REDUCE && !item->scratch && !push_args(s, at))
            return weft_fail_memory(s->error);
    }
    return WEFT_OK;
}

/* What would be computed again for each index of a dimension along which it does not vary is kept,
 * if it costs something, or must be made outside. */
static weft_status keep_invariants(weft_scheduler *s, size_t number)
{
    const weft_sink sink = *weft_sink_at(s, number);
    const unsigned strips = loop_mask(&sink);
    unsigned scanned;
    WEFT_TRY(find_scanned(s, &sink, &scanned));
    WEFT_TRY(start_at(s, &sink));
    for (int32_t at; (at = pop_new(s)) >= 0;) {
        const weft_item *item = weft_item_at(s, at);
        const bool repeated = (item->mask & strips) && (sink.domain & ~(unsigned)item->mask) &&
                              !(item->mask & ~(unsigned)sink.domain);
        if (item->node.kind == WEFT_NODE_REDUCE || item->scratch)
            continue;
        /* What a scan within a scan needs of a third one comes before both. */
        const bool apart = is_scan_over(s, item, item->mask & scanned ? UINT_MAX : sink.domain);
        if (item->node.loop < 0 && !weft_item_is_loop(item) &&
            (apart || (repeated && item->cost >= WORTH_KEEPING))) {
            WEFT_TRY(keep(s, at));
            continue;
        }
        if (!push_args(s, at))
            return weft_fail_memory(s->error);
    }
    return WEFT_OK;
}

static weft_status find_shapes(weft_scheduler *s)
{
    for (size_t i = 0; i < s->sinks.count; i++) { /* grows meanwhile */
        weft_sink *sink = weft_sink_at(s, i);
        if (sink->domain == 0) {
            sink->lo = 0;
            sink->hi = -1;
            continue;
        }
        if (sink->kind == WEFT_SINK_REDUCE)
            shape_reduction(s, sink);
        else
            WEFT_TRY(shape_store(s, sink));
        if (!s->options->unrolled)
            WEFT_TRY(keep_invariants(s, i));
    }
    return WEFT_OK;
}

/* --- levels ----------------------------------------------------------------------------------- */

static bool add_level(weft_scheduler *s, int32_t number, void *data)
{
    const weft_item *item = weft_item_at(s, number);
    const bool apart = item->scratch || item->node.kind == WEFT_NODE_REDUCE;
    const unsigned level = item->level + (apart ? 1u : 0u);
    if (level > *(unsigned *)data)
        *(unsigned *)data = level;
    return true;
}

static void find_levels(weft_scheduler *s)
{
    bool changed = true;
    while (changed) {                          /* twice, but where something goes round in loops */
        unsigned after[WEFT_MAX_PARAMS] = {0}; /* by function: calls that were there before */
        changed = false;
        for (int32_t i = 0; i < (int32_t)s->items.count; i++) {
            unsigned level = 0;
            (void)weft_item_each_arg(s, i, add_level, &level);
            const weft_node *node = &weft_item_at(s, i)->node;
            if (node->kind == WEFT_NODE_CALL && node->pinned) { /* one in a loop (V29), in order */
                level = level < after[node->param] ? after[node->param] : level;
                after[node->param] = level + 1;
            }
            if (level > UINT16_MAX)
                level = UINT16_MAX;
            changed |= weft_item_at(s, i)->level != level;
            weft_item_at(s, i)->level = (uint16_t)level;
        }
    }
    for (size_t i = 0; i < s->sinks.count; i++) {
        weft_sink *sink = weft_sink_at(s, i);
        unsigned level = 0;
        for (unsigned k = 0; k < WEFT_MAX_SEGMENT; k++) {
            if (sink->value[k] < 0)
                continue;
            /* of what is kept or reduced here, that which it is made of */
            if (sink->kind == WEFT_SINK_STORE)
                (void)add_level(s, sink->value[k], &level);
            else if (weft_item_at(s, sink->value[k])->level > level)
                level = weft_item_at(s, sink->value[k])->level;
        }
        sink->level = (uint16_t)level;
    }
}

static bool same_shape(const weft_sink *a, const weft_sink *b)
{
    return a->domain == b->domain && a->lo == b->lo && a->hi == b->hi && a->n_each == b->n_each &&
           a->n_inner == b->n_inner && memcmp(a->each, b->each, a->n_each) == 0 &&
           memcmp(a->inner, b->inner, a->n_inner) == 0;
}

/* An inout array is stored to when nothing reads what it held before any more. */
static weft_status reads(weft_scheduler *s, const weft_sink *sink, unsigned param, bool *yes)
{
    *yes = false;
    s->stamp++;
    s->stack.count = 0;
    if (!push_sink(s, sink))
        return weft_fail_memory(s->error);
    for (int32_t at; (at = pop_new(s)) >= 0;) {
        const weft_item *item = weft_item_at(s, at);
        *yes |= item->node.kind == WEFT_NODE_LOAD && item->node.param == param;
        if (item->node.kind != WEFT_NODE_REDUCE && !push_args(s, at))
            return weft_fail_memory(s->error);
    }
    return WEFT_OK;
}

static weft_status delay_stores(weft_scheduler *s)
{
    bool changed = true;
    for (size_t round = 0; changed; round++) {
        changed = false;
        if (round > s->sinks.count)
            return weft_fail(s->error, WEFT_ERR_UNSUPPORTED,
                             "two inout arrays of different axes each need what the other held");
        for (size_t i = 0; i < s->sinks.count; i++) {
            weft_sink *store = weft_sink_at(s, i);
            const weft_param *param = (const weft_param *)s->params.data + store->param;
            if (store->kind != WEFT_SINK_STORE || param->kind != WEFT_PARAM_INOUT)
                continue;
            for (size_t j = 0; j < s->sinks.count; j++) {
                const weft_sink *other = weft_sink_at(s, j);
                bool reading;
                if (j == i)
                    continue;
                WEFT_TRY(reads(s, other, store->param, &reading));
                const unsigned least = other->level + (same_shape(other, store) ? 0u : 1u);
                if (reading && store->level < least) {
                    store->level = (uint16_t)least;
                    changed = true;
                }
            }
        }
    }
    return WEFT_OK;
}

/* --- nests ------------------------------------------------------------------------------------ */

static weft_status add_to_nest(weft_scheduler *s, size_t number)
{
    weft_sink *sink = weft_sink_at(s, number);
    for (size_t i = 0; i < s->nests.count; i++) {
        const weft_nest *nest = weft_nest_at(s, i);
        if (nest->shape.level == sink->level && same_shape(&nest->shape, sink)) {
            sink->nest = (uint32_t)i;
            return WEFT_OK;
        }
    }
    if (s->nests.count == WEFT_MAX_NESTS)
        return weft_fail(s->error, WEFT_ERR_LIMIT, "the program needs more than %d loops",
                         WEFT_MAX_NESTS);
    weft_nest *nest = weft_vector_push(s->allocator, &s->nests);
    if (!nest)
        return weft_fail_memory(s->error);
    *nest = (weft_nest){.shape = *sink};
    sink->nest = (uint32_t)s->nests.count - 1;
    return WEFT_OK;
}

/* Sinks without a loop are scalars: they are stored when all loops are done. */
static weft_status form_nests(weft_scheduler *s)
{
    unsigned most = 0;
    for (size_t i = 0; i < s->sinks.count; i++)
        if (weft_sink_at(s, i)->level > most)
            most = weft_sink_at(s, i)->level;
    for (unsigned level = 0; level <= most; level++)
        for (size_t i = 0; i < s->sinks.count; i++)
            if (weft_sink_at(s, i)->level == level && weft_sink_at(s, i)->domain)
                WEFT_TRY(add_to_nest(s, i));
    for (size_t i = 0; i < s->sinks.count; i++) {
        const weft_sink *sink = weft_sink_at(s, i);
        if (sink->domain && sink->kind != WEFT_SINK_STORE && sink->kind != WEFT_SINK_EFFECT)
            weft_item_at(s, sink->value[0])->nest = (int32_t)sink->nest;
    }
    return WEFT_OK;
}

bool weft_item_is_kept(const weft_scheduler *s, const weft_item *item, const weft_nest *nest)
{
    if (!item->scratch || item->nest < 0)
        return false;
    const weft_nest *made = weft_nest_at(s, (size_t)item->nest);
    if (item->is_row)
        return !nest || made->group != nest->group;
    /* A nest from before the one that keeps it computes it by itself. */
    return !nest || made < nest;
}

/* Which variables of loops are needed is noted where the loops list theirs. */
static void note_variable(const weft_scheduler *s, const weft_item *item)
{
    if (item->node.kind != WEFT_NODE_PART && item->node.kind != WEFT_NODE_CARRIED)
        return;
    const weft_item *loop = weft_item_at(s, item->node.arg[0]);
    if (weft_item_is_loop(loop))
        weft_item_list(s, loop)[2 * loop->node.n + item->node.k] = (int32_t)s->stamp;
}

weft_status weft_schedule_reach(weft_scheduler *s, const weft_nest *nest)
{
    for (int32_t at; (at = pop_new(s)) >= 0;) {
        const weft_item *item = weft_item_at(s, at);
        if (item->node.kind == WEFT_NODE_REDUCE || weft_item_is_kept(s, item, nest))
            continue;
        note_variable(s, item);
        if (!push_args(s, at))
            return weft_fail_memory(s->error);
    }
    return WEFT_OK;
}

weft_status weft_nest_reach(weft_scheduler *s, const weft_nest *nest)
{
    const uint32_t number = (uint32_t)(nest - weft_nest_at(s, 0));
    s->stamp++;
    s->stack.count = 0;
    for (size_t i = 0; i < s->sinks.count; i++)
        if (weft_sink_at(s, i)->domain && weft_sink_at(s, i)->nest == number &&
            !push_sink(s, weft_sink_at(s, i)))
            return weft_fail_memory(s->error);
    return weft_schedule_reach(s, nest);
}

/* Whether a value that was made in an earlier nest is worth an array. */
static bool worth_keeping(const weft_item *item)
{
    return item->node.kind != WEFT_NODE_LOAD && item->node.kind != WEFT_NODE_REDUCE &&
           !weft_item_is_loop(item) && (item->cost >= WORTH_KEEPING || item->node.pinned);
}

/* What an earlier nest computed for just these elements is taken from there. */
static weft_status share_values(weft_scheduler *s, size_t number)
{
    const weft_nest *nest = weft_nest_at(s, number);
    s->stamp++;
    s->stack.count = 0;
    for (size_t i = 0; i < s->sinks.count; i++)
        if (weft_sink_at(s, i)->domain && weft_sink_at(s, i)->nest == number &&
            !push_sink(s, weft_sink_at(s, i)))
            return weft_fail_memory(s->error);
    for (int32_t at; (at = pop_new(s)) >= 0;) {
        weft_item *item = weft_item_at(s, at);
        if (item->node.kind == WEFT_NODE_REDUCE || weft_item_is_kept(s, item, nest))
            continue;
        if (item->mask == nest->shape.domain && item->node.loop < 0 && !item->scratch) {
            if (item->nest >= 0 && item->nest != (int32_t)number && worth_keeping(item)) {
                const uint32_t made = (uint32_t)item->nest;
                WEFT_TRY(keep(s, at));
                weft_sink *sink = weft_sink_at(s, s->sinks.count - 1);
                const weft_sink *shape = &weft_nest_at(s, made)->shape;
                memcpy(sink->each, shape->each, sizeof sink->each);
                memcpy(sink->inner, shape->inner, sizeof sink->inner);
                sink->n_each = shape->n_each;
                sink->n_inner = shape->n_inner;
                sink->lo = shape->lo;
                sink->hi = shape->hi;
                sink->level = shape->level;
                sink->nest = made;
                continue;
            }
            if (item->nest < 0)
                item->nest = (int32_t)number;
        }
        if (!push_args(s, at))
            return weft_fail_memory(s->error);
    }
    return WEFT_OK;
}

/* --- groups: nests inside the same `each` blocks ---------------------------------------------- */

/* The last group that has something that the nest waits for, and whether it is another one than
 * `group` or, being that, can give it within an iteration. */
static weft_status last_needed(weft_scheduler *s, const weft_nest *nest, uint32_t *group)
{
    const uint32_t stamp_of = s->stamp + 1;
    WEFT_TRY(weft_nest_reach(s, nest));
    *group = 0;
    for (int32_t i = 0; i < (int32_t)s->items.count; i++) {
        const weft_item *item = weft_item_at(s, i);
        if (item->stamp != stamp_of || item->nest < 0)
            continue;
        const weft_nest *made = weft_nest_at(s, (size_t)item->nest);
        const bool waits = item->node.kind == WEFT_NODE_REDUCE || item->scratch;
        if (!waits || made == nest)
            continue;
        /* within an iteration there is a row's reduction, and what is kept element by element */
        const unsigned each = dims_of(nest->shape.each, nest->shape.n_each);
        const bool within = !(each & ~(unsigned)item->mask);
        const uint32_t after = made->group + (within ? 0 : 1);
        if (after > *group)
            *group = after;
    }
    return WEFT_OK;
}

/* Whether a store to an inout array in the nest comes behind all groups that read it. */
static weft_status last_reader(weft_scheduler *s, size_t number, uint32_t *group)
{
    for (size_t i = 0; i < s->sinks.count; i++) {
        const weft_sink *store = weft_sink_at(s, i);
        const weft_param *param = (const weft_param *)s->params.data + store->param;
        if (store->kind != WEFT_SINK_STORE || param->kind != WEFT_PARAM_INOUT || !store->domain ||
            store->nest != number)
            continue;
        for (size_t j = 0; j < s->sinks.count; j++) {
            const weft_sink *other = weft_sink_at(s, j);
            bool reading;
            if (!other->domain || other->nest >= number)
                continue;
            WEFT_TRY(reads(s, other, store->param, &reading));
            if (reading && weft_nest_at(s, other->nest)->group + 1 > *group)
                *group = weft_nest_at(s, other->nest)->group + 1;
        }
    }
    return WEFT_OK;
}

static bool same_each(const weft_sink *a, const weft_sink *b)
{
    return a->n_each == b->n_each && memcmp(a->each, b->each, a->n_each) == 0;
}

/* Groups are numbered from 1 in the order of their code. */
static weft_status form_groups(weft_scheduler *s)
{
    for (size_t i = 0; i < s->nests.count; i++) {
        weft_nest *nest = weft_nest_at(s, i);
        uint32_t least;
        WEFT_TRY(last_needed(s, nest, &least));
        WEFT_TRY(last_reader(s, i, &least));
        nest->group = 0;
        for (size_t j = 0; j < i && nest->shape.n_each; j++) {
            const weft_nest *other = weft_nest_at(s, j);
            if (same_each(&other->shape, &nest->shape) && other->group >= least)
                nest->group = other->group;
        }
        if (!nest->group)
            nest->group = ++s->groups;
    }
    return WEFT_OK;
}

/* Rows that another group reads are kept in arrays. */
static weft_status keep_rows(weft_scheduler *s)
{
    for (size_t i = 0; i < s->nests.count; i++) {
        const weft_nest *nest = weft_nest_at(s, i);
        WEFT_TRY(weft_nest_reach(s, nest));
        for (int32_t at = 0; at < (int32_t)s->items.count; at++) {
            const weft_item *item = weft_item_at(s, at);
            if (item->stamp == s->stamp && item->is_row && !item->scratch &&
                weft_nest_at(s, (size_t)item->nest)->group != nest->group)
                WEFT_TRY(weft_schedule_new_array(s, at));
        }
    }
    return WEFT_OK;
}

/* --- arrays for what is kept ------------------------------------------------------------------ */

/* Where a nest's code stands: groups in their order, within them nests in theirs. */
static uint64_t place_of(const weft_scheduler *s, size_t nest)
{
    return (uint64_t)weft_nest_at(s, nest)->group << 32 | nest;
}

/* What the nests behind `first` do with an item: the last nest that reads it, and whether any of
 * them loads an array of its type, which might be the same as an output. */
static weft_status look_ahead(weft_scheduler *s, int32_t number, size_t first, size_t *last,
                              bool *loads)
{
    const unsigned type = weft_item_at(s, number)->node.type;
    *loads = false;
    *last = first;
    for (size_t i = 0; i < s->nests.count; i++) {
        if (place_of(s, i) <= place_of(s, first))
            continue;
        WEFT_TRY(weft_nest_reach(s, weft_nest_at(s, i)));
        if (weft_item_at(s, number)->stamp == s->stamp && place_of(s, i) > place_of(s, *last))
            *last = i;
        for (int32_t at = 0; at < (int32_t)s->items.count && !*loads; at++) {
            const weft_item *item = weft_item_at(s, at);
            *loads = item->stamp == s->stamp && item->node.kind == WEFT_NODE_LOAD &&
                     item->node.type == type;
        }
    }
    return WEFT_OK;
}

/* The output that is stored to in that nest and may hold the item before that: it has the item's
 * type and dimensions. -1: none. */
static int find_host(const weft_scheduler *s, const weft_item *item, size_t nest)
{
    for (size_t i = 0; i < s->sinks.count; i++) {
        const weft_sink *sink = weft_sink_at(s, i);
        const weft_param *param = (const weft_param *)s->params.data + sink->param;
        bool taken = false;
        if (sink->kind != WEFT_SINK_STORE || !sink->domain || sink->nest != nest ||
            param->kind != WEFT_PARAM_OUT || param->segment != 1 || param->dims != item->mask ||
            param->type != item->node.type)
            continue;
        for (int32_t j = 0; j < (int32_t)s->items.count; j++)
            taken |= weft_item_at(s, j)->scratch == sink->param + 1;
        if (!taken)
            return sink->param;
    }
    return -1;
}

/* A value may be kept in an output that gets its own value when this one is read last: that spares
 * an array and its way through the caches. Where inputs are still read then, it is not done, so
 * that output and input may be the same array. */
static weft_status assign_arrays(weft_scheduler *s)
{
    for (size_t i = 0; i < s->sinks.count; i++) {
        weft_sink *sink = weft_sink_at(s, i);
        const int32_t number = sink->value[0];
        size_t last;
        bool loads;
        if (sink->kind != WEFT_SINK_KEEP)
            continue;
        WEFT_TRY(look_ahead(s, number, sink->nest, &last, &loads));
        const int host =
            loads || last == sink->nest ? -1 : find_host(s, weft_item_at(s, number), last);
        if (host >= 0)
            weft_item_at(s, number)->scratch = (uint16_t)(host + 1);
        else
            WEFT_TRY(weft_schedule_new_array(s, number));
        sink->param = (uint8_t)(weft_item_at(s, number)->scratch - 1);
    }
    return WEFT_OK;
}

weft_status weft_schedule_nests(weft_scheduler *s)
{
    WEFT_TRY(find_domains(s));
    WEFT_TRY(find_shapes(s));
    find_levels(s);
    WEFT_TRY(delay_stores(s));
    WEFT_TRY(form_nests(s));
    if (s->options->unrolled && s->graph->effects.count && s->nests.count > 1)
        return weft_fail(s->error, WEFT_ERR_UNSUPPORTED,
                         "the unrolled form cannot keep what a function with effects gave for a "
                         "second loop");
    for (size_t i = 0; i < s->nests.count && !s->options->unrolled; i++)
        WEFT_TRY(share_values(s, i));
    WEFT_TRY(form_groups(s));
    WEFT_TRY(keep_rows(s));
    return assign_arrays(s);
}
