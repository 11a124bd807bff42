/* backends/cpu.c: the CPU backend's inner loop (backends/cpu.h): steps on a strip. What the
 * verifier and the binding have proved is not checked again; what is computed, the indices of
 * gathers and scatters, is. */
#include "backends/cpu.h"

#include <string.h>

#include "backends/indices.h"
#include "simd/prefetch.h"
#include "simd/stream.h"

/* Cost between looks at the budget and the cancel flag. */
enum { SETTLE_EVERY = 1 << 16 };

/* --- arrays ----------------------------------------------------------------------------------- */

/* Address of the first element that an instruction accesses. */
static inline char *address(const weft_worker *w, const weft_insn *insn,
                            const weft_bound_array *array)
{
    uint64_t offset = (uint64_t)(int64_t)insn->off;
    if (insn->scalar & WEFT_ADDRESS_REG)
        offset += w->scalars[insn->a];
    const int64_t bytes = w->index[0] * array->stride[0] + w->index[1] * array->stride[1] +
                          w->index[2] * array->stride[2] + w->index[3] * array->stride[3];
    return array->data + bytes + (int64_t)offset * array->row + insn->k * array->component;
}

/* Hints for the strip behind the one that begins at `memory`. */
static void prefetch_next(const weft_worker *w, unsigned param, const char *memory, int64_t step)
{
    enum { SPARSE = 256 }; /* bytes between elements: most of a line would be fetched in vain */
    const int64_t lanes = (int64_t)w->lanes;
    const bool past_caches = w->stream && w->plan->stored[param] && !w->arrays[param].mixed;
    if (step == 0 || step > SPARSE || step < -SPARSE || past_caches)
        return;
    const char *next = memory + lanes * (step > 0 ? step : 2 * step);
    const size_t bytes = (size_t)(lanes * (step > 0 ? step : -step));
    if (w->plan->stored[param])
        weft_prefetch_lines(next, bytes, true);
    else
        weft_prefetch_lines(next, bytes, false);
}

/* The place of a load or a target; returns the array's address, which it may be. */
static inline char *point(weft_worker *w, const weft_step *s, bool *there)
{
    const weft_insn *insn = &w->plan->code->insns[s->pc];
    const weft_bound_array *array = &w->arrays[insn->param];
    char *memory = address(w, insn, array);
    const bool by_copy = w->stream && !w->plain && s->kind == WEFT_STEP_TARGET && !array->mixed;
    *there = !by_copy && (s->flags & WEFT_IN_PLACE) && weft_lies_close(array, s, w->strip_dim);
    w->place[s->d] = *there ? memory : w->place[s->a];
    if (w->prefetch && (s->flags & WEFT_FIRST))
        prefetch_next(w, insn->param, memory, array->stride[w->strip_dim]);
    return memory;
}

static void load(weft_worker *w, const weft_step *s)
{
    bool there;
    const char *memory = point(w, s, &there);
    if (!there)
        s->call.strided(w->place[s->d], memory,
                        w->arrays[w->plan->code->insns[s->pc].param].stride[w->strip_dim],
                        w->lanes);
}

static void store(weft_worker *w, const weft_step *s)
{
    const weft_insn *insn = &w->plan->code->insns[s->pc];
    const weft_bound_array *array = &w->arrays[insn->param];
    char *memory = address(w, insn, array);
    if (w->prefetch && (s->flags & WEFT_FIRST))
        prefetch_next(w, insn->param, memory, array->stride[w->strip_dim]);
    if (w->place[s->d] == memory) /* it was written where it belongs */
        return;
    if (w->stream && !array->mixed && array->stride[w->strip_dim] == s->size)
        w->plan->kernels->stream_copy(memory, w->place[s->d], w->lanes * s->size);
    else
        s->call.strided(memory, w->place[s->d], array->stride[w->strip_dim], w->lanes);
}

static const uint16_t *list_of(const weft_worker *w, const weft_step *s)
{
    return (const uint16_t *)w->plan->lists.data + s->list;
}

static void move_segment(weft_worker *w, const weft_step *s)
{
    const weft_insn *insn = &w->plan->code->insns[s->pc];
    const weft_bound_array *array = &w->arrays[insn->param];
    const uint16_t *list = list_of(w, s);
    const int64_t step = array->stride[w->strip_dim];
    char *memory = address(w, insn, array);
    void *strips[WEFT_MAX_SEGMENT];
    const void *sources[WEFT_MAX_SEGMENT];
    if (w->prefetch && (s->flags & WEFT_FIRST))
        prefetch_next(w, insn->param, memory, step);
    for (unsigned i = 0; i < s->width; i++)
        sources[i] = strips[i] = w->place[list[i]];
    if (s->kind == WEFT_STEP_LOAD_SEGMENT)
        s->call.load_segment(strips, memory, s->width, step, array->component, w->lanes);
    else
        s->call.store_segment(memory, sources, s->width, step, array->component, w->lanes);
}

/* Scalars from memory at any address, widened with zeros. */
#define READ_SCALARS(type)                                                                         \
    for (unsigned i = 0; i < count; i++, memory += step) {                                         \
        type value;                                                                                \
        memcpy(&value, memory, sizeof value);                                                      \
        to[i] = value;                                                                             \
    }

static void read_scalars(uint64_t *to, const char *memory, int64_t step, unsigned count,
                         size_t size)
{
    if (size == 1)
        READ_SCALARS(uint8_t)
    else if (size == 2)
        READ_SCALARS(uint16_t)
    else if (size == 4)
        READ_SCALARS(uint32_t)
    else
        READ_SCALARS(uint64_t)
}

static void move_scalars(weft_worker *w, const weft_step *s)
{
    const weft_insn *insn = &w->plan->code->insns[s->pc];
    const weft_bound_array *array = &w->arrays[insn->param];
    char *memory = address(w, insn, array);
    uint64_t *scalars = &w->scalars[insn->d];
    if (s->kind == WEFT_STEP_STORE_SCALARS)
        for (unsigned i = 0; i < s->width; i++, memory += array->component)
            memcpy(memory, &scalars[i], s->size);
    else if (insn->type == WEFT_BOOL)
        for (unsigned i = 0; i < s->width; i++, memory += array->component)
            scalars[i] = *memory != 0;
    else
        read_scalars(scalars, memory, array->component, s->width, s->size);
}

/* --- tables ----------------------------------------------------------------------------------- */

static weft_status gather(weft_worker *w, const weft_step *s)
{
    const weft_insn *insn = &w->plan->code->insns[s->pc];
    const weft_bound_array *array = &w->arrays[insn->param];
    const bool scalar = (insn->scalar & WEFT_SCALAR_A) != 0;
    const size_t n = scalar ? 1 : w->lanes;
    const void *indices = w->place[s->a];
    uint64_t zero = 0;
    WEFT_TRY(
        weft_check_indices(w->run->binding, s->pc, indices, n, w->index, w->strip_dim, w->error));
    if (indices == w->place[s->d]) {
        memcpy(w->spare, indices, n * weft_dtype_size((weft_dtype)insn->type2));
        indices = w->spare;
    }
    if (scalar)
        memcpy(w->place[s->d], &zero, sizeof zero);
    s->call.indexed(w->place[s->d], array->data + insn->k * array->component, array->row, indices,
                    n);
    return WEFT_OK;
}

static weft_status scatter(weft_worker *w, const weft_step *s)
{
    const weft_insn *insn = &w->plan->code->insns[s->pc];
    const weft_bound_array *array = &w->arrays[insn->param];
    const size_t n = insn->scalar & WEFT_SCALAR_A ? 1 : w->lanes;
    const void *indices = w->place[s->a], *source = w->place[s->d];
    WEFT_TRY(
        weft_check_indices(w->run->binding, s->pc, indices, n, w->index, w->strip_dim, w->error));
    if (n > 1 && insn->scalar & WEFT_SCALAR_D) { /* one value to all of them */
        w->plan->kernels->broadcast[insn->type](w->spare, source, NULL, NULL, n);
        source = w->spare;
    }
    s->call.indexed(array->data + insn->k * array->component, source, array->row, indices, n);
    return WEFT_OK;
}

/* --- operations ------------------------------------------------------------------------------- */

/* The one operation of a plain loop whose result goes past the caches. */
static void stream_kernel(weft_worker *w, const weft_step *s)
{
    const size_t steps[3] = {s->sizes[0], s->sizes[1], s->sizes[2]};
    weft_stream_kernel(w->plan->kernels->stream_copy, s->call.kernel,
                       s->flags & WEFT_COMPUTES_LONG ? WEFT_STREAM_LONG : WEFT_STREAM_BRIEF,
                       w->place[s->d], s->size, w->place[s->a], w->place[s->b], w->place[s->c],
                       steps, w->lanes);
}

static inline void kernel(weft_worker *w, const weft_step *s)
{
    if (w->stream && w->plain) {
        stream_kernel(w, s);
        return;
    }
    s->call.kernel(w->place[s->d], w->place[s->a], w->place[s->b], w->place[s->c], w->lanes);
}

/* Elements of the result are of another size, so that it cannot be written over the operand. */
static void convert(weft_worker *w, const weft_step *s)
{
    const void *from = w->place[s->a];
    if (w->stream && w->plain) {
        stream_kernel(w, s);
        return;
    }
    if (from == w->place[s->d])
        from = memcpy(w->spare, from, w->lanes * s->sizes[0]);
    s->call.kernel(w->place[s->d], from, NULL, NULL, w->lanes);
}

static void scalar(weft_worker *w, const weft_step *s)
{
    uint64_t result = 0;
    s->call.kernel(&result, w->place[s->a], w->place[s->b], w->place[s->c], 1);
    memcpy(w->place[s->d], &result, sizeof result);
}

static void fused(weft_worker *w, const weft_step *s)
{
    const uint16_t *list = list_of(w, s);
    const void *strips[WEFT_MAX_FUSED_STRIPS];
    void *results[WEFT_MAX_FUSED_RESULTS];
    for (unsigned i = 0; i < s->width; i++)
        strips[i] = w->place[list[i]];
    for (unsigned i = 0; i < s->target; i++)
        results[i] = w->place[list[s->width + i]];
    s->call.fused(results, strips, w->place[s->b], w->plan->code->insns[s->pc].k, w->lanes);
}

enum { MOST_PRODUCTS = 4 };

/* The factors of products, what the sum starts with, and of a QUADRATIC the strip behind it. */
typedef struct sum_operands {
    const void *a[MOST_PRODUCTS], *b[MOST_PRODUCTS];
    const void *c; /* or NULL */
} sum_operands;

static void sum_kernel(const weft_worker *w, const weft_step *s, void *dst, const sum_operands *o,
                       size_t n)
{
    if (s->kind == WEFT_STEP_PRODUCTS)
        s->call.products(dst, o->c, o->a, o->b, s->sizes[0], s->width, n);
    else
        s->call.quadratic(dst, s->flags & WEFT_HAS_B ? w->place[s->b] : NULL, o->c, o->a, o->b,
                          s->width, n);
}

/* The one sum of a plain loop, whose result goes past the caches. Not a part of the loop over
 * steps, whose registers it would take. */
__attribute__((noinline)) static void stream_sum(weft_worker *w, const weft_step *s,
                                                 sum_operands *o)
{
    const size_t buffer = s->kind == WEFT_STEP_QUADRATIC ? WEFT_STREAM_LONG : WEFT_STREAM_BRIEF;
    weft_products_kernel *past =
        s->kind == WEFT_STEP_PRODUCTS ? weft_products_past(w->plan, s) : NULL;
    char *out = w->place[s->d];
    for (size_t left = w->lanes * s->size; left > 0;) {
        bool lines;
        const size_t most = past ? WEFT_STREAM_LINES(left) : buffer;
        const size_t bytes = weft_stream_piece(out, left, s->size, most, &lines),
                     n = bytes / s->size;
        if (lines && past) {
            past(out, o->c, o->a, o->b, s->sizes[0], s->width, n);
        } else {
            sum_kernel(w, s, lines ? w->spare : out, o, n);
            if (lines)
                w->plan->kernels->stream_copy(out, w->spare, bytes);
        }
        out += bytes;
        for (unsigned i = 0; i < s->width; i++) {
            o->a[i] = (const char *)o->a[i] + bytes;
            o->b[i] = (const char *)o->b[i] + (s->sizes[0] >> i & 1 ? 0 : bytes);
        }
        o->c = o->c ? (const char *)o->c + bytes : NULL;
        left -= bytes;
    }
}

static void sum(weft_worker *w, const weft_step *s)
{
    const uint16_t *list = list_of(w, s);
    sum_operands o;
    for (unsigned i = 0; i < s->width; i++) { /* the list has them in pairs */
        o.a[i] = w->place[list[2 * i]];
        o.b[i] = w->place[list[2 * i + 1]];
    }
    o.c = s->flags & WEFT_HAS_C ? w->place[s->c] : NULL;
    if (w->stream && w->plain)
        stream_sum(w, s, &o);
    else
        sum_kernel(w, s, w->place[s->d], &o, w->lanes);
}

/* --- segments from memory to memory ----------------------------------------------------------- */

/* One operation, the same for each component: segments without gaps are one long strip. */
static void flat_kernel(const weft_worker *w, const weft_step *s, const weft_insn *op, void *dst,
                        const void *src, size_t n)
{
    const void *a = op->scalar & WEFT_SCALAR_A ? &w->scalars[op->a] : src;
    const void *b = op->scalar & WEFT_SCALAR_B ? &w->scalars[op->b] : src;
    const void *c = op->scalar & WEFT_SCALAR_C ? &w->scalars[op->c] : src;
    s->call.kernel(dst, a, b, c, n);
}

/* Elements up to the next cache line of dst, where that is one's beginning within 64; else 0. */
static size_t elements_to_line(const char *dst, size_t element)
{
    enum { SOME = 64 };
    size_t some = 0;
    while (((uintptr_t)dst + some * element) % 64 != 0 && some < SOME)
        some++;
    return some < SOME ? some : 0;
}

/* By way of a buffer that stays in L1 when memory is written past the caches: the first piece ends
 * where a cache line does, and the others are whole lines. */
static void stream_segments(weft_worker *w, const weft_step *s, const weft_insn *op, char *dst,
                            const char *src)
{
    enum { WHOLE = 16 };   /* elements of any size that fill whole lines */
    enum { AHEAD = 4096 }; /* bytes: the processor's own reading ahead ends with each page */
    const size_t element = (size_t)s->size * s->width;
    const size_t most = WEFT_STREAM_LONG / element / WHOLE * WHOLE;
    const size_t to_line = elements_to_line(dst, element);
    size_t some = to_line && to_line < most ? to_line : most;
    for (size_t done = 0; done < w->lanes;) {
        some = some < w->lanes - done ? some : w->lanes - done;
        weft_prefetch_lines(src + done * element + AHEAD, some * element, false);
        if (s->kind == WEFT_STEP_ROWS)
            s->call.rows(w->spare, src + done * element, &w->scalars[op->b], some);
        else
            flat_kernel(w, s, op, w->spare, src + done * element, some * s->width);
        w->plan->kernels->stream_copy(dst + done * element, w->spare, some * element);
        done += some;
        some = most;
    }
}

/* Without a buffer, where the level has such kernels. False: it does not, or elements of dst do not
 * begin at cache lines. */
static bool stream_rows(weft_worker *w, const weft_step *s, const weft_insn *op, char *dst,
                        const char *src)
{
    const size_t element = (size_t)s->size * s->width;
    const size_t to_line = elements_to_line(dst, element);
    weft_rows_kernel *past = s->kind == WEFT_STEP_ROWS
                                 ? w->plan->kernels->rows_past[op->op - WEFT_FUSED_FIRST][op->type]
                                 : NULL;
    if (!past || (to_line == 0 && (uintptr_t)dst % 64))
        return false;
    const size_t first = to_line < w->lanes ? to_line : w->lanes;
    s->call.rows(dst, src, &w->scalars[op->b], first);
    past(dst + first * element, src + first * element, &w->scalars[op->b], w->lanes - first);
    return true;
}

static void dense_segments(weft_worker *w, const weft_step *s, const weft_insn *op, char *dst,
                           const char *src)
{
    const bool past_caches = w->stream && !w->arrays[w->plan->code->insns[s->pc].param].mixed;
    if (past_caches && stream_rows(w, s, op, dst, src))
        return;
    if (past_caches)
        stream_segments(w, s, op, dst, src);
    else if (s->kind == WEFT_STEP_ROWS)
        s->call.rows(dst, src, &w->scalars[op->b], w->lanes);
    else
        flat_kernel(w, s, op, dst, src, w->lanes * s->width);
}

/* The instructions one by one. */
static void sparse_segments(weft_worker *w, const weft_step *s, const weft_insn *op, char *dst,
                            const char *src)
{
    const weft_insn *to = &w->plan->code->insns[s->pc], *from = &w->plan->code->insns[s->target];
    const weft_bound_array *stored = &w->arrays[to->param], *loaded = &w->arrays[from->param];
    const weft_kernel_table *kernels = w->plan->kernels;
    void *results[WEFT_MAX_SEGMENT], *strips[WEFT_MAX_SEGMENT];
    const void *operands[WEFT_MAX_SEGMENT], *sources[WEFT_MAX_SEGMENT];
    for (unsigned i = 0; i < s->width; i++) {
        operands[i] = strips[i] = w->place[from->d + i];
        sources[i] = results[i] = w->place[to->d + i];
    }
    kernels->load_segment[to->type](strips, src, s->width, loaded->stride[w->strip_dim],
                                    loaded->component, w->lanes);
    if (s->kind == WEFT_STEP_ROWS)
        kernels->fused[op->op - WEFT_FUSED_FIRST][to->type](results, operands, &w->scalars[op->b],
                                                            op->k, w->lanes);
    else
        for (unsigned i = 0; i < s->width; i++)
            flat_kernel(w, s, op, results[i], operands[i], w->lanes);
    kernels->store_segment[to->type](dst, sources, s->width, stored->stride[w->strip_dim],
                                     stored->component, w->lanes);
}

static void on_segments(weft_worker *w, const weft_step *s)
{
    const weft_insn *insns = w->plan->code->insns;
    const weft_insn *to = &insns[s->pc], *from = &insns[s->target], *op = &insns[s->block];
    const weft_bound_array *stored = &w->arrays[to->param], *loaded = &w->arrays[from->param];
    char *dst = address(w, to, stored), *src = address(w, from, loaded);
    if (w->prefetch && (s->flags & WEFT_FIRST))
        prefetch_next(w, from->param, src, loaded->stride[w->strip_dim]);
    if (w->prefetch && (s->flags & WEFT_FIRST_STORE))
        prefetch_next(w, to->param, dst, stored->stride[w->strip_dim]);
    if (weft_lies_close(stored, s, w->strip_dim) && weft_lies_close(loaded, s, w->strip_dim))
        dense_segments(w, s, op, dst, src);
    else
        sparse_segments(w, s, op, dst, src);
}

static void element_index(weft_worker *w, const weft_step *s)
{
    const weft_insn *insn = &w->plan->code->insns[s->pc];
    const int64_t first = w->index[insn->k], step = insn->k == w->strip_dim;
    if (insn->scalar & WEFT_SCALAR_D) {
        const uint64_t value = insn->type == WEFT_I32 ? (uint32_t)first : (uint64_t)first;
        memcpy(w->place[s->d], &value, sizeof value);
    } else if (insn->type == WEFT_I32) { /* is the low half: it wraps */
        uint32_t *to = w->place[s->d];
        for (size_t i = 0; i < w->lanes; i++)
            to[i] = (uint32_t)first + (uint32_t)i * (uint32_t)step;
    } else {
        int64_t *to = w->place[s->d];
        for (size_t i = 0; i < w->lanes; i++)
            to[i] = first + (int64_t)i * step;
    }
}

static void reduce(weft_worker *w, const weft_step *s)
{
    weft_reduction_add(&w->reductions[s->target], weft_reduction_number(w->plan, s->target),
                       w->plan->kernels, w->place[s->a], w->place[s->b], w->lanes);
}

static void apply(weft_worker *w, const weft_step *s)
{
    const weft_insn *insn = &w->plan->code->insns[s->pc];
    const uint16_t places[WEFT_MAX_FUNCTION_ARGS] = {s->a, s->b, s->c};
    const void *strips[WEFT_MAX_FUNCTION_ARGS] = {NULL, NULL, NULL};
    for (unsigned i = 0; i < s->width; i++)
        strips[i] = w->place[places[i]];
    weft_function_apply(w->arrays[insn->param].function, insn, w->place[s->d], strips, w->spare,
                        w->lanes);
}

/* What is rarer than an operation on strips and its loads and stores. */
static weft_status rare_step(weft_worker *w, const weft_step *s)
{
    const weft_insn *insn = &w->plan->code->insns[s->pc];
    switch (s->kind) {
    case WEFT_STEP_LOAD_SEGMENT:
    case WEFT_STEP_STORE_SEGMENT:
        move_segment(w, s);
        break;
    case WEFT_STEP_LOAD_SCALARS:
    case WEFT_STEP_STORE_SCALARS:
        move_scalars(w, s);
        break;
    case WEFT_STEP_GATHER:
        return gather(w, s);
    case WEFT_STEP_SCATTER:
        return scatter(w, s);
    case WEFT_STEP_CONVERT:
        convert(w, s);
        break;
    case WEFT_STEP_IMM:
        w->scalars[insn->d] = insn->imm;
        break;
    case WEFT_STEP_INDEX:
        element_index(w, s);
        break;
    case WEFT_STEP_EXTENT:
        w->scalars[insn->d] = (uint64_t)w->run->binding->extents[insn->k];
        break;
    case WEFT_STEP_LENGTH:
        w->scalars[insn->d] = (uint64_t)w->arrays[insn->param].extent[insn->k];
        break;
    case WEFT_STEP_REDUCE:
        reduce(w, s);
        break;
    case WEFT_STEP_APPLY:
        apply(w, s);
        break;
    default: /* fence */
        break;
    }
    return WEFT_OK;
}

/* --- cost ------------------------------------------------------------------------------------- */

weft_status weft_cpu_settle(weft_worker *w, uint32_t pc)
{
    const weft_run_control *control = &w->run->binding->control;
    const uint64_t total =
        atomic_fetch_add_explicit(&w->run->cost, w->cost, memory_order_relaxed) + w->cost;
    w->cost = 0;
    if (total > control->budget)
        return weft_fail_pc(w->error, WEFT_ERR_BUDGET, pc, "the budget of %llu is exhausted",
                            (unsigned long long)control->budget);
    const uint64_t left = control->budget - total;
    w->slack = left < SETTLE_EVERY ? left : SETTLE_EVERY;
    bool cancelled =
        control->cancelled && atomic_load_explicit(control->cancelled, memory_order_relaxed);
    if (!cancelled && control->progress && pthread_equal(pthread_self(), w->run->caller))
        cancelled = control->progress(control->progress_user, total) != 0;
    if (cancelled)
        return weft_fail_pc(w->error, WEFT_ERR_CANCELLED, pc, "the run was cancelled");
    return WEFT_OK;
}

/* Every instruction has its cost for each element that it is executed for; here for all up to the
 * next control step at once. */
static inline weft_status charge(weft_worker *w, uint32_t at)
{
    w->cost += w->lanes * w->plan->cost[at];
    if (w->cost <= w->slack)
        return WEFT_OK;
    return weft_cpu_settle(w, ((const weft_step *)w->plan->steps.data)[at].pc);
}

/* --- the loop over steps ---------------------------------------------------------------------- */

weft_status weft_cpu_steps(weft_worker *w, uint32_t at)
{
    const weft_step *steps = w->plan->steps.data;
    for (;;) {
        WEFT_TRY(charge(w, at));
        const weft_step *s = &steps[at];
        for (; s->kind < WEFT_STEP_CONTROL_FIRST; s++) {
            bool there;
            switch (s->kind) {
            case WEFT_STEP_KERNEL:
                kernel(w, s);
                break;
            case WEFT_STEP_LOAD:
                load(w, s);
                break;
            case WEFT_STEP_TARGET:
                point(w, s, &there);
                break;
            case WEFT_STEP_STORE:
                store(w, s);
                break;
            case WEFT_STEP_FUSED:
                fused(w, s);
                break;
            case WEFT_STEP_SCALAR:
                scalar(w, s);
                break;
            case WEFT_STEP_ROWS:
            case WEFT_STEP_FLAT:
                on_segments(w, s);
                break;
            case WEFT_STEP_PRODUCTS:
            case WEFT_STEP_QUADRATIC:
                sum(w, s);
                break;
            default:
                WEFT_TRY(rare_step(w, s));
            }
        }
        at = (uint32_t)(s - steps) + 1;
        switch (s->kind) {
        case WEFT_STEP_END:
        case WEFT_STEP_EXIT:
            return WEFT_OK;
        case WEFT_STEP_BRANCH:
            at = s->target;
            break;
        case WEFT_STEP_BRANCH_IF:
            if ((w->scalars[s->a - WEFT_PLACE_SCALARS] != 0) == s->flags)
                at = s->target;
            break;
        case WEFT_STEP_CALL:
            WEFT_TRY(weft_cpu_steps(w, s->target));
            break;
        default:
            WEFT_TRY(weft_cpu_block(w, s));
            at = s->target + 1;
        }
    }
}

/* A short run that nobody watches does without the account that threads share: its cost stays
 * within the first slack. */
weft_status weft_cpu_run(const weft_binding *binding, weft_room *room, weft_error *error)
{
    const weft_run_control *control = &binding->control;
    const bool watched = control->cancelled || control->progress;
    weft_cpu_state *run;
    WEFT_TRY(weft_cpu_lay_out(binding, room, &run, error));
    weft_worker *w = weft_cpu_worker(run, 0);
    weft_cpu_set_up(run, w);
    w->error = error;
    if (!watched)
        w->slack = control->budget < SETTLE_EVERY ? control->budget : SETTLE_EVERY;
    WEFT_TRY(weft_cpu_steps(w, 0));
    if (!watched && atomic_load_explicit(&run->cost, memory_order_relaxed) == 0)
        return WEFT_OK;
    return weft_cpu_settle(w, w->plan->code->n_insns - 1);
}
