/* vm/builder.c: builders, their declarations and outputs, and programs of them (weft/builder.h,
 * vm/builder.h). */
#include "vm/builder.h"

#include <stdio.h>
#include <string.h>

#include "isa/verify.h"
#include "vm/compile.h"

/* --- life ------------------------------------------------------------------------------------- */

weft_status weft_builder_create(weft_context *context, uint32_t flags, weft_builder **out)
{
    if (out)
        *out = NULL;
    if (!context || !out || (flags & ~(uint32_t)WEFT_FAST))
        return WEFT_ERR_ARG;
    weft_builder *builder = weft_mem_zeroed(&context->allocator, 1, sizeof *builder);
    if (!builder)
        return WEFT_ERR_MEMORY;
    builder->context = weft_context_retain(context);
    builder->exprs.element = sizeof(int32_t);
    weft_error_clear(&builder->error);
    weft_graph_init(&builder->graph, &context->allocator, context->kernels, flags, &builder->error);
    builder->graph.named_axes = true;
    *out = builder;
    return WEFT_OK;
}

void weft_builder_destroy(weft_builder *builder)
{
    if (!builder)
        return;
    weft_context *context = builder->context;
    weft_graph_free(&builder->graph);
    weft_vector_free(&context->allocator, &builder->exprs);
    weft_mem_free(&context->allocator, builder, sizeof *builder);
    weft_context_release(context);
}

weft_status weft_builder_error(const weft_builder *builder, weft_error *error)
{
    if (!builder)
        return weft_fail(error, WEFT_ERR_ARG, "weft_builder_error needs a builder");
    if (error)
        *error = builder->error;
    return builder->graph.failed;
}

/* --- errors ----------------------------------------------------------------------------------- */

bool weft_builder_begin(weft_builder *builder, const char *function)
{
    if (!builder || builder->graph.failed)
        return false;
    builder->function = function;
    builder->calls++;
    return true;
}

weft_status weft_builder_end(weft_builder *builder)
{
    char message[WEFT_ERROR_MESSAGE_SIZE];
    if (!builder->graph.failed || builder->reported)
        return builder->graph.failed;
    builder->reported = true;
    memcpy(message, builder->error.message, sizeof message);
    snprintf(builder->error.message, sizeof builder->error.message, "%s (call %llu): %.*s",
             builder->function, (unsigned long long)builder->calls, (int)(sizeof message - 64),
             message);
    return builder->graph.failed;
}

int32_t weft_builder_end_number(weft_builder *builder, int32_t number)
{
    return weft_builder_end(builder) ? -1 : number;
}

/* What a call gives that cannot begin. */
static weft_status not_begun(const weft_builder *builder)
{
    return builder ? builder->graph.failed : WEFT_ERR_ARG;
}

#define FAIL(...) weft_graph_fail(&builder->graph, WEFT_ERR_ARG, __VA_ARGS__)

/* --- axes and parameters ---------------------------------------------------------------------- */

uint32_t weft_builder_axis(weft_builder *builder, const char *name)
{
    int32_t axis = -1;
    if (!weft_builder_begin(builder, "weft_builder_axis"))
        return 0;
    if (builder->graph.axes.count == WEFT_MAX_RANK)
        weft_graph_fail(&builder->graph, WEFT_ERR_LIMIT, "a program has at most %d axes",
                        WEFT_MAX_RANK);
    else if (name && !weft_name_is_good(name))
        FAIL("'%.64s' is no name for an axis: letters, digits and _ are possible", name);
    else
        axis = weft_graph_new_axis(&builder->graph, name ? name : "", name ? strlen(name) : 0);
    return weft_builder_end(builder) ? 0 : UINT32_C(1) << axis;
}

bool weft_builder_axes(weft_builder *builder, uint32_t mask, weft_axes *axes)
{
    memset(axes, 0, sizeof *axes);
    if (mask >> builder->graph.axes.count) {
        FAIL("there are no axes 0x%x: %zu were declared", mask, builder->graph.axes.count);
        return false;
    }
    for (unsigned a = 0; a < WEFT_MAX_RANK; a++)
        if (mask >> a & 1)
            axes->axis[axes->rank++] = (uint8_t)a;
    return true;
}

const weft_param *weft_builder_param_at(weft_builder *builder, int32_t param)
{
    if (param >= 0 && (size_t)param < builder->graph.params.count)
        return weft_graph_param_at(&builder->graph, (unsigned)param);
    FAIL("there is no parameter %d", (int)param);
    return NULL;
}

static bool name_is_free(weft_builder *builder, const char *name, const char *what)
{
    if (!name || !weft_name_is_good(name) || strlen(name) > WEFT_MAX_NAME) {
        FAIL("a %s needs a name of letters, digits and _, at most %d, not '%.64s'", what,
             WEFT_MAX_NAME, name ? name : "");
        return false;
    }
    for (unsigned i = 0; i < builder->graph.params.count; i++)
        if (strcmp(weft_graph_param_at(&builder->graph, i)->name, name) == 0) {
            FAIL("there is a parameter '%s' already", name);
            return false;
        }
    if (weft_find_users(&builder->graph, name, strlen(name)) < 0)
        return true;
    FAIL("there is a function '%s' already", name);
    return false;
}

static bool is_mapped(const weft_param_info *info)
{
    return info->kind == WEFT_PARAM_IN || info->kind == WEFT_PARAM_OUT ||
           info->kind == WEFT_PARAM_INOUT;
}

static bool param_is_good(weft_builder *builder, const weft_param_info *info)
{
    const bool mapped = is_mapped(info), uniform = info->kind == WEFT_PARAM_UNIFORM;
    if (!name_is_free(builder, info->name, "parameter"))
        return false;
    if (!mapped && !uniform && info->kind != WEFT_PARAM_TABLE)
        FAIL("'%s' has kind %d: in, out, inout, uniform and table are possible", info->name,
             (int)info->kind);
    else if (!weft_type_in(WEFT_MASK_ALL, info->type))
        FAIL("'%s' has no element type", info->name);
    else if (info->segment > WEFT_MAX_SEGMENT)
        FAIL("'%s' has a segment of %u values; at most %d are possible", info->name, info->segment,
             WEFT_MAX_SEGMENT);
    else if (info->window)
        FAIL("'%s' has a window, which cannot be used here", info->name);
    else if (info->dims && !mapped)
        FAIL("'%s' is no array over axes", info->name);
    else if (uniform ? info->count > WEFT_MAX_UNIFORM_ROWS : info->count != 0)
        FAIL("'%s' cannot have %u rows", info->name, info->count);
    return !builder->graph.failed;
}

int32_t weft_builder_param(weft_builder *builder, const weft_param_info *info)
{
    int32_t number = -1;
    weft_axes axes;
    if (!weft_builder_begin(builder, "weft_builder_param"))
        return -1;
    if (!info) {
        FAIL("there is no description");
    } else if (param_is_good(builder, info) && weft_builder_axes(builder, info->dims, &axes)) {
        weft_param param;
        memset(&param, 0, sizeof param);
        strcpy(param.name, info->name);
        param.kind = (uint8_t)info->kind;
        param.type = (uint8_t)info->type;
        param.segment = (uint8_t)(info->segment ? info->segment : 1);
        if (info->kind == WEFT_PARAM_UNIFORM)
            param.count = info->count ? info->count : 1;
        number = weft_graph_new_param(&builder->graph, &param, &axes);
    }
    return weft_builder_end_number(builder, number);
}

/* --- functions -------------------------------------------------------------------------------- */

int32_t weft_builder_add_function(weft_builder *builder, const weft_function_info *info)
{
    weft_graph_function function;
    memset(&function, 0, sizeof function);
    strcpy(function.name, info->name);
    function.n = (uint8_t)info->n_args;
    function.result = (uint8_t)info->result;
    for (unsigned i = 0; i < info->n_args; i++)
        function.types[i] = (uint8_t)info->args[i];
    function.pure = (info->flags & WEFT_FUNCTION_PURE) != 0;
    return weft_graph_new_function(&builder->graph, &function);
}

weft_status weft_builder_function(weft_builder *builder, const weft_function_info *info)
{
    weft_function_info wanted;
    weft_error error;
    if (!weft_builder_begin(builder, "weft_builder_function"))
        return not_begun(builder);
    if (!info || !weft_options_copy(&wanted, sizeof wanted, info))
        FAIL(info ? "weft_function_info.size is wrong" : "there is no description");
    else if (weft_function_check(&wanted, &error))
        FAIL("%s", error.message);
    else if (name_is_free(builder, wanted.name, "function"))
        weft_builder_add_function(builder, &wanted);
    return weft_builder_end(builder);
}

/* --- outputs ---------------------------------------------------------------------------------- */

static int32_t component_of(const weft_graph *graph, int32_t node, unsigned k)
{
    const weft_node *at = weft_node_at(graph, node);
    return at->kind == WEFT_NODE_VECTOR ? weft_list_at(graph, at)[k] : node;
}

static const weft_param *output_at(weft_builder *builder, int32_t param)
{
    const weft_param *at = weft_builder_param_at(builder, param);
    if (!at || at->kind == WEFT_PARAM_OUT || at->kind == WEFT_PARAM_INOUT)
        return at;
    FAIL("'%s' is no output", at->name);
    return NULL;
}

static void put(weft_builder *builder, int32_t param, unsigned k, int32_t node)
{
    weft_graph *graph = &builder->graph;
    const weft_param at = *weft_graph_param_at(graph, (unsigned)param);
    const int32_t value = weft_call_assignable(graph, node, (weft_dtype)at.type, at.name);
    if (value >= 0)
        weft_graph_output(graph, (unsigned)param, k, value);
}

weft_status weft_builder_output(weft_builder *builder, int32_t param, weft_expr value)
{
    if (!weft_builder_begin(builder, "weft_builder_output"))
        return not_begun(builder);
    const weft_param *at = output_at(builder, param);
    const unsigned segment = at ? at->segment : 0;
    const int32_t node = at ? weft_builder_take(builder, value) : -1;
    const weft_node *of = node < 0 ? NULL : weft_node_at(&builder->graph, node);
    if (of && of->kind == WEFT_NODE_VECTOR && of->n != segment) {
        weft_graph_fail(&builder->graph, WEFT_ERR_SYNTAX,
                        "'%s' has %u values an element, and the vector %u", at->name, segment,
                        of->n);
        return weft_builder_end(builder);
    }
    for (unsigned k = 0; of && k < segment && !builder->graph.failed; k++)
        put(builder, param, k, component_of(&builder->graph, node, k));
    return weft_builder_end(builder);
}

weft_status weft_builder_output_component(weft_builder *builder, int32_t param, uint32_t k,
                                          weft_expr value)
{
    if (!weft_builder_begin(builder, "weft_builder_output_component"))
        return not_begun(builder);
    const weft_param *at = output_at(builder, param);
    const int32_t node = at ? weft_builder_take(builder, value) : -1;
    if (node >= 0 && k >= at->segment)
        FAIL("'%s' has %u components, and no component %u", at->name, at->segment, k);
    else if (node >= 0)
        put(builder, param, k, node);
    return weft_builder_end(builder);
}

/* --- programs --------------------------------------------------------------------------------- */

static bool has_value(const weft_graph *graph, unsigned param, unsigned k)
{
    const weft_output *outputs = graph->outputs.data;
    for (size_t i = 0; i < graph->outputs.count; i++)
        if (outputs[i].param == param && outputs[i].k == k)
            return true;
    return false;
}

static weft_status check_complete(const weft_builder *builder, weft_error *error)
{
    const weft_graph *graph = &builder->graph;
    if (builder->n_loops)
        return weft_fail(error, WEFT_ERR_ARG, "weft_builder_build: a loop is still open");
    for (unsigned i = 0; i < graph->params.count; i++) {
        const weft_param *param = weft_graph_param_at(graph, i);
        for (unsigned k = 0; param->kind == WEFT_PARAM_OUT && k < param->segment; k++)
            if (!has_value(graph, i, k))
                return weft_fail(error, WEFT_ERR_ARG,
                                 "weft_builder_build: component %u of output '%s' has no value", k,
                                 param->name);
    }
    return WEFT_OK;
}

weft_status weft_builder_build(weft_builder *builder, const weft_compile_options *options,
                               weft_program **out, weft_error *error)
{
    weft_compile_options wanted;
    weft_error_clear(error);
    if (out)
        *out = NULL;
    if (!builder || !out)
        return weft_fail(error, WEFT_ERR_ARG,
                         "weft_builder_build needs a builder and a place for the program");
    if (builder->graph.failed)
        return weft_builder_error(builder, error);
    WEFT_TRY(weft_compile_options_take(options, &wanted, error));
    if (wanted.n_variables || wanted.result)
        return weft_fail(error, WEFT_ERR_ARG,
                         "weft_builder_build: a builder's program has no variables and no result "
                         "but its parameters");
    if (wanted.flags & ~builder->graph.flags)
        return weft_fail(error, WEFT_ERR_ARG,
                         "weft_builder_build: flags 0x%x, but the builder was created with 0x%x",
                         wanted.flags, builder->graph.flags);
    WEFT_TRY(check_complete(builder, error));
    return weft_compile_graph(builder->context, &builder->graph, &wanted, out, error);
}
