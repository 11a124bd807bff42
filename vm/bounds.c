/* vm/bounds.c: the addresses that the verifier left to prove, now that arguments are known
 * (vm/bind.h). Every symbol of an affine form has a range; the form's range follows, and every
 * access must stay inside its array for all of it. Arithmetic is in 128 bits, where it cannot
 * overflow; an address that fits is what the run's wrapping 64 bits compute. */
#include <string.h>

#include "vm/bind.h"

typedef struct range {
    weft_int128 lo, hi;
} range;

typedef struct prover {
    const weft_binding *binding;
    const weft_bound *bounds;
    int64_t
        *trips; /* per bound: of a for; 1 of other loops that run; 0: what is inside never runs */
} prover;

static int64_t uniform_value(const weft_binding *binding, uint32_t param, uint32_t element)
{
    const weft_bound_array *array = &binding->arrays[param];
    uint32_t segment = binding->code->params[param].segment;
    int64_t value;
    memcpy(&value,
           array->data + (int64_t)(element / segment) * array->row +
               (int64_t)(element % segment) * array->component,
           sizeof value);
    return value;
}

static range symbol_range(const prover *p, uint32_t symbol)
{
    const weft_binding *binding = p->binding;
    uint32_t which = symbol & 0x0fffffff, param = which >> 16, part = which & 0xffff;
    int64_t value;
    switch (symbol >> 28) {
    case WEFT_SYMBOL_COUNTER:
        return (range){0, (weft_int128)p->trips[which] - 1};
    case WEFT_SYMBOL_INDEX:
        return (range){0, (weft_int128)binding->extents[which] - 1};
    case WEFT_SYMBOL_EXTENT:
        value = binding->extents[which];
        break;
    case WEFT_SYMBOL_LENGTH:
        value = binding->arrays[param].extent[part];
        break;
    default:
        value = uniform_value(binding, param, part);
    }
    return (range){value, value};
}

static range form_range(const prover *p, const weft_affine *form)
{
    range sum = {form->constant, form->constant};
    for (unsigned i = 0; i < form->n_terms; i++) {
        range symbol = symbol_range(p, form->terms[i].symbol);
        weft_int128 factor = form->terms[i].factor;
        sum.lo += factor * (factor < 0 ? symbol.hi : symbol.lo);
        sum.hi += factor * (factor < 0 ? symbol.lo : symbol.hi);
    }
    return sum;
}

static weft_status prove_trips(prover *p, uint32_t i, weft_error *error)
{
    range trips = form_range(p, &p->bounds[i].form);
    if (trips.lo < (weft_int128)INT64_MIN || trips.hi > (weft_int128)INT64_MAX)
        return weft_fail_pc(error, WEFT_ERR_RANGE, p->bounds[i].pc,
                            "the count of this loop overflows");
    p->trips[i] = trips.hi > 0 ? (int64_t)trips.hi : 0;
    return WEFT_OK;
}

static weft_status prove_address(const prover *p, uint32_t i, weft_error *error)
{
    const weft_bound *bound = &p->bounds[i];
    range address = form_range(p, &bound->form);
    weft_int128 hi = bound->hi;
    if (bound->table >= 0)
        hi = (weft_int128)p->binding->arrays[bound->table].length - 1;
    if (address.lo >= bound->lo && address.hi <= hi)
        return WEFT_OK;
    weft_int128 worst = address.lo < bound->lo ? address.lo : address.hi;
    const weft_insn *insn = &p->binding->code->insns[bound->pc];
    bool shown = worst >= INT64_MIN && worst <= INT64_MAX;
    return weft_fail_pc(
        error, WEFT_ERR_RANGE, bound->pc,
        "address %s%lld of '%s' is out of range: %lld to %lld are possible", shown ? "" : "beyond ",
        shown       ? (long long)worst
        : worst < 0 ? (long long)INT64_MIN
                    : (long long)INT64_MAX,
        p->binding->code->params[insn->param].name, (long long)bound->lo, (long long)hi);
}

static int64_t runs_over(const weft_binding *binding, unsigned dims)
{
    for (unsigned d = 0; d < WEFT_MAX_RANK; d++)
        if ((dims >> d & 1) && binding->extents[d] == 0)
            return 0;
    return 1;
}

static weft_status prove_all(prover *p, uint32_t n, weft_error *error)
{
    weft_status status = WEFT_OK;
    for (uint32_t i = 0; i < n && !status; i++) {
        const weft_bound *bound = &p->bounds[i];
        p->trips[i] = 0;
        if (bound->parent >= 0 && p->trips[bound->parent] == 0)
            continue; /* never reached */
        if (bound->kind == WEFT_BOUND_TRIPS)
            status = prove_trips(p, i, error);
        else if (bound->kind == WEFT_BOUND_DIMS)
            p->trips[i] = runs_over(p->binding, bound->dims);
        else
            status = prove_address(p, i, error);
    }
    return status;
}

weft_status weft_check_bounds(const weft_binding *binding, int64_t *trips, weft_error *error)
{
    const weft_facts *facts = binding->facts;
    prover p = {binding, facts->bounds.data, trips};
    return prove_all(&p, (uint32_t)facts->bounds.count, error);
}
