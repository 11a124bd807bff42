/* tests/unit/test_builder.c: programs made by calls: what they compute, that they are what the same
 * text gives, and every call with input that makes no sense: a status, a message that names the
 * call, and a builder and context that can be thrown away as usual. Allocations that fail:
 * plain/test_alloc_failure.c. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/support.h"

#define E(...)                                                                                     \
    (const weft_expr[]){__VA_ARGS__}, sizeof((weft_expr[]){__VA_ARGS__}) / sizeof(weft_expr)

static weft_builder *builder_of(weft_context *context, uint32_t flags)
{
    weft_builder *b;
    cr_assert(weft_builder_create(context, flags, &b) == WEFT_OK && b);
    return b;
}

static int32_t declare(weft_builder *b, const char *name, weft_param_kind kind, weft_dtype type,
                       uint32_t segment, uint32_t dims, uint32_t count)
{
    const weft_param_info info = {name, kind, type, segment, dims, 0, count, 0};
    return weft_builder_param(b, &info);
}

static weft_program *program_of(weft_builder *b)
{
    weft_program *program;
    weft_error error;
    weft_status status = weft_builder_build(b, NULL, &program, &error);
    cr_assert(status == WEFT_OK && program, "%s", error.message);
    return program;
}

/* Builds, frees the builder, runs. */
static void run_built(weft_context *context, weft_builder *b, const weft_arg *args, size_t nargs)
{
    weft_program *program = program_of(b);
    weft_error error;
    weft_builder_destroy(b);
    weft_status status = weft_run_with(context, program, args, nargs, NULL, &error);
    cr_assert(status == WEFT_OK, "%s", error.message);
    weft_program_release(program);
}

#define RUN(context, b, ...)                                                                       \
    run_built(context, b, (const weft_arg[]){__VA_ARGS__},                                         \
              sizeof((weft_arg[]){__VA_ARGS__}) / sizeof(weft_arg))

/* --- what programs compute -------------------------------------------------------------------- */

enum { N = 1000, ROWS = 7, COLUMNS = 130 };

/* Literals take the type of what they meet, others are promoted, and outputs convert. */
Test(builder, arithmetic)
{
    static float x[N], y[N];
    static int16_t k[N];
    static double z[N];
    weft_context *context = test_context(0);
    weft_builder *b = builder_of(context, 0);
    const uint32_t n = weft_builder_axis(b, "n");
    const int32_t px = declare(b, "x", WEFT_PARAM_IN, WEFT_F32, 0, n, 0);
    const int32_t pk = declare(b, "k", WEFT_PARAM_IN, WEFT_I16, 1, n, 0);
    const int32_t py = declare(b, "y", WEFT_PARAM_OUT, WEFT_F32, 1, n, 0);
    const int32_t pz = declare(b, "z", WEFT_PARAM_OUT, WEFT_F64, 1, n, 0);
    const weft_expr vx = weft_builder_read(b, px), vk = weft_builder_read(b, pk);
    const weft_expr half = weft_builder_float(b, 0.5), seven = weft_builder_integer(b, 7);
    const weft_expr a = weft_builder_call(b, "*", E(vx, half));
    weft_builder_output(b, py,
                        weft_builder_call(b, "-", E(weft_builder_call(b, "+", E(a, seven)))));
    const weft_expr rest = weft_builder_call(b, "%", E(vk, seven));
    weft_builder_output(b, pz,
                        weft_builder_call(b, "where",
                                          E(weft_builder_call(b, ">", E(vk, half)),
                                            weft_builder_call(b, "/", E(rest, vk)), vx)));
    weft_expr_info info;
    cr_expect(weft_builder_describe(b, a, &info) == WEFT_OK && info.type == WEFT_F32 &&
              info.components == 1 && info.axes == n && info.reserved == 0);
    cr_expect(weft_builder_describe(b, rest, &info) == WEFT_OK && info.type == WEFT_I16);
    cr_expect(weft_builder_describe(b, half, &info) == WEFT_OK && info.type == WEFT_NONE &&
              info.axes == 0);
    for (int i = 0; i < N; i++) {
        x[i] = (float)i / 8;
        k[i] = (int16_t)(i - 500);
    }
    RUN(context, b, ARRAY("x", WEFT_F32, x, N), ARRAY("k", WEFT_I16, k, N),
        ARRAY("y", WEFT_F32, y, N), ARRAY("z", WEFT_F64, z, N));
    for (int i = 0; i < N; i++) {
        const double wanted = k[i] > 0.5 ? (double)(k[i] % 7) / k[i] : (double)x[i];
        cr_assert(y[i] == -(x[i] * 0.5f + 7) && z[i] == wanted, "element %d: %g", i, z[i]);
    }
    weft_context_destroy(context);
}

/* Reductions over axes by number; what has fewer axes is repeated; an output without any. */
Test(builder, reductions_and_axes)
{
    static double x[ROWS * COLUMNS], y[ROWS * COLUMNS], means[COLUMNS], deviation;
    weft_context *context = test_context(0);
    weft_builder *b = builder_of(context, 0);
    const uint32_t rows = weft_builder_axis(b, "rows"), columns = weft_builder_axis(b, NULL);
    const int32_t px = declare(b, "x", WEFT_PARAM_IN, WEFT_F64, 1, 3, 0);
    const int32_t py = declare(b, "y", WEFT_PARAM_OUT, WEFT_F64, 1, 3, 0);
    const int32_t pm = declare(b, "means", WEFT_PARAM_OUT, WEFT_F64, 1, columns, 0);
    const int32_t pd = declare(b, "deviation", WEFT_PARAM_OUT, WEFT_F64, 1, 0, 0);
    const weft_expr v = weft_builder_read(b, px);
    const weft_expr mean = weft_builder_reduce(b, "mean", E(v), rows, 0);
    weft_builder_output(b, pm, mean);
    const weft_expr total = weft_builder_call(b, "sum", E(v));
    const weft_expr where =
        weft_builder_call(b, "+", E(weft_builder_index(b, rows), weft_builder_extent(b, columns)));
    const weft_expr less = weft_builder_call(b, "-", E(v, mean));
    weft_builder_output(
        b, py, weft_builder_call(b, "+", E(weft_builder_call(b, "+", E(less, total)), where)));
    weft_builder_output(b, pd, weft_builder_reduce(b, "std", E(v), 3, 1));
    weft_expr_info info;
    cr_expect(weft_builder_describe(b, mean, &info) == WEFT_OK && info.axes == 2);
    cr_expect(weft_builder_describe(b, total, &info) == WEFT_OK && info.axes == 0);
    double sum = 0, squares = 0;
    for (int i = 0; i < ROWS * COLUMNS; i++)
        sum += x[i] = i % 11 - 3; /* whole numbers: sums have no error */
    for (int i = 0; i < ROWS * COLUMNS; i++)
        squares += (x[i] - sum / (ROWS * COLUMNS)) * (x[i] - sum / (ROWS * COLUMNS));
    RUN(context, b, ARRAY("x", WEFT_F64, x, ROWS, COLUMNS), ARRAY("y", WEFT_F64, y, ROWS, COLUMNS),
        ARRAY("means", WEFT_F64, means, COLUMNS), VALUE("deviation", WEFT_F64, &deviation));
    for (int c = 0; c < COLUMNS; c++) {
        double of = 0;
        for (int r = 0; r < ROWS; r++)
            of += x[r * COLUMNS + c];
        cr_assert(means[c] == of / ROWS);
        for (int r = 0; r < ROWS; r++)
            cr_assert(y[r * COLUMNS + c] == x[r * COLUMNS + c] - means[c] + sum + (r + COLUMNS));
    }
    cr_expect(fabs(deviation - sqrt(squares / (ROWS * COLUMNS - 1))) < 1e-12);
    weft_context_destroy(context);
}

/* Uniforms, their rows, tables of one and two dimensions with segments, components. */
Test(builder, tables_and_vectors)
{
    enum { TEXELS = 6, WIDTH = 5 };
    static float image[TEXELS][WIDTH][2], factors[3] = {2, 3, 4}, out[N][3];
    static int32_t u[N];
    static uint8_t v[N];
    float shift[2] = {10, 20};
    weft_context *context = test_context(0);
    weft_builder *b = builder_of(context, 0);
    const uint32_t n = weft_builder_axis(b, "n");
    const int32_t table = declare(b, "image", WEFT_PARAM_TABLE, WEFT_F32, 2, 0, 0);
    const int32_t rows = declare(b, "factors", WEFT_PARAM_UNIFORM, WEFT_F32, 1, 0, 3);
    const int32_t uniform = declare(b, "shift", WEFT_PARAM_UNIFORM, WEFT_F32, 2, 0, 0);
    const int32_t pu = declare(b, "u", WEFT_PARAM_IN, WEFT_I32, 1, n, 0);
    const int32_t pv = declare(b, "v", WEFT_PARAM_IN, WEFT_U8, 1, n, 0);
    const int32_t py = declare(b, "y", WEFT_PARAM_OUT, WEFT_F32, 3, n, 0);
    const weft_expr texel =
        weft_builder_row(b, table, E(weft_builder_read(b, pu), weft_builder_read(b, pv)));
    weft_expr_info info;
    cr_expect(weft_builder_describe(b, texel, &info) == WEFT_OK && info.components == 2 &&
              info.axes == n && info.type == WEFT_F32);
    const weft_expr moved = weft_builder_call(b, "+", E(texel, weft_builder_read(b, uniform)));
    const weft_expr factor = weft_builder_row(b, rows, E(weft_builder_integer(b, 2)));
    const weft_expr first = weft_builder_component(b, moved, 0);
    const weft_expr both = weft_builder_vector(
        b, E(first, weft_builder_call(b, "*", E(weft_builder_component(b, moved, 1), factor))));
    weft_builder_output_component(b, py, 1, weft_builder_call(b, "inner", E(both, both)));
    weft_builder_output_component(b, py, 0, weft_builder_length(b, table, 1));
    weft_builder_output_component(
        b, py, 2,
        weft_builder_row(
            b, rows,
            E(weft_builder_call(b, "%", E(weft_builder_read(b, pv), weft_builder_integer(b, 3))))));
    for (int i = 0; i < TEXELS * WIDTH * 2; i++)
        ((float *)image)[i] = (float)i;
    for (int i = 0; i < N; i++) {
        u[i] = i % TEXELS;
        v[i] = (uint8_t)(i % WIDTH);
    }
    RUN(context, b, ARRAY("image", WEFT_F32, image, TEXELS, WIDTH, 2),
        ARRAY("factors", WEFT_F32, factors, 3), ARRAY("shift", WEFT_F32, shift, 2),
        ARRAY("u", WEFT_I32, u, N), ARRAY("v", WEFT_U8, v, N), ARRAY("y", WEFT_F32, out, N, 3));
    for (int i = 0; i < N; i++) {
        const float a = image[u[i]][v[i]][0] + 10, c = (image[u[i]][v[i]][1] + 20) * 4;
        cr_assert(
            out[i][0] == WIDTH && out[i][1] == a * a + c * c && out[i][2] == factors[v[i] % 3],
            "element %d: %g %g %g", i, (double)out[i][0], (double)out[i][1], (double)out[i][2]);
    }
    weft_context_destroy(context);
}

/* Loops in each other, counted by a literal and by a uniform, with a vector among their variables.
 */
Test(builder, loops)
{
    static double x[N], y[N], z[N][2];
    int64_t times = 4;
    weft_context *context = test_context(0);
    weft_builder *b = builder_of(context, 0);
    const uint32_t n = weft_builder_axis(b, "n");
    const int32_t px = declare(b, "x", WEFT_PARAM_IN, WEFT_F64, 1, n, 0);
    const int32_t pt = declare(b, "times", WEFT_PARAM_UNIFORM, WEFT_I64, 1, 0, 0);
    const int32_t py = declare(b, "y", WEFT_PARAM_OUT, WEFT_F64, 1, n, 0);
    const int32_t pz = declare(b, "z", WEFT_PARAM_OUT, WEFT_F64, 2, n, 0);
    const weft_expr v = weft_builder_read(b, px);
    weft_expr variables[2] = {v, weft_builder_vector(b, E(v, weft_builder_call(b, "*", E(v, v))))};
    weft_expr i, j, sum;
    cr_assert(weft_builder_for(b, weft_builder_read(b, pt), variables, 2, &i, variables) ==
              WEFT_OK);
    sum = variables[0];
    cr_assert(weft_builder_for(b, weft_builder_integer(b, 3), &sum, 1, &j, &sum) == WEFT_OK);
    const weft_expr ij = weft_builder_call(b, "+", E(weft_builder_call(b, "*", E(i, j)), sum));
    cr_assert(weft_builder_end_for(b, &ij, 1, &sum) == WEFT_OK);
    const weft_expr one = weft_builder_component(b, variables[1], 0);
    const weft_expr two = weft_builder_component(b, variables[1], 1);
    const weft_expr next[2] = {
        sum, weft_builder_vector(b, E(two, weft_builder_call(b, "+", E(one, i))))};
    cr_assert(weft_builder_end_for(b, next, 2, variables) == WEFT_OK);
    weft_builder_output(b, py, variables[0]);
    weft_builder_output(b, pz, variables[1]);
    for (int k = 0; k < N; k++)
        x[k] = k - 3;
    RUN(context, b, ARRAY("x", WEFT_F64, x, N), VALUE("times", WEFT_I64, &times),
        ARRAY("y", WEFT_F64, y, N), ARRAY("z", WEFT_F64, z, N, 2));
    for (int k = 0; k < N; k++) {
        double s = x[k], a = x[k], c = x[k] * x[k];
        for (int p = 0; p < times; p++) {
            for (int q = 0; q < 3; q++)
                s = p * q + s;
            const double before = a;
            a = c;
            c = before + p;
        }
        cr_assert(y[k] == s && z[k][0] == a && z[k][1] == c, "element %d: %g %g %g", k, y[k],
                  z[k][0], z[k][1]);
    }
    weft_context_destroy(context);
}

/* A count that is a multiple of an extent, and something more: the sum of 0 to 2 n + 2. */
Test(builder, loops_counted_by_sums)
{
    float y[N];
    weft_context *context = test_context(0);
    weft_builder *b = builder_of(context, 0);
    const uint32_t n = weft_builder_axis(b, "n");
    const int32_t py = declare(b, "y", WEFT_PARAM_OUT, WEFT_F32, 1, n, 0);
    const weft_expr two_n =
        weft_builder_call(b, "*", E(weft_builder_extent(b, n), weft_builder_integer(b, 2)));
    const weft_expr count = weft_builder_call(b, "+", E(two_n, weft_builder_integer(b, 3)));
    weft_expr i, sum = weft_builder_integer(b, 0);
    cr_assert(weft_builder_for(b, count, &sum, 1, &i, &sum) == WEFT_OK);
    sum = weft_builder_call(b, "+", E(sum, i));
    cr_assert(weft_builder_end_for(b, &sum, 1, &sum) == WEFT_OK);
    weft_builder_output(b, py, weft_builder_cast(b, sum, WEFT_F32));
    RUN(context, b, ARRAY("y", WEFT_F32, y, N));
    for (int k = 0; k < N; k++)
        cr_assert(y[k] == (float)((2 * N + 2) * (2 * N + 3) / 2), "element %d: %g", k,
                  (double)y[k]);
    weft_context_destroy(context);
}

/* Counters that nothing reads, variables that start as another loop's, three loops deep, and one
 * behind another: the text of such a program against C. */
Test(builder, loops_in_loops)
{
    static const char text[] = "in x: f64\nout y: f64\ns = x\n"
                               "for i in 4 {\n  for j in 3 {\n    for k in 2 { s = s*2 + k }\n  }\n"
                               "  u = s\n  for j in 3 { u = u + i }\n  s = u\n}\n"
                               "for i in 2 { for j in 2 { s = s - j } }\ny = s\n";
    static double x[N], y[N];
    weft_context *context = test_context(0);
    weft_program *program;
    weft_error error;
    cr_assert(weft_compile(context, text, strlen(text), NULL, &program, &error) == WEFT_OK, "%s",
              error.message);
    for (int n = 0; n < N; n++)
        x[n] = n;
    const weft_arg args[] = {ARRAY("x", WEFT_F64, x, N), ARRAY("y", WEFT_F64, y, N)};
    cr_assert(weft_run_with(context, program, args, 2, NULL, &error) == WEFT_OK, "%s",
              error.message);
    for (int n = 0; n < N; n++) {
        double s = x[n];
        for (int i = 0; i < 4; i++) {
            for (int j = 0; j < 6; j++)
                s = s * 2 + j % 2;
            s += 3 * i;
        }
        cr_assert(y[n] == s - 2, "element %d: %g, not %g", n, y[n], s - 2);
    }
    weft_program_release(program);
    weft_context_destroy(context);
}

static void times_index(void *user, void *dst, const void *const *args, size_t n)
{
    const float *a = args[0];
    float *d = dst;
    int64_t *seen = user;
    for (size_t i = 0; i < n; i++)
        d[i] = a[i] * (float)(*seen)++;
}

static void mix(void *user, void *dst, const void *const *args, size_t n)
{
    const double *a = args[0];
    const float *c = args[1];
    float *d = dst;
    (void)user;
    for (size_t i = 0; i < n; i++)
        d[i] = (float)a[i] - c[i];
}

static const weft_function_info mix_info = {.size = sizeof mix_info,
                                            .name = "mix",
                                            .result = WEFT_F32,
                                            .n_args = 2,
                                            .args = {WEFT_F64, WEFT_F32},
                                            .flags = WEFT_FUNCTION_PURE,
                                            .call = mix};

/* One that is declared and registered later, one that the context has; operands are converted, and
 * what is not pure happens though nothing needs it. */
Test(builder, user_functions)
{
    static float x[N], y[N], scale = 3;
    int64_t seen = 0;
    weft_context *context = test_context(0);
    weft_builder *b = builder_of(context, 0);
    weft_function_info declared = {.size = sizeof declared,
                                   .name = "times_index",
                                   .result = WEFT_F32,
                                   .n_args = 1,
                                   .args = {WEFT_F32}};
    cr_assert(weft_function_register(context, &mix_info, NULL) == WEFT_OK);
    const uint32_t n = weft_builder_axis(b, "n");
    const int32_t px = declare(b, "x", WEFT_PARAM_IN, WEFT_F32, 1, n, 0);
    const int32_t ps = declare(b, "scale", WEFT_PARAM_UNIFORM, WEFT_F32, 1, 0, 0);
    const int32_t py = declare(b, "y", WEFT_PARAM_OUT, WEFT_F32, 1, n, 0);
    cr_assert(weft_builder_function(b, &declared) == WEFT_OK);
    const weft_expr v = weft_builder_read(b, px);
    (void)weft_builder_call(b, "times_index", E(v)); /* twice, and the first is not used */
    const weft_expr second = weft_builder_call(b, "times_index", E(weft_builder_integer(b, 1)));
    cr_expect(second.id == -1 && weft_builder_error(b, NULL) == WEFT_ERR_SYNTAX);
    weft_builder_destroy(b);
    b = builder_of(context, 0);
    (void)weft_builder_axis(b, "n");
    (void)declare(b, "x", WEFT_PARAM_IN, WEFT_F32, 1, n, 0);
    (void)declare(b, "scale", WEFT_PARAM_UNIFORM, WEFT_F32, 1, 0, 0);
    (void)declare(b, "y", WEFT_PARAM_OUT, WEFT_F32, 1, n, 0);
    cr_assert(weft_builder_function(b, &declared) == WEFT_OK);
    const weft_expr w = weft_builder_read(b, px);
    (void)weft_builder_call(b, "times_index", E(w));
    weft_builder_output(b, py, weft_builder_call(b, "mix", E(w, weft_builder_read(b, ps))));
    weft_program *program = program_of(b);
    weft_builder_destroy(b);
    weft_param_info info;
    cr_expect(weft_program_param_count(program) == 5 &&
              weft_program_find_param(program, "times_index") >= 3 &&
              weft_program_find_param(program, "mix") >= 3);
    cr_expect(weft_program_param(program, 0, &info) == WEFT_OK && strcmp(info.name, "x") == 0);
    const weft_arg args[] = {ARRAY("x", WEFT_F32, x, N), VALUE("scale", WEFT_F32, &scale),
                             ARRAY("y", WEFT_F32, y, N)};
    weft_error error;
    cr_expect(weft_run_with(context, program, args, 3, NULL, &error) == WEFT_ERR_BIND &&
              strstr(error.message, "'times_index'"));
    declared.call = times_index;
    declared.user = &seen;
    cr_assert(weft_function_register(context, &declared, NULL) == WEFT_OK);
    for (int i = 0; i < N; i++)
        x[i] = (float)i;
    cr_assert(weft_run_with(context, program, args, 3, NULL, &error) == WEFT_OK, "%s",
              error.message);
    for (int i = 0; i < N; i++)
        cr_assert(y[i] == (float)(i - 3));
    cr_expect(seen == N, "called for %lld elements", (long long)seen);
    weft_program_release(program);
    weft_context_destroy(context);
}

/* Constants of every type reach their outputs bit for bit; inout is what it was before. */
Test(builder, constants_and_inout)
{
    weft_context *context = test_context(0);
    for (unsigned t = 1; t < WEFT_TYPE_COUNT; t++) {
        const weft_dtype type = (weft_dtype)t;
        const unsigned char element[8] = {1, 0x3c, 0x80, 0x3f, 0, 0, 0xf0, 0x3f};
        unsigned char out[16] = {0}, old[16] = {0};
        weft_builder *b = builder_of(context, 0);
        const uint32_t n = weft_builder_axis(b, "n");
        const int32_t py = declare(b, "y", WEFT_PARAM_OUT, type, 1, n, 0);
        const int32_t pz = declare(b, "z", WEFT_PARAM_INOUT, type, 1, n, 0);
        const weft_expr before = weft_builder_read(b, pz);
        weft_builder_output(b, pz, weft_builder_constant(b, type, element));
        weft_builder_output(b, py, before);
        const size_t size = weft_dtype_size(type);
        memcpy(old, element, size);
        RUN(context, b, ARRAY("y", type, out, 1), ARRAY("z", type, old, 1));
        cr_expect(memcmp(out, element, size) == 0 && memcmp(old, element, size) == 0, "%s",
                  weft_dtype_name(type));
    }
    weft_context_destroy(context);
}

/* Both forms, from one builder, which can be used on afterwards. */
Test(builder, built_several_times)
{
    static float x[300], y[2][300];
    weft_context *context = test_context(0);
    weft_builder *b = builder_of(context, WEFT_FAST_CONTRACT);
    const uint32_t n = weft_builder_axis(b, "n");
    const int32_t px = declare(b, "x", WEFT_PARAM_IN, WEFT_F32, 1, n, 0);
    const int32_t py = declare(b, "y", WEFT_PARAM_OUT, WEFT_F32, 1, n, 0);
    const weft_expr v = weft_builder_read(b, px);
    weft_program *program;
    weft_error error;
    cr_expect(weft_builder_build(b, NULL, &program, &error) == WEFT_ERR_ARG && !program &&
              strstr(error.message, "component 0 of output 'y' has no value"));
    cr_expect(weft_builder_error(b, NULL) == WEFT_OK, "that does not stick");
    weft_builder_output(b, py, weft_builder_call(b, "exp", E(weft_builder_call(b, "-", E(v)))));
    for (int i = 0; i < 300; i++)
        x[i] = (float)i / 100;
    for (int form = 0; form < 2; form++) {
        const weft_compile_options options = {.size = sizeof options,
                                              .form = form ? WEFT_CODE_UNROLLED : WEFT_CODE_LOOP,
                                              .flags = WEFT_FAST_CONTRACT,
                                              .elements = 300};
        cr_assert(weft_builder_build(b, &options, &program, &error) == WEFT_OK, "%s",
                  error.message);
        const weft_arg args[] = {ARRAY("x", WEFT_F32, x, 300), ARRAY("y", WEFT_F32, y[form], 300)};
        cr_assert(weft_run_with(context, program, args, 2, NULL, &error) == WEFT_OK, "%s",
                  error.message);
        int64_t extents[WEFT_MAX_RANK];
        cr_expect(weft_program_space(program, extents) == 1 && extents[0] == (form ? 300 : -1));
        weft_program_release(program);
    }
    cr_expect(memcmp(y[0], y[1], sizeof y[0]) == 0 && y[0][0] == 1);
    weft_builder_destroy(b);
    weft_context_destroy(context);
}

/* --- the same as texts ------------------------------------------------------------------------ */

static const struct {
    const char *name;
    unsigned n;
    const char *operator; /* how a text writes it: of two operands, or in front of one */
} callables[] = {
#define WEFT_FUNCTION_ROW(name, least, most, TAKES, function, code) {name, least, NULL},
#define WEFT_REDUCTION_ROW(name, NAME, least, most)                 {name, least, NULL},
#include "compiler/functions.def"
};

static bool is_word(const char *name)
{
    return name[0] >= 'a' && name[0] <= 'z' && strcmp(name, "and") != 0 &&
           strcmp(name, "or") != 0 && strcmp(name, "not") != 0;
}

static char *shown(const weft_program *program)
{
    char *text = NULL;
    size_t length;
    cr_assert(weft_disassemble(program, &text, &length, NULL) == WEFT_OK);
    return text;
}

/* Every operator and function of the language, of operands of several types: what the builder makes
 * is what the text makes, errors included. */
Test(builder, every_callable)
{
    static const weft_dtype types[] = {WEFT_F32, WEFT_I16, WEFT_BOOL, WEFT_F16};
    weft_context *context = test_context(0);
    int same = 0, refused = 0;
    for (size_t c = 0; c < COUNT(callables); c++)
        for (size_t t = 0; t < COUNT(types); t++) {
            const char *name = callables[c].name, *type = weft_dtype_name(types[t]);
            static const char *const names[] = {"a", "b", "c"};
            char text[512], list[64] = "";
            weft_expr operands[3];
            weft_builder *b = builder_of(context, 0);
            const uint32_t n = weft_builder_axis(b, NULL);
            cr_assert(callables[c].n <= 3);
            text[0] = 0;
            for (unsigned i = 0; i < callables[c].n; i++) {
                sprintf(text + strlen(text), "in %s: %s\n", names[i], type);
                sprintf(list + strlen(list), "%s%s", i ? ", " : "", names[i]);
                operands[i] =
                    weft_builder_read(b, declare(b, names[i], WEFT_PARAM_IN, types[t], 1, n, 0));
            }
            const int32_t y = declare(b, "y", WEFT_PARAM_OUT, WEFT_F64, 1, n, 0);
            if (is_word(name))
                sprintf(text + strlen(text), "out y: f64\ny = %s(%s)\n", name, list);
            else if (callables[c].n == 1)
                sprintf(text + strlen(text), "out y: f64\ny = %s a\n", name);
            else
                sprintf(text + strlen(text), "out y: f64\ny = a %s b\n", name);
            weft_builder_output(b, y, weft_builder_call(b, name, operands, callables[c].n));
            weft_program *built, *compiled;
            weft_error error, text_error;
            const weft_status status = weft_builder_build(b, NULL, &built, &error);
            const weft_status text_status =
                weft_compile(context, text, strlen(text), NULL, &compiled, &text_error);
            cr_assert(status == text_status, "%s of %s: %s (%s) and %s (%s)", name, type,
                      weft_status_name(status), error.message, weft_status_name(text_status),
                      text_error.message);
            if (!status) {
                char *one = shown(built), *other = shown(compiled);
                cr_expect(strcmp(one, other) == 0, "%s\n%s\n%s", text, one, other);
                weft_free(one);
                weft_free(other);
                same++;
            } else {
                cr_expect(strstr(error.message, text_error.message), "%s: '%s' and '%s'", text,
                          error.message, text_error.message);
                refused++;
            }
            weft_program_release(built);
            weft_program_release(compiled);
            weft_builder_destroy(b);
        }
    cr_expect(same > 250 && refused > 10, "%d programs, %d errors", same, refused);
    weft_context_destroy(context);
}

/* --- bad input -------------------------------------------------------------------------------- */

typedef struct setting { /* a builder with some of everything */
    weft_builder *b;
    uint32_t n;
    int32_t x, y, u, rows, t, v;
    weft_expr vx, vector, literal;
} setting;

static setting set_up(weft_context *context)
{
    setting s = {.b = builder_of(context, 0)};
    s.n = weft_builder_axis(s.b, "n");
    s.x = declare(s.b, "x", WEFT_PARAM_IN, WEFT_F32, 1, 1, 0);
    s.y = declare(s.b, "y", WEFT_PARAM_OUT, WEFT_F32, 2, 1, 0);
    s.u = declare(s.b, "u", WEFT_PARAM_UNIFORM, WEFT_F32, 1, 0, 0);
    s.rows = declare(s.b, "rows", WEFT_PARAM_UNIFORM, WEFT_F32, 1, 0, 3);
    s.t = declare(s.b, "t", WEFT_PARAM_TABLE, WEFT_F32, 3, 0, 0);
    s.v = declare(s.b, "v", WEFT_PARAM_IN, WEFT_F32, 2, 1, 0);
    s.vx = weft_builder_read(s.b, s.x);
    s.vector = weft_builder_read(s.b, s.v);
    s.literal = weft_builder_integer(s.b, 1);
    cr_assert(weft_builder_error(s.b, NULL) == WEFT_OK && s.literal.id >= 0);
    return s;
}

/* Ends a setting in which the last call must have failed like this; everything later gives the same
 * error, whatever it is asked for. */
static void failed(setting *s, weft_status expected, const char *call, const char *why, int line)
{
    weft_error error, again;
    weft_program *program = (weft_program *)(uintptr_t)1;
    const weft_status status = weft_builder_error(s->b, &error);
    cr_expect(status == expected && error.status == status && strstr(error.message, why) &&
                  strncmp(error.message, call, strlen(call)) == 0 && error.line == 0,
              "line %d: %s '%s'", line, weft_status_name(status), error.message);
    weft_expr results[2] = {{5}, {6}};
    cr_expect(weft_builder_axis(s->b, "late") == 0 &&
              declare(s->b, "late", WEFT_PARAM_IN, WEFT_F32, 1, 1, 0) == -1);
    cr_expect(weft_builder_read(s->b, 0).id == -1 &&
              weft_builder_call(s->b, "+", NULL, 9).id == -1 &&
              weft_builder_integer(s->b, 1).id == -1);
    cr_expect(weft_builder_end_for(s->b, NULL, 2, results) == expected && results[0].id == -1 &&
              results[1].id == -1);
    cr_expect(weft_builder_output(s->b, 99, (weft_expr){99}) == expected);
    cr_expect(weft_builder_build(s->b, NULL, &program, &again) == expected && !program &&
              strcmp(again.message, error.message) == 0);
    weft_builder_destroy(s->b);
}

#define REFUSED(call, expected, function, why)                                                     \
    do {                                                                                           \
        setting s = set_up(context);                                                               \
        (void)(call);                                                                              \
        failed(&s, expected, function, why, __LINE__);                                             \
    } while (0)

static weft_param_info info_of(const char *name, unsigned kind, unsigned type)
{
    return (weft_param_info){name, (weft_param_kind)kind, (weft_dtype)type, 1, 0, 0, 0, 0};
}

static int32_t param_with(weft_builder *b, weft_param_info info, uint32_t segment, uint32_t dims,
                          uint32_t window, uint32_t count)
{
    info.segment = segment;
    info.dims = dims;
    info.window = window;
    info.count = count;
    return weft_builder_param(b, &info);
}

Test(builder, life_with_bad_input)
{
    weft_context *context = test_context(0);
    weft_builder *b = (weft_builder *)(uintptr_t)1;
    weft_error error;
    cr_expect(weft_builder_create(NULL, 0, &b) == WEFT_ERR_ARG && !b);
    cr_expect(weft_builder_create(context, 0, NULL) == WEFT_ERR_ARG);
    cr_expect(weft_builder_create(context, 4, &b) == WEFT_ERR_ARG && !b);
    weft_builder_destroy(NULL);
    cr_expect(weft_builder_error(NULL, &error) == WEFT_ERR_ARG && *error.message);
    /* and every other call */
    weft_expr e = {3};
    weft_expr_info info;
    weft_program *program = (weft_program *)(uintptr_t)1;
    cr_expect(weft_builder_axis(NULL, "n") == 0 && weft_builder_param(NULL, NULL) == -1);
    cr_expect(weft_builder_function(NULL, &mix_info) == WEFT_ERR_ARG);
    cr_expect(
        weft_builder_read(NULL, 0).id == -1 && weft_builder_row(NULL, 0, &e, 1).id == -1 &&
        weft_builder_extent(NULL, 0).id == -1 && weft_builder_index(NULL, 0).id == -1 &&
        weft_builder_length(NULL, 0, 0).id == -1 && weft_builder_integer(NULL, 1).id == -1 &&
        weft_builder_float(NULL, 1).id == -1 &&
        weft_builder_constant(NULL, WEFT_F32, &e).id == -1 &&
        weft_builder_call(NULL, "+", &e, 1).id == -1 &&
        weft_builder_reduce(NULL, "sum", &e, 1, 0, 0).id == -1 &&
        weft_builder_cast(NULL, e, WEFT_F32).id == -1 && weft_builder_spread(NULL, e, 1).id == -1 &&
        weft_builder_vector(NULL, &e, 1).id == -1 && weft_builder_component(NULL, e, 0).id == -1);
    cr_expect(weft_builder_describe(NULL, e, &info) == WEFT_ERR_ARG);
    weft_expr variable = {3};
    cr_expect(weft_builder_for(NULL, e, &e, 1, &e, &variable) == WEFT_ERR_ARG && e.id == -1 &&
              variable.id == -1);
    variable.id = 3;
    cr_expect(weft_builder_end_for(NULL, &e, 1, &variable) == WEFT_ERR_ARG && variable.id == -1);
    cr_expect(weft_builder_output(NULL, 0, e) == WEFT_ERR_ARG &&
              weft_builder_output_component(NULL, 0, 0, e) == WEFT_ERR_ARG);
    cr_expect(weft_builder_build(NULL, NULL, &program, &error) == WEFT_ERR_ARG && !program &&
              *error.message);
    b = builder_of(context, 0);
    cr_expect(weft_builder_build(b, NULL, NULL, &error) == WEFT_ERR_ARG && *error.message);
    weft_builder_destroy(b);
    cr_expect(test_context_works(context));
    weft_context_destroy(context);
}

Test(builder, bad_declarations)
{
    static const char long_name[] =
        "abcdefghijabcdefghijabcdefghijabcdefghijabcdefghijabcdefghijabcd";
    weft_context *context = test_context(0);
    const weft_function_info good = mix_info;
    weft_function_info bad = good;
    REFUSED(weft_builder_axis(s.b, "n"), WEFT_ERR_SYNTAX,
            "weft_builder_axis (call 11): ", "an axis 'n' already");
    REFUSED(weft_builder_axis(s.b, "1n"), WEFT_ERR_ARG, "weft_builder_axis", "'1n' is no name");
    REFUSED(weft_builder_axis(s.b, ""), WEFT_ERR_ARG, "weft_builder_axis", "'' is no name");
    REFUSED(weft_builder_axis(s.b, long_name), WEFT_ERR_LIMIT, "weft_builder_axis", "63");
    REFUSED((weft_builder_axis(s.b, "p"), weft_builder_axis(s.b, "q"), weft_builder_axis(s.b, "r"),
             weft_builder_axis(s.b, "s")),
            WEFT_ERR_LIMIT, "weft_builder_axis", "at most 4 axes");
    REFUSED(weft_builder_param(s.b, NULL), WEFT_ERR_ARG, "weft_builder_param", "no description");
#define PARAM(name, kind, type, segment, dims, window, count, why)                                 \
    REFUSED(param_with(s.b, info_of(name, kind, type), segment, dims, window, count),              \
            WEFT_ERR_ARG, "weft_builder_param", why)
    PARAM(NULL, WEFT_PARAM_IN, WEFT_F32, 1, 1, 0, 0, "needs a name");
    PARAM("", WEFT_PARAM_IN, WEFT_F32, 1, 1, 0, 0, "needs a name");
    PARAM("a b", WEFT_PARAM_IN, WEFT_F32, 1, 1, 0, 0, "not 'a b'");
    PARAM(long_name, WEFT_PARAM_IN, WEFT_F32, 1, 1, 0, 0, "at most 63");
    PARAM("x", WEFT_PARAM_IN, WEFT_F32, 1, 1, 0, 0, "a parameter 'x' already");
    PARAM("a", 0, WEFT_F32, 1, 1, 0, 0, "'a' has kind 0");
    PARAM("a", WEFT_PARAM_TABLE_OUT, WEFT_F32, 1, 0, 0, 0, "'a' has kind 6");
    PARAM("a", WEFT_PARAM_SCRATCH, WEFT_F32, 1, 1, 0, 0, "'a' has kind 8");
    PARAM("a", WEFT_PARAM_POOL, WEFT_F32, 1, 0, 0, 1, "'a' has kind 9");
    PARAM("a", WEFT_PARAM_FUNCTION, WEFT_F32, 1, 0, 0, 11, "'a' has kind 10");
    PARAM("a", WEFT_PARAM_IN, WEFT_NONE, 1, 1, 0, 0, "no element type");
    PARAM("a", WEFT_PARAM_IN, 77, 1, 1, 0, 0, "no element type");
    PARAM("a", WEFT_PARAM_IN, WEFT_F32, 17, 1, 0, 0, "segment of 17 values; at most 16");
    PARAM("a", WEFT_PARAM_IN, WEFT_F32, 1, 2, 0, 0, "there are no axes 0x2: 1 were declared");
    PARAM("a", WEFT_PARAM_IN, WEFT_F32, 1, 0x80000001, 0, 0, "there are no axes 0x80000001");
    PARAM("a", WEFT_PARAM_IN, WEFT_F32, 1, 1, 3, 0, "has a window");
    PARAM("a", WEFT_PARAM_IN, WEFT_F32, 1, 1, 0, 2, "cannot have 2 rows");
    PARAM("a", WEFT_PARAM_TABLE, WEFT_F32, 1, 0, 0, 2, "cannot have 2 rows");
    PARAM("a", WEFT_PARAM_TABLE, WEFT_F32, 1, 1, 0, 0, "no array over axes");
    PARAM("a", WEFT_PARAM_UNIFORM, WEFT_F32, 1, 1, 0, 1, "no array over axes");
    PARAM("a", WEFT_PARAM_UNIFORM, WEFT_F32, 1, 0, 0, 4097, "cannot have 4097 rows");
    REFUSED(weft_builder_function(s.b, NULL), WEFT_ERR_ARG, "weft_builder_function",
            "no description");
    bad.size = 7;
    REFUSED(weft_builder_function(s.b, &bad), WEFT_ERR_ARG, "weft_builder_function", "size");
    bad = good;
    bad.n_args = 4;
    REFUSED(weft_builder_function(s.b, &bad), WEFT_ERR_ARG, "weft_builder_function",
            "cannot have 4 arguments");
    bad = good;
    bad.name = "x";
    REFUSED(weft_builder_function(s.b, &bad), WEFT_ERR_ARG, "weft_builder_function",
            "a parameter 'x' already");
    REFUSED((weft_builder_function(s.b, &good), weft_builder_function(s.b, &good)), WEFT_ERR_ARG,
            "weft_builder_function", "a function 'mix' already");
    REFUSED((weft_builder_function(s.b, &good),
             param_with(s.b, info_of("mix", WEFT_PARAM_IN, WEFT_F32), 1, 1, 0, 0)),
            WEFT_ERR_ARG, "weft_builder_param", "a function 'mix' already");
    cr_expect(test_context_works(context));
    weft_context_destroy(context);
}

Test(builder, bad_values)
{
    weft_context *context = test_context(0);
    const weft_expr nobody = {4711}, none = {-1};
    const double one = 1;
    REFUSED(weft_builder_read(s.b, -1), WEFT_ERR_ARG, "weft_builder_read", "no parameter -1");
    REFUSED(weft_builder_read(s.b, 7), WEFT_ERR_ARG, "weft_builder_read", "no parameter 7");
    REFUSED(weft_builder_read(s.b, s.y), WEFT_ERR_ARG, "weft_builder_read", "'y' is an output");
    REFUSED(weft_builder_read(s.b, s.t), WEFT_ERR_ARG, "weft_builder_read", "'t' has rows");
    REFUSED(weft_builder_read(s.b, s.rows), WEFT_ERR_ARG, "weft_builder_read", "'rows' has rows");
    REFUSED(weft_builder_row(s.b, 9, &s.literal, 1), WEFT_ERR_ARG, "weft_builder_row",
            "no parameter 9");
    REFUSED(weft_builder_row(s.b, s.x, &s.literal, 1), WEFT_ERR_ARG, "weft_builder_row",
            "'x' has no rows");
    REFUSED(weft_builder_row(s.b, s.t, &s.literal, 0), WEFT_ERR_ARG, "weft_builder_row",
            "'t' needs 1 to 4 indices, not 0");
    REFUSED(weft_builder_row(s.b, s.t, NULL, 1), WEFT_ERR_ARG, "weft_builder_row", "no values");
    REFUSED(weft_builder_row(s.b, s.t, &s.literal, 5), WEFT_ERR_LIMIT, "weft_builder_row",
            "5 values where at most 4");
    REFUSED(weft_builder_row(s.b, s.rows, E(s.literal, s.literal)), WEFT_ERR_ARG,
            "weft_builder_row", "'rows' needs one index, not 2");
    REFUSED(weft_builder_row(s.b, s.t, &s.vx, 1), WEFT_ERR_SYNTAX, "weft_builder_row",
            "an index is a whole number");
    REFUSED(weft_builder_row(s.b, s.t, &s.vector, 1), WEFT_ERR_SYNTAX, "weft_builder_row",
            "not a vector");
    REFUSED(weft_builder_row(s.b, s.rows, E(weft_builder_integer(s.b, 3))), WEFT_ERR_SYNTAX,
            "weft_builder_row", "'rows' has no row 3");
    REFUSED(weft_builder_row(s.b, s.t, E(weft_builder_integer(s.b, -1))), WEFT_ERR_SYNTAX,
            "weft_builder_row", "'t' has no row -1");
    REFUSED(weft_builder_row(s.b, s.t, &nobody, 1), WEFT_ERR_ARG, "weft_builder_row",
            "no value 4711");
    REFUSED(weft_builder_extent(s.b, 2), WEFT_ERR_ARG, "weft_builder_extent", "no axes 0x2");
    REFUSED(weft_builder_extent(s.b, 0), WEFT_ERR_ARG, "weft_builder_extent",
            "0x0 is not one axis");
    REFUSED(weft_builder_index(s.b, 2), WEFT_ERR_ARG, "weft_builder_index", "no axes 0x2");
    REFUSED((weft_builder_axis(s.b, "m"), weft_builder_index(s.b, 3)), WEFT_ERR_ARG,
            "weft_builder_index", "0x3 is not one axis");
    REFUSED(weft_builder_length(s.b, 50, 0), WEFT_ERR_ARG, "weft_builder_length", "no parameter");
    REFUSED(weft_builder_length(s.b, s.x, 0), WEFT_ERR_ARG, "weft_builder_length",
            "neither a table nor a uniform");
    REFUSED(weft_builder_length(s.b, s.t, 4), WEFT_ERR_ARG, "weft_builder_length",
            "'t' has no dimension 4");
    REFUSED(weft_builder_length(s.b, s.rows, 1), WEFT_ERR_ARG, "weft_builder_length",
            "'rows' has no dimension 1");
    REFUSED(weft_builder_constant(s.b, WEFT_NONE, &one), WEFT_ERR_ARG, "weft_builder_constant",
            "0 is no element type");
    REFUSED(weft_builder_constant(s.b, (weft_dtype)99, &one), WEFT_ERR_ARG, "weft_builder_constant",
            "99 is no element type");
    REFUSED(weft_builder_constant(s.b, WEFT_F64, NULL), WEFT_ERR_ARG, "weft_builder_constant",
            "NULL");
    REFUSED(weft_builder_cast(s.b, nobody, WEFT_F32), WEFT_ERR_ARG, "weft_builder_cast",
            "no value 4711");
    REFUSED(weft_builder_cast(s.b, none, WEFT_F32), WEFT_ERR_ARG, "weft_builder_cast",
            "no value -1");
    REFUSED(weft_builder_cast(s.b, s.vx, WEFT_NONE), WEFT_ERR_ARG, "weft_builder_cast",
            "0 is no element type");
    REFUSED(weft_builder_cast(s.b, weft_builder_integer(s.b, 300), WEFT_I8), WEFT_ERR_SYNTAX,
            "weft_builder_cast", "300");
    REFUSED(weft_builder_spread(s.b, s.vx, 2), WEFT_ERR_ARG, "weft_builder_spread", "no axes 0x2");
    REFUSED(weft_builder_spread(s.b, s.vx, 0), WEFT_ERR_ARG, "weft_builder_spread",
            "keeps all of its axes");
    REFUSED(weft_builder_spread(s.b, nobody, 1), WEFT_ERR_ARG, "weft_builder_spread", "no value");
    REFUSED(weft_builder_vector(s.b, NULL, 2), WEFT_ERR_ARG, "weft_builder_vector", "no values");
    REFUSED(weft_builder_vector(s.b, &s.vx, 0), WEFT_ERR_SYNTAX, "weft_builder_vector", "");
    REFUSED(weft_builder_vector(s.b, &s.vx, 17), WEFT_ERR_LIMIT, "weft_builder_vector",
            "17 values where at most 16");
    REFUSED(weft_builder_component(s.b, s.vx, 0), WEFT_ERR_SYNTAX, "weft_builder_component",
            "no vector");
    REFUSED(weft_builder_component(s.b, s.vector, 2), WEFT_ERR_SYNTAX, "weft_builder_component",
            "a vector of 2 components has no component 2");
    REFUSED(weft_builder_component(s.b, nobody, 0), WEFT_ERR_ARG, "weft_builder_component",
            "no value");
    setting s = set_up(context);
    weft_expr_info info;
    cr_expect(weft_builder_describe(s.b, nobody, &info) == WEFT_ERR_ARG &&
              weft_builder_describe(s.b, none, &info) == WEFT_ERR_ARG &&
              weft_builder_describe(s.b, s.vx, NULL) == WEFT_ERR_ARG);
    cr_expect(weft_builder_error(s.b, NULL) == WEFT_OK);
    weft_builder_destroy(s.b);
    cr_expect(test_context_works(context));
    weft_context_destroy(context);
}

Test(builder, bad_calls)
{
    weft_context *context = test_context(0);
    const weft_expr nobody = {4711};
    weft_expr many[65];
    cr_assert(weft_function_register(context, &mix_info, NULL) == WEFT_OK);
    memset(many, 0, sizeof many);
    REFUSED(weft_builder_call(s.b, NULL, &s.vx, 1), WEFT_ERR_ARG, "weft_builder_call", "no name");
    REFUSED(weft_builder_call(s.b, "sqt", &s.vx, 1), WEFT_ERR_SYNTAX, "weft_builder_call",
            "unknown function 'sqt'; did you mean 'sqrt'?");
    REFUSED(weft_builder_call(s.b, "", &s.vx, 1), WEFT_ERR_SYNTAX, "weft_builder_call",
            "unknown function ''");
    REFUSED(weft_builder_call(s.b, "<>", E(s.vx, s.vx)), WEFT_ERR_SYNTAX, "weft_builder_call",
            "unknown function '<>'");
    REFUSED(weft_builder_call(s.b, "sin", NULL, 1), WEFT_ERR_ARG, "weft_builder_call", "no values");
    REFUSED(weft_builder_call(s.b, "sin", NULL, 0), WEFT_ERR_SYNTAX, "weft_builder_call",
            "sin takes 1 argument, not 0");
    REFUSED(weft_builder_call(s.b, "+", &nobody, 1), WEFT_ERR_ARG, "weft_builder_call",
            "no value 4711");
    REFUSED(weft_builder_call(s.b, "max", many, 65), WEFT_ERR_LIMIT, "weft_builder_call",
            "65 values where at most 64");
    REFUSED(weft_builder_call(s.b, "+", E(s.vector, weft_builder_vector(s.b, E(s.vx, s.vx, s.vx)))),
            WEFT_ERR_SYNTAX, "weft_builder_call", "2 components");
    REFUSED(weft_builder_call(s.b, "mix", &s.vx, 1), WEFT_ERR_SYNTAX, "weft_builder_call",
            "mix takes 2 arguments, not 1");
    REFUSED(weft_builder_call(s.b, "mix", E(s.vx, s.vector)), WEFT_ERR_SYNTAX, "weft_builder_call",
            "a vector of 2 components where one value is needed");
    REFUSED(weft_builder_call(s.b, "mix", E(s.literal, s.literal)), WEFT_ERR_SYNTAX,
            "weft_builder_call", "mix is for elements");
    REFUSED((param_with(s.b, info_of("mix", WEFT_PARAM_IN, WEFT_F32), 1, 1, 0, 0),
             weft_builder_call(s.b, "mix", E(s.vx, s.vx))),
            WEFT_ERR_ARG, "weft_builder_call", "'mix' is a function, but also a parameter");
    REFUSED(weft_builder_reduce(s.b, NULL, &s.vx, 1, 0, 0), WEFT_ERR_ARG, "weft_builder_reduce",
            "no name");
    REFUSED(weft_builder_reduce(s.b, "sin", &s.vx, 1, 0, 0), WEFT_ERR_SYNTAX, "weft_builder_reduce",
            "'sin' is no reduction");
    REFUSED(weft_builder_reduce(s.b, "sum", NULL, 1, 0, 0), WEFT_ERR_ARG, "weft_builder_reduce",
            "no values");
    REFUSED(weft_builder_reduce(s.b, "sum", &s.vx, 1, 2, 0), WEFT_ERR_ARG, "weft_builder_reduce",
            "no axes 0x2");
    REFUSED(weft_builder_reduce(s.b, "sum", E(weft_builder_read(s.b, s.u)), 1, 0), WEFT_ERR_SYNTAX,
            "weft_builder_reduce", "does not vary along axis 0x1");
    REFUSED(weft_builder_reduce(s.b, "sum", E(s.vx, s.vx), 1, 0), WEFT_ERR_SYNTAX,
            "weft_builder_reduce", "");
    REFUSED(weft_builder_reduce(s.b, "sum", &s.vx, 1, 1, 3), WEFT_ERR_SYNTAX, "weft_builder_reduce",
            "ddof");
    cr_expect(test_context_works(context));
    weft_context_destroy(context);
}

/* Opens a loop whose variable is x. */
static weft_expr open_one(setting *s)
{
    weft_expr variable = {-1};
    cr_assert(weft_builder_for(s->b, s->literal, &s->vx, 1, NULL, &variable) == WEFT_OK &&
              variable.id >= 0);
    return variable;
}

static void open_many(setting *s, int n)
{
    weft_expr variable;
    for (int i = 0; i < n; i++)
        weft_builder_for(s->b, s->literal, &s->vx, 1, NULL, &variable);
}

static weft_status end_with(setting *s, weft_expr next)
{
    weft_expr result;
    (void)open_one(s);
    return weft_builder_end_for(s->b, &next, 1, &result);
}

Test(builder, bad_loops)
{
    weft_context *context = test_context(0);
    const weft_expr nobody = {4711};
    weft_expr out[70], in[70], counter;
    memset(in, 0, sizeof in);
    REFUSED(weft_builder_for(s.b, nobody, NULL, 0, NULL, NULL), WEFT_ERR_ARG, "weft_builder_for",
            "no value 4711");
    REFUSED(weft_builder_for(s.b, s.vx, NULL, 0, &counter, NULL), WEFT_ERR_SYNTAX,
            "weft_builder_for", "a loop counts to");
    cr_expect(counter.id == -1);
    REFUSED(weft_builder_for(s.b, s.vector, NULL, 0, NULL, NULL), WEFT_ERR_SYNTAX,
            "weft_builder_for", "a loop counts to");
    REFUSED(weft_builder_for(s.b, weft_builder_index(s.b, s.n), NULL, 0, NULL, NULL),
            WEFT_ERR_SYNTAX, "weft_builder_for", "a loop counts to");
    REFUSED(weft_builder_for(s.b, weft_builder_float(s.b, 2), NULL, 0, NULL, NULL), WEFT_ERR_SYNTAX,
            "weft_builder_for", "a loop counts to");
    REFUSED(weft_builder_for(s.b, s.literal, NULL, 1, NULL, out), WEFT_ERR_ARG, "weft_builder_for",
            "no values");
    REFUSED(weft_builder_for(s.b, s.literal, &s.vx, 1, NULL, NULL), WEFT_ERR_ARG,
            "weft_builder_for", "no place for the variables");
    REFUSED(weft_builder_for(s.b, s.literal, in, 65, NULL, out), WEFT_ERR_LIMIT, "weft_builder_for",
            "65 values where at most 64");
    for (int i = 0; i < 70; i++)
        in[i].id = 1; /* the vector of two */
    REFUSED(weft_builder_for(s.b, s.literal, in, 40, NULL, out), WEFT_ERR_LIMIT, "weft_builder_for",
            "at most 64 variables, each component counted");
    REFUSED(open_many(&s, 9), WEFT_ERR_LIMIT, "weft_builder_for", "more than 8 loops");
    REFUSED(weft_builder_end_for(s.b, NULL, 0, NULL), WEFT_ERR_ARG, "weft_builder_end_for",
            "no loop is open");
    REFUSED((open_one(&s), weft_builder_end_for(s.b, &s.vx, 0, out)), WEFT_ERR_ARG,
            "weft_builder_end_for", "the loop has 1 variables, not 0");
    REFUSED((open_one(&s), weft_builder_end_for(s.b, &s.vx, 1, NULL)), WEFT_ERR_ARG,
            "weft_builder_end_for", "no place for the results");
    REFUSED((open_one(&s), weft_builder_end_for(s.b, NULL, 1, out)), WEFT_ERR_ARG,
            "weft_builder_end_for", "no values");
    REFUSED(end_with(&s, nobody), WEFT_ERR_ARG, "weft_builder_end_for", "no value 4711");
    REFUSED(end_with(&s, s.vector), WEFT_ERR_SYNTAX, "weft_builder_end_for",
            "variable 0 of the loop has 1 components at first and 2 after an iteration");
    REFUSED(end_with(&s, weft_builder_index(s.b, s.n)), WEFT_ERR_SYNTAX, "weft_builder_end_for",
            "variable 0 of the loop is f32 at first and i64 after an iteration");
    REFUSED((weft_builder_for(s.b, s.literal, E(weft_builder_read(s.b, s.u)), NULL, out),
             weft_builder_end_for(s.b, &s.vx, 1, out)),
            WEFT_ERR_ARG, "weft_builder_end_for", "more axes after an iteration");
    /* what belongs to a loop is not used outside, and the other way round */
    REFUSED((out[0] = open_one(&s), out[1] = weft_builder_call(s.b, "-", out, 1),
             weft_builder_end_for(s.b, &out[1], 1, &out[2]), weft_builder_call(s.b, "-", out, 1)),
            WEFT_ERR_ARG, "weft_builder_call", "loop");
    REFUSED((open_one(&s), weft_builder_reduce(s.b, "sum", &s.vx, 1, 0, 0)), WEFT_ERR_SYNTAX,
            "weft_builder_reduce", "a reduction cannot stand in a loop");
    REFUSED((open_one(&s), weft_builder_output(s.b, s.y, s.vx)), WEFT_ERR_SYNTAX,
            "weft_builder_output", "cannot be assigned in a loop");
    setting s = set_up(context);
    weft_program *program;
    weft_error error;
    (void)open_one(&s);
    cr_expect(weft_builder_build(s.b, NULL, &program, &error) == WEFT_ERR_ARG &&
              strstr(error.message, "a loop is still open"));
    weft_builder_destroy(s.b);
    cr_expect(test_context_works(context));
    weft_context_destroy(context);
}

Test(builder, bad_results)
{
    weft_context *context = test_context(0);
    const weft_expr nobody = {4711};
    REFUSED(weft_builder_output(s.b, 99, s.vx), WEFT_ERR_ARG, "weft_builder_output",
            "no parameter 99");
    REFUSED(weft_builder_output(s.b, s.x, s.vx), WEFT_ERR_ARG, "weft_builder_output",
            "'x' is no output");
    REFUSED(weft_builder_output(s.b, s.y, nobody), WEFT_ERR_ARG, "weft_builder_output", "no value");
    REFUSED(weft_builder_output(s.b, s.y, weft_builder_vector(s.b, E(s.vx, s.vx, s.vx))),
            WEFT_ERR_SYNTAX, "weft_builder_output",
            "'y' has 2 values an element, and the vector 3");
    REFUSED((weft_builder_output(s.b, s.y, s.vx), weft_builder_output(s.b, s.y, s.vx)),
            WEFT_ERR_SYNTAX, "weft_builder_output", "'y' has its value already");
    REFUSED(weft_builder_output(
                s.b, param_with(s.b, info_of("i", WEFT_PARAM_OUT, WEFT_I32), 1, 1, 0, 0), s.vx),
            WEFT_ERR_SYNTAX, "weft_builder_output", "'i' is i32, and the value is f32");
    REFUSED(weft_builder_output(
                s.b, param_with(s.b, info_of("z", WEFT_PARAM_OUT, WEFT_F32), 1, 0, 0, 0), s.vx),
            WEFT_ERR_SYNTAX, "weft_builder_output", "an axis that 'z' does not have");
    REFUSED(weft_builder_output_component(s.b, 99, 0, s.vx), WEFT_ERR_ARG,
            "weft_builder_output_component", "no parameter 99");
    REFUSED(weft_builder_output_component(s.b, s.x, 0, s.vx), WEFT_ERR_ARG,
            "weft_builder_output_component", "'x' is no output");
    REFUSED(weft_builder_output_component(s.b, s.y, 2, s.vx), WEFT_ERR_ARG,
            "weft_builder_output_component", "'y' has 2 components, and no component 2");
    REFUSED(weft_builder_output_component(s.b, s.y, 0, s.vector), WEFT_ERR_SYNTAX,
            "weft_builder_output_component", "vector");
    REFUSED(weft_builder_output_component(s.b, s.y, 0, nobody), WEFT_ERR_ARG,
            "weft_builder_output_component", "no value");
    const weft_variable variable = {"x", WEFT_F32, 1, 0};
    const struct {
        weft_compile_options options;
        const char *why;
    } cases[] = {{{.size = 3}, "size"},
                 {{.size = sizeof(weft_compile_options), .form = 9}, "form"},
                 {{.size = sizeof(weft_compile_options), .flags = 1}, "created with 0x0"},
                 {{.size = sizeof(weft_compile_options), .result = WEFT_F32}, "no result"},
                 {{.size = sizeof(weft_compile_options), .variables = &variable, .n_variables = 1},
                  "no variables"}};
    setting s = set_up(context);
    weft_builder_output(s.b, s.y, s.vx);
    for (size_t i = 0; i < COUNT(cases); i++) {
        weft_program *program = (weft_program *)(uintptr_t)1;
        weft_error error;
        const weft_status status = weft_builder_build(s.b, &cases[i].options, &program, &error);
        cr_expect(status == WEFT_ERR_ARG && !program && strstr(error.message, cases[i].why), "%s",
                  error.message);
    }
    weft_program_release(program_of(s.b)); /* none of that stuck */
    weft_builder_destroy(s.b);
    cr_expect(test_context_works(context));
    weft_context_destroy(context);
}

/* A program outlives its builder and its context's destruction; so does a builder the context. */
Test(builder, lives)
{
    test_allocator memory;
    test_allocator_init(&memory);
    const weft_context_options options = {.size = sizeof options, .allocator = &memory.allocator};
    weft_context *context;
    cr_assert(weft_context_create(&options, &context) == WEFT_OK);
    setting s = set_up(context);
    weft_builder_output(s.b, s.y, s.vx);
    weft_context_destroy(context);
    weft_program *program = program_of(s.b);
    weft_builder_destroy(s.b);
    cr_expect(weft_program_param_count(program) == 6);
    weft_program_release(program);
    cr_expect(atomic_load(&memory.bytes) == 0 && atomic_load(&memory.blocks) == 0);
}
