/* tests/unit/test_compile.c: weft/compile.h as a contract: what is refused and how it is said, what
 * the cache shares, what an evaluation asks of its result. What texts mean is compared with NumPy
 * in tests/numpy/, where each function's rules stand. */
#include <criterion/criterion.h>
#include <string.h>

#include "tests/support/support.h"

static weft_context *context;

static void set_up(void)
{
    context = test_context(0);
}

static void tear_down(void)
{
    cr_expect(test_context_works(context));
    weft_context_destroy(context);
}

TestSuite(compile, .init = set_up, .fini = tear_down);

static const weft_variable two[] = {{.name = "a", .type = WEFT_F32, .rank = 1},
                                    {.name = "k", .type = WEFT_F32}};

static weft_compile_options with_two(void)
{
    return (weft_compile_options){
        .size = sizeof(weft_compile_options), .variables = two, .n_variables = 2};
}

/* Compiles text, which must be refused with a message that has `words`. */
static void refuse(const char *text, const weft_compile_options *options, weft_status wanted,
                   const char *words)
{
    for (int cached = 0; cached < 2; cached++) {
        weft_error error;
        weft_program *program = (weft_program *)&error;
        weft_status status =
            cached ? weft_compile_cached(context, text, strlen(text), options, &program, &error)
                   : weft_compile(context, text, strlen(text), options, &program, &error);
        cr_expect(status == wanted && error.status == wanted, "%s: %d, %s", text, status,
                  error.message);
        cr_expect(strstr(error.message, words), "%s: %s", text, error.message);
        cr_expect(!program);
    }
}

/* --- options ---------------------------------------------------------------------------------- */

Test(compile, options_that_are_none)
{
    weft_compile_options options = with_two();
    options.size = 3;
    refuse("a + k", &options, WEFT_ERR_ARG, "size");
    options = with_two();
    options.size = sizeof options + 8;
    refuse("a + k", &options, WEFT_ERR_ARG, "size");
    options = with_two();
    options.variables = NULL;
    refuse("a + k", &options, WEFT_ERR_ARG, "variables");
    options = with_two();
    options.flags = 4;
    refuse("a + k", &options, WEFT_ERR_ARG, "flags");
    options = with_two();
    options.form = 3;
    refuse("a + k", &options, WEFT_ERR_ARG, "form");
    options.form = WEFT_CODE_UNROLLED;
    refuse("a + k", &options, WEFT_ERR_ARG, "unrolled");
    options.elements = WEFT_MAX_UNROLLED + 1;
    refuse("a + k", &options, WEFT_ERR_ARG, "4096");
    options = with_two();
    options.result = (weft_dtype)99;
    refuse("a + k", &options, WEFT_ERR_ARG, "type");
}

Test(compile, variables_that_are_none)
{
    static const struct {
        weft_variable wrong;
        const char *words;
    } cases[] = {
        {{.name = NULL, .type = WEFT_F32}, "name"},
        {{.name = "", .type = WEFT_F32}, "name"},
        {{.name = "1a", .type = WEFT_F32}, "1a"},
        {{.name = "a b", .type = WEFT_F32}, "a b"},
        {{.name = "a123456789a123456789a123456789a123456789a123456789a123456789a123",
          .type = WEFT_F32},
         "63"},
        {{.name = "x", .type = WEFT_NONE}, "type"},
        {{.name = "x", .type = (weft_dtype)99}, "type"},
        {{.name = "x", .type = WEFT_F32, .rank = -1}, "x"},
        {{.name = "x", .type = WEFT_F32, .rank = 5}, "x"},
        {{.name = "x", .type = WEFT_F32, .rank = 1, .ones = 2}, "x"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        weft_compile_options options = {
            .size = sizeof options, .variables = &cases[i].wrong, .n_variables = 1};
        refuse("1 + 1", &options, WEFT_ERR_ARG, cases[i].words);
    }
    const weft_variable same[] = {two[0], two[0]};
    weft_compile_options options = {
        .size = sizeof options, .variables = same, .n_variables = COUNT(same)};
    refuse("a + 1", &options, WEFT_ERR_ARG, "a");
}

Test(compile, places_that_are_none)
{
    weft_program *program = NULL;
    weft_error error;
    cr_expect(weft_compile(NULL, "1", 1, NULL, &program, &error) == WEFT_ERR_ARG && *error.message);
    cr_expect(weft_compile(context, "1", 1, NULL, NULL, &error) == WEFT_ERR_ARG && *error.message);
    cr_expect(weft_compile(context, NULL, 1, NULL, &program, &error) == WEFT_ERR_ARG);
    cr_expect(weft_compile_cached(NULL, "1", 1, NULL, &program, &error) == WEFT_ERR_ARG);
    cr_expect(weft_compile_cached(context, "1", 1, NULL, NULL, NULL) == WEFT_ERR_ARG);
    refuse("", NULL, WEFT_ERR_SYNTAX, "");
    refuse("a + 1", NULL, WEFT_ERR_SYNTAX, "unknown name 'a'");
}

/* --- programs --------------------------------------------------------------------------------- */

Test(compile, parameters)
{
    weft_compile_options options = with_two();
    weft_program *program;
    weft_param_info info;
    weft_error error;
    cr_assert(weft_compile(context, "k * a", 5, &options, &program, &error) == WEFT_OK);
    cr_expect(error.status == WEFT_OK && !*error.message);
    cr_expect(weft_program_param_count(program) == 3);
    const int32_t a = weft_program_find_param(program, "a");
    const int32_t k = weft_program_find_param(program, "k");
    const int32_t out = weft_program_find_param(program, "out");
    cr_assert(a >= 0 && k > a && out >= 0); /* in the order of `variables` */
    cr_expect(weft_program_param(program, (uint32_t)a, &info) == WEFT_OK &&
              info.kind == WEFT_PARAM_IN && info.type == WEFT_F32);
    cr_expect(weft_program_param(program, (uint32_t)k, &info) == WEFT_OK &&
              info.kind == WEFT_PARAM_UNIFORM);
    cr_expect(weft_program_param(program, (uint32_t)out, &info) == WEFT_OK &&
              info.kind == WEFT_PARAM_OUT && info.type == WEFT_F32);
    weft_program_release(program);
    options.result = WEFT_F16;
    cr_assert(weft_compile(context, "a + 1", 5, &options, &program, &error) == WEFT_OK);
    cr_expect(weft_program_find_param(program, "k") == -1); /* it is not used */
    const int32_t narrow = weft_program_find_param(program, "out");
    cr_expect(weft_program_param(program, (uint32_t)narrow, &info) == WEFT_OK &&
              info.type == WEFT_F16);
    weft_program_release(program);
}

/* The unrolled form is for its own number of elements, and gives the same. */
Test(compile, forms)
{
    float x[100], loop[100], unrolled[100];
    weft_compile_options options = with_two();
    for (int i = 0; i < 100; i++)
        x[i] = (float)i / 8;
    for (int form = WEFT_CODE_LOOP; form <= WEFT_CODE_UNROLLED; form++) {
        weft_program *program;
        weft_error error;
        float *y = form == WEFT_CODE_LOOP ? loop : unrolled;
        options.form = (uint32_t)form;
        options.elements = 100;
        cr_assert(weft_compile(context, "sqrt(a) + 1", 11, &options, &program, &error) == WEFT_OK);
        weft_arg args[] = {ARRAY("a", WEFT_F32, x, 100), ARRAY("out", WEFT_F32, y, 100)};
        cr_expect(weft_run(context, program, args, 2) == WEFT_OK);
        args[0].shape[0] = args[1].shape[0] = 99;
        cr_expect((weft_run(context, program, args, 2) == WEFT_OK) == (form == WEFT_CODE_LOOP));
        weft_program_release(program);
    }
    cr_expect(memcmp(loop, unrolled, sizeof loop) == 0);
}

static weft_program *cached(const char *text, const weft_compile_options *options)
{
    weft_program *program = NULL;
    weft_error error;
    cr_assert(weft_compile_cached(context, text, strlen(text), options, &program, &error) ==
                  WEFT_OK,
              "%s", error.message);
    return program;
}

/* Equal texts and options give one program; whatever is different, gives another. */
Test(compile, cache)
{
    weft_compile_options options = with_two();
    weft_program *first = cached("a * k", &options), *others[8];
    weft_program *again = cached("a * k", &options);
    cr_expect(again == first);
    weft_variable changed[] = {two[0], two[1]};
    weft_compile_options other = options;
    size_t n = 0;
    others[n++] = cached("a * k ", &options);
    other.flags = WEFT_FAST_CONTRACT;
    others[n++] = cached("a * k", &other);
    other = options;
    other.elements = 100;
    others[n++] = cached("a * k", &other);
    other = options;
    other.result = WEFT_F64;
    others[n++] = cached("a * k", &other);
    other = options;
    other.variables = changed;
    changed[0].type = WEFT_F64;
    others[n++] = cached("a * k", &other);
    changed[0] = two[0];
    changed[0].ones = 1;
    others[n++] = cached("a * k", &other);
    changed[0] = two[0];
    changed[0].rank = 2;
    others[n++] = cached("a * k", &other);
    for (size_t i = 0; i < n; i++) {
        cr_expect(others[i] != first, "%zu", i);
        for (size_t j = 0; j < i; j++)
            cr_expect(others[i] != others[j], "%zu %zu", i, j);
        weft_program_release(others[i]);
    }
    weft_program_release(again);
    weft_program_release(first);
}

/* --- evaluations ------------------------------------------------------------------------------ */

static weft_status eval(const char *text, const weft_arg *args, size_t nargs, weft_arg *result,
                        weft_error *error)
{
    return weft_eval(context, text, strlen(text), args, nargs, 0, result, error);
}

Test(compile, eval_tells_the_shape)
{
    double x[6] = {1, 2, 3, 4, 5, 6}, y[3] = {0};
    const weft_arg args[] = {ARRAY("x", WEFT_F64, x, 2, 3)};
    weft_arg result = {.name = "anything"};
    weft_error error;
    cr_assert(eval("sum(x, axis=0, keepdims=True) / 2", args, 1, &result, &error) == WEFT_OK);
    cr_expect(result.type == WEFT_F64 && result.rank == 2 && result.shape[0] == 1 &&
              result.shape[1] == 3 && result.strides[1] == 8 && !result.data);
    result.data = y;
    cr_assert(eval("sum(x, axis=0, keepdims=True) / 2", args, 1, &result, &error) == WEFT_OK);
    cr_expect(y[0] == 2.5 && y[1] == 3.5 && y[2] == 4.5);
}

Test(compile, eval_in_place_and_strided)
{
    float x[8] = {1, 2, 3, 4, 5, 6, 7, 8}, y[4] = {0};
    weft_arg in = ARRAY("x", WEFT_F32, x, 8), result = in;
    weft_error error;
    cr_expect(eval("x * 2 + 1", &in, 1, &result, &error) == WEFT_OK && x[0] == 3 && x[7] == 17);
    in = STRIDED(ARRAY("x", WEFT_F32, x, 4), 8);
    result = STRIDED(ARRAY("out", WEFT_F32, y + 3, 4), -4);
    cr_expect(eval("x", &in, 1, &result, &error) == WEFT_OK && y[3] == 3 && y[0] == 15);
    result = ARRAY("out", WEFT_F32, x + 1, 4);
    in = ARRAY("x", WEFT_F32, x, 4);
    cr_expect(eval("x + 1", &in, 1, &result, &error) == WEFT_ERR_BIND && *error.message);
    cr_expect(x[0] == 3 && x[1] == 5);
}

Test(compile, eval_refuses)
{
    float x[6] = {0}, y[6] = {7, 7, 7, 7, 7, 7};
    const weft_arg in = ARRAY("x", WEFT_F32, x, 6), good = ARRAY(NULL, WEFT_F32, y, 6);
    weft_arg wrong = in, result = good;
    weft_error error;
    const struct {
        weft_arg result;
        const char *words;
    } results[] = {{ARRAY(NULL, WEFT_F64, y, 3), "f32"},
                   {ARRAY(NULL, WEFT_F32, y, 5), "6"},
                   {ARRAY(NULL, WEFT_F32, y, 2, 3), "dimension"},
                   {VALUE(NULL, WEFT_F32, y), "dimension"}};
    for (size_t i = 0; i < COUNT(results); i++) {
        result = results[i].result;
        cr_expect(eval("x + 1", &in, 1, &result, &error) == WEFT_ERR_BIND);
        cr_expect(strstr(error.message, results[i].words), "%s", error.message);
    }
    result = good;
    cr_expect(weft_eval(NULL, "x", 1, &in, 1, 0, &result, &error) == WEFT_ERR_ARG);
    cr_expect(weft_eval(context, NULL, 1, &in, 1, 0, &result, &error) == WEFT_ERR_ARG);
    cr_expect(weft_eval(context, "x", 1, NULL, 1, 0, &result, &error) == WEFT_ERR_ARG);
    cr_expect(weft_eval(context, "x", 1, &in, 1, 0, NULL, &error) == WEFT_ERR_ARG);
    cr_expect(weft_eval(context, "x", 1, &in, 1, 8, &result, &error) == WEFT_ERR_ARG);
    wrong.name = NULL;
    cr_expect(eval("x", &wrong, 1, &result, &error) == WEFT_ERR_ARG &&
              strstr(error.message, "name"));
    wrong = in;
    wrong.rank = 5;
    cr_expect(eval("x", &wrong, 1, &result, &error) == WEFT_ERR_ARG);
    wrong.rank = -1;
    cr_expect(eval("x", &wrong, 1, &result, &error) == WEFT_ERR_ARG);
    wrong = in;
    wrong.shape[0] = -6;
    cr_expect(eval("x", &wrong, 1, &result, &error) == WEFT_ERR_ARG);
    wrong = in;
    wrong.type = WEFT_NONE;
    cr_expect(eval("x", &wrong, 1, &result, &error) == WEFT_ERR_ARG);
    wrong = in;
    wrong.data = NULL;
    cr_expect(eval("x", &wrong, 1, &result, &error) == WEFT_ERR_BIND);
    const weft_arg twice[] = {in, in};
    cr_expect(eval("x", twice, 2, &result, &error) == WEFT_ERR_ARG && *error.message);
    cr_expect(eval("in q: f32\nout r: f32\nr = q", &in, 1, &result, &error) == WEFT_ERR_ARG);
    cr_expect(strstr(error.message, "program"), "%s", error.message);
    for (size_t i = 0; i < COUNT(y); i++)
        cr_expect(y[i] == 7);
}

Test(compile, eval_of_what_it_does_not_use)
{
    float x[2] = {1, 2}, unused[5] = {0}, y[2];
    const weft_arg args[] = {ARRAY("unused", WEFT_F32, unused, 5), ARRAY("x", WEFT_F32, x, 2)};
    weft_arg result = ARRAY(NULL, WEFT_F32, y, 2);
    weft_error error;
    cr_expect(eval("x + x", args, 2, &result, &error) == WEFT_OK && y[1] == 4);
}

/* --- reasons ---------------------------------------------------------------------------------- */

Test(compile, explain)
{
    weft_compile_options options = with_two();
    weft_program *program = cached("a / sum(a) + k", &options);
    char *text = NULL;
    size_t length = 0;
    weft_error error;
    cr_assert(weft_explain(program, 0, &text, &length, &error) == WEFT_OK);
    cr_expect(strlen(text) == length && strstr(text, "loop") && strstr(text, "bytes"), "%s", text);
    cr_expect(!strstr(text, "one call"));
    weft_free(text);
    weft_program *one = cached("a * k", &options);
    cr_assert(weft_explain(one, 0, &text, &length, &error) == WEFT_OK);
    cr_expect(strstr(text, "one call of one kernel"), "%s", text);
    weft_free(text);
    weft_program_release(one);
    text = (char *)&error;
    cr_expect(weft_explain(NULL, 0, &text, &length, &error) == WEFT_ERR_ARG && !text);
    cr_expect(weft_explain(program, 0, NULL, &length, &error) == WEFT_ERR_ARG);
    cr_expect(weft_explain(program, 0, &text, NULL, &error) == WEFT_ERR_ARG && *error.message);
    weft_program_release(program);
}
