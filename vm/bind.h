/* vm/bind.h: putting arguments to parameters: names, types, shapes, overlaps, bounds.
 * What passes here can be run without another look at an address. */
#ifndef WEFT_VM_BIND_H
#define WEFT_VM_BIND_H

#include "backends/backend.h"
#include "vm/vm.h"

/* --- shape.c: arguments to parameters, and the index space that they span --------------------- */

/* args[i] of each parameter i, or NULL. Checks names, types and shapes by themselves. */
weft_status weft_match_args(const weft_code *code, const weft_arg *args, size_t nargs,
                            const weft_arg *matched[WEFT_MAX_PARAMS], weft_error *error);
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

/* The bytes from the argument's first element on, as a range: *low <= 0, and *high behind the last.
 * False: it has no elements. To be called after weft_match_args, which limits the extents. */
bool weft_arg_reach(const weft_arg *arg, weft_int128 *low, weft_int128 *high);
/* Fails if the argument's memory is not addressable, and, for one that is written, if elements of
 * it share memory. */
weft_status weft_check_extent(const weft_param *param, const weft_arg *arg, weft_error *error);
/* Fails if an array that is written shares memory with another in a way the program cannot bear. */
weft_status weft_check_overlaps(const weft_code *code, const weft_facts *facts,
                                const weft_arg *const matched[], weft_error *error);

/* --- bounds.c: the addresses that the verifier left to prove ---------------------------------- */

weft_status weft_check_bounds(const weft_binding *binding, weft_error *error);

#endif
