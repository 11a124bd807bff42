/* tests/unit/test_compiler.c: what comes out of the compiler: the loops and instructions of
 * programs and what weft_explain says of them, both forms, programs that the cache tells apart,
 * weft_eval's types, shapes and places, and texts that need more registers, loops, blocks or arrays
 * than there are: these work, or end with a limit that says so, and are never refused by the
 * verifier. Neighbours: unit/test_compile.c (what weft/compile.h refuses), unit/test_call_values.c
 * and plain/test_expressions.c (what is computed). */
#include <criterion/criterion.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/support.h"

static const weft_variable variables[] = {{"a", WEFT_F32, 1, 0}, {"b", WEFT_F32, 1, 0},
                                          {"c", WEFT_F32, 1, 0}, {"i", WEFT_I32, 1, 0},
                                          {"m", WEFT_F32, 2, 0}, {"s", WEFT_F32, 0, 0}};

static weft_compile_options options(uint32_t flags)
{
    return (weft_compile_options){.size = sizeof(weft_compile_options),
                                  .variables = variables,
                                  .n_variables = COUNT(variables),
                                  .flags = flags};
}

static weft_status compile(weft_context *context, const char *text,
                           const weft_compile_options *with, weft_program **program,
                           weft_error *error)
{
    return weft_compile(context, text, strlen(text), with, program, error);
}

static weft_program *compiled(weft_context *context, const char *text,
                              const weft_compile_options *with)
{
    weft_program *program;
    weft_error error;
    cr_assert_eq(compile(context, text, with, &program, &error), WEFT_OK, "%s: %s", text,
                 error.message);
    return program;
}

/* --- options ---------------------------------------------------------------------------------- */

typedef void change(weft_compile_options *o);

static weft_variable changed[COUNT(variables)];

/* What a caller that knows fewer options does not say is as if it were 0. */
Test(compiler, older_callers)
{
    weft_context *context = test_context(0);
    weft_compile_options with = options(0);
    weft_program *program;
    weft_error error;
    with.result = WEFT_F64;
    with.size = offsetof(weft_compile_options, result);
    for (int newer = 0; newer < 2; newer++) {
        weft_param_info info;
        program = compiled(context, "a + b", &with);
        cr_assert_eq(weft_program_param(program, 2, &info), WEFT_OK);
        cr_assert_eq(info.type, newer ? WEFT_F64 : WEFT_F32);
        weft_program_release(program);
        with.size = sizeof with;
    }
    with.size = offsetof(weft_compile_options, variables); /* they are not there */
    cr_assert_eq(compile(context, "a + b", &with, &program, &error), WEFT_ERR_SYNTAX);
    program = compiled(context, "1 + 2", &with);
    weft_program_release(program);
    weft_context_destroy(context);
}

/* --- the cache -------------------------------------------------------------------------------- */

static weft_program *cached(weft_context *context, const char *text,
                            const weft_compile_options *with)
{
    weft_program *program;
    weft_error error;
    cr_assert_eq(weft_compile_cached(context, text, strlen(text), with, &program, &error), WEFT_OK,
                 "%s: %s", text, error.message);
    return program;
}

static void only_a(weft_compile_options *o)
{
    o->n_variables = 1;
}
static void as_f64(weft_compile_options *o)
{
    changed[0].type = WEFT_F64;
    o->variables = changed;
}
static void of_rank_2(weft_compile_options *o)
{
    changed[0].rank = 2;
    o->variables = changed;
}
static void with_ones(weft_compile_options *o)
{
    changed[0].ones = 1;
    o->variables = changed;
}
static void other_name(weft_compile_options *o)
{
    changed[1].name = "b2";
    o->variables = changed;
}
static void contracted(weft_compile_options *o)
{
    o->flags = WEFT_FAST_CONTRACT;
}
static void reassociated(weft_compile_options *o)
{
    o->flags = WEFT_FAST_REASSOCIATE;
}
static void as_loop(weft_compile_options *o)
{
    o->form = WEFT_CODE_LOOP;
}
static void of_eight(weft_compile_options *o)
{
    o->elements = 8;
}
static void of_nine(weft_compile_options *o)
{
    o->elements = 9;
}
static void of_eight_unrolled(weft_compile_options *o)
{
    o->elements = 8;
    o->form = WEFT_CODE_UNROLLED;
}
static void result_f64(weft_compile_options *o)
{
    o->result = WEFT_F64;
}
static void nothing(weft_compile_options *o)
{
    (void)o;
}

/* All differ: each has a program of its own, and finds it again. */
Test(compiler, cache_keys)
{
    static change *const changes[] = {
        nothing,      only_a,  as_f64,   of_rank_2, with_ones,         other_name, contracted,
        reassociated, as_loop, of_eight, of_nine,   of_eight_unrolled, result_f64};
    weft_variable copies[COUNT(changes)][COUNT(variables)];
    weft_compile_options with[COUNT(changes)];
    weft_program *programs[COUNT(changes)];
    weft_context *context = test_context(0);
    for (size_t i = 0; i < COUNT(changes); i++) {
        memcpy(changed, variables, sizeof changed);
        with[i] = options(0);
        changes[i](&with[i]);
        memcpy(copies[i], changed, sizeof changed);
        if (with[i].variables == changed)
            with[i].variables = copies[i];
        programs[i] = cached(context, "a * 2 + 1", &with[i]);
        for (size_t j = 0; j < i; j++)
            cr_assert_neq(programs[i], programs[j], "options %zu and %zu", i, j);
    }
    for (size_t i = 0; i < COUNT(changes); i++) {
        weft_program *again = cached(context, "a * 2 + 1", &with[i]);
        cr_assert_eq(again, programs[i], "options %zu", i);
        weft_program_release(again);
        again = cached(context, "a * 2 + 1 ", &with[i]); /* another text */
        cr_assert_neq(again, programs[i]);
        weft_program_release(again);
    }
    const weft_stats stats = test_stats(context);
    cr_assert_eq(stats.cache_misses, 2 * COUNT(changes));
    cr_assert_eq(stats.cache_hits, COUNT(changes));
    for (size_t i = 0; i < COUNT(changes); i++)
        weft_program_release(programs[i]);
    weft_context_destroy(context);
}

/* Numbers of elements that make no difference share a program; assembly text is something else. */
Test(compiler, cache_sharing)
{
    static const char assembly[] = ".out y f32\nloop\nexit\n";
    weft_context *context = test_context(0);
    weft_compile_options with = options(0);
    weft_program *any = cached(context, "a + b", &with), *other;
    with.elements = 4097;
    other = cached(context, "a + b", &with);
    cr_assert_eq(other, any);
    weft_program_release(other);
    with.elements = 1 << 20;
    other = cached(context, "a + b", &with);
    cr_assert_eq(other, any);
    weft_program_release(other);
    weft_program_release(any);
    cr_assert_neq(weft_assemble_cached(context, assembly, sizeof assembly - 1, &other, NULL),
                  WEFT_OK);
    cr_assert_neq(weft_compile_cached(context, assembly, sizeof assembly - 1, NULL, &other, NULL),
                  WEFT_OK);
    weft_context_destroy(context);
}

/* Nothing of a text with an error is kept: each time it is looked at, and its place told. */
Test(compiler, cache_keeps_no_errors)
{
    weft_context *context = test_context(0);
    const weft_compile_options with = options(0);
    weft_program *program;
    for (int i = 0; i < 3; i++) {
        weft_error error;
        cr_assert_eq(weft_compile_cached(context, "a +\n sqt(b)", 7, &with, &program, &error),
                     WEFT_ERR_SYNTAX);
        cr_assert_eq(weft_compile_cached(context, "a\n+ sqt(b)", 10, &with, &program, &error),
                     WEFT_ERR_SYNTAX);
        cr_assert_eq(weft_compile_cached(context, "a + sqt(b)", 10, &with, &program, &error),
                     WEFT_ERR_SYNTAX);
        cr_assert_str_eq(error.message, "unknown function 'sqt'; did you mean 'sqrt'?");
        cr_assert_eq(error.line, 1);
        cr_assert_eq(error.column, 5);
        cr_assert_null(program);
    }
    const weft_stats stats = test_stats(context);
    cr_assert_eq(stats.cache_misses, 9);
    cr_assert_eq(stats.cache_hits, 0);
    weft_context_destroy(context);
}

/* A key longer than what fits on the stack, and texts that are too long. */
Test(compiler, cache_of_long_texts)
{
    weft_context *context = test_context(0);
    const weft_compile_options with = options(0);
    const size_t length = (1 << 20) + 1;
    char *text = malloc(length);
    weft_program *program, *again;
    weft_error error;
    cr_assert(text);
    memset(text, ' ', length);
    text[0] = 'a';
    for (size_t n = 400; n <= 1 << 20; n = n < 600 ? n + 1 : 16 * n) {
        cr_assert_eq(weft_compile_cached(context, text, n, &with, &program, NULL), WEFT_OK);
        cr_assert_eq(weft_compile_cached(context, text, n, &with, &again, NULL), WEFT_OK);
        cr_assert_eq(program, again);
        weft_program_release(program);
        weft_program_release(again);
    }
    cr_assert_eq(weft_compile_cached(context, text, length, &with, &program, &error),
                 WEFT_ERR_LIMIT);
    cr_assert(strstr(error.message, "1048576"), "%s", error.message);
    free(text);
    weft_context_destroy(context);
}

/* --- instructions ----------------------------------------------------------------------------- */

static char *disassembled(const weft_program *program)
{
    char *text;
    size_t length;
    cr_assert_eq(weft_disassemble(program, &text, &length, NULL), WEFT_OK);
    return text;
}

/* Lines that begin with that word, or with it and a type. */
static int count(const char *text, const char *word)
{
    int n = 0;
    for (const char *line = text; *line; line += strcspn(line, "\n"), line += *line == '\n') {
        const char *first = line + strspn(line, " ");
        const size_t length = strlen(word);
        n += strncmp(first, word, length) == 0 && strchr(" .\n", first[length]);
    }
    return n;
}

/* "loop 2; exp 1": what the code must contain, that often. */
static void expect_counts(const char *text, const weft_program *program, const char *counts)
{
    char *code = disassembled(program);
    for (const char *at = counts; *at;) {
        char word[16];
        int wanted, used = 0;
        cr_assert_eq(sscanf(at, " %15s %d%n", word, &wanted, &used), 2, "%s", at);
        cr_assert_eq(count(code, word), wanted, "%s: %d of %s, not %d:\n%s", text,
                     count(code, word), word, wanted, code);
        at += used + (at[used] == ';');
    }
    weft_free(code);
}

#define AFFINE(end)                                                                                \
    "in p: f32[3]\nuniform m: f32[12]\nout y: f32[3]\n"                                            \
    "y = vec(m.0*p.0 + m.1*p.1 + m.2*p.2" end(3) ",\n"                                             \
                                                 "m.4*p.0 + m.5*p.1 + m.6*p.2" end(                \
                                                     7) ",\n"                                      \
                                                        "m.8*p.0 + m.9*p.1 + m.10*p.2" end(11) ")"
#define NO_SHIFT(i)
#define SHIFT(i)    " + m." #i
#define QUATERNIONS "in a: f32[4]\nuniform b: f32[4]\nout y: f32[4]\n"
#define QMUL                                                                                       \
    QUATERNIONS "y = vec(b.0*a.0 - b.1*a.1 - b.2*a.2 - b.3*a.3,\n"                                 \
                "b.0*a.1 + b.1*a.0 + b.2*a.3 - b.3*a.2,\n"                                         \
                "b.0*a.2 - b.1*a.3 + b.2*a.0 + b.3*a.1,\n"                                         \
                "b.0*a.3 + b.1*a.2 - b.2*a.1 + b.3*a.0)"
#define QMULR                                                                                      \
    QUATERNIONS "y = vec(a.0*b.0 - a.1*b.1 - a.2*b.2 - a.3*b.3,\n"                                 \
                "a.1*b.0 + a.0*b.1 - a.3*b.2 + a.2*b.3,\n"                                         \
                "a.2*b.0 + a.3*b.1 + a.0*b.2 - a.1*b.3,\n"                                         \
                "a.3*b.0 - a.2*b.1 + a.1*b.2 + a.0*b.3)"

static const struct {
    const char *text;
    uint32_t flags;
    uint64_t elements;
    const char *counts;
} codes[] = {
    /* everything over the same elements is one loop */
    {"a*b + c*2", 0, 0, "loop 1; ld 3; st 1; .scratch 0; fma 0"},
    {"in x, y: f32\nout u, v, w: f32\nu = x + y; v = x * y; w = exp(u)", 0, 0,
     "loop 1; ld 2; st 3; .scratch 0; exp 1"},
    {"in x: f32\nout u: f32\nout l, g: f32 over none\nu = x + 1; l = min(x); g = max(u)", 0, 0,
     "loop 1; minval 1; maxval 1; ld 1; add 1"},
    {"sum(a) + sum(b) + max(a*b)", 0, 0, "loop 1; ld 2; sum 2; maxval 1"},
    {"exp(a) + exp(a)", 0, 0, "exp 1"},
    /* loops are split only where one needs all of another's result */
    {"a - mean(a)", 0, 0, "loop 2; .scratch 0; sum 1"},
    {"(a - min(a)) / (max(a) - min(a))", 0, 0, "loop 2; minval 1; maxval 1"},
    {"(a - mean(a)) / std(a)", 0, 0, "loop 3; .scratch 0; sum 1; dot 1"},
    {"a / sum(a) + b / sum(b)", 0, 0, "loop 2; sum 2"},
    {"a / sum(b / sum(a))", 0, 0, "loop 3"},
    {"sum(a*b) / sum(b)", 0, 0, "loop 1; st 1"},
    {"sum(a) / sum(b)", 0, 0, "loop 2"}, /* which need not be of one length */
    {"sum(a, axis=0) if s > 0 else s", 0, 0, "loop 1; sum 1"},
    /* what costs something is kept, in the output where that is possible */
    {"softmax(a)", 0, 0, "loop 3; exp 1; .scratch 0; st 2"},
    {"log_softmax(a)", 0, 0, "loop 3; exp 1; .scratch 0"},
    {"in x: f32\nout y: f64\ny = softmax(x)", 0, 0, "loop 3; exp 1; .scratch 1"},
    {"inout x: f32\nx = softmax(x)", 0, 0, "loop 3; exp 1; .scratch 1; st 2"},
    {"exp(a) / sum(exp(a)) + b", 0, 0, "loop 2; exp 1; .scratch 1"}, /* b may be the output */
    {"a*2 / sum(a*2)", 0, 0, "loop 2; .scratch 0; mul 2"},           /* cheap: computed again */
    /* axes */
    {"m / sum(m, axis=1, keepdims=True)", 0, 0, "each 1; loop 2; sum 1; .scratch 0"},
    {"m / sum(m, axis=0, keepdims=True)", 0, 0, "seq 1; .scratch 1"},
    {"sum(m)", 0, 0, "loop 1; each 0; sum 1"},
    {"max(sum(m, axis=1))", 0, 0, "each 1; sum 1; maxval 1"},
    /* inout arrays */
    {"inout x: f32\nx = x + 1", 0, 0, "loop 1; ld 1; st 1; .scratch 0"},
    {"inout x, y: f32\nx, y = y, x", 0, 0, "loop 1; ld 2; st 2"},
    {"inout x: f32\nx = x / sum(x)", 0, 0, "loop 2; ld 2; st 1; .scratch 0"},
    {"inout p: f32[3]\np.1 = p.0 + p.2", 0, 0, "loop 1; st 1; sts 0"},
    /* identities and constants */
    {"a * 1 + 0 * s * 0", 0, 0, "loop 1; mul 1; mad 1"},
    {"a**2 + a**3", 0, 0, "pow 0; mul 1; mad 1"},
    {"a**7", 0, 0, "pow 1"},
    {"a**7", WEFT_FAST_REASSOCIATE, 0, "pow 0"},
    {"a**0.5", WEFT_FAST_REASSOCIATE, 0, "pow 0; sqrt 1"},
    {"a / 3", 0, 0, "div 1"},
    {"a / 3", WEFT_FAST_REASSOCIATE, 0, "div 0; mul 1"},
    {"a / 4", 0, 0, "div 0; mul 1"}, /* exact */
    {"a * 2 * 3", 0, 0, "mul 2"},
    {"a * 2 * 3", WEFT_FAST_REASSOCIATE, 0, "mul 1"},
    /* fused operations */
    {"a*b + c", 0, 0, "mad 1; mul 0; fma 0"},
    {"a*b + c", WEFT_FAST_CONTRACT, 0, "mad 0; mul 0; fma 1"},
    {"a*2 + b*3 + c*4", WEFT_FAST_CONTRACT, 0, "dotk 1; fma 0; mul 0"},
    {"a*2 + b*3 + c*4", 0, 0, "dotk 0"},
    {AFFINE(NO_SHIFT), WEFT_FAST_CONTRACT, 0, "affine3 1; fma 0; mul 0; lds 1; sts 1; mov 0"},
    {AFFINE(NO_SHIFT), 0, 0, "affine3 0; fma 0"},
    {AFFINE(SHIFT), WEFT_FAST_CONTRACT, 0, "affine3 1; affine34 0; add 3"},
    {AFFINE(SHIFT), WEFT_FAST, 0, "affine3 0; affine34 1; add 0; fma 0; mul 0"},
    {QMUL, WEFT_FAST_CONTRACT, 0, "qmul 1; qmulr 0; fma 0; mul 0; neg 0; dotk 0"},
    {QMULR, WEFT_FAST_CONTRACT, 0, "qmul 0; qmulr 1; fma 0; mul 0; neg 0; dotk 0"},
    {QMUL, 0, 0, "qmul 0; qmulr 0; dotk 0"},
    {QUATERNIONS "y = qmul(b, a)", 0, 0, "qmul 1; qmulr 0"},
    {QUATERNIONS "y = qmul(a, b)", 0, 0, "qmul 0; qmulr 0; mul 4; fma 12"},
    {"((2*a + 3)*a + 4)*a + 5", WEFT_FAST_CONTRACT, 0, "horner 1; fma 0; mul 0"},
    {"((2*a + 3)*a + 4)*a + 5", 0, 0, "horner 0; mad 3"},
    {"in x: f32\nout y: f32\ny = horner(x, 2, 3, 4)", 0, 0, "horner 1"},
    {"in x: f32\nout y: f32\nt = x\nfor k in 3 { t = t*2 + x*3 }\ny = t", WEFT_FAST_CONTRACT, 0,
     "dotk 1; for 1; loop 1"},
    /* unrolled */
    {"a*b + c*2", 0, 1, "strip 1; loop 0"},
    {"a*b + c*2", 0, 4096, "strip 1; loop 0"},
    {"a*b + c*2", 0, 4097, "strip 0; loop 1"},
    {"a / sum(a)", 0, 100, "strip 2; loop 0; .scratch 0"},
    {"softmax(a)", 0, 7, "strip 3; loop 0; .scratch 0"},
    {"m + 1", 0, 100, "strip 0; loop 1"}, /* of two axes there is only the loop form */
    {"s * 2", 0, 100, "strip 0; loop 0"},
};

Test(compiler, codes)
{
    weft_context *context = test_context(0);
    for (size_t i = 0; i < COUNT(codes); i++) {
        const bool program = strstr(codes[i].text, "out ");
        weft_compile_options with = options(codes[i].flags);
        with.elements = codes[i].elements;
        with.n_variables = program ? 0 : COUNT(variables);
        weft_program *made = compiled(context, codes[i].text, &with);
        expect_counts(codes[i].text, made, codes[i].counts);
        weft_program_release(made);
    }
    weft_context_destroy(context);
}

/* What `allow` says in a text is what the flags say outside of it. */
Test(compiler, allow)
{
    weft_context *context = test_context(0);
    const weft_compile_options with = options(0);
    weft_program *program = compiled(context, "allow contract\na*b + c", &with);
    expect_counts("allow contract", program, "fma 1");
    weft_program_release(program);
    program = compiled(context, "allow fast\na / 3 + a**7", &with);
    expect_counts("allow fast", program, "div 0; pow 0");
    weft_program_release(program);
    weft_context_destroy(context);
}

/* --- forms ------------------------------------------------------------------------------------ */

Test(compiler, forms)
{
    static const uint64_t elements[] = {1, 2, 127, 4096};
    weft_context *context = test_context(0);
    for (size_t i = 0; i < COUNT(elements); i++) {
        weft_compile_options with = options(0);
        const int64_t n = (int64_t)elements[i], more = n + 1;
        float *x = calloc(3 * 4097, sizeof *x), *loop = x + 4097, *strip = loop + 4097;
        cr_assert(x);
        for (int64_t k = 0; k < 4097; k++)
            x[k] = (float)(k % 19) - 7;
        with.elements = elements[i];
        for (uint32_t form = 0; form <= WEFT_CODE_UNROLLED; form++) {
            float *to = form == WEFT_CODE_LOOP ? loop : strip;
            int64_t space[WEFT_MAX_RANK];
            weft_error error;
            with.form = form;
            weft_program *program = compiled(context, "exp(a / 3) / sum(exp(a / 3))", &with);
            expect_counts("forms", program,
                          form == WEFT_CODE_LOOP ? "loop 2; strip 0" : "loop 0; strip 2");
            weft_program_space(program, space);
            cr_assert_eq(space[0], form == WEFT_CODE_LOOP ? -1 : n);
            weft_arg args[] = {ARRAY("a", WEFT_F32, x, n), ARRAY("out", WEFT_F32, to, n)};
            cr_assert_eq(weft_run_with(context, program, args, 2, NULL, &error), WEFT_OK, "%s",
                         error.message);
            if (form != WEFT_CODE_LOOP) { /* exactly so many elements */
                weft_arg others[] = {ARRAY("a", WEFT_F32, x, more),
                                     ARRAY("out", WEFT_F32, to, more)};
                cr_assert_eq(weft_run_with(context, program, others, 2, NULL, &error),
                             WEFT_ERR_BIND);
            }
            weft_program_release(program);
        }
        cr_assert_eq(memcmp(loop, strip, (size_t)n * sizeof *x), 0, "n = %d", (int)n);
        free(x);
    }
    weft_context_destroy(context);
}

/* What cannot be unrolled says why, if it is forced to be, and else becomes a loop. */
Test(compiler, forced_unrolled)
{
    static const struct {
        const char *text, *words;
    } rows[] = {{"m + 1", "one dimension; this has 2"}, {"sum(m, axis=1)", "one dimension"}};
    weft_context *context = test_context(0);
    for (size_t i = 0; i < COUNT(rows); i++) {
        weft_compile_options with = options(0);
        weft_program *program;
        weft_error error;
        with.elements = 16;
        with.form = WEFT_CODE_UNROLLED;
        cr_assert_eq(compile(context, rows[i].text, &with, &program, &error), WEFT_ERR_UNSUPPORTED);
        cr_assert(strstr(error.message, rows[i].words), "%s", error.message);
        cr_assert_null(program);
        with.form = WEFT_CODE_AUTO;
        program = compiled(context, rows[i].text, &with);
        expect_counts(rows[i].text, program, "strip 0");
        weft_program_release(program);
    }
    weft_context_destroy(context);
}

/* --- one call ---------------------------------------------------------------------------- */

Test(compiler, one_call_of_a_kernel_runs_inline)
{
    static const struct {
        const char *text;
        bool is_inline;
    } rows[] = {{"a + b", true},   {"exp(a)", true},     {"a * s", true},
                {"a + 1", true},   {"-a", true},         {"fma(a, b, c)", true},
                {"a*b + c", true}, {"a*b + c*2", true},  {"a + sum(a)", false},
                {"a", true},       {"3*a", true},        {"exp(-0.5*(a*a + b*b + c*c))*a", true},
                {"a*b + s", true}, {"(a + b)*c", false}, {"a*s + b*s + c*s", true}};
    float x[3][10] = {{1, 2, 3}, {4, 5, 6}, {7, 8, 9}}, y[10], s = 3;
    weft_context *context = test_context(0);
    for (size_t i = 0; i < COUNT(rows); i++) {
        const weft_arg args[] = {ARRAY("a", WEFT_F32, x[0], 10), ARRAY("b", WEFT_F32, x[1], 10),
                                 ARRAY("c", WEFT_F32, x[2], 10), VALUE("s", WEFT_F32, &s)};
        weft_arg result = ARRAY("out", WEFT_F32, y, 10);
        const uint64_t before = test_stats(context).runs_inline;
        cr_assert_eq(
            weft_eval(context, rows[i].text, strlen(rows[i].text), args, 4, 0, &result, NULL),
            WEFT_OK);
        cr_assert_eq(test_stats(context).runs_inline - before, rows[i].is_inline, "%s",
                     rows[i].text);
    }
    weft_context_destroy(context);
}

/* --- weft_eval -------------------------------------------------------------------------------- */

static weft_status eval(weft_context *context, const char *text, const weft_arg *args, size_t n,
                        weft_arg *result, weft_error *error)
{
    return weft_eval(context, text, strlen(text), args, n, 0, result, error);
}

static float numbers[24]; /* 1 to 24 */
static int32_t whole[24];
static float single = 2;

/* x [2][3], row [3], column [2][1], one [1], k, none [0], cube [4][1][3], i [3] of i32. */
static size_t arguments(weft_arg args[8])
{
    for (int i = 0; i < 24; i++) {
        numbers[i] = (float)(i + 1);
        whole[i] = i - 5;
    }
    args[0] = ARRAY("x", WEFT_F32, numbers, 2, 3);
    args[1] = ARRAY("row", WEFT_F32, numbers, 3);
    args[2] = ARRAY("column", WEFT_F32, numbers, 2, 1);
    args[3] = ARRAY("one", WEFT_F32, numbers + 4, 1);
    args[4] = VALUE("k", WEFT_F32, &single);
    args[5] = ARRAY("none", WEFT_F32, numbers, 0);
    args[6] = ARRAY("cube", WEFT_F32, numbers, 4, 1, 3);
    args[7] = ARRAY("i", WEFT_I32, whole, 3);
    return 8;
}

static const struct {
    const char *text;
    weft_dtype type;
    const char *shape; /* "2 3" */
    double first, last;
} evaluated[] = {
    {"x + row", WEFT_F32, "2 3", 2, 9},
    {"x * column", WEFT_F32, "2 3", 1, 12},
    {"row - column", WEFT_F32, "2 3", 0, 1},
    {"x + one", WEFT_F32, "2 3", 6, 11},
    {"one * 2", WEFT_F32, "1", 10, 10},
    {"one + k", WEFT_F32, "1", 7, 7},
    {"column + one", WEFT_F32, "2 1", 6, 7},
    {"k * 3", WEFT_F32, "", 6, 6},
    {"7", WEFT_I64, "", 7, 7},
    {"2 / 4", WEFT_F64, "", 0.5, 0.5},
    {"k > 1", WEFT_BOOL, "", 1, 1},
    {"none + 1", WEFT_F32, "0", 0, 0},
    {"none + one", WEFT_F32, "0", 0, 0},
    {"sum(none)", WEFT_F32, "", 0, 0},
    {"cube + column", WEFT_F32, "4 2 3", 2, 14},
    {"cube * x", WEFT_F32, "4 2 3", 1, 72},
    {"cube + k", WEFT_F32, "4 1 3", 3, 14},
    {"sum(x)", WEFT_F32, "", 21, 21},
    {"sum(x, axis=0)", WEFT_F32, "3", 5, 9},
    {"sum(x, axis=1)", WEFT_F32, "2", 6, 15},
    {"sum(x, axis=-1, keepdims=True)", WEFT_F32, "2 1", 6, 15},
    {"sum(x, keepdims=True)", WEFT_F32, "1 1", 21, 21},
    {"max(cube, axis=(0, 2))", WEFT_F32, "1", 12, 12},
    {"max(cube, axis=(0, 2), keepdims=True)", WEFT_F32, "1 1 1", 12, 12},
    {"sum(cube, axis=1)", WEFT_F32, "4 3", 1, 12},
    {"x / sum(x, axis=1, keepdims=True)", WEFT_F32, "2 3", 1 / 6.0, 6 / 15.0},
    {"mean(column, axis=1)", WEFT_F32, "2", 1, 2},
    {"argmax(x)", WEFT_I64, "", 5, 5},
    {"i + 1", WEFT_I32, "3", -4, -2},
    {"i / 2", WEFT_F64, "3", -2.5, -1.5},
    {"i * row", WEFT_F64, "3", -5, -9},
    {"sum(i)", WEFT_I64, "", -12, -12},
    {"row > 1", WEFT_BOOL, "3", 0, 1},
};

static void expect_shape(const weft_arg *got, const char *shape, const char *text)
{
    char words[64] = "";
    int64_t stride = (int64_t)weft_dtype_size(got->type);
    for (int32_t i = 0; i < got->rank; i++)
        snprintf(words + strlen(words), 16, i ? " %d" : "%d", (int)got->shape[i]);
    cr_assert_str_eq(words, shape, "%s", text);
    for (int32_t i = got->rank; i--;) { /* contiguous */
        cr_assert(got->strides[i] == stride || got->shape[i] <= 1, "%s", text);
        stride *= got->shape[i];
    }
}

static double value_at(const weft_arg *arg, int64_t i)
{
    switch (arg->type) {
    case WEFT_F32:
        return (double)((const float *)arg->data)[i];
    case WEFT_F64:
        return ((const double *)arg->data)[i];
    case WEFT_I32:
        return ((const int32_t *)arg->data)[i];
    case WEFT_I64:
        return (double)((const int64_t *)arg->data)[i];
    default:
        return ((const uint8_t *)arg->data)[i];
    }
}

/* First the type and the shape are asked for, and nothing runs; then it is run. */
Test(compiler, eval)
{
    weft_context *context = test_context(0);
    weft_arg args[8];
    const size_t n = arguments(args);
    for (size_t k = 0; k < COUNT(evaluated); k++) {
        const char *text = evaluated[k].text;
        double room[32];
        weft_error error;
        weft_arg result = {.name = "whatever"};
        const uint64_t runs = test_stats(context).runs;
        cr_assert_eq(eval(context, text, args, n, &result, &error), WEFT_OK, "%s: %s", text,
                     error.message);
        cr_assert_eq(test_stats(context).runs, runs);
        cr_assert_null(result.data);
        cr_assert_eq(result.type, evaluated[k].type, "%s: %s", text, weft_dtype_name(result.type));
        expect_shape(&result, evaluated[k].shape, text);
        result.data = room;
        int64_t count_of = 1;
        for (int32_t i = 0; i < result.rank; i++)
            count_of *= result.shape[i];
        cr_assert_eq(eval(context, text, args, n, &result, &error), WEFT_OK, "%s: %s", text,
                     error.message);
        cr_assert_eq(test_stats(context).runs, runs + 1);
        if (!count_of)
            continue;
        cr_assert_float_eq(value_at(&result, 0), evaluated[k].first, 1e-6, "%s: %g", text,
                           value_at(&result, 0));
        cr_assert_float_eq(value_at(&result, count_of - 1), evaluated[k].last, 1e-6, "%s: %g", text,
                           value_at(&result, count_of - 1));
    }
    weft_context_destroy(context);
}

/* Results with other strides, in place, and in buffers; arguments in buffers. */
Test(compiler, eval_places)
{
    weft_context *context = test_context(0);
    weft_arg args[8];
    const size_t n = arguments(args);
    float wide[12] = {0}, expected[6];
    weft_arg plain = ARRAY("", WEFT_F32, expected, 2, 3);
    weft_error error;
    cr_assert_eq(eval(context, "x * row + k", args, n, &plain, NULL), WEFT_OK);
    weft_arg strided = STRIDED(ARRAY("", WEFT_F32, wide + 1, 2, 3), 24, 8);
    cr_assert_eq(eval(context, "x * row + k", args, n, &strided, NULL), WEFT_OK);
    for (int i = 0; i < 6; i++)
        cr_assert(wide[2 * i + 1] == expected[i] && wide[2 * i] == 0);
    weft_arg place = args[0];
    cr_assert_eq(eval(context, "x * 2 + 1", args, n, &place, &error), WEFT_OK, "%s", error.message);
    for (int i = 0; i < 6; i++)
        cr_assert_eq(numbers[i], (float)(2 * (i + 1) + 1));
    arguments(args);
    place = ARRAY("", WEFT_F32, numbers + 1, 2, 3); /* overlaps x */
    cr_assert_eq(eval(context, "x * 2 + 1", args, n, &place, &error), WEFT_ERR_BIND);
    cr_assert(*error.message && numbers[1] == 2);
    weft_buffer buffer;
    weft_buffer_info info = {0};
    const int64_t shape[] = {2, 3};
    cr_assert_eq(weft_buffer_create(context, 128, 0, &buffer, NULL), WEFT_OK);
    cr_assert_eq(weft_buffer_query(context, buffer, &info, NULL), WEFT_OK);
    memcpy((char *)info.data + 8, numbers, 24);
    weft_arg from = args[0], to;
    weft_arg_view(&from, "x", buffer, 8, WEFT_F32, 2, shape, NULL);
    weft_arg_view(&to, "", buffer, 64, WEFT_F32, 2, shape, NULL);
    args[0] = from;
    cr_assert_eq(eval(context, "x * row + k", args, n, &to, &error), WEFT_OK, "%s", error.message);
    cr_assert_eq(memcmp((char *)info.data + 64, expected, sizeof expected), 0);
    weft_arg query = {0};
    cr_assert_eq(eval(context, "x * row + k", args, n, &query, &error), WEFT_OK);
    expect_shape(&query, "2 3", "of a buffer");
    weft_arg_view(&to, "", buffer, 120, WEFT_F32, 2, shape, NULL); /* beyond its end */
    cr_assert_eq(eval(context, "x * row + k", args, n, &to, &error), WEFT_ERR_RANGE);
    weft_buffer_release(context, buffer, NULL);
    weft_context_destroy(context);
}

/* The program that an expression becomes is there from one call to the next, whatever the extents;
 * extents of 1 are another one. */
Test(compiler, eval_uses_the_cache)
{
    weft_context *context = test_context(0);
    float x[100] = {0}, y[100];
    for (int64_t n = 100; n >= 1; n--) {
        weft_arg arg = ARRAY("x", WEFT_F32, x, n), result = ARRAY("", WEFT_F32, y, n);
        cr_assert_eq(eval(context, "x + 1", &arg, 1, &result, NULL), WEFT_OK);
    }
    cr_assert_eq(test_stats(context).cache_misses, 2);
    cr_assert_eq(test_stats(context).cache_hits, 98);
    weft_context_destroy(context);
}

Test(compiler, eval_flags)
{
    weft_context *context = test_context(0);
    float a = 0x1.000002p+0f, c = -0x1.000004p+0f, y[2];
    weft_arg args[] = {ARRAY("a", WEFT_F32, &a, 1), ARRAY("c", WEFT_F32, &c, 1)};
    for (uint32_t flags = 0; flags < 2; flags++) {
        weft_arg result = ARRAY("", WEFT_F32, &y[flags], 1);
        cr_assert_eq(weft_eval(context, "a*a + c", 7, args, 2, flags, &result, NULL), WEFT_OK);
    }
    cr_assert_eq(y[0], 0);
    cr_assert_eq(y[1], 0x1p-46f); /* one rounding */
    weft_context_destroy(context);
}

static weft_arg wrong(int which)
{
    static float room[64];
    weft_arg result = ARRAY("", WEFT_F32, room, 2, 3);
    if (which == 0)
        result.type = WEFT_F64;
    else if (which == 1)
        result = ARRAY("", WEFT_F32, room, 6);
    else if (which == 2)
        result.shape[1] = 4;
    else if (which == 3)
        result = VALUE("", WEFT_F32, room);
    else
        result = ARRAY("", WEFT_F32, room, 1, 3);
    return result;
}

Test(compiler, eval_refused)
{
    static const char *const results[] = {
        "the result is of type f32, not f64", "the result has 2 dimensions, not 1",
        "the result has 3 elements along axis 1, not 4", "the result has 2 dimensions, not 0",
        "the result has 2 elements along axis 0, not 1"};
    static const struct {
        const char *text, *words;
        weft_status status;
    } texts[] = {{"x + y", "unknown name 'y'", WEFT_ERR_SYNTAX},
                 {"x + ", "", WEFT_ERR_SYNTAX},
                 {"", "", WEFT_ERR_SYNTAX},
                 {"in x: f32\nout y: f32\ny = x", "compile and run it", WEFT_ERR_ARG},
                 {"x + four", "four", WEFT_ERR_BIND},
                 {"sum(x, axis=2)", "axis 2", WEFT_ERR_SYNTAX}};
    weft_context *context = test_context(0);
    weft_arg args[9], result = {0};
    const size_t n = arguments(args) + 1;
    weft_error error;
    args[8] = ARRAY("four", WEFT_F32, numbers, 4);
    for (int i = 0; i < 5; i++) {
        result = wrong(i);
        cr_assert_eq(eval(context, "x + row", args, n, &result, &error), WEFT_ERR_BIND);
        cr_assert_str_eq(error.message, results[i]);
        cr_assert_eq(((float *)result.data)[0], 0);
    }
    for (size_t i = 0; i < COUNT(texts); i++) {
        memset(&result, 0, sizeof result);
        cr_assert_eq(eval(context, texts[i].text, args, n, &result, &error), texts[i].status,
                     "%s: %d %s", texts[i].text, error.status, error.message);
        cr_assert(*error.message && strstr(error.message, texts[i].words), "%s: %s", texts[i].text,
                  error.message);
    }
    cr_assert_eq(eval(context, "1 + 1", NULL, 0, &result, &error), WEFT_OK);
    cr_assert_eq(result.type, WEFT_I64);
    weft_context_destroy(context);
}

Test(compiler, eval_of_too_many)
{
    weft_context *context = test_context(0);
    static weft_arg many[256];
    weft_arg result = {0};
    weft_error error;
    for (size_t i = 0; i < COUNT(many); i++)
        many[i] = VALUE("k", WEFT_F32, &single);
    cr_assert_eq(eval(context, "k", many, 256, &result, &error), WEFT_ERR_LIMIT);
    cr_assert(strstr(error.message, "256 arguments"), "%s", error.message);
    cr_assert(test_context_works(context));
    weft_context_destroy(context);
}

/* --- weft_explain ----------------------------------------------------------------------------- */

static char *explained(const weft_program *program, uint64_t elements)
{
    char *text;
    size_t length;
    weft_error error;
    cr_assert_eq(weft_explain(program, elements, &text, &length, &error), WEFT_OK, "%s",
                 error.message);
    cr_assert_eq(length, strlen(text));
    return text;
}

static int times(const char *text, const char *word)
{
    int n = 0;
    for (; (text = strstr(text, word)); text += strlen(word))
        n++;
    return n;
}

Test(compiler, explain)
{
    static const struct {
        const char *text;
        uint64_t elements;
        const char *words;
        int times;
    } rows[] = {{"a*b + c*2", 0, "loop at ", 1},
                {"a*b + c*2", 0, "loads     a, b, c: 12 bytes an element", 1},
                {"a*b + c*2", 0, "stores    out: 4 bytes an element", 1},
                {"a*b + c*2", 0, "waits for", 0},
                {"a*b + c*2", 0, "(memory)", 1},
                {"a*b + c*2", 1000, "(caches)", 1},
                {"a*b + c*2", 0, "one call of one kernel: runs inline", 1},
                {"a + b", 0, "one call of one kernel: runs inline", 1},
                {"(a + b)*c", 0, "one call", 0},
                {"a / sum(a)", 0, "loop at ", 3}, /* two, and what the second one waits for */
                {"a / sum(a)", 0, "reduces   sum in s0", 1},
                {"a / sum(a)", 0, "waits for sum of the loop at 0", 1},
                {"softmax(a)", 0, "waits for", 2},
                {"softmax(a)", 0, "waits for maxval of the loop", 1},
                {"softmax(b) + c", 0, "(kept between loops)", 2},
                {"m / sum(m, axis=1, keepdims=True)", 0, "each at 0:", 1},
                {"s * 2", 0, "no loops: single values only", 1},
                {"x = a\nfor k in 9 { x = x*x }\nx", 0, "a counted loop", 1}};
    weft_context *context = test_context(0);
    const weft_compile_options with = options(0);
    for (size_t i = 0; i < COUNT(rows); i++) {
        weft_program *program = compiled(context, rows[i].text, &with);
        char *text = explained(program, rows[i].elements);
        cr_assert_eq(times(text, rows[i].words), rows[i].times, "%s: '%s' in\n%s", rows[i].text,
                     rows[i].words, text);
        cr_assert_eq(text[strlen(text) - 1], '\n');
        weft_free(text);
        weft_program_release(program);
    }
    weft_compile_options eight = with;
    eight.elements = 8;
    weft_program *program = compiled(context, "a / sum(a)", &eight);
    char *text = explained(program, 0);
    cr_assert_eq(times(text, "8 elements, unrolled"), 2, "%s", text);
    weft_free(text);
    weft_program_release(program);
    weft_context_destroy(context);
}

/* Assembled programs too: scratch arrays, tables, dead code, functions. */
Test(compiler, explain_assembled)
{
    static const char text[] =
        ".in x f32\n.out y f32\n.scratch h f32\n.table t f32\n.uniform u i64\n"
        "ld.i64 s9, [u]\ncall F\nloop\nld.f32 v0, [x]\nst.f32 v0, [h]\nsum.f32 s0, v0\nend\n"
        "for s1, 3\nend\nloop\nld.f32 v0, [h]\ndiv.f32 v0, v0, s0\nst.f32 v0, [y]\nend\nexit\n"
        "F:\nfunc\nimm.f32 s7, 1\nret\n";
    weft_context *context = test_context(0);
    weft_program *program = test_assemble(context, text);
    char *words = explained(program, 0);
    cr_assert_eq(times(words, "waits for sum"), 1, "%s", words);
    cr_assert_eq(times(words, "h (kept between loops)"), 2, "%s", words);
    weft_free(words);
    weft_program_release(program);
    program = test_assemble(context, "exit\n");
    words = explained(program, 12);
    cr_assert(*words);
    weft_free(words);
    weft_program_release(program);
    weft_context_destroy(context);
}

/* --- in place --------------------------------------------------------------------------------- */

/* softmax keeps its exponentials in the output, which may still be the input: it is read for the
 * last time when that is written. */
Test(compiler, softmax_in_place)
{
    enum { N = 5000 };
    weft_context *context = test_context(128);
    float *x = calloc(2 * N, sizeof *x), *y = x + N;
    const weft_compile_options with = options(0);
    cr_assert(x);
    for (int i = 0; i < N; i++)
        x[i] = (float)(i * 37 % 101) / 9;
    weft_program *program = compiled(context, "softmax(a)", &with);
    weft_arg args[] = {ARRAY("a", WEFT_F32, x, N), ARRAY("out", WEFT_F32, y, N)};
    cr_assert_eq(weft_run(context, program, args, 2), WEFT_OK);
    args[1].data = x;
    cr_assert_eq(weft_run(context, program, args, 2), WEFT_OK);
    cr_assert_eq(memcmp(x, y, N * sizeof *x), 0);
    weft_program_release(program);
    free(x);
    weft_context_destroy(context);
}

/* All that is read of an inout array is what was there before. */
Test(compiler, inout)
{
    enum { N = 1000 };
    weft_context *context = test_context(128);
    static float x[N], y[N];
    weft_program *program = compiled(
        context, "inout x, y: f32\nold = x\nx = y + sum(x)\ny = old * 2 + max(y) + min(x)", NULL);
    for (int i = 0; i < N; i++) {
        x[i] = (float)i;
        y[i] = (float)(2 * i);
    }
    weft_arg args[] = {ARRAY("x", WEFT_F32, x, N), ARRAY("y", WEFT_F32, y, N)};
    cr_assert_eq(weft_run(context, program, args, 2), WEFT_OK);
    const float sum = (float)(N * (N - 1) / 2);
    for (int i = 0; i < N; i++) { /* min(x) is of the new x */
        cr_assert_eq(x[i], (float)(2 * i) + sum);
        cr_assert_eq(y[i], (float)(2 * i) + (float)(2 * (N - 1)) + sum);
    }
    weft_program_release(program);
    weft_context_destroy(context);
}

/* --- reductions over some axes, of reductions over others ---------------------------------------
 */

enum { SPACE = 3 * 2 * 4 * 5 };
static const int extents[] = {3, 2, 4, 5};

/* Whether two elements agree in the axes that are not in the mask. */
static bool in_one_row(int i, int j, unsigned reduced)
{
    for (int axis = 3; axis >= 0; axis--) {
        if (i % extents[axis] != j % extents[axis] && !(reduced >> axis & 1))
            return false;
        i /= extents[axis];
        j /= extents[axis];
    }
    return true;
}

static double sum_of(const double *values, int i, unsigned reduced, bool mean)
{
    double sum = 0;
    int n = 0;
    for (int j = 0; j < SPACE; j++)
        if (in_one_row(i, j, reduced)) {
            sum += values[j];
            n++;
        }
    return mean ? sum / n : sum;
}

static const char *axes_of(unsigned mask, char text[16])
{
    char *at = text;
    for (int axis = 0; axis < 4; axis++)
        if (mask >> axis & 1)
            at += sprintf(at, at == text ? "%c" : ", %c", "pqrs"[axis]);
    return text;
}

/* Whatever the two reductions run over, each is there when it is needed, and in no block that runs
 * over its own axes. */
Test(compiler, reductions_of_reductions)
{
    weft_context *context = test_context(0);
    static float x[SPACE], y[SPACE];
    static double rows[16][SPACE];
    for (int i = 0; i < SPACE; i++)
        x[i] = 1 + (float)(i * 37 % 101) / 101;
    for (unsigned first = 1; first < 16; first++)
        for (int i = 0; i < SPACE; i++) {
            rows[0][i] = (double)x[i];
            rows[first][i] = 0;
        }
    for (unsigned first = 1; first < 16; first++)
        for (int i = 0; i < SPACE; i++)
            rows[first][i] = (double)x[i] / sum_of(rows[0], i, first, false);
    for (unsigned first = 1; first < 16; first++)
        for (unsigned second = 1; second < 16; second++) {
            char text[160], a[16], b[16];
            weft_error error;
            snprintf(text, sizeof text,
                     "space p, q, r, s\nin x: f32\nout y: f32\n"
                     "y = mean(x / sum(x, axis=(%s)), axis=(%s)) * x",
                     axes_of(first, a), axes_of(second, b));
            weft_program *program = compiled(context, text, NULL);
            weft_arg args[] = {ARRAY("x", WEFT_F32, x, 3, 2, 4, 5),
                               ARRAY("y", WEFT_F32, y, 3, 2, 4, 5)};
            cr_assert_eq(weft_run_with(context, program, args, 2, NULL, &error), WEFT_OK, "%s: %s",
                         text, error.message);
            for (int i = 0; i < SPACE; i++) {
                const double wanted = sum_of(rows[first], i, second, true) * (double)x[i];
                cr_assert_float_eq((double)y[i], wanted, 1e-5 * wanted, "%s: %d: %g, not %g", text,
                                   i, (double)y[i], wanted);
            }
            weft_program_release(program);
        }
    weft_context_destroy(context);
}

/* --- limits ----------------------------------------------------------------------------------- */

typedef struct writer {
    char *text;
    size_t length, room;
} writer;

static void put(writer *w, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void put(writer *w, const char *format, ...)
{
    va_list list;
    if (w->room < w->length + 4096) {
        w->room = 2 * w->room + 8192;
        w->text = realloc(w->text, w->room);
        cr_assert(w->text);
    }
    va_start(list, format);
    w->length += (size_t)vsnprintf(w->text + w->length, w->room - w->length, format, list);
    va_end(list);
}

typedef void text_maker(writer *w, int n);

/* So many sums, all needed in the next loop, which has a constant for each. */
static void many_sums(writer *w, int n)
{
    for (int i = 0; i < n; i++)
        put(w, "s%d = sum(a ** %d.5)\n", i, i + 2);
    for (int i = 0; i < n; i++)
        put(w, i ? " + (a - %d.25) / s%d" : "(a - %d.25) / s%d", i, i);
}

static void many_scalars(writer *w, int n) /* products of uniforms, made in front of the loop */
{
    put(w, "in x: f32\nout y: f32\nuniform u: f32[16] count 300\ny = 0.0");
    for (int i = 0; i < n; i++)
        put(w, " + x * exp(u[%d].%d)", i, i % 16);
}

static void many_uniforms(writer *w, int n)
{
    put(w, "in x: f32\nout y: f32\nuniform u: f32[16] count 300\ny = 0.0");
    for (int i = 0; i < n; i++)
        put(w, " + (x if x > u[%d].%d else u[%d].%d)", i, i % 16, i, i % 16);
}

static void many_conditions(writer *w, int n)
{
    for (int i = 0; i < n; i++)
        put(w, "c%d = a > %d\n", i, i);
    for (int twice = 0; twice < 2; twice++) {
        put(w, twice ? "q = b" : "r = b");
        for (int i = 0; i < n; i++)
            put(w, twice ? " * (2 if c%d else b)" : " + (1 if c%d else b)", i);
        put(w, "\n");
    }
    put(w, "r * q");
}

static void carried_conditions(writer *w, int n)
{
    for (int i = 0; i < n; i++)
        put(w, "c%d = a > %d\n", i, i);
    put(w, "for k in 5 {\n");
    for (int i = 0; i < n; i++)
        put(w, "c%d = c%d != c%d\n", i, i, (i + 1) % n);
    put(w, "}\nTrue");
    for (int i = 0; i < n; i++)
        put(w, " and c%d", i);
}

static void many_strips(writer *w, int n)
{
    for (int i = 0; i < n; i++)
        put(w, "x%d = exp(a * %d.5)\n", i, i);
    put(w, "x0");
    for (int i = 1; i < n; i++)
        put(w, " + x%d", i);
    for (int i = n; i--;)
        put(w, " + x%d * x%d", i, (i * 7 + 1) % n);
}

static void many_vectors(writer *w, int n) /* fused operations need registers in a row */
{
    put(w, "in x: f32[16]\nuniform u: f32[16]\nout y: f32\n");
    for (int i = 0; i < n; i++)
        put(w, "v%d = exp(x * %d.5)\n", i, i + 1);
    put(w, "y = 0.0");
    for (int i = 0; i < n; i++)
        put(w, " + dotk(v%d, u)", i);
    for (int i = n; i--;)
        put(w, " + dotk(v%d, u * 2)", i);
}

static void many_loops(writer *w, int n)
{
    put(w, "s0 = 1.0");
    for (int i = 1; i < n; i++)
        put(w, "\ns%d = sum(a * s%d + %d)", i, i - 1, i);
    put(w, "\na + s%d", n - 1);
}

static void many_arrays(writer *w, int n) /* each loop keeps what the next one needs */
{
    put(w, "x = a\n");
    for (int i = 0; i < n; i++)
        put(w, "x = exp(x / sum(x))\n");
    put(w, "x");
}

static void many_outputs(writer *w, int n)
{
    put(w, "in x: f32\n");
    for (int i = 0; i < n; i++)
        put(w, "out y%d: f32\ny%d = exp(x * %d.5)\n", i, i, i);
}

static void nested(writer *w, int n, const char *space, const char *result)
{
    put(w, "%st = x\n", space);
    for (int i = 0; i < n; i++)
        put(w, "for i%d in 3 { ", i);
    put(w, "t = t*t + x");
    for (int i = 0; i < n; i++)
        put(w, " }");
    put(w, "\ny = %s", result);
}

static void nested_in_loop(writer *w, int n)
{
    nested(w, n, "in x: f32\nout y: f32\n", "x / sum(t)");
}

static void nested_in_each(writer *w, int n) /* two blocks, the loop, and so many `for`s */
{
    nested(w, n, "space p, q, r\nin x: f32\nout y: f32 over p, q\n", "sum(t, axis=r)");
}

static void nested_in_scan(writer *w, int n) /* each, loop, seq */
{
    nested(w, n, "space p, q, r\nin x: f32\nout y: f32 over p, r\n", "sum(t, axis=q)");
}

static void nested_deep(writer *w, int n)
{
    nested(w, n, "space p, q, r, s\nin x: f32\nout y: f32 over p, q, s\n", "sum(t, axis=r)");
}

/* Up to `works` it works, from `fails` on it is the limit that the words tell; between the two it
 * is one or the other. */
static const struct {
    const char *name;
    text_maker *make;
    int works, fails, most;
    const char *words;
} limits[] = {
    {"sums", many_sums, 55, 64, 300, "more than 64 single values at once"},
    {"scalars", many_scalars, 55, 70, 300, "more than 64 single values at once"},
    {"uniforms", many_uniforms, 299, 1000, 299, ""},
    {"conditions", many_conditions, 15, 18, 100, "more than 16 conditions of strips at once"},
    {"carried conditions", carried_conditions, 14, 18, 64, "conditions of strips at once"},
    {"strips", many_strips, 240, 260, 600, "more than 256 values of strips at once"},
    {"vectors", many_vectors, 12, 17, 60, "more than 256 values of strips at once"},
    {"loops", many_loops, 500, 514, 600, "more than 512 loops"},
    {"arrays", many_arrays, 255, 257, 258, "more than 256 arrays"},
    {"outputs", many_outputs, 255, 256, 260, "more than 256 parameters"},
    {"for in loop", nested_in_loop, 6, 7, 8, "loops nested more than 6 deep"},
    {"for in each", nested_in_each, 5, 6, 6, "blocks are nested deeper than 8"},
    {"for in scan", nested_in_scan, 5, 6, 6, "blocks are nested deeper than 8"},
    {"for in deep scan", nested_deep, 4, 5, 6, "blocks are nested deeper than 8"},
};

/* Numbers of things that are tried: all next to the limit, and few elsewhere. */
static bool is_tried(int n, int works, int fails, int most)
{
    return n <= 2 || n == most || n % 37 == 0 || (n >= works - 1 && n <= fails + 1) ||
           (n >= 30 && n <= 40);
}

Test(compiler, limits)
{
    weft_context *context = test_context(0);
    for (size_t k = 0; k < COUNT(limits); k++)
        for (int n = 1; n <= limits[k].most; n++)
            for (int form = 0; form < 2; form++) {
                weft_compile_options with = options(n % 2 ? WEFT_FAST : 0);
                writer w = {0};
                weft_program *program;
                weft_error error;
                if (!is_tried(n, limits[k].works, limits[k].fails, limits[k].most))
                    continue;
                with.elements = form ? 9 : 0; /* as loops where unrolled code is too large */
                limits[k].make(&w, n);
                with.n_variables = strstr(w.text, "out ") ? 0 : COUNT(variables);
                const weft_status status =
                    weft_compile(context, w.text, w.length, &with, &program, &error);
                cr_assert(status == WEFT_OK ? n < limits[k].fails : n > limits[k].works,
                          "%s, %d: %d %s", limits[k].name, n, status, error.message);
                if (status) {
                    cr_assert_eq(status, WEFT_ERR_LIMIT, "%s, %d: %s", limits[k].name, n,
                                 error.message);
                    cr_assert(strstr(error.message, limits[k].words), "%s, %d: %s", limits[k].name,
                              n, error.message);
                    cr_assert_null(program);
                }
                weft_program_release(program);
                free(w.text);
            }
    cr_assert(test_context_works(context));
    weft_context_destroy(context);
}

/* Code that was written a second time because registers were short computes the same. */
Test(compiler, tight_code)
{
    enum { N = 50, M = 36 };
    weft_context *context = test_context(128);
    const weft_compile_options with = options(0);
    float x[N], y[N];
    writer w = {0};
    many_sums(&w, M);
    weft_program *program = compiled(context, w.text, &with);
    for (int i = 0; i < N; i++)
        x[i] = 1 + (float)i / N;
    weft_arg args[] = {ARRAY("a", WEFT_F32, x, N), ARRAY("out", WEFT_F32, y, N)};
    cr_assert_eq(weft_run(context, program, args, 2), WEFT_OK);
    for (int i = 0; i < N; i++) {
        double expected = 0;
        for (int k = 0; k < M; k++) {
            double sum = 0;
            for (int j = 0; j < N; j++)
                sum += pow((double)x[j], k + 2.5);
            expected += ((double)x[i] - (k + 0.25)) / sum;
        }
        cr_assert_float_eq((double)y[i], expected, 1e-4 * fabs(expected), "%g, not %g",
                           (double)y[i], expected);
    }
    weft_program_release(program);
    free(w.text);
    weft_context_destroy(context);
}
