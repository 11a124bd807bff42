/* bench/memory_kernels.c: see bench/memory_kernels.h. One set for each width of vectors, written
 * once: what differs is named by macros. */
#include "bench/memory_kernels.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

/* One loop: whole blocks of four vectors, then single values. BODY makes a vector from index i. */
#define LOOP(name, attribute, WIDTH, STORE, FENCE, BODY, SCALAR)                                   \
    attribute static void name(float *y, const float *a, const float *b, size_t n)                 \
    {                                                                                              \
        size_t i = 0;                                                                              \
        (void)b;                                                                                   \
        for (; i + 4 * (WIDTH) <= n; i += 4 * (WIDTH))                                             \
            for (size_t k = 0; k < 4; k++)                                                         \
                STORE(y + i + k * (WIDTH), BODY(i + k * (WIDTH)));                                 \
        for (; i < n; i++)                                                                         \
            y[i] = SCALAR;                                                                         \
        FENCE;                                                                                     \
    }

#define COPY(i)  LOAD(a + (i))
#define SCALE(i) MUL(SET(MEMORY_FACTOR), LOAD(a + (i)))
#define SUM(i)   ADD(LOAD(a + (i)), LOAD(b + (i)))
#define TRIAD(i) ADD(LOAD(a + (i)), MUL(SET(MEMORY_FACTOR), LOAD(b + (i))))

#define SET_OF(level, attribute, WIDTH, STORE, FENCE)                                              \
    LOOP(copy_##level, attribute, WIDTH, STORE, FENCE, COPY, a[i])                                 \
    LOOP(scale_##level, attribute, WIDTH, STORE, FENCE, SCALE, MEMORY_FACTOR *a[i])                \
    LOOP(add_##level, attribute, WIDTH, STORE, FENCE, SUM, a[i] + b[i])                            \
    LOOP(triad_##level, attribute, WIDTH, STORE, FENCE, TRIAD, a[i] + MEMORY_FACTOR * b[i])

#define TABLE(plain, stream)                                                                       \
    {                                                                                              \
        {"copy", 2, 0, copy_##plain, copy_##stream},                                               \
            {"scale", 2, 1, scale_##plain, scale_##stream},                                        \
            {"add", 3, 1, add_##plain, add_##stream},                                              \
        {                                                                                          \
            "triad", 3, 2, triad_##plain, triad_##stream                                           \
        }                                                                                          \
    }

#if defined(__x86_64__)

#define LOAD _mm512_load_ps
#define ADD  _mm512_add_ps
#define MUL  _mm512_mul_ps
#define SET  _mm512_set1_ps
#define WITH __attribute__((target("avx512f")))
SET_OF(512, WITH, (size_t)16, _mm512_store_ps, (void)0)
SET_OF(512_stream, WITH, (size_t)16, _mm512_stream_ps, _mm_sfence())
#undef LOAD
#undef ADD
#undef MUL
#undef SET
#undef WITH

#define LOAD _mm256_load_ps
#define ADD  _mm256_add_ps
#define MUL  _mm256_mul_ps
#define SET  _mm256_set1_ps
#define WITH __attribute__((target("avx")))
SET_OF(256, WITH, (size_t)8, _mm256_store_ps, (void)0)
SET_OF(256_stream, WITH, (size_t)8, _mm256_stream_ps, _mm_sfence())
#undef LOAD
#undef ADD
#undef MUL
#undef SET
#undef WITH

#define LOAD _mm_load_ps
#define ADD  _mm_add_ps
#define MUL  _mm_mul_ps
#define SET  _mm_set1_ps
#define WITH
SET_OF(128, WITH, (size_t)4, _mm_store_ps, (void)0)
SET_OF(128_stream, WITH, (size_t)4, _mm_stream_ps, _mm_sfence())

const memory_kernel *memory_kernels(void)
{
    static const memory_kernel avx512[] = TABLE(512, 512_stream), avx[] = TABLE(256, 256_stream),
                               sse[] = TABLE(128, 128_stream);
    return __builtin_cpu_supports("avx512f") ? avx512 : __builtin_cpu_supports("avx") ? avx : sse;
}

#else

#define LOAD(at)     (*(at))
#define ADD(x, y)    ((x) + (y))
#define MUL(x, y)    ((x) * (y))
#define SET(x)       (x)
#define STORE(at, x) (*(at) = (x))
#define copy_none    NULL
#define scale_none   NULL
#define add_none     NULL
#define triad_none   NULL
SET_OF(plain, , (size_t)1, STORE, (void)0)

const memory_kernel *memory_kernels(void)
{
    static const memory_kernel plain[] = TABLE(plain, none);
    return plain;
}

#endif
