/* compiler/scan.c: reductions over other dimensions than the last (compiler/schedule.h): a strip of
 * accumulators, one for each element of what stays, goes along them, in order.
 * Neighbours: compiler/schedule.c, which takes over the rest of the graph. */
#include <string.h>

#include "compiler/schedule.h"

/* --- items ------------------------------------------------------------------------------------ */

weft_status weft_item_new(weft_scheduler *s, const weft_node *node, int32_t *number)
{
    weft_item *item = weft_vector_push(s->allocator, &s->items);
    if (!item)
        return weft_fail_memory(s->error);
    *item = (weft_item){.node = *node, .nest = -1, .reg = -1, .child = -1, .sibling = -1};
    *number = (int32_t)s->items.count - 1;
    return WEFT_OK;
}

static weft_status new_node(weft_scheduler *s, weft_node_kind kind, weft_dtype type, int32_t a,
                            int32_t *number)
{
    const weft_node node = {
        .kind = (uint8_t)kind, .type = (uint8_t)type, .arg = {a, -1, -1}, .loop = -1};
    return weft_item_new(s, &node, number);
}

static weft_status new_op(weft_scheduler *s, unsigned op, weft_dtype type, int32_t a, int32_t b,
                          int32_t c, int32_t *number)
{
    const bool compares = op >= WEFT_OP_EQ && op <= WEFT_OP_UNO;
    const weft_node node = {.kind = WEFT_NODE_OP,
                            .op = (uint8_t)op,
                            .type = (uint8_t)(compares ? WEFT_BOOL : type),
                            .type2 = (uint8_t)(compares ? type : 0),
                            .arg = {a, b, c},
                            .loop = -1};
    return weft_item_new(s, &node, number);
}

static weft_status new_const(weft_scheduler *s, weft_dtype type, uint64_t bits, int32_t *number)
{
    const weft_node node = {.kind = WEFT_NODE_CONST,
                            .type = (uint8_t)type,
                            .arg = {-1, -1, -1},
                            .imm = bits,
                            .loop = -1};
    return weft_item_new(s, &node, number);
}

/* --- reductions along other dimensions than the last ------------------------------------------ */

/* A scan over the dimensions of `reduced`, the outermost first, with up to two variables. */
typedef struct weft_scan {
    weft_scheduler *s;
    unsigned n;         /* variables */
    int32_t initial[2]; /* what they are at first */
    int32_t carried[2]; /* in the innermost body */
    int32_t loops[WEFT_MAX_RANK];
    unsigned depth;
} weft_scan;

static weft_status open_scans(weft_scan *scan, unsigned reduced)
{
    weft_scheduler *s = scan->s;
    memcpy(scan->carried, scan->initial, sizeof scan->carried);
    for (unsigned dim = 0; dim < WEFT_MAX_RANK; dim++) {
        if (!(reduced >> dim & 1))
            continue;
        int32_t loop;
        WEFT_TRY(new_node(s, WEFT_NODE_SCAN, 0, -1, &loop));
        weft_item_at(s, loop)->node.k = (uint8_t)dim;
        weft_item_at(s, loop)->node.n = scan->n;
        weft_item_at(s, loop)->node.list = (uint32_t)s->lists.count;
        for (unsigned i = 0; i < 3 * scan->n; i++) /* next values and stamps come later */
            WEFT_TRY(weft_schedule_push(s, &s->lists, i < scan->n ? scan->carried[i] : 0));
        for (unsigned i = 0; i < scan->n; i++) {
            const weft_dtype type = (weft_dtype)weft_item_at(s, scan->carried[i])->node.type;
            WEFT_TRY(new_node(s, WEFT_NODE_CARRIED, type, loop, &scan->carried[i]));
            weft_item_at(s, scan->carried[i])->node.k = (uint8_t)i;
        }
        scan->loops[scan->depth++] = loop;
    }
    return WEFT_OK;
}

/* Closes them with what the variables are next; `next` receives what they are at the end. */
static weft_status close_scans(weft_scan *scan, int32_t next[2])
{
    weft_scheduler *s = scan->s;
    while (scan->depth) {
        const int32_t loop = scan->loops[--scan->depth];
        for (unsigned i = 0; i < scan->n; i++) {
            const weft_dtype type = (weft_dtype)weft_item_at(s, next[i])->node.type;
            weft_item_list(s, weft_item_at(s, loop))[scan->n + i] = next[i];
            WEFT_TRY(new_node(s, WEFT_NODE_PART, type, loop, &next[i]));
            weft_item_at(s, next[i])->node.k = (uint8_t)i;
        }
    }
    return WEFT_OK;
}

static uint64_t float_bits(weft_dtype type, uint32_t f32, uint64_t f64)
{
    return type == WEFT_F32 ? f32 : f64;
}

/* Bits of the highest or lowest value of a type, infinities of floats. */
static uint64_t extreme_bits(weft_dtype type, bool highest)
{
    if (type == WEFT_F32 || type == WEFT_F64)
        return float_bits(type, highest ? 0x7f800000u : 0xff800000u,
                          highest ? 0x7ff0000000000000u : 0xfff0000000000000u);
    const unsigned bits = 8 * (unsigned)weft_dtype_size(type);
    const uint64_t all = bits == 64 ? UINT64_MAX : (UINT64_C(1) << bits) - 1;
    const bool has_sign = type >= WEFT_I8 && type <= WEFT_I64;
    if (!has_sign)
        return highest ? all : 0;
    return highest ? all >> 1 : (all >> 1) + 1;
}

/* The number of the element within the reduction, row-major. */
static weft_status linear_index(weft_scheduler *s, unsigned reduced, int32_t *number)
{
    *number = -1;
    for (unsigned dim = 0; dim < WEFT_MAX_RANK; dim++) {
        int32_t index, extent;
        if (!(reduced >> dim & 1))
            continue;
        WEFT_TRY(new_node(s, WEFT_NODE_INDEX, WEFT_I64, -1, &index));
        weft_item_at(s, index)->node.k = (uint8_t)dim;
        if (*number >= 0) {
            WEFT_TRY(new_node(s, WEFT_NODE_EXTENT, WEFT_I64, -1, &extent));
            weft_item_at(s, extent)->node.k = (uint8_t)dim;
            WEFT_TRY(new_op(s, WEFT_OP_MAD, WEFT_I64, *number, extent, index, &index));
        }
        *number = index;
    }
    return WEFT_OK;
}

/* The first extreme so far and its number: a better one replaces it, as do the first element and
 * the first NaN. */
static weft_status scan_extreme(weft_scheduler *s, unsigned op, weft_dtype type, int32_t value,
                                unsigned reduced, int32_t *result)
{
    const bool is_float = type == WEFT_F32 || type == WEFT_F64;
    const unsigned better = op == WEFT_OP_ARGMIN ? WEFT_OP_LT : WEFT_OP_GT;
    weft_scan scan = {.s = s, .n = 2};
    int32_t none, index, take, first, next[2];
    WEFT_TRY(new_const(s, type, extreme_bits(type, op == WEFT_OP_ARGMIN), &scan.initial[0]));
    WEFT_TRY(new_const(s, WEFT_I64, UINT64_MAX, &scan.initial[1]));
    none = scan.initial[1];
    WEFT_TRY(open_scans(&scan, reduced));
    WEFT_TRY(linear_index(s, reduced, &index));
    WEFT_TRY(new_op(s, better, type, value, scan.carried[0], -1, &take));
    WEFT_TRY(new_op(s, WEFT_OP_EQ, WEFT_I64, scan.carried[1], none, -1, &first));
    WEFT_TRY(new_op(s, WEFT_OP_OR, WEFT_BOOL, take, first, -1, &take));
    if (is_float) {
        int32_t is_nan, was_number;
        WEFT_TRY(new_op(s, WEFT_OP_UNO, type, value, value, -1, &is_nan));
        WEFT_TRY(new_op(s, WEFT_OP_ORD, type, scan.carried[0], scan.carried[0], -1, &was_number));
        WEFT_TRY(new_op(s, WEFT_OP_AND, WEFT_BOOL, is_nan, was_number, -1, &is_nan));
        WEFT_TRY(new_op(s, WEFT_OP_OR, WEFT_BOOL, take, is_nan, -1, &take));
    }
    WEFT_TRY(new_op(s, WEFT_OP_SEL, type, take, value, scan.carried[0], &next[0]));
    WEFT_TRY(new_op(s, WEFT_OP_SEL, WEFT_I64, take, index, scan.carried[1], &next[1]));
    WEFT_TRY(close_scans(&scan, next));
    *result = next[1];
    return WEFT_OK;
}

typedef struct weft_fold_rule { /* how a reduction goes on by one element */
    unsigned op;
    weft_dtype type; /* of the accumulator */
    uint64_t initial;
    bool converts; /* the element is converted to that type first */
} weft_fold_rule;

static weft_fold_rule fold_rule(const weft_node *node, weft_dtype type)
{
    const weft_dtype wide = weft_reduce_dtype(node->op, type);
    switch (node->op) {
    case WEFT_OP_PROD:
        return (weft_fold_rule){WEFT_OP_MUL, wide,
                                wide == WEFT_F32   ? 0x3f800000u
                                : wide == WEFT_F64 ? 0x3ff0000000000000u
                                                   : 1,
                                wide != type};
    case WEFT_OP_MINVAL:
        return (weft_fold_rule){WEFT_OP_MIN, type, extreme_bits(type, true), false};
    case WEFT_OP_MAXVAL:
        return (weft_fold_rule){WEFT_OP_MAX, type, extreme_bits(type, false), false};
    case WEFT_OP_ANY:
        return (weft_fold_rule){WEFT_OP_OR, WEFT_BOOL, 0, false};
    case WEFT_OP_ALLOF:
        return (weft_fold_rule){WEFT_OP_AND, WEFT_BOOL, 1, false};
    case WEFT_OP_COUNT:
        return (weft_fold_rule){WEFT_OP_ADD, WEFT_I64, 0, true};
    default: /* sum, dot */
        return (weft_fold_rule){WEFT_OP_ADD, wide, 0, wide != type};
    }
}

static weft_status convert(weft_scheduler *s, weft_dtype to, weft_dtype from, int32_t *value)
{
    WEFT_TRY(new_op(s, WEFT_OP_CVT, to, *value, -1, -1, value));
    weft_item_at(s, *value)->node.type2 = (uint8_t)from;
    return WEFT_OK;
}

/* A reduction whose last dimension stays: accumulators, one for each element of what stays, go
 * along the others. */
weft_status weft_schedule_scan(weft_scheduler *s, const weft_node *node, int32_t a, int32_t b,
                               int32_t *result)
{
    const unsigned reduced = weft_schedule_mask(s, &node->reduced);
    const weft_dtype type = (weft_dtype)weft_item_at(s, a)->node.type;
    if (node->op == WEFT_OP_ARGMIN || node->op == WEFT_OP_ARGMAX)
        return scan_extreme(s, node->op, type, a, reduced, result);
    const weft_fold_rule rule = fold_rule(node, type);
    weft_scan scan = {.s = s, .n = 1};
    int32_t next[2];
    WEFT_TRY(new_const(s, rule.type, rule.initial, &scan.initial[0]));
    WEFT_TRY(open_scans(&scan, reduced));
    if (rule.converts) {
        WEFT_TRY(convert(s, rule.type, type, &a));
        if (b >= 0)
            WEFT_TRY(convert(s, rule.type, type, &b));
    }
    if (b >= 0)
        WEFT_TRY(new_op(s, WEFT_OP_MUL, rule.type, a, b, -1, &a));
    WEFT_TRY(new_op(s, rule.op, rule.type, scan.carried[0], a, -1, &next[0]));
    WEFT_TRY(close_scans(&scan, next));
    *result = next[0];
    return WEFT_OK;
}
