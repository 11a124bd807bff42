/* simd/stream.c: stores past the caches (simd/stream.h). A kernel writes into a buffer that stays
 * in L1; from there whole lines go to memory by a copy past the caches (simd/stream.inc), which is
 * the same for every kernel. */
#include "simd/stream.h"

#if defined(__SSE2__)
#include <xmmintrin.h>
#endif

enum { LINE = 64 };

void weft_stream_fence(void)
{
#if defined(__SSE2__)
    _mm_sfence();
#endif
}

size_t weft_stream_piece(const void *dst, size_t bytes, size_t size, size_t most, bool *lines)
{
    const size_t ahead = (size_t)(-(uintptr_t)dst % LINE) / size * size; /* up to the next line */
    size_t piece = ahead ? ahead : most;
    piece = piece < bytes ? piece : bytes;
    *lines = piece % LINE == 0 && (uintptr_t)dst % LINE == 0;
    return piece;
}

void weft_stream_kernel(weft_stream_copy_kernel *copy, weft_kernel *kernel, size_t most, void *dst,
                        size_t size, const void *a, const void *b, const void *c,
                        const size_t step[3], size_t n)
{
    _Alignas(LINE) char buffer[WEFT_STREAM_LONG];
    char *out = dst;
    const char *in[3] = {a, b, c};
    for (size_t left = n * size; left > 0;) {
        bool lines;
        const size_t bytes = weft_stream_piece(out, left, size, most, &lines), count = bytes / size;
        kernel(lines ? buffer : out, in[0], in[1], in[2], count);
        if (lines)
            copy(out, buffer, bytes);
        out += bytes;
        for (int i = 0; i < 3; i++)
            in[i] = in[i] ? in[i] + count * step[i] : NULL;
        left -= bytes;
    }
    weft_stream_fence();
}
