/* tests/tsan/threads.c: one context and one program under many threads: runs with arrays of their
 * own, references that come and go, programs made and saved meanwhile, runs that another thread
 * cancels. To be run under ThreadSanitizer; without it the results are still checked. */
#include <pthread.h>
#include <string.h>
#include <time.h>

#include "tests/support/support.h"

enum { THREADS = 8, ROUNDS = 25, N = 3000 };

static const char text[] =
    ".in x f32\n.uniform u f32\n.out y f32\n.scratch h f32\n.table t f32 out\nld.f32 s1, [u]\n"
    "loop\nld.f32 v0, [x]\nmul.f32 v0, v0, s1\nst.f32 v0, [h]\nsum.f32 s0, v0\nend\n"
    "st.f32 s0, [t]\nloop\nld.f32 v0, [h]\nst.f32 v0, [y]\nend\nexit\n";

/* Adds up x in a pool, and says how many of its rows were not zero at the start. */
static const char pool_text[] =
    ".in x f32\n.table t f32 out\n.pool p f32 count 500\nimm.f32 s0, 0\nimm.f32 s5, 1\n"
    "for s1, 500\nld.f32 s2, [p + s1]\nne.f32 s3, s2, s0\nbrf s3, zero\nadd.f32 s0, s0, s5\n"
    "zero:\nend\nst.f32 s0, [t + 1]\nfor s1, 500\nst.f32 s5, [p + s1]\nend\nfence\n"
    "imm.i64 s4, 7\nseq 0\nld.f32 s6, [x]\ngather.f32.i64 s7, [p], s4\n"
    "add.f32 s7, s7, s6\nscatter.f32.i64 s7, [p], s4\nfence\nend\n"
    "ld.f32 s7, [p + 7]\nst.f32 s7, [t]\nexit\n";

typedef struct shared {
    weft_context *context;
    weft_program *program;
    weft_cancel *cancel;
    float x[N]; /* read by all */
} shared;

typedef struct worker {
    pthread_t thread;
    shared *all;
    int number;
    float y[N], t[1];
    weft_status status;
} worker;

static void start(worker *w, void *(*body)(void *))
{
    EXPECT(pthread_create(&w->thread, NULL, body, w) == 0);
}

static void run_program(worker *w, weft_context *context, const weft_program *program)
{
    float u = (float)w->number, sum = 0;
    weft_arg args[] = {ARRAY("x", WEFT_F32, w->all->x, N), VALUE("u", WEFT_F32, &u),
                       ARRAY("y", WEFT_F32, w->y, N), ARRAY("t", WEFT_F32, w->t, 1)};
    EXPECT(weft_run(context, program, args, 4) == WEFT_OK);
    for (int i = 0; i < N; i++) {
        EXPECT(w->y[i] == w->all->x[i] * u);
        sum += w->y[i]; /* small whole numbers: exact in any order */
    }
    EXPECT(w->t[0] == sum);
}

/* Runs, with errors in between, and keeps and drops references. */
static void *run_often(void *data)
{
    worker *w = data;
    for (int round = 0; round < ROUNDS; round++) {
        weft_program *mine = weft_program_retain(w->all->program);
        weft_error error;
        run_program(w, w->all->context, mine);
        EXPECT(weft_run_with(w->all->context, mine, NULL, 0, NULL, &error) == WEFT_ERR_BIND);
        EXPECT(strcmp(error.message, "there is no argument for 'x'") == 0);
        weft_program_release(mine);
    }
    return NULL;
}

/* Makes, saves, prints and reads programs in the shared context. */
static void *make_often(void *data)
{
    worker *w = data;
    for (int round = 0; round < ROUNDS; round++) {
        weft_program *program, *copy, *none;
        void *image;
        char *printed;
        size_t length;
        EXPECT(weft_assemble(w->all->context, text, sizeof text - 1, &program, NULL) == WEFT_OK);
        EXPECT(weft_save(w->all->program, &image, &length, NULL) == WEFT_OK);
        EXPECT(weft_load(w->all->context, image, length, &copy, NULL) == WEFT_OK);
        EXPECT(weft_disassemble(copy, &printed, &length, NULL) == WEFT_OK);
        EXPECT(weft_assemble(w->all->context, "?", 1, &none, NULL) == WEFT_ERR_SYNTAX && !none);
        run_program(w, w->all->context, copy);
        weft_program_release(copy);
        weft_program_release(program);
        weft_free(image);
        weft_free(printed);
    }
    return NULL;
}

static void one_program_in_many_threads(shared *all)
{
    static worker workers[THREADS];
    for (int i = 0; i < THREADS; i++) {
        workers[i].all = all;
        workers[i].number = i + 1;
        start(&workers[i], i % 4 == 3 ? make_often : run_often);
    }
    for (int i = 0; i < THREADS; i++)
        pthread_join(workers[i].thread, NULL);
}

/* Pools for half of the threads: who gets one sees zeros and nobody else's sums, who gets none is
 * told so. */
static void *run_with_pools(void *data)
{
    worker *w = data;
    float sum = 1, t[2];
    for (int i = 0; i < 100; i++)
        sum += w->all->x[i];
    weft_arg args[] = {ARRAY("x", WEFT_F32, w->all->x, 100), ARRAY("t", WEFT_F32, t, 2)};
    for (int round = 0; round < ROUNDS; round++) {
        weft_error error;
        weft_status status = weft_run_with(w->all->context, w->all->program, args, 2, NULL, &error);
        EXPECT(status == WEFT_OK || status == WEFT_ERR_MEMORY);
        EXPECT(status || (t[0] == sum && t[1] == 0));
        EXPECT(!status || strstr(error.message, "pool 'p': 2000 bytes are not left"));
        w->number += !status;
    }
    return NULL;
}

static void pools(const shared *all)
{
    static worker workers[THREADS];
    shared part = *all;
    int done = 0;
    weft_context_options options = {.size = sizeof options, .pool_bytes = THREADS / 2 * 2000};
    EXPECT(weft_context_create(&options, &part.context) == WEFT_OK);
    part.program = test_assemble(part.context, pool_text);
    for (int i = 0; i < THREADS; i++) {
        workers[i].all = &part;
        start(&workers[i], run_with_pools);
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(workers[i].thread, NULL);
        done += workers[i].number;
    }
    EXPECT(done >= ROUNDS);
    weft_program_release(part.program);
    EXPECT(test_context_works(part.context));
    weft_context_destroy(part.context);
}

/* Each thread owns one reference to the program, and drops it after a last run; the context is
 * destroyed while they may still be at it. */
static void *run_and_release(void *data)
{
    worker *w = data;
    weft_context *own = test_context(0);
    run_program(w, own, w->all->program);
    weft_program_release(w->all->program);
    weft_context_destroy(own);
    return NULL;
}

static void last_references(shared *all)
{
    static worker workers[THREADS];
    shared part = *all;
    for (int round = 0; round < ROUNDS; round++) {
        part.context = test_context(0);
        part.program = test_assemble(part.context, text);
        for (int i = 0; i < THREADS; i++) {
            workers[i].all = &part;
            workers[i].number = i + 1;
            weft_program_retain(part.program);
        }
        for (int i = 0; i < THREADS; i++)
            start(&workers[i], run_and_release);
        weft_program_release(part.program);
        weft_context_destroy(part.context);
        for (int i = 0; i < THREADS; i++)
            pthread_join(workers[i].thread, NULL);
    }
}

static void *run_for_ever(void *data)
{
    worker *w = data;
    weft_run_options options = {
        .size = sizeof options, .budget = UINT64_MAX, .cancel = w->all->cancel};
    w->status = weft_run_with(w->all->context, w->all->program, NULL, 0, &options, NULL);
    return NULL;
}

/* One flag stops all runs that were given it. */
static void cancelled(shared *all)
{
    static worker workers[THREADS];
    shared part = *all;
    part.program = test_assemble(part.context, ".space [1]\nfor s0, 4611686018427387904\n"
                                               "imm.f32 s1, 1\nend\nexit\n");
    EXPECT(weft_cancel_create(part.context, &part.cancel) == WEFT_OK);
    for (int i = 0; i < THREADS; i++) {
        workers[i].all = &part;
        start(&workers[i], run_for_ever);
    }
    nanosleep(&(struct timespec){0, 20 * 1000 * 1000}, NULL);
    weft_cancel_request(part.cancel);
    for (int i = 0; i < THREADS; i++) {
        pthread_join(workers[i].thread, NULL);
        EXPECT(workers[i].status == WEFT_ERR_CANCELLED);
    }
    weft_cancel_destroy(part.cancel);
    weft_program_release(part.program);
    EXPECT(test_context_works(part.context));
}

int main(void)
{
    static shared all;
    all.context = test_context(0);
    all.program = test_assemble(all.context, text);
    for (int i = 0; i < N; i++)
        all.x[i] = (float)(i % 7);
    one_program_in_many_threads(&all);
    pools(&all);
    last_references(&all);
    cancelled(&all);
    weft_program_release(all.program);
    weft_context_destroy(all.context);
    return 0;
}
