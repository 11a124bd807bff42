/* test_kernels: every element-wise kernel, conversion, fused operation and reduction, whole or fed
 * strip by strip, of every level that this machine has, against the scalar level: each operation x
 * type x form, all lengths up to three vectors and more, every start offset within 64 bytes, in
 * place, with red zones on both sides of the output and special values among the random ones.
 * Bit-exact, but for the ULP budget of a row, and any NaN for another where the operation computes
 * one. Usage: test_kernels [SEED]; the seed is printed. */
#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "simd/reduce.h"
#include "simd/ref.h"
#include "tests/support/levels.h"

enum {
    LONGEST = 3 * 64 + 1,
    LONGEST_STRIPS = 3 * 2048 + 1, /* three of the longest strips and one element */
    ROOM = 8 * LONGEST_STRIPS + 192,
    ZONE = 64,
    BLOCK_ROOM = WEFT_BLOCK * 8 + 64
};

static const double specials[] = {
    0.0,      -0.0,      1.0,    -1.0, 0.5, 1.5,           2.5,    -2.5,   1e30,      -1e-30,
    INFINITY, -INFINITY, NAN,    127,  128, 255,           256,    65504,  32768,     -129,
    1e-40,    1e300,     1e-310, 3.0,  0.1, -2147483649.0, 9.3e18, 1.9e19, 4194303.5, -0.49999997};
enum { N_SPECIALS = sizeof specials / sizeof specials[0] };

/* One element of the type: half of them special. */
static uint64_t random_element(weft_dtype type)
{
    uint64_t bits = test_bits();
    double value = specials[(bits >> 16) % N_SPECIALS];
    float single;
    if (type == WEFT_BOOL)
        return bits >> 60 & 1;
    if (type == WEFT_F64) {
        if (bits & 1)
            memcpy(&bits, &value, sizeof bits);
        else if (bits & 2)
            bits = (bits & ~(UINT64_C(0x7ff) << 52)) | (UINT64_C(1000) + (bits >> 58)) << 52;
        return bits;
    }
    if (type == WEFT_F32) {
        single = (float)value;
        if (bits & 1)
            memcpy(&bits, &single, sizeof single);
        else if (bits & 2)
            bits = (bits & ~UINT64_C(0x7f800000)) | (100 + (bits >> 58)) << 23;
        return bits;
    }
    switch (bits >> 61) {
    case 0:
        return 0;
    case 1:
        return UINT64_MAX;
    case 2:
        return UINT64_C(1) << (8 * weft_dtype_size(type) - 1);
    case 3:
        return bits >> 40 & 7;
    default:
        return bits;
    }
}

/* n elements from anywhere in a pool of random ones, which is made once. */
static void fill_random(char *to, weft_dtype type, size_t n)
{
    enum { POOL = 4 * LONGEST_STRIPS };
    static char pools[WEFT_TYPE_COUNT][POOL * 8];
    static bool made[WEFT_TYPE_COUNT];
    const size_t size = weft_dtype_size(type);
    for (size_t i = 0; !made[type] && i < POOL; i++) {
        const uint64_t element = random_element(type);
        memcpy(pools[type] + i * size, &element, size);
    }
    made[type] = true;
    assert(n < POOL);
    memcpy(to, pools[type] + test_bits() % (POOL - n) * size, n * size);
}

static bool is_nan(const char *at, weft_dtype type)
{
    uint16_t half;
    float single;
    double value;
    switch (type) {
    case WEFT_F16:
        memcpy(&half, at, sizeof half);
        return (half & 0x7fff) > 0x7c00;
    case WEFT_BF16:
        memcpy(&half, at, sizeof half);
        return (half & 0x7fff) > 0x7f80;
    case WEFT_F32:
        memcpy(&single, at, sizeof single);
        return isnan(single);
    case WEFT_F64:
        memcpy(&value, at, sizeof value);
        return isnan(value);
    default:
        return false;
    }
}

/* Distance in units in the last place; floats of one type as ordered integers. */
static double ulps(const char *x, const char *y, weft_dtype type)
{
    int64_t a = 0, b = 0;
    if (type == WEFT_F32) {
        int32_t p, q;
        memcpy(&p, x, 4);
        memcpy(&q, y, 4);
        a = p < 0 ? (int64_t)INT32_MIN - p : p;
        b = q < 0 ? (int64_t)INT32_MIN - q : q;
    } else {
        memcpy(&a, x, 8);
        memcpy(&b, y, 8);
        a = a < 0 ? INT64_MIN - a : a;
        b = b < 0 ? INT64_MIN - b : b;
    }
    /* Subtracted as integers: as doubles they would be rounded. Opposite signs are far apart. */
    return (a < 0) != (b < 0) ? fabs((double)a) + fabs((double)b) : fabs((double)(a - b));
}

static bool same(const char *got, const char *expected, weft_dtype type, double budget)
{
    if (memcmp(got, expected, weft_dtype_size(type)) == 0 ||
        (is_nan(got, type) && is_nan(expected, type)))
        return true;
    if (budget <= 0 || is_nan(got, type) || is_nan(expected, type))
        return false;
    return ulps(got, expected, type) <= 2 * budget; /* each may be off by the budget */
}

typedef struct kernel_case {
    const char *level, *operation;
    weft_kernel *kernel, *oracle;
    weft_dtype out;
    weft_dtype in[3]; /* WEFT_NONE: no such operand */
    unsigned form;
    double budget;
} kernel_case;

static void report(const kernel_case *c, size_t n, size_t offset, size_t i, const char *what)
{
    if (test_failed++ < 20)
        printf("FAILED %s %s -> %s form %u, n %zu, offset %zu, element %zu: %s\n", c->level,
               c->operation, weft_dtype_name(c->out), c->form, n, offset, i, what);
}

/* Runs kernel and oracle on n elements, all arrays `offset` bytes off a 64-byte boundary; `alias`
 * is the operand that is also the output, or -1. */
static void check_once(const kernel_case *c, size_t n, size_t offset, int alias)
{
    static _Alignas(64) char in[3][ROOM], expected[ROOM], got[ROOM];
    size_t size = weft_dtype_size(c->out), begin = ZONE + offset, end = begin + n * 8 + ZONE;
    const void *operands[3] = {NULL, NULL, NULL}, *aliased[3];
    for (int k = 0; k < 3; k++)
        if (c->in[k]) {
            fill_random(in[k] + begin, c->in[k], c->form >> k & 1 ? 1 : n + 1);
            operands[k] = in[k] + begin;
        }
    memset(got, 0x5a, end);
    memcpy(aliased, operands, sizeof aliased);
    if (alias >= 0) {
        memcpy(got + begin, in[alias] + begin, n * size);
        aliased[alias] = got + begin;
    }
    c->oracle(expected + begin, operands[0], operands[1], operands[2], n);
    c->kernel(got + begin, aliased[0], aliased[1], aliased[2], n);
    test_checked++;
    for (size_t i = 0; i < n; i++)
        if (!same(got + begin + i * size, expected + begin + i * size, c->out, c->budget)) {
            report(c, n, offset, i, alias >= 0 ? "wrong in place" : "wrong");
            return;
        }
    for (size_t i = 0; i < end; i++)
        if ((i < begin || i >= begin + n * size) && got[i] != 0x5a) {
            report(c, n, offset, i, "wrote outside its output");
            return;
        }
}

static void check_kernel(const kernel_case *c)
{
    size_t align = weft_dtype_size(c->out);
    for (int k = 0; k < 3; k++)
        if (c->in[k] && weft_dtype_size(c->in[k]) > align)
            align = weft_dtype_size(c->in[k]);
    for (size_t n = 0; n <= LONGEST; n++)
        check_once(c, n, n * 8 % 64, -1);
    for (size_t offset = 0; offset < 64; offset += align) {
        check_once(c, 67, offset, -1);
        check_once(c, LONGEST, offset, -1);
    }
    static const size_t strips[] = {511, 512, 513, 1025, LONGEST_STRIPS};
    for (size_t i = 0; i < sizeof strips / sizeof strips[0]; i++)
        check_once(c, strips[i], i * 8, -1);
    for (int k = 0; k < 3; k++)
        if (c->in[k] && !(c->form >> k & 1) && weft_dtype_size(c->in[k]) == weft_dtype_size(c->out))
            for (size_t n = 1; n <= LONGEST; n += 13)
                check_once(c, n, n * 8 % 64, k);
}

/* How many forms an operation has: all choices of scalars but that of all operands. */
static unsigned forms_of(const weft_slot *slots)
{
    int inputs = 0;
    while (slots[inputs + 1].kind != WEFT_SLOT_END)
        inputs++;
    return inputs == 1 ? 1 : (1u << inputs) - 1;
}

static void check_elementwise(const weft_kernel_table *level)
{
    for (int number = 0; number < WEFT_KERNEL_COUNT; number++)
        assert(level->elementwise[number]); /* every slot is filled at every level */
    for (unsigned op = 0; op < WEFT_OPCODE_COUNT; op++) {
        const weft_op_row *row = weft_op_row_of(op);
        const weft_slot *slots = weft_form_slots(row->form);
        for (int t = 1; t < WEFT_TYPE_COUNT; t++)
            for (unsigned form = 0; form < forms_of(slots); form++) {
                weft_kernel *oracle = weft_kernel_find(&weft_kernels_scalar, op, (unsigned)t, form);
                kernel_case c = {level->name,
                                 row->mnemonic,
                                 weft_kernel_find(level, op, (unsigned)t, form),
                                 oracle,
                                 WEFT_NONE,
                                 {0},
                                 form,
                                 t == WEFT_F64 ? row->ulp_f64 : row->ulp_f32};
                if (!oracle)
                    continue;
                const weft_insn insn = {.op = (uint16_t)op, .type = (uint8_t)t};
                c.out = weft_slot_dtype(&insn, &slots[0]);
                for (int i = 1; slots[i].kind != WEFT_SLOT_END; i++)
                    c.in[slots[i].field - 'a'] = weft_slot_dtype(&insn, &slots[i]);
                check_kernel(&c);
                /* Levels with fused multiply-add agree to the bit, whatever the budget. */
                const weft_kernel_table *twin = weft_level_kernels(WEFT_LEVEL_AVX2, NULL);
                if (c.budget > 0 && twin && strcmp(level->name, "avx512") == 0) {
                    c.oracle = weft_kernel_find(twin, op, (unsigned)t, form);
                    c.budget = 0;
                    check_kernel(&c);
                }
            }
    }
}

static void check_conversions(const weft_kernel_table *level)
{
    for (int to = 1; to < WEFT_TYPE_COUNT; to++)
        for (int from = 1; from < WEFT_TYPE_COUNT; from++) {
            kernel_case c = {level->name,
                             "cvt",
                             level->convert[to][from],
                             weft_kernels_scalar.convert[to][from],
                             (weft_dtype)to,
                             {(weft_dtype)from, WEFT_NONE, WEFT_NONE},
                             0,
                             0};
            assert(c.kernel && c.oracle);
            check_kernel(&c);
        }
}

/* --- fused operations ------------------------------------------------------------------------- */

typedef struct fused_case {
    kernel_case name; /* for reports */
    weft_fused_kernel *kernel, *oracle;
    unsigned d, a, k;
} fused_case;

enum { FUSED_PLACES = WEFT_MAX_FUSED_STRIPS + WEFT_MAX_FUSED_RESULTS, NO_SHIFT = 99 };
static _Alignas(64) char fused_got[FUSED_PLACES][ROOM], fused_expected[FUSED_PLACES][ROOM];

/* Strips of a stand in places 2 and on, those of dst `shift` places from them, or behind them all
 * for NO_SHIFT. What is no result must be left as it was. */
static void check_fused_once(const fused_case *c, size_t n, size_t offset, int shift)
{
    const weft_dtype type = c->name.out;
    const size_t size = weft_dtype_size(type), begin = ZONE + offset, end = begin + n * size + ZONE;
    uint64_t b[WEFT_MAX_SCALARS];
    void *got[WEFT_MAX_FUSED_RESULTS], *expected[WEFT_MAX_FUSED_RESULTS];
    const void *a[WEFT_MAX_FUSED_STRIPS], *oracle_a[WEFT_MAX_FUSED_STRIPS];
    for (size_t i = 0; i < WEFT_MAX_SCALARS; i++)
        b[i] = random_element(type) | (size == 4 ? test_bits() << 32 : 0);
    for (unsigned i = 0; i < FUSED_PLACES; i++) {
        memset(fused_got[i], 0x5a, end);
        fill_random(fused_got[i] + begin, type, n);
        memcpy(fused_expected[i], fused_got[i], end);
    }
    for (unsigned i = 0; i < c->a; i++) {
        a[i] = fused_got[2 + i] + begin;
        oracle_a[i] = fused_expected[2 + i] + begin;
    }
    for (unsigned i = 0; i < c->d; i++) {
        unsigned place =
            shift == NO_SHIFT ? (2 + c->a + i) % FUSED_PLACES : (unsigned)(2 + shift) + i;
        got[i] = fused_got[place] + begin;
        expected[i] = fused_expected[place] + begin;
    }
    c->oracle(expected, oracle_a, b, c->k, n);
    c->kernel(got, a, b, c->k, n);
    test_checked++;
    for (unsigned place = 0; place < FUSED_PLACES; place++) {
        const char *x = fused_got[place], *y = fused_expected[place];
        for (size_t i = 0; i < n; i++)
            if (!same(x + begin + i * size, y + begin + i * size, type, 0)) {
                report(&c->name, n, offset, i, shift == NO_SHIFT ? "wrong" : "wrong over operands");
                return;
            }
        for (size_t i = 0; i < end; i++)
            if ((i < begin || i >= begin + n * size) && x[i] != 0x5a) {
                report(&c->name, n, offset, i, "wrote outside its output");
                return;
            }
    }
}

static void check_fused_case(const fused_case *c)
{
    const size_t size = weft_dtype_size(c->name.out);
    for (size_t n = 0; n <= LONGEST; n++)
        check_fused_once(c, n, n * size % 64, NO_SHIFT);
    for (size_t offset = 0; offset < 64; offset += size)
        check_fused_once(c, 67, offset, NO_SHIFT);
    for (int shift = -2; shift <= 2; shift++)
        for (size_t n = 1; n <= LONGEST; n += 31)
            check_fused_once(c, n, n * size % 64, shift);
}

static void check_fused(const weft_kernel_table *level)
{
    for (unsigned op = WEFT_FUSED_FIRST; op < WEFT_FUSED_FIRST + WEFT_FUSED_COUNT; op++)
        for (int t = WEFT_F32; t <= WEFT_F64; t++) {
            const weft_op_row *row = weft_op_row_of(op);
            fused_case c = {{level->name, row->mnemonic, NULL, NULL, (weft_dtype)t, {0}, 0, 0},
                            level->fused[op - WEFT_FUSED_FIRST][t],
                            weft_kernels_scalar.fused[op - WEFT_FUSED_FIRST][t],
                            0,
                            0,
                            0};
            assert(c.kernel && c.oracle);
            for (c.k = row->terms ? 1 : 0; c.k <= row->terms; c.k++) {
                const weft_insn insn = {.op = (uint16_t)op, .k = (uint8_t)c.k};
                c.d = weft_run_width(&insn, 'd');
                c.a = weft_run_width(&insn, 'a');
                c.name.form = c.k;
                check_fused_case(&c);
            }
        }
}

static void check_reductions(const weft_kernel_table *level)
{
    static _Alignas(64) char a[3 * BLOCK_ROOM], b[3 * BLOCK_ROOM];
    static weft_ref_reduction oracle;
    static const size_t lengths[] = {0,   1,    2,    31,   32,   33,   127,  128,  129,
                                     255, 1000, 4000, 4095, 4096, 4097, 8191, 8192, 12288};
    for (unsigned op = 0; op < WEFT_OPCODE_COUNT; op++)
        for (int t = 1; t < WEFT_TYPE_COUNT; t++) {
            const weft_op_row *row = weft_op_row_of(op);
            if (!weft_op_is_reduction(op) || !weft_type_in(row->type_mask, (unsigned)t))
                continue;
            weft_dtype type = (weft_dtype)t, out = weft_reduce_dtype(op, type);
            size_t size = weft_dtype_size(type);
            for (size_t l = 0; l < sizeof lengths / sizeof lengths[0]; l++) {
                uint64_t expected, got = 0;
                size_t n = lengths[l], offset = l * size;
                kernel_case c = {level->name, row->mnemonic, NULL, NULL, out, {0}, 0, 0};
                fill_random(a + offset, type, n);
                fill_random(b + offset, type, n);
                for (size_t i = 0; l % 3 && t >= WEFT_F32 && i < n; i++) { /* no NaN, no infinity */
                    const float x = (float)(int)(test_bits() >> 40) / 1024, y = x / 3;
                    const double wide = (double)x / 7;
                    if (type == WEFT_F32) {
                        memcpy(a + offset + i * 4, &x, 4);
                        memcpy(b + offset + i * 4, &y, 4);
                    } else if (type == WEFT_F64) {
                        memcpy(a + offset + i * 8, &wide, 8);
                    }
                }
                weft_ref_reduce_begin(&oracle, op, type);
                weft_ref_reduce_add(&oracle, a + offset, b + offset, n);
                weft_ref_reduce_end(&oracle, &expected);
                weft_reduce_array(level, op, type, &got, a + offset,
                                  row->form == WEFT_FORM_REDUCE2 ? b + offset : NULL, n);
                test_checked++;
                if (!same((const char *)&got, (const char *)&expected, out, 0))
                    report(&c, n, offset, 0, "wrong reduction");
            }
        }
}

/* --- reductions that are fed strip by strip ----------------------------------------------------
 */

/* What the lanes kernels are to compute, in the words of docs/isa.md. */
#define DEFINE_FEED(tag, T)                                                                        \
    static T apply_##tag(unsigned op, T x, T y)                                                    \
    {                                                                                              \
        return op == WEFT_OP_PROD ? x * y : x + y;                                                 \
    }                                                                                              \
    static void feed_##tag(unsigned op, T *lane, const T *a, const T *b, size_t groups)            \
    {                                                                                              \
        for (size_t g = 0; g < groups; g++)                                                        \
            for (size_t l = 0; l < 32; l++) {                                                      \
                T y[4];                                                                            \
                for (size_t k = 0; k < 4; k++)                                                     \
                    y[k] = a[128 * g + 32 * k + l] *                                               \
                           (op == WEFT_OP_DOT ? b[128 * g + 32 * k + l] : (T)1);                   \
                lane[l] = apply_##tag(                                                             \
                    op, lane[l],                                                                   \
                    apply_##tag(op, apply_##tag(op, y[0], y[1]), apply_##tag(op, y[2], y[3])));    \
            }                                                                                      \
    }
DEFINE_FEED(f32, float)
DEFINE_FEED(f64, double)

enum { FED_MOST = 3 * WEFT_BLOCK + 77 };

/* Numbers of such sizes that their order can be seen; any; those whose sum shows how lanes start.
 */
typedef enum fed_content { ORDERED, ANYTHING, MINUS_ZEROS } fed_content;

static void fill_fed(char *to, weft_dtype type, size_t n, fed_content what)
{
    fill_random(to, type, n);
    for (size_t i = 0; i < n && what != ANYTHING; i++) {
        const double wide = what == MINUS_ZEROS ? -0.0 : 1 + (double)(int64_t)test_bits() * 0x1p-70;
        const float single = (float)wide;
        memcpy(to + i * weft_dtype_size(type),
               type == WEFT_F32 ? (const void *)&single : (const void *)&wide,
               weft_dtype_size(type));
    }
}

/* One call of the level's kernel, on lanes that hold something already. */
static void check_lanes_once(const weft_kernel_table *level, unsigned op, weft_dtype type,
                             size_t groups, size_t offset, fed_content what)
{
    static _Alignas(64) char a[BLOCK_ROOM], b[BLOCK_ROOM];
    static _Alignas(64) char lanes[3 * ZONE + 256], expected[3 * ZONE + 256];
    const kernel_case c = {level->name, "lanes", NULL, NULL, type, {0}, op, 0};
    const size_t size = weft_dtype_size(type), begin = ZONE + offset;
    fill_fed(a + offset, type, groups * WEFT_GROUP, what);
    fill_fed(b + offset, type, groups * WEFT_GROUP, what);
    memset(lanes, 0x5a, sizeof lanes);
    fill_fed(lanes + begin, type, WEFT_LANES, what);
    memcpy(expected, lanes, sizeof lanes);
    level->lanes[op - WEFT_OP_SUM][type](lanes + begin, a + offset,
                                         op == WEFT_OP_DOT ? b + offset : NULL, groups);
    if (type == WEFT_F32)
        feed_f32(op, (float *)(void *)(expected + begin), (const float *)(const void *)(a + offset),
                 (const float *)(const void *)(b + offset), groups);
    else
        feed_f64(op, (double *)(void *)(expected + begin),
                 (const double *)(const void *)(a + offset),
                 (const double *)(const void *)(b + offset), groups);
    test_checked++;
    for (size_t l = 0; l < WEFT_LANES; l++)
        if (!same(lanes + begin + l * size, expected + begin + l * size, type, 0)) {
            report(&c, groups, offset, l, "wrong lane");
            return;
        }
    for (size_t i = 0; i < sizeof lanes; i++)
        if ((i < begin || i >= begin + WEFT_LANES * size) && lanes[i] != 0x5a) {
            report(&c, groups, offset, i, "wrote outside the lanes");
            return;
        }
}

/* One block of n elements of which at most `strip` come at once. */
static uint64_t feed_block(const weft_kernel_table *level, unsigned op, weft_dtype type,
                           const char *a, const char *b, size_t n, size_t strip)
{
    double lanes[WEFT_LANES];
    const size_t size = weft_dtype_size(type), whole = n / WEFT_GROUP * WEFT_GROUP;
    weft_reduce_lanes_begin(op, type, lanes);
    for (size_t done = 0; done < whole; done += strip) {
        const size_t count = whole - done < strip ? whole - done : strip;
        level->lanes[op - WEFT_OP_SUM][type](lanes, a + done * size, b ? b + done * size : NULL,
                                             count / WEFT_GROUP);
    }
    weft_reduce_lanes_rest(level, op, type, lanes, a + whole * size, b ? b + whole * size : NULL,
                           n - whole);
    return weft_reduce_lanes_end(op, type, lanes);
}

/* Strips, blocks and the tree give the bits of the reference. */
static void check_fed_once(const weft_kernel_table *level, unsigned op, weft_dtype type, size_t n,
                           size_t strip, fed_content what)
{
    static _Alignas(64) char a[8 * FED_MOST + 64], b[8 * FED_MOST + 64];
    static weft_ref_reduction oracle;
    const kernel_case c = {level->name, "fed", NULL, NULL, type, {0}, op, 0};
    const size_t size = weft_dtype_size(type), offset = size * (n % 8);
    weft_reduce_tree tree = {{0}, 0};
    uint64_t expected, got;
    fill_fed(a + offset, type, n, what);
    fill_fed(b + offset, type, n, what);
    weft_ref_reduce_begin(&oracle, op, type);
    weft_ref_reduce_add(&oracle, a + offset, b + offset, n);
    weft_ref_reduce_end(&oracle, &expected);
    for (size_t done = 0; done < n; done += WEFT_BLOCK) {
        const size_t at = offset + done * size, left = n - done;
        weft_reduce_push(&tree, op, type,
                         feed_block(level, op, type, a + at, op == WEFT_OP_DOT ? b + at : NULL,
                                    left < WEFT_BLOCK ? left : WEFT_BLOCK, strip));
    }
    got = n ? weft_reduce_finish(&tree, op, type) : weft_reduce_nothing(op, type);
    test_checked++;
    if (!same((const char *)&got, (const char *)&expected, type, 0))
        report(&c, n, offset, strip, "wrong reduction by strips");
}

static void check_lanes(const weft_kernel_table *level)
{
    static const size_t groups[] = {0, 1, 2, 31, 32};
    static const size_t lengths[] = {0,    1,    2,    127,  128,  129,   300,     3968,
                                     4095, 4096, 4097, 8191, 8192, 12288, FED_MOST};
    for (unsigned op = WEFT_OP_SUM; op <= WEFT_OP_DOT; op++)
        for (int t = WEFT_F32; t <= WEFT_F64; t++) {
            for (size_t i = 0; i < sizeof groups / sizeof groups[0]; i++)
                for (size_t offset = 0; offset < 64; offset += weft_dtype_size((weft_dtype)t)) {
                    check_lanes_once(level, op, (weft_dtype)t, groups[i], offset, ANYTHING);
                    check_lanes_once(level, op, (weft_dtype)t, groups[i], offset, ORDERED);
                }
            for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++)
                for (size_t strip = WEFT_GROUP; strip <= WEFT_BLOCK; strip += 3 * WEFT_GROUP) {
                    check_fed_once(level, op, (weft_dtype)t, lengths[i], strip, ORDERED);
                    check_fed_once(level, op, (weft_dtype)t, lengths[i], strip, ANYTHING);
                    check_fed_once(level, op, (weft_dtype)t, lengths[i], strip, MINUS_ZEROS);
                }
        }
}

/* The place of a value: first of equals, NaN among NaNs only, and none where there is none. */
static void check_find(const weft_kernel_table *level)
{
    enum { MOST = 1500 };
    static double x[MOST];
    const kernel_case c = {level->name, "find", NULL, NULL, WEFT_F64, {0}, 0, 0};
    const double values[] = {2, NAN, -0.0};
    for (size_t v = 0; v < sizeof values / sizeof values[0]; v++)
        for (size_t n = 0; n <= MOST; n += 1 + n / 7) {
            for (size_t i = 0; i < MOST; i++)
                x[i] = isnan(values[v]) ? INFINITY : 1;
            test_checked++;
            if (n < MOST)
                x[n] = values[v]; /* behind what is looked at */
            if (weft_reduce_find(level, WEFT_F64, &values[v], x, n) != -1)
                report(&c, n, 0, v, "found behind the end");
            for (size_t at = 0; at < n; at += 1 + n / 5) {
                x[n - 1] = values[v];
                x[at] = values[v];
                if (weft_reduce_find(level, WEFT_F64, &values[v], x, n) != (int64_t)at)
                    report(&c, n, 0, at, "not the first");
                x[at] = 1;
            }
        }
}

/* The sums of moments are those of the differences and of their squares in double, in the order of
 * every sum of doubles. */
static void check_moments(const weft_kernel_table *level)
{
    enum { MOST = 5 * WEFT_BLOCK + 77 };
    static double x[MOST], d[MOST], squares[MOST];
    static float single[MOST];
    static weft_ref_reduction oracle;
    const kernel_case c = {level->name, "moments", NULL, NULL, WEFT_F64, {0}, 0, 0};
    for (size_t n = 0; n <= MOST; n += n < 300 ? 1 : n < 5000 ? 211 : 1024) {
        const double shift = n % 3 ? (double)(int)(n % 1000) / 7 : 0;
        uint64_t expected[2], got[2];
        for (int t = WEFT_F32; t <= WEFT_F64; t++) {
            for (size_t i = 0; i < n; i++) {
                single[i] = (float)(int)(test_bits() >> 40) / 1021;
                x[i] = (double)(int64_t)test_bits() / 1021;
                d[i] = (t == WEFT_F32 ? (double)single[i] : x[i]) - shift;
                squares[i] = d[i] * d[i];
            }
            for (int i = 0; i < 2; i++) {
                weft_ref_reduce_begin(&oracle, WEFT_OP_SUM, WEFT_F64);
                weft_ref_reduce_add(&oracle, i ? squares : d, NULL, n);
                weft_ref_reduce_end(&oracle, &expected[i]);
            }
            double moments[2];
            weft_reduce_moments(level, (weft_dtype)t, shift, t == WEFT_F32 ? (void *)single : x, n,
                                moments);
            memcpy(got, moments, sizeof got);
            test_checked++;
            if (memcmp(got, expected, sizeof got) != 0)
                report(&c, n, 0, (size_t)t, "wrong sums");
        }
    }
}

static void check_level(const weft_kernel_table *level)
{
    check_elementwise(level);
    check_conversions(level);
    check_fused(level);
    check_reductions(level);
    check_lanes(level);
    check_find(level);
    check_moments(level);
}

int main(int argc, char **argv)
{
    return test_each_level(argc, argv, 100000, check_level);
}
