/* tests/plain/test_bind_edges.c: arguments at the edge of what binding admits, where a wrong step
 * would read beyond an array or depend on the order of iterations. */
#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <weft/weft.h>

static weft_context *context;

static weft_status run(const char *text, const weft_arg *args, size_t nargs, uint64_t budget)
{
    weft_error error;
    weft_program *program;
    weft_status status = weft_assemble(context, text, strlen(text), &program, &error);
    if (status)
        fprintf(stderr, "%d:%d: %s\n", (int)error.line, (int)error.column, error.message);
    assert(status == WEFT_OK);
    weft_run_options options = {.size = sizeof options, .budget = budget};
    status = weft_run_with(context, program, args, nargs, &options, &error);
    weft_program_release(program);
    return status;
}

static void is(const float *got, size_t n, float expected)
{
    for (size_t i = 0; i < n; i++)
        assert(got[i] >= expected && got[i] <= expected);
}

/* An offset from a repeated element leads to the same element. */
static void offset_of_repeated(void)
{
    static const char text[] =
        ".space [16]\n.in x f32\n.out y f32\nstrip 8, 8\nld.f32 v0, [x - 8]\n"
        "st.f32 v0, [y]\nst.f32 v0, [y - 8]\nend\nexit\n";
    float memory[64] = {[32] = 5}, y[16];
    int64_t one = 1, n = 16;
    weft_arg args[2];
    weft_arg_contiguous(&args[0], "x", WEFT_F32, memory + 32, 1, &one);
    weft_arg_contiguous(&args[1], "y", WEFT_F32, y, 1, &n);
    assert(run(text, args, 2, 0) == WEFT_OK);
    is(y, 16, 5);
}

/* A window lies along the last dimension only: the others may be repeated. */
static void repeated_with_window(void)
{
    static const char text[] = ".space 2\n.in x f32 window 4\n.out y f32\nloop\n"
                               "ld.f32 v0, [x + 2]\nst.f32 v0, [y]\nend\nexit\n";
    float x[12], y[64];
    int64_t x_shape[2] = {1, 12}, y_shape[2] = {8, 8};
    weft_arg args[2];
    for (int i = 0; i < 12; i++)
        x[i] = (float)i;
    weft_arg_contiguous(&args[0], "x", WEFT_F32, x, 2, x_shape);
    weft_arg_contiguous(&args[1], "y", WEFT_F32, y, 2, y_shape);
    assert(run(text, args, 2, 0) == WEFT_OK);
    for (size_t i = 0; i < 8; i++)
        for (size_t j = 0; j < 8; j++)
            is(&y[8 * i + j], 1, (float)(j + 2));
}

/* Every iteration of each 1 reads all of x: y must not be the same array. */
static void in_place_needs_same_dims(void)
{
    static const char text[] = ".space 2\n.in x f32 dims 0\n.out y f32 dims 1\neach 1\nloop 0\n"
                               "ld.f32 v0, [x]\nsum.f32 s0, v0\nend\nst.f32 s0, [y]\nend\nexit\n";
    float both[4] = {1, 2, 3, 4}, other[4];
    int64_t n = 4;
    weft_arg args[2];
    weft_arg_contiguous(&args[0], "x", WEFT_F32, both, 1, &n);
    weft_arg_contiguous(&args[1], "y", WEFT_F32, both, 1, &n);
    assert(run(text, args, 2, 0) == WEFT_ERR_BIND);
    args[1].data = other;
    assert(run(text, args, 2, 0) == WEFT_OK);
    is(other, 4, 10);
}

/* Dimensions of extent 1 between the others do not hide that those are not contiguous. */
static void table_steps(void)
{
    static const char text[] = ".table t f32\n.out y f32\nloop\nindex.i64 v0, 0\n"
                               "gather.f32.i64 v1, [t], v0\nst.f32 v1, [y]\nend\nexit\n";
    float t[12], y[12];
    int64_t n = 12, shape[3] = {4, 1, 3};
    weft_arg args[2];
    for (int i = 0; i < 12; i++)
        t[i] = (float)i;
    weft_arg_contiguous(&args[0], "t", WEFT_F32, t, 3, shape);
    weft_arg_contiguous(&args[1], "y", WEFT_F32, y, 1, &n);
    args[0].strides[1] = 1000; /* never taken */
    assert(run(text, args, 2, 0) == WEFT_OK);
    for (size_t i = 0; i < 12; i++)
        is(&y[i], 1, (float)i);
    args[0].strides[0] = args[0].strides[1] = 4; /* overlapping rows, as in a sliding window */
    assert(run(text, args, 2, 0) == WEFT_ERR_BIND);
}

/* An empty body is not free: the budget ends it. */
static void empty_bodies(void)
{
    assert(run(".space [1]\nfor s0, 4611686018427387904\nend\nexit\n", NULL, 0, 1000) ==
           WEFT_ERR_BUDGET);
    assert(run(".space [281474976710656]\nseq 0\nend\nexit\n", NULL, 0, 1000) == WEFT_ERR_BUDGET);
    assert(run(".space [281474976710656]\nloop\nend\nexit\n", NULL, 0, 1000) == WEFT_ERR_BUDGET);
}

/* What the disassembler writes for a negative offset must assemble again. */
static void negative_offsets(void)
{
    static const char text[] =
        ".space [16]\n.in x f32\n.out y f32\nstrip 8, 8\nld.f32 v0, [x - 8]\n"
        "st.f32 v0, [y -8]\nend\nexit\n";
    weft_error error;
    weft_program *first, *second;
    char *written;
    size_t length;
    assert(weft_assemble(context, text, strlen(text), &first, &error) == WEFT_OK);
    assert(weft_disassemble(first, &written, &length, &error) == WEFT_OK);
    assert(weft_assemble(context, written, length, &second, &error) == WEFT_OK);
    weft_free(written);
    weft_program_release(first);
    weft_program_release(second);
}

/* An array without dimensions is bound on the short way as on the long one, which an argument of
 * extent 1 with a step, a name out of order or a wrong rank makes of the same run. */
static void single_results(void)
{
    static const char text[] = ".in x f32\n.inout total f32 dims none\n.out pair f32[2] dims none\n"
                               "loop\nld.f32 v0, [x]\nsum.f32 s0, v0\nend\nld.f32 s1, [total]\n"
                               "add.f32 s1, s1, s0\nst.f32 s1, [total]\nmov.f32 s2, s0\n"
                               "mov.f32 s3, s1\nsts.f32 s2..s3, [pair]\nexit\n";
    float x[4] = {1, 2, 3, 4}, total = 5, pair[2];
    int64_t n = 4, two = 2, one = 1;
    weft_arg args[3];
    weft_arg_contiguous(&args[0], "x", WEFT_F32, x, 1, &n);
    weft_arg_contiguous(&args[1], "total", WEFT_F32, &total, 0, NULL);
    weft_arg_contiguous(&args[2], "pair", WEFT_F32, pair, 1, &two);
    for (int turn = 0; turn < 3; turn++) {
        const weft_arg swapped[] = {args[1], args[0], args[2]};
        pair[0] = pair[1] = 0;
        assert(run(text, turn == 1 ? swapped : args, 3, 0) == WEFT_OK);
        is(&total, 1, 15 + 10 * (float)turn);
        is(pair, 1, 10);
        is(pair + 1, 1, total);
    }
    args[1].data = &x[1]; /* which the sum reads */
    assert(run(text, args, 3, 0) == WEFT_ERR_BIND);
    args[1].data = NULL;
    assert(run(text, args, 3, 0) == WEFT_ERR_BIND);
    weft_arg_contiguous(&args[1], "total", WEFT_F32, &total, 1, &one);
    assert(run(text, args, 3, 0) == WEFT_ERR_BIND);
    is(&total, 1, 35);
}

int main(void)
{
    assert(weft_context_create(NULL, &context) == WEFT_OK);
    offset_of_repeated();
    repeated_with_window();
    in_place_needs_same_dims();
    table_steps();
    empty_bodies();
    negative_offsets();
    single_results();
    weft_context_destroy(context);
    return 0;
}
