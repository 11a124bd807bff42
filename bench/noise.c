/* bench/noise.c: see bench/noise.h. The limits of what is quiet stand here, and in words in
 * docs/benchmarks.md. */
#include "bench/noise.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/measure.h"
#include "bench/statistics.h"

static const double most_mad = 0.01, most_high = 1.10, most_load = 0.25, most_steal = 0.01;
enum { FEWEST_SAMPLES = 9 }; /* fewer say nothing */

/* A chain in which each step waits for the one before it (xorshift64, Marsaglia 2003): its time is
 * the clock's, whatever the caches hold. */
static double run_control(uint64_t steps)
{
    static volatile uint64_t kept = UINT64_C(88172645463325252);
    uint64_t x = kept;
    const double start = bench_now();
    for (uint64_t i = 0; i < steps; i++) {
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
    }
    const double took = bench_now() - start;
    kept = x;
    return took;
}

/* Stolen and all ticks of all CPUs since the system began. */
static bool read_ticks(double ticks[2])
{
    double fields[8] = {0};
    FILE *file = fopen("/proc/stat", "re");
    if (!file)
        return false;
    const int found =
        fscanf(file, "cpu %lf %lf %lf %lf %lf %lf %lf %lf", &fields[0], &fields[1], &fields[2],
               &fields[3], &fields[4], &fields[5], &fields[6], &fields[7]);
    (void)fclose(file);
    ticks[0] = fields[7];
    ticks[1] = 0;
    for (int i = 0; i < 8; i++)
        ticks[1] += fields[i];
    return found == 8;
}

static double read_load(void)
{
    double load = -1;
    FILE *file = fopen("/proc/loadavg", "re");
    if (!file)
        return -1;
    if (fscanf(file, "%lf", &load) != 1)
        load = -1;
    (void)fclose(file);
    return load;
}

void bench_noise_begin(bench_noise *noise, double sample_ns, long cpus)
{
    *noise = (bench_noise){.steps = 64, .cpus = cpus > 0 ? cpus : 1};
    noise->load = read_load();
    if (!read_ticks(noise->busy_ticks))
        noise->busy_ticks[0] = noise->busy_ticks[1] = 0;
    for (double took; (took = run_control(noise->steps)) < sample_ns;)
        noise->steps = took < sample_ns / 8
                           ? 4 * noise->steps
                           : (uint64_t)((double)noise->steps * 1.1 * sample_ns / took);
}

bool bench_noise_sample(bench_noise *noise)
{
    if (noise->count == noise->capacity) {
        const size_t capacity = noise->capacity ? 2 * noise->capacity : 256;
        double *samples = realloc(noise->samples, capacity * sizeof *samples);
        if (!samples)
            return false;
        noise->samples = samples;
        noise->capacity = capacity;
    }
    noise->samples[noise->count++] = run_control(noise->steps);
    return true;
}

static void warn(bench_noise *noise, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void warn(bench_noise *noise, const char *format, ...)
{
    va_list values;
    va_start(values, format);
    (void)vsnprintf(noise->warnings[noise->warning_count++], NOISE_TEXT_MAX, format, values);
    va_end(values);
}

static void judge_control(bench_noise *noise)
{
    if (noise->count < FEWEST_SAMPLES)
        return;
    if (noise->mad > most_mad * noise->median)
        warn(noise, "the control loop scatters: its MAD is %.1f %% of its median (at most %.0f %%)",
             100 * noise->mad / noise->median, 100 * most_mad);
    if (noise->high > most_high * noise->median)
        warn(noise,
             "a twentieth of the control loop's samples is %.0f %% above its median (at most %.0f "
             "%%)",
             100 * (noise->high / noise->median - 1), 100 * (most_high - 1));
}

static void judge_others(bench_noise *noise, const char *governor)
{
    if (noise->load > most_load * (double)noise->cpus)
        warn(noise, "others were at work: the load average was %.2f on %ld CPUs (at most %.2f)",
             noise->load, noise->cpus, most_load * (double)noise->cpus);
    if (noise->steal > most_steal)
        warn(noise, "the hypervisor withheld %.1f %% of the CPUs' time (at most %.0f %%)",
             100 * noise->steal, 100 * most_steal);
    if (governor && strcmp(governor, "performance") != 0)
        warn(noise, "the CPU frequency governor is '%.60s', not 'performance'", governor);
}

bool bench_noise_end(bench_noise *noise, const char *governor)
{
    double ticks[2];
    const bool known = noise->busy_ticks[1] > 0 && read_ticks(ticks);
    double *sorted = malloc((noise->count + 1) * sizeof *sorted);
    if (!sorted)
        return false;
    if (noise->count > 0) {
        const bench_summary summary = bench_summarise(noise->samples, noise->count, sorted);
        noise->median = summary.median;
        noise->mad = summary.mad;
        memcpy(sorted, noise->samples, noise->count * sizeof *sorted);
        bench_sort(sorted, noise->count);
        noise->high = bench_quantile(sorted, noise->count, 0.95);
    }
    free(sorted);
    noise->steal = -1;
    if (known) {
        const double all = ticks[1] - noise->busy_ticks[1];
        noise->steal = all > 0 ? (ticks[0] - noise->busy_ticks[0]) / all : 0;
    }
    judge_control(noise);
    judge_others(noise, governor);
    return true;
}

void bench_noise_free(bench_noise *noise)
{
    free(noise->samples);
    *noise = (bench_noise){.count = 0};
}
