/* vm/direct.c: the direct API (weft/ops.h): one operation on arrays, checked and handed to the
 * kernel of the process's level. The functions are expanded from isa/ops.def by vm/ops_api.inc. */
#include <math.h>
#include <string.h>
#include <weft/ops.h>

#include "isa/isa.h"
#include "simd/levels.h"
#include "simd/reduce.h"

/* Whether dst may be written while input is read: apart, or the same elements. */
static inline bool compatible(const void *dst, size_t dst_bytes, const void *input,
                              size_t input_bytes)
{
    uintptr_t d = (uintptr_t)dst, i = (uintptr_t)input;
    if (d == i)
        return dst_bytes == input_bytes;
    return d < i ? i - d >= dst_bytes : d - i >= input_bytes;
}

static inline weft_status check_input(const void *dst, size_t dst_bytes, const void *input,
                                      size_t input_bytes)
{
    return input && compatible(dst, dst_bytes, input, input_bytes) ? WEFT_OK : WEFT_ERR_ARG;
}

/* Everything below runs `kernel`, found by its level's table, once its arrays are checked. */
typedef struct operands {
    void *dst;
    size_t dst_size;
    const void *input[3];
    size_t size[3]; /* bytes of an element; 0: there is no such input; scalars are not checked */
} operands;

static inline weft_status check(const operands *o, size_t n)
{
    if (!o->dst || n > (SIZE_MAX >> 4))
        return WEFT_ERR_ARG;
    for (int i = 0; i < 3; i++)
        if (o->size[i] && check_input(o->dst, n * o->dst_size, o->input[i], n * o->size[i]))
            return WEFT_ERR_ARG;
    return WEFT_OK;
}

/* The level's kernels, once the arrays are checked. */
static inline weft_status ready(const operands *o, size_t n, const weft_kernel_table **kernels)
{
    if (check(o, n))
        return WEFT_ERR_ARG;
    *kernels = weft_level_kernels(WEFT_LEVEL_AUTO, NULL);
    return *kernels ? WEFT_OK : WEFT_ERR_UNSUPPORTED;
}

static inline weft_status elementwise(unsigned op, weft_dtype type, unsigned form,
                                      const operands *o, size_t n)
{
    const weft_kernel_table *kernels;
    if (n == 0)
        return WEFT_OK;
    WEFT_TRY(ready(o, n, &kernels));
    kernels->elementwise[op][type][form](o->dst, o->input[0], o->input[1], o->input[2], n);
    return WEFT_OK;
}

static weft_status convert(weft_dtype to, weft_dtype from, void *dst, const void *a, size_t n)
{
    const operands o = {dst, weft_dtype_size(to), {a}, {weft_dtype_size(from)}};
    const weft_kernel_table *kernels;
    if (n == 0)
        return WEFT_OK;
    WEFT_TRY(ready(&o, n, &kernels));
    kernels->convert[to][from](dst, a, NULL, NULL, n);
    return WEFT_OK;
}

static weft_status fill(weft_dtype type, void *dst, const void *value, size_t n)
{
    const operands o = {dst, weft_dtype_size(type), {value}, {0}};
    const weft_kernel_table *kernels;
    if (n == 0)
        return WEFT_OK;
    WEFT_TRY(ready(&o, n, &kernels));
    kernels->broadcast[type](dst, value, NULL, NULL, n);
    return WEFT_OK;
}

/* Reductions write one value and may read what they like: only what is missing is refused. */
static weft_status reduction(unsigned op, weft_dtype type, void *result, const void *a,
                             const void *b, size_t n)
{
    if (!result || (n && (!a || (op == WEFT_OP_DOT && !b))) || n > (SIZE_MAX >> 4))
        return WEFT_ERR_ARG;
    const weft_kernel_table *kernels = weft_level_kernels(WEFT_LEVEL_AUTO, NULL);
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
    const weft_kernel_table *kernels = weft_level_kernels(WEFT_LEVEL_AUTO, NULL);
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
        if (!result || (n && !a) || n > (SIZE_MAX >> 4))                                           \
            return WEFT_ERR_ARG;                                                                   \
        WEFT_TRY(mean_and_variance(WEFT_##TYPE, a, 0, n, &mean, NULL));                            \
        *result = (WEFT_CTYPE_##tag)mean;                                                          \
        return WEFT_OK;                                                                            \
    }                                                                                              \
    weft_status weft_var_##tag(WEFT_CTYPE_##tag *result, const WEFT_CTYPE_##tag *a, size_t ddof,   \
                               size_t n)                                                           \
    {                                                                                              \
        double mean, variance;                                                                     \
        if (!result || (n && !a) || n > (SIZE_MAX >> 4))                                           \
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
        const operands o = {dst, sizeof(T), {a}, {sizeof(T)}};                                     \
        return elementwise(WEFT_OP_##NAME, WEFT_##TYPE, 0, &o, n);                                 \
    }
#define DIRECT_2(NAME, op, TYPE, tag, T, OUT)                                                      \
    weft_status weft_##op##_##tag(OUT *dst, const T *a, const T *b, size_t n)                      \
    {                                                                                              \
        const operands o = {dst, sizeof(OUT), {a, b}, {sizeof(T), sizeof(T)}};                     \
        return elementwise(WEFT_OP_##NAME, WEFT_##TYPE, 0, &o, n);                                 \
    }                                                                                              \
    weft_status weft_##op##s_##tag(OUT *dst, const T *a, T b, size_t n)                            \
    {                                                                                              \
        const operands o = {dst, sizeof(OUT), {a, &b}, {sizeof(T)}};                               \
        return elementwise(WEFT_OP_##NAME, WEFT_##TYPE, WEFT_SCALAR_B, &o, n);                     \
    }
#define DIRECT_BINARY(NAME, op, TYPE, tag, T)  DIRECT_2(NAME, op, TYPE, tag, T, T)
#define DIRECT_COMPARE(NAME, op, TYPE, tag, T) DIRECT_2(NAME, op, TYPE, tag, T, uint8_t)
#define DIRECT_TERNARY(NAME, op, TYPE, tag, T)                                                     \
    weft_status weft_##op##_##tag(T *dst, const T *a, const T *b, const T *c, size_t n)            \
    {                                                                                              \
        const operands o = {dst, sizeof(T), {a, b, c}, {sizeof(T), sizeof(T), sizeof(T)}};         \
        return elementwise(WEFT_OP_##NAME, WEFT_##TYPE, 0, &o, n);                                 \
    }
#define DIRECT_SELECT(TYPE, tag, T)                                                                \
    weft_status weft_sel_##tag(T *dst, const uint8_t *c, const T *a, const T *b, size_t n)         \
    {                                                                                              \
        const operands o = {dst, sizeof(T), {a, b, c}, {sizeof(T), sizeof(T), 1}};                 \
        return elementwise(WEFT_OP_SEL, WEFT_##TYPE, 0, &o, n);                                    \
    }
#define DIRECT_MOVE(TYPE, tag, T)                                                                  \
    weft_status weft_mov_##tag(T *dst, const T *a, size_t n)                                       \
    {                                                                                              \
        const operands o = {dst, sizeof(T), {a}, {sizeof(T)}};                                     \
        return elementwise(WEFT_OP_MOV, WEFT_##TYPE, 0, &o, n);                                    \
    }
#define DIRECT_FILL(TYPE, tag, T)                                                                  \
    weft_status weft_fill_##tag(T *dst, T value, size_t n)                                         \
    {                                                                                              \
        return fill(WEFT_##TYPE, dst, &value, n);                                                  \
    }
#define DIRECT_CONVERT(TO, to, TO_T, FROM, from, FROM_T)                                           \
    weft_status weft_cvt_##to##_##from(TO_T *dst, const FROM_T *a, size_t n)                       \
    {                                                                                              \
        return convert(WEFT_##TO, WEFT_##FROM, dst, a, n);                                         \
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

static weft_status apply_elementwise(unsigned op, weft_dtype type, void *dst,
                                     const void *const *inputs, size_t n)
{
    const weft_slot *slots = weft_form_slots(weft_op_row_of(op)->form);
    weft_insn insn = {.op = (uint16_t)op, .type = (uint8_t)type};
    operands o = {dst, weft_dtype_size(weft_slot_dtype(&insn, &slots[0])), {NULL}, {0}};
    if (n && !inputs)
        return WEFT_ERR_ARG;
    for (int i = 0; n && slots[i + 1].kind != WEFT_SLOT_END; i++) {
        int field = slots[i + 1].field - 'a';
        o.input[field] = inputs[i];
        o.size[field] = weft_dtype_size(weft_slot_dtype(&insn, &slots[i + 1]));
    }
    return elementwise(op, type, 0, &o, n);
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
    if (!weft_kernels_scalar.elementwise[op][type][0])
        return WEFT_ERR_ARG;
    return apply_elementwise(op, type, dst, inputs, n);
}
