/* tests/support/evaluate_rules.c: types, broadcasting, and what operators and functions give for an
 * element, by docs/language.md (evaluate.h). Trees and reductions: evaluate.c. */
#include <math.h>
#include <string.h>

#include "isa/half.h"
#include "tests/support/evaluate.h"
#include "tests/support/support.h"

/* --- types ------------------------------------------------------------------------------------ */

bool test_is_integer(unsigned type)
{
    return type == TEST_WEAK_INT || weft_type_in(WEFT_MASK_INT, type);
}

static bool is_half(unsigned type)
{
    return type == WEFT_F16 || type == WEFT_BF16;
}

bool test_is_float(unsigned type)
{
    return type == TEST_WEAK_FLOAT || is_half(type) || weft_type_in(WEFT_MASK_FLOAT, type);
}

static bool is_weak(unsigned type)
{
    return type == TEST_WEAK_INT || type == TEST_WEAK_FLOAT;
}

static bool is_signed(unsigned type)
{
    return weft_type_in(WEFT_MASK_SIGNED, type);
}

static unsigned bits_of(unsigned type)
{
    return 8 * (unsigned)weft_dtype_size((weft_dtype)type);
}

static unsigned integer_type(bool negative, unsigned bits)
{
    static const unsigned types[2][4] = {{WEFT_U8, WEFT_U16, WEFT_U32, WEFT_U64},
                                         {WEFT_I8, WEFT_I16, WEFT_I32, WEFT_I64}};
    return types[negative][bits == 8 ? 0 : bits == 16 ? 1 : bits == 32 ? 2 : 3];
}

static unsigned promote_integers(unsigned a, unsigned b)
{
    if (is_signed(a) == is_signed(b))
        return bits_of(a) > bits_of(b) ? a : b;
    const unsigned with = is_signed(a) ? a : b, without = is_signed(a) ? b : a;
    if (bits_of(with) > bits_of(without))
        return with;
    return bits_of(without) == 64 ? WEFT_F64 : integer_type(true, 2 * bits_of(without));
}

static unsigned promote_float_integer(unsigned f, unsigned i)
{
    if (f == WEFT_F64 || bits_of(i) > 16)
        return WEFT_F64;
    return bits_of(i) == 16 ? WEFT_F32 : f;
}

static unsigned promote_weak(unsigned weak, unsigned other)
{
    if (weak == TEST_WEAK_INT)
        return other == WEFT_BOOL ? WEFT_I64 : other;
    if (other == TEST_WEAK_INT)
        return weak;
    return test_is_float(other) ? other : WEFT_F64;
}

unsigned test_promote(unsigned a, unsigned b)
{
    if (a == b)
        return a;
    if (is_weak(a))
        return promote_weak(a, b);
    if (is_weak(b))
        return promote_weak(b, a);
    if (a == WEFT_BOOL || b == WEFT_BOOL)
        return a == WEFT_BOOL ? b : a;
    if (test_is_integer(a) && test_is_integer(b))
        return promote_integers(a, b);
    if (test_is_integer(a) || test_is_integer(b))
        return test_is_integer(a) ? promote_float_integer(b, a) : promote_float_integer(a, b);
    if (is_half(a) && is_half(b))
        return WEFT_F32;
    return bits_of(a) > bits_of(b) ? a : b;
}

/* The type in which functions that need floats take others. */
static unsigned as_float(unsigned type)
{
    if (test_is_float(type))
        return type;
    if (type == TEST_WEAK_INT)
        return TEST_WEAK_FLOAT;
    const unsigned bits = bits_of(type);
    return bits == 8 ? WEFT_F16 : bits == 16 ? WEFT_F32 : WEFT_F64;
}

static unsigned solid(unsigned type)
{
    return type == TEST_WEAK_INT ? WEFT_I64 : type == TEST_WEAK_FLOAT ? WEFT_F64 : type;
}

/* --- one number ------------------------------------------------------------------------------- */

static int64_t signed_of(unsigned type, uint64_t bits)
{
    const unsigned drop = 64 - bits_of(solid(type));
    if (type == WEFT_BOOL || (!is_signed(type) && type != TEST_WEAK_INT))
        return (int64_t)(bits << drop >> drop);
    return (int64_t)(bits << drop) >> drop;
}

static uint64_t cut(unsigned type, uint64_t bits)
{
    return bits & UINT64_MAX >> (64 - bits_of(solid(type)));
}

static uint64_t of_double(unsigned type, double x)
{
    const float narrow = (float)x;
    uint64_t bits = 0;
    if (type == WEFT_F32)
        memcpy(&bits, &narrow, sizeof narrow);
    else
        memcpy(&bits, &x, sizeof x);
    return bits;
}

double test_double(unsigned type, uint64_t bits)
{
    float narrow;
    double x;
    if (is_half(type)) {
        memcpy(&x, &bits, sizeof x);
        return type == WEFT_F16 ? weft_f16_to_f64((uint16_t)bits)
                                : weft_bf16_to_f64((uint16_t)bits);
    }
    if (type == WEFT_F32) {
        memcpy(&narrow, &bits, sizeof narrow);
        return (double)narrow;
    }
    if (test_is_float(type)) {
        memcpy(&x, &bits, sizeof x);
        return x;
    }
    return type == WEFT_U64 ? (double)bits : (double)signed_of(type, bits);
}

uint64_t test_one(const weft_kernel_table *table, unsigned op, unsigned type, uint64_t a,
                  uint64_t b, uint64_t c)
{
    weft_kernel *kernel = weft_kernel_find(table, op, type, 0);
    uint64_t result = 0;
    if (!kernel)
        test_die("no kernel of operation %u for type %u", op, type);
    kernel(&result, &a, &b, &c, 1);
    return result;
}

uint64_t test_convert_one(const test_evaluation *e, uint64_t bits, unsigned from, unsigned to)
{
    uint64_t result = 0;
    from = solid(from);
    to = solid(to);
    if (from == to)
        return bits;
    if (!e->exact->convert[to][from])
        test_die("no conversion from type %u to %u", from, to);
    e->exact->convert[to][from](&result, &bits, NULL, NULL, 1);
    return result;
}

/* --- shapes ----------------------------------------------------------------------------------- */

int64_t test_value_count(const test_value *value)
{
    int64_t n = 1;
    for (int i = 0; i < value->rank; i++)
        n *= value->shape[i];
    return n;
}

/* Axes by position, as NumPy aligns them. An axis of the space meets itself only, or 1. */
static bool broadcast_by_place(test_evaluation *e, test_value *both, const test_value *with)
{
    const int rank = both->rank > with->rank ? both->rank : with->rank;
    test_value result = *both;
    result.rank = rank;
    for (int back = 1; back <= rank; back++) {
        const int i = both->rank - back, j = with->rank - back;
        const int64_t m = i < 0 ? 1 : both->shape[i], n = j < 0 ? 1 : with->shape[j];
        const int8_t a = i < 0 ? 0 : both->axis[i], b = j < 0 ? 0 : with->axis[j];
        if (a && b && a != b) {
            test_verdict_is(e, m == n || m == 1 || n == 1 ? TEST_OPEN : TEST_BAD,
                            "axes that are not the same meet");
            return false;
        }
        result.axis[rank - back] = a ? a : b;
        result.shape[rank - back] = a ? m : n;
    }
    for (int i = 0; i < rank; i++)
        for (int j = 0; j < i; j++)
            if (result.axis[i] && result.axis[i] == result.axis[j])
                test_verdict_is(e, TEST_OPEN, "an axis meets itself in another place");
    *both = result;
    return !e->verdict;
}

static void broadcast_by_axis(const test_evaluation *e, test_value *both, const test_value *with)
{
    test_value result = *both;
    result.rank = 0;
    for (int8_t axis = 0; axis < e->tree->rank; axis++) {
        bool there = false;
        for (int i = 0; i < both->rank; i++)
            there |= both->axis[i] == axis;
        for (int i = 0; i < with->rank; i++)
            there |= with->axis[i] == axis;
        if (there) {
            result.axis[result.rank] = axis;
            result.shape[result.rank++] = e->tree->extents[axis];
        }
    }
    *both = result;
}

static bool broadcast(test_evaluation *e, test_value *both, const test_value *with)
{
    if (!e->tree->program)
        return broadcast_by_place(e, both, with);
    broadcast_by_axis(e, both, with);
    return true;
}

/* Steps in elements of `value` along the axes of `whole`. */
static void steps_in(const test_evaluation *e, const test_value *whole, const test_value *value,
                     int64_t *steps)
{
    for (int i = 0; i < whole->rank; i++) {
        int64_t step = 1;
        steps[i] = 0;
        for (int j = value->rank - 1; j >= 0; j--) {
            const bool same = e->tree->program ? value->axis[j] == whole->axis[i]
                                               : value->rank - j == whole->rank - i;
            if (same && value->shape[j] != 1)
                steps[i] = step;
            step *= value->shape[j];
        }
    }
}

test_value test_map(test_evaluation *e, unsigned result, const test_value *args, int n,
                    test_rule *rule, unsigned op, unsigned type)
{
    test_value out = {.constant = true};
    int64_t steps[TEST_CHILDREN][4], at[4] = {0};
    uint64_t x[TEST_CHILDREN] = {0};
    for (int i = 0; i < n; i++) {
        out.constant &= args[i].constant;
        out.vague |= args[i].vague;
        if (!broadcast(e, &out, &args[i]))
            return out;
    }
    for (int i = 0; i < n; i++)
        steps_in(e, &out, &args[i], steps[i]);
    const int64_t count = test_value_count(&out);
    const unsigned compute = is_half(type) ? WEFT_F32 : type;
    out.type = result;
    out.data = test_evaluation_memory(e, (size_t)count * sizeof *out.data);
    for (int64_t k = 0; k < count; k++) {
        for (int i = 0; i < n; i++) {
            int64_t place = 0;
            for (int d = 0; d < out.rank; d++)
                place += at[d] * steps[i][d];
            x[i] = args[i].data[place];
            if (compute != type && args[i].type == type)
                x[i] = test_convert_one(e, x[i], type, compute);
        }
        const uint64_t y = rule(e, op, compute, x);
        out.data[k] = compute != type && result == type ? test_convert_one(e, y, compute, type) : y;
        for (int d = out.rank - 1; d >= 0 && ++at[d] == out.shape[d]; d--)
            at[d] = 0;
    }
    return out;
}

/* --- conversions of values -------------------------------------------------------------------- */

static test_value convert_plain(test_evaluation *e, const test_value *value, unsigned type)
{
    test_value out = *value;
    const int64_t n = test_value_count(value);
    out.type = type;
    out.data = test_evaluation_memory(e, (size_t)n * sizeof *out.data);
    for (int64_t i = 0; i < n; i++)
        out.data[i] = test_convert_one(e, value->data[i], value->type, type);
    return out;
}

static bool fits(const test_evaluation *e, int64_t x, unsigned type)
{
    if (type == TEST_WEAK_INT)
        return true;
    if (type == WEFT_U64)
        return x >= 0;
    return signed_of(type, test_convert_one(e, (uint64_t)x, WEFT_I64, type)) == x;
}

/* A literal becomes a number of the type that it meets. */
static test_value meet(test_evaluation *e, const test_value *value, unsigned type)
{
    if (value->type == type)
        return *value;
    if (value->type == TEST_WEAK_INT && !is_weak(type)) {
        const int64_t x = (int64_t)value->data[0];
        if (test_is_integer(type) && !fits(e, x, type))
            test_verdict_is(e, TEST_BAD, "a literal does not fit its type");
        if (type == WEFT_F16 && (x > 65504 || x < -65504))
            test_verdict_is(e, TEST_OPEN, "an integer literal beyond f16");
    }
    return convert_plain(e, value, type);
}

test_value test_convert(test_evaluation *e, const test_value *value, unsigned type)
{
    if (value->type == TEST_WEAK_INT && test_is_integer(type) &&
        !fits(e, (int64_t)value->data[0], type))
        test_verdict_is(e, TEST_OPEN, "a cast of a literal that does not fit");
    if (value->type == TEST_WEAK_FLOAT && test_is_integer(type))
        test_verdict_is(e, TEST_OPEN, "a cast of a float literal to integers");
    return convert_plain(e, value, type);
}

test_value test_settle(test_evaluation *e, const test_value *value)
{
    return is_weak(value->type) ? convert_plain(e, value, solid(value->type)) : *value;
}

/* The common type of all; says so where the order in which they meet would matter. */
static unsigned common(test_evaluation *e, const test_value *args, int n)
{
    unsigned typed = 0, left = args[0].type, right = args[n - 1].type;
    for (int i = 0; i < n; i++)
        if (!is_weak(args[i].type))
            typed = typed ? test_promote(typed, args[i].type) : args[i].type;
    for (int i = 0; i < n; i++) {
        typed = typed ? test_promote(typed, args[i].type) : args[i].type;
        left = test_promote(left, args[i].type);
        right = test_promote(right, args[n - 1 - i].type);
    }
    if (typed != left || typed != right)
        test_verdict_is(e, TEST_OPEN, "the common type depends on the order");
    return typed;
}

void test_unify(test_evaluation *e, test_value *values, int n)
{
    const unsigned type = common(e, values, n);
    for (int i = 0; i < n && !e->verdict; i++)
        values[i] = meet(e, &values[i], type);
}

/* --- meanings --------------------------------------------------------------------------------- */

static uint64_t plain(const test_evaluation *e, unsigned op, unsigned type, const uint64_t *x)
{
    const bool inexact = weft_op_row_of(op)->ulp_f32 > 0;
    return test_one(inexact ? e->level : e->exact, op, type, x[0], x[1], x[2]);
}

static uint64_t floor_integers(const test_evaluation *e, bool remainder, unsigned type,
                               const uint64_t *x)
{
    uint64_t q = test_one(e->exact, WEFT_OP_DIV, type, x[0], x[1], 0);
    uint64_t r = test_one(e->exact, WEFT_OP_REM, type, x[0], x[1], 0);
    if (is_signed(type) && signed_of(type, r) != 0 &&
        (signed_of(type, r) < 0) != (signed_of(type, x[1]) < 0)) {
        q = cut(type, q - 1);
        r = cut(type, r + x[1]);
    }
    return remainder ? r : q;
}

/* Floor division and remainder as NumPy computes them: every step rounded to the type. */
#define DEFINE_DIVMOD(name, T, fmod_, copysign_, floor_)                                           \
    static T name(T a, T b, bool remainder)                                                        \
    {                                                                                              \
        T mod = fmod_(a, b);                                                                       \
        if (b == 0)                                                                                \
            return remainder ? mod : a / b;                                                        \
        T div = (a - mod) / b;                                                                     \
        if (mod != 0) {                                                                            \
            if ((b < 0) != (mod < 0)) {                                                            \
                mod += b;                                                                          \
                div -= 1;                                                                          \
            }                                                                                      \
        } else {                                                                                   \
            mod = copysign_(0, b);                                                                 \
        }                                                                                          \
        if (remainder)                                                                             \
            return mod;                                                                            \
        if (div == 0)                                                                              \
            return copysign_(0, a / b);                                                            \
        T whole = floor_(div);                                                                     \
        return div - whole > (T)0.5 ? whole + 1 : whole;                                           \
    }
DEFINE_DIVMOD(divmod_f32, float, fmodf, copysignf, floorf)
DEFINE_DIVMOD(divmod_f64, double, fmod, copysign, floor)

static uint64_t floor_rule(const test_evaluation *e, unsigned remainder, unsigned type,
                           const uint64_t *x)
{
    if (!test_is_float(type))
        return floor_integers(e, remainder, type, x);
    const double a = test_double(type, x[0]), b = test_double(type, x[1]);
    return of_double(type, type == WEFT_F32 ? (double)divmod_f32((float)a, (float)b, remainder)
                                            : divmod_f64(a, b, remainder));
}

static uint64_t power_integers(unsigned type, uint64_t base, uint64_t exponent)
{
    const int64_t b = signed_of(type, base);
    if (is_signed(type) && signed_of(type, exponent) < 0)
        return b == 1 ? 1 : b == -1 ? cut(type, exponent & 1 ? UINT64_MAX : 1) : 0;
    uint64_t result = 1, square = (uint64_t)b;
    for (uint64_t n = cut(type, exponent); n; n >>= 1, square *= square)
        result *= n & 1 ? square : 1;
    return cut(type, result);
}

static uint64_t power_rule(const test_evaluation *e, unsigned op, unsigned type, const uint64_t *x)
{
    (void)op;
    return test_is_float(type) ? plain(e, WEFT_OP_POW, type, x) : power_integers(type, x[0], x[1]);
}

static uint64_t shift_rule(const test_evaluation *e, unsigned op, unsigned type, const uint64_t *x)
{
    const int64_t amount = signed_of(type, x[1]);
    const bool negative = is_signed(type) && signed_of(type, x[0]) < 0;
    if (amount < 0 || (uint64_t)amount >= bits_of(type))
        return op == WEFT_OP_SHR && negative ? cut(type, UINT64_MAX) : 0;
    return plain(e, op, type, x);
}

static uint64_t truth_of(unsigned type, uint64_t bits)
{
    return test_is_float(type) ? test_double(type, bits) != 0 : cut(type, bits) != 0;
}

static uint64_t truth_rule(const test_evaluation *e, unsigned op, unsigned type, const uint64_t *x)
{
    (void)e, (void)op;
    return truth_of(type, x[0]);
}

static uint64_t logic_rule(const test_evaluation *e, unsigned op, unsigned type, const uint64_t *x)
{
    (void)e, (void)type;
    switch (op) {
    case WEFT_OP_AND:
        return x[0] & x[1];
    case WEFT_OP_OR:
        return x[0] | x[1];
    case WEFT_OP_XOR:
        return x[0] ^ x[1];
    default:
        return !x[0];
    }
}

static uint64_t not_bits_rule(const test_evaluation *e, unsigned op, unsigned type,
                              const uint64_t *x)
{
    return type == WEFT_BOOL ? !x[0] : plain(e, op, type, x);
}

static uint64_t sign_rule(const test_evaluation *e, unsigned op, unsigned type, const uint64_t *x)
{
    (void)e, (void)op;
    if (test_is_float(type)) {
        const double a = test_double(type, x[0]);
        return of_double(type, a > 0 ? 1 : a < 0 ? -1 : a == 0 ? 0 : a);
    }
    const uint64_t bits = cut(type, x[0]);
    return is_signed(type) && signed_of(type, bits) < 0 ? cut(type, UINT64_MAX) : bits != 0;
}

enum { SIGN_BIT = 3 };

static uint64_t kind_rule(const test_evaluation *e, unsigned op, unsigned type, const uint64_t *x)
{
    const double a = test_double(type, x[0]);
    const bool holds[4] = {isnan(a), isinf(a), isfinite(a), signbit(a)};
    (void)e;
    return holds[op];
}

static uint64_t same_rule(const test_evaluation *e, unsigned op, unsigned type, const uint64_t *x)
{
    (void)e, (void)op, (void)type;
    return x[0];
}

static uint64_t choose_rule(const test_evaluation *e, unsigned op, unsigned type, const uint64_t *x)
{
    (void)e, (void)op, (void)type;
    return x[0] ? x[1] : x[2];
}

static uint64_t lerp_rule(const test_evaluation *e, unsigned op, unsigned type, const uint64_t *x)
{
    (void)op;
    const uint64_t across = test_one(e->exact, WEFT_OP_SUB, type, x[1], x[0], 0);
    const uint64_t part = test_one(e->exact, WEFT_OP_MUL, type, x[2], across, 0);
    return test_one(e->exact, WEFT_OP_ADD, type, x[0], part, 0);
}

static uint64_t relu_rule(const test_evaluation *e, unsigned op, unsigned type, const uint64_t *x)
{
    (void)op;
    return test_one(e->exact, WEFT_OP_MAX, type, x[0], 0, 0);
}

/* x to a small constant power, by products. */
static uint64_t product_rule(const test_evaluation *e, unsigned k, unsigned type, const uint64_t *x)
{
    const uint64_t one = of_double(type, 1),
                   square = plain(e, WEFT_OP_MUL, type, (uint64_t[]){x[0], x[0], 0});
    switch (k) {
    case 0:
        return one;
    case 1:
        return x[0];
    case 2:
        return square;
    case 3:
        return plain(e, WEFT_OP_MUL, type, (uint64_t[]){square, x[0], 0});
    case 4:
        return plain(e, WEFT_OP_MUL, type, (uint64_t[]){square, square, 0});
    default:
        return plain(e, WEFT_OP_DIV, type, (uint64_t[]){one, x[0], 0});
    }
}

/* Two integers, or bools, of any types; or two floats of one. */
static uint64_t compare_rule(const test_evaluation *e, unsigned op, unsigned type,
                             const uint64_t *x)
{
    bool less, equal;
    if (test_is_float(type))
        return plain(e, op, type, x);
    if (type == WEFT_U64) {
        less = x[0] < x[1];
    } else {
        less = (int64_t)x[0] < (int64_t)x[1];
    }
    equal = x[0] == x[1];
    switch (op) {
    case WEFT_OP_EQ:
        return equal;
    case WEFT_OP_NE:
        return !equal;
    case WEFT_OP_LT:
        return less;
    case WEFT_OP_LE:
        return less || equal;
    case WEFT_OP_GT:
        return !less && !equal;
    default:
        return !less;
    }
}

/* i64 against u64, which have no common type. */
static uint64_t compare_mixed_rule(const test_evaluation *e, unsigned op, unsigned type,
                                   const uint64_t *x)
{
    const bool second = type != 0; /* which of them is the signed one */
    if ((int64_t)x[second] >= 0)
        return compare_rule(e, op, WEFT_U64, x);
    const uint64_t low_high[2] = {(uint64_t)second, (uint64_t)!second};
    return compare_rule(e, op, WEFT_U64, low_high);
}

/* --- the table -------------------------------------------------------------------------------- */

typedef enum takes {
    NUMBERS,     /* not bool */
    WITH_BOOL,   /* of bools another operation, `of_bool` */
    BOOL_I8,     /* bools as i8 */
    NO_BOOL,     /* what bool is, the language does not say */
    FLOATS,      /* integers as floats */
    ONLY_FLOATS, /* what integers are, the language does not say */
    INTEGERS,    /* floats are an error */
    INTEGERS_NO_BOOL,
    INTEGERS_I8, /* bools as i8 */
    TRUTHS,
    DIVISION,
    COMPARISON,
    CHOICE,
    POWER
} takes;

typedef struct meaning {
    const char *word, *operator;
    int arity;
    takes takes;
    unsigned op, of_bool;
    test_rule *rule;
    bool truth;    /* gives bool */
    bool composed; /* of several roundings: what f16 gives, the language does not say */
} meaning;

/* clang-format off */
#define UNARY_FLOAT(word, NAME)                                                                    \
    {                                                                                              \
        word, "", 1, FLOATS, WEFT_OP_##NAME, 0, plain, false, false                                \
    }
static const meaning meanings[] = {
    {"add", "+", 2, WITH_BOOL, WEFT_OP_ADD, WEFT_OP_OR, plain, false, false},
    {"subtract", "-", 2, NUMBERS, WEFT_OP_SUB, 0, plain, false, false},
    {"multiply", "*", 2, WITH_BOOL, WEFT_OP_MUL, WEFT_OP_AND, plain, false, false},
    {"divide", "/", 2, DIVISION, WEFT_OP_DIV, 0, plain, false, false},
    {"floor_divide", "//", 2, BOOL_I8, 0, 0, floor_rule, false, false},
    {"remainder", "%", 2, BOOL_I8, 1, 0, floor_rule, false, false},
    {"power", "**", 2, POWER, 0, 0, power_rule, false, false},
    {"left_shift", "<<", 2, INTEGERS_I8, WEFT_OP_SHL, 0, shift_rule, false, false},
    {"right_shift", ">>", 2, INTEGERS_I8, WEFT_OP_SHR, 0, shift_rule, false, false},
    {"bitwise_and", "&", 2, INTEGERS, WEFT_OP_AND, 0, plain, false, false},
    {"bitwise_or", "|", 2, INTEGERS, WEFT_OP_OR, 0, plain, false, false},
    {"bitwise_xor", "^", 2, INTEGERS, WEFT_OP_XOR, 0, plain, false, false},
    {"invert", "~", 1, INTEGERS, WEFT_OP_NOT, 0, not_bits_rule, false, false},
    {"less", "<", 2, COMPARISON, WEFT_OP_LT, 0, compare_rule, true, false},
    {"less_equal", "<=", 2, COMPARISON, WEFT_OP_LE, 0, compare_rule, true, false},
    {"greater", ">", 2, COMPARISON, WEFT_OP_GT, 0, compare_rule, true, false},
    {"greater_equal", ">=", 2, COMPARISON, WEFT_OP_GE, 0, compare_rule, true, false},
    {"equal", "==", 2, COMPARISON, WEFT_OP_EQ, 0, compare_rule, true, false},
    {"not_equal", "!=", 2, COMPARISON, WEFT_OP_NE, 0, compare_rule, true, false},
    {"logical_and", "and", 2, TRUTHS, WEFT_OP_AND, 0, logic_rule, true, false},
    {"logical_or", "or", 2, TRUTHS, WEFT_OP_OR, 0, logic_rule, true, false},
    {"logical_xor", "", 2, TRUTHS, WEFT_OP_XOR, 0, logic_rule, true, false},
    {"logical_not", "not", 1, TRUTHS, WEFT_OP_NOT, 0, logic_rule, true, false},
    {"negative", "-", 1, NUMBERS, WEFT_OP_NEG, 0, plain, false, false},
    {"positive", "+", 1, NO_BOOL, 0, 0, same_rule, false, false},
    {"where", "", 3, CHOICE, 0, 0, choose_rule, false, false},
    {"abs", "", 1, NO_BOOL, WEFT_OP_ABS, 0, plain, false, false},
    {"minimum", "", 2, WITH_BOOL, WEFT_OP_MIN, WEFT_OP_AND, plain, false, false},
    {"maximum", "", 2, WITH_BOOL, WEFT_OP_MAX, WEFT_OP_OR, plain, false, false},
    {"clip", "", 3, NO_BOOL, WEFT_OP_CLAMP, 0, plain, false, false},
    {"mad", "", 3, NO_BOOL, WEFT_OP_MAD, 0, plain, false, true},
    {"fma", "", 3, ONLY_FLOATS, WEFT_OP_FMA, 0, plain, false, false},
    {"lerp", "", 3, ONLY_FLOATS, 0, 0, lerp_rule, false, true},
    {"fmod", "", 2, NO_BOOL, WEFT_OP_REM, 0, plain, false, false},
    {"sign", "", 1, NO_BOOL, 0, 0, sign_rule, false, false},
    {"relu", "", 1, NO_BOOL, 0, 0, relu_rule, false, false},
    {"isnan", "", 1, FLOATS, 0, 0, kind_rule, true, false},
    {"isinf", "", 1, FLOATS, 1, 0, kind_rule, true, false},
    {"isfinite", "", 1, FLOATS, 2, 0, kind_rule, true, false},
    {"signbit", "", 1, FLOATS, SIGN_BIT, 0, kind_rule, true, false},
    {"square", "", 1, NO_BOOL, 2, 0, NULL, false, false},
    {"rotl", "", 2, INTEGERS_NO_BOOL, WEFT_OP_ROTL, 0, plain, false, false},
    {"clz", "", 1, INTEGERS_NO_BOOL, WEFT_OP_CLZ, 0, plain, false, false},
    {"popcount", "", 1, INTEGERS_NO_BOOL, WEFT_OP_POPCNT, 0, plain, false, false},
    {"fmin", "", 2, ONLY_FLOATS, WEFT_OP_FMIN, 0, plain, false, false},
    {"fmax", "", 2, ONLY_FLOATS, WEFT_OP_FMAX, 0, plain, false, false},
    {"floor", "", 1, ONLY_FLOATS, WEFT_OP_FLOOR, 0, plain, false, false},
    {"ceil", "", 1, ONLY_FLOATS, WEFT_OP_CEIL, 0, plain, false, false},
    {"trunc", "", 1, ONLY_FLOATS, WEFT_OP_TRUNC, 0, plain, false, false},
    {"round", "", 1, ONLY_FLOATS, WEFT_OP_ROUND, 0, plain, false, false},
    {"reciprocal", "", 1, ONLY_FLOATS, WEFT_OP_RECIP, 0, plain, false, false},
    {"copysign", "", 2, FLOATS, WEFT_OP_COPYSIGN, 0, plain, false, false},
    {"atan2", "", 2, FLOATS, WEFT_OP_ATAN2, 0, plain, false, false},
    {"hypot", "", 2, FLOATS, WEFT_OP_HYPOT, 0, plain, false, false},
    UNARY_FLOAT("sqrt", SQRT),
    {"rsqrt", "", 1, FLOATS, WEFT_OP_RSQRT, 0, plain, false, true},
    UNARY_FLOAT("cbrt", CBRT),
    UNARY_FLOAT("exp", EXP),
    UNARY_FLOAT("exp2", EXP2),
    UNARY_FLOAT("expm1", EXPM1),
    UNARY_FLOAT("log", LOG),
    UNARY_FLOAT("log2", LOG2),
    UNARY_FLOAT("log10", LOG10),
    UNARY_FLOAT("log1p", LOG1P),
    UNARY_FLOAT("sin", SIN),
    UNARY_FLOAT("cos", COS),
    UNARY_FLOAT("tan", TAN),
    UNARY_FLOAT("asin", ASIN),
    UNARY_FLOAT("acos", ACOS),
    UNARY_FLOAT("atan", ATAN),
    UNARY_FLOAT("sinh", SINH),
    UNARY_FLOAT("cosh", COSH),
    UNARY_FLOAT("tanh", TANH),
    UNARY_FLOAT("erf", ERF),
    UNARY_FLOAT("sigmoid", SIGMOID),
};
/* clang-format on */

static const meaning *find_meaning(const char *word, int n)
{
    if (strcmp(word, "min") == 0 || strcmp(word, "max") == 0)
        word = word[1] == 'i' ? "minimum" : "maximum";
    for (size_t i = 0; i < COUNT(meanings); i++)
        if (meanings[i].arity == n &&
            (strcmp(word, meanings[i].word) == 0 || strcmp(word, meanings[i].operator) == 0))
            return &meanings[i];
    return NULL;
}

/* --- application ------------------------------------------------------------------------------ */

/* Literals among themselves. */
static test_value apply_to_literals(test_evaluation *e, const meaning *m, const test_value *args,
                                    int n, unsigned type)
{
    test_value solid_args[TEST_CHILDREN] = {{0}};
    const unsigned compute = solid(type);
    if (!*m->operator|| m->takes == INTEGERS_I8 || m->rule == floor_rule ||
          m->rule == power_rule ||(m->takes == DIVISION && !truth_of(compute, args[1].data[0]))) {
        test_verdict_is(e, TEST_OPEN, "a function of literals alone");
        return args[0];
    }
    if (m->takes == INTEGERS && type == TEST_WEAK_FLOAT) {
        test_verdict_is(e, TEST_BAD, "bits of a float");
        return args[0];
    }
    for (int i = 0; i < n; i++)
        solid_args[i] = convert_plain(e, &args[i], compute);
    test_value out = test_map(e, compute, solid_args, n, m->rule, m->op, compute);
    if (compute == WEFT_I64 && n > 0 && !m->truth) {
        const double a = (double)(int64_t)args[0].data[0],
                     b = n > 1 ? (double)(int64_t)args[1].data[0] : 0;
        const double exact = m->op == WEFT_OP_ADD   ? a + b
                             : m->op == WEFT_OP_SUB ? a - b
                             : m->op == WEFT_OP_MUL ? a * b
                             : m->op == WEFT_OP_NEG ? -a
                                                    : 0;
        if (fabs(exact) > 0x1p62)
            test_verdict_is(e, fabs(exact) > 0x1.001p63 ? TEST_BAD : TEST_OPEN,
                            "an overflow of literals");
    }
    out.type = m->truth ? WEFT_BOOL : type;
    return out;
}

static test_value as_truth(test_evaluation *e, const test_value *value)
{
    const test_value settled = test_settle(e, value);
    return test_map(e, WEFT_BOOL, &settled, 1, truth_rule, 0, settled.type);
}

static test_value apply_choice(test_evaluation *e, const meaning *m, const test_value *args)
{
    test_value three[3] = {as_truth(e, &args[0])};
    unsigned type = common(e, args + 1, 2);
    if (is_weak(type) && args[0].constant)
        test_verdict_is(e, TEST_OPEN, "a choice between literals by a literal");
    type = solid(type);
    three[1] = meet(e, &args[1], type);
    three[2] = meet(e, &args[2], type);
    if (type == WEFT_BOOL)
        return test_map(e, type, three, 3, m->rule, 0, WEFT_BOOL);
    return test_map(e, type, three, 3, m->rule, 0, WEFT_U64); /* bits: nothing is converted */
}

static test_value apply_truths(test_evaluation *e, const meaning *m, const test_value *args, int n)
{
    test_value truths[2];
    for (int i = 0; i < n; i++)
        truths[i] = as_truth(e, &args[i]);
    return test_map(e, WEFT_BOOL, truths, n, m->rule, m->op, WEFT_BOOL);
}

/* Values of integers and bools with their sign in 64 bits. */
static test_value widened(test_evaluation *e, const test_value *value)
{
    test_value out = *value;
    const int64_t n = test_value_count(value);
    out.data = test_evaluation_memory(e, (size_t)n * sizeof *out.data);
    for (int64_t i = 0; i < n; i++)
        out.data[i] = (uint64_t)signed_of(value->type, value->data[i]);
    return out;
}

static test_value apply_comparison(test_evaluation *e, const meaning *m, const test_value *args)
{
    const unsigned a = args[0].type, b = args[1].type;
    test_value two[2];
    const bool floats = test_is_float(a) || test_is_float(b);
    if (!floats && (a == WEFT_U64) != (b == WEFT_U64) && a != TEST_WEAK_INT && b != TEST_WEAK_INT &&
        (is_signed(a) || is_signed(b))) {
        two[0] = widened(e, &args[0]);
        two[1] = widened(e, &args[1]);
        return test_map(e, WEFT_BOOL, two, 2, compare_mixed_rule, m->op, b != WEFT_U64);
    }
    const unsigned type = solid(common(e, args, 2));
    for (int i = 0; i < 2; i++) {
        if (args[i].type == TEST_WEAK_INT && test_is_integer(type) &&
            !fits(e, (int64_t)args[i].data[0], type))
            test_verdict_is(e, TEST_OPEN, "a comparison with a literal that does not fit");
        two[i] = meet(e, &args[i], type);
        if (!floats)
            two[i] = widened(e, &two[i]);
    }
    return test_map(e, WEFT_BOOL, two, 2, compare_rule, m->op,
                    floats || type == WEFT_U64 ? type : WEFT_I64);
}

/* In what type a function computes that was given `type`; 0: it has no meaning there. */
static unsigned compute_type(test_evaluation *e, const meaning *m, unsigned type)
{
    const bool of_bool = type == WEFT_BOOL;
    switch (m->takes) {
    case NUMBERS:
        return of_bool ? 0 : type;
    case BOOL_I8:
    case POWER:
        return of_bool ? WEFT_I8 : type;
    case INTEGERS_I8:
        return of_bool ? WEFT_I8 : test_is_float(type) ? 0 : type;
    case INTEGERS:
        return test_is_float(type) ? 0 : type;
    case INTEGERS_NO_BOOL:
        if (of_bool)
            test_verdict_is(e, TEST_OPEN, "%s of bool", m->word);
        return test_is_float(type) ? 0 : type;
    case DIVISION:
        return test_is_float(type) ? type : WEFT_F64;
    case FLOATS:
        return as_float(type);
    case ONLY_FLOATS:
    case NO_BOOL:
        if (of_bool || (m->takes == ONLY_FLOATS && !test_is_float(type)))
            test_verdict_is(e, TEST_OPEN, "%s of %s", m->word, weft_dtype_name((weft_dtype)type));
        return type;
    default:
        return type;
    }
}

/* Whether x ** y is a product; *k says of how many. */
static bool is_small_power(test_evaluation *e, const test_value *exponent, unsigned type, int *k)
{
    if (!exponent->constant || !test_is_float(type))
        return false;
    const double y = test_double(exponent->type, exponent->data[0]);
    if (!(y == -1 || y == 0 || y == 1 || y == 2 || y == 3 || y == 4))
        return false;
    if (exponent->type != TEST_WEAK_INT)
        test_verdict_is(e, TEST_OPEN, "a small constant power that is no integer literal");
    *k = (int)y;
    return true;
}

/* The sign of a NaN is not specified, and so is what depends on it. */
static void refuse_nan(test_evaluation *e, const test_value *x)
{
    for (int64_t i = 0; i < test_value_count(x); i++)
        if (isnan(test_double(x->type, x->data[i])))
            test_verdict_is(e, TEST_OPEN, "the sign of a NaN");
}

/* The common type of integers that each are taken as floats, if there are no others. */
static unsigned common_float(test_evaluation *e, const test_value *args, int n)
{
    test_value floats[TEST_CHILDREN];
    for (int i = 0; i < n; i++)
        if (is_weak(args[i].type) || test_is_float(args[i].type))
            return common(e, args, n);
    for (int i = 0; i < n; i++)
        floats[i] = (test_value){.type = as_float(args[i].type)};
    return common(e, floats, n);
}

static test_value apply_plain(test_evaluation *e, const meaning *m, const test_value *args, int n)
{
    test_value same[TEST_CHILDREN];
    const unsigned given = m->takes == FLOATS ? common_float(e, args, n) : common(e, args, n);
    const unsigned type = compute_type(e, m, given);
    int k = 2;
    if (!type) {
        test_verdict_is(e, TEST_BAD, "%s of %s", m->word, weft_dtype_name((weft_dtype)given));
        return args[0];
    }
    if (is_weak(given))
        return apply_to_literals(e, m, args, n, type == WEFT_F64 ? TEST_WEAK_FLOAT : type);
    if (e->verdict)
        return args[0];
    for (int i = 0; i < n; i++)
        same[i] = meet(e, &args[i], type);
    if (e->verdict)
        return args[0];
    if ((m->rule == floor_rule || m->op == WEFT_OP_REM) && test_is_integer(type) &&
        args[1].constant && !truth_of(type, same[1].data[0]))
        test_verdict_is(e, TEST_OPEN, "integer division by a constant zero");
    if (m->op == WEFT_OP_COPYSIGN || (m->rule == kind_rule && m->op == SIGN_BIT))
        refuse_nan(e, &same[n - 1]);
    if (m->composed && is_half(type))
        test_verdict_is(e, TEST_OPEN, "%s of a half", m->word);
    if (!m->rule || (m->takes == POWER && is_small_power(e, &args[1], type, &k))) {
        if (!m->rule && !test_is_float(type))
            return test_map(e, type, (test_value[]){same[0], same[0]}, 2, plain, WEFT_OP_MUL, type);
        if (is_half(type) && k > 2)
            test_verdict_is(e, TEST_OPEN, "a power by products of halves");
        return test_map(e, type, same, 1, product_rule, (unsigned)k, type);
    }
    if (m->takes == WITH_BOOL && type == WEFT_BOOL)
        return test_map(e, type, same, n, logic_rule, m->of_bool, type);
    return test_map(e, m->truth ? WEFT_BOOL : type, same, n, m->rule, m->op, type);
}

static test_value apply_components(test_evaluation *e, const char *word, const test_value *args,
                                   int n)
{
    test_value out = {0}, one[TEST_CHILDREN];
    for (int i = 0; i < n; i++) {
        if (args[i].parts && out.parts && args[i].parts != out.parts) {
            test_verdict_is(e, TEST_BAD, "vectors of different lengths");
            return args[0];
        }
        out.parts = args[i].parts ? args[i].parts : out.parts;
    }
    out.part = test_evaluation_memory(e, (size_t)out.parts * sizeof *out.part);
    for (int k = 0; k < out.parts; k++) {
        for (int i = 0; i < n; i++)
            one[i] = args[i].parts ? args[i].part[k] : args[i];
        out.part[k] = test_apply(e, word, one, n);
    }
    return out;
}

test_value test_apply(test_evaluation *e, const char *word, const test_value *args, int n)
{
    const meaning *m = find_meaning(word, n);
    for (int i = 0; i < n; i++)
        if (args[i].parts)
            return apply_components(e, word, args, n);
    if (e->verdict)
        return args[0];
    if (!m && n > 2 && (m = find_meaning(word, 2))) { /* min and max of several */
        const unsigned type = common(e, args, n);
        for (int i = 0; i < n; i++)
            if (is_weak(args[i].type))
                test_verdict_is(e, TEST_OPEN, "a literal among several");
        test_value left = is_weak(type) ? args[0] : meet(e, &args[0], type);
        for (int i = 1; i < n && !e->verdict; i++)
            left = apply_plain(e, m, (test_value[]){left, args[i]}, 2);
        return left;
    }
    if (!m)
        test_die("no meaning of %s with %d operands", word, n);
    switch (m->takes) {
    case TRUTHS:
        return apply_truths(e, m, args, n);
    case CHOICE:
        return apply_choice(e, m, args);
    case COMPARISON:
        return apply_comparison(e, m, args);
    default:
        return apply_plain(e, m, args, n);
    }
}
