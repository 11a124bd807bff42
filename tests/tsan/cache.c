/* tests/tsan/cache.c: one program cache, too small for what is asked of it, under many threads that
 * look up, make, evict, run and clear; and weft_vec_* on its two paths. To be run under
 * ThreadSanitizer; without it the results are still checked. */
#include <pthread.h>
#include <string.h>

#include "tests/support/support.h"

enum { THREADS = 8, ROUNDS = 150, TEXTS = 7, PROGRAMS = 4, N = 600 };

typedef struct worker {
    pthread_t thread;
    weft_context *context;
    int number;
    float x[N], y[N];
} worker;

/* y = x + number */
static void run_text(worker *w, int number)
{
    char text[160];
    float y[3] = {0, 0, 0};
    weft_program *program;
    snprintf(text, sizeof text,
             ".in x f32\n.out y f32\nimm.f32 s0, %d\nloop\nld.f32 v0, [x]\n"
             "add.f32 v0, v0, s0\nst.f32 v0, [y]\nend\nexit\n",
             number);
    EXPECT(weft_assemble_cached(w->context, text, strlen(text), &program, NULL) == WEFT_OK);
    weft_arg args[] = {ARRAY("x", WEFT_F32, w->x, 3), ARRAY("y", WEFT_F32, y, 3)};
    EXPECT(weft_run(w->context, program, args, 2) == WEFT_OK);
    for (int i = 0; i < 3; i++)
        EXPECT(y[i] == w->x[i] + (float)number);
    weft_program_release(program);
}

/* The operations are programs of the same cache; short arrays go to the kernel. */
static void run_operations(worker *w, size_t n)
{
    float sum = -1, two = 2;
    EXPECT(weft_vec_muls(w->context, WEFT_F32, w->y, w->x, &two, n) == WEFT_OK);
    EXPECT(weft_vec_sub(w->context, WEFT_F32, w->y, w->y, w->x, n) == WEFT_OK);
    EXPECT(memcmp(w->x, w->y, n * sizeof *w->x) == 0);
    EXPECT(weft_vec_sum(w->context, WEFT_F32, &sum, w->y, n) == WEFT_OK);
    EXPECT(sum == (float)(n * (n - 1) / 2) + (float)n * (float)w->number); /* exact */
}

static void *work(void *data)
{
    worker *w = data;
    for (int i = 0; i < N; i++)
        w->x[i] = (float)(i + w->number);
    for (int round = 0; round < ROUNDS; round++) {
        for (int twice = 0; twice < 2; twice++) /* the second is a hit, mostly */
            run_text(w, (round + w->number) % TEXTS);
        run_operations(w, round % 2 ? N : 10);
        if (round % 50 == 49)
            weft_cache_clear(w->context);
    }
    return NULL;
}

/* All threads ask for one text at once, again and again: each round gives all of them one program.
 */
typedef struct meeting {
    weft_context *context;
    pthread_barrier_t barrier;
    weft_program *got[THREADS];
} meeting;

typedef struct guest {
    pthread_t thread;
    meeting *all;
    int number;
} guest;

static void *meet(void *data)
{
    guest *g = data;
    meeting *all = g->all;
    static const char text[] = ".space [1]\nexit\n";
    for (int round = 0; round < ROUNDS; round++) {
        pthread_barrier_wait(&all->barrier);
        EXPECT(weft_assemble_cached(all->context, text, sizeof text - 1, &all->got[g->number],
                                    NULL) == WEFT_OK);
        pthread_barrier_wait(&all->barrier);
        EXPECT(all->got[g->number] == all->got[0]);
        pthread_barrier_wait(&all->barrier);
        weft_program_release(all->got[g->number]);
        if (g->number == 0)
            weft_cache_clear(all->context);
    }
    return NULL;
}

static void meet_often(weft_context *context)
{
    static meeting all;
    static guest guests[THREADS];
    all.context = context;
    EXPECT(pthread_barrier_init(&all.barrier, NULL, THREADS) == 0);
    for (int i = 0; i < THREADS; i++) {
        guests[i].all = &all;
        guests[i].number = i;
        EXPECT(pthread_create(&guests[i].thread, NULL, meet, &guests[i]) == 0);
    }
    for (int i = 0; i < THREADS; i++)
        pthread_join(guests[i].thread, NULL);
    pthread_barrier_destroy(&all.barrier);
}

int main(void)
{
    static worker workers[THREADS];
    test_allocator memory;
    test_allocator_init(&memory);
    weft_context_options options = {.size = sizeof options,
                                    .allocator = &memory.allocator,
                                    .cached_programs = PROGRAMS,
                                    .inline_elements = 100};
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
    EXPECT(stats.cache_hits + stats.cache_misses == THREADS * ROUNDS / 2 * (4 + 3));
    EXPECT(stats.cache_hits > 0 && stats.cache_evictions > 0);
    EXPECT(stats.vec_inline == THREADS * ROUNDS / 2 * 3 && stats.vec_programs == stats.vec_inline);
    meet_often(context);
    weft_context_destroy(context);
    EXPECT(atomic_load(&memory.bytes) == 0);
    return 0;
}
