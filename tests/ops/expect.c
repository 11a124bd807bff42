/* tests/ops/expect.c: integers, comparisons, moves and selection (expect.h). */
#include "tests/ops/expect.h"

#include <string.h>

#include "tests/ops/values.h"

__extension__ typedef __int128 wide;
__extension__ typedef unsigned __int128 uwide;

typedef struct operands { /* of an integer operation */
    wide a, b, c;         /* exact values */
    uint64_t bits[3];
    unsigned width;
} operands;

/* --- integers: exact in 128 bits, cut to the width by the caller ------------------------------ */

static wide op_add(const operands *o)
{
    return o->a + o->b;
}
static wide op_sub(const operands *o)
{
    return o->a - o->b;
}
static wide op_mul(const operands *o)
{
    return (wide)((uwide)o->a * (uwide)o->b);
}
static wide op_div(const operands *o)
{
    return o->b == 0 ? 0 : o->a / o->b;
}
static wide op_rem(const operands *o)
{
    return o->b == 0 ? 0 : o->a - o->a / o->b * o->b;
}
static wide op_neg(const operands *o)
{
    return -o->a;
}
static wide op_abs(const operands *o)
{
    return o->a < 0 ? -o->a : o->a;
}
static wide op_min(const operands *o)
{
    return o->a <= o->b ? o->a : o->b;
}
static wide op_max(const operands *o)
{
    return o->a >= o->b ? o->a : o->b;
}
static wide op_mad(const operands *o)
{
    return (wide)((uwide)o->a * (uwide)o->b + (uwide)o->c);
}
static wide op_clamp(const operands *o)
{
    wide high = o->a >= o->b ? o->a : o->b;
    return high <= o->c ? high : o->c;
}

static int bit(const operands *o, int operand, unsigned i)
{
    return (int)(o->bits[operand] >> i & 1);
}

/* The value whose bit i is what the function says of the bits of a and b. */
static wide by_bits(const operands *o, int (*f)(int, int))
{
    wide result = 0;
    for (unsigned i = 0; i < o->width; i++)
        result += (wide)f(bit(o, 0, i), bit(o, 1, i)) << i;
    return result;
}
static int both(int x, int y)
{
    return x == 1 && y == 1;
}
static int either(int x, int y)
{
    return x == 1 || y == 1;
}
static int differ(int x, int y)
{
    return x != y;
}
static int inverse(int x, int y)
{
    (void)y;
    return 1 - x;
}
static wide op_and(const operands *o)
{
    return by_bits(o, both);
}
static wide op_or(const operands *o)
{
    return by_bits(o, either);
}
static wide op_xor(const operands *o)
{
    return by_bits(o, differ);
}
static wide op_not(const operands *o)
{
    return by_bits(o, inverse);
}

/* The shift amount: b modulo the width, never negative. */
static unsigned amount(const operands *o)
{
    wide width = (wide)o->width, rest = o->b % width;
    return (unsigned)(rest < 0 ? rest + width : rest);
}
static wide op_shl(const operands *o)
{
    wide result = o->a;
    for (unsigned i = amount(o); i > 0; i--)
        result = (wide)((uwide)result * 2);
    return result;
}
static wide op_shr(const operands *o) /* halved, rounded down */
{
    wide result = o->a;
    for (unsigned i = amount(o); i > 0; i--)
        result = (result - (result % 2 != 0 && result < 0)) / 2;
    return result;
}
static wide op_rotl(const operands *o)
{
    wide result = 0;
    for (unsigned i = 0; i < o->width; i++)
        result += (wide)bit(o, 0, i) << (i + amount(o)) % o->width;
    return result;
}
static wide op_popcnt(const operands *o)
{
    wide count = 0;
    for (unsigned i = 0; i < o->width; i++)
        count += bit(o, 0, i);
    return count;
}
static wide op_clz(const operands *o)
{
    unsigned top = o->width;
    while (top > 0 && !bit(o, 0, top - 1))
        top--;
    return (wide)(o->width - top);
}

static const struct {
    const char *mnemonic;
    wide (*result)(const operands *);
    bool on_bool;
} integer_ops[] = {
    {"add", op_add, false}, {"sub", op_sub, false},     {"mul", op_mul, false},
    {"div", op_div, false}, {"rem", op_rem, false},     {"neg", op_neg, false},
    {"abs", op_abs, false}, {"min", op_min, false},     {"max", op_max, false},
    {"mad", op_mad, false}, {"and", op_and, true},      {"or", op_or, true},
    {"xor", op_xor, true},  {"not", op_not, true},      {"shl", op_shl, false},
    {"shr", op_shr, false}, {"rotl", op_rotl, false},   {"popcnt", op_popcnt, false},
    {"clz", op_clz, false}, {"clamp", op_clamp, false},
};
enum { INTEGER_OPS = sizeof integer_ops / sizeof integer_ops[0] };

static wide exact(weft_dtype type, uint64_t bits)
{
    wide value = (wide)bits;
    if (values_is_signed(type) && (bits >> (values_bits(type) - 1) & 1))
        value -= (wide)1 << values_bits(type);
    return value;
}

static int find_integer(const char *mnemonic)
{
    for (int i = 0; i < INTEGER_OPS; i++)
        if (strcmp(integer_ops[i].mnemonic, mnemonic) == 0)
            return i;
    return -1;
}

static uint64_t integer_result(int which, weft_dtype type, const uint64_t in[3])
{
    operands o = {exact(type, in[0]),
                  exact(type, in[1]),
                  exact(type, in[2]),
                  {in[0], in[1], in[2]},
                  values_bits(type)};
    return (uint64_t)integer_ops[which].result(&o) & (UINT64_MAX >> (64 - o.width));
}

/* --- comparisons: the truth table of docs/isa.md, spelled out --------------------------------- */

static const struct {
    const char *mnemonic;
    bool less, equal, greater, unordered;
    bool on_integers;
} comparisons[] = {
    {"eq", false, true, false, false, true},  {"ne", true, false, true, true, true},
    {"lt", true, false, false, false, true},  {"le", true, true, false, false, true},
    {"gt", false, false, true, false, true},  {"ge", false, true, true, false, true},
    {"one", true, false, true, false, false}, {"ueq", false, true, false, true, false},
    {"ord", true, true, true, false, false},  {"uno", false, false, false, true, false},
};
enum { COMPARISONS = sizeof comparisons / sizeof comparisons[0] };

static int find_comparison(const char *mnemonic)
{
    for (int i = 0; i < COMPARISONS; i++)
        if (strcmp(comparisons[i].mnemonic, mnemonic) == 0)
            return i;
    return -1;
}

/* The bits of a float as an integer that is in the order of the values; both zeros are 0. */
static wide ordered(weft_dtype type, uint64_t bits)
{
    unsigned width = values_bits(type);
    wide magnitude = (wide)(bits & (UINT64_MAX >> (65 - width)));
    return bits >> (width - 1) & 1 ? -magnitude : magnitude;
}

static uint64_t comparison_result(int which, weft_dtype type, uint64_t a, uint64_t b)
{
    bool is_float = values_is_float(type);
    if (values_is_nan(type, a) || values_is_nan(type, b))
        return comparisons[which].unordered;
    wide x = is_float ? ordered(type, a) : exact(type, a);
    wide y = is_float ? ordered(type, b) : exact(type, b);
    return x < y   ? comparisons[which].less
           : x > y ? comparisons[which].greater
                   : comparisons[which].equal;
}

/* --- all operations --------------------------------------------------------------------------- */

expect_kind expect_kind_of(const char *mnemonic, weft_dtype type)
{
    int comparison = find_comparison(mnemonic), integer = find_integer(mnemonic);
    if (strcmp(mnemonic, "mov") == 0 || strcmp(mnemonic, "sel") == 0)
        return EXPECT_BITS;
    if (comparison >= 0 &&
        (type == WEFT_F32 || type == WEFT_F64 ||
         (comparisons[comparison].on_integers && !values_is_float(type) && type != WEFT_BOOL)))
        return EXPECT_BITS;
    if (type == WEFT_F32 || type == WEFT_F64)
        return expect_float_kind(mnemonic);
    if (integer >= 0 && !values_is_float(type) &&
        (type != WEFT_BOOL || integer_ops[integer].on_bool))
        return EXPECT_BITS;
    return EXPECT_NOTHING;
}

uint64_t expect_result(const char *mnemonic, weft_dtype type, const uint64_t in[3])
{
    int comparison = find_comparison(mnemonic);
    if (strcmp(mnemonic, "mov") == 0)
        return in[0];
    if (strcmp(mnemonic, "sel") == 0)
        return in[2] ? in[0] : in[1];
    if (comparison >= 0)
        return comparison_result(comparison, type, in[0], in[1]);
    if (values_is_float(type))
        return expect_float_result(mnemonic, type, in);
    return integer_result(find_integer(mnemonic), type, in);
}

bool expect_right(const char *mnemonic, weft_dtype type, const uint64_t in[3], uint64_t got,
                  double budget, double *error)
{
    expect_kind kind = expect_kind_of(mnemonic, type);
    *error = 0;
    if (kind == EXPECT_NOTHING)
        return false;
    if (kind == EXPECT_BUDGET) {
        *error = expect_float_error(mnemonic, type, in, got);
        return *error <= budget;
    }
    uint64_t wanted = expect_result(mnemonic, type, in);
    return got == wanted ||
           (kind == EXPECT_VALUE && values_is_nan(type, got) && values_is_nan(type, wanted));
}
