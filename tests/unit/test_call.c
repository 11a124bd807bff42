/* tests/unit/test_call.c: functions and operators of docs/language.md (compiler/call.c): types as
 * NumPy 2 gives them, names, and what is refused. What they compute: test_call_values.c. */
#include <criterion/criterion.h>
#include <string.h>
#include <weft/compile.h>

#include "tests/support/graph.h"
#include "tests/support/support.h"

static weft_graph graph;
static weft_error error;

static void start(uint32_t flags)
{
    graph_start(&graph, flags, &error);
    graph_all_types(&graph);
}

/* Fails as it should, with that message; then the graph goes on. */
static void refused(const char *term, const char *message)
{
    weft_error_clear(&error);
    const int32_t node = graph_term(&graph, term);
    cr_expect(node == -1 && graph.failed != WEFT_OK, "%s", term);
    cr_expect(strstr(error.message, message), "%s: '%s', wanted '%s'", term, error.message,
              message);
    graph.failed = WEFT_OK;
}

static const char *type_name(int32_t node)
{
    const unsigned type = node < 0 ? 0 : weft_node_at(&graph, node)->type;
    return type == WEFT_WEAK_INT     ? "int"
           : type == WEFT_WEAK_FLOAT ? "float"
                                     : weft_dtype_name((weft_dtype)type);
}

static void has_type(const char *term, const char *wanted)
{
    const int32_t node = graph_term(&graph, term);
    const char *got = type_name(node);
    cr_expect(strcmp(got, wanted) == 0, "%s: %s, wanted %s; %s", term, got, wanted, error.message);
}

/* --- types ------------------------------------------------------------------------------------ */

/* numpy.result_type of the row's and the column's type; bf16, which NumPy has not, by
 * docs/language.md. */
static const char *const names[] = {"i8",  "i16", "i32",  "i64", "u8",  "u16", "u32",
                                    "u64", "f16", "bf16", "f32", "f64", "bool"};
static const char *const common[] = {
    /*         i8   i16  i32  i64  u8   u16  u32  u64  f16  bf16 f32  f64  bool */
    /* i8 */ "i8   i16  i32  i64  i16  i32  i64  f64  f16  bf16 f32  f64  i8   ",
    /* i16 */ "i16  i16  i32  i64  i16  i32  i64  f64  f32  f32  f32  f64  i16  ",
    /* i32 */ "i32  i32  i32  i64  i32  i32  i64  f64  f64  f64  f64  f64  i32  ",
    /* i64 */ "i64  i64  i64  i64  i64  i64  i64  f64  f64  f64  f64  f64  i64  ",
    /* u8 */ "i16  i16  i32  i64  u8   u16  u32  u64  f16  bf16 f32  f64  u8   ",
    /* u16 */ "i32  i32  i32  i64  u16  u16  u32  u64  f32  f32  f32  f64  u16  ",
    /* u32 */ "i64  i64  i64  i64  u32  u32  u32  u64  f64  f64  f64  f64  u32  ",
    /* u64 */ "f64  f64  f64  f64  u64  u64  u64  u64  f64  f64  f64  f64  u64  ",
    /* f16 */ "f16  f32  f64  f64  f16  f32  f64  f64  f16  f32  f32  f64  f16  ",
    /* bf16 */ "bf16 f32  f64  f64  bf16 f32  f64  f64  f32  bf16 f32  f64  bf16 ",
    /* f32 */ "f32  f32  f64  f64  f32  f32  f64  f64  f32  f32  f32  f64  f32  ",
    /* f64 */ "f64  f64  f64  f64  f64  f64  f64  f64  f64  f64  f64  f64  f64  ",
    /* bool */ "i8   i16  i32  i64  u8   u16  u32  u64  f16  bf16 f32  f64  bool ",
};

Test(call, common_types)
{
    start(0);
    for (size_t i = 0; i < COUNT(names); i++)
        for (size_t j = 0; j < COUNT(names); j++) {
            char wanted[8] = "", term[64];
            sscanf(common[i] + 5 * j, "%7s", wanted);
            const unsigned a = weft_dtype_from_name(names[i]), b = weft_dtype_from_name(names[j]);
            const char *got = weft_dtype_name((weft_dtype)weft_promote(a, b));
            cr_expect(strcmp(got, wanted) == 0, "%s, %s: %s", names[i], names[j], got);
            snprintf(term, sizeof term, "(* %s %sb)", names[i], names[j]);
            has_type(term, wanted);
        }
    weft_graph_free(&graph);
}

Test(call, types_of_results)
{
    static const char *const cases[][2] = {
        {"(+ i8 1)", "i8"},
        {"(+ i8 1.0)", "f64"},
        {"(+ f16 1.0)", "f16"},
        {"(* 2 f32)", "f32"},
        {"(* 2.5 f32)", "f32"},
        {"(+ bool 1)", "i64"},
        {"(+ bool 1.0)", "f64"},
        {"(+ bool boolb)", "bool"},
        {"(* bool boolb)", "bool"},
        {"(/ i8 i8b)", "f64"},
        {"(/ bool boolb)", "f64"},
        {"(/ f32 2)", "f32"},
        {"(/ f16 i16)", "f32"},
        {"(// i8 i8b)", "i8"},
        {"(// bool boolb)", "i8"},
        {"(% f32 2)", "f32"},
        {"(** bool boolb)", "i8"},
        {"(** i32 2)", "i32"},
        {"(** i32 0.5)", "f64"},
        {"(** f16 2)", "f16"},
        {"(<< bool boolb)", "i8"},
        {"(<< u8 i8)", "i16"},
        {"(& i8 u8)", "i16"},
        {"(~ bool)", "bool"},
        {"(< i8 f32)", "bool"},
        {"(and i8 f32)", "bool"},
        {"(not f16)", "bool"},
        {"(sqrt i8)", "f16"},
        {"(sqrt bool)", "f16"},
        {"(sqrt u16)", "f32"},
        {"(sqrt i32)", "f64"},
        {"(sqrt u64)", "f64"},
        {"(exp bf16)", "bf16"},
        {"(hypot i8 f32)", "f32"},
        {"(hypot i8 i16)", "f32"},
        {"(atan2 f32 f64)", "f64"},
        {"(square bool)", "i8"},
        {"(abs bool)", "bool"},
        {"(floor i32)", "i32"},
        {"(round f16)", "f16"},
        {"(where bool 1 0)", "i64"},
        {"(where i8 f32 1)", "f32"},
        {"(where f32 i8 u8)", "i16"},
        {"(isnan i8)", "bool"},
        {"(sign u8)", "u8"},
        {"(clip u8 1 5)", "u8"},
        {"(clip i8 u8 1)", "i16"},
        {"(min i8 u8 f16)", "f32"},
        {"(max i8 300:i16)", "i16"},
        {"(sum i8)", "i64"},
        {"(sum u8)", "u64"},
        {"(sum bool)", "i64"},
        {"(sum f16)", "f16"},
        {"(prod bool)", "i64"},
        {"(prod u16)", "u64"},
        {"(mean i8)", "f64"},
        {"(mean f16)", "f16"},
        {"(var bool)", "f64"},
        {"(std f32)", "f32"},
        {"(norm i32)", "f64"},
        {"(argmax bf16)", "i64"},
        {"(any f32)", "bool"},
        {"(count_nonzero f16)", "i64"},
        {"(max bool)", "bool"},
        {"(max f16)", "f16"},
        {"(ptp i8)", "i8"},
        {"(dot i8 u8)", "i64"},
        {"(dot f16 i8)", "f16"},
        {"(softmax i32)", "f64"},
        {"(layer_norm f32)", "f32"},
        {"(mse f32 f16)", "f32"},
        {"(popcount i8)", "i8"},
        {"(cast:bool f16)", "bool"},
        {"(+ 1 2)", "int"},
        {"(+ 1 2.0)", "float"},
        {"(sin 1)", "float"},
        {"(* f32 (sin 1))", "f32"},
        {"(* i32 (sin 1))", "f64"},
        {"(pow 2 10)", "int"},
        {"(min 2 3)", "int"},
        {"(sum 3)", "i64"},
        {"(vec f32 1 i8)", "f32"},
        {"(fma i8 1 2)", "f16"},
        {"(mad i8 1 2)", "i8"},
        {"(fmod i8 2)", "i8"},
        {"(lerp f32 1 0.5)", "f32"},
        {"(relu i8)", "i8"},
        {"(leaky_relu f32 0.1)", "f32"},
    };
    start(0);
    for (size_t i = 0; i < COUNT(cases); i++)
        has_type(cases[i][0], cases[i][1]);
    weft_graph_free(&graph);
}

Test(call, refusals)
{
    static const char *const cases[][2] = {
        {"(sqt f32)", "unknown function 'sqt'; did you mean 'sqrt'?"},
        {"(frobnicate f32)", "unknown function 'frobnicate'"},
        {"(sin f32 f32b)", "sin takes 1 argument, not 2"},
        {"(where bool f32)", "where takes 3 arguments, not 2"},
        {"(horner f32 1)", "horner takes at least 3 arguments, not 2"},
        {"(sum f32 f32b)", "sum takes 1 argument, not 2"},
        {"(dot f32)", "dot takes 2 arguments, not 1"},
        {"(~ f32)", "~ needs integers or bools, not f32"},
        {"(~ 2.5)", "~ needs integers or bools, not a float literal"},
        {"(<< f32 1)", "<< needs integers, not f32"},
        {"(popcount f64)", "popcount needs integers, not f64"},
        {"(- bool boolb)", "- needs numbers, not bool"},
        {"(- bool)", "- needs numbers, not bool"},
        {"(sign bool)", "sign needs numbers, not bool"},
        {"(ptp bool)", "ptp needs numbers, not bool"},
        {"(+ i8 300)", "300 does not fit i8"},
        {"(+ u32 -1)", "-1 does not fit u32"},
        {"(clip u8 0 256)", "256 does not fit u8"},
        {"(cast:i8 300)", "300 does not fit i8"},
        {"(cast:u8 -1.5)", "-1.5 does not fit u8"},
        {"(cast:i64 1e19)", "1e+19 does not fit i64"},
        {"(// i32 0)", "division by zero"},
        {"(% i32 0)", "division by zero"},
        {"(// 1 0)", "division by zero"},
        {"(fmod i32 0)", "division by zero"},
        {"(+ 9223372036854775807 1)", "does not fit 64 bits"},
        {"(* 4294967296 2147483648)", "does not fit 64 bits"},
        {"(- (- 0 9223372036854775807) 2)", "does not fit 64 bits"},
        {"(** 2 63)", "does not fit 64 bits"},
        {"(<< 1 63)", "does not fit 64 bits"},
        {"(sum@1 f32)", "sum: axis 1 of a value that has 1 axis"},
        {"(sum@-2 f32)", "sum: axis -2 of a value"},
        {"(sum@0,-1 f32)", "sum: axis -1 is given twice"},
        {"(sum@+1 f32)", "sum takes no ddof"},
        {"(softmax@0! f32)", "softmax takes no keepdims"},
        {"(sin@0 f32)", "'sin' takes no axis"},
        {"(+ (vec f32 1) (vec f32 1 2))", "+: a vector of 2 components and one of 3"},
        {"(cross (vec f32 1) (vec f32 1))", "cross needs vectors of 3 components"},
        {"(inner f32 f32b)", "inner needs vectors, not single values"},
        {"(affine (vec 1 2 3) (vec f32 1 2))", "affine needs a vector of 9 or 12 components"},
        {"(qmul (vec 1 2 3) (vec f32 1 2))", "qmul needs vectors of 4 components"},
        {"(vec (vec f32 1) 2)", "a vector of 2 components where one value is needed"},
    };
    start(0);
    for (size_t i = 0; i < COUNT(cases); i++)
        refused(cases[i][0], cases[i][1]);
    const int32_t literal = weft_node_const(&graph, WEFT_WEAK_INT, (uint64_t)INT64_MIN);
    cr_expect(weft_call(&graph, "abs", 3, &literal, 1) < 0 && graph.failed == WEFT_ERR_SYNTAX);
    graph.failed = WEFT_OK;
    cr_expect(graph_term(&graph, "(+ f32 1)") >= 0);
    weft_graph_free(&graph);
}

Test(call, names)
{
    static const struct {
        const char *name;
        weft_callable wanted;
    } cases[] = {
        {"sin", WEFT_FUNCTION},           {"arcsin", WEFT_FUNCTION},   {"maximum", WEFT_FUNCTION},
        {"max", WEFT_REDUCTION},          {"amax", WEFT_REDUCTION},    {"softmax", WEFT_REDUCTION},
        {"vec", WEFT_FUNCTION},           {"+", WEFT_NOT_CALLABLE},    {"and", WEFT_NOT_CALLABLE},
        {"si", WEFT_NOT_CALLABLE},        {"sinx", WEFT_NOT_CALLABLE}, {"", WEFT_NOT_CALLABLE},
        {"count_nonzero", WEFT_REDUCTION}};
    for (size_t i = 0; i < COUNT(cases); i++)
        cr_expect(weft_find_callable(cases[i].name, strlen(cases[i].name)) == cases[i].wanted, "%s",
                  cases[i].name);
    cr_expect(weft_find_callable("sinus", 3) == WEFT_FUNCTION, "no NUL is needed");
    cr_expect(weft_find_callable("sin\0x", 5) == WEFT_NOT_CALLABLE);
    cr_expect_str_eq(weft_nearest_callable("sqt", 3), "sqrt");
    cr_expect_str_eq(weft_nearest_callable("arctn2", 6), "arctan2");
    cr_expect_null(weft_nearest_callable("zzzzzzzz", 8));
}

Test(call, assignments)
{
    static const struct {
        const char *term;
        weft_dtype type;
        bool fits;
    } cases[] = {
        {"f64", WEFT_F32, true},     {"f32", WEFT_F64, true},  {"f32", WEFT_I32, false},
        {"i64", WEFT_I8, true},      {"i64", WEFT_F16, true},  {"u8", WEFT_I8, true},
        {"i8", WEFT_U8, false},      {"u64", WEFT_U8, true},   {"bool", WEFT_U8, true},
        {"u8", WEFT_BOOL, false},    {"bool", WEFT_F32, true}, {"f32", WEFT_BOOL, false},
        {"7", WEFT_U8, true},        {"300", WEFT_U8, false},  {"7", WEFT_F16, true},
        {"7.0", WEFT_I32, false},    {"7.5", WEFT_BF16, true}, {"1", WEFT_BOOL, false},
        {"(sin 1)", WEFT_F32, true},
    };
    start(0);
    for (size_t i = 0; i < COUNT(cases); i++) {
        const int32_t value = graph_term(&graph, cases[i].term);
        const int32_t node = weft_call_assignable(&graph, value, cases[i].type, "y");
        cr_expect((node >= 0) == cases[i].fits, "%s to %s", cases[i].term,
                  weft_dtype_name(cases[i].type));
        if (node >= 0)
            cr_expect(weft_node_at(&graph, node)->type == cases[i].type);
        else
            cr_expect(strstr(error.message, "fit") || strstr(error.message, "'y' is"));
        graph.failed = WEFT_OK;
    }
    const int32_t vector =
        weft_call_assignable(&graph, graph_term(&graph, "(vec f64 1)"), WEFT_F32, "y");
    cr_expect(weft_node_at(&graph, vector)->type == WEFT_F32);
    weft_graph_free(&graph);
}
