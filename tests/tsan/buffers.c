/* tests/tsan/buffers.c: one context under threads that run over shared buffers, replace and release
 * those meanwhile, and make and drop buffers of their own. What is released is overwritten at once,
 * so that a run that still used it would give a wrong sum. To be run under ThreadSanitizer; without
 * it the results are still checked. */
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/support.h"

enum { RUNNERS = 3, REPLACERS = 2, MAKERS = 3, SHARED = 4, ROUNDS = 300, N = 2000 };

static const char text[] = ".in x i32\n.table t i64 out\nloop\nld.i32 v0, [x]\nsum.i32 s0, v0\n"
                           "end\nst.i64 s0, [t]\nexit\n";

typedef struct everything {
    weft_context *context;
    weft_program *program;
    atomic_uint_least64_t ids[SHARED]; /* of buffers that are replaced all the time */
    atomic_int imported, given_back, busy, late, good;
    atomic_bool stop; /* the runners may */
} everything;

typedef struct worker {
    pthread_t thread;
    everything *all;
    uint64_t random;
} worker;

static uint32_t pick(worker *w, uint32_t below)
{
    w->random = w->random * UINT64_C(6364136223846793005) + 1442695040888963407;
    return (uint32_t)(w->random >> 33) % below;
}

static void give_back(void *user, void *memory, size_t bytes)
{
    everything *all = user;
    memset(memory, 0x77, bytes);
    free(memory);
    atomic_fetch_add(&all->given_back, 1);
}

/* x[i] = i, so that the sums of all parts are known. */
static weft_buffer import_block(everything *all)
{
    int32_t *x = malloc(N * sizeof *x);
    weft_buffer buffer;
    EXPECT(x);
    for (int i = 0; i < N; i++)
        x[i] = i;
    EXPECT(weft_buffer_import(all->context, x, N * sizeof *x, 0, give_back, all, &buffer, NULL) ==
           WEFT_OK);
    atomic_fetch_add(&all->imported, 1);
    return buffer;
}

/* A release that a run may hold up. */
static void release_at_last(everything *all, weft_buffer buffer)
{
    weft_status status;
    while ((status = weft_buffer_release(all->context, buffer, NULL)) == WEFT_ERR_BUSY) {
        atomic_fetch_add(&all->busy, 1);
        sched_yield();
    }
    EXPECT(status == WEFT_OK);
}

/* Sums up x[first .. first + n) of a buffer that may be gone. Into memory, or a buffer of its own.
 */
static void sum_once(worker *w)
{
    everything *all = w->all;
    const int64_t first = pick(w, N), n = 1 + pick(w, (uint32_t)(N - first)), one = 1;
    const int64_t back = -4;
    bool backwards = pick(w, 2) == 1, in_buffer = pick(w, 2) == 1;
    weft_buffer x = {atomic_load(&all->ids[pick(w, SHARED)])}, t = {0};
    weft_buffer_info info;
    int64_t sum = -1;
    weft_arg args[2];
    EXPECT(weft_arg_view(&args[0], "x", x, 4 * (uint64_t)(backwards ? first + n - 1 : first),
                         WEFT_I32, 1, &n, backwards ? &back : NULL) == WEFT_OK);
    EXPECT(weft_arg_contiguous(&args[1], "t", WEFT_I64, &sum, 1, &one) == WEFT_OK);
    if (in_buffer) {
        EXPECT(weft_buffer_create(all->context, 8, 0, &t, NULL) == WEFT_OK);
        EXPECT(weft_arg_view(&args[1], "t", t, 0, WEFT_I64, 1, &one, NULL) == WEFT_OK);
    }
    weft_status status = weft_run(all->context, all->program, args, 2);
    EXPECT(status == WEFT_OK || status == WEFT_ERR_ARG);
    if (in_buffer) {
        EXPECT(weft_buffer_query(all->context, t, &info, NULL) == WEFT_OK);
        memcpy(&sum, info.data, sizeof sum);
        EXPECT(weft_buffer_release(all->context, t, NULL) == WEFT_OK);
    }
    if (status == WEFT_OK)
        EXPECT(sum == n * first + n * (n - 1) / 2);
    atomic_fetch_add(status ? &all->late : &all->good, 1);
}

static void *run_often(void *data)
{
    worker *w = data;
    while (!atomic_load(&w->all->stop))
        sum_once(w);
    return NULL;
}

static void *replace_often(void *data)
{
    worker *w = data;
    for (int round = 0; round < ROUNDS; round++) {
        weft_buffer fresh = import_block(w->all);
        weft_buffer old = {atomic_exchange(&w->all->ids[pick(w, SHARED)], fresh.id)};
        release_at_last(w->all, old);
    }
    return NULL;
}

/* Buffers that no one else knows: slices, references, handles that went. */
static void *make_often(void *data)
{
    worker *w = data;
    weft_context *context = w->all->context;
    for (int round = 0; round < ROUNDS; round++) {
        weft_buffer whole = import_block(w->all), parts[40], stale;
        weft_buffer_info info;
        uint32_t n = 1 + pick(w, 40);
        for (uint32_t i = 0; i < n; i++)
            EXPECT(weft_buffer_slice(context, i ? parts[i - 1] : whole, 4, 4 * (N - 1 - i), 0,
                                     &parts[i], NULL) == WEFT_OK);
        EXPECT(weft_buffer_retain(context, whole, NULL) == WEFT_OK);
        EXPECT(weft_buffer_release(context, whole, NULL) == WEFT_OK);
        EXPECT(weft_buffer_release(context, whole, NULL) == WEFT_OK);
        EXPECT(weft_buffer_release(context, whole, NULL) == WEFT_ERR_ARG);
        EXPECT(weft_buffer_query(context, parts[n - 1], &info, NULL) == WEFT_OK);
        EXPECT(*(int32_t *)info.data == (int32_t)n);
        for (uint32_t i = 0; i < n; i++)
            EXPECT(weft_buffer_release(context, parts[i], NULL) == WEFT_OK);
        stale = parts[pick(w, n)];
        EXPECT(weft_buffer_query(context, stale, &info, NULL) == WEFT_ERR_ARG && !info.data);
    }
    return NULL;
}

static void start(worker *w, everything *all, uint64_t seed, void *(*body)(void *))
{
    w->all = all;
    w->random = seed;
    EXPECT(pthread_create(&w->thread, NULL, body, w) == 0);
}

int main(void)
{
    static everything all;
    static worker runners[RUNNERS], replacers[REPLACERS], makers[MAKERS];
    all.context = test_context(0);
    all.program = test_assemble(all.context, text);
    for (int i = 0; i < SHARED; i++)
        atomic_store(&all.ids[i], import_block(&all).id);
    for (int i = 0; i < RUNNERS; i++)
        start(&runners[i], &all, (uint64_t)i, run_often);
    for (int i = 0; i < REPLACERS; i++)
        start(&replacers[i], &all, 100 + (uint64_t)i, replace_often);
    for (int i = 0; i < MAKERS; i++)
        start(&makers[i], &all, 200 + (uint64_t)i, make_often);
    for (int i = 0; i < REPLACERS; i++)
        pthread_join(replacers[i].thread, NULL);
    for (int i = 0; i < MAKERS; i++)
        pthread_join(makers[i].thread, NULL);
    atomic_store(&all.stop, true);
    for (int i = 0; i < RUNNERS; i++)
        pthread_join(runners[i].thread, NULL);
    printf("%d runs, %d more came too late, %d releases had to wait\n", atomic_load(&all.good),
           atomic_load(&all.late), atomic_load(&all.busy));
    EXPECT(atomic_load(&all.good) > 0);
    EXPECT(atomic_load(&all.given_back) == atomic_load(&all.imported) - SHARED);
    EXPECT(test_context_works(all.context));
    weft_program_release(all.program);
    weft_context_destroy(all.context);
    EXPECT(atomic_load(&all.given_back) == atomic_load(&all.imported));
    return 0;
}
