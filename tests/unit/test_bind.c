/* tests/unit/test_bind.c: binding arguments: names, types, shapes, broadcasting, strides, segments,
 * windows, tables, overlap. What is accepted is also run and compared with plain C loops; what is
 * refused must leave all memory as it was. Bounds of addresses: test_affine.c. */
#include <criterion/criterion.h>
#include <string.h>

#include "tests/support/support.h"

#define COPY_1 ".in x f32\n.out y f32\nloop\nld.f32 v0, [x]\nst.f32 v0, [y]\nend\nexit\n"
#define ADD_2                                                                                      \
    ".space 2\n.in a f32\n.in b f32\n.out y f32\nloop\nld.f32 v0, [a]\nld.f32 v1, [b]\n"           \
    "add.f32 v0, v0, v1\nst.f32 v0, [y]\nend\nexit\n"

static void fill(float *x, size_t n, float first)
{
    for (size_t i = 0; i < n; i++)
        x[i] = first + (float)i;
}

/* The program must refuse the arguments, say why, and touch nothing of `memory`. */
static void refused(const char *text, const weft_arg *args, size_t nargs, weft_status expected,
                    const char *why, void *memory, size_t size)
{
    static char before[1 << 16];
    weft_error error;
    cr_assert(size <= sizeof before);
    memcpy(before, memory, size);
    weft_status status = test_run(text, args, nargs, &error);
    cr_expect(status == expected && strstr(error.message, why), "%s: '%s', wanted '%s'",
              weft_status_name(status), error.message, why);
    cr_expect(memcmp(before, memory, size) == 0, "memory was changed: %s", error.message);
    cr_expect(error.line == 0 && error.column == 0 && error.byte == -1 && error.element == -1);
}
#define REFUSED(text, args, why, memory)                                                           \
    refused(text, args, COUNT(args), WEFT_ERR_BIND, why, memory, sizeof(memory))

static void accepted(const char *text, const weft_arg *args, size_t nargs)
{
    weft_error error;
    cr_assert(test_run(text, args, nargs, &error) == WEFT_OK, "%s", error.message);
}
#define ACCEPTED(text, args) accepted(text, args, COUNT(args))

/* --- names, types, ranks ---------------------------------------------------------------------- */

Test(bind, names)
{
    float m[2][3] = {{1, 2, 3}, {0, 0, 0}};
    weft_arg x = ARRAY("x", WEFT_F32, m[0], 3), y = ARRAY("y", WEFT_F32, m[1], 3);
    weft_arg other = y, unnamed = x, third = x;
    other.name = "yy";
    unnamed.name = third.name = NULL;
    REFUSED(COPY_1, ((weft_arg[]){x, other}), "no parameter 'yy'", m);
    REFUSED(COPY_1, ((weft_arg[]){x, y, x}), "'x' is given twice", m);
    REFUSED(COPY_1, ((weft_arg[]){unnamed, x}), "'x' is given twice", m);
    REFUSED(COPY_1, ((weft_arg[]){x}), "there is no argument for 'y'", m);
    REFUSED(COPY_1, ((weft_arg[]){y}), "there is no argument for 'x'", m);
    REFUSED(COPY_1, ((weft_arg[]){x, y, third}), "argument 2: the program has 2 parameters", m);
    refused(COPY_1, NULL, 0, WEFT_ERR_BIND, "there is no argument for 'x'", m, sizeof m);
    y.name = NULL; /* by position */
    ACCEPTED(COPY_1, ((weft_arg[]){unnamed, y}));
    cr_expect(memcmp(m[0], m[1], sizeof m[0]) == 0);
    y.name = "y"; /* by name, in any order */
    memset(m[1], 0, sizeof m[1]);
    ACCEPTED(COPY_1, ((weft_arg[]){y, x}));
    cr_expect(memcmp(m[0], m[1], sizeof m[0]) == 0);
}

Test(bind, scratch_takes_no_argument)
{
    float m[2][3] = {{1, 2, 3}, {0, 0, 0}}, t[3] = {0};
    const char *text = ".in x f32\n.scratch t f32\n.out y f32\nloop\nld.f32 v0, [x]\n"
                       "st.f32 v0, [t]\nend\nloop\nld.f32 v0, [t]\nst.f32 v0, [y]\nend\nexit\n";
    weft_arg x = ARRAY("x", WEFT_F32, m[0], 3), y = ARRAY("y", WEFT_F32, m[1], 3);
    REFUSED(text, ((weft_arg[]){x, ARRAY("t", WEFT_F32, t, 3), y}), "is a scratch array", m);
    ACCEPTED(text, ((weft_arg[]){x, y}));
    cr_expect(memcmp(m[0], m[1], sizeof m[0]) == 0);
}

Test(bind, types_and_ranks)
{
    float m[2][3] = {{1, 2, 3}, {0, 0, 0}};
    weft_arg x = ARRAY("x", WEFT_F32, m[0], 3), y = ARRAY("y", WEFT_F32, m[1], 3), bad;
    const weft_dtype wrong[] = {WEFT_I32,  WEFT_F16,       WEFT_BOOL,
                                WEFT_NONE, (weft_dtype)14, (weft_dtype)-1};
    for (size_t i = 0; i < COUNT(wrong); i++) {
        bad = x;
        bad.type = wrong[i];
        weft_error error;
        weft_context *context = test_context(0);
        weft_program *program = test_assemble(context, COPY_1);
        cr_expect(weft_run_with(context, program, (weft_arg[]){bad, y}, 2, NULL, &error) ==
                  WEFT_ERR_BIND);
        cr_expect(strstr(error.message, "but the program wants f32"), "%s", error.message);
        cr_expect(m[1][0] == 0);
        weft_program_release(program);
        weft_context_destroy(context);
    }
    REFUSED(COPY_1, ((weft_arg[]){ARRAY("x", WEFT_F32, m[0], 1, 3), y}), "'x' has 2 dimensions", m);
    REFUSED(COPY_1, ((weft_arg[]){x, ARRAY("y", WEFT_F32, m[1], 1, 3)}), "'y' has 2 dimensions", m);
    REFUSED(COPY_1, ((weft_arg[]){x, VALUE("y", WEFT_F32, m[1])}), "'y' has 0 dimensions", m);
    bad = x;
    bad.offset = 4;
    REFUSED(COPY_1, ((weft_arg[]){bad, y}), "'x' has an offset of 4, but names no buffer", m);
    bad.offset = 0;
    bad.buffer.id = 1;
    REFUSED(COPY_1, ((weft_arg[]){bad, y}), "'x' names a buffer and an address too", m);
}

/* Ranks and extents that no array has: test_run would follow them itself. */
Test(bind, impossible_shapes)
{
    float m[2][3] = {{1, 2, 3}, {0, 0, 0}};
    weft_context *context = test_context(0);
    weft_program *program = test_assemble(context, COPY_1);
    weft_arg x = ARRAY("x", WEFT_F32, m[0], 3), y = ARRAY("y", WEFT_F32, m[1], 3);
    const struct {
        int32_t rank;
        int64_t extent;
        const char *why;
    } cases[] = {{-1, 3, "impossible rank"},
                 {6, 3, "impossible rank"},
                 {INT32_MAX, 3, "impossible rank"},
                 {INT32_MIN, 3, "impossible rank"},
                 {1, -1, "impossible extent"},
                 {1, INT64_MIN, "impossible extent"},
                 {1, INT64_MAX, "impossible extent"},
                 {1, (INT64_C(1) << 48) + 1, "impossible extent"},
                 {1, INT64_C(1) << 48, "where 'x' spans"}};
    for (size_t i = 0; i < COUNT(cases); i++) {
        weft_error error;
        weft_arg bad = x;
        bad.rank = cases[i].rank;
        bad.shape[0] = cases[i].extent;
        weft_arg args[] = {y, bad};
        cr_expect(weft_run_with(context, program, args, 2, NULL, &error) == WEFT_ERR_BIND);
        cr_expect(strstr(error.message, cases[i].why), "%s", error.message);
        cr_expect(m[1][0] == 0 && test_context_works(context));
    }
    weft_program_release(program);
    weft_context_destroy(context);
}

/* --- shapes and broadcasting ------------------------------------------------------------------ */

Test(bind, shapes_must_match)
{
    float m[3][12] = {{0}};
    weft_arg a = ARRAY("a", WEFT_F32, m[0], 3, 4), b = ARRAY("b", WEFT_F32, m[1], 3, 4),
             y = ARRAY("y", WEFT_F32, m[2], 3, 4);
    fill(m[0], 12, 1);
    REFUSED(ADD_2, ((weft_arg[]){a, ARRAY("b", WEFT_F32, m[1], 4, 3), y}),
            "'b' spans 4 elements of dimension 0, where 'a' spans 3", m);
    REFUSED(ADD_2, ((weft_arg[]){a, ARRAY("b", WEFT_F32, m[1], 3), y}),
            "'b' spans 3 elements of dimension 1", m);
    REFUSED(ADD_2, ((weft_arg[]){a, b, ARRAY("y", WEFT_F32, m[2], 3, 1)}),
            "'y' spans 1 elements of dimension 1", m);
    REFUSED(ADD_2, ((weft_arg[]){a, b, ARRAY("y", WEFT_F32, m[2], 4)}), "'y' has 1 dimensions", m);
    REFUSED(ADD_2, ((weft_arg[]){a, b, ARRAY("y", WEFT_F32, m[2], 3, 3)}),
            "'y' spans 3 elements of dimension 1", m);
    const char *fixed = ".space [5]\n.in x f32\n.out y f32\nloop\nld.f32 v0, [x]\n"
                        "st.f32 v0, [y]\nend\nexit\n";
    REFUSED(fixed, ((weft_arg[]){ARRAY("x", WEFT_F32, m[0], 4), ARRAY("y", WEFT_F32, m[1], 4)}),
            "'x' spans 4 elements of dimension 0, where the index space has", m);
    ACCEPTED(fixed, ((weft_arg[]){ARRAY("x", WEFT_F32, m[0], 5), ARRAY("y", WEFT_F32, m[1], 5)}));
    cr_expect(m[1][4] == 5 && m[1][5] == 0);
    ACCEPTED(ADD_2, ((weft_arg[]){a, b, y}));
    cr_expect(m[2][11] == 12);
}

/* y[i][j] = a + b for every way in which inputs may be repeated, rows of `n` elements. */
static void broadcast_case(weft_arg a, weft_arg b, const float *va, int64_t sa0, int64_t sa1,
                           const float *vb, int64_t sb0, int64_t sb1, int64_t rows, int64_t n)
{
    static float y[5 * 700];
    memset(y, 0, sizeof y);
    ACCEPTED(ADD_2, ((weft_arg[]){a, b, ARRAY("y", WEFT_F32, y, rows, n)}));
    for (int64_t i = 0; i < rows; i++)
        for (int64_t j = 0; j < n; j++)
            cr_assert(y[i * n + j] == va[i * sa0 + j * sa1] + vb[i * sb0 + j * sb1],
                      "at %d, %d of %d", (int)i, (int)j, (int)n);
}

Test(bind, broadcasting)
{
    static float a[5 * 700], b[5 * 700];
    fill(a, COUNT(a), 1);
    fill(b, COUNT(b), 0.25f);
    const int64_t lengths[] = {1, 3, 127, 128, 129, 256, 257, 700};
    for (size_t i = 0; i < COUNT(lengths); i++) {
        int64_t n = lengths[i];
        weft_arg full = ARRAY("a", WEFT_F32, a, 5, n);
        broadcast_case(full, ARRAY("b", WEFT_F32, b, 5, n), a, n, 1, b, n, 1, 5, n);
        broadcast_case(full, ARRAY("b", WEFT_F32, b, n), a, n, 1, b, 0, 1, 5, n);
        broadcast_case(full, ARRAY("b", WEFT_F32, b, 1, n), a, n, 1, b, 0, 1, 5, n);
        broadcast_case(full, ARRAY("b", WEFT_F32, b, 5, 1), a, n, 1, b, 1, 0, 5, n);
        broadcast_case(full, ARRAY("b", WEFT_F32, b, 1, 1), a, n, 1, b, 0, 0, 5, n);
        broadcast_case(full, ARRAY("b", WEFT_F32, b, 1), a, n, 1, b, 0, 0, 5, n);
        broadcast_case(full, VALUE("b", WEFT_F32, b), a, n, 1, b, 0, 0, 5, n);
        broadcast_case(full, STRIDED(ARRAY("b", WEFT_F32, b, 5, n), 0, 4), a, n, 1, b, 0, 1, 5, n);
        broadcast_case(full, STRIDED(ARRAY("b", WEFT_F32, b, 5, n), 4, 0), a, n, 1, b, 1, 0, 5, n);
        /* both repeated, along different dimensions: only the output tells the space */
        broadcast_case(ARRAY("a", WEFT_F32, a, 5, 1), ARRAY("b", WEFT_F32, b, n), a, 1, 0, b, 0, 1,
                       5, n);
        /* strides of a dimension that is repeated do not matter */
        broadcast_case(full, STRIDED(ARRAY("b", WEFT_F32, b, 1, n), 1 << 30, 4), a, n, 1, b, 0, 1,
                       5, n);
    }
}

Test(bind, strides)
{
    static float a[5 * 700], b[5 * 700];
    fill(a, COUNT(a), 1);
    fill(b, COUNT(b), 0.25f);
    const int64_t n = 300;
    weft_arg full = ARRAY("a", WEFT_F32, a, 5, n);
    weft_arg back = STRIDED(ARRAY("b", WEFT_F32, b + 5 * n - 1, 5, n), -4 * n, -4);
    broadcast_case(full, back, a, n, 1, b + 5 * n - 1, -n, -1, 5, n);
    weft_arg turned = STRIDED(ARRAY("b", WEFT_F32, b, 5, n), 4, 20);
    broadcast_case(full, turned, a, n, 1, b, 1, 5, 5, n);
    weft_arg every_second = STRIDED(ARRAY("b", WEFT_F32, b, 5, n), 4 * 600, 8);
    broadcast_case(full, every_second, a, n, 1, b, 600, 2, 5, n);
    weft_arg overlapping = STRIDED(ARRAY("b", WEFT_F32, b, 5, n), 4, 4); /* fine for an input */
    broadcast_case(full, overlapping, a, n, 1, b, 1, 1, 5, n);
}

/* No alignment is required, of data or of strides. */
Test(bind, misaligned)
{
    static char from[4 * 300 * 3 + 8], to[7 * 300 + 8];
    for (int offset = 0; offset < 4; offset++) {
        for (int i = 0; i < 300; i++) {
            float value = (float)i * 0.5f;
            memcpy(from + offset + 9 * i, &value, sizeof value);
        }
        ACCEPTED(COPY_1, ((weft_arg[]){STRIDED(ARRAY("x", WEFT_F32, from + offset, 300), 9),
                                       STRIDED(ARRAY("y", WEFT_F32, to + 3 - offset, 300), 7)}));
        for (int i = 0; i < 300; i++) {
            float value;
            memcpy(&value, to + 3 - offset + 7 * i, sizeof value);
            cr_assert(value == (float)i * 0.5f);
        }
    }
}

Test(bind, rank_4_transposed)
{
    enum { A = 3, B = 4, C = 5, D = 140 };
    static int32_t x[A * B * C * D], y[A * B * C * D];
    const char *text = ".space 4\n.in x i32\n.out y i32\nloop\nld.i32 v0, [x]\nindex.i32 v1, 3\n"
                       "add.i32 v0, v0, v1\nst.i32 v0, [y]\nend\nexit\n";
    for (int i = 0; i < A * B * C * D; i++)
        x[i] = i * 7;
    /* x lies as [d][b][a][c], y as [c][a][d][b] with d running backwards */
    weft_arg in = STRIDED(ARRAY("x", WEFT_I32, x, A, B, C, D), 4 * C, 4 * A * C, 4, 4 * B * A * C);
    weft_arg out = STRIDED(ARRAY("y", WEFT_I32, y + (D - 1) * B, A, B, C, D), 4 * D * B, 4,
                           4 * A * D * B, -4 * B);
    ACCEPTED(text, ((weft_arg[]){in, out}));
    for (int a = 0; a < A; a++)
        for (int b = 0; b < B; b++)
            for (int c = 0; c < C; c++)
                for (int d = 0; d < D; d++)
                    cr_assert(y[((c * A + a) * D + (D - 1 - d)) * B + b] ==
                              7 * (((d * B + b) * A + a) * C + c) + d);
}

Test(bind, zero_size)
{
    float m[8] = {1, 2, 3, 4, 5, 6, 7, 8};
    float before[8];
    memcpy(before, m, sizeof m);
    ACCEPTED(COPY_1, ((weft_arg[]){ARRAY("x", WEFT_F32, m, 0), ARRAY("y", WEFT_F32, m, 0)}));
    ACCEPTED(COPY_1, ((weft_arg[]){ARRAY("x", WEFT_F32, NULL, 0), ARRAY("y", WEFT_F32, NULL, 0)}));
    ACCEPTED(ADD_2, ((weft_arg[]){ARRAY("a", WEFT_F32, NULL, 3, 0), ARRAY("b", WEFT_F32, m, 3, 1),
                                  ARRAY("y", WEFT_F32, NULL, 3, 0)}));
    ACCEPTED(ADD_2, ((weft_arg[]){ARRAY("a", WEFT_F32, NULL, 0, 4), ARRAY("b", WEFT_F32, m, 4),
                                  ARRAY("y", WEFT_F32, NULL, 0, 4)}));
    cr_expect(memcmp(before, m, sizeof m) == 0);
    REFUSED(COPY_1, ((weft_arg[]){ARRAY("x", WEFT_F32, m, 2), ARRAY("y", WEFT_F32, m, 0)}),
            "'y' spans 0 elements of dimension 0", m);
    REFUSED(COPY_1, ((weft_arg[]){ARRAY("x", WEFT_F32, m, 0), ARRAY("y", WEFT_F32, m + 4, 1)}),
            "'y' spans 1 elements of dimension 0", m);
}

Test(bind, no_data)
{
    float m[3] = {0};
    weft_context *context = test_context(0);
    weft_program *program = test_assemble(context, COPY_1);
    for (int which = 0; which < 2; which++) {
        weft_error error;
        weft_arg args[] = {ARRAY("x", WEFT_F32, which ? m : NULL, 3),
                           ARRAY("y", WEFT_F32, which ? NULL : m, 3)};
        cr_expect(weft_run_with(context, program, args, 2, NULL, &error) == WEFT_ERR_BIND);
        cr_expect(strstr(error.message, which ? "'y' has no data" : "'x' has no data"));
    }
    weft_arg args[] = {VALUE("x", WEFT_F32, NULL), ARRAY("y", WEFT_F32, m, 3)};
    cr_expect(weft_run(context, program, args, 2) == WEFT_ERR_BIND, "one repeated element");
    cr_expect(test_context_works(context));
    weft_program_release(program);
    weft_context_destroy(context);
}

Test(bind, space_that_nothing_tells)
{
    float u[1] = {3};
    const char *text = ".uniform u f32\nloop\nindex.i64 v0, 0\nend\nexit\n";
    REFUSED(text, ((weft_arg[]){VALUE("u", WEFT_F32, u)}),
            "no argument tells the extent of dimension 0", u);
    /* an input alone tells it; one that is only ever repeated counts as one element */
    const char *sum = ".in x f32\n.table t f32 out\nloop\nld.f32 v0, [x]\nsum.f32 s0, v0\nend\n"
                      "st.f32 s0, [t]\nexit\n";
    float t[1] = {0};
    ACCEPTED(sum, ((weft_arg[]){VALUE("x", WEFT_F32, u), ARRAY("t", WEFT_F32, t, 1)}));
    cr_expect(t[0] == 3);
}

Test(bind, too_many_elements)
{
    float one[1] = {1};
    const char *text = ".space 2\n.in a f32\n.in b f32\n.table t f32 out\nloop\nld.f32 v0, [a]\n"
                       "sum.f32 s0, v0\nend\nst.f32 s0, [t]\nexit\n";
    weft_context *context = test_context(0);
    weft_program *program = test_assemble(context, text);
    int64_t most = INT64_C(1) << 48;
    weft_arg args[] = {STRIDED(ARRAY("a", WEFT_F32, one, most, 1), 0, 0),
                       STRIDED(ARRAY("b", WEFT_F32, one, 1, most), 0, 0),
                       ARRAY("t", WEFT_F32, one, 1)};
    weft_error error;
    cr_expect(weft_run_with(context, program, args, 3, NULL, &error) == WEFT_ERR_BIND);
    cr_expect(strstr(error.message, "too many elements"), "%s", error.message);
    weft_program_release(program);
    weft_context_destroy(context);
}

/* --- segments, uniforms, tables, windows ------------------------------------------------------ */

/* y = 2x of three values each, by whole segments and by components. */
static const char segments[] =
    ".in x f32[3]\n.out y f32[3]\nloop\nlds.f32 v0..v2, [x]\nld.f32 v3, [x.1]\n"
    "add.f32 v0, v0, v0\nadd.f32 v1, v1, v3\nadd.f32 v2, v2, v2\n"
    "sts.f32 v0..v2, [y]\nst.f32 v1, [y.1]\nend\nexit\n";

Test(bind, segments)
{
    enum { N = 300 };
    static float x[3 * N], y[3 * N];
    fill(x, 3 * N, 1);
    weft_arg rows = ARRAY("x", WEFT_F32, x, N, 3), out = ARRAY("y", WEFT_F32, y, N, 3);
    ACCEPTED(segments, ((weft_arg[]){rows, out}));
    for (int i = 0; i < 3 * N; i++)
        cr_assert(y[i] == 2 * x[i]);
    /* planar: the values of an element lie N apart; and backwards */
    weft_arg planar = STRIDED(rows, 4, 4 * N);
    weft_arg back = STRIDED(ARRAY("y", WEFT_F32, y + 3 * N - 1, N, 3), -4, -4 * N);
    ACCEPTED(segments, ((weft_arg[]){planar, back}));
    for (int i = 0; i < N; i++)
        for (int k = 0; k < 3; k++)
            cr_assert(y[3 * N - 1 - i - N * k] == 2 * x[i + N * k]);
    /* one segment for all elements, and one value for all components */
    ACCEPTED(segments, ((weft_arg[]){ARRAY("x", WEFT_F32, x, 3), out}));
    cr_expect(y[0] == 2 && y[1] == 4 && y[2] == 6 && y[3 * N - 1] == 6);
    ACCEPTED(segments, ((weft_arg[]){STRIDED(rows, 4, 0), out}));
    cr_expect(y[0] == 2 && y[2] == 2 && y[3] == 4 && y[3 * N - 1] == 2 * N);
    REFUSED(segments, ((weft_arg[]){ARRAY("x", WEFT_F32, x, N, 2), out}),
            "'x' has 2 values per element, but the program wants 3", x);
    REFUSED(segments, ((weft_arg[]){ARRAY("x", WEFT_F32, x, 9), out}), "'x' has 9 values", x);
    REFUSED(segments, ((weft_arg[]){VALUE("x", WEFT_F32, x), out}), "'x' has 1 values", x);
    REFUSED(segments, ((weft_arg[]){rows, ARRAY("y", WEFT_F32, y, 3)}), "'y' has 1 dimensions", y);
    REFUSED(segments, ((weft_arg[]){rows, STRIDED(out, 12, 0)}), "elements of it share memory", y);
}

Test(bind, uniforms)
{
    const char *text = ".space [1]\n.uniform u i32[2] count 3\n.uniform v i32\n.table t i32 out\n"
                       "lds.i32 s0..s1, [u + 2]\nld.i32 s2, [u.1 + 1]\nld.i32 s3, [v]\n"
                       "st.i32 s0, [t]\nst.i32 s1, [t + 1]\nst.i32 s2, [t + 2]\n"
                       "st.i32 s3, [t + 3]\nexit\n";
    int32_t u[12] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}, v[1] = {77}, t[4] = {0};
    weft_arg rows = ARRAY("u", WEFT_I32, u, 3, 2), one = VALUE("v", WEFT_I32, v),
             out = ARRAY("t", WEFT_I32, t, 4);
    ACCEPTED(text, ((weft_arg[]){rows, one, out}));
    cr_expect(t[0] == 4 && t[1] == 5 && t[2] == 3 && t[3] == 77);
    ACCEPTED(text, ((weft_arg[]){STRIDED(ARRAY("u", WEFT_I32, u + 11, 3, 2), -16, -4),
                                 ARRAY("v", WEFT_I32, v, 1), out}));
    cr_expect(t[0] == 3 && t[1] == 2 && t[2] == 6 && t[3] == 77);
    REFUSED(text, ((weft_arg[]){ARRAY("u", WEFT_I32, u, 2, 2), one, out}), "'u' wants 3 rows", t);
    REFUSED(text, ((weft_arg[]){ARRAY("u", WEFT_I32, u, 4, 2), one, out}), "'u' wants 3 rows", t);
    REFUSED(text, ((weft_arg[]){ARRAY("u", WEFT_I32, u, 2), one, out}), "'u' wants 3 rows", t);
    REFUSED(text, ((weft_arg[]){rows, ARRAY("v", WEFT_I32, u, 2), out}), "'v' wants 1 row", t);
    REFUSED(text, ((weft_arg[]){rows, ARRAY("v", WEFT_I32, u, 1, 1), out}), "'v' wants 1 row", t);
}

/* Writes extents 0 to 3 of the table, and then its values, to o. */
static const char tables[] =
    ".space [1]\n.table t i64\n.table o i64 out\n.uniform n i64\n"
    "length.i64 s0, [t], 0\nlength.i64 s1, [t], 1\nlength.i64 s2, [t], 2\n"
    "length.i64 s3, [t], 3\nst.i64 s0, [o]\nst.i64 s1, [o + 1]\nst.i64 s2, [o + 2]\n"
    "st.i64 s3, [o + 3]\nld.i64 s4, [n]\nfor s5, s4\nld.i64 s6, [t + s5]\n"
    "st.i64 s6, [o + 4 + s5]\nend\nexit\n";

static void table_case(weft_arg table, int64_t rows, const int64_t *expected)
{
    int64_t o[32] = {0};
    ACCEPTED(tables,
             ((weft_arg[]){table, ARRAY("o", WEFT_I64, o, 32), VALUE("n", WEFT_I64, &rows)}));
    for (int d = 0; d < 4; d++)
        cr_expect(o[d] == (d < table.rank ? table.shape[d] : 1), "extent %d", d);
    for (int64_t i = 0; i < rows; i++)
        cr_expect(o[4 + i] == expected[i], "row %d: %d, not %d", (int)i, (int)o[4 + i],
                  (int)expected[i]);
}

Test(bind, tables)
{
    int64_t t[24], back[24];
    for (int i = 0; i < 24; i++) {
        t[i] = 100 + i;
        back[23 - i] = t[i];
    }
    table_case(ARRAY("t", WEFT_I64, t, 24), 24, t);
    table_case(ARRAY("t", WEFT_I64, t, 4, 6), 24, t);
    table_case(ARRAY("t", WEFT_I64, t, 2, 3, 1, 4), 24, t);
    table_case(ARRAY("t", WEFT_I64, t, 1, 1, 24), 24, t);
    table_case(STRIDED(ARRAY("t", WEFT_I64, t + 23, 4, 6), -48, -8), 24, back);
    table_case(STRIDED(ARRAY("t", WEFT_I64, t, 3, 4), 64, 16), 12,
               (int64_t[]){100, 102, 104, 106, 108, 110, 112, 114, 116, 118, 120, 122});
    /* strides of dimensions of one element mean nothing, wherever they stand */
    table_case(STRIDED(ARRAY("t", WEFT_I64, t, 1, 24), -8, 8), 24, t);
    table_case(STRIDED(ARRAY("t", WEFT_I64, t, 24, 1), 8, 1000), 24, t);
    table_case(STRIDED(ARRAY("t", WEFT_I64, t, 4, 1, 6), 48, 0, 8), 24, t);
    table_case(STRIDED(ARRAY("t", WEFT_I64, t, 8, 1), 24, 8), 8,
               (int64_t[]){100, 103, 106, 109, 112, 115, 118, 121});
}

Test(bind, tables_refused)
{
    int64_t t[24] = {0}, o[32] = {0}, rows = 4;
    weft_arg out = ARRAY("o", WEFT_I64, o, 32), n = VALUE("n", WEFT_I64, &rows);
    const char *apart = "not contiguous to each other";
    REFUSED(tables, ((weft_arg[]){STRIDED(ARRAY("t", WEFT_I64, t, 3, 4), 48, 8), out, n}), apart,
            o);
    REFUSED(tables, ((weft_arg[]){STRIDED(ARRAY("t", WEFT_I64, t, 4, 6), 8, 32), out, n}), apart,
            o);
    REFUSED(tables, ((weft_arg[]){STRIDED(ARRAY("t", WEFT_I64, t, 4, 6), 0, 8), out, n}), apart, o);
    /* a dimension of one element hides nothing */
    REFUSED(tables, ((weft_arg[]){STRIDED(ARRAY("t", WEFT_I64, t, 4, 1, 6), 0, 0, 8), out, n}),
            apart, o);
    REFUSED(tables, ((weft_arg[]){STRIDED(ARRAY("t", WEFT_I64, t, 2, 1, 6), 96, 96, 8), out, n}),
            apart, o);
    REFUSED(tables, ((weft_arg[]){VALUE("t", WEFT_I64, t), out, n}), "table 't' has 0 dimensions",
            o);
    REFUSED(tables, ((weft_arg[]){ARRAY("t", WEFT_I64, t, 1, 1, 1, 1, 4), out, n}),
            "table 't' has 5 dimensions", o);
    REFUSED(
        tables,
        ((weft_arg[]){STRIDED(ARRAY("t", WEFT_I64, t, 1, INT64_C(1) << 48, 2), 0, 0, 0), out, n}),
        "too many rows", o);
    REFUSED(tables, ((weft_arg[]){ARRAY("t", WEFT_I64, t, 24), STRIDED(out, 0), n}),
            "elements of it share memory", o);
}

Test(bind, window)
{
    enum { N = 300 };
    static float x[2 * N + 4], y[N];
    const char *text = ".in x f32 window 2\n.out y f32\nloop\nld.f32 v0, [x]\nld.f32 v1, [x + 1]\n"
                       "ld.f32 v2, [x + 2]\nadd.f32 v0, v0, v1\nadd.f32 v0, v0, v2\n"
                       "st.f32 v0, [y]\nend\nexit\n";
    fill(x, COUNT(x), 1);
    weft_arg out = ARRAY("y", WEFT_F32, y, N);
    ACCEPTED(text, ((weft_arg[]){ARRAY("x", WEFT_F32, x, N + 2), out}));
    for (int i = 0; i < N; i++)
        cr_assert(y[i] == x[i] + x[i + 1] + x[i + 2]);
    ACCEPTED(text, ((weft_arg[]){STRIDED(ARRAY("x", WEFT_F32, x, N + 2), 8), out}));
    for (int i = 0; i < N; i++)
        cr_assert(y[i] == x[2 * i] + x[2 * i + 2] + x[2 * i + 4]);
    REFUSED(text, ((weft_arg[]){ARRAY("x", WEFT_F32, x, N), out}), "'y' spans 300 elements", y);
    REFUSED(text, ((weft_arg[]){ARRAY("x", WEFT_F32, x, N + 3), out}), "'y' spans 300 elements", y);
    REFUSED(text, ((weft_arg[]){ARRAY("x", WEFT_F32, x, 1), out}), "fewer than its window of 2", y);
    REFUSED(text, ((weft_arg[]){ARRAY("x", WEFT_F32, x, 3), out}), "'y' spans 300 elements", y);
    REFUSED(text, ((weft_arg[]){VALUE("x", WEFT_F32, x), out}), "'x' has 0 dimensions", y);
    ACCEPTED(text, ((weft_arg[]){ARRAY("x", WEFT_F32, x, 2), ARRAY("y", WEFT_F32, NULL, 0)}));
    ACCEPTED(text, ((weft_arg[]){ARRAY("x", WEFT_F32, x, 3), ARRAY("y", WEFT_F32, y, 1)}));
    cr_expect(y[0] == 6);
}

/* One row for all, or all rows: the window lies along the last dimension only. */
Test(bind, window_in_rank_2)
{
    enum { M = 3, N = 130 };
    static float x[M][N + 1], y[M][N];
    const char *text = ".space 2\n.in x f32 window 1\n.out y f32\nloop\nld.f32 v0, [x]\n"
                       "ld.f32 v1, [x + 1]\nsub.f32 v0, v1, v0\nst.f32 v0, [y]\nend\nexit\n";
    for (int i = 0; i < M * (N + 1); i++)
        (&x[0][0])[i] = (float)(i * i % 1009);
    for (int rows = 1; rows <= M; rows += M - 1) {
        ACCEPTED(text, ((weft_arg[]){ARRAY("x", WEFT_F32, x, rows, N + 1),
                                     ARRAY("y", WEFT_F32, y, M, N)}));
        for (int i = 0; i < M; i++)
            for (int j = 0; j < N; j++) {
                const float *row = x[rows == 1 ? 0 : i];
                cr_assert(y[i][j] == row[j + 1] - row[j], "%d rows: y[%d][%d]", rows, i, j);
            }
    }
    REFUSED(text, ((weft_arg[]){ARRAY("x", WEFT_F32, x, 2, N + 1), ARRAY("y", WEFT_F32, y, M, N)}),
            "'y' spans 3 elements of dimension 0", y);
}

/* An input that is repeated along the space is repeated for offsets in strip blocks, too. */
Test(bind, repeated_input_in_strip_blocks)
{
    const char *text = ".space [12]\n.in x f32\n.out y f32\nstrip 4\nld.f32 v0, [x]\n"
                       "st.f32 v0, [y]\nld.f32 v0, [x + 4]\nst.f32 v0, [y + 4]\n"
                       "ld.f32 v0, [x + 8]\nst.f32 v0, [y + 8]\nend\nexit\n";
    float x[12], y[12];
    fill(x, 12, 1);
    ACCEPTED(text, ((weft_arg[]){ARRAY("x", WEFT_F32, x, 12), ARRAY("y", WEFT_F32, y, 12)}));
    cr_expect(memcmp(x, y, sizeof x) == 0);
    ACCEPTED(text, ((weft_arg[]){ARRAY("x", WEFT_F32, x, 1), ARRAY("y", WEFT_F32, y, 12)}));
    for (int i = 0; i < 12; i++)
        cr_expect(y[i] == 1, "y[%d] = %g", i, (double)y[i]);
}

/* --- overlap ---------------------------------------------------------------------------------- */

/* out is written before a is read a second time */
static const char late_read[] =
    ".in a f32\n.out y f32\nloop\nld.f32 v0, [a]\nst.f32 v0, [y]\nend\n"
    "loop\nld.f32 v0, [a]\nadd.f32 v0, v0, v0\nst.f32 v0, [y]\nend\nexit\n";

Test(bind, exact_in_place)
{
    enum { N = 700 };
    static float m[N];
    fill(m, N, 1);
    const char *twice = ".in a f32\n.out y f32\nloop\nld.f32 v0, [a]\nadd.f32 v0, v0, v0\n"
                        "st.f32 v0, [y]\nend\nexit\n";
    ACCEPTED(twice, ((weft_arg[]){ARRAY("a", WEFT_F32, m, N), ARRAY("y", WEFT_F32, m, N)}));
    for (int i = 0; i < N; i++)
        cr_assert(m[i] == 2 * (1 + (float)i));
    weft_arg back[] = {STRIDED(ARRAY("a", WEFT_F32, m + N - 2, N / 2), -8),
                       STRIDED(ARRAY("y", WEFT_F32, m + N - 2, N / 2), -8)};
    ACCEPTED(twice, back);
    for (int i = 0; i < N; i++)
        cr_assert(m[i] == (i % 2 ? 2 : 4) * (1 + (float)i));
    const char *why = "cannot be the same array as 'a', which the program still reads";
    REFUSED(late_read, ((weft_arg[]){ARRAY("a", WEFT_F32, m, N), ARRAY("y", WEFT_F32, m, N)}), why,
            m);
    const char *same_loop = ".in a f32\n.out y f32\nloop\nld.f32 v0, [a]\nst.f32 v0, [y]\n"
                            "ld.f32 v1, [a]\nst.f32 v1, [y]\nend\nexit\n";
    REFUSED(same_loop, ((weft_arg[]){ARRAY("a", WEFT_F32, m, N), ARRAY("y", WEFT_F32, m, N)}), why,
            m);
    const char *next_round = ".in a f32\n.out y f32\nfor s0, 2\nloop\nld.f32 v0, [a]\n"
                             "add.f32 v0, v0, v0\nst.f32 v0, [y]\nend\nend\nexit\n";
    REFUSED(next_round, ((weft_arg[]){ARRAY("a", WEFT_F32, m, N), ARRAY("y", WEFT_F32, m, N)}), why,
            m);
    const char *updated = ".in a f32\n.inout y f32\nloop\nld.f32 v0, [a]\nld.f32 v1, [y]\n"
                          "add.f32 v0, v0, v1\nst.f32 v0, [y]\nend\nexit\n";
    ACCEPTED(updated, ((weft_arg[]){ARRAY("a", WEFT_F32, m, N), ARRAY("y", WEFT_F32, m, N)}));
    for (int i = 0; i < N; i++)
        cr_assert(m[i] == (i % 2 ? 4 : 8) * (1 + (float)i));
}

/* Strip blocks: what was read of an input before that part was written may be the same array. */
Test(bind, in_place_in_strip_blocks)
{
    float m[16];
    fill(m, 16, 1);
    const char *halves = ".space [16]\n.in a f32\n.out y f32\nstrip 8\nld.f32 v0, [a]\n"
                         "st.f32 v0, [y]\nend\nstrip 8, 8\nld.f32 v0, [a]\n"
                         "add.f32 v0, v0, v0\nst.f32 v0, [y]\nend\nexit\n";
    weft_arg same[] = {ARRAY("a", WEFT_F32, m, 16), ARRAY("y", WEFT_F32, m, 16)};
    ACCEPTED(halves, same);
    cr_expect(m[7] == 8 && m[8] == 18 && m[15] == 32);
    const char *behind = ".space [16]\n.in a f32\n.out y f32\nstrip 8\nld.f32 v0, [a]\n"
                         "st.f32 v0, [y]\nend\nstrip 8, 8\nld.f32 v0, [a - 1]\n"
                         "st.f32 v0, [y]\nend\nexit\n";
    REFUSED(behind, same, "which the program still reads", m);
}

/* The same memory seen along different dimensions is not the same array: iteration i of `each`
 * reads what iteration i - 1 has written. */
Test(bind, not_in_place_along_other_dimensions)
{
    enum { N = 5 };
    float m[N] = {1, 2, 3, 4, 5}, y[N] = {0};
    const char *text = ".space 2\n.in a f32 dims 1\n.out y f32 dims 0\neach 0\nloop 1\n"
                       "ld.f32 v0, [a]\nsum.f32 s0, v0\nend\nst.f32 s0, [y]\nend\nexit\n";
    ACCEPTED(text, ((weft_arg[]){ARRAY("a", WEFT_F32, m, N), ARRAY("y", WEFT_F32, y, N)}));
    for (int i = 0; i < N; i++)
        cr_expect(y[i] == 15);
    REFUSED(text, ((weft_arg[]){ARRAY("a", WEFT_F32, m, N), ARRAY("y", WEFT_F32, m, N)}),
            "'y', which is written, overlaps 'a'", m);
}

Test(bind, partial_overlap)
{
    enum { N = 12 };
    float m[4 * N];
    fill(m, COUNT(m), 1);
    weft_arg x = ARRAY("x", WEFT_F32, m + 8, N);
    const char *why = "'y', which is written, overlaps 'x'";
    for (int shift = -N + 1; shift < N; shift++) {
        weft_arg args[] = {x, ARRAY("y", WEFT_F32, m + 8 + shift, N)};
        if (shift && 8 + shift >= 0)
            REFUSED(COPY_1, args, why, m);
    }
    weft_arg bytes = ARRAY("y", WEFT_F32, (char *)(m + 8 + N) - 1, N); /* by one byte */
    REFUSED(COPY_1, ((weft_arg[]){x, bytes}), why, m);
    weft_arg reversed = STRIDED(ARRAY("y", WEFT_F32, m + 8 + N - 1, N), -4);
    REFUSED(COPY_1, ((weft_arg[]){x, reversed}), why, m);
    weft_arg wider = STRIDED(ARRAY("y", WEFT_F32, m + 8, N), 8); /* from the same place */
    REFUSED(COPY_1, ((weft_arg[]){x, wider}), why, m);
    ACCEPTED(COPY_1, ((weft_arg[]){x, ARRAY("y", WEFT_F32, m + 8 + N, N)})); /* next to it */
    cr_expect(memcmp(m + 8, m + 8 + N, N * sizeof *m) == 0);
}

Test(bind, overlap_of_outputs_and_tables)
{
    float m[16] = {0};
    const char *two = ".in x f32\n.out y f32\n.out z f32\nloop\nld.f32 v0, [x]\nst.f32 v0, [y]\n"
                      "st.f32 v0, [z]\nend\nexit\n";
    REFUSED(two,
            ((weft_arg[]){ARRAY("x", WEFT_F32, m, 4), ARRAY("y", WEFT_F32, m + 8, 4),
                          ARRAY("z", WEFT_F32, m + 8, 4)}),
            "'y', which is written, overlaps 'z'", m);
    const char *table = ".in x f32\n.table t f32\n.out y f32\nld.f32 s0, [t]\nloop\n"
                        "ld.f32 v0, [x]\nst.f32 v0, [y]\nend\nexit\n";
    REFUSED(table,
            ((weft_arg[]){ARRAY("x", WEFT_F32, m, 4), ARRAY("t", WEFT_F32, m + 8, 4),
                          ARRAY("y", WEFT_F32, m + 8, 4)}),
            "'y', which is written, overlaps 't'", m);
    const char *uniform = ".in x f32\n.uniform u f32\n.out y f32\nld.f32 s0, [u]\nloop\n"
                          "ld.f32 v0, [x]\nst.f32 v0, [y]\nend\nexit\n";
    REFUSED(uniform,
            ((weft_arg[]){ARRAY("x", WEFT_F32, m, 4), VALUE("u", WEFT_F32, m + 11),
                          ARRAY("y", WEFT_F32, m + 8, 4)}),
            "'y', which is written, overlaps 'u'", m);
    const char *in_vain = ".in x f32\n.in z f32\n.uniform u f32\n.out y f32\nld.f32 s0, [u]\nloop\n"
                          "ld.f32 v0, [x]\nld.f32 v1, [z]\nneg.f32 v0, v0\nst.f32 v0, [y]\nend\n"
                          "exit\n";
    REFUSED(in_vain,
            ((weft_arg[]){ARRAY("x", WEFT_F32, m, 4), ARRAY("z", WEFT_F32, m + 4, 4),
                          VALUE("u", WEFT_F32, m + 11), ARRAY("y", WEFT_F32, m + 8, 4)}),
            "'y', which is written, overlaps 'u'", m);
    REFUSED(in_vain,
            ((weft_arg[]){ARRAY("x", WEFT_F32, m, 4), ARRAY("z", WEFT_F32, m + 4, 3),
                          VALUE("u", WEFT_F32, m + 15), ARRAY("y", WEFT_F32, m + 8, 4)}),
            "z", m);
    const char *window = ".in x f32 window 1\n.out y f32\nloop\nld.f32 v0, [x + 1]\n"
                         "st.f32 v0, [y]\nend\nexit\n";
    REFUSED(window, ((weft_arg[]){ARRAY("x", WEFT_F32, m, 5), ARRAY("y", WEFT_F32, m, 4)}),
            "'y', which is written, overlaps 'x'", m);
    const char *inputs = ".in x f32\n.in z f32\n.out y f32\nloop\nld.f32 v0, [x]\nld.f32 v1, [z]\n"
                         "add.f32 v0, v0, v1\nst.f32 v0, [y]\nend\nexit\n";
    ACCEPTED(inputs, ((weft_arg[]){ARRAY("x", WEFT_F32, m, 4), ARRAY("z", WEFT_F32, m + 1, 4),
                                   ARRAY("y", WEFT_F32, m + 8, 4)})); /* inputs may overlap */
}

Test(bind, interleaved_arrays)
{
    enum { N = 300 };
    static float m[3 * N];
    for (int i = 0; i < 3 * N; i++)
        m[i] = (float)i;
    weft_arg column0 = STRIDED(ARRAY("x", WEFT_F32, m, N), 12);
    ACCEPTED(COPY_1, ((weft_arg[]){column0, STRIDED(ARRAY("y", WEFT_F32, m + 2, N), 12)}));
    for (int i = 0; i < N; i++)
        cr_assert(m[3 * i] == (float)(3 * i) && m[3 * i + 1] == (float)(3 * i + 1) &&
                  m[3 * i + 2] == (float)(3 * i));
    /* two columns of one matrix as segments beside the third */
    const char *text = ".in x f32[2]\n.out y f32\nloop\nlds.f32 v0..v1, [x]\nadd.f32 v0, v0, v1\n"
                       "st.f32 v0, [y]\nend\nexit\n";
    weft_arg pairs = STRIDED(ARRAY("x", WEFT_F32, m, N, 2), 12, 4);
    ACCEPTED(text, ((weft_arg[]){pairs, STRIDED(ARRAY("y", WEFT_F32, m + 2, N), 12)}));
    for (int i = 0; i < N; i++)
        cr_assert(m[3 * i + 2] == (float)(6 * i + 1));
    REFUSED(text, ((weft_arg[]){pairs, STRIDED(ARRAY("y", WEFT_F32, m + 1, N), 12)}),
            "'y', which is written, overlaps 'x'", m);
    /* rows of one matrix */
    ACCEPTED(COPY_1, ((weft_arg[]){ARRAY("x", WEFT_F32, m, N), ARRAY("y", WEFT_F32, m + N, N)}));
    cr_expect(memcmp(m, m + N, N * sizeof *m) == 0);
}

Test(bind, outputs_whose_elements_meet)
{
    float m[32] = {0}, x[12];
    fill(x, 12, 1);
    const char *why = "'y' is written, but elements of it share memory";
    weft_arg in = ARRAY("x", WEFT_F32, x, 12);
    REFUSED(COPY_1, ((weft_arg[]){in, STRIDED(ARRAY("y", WEFT_F32, m, 12), 0)}), why, m);
    REFUSED(COPY_1, ((weft_arg[]){in, STRIDED(ARRAY("y", WEFT_F32, m, 12), 2)}), why, m);
    REFUSED(COPY_1, ((weft_arg[]){in, STRIDED(ARRAY("y", WEFT_F32, m + 12, 12), -3)}), why, m);
    weft_arg a = ARRAY("a", WEFT_F32, x, 3, 4), b = ARRAY("b", WEFT_F32, x, 3, 4);
    weft_arg y = ARRAY("y", WEFT_F32, m, 3, 4);
    REFUSED(ADD_2, ((weft_arg[]){a, b, STRIDED(y, 12, 4)}), why, m);
    REFUSED(ADD_2, ((weft_arg[]){a, b, STRIDED(y, 0, 4)}), why, m);
    REFUSED(ADD_2, ((weft_arg[]){a, b, STRIDED(y, 4, 4)}), why, m);
    ACCEPTED(ADD_2, ((weft_arg[]){a, b, STRIDED(y, 4, 12)}));
    cr_expect(m[0] == 2 && m[1] == 10 && m[2] == 18 && m[3] == 4 && m[11] == 24 && m[12] == 0);
    /* the stride of a dimension of one element does not matter */
    ACCEPTED(COPY_1,
             ((weft_arg[]){ARRAY("x", WEFT_F32, x, 1), STRIDED(ARRAY("y", WEFT_F32, m, 1), 0)}));
}

Test(bind, beyond_the_address_space)
{
    float m[4] = {0};
    weft_context *context = test_context(0);
    weft_program *program = test_assemble(context, COPY_1);
    const int64_t strides[] = {INT64_MAX, INT64_MIN, INT64_MAX / 2, INT64_MIN / 2,
                               INT64_C(1) << 62};
    for (size_t i = 0; i < COUNT(strides); i++)
        for (int which = 0; which < 2; which++) {
            weft_error error;
            weft_arg args[] = {ARRAY("x", WEFT_F32, m, 4), ARRAY("y", WEFT_F32, m, 4)};
            args[which].strides[0] = strides[i];
            cr_expect(weft_run_with(context, program, args, 2, NULL, &error) == WEFT_ERR_BIND);
            cr_expect(strstr(error.message, "does not fit into the address space"), "%s",
                      error.message);
        }
    cr_expect(test_context_works(context));
    weft_program_release(program);
    weft_context_destroy(context);
}

/* --- weft_infer_shape ------------------------------------------------------------------------- */

static void infer(const char *text, const weft_arg *args, size_t nargs, const int64_t *space,
                  const char *param, int rank, const int64_t *shape)
{
    weft_context *context = test_context(0);
    weft_program *program = test_assemble(context, text);
    weft_error error;
    int32_t found_rank = -1;
    int64_t found[WEFT_MAX_ARG_RANK] = {-1, -1, -1, -1, -1};
    weft_status status = weft_infer_shape(context, program, args, nargs, space,
                                          (uint32_t)weft_program_find_param(program, param),
                                          &found_rank, found, &error);
    cr_expect(!status, "%s: %s", param, error.message);
    cr_expect(found_rank == rank, "%s: rank %d", param, found_rank);
    for (int d = 0; d < rank; d++)
        cr_expect(found[d] == shape[d], "%s: extent %d in dimension %d", param, (int)found[d], d);
    weft_program_release(program);
    weft_context_destroy(context);
}
#define SHAPE(...)                                                                                 \
    (int)(sizeof((int64_t[]){__VA_ARGS__}) / 8), (const int64_t[])                                 \
    {                                                                                              \
        __VA_ARGS__                                                                                \
    }

static const char shapes[] =
    ".space 2\n.in a f32\n.in b f32[3] dims 0\n.in w f32 dims 1 window 4\n.out y f32\n"
    ".out r f32[2] dims 0\n.out c f32 dims 1 window 2\n.out n f32 dims none\n"
    ".uniform u f32[4] count 5\n.uniform v f32\n.table t f32\n.scratch s f64\n"
    "each 0\nloop 1\nindex.i64 v0, 1\nend\nend\nexit\n";

Test(infer_shape, from_the_other_arguments)
{
    weft_arg args[] = {ARRAY("a", WEFT_F32, NULL, 7, 1), ARRAY("w", WEFT_F32, NULL, 13)};
    infer(shapes, args, 2, NULL, "y", SHAPE(7, 9));
    infer(shapes, args, 2, NULL, "a", SHAPE(7, 9));
    infer(shapes, args, 2, NULL, "b", SHAPE(7, 3));
    infer(shapes, args, 2, NULL, "w", SHAPE(13));
    infer(shapes, args, 2, NULL, "r", SHAPE(7, 2));
    infer(shapes, args, 2, NULL, "c", SHAPE(11));
    infer(shapes, args, 2, NULL, "n", 0, NULL);
    infer(shapes, args, 2, NULL, "u", SHAPE(5, 4));
    infer(shapes, args, 2, NULL, "v", 0, NULL);
    infer(shapes, args, 2, NULL, "s", SHAPE(7, 9));
    infer(shapes, NULL, 0, (const int64_t[]){3, 4}, "y", SHAPE(3, 4));
    infer(shapes, NULL, 0, (const int64_t[]){3, 0}, "c", SHAPE(2));
    infer(shapes, &args[1], 1, NULL, "c", SHAPE(11)); /* dimension 0 is open, but not asked for */
    infer(".space [6]\n.out y f32\nexit\n", NULL, 0, NULL, "y", SHAPE(6));
}

Test(infer_shape, refused)
{
    weft_context *context = test_context(0);
    weft_program *program = test_assemble(context, shapes);
    weft_arg a = ARRAY("a", WEFT_F32, NULL, 7, 9), w = ARRAY("w", WEFT_F32, NULL, 12);
    weft_arg both[] = {a, w};
    const int64_t wrong[] = {7, 8}, negative[] = {7, -2}, good[] = {7, 9};
    uint32_t y = (uint32_t)weft_program_find_param(program, "y");
    uint32_t t = (uint32_t)weft_program_find_param(program, "t");
    int64_t shape[WEFT_MAX_ARG_RANK];
    int32_t rank;
    const struct {
        const weft_arg *args;
        size_t nargs;
        const int64_t *space;
        uint32_t param;
        weft_status status;
        const char *why;
    } cases[] = {{both, 2, NULL, y, WEFT_ERR_BIND, "spans 9"},
                 {&w, 1, NULL, y, WEFT_ERR_BIND, "no argument tells the extent of dimension 0"},
                 {NULL, 0, NULL, y, WEFT_ERR_BIND, "no argument tells"},
                 {&a, 1, wrong, y, WEFT_ERR_BIND, "'a' spans 9 elements of dimension 1"},
                 {&a, 1, negative, y, WEFT_ERR_BIND, "cannot have an extent of -2"},
                 {&a, 1, good, t, WEFT_ERR_ARG, "table 't' is the caller's choice"},
                 {&a, 1, good, 100, WEFT_ERR_ARG, "needs"},
                 {NULL, 1, good, y, WEFT_ERR_ARG, "needs"}};
    for (size_t i = 0; i < COUNT(cases); i++) {
        weft_error error;
        weft_status status = weft_infer_shape(context, program, cases[i].args, cases[i].nargs,
                                              cases[i].space, cases[i].param, &rank, shape, &error);
        cr_expect(status == cases[i].status && error.status == status, "case %zu: %s", i,
                  weft_status_name(status));
        cr_expect(strstr(error.message, cases[i].why), "case %zu: %s", i, error.message);
    }
    weft_program *fixed = test_assemble(context, ".space [6]\n.out y f32\nexit\n");
    cr_expect(weft_infer_shape(context, fixed, NULL, 0, wrong, 0, &rank, shape, NULL) ==
              WEFT_ERR_BIND);
    weft_program_release(fixed);
    weft_program_release(program);
    weft_context_destroy(context);
}
