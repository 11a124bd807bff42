/* vm/inline_run.c: whether a run is one call of one kernel (vm/inline_run.h). */
#include "vm/inline_run.h"

#include <string.h>

/* The argument of a parameter: n elements, or, with n < 0, a single one. NULL where it is not as
 * simple as that. Names are not looked at. */
static inline const char *memory_of(const weft_arg *arg, unsigned type, size_t size, int64_t n)
{
    const bool shaped =
        n < 0 ? arg->rank == 0
              : arg->rank == 1 && arg->shape[0] == n && arg->strides[0] == (int64_t)size;
    const bool simple = shaped && arg->type == (weft_dtype)type && arg->buffer.id == 0 &&
                        arg->offset == 0 && ((uintptr_t)arg->data & (size - 1)) == 0;
    return simple ? arg->data : NULL;
}

static inline bool are_apart(const void *a, size_t a_bytes, const void *b, size_t b_bytes)
{
    const uintptr_t x = (uintptr_t)a, y = (uintptr_t)b;
    return x + a_bytes <= y || y + b_bytes <= x;
}

static bool are_in_order(const weft_code *code, const weft_arg *args, size_t nargs)
{
    bool right = true;
    for (size_t i = 0; i < nargs; i++)
        right &= !args[i].name || strcmp(args[i].name, code->params[i].name) == 0;
    return right;
}

bool weft_inline_match(const weft_plan *plan, const weft_arg *args, size_t nargs, uint64_t most,
                       weft_call_operands *call)
{
    enum { SMALL = 1 << 30 }; /* elements: nothing computed from them overflows */
    const weft_call_plan *p = &plan->call;
    const weft_arg *to = &args[p->result];
    if (nargs != plan->code->n_params)
        return false;
    const int64_t n = to->shape[0]; /* its rank is looked at below */
    if (n < 1 || n > SMALL || (uint64_t)n > most)
        return false;
    const size_t bytes = (size_t)n * p->size[p->result];
    const char *dst = to->data;
    bool named = false;
    if (!dst || (uintptr_t)dst > UINTPTR_MAX - bytes)
        return false;
    for (size_t i = 0; i < nargs; i++) { /* the result too, which is the same array as itself */
        const bool single = p->singles >> i & 1;
        const size_t size = p->size[i], reach = single ? size : (size_t)n * size;
        const char *memory = memory_of(&args[i], p->type[i], size, single ? -1 : n);
        const bool same = memory == dst && !single && p->type[i] == p->type[p->result];
        if (!memory || (uintptr_t)memory > UINTPTR_MAX - reach ||
            (!same && !are_apart(dst, bytes, memory, reach)))
            return false;
        named |= args[i].name != NULL;
        call->in[i] = memory;
    }
    if (named && !are_in_order(plan->code, args, nargs))
        return false;
    for (unsigned i = 0; i < p->n_constants; i++)
        call->in[WEFT_CALL_PARAMS + i] = &p->constant[i];
    call->in[WEFT_CALL_NONE] = NULL;
    call->dst = to->data;
    call->n = (size_t)n;
    return true;
}
