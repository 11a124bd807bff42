/* tests/unit/test_pools.c: pools, the working memory that a program declares: what programs see of
 * it, where its memory comes from and goes to, and runs that get none. The two programs that
 * docs/isa.md shows are run as they stand there. Under many threads: tests/tsan/threads.c. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/support.h"

static void run_ok(const char *text, const weft_arg *args, size_t nargs)
{
    weft_error error;
    cr_assert(test_run(text, args, nargs, &error) == WEFT_OK, "%s", error.message);
}
#define RUN(text, ...)                                                                             \
    run_ok(text, (const weft_arg[]){__VA_ARGS__}, COUNT(((const weft_arg[]){__VA_ARGS__})))

/* With an allocator that counts, on the reference backend and after a first run: what the context
 * keeps for other reasons is then there already. */
static weft_context *context_with(uint64_t pool_bytes, test_allocator *memory)
{
    weft_context_options options = {.size = sizeof options, .pool_bytes = pool_bytes};
    options.backend = memory ? WEFT_BACKEND_REFERENCE : WEFT_BACKEND_CPU;
    if (memory) {
        test_allocator_init(memory);
        options.allocator = &memory->allocator;
    }
    weft_context *context;
    cr_assert(weft_context_create(&options, &context) == WEFT_OK);
    if (memory) {
        weft_program *large = test_assemble(
            context, ".space [1]\n.scratch a u8\n.scratch b u8\n.scratch c u8\n.scratch d u8\n"
                     ".scratch e u8\n.scratch f u8\nexit\n");
        cr_assert(weft_run(context, large, NULL, 0) == WEFT_OK);
        weft_program_release(large);
    }
    return context;
}

/* A program with a pool 'p' of so many bytes that finds out whether any of them is set, and sets
 * all. It stores to 'found' how many were. */
static const char *filler(unsigned bytes)
{
    static char text[512];
    snprintf(text, sizeof text,
             ".space [1]\n.table found i64 out\n.pool p u8 count %u\nimm.i64 s0, 0\n"
             "imm.u8 s1, 255\nlength.i64 s2, [p], 0\nfor s3, s2\nld.u8 s4, [p + s3]\n"
             "cvt.i64.u8 s5, s4\nadd.i64 s0, s0, s5\nend\nfor s3, s2\nst.u8 s1, [p + s3]\nend\n"
             "st.i64 s0, [found]\nexit\n",
             bytes);
    return text;
}

/* Runs such a program once, in a context. */
static weft_status fill_pool(weft_context *context, unsigned bytes, weft_error *error)
{
    int64_t found = -1;
    weft_program *program = test_assemble(context, filler(bytes));
    weft_arg arg = ARRAY("found", WEFT_I64, &found, 1);
    weft_status status = weft_run_with(context, program, &arg, 1, NULL, error);
    cr_expect(found == (status ? -1 : 0), "%d bytes were set, or touched by a run that failed",
              (int)found);
    weft_program_release(program);
    return status;
}

/* --- what programs see ------------------------------------------------------------------------ */

/* The program in docs/isa.md that contains a line; free() it. */
static char *documented(const char *line)
{
    size_t length;
    char *page = test_read("docs/isa.md", &length), *at = strstr(page, line), *start = NULL;
    cr_assert(at, "docs/isa.md has no '%s'", line);
    for (char *fence = strstr(page, "```wfa\n"); fence && fence < at;
         fence = strstr(fence + 1, "```wfa\n"))
        start = fence + strlen("```wfa\n");
    cr_assert(start);
    *strstr(at, "```") = 0;
    memmove(page, start, strlen(start) + 1);
    return page;
}

Test(pools, documented_echo)
{
    static const int lengths[] = {0, 1, 47, 48, 49, 128, 300, 5000};
    static float x[5000], y[5000];
    char *text = documented(".pool    ring f32 count 48");
    float gain = 0.75f;
    for (int i = 0; i < 5000; i++)
        x[i] = (float)(i % 17) - 3.5f;
    for (size_t l = 0; l < COUNT(lengths); l++) {
        int n = lengths[l];
        RUN(text, ARRAY("x", WEFT_F32, x, n), VALUE("gain", WEFT_F32, &gain),
            ARRAY("y", WEFT_F32, y, n));
        for (int i = 0; i < n; i++) {
            float echo = (i < 48 ? 0 : y[i - 48]) * gain, wanted = echo + x[i];
            cr_assert(y[i] == wanted, "y[%d] of %d: %g, not %g", i, n, (double)y[i],
                      (double)wanted);
        }
    }
    free(text);
}

Test(pools, documented_histogram)
{
    static uint8_t pixels[3000];
    static int64_t below[300], counts[256];
    char *text = documented(".pool  counts i64 count 256");
    for (int i = 0; i < 3000; i++) {
        pixels[i] = (uint8_t)(i * i % 251);
        counts[pixels[i]]++;
    }
    RUN(text, ARRAY("pixel", WEFT_U8, pixels, 3000), ARRAY("below", WEFT_I64, below, 300));
    for (int64_t i = 0, sum = 0; i < 256; i++) {
        sum += counts[i];
        cr_assert(below[i] == sum, "below[%d]", (int)i);
    }
    cr_expect(below[255] == 3000 && below[256] == 0);
    RUN(text, ARRAY("pixel", WEFT_U8, NULL, 0), ARRAY("below", WEFT_I64, below, 256));
    for (int i = 0; i < 256; i++)
        cr_expect(below[i] == 0, "of nothing: below[%d]", i);
    weft_error error;
    weft_arg few[] = {ARRAY("pixel", WEFT_U8, pixels, 3000), ARRAY("below", WEFT_I64, below, 255)};
    cr_expect(test_run(text, few, 2, &error) == WEFT_ERR_RANGE);
    cr_expect(
        strcmp(error.message, "address 255 of 'below' is out of range: 0 to 254 are possible") == 0,
        "%s", error.message);
    free(text);
}

/* Strips go to a pool and come back in another order, both components; rows in between stay 0. */
Test(pools, scattered_and_gathered_by_strips)
{
    enum { N = 5000 };
    static int32_t x[N], y[N], z[N];
    const char *text = ".in x i32\n.out y i32\n.out z i32\n.pool p i32[2] count 10000\n"
                       "imm.i64 s0, 2\nimm.i64 s1, 9999\nloop\nindex.i64 v0, 0\n"
                       "mul.i64 v0, v0, s0\nld.i32 v1, [x]\nadd.i32 v2, v1, v1\n"
                       "scatter.i32.i64 v1, [p.0], v0\nscatter.i32.i64 v2, [p.1], v0\nend\nfence\n"
                       "loop\nindex.i64 v0, 0\nsub.i64 v0, s1, v0\ngather.i32.i64 v1, [p.0], v0\n"
                       "gather.i32.i64 v2, [p.1], v0\nst.i32 v1, [y]\nst.i32 v2, [z]\nend\nexit\n";
    for (int i = 0; i < N; i++)
        x[i] = i + 1;
    RUN(text, ARRAY("x", WEFT_I32, x, N), ARRAY("y", WEFT_I32, y, N), ARRAY("z", WEFT_I32, z, N));
    for (int i = 0; i < N; i++) {
        int row = 9999 - i, wanted = row % 2 ? 0 : row / 2 + 1;
        cr_assert(y[i] == wanted && z[i] == 2 * wanted, "element %d: %d and %d", i, (int)y[i],
                  (int)z[i]);
    }
}

/* Segments, the last row, the smallest pool, and that two pools are two. */
Test(pools, rows_and_components)
{
    int64_t t[12] = {0};
    const char *text =
        ".space [1]\n.table t i64 out\n.pool p i64[3] count 5\n.pool b bool count 1\n"
        ".pool q i64[3] count 5\n"
        "imm.i64 s0, 7\nimm.i64 s1, 8\nimm.i64 s2, 9\nsts.i64 s0..s2, [p + 4]\n"
        "st.i64 s0, [p.2]\nimm.bool s3, true\nst.bool s3, [b]\nfence\n"
        "lds.i64 s4..s6, [p + 4]\nst.i64 s4, [t]\nst.i64 s5, [t + 1]\n"
        "st.i64 s6, [t + 2]\nlds.i64 s4..s6, [p]\nst.i64 s4, [t + 3]\n"
        "st.i64 s6, [t + 4]\nld.bool s7, [b]\ncvt.i64.bool s8, s7\n"
        "st.i64 s8, [t + 5]\nlength.i64 s9, [p], 0\nst.i64 s9, [t + 6]\n"
        "length.i64 s9, [b], 0\nst.i64 s9, [t + 7]\nlds.i64 s4..s6, [q + 4]\n"
        "st.i64 s4, [t + 8]\nst.i64 s6, [t + 9]\nexit\n";
    const int64_t wanted[] = {7, 8, 9, 0, 7, 1, 5, 1, 0, 0};
    RUN(text, ARRAY("t", WEFT_I64, t, 12));
    for (size_t i = 0; i < COUNT(wanted); i++)
        cr_expect(t[i] == wanted[i], "t[%d] is %d", (int)i, (int)t[i]);
}

/* Whatever a run leaves in its pools, the next one does not see, nor does another program. */
Test(pools, every_run_sees_zeros)
{
    static const unsigned sizes[] = {1, 15, 64, 4096, 100000};
    test_allocator memory;
    weft_context *context = context_with(0, &memory); /* its fresh memory is not zero either */
    weft_error error;
    for (int round = 0; round < 3; round++)
        for (size_t i = 0; i < COUNT(sizes); i++)
            cr_expect(fill_pool(context, sizes[i], &error) == WEFT_OK, "%s", error.message);
    weft_program *other = test_assemble(context, ".space [1]\n.table t f64 out\n"
                                                 ".pool q f64[4] count 128\n"
                                                 "ld.f64 s0, [q.3 + 127]\nst.f64 s0, [t]\nexit\n");
    double value = -1;
    weft_arg arg = ARRAY("t", WEFT_F64, &value, 1);
    cr_expect(weft_run(context, other, &arg, 1) == WEFT_OK && value == 0);
    weft_program_release(other);
    weft_context_destroy(context);
    cr_expect(atomic_load(&memory.bytes) == 0 && atomic_load(&memory.blocks) == 0);
}

/* --- arguments and addresses ------------------------------------------------------------------ */

Test(pools, take_no_argument)
{
    int64_t found = -1;
    uint8_t bytes[8] = {0};
    weft_error error;
    weft_arg args[] = {ARRAY("found", WEFT_I64, &found, 1), ARRAY("p", WEFT_U8, bytes, 8)};
    cr_expect(test_run(filler(8), args, 2, &error) == WEFT_ERR_BIND);
    cr_expect(strcmp(error.message, "'p' is a pool: it takes no argument") == 0, "%s",
              error.message);
    args[1].name = NULL; /* by its position */
    cr_expect(test_run(filler(8), args, 2, &error) == WEFT_ERR_BIND);
    cr_expect(strstr(error.message, "'p' is a pool"), "%s", error.message);
    cr_expect(test_run(filler(8), args, 0, &error) == WEFT_ERR_BIND);
    cr_expect(strcmp(error.message, "there is no argument for 'found'") == 0, "%s", error.message);
    cr_expect(found == -1 && bytes[0] == 0);
}

Test(pools, shape)
{
    weft_context *context = test_context(0);
    weft_program *program =
        test_assemble(context, ".in x f32\n.pool p f32 count 1\n.pool q f32[3] count 70\nexit\n");
    int64_t shape[WEFT_MAX_ARG_RANK];
    int32_t rank = -1;
    weft_arg x = ARRAY("x", WEFT_F32, NULL, 9);
    cr_expect(weft_infer_shape(context, program, &x, 1, NULL, 1, &rank, shape, NULL) == WEFT_OK);
    cr_expect(rank == 1 && shape[0] == 1);
    cr_expect(weft_infer_shape(context, program, NULL, 0, NULL, 2, &rank, shape, NULL) == WEFT_OK);
    cr_expect(rank == 2 && shape[0] == 70 && shape[1] == 3);
    weft_program_release(program);
    weft_context_destroy(context);
}

/* Addresses that are not constant are proved when arguments are bound. */
Test(pools, affine_addresses)
{
    float x[6] = {0};
    weft_error error;
    const char *text = ".in x f32\n.pool p f32 count 5\nextent.i64 s0, 0\nimm.f32 s1, 1\n"
                       "for s2, s0\nst.f32 s1, [p + s2]\nend\nexit\n";
    weft_arg arg = ARRAY("x", WEFT_F32, x, 5);
    cr_expect(test_run(text, &arg, 1, &error) == WEFT_OK, "%s", error.message);
    arg = ARRAY("x", WEFT_F32, x, 6);
    cr_expect(test_run(text, &arg, 1, &error) == WEFT_ERR_RANGE && error.pc == 3);
    cr_expect(strcmp(error.message, "address 5 of 'p' is out of range: 0 to 4 are possible") == 0,
              "%s", error.message);
}

Test(pools, computed_indices)
{
    int32_t x[300];
    weft_error error;
    const char *texts[] = {
        ".in x i32\n.out y i32\n.pool p i32 count 5\nloop\nld.i32 v0, [x]\n"
        "gather.i32.i32 v1, [p], v0\nst.i32 v1, [y]\nend\nexit\n",
        ".in x i32\n.out y i32\n.pool p i32 count 5\nloop\nld.i32 v0, [x]\nst.i32 v0, [y]\n"
        "scatter.i32.i32 v0, [p], v0\nend\nexit\n"};
    static int32_t y[300];
    for (size_t t = 0; t < COUNT(texts); t++)
        for (int wrong = -1; wrong <= 5; wrong += 6) {
            for (int i = 0; i < 300; i++)
                x[i] = i == 200 ? wrong : i % 5;
            weft_arg args[] = {ARRAY("x", WEFT_I32, x, 300), ARRAY("y", WEFT_I32, y, 300)};
            cr_expect(test_run(texts[t], args, 2, &error) == WEFT_ERR_RANGE);
            cr_expect(error.element == 200, "element %d: %s", (int)error.element, error.message);
        }
}

/* --- memory ----------------------------------------------------------------------------------- */

static void expect_exhausted(weft_status status, const weft_error *error, const char *message)
{
    cr_expect(status == WEFT_ERR_MEMORY && error->status == WEFT_ERR_MEMORY);
    cr_expect(strcmp(error->message, message) == 0, "%s", error->message);
    cr_expect(error->pc == -1 && error->line == 0 && error->rule == 0);
}

Test(pools, exhausted_by_one_program)
{
    test_allocator memory;
    weft_context *context = context_with(1000, &memory);
    weft_error error;
    expect_exhausted(fill_pool(context, 1001, &error), &error,
                     "pool 'p': 1001 bytes are not left of the context's 1000 for pools (0 are in "
                     "use)");
    cr_expect(error.param == 1);
    cr_expect(fill_pool(context, 1000, &error) == WEFT_OK, "%s", error.message);
    float x[4] = {1, 2, 3, 4}, y[4] = {-1, -1, -1, -1};
    weft_arg args[] = {ARRAY("x", WEFT_F32, x, 4), ARRAY("y", WEFT_F32, y, 4)};
    weft_program *program = test_assemble(
        context, ".in x f32\n.pool first f64[2] count 50\n.scratch s f32\n.out y f32\n"
                 ".pool second u8[2] count 101\nloop\nld.f32 v0, [x]\nst.f32 v0, [y]\nend\nexit\n");
    expect_exhausted(weft_run_with(context, program, args, 2, NULL, &error), &error,
                     "pool 'second': 202 bytes are not left of the context's 1000 for pools (800 "
                     "are in use)");
    cr_expect(error.param == 4 && y[0] == -1 && y[3] == -1);
    weft_program_release(program);
    cr_expect(fill_pool(context, 1000, &error) == WEFT_OK, "the first pool was given back");
    expect_exhausted(fill_pool(context, 4294967295, &error), &error,
                     "pool 'p': 4294967295 bytes are not left of the context's 1000 for pools (0 "
                     "are in use)");
    program = test_assemble(context, ".space [1]\n.pool p f64[16] count 4294967295\nexit\n");
    expect_exhausted(weft_run_with(context, program, NULL, 0, NULL, &error), &error,
                     "pool 'p': 549755813760 bytes are not left of the context's 1000 for pools (0 "
                     "are in use)");
    weft_program_release(program);
    cr_expect(test_context_works(context));
    weft_context_destroy(context);
    cr_expect(atomic_load(&memory.bytes) == 0 && atomic_load(&memory.blocks) == 0);
}

/* An allocator that gives no memory for a pool: it is not counted as in use after that. */
Test(pools, more_than_there_is)
{
    const uint64_t bytes = UINT64_C(549755813760);
    test_allocator memory;
    weft_context *context = context_with(bytes, &memory);
    weft_error error;
    weft_program *program =
        test_assemble(context, ".space [1]\n.pool p f64[16] count 4294967295\nexit\n");
    size_t before = atomic_load(&memory.bytes);
    for (long k = 0; k < 100; k++) {
        test_allocator_fail(&memory, k, false);
        weft_status status = weft_run_with(context, program, NULL, 0, NULL, &error);
        cr_assert(status == WEFT_ERR_MEMORY, "allocation %ld", k);
        cr_expect(atomic_load(&memory.bytes) == before);
        if (strstr(error.message, "pool"))
            break;
    }
    expect_exhausted(WEFT_ERR_MEMORY, &error, "out of memory for pool 'p' of 549755813760 bytes");
    cr_expect(error.param == 0);
    test_allocator_fail(&memory, -1, false);
    cr_expect(fill_pool(context, 1000, &error) == WEFT_OK, "%s", error.message);
    weft_program_release(program);
    weft_context_destroy(context);
    cr_expect(atomic_load(&memory.bytes) == 0);
}

typedef struct nested { /* runs that are started while another run has its pools */
    weft_context *context;
    int calls;
} nested;

static int run_others(void *user, uint64_t cost)
{
    nested *n = user;
    weft_error error;
    (void)cost;
    n->calls++;
    expect_exhausted(fill_pool(n->context, 401, &error), &error,
                     "pool 'p': 401 bytes are not left of the context's 1000 for pools (600 are in "
                     "use)");
    cr_expect(fill_pool(n->context, 400, &error) == WEFT_OK, "%s", error.message);
    cr_expect(fill_pool(n->context, 100, &error) == WEFT_OK, "%s", error.message);
    return n->calls == 2;
}

Test(pools, exhausted_by_two_programs)
{
    test_allocator memory;
    nested n = {context_with(1000, &memory), 0};
    weft_program *program = test_assemble(
        n.context, ".space [1]\n.pool big u16 count 300\nimm.u16 s0, 1\nst.u16 s0, [big]\n"
                   "for s1, 1000000\nimm.i64 s2, 1\nend\nexit\n");
    weft_run_options options = {
        .size = sizeof options, .progress = run_others, .progress_user = &n};
    weft_error error;
    cr_expect(weft_run_with(n.context, program, NULL, 0, &options, &error) == WEFT_ERR_CANCELLED);
    cr_expect(n.calls == 2, "%d calls", n.calls);
    cr_expect(fill_pool(n.context, 1000, &error) == WEFT_OK, "when it has ended: %s",
              error.message);
    weft_program_release(program);
    cr_expect(test_context_works(n.context));
    weft_context_destroy(n.context);
    cr_expect(atomic_load(&memory.bytes) == 0 && atomic_load(&memory.blocks) == 0);
}

/* However a run ends, its pools are there for the next one. */
Test(pools, come_back_after_errors)
{
    weft_context *context = context_with(800, NULL);
    weft_error error;
    weft_program *program = test_assemble(
        context, ".space [1]\n.pool p i64 count 100\n.uniform u i64\nimm.i64 s0, 0\n"
                 "ld.i64 s0, [u]\ngather.i64.i64 s1, [p], s0\nfor s2, 100000\nend\nexit\n");
    for (int i = 0; i < 3; i++) {
        int64_t u = i == 0 ? 100 : 0;
        weft_arg arg = VALUE("u", WEFT_I64, &u);
        weft_cancel *cancel;
        cr_assert(weft_cancel_create(context, &cancel) == WEFT_OK);
        weft_run_options options = {.size = sizeof options, .budget = i == 1 ? 1000 : 0};
        options.cancel = cancel;
        if (i == 2)
            weft_cancel_request(cancel);
        weft_status wanted[] = {WEFT_ERR_RANGE, WEFT_ERR_BUDGET, WEFT_ERR_CANCELLED};
        cr_expect(weft_run_with(context, program, &arg, 1, &options, &error) == wanted[i]);
        cr_expect(fill_pool(context, 800, &error) == WEFT_OK, "%s", error.message);
        weft_cancel_destroy(cancel);
    }
    weft_program_release(program);
    weft_context_destroy(context);
}

/* --- memory that is kept ---------------------------------------------------------------------- */

static long calls_of_a_run(weft_context *context, const weft_program *program,
                           test_allocator *memory)
{
    int64_t found;
    weft_arg arg = ARRAY("found", WEFT_I64, &found, 1);
    test_allocator_fail(memory, -1, false);
    cr_assert(weft_run(context, program, &arg, 1) == WEFT_OK && found == 0);
    return atomic_load(&memory->calls);
}

Test(pools, are_not_allocated_anew)
{
    test_allocator memory;
    weft_context *context = context_with(0, &memory);
    weft_program *program = test_assemble(context, filler(5000));
    size_t before = atomic_load(&memory.bytes);
    long first = calls_of_a_run(context, program, &memory);
    cr_expect(atomic_load(&memory.bytes) == before + 5000, "the context keeps the pool");
    for (int i = 0; i < 5; i++)
        cr_expect(calls_of_a_run(context, program, &memory) == first - 1);
    cr_expect(atomic_load(&memory.bytes) == before + 5000);
    weft_context_destroy(context); /* the program keeps it, but runs no more */
    size_t left = atomic_load(&memory.bytes);
    cr_expect(left <= before && left > 0, "%zu bytes of %zu", left, before);
    weft_program_release(program);
    cr_expect(atomic_load(&memory.bytes) == 0 && atomic_load(&memory.blocks) == 0);
}

/* What is kept and what is in use stay within pool_bytes together; the oldest goes first. */
Test(pools, kept_within_the_limit)
{
    test_allocator memory;
    weft_context *context = context_with(1000, &memory);
    weft_error error;
    size_t before = atomic_load(&memory.bytes);
    const struct {
        unsigned run;
        size_t kept;
    } steps[] = {{400, 400}, {300, 700}, {300, 700}, {200, 900}, {101, 601}, {1000, 1000}, {1, 1}};
    for (size_t i = 0; i < COUNT(steps); i++) {
        cr_expect(fill_pool(context, steps[i].run, &error) == WEFT_OK);
        size_t kept = atomic_load(&memory.bytes) - before;
        size_t least = steps[i].kept < 16 ? 16 : steps[i].kept; /* room for the list */
        cr_expect(kept == least, "step %d: %zu bytes are kept", (int)i, kept);
    }
    weft_context_destroy(context);
    cr_expect(atomic_load(&memory.bytes) == 0);
}

typedef struct noted {
    test_allocator memory;
    size_t during; /* bytes alive while a run was under way */
} noted;

static int note_bytes(void *user, uint64_t cost)
{
    noted *n = user;
    (void)cost;
    n->during = atomic_load(&n->memory.bytes);
    return 0;
}

/* Also while a run has its pools: what is kept makes room before memory is asked for. */
Test(pools, kept_makes_room)
{
    static noted n[2];
    for (int i = 0; i < 2; i++) {
        weft_context *context = context_with(1000, &n[i].memory);
        weft_error error;
        if (i == 1)
            cr_assert(fill_pool(context, 600, &error) == WEFT_OK);
        weft_program *program =
            test_assemble(context, ".space [1]\n.pool p u8 count 700\nfor s1, 100000\nend\nexit\n");
        weft_run_options options = {
            .size = sizeof options, .progress = note_bytes, .progress_user = &n[i]};
        cr_expect(weft_run_with(context, program, NULL, 0, &options, &error) == WEFT_OK);
        weft_program_release(program);
        weft_context_destroy(context);
    }
    cr_expect(n[0].during > 700 && n[0].during == n[1].during, "%zu and %zu bytes", n[0].during,
              n[1].during);
}

Test(pools, kept_within_a_number)
{
    test_allocator memory;
    weft_context *context = context_with(0, &memory);
    weft_error error;
    size_t before = atomic_load(&memory.blocks);
    for (unsigned i = 1; i <= 300; i++)
        cr_assert(fill_pool(context, 16 + i, &error) == WEFT_OK);
    size_t kept = atomic_load(&memory.blocks) - before;
    cr_expect(kept == 256, "%zu blocks are kept", kept);
    weft_context_destroy(context);
    cr_expect(atomic_load(&memory.bytes) == 0);
}

/* Memory that lies idle is no reason to fail: it is given up, and the allocator asked again. */
Test(pools, kept_memory_is_given_up)
{
    test_allocator memory;
    weft_context *context = context_with(0, &memory);
    weft_error error;
    cr_assert(fill_pool(context, 5000, &error) == WEFT_OK);
    weft_program *program = test_assemble(context, filler(7000));
    size_t before = atomic_load(&memory.bytes);
    int64_t found = -1;
    weft_arg arg = ARRAY("found", WEFT_I64, &found, 1);
    weft_status status = WEFT_ERR_MEMORY;
    for (long k = 0; status; k++) {
        test_allocator_fail(&memory, k, false);
        status = weft_run_with(context, program, &arg, 1, NULL, &error);
        cr_assert(atomic_load(&memory.calls) > k, "no failing call was survived");
        cr_expect(!status || !strstr(error.message, "pool"), "%s", error.message);
    }
    cr_expect(found == 0 && atomic_load(&memory.bytes) == before - 5000 + 7000);
    weft_program_release(program);
    weft_context_destroy(context);
    cr_expect(atomic_load(&memory.bytes) == 0);
}

/* --- text and image --------------------------------------------------------------------------- */

Test(pools, image_and_text)
{
    const char *text = ".pool p f32[2] count 4294967295\n.pool q bool count 1\nexit\n";
    weft_context *context = test_context(0);
    size_t length, again, text_length;
    unsigned char *image = test_image(text, &length);
    weft_program *program;
    weft_error error;
    weft_param_info info;
    void *copy;
    char *printed;
    cr_expect(memcmp(image, "WEFT\1\0\1\0", 8) == 0, "version 1.1");
    cr_assert(weft_load(context, image, length, &program, &error) == WEFT_OK, "%s", error.message);
    cr_assert(weft_save(program, &copy, &again, NULL) == WEFT_OK);
    cr_expect(again == length && memcmp(copy, image, length) == 0);
    cr_expect(weft_program_param(program, 0, &info) == WEFT_OK && info.kind == WEFT_PARAM_POOL &&
              info.count == 4294967295 && info.segment == 2 && info.dims == 0 && info.window == 0);
    cr_assert(weft_disassemble(program, &printed, &text_length, NULL) == WEFT_OK);
    cr_expect_str_eq(printed, ".weft 1\n.space 1\n.pool p f32[2] count 4294967295\n"
                              ".pool q bool count 1\n\nexit\n");
    weft_free(printed);
    weft_free(copy);
    weft_program_release(program);
    weft_context_destroy(context);
    free(image);
}
