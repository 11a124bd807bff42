/* vm/vm.h: what the files of this floor share: the context and the program behind their handles. */
#ifndef WEFT_VM_VM_H
#define WEFT_VM_VM_H

#include <stdatomic.h>
#include <weft/run.h>

#include "isa/verify.h"
#include "simd/levels.h"

struct weft_context {
    weft_allocator allocator;
    uint32_t strip_length;
    const weft_kernel_table *kernels; /* of its level */
    atomic_size_t references;         /* the user's, and one for each thing made in it */
};

struct weft_program {
    weft_context *context;
    weft_code code;
    weft_facts facts;
    atomic_size_t references;
};

struct weft_cancel {
    weft_context *context;
    atomic_bool requested;
};

/* One more thing lives in the context, or one less; the last one frees it. */
weft_context *weft_context_retain(weft_context *context);
void weft_context_release(weft_context *context);

/* Memory for the user to give back with weft_free, or NULL. */
void *weft_user_alloc(weft_context *context, size_t size);

/* Copies an option struct that may be older than ours: its first *given bytes (a size_t that says
 * how long it is). False if that is impossible. `options` NULL leaves all zero. */
bool weft_options_copy(void *copy, size_t copy_size, const void *options);

#endif
