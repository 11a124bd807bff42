/* backends/backends.c: the backends (backends/backend.h), by their numbers in weft/context.h. */
#include "backends/backend.h"

const weft_backend_row weft_backends[] = {
    [WEFT_BACKEND_CPU] = {weft_cpu_run, true, true},
    [WEFT_BACKEND_REFERENCE] = {weft_interp_run, false, false},
};
_Static_assert(sizeof weft_backends / sizeof weft_backends[0] == WEFT_BACKEND_COUNT,
               "a backend of weft/context.h has no row in backends/backends.c");
