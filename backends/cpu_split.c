/* backends/cpu_split.c: loops of the CPU backend over threads (backends/cpu.h). A loop is cut into
 * pieces, whose bounds depend on the program, the arguments and the number of threads; each seat
 * has a range of them, the same in every run, and when it is through takes what is left of others'.
 * Where sums of floats come out of the loop a piece holds a power of two of whole blocks, so that
 * it is a subtree of the tree that docs/isa.md fixes, and its sum a node of it. Of several errors
 * the one in the first piece is reported: pieces before it are run to their end. */
#include "backends/cpu.h"

#include <string.h>

typedef struct cursor { /* on a cache line of its own */
    atomic_uint_least32_t next;
} cursor;

typedef struct split_loop {
    weft_cpu_state *run;
    const weft_worker *caller;
    const weft_step *step;
    const weft_block_plan *block;
    int64_t index[WEFT_MAX_RANK]; /* outside the loop */
    int64_t total, piece;         /* elements or iterations */
    uint32_t pieces, seats;
    atomic_uint_least32_t first_bad; /* piece with an error; `pieces`: none */
} split_loop;

/* --- is it worth it? -------------------------------------------------------------------------- */

static double trips_of(const weft_worker *w, const weft_block_plan *block, uint32_t number)
{
    const weft_insn *insn = &w->plan->code->insns[block->pc];
    switch (insn->op) {
    case WEFT_OP_LOOP:
        return (double)w->run->shapes[number].total;
    case WEFT_OP_STRIP:
        return weft_strip_length(insn);
    case WEFT_OP_FOR: /* a count that is not known yet is what it was last time, or anything */
        return (double)(int64_t)(insn->scalar & WEFT_SCALAR_A ? w->scalars[insn->a] : insn->imm);
    default:
        return (double)w->run->binding->extents[insn->k];
    }
}

/* Work of one run of a block with everything inside, in 1/64 ns. */
static double estimate(const weft_worker *w, uint32_t number)
{
    const weft_block_plan *blocks = w->plan->blocks.data, *block = &blocks[number];
    const double trips = trips_of(w, block, number);
    double once = block->weight;
    for (uint32_t i = number + 1; i < block->end_block; i = blocks[i].end_block)
        once += estimate(w, i);
    return trips > 0 ? trips * once : 0;
}

/* --- pieces ----------------------------------------------------------------------------------- */

/* Elements that one iteration of block `number`, an `each`, adds to a reduction that ends with it.
 */
static int64_t elements_each(const weft_worker *w, uint32_t number, const weft_reduction_plan *plan)
{
    const weft_block_plan *blocks = w->plan->blocks.data;
    int64_t elements = w->run->shapes[plan->loop].total;
    for (uint32_t i = blocks[plan->loop].outer - 1; i != number; i = blocks[i].outer - 1)
        elements *= w->run->binding->extents[w->plan->code->insns[blocks[i].pc].k];
    return elements;
}

/* Iterations, each of so many elements of an ordered sum, that make a power of two of whole blocks;
 * 0: none do. */
static int64_t iterations_of_whole_blocks(int64_t each)
{
    const int64_t even = each & -each; /* the largest power of two that divides it */
    if (each == 0)
        return 1;
    if (each != even)
        return 0;
    return each < WEFT_BLOCK ? WEFT_BLOCK / each : 1;
}

/* The smallest piece that there may be; every piece is 2^k of them. 0: the loop cannot be cut. */
static int64_t grain_of(const weft_worker *w, const weft_step *step, int64_t total)
{
    const weft_block_plan *block = weft_block_of(w, step);
    const bool loop = step->kind == WEFT_STEP_LOOP;
    int64_t grain = 1;
    if (block->in_order || block->feeds)
        return 0;
    if (loop) { /* whole strips, if that leaves enough pieces; a power of two */
        const int64_t fair = total / (4 * (int64_t)w->run->seats);
        const int64_t strip = (int64_t)w->run->shapes[step->block].strip;
        for (grain = 64; grain < fair && grain < strip && grain < WEFT_MAX_VL;)
            grain *= 2;
    }
    for (uint32_t i = block->reductions; i;) {
        const weft_reduction_plan *plan = weft_reduction_number(w->plan, i - 1);
        if (weft_reduction_is_ordered(plan)) {
            const int64_t whole =
                loop ? WEFT_BLOCK : iterations_of_whole_blocks(elements_each(w, step->block, plan));
            if (whole == 0)
                return 0;
            grain = grain < whole ? whole : grain;
        }
        i = plan->next;
    }
    return grain;
}

/* How the loop is cut; false: into less than two pieces. */
static bool cut(const weft_worker *w, split_loop *l)
{
    const int64_t grain = grain_of(w, l->step, l->total);
    if (grain == 0)
        return false;
    const int64_t wanted = WEFT_PIECES_A_SEAT * (int64_t)l->seats;
    for (l->piece = grain; l->total / l->piece > wanted;)
        l->piece *= 2;
    l->pieces = (uint32_t)((l->total + l->piece - 1) / l->piece);
    return l->pieces > 1;
}

/* --- a piece ---------------------------------------------------------------------------------- */

static weft_partial *partials_of(const split_loop *l, uint32_t piece)
{
    return l->run->partials + (size_t)piece * l->run->plan->reductions.count;
}

static weft_status run_piece(weft_worker *w, const split_loop *l, uint32_t piece)
{
    const int64_t first = (int64_t)piece * l->piece;
    const int64_t last = l->total - first > l->piece ? first + l->piece : l->total;
    weft_partial *partials = partials_of(l, piece);
    memcpy(w->index, l->index, sizeof w->index); /* an error may have left it anywhere */
    w->strip_dim = -1;
    w->lanes = 1;
    weft_cpu_begin_reductions(w, l->block);
    WEFT_TRY(weft_cpu_range(w, l->step, first, last));
    for (uint32_t i = l->block->reductions; i;) {
        const weft_reduction_plan *plan = weft_reduction_number(w->plan, i - 1);
        partials[i - 1] = weft_reduction_end(&w->reductions[i - 1], plan, w->plan->kernels);
        i = plan->next;
    }
    return WEFT_OK;
}

/* Keeps the error of the first bad piece. */
static void note_error(split_loop *l, weft_worker *w, uint32_t piece)
{
    uint_least32_t seen = atomic_load_explicit(&l->first_bad, memory_order_relaxed);
    w->bad_piece = piece;
    while (piece < seen &&
           !atomic_compare_exchange_weak_explicit(&l->first_bad, &seen, piece, memory_order_relaxed,
                                                  memory_order_relaxed))
        continue;
}

/* --- a seat ----------------------------------------------------------------------------------- */

static cursor *cursor_of(const split_loop *l, uint32_t seat)
{
    return (cursor *)(void *)((char *)l->run->cursors + (size_t)seat * 64);
}

static uint32_t range_begin(const split_loop *l, uint32_t seat)
{
    return (uint32_t)((uint64_t)l->pieces * seat / l->seats);
}

/* Takes pieces from a seat's range until there are none. */
static void take_pieces(split_loop *l, weft_worker *w, uint32_t seat)
{
    cursor *at = cursor_of(l, seat);
    const uint32_t end = range_begin(l, seat + 1);
    while (atomic_load_explicit(&at->next, memory_order_relaxed) < end) {
        const uint32_t piece = atomic_fetch_add_explicit(&at->next, 1, memory_order_relaxed);
        if (piece >= end || piece > atomic_load_explicit(&l->first_bad, memory_order_relaxed) ||
            piece > w->bad_piece)
            return;
        if (run_piece(w, l, piece))
            note_error(l, w, piece);
    }
}

static void take_seat(void *data, uint32_t seat)
{
    split_loop *l = data;
    weft_worker *w = weft_cpu_worker(l->run, seat);
    if (!w->ready)
        weft_cpu_set_up(l->run, w);
    if (w != l->caller)
        memcpy(w->scalars, l->caller->scalars, sizeof w->scalars);
    w->error = &w->own_error;
    w->split = true;
    for (uint32_t i = 0; i < l->seats; i++)
        take_pieces(l, w, (seat + i) % l->seats);
    if (w->bad_piece == UINT32_MAX && weft_cpu_settle(w, l->step->pc))
        note_error(l, w, l->pieces - 1);
}

/* --- a loop ----------------------------------------------------------------------------------- */

static void join_reductions(weft_worker *w, const split_loop *l)
{
    const size_t step = l->run->plan->reductions.count;
    for (uint32_t i = l->block->reductions; i;) {
        const weft_reduction_plan *plan = weft_reduction_number(w->plan, i - 1);
        const bool loop = l->step->kind == WEFT_STEP_LOOP;
        const int64_t each = loop ? 1 : elements_each(w, l->step->block, plan);
        w->scalars[plan->scalar] =
            weft_partials_join(plan, partials_of(l, 0) + (i - 1), step, l->pieces, l->piece * each);
        i = plan->next;
    }
}

static weft_status first_error(const split_loop *l, weft_error *error)
{
    const uint32_t bad = atomic_load_explicit(&l->first_bad, memory_order_relaxed);
    for (uint32_t seat = 0; bad < l->pieces && seat < l->seats; seat++) {
        const weft_worker *w = weft_cpu_worker(l->run, seat);
        if (!w->ready || w->bad_piece != bad)
            continue;
        if (error)
            *error = w->own_error;
        return w->own_error.status;
    }
    return WEFT_OK;
}

weft_status weft_cpu_split(weft_worker *w, const weft_step *step, bool *done)
{
    const weft_binding *binding = w->run->binding;
    const weft_insn *insn = &w->plan->code->insns[step->pc];
    *done = false;
    if (w->run->seats < 2)
        return WEFT_OK;
    split_loop l = {.run = w->run,
                    .caller = w,
                    .step = step,
                    .block = weft_block_of(w, step),
                    .total = step->kind == WEFT_STEP_LOOP ? w->run->shapes[step->block].total
                                                          : binding->extents[insn->k]};
    const double nanoseconds = estimate(w, step->block) / 64;
    const double worth = 2 * nanoseconds / (double)binding->split_cost;
    if (worth < 2)
        return WEFT_OK;
    l.seats = worth < w->run->seats ? (uint32_t)worth : w->run->seats;
    if (!cut(w, &l))
        return WEFT_OK;
    memcpy(l.index, w->index, sizeof l.index);
    atomic_init(&l.first_bad, l.pieces);
    for (uint32_t seat = 0; seat < l.seats; seat++)
        atomic_init(&cursor_of(&l, seat)->next, range_begin(&l, seat));
    for (uint32_t seat = 0; seat < w->run->seats; seat++)
        weft_cpu_worker(w->run, seat)->bad_piece = UINT32_MAX;
    weft_error *error = w->error;
    WEFT_TRY(weft_cpu_settle(w, step->pc));
    if (!weft_threads_run(binding->threads, l.seats, take_seat, &l))
        return WEFT_OK; /* another run has the threads */
    *done = true;
    atomic_fetch_add_explicit(binding->loops_split, 1, memory_order_relaxed);
    take_seat(&l, 0); /* what a parallel_for of the user's has left */
    w->split = false;
    w->error = error;
    WEFT_TRY(first_error(&l, error));
    join_reductions(w, &l);
    return WEFT_OK;
}
