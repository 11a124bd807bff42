/* tests/fuzz/fuzz_program.c: programs made from the input's bytes (tests/support/generate.h), most
 * of which the verifier accepts. What is accepted is round-tripped and run (fuzz_common.h).
 * WEFT_FUZZ_SHOW=1 prints every program, WEFT_FUZZ_STATS=1 the share accepted. */
#include "tests/support/generate.h"

#include "tests/fuzz/fuzz_common.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static unsigned long made, accepted;

static void show_share(void)
{
    fprintf(stderr, "fuzz_program: %lu programs, %lu accepted (%.1f %%); statuses of runs:", made,
            accepted, 100.0 * (double)accepted / (double)(made ? made : 1));
    for (unsigned i = 0; i < 12; i++)
        fprintf(stderr, " %s %lu", weft_status_name((weft_status)i), fuzz_statuses[i]);
    fprintf(stderr, "\n");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static bool known, show;
    weft_context *contexts[2] = {fuzz_context(128), fuzz_context(2048)};
    weft_program *result = NULL;
    weft_error error;
    test_generated program;
    if (!known) {
        known = true;
        show = getenv("WEFT_FUZZ_SHOW") != NULL;
        if (getenv("WEFT_FUZZ_STATS"))
            atexit(show_share);
    }
    test_generate(data, size, &program);
    made++;
    weft_status status = weft_assemble(contexts[0], program.text, program.length, &result, &error);
    fuzz_check_error(status, &error);
    if (show)
        printf("%s; %s %d:%d rule %d %s\n", program.text, weft_status_name(status), error.line,
               error.column, error.rule, error.message);
    fflush(stdout);
    if (program.careful && program.complete)
        assert(status == WEFT_OK || status == WEFT_ERR_VERIFY || status == WEFT_ERR_MEMORY);
    test_generated_free(&program);
    if (result) {
        accepted++;
        fuzz_check_program(contexts, result, fuzz_hash(data, size));
    }
    weft_context_destroy(contexts[0]);
    weft_context_destroy(contexts[1]);
    assert(fuzz_outstanding == 0);
    return 0;
}
