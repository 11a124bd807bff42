/* vm/bind.h: putting arguments to parameters: names, types, shapes, overlaps, bounds.
 * What passes here can be run without another look at an address. */
#ifndef WEFT_VM_BIND_H
#define WEFT_VM_BIND_H

#include "backends/backend.h"
#include "vm/vm.h"

/* --- shape.c: arguments to parameters, and the index space that they span --------------------- */

/* args[i] of each parameter i, or NULL. Checks names, types and shapes by themselves. */
weft_status weft_match_args(const weft_code *code, const weft_arg *args, size_t nargs,
                            const weft_arg *matched[], weft_error *error);
/* Extents of the index space; -1 where nothing says. `space` may fix them. */
weft_status weft_infer_space(const weft_code *code, const weft_arg *const matched[],
                             const int64_t *space, int64_t extents[WEFT_MAX_RANK],
                             weft_error *error);
/* Dimensions of the index space that a parameter has, in order; returns how many. */
unsigned weft_param_dims(const weft_param *param, unsigned dims[WEFT_MAX_RANK]);
/* Which dimension of the argument is number `i` of those; -1: missing, repeated. */
int weft_arg_axis(const weft_param *param, const weft_arg *arg, unsigned i);
/* The axis of a uniform or table that steps from row to row: the last one of more than one element
 * (along the others no step is ever taken), else the first; -1 where there is no dimension of rows.
 */
int weft_arg_row_axis(const weft_param *param, const weft_arg *arg);

/* --- overlap.c: which memory an argument touches ---------------------------------------------- */

/* An array as a set of bytes: a lowest address, and steps upward from there. */
typedef struct weft_region {
    uintptr_t low;
    uint64_t span; /* bytes from low to behind the last one; 0: no elements */
    unsigned rank; /* dimensions of more than one element, the smallest step first */
    uint64_t step[WEFT_MAX_ARG_RANK];
    uint64_t count[WEFT_MAX_ARG_RANK];
    uint64_t element;
} weft_region;

/* The bytes from the argument's first element on, as a range: *low <= 0, and *high behind the last.
 * False: it has no elements. To be called after weft_match_args, which limits the extents. */
bool weft_arg_reach(const weft_arg *arg, weft_int128 *low, weft_int128 *high);
/* Fills in the argument's region. Fails if the argument's memory is not addressable, and, for one
 * that is written, if elements of it share memory. */
weft_status weft_check_extent(const weft_param *param, const weft_arg *arg, weft_region *region,
                              weft_error *error);
/* Fails if an array that is written shares memory with another in a way the program cannot bear.
 * Those that share it in a way it can bear are marked as mixed in `arrays`. */
weft_status weft_check_overlaps(const weft_code *code, const weft_facts *facts,
                                const weft_arg *const matched[], const weft_region *regions,
                                weft_bound_array *arrays, weft_error *error);

/* --- bounds.c: the addresses that the verifier left to prove ---------------------------------- */

/* trips: room for an element for each of the program's bounds. */
weft_status weft_check_bounds(const weft_binding *binding, int64_t *trips, weft_error *error);

/* --- binding.c: all of it --------------------------------------------------------------------- */

/* An argument that names a buffer, with its address. */
typedef struct weft_run_view {
    weft_arg arg;
    weft_storage *storage; /* which the run keeps */
} weft_run_view;

/* One run; what it points to follows it in its room. */
typedef struct weft_run_state {
    weft_binding binding;
    weft_context *context;
    weft_bound_array *arrays; /* these have an element for each parameter */
    size_t *pool_bytes;       /* taken from the context's pools; 0: no pool */
    weft_region *regions;
    const weft_arg **matched;
    int64_t *trips;       /* one for each bound of the program */
    weft_run_view *views; /* one for each argument that names a buffer */
    size_t n_views;       /* kept so far */
    uint32_t looked_at; /* parameters whose functions are kept, if they are some: the first ones */
    bool dense; /* all parameters are arrays and uniforms, bound the usual way: nothing is taken */
} weft_run_state;

/* Puts arguments to parameters, in the room. Takes the context's lock, once, where an argument
 * names a buffer, the program has functions, or the lock was not taken for this run before. *out
 * may be NULL on error; where it is not, and after a run, weft_unbind gives back what was taken. */
weft_status weft_bind(weft_context *context, weft_program *program, weft_workroom *room,
                      const weft_arg *args, size_t nargs, const int64_t *space, bool locked_before,
                      weft_run_state **out, weft_error *error);
void weft_unbind(weft_run_state *run);

#endif
