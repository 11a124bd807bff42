/* vm/shape.c: arguments to parameters, the index space that their shapes span (vm/bind.h), and the
 * shape that it gives to an argument that is still to be made (weft_infer_shape of weft/run.h). */
#include <string.h>

#include "isa/suggest.h"
#include "vm/bind.h"

#define BIND_FAIL(...) return weft_fail(error, WEFT_ERR_BIND, __VA_ARGS__)

unsigned weft_param_dims(const weft_param *param, unsigned dims[WEFT_MAX_RANK])
{
    unsigned n = 0;
    for (unsigned d = 0; d < WEFT_MAX_RANK; d++)
        if (param->dims >> d & 1)
            dims[n++] = d;
    return n;
}

static int segment_dims(const weft_param *param)
{
    return param->segment > 1;
}

int weft_arg_axis(const weft_param *param, const weft_arg *arg, unsigned i)
{
    unsigned dims[WEFT_MAX_RANK];
    int wanted = (int)weft_param_dims(param, dims), present = arg->rank - segment_dims(param);
    int axis = (int)i - (wanted - present); /* aligned at the last one, as in NumPy */
    return axis < 0 ? -1 : axis;
}

int weft_arg_row_axis(const weft_param *param, const weft_arg *arg)
{
    int axis = arg->rank - segment_dims(param) - 1;
    while (axis > 0 && arg->shape[axis] == 1)
        axis--;
    return axis;
}

static int find_param(const weft_code *code, const weft_arg *arg, size_t position)
{
    if (!arg->name)
        return position < code->n_params ? (int)position : -1;
    for (uint32_t i = 0; i < code->n_params; i++)
        if (strcmp(code->params[i].name, arg->name) == 0)
            return (int)i;
    return -1;
}

static weft_status no_such_param(const weft_code *code, const weft_arg *arg, size_t position,
                                 weft_error *error)
{
    if (!arg->name)
        BIND_FAIL("argument %zu: the program has %u parameters", position, code->n_params);
    char phrase[WEFT_SUGGESTION_SIZE];
    weft_suggestion near = {arg->name, strlen(arg->name), NULL, 0};
    for (uint32_t i = 0; i < code->n_params; i++)
        weft_suggest(&near, code->params[i].name);
    BIND_FAIL("the program has no parameter '%.64s'%s", arg->name,
              weft_suggestion_phrase(&near, phrase));
}

static weft_status check_mapped_shape(const weft_param *param, const weft_arg *arg,
                                      weft_error *error)
{
    unsigned dims[WEFT_MAX_RANK];
    int wanted = (int)weft_param_dims(param, dims) + segment_dims(param);
    bool input = param->kind == WEFT_PARAM_IN && param->window == 0;
    if (arg->rank > wanted || (!input && arg->rank < wanted) || arg->rank < segment_dims(param))
        BIND_FAIL("'%s' has %d dimensions, but the program wants %d", param->name, arg->rank,
                  wanted);
    return WEFT_OK;
}

static weft_status check_uniform_shape(const weft_param *param, const weft_arg *arg,
                                       weft_error *error)
{
    int rows = arg->rank - segment_dims(param);
    bool good = rows == 0 ? param->count == 1 : rows == 1 && arg->shape[0] == param->count;
    if (!good)
        BIND_FAIL("uniform '%s' wants %u row%s", param->name, param->count,
                  param->count == 1 ? "" : "s");
    return WEFT_OK;
}

static weft_status check_table_shape(const weft_param *param, const weft_arg *arg,
                                     weft_error *error)
{
    int dims = arg->rank - segment_dims(param);
    if (dims < 1 || dims > WEFT_MAX_RANK)
        BIND_FAIL("table '%s' has %d dimensions; 1 to %d are possible", param->name, dims,
                  WEFT_MAX_RANK);
    int64_t rows = 1;
    for (int d = 0; d < dims; d++) {
        if (arg->shape[d] && rows > WEFT_MAX_EXTENT / arg->shape[d])
            BIND_FAIL("table '%s' has too many rows", param->name);
        rows *= arg->shape[d];
    }
    int inner = weft_arg_row_axis(param, arg);
    weft_int128 filled = (weft_int128)arg->strides[inner] * arg->shape[inner];
    for (int d = inner - 1; rows && d >= 0; d--) {
        if (arg->shape[d] == 1)
            continue;                  /* no step along it is ever taken */
        if (arg->strides[d] != filled) /* the inner dimensions fill the step of the outer one */
            BIND_FAIL("the dimensions of table '%s' are not contiguous to each other", param->name);
        filled *= arg->shape[d];
    }
    return WEFT_OK;
}

static weft_status check_arg(const weft_param *param, const weft_arg *arg, weft_error *error)
{
    if (param->kind == WEFT_PARAM_SCRATCH)
        BIND_FAIL("'%s' is a scratch array: it takes no argument", param->name);
    if (param->kind == WEFT_PARAM_POOL)
        BIND_FAIL("'%s' is a pool: it takes no argument", param->name);
    if (param->kind == WEFT_PARAM_FUNCTION)
        BIND_FAIL("'%s' is a function: it takes no argument", param->name);
    if (arg->type != (weft_dtype)param->type)
        BIND_FAIL("'%s' is %s, but the program wants %s", param->name, weft_dtype_name(arg->type),
                  weft_dtype_name((weft_dtype)param->type));
    if (arg->rank < 0 || arg->rank > WEFT_MAX_ARG_RANK)
        BIND_FAIL("'%s' has an impossible rank of %d", param->name, arg->rank);
    if (arg->buffer.id != 0 && arg->data)
        BIND_FAIL("'%s' names a buffer and an address too: data must be NULL", param->name);
    if (arg->buffer.id == 0 && arg->offset != 0)
        BIND_FAIL("'%s' has an offset of %llu, but names no buffer", param->name,
                  (unsigned long long)arg->offset);
    for (int d = 0; d < arg->rank; d++) {
        if (arg->shape[d] < 0 || arg->shape[d] > WEFT_MAX_EXTENT)
            BIND_FAIL("'%s' has an impossible extent of %lld in dimension %d", param->name,
                      (long long)arg->shape[d], d);
    }
    if (segment_dims(param) &&
        (arg->rank == 0 || arg->shape[arg->rank - 1] != (int64_t)param->segment))
        BIND_FAIL("'%s' has %lld values per element, but the program wants %u", param->name,
                  arg->rank ? (long long)arg->shape[arg->rank - 1] : 1LL, param->segment);
    return weft_kind_is_mapped(param->kind)    ? check_mapped_shape(param, arg, error)
           : param->kind == WEFT_PARAM_UNIFORM ? check_uniform_shape(param, arg, error)
                                               : check_table_shape(param, arg, error);
}

weft_status weft_match_args(const weft_code *code, const weft_arg *args, size_t nargs,
                            const weft_arg *matched[], weft_error *error)
{
    memset(matched, 0, code->n_params * sizeof *matched);
    for (size_t i = 0; i < nargs; i++) {
        int index = find_param(code, &args[i], i);
        if (index < 0)
            return no_such_param(code, &args[i], i, error);
        if (matched[index])
            BIND_FAIL("'%s' is given twice", code->params[index].name);
        weft_status status = check_arg(&code->params[index], &args[i], error);
        if (status)
            return status;
        matched[index] = &args[i];
    }
    return WEFT_OK;
}

/* Takes one dimension of one argument into account. */
static weft_status take_extent(const weft_param *param, const weft_arg *arg, unsigned i, unsigned d,
                               bool last, int64_t extents[WEFT_MAX_RANK],
                               const char *from[WEFT_MAX_RANK], weft_error *error)
{
    int axis = weft_arg_axis(param, arg, i);
    int64_t window = last ? param->window : 0;
    int64_t extent = axis < 0 ? 1 : arg->shape[axis] - window;
    if (extent < 0)
        BIND_FAIL("'%s' has %lld elements in dimension %u, fewer than its window of %u",
                  param->name, (long long)arg->shape[axis], d, param->window);
    if (param->kind == WEFT_PARAM_IN && extent == 1 && window == 0)
        return WEFT_OK; /* is repeated along whatever the others have */
    if (extents[d] >= 0 && extents[d] != extent)
        BIND_FAIL("'%s' spans %lld elements of dimension %u, where %s%s%s %lld", param->name,
                  (long long)extent, d, from[d] ? "'" : "the index space", from[d] ? from[d] : "",
                  from[d] ? "' spans" : " has", (long long)extents[d]);
    extents[d] = extent;
    if (!from[d])
        from[d] = param->name;
    return WEFT_OK;
}

weft_status weft_infer_space(const weft_code *code, const weft_arg *const matched[],
                             const int64_t *space, int64_t extents[WEFT_MAX_RANK],
                             weft_error *error)
{
    const char *from[WEFT_MAX_RANK] = {NULL, NULL, NULL, NULL};
    unsigned mentioned = 0;
    for (unsigned d = 0; d < WEFT_MAX_RANK; d++) {
        bool used = d < code->rank;
        extents[d] = !used ? 1 : code->fixed ? code->extents[d] : space ? space[d] : -1;
        if (used && space && (space[d] < 0 || space[d] > WEFT_MAX_EXTENT || extents[d] != space[d]))
            BIND_FAIL("the index space cannot have an extent of %lld in dimension %u",
                      (long long)space[d], d);
    }
    for (uint32_t p = 0; p < code->n_params; p++) {
        unsigned dims[WEFT_MAX_RANK];
        const weft_param *param = &code->params[p];
        if (!matched[p] || !weft_kind_is_mapped(param->kind))
            continue;
        unsigned n = weft_param_dims(param, dims);
        mentioned |= param->dims;
        for (unsigned i = 0; i < n; i++) {
            weft_status status =
                take_extent(param, matched[p], i, dims[i], i + 1 == n, extents, from, error);
            if (status)
                return status;
        }
    }
    weft_int128 total = 1;
    for (unsigned d = 0; d < code->rank; d++) {
        if (extents[d] < 0 && (mentioned >> d & 1))
            extents[d] = 1; /* only repeated inputs have it */
        total *= extents[d] > 0 ? extents[d] : 1;
        if (total > (weft_int128)INT64_MAX)
            BIND_FAIL("the index space has too many elements");
    }
    return WEFT_OK;
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
    if (weft_kind_is_table(wanted->kind) && wanted->kind != WEFT_PARAM_POOL)
        return weft_fail(error, WEFT_ERR_ARG, "the shape of table '%s' is the caller's choice",
                         wanted->name);
    if (wanted->kind == WEFT_PARAM_FUNCTION)
        return weft_fail(error, WEFT_ERR_ARG, "'%s' is a function: it has no shape", wanted->name);
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
    if (wanted->kind == WEFT_PARAM_POOL ||
        (wanted->kind == WEFT_PARAM_UNIFORM && wanted->count > 1))
        shape[(*rank)++] = wanted->count;
    if (wanted->segment > 1)
        shape[(*rank)++] = wanted->segment;
    return WEFT_OK;
}
