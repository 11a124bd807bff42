/* backends/cpu_loops.c: blocks of the CPU backend (backends/cpu.h): loops cut into strips, and the
 * blocks that carry registers over. */
#include "backends/cpu.h"
#include "simd/stream.h"

/* --- reductions of a block -------------------------------------------------------------------- */

void weft_cpu_begin_reductions(weft_worker *w, const weft_block_plan *block)
{
    for (uint32_t i = block->reductions; i;) {
        const weft_reduction_plan *plan = weft_reduction_number(w->plan, i - 1);
        weft_reduction_begin(&w->reductions[i - 1], plan);
        i = plan->next;
    }
}

static void end_reductions(weft_worker *w, const weft_block_plan *block)
{
    for (uint32_t i = block->reductions; i;) {
        const weft_reduction_plan *plan = weft_reduction_number(w->plan, i - 1);
        const weft_partial all = weft_reduction_end(&w->reductions[i - 1], plan, w->plan->kernels);
        w->scalars[plan->scalar] = weft_partials_join(plan, &all, 1, 1, 0);
        i = plan->next;
    }
}

/* --- loops ------------------------------------------------------------------------------------ */

/* Elements of one row, from where the index stands; leaves it behind the last one. */
static weft_status run_row(weft_worker *w, const weft_step *step, int64_t count, size_t strip)
{
    int64_t *index = &w->index[w->strip_dim];
    for (int64_t left = count; left > 0; left -= (int64_t)w->lanes) {
        w->lanes = left < (int64_t)strip ? (size_t)left : strip;
        WEFT_TRY(weft_cpu_steps(w, (uint32_t)(step - (const weft_step *)w->plan->steps.data) + 1));
        *index += (int64_t)w->lanes;
    }
    return WEFT_OK;
}

/* The first element of a range. */
static void go_to(weft_worker *w, const weft_shape *shape, int64_t element)
{
    for (int i = shape->rank - 1; i > 0; i--) {
        w->index[shape->dim[i]] = element % shape->extent[i];
        element /= shape->extent[i];
    }
    w->index[shape->dim[0]] = element;
}

/* The first element of the next row. */
static void next_row(weft_worker *w, const weft_shape *shape)
{
    for (int i = shape->rank - 1; i > 0; i--) {
        int64_t *index = &w->index[shape->dim[i]];
        if (*index < shape->extent[i])
            return;
        *index = 0;
        w->index[shape->dim[i - 1]]++;
    }
}

static weft_status run_elements(weft_worker *w, const weft_step *step, const weft_shape *shape,
                                int64_t first, int64_t last)
{
    const int inner = shape->rank - 1;
    if (first >= last)
        return WEFT_OK;
    w->strip_dim = shape->dim[inner];
    w->prefetch = shape->prefetch;
    w->stream = shape->stream;
    w->plain = shape->plain;
    if (!shape->plain)
        weft_cpu_place_homes(w, shape->strip);
    go_to(w, shape, first);
    while (first < last) {
        const int64_t row = shape->extent[inner] - w->index[w->strip_dim];
        const int64_t count = row < last - first ? row : last - first;
        WEFT_TRY(run_row(w, step, count, shape->strip));
        first += count;
        next_row(w, shape);
    }
    if (w->stream)
        weft_stream_fence();
    for (int i = 0; i <= inner; i++)
        w->index[shape->dim[i]] = 0;
    w->prefetch = w->stream = false;
    w->strip_dim = -1;
    w->lanes = 1;
    return WEFT_OK;
}

static weft_status run_strip(weft_worker *w, const weft_step *step, const weft_insn *insn)
{
    w->strip_dim = 0;
    w->index[0] = weft_strip_base(insn);
    weft_cpu_place_homes(w, weft_strip_length(insn));
    WEFT_TRY(run_row(w, step, weft_strip_length(insn), weft_strip_length(insn)));
    w->index[0] = 0;
    w->strip_dim = -1;
    w->lanes = 1;
    return WEFT_OK;
}

static weft_status run_iterations(weft_worker *w, const weft_step *step, unsigned dim,
                                  int64_t first, int64_t last)
{
    const uint32_t body = (uint32_t)(step - (const weft_step *)w->plan->steps.data) + 1;
    for (int64_t i = first; i < last; i++) {
        w->index[dim] = i;
        WEFT_TRY(weft_cpu_steps(w, body));
    }
    w->index[dim] = 0;
    return WEFT_OK;
}

static weft_status run_for(weft_worker *w, const weft_step *step, const weft_insn *insn)
{
    const uint32_t body = (uint32_t)(step - (const weft_step *)w->plan->steps.data) + 1;
    const int64_t trips = (int64_t)(insn->scalar & WEFT_SCALAR_A ? w->scalars[insn->a] : insn->imm);
    for (int64_t i = 0; i < trips; i++) {
        w->scalars[insn->d] = (uint64_t)i;
        WEFT_TRY(weft_cpu_steps(w, body));
    }
    return WEFT_OK;
}

weft_status weft_cpu_range(weft_worker *w, const weft_step *step, int64_t first, int64_t last)
{
    if (step->kind == WEFT_STEP_LOOP)
        return run_elements(w, step, &w->run->shapes[step->block], first, last);
    return run_iterations(w, step, w->plan->code->insns[step->pc].k, first, last);
}

weft_status weft_cpu_block(weft_worker *w, const weft_step *step)
{
    const weft_insn *insn = &w->plan->code->insns[step->pc];
    const weft_block_plan *block = weft_block_of(w, step);
    const bool loop = step->kind == WEFT_STEP_LOOP;
    if (step->kind == WEFT_STEP_FOR)
        return run_for(w, step, insn);
    if (step->kind == WEFT_STEP_SEQ)
        return run_iterations(w, step, insn->k, 0, w->run->binding->extents[insn->k]);
    if ((loop || step->kind == WEFT_STEP_EACH) && !w->split) {
        bool done;
        const weft_status status = weft_cpu_split(w, step, &done);
        if (done || status)
            return status;
    }
    weft_cpu_begin_reductions(w, block);
    if (step->kind == WEFT_STEP_STRIP)
        WEFT_TRY(run_strip(w, step, insn));
    else
        WEFT_TRY(weft_cpu_range(w, step, 0,
                                loop ? w->run->shapes[step->block].total
                                     : w->run->binding->extents[insn->k]));
    end_reductions(w, block);
    return WEFT_OK;
}
