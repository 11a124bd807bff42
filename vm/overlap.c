/* vm/overlap.c: which memory an argument touches, and whether two of them share any (vm/bind.h). */
#include <stdlib.h>

#include "vm/bind.h"

#define BIND_FAIL(...) return weft_fail(error, WEFT_ERR_BIND, __VA_ARGS__)

typedef weft_region region;

static void add_dimension(region *r, uint64_t step, uint64_t count)
{
    unsigned at = r->rank++;
    for (; at > 0 && r->step[at - 1] > step; at--) {
        r->step[at] = r->step[at - 1];
        r->count[at] = r->count[at - 1];
    }
    r->step[at] = step;
    r->count[at] = count;
}

bool weft_arg_reach(const weft_arg *arg, weft_int128 *low, weft_int128 *high)
{
    *low = 0;
    *high = (weft_int128)weft_dtype_size(arg->type);
    for (int d = 0; d < arg->rank; d++) {
        if (arg->shape[d] == 0)
            return false;
        weft_int128 reach = (weft_int128)arg->strides[d] * (arg->shape[d] - 1);
        *(reach < 0 ? low : high) += reach;
    }
    return true;
}

/* False: it does not fit the address space. */
static bool region_of(const weft_arg *arg, region *r)
{
    weft_int128 low, high;
    r->rank = 0;
    r->span = 0;
    r->low = (uintptr_t)arg->data;
    r->element = weft_dtype_size(arg->type);
    if (!weft_arg_reach(arg, &low, &high))
        return true;
    for (int d = 0; d < arg->rank; d++) {
        int64_t stride = arg->strides[d];
        if (arg->shape[d] > 1)
            add_dimension(r, stride < 0 ? 0 - (uint64_t)stride : (uint64_t)stride,
                          (uint64_t)arg->shape[d]);
    }
    low += (uintptr_t)arg->data;
    high += (uintptr_t)arg->data;
    if (low < 0 || high > (weft_int128)UINTPTR_MAX || high - low > (weft_int128)INT64_MAX)
        return false;
    r->low = (uintptr_t)low;
    r->span = (uint64_t)(high - low);
    return true;
}

/* Whether no two elements share a byte: each step is larger than all that lies within it. */
static bool elements_are_apart(const region *r)
{
    uint64_t within = r->element;
    for (unsigned i = 0; i < r->rank; i++) {
        if (r->step[i] < within)
            return false;
        within += r->step[i] * (r->count[i] - 1);
    }
    return true;
}

/* Bytes that a region covers of each period: its dimensions whose step is no multiple of it. 0:
 * does not fit into one. */
static uint64_t reach_within(const region *r, uint64_t period)
{
    uint64_t reach = r->element;
    for (unsigned i = 0; i < r->rank; i++)
        if (r->step[i] % period)
            reach += r->step[i] * (r->count[i] - 1);
    return reach <= period ? reach : 0;
}

/* Whether the regions interleave without touching: both repeat with the period, and their parts of
 * it are apart (columns of one matrix, real and imaginary parts). */
static bool apart_in_period(const region *a, const region *b, uint64_t period)
{
    uint64_t reach_a = reach_within(a, period), reach_b = reach_within(b, period);
    if (!reach_a || !reach_b)
        return false;
    uint64_t from_a_to_b = (b->low % period + period - a->low % period) % period;
    return from_a_to_b >= reach_a && from_a_to_b + reach_b <= period;
}

static bool are_apart(const region *a, const region *b)
{
    if (!a->span || !b->span || a->low + a->span <= b->low || b->low + b->span <= a->low)
        return true;
    for (unsigned i = 0; i < a->rank; i++)
        if (a->step[i] && apart_in_period(a, b, a->step[i]))
            return true;
    for (unsigned i = 0; i < b->rank; i++)
        if (b->step[i] && apart_in_period(a, b, b->step[i]))
            return true;
    return false;
}

/* The same elements at the same indices. */
static bool are_same(const weft_arg *a, const weft_arg *b)
{
    if (a->data != b->data || a->type != b->type || a->rank != b->rank)
        return false;
    for (int d = 0; d < a->rank; d++)
        if (a->shape[d] != b->shape[d] || (a->shape[d] > 1 && a->strides[d] != b->strides[d]))
            return false;
    return true;
}

weft_status weft_check_extent(const weft_param *param, const weft_arg *arg, region *r,
                              weft_error *error)
{
    if (!region_of(arg, r))
        BIND_FAIL("'%s' does not fit into the address space", param->name);
    if (!arg->data && r->span)
        BIND_FAIL("'%s' has no data", param->name);
    if (r->span && weft_kind_is_written(param->kind) && !elements_are_apart(r))
        BIND_FAIL("'%s' is written, but elements of it share memory (strides too small)",
                  param->name);
    return WEFT_OK;
}

/* Two arrays that are not apart, the first of which is written. */
static weft_status check_shared(const weft_code *code, const weft_facts *facts,
                                const weft_arg *const matched[], uint32_t written, uint32_t other,
                                weft_error *error)
{
    const weft_param *out = &code->params[written], *in = &code->params[other];
    if (!are_same(matched[written], matched[other]) || !weft_kind_is_mapped(out->kind) ||
        in->kind != WEFT_PARAM_IN || in->window || in->dims != out->dims)
        BIND_FAIL("'%s', which is written, overlaps '%s'", out->name, in->name);
    if (facts->conflicts[written][other / 32] >> other % 32 & 1)
        BIND_FAIL("'%s' cannot be the same array as '%s', which the program still reads after "
                  "writing '%s'",
                  out->name, in->name, out->name);
    return WEFT_OK;
}

weft_status weft_check_overlaps(const weft_code *code, const weft_facts *facts,
                                const weft_arg *const matched[], const region *regions,
                                weft_bound_array *arrays, weft_error *error)
{
    for (uint32_t i = 0; i < code->n_params; i++) {
        if (!matched[i] || !weft_kind_is_written(code->params[i].kind))
            continue;
        for (uint32_t j = 0; j < code->n_params; j++) {
            if (j == i || !matched[j] || regions[i].low + regions[i].span <= regions[j].low ||
                regions[j].low + regions[j].span <= regions[i].low)
                continue; /* the usual case */
            if (are_apart(&regions[i], &regions[j]))
                continue;
            WEFT_TRY(check_shared(code, facts, matched, i, j, error));
            arrays[i].mixed = arrays[j].mixed = true;
        }
    }
    return WEFT_OK;
}
