/* backends/plan_call.c: plans that one call of one kernel does (weft_call_plan, backends/plan.h):
 * how to find them, and how to call it. */
#include "backends/plan.h"

#include <string.h>

/* --- finding them ----------------------------------------------------------------------------- */

/* Which operand each place holds: a parameter, or WEFT_CALL_PARAMS + the number of a constant. */
typedef struct finder {
    const weft_plan *plan;
    weft_call_plan *call;
    uint16_t place[WEFT_CALL_PARAMS + WEFT_CALL_CONSTANTS];
    uint8_t operand[WEFT_CALL_PARAMS + WEFT_CALL_CONSTANTS];
    unsigned known;
    uint32_t params; /* those that are operands, a bit each */
    bool failed;
} finder;

static const weft_insn *insn_of(const finder *f, const weft_step *step)
{
    return &f->plan->code->insns[step->pc];
}

static void know(finder *f, uint16_t place, unsigned operand)
{
    if (f->known == WEFT_CALL_PARAMS + WEFT_CALL_CONSTANTS) {
        f->failed = true;
        return;
    }
    f->place[f->known] = place;
    f->operand[f->known++] = (uint8_t)operand;
    f->params |= operand < WEFT_CALL_PARAMS ? UINT32_C(1) << operand : 0;
}

/* The operand that was put in a place last. */
static uint8_t operand_in(finder *f, uint16_t place)
{
    for (unsigned i = f->known; i-- > 0;)
        if (f->place[i] == place)
            return f->operand[i];
    f->failed = true;
    return WEFT_CALL_NONE;
}

/* Constants and single values in front of the loop. */
static bool take_scalar(finder *f, const weft_step *step)
{
    const weft_insn *insn = insn_of(f, step);
    const uint16_t place = (uint16_t)(WEFT_PLACE_SCALARS + insn->d);
    if (step->kind == WEFT_STEP_IMM && f->call->n_constants < WEFT_CALL_CONSTANTS) {
        f->call->constant[f->call->n_constants] = insn->imm;
        know(f, place, WEFT_CALL_PARAMS + f->call->n_constants++);
        return true;
    }
    const weft_param *param = &f->plan->code->params[insn->param];
    if (step->kind != WEFT_STEP_LOAD_SCALARS || step->width != 1 || insn->type == WEFT_BOOL ||
        insn->off != 0 || (insn->scalar & WEFT_ADDRESS_REG) || param->kind != WEFT_PARAM_UNIFORM ||
        param->segment != 1 || param->count != 1)
        return false;
    know(f, place, insn->param);
    return true;
}

/* An access to the present element of an array of the whole index space, one value each. */
static bool is_simple_access(const finder *f, const weft_step *step)
{
    const weft_insn *insn = insn_of(f, step);
    const weft_param *param = &f->plan->code->params[insn->param];
    return weft_kind_is_mapped(param->kind) && param->kind != WEFT_PARAM_SCRATCH &&
           param->segment == 1 && param->window == 0 && param->dims == 1 && insn->off == 0 &&
           insn->type != WEFT_BOOL && !(insn->scalar & WEFT_ADDRESS_REG);
}

/* The loop's steps: loads, one operation or none, and a store of its result, or of what was loaded.
 */
static bool take_body(finder *f, const weft_step *step)
{
    const weft_step *operation = NULL;
    for (;; step++) {
        switch (step->kind) {
        case WEFT_STEP_TARGET: /* its store comes */
            break;
        case WEFT_STEP_LOAD:
            if (operation || !is_simple_access(f, step))
                return false;
            know(f, step->d, insn_of(f, step)->param);
            break;
        case WEFT_STEP_KERNEL:
        case WEFT_STEP_CONVERT:
        case WEFT_STEP_PRODUCTS:
        case WEFT_STEP_QUADRATIC:
            if (operation)
                return false;
            operation = step;
            break;
        case WEFT_STEP_STORE:
            if (!is_simple_access(f, step) || (operation && operation->d != step->d))
                return false;
            f->call->step = operation ? operation : step;
            f->call->result = insn_of(f, step)->param;
            return step[1].kind == WEFT_STEP_END && step[2].kind == WEFT_STEP_EXIT;
        default:
            return false;
        }
    }
}

/* Of a kernel, which does not look at those that it lacks: s0 stands for these. */
static uint8_t kernel_operand(finder *f, uint16_t place)
{
    bool known = place != WEFT_PLACE_SCALARS;
    for (unsigned i = 0; i < f->known && !known; i++)
        known = f->place[i] == place;
    return known ? operand_in(f, place) : WEFT_CALL_NONE;
}

static void take_operands(finder *f)
{
    weft_call_plan *call = f->call;
    const weft_step *step = call->step;
    const uint16_t *lists = f->plan->lists.data; /* NULL: no step has one */
    switch (step->kind) {
    case WEFT_STEP_STORE:
        call->operand[0] = operand_in(f, step->d);
        break;
    case WEFT_STEP_PRODUCTS:
    case WEFT_STEP_QUADRATIC:
        for (unsigned i = 0; i < 2u * step->width; i++)
            call->factor[i] = operand_in(f, lists[step->list + i]);
        if (step->flags & WEFT_HAS_B)
            call->operand[1] = operand_in(f, step->b);
        if (step->flags & WEFT_HAS_C)
            call->operand[2] = operand_in(f, step->c);
        break;
    default:
        call->operand[0] = kernel_operand(f, step->a);
        call->operand[1] = kernel_operand(f, step->b);
        call->operand[2] = kernel_operand(f, step->c);
    }
}

static bool find(finder *f)
{
    const weft_plan *plan = f->plan;
    const weft_code *code = plan->code;
    const weft_step *step = plan->steps.data;
    const weft_block_plan *block = plan->blocks.data;
    if (code->rank != 1 || code->fixed || code->n_params > WEFT_CALL_PARAMS ||
        plan->blocks.count != 1 || !block->plain)
        return false;
    for (; step->kind != WEFT_STEP_LOOP; step++)
        if (!take_scalar(f, step))
            return false;
    if (!take_body(f, step + 1))
        return false;
    take_operands(f);
    /* A run looks at operands only, so there must be no other parameter, which might be wrong. */
    f->params |= UINT32_C(1) << f->call->result;
    return !f->failed && f->params == (UINT32_C(1) << code->n_params) - 1;
}

void weft_call_find(weft_plan *plan)
{
    weft_call_plan *call = &plan->call;
    finder f = {.plan = plan, .call = call};
    memset(call->operand, WEFT_CALL_NONE, sizeof call->operand);
    const bool found = find(&f);
    if (found && call->step->kind == WEFT_STEP_STORE)
        call->kernel =
            weft_kernel_find(plan->kernels, WEFT_OP_MOV, plan->code->insns[call->step->pc].type, 0);
    else if (found &&
             (call->step->kind == WEFT_STEP_KERNEL || call->step->kind == WEFT_STEP_CONVERT))
        call->kernel = call->step->call.kernel;
    if (!found || (call->step->kind == WEFT_STEP_STORE && !call->kernel)) {
        call->step = NULL;
        return;
    }
    for (unsigned i = 0; i < plan->code->n_params; i++) {
        const weft_param *param = &plan->code->params[i];
        call->type[i] = param->type;
        call->size[i] = (uint8_t)weft_dtype_size((weft_dtype)param->type);
        call->singles |= (uint8_t)((unsigned)(param->kind == WEFT_PARAM_UNIFORM) << i);
    }
}

/* --- calling them ----------------------------------------------------------------------------- */

void weft_call_sum(const weft_call_plan *plan, const weft_call_operands *call)
{
    const weft_step *step = plan->step;
    const void *a[WEFT_CALL_FACTORS / 2], *b[WEFT_CALL_FACTORS / 2];
    const void *s = call->in[plan->operand[1]], *c = call->in[plan->operand[2]];
    for (unsigned i = 0; i < step->width; i++) {
        a[i] = call->in[plan->factor[2 * i]];
        b[i] = call->in[plan->factor[2 * i + 1]];
    }
    if (step->kind == WEFT_STEP_PRODUCTS)
        step->call.products(call->dst, c, a, b, step->sizes[0], step->width, call->n);
    else
        step->call.quadratic(call->dst, s, c, a, b, step->width, call->n);
}
