/* bench/affinity.c: see bench/affinity.h. */
#if defined(__linux__) && !defined(_GNU_SOURCE)
#define _GNU_SOURCE /* affinity; NOLINT(bugprone-reserved-identifier) */
#endif
#include "bench/affinity.h"

#include <sched.h>
#include <string.h>

#if defined(__linux__)

void bench_affinity_read(bench_affinity *all)
{
    cpu_set_t set;
    _Static_assert(sizeof set == sizeof all->set, "all of it is kept");
    all->count = sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 0;
    memcpy(all->set, &set, sizeof set);
}

void bench_affinity_stay(const bench_affinity *all)
{
    cpu_set_t set, one;
    memcpy(&set, all->set, sizeof set);
    CPU_ZERO(&one);
    size_t last = CPU_SETSIZE;
    if (all->count <= 1)
        return;
    while (!CPU_ISSET(last - 1, &set))
        last--;
    CPU_SET(last - 1, &one);
    (void)sched_setaffinity(0, sizeof one, &one); /* else it stays less well */
}

void bench_affinity_free(const bench_affinity *all)
{
    cpu_set_t set;
    memcpy(&set, all->set, sizeof set);
    if (all->count > 1)
        (void)sched_setaffinity(0, sizeof set, &set);
}

#else

void bench_affinity_read(bench_affinity *all)
{
    memset(all, 0, sizeof *all);
}

void bench_affinity_stay(const bench_affinity *all)
{
    (void)all;
}

void bench_affinity_free(const bench_affinity *all)
{
    (void)all;
}

#endif
