/* tests/unit/test_affine.c: addresses [table + register] are proved when arguments are bound: at
 * their exact limits they pass, one beyond they are refused before anything is written. */
#include <criterion/criterion.h>
#include <string.h>

#include "isa/affine.h"
#include "tests/support/support.h"

/* --- the arithmetic of affine forms ----------------------------------------------------------- */

Test(affine, limits)
{
    weft_affine x = weft_affine_symbol(3), zero = weft_affine_constant(0);
    int64_t factor = (INT64_C(1) << 31) - 1;
    weft_affine most = weft_affine_add(&zero, &x, factor);
    cr_expect(most.known && most.n_terms == 1 && most.terms[0].factor == factor);
    cr_expect(!weft_affine_add(&zero, &x, factor + 1).known);
    cr_expect(!weft_affine_add(&most, &x, 1).known, "the sum of factors");
    cr_expect(!weft_affine_add(&zero, &most, 2).known, "the product of factors");
    weft_affine none = weft_affine_add(&most, &most, -1);
    cr_expect(none.known && none.n_terms == 0 && none.constant == 0, "terms cancel");
    int64_t constant = INT64_C(1) << 62;
    weft_affine large = weft_affine_constant(constant), one = weft_affine_constant(1);
    cr_expect(large.known && weft_affine_constant(-constant).known);
    cr_expect(!weft_affine_constant(constant + 1).known);
    cr_expect(!weft_affine_add(&large, &one, 1).known);
    cr_expect(weft_affine_add(&large, &one, -1).constant == constant - 1);
    cr_expect(!weft_affine_constant(INT64_MIN).known);
    cr_expect(!weft_affine_mul(&x, &x).known);
    weft_affine three = weft_affine_constant(3), tripled = weft_affine_mul(&three, &x);
    cr_expect(tripled.known && tripled.terms[0].factor == 3);
    weft_affine other = weft_affine_mul(&x, &three);
    cr_expect(weft_affine_equal(&tripled, &other) && !weft_affine_equal(&tripled, &x));
}

Test(affine, terms_are_sorted_and_few)
{
    weft_affine sum = weft_affine_constant(7);
    const uint32_t symbols[] = {9, 2, 5, 7};
    for (size_t i = 0; i < COUNT(symbols); i++) {
        weft_affine symbol = weft_affine_symbol(symbols[i]);
        sum = weft_affine_add(&sum, &symbol, (int64_t)i + 1);
        cr_assert(sum.known && sum.n_terms == i + 1);
    }
    const uint32_t sorted[] = {2, 5, 7, 9};
    const int64_t factors[] = {2, 3, 4, 1};
    for (size_t i = 0; i < COUNT(sorted); i++)
        cr_expect(sum.terms[i].symbol == sorted[i] && sum.terms[i].factor == factors[i]);
    weft_affine fifth = weft_affine_symbol(4);
    cr_expect(!weft_affine_add(&sum, &fifth, 1).known);
    cr_expect(weft_affine_add(&sum, &fifth, 0).known);
    weft_affine middle = weft_affine_symbol(5);
    weft_affine less = weft_affine_add(&sum, &middle, -3);
    cr_expect(less.n_terms == 3 && less.terms[1].symbol == 7);
}

/* --- programs --------------------------------------------------------------------------------- */

enum { ROWS = 24, MARK = 99 };

/* Runs `body` with a table t of ROWS f64 rows, a table o to write, and three i64 uniforms. */
static weft_status prove(const char *body, int64_t u0, int64_t u1, int64_t u2, weft_error *error)
{
    static char text[2048];
    double t[ROWS], o[ROWS];
    int64_t u[3] = {u0, u1, u2};
    snprintf(text, sizeof text,
             ".space [1]\n.table t f64\n.table o f64 out\n.uniform u i64[3]\n"
             "imm.f64 s60, 1\nst.f64 s60, [o]\nlds.i64 s10..s12, [u]\n%sexit\n",
             body);
    for (int i = 0; i < ROWS; i++) {
        t[i] = i;
        o[i] = MARK;
    }
    weft_arg args[] = {ARRAY("t", WEFT_F64, t, ROWS), ARRAY("o", WEFT_F64, o, ROWS),
                       ARRAY("u", WEFT_I64, u, 3)};
    weft_status status = test_run(text, args, 3, error);
    cr_expect(o[0] == (status ? MARK : 1), "what is refused writes nothing: %s", error->message);
    return status;
}

static void passes(const char *body, int64_t u0, int64_t u1, int64_t u2)
{
    weft_error error;
    cr_expect(prove(body, u0, u1, u2, &error) == WEFT_OK, "%s(%lld, %lld, %lld): %s", body,
              (long long)u0, (long long)u1, (long long)u2, error.message);
}

static void leaves(const char *body, int64_t u0, int64_t u1, int64_t u2, const char *why)
{
    weft_error error;
    weft_status status = prove(body, u0, u1, u2, &error);
    cr_expect(status == WEFT_ERR_RANGE && strstr(error.message, why), "%s(%lld, %lld, %lld): %s",
              body, (long long)u0, (long long)u1, (long long)u2, error.message);
    cr_expect(status == WEFT_OK || error.pc >= 3, "pc %d", (int)error.pc);
}

Test(affine, uniform_address)
{
    const char *body = "ld.f64 s0, [t + s10]\n";
    passes(body, 0, 0, 0);
    passes(body, ROWS - 1, 0, 0);
    leaves(body, ROWS, 0, 0, "address 24 of 't' is out of range: 0 to 23 are possible");
    leaves(body, -1, 0, 0, "address -1 of 't' is out of range: 0 to 23 are possible");
    leaves(body, INT64_MAX, 0, 0, "out of range");
    leaves(body, INT64_MIN, 0, 0, "out of range");
    const char *offset = "ld.f64 s0, [t + 5 + s10]\n";
    passes(offset, -5, 0, 0);
    passes(offset, ROWS - 6, 0, 0);
    leaves(offset, -6, 0, 0, "address -1 of 't'");
    leaves(offset, ROWS - 5, 0, 0, "address 24 of 't'");
    leaves(offset, INT64_MAX, 0, 0, "address beyond 9223372036854775807 of 't'");
    const char *before = "ld.f64 s0, [t - 5 + s10]\n";
    passes(before, 5, 0, 0);
    leaves(before, INT64_MIN, 0, 0, "address beyond -9223372036854775808 of 't'");
}

Test(affine, constant_address)
{
    passes("ld.f64 s0, [t + 23]\n", 0, 0, 0);
    leaves("ld.f64 s0, [t + 24]\n", 0, 0, 0, "address 24 of 't'");
    passes("st.f64 s60, [o + 23]\n", 0, 0, 0);
    leaves("st.f64 s60, [o + 24]\n", 0, 0, 0, "address 24 of 'o'");
}

/* What wraps around on the way counts by its result. */
Test(affine, sums_that_wrap)
{
    const char *body = "add.i64 s0, s10, s11\nadd.i64 s0, s0, s12\nld.f64 s1, [t + s0]\n";
    passes(body, INT64_MAX, 10, -INT64_MAX);
    passes(body, INT64_MAX, INT64_MIN, 6);
    leaves(body, INT64_MIN, INT64_MIN, 5, "out of range"); /* 5 modulo 2^64, but that is no proof */
}

Test(affine, counted_loop)
{
    const char *body = "for s0, s10\nld.f64 s1, [t + s0]\nst.f64 s1, [o + s0]\nend\n"
                       "imm.f64 s2, 1\nst.f64 s2, [o]\n";
    passes(body, ROWS, 0, 0);
    leaves(body, ROWS + 1, 0, 0, "address 24 of 't'");
    passes(body, 0, 0, 0);
    passes(body, -1, 0, 0);
    passes(body, INT64_MIN, 0, 0);
    leaves(body, INT64_MAX, 0, 0, "out of range");
    const char *constant = "for s0, 24\nld.f64 s1, [t + s0]\nend\n";
    passes(constant, 0, 0, 0);
    leaves("for s0, 25\nld.f64 s1, [t + s0]\nend\n", 0, 0, 0, "address 24 of 't'");
    const char *down = "for s0, s10\nsub.i64 s1, s11, s0\nld.f64 s2, [t + s1]\nend\n";
    passes(down, ROWS, ROWS - 1, 0);
    leaves(down, ROWS + 1, ROWS - 1, 0, "address -1 of 't'");
    leaves(down, ROWS, ROWS, 0, "address 24 of 't'");
}

/* A row-major walk: outer * width + inner + offset. */
Test(affine, nested_loops)
{
    const char *body = "imm.i64 s3, 6\nfor s0, s10\nfor s1, s11\nmad.i64 s2, s0, s3, s1\n"
                       "add.i64 s2, s2, s12\nld.f64 s4, [t + s2]\nend\nend\n";
    passes(body, 4, 6, 0);
    leaves(body, 4, 7, 0, "address 24 of 't'");
    leaves(body, 5, 1, 0, "address 24 of 't'");
    leaves(body, 4, 6, 1, "address 24 of 't'");
    leaves(body, 4, 6, -1, "address -1 of 't'");
    passes(body, 3, 6, 6);
    passes(body, 0, 1000, 0);
    passes(body, 1000, 0, 0);
    passes(body, 1000, -1, INT64_MAX);
}

/* What no iteration reaches needs no proof; what a loop after it reaches does. */
Test(affine, loops_that_do_not_run)
{
    const char *body = "for s0, s10\nld.f64 s1, [t + s11]\nend\nfor s0, s12\nfor s2, s10\n"
                       "ld.f64 s1, [t + 1000]\nend\nend\n";
    passes(body, 0, 5000, 3);
    leaves(body, 1, 5000, 0, "address 5000 of 't'");
    leaves(body, 1, 0, 1, "address 1000 of 't'");
    passes(body, 1, 0, 0);
    const char *after = "for s0, 0\nend\nld.f64 s1, [t + s11]\n";
    leaves(after, 0, ROWS, 0, "address 24 of 't'");
}

Test(affine, triangular_loops)
{
    const char *body = "for s0, s10\nfor s1, s0\nadd.i64 s2, s0, s1\nld.f64 s3, [t + s2]\nend\n"
                       "end\n";
    passes(body, 12, 0, 0); /* proved with outer <= 11, inner <= 10: 21 */
    passes(body, 13, 0, 0); /* 12 + 11 = 23 */
    leaves(body, 14, 0, 0, "address 25 of 't'");
    passes(body, 1, 0, 0);
    const char *shifted = "for s0, s10\nadd.i64 s4, s0, s11\nfor s1, s4\nld.f64 s3, [t + s1]\n"
                          "end\nend\n";
    passes(shifted, 4, 21, 0); /* up to 24 trips */
    leaves(shifted, 4, 22, 0, "address 24 of 't'");
    passes(shifted, 4, -100, 0);
}

Test(affine, counts_that_overflow)
{
    const char *body = "imm.i64 s3, 4\nmul.i64 s0, s10, s3\nfor s1, s0\nbr L\nL:\nend\n";
    passes(body, 3, 0, 0);
    passes(body, -3, 0, 0);
    leaves(body, INT64_MAX, 0, 0, "the count of this loop overflows");
    leaves(body, INT64_MAX / 4 + 1, 0, 0, "the count of this loop overflows");
    leaves(body, INT64_MIN, 0, 0, "the count of this loop overflows");
    passes(body, INT64_MIN / 4, 0, 0);
    passes("for s2, 0\nadd.i64 s0, s10, s11\nfor s1, s0\nend\nend\n", INT64_MAX, INT64_MAX, 0);
}

/* Extents and lengths are symbols as well. */
Test(affine, extents_and_lengths)
{
    double x[10], t[10], y[10];
    const char *text = ".in x f64\n.table t f64\n.out y f64\n.uniform u i64\nld.i64 s9, [u]\n"
                       "extent.i64 s0, 0\nlength.i64 s1, [t], 0\nimm.i64 s5, 1\n"
                       "sub.i64 s2, s1, s5\nld.f64 s3, [t + s2]\nsub.i64 s2, s0, s9\n"
                       "ld.f64 s4, [t + s2]\nadd.f64 s3, s3, s4\neach 0\nindex.i64 s6, 0\n"
                       "ld.f64 s7, [t + s6]\nsub.i64 s2, s0, s6\nld.f64 s8, [t - 1 + s2]\n"
                       "add.f64 s7, s7, s8\nadd.f64 s7, s7, s3\nst.f64 s7, [y]\nend\nexit\n";
    for (int i = 0; i < 10; i++)
        x[i] = t[i] = i * 10;
    for (int64_t u = -1; u < 4; u++)
        for (int n = 5; n <= 10; n++) {
            weft_error error;
            weft_arg args[] = {ARRAY("x", WEFT_F64, x, 7), ARRAY("t", WEFT_F64, t, n),
                               ARRAY("y", WEFT_F64, y, 7), VALUE("u", WEFT_I64, &u)};
            weft_status status = test_run(text, args, 4, &error);
            bool fits = 7 - u < n && n >= 7;
            cr_expect(status == (fits ? WEFT_OK : WEFT_ERR_RANGE), "%d rows, %d: %s", n, (int)u,
                      error.message);
            for (int i = 0; fits && i < 7; i++)
                cr_expect(y[i] == 60 + (n - 1) * 10 + (double)(7 - u) * 10);
        }
}

/* Windows of mapped arrays are proved the same way, along their last dimension. */
Test(affine, windows)
{
    float x[12], y[10];
    const char *text = ".in x f32 window 2\n.out y f32\n.uniform u i64\nld.i64 s0, [u]\nloop\n"
                       "ld.f32 v0, [x + s0]\nst.f32 v0, [y]\nend\nfor s1, s0\nloop\n"
                       "ld.f32 v0, [x + 1 + s1]\nend\nend\nexit\n";
    for (int i = 0; i < 12; i++)
        x[i] = (float)i;
    for (int64_t u = -1; u < 4; u++) {
        weft_error error;
        weft_arg args[] = {ARRAY("x", WEFT_F32, x, 12), ARRAY("y", WEFT_F32, y, 10),
                           VALUE("u", WEFT_I64, &u)};
        weft_status status = test_run(text, args, 3, &error);
        cr_expect(status == (u >= 0 && u <= 2 ? WEFT_OK : WEFT_ERR_RANGE), "%d: %s", (int)u,
                  error.message);
        for (int i = 0; !status && i < 10; i++)
            cr_expect(y[i] == x[i + u]);
    }
}

/* Many bounds: more than the prover keeps on its stack. */
Test(affine, many_bounds)
{
    static char body[2048];
    size_t at = 0;
    for (int i = 0; i < 90; i++)
        at += (size_t)snprintf(body + at, sizeof body - at, "ld.f64 s0, [t+s10]\n");
    passes(body, ROWS - 1, 0, 0);
    leaves(body, ROWS, 0, 0, "address 24 of 't'");
}
