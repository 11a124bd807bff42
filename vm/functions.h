/* vm/functions.h: a context's table of the user's functions (weft/function.h), and their use by
 * runs. */
#ifndef WEFT_VM_FUNCTIONS_H
#define WEFT_VM_FUNCTIONS_H

#include <stdatomic.h>

#include "backends/backend.h"

typedef struct weft_registered {
    weft_bound_function bound; /* first: runs know no more than this */
    struct weft_registered *next;
    char name[WEFT_MAX_NAME + 1];
    uint8_t result; /* weft_dtype */
    uint32_t signature, flags;
    void (*release)(void *user);
    atomic_size_t pins; /* runs that use it: more only under the lock to read, fewer at any time */
} weft_registered;

enum { WEFT_FUNCTION_BUCKETS = 64 }; /* of the table, by hash of the name */

/* Removes all functions but those that a run uses. */
void weft_functions_clear(weft_context *context);

/* Finds the function that the parameter declares, and keeps it until weft_function_unpin. To be
 * called with the context's lock held (shared). WEFT_ERR_BIND: there is none, or another one. */
weft_status weft_function_pin(weft_context *context, const weft_param *param,
                              const weft_bound_function **pinned, weft_error *error);
/* Takes no lock. */
void weft_function_unpin(const weft_bound_function *pinned);

/* Checks name, types and flags of a description. WEFT_ERR_ARG. */
weft_status weft_function_check(const weft_function_info *info, weft_error *error);
/* The signature, one number, of a function with those arguments. */
uint32_t weft_signature_of(const weft_dtype *args, unsigned count);

#endif
