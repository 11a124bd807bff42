/* bench/engine_fused.c: whole formulas as programs, beside the same written by hand as one pass.
 * Neighbours: bench/engine.h, bench/engine_peer.h (what the hand-written loops are given),
 * bench/engine_field.c. */
#include "bench/engine.h"
#include "bench/engine_peer.h"
#include "bench/engine_programs.h"

/* --- transform of Gaussian splats ------------------------------------------------------------- */

/* A turn about an axis, a shift across it and a change of sign: values stay as large as they are,
 * however often this is repeated in place. */
static const splat_motion motion = {
    .affine = {0.36F, 0.48F, -0.8F, 0.1F, -0.8F, 0.6F, 0, 0.05F, 0.48F, 0.64F, 0.6F, 0},
    .turn = {0.5F, 0.5F, -0.5F, 0.5F},
    .size = -1,
};

static void add_arguments(engine_program *program, const splat_arrays *in, const splat_arrays *out,
                          splat_motion *by, size_t n)
{
    const int64_t three[] = {(int64_t)n, 3}, four[] = {(int64_t)n, 4}, rows[] = {3, 4};
    engine_arg(program, in->mean, 2, three);
    engine_arg(program, in->rotation, 2, four);
    engine_arg(program, in->scale, 2, three);
    engine_arg(program, by->affine, 2, rows);
    engine_arg(program, by->turn, 1, four + 1);
    engine_arg(program, &by->size, 0, NULL);
    engine_arg(program, out->mean, 2, three);
    engine_arg(program, out->rotation, 2, four);
    engine_arg(program, out->scale, 2, three);
}

static splat_arrays new_splats(engine_bench *bench, size_t n)
{
    splat_arrays splats;
    splats.mean = engine_floats(bench, 3 * n, -1, 1);
    splats.rotation = engine_floats(bench, 4 * n, -1, 1);
    splats.scale = engine_floats(bench, 3 * n, 0.5, 1);
    return splats;
}

/* The program and the hand-written loops take the same steps in the same order: the same bits. */
static void measure_transform(engine_bench *bench, const splat_arrays *in, const splat_arrays *out,
                              const splat_arrays *initial)
{
    const size_t n = bench->n;
    splat_motion by = motion;
    const engine_call call = {NULL, (void *)out, in, &by, NULL, n};
    engine_program *program =
        engine_add_program(bench, bench->contexts->one, engine_transform_text);
    add_arguments(program, in, out, &by, n);
    engine_contend_program(bench, "weft", program);
    engine_contend_peer(bench, "transform", &call);
    engine_output_add(bench, out->mean, 3 * n, initial ? initial->mean : NULL, 0);
    engine_output_add(bench, out->rotation, 4 * n, initial ? initial->rotation : NULL, 0);
    engine_output_add(bench, out->scale, 3 * n, initial ? initial->scale : NULL, 0);
    bench->bytes = 80.0 * (double)n;
    engine_measure(bench);
}

static void measure_apart(engine_bench *bench, const engine_case *c)
{
    const splat_arrays in = new_splats(bench, bench->n), out = new_splats(bench, bench->n);
    (void)c;
    measure_transform(bench, &in, &out, NULL);
}

static void measure_in_place(engine_bench *bench, const engine_case *c)
{
    const splat_arrays in = new_splats(bench, bench->n);
    splat_arrays initial = in;
    (void)c;
    if (!bench->failed) {
        initial.mean = engine_copy(bench, in.mean, 3 * bench->n);
        initial.rotation = engine_copy(bench, in.rotation, 4 * bench->n);
        initial.scale = engine_copy(bench, in.scale, 3 * bench->n);
    }
    measure_transform(bench, &in, &in, &initial);
}

/* --- a * exp(-0.5 * (a a + b b + c c)) -------------------------------------------------------- */

/* The exponentials are within one unit in the last place each, not the same bits. */
static void measure_bell(engine_bench *bench, const engine_case *c)
{
    const size_t n = bench->n;
    const int64_t shape[] = {(int64_t)n};
    float *a = engine_floats(bench, n, -2, 2), *b = engine_floats(bench, n, -2, 2);
    float *d = engine_floats(bench, n, -2, 2), *y = engine_floats(bench, n, 0, 0);
    const engine_call call = {NULL, y, a, b, d, n};
    engine_program *program = engine_add_program(bench, bench->contexts->one, engine_bell_text);
    (void)c;
    engine_arg(program, a, 1, shape);
    engine_arg(program, b, 1, shape);
    engine_arg(program, d, 1, shape);
    engine_arg(program, y, 1, shape);
    engine_contend_program(bench, "weft", program);
    engine_contend_peer(bench, "bell", &call);
    engine_output_add(bench, y, n, NULL, 5e-7);
    bench->bytes = 16.0 * (double)n;
    engine_measure(bench);
}

const engine_case engine_fused_cases[] = {
    {"transform/apart", {10000, 100000, 1 << 20}, measure_apart, NULL, 0},
    {"transform/in-place", {10000, 100000, 1 << 20}, measure_in_place, NULL, 0},
    {"bell/f32", {4096, 65536, 1 << 20}, measure_bell, NULL, 0},
    {NULL, {0}, NULL, NULL, 0},
};
