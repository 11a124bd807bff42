/* bench/peers/sleef.c: SLEEF's functions of at most 1.0 ULP (u10; u05 and exact ones where there is
 * no such), over arrays with its widest vectors that the CPU has: AVX-512 or AVX2.
 * Neighbours: bench/peer.h, bench/ops_acceptance.c. */
#if defined(__x86_64__)
#include <immintrin.h>
#endif
#include <sleef.h>
#include <stdio.h>

#include "bench/peers/table.h"

#if defined(__AVX512F__)
#define F32(name, suffix) Sleef_##name##f16_##suffix##avx512f
#define F64(name, suffix) Sleef_##name##d8_##suffix##avx512f
typedef __m512 vector_f32;
typedef __m512d vector_f64;
#define load_f32  _mm512_loadu_ps
#define store_f32 _mm512_storeu_ps
#define load_f64  _mm512_loadu_pd
#define store_f64 _mm512_storeu_pd
#elif defined(__AVX2__)
#define F32(name, suffix) Sleef_##name##f8_##suffix##avx2
#define F64(name, suffix) Sleef_##name##d4_##suffix##avx2
typedef __m256 vector_f32;
typedef __m256d vector_f64;
#define load_f32          _mm256_loadu_ps
#define store_f32         _mm256_storeu_ps
#define load_f64          _mm256_loadu_pd
#define store_f64         _mm256_storeu_pd
#endif

#if defined(F32)
/* The tail goes through a whole vector. Arguments beyond it are 1, which is cheap everywhere. */
#define MAP(name, T, tag, call)                                                                    \
    PEER_FUNCTION(name)                                                                            \
    {                                                                                              \
        enum { LANES = sizeof(vector_##tag) / sizeof(T) };                                         \
        const T *x = a, *y = b ? b : a;                                                            \
        T *out = dst, tx[LANES], ty[LANES];                                                        \
        size_t i = 0;                                                                              \
        (void)c;                                                                                   \
        for (; i + LANES <= n; i += LANES) {                                                       \
            const vector_##tag p = load_##tag(x + i), q = load_##tag(y + i);                       \
            (void)q;                                                                               \
            store_##tag(out + i, call);                                                            \
        }                                                                                          \
        for (size_t k = 0; i < n && k < LANES; k++) {                                              \
            tx[k] = i + k < n ? x[i + k] : 1;                                                      \
            ty[k] = i + k < n ? y[i + k] : 1;                                                      \
        }                                                                                          \
        if (i < n) {                                                                               \
            const vector_##tag p = load_##tag(tx), q = load_##tag(ty);                             \
            (void)q;                                                                               \
            store_##tag(tx, call);                                                                 \
            memcpy(out + i, tx, (n - i) * sizeof(T));                                              \
        }                                                                                          \
    }

#define ONE(name, suffix)                                                                          \
    MAP(name##_f32, float, f32, F32(name, suffix)(p))                                              \
    MAP(name##_f64, double, f64, F64(name, suffix)(p))
#define TWO(name, suffix)                                                                          \
    MAP(name##_f32, float, f32, F32(name, suffix)(p, q))                                           \
    MAP(name##_f64, double, f64, F64(name, suffix)(p, q))
#define EACH_ONE(M)                                                                                \
    M(exp, u10)                                                                                    \
    M(exp2, u10)                                                                                   \
    M(expm1, u10)                                                                                  \
    M(log, u10)                                                                                    \
    M(log2, u10)                                                                                   \
    M(log10, u10)                                                                                  \
    M(log1p, u10)                                                                                  \
    M(sin, u10)                                                                                    \
    M(cos, u10)                                                                                    \
    M(tan, u10)                                                                                    \
    M(asin, u10)                                                                                   \
    M(acos, u10)                                                                                   \
    M(atan, u10)                                                                                   \
    M(sinh, u10)                                                                                   \
    M(cosh, u10)                                                                                   \
    M(tanh, u10)                                                                                   \
    M(erf, u10)                                                                                    \
    M(cbrt, u10)
#define EACH_TWO(M)                                                                                \
    M(pow, u10)                                                                                    \
    M(atan2, u10)                                                                                  \
    M(hypot, u05)

EACH_ONE(ONE)
EACH_TWO(TWO)

#define ROW_ONE(name, suffix) {#name "/f32/v", name##_f32}, {#name "/f64/v", name##_f64},
#define ROW_TWO(name, suffix) {#name "/f32/vv", name##_f32}, {#name "/f64/vv", name##_f64},
static const peer_row rows[] = {EACH_ONE(ROW_ONE) EACH_TWO(ROW_TWO)};
#define UNABLE NULL
#else
static const peer_row rows[] = {{"", NULL}};
#define UNABLE "used on CPUs with AVX2 or AVX-512 only"
#endif

PEER_MODULE("sleef", "SLEEF " PEER_LIBRARY ", functions of 1.0 ULP", rows, UNABLE)
