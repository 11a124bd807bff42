/* bench/peers/intrinsics.c: loops written by hand with AVX-512 intrinsics, four vectors to a turn
 * and the tail under a mask: what an expert gets from one pass over the arrays. sum and dot add in
 * whatever order is fastest, which weft's do not (docs/isa.md).
 * Neighbours: bench/ops_acceptance.c (the limits that name these), bench/CMakeLists.txt. */
#include <immintrin.h>
#include <stdint.h>

#include "bench/peers/table.h"

/* One loop: V vectors of LANES elements of T, under masks of type M. */
#define LOOP_HEAD(T, LANES)                                                                        \
    T *out = dst;                                                                                  \
    const T *x = a, *y = b, *z = c;                                                                \
    size_t i = 0;                                                                                  \
    (void)y, (void)z;                                                                              \
    for (; i + 4 * (LANES) <= n; i += 4 * (LANES))

#define MAP(name, T, V, M, LANES, load, store, mask_load, mask_store, step)                        \
    static inline V name##_step(V p, V q, V r)                                                     \
    {                                                                                              \
        (void)r;                                                                                   \
        return step;                                                                               \
    }                                                                                              \
    PEER_FUNCTION(name)                                                                            \
    {                                                                                              \
        LOOP_HEAD(T, LANES)                                                                        \
        {                                                                                          \
            for (size_t k = i; k < i + 4 * (LANES); k += (LANES))                                  \
                store(out + k, name##_step(load(x + k), load(y + k), z ? load(z + k) : load(x)));  \
        }                                                                                          \
        for (; i < n; i += (LANES)) {                                                              \
            const M mask = n - i >= (LANES) ? (M)-1 : (M)(((uint64_t)1 << (n - i)) - 1);           \
            mask_store(out + i, mask,                                                              \
                       name##_step(mask_load(mask, x + i), mask_load(mask, y + i),                 \
                                   z ? mask_load(mask, z + i) : mask_load(mask, x + i)));          \
        }                                                                                          \
    }
#define MAP_F32(name, step)                                                                        \
    MAP(name, float, __m512, __mmask16, 16, _mm512_loadu_ps, _mm512_storeu_ps,                     \
        _mm512_maskz_loadu_ps, _mm512_mask_storeu_ps, step)
#define MAP_F64(name, step)                                                                        \
    MAP(name, double, __m512d, __mmask8, 8, _mm512_loadu_pd, _mm512_storeu_pd,                     \
        _mm512_maskz_loadu_pd, _mm512_mask_storeu_pd, step)
#define MAP_I32(name, step)                                                                        \
    MAP(name, int32_t, __m512i, __mmask16, 16, _mm512_loadu_si512, _mm512_storeu_si512,            \
        _mm512_maskz_loadu_epi32, _mm512_mask_storeu_epi32, step)
#define MAP_U8(name, step)                                                                         \
    MAP(name, uint8_t, __m512i, __mmask64, 64, _mm512_loadu_si512, _mm512_storeu_si512,            \
        _mm512_maskz_loadu_epi8, _mm512_mask_storeu_epi8, step)

MAP_F32(add_f32, _mm512_add_ps(p, q))
MAP_F32(mul_f32, _mm512_mul_ps(p, q))
MAP_F32(div_f32, _mm512_div_ps(p, q))
MAP_F32(fma_f32, _mm512_fmadd_ps(p, q, r))
MAP_F64(add_f64, _mm512_add_pd(p, q))
MAP_I32(add_i32, _mm512_add_epi32(p, q))
MAP_U8(add_u8, _mm512_add_epi8(p, q))

/* Eight accumulators hide the latency of the additions. */
enum { ACCUMULATORS = 8, LANES = 16, TURN = ACCUMULATORS * LANES };

static inline float total_of(__m512 *s)
{
    for (int width = ACCUMULATORS / 2; width > 0; width /= 2)
        for (int k = 0; k < width; k++)
            s[k] = _mm512_add_ps(s[k], s[k + width]);
    return _mm512_reduce_add_ps(s[0]);
}

static inline __mmask16 tail_mask(size_t left)
{
    return left >= LANES ? (__mmask16)-1 : (__mmask16)((1u << left) - 1);
}

PEER_FUNCTION(sum_f32)
{
    const float *x = a;
    __m512 s[ACCUMULATORS];
    size_t i = 0;
    (void)b, (void)c;
    for (int k = 0; k < ACCUMULATORS; k++)
        s[k] = _mm512_setzero_ps();
    for (; i + TURN <= n; i += TURN)
        for (int k = 0; k < ACCUMULATORS; k++)
            s[k] = _mm512_add_ps(s[k], _mm512_loadu_ps(x + i + LANES * k));
    for (; i < n; i += LANES)
        s[0] = _mm512_add_ps(s[0], _mm512_maskz_loadu_ps(tail_mask(n - i), x + i));
    *(float *)dst = total_of(s);
}

PEER_FUNCTION(dot_f32)
{
    const float *x = a, *y = b;
    __m512 s[ACCUMULATORS];
    size_t i = 0;
    (void)c;
    for (int k = 0; k < ACCUMULATORS; k++)
        s[k] = _mm512_setzero_ps();
    for (; i + TURN <= n; i += TURN)
        for (int k = 0; k < ACCUMULATORS; k++)
            s[k] = _mm512_fmadd_ps(_mm512_loadu_ps(x + i + LANES * k),
                                   _mm512_loadu_ps(y + i + LANES * k), s[k]);
    for (; i < n; i += LANES) {
        const __mmask16 mask = tail_mask(n - i);
        s[0] = _mm512_fmadd_ps(_mm512_maskz_loadu_ps(mask, x + i),
                               _mm512_maskz_loadu_ps(mask, y + i), s[0]);
    }
    *(float *)dst = total_of(s);
}

static const peer_row rows[] = {
    {"add/f32/vv", add_f32},  {"mul/f32/vv", mul_f32}, {"div/f32/vv", div_f32},
    {"fma/f32/vvv", fma_f32}, {"add/f64/vv", add_f64}, {"add/i32/vv", add_i32},
    {"add/u8/vv", add_u8},    {"sum/f32/v", sum_f32},  {"dot/f32/vv", dot_f32},
};

PEER_MODULE("hand", "AVX-512 intrinsics, " PEER_VERSION ", " PEER_FLAGS, rows,
            __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw")
                ? NULL
                : "this CPU has no AVX-512")
