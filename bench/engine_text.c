/* bench/engine_text.c: programs from text in the language, as contenders.
 * Neighbours: bench/engine.h, bench/engine_python.c (gets the same arrays). */
#include <stdlib.h>
#include <string.h>

#include "bench/engine.h"

engine_program *engine_add_text(engine_bench *bench, weft_context *context, const char *text,
                                const weft_variable *variables, size_t count, uint32_t flags)
{
    weft_error error = {0};
    const weft_compile_options options = {
        .size = sizeof options, .variables = variables, .n_variables = count, .flags = flags};
    if (bench->failed)
        return NULL;
    engine_program *program = &bench->programs[bench->program_count];
    *program = (engine_program){.context = context};
    if (weft_compile(context, text, strlen(text), &options, &program->program, &error) != WEFT_OK) {
        engine_fail(bench, "the text", error.message);
        return NULL;
    }
    bench->program_count++;
    return program;
}

engine_family engine_add_family(engine_bench *bench, const char *text,
                                const weft_variable *variables, size_t count)
{
    const engine_contexts *contexts = bench->contexts;
    engine_family family = {NULL, NULL, NULL};
    family.one = engine_add_text(bench, contexts->one, text, variables, count, 0);
    if (bench->state->options->threads > 1)
        family.several = engine_add_text(bench, contexts->several, text, variables, count, 0);
    family.fast = engine_add_text(bench, contexts->one, text, variables, count, WEFT_FAST);
    return family;
}

void engine_family_arg(engine_bench *bench, const engine_family *family, const char *name,
                       weft_dtype type, void *data, int32_t rank, const int64_t *shape)
{
    engine_typed_arg(family->one, type, data, rank, shape);
    engine_typed_arg(family->several, type, data, rank, shape);
    engine_typed_arg(family->fast, type, data, rank, shape);
    if (name && !bench->failed)
        python_array(name, type, rank, shape, data);
}

void engine_contend_family(engine_bench *bench, const engine_family *family)
{
    engine_contend_program(bench, "weft", family->one);
    engine_contend_program(bench, bench->state->several, family->several);
    engine_contend_program(bench, "fast", family->fast);
}

char *engine_double_text(const char *text)
{
    const size_t length = strlen(text);
    char *copy = malloc(length + 1);
    if (!copy)
        return NULL;
    memcpy(copy, text, length + 1);
    for (char *at = strstr(copy, "f32"); at; at = strstr(at, "f32"))
        memcpy(at, "f64", 3);
    return copy;
}
