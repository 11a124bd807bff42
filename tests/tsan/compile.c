/* tests/tsan/compile.c: many threads that compile, evaluate and explain texts in one context, whose
 * cache is too small for them, with wrong texts in between; and the functions of weft/library.h. To
 * be run under ThreadSanitizer; without it the results are still checked.
 * Neighbours: cache.c (the cache under assembled programs), threads.c (runs). */
#include <pthread.h>
#include <string.h>

#include "tests/support/support.h"

enum { THREADS = 8, ROUNDS = 60, TEXTS = 6, PROGRAMS = 5, N = 700 };

typedef struct worker {
    pthread_t thread;
    weft_context *context;
    int number;
    float x[N], y[N];
} worker;

/* (x - min(x)) * k + number, for a scalar that is another one in each thread. */
static void evaluate(worker *w, int number)
{
    char text[80];
    float k = (float)w->number;
    weft_error error;
    const int length = snprintf(text, sizeof text, "(x - min(x)) * k + %d", number);
    weft_arg args[] = {ARRAY("x", WEFT_F32, w->x, N), VALUE("k", WEFT_F32, &k)};
    weft_arg result = ARRAY("", WEFT_F32, w->y, N);
    EXPECT(weft_eval(w->context, text, (size_t)length, args, 2, 0, &result, &error) == WEFT_OK);
    for (int i = 0; i < N; i++)
        EXPECT(w->y[i] == (float)i * k + (float)number);
    EXPECT(weft_eval(w->context, "x + sqt(k)", 10, args, 2, 0, &result, &error) == WEFT_ERR_SYNTAX);
    EXPECT(strstr(error.message, "did you mean 'sqrt'"));
}

/* One program is explained by many at once, while its plan is made. */
static void compile(worker *w, int number)
{
    static const weft_variable x = {"x", WEFT_F32, 1, 0};
    const weft_compile_options options = {
        .size = sizeof options, .variables = &x, .n_variables = 1, .elements = number % 2 ? N : 0};
    weft_program *program, *own;
    weft_error error;
    char *words;
    size_t length;
    EXPECT(weft_compile_cached(w->context, "exp(x) / sum(exp(x))", 20, &options, &program,
                               &error) == WEFT_OK);
    EXPECT(weft_explain(program, 0, &words, &length, &error) == WEFT_OK);
    EXPECT(strstr(words, "waits for sum"));
    weft_free(words);
    EXPECT(weft_compile(w->context, "x * 2 + sum(x)", 14, &options, &own, &error) == WEFT_OK);
    weft_arg args[] = {ARRAY("x", WEFT_F32, w->x, N), ARRAY("out", WEFT_F32, w->y, N)};
    EXPECT(weft_run(w->context, own, args, 2) == WEFT_OK);
    EXPECT(w->y[N - 1] == 2 * w->x[N - 1] + (float)(N * (N - 1) / 2 + N * w->number));
    EXPECT(weft_run(w->context, program, args, 2) == WEFT_OK);
    weft_program_release(own);
    weft_program_release(program);
}

static void call_library(worker *w)
{
    float score = -1;
    EXPECT(weft_vec_relu(w->context, WEFT_F32, w->y, w->x, N) == WEFT_OK);
    EXPECT(memcmp(w->x, w->y, sizeof w->x) == 0);
    EXPECT(weft_vec_mse(w->context, WEFT_F32, &score, w->x, w->y, N) == WEFT_OK && score == 0);
    EXPECT(weft_vec_softmax(w->context, WEFT_F32, w->y, w->x, N) == WEFT_OK);
    EXPECT(w->y[N - 1] > 0.6f && w->y[N - 1] < 0.7f);
}

static void *work(void *data)
{
    worker *w = data;
    for (int i = 0; i < N; i++)
        w->x[i] = (float)(i + w->number);
    for (int round = 0; round < ROUNDS; round++) {
        evaluate(w, (round + w->number) % TEXTS);
        compile(w, round);
        call_library(w);
        if (round % 20 == 19)
            weft_cache_clear(w->context);
    }
    return NULL;
}

int main(void)
{
    static worker workers[THREADS];
    test_allocator memory;
    test_allocator_init(&memory);
    weft_context_options options = {.size = sizeof options,
                                    .allocator = &memory.allocator,
                                    .threads = 3,
                                    .split_cost = 1,
                                    .cached_programs = PROGRAMS};
    weft_context *context;
    EXPECT(weft_context_create(&options, &context) == WEFT_OK);
    for (int i = 0; i < THREADS; i++) {
        workers[i].context = context;
        workers[i].number = i + 1;
        EXPECT(pthread_create(&workers[i].thread, NULL, work, &workers[i]) == 0);
    }
    for (int i = 0; i < THREADS; i++)
        pthread_join(workers[i].thread, NULL);
    weft_stats stats = {.size = sizeof stats};
    EXPECT(weft_stats_read(context, &stats) == WEFT_OK);
    EXPECT(stats.cache_hits + stats.cache_misses == THREADS * ROUNDS * 6);
    EXPECT(stats.cache_hits > 0 && stats.cache_evictions > 0);
    weft_context_destroy(context);
    EXPECT(atomic_load(&memory.bytes) == 0);
    return 0;
}
