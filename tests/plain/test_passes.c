/* test_passes: kernels that do in one pass what several instructions do one after the other
 * (weft_kernel_table: rows, around, products, quadratic), at every level that this machine has,
 * against the same level's kernels of those instructions: the same bits, but for any NaN instead of
 * another. All lengths up to three vectors and more, every offset of elements within 64 bytes, in
 * place, red zones, special values. Usage: test_passes [SEED]; the seed is printed. */
#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/levels.h"
#include "tests/support/support.h"

enum { LONGEST = 1025, STRIPS = 12, ZONE = 64, STRIP = 4 * 8 * LONGEST + 3 * ZONE };

/* As the kernels should leave them, and as they do. */
static _Alignas(64) char wanted[STRIPS][STRIP], got[STRIPS][STRIP];

/* Numbers of which most are so large that sums and exponentials of them are numbers too; some that
 * are not. */
static double random_number(void)
{
    static const double specials[] = {0.0,    -0.0, INFINITY, -INFINITY, NAN,   1e-40, -1e-310,
                                      1e30,   -104, -103.5,   88.8,      128.1, -151,  3e38,
                                      -1e300, 1,    -1,       0.5,       2.5,   -88};
    const uint64_t bits = test_bits();
    if (bits % 16 == 0)
        return specials[(bits >> 8) % (sizeof specials / sizeof specials[0])];
    return (double)(int64_t)bits * (bits % 4 ? 0x1p-61 : 0x1p-57);
}

static uint64_t random_element(weft_dtype type)
{
    const double wide = random_number();
    const float single = (float)wide;
    uint64_t element = test_bits(); /* behind a float there may be anything */
    memcpy(&element, type == WEFT_F32 ? (const void *)&single : (const void *)&wide,
           weft_dtype_size(type));
    return element;
}

/* One call to be checked. */
typedef struct pass {
    const weft_kernel_table *level;
    const char *name;
    weft_dtype type;
    unsigned form;
    size_t n, offset;
} pass;

static void report(const pass *p, size_t i, const char *what)
{
    if (test_failed++ < 20)
        printf("FAILED %s %s.%s: form %x, n %zu, offset %zu, element %zu: %s\n", p->level->name,
               p->name, weft_dtype_name(p->type), p->form, p->n, p->offset, i, what);
}

/* Where the elements of a strip begin. */
static void *at(char (*strips)[STRIP], const pass *p, unsigned strip)
{
    return strips[strip] + ZONE + p->offset;
}

/* Random elements, so many, in every strip, the same in both sets, with red zones round them. They
 * come from a pool, at another place each time. */
static void prepare(const pass *p, size_t elements)
{
    enum { POOL = 16 * LONGEST };
    static char pools[2][POOL * 8];
    static bool made[2];
    const size_t size = weft_dtype_size(p->type), which = p->type == WEFT_F64;
    for (size_t i = 0; i < POOL && !made[which]; i++) {
        const uint64_t element = random_element(p->type);
        memcpy(pools[which] + i * size, &element, size);
    }
    made[which] = true;
    assert(elements < POOL);
    for (unsigned s = 0; s < STRIPS; s++) {
        const size_t from = test_bits() % (POOL - elements);
        memset(got[s], 0x5a, p->offset + elements * size + (size_t)2 * ZONE);
        memcpy(at(got, p, s), pools[which] + from * size, elements * size);
        memcpy(wanted[s], got[s], p->offset + elements * size + (size_t)2 * ZONE);
    }
}

static bool same(const char *x, const char *y, weft_dtype type)
{
    float f[2];
    double d[2];
    if (memcmp(x, y, weft_dtype_size(type)) == 0)
        return true;
    if (type == WEFT_F32) {
        memcpy(&f[0], x, sizeof f[0]);
        memcpy(&f[1], y, sizeof f[1]);
        return isnan(f[0]) && isnan(f[1]);
    }
    memcpy(&d[0], x, sizeof d[0]);
    memcpy(&d[1], y, sizeof d[1]);
    return isnan(d[0]) && isnan(d[1]);
}

/* Strip 0, which was written, may have another NaN; all else is the same to the byte. */
static void compare(const pass *p, size_t elements)
{
    const size_t size = weft_dtype_size(p->type), bytes = p->offset + elements * size + 2 * ZONE;
    const char *x = at(got, p, 0), *y = at(wanted, p, 0);
    test_checked++;
    for (size_t i = 0; i < elements; i++)
        if (!same(x + i * size, y + i * size, p->type)) {
            report(p, i, "wrong");
            return;
        }
    memcpy(at(wanted, p, 0), x, elements * size);
    for (unsigned s = 0; s < STRIPS; s++)
        if (memcmp(got[s], wanted[s], bytes) != 0)
            report(p, s, "wrote outside its output");
}

/* Every length with some offset, every offset with some length. */
static void check_lengths(pass *p, void (*check)(pass *p))
{
    static const size_t lengths[] = {127, 128, 129, 255, 256, 511, 512, 513, 1000, 1024, LONGEST};
    const size_t size = weft_dtype_size(p->type);
    for (p->n = 0; p->n <= 70; p->n++) {
        p->offset = p->n % 3 * p->n * size % 64;
        check(p);
    }
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        p->n = lengths[i];
        p->offset = i * size % 64;
        check(p);
    }
    for (p->offset = 0; p->offset < 64; p->offset += size)
        for (p->n = 61; p->n <= 67; p->n += 2)
            check(p);
}

/* Not every level has such kernels; those that should have them, have all. */
static void expect_found(const weft_kernel_table *level, const char *what, unsigned found,
                         unsigned expected)
{
    if (found != expected)
        test_die(
            "level %s has %u kernels '%s', and should have %u; for a new level say so here, or in "
            "test_level_fuses (tests/support/levels.c)",
            level->name, found, what, expected);
}

/* --- rows ------------------------------------------------------------------------------------- */

/* From strip 1 to strip 0 and in place in strip 0, or with stores past the caches, only the first.
 */
static void check_rows_with(pass *p, weft_rows_kernel *rows, bool past)
{
    static _Alignas(64) char strips[8][LONGEST * 8];
    const unsigned op = p->form;
    const weft_insn insn = {.op = (uint16_t)op};
    const unsigned k = weft_run_width(&insn, 'a');
    const int64_t size = (int64_t)weft_dtype_size(p->type);
    void *dst[4], *loaded[4];
    const void *a[4], *results[4];
    uint64_t b[WEFT_MAX_SCALARS];
    for (size_t i = 0; i < WEFT_MAX_SCALARS; i++)
        b[i] = random_element(p->type);
    for (unsigned c = 0; c < k; c++) {
        a[c] = loaded[c] = strips[c];
        results[c] = dst[c] = strips[4 + c];
    }
    for (unsigned from = past; from < 2; from++) {
        prepare(p, k * p->n);
        p->level->load_segment[p->type](loaded, at(wanted, p, from), k, k * size, size, p->n);
        p->level->fused[op - WEFT_FUSED_FIRST][p->type](dst, a, b, 0, p->n);
        p->level->store_segment[p->type](at(wanted, p, 0), results, k, k * size, size, p->n);
        rows(at(got, p, 0), at(got, p, from), b, p->n);
        compare(p, k * p->n);
    }
}

static void check_rows_once(pass *p)
{
    const unsigned number = p->form - WEFT_FUSED_FIRST;
    check_rows_with(p, p->level->rows[number][p->type], false);
    if ((uintptr_t)at(got, p, 0) % 64 == 0)
        check_rows_with(p, p->level->rows_past[number][p->type], true);
}

static void check_rows(const weft_kernel_table *level)
{
    unsigned found = 0;
    for (unsigned op = WEFT_FUSED_FIRST; op < WEFT_FUSED_FIRST + WEFT_FUSED_COUNT; op++)
        for (int t = 0; t < WEFT_TYPE_COUNT; t++)
            if (level->rows[op - WEFT_FUSED_FIRST][t]) {
                pass p = {level, weft_op_row_of(op)->mnemonic, (weft_dtype)t, op, 0, 0};
                found++;
                for (int turn = 0; turn < 4; turn++)
                    check_lengths(&p, check_rows_once);
            }
    expect_found(level, "rows", found,
                 strcmp(level->name, "avx512") == 0 ? 8 : 0); /* 4 of 2 types */
}

/* --- around exponentials ---------------------------------------------------------------------- */

/* Strips a and c are 1 and 2, or one of them is strip 0, or both are; s is in strip 3. */
static void check_around_once(pass *p)
{
    const unsigned which = p->form % 2, form = p->form / 2;
    const weft_kernel_table *t = p->level;
    weft_kernel *power = weft_kernel_find(t, which ? WEFT_OP_EXP2 : WEFT_OP_EXP, p->type, 0);
    weft_kernel *scale = weft_kernel_find(t, WEFT_OP_MUL, p->type, 2);
    weft_kernel *times = weft_kernel_find(t, WEFT_OP_MUL, p->type, 0);
    weft_kernel *fma = weft_kernel_find(t, WEFT_OP_FMA, p->type, 2);
    for (unsigned alias = 0; alias < 4; alias++) {
        const unsigned from = alias & 1 ? 0 : 1, with = alias & 2 ? 0 : 2;
        const bool scaled = form == WEFT_AROUND_SCALED || form == WEFT_AROUND_SCALED_TIMES;
        prepare(p, p->n + 1);
        const void *a = at(wanted, p, from), *s = at(wanted, p, 3), *c = at(wanted, p, with);
        void *step = at(wanted, p, 4); /* what the steps have made so far */
        if (scaled)
            scale(step, a, s, NULL, p->n);
        power(step, scaled ? step : a, NULL, NULL, p->n);
        if (form == WEFT_AROUND_SCALED_TIMES || form == WEFT_AROUND_TIMES)
            times(step, step, c, NULL, p->n);
        else if (form == WEFT_AROUND_FMA)
            fma(step, step, s, c, p->n);
        memcpy(at(wanted, p, 0), step, p->n * weft_dtype_size(p->type));
        memcpy(step, at(got, p, 4), p->n * weft_dtype_size(p->type));
        t->around[which][form][p->type](at(got, p, 0), at(got, p, from), at(got, p, 3),
                                        at(got, p, with), p->n);
        compare(p, p->n);
    }
}

static void check_around(const weft_kernel_table *level)
{
    unsigned found = 0;
    for (unsigned form = 0; form < 2 * WEFT_AROUND_COUNT; form++)
        for (int t = 0; t < WEFT_TYPE_COUNT; t++)
            if (level->around[form % 2][form / 2][t]) {
                pass p = {level, "around", (weft_dtype)t, form, 0, 0};
                found++;
                for (int turn = 0; turn < 4; turn++)
                    check_lengths(&p, check_around_once);
            }
    expect_found(level, "around", found, test_level_fuses(level) ? 2 * WEFT_AROUND_COUNT : 0);
}

/* --- sums of products ------------------------------------------------------------------------- */

/* Which strips are c, a[0], b[0], a[1], ...: 0 is dst. */
static const unsigned char operands[][9] = {
    {1, 2, 3, 4, 5, 6, 7, 8, 9}, {1, 2, 2, 3, 3, 4, 4, 5, 5}, {0, 1, 2, 3, 3, 4, 1, 1, 1},
    {1, 0, 0, 2, 3, 4, 4, 5, 6}, {0, 0, 0, 0, 0, 0, 0, 0, 0}, {1, 2, 3, 2, 0, 3, 0, 0, 0},
};

enum { STARTED = 1, TWICE = 2, PAST = 4, APART = 2 }; /* the first APART rows have no 0 */

static void check_products_once(pass *p)
{
    const unsigned k = p->form >> 4, twice = (p->form & TWICE) != 0;
    const bool started = p->form & STARTED, past = p->form & PAST;
    const unsigned add_op = twice ? WEFT_OP_MAD : WEFT_OP_FMA;
    const weft_kernel_table *kernels = p->level;
    for (size_t o = 0; o < 2 * (past ? APART : sizeof operands / sizeof operands[0]); o++) {
        const unsigned char *strips = operands[o / 2];
        const unsigned singles =
            o % 2 ? 0xdbu >> o / 2 % 3 & 0xfu : 0; /* all patterns of two in three */
        const void *a[4], *b[4];
        prepare(p, p->n + 1);
        void *sum = at(wanted, p, 10);
        for (unsigned j = 0; j < k; j++) {
            const bool single = singles >> j & 1;
            weft_kernel *times =
                weft_kernel_find(p->level, WEFT_OP_MUL, p->type, single ? WEFT_SCALAR_B : 0);
            weft_kernel *add =
                weft_kernel_find(p->level, add_op, p->type, single ? WEFT_SCALAR_B : 0);
            a[j] = at(wanted, p, strips[1 + 2 * j]);
            b[j] = at(wanted, p, single ? 11 : strips[2 + 2 * j]);
            if (j || started)
                add(sum, a[j], b[j], j ? sum : at(wanted, p, strips[0]), p->n);
            else
                times(sum, a[j], b[j], NULL, p->n);
            a[j] = at(got, p, strips[1 + 2 * j]);
            b[j] = at(got, p, single ? 11 : strips[2 + 2 * j]);
        }
        memcpy(at(wanted, p, 0), sum, p->n * weft_dtype_size(p->type));
        memcpy(sum, at(got, p, 10), p->n * weft_dtype_size(p->type));
        weft_products_kernel *kernel =
            (past ? kernels->products_past : kernels->products)[twice][p->type];
        kernel(at(got, p, 0), started ? at(got, p, strips[0]) : NULL, a, b, singles, k, p->n);
        compare(p, p->n);
    }
}

/* Whole lines from the beginning of one on. */
static void check_products_past(const weft_kernel_table *level)
{
    for (unsigned form = 1 << 4; form < 5 << 4; form++)
        for (int t = WEFT_F32; t <= WEFT_F64; t++) {
            pass p = {level, "products_past", (weft_dtype)t, form | PAST, 0, 0};
            const bool one_product = form >> 4 == 1 && !(form & STARTED);
            if ((form & 15) > 3 || one_product || !level->products_past[(form & TWICE) != 0][t])
                continue;
            while ((uintptr_t)at(got, &p, 0) % 64)
                p.offset++;
            for (size_t lines = 0; lines < 9; lines++) {
                p.n = lines * 64 / weft_dtype_size(p.type);
                check_products_once(&p);
            }
        }
}

static void check_products(const weft_kernel_table *level)
{
    for (unsigned k = 1; k <= 4; k++)
        for (unsigned form = k == 1; form < 4; form += k == 1 ? 2 : 1)
            for (int t = WEFT_F32; t <= WEFT_F64; t++) {
                pass p = {level, "products", (weft_dtype)t, k << 4 | form, 0, 0};
                check_lengths(&p, check_products_once);
            }
}

/* --- exponentials of sums of products --------------------------------------------------------- */

/* form: k, exp2, mad, with the scale, with the factor. The scale is in strip 11, the factor is
 * products' c. */
static void check_quadratic_once(pass *p)
{
    const unsigned k = p->form >> 4, which = p->form >> 3 & 1, twice = p->form >> 2 & 1;
    const bool scaled = p->form & 2, times = p->form & 1;
    weft_kernel *power = weft_kernel_find(p->level, which ? WEFT_OP_EXP2 : WEFT_OP_EXP, p->type, 0);
    weft_kernel *scale = weft_kernel_find(p->level, WEFT_OP_MUL, p->type, 2);
    weft_kernel *mul = weft_kernel_find(p->level, WEFT_OP_MUL, p->type, 0);
    for (size_t o = 0; o < sizeof operands / sizeof operands[0]; o++) {
        const void *a[4], *b[4];
        prepare(p, p->n + 1);
        void *step = at(wanted, p, 10);
        for (unsigned j = 0; j < k; j++) {
            a[j] = at(wanted, p, operands[o][1 + 2 * j]);
            b[j] = at(wanted, p, operands[o][2 + 2 * j]);
        }
        p->level->products[twice][p->type](step, NULL, a, b, 0, k, p->n);
        if (scaled)
            scale(step, step, at(wanted, p, 11), NULL, p->n);
        power(step, step, NULL, NULL, p->n);
        if (times)
            mul(step, step, at(wanted, p, operands[o][0]), NULL, p->n);
        memcpy(at(wanted, p, 0), step, p->n * weft_dtype_size(p->type));
        memcpy(step, at(got, p, 10), p->n * weft_dtype_size(p->type));
        for (unsigned j = 0; j < k; j++) {
            a[j] = at(got, p, operands[o][1 + 2 * j]);
            b[j] = at(got, p, operands[o][2 + 2 * j]);
        }
        p->level->quadratic[which][twice][p->type](at(got, p, 0), scaled ? at(got, p, 11) : NULL,
                                                   times ? at(got, p, operands[o][0]) : NULL, a, b,
                                                   k, p->n);
        compare(p, p->n);
    }
}

static void check_quadratic(const weft_kernel_table *level)
{
    unsigned found = 0;
    for (unsigned form = 2 << 4; form < 5 << 4; form++)
        for (int t = 0; t < WEFT_TYPE_COUNT; t++)
            if (level->quadratic[form >> 3 & 1][form >> 2 & 1][t]) {
                pass p = {level, "quadratic", (weft_dtype)t, form, 0, 0};
                found++;
                check_lengths(&p, check_quadratic_once);
            }
    expect_found(level, "quadratic", found, test_level_fuses(level) ? 3 << 4 : 0);
}

static void check_level(const weft_kernel_table *level)
{
    check_rows(level);
    check_around(level);
    check_products(level);
    check_products_past(level);
    check_quadratic(level);
}

int main(int argc, char **argv)
{
    return test_each_level(argc, argv, 1000, check_level);
}
