/* backends/threads.c: sleeping threads and the loop that wakes them (backends/threads.h). A loop is
 * announced under the mutex; each thread that comes takes the next seat. When the caller has done
 * all there is to do it closes the loop: who has no seat by then gets none, so that a thread that
 * wakes late, or not at all, delays nobody. */
#if defined(__linux__) && !defined(_GNU_SOURCE)
#define _GNU_SOURCE /* affinity; NOLINT(bugprone-reserved-identifier) */
#endif
#include "backends/threads.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <time.h>

struct weft_threads {
    const weft_allocator *allocator;
    uint32_t count;
    weft_parallel_for *parallel_for;
    void *user;
    atomic_flag taken; /* a loop has the threads */
    pthread_mutex_t mutex;
    pthread_cond_t work, idle;
    /* Under the mutex: */
    weft_task *task; /* NULL: no loop, or it is closed */
    void *data;
    uint32_t seats, next_seat;
    uint32_t started, asleep;
    bool end;
    /* Also looked at without it: */
    atomic_uint_least32_t busy;   /* threads that have a seat and have not finished */
    atomic_uint_least32_t posted; /* loops so far */
#if defined(__linux__)
    cpu_set_t allowed;  /* CPUs of the thread that made the context */
    int avoided;        /* CPU that the threads keep away from; -1: none yet */
    uint32_t n_avoided; /* threads that do */
#endif
    pthread_t handles[];
};

static size_t size_of(uint32_t count)
{
    return sizeof(weft_threads) + count * sizeof(pthread_t);
}

/* Nanoseconds of a clock that only goes forward. */
static int64_t now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* Waits until the number is, or (wanted false) is no more, that value, without sleeping but giving
 * way to any other thread, for SPIN_NS at most. Waking a thread takes 5 to 50 us: what comes that
 * soon is not slept for. */
static void linger(atomic_uint_least32_t *number, uint32_t value, bool wanted)
{
    enum { SPIN_NS = 50000 };
    const int64_t end = now() + SPIN_NS;
    while ((atomic_load_explicit(number, memory_order_acquire) == value) != wanted && now() < end)
        sched_yield();
}

/* Under the mutex: takes a seat and works, if there is a loop. */
static bool help(weft_threads *t)
{
    if (!t->task || t->next_seat == t->seats)
        return false;
    const uint32_t seat = t->next_seat++;
    weft_task *task = t->task;
    void *data = t->data;
    atomic_fetch_add_explicit(&t->busy, 1, memory_order_relaxed);
    pthread_mutex_unlock(&t->mutex);
    task(data, seat);
    pthread_mutex_lock(&t->mutex);
    if (atomic_fetch_sub_explicit(&t->busy, 1, memory_order_release) == 1)
        pthread_cond_signal(&t->idle);
    return true;
}

static void *live(void *self)
{
    weft_threads *t = self;
    pthread_mutex_lock(&t->mutex);
    while (!t->end) {
        const uint32_t seen = atomic_load_explicit(&t->posted, memory_order_relaxed);
        if (help(t)) {
            pthread_mutex_unlock(&t->mutex);
            linger(&t->posted, seen, false);
            pthread_mutex_lock(&t->mutex);
        } else {
            t->asleep++;
            pthread_cond_wait(&t->work, &t->mutex);
            t->asleep--;
        }
    }
    pthread_mutex_unlock(&t->mutex);
    return NULL;
}

weft_threads *weft_threads_create(const weft_allocator *allocator, uint32_t count,
                                  weft_parallel_for *parallel_for, void *user)
{
    weft_threads *t = weft_mem_zeroed(allocator, 1, size_of(count));
    if (!t)
        return NULL;
    t->allocator = allocator;
    t->count = count;
    t->parallel_for = parallel_for;
    t->user = user;
    atomic_flag_clear(&t->taken);
#if defined(__linux__)
    t->avoided = -1;
    if (sched_getaffinity(0, sizeof t->allowed, &t->allowed))
        CPU_ZERO(&t->allowed);
#endif
    const bool mutex = pthread_mutex_init(&t->mutex, NULL) == 0;
    const bool work = mutex && pthread_cond_init(&t->work, NULL) == 0;
    if (work && pthread_cond_init(&t->idle, NULL) == 0)
        return t;
    if (work)
        pthread_cond_destroy(&t->work);
    if (mutex)
        pthread_mutex_destroy(&t->mutex);
    weft_mem_free(allocator, t, size_of(count));
    return NULL;
}

void weft_threads_destroy(weft_threads *t)
{
    if (!t)
        return;
    pthread_mutex_lock(&t->mutex);
    t->end = true;
    pthread_cond_broadcast(&t->work);
    pthread_mutex_unlock(&t->mutex);
    for (uint32_t i = 0; i < t->started; i++)
        pthread_join(t->handles[i], NULL);
    pthread_cond_destroy(&t->idle);
    pthread_cond_destroy(&t->work);
    pthread_mutex_destroy(&t->mutex);
    weft_mem_free(t->allocator, t, size_of(t->count));
}

/* Under the mutex. A system that has no more threads to give leaves the work to fewer. Signals that
 * are sent to the process are not for these threads; those that an access to memory raises are, or
 * a handler of the program's (for a mapped file that was cut short, say) would not be called. */
static void start(weft_threads *t, uint32_t wanted)
{
    static const int raised[] = {SIGBUS, SIGSEGV, SIGFPE, SIGILL, SIGTRAP};
    sigset_t blocked, before;
    if (t->started >= wanted)
        return;
    sigfillset(&blocked);
    for (size_t i = 0; i < sizeof raised / sizeof raised[0]; i++)
        sigdelset(&blocked, raised[i]);
    pthread_sigmask(SIG_SETMASK, &blocked, &before);
    while (t->started < wanted && pthread_create(&t->handles[t->started], NULL, live, t) == 0)
        t->started++;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

/* Under the mutex. Keeps the threads away from the caller's CPU, where the scheduler may wake them
 * and leave them for milliseconds, behind the caller who works too: measured with two CPUs, a
 * second thread then brought nothing. Costs a look at the CPU's number unless the caller has moved.
 */
static void stay_apart(weft_threads *t)
{
#if defined(__linux__)
    enum { MANY = 16 }; /* with so many CPUs there is an idle one */
    const int cpu = sched_getcpu();
    if (cpu < 0 || cpu >= CPU_SETSIZE || t->count > MANY || CPU_COUNT(&t->allowed) < 2)
        return;
    if (cpu == t->avoided && t->n_avoided == t->started)
        return;
    cpu_set_t others = t->allowed;
    CPU_CLR((size_t)cpu, &others);
    for (uint32_t i = 0; i < t->started; i++)
        (void)pthread_setaffinity_np(t->handles[i], sizeof others, &others);
    t->avoided = cpu;
    t->n_avoided = t->started;
#else
    (void)t;
#endif
}

bool weft_threads_run(weft_threads *t, uint32_t seats, weft_task *task, void *data)
{
    if (t->parallel_for) {
        t->parallel_for(t->user, seats, task, data);
        return true;
    }
    if (atomic_flag_test_and_set_explicit(&t->taken, memory_order_acquire))
        return false;
    pthread_mutex_lock(&t->mutex);
    start(t, seats - 1 < t->count ? seats - 1 : t->count - 1);
    stay_apart(t);
    t->task = task;
    t->data = data;
    t->seats = seats;
    t->next_seat = 1;
    atomic_fetch_add_explicit(&t->posted, 1, memory_order_release);
    if (t->asleep)
        pthread_cond_broadcast(&t->work);
    pthread_mutex_unlock(&t->mutex);
    task(data, 0);
    pthread_mutex_lock(&t->mutex);
    t->task = NULL;
    if (atomic_load_explicit(&t->busy,
                             memory_order_acquire)) { /* with a piece that will soon be done */
        pthread_mutex_unlock(&t->mutex);
        linger(&t->busy, 0, true);
        pthread_mutex_lock(&t->mutex);
    }
    while (atomic_load_explicit(&t->busy, memory_order_acquire))
        pthread_cond_wait(&t->idle, &t->mutex);
    pthread_mutex_unlock(&t->mutex);
    atomic_flag_clear_explicit(&t->taken, memory_order_release);
    return true;
}
