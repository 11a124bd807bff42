/* weft/context.h: the context, which owns what programs need to run.
 * Neighbours: weft/program.h makes programs in a context, weft/run.h runs them there. */
#ifndef WEFT_CONTEXT_H
#define WEFT_CONTEXT_H

#include <weft/level.h>

#ifdef __cplusplus
extern "C" {
#endif

#define WEFT_VERSION_MAJOR 0
#define WEFT_VERSION_MINOR 1
#define WEFT_VERSION_PATCH 0

/* "0.1.0": the version of the library that is linked, which may differ from the header's. Static.
 */
WEFT_API const char *weft_version(void);

/* A context: allocator, options, later threads and the program cache. Two contexts share nothing.
 * Thread-safe: many threads may use one context at once; only destroying it must be alone. */
typedef struct weft_context weft_context;

/* Memory for everything that a context makes. Both functions must be thread-safe.
 * alloc returns `size` bytes (size > 0) aligned to `alignment` (a power of two, at most 64), or
 * NULL; release is given what alloc returned (never NULL) and the same size. */
typedef struct weft_allocator {
    void *user;
    void *(*alloc)(void *user, size_t size, size_t alignment);
    void (*release)(void *user, void *memory, size_t size);
} weft_allocator;

/* Options of a context. Set `size` to sizeof(weft_context_options) and the rest to zero, then what
 * is wanted: zero means the default, and a library that is newer than its caller fills up the rest.
 * A size that is smaller than `size_t` or beyond what this library knows is WEFT_ERR_ARG. */
typedef struct weft_context_options {
    size_t size;
    const weft_allocator *allocator; /* copied; NULL: the C library's */
    uint32_t strip_length; /* elements per strip: a power of two, 128 to 2,048; 0: weft chooses.
                              No result depends on it; tests use it to prove that. */
    uint32_t level;        /* weft_level: which kernels run; 0: the process's choice */
} weft_context_options;

/* Makes a context in *out. options NULL: all defaults. On error *out is NULL.
 * WEFT_ERR_ARG (out is NULL, an option is out of range), WEFT_ERR_UNSUPPORTED (the level, or what
 * WEFT_LEVEL asks for, is not available), WEFT_ERR_MEMORY. */
WEFT_API weft_status weft_context_create(const weft_context_options *options, weft_context **out);

/* Frees a context. NULL is allowed. Programs made in it stay valid until they are released: the
 * memory behind the context goes with the last of them. */
WEFT_API void weft_context_destroy(weft_context *context);

#ifdef __cplusplus
}
#endif
#endif
