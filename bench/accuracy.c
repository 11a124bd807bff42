/* bench/accuracy.c: the error of the f32 functions of one argument, over all 2^32 of them, against
 * double precision; docs/accuracy.md records it. Wrong signs of zero, and infinities or NaN in the
 * wrong places, count as infinite errors.
 * Usage: accuracy [--level NAME] [--step N] [OPERATION...]   step N: every N-th argument only */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "simd/levels.h"
#include "simd/meaning.h"

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

static void check(const function *f, const weft_kernel_table *kernels, uint64_t step)
{
    static float in[CHUNK], out[CHUNK];
    const int op = (int)weft_opcode_find(f->name, strlen(f->name));
    double worst = 0;
    float at = 0;
    uint64_t wrong = 0, checked = 0;
    for (uint64_t bits = 0; bits >> 32 == 0;) {
        size_t n = 0;
        for (; n < CHUNK && bits >> 32 == 0; n++, bits += step) {
            const uint32_t low = (uint32_t)bits;
            memcpy(&in[n], &low, sizeof low);
        }
        kernels->elementwise[op][WEFT_F32][0](out, in, NULL, NULL, n);
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
    printf("| %s | %s | %llu | %.6f | %a | %.5f %% |\n", f->name, kernels->name,
           (unsigned long long)checked, worst, (double)at, 100 * (double)wrong / (double)checked);
    fflush(stdout);
}

int main(int argc, char **argv)
{
    weft_level level = WEFT_LEVEL_AUTO;
    uint64_t step = 1;
    int first = 1;
    for (; first + 1 < argc && argv[first][0] == '-'; first += 2) {
        if (strcmp(argv[first], "--level") == 0)
            level = weft_level_from_name(argv[first + 1]);
        else if (strcmp(argv[first], "--step") == 0)
            step = strtoull(argv[first + 1], NULL, 10);
    }
    const weft_kernel_table *kernels = weft_level_kernels(level, NULL);
    if (!kernels || step == 0) {
        fprintf(stderr, "accuracy: that level or step is not available\n");
        return 2;
    }
    printf("| function | level | arguments | largest error (ulp) | at | not correctly rounded |\n");
    printf("|---|---|---|---|---|---|\n");
    for (int i = 0; i < N_FUNCTIONS; i++) {
        int wanted = first >= argc;
        for (int a = first; a < argc; a++)
            wanted |= strcmp(argv[a], functions[i].name) == 0;
        if (wanted)
            check(&functions[i], kernels, step);
    }
    return 0;
}
