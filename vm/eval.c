/* vm/eval.c: expressions evaluated at once, with NumPy's rules for shapes (weft/compile.h).
 * Axes of extent 1 are left out of what the program sees, so that it knows what is repeated. */
#include <string.h>

#include "vm/compile.h"

/* An argument without its axes of extent 1. */
static weft_arg squeeze(const weft_arg *arg)
{
    weft_arg out = *arg;
    out.rank = 0;
    for (int32_t i = 0; i < arg->rank; i++) {
        if (arg->shape[i] == 1)
            continue;
        out.shape[out.rank] = arg->shape[i];
        out.strides[out.rank++] = arg->strides[i];
    }
    return out;
}

static weft_status describe(const weft_arg *args, size_t nargs, weft_variable *variables,
                            weft_error *error)
{
    for (size_t i = 0; i < nargs; i++) {
        if (!args[i].name)
            return weft_fail(error, WEFT_ERR_ARG, "argument %zu has no name", i);
        if (args[i].rank < 0 || args[i].rank > WEFT_MAX_RANK)
            return weft_fail(error, WEFT_ERR_ARG, "'%.63s' has %d dimensions; at most %d",
                             args[i].name, args[i].rank, WEFT_MAX_RANK);
        variables[i] =
            (weft_variable){.name = args[i].name, .type = args[i].type, .rank = args[i].rank};
        for (int32_t axis = 0; axis < args[i].rank; axis++) {
            if (args[i].shape[axis] < 0)
                return weft_fail(error, WEFT_ERR_ARG, "'%.63s' has a negative extent",
                                 args[i].name);
            if (args[i].shape[axis] == 1)
                variables[i].ones |= 1u << axis;
        }
    }
    return WEFT_OK;
}

/* The arguments that the program uses. */
static size_t choose(const weft_program *program, const weft_arg *args, size_t nargs,
                     weft_arg *chosen)
{
    size_t n = 0;
    for (size_t i = 0; i < nargs; i++)
        if (weft_program_find_param(program, args[i].name) >= 0)
            chosen[n++] = squeeze(&args[i]);
    return n;
}

/* The type and shape of the result. */
static weft_status find_shape(weft_context *context, const weft_program *program,
                              const weft_arg *chosen, size_t n, weft_arg *shape, weft_error *error)
{
    const int32_t out = weft_program_find_param(program, "out");
    weft_param_info info;
    int32_t rank;
    int64_t inner[WEFT_MAX_ARG_RANK], full[WEFT_MAX_ARG_RANK];
    WEFT_TRY(weft_program_param(program, (uint32_t)out, &info));
    WEFT_TRY(
        weft_infer_shape(context, program, chosen, n, NULL, (uint32_t)out, &rank, inner, error));
    int32_t at = 0, axes = program->result_rank;
    for (int32_t i = 0; i < axes; i++)
        full[i] = program->result_ones >> i & 1 ? 1 : inner[at++];
    while (at < rank) /* a segment's */
        full[axes++] = inner[at++];
    return weft_arg_contiguous(shape, "out", info.type, NULL, axes, full);
}

static weft_status check_result(const weft_arg *result, const weft_arg *shape, weft_error *error)
{
    if (result->type != shape->type)
        return weft_fail(error, WEFT_ERR_BIND, "the result is of type %s, not %s",
                         weft_dtype_name(shape->type), weft_dtype_name(result->type));
    if (result->rank != shape->rank)
        return weft_fail(error, WEFT_ERR_BIND, "the result has %d dimensions, not %d", shape->rank,
                         result->rank);
    for (int32_t i = 0; i < shape->rank; i++)
        if (result->shape[i] != shape->shape[i])
            return weft_fail(error, WEFT_ERR_BIND,
                             "the result has %lld elements along axis %d, not %lld",
                             (long long)shape->shape[i], i, (long long)result->shape[i]);
    return WEFT_OK;
}

/* The result's array as the program's parameter sees it. */
static weft_arg squeeze_result(const weft_program *program, const weft_arg *result)
{
    weft_arg out = *result;
    out.name = "out";
    out.rank = 0;
    for (int32_t i = 0; i < result->rank; i++) {
        if (i < program->result_rank && (program->result_ones >> i & 1))
            continue;
        out.shape[out.rank] = result->shape[i];
        out.strides[out.rank++] = result->strides[i];
    }
    return out;
}

static weft_status evaluate(weft_context *context, const weft_program *program,
                            const weft_arg *args, size_t nargs, weft_arg *result, weft_error *error)
{
    weft_arg chosen[WEFT_MAX_PARAMS], shape;
    size_t n = choose(program, args, nargs, chosen);
    WEFT_TRY(find_shape(context, program, chosen, n, &shape, error));
    if (!result->data && result->buffer.id == 0) {
        const char *name = result->name;
        *result = shape;
        result->name = name;
        return WEFT_OK;
    }
    WEFT_TRY(check_result(result, &shape, error));
    chosen[n++] = squeeze_result(program, result);
    return weft_run_with(context, program, chosen, n, NULL, error);
}

weft_status weft_eval(weft_context *context, const char *text, size_t length, const weft_arg *args,
                      size_t nargs, uint32_t flags, weft_arg *result, weft_error *error)
{
    weft_variable variables[WEFT_MAX_PARAMS];
    weft_program *program;
    weft_error_clear(error);
    if (!context || !text || !result || (!args && nargs))
        return weft_fail(error, WEFT_ERR_ARG,
                         "weft_eval needs a context, a text, arguments and a place for the result");
    if (nargs >= WEFT_MAX_PARAMS)
        return weft_fail(error, WEFT_ERR_LIMIT, "%zu arguments; at most %d", nargs,
                         WEFT_MAX_PARAMS - 1);
    WEFT_TRY(describe(args, nargs, variables, error));
    const weft_compile_options options = {
        .size = sizeof options, .variables = variables, .n_variables = nargs, .flags = flags};
    WEFT_TRY(weft_compile_cached(context, text, length, &options, &program, error));
    weft_status status =
        program->is_expression
            ? evaluate(context, program, args, nargs, result, error)
            : weft_fail(error, WEFT_ERR_ARG,
                        "a text that declares its parameters is a program: compile and run it");
    weft_program_release(program);
    return status;
}
