/* vm/compile.c: texts and graphs to programs (weft/compile.h, vm/compile.h).
 * Neighbours: compiler/lower.h (text to graph), compiler/schedule.h (graph to code), vm/eval.c
 * (expressions evaluated at once), vm/cache.h. */
#include "vm/compile.h"

#include <string.h>

#include "compiler/lower.h"
#include "compiler/parse.h"
#include "compiler/schedule.h"
#include "isa/image.h"
#include "isa/verify.h"
#include "vm/cache.h"

static weft_status check_variable(const weft_variable *variable, weft_error *error)
{
    if (!variable->name)
        return weft_fail(error, WEFT_ERR_ARG, "a variable has no name");
    if (variable->type < 1 || variable->type >= WEFT_TYPE_COUNT)
        return weft_fail(error, WEFT_ERR_ARG, "variable '%.63s' has no type", variable->name);
    if (variable->rank < 0 || variable->rank > WEFT_MAX_RANK)
        return weft_fail(error, WEFT_ERR_ARG, "variable '%.63s' has %d dimensions; at most %d",
                         variable->name, variable->rank, WEFT_MAX_RANK);
    if (variable->ones >> variable->rank)
        return weft_fail(error, WEFT_ERR_ARG,
                         "variable '%.63s' is said to have extent 1 along an axis it does not have",
                         variable->name);
    return WEFT_OK;
}

weft_status weft_compile_options_take(const weft_compile_options *options,
                                      weft_compile_options *copy, weft_error *error)
{
    if (!weft_options_copy(copy, sizeof *copy, options))
        return weft_fail(error, WEFT_ERR_ARG,
                         "the options' size is none that this library knows: set it to "
                         "sizeof(weft_compile_options)");
    if (copy->n_variables && !copy->variables)
        return weft_fail(error, WEFT_ERR_ARG, "variables are counted but not given");
    if (copy->flags & ~(uint32_t)WEFT_FAST)
        return weft_fail(error, WEFT_ERR_ARG, "unknown flags 0x%x", copy->flags);
    if (copy->form > WEFT_CODE_UNROLLED)
        return weft_fail(error, WEFT_ERR_ARG, "unknown form %u", copy->form);
    if (copy->form == WEFT_CODE_UNROLLED &&
        (copy->elements == 0 || copy->elements > WEFT_MAX_UNROLLED))
        return weft_fail(error, WEFT_ERR_ARG,
                         "the unrolled form is for 1 to %d elements; %llu were given",
                         WEFT_MAX_UNROLLED, (unsigned long long)copy->elements);
    if ((unsigned)copy->result >= WEFT_TYPE_COUNT)
        return weft_fail(error, WEFT_ERR_ARG, "unknown type %d of the result", (int)copy->result);
    for (size_t i = 0; i < copy->n_variables; i++)
        WEFT_TRY(check_variable(&copy->variables[i], error));
    return WEFT_OK;
}

static weft_status make_code(const weft_graph *graph, const weft_compile_options *options,
                             weft_code *code, weft_error *error)
{
    weft_schedule_options with = {.elements = (int64_t)options->elements};
    with.unrolled = options->form != WEFT_CODE_LOOP && options->elements >= 1 &&
                    options->elements <= WEFT_MAX_UNROLLED;
    weft_status status = weft_schedule(graph, &with, code, error);
    const bool too_much = status == WEFT_ERR_UNSUPPORTED || status == WEFT_ERR_LIMIT;
    if (!too_much || !with.unrolled || options->form == WEFT_CODE_UNROLLED)
        return status;
    with.unrolled = false;
    weft_error_clear(error);
    return weft_schedule(graph, &with, code, error);
}

/* The shape that the value of an expression has beyond its array's: axes of extent 1. */
static void note_result(const weft_graph *graph, weft_program *program)
{
    const weft_output *outputs = graph->outputs.data;
    if (graph->named_axes || graph->outputs.count == 0)
        return;
    program->is_expression = true;
    const weft_axes *axes = &weft_node_at(graph, outputs[graph->outputs.count - 1].value)->axes;
    program->result_rank = axes->rank;
    for (unsigned i = 0; i < axes->rank; i++)
        if (axes->axis[i] == WEFT_AXIS_ONE)
            program->result_ones |= (uint8_t)(1u << i);
}

weft_status weft_compile_graph(weft_context *context, const weft_graph *graph,
                               const weft_compile_options *options, weft_program **out,
                               weft_error *error)
{
    weft_code code;
    *out = NULL;
    WEFT_TRY(make_code(graph, options, &code, error));
    WEFT_TRY(weft_program_adopt(context, &code, out, error));
    note_result(graph, *out);
    return WEFT_OK;
}

/* Variables that the text does not use are mistakes of the caller's, too. */
static weft_status check_names(const weft_compile_options *options, weft_error *error)
{
    if (options->n_variables > WEFT_MAX_PARAMS)
        return WEFT_OK; /* there is more to say about these */
    for (size_t i = 0; i < options->n_variables; i++) {
        const char *name = options->variables[i].name;
        if (!weft_name_is_good(name) || strlen(name) > WEFT_MAX_NAME)
            return weft_fail(error, WEFT_ERR_ARG,
                             "'%.63s' is no name: a name is up to %d letters, digits and '_'", name,
                             WEFT_MAX_NAME);
        for (size_t j = 0; j < i; j++)
            if (strcmp(options->variables[j].name, name) == 0)
                return weft_fail(error, WEFT_ERR_ARG, "two variables are named '%s'", name);
    }
    return WEFT_OK;
}

static weft_status compile(weft_context *context, const char *text, size_t length,
                           const weft_compile_options *options, weft_program **out,
                           weft_error *error)
{
    const weft_text_options with = {.variables = options->variables,
                                    .n_variables = options->n_variables,
                                    .result = options->result};
    weft_graph graph;
    WEFT_TRY(check_names(options, error));
    weft_graph_init(&graph, &context->allocator, context->kernels, options->flags, error);
    weft_status status = weft_lower(&graph, text, length, &with, error);
    if (!status)
        status = weft_compile_graph(context, &graph, options, out, error);
    weft_graph_free(&graph);
    return status;
}

static weft_status check(weft_context *context, const char *text, size_t length,
                         const weft_compile_options *given, weft_compile_options *options,
                         weft_program **out, weft_error *error)
{
    weft_error_clear(error);
    if (out)
        *out = NULL;
    if (!context || !out || (!text && length))
        return weft_fail(error, WEFT_ERR_ARG,
                         "weft_compile needs a context, a text and a place for the program");
    return weft_compile_options_take(given, options, error);
}

weft_status weft_compile(weft_context *context, const char *text, size_t length,
                         const weft_compile_options *options, weft_program **out, weft_error *error)
{
    weft_compile_options with;
    WEFT_TRY(check(context, text, length, options, &with, out, error));
    return compile(context, text ? text : "", length, &with, out, error);
}

/* --- the cache -------------------------------------------------------------------------------- */

/* All that decides the code, as bytes: the variables, then the text. */
static size_t key_size(const weft_compile_options *options, size_t length)
{
    size_t size = length;
    for (size_t i = 0; i < options->n_variables; i++)
        size += strlen(options->variables[i].name) + 4;
    return size;
}

static void write_key(const weft_compile_options *options, const char *text, size_t length,
                      char *bytes)
{
    for (size_t i = 0; i < options->n_variables; i++) {
        const weft_variable *variable = &options->variables[i];
        const size_t n = strlen(variable->name) + 1;
        memcpy(bytes, variable->name, n);
        bytes[n] = (char)variable->type;
        bytes[n + 1] = (char)variable->rank;
        bytes[n + 2] = (char)variable->ones;
        bytes += n + 3;
    }
    if (length)
        memcpy(bytes, text, length);
}

static weft_status find_or_compile(weft_context *context, const weft_cache_key *key,
                                   const char *text, size_t length,
                                   const weft_compile_options *options, weft_program **out,
                                   weft_error *error)
{
    *out = weft_cache_find(context, key);
    if (*out)
        return WEFT_OK;
    WEFT_TRY(compile(context, text, length, options, out, error));
    return weft_cache_add(context, key, out, error);
}

weft_status weft_compile_cached(weft_context *context, const char *text, size_t length,
                                const weft_compile_options *given, weft_program **out,
                                weft_error *error)
{
    weft_compile_options options;
    char small[512], *bytes = small;
    WEFT_TRY(check(context, text, length, given, &options, out, error));
    if (length > WEFT_MAX_SOURCE || options.n_variables > WEFT_MAX_PARAMS) /* says what is wrong */
        return compile(context, text, length, &options, out, error);
    const size_t size = key_size(&options, length);
    if (size > sizeof small && !(bytes = weft_mem_alloc(&context->allocator, size)))
        return weft_fail_memory(error);
    write_key(&options, text ? text : "", length, bytes);
    const bool any_length = options.form == WEFT_CODE_LOOP || options.elements > WEFT_MAX_UNROLLED;
    const weft_cache_key key = {.kind = WEFT_CACHE_EXPRESSION,
                                .level = context->wanted.level,
                                .flags = options.flags | options.form << 4 |
                                         (uint32_t)options.result << 8 |
                                         (uint32_t)options.n_variables << 16,
                                .unrolled = any_length ? 0 : options.elements,
                                .text = bytes,
                                .length = size};
    weft_status status =
        find_or_compile(context, &key, text ? text : "", length, &options, out, error);
    if (bytes != small)
        weft_mem_free(&context->allocator, bytes, size);
    return status;
}
