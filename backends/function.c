/* backends/function.c: a call of a user's function, the same for all backends (backends/backend.h).
 */
#include <string.h>

#include "backends/backend.h"

void weft_function_apply(const weft_bound_function *function, const weft_insn *insn, void *dst,
                         const void *const strips[WEFT_MAX_FUNCTION_ARGS], void *spare, size_t n)
{
    const uint32_t signature = (uint32_t)insn->off;
    const void *args[WEFT_MAX_FUNCTION_ARGS] = {NULL, NULL, NULL};
    for (unsigned i = 0; i < weft_signature_count(signature); i++) {
        args[i] = strips[i];
        if (args[i] == dst) /* in every argument that it is: they are the same then */
            args[i] = memcpy(spare, dst, n * weft_dtype_size(weft_signature_type(signature, i)));
    }
    function->call(function->user, dst, args, n);
    if (insn->type == WEFT_BOOL) {
        uint8_t *truth = dst;
        for (size_t i = 0; i < n; i++)
            truth[i] = truth[i] != 0;
    }
}
