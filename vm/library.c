/* vm/library.c: functions of several operations as cached programs (weft/library.h).
 * Neighbours: vm/vec.c (single operations), vm/compile.c (the compiler). */
#include <stdio.h>
#include <string.h>
#include <weft/compile.h>
#include <weft/library.h>
#include <weft/vec.h>

#include "vm/direct.h"
#include "vm/vm.h"

/* One call: its arrays and scalars as the program's parameters. */
typedef struct library_call {
    const char *expression;
    void *dst;
    const void *a, *b;
    bool has_b;
    double scalars[2];
    unsigned n_scalars;
    bool is_score; /* dst is one value */
} library_call;

static weft_arg argument(const char *name, weft_dtype type, const void *data, int64_t n)
{
    weft_arg arg;
    weft_arg_contiguous(&arg, name, type, NULL, n < 0 ? 0 : 1, &n);
    memcpy(&arg.data, &data, sizeof data); /* inputs are not written */
    return arg;
}

static weft_status find_program(weft_context *context, weft_dtype type, const library_call *call,
                                weft_program **program)
{
    char text[256];
    const char *name = weft_dtype_name(type);
    int length = snprintf(text, sizeof text, "in a: %s\nout y: %s%s\n", name, name,
                          call->is_score ? " over none" : "");
    if (call->has_b)
        length += snprintf(text + length, sizeof text - (size_t)length, "in b: %s\n", name);
    for (unsigned i = 0; i < call->n_scalars; i++)
        length += snprintf(text + length, sizeof text - (size_t)length, "uniform %c: %s\n", "pq"[i],
                           name);
    length += snprintf(text + length, sizeof text - (size_t)length, "y = %s\n", call->expression);
    return weft_compile_cached(context, text, (size_t)length, NULL, program, NULL);
}

static weft_status run(weft_context *context, weft_dtype type, const library_call *call, size_t n)
{
    const int64_t elements = (int64_t)n;
    const weft_run_options options = {.size = sizeof options, .budget = UINT64_MAX};
    float narrow[2];
    weft_program *program;
    weft_arg args[5];
    size_t nargs = 0;
    if (!context || (type != WEFT_F32 && type != WEFT_F64) || n > SIZE_MAX >> 5)
        return WEFT_ERR_ARG;
    if (n == 0 && !call->is_score)
        return WEFT_OK;
    if (!call->dst || (n && (!call->a || (call->has_b && !call->b))))
        return WEFT_ERR_ARG;
    WEFT_TRY(find_program(context, type, call, &program));
    args[nargs++] = argument("a", type, call->a, elements);
    if (call->has_b)
        args[nargs++] = argument("b", type, call->b, elements);
    for (unsigned i = 0; i < call->n_scalars; i++) {
        narrow[i] = (float)call->scalars[i];
        args[nargs++] =
            argument(i ? "q" : "p", type,
                     type == WEFT_F32 ? (const void *)&narrow[i] : &call->scalars[i], -1);
    }
    args[nargs++] = argument("y", type, call->dst, call->is_score ? -1 : elements);
    weft_status status = weft_run_with(context, program, args, nargs, &options, NULL);
    weft_program_release(program);
    return status;
}

#define MAP(name, text, words)                                                                     \
    weft_status weft_vec_##name(weft_context *context, weft_dtype type, void *dst, const void *a,  \
                                size_t n)                                                          \
    {                                                                                              \
        const library_call call = {.expression = (text), .dst = dst, .a = a};                      \
        return run(context, type, &call, n);                                                       \
    }
#define MAP1(name, text, words)                                                                    \
    weft_status weft_vec_##name(weft_context *context, weft_dtype type, void *dst, const void *a,  \
                                double p, size_t n)                                                \
    {                                                                                              \
        const library_call call = {                                                                \
            .expression = (text), .dst = dst, .a = a, .scalars = {p}, .n_scalars = 1};             \
        return run(context, type, &call, n);                                                       \
    }
#define MAP2(name, text, words)                                                                    \
    weft_status weft_vec_##name(weft_context *context, weft_dtype type, void *dst, const void *a,  \
                                double p, double q, size_t n)                                      \
    {                                                                                              \
        const library_call call = {                                                                \
            .expression = (text), .dst = dst, .a = a, .scalars = {p, q}, .n_scalars = 2};          \
        return run(context, type, &call, n);                                                       \
    }
#define BLEND(name, text, words)                                                                   \
    weft_status weft_vec_##name(weft_context *context, weft_dtype type, void *dst, const void *a,  \
                                const void *b, double p, size_t n)                                 \
    {                                                                                              \
        const library_call call = {.expression = (text),                                           \
                                   .dst = dst,                                                     \
                                   .a = a,                                                         \
                                   .b = b,                                                         \
                                   .has_b = true,                                                  \
                                   .scalars = {p},                                                 \
                                   .n_scalars = 1};                                                \
        return run(context, type, &call, n);                                                       \
    }
#define SCORE(name, text, words)                                                                   \
    weft_status weft_vec_##name(weft_context *context, weft_dtype type, void *result,              \
                                const void *a, const void *b, size_t n)                            \
    {                                                                                              \
        const library_call call = {                                                                \
            .expression = (text), .dst = result, .a = a, .b = b, .has_b = true, .is_score = true}; \
        return run(context, type, &call, n);                                                       \
    }

WEFT_LIBRARY_TABLE(MAP, MAP1, MAP2, BLEND, SCORE)

weft_status weft_vec_copy(weft_context *context, weft_dtype type, void *dst, const void *a,
                          size_t n)
{
    return weft_vec_mov(context, type, dst, a, n);
}

#define ADD_UP(type)                                                                               \
    do {                                                                                           \
        const type *from = a;                                                                      \
        type *to = dst, sum = 0;                                                                   \
        for (size_t i = 0; i < n; i++)                                                             \
            to[i] = sum = i ? sum + from[i] : from[i]; /* -0 stays */                              \
    } while (0)

weft_status weft_vec_cumsum(weft_context *context, weft_dtype type, void *dst, const void *a,
                            size_t n)
{
    if (!context || (type != WEFT_F32 && type != WEFT_F64))
        return WEFT_ERR_ARG;
    if (n == 0)
        return WEFT_OK;
    const unsigned size = (unsigned)weft_dtype_size(type);
    if (weft_operands_refused(WEFT_SIZES(size, size, 0, 0), dst, a, NULL, NULL, n))
        return WEFT_ERR_ARG;
    if (type == WEFT_F32)
        ADD_UP(float);
    else
        ADD_UP(double);
    return WEFT_OK;
}
