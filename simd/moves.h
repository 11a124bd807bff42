/* simd/moves.h: moves between strips and memory that no vector instruction helps with: one element
 * at a time, at baseline flags, the same code for every level. simd/moves.inc has the other ones
 * and the choice between them. Memory may be at any byte address. */
#ifndef WEFT_SIMD_MOVES_H
#define WEFT_SIMD_MOVES_H

#include <stddef.h>
#include <stdint.h>

/* M(bits) for each size of an element. */
#define WEFT_FOR_SIZES(M) M(8) M(16) M(32) M(64)

/* Elements of that size at any address, whatever is stored there. */
#define WEFT_ANY_ADDRESS(bits)                                                                     \
    typedef uint##bits##_t __attribute__((aligned(1), may_alias)) weft_any##bits;
WEFT_FOR_SIZES(WEFT_ANY_ADDRESS)

/* Element i of dst from src + i * step, or from element i of src to dst + i * step. */
#define WEFT_STRIDED(bits)                                                                         \
    void weft_strided_load_##bits(void *dst, const void *src, int64_t step, size_t n);             \
    void weft_strided_store_##bits(void *dst, const void *src, int64_t step, size_t n);
WEFT_FOR_SIZES(WEFT_STRIDED)

/* Element i of dst from table + indices[i] * row; indices are of 32 or 64 bits. The other way round
 * a later element wins over an earlier one. */
#define WEFT_INDEXED(bits)                                                                         \
    void weft_gather_##bits##_32(void *dst, const void *table, int64_t row, const void *indices,   \
                                 size_t n);                                                        \
    void weft_gather_##bits##_64(void *dst, const void *table, int64_t row, const void *indices,   \
                                 size_t n);                                                        \
    void weft_scatter_##bits##_32(void *table, const void *src, int64_t row, const void *indices,  \
                                  size_t n);                                                       \
    void weft_scatter_##bits##_64(void *table, const void *src, int64_t row, const void *indices,  \
                                  size_t n);
WEFT_FOR_SIZES(WEFT_INDEXED)

#endif
