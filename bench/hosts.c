/* bench/hosts.c: see bench/hosts.h. The caller wakes the other threads and waits until they run
 * before the clock starts: waking takes as long as a short sample. */
#if defined(__linux__) && !defined(_GNU_SOURCE)
#define _GNU_SOURCE /* affinity; NOLINT(bugprone-reserved-identifier) */
#endif
#include "bench/hosts.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>

/* A thread besides the caller. */
typedef struct worker {
    bench_hosts *hosts;
    pthread_t thread;
    int index;               /* of its self in the group */
    atomic_uint ready, done; /* numbers of jobs */
    double took;             /* negative where it failed */
} worker;

struct bench_hosts {
    pthread_mutex_t mutex; /* of posted and stop */
    pthread_cond_t wake;
    unsigned posted; /* jobs so far */
    bool stop;
    atomic_uint started; /* number of a job */
    const bench_group *group;
    uint64_t calls;
    int workers;
    worker items[BENCH_HOSTS_MAX - 1];
};

static void wait_for(atomic_uint *number, unsigned job)
{
    while (atomic_load_explicit(number, memory_order_acquire) != job)
        (void)sched_yield();
}

static void *work(void *data)
{
    worker *own = data;
    bench_hosts *hosts = own->hosts;
    for (unsigned job = 1;; job++) {
        (void)pthread_mutex_lock(&hosts->mutex);
        while (hosts->posted < job && !hosts->stop)
            (void)pthread_cond_wait(&hosts->wake, &hosts->mutex);
        const bool stop = hosts->stop;
        (void)pthread_mutex_unlock(&hosts->mutex);
        if (stop)
            return NULL;
        atomic_store_explicit(&own->ready, job, memory_order_release);
        wait_for(&hosts->started, job);
        own->took = hosts->group->sample(hosts->group->selves[own->index], hosts->calls);
        atomic_store_explicit(&own->done, job, memory_order_release);
    }
}

/* Threads that the scheduler leaves on one CPU for the length of a sample say nothing: the others
 * keep away from where the caller is now. */
static void stay_apart(const bench_hosts *hosts)
{
#if defined(__linux__)
    cpu_set_t others;
    const int cpu = sched_getcpu();
    if (cpu < 0 || cpu >= CPU_SETSIZE || sched_getaffinity(0, sizeof others, &others))
        return;
    CPU_CLR((size_t)cpu, &others);
    for (int k = 0; CPU_COUNT(&others) && k < hosts->workers; k++)
        (void)pthread_setaffinity_np(hosts->items[k].thread, sizeof others, &others);
#else
    (void)hosts;
#endif
}

bench_hosts *bench_hosts_start(int count)
{
    bench_hosts *hosts = calloc(1, sizeof *hosts);
    if (!hosts)
        return NULL;
    if (pthread_mutex_init(&hosts->mutex, NULL) | pthread_cond_init(&hosts->wake, NULL)) {
        free(hosts);
        return NULL;
    }
    for (int k = 0; k < count - 1; k++) {
        worker *item = &hosts->items[k];
        *item = (worker){.hosts = hosts, .index = k + 1};
        if (pthread_create(&item->thread, NULL, work, item)) {
            bench_hosts_stop(hosts);
            return NULL;
        }
        hosts->workers++;
    }
    return hosts;
}

void bench_hosts_stop(bench_hosts *hosts)
{
    if (!hosts)
        return;
    (void)pthread_mutex_lock(&hosts->mutex);
    hosts->stop = true;
    (void)pthread_cond_broadcast(&hosts->wake);
    (void)pthread_mutex_unlock(&hosts->mutex);
    for (int k = 0; k < hosts->workers; k++)
        (void)pthread_join(hosts->items[k].thread, NULL);
    (void)pthread_cond_destroy(&hosts->wake);
    (void)pthread_mutex_destroy(&hosts->mutex);
    free(hosts);
}

double bench_group_sample(void *self, uint64_t calls)
{
    const bench_group *group = self;
    bench_hosts *hosts = group->hosts;
    stay_apart(hosts);
    hosts->group = group;
    hosts->calls = calls;
    (void)pthread_mutex_lock(&hosts->mutex);
    const unsigned job = ++hosts->posted;
    (void)pthread_cond_broadcast(&hosts->wake);
    (void)pthread_mutex_unlock(&hosts->mutex);
    for (int k = 0; k < hosts->workers; k++)
        wait_for(&hosts->items[k].ready, job);
    const double start = bench_now();
    atomic_store_explicit(&hosts->started, job, memory_order_release);
    bool failed = group->sample(group->selves[0], calls) < 0;
    for (int k = 0; k < hosts->workers; k++) {
        wait_for(&hosts->items[k].done, job);
        failed = failed || hosts->items[k].took < 0;
    }
    const double all = bench_now() - start;
    return failed ? -1 : all / (hosts->workers + 1);
}
