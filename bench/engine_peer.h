/* bench/engine_peer.h: what the functions of the peer `fused` are given: whole formulas, so that
 * some of their arguments are sets of arrays. All are contiguous and need no alignment.
 *
 *   name            dst            a              b                      c   n
 *   transform       splat_arrays   splat_arrays   splat_motion               splats
 *   bell            float[n]       float[n]       float[n]         float[n]  values
 *   field/factors   float[n]       field_points   field_rows                 points
 *   field/centred   float[n]       field_points   field_rows                 points
 *
 * A name may have variants, which compute the same by other means: "transform:stream".
 * Neighbours: bench/peer.h (the signature), bench/peers/fused.c, bench/engine_fused.c. */
#ifndef WEFT_BENCH_ENGINE_PEER_H
#define WEFT_BENCH_ENGINE_PEER_H

#include <stddef.h>

/* Splats: 3, 4 and 3 values each. dst may be a, for a transform in place. */
typedef struct splat_arrays {
    float *mean, *rotation, *scale;
} splat_arrays;

/* mean' = M mean + t, the rows of (M | t) in affine; rotation' = turn (x) rotation, both as
 * (w, x, y, z); scale' = scale * size. */
typedef struct splat_motion {
    float affine[12], turn[4], size;
} splat_motion;

typedef struct field_points {
    const float *x, *y, *z;
} field_points;

/* One Gaussian, weight * exp(-1/2 d' P d) with d = point - mean, in one of two forms.
 * factors: l is upper triangular with 1/2 log2(e) P = l' l, by rows, and c = -l mean, so that the
 *          exponent of 2 is -|l point + c|^2.
 * centred: p is the upper half of -1/2 log2(e) P by rows, all but its diagonal doubled. */
typedef struct field_factors {
    float l[6], c[3], weight;
} field_factors;

typedef struct field_centred {
    float mean[3], p[6], weight;
} field_centred;

typedef struct field_rows {
    const void *rows;
    size_t count;
} field_rows;

#endif
