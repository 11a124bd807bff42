/* compiler/call_reduce.c: functions over axes (docs/language.md, Reductions): reductions as the
 * instructions have them, and what is composed of these (compiler/call.h).
 *
 * Inside, every result has an axis of extent 1 in place of each that was reduced, so that it
 * broadcasts against the operands; at the end these are left out, unless keepdims asks for them. */
#include <math.h>
#include <string.h>

#include "compiler/call.h"

typedef struct reduction {
    weft_graph *graph;
    const char *name;
    weft_axes reduced; /* that are no WEFT_AXIS_ONE */
    weft_axes kept;    /* of results, inside */
    weft_axes final;   /* of the result */
    int64_t ddof;
    unsigned type; /* that operands are computed in */
} reduction;

/* --- axes ------------------------------------------------------------------------------------- */

static bool mark_places(weft_graph *graph, const char *name, unsigned rank, const int *places,
                        unsigned n, bool chosen[WEFT_MAX_RANK])
{
    for (unsigned i = 0; i < WEFT_MAX_RANK; i++)
        chosen[i] = n == 0;
    for (unsigned i = 0; i < n; i++) {
        const int place = places[i] < 0 ? places[i] + (int)rank : places[i];
        if (place < 0 || place >= (int)rank) {
            weft_graph_fail(graph, WEFT_ERR_SYNTAX, "%s: axis %d of a value that has %u ax%s", name,
                            places[i], rank, rank == 1 ? "is" : "es");
            return false;
        }
        if (chosen[place]) {
            weft_graph_fail(graph, WEFT_ERR_SYNTAX, "%s: axis %d is given twice", name, places[i]);
            return false;
        }
        chosen[place] = true;
    }
    return true;
}

static void append(weft_axes *axes, unsigned axis)
{
    axes->axis[axes->rank++] = (uint8_t)axis;
}

/* Whether results meet operands again, inside. */
static bool meets_operands(unsigned code)
{
    return code == WEFT_REDUCTION_VAR || code == WEFT_REDUCTION_STD ||
           code == WEFT_REDUCTION_SOFTMAX || code == WEFT_REDUCTION_LOG_SOFTMAX ||
           code == WEFT_REDUCTION_LAYER_NORM || code == WEFT_REDUCTION_CROSS_ENTROPY;
}

static bool choose_axes(reduction *r, unsigned code, const weft_axes *axes, const int *places,
                        unsigned n, bool keep)
{
    bool chosen[WEFT_MAX_RANK];
    if (!mark_places(r->graph, r->name, axes->rank, places, n, chosen))
        return false;
    for (unsigned i = 0; i < axes->rank; i++) {
        if (!chosen[i]) {
            append(&r->kept, axes->axis[i]);
            append(&r->final, axes->axis[i]);
            continue;
        }
        if (axes->axis[i] != WEFT_AXIS_ONE)
            append(&r->reduced, axes->axis[i]);
        /* In front of others an axis of extent 1 changes nothing. */
        if (!r->graph->named_axes && r->kept.rank)
            append(&r->kept, WEFT_AXIS_ONE);
        if (keep && !r->graph->named_axes)
            append(&r->final, WEFT_AXIS_ONE);
    }
    if (!meets_operands(code))
        r->kept = r->final;
    return true;
}

/* --- parts ------------------------------------------------------------------------------------ */

static int32_t op2(const reduction *r, unsigned op, int32_t a, int32_t b)
{
    return weft_op2(r->graph, op, a, b);
}

static int32_t number(const reduction *r, int32_t like, double value)
{
    return like < 0 ? -1 : weft_node_number(r->graph, weft_type_of(r->graph, like), value);
}

/* What a reduction of one element is. */
static int32_t of_one(const reduction *r, unsigned op, int32_t a, int32_t b)
{
    const unsigned type = weft_type_of(r->graph, a);
    switch (op) {
    case WEFT_OP_DOT:
        a = op2(r, WEFT_OP_MUL, a, b);
        break;
    case WEFT_OP_ARGMIN:
    case WEFT_OP_ARGMAX:
        a = weft_node_integer(r->graph, WEFT_I64, 0);
        break;
    default:
        break;
    }
    return weft_node_cvt(r->graph, weft_reduce_dtype(op, (weft_dtype)type), a);
}

/* The reduction of a value over the axes, with the axes `kept`. */
static int32_t reduce2(const reduction *r, unsigned op, int32_t a, int32_t b)
{
    if (a < 0 || (op == WEFT_OP_DOT && b < 0))
        return -1;
    const int32_t result =
        r->reduced.rank ? weft_node_reduce(r->graph, op, a, b, &r->reduced) : of_one(r, op, a, b);
    return weft_node_spread(r->graph, result, &r->kept);
}

static int32_t reduce(const reduction *r, unsigned op, int32_t a)
{
    return reduce2(r, op, a, -1);
}

/* How many elements, less some, but not below 0; of the float type r->type. */
static int32_t count(const reduction *r, int64_t less)
{
    weft_graph *graph = r->graph;
    int32_t n = weft_node_integer(graph, WEFT_I64, 1);
    for (unsigned i = 0; i < r->reduced.rank; i++)
        n = op2(r, WEFT_OP_MUL, n, weft_node_extent(graph, r->reduced.axis[i]));
    if (less)
        n = op2(r, WEFT_OP_MAX, op2(r, WEFT_OP_SUB, n, weft_node_integer(graph, WEFT_I64, less)),
                weft_node_integer(graph, WEFT_I64, 0));
    return weft_node_cvt(graph, (weft_dtype)r->type, n);
}

static int32_t mean_of(const reduction *r, int32_t x)
{
    return op2(r, WEFT_OP_DIV, reduce(r, WEFT_OP_SUM, x), count(r, 0));
}

/* The mean of the squares of x, which is d itself: of n - ddof. */
static int32_t mean_square(const reduction *r, int32_t d, int64_t ddof)
{
    const int32_t square = op2(r, WEFT_OP_MUL, d, d);
    return op2(r, WEFT_OP_DIV, reduce(r, WEFT_OP_SUM, square), count(r, ddof));
}

static int32_t variance(const reduction *r, int32_t x, int64_t ddof)
{
    return mean_square(r, op2(r, WEFT_OP_SUB, x, mean_of(r, x)), ddof);
}

/* --- softmax and its kin ---------------------------------------------------------------------- */

/* x less its maximum, so that no exponential overflows. */
static int32_t lowered(const reduction *r, int32_t x)
{
    return op2(r, WEFT_OP_SUB, x, reduce(r, WEFT_OP_MAXVAL, x));
}

static int32_t softmax(const reduction *r, int32_t x)
{
    const int32_t e = weft_op1(r->graph, WEFT_OP_EXP, lowered(r, x));
    return op2(r, WEFT_OP_MUL, e, weft_op1(r->graph, WEFT_OP_RECIP, reduce(r, WEFT_OP_SUM, e)));
}

static int32_t log_softmax(const reduction *r, int32_t x)
{
    const int32_t low = lowered(r, x);
    const int32_t sum = reduce(r, WEFT_OP_SUM, weft_op1(r->graph, WEFT_OP_EXP, low));
    return op2(r, WEFT_OP_SUB, low, weft_op1(r->graph, WEFT_OP_LOG, sum));
}

static int32_t layer_norm(const reduction *r, int32_t x, int32_t epsilon)
{
    const int32_t d = op2(r, WEFT_OP_SUB, x, mean_of(r, x));
    const int32_t shifted = op2(r, WEFT_OP_ADD, mean_square(r, d, 0), epsilon);
    return op2(r, WEFT_OP_MUL, d, weft_op1(r->graph, WEFT_OP_RSQRT, shifted));
}

/* -sum(label * log_softmax(logits)), where a label of 0 counts for nothing, whatever the logit;
 * then the mean over all other axes. */
static int32_t cross_entropy(const reduction *r, int32_t logits, int32_t label)
{
    weft_graph *graph = r->graph;
    const int32_t product = op2(r, WEFT_OP_MUL, label, log_softmax(r, logits));
    const int32_t zero = number(r, label, 0);
    const int32_t each = weft_select(graph, op2(r, WEFT_OP_EQ, label, zero), zero, product);
    const int32_t sum = reduce(r, WEFT_OP_SUM, each);
    if (sum < 0)
        return -1;
    const weft_axes axes = weft_axes_canonical(graph, &weft_node_at(graph, sum)->axes);
    reduction rest = {.graph = graph, .name = r->name, .type = r->type};
    if (!choose_axes(&rest, WEFT_REDUCTION_MEAN, &axes, NULL, 0, false))
        return -1;
    return weft_op1(graph, WEFT_OP_NEG, rest.reduced.rank ? mean_of(&rest, sum) : sum);
}

/* The mean of -(t log p + (1 - t) log(1 - p)), logarithms no lower than -100. */
static int32_t binary_cross_entropy(const reduction *r, int32_t p, int32_t t)
{
    weft_graph *graph = r->graph;
    const int32_t low = number(r, p, -100), one = number(r, p, 1);
    const int32_t yes = op2(r, WEFT_OP_MAX, weft_op1(graph, WEFT_OP_LOG, p), low);
    const int32_t minus = weft_op1(graph, WEFT_OP_NEG, p);
    const int32_t no = op2(r, WEFT_OP_MAX, weft_op1(graph, WEFT_OP_LOG1P, minus), low);
    const int32_t sum = op2(r, WEFT_OP_ADD, op2(r, WEFT_OP_MUL, t, yes),
                            op2(r, WEFT_OP_MUL, op2(r, WEFT_OP_SUB, one, t), no));
    return weft_op1(graph, WEFT_OP_NEG, mean_of(r, sum));
}

/* --- one reduction ---------------------------------------------------------------------------- */

/* Types that operands of a reduction are brought to. */
static unsigned type_for(weft_graph *graph, unsigned code, const char *name, unsigned common)
{
    const bool is_int = weft_type_is_int(common), is_bool = common == WEFT_BOOL;
    switch (code) {
    case WEFT_REDUCTION_SUM:
    case WEFT_REDUCTION_PROD:
    case WEFT_REDUCTION_MIN:
    case WEFT_REDUCTION_MAX:
    case WEFT_REDUCTION_DOT:
        return common;
    case WEFT_REDUCTION_ARGMIN:
    case WEFT_REDUCTION_ARGMAX:
        return is_bool ? WEFT_U8 : common;
    case WEFT_REDUCTION_PTP:
        if (is_bool)
            weft_graph_fail(graph, WEFT_ERR_SYNTAX, "%s needs numbers, not bool", name);
        return common;
    case WEFT_REDUCTION_ANY:
    case WEFT_REDUCTION_ALL:
    case WEFT_REDUCTION_COUNT:
        return WEFT_BOOL;
    default:
        return is_int || is_bool ? WEFT_F64 : common;
    }
}

/* Of bools: logic, and counting. */
static int32_t reduce_bools(const reduction *r, unsigned code, const int32_t *x)
{
    switch (code) {
    case WEFT_REDUCTION_MIN:
    case WEFT_REDUCTION_ALL:
        return reduce(r, WEFT_OP_ALLOF, x[0]);
    case WEFT_REDUCTION_MAX:
    case WEFT_REDUCTION_ANY:
        return reduce(r, WEFT_OP_ANY, x[0]);
    case WEFT_REDUCTION_PROD:
        return weft_node_cvt(r->graph, WEFT_I64, reduce(r, WEFT_OP_ALLOF, x[0]));
    case WEFT_REDUCTION_DOT:
        return reduce(r, WEFT_OP_COUNT, op2(r, WEFT_OP_AND, x[0], x[1]));
    default:
        return reduce(r, WEFT_OP_COUNT, x[0]);
    }
}

static int32_t build(const reduction *r, unsigned code, const int32_t *x)
{
    switch (code) {
    case WEFT_REDUCTION_SUM:
        return reduce(r, WEFT_OP_SUM, x[0]);
    case WEFT_REDUCTION_PROD:
        return reduce(r, WEFT_OP_PROD, x[0]);
    case WEFT_REDUCTION_MEAN:
        return mean_of(r, x[0]);
    case WEFT_REDUCTION_VAR:
        return variance(r, x[0], r->ddof);
    case WEFT_REDUCTION_STD:
        return weft_op1(r->graph, WEFT_OP_SQRT, variance(r, x[0], r->ddof));
    case WEFT_REDUCTION_MIN:
        return reduce(r, WEFT_OP_MINVAL, x[0]);
    case WEFT_REDUCTION_MAX:
        return reduce(r, WEFT_OP_MAXVAL, x[0]);
    case WEFT_REDUCTION_PTP:
        return op2(r, WEFT_OP_SUB, reduce(r, WEFT_OP_MAXVAL, x[0]),
                   reduce(r, WEFT_OP_MINVAL, x[0]));
    case WEFT_REDUCTION_ARGMIN:
        return reduce(r, WEFT_OP_ARGMIN, x[0]);
    case WEFT_REDUCTION_ARGMAX:
        return reduce(r, WEFT_OP_ARGMAX, x[0]);
    case WEFT_REDUCTION_NORM:
        return weft_op1(r->graph, WEFT_OP_SQRT,
                        reduce(r, WEFT_OP_SUM, op2(r, WEFT_OP_MUL, x[0], x[0])));
    case WEFT_REDUCTION_DOT:
        return reduce(r, WEFT_OP_SUM, op2(r, WEFT_OP_MUL, x[0], x[1]));
    case WEFT_REDUCTION_SOFTMAX:
        return softmax(r, x[0]);
    case WEFT_REDUCTION_LOG_SOFTMAX:
        return log_softmax(r, x[0]);
    case WEFT_REDUCTION_LAYER_NORM:
        return layer_norm(r, x[0], x[1]);
    case WEFT_REDUCTION_MSE:
        return mean_square(r, op2(r, WEFT_OP_SUB, x[0], x[1]), 0);
    case WEFT_REDUCTION_CROSS_ENTROPY:
        return cross_entropy(r, x[0], x[1]);
    default:
        return binary_cross_entropy(r, x[0], x[1]);
    }
}

/* Those whose result has the axes of their operand. */
static bool keeps_shape(unsigned code)
{
    return code == WEFT_REDUCTION_SOFTMAX || code == WEFT_REDUCTION_LOG_SOFTMAX ||
           code == WEFT_REDUCTION_LAYER_NORM;
}

static bool is_fit(weft_graph *graph, const weft_callee *row, bool keep, int64_t ddof)
{
    if (ddof && row->code != WEFT_REDUCTION_VAR && row->code != WEFT_REDUCTION_STD)
        weft_graph_fail(graph, WEFT_ERR_SYNTAX, "%s takes no ddof", row->name);
    else if (keep && (keeps_shape(row->code) || row->code == WEFT_REDUCTION_CROSS_ENTROPY))
        weft_graph_fail(graph, WEFT_ERR_SYNTAX, "%s takes no keepdims", row->name);
    return !graph->failed;
}

/* Brings the operands to r->type, or f16 and bf16 to f32. */
static bool bring_to_type(reduction *r, unsigned code, int32_t *x, unsigned n)
{
    weft_graph *graph = r->graph;
    const unsigned common = weft_common_type(graph, x, n);
    const unsigned type = type_for(graph, code, r->name, common);
    r->type = weft_type_is_half(type) ? WEFT_F32 : type;
    for (unsigned i = 0; i < n; i++)
        x[i] = type == WEFT_BOOL
                   ? weft_truth(graph, x[i])
                   : weft_node_cvt(graph, (weft_dtype)r->type, weft_as(graph, x[i], type));
    return !graph->failed;
}

/* Rounds what was computed of f16 or bf16, and gives it its axes. */
static int32_t finish(const reduction *r, unsigned code, unsigned type, int32_t result,
                      const weft_axes *axes)
{
    weft_graph *graph = r->graph;
    if (result < 0)
        return -1;
    if (weft_type_is_half(type) && weft_type_of(graph, result) == WEFT_F32)
        result = weft_node_cvt(graph, (weft_dtype)type, result);
    const weft_axes none = {.rank = 0};
    return weft_node_spread(graph, result,
                            keeps_shape(code)                      ? axes
                            : code == WEFT_REDUCTION_CROSS_ENTROPY ? &none
                                                                   : &r->final);
}

static int32_t reduce_values(weft_graph *graph, const weft_callee *row, const int32_t *args,
                             unsigned n, const int *places, unsigned n_places, bool keep,
                             int64_t ddof)
{
    reduction r = {.graph = graph, .name = row->name, .ddof = ddof};
    int32_t x[2] = {-1, -1};
    weft_axes axes = {.rank = 0};
    /* A literal takes the type of the other operand. */
    const bool settle = weft_type_is_weak(weft_common_type(graph, args, n));
    for (unsigned i = 0; i < n; i++) {
        x[i] = settle ? weft_call_settle(graph, args[i]) : args[i];
        if (!weft_node_usable(graph, x[i]) ||
            !weft_graph_broadcast(graph, &axes, &weft_node_at(graph, x[i])->axes, &axes))
            return -1;
    }
    if (row->code == WEFT_REDUCTION_LAYER_NORM && n == 2 && !weft_is_scalar(graph, x[1]))
        return weft_graph_fail(graph, WEFT_ERR_SYNTAX,
                               "the eps of %s is one number, not one for each element", row->name);
    if (row->code == WEFT_REDUCTION_LAYER_NORM && n == 1)
        x[n++] = weft_node_number(graph, WEFT_WEAK_FLOAT, 1e-5);
    if (graph->failed || !choose_axes(&r, row->code, &axes, places, n_places, keep))
        return -1;
    const unsigned type = weft_common_type(graph, x, n);
    if (!bring_to_type(&r, row->code, x, n))
        return -1;
    /* Its logits are reduced by themselves, before they meet the labels. */
    if (row->code == WEFT_REDUCTION_CROSS_ENTROPY)
        x[0] = weft_node_spread(graph, x[0], &axes);
    const int32_t result =
        r.type == WEFT_BOOL ? reduce_bools(&r, row->code, x) : build(&r, row->code, x);
    return finish(&r, row->code, type, result, &axes);
}

/* The axes of all components together: a component that is one number is repeated along them. */
static bool axes_of_vectors(weft_graph *graph, const int32_t *args, unsigned n, unsigned width,
                            weft_axes *axes)
{
    *axes = (weft_axes){.rank = 0};
    for (unsigned i = 0; i < n; i++)
        for (unsigned k = 0; k < width; k++) {
            const int32_t component = weft_call_component(graph, args[i], k);
            if (!weft_graph_broadcast(graph, axes, &weft_node_at(graph, component)->axes, axes))
                return false;
        }
    return true;
}

int32_t weft_call_reduction(weft_graph *graph, const char *name, size_t length, const int32_t *args,
                            unsigned n, const int *places, unsigned n_places, bool keep,
                            int64_t ddof)
{
    int32_t parts[WEFT_MAX_SEGMENT], operands[2];
    const weft_callee *row = graph->failed ? NULL : weft_callee_find(name, length);
    for (unsigned i = 0; i < n; i++)
        if (args[i] < 0)
            return -1;
    if (!row || row->callable != WEFT_REDUCTION)
        return weft_graph_fail(graph, WEFT_ERR_SYNTAX, "'%.*s' takes no axis",
                               length < 64 ? (int)length : 64, name);
    if (!weft_call_counts(graph, row, n) || !is_fit(graph, row, keep, ddof))
        return -1;
    const int width = weft_call_width(graph, row->name, args, n);
    if (width <= 0)
        return width < 0 ? -1 : reduce_values(graph, row, args, n, places, n_places, keep, ddof);
    weft_axes axes;
    if (!axes_of_vectors(graph, args, n, (unsigned)width, &axes))
        return -1;
    for (unsigned k = 0; k < (unsigned)width; k++) {
        for (unsigned i = 0; i < n; i++)
            operands[i] = weft_call_component(graph, args[i], k);
        operands[0] = weft_node_spread(graph, weft_call_settle(graph, operands[0]), &axes);
        parts[k] = reduce_values(graph, row, operands, n, places, n_places, keep, ddof);
        if (parts[k] < 0)
            return -1;
    }
    return weft_node_vector(graph, parts, (unsigned)width);
}
