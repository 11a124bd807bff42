/* tests/tsan/engine.c: the engine's threads under stress: many host threads on one context that
 * has threads of its own, small runs and runs that are split, cancelled runs, failing runs,
 * programs that are released while they run, contexts that come and go, parallel loops of the
 * user's. To be run under ThreadSanitizer; results are checked without it too.
 * Neighbours: threads.c (references and programs), plain/test_engine.c (what is split, and how). */
#include <pthread.h>
#include <semaphore.h>
#include <string.h>
#include <time.h>

#include "tests/support/support.h"

enum {
    HOSTS = 6,
    ROUNDS = 12,
    SMALL = 100,
    LARGE = 30011,
    POOL = 4, /* threads of a context, more than the machine may have CPUs */
    TASKS = 64
};

static weft_context *context_of(weft_parallel_for *parallel_for, void *user)
{
    const weft_context_options options = {.size = sizeof options,
                                          .threads = POOL,
                                          .split_cost = 1,
                                          .parallel_for = parallel_for,
                                          .parallel_user = user};
    weft_context *context;
    EXPECT(weft_context_create(&options, &context) == WEFT_OK);
    return context;
}

/* --- three programs and their results --------------------------------------------------------- */

enum { PROGRAMS = 3 };

/* One operation; two loops with a barrier between them and reductions; rows with a result each. */
static const char *const texts[PROGRAMS] = {
    ".in x f32\n.uniform u f32\n.out y f32\nld.f32 s0, [u]\nloop\nld.f32 v0, [x]\n"
    "mul.f32 v0, v0, s0\nst.f32 v0, [y]\nend\nexit\n",
    ".in x f32\n.uniform u f32\n.out y f32\n.scratch h f32\nld.f32 s0, [u]\nloop\nld.f32 v0, [x]\n"
    "mul.f32 v0, v0, s0\nst.f32 v0, [h]\nmaxval.f32 s1, v0\nsum.f32 s2, v0\nend\nloop\n"
    "ld.f32 v0, [h]\nsub.f32 v0, v0, s1\nst.f32 v0, [y]\nend\nexit\n",
    ".space 2\n.in x f32 dims 1\n.uniform u f32\n.out y f32 dims 1\n.out r f32 dims 0\n"
    ".scratch h f32\nld.f32 s0, [u]\neach 0\nindex.i64 s3, 0\ncvt.f32.i64 s4, s3\nloop 1\n"
    "ld.f32 v0, [x]\nmul.f32 v0, v0, s4\nst.f32 v0, [h]\nsum.f32 s1, v0\nend\n"
    "st.f32 s1, [r]\nend\nloop 1\nld.f32 v0, [x]\nmul.f32 v0, v0, s0\nst.f32 v0, [y]\nend\nexit\n"};

enum { RESULT_ROWS = 8 }; /* of the third */

static float input[LARGE]; /* small whole numbers: sums are exact */

typedef struct host {
    pthread_t thread;
    int number;
    weft_context *context;
    weft_program *const *programs;
    float y[LARGE], r[RESULT_ROWS];
} host;

static host hosts[HOSTS];

static void check(const host *h, int which, int n)
{
    const float u = (float)(h->number + 1);
    float most = 0, sum = 0;
    for (int i = 0; i < n; i++) {
        most = input[i] * u > most ? input[i] * u : most;
        sum += input[i];
    }
    for (int i = 0; i < n; i++)
        EXPECT(h->y[i] == input[i] * u - (which == 1 ? most : 0));
    for (int i = 0; i < RESULT_ROWS && which == 2; i++)
        EXPECT(h->r[i] == sum * (float)i);
}

static void run_one(host *h, weft_context *context, const weft_program *program, int which, int n)
{
    float u = (float)(h->number + 1);
    weft_error error;
    const weft_arg args[] = {ARRAY("x", WEFT_F32, input, n), VALUE("u", WEFT_F32, &u),
                             ARRAY("y", WEFT_F32, h->y, n),
                             ARRAY("r", WEFT_F32, h->r, RESULT_ROWS)};
    memset(h->y, 0xff, sizeof h->y);
    if (weft_run_with(context, program, args, which == 2 ? 4 : 3, NULL, &error))
        test_die("program %d of %d elements: %s", which, n, error.message);
    check(h, which, n);
}

/* All hosts do the same, in one context or each in its own. */
static void in_all_hosts(weft_context *context, weft_program *const *programs,
                         void *(*body)(void *))
{
    for (int i = 0; i < HOSTS; i++) {
        hosts[i].number = i;
        hosts[i].context = context;
        hosts[i].programs = programs;
        EXPECT(pthread_create(&hosts[i].thread, NULL, body, &hosts[i]) == 0);
    }
    for (int i = 0; i < HOSTS; i++)
        pthread_join(hosts[i].thread, NULL);
}

/* --- runs, and the counters meanwhile --------------------------------------------------------- */

static void *run_all_kinds(void *data)
{
    host *h = data;
    for (int round = 0; round < ROUNDS; round++) {
        const int which = (round + h->number) % PROGRAMS;
        const weft_stats before = test_stats(h->context);
        run_one(h, h->context, h->programs[which], which, round % 2 ? LARGE : SMALL);
        EXPECT(test_stats(h->context).runs >= before.runs + 1);
    }
    return NULL;
}

static void many_runs(weft_parallel_for *parallel_for, void *user)
{
    weft_context *context = context_of(parallel_for, user);
    weft_program *programs[PROGRAMS];
    for (int i = 0; i < PROGRAMS; i++)
        programs[i] = test_assemble(context, texts[i]);
    in_all_hosts(context, programs, run_all_kinds);
    const weft_stats stats = test_stats(context);
    EXPECT(stats.runs == HOSTS * ROUNDS);
    EXPECT(stats.loops_split > 0);
    EXPECT(stats.shared_locks == stats.runs);
    for (int i = 0; i < PROGRAMS; i++)
        weft_program_release(programs[i]);
    weft_context_destroy(context);
}

/* --- programs and contexts that come and go --------------------------------------------------- */

static void *make_and_run(void *data)
{
    host *h = data;
    for (int round = 0; round < ROUNDS; round++) {
        const int which = (round + h->number) % PROGRAMS;
        weft_program *program = test_assemble(h->context, texts[which]);
        run_one(h, h->context, program, which, LARGE);
        weft_program_release(program);
    }
    return NULL;
}

static void *own_contexts(void *data)
{
    host *h = data;
    for (int round = 0; round < ROUNDS; round++) {
        weft_context *context = context_of(NULL, NULL);
        if (round % 3 != 2) /* some never start a thread */
            run_one(h, context, h->programs[1], 1, LARGE);
        weft_context_destroy(context);
    }
    return NULL;
}

static void come_and_go(void)
{
    weft_context *context = context_of(NULL, NULL);
    weft_program *programs[PROGRAMS] = {NULL, test_assemble(context, texts[1]), NULL};
    in_all_hosts(context, programs, make_and_run);
    in_all_hosts(context, programs, own_contexts);
    weft_context_destroy(context); /* the program lives on */
    context = context_of(NULL, NULL);
    run_one(&hosts[0], context, programs[1], 1, LARGE);
    weft_program_release(programs[1]);
    weft_context_destroy(context);
}

/* --- released while it runs ------------------------------------------------------------------- */

typedef struct meeting {
    sem_t running, released;
    bool met;
} meeting;

/* Called on the thread that runs: stays inside the run until the program has been released. */
static int wait_for_release(void *user, uint64_t cost)
{
    meeting *m = user;
    (void)cost;
    if (!m->met) {
        m->met = true;
        sem_post(&m->running);
        sem_wait(&m->released);
    }
    return 0;
}

static meeting the_meeting;

static void *run_until_released(void *data)
{
    host *h = data;
    float u = (float)(h->number + 1);
    const weft_run_options options = {
        .size = sizeof options, .progress = wait_for_release, .progress_user = &the_meeting};
    const weft_arg args[] = {ARRAY("x", WEFT_F32, input, LARGE), VALUE("u", WEFT_F32, &u),
                             ARRAY("y", WEFT_F32, h->y, LARGE)};
    EXPECT(weft_run_with(h->context, h->programs[1], args, 3, &options, NULL) == WEFT_OK);
    check(h, 1, LARGE);
    return NULL;
}

static void released_while_it_runs(void)
{
    weft_context *context = context_of(NULL, NULL);
    for (int round = 0; round < ROUNDS; round++) {
        weft_program *programs[PROGRAMS] = {NULL, test_assemble(context, texts[1]), NULL};
        the_meeting.met = false;
        EXPECT(!sem_init(&the_meeting.running, 0, 0) && !sem_init(&the_meeting.released, 0, 0));
        hosts[0].context = context;
        hosts[0].programs = programs;
        EXPECT(!pthread_create(&hosts[0].thread, NULL, run_until_released, &hosts[0]));
        sem_wait(&the_meeting.running);
        weft_program_release(programs[1]); /* the last reference of ours */
        sem_post(&the_meeting.released);
        pthread_join(hosts[0].thread, NULL);
        sem_destroy(&the_meeting.running);
        sem_destroy(&the_meeting.released);
    }
    weft_context_destroy(context);
}

/* --- cancelled, and failing, next to runs that succeed ---------------------------------------- */

static const char *const text_endless =
    ".in x f32\n.out y f32\nfor s0, 4611686018427387904\nloop\nld.f32 v0, [x]\nst.f32 v0, [y]\n"
    "sum.f32 s1, v0\nend\nend\nexit\n";
static const char *const text_failing =
    ".in i i32\n.table t f32\n.out y f32\nloop\nld.i32 v0, [i]\ngather.f32.i32 v1, [t], v0\n"
    "st.f32 v1, [y]\nend\nexit\n";

static weft_cancel *cancel;

static void *run_for_ever(void *data)
{
    host *h = data;
    const weft_run_options options = {
        .size = sizeof options, .budget = UINT64_MAX, .cancel = cancel};
    const weft_arg args[] = {ARRAY("x", WEFT_F32, input, LARGE), ARRAY("y", WEFT_F32, h->y, LARGE)};
    for (int round = 0; round < ROUNDS && h->number % 2; round++) /* the others are not cancelled */
        run_one(h, h->context, h->programs[1], 1, LARGE);
    if (h->number % 2 == 0)
        EXPECT(weft_run_with(h->context, h->programs[0], args, 2, &options, NULL) ==
               WEFT_ERR_CANCELLED);
    return NULL;
}

static void *request_soon(void *data)
{
    (void)data;
    nanosleep(&(struct timespec){0, 30 * 1000 * 1000}, NULL);
    weft_cancel_request(cancel);
    return NULL;
}

static void cancelled(weft_parallel_for *parallel_for)
{
    weft_context *context = context_of(parallel_for, NULL);
    weft_program *programs[PROGRAMS] = {test_assemble(context, text_endless),
                                        test_assemble(context, texts[1]), NULL};
    pthread_t other;
    EXPECT(weft_cancel_create(context, &cancel) == WEFT_OK);
    EXPECT(!pthread_create(&other, NULL, request_soon, NULL));
    in_all_hosts(context, programs, run_for_ever);
    pthread_join(other, NULL);
    in_all_hosts(context, programs, run_for_ever); /* from the start */
    weft_cancel_reset(cancel);
    weft_cancel_destroy(cancel);
    EXPECT(test_context_works(context));
    weft_program_release(programs[0]);
    weft_program_release(programs[1]);
    weft_context_destroy(context);
}

/* One index of many is out of range: whatever thread finds it, the run says so. */
static void *run_failing(void *data)
{
    static const float t[2] = {1, 2};
    host *h = data;
    static int32_t indices[HOSTS][LARGE];
    int32_t *i = indices[h->number];
    const weft_arg args[] = {ARRAY("i", WEFT_I32, i, LARGE),
                             ARRAY("t", WEFT_F32, (void *)(uintptr_t)t, 2),
                             ARRAY("y", WEFT_F32, h->y, LARGE)};
    for (int k = 0; k < LARGE; k++)
        i[k] = k % 2;
    for (int round = 0; round < ROUNDS; round++) {
        const int wrong = (round * 7919 + h->number * 3001) % LARGE;
        weft_error error;
        i[wrong] = round % 2 ? 2 : -1;
        EXPECT(weft_run_with(h->context, h->programs[0], args, 3, NULL, &error) == WEFT_ERR_RANGE);
        EXPECT(error.pc == 2 && error.element == wrong);
        i[wrong] = wrong % 2;
        EXPECT(weft_run_with(h->context, h->programs[0], args, 3, NULL, &error) == WEFT_OK);
        for (int k = 0; k < LARGE; k++)
            EXPECT(h->y[k] == t[k % 2]);
    }
    return NULL;
}

static void failing(void)
{
    weft_context *context = context_of(NULL, NULL);
    weft_program *programs[PROGRAMS] = {test_assemble(context, text_failing), NULL, NULL};
    in_all_hosts(context, programs, run_failing);
    weft_program_release(programs[0]);
    EXPECT(test_context_works(context));
    weft_context_destroy(context);
}

/* --- parallel loops of the user's ------------------------------------------------------------- */

typedef struct piece {
    pthread_t thread;
    void (*task)(void *data, uint32_t i);
    void *data;
    uint32_t i;
} piece;

static void *run_piece(void *data)
{
    piece *p = data;
    p->task(p->data, p->i);
    return NULL;
}

/* A thread for each task. */
static void threads_loop(void *user, uint32_t tasks, void (*task)(void *data, uint32_t i),
                         void *data)
{
    piece pieces[TASKS];
    (void)user;
    for (uint32_t first = 0; first < tasks; first += TASKS) {
        const uint32_t n = tasks - first < TASKS ? tasks - first : TASKS;
        for (uint32_t i = 0; i < n; i++) {
            pieces[i] = (piece){.task = task, .data = data, .i = first + i};
            EXPECT(!pthread_create(&pieces[i].thread, NULL, run_piece, &pieces[i]));
        }
        for (uint32_t i = 0; i < n; i++)
            pthread_join(pieces[i].thread, NULL);
    }
}

/* One after the other on the calling thread, forwards or, with a user pointer, backwards. */
static void serial_loop(void *user, uint32_t tasks, void (*task)(void *data, uint32_t i),
                        void *data)
{
    for (uint32_t i = 0; i < tasks; i++)
        task(data, user ? tasks - 1 - i : i);
}

int main(void)
{
    int backwards;
    for (int i = 0; i < LARGE; i++)
        input[i] = (float)(i % 7);
    many_runs(NULL, NULL);
    many_runs(threads_loop, NULL);
    many_runs(serial_loop, NULL);
    many_runs(serial_loop, &backwards);
    come_and_go();
    released_while_it_runs();
    cancelled(NULL);
    cancelled(serial_loop);
    failing();
    return 0;
}
