/* bench/engine_shapes.c: one addition over arrays that are not one contiguous run: what strides,
 * repeated elements and short rows cost.
 * Neighbours: bench/engine.h. */
#include "bench/engine.h"

static const char line_text[] = ".in a f32\n"
                                ".in b f32\n"
                                ".out y f32\n"
                                "    loop\n"
                                "        ld.f32 v0, [a]\n"
                                "        ld.f32 v1, [b]\n"
                                "        add.f32 v0, v0, v1\n"
                                "        st.f32 v0, [y]\n"
                                "    end\n"
                                "    exit\n";

static const char rows_text[] = ".space 2\n"
                                ".in a f32\n"
                                ".in b f32\n"
                                ".out y f32\n"
                                "    loop\n"
                                "        ld.f32 v0, [a]\n"
                                "        ld.f32 v1, [b]\n"
                                "        add.f32 v0, v0, v1\n"
                                "        st.f32 v0, [y]\n"
                                "    end\n"
                                "    exit\n";

/* --- a strided input, a repeated one ---------------------------------------------------------- */

/* Every c->detail-th value of one input, beside a contiguous copy of these. */
static void measure_strided(engine_bench *bench, const engine_case *c)
{
    const size_t n = bench->n;
    const int64_t shape[] = {(int64_t)n}, strides[] = {(int64_t)(c->detail * sizeof(float))};
    float *wide = engine_floats(bench, n * c->detail, -1, 1);
    float *a = engine_floats(bench, n, 0, 0), *b = engine_floats(bench, n, -1, 1);
    float *y = engine_floats(bench, n, 0, 0);
    engine_program *strided = engine_add_program(bench, bench->contexts->one, line_text);
    engine_program *contiguous = engine_add_program(bench, bench->contexts->one, line_text);
    for (size_t i = 0; !bench->failed && i < n; i++)
        a[i] = wide[i * c->detail];
    engine_strided_arg(strided, wide, 1, shape, strides);
    engine_arg(contiguous, a, 1, shape);
    engine_arg(strided, b, 1, shape);
    engine_arg(contiguous, b, 1, shape);
    engine_arg(strided, y, 1, shape);
    engine_arg(contiguous, y, 1, shape);
    engine_contend_program(bench, "weft", strided);
    engine_contend_program(bench, "contiguous", contiguous);
    engine_output_add(bench, y, n, NULL, 0);
    bench->bytes = 12.0 * (double)n;
    engine_measure(bench);
}

typedef struct scalar_call {
    float *y, *a;
    float b;
    size_t n;
} scalar_call;

static double sample_scalar(void *self, uint64_t calls)
{
    const scalar_call *x = self;
    const double start = bench_now();
    for (uint64_t i = 0; i < calls; i++)
        if (weft_adds_f32(x->y, x->a, x->b, x->n) != WEFT_OK)
            return -1;
    return bench_now() - start;
}

/* An input of one element, repeated along the other. */
static void measure_repeated(engine_bench *bench, const engine_case *c)
{
    const size_t n = bench->n;
    const int64_t shape[] = {(int64_t)n}, one[] = {1};
    float *a = engine_floats(bench, n, -1, 1), *b = engine_floats(bench, 1, -1, 1);
    scalar_call call = {engine_floats(bench, n, 0, 0), a, b ? *b : 0, n};
    engine_program *program = engine_add_program(bench, bench->contexts->one, line_text);
    (void)c;
    engine_arg(program, a, 1, shape);
    engine_arg(program, b, 1, one);
    engine_arg(program, call.y, 1, shape);
    engine_contend_program(bench, "weft", program);
    engine_contend(bench, "inline", sample_scalar, &call);
    engine_output_add(bench, call.y, n, NULL, 0);
    bench->bytes = 8.0 * (double)n;
    engine_measure(bench);
}

/* --- many short rows -------------------------------------------------------------------------- */

/* A copy of the rows with some room behind each, so that they do not make one run. */
static float *spaced(engine_bench *bench, const float *from, size_t rows, size_t width,
                     size_t pitch)
{
    float *to = engine_floats(bench, rows * pitch, 0, 0);
    for (size_t i = 0; to && i < rows * width; i++)
        to[i / width * pitch + i % width] = from[i];
    return to;
}

/* Rows of c->detail values, about n in all: inputs with room behind each row, beside rows that are
 * contiguous to each other, and one long row. */
static void measure_rows(engine_bench *bench, const engine_case *c)
{
    const size_t width = c->detail, pitch = (width + 4) / 4 * 4;
    const size_t rows = bench->n / width ? bench->n / width : 1, all = rows * width;
    const int64_t shape[] = {(int64_t)rows, (int64_t)width}, line[] = {(int64_t)all};
    const int64_t strides[] = {(int64_t)(pitch * sizeof(float)), sizeof(float)};
    float *a = engine_floats(bench, all, -1, 1), *b = engine_floats(bench, all, -1, 1);
    float *y = engine_floats(bench, all, 0, 0);
    engine_program *apart = engine_add_program(bench, bench->contexts->one, rows_text);
    engine_program *together = engine_add_program(bench, bench->contexts->one, rows_text);
    engine_program *flat = engine_add_program(bench, bench->contexts->one, line_text);
    engine_strided_arg(apart, spaced(bench, a, rows, width, pitch), 2, shape, strides);
    engine_strided_arg(apart, spaced(bench, b, rows, width, pitch), 2, shape, strides);
    engine_arg(apart, y, 2, shape);
    engine_arg(together, a, 2, shape);
    engine_arg(together, b, 2, shape);
    engine_arg(together, y, 2, shape);
    engine_arg(flat, a, 1, line);
    engine_arg(flat, b, 1, line);
    engine_arg(flat, y, 1, line);
    engine_contend_program(bench, "weft", apart);
    engine_contend_program(bench, "collapsed", together);
    engine_contend_program(bench, "flat", flat);
    engine_output_add(bench, y, all, NULL, 0);
    bench->bytes = 12.0 * (double)all;
    engine_measure(bench);
}

const engine_case engine_shape_cases[] = {
    {"strided/2", {4096, 65536, 1 << 20}, measure_strided, NULL, 2},
    {"strided/5", {4096, 65536, 1 << 20}, measure_strided, NULL, 5},
    {"repeated/b", {4096, 65536, 1 << 20}, measure_repeated, NULL, 0},
    {"rows/3", {4096, 65536, 1 << 20}, measure_rows, NULL, 3},
    {"rows/8", {4096, 65536, 1 << 20}, measure_rows, NULL, 8},
    {"rows/100", {4096, 65536, 1 << 20}, measure_rows, NULL, 100},
    {NULL, {0}, NULL, NULL, 0},
};
