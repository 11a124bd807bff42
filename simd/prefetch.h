/* simd/prefetch.h: asks the CPU for memory that will be needed soon. Only a hint: any address is
 * allowed, none faults, and no result depends on it. For those who walk over arrays (backends); the
 * kernels themselves leave it to them. */
#ifndef WEFT_SIMD_PREFETCH_H
#define WEFT_SIMD_PREFETCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { WEFT_LINE = 64 }; /* bytes that come at once */

/* The line that holds the byte at p, into all caches: to be read. */
static inline void weft_prefetch_read(const void *p)
{
    __builtin_prefetch(p, 0, 3);
}

/* To be written, and so taken from other cores now. Written as an instruction, as compilers use it
 * only if told that the CPU has it; one that has not takes it as no operation. */
static inline void weft_prefetch_write(const void *p)
{
#if defined(__x86_64__)
    __asm__ volatile("prefetchw %0" : : "m"(*(const char *)p));
#else
    __builtin_prefetch(p, 1, 3);
#endif
}

static inline void weft_prefetch_line(const char *p, bool write)
{
    if (write)
        weft_prefetch_write(p);
    else
        weft_prefetch_read(p);
}

/* All lines that the `bytes` bytes at `from` lie in. Costs one instruction a line where `write` is
 * a constant. */
static inline void weft_prefetch_lines(const char *from, size_t bytes, const bool write)
{
    /* Any address in a line will do, so the lines are as far apart as `from` is into its own. */
    size_t lines = bytes ? ((uintptr_t)from % WEFT_LINE + bytes + WEFT_LINE - 1) / WEFT_LINE : 0;
    for (; lines >= 8; lines -= 8, from += 8 * (size_t)WEFT_LINE) {
        weft_prefetch_line(from, write);
        weft_prefetch_line(from + 1 * WEFT_LINE, write);
        weft_prefetch_line(from + 2 * WEFT_LINE, write);
        weft_prefetch_line(from + 3 * WEFT_LINE, write);
        weft_prefetch_line(from + 4 * WEFT_LINE, write);
        weft_prefetch_line(from + 5 * WEFT_LINE, write);
        weft_prefetch_line(from + 6 * WEFT_LINE, write);
        weft_prefetch_line(from + 7 * WEFT_LINE, write);
    }
    for (; lines > 0; lines--, from += WEFT_LINE)
        weft_prefetch_line(from, write);
}

#endif
