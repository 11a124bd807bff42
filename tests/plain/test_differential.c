/* tests/plain/test_differential.c: random programs on the reference backend and on the engine, at
 * every level of this machine, with 1, 2 and 5 threads and several strip lengths: the same status,
 * the same bits, nothing else touched. Between levels the reference backend is compared with
 * itself: exactly where a program's results are exact, by units in the last place where it only
 * stores results of transcendental operations, and, where it computes with them, between the levels
 * that have fused multiply-add, which give the same bits by contract.
 * Usage: test_differential [COUNT [FIRST]]: programs FIRST to FIRST + COUNT - 1 (default: COUNT
 * from the environment's WEFT_DIFFERENTIAL_PROGRAMS; FIRST 0). A program depends on its number
 * alone. At a difference the smallest part of the program that shows it is printed, and the exit
 * status is 1. Neighbours: support/generate.h (programs), support/arguments.h (arrays,
 * comparisons). */
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "tests/support/arguments.h"
#include "tests/support/functions.h"
#include "tests/support/generate.h"
#include "tests/support/levels.h"
#include "tests/support/support.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#include <sanitizer/common_interface_defs.h>
#endif

/* Programs, unless said otherwise: about ten seconds' worth. */
#if defined(__SANITIZE_THREAD__)
enum { PROGRAMS = 250 };
#elif defined(__SANITIZE_ADDRESS__)
enum { PROGRAMS = 800 };
#elif defined(__aarch64__) /* under an emulator */
enum { PROGRAMS = 500 };
#else
enum { PROGRAMS = 6000 };
#endif

enum {
    LEVELS = WEFT_LEVEL_COUNT,
    ENGINES = 3 + WEFT_BACKEND_COUNT - 2, /* the engine with so many threads, and other backends */
    STRIPS = 3,
    MOST_BYTES = 2048, /* that a program is made from */
    SMALL = 600,       /* elements of an index space, about */
    MEDIUM = 5000,
    LARGE = 20000,
    SHORT_TEXT = 900, /* bytes: a program that may often be run on many elements */
    STUCK_SECONDS = 120
};

static const uint32_t thread_counts[ENGINES] = {1, 2, 5}; /* 0, of other backends: their choice */
static const uint32_t strip_lengths[STRIPS] = {0, 128, 2048};

typedef struct level_contexts {
    weft_level level;
    bool fma;
    weft_context *reference[STRIPS], *engine[ENGINES][STRIPS];
} level_contexts;

static level_contexts levels[LEVELS];
static unsigned n_levels;
static weft_cancel *cancelled;        /* set from the start */
static test_function_state functions; /* of all contexts: there is one run at a time */

static struct {
    uint64_t made, accepted, runs, large, shared, edges;
    uint64_t statuses[16]; /* of the reference backend at the lowest level */
} counts;

/* --- contexts --------------------------------------------------------------------------------- */

static weft_context *make_context(weft_level level, weft_backend backend, uint32_t threads,
                                  uint32_t strip_length)
{
    weft_context_options options = {.size = sizeof options,
                                    .strip_length = strip_length,
                                    .level = level,
                                    .backend = backend,
                                    .threads = threads,
                                    .split_cost = 1};
    weft_context *context;
    weft_status status = weft_context_create(&options, &context);
    if (status)
        test_die("no context: %s", weft_status_text(status));
    test_functions_register(context, &functions);
    return context;
}

/* The reference backend below 0, then the engine, then the backends of weft/context.h behind it. */
static weft_backend backend_of(int engine)
{
    return engine < 0   ? WEFT_BACKEND_REFERENCE
           : engine < 3 ? WEFT_BACKEND_CPU
                        : (weft_backend)(WEFT_BACKEND_REFERENCE + 1 + engine - 3);
}

static const char *backend_name(int engine)
{
    static const char *const names[] = {
#define ROW(NAME, value, text, counter, words) [value] = text,
        WEFT_BACKEND_TABLE(ROW)
#undef ROW
    };
    return names[backend_of(engine)];
}

static void make_contexts(void)
{
    for (int level = 1; level < WEFT_LEVEL_COUNT; level++) {
        if (!weft_level_available((weft_level)level))
            continue;
        level_contexts *made = &levels[n_levels++];
        made->level = (weft_level)level;
        made->fma = test_level_fuses(weft_level_kernels(made->level, NULL));
        for (unsigned s = 0; s < STRIPS; s++) {
            made->reference[s] =
                make_context(made->level, WEFT_BACKEND_REFERENCE, 1, strip_lengths[s]);
            for (unsigned t = 0; t < ENGINES; t++)
                made->engine[t][s] = make_context(made->level, backend_of((int)t), thread_counts[t],
                                                  strip_lengths[s]);
        }
    }
    if (weft_cancel_create(levels[0].reference[0], &cancelled))
        test_die("no cancel flag");
    weft_cancel_request(cancelled);
}

static void destroy_contexts(void)
{
    weft_cancel_destroy(cancelled);
    for (unsigned l = 0; l < n_levels; l++)
        for (unsigned s = 0; s < STRIPS; s++) {
            weft_context_destroy(levels[l].reference[s]);
            for (unsigned t = 0; t < ENGINES; t++)
                weft_context_destroy(levels[l].engine[t][s]);
        }
}

/* --- one program ------------------------------------------------------------------------------ */

typedef struct trial {
    uint64_t number;
    size_t bytes; /* that it was made from */
    test_random random;
    test_generated made;
    weft_program *program;
    test_arguments *args;
    weft_run_options options;
    bool share; /* outputs lie in inputs where they may */
    unsigned n_levels;
    const level_contexts *levels[LEVELS]; /* that it runs at, the lowest first */
    test_memory expected[LEVELS], shared, other;
    weft_status statuses[LEVELS]; /* of the reference backend, nothing shared */
    bool quiet;
} trial;

/* A run of a trial, for reports. */
typedef struct run_of {
    const level_contexts *level;
    unsigned strips;
    int threads; /* index, -1: reference backend */
} run_of;

static void print_arguments(const trial *t)
{
    fprintf(stderr, "space");
    for (uint32_t d = 0; d < t->args->rank; d++)
        fprintf(stderr, " %" PRId64, t->args->extents[d]);
    fprintf(stderr, "\n");
    for (uint32_t i = 0; i < t->args->count; i++) {
        const test_array *a = &t->args->arrays[i];
        if (!a->initial)
            continue;
        fprintf(stderr, "%s %s shape", a->info.name, weft_dtype_name(a->info.type));
        for (int32_t d = 0; d < a->arg.rank; d++)
            fprintf(stderr, " %" PRId64, a->arg.shape[d]);
        fprintf(stderr, " strides");
        for (int32_t d = 0; d < a->arg.rank; d++)
            fprintf(stderr, " %" PRId64, a->arg.strides[d]);
        fprintf(stderr, ", first element at byte %zu of %zu", a->first, a->bytes);
        if (t->share && a->alias >= 0)
            fprintf(stderr, ", the same memory as %s", t->args->arrays[a->alias].info.name);
        fprintf(stderr, "\n");
    }
}

static void print_run(const run_of *run)
{
    fprintf(stderr, "backend %s, level %s, threads %u, strip length %u\n",
            backend_name(run->threads), weft_level_name(run->level->level),
            run->threads < 0 ? 1 : thread_counts[run->threads], strip_lengths[run->strips]);
}

/* What is wrong, and all that is needed to see it again. Returns false. */
static bool complain(const trial *t, const run_of *run, const char *what)
{
    if (t->quiet)
        return false;
    fprintf(stderr, "\nprogram %" PRIu64 " (from %zu bytes):\n%s", t->number, t->bytes,
            t->made.text);
    print_arguments(t);
    fprintf(stderr, "budget %" PRIu64 "%s%s\n", t->options.budget,
            t->options.cancel ? ", cancelled" : "", t->options.space ? ", extents given" : "");
    print_run(run);
    fprintf(stderr, "%s\n", what);
    return false;
}

static bool complain_status(const trial *t, const run_of *run, weft_status wanted, weft_status got,
                            const weft_error *error)
{
    char what[512];
    snprintf(what, sizeof what, "status %s, not %s: %s (pc %" PRId64 ", element %" PRId64 ")",
             weft_status_name(got), weft_status_name(wanted), error->message, error->pc,
             error->element);
    return complain(t, run, what);
}

static void hex(char *out, const uint8_t *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++)
        snprintf(out + 2 * i, 3, "%02x", bytes[size - 1 - i]);
}

static const uint8_t *byte_of(const trial *t, const test_memory *memory, test_place at)
{
    const test_array *a = &t->args->arrays[at.param];
    const uint8_t *block = memory->blocks[at.param];
    return (block ? block : memory->blocks[a->alias]) + at.byte;
}

static bool complain_place(const trial *t, const run_of *run, const char *words, test_place at,
                           const uint8_t *wanted, const uint8_t *got)
{
    const test_array *a = &t->args->arrays[at.param];
    const size_t size = a->element[at.byte] == 1 ? weft_dtype_size(a->arg.type) : 1;
    char what[256], x[32], y[32];
    hex(x, wanted, size);
    hex(y, got, size);
    snprintf(what, sizeof what, "%s: byte %td from the first element of %s: 0x%s, not 0x%s", words,
             (ptrdiff_t)at.byte - (ptrdiff_t)a->first, a->info.name, y, x);
    return complain(t, run, what);
}

/* A failing gather and the end of the budget may come in another order. */
static bool same_status(weft_status a, weft_status b)
{
    const bool a_late = a == WEFT_ERR_BUDGET || a == WEFT_ERR_RANGE;
    const bool b_late = b == WEFT_ERR_BUDGET || b == WEFT_ERR_RANGE;
    return a == b || (a_late && b_late);
}

static weft_context *context_of(const run_of *run)
{
    return run->threads < 0 ? run->level->reference[run->strips]
                            : run->level->engine[run->threads][run->strips];
}

/* Runs on fresh memory and looks at what must not have changed. */
static bool run_once(trial *t, const run_of *run, test_memory *memory, weft_status *status,
                     weft_error *error)
{
    weft_arg list[TEST_PARAMS];
    test_memory_reset(memory, t->args);
    const size_t n = test_memory_list(memory, t->args, list);
    test_functions_reset(&functions);
    *status = weft_run_with(context_of(run), t->program, list, n, &t->options, error);
    counts.runs++;
    if (error->status != *status)
        return complain(t, run, "the error report has another status");
    const test_place at = test_memory_damage(memory, t->args, *status);
    if (at.param >= 0)
        return complain_place(t, run, "changed what is no element of an output", at,
                              t->args->arrays[at.param].initial + at.byte, byte_of(t, memory, at));
    return true;
}

/* The same status as the reference backend's, and where that is success the same results. */
static bool check_run(trial *t, const run_of *run, test_memory *memory, weft_status wanted,
                      const test_memory *expected)
{
    weft_status status;
    weft_error error;
    if (!run_once(t, run, memory, &status, &error))
        return false;
    if (!same_status(wanted, status))
        return complain_status(t, run, wanted, status, &error);
    if (wanted || status)
        return true;
    const test_place at = test_memory_difference(expected, memory, t->args, 0);
    return at.param < 0 || complain_place(t, run, "another result", at, byte_of(t, expected, at),
                                          byte_of(t, memory, at));
}

/* Reference backend: the trial's level `level` against one below it. */
static bool check_levels(trial *t, const run_of *run, unsigned level, unsigned below)
{
    const weft_status wanted = t->statuses[below], status = t->statuses[level];
    const weft_error none = {.pc = -1, .element = -1};
    const bool exact = t->levels[below]->fma && t->levels[level]->fma;
    if (t->made.transcendental && !exact)
        return true;
    if (!same_status(wanted, status))
        return complain_status(t, run, wanted, status, &none);
    if (wanted || status)
        return true;
    const test_place at = test_memory_difference(&t->expected[below], &t->expected[level], t->args,
                                                 exact ? 0 : t->made.approximate);
    return at.param < 0 ||
           complain_place(t, run, "another result than at a lower level", at,
                          byte_of(t, &t->expected[below], at), byte_of(t, &t->expected[level], at));
}

static bool check_level(trial *t, unsigned level)
{
    run_of run = {t->levels[level], test_below(&t->random, STRIPS), -1};
    weft_error error;
    if (!run_once(t, &run, &t->expected[level], &t->statuses[level], &error))
        return false;
    if (level > 0 && (!check_levels(t, &run, level, 0) || !check_levels(t, &run, level, level - 1)))
        return false;
    weft_status wanted = t->statuses[level];
    if (t->share) { /* refused, or the same */
        weft_status status;
        if (!run_once(t, &run, &t->shared, &status, &error))
            return false;
        if (status == WEFT_ERR_BIND)
            wanted = status;
        else if (!check_run(t, &run, &t->shared, wanted, &t->expected[level]))
            return false;
        counts.shared += wanted == WEFT_OK;
    }
    test_memory *memory = t->share ? &t->shared : &t->other;
    for (run.threads = 0; run.threads < ENGINES; run.threads++) {
        run.strips = test_below(&t->random, STRIPS);
        if (!check_run(t, &run, memory, wanted, &t->expected[level]))
            return false;
    }
    return true;
}

static bool check_all(trial *t)
{
    for (unsigned i = 0; i < t->n_levels; i++)
        if (!check_level(t, i))
            return false;
    return true;
}

/* With the smallest budget that suffices (found on the reference backend), and with one less. */
static bool check_budget_edge(trial *t)
{
    const run_of run = {t->levels[t->n_levels - 1], 1, -1};
    uint64_t low = 0, high = t->options.budget; /* too little, enough */
    while (high - low > 1) {
        weft_status status;
        weft_error error;
        t->options.budget = low + (high - low) / 2;
        if (!run_once(t, &run, &t->other, &status, &error))
            return false;
        if (status == WEFT_OK)
            high = t->options.budget;
        else
            low = t->options.budget;
    }
    counts.edges++;
    t->options.budget = high;
    if (!check_all(t))
        return false;
    t->options.budget = low; /* 0 would be the default */
    return !low || check_all(t);
}

static void choose_options(trial *t, int64_t most)
{
    t->options = (weft_run_options){.size = sizeof t->options, .budget = 80 * (uint64_t)most};
    if (test_one_in(&t->random, 16))
        t->options.budget = 1 + test_next(&t->random) % (1u << test_below(&t->random, 18));
    else if (test_one_in(&t->random, 100))
        t->options.cancel = cancelled;
    if (test_one_in(&t->random, 2))
        t->options.space = t->args->extents;
    t->share = t->args->shareable && test_one_in(&t->random, 2);
}

/* Large programs run at two levels: that leaves time for more of them. */
static void choose_levels(trial *t, int64_t most)
{
    const unsigned first = test_below(&t->random, n_levels),
                   second = test_below(&t->random, n_levels);
    t->n_levels = 0;
    for (unsigned level = 0; level < n_levels; level++)
        if (most <= SMALL || level == first || level == second)
            t->levels[t->n_levels++] = &levels[level];
}

static bool check_program(trial *t, int64_t most)
{
    choose_options(t, most);
    choose_levels(t, most);
    for (unsigned level = 0; level < t->n_levels; level++)
        test_memory_make(&t->expected[level], t->args, false);
    test_memory_make(&t->shared, t->args, true);
    test_memory_make(&t->other, t->args, false);
    bool good = check_all(t);
    counts.statuses[t->statuses[0] & 15]++;
    counts.large += t->statuses[0] == WEFT_OK && t->args->total > 4096;
    if (good && t->statuses[t->n_levels - 1] == WEFT_OK && test_one_in(&t->random, 60))
        good = check_budget_edge(t);
    for (unsigned level = 0; level < t->n_levels; level++)
        test_memory_free(&t->expected[level], t->args);
    test_memory_free(&t->shared, t->args);
    test_memory_free(&t->other, t->args);
    return good;
}

/* Program `number`, made from at most `limit` of its bytes; *bytes is how many it was made from. */
static bool check_number(uint64_t number, size_t limit, bool quiet, size_t *bytes)
{
    uint8_t data[MOST_BYTES];
    test_random r = {number};
    trial t = {.number = number, .quiet = quiet};
    weft_error error;
    r.state = test_next(&r); /* the streams of neighbours have nothing in common */
    t.random.state = test_next(&r);
    const size_t size = 96 + test_below(&r, 96u << test_below(&r, 5));
    for (size_t i = 0; i < size; i++)
        data[i] = (uint8_t)(test_next(&r) >> 56);
    data[0] &= 7; /* none that breaks rules on purpose */
    *bytes = t.bytes = size < limit ? size : limit;
    test_generate(data, t.bytes, &t.made);
    bool good = true;
    weft_status status =
        weft_assemble(levels[0].reference[0], t.made.text, t.made.length, &t.program, &error);
    if (status != WEFT_OK && status != WEFT_ERR_VERIFY && t.made.complete)
        test_die("program %" PRIu64 ": %d:%d: %s\n%s", number, (int)error.line, (int)error.column,
                 error.message, t.made.text);
    counts.made++;
    const bool short_one = t.made.length < SHORT_TEXT;
    const int64_t most = test_one_in(&r, short_one ? 5 : 30) ? LARGE
                         : test_one_in(&r, 8)                ? MEDIUM
                                                             : SMALL;
    t.args = status ? NULL : test_arguments_make(&t.random, t.program, most);
    if (t.args) {
        counts.accepted++;
        good = check_program(&t, most);
        test_arguments_free(t.args);
    }
    weft_program_release(t.program);
    test_generated_free(&t.made);
    return good;
}

/* --- all of them ------------------------------------------------------------------------------ */

static volatile uint64_t present;

/* Which program it was that crashed, or never ended. */
static void tell(void)
{
    char text[64] = "\nin program 00000000000000000000 of test_differential\n";
    uint64_t rest = present;
    for (int i = 31; i > 11; i--, rest /= 10)
        text[i] = (char)('0' + rest % 10);
    ssize_t ignored = write(STDERR_FILENO, text, strlen(text));
    (void)ignored;
}

static void on_signal(int number)
{
    tell();
    signal(number, SIG_DFL);
    raise(number);
}

static void watch(void)
{
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    __sanitizer_set_death_callback(tell);
#else
    signal(SIGSEGV, on_signal);
    signal(SIGBUS, on_signal);
    signal(SIGFPE, on_signal);
    signal(SIGILL, on_signal);
#endif
    signal(SIGABRT, on_signal);
    signal(SIGALRM, on_signal);
}

/* The smallest beginning of its bytes that still shows a difference: differences that depend on
 * timing may hide, so the whole program comes last. */
static void show_smallest(uint64_t number)
{
    size_t bytes, all;
    for (size_t limit = 2; limit < MOST_BYTES; limit++) {
        alarm(STUCK_SECONDS);
        if (!check_number(number, limit, true, &bytes) &&
            !check_number(number, limit, false, &bytes))
            return;
    }
    if (check_number(number, MOST_BYTES, false, &all))
        fprintf(stderr, "program %" PRIu64 ": a difference that does not show every time\n",
                number);
}

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void print_counts(uint64_t first, double seconds)
{
    printf("%" PRIu64 " programs from %" PRIu64 ", %" PRIu64 " run, in %.1f s (%.2f ms each): "
           "%" PRIu64 " runs; large %" PRIu64 ", in place %" PRIu64 ", budget edges %" PRIu64 ";",
           counts.made, first, counts.accepted, seconds,
           1e3 * seconds / (double)(counts.made ? counts.made : 1), counts.runs, counts.large,
           counts.shared, counts.edges);
    for (unsigned i = 0; i < 16; i++)
        if (counts.statuses[i])
            printf(" %s %" PRIu64, weft_status_name((weft_status)i), counts.statuses[i]);
    printf("\n");
    fflush(stdout);
}

static uint64_t number_of(const char *text, uint64_t otherwise)
{
    return text && *text ? strtoull(text, NULL, 10) : otherwise;
}

int main(int argc, char **argv)
{
    const uint64_t wanted = number_of(getenv("WEFT_DIFFERENTIAL_PROGRAMS"), PROGRAMS);
    const uint64_t count = number_of(argc > 1 ? argv[1] : NULL, wanted);
    const uint64_t first = number_of(argc > 2 ? argv[2] : NULL, 0);
    const double start = now();
    make_contexts();
    watch();
    for (uint64_t i = 0; i < count; i++) {
        size_t bytes;
        present = first + i;
        alarm(STUCK_SECONDS);
        if (!check_number(present, MOST_BYTES, true, &bytes)) {
            show_smallest(present);
            return 1;
        }
        if (i % 100000 == 99999)
            print_counts(first, now() - start);
    }
    alarm(0);
    print_counts(first, now() - start);
    destroy_contexts();
    /* A comparison of nothing proves nothing. */
    return counts.accepted * 10 >= count * 7 && counts.statuses[WEFT_OK] * 2 >= count ? 0 : 1;
}
