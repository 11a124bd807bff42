/* simd/stream.h: kernels over arrays that no cache holds, with stores that go past the caches. */
#ifndef WEFT_SIMD_STREAM_H
#define WEFT_SIMD_STREAM_H

#include <stdbool.h>

#include "simd/kernel.h"

/* From how many bytes of output on. An ordinary store first reads the line that it will overwrite;
 * this one does not, which saves a quarter of the traffic of an addition, but what was written must
 * then be read from memory again. Measured, additions beside a plain loop: of u8, 1.08 of its time
 * at 16 MiB of output; of f32, 0.96 at 16, 0.93 at 32, 0.86 at 64. */
#define WEFT_STREAM_BYTES ((size_t)32 << 20)
/* And of kernels that store past the caches by themselves, without a buffer: 4 M elements of a b +
 * 2 c take 1.3 to 1.8 ms in place of 1.8 to 2.8, and a plain loop 1.3 to 2.0. */
#define WEFT_STREAM_BYTES_PAST ((size_t)16 << 20)

/* Bytes that are computed and then written, in turn: of kernels that compute for longer than memory
 * takes, and of others, whose next loads the writes would keep waiting. Measured, 16 M elements in
 * pieces of 256, 512 and 1024 bytes: a scalar times f32 3.0, 3.5, 4.6 ms, a quotient 4.2, 4.9, 4.5;
 * exp of f64 9.1, 8.0, 7.2, tanh of f32 5.0, 4.5, 4.4. */
enum { WEFT_STREAM_LONG = 1024, WEFT_STREAM_BRIEF = 256 };

/* After copies past the caches (weft_kernel_table.stream_copy), once before another thread is told
 * of them: whoever sees what the caller stores next sees the copies. It waits until they are in
 * memory, which takes as long as copying a few KB: behind each strip of 1 KB, it is nine tenths of
 * the time. */
void weft_stream_fence(void);

/* The whole lines of so many bytes, or one. */
#define WEFT_STREAM_LINES(bytes) ((bytes) < 64 ? (size_t)64 : (bytes) / 64 * 64)

/* The pieces in which `bytes` bytes at dst are written past the caches, `most` at a time: how many
 * bytes the next one has. *lines: it is whole cache lines, to be made in a buffer and copied; else
 * to be written where it belongs. dst and `bytes` are multiples of `size`, a power of two. */
size_t weft_stream_piece(const void *dst, size_t bytes, size_t size, size_t most, bool *lines);

/* Runs kernel(dst, a, b, c, n) by way of a buffer of `most` bytes, WEFT_STREAM_LONG or _BRIEF, from
 * which `copy` takes it past the caches, with the fence. Elements of dst have `size` bytes, those
 * of a, b and c step[0], step[1] and step[2]; 0 is one scalar. dst overlaps none of them. */
void weft_stream_kernel(weft_stream_copy_kernel *copy, weft_kernel *kernel, size_t most, void *dst,
                        size_t size, const void *a, const void *b, const void *c,
                        const size_t step[3], size_t n);

#endif
