/* isa/base.h: what every floor above the headers needs: memory through the context's allocator, and
 * error reports. */
#ifndef WEFT_ISA_BASE_H
#define WEFT_ISA_BASE_H

#include <stdbool.h>
#include <weft/context.h>

#if defined(__GNUC__)
#define WEFT_PRINTF(text, rest) __attribute__((format(printf, text, rest)))
#else
#define WEFT_PRINTF(text, rest)
#endif

/* size > 0 bytes at 64-byte alignment, or NULL. Not cleared. */
void *weft_mem_alloc(const weft_allocator *allocator, size_t size);
/* The same, cleared; NULL also where count * size overflows. count 0 gives one element. */
void *weft_mem_zeroed(const weft_allocator *allocator, size_t count, size_t size);
/* memory may be NULL; size is what it was allocated with. */
void weft_mem_free(const weft_allocator *allocator, void *memory, size_t size);

/* A growing array of elements of one size. Zero-initialise all but `element`. */
typedef struct weft_vector {
    void *data;
    size_t count, capacity, element;
} weft_vector;

/* Room for one more element at the end: its address, or NULL when memory runs out. */
void *weft_vector_push(const weft_allocator *allocator, weft_vector *vector);
void weft_vector_free(const weft_allocator *allocator, weft_vector *vector);

/* Clears a report to WEFT_OK. NULL is allowed here and below. */
void weft_error_clear(weft_error *error);
/* Fills a report that has no place, and returns `status`. A longer message is cut. */
weft_status weft_fail(weft_error *error, weft_status status, const char *format, ...)
    WEFT_PRINTF(3, 4);
/* The same for an instruction. */
weft_status weft_fail_pc(weft_error *error, weft_status status, int64_t pc, const char *format, ...)
    WEFT_PRINTF(4, 5);
/* The same for a place in an image. */
weft_status weft_fail_byte(weft_error *error, weft_status status, int64_t byte, const char *format,
                           ...) WEFT_PRINTF(4, 5);
/* The same for a place in a text. */
weft_status weft_fail_text(weft_error *error, weft_status status, int32_t line, int32_t column,
                           const char *format, ...) WEFT_PRINTF(5, 6);
weft_status weft_fail_memory(weft_error *error);

/* Evaluates a call that returns a weft_status, and returns from here if that is an error. */
#define WEFT_TRY(call)                                                                             \
    do {                                                                                           \
        weft_status status_ = (call);                                                              \
        if (status_)                                                                               \
            return status_;                                                                        \
    } while (0)

#endif
