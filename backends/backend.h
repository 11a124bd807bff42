/* backends/backend.h: what a backend is: something that runs a bound, verified program.
 * vm/bind.c fills in a binding: every address in it has been proved to lie inside its array, so a
 * backend checks only what a program computes: indices of gathers and scatters. */
#ifndef WEFT_BACKENDS_BACKEND_H
#define WEFT_BACKENDS_BACKEND_H

#include <stdatomic.h>
#include <weft/run.h>

#include "backends/plan.h"
#include "backends/threads.h"

/* A user's function (weft/function.h). */
typedef struct weft_bound_function {
    weft_function *call;
    void *user;
} weft_bound_function;

/* What is bound to a parameter: an array, or a function. */
typedef struct weft_bound_array {
    char *data;
    int64_t
        stride[WEFT_MAX_RANK]; /* bytes per step along each dimension of the index space: 0 where
                                  the parameter lacks it or the argument is repeated along it */
    int64_t row;       /* bytes per element along the last dimension, for address offsets; bytes per
                          row of a uniform, table or pool */
    int64_t component; /* bytes between the values of a segment */
    int64_t length;    /* rows of a uniform, table or pool */
    int64_t extent[WEFT_MAX_RANK]; /* dimensions of a table's array */
    bool aligned;                  /* every element lies at a multiple of its size */
    bool mixed; /* the program, perhaps by way of another parameter, may both read and write it */
    const weft_bound_function *function; /* of a function; nothing else is set then */
} weft_bound_array;

/* What a run needs from outside; shared by all threads of a run. */
typedef struct weft_run_control {
    uint64_t budget;
    atomic_bool *cancelled; /* or NULL; another thread sets it */
    int (*progress)(void *user, uint64_t cost);
    void *progress_user;
} weft_run_control;

typedef struct weft_binding {
    const weft_allocator *allocator;
    const weft_code *code;
    const weft_facts *facts;
    const weft_kernel_table *kernels; /* of the context's level */
    const weft_bound_array *arrays;   /* by parameter */
    int64_t extents[WEFT_MAX_RANK];   /* of the index space; 1 beyond its rank */
    uint32_t strip_length;            /* asked for by the user, or 0 */
    weft_run_control control;
    const weft_plan *plan; /* for a backend that wants it, else NULL */
    weft_threads *threads; /* likewise; NULL: the calling thread only */
    /* For the CPU backend: */
    uint32_t thread_count;              /* the caller's included */
    uint64_t split_cost;                /* nanoseconds of work from which on a loop is split */
    atomic_uint_least64_t *loops_split; /* counts them */
    size_t l1_bytes, l2_bytes;          /* caches of one core */
} weft_binding;

/* Memory that a run works in, kept for the next one. Zero-initialise. */
typedef struct weft_room {
    void *memory;
    size_t size;
} weft_room;

/* At least so many bytes, not cleared; what was in the room is lost. NULL: out of memory. */
void *weft_room_reserve(const weft_allocator *allocator, weft_room *room, size_t size);
void weft_room_free(const weft_allocator *allocator, weft_room *room);

/* Applies a function to n elements of strips, as an instruction says; an argument that is `dst` is
 * copied first, to `spare`, which has room for n elements of 8 bytes. */
void weft_function_apply(const weft_bound_function *function, const weft_insn *insn, void *dst,
                         const void *const strips[WEFT_MAX_FUNCTION_ARGS], void *spare, size_t n);

/* What runs a binding. In the room lies what the backend's last run there left, of any program. */
typedef weft_status weft_backend_run(const weft_binding *binding, weft_room *room,
                                     weft_error *error);

/* The reference backend: the strip loop, one kernel call per instruction, on the calling thread. */
weft_backend_run weft_interp_run;
/* The CPU backend: a plan's steps in place, over threads. Allocates nothing where the room is large
 * enough. */
weft_backend_run weft_cpu_run;

/* What the floor above needs to know of each (backends.c). */
typedef struct weft_backend_row {
    weft_backend_run *run;
    bool plans;   /* wants a plan in its bindings */
    bool threads; /* wants the context's threads there, if it has more than one */
} weft_backend_row;
extern const weft_backend_row weft_backends[]; /* [weft_backend] */

#endif
