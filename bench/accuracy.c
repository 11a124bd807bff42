/* bench/accuracy.c: the error of the f32 functions of one argument, over all 2^32 of them, against
 * double precision; docs/accuracy.md records it. Wrong signs of zero, and infinities or NaN in the
 * wrong places, count as infinite errors.
 * Usage: accuracy [--step N] [OPERATION...]   step N: every N-th argument only; WEFT_LEVEL lowers
 * the level */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <weft/weft.h>

enum { CHUNK = 4096 };

typedef struct function {
    const char *name;
    double (*exact)(double);
} function;

static double sigmoid(double x)
{
    return x < -40 ? exp(x) : 1 / (1 + exp(-x));
}

static const function functions[] = {
    {"exp", exp},     {"exp2", exp2},       {"expm1", expm1}, {"log", log},   {"log2", log2},
    {"log10", log10}, {"log1p", log1p},     {"sin", sin},     {"cos", cos},   {"tan", tan},
    {"asin", asin},   {"acos", acos},       {"atan", atan},   {"sinh", sinh}, {"cosh", cosh},
    {"tanh", tanh},   {"sigmoid", sigmoid}, {"erf", erf},     {"cbrt", cbrt},
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

static void check(const function *f, const char *level, uint64_t step)
{
    static float in[CHUNK], out[CHUNK];
    const uint32_t op = (uint32_t)weft_op_index(f->name);
    const void *const inputs[] = {in};
    double worst = 0;
    float at = 0;
    uint64_t wrong = 0, checked = 0;
    for (uint64_t bits = 0; bits >> 32 == 0;) {
        size_t n = 0;
        for (; n < CHUNK && bits >> 32 == 0; n++, bits += step) {
            const uint32_t low = (uint32_t)bits;
            memcpy(&in[n], &low, sizeof low);
        }
        if (weft_apply(op, WEFT_F32, out, inputs, n) != WEFT_OK) {
            fprintf(stderr, "accuracy: %s failed\n", f->name);
            exit(1);
        }
        for (size_t i = 0; i < n; i++) {
            const double error = error_of(out[i], f->exact((double)in[i]));
            wrong += error > 0.5;
            if (error > worst) {
                worst = error;
                at = in[i];
            }
        }
        checked += n;
    }
    printf("| %s | %s | %llu | %.6f | %a | %.5f %% |\n", f->name, level,
           (unsigned long long)checked, worst, (double)at, 100 * (double)wrong / (double)checked);
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
