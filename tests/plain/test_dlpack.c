/* tests/plain/test_dlpack.c: arguments from DLPack tensors, built with DLPack's own header, whose
 * layout vm/arg.c repeats. */
#include <string.h>

#include "tests/support/support.h"

#if !defined(__has_include)
#define HAS_DLPACK 1
#elif __has_include(<dlpack/dlpack.h>)
#define HAS_DLPACK 1
#else
#define HAS_DLPACK 0
#endif

#if !HAS_DLPACK
int main(void)
{
    puts("libdlpack-dev is not installed");
    return 77;
}
#else
#include <dlpack/dlpack.h>

enum { DL_BOOL = 6 }; /* kDLBool, which headers before 0.8 lack */

static float data[64];
static int64_t shape[7] = {3, 4, 2, 1, 1, 1, 1};

static DLTensor tensor_of(unsigned code, unsigned bits, int rank)
{
    DLTensor tensor;
    memset(&tensor, 0, sizeof tensor);
    tensor.data = data;
    tensor.device = (DLDevice){kDLCPU, 0};
    tensor.ndim = rank;
    tensor.dtype = (DLDataType){(uint8_t)code, (uint8_t)bits, 1};
    tensor.shape = shape;
    return tensor;
}

static void types(void)
{
    static const struct {
        unsigned code, bits;
        weft_dtype type;
    } cases[] = {{kDLInt, 8, WEFT_I8},         {kDLInt, 16, WEFT_I16},
                 {kDLInt, 32, WEFT_I32},       {kDLInt, 64, WEFT_I64},
                 {kDLUInt, 8, WEFT_U8},        {kDLUInt, 16, WEFT_U16},
                 {kDLUInt, 32, WEFT_U32},      {kDLUInt, 64, WEFT_U64},
                 {kDLFloat, 16, WEFT_F16},     {kDLFloat, 32, WEFT_F32},
                 {kDLFloat, 64, WEFT_F64},     {kDLBfloat, 16, WEFT_BF16},
                 {DL_BOOL, 8, WEFT_BOOL},      {kDLInt, 128, WEFT_NONE},
                 {kDLInt, 1, WEFT_NONE},       {kDLFloat, 8, WEFT_NONE},
                 {kDLFloat, 128, WEFT_NONE},   {kDLBfloat, 32, WEFT_NONE},
                 {DL_BOOL, 1, WEFT_NONE},      {kDLComplex, 64, WEFT_NONE},
                 {kDLComplex, 128, WEFT_NONE}, {kDLOpaqueHandle, 64, WEFT_NONE},
                 {255, 32, WEFT_NONE}};
    for (size_t i = 0; i < COUNT(cases); i++) {
        DLTensor tensor = tensor_of(cases[i].code, cases[i].bits, 3);
        weft_arg arg;
        memset(&arg, 0x55, sizeof arg);
        weft_arg before = arg;
        weft_status status = weft_arg_from_dlpack(&arg, "x", &tensor);
        if (cases[i].type == WEFT_NONE) {
            EXPECT(status == WEFT_ERR_UNSUPPORTED && memcmp(&before, &arg, sizeof arg) == 0);
            continue;
        }
        int64_t size = cases[i].bits / 8;
        EXPECT(status == WEFT_OK && arg.type == cases[i].type && arg.rank == 3);
        EXPECT(arg.data == data && strcmp(arg.name, "x") == 0);
        EXPECT(arg.buffer.id == 0 && arg.offset == 0);
        EXPECT(arg.shape[0] == 3 && arg.shape[1] == 4 && arg.shape[2] == 2);
        EXPECT(arg.strides[0] == 8 * size && arg.strides[1] == 2 * size && arg.strides[2] == size);
    }
}

static void strides_and_offset(void)
{
    int64_t strides[3] = {-1, 6, 0};
    DLTensor tensor = tensor_of(kDLFloat, 32, 3);
    weft_arg arg;
    tensor.strides = strides;
    tensor.byte_offset = 20;
    EXPECT(weft_arg_from_dlpack(&arg, NULL, &tensor) == WEFT_OK);
    EXPECT(arg.strides[0] == -4 && arg.strides[1] == 24 && arg.strides[2] == 0);
    EXPECT(arg.data == (char *)data + 20 && !arg.name);
    tensor.dtype.code = DL_BOOL;
    tensor.dtype.bits = 8;
    EXPECT(weft_arg_from_dlpack(&arg, NULL, &tensor) == WEFT_OK && arg.strides[1] == 6);
    tensor.data = NULL;
    EXPECT(weft_arg_from_dlpack(&arg, NULL, &tensor) == WEFT_OK && !arg.data);
    DLTensor scalar = tensor_of(kDLBfloat, 16, 0);
    scalar.shape = NULL;
    EXPECT(weft_arg_from_dlpack(&arg, NULL, &scalar) == WEFT_OK && arg.rank == 0);
    DLTensor most = tensor_of(kDLInt, 64, WEFT_MAX_ARG_RANK);
    EXPECT(weft_arg_from_dlpack(&arg, NULL, &most) == WEFT_OK && arg.rank == WEFT_MAX_ARG_RANK);
    EXPECT(arg.strides[0] == 64 && arg.strides[4] == 8);
}

static void refused(void)
{
    DLTensor good = tensor_of(kDLFloat, 32, 2), bad;
    weft_arg arg;
    EXPECT(weft_arg_from_dlpack(NULL, "x", &good) == WEFT_ERR_ARG);
    EXPECT(weft_arg_from_dlpack(&arg, "x", NULL) == WEFT_ERR_ARG);
    static const int devices[] = {kDLCUDA,   kDLOpenCL,      kDLVulkan, kDLMetal, kDLROCM,
                                  kDLExtDev, kDLCUDAManaged, 0,         -1};
    for (size_t i = 0; i < COUNT(devices); i++) {
        bad = good;
        memcpy(&bad.device.device_type, &devices[i], sizeof devices[i]);
        EXPECT(weft_arg_from_dlpack(&arg, "x", &bad) == WEFT_ERR_UNSUPPORTED);
    }
    static const DLDeviceType hosts[] = {kDLCPU, kDLCUDAHost, kDLROCMHost};
    for (size_t i = 0; i < COUNT(hosts); i++) {
        bad = good;
        bad.device.device_type = hosts[i];
        EXPECT(weft_arg_from_dlpack(&arg, "x", &bad) == WEFT_OK);
    }
    for (unsigned lanes = 0; lanes < 5; lanes++) {
        bad = good;
        bad.dtype.lanes = (uint16_t)lanes;
        EXPECT(weft_arg_from_dlpack(&arg, "x", &bad) ==
               (lanes == 1 ? WEFT_OK : WEFT_ERR_UNSUPPORTED));
    }
    static const int ranks[] = {-1, 6, 7, INT32_MAX, INT32_MIN};
    for (size_t i = 0; i < COUNT(ranks); i++) {
        bad = good;
        bad.ndim = ranks[i];
        EXPECT(weft_arg_from_dlpack(&arg, "x", &bad) == WEFT_ERR_UNSUPPORTED);
    }
    int64_t negative[2] = {3, -1};
    bad = good;
    bad.shape = negative;
    EXPECT(weft_arg_from_dlpack(&arg, "x", &bad) == WEFT_ERR_ARG);
    bad.shape = NULL;
    EXPECT(weft_arg_from_dlpack(&arg, "x", &bad) == WEFT_ERR_ARG);
}

/* y = 2x of the transposed tensor, behind an offset. */
static void runs(void)
{
    static float y[12];
    int64_t turned_shape[2] = {4, 3}, turned[2] = {1, 4};
    DLTensor from = tensor_of(kDLFloat, 32, 2), to = from;
    from.shape = to.shape = turned_shape;
    from.strides = turned;
    from.byte_offset = 8;
    to.data = y;
    for (int i = 0; i < 64; i++)
        data[i] = (float)i;
    weft_arg args[2];
    EXPECT(weft_arg_from_dlpack(&args[0], "x", &from) == WEFT_OK);
    EXPECT(weft_arg_from_dlpack(&args[1], "y", &to) == WEFT_OK);
    weft_error error;
    EXPECT(test_run(".space 2\n.in x f32\n.out y f32\nloop\nld.f32 v0, [x]\nadd.f32 v0, v0, v0\n"
                    "st.f32 v0, [y]\nend\nexit\n",
                    args, 2, &error) == WEFT_OK);
    for (int i = 0; i < 4; i++)
        for (int j = 0; j < 3; j++)
            EXPECT(y[i * 3 + j] == 2 * data[2 + i + 4 * j]);
}

int main(void)
{
    types();
    strides_and_offset();
    refused();
    runs();
    return 0;
}
#endif
