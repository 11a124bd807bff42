/* bench/engine_locks.c: what coarse locks buy: a machine that is a loop over strips and calls of
 * the direct API, without a lock, with one acquisition for each run, and with one for each
 * instruction; on one host thread and on two that share the lock. Only the benchmark has such a
 * machine. Neighbours: bench/engine.h, bench/hosts.h, bench/engine_programs.h (the program that it
 * plays). */
#include <pthread.h>

#include "bench/engine.h"
#include "bench/engine_programs.h"
#include "bench/hosts.h"

enum { STRIP = 1024 };

typedef enum locking { NO_LOCK, RUN_LOCK, INSTRUCTION_LOCK, LOCKINGS } locking;
static const char *const locking_names[LOCKINGS] = {"no lock", "run lock", "op lock"};

/* y = a exp(-0.5 (a a + b b + c c)) by strips; one for each host thread. */
typedef struct machine {
    float *y, *a, *b, *c, *strip;
    size_t n;
} machine;

typedef struct locked_machine {
    machine *machine;
    locking locking;
    pthread_rwlock_t *lock;
} locked_machine;

/* Each instruction in its turn: what a machine does that locks where it works. */
typedef enum instruction { SQUARE_A, ADD_B, ADD_C, HALVE, EXP, SCALE, INSTRUCTIONS } instruction;

static weft_status step(const machine *m, instruction op, size_t i, size_t n)
{
    float *v = m->strip;
    switch (op) {
    case SQUARE_A:
        return weft_mul_f32(v, m->a + i, m->a + i, n);
    case ADD_B:
        return weft_fma_f32(v, m->b + i, m->b + i, v, n);
    case ADD_C:
        return weft_fma_f32(v, m->c + i, m->c + i, v, n);
    case HALVE:
        return weft_muls_f32(v, v, -0.5F, n);
    case EXP:
        return weft_exp_f32(v, v, n);
    default:
        return weft_mul_f32(m->y + i, m->a + i, v, n);
    }
}

static weft_status run_strips(const locked_machine *x)
{
    const machine *m = x->machine;
    weft_status status = WEFT_OK;
    for (size_t i = 0; i < m->n; i += STRIP) {
        const size_t n = m->n - i < STRIP ? m->n - i : STRIP;
        for (instruction op = SQUARE_A; op < INSTRUCTIONS && status == WEFT_OK; op++) {
            if (x->locking == INSTRUCTION_LOCK)
                (void)pthread_rwlock_rdlock(x->lock);
            status = step(m, op, i, n);
            if (x->locking == INSTRUCTION_LOCK)
                (void)pthread_rwlock_unlock(x->lock);
        }
    }
    return status;
}

static double sample_machine(void *self, uint64_t calls)
{
    const locked_machine *x = self;
    weft_status status = WEFT_OK;
    const double start = bench_now();
    for (uint64_t i = 0; i < calls && status == WEFT_OK; i++) {
        if (x->locking == RUN_LOCK)
            (void)pthread_rwlock_rdlock(x->lock);
        status = run_strips(x);
        if (x->locking == RUN_LOCK)
            (void)pthread_rwlock_unlock(x->lock);
    }
    return status == WEFT_OK ? bench_now() - start : -1;
}

static machine new_machine(engine_bench *bench)
{
    const size_t n = bench->n;
    machine m = {.n = n};
    m.a = engine_floats(bench, n, -2, 2);
    m.b = engine_floats(bench, n, -2, 2);
    m.c = engine_floats(bench, n, -2, 2);
    m.y = engine_floats(bench, n, 0, 0);
    m.strip = engine_floats(bench, STRIP, 0, 0);
    return m;
}

static engine_program *add_program(engine_bench *bench, const machine *m)
{
    const int64_t shape[] = {(int64_t)bench->n};
    engine_program *program = engine_add_program(bench, bench->contexts->one, engine_bell_text);
    engine_arg(program, m->a, 1, shape);
    engine_arg(program, m->b, 1, shape);
    engine_arg(program, m->c, 1, shape);
    engine_arg(program, m->y, 1, shape);
    return program;
}

/* What one or two host threads run. */
typedef struct hosts_work {
    machine machines[BENCH_HOSTS];
    engine_program *programs[BENCH_HOSTS];
    locked_machine locked[LOCKINGS][BENCH_HOSTS];
} hosts_work;

static void prepare(engine_bench *bench, hosts_work *work, int count, pthread_rwlock_t *lock)
{
    for (int h = 0; h < count; h++) {
        work->machines[h] = new_machine(bench);
        work->programs[h] = add_program(bench, &work->machines[h]);
        for (int k = 0; k < LOCKINGS; k++)
            work->locked[k][h] = (locked_machine){&work->machines[h], (locking)k, lock};
        engine_output_add(bench, work->machines[h].y, bench->n, NULL, 0);
    }
    bench->bytes = 16.0 * (double)bench->n;
}

static void measure_one(engine_bench *bench, const engine_case *c)
{
    pthread_rwlock_t lock = PTHREAD_RWLOCK_INITIALIZER;
    hosts_work work;
    (void)c;
    prepare(bench, &work, 1, &lock);
    engine_contend_program(bench, "weft", work.programs[0]);
    for (int k = 0; k < LOCKINGS; k++)
        engine_contend(bench, locking_names[k], sample_machine, &work.locked[k][0]);
    engine_measure(bench);
    (void)pthread_rwlock_destroy(&lock);
}

static void measure_two(engine_bench *bench, const engine_case *c)
{
    pthread_rwlock_t lock = PTHREAD_RWLOCK_INITIALIZER;
    hosts_work work;
    bench_group own, pairs[LOCKINGS];
    bench_hosts *hosts = bench->state->options->threads > 1 ? bench_hosts_start(BENCH_HOSTS) : NULL;
    (void)c;
    if (!hosts)
        return;
    prepare(bench, &work, BENCH_HOSTS, &lock);
    own = (bench_group){hosts, engine_sample, {work.programs[0], work.programs[1]}};
    engine_contend_threads(bench, "weft", bench_group_sample, &own, BENCH_HOSTS);
    for (int k = 0; k < LOCKINGS; k++) {
        pairs[k] = (bench_group){hosts, sample_machine, {&work.locked[k][0], &work.locked[k][1]}};
        engine_contend_threads(bench, locking_names[k], bench_group_sample, &pairs[k], BENCH_HOSTS);
    }
    engine_measure(bench);
    bench_hosts_stop(hosts);
    (void)pthread_rwlock_destroy(&lock);
}

const engine_case engine_lock_cases[] = {
    {"locks/one", {4096, 16384}, measure_one, NULL, 0},
    {"locks/two", {4096, 16384}, measure_two, NULL, 0},
    {NULL, {0}, NULL, NULL, 0},
};
