/* vm/run.c: binding arguments and running programs (weft/run.h). */
#include <string.h>

#include "vm/bind.h"

#define BIND_FAIL(...) return weft_fail(error, WEFT_ERR_BIND, __VA_ARGS__)

typedef struct run_view { /* an argument in a buffer, with its address, and what keeps that valid */
    weft_arg arg;
    weft_storage *storage;
} run_view;

typedef struct run_state { /* one run */
    weft_binding binding;
    weft_context *context;
    run_view *views; /* NULL: no argument is in a buffer */
    size_t views_wanted, views_pinned;
    const weft_arg *matched[WEFT_MAX_PARAMS];
    weft_bound_array arrays[WEFT_MAX_PARAMS];
    size_t scratch_bytes[WEFT_MAX_PARAMS]; /* 0: not allocated by us */
} run_state;

/* --- arrays ----------------------------------------------------------------------------------- */

static void bind_mapped(run_state *run, uint32_t index)
{
    const weft_param *param = &run->binding.code->params[index];
    const weft_arg *arg = run->matched[index];
    weft_bound_array *array = &run->arrays[index];
    unsigned dims[WEFT_MAX_RANK], n = weft_param_dims(param, dims);
    array->data = arg->data;
    for (unsigned i = 0; i < n; i++) {
        int axis = weft_arg_axis(param, arg, i);
        bool last = i + 1 == n, window = last && param->window; /* windows lie along the last */
        bool repeated = axis < 0 || (arg->shape[axis] == 1 && !window);
        array->stride[dims[i]] = repeated ? 0 : arg->strides[axis];
        if (last) /* an offset from a repeated element leads to the same element */
            array->row = array->stride[dims[i]];
    }
    if (param->segment > 1)
        array->component = arg->strides[arg->rank - 1];
}

/* Uniforms and tables: rows along the last dimension. */
static void bind_rows(run_state *run, uint32_t index)
{
    const weft_param *param = &run->binding.code->params[index];
    const weft_arg *arg = run->matched[index];
    weft_bound_array *array = &run->arrays[index];
    int dims = arg->rank - (param->segment > 1);
    array->data = arg->data;
    array->length = 1;
    for (int d = 0; d < WEFT_MAX_RANK; d++) {
        array->extent[d] = d < dims ? arg->shape[d] : 1;
        array->length *= array->extent[d];
    }
    array->row = dims ? arg->strides[weft_arg_row_axis(param, arg)] : 0;
    if (param->segment > 1)
        array->component = arg->strides[arg->rank - 1];
}

static weft_status bind_scratch(run_state *run, uint32_t index, weft_error *error)
{
    const weft_param *param = &run->binding.code->params[index];
    weft_bound_array *array = &run->arrays[index];
    size_t size = weft_dtype_size((weft_dtype)param->type);
    weft_int128 bytes = (weft_int128)size * param->segment;
    array->component = (int64_t)size;
    int last = weft_param_last_dim(param);
    for (int d = WEFT_MAX_RANK - 1; d >= 0; d--)
        if (param->dims >> d & 1) {
            array->stride[d] = (int64_t)bytes;
            if (d == last)
                array->row = (int64_t)bytes;
            bytes *= run->binding.extents[d];
            if (bytes > (weft_int128)(SIZE_MAX / 4))
                return weft_fail_memory(error);
        }
    if (bytes == 0)
        return WEFT_OK; /* no elements: never touched */
    array->data = weft_mem_alloc(run->binding.allocator, (size_t)bytes);
    if (!array->data)
        return weft_fail(error, WEFT_ERR_MEMORY,
                         "out of memory for scratch array '%s' of %llu bytes", param->name,
                         (unsigned long long)bytes);
    run->scratch_bytes[index] = (size_t)bytes;
    return WEFT_OK;
}

static weft_status bind_arrays(run_state *run, weft_error *error)
{
    const weft_code *code = run->binding.code;
    weft_status status = WEFT_OK;
    for (uint32_t i = 0; i < code->n_params && !status; i++) {
        if (code->params[i].kind == WEFT_PARAM_SCRATCH)
            continue;
        if (!run->matched[i])
            BIND_FAIL("there is no argument for '%s'", code->params[i].name);
        status = weft_check_extent(&code->params[i], run->matched[i], error);
        if (weft_kind_is_mapped(code->params[i].kind))
            bind_mapped(run, i);
        else
            bind_rows(run, i);
    }
    return status;
}

/* --- views of buffers ------------------------------------------------------------------------- */

static size_t count_views(const weft_arg *args, size_t nargs)
{
    size_t count = 0;
    for (size_t i = 0; i < nargs; i++)
        count += args[i].buffer.id != 0;
    return count;
}

/* Gives addresses to the arguments in buffers. One acquisition of the lock for all of them. */
static weft_status pin_views(run_state *run, size_t count, weft_error *error)
{
    const weft_code *code = run->binding.code;
    weft_status status = WEFT_OK;
    run->views = weft_mem_alloc(run->binding.allocator, count * sizeof *run->views);
    if (!run->views)
        return weft_fail_memory(error);
    run->views_wanted = count;
    weft_lock_shared(run->context);
    for (uint32_t i = 0; i < code->n_params && !status; i++) {
        if (!run->matched[i] || run->matched[i]->buffer.id == 0)
            continue;
        run_view *view = &run->views[run->views_pinned];
        status = weft_buffer_pin(run->context, &code->params[i], run->matched[i], &view->arg,
                                 &view->storage, error);
        if (!status)
            run->matched[i] = &run->views[run->views_pinned++].arg;
    }
    weft_unlock_shared(run->context);
    return status;
}

static void unpin_views(run_state *run)
{
    for (size_t i = 0; i < run->views_pinned; i++)
        weft_storage_unpin(run->views[i].storage);
    weft_mem_free(run->binding.allocator, run->views, run->views_wanted * sizeof *run->views);
}

/* --- a run ------------------------------------------------------------------------------------ */

static weft_status check_space_known(const run_state *run, weft_error *error)
{
    for (unsigned d = 0; d < run->binding.code->rank; d++)
        if (run->binding.extents[d] < 0)
            BIND_FAIL("no argument tells the extent of dimension %u of the index space", d);
    return WEFT_OK;
}

static weft_status bind(run_state *run, const weft_arg *args, size_t nargs, const int64_t *space,
                        weft_error *error)
{
    weft_binding *binding = &run->binding;
    const weft_code *code = binding->code;
    weft_status status = weft_match_args(code, args, nargs, run->matched, error);
    size_t views = count_views(args, nargs);
    if (!status && views)
        status = pin_views(run, views, error);
    if (!status)
        status = weft_infer_space(code, run->matched, space, binding->extents, error);
    if (!status)
        status = bind_arrays(run, error);
    if (!status)
        status = check_space_known(run, error);
    if (!status)
        status = weft_check_overlaps(code, binding->facts, run->matched, error);
    if (!status)
        status = weft_check_bounds(binding, error);
    for (uint32_t i = 0; i < code->n_params && !status; i++)
        if (code->params[i].kind == WEFT_PARAM_SCRATCH)
            status = bind_scratch(run, i, error);
    return status;
}

static weft_status run_bound(weft_context *context, const weft_program *program,
                             const weft_arg *args, size_t nargs, const weft_run_options *options,
                             weft_error *error)
{
    run_state *run = weft_mem_zeroed(&context->allocator, 1, sizeof *run);
    if (!run)
        return weft_fail_memory(error);
    weft_binding *binding = &run->binding;
    run->context = context;
    binding->allocator = &context->allocator;
    binding->code = &program->code;
    binding->facts = &program->facts;
    binding->kernels = context->kernels;
    binding->arrays = run->arrays;
    binding->strip_length = context->wanted.strip_length;
    binding->control.budget = options->budget ? options->budget : WEFT_DEFAULT_BUDGET;
    binding->control.cancelled = options->cancel ? &options->cancel->requested : NULL;
    binding->control.progress = options->progress;
    binding->control.progress_user = options->progress_user;
    weft_status status = bind(run, args, nargs, options->space, error);
    if (!status)
        status = weft_interp_run(binding, error);
    for (uint32_t i = 0; i < program->code.n_params; i++)
        if (run->scratch_bytes[i])
            weft_mem_free(binding->allocator, run->arrays[i].data, run->scratch_bytes[i]);
    unpin_views(run);
    weft_mem_free(&context->allocator, run, sizeof *run);
    return status;
}

weft_status weft_run_with(weft_context *context, const weft_program *program, const weft_arg *args,
                          size_t nargs, const weft_run_options *options, weft_error *error)
{
    weft_run_options wanted;
    weft_error_clear(error);
    if (!context || !program || (!args && nargs))
        return weft_fail(error, WEFT_ERR_ARG, "weft_run needs a context, a program and arguments");
    if (!weft_options_copy(&wanted, sizeof wanted, options))
        return weft_fail(error, WEFT_ERR_ARG, "weft_run_options.size is wrong");
    weft_program *held = weft_program_retain((weft_program *)(uintptr_t)program);
    weft_context_retain(context);
    weft_status status = run_bound(context, program, args, nargs, &wanted, error);
    weft_program_release(held);
    weft_context_release(context);
    return status;
}

weft_status weft_run(weft_context *context, const weft_program *program, const weft_arg *args,
                     size_t nargs)
{
    return weft_run_with(context, program, args, nargs, NULL, NULL);
}

weft_status weft_infer_shape(weft_context *context, const weft_program *program,
                             const weft_arg *args, size_t nargs, const int64_t *space,
                             uint32_t param, int32_t *rank, int64_t shape[WEFT_MAX_ARG_RANK],
                             weft_error *error)
{
    const weft_arg *matched[WEFT_MAX_PARAMS];
    int64_t extents[WEFT_MAX_RANK];
    weft_error_clear(error);
    if (!context || !program || (!args && nargs) || !rank || !shape ||
        param >= program->code.n_params)
        return weft_fail(error, WEFT_ERR_ARG,
                         "weft_infer_shape needs a context, a program, one of "
                         "its parameters, and places for rank and shape");
    const weft_param *wanted = &program->code.params[param];
    if (weft_kind_is_table(wanted->kind))
        return weft_fail(error, WEFT_ERR_ARG, "the shape of table '%s' is the caller's choice",
                         wanted->name);
    weft_status status = weft_match_args(&program->code, args, nargs, matched, error);
    if (!status)
        status = weft_infer_space(&program->code, matched, space, extents, error);
    if (status)
        return status;
    unsigned dims[WEFT_MAX_RANK], n = weft_param_dims(wanted, dims);
    for (unsigned i = 0; i < n; i++)
        if (extents[dims[i]] < 0)
            BIND_FAIL("no argument tells the extent of dimension %u of the index space", dims[i]);
    *rank = 0;
    for (unsigned i = 0; i < n; i++)
        shape[(*rank)++] = extents[dims[i]] + (i + 1 == n ? wanted->window : 0);
    if (wanted->kind == WEFT_PARAM_UNIFORM && wanted->count > 1)
        shape[(*rank)++] = wanted->count;
    if (wanted->segment > 1)
        shape[(*rank)++] = wanted->segment;
    return WEFT_OK;
}
