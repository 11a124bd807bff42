/* bench/engine.h: what the suites that run programs share (`engine`, `expr`, `workloads`): cases,
 * and a bench: the programs, arrays and contenders of one case at one length, with what compares,
 * counts and times them.
 * Neighbours: bench/engine_*.c, bench/expr.c and bench/workloads_*.c (the cases), bench/suite_*.c,
 * bench/engine_groups.c (walks over the cases), bench/engine_text.c (programs from text),
 * bench/engine_python.c (Python's libraries). */
#ifndef WEFT_BENCH_ENGINE_H
#define WEFT_BENCH_ENGINE_H

#include <weft/weft.h>

#include "bench/arrays.h"
#include "bench/bench.h"
#include "bench/python.h"

/* What all cases run in: contexts of one thread, and of options->threads. */
typedef struct engine_contexts {
    weft_context *one, *several;
} engine_contexts;

/* A program and what it is run on. */
enum { ENGINE_ARGS = 12, ENGINE_PROGRAMS = 8, ENGINE_OUTPUTS = 4 };
typedef struct engine_program {
    weft_context *context;
    weft_program *program;
    weft_arg args[ENGINE_ARGS]; /* in the order of the parameters */
    size_t nargs;
} engine_program;

/* A function of a peer and what it is called with. */
typedef struct engine_call {
    bench_peer_function *function;
    void *dst;
    const void *a, *b, *c;
    size_t n;
} engine_call;

/* Values that contenders write, and how far they may be from the first one's: by `tolerance` of
 * themselves and by `absolute` (both 0: no bit may differ), but for a part of them, `outliers`.
 * `initial` is put back before each of them is compared: for what is changed in place. */
typedef struct engine_output {
    void *data;
    weft_dtype type; /* f32, f64 or u8 */
    size_t count;
    const void *initial; /* NULL: nothing is to be put back */
    double tolerance, absolute, outliers;
} engine_output;

typedef struct engine_bench {
    bench_run_state *state;
    const engine_contexts *contexts;
    const char *name;
    size_t n;
    double bytes, flops; /* as in bench_case */
    bench_arrays arrays;
    engine_program programs[ENGINE_PROGRAMS];
    int program_count;
    engine_call calls[BENCH_CONTENDERS_MAX];
    int call_count;
    python_call python[BENCH_CONTENDERS_MAX];
    int python_count;
    bench_contender contenders[BENCH_CONTENDERS_MAX];
    int count;
    engine_output outputs[ENGINE_OUTPUTS];
    int output_count;
    bool failed; /* out of memory, or state->message says what */
} engine_bench;

/* One case: fills the bench with all that it needs and calls engine_measure; what it leaves in the
 * bench is freed for it. */
enum { ENGINE_LENGTHS = 10 };
typedef struct engine_case {
    const char *name;
    size_t lengths[ENGINE_LENGTHS]; /* up to 0 */
    void (*measure)(engine_bench *bench, const struct engine_case *c);
    const char *text; /* of its program, where the function serves several cases */
    size_t detail;
} engine_case;

/* Up to one without a name. */
extern const engine_case engine_single_cases[], engine_shape_cases[], engine_fused_cases[],
    engine_field_cases[], engine_thread_cases[], engine_lock_cases[];

/* Makes the contexts; false: state->message says why. engine_end is due either way. */
bool engine_begin(bench_run_state *state, engine_contexts *contexts);
void engine_end(engine_contexts *contexts);

/* Frees what a bench holds; whether all went well. */
bool engine_done(engine_bench *bench);

/* count floats, uniform on [low, high], the same in every run. NULL, and bench->failed, without
 * memory. */
float *engine_floats(engine_bench *bench, size_t count, double low, double high);
/* The same of f32, f64 or u8. */
void *engine_values(engine_bench *bench, weft_dtype type, size_t count, double low, double high);
float *engine_copy(engine_bench *bench, const float *from, size_t count);

/* Assembles a program. NULL, and bench->failed, where that fails. */
engine_program *engine_add_program(engine_bench *bench, weft_context *context, const char *text);

/* The same program on the same arrays, which are named; NULL for NULL. */
engine_program *engine_add_named(engine_bench *bench, const engine_program *program);

void engine_typed_arg(engine_program *program, weft_dtype type, void *data, int32_t rank,
                      const int64_t *shape);
/* Adds the argument for the next parameter, f32: contiguous, or with strides in bytes. */
void engine_arg(engine_program *program, float *data, int32_t rank, const int64_t *shape);
void engine_strided_arg(engine_program *program, float *data, int32_t rank, const int64_t *shape,
                        const int64_t *strides);

/* Contenders. A program's runs name its arguments by position. */
void engine_contend(engine_bench *bench, const char *name, double (*sample)(void *, uint64_t),
                    void *self);
/* The same for what uses so many threads. */
void engine_contend_threads(engine_bench *bench, const char *name,
                            double (*sample)(void *, uint64_t), void *self, int threads);
void engine_contend_program(engine_bench *bench, const char *name, engine_program *program);
/* What the peer `fused` has under that name, with its variants; nothing if the peer is missing. */
void engine_contend_peer(engine_bench *bench, const char *function, const engine_call *call);

/* For bench_contender.sample of programs; self is an engine_program. */
double engine_sample(void *self, uint64_t calls);

void engine_output_add(engine_bench *bench, float *data, size_t count, const float *initial,
                       double tolerance);
/* The same with all that may be said of it. */
void engine_output_put(engine_bench *bench, engine_output output);

/* Notes the first thing that went wrong. */
void engine_fail(engine_bench *bench, const char *what, const char *why);

/* --- engine_text.c: programs from text in the language ---------------------------------------- */

/* The same text as contenders with the same arguments: on one thread, on several, and with
 * WEFT_FAST. Those that are not wanted are NULL. */
typedef struct engine_family {
    engine_program *one, *several, *fast;
} engine_family;

/* Compiles a text: an expression of variables, arrays of one dimension, or a program (then there
 * are none). NULL, and bench->failed, where that fails. */
engine_program *engine_add_text(engine_bench *bench, weft_context *context, const char *text,
                                const weft_variable *variables, size_t count, uint32_t flags);
engine_family engine_add_family(engine_bench *bench, const char *text,
                                const weft_variable *variables, size_t count);

/* Adds the argument for the next parameter to all of them, and gives Python a copy of it under that
 * name, unless name is NULL. */
void engine_family_arg(engine_bench *bench, const engine_family *family, const char *name,
                       weft_dtype type, void *data, int32_t rank, const int64_t *shape);

/* "weft", "2 threads", "fast". */
void engine_contend_family(engine_bench *bench, const engine_family *family);

/* The text with every f32 an f64, in memory of the caller's; NULL: there is not enough. */
char *engine_double_text(const char *text);

/* --- engine_python.c -------------------------------------------------------------------------- */

/* Contenders of Python's libraries, as far as they are there and can do it: bench/python.h. With
 * several threads the name is that of the library behind their number: "2 numba". Arrays must have
 * been given before. */
void engine_contend_python(engine_bench *bench, const char *library, const char *what);
void engine_contend_python_threads(engine_bench *bench, const char *library, const char *what);

/* --- engine_groups.c: the cases of a suite, in groups that each end with one without a name --- */

typedef struct engine_groups {
    const struct engine_case *const *groups;
    size_t count;
    const size_t *every_length; /* with --all-n; up to 0 */
} engine_groups;

void engine_each(const engine_groups *groups, void (*found)(const char *name, void *data),
                 void *data);
/* Measures what is wanted; false: state->message says why, or it was memory. */
bool engine_measure_groups(bench_run_state *state, const engine_groups *groups);
bool engine_is_of(const bench_result *result, const struct engine_case *cases);

/* Compares the results of all contenders with the first one's, times them all, and counts what runs
 * of the programs cost besides time: the result's counters ENGINE_LOCKS and ENGINE_ALLOCATIONS, of
 * ENGINE_COUNTED_RUNS runs. Does nothing where bench->failed. */
#define ENGINE_LOCKS       "locks"
#define ENGINE_ALLOCATIONS "allocations"
enum { ENGINE_COUNTED_RUNS = 1000 };
void engine_measure(engine_bench *bench);

/* engine_acceptance.c */
void engine_judge(bench_run_state *state);
double engine_ratio(const bench_result *result);

#endif
