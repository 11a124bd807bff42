/* tests/unit/test_run.c: running programs: control flow, memory, reductions, budget, cancelling.
 * Every run happens with several strip lengths and must give the same bits (test_run); results are
 * compared with plain C written here. Single operations: tests/ops. Arguments: test_bind.c. */
#include <criterion/criterion.h>
#include <math.h>
#include <pthread.h>
#include <string.h>
#include <time.h>

#include "tests/support/support.h"

static void run_ok(const char *text, const weft_arg *args, size_t nargs)
{
    weft_error error;
    cr_assert(test_run(text, args, nargs, &error) == WEFT_OK, "%s", error.message);
}
#define RUN(text, ...)                                                                             \
    run_ok(text, (const weft_arg[]){__VA_ARGS__}, COUNT(((const weft_arg[]){__VA_ARGS__})))

/* Lengths around every strip length. */
static const int lengths[] = {0, 1, 2, 127, 128, 129, 255, 256, 257, 2047, 2048, 2049, 5000};
enum { MOST = 5000 };

/* --- the two forms of a program --------------------------------------------------------------- */

Test(run, loop_form)
{
    static float x[MOST], z[MOST], y[MOST];
    const char *text = ".in x f32\n.in z f32\n.uniform u f32\n.out y f32\nld.f32 s0, [u]\nloop\n"
                       "ld.f32 v0, [x]\nld.f32 v1, [z]\nmul.f32 v2, v0, s0\nsub.f32 v2, v2, v1\n"
                       "lt.f32 p0, v2, v1\nsel.f32 v2, p0, v0, v2\nst.f32 v2, [y]\nend\nexit\n";
    float u = 1.7f;
    for (int i = 0; i < MOST; i++) {
        x[i] = (float)(i % 113) * 0.37f;
        z[i] = (float)(i % 7);
    }
    for (size_t l = 0; l < COUNT(lengths); l++) {
        int n = lengths[l];
        memset(y, 0, sizeof y);
        RUN(text, ARRAY("x", WEFT_F32, x, n), ARRAY("z", WEFT_F32, z, n), VALUE("u", WEFT_F32, &u),
            ARRAY("y", WEFT_F32, y, n));
        for (int i = 0; i < n; i++) {
            float product = x[i] * u, wanted = product - z[i];
            wanted = wanted < z[i] ? x[i] : wanted;
            cr_assert(y[i] == wanted, "y[%d] of %d", i, n);
        }
        cr_assert(n == MOST || y[n] == 0);
    }
}

Test(run, unrolled_form)
{
    static double x[5000], y[5000];
    const char *text = ".space [5000]\n.in x f64\n.out y f64\n"
                       "strip 4096\nld.f64 v0, [x]\nadd.f64 v0, v0, v0\nst.f64 v0, [y]\nend\n"
                       "strip 900, 4096\nld.f64 v0, [x]\nld.f64 v1, [x - 4096]\n"
                       "add.f64 v0, v0, v1\nst.f64 v0, [y]\nend\n"
                       "strip 4, 4996\nld.f64 v0, [x - 4996]\nst.f64 v0, [y]\nend\nexit\n";
    for (int i = 0; i < 5000; i++)
        x[i] = i + 0.25;
    RUN(text, ARRAY("x", WEFT_F64, x, 5000), ARRAY("y", WEFT_F64, y, 5000));
    for (int i = 0; i < 5000; i++)
        cr_assert(y[i] == (i < 4096   ? 2 * x[i]
                           : i < 4996 ? x[i] + x[i - 4096]
                                      : x[i - 4996]),
                  "y[%d]", i);
}

/* Offsets inside one strip block, over the whole index space. */
Test(run, unrolled_offsets)
{
    int32_t x[24], y[24];
    const char *text = ".space [24]\n.in x i32\n.out y i32\nstrip 8\nld.i32 v0, [x]\n"
                       "ld.i32 v1, [x + 8]\nld.i32 v2, [x + 16]\nst.i32 v2, [y]\n"
                       "st.i32 v0, [y + 8]\nst.i32 v1, [y + 16]\nend\nexit\n";
    for (int i = 0; i < 24; i++)
        x[i] = i * i;
    RUN(text, ARRAY("x", WEFT_I32, x, 24), ARRAY("y", WEFT_I32, y, 24));
    for (int i = 0; i < 24; i++)
        cr_expect(y[(i + 8) % 24] == x[i], "x[%d]", i);
}

/* --- loops ------------------------------------------------------------------------------------ */

/* y[i][j] = x[i][j] * r[i] + c[j] + i, by each and loop. */
Test(run, each_and_loop)
{
    enum { M = 7, N = 300 };
    static double x[M][N], r[M], c[N], y[M][N];
    const char *text = ".space 2\n.in x f64\n.in r f64 dims 0\n.in c f64 dims 1\n.out y f64\n"
                       "each 0\nld.f64 s0, [r]\nindex.i64 s1, 0\ncvt.f64.i64 s2, s1\nloop 1\n"
                       "ld.f64 v0, [x]\nld.f64 v1, [c]\nmad.f64 v0, v0, s0, v1\n"
                       "add.f64 v0, v0, s2\nst.f64 v0, [y]\nend\nend\nexit\n";
    for (int i = 0; i < M; i++)
        for (int j = 0; j < N; j++) {
            r[i] = i - 2;
            c[j] = j * 0.5;
            x[i][j] = i * 1000 + j;
        }
    RUN(text, ARRAY("x", WEFT_F64, x, M, N), ARRAY("r", WEFT_F64, r, M), ARRAY("c", WEFT_F64, c, N),
        ARRAY("y", WEFT_F64, y, M, N));
    for (int i = 0; i < M; i++)
        for (int j = 0; j < N; j++)
            cr_assert(y[i][j] == x[i][j] * r[i] + c[j] + i);
}

/* Running sums down the columns: seq in order, registers and outputs carried over; and the strip
 * dimension need not be the last. */
Test(run, seq_carries)
{
    enum { M = 6, N = 300 };
    static int64_t x[M][N], y[M][N], order[M];
    const char *text = ".space 2\n.in x i64\n.inout y i64\n.out o i64 dims 0\n"
                       "imm.i64 s0, 1\nimm.i64 s5, 3\nseq 0\nmul.i64 s0, s0, s5\nst.i64 s0, [o]\n"
                       "end\n"
                       "loop 1\nimm.i64 s1, 0\nbcast.i64 v1, s1\nseq 0\nld.i64 v0, [x]\n"
                       "add.i64 v1, v1, v0\nst.i64 v1, [y]\nend\nend\nexit\n";
    for (int i = 0; i < M; i++)
        for (int j = 0; j < N; j++)
            x[i][j] = i * 31 + j;
    RUN(text, ARRAY("x", WEFT_I64, x, M, N), ARRAY("y", WEFT_I64, y, M, N),
        ARRAY("o", WEFT_I64, order, M));
    for (int j = 0; j < N; j++)
        for (int64_t i = 0, sum = 0; i < M; i++) {
            sum += x[i][j];
            cr_assert(y[i][j] == sum);
        }
    for (int i = 0, power = 3; i < M; i++, power *= 3)
        cr_assert(order[i] == power);
}

/* The first 40 Fibonacci numbers, and how often the body of a triangular loop runs. */
Test(run, for_loops)
{
    int64_t t[48] = {0};
    const char *text = ".space [1]\n.table t i64 out\nimm.i64 s0, 0\nimm.i64 s1, 1\n"
                       "for s2, 40\nst.i64 s0, [t + s2]\nadd.i64 s3, s0, s1\nmov.i64 s0, s1\n"
                       "mov.i64 s1, s3\nend\n"
                       "imm.i64 s4, 0\nimm.i64 s5, 1\nfor s6, 10\nfor s7, s6\n"
                       "add.i64 s4, s4, s5\nend\nend\nst.i64 s4, [t + 40]\n"
                       "imm.i64 s8, 0\nfor s9, 0\nadd.i64 s8, s8, s5\nend\nst.i64 s8, [t + 41]\n"
                       "imm.i64 s10, -7\nfor s9, s10\nadd.i64 s8, s8, s5\nend\n"
                       "st.i64 s8, [t + 42]\n"
                       "imm.i64 s11, 4\nfor s9, s11\nadd.i64 s11, s11, s11\nend\n"
                       "st.i64 s11, [t + 43]\nexit\n";
    RUN(text, ARRAY("t", WEFT_I64, t, 48));
    int64_t a = 0, b = 1;
    for (int i = 0; i < 40; i++) {
        cr_expect(t[i] == a, "t[%d]", i);
        int64_t next = a + b;
        a = b;
        b = next;
    }
    cr_expect(t[40] == 45 && t[41] == 0 && t[42] == 0, "%d %d %d", (int)t[40], (int)t[41],
              (int)t[42]);
    cr_expect(t[43] == 64, "the count is read once, at the start: %d", (int)t[43]);
    cr_expect(t[44] == 0);
}

/* Loops over nothing run their body not at all, wherever the zero stands. */
Test(run, empty_dimensions)
{
    int64_t t[4] = {9, 9, 9, 9};
    const char *text = ".space 2\n.in x i64\n.table t i64 out\nimm.i64 s0, 0\nimm.i64 s1, 1\n"
                       "imm.i64 s2, 0\nseq 0\nadd.i64 s0, s0, s1\nend\nseq 1\n"
                       "add.i64 s2, s2, s1\nend\nst.i64 s0, [t]\nst.i64 s2, [t + 1]\n"
                       "loop\nld.i64 v0, [x]\nsum.i64 s3, v0\nmaxval.i64 s4, v0\nend\n"
                       "st.i64 s3, [t + 2]\nst.i64 s4, [t + 3]\nexit\n";
    RUN(text, ARRAY("x", WEFT_I64, NULL, 3, 0), ARRAY("t", WEFT_I64, t, 4));
    cr_expect(t[0] == 3 && t[1] == 0 && t[2] == 0 && t[3] == INT64_MIN);
    RUN(text, ARRAY("x", WEFT_I64, NULL, 0, 5), ARRAY("t", WEFT_I64, t, 4));
    cr_expect(t[0] == 0 && t[1] == 5 && t[2] == 0 && t[3] == INT64_MIN);
}

/* --- branches and functions ------------------------------------------------------------------- */

Test(run, branches)
{
    enum { N = 300 };
    static int32_t y[N];
    const char *text =
        ".uniform u bool\n.out y i32\nld.bool s0, [u]\nbrt s0, T\nimm.i32 s1, 10\n"
        "br M\nT:\nimm.i32 s1, 20\nM:\nbrf s0, Q\nimm.i32 s2, 1\nadd.i32 s1, s1, s2\n"
        "Q:\nloop\nindex.i32 v0, 0\nbrt s0, S\nneg.i32 v0, v0\nS:\n"
        "add.i32 v0, v0, s1\nst.i32 v0, [y]\nbrt s0, E\nst.i32 v0, [y]\nE:\nend\n"
        "brt s0, X\nexit\nX:\nloop\nld.i32 v0, [y]\nadd.i32 v0, v0, v0\n"
        "st.i32 v0, [y]\nend\nexit\n";
    for (int flag = 0; flag < 2; flag++) {
        uint8_t u = (uint8_t)flag;
        RUN(text, VALUE("u", WEFT_BOOL, &u), ARRAY("y", WEFT_I32, y, N));
        for (int i = 0; i < N; i++)
            cr_assert(y[i] == (flag ? 2 * (i + 21) : 10 - i), "%d: y[%d] = %d", flag, i, y[i]);
    }
}

Test(run, functions)
{
    enum { N = 300 };
    static float x[N], y[N];
    const char *text = ".in x f32\n.out y f32\nloop\nld.f32 v0, [x]\ncall TWICE\ncall TWICE\n"
                       "st.f32 v0, [y]\nend\nimm.bool s1, true\ncall MORE\nexit\n"
                       "TWICE:\nfunc\ncall DOUBLE\ncall DOUBLE\nret\n"
                       "DOUBLE:\nfunc\nadd.f32 v0, v0, v0\nret\n"
                       "MORE:\nfunc\nbrf s1, R\nimm.f32 s0, 1\nloop\nld.f32 v0, [y]\n"
                       "add.f32 v0, v0, s0\nst.f32 v0, [y]\nend\nR:\nret\n";
    for (int i = 0; i < N; i++)
        x[i] = (float)i;
    RUN(text, ARRAY("x", WEFT_F32, x, N), ARRAY("y", WEFT_F32, y, N));
    for (int i = 0; i < N; i++)
        cr_assert(y[i] == 16 * x[i] + 1);
}

/* --- memory ----------------------------------------------------------------------------------- */

Test(run, gather_and_scatter)
{
    enum { N = 700, ROWS = 50 };
    static int32_t index[N];
    static float table[ROWS][3], y[N], wanted[ROWS], into[ROWS];
    const char *text =
        ".in i i32\n.table t f32[3]\n.out y f32\n.table o f32 inout\nloop\n"
        "ld.i32 v0, [i]\ngather.f32.i32 v1, [t.0], v0\ngather.f32.i32 v2, [t.2], v0\n"
        "sub.f32 v1, v1, v2\nst.f32 v1, [y]\nscatter.f32.i32 v1, [o], v0\nend\n"
        "fence\nloop\nld.i32 v0, [i]\ngather.f32.i32 v1, [o], v0\n"
        "ld.f32 v2, [y]\nadd.f32 v1, v1, v2\nst.f32 v1, [y]\nend\nexit\n";
    for (int r = 0; r < ROWS; r++)
        for (int k = 0; k < 3; k++)
            table[r][k] = (float)(r * r + 10 * k);
    for (int i = 0; i < N; i++)
        index[i] = (i * 37) % ROWS;
    /* planar and backwards: component k of row r lies at table[?][?] of a copy */
    static float planar[3][ROWS];
    for (int r = 0; r < ROWS; r++)
        for (int k = 0; k < 3; k++)
            planar[k][ROWS - 1 - r] = table[r][k];
    weft_arg forms[] = {ARRAY("t", WEFT_F32, table, ROWS, 3),
                        STRIDED(ARRAY("t", WEFT_F32, &planar[0][ROWS - 1], ROWS, 3), -4, 4 * ROWS)};
    for (int form = 0; form < 2; form++) {
        memset(into, 0, sizeof into);
        RUN(text, ARRAY("i", WEFT_I32, index, N), forms[form], ARRAY("y", WEFT_F32, y, N),
            ARRAY("o", WEFT_F32, into, ROWS));
        for (int i = 0; i < N; i++)
            wanted[index[i]] = table[index[i]][0] - table[index[i]][2];
        cr_expect(memcmp(into, wanted, sizeof into) == 0);
        for (int i = 0; i < N; i++)
            cr_assert(y[i] == 2 * wanted[index[i]]);
    }
}

/* Where an index comes twice, the last one in index order wins, also across strips. */
Test(run, scatter_in_index_order)
{
    enum { N = 3000 };
    static int64_t index[N], value[N], into[7], wanted[7];
    const char *text = ".in i i64\n.in x i64\n.table o i64 out\nloop\nld.i64 v0, [i]\n"
                       "ld.i64 v1, [x]\nscatter.i64.i64 v1, [o], v0\nend\nexit\n";
    for (int i = 0; i < N; i++) {
        index[i] = (i * i + 3 * i) % 7;
        value[i] = i;
        wanted[index[i]] = i;
    }
    RUN(text, ARRAY("i", WEFT_I64, index, N), ARRAY("x", WEFT_I64, value, N),
        ARRAY("o", WEFT_I64, into, 7));
    cr_expect(memcmp(into, wanted, sizeof into) == 0);
}

Test(run, index_out_of_range)
{
    enum { N = 3000, AT = 2500 };
    static int64_t index[N];
    static float y[N];
    float table[10] = {0};
    const char *gather = ".in i i64\n.table t f32\n.out y f32\nloop\nld.i64 v0, [i]\n"
                         "gather.f32.i64 v1, [t], v0\nst.f32 v1, [y]\nend\nexit\n";
    const char *scatter = ".in i i64\n.table t f32 out\n.in y f32\nloop\nld.i64 v0, [i]\n"
                          "ld.f32 v1, [y]\nscatter.f32.i64 v1, [t], v0\nend\nexit\n";
    const int64_t wrong[] = {10, -1, INT64_MIN, INT64_MAX, INT64_C(1) << 32};
    for (size_t w = 0; w < 2 * COUNT(wrong); w++) {
        index[AT] = wrong[w / 2];
        weft_error error;
        weft_arg args[] = {ARRAY("i", WEFT_I64, index, N), ARRAY("t", WEFT_F32, table, 10),
                           ARRAY("y", WEFT_F32, y, N)};
        cr_expect(test_run(w % 2 ? scatter : gather, args, 3, &error) == WEFT_ERR_RANGE);
        cr_expect(error.pc == (w % 2 ? 3 : 2) && error.element == AT, "pc %d, element %d",
                  (int)error.pc, (int)error.element);
        char text[64];
        snprintf(text, sizeof text, "index %lld of 't' is out of range", (long long)wrong[w / 2]);
        cr_expect(strstr(error.message, text), "%s", error.message);
    }
    index[AT] = 9;
    RUN(gather, ARRAY("i", WEFT_I64, index, N), ARRAY("t", WEFT_F32, table, 10),
        ARRAY("y", WEFT_F32, y, N));
    RUN(gather, ARRAY("i", WEFT_I64, NULL, 0), ARRAY("t", WEFT_F32, NULL, 0),
        ARRAY("y", WEFT_F32, NULL, 0));
    index[AT] = 0; /* an empty table has no row 0 */
    weft_error error;
    weft_arg args[] = {ARRAY("i", WEFT_I64, index, N), ARRAY("t", WEFT_F32, NULL, 0),
                       ARRAY("y", WEFT_F32, y, N)};
    cr_expect(test_run(gather, args, 3, &error) == WEFT_ERR_RANGE && error.element == 0);
}

/* The element that is reported is the linear index in the index space, whatever the loops are. */
Test(run, element_out_of_range_in_rank_2)
{
    static int32_t index[4][300];
    float table[5] = {0};
    const char *flat = ".space 2\n.in i i32\n.table t f32\nloop\nld.i32 v0, [i]\n"
                       "gather.f32.i32 v1, [t], v0\nend\nexit\n";
    const char *nested = ".space 2\n.in i i32\n.table t f32\neach 0\nloop 1\nld.i32 v0, [i]\n"
                         "gather.f32.i32 v1, [t], v0\nend\nend\nexit\n";
    index[2][270] = 5;
    weft_arg args[] = {ARRAY("i", WEFT_I32, index, 4, 300), ARRAY("t", WEFT_F32, table, 5)};
    weft_error error;
    cr_expect(test_run(flat, args, 2, &error) == WEFT_ERR_RANGE && error.element == 870);
    cr_expect(test_run(nested, args, 2, &error) == WEFT_ERR_RANGE && error.element == 870,
              "element %d", (int)error.element);
}

Test(run, scratch_and_fence)
{
    enum { N = 600 };
    static float x[N], y[N];
    float t[3] = {0};
    const char *text = ".in x f32\n.out y f32\n.scratch h f32[2]\n.table t f32 inout\nloop\n"
                       "ld.f32 v0, [x]\nadd.f32 v1, v0, v0\nsts.f32 v0..v1, [h]\n"
                       "sum.f32 s0, v0\nend\nst.f32 s0, [t]\nfence\nld.f32 s1, [t]\nloop\n"
                       "ld.f32 v0, [h.1]\ndiv.f32 v0, v0, s1\nst.f32 v0, [y]\nend\nexit\n";
    for (int i = 0; i < N; i++)
        x[i] = (float)(i % 5); /* sums are exact */
    RUN(text, ARRAY("x", WEFT_F32, x, N), ARRAY("y", WEFT_F32, y, N), ARRAY("t", WEFT_F32, t, 3));
    cr_expect(t[0] == 2 * N && t[1] == 0);
    for (int i = 0; i < N; i++)
        cr_assert(y[i] == 2 * x[i] / (2 * N));
}

/* A scratch array over one dimension only, written by seq and read along the other. */
Test(run, scratch_over_some_dimensions)
{
    enum { M = 5, N = 300 };
    static float x[M][N], y[M][N];
    const char *text = ".space 2\n.in x f32\n.out y f32\n.scratch r f32 dims 0\neach 0\nloop 1\n"
                       "ld.f32 v0, [x]\nmaxval.f32 s0, v0\nend\nst.f32 s0, [r]\nend\n"
                       "each 0\nld.f32 s0, [r]\nloop 1\nld.f32 v0, [x]\nsub.f32 v0, v0, s0\n"
                       "st.f32 v0, [y]\nend\nend\nexit\n";
    for (int i = 0; i < M; i++)
        for (int j = 0; j < N; j++)
            x[i][j] = (float)((i * 131 + j * 17) % 400);
    RUN(text, ARRAY("x", WEFT_F32, x, M, N), ARRAY("y", WEFT_F32, y, M, N));
    for (int i = 0; i < M; i++) {
        float most = 0;
        for (int j = 0; j < N; j++)
            most = x[i][j] > most ? x[i][j] : most;
        for (int j = 0; j < N; j++)
            cr_assert(y[i][j] == x[i][j] - most);
    }
}

/* A byte of a bool array other than 0 and 1 reads as true, by load, gather and as a scalar. */
Test(run, bool_bytes)
{
    enum { N = 300 };
    static uint8_t m[N], y[N];
    int64_t t[2] = {0, 0};
    const char *text = ".in m bool\n.table g bool\n.uniform u bool\n.out y bool\n.table t i64 out\n"
                       "ld.bool s1, [u]\nimm.bool s5, true\nand.bool s1, s1, s5\n"
                       "cvt.i64.bool s2, s1\nst.i64 s2, [t + 1]\nloop\n"
                       "ld.bool p0, [m]\ncount.bool s0, p0\nindex.i64 v0, 0\n"
                       "gather.bool.i64 p1, [g], v0\nand.bool p0, p0, p1\nst.bool p0, [y]\nend\n"
                       "st.i64 s0, [t]\nexit\n";
    uint8_t u = 0x80;
    int64_t holds = 0;
    for (int i = 0; i < N; i++) {
        m[i] = (uint8_t)(i % 3 ? 7 * (i % 3) : 0);
        holds += m[i] != 0;
    }
    RUN(text, ARRAY("m", WEFT_BOOL, m, N), ARRAY("g", WEFT_BOOL, m, N), VALUE("u", WEFT_BOOL, &u),
        ARRAY("y", WEFT_BOOL, y, N), ARRAY("t", WEFT_I64, t, 2));
    cr_expect(t[0] == holds && t[1] == 1, "%d of %d, %d", (int)t[0], (int)holds, (int)t[1]);
    for (int i = 0; i < N; i++)
        cr_assert(y[i] == (m[i] != 0));
}

Test(run, index_extent_length)
{
    enum { A = 3, B = 5, C = 140 };
    static int64_t y[A][B][C];
    int64_t t[4] = {0};
    int32_t g[6] = {0};
    const char *text = ".space 3\n.out y i64\n.table g i32\n.uniform u i32 count 2\n"
                       ".table t i64 out\nextent.i64 s0, 2\nextent.i64 s1, 1\n"
                       "length.i64 s5, [g], 1\nlength.i64 s6, [u], 0\nst.i64 s0, [t]\n"
                       "st.i64 s1, [t + 1]\nst.i64 s5, [t + 2]\nst.i64 s6, [t + 3]\n"
                       "each 0\nindex.i64 s2, 0\nmul.i64 s2, s2, s1\nseq 1\nindex.i64 s3, 1\n"
                       "add.i64 s4, s2, s3\nmul.i64 s4, s4, s0\nloop 2\nindex.i64 v0, 2\n"
                       "add.i64 v0, v0, s4\nst.i64 v0, [y]\nend\nend\nend\nexit\n";
    RUN(text, ARRAY("y", WEFT_I64, y, A, B, C), ARRAY("g", WEFT_I32, g, 2, 3),
        ARRAY("u", WEFT_I32, g, 2), ARRAY("t", WEFT_I64, t, 4));
    for (int64_t i = 0; i < A * B * C; i++)
        cr_assert((&y[0][0][0])[i] == i);
    cr_expect(t[0] == C && t[1] == B && t[2] == 3 && t[3] == 2);
}

/* --- reductions ------------------------------------------------------------------------------- */

Test(run, reductions_of_one_loop)
{
    static int32_t x[MOST];
    const char *text =
        ".in x i32\n.table t i64 out\n.table h i32 out\nimm.i32 s9, 50\nloop\nld.i32 v0, [x]\n"
        "sum.i32 s0, v0\ndot.i32 s1, v0, v0\nargmin.i32 s2, v0\nargmax.i32 s3, v0\n"
        "gt.i32 p0, v0, s9\ncount.bool s4, p0\nminval.i32 s5, v0\nmaxval.i32 s6, v0\n"
        "any.bool s7, p0\nall.bool s8, p0\nend\nst.i64 s0, [t]\nst.i64 s1, [t + 1]\n"
        "st.i64 s2, [t + 2]\nst.i64 s3, [t + 3]\nst.i64 s4, [t + 4]\nst.i32 s5, [h]\n"
        "st.i32 s6, [h + 1]\ncvt.i64.bool s10, s7\ncvt.i64.bool s11, s8\nst.i64 s10, [t + 5]\n"
        "st.i64 s11, [t + 6]\nexit\n";
    for (int i = 0; i < MOST; i++)
        x[i] = (i * 7919) % 2003 - 1000;
    for (size_t l = 0; l < COUNT(lengths); l++) {
        int n = lengths[l];
        int64_t t[7] = {0}, sum = 0, dot = 0, least = -1, most = -1, count = 0;
        int32_t h[2] = {0};
        RUN(text, ARRAY("x", WEFT_I32, x, n), ARRAY("t", WEFT_I64, t, 7),
            ARRAY("h", WEFT_I32, h, 2));
        for (int i = 0; i < n; i++) {
            sum += x[i];
            dot += (int64_t)x[i] * x[i];
            least = least < 0 || x[i] < x[least] ? i : least;
            most = most < 0 || x[i] > x[most] ? i : most;
            count += x[i] > 50;
        }
        cr_expect(t[0] == sum && t[1] == dot && t[2] == least && t[3] == most && t[4] == count,
                  "%d elements", n);
        cr_expect(h[0] == (n ? x[least] : INT32_MAX) && h[1] == (n ? x[most] : INT32_MIN));
        cr_expect(t[5] == (count > 0) && t[6] == (count == n), "%d elements", n);
    }
}

/* Over the rows, over everything, and a mean in between: depth 1 and 2 side by side. */
Test(run, reductions_of_two_loops)
{
    enum { M = 9, N = 500 };
    static double x[M][N], rows[M];
    double t[2] = {0};
    int64_t at[1] = {0};
    const char *text = ".space 2\n.in x f64\n.out r f64 dims 0\n.table t f64 out\n"
                       ".table a i64 out\neach 0\nloop 1\nld.f64 v0, [x]\nsum.f64 s0, v0\n"
                       "maxval.f64 s1, v0, 2\nsum.f64 s2, v0, 2\nargmax.f64 s3, v0, 2\nend\n"
                       "st.f64 s0, [r]\nend\nst.f64 s1, [t]\nst.f64 s2, [t + 1]\nst.i64 s3, [a]\n"
                       "exit\n";
    double total = 0;
    for (int i = 0; i < M; i++)
        for (int j = 0; j < N; j++) {
            x[i][j] = (i * 577 + j * 83) % 4001; /* sums are exact */
            total += x[i][j];
        }
    x[5][123] = 5000;
    x[7][1] = 5000;
    total += 10000 - (5 * 577 + 123 * 83) % 4001 - (7 * 577 + 83) % 4001;
    RUN(text, ARRAY("x", WEFT_F64, x, M, N), ARRAY("r", WEFT_F64, rows, M),
        ARRAY("t", WEFT_F64, t, 2), ARRAY("a", WEFT_I64, at, 1));
    for (int i = 0; i < M; i++) {
        double sum = 0;
        for (int j = 0; j < N; j++)
            sum += x[i][j];
        cr_expect(rows[i] == sum);
    }
    cr_expect(t[0] == 5000 && t[1] == total, "%g, %g", t[1], total);
    cr_expect(at[0] == 5 * N + 123, "%d", (int)at[0]);
}

/* Floats that do not add up exactly: any strip length must give the same bits (test_run), near the
 * true sum. */
Test(run, float_sum_does_not_depend_on_strips)
{
    enum { N = 20000 };
    static float x[N];
    float t[3] = {0};
    double sum = 0, magnitude = 0;
    const char *text = ".in x f32\n.table t f32 out\nloop\nld.f32 v0, [x]\nsum.f32 s0, v0\n"
                       "dot.f32 s1, v0, v0\nend\nst.f32 s0, [t]\nst.f32 s1, [t + 1]\n"
                       "loop\nld.f32 v0, [x]\ndiv.f32 v0, v0, s0\nsum.f32 s2, v0\nend\n"
                       "st.f32 s2, [t + 2]\nexit\n";
    for (int i = 0; i < N; i++) {
        x[i] = sinf((float)i) * expf((float)(i % 23) - 11);
        sum += (double)x[i];
        magnitude += fabs((double)x[i]);
    }
    RUN(text, ARRAY("x", WEFT_F32, x, N), ARRAY("t", WEFT_F32, t, 3));
    cr_expect(fabs((double)t[0] - sum) < 1e-6 * magnitude, "%g, %g", (double)t[0], sum);
    cr_expect(fabs((double)t[2] - 1) < 1e-2);
}

/* A reduction in a loop that runs again and again starts afresh each time. */
Test(run, reduction_starts_afresh)
{
    int64_t x[3] = {1, 2, 3}, t[4] = {0};
    const char *text = ".in x i64\n.table t i64 out\nfor s1, 4\nloop\nld.i64 v0, [x]\n"
                       "add.i64 v0, v0, s1\nsum.i64 s0, v0\nend\nst.i64 s0, [t + s1]\nend\nexit\n";
    RUN(text, ARRAY("x", WEFT_I64, x, 3), ARRAY("t", WEFT_I64, t, 4));
    for (int i = 0; i < 4; i++)
        cr_expect(t[i] == 6 + 3 * i);
}

Test(run, stencil)
{
    enum { M = 4, N = 300 };
    static double x[M][N + 2], y[M][N];
    const char *text = ".space 2\n.in x f64 window 2\n.out y f64\n.uniform w f64[3]\n"
                       "lds.f64 s0..s2, [w]\nloop\nld.f64 v0, [x]\nld.f64 v1, [x + 1]\n"
                       "ld.f64 v2, [x + 2]\nmul.f64 v0, v0, s0\nmad.f64 v0, v1, s1, v0\n"
                       "mad.f64 v0, v2, s2, v0\nst.f64 v0, [y]\nend\nexit\n";
    double w[3] = {0.25, 0.5, -2};
    for (int i = 0; i < M; i++)
        for (int j = 0; j < N + 2; j++)
            x[i][j] = (i * 37 + j * j) % 101;
    RUN(text, ARRAY("x", WEFT_F64, x, M, N + 2), ARRAY("y", WEFT_F64, y, M, N),
        ARRAY("w", WEFT_F64, w, 3));
    for (int i = 0; i < M; i++)
        for (int j = 0; j < N; j++)
            cr_assert(y[i][j] == x[i][j] * 0.25 + x[i][j + 1] * 0.5 - x[i][j + 2] * 2);
}

/* --- budget ----------------------------------------------------------------------------------- */

/* The cost as weft/run.h states it: 1 for each instruction and element, ends of iterations
 * included. Exactly that much is enough, for every strip length, and one less is not. */
static void costs(const char *text, const weft_arg *args, size_t nargs, uint64_t cost)
{
    weft_run_options options = {.size = sizeof options, .budget = cost};
    weft_error error;
    cr_expect(test_run_options(text, args, nargs, &options, &error) == WEFT_OK,
              "a budget of %d: %s", (int)cost, error.message);
    static const uint32_t strips[] = {128, 256, 2048, 0};
    options.budget = cost - 1;
    for (size_t i = 0; i < COUNT(strips); i++) { /* where it stops may differ: whole strips */
        weft_context *context = test_context(strips[i]);
        weft_program *program = test_assemble(context, text);
        weft_status status = weft_run_with(context, program, args, nargs, &options, &error);
        cr_expect(status == WEFT_ERR_BUDGET && error.pc >= 0 && *error.message,
                  "strip length %u, a budget of %d: %s", strips[i], (int)cost - 1,
                  weft_status_name(status));
        cr_expect(test_context_works(context));
        weft_program_release(program);
        weft_context_destroy(context);
    }
}

Test(run, budget)
{
    enum { N = 5000 };
    static float x[N], y[N];
    const char *copy = ".in x f32\n.out y f32\nloop\nld.f32 v0, [x]\nst.f32 v0, [y]\nend\nexit\n";
    for (size_t l = 0; l < COUNT(lengths); l++) {
        uint64_t n = (uint64_t)lengths[l];
        weft_arg args[] = {ARRAY("x", WEFT_F32, x, lengths[l]),
                           ARRAY("y", WEFT_F32, y, lengths[l])};
        costs(copy, args, 2, 1 + 3 * n + 1); /* loop; ld, st, end; exit */
    }
    const char *nested = ".space 2\n.in x f32\n.out y f32\neach 0\nloop 1\nld.f32 v0, [x]\n"
                         "for s0, 2\nneg.f32 v0, v0\nend\nst.f32 v0, [y]\nend\nend\nexit\n";
    weft_arg rows[] = {ARRAY("x", WEFT_F32, x, 10, 500), ARRAY("y", WEFT_F32, y, 10, 500)};
    /* each; per row loop and end; per element ld, for, 2 (neg, end), st, end; exit */
    costs(nested, rows, 2, 1 + 10 * 2 + 5000 * (1 + 1 + 4 + 1 + 1) + 1);
    const char *flat = ".space 2\n.in x f32\n.out y f32\nloop\nld.f32 v0, [x]\nst.f32 v0, [y]\n"
                       "end\nexit\n";
    costs(flat, rows, 2, 1 + 5000 * 3 + 1);
    const char *calls = ".space [1]\ncall F\ncall F\nexit\nF:\nfunc\nimm.f32 s0, 1\nret\n";
    costs(calls, NULL, 0, 2 + 2 + 1); /* call, imm; twice; exit */
}

/* Loops that do nothing cost something: a program cannot run for ever. */
Test(run, budget_of_empty_loops)
{
    const char *calls = ".space [1]\nfor s0, 4611686018427387904\ncall F\nend\nexit\nF:\nfunc\n"
                        "ret\n";
    const char *endless[] = {".space [1]\nfor s0, 4611686018427387904\nend\nexit\n",
                             ".space [281474976710656]\nseq 0\nend\nexit\n",
                             ".space [281474976710656]\neach 0\nend\nexit\n",
                             ".space [281474976710656]\nloop\nend\nexit\n", calls};
    weft_run_options options = {.size = sizeof options, .budget = 100000};
    for (size_t i = 0; i < COUNT(endless); i++) {
        weft_error error;
        weft_context *context = test_context(0);
        weft_program *program = test_assemble(context, endless[i]);
        cr_expect(weft_run_with(context, program, NULL, 0, &options, &error) == WEFT_ERR_BUDGET);
        weft_program_release(program);
        weft_context_destroy(context);
    }
    const char *few = ".space [1]\nfor s0, 10\nend\nexit\n";
    costs(few, NULL, 0, 1 + 10 + 1);
}

/* --- cancelling ------------------------------------------------------------------------------- */

static const char long_run[] =
    ".space [1]\nfor s0, 4611686018427387904\nimm.f32 s1, 1\nend\nexit\n";

static void *cancel_later(void *cancel)
{
    struct timespec time = {0, 20 * 1000 * 1000};
    nanosleep(&time, NULL);
    weft_cancel_request(cancel);
    return NULL;
}

Test(run, cancelled_from_another_thread, .timeout = 60)
{
    weft_context *context = test_context(0);
    weft_program *program = test_assemble(context, long_run);
    weft_cancel *cancel;
    weft_error error;
    pthread_t thread;
    cr_assert(weft_cancel_create(context, &cancel) == WEFT_OK);
    weft_run_options options = {.size = sizeof options, .budget = UINT64_MAX, .cancel = cancel};
    cr_assert(pthread_create(&thread, NULL, cancel_later, cancel) == 0);
    cr_expect(weft_run_with(context, program, NULL, 0, &options, &error) == WEFT_ERR_CANCELLED);
    cr_expect(error.pc >= 1 && *error.message);
    pthread_join(thread, NULL);
    /* the flag stays up until it is reset; other runs do not see it */
    cr_expect(weft_run_with(context, program, NULL, 0, &options, NULL) == WEFT_ERR_CANCELLED);
    cr_expect(test_context_works(context));
    weft_program_release(program);
    program = test_assemble(context, ".space [1]\nexit\n");
    weft_run_options small = {.size = sizeof small, .cancel = cancel};
    cr_expect(weft_run_with(context, program, NULL, 0, &small, NULL) == WEFT_ERR_CANCELLED,
              "every later one is cancelled, short ones too");
    weft_cancel_reset(cancel);
    cr_expect(weft_run_with(context, program, NULL, 0, &small, NULL) == WEFT_OK);
    weft_cancel_destroy(cancel);
    weft_program_release(program);
    weft_context_destroy(context);
}

typedef struct watcher {
    int calls, stop_at;
    uint64_t last;
    bool grows;
} watcher;

static int watch(void *user, uint64_t cost)
{
    watcher *w = user;
    w->grows = w->grows && cost > w->last;
    w->last = cost;
    return ++w->calls == w->stop_at;
}

Test(run, progress, .timeout = 60)
{
    weft_context *context = test_context(0);
    weft_program *program = test_assemble(context, long_run);
    watcher w = {0, 5, 0, true};
    weft_run_options options = {
        .size = sizeof options, .budget = UINT64_MAX, .progress = watch, .progress_user = &w};
    cr_expect(weft_run_with(context, program, NULL, 0, &options, NULL) == WEFT_ERR_CANCELLED);
    cr_expect(w.calls == 5 && w.grows);
    w = (watcher){0, 0, 0, true};
    options.budget = 1000000;
    cr_expect(weft_run_with(context, program, NULL, 0, &options, NULL) == WEFT_ERR_BUDGET);
    cr_expect(w.calls > 1 && w.grows && w.last <= 1000000);
    cr_expect(test_context_works(context));
    weft_program_release(program);
    weft_context_destroy(context);
}
