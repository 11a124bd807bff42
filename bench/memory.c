/* bench/memory.c: see bench/memory.h. */
#include "bench/memory.h"

#include <math.h>
#include <stdlib.h>

#include "bench/arrays.h"

/* --- contenders ------------------------------------------------------------------------------- */

static double sample(void *self, uint64_t calls)
{
    const memory_call *call = self;
    const double start = bench_now();
    for (uint64_t i = 0; i < calls; i++)
        call->function(call->y, call->a, call->b, call->n);
    return bench_now() - start;
}

/* A call is done when all parts are. */
static double sample_parts(void *self, uint64_t calls)
{
    memory_way *way = self;
    return bench_group_sample(&way->group, calls) * way->threads;
}

/* Whole lines for each thread, the rest for the last one. */
static void split(memory_case *x, memory_way *way, memory_function *function, int threads)
{
    const size_t line = 16, part = x->n / (size_t)threads / line * line;
    way->threads = threads;
    for (int t = 0; t < threads; t++) {
        const size_t from = part * (size_t)t;
        way->calls[t] = (memory_call){function, x->y + from, x->a + from, x->b + from,
                                      t == threads - 1 ? x->n - from : part};
        way->group.selves[t] = &way->calls[t];
    }
    way->group.sample = sample;
}

int memory_contend(memory_case *x, bench_hosts *hosts, int threads, const char *const names[2],
                   bench_contender *contenders, int count)
{
    memory_function *const functions[2] = {x->kernel->plain, x->kernel->stream};
    for (int k = 0; k < 2; k++) {
        memory_way *way = &x->ways[2 * (hosts != NULL) + k];
        if (!functions[k])
            continue;
        split(x, way, functions[k], hosts ? threads : 1);
        way->group.hosts = hosts;
        contenders[count++] = (bench_contender){.name = names[k],
                                                .sample = hosts ? sample_parts : sample,
                                                .self = hosts ? (void *)way : &way->calls[0],
                                                .foreign = true,
                                                .threads = threads};
    }
    return count;
}

/* --- limits ----------------------------------------------------------------------------------- */

static const double least_bytes = 16384, most_bytes = 268435456;
static const double longest_sample = 2e5; /* ns */

/* Results of like size share a limit: that of the quarter of a power of two below theirs, so that
 * what fits into a cache is not held against what does not. */
static double size_of(double bytes)
{
    const double held = bytes < least_bytes ? least_bytes : bytes < most_bytes ? bytes : most_bytes;
    return floor(exp2(floor(4 * log2(held) + 1e-9) / 4));
}

static const bench_limit_entry *find(const bench_limits *limits, double bytes, int threads)
{
    const double size = size_of(bytes);
    for (int i = 0; i < limits->count; i++)
        if (fabs(limits->items[i].bytes - size) < 1 && limits->items[i].threads == threads)
            return &limits->items[i];
    return NULL;
}

double memory_limit_of(const bench_limits *limits, double bytes, int threads)
{
    const bench_limit_entry *entry = find(limits, bytes, threads);
    return entry ? entry->bandwidth : 0;
}

static const char *const one_names[2] = {"plain", "stream"};

/* Keeps the best of a kernel's ways. */
static void keep_best(bench_limit_entry *entry, const memory_kernel *kernel,
                      const bench_result *result)
{
    for (int i = 0; i < result->count; i++) {
        const bench_series *series = &result->series[i];
        const double bandwidth = series->median > 0 ? result->bytes / series->median * 1e9 : 0;
        if (bandwidth > entry->bandwidth) {
            entry->bandwidth = bandwidth;
            entry->kernel = kernel->name;
            entry->stream = series->contender == one_names[1];
        }
    }
}

static bool measure_kernel(bench_limit_entry *entry, memory_case *x, const memory_kernel *kernel,
                           bench_hosts *hosts, const bench_timing *timing)
{
    bench_contender contenders[BENCH_CONTENDERS_MAX];
    bench_results results = {NULL, 0, 0};
    x->kernel = kernel;
    x->n = (size_t)entry->bytes / sizeof(float) / (size_t)kernel->arrays;
    bench_case c = {.name = kernel->name, .n = x->n, .contenders = contenders};
    c.bytes = (double)kernel->arrays * sizeof(float) * (double)x->n;
    c.count = memory_contend(x, NULL, 1, one_names, contenders, 0);
    if (hosts)
        c.count = memory_contend(x, hosts, entry->threads, one_names, contenders, c.count);
    const bool done = bench_measure(&results, &c, timing);
    if (done)
        keep_best(entry, kernel, &results.items[0]);
    bench_results_free(&results);
    return done;
}

/* Of all kernels, on arrays that are large enough for those with two. */
static bool measure_entry(bench_limit_entry *entry, bench_hosts *hosts, const bench_timing *timing)
{
    bench_arrays arrays = {.count = 0};
    memory_case *x = calloc(1, sizeof *x);
    float *memory[3] = {NULL};
    bool done = x != NULL;
    for (int k = 0; k < 3 && done; k++) {
        memory[k] = bench_array(&arrays, (size_t)entry->bytes / 2);
        done = memory[k] != NULL;
    }
    for (int k = 0; k < MEMORY_KERNELS && done; k++) {
        x->y = memory[0];
        x->a = memory[1];
        x->b = memory[2];
        done = measure_kernel(entry, x, &memory_kernels()[k], hosts, timing);
    }
    bench_arrays_free(&arrays);
    free(x);
    return done;
}

static bool measure_limit(bench_run_state *state, double bytes, int threads)
{
    bench_limits *limits = state->limits;
    bench_timing timing = {
        .min_time = state->timing.min_time, .samples = BENCH_SAMPLES_LEAST, .exactly = true};
    bench_limit_entry entry = {.bytes = size_of(bytes), .threads = threads};
    bench_hosts *hosts = threads > 1 ? bench_hosts_start(threads) : NULL;
    bool done = threads == 1 || hosts;
    if (timing.min_time > longest_sample)
        timing.min_time = longest_sample;
    done = done && measure_entry(&entry, hosts, &timing);
    bench_hosts_stop(hosts);
    if (done && limits->count < BENCH_LIMITS_MAX)
        limits->items[limits->count++] = entry;
    return done;
}

bool memory_limits(bench_run_state *state)
{
    bool done = true;
    for (size_t i = 0; i < state->results.count; i++) {
        const bench_result *result = &state->results.items[i];
        for (int k = 0; done && k < result->count; k++)
            if (!find(state->limits, result->bytes, result->series[k].threads)) {
                bench_progress(i, state->results.count, "the machine's limits");
                done = measure_limit(state, result->bytes, result->series[k].threads);
            }
    }
    bench_progress(0, 0, NULL);
    return done;
}
