/* bench/peers/fused_transform.c: moves a cloud of Gaussian splats. They are worked on as they lie
 * in memory, three or four values each: to line up the values that a result needs takes fewer
 * shuffles than to take the components apart and put them together again. Neighbours:
 * bench/peers/fused.h, bench/engine_peer.h (splat_arrays, splat_motion). */
#include <string.h>

#include "bench/peers/fused.h"

/* 16 splats to a turn: three vectors of means, four of rotations, three of scales. The three arrays
 * take turns in blocks that are short enough for L1 and long enough that the constants of one array
 * at a time are in registers. */
enum { TURN = 16, BLOCK = 4 * TURN, MEAN_VECTORS = 3, ROTATION_VECTORS = 4 };

/* Lane l of vector j of the means holds component v % 3 of splat v / 3, where v = 16 j + l. Its
 * result needs components k = 0, 1 and 2 of its own splat: value v - v % 3 + k, which lies in this
 * vector or in one beside it. A permutation takes two vectors; first_source is the first of them.
 */
typedef struct mean_constants {
    __m512i at[MEAN_VECTORS][3];    /* where the values are in the two vectors */
    __m512 factor[MEAN_VECTORS][3]; /* of the matrix */
    __m512 offset[MEAN_VECTORS];    /* its last column */
} mean_constants;

ALWAYS_INLINE int first_source(int j, int k)
{
    return j == 0 || (j == 1 && k == 0) ? 0 : 1;
}

static void prepare_means(mean_constants *c, const float *affine)
{
    for (int j = 0; j < MEAN_VECTORS; j++) {
        float offset[LANES];
        for (int k = 0; k < 3; k++) {
            int32_t at[LANES];
            float factor[LANES];
            for (int l = 0; l < LANES; l++) {
                const int value = LANES * j + l, row = value % 3;
                at[l] = value - row + k - LANES * first_source(j, k);
                factor[l] = affine[4 * row + k];
                offset[l] = affine[4 * row + 3];
            }
            c->at[j][k] = _mm512_loadu_si512(at);
            c->factor[j][k] = _mm512_loadu_ps(factor);
        }
        c->offset[j] = _mm512_loadu_ps(offset);
    }
}

ALWAYS_INLINE void move_means(const mean_constants *c, float *to, const float *from, memory_use use)
{
    __m512 in[MEAN_VECTORS], out[MEAN_VECTORS];
    load_vectors(in, from, MEAN_VECTORS, use);
    for (int j = 0; j < MEAN_VECTORS; j++) {
        out[j] = c->offset[j];
        for (int k = 0; k < 3; k++) {
            const int first = first_source(j, k);
            const __m512 x = _mm512_permutex2var_ps(in[first], c->at[j][k], in[first + 1]);
            out[j] = _mm512_fmadd_ps(x, c->factor[j][k], out[j]);
        }
    }
    store_vectors(to, out, MEAN_VECTORS, use);
}

/* A rotation lies within 128 bits, and shuffles within those line up its components. The factors
 * have the signs that the product of quaternions gives each component. */
typedef struct turn_constants {
    __m512 w, x, y, z;
} turn_constants;

static void prepare_turn(turn_constants *c, const float *turn)
{
    const float x = turn[1], y = turn[2], z = turn[3];
    c->w = SPREAD(turn[0]);
    c->x = _mm512_broadcast_f32x4(_mm_setr_ps(-x, x, -x, x));
    c->y = _mm512_broadcast_f32x4(_mm_setr_ps(-y, y, y, -y));
    c->z = _mm512_broadcast_f32x4(_mm_setr_ps(-z, -z, z, z));
}

ALWAYS_INLINE __m512 turned(const turn_constants *c, __m512 q)
{
    __m512 r = _mm512_mul_ps(q, c->w);
    r = _mm512_fmadd_ps(_mm512_permute_ps(q, _MM_SHUFFLE(2, 3, 0, 1)), c->x, r); /* x w z y */
    r = _mm512_fmadd_ps(_mm512_permute_ps(q, _MM_SHUFFLE(1, 0, 3, 2)), c->y, r); /* y z w x */
    return _mm512_fmadd_ps(_mm512_permute_ps(q, _MM_SHUFFLE(0, 1, 2, 3)), c->z, r);
}

ALWAYS_INLINE void move_rotations(const turn_constants *c, float *to, const float *from,
                                  memory_use use)
{
    __m512 q[ROTATION_VECTORS];
    load_vectors(q, from, ROTATION_VECTORS, use);
    for (int j = 0; j < ROTATION_VECTORS; j++)
        q[j] = turned(c, q[j]);
    store_vectors(to, q, ROTATION_VECTORS, use);
}

ALWAYS_INLINE void move_scales(__m512 size, float *to, const float *from, memory_use use)
{
    __m512 s[MEAN_VECTORS];
    load_vectors(s, from, MEAN_VECTORS, use);
    for (int j = 0; j < MEAN_VECTORS; j++)
        s[j] = _mm512_mul_ps(s[j], size);
    store_vectors(to, s, MEAN_VECTORS, use);
}

typedef struct constants {
    mean_constants mean;
    turn_constants turn;
    __m512 size;
} constants;

/* Splats from i up to end, whole turns. */
ALWAYS_INLINE void move_block(const constants *c, const splat_arrays *out, const splat_arrays *in,
                              size_t i, size_t end, memory_use use)
{
    for (size_t k = i; k < end; k += TURN)
        move_means(&c->mean, out->mean + 3 * k, in->mean + 3 * k, use);
    for (size_t k = i; k < end; k += TURN)
        move_rotations(&c->turn, out->rotation + 4 * k, in->rotation + 4 * k, use);
    for (size_t k = i; k < end; k += TURN)
        move_scales(c->size, out->scale + 3 * k, in->scale + 3 * k, use);
}

/* The last splats, which fill no turn, go through copies that do. */
static void move_rest(const constants *c, const splat_arrays *out, const splat_arrays *in, size_t i,
                      size_t left)
{
    float mean[3 * TURN] = {0}, rotation[4 * TURN] = {0}, scale[3 * TURN] = {0};
    const splat_arrays copy = {mean, rotation, scale};
    memcpy(mean, in->mean + 3 * i, 3 * left * sizeof *mean);
    memcpy(rotation, in->rotation + 4 * i, 4 * left * sizeof *rotation);
    memcpy(scale, in->scale + 3 * i, 3 * left * sizeof *scale);
    move_block(c, &copy, &copy, 0, TURN, PLAIN);
    memcpy(out->mean + 3 * i, mean, 3 * left * sizeof *mean);
    memcpy(out->rotation + 4 * i, rotation, 4 * left * sizeof *rotation);
    memcpy(out->scale + 3 * i, scale, 3 * left * sizeof *scale);
}

ALWAYS_INLINE void transform(const splat_arrays *out, const splat_arrays *in,
                             const splat_motion *motion, size_t n, memory_use use)
{
    constants c;
    size_t i = 0;
    prepare_means(&c.mean, motion->affine);
    prepare_turn(&c.turn, motion->turn);
    c.size = SPREAD(motion->size);
    for (; i + BLOCK <= n; i += BLOCK)
        move_block(&c, out, in, i, i + BLOCK, use);
    for (; i + TURN <= n; i += TURN)
        move_block(&c, out, in, i, i + TURN, use);
    if (i < n)
        move_rest(&c, out, in, i, n - i);
    if (use == STREAM)
        _mm_sfence();
}

void fused_transform(void *dst, const void *a, const void *b, const void *c, size_t n)
{
    (void)c;
    transform(dst, a, b, n, PLAIN);
}

void fused_transform_prefetch(void *dst, const void *a, const void *b, const void *c, size_t n)
{
    (void)c;
    transform(dst, a, b, n, PREFETCH);
}

void fused_transform_stream(void *dst, const void *a, const void *b, const void *c, size_t n)
{
    const splat_arrays *out = dst;
    (void)c;
    if (stream_to((uintptr_t)out->mean | (uintptr_t)out->rotation | (uintptr_t)out->scale) ==
        STREAM)
        transform(out, a, b, n, STREAM);
    else
        transform(out, a, b, n, PLAIN);
}
