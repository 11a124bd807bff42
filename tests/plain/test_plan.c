/* test_plan: which instructions the planner puts together (backends/plan_combine.c): for each
 * combination the code that it is made for, and code next to it in which something else reads what
 * is in between, a branch goes there, or the order is another one. At every level of this machine:
 * the steps of the plan, and the same bits as the reference backend gives, in place too, and where
 * results go past the caches. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "simd/stream.h"
#include "tests/support/support.h"
#include "vm/vm.h"

/* Steps of a plan that do several instructions; `form` is that of the last AROUND. */
typedef struct counts {
    unsigned rows, flat, products, around, quadratic, form, flags;
} counts;

typedef struct plan_case {
    const char *name, *body;
    counts wanted; /* where there are kernels for all of it */
} plan_case;

enum {
    SCALED = WEFT_AROUND_SCALED,
    SCALED_TIMES = WEFT_AROUND_SCALED_TIMES,
    TIMES = WEFT_AROUND_TIMES,
    FMA = WEFT_AROUND_FMA,
    S = WEFT_HAS_B,
    C = WEFT_HAS_C
};

#define SUM   "mul.f32 v3, v0, v0\nfma.f32 v3, v1, v1, v3\nfma.f32 v3, v2, v2, v3\n"
#define SCALE "mul.f32 v3, v3, s0\n"
#define EXP   "exp.f32 v3, v3\n"
#define WEIGH "mul.f32 v3, v0, v3\n"
#define TO_Y  "st.f32 v3, [y]\n"
#define BELL  SCALE EXP WEIGH TO_Y
#define LOAD  "lds.f32 v4..v6, [m]\n"
#define MAP   "affine3.f32 v4..v6, v4..v6, s0..s8\n"
#define STORE "sts.f32 v4..v6, [o]\n"
#define FLAT  "mul.f32 v4, v4, s0\nmul.f32 v5, v5, s0\nmul.f32 v6, v6, s0\n"
#define JUMP  "brt s9, L\nL:\n"

static const plan_case cases[] = {
    /* the weight of a Gaussian */
    {"bell", SUM BELL, {.quadratic = 1, .flags = S | C}},
    {"bell, two terms",
     "mul.f32 v3, v0, v1\nfma.f32 v3, v1, v2, v3\n" BELL,
     {.quadratic = 1, .flags = S | C}},
    {"bell, four terms", SUM "fma.f32 v3, v0, v2, v3\n" BELL, {.quadratic = 1, .flags = S | C}},
    {"bell, five terms",
     SUM "fma.f32 v3, v0, v2, v3\nfma.f32 v3, v0, v1, v3\n" BELL,
     {.products = 1, .around = 1, .form = SCALED_TIMES}},
    {"bell with mad",
     "mul.f32 v3, v0, v0\nmad.f32 v3, v1, v1, v3\nmad.f32 v3, v2, v2, v3\n" BELL,
     {.quadratic = 1, .flags = S | C}},
    {"bell with fma, then mad",
     "mul.f32 v3, v0, v0\nfma.f32 v3, v1, v1, v3\nmad.f32 v3, v2, v2, v3\n" BELL,
     {.products = 1, .around = 1, .form = SCALED_TIMES}},
    {"bell of 2^x", SUM SCALE "exp2.f32 v3, v3\n" WEIGH TO_Y, {.quadratic = 1, .flags = S | C}},
    {"bell without a weight", SUM SCALE EXP TO_Y, {.quadratic = 1, .flags = S}},
    {"bell without a scale", SUM EXP WEIGH TO_Y, {.quadratic = 1, .flags = C}},
    {"exponential alone", SUM EXP TO_Y, {.products = 1}},
    {"scalar first", SUM "mul.f32 v3, s0, v3\n" EXP WEIGH TO_Y, {.quadratic = 1, .flags = S | C}},
    {"registers of its own",
     "mul.f32 v3, v0, v0\nfma.f32 v4, v1, v1, v3\nmul.f32 v5, v4, s0\nexp.f32 v6, v5\n"
     "mul.f32 v7, v6, v1\nst.f32 v7, [y]\n",
     {.quadratic = 1, .flags = S | C}},
    {"over its own operands",
     "mul.f32 v0, v0, v0\nfma.f32 v0, v1, v1, v0\nmul.f32 v0, v0, s0\nexp.f32 v0, v0\n"
     "mul.f32 v2, v2, v0\nst.f32 v2, [y]\nst.f32 v1, [z]\n",
     {.quadratic = 1, .flags = S | C}},
    {"started by a strip",
     "fma.f32 v3, v0, v0, v2\nfma.f32 v3, v1, v1, v3\n" BELL,
     {.products = 1, .around = 1, .form = SCALED_TIMES}},
    {"the sum is the weight",
     SUM "mul.f32 v4, v3, s0\nexp.f32 v4, v4\nmul.f32 v4, v3, v4\nst.f32 v4, [y]\n",
     {.products = 1, .around = 1, .form = SCALED_TIMES}},
    {"the sum is stored",
     SUM "st.f32 v3, [z]\n" BELL,
     {.products = 1, .around = 1, .form = SCALED_TIMES}},
    {"the sum is stored later",
     SUM "mul.f32 v4, v3, s0\nexp.f32 v4, v4\nmul.f32 v4, v0, v4\nst.f32 v4, [y]\n"
         "st.f32 v3, [z]\n",
     {.products = 1, .around = 1, .form = SCALED_TIMES}},
    {"the argument is the weight",
     SUM "mul.f32 v4, v3, s0\nexp.f32 v5, v4\nmul.f32 v5, v4, v5\nst.f32 v5, [y]\n",
     {.products = 1, .around = 1, .form = TIMES}},
    {"the exponential is stored",
     SUM SCALE EXP "mul.f32 v4, v0, v3\nst.f32 v4, [y]\nst.f32 v3, [z]\n",
     {.quadratic = 1, .flags = S}},
    {"the exponential is squared",
     SUM SCALE EXP "mul.f32 v3, v3, v3\n" TO_Y,
     {.quadratic = 1, .flags = S}},
    {"a partial sum is stored",
     "mul.f32 v3, v0, v0\nfma.f32 v3, v1, v1, v3\nfma.f32 v4, v2, v2, v3\nmul.f32 v4, v4, s0\n"
     "exp.f32 v4, v4\nmul.f32 v4, v0, v4\nst.f32 v4, [y]\nst.f32 v3, [z]\n",
     {.products = 1, .around = 1, .form = SCALED_TIMES}},
    {"something before the scale",
     SUM "abs.f32 v4, v0\n" SCALE EXP "mul.f32 v3, v4, v3\n" TO_Y,
     {.products = 1, .around = 1, .form = SCALED_TIMES}},
    {"something before the exponential",
     SUM SCALE "abs.f32 v4, v0\n" EXP "mul.f32 v3, v4, v3\n" TO_Y,
     {.products = 1, .around = 1, .form = TIMES}},
    {"something before the weight",
     SUM SCALE EXP "abs.f32 v4, v0\nmul.f32 v3, v4, v3\n" TO_Y,
     {.quadratic = 1, .flags = S}},
    {"something in the sum",
     "mul.f32 v3, v0, v0\nabs.f32 v4, v0\nfma.f32 v3, v1, v1, v3\nfma.f32 v3, v4, v2, v3\n" BELL,
     {.products = 1, .around = 1, .form = SCALED_TIMES}},
    {"a branch before the scale",
     SUM JUMP BELL,
     {.products = 1, .around = 1, .form = SCALED_TIMES}},
    {"a branch goes to the scale",
     "mul.f32 v3, v0, v0\nbrt s9, L\nmul.f32 v3, v1, v1\nfma.f32 v3, v2, v2, v3\nL:\n" BELL,
     {.products = 1, .around = 1, .form = SCALED_TIMES}},
    {"a branch goes to the exponential",
     "mul.f32 v3, v0, v0\nbrt s9, L\nmul.f32 v3, v1, v1\nfma.f32 v3, v2, v2, v3\n" SCALE
     "L:\n" EXP WEIGH TO_Y,
     {.products = 1, .around = 1, .form = TIMES}},
    {"a branch goes to the weight",
     "mul.f32 v3, v0, v0\nbrt s9, L\nmul.f32 v3, v1, v1\nfma.f32 v3, v2, v2, v3\n" SCALE EXP
     "L:\n" WEIGH TO_Y,
     {.quadratic = 1, .flags = S}},
    {"fma behind the exponential",
     SUM EXP "fma.f32 v3, v3, s0, v2\n" TO_Y,
     {.products = 1, .around = 1, .form = FMA}},
    {"doubles",
     "cvt.f64.f32 v3, v0\ncvt.f64.f32 v4, v1\nmul.f64 v3, v3, v3\nfma.f64 v3, v4, v4, v3\n"
     "mul.f64 v3, v3, s10\nexp.f64 v3, v3\nmul.f64 v3, v4, v3\ncvt.f32.f64 v3, v3\n" TO_Y,
     {.products = 1}},
    /* exponentials with neighbours */
    {"scaled", "mul.f32 v3, v0, s0\n" EXP TO_Y, {.around = 1, .form = SCALED}},
    {"scaled, times",
     "mul.f32 v3, v0, s0\n" EXP "mul.f32 v3, v3, v1\n" TO_Y,
     {.around = 1, .form = SCALED_TIMES}},
    {"times", "exp2.f32 v3, v0\nmul.f32 v3, v1, v3\n" TO_Y, {.around = 1, .form = TIMES}},
    {"fma", "exp2.f32 v3, v0\nfma.f32 v3, s1, v3, v1\n" TO_Y, {.around = 1, .form = FMA}},
    {"scaled, then stored",
     "mul.f32 v3, v0, s0\nexp.f32 v4, v3\nst.f32 v4, [y]\nst.f32 v3, [z]\n",
     {.rows = 0}},
    {"scaled afterwards", "exp.f32 v3, v0\n" SCALE TO_Y, {.rows = 0}},
    {"scaled by a strip", "mul.f32 v3, v0, v1\n" EXP TO_Y, {.rows = 0}},
    {"something before it",
     "mul.f32 v3, v0, s0\nabs.f32 v4, v1\n" EXP TO_Y "st.f32 v4, [z]\n",
     {.rows = 0}},
    {"a branch before it", "mul.f32 v3, v0, s0\n" JUMP EXP TO_Y, {.rows = 0}},
    /* sums of products */
    {"products", SUM TO_Y, {.products = 1}},
    {"products on a strip",
     "fma.f32 v3, v0, v1, v2\nfma.f32 v3, v1, v1, v3\n" TO_Y,
     {.products = 1}},
    {"one product", "fma.f32 v3, v0, v1, v2\n" TO_Y, {.rows = 0}},
    {"a sum as a factor", "mul.f32 v3, v0, v1\nfma.f32 v3, v3, v2, v1\n" TO_Y, {.rows = 0}},
    {"a sum as a factor of itself",
     "mul.f32 v3, v0, v1\nfma.f32 v3, v3, v2, v3\n" TO_Y,
     {.rows = 0}},
    {"a product is stored",
     "mul.f32 v3, v0, v1\nfma.f32 v4, v1, v2, v3\nst.f32 v4, [y]\n"
     "st.f32 v3, [z]\n",
     {.rows = 0}},
    {"a branch between products",
     "mul.f32 v3, v0, v1\n" JUMP "fma.f32 v3, v1, v2, v3\n" TO_Y,
     {.rows = 0}},
    {"a scalar factor", "mul.f32 v3, v0, v1\nfma.f32 v3, v1, s0, v3\n" TO_Y, {.products = 1}},
    {"scalar factors on either side",
     "mul.f32 v3, s0, v1\nmad.f32 v3, v2, s1, v3\nmad.f32 v3, s0, v0, v3\n" TO_Y,
     {.products = 1}},
    {"a scalar sum", "fma.f32 v3, v1, v2, s0\nfma.f32 v3, v1, v0, v3\n" TO_Y, {.rows = 0}},
    {"a scalar register of the sum's number",
     "imm.f32 s3, 2\nmul.f32 v3, v0, v1\nfma.f32 v3, v1, s3, v3\n" TO_Y,
     {.products = 1}},
    {"an exponential of a sum with a scalar factor",
     "mul.f32 v3, v0, s1\nfma.f32 v3, v1, v1, v3\n" BELL,
     {.products = 1, .around = 1, .form = SCALED_TIMES}},
    /* segments */
    {"rows", LOAD MAP STORE, {.rows = 1}},
    {"rows, a store between", LOAD "abs.f32 v3, v0\n" MAP TO_Y STORE, {.rows = 0}},
    {"rows, a strip between", LOAD "abs.f32 v3, v0\n" MAP STORE TO_Y, {.rows = 1}},
    {"rows, a component read again", LOAD "abs.f32 v3, v5\n" MAP STORE TO_Y, {.rows = 0}},
    {"rows, a component read afterwards",
     LOAD "affine3.f32 v7..v9, v4..v6, s0..s8\nsts.f32 v7..v9, [o]\nst.f32 v5, [y]\n",
     {.rows = 0}},
    {"rows, a result read again", LOAD MAP STORE "st.f32 v5, [y]\n", {.rows = 0}},
    {"rows, a branch between", LOAD JUMP MAP STORE, {.rows = 0}},
    {"rows, a branch before the store", LOAD MAP JUMP STORE, {.rows = 0}},
    {"rows, a part", LOAD "affine3.f32 v5..v7, v4..v6, s0..s8\n" STORE, {.rows = 0}},
    {"flat", LOAD FLAT STORE, {.flat = 1}},
    {"flat, a strip between", LOAD FLAT "abs.f32 v3, v0\n" STORE TO_Y, {.flat = 1}},
    {"flat, another order",
     LOAD "mul.f32 v5, v5, s0\nmul.f32 v4, v4, s0\nmul.f32 v6, v6, s0\n" STORE,
     {.rows = 0}},
    {"flat, results in another order",
     LOAD "mul.f32 v7, v4, s0\nmul.f32 v9, v5, s0\nmul.f32 v8, v6, s0\nsts.f32 v7..v9, [o]\n",
     {.rows = 0}},
    {"flat, another scalar",
     LOAD "mul.f32 v4, v4, s0\nmul.f32 v5, v5, s1\nmul.f32 v6, v6, s0\n" STORE,
     {.rows = 0}},
    {"flat, another operation",
     LOAD "mul.f32 v4, v4, s0\nadd.f32 v5, v5, s0\nmul.f32 v6, v6, s0\n" STORE,
     {.rows = 0}},
    {"flat, a component read again",
     LOAD "mul.f32 v7, v4, s0\nmul.f32 v8, v5, s0\nmul.f32 v9, v6, s0\nsts.f32 v7..v9, [o]\n"
          "st.f32 v6, [y]\n",
     {.rows = 0}},
    {"flat, a result read again", LOAD FLAT STORE "st.f32 v4, [y]\n", {.rows = 0}},
    {"flat, a branch between", LOAD JUMP FLAT STORE, {.rows = 0}},
    {"flat, a branch inside",
     LOAD "mul.f32 v4, v4, s0\nmul.f32 v5, v5, s0\n" JUMP "mul.f32 v6, v6, s0\n" STORE,
     {.rows = 0}},
};

static unsigned failed;

/* The program of a body, which need not use all parameters: all programs have the same arguments.
 */
static weft_program *program_of(weft_context *context, const char *body)
{
    static char text[4096];
    size_t at = (size_t)snprintf(
        text, sizeof text,
        ".in a f32\n.in b f32\n.in c f32\n.in m f32[3]\n.out y f32\n.out z f32\n.out o f32[3]\n"
        "imm.bool s9, false\nimm.f64 s10, -0.5\n");
    for (int i = 0; i < 9; i++)
        at += (size_t)snprintf(text + at, sizeof text - at, "imm.f32 s%d, %g\n", i, i - 0.5);
    snprintf(text + at, sizeof text - at,
             "loop\nld.f32 v0, [a]\nld.f32 v1, [b]\nld.f32 v2, [c]\n%send\nexit\n", body);
    return test_assemble(context, text);
}

static counts count_steps(const weft_plan *plan)
{
    const weft_step *steps = plan->steps.data;
    counts found = {0};
    for (size_t i = 0; i < plan->steps.count; i++) {
        const weft_step *s = &steps[i];
        found.rows += s->kind == WEFT_STEP_ROWS;
        found.flat += s->kind == WEFT_STEP_FLAT;
        found.products += s->kind == WEFT_STEP_PRODUCTS;
        found.quadratic += s->kind == WEFT_STEP_QUADRATIC;
        if (s->kind == WEFT_STEP_QUADRATIC)
            found.flags = s->flags;
        for (unsigned form = 0; form < 2 * WEFT_AROUND_COUNT && s->kind == WEFT_STEP_KERNEL; form++)
            if (s->call.kernel &&
                s->call.kernel == plan->kernels->around[form % 2][form / 2][WEFT_F32]) {
                found.around++;
                found.form = form / 2;
            }
    }
    return found;
}

/* A level without some kernels does less at once. */
static counts wanted_at(const weft_kernel_table *kernels, counts wanted)
{
    if (!kernels->rows[WEFT_OP_AFFINE3 - WEFT_FUSED_FIRST][WEFT_F32])
        wanted.rows = 0;
    if (!kernels->quadratic[0][0][WEFT_F32]) {
        wanted.products += wanted.quadratic;
        wanted.quadratic = wanted.flags = 0;
    }
    if (!kernels->around[0][0][WEFT_F32])
        wanted.around = wanted.form = 0;
    return wanted;
}

static void check_steps(const weft_kernel_table *kernels, weft_context *context, const plan_case *c)
{
    weft_program *program = program_of(context, c->body);
    weft_plan *plan;
    if (weft_plan_make(&context->allocator, &program->code, &program->facts, kernels, &plan))
        test_die("no plan of '%s'", c->name);
    const counts found = count_steps(plan), wanted = wanted_at(kernels, c->wanted);
    if (memcmp(&found, &wanted, sizeof found) != 0) {
        failed++;
        printf("FAILED %s, %s: rows %u, flat %u, products %u, around %u (form %u), quadratic %u "
               "(flags %u)\n",
               kernels->name, c->name, found.rows, found.flat, found.products, found.around,
               found.form, found.quadratic, found.flags);
    }
    weft_plan_free(&context->allocator, plan);
    weft_program_release(program);
}

/* --- results ---------------------------------------------------------------------------------- */

enum { ARRAYS = 7 };
static const unsigned widths[ARRAYS] = {1, 1, 1, 3, 1, 1, 3}; /* a, b, c, m, y, z, o */

/* A run on arrays of its own; `place` says for each parameter which array it is. */
static weft_status run_on(weft_context *context, weft_program *program, float *arrays[ARRAYS],
                          const unsigned char place[ARRAYS], size_t n)
{
    weft_arg args[ARRAYS];
    uint32_t seed = 1;
    for (unsigned i = 0; i < ARRAYS; i++) {
        const int64_t shape[] = {(int64_t)n, widths[i]};
        assert(widths[i] == widths[place[i]]);
        args[i] = test_arg(NULL, WEFT_F32, arrays[place[i]], widths[i] > 1 ? 2 : 1, shape);
        for (size_t e = 0; e < n * widths[i]; e++) {
            seed = seed * 1664525 + 1013904223;
            arrays[i][e] = (float)(int32_t)seed * 0x1p-30F;
        }
    }
    return weft_run(context, program, args, ARRAYS);
}

static void check_run(weft_context *const contexts[2], const plan_case *c,
                      const unsigned char place[ARRAYS], size_t n)
{
    float *arrays[2][ARRAYS];
    weft_status status[2];
    for (int side = 0; side < 2; side++) {
        weft_program *program = program_of(contexts[side], c->body);
        for (unsigned i = 0; i < ARRAYS; i++)
            if (!(arrays[side][i] = malloc((n * widths[i] + 1) * sizeof(float))))
                test_die("no memory");
        status[side] = run_on(contexts[side], program, arrays[side], place, n);
        weft_program_release(program);
    }
    bool same = status[0] == WEFT_OK && status[1] == WEFT_OK;
    for (unsigned i = 0; i < ARRAYS; i++) {
        same = same && !memcmp(arrays[0][i], arrays[1][i], n * widths[i] * sizeof(float));
        free(arrays[0][i]);
        free(arrays[1][i]);
    }
    if (same)
        return;
    failed++;
    printf("FAILED '%s' at level %s, n %zu, y in array %u: not what the reference backend gives\n",
           c->name, contexts[0]->kernels->name, n, place[4]);
}

static void check_results(weft_context *const contexts[2], const plan_case *c)
{
    static const unsigned char apart[] = {0, 1, 2, 3, 4, 5, 6}, first[] = {0, 1, 2, 3, 0, 5, 3},
                               others[] = {0, 1, 2, 3, 2, 1, 6};
    static const size_t lengths[] = {0, 1, 63, 64, 65, 1000, 5000};
    for (size_t i = 0; i < COUNT(lengths); i++) {
        check_run(contexts, c, apart, lengths[i]);
        check_run(contexts, c, first, lengths[i]);
        check_run(contexts, c, others, lengths[i]);
    }
}

/* Outputs so large that they go past the caches, of elements of so many bytes. */
static void check_large(weft_context *const contexts[2], const char *name, size_t size)
{
    static const unsigned char apart[] = {0, 1, 2, 3, 4, 5, 6};
    for (size_t i = 0; i < COUNT(cases); i++)
        if (strcmp(cases[i].name, name) == 0) {
            check_run(contexts, &cases[i], apart, WEFT_STREAM_BYTES / size + 37);
            return;
        }
    test_die("there is no case '%s'", name);
}

static weft_context *context_of(weft_level level, weft_backend backend)
{
    weft_context_options options = {
        .size = sizeof options, .level = level, .backend = backend, .threads = 1};
    weft_context *context;
    if (weft_context_create(&options, &context))
        test_die("no context");
    return context;
}

int main(void)
{
    int last = 0;
    weft_context *contexts[2] = {NULL, NULL};
    for (int level = WEFT_LEVEL_SCALAR; level < WEFT_LEVEL_COUNT; level++) {
        if (!weft_level_available((weft_level)level))
            continue;
        contexts[0] = context_of((weft_level)level, WEFT_BACKEND_CPU);
        contexts[1] = context_of((weft_level)level, WEFT_BACKEND_REFERENCE);
        for (size_t i = 0; i < COUNT(cases); i++) {
            check_steps(contexts[0]->kernels, contexts[0], &cases[i]);
            check_results(contexts, &cases[i]);
        }
        weft_context_destroy(contexts[0]);
        weft_context_destroy(contexts[1]);
        last = level;
    }
    contexts[0] = context_of((weft_level)last, WEFT_BACKEND_CPU);
    contexts[1] = context_of((weft_level)last, WEFT_BACKEND_REFERENCE);
    static const char *const large[] = {"scaled, times", "fma", "bell", "products on a strip",
                                        "scalar factors on either side"};
    for (size_t i = 0; i < COUNT(large); i++)
        check_large(contexts, large[i], sizeof(float));
    check_large(contexts, "rows", 3 * sizeof(float));
    check_large(contexts, "flat", 3 * sizeof(float));
    weft_context_destroy(contexts[0]);
    weft_context_destroy(contexts[1]);
    printf("%zu programs, %u failed\n", COUNT(cases), failed);
    return failed != 0;
}
