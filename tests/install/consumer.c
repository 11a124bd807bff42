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
    const float a[2] = {1, 2}; /* through the two generated headers */
    float y[2] = {0, 0}, sum = 0;
    if (weft_vec_add(context, WEFT_F32, y, a, a, 2) || weft_sum_f32(&sum, y, 2) || sum != 6) {
        fprintf(stderr, "wrong sum: %g\n", (double)sum);
        return 1;
    }
    weft_context_destroy(context);
    if (status == WEFT_OK || error.status != status || weft_dtype_size(WEFT_F64) != 8) {
        fprintf(stderr, "wrong answers: %s, %s\n", weft_status_text(status), error.message);
        return 1;
    }
    puts(weft_version());
    return 0;
}
