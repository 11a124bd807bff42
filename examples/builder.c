/* examples/builder.c: a program made by calls (weft/builder.h), with a counted loop and a function
 * of this file's own (weft/function.h): a polynomial whose coefficients are a table, held within
 * limits.
 *
 *   y[i] = soften(s_n), s_0 = 0, s_k = s_(k-1) * x[i] + c[k]     (Horner's rule over a table)
 *
 * Prints three values of it and what C makes of the same formula.
 * Against an installed weft: cc builder.c $(pkg-config --cflags --libs weft) -lm
 * Last line: y[750] = 0.9273, in C 0.9273 */
#include <math.h>
#include <stdio.h>
#include <weft/weft.h>

enum { N = 1000, TERMS = 5 };

/* Works on strips of any length, on any thread: it keeps nothing. */
static void soften(void *user, void *dst, const void *const *args, size_t n)
{
    const float *a = args[0], limit = *(const float *)user;
    float *d = dst;
    for (size_t i = 0; i < n; i++)
        d[i] = limit * tanhf(a[i] / limit);
}

static weft_expr call2(weft_builder *b, const char *name, weft_expr x, weft_expr y)
{
    return weft_builder_call(b, name, (weft_expr[]){x, y}, 2);
}

/* No call is checked by itself: the first error is what weft_builder_build reports. */
static weft_status build(weft_context *context, weft_program **program, weft_error *error)
{
    weft_builder *b;
    weft_status status = weft_builder_create(context, 0, &b);
    if (status)
        return status;
    const uint32_t elements = weft_builder_axis(b, "elements");
    const weft_param_info params[] = {
        {.name = "x", .kind = WEFT_PARAM_IN, .type = WEFT_F32, .dims = elements},
        {.name = "c", .kind = WEFT_PARAM_TABLE, .type = WEFT_F32},
        {.name = "y", .kind = WEFT_PARAM_OUT, .type = WEFT_F32, .dims = elements}};
    const int32_t x = weft_builder_param(b, &params[0]);
    const int32_t c = weft_builder_param(b, &params[1]);
    const int32_t y = weft_builder_param(b, &params[2]);

    const weft_expr value = weft_builder_read(b, x);
    const weft_expr zero = weft_builder_cast(b, weft_builder_integer(b, 0), WEFT_F32);
    weft_expr sum = weft_builder_spread(b, zero, elements), k;
    weft_builder_for(b, weft_builder_length(b, c, 0), &sum, 1, &k, &sum);
    const weft_expr product = call2(b, "*", sum, value);
    const weft_expr next = call2(b, "+", product, weft_builder_row(b, c, &k, 1));
    weft_builder_end_for(b, &next, 1, &sum);
    weft_builder_output(b, y, weft_builder_call(b, "soften", &sum, 1));

    status = weft_builder_build(b, NULL, program, error);
    weft_builder_destroy(b);
    return status;
}

static weft_status run(weft_context *context, const float *x, const float *c, float *y,
                       weft_error *error)
{
    weft_program *program;
    weft_arg args[3];
    weft_status status = build(context, &program, error);
    if (status)
        return status;
    weft_arg_contiguous(&args[0], "x", WEFT_F32, (void *)(uintptr_t)x, 1, (int64_t[]){N});
    weft_arg_contiguous(&args[1], "c", WEFT_F32, (void *)(uintptr_t)c, 1, (int64_t[]){TERMS});
    weft_arg_contiguous(&args[2], "y", WEFT_F32, y, 1, (int64_t[]){N});
    status = weft_run_with(context, program, args, 3, NULL, error);
    weft_program_release(program);
    return status;
}

int main(void)
{
    static float x[N], y[N];
    const float c[TERMS] = {1, -2, 0.5f, 3, -1};
    float limit = 2;
    weft_context *context;
    weft_error error;
    for (int i = 0; i < N; i++)
        x[i] = (float)i / N;
    if (weft_context_create(NULL, &context))
        return 1;
    const weft_function_info info = {.size = sizeof info,
                                     .name = "soften",
                                     .result = WEFT_F32,
                                     .n_args = 1,
                                     .args = {WEFT_F32},
                                     .flags = WEFT_FUNCTION_PURE,
                                     .call = soften,
                                     .user = &limit};
    weft_status status = weft_function_register(context, &info, &error);
    if (!status)
        status = run(context, x, c, y, &error);
    for (int i = 250; i < N && !status; i += 250) {
        float sum = 0;
        for (int k = 0; k < TERMS; k++)
            sum = sum * x[i] + c[k];
        printf("y[%d] = %.4f, in C %.4f\n", i, (double)y[i], (double)(limit * tanhf(sum / limit)));
    }
    if (status)
        fprintf(stderr, "%s: %s\n", weft_status_text(status), error.message);
    weft_context_destroy(context);
    return status != WEFT_OK;
}
