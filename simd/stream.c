/* simd/stream.c: stores past the caches (simd/stream.h). A kernel writes into a buffer that stays
 * in L1; from there whole lines go to memory by a copy past the caches (simd/stream.inc), which is
 * the same for every kernel. */
#include "simd/stream.h"

#if defined(__SSE2__)
#include <xmmintrin.h>
#endif

enum { LINE = 64, BUFFER = 1024 }; /* larger ones make reads and writes alternate in long bursts */

void weft_stream_fence(void)
{
#if defined(__SSE2__)
    _mm_sfence();
#endif
}

void weft_stream_kernel(weft_stream_copy_kernel *copy, weft_kernel *kernel, void *dst, size_t size,
                        const void *a, const void *b, const void *c, const size_t step[3], size_t n)
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
            copy(out, buffer, bytes);
        out += bytes;
        for (int i = 0; i < 3; i++)
            in[i] = in[i] ? in[i] + count * step[i] : NULL;
        n -= count;
    }
    weft_stream_fence();
}
