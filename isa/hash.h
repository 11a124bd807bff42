/* isa/hash.h: the checksum of images: XXH64 with seed 0, from the header-only xxHash, so that
 * nothing is added at run time. The program cache (vm/cache.c) looks up its keys by it. */
#ifndef WEFT_ISA_HASH_H
#define WEFT_ISA_HASH_H

#include <stddef.h>
#include <stdint.h>

#define XXH_INLINE_ALL
#if defined(__GNUC__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wsign-conversion"
#endif
#include <xxhash.h>
#if defined(__GNUC__)
#pragma GCC diagnostic pop
#endif

static inline uint64_t weft_hash(const void *bytes, size_t length)
{
    return XXH64(bytes, length, 0);
}

/* Goes on from the hash of what stands before. */
static inline uint64_t weft_hash_on(uint64_t before, const void *bytes, size_t length)
{
    return XXH64(bytes, length, before);
}

#endif
