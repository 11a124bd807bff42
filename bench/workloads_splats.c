/* bench/workloads_splats.c: clouds of Gaussian splats: moved as a whole, and what a renderer wants
 * of trained ones. n is the number of splats. Neighbours: bench/workloads.h, examples/splat_*.weft,
 * bench/engine_peer.h (the transform as an expert writes it), bench/engine_fused.c (the same as
 * assembly). */
#include <bench_examples.h> /* generated: EXAMPLE_* */

#include "bench/engine_peer.h"
#include "bench/workloads.h"

/* --- the transform ---------------------------------------------------------------------------- */

/* What splat_transform.weft and splat_transform_in_place.weft do, without a centre. */
static const char transform_in_place_text[] =
    "inout mean: f32[3]\n"
    "inout rotation: f32[4]\n"
    "inout scale: f32[3]\n"
    "uniform m: f32[9]\n"
    "uniform t: f32[3]\n"
    "uniform turn: f32[4]\n"
    "uniform size: f32\n"
    "mean = affine(vec(m.0, m.1, m.2, t.0, m.3, m.4, m.5, t.1, m.6, m.7, m.8, t.2), mean)\n"
    "rotation = qmul(turn, rotation)\n"
    "scale = scale * size\n";
static const char transform_text[] =
    "in mean: f32[3]\n"
    "in rotation: f32[4]\n"
    "in scale: f32[3]\n"
    "uniform m: f32[9]\n"
    "uniform t: f32[3]\n"
    "uniform turn: f32[4]\n"
    "uniform size: f32\n"
    "out new_mean: f32[3]\n"
    "out new_rotation: f32[4]\n"
    "out new_scale: f32[3]\n"
    "new_mean = affine(vec(m.0, m.1, m.2, t.0, m.3, m.4, m.5, t.1, m.6, m.7, m.8, t.2), mean)\n"
    "new_rotation = qmul(turn, rotation)\n"
    "new_scale = scale * size\n";

/* A turn about an axis, a shift across it and a change of sign: values stay as large as they are,
 * however often this is repeated in place. */
typedef struct transform {
    float m[9], t[3], turn[4], size;
} transform;

static const transform motion = {
    .m = {0.36F, 0.48F, -0.8F, -0.8F, 0.6F, 0, 0.48F, 0.64F, 0.6F},
    .t = {0.1F, 0.05F, 0},
    .turn = {0.5F, 0.5F, -0.5F, 0.5F},
    .size = -1,
};

static splat_motion for_peer(const transform *by)
{
    splat_motion to = {.size = by->size};
    for (int row = 0; row < 3; row++) {
        for (int k = 0; k < 3; k++)
            to.affine[4 * row + k] = by->m[3 * row + k];
        to.affine[4 * row + 3] = by->t[row];
    }
    for (int k = 0; k < 4; k++)
        to.turn[k] = by->turn[k];
    return to;
}

static void add_arguments(engine_bench *bench, const engine_family *family, const splat_arrays *in,
                          const splat_arrays *out, transform *by)
{
    const int64_t three[] = {(int64_t)bench->n, 3}, four[] = {(int64_t)bench->n, 4}, nine[] = {9};
    engine_family_arg(bench, family, "mean", WEFT_F32, in->mean, 2, three);
    engine_family_arg(bench, family, "rotation", WEFT_F32, in->rotation, 2, four);
    engine_family_arg(bench, family, "scale", WEFT_F32, in->scale, 2, three);
    engine_family_arg(bench, family, "m", WEFT_F32, by->m, 1, nine);
    engine_family_arg(bench, family, "t", WEFT_F32, by->t, 1, three + 1);
    engine_family_arg(bench, family, "turn", WEFT_F32, by->turn, 1, four + 1);
    engine_family_arg(bench, family, "size", WEFT_F32, &by->size, 0, NULL);
    if (!out)
        return;
    engine_family_arg(bench, family, NULL, WEFT_F32, out->mean, 2, three);
    engine_family_arg(bench, family, NULL, WEFT_F32, out->rotation, 2, four);
    engine_family_arg(bench, family, NULL, WEFT_F32, out->scale, 2, three);
}

static splat_arrays new_splats(engine_bench *bench)
{
    splat_arrays splats;
    splats.mean = engine_floats(bench, 3 * bench->n, -1, 1);
    splats.rotation = engine_floats(bench, 4 * bench->n, -1, 1);
    splats.scale = engine_floats(bench, 3 * bench->n, 0.5, 1);
    return splats;
}

static void add_output(engine_bench *bench, float *data, size_t width, const float *initial)
{
    engine_output_put(bench, (engine_output){.data = data,
                                             .type = WEFT_F32,
                                             .count = width * bench->n,
                                             .initial = initial,
                                             .tolerance = 1e-6,
                                             .absolute = 1e-6});
}

/* initial NULL: out are other arrays. */
static void measure_with(engine_bench *bench, const splat_arrays *in, const splat_arrays *out,
                         const splat_arrays *initial)
{
    transform by = motion;
    splat_motion peer_motion = for_peer(&by);
    const engine_call call = {NULL, (void *)out, in, &peer_motion, NULL, bench->n};
    const char *text = initial ? transform_in_place_text : transform_text;
    const engine_family family = engine_add_family(bench, text, NULL, 0);
    python_clear();
    add_arguments(bench, &family, in, initial ? NULL : out, &by);
    engine_contend_family(bench, &family);
    engine_contend_peer(bench, "transform", &call);
    workload_contend_python(bench, initial ? "@transform_in_place" : "@transform");
    add_output(bench, out->mean, 3, initial ? initial->mean : NULL);
    add_output(bench, out->rotation, 4, initial ? initial->rotation : NULL);
    add_output(bench, out->scale, 3, initial ? initial->scale : NULL);
    bench->bytes = 80.0 * (double)bench->n;
    engine_measure(bench);
}

static void measure_apart(engine_bench *bench, const engine_case *c)
{
    const splat_arrays in = new_splats(bench), out = new_splats(bench);
    (void)c;
    measure_with(bench, &in, &out, NULL);
}

static void measure_in_place(engine_bench *bench, const engine_case *c)
{
    const splat_arrays in = new_splats(bench);
    splat_arrays initial = in;
    (void)c;
    if (!bench->failed) {
        initial.mean = engine_copy(bench, in.mean, 3 * bench->n);
        initial.rotation = engine_copy(bench, in.rotation, 4 * bench->n);
        initial.scale = engine_copy(bench, in.scale, 3 * bench->n);
    }
    measure_with(bench, &in, &in, &initial);
}

/* --- activation ------------------------------------------------------------------------------- */

static void measure_activation(engine_bench *bench, const engine_case *c)
{
    const int64_t three[] = {(int64_t)bench->n, 3}, four[] = {(int64_t)bench->n, 4};
    const engine_family family = engine_add_family(bench, EXAMPLE_splat_activation, NULL, 0);
    float *log_scale = engine_floats(bench, 3 * bench->n, -12, 5);
    float *logit = engine_floats(bench, bench->n, -6, 6);
    float *rotation = engine_floats(bench, 4 * bench->n, 0.1, 1);
    float *scale = engine_floats(bench, 3 * bench->n, 0, 0);
    float *opacity = engine_floats(bench, bench->n, 0, 0);
    float *unit = engine_floats(bench, 4 * bench->n, 0, 0);
    (void)c;
    python_clear();
    engine_family_arg(bench, &family, "log_scale", WEFT_F32, log_scale, 2, three);
    engine_family_arg(bench, &family, "logit", WEFT_F32, logit, 1, three);
    engine_family_arg(bench, &family, "rotation", WEFT_F32, rotation, 2, four);
    engine_family_arg(bench, &family, NULL, WEFT_F32, scale, 2, three);
    engine_family_arg(bench, &family, NULL, WEFT_F32, opacity, 1, three);
    engine_family_arg(bench, &family, NULL, WEFT_F32, unit, 2, four);
    engine_contend_family(bench, &family);
    workload_contend_python(bench, "@activation");
    add_output(bench, scale, 3, NULL);
    add_output(bench, opacity, 1, NULL);
    add_output(bench, unit, 4, NULL);
    bench->bytes = 64.0 * (double)bench->n;
    engine_measure(bench);
}

const engine_case workload_splat_cases[] = {
    {"transform/apart", {10000, 100000, 1 << 20}, measure_apart, NULL, 0},
    {"transform/in-place", {10000, 100000, 1 << 20}, measure_in_place, NULL, 0},
    {"activation", {10000, 1 << 20}, measure_activation, NULL, 0},
    {NULL, {0}, NULL, NULL, 0},
};
