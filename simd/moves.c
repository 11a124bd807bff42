/* simd/moves.c: strided and indexed moves, one element at a time (simd/moves.h). */
#include "simd/moves.h"

#define DEFINE_STRIDED(bits)                                                                       \
    void weft_strided_load_##bits(void *dst, const void *src, int64_t step, size_t n)              \
    {                                                                                              \
        weft_any##bits *to = dst;                                                                  \
        const char *from = src;                                                                    \
        for (size_t i = 0; i < n; i++)                                                             \
            to[i] = *(const weft_any##bits *)(from + (int64_t)i * step);                           \
    }                                                                                              \
    void weft_strided_store_##bits(void *dst, const void *src, int64_t step, size_t n)             \
    {                                                                                              \
        char *to = dst;                                                                            \
        const weft_any##bits *from = src;                                                          \
        for (size_t i = 0; i < n; i++)                                                             \
            *(weft_any##bits *)(to + (int64_t)i * step) = from[i];                                 \
    }
WEFT_FOR_SIZES(DEFINE_STRIDED)

#define DEFINE_INDEXED(bits, index)                                                                \
    void weft_gather_##bits##_##index(void *dst, const void *table, int64_t row,                   \
                                      const void *indices, size_t n)                               \
    {                                                                                              \
        weft_any##bits *to = dst;                                                                  \
        const char *from = table;                                                                  \
        const int##index##_t *at = indices;                                                        \
        for (size_t i = 0; i < n; i++)                                                             \
            to[i] = *(const weft_any##bits *)(from + at[i] * row);                                 \
    }                                                                                              \
    void weft_scatter_##bits##_##index(void *table, const void *src, int64_t row,                  \
                                       const void *indices, size_t n)                              \
    {                                                                                              \
        char *to = table;                                                                          \
        const weft_any##bits *from = src;                                                          \
        const int##index##_t *at = indices;                                                        \
        for (size_t i = 0; i < n; i++)                                                             \
            *(weft_any##bits *)(to + at[i] * row) = from[i];                                       \
    }
#define DEFINE_BOTH(bits) DEFINE_INDEXED(bits, 32) DEFINE_INDEXED(bits, 64)
WEFT_FOR_SIZES(DEFINE_BOTH)
