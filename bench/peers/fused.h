/* bench/peers/fused.h: what the files of the peer `fused` share: vectors of 16 floats, ways to
 * treat memory, and 2^x as an expert writes it inline. Neighbours: bench/peers/fused*.c. */
#ifndef WEFT_BENCH_PEERS_FUSED_H
#define WEFT_BENCH_PEERS_FUSED_H

#include <immintrin.h>
#include <stdint.h>

#include "bench/engine_peer.h"
#include "bench/peer.h"

enum { LANES = 16, DISTANCE = 512 /* bytes that a prefetch is ahead */ };

/* PREFETCH asks for what comes DISTANCE further on, for writing where it will be written; STREAM
 * stores past the caches, to aligned addresses. */
typedef enum memory_use { PLAIN, PREFETCH, STREAM } memory_use;

#define ALWAYS_INLINE static inline __attribute__((always_inline))
#define SPREAD(x)     _mm512_set1_ps(x)
#define NEAREST       (_MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC)

/* Steps are taken by GROUP vectors at once: chains that depend on nothing of each other keep the
 * multipliers busy, and this order keeps the schedulers from filling with what must wait. */
enum { GROUP = 4 };
#define EACH for (int j = 0; j < GROUP; j++)

ALWAYS_INLINE __mmask16 tail_mask(size_t left)
{
    return left >= LANES ? (__mmask16)-1 : (__mmask16)((1u << left) - 1);
}

ALWAYS_INLINE void load_vectors(__m512 *v, const float *from, int count, memory_use use)
{
    for (int j = 0; j < count; j++) {
        v[j] = _mm512_loadu_ps(from + LANES * j);
        if (use == PREFETCH)
            _mm_prefetch((const char *)(from + LANES * j) + DISTANCE, _MM_HINT_T0);
    }
}

ALWAYS_INLINE void store_vectors(float *to, const __m512 *v, int count, memory_use use)
{
    for (int j = 0; j < count; j++) {
        if (use == PREFETCH)
            __builtin_prefetch((const char *)(to + LANES * j) + DISTANCE, 1, 3);
        if (use == STREAM)
            _mm512_stream_ps(to + LANES * j, v[j]);
        else
            _mm512_storeu_ps(to + LANES * j, v[j]);
    }
}

/* Those of a module of which all stores can be streamed; else the caches must do. */
ALWAYS_INLINE memory_use stream_to(uintptr_t addresses)
{
    return addresses % 64 ? PLAIN : STREAM;
}

bench_peer_function fused_transform, fused_transform_prefetch, fused_transform_stream;
bench_peer_function fused_field_factors, fused_field_centred;

#endif
