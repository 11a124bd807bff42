/* tests/fuzz/fuzz_asm.c: weft_assemble on any text: a program or a syntax error with its place,
 * never more. What assembles is round-tripped and run (fuzz_common.h).
 * Neighbours: corpus/fuzz_asm/, fuzz_asm.dict. */
#include "tests/fuzz/fuzz_common.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    weft_context *contexts[2] = {fuzz_context(128), fuzz_context(2048)};
    weft_program *program = NULL;
    weft_error error;
    char *text = malloc(size + (size == 0)); /* of its exact size, and not terminated */
    assert(text);
    if (size)
        memcpy(text, data, size);
    weft_status status = weft_assemble(contexts[0], text, size, &program, &error);
    free(text);
    fuzz_check_error(status, &error);
    assert((program != NULL) == (status == WEFT_OK));
    assert(status == WEFT_OK || status == WEFT_ERR_SYNTAX || status == WEFT_ERR_VERIFY ||
           status == WEFT_ERR_LIMIT || status == WEFT_ERR_MEMORY);
    if (program)
        fuzz_check_program(contexts, program, fuzz_hash(data, size));
    weft_context_destroy(contexts[0]);
    weft_context_destroy(contexts[1]);
    assert(fuzz_outstanding == 0);
    return 0;
}
