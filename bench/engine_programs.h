/* bench/engine_programs.h: programs that several files of the suite `engine` run.
 * Neighbours: bench/engine.h, bench/engine_programs.c. */
#ifndef WEFT_BENCH_ENGINE_PROGRAMS_H
#define WEFT_BENCH_ENGINE_PROGRAMS_H

/* Parameters, in this order: mean, rotation, scale; affine, turn, size; new_mean, new_rotation,
 * new_scale: what bench/engine_peer.h says of splats. */
extern const char engine_transform_text[];

/* y = a * exp(-0.5 * (a a + b b + c c)); parameters a, b, c, y. */
extern const char engine_bell_text[];

/* y = exp(sin x) * cos x: much to compute for little memory; parameters x, y. */
extern const char engine_chain_text[];

/* The field of Gaussians at points, as sums over the rows of a table; parameters x, y, z, rows, f.
 * Each form has rows of its own (bench/engine_field.c). */
extern const char engine_polynomial_text[], engine_factors_text[], engine_centred_text[];

#endif
