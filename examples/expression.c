/* examples/expression.c: evaluates a formula on arrays, prints the result.
 * Against an installed weft: cc expression.c $(pkg-config --cflags --libs weft)
 * Last line: 0.625 1.625 2.125 */
#include <stdio.h>
#include <string.h>
#include <weft/weft.h>

int main(void)
{
    const char *formula = "sqrt(x*x + y*y) / max(x)";
    float x[] = {3, 5, 8}, y[] = {4, 12, 15}, r[3];
    const int64_t n = 3;
    weft_context *context = NULL;
    weft_arg args[2], result;
    weft_error error = {.status = WEFT_OK};
    weft_arg_contiguous(&args[0], "x", WEFT_F32, x, 1, &n);
    weft_arg_contiguous(&args[1], "y", WEFT_F32, y, 1, &n);
    weft_arg_contiguous(&result, "r", WEFT_F32, r, 1, &n);

    weft_status status = weft_context_create(NULL, &context);
    if (!status)
        status = weft_eval(context, formula, strlen(formula), args, 2, 0, &result, &error);
    if (status)
        fprintf(stderr, "expression: %s: %s\n", weft_status_text(status), error.message);
    else
        printf("%g %g %g\n", (double)r[0], (double)r[1], (double)r[2]);
    weft_context_destroy(context);
    return status ? 1 : 0;
}
