/* tests/unit/test_functions.c: user functions: what is registered and removed, what programs that
 * apply them see, in which order and how often they are called, and runs that do not find them.
 * Random programs apply functions in plain/test_differential.c; many threads: tsan/functions.c. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/support.h"

/* --- functions -------------------------------------------------------------------------------- */

static void add_f32(void *user, void *dst, const void *const *args, size_t n)
{
    const float *a = args[0], *b = args[1];
    float *d = dst;
    (void)user;
    memset(d, 0xff, n * sizeof *d); /* which must not change an argument */
    for (size_t i = 0; i < n; i++)
        d[i] = a[i] + b[i];
}

static void nothing(void *user, void *dst, const void *const *args, size_t n)
{
    (void)user, (void)dst, (void)args, (void)n;
}

typedef struct trace { /* what a function that is not pure has seen */
    size_t count, most, calls;
    int64_t *seen;
} trace;

/* d[i] = how many elements came before. */
static void note(void *user, void *dst, const void *const *args, size_t n)
{
    trace *t = user;
    const int64_t *a = args[0];
    int64_t *d = dst;
    t->calls++;
    for (size_t i = 0; i < n && t->count < t->most; i++) {
        d[i] = (int64_t)t->count;
        t->seen[t->count++] = a[i];
    }
}

static weft_function_info function(const char *name, weft_function *call)
{
    weft_function_info info = {.size = sizeof info,
                               .name = name,
                               .result = WEFT_F32,
                               .n_args = 2,
                               .args = {WEFT_F32, WEFT_F32},
                               .flags = WEFT_FUNCTION_PURE,
                               .call = call};
    return info;
}

static weft_function_info noting(trace *t)
{
    weft_function_info info = {.size = sizeof info,
                               .name = "note",
                               .result = WEFT_I64,
                               .n_args = 1,
                               .args = {WEFT_I64},
                               .call = note,
                               .user = t};
    return info;
}

static void add(weft_context *context, const weft_function_info *info)
{
    weft_error error;
    cr_assert(weft_function_register(context, info, &error) == WEFT_OK, "%s", error.message);
    cr_assert(error.status == WEFT_OK && !*error.message);
}

static weft_status run(weft_context *context, const char *text, const weft_arg *args, size_t nargs,
                       weft_error *error)
{
    weft_program *program = test_assemble(context, text);
    weft_status status = weft_run_with(context, program, args, nargs, NULL, error);
    weft_program_release(program);
    return status;
}

#define FAILS(call, expected, why)                                                                 \
    do {                                                                                           \
        weft_status status_ = (call);                                                              \
        cr_expect(status_ == (expected) && error.status == status_ &&                              \
                      strstr(error.message, why) != NULL,                                          \
                  "%s: %s '%s'", #call, weft_status_name(status_), error.message);                 \
    } while (0)

/* --- registering ------------------------------------------------------------------------------ */

static void count_release(void *user)
{
    ++*(int *)user;
}

Test(functions, what_cannot_be_registered)
{
    static const char long_name[] =
        "abcdefghijabcdefghijabcdefghijabcdefghijabcdefghijabcdefghijabcd";
    test_allocator memory;
    test_allocator_init(&memory);
    weft_context_options options = {.size = sizeof options, .allocator = &memory.allocator};
    weft_context *context;
    cr_assert(weft_context_create(&options, &context) == WEFT_OK);
    weft_error error;
    int released = 0;
    const weft_function_info good = function("f", add_f32);
    weft_function_info bad[18];
    const char *const messages[18] = {"size",
                                      "size",
                                      "needs a name",
                                      "'' is no name",
                                      "'1f' is no name",
                                      "'f g' is no name",
                                      "'f-' is no name",
                                      "more than 63 characters",
                                      "cannot have 0 arguments: 1 to 3",
                                      "cannot have 4 arguments: 1 to 3",
                                      "result of no element type",
                                      "result of no element type",
                                      "cannot have type 0 for argument 1",
                                      "cannot have type 14 for argument 0",
                                      "cannot have type 1 for argument 2",
                                      "unknown flags 0x2",
                                      "unknown flags 0x80000001",
                                      "nothing to be called"};
    for (size_t i = 0; i < COUNT(bad); i++) {
        bad[i] = good;
        bad[i].user = &released;
        bad[i].release = count_release;
    }
    bad[0].size = 3;
    bad[1].size = sizeof good + 8;
    bad[2].name = NULL;
    bad[3].name = "";
    bad[4].name = "1f";
    bad[5].name = "f g";
    bad[6].name = "f-";
    bad[7].name = long_name;
    bad[8].n_args = 0;
    bad[9].n_args = 4;
    bad[10].result = WEFT_NONE;
    bad[11].result = WEFT_TYPE_COUNT;
    bad[12].args[1] = WEFT_NONE;
    bad[13].args[0] = WEFT_TYPE_COUNT;
    bad[14].args[2] = WEFT_I8;
    bad[15].flags = 2;
    bad[16].flags = 0x80000001;
    bad[17].call = NULL;
    for (size_t i = 0; i < COUNT(bad); i++) {
        const size_t blocks = atomic_load(&memory.blocks);
        FAILS(weft_function_register(context, &bad[i], &error), WEFT_ERR_ARG, messages[i]);
        cr_expect(weft_function_register(context, &bad[i], NULL) == WEFT_ERR_ARG);
        cr_expect(atomic_load(&memory.blocks) == blocks);
    }
    FAILS(weft_function_register(NULL, &good, &error), WEFT_ERR_ARG, "needs a context");
    FAILS(weft_function_register(context, NULL, &error), WEFT_ERR_ARG, "needs a context");
    add(context, &good);
    weft_function_info again = good;
    again.release = count_release;
    again.user = &released;
    FAILS(weft_function_register(context, &again, &error), WEFT_ERR_ARG,
          "has a function 'f' already");
    cr_expect(released == 0 && test_context_works(context));
    weft_context_destroy(context);
    cr_expect(released == 0 && atomic_load(&memory.bytes) == 0);
}

Test(functions, removed_and_described)
{
    weft_context *context = test_context(0), *other = test_context(0);
    weft_error error;
    int released = 0;
    weft_function_info info = function("f", add_f32), found = {.size = sizeof found};
    info.user = &released;
    info.release = count_release;
    FAILS(weft_function_unregister(context, "f", &error), WEFT_ERR_ARG, "no function 'f'");
    add(context, &info);
    cr_expect(weft_function_query(context, "f", &found, &error) == WEFT_OK && !*error.message);
    cr_expect(strcmp(found.name, "f") == 0 && found.result == WEFT_F32 && found.n_args == 2 &&
              found.args[0] == WEFT_F32 && found.args[1] == WEFT_F32 && found.args[2] == 0 &&
              found.flags == WEFT_FUNCTION_PURE && found.call == add_f32 &&
              found.user == &released && found.release == count_release);
    found.n_args = 77;
    FAILS(weft_function_query(context, "g", &found, &error), WEFT_ERR_ARG, "no function 'g'");
    FAILS(weft_function_query(other, "f", &found, &error), WEFT_ERR_ARG, "no function 'f'");
    FAILS(weft_function_query(NULL, "f", &found, &error), WEFT_ERR_ARG, "needs");
    FAILS(weft_function_query(context, NULL, &found, &error), WEFT_ERR_ARG, "needs");
    FAILS(weft_function_query(context, "f", NULL, &error), WEFT_ERR_ARG, "needs");
    cr_expect(found.n_args == 77, "nothing is written on error");
    found.size = sizeof found + 1;
    FAILS(weft_function_query(context, "f", &found, &error), WEFT_ERR_ARG, "size");
    FAILS(weft_function_unregister(NULL, "f", &error), WEFT_ERR_ARG, "needs");
    FAILS(weft_function_unregister(context, NULL, &error), WEFT_ERR_ARG, "needs");
    FAILS(weft_function_unregister(other, "f", &error), WEFT_ERR_ARG, "no function 'f'");
    cr_expect(released == 0);
    cr_expect(weft_function_unregister(context, "f", &error) == WEFT_OK && !*error.message);
    cr_expect(released == 1);
    FAILS(weft_function_unregister(context, "f", &error), WEFT_ERR_ARG, "no function 'f'");
    add(context, &info); /* the name is free again */
    weft_context_destroy(context);
    cr_expect(released == 2, "what is left goes with the context");
    weft_context_destroy(other);
}

/* So many that every list of the table has some; each is found, and each goes once. */
Test(functions, many)
{
    enum { MANY = 1000 };
    static int released[MANY];
    weft_context *context = test_context(0);
    char name[16];
    for (int i = 0; i < MANY; i++) {
        snprintf(name, sizeof name, "f%d", i); /* which the context copies */
        weft_function_info info = function(name, nothing);
        info.user = &released[i];
        info.release = count_release;
        info.n_args = 1;
        info.args[1] = WEFT_NONE;
        info.result = (weft_dtype)(1 + i % (WEFT_TYPE_COUNT - 1));
        add(context, &info);
    }
    for (int i = 0; i < MANY; i += 3) {
        snprintf(name, sizeof name, "f%d", i);
        cr_assert(weft_function_unregister(context, name, NULL) == WEFT_OK && released[i] == 1);
    }
    for (int i = 0; i < MANY; i++) {
        weft_function_info found = {.size = sizeof found};
        snprintf(name, sizeof name, "f%d", i);
        weft_status status = weft_function_query(context, name, &found, NULL);
        cr_assert(status == (i % 3 ? WEFT_OK : WEFT_ERR_ARG), "%s", name);
        cr_assert(status || (found.user == &released[i] &&
                             found.result == (weft_dtype)(1 + i % (WEFT_TYPE_COUNT - 1))));
    }
    weft_context_destroy(context);
    for (int i = 0; i < MANY; i++)
        cr_assert(released[i] == 1, "f%d", i);
}

/* --- results ---------------------------------------------------------------------------------- */

enum { N = 5000 };

/* On both backends, from 128 to 2,048 elements at a time; where the result is the argument, the
 * argument is whole until the function returns. */
Test(functions, arguments_and_results)
{
    static const char text[] = ".in x f32\n.in z f32\n.out y f32\n.out w f32\n"
                               ".function add f32 (f32, f32) pure\nloop\nld.f32 v0, [x]\n"
                               "ld.f32 v1, [z]\napply.f32 v2, [add], v0, v1\nst.f32 v2, [w]\n"
                               "apply.f32 v0, [add], v0, v0\napply.f32 v0, [add], v0, v1\n"
                               "st.f32 v0, [y]\nend\nexit\n";
    static float x[N], z[N], y[N], w[N];
    weft_function_info info = function("add", add_f32);
    for (unsigned backend = 0; backend < 2; backend++)
        for (uint32_t strip = 0; strip <= 2048; strip = strip ? 4 * strip : 128) {
            weft_context_options options = {
                .size = sizeof options, .backend = backend, .strip_length = strip};
            weft_context *context;
            weft_error error;
            cr_assert(weft_context_create(&options, &context) == WEFT_OK);
            add(context, &info);
            for (int i = 0; i < N; i++) {
                x[i] = (float)i;
                z[i] = (float)(i % 7);
            }
            weft_arg args[] = {ARRAY("x", WEFT_F32, x, N), ARRAY("z", WEFT_F32, z, N),
                               ARRAY("y", WEFT_F32, y, N), ARRAY("w", WEFT_F32, w, N)};
            cr_assert(run(context, text, args, 4, &error) == WEFT_OK, "%s", error.message);
            for (int i = 0; i < N; i++)
                cr_assert(y[i] == (float)(2 * i + i % 7) && w[i] == (float)(i + i % 7));
            args[2].data = x; /* in place */
            cr_assert(run(context, text, args, 4, &error) == WEFT_OK, "%s", error.message);
            for (int i = 0; i < N; i++)
                cr_assert(x[i] == (float)(2 * i + i % 7) && z[i] == (float)(i % 7));
            weft_context_destroy(context);
        }
}

typedef struct typed {
    size_t sizes[4]; /* of the result and the arguments */
    unsigned n_args;
} typed;

/* The bytes of the result from those of the arguments: result byte j = sum of the argument's byte j
 * of each argument that has one. */
static void sum_bytes(void *user, void *dst, const void *const *args, size_t n)
{
    const typed *t = user;
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < t->sizes[0]; j++) {
            unsigned char sum = 0;
            for (unsigned a = 0; a < t->n_args; a++)
                if (j < t->sizes[1 + a])
                    sum =
                        (unsigned char)(sum +
                                        ((const unsigned char *)args[a])[i * t->sizes[1 + a] + j]);
            ((unsigned char *)dst)[i * t->sizes[0] + j] = sum;
        }
}

/* Every type as a result and as each of three arguments. */
Test(functions, every_type)
{
    static unsigned char x[3][8 * N], y[8 * N];
    weft_context *context = test_context(0);
    for (unsigned result = 1; result < WEFT_TYPE_COUNT; result++)
        for (unsigned n_args = 1; n_args <= 3; n_args++) {
            weft_dtype types[4] = {(weft_dtype)result};
            typed t = {{weft_dtype_size(types[0])}, n_args};
            weft_function_info info = {.size = sizeof info,
                                       .name = "f",
                                       .result = types[0],
                                       .n_args = n_args,
                                       .call = sum_bytes,
                                       .user = &t};
            char text[1024], list[64] = "", loads[256] = "", places[64] = "", inputs[128] = "";
            weft_arg args[4];
            for (unsigned a = 0; a < n_args; a++) {
                const unsigned type = 1 + (result + 5 * a) % (WEFT_TYPE_COUNT - 1);
                types[1 + a] = info.args[a] = (weft_dtype)type;
                t.sizes[1 + a] = weft_dtype_size((weft_dtype)type);
                const char *word = weft_dtype_name((weft_dtype)type);
                const char file = type == WEFT_BOOL ? 'p' : 'v';
                sprintf(list + strlen(list), "%s%s", a ? ", " : "", word);
                sprintf(inputs + strlen(inputs), ".in x%u %s\n", a, word);
                sprintf(loads + strlen(loads), "ld.%s %c%u, [x%u]\n", word, file, a, a);
                sprintf(places + strlen(places), ", %c%u", file, a);
                for (size_t i = 0; i < sizeof x[a]; i++)
                    x[a][i] = (unsigned char)(rand() >> 8);
                for (size_t i = 0; type == WEFT_BOOL && i < sizeof x[a]; i++)
                    x[a][i] &= 1;
                args[a] = test_arg(NULL, (weft_dtype)type, x[a], 1, (int64_t[]){N});
            }
            const char *word = weft_dtype_name(types[0]);
            const char file = result == WEFT_BOOL ? 'p' : 'v';
            snprintf(text, sizeof text,
                     "%s.out y %s\n.function f %s (%s) pure\nloop\n%sapply.%s %c9, [f]%s\n"
                     "st.%s %c9, [y]\nend\nexit\n",
                     inputs, word, word, list, loads, word, file, places, word, file);
            args[n_args] = test_arg(NULL, types[0], y, 1, (int64_t[]){N});
            info.flags = WEFT_FUNCTION_PURE;
            add(context, &info);
            weft_error error;
            cr_assert(run(context, text, args, n_args + 1, &error) == WEFT_OK, "%s\n%s",
                      error.message, text);
            for (size_t i = 0; i < N; i++)
                for (size_t j = 0; j < t.sizes[0]; j++) {
                    unsigned char sum = 0;
                    for (unsigned a = 0; a < n_args; a++)
                        if (j < t.sizes[1 + a])
                            sum = (unsigned char)(sum + x[a][i * t.sizes[1 + a] + j]);
                    sum = result == WEFT_BOOL ? sum != 0 : sum;
                    cr_assert(y[i * t.sizes[0] + j] == sum, "%s: element %zu", text, i);
                }
            cr_assert(weft_function_unregister(context, "f", NULL) == WEFT_OK);
        }
    weft_context_destroy(context);
}

/* A predicate that a function gives is true or false for what reads it, whatever its byte. */
static void any_truth(void *user, void *dst, const void *const *args, size_t n)
{
    const int32_t *a = args[0];
    uint8_t *d = dst;
    (void)user;
    for (size_t i = 0; i < n; i++)
        d[i] = (uint8_t)a[i];
}

Test(functions, truth_of_any_byte)
{
    static const char text[] =
        ".in x i32\n.out y i32\n.out z bool\n.table count i64 out\n"
        ".function truth bool (i32) pure\nimm.i32 s0, 1\nimm.i32 s1, 0\n"
        "loop\nld.i32 v0, [x]\napply.bool p0, [truth], v0\n"
        "sel.i32 v1, p0, s0, s1\nnot.bool p1, p0\nst.i32 v1, [y]\n"
        "st.bool p1, [z]\ncount.bool s2, p0\nend\nst.i64 s2, [count]\nexit\n";
    static int32_t x[N], y[N];
    static uint8_t z[N];
    int64_t count = 0, expected = 0;
    for (unsigned backend = 0; backend < 2; backend++) {
        weft_context_options options = {.size = sizeof options, .backend = backend};
        weft_context *context;
        weft_error error;
        cr_assert(weft_context_create(&options, &context) == WEFT_OK);
        weft_function_info info = {.size = sizeof info,
                                   .name = "truth",
                                   .result = WEFT_BOOL,
                                   .n_args = 1,
                                   .args = {WEFT_I32},
                                   .flags = WEFT_FUNCTION_PURE,
                                   .call = any_truth};
        add(context, &info);
        expected = 0;
        for (int i = 0; i < N; i++) {
            x[i] = i;
            expected += (i & 0xff) != 0;
        }
        weft_arg args[] = {ARRAY("x", WEFT_I32, x, N), ARRAY("y", WEFT_I32, y, N),
                           ARRAY("z", WEFT_BOOL, z, N), ARRAY("count", WEFT_I64, &count, 1)};
        cr_assert(run(context, text, args, 4, &error) == WEFT_OK, "%s", error.message);
        for (int i = 0; i < N; i++)
            cr_assert(y[i] == ((i & 0xff) != 0) && z[i] == ((i & 0xff) == 0), "element %d", i);
        cr_expect(count == expected);
        weft_context_destroy(context);
    }
}

/* --- order ------------------------------------------------------------------------------------ */

static weft_context *context_of(uint32_t backend, uint32_t threads, uint32_t strip)
{
    weft_context_options options = {.size = sizeof options,
                                    .backend = backend,
                                    .threads = threads,
                                    .strip_length = strip,
                                    .split_cost = 1};
    weft_context *context;
    cr_assert(weft_context_create(&options, &context) == WEFT_OK);
    return context;
}

/* x[i] = i in the order of the index space, however the array lies; `times` runs through it. */
static void check_order(const char *text, const weft_arg *args, size_t nargs, int64_t elements,
                        int64_t times)
{
    int64_t *seen = malloc((size_t)(elements * times + 1) * sizeof *seen);
    for (uint32_t way = 0; way < 2 * 3 * 4; way++) {
        trace t = {0, (size_t)(elements * times + 1), 0, seen};
        weft_context *context = context_of(way % 2, 1 + 2 * (way / 2 % 3),
                                           (const uint32_t[]){0, 128, 512, 2048}[way / 6]);
        weft_function_info info = noting(&t);
        weft_error error;
        add(context, &info);
        cr_assert(run(context, text, args, nargs, &error) == WEFT_OK, "%s", error.message);
        cr_assert(t.count == (size_t)(elements * times), "%zu elements", t.count);
        for (int64_t i = 0; i < elements * times; i++)
            cr_assert(seen[i] == i % elements, "way %u: call %d was for element %d", way, (int)i,
                      (int)seen[i]);
        weft_context_destroy(context);
    }
    free(seen);
}

#define NOTE ".function note i64 (i64)\n"

Test(functions, order_of_a_loop)
{
    enum { LONG = 300000 };
    int64_t *x = malloc(LONG * sizeof *x), *y = malloc(LONG * sizeof *y);
    for (int64_t i = 0; i < LONG; i++)
        x[i] = i;
    weft_arg args[] = {ARRAY("x", WEFT_I64, x, LONG), ARRAY("y", WEFT_I64, y, LONG)};
    check_order(".in x i64\n.out y i64\n" NOTE "loop\nld.i64 v0, [x]\napply.i64 v0, [note], v0\n"
                "st.i64 v0, [y]\nend\nexit\n",
                args, 2, LONG, 1);
    for (int64_t i = 0; i < LONG; i++)
        cr_assert(y[i] == i);
    /* in a function, behind a sum, with another loop that is split before it */
    check_order(".in x i64\n.out y i64\n" NOTE "loop\nld.i64 v0, [x]\nadd.i64 v0, v0, v0\n"
                "st.i64 v0, [y]\nend\nfor s0, 3\nloop\nld.i64 v0, [x]\nsum.i64 s1, v0\n"
                "call f\nst.i64 v1, [y]\nend\nend\nexit\nf:\nfunc\napply.i64 v1, [note], v0\nret\n",
                args, 2, LONG, 3);
    for (int64_t i = 0; i < LONG; i++)
        cr_assert(y[i] == 2 * LONG + i);
    free(x);
    free(y);
}

/* Rows of arrays that lie the other way round, with a loop inside each, and over both. */
Test(functions, order_of_dimensions)
{
    enum { ROWS = 70, COLUMNS = 900 };
    int64_t *x = malloc(ROWS * COLUMNS * sizeof *x), *y = malloc(ROWS * COLUMNS * sizeof *y);
    for (int64_t r = 0; r < ROWS; r++)
        for (int64_t c = 0; c < COLUMNS; c++)
            x[c * ROWS + r] = r * COLUMNS + c;
    weft_arg args[] = {STRIDED(ARRAY("x", WEFT_I64, x, ROWS, COLUMNS), 8, 8 * ROWS),
                       STRIDED(ARRAY("y", WEFT_I64, y, ROWS, COLUMNS), 8, 8 * ROWS)};
    check_order(".space 2\n.in x i64\n.out y i64\n" NOTE "loop\nld.i64 v0, [x]\n"
                "apply.i64 v0, [note], v0\nst.i64 v0, [y]\nend\nexit\n",
                args, 2, ROWS * COLUMNS, 1);
    check_order(".space 2\n.in x i64\n.out y i64\n" NOTE "each 0\nloop 1\nld.i64 v0, [x]\n"
                "apply.i64 v0, [note], v0\nst.i64 v0, [y]\nend\nend\nexit\n",
                args, 2, ROWS * COLUMNS, 1);
    check_order(".space 2\n.in x i64\n" NOTE "seq 0\nloop 1\nld.i64 v0, [x]\n"
                "apply.i64 v0, [note], v0\nend\nend\nexit\n",
                args, 1, ROWS * COLUMNS, 1);
    free(x);
    free(y);
}

Test(functions, order_of_a_strip_block)
{
    static int64_t x[4096];
    for (int64_t i = 0; i < 4096; i++)
        x[i] = i;
    weft_arg args[] = {ARRAY("x", WEFT_I64, x, 4096)};
    check_order(".space [4096]\n.in x i64\n" NOTE "strip 4096\nld.i64 v0, [x]\nfor s0, 2\n"
                "apply.i64 v1, [note], v0\nend\napply.i64 v1, [note], v0\nend\nexit\n",
                args, 1, 4096, 3);
}

/* A loop with a pure function goes over threads, one with another does not. */
Test(functions, pure_ones_run_on_all_threads)
{
    enum { LONG = 300000 };
    static float x[LONG], y[LONG];
    for (int pure = 0; pure < 2; pure++) {
        weft_context *context = context_of(WEFT_BACKEND_CPU, 4, 0);
        weft_function_info info = function("add", add_f32);
        weft_error error;
        char text[256];
        snprintf(text, sizeof text,
                 ".in x f32\n.out y f32\n.function add f32 (f32, f32)%s\nloop\nld.f32 v0, [x]\n"
                 "apply.f32 v0, [add], v0, v0\nst.f32 v0, [y]\nend\nexit\n",
                 pure ? " pure" : "");
        add(context, &info); /* which may be declared less than it is */
        for (int i = 0; i < LONG; i++)
            x[i] = (float)i;
        weft_arg args[] = {ARRAY("x", WEFT_F32, x, LONG), ARRAY("y", WEFT_F32, y, LONG)};
        cr_assert(run(context, text, args, 2, &error) == WEFT_OK, "%s", error.message);
        for (int i = 0; i < LONG; i++)
            cr_assert(y[i] == (float)(2 * i));
        cr_expect(test_stats(context).loops_split == (uint64_t)pure);
        weft_context_destroy(context);
    }
}

/* --- runs ------------------------------------------------------------------------------------- */

#define ADD                                                                                        \
    ".in x f32\n.out y f32\n.function add f32 (f32, f32) pure\nloop\nld.f32 v0, [x]\n"             \
    "apply.f32 v0, [add], v0, v0\nst.f32 v0, [y]\nend\nexit\n"

Test(functions, that_a_run_does_not_find)
{
    float x[3] = {1, 2, 3}, y[3] = {-1, -1, -1};
    weft_arg args[] = {ARRAY("x", WEFT_F32, x, 3), ARRAY("y", WEFT_F32, y, 3)};
    const struct {
        const char *name;
        weft_dtype result, first;
        uint32_t n_args, flags;
        const char *message;
    } cases[] = {
        {"ad", WEFT_F32, WEFT_F32, 2, 1, "none is registered in this context; did you mean 'ad'?"},
        {"add", WEFT_F64, WEFT_F32, 2, 1,
         "'add' is registered as f64 (f32, f32), but the program declares it as f32 (f32, f32)"},
        {"add", WEFT_F32, WEFT_I16, 2, 1, "'add' is registered as f32 (i16, f32)"},
        {"add", WEFT_F32, WEFT_F32, 1, 1, "'add' is registered as f32 (f32), but"},
        {"add", WEFT_BF16, WEFT_BF16, 3, 1, "'add' is registered as bf16 (bf16, bf16, bf16), but"},
        {"add", WEFT_F32, WEFT_F32, 2, 0, "declares function 'add' as pure, but it is not"},
    };
    weft_context *context = test_context(0), *other = test_context(0);
    weft_function_info good = function("add", add_f32);
    weft_error error;
    add(other, &good);
    FAILS(run(context, ADD, args, 2, &error), WEFT_ERR_BIND,
          "calls a function 'add', but none is registered in this context");
    cr_expect(error.param == 2);
    for (size_t i = 0; i < COUNT(cases); i++) {
        weft_function_info info = {.size = sizeof info,
                                   .name = cases[i].name,
                                   .result = cases[i].result,
                                   .n_args = cases[i].n_args,
                                   .args = {cases[i].first},
                                   .flags = cases[i].flags,
                                   .call = nothing};
        for (unsigned a = 1; a < info.n_args; a++)
            info.args[a] = cases[i].result == WEFT_BF16 ? WEFT_BF16 : WEFT_F32;
        add(context, &info);
        FAILS(run(context, ADD, args, 2, &error), WEFT_ERR_BIND, cases[i].message);
        cr_expect(error.param == 2 && y[0] == -1);
        /* and nothing of the run is left */
        cr_assert(weft_function_unregister(context, cases[i].name, &error) == WEFT_OK, "%s",
                  error.message);
    }
    add(context, &good);
    cr_expect(run(context, ADD, args, 2, &error) == WEFT_OK && y[2] == 6, "%s", error.message);
    weft_arg three[] = {args[0], args[1], VALUE("add", WEFT_F32, x)};
    FAILS(run(context, ADD, three, 3, &error), WEFT_ERR_BIND, "a function: it takes no argument");
    weft_program *program = test_assemble(context, ADD);
    int32_t rank;
    int64_t shape[WEFT_MAX_ARG_RANK];
    FAILS(weft_infer_shape(context, program, args, 2, NULL, 2, &rank, shape, &error), WEFT_ERR_ARG,
          "'add' is a function: it has no shape");
    weft_program_release(program);
    cr_expect(test_context_works(context));
    weft_context_destroy(context);
    weft_context_destroy(other);
}

/* Whatever is refused after the functions were found leaves them free to go. */
Test(functions, refused_runs_keep_nothing)
{
    float x[3] = {1, 2, 3}, y[4] = {0};
    weft_context *context = test_context(0);
    weft_function_info info = function("add", add_f32);
    weft_error error;
    weft_buffer buffer;
    add(context, &info);
    weft_arg args[] = {ARRAY("x", WEFT_F32, x, 3), ARRAY("y", WEFT_F32, y, 4)};
    FAILS(run(context, ADD, args, 2, &error), WEFT_ERR_BIND, "elements of dimension 0");
    cr_assert(weft_buffer_create(context, 8, 0, &buffer, NULL) == WEFT_OK);
    cr_assert(weft_arg_view(&args[1], "y", buffer, 0, WEFT_F32, 1, (int64_t[]){3}, NULL) ==
              WEFT_OK);
    FAILS(run(context, ADD, args, 2, &error), WEFT_ERR_RANGE, "reaches");
    FAILS(run(context, ADD, args, 1, &error), WEFT_ERR_BIND, "no argument for 'y'");
    cr_expect(weft_function_unregister(context, "add", &error) == WEFT_OK, "%s", error.message);
    weft_context_destroy(context);
}

typedef struct busy {
    weft_context *context;
    weft_status status;
    char message[WEFT_ERROR_MESSAGE_SIZE];
    int released;
} busy;

static int remove_meanwhile(void *user, uint64_t cost)
{
    busy *b = user;
    weft_error error;
    (void)cost;
    b->status = weft_function_unregister(b->context, "add", &error);
    strcpy(b->message, error.message);
    return 0;
}

static void count_busy(void *user)
{
    ((busy *)user)->released++;
}

Test(functions, that_a_run_uses_stay)
{
    enum { LONG = 200000 };
    static float x[LONG], y[LONG];
    for (unsigned backend = 0; backend < 2; backend++) {
        weft_context *context = context_of(backend, 1, 0);
        busy b = {.context = context, .status = WEFT_OK};
        weft_function_info info = function("add", add_f32);
        info.user = &b;
        info.release = count_busy;
        add(context, &info);
        weft_program *program = test_assemble(context, ADD);
        weft_arg args[] = {ARRAY("x", WEFT_F32, x, LONG), ARRAY("y", WEFT_F32, y, LONG)};
        weft_run_options options = {
            .size = sizeof options, .progress = remove_meanwhile, .progress_user = &b};
        weft_error error;
        cr_assert(weft_run_with(context, program, args, 2, &options, &error) == WEFT_OK);
        cr_expect(b.status == WEFT_ERR_BUSY && strstr(b.message, "a run uses function 'add'"), "%s",
                  b.message);
        cr_expect(b.released == 0);
        cr_expect(weft_function_unregister(context, "add", NULL) == WEFT_OK && b.released == 1);
        cr_expect(weft_run_with(context, program, args, 2, NULL, &error) == WEFT_ERR_BIND);
        weft_program_release(program);
        weft_context_destroy(context);
    }
}

/* Two functions and two buffers, and still one acquisition; once there is room, no allocation. */
Test(functions, one_lock_a_run)
{
    static const char text[] = ".in x f32\n.out y f32\n.function add f32 (f32, f32) pure\n"
                               ".function add2 f32 (f32, f32) pure\nloop\nld.f32 v0, [x]\n"
                               "apply.f32 v0, [add], v0, v0\napply.f32 v0, [add2], v0, v0\n"
                               "st.f32 v0, [y]\nend\nexit\n";
    weft_context *context = test_context(0);
    weft_function_info info = function("add", add_f32), second = function("add2", add_f32);
    weft_buffer x, y;
    add(context, &info);
    add(context, &second);
    cr_assert(weft_buffer_create(context, 400, 0, &x, NULL) == WEFT_OK);
    cr_assert(weft_buffer_create(context, 400, 0, &y, NULL) == WEFT_OK);
    weft_arg args[2];
    cr_assert(weft_arg_view(&args[0], "x", x, 0, WEFT_F32, 1, (int64_t[]){100}, NULL) == WEFT_OK);
    cr_assert(weft_arg_view(&args[1], "y", y, 0, WEFT_F32, 1, (int64_t[]){100}, NULL) == WEFT_OK);
    weft_program *program = test_assemble(context, text);
    cr_assert(weft_run(context, program, args, 2) == WEFT_OK);
    const weft_stats before = test_stats(context);
    for (int i = 0; i < 10; i++)
        cr_assert(weft_run(context, program, args, 2) == WEFT_OK);
    const weft_stats after = test_stats(context);
    cr_expect(after.shared_locks - before.shared_locks == 10 &&
              after.exclusive_locks == before.exclusive_locks &&
              after.allocations == before.allocations && after.runs - before.runs == 10);
    weft_program_release(program);
    weft_context_destroy(context);
}

/* --- texts of the language -------------------------------------------------------------------- */

static weft_status compile(weft_context *context, const char *text, weft_program **program,
                           weft_error *error)
{
    static const weft_variable a = {"a", WEFT_F32, 1, 0};
    const weft_compile_options options = {
        .size = sizeof options, .variables = &a, .n_variables = 1};
    return weft_compile(context, text, strlen(text), &options, program, error);
}

/* Each call of a function that is not pure happens, once for each element and in the order of the
 * text, whether its value is used, used twice or not. */
Test(functions, in_texts)
{
    static const char text[] = "function note(i64): i64\nfunction add(f32, f32): f32 pure\n"
                               "in x: i64\nout y: f64\nout z: f32\nt = note(x)\n"
                               "y = t / sum(t)\nz = add(x > 3, 2) + add(f32(t), 1)\n"
                               "u = note(x*2)\n";
    static int64_t x[N], seen[3 * N];
    static double y[N];
    static float z[N];
    for (uint32_t way = 0; way < 4; way++) {
        trace t = {0, 3 * N, 0, seen};
        weft_context *context = context_of(way % 2, 1 + 2 * (way / 2), 0);
        const weft_function_info add_info = function("add", add_f32), note_info = noting(&t);
        weft_program *program;
        weft_error error;
        add(context, &add_info);
        add(context, &note_info);
        cr_assert(compile(context, text, &program, &error) == WEFT_OK, "%d:%d: %s", error.line,
                  error.column, error.message);
        for (int i = 0; i < N; i++)
            x[i] = i;
        const weft_arg args[] = {ARRAY("x", WEFT_I64, x, N), ARRAY("y", WEFT_F64, y, N),
                                 ARRAY("z", WEFT_F32, z, N)};
        cr_assert(weft_run_with(context, program, args, 3, NULL, &error) == WEFT_OK, "%s",
                  error.message);
        cr_assert(t.count == 2 * N, "%zu elements", t.count);
        for (int i = 0; i < N; i++) {
            cr_assert(seen[i] == i && seen[N + i] == 2 * i, "element %d", i);
            cr_assert(y[i] == i / (N * (N - 1.0) / 2) && z[i] == (float)((i > 3) + 2 + i + 1));
        }
        weft_program_release(program);
        weft_context_destroy(context);
    }
}

Test(functions, in_an_expression)
{
    static float a[N], out[N];
    weft_context *context = test_context(0);
    const weft_function_info info = function("add", add_f32);
    weft_program *program;
    weft_error error;
    add(context, &info);
    cr_assert(compile(context, "function add(f32, f32): f32 pure; 2 * add(a, a / 2)", &program,
                      &error) == WEFT_OK,
              "%s", error.message);
    for (int i = 0; i < N; i++)
        a[i] = (float)i;
    const weft_arg args[] = {ARRAY("a", WEFT_F32, a, N), ARRAY("out", WEFT_F32, out, N)};
    cr_assert(weft_run_with(context, program, args, 2, NULL, &error) == WEFT_OK);
    for (int i = 0; i < N; i++)
        cr_assert(out[i] == (float)(3 * i));
    weft_program_release(program);
    weft_context_destroy(context);
}

Test(functions, wrong_texts)
{
    const struct {
        const char *text;
        int line, column;
        const char *message;
    } cases[] = {
        {"function f(f32): f32\nx = a\nfor i in 3 { x = f(x) }\nx", 3, 18,
         "f is not pure: it cannot be called in a loop"},
        {"function f(f32): f32 pure\nf(2)", 2, 1,
         "f is for elements: one of its arguments must vary along an axis"},
        {"function f(f32): f32 pure\nf(a, a)", 2, 1, "f takes 1 argument, not 2"},
        {"function f(f32): f32 pure\nf(axis=1)", 2, 3, "'f' has no argument 'axis'"},
        {"function f(i32): f32 pure\nf(a)", 2, 1,
         "'f' is i32, and the value is f32; cast(x, type) converts"},
        {"function f(f32): f32 pure\nf(vec(a, a))", 2, 1,
         "a vector of 2 components where one value is needed"},
        {"function f(f32): f32 pure\nf + a", 2, 1, "'f' is a function: its arguments are missing"},
        {"function f(f32): f32 pure\nf(a) + g(a)", 2, 8, "unknown function 'g'"},
        {"function f(f32,): f32\na", 1, 16, "expected an element type, found ')'"},
        {"function f(): f32\na", 1, 12, "expected an element type, found ')'"},
        {"function f(f32, f32, f32, f32): f32\na", 1, 25,
         "a function of the user's has at most 3 arguments"},
        {"function f(f32[2]): f32\na", 1, 15, "',' or ')'"},
        {"function f(f32) f32\na", 1, 17, "expected ':' and the type of its result, found 'f32'"},
        {"function f(f32): f33\na", 1, 18, "'f33' is no element type; did you mean 'f32'?"},
        {"function f(f32): f32 purr\na", 1, 22, "expected the end of the statement, found 'purr'"},
        {"function f: f32\na", 1, 11, "expected '(' and the types of its arguments"},
        {"function f(f32): f32 pure\nin f: f32\nout y: f32\ny = f", 2, 4,
         "'f' is a function already"},
        {"function f(f32): f32 pure\ndef f(x) = x\na", 2, 5, "there is a function 'f' already"},
        {"def f(x) = x\nfunction f(f32): f32 pure\na", 2, 1, "there is a function 'f' already"},
        {"function f(f32): f32\nfunction f(f32): f32\na", 2, 1, "there is a function 'f' already"},
        {"x = a\nfor i in 3 {\nfunction f(f32): f32\n}\nx", 3, 1,
         "'function' stands outside of blocks"},
    };
    weft_context *context = test_context(0);
    for (size_t i = 0; i < COUNT(cases); i++) {
        weft_program *program = (weft_program *)(uintptr_t)1;
        weft_error error;
        const weft_status status = compile(context, cases[i].text, &program, &error);
        cr_expect(status == WEFT_ERR_SYNTAX && !program && error.line == cases[i].line &&
                      error.column == cases[i].column && strstr(error.message, cases[i].message),
                  "%s: %s at %d:%d: %s", cases[i].text, weft_status_name(status), error.line,
                  error.column, error.message);
    }
    weft_program *program;
    weft_error error;
    cr_expect(compile(context, "function = a\nfunction + 1", &program, &error) == WEFT_OK,
              "the word is a name elsewhere: %s", error.message);
    weft_program_release(program);
    cr_expect(test_context_works(context));
    weft_context_destroy(context);
}

/* --- text and image --------------------------------------------------------------------------- */

Test(functions, image_and_text)
{
    const char *text = ".function f bf16 (i8, bool, f64) pure\n.function g bool (u64)\nexit\n";
    weft_context *context = test_context(0);
    size_t length, again, text_length;
    unsigned char *image = test_image(text, &length);
    weft_program *program;
    weft_error error;
    weft_param_info info;
    void *copy;
    char *printed;
    cr_expect(memcmp(image, "WEFT\1\0\2\0", 8) == 0, "version 1.2");
    cr_assert(weft_load(context, image, length, &program, &error) == WEFT_OK, "%s", error.message);
    cr_assert(weft_save(program, &copy, &again, NULL) == WEFT_OK);
    cr_expect(again == length && memcmp(copy, image, length) == 0);
    cr_expect(weft_program_param(program, 0, &info) == WEFT_OK && info.type == WEFT_BF16 &&
              info.kind == WEFT_PARAM_FUNCTION && info.window == WEFT_FUNCTION_PURE &&
              info.count == (WEFT_I8 | WEFT_BOOL << 8 | WEFT_F64 << 16) && info.segment == 1 &&
              info.dims == 0);
    cr_expect(weft_program_param(program, 1, &info) == WEFT_OK && info.type == WEFT_BOOL &&
              info.window == 0 && info.count == WEFT_U64);
    cr_assert(weft_disassemble(program, &printed, &text_length, NULL) == WEFT_OK);
    cr_expect_str_eq(printed, ".weft 1\n.space 1\n.function f bf16 (i8, bool, f64) pure\n"
                              ".function g bool (u64)\n\nexit\n");
    weft_free(printed);
    weft_free(copy);
    weft_program_release(program);
    weft_context_destroy(context);
    free(image);
}
