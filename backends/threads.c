/* backends/threads.c: sleeping threads and the loop that wakes them (backends/threads.h). A loop is
 * announced under the mutex; each thread that comes takes the next seat. When the caller has done
 * all there is to do it closes the loop: who has no seat by then gets none, so that a thread that
 * wakes late, or not at all, delays nobody. */
#include "backends/threads.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>

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
    uint32_t busy; /* threads that have a seat and have not finished */
    uint32_t started;
    bool end;
    pthread_t handles[];
};

static size_t size_of(uint32_t count)
{
    return sizeof(weft_threads) + count * sizeof(pthread_t);
}

static void *live(void *self)
{
    weft_threads *t = self;
    pthread_mutex_lock(&t->mutex);
    while (!t->end) {
        if (!t->task || t->next_seat == t->seats) {
            pthread_cond_wait(&t->work, &t->mutex);
            continue;
        }
        const uint32_t seat = t->next_seat++;
        weft_task *task = t->task;
        void *data = t->data;
        t->busy++;
        pthread_mutex_unlock(&t->mutex);
        task(data, seat);
        pthread_mutex_lock(&t->mutex);
        if (--t->busy == 0)
            pthread_cond_signal(&t->idle);
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
    t->task = task;
    t->data = data;
    t->seats = seats;
    t->next_seat = 1;
    pthread_cond_broadcast(&t->work);
    pthread_mutex_unlock(&t->mutex);
    task(data, 0);
    pthread_mutex_lock(&t->mutex);
    t->task = NULL;
    while (t->busy)
        pthread_cond_wait(&t->idle, &t->mutex);
    pthread_mutex_unlock(&t->mutex);
    atomic_flag_clear_explicit(&t->taken, memory_order_release);
    return true;
}
