/* bench/engine.c: see bench/engine.h. */
#include "bench/engine.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void engine_fail(engine_bench *bench, const char *what, const char *why)
{
    if (!bench->failed)
        (void)snprintf(bench->state->message, sizeof bench->state->message, "%s, n = %zu: %s: %s",
                       bench->name, bench->n, what, why);
    bench->failed = true;
}

static weft_context *new_context(bench_run_state *state, int threads)
{
    weft_context *context;
    const weft_context_options options = {.size = sizeof options, .threads = (uint32_t)threads};
    const weft_status status = weft_context_create(&options, &context);
    if (status != WEFT_OK)
        (void)snprintf(state->message, sizeof state->message, "a context of %d threads: %s",
                       threads, weft_status_text(status));
    return context;
}

bool engine_begin(bench_run_state *state, engine_contexts *contexts)
{
    contexts->one = new_context(state, 1);
    contexts->several = contexts->one ? new_context(state, state->options->threads) : NULL;
    return contexts->several != NULL;
}

void engine_end(engine_contexts *contexts)
{
    weft_context_destroy(contexts->several);
    weft_context_destroy(contexts->one);
}

bool engine_done(engine_bench *bench)
{
    for (int i = 0; i < bench->program_count; i++)
        weft_program_release(bench->programs[i].program);
    bench_arrays_free(&bench->arrays);
    return !bench->failed;
}

/* --- arrays ----------------------------------------------------------------------------------- */

/* xorshift64*, Vigna 2016; its seed is the number of the array. */
static double next_uniform(uint64_t *seed)
{
    *seed ^= *seed >> 12;
    *seed ^= *seed << 25;
    *seed ^= *seed >> 27;
    return (double)(*seed * UINT64_C(0x2545f4914f6cdd1d) >> 11) * 0x1p-53;
}

static void *new_array(engine_bench *bench, size_t bytes)
{
    void *to = bench->failed ? NULL : bench_array(&bench->arrays, bytes);
    if (!to)
        bench->failed = true;
    return to;
}

static void put_value(void *to, weft_dtype type, size_t i, double value)
{
    if (type == WEFT_F32)
        ((float *)to)[i] = (float)value;
    else if (type == WEFT_F64)
        ((double *)to)[i] = value;
    else
        ((uint8_t *)to)[i] = (uint8_t)value;
}

static double value_of(const void *from, weft_dtype type, size_t i)
{
    if (type == WEFT_F32)
        return (double)((const float *)from)[i];
    return type == WEFT_F64 ? ((const double *)from)[i] : (double)((const uint8_t *)from)[i];
}

void *engine_values(engine_bench *bench, weft_dtype type, size_t count, double low, double high)
{
    void *to = new_array(bench, count * weft_dtype_size(type));
    uint64_t seed = UINT64_C(0x9e3779b97f4a7c15) * (uint64_t)(bench->arrays.count + 1);
    for (size_t i = 0; to && i < count; i++)
        put_value(to, type, i, low + (high - low) * next_uniform(&seed));
    return to;
}

float *engine_floats(engine_bench *bench, size_t count, double low, double high)
{
    return engine_values(bench, WEFT_F32, count, low, high);
}

float *engine_copy(engine_bench *bench, const float *from, size_t count)
{
    float *to = new_array(bench, count * sizeof *to);
    if (to)
        memcpy(to, from, count * sizeof *to);
    return to;
}

/* --- programs --------------------------------------------------------------------------------- */

engine_program *engine_add_program(engine_bench *bench, weft_context *context, const char *text)
{
    weft_error error = {0};
    if (bench->failed)
        return NULL;
    engine_program *program = &bench->programs[bench->program_count];
    *program = (engine_program){.context = context};
    if (weft_assemble(context, text, strlen(text), &program->program, &error) != WEFT_OK) {
        engine_fail(bench, "the program", error.message);
        return NULL;
    }
    bench->program_count++;
    return program;
}

engine_program *engine_add_named(engine_bench *bench, const engine_program *program)
{
    weft_param_info info;
    if (bench->failed || !program)
        return NULL;
    engine_program *named = &bench->programs[bench->program_count++];
    *named = *program;
    (void)weft_program_retain(named->program);
    for (size_t i = 0; i < named->nargs; i++)
        if (weft_program_param(named->program, (uint32_t)i, &info) == WEFT_OK)
            named->args[i].name = info.name;
    return named;
}

void engine_typed_arg(engine_program *program, weft_dtype type, void *data, int32_t rank,
                      const int64_t *shape)
{
    if (program)
        (void)weft_arg_contiguous(&program->args[program->nargs++], NULL, type, data, rank, shape);
}

void engine_arg(engine_program *program, float *data, int32_t rank, const int64_t *shape)
{
    engine_typed_arg(program, WEFT_F32, data, rank, shape);
}

void engine_strided_arg(engine_program *program, float *data, int32_t rank, const int64_t *shape,
                        const int64_t *strides)
{
    engine_arg(program, data, rank, shape);
    for (int32_t d = 0; program && d < rank; d++)
        program->args[program->nargs - 1].strides[d] = strides[d];
}

double engine_sample(void *self, uint64_t calls)
{
    const engine_program *p = self;
    const double start = bench_now();
    for (uint64_t i = 0; i < calls; i++)
        if (weft_run(p->context, p->program, p->args, p->nargs) != WEFT_OK)
            return -1;
    return bench_now() - start;
}

/* --- contenders ------------------------------------------------------------------------------- */

void engine_contend(engine_bench *bench, const char *name, double (*sample)(void *, uint64_t),
                    void *self)
{
    engine_contend_threads(bench, name, sample, self, 1);
}

void engine_contend_threads(engine_bench *bench, const char *name,
                            double (*sample)(void *, uint64_t), void *self, int threads)
{
    if (!bench->failed && bench->count < BENCH_CONTENDERS_MAX)
        bench->contenders[bench->count++] =
            (bench_contender){.name = name, .sample = sample, .self = self, .threads = threads};
}

/* A program that does not run is a mistake in the suite or in weft, not one more blank cell. */
void engine_contend_program(engine_bench *bench, const char *name, engine_program *program)
{
    weft_error error = {0};
    if (bench->failed || !program)
        return;
    if (weft_run_with(program->context, program->program, program->args, program->nargs, NULL,
                      &error) != WEFT_OK)
        engine_fail(bench, name, error.message);
    const bool several = program->context == bench->contexts->several;
    engine_contend_threads(bench, name, engine_sample, program,
                           several ? bench->state->options->threads : 1);
}

static double sample_call(void *self, uint64_t calls)
{
    const engine_call *call = self;
    const double start = bench_now();
    for (uint64_t i = 0; i < calls; i++)
        call->function(call->dst, call->a, call->b, call->c, call->n);
    return bench_now() - start;
}

void engine_contend_peer(engine_bench *bench, const char *function, const engine_call *call)
{
    static const char *const variants[] = {"prefetch", "stream", NULL};
    const bench_peer *peer = bench->state->peers.count ? bench->state->peers.items[0].peer : NULL;
    for (int v = -1; peer && (v < 0 || variants[v]); v++) {
        char name[BENCH_NAME_MAX];
        (void)snprintf(name, sizeof name, v < 0 ? "%s" : "%s:%s", function,
                       v < 0 ? "" : variants[v]);
        bench_peer_function *found = peer->find(name);
        if (!found || bench->call_count == BENCH_CONTENDERS_MAX)
            continue;
        engine_call *own = &bench->calls[bench->call_count++];
        *own = *call;
        own->function = found;
        const int before = bench->count;
        engine_contend(bench, v < 0 ? peer->name : variants[v], sample_call, own);
        if (bench->count > before)
            bench->contenders[before].foreign = true;
    }
}

/* --- comparing -------------------------------------------------------------------------------- */

void engine_output_put(engine_bench *bench, engine_output output)
{
    if (!bench->failed && bench->output_count < ENGINE_OUTPUTS)
        bench->outputs[bench->output_count++] = output;
}

void engine_output_add(engine_bench *bench, float *data, size_t count, const float *initial,
                       double tolerance)
{
    engine_output_put(bench, (engine_output){.data = data,
                                             .type = WEFT_F32,
                                             .count = count,
                                             .initial = initial,
                                             .tolerance = tolerance,
                                             .absolute = tolerance > 0 ? 1e-30 : 0});
}

static size_t bytes_of(const engine_output *output)
{
    return output->count * weft_dtype_size(output->type);
}

static void put_back(const engine_bench *bench)
{
    for (int k = 0; k < bench->output_count; k++) {
        const engine_output *output = &bench->outputs[k];
        if (output->initial)
            memcpy(output->data, output->initial, bytes_of(output));
        else
            memset(output->data, 0xff, bytes_of(output)); /* NaN */
    }
}

static bool agrees(const engine_output *output, const void *expected)
{
    size_t far = 0;
    if (output->tolerance <= 0 && output->absolute <= 0)
        return memcmp(output->data, expected, bytes_of(output)) == 0;
    for (size_t i = 0; i < output->count; i++) {
        const double x = value_of(output->data, output->type, i);
        const double y = value_of(expected, output->type, i);
        far += !(fabs(x - y) <= output->tolerance * fabs(y) + output->absolute);
    }
    return (double)far <= output->outliers * (double)output->count;
}

/* Calls the contender once on arrays as they were at first; whether its results are as expected. */
static bool agrees_with(engine_bench *bench, const bench_contender *contender,
                        void *const *expected)
{
    bool same = true;
    put_back(bench);
    (void)contender->sample(contender->self, 1);
    for (int k = 0; same && k < bench->output_count; k++) {
        const engine_output *output = &bench->outputs[k];
        same = (contender->sample != python_sample ||
                python_result(contender->self, k, output->data, bytes_of(output))) &&
               agrees(output, expected[k]);
    }
    return same;
}

/* Marks the contenders whose results are others than the first one's. Very long arrays are not
 * compared: shorter ones have been. */
enum { LONGEST_COMPARED = 1 << 23 };

static void compare(engine_bench *bench)
{
    void *expected[ENGINE_OUTPUTS] = {NULL};
    bool ready = bench->n <= LONGEST_COMPARED && bench->count > 0;
    put_back(bench);
    if (ready)
        (void)bench->contenders[0].sample(bench->contenders[0].self, 1);
    for (int k = 0; ready && k < bench->output_count; k++) {
        const engine_output *output = &bench->outputs[k];
        expected[k] = malloc(bytes_of(output) + 1);
        ready = expected[k] != NULL;
        if (ready)
            memcpy(expected[k], output->data, bytes_of(output));
        bench->failed = !ready;
    }
    for (int i = 1; ready && i < bench->count; i++)
        bench->contenders[i].differs = !agrees_with(bench, &bench->contenders[i], expected);
    for (int k = 0; k < ENGINE_OUTPUTS; k++)
        free(expected[k]);
    put_back(bench);
}

/* --- counting --------------------------------------------------------------------------------- */

enum { LONGEST_COUNTED = 65536 };

/* What runs of a program take of the context, in all; false where that cannot be told. */
static bool count_runs(engine_program *program, uint64_t *locks, uint64_t *allocations)
{
    weft_stats before = {.size = sizeof before}, after = {.size = sizeof after};
    const bool done = engine_sample(program, 2) >= 0 &&
                      weft_stats_read(program->context, &before) == WEFT_OK &&
                      engine_sample(program, ENGINE_COUNTED_RUNS) >= 0 &&
                      weft_stats_read(program->context, &after) == WEFT_OK;
    *locks =
        after.shared_locks - before.shared_locks + after.exclusive_locks - before.exclusive_locks;
    *allocations = after.allocations - before.allocations;
    return done;
}

/* The worst of the programs. */
static void count(engine_bench *bench)
{
    uint64_t most_locks = 0, most_allocations = 0;
    if (bench->n > LONGEST_COUNTED || bench->program_count == 0)
        return;
    for (int i = 0; i < bench->program_count; i++) {
        uint64_t locks, allocations;
        if (!count_runs(&bench->programs[i], &locks, &allocations)) {
            engine_fail(bench, "runs", "cannot be counted");
            return;
        }
        most_locks = locks > most_locks ? locks : most_locks;
        most_allocations = allocations > most_allocations ? allocations : most_allocations;
    }
    bench_count(&bench->state->results, ENGINE_LOCKS, (double)most_locks);
    bench_count(&bench->state->results, ENGINE_ALLOCATIONS, (double)most_allocations);
}

void engine_measure(engine_bench *bench)
{
    bench_run_state *state = bench->state;
    if (!bench->failed)
        compare(bench);
    const bench_case c = {.name = bench->name,
                          .n = bench->n,
                          .bytes = bench->bytes,
                          .flops = bench->flops,
                          .contenders = bench->contenders,
                          .count = bench->count,
                          .warm = true,
                          .stay = bench->python_count > 0};
    if (!bench->failed)
        bench->failed = !bench_measure(&state->results, &c, &state->timing);
    if (!bench->failed && bench->counted)
        count(bench);
}
