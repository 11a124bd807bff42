/* bench/engine_field.c: a field of 1,000 Gaussians, f(x) = sum of w exp(-1/2 (x - m)' P (x - m)),
 * at a batch of points: n is how many. The table holds what can be computed beforehand: all forms
 * have 1/2 log2(e) in their factors, so that powers of 2 are left to take.
 *
 * Which form is best depends on who runs it. In registers the triangular factors of P need the
 * fewest steps. A program has fewer instructions, and fewer passes over strips, if it takes the
 * exponent as a polynomial of degree 2 in the point: three for each Gaussian. The exactness of all
 * is counted: the largest relative error.
 * Neighbours: bench/engine.h, bench/engine_programs.c, bench/engine_peer.h. */
#include <math.h>
#include <stdlib.h>

#include "bench/engine.h"
#include "bench/engine_peer.h"
#include "bench/engine_programs.h"

enum { GAUSSIANS = 1000 };

typedef enum field_form { POLYNOMIAL, FACTORS, CENTRED } field_form;

/* One Gaussian in double; P = l' l, l upper triangular by rows. */
typedef struct gaussian {
    double mean[3], l[6], weight;
} gaussian;

typedef struct field {
    gaussian gaussians[GAUSSIANS];
    field_factors factors[GAUSSIANS];
    field_centred centred[GAUSSIANS];
} field;

#define HALF_LOG2_E 0.72134752044448170368

/* What the f32 values of the bench's generator are: means in the cube that the points are in,
 * widths of an eighth to a half along the axes. */
static void make_gaussians(engine_bench *bench, field *x)
{
    const float *means = engine_floats(bench, 3 * (size_t)GAUSSIANS, -1, 1);
    const float *axes = engine_floats(bench, 3 * (size_t)GAUSSIANS, 2, 8);
    const float *tilts = engine_floats(bench, 3 * (size_t)GAUSSIANS, -2, 2);
    const float *weights = engine_floats(bench, GAUSSIANS, 0, 1);
    for (size_t i = 0; !bench->failed && i < GAUSSIANS; i++) {
        gaussian *g = &x->gaussians[i];
        for (size_t k = 0; k < 3; k++)
            g->mean[k] = (double)means[3 * i + k];
        g->l[0] = (double)axes[3 * i];
        g->l[3] = (double)axes[3 * i + 1];
        g->l[5] = (double)axes[3 * i + 2];
        g->l[1] = (double)tilts[3 * i];
        g->l[2] = (double)tilts[3 * i + 1];
        g->l[4] = (double)tilts[3 * i + 2];
        g->weight = (double)weights[i];
    }
}

/* The upper half of P by rows. */
static void precision_of(const gaussian *g, double p[6])
{
    const double *l = g->l;
    p[0] = l[0] * l[0];
    p[1] = l[0] * l[1];
    p[2] = l[0] * l[2];
    p[3] = l[1] * l[1] + l[3] * l[3];
    p[4] = l[1] * l[2] + l[3] * l[4];
    p[5] = l[2] * l[2] + l[4] * l[4] + l[5] * l[5];
}

/* --- what the hand-written loops are given ---------------------------------------------------- */

static void make_factors(field_factors *to, const gaussian *g)
{
    const double scale = sqrt(HALF_LOG2_E), *l = g->l, *m = g->mean;
    for (int k = 0; k < 6; k++)
        to->l[k] = (float)(scale * l[k]);
    to->c[0] = (float)(-scale * (l[0] * m[0] + l[1] * m[1] + l[2] * m[2]));
    to->c[1] = (float)(-scale * (l[3] * m[1] + l[4] * m[2]));
    to->c[2] = (float)(-scale * (l[5] * m[2]));
    to->weight = (float)g->weight;
}

static void make_centred(field_centred *to, const gaussian *g)
{
    static const double times[6] = {1, 2, 2, 1, 2, 1};
    double p[6];
    precision_of(g, p);
    for (int k = 0; k < 3; k++)
        to->mean[k] = (float)g->mean[k];
    for (int k = 0; k < 6; k++)
        to->p[k] = (float)(-HALF_LOG2_E * times[k] * p[k]);
    to->weight = (float)g->weight;
}

/* --- rows of the programs' tables ------------------------------------------------------------- */

/* Coefficients of 1, x, y, z, xx, yy, zz, xy, xz, yz, and the weight. */
static void polynomial_row(float *to, const gaussian *g)
{
    double p[6], q[3];
    const double *m = g->mean;
    precision_of(g, p);
    q[0] = p[0] * m[0] + p[1] * m[1] + p[2] * m[2]; /* P m */
    q[1] = p[1] * m[0] + p[3] * m[1] + p[4] * m[2];
    q[2] = p[2] * m[0] + p[4] * m[1] + p[5] * m[2];
    const double row[10] = {-(q[0] * m[0] + q[1] * m[1] + q[2] * m[2]),
                            2 * q[0],
                            2 * q[1],
                            2 * q[2],
                            -p[0],
                            -p[3],
                            -p[5],
                            -2 * p[1],
                            -2 * p[2],
                            -2 * p[4]};
    for (int k = 0; k < 10; k++)
        to[k] = (float)(HALF_LOG2_E * row[k]);
    to[10] = (float)g->weight;
}

static void factors_row(float *to, const field_factors *g)
{
    const float row[13] = {g->l[0], g->l[1], g->l[2], g->c[0], 0,       g->l[3],  g->l[4],
                           g->c[1], 0,       0,       g->l[5], g->c[2], g->weight};
    for (int k = 0; k < 13; k++)
        to[k] = row[k];
}

static void centred_row(float *to, const field_centred *g)
{
    const float row[13] = {g->p[0], g->p[1], g->p[2],    0,          g->p[3],    g->p[4],  0,
                           0,       g->p[5], g->mean[0], g->mean[1], g->mean[2], g->weight};
    for (int k = 0; k < 13; k++)
        to[k] = row[k];
}

static float *make_rows(engine_bench *bench, const field *x, field_form form, size_t width)
{
    float *rows = engine_floats(bench, GAUSSIANS * width, 0, 0);
    for (size_t i = 0; rows && i < GAUSSIANS; i++) {
        float *to = rows + i * width;
        if (form == POLYNOMIAL)
            polynomial_row(to, &x->gaussians[i]);
        else if (form == FACTORS)
            factors_row(to, &x->factors[i]);
        else
            centred_row(to, &x->centred[i]);
    }
    return rows;
}

/* --- the cases -------------------------------------------------------------------------------- */

static double exact_field(const field *x, double px, double py, double pz)
{
    double sum = 0;
    for (size_t i = 0; i < GAUSSIANS; i++) {
        const gaussian *g = &x->gaussians[i];
        const double dx = px - g->mean[0], dy = py - g->mean[1], dz = pz - g->mean[2];
        const double u = g->l[0] * dx + g->l[1] * dy + g->l[2] * dz;
        const double v = g->l[3] * dy + g->l[4] * dz, w = g->l[5] * dz;
        sum += g->weight * exp(-0.5 * (u * u + v * v + w * w));
    }
    return sum;
}

/* The largest relative error of what f holds, over the first points. */
static double largest_error(const field *x, const field_points *points, const float *f, size_t n)
{
    double largest = 0;
    for (size_t i = 0; i < n && i < 500; i++) {
        const double exact =
            exact_field(x, (double)points->x[i], (double)points->y[i], (double)points->z[i]);
        largest = fmax(largest, fabs((double)f[i] - exact) / exact);
    }
    return largest;
}

static void measure_with(engine_bench *bench, const engine_case *c, field *x)
{
    static const struct {
        size_t width;
        const char *peer; /* in the same form, or the fastest where there is none */
    } forms[] = {[POLYNOMIAL] = {11, "field/factors"},
                 [FACTORS] = {13, "field/factors"},
                 [CENTRED] = {13, "field/centred"}};
    const field_form form = (field_form)c->detail;
    const size_t n = bench->n;
    const int64_t shape[] = {(int64_t)n}, table[] = {GAUSSIANS, (int64_t)forms[form].width};
    make_gaussians(bench, x);
    for (size_t i = 0; i < GAUSSIANS; i++) {
        make_factors(&x->factors[i], &x->gaussians[i]);
        make_centred(&x->centred[i], &x->gaussians[i]);
    }
    float *p[3], *f = engine_floats(bench, n, 0, 0);
    float *rows = make_rows(bench, x, form, forms[form].width);
    engine_program *program = engine_add_program(bench, bench->contexts->one, c->text);
    for (int k = 0; k < 3; k++) {
        p[k] = engine_floats(bench, n, -1, 1);
        engine_arg(program, p[k], 1, shape);
    }
    engine_arg(program, rows, 2, table);
    engine_arg(program, f, 1, shape);
    const field_points points = {p[0], p[1], p[2]};
    const field_rows peer_rows = {form == CENTRED ? (void *)x->centred : (void *)x->factors,
                                  GAUSSIANS};
    const engine_call call = {NULL, f, &points, &peer_rows, NULL, n};
    engine_contend_program(bench, "weft", program);
    engine_contend_peer(bench, forms[form].peer, &call);
    engine_output_add(bench, f, n, NULL, 1e-5);
    bench->bytes = 16.0 * (double)n;
    engine_measure(bench);
    if (!bench->failed && engine_sample(program, 1) >= 0)
        bench_count(&bench->state->results, "error", largest_error(x, &points, f, n));
}

static void measure_field(engine_bench *bench, const engine_case *c)
{
    field *x = calloc(1, sizeof *x);
    if (x)
        measure_with(bench, c, x);
    else
        bench->failed = true;
    free(x);
}

const engine_case engine_field_cases[] = {
    {"field/polynomial", {500}, measure_field, engine_polynomial_text, POLYNOMIAL},
    {"field/factors", {500}, measure_field, engine_factors_text, FACTORS},
    {"field/centred", {500}, measure_field, engine_centred_text, CENTRED},
    {NULL, {0}, NULL, NULL, 0},
};
