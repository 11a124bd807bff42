/* vm/binding.c: arguments to arrays with addresses (vm/bind.h): everything about a run that depends
 * on its arguments is decided, and every address proved, before the first instruction. */
#include <string.h>

#include "vm/bind.h"

#define BIND_FAIL(...) return weft_fail(error, WEFT_ERR_BIND, __VA_ARGS__)

/* --- arrays ----------------------------------------------------------------------------------- */

/* Whether every element lies at a multiple of its size. */
static bool is_aligned(const weft_bound_array *array, size_t size)
{
    uint64_t all = (uint64_t)(uintptr_t)array->data | (uint64_t)array->component;
    for (int d = 0; d < WEFT_MAX_RANK; d++)
        all |= (uint64_t)array->stride[d];
    return (all & (size - 1)) == 0;
}

static void bind_mapped(weft_run_state *run, uint32_t index)
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
    array->aligned = is_aligned(array, weft_dtype_size((weft_dtype)param->type));
}

/* Uniforms and tables: rows along the last dimension. */
static void bind_rows(weft_run_state *run, uint32_t index)
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

/* Strides of a scratch array; its bytes in *size. */
static weft_status shape_scratch(weft_run_state *run, uint32_t index, size_t *size,
                                 weft_error *error)
{
    const weft_param *param = &run->binding.code->params[index];
    weft_bound_array *array = &run->arrays[index];
    weft_int128 bytes = (weft_int128)weft_dtype_size((weft_dtype)param->type);
    array->component = (int64_t)bytes;
    array->aligned = true;
    bytes *= param->segment;
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
    *size = ((size_t)bytes + 63) / 64 * 64; /* 0: no elements, never touched */
    return WEFT_OK;
}

/* Scratch arrays lie one behind the other in their room. */
static weft_status bind_scratch(weft_run_state *run, weft_room *room, weft_error *error)
{
    const weft_code *code = run->binding.code;
    size_t all = 0, size, largest = 0;
    uint32_t at = 0;
    for (uint32_t i = 0; i < code->n_params; i++) {
        if (code->params[i].kind != WEFT_PARAM_SCRATCH)
            continue;
        WEFT_TRY(shape_scratch(run, i, &size, error));
        if (all > SIZE_MAX / 2 - size)
            return weft_fail_memory(error);
        all += size;
        if (size > largest) {
            largest = size;
            at = i;
        }
    }
    if (all == 0)
        return WEFT_OK;
    char *memory = weft_room_reserve(run->binding.allocator, room, all);
    if (!memory)
        return weft_fail(error, WEFT_ERR_MEMORY,
                         "out of memory for scratch array '%s' of %llu bytes",
                         code->params[at].name, (unsigned long long)largest);
    for (uint32_t i = 0; i < code->n_params; i++)
        if (code->params[i].kind == WEFT_PARAM_SCRATCH) {
            shape_scratch(run, i, &size, NULL);
            run->arrays[i].data = memory;
            memory += size;
        }
    return WEFT_OK;
}

/* Rows of a pool, contiguous; known before its memory is taken, so that addresses can be proved. */
static void shape_pool(weft_run_state *run, uint32_t index)
{
    const weft_param *param = &run->binding.code->params[index];
    weft_bound_array *array = &run->arrays[index];
    array->component = (int64_t)weft_dtype_size((weft_dtype)param->type);
    array->row = array->component * param->segment;
    array->length = array->extent[0] = param->count;
    for (int d = 1; d < WEFT_MAX_RANK; d++)
        array->extent[d] = 1;
}

static weft_status bind_pools(weft_run_state *run, weft_error *error)
{
    const weft_code *code = run->binding.code;
    for (uint32_t i = 0; i < code->n_params; i++) {
        void *memory;
        if (code->params[i].kind != WEFT_PARAM_POOL)
            continue;
        const weft_status status =
            weft_pool_take(run->context, &code->params[i], &memory, &run->pool_bytes[i], error);
        if (status && error)
            error->param = (int32_t)i;
        WEFT_TRY(status);
        run->arrays[i].data = memory;
    }
    return WEFT_OK;
}

static weft_status bind_arrays(weft_run_state *run, weft_error *error)
{
    const weft_code *code = run->binding.code;
    weft_status status = WEFT_OK;
    for (uint32_t i = 0; i < code->n_params && !status; i++) {
        if (code->params[i].kind == WEFT_PARAM_POOL)
            shape_pool(run, i);
        if (!weft_kind_takes_argument(code->params[i].kind))
            continue;
        if (!run->matched[i])
            BIND_FAIL("there is no argument for '%s'", code->params[i].name);
        status = weft_check_extent(&code->params[i], run->matched[i], &run->regions[i], error);
        if (weft_kind_is_mapped(code->params[i].kind))
            bind_mapped(run, i);
        else
            bind_rows(run, i);
    }
    return status;
}

/* --- a run ------------------------------------------------------------------------------------ */

static weft_status check_space_known(const weft_run_state *run, weft_error *error)
{
    for (unsigned d = 0; d < run->binding.code->rank; d++)
        if (run->binding.extents[d] < 0)
            BIND_FAIL("no argument tells the extent of dimension %u of the index space", d);
    return WEFT_OK;
}

/* What the program itself both reads and writes; overlaps between arguments are added to it. */
static void find_mixed(weft_run_state *run)
{
    const weft_plan *plan = run->binding.plan;
    for (uint32_t i = 0; plan && plan->mixes && i < run->binding.code->n_params; i++)
        run->arrays[i].mixed = plan->loaded[i] && plan->stored[i];
}

/* --- the usual case --------------------------------------------------------------------------- */

/* An argument for a parameter over an index space of one dimension whose elements lie one behind
 * the other, or one value for a uniform or an array without dimensions: what most are, bound in a
 * tenth of the time that the general way takes. False: it is something else, or wrong. */
static inline bool bind_dense_arg(weft_run_state *run, uint32_t i, const weft_arg *arg, int64_t n)
{
    const weft_param *param = &run->binding.code->params[i];
    weft_bound_array *array = &run->arrays[i];
    weft_region *region = &run->regions[i];
    const bool segment = param->segment > 1;
    const bool uniform = param->kind == WEFT_PARAM_UNIFORM, one = uniform || param->dims == 0;
    const int64_t size = (int64_t)weft_dtype_size((weft_dtype)param->type);
    const int64_t element = size * param->segment, rows = one ? 1 : n;
    const int rank = (one ? 0 : 1) + segment;
    if (arg->type != (weft_dtype)param->type || arg->rank != rank || arg->buffer.id ||
        arg->offset || !arg->data || (arg->name && strcmp(arg->name, param->name) != 0))
        return false;
    if (segment && (arg->shape[rank - 1] != param->segment || arg->strides[rank - 1] != size))
        return false;
    if (!one && (param->dims != 1 || arg->shape[0] != n || arg->strides[0] != element))
        return false;
    if (uniform ? param->count != 1 : param->window != 0)
        return false;
    const uintptr_t low = (uintptr_t)arg->data;
    if (low > UINTPTR_MAX - (uint64_t)(rows * element))
        return false;
    run->matched[i] = arg;
    array->data = arg->data;
    array->stride[0] = array->row = one ? 0 : element;
    array->component = segment ? size : 0;
    array->length = 1;
    array->aligned = (low & (uint64_t)(size - 1)) == 0;
    for (int d = 0; uniform && d < WEFT_MAX_RANK; d++)
        array->extent[d] = 1;
    region->low = low;
    region->span = region->element = (uint64_t)(rows * element);
    region->rank = 0;
    return true;
}

/* All of a run's arguments, in the order of the parameters; false: not all are that simple, and the
 * arrays are as clear as they were. */
static bool bind_dense(weft_run_state *run, const weft_arg *args, size_t nargs)
{
    enum { SMALL = 1 << 30 }; /* elements: nothing computed from them overflows */
    const weft_code *code = run->binding.code;
    int64_t n = -1;
    if (code->rank != 1 || code->fixed || nargs != code->n_params)
        return false;
    for (uint32_t i = 0; i < code->n_params && n < 0; i++)
        if (weft_kind_is_mapped(code->params[i].kind) && code->params[i].dims && args[i].rank > 0)
            n = args[i].shape[0];
    if (n < 1 || n > SMALL)
        return false;
    for (uint32_t i = 0; i < code->n_params; i++) {
        const unsigned kind = code->params[i].kind;
        if (kind > WEFT_PARAM_UNIFORM || !bind_dense_arg(run, i, &args[i], n)) {
            memset(run->arrays, 0, i * sizeof *run->arrays); /* those bound so far */
            return false;
        }
    }
    run->binding.extents[0] = n;
    for (int d = 1; d < WEFT_MAX_RANK; d++)
        run->binding.extents[d] = 1;
    return true;
}

/* --- a run ------------------------------------------------------------------------------------ */

static size_t count_views(const weft_arg *args, size_t nargs)
{
    size_t count = 0;
    for (size_t i = 0; i < nargs; i++)
        count += args[i].buffer.id != 0;
    return count;
}

/* Finds the functions that the program declares, and keeps them until weft_unbind. */
static weft_status keep_functions(weft_run_state *run, weft_error *error)
{
    const weft_code *code = run->binding.code;
    weft_status status = WEFT_OK;
    for (; run->looked_at < code->n_params; run->looked_at++) {
        const uint32_t i = run->looked_at;
        if (code->params[i].kind != WEFT_PARAM_FUNCTION)
            continue;
        status = weft_function_pin(run->context, &code->params[i], &run->arrays[i].function, error);
        if (status && error)
            error->param = (int32_t)i;
        WEFT_TRY(status);
    }
    return WEFT_OK;
}

/* Gives addresses to the arguments in buffers. */
static weft_status keep_views(weft_run_state *run, weft_error *error)
{
    const weft_code *code = run->binding.code;
    weft_status status = WEFT_OK;
    for (uint32_t i = 0; i < code->n_params && !status; i++) {
        if (!run->matched[i] || run->matched[i]->buffer.id == 0)
            continue;
        weft_run_view *view = &run->views[run->n_views];
        status = weft_buffer_pin(run->context, &code->params[i], run->matched[i], &view->arg,
                                 &view->storage, error);
        if (status)
            break;
        run->matched[i] = &view->arg;
        run->n_views++;
    }
    return status;
}

/* What is looked up in the context, with one acquisition of its lock. */
static weft_status look_up(weft_run_state *run, weft_error *error)
{
    weft_lock_shared(run->context);
    weft_status status = keep_functions(run, error);
    if (!status)
        status = keep_views(run, error);
    weft_unlock_shared(run->context);
    return status;
}

/* Makes the state of a run in its room; what depends on arguments is cleared. */
static weft_run_state *set_up(weft_context *context, weft_program *program, weft_workroom *room,
                              size_t n_views)
{
    const size_t n = program->code.n_params, bounds = program->facts.bounds.count;
    const size_t arrays = (sizeof(weft_run_state) + 63) / 64 * 64;
    const size_t pool_bytes = arrays + n * sizeof(weft_bound_array);
    const size_t regions = pool_bytes + n * sizeof(size_t);
    const size_t matched = regions + n * sizeof(weft_region);
    const size_t trips = matched + n * sizeof(weft_arg *);
    const size_t views = trips + bounds * sizeof(int64_t);
    char *memory = weft_room_reserve(&context->allocator, &room->bind,
                                     views + n_views * sizeof(weft_run_view));
    if (!memory)
        return NULL;
    weft_run_state *run = (weft_run_state *)(void *)memory;
    memset(memory, 0, regions);
    run->context = context;
    run->arrays = (weft_bound_array *)(void *)(memory + arrays);
    run->pool_bytes = (size_t *)(void *)(memory + pool_bytes);
    run->regions = (weft_region *)(void *)(memory + regions);
    run->matched = (const weft_arg **)(void *)(memory + matched);
    run->trips = (int64_t *)(void *)(memory + trips);
    run->views = (weft_run_view *)(void *)(memory + views);
    weft_binding *binding = &run->binding;
    binding->allocator = &context->allocator;
    binding->code = &program->code;
    binding->facts = &program->facts;
    binding->kernels = context->kernels;
    binding->arrays = run->arrays;
    binding->strip_length = context->wanted.strip_length;
    binding->threads = context->threads;
    binding->thread_count = context->wanted.threads;
    binding->split_cost = context->wanted.split_cost;
    binding->loops_split = &context->counters.loops_split;
    binding->l1_bytes = context->l1_bytes;
    binding->l2_bytes = context->l2_bytes;
    return run;
}

static void count_run(weft_context *context)
{
    switch (context->wanted.backend) {
#define COUNT_ONE(NAME, value, text, counter, words)                                               \
    case value:                                                                                    \
        WEFT_COUNT(context, counter);                                                              \
        break;
        WEFT_BACKEND_TABLE(COUNT_ONE)
#undef COUNT_ONE
    default:
        break;
    }
}

weft_status weft_bind(weft_context *context, weft_program *program, weft_workroom *room,
                      const weft_arg *args, size_t nargs, const int64_t *space, bool locked_before,
                      weft_run_state **out, weft_error *error)
{
    const weft_code *code = &program->code;
    const size_t views = count_views(args, nargs);
    const bool looks_up = views || program->has_functions;
    weft_run_state *run = *out = set_up(context, program, room, views);
    if (!run)
        return weft_fail_memory(error);
    weft_binding *binding = &run->binding;
    if (weft_backends[context->wanted.backend].plans) {
        binding->plan = weft_program_plan(program, context->kernels);
        if (!binding->plan)
            return weft_fail_memory(error);
    }
    run->dense = !space && !looks_up && bind_dense(run, args, nargs);
    if (!run->dense) {
        WEFT_TRY(weft_match_args(code, args, nargs, run->matched, error));
        if (looks_up)
            WEFT_TRY(look_up(run, error));
        WEFT_TRY(weft_infer_space(code, run->matched, space, binding->extents, error));
        WEFT_TRY(bind_arrays(run, error));
        WEFT_TRY(check_space_known(run, error));
    }
    if (!looks_up && !locked_before) { /* there is nothing to look up, but a run takes it once */
        weft_lock_shared(context);
        weft_unlock_shared(context);
    }
    count_run(context); /* beside the lock: its line is here now */
    find_mixed(run);
    WEFT_TRY(
        weft_check_overlaps(code, binding->facts, run->matched, run->regions, run->arrays, error));
    WEFT_TRY(weft_check_bounds(binding, run->trips, error));
    if (run->dense)
        return WEFT_OK;
    WEFT_TRY(bind_scratch(run, &room->scratch, error));
    return bind_pools(run, error);
}

void weft_unbind(weft_run_state *run)
{
    if (run->dense)
        return;
    for (uint32_t i = 0; i < run->binding.code->n_params; i++)
        if (run->pool_bytes[i])
            weft_pool_give(run->context, run->arrays[i].data, run->pool_bytes[i]);
    for (size_t i = 0; i < run->n_views; i++)
        weft_storage_unpin(run->views[i].storage);
    for (uint32_t i = 0; i < run->looked_at; i++)
        if (run->binding.code->params[i].kind == WEFT_PARAM_FUNCTION)
            weft_function_unpin(run->arrays[i].function);
}
