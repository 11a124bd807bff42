/* simd/stream.c: stores past the caches (simd/stream.h). A kernel writes into a buffer that stays
 * in L1; from there whole lines go to memory by non-temporal stores, which are the same for every
 * kernel. */
#include "simd/stream.h"

#include <string.h>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

enum { LINE = 64, BUFFER = 1024 }; /* larger ones make reads and writes alternate in long bursts */

/* bytes is a multiple of LINE, and both are aligned to it. */
static void store_lines(char *dst, const char *src, size_t bytes)
{
#if defined(__SSE2__)
    for (size_t i = 0; i < bytes; i += sizeof(__m128i))
        _mm_stream_si128((__m128i *)(void *)(dst + i),
                         _mm_load_si128((const __m128i *)(const void *)(src + i)));
#else
    memcpy(dst, src, bytes);
#endif
}

void weft_stream(weft_kernel *kernel, void *dst, size_t size, const void *a, const void *b,
                 const void *c, const size_t step[3], size_t n)
{
    _Alignas(LINE) char buffer[BUFFER];
    char *out = dst;
    const char *in[3] = {a, b, c};
    while (n > 0) {
        const size_t ahead = (size_t)(-(uintptr_t)out % LINE) / size; /* up to the next line */
        size_t count = ahead ? ahead : BUFFER / size;
        count = count < n ? count : n;
        const size_t bytes = count * size;
        const bool lines = bytes % LINE == 0 && (uintptr_t)out % LINE == 0;
        kernel(lines ? buffer : out, in[0], in[1], in[2], count);
        if (lines)
            store_lines(out, buffer, bytes);
        out += bytes;
        for (int i = 0; i < 3; i++)
            in[i] = in[i] ? in[i] + count * step[i] : NULL;
        n -= count;
    }
#if defined(__SSE2__)
    _mm_sfence(); /* what was stored is seen by whoever sees what the caller stores next */
#endif
}

void weft_stream_copy(void *dst, const void *src, size_t bytes)
{
    char *to = dst; const char *from = src;
#if defined(__SSE2__)
    if ((uintptr_t)to % 16 == 0) {
        for (; bytes >= 16; bytes -= 16, to += 16, from += 16)
            _mm_stream_si128((__m128i *)(void *)to, _mm_loadu_si128((const __m128i *)(const void *)from));
    }
#endif
    memcpy(to, from, bytes);
}
