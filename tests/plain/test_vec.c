/* tests/plain/test_vec.c: the dispatcher (weft/vec.h): every function by its own name, at every
 * type, on both its paths, against the direct API (weft/ops.h) to the last bit; which path ran;
 * in-place use and overlap, bad input, levels, the programs that it keeps. Threads:
 * tests/tsan/cache.c; failing allocations: test_alloc_failure.c. */
#include <stdlib.h>
#include <string.h>

#include "isa/isa.h"
#include "simd/levels.h"
#include "tests/support/support.h"

enum { MOST = 12300, BYTES = MOST * 8, OPERANDS = 3, PATHS = 2 };
enum { INLINE, PROGRAM }; /* paths */
enum { UNTOUCHED = 0xc5 };

#define VOID(p) ((void *)(uintptr_t)(p))

static const size_t sizes[] = {1, 2, 255, 4096, 10000};
static const size_t reduced[] = {0, 1, 255, 4095, 4096, 4097, 8191, 8192, 8193, 12288, 12289};

/* --- operands --------------------------------------------------------------------------------- */

/* WILD has special values among the others; TAME floats have sums that are numbers. */
enum { WILD, TAME, KINDS };
static _Alignas(64) unsigned char operands[KINDS][OPERANDS][WEFT_TYPE_COUNT][BYTES];
static _Alignas(64) unsigned char got[BYTES], expected[BYTES];
#define IN(kind, operand, TYPE) VOID(operands[kind][operand][WEFT_##TYPE])

static uint64_t random_bits(void)
{
    static uint64_t state = 0x5eed2026;
    state ^= state << 13;
    state ^= state >> 7;
    return state ^= state << 17;
}

static double random_float(bool wild)
{
    static const double special[] = {0.0,    -0.0, 1.0,   -1.0, 1e300 * 1e300, -1e300 * 1e300,
                                     1e-310, 3e38, 1e-42, 0.5,  2147483648.0};
    const uint64_t bits = random_bits();
    if (wild && bits % 8 == 0)
        return bits % 128 ? special[bits / 8 % COUNT(special)] : special[4] - special[4]; /* NaN */
    return ((double)(bits >> 11) / (double)(UINT64_C(1) << 53) - 0.5) * 16;
}

static void fill_operand(weft_dtype type, unsigned char *to, bool wild)
{
    for (size_t i = 0; i < MOST; i++) {
        const double number = random_float(wild);
        const float single = (float)number;
        uint64_t bits = random_bits();
        if (type == WEFT_BOOL)
            bits &= 1;
        else if (bits % 8 == 0)
            bits = bits % 16 ? 0 : UINT64_MAX << (8 * weft_dtype_size(type) - 1); /* lowest */
        if (type == WEFT_F64)
            memcpy(&bits, &number, sizeof number);
        else if (type == WEFT_F32)
            memcpy(&bits, &single, sizeof single);
        memcpy(to + i * weft_dtype_size(type), &bits, weft_dtype_size(type)); /* little-endian */
    }
}

static void fill_operands(void)
{
    for (int kind = 0; kind < KINDS; kind++)
        for (int operand = 0; operand < OPERANDS; operand++)
            for (int type = 1; type < WEFT_TYPE_COUNT; type++)
                fill_operand((weft_dtype)type, operands[kind][operand][type], kind == WILD);
}

/* --- comparing -------------------------------------------------------------------------------- */

static bool is_nan(weft_dtype type, const unsigned char *element)
{
    uint64_t bits = 0;
    memcpy(&bits, element, weft_dtype_size(type));
    switch (type) {
    case WEFT_F16:
        return (bits & 0x7fff) > 0x7c00;
    case WEFT_BF16:
        return (bits & 0x7fff) > 0x7f80;
    case WEFT_F32:
        return (bits & 0x7fffffff) > 0x7f800000;
    case WEFT_F64:
        return (bits & INT64_MAX) > UINT64_C(0x7ff0000000000000);
    default:
        return false;
    }
}

/* Elements 0 to n - 1 of got are those of expected, where NaN is NaN, and nothing lies behind. */
static bool as_expected(weft_dtype type, size_t n)
{
    const size_t size = weft_dtype_size(type);
    if (memcmp(got, expected, BYTES) == 0)
        return true;
    for (size_t at = 0; at < n * size; at += size)
        if (memcmp(got + at, expected + at, size) != 0 &&
            !(is_nan(type, got + at) && is_nan(type, expected + at)))
            return false;
    return memcmp(got + n * size, expected + n * size, BYTES - n * size) == 0;
}

static weft_context *contexts[PATHS];

static weft_stats stats_of(const weft_context *context)
{
    weft_stats stats = {.size = sizeof stats};
    EXPECT(weft_stats_read(context, &stats) == WEFT_OK);
    return stats;
}

/* What the last calls on a context went through since `before`. */
static bool went(const weft_context *context, const weft_stats *before, uint64_t inlined,
                 uint64_t programs)
{
    const weft_stats after = stats_of(context);
    return after.vec_inline - before->vec_inline == inlined &&
           after.vec_programs - before->vec_programs == programs;
}

static unsigned long calls;
static weft_context *context; /* of the present path */
static bool program_path;
static weft_stats counted;

/* The context of a path, for a call on n elements. */
static void begin(int path, size_t n)
{
    context = contexts[path];
    program_path = path == PROGRAM && n > 1;
    counted = stats_of(context);
    memset(got, UNTOUCHED, BYTES);
}

static void check(const char *name, weft_dtype type, size_t n, size_t outputs, weft_status status)
{
    if (status)
        test_die("%s, n = %zu: %s", name, n, weft_status_text(status));
    if (!went(context, &counted, !program_path, program_path))
        test_die("%s, n = %zu: the wrong path", name, n);
    if (!as_expected(type, outputs))
        test_die("%s to %s, n = %zu, %s: other bits", name, weft_dtype_name(type), n,
                 program_path ? "as a program" : "inline");
    calls++;
}

/* The direct call for each size, and the dispatcher's on each path. `outputs`: elements of the
 * result; all of them are expressions of n. */
#define COMPARE(name, list, result_type, outputs, direct_call, vec_call)                           \
    for (size_t s = 0; s < COUNT(list); s++) {                                                     \
        const size_t n = (list)[s];                                                                \
        memset(expected, UNTOUCHED, BYTES);                                                        \
        EXPECT((direct_call) == WEFT_OK);                                                          \
        for (int path = 0; path < PATHS; path++) {                                                 \
            begin(path, n);                                                                        \
            check(name, result_type, n, outputs, vec_call);                                        \
        }                                                                                          \
    }

/* One function for each of the direct API, which compilers get through faster than through one of
 * them all: CASE first defines and then calls it. */
#define CASE(id, ...)                                                                              \
    static void case_##id(void)                                                                    \
    {                                                                                              \
        __VA_ARGS__                                                                                \
    }
#define DIRECT_UNARY(NAME, op, TYPE, tag, T)                                                       \
    CASE(op##_##tag, COMPARE(#op, sizes, WEFT_##TYPE, n,                                           \
                             weft_##op##_##tag(VOID(expected), IN(WILD, 0, TYPE), n),              \
                             weft_vec_##op(context, WEFT_##TYPE, got, IN(WILD, 0, TYPE), n)))
#define BINARY(op, TYPE, tag, T, RESULT)                                                           \
    CASE(                                                                                          \
        op##_##tag, T scalar; memcpy(&scalar, operands[TAME][1][WEFT_##TYPE], sizeof scalar);      \
        COMPARE(#op, sizes, WEFT_##RESULT, n,                                                      \
                weft_##op##_##tag(VOID(expected), IN(WILD, 0, TYPE), IN(WILD, 1, TYPE), n),        \
                weft_vec_##op(context, WEFT_##TYPE, got, IN(WILD, 0, TYPE), IN(WILD, 1, TYPE), n)) \
            COMPARE(#op "s", sizes, WEFT_##RESULT, n,                                              \
                    weft_##op##s_##tag(VOID(expected), IN(WILD, 0, TYPE), scalar, n),              \
                    weft_vec_##op##s(context, WEFT_##TYPE, got, IN(WILD, 0, TYPE), &scalar, n)))
#define DIRECT_BINARY(NAME, op, TYPE, tag, T)  BINARY(op, TYPE, tag, T, TYPE)
#define DIRECT_COMPARE(NAME, op, TYPE, tag, T) BINARY(op, TYPE, tag, T, BOOL)
#define DIRECT_TERNARY(NAME, op, TYPE, tag, T)                                                     \
    CASE(op##_##tag, COMPARE(#op, sizes, WEFT_##TYPE, n,                                           \
                             weft_##op##_##tag(VOID(expected), IN(WILD, 0, TYPE),                  \
                                               IN(WILD, 1, TYPE), IN(WILD, 2, TYPE), n),           \
                             weft_vec_##op(context, WEFT_##TYPE, got, IN(WILD, 0, TYPE),           \
                                           IN(WILD, 1, TYPE), IN(WILD, 2, TYPE), n)))
#define DIRECT_SELECT(TYPE, tag, T)                                                                \
    CASE(sel_##tag, COMPARE("sel", sizes, WEFT_##TYPE, n,                                          \
                            weft_sel_##tag(VOID(expected), IN(WILD, 2, BOOL), IN(WILD, 0, TYPE),   \
                                           IN(WILD, 1, TYPE), n),                                  \
                            weft_vec_sel(context, WEFT_##TYPE, got, IN(WILD, 2, BOOL),             \
                                         IN(WILD, 0, TYPE), IN(WILD, 1, TYPE), n)))
#define DIRECT_MOVE(TYPE, tag, T) DIRECT_UNARY(MOV, mov, TYPE, tag, T)
#define DIRECT_FILL(TYPE, tag, T)                                                                  \
    CASE(fill_##tag, T value; memcpy(&value, operands[WILD][0][WEFT_##TYPE], sizeof value);        \
         COMPARE("fill", sizes, WEFT_##TYPE, n, weft_fill_##tag(VOID(expected), value, n),         \
                 weft_vec_fill(context, WEFT_##TYPE, got, &value, n)))
#define DIRECT_CONVERT(TO, to, TO_T, FROM, from, FROM_T)                                           \
    CASE(cvt_##to##_##from,                                                                        \
         COMPARE("cvt", sizes, WEFT_##TO, n,                                                       \
                 weft_cvt_##to##_##from(VOID(expected), IN(WILD, 0, FROM), n),                     \
                 weft_vec_cvt(context, WEFT_##TO, WEFT_##FROM, got, IN(WILD, 0, FROM), n)))
#define REDUCE(kind, NAME, op, TYPE, tag)                                                          \
    COMPARE(#op, reduced, weft_reduce_dtype(WEFT_OP_##NAME, WEFT_##TYPE), 1,                       \
            weft_##op##_##tag(VOID(expected), IN(kind, 0, TYPE), n),                               \
            weft_vec_##op(context, WEFT_##TYPE, got, IN(kind, 0, TYPE), n))
#define DIRECT_REDUCE(NAME, op, TYPE, tag, T, R)                                                   \
    CASE(op##_##tag, REDUCE(WILD, NAME, op, TYPE, tag) REDUCE(TAME, NAME, op, TYPE, tag))
#define DIRECT_REDUCE2(NAME, op, TYPE, tag, T, R)                                                  \
    CASE(op##_##tag,                                                                               \
         COMPARE(                                                                                  \
             #op, reduced, weft_reduce_dtype(WEFT_OP_##NAME, WEFT_##TYPE), 1,                      \
             weft_##op##_##tag(VOID(expected), IN(TAME, 0, TYPE), IN(TAME, 1, TYPE), n),           \
             weft_vec_##op(context, WEFT_##TYPE, got, IN(TAME, 0, TYPE), IN(TAME, 1, TYPE), n)))
#include "vm/ops_api.inc"
#undef CASE
#define CASE(id, ...) case_##id();

static void compare_with_direct(void)
{
#include "vm/ops_api.inc"
    printf("%lu calls compared with the direct API\n", calls);
    EXPECT(calls > 8000);
}

/* Mean and variance have no instruction; what they have in common with the others is the bits. */
static void compare_moments(void)
{
#define MOMENTS(TYPE, tag, kind)                                                                   \
    COMPARE("mean", reduced, WEFT_##TYPE, 1,                                                       \
            weft_mean_##tag(VOID(expected), IN(kind, 0, TYPE), n),                                 \
            weft_vec_mean(context, WEFT_##TYPE, got, IN(kind, 0, TYPE), n))                        \
    for (size_t ddof = 0; ddof < 3; ddof++)                                                        \
    COMPARE("var", reduced, WEFT_##TYPE, 1,                                                        \
            weft_var_##tag(VOID(expected), IN(kind, 0, TYPE), ddof, n),                            \
            weft_vec_var(context, WEFT_##TYPE, got, IN(kind, 0, TYPE), ddof, n))
    MOMENTS(F32, f32, TAME)
    MOMENTS(F64, f64, TAME)
    MOMENTS(F32, f32, WILD)
    MOMENTS(F64, f64, WILD)
}

/* --- chosen at run time ----------------------------------------------------------------------- */

/* Every operation and type, possible or not, as weft_apply has it. */
static void compare_apply(void)
{
    const size_t n = 300;
    unsigned good = 0;
    for (unsigned op = 0; op <= weft_op_count(); op++)
        for (unsigned type = 0; type <= WEFT_TYPE_COUNT; type++) {
            const bool select = op == WEFT_OP_SEL;
            const unsigned known = type % WEFT_TYPE_COUNT;
            const void *inputs[3];
            for (int i = 0; i < 3; i++)
                inputs[i] = select ? operands[WILD][(i + 2) % 3][i ? known : WEFT_BOOL]
                                   : operands[WILD][i][known];
            memset(expected, UNTOUCHED, BYTES);
            const weft_status status = weft_apply(op, (weft_dtype)type, expected, inputs, n);
            weft_dtype result = (weft_dtype)known;
            if (!status && weft_op_is_reduction(op))
                result = weft_reduce_dtype(op, result);
            if (!status && weft_op_row_of(op)->form == WEFT_FORM_COMPARE)
                result = WEFT_BOOL;
            for (int path = 0; path < PATHS; path++) {
                begin(path, n);
                const weft_status mine =
                    weft_vec_apply(context, op, (weft_dtype)type, got, inputs, n);
                EXPECT(mine == status);
                EXPECT(went(context, &counted, !status && !program_path, !status && program_path));
                EXPECT(as_expected(status ? WEFT_U8 : result, status                     ? BYTES
                                                              : weft_op_is_reduction(op) ? 1
                                                                                         : n));
            }
            good += !status;
        }
    EXPECT(good > 400);
}

/* --- where arrays may lie --------------------------------------------------------------------- */

static void start_in_place(unsigned char *memory, weft_dtype type)
{
    memcpy(memory, operands[WILD][0][type], BYTES);
}

/* dst is a, or b, or both; on either path the same as apart. */
static void in_place(int path, size_t n)
{
    const weft_dtype f32 = WEFT_F32;
    const void *const a = operands[WILD][0][f32], *const b = operands[WILD][1][f32];
    start_in_place(expected, f32);
    EXPECT(weft_apply(WEFT_OP_SUB, f32, expected, (const void *[]){a, b}, n) == WEFT_OK);
    begin(path, n);
    start_in_place(got, f32);
    check("sub to a", f32, n, n, weft_vec_sub(context, f32, got, got, b, n));
    memcpy(expected, b, BYTES);
    EXPECT(weft_apply(WEFT_OP_SUB, f32, expected, (const void *[]){a, b}, n) == WEFT_OK);
    begin(path, n);
    memcpy(got, b, BYTES);
    check("sub to b", f32, n, n, weft_vec_sub(context, f32, got, a, got, n));
    start_in_place(expected, f32);
    EXPECT(weft_apply(WEFT_OP_MUL, f32, expected, (const void *[]){a, a}, n) == WEFT_OK);
    begin(path, n);
    start_in_place(got, f32);
    check("mul to both", f32, n, n, weft_vec_mul(context, f32, got, got, got, n));
}

/* dst is an input whose elements have the same size but another type: the calling thread's work. */
static void in_place_as_another(int path, size_t n)
{
    start_in_place(expected, WEFT_F32);
    EXPECT(weft_cvt_i32_f32(VOID(expected), VOID(expected), n) == WEFT_OK);
    begin(path, n);
    program_path = false;
    start_in_place(got, WEFT_F32);
    check("cvt in place", WEFT_I32, n, n, weft_vec_cvt(context, WEFT_I32, WEFT_F32, got, got, n));
    start_in_place(expected, WEFT_U8);
    EXPECT(weft_lt_u8(expected, IN(WILD, 1, U8), expected, n) == WEFT_OK);
    begin(path, n);
    program_path = false;
    start_in_place(got, WEFT_U8);
    check("lt in place", WEFT_BOOL, n, n,
          weft_vec_lt(context, WEFT_U8, got, IN(WILD, 1, U8), got, n));
    start_in_place(expected, WEFT_BOOL);
    EXPECT(weft_sel_i8(VOID(expected), expected, IN(WILD, 0, I8), IN(WILD, 1, I8), n) == WEFT_OK);
    begin(path, n);
    program_path = false;
    start_in_place(got, WEFT_BOOL);
    check("sel in place", WEFT_I8, n, n,
          weft_vec_sel(context, WEFT_I8, got, got, IN(WILD, 0, I8), IN(WILD, 1, I8), n));
    /* the same type: a program like any other */
    start_in_place(expected, WEFT_BOOL);
    EXPECT(weft_sel_b8(expected, expected, IN(WILD, 1, BOOL), IN(WILD, 2, BOOL), n) == WEFT_OK);
    begin(path, n);
    start_in_place(got, WEFT_BOOL);
    check("sel of bool", WEFT_BOOL, n, n,
          weft_vec_sel(context, WEFT_BOOL, got, got, IN(WILD, 1, BOOL), IN(WILD, 2, BOOL), n));
}

/* Single values that lie in an array which is written, or read. */
static void values_inside(int path, size_t n)
{
    double scalar;
    memcpy(&scalar, operands[TAME][0][WEFT_F64] + 8, sizeof scalar);
    memset(expected, UNTOUCHED, BYTES);
    EXPECT(weft_muls_f64(VOID(expected), IN(TAME, 0, F64), scalar, n) == WEFT_OK);
    begin(path, n);
    memcpy(got, operands[TAME][0][WEFT_F64], n * sizeof scalar);
    check("muls by its own element", WEFT_F64, n, n,
          weft_vec_muls(context, WEFT_F64, got, got, got + 8, n));
    memset(expected, UNTOUCHED, BYTES);
    EXPECT(weft_fill_f64(VOID(expected), scalar, n) == WEFT_OK);
    begin(path, n);
    memcpy(got, operands[TAME][0][WEFT_F64], n * sizeof scalar);
    check("fill with its own element", WEFT_F64, n, n,
          weft_vec_fill(context, WEFT_F64, got, got + 8, n));
    memcpy(expected, operands[TAME][0][WEFT_F64], BYTES);
    EXPECT(weft_sum_f64(VOID(expected + 8), IN(TAME, 0, F64), n) == WEFT_OK);
    begin(path, n);
    memcpy(got, operands[TAME][0][WEFT_F64], BYTES);
    check("sum into its input", WEFT_F64, n, n, weft_vec_sum(context, WEFT_F64, got + 8, got, n));
    begin(path, n);
    EXPECT(weft_var_f64(VOID(expected + 8), IN(TAME, 0, F64), 1, n) == WEFT_OK);
    memcpy(got, operands[TAME][0][WEFT_F64], BYTES);
    check("var into its input", WEFT_F64, n, n,
          weft_vec_var(context, WEFT_F64, got + 8, got, 1, n));
}

static void test_places(void)
{
    for (int path = 0; path < PATHS; path++)
        for (size_t s = 1; s < COUNT(sizes); s++) {
            in_place(path, sizes[s]);
            in_place_as_another(path, sizes[s]);
            values_inside(path, sizes[s]);
        }
}

/* --- bad input -------------------------------------------------------------------------------- */

#define REFUSED(call) EXPECT((call) == WEFT_ERR_ARG)

static void refused_elementwise(weft_context *c, size_t n)
{
    unsigned char *y = got, *a = VOID(operands[WILD][0][WEFT_F32]);
    const weft_dtype f32 = WEFT_F32;
    REFUSED(weft_vec_neg(NULL, f32, y, a, n));
    REFUSED(weft_vec_neg(c, f32, NULL, a, n));
    REFUSED(weft_vec_neg(c, f32, y, NULL, n));
    REFUSED(weft_vec_neg(c, WEFT_NONE, y, a, n));
    REFUSED(weft_vec_neg(c, WEFT_F16, y, a, n));
    REFUSED(weft_vec_neg(c, WEFT_TYPE_COUNT, y, a, n));
    REFUSED(weft_vec_neg(c, (weft_dtype)(WEFT_F32 + 256), y, a, n)); /* of which 8 bits are f32 */
    REFUSED(weft_vec_neg(c, f32, y, a, SIZE_MAX));
    REFUSED(weft_vec_neg(c, f32, y, a, SIZE_MAX / 4));
    REFUSED(weft_vec_add(c, f32, y, a, NULL, n));
    REFUSED(weft_vec_adds(c, f32, y, NULL, a, n));
    REFUSED(weft_vec_adds(c, f32, y, a, NULL, n));
    REFUSED(weft_vec_adds(NULL, f32, y, a, a, n));
    REFUSED(weft_vec_fma(c, f32, y, a, a, NULL, n));
    REFUSED(weft_vec_fma(c, WEFT_I32, y, a, a, a, n));
    REFUSED(weft_vec_lt(c, f32, NULL, a, a, n));
    REFUSED(weft_vec_lts(c, f32, y, a, NULL, n));
    REFUSED(weft_vec_lt(c, WEFT_BOOL, y, a, a, n));
    REFUSED(weft_vec_sel(c, f32, y, NULL, a, a, n));
    REFUSED(weft_vec_sel(c, f32, y, a, a, NULL, n));
    REFUSED(weft_vec_sel(NULL, f32, y, a, a, a, n));
    REFUSED(weft_vec_sel(c, WEFT_NONE, y, a, a, a, n));
    REFUSED(weft_vec_mov(c, WEFT_NONE, y, a, n));
    REFUSED(weft_vec_fill(c, f32, y, NULL, n));
    REFUSED(weft_vec_fill(c, f32, NULL, a, n));
    REFUSED(weft_vec_fill(c, WEFT_NONE, y, a, n));
    REFUSED(weft_vec_fill(NULL, f32, y, a, n));
    REFUSED(weft_vec_cvt(NULL, f32, WEFT_I8, y, a, n));
    REFUSED(weft_vec_cvt(c, f32, WEFT_NONE, y, a, n));
    REFUSED(weft_vec_cvt(c, WEFT_NONE, f32, y, a, n));
    REFUSED(weft_vec_cvt(c, f32, (weft_dtype)256, y, a, n));
    REFUSED(weft_vec_cvt(c, f32, WEFT_I8, y, NULL, n));
}

static void refused_overlaps(weft_context *c, size_t n)
{
    unsigned char *y = got + 64, *a = VOID(operands[WILD][0][WEFT_F32]);
    const weft_dtype f32 = WEFT_F32;
    REFUSED(weft_vec_add(c, f32, y, y + 4, a, n));
    REFUSED(weft_vec_add(c, f32, y, a, y - 4, n));
    REFUSED(weft_vec_fma(c, f32, y, a, a, y + 4, n));
    REFUSED(weft_vec_lt(c, f32, y, y, a, n));
    REFUSED(weft_vec_sel(c, f32, y, y + 4, a, a, n)); /* among the conditions */
    REFUSED(weft_vec_cvt(c, f32, WEFT_F64, y, y, n));
    REFUSED(weft_vec_cvt(c, f32, WEFT_I32, y, y + 4, n));
    REFUSED(weft_vec_mov(c, WEFT_U8, y, y - 1, n));
    REFUSED(weft_vec_muls(c, WEFT_U8, y, y + 1, a, n));
}

static void refused_reductions(weft_context *c, size_t n)
{
    unsigned char *y = got, *a = VOID(operands[WILD][0][WEFT_F32]);
    const weft_dtype f32 = WEFT_F32;
    REFUSED(weft_vec_sum(NULL, f32, y, a, n));
    REFUSED(weft_vec_sum(c, f32, NULL, a, n));
    REFUSED(weft_vec_sum(c, f32, y, NULL, n));
    REFUSED(weft_vec_sum(c, f32, NULL, NULL, 0));
    REFUSED(weft_vec_sum(c, WEFT_BF16, y, a, n));
    REFUSED(weft_vec_sum(c, (weft_dtype)(WEFT_F32 + 256), y, a, n));
    REFUSED(weft_vec_sum(c, f32, y, a, SIZE_MAX));
    REFUSED(weft_vec_any(c, WEFT_U8, y, a, n));
    REFUSED(weft_vec_dot(c, f32, y, a, NULL, n));
    REFUSED(weft_vec_mean(NULL, f32, y, a, n));
    REFUSED(weft_vec_mean(c, WEFT_I32, y, a, n));
    REFUSED(weft_vec_mean(c, f32, NULL, a, n));
    REFUSED(weft_vec_var(c, f32, y, NULL, 0, n));
    REFUSED(weft_vec_var(c, WEFT_NONE, y, a, 0, n));
    REFUSED(weft_vec_apply(NULL, WEFT_OP_ADD, f32, y, (const void *[]){a, a}, n));
    REFUSED(weft_vec_apply(c, WEFT_OP_ADD, f32, y, NULL, n));
    REFUSED(weft_vec_apply(c, WEFT_OP_ADD, f32, y, (const void *[]){a, NULL}, n));
    REFUSED(weft_vec_apply(c, WEFT_OP_SUM, f32, NULL, (const void *[]){a}, n));
    REFUSED(weft_vec_apply(c, WEFT_OP_SUM, f32, y, NULL, n));
}

static void test_bad_input(void)
{
    for (int path = 0; path < PATHS; path++) {
        begin(path, 100);
        memset(expected, UNTOUCHED, BYTES);
        refused_elementwise(context, 100);
        refused_overlaps(context, 100);
        refused_reductions(context, 100);
        EXPECT(memcmp(got, expected, BYTES) == 0 && went(context, &counted, 0, 0));
        /* nothing to do */
        EXPECT(weft_vec_add(context, WEFT_F32, NULL, NULL, NULL, 0) == WEFT_OK);
        EXPECT(weft_vec_adds(context, WEFT_F32, NULL, NULL, NULL, 0) == WEFT_OK);
        EXPECT(weft_vec_fill(context, WEFT_F32, NULL, NULL, 0) == WEFT_OK);
        EXPECT(weft_vec_apply(context, WEFT_OP_ADD, WEFT_F32, NULL, NULL, 0) == WEFT_OK);
        EXPECT(memcmp(got, expected, BYTES) == 0);
        EXPECT(test_context_works(context));
    }
}

/* --- options, cache, levels ------------------------------------------------------------------- */

static weft_context *context_with(uint32_t level, uint64_t inline_elements)
{
    weft_context_options options = {
        .size = sizeof options, .level = level, .inline_elements = inline_elements};
    weft_context *made;
    EXPECT(weft_context_create(&options, &made) == WEFT_OK);
    return made;
}

static void test_threshold(void)
{
    static const uint64_t limits[] = {0, 5, 300};
    for (size_t i = 0; i < COUNT(limits); i++) {
        weft_context *c = context_with(0, limits[i]);
        const size_t limit = limits[i] ? limits[i] : WEFT_DEFAULT_INLINE_ELEMENTS;
        unsigned char *a = calloc(limit + 1, 1), *y = calloc(limit + 1, 1);
        EXPECT(a && y);
        weft_stats before = stats_of(c);
        EXPECT(weft_vec_not(c, WEFT_U8, y, a, limit) == WEFT_OK);
        EXPECT(went(c, &before, 1, 0) && y[0] == 255 && y[limit - 1] == 255 && y[limit] == 0);
        EXPECT(weft_vec_not(c, WEFT_U8, y, a, limit + 1) == WEFT_OK);
        EXPECT(went(c, &before, 1, 1) && y[limit] == 255);
        free(a);
        free(y);
        weft_context_destroy(c);
    }
}

/* A program for each operation, type and form, made once; nothing is allocated for a call but by
 * the run itself, and nothing locked to be changed. */
static void test_programs_are_kept(void)
{
    weft_context *c = context_with(0, 1);
    float a[4] = {1, 2, 3, 4}, y[4];
    double d[4];
    weft_stats stats[3];
    for (int round = 0; round < 3; round++) {
        EXPECT(weft_vec_add(c, WEFT_F32, y, a, a, 4) == WEFT_OK && y[3] == 8);
        EXPECT(weft_vec_adds(c, WEFT_F32, y, a, a, 4) == WEFT_OK && y[3] == 5);
        EXPECT(weft_vec_sub(c, WEFT_F32, y, a, a, 4) == WEFT_OK && y[3] == 0);
        EXPECT(weft_vec_adds(c, WEFT_I32, y, a, a, 4) == WEFT_OK);
        EXPECT(weft_vec_cvt(c, WEFT_F64, WEFT_F32, d, a, 4) == WEFT_OK && d[3] == 4);
        EXPECT(weft_vec_cvt(c, WEFT_F64, WEFT_I32, d, a, 4) == WEFT_OK && d[0] == 0x3f800000);
        EXPECT(weft_vec_sum(c, WEFT_F32, y, a, 4) == WEFT_OK && y[0] == 10);
        EXPECT(weft_vec_prod(c, WEFT_F32, y, a, 4) == WEFT_OK && y[0] == 24);
        EXPECT(weft_vec_var(c, WEFT_F32, y, a, 0, 4) == WEFT_OK && y[0] == 1.25f);
        EXPECT(weft_vec_var(c, WEFT_F64, d + 2, d, 0, 2) == WEFT_OK);
        stats[round] = stats_of(c);
    }
    EXPECT(stats[0].cache_misses == 10 && stats[0].cache_hits == 2); /* var's second passes */
    EXPECT(stats[2].cache_misses == 10 && stats[2].cache_hits == 2 + 2 * 12);
    EXPECT(stats[2].vec_programs == 30 && stats[2].vec_inline == 0);
    EXPECT(stats[1].exclusive_locks == stats[2].exclusive_locks);

    static const char text[] = ".in a f32\n.in b f32\n.out y f32\nloop\nld.f32 v0, [a]\n"
                               "ld.f32 v1, [b]\nadd.f32 v3, v0, v1\nst.f32 v3, [y]\nend\nexit\n";
    weft_program *program = test_assemble(c, text);
    weft_arg args[] = {ARRAY("a", WEFT_F32, a, 4), ARRAY("b", WEFT_F32, a, 4),
                       ARRAY("y", WEFT_F32, y, 4)};
    EXPECT(weft_run(c, program, args, 3) == WEFT_OK); /* makes its plan */
    stats[0] = stats_of(c);
    EXPECT(weft_run(c, program, args, 3) == WEFT_OK);
    stats[1] = stats_of(c);
    EXPECT(weft_vec_add(c, WEFT_F32, y, a, a, 4) == WEFT_OK);
    stats[2] = stats_of(c);
    EXPECT(stats[1].allocations == stats[0].allocations);
    EXPECT(stats[2].allocations == stats[0].allocations);
    EXPECT(stats[2].shared_locks == stats[1].shared_locks + 1); /* for the cache and the run */
    weft_program_release(program);
    weft_context_destroy(c);
}

/* Each level's kernels compute, on both paths, and not those of the process's. */
static void test_levels(void)
{
    const size_t n = 4000;
    unsigned long others = 0;
    for (unsigned level = 1; level < WEFT_LEVEL_COUNT; level++) {
        if (!weft_level_available((weft_level)level))
            continue;
        const weft_kernel_table *table = weft_level_kernels((weft_level)level, NULL);
        weft_context *const both[PATHS] = {context_with(level, 0), context_with(level, 1)};
        for (unsigned op = 0; op < WEFT_OPCODE_COUNT; op++)
            for (unsigned type = WEFT_F32; weft_op_is_transcendental(op) && type <= WEFT_F64;
                 type++) {
                const void *const inputs[] = {operands[WILD][0][type], operands[WILD][1][type]};
                weft_kernel *kernel = weft_kernel_find(table, op, type, 0);
                weft_kernel *process =
                    weft_kernel_find(weft_level_kernels(WEFT_LEVEL_AUTO, NULL), op, type, 0);
                memset(got, UNTOUCHED, BYTES);
                memset(expected, UNTOUCHED, BYTES);
                process(got, inputs[0], inputs[1], NULL, n);
                kernel(expected, inputs[0], inputs[1], NULL, n);
                others += !as_expected((weft_dtype)type, n);
                for (int path = 0; path < PATHS; path++) {
                    memset(got, UNTOUCHED, BYTES);
                    EXPECT(weft_vec_apply(both[path], op, (weft_dtype)type, got, inputs, n) ==
                           WEFT_OK);
                    if (!as_expected((weft_dtype)type, n))
                        test_die("%s at level %s, path %d: other bits",
                                 weft_op_row_of(op)->mnemonic, table->name, path);
                }
            }
        weft_context_destroy(both[INLINE]);
        weft_context_destroy(both[PROGRAM]);
    }
    weft_level level = WEFT_LEVEL_AUTO;
    EXPECT(weft_level_default(&level, NULL) == WEFT_OK);
    EXPECT(others > 0 || level == WEFT_LEVEL_SCALAR); /* else this has shown nothing */
}

/* Outputs that go past the caches, where scalar operands must stay where they are. */
static void test_large(void)
{
    const size_t n = ((size_t)32 << 20) + 77;
    weft_context *c = context_with(0, UINT64_MAX);
    unsigned char *a = malloc(n), *y = calloc(n + 1, 1), value = 7;
    EXPECT(a && y);
    EXPECT(weft_vec_fill(c, WEFT_U8, a, &value, n) == WEFT_OK);
    EXPECT(weft_vec_adds(c, WEFT_U8, y, a, &value, n) == WEFT_OK);
    for (size_t i = 0; i < n; i++)
        EXPECT(a[i] == 7 && y[i] == 14);
    EXPECT(y[n] == 0);
    free(a);
    free(y);
    weft_context_destroy(c);
}

int main(void)
{
    contexts[INLINE] = context_with(0, 0);
    contexts[PROGRAM] = context_with(0, 1);
    fill_operands();
    compare_with_direct();
    compare_moments();
    compare_apply();
    test_places();
    test_bad_input();
    test_threshold();
    test_programs_are_kept();
    test_levels();
    test_large();
    weft_context_destroy(contexts[INLINE]);
    weft_context_destroy(contexts[PROGRAM]);
    puts("dispatcher: all as expected");
    return 0;
}
