/* bench/workloads_field.c: a field of 1,000 Gaussians at n points, f(x) = sum of
 * w exp(-1/2 (x - c)' S^-1 (x - c)), and the inverses S^-1 that it takes.
 * Neighbours: bench/workloads.h, examples/gaussian_*.weft; bench/engine_field.c (the same as
 * assembly, in forms that need fewer steps). */
#include <bench_examples.h> /* generated: EXAMPLE_* */

#include "bench/workloads.h"

enum { GAUSSIANS = 1000, ROW = 10, DIAGONAL_ROW = 7 };

/* --- the inverses ----------------------------------------------------------------------------- */

/* What gaussian_inverse.weft reads, of `count` Gaussians: centres in the cube that the points are
 * in, widths of an eighth to a half. */
typedef struct gaussians {
    float *centre, *cholesky, *weight;
} gaussians;

static gaussians new_gaussians(engine_bench *bench, size_t count)
{
    gaussians g;
    g.centre = engine_floats(bench, 3 * count, -1, 1);
    g.cholesky = engine_floats(bench, 6 * count, 0.125, 0.25);
    g.weight = engine_floats(bench, count, 0, 1);
    /* The diagonal is larger than what is below it: a covariance that can be inverted. */
    for (size_t i = 0; !bench->failed && i < count; i++)
        for (size_t k = 0; k < 6; k++)
            g.cholesky[6 * i + k] *= k == 0 || k == 2 || k == 5 ? 2.0F : 0.5F;
    return g;
}

static void add_inverse_arguments(engine_bench *bench, const engine_family *family,
                                  const gaussians *g, float *rows, size_t count)
{
    const int64_t n = (int64_t)count;
    const int64_t three[] = {n, 3}, six[] = {n, 6}, ten[] = {n, ROW};
    engine_family_arg(bench, family, "centre", WEFT_F32, g->centre, 2, three);
    engine_family_arg(bench, family, "cholesky", WEFT_F32, g->cholesky, 2, six);
    engine_family_arg(bench, family, "weight", WEFT_F32, g->weight, 1, three);
    engine_family_arg(bench, family, NULL, WEFT_F32, rows, 2, ten);
}

static void measure_inverse(engine_bench *bench, const engine_case *c)
{
    const engine_family family = engine_add_family(bench, EXAMPLE_gaussian_inverse, NULL, 0);
    const gaussians g = new_gaussians(bench, bench->n);
    float *rows = engine_floats(bench, ROW * bench->n, 0, 0);
    (void)c;
    python_clear();
    add_inverse_arguments(bench, &family, &g, rows, bench->n);
    engine_contend_family(bench, &family);
    workload_contend_python(bench, "@inverse");
    engine_output_put(bench, (engine_output){.data = rows,
                                             .type = WEFT_F32,
                                             .count = ROW * bench->n,
                                             .tolerance = 1e-4,
                                             .absolute = 1e-3});
    bench->bytes = 4.0 * (3 + 6 + 1 + ROW) * (double)bench->n;
    engine_measure(bench);
}

/* --- the fields ------------------------------------------------------------------------------- */

/* The table of the full field is what the example before it makes. */
static float *make_rows(engine_bench *bench)
{
    engine_family family = {NULL, NULL, NULL};
    family.one = engine_add_text(bench, bench->contexts->one, EXAMPLE_gaussian_inverse, NULL, 0, 0);
    const gaussians g = new_gaussians(bench, GAUSSIANS);
    float *rows = engine_floats(bench, (size_t)ROW * GAUSSIANS, 0, 0);
    add_inverse_arguments(bench, &family, &g, rows, GAUSSIANS);
    if (!bench->failed && engine_sample(family.one, 1) < 0)
        engine_fail(bench, "the inverses", "cannot be computed");
    return rows;
}

/* Centre, weight, and the inverse squares of widths. */
static float *make_diagonal_rows(engine_bench *bench)
{
    const gaussians g = new_gaussians(bench, GAUSSIANS);
    const float *squares = engine_floats(bench, (size_t)3 * GAUSSIANS, 4, 64);
    float *rows = engine_floats(bench, (size_t)DIAGONAL_ROW * GAUSSIANS, 0, 0);
    for (size_t i = 0; !bench->failed && i < GAUSSIANS; i++) {
        float *row = rows + DIAGONAL_ROW * i;
        for (size_t k = 0; k < 3; k++) {
            row[k] = g.centre[3 * i + k];
            row[4 + k] = squares[3 * i + k];
        }
        row[3] = g.weight[i];
    }
    return rows;
}

static void measure_field(engine_bench *bench, const engine_case *c)
{
    const bool full = c->detail == ROW;
    const int64_t three[] = {(int64_t)bench->n, 3}, table[] = {GAUSSIANS, (int64_t)c->detail};
    float *rows = full ? make_rows(bench) : make_diagonal_rows(bench);
    float *points = engine_floats(bench, 3 * bench->n, -1, 1);
    float *field = engine_floats(bench, bench->n, 0, 0);
    const engine_family family = engine_add_family(bench, c->text, NULL, 0);
    python_clear();
    engine_family_arg(bench, &family, "point", WEFT_F32, points, 2, three);
    engine_family_arg(bench, &family, "gaussian", WEFT_F32, rows, 2, table);
    engine_family_arg(bench, &family, NULL, WEFT_F32, field, 1, three);
    engine_contend_family(bench, &family);
    workload_contend_python(bench, full ? "@field" : "@field_diagonal");
    engine_output_put(bench, (engine_output){.data = field,
                                             .type = WEFT_F32,
                                             .count = bench->n,
                                             .tolerance = 1e-4,
                                             .absolute = 1e-5});
    bench->bytes = 16.0 * (double)bench->n;
    engine_measure(bench);
}

const engine_case workload_field_cases[] = {
    {"field/full", {500}, measure_field, EXAMPLE_gaussian_field, ROW},
    {"field/diagonal", {500}, measure_field, EXAMPLE_gaussian_field_diagonal, DIAGONAL_ROW},
    {"field/inverse", {1000}, measure_inverse, NULL, 0},
    {NULL, {0}, NULL, NULL, 0},
};
