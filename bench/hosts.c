/* bench/hosts.c: see bench/hosts.h. The caller wakes the second thread and waits until that runs
 * before the clock starts: waking takes as long as a short sample. */
#if defined(__linux__) && !defined(_GNU_SOURCE)
#define _GNU_SOURCE /* affinity; NOLINT(bugprone-reserved-identifier) */
#endif
#include "bench/hosts.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>

struct bench_hosts {
    pthread_t thread;
    pthread_mutex_t mutex; /* of posted and stop */
    pthread_cond_t wake;
    unsigned posted; /* jobs so far */
    bool stop;
    atomic_uint ready, started, done; /* numbers of jobs */
    const bench_pair *pair;
    uint64_t calls;
    double took; /* by the second thread; negative where it failed */
};

static void wait_for(atomic_uint *number, unsigned job)
{
    while (atomic_load_explicit(number, memory_order_acquire) != job)
        (void)sched_yield();
}

static void *second(void *data)
{
    bench_hosts *hosts = data;
    for (unsigned job = 1;; job++) {
        (void)pthread_mutex_lock(&hosts->mutex);
        while (hosts->posted < job && !hosts->stop)
            (void)pthread_cond_wait(&hosts->wake, &hosts->mutex);
        const bool stop = hosts->stop;
        (void)pthread_mutex_unlock(&hosts->mutex);
        if (stop)
            return NULL;
        atomic_store_explicit(&hosts->ready, job, memory_order_release);
        wait_for(&hosts->started, job);
        hosts->took = hosts->pair->sample(hosts->pair->selves[1], hosts->calls);
        atomic_store_explicit(&hosts->done, job, memory_order_release);
    }
}

/* Two threads that the scheduler leaves on one CPU for the length of a sample say nothing: the
 * second one keeps away from where the first one is now. */
static void stay_apart(const bench_hosts *hosts)
{
#if defined(__linux__)
    cpu_set_t others;
    const int cpu = sched_getcpu();
    if (cpu < 0 || cpu >= CPU_SETSIZE || sched_getaffinity(0, sizeof others, &others))
        return;
    CPU_CLR((size_t)cpu, &others);
    if (CPU_COUNT(&others))
        (void)pthread_setaffinity_np(hosts->thread, sizeof others, &others);
#else
    (void)hosts;
#endif
}

bench_hosts *bench_hosts_start(void)
{
    bench_hosts *hosts = calloc(1, sizeof *hosts);
    if (!hosts)
        return NULL;
    const int failed = pthread_mutex_init(&hosts->mutex, NULL) |
                       pthread_cond_init(&hosts->wake, NULL) |
                       pthread_create(&hosts->thread, NULL, second, hosts);
    if (failed) {
        free(hosts);
        return NULL;
    }
    return hosts;
}

void bench_hosts_stop(bench_hosts *hosts)
{
    if (!hosts)
        return;
    (void)pthread_mutex_lock(&hosts->mutex);
    hosts->stop = true;
    (void)pthread_cond_signal(&hosts->wake);
    (void)pthread_mutex_unlock(&hosts->mutex);
    (void)pthread_join(hosts->thread, NULL);
    (void)pthread_cond_destroy(&hosts->wake);
    (void)pthread_mutex_destroy(&hosts->mutex);
    free(hosts);
}

double bench_pair_sample(void *self, uint64_t calls)
{
    const bench_pair *pair = self;
    bench_hosts *hosts = pair->hosts;
    stay_apart(hosts);
    hosts->pair = pair;
    hosts->calls = calls;
    (void)pthread_mutex_lock(&hosts->mutex);
    const unsigned job = ++hosts->posted;
    (void)pthread_cond_signal(&hosts->wake);
    (void)pthread_mutex_unlock(&hosts->mutex);
    wait_for(&hosts->ready, job);
    const double start = bench_now();
    atomic_store_explicit(&hosts->started, job, memory_order_release);
    const double took = pair->sample(pair->selves[0], calls);
    wait_for(&hosts->done, job);
    const double both = bench_now() - start;
    return took < 0 || hosts->took < 0 ? -1 : both / BENCH_HOSTS;
}
