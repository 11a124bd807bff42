/* vm/direct.c: the direct API (weft/ops.h): one operation on arrays, checked and handed to the
 * kernel of the process's level. The functions are expanded from isa/ops.def by vm/ops_api.inc. */
#include "vm/direct.h"

#include <math.h>
#include <stdatomic.h>
#include <stddef.h>
#include <string.h>
#include <weft/ops.h>

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

void weft_run_kernel(weft_kernel *kernel, unsigned sizes, void *dst, const void *a, const void *b,
                     const void *c, size_t n)
{
    const size_t size = weft_size_in(sizes, 0);
    const size_t step[3] = {weft_size_in(sizes, 1), weft_size_in(sizes, 2), weft_size_in(sizes, 3)};
    const bool in_place = dst == a || dst == b || dst == c; /* in the caches already */
    const bool large = !in_place && n >= WEFT_STREAM_BYTES / size;
    /* any level's copy will do: there may be none of the process beside that of a context */
    const weft_kernel_table *kernels = large ? process_kernels() : NULL;
    if (!kernels)
        kernel(dst, a, b, c, n);
    else
        weft_stream_kernel(kernels->stream_copy, kernel,
                           sizes & WEFT_SIZES_LONG ? WEFT_STREAM_LONG : WEFT_STREAM_BRIEF, dst,
                           size, a, b, c, step, n);
}

/* What is not every call: the first one of the process, and large outputs. */
WEFT_COLD static weft_status run_rarely(size_t place, unsigned sizes, void *dst,
                                        const void *const *inputs, size_t n)
{
    const weft_kernel_table *kernels = process_kernels();
    if (!kernels)
        return WEFT_ERR_UNSUPPORTED;
    weft_kernel *kernel = *(weft_kernel *const *)((const char *)kernels + place);
    weft_run_kernel(kernel, sizes, dst, inputs[0], inputs[1], inputs[2], n);
    return WEFT_OK;
}

/* Runs the kernel that stands `place` bytes into the process's table. */
WEFT_INLINED weft_status run(size_t place, unsigned sizes, void *dst, const void *a, const void *b,
                             const void *c, size_t n)
{
    if (n == 0)
        return WEFT_OK;
    if (weft_operands_refused(sizes, dst, a, b, c, n))
        return WEFT_ERR_ARG;
    const weft_kernel_table *kernels =
        atomic_load_explicit(&weft_process_kernels, memory_order_acquire);
    if (!kernels || n >= WEFT_STREAM_BYTES / weft_size_in(sizes, 0)) {
        const void *const inputs[3] = {a, b, c};
        return run_rarely(place, sizes, dst, inputs, n);
    }
    (*(weft_kernel *const *)((const char *)kernels + place))(dst, a, b, c, n);
    return WEFT_OK;
}

#define ELEMENTWISE(NAME, tag, form)                                                               \
    offsetof(weft_kernel_table, elementwise[WEFT_KERNEL_##NAME##_##tag + (form)])

static weft_status reduction(unsigned op, weft_dtype type, void *result, const void *a,
                             const void *b, size_t n)
{
    if (weft_reduction_refused(op, result, a, b, n))
        return WEFT_ERR_ARG;
    const weft_kernel_table *kernels = process_kernels();
    if (!kernels)
        return WEFT_ERR_UNSUPPORTED;
    weft_reduce_array(kernels, op, type, result, a, b, n);
    return WEFT_OK;
}

/* --- mean and variance ------------------------------------------------------------------------ */

double weft_mean_of(double sum, size_t n)
{
    return n ? sum / (double)n : (double)NAN;
}

/* Values whose mean is rounded do not add up to zero about it; what is left corrects the sum of
 * squares (Chan, Golub and LeVeque 1983). */
double weft_variance_of(const double moments[2], size_t ddof, size_t n)
{
    const double rest = n ? moments[0] * (moments[0] / (double)n) : 0;
    const double squares = moments[1] - rest < 0 ? 0 : moments[1] - rest; /* but NaN stays */
    return n ? squares / (n > ddof ? (double)(n - ddof) : 0) : (double)NAN;
}

static weft_status mean_and_variance(weft_dtype type, const void *a, size_t ddof, size_t n,
                                     double *mean, double *variance)
{
    double moments[2];
    const weft_kernel_table *kernels = process_kernels();
    if (!kernels)
        return WEFT_ERR_UNSUPPORTED;
    weft_reduce_moments(kernels, type, 0, a, n, moments);
    *mean = weft_mean_of(moments[0], n);
    if (!variance)
        return WEFT_OK;
    weft_reduce_moments(kernels, type, *mean, a, n, moments);
    *variance = weft_variance_of(moments, ddof, n);
    return WEFT_OK;
}

#define DIRECT_MOMENTS(TYPE, tag, ...)                                                             \
    weft_status weft_mean_##tag(WEFT_CTYPE_##tag *result, const WEFT_CTYPE_##tag *a, size_t n)     \
    {                                                                                              \
        double mean;                                                                               \
        if (weft_reduction_refused(WEFT_OP_SUM, result, a, NULL, n))                               \
            return WEFT_ERR_ARG;                                                                   \
        WEFT_TRY(mean_and_variance(WEFT_##TYPE, a, 0, n, &mean, NULL));                            \
        *result = (WEFT_CTYPE_##tag)mean;                                                          \
        return WEFT_OK;                                                                            \
    }                                                                                              \
    weft_status weft_var_##tag(WEFT_CTYPE_##tag *result, const WEFT_CTYPE_##tag *a, size_t ddof,   \
                               size_t n)                                                           \
    {                                                                                              \
        double mean, variance;                                                                     \
        if (weft_reduction_refused(WEFT_OP_SUM, result, a, NULL, n))                               \
            return WEFT_ERR_ARG;                                                                   \
        WEFT_TRY(mean_and_variance(WEFT_##TYPE, a, ddof, n, &mean, &variance));                    \
        *result = (WEFT_CTYPE_##tag)variance;                                                      \
        return WEFT_OK;                                                                            \
    }
WEFT_FOR_FLOAT(DIRECT_MOMENTS, )

/* --- the families ----------------------------------------------------------------------------- */

/* WEFT_SIZES_LONG, or 0, by operation. */
enum {
#define WEFT_OP(NAME, m, FORM, category, TYPES, ulp_f32, ulp_f64, words)                           \
    LONG_##NAME = (ulp_f32) ? WEFT_SIZES_LONG : 0,
#include "isa/ops.def"
};

#define DIRECT_UNARY(NAME, op, TYPE, tag, T)                                                       \
    weft_status weft_##op##_##tag(T *dst, const T *a, size_t n)                                    \
    {                                                                                              \
        const unsigned size = WEFT_SIZES(sizeof(T), sizeof(T), 0, 0) | LONG_##NAME;                \
        return run(ELEMENTWISE(NAME, tag, 0), size, dst, a, NULL, NULL, n);                        \
    }
#define DIRECT_2(NAME, op, TYPE, tag, T, OUT)                                                      \
    weft_status weft_##op##_##tag(OUT *dst, const T *a, const T *b, size_t n)                      \
    {                                                                                              \
        const unsigned size = WEFT_SIZES(sizeof(OUT), sizeof(T), sizeof(T), 0) | LONG_##NAME;      \
        return run(ELEMENTWISE(NAME, tag, 0), size, dst, a, b, NULL, n);                           \
    }                                                                                              \
    weft_status weft_##op##s_##tag(OUT *dst, const T *a, T b, size_t n)                            \
    {                                                                                              \
        const unsigned size = WEFT_SIZES(sizeof(OUT), sizeof(T), 0, 0) | LONG_##NAME;              \
        return run(ELEMENTWISE(NAME, tag, WEFT_SCALAR_B), size, dst, a, &b, NULL, n);              \
    }
#define DIRECT_BINARY(NAME, op, TYPE, tag, T)  DIRECT_2(NAME, op, TYPE, tag, T, T)
#define DIRECT_COMPARE(NAME, op, TYPE, tag, T) DIRECT_2(NAME, op, TYPE, tag, T, uint8_t)
#define DIRECT_TERNARY(NAME, op, TYPE, tag, T)                                                     \
    weft_status weft_##op##_##tag(T *dst, const T *a, const T *b, const T *c, size_t n)            \
    {                                                                                              \
        const unsigned size = WEFT_SIZES(sizeof(T), sizeof(T), sizeof(T), sizeof(T));              \
        return run(ELEMENTWISE(NAME, tag, 0), size, dst, a, b, c, n);                              \
    }
#define DIRECT_SELECT(TYPE, tag, T)                                                                \
    weft_status weft_sel_##tag(T *dst, const uint8_t *c, const T *a, const T *b, size_t n)         \
    {                                                                                              \
        const unsigned size = WEFT_SIZES(sizeof(T), sizeof(T), sizeof(T), 1);                      \
        return run(ELEMENTWISE(SEL, tag, 0), size, dst, a, b, c, n);                               \
    }
#define DIRECT_MOVE(TYPE, tag, T)                                                                  \
    weft_status weft_mov_##tag(T *dst, const T *a, size_t n)                                       \
    {                                                                                              \
        const unsigned size = WEFT_SIZES(sizeof(T), sizeof(T), 0, 0);                              \
        return run(ELEMENTWISE(MOV, tag, 0), size, dst, a, NULL, NULL, n);                         \
    }
#define DIRECT_FILL(TYPE, tag, T)                                                                  \
    weft_status weft_fill_##tag(T *dst, T value, size_t n)                                         \
    {                                                                                              \
        const unsigned size = WEFT_SIZES(sizeof(T), 0, 0, 0);                                      \
        return run(offsetof(weft_kernel_table, broadcast[WEFT_##TYPE]), size, dst, &value, NULL,   \
                   NULL, n);                                                                       \
    }
#define DIRECT_CONVERT(TO, to, TO_T, FROM, from, FROM_T)                                           \
    weft_status weft_cvt_##to##_##from(TO_T *dst, const FROM_T *a, size_t n)                       \
    {                                                                                              \
        const unsigned size = WEFT_SIZES(sizeof(TO_T), sizeof(FROM_T), 0, 0);                      \
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

/* By form: what an element of dst, a, b and c takes, as a multiple of the type's size and bytes. */
static const struct {
    unsigned types, bytes;
} layouts[WEFT_FORM_COUNT] = {
    [WEFT_FORM_UNARY] = {WEFT_SIZES(1, 1, 0, 0), 0},
    [WEFT_FORM_BINARY] = {WEFT_SIZES(1, 1, 1, 0), 0},
    [WEFT_FORM_TERNARY] = {WEFT_SIZES(1, 1, 1, 1), 0},
    [WEFT_FORM_COMPARE] = {WEFT_SIZES(0, 1, 1, 0), WEFT_SIZES(1, 0, 0, 0)},
    [WEFT_FORM_SELECT] = {WEFT_SIZES(1, 1, 1, 0), WEFT_SIZES(0, 0, 0, 1)},
    [WEFT_FORM_CONVERT] = {WEFT_SIZES(1, 0, 0, 0), 0}, /* a is of the second type */
    [WEFT_FORM_BCAST] = {WEFT_SIZES(1, 0, 0, 0), 0},
};

unsigned weft_operand_sizes(const weft_insn *insn)
{
    const unsigned form = weft_op_row_of(insn->op)->form;
    unsigned sizes = (unsigned)weft_dtype_size((weft_dtype)insn->type) * layouts[form].types +
                     layouts[form].bytes;
    if (form == WEFT_FORM_CONVERT)
        sizes |= WEFT_SIZES(0, weft_dtype_size((weft_dtype)insn->type2), 0, 0);
    if (insn->scalar & WEFT_SCALAR_B)
        sizes &= ~WEFT_SIZES(0, 0, 0xff, 0);
    return sizes;
}

void weft_sort_operands(unsigned op, const void *const *inputs, const void *sorted[3])
{
    const weft_slot *slots = weft_form_slots(weft_op_row_of(op)->form);
    sorted[0] = sorted[1] = sorted[2] = NULL;
    for (int i = 0; weft_slot_is_register(&slots[i + 1]); i++)
        sorted[slots[i + 1].field - 'a'] = inputs[i];
}

weft_status weft_apply(uint32_t op, weft_dtype type, void *dst, const void *const *inputs, size_t n)
{
    const void *in[3] = {NULL, NULL, NULL};
    if (op >= WEFT_OPCODE_COUNT || !weft_type_in(weft_op_row_of(op)->type_mask, type))
        return WEFT_ERR_ARG;
    const int number = weft_kernel_number(op, type);
    if ((number < 0 && !weft_op_is_reduction(op)) || (n && !inputs))
        return WEFT_ERR_ARG;
    if (n)
        weft_sort_operands(op, inputs, in);
    if (number < 0)
        return reduction(op, type, dst, in[0], in[1], n);
    const weft_insn insn = {.op = (uint16_t)op, .type = (uint8_t)type};
    const size_t place =
        offsetof(weft_kernel_table, elementwise) + (size_t)number * sizeof(weft_kernel *);
    const unsigned sizes =
        weft_operand_sizes(&insn) | (weft_op_is_transcendental(op) ? WEFT_SIZES_LONG : 0);
    return run(place, sizes, dst, in[0], in[1], in[2], n);
}
