/* vm/direct.c: the direct API (weft/ops.h): one operation on arrays, checked and handed to the
 * kernel of the process's level. The functions are expanded from isa/ops.def by vm/ops_api.inc. */
#include <math.h>
#include <stdatomic.h>
#include <stddef.h>
#include <string.h>
#include <weft/ops.h>

#include "isa/isa.h"
#include "simd/levels.h"
#include "simd/reduce.h"
#include "simd/stream.h"

/* The kernels of the process's level; NULL where WEFT_LEVEL asks for one that is not there. */
static inline const weft_kernel_table *process_kernels(void)
{
    const weft_kernel_table *kernels =
        atomic_load_explicit(&weft_process_kernels, memory_order_acquire);
    return kernels ? kernels : weft_level_kernels(WEFT_LEVEL_AUTO, NULL);
}

/* A call with n = 1 takes a few nanoseconds, so what follows is inlined into every function, where
 * the sizes are constants, and has as few branches as it can. */
#if defined(__GNUC__)
#define INLINED __attribute__((always_inline)) static inline
#define COLD    __attribute__((noinline, cold)) static
#else
#define INLINED static inline
#define COLD    static
#endif

/* Bytes of an element of dst and of up to three inputs, in one constant; 0: there is no such input,
 * or it is a scalar, which is not checked. */
#define SIZES(dst, a, b, c)                                                                        \
    ((unsigned)(dst) | (unsigned)(a) << 8 | (unsigned)(b) << 16 | (unsigned)(c) << 24)
INLINED size_t size_in(unsigned sizes, int operand) /* 0: dst; 1 to 3: a to c */
{
    return sizes >> 8 * operand & 0xff;
}

/* Whether input is missing or dst overlaps it without being the same elements: dst begins less than
 * its own length before input, or less than input's length behind it, if the distance, shifted by
 * the one, is below the sum of the two. */
INLINED unsigned refused(const void *dst, size_t dst_size, const void *input, size_t size, size_t n)
{
    if (size == 0)
        return 0;
    const uintptr_t distance = (uintptr_t)dst - (uintptr_t)input;
    const unsigned overlap = distance + n * dst_size - 1 < n * (dst_size + size) - 1;
    const unsigned other = distance != 0 || dst_size != size, missing = input == NULL;
    return missing | (overlap & other);
}

/* What is not every call: the first one of the process, and outputs so large that they go past the
 * caches, unless they lie in the caches already because they are an input. */
COLD weft_status run_rarely(size_t place, unsigned sizes, void *dst, const void *const *inputs,
                            size_t n)
{
    const weft_kernel_table *kernels = process_kernels();
    if (!kernels)
        return WEFT_ERR_UNSUPPORTED;
    weft_kernel *kernel = *(weft_kernel *const *)((const char *)kernels + place);
    const size_t step[3] = {size_in(sizes, 1), size_in(sizes, 2), size_in(sizes, 3)};
    const bool in_place = dst == inputs[0] || dst == inputs[1] || dst == inputs[2];
    if (in_place || n < WEFT_STREAM_BYTES / size_in(sizes, 0))
        kernel(dst, inputs[0], inputs[1], inputs[2], n);
    else
        weft_stream(kernel, dst, size_in(sizes, 0), inputs[0], inputs[1], inputs[2], step, n);
    return WEFT_OK;
}

/* Runs the kernel that stands `place` bytes into the process's table. */
INLINED weft_status run(size_t place, unsigned sizes, void *dst, const void *a, const void *b,
                        const void *c, size_t n)
{
    const size_t size = size_in(sizes, 0);
    if (n == 0)
        return WEFT_OK;
    const unsigned impossible = dst == NULL || n > SIZE_MAX >> 5;
    if (impossible | refused(dst, size, a, size_in(sizes, 1), n) |
        refused(dst, size, b, size_in(sizes, 2), n) | refused(dst, size, c, size_in(sizes, 3), n))
        return WEFT_ERR_ARG;
    const weft_kernel_table *kernels =
        atomic_load_explicit(&weft_process_kernels, memory_order_acquire);
    if (!kernels || n >= WEFT_STREAM_BYTES / size) {
        const void *const inputs[3] = {a, b, c};
        return run_rarely(place, sizes, dst, inputs, n);
    }
    (*(weft_kernel *const *)((const char *)kernels + place))(dst, a, b, c, n);
    return WEFT_OK;
}

#define ELEMENTWISE(NAME, tag, form)                                                               \
    offsetof(weft_kernel_table, elementwise[WEFT_KERNEL_##NAME##_##tag + (form)])

/* Reductions write one value and may read what they like: only what is missing is refused. */
static bool missing(const void *result, const void *a, size_t n)
{
    return !result || (n && !a) || n > SIZE_MAX >> 4;
}

static weft_status reduction(unsigned op, weft_dtype type, void *result, const void *a,
                             const void *b, size_t n)
{
    if (missing(result, a, n) || (n && op == WEFT_OP_DOT && !b))
        return WEFT_ERR_ARG;
    const weft_kernel_table *kernels = process_kernels();
    if (!kernels)
        return WEFT_ERR_UNSUPPORTED;
    weft_reduce_array(kernels, op, type, result, a, b, n);
    return WEFT_OK;
}

/* The mean in double, and the other moments about it. Values whose mean is rounded do not add up to
 * zero about it; what is left corrects the sum of squares (Chan, Golub and LeVeque 1983). */
static weft_status mean_and_variance(weft_dtype type, const void *a, size_t ddof, size_t n,
                                     double *mean, double *variance)
{
    double moments[2];
    const weft_kernel_table *kernels = process_kernels();
    if (!kernels)
        return WEFT_ERR_UNSUPPORTED;
    weft_reduce_moments(kernels, type, 0, a, n, moments);
    *mean = n ? moments[0] / (double)n : (double)NAN;
    if (!variance)
        return WEFT_OK;
    weft_reduce_moments(kernels, type, *mean, a, n, moments);
    const double rest = n ? moments[0] * (moments[0] / (double)n) : 0;
    const double squares = moments[1] - rest < 0 ? 0 : moments[1] - rest; /* but NaN stays */
    *variance = n ? squares / (n > ddof ? (double)(n - ddof) : 0) : (double)NAN;
    return WEFT_OK;
}

#define DIRECT_MOMENTS(TYPE, tag, ...)                                                             \
    weft_status weft_mean_##tag(WEFT_CTYPE_##tag *result, const WEFT_CTYPE_##tag *a, size_t n)     \
    {                                                                                              \
        double mean;                                                                               \
        if (missing(result, a, n))                                                                 \
            return WEFT_ERR_ARG;                                                                   \
        WEFT_TRY(mean_and_variance(WEFT_##TYPE, a, 0, n, &mean, NULL));                            \
        *result = (WEFT_CTYPE_##tag)mean;                                                          \
        return WEFT_OK;                                                                            \
    }                                                                                              \
    weft_status weft_var_##tag(WEFT_CTYPE_##tag *result, const WEFT_CTYPE_##tag *a, size_t ddof,   \
                               size_t n)                                                           \
    {                                                                                              \
        double mean, variance;                                                                     \
        if (missing(result, a, n))                                                                 \
            return WEFT_ERR_ARG;                                                                   \
        WEFT_TRY(mean_and_variance(WEFT_##TYPE, a, ddof, n, &mean, &variance));                    \
        *result = (WEFT_CTYPE_##tag)variance;                                                      \
        return WEFT_OK;                                                                            \
    }
WEFT_FOR_FLOAT(DIRECT_MOMENTS, )

/* --- the families ----------------------------------------------------------------------------- */

#define DIRECT_UNARY(NAME, op, TYPE, tag, T)                                                       \
    weft_status weft_##op##_##tag(T *dst, const T *a, size_t n)                                    \
    {                                                                                              \
        const unsigned size = SIZES(sizeof(T), sizeof(T), 0, 0);                                   \
        return run(ELEMENTWISE(NAME, tag, 0), size, dst, a, NULL, NULL, n);                        \
    }
#define DIRECT_2(NAME, op, TYPE, tag, T, OUT)                                                      \
    weft_status weft_##op##_##tag(OUT *dst, const T *a, const T *b, size_t n)                      \
    {                                                                                              \
        const unsigned size = SIZES(sizeof(OUT), sizeof(T), sizeof(T), 0);                         \
        return run(ELEMENTWISE(NAME, tag, 0), size, dst, a, b, NULL, n);                           \
    }                                                                                              \
    weft_status weft_##op##s_##tag(OUT *dst, const T *a, T b, size_t n)                            \
    {                                                                                              \
        const unsigned size = SIZES(sizeof(OUT), sizeof(T), 0, 0);                                 \
        return run(ELEMENTWISE(NAME, tag, WEFT_SCALAR_B), size, dst, a, &b, NULL, n);              \
    }
#define DIRECT_BINARY(NAME, op, TYPE, tag, T)  DIRECT_2(NAME, op, TYPE, tag, T, T)
#define DIRECT_COMPARE(NAME, op, TYPE, tag, T) DIRECT_2(NAME, op, TYPE, tag, T, uint8_t)
#define DIRECT_TERNARY(NAME, op, TYPE, tag, T)                                                     \
    weft_status weft_##op##_##tag(T *dst, const T *a, const T *b, const T *c, size_t n)            \
    {                                                                                              \
        const unsigned size = SIZES(sizeof(T), sizeof(T), sizeof(T), sizeof(T));                   \
        return run(ELEMENTWISE(NAME, tag, 0), size, dst, a, b, c, n);                              \
    }
#define DIRECT_SELECT(TYPE, tag, T)                                                                \
    weft_status weft_sel_##tag(T *dst, const uint8_t *c, const T *a, const T *b, size_t n)         \
    {                                                                                              \
        const unsigned size = SIZES(sizeof(T), sizeof(T), sizeof(T), 1);                           \
        return run(ELEMENTWISE(SEL, tag, 0), size, dst, a, b, c, n);                               \
    }
#define DIRECT_MOVE(TYPE, tag, T)                                                                  \
    weft_status weft_mov_##tag(T *dst, const T *a, size_t n)                                       \
    {                                                                                              \
        const unsigned size = SIZES(sizeof(T), sizeof(T), 0, 0);                                   \
        return run(ELEMENTWISE(MOV, tag, 0), size, dst, a, NULL, NULL, n);                         \
    }
#define DIRECT_FILL(TYPE, tag, T)                                                                  \
    weft_status weft_fill_##tag(T *dst, T value, size_t n)                                         \
    {                                                                                              \
        const unsigned size = SIZES(sizeof(T), 0, 0, 0);                                           \
        return run(offsetof(weft_kernel_table, broadcast[WEFT_##TYPE]), size, dst, &value, NULL,   \
                   NULL, n);                                                                       \
    }
#define DIRECT_CONVERT(TO, to, TO_T, FROM, from, FROM_T)                                           \
    weft_status weft_cvt_##to##_##from(TO_T *dst, const FROM_T *a, size_t n)                       \
    {                                                                                              \
        const unsigned size = SIZES(sizeof(TO_T), sizeof(FROM_T), 0, 0);                           \
        return run(offsetof(weft_kernel_table, convert[WEFT_##TO][WEFT_##FROM]), size, dst, a,     \
                   NULL, NULL, n);                                                                 \
    }
#define DIRECT_REDUCE(NAME, op, TYPE, tag, T, R)                                                   \
    weft_status weft_##op##_##tag(R *result, const T *a, size_t n)                                 \
    {                                                                                              \
        return reduction(WEFT_OP_##NAME, WEFT_##TYPE, result, a, NULL, n);                         \
    }
#define DIRECT_REDUCE2(NAME, op, TYPE, tag, T, R)                                                  \
    weft_status weft_##op##_##tag(R *result, const T *a, const T *b, size_t n)                     \
    {                                                                                              \
        return reduction(WEFT_OP_##NAME, WEFT_##TYPE, result, a, b, n);                            \
    }
#include "vm/ops_api.inc"

/* --- chosen at run time ----------------------------------------------------------------------- */

int32_t weft_op_index(const char *mnemonic)
{
    unsigned op = mnemonic ? weft_opcode_find(mnemonic, strlen(mnemonic)) : WEFT_OPCODE_COUNT;
    return op < WEFT_OPCODE_COUNT ? (int32_t)op : -1;
}

static weft_status apply_elementwise(unsigned op, weft_dtype type, size_t number, void *dst,
                                     const void *const *inputs, size_t n)
{
    const weft_slot *slots = weft_form_slots(weft_op_row_of(op)->form);
    const weft_insn insn = {.op = (uint16_t)op, .type = (uint8_t)type};
    const void *input[3] = {NULL, NULL, NULL}; /* a, b, c */
    size_t size[3] = {0, 0, 0};
    if (n && !inputs)
        return WEFT_ERR_ARG;
    for (int i = 0; n && slots[i + 1].kind != WEFT_SLOT_END; i++) {
        int field = slots[i + 1].field - 'a';
        input[field] = inputs[i];
        size[field] = weft_dtype_size(weft_slot_dtype(&insn, &slots[i + 1]));
    }
    const unsigned all =
        SIZES(weft_dtype_size(weft_slot_dtype(&insn, &slots[0])), size[0], size[1], size[2]);
    const size_t place = offsetof(weft_kernel_table, elementwise) + number * sizeof(weft_kernel *);
    return run(place, all, dst, input[0], input[1], input[2], n);
}

weft_status weft_apply(uint32_t op, weft_dtype type, void *dst, const void *const *inputs, size_t n)
{
    if (op >= WEFT_OPCODE_COUNT || !weft_type_in(weft_op_row_of(op)->type_mask, type))
        return WEFT_ERR_ARG;
    if (weft_op_is_reduction(op)) {
        bool two = weft_op_row_of(op)->form == WEFT_FORM_REDUCE2;
        if (n && !inputs)
            return WEFT_ERR_ARG;
        return reduction(op, type, dst, n ? inputs[0] : NULL, n && two ? inputs[1] : NULL, n);
    }
    int number = weft_kernel_number(op, type);
    if (number < 0)
        return WEFT_ERR_ARG;
    return apply_elementwise(op, type, (size_t)number, dst, inputs, n);
}
