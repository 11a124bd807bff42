/* backends/backend.h: what a backend is: something that runs a bound, verified program.
 * vm/bind.c fills in a binding: every address in it has been proved to lie inside its array, so a
 * backend checks only what a program computes: indices of gathers and scatters. */
#ifndef WEFT_BACKENDS_BACKEND_H
#define WEFT_BACKENDS_BACKEND_H

#include <stdatomic.h>
#include <weft/run.h>

#include "isa/verify.h"
#include "simd/kernel.h"

/* An array bound to a parameter. */
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
} weft_binding;

/* The reference backend: the strip loop, one kernel call per instruction, on the calling thread. */
weft_status weft_interp_run(const weft_binding *binding, weft_error *error);

#endif
