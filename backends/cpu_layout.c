/* backends/cpu_layout.c: what the CPU backend decides before a run (backends/cpu.h): in which order
 * and in what strips each loop takes its elements, and where everything lies in the run's memory.
 */
#include "backends/cpu.h"

#include <string.h>

#include "simd/stream.h"

/* --- the shape of a loop ---------------------------------------------------------------------- */

static const weft_array_use *stream_number(const weft_plan *plan, uint32_t i)
{
    return (const weft_array_use *)plan->streams.data + i;
}

/* Makes one dimension of two neighbours where a step along the outer one is, for every array, as
 * far as all of the inner one; dimensions of one element go. */
static void collapse(const weft_binding *binding, const weft_block_plan *block, weft_shape *shape)
{
    int rank = 0;
    for (int i = 0; i < shape->rank; i++) {
        const int dim = shape->dim[i];
        const int64_t extent = shape->extent[i];
        bool joins = rank > 0;
        if (extent == 1 && (rank > 0 || i + 1 < shape->rank))
            continue;
        for (uint32_t s = block->first_stream; joins && s < block->end_stream; s++) {
            const int64_t *stride = binding->arrays[stream_number(binding->plan, s)->param].stride;
            joins = stride[shape->dim[rank - 1]] == stride[dim] * extent;
        }
        if (joins)
            rank--;
        shape->extent[rank] = joins ? shape->extent[rank] * extent : extent;
        shape->dim[rank++] = (uint8_t)dim;
    }
    shape->rank = (uint8_t)rank;
}

/* Bytes of all arrays that a loop runs along, and of those that it only writes. */
typedef struct footprint {
    double all, written;
} footprint;

static footprint footprint_of(const weft_binding *binding, const weft_block_plan *block)
{
    footprint sum = {0, 0};
    for (uint32_t s = block->first_stream; s < block->end_stream; s++) {
        const weft_array_use *stream = stream_number(binding->plan, s);
        const weft_bound_array *array = &binding->arrays[stream->param];
        double bytes = stream->bytes;
        for (int d = 0; d < WEFT_MAX_RANK; d++)
            if (array->stride[d])
                bytes *= (double)binding->extents[d];
        sum.all += bytes;
        sum.written += stream->stored && !array->mixed ? bytes : 0;
    }
    return sum;
}

/* About what an element costs, in nanoseconds, where strips lie along dimension i of the shape:
 * dispatch is paid once a strip, and elements that are `apart` are moved one by one. */
static double cost_along(const weft_binding *binding, const weft_block_plan *block,
                         const weft_shape *shape, int i, double apart)
{
    enum { LONG = 1024 };
    const double strip = 25;
    const int64_t length = shape->extent[i] < LONG ? shape->extent[i] : LONG;
    double cost = strip / (double)length;
    for (uint32_t s = block->first_stream; s < block->end_stream; s++) {
        const weft_array_use *stream = stream_number(binding->plan, s);
        const int64_t stride = binding->arrays[stream->param].stride[shape->dim[i]];
        if (stride != stream->bytes && stride != 0)
            cost += apart;
    }
    return cost;
}

/* Strips along the dimension that suits most arrays, where nothing depends on the order. */
static void choose_strip_dim(const weft_binding *binding, const weft_block_plan *block,
                             weft_shape *shape)
{
    /* Beyond L2 each line is fetched again and again. */
    const bool far = footprint_of(binding, block).all > (double)binding->l2_bytes;
    const double apart = far ? 1.8 : 0.45;
    const int inner = shape->rank - 1;
    int best = inner;
    double least = cost_along(binding, block, shape, inner, apart);
    for (int i = 0; i < inner; i++) {
        const double cost = cost_along(binding, block, shape, i, apart);
        if (cost < least) {
            least = cost;
            best = i;
        }
    }
    const uint8_t dim = shape->dim[best];
    const int64_t extent = shape->extent[best];
    for (int i = best; i < inner; i++) {
        shape->dim[i] = shape->dim[i + 1];
        shape->extent[i] = shape->extent[i + 1];
    }
    shape->dim[inner] = dim;
    shape->extent[inner] = extent;
}

/* Whether every access of a plain loop finds its array in place. */
static bool is_all_in_place(const weft_binding *binding, const weft_block_plan *block, int dim)
{
    const weft_step *steps = binding->plan->steps.data;
    const weft_insn *insns = binding->code->insns;
    for (const weft_step *s = &steps[block->step + 1]; s->kind < WEFT_STEP_CONTROL_FIRST; s++) {
        const bool on_segments = s->kind == WEFT_STEP_ROWS || s->kind == WEFT_STEP_FLAT;
        if (!on_segments && s->kind != WEFT_STEP_LOAD && s->kind != WEFT_STEP_TARGET)
            continue;
        if (!weft_lies_close(&binding->arrays[insns[s->pc].param], s, dim) ||
            (on_segments && !weft_lies_close(&binding->arrays[insns[s->target].param], s, dim)))
            return false;
    }
    return true;
}

/* As many elements as let strips and streams lie in seven eighths of L1; with the streams' next
 * strips, which arrive while this one is worked on, in half of it. Measured: shorter strips pay for
 * dispatch, longer ones for L2. */
size_t weft_cpu_strip_length(const weft_binding *binding, const weft_block_plan *block,
                             bool prefetch)
{
    const size_t room = prefetch ? binding->l1_bytes / 2 : binding->l1_bytes / 8 * 7;
    const size_t element = block->strip_bytes + block->array_bytes * (prefetch ? 2u : 1u);
    size_t strip = WEFT_MAX_VL;
    if (binding->strip_length)
        return binding->strip_length;
    while (strip > WEFT_MIN_VL && strip * element > room)
        strip /= 2;
    return strip;
}

/* Whether hints help a loop that finds its arrays beyond the caches: its operations take longer
 * than memory does, at 32 GB/s, and alternate between arrays, so that what the processor fetches
 * ahead of one by itself ends while another is worked on. Weights have a 64th of a nanosecond for
 * each byte that is loaded or stored. Measured, 4 M elements, without hints and with them: sin a
 * sin b 4.8 and 2.9 ms; exp a exp b 2.0 and 2.6, sin cos a 1.9 and 2.5, (a - b) / c 1.9 and 2.4,
 * even of two lines. */
static bool wants_hints(const weft_block_plan *block)
{
    return block->weight > 3 * block->array_bytes && block->end_stream - block->first_stream > 2;
}

static void choose_strip(const weft_binding *binding, const weft_block_plan *block,
                         weft_shape *shape, double elements)
{
    enum { PLAIN = 1 << 16 }; /* where no strip is kept: the budget is looked at now and then */
    const int inner = shape->dim[shape->rank - 1];
    shape->plain = block->plain && !binding->strip_length && is_all_in_place(binding, block, inner);
    shape->stream = shape->prefetch = false;
    if (elements * block->array_bytes > (double)binding->l2_bytes) { /* else both are small */
        const footprint bytes = footprint_of(binding, block);
        const size_t least = block->past ? WEFT_STREAM_BYTES_PAST : WEFT_STREAM_BYTES;
        shape->stream = bytes.written >= (double)least;
        shape->prefetch =
            !shape->plain && bytes.all > 8 * (double)binding->l2_bytes && wants_hints(block);
    }
    shape->strip = shape->plain ? PLAIN : weft_cpu_strip_length(binding, block, shape->prefetch);
}

static void shape_loop(const weft_binding *binding, const weft_block_plan *block, weft_shape *shape)
{
    const weft_insn *insn = &binding->code->insns[block->pc];
    shape->rank = 0;
    shape->total = 1;
    for (int d = insn->a; d <= insn->b; d++) {
        shape->dim[shape->rank] = (uint8_t)d;
        shape->extent[shape->rank++] = binding->extents[d];
        shape->total *= binding->extents[d];
    }
    if (shape->rank > 1 && shape->total > 0) {
        if (!block->indexed)
            collapse(binding, block, shape);
        if (shape->rank > 1 && !block->ordered)
            choose_strip_dim(binding, block, shape);
    }
    double elements = 1; /* of the index space: inner loops run along parts of their arrays */
    for (int d = 0; d < binding->code->rank; d++)
        elements *= (double)binding->extents[d];
    choose_strip(binding, block, shape, elements);
}

/* --- memory ----------------------------------------------------------------------------------- */

enum { LINE = 64 };

/* Bytes, up to whole cache lines. */
static size_t lines(size_t bytes)
{
    return (bytes + LINE - 1) / LINE * LINE;
}

/* Registers' homes lie behind each other with a line between, so that strips whose length is a
 * power of two do not all begin at the same place of a page. */
static size_t home_size(const weft_plan *plan, unsigned reg, size_t strip)
{
    return lines(plan->home_bytes[reg] * strip) + LINE;
}

void weft_cpu_place_homes(weft_worker *w, size_t strip)
{
    char *home = w->homes;
    if (w->homes_for == strip)
        return;
    w->homes_for = strip;
    for (uint32_t i = 0; i < w->plan->n_homes; i++) {
        const unsigned reg = w->plan->homes[i];
        w->place[reg] = home;
        home += home_size(w->plan, reg, strip);
    }
}

/* The longest strip that any block may have. */
static size_t longest_strip(const weft_binding *binding)
{
    const weft_block_plan *blocks = binding->plan->blocks.data;
    size_t longest = binding->facts->max_strip ? binding->facts->max_strip : 1;
    for (size_t i = 0; i < binding->plan->blocks.count; i++) {
        const bool loop = binding->code->insns[blocks[i].pc].op == WEFT_OP_LOOP;
        const size_t strip = loop ? weft_cpu_strip_length(binding, &blocks[i], false) : 0;
        longest = strip > longest ? strip : longest;
    }
    return longest;
}

typedef struct layout { /* offsets in the room, and in a worker's part of it */
    size_t shapes, partials, cursors, workers, all;
    size_t reductions, spare, homes, worker;
} layout;

static void lay_out(const weft_plan *plan, uint32_t seats, size_t longest, layout *l)
{
    const size_t pieces = seats > 1 ? 2 * WEFT_PIECES_A_SEAT * (size_t)seats : 0;
    size_t homes = 0;
    for (uint32_t i = 0; i < plan->n_homes; i++)
        homes += home_size(plan, plan->homes[i], longest);
    l->reductions = lines(offsetof(weft_worker, place) + plan->n_places * sizeof(void *));
    l->spare = l->reductions + lines(plan->reductions.count * sizeof(weft_reduction));
    l->homes = l->spare + lines(longest * sizeof(uint64_t)) + LINE;
    l->worker = l->homes + homes;
    l->shapes = lines(sizeof(weft_cpu_state));
    l->partials = l->shapes + lines(plan->blocks.count * sizeof(weft_shape));
    l->cursors = l->partials + lines(pieces * plan->reductions.count * sizeof(weft_partial));
    l->workers = l->cursors + (seats > 1 ? seats * (size_t)LINE : 0);
    l->all = l->workers + seats * l->worker;
}

weft_status weft_cpu_lay_out(const weft_binding *binding, weft_room *room, weft_cpu_state **out,
                             weft_error *error)
{
    const weft_plan *plan = binding->plan;
    const weft_block_plan *blocks = plan->blocks.data;
    const uint32_t seats = binding->threads ? binding->thread_count : 1;
    layout l;
    lay_out(plan, seats, longest_strip(binding), &l);
    char *memory = weft_room_reserve(binding->allocator, room, l.all);
    if (!memory)
        return weft_fail_memory(error);
    weft_cpu_state *run = (weft_cpu_state *)(void *)memory;
    run->binding = binding;
    run->plan = plan;
    run->shapes = (weft_shape *)(void *)(memory + l.shapes);
    run->workers = memory + l.workers;
    run->worker_bytes = l.worker;
    run->reductions_at = l.reductions;
    run->spare_at = l.spare;
    run->homes_at = l.homes;
    run->seats = seats;
    run->partials = (weft_partial *)(void *)(memory + l.partials);
    run->cursors = memory + l.cursors;
    run->caller = pthread_self();
    atomic_init(&run->cost, 0);
    for (size_t i = 0; i < plan->blocks.count; i++)
        if (binding->code->insns[blocks[i].pc].op == WEFT_OP_LOOP)
            shape_loop(binding, &blocks[i], &run->shapes[i]);
    for (uint32_t seat = 0; seat < seats; seat++)
        weft_cpu_worker(run, seat)->ready = false;
    *out = run;
    return WEFT_OK;
}

weft_worker *weft_cpu_worker(const weft_cpu_state *run, uint32_t seat)
{
    return (weft_worker *)(void *)(run->workers + seat * run->worker_bytes);
}

void weft_cpu_set_up(weft_cpu_state *run, weft_worker *w)
{
    char *memory = (char *)w;
    memset(w, 0, offsetof(weft_worker, scalars));
    w->bad_piece = UINT32_MAX;
    w->plan = run->plan;
    w->arrays = run->binding->arrays;
    w->run = run;
    w->strip_dim = -1;
    w->lanes = 1;
    w->spare = memory + run->spare_at;
    w->homes = memory + run->homes_at;
    w->reductions = (weft_reduction *)(void *)(memory + run->reductions_at);
    /* Those of strips are set when their room is divided. */
    const unsigned scalars = run->binding->facts->n_scalars + 1; /* s0 stands for no operand */
    for (unsigned i = 0; i < scalars && i < WEFT_MAX_SCALARS; i++) {
        w->scalars[i] = 0;
        w->place[WEFT_PLACE_SCALARS + i] = &w->scalars[i];
    }
    w->ready = true;
}
