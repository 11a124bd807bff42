/* tests/plain/test_engine.c: faults that an engine can hide behind right results of small runs:
 * elements that no thread computes, or two; work that grows faster than n; a fast path that is
 * never taken; locks and allocations for each run; limits on the number of operands.
 * Neighbours: test_differential.c (all results), unit/test_shapes.c (shapes), tsan/engine.c. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/support.h"

enum { LARGE = 2000003, MOST_THREADS = 7 };

static const char *const text_add = ".in a f32\n.in b f32\n.out y f32\nloop\nld.f32 v0, [a]\n"
                                    "ld.f32 v1, [b]\nadd.f32 v0, v0, v1\nst.f32 v0, [y]\nend\n"
                                    "exit\n";
static const char *const text_count = ".inout y i32\nimm.i32 s0, 1\nloop\nld.i32 v0, [y]\n"
                                      "add.i32 v0, v0, s0\nst.i32 v0, [y]\nend\nexit\n";

static weft_context *make_context(weft_context_options options)
{
    weft_context *context;
    options.size = sizeof options;
    EXPECT(weft_context_create(&options, &context) == WEFT_OK);
    return context;
}

/* --- every element once ----------------------------------------------------------------------- */

static unsigned loops_of_user;

static void forwards(void *user, uint32_t tasks, void (*task)(void *data, uint32_t i), void *data)
{
    (void)user;
    loops_of_user++;
    for (uint32_t i = 0; i < tasks; i++)
        task(data, i);
}

static void backwards(void *user, uint32_t tasks, void (*task)(void *data, uint32_t i), void *data)
{
    (void)user;
    loops_of_user++;
    for (uint32_t i = tasks; i-- > 0;)
        task(data, i);
}

typedef struct share {
    pthread_t thread;
    uint32_t first, tasks;
    void (*task)(void *data, uint32_t i);
    void *data;
} share;

static void *odd_tasks(void *data)
{
    share *s = data;
    for (uint32_t i = s->first; i < s->tasks; i += 2)
        s->task(s->data, i);
    return NULL;
}

/* Two threads, the odd tasks and the even ones. */
static void two_threads(void *user, uint32_t tasks, void (*task)(void *data, uint32_t i),
                        void *data)
{
    share shares[2];
    (void)user;
    loops_of_user++;
    for (uint32_t i = 0; i < 2; i++) {
        shares[i] = (share){.first = i, .tasks = tasks, .task = task, .data = data};
        EXPECT(!pthread_create(&shares[i].thread, NULL, odd_tasks, &shares[i]));
    }
    for (uint32_t i = 0; i < 2; i++)
        pthread_join(shares[i].thread, NULL);
}

/* Adds one to each element of an array of that shape, whose rows lie 3 elements apart, and looks
 * that each got it once, and nothing else did. */
static void count_once(weft_context *context, int64_t rows, int64_t n)
{
    static const char *const texts[] = {
        ".space 2\n.inout y i32\nimm.i32 s0, 1\nloop\nld.i32 v0, [y]\nadd.i32 v0, v0, s0\n"
        "st.i32 v0, [y]\nend\nexit\n",
        ".space 2\n.inout y i32\nimm.i32 s0, 1\neach 0\nloop 1\nld.i32 v0, [y]\n"
        "add.i32 v0, v0, s0\nst.i32 v0, [y]\nend\nend\nexit\n"};
    const int64_t row = n + 3;
    int32_t *y = malloc((size_t)(rows * row) * sizeof *y);
    EXPECT(y);
    for (size_t t = 0; t < COUNT(texts); t++) {
        weft_program *program = test_assemble(context, texts[t]);
        const weft_arg arg = STRIDED(ARRAY("y", WEFT_I32, y, rows, n), row * 4, 4);
        for (int64_t i = 0; i < rows * row; i++)
            y[i] = (int32_t)i;
        EXPECT(weft_run(context, program, &arg, 1) == WEFT_OK);
        for (int64_t i = 0; i < rows * row; i++)
            EXPECT(y[i] == (int32_t)i + (i % row < n));
        weft_program_release(program);
    }
    free(y);
}

static void every_element(void)
{
    static weft_parallel_for *const loops[] = {NULL, forwards, backwards, two_threads};
    static const int64_t lengths[] = {1, 2, 63, 129, 1000, 4095, 4097, 65537, 100003};
    for (uint32_t threads = 1; threads <= MOST_THREADS; threads++)
        for (size_t l = 0; l < COUNT(loops); l++) {
            weft_context *context = make_context((weft_context_options){
                .threads = threads, .split_cost = 1, .parallel_for = loops[l]});
            for (size_t i = 0; i < COUNT(lengths); i++)
                count_once(context, 1, lengths[i]);
            count_once(context, 3, 33331); /* fewer rows than threads, and more */
            count_once(context, 5003, 7);
            count_once(context, 7, 129);
            weft_context_destroy(context);
        }
    EXPECT(loops_of_user > 0);
}

/* --- the paths that are taken ----------------------------------------------------------------- */

static float a[LARGE], b[LARGE], y[LARGE];

static void run_add(weft_context *context, const weft_program *program, int n)
{
    const weft_arg args[] = {ARRAY("a", WEFT_F32, a, n), ARRAY("b", WEFT_F32, b, n),
                             ARRAY("y", WEFT_F32, y, n)};
    y[0] = y[n - 1] = -1;
    EXPECT(weft_run(context, program, args, 3) == WEFT_OK);
    EXPECT(y[0] == a[0] + b[0] && y[n - 1] == a[n - 1] + b[n - 1]);
}

/* What one run adds to the counters. */
static weft_stats stats_of_run(weft_context *context, const weft_program *program, int n)
{
    const weft_stats before = test_stats(context);
    run_add(context, program, n);
    weft_stats after = test_stats(context);
#define LESS(name, words) after.name -= before.name;
    WEFT_STATS_TABLE(LESS)
#undef LESS
    return after;
}

/* One operation on few elements is one call of its kernel, without a lock or an allocation. */
static void inline_runs(void)
{
    weft_context *context = make_context((weft_context_options){.threads = 2});
    weft_program *program = test_assemble(context, text_add);
    run_add(context, program, 1000); /* the first one may set something up */
    for (int n = 1; n <= 1000; n *= 10) {
        const weft_stats stats = stats_of_run(context, program, n);
        EXPECT(stats.runs == 1 && stats.runs_inline == 1);
        EXPECT(stats.allocations == 0);
        EXPECT(stats.shared_locks == 1);
        EXPECT(stats.runs_reference == 0 && stats.exclusive_locks == 0 && stats.loops_split == 0);
    }
    weft_program_release(program);
    weft_context_destroy(context);
}

/* What the short way does not look at it leaves to the long one, which refuses it. */
static void wrong_inline_runs(void)
{
    weft_context *context = make_context((weft_context_options){.inline_elements = UINT64_MAX});
    weft_program *program = test_assemble(context, text_add);
    float terms[4] = {1, 2, 3, 4}, sums[4] = {-1, -1, -1, -1};
    const weft_arg good[] = {ARRAY("a", WEFT_F32, terms, 4), ARRAY("b", WEFT_F32, terms, 4),
                             ARRAY("y", WEFT_F32, sums, 4)};
    weft_arg args[3];
    weft_error error;
    for (int i = 0; i < 3; i++) {
        memcpy(args, good, sizeof args);
        args[i].offset = 4; /* and no buffer */
        EXPECT(weft_run_with(context, program, args, 3, NULL, &error) == WEFT_ERR_BIND);
        EXPECT(strstr(error.message, "offset"));
    }
    memcpy(args, good, sizeof args);
    for (int i = 0; i < 3; i++)
        args[i].shape[0] = INT64_C(1) << 62; /* so many bytes that their number wraps to 0 */
    EXPECT(weft_run_with(context, program, args, 3, NULL, &error) == WEFT_ERR_BIND);
    EXPECT(sums[0] == -1 && sums[3] == -1);
    EXPECT(weft_run(context, program, good, 3) == WEFT_OK && sums[3] == 8);
    weft_program_release(program);
    weft_context_destroy(context);
}

/* Much work is spread over threads where there are some, little is not, nor anything on one. */
static void split_loops(void)
{
    for (uint32_t threads = 1; threads <= 2; threads++) {
        weft_context *context = make_context((weft_context_options){.threads = threads});
        weft_program *program = test_assemble(context, text_add);
        run_add(context, program, LARGE);
        const weft_stats little = stats_of_run(context, program, 1000);
        const weft_stats much = stats_of_run(context, program, LARGE);
        EXPECT(little.loops_split == 0);
        if (threads == 1)
            EXPECT(much.loops_split == 0);
        else
            EXPECT(much.loops_split == 1);
        EXPECT(much.allocations == 0);
        EXPECT(much.shared_locks == 1);
        EXPECT(much.exclusive_locks == 0);
        weft_program_release(program);
        weft_context_destroy(context);
    }
}

/* The reference backend takes none of these paths. */
static void reference_runs(void)
{
    weft_context *context = make_context(
        (weft_context_options){.backend = WEFT_BACKEND_REFERENCE, .threads = 4, .split_cost = 1});
    weft_program *program = test_assemble(context, text_add);
    const weft_stats stats = stats_of_run(context, program, LARGE);
    EXPECT(stats.runs == 1 && stats.runs_reference == 1);
    EXPECT(stats.runs_inline == 0 && stats.loops_split == 0);
    weft_program_release(program);
    weft_context_destroy(context);
}

/* --- n elements cost n ------------------------------------------------------------------------ */

static weft_status run_with_budget(weft_context *context, const weft_program *program, int n,
                                   uint64_t budget)
{
    const weft_run_options options = {.size = sizeof options, .budget = budget};
    const weft_arg args[] = {ARRAY("a", WEFT_F32, a, n), ARRAY("b", WEFT_F32, b, n),
                             ARRAY("y", WEFT_F32, y, n)};
    return weft_run_with(context, program, args, 3, &options, NULL);
}

typedef struct total { /* an allocator that adds up what it was asked for */
    weft_allocator allocator;
    test_allocator memory;
    atomic_size_t bytes;
} total;

static void *total_alloc(void *user, size_t size, size_t alignment)
{
    total *t = user;
    atomic_fetch_add(&t->bytes, size);
    return t->memory.allocator.alloc(&t->memory, size, alignment);
}

static void total_release(void *user, void *memory, size_t size)
{
    total *t = user;
    t->memory.allocator.release(&t->memory, memory, size);
}

/* Four instructions and `end` for each element, loop and exit once: to the last unit, for any n and
 * any number of threads. And memory for a run does not depend on n. */
static void linear_cost(void)
{
    static const int lengths[] = {1, 1000, 4097, 131101, LARGE};
    static total t;
    test_allocator_init(&t.memory);
    t.allocator = (weft_allocator){&t, total_alloc, total_release};
    for (uint32_t threads = 1; threads <= 3; threads++) {
        weft_context *context = make_context(
            (weft_context_options){.allocator = &t.allocator, .threads = threads, .split_cost = 1});
        weft_program *program = test_assemble(context, text_add);
        size_t bytes[COUNT(lengths)];
        run_add(context, program, LARGE);
        for (size_t i = 0; i < COUNT(lengths); i++) {
            const uint64_t cost = 5 * (uint64_t)lengths[i] + 2;
            const size_t before = t.bytes;
            EXPECT(run_with_budget(context, program, lengths[i], cost) == WEFT_OK);
            bytes[i] = t.bytes - before;
            EXPECT(run_with_budget(context, program, lengths[i], cost - 1) == WEFT_ERR_BUDGET);
            EXPECT(bytes[i] <= bytes[0] + (1 << 20));
        }
        weft_program_release(program);
        weft_context_destroy(context);
    }
    EXPECT(t.memory.blocks == 0);
}

/* --- many operands, many instructions --------------------------------------------------------- */

/* 256 parameters, all of them used, and one more. */
static void many_parameters(void)
{
    enum { MOST = 256, N = 5000 };
    static int32_t x[MOST][N];
    static char text[MOST * 64], names[MOST][16];
    static weft_arg args[MOST];
    size_t at = 0;
    for (int i = 0; i < MOST; i++) {
        snprintf(names[i], sizeof names[i], "p%d", i);
        args[i] = ARRAY(names[i], WEFT_I32, x[i], N);
        at += (size_t)snprintf(text + at, sizeof text - at, ".%s p%d i32\n", i ? "in" : "out", i);
        for (int j = 0; j < N; j++)
            x[i][j] = i ? i * j : -1;
    }
    at += (size_t)snprintf(text + at, sizeof text - at, "loop\nld.i32 v0, [p1]\n");
    for (int i = 2; i < MOST; i++)
        at += (size_t)snprintf(text + at, sizeof text - at,
                               "ld.i32 v1, [p%d]\nadd.i32 v0, v0, v1\n", i);
    snprintf(text + at, sizeof text - at, "st.i32 v0, [p0]\nend\nexit\n");
    weft_context *context = make_context((weft_context_options){.threads = 3, .split_cost = 1});
    weft_program *program = test_assemble(context, text);
    EXPECT(weft_run(context, program, args, MOST) == WEFT_OK);
    for (int j = 0; j < N; j++)
        EXPECT(x[0][j] == j * (MOST - 1) * MOST / 2);
    weft_program_release(program);
    weft_context_destroy(context);
}

/* A body of 20,000 instructions, and 2,000 loops in a row. */
static void many_instructions(void)
{
    enum { OPS = 20000, LOOPS = 2000, N = 300 };
    static char text[OPS * 24];
    static int32_t counts[N];
    size_t at =
        (size_t)snprintf(text, sizeof text, ".inout y i32\nimm.i32 s0, 1\nloop\nld.i32 v0, [y]\n");
    for (int i = 0; i < OPS; i++)
        at += (size_t)snprintf(text + at, sizeof text - at, "add.i32 v0, v0, s0\n");
    snprintf(text + at, sizeof text - at, "st.i32 v0, [y]\nend\nexit\n");
    weft_context *context = make_context((weft_context_options){.threads = 2, .split_cost = 1});
    weft_program *program = test_assemble(context, text);
    const weft_arg arg = ARRAY("y", WEFT_I32, counts, N);
    EXPECT(weft_run(context, program, &arg, 1) == WEFT_OK);
    weft_program_release(program);
    const char *loop = strstr(text_count, "loop");
    at = (size_t)snprintf(text, sizeof text, "%.*s", (int)(loop - text_count), text_count);
    for (int i = 0; i < LOOPS; i++)
        at += (size_t)snprintf(text + at, sizeof text - at, "%.*s", (int)strlen(loop) - 5, loop);
    snprintf(text + at, sizeof text - at, "exit\n");
    program = test_assemble(context, text);
    EXPECT(weft_run(context, program, &arg, 1) == WEFT_OK);
    for (int i = 0; i < N; i++)
        EXPECT(counts[i] == OPS + LOOPS);
    weft_program_release(program);
    weft_context_destroy(context);
}

int main(void)
{
    for (int i = 0; i < LARGE; i++) {
        a[i] = (float)(i % 1000);
        b[i] = 0.5f;
    }
    every_element();
    inline_runs();
    wrong_inline_runs();
    split_loops();
    reference_runs();
    linear_cost();
    many_parameters();
    many_instructions();
    return 0;
}
