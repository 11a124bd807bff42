/* vm/vec.c: the dispatcher (weft/vec.h): an operation on arrays goes to its kernel on the calling
 * thread, or, where there are more elements than the context's option says, to a program of that
 * one operation over the context's threads. The functions are expanded from isa/ops.def by
 * vm/vec_api.inc; they all come down to compute(), reduce() and moments().
 * Neighbours: vm/direct.h (what is refused), vm/cache.h (where programs are kept). */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <weft/vec.h>

#include "simd/reduce.h"
#include "vm/cache.h"
#include "vm/direct.h"

/* --- programs --------------------------------------------------------------------------------- */

typedef struct program_text {
    char bytes[512]; /* the longest is some 200 */
    size_t length;
} program_text;

static void add(program_text *text, const char *format, ...) WEFT_PRINTF(2, 3);

static void add(program_text *text, const char *format, ...)
{
    va_list values;
    va_start(values, format);
    int length =
        vsnprintf(text->bytes + text->length, sizeof text->bytes - text->length, format, values);
    va_end(values);
    text->length += (size_t)length;
}

/* The register of a slot: those of inputs a, b and c are 0 to 2, that of the result is 3. */
static void add_register(program_text *text, const weft_insn *insn, const weft_slot *slot)
{
    const bool scalar = weft_slot_is_scalar(insn, slot);
    const bool predicate = weft_slot_dtype(insn, slot) == WEFT_BOOL;
    add(text, "%c%d",
        scalar      ? 's'
        : predicate ? 'p'
                    : 'v',
        slot->field == 'd' ? 3 : slot->field - 'a');
}

static const char *slot_type(const weft_insn *insn, const weft_slot *slot)
{
    return weft_dtype_name(weft_slot_dtype(insn, slot));
}

static void add_loads(program_text *text, const weft_insn *insn, const weft_slot *slots,
                      bool scalars)
{
    for (const weft_slot *slot = slots + 1; weft_slot_is_register(slot); slot++)
        if (weft_slot_is_scalar(insn, slot) == scalars) {
            add(text, "ld.%s ", slot_type(insn, slot));
            add_register(text, insn, slot);
            add(text, ", [%c]\n", slot->field);
        }
}

static void add_operation(program_text *text, const weft_insn *insn, const weft_slot *slots)
{
    add(text, "%s.%s", weft_op_row_of(insn->op)->mnemonic, weft_dtype_name(insn->type));
    if (insn->type2)
        add(text, ".%s", weft_dtype_name(insn->type2));
    for (const weft_slot *slot = slots; weft_slot_is_register(slot); slot++) {
        add(text, slot == slots ? " " : ", ");
        add_register(text, insn, slot);
    }
    add(text, "\n");
}

static void add_store(program_text *text, const weft_insn *insn, const weft_slot *result)
{
    add(text, "st.%s ", slot_type(insn, result));
    add_register(text, insn, result);
    add(text, ", [y]\n");
}

/* The program of one instruction: its inputs in the order of its operands, then the result y. */
static void write_program(program_text *text, const weft_insn *insn)
{
    const weft_slot *slots = weft_form_slots(weft_op_row_of(insn->op)->form);
    const bool reduction = weft_op_is_reduction(insn->op);
    text->length = 0;
    for (const weft_slot *slot = slots + 1; weft_slot_is_register(slot); slot++)
        add(text, "%s %c %s\n", weft_slot_is_scalar(insn, slot) ? ".uniform" : ".in", slot->field,
            slot_type(insn, slot));
    add(text, ".out y %s%s\n", slot_type(insn, slots), reduction ? " dims none" : "");
    add_loads(text, insn, slots, true);
    add(text, "loop\n");
    add_loads(text, insn, slots, false);
    add_operation(text, insn, slots);
    if (!reduction)
        add_store(text, insn, slots);
    add(text, "end\n");
    if (reduction)
        add_store(text, insn, slots);
    add(text, "exit\n");
}

/* That program from the cache, where it is made at first. */
static weft_status find_program(weft_context *context, const weft_insn *insn, weft_program **out)
{
    const weft_dtype types[] = {(weft_dtype)insn->type, (weft_dtype)insn->type2};
    const weft_cache_key key = {.kind = WEFT_CACHE_OPERATION,
                                .level = context->wanted.level,
                                .flags = insn->scalar,
                                .n_types = 2,
                                .types = types,
                                .text = &insn->op,
                                .length = sizeof insn->op};
    *out = weft_cache_find(context, &key);
    if (*out)
        return WEFT_OK;
    program_text text;
    write_program(&text, insn);
    WEFT_TRY(weft_assemble(context, text.bytes, text.length, out, NULL));
    return weft_cache_add(context, &key, out, NULL);
}

/* An argument of n elements; n < 0: one value. Inputs are not written, though an argument's type
 * would allow it. */
static weft_arg argument(weft_dtype type, const void *data, int64_t n)
{
    weft_arg arg;
    weft_arg_contiguous(&arg, NULL, type, NULL, n < 0 ? 0 : 1, &n);
    memcpy(&arg.data, &data, sizeof data);
    return arg;
}

/* Runs a program, which was found by the caller for this, without a limit to its work. */
static weft_status run_and_release(weft_context *context, weft_program *program,
                                   const weft_arg *args, size_t nargs)
{
    const weft_run_options options = {.size = sizeof options, .budget = UINT64_MAX};
    weft_status status = weft_run_found(context, program, args, nargs, &options, NULL);
    weft_program_release(program);
    return status;
}

static weft_status run_program(weft_context *context, const weft_insn *insn, void *dst,
                               const void *const in[3], size_t n)
{
    const weft_slot *slots = weft_form_slots(weft_op_row_of(insn->op)->form);
    const int64_t elements = (int64_t)n;
    weft_program *program;
    weft_arg args[4];
    size_t nargs = 0;
    WEFT_TRY(find_program(context, insn, &program));
    for (const weft_slot *slot = slots + 1; weft_slot_is_register(slot); slot++)
        args[nargs++] = argument(weft_slot_dtype(insn, slot), in[slot->field - 'a'],
                                 weft_slot_is_scalar(insn, slot) ? -1 : elements);
    args[nargs++] =
        argument(weft_slot_dtype(insn, slots), dst, weft_op_is_reduction(insn->op) ? -1 : elements);
    WEFT_COUNT(context, vec_programs);
    return run_and_release(context, program, args, nargs);
}

/* --- element by element ----------------------------------------------------------------------- */

static weft_kernel *kernel_of(const weft_kernel_table *kernels, const weft_insn *insn)
{
    return insn->op == WEFT_OP_CVT ? kernels->convert[insn->type][insn->type2]
           : insn->op == WEFT_OP_BCAST
               ? kernels->broadcast[insn->type]
               : weft_kernel_find(kernels, insn->op, insn->type, insn->scalar);
}

/* Whether dst is an input that has another type, which a program's arguments may not be. */
static bool in_place_as_another(const weft_insn *insn, const void *dst, const void *const in[3])
{
    switch (weft_op_row_of(insn->op)->form) {
    case WEFT_FORM_COMPARE:
        return dst == in[0] || dst == in[1];
    case WEFT_FORM_CONVERT:
        return dst == in[0] && insn->type != insn->type2;
    case WEFT_FORM_SELECT:
        return dst == in[2] && insn->type != WEFT_BOOL;
    default:
        return false;
    }
}

static bool is_inline(const weft_context *context, size_t n)
{
    return n <= context->wanted.inline_elements;
}

/* All of insn, whose types have been checked, on n elements. Its scalar, if it has one, is copied:
 * it may lie in dst. */
static weft_status compute(weft_context *context, const weft_insn *insn, void *dst, const void *a,
                           const void *b, const void *c, size_t n)
{
    const unsigned sizes = weft_operand_sizes(insn);
    const void *given = insn->scalar & WEFT_SCALAR_A ? a : b;
    uint64_t value;
    if (!context)
        return WEFT_ERR_ARG;
    if (n == 0)
        return WEFT_OK;
    if ((insn->scalar && !given) || weft_operands_refused(sizes, dst, a, b, c, n))
        return WEFT_ERR_ARG;
    if (insn->scalar)
        memcpy(&value, given, weft_dtype_size((weft_dtype)insn->type));
    const void *const in[3] = {insn->scalar & WEFT_SCALAR_A ? &value : a,
                               insn->scalar & WEFT_SCALAR_B ? &value : b, c};
    if (!is_inline(context, n) && !in_place_as_another(insn, dst, in))
        return run_program(context, insn, dst, in, n);
    WEFT_COUNT(context, vec_inline);
    weft_run_kernel(kernel_of(context->kernels, insn), sizes, dst, in[0], in[1], in[2], n);
    return WEFT_OK;
}

/* The same for an operation that names one type. Once for the hundred functions that call it. */
WEFT_NOINLINE static weft_status elementwise(weft_context *context, weft_dtype type, void *dst,
                                             const void *a, const void *b, const void *c, size_t n,
                                             unsigned op, unsigned scalar)
{
    const weft_insn insn = {.op = (uint16_t)op, .type = (uint8_t)type, .scalar = (uint8_t)scalar};
    if (!weft_type_in(weft_op_row_of(op)->type_mask, type))
        return WEFT_ERR_ARG;
    return compute(context, &insn, dst, a, b, c, n);
}

/* --- reductions ------------------------------------------------------------------------------- */

WEFT_NOINLINE static weft_status reduce(weft_context *context, weft_dtype type, void *result,
                                        const void *a, const void *b, size_t n, unsigned op)
{
    const weft_insn insn = {.op = (uint16_t)op, .type = (uint8_t)type};
    const void *const in[3] = {a, b, NULL};
    uint64_t value; /* result may lie in an input */
    if (!context || !weft_type_in(weft_op_row_of(op)->type_mask, type) ||
        weft_reduction_refused(op, result, a, b, n))
        return WEFT_ERR_ARG;
    if (is_inline(context, n)) {
        WEFT_COUNT(context, vec_inline);
        weft_reduce_array(context->kernels, op, type, result, a, b, n);
        return WEFT_OK;
    }
    WEFT_TRY(run_program(context, &insn, &value, in, n));
    memcpy(result, &value, weft_dtype_size(weft_reduce_dtype(op, type)));
    return WEFT_OK;
}

/* The moments of weft_reduce_moments, by a program. */
static const char moments_f32[] = ".in a f32\n.uniform shift f64\n.out y f64[2] dims none\n"
                                  "ld.f64 s0, [shift]\nloop\nld.f32 v0, [a]\ncvt.f64.f32 v1, v0\n"
                                  "sub.f64 v1, v1, s0\nsum.f64 s1, v1\ndot.f64 s2, v1, v1\nend\n"
                                  "sts.f64 s1..s2, [y]\nexit\n";
static const char moments_f64[] = ".in a f64\n.uniform shift f64\n.out y f64[2] dims none\n"
                                  "ld.f64 s0, [shift]\nloop\nld.f64 v1, [a]\n"
                                  "sub.f64 v1, v1, s0\nsum.f64 s1, v1\ndot.f64 s2, v1, v1\nend\n"
                                  "sts.f64 s1..s2, [y]\nexit\n";

static weft_status moments(weft_context *context, weft_dtype type, double shift, const void *a,
                           size_t n, double result[2])
{
    weft_program *program;
    if (is_inline(context, n)) {
        weft_reduce_moments(context->kernels, type, shift, a, n, result);
        return WEFT_OK;
    }
    const bool f32 = type == WEFT_F32;
    WEFT_TRY(weft_assemble_cached(context, f32 ? moments_f32 : moments_f64,
                                  (f32 ? sizeof moments_f32 : sizeof moments_f64) - 1, &program,
                                  NULL));
    const weft_arg args[] = {argument(type, a, (int64_t)n), argument(WEFT_F64, &shift, -1),
                             argument(WEFT_F64, result, 2)};
    return run_and_release(context, program, args, 3);
}

static weft_status mean_or_variance(weft_context *context, weft_dtype type, void *result,
                                    const void *a, bool variance, size_t ddof, size_t n)
{
    double sums[2];
    if (!context || !weft_type_in(WEFT_MASK_FLOAT, type) ||
        weft_reduction_refused(WEFT_OP_SUM, result, a, NULL, n))
        return WEFT_ERR_ARG;
    WEFT_TRY(moments(context, type, 0, a, n, sums));
    double value = weft_mean_of(sums[0], n);
    if (variance) {
        WEFT_TRY(moments(context, type, value, a, n, sums));
        value = weft_variance_of(sums, ddof, n);
    }
    if (is_inline(context, n))
        WEFT_COUNT(context, vec_inline);
    else
        WEFT_COUNT(context, vec_programs);
    const float rounded = (float)value;
    if (type == WEFT_F32)
        memcpy(result, &rounded, sizeof rounded);
    else
        memcpy(result, &value, sizeof value);
    return WEFT_OK;
}

weft_status weft_vec_mean(weft_context *context, weft_dtype type, void *result, const void *a,
                          size_t n)
{
    return mean_or_variance(context, type, result, a, false, 0, n);
}

weft_status weft_vec_var(weft_context *context, weft_dtype type, void *result, const void *a,
                         size_t ddof, size_t n)
{
    return mean_or_variance(context, type, result, a, true, ddof, n);
}

/* --- the families ----------------------------------------------------------------------------- */

#define VEC_2(name, NAME, OUT, scalar)                                                             \
    weft_status weft_vec_##name(weft_context *context, weft_dtype type, OUT *dst, const void *a,   \
                                const void *b, size_t n)                                           \
    {                                                                                              \
        return elementwise(context, type, dst, a, b, NULL, n, WEFT_OP_##NAME, scalar);             \
    }
#define VEC_UNARY(NAME, op)                                                                        \
    weft_status weft_vec_##op(weft_context *context, weft_dtype type, void *dst, const void *a,    \
                              size_t n)                                                            \
    {                                                                                              \
        return elementwise(context, type, dst, a, NULL, NULL, n, WEFT_OP_##NAME, 0);               \
    }
#define VEC_BINARY(NAME, op)                                                                       \
    VEC_2(op, NAME, void, 0)                                                                       \
    VEC_2(op##s, NAME, void, WEFT_SCALAR_B)
#define VEC_COMPARE(NAME, op)                                                                      \
    VEC_2(op, NAME, uint8_t, 0)                                                                    \
    VEC_2(op##s, NAME, uint8_t, WEFT_SCALAR_B)
#define VEC_TERNARY(NAME, op)                                                                      \
    weft_status weft_vec_##op(weft_context *context, weft_dtype type, void *dst, const void *a,    \
                              const void *b, const void *c, size_t n)                              \
    {                                                                                              \
        return elementwise(context, type, dst, a, b, c, n, WEFT_OP_##NAME, 0);                     \
    }
#define VEC_REDUCE(NAME, op)                                                                       \
    weft_status weft_vec_##op(weft_context *context, weft_dtype type, void *result, const void *a, \
                              size_t n)                                                            \
    {                                                                                              \
        return reduce(context, type, result, a, NULL, n, WEFT_OP_##NAME);                          \
    }
#define VEC_REDUCE2(NAME, op)                                                                      \
    weft_status weft_vec_##op(weft_context *context, weft_dtype type, void *result, const void *a, \
                              const void *b, size_t n)                                             \
    {                                                                                              \
        return reduce(context, type, result, a, b, n, WEFT_OP_##NAME);                             \
    }
#include "vm/vec_api.inc"

weft_status weft_vec_sel(weft_context *context, weft_dtype type, void *dst, const uint8_t *c,
                         const void *a, const void *b, size_t n)
{
    return elementwise(context, type, dst, a, b, c, n, WEFT_OP_SEL, 0);
}

weft_status weft_vec_fill(weft_context *context, weft_dtype type, void *dst, const void *value,
                          size_t n)
{
    return elementwise(context, type, dst, value, NULL, NULL, n, WEFT_OP_BCAST, WEFT_SCALAR_A);
}

weft_status weft_vec_cvt(weft_context *context, weft_dtype to, weft_dtype from, void *dst,
                         const void *a, size_t n)
{
    const weft_insn insn = {.op = WEFT_OP_CVT, .type = (uint8_t)to, .type2 = (uint8_t)from};
    if (!weft_type_in(WEFT_MASK_ALL, to) || !weft_type_in(WEFT_MASK_ALL, from))
        return WEFT_ERR_ARG;
    return compute(context, &insn, dst, a, NULL, NULL, n);
}

weft_status weft_vec_apply(weft_context *context, uint32_t op, weft_dtype type, void *dst,
                           const void *const *inputs, size_t n)
{
    const void *in[3] = {NULL, NULL, NULL};
    if (op >= WEFT_OPCODE_COUNT || !weft_type_in(weft_op_row_of(op)->type_mask, type))
        return WEFT_ERR_ARG;
    const bool reduction = weft_op_is_reduction(op);
    if ((!reduction && weft_kernel_number(op, type) < 0) || (n && !inputs))
        return WEFT_ERR_ARG;
    if (n)
        weft_sort_operands(op, inputs, in);
    return reduction ? reduce(context, type, dst, in[0], in[1], n, op)
                     : elementwise(context, type, dst, in[0], in[1], in[2], n, op, 0);
}
