/* backends/cpu.h: what the rooms of the CPU backend share. cpu.c runs steps, cpu_loops.c the blocks
 * around them, cpu_split.c spreads loops over threads, cpu_layout.c lays out a run's memory and the
 * shapes of its loops, cpu_reduce.c holds reductions. Nothing here is seen from outside but
 * weft_cpu_run (backends/backend.h). */
#ifndef WEFT_BACKENDS_CPU_H
#define WEFT_BACKENDS_CPU_H

#include <pthread.h>

#include "backends/backend.h"
#include "backends/cpu_reduce.h"

/* The elements of a loop, as they are run over: its dimensions, from the outermost, those that are
 * contiguous for every array made one; strips lie along the last. */
typedef struct weft_shape {
    int64_t total; /* elements; 0: the loop does nothing */
    uint8_t rank;
    uint8_t dim[WEFT_MAX_RANK]; /* dimension of the index space whose steps each one takes */
    int64_t extent[WEFT_MAX_RANK];
    size_t strip; /* most elements at a time */
    bool plain;   /* they need no strip registers */
    bool prefetch;
    bool stream; /* what is only written goes past the caches */
} weft_shape;

typedef struct weft_cpu_state weft_cpu_state;

/* One thread's part of a run. */
typedef struct weft_worker {
    const weft_plan *plan;
    const weft_bound_array *arrays;
    weft_cpu_state *run;
    weft_error *error;            /* or NULL */
    int64_t index[WEFT_MAX_RANK]; /* of the present element; of a strip's first element */
    int strip_dim;                /* dimension along which the present strip lies, or -1 */
    bool prefetch, stream, plain; /* of the loop's shape */
    bool split;                   /* the loop is over threads: those inside it are not */
    size_t lanes;                 /* elements of the present strip; 1 outside */
    uint64_t cost, slack; /* since the run's cost was brought up to date; how much it may become */
    char *spare;          /* a strip's worth of room for what cannot be done in place */
    char *homes;          /* room of the strip registers, ... */
    size_t homes_for;     /* ... and the length of strip for which it is divided now */
    weft_reduction *reductions; /* by number */
    uint32_t bad_piece;         /* of a split loop, in which own_error happened */
    bool ready;                 /* set up */
    uint64_t scalars[WEFT_MAX_SCALARS];
    weft_error own_error; /* of a worker that is not the caller */
    void *place[];        /* plan->n_places of them */
} weft_worker;

struct weft_cpu_state {
    const weft_binding *binding;
    const weft_plan *plan;
    weft_shape *shapes; /* by block; of loops */
    char *workers;      /* one behind the other */
    size_t worker_bytes, reductions_at, spare_at, homes_at;
    uint32_t seats;         /* workers that there is room for */
    weft_partial *partials; /* of a split loop's pieces */
    void *cursors;          /* of a split loop's seats, a cache line each */
    pthread_t caller;
    atomic_uint_least64_t cost;
};

enum { WEFT_PIECES_A_SEAT = 16 }; /* pieces of a split loop for each seat, at most twice as many */

/* cpu_layout.c: shapes and memory. *out lies in the room. */
weft_status weft_cpu_lay_out(const weft_binding *binding, weft_room *room, weft_cpu_state **out,
                             weft_error *error);
/* Elements of a strip of that loop, with or without hints for the next one. */
size_t weft_cpu_strip_length(const weft_binding *binding, const weft_block_plan *block,
                             bool prefetch);
weft_worker *weft_cpu_worker(const weft_cpu_state *run, uint32_t seat);
/* Makes a worker ready, its scalars zero. */
void weft_cpu_set_up(weft_cpu_state *run, weft_worker *w);
/* Divides the room of the strip registers for strips of that length. */
void weft_cpu_place_homes(weft_worker *w, size_t strip);

/* cpu.c */
/* Runs steps from `at` to the end of its block or function, or of the program. */
weft_status weft_cpu_steps(weft_worker *w, uint32_t at);
/* Adds the worker's cost to the run's: budget, cancellation, progress. */
weft_status weft_cpu_settle(weft_worker *w, uint32_t pc);

/* cpu_loops.c */
weft_status weft_cpu_block(weft_worker *w, const weft_step *step);
/* Starts the reductions that end with the block. */
void weft_cpu_begin_reductions(weft_worker *w, const weft_block_plan *block);
/* Elements first to last - 1 of a loop, or iterations of an `each`. */
weft_status weft_cpu_range(weft_worker *w, const weft_step *step, int64_t first, int64_t last);

/* cpu_split.c: a loop or `each` over threads; *done false: not worth it, or not possible. */
weft_status weft_cpu_split(weft_worker *w, const weft_step *step, bool *done);

/* Whether a load, store or operation on segments can use an array where it lies: its elements, with
 * all their values, stand one behind the other along the dimension, and nothing forbids it. */
static inline bool weft_lies_close(const weft_bound_array *array, const weft_step *step, int dim)
{
    return array->stride[dim] == (int64_t)step->size * step->width && array->aligned &&
           (step->width == 1 || array->component == step->size) &&
           !(array->mixed && (step->flags & WEFT_HAZARD));
}

static inline const weft_block_plan *weft_block_of(const weft_worker *w, const weft_step *step)
{
    return (const weft_block_plan *)w->plan->blocks.data + step->block;
}

static inline const weft_reduction_plan *weft_reduction_number(const weft_plan *plan, uint32_t i)
{
    return (const weft_reduction_plan *)plan->reductions.data + i;
}

#endif
