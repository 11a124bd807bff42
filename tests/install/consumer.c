/* tests/install/consumer.c: a program of someone who has installed weft. Prints the version.
 * Neighbours: consumer.cpp (the same in C++), run (which builds both in every way there is). */
#include <stdio.h>
#include <string.h>
#include <weft/weft.h>

int main(void)
{
    weft_context *context = NULL;
    if (weft_context_create(NULL, &context) != WEFT_OK) {
        fprintf(stderr, "no context\n");
        return 1;
    }
    weft_program *program = NULL;
    weft_error error;
    memset(&error, 0, sizeof error);
    /* The point is that the call links and reports: no text is a program. */
    weft_status status = weft_assemble(context, "?", 1, &program, &error);
    weft_program_release(program);
    weft_context_destroy(context);
    if (status == WEFT_OK || error.status != status || weft_dtype_size(WEFT_F64) != 8) {
        fprintf(stderr, "wrong answers: %s, %s\n", weft_status_text(status), error.message);
        return 1;
    }
    puts(weft_version());
    return 0;
}
