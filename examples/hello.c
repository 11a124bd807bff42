/* examples/hello.c: assembles a program, runs it on arrays, prints the result.
 * Against an installed weft: cc hello.c $(pkg-config --cflags --libs weft)
 * Last line: together 27.5 */
#include <stdio.h>
#include <string.h>
#include <weft/weft.h>

static const char text[] = ".in      x f32\n"
                           ".uniform a f32\n"
                           ".out     y f32\n"
                           ".out     total f32 dims none\n"
                           "    ld.f32  s0, [a]\n"
                           "    loop\n"
                           "    ld.f32  v0, [x]\n"
                           "    mul.f32 v1, v0, v0\n"
                           "    mul.f32 v1, v1, s0\n"
                           "    st.f32  v1, [y]\n"
                           "    sum.f32 s1, v1\n"
                           "    end\n"
                           "    st.f32  s1, [total]\n"
                           "    exit\n";

static weft_status hello(weft_context *context, weft_error *error)
{
    float x[] = {1, 2, 3, 4, 5}, a = 0.5f, y[5], total;
    const int64_t n = 5;
    weft_program *program;
    weft_status status = weft_assemble(context, text, strlen(text), &program, error);
    if (status)
        return status;
    weft_arg args[4];
    weft_arg_contiguous(&args[0], "x", WEFT_F32, x, 1, &n);
    weft_arg_contiguous(&args[1], "a", WEFT_F32, &a, 0, NULL);
    weft_arg_contiguous(&args[2], "y", WEFT_F32, y, 1, &n);
    weft_arg_contiguous(&args[3], "total", WEFT_F32, &total, 0, NULL);
    status = weft_run_with(context, program, args, 4, NULL, error);
    for (int i = 0; !status && i < n; i++)
        printf("%g * %g^2 = %g\n", (double)a, (double)x[i], (double)y[i]);
    if (!status)
        printf("together %g\n", (double)total);
    weft_program_release(program);
    return status;
}

int main(void)
{
    weft_context *context;
    weft_error error = {.status = WEFT_OK};
    weft_status status = weft_context_create(NULL, &context);
    if (!status)
        status = hello(context, &error);
    if (status)
        fprintf(stderr, "hello: %s: %s (line %d, column %d)\n", weft_status_text(status),
                error.message, (int)error.line, (int)error.column);
    weft_context_destroy(context);
    return status ? 1 : 0;
}
