/* tests/plain/test_fork.c: fork() of a process whose context has threads, parked or at work: the
 * child has none of them, makes a context of its own, and runs. A child that hangs is ended by its
 * alarm, and that is a failure. (Not in the presets asan, tsan and aarch64: the sanitizers' own
 * locks may be left held in the child, and qemu-user fails its own assertions.) */
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/support.h"

enum { N = 50021, FORKS = 12, CHILD_SECONDS = 60 };

static const char text[] = ".in x f32\n.out y f32\n.table t f32 out\nloop\nld.f32 v0, [x]\n"
                           "add.f32 v1, v0, v0\nst.f32 v1, [y]\nsum.f32 s0, v0\nend\n"
                           "st.f32 s0, [t]\nexit\n";
static float x[N]; /* small whole numbers */
static float sum;

typedef struct buffers {
    float y[N], t[1];
} buffers;

static weft_context *threaded_context(void)
{
    const weft_context_options options = {.size = sizeof options, .threads = 4, .split_cost = 1};
    weft_context *context;
    EXPECT(weft_context_create(&options, &context) == WEFT_OK);
    return context;
}

static bool run_is_right(weft_context *context, const weft_program *program, buffers *b)
{
    const weft_arg args[] = {ARRAY("x", WEFT_F32, x, N), ARRAY("y", WEFT_F32, b->y, N),
                             ARRAY("t", WEFT_F32, b->t, 1)};
    memset(b, 0xff, sizeof *b);
    if (weft_run(context, program, args, 3) || b->t[0] != sum)
        return false;
    for (int i = 0; i < N; i++)
        if (b->y[i] != 2 * x[i])
            return false;
    return true;
}

static _Noreturn void child(void)
{
    static buffers b;
    weft_context *context = threaded_context();
    weft_program *program = test_assemble(context, text);
    bool good = true;
    for (int round = 0; round < 3; round++)
        good = good && run_is_right(context, program, &b);
    weft_program_release(program);
    weft_context_destroy(context);
    _exit(good ? 0 : 1);
}

static void fork_and_wait(void)
{
    int status = 0;
    const pid_t pid = fork();
    EXPECT(pid >= 0);
    if (pid == 0) {
        alarm(CHILD_SECONDS);
        child();
    }
    EXPECT(waitpid(pid, &status, 0) == pid);
    EXPECT(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

#if !defined(__SANITIZE_ADDRESS__) /* its allocator may be locked in the child */
typedef struct host {
    pthread_t thread;
    weft_context *context;
    weft_program *program;
    atomic_bool stop;
} host;

static void *run_until_stopped(void *data)
{
    static buffers b;
    host *h = data;
    while (!atomic_load(&h->stop))
        EXPECT(run_is_right(h->context, h->program, &b));
    return NULL;
}

static void fork_at_work(weft_context *context, weft_program *program)
{
    host h = {.context = context, .program = program};
    EXPECT(!pthread_create(&h.thread, NULL, run_until_stopped, &h));
    for (int i = 0; i < FORKS; i++)
        fork_and_wait();
    atomic_store(&h.stop, true);
    pthread_join(h.thread, NULL);
}
#else
static void fork_at_work(weft_context *context, weft_program *program)
{
    (void)context;
    (void)program;
}
#endif

int main(void)
{
    static buffers b;
    for (int i = 0; i < N; i++) {
        x[i] = (float)(i % 9);
        sum += x[i];
    }
    weft_context *context = threaded_context();
    weft_program *program = test_assemble(context, text);
    fork_and_wait(); /* before there are threads */
    EXPECT(run_is_right(context, program, &b));
    for (int i = 0; i < FORKS; i++)
        fork_and_wait();
    fork_at_work(context, program);
    EXPECT(run_is_right(context, program, &b)); /* the parent's threads are still there */
    weft_program_release(program);
    weft_context_destroy(context);
    return 0;
}
