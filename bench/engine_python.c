/* bench/engine_python.c: NumPy, NumExpr and Numba as contenders of a bench.
 * Neighbours: bench/engine.h, bench/python.h (the process that they run in). */
#include <stdio.h>
#include <string.h>

#include "bench/engine.h"

static void contend(engine_bench *bench, const char *name, const char *library, const char *what,
                    int threads)
{
    if (bench->failed || bench->count == BENCH_CONTENDERS_MAX)
        return;
    python_call *call = &bench->python[bench->python_count];
    if (!python_prepare(call, library, threads, what))
        return;
    bench->python_count++;
    bench->contenders[bench->count++] = (bench_contender){
        .name = name, .sample = python_sample, .self = call, .foreign = true, .threads = threads};
}

void engine_contend_python(engine_bench *bench, const char *library, const char *what)
{
    contend(bench, library, library, what, 1);
}

/* The names of the run for contenders with several threads: "2 numba". */
static const char *name_of(bench_run_state *state, const char *library)
{
    char name[BENCH_NAME_MAX];
    const size_t count = sizeof state->names / sizeof state->names[0];
    (void)snprintf(name, sizeof name, "%d %s", state->options->threads, library);
    for (size_t i = 0; i < count; i++) {
        if (!state->names[i][0])
            memcpy(state->names[i], name, sizeof name);
        if (strcmp(state->names[i], name) == 0)
            return state->names[i];
    }
    return NULL;
}

void engine_contend_python_threads(engine_bench *bench, const char *library, const char *what)
{
    const int threads = bench->state->options->threads;
    const char *name = threads > 1 ? name_of(bench->state, library) : NULL;
    if (name)
        contend(bench, name, library, what, threads);
}
