/* tests/unit/test_graph.c: the typed graph (compiler/graph.h): equal nodes, folding, axes, loops,
 * limits, errors and memory that runs out. What functions mean: test_call.c. */
#include <criterion/criterion.h>
#include <string.h>
#include <weft/compile.h>

#include "tests/support/graph.h"
#include "tests/support/support.h"

static weft_graph graph;
static weft_error error;

/* x, y, z, w: f32; d: f64; i, j: i32; l: i64; u, v: u32; b, c: bool; h: f16; all along one axis;
 * s, t: f32 uniforms; k: an i64 uniform. */
static void start(uint32_t flags)
{
    static const struct {
        const char *name;
        weft_dtype type;
    } arrays[] = {{"x", WEFT_F32}, {"y", WEFT_F32}, {"z", WEFT_F32},  {"w", WEFT_F32},
                  {"d", WEFT_F64}, {"i", WEFT_I32}, {"j", WEFT_I32},  {"l", WEFT_I64},
                  {"u", WEFT_U32}, {"v", WEFT_U32}, {"b", WEFT_BOOL}, {"c", WEFT_BOOL},
                  {"h", WEFT_F16}};
    graph_start(&graph, flags, &error);
    weft_axes axes = {.rank = 1};
    axes.axis[0] = (uint8_t)weft_graph_new_axis(&graph, "", 0);
    for (size_t i = 0; i < COUNT(arrays); i++) {
        weft_param param = {
            .kind = WEFT_PARAM_IN, .type = (uint8_t)arrays[i].type, .segment = 1, .count = 1};
        strcpy(param.name, arrays[i].name);
        weft_graph_new_param(&graph, &param, &axes);
    }
    weft_param uniform = {
        .name = "s", .kind = WEFT_PARAM_UNIFORM, .type = WEFT_F32, .segment = 1, .count = 1};
    weft_graph_new_param(&graph, &uniform, NULL);
    uniform.name[0] = 't';
    weft_graph_new_param(&graph, &uniform, NULL);
    uniform.name[0] = 'k';
    uniform.type = WEFT_I64;
    weft_graph_new_param(&graph, &uniform, NULL);
    cr_assert(!graph.failed, "%s", error.message);
}

static void expect_text(const char *term, const char *wanted)
{
    const int32_t node = graph_term(&graph, term);
    const char *text = graph_text(&graph, node);
    cr_expect(strcmp(text, wanted) == 0, "%s: %s, wanted %s; %s", term, text, wanted,
              error.message);
}

/* --- equal nodes ------------------------------------------------------------------------------ */

Test(graph, equal_nodes_are_one)
{
    static const char *const pairs[][2] = {
        {"(+ x y)", "(+ y x)"},
        {"(* x 2)", "(* 2 x)"},
        {"(< x y)", "(> y x)"},
        {"(<= 1.0 x)", "(>= x 1.0)"},
        {"(maximum x y)", "(max y x)"},
        {"(sqrt (+ x y))", "(sqrt (+ y x))"},
        {"(where b x y)", "(where (not b) y x)"},
        {"(sum (* x y))", "(dot y x)"},
        {"(+ (* x y) z)", "(+ z (* y x))"},
        {"(== i j)", "(not (!= j i))"},
        {"(& u v)", "(& v u)"},
        {"(fma x y z)", "(fma y x z)"},
        {"(softmax x)", "(softmax x)"},
    };
    start(0);
    for (size_t p = 0; p < COUNT(pairs); p++)
        cr_expect(graph_term(&graph, pairs[p][0]) == graph_term(&graph, pairs[p][1]) &&
                      !graph.failed,
                  "%s, %s", pairs[p][0], pairs[p][1]);
    static const char *const different[][2] = {
        {"(- x y)", "(- y x)"},
        {"(+ x 0.0)", "(+ x -0.0)"},
        {"(< x y)", "(< y x)"},
        {"(cast:f64 x)", "(cast:f16 x)"},
        {"(sum@0 x)", "(prod@0 x)"},
        {"2:u8", "2:i8"},
        {"(horner x 1 2 3)", "(horner x 1 2 4)"},
    };
    for (size_t p = 0; p < COUNT(different); p++)
        cr_expect(graph_term(&graph, different[p][0]) != graph_term(&graph, different[p][1]) &&
                      !graph.failed,
                  "%s, %s", different[p][0], different[p][1]);
    weft_graph_free(&graph);
}

/* Beyond the first tables of the hash. */
Test(graph, many_nodes)
{
    start(0);
    int32_t first[3000], sum = graph_term(&graph, "x");
    for (int turn = 0; turn < 2; turn++)
        for (int n = 0; n < 3000; n++) {
            const int32_t node = weft_node_const(&graph, WEFT_I64, (uint64_t)n * 7919);
            cr_assert(turn == 0 || first[n] == node);
            first[n] = node;
        }
    for (int n = 0; n < 3000; n++)
        sum = weft_call(&graph, "sin", 3, &sum, 1);
    cr_expect(weft_node_at(&graph, sum)->cost == 3000 * 12 + 1);
    weft_graph_free(&graph);
}

/* --- folding ---------------------------------------------------------------------------------- */

typedef struct fold_case {
    const char *term, *wanted;
} fold_case;

static const fold_case always[] = {
    /* literals */
    {"(+ 2 3)", "5w"},
    {"(/ 1 4)", "0.25wf"},
    {"(* 2 1.5)", "3wf"},
    {"(** 3 4)", "81w"},
    {"(** 2 -1)", "0.5wf"},
    {"(// -7 2)", "-4w"},
    {"(% -7 2)", "1w"},
    {"(sqrt 4)", "2wf"},
    {"(log 2)", "mov(log(2))"},
    {"(* x (sqrt 4))", "mul(x, 2)"},
    {"(* x (log 2))", "mul(x, cvt.f32(log(2)))"},
    {"(< 2 3)", "true"},
    {"(+ 7:u8 250:u8)", "1"},
    {"(cast:f32 0.1)", "0.1"},
    {"(cast:u8 200)", "200"},
    {"(cast:i8 -3.7)", "-3"},
    {"(exp 1:f32)", "exp(1)"}, /* levels may differ in its last bit */
    {"(sqrt -1:f32)", "nan"},
    /* identities of floats */
    {"(* x 1)", "x"},
    {"(/ x 1)", "x"},
    {"(- x 0.0)", "x"},
    {"(+ x -0.0)", "x"},
    {"(+ x 0.0)", "add(x, 0)"},
    {"(- 0.0 x)", "sub(0, x)"},
    {"(- -0.0 x)", "neg(x)"},
    {"(* x -1)", "neg(x)"},
    {"(* x 0)", "mul(x, 0)"},
    {"(- x x)", "sub(x, x)"},
    {"(- (- x))", "x"},
    {"(abs (abs x))", "abs(x)"},
    {"(abs (- x))", "abs(x)"},
    {"(/ x 4)", "mul(x, 0.25)"},
    {"(/ x -0.5)", "mul(x, -2)"},
    {"(/ x 3)", "div(x, 3)"},
    {"(/ x 1e-45:f32)", "div(x, 1e-45)"},
    {"(/ x 1.7014118346046923e38:f32)", "mul(x, 5.877472e-39)"},
    {"(/ x 0.0)", "div(x, 0)"},
    {"(/ 1 x)", "recip(x)"},
    {"(/ 1 (sqrt x))", "rsqrt(x)"},
    {"(/ y (sqrt x))", "div(y, sqrt(x))"},
    {"(- x 2)", "add(x, -2)"},
    {"(+ x (- y))", "sub(x, y)"},
    {"(- x (- y))", "add(x, y)"},
    {"(+ (- x) y)", "sub(y, x)"},
    {"(* (- x) (- y))", "mul(x, y)"},
    {"(* (- x) 3)", "mul(x, -3)"},
    {"(- (- x y))", "neg(sub(x, y))"},
    {"(+ (+ x 1) 2)", "add(add(x, 1), 2)"},
    {"(* (* x 2) 3)", "mul(mul(x, 2), 3)"},
    /* products in sums: two roundings */
    {"(+ (* x y) z)", "mad(x, y, z)"},
    {"(+ z (* x y))", "mad(x, y, z)"},
    {"(+ (* x x) (* y y))", "mad(y, y, mul(x, x))"},
    {"(- (* x y) 1)", "mad(x, y, -1)"},
    {"(- (* x y) z)", "sub(mul(x, y), z)"},
    {"(- (* x y) s)", "mad(x, y, neg(s))"},
    {"(- z (* x y))", "sub(z, mul(x, y))"},
    {"(- z (* x 3))", "mad(x, -3, z)"},
    {"(- z (* x s))", "mad(x, neg(s), z)"},
    {"(mad x 1 y)", "add(x, y)"},
    {"(fma x y -0.0)", "mul(x, y)"},
    {"(fma x -1 y)", "sub(y, x)"},
    {"(clip x 0 1)", "clamp(x, 0, 1)"},
    {"(minimum (maximum x 0) 1)", "clamp(x, 0, 1)"},
    {"(maximum (minimum x 1) 0)", "max(min(x, 1), 0)"},
    {"(minimum x x)", "x"},
    {"(fmin (fmax x 0) 1)", "fmin(fmax(x, 0), 1)"},
    /* polynomials with one rounding only where they are said to have */
    {"(+ (* (+ (* x 2) 3) x) 4)", "mad(x, mad(x, 2, 3), 4)"},
    {"(fma (fma x 2 3) x 4)", "horner(x, 2, 3, 4).0"},
    {"(fma (fma (fma s x t) x 3) x 4)", "horner(x, s, t, 3, 4).0"},
    {"(fma (fma x 2 3) y 4)", "fma(y, fma(x, 2, 3), 4)"},
    {"(fma (fma x 2 y) x 4)", "fma(x, fma(x, 2, y), 4)"},
    {"(horner x 1 2 3)", "horner(x, 1, 2, 3).0"},
    {"(horner x y 2)", "fma(x, y, 2)"},
    /* integers */
    {"(+ i 0)", "i"},
    {"(- i i)", "mov(0)"},
    {"(* i 0)", "mov(0)"},
    {"(* i 8)", "shl(i, 3)"},
    {"(* k 8)", "mul(k, 8)"},
    {"(* (* i 3) 5)", "mul(i, 15)"},
    {"(+ (+ i 3) 5)", "add(i, 8)"},
    {"(+ (+ i 3) (+ j 5))", "add(add(i, j), 8)"},
    {"(- (+ i 3) 3)", "i"},
    {"(// u 8)", "shr(u, 3)"},
    {"(% u 8)", "and(u, 7)"},
    {"(// i 8)", "shr(i, 3)"},
    {"(% i 8)", "and(i, 7)"},
    {"(// u 1)", "u"},
    {"(% u 1)", "mov(0)"},
    {"(abs u)", "u"},
    {"(& i -1)", "i"},
    {"(& i 0)", "mov(0)"},
    {"(| i 0)", "i"},
    {"(^ i i)", "mov(0)"},
    {"(^ i -1)", "not(i)"},
    {"(~ (~ i))", "i"},
    {"(& (& i 12) 6)", "and(i, 4)"},
    {"(<< i 0)", "i"},
    {"(<< i 3)", "shl(i, 3)"},
    {"(<< (<< i 3) 4)", "shl(i, 7)"},
    {"(<< i 32)", "mov(0)"},
    {"(>> u 32)", "mov(0)"},
    {"(>> i 40)", "shr(i, 31)"},
    {"(>> i -1)", "shr(i, 31)"},
    {"(** i 3)", "mul(i, mul(i, i))"},
    {"(== i i)", "mov(true)"},
    {"(< i i)", "mov(false)"},
    {"(< u 0)", "mov(false)"},
    {"(not (< i j))", "ge(i, j)"},
    {"(< i 3000000000)", "mov(true)"},
    {"(== u -1)", "mov(false)"},
    {"(> -1 u)", "mov(false)"},
    /* floats are not so simple */
    {"(== x x)", "ord(x, x)"},
    {"(!= x x)", "uno(x, x)"},
    {"(isnan x)", "uno(x, x)"},
    {"(not (isnan x))", "ord(x, x)"},
    {"(not (< x y))", "not(lt(x, y))"},
    {"(not (== x y))", "ne(x, y)"},
    {"(< x x)", "mov(false)"},
    /* selection */
    {"(where b x x)", "x"},
    {"(where true x y)", "x"},
    {"(where (not b) x y)", "sel(b, y, x)"},
    {"(where b true c)", "or(b, c)"},
    {"(where b c false)", "and(b, c)"},
    {"(and b true)", "b"},
    {"(or b true)", "mov(true)"},
    {"(!= (cast:i32 b) 0)", "b"},
    {"(== (cast:f32 b) 0)", "not(b)"},
    /* conversions */
    {"(cast:f32 x)", "x"},
    {"(cast:f32 (cast:f64 x))", "x"},
    {"(cast:i8 (cast:i64 i))", "cvt.i8(i)"},
    {"(cast:i32 (cast:u32 i))", "i"},
    {"(cast:i8 (cast:f64 i))", "cvt.i8(cvt.f64(i))"},
    {"(cast:i64 (cast:f64 i))", "cvt.i64(i)"},
    {"(cast:f32 (cast:f64 i))", "cvt.f32(i)"},
    {"(cast:f32 (cast:f32 i))", "cvt.f32(i)"},
    {"(cast:i32 (cast:f32 i))", "cvt.i32(cvt.f32(i))"},
    {"(cast:f64 (cast:f32 d))", "cvt.f64(cvt.f32(d))"},
    {"(cast:bool (cast:i8 b))", "b"},
    {"(+ h 1)", "cvt.f16(add(cvt.f32(h), 1))"},
    {"(* (+ h 1) h)", "cvt.f16(mul(cvt.f32(h), cvt.f32(cvt.f16(add(cvt.f32(h), 1)))))"},
    /* powers */
    {"(** x 2)", "mul(x, x)"},
    {"(** x 3)", "mul(x, mul(x, x))"},
    {"(** x 4)", "mul(mul(x, x), mul(x, x))"},
    {"(** x 1)", "x"},
    {"(** x 0)", "mov(1)"},
    {"(** x -1)", "recip(x)"},
    {"(** x 5)", "pow(x, 5)"},
    {"(** x 0.5)", "pow(x, 0.5)"},
    /* reductions */
    {"(sum (* x y))", "dot[0](x, y)"},
    {"(sum (* x x))", "dot[0](x, x)"},
    {"(sum (* i j))", "sum[0](mul(i, j))"},
    {"(sum (* x s))", "sum[0](mul(x, s))"},
    {"(sum b)", "count[0](b)"},
    {"(mean x)", "div(sum[0](x), cvt.f32(extent0))"},
};

static const fold_case contracted[] = {
    {"(+ (* x y) z)", "fma(x, y, z)"},
    {"(- (* x y) z)", "fma(x, y, neg(z))"},
    {"(- z (* x y))", "fma(y, neg(x), z)"},
    {"(- z (* x s))", "fma(x, neg(s), z)"},
    {"(mad x y z)", "mad(x, y, z)"},
    {"(+ (* i j) i)", "mad(i, j, i)"},
    {"(+ (* (+ (* x 2) 3) x) 4)", "horner(x, 2, 3, 4).0"},
    {"(+ (* (+ (* (+ (* s x) t) x) 3) x) 4)", "horner(x, s, t, 3, 4).0"},
    {"(* (+ h 1) h)", "cvt.f16(mul(cvt.f32(h), add(cvt.f32(h), 1)))"},
    {"(/ x 3)", "div(x, 3)"},
};

static const fold_case reassociated[] = {
    {"(/ x 3)", "mul(x, 0.33333334)"},
    {"(/ x s)", "mul(x, recip(s))"},
    {"(/ s t)", "div(s, t)"},
    {"(/ y (sqrt x))", "mul(y, rsqrt(x))"},
    {"(* (* x 2) 3)", "mul(x, 6)"},
    {"(* (* x 2) (* y 3))", "mul(mul(x, y), 6)"},
    {"(+ (+ x 1) 2)", "add(x, 3)"},
    {"(+ (+ x 1) (+ y 2))", "add(add(x, y), 3)"},
    {"(- (- 1.0 x) 3)", "sub(-2, x)"},
    {"(+ (+ (* x y) 1) 2)", "mad(x, y, 3)"},
    {"(** x 0.5)", "sqrt(x)"},
    {"(** x -0.5)", "rsqrt(x)"},
    {"(** x 5)", "mul(x, mul(mul(x, x), mul(x, x)))"},
    {"(** x -2)", "recip(mul(x, x))"},
    {"(/ x 0.0)", "div(x, 0)"},
};

static void check_folds(uint32_t flags, const fold_case *cases, size_t n)
{
    start(flags);
    for (size_t p = 0; p < n; p++)
        expect_text(cases[p].term, cases[p].wanted);
    weft_graph_free(&graph);
}

Test(graph, folding_that_keeps_bits)
{
    check_folds(0, always, COUNT(always));
}

Test(graph, folding_when_contraction_is_allowed)
{
    check_folds(WEFT_FAST_CONTRACT, contracted, COUNT(contracted));
}

Test(graph, folding_when_reassociation_is_allowed)
{
    check_folds(WEFT_FAST_REASSOCIATE, reassociated, COUNT(reassociated));
}

/* What loses an operand keeps its axes. */
Test(graph, folding_keeps_axes)
{
    static const char *const terms[] = {"(* i 0)",  "(- i i)",   "(** x 0)",     "(and b false)",
                                        "(== i i)", "(isnan i)", "(< i 1e10)",   "(^ u u)",
                                        "(% u 1)",  "(< u -5)",  "(where b 2 2)"};
    start(0);
    for (size_t p = 0; p < COUNT(terms); p++) {
        const int32_t node = graph_term(&graph, terms[p]);
        cr_assert(node >= 0, "%s: %s", terms[p], error.message);
        const weft_axes *axes = &weft_node_at(&graph, node)->axes;
        cr_expect(axes->rank == 1 && axes->axis[0] == 0, "%s", terms[p]);
    }
    weft_graph_free(&graph);
}

/* --- axes ------------------------------------------------------------------------------------- */

Test(graph, axes_by_position)
{
    graph_start(&graph, 0, &error);
    graph_array(&graph, "m", WEFT_F32, 2); /* 0, 1 */
    graph_array(&graph, "v", WEFT_F32, 1); /* 2 */
    graph_array(&graph, "c", WEFT_F32, 3); /* 3, 4, 5 */
    int32_t node = graph_term(&graph, "(+ m v)");
    weft_axes axes = weft_node_at(&graph, node)->axes;
    cr_expect(axes.rank == 2 && axes.axis[0] == 0 && axes.axis[1] == 1);
    cr_expect(weft_graph_axis_of(&graph, 2) == 1);
    expect_text("(sum@0 (* m v))", "sum[0](mul(m, v))");
    expect_text("(sum@-1 (* m v))", "dot[1](m, v)");
    expect_text("(sum@1,0 m)", "sum[0,1](m)");
    expect_text("(argmax m)", "argmax[0,1](m)");
    node = graph_term(&graph, "(- m (mean@1! m))");
    axes = weft_node_at(&graph, node)->axes;
    cr_expect(axes.rank == 2 && axes.axis[0] == 0 && axes.axis[1] == 1);
    node = graph_term(&graph, "(sum@1! m)");
    axes = weft_node_at(&graph, node)->axes;
    cr_expect(axes.rank == 2 && axes.axis[0] == 0 && axes.axis[1] == WEFT_AXIS_ONE);
    expect_text("(sum@1 (sum@1! m))", "sum[1](m)");
    node = graph_term(&graph, "(+ c m)");
    axes = weft_node_at(&graph, node)->axes;
    cr_expect(axes.rank == 3 && axes.axis[0] == 3 && !graph.failed);
    cr_expect(weft_graph_axis_of(&graph, 4) == 0 && weft_graph_axis_of(&graph, 5) == 1);
    cr_expect(graph_term(&graph, "(- m (mean@1 m))") < 0 && graph.failed == WEFT_ERR_SYNTAX);
    cr_expect(strstr(error.message, "keepdims=True"), "%s", error.message);
    weft_graph_free(&graph);
}

/* That two axes are the same may be found out after a value has both. */
Test(graph, axes_that_become_the_same)
{
    graph_start(&graph, 0, &error);
    graph_array(&graph, "m", WEFT_F32, 2);
    graph_array(&graph, "v", WEFT_F32, 1);
    cr_expect(graph_term(&graph, "(+ (sum@1 m) v)") >= 0);
    cr_expect(graph_term(&graph, "(+ m v)") < 0 && strstr(error.message, "keepdims=True"), "%s",
              error.message);
    weft_graph_free(&graph);
}

Test(graph, axes_by_name)
{
    graph_start(&graph, 0, &error);
    graph.named_axes = true;
    const unsigned rows = (unsigned)weft_graph_new_axis(&graph, "rows", 4);
    const unsigned columns = (unsigned)weft_graph_new_axis(&graph, "columns", 7);
    weft_param param = {.name = "r", .kind = WEFT_PARAM_IN, .type = WEFT_F32, .segment = 1};
    weft_axes axes = {.rank = 1, .axis = {(uint8_t)rows}};
    weft_graph_new_param(&graph, &param, &axes);
    param.name[0] = 'c';
    axes.axis[0] = (uint8_t)columns;
    weft_graph_new_param(&graph, &param, &axes);
    param.name[0] = 'y';
    param.kind = WEFT_PARAM_OUT;
    weft_graph_new_param(&graph, &param, &axes);
    const int32_t both = graph_term(&graph, "(+ c r)");
    axes = weft_node_at(&graph, both)->axes;
    cr_expect(axes.rank == 2 && axes.axis[0] == rows && axes.axis[1] == columns);
    const int32_t sum = graph_term(&graph, "(sum@0! (+ c r))"); /* over rows, the outer axis */
    axes = weft_node_at(&graph, sum)->axes;
    cr_expect(axes.rank == 1 && axes.axis[0] == columns);
    cr_expect(weft_graph_output(&graph, 2, 0, sum));
    cr_expect(!weft_graph_output(&graph, 2, 0, sum) && strstr(error.message, "already"));
    weft_graph_free(&graph);
}

Test(graph, outputs_have_the_axes_of_their_values)
{
    graph_start(&graph, 0, &error);
    graph.named_axes = true;
    weft_axes axes = {.rank = 1, .axis = {(uint8_t)weft_graph_new_axis(&graph, "rows", 4)}};
    weft_param param = {.name = "x", .kind = WEFT_PARAM_IN, .type = WEFT_F32, .segment = 1};
    weft_graph_new_param(&graph, &param, &axes);
    param.name[0] = 'y';
    param.kind = WEFT_PARAM_OUT;
    weft_graph_new_param(&graph, &param, NULL);
    cr_expect(!weft_graph_output(&graph, 1, 0, weft_node_load(&graph, 0, 0)));
    cr_expect(graph.failed == WEFT_ERR_SYNTAX && strstr(error.message, "'rows'") &&
                  strstr(error.message, "'y'"),
              "%s", error.message);
    weft_graph_free(&graph);
}

/* --- loops ------------------------------------------------------------------------------------ */

Test(graph, loops)
{
    start(0);
    const int32_t x = graph_term(&graph, "x"), one = weft_node_const(&graph, WEFT_F32, 0x3f800000);
    const int32_t count = graph_term(&graph, "k");
    const int32_t initial[2] = {one, x};
    const int32_t loop = weft_node_for(&graph, count, initial, 2);
    const int32_t acc = weft_node_carried(&graph, loop, 0), v = weft_node_carried(&graph, loop, 1);
    cr_expect(weft_node_at(&graph, acc)->loop == loop && weft_node_at(&graph, acc)->depth == 1);
    const int32_t outside = graph_term(&graph, "(+ x y)");
    cr_expect(weft_node_at(&graph, outside)->loop == -1, "does not depend on the loop");
    const int32_t sum = weft_call(&graph, "+", 1, (int32_t[]){v, x}, 2);
    cr_expect(weft_node_at(&graph, sum)->loop == loop);
    const int32_t inner = weft_node_for(&graph, count, &sum, 1);
    cr_expect(weft_node_at(&graph, inner)->depth == 1 && weft_node_at(&graph, inner)->loop == loop);
    const int32_t deep = weft_node_counter(&graph, inner);
    cr_expect(weft_node_at(&graph, deep)->depth == 2 && weft_node_at(&graph, deep)->loop == inner);
    const int32_t next = weft_node_carried(&graph, inner, 0);
    cr_expect(weft_node_end_for(&graph, inner, &next));
    const int32_t part = weft_node_part(&graph, inner, 0);
    cr_expect(weft_node_at(&graph, part)->loop == loop);
    /* acc was one number, and now it is one for each element: to be spread before. */
    const int32_t wider[2] = {part, v};
    weft_graph copy = graph;
    cr_expect(!weft_node_end_for(&copy, loop, wider) && copy.failed == WEFT_ERR_ARG);
    weft_error_clear(&error);
    weft_node_leave_for(&graph, loop);
    cr_expect(graph.open_loop == -1);
    const weft_axes axes = weft_node_at(&graph, x)->axes;
    const int32_t spread[2] = {weft_node_spread(&graph, one, &axes), x};
    const int32_t again = weft_node_for(&graph, count, spread, 2);
    const int32_t nexts[2] = {weft_node_carried(&graph, again, 1),
                              weft_node_carried(&graph, again, 0)};
    cr_expect(weft_node_part(&graph, again, 0) < 0 && graph.failed, "not ended yet");
    graph.failed = WEFT_OK;
    cr_expect(weft_node_end_for(&graph, again, nexts));
    const int32_t result = weft_node_part(&graph, again, 0);
    cr_expect(weft_node_at(&graph, result)->axes.rank == 1 &&
              weft_node_at(&graph, result)->loop == -1 && !graph.failed);
    /* What was made inside stays inside. */
    cr_expect(weft_call(&graph, "+", 1, (int32_t[]){nexts[0], x}, 2) < 0 && graph.failed);
    weft_graph_free(&graph);
}

Test(graph, reductions_stay_out_of_loops)
{
    start(0);
    const int32_t x = graph_term(&graph, "x");
    weft_node_for(&graph, graph_term(&graph, "k"), &x, 1);
    cr_expect(graph_term(&graph, "(sum y)") < 0 && graph.failed == WEFT_ERR_SYNTAX);
    cr_expect(strstr(error.message, "loop"), "%s", error.message);
    weft_graph_free(&graph);
}

Test(graph, scans)
{
    start(0);
    const int32_t zero = weft_node_const(&graph, WEFT_F32, 0),
                  before = graph_term(&graph, "(* y 2)");
    const int32_t scan = weft_node_scan(&graph, 0, &zero, 1);
    const int32_t inside = graph_term(&graph, "(* y 2)");
    cr_expect(before != inside && weft_node_at(&graph, inside)->loop == scan);
    const int32_t next =
        weft_call(&graph, "+", 1, (int32_t[]){weft_node_carried(&graph, scan, 0), inside}, 2);
    cr_expect(weft_node_end_for(&graph, scan, &next), "%s", error.message);
    const int32_t sums = weft_node_part(&graph, scan, 0);
    cr_expect(weft_node_at(&graph, sums)->axes.rank == 1);
    cr_expect(weft_call(&graph, "+", 1, (int32_t[]){sums, before}, 2) >= 0);
    weft_graph_free(&graph);
}

/* --- functions of the user's ------------------------------------------------------------------ */

Test(graph, calls)
{
    start(0);
    weft_graph_function f = {.name = "f", .n = 1, .result = WEFT_F64, .types = {WEFT_F32}};
    const unsigned impure = (unsigned)weft_graph_new_function(&graph, &f);
    f.pure = true;
    const unsigned pure = (unsigned)weft_graph_new_function(&graph, &f);
    const int32_t x = graph_term(&graph, "x");
    cr_expect(weft_node_call(&graph, impure, &x, 1) != weft_node_call(&graph, impure, &x, 1));
    cr_expect(weft_node_call(&graph, pure, &x, 1) == weft_node_call(&graph, pure, &x, 1));
    cr_expect(graph.effects.count == 2 && !graph.failed);
    cr_expect(weft_node_call(&graph, pure, &x, 0) < 0 && strstr(error.message, "f takes 1"));
    weft_graph_free(&graph);
}

/* --- errors ----------------------------------------------------------------------------------- */

Test(graph, errors_have_a_place_and_stay)
{
    start(0);
    graph.line = 3;
    graph.column = 14;
    cr_expect(weft_node_index(&graph, 200, WEFT_I64) == -1);
    cr_expect(error.status == WEFT_ERR_ARG && error.line == 3 && error.column == 14);
    cr_expect_str_eq(error.message, "there is no axis 200");
    graph.line = 4;
    cr_expect(weft_node_extent(&graph, 201) == -1 && error.line == 3, "the first error stays");
    cr_expect(weft_node_load(&graph, 0, 0) == -1 && weft_node_const(&graph, WEFT_F32, 0) == -1);
    cr_expect(weft_node_op(&graph, WEFT_OP_ADD, WEFT_F32, 0, 0, -1) == -1);
    cr_expect(weft_graph_new_axis(&graph, "", 0) == -1);
    weft_graph_free(&graph);
}

Test(graph, wrong_nodes)
{
    start(0);
    const int32_t x = graph_term(&graph, "x"), i = graph_term(&graph, "i");
    const weft_axes axes = {.rank = 1}, none = {.rank = 0};
#define REFUSED(call, text)                                                                        \
    do {                                                                                           \
        weft_error_clear(&error);                                                                  \
        cr_expect((call) == -1 && graph.failed, "%s", #call);                                      \
        cr_expect(strstr(error.message, text), "%s: %s", #call, error.message);                    \
        graph.failed = WEFT_OK;                                                                    \
    } while (0)
    REFUSED(weft_node_op(&graph, WEFT_OP_ADD, WEFT_F32, x, i, -1),
            "add: operand 2 is i32, not f32");
    REFUSED(weft_node_op(&graph, WEFT_OP_SQRT, WEFT_I32, i, -1, -1), "no sqrt of i32");
    REFUSED(weft_node_op(&graph, WEFT_OP_LOOP, WEFT_F32, x, -1, -1), "operation");
    REFUSED(weft_node_op(&graph, 9999, WEFT_F32, x, -1, -1), "operation");
    REFUSED(weft_node_op(&graph, WEFT_OP_SEL, WEFT_F32, x, x, x), "operand 1 is f32, not bool");
    REFUSED(weft_node_load(&graph, 200, 0), "no parameter 200");
    REFUSED(weft_node_load(&graph, 0, 3), "'x' has 1 component, and no component 3");
    REFUSED(weft_node_uniform(&graph, 13, 0, 1), "'s' has 1 row, and no row 1");
    REFUSED(weft_node_row(&graph, 13, 0, x), "a row is i32 or i64, not f32");
    REFUSED(weft_node_row(&graph, 13, 0, weft_node_const(&graph, WEFT_I64, 7)), "no row 7");
    REFUSED(weft_node_row(&graph, 13, 0, weft_node_const(&graph, WEFT_I32, 0xffffffff)),
            "no row -1");
    REFUSED(weft_node_reduce(&graph, WEFT_OP_SUM, x, -1, &none), "over axes");
    REFUSED(weft_node_reduce(&graph, WEFT_OP_ANY, x, -1, &axes), "no any of f32");
    REFUSED(weft_node_index(&graph, 9, WEFT_I64), "no axis 9");
    REFUSED(weft_node_index(&graph, 0, WEFT_F32), "i32 or i64");
    REFUSED(weft_node_for(&graph, x, &x, 1), "not i64");
    REFUSED(weft_node_for(&graph, graph_term(&graph, "l"), &x, 1), "not one for each element");
    REFUSED(weft_node_carried(&graph, x, 0), "no loop");
    REFUSED(weft_node_part(&graph, x, 0), "no result 0");
    REFUSED(weft_node_fused(&graph, WEFT_OP_DOTK, 2, (int32_t[]){x, x}, 2), "2 operands");
    REFUSED(weft_node_spread(&graph, x, &none), "keeps all of its axes");
    const int32_t two[2] = {x, x}, vector = weft_node_vector(&graph, two, 2);
    REFUSED(weft_node_op(&graph, WEFT_OP_ADD, WEFT_F32, vector, x, -1), "a vector of 2 components");
    REFUSED(weft_node_vector(&graph, &vector, 1), "a vector of 2 components");
    weft_param again = {.name = "x", .segment = 1};
    REFUSED(weft_graph_new_param(&graph, &again, NULL), "already");
    cr_expect(!weft_graph_output(&graph, 0, 0, x) && strstr(error.message, "not an output"));
    weft_graph_free(&graph);
}

Test(graph, limits)
{
    start(0);
    int32_t node = 0;
    for (uint64_t n = 0; n <= 65536 && node >= 0; n++)
        node = weft_node_const(&graph, WEFT_I64, n);
    cr_expect(graph.nodes.count == 65536 && graph.failed == WEFT_ERR_LIMIT);
    cr_expect(error.status == WEFT_ERR_LIMIT && strstr(error.message, "65536"));
    weft_graph_free(&graph);
    start(0);
    for (int n = 0; n < WEFT_MAX_AXES - 1; n++)
        cr_expect(weft_graph_new_axis(&graph, "", 0) >= 0);
    cr_expect(weft_graph_new_axis(&graph, "", 0) < 0 && graph.failed == WEFT_ERR_LIMIT);
    weft_graph_free(&graph);
}

/* Costs that are counted again and again end at the top. */
Test(graph, costs_do_not_overflow)
{
    start(0);
    int32_t node = graph_term(&graph, "(sin x)");
    for (int n = 0; n < 40; n++)
        node = weft_node_op(&graph, WEFT_OP_ATAN2, WEFT_F32, node, node, -1);
    cr_expect(weft_node_at(&graph, node)->cost == UINT32_MAX);
    weft_graph_free(&graph);
}

/* --- memory ----------------------------------------------------------------------------------- */

/* A program of everything that takes memory. */
static void make_all(const weft_allocator *allocator)
{
    graph_start(&graph, 0, &error);
    graph.allocator = allocator;
    graph_all_types(&graph);
    int32_t node = graph_term(&graph, "(+ (layer_norm f32) (softmax f32b))");
    for (int n = 0; n < 300; n++)
        node = weft_call(&graph, "sin", 3, &node, 1);
    node = graph_term(&graph, "(qmul (vec f32u 1 2 3) (vec f32 f32b 0 1))");
    node = graph_term(&graph, "(** i32 i32b)");
    weft_graph_function f = {.name = "f", .n = 1, .result = WEFT_I32, .types = {WEFT_I32}};
    weft_graph_new_function(&graph, &f);
    node = weft_node_call(&graph, 0, &node, 1);
    weft_param y = {.name = "y", .kind = WEFT_PARAM_OUT, .type = WEFT_I32, .segment = 1};
    const weft_axes axes = {.rank = 1};
    const int32_t out = weft_graph_new_param(&graph, &y, &axes);
    if (out >= 0)
        weft_graph_output(&graph, (unsigned)out, 0, node);
}

Test(graph, memory_that_runs_out)
{
    static test_allocator memory;
    test_allocator_init(&memory);
    make_all(&memory.allocator);
    cr_assert(!graph.failed, "%s", error.message);
    weft_graph_free(&graph);
    const long calls = atomic_load(&memory.calls);
    cr_assert(calls > 10 && atomic_load(&memory.bytes) == 0);
    for (long at = 0; at < calls; at++) {
        test_allocator_fail(&memory, at, false);
        make_all(&memory.allocator);
        cr_expect(graph.failed == WEFT_ERR_MEMORY && error.status == WEFT_ERR_MEMORY, "call %ld",
                  at);
        weft_graph_free(&graph);
        cr_expect(atomic_load(&memory.bytes) == 0, "call %ld", at);
    }
}
