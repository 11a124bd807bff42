/* tests/plain/test_alloc_failure.c: every call that allocates, with an allocator whose k-th call
 * fails, for every k until it succeeds; once with that call alone failing, once with all after it.
 * A failure is WEFT_ERR_MEMORY with a message, leaves outputs NULL and nothing behind, and the
 * context works on. */
#include <string.h>

#include "tests/support/support.h"

#define EXPECT_STEP(condition)                                                                     \
    do {                                                                                           \
        if (!(condition))                                                                          \
            test_die("%s:%d: %s, allocation %ld: %s", __FILE__, __LINE__, step, k, #condition);    \
    } while (0)

/* Labels, functions, counted loops, reductions, scratch arrays, and more bounds than fit where the
 * prover keeps few. */
static const char *sample(void)
{
    static char text[8192];
    size_t at = (size_t)snprintf(
        text, sizeof text,
        ".in x f32\n.out y f32\n.scratch h f32\n.scratch g f64\n.table t f32\n.uniform u i64\n"
        "ld.i64 s9, [u]\nimm.bool s1, true\nbrt s1, A\ncall F\nA:\nfor s2, 3\nfor s3, s2\nend\n"
        "end\nloop\nld.f32 v0, [x]\nst.f32 v0, [h]\nsum.f32 s0, v0\nmaxval.f32 s4, v0\n"
        "dot.f32 s5, v0, v0\nend\n");
    for (int i = 0; i < 80; i++)
        at += (size_t)snprintf(text + at, sizeof text - at, "ld.f32 s6, [t + s9]\n");
    snprintf(text + at, sizeof text - at,
             "loop\nld.f32 v0, [h]\ndiv.f32 v0, v0, s0\nlt.f32 p0, v0, s4\nst.f32 v0, [y]\nend\n"
             "exit\nF:\nfunc\nimm.f32 s7, 1\nret\n");
    return text;
}

typedef struct setting {
    test_allocator memory;
    weft_context *context;
    weft_program *program;
    void *image;
    size_t image_length;
} setting;

/* A step does one call; what it makes on success it gives back. `out_is_null`: nothing was put
 * where the result goes. */
typedef weft_status step_fn(setting *s, weft_error *error, bool *out_is_null);

static weft_status create_step(setting *s, weft_error *error, bool *out_is_null)
{
    weft_context_options options = {.size = sizeof options, .allocator = &s->memory.allocator};
    weft_context *context = s->context;
    weft_status status = weft_context_create(&options, &context);
    *out_is_null = !context;
    weft_context_destroy(context);
    error->status = status; /* this call has no report */
    strcpy(error->message, status ? weft_status_text(status) : "");
    return status;
}

static weft_status assemble_step(setting *s, weft_error *error, bool *out_is_null)
{
    weft_program *program = s->program;
    weft_status status = weft_assemble(s->context, sample(), strlen(sample()), &program, error);
    *out_is_null = !program;
    weft_program_release(program);
    return status;
}

/* Through an empty cache, and then from it, which needs no memory. */
static weft_status assemble_cached_step(setting *s, weft_error *error, bool *out_is_null)
{
    weft_program *program = s->program, *again = NULL;
    weft_cache_clear(s->context);
    weft_status status =
        weft_assemble_cached(s->context, sample(), strlen(sample()), &program, error);
    *out_is_null = !program;
    if (!status) {
        const long calls = atomic_load(&s->memory.calls);
        if (weft_assemble_cached(s->context, sample(), strlen(sample()), &again, NULL) ||
            again != program || atomic_load(&s->memory.calls) != calls)
            test_die("a program is in the cache, but was not found without memory");
    }
    weft_program_release(again);
    weft_program_release(program);
    weft_cache_clear(s->context);
    return status;
}

/* The dispatcher's own programs, and their runs, in a context of their own. */
static weft_status vec_step(setting *s, weft_error *error, bool *out_is_null)
{
    float x[3] = {1, 2, 3}, y[3] = {-1, -1, -1}, variance = -1;
    weft_context_options options = {
        .size = sizeof options, .allocator = &s->memory.allocator, .inline_elements = 1};
    weft_context *context;
    weft_status status = weft_context_create(&options, &context);
    if (!status)
        status = weft_vec_mul(context, WEFT_F32, y, x, x, 3);
    *out_is_null = y[0] == -1 && y[1] == -1 && y[2] == -1;
    if (!status && (y[0] != 1 || y[2] != 9))
        test_die("weft_vec_mul reports success without results");
    if (!status)
        status = weft_vec_var(context, WEFT_F32, &variance, x, 1, 3);
    if ((variance == -1) != (status != WEFT_OK))
        test_die("weft_vec_var leaves %g with status %d", (double)variance, status);
    *out_is_null = *out_is_null || status;
    weft_context_destroy(context);
    error->status = status; /* these calls have no report */
    strcpy(error->message, status ? weft_status_text(status) : "");
    return status;
}

/* A text with several loops, a table, and an expression of everything, whose parameters are x's. */
static const char language[] = "def f(v) = v / (1 + abs(v))\nm = mean(x)\nr = f(x) - m\n"
                               "r * x + sum(r * x, axis=0) * exp(-x) ** 3 - max(x)\n";
static const weft_variable language_variables[] = {{.name = "x", .type = WEFT_F32, .rank = 2}};

static weft_status compile_step(setting *s, weft_error *error, bool *out_is_null)
{
    const weft_compile_options options = {.size = sizeof options,
                                          .variables = language_variables,
                                          .n_variables = 1,
                                          .flags = WEFT_FAST};
    weft_program *program = s->program;
    weft_status status =
        weft_compile(s->context, language, sizeof language - 1, &options, &program, error);
    *out_is_null = !program;
    weft_program_release(program);
    return status;
}

/* Through an empty cache, and then from it, which needs no memory. */
static weft_status compile_cached_step(setting *s, weft_error *error, bool *out_is_null)
{
    const weft_compile_options options = {
        .size = sizeof options, .variables = language_variables, .n_variables = 1};
    weft_program *program = s->program, *again = NULL;
    weft_cache_clear(s->context);
    weft_status status =
        weft_compile_cached(s->context, language, sizeof language - 1, &options, &program, error);
    *out_is_null = !program;
    if (!status) {
        const long calls = atomic_load(&s->memory.calls);
        if (weft_compile_cached(s->context, language, sizeof language - 1, &options, &again,
                                NULL) ||
            again != program || atomic_load(&s->memory.calls) != calls)
            test_die("a compiled text is in the cache, but was not found without memory");
    }
    weft_program_release(again);
    weft_program_release(program);
    weft_cache_clear(s->context);
    return status;
}

/* In a context of its own, whose memory for runs is made here too. */
static weft_status eval_step(setting *s, weft_error *error, bool *out_is_null)
{
    float x[6] = {1, -2, 3, -4, 5, -6}, y[6] = {-1, -1, -1, -1, -1, -1};
    const weft_arg in = ARRAY("x", WEFT_F32, x, 2, 3);
    weft_arg result = ARRAY(NULL, WEFT_F32, y, 2, 3);
    weft_context_options options = {.size = sizeof options, .allocator = &s->memory.allocator};
    weft_context *context;
    weft_status status = weft_context_create(&options, &context);
    error->status = status; /* this call has no report */
    strcpy(error->message, status ? weft_status_text(status) : "");
    if (!status)
        status = weft_eval(context, language, sizeof language - 1, &in, 1, 0, &result, error);
    *out_is_null = y[0] == -1 && y[5] == -1;
    weft_context_destroy(context);
    return status;
}

static weft_status explain_step(setting *s, weft_error *error, bool *out_is_null)
{
    char *text = (char *)s;
    size_t length = 0;
    /* The plan that it looks at stays with the program, so that this is one that no run has used.
     */
    weft_program *program = NULL;
    *out_is_null = true;
    weft_status status = weft_load(s->context, s->image, s->image_length, &program, error);
    if (!status) {
        status = weft_explain(program, 0, &text, &length, error);
        *out_is_null = !text;
        weft_free(text);
    }
    weft_program_release(program);
    return status;
}

/* Functions of weft/library.h: compiled and run, over threads, in a context of their own. A result
 * is there if and only if the call succeeds. */
static weft_status library_step(setting *s, weft_error *error, bool *out_is_null)
{
    float x[300], y[300], score = -1;
    weft_context_options options = {
        .size = sizeof options, .allocator = &s->memory.allocator, .threads = 2, .split_cost = 1};
    weft_context *context;
    weft_status status = weft_context_create(&options, &context);
    for (int i = 0; i < 300; i++) {
        x[i] = (float)(i % 2);
        y[i] = -1;
    }
    if (!status)
        status = weft_vec_softmax(context, WEFT_F32, y, x, 300);
    *out_is_null = y[0] == -1 && y[299] == -1;
    if (!status && !(y[1] > y[0] && y[0] > 0))
        test_die("weft_vec_softmax reports success without results");
    if (!status)
        status = weft_vec_mse(context, WEFT_F32, &score, x, y, 300);
    if ((score == -1) != (status != WEFT_OK))
        test_die("weft_vec_mse leaves %g with status %d", (double)score, status);
    if (!status)
        status = weft_vec_lerp(context, WEFT_F32, x, x, y, 0.5, 300);
    if ((x[0] == 0) != (status != WEFT_OK))
        test_die("weft_vec_lerp leaves %g with status %d", (double)x[0], status);
    *out_is_null = *out_is_null || status;
    weft_context_destroy(context);
    error->status = status; /* these calls have no report */
    strcpy(error->message, status ? weft_status_text(status) : "");
    return status;
}

static weft_status load_step(setting *s, weft_error *error, bool *out_is_null)
{
    weft_program *program = s->program;
    weft_status status = weft_load(s->context, s->image, s->image_length, &program, error);
    *out_is_null = !program;
    weft_program_release(program);
    return status;
}

static weft_status verify_step(setting *s, weft_error *error, bool *out_is_null)
{
    *out_is_null = true;
    return weft_verify(s->context, s->image, s->image_length, error);
}

static weft_status save_step(setting *s, weft_error *error, bool *out_is_null)
{
    void *image = s;
    size_t length = 0;
    weft_status status = weft_save(s->program, &image, &length, error);
    *out_is_null = !image;
    weft_free(image);
    return status;
}

static weft_status disassemble_step(setting *s, weft_error *error, bool *out_is_null)
{
    char *text = (char *)s;
    size_t length = 0;
    weft_status status = weft_disassemble(s->program, &text, &length, error);
    *out_is_null = !text;
    weft_free(text);
    return status;
}

static weft_status cancel_step(setting *s, weft_error *error, bool *out_is_null)
{
    weft_cancel *cancel = (weft_cancel *)(void *)s;
    weft_status status = weft_cancel_create(s->context, &cancel);
    *out_is_null = !cancel;
    weft_cancel_destroy(cancel);
    error->status = status;
    strcpy(error->message, status ? weft_status_text(status) : "");
    return status;
}

static int given_back;

static void give_back(void *user, void *memory, size_t bytes)
{
    (void)user, (void)memory, (void)bytes;
    given_back++;
}

/* Buffers of all three kinds in a context of their own, whose table grows, and a run over them.
 * What was imported is given back if and only if that succeeded. */
static weft_status buffers_in(weft_context *context, weft_program *program, weft_error *error)
{
    static float memory[100];
    weft_buffer buffer = {0}, imported = {0}, part = {0};
    const int64_t n = 20;
    weft_status status =
        weft_buffer_import(context, memory, sizeof memory, 0, give_back, NULL, &imported, error);
    given_back = 0;
    for (int i = 0; i < 100 && !status; i++)
        status = weft_buffer_create(context, 1000, 0, &buffer, error);
    if (!status)
        status = weft_buffer_slice(context, imported, 4, 80, 0, &part, error);
    if (!status) {
        weft_arg args[2];
        weft_arg_view(&args[0], "x", part, 0, WEFT_F32, 1, &n, NULL);
        weft_arg_view(&args[1], "y", buffer, 0, WEFT_F32, 1, &n, NULL);
        status = weft_run_with(context, program, args, 2, NULL, error);
    }
    if (imported.id && !part.id && weft_buffer_release(context, imported, NULL))
        test_die("a failure left the buffer unusable");
    if (imported.id && given_back != !part.id)
        test_die("the memory was given back %d times", given_back);
    return status;
}

static weft_status buffer_step(setting *s, weft_error *error, bool *out_is_null)
{
    static const char text[] = ".in x f32\n.out y f32\nloop\nld.f32 v0, [x]\nst.f32 v0, [y]\n"
                               "end\nexit\n";
    weft_context_options options = {.size = sizeof options, .allocator = &s->memory.allocator};
    weft_context *context = NULL;
    weft_program *program = NULL;
    *out_is_null = true;
    weft_status status = weft_context_create(&options, &context);
    error->status = status;
    strcpy(error->message, status ? weft_status_text(status) : "");
    if (!status)
        status = weft_assemble(context, text, sizeof text - 1, &program, error);
    if (!status)
        status = buffers_in(context, program, error);
    weft_program_release(program);
    weft_context_destroy(context);
    return status;
}

/* A first run, in a context of its own, which keeps the memory that runs take. */
static weft_status run_step(setting *s, weft_error *error, bool *out_is_null)
{
    static float x[1000], y[1000], t[3];
    weft_context_options options = {.size = sizeof options, .allocator = &s->memory.allocator};
    weft_context *context;
    weft_program *program = NULL;
    int64_t u = 2;
    *out_is_null = true;
    for (int i = 0; i < 1000; i++) {
        x[i] = 1;
        y[i] = -1;
    }
    error->status = weft_context_create(&options, &context); /* this call has no report */
    strcpy(error->message, weft_status_text(error->status));
    if (!context)
        return error->status;
    weft_arg args[] = {ARRAY("x", WEFT_F32, x, 1000), ARRAY("y", WEFT_F32, y, 1000),
                       ARRAY("t", WEFT_F32, t, 3), VALUE("u", WEFT_I64, &u)};
    weft_status status = weft_assemble(context, sample(), strlen(sample()), &program, error);
    if (!status)
        status = weft_run_with(context, program, args, 4, NULL, error);
    *out_is_null = y[0] == -1 && y[999] == -1; /* untouched */
    if (!status && y[999] != 1.0f / 1000)
        test_die("a run with memory gives %g", (double)y[999]);
    weft_program_release(program);
    weft_context_destroy(context);
    return status;
}

/* A run with pools in a context of its own, which would else keep them for the next. */
static weft_status pool_step(setting *s, weft_error *error, bool *out_is_null)
{
    static const char text[] =
        ".in x i32\n.out y i32\n.pool p i32 count 300\n.scratch h i32\n.pool q i32[2] count 9\n"
        "loop\nld.i32 v0, [x]\nscatter.i32.i32 v0, [p], v0\nend\nfence\nloop\nld.i32 v0, [x]\n"
        "gather.i32.i32 v1, [p], v0\nst.i32 v1, [h]\nend\nloop\nld.i32 v0, [h]\n"
        "st.i32 v0, [y]\nend\nexit\n";
    int32_t x[300], y[300] = {-1};
    weft_context_options options = {.size = sizeof options, .allocator = &s->memory.allocator};
    weft_context *context;
    weft_program *program = NULL;
    *out_is_null = true;
    for (int i = 0; i < 300; i++)
        x[i] = 299 - i;
    error->status = weft_context_create(&options, &context); /* this call has no report */
    strcpy(error->message, weft_status_text(error->status));
    if (!context)
        return error->status;
    weft_arg args[] = {ARRAY("x", WEFT_I32, x, 300), ARRAY("y", WEFT_I32, y, 300)};
    weft_status status = weft_assemble(context, text, strlen(text), &program, error);
    for (int i = 0; i < 3 && !status; i++) {
        y[0] = -1;
        status = weft_run_with(context, program, args, 2, NULL, error);
        *out_is_null = y[0] == -1;
        if (!status && (y[0] != 299 || y[299] != 0))
            test_die("a run with pools gives %d and %d", (int)y[0], (int)y[299]);
    }
    weft_program_release(program);
    weft_context_destroy(context);
    return status;
}

static void negate(void *user, void *dst, const void *const *args, size_t n)
{
    const float *a = args[0];
    float *d = dst;
    (void)user;
    for (size_t i = 0; i < n; i++)
        d[i] = -a[i];
}

static void count_release(void *user)
{
    ++*(int *)user;
}

/* A function that could not be registered is not released. */
static weft_status function_step(setting *s, weft_error *error, bool *out_is_null)
{
    int released = 0;
    const weft_function_info info = {.size = sizeof info,
                                     .name = "negate",
                                     .result = WEFT_F32,
                                     .n_args = 1,
                                     .args = {WEFT_F32},
                                     .call = negate,
                                     .user = &released,
                                     .release = count_release};
    weft_function_info found = {.size = sizeof found};
    weft_status status = weft_function_register(s->context, &info, error);
    *out_is_null = weft_function_query(s->context, "negate", &found, NULL) != WEFT_OK;
    if (!status && weft_function_unregister(s->context, "negate", error))
        test_die("a function that was registered cannot be removed");
    if (released != (status == WEFT_OK))
        test_die("a function is released %d times", released);
    return status;
}

/* A program made by calls, with a loop and a function: the error sticks, and the build reports it.
 */
static weft_status builder_step(setting *s, weft_error *error, bool *out_is_null)
{
    const weft_function_info function = {.size = sizeof function,
                                         .name = "negate",
                                         .result = WEFT_F32,
                                         .n_args = 1,
                                         .args = {WEFT_F32}};
    weft_builder *b;
    weft_program *program = s->program;
    *out_is_null = true;
    error->status = weft_builder_create(s->context, 0, &b); /* this call has no report */
    strcpy(error->message, error->status ? weft_status_text(error->status) : "");
    if (error->status)
        return b ? WEFT_OK : error->status;
    const uint32_t n = weft_builder_axis(b, "n");
    const weft_param_info x = {"x", WEFT_PARAM_IN, WEFT_F32, 2, n, 0, 0, 0};
    const weft_param_info y = {"y", WEFT_PARAM_OUT, WEFT_F32, 2, n, 0, 0, 0};
    const int32_t in = weft_builder_param(b, &x), out = weft_builder_param(b, &y);
    weft_builder_function(b, &function);
    weft_expr v = weft_builder_read(b, in), counter, three = weft_builder_integer(b, 3);
    weft_builder_for(b, three, &v, 1, &counter, &v);
    const weft_expr next = weft_builder_call(b, "*", (weft_expr[]){v, three}, 2);
    weft_builder_end_for(b, &next, 1, &v);
    const weft_expr first = weft_builder_component(b, v, 0);
    const weft_expr parts[2] = {weft_builder_call(b, "negate", &first, 1),
                                weft_builder_reduce(b, "mean", &first, 1, n, 0)};
    weft_builder_output(b, out, weft_builder_vector(b, parts, 2));
    weft_status status = weft_builder_build(b, NULL, &program, error);
    *out_is_null = !program;
    weft_builder_destroy(b);
    weft_program_release(program);
    return status;
}

/* Returns how many allocations the step makes. */
static long fail_each(setting *s, const char *step, step_fn *call, bool on)
{
    for (long k = 0;; k++) {
        weft_error error;
        bool out_is_null;
        size_t bytes = atomic_load(&s->memory.bytes), blocks = atomic_load(&s->memory.blocks);
        test_allocator_fail(&s->memory, k, on);
        weft_status status = call(s, &error, &out_is_null);
        bool reached = atomic_load(&s->memory.calls) > k;
        test_allocator_fail(&s->memory, -1, false);
        EXPECT_STEP(atomic_load(&s->memory.bytes) == bytes &&
                    atomic_load(&s->memory.blocks) == blocks);
        EXPECT_STEP(error.status == status);
        if (!reached) {
            EXPECT_STEP(status == WEFT_OK && !*error.message);
            return k;
        }
        EXPECT_STEP(status == WEFT_ERR_MEMORY && *error.message && out_is_null);
        EXPECT_STEP(test_context_works(s->context));
        EXPECT_STEP(k < 10000);
    }
}

int main(void)
{
    static const struct {
        const char *name;
        step_fn *call;
        long least; /* allocations that there must be, or the test tests nothing */
    } steps[] = {{"create", create_step, 2},
                 {"assemble", assemble_step, 10},
                 {"assemble_cached", assemble_cached_step, 11},
                 {"vec", vec_step, 15},
                 {"library", library_step, 60},
                 {"compile", compile_step, 30},
                 {"compile_cached", compile_cached_step, 30},
                 {"eval", eval_step, 35},
                 {"explain", explain_step, 7},
                 {"load", load_step, 5},
                 {"verify", verify_step, 5},
                 {"save", save_step, 1},
                 {"disassemble", disassemble_step, 3},
                 {"cancel_create", cancel_step, 1},
                 {"run", run_step, 10},
                 {"run with pools", pool_step, 15},
                 {"function", function_step, 1},
                 {"builder", builder_step, 40},
                 {"buffers", buffer_step, 200}};
    setting s;
    test_allocator_init(&s.memory);
    weft_context_options options = {.size = sizeof options, .allocator = &s.memory.allocator};
    if (weft_context_create(&options, &s.context))
        test_die("no context");
    s.program = test_assemble(s.context, sample());
    if (weft_save(s.program, &s.image, &s.image_length, NULL))
        test_die("no image");
    for (size_t i = 0; i < COUNT(steps); i++)
        for (int on = 0; on < 2; on++) {
            long n = fail_each(&s, steps[i].name, steps[i].call, on != 0);
            printf("%s: %ld allocations%s\n", steps[i].name, n,
                   on ? ", all later ones failing" : "");
            if (n < steps[i].least)
                test_die("%s makes only %ld allocations", steps[i].name, n);
        }
    weft_free(s.image);
    weft_program_release(s.program);
    weft_context_destroy(s.context);
    if (atomic_load(&s.memory.bytes) || atomic_load(&s.memory.blocks))
        test_die("%zu bytes are left", atomic_load(&s.memory.bytes));
    return 0;
}
