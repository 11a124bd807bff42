/* bench/engine_groups.c: walks over the cases of a suite that runs programs.
 * Neighbours: bench/engine.h, bench/suite_engine.c, bench/suite_expr.c, bench/suite_workloads.c. */
#include <string.h>

#include "bench/engine.h"

void engine_each(const engine_groups *groups, void (*found)(const char *name, void *data),
                 void *data)
{
    for (size_t g = 0; g < groups->count; g++)
        for (const engine_case *c = groups->groups[g]; c->name; c++)
            found(c->name, data);
}

bool engine_is_of(const bench_result *result, const engine_case *cases)
{
    for (const engine_case *c = cases; c->name; c++)
        if (strcmp(c->name, result->name) == 0)
            return true;
    return false;
}

static bool measure_case(bench_run_state *state, const engine_contexts *contexts,
                         const engine_case *c, size_t n)
{
    engine_bench bench = {.state = state, .contexts = contexts, .name = c->name, .n = n};
    c->measure(&bench, c);
    return engine_done(&bench);
}

static bool measure_lengths(bench_run_state *state, const engine_contexts *contexts,
                            const engine_case *c, const size_t *every_length)
{
    const bench_options *options = state->options;
    bool done = true;
    if (options->length_count)
        for (size_t k = 0; done && k < options->length_count; k++)
            done = measure_case(state, contexts, c, options->lengths[k]);
    else
        for (const size_t *n = options->every_length ? every_length : c->lengths; done && *n; n++)
            done = measure_case(state, contexts, c, *n);
    return done;
}

static bool measure_all(bench_run_state *state, const engine_contexts *contexts,
                        const engine_groups *groups)
{
    size_t begun = 0, all = 0;
    bool done = true;
    for (size_t g = 0; g < groups->count; g++)
        for (const engine_case *c = groups->groups[g]; c->name; c++)
            all += bench_wanted(state, c->name);
    for (size_t g = 0; g < groups->count; g++)
        for (const engine_case *c = groups->groups[g]; done && c->name; c++)
            if (bench_wanted(state, c->name)) {
                bench_progress(begun++, all, c->name);
                done = measure_lengths(state, contexts, c, groups->every_length);
            }
    bench_progress(0, 0, NULL);
    return done;
}

bool engine_measure_groups(bench_run_state *state, const engine_groups *groups)
{
    engine_contexts contexts;
    const bool done = engine_begin(state, &contexts) && measure_all(state, &contexts, groups);
    engine_end(&contexts);
    return done;
}
