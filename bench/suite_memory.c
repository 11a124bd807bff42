/* bench/suite_memory.c: the suite `memory`: copy, scale, add and triad from L1 to memory: what the
 * machine can do at all, and what weft makes of it, by one thread and by several.
 * Neighbours: bench/memory.h (the machine's side), bench/engine.h (programs as contenders). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/acceptance.h"
#include "bench/engine.h"
#include "bench/memory.h"

/* --- weft's side ------------------------------------------------------------------------------ */

#define FIRST  ".in a f32\n.out y f32\n"
#define SECOND ".in b f32\n"
#define FACTOR ".uniform k f32\n    ld.f32 s0, [k]\n"
#define LOAD_A "    loop\n        ld.f32 v0, [a]\n"
#define LOAD_B "        ld.f32 v1, [b]\n"
#define STORE  "        st.f32 v0, [y]\n    end\n    exit\n"

/* Of the kernel of that name; the parameters are a, y, then b and k where there are such. */
static const struct {
    const char *kernel, *text;
} programs[] = {
    {"copy", FIRST LOAD_A STORE},
    {"scale", FIRST FACTOR LOAD_A "        mul.f32 v0, v0, s0\n" STORE},
    {"add", FIRST SECOND LOAD_A LOAD_B "        add.f32 v0, v0, v1\n" STORE},
    {"triad", FIRST SECOND FACTOR LOAD_A LOAD_B "        mad.f32 v0, v1, s0, v0\n" STORE},
};

static const char *text_of(const memory_kernel *kernel)
{
    for (size_t i = 0; i < sizeof programs / sizeof programs[0]; i++)
        if (strcmp(programs[i].kernel, kernel->name) == 0)
            return programs[i].text;
    return "";
}

static void contend_weft(engine_bench *bench, const memory_case *x, const char *name,
                         weft_context *context)
{
    float *factor = engine_floats(bench, 1, (double)MEMORY_FACTOR, (double)MEMORY_FACTOR);
    const int64_t shape[] = {(int64_t)x->n};
    engine_program *program = engine_add_program(bench, context, text_of(x->kernel));
    weft_param_info info;
    engine_arg(program, x->a, 1, shape);
    engine_arg(program, x->y, 1, shape);
    if (x->kernel->arrays == 3)
        engine_arg(program, x->b, 1, shape);
    if (program && weft_program_param(program->program, (uint32_t)program->nargs, &info) == WEFT_OK)
        (void)weft_arg_contiguous(&program->args[program->nargs++], NULL, WEFT_F32, factor, 0,
                                  NULL);
    engine_contend_program(bench, name, program);
}

/* --- measuring -------------------------------------------------------------------------------- */

static void contend_machine(engine_bench *bench, memory_case *x, bench_hosts *hosts)
{
    static const char *const one[2] = {"plain", "stream"};
    bench_run_state *state = bench->state;
    const char *const several[2] = {state->names[0], state->names[1]};
    const int threads = state->options->threads;
    if (bench->failed)
        return;
    bench->count = memory_contend(x, NULL, 1, one, bench->contenders, bench->count);
    if (hosts)
        bench->count = memory_contend(x, hosts, threads, several, bench->contenders, bench->count);
}

static bool measure_case(bench_run_state *state, const engine_contexts *contexts,
                         const memory_kernel *kernel, bench_hosts *hosts, size_t n)
{
    engine_bench bench = {.state = state, .contexts = contexts, .name = kernel->name, .n = n};
    memory_case *x = calloc(1, sizeof *x);
    if (!x)
        return false;
    x->kernel = kernel;
    x->n = n;
    x->a = engine_floats(&bench, n, -1, 1);
    x->b = engine_floats(&bench, n, -1, 1);
    x->y = engine_floats(&bench, n, 0, 0);
    contend_weft(&bench, x, "weft", contexts->one);
    if (hosts)
        contend_weft(&bench, x, state->several, contexts->several);
    contend_machine(&bench, x, hosts);
    engine_output_add(&bench, x->y, n, NULL, 0);
    bench.bytes = (double)kernel->arrays * sizeof(float) * (double)n;
    bench.flops = kernel->flops * (double)n;
    engine_measure(&bench);
    free(x);
    return engine_done(&bench);
}

/* Fours of 1,024 values up to what no cache holds, as far as that is known: 12 bytes a value, twice
 * the largest cache. */
enum { LEAST_N = 1024, USUAL_N = 1 << 24, MOST_N = 1 << 26, STEP = 4 };

static size_t lengths_of(const bench_run_state *state, size_t lengths[BENCH_LENGTHS_MAX])
{
    const bench_options *options = state->options;
    const int caches = state->host->cache_count;
    const size_t largest = caches > 0 ? (size_t)state->host->caches[caches - 1].bytes : 0;
    size_t count = 0;
    if (options->length_count) {
        memcpy(lengths, options->lengths, options->length_count * sizeof *lengths);
        return options->length_count;
    }
    for (size_t n = LEAST_N; n <= USUAL_N || (n <= MOST_N && 3 * n < largest); n *= STEP)
        lengths[count++] = n;
    return count;
}

static bool measure_all(bench_run_state *state, const engine_contexts *contexts, bench_hosts *hosts)
{
    size_t lengths[BENCH_LENGTHS_MAX];
    const size_t count = lengths_of(state, lengths);
    bool done = true;
    for (size_t k = 0; k < MEMORY_KERNELS; k++) {
        const memory_kernel *kernel = &memory_kernels()[k];
        if (!bench_wanted(state, kernel->name))
            continue;
        bench_progress(k, MEMORY_KERNELS, kernel->name);
        for (size_t i = 0; i < count && done; i++)
            done = measure_case(state, contexts, kernel, hosts, lengths[i]);
    }
    bench_progress(0, 0, NULL);
    return done;
}

static bool measure(bench_run_state *state)
{
    const int threads = state->options->threads;
    engine_contexts contexts;
    bool done = engine_begin(state, &contexts);
    bench_hosts *hosts = done && threads > 1 ? bench_hosts_start(threads) : NULL;
    (void)snprintf(state->names[0], sizeof state->names[0], "%d plain", threads);
    (void)snprintf(state->names[1], sizeof state->names[1], "%d stream", threads);
    done = done && (threads == 1 || hosts) && measure_all(state, &contexts, hosts);
    bench_hosts_stop(hosts);
    engine_end(&contexts);
    return done;
}

static void each(void (*found)(const char *name, void *data), void *data)
{
    for (int k = 0; k < MEMORY_KERNELS; k++)
        found(memory_kernels()[k].name, data);
}

/* --- the page --------------------------------------------------------------------------------- */

static double ratio(const bench_result *result)
{
    static const char *const machine[] = {"plain", "stream", NULL};
    return bench_ratio_to(result, "weft", machine);
}

static bool is_any(const bench_result *result)
{
    return result != NULL;
}

/* It has no limits of its own: it is what the others' shares are of. */
static void judge(bench_run_state *state)
{
    (void)state;
}

static const bench_section sections[] = {
    {"Copy, scale, add, triad",
     "y = a, y = 3 a, y = a + b and y = a + 3 b in f32: a program of weft beside loops in the "
     "CPU's "
     "widest\nvectors, with plain and with non-temporal stores (stream), by one thread and by "
     "several.",
     is_any, NULL},
};

static const char *const peers[] = {NULL};

const bench_suite suite_memory = {
    .name = "memory",
    .title = "memory",
    .summary = "copy, scale, add and triad from L1 to memory: the machine's own limits",
    .peers = peers,
    .min_time = 2e5,
    .each = each,
    .measure = measure,
    .judge = judge,
    .ratio = ratio,
    .ratio_words = "weft's time over that of the faster of `plain` and `stream`",
    .limit_words = "None: this is what the shares of the other suites are of.",
    .notes = "Bandwidths count what is read and written, not what a cache reads before a write.",
    .sections = sections,
    .section_count = sizeof sections / sizeof sections[0],
};
