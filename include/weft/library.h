/* weft/library.h: functions of several operations on arrays: activations, losses, normalisation.
 * Each is an expression of docs/language.md, compiled when it is first used and kept in the
 * context's program cache: fused, over the context's threads, for any n.
 * Neighbours: weft/vec.h (single operations), weft/compile.h (expressions of one's own). */
#ifndef WEFT_LIBRARY_H
#define WEFT_LIBRARY_H

#include <weft/context.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The table: MAP(name, expression, words) makes weft_vec_NAME(context, type, dst, a, n), MAP1 and
 * MAP2 such with one or two scalars behind a (p, q in the expression), BLEND with a second array b
 * and a scalar, SCORE makes one value of two arrays: weft_vec_NAME(context, type, result, a, b, n).
 */
#define WEFT_LIBRARY_TABLE(MAP, MAP1, MAP2, BLEND, SCORE)                                          \
    MAP(relu, "relu(a)", "max(a, 0); NaN stays")                                                   \
    MAP1(leaky_relu, "leaky_relu(a, p)", "p * a where a < 0, else a")                              \
    MAP(gelu, "gelu(a)", "a times the normal distribution function, by erf")                       \
    MAP(gelu_tanh, "gelu_tanh(a)", "the same, approximated by tanh")                               \
    MAP(silu, "silu(a)", "a * sigmoid(a)")                                                         \
    MAP(softplus, "softplus(a)", "log(1 + exp(a)), without overflow")                              \
    MAP(softmax, "softmax(a)", "exp(a) / sum(exp(a)), the largest taken off first")                \
    MAP(log_softmax, "log_softmax(a)", "its logarithm, computed as such")                          \
    MAP1(layer_norm, "layer_norm(a, p)", "(a - mean) / sqrt(var + p)")                             \
    MAP2(clip, "clip(a, p, q)", "min(max(a, p), q)")                                               \
    BLEND(lerp, "lerp(a, b, p)", "a + p * (b - a)")                                                \
    SCORE(mse, "mse(a, b)", "mean of (a - b)**2")                                                  \
    SCORE(cross_entropy, "cross_entropy(a, b)",                                                    \
          "-sum(b * log_softmax(a)): logits a, probabilities b of one example")                    \
    SCORE(binary_cross_entropy, "binary_cross_entropy(a, b)",                                      \
          "mean of -(b log a + (1 - b) log(1 - a)), logarithms not below -100")

/* type is WEFT_F32 or WEFT_F64: of all arrays and of the result. Scalars are rounded to it. dst may
 * be exactly an input; it does not overlap one otherwise, and the result of a SCORE never. What
 * n = 0 gives: nothing; of a SCORE what a mean or sum of nothing is, NaN or -0. Infinities give the
 * limits of a function, not NaN; what softmax and its kin make of a whole array is NaN where that
 * holds a NaN or +infinity, and layer_norm is 0 where squares of differences overflow. Results have
 * the same bits whatever the threads. WEFT_ERR_ARG (context or an array is NULL, another type),
 * WEFT_ERR_BIND (overlap), WEFT_ERR_MEMORY. Thread-safe. */
#define WEFT_LIBRARY_MAP_(name, expression, words)                                                 \
    WEFT_API weft_status weft_vec_##name(weft_context *context, weft_dtype type, void *dst,        \
                                         const void *a, size_t n);
#define WEFT_LIBRARY_MAP1_(name, expression, words)                                                \
    WEFT_API weft_status weft_vec_##name(weft_context *context, weft_dtype type, void *dst,        \
                                         const void *a, double p, size_t n);
#define WEFT_LIBRARY_MAP2_(name, expression, words)                                                \
    WEFT_API weft_status weft_vec_##name(weft_context *context, weft_dtype type, void *dst,        \
                                         const void *a, double p, double q, size_t n);
#define WEFT_LIBRARY_BLEND_(name, expression, words)                                               \
    WEFT_API weft_status weft_vec_##name(weft_context *context, weft_dtype type, void *dst,        \
                                         const void *a, const void *b, double p, size_t n);
#define WEFT_LIBRARY_SCORE_(name, expression, words)                                               \
    WEFT_API weft_status weft_vec_##name(weft_context *context, weft_dtype type, void *result,     \
                                         const void *a, const void *b, size_t n);
WEFT_LIBRARY_TABLE(WEFT_LIBRARY_MAP_, WEFT_LIBRARY_MAP1_, WEFT_LIBRARY_MAP2_, WEFT_LIBRARY_BLEND_,
                   WEFT_LIBRARY_SCORE_)
#undef WEFT_LIBRARY_MAP_
#undef WEFT_LIBRARY_MAP1_
#undef WEFT_LIBRARY_MAP2_
#undef WEFT_LIBRARY_BLEND_
#undef WEFT_LIBRARY_SCORE_

/* dst[i] = a[i], any type: weft_vec_mov under the name that people look for. */
WEFT_API weft_status weft_vec_copy(weft_context *context, weft_dtype type, void *dst, const void *a,
                                   size_t n);

/* dst[i] = a[0] + ... + a[i], added one after the other in the type (f32 or f64), on the calling
 * thread. dst may be exactly a. WEFT_ERR_ARG as above, and for other overlaps. */
WEFT_API weft_status weft_vec_cumsum(weft_context *context, weft_dtype type, void *dst,
                                     const void *a, size_t n);

#ifdef __cplusplus
}
#endif
#endif
