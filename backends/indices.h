/* backends/indices.h: the check of what a program computes itself: indices of gathers and scatters.
 * All backends end a run with the same message. */
#ifndef WEFT_BACKENDS_INDICES_H
#define WEFT_BACKENDS_INDICES_H

#include "backends/backend.h"

/* Whether the n indices of the gather or scatter at pc, i32 or i64 as the instruction says, lie in
 * its table. To be called before any access: a scatter that fails stores nothing of its strip.
 * `index` and `strip_dim` are the present element: indices in the index space, and the dimension
 * along which the strip lies that begins there, or -1. WEFT_ERR_RANGE: *error, where it is not
 * NULL, names the first that is out of range and its element. */
weft_status weft_check_indices(const weft_binding *binding, uint32_t pc, const void *indices,
                               size_t n, const int64_t index[WEFT_MAX_RANK], int strip_dim,
                               weft_error *error);

#endif
