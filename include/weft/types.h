/* weft/types.h: element types and shapes.
 * One table of element types; everything that lists types expands from it.
 * Neighbours: weft/run.h (arguments use these types), isa/isa.h (so do instructions). */
#ifndef WEFT_TYPES_H
#define WEFT_TYPES_H

#include <stddef.h>
#include <stdint.h>

#if defined(_WIN32)
#define WEFT_API
#elif defined(__GNUC__)
#define WEFT_API __attribute__((visibility("default")))
#else
#define WEFT_API
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* WEFT_TYPE(NAME, tag, text, C type that stores one element, size in bytes, value)
 * NAME and tag make identifiers (WEFT_F32, weft_add_f32); text is what people write.
 * f16 and bf16 are stored as their 16 bits; bool is one byte, 0 or 1 (any other byte reads as 1).
 * The values are part of the ABI and of the image format: append, never renumber. */
#define WEFT_TYPE_TABLE(WEFT_TYPE)                                                                 \
    WEFT_TYPE(I8, i8, "i8", int8_t, 1, 1)                                                          \
    WEFT_TYPE(I16, i16, "i16", int16_t, 2, 2)                                                      \
    WEFT_TYPE(I32, i32, "i32", int32_t, 4, 3)                                                      \
    WEFT_TYPE(I64, i64, "i64", int64_t, 8, 4)                                                      \
    WEFT_TYPE(U8, u8, "u8", uint8_t, 1, 5)                                                         \
    WEFT_TYPE(U16, u16, "u16", uint16_t, 2, 6)                                                     \
    WEFT_TYPE(U32, u32, "u32", uint32_t, 4, 7)                                                     \
    WEFT_TYPE(U64, u64, "u64", uint64_t, 8, 8)                                                     \
    WEFT_TYPE(F16, f16, "f16", uint16_t, 2, 9)                                                     \
    WEFT_TYPE(BF16, bf16, "bf16", uint16_t, 2, 10)                                                 \
    WEFT_TYPE(F32, f32, "f32", float, 4, 11)                                                       \
    WEFT_TYPE(F64, f64, "f64", double, 8, 12)                                                      \
    WEFT_TYPE(BOOL, b8, "bool", uint8_t, 1, 13)

/* Element types. WEFT_NONE is "no type": never valid for an array. */
typedef enum weft_dtype {
    WEFT_NONE = 0,
#define WEFT_TYPE_ENUM_(NAME, tag, text, ctype, size, value) WEFT_##NAME = value,
    WEFT_TYPE_TABLE(WEFT_TYPE_ENUM_)
#undef WEFT_TYPE_ENUM_
        WEFT_TYPE_COUNT
} weft_dtype;

/* Most dimensions an index space can have. */
#define WEFT_MAX_RANK 4
/* Most dimensions an argument can have: the space's, and one for the segment. */
#define WEFT_MAX_ARG_RANK 5

/* "f32", "bool", ...; "none" for WEFT_NONE and for any value that is no type. Static storage. */
WEFT_API const char *weft_dtype_name(weft_dtype type);
/* Size of one element in bytes; 0 for WEFT_NONE and for any value that is no type. */
WEFT_API size_t weft_dtype_size(weft_dtype type);
/* The type of that name; WEFT_NONE where there is none (or name is NULL). */
WEFT_API weft_dtype weft_dtype_from_name(const char *name);

#ifdef __cplusplus
}
#endif
#endif
