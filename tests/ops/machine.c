/* tests/ops/machine.c: assembling and running small programs (machine.h). */
#include "tests/ops/machine.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

weft_context *machine_context(uint32_t strip_length)
{
    static weft_context *known[WEFT_MAX_RANK * 4];
    unsigned slot = 0;
    while (strip_length >> slot > 1)
        slot++;
    if (!known[slot]) {
        weft_context_options options = {.size = sizeof options, .strip_length = strip_length};
        if (weft_context_create(&options, &known[slot])) {
            fprintf(stderr, "no context with strips of %u\n", strip_length);
            abort();
        }
    }
    return known[slot];
}

void machine_add(machine_text *text, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int n =
        vsnprintf(text->text + text->length, sizeof text->text - text->length, format, arguments);
    va_end(arguments);
    if (n < 0 || (size_t)n >= sizeof text->text - text->length)
        abort();
    text->length += (size_t)n;
}

weft_program *machine_assemble(weft_context *context, const char *text)
{
    weft_program *program = NULL;
    weft_error error;
    size_t length = 0;
    while (text[length])
        length++;
    if (weft_assemble(context, text, length, &program, &error)) {
        fprintf(stderr, "%s\n%d:%d: %s\n", text, error.line, error.column, error.message);
        abort();
    }
    return program;
}

weft_arg machine_array(const char *name, weft_dtype type, void *data, int64_t n)
{
    weft_arg arg;
    if (weft_arg_contiguous(&arg, name, type, data, n < 0 ? 0 : 1, &n))
        abort();
    return arg;
}

void machine_run(weft_context *context, const weft_program *program, const weft_arg *args,
                 size_t nargs)
{
    weft_error error;
    if (weft_run_with(context, program, args, nargs, NULL, &error)) {
        fprintf(stderr, "%s: %s\n", weft_status_name(error.status), error.message);
        abort();
    }
}
