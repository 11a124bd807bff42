/* weft/buffer.h: memory that a context looks after, named by handles.
 * A handle is a number, not an address: one that was released, belongs to another context or was
 * never given out is WEFT_ERR_ARG, never a crash. Runs take plain addresses as well; buffers are
 * for memory that is shared, passed through other languages, or released while others may use it.
 * Neighbours: weft/run.h (weft_arg_view makes an argument of a buffer). */
#ifndef WEFT_BUFFER_H
#define WEFT_BUFFER_H

#include <weft/context.h>
#include <weft/status.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The name of a buffer within its context; id 0 names none. Ids are never used twice: a handle that
 * was released stays invalid however many buffers are made after it. There is no limit on the
 * number of buffers but memory (and 2^32 - 1 of them at once).
 *
 * Each handle has a count of references, 1 when it is made. Several handles may share the same
 * bytes (weft_buffer_slice); those are freed when the last handle to them goes.
 *
 * All functions here are thread-safe. They need the context the buffer was made in, and with
 * `error` (NULL: not wanted) say what is wrong. What runs and the user write to the bytes at the
 * same time is for the user to order. */
typedef struct weft_buffer {
    uint64_t id;
} weft_buffer;

/* Flags of a buffer, to be combined with |. Values are part of the ABI: append, never renumber. */
typedef enum weft_buffer_flags {
    WEFT_BUFFER_UNINITIALIZED = 1, /* the bytes start as anything, not as zeros */
    WEFT_BUFFER_HUGE_PAGES = 2,    /* in huge pages, where the system has some */
    WEFT_BUFFER_READ_ONLY = 4      /* no run may write to it */
} weft_buffer_flags;

/* Makes a buffer of that many bytes (0 is allowed) at a 64-byte boundary, from the context's
 * allocator. flags: UNINITIALIZED, HUGE_PAGES. Without the first all bytes are 0. Huge pages are
 * asked of the system directly, not of the allocator; where it has none, or the buffer is smaller
 * than one, the memory is as without the flag, and weft_buffer_query says so.
 * On error *out is {0}. WEFT_ERR_ARG (context or out is NULL, flags), WEFT_ERR_MEMORY,
 * WEFT_ERR_LIMIT (2^32 - 1 buffers). */
WEFT_API weft_status weft_buffer_create(weft_context *context, size_t bytes, uint32_t flags,
                                        weft_buffer *out, weft_error *error);

/* What gives imported memory back to its owner. It is called exactly once, with no lock of the
 * context held, on the thread that drops the last reference; it may use the context, except when
 * that thread is in weft_context_destroy. */
typedef void weft_release_memory(void *user, void *memory, size_t bytes);

/* Makes a buffer of memory that is the caller's, without copying it. It must stay valid until
 * `release` is called (NULL: nothing is to be called). No alignment is required; memory may be NULL
 * where bytes is 0. flags: READ_ONLY. On error *out is {0}, and release is not and will not be
 * called. WEFT_ERR_ARG (context, memory or out is NULL, the bytes wrap round the address space,
 * flags), WEFT_ERR_MEMORY, WEFT_ERR_LIMIT. */
WEFT_API weft_status weft_buffer_import(weft_context *context, void *memory, size_t bytes,
                                        uint32_t flags, weft_release_memory *release, void *user,
                                        weft_buffer *out, weft_error *error);

/* Makes a buffer of `bytes` bytes of `parent`, from `offset` on: the same memory, a handle and a
 * count of its own. The memory stays as long as either is there; the parent may go first. flags:
 * READ_ONLY; a slice of a read-only buffer is read-only in any case. On error *out is {0}.
 * WEFT_ERR_ARG (context or out is NULL, no such buffer, flags), WEFT_ERR_RANGE (it does not lie
 * within the parent), WEFT_ERR_MEMORY, WEFT_ERR_LIMIT. */
WEFT_API weft_status weft_buffer_slice(weft_context *context, weft_buffer parent, size_t offset,
                                       size_t bytes, uint32_t flags, weft_buffer *out,
                                       weft_error *error);

/* One reference more. WEFT_ERR_ARG: context is NULL, no such buffer. */
WEFT_API weft_status weft_buffer_retain(weft_context *context, weft_buffer buffer,
                                        weft_error *error);

/* One reference less; with the last one the handle becomes invalid, and with the last handle to it
 * the memory is freed or given back. WEFT_ERR_BUSY: this would free memory that a run uses at this
 * moment; nothing has happened then, and the handle stays valid. WEFT_ERR_ARG: context is NULL, no
 * such buffer. weft_context_destroy releases all that is left. */
WEFT_API weft_status weft_buffer_release(weft_context *context, weft_buffer buffer,
                                         weft_error *error);

typedef struct weft_buffer_info {
    void *data;          /* valid while the handle is; NULL where there are no bytes */
    size_t bytes;        /* of the buffer, which may be a part of the memory */
    uint64_t references; /* to this handle */
    uint32_t flags;      /* weft_buffer_flags: READ_ONLY, HUGE_PAGES where the system granted it */
    uint32_t reserved;   /* 0 */
} weft_buffer_info;

/* Describes a buffer. On error *info is all 0. WEFT_ERR_ARG: context or info is NULL, no such
 * buffer. */
WEFT_API weft_status weft_buffer_query(weft_context *context, weft_buffer buffer,
                                       weft_buffer_info *info, weft_error *error);

#ifdef __cplusplus
}
#endif
#endif
