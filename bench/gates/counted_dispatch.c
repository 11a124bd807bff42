/* bench/gates/counted_dispatch.c: the way from a call to its kernel, for one element: the direct
 * API, and the dispatcher inline and by a program from the cache.
 * Neighbours: bench/gates/instructions.h. */
#include <stdalign.h>

#include "bench/gates/instructions.h"

enum { CALLS = 100 };

static alignas(64) float a[COUNTED_STRIP], b[COUNTED_STRIP], y[COUNTED_STRIP];
static uint32_t add_op;

static weft_status direct_add(void *self)
{
    (void)self;
    return weft_add_f32(y, a, b, 1);
}

static weft_status direct_sum(void *self)
{
    (void)self;
    return weft_sum_f32(y, a, 1);
}

static weft_status vec_add(void *self)
{
    return weft_vec_add(self, WEFT_F32, y, a, b, 1);
}

static weft_status vec_add_scalar(void *self)
{
    return weft_vec_adds(self, WEFT_F32, y, a, b, 1);
}

static weft_status vec_sum(void *self)
{
    return weft_vec_sum(self, WEFT_F32, y, a, 1);
}

static weft_status vec_apply(void *self)
{
    const void *const inputs[] = {a, b};
    return weft_vec_apply(self, add_op, WEFT_F32, y, inputs, 1);
}

/* In a context that has a program for all that is longer than one element. */
static weft_status vec_add_program(void *self)
{
    return weft_vec_add(self, WEFT_F32, y, a, b, 2);
}

weft_status counted_dispatch(counted_setting *setting, weft_error *error)
{
    weft_context *context = setting->context, *programs;
    const weft_context_options options = {.size = sizeof options,
                                          .allocator = setting->allocator,
                                          .strip_length = COUNTED_STRIP,
                                          .threads = 1,
                                          .inline_elements = 1};
    weft_status status = weft_context_create(&options, &programs);
    (void)error;
    add_op = (uint32_t)weft_op_index("add");
    if (!status)
        status = counted_add(setting, "dispatch/direct-add", CALLS, direct_add, NULL);
    if (!status)
        status = counted_add(setting, "dispatch/direct-sum", CALLS, direct_sum, NULL);
    if (!status)
        status = counted_add(setting, "dispatch/vec-add", CALLS, vec_add, context);
    if (!status)
        status = counted_add(setting, "dispatch/vec-add-scalar", CALLS, vec_add_scalar, context);
    if (!status)
        status = counted_add(setting, "dispatch/vec-sum", CALLS, vec_sum, context);
    if (!status)
        status = counted_add(setting, "dispatch/vec-apply", CALLS, vec_apply, context);
    if (!status)
        status = counted_add(setting, "dispatch/vec-add-program", CALLS, vec_add_program, programs);
    return status;
}
