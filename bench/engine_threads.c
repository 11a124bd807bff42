/* bench/engine_threads.c: two threads: those of a context that share the work of one run, and two
 * host threads that use one context at once, each with work of its own.
 * Neighbours: bench/engine.h, bench/hosts.h, bench/engine_locks.c. */
#include "bench/engine.h"
#include "bench/engine_programs.h"
#include "bench/hosts.h"

static const char add_text[] = ".in x f32\n"
                               ".out y f32\n"
                               "    loop\n"
                               "        ld.f32 v0, [x]\n"
                               "        add.f32 v0, v0, v0\n"
                               "        st.f32 v0, [y]\n"
                               "    end\n"
                               "    exit\n";

/* The same run in a context with one thread and in one with several. */
static void measure_threads(engine_bench *bench, const engine_case *c)
{
    const size_t n = bench->n;
    const int64_t shape[] = {(int64_t)n};
    float *x = engine_floats(bench, n, -3, 3), *y = engine_floats(bench, n, 0, 0);
    engine_program *one = engine_add_program(bench, bench->contexts->one, c->text);
    engine_program *all = engine_add_program(bench, bench->contexts->several, c->text);
    engine_arg(one, x, 1, shape);
    engine_arg(all, x, 1, shape);
    engine_arg(one, y, 1, shape);
    engine_arg(all, y, 1, shape);
    engine_contend_program(bench, "weft", one);
    if (bench->state->options->threads > 1)
        engine_contend_program(bench, bench->state->several, all);
    engine_output_add(bench, y, n, NULL, 0);
    bench->bytes = 8.0 * (double)n;
    engine_measure(bench);
}

static engine_program *add_bell(engine_bench *bench)
{
    const int64_t shape[] = {(int64_t)bench->n};
    engine_program *program = engine_add_program(bench, bench->contexts->one, engine_bell_text);
    for (int k = 0; k < 3; k++)
        engine_arg(program, engine_floats(bench, bench->n, -2, 2), 1, shape);
    engine_arg(program, engine_floats(bench, bench->n, 0, 0), 1, shape);
    return program;
}

/* One host thread, and two with a program and arrays each, in one context of one thread. */
static void measure_hosts(engine_bench *bench, const engine_case *c)
{
    engine_program *first = add_bell(bench), *second = add_bell(bench);
    bench_group pair = {NULL, engine_sample, {first, second}};
    (void)c;
    engine_contend_program(bench, "weft", first);
    if (!bench->failed && bench->state->options->threads > 1)
        pair.hosts = bench_hosts_start(BENCH_HOSTS);
    if (pair.hosts)
        engine_contend_threads(bench, "2 hosts", bench_group_sample, &pair, BENCH_HOSTS);
    bench->bytes = 16.0 * (double)bench->n;
    engine_measure(bench);
    bench_hosts_stop(pair.hosts);
}

const engine_case engine_thread_cases[] = {
    {"threads/chain", {4096, 16384, 65536, 1 << 20}, measure_threads, engine_chain_text, 0},
    {"threads/add", {4096, 65536, 1 << 20, 1 << 24}, measure_threads, add_text, 0},
    {"hosts/bell", {16384}, measure_hosts, NULL, 0},
    {NULL, {0}, NULL, NULL, 0},
};
