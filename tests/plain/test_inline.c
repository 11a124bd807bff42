/* test_inline: runs that are one call of one kernel (vm/inline_run.h) give the bits that the
 * reference backend gives, at every level, in place and not, are counted, allocate nothing, and
 * leave what is not that simple to the long way. Neighbours: test_engine.c counts them too. */
#include <math.h>
#include <string.h>

#include "simd/levels.h"
#include "tests/support/support.h"

enum { MOST = 1000 };

static const char *const one_call[] = {
    "a*b + c*2",
    "a*b + c*s",
    "s*a + b",
    "2*a + 3*b + s*c + 4*a",
    "a*a + b*b + c*c",
    "a + 2*b + 3*c + 4*a + 5*b",
    "a*s",
    "2.5*a",
    "a - 1",
    "fma(a, b, fma(c, s, a*b))",
    "fma(a, b, fma(c, 3, b))",
    "fma(s, a, c)",
    "sqrt(a)",
    "exp(a)",
    "a",
};

/* These are one where the level has kernels for what stands around an exponential. */
static const char *const around[] = {
    "exp(-0.5*(a*a + b*b + c*c))*a",
    "exp(-0.5*(a*a + b*b))",
    "exp2(s*(a*b + c*c))*b",
    "exp(a*a + b*b)*c",
    "exp(a)*b",
    "exp(a*s)",
    "exp2(0.5*a)*c",
    "fma(exp(a), s, b)",
};

/* More than a call, or with more operands than there is room for. */
static const char *const longer[] = {
    "(a + b)*c",       "a*a + b*b + c*c + a*b + b*c", "sum(b)*a",
    "sqrt(a*b + c*2)", "6*a + 2*b + 3*c + 4*a + 5*b", "where(a > b, b, c)",
    "(s + 1)*a",
};

typedef struct setting {
    weft_context *direct, *reference;
    weft_level level;
    weft_dtype type;
    uint32_t flags;
} setting;

/* Of both types: numbers of all signs, and what is no number. */
static float f32[3][MOST + 1], f32_single = 1.5f;
static double f64[3][MOST + 1], f64_single = 1.5;

static void fill(void)
{
    static const double special[] = {0.0, -0.0, INFINITY, -INFINITY, 1e-40, 3e38, NAN};
    uint32_t x = 1;
    for (int k = 0; k < 3; k++)
        for (int i = 0; i <= MOST; i++) {
            x = x * 1664525 + 1013904223;
            const double usual = (double)(int32_t)x / 0x1p28;
            f64[k][i] = x >> 8 & 31 ? usual : special[(x >> 16) % COUNT(special)];
            f32[k][i] = (float)f64[k][i];
        }
}

static void arguments(const setting *s, weft_arg args[4], int64_t n)
{
    static const char *const names[] = {"a", "b", "c"};
    for (int k = 0; k < 3; k++)
        args[k] = ARRAY(names[k], s->type, s->type == WEFT_F32 ? (void *)f32[k] : f64[k], n);
    args[3] = VALUE("s", s->type, s->type == WEFT_F32 ? (void *)&f32_single : &f64_single);
}

static weft_status eval(weft_context *context, const setting *s, const char *text,
                        const weft_arg *args, void *memory, int64_t n)
{
    weft_arg result = ARRAY("out", s->type, memory, n);
    weft_error error;
    const weft_status status =
        weft_eval(context, text, strlen(text), args, 4, s->flags, &result, &error);
    if (status)
        fprintf(stderr, "%s: %s\n", text, error.message);
    return status;
}

/* Evaluates it both ways; whether the direct way was taken. in_place: the result goes over a. */
static bool check(const setting *s, const char *text, int64_t n, bool in_place)
{
    _Alignas(64) char got[8 * MOST], expected[8 * MOST], kept[8 * MOST];
    weft_arg args[4];
    arguments(s, args, n);
    const size_t bytes = (size_t)n * (s->type == WEFT_F32 ? 4 : 8);
    memset(got, 0xa5, bytes);
    memset(expected, 0x5a, bytes);
    if (eval(s->reference, s, text, args, expected, n))
        test_die("%s: the reference backend does not run it", text);
    EXPECT(eval(s->direct, s, text, args, got, n) == WEFT_OK); /* compiles and plans it */
    const weft_stats before = test_stats(s->direct);
    void *to = in_place ? args[0].data : got;
    memcpy(kept, args[0].data, bytes);
    EXPECT(eval(s->direct, s, text, args, to, n) == WEFT_OK);
    const weft_stats after = test_stats(s->direct);
    if (memcmp(to, expected, bytes) != 0)
        test_die("%s, %d elements, type %s, flags %u, %s: not what the reference backend gives",
                 text, (int)n, weft_dtype_name(s->type), s->flags, in_place ? "in place" : "apart");
    memcpy(args[0].data, kept, bytes);
    EXPECT(after.runs == before.runs + 1 && after.allocations == before.allocations);
    return after.runs_inline != before.runs_inline;
}

enum { ANY = -1 };

static void check_each(const setting *s, const char *const *texts, size_t count, int wanted)
{
    static const int64_t lengths[] = {1, 2, 15, 16, 17, 63, 64, 65, 129, MOST};
    for (size_t i = 0; i < count; i++)
        for (size_t l = 0; l < COUNT(lengths); l++)
            for (int in_place = 0; in_place <= 1; in_place++)
                if (check(s, texts[i], lengths[l], in_place) != wanted && wanted != ANY &&
                    lengths[l] > 1) /* one element may stand for any number, by the text's rules */
                    test_die("%s, %d elements: it is %sone call", texts[i], (int)lengths[l],
                             wanted ? "not " : "");
}

static void check_texts(const setting *s)
{
    const weft_kernel_table *kernels = weft_level_kernels(s->level, NULL);
    const bool has_around = kernels->around[0][WEFT_AROUND_TIMES][s->type];
    check_each(s, one_call, COUNT(one_call), s->flags ? ANY : 1);
    check_each(s, around, COUNT(around), s->flags ? ANY : has_around);
    check_each(s, longer, COUNT(longer), s->flags ? ANY : 0);
}

/* What is not as simple goes the long way, or is refused there: n that do not agree, an output that
 * overlaps an operand by a part, gaps between elements, an address that is no multiple of 4. */
static void check_arguments(const setting *s)
{
    weft_arg args[4], result = ARRAY("out", s->type, NULL, 100);
    static _Alignas(64) char memory[8 * MOST];
    static const char text[] = "a*b + c*2";
    const int64_t size = s->type == WEFT_F32 ? 4 : 8;
    const uint64_t before = test_stats(s->direct).runs_inline;
    arguments(s, args, 100);
#define STATUS() weft_eval(s->direct, text, sizeof text - 1, args, 4, 0, &result, NULL)
    for (int k = 0; k < 3; k++) {
        result.data = (char *)args[k].data + size;
        EXPECT(STATUS() != WEFT_OK);
        arguments(s, args, 100);
        result.data = memory;
        args[k].shape[0] = 99;
        EXPECT(STATUS() != WEFT_OK);
        arguments(s, args, 100);
        args[k].strides[0] = 2 * size;
        EXPECT(STATUS() == WEFT_OK);
        arguments(s, args, 100);
        args[k].strides[0] = 0;
        EXPECT(STATUS() == WEFT_OK);
        arguments(s, args, 100);
        args[k].data = (char *)args[k].data + 1;
        EXPECT(STATUS() == WEFT_OK);
        arguments(s, args, 100);
    }
    EXPECT(test_stats(s->direct).runs_inline == before);
    EXPECT(STATUS() == WEFT_OK && test_stats(s->direct).runs_inline == before + 1);
#undef STATUS
}

int main(void)
{
    static const uint32_t flags[] = {0, WEFT_FAST};
    int levels = 0;
    fill();
    for (uint32_t level = 1; level < WEFT_LEVEL_COUNT; level++) {
        setting s = {.level = (weft_level)level};
        const weft_context_options direct = {.size = sizeof direct, .level = level, .threads = 1},
                                   reference = {.size = sizeof reference,
                                                .level = level,
                                                .backend = WEFT_BACKEND_REFERENCE};
        if (weft_context_create(&direct, &s.direct)) /* another CPU's */
            continue;
        EXPECT(weft_context_create(&reference, &s.reference) == WEFT_OK);
        levels++;
        for (int t = 0; t < 2; t++)
            for (size_t f = 0; f < COUNT(flags); f++) {
                s.type = t ? WEFT_F64 : WEFT_F32;
                s.flags = flags[f];
                check_texts(&s);
                check_arguments(&s);
            }
        weft_context_destroy(s.direct);
        weft_context_destroy(s.reference);
    }
    EXPECT(levels > 0);
    return 0;
}
