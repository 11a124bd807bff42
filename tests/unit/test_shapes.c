/* tests/unit/test_shapes.c: arguments of every shape: one to four dimensions, strided, reversed,
 * transposed, broadcast, empty, in segments with gaps, interleaved, in place, overlapping. Each
 * program runs at every level of this machine, with strips of 128, 2,048 and the engine's choice,
 * on 1, 2 and 5 threads, and must leave just the memory that a plain C loop written here leaves.
 * Neighbours: test_bind.c (what binding refuses, and how it says so), plain/test_differential.c. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/support.h"

#if defined(__SANITIZE_ADDRESS__)
enum { MANY = 20011, LONG = 50021 };
#else
enum { MANY = 200003, LONG = 300007 };
#endif

enum { FILL = 0x5c }; /* of what no program writes */

/* --- runs ------------------------------------------------------------------------------------- */

typedef struct output {
    void *memory;
    const void *expected, *initial; /* initial NULL: FILL */
    size_t bytes;
} output;

static const char *combination(uint32_t level, uint32_t strip, uint32_t threads)
{
    static char text[96];
    snprintf(text, sizeof text, "level %s, strips of %u, %u threads",
             weft_level_name((weft_level)level), strip, threads);
    return text;
}

static void run_in(const weft_context_options *options, const char *text, const weft_arg *args,
                   size_t nargs, const output *outputs, size_t n_outputs, weft_status wanted)
{
    const char *where = combination(options->level, options->strip_length, options->threads);
    weft_context *context;
    weft_error error;
    for (size_t i = 0; i < n_outputs; i++)
        if (outputs[i].initial)
            memcpy(outputs[i].memory, outputs[i].initial, outputs[i].bytes);
        else
            memset(outputs[i].memory, FILL, outputs[i].bytes);
    cr_assert(weft_context_create(options, &context) == WEFT_OK);
    weft_program *program = test_assemble(context, text);
    weft_status status = weft_run_with(context, program, args, nargs, NULL, &error);
    cr_assert(status == wanted, "%s: %s %s", where, weft_status_name(status), error.message);
    for (size_t i = 0; i < n_outputs; i++) {
        const unsigned char *got = outputs[i].memory, *expected = outputs[i].expected;
        size_t at = 0;
        while (at < outputs[i].bytes && got[at] == expected[at])
            at++;
        cr_assert(at == outputs[i].bytes, "%s: output %zu differs at byte %zu of %zu", where, i, at,
                  outputs[i].bytes);
    }
    weft_program_release(program);
    weft_context_destroy(context);
}

static void everywhere(const char *text, const weft_arg *args, size_t nargs, const output *outputs,
                       size_t n_outputs, weft_status wanted)
{
    static const uint32_t strips[] = {128, 2048, 0}, threads[] = {1, 2, 5};
    for (uint32_t level = 1; level < WEFT_LEVEL_COUNT; level++)
        for (size_t s = 0; s < COUNT(strips) && weft_level_available((weft_level)level); s++)
            for (size_t t = 0; t < COUNT(threads); t++) {
                const weft_context_options options = {.size = sizeof options,
                                                      .strip_length = strips[s],
                                                      .level = level,
                                                      .threads = threads[t],
                                                      .split_cost = 1};
                run_in(&options, text, args, nargs, outputs, n_outputs, wanted);
            }
}

/* One output. */
static void gives(const char *text, const weft_arg *args, size_t nargs, void *memory,
                  const void *expected, size_t bytes)
{
    const output out = {memory, expected, NULL, bytes};
    everywhere(text, args, nargs, &out, 1, WEFT_OK);
}

/* --- arrays of any layout --------------------------------------------------------------------- */

typedef enum layout {
    ROWS,     /* the last dimension innermost */
    COLUMNS,  /* the first one innermost: transposed */
    REVERSED, /* every dimension backwards */
    GAPS,     /* rows, with room between elements and between rows */
    MIXED,    /* the middle first, the last one backwards */
    LAYOUTS
} layout;

typedef struct array {
    weft_arg arg;
    char *memory;
    size_t bytes;
} array;

/* Strides for the layout, and memory of just that size. */
static array array_of(const char *name, weft_dtype type, int32_t rank, const int64_t *shape,
                      layout how)
{
    array a = {.arg = test_arg(name, type, NULL, rank, shape)};
    int64_t step = (int64_t)weft_dtype_size(type), low = 0, high = step;
    for (int32_t i = 0; i < rank; i++) {
        int32_t d = how == COLUMNS ? i : how == MIXED ? (rank / 2 + i) % rank : rank - 1 - i;
        bool turned = how == REVERSED || (how == MIXED && d == rank - 1);
        if (how == GAPS)
            step += i == 0 ? 2 * step : 13;
        a.arg.strides[d] = turned ? -step : step;
        const int64_t reach = a.arg.strides[d] * (shape[d] > 0 ? shape[d] - 1 : 0);
        low += reach < 0 ? reach : 0;
        high += reach > 0 ? reach : 0;
        step *= shape[d] > 0 ? shape[d] : 1;
    }
    a.bytes = (size_t)(high - low);
    a.memory = malloc(a.bytes);
    cr_assert(a.memory);
    memset(a.memory, FILL, a.bytes);
    a.arg.data = a.memory - low;
    return a;
}

static int64_t count_of(const array *a)
{
    int64_t n = 1;
    for (int32_t d = 0; d < a->arg.rank; d++)
        n *= a->arg.shape[d];
    return n;
}

/* Bytes from element 0 to element `linear`, counted row by row over `shape`; the array may lack the
 * shape's leading dimensions, and have 1 where the shape has more. */
static int64_t offset_of(const array *a, int32_t rank, const int64_t *shape, int64_t linear)
{
    int64_t bytes = 0;
    for (int32_t d = rank - 1, own = a->arg.rank - 1; d >= 0; d--, own--) {
        if (own >= 0 && a->arg.shape[own] > 1)
            bytes += linear % shape[d] * a->arg.strides[own];
        linear /= shape[d];
    }
    return bytes;
}

static double get(const array *a, int32_t rank, const int64_t *shape, int64_t linear)
{
    double value;
    memcpy(&value, (char *)a->arg.data + offset_of(a, rank, shape, linear), sizeof value);
    return value;
}

/* Into the array, or into a copy of its memory. */
static void set(const array *a, char *memory, const int64_t *shape, int64_t linear, double value)
{
    char *first = memory + ((char *)a->arg.data - a->memory);
    memcpy(first + offset_of(a, a->arg.rank, shape, linear), &value, sizeof value);
}

/* Whole numbers: sums of them are exact. */
static void fill(const array *a)
{
    for (int64_t i = 0; i < count_of(a); i++)
        set(a, a->memory, a->arg.shape, i, (double)(i * 7919 % 1009 - 500));
}

static char *expectation(const array *a)
{
    char *memory = malloc(a->bytes);
    cr_assert(memory);
    memset(memory, FILL, a->bytes);
    return memory;
}

/* --- element by element ----------------------------------------------------------------------- */

static const int64_t shapes[][1 + WEFT_MAX_RANK] = {
    {1, 1},           {1, 127},       {1, 128},        {1, 129},        {1, 2049},
    {1, 9001},        {2, 3, 5},      {2, 1, 4097},    {2, 4097, 1},    {2, 37, 131},
    {2, 131, 37},     {2, 2, 4096},   {3, 3, 5, 7},    {3, 1, 1, 300},  {3, 300, 1, 1},
    {3, 2, 129, 3},   {3, 17, 2, 65}, {4, 2, 3, 4, 5}, {4, 1, 7, 1, 9}, {4, 3, 1, 130, 2},
    {4, 2, 2, 2, 257}};

/* y = x * 2 + c, c lacking dimensions or repeated along them, over all dimensions in one loop, or
 * in a loop over `inner` inside of `each` over the others. */
static void write_text(char *text, size_t size, int32_t rank, int32_t inner)
{
    size_t at = (size_t)snprintf(
        text, size, ".space %d\n.in x f64\n.in c f64\n.out y f64\nimm.f64 s0, 2\n", rank);
    for (int32_t d = 0; d < rank && inner >= 0; d++)
        if (d != inner)
            at += (size_t)snprintf(text + at, size - at, "each %d\n", d);
    at += (size_t)snprintf(text + at, size - at, inner >= 0 ? "loop %d\n" : "loop\n", inner);
    at += (size_t)snprintf(text + at, size - at,
                           "ld.f64 v0, [x]\nld.f64 v1, [c]\nmad.f64 v0, v0, s0, v1\n"
                           "st.f64 v0, [y]\nend\n");
    for (int32_t d = 1; d < rank && inner >= 0; d++)
        at += (size_t)snprintf(text + at, size - at, "end\n");
    snprintf(text + at, size - at, "exit\n");
}

static void check_elementwise(const int64_t *row, layout x_layout, layout y_layout, unsigned c_kind)
{
    const int32_t rank = (int32_t)row[0];
    const int64_t *shape = row + 1;
    int64_t c_shape[WEFT_MAX_RANK];
    const int32_t left_out = c_kind % 2 && rank > 1; /* leading dimensions */
    for (int32_t d = 0; d < rank; d++)
        c_shape[d] = c_kind / 2 % 2 && d == rank - 1 ? 1 : shape[d];
    array x = array_of("x", WEFT_F64, rank, shape, x_layout);
    array y = array_of("y", WEFT_F64, rank, shape, y_layout);
    array c = array_of("c", WEFT_F64, rank - left_out, c_shape + left_out, x_layout);
    char *expected = expectation(&y), text[512];
    fill(&x);
    fill(&c);
    for (int64_t i = 0; i < count_of(&x); i++)
        set(&y, expected, shape, i, get(&x, rank, shape, i) * 2 + get(&c, rank, shape, i));
    const weft_arg args[] = {x.arg, c.arg, y.arg};
    for (int32_t inner = -1; inner < rank; inner++) {
        if (inner >= 0 && shape[inner] * 64 < count_of(&x))
            continue; /* many very short rows: another test */
        write_text(text, sizeof text, rank, inner);
        gives(text, args, 3, y.memory, expected, y.bytes);
    }
    free(x.memory);
    free(y.memory);
    free(c.memory);
    free(expected);
}

Test(shapes, layouts)
{
    for (size_t i = 0; i < COUNT(shapes); i++)
        for (unsigned k = 0; k < LAYOUTS; k++) {
            check_elementwise(shapes[i], (layout)k, ROWS, k);
            check_elementwise(shapes[i], ROWS, (layout)k, k + 1);
            check_elementwise(shapes[i], (layout)k, (layout)k, k + 2);
        }
}

/* One long row, and many short ones. */
Test(shapes, one_long_row)
{
    const int64_t row[] = {2, 1, LONG}, column[] = {2, LONG, 1};
    check_elementwise(row, ROWS, ROWS, 0);
    check_elementwise(column, ROWS, ROWS, 0);
    check_elementwise(row, REVERSED, ROWS, 2);
}

Test(shapes, many_short_rows)
{
    const int64_t shape[] = {MANY, 3};
    const char *text = ".space 2\n.in x f64\n.out y f64\n.out r f64 dims 0\neach 0\nloop 1\n"
                       "ld.f64 v0, [x]\nadd.f64 v1, v0, v0\nst.f64 v1, [y]\nsum.f64 s0, v0\nend\n"
                       "st.f64 s0, [r]\nend\nexit\n";
    array x = array_of("x", WEFT_F64, 2, shape, ROWS), y = array_of("y", WEFT_F64, 2, shape, ROWS);
    array r = array_of("r", WEFT_F64, 1, shape, REVERSED);
    char *expected = expectation(&y), *sums = expectation(&r);
    fill(&x);
    for (int64_t i = 0; i < MANY; i++) {
        double sum = 0;
        for (int64_t j = 0; j < 3; j++) {
            const double value = get(&x, 2, shape, 3 * i + j);
            set(&y, expected, shape, 3 * i + j, value + value);
            sum += value;
        }
        set(&r, sums, shape, i, sum);
    }
    const weft_arg args[] = {x.arg, y.arg, r.arg};
    const output outputs[] = {{y.memory, expected, NULL, y.bytes}, {r.memory, sums, NULL, r.bytes}};
    const weft_context_options options = {.size = sizeof options, .threads = 2, .split_cost = 1};
    const weft_context_options alone = {.size = sizeof alone, .threads = 1};
    run_in(&options, text, args, 3, outputs, 2, WEFT_OK); /* too many rows for all combinations */
    run_in(&alone, text, args, 3, outputs, 2, WEFT_OK);
    free(x.memory);
    free(y.memory);
    free(r.memory);
    free(expected);
    free(sums);
}

/* Indices are of the index space, whatever the layout and however it is cut. */
Test(shapes, indices)
{
    enum { A = 3, B = 5, C = 7, D = 131 };
    static int64_t y[A][B][C][D], expected[A][B][C][D];
    const char *text = ".space 4\n.out y i64\nimm.i64 s0, 1000\nloop\nindex.i64 v0, 0\n"
                       "index.i64 v1, 1\nmad.i64 v0, v0, s0, v1\nindex.i64 v1, 2\n"
                       "mad.i64 v0, v0, s0, v1\nindex.i64 v1, 3\nmad.i64 v0, v0, s0, v1\n"
                       "st.i64 v0, [y]\nend\nexit\n";
    for (int64_t a = 0; a < A; a++)
        for (int64_t b = 0; b < B; b++)
            for (int64_t c = 0; c < C; c++)
                for (int64_t d = 0; d < D; d++)
                    expected[a][b][c][d] = ((a * 1000 + b) * 1000 + c) * 1000 + d;
    const weft_arg arg = ARRAY("y", WEFT_I64, y, A, B, C, D);
    gives(text, &arg, 1, y, expected, sizeof y);
}

/* A stride of 0 repeats one element, or one row. */
Test(shapes, strides_of_zero)
{
    enum { M = 61, N = 700 };
    static float y[M][N], expected[M][N], row[N];
    const char *text = ".space 2\n.in x f32\n.in z f32\n.out y f32\nloop\nld.f32 v0, [x]\n"
                       "ld.f32 v1, [z]\nsub.f32 v0, v0, v1\nst.f32 v0, [y]\nend\nexit\n";
    float one = 1.5f;
    for (int j = 0; j < N; j++)
        row[j] = (float)j;
    for (int i = 0; i < M; i++)
        for (int j = 0; j < N; j++)
            expected[i][j] = row[j] - one;
    const weft_arg args[] = {STRIDED(ARRAY("x", WEFT_F32, row, M, N), 0, sizeof(float)),
                             STRIDED(ARRAY("z", WEFT_F32, &one, M, N), 0, 0),
                             ARRAY("y", WEFT_F32, y, M, N)};
    gives(text, args, 3, y, expected, sizeof y);
}

/* Windows: y[i][j] = x[i][j] + x[i][j + 2], along a dimension that is not contiguous too. */
Test(shapes, windows)
{
    const int64_t shape[] = {23, 301}, wide[] = {23, 303};
    const char *text = ".space 2\n.in x f64 window 2\n.out y f64\nloop\nld.f64 v0, [x]\n"
                       "ld.f64 v1, [x + 2]\nadd.f64 v0, v0, v1\nst.f64 v0, [y]\nend\nexit\n";
    for (unsigned k = 0; k < LAYOUTS; k++) {
        array x = array_of("x", WEFT_F64, 2, wide, (layout)k);
        array y = array_of("y", WEFT_F64, 2, shape, (layout)((k + 1) % LAYOUTS));
        char *expected = expectation(&y);
        fill(&x);
        for (int64_t i = 0; i < 23; i++)
            for (int64_t j = 0; j < 301; j++)
                set(&y, expected, shape, i * 301 + j,
                    get(&x, 2, wide, i * 303 + j) + get(&x, 2, wide, i * 303 + j + 2));
        const weft_arg args[] = {x.arg, y.arg};
        gives(text, args, 2, y.memory, expected, y.bytes);
        free(x.memory);
        free(y.memory);
        free(expected);
    }
}

/* --- no elements ------------------------------------------------------------------------------ */

Test(shapes, empty)
{
    static const int64_t none[][4] = {{0, 5, 3}, {5, 0, 3}, {5, 3, 0}, {0, 0, 0}};
    const char *text = ".space 3\n.in x f64\n.out y f64\n.out t f64 dims none\n"
                       ".out a i64 dims none\n.out r f64 dims 0,1\nimm.f64 s9, 3\nloop\n"
                       "ld.f64 v0, [x]\nst.f64 v0, [y]\nsum.f64 s0, v0\nargmax.f64 s1, v0\nend\n"
                       "st.f64 s0, [t]\nst.i64 s1, [a]\neach 0\neach 1\nloop 2\nld.f64 v0, [x]\n"
                       "prod.f64 s2, v0\nend\nst.f64 s2, [r]\nend\nend\nexit\n";
    for (size_t i = 0; i < COUNT(none); i++) {
        double t, y = 9, zero = 0, r[15], ones[15];
        int64_t a, minus_one = -1;
        const size_t rows = (size_t)(none[i][0] * none[i][1]);
        for (size_t k = 0; k < COUNT(ones); k++)
            ones[k] = 1;
        memset(ones + rows, FILL, sizeof ones - rows * sizeof *ones);
        const weft_arg args[] = {test_arg("x", WEFT_F64, NULL, 3, none[i]),
                                 test_arg("y", WEFT_F64, i % 2 ? &y : NULL, 3, none[i]),
                                 VALUE("t", WEFT_F64, &t), VALUE("a", WEFT_I64, &a),
                                 test_arg("r", WEFT_F64, r, 2, none[i])};
        const output outputs[] = {{&t, &zero, NULL, sizeof t},
                                  {&a, &minus_one, NULL, sizeof a},
                                  {r, ones, NULL, sizeof r}};
        everywhere(text, args, 5, outputs, 3, WEFT_OK);
        cr_assert(y == 9);
    }
}

/* --- segments --------------------------------------------------------------------------------- */

/* Points of three values and one byte between points, components forwards, backwards, or apart. */
Test(shapes, segments)
{
    enum { N = 1037, STEP = 13 };
    static char memory[N * STEP], out[N * STEP], expected[N * STEP];
    static float apart[3][N], apart_expected[3][N];
    const char *text = ".in p f32[3]\n.out q f32[3]\n.out r f32[3]\nloop\nlds.f32 v0..v2, [p]\n"
                       "add.f32 v3, v0, v1\nmov.f32 v4, v2\nsub.f32 v5, v0, v2\n"
                       "sts.f32 v3..v5, [q]\nst.f32 v2, [r.0]\nst.f32 v0, [r.1]\n"
                       "st.f32 v1, [r.2]\nend\nexit\n";
    memset(memory, FILL, sizeof memory);
    memset(expected, FILL, sizeof expected);
    for (size_t i = 0; i < N; i++) {
        const float p[3] = {(float)i, (float)(i % 17), -(float)(i % 5)};
        const float q[3] = {p[0] - p[2], p[2], p[0] + p[1]}; /* backwards */
        memcpy(memory + STEP * i, p, sizeof p);
        memcpy(expected + STEP * i, q, sizeof q);
        apart_expected[0][i] = p[2];
        apart_expected[1][i] = p[0];
        apart_expected[2][i] = p[1];
    }
    const weft_arg args[] = {STRIDED(ARRAY("p", WEFT_F32, memory, N, 3), STEP, 4),
                             STRIDED(ARRAY("q", WEFT_F32, out + 8, N, 3), STEP, -4),
                             STRIDED(ARRAY("r", WEFT_F32, apart, N, 3), 4, 4 * N)};
    const output outputs[] = {{out, expected, NULL, sizeof out},
                              {apart, apart_expected, NULL, sizeof apart}};
    everywhere(text, args, 3, outputs, 2, WEFT_OK);
}

/* --- memory that arguments share -------------------------------------------------------------- */

static const char *const text_double = ".in x f32\n.out y f32\nloop\nld.f32 v0, [x]\n"
                                       "add.f32 v0, v0, v0\nst.f32 v0, [y]\nend\nexit\n";

/* Columns of one matrix, and every other element. */
Test(shapes, interleaved)
{
    enum { N = 5003 };
    static float both[N][3], initial[N][3], expected[N][3];
    for (int i = 0; i < N; i++)
        for (int j = 0; j < 3; j++)
            initial[i][j] = (float)(i * 3 + j);
    memcpy(expected, initial, sizeof expected);
    for (int i = 0; i < N; i++)
        expected[i][1] = 2 * initial[i][2];
    const weft_arg args[] = {STRIDED(ARRAY("x", WEFT_F32, &both[0][2], N), sizeof both[0]),
                             STRIDED(ARRAY("y", WEFT_F32, &both[0][1], N), sizeof both[0])};
    const output out = {both, expected, initial, sizeof both};
    everywhere(text_double, args, 2, &out, 1, WEFT_OK);
}

/* Exactly the same array, whatever its layout. */
Test(shapes, in_place)
{
    const int64_t shape[] = {41, 129};
    const char *text = ".space 2\n.in x f64\n.out y f64\n.out t f64 dims none\nimm.f64 s0, 2\n"
                       "loop\nld.f64 v0, [x]\nmul.f64 v1, v0, s0\nst.f64 v1, [y]\n"
                       "sum.f64 s1, v0\nld.f64 v2, [y]\nadd.f64 v2, v2, v0\nst.f64 v2, [y]\nend\n"
                       "st.f64 s1, [t]\nexit\n";
    for (unsigned k = 0; k < LAYOUTS; k++) {
        array x = array_of("x", WEFT_F64, 2, shape, (layout)k);
        double total = 0, t;
        fill(&x);
        char *initial = malloc(x.bytes), *expected = malloc(x.bytes);
        memcpy(initial, x.memory, x.bytes);
        memcpy(expected, x.memory, x.bytes);
        for (int64_t i = 0; i < count_of(&x); i++) {
            const double value = get(&x, 2, shape, i);
            set(&x, expected, shape, i, 3 * value);
            total += value;
        }
        weft_arg args[] = {x.arg, x.arg, VALUE("t", WEFT_F64, &t)};
        args[1].name = "y";
        const output outputs[] = {{x.memory, expected, initial, x.bytes},
                                  {&t, &total, NULL, sizeof t}};
        everywhere(text, args, 3, outputs, 2, WEFT_OK);
        free(initial);
        free(expected);
        free(x.memory);
    }
}

/* Refused, and nothing is touched: shifted, another direction, another type's worth of bytes, the
 * same array where what was overwritten is read again. */
Test(shapes, overlapping)
{
    enum { N = 300 };
    static float memory[2 * N], initial[2 * N];
    for (int i = 0; i < 2 * N; i++)
        initial[i] = (float)i;
    const output out = {memory, initial, initial, sizeof memory};
    const weft_arg x = ARRAY("x", WEFT_F32, memory, N), y = ARRAY("y", WEFT_F32, memory, N);
    weft_arg shifted = y, by_a_byte = y, longer = y;
    shifted.data = memory + 1;
    by_a_byte.data = (char *)memory + 2;
    longer.strides[0] = 8;
    const weft_arg turned = STRIDED(ARRAY("y", WEFT_F32, memory + N - 1, N), -4);
    const weft_arg last = ARRAY("y", WEFT_F32, memory + N - 1, N);
    const weft_arg wrong[] = {shifted, by_a_byte, longer, turned, last};
    for (size_t i = 0; i < COUNT(wrong); i++)
        everywhere(text_double, (const weft_arg[]){x, wrong[i]}, 2, &out, 1, WEFT_ERR_BIND);
    everywhere(".in x f32\n.out y f32\nloop\nld.f32 v0, [x]\nst.f32 v0, [y]\nend\nloop\n"
               "ld.f32 v0, [x]\nst.f32 v0, [y]\nend\nexit\n",
               (const weft_arg[]){x, y}, 2, &out, 1, WEFT_ERR_BIND);
}

/* Components that lie one array behind the other can be used where they are; but not what is stored
 * to them together, as the first one is written before the second one is read. */
Test(shapes, planes_exchanged)
{
    enum { N = 300 };
    static float memory[2 * N], initial[2 * N], expected[2 * N];
    for (int i = 0; i < N; i++) {
        initial[i] = expected[N + i] = (float)i;
        initial[N + i] = expected[i] = (float)-i;
    }
    const output out = {memory, expected, initial, sizeof memory};
    weft_arg x = ARRAY("x", WEFT_F32, memory, N, 2);
    x.strides[0] = sizeof(float);
    x.strides[1] = N * sizeof(float);
    everywhere(".inout x f32[2]\nloop\nld.f32 v1, [x.0]\nld.f32 v0, [x.1]\nsts.f32 v0..v1, [x]\n"
               "end\nexit\n",
               &x, 1, &out, 1, WEFT_OK);
}

/* In a strip block a value that was stored at one offset is read by the instruction whose result
 * goes to another one, which it overlaps. */
Test(shapes, stores_at_offsets)
{
    enum { N = 200, LENGTH = 100, BACK = 7 };
    static float y[N], expected[N];
    for (int i = 0; i < N; i++)
        expected[i] = i >= 50 && i < 50 + LENGTH                 ? 6.0f
                      : i >= 50 - BACK && i < 50 + LENGTH - BACK ? 2.0f
                                                                 : 0.0f;
    static const float initial[N];
    const output out = {y, expected, initial, sizeof y};
    const weft_arg args[] = {ARRAY("y", WEFT_F32, y, N)};
    everywhere(".space [200]\n.out y f32\nimm.f32 s0, 2\nstrip 100, 50\nbcast.f32 v2, s0\n"
               "st.f32 v2, [y - 7]\nmad.f32 v0, v2, v2, v2\nst.f32 v0, [y]\nend\nexit\n",
               args, 1, &out, 1, WEFT_OK);
}

/* Components of z are arrays of their own, and z is x: what goes to one of them may be computed
 * there at once, but not before x is read, which an operation on segments puts off to its store. */
Test(shapes, segments_read_late)
{
    enum { N = 300 };
    static float memory[2 * N], initial[2 * N], expected[2 * N], y[2 * N], negated[2 * N];
    for (int i = 0; i < 2 * N; i++) {
        initial[i] = (float)(i + 1);
        expected[i] = i < N ? initial[i] : 5.0f;
        negated[i] = -initial[i];
    }
    weft_arg x = ARRAY("x", WEFT_F32, memory, N, 2), to = ARRAY("y", WEFT_F32, y, N, 2);
    x.strides[0] = to.strides[0] = sizeof(float);
    x.strides[1] = to.strides[1] = N * sizeof(float);
    weft_arg z = x;
    z.name = "z";
    const weft_arg args[] = {x, to, z};
    const output outputs[] = {{memory, expected, initial, sizeof memory},
                              {y, negated, NULL, sizeof y}};
    everywhere(".in x f32[2]\n.out y f32[2]\n.out z f32[2]\nimm.f32 s0, 5\nloop\n"
               "lds.f32 v0..v1, [x]\nbcast.f32 v10, s0\nneg.f32 v2, v0\nneg.f32 v3, v1\n"
               "sts.f32 v2..v3, [y]\nst.f32 v10, [z.1]\nend\nexit\n",
               args, 3, outputs, 2, WEFT_OK);
}

/* --- reductions along every axis -------------------------------------------------------------- */

typedef struct axes {
    const char *open;   /* the blocks, outermost first */
    const char *depth;  /* of the reductions */
    const char *close;  /* the blocks that they run over */
    const char *others; /* the rest: the results are stored in front of these */
    const char *dims;   /* of the results */
    unsigned kept;      /* bit d: dimension d is not reduced */
} axes;

static const axes reductions[] = {
    {"each 0\neach 1\nloop 2\n", "", "end\n", "end\nend\n", "0,1", 3},
    {"each 0\neach 2\nloop 1\n", "", "end\n", "end\nend\n", "0,2", 5},
    {"each 1\neach 2\nloop 0\n", "", "end\n", "end\nend\n", "1,2", 6},
    {"each 0\nloop 1..2\n", "", "end\n", "end\n", "0", 1},
    {"each 2\nloop 0..1\n", "", "end\n", "end\n", "2", 4},
    {"each 1\neach 0\nloop 2\n", ", 2", "end\nend\n", "end\n", "1", 2},
    {"loop\n", "", "end\n", "", "none", 0},
    {"each 0\nloop 1..2\n", ", 2", "end\nend\n", "", "none", 0}};

static void reduction_text(char *text, size_t size, const axes *r)
{
    snprintf(text, size,
             ".space 3\n.in x f64\n.out s f64 dims %s\n.out m f64 dims %s\n.out a i64 dims %s\n"
             "%sld.f64 v0, [x]\nsum.f64 s0, v0%s\nmaxval.f64 s1, v0%s\nargmin.f64 s2, v0%s\n%s"
             "st.f64 s0, [s]\nst.f64 s1, [m]\nst.i64 s2, [a]\n%sexit\n",
             r->dims, r->dims, r->dims, r->open, r->depth, r->depth, r->depth, r->close, r->others);
}

static void check_reduction(const axes *r, const int64_t *shape, layout how)
{
    enum { MOST = 1000 };
    static double sums[MOST], largest[MOST], smallest[MOST], s[MOST], m[MOST];
    static int64_t first[MOST], seen[MOST], a[MOST];
    int64_t kept[3], cells = 1;
    int32_t rank = 0;
    char text[512];
    for (int d = 0; d < 3; d++)
        if (r->kept >> d & 1)
            cells *= kept[rank++] = shape[d];
    if (cells > MOST)
        return; /* many very short reductions: another test */
    array x = array_of("x", WEFT_F64, 3, shape, how);
    fill(&x);
    for (int64_t i = 0; i < MOST; i++) {
        sums[i] = 0;
        seen[i] = 0;
    }
    for (int64_t i = 0; i < count_of(&x); i++) {
        const int64_t at[3] = {i / (shape[1] * shape[2]), i / shape[2] % shape[1], i % shape[2]};
        const double value = get(&x, 3, shape, i);
        int64_t cell = 0;
        for (int d = 0; d < 3; d++)
            cell = r->kept >> d & 1 ? cell * shape[d] + at[d] : cell;
        if (!seen[cell] || value > largest[cell])
            largest[cell] = value;
        if (!seen[cell] || value < smallest[cell]) {
            smallest[cell] = value;
            first[cell] = seen[cell];
        }
        sums[cell] += value;
        seen[cell]++;
    }
    const size_t size = (size_t)cells * sizeof(double);
    const weft_arg args[] = {x.arg, test_arg("s", WEFT_F64, s, rank, kept),
                             test_arg("m", WEFT_F64, m, rank, kept),
                             test_arg("a", WEFT_I64, a, rank, kept)};
    const output outputs[] = {
        {s, sums, NULL, size}, {m, largest, NULL, size}, {a, first, NULL, size}};
    reduction_text(text, sizeof text, r);
    everywhere(text, args, 4, outputs, 3, WEFT_OK);
    free(x.memory);
}

Test(shapes, reductions)
{
    static const int64_t some[][3] = {
        {5, 7, 131}, {131, 7, 5}, {3, 1, 4099}, {2, 65, 65}, {1, 1, 1}};
    for (size_t i = 0; i < COUNT(some); i++)
        for (size_t k = 0; k < COUNT(reductions); k++)
            check_reduction(&reductions[k], some[i], (layout)((i + k) % LAYOUTS));
}

/* --- scatters --------------------------------------------------------------------------------- */

/* The last element that names a row stays, in the order of the index space, whatever is split. */
Test(shapes, scatter_order)
{
    enum { M = 37, N = 1031, ROWS_OF_T = 11 };
    static int32_t at[M][N];
    static int64_t t[ROWS_OF_T], expected[ROWS_OF_T];
    const char *text = ".space 2\n.in at i32\n.table t i64 out\nimm.i64 s0, 10000\nloop\n"
                       "ld.i32 v0, [at]\nindex.i64 v1, 0\nindex.i64 v2, 1\n"
                       "mad.i64 v1, v1, s0, v2\nscatter.i64.i32 v1, [t], v0\nend\nexit\n";
    for (int i = 0; i < M; i++)
        for (int j = 0; j < N; j++) {
            at[i][j] = (i * 31 + j * 17) % ROWS_OF_T;
            expected[at[i][j]] = i * 10000 + j;
        }
    const weft_arg args[] = {ARRAY("at", WEFT_I32, at, M, N), ARRAY("t", WEFT_I64, t, ROWS_OF_T)};
    gives(text, args, 2, t, expected, sizeof t);
}
