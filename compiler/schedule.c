/* compiler/schedule.c: what is alive of a graph becomes items, with the dimensions of the index
 * space that each varies along (compiler/schedule.h). Neighbour: scan.c (reductions whose last
 * dimension stays). */
#include "compiler/schedule.h"

#include <string.h>
#include <weft/compile.h>

#include "isa/image.h"

weft_status weft_schedule_push(weft_scheduler *s, weft_vector *vector, int32_t value)
{
    int32_t *place = weft_vector_push(s->allocator, vector);
    if (!place)
        return weft_fail_memory(s->error);
    *place = value;
    return WEFT_OK;
}

/* --- dimensions ------------------------------------------------------------------------------- */

enum { NO_DIM = 255 };

/* Marks which axes come right before which. */
static void note_order(const weft_graph *graph, const weft_axes *axes,
                       bool before[WEFT_MAX_AXES + 1][WEFT_MAX_AXES + 1], bool *used)
{
    int last = -1;
    for (unsigned i = 0; i < axes->rank; i++) {
        if (axes->axis[i] == WEFT_AXIS_ONE)
            continue;
        const unsigned axis = weft_graph_axis_of(graph, axes->axis[i]);
        used[axis] = true;
        if (last >= 0)
            before[last][axis] = true;
        last = (int)axis;
    }
}

/* The lowest axis in use that has no place yet and that nothing without a place comes before. */
static int next_axis(const weft_scheduler *s, bool before[WEFT_MAX_AXES + 1][WEFT_MAX_AXES + 1],
                     const bool *used)
{
    const unsigned n = (unsigned)s->graph->axes.count;
    for (unsigned axis = 0; axis < n; axis++) {
        if (!used[axis] || s->dim_of[axis] != NO_DIM)
            continue;
        bool free = true;
        for (unsigned other = 0; other < n; other++)
            free &= !before[other][axis] || s->dim_of[other] != NO_DIM;
        if (free)
            return (int)axis;
    }
    return -1;
}

/* Axes that are aligned by position get their dimensions in an order that suits all of them. */
static weft_status order_axes(weft_scheduler *s, const bool *live)
{
    bool before[WEFT_MAX_AXES + 1][WEFT_MAX_AXES + 1];
    bool used[WEFT_MAX_AXES + 1] = {false};
    unsigned count = 0;
    for (size_t i = 0; i < s->graph->axes.count; i++)
        memset(before[i], 0, s->graph->axes.count);
    for (size_t i = 0; i < s->graph->nodes.count; i++)
        if (live[i])
            note_order(s->graph, &weft_node_at(s->graph, (int32_t)i)->axes, before, used);
    for (size_t i = 0; i < s->graph->params.count; i++)
        note_order(s->graph, (const weft_axes *)s->graph->shapes.data + i, before, used);
    for (size_t i = 0; i < s->graph->axes.count; i++)
        count += used[i];
    if (count > WEFT_MAX_RANK)
        return weft_fail(s->error, WEFT_ERR_LIMIT,
                         "the arrays have %u different axes; an index space has at most %d", count,
                         WEFT_MAX_RANK);
    for (s->rank = 0; s->rank < count; s->rank++) {
        const int axis = next_axis(s, before, used);
        if (axis < 0)
            return weft_fail(s->error, WEFT_ERR_UNSUPPORTED,
                             "the arrays have their axes in orders that contradict each other, as "
                             "a matrix and its transpose do");
        s->dim_of[axis] = s->rank;
    }
    return WEFT_OK;
}

static weft_status find_dims(weft_scheduler *s, const bool *live)
{
    memset(s->dim_of, NO_DIM, sizeof s->dim_of);
    if (!s->graph->named_axes) {
        WEFT_TRY(order_axes(s, live));
    } else {
        if (s->graph->axes.count > WEFT_MAX_RANK)
            return weft_fail(s->error, WEFT_ERR_LIMIT, "an index space has at most %d axes",
                             WEFT_MAX_RANK);
        for (s->rank = 0; s->rank < s->graph->axes.count; s->rank++)
            s->dim_of[s->rank] = s->rank;
    }
    for (size_t i = 0; i < s->graph->axes.count; i++)
        s->dim_of[i] = s->dim_of[weft_graph_axis_of(s->graph, (unsigned)i)];
    return WEFT_OK;
}

uint8_t weft_schedule_mask(const weft_scheduler *s, const weft_axes *axes)
{
    unsigned mask = 0;
    for (unsigned i = 0; i < axes->rank; i++)
        if (axes->axis[i] != WEFT_AXIS_ONE)
            mask |= 1u << s->dim_of[axes->axis[i]];
    return (uint8_t)mask;
}

static weft_status take_params(weft_scheduler *s)
{
    for (size_t i = 0; i < s->graph->params.count; i++) {
        weft_param *param = weft_vector_push(s->allocator, &s->params);
        if (!param)
            return weft_fail_memory(s->error);
        *param = *weft_graph_param_at(s->graph, (unsigned)i);
        if (weft_kind_is_mapped(param->kind))
            param->dims = weft_schedule_mask(s, (const weft_axes *)s->graph->shapes.data + i);
    }
    return WEFT_OK;
}

/* Functions that are called are parameters, too. */
static weft_status take_functions(weft_scheduler *s, const bool *live)
{
    const weft_graph_function *functions = s->graph->functions.data;
    for (size_t f = 0; f < s->graph->functions.count; f++) {
        bool called = false;
        for (size_t i = 0; i < s->graph->nodes.count; i++) {
            const weft_node *node = weft_node_at(s->graph, (int32_t)i);
            called |= live[i] && node->kind == WEFT_NODE_CALL && node->param == f;
        }
        WEFT_TRY(weft_schedule_push(s, &s->functions, called ? (int32_t)s->params.count : -1));
        if (!called)
            continue;
        weft_param *param = weft_vector_push(s->allocator, &s->params);
        if (!param)
            return weft_fail_memory(s->error);
        *param = (weft_param){.kind = WEFT_PARAM_FUNCTION,
                              .type = functions[f].result,
                              .segment = 1,
                              .window = functions[f].pure ? WEFT_FUNCTION_PURE : 0};
        memcpy(param->name, functions[f].name, sizeof param->name);
        for (unsigned k = 0; k < functions[f].n; k++)
            param->count |= (uint32_t)functions[f].types[k] << 8 * k;
    }
    return WEFT_OK;
}

/* --- what is alive ---------------------------------------------------------------------------- */

static weft_status mark(weft_scheduler *s, bool *live, int32_t node)
{
    if (node < 0 || live[node])
        return WEFT_OK;
    live[node] = true;
    return weft_schedule_push(s, &s->stack, node);
}

/* A variable of a loop is alive with what it is at first and next; the others may be dead. */
static weft_status mark_args(weft_scheduler *s, bool *live, const weft_node *node)
{
    for (unsigned i = 0; i < 3; i++)
        WEFT_TRY(mark(s, live, node->arg[i]));
    if (node->kind == WEFT_NODE_FUSED || node->kind == WEFT_NODE_CALL)
        for (unsigned i = 0; i < node->n; i++)
            WEFT_TRY(mark(s, live, weft_list_at(s->graph, node)[i]));
    if (node->kind != WEFT_NODE_PART && node->kind != WEFT_NODE_CARRIED)
        return WEFT_OK;
    const weft_node *loop = weft_node_at(s->graph, node->arg[0]);
    if (loop->kind == WEFT_NODE_FUSED)
        return WEFT_OK;
    WEFT_TRY(mark(s, live, weft_list_at(s->graph, loop)[node->k]));
    return mark(s, live, weft_list_at(s->graph, loop)[loop->n + node->k]);
}

static weft_status find_live(weft_scheduler *s, bool *live)
{
    const weft_output *outputs = s->graph->outputs.data;
    const int32_t *effects = s->graph->effects.data;
    for (size_t i = 0; i < s->graph->outputs.count; i++)
        WEFT_TRY(mark(s, live, outputs[i].value));
    for (size_t i = 0; i < s->graph->effects.count; i++)
        WEFT_TRY(mark(s, live, effects[i]));
    while (s->stack.count) {
        const int32_t node = ((int32_t *)s->stack.data)[--s->stack.count];
        WEFT_TRY(mark_args(s, live, weft_node_at(s->graph, node)));
    }
    return WEFT_OK;
}

/* --- taking the graph over -------------------------------------------------------------------- */

static int last_dim(unsigned mask)
{
    int last = -1;
    for (int dim = 0; dim < WEFT_MAX_RANK; dim++)
        if (mask >> dim & 1)
            last = dim;
    return last;
}

/* Dimensions that a reduction's operands have. */
static unsigned operand_mask(const weft_scheduler *s, const weft_node *node)
{
    unsigned mask = weft_schedule_mask(s, &node->reduced);
    for (unsigned i = 0; i < 2; i++)
        if (node->arg[i] >= 0)
            mask |= weft_schedule_mask(s, &weft_node_at(s->graph, node->arg[i])->axes);
    return mask;
}

static weft_status take_list(weft_scheduler *s, const weft_node *node, const int32_t *item_of,
                             weft_node *copy)
{
    const bool loops = node->kind == WEFT_NODE_FOR || node->kind == WEFT_NODE_SCAN;
    const int32_t *list = weft_list_at(s->graph, node);
    copy->list = (uint32_t)s->lists.count;
    for (unsigned i = 0; i < node->n; i++)
        WEFT_TRY(weft_schedule_push(s, &s->lists, item_of[list[i]]));
    for (unsigned i = 0; loops && i < 2 * node->n; i++)
        WEFT_TRY(weft_schedule_push(s, &s->lists, -1));
    return WEFT_OK;
}

static weft_status take_node(weft_scheduler *s, int32_t number, int32_t *item_of)
{
    const weft_node *node = weft_node_at(s->graph, number);
    weft_node copy = *node;
    for (unsigned i = 0; i < 3; i++)
        if (node->arg[i] >= 0)
            copy.arg[i] = item_of[node->arg[i]];
    copy.loop = -1;
    copy.same = node->pinned && node->loop >= 0 ? (uint32_t)item_of[node->loop] + 1 : 0;
    switch ((weft_node_kind)node->kind) {
    case WEFT_NODE_REDUCE: {
        const unsigned mask = operand_mask(s, node);
        if (!(weft_schedule_mask(s, &node->reduced) >> last_dim(mask) & 1))
            return weft_schedule_scan(s, node, copy.arg[0], copy.arg[1], &item_of[number]);
        break;
    }
    case WEFT_NODE_INDEX:
    case WEFT_NODE_EXTENT:
    case WEFT_NODE_SCAN:
        copy.k = s->dim_of[node->k];
        break;
    case WEFT_NODE_CALL:
        copy.param = (uint8_t)((const int32_t *)s->functions.data)[node->param];
        break;
    default:
        break;
    }
    if (node->kind == WEFT_NODE_FUSED || node->kind == WEFT_NODE_CALL ||
        node->kind == WEFT_NODE_FOR || node->kind == WEFT_NODE_SCAN)
        WEFT_TRY(take_list(s, node, item_of, &copy));
    return weft_item_new(s, &copy, &item_of[number]);
}

/* What goes round in loops refers to items that come later. */
static void close_loops(weft_scheduler *s, const bool *live, const int32_t *item_of)
{
    for (size_t i = 0; i < s->graph->nodes.count; i++) {
        const weft_node *node = weft_node_at(s->graph, (int32_t)i);
        if (!live[i] || (node->kind != WEFT_NODE_FOR && node->kind != WEFT_NODE_SCAN))
            continue;
        int32_t *list = weft_item_list(s, weft_item_at(s, item_of[i]));
        const int32_t *from = weft_list_at(s->graph, node);
        for (unsigned k = 0; k < node->n; k++)
            list[node->n + k] = live[from[node->n + k]] ? item_of[from[node->n + k]] : -1;
    }
}

weft_status weft_sink_new(weft_scheduler *s, weft_sink_kind kind, int32_t value)
{
    weft_sink *sink = weft_vector_push(s->allocator, &s->sinks);
    if (!sink)
        return weft_fail_memory(s->error);
    *sink = (weft_sink){.kind = (uint8_t)kind};
    memset(sink->value, -1, sizeof sink->value);
    sink->value[0] = value;
    return WEFT_OK;
}

static weft_status take_sinks(weft_scheduler *s, const int32_t *item_of)
{
    const weft_output *outputs = s->graph->outputs.data;
    const int32_t *effects = s->graph->effects.data;
    for (size_t i = 0; i < s->graph->outputs.count; i++) {
        size_t at = 0;
        while (at < s->sinks.count && weft_sink_at(s, at)->param != outputs[i].param)
            at++;
        if (at == s->sinks.count) {
            WEFT_TRY(weft_sink_new(s, WEFT_SINK_STORE, -1));
            weft_sink_at(s, at)->param = outputs[i].param;
        }
        weft_sink_at(s, at)->value[outputs[i].k] = item_of[outputs[i].value];
    }
    for (size_t i = 0; i < s->graph->effects.count; i++)
        WEFT_TRY(weft_sink_new(s, WEFT_SINK_EFFECT, item_of[effects[i]]));
    return WEFT_OK;
}

static weft_status take_graph(weft_scheduler *s, const bool *live)
{
    const size_t n = s->graph->nodes.count;
    int32_t *item_of = weft_mem_zeroed(s->allocator, n, sizeof *item_of);
    weft_status status = item_of ? WEFT_OK : weft_fail_memory(s->error);
    for (size_t i = 0; i < n && !status; i++) {
        item_of[i] = -1;
        if (live[i])
            status = take_node(s, (int32_t)i, item_of);
    }
    if (!status) {
        close_loops(s, live, item_of);
        status = take_sinks(s, item_of);
    }
    weft_mem_free(s->allocator, item_of, n ? n * sizeof *item_of : sizeof *item_of);
    return status;
}

/* --- what items depend on --------------------------------------------------------------------- */

bool weft_item_each_arg(weft_scheduler *s, int32_t number, weft_visit *visit, void *data)
{
    const weft_node *node = &weft_item_at(s, number)->node;
    for (unsigned i = 0; i < 3; i++)
        if (node->arg[i] >= 0 && !visit(s, node->arg[i], data))
            return false;
    if (node->kind == WEFT_NODE_FUSED || node->kind == WEFT_NODE_CALL)
        for (unsigned i = 0; i < node->n; i++)
            if (!visit(s, ((int32_t *)s->lists.data)[node->list + i], data))
                return false;
    if (node->kind != WEFT_NODE_PART && node->kind != WEFT_NODE_CARRIED)
        return true;
    const weft_node *loop = &weft_item_at(s, node->arg[0])->node;
    if (loop->kind == WEFT_NODE_FUSED)
        return true;
    const int32_t first = ((int32_t *)s->lists.data)[loop->list + node->k];
    const int32_t next = ((int32_t *)s->lists.data)[loop->list + loop->n + node->k];
    return (first < 0 || visit(s, first, data)) && (next < 0 || visit(s, next, data));
}

typedef struct weft_traits {
    unsigned mask;
    int32_t loop;
    uint64_t cost;
} weft_traits;

static bool add_traits(weft_scheduler *s, int32_t arg, void *data)
{
    weft_traits *all = data;
    const weft_item *item = weft_item_at(s, arg);
    all->mask |= item->mask;
    all->cost += item->cost;
    if (item->node.loop > all->loop)
        all->loop = item->node.loop;
    return true;
}

static uint32_t own_cost(const weft_node *node)
{
    switch ((weft_node_kind)node->kind) {
    case WEFT_NODE_OP:
        return weft_op_row_of(node->op)->ulp_f32 > 0                  ? 12
               : node->op == WEFT_OP_DIV || node->op == WEFT_OP_SQRT  ? 4
               : node->op == WEFT_OP_REM || node->op == WEFT_OP_RSQRT ? 6
               : node->op == WEFT_OP_RECIP                            ? 4
                                                                      : 1;
    case WEFT_NODE_ROW:
        return 4;
    case WEFT_NODE_FUSED:
        return 8;
    case WEFT_NODE_FOR:
    case WEFT_NODE_SCAN:
    case WEFT_NODE_CALL:
        return 100;
    case WEFT_NODE_CONST:
    case WEFT_NODE_LOAD:
    case WEFT_NODE_UNIFORM:
        return 0;
    default:
        return 1;
    }
}

/* The loop that an item depends on: the innermost is the one that was made last. PART depends on
 * what its loop depends on, which is known once the body has been seen: that comes before it. */
static void find_traits(weft_scheduler *s, int32_t number, bool *changed)
{
    weft_item *item = weft_item_at(s, number);
    const weft_node *node = &item->node;
    const bool of_loop = (node->kind == WEFT_NODE_PART || node->kind == WEFT_NODE_CARRIED) &&
                         weft_item_is_loop(weft_item_at(s, node->arg[0]));
    weft_traits all = {0, (int32_t)node->same - 1, 0}; /* what is pinned stays in its loop */
    (void)weft_item_each_arg(s, number, add_traits, &all);
    switch ((weft_node_kind)node->kind) {
    case WEFT_NODE_LOAD:
        all.mask = ((weft_param *)s->params.data)[node->param].dims;
        break;
    case WEFT_NODE_INDEX:
        all.mask = 1u << node->k;
        break;
    case WEFT_NODE_OP: /* a mov may add axes along which nothing varies yet */
        if (node->op == WEFT_OP_MOV)
            all.mask |= weft_schedule_mask(s, &node->axes);
        break;
    case WEFT_NODE_REDUCE:
        all.mask &= ~(unsigned)weft_schedule_mask(s, &node->reduced);
        item->is_row = all.mask != 0;
        all.cost = 0;
        break;
    default:
        break;
    }
    if (weft_item_is_loop(item)) { /* what its variables vary along */
        const int32_t *list = weft_item_list(s, item);
        for (unsigned k = 0; k < 2 * node->n; k++)
            if (list[k] >= 0) {
                const weft_item *variable = weft_item_at(s, list[k]);
                const int32_t around = variable->node.loop;
                all.mask |= variable->mask;
                if (around < number && around > all.loop) /* not what it computes itself */
                    all.loop = around;
            }
        if (node->loop > all.loop) /* find_outer_loops */
            all.loop = node->loop;
        if (node->kind == WEFT_NODE_SCAN)
            all.mask &= ~(1u << node->k);
    }
    if (of_loop) {
        const weft_item *loop = weft_item_at(s, node->arg[0]);
        const int32_t *list = weft_item_list(s, loop);
        const int32_t variable[] = {list[node->k], list[loop->node.n + node->k], loop->node.arg[0]};
        all.mask = 0; /* the loop's other variables may vary along more */
        for (unsigned i = 0; i < 3; i++)
            all.mask |= variable[i] >= 0 ? weft_item_at(s, variable[i])->mask : 0u;
        if (loop->node.kind == WEFT_NODE_SCAN)
            all.mask &= ~(1u << loop->node.k);
        if (node->kind == WEFT_NODE_CARRIED)
            all.loop = node->arg[0];
        else if (all.loop == node->arg[0])
            all.loop = loop->node.loop;
    }
    if (node->kind == WEFT_NODE_COUNTER) {
        const int32_t count = weft_item_at(s, node->arg[0])->node.arg[0];
        all.mask = count >= 0 ? weft_item_at(s, count)->mask : 0u;
        all.loop = node->arg[0];
    }
    const uint64_t cost = all.cost + own_cost(node);
    *changed |= item->mask != all.mask || item->node.loop != all.loop;
    item->mask = (uint8_t)all.mask;
    item->node.loop = all.loop;
    item->cost = cost > 1u << 20 ? 1u << 20 : (uint32_t)cost;
}

static bool count_use(weft_scheduler *s, int32_t arg, void *data)
{
    (void)data;
    weft_item_at(s, arg)->uses++;
    return true;
}

/* A loop depends on what surrounds it: what its body reads and does not depend on it. */
static bool find_outer_loops(weft_scheduler *s)
{
    bool found = false;
    for (int32_t i = 0; i < (int32_t)s->items.count; i++) {
        const weft_item *item = weft_item_at(s, i);
        int32_t at = item->node.loop;
        if (at < 0)
            continue;
        for (unsigned k = 0; k < 3; k++) {
            const int32_t arg = item->node.arg[k];
            const int32_t outer = arg < 0 ? -1 : weft_item_at(s, arg)->node.loop;
            weft_item *loop = weft_item_at(s, at);
            if (outer >= 0 && outer < at && loop->node.loop < outer) {
                loop->node.loop = outer;
                found = true;
            }
        }
    }
    return found;
}

static void find_all_traits(weft_scheduler *s)
{
    bool changed = true;
    for (int32_t i = 0; i < (int32_t)s->items.count; i++) {
        weft_item_at(s, i)->node.loop = -1;
        weft_item_at(s, i)->uses = 0;
    }
    while (changed) {
        changed = false;
        for (int32_t i = 0; i < (int32_t)s->items.count; i++)
            find_traits(s, i, &changed);
        changed |= find_outer_loops(s);
    }
    for (int32_t i = 0; i < (int32_t)s->items.count; i++)
        (void)weft_item_each_arg(s, i, count_use, NULL);
}

static void find_children(weft_scheduler *s)
{
    for (int32_t i = (int32_t)s->items.count; i-- > 0;) {
        weft_item *item = weft_item_at(s, i);
        if (item->node.kind != WEFT_NODE_PART && item->node.kind != WEFT_NODE_CARRIED &&
            item->node.kind != WEFT_NODE_COUNTER && item->node.kind != WEFT_NODE_ROW)
            continue;
        weft_item *parent = weft_item_at(s, item->node.arg[0]);
        item->sibling = parent->child;
        parent->child = i;
    }
}

/* --- all of it -------------------------------------------------------------------------------- */

weft_status weft_schedule_new_array(weft_scheduler *s, int32_t number)
{
    weft_item *item = weft_item_at(s, number);
    if (s->params.count >= WEFT_MAX_PARAMS)
        return weft_fail(s->error, WEFT_ERR_LIMIT, "the program needs more than %d arrays",
                         WEFT_MAX_PARAMS);
    weft_param *param = weft_vector_push(s->allocator, &s->params);
    if (!param)
        return weft_fail_memory(s->error);
    *param = (weft_param){
        .kind = WEFT_PARAM_SCRATCH, .type = item->node.type, .segment = 1, .dims = item->mask};
    const unsigned count = (unsigned)s->params.count;
    char *digit = param->name + 2;
    memcpy(param->name, "0_", 2); /* no name of a user begins with a digit; see finish_names */
    for (unsigned div = 100; div; div /= 10)
        *digit++ = (char)('0' + count / div % 10);
    item->scratch = (uint16_t)count;
    return WEFT_OK;
}

static bool is_taken(const weft_scheduler *s, const char *name)
{
    const weft_param *params = s->params.data;
    for (size_t i = 0; i < s->params.count; i++)
        if (strcmp(params[i].name, name) == 0)
            return true;
    return false;
}

/* Scratch arrays get names that are names: t000, or with more letters where that is taken. */
static void finish_names(weft_scheduler *s)
{
    weft_param *params = s->params.data;
    for (size_t i = 0; i < s->params.count; i++) {
        if (params[i].name[0] != '0')
            continue;
        char name[WEFT_MAX_NAME + 1] = {0};
        unsigned letters = 1;
        do {
            memset(name, 't', letters);
            memcpy(name + letters, params[i].name + 2, 4);
        } while (is_taken(s, name) && ++letters < WEFT_MAX_NAME - 4);
        memcpy(params[i].name, name, sizeof name);
    }
}

/* A move from a register to itself, which is what is left of a variable's first value that nothing
 * else needs. */
static bool is_nothing(const weft_draft *draft)
{
    const bool to_scalar = draft->insn.scalar & WEFT_SCALAR_D;
    const bool from_scalar = draft->insn.scalar & WEFT_SCALAR_A;
    return draft->insn.op == WEFT_OP_MOV && draft->insn.d == draft->insn.a &&
           to_scalar == from_scalar;
}

static weft_status hand_over(weft_scheduler *s, weft_draft_code *draft, weft_code *code)
{
    const weft_draft *insns = draft->insns.data;
    *code = (weft_code){.rank = s->rank ? s->rank : 1, .n_params = (uint32_t)s->params.count};
    for (size_t i = 0; i < draft->insns.count; i++)
        code->n_insns += !is_nothing(&insns[i]);
    if (s->options->unrolled || s->rank == 0) {
        code->fixed = true;
        code->extents[0] = s->options->unrolled && s->rank ? s->options->elements : 1;
    }
    code->params = weft_mem_zeroed(s->allocator, code->n_params, sizeof *code->params);
    code->insns = weft_mem_zeroed(s->allocator, code->n_insns, sizeof *code->insns);
    if (!code->params || !code->insns) {
        weft_code_free(s->allocator, code);
        return weft_fail_memory(s->error);
    }
    finish_names(s);
    if (code->n_params)
        memcpy(code->params, s->params.data, code->n_params * sizeof *code->params);
    for (size_t i = 0, pc = 0; i < draft->insns.count; i++)
        if (!is_nothing(&insns[i]))
            code->insns[pc++] = insns[i].insn;
    return WEFT_OK;
}

/* Code that needs too many registers at once is written a second time, with as few as can be. */
static weft_status write_draft(weft_scheduler *s, weft_draft_code *draft)
{
    WEFT_TRY(weft_schedule_emit(s, draft));
    const weft_status status = weft_schedule_registers(s, draft);
    if (status != WEFT_ERR_LIMIT)
        return status;
    weft_error_clear(s->error);
    s->is_tight = true;
    draft->insns.count = draft->regs.count = 0;
    for (int32_t i = 0; i < (int32_t)s->items.count; i++) {
        weft_item_at(s, i)->reg = -1;
        weft_item_at(s, i)->seen = 0;
    }
    WEFT_TRY(weft_schedule_emit(s, draft));
    return weft_schedule_registers(s, draft);
}

static weft_status make(weft_scheduler *s, bool *live, weft_draft_code *draft, weft_code *code)
{
    WEFT_TRY(find_live(s, live));
    WEFT_TRY(find_dims(s, live));
    WEFT_TRY(take_params(s));
    WEFT_TRY(take_functions(s, live));
    WEFT_TRY(take_graph(s, live));
    if (s->params.count > WEFT_MAX_PARAMS)
        return weft_fail(s->error, WEFT_ERR_LIMIT, "a program has at most %d parameters",
                         WEFT_MAX_PARAMS);
    if (s->options->unrolled && s->rank > 1)
        return weft_fail(s->error, WEFT_ERR_UNSUPPORTED,
                         "the unrolled form is for one dimension; this has %u", s->rank);
    find_all_traits(s);
    WEFT_TRY(weft_schedule_recognize(s));
    if (s->graph->flags & WEFT_FAST_CONTRACT)
        find_all_traits(s);
    find_children(s);
    WEFT_TRY(weft_schedule_nests(s));
    WEFT_TRY(write_draft(s, draft));
    return hand_over(s, draft, code);
}

weft_status weft_schedule(const weft_graph *graph, const weft_schedule_options *options,
                          weft_code *code, weft_error *error)
{
    const weft_allocator *allocator = graph->allocator;
    const size_t n = graph->nodes.count;
    weft_scheduler s = {.graph = graph,
                        .allocator = allocator,
                        .options = options,
                        .error = error,
                        .params.element = sizeof(weft_param),
                        .functions.element = sizeof(int32_t),
                        .items.element = sizeof(weft_item),
                        .lists.element = sizeof(int32_t),
                        .sinks.element = sizeof(weft_sink),
                        .nests.element = sizeof(weft_nest),
                        .stack.element = sizeof(int32_t)};
    weft_draft_code draft = {.insns.element = sizeof(weft_draft),
                             .regs.element = sizeof(weft_virtual)};
    bool *live = weft_mem_zeroed(allocator, n, sizeof *live);
    weft_status status = live ? make(&s, live, &draft, code) : weft_fail_memory(error);
    weft_mem_free(allocator, live, n ? n : 1);
    weft_vector_free(allocator, &s.params);
    weft_vector_free(allocator, &s.functions);
    weft_vector_free(allocator, &s.items);
    weft_vector_free(allocator, &s.lists);
    weft_vector_free(allocator, &s.sinks);
    weft_vector_free(allocator, &s.nests);
    weft_vector_free(allocator, &s.stack);
    weft_vector_free(allocator, &draft.insns);
    weft_vector_free(allocator, &draft.regs);
    return status;
}
