/* bench/accuracy.c: the error of the f32 functions of one argument, over all 2^32 of them, and of
 * those of two on random pairs, against double precision; docs/accuracy.md records it. Wrong signs
 * of zero, and infinities or NaN in the wrong places, count as infinite errors. Usage: accuracy
 * [--step N] [OPERATION...]   step N: every N-th argument only; WEFT_LEVEL lowers the level */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <weft/weft.h>

enum { CHUNK = 4096 };

typedef struct function {
    const char *name;
    double (*exact)(double);
    double (*exact_2)(double, double); /* of two arguments: random pairs, as many as 2^32 / 63 */
} function;

static double sigmoid(double x)
{
    return x < -40 ? exp(x) : 1 / (1 + exp(-x));
}

static const function functions[] = {
    {"exp", exp, NULL},     {"exp2", exp2, NULL},       {"expm1", expm1, NULL},
    {"log", log, NULL},     {"log2", log2, NULL},       {"log10", log10, NULL},
    {"log1p", log1p, NULL}, {"sin", sin, NULL},         {"cos", cos, NULL},
    {"tan", tan, NULL},     {"asin", asin, NULL},       {"acos", acos, NULL},
    {"atan", atan, NULL},   {"sinh", sinh, NULL},       {"cosh", cosh, NULL},
    {"tanh", tanh, NULL},   {"sigmoid", sigmoid, NULL}, {"erf", erf, NULL},
    {"cbrt", cbrt, NULL},   {"pow", NULL, pow},         {"atan2", NULL, atan2},
    {"hypot", NULL, hypot},
};
enum { N_FUNCTIONS = sizeof functions / sizeof functions[0] };

/* |got - exact| in units of the last place of a float of that size. */
static double error_of(float got, double exact)
{
    const float nearest = (float)exact;
    if (isnan(nearest) || isnan(got))
        return isnan(nearest) && isnan(got) ? 0 : INFINITY;
    if (isinf(nearest) || isinf(got)) /* half a unit beyond the largest float rounds to infinity */
        return nearest == got ? 0 : INFINITY;
    if (nearest == 0 && got == 0)
        return signbit(nearest) == signbit(got) ? 0 : INFINITY;
    int exponent;
    frexp(exact, &exponent);
    const double unit = ldexp(1, (exponent < -125 ? -125 : exponent) - 24);
    return fabs((double)got - exact) / unit;
}

static uint64_t random_bits(void) /* splitmix64 */
{
    static uint64_t state = 20261121;
    uint64_t z = state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

static float float_of(uint32_t bits)
{
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

/* The arguments of number `i`: the float with these bits, or a random pair. One in eight has any
 * bits; the others have a in e^-10 to e^10, and such a b that a^b is anywhere in the range of
 * floats. */
static void arguments(const function *f, uint64_t i, float *a, float *b)
{
    const uint64_t bits = random_bits();
    *a = float_of(f->exact_2 ? (uint32_t)bits : (uint32_t)i);
    *b = float_of((uint32_t)(bits >> 32));
    if (f->exact_2 && i % 8) {
        *a = (float)exp(((double)(uint32_t)bits * 0x1p-32 - 0.5) * 20);
        *b = (float)(((double)(bits >> 32) * 0x1p-32 - 0.5) * 210 / fabs(log((double)*a)));
    }
}

typedef struct worst {
    double error;
    float a, b;
    uint64_t wrong, checked;
} worst;

static void check_chunk(const function *f, const float *a, const float *b, size_t n, worst *w)
{
    static float out[CHUNK];
    const void *const inputs[] = {a, b};
    if (weft_apply((uint32_t)weft_op_index(f->name), WEFT_F32, out, inputs, n) != WEFT_OK) {
        fprintf(stderr, "accuracy: %s failed\n", f->name);
        exit(1);
    }
    for (size_t i = 0; i < n; i++) {
        const double exact =
            f->exact_2 ? f->exact_2((double)a[i], (double)b[i]) : f->exact((double)a[i]);
        const double error = error_of(out[i], exact);
        w->wrong += error > 0.5;
        if (error > w->error) {
            w->error = error;
            w->a = a[i];
            w->b = b[i];
        }
    }
    w->checked += n;
}

static void check(const function *f, const char *level, uint64_t step)
{
    static float a[CHUNK], b[CHUNK];
    worst w = {0};
    const uint64_t stride = f->exact_2 ? step * 63 : step; /* odd where step is: all of i % 8 */
    for (uint64_t i = 0; i >> 32 == 0;) {
        size_t n = 0;
        for (; n < CHUNK && i >> 32 == 0; n++, i += stride)
            arguments(f, i, &a[n], &b[n]);
        check_chunk(f, a, b, n, &w);
    }
    char at[64];
    const int length = snprintf(at, sizeof at, "%a", (double)w.a);
    if (f->exact_2)
        (void)snprintf(at + length, sizeof at - (size_t)length, ", %a", (double)w.b);
    printf("| %s | %s | %llu | %.6f | %s | %.5f %% |\n", f->name, level,
           (unsigned long long)w.checked, w.error, at, 100 * (double)w.wrong / (double)w.checked);
    fflush(stdout);
}

int main(int argc, char **argv)
{
    weft_level level;
    weft_error error;
    uint64_t step = 1;
    int first = 1;
    if (argc > 2 && strcmp(argv[1], "--step") == 0) {
        step = strtoull(argv[2], NULL, 10);
        first = 3;
    }
    if (weft_level_default(&level, &error) != WEFT_OK || step == 0) {
        fprintf(stderr, "accuracy: %s\n", step ? error.message : "the step is at least 1");
        return 2;
    }
    printf("| function | level | arguments | largest error (ulp) | at | not correctly rounded |\n");
    printf("|---|---|---|---|---|---|\n");
    for (int i = 0; i < N_FUNCTIONS; i++) {
        int wanted = first >= argc;
        for (int a = first; a < argc; a++)
            wanted |= strcmp(argv[a], functions[i].name) == 0;
        if (wanted)
            check(&functions[i], weft_level_name(level), step);
    }
    return 0;
}
