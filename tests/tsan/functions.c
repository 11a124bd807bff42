/* tests/tsan/functions.c: one context under threads that run programs with user functions, replace
 * those meanwhile, and look them up. What is released is overwritten at once, so that a run that
 * still used it would give a wrong sum. To be run under ThreadSanitizer; without it the results are
 * still checked. */
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/support.h"

enum { RUNNERS = 3, REPLACERS = 2, NAMES = 3, ROUNDS = 200, LEAST = 20, N = 3000 };

typedef struct everything {
    weft_context *context;
    weft_program *programs[NAMES];
    atomic_int good, missed, busy, replaced, released;
    atomic_int running; /* runners that have not ended */
} everything;

static everything all;

/* What `user` points to says how much is added; it is the same for all that have the name. */
typedef struct addend {
    int32_t value;
} addend;

static void add(void *user, void *dst, const void *const *args, size_t n)
{
    const int32_t value = ((const addend *)user)->value, *a = args[0];
    int32_t *d = dst;
    for (size_t i = 0; i < n; i++)
        d[i] = a[i] + value;
}

static void release(void *user)
{
    memset(user, 0x77, sizeof(addend));
    free(user);
    atomic_fetch_add(&all.released, 1);
}

static weft_status register_one(int number)
{
    const char name[] = {'f', (char)('0' + number), 0};
    addend *user = malloc(sizeof *user);
    EXPECT(user);
    user->value = number + 1;
    const weft_function_info info = {.size = sizeof info,
                                     .name = name,
                                     .result = WEFT_I32,
                                     .n_args = 1,
                                     .args = {WEFT_I32},
                                     .flags = WEFT_FUNCTION_PURE,
                                     .call = add,
                                     .user = user,
                                     .release = release};
    const weft_status status = weft_function_register(all.context, &info, NULL);
    if (status)
        free(user);
    return status;
}

static void *run_all(void *unused)
{
    int32_t *x = malloc(N * sizeof *x), *y = malloc(N * sizeof *y);
    EXPECT(x && y);
    for (int i = 0; i < N; i++)
        x[i] = i;
    const weft_arg args[] = {ARRAY("x", WEFT_I32, x, N), ARRAY("y", WEFT_I32, y, N)};
    for (int round = 0; round < ROUNDS || atomic_load(&all.replaced) < LEAST; round++) {
        const int which = round % NAMES;
        weft_status status = weft_run(all.context, all.programs[which], args, 2);
        EXPECT(status == WEFT_OK || status == WEFT_ERR_BIND); /* not there just now */
        atomic_fetch_add(status ? &all.missed : &all.good, 1);
        for (int i = 0; i < N && !status; i++)
            EXPECT(y[i] == i + which + 1);
        if (status)
            sched_yield();
    }
    free(x);
    free(y);
    atomic_fetch_sub(&all.running, 1);
    return unused;
}

static void *replace(void *unused)
{
    for (int i = 0; atomic_load(&all.running); i++) {
        const char name[] = {'f', (char)('0' + i % NAMES), 0};
        weft_function_info info = {.size = sizeof info};
        const weft_status status = weft_function_unregister(all.context, name, NULL);
        EXPECT(status == WEFT_OK || status == WEFT_ERR_BUSY || status == WEFT_ERR_ARG);
        atomic_fetch_add(&all.busy, status == WEFT_ERR_BUSY);
        if (status != WEFT_ERR_BUSY && register_one(i % NAMES) == WEFT_OK)
            atomic_fetch_add(&all.replaced, 1);
        if (weft_function_query(all.context, name, &info, NULL) == WEFT_OK)
            EXPECT(info.n_args == 1 && info.call == add);
        sched_yield();
    }
    return unused;
}

int main(void)
{
    weft_context_options options = {.size = sizeof options, .threads = 2, .split_cost = 1};
    pthread_t threads[RUNNERS + REPLACERS];
    EXPECT(weft_context_create(&options, &all.context) == WEFT_OK);
    for (int i = 0; i < NAMES; i++) {
        char text[160];
        snprintf(text, sizeof text,
                 ".in x i32\n.out y i32\n.function f%d i32 (i32) pure\nloop\nld.i32 v0, [x]\n"
                 "apply.i32 v0, [f%d], v0\nst.i32 v0, [y]\nend\nexit\n",
                 i, i);
        all.programs[i] = test_assemble(all.context, text);
        EXPECT(register_one(i) == WEFT_OK);
    }
    atomic_store(&all.running, RUNNERS);
    for (int i = 0; i < RUNNERS + REPLACERS; i++)
        EXPECT(pthread_create(&threads[i], NULL, i < RUNNERS ? run_all : replace, NULL) == 0);
    for (int i = 0; i < RUNNERS + REPLACERS; i++)
        pthread_join(threads[i], NULL);
    for (int i = 0; i < NAMES; i++)
        weft_program_release(all.programs[i]);
    weft_context_destroy(all.context);
    printf("%d runs, %d without their function; %d replaced, %d times busy\n",
           atomic_load(&all.good), atomic_load(&all.missed), atomic_load(&all.replaced),
           atomic_load(&all.busy));
    EXPECT(atomic_load(&all.good) > 0 && atomic_load(&all.replaced) >= LEAST);
    EXPECT(atomic_load(&all.released) == NAMES + atomic_load(&all.replaced));
    return 0;
}
