/* tests/fuzz/fuzz_compile.c: weft_compile on any text: an error with its place, or a program that
 * the verifier passes, that comes back the same from an image and from assembly text, and that runs
 * to the same bits at two strip lengths (fuzz_common.h). What the compiler makes must never be
 * refused by the verifier. The first byte says which flags and form are asked for.
 * Neighbours: fuzz_text.c (the parser alone), corpus/fuzz_compile/, fuzz_text.dict. */
#include <weft/compile.h>

#include "tests/fuzz/fuzz_common.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const weft_variable variables[] = {
    {"a", WEFT_F32, 1, 0},  {"b", WEFT_F64, 1, 0}, {"i", WEFT_I32, 1, 0}, {"u", WEFT_U8, 1, 0},
    {"p", WEFT_BOOL, 1, 0}, {"m", WEFT_F32, 2, 0}, {"o", WEFT_F32, 2, 2}, {"s", WEFT_F32, 0, 0},
    {"k", WEFT_I64, 0, 0},  {"h", WEFT_F16, 1, 0}};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    weft_context *contexts[2] = {fuzz_context(128), fuzz_context(2048)};
    weft_program *program = NULL;
    weft_error error;
    const weft_compile_options options = {.size = sizeof options,
                                          .variables = variables,
                                          .n_variables = sizeof variables / sizeof variables[0],
                                          .flags = data[0] & WEFT_FAST,
                                          .form = (data[0] >> 2) % 3,
                                          .elements = (data[0] >> 2) % 3 == 1 ? 0 : 7};
    char *text = malloc(size); /* not terminated, and of its exact size */
    assert(text);
    memcpy(text, data + 1, size - 1);
    weft_status status = weft_compile(contexts[0], text, size - 1, &options, &program, &error);
    free(text);
    fuzz_check_error(status, &error);
    assert((program != NULL) == (status == WEFT_OK));
    assert(status == WEFT_OK || status == WEFT_ERR_SYNTAX || status == WEFT_ERR_LIMIT ||
           status == WEFT_ERR_UNSUPPORTED || status == WEFT_ERR_MEMORY);
    if (program) {
        char *words;
        size_t length;
        assert(weft_explain(program, 0, &words, &length, &error) == WEFT_OK);
        weft_free(words);
        fuzz_check_program(contexts, program, fuzz_hash(data, size));
    }
    weft_context_destroy(contexts[0]);
    weft_context_destroy(contexts[1]);
    assert(fuzz_outstanding == 0);
    return 0;
}
