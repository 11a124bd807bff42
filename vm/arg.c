/* vm/arg.c: arguments from other descriptions of arrays: contiguous ones, views of buffers, DLPack
 * (weft/run.h). */
#include <string.h>

#include "isa/base.h"
#include "vm/vm.h"

weft_status weft_arg_contiguous(weft_arg *arg, const char *name, weft_dtype type, void *data,
                                int32_t rank, const int64_t *shape)
{
    size_t size = weft_dtype_size(type);
    if (!arg || size == 0 || rank < 0 || rank > WEFT_MAX_ARG_RANK || (rank && !shape))
        return WEFT_ERR_ARG;
    for (int32_t d = 0; d < rank; d++)
        if (shape[d] < 0)
            return WEFT_ERR_ARG;
    memset(arg, 0, sizeof *arg);
    arg->name = name;
    arg->data = data;
    arg->type = type;
    arg->rank = rank;
    uint64_t stride = size; /* wraps for impossible shapes, which weft_run refuses */
    for (int32_t d = rank - 1; d >= 0; d--) {
        arg->shape[d] = shape[d];
        arg->strides[d] = (int64_t)stride;
        stride *= (uint64_t)shape[d];
    }
    return WEFT_OK;
}

weft_status weft_arg_view(weft_arg *arg, const char *name, weft_buffer buffer, uint64_t offset,
                          weft_dtype type, int32_t rank, const int64_t *shape,
                          const int64_t *strides)
{
    weft_status status =
        buffer.id ? weft_arg_contiguous(arg, name, type, NULL, rank, shape) : WEFT_ERR_ARG;
    if (status)
        return status;
    for (int32_t d = 0; strides && d < rank; d++)
        arg->strides[d] = strides[d];
    arg->buffer = buffer;
    arg->offset = offset;
    return WEFT_OK;
}

/* The layout of DLPack's DLTensor, which its ABI fixes (dlpack.h, version 0.6 and 1.0). */
typedef struct dl_tensor {
    void *data;
    struct {
        int32_t type, id;
    } device;
    int32_t ndim;
    struct {
        uint8_t code, bits;
        uint16_t lanes;
    } dtype;
    int64_t *shape;
    int64_t *strides; /* in elements; NULL: contiguous */
    uint64_t byte_offset;
} dl_tensor;

enum { DL_CPU = 1, DL_CUDA_HOST = 3, DL_ROCM_HOST = 11 };
enum { DL_INT = 0, DL_UINT = 1, DL_FLOAT = 2, DL_BFLOAT = 4, DL_BOOL = 6 };

static weft_dtype dl_type(unsigned code, unsigned bits)
{
    static const struct {
        uint8_t code, bits;
        weft_dtype type;
    } known[] = {{DL_INT, 8, WEFT_I8},     {DL_INT, 16, WEFT_I16},   {DL_INT, 32, WEFT_I32},
                 {DL_INT, 64, WEFT_I64},   {DL_UINT, 8, WEFT_U8},    {DL_UINT, 16, WEFT_U16},
                 {DL_UINT, 32, WEFT_U32},  {DL_UINT, 64, WEFT_U64},  {DL_FLOAT, 16, WEFT_F16},
                 {DL_FLOAT, 32, WEFT_F32}, {DL_FLOAT, 64, WEFT_F64}, {DL_BFLOAT, 16, WEFT_BF16},
                 {DL_BOOL, 8, WEFT_BOOL}};
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (known[i].code == code && known[i].bits == bits)
            return known[i].type;
    return WEFT_NONE;
}

weft_status weft_arg_from_dlpack(weft_arg *arg, const char *name, const void *tensor)
{
    dl_tensor from;
    if (!arg || !tensor)
        return WEFT_ERR_ARG;
    memcpy(&from, tensor, sizeof from);
    weft_dtype type = dl_type(from.dtype.code, from.dtype.bits);
    bool host = from.device.type == DL_CPU || from.device.type == DL_CUDA_HOST ||
                from.device.type == DL_ROCM_HOST;
    if (!host || type == WEFT_NONE || from.dtype.lanes != 1 || from.ndim < 0 ||
        from.ndim > WEFT_MAX_ARG_RANK)
        return WEFT_ERR_UNSUPPORTED;
    void *data = from.data ? (char *)from.data + from.byte_offset : NULL;
    weft_arg made;
    weft_status status = weft_arg_contiguous(&made, name, type, data, from.ndim, from.shape);
    if (status)
        return status;
    for (int32_t d = 0; from.strides && d < from.ndim; d++)
        made.strides[d] = (int64_t)((uint64_t)from.strides[d] * weft_dtype_size(type));
    *arg = made;
    return WEFT_OK;
}
