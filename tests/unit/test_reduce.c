/* tests/unit/test_reduce.c: reductions. The order in which floats are added is part of the
 * contract; here it is written down a second time, as a recursion over the definition, and results
 * must have the same bits for every length and every strip length. Every reduction of isa/ops.def
 * at every type is run; one that nothing here knows fails. */
#include <criterion/criterion.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <weft/run.h>

#include "tests/ops/machine.h"
#include "tests/ops/values.h"

enum { LONGEST = 100000, BLOCK = 4096 };

static const uint32_t strip_lengths[] = {0, 128, 256, 512, 1024, 2048};
enum { STRIP_LENGTHS = sizeof strip_lengths / sizeof strip_lengths[0] };

static const size_t lengths[] = {0,    1,    2,    31,   32,           33,       96,
                                 127,  128,  129,  300,  2047,         2049,     4095,
                                 4096, 4097, 8192, 8193, 3 * 4096 + 5, 7 * 4096, 100000};
enum { LENGTHS = sizeof lengths / sizeof lengths[0] };

/* --- the order of additions ------------------------------------------------------------------- */

typedef enum kind { SUM, PRODUCT } kind;

#define DEFINE_ORDER(tag, T)                                                                       \
    static T join_##tag(kind k, T x, T y)                                                          \
    {                                                                                              \
        return k == SUM ? x + y : x * y;                                                           \
    }                                                                                              \
    /* Element i of a block of n; what is missing changes nothing. */                              \
    static T element_##tag(kind k, const T *x, size_t n, size_t i)                                 \
    {                                                                                              \
        return i < n ? x[i] : k == SUM ? -(T)0 : (T)1;                                             \
    }                                                                                              \
    /* What lane l has taken after the first `groups` groups of 128 elements. */                   \
    static T lane_##tag(kind k, const T *x, size_t n, size_t l, size_t groups)                     \
    {                                                                                              \
        size_t at = (groups - 1) * 128 + l;                                                        \
        T left = join_##tag(k, element_##tag(k, x, n, at), element_##tag(k, x, n, at + 32));       \
        T right = join_##tag(k, element_##tag(k, x, n, at + 64), element_##tag(k, x, n, at + 96)); \
        T four = join_##tag(k, left, right);                                                       \
        return groups == 1 ? four : join_##tag(k, lane_##tag(k, x, n, l, groups - 1), four);       \
    }                                                                                              \
    /* Lane l once all lanes but the first `width` have been taken in. */                          \
    static T lanes_##tag(kind k, const T *x, size_t n, size_t l, size_t width)                     \
    {                                                                                              \
        if (width == 32)                                                                           \
            return lane_##tag(k, x, n, l, 32);                                                     \
        return join_##tag(k, lanes_##tag(k, x, n, l, 2 * width),                                   \
                          lanes_##tag(k, x, n, l + width, 2 * width));                             \
    }                                                                                              \
    /* Block number i of level `level` of the tree: two of the level below, or the odd last one.   \
     */                                                                                            \
    static T tree_##tag(kind k, const T *x, size_t n, size_t i, unsigned level)                    \
    {                                                                                              \
        if (level == 0) {                                                                          \
            size_t left = n - i * BLOCK;                                                           \
            return lanes_##tag(k, x + i * BLOCK, left < BLOCK ? left : BLOCK, 0, 1);               \
        }                                                                                          \
        T first = tree_##tag(k, x, n, 2 * i, level - 1);                                           \
        bool odd = (2 * i + 1) * ((size_t)BLOCK << (level - 1)) >= n;                              \
        return odd ? first : join_##tag(k, first, tree_##tag(k, x, n, 2 * i + 1, level - 1));      \
    }                                                                                              \
    static T ordered_##tag(kind k, const T *x, size_t n)                                           \
    {                                                                                              \
        unsigned level = 0;                                                                        \
        while (((size_t)BLOCK << level) < n)                                                       \
            level++;                                                                               \
        if (n == 0)                                                                                \
            return k == SUM ? (T)0 : (T)1;                                                         \
        return tree_##tag(k, x, n, 0, level);                                                      \
    }
DEFINE_ORDER(f32, float)
DEFINE_ORDER(f64, double)

static uint64_t ordered(weft_dtype type, kind k, const void *x, size_t n)
{
    uint64_t bits = 0;
    if (type == WEFT_F32) {
        float result = ordered_f32(k, x, n);
        memcpy(&bits, &result, sizeof result);
    } else {
        double result = ordered_f64(k, x, n);
        memcpy(&bits, &result, sizeof result);
    }
    return bits;
}

static uint64_t dot_floats(weft_dtype type, const void *a, const void *b, size_t n)
{
    void *products = malloc((n + 1) * 8);
    cr_assert(products);
    for (size_t i = 0; i < n; i++)
        if (type == WEFT_F32)
            ((float *)products)[i] = ((const float *)a)[i] * ((const float *)b)[i];
        else
            ((double *)products)[i] = ((const double *)a)[i] * ((const double *)b)[i];
    uint64_t bits = ordered(type, SUM, products, n);
    free(products);
    return bits;
}

/* --- everything else -------------------------------------------------------------------------- */

/* An integer, sign-extended to 64 bits where its type has a sign. */
static uint64_t widened(weft_dtype type, const void *array, size_t i)
{
    uint64_t bits = values_get(type, array, i);
    unsigned shift = 64 - values_bits(type);
    if (values_is_signed(type) && shift && bits >> (63 - shift))
        bits |= ~(UINT64_MAX >> shift);
    return bits;
}

/* A key that is in the order of the values of a type, -0 below +0; not for NaN. */
static uint64_t key(weft_dtype type, uint64_t bits)
{
    unsigned width = values_bits(type);
    uint64_t sign = UINT64_C(1) << (width - 1), mask = UINT64_MAX >> (64 - width);
    if (values_is_float(type))
        return bits & sign ? ~bits & mask : bits | sign;
    return values_is_signed(type) ? bits ^ sign : bits;
}

/* Bits of the highest or lowest value of a type: what the extreme of nothing is. */
static uint64_t limit(weft_dtype type, bool highest)
{
    unsigned width = values_bits(type);
    uint64_t mask = UINT64_MAX >> (64 - width), sign = UINT64_C(1) << (width - 1);
    if (type == WEFT_F32)
        return highest ? 0x7f800000u : 0xff800000u;
    if (type == WEFT_F64)
        return (highest ? UINT64_C(0x7ff0) : UINT64_C(0xfff0)) << 48;
    if (values_is_signed(type))
        return highest ? mask >> 1 : sign;
    return highest ? mask : 0;
}

/* minval, maxval; a NaN wins. */
static uint64_t extreme(weft_dtype type, const void *a, size_t n, bool highest)
{
    uint64_t best = limit(type, !highest);
    for (size_t i = 0; i < n; i++) {
        uint64_t x = values_get(type, a, i);
        if (values_is_nan(type, best))
            return best;
        if (values_is_nan(type, x) ||
            (highest ? key(type, x) > key(type, best) : key(type, x) < key(type, best)))
            best = x;
    }
    return best;
}

/* Zeros are equal here. */
static bool is_before(weft_dtype type, uint64_t x, uint64_t y, bool highest)
{
    uint64_t minus_zero = UINT64_C(1) << (values_bits(type) - 1);
    if (values_is_float(type)) {
        x = x == minus_zero ? 0 : x;
        y = y == minus_zero ? 0 : y;
    }
    return highest ? key(type, x) > key(type, y) : key(type, x) < key(type, y);
}

static uint64_t place(weft_dtype type, const void *a, size_t n, bool highest)
{
    size_t best = 0;
    if (n == 0)
        return UINT64_MAX;
    for (size_t i = 0; i < n; i++)
        if (values_is_nan(type, values_get(type, a, i)))
            return i;
    for (size_t i = 1; i < n; i++)
        if (is_before(type, values_get(type, a, i), values_get(type, a, best), highest))
            best = i;
    return best;
}

static uint64_t integers(weft_dtype type, const void *a, const void *b, size_t n, kind k)
{
    uint64_t total = k == PRODUCT;
    for (size_t i = 0; i < n; i++) {
        uint64_t x = widened(type, a, i) * (b ? widened(type, b, i) : 1);
        total = k == SUM ? total + x : total * x;
    }
    return total;
}

static uint64_t held(const void *a, size_t n)
{
    uint64_t count = 0;
    for (size_t i = 0; i < n; i++)
        count += ((const uint8_t *)a)[i] != 0;
    return count;
}

/* The result of a reduction over n elements; false: nothing here knows it. */
static bool expected(const char *op, weft_dtype type, const void *a, const void *b, size_t n,
                     uint64_t *out)
{
    bool is_float = values_is_float(type);
    if (strcmp(op, "sum") == 0)
        *out = is_float ? ordered(type, SUM, a, n) : integers(type, a, NULL, n, SUM);
    else if (strcmp(op, "prod") == 0)
        *out = is_float ? ordered(type, PRODUCT, a, n) : integers(type, a, NULL, n, PRODUCT);
    else if (strcmp(op, "dot") == 0)
        *out = is_float ? dot_floats(type, a, b, n) : integers(type, a, b, n, SUM);
    else if (strcmp(op, "minval") == 0 || strcmp(op, "maxval") == 0)
        *out = extreme(type, a, n, op[1] == 'a');
    else if (strcmp(op, "argmin") == 0 || strcmp(op, "argmax") == 0)
        *out = place(type, a, n, op[4] == 'a');
    else if (strcmp(op, "any") == 0)
        *out = held(a, n) > 0;
    else if (strcmp(op, "all") == 0)
        *out = held(a, n) == n;
    else if (strcmp(op, "count") == 0)
        *out = held(a, n);
    else
        return false;
    return true;
}

static weft_dtype result_type(const char *op, weft_dtype type)
{
    if (strcmp(op, "any") == 0 || strcmp(op, "all") == 0)
        return WEFT_BOOL;
    if (strcmp(op, "count") == 0 || strncmp(op, "arg", 3) == 0)
        return WEFT_I64;
    if (strcmp(op, "minval") == 0 || strcmp(op, "maxval") == 0 || values_is_float(type))
        return type;
    return values_is_signed(type) ? WEFT_I64 : WEFT_U64;
}

/* --- operands --------------------------------------------------------------------------------- */

typedef enum content { ORDINARY, NEAR_ONE, SPECIAL, EQUAL, CONTENTS } content;

static uint64_t some_value(values_random *random, weft_dtype type, content what, size_t i)
{
    uint64_t bits = values_next(random);
    double x = (double)(int64_t)bits * 0x1p-63;
    float single;
    if (type == WEFT_BOOL)
        return what == SPECIAL ? i != 77 : what == EQUAL ? i == 77 : bits & 1;
    if (!values_is_float(type))
        return what == EQUAL ? bits % 3 : values_any(random, type);
    if (what == SPECIAL)
        return values_below(random, 50) == 0 ? values_any(random, type)
                                             : UINT64_C(0x3f) << (values_bits(type) - 8);
    x = what == NEAR_ONE ? 1 + x / 64
        : what == EQUAL  ? (double)(bits % 3)
                         : x * exp2((double)(bits % 40)); /* so that the order matters */
    if (what == EQUAL && bits & 256)
        x = -x; /* zeros of both signs */
    if (type == WEFT_F64) {
        memcpy(&bits, &x, sizeof x);
        return bits;
    }
    bits = 0;
    single = (float)x;
    memcpy(&bits, &single, sizeof single);
    return bits;
}

static void *operand(weft_dtype type, content what, uint64_t seed)
{
    values_random random = {VALUES_SEED + seed};
    void *array = calloc(LONGEST, weft_dtype_size(type));
    cr_assert(array);
    for (size_t i = 0; i < LONGEST; i++)
        values_set(type, array, i, some_value(&random, type, what, i));
    return array;
}

/* --- programs --------------------------------------------------------------------------------- */

static void add_body(machine_text *text, const char *op, weft_dtype type, unsigned depth)
{
    const char *t = weft_dtype_name(type);
    char f = type == WEFT_BOOL ? 'p' : 'v';
    machine_add(text, "ld.%s %c0, [a]\nld.%s %c1, [b]\n", t, f, t, f);
    machine_add(text, "%s.%s s3, %c0", op, t, f);
    if (strcmp(op, "dot") == 0)
        machine_add(text, ", v1");
    machine_add(text, depth > 1 ? ", %u\n" : "\n", depth);
}

static weft_program *flat_program(const char *op, weft_dtype type, uint32_t strip_length)
{
    machine_text text = {"", 0};
    const char *t = weft_dtype_name(type), *r = weft_dtype_name(result_type(op, type));
    machine_add(&text, ".space 1\n.in a %s\n.in b %s\n.out y %s dims none\nloop\n", t, t, r);
    add_body(&text, op, type, 1);
    machine_add(&text, "end\nst.%s s3, [y]\nexit\n", r);
    return machine_assemble(machine_context(strip_length), text.text);
}

static bool same(weft_dtype type, uint64_t x, uint64_t y)
{
    return x == y || (values_is_nan(type, x) && values_is_nan(type, y));
}

static void check_length(weft_program *program, const char *op, weft_dtype type, void *a, void *b,
                         size_t n, uint64_t wanted, uint32_t strip_length)
{
    weft_dtype result = result_type(op, type);
    uint8_t y[8] = {0};
    weft_arg args[3] = {machine_array("a", type, a, (int64_t)n),
                        machine_array("b", type, b, (int64_t)n), machine_array("y", result, y, -1)};
    machine_run(machine_context(strip_length), program, args, 3);
    uint64_t got = values_get(result, y, 0);
    cr_expect(same(result, got, wanted),
              "%s.%s of %zu elements, strips of %u: 0x%" PRIx64 ", wanted 0x%" PRIx64
              " (seed 0x%" PRIx64 ")",
              op, weft_dtype_name(type), n, strip_length, got, wanted, (uint64_t)VALUES_SEED);
}

static void check_reduction(const char *op, weft_dtype type, content what, const size_t *n,
                            size_t count)
{
    void *a = operand(type, what, 1), *b = operand(type, what, 2);
    uint64_t wanted[512];
    cr_assert(count <= 512);
    for (size_t i = 0; i < count; i++)
        cr_assert(expected(op, type, a, b, n[i], &wanted[i]), "nobody says what %s.%s should give",
                  op, weft_dtype_name(type));
    for (size_t s = 0; s < STRIP_LENGTHS; s++) {
        weft_program *program = flat_program(op, type, strip_lengths[s]);
        for (size_t i = 0; i < count; i++)
            check_length(program, op, type, a, b, n[i], wanted[i], strip_lengths[s]);
        weft_program_release(program);
    }
    free(a);
    free(b);
}

/* --- tests ------------------------------------------------------------------------------------ */

static void for_every_reduction(uint32_t types)
{
    unsigned found = 0;
    for (uint32_t i = 0; i < weft_op_count(); i++) {
        weft_op_info info;
        cr_assert_eq(weft_op(i, &info), WEFT_OK);
        for (unsigned type = 1; type < WEFT_TYPE_COUNT; type++)
            for (unsigned what = 0; what < CONTENTS; what++)
                if (strcmp(info.category, "reduction") == 0 &&
                    (info.type_mask & types) >> type & 1) {
                    check_reduction(info.mnemonic, (weft_dtype)type, (content)what, lengths,
                                    LENGTHS);
                    found++;
                }
    }
    cr_expect(found >= CONTENTS * 3);
}

Test(reduce, every_reduction_of_floats)
{
    for_every_reduction(1u << WEFT_F32 | 1u << WEFT_F64);
}

Test(reduce, every_reduction_of_other_types)
{
    for_every_reduction(~(1u << WEFT_F32 | 1u << WEFT_F64));
}

/* Sums of every length up to beyond two groups, bit for bit. */
Test(reduce, all_short_lengths)
{
    size_t n[301];
    for (size_t i = 0; i <= 300; i++)
        n[i] = i;
    for (unsigned type = WEFT_F32; type <= WEFT_F64; type++) {
        check_reduction("sum", (weft_dtype)type, ORDINARY, n, 301);
        check_reduction("prod", (weft_dtype)type, NEAR_ONE, n, 301);
        check_reduction("dot", (weft_dtype)type, ORDINARY, n, 301);
    }
}

/* The order matters for these operands, or the tests above would show nothing. */
Test(reduce, the_order_can_be_seen)
{
    const float *x = operand(WEFT_F32, ORDINARY, 1);
    float running = 0;
    for (size_t i = 0; i < 4097; i++)
        running += x[i];
    cr_expect(running < ordered_f32(SUM, x, 4097) || running > ordered_f32(SUM, x, 4097));
    free((void *)(uintptr_t)x);
}

static uint64_t sum_of(weft_dtype type, void *x, size_t n)
{
    uint8_t y[8] = {0};
    weft_program *program = flat_program("sum", type, 128);
    weft_arg args[3] = {machine_array("a", type, x, (int64_t)n),
                        machine_array("b", type, x, (int64_t)n), machine_array("y", type, y, -1)};
    machine_run(machine_context(128), program, args, 3);
    weft_program_release(program);
    return values_get(type, y, 0);
}

Test(reduce, signs_of_zero_sums)
{
    static float x[5000];
    static double z[5000];
    for (size_t i = 0; i < 5000; i++) {
        x[i] = -0.0f;
        z[i] = -0.0;
    }
    static const size_t n[] = {1, 31, 128, 4095, 4096, 4097, 5000};
    for (size_t i = 0; i < sizeof n / sizeof n[0]; i++) {
        cr_expect_eq(sum_of(WEFT_F32, x, n[i]), UINT64_C(0x80000000), "-0.0f, %zu of them", n[i]);
        cr_expect_eq(sum_of(WEFT_F64, z, n[i]), UINT64_C(1) << 63, "-0.0, %zu of them", n[i]);
    }
    cr_expect_eq(sum_of(WEFT_F32, x, 0), 0);
    cr_expect_eq(sum_of(WEFT_F64, z, 0), 0);
    x[17] = 0.0f;
    cr_expect_eq(sum_of(WEFT_F32, x, 5000), 0);
}

/* The same elements as an index space of two or three dimensions, by nested loops and by one, give
 * the result of the flat array. */
static void check_nested(const char *op, weft_dtype type, const int64_t *shape, unsigned rank,
                         bool nested, uint32_t strip_length)
{
    machine_text text = {"", 0};
    const char *t = weft_dtype_name(type);
    weft_dtype result = result_type(op, type);
    const char *r = weft_dtype_name(result);
    machine_add(&text, ".space %u\n.in a %s\n.in b %s\n.out y %s dims none\n", rank, t, t, r);
    for (unsigned d = 0; nested && d + 1 < rank; d++)
        machine_add(&text, "each %u\n", d);
    machine_add(&text, nested ? "loop %u\n" : "loop 0..%u\n", rank - 1);
    add_body(&text, op, type, nested ? rank : 1);
    for (unsigned d = 0; nested && d + 1 < rank; d++)
        machine_add(&text, "end\n");
    machine_add(&text, "end\nst.%s s3, [y]\nexit\n", r);
    weft_context *context = machine_context(strip_length);
    weft_program *program = machine_assemble(context, text.text);
    void *a = operand(type, ORDINARY, 1), *b = operand(type, ORDINARY, 2);
    uint8_t y[8] = {0};
    uint64_t wanted = 0;
    size_t n = 1;
    weft_arg args[3] = {machine_array("y", result, y, -1)};
    weft_arg_contiguous(&args[1], "a", type, a, (int32_t)rank, shape);
    weft_arg_contiguous(&args[2], "b", type, b, (int32_t)rank, shape);
    for (unsigned d = 0; d < rank; d++)
        n *= (size_t)shape[d];
    machine_run(context, program, args, 3);
    cr_assert(expected(op, type, a, b, n, &wanted));
    uint64_t got = values_get(result, y, 0);
    cr_expect(same(result, got, wanted),
              "%s.%s over %u dimensions (%s), first %" PRId64 ", strips of %u: 0x%" PRIx64
              ", wanted 0x%" PRIx64,
              op, t, rank, nested ? "nested" : "one loop", shape[0], strip_length, got, wanted);
    free(a);
    free(b);
    weft_program_release(program);
}

Test(reduce, several_dimensions)
{
    static const int64_t shapes[][3] = {{17, 533, 1}, {1, 9000, 1}, {9000, 1, 1}, {5, 0, 1},
                                        {0, 5, 1},    {7, 19, 31},  {1, 1, 5000}, {65, 65, 2}};
    static const struct {
        const char *op;
        weft_dtype type;
    } some[] = {{"sum", WEFT_F32},  {"sum", WEFT_F64},    {"dot", WEFT_F32},
                {"prod", WEFT_F64}, {"argmax", WEFT_F32}, {"argmin", WEFT_I16},
                {"sum", WEFT_U8},   {"count", WEFT_BOOL}, {"maxval", WEFT_I64}};
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++)
        for (size_t k = 0; k < sizeof some / sizeof some[0]; k++)
            for (unsigned form = 0; form < 8; form++)
                check_nested(some[k].op, some[k].type, shapes[i], 2 + (form & 1), form & 2,
                             form & 4 ? 2048 : 128);
}

/* Each row by itself: a reduction starts anew with each iteration around its loop. */
Test(reduce, along_one_axis)
{
    enum { ROWS = 9, COLUMNS = 4500 };
    float *x = operand(WEFT_F32, ORDINARY, 1), rows[ROWS], columns[COLUMNS];
    int64_t shape[2] = {ROWS, COLUMNS};
    weft_arg args[3] = {machine_array("r", WEFT_F32, rows, ROWS),
                        machine_array("c", WEFT_F32, columns, COLUMNS)};
    weft_arg_contiguous(&args[2], "x", WEFT_F32, x, 2, shape);
    weft_program *program = machine_assemble(
        machine_context(256),
        ".space 2\n.in x f32\n.out r f32 dims 0\n.out c f32 dims 1\n"
        "for s9, 2\n"
        "each 0\nloop 1\nld.f32 v0, [x]\nsum.f32 s0, v0\nend\nst.f32 s0, [r]\nend\n"
        "each 1\nloop 0\nld.f32 v0, [x]\nsum.f32 s0, v0\nend\nst.f32 s0, [c]\nend\nend\nexit\n");
    machine_run(machine_context(256), program, args, 3);
    weft_program_release(program);
    for (size_t r = 0; r < ROWS; r++) {
        float wanted = ordered_f32(SUM, x + r * COLUMNS, COLUMNS);
        cr_expect_eq(memcmp(&rows[r], &wanted, sizeof wanted), 0, "row %zu", r);
    }
    for (size_t c = 0; c < COLUMNS; c++) {
        float column[ROWS];
        for (size_t r = 0; r < ROWS; r++)
            column[r] = x[r * COLUMNS + c];
        float wanted = ordered_f32(SUM, column, ROWS);
        cr_expect_eq(memcmp(&columns[c], &wanted, sizeof wanted), 0, "column %zu", c);
    }
    free(x);
}

/* Strip blocks of any length are reduced in the same order. */
Test(reduce, strip_blocks)
{
    float *x = operand(WEFT_F32, ORDINARY, 1);
    static const size_t n[] = {1, 100, 129, 2049, 4096};
    for (size_t i = 0; i < sizeof n / sizeof n[0]; i++) {
        machine_text text = {"", 0};
        float y = 0, wanted = ordered_f32(SUM, x + 3, n[i]);
        machine_add(&text,
                    ".space [4200]\n.in x f32\n.out y f32 dims none\nstrip %zu, 3\n"
                    "ld.f32 v0, [x]\nsum.f32 s0, v0\nend\nst.f32 s0, [y]\nexit\n",
                    n[i]);
        weft_arg args[2] = {machine_array("x", WEFT_F32, x, 4200),
                            machine_array("y", WEFT_F32, &y, -1)};
        weft_program *program = machine_assemble(machine_context(128), text.text);
        machine_run(machine_context(128), program, args, 2);
        weft_program_release(program);
        cr_expect_eq(memcmp(&y, &wanted, sizeof y), 0, "%zu elements", n[i]);
    }
    free(x);
}
