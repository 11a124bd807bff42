/* backends/indices.c: indices of gathers and scatters (backends/indices.h). */
#include "backends/indices.h"

#include <string.h>

/* Linear index in the index space of a lane of the present strip. */
static int64_t element_of(const weft_binding *binding, const int64_t index[WEFT_MAX_RANK],
                          int strip_dim, size_t lane)
{
    int64_t linear = 0;
    for (int d = 0; d < binding->code->rank; d++)
        linear = linear * binding->extents[d] + index[d] + (d == strip_dim ? (int64_t)lane : 0);
    return linear;
}

static int64_t read_index(const void *indices, size_t lane, bool wide)
{
    int32_t narrow;
    int64_t index;
    if (!wide) {
        memcpy(&narrow, (const char *)indices + lane * sizeof narrow, sizeof narrow);
        return narrow;
    }
    memcpy(&index, (const char *)indices + lane * sizeof index, sizeof index);
    return index;
}

weft_status weft_check_indices(const weft_binding *binding, uint32_t pc, const void *indices,
                               size_t n, const int64_t index[WEFT_MAX_RANK], int strip_dim,
                               weft_error *error)
{
    const weft_insn *insn = &binding->code->insns[pc];
    const int64_t rows = binding->arrays[insn->param].length;
    const bool wide = insn->type2 == WEFT_I64;
    const size_t first = binding->kernels->check_indices[wide](indices, rows, n);
    if (first == n)
        return WEFT_OK;
    weft_fail_pc(error, WEFT_ERR_RANGE, pc, "index %lld of '%s' is out of range: it has %lld rows",
                 (long long)read_index(indices, first, wide),
                 binding->code->params[insn->param].name, (long long)rows);
    if (error)
        error->element = element_of(binding, index, strip_dim, first);
    return WEFT_ERR_RANGE;
}
