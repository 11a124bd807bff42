/* tests/ops/machine.h: assembling and running small programs through the public API, for the tests
 * of operations. What goes wrong here ends the test with a message.
 * Neighbours: values.h (operands), expect.h (what operations should give). */
#ifndef WEFT_TESTS_OPS_MACHINE_H
#define WEFT_TESTS_OPS_MACHINE_H

#include <weft/run.h>

/* A context whose strips have that length (0: the library's choice). Made once for each. */
weft_context *machine_context(uint32_t strip_length);

typedef struct machine_text { /* assembly text that grows */
    char text[4096];
    size_t length;
} machine_text;

void machine_add(machine_text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Assembles; release with weft_program_release. */
weft_program *machine_assemble(weft_context *context, const char *text);

/* A one-dimensional contiguous array of n elements; n < 0: a single element of rank 0. */
weft_arg machine_array(const char *name, weft_dtype type, void *data, int64_t n);

/* Runs; any error ends the test. */
void machine_run(weft_context *context, const weft_program *program, const weft_arg *args,
                 size_t nargs);

#endif
