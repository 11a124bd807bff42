/* tests/fuzz/fuzz_text.c: any text as tokens, tree and graph, as an expression of variables that
 * are always there or as a program: a graph or an error with its place, never more, and in a time
 * that its limits bound. Neighbours: corpus/fuzz_text/, fuzz_text.dict, tests/language/. */
#include <assert.h>

#include "compiler/lower.h"
#include "simd/levels.h"
#include "tests/fuzz/fuzz_common.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const weft_variable variables[] = {
    {"a", WEFT_F32, 1, 0},  {"b", WEFT_F64, 2, 0}, {"c", WEFT_I32, 1, 0}, {"d", WEFT_I8, 1, 0},
    {"h", WEFT_F16, 1, 0},  {"k", WEFT_F32, 0, 0}, {"m", WEFT_F32, 2, 1}, {"n", WEFT_I64, 0, 0},
    {"p", WEFT_BOOL, 1, 0}, {"u", WEFT_U64, 3, 4}, {"x", WEFT_F32, 1, 0}, {"y", WEFT_BF16, 1, 0},
};

/* What code is made of: outputs have values that were made, of their type and outside of loops. */
static void check_graph(const weft_graph *graph)
{
    const weft_output *outputs = graph->outputs.data;
    assert(!graph->failed && graph->open_loop == -1);
    assert(graph->outputs.count > 0 && graph->shapes.count == graph->params.count);
    for (size_t i = 0; i < graph->outputs.count; i++) {
        const weft_output *out = &outputs[i];
        assert(out->param < graph->params.count);
        assert(out->value >= 0 && (size_t)out->value < graph->nodes.count);
        const weft_param *param = weft_graph_param_at(graph, out->param);
        const weft_node *value = weft_node_at(graph, out->value);
        assert(out->k < param->segment && value->type == param->type && value->loop == -1);
        assert(value->kind != WEFT_NODE_VECTOR);
        (void)param;
        (void)value;
    }
}

static void lower(const char *text, size_t size, uint32_t flags)
{
    static const weft_allocator counting = {NULL, fuzz_alloc, fuzz_release};
    weft_text_options options = {.variables = variables,
                                 .n_variables = sizeof variables / sizeof variables[0]};
    weft_graph graph;
    weft_error error;
    weft_error_clear(&error);
    weft_graph_init(&graph, &counting, &weft_kernels_scalar, flags, &error);
    weft_status status = weft_lower(&graph, text, size, &options, &error);
    fuzz_check_error(status, &error);
    assert(status == WEFT_OK || status == WEFT_ERR_SYNTAX || status == WEFT_ERR_LIMIT);
    assert(status != WEFT_ERR_LIMIT || (error.line > 0 && error.column > 0));
    if (status == WEFT_OK)
        check_graph(&graph);
    weft_graph_free(&graph);
    assert(fuzz_outstanding == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size + (size == 0)); /* of its exact size, and not terminated */
    assert(text);
    if (size)
        memcpy(text, data, size);
    lower(text, size, 0);
    lower(text, size, WEFT_FAST);
    free(text);
    return 0;
}
