/* tests/unit/test_ops.c: every operation of isa/ops.def at every type in every operand form, by
 * generated programs through the public API, against tests/ops/expect.h, which computes without the
 * library. A row of the table that nothing here knows fails. Reductions: test_reduce.c; fused
 * operations: test_fused.c; values of conversions: test_convert.c. */
#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <weft/run.h>

#include "tests/ops/expect.h"
#include "tests/ops/machine.h"
#include "tests/ops/values.h"

enum {
    OPERANDS = 3,
    RANDOM = 3000,   /* random tuples of operands beside the special ones */
    MIXED = 1500,    /* of them where some operands are scalars ... */
    SCALARS = 12,    /* ... of so many values */
    LONE = 48,       /* where all are: one run each */
    FEW_SPECIAL = 14 /* of three operands */
};

/* --- operands --------------------------------------------------------------------------------- */

typedef struct tuples {
    unsigned operands;
    weft_dtype type[OPERANDS];
    size_t n;
    void *array[OPERANDS];
} tuples;

static void *array_of(weft_dtype type, size_t n)
{
    void *array = calloc(n + 1, weft_dtype_size(type));
    cr_assert(array);
    return array;
}

static bool is_small(weft_dtype type)
{
    return weft_dtype_size(type) == 1 || type == WEFT_BOOL;
}

/* Values of one operand that are combined with all of the others; `all`: every one there is. */
static size_t listed(weft_dtype type, unsigned operands, bool *all)
{
    unsigned bits = values_bits(type);
    *all = is_small(type) ? operands < 3 || type == WEFT_BOOL : bits == 16 && operands == 1;
    if (*all)
        return (size_t)1 << bits;
    return operands == 3 ? FEW_SPECIAL : values_special_count(type);
}

static uint64_t listed_value(weft_dtype type, unsigned operands, size_t i)
{
    bool all;
    size_t count = listed(type, operands, &all);
    if (all)
        return i;
    return values_special(type, operands == 3 ? i * values_special_count(type) / count : i);
}

/* All combinations of the listed values, then random ones. */
static void make_tuples(tuples *t)
{
    values_random random = {VALUES_SEED};
    size_t counts[OPERANDS], combinations = 1;
    bool all;
    for (unsigned o = 0; o < t->operands; o++)
        combinations *= counts[o] = listed(t->type[o], t->operands, &all);
    t->n = combinations + RANDOM;
    for (unsigned o = 0; o < t->operands; o++)
        t->array[o] = array_of(t->type[o], t->n);
    for (size_t i = 0; i < t->n; i++) {
        size_t rest = i;
        for (unsigned o = 0; o < t->operands; o++) {
            uint64_t value = i < combinations
                                 ? listed_value(t->type[o], t->operands, rest % counts[o])
                                 : values_any(&random, t->type[o]);
            rest /= counts[o];
            values_set(t->type[o], t->array[o], i, value);
        }
    }
}

static void free_tuples(tuples *t)
{
    for (unsigned o = 0; o < t->operands; o++)
        free(t->array[o]);
}

/* --- programs --------------------------------------------------------------------------------- */

typedef struct subject { /* one operation at one type */
    weft_op_info info;
    weft_dtype type, result;
    double budget;
    unsigned failures;
    double worst;
} subject;

static const char names[OPERANDS] = {'a', 'b', 'c'};

static bool is_select(const subject *s)
{
    return strcmp(s->info.operands, "d, c, a, b") == 0;
}

static char file_of(weft_dtype type)
{
    return type == WEFT_BOOL ? 'p' : 'v';
}

/* The program for one operand form: bit o of `scalars` says that operand o is one. With `in_place`
 * the result goes to the register of operand a. */
static weft_program *program_of(const subject *s, const tuples *t, unsigned scalars, bool in_place,
                                uint32_t strip_length)
{
    machine_text text = {"", 0};
    bool lone = scalars + 1 == 1u << t->operands;
    machine_add(&text, lone ? ".space [1]\n" : ".space 1\n");
    for (unsigned o = 0; o < t->operands; o++)
        machine_add(&text, "%s %c %s\n", scalars >> o & 1 ? ".uniform" : ".in", names[o],
                    weft_dtype_name(t->type[o]));
    machine_add(&text, ".out y %s%s\n", weft_dtype_name(s->result), lone ? " dims none" : "");
    char registers[OPERANDS][16];
    for (unsigned pass = 0; pass < 2; pass++) {
        for (unsigned o = 0; o < t->operands; o++) {
            bool scalar = scalars >> o & 1;
            if (scalar != (pass == 0))
                continue;
            snprintf(registers[o], sizeof registers[o], "%c%u", scalar ? 's' : file_of(t->type[o]),
                     o + 1);
            machine_add(&text, "ld.%s %s, [%c]\n", weft_dtype_name(t->type[o]), registers[o],
                        names[o]);
        }
        if (pass == 0 && !lone)
            machine_add(&text, "loop\n");
    }
    char result[8];
    snprintf(result, sizeof result, "%c%d", lone ? 's' : file_of(s->result), in_place ? 1 : 9);
    machine_add(&text, "%s.%s %s", s->info.mnemonic, weft_dtype_name(s->type), result);
    for (unsigned o = 0; o < t->operands; o++)
        machine_add(&text, ", %s", registers[is_select(s) ? (o + 2) % 3 : o]);
    machine_add(&text, "\nst.%s %s, [y]\n%sexit\n", weft_dtype_name(s->result), result,
                lone ? "" : "end\n");
    return machine_assemble(machine_context(strip_length), text.text);
}

/* --- checks ----------------------------------------------------------------------------------- */

static void judge(subject *s, unsigned scalars, const uint64_t in[OPERANDS], uint64_t got)
{
    double error;
    bool right = expect_right(s->info.mnemonic, s->type, in, got, s->budget, &error);
    if (error > s->worst && error <= s->budget)
        s->worst = error;
    if (right || ++s->failures > 5)
        return;
    cr_expect(false,
              "%s.%s (form %u) of 0x%" PRIx64 ", 0x%" PRIx64 ", 0x%" PRIx64 " gave 0x%" PRIx64
              ", error %.3g of %.3g units (seed 0x%" PRIx64 ")",
              s->info.mnemonic, weft_dtype_name(s->type), scalars, in[0], in[1], in[2], got, error,
              s->budget, (uint64_t)VALUES_SEED);
}

/* Runs over elements 0 to n - 1 of the strips, and element `at` of the scalars. */
static void run_tuples(weft_program *program, const subject *s, const tuples *t, unsigned scalars,
                       size_t at, size_t n, void *y, uint32_t strip_length)
{
    weft_arg args[OPERANDS + 1];
    bool lone = scalars + 1 == 1u << t->operands;
    for (unsigned o = 0; o < t->operands; o++) {
        bool scalar = scalars >> o & 1;
        char *data = t->array[o];
        const char *name = o == 0 ? "a" : o == 1 ? "b" : "c";
        args[o] =
            machine_array(name, t->type[o], data + (scalar ? at * weft_dtype_size(t->type[o]) : 0),
                          scalar ? -1 : (int64_t)n);
    }
    args[t->operands] = machine_array("y", s->result, y, lone ? -1 : (int64_t)n);
    machine_run(machine_context(strip_length), program, args, t->operands + 1);
}

static void check_form(subject *s, const tuples *t, unsigned scalars)
{
    bool lone = scalars + 1 == 1u << t->operands, costly = s->budget > 0;
    uint32_t strip_length = scalars % 2 ? 128 : 0;
    weft_program *program = program_of(s, t, scalars, false, strip_length);
    size_t n = lone ? 1 : scalars && t->n > MIXED ? MIXED : t->n;
    size_t runs = lone ? LONE : scalars ? SCALARS : 1;
    if (costly && scalars && !lone) {
        n = n < 300 ? n : 300;
        runs = 6;
    }
    void *y = array_of(s->result, n);
    for (size_t run = 0; run < runs; run++) {
        size_t at = run * t->n / runs, from = scalars && !lone ? t->n - n : 0;
        tuples shifted = *t; /* strips from the end, where the random values are */
        for (unsigned o = 0; o < t->operands; o++)
            if (!(scalars >> o & 1))
                shifted.array[o] = (char *)t->array[o] + from * weft_dtype_size(t->type[o]);
        run_tuples(program, s, &shifted, scalars, at, n, y, strip_length);
        for (size_t i = 0; i < n; i++) {
            uint64_t in[OPERANDS] = {0, 0, 0};
            for (unsigned o = 0; o < t->operands; o++)
                in[o] = values_get(t->type[o], t->array[o], scalars >> o & 1 ? at : from + i);
            judge(s, scalars, in, values_get(s->result, y, i));
        }
    }
    free(y);
    weft_program_release(program);
}

/* The result may go to the register of an operand: the same bits. */
static void check_in_place(const subject *s, const tuples *t)
{
    if (s->result != s->type)
        return;
    size_t n = t->n;
    void *apart = array_of(s->result, n), *same = array_of(s->result, n);
    for (int in_place = 0; in_place < 2; in_place++) {
        weft_program *program = program_of(s, t, 0, in_place, 2048);
        run_tuples(program, s, t, 0, 0, n, in_place ? same : apart, 2048);
        weft_program_release(program);
    }
    for (size_t i = 0; i < n; i++) {
        uint64_t x = values_get(s->type, apart, i), y = values_get(s->type, same, i);
        cr_expect(x == y || (values_is_nan(s->type, x) && values_is_nan(s->type, y)),
                  "%s.%s in place, element %zu", s->info.mnemonic, weft_dtype_name(s->type), i);
    }
    free(apart);
    free(same);
}

static unsigned operand_count(const weft_op_info *info)
{
    static const struct {
        const char *text;
        unsigned count;
    } known[] = {{"d, a", 1}, {"d, a, b", 2}, {"d, a, b, c", 3}, {"d, c, a, b", 3}};
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (strcmp(known[i].text, info->operands) == 0)
            return known[i].count;
    return 0;
}

static bool is_elementwise(const weft_op_info *info)
{
    return operand_count(info) > 0 && strcmp(info->mnemonic, "cvt") != 0 &&
           strcmp(info->mnemonic, "bcast") != 0;
}

static void check_op(const weft_op_info *info, weft_dtype type)
{
    subject s = {*info, type, type, 0, 0, 0};
    tuples t = {operand_count(info), {type, type, type}, 0, {NULL, NULL, NULL}};
    if (strcmp(info->category, "compare") == 0)
        s.result = WEFT_BOOL;
    if (is_select(&s))
        t.type[2] = WEFT_BOOL;
    if (type == WEFT_F32 || type == WEFT_F64)
        s.budget = (double)(type == WEFT_F32 ? info->ulp_f32 : info->ulp_f64);
    cr_assert(expect_kind_of(info->mnemonic, type) != EXPECT_NOTHING,
              "nobody says what %s.%s should give: tests/ops/expect.c does for integers, "
              "expect_float.c for floats",
              info->mnemonic, weft_dtype_name(type));
    cr_assert((expect_kind_of(info->mnemonic, type) == EXPECT_BUDGET) == (s.budget > 0),
              "budget of %s.%s", info->mnemonic, weft_dtype_name(type));
    make_tuples(&t);
    for (unsigned scalars = 0; scalars < 1u << t.operands; scalars++)
        check_form(&s, &t, scalars);
    check_in_place(&s, &t);
    free_tuples(&t);
    cr_expect(s.failures == 0, "%s.%s: %u wrong results", info->mnemonic, weft_dtype_name(type),
              s.failures);
}

/* Operations of a category at the types of the mask. */
static void check_category(const char *category, uint32_t types)
{
    unsigned checked = 0;
    for (uint32_t i = 0; i < weft_op_count(); i++) {
        weft_op_info info;
        cr_assert_eq(weft_op(i, &info), WEFT_OK);
        if (strcmp(info.category, category) != 0 || !is_elementwise(&info))
            continue;
        for (unsigned type = 1; type < WEFT_TYPE_COUNT; type++)
            if (info.type_mask >> type & types >> type & 1) {
                check_op(&info, (weft_dtype)type);
                checked++;
            }
    }
    cr_expect(checked > 0, "no operation of the category %s", category);
}

#define FLOATS (1u << WEFT_F32 | 1u << WEFT_F64)

Test(ops, moves)
{
    check_category("move", UINT32_MAX);
}

Test(ops, arithmetic_on_integers)
{
    check_category("arithmetic", ~FLOATS);
}

Test(ops, arithmetic_on_f32)
{
    check_category("arithmetic", 1u << WEFT_F32);
}

Test(ops, arithmetic_on_f64)
{
    check_category("arithmetic", 1u << WEFT_F64);
}

Test(ops, logic)
{
    check_category("logic", UINT32_MAX);
}

Test(ops, comparisons)
{
    check_category("compare", UINT32_MAX);
}

Test(ops, transcendental_f32)
{
    check_category("transcendental", 1u << WEFT_F32);
}

Test(ops, transcendental_f64)
{
    check_category("transcendental", 1u << WEFT_F64);
}

/* --- moves between memory, constants and registers -------------------------------------------- */

enum { ROWS = 517 }; /* no multiple of a strip */

static void fill(weft_dtype type, void *array, size_t n)
{
    values_random random = {VALUES_SEED + (uint64_t)type};
    for (size_t i = 0; i < n; i++)
        values_set(type, array, i, values_any(&random, type));
}

static void one_program(const char *text, weft_arg *args, size_t nargs)
{
    static const uint32_t lengths[] = {0, 128, 2048};
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        weft_program *program = machine_assemble(machine_context(lengths[i]), text);
        machine_run(machine_context(lengths[i]), program, args, nargs);
        weft_program_release(program);
    }
}

/* Every special value as a constant, spread over a strip, and as a scalar. */
static void check_constants(weft_dtype type)
{
    const char *name = weft_dtype_name(type);
    for (size_t i = 0; i < values_special_count(type); i++) {
        machine_text text = {"", 0};
        uint64_t value = values_special(type, i), y[9] = {0}, z = 0;
        char file = file_of(type);
        machine_add(&text,
                    ".space 1\n.out y %s\n.out z %s dims none\nimm.%s s5, bits(0x%" PRIx64
                    ")\nst.%s s5, [z]\nloop\nbcast.%s %c2, s5\nst.%s %c2, [y]\nend\nexit\n",
                    name, name, name, value, name, name, file, name, file);
        weft_arg args[2] = {machine_array("y", type, y, 9), machine_array("z", type, &z, -1)};
        one_program(text.text, args, 2);
        for (size_t k = 0; k < 9; k++)
            cr_expect_eq(values_get(type, y, k), value, "bcast.%s 0x%" PRIx64, name, value);
        cr_expect_eq(values_get(type, &z, 0), value, "imm.%s 0x%" PRIx64, name, value);
    }
}

/* Arrays of single values and of segments, whole and by component, strips and scalars. Bytes of
 * bool other than 0 read as 1. */
static void check_memory(weft_dtype type)
{
    const char *t = weft_dtype_name(type);
    size_t size = weft_dtype_size(type);
    machine_text text = {"", 0};
    char f = file_of(type);
    machine_add(&text,
                ".space 1\n.in a %s\n.in g %s[3]\n.uniform u %s[2] count 3\n.table h %s\n"
                ".in o %s dims none\n"
                ".out y %s\n.out k %s[3]\n.out m %s[3] dims none\n.out n %s dims none\n",
                t, t, t, t, t, t, t, t, t);
    machine_add(&text,
                "ld.%s s1, [u.1 + 2]\nlds.%s s2..s3, [u + 1]\nld.%s s4, [h + 1]\nld.%s s6, [o]\n"
                "sts.%s s1..s3, [m]\nst.%s s4, [n]\nst.%s s6, [m.2]\n",
                t, t, t, t, t, t, t);
    machine_add(&text,
                "loop\nld.%s %c0, [a]\nst.%s %c0, [y]\nlds.%s %c1..%c3, [g]\nld.%s %c2, [g.0]\n"
                "sts.%s %c1..%c3, [k]\nst.%s %c0, [k.2]\nend\nexit\n",
                t, f, t, f, t, f, f, t, f, t, f, f, t, f);
    char *a = array_of(type, ROWS), *g = array_of(type, ROWS * 3), *y = array_of(type, ROWS);
    char *k = array_of(type, ROWS * 3), u[6 * 8], h[5 * 8], o[8], m[3 * 8], n[8];
    fill(type, a, ROWS);
    fill(type, g, ROWS * 3);
    fill(type, u, 6);
    fill(type, h, 5);
    fill(type, o, 1);
    if (type == WEFT_BOOL)
        a[0] = 7, g[1] = 2, u[5] = -1, h[1] = 64;
    int64_t pairs[2] = {3, 2}, triples[2] = {ROWS, 3}, three = 3;
    weft_arg args[9] = {machine_array("a", type, a, ROWS), machine_array("h", type, h, 5),
                        machine_array("o", type, o, -1), machine_array("y", type, y, ROWS),
                        machine_array("n", type, n, -1)};
    weft_arg_contiguous(&args[5], "g", type, g, 2, triples);
    weft_arg_contiguous(&args[6], "k", type, k, 2, triples);
    weft_arg_contiguous(&args[7], "u", type, u, 2, pairs);
    weft_arg_contiguous(&args[8], "m", type, m, 1, &three);
    one_program(text.text, args, 9);
    if (type == WEFT_BOOL)
        a[0] = 1, g[1] = 1, u[5] = 1, h[1] = 1;
    for (size_t i = 0; i < ROWS; i++) {
        cr_expect_eq(memcmp(y + i * size, a + i * size, size), 0, "ld, st .%s", t);
        cr_expect_eq(memcmp(k + 3 * i * size, g + 3 * i * size, size), 0, "lds, sts .%s", t);
        cr_expect_eq(memcmp(k + (3 * i + 1) * size, g + 3 * i * size, size), 0, "ld.%s [g.0]", t);
        cr_expect_eq(memcmp(k + (3 * i + 2) * size, a + i * size, size), 0, "st.%s [k.2]", t);
    }
    cr_expect_eq(memcmp(m, u + 5 * size, size), 0, "ld.%s of a uniform", t);
    cr_expect_eq(memcmp(m + size, u + 2 * size, size), 0, "lds.%s of a uniform", t);
    cr_expect_eq(memcmp(m + 2 * size, o, size), 0, "ld.%s of one element", t);
    cr_expect_eq(memcmp(n, h + size, size), 0, "ld.%s of a table", t);
    free(a);
    free(g);
    free(y);
    free(k);
}

/* y[i] = t[x[i]].1, z[x[i]].0 = y[i] with the last of equal indices winning, one scalar of each. */
static void check_gather(weft_dtype type, weft_dtype index)
{
    enum { TABLE = 37 };
    const char *t = weft_dtype_name(type), *x = weft_dtype_name(index);
    size_t size = weft_dtype_size(type);
    machine_text text = {"", 0};
    char f = file_of(type);
    machine_add(&text,
                ".space 1\n.in x %s\n.table t %s[2]\n.table z %s[2] inout\n.out y %s\n"
                ".out w %s dims none\n",
                x, t, t, t, t);
    machine_add(&text,
                "imm.%s s1, 36\ngather.%s.%s s2, [t.0], s1\nst.%s s2, [w]\n"
                "loop\nld.%s v0, [x]\ngather.%s.%s %c1, [t.1], v0\nst.%s %c1, [y]\n"
                "scatter.%s.%s %c1, [z.0], v0\nend\nfence\n"
                "gather.%s.%s s3, [z.0], s1\nfence\nscatter.%s.%s s3, [z.1], s1\nexit\n",
                x, t, x, t, x, t, x, f, t, f, t, x, f, t, x, t, x);
    char table[2 * TABLE * 8], z[2 * TABLE * 8], before[2 * TABLE * 8], w[8];
    char *y = array_of(type, ROWS), *at = array_of(index, ROWS);
    values_random random = {VALUES_SEED};
    fill(type, table, (size_t)2 * TABLE);
    memset(z, 0, sizeof z);
    memcpy(before, z, sizeof z);
    for (size_t i = 0; i < ROWS; i++)
        values_set(index, at, i, values_below(&random, TABLE));
    int64_t shape[2] = {TABLE, 2};
    weft_arg args[5] = {machine_array("x", index, at, ROWS), machine_array("y", type, y, ROWS),
                        machine_array("w", type, w, -1)};
    weft_arg_contiguous(&args[3], "t", type, table, 2, shape);
    weft_arg_contiguous(&args[4], "z", type, z, 2, shape);
    one_program(text.text, args, 5);
    char wanted[2 * TABLE * 8];
    memcpy(wanted, before, sizeof wanted);
    for (size_t i = 0; i < ROWS; i++) {
        size_t row = (size_t)values_get(index, at, i);
        cr_expect_eq(memcmp(y + i * size, table + (2 * row + 1) * size, size), 0, "gather.%s.%s", t,
                     x);
        memcpy(wanted + 2 * row * size, y + i * size, size);
    }
    memcpy(wanted + (2 * 36 + 1) * size, wanted + (size_t)2 * 36 * size, size);
    cr_expect_eq(memcmp(z, wanted, (size_t)2 * TABLE * size), 0, "scatter.%s.%s", t, x);
    cr_expect_eq(memcmp(w, table + (size_t)2 * 36 * size, size), 0, "gather.%s.%s of a scalar", t,
                 x);
    free(y);
    free(at);
}

/* An index out of range ends the run at its element; scatters of that strip store nothing. */
static void check_gather_range(const char *op, weft_dtype index, int64_t bad)
{
    machine_text text = {"", 0};
    const char *x = weft_dtype_name(index);
    bool scatter = strcmp(op, "scatter") == 0;
    machine_add(&text, ".space 1\n.in x %s\n.table t u8%s\nimm.u8 s0, 9\nloop\nld.%s v0, [x]\n", x,
                scatter ? " out" : "", x);
    machine_add(&text, "%s.u8.%s %s, [t], v0\nend\nexit\n", op, x, scatter ? "s0" : "v1");
    char at[200 * 8];
    uint8_t table[5] = {1, 2, 3, 4, 5};
    memset(at, 0, sizeof at);
    values_set(index, at, 150, (uint64_t)bad);
    weft_arg args[2] = {machine_array("x", index, at, 200), machine_array("t", WEFT_U8, table, 5)};
    weft_context *context = machine_context(128);
    weft_program *program = machine_assemble(context, text.text);
    weft_error error;
    cr_expect_eq(weft_run_with(context, program, args, 2, NULL, &error), WEFT_ERR_RANGE);
    cr_expect_eq(error.element, 150, "%s: element %" PRId64, op, error.element);
    cr_expect_eq(error.pc, 3);
    cr_expect_eq(table[4], 5);
    weft_program_release(program);
}

static void check_gathers(void)
{
    for (unsigned type = 1; type < WEFT_TYPE_COUNT; type++)
        for (int wide = 0; wide < 2; wide++)
            check_gather((weft_dtype)type, wide ? WEFT_I64 : WEFT_I32);
    static const int64_t bad[] = {5, -1, INT32_MAX, INT32_MIN};
    for (int i = 0; i < 16; i++)
        check_gather_range(i % 2 ? "scatter" : "gather", i / 2 % 2 ? WEFT_I64 : WEFT_I32,
                           bad[i / 4]);
    check_gather_range("gather", WEFT_I64, INT64_MIN);
    check_gather_range("scatter", WEFT_I64, INT64_C(1) << 32);
}

static void check_memories(void)
{
    for (unsigned type = 1; type < WEFT_TYPE_COUNT; type++)
        check_memory((weft_dtype)type);
}

static void check_all_constants(void)
{
    for (unsigned type = 1; type < WEFT_TYPE_COUNT; type++)
        check_constants((weft_dtype)type);
}

/* All pairs of types, strips and scalars; their values are test_convert.c's. */
static void check_conversion_forms(void)
{
    for (unsigned to = 1; to < WEFT_TYPE_COUNT; to++)
        for (unsigned from = 1; from < WEFT_TYPE_COUNT; from++) {
            const char *t = weft_dtype_name((weft_dtype)to), *s = weft_dtype_name((weft_dtype)from);
            machine_text text = {"", 0};
            char x[3 * 8], y[3 * 8], z[8];
            machine_add(&text,
                        ".space 1\n.in x %s\n.uniform u %s\n.out y %s\n.out z %s dims none\n", s, s,
                        t, t);
            machine_add(&text,
                        "ld.%s s0, [u]\ncvt.%s.%s s0, s0\nst.%s s0, [z]\nloop\nld.%s %c0, [x]\n"
                        "cvt.%s.%s %c0, %c0\nst.%s %c0, [y]\nend\nexit\n",
                        s, t, s, t, s, file_of((weft_dtype)from), t, s, file_of((weft_dtype)to),
                        file_of((weft_dtype)from), t, file_of((weft_dtype)to));
            for (size_t i = 0; i < 3; i++)
                values_set((weft_dtype)from, x, i, values_special((weft_dtype)from, i));
            weft_arg args[4] = {
                machine_array("x", (weft_dtype)from, x, 3),
                machine_array("u", (weft_dtype)from, x + 2 * weft_dtype_size((weft_dtype)from), -1),
                machine_array("y", (weft_dtype)to, y, 3),
                machine_array("z", (weft_dtype)to, z, -1)};
            one_program(text.text, args, 4);
            for (size_t i = 0; i < 3; i++)
                cr_expect_eq(values_get((weft_dtype)to, y, i),
                             expect_convert((weft_dtype)to, (weft_dtype)from,
                                            values_get((weft_dtype)from, x, i)),
                             "cvt.%s.%s of a strip", t, s);
            cr_expect_eq(values_get((weft_dtype)to, z, 0), values_get((weft_dtype)to, y, 2),
                         "cvt.%s.%s of a scalar", t, s);
        }
}

/* --- indices, extents, control ---------------------------------------------------------------- */

static void check_index(void)
{
    int32_t rows[3 * 300], columns[3 * 300];
    int64_t places[3 * 300];
    int64_t shape[2] = {3, 300};
    weft_arg args[3];
    weft_arg_contiguous(&args[0], "r", WEFT_I32, rows, 2, shape);
    weft_arg_contiguous(&args[1], "c", WEFT_I32, columns, 2, shape);
    weft_arg_contiguous(&args[2], "p", WEFT_I64, places, 2, shape);
    one_program(".space 2\n.out r i32\n.out c i32\n.out p i64\n"
                "extent.i64 s9, 1\n"
                "loop\nindex.i32 v0, 0\nst.i32 v0, [r]\nend\n"
                "each 0\nindex.i64 s0, 0\nindex.i32 s1, 0\nloop 1\nindex.i32 v1, 1\n"
                "st.i32 v1, [c]\nindex.i64 v2, 1\nmul.i64 s2, s0, s9\nadd.i64 v2, v2, s2\n"
                "st.i64 v2, [p]\nend\nend\nexit\n",
                args, 3);
    for (int i = 0; i < 3 * 300; i++) {
        cr_expect_eq(rows[i], i / 300);
        cr_expect_eq(columns[i], i % 300);
        cr_expect_eq(places[i], i);
    }
}

static void check_extents(void)
{
    int64_t y[6], shape[2] = {4, 7}, table[3] = {2, 3, 5}, six = 6, pairs[2] = {3, 2};
    uint8_t a[28], t[30], u[6] = {0};
    memset(a, 0, sizeof a);
    memset(t, 0, sizeof t);
    weft_arg args[4];
    weft_arg_contiguous(&args[0], "a", WEFT_U8, a, 2, shape);
    weft_arg_contiguous(&args[1], "t", WEFT_U8, t, 3, table);
    weft_arg_contiguous(&args[2], "y", WEFT_I64, y, 1, &six);
    weft_arg_contiguous(&args[3], "u", WEFT_U8, u, 2, pairs);
    one_program(".space 2\n.in a u8\n.table t u8\n.out y i64[6] dims none\n"
                ".uniform u u8[2] count 3\n"
                "extent.i64 s0, 0\nextent.i64 s1, 1\nlength.i64 s2, [t], 0\n"
                "length.i64 s3, [t], 1\nlength.i64 s4, [t], 2\nlength.i64 s5, [u], 0\n"
                "sts.i64 s0..s5, [y]\nexit\n",
                args, 4);
    const int64_t wanted[6] = {4, 7, 2, 3, 5, 3};
    cr_expect_eq(memcmp(y, wanted, sizeof y), 0);
}

/* Running sums over rows with seq, of columns with each, a polynomial with for, all in one. */
static void check_loops(void)
{
    enum { R = 5, C = 260 };
    int32_t a[R * C], running[R * C], power[C];
    int64_t sums[C];
    int64_t shape[2] = {R, C}, columns = C;
    weft_arg args[4];
    for (int i = 0; i < R * C; i++)
        a[i] = i * 7 % 23 - 11;
    weft_arg_contiguous(&args[0], "a", WEFT_I32, a, 2, shape);
    weft_arg_contiguous(&args[1], "r", WEFT_I32, running, 2, shape);
    weft_arg_contiguous(&args[2], "s", WEFT_I64, sums, 1, &columns);
    weft_arg_contiguous(&args[3], "p", WEFT_I32, power, 1, &columns);
    one_program(".space 2\n.in a i32\n.out r i32\n.out s i64 dims 1\n.out p i32 dims 1\n"
                ".scratch t i32 dims 1\nimm.i32 s0, 0\nimm.i32 s1, 1\n"
                "loop 1\nbcast.i32 v0, s0\nst.i32 v0, [t]\nend\n"
                "seq 0\nloop 1\nld.i32 v0, [t]\nld.i32 v1, [a]\nadd.i32 v0, v0, v1\n"
                "st.i32 v0, [t]\nst.i32 v0, [r]\nend\nend\n"
                "each 1\nimm.i64 s5, 0\nseq 0\nld.i32 s6, [a]\ncvt.i64.i32 s6, s6\n"
                "add.i64 s5, s5, s6\nend\nst.i64 s5, [s]\nend\n"
                "loop 1\nindex.i32 v0, 1\nbcast.i32 v1, s1\nfor s9, 4\nmul.i32 v1, v1, v0\n"
                "cvt.i32.i64 s8, s9\nadd.i32 v1, v1, s8\nend\nst.i32 v1, [p]\nend\nexit\n",
                args, 4);
    for (int c = 0; c < C; c++) {
        int64_t sum = 0;
        uint32_t value = 1;
        for (int r = 0; r < R; r++) {
            sum += a[r * C + c];
            cr_expect_eq(running[r * C + c], sum, "seq");
        }
        for (uint32_t i = 0; i < 4; i++)
            value = value * (uint32_t)c + i;
        cr_expect_eq(sums[c], sum, "each");
        cr_expect_eq((uint32_t)power[c], value, "for");
    }
}

static void check_strip(void)
{
    uint16_t a[200], y[200], wanted[200];
    for (uint16_t i = 0; i < 200; i++) {
        a[i] = (uint16_t)(i * 331);
        wanted[i] = i < 10 || i >= 190 ? 7 : (uint16_t)(a[i] + a[i - 1]);
        y[i] = 7;
    }
    weft_arg args[2] = {machine_array("a", WEFT_U16, a, 200), machine_array("y", WEFT_U16, y, 200)};
    one_program(".space [200]\n.in a u16\n.out y u16\nstrip 180, 10\nld.u16 v0, [a]\n"
                "ld.u16 v1, [a - 1]\nadd.u16 v0, v0, v1\nst.u16 v0, [y]\nend\nexit\n",
                args, 2);
    cr_expect_eq(memcmp(y, wanted, sizeof y), 0);
}

/* brt, brf and br, taken and not, and a function that is called twice, in and out of a loop. */
static void check_branches(void)
{
    for (unsigned flags = 0; flags < 4; flags++) {
        uint8_t f[2] = {(uint8_t)(flags & 1), (uint8_t)(flags >> 1)};
        int32_t y[130], z = 0;
        int64_t two = 2;
        weft_arg args[3] = {machine_array("y", WEFT_I32, y, 130),
                            machine_array("z", WEFT_I32, &z, -1)};
        weft_arg_contiguous(&args[2], "f", WEFT_BOOL, f, 1, &two);
        one_program(".space 1\n.out y i32\n.out z i32 dims none\n.uniform f bool[2]\n"
                    "lds.bool s0..s1, [f]\nimm.i32 s2, 0\nimm.i32 s3, 1\nimm.i32 s4, 10\n"
                    "brt s0, one\nadd.i32 s2, s2, s3\nbr two\none:\nadd.i32 s2, s2, s4\n"
                    "two:\nbrf s1, three\nimm.i32 s4, 100\ncall more\nthree:\ncall more\n"
                    "st.i32 s2, [z]\n"
                    "loop\nindex.i32 v0, 0\ncall double\nbrf s1, out\ncall double\nout:\n"
                    "st.i32 v0, [y]\nend\nexit\n"
                    "more: func\nadd.i32 s2, s2, s4\nret\n"
                    "double: func\nadd.i32 v0, v0, v0\nadd.i32 v0, v0, s3\nret\n",
                    args, 3);
        int32_t wanted = (f[0] ? 10 : 1) + (f[1] ? 200 : 10);
        cr_expect_eq(z, wanted, "flags %u: %d, wanted %d", flags, z, wanted);
        for (int32_t i = 0; i < 130; i++)
            cr_expect_eq(y[i], f[1] ? 4 * i + 3 : 2 * i + 1);
    }
}

/* exit ends the program, wherever a branch reaches it. */
static void check_exit(void)
{
    int32_t y = 5;
    weft_arg args[1] = {machine_array("y", WEFT_I32, &y, -1)};
    one_program(".space [1]\n.out y i32 dims none\nimm.bool s0, true\nimm.i32 s1, 6\n"
                "brt s0, over\nst.i32 s1, [y]\nover:\nexit\n",
                args, 1);
    cr_expect_eq(y, 5);
}

static const struct {
    const char *mnemonics; /* between blanks */
    void (*check)(void);
} checks[] = {
    {" imm bcast ", check_all_constants},
    {" ld st lds sts ", check_memories},
    {" gather scatter fence ", check_gathers},
    {" cvt ", check_conversion_forms},
    {" index ", check_index},
    {" extent length ", check_extents},
    {" loop each seq for end ", check_loops},
    {" strip ", check_strip},
    {" br brt brf call func ret ", check_branches},
    {" exit ", check_exit},
};
enum { CHECKS = sizeof checks / sizeof checks[0] };

Test(ops, moves_and_control)
{
    for (size_t i = 0; i < CHECKS; i++)
        checks[i].check();
}

/* A row that none of the tests above looks at fails here. */
Test(ops, every_row_is_tested)
{
    static const char *const categories[] = {"move", "arithmetic", "logic", "compare",
                                             "transcendental"};
    for (uint32_t i = 0; i < weft_op_count(); i++) {
        weft_op_info info;
        char word[32];
        cr_assert_eq(weft_op(i, &info), WEFT_OK);
        snprintf(word, sizeof word, " %s ", info.mnemonic);
        unsigned found = strcmp(info.category, "reduction") == 0; /* test_reduce.c asks for all */
        found += strcmp(info.category, "fused") == 0;             /* as does test_fused.c */
        found += strcmp(info.category, "function") == 0;          /* test_functions.c */
        for (size_t k = 0; k < CHECKS; k++)
            found += strstr(checks[k].mnemonics, word) != NULL;
        for (size_t k = 0; is_elementwise(&info) && k < 5; k++)
            found += strcmp(categories[k], info.category) == 0;
        cr_expect_eq(found, 1, "%s is tested in %u places", info.mnemonic, found);
        for (unsigned type = 1;
             is_elementwise(&info) && !strstr(info.category, "reduction") && type < WEFT_TYPE_COUNT;
             type++)
            if (info.type_mask >> type & 1)
                cr_expect(
                    expect_kind_of(info.mnemonic, (weft_dtype)type) != EXPECT_NOTHING,
                    "nobody says what %s.%s should give: tests/ops/expect.c does for integers, "
                    "expect_float.c for floats",
                    info.mnemonic, weft_dtype_name((weft_dtype)type));
    }
}
