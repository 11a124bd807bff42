/* backends/cpu_reduce.c: reductions of the CPU backend (backends/cpu_reduce.h). Sums and products
 * of floats go by lanes, blocks and the tree over blocks; whatever any order gives goes a stretch
 * at a time through the kernels for blocks. */
#include "backends/cpu_reduce.h"

#include <string.h>

static bool finds_place(unsigned op)
{
    return op == WEFT_OP_ARGMIN || op == WEFT_OP_ARGMAX;
}

bool weft_reduction_is_ordered(const weft_reduction_plan *plan)
{
    return (plan->op == WEFT_OP_SUM || plan->op == WEFT_OP_PROD || plan->op == WEFT_OP_DOT) &&
           weft_type_in(WEFT_MASK_FLOAT, plan->type);
}

void weft_reduction_begin(weft_reduction *r, const weft_reduction_plan *plan)
{
    r->count = 0;
    r->value = 0;
    r->place = -1;
    r->waiting = r->groups = 0;
    r->tree.filled = 0;
    if (weft_reduction_is_ordered(plan))
        weft_reduce_lanes_begin(plan->op, (weft_dtype)plan->type, r->lanes);
}

/* --- sums and products of floats -------------------------------------------------------------- */

enum { GROUPS = WEFT_BLOCK / WEFT_GROUP };

static void end_block(weft_reduction *r, const weft_reduction_plan *plan)
{
    const uint64_t block = weft_reduce_lanes_end(plan->op, (weft_dtype)plan->type, r->lanes);
    weft_reduce_push(&r->tree, plan->op, (weft_dtype)plan->result, block);
    weft_reduce_lanes_begin(plan->op, (weft_dtype)plan->type, r->lanes);
    r->groups = 0;
}

static void add_groups(weft_reduction *r, const weft_reduction_plan *plan,
                       const weft_kernel_table *kernels, const char *a, const char *b,
                       size_t groups)
{
    weft_lanes_kernel *kernel = kernels->lanes[plan->op - WEFT_OP_SUM][plan->type];
    const size_t bytes = WEFT_GROUP * weft_dtype_size((weft_dtype)plan->type);
    while (groups) {
        const size_t room = GROUPS - r->groups, some = groups < room ? groups : room;
        kernel(r->lanes, a, b, some);
        r->groups += (uint32_t)some;
        if (r->groups == GROUPS)
            end_block(r, plan);
        a += some * bytes;
        b += some * bytes;
        groups -= some;
    }
}

/* Elements that do not fill a group wait for the next strip's. */
static void add_in_order(weft_reduction *r, const weft_reduction_plan *plan,
                         const weft_kernel_table *kernels, const char *a, const char *b, size_t n)
{
    const size_t size = weft_dtype_size((weft_dtype)plan->type);
    char *wait_a = (char *)r->group[0], *wait_b = (char *)r->group[1];
    while (n) {
        size_t some = n / WEFT_GROUP * WEFT_GROUP;
        if (r->waiting || !some) {
            const size_t room = WEFT_GROUP - r->waiting;
            some = n < room ? n : room;
            memcpy(wait_a + r->waiting * size, a, some * size);
            if (plan->op == WEFT_OP_DOT)
                memcpy(wait_b + r->waiting * size, b, some * size);
            r->waiting += (uint32_t)some;
            if (r->waiting == WEFT_GROUP) {
                r->waiting = 0;
                add_groups(r, plan, kernels, wait_a, wait_b, 1);
            }
        } else {
            add_groups(r, plan, kernels, a, b, some / WEFT_GROUP);
        }
        a += some * size;
        b += some * size;
        n -= some;
    }
}

static uint64_t end_in_order(weft_reduction *r, const weft_reduction_plan *plan,
                             const weft_kernel_table *kernels)
{
    if (r->waiting || r->groups) {
        weft_reduce_lanes_rest(kernels, plan->op, (weft_dtype)plan->type, r->lanes, r->group[0],
                               r->group[1], r->waiting);
        end_block(r, plan);
    }
    return weft_reduce_finish(&r->tree, plan->op, (weft_dtype)plan->result);
}

/* --- the others ------------------------------------------------------------------------------- */

/* The better place of argmin or argmax: what is already there came first. */
static void take_place(weft_partial *best, const weft_reduction_plan *plan, uint64_t value,
                       int64_t place)
{
    if (best->place >= 0 && !weft_reduce_before((weft_dtype)plan->type, plan->op == WEFT_OP_ARGMIN,
                                                &value, &best->value))
        return;
    best->value = value;
    best->place = place;
}

static void add_place(weft_reduction *r, const weft_reduction_plan *plan,
                      const weft_kernel_table *kernels, const void *a, size_t n)
{
    const bool low = plan->op == WEFT_OP_ARGMIN;
    uint64_t here = 0;
    kernels->block[(low ? WEFT_OP_MINVAL : WEFT_OP_MAXVAL) - WEFT_OP_SUM][plan->type](
        &here, a, NULL, NULL, n);
    if (r->place >= 0 && !weft_reduce_before((weft_dtype)plan->type, low, &here, &r->value))
        return;
    r->value = here;
    r->place = (int64_t)r->count + weft_reduce_find(kernels, (weft_dtype)plan->type, &here, a, n);
}

/* Two results into one, in order. */
static uint64_t join(const weft_reduction_plan *plan, uint64_t left, uint64_t right)
{
    if (plan->op == WEFT_OP_ANY)
        return left | right;
    if (plan->op == WEFT_OP_ALLOF)
        return left & right;
    weft_reduce_combine(plan->op, (weft_dtype)plan->result, &left, &right);
    return left;
}

/* At most a block of elements, at least one. */
static void add_stretch(weft_reduction *r, const weft_reduction_plan *plan,
                        const weft_kernel_table *kernels, const void *a, const void *b, size_t n)
{
    const bool logical = plan->op == WEFT_OP_ANY || plan->op == WEFT_OP_ALLOF;
    const unsigned op = logical ? WEFT_OP_COUNT : plan->op;
    uint64_t here = 0;
    if (finds_place(plan->op)) {
        add_place(r, plan, kernels, a, n);
        return;
    }
    kernels->block[op - WEFT_OP_SUM][plan->type](&here, a, b, NULL, n);
    if (logical)
        here = plan->op == WEFT_OP_ANY ? here != 0 : here == n;
    r->value = r->count ? join(plan, r->value, here) : here;
}

void weft_reduction_add(weft_reduction *r, const weft_reduction_plan *plan,
                        const weft_kernel_table *kernels, const void *pa, const void *pb, size_t n)
{
    const char *a = pa, *b = pb;
    if (weft_reduction_is_ordered(plan)) {
        add_in_order(r, plan, kernels, a, b, n);
        r->count += n;
        return;
    }
    const size_t size = weft_dtype_size((weft_dtype)plan->type);
    while (n) {
        const size_t some = n < WEFT_BLOCK ? n : WEFT_BLOCK;
        add_stretch(r, plan, kernels, a, b, some);
        r->count += some;
        a += some * size;
        b += some * size;
        n -= some;
    }
}

weft_partial weft_reduction_end(weft_reduction *r, const weft_reduction_plan *plan,
                                const weft_kernel_table *kernels)
{
    weft_partial result = {r->value, r->place};
    if (r->count == 0)
        result.value = weft_reduce_nothing(plan->op, (weft_dtype)plan->type);
    else if (weft_reduction_is_ordered(plan))
        result.value = end_in_order(r, plan, kernels);
    return result;
}

uint64_t weft_partials_join(const weft_reduction_plan *plan, const weft_partial *partials,
                            size_t step, size_t count, int64_t length)
{
    weft_reduce_tree tree;
    weft_partial total = {partials->value, -1};
    tree.filled = 0;
    for (size_t i = 0; i < count; i++) {
        const weft_partial *partial = &partials[i * step];
        if (weft_reduction_is_ordered(plan))
            weft_reduce_push(&tree, plan->op, (weft_dtype)plan->result, partial->value);
        else if (finds_place(plan->op) && partial->place >= 0)
            take_place(&total, plan, partial->value, (int64_t)i * length + partial->place);
        else if (i && !finds_place(plan->op))
            total.value = join(plan, total.value, partial->value);
    }
    if (weft_reduction_is_ordered(plan))
        return weft_reduce_finish(&tree, plan->op, (weft_dtype)plan->result);
    return finds_place(plan->op) ? (uint64_t)total.place : total.value;
}
