/* tests/plain/test_compiled_cases.c: texts that the compiler once got wrong, each with its result.
 * What finds more of them: test_expressions.c. */
#include <stdio.h>
#include <string.h>
#include <weft/compile.h>

#include "tests/support/support.h"

static int failures;

static void expect(const char *text, const weft_arg *result, const double *wanted, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const double got = result->type == WEFT_I64   ? (double)((const int64_t *)result->data)[i]
                           : result->type == WEFT_F32 ? (double)((const float *)result->data)[i]
                                                      : ((const double *)result->data)[i];
        if (got != wanted[i]) {
            fprintf(stderr, "%s\nelement %zu: %g, not %g\n", text, i, got, wanted[i]);
            failures++;
        }
    }
}

/* Evaluates an expression and compares its type and its n elements. */
static void evaluates(weft_context *context, const char *text, const weft_arg *args, size_t nargs,
                      weft_dtype type, const double *wanted, size_t n)
{
    double memory[16];
    weft_arg result = {.data = NULL};
    weft_error error;
    weft_status status = weft_eval(context, text, strlen(text), args, nargs, 0, &result, &error);
    if (!status && result.type != type)
        test_die("%s gives %s", text, weft_dtype_name(result.type));
    result.data = memory;
    if (!status)
        status = weft_eval(context, text, strlen(text), args, nargs, 0, &result, &error);
    if (status)
        test_die("%s: %s", text, error.message);
    expect(text, &result, wanted, n);
}

#define EVALUATES(text, args, type, ...)                                                           \
    evaluates(context, text, args, COUNT(args), type, (const double[]){__VA_ARGS__},               \
              COUNT(((const double[]){__VA_ARGS__})))

static void expressions(weft_context *context)
{
    int64_t seven = 7, small[3] = {7, -2, 3};
    float halves[2] = {0.5f, 1.5f};
    double cube[8] = {1, 2, 3, 4, 5, 6, 7, 8};
    const weft_arg u[] = {VALUE("u", WEFT_I64, &seven)};
    const weft_arg x[] = {ARRAY("x", WEFT_I64, small, 3)};
    const weft_arg b[] = {ARRAY("b", WEFT_F32, halves, 2)};
    const weft_arg a[] = {ARRAY("a", WEFT_F64, cube, 2, 2, 2)};
    EVALUATES("u % 1", u, WEFT_I64, 0);          /* the kernel of a select has its condition last */
    EVALUATES("2 ** u", u, WEFT_I64, 128);       /* a for whose counter nobody reads */
    EVALUATES("u // argmin(u)", u, WEFT_I64, 0); /* by a zero that nobody wrote */
    EVALUATES("x // (x - x)", x, WEFT_I64, 0, 0, 0);
    EVALUATES("dot(b, 1)", b, WEFT_F32, 2); /* a literal takes the other operand's type */
    /* A scan's result inside a loop over what it scanned, scans in scans. */
    EVALUATES("sum(max(a, axis=-1, keepdims=True), axis=0) - a", a, WEFT_F64, 7, 6, 9, 8, 3, 2, 5,
              4);
    EVALUATES("max(max(sum(a, axis=0), axis=0), axis=0)", a, WEFT_F64, 12);
    EVALUATES("sum(a, axis=0) * a + sum(sum(a, axis=1, keepdims=True) * a, axis=0)", a, WEFT_F64,
              70, 112, 126, 184, 94, 144, 166, 232);
}

static void runs(weft_context *context, const char *text, const weft_arg *args, size_t nargs,
                 const double *wanted, size_t n)
{
    weft_program *program;
    weft_error error;
    if (weft_compile(context, text, strlen(text), NULL, &program, &error))
        test_die("%s\n%d:%d: %s", text, (int)error.line, (int)error.column, error.message);
    if (weft_run_with(context, program, args, nargs, NULL, &error))
        test_die("%s\n%s", text, error.message);
    expect(text, &args[nargs - 1], wanted, n);
    weft_program_release(program);
}

#define RUNS(text, args, ...)                                                                      \
    runs(context, text, args, COUNT(args), (const double[]){__VA_ARGS__},                          \
         COUNT(((const double[]){__VA_ARGS__})))

static void programs(weft_context *context)
{
    double x[2] = {1, 10}, pairs[4] = {1, 2, 3, 4}, y[4];
    int64_t rows[2] = {3, 1};
    double table[4] = {0, 10, 20, 30};
    const weft_arg one[] = {ARRAY("x", WEFT_F64, x, 2), ARRAY("y", WEFT_F64, y, 2)};
    /* A loop that reads the counter around it was looked at for ever. */
    RUNS("in x: f64\nout y: f64\nv = f64(0)\n"
         "for i in 3 {\n w = f64(0)\n for j in 2 { w = w + i*x }\n v = v + w\n}\ny = v\n",
         one, 6, 60);
    /* One that begins with that counter came before its loop. */
    RUNS("in x: f64\nout y: f64\nv = i64(0)\nfor i in 4 { v = v + 2**i }\ny = v + x\n", one, 16,
         25);
    /* What a loop had kept was taken for a component of the first segment. */
    const weft_arg two[] = {ARRAY("p", WEFT_F64, pairs, 1, 2, 2), ARRAY("k", WEFT_I64, rows, 2),
                            ARRAY("t", WEFT_F64, table, 4), ARRAY("y", WEFT_F64, y, 1, 2, 2)};
    RUNS("space rows, cols\nin p: f64[2]\nin k: i64 over cols\ntable t: f64\nout y: f64[2]\n"
         "y = p + exp(log(t[k % len(t)]))*0 + t[k]\n",
         two, 31, 32, 13, 14);
    /* What a loop carries was taken to vary along all that the loop's other variables do. */
    const weft_arg three[] = {ARRAY("x", WEFT_F64, pairs, 1, 2, 2),
                              ARRAY("y", WEFT_F64, y, 1, 2, 2)};
    RUNS("space rows, cols, depth\nin x: f64\nout y: f64\nv = f64(index(cols))\nw = v\n"
         "for i in 2 {\n v = x\n w = f64(i)\n}\ny = v + max(w, axis=cols)\n",
         three, 2, 3, 4, 5);
}

int main(void)
{
    weft_context *context = test_context(0);
    expressions(context);
    programs(context);
    weft_context_destroy(context);
    return failures ? 1 : 0;
}
