/* vm/buffer.h: what lies behind the handles of weft/buffer.h: a context's table of them, and the
 * memory, which handles and runs share.
 * A handle's id is its slot's generation << 32 | slot + 1. A slot gets its next generation when its
 * handle goes, and retires when all 2^32 are used up. */
#ifndef WEFT_VM_BUFFER_H
#define WEFT_VM_BUFFER_H

#include <stdatomic.h>
#include <weft/run.h>

#include "isa/base.h"
#include "isa/isa.h"

/* --- storage.c: memory ------------------------------------------------------------------------ */

typedef struct weft_storage {
    void *memory;
    size_t bytes;
    weft_release_memory *release; /* gives the memory back; NULL: nothing to be done */
    void *user;
    size_t handles;     /* that lead here; under the context's lock */
    atomic_size_t pins; /* runs that use it: more only under the lock to read, fewer at any time */
} weft_storage;

/* Memory of its own, at a 64-byte boundary. Takes HUGE_PAGES out of *flags where there are none. */
weft_status weft_storage_create(const weft_allocator *allocator, size_t bytes, uint32_t *flags,
                                weft_storage **out, weft_error *error);
/* Memory of the user's. */
weft_status weft_storage_import(const weft_allocator *allocator, void *memory, size_t bytes,
                                weft_release_memory *release, void *user, weft_storage **out,
                                weft_error *error);
/* Gives the memory back. NULL is allowed. No lock may be held. */
void weft_storage_free(const weft_allocator *allocator, weft_storage *storage);
/* Ends what weft_buffer_pin began. Takes no lock. */
void weft_storage_unpin(weft_storage *storage);

/* --- buffer.c: handles ------------------------------------------------------------------------ */

typedef struct weft_buffer_slot {
    weft_storage *storage; /* NULL: free */
    char *data;
    size_t bytes;
    uint64_t references;
    uint32_t generation;
    uint32_t next_free; /* slot + 1 of the next free one; 0: none */
    uint32_t flags;
} weft_buffer_slot;

/* Chunk k holds 64 << k slots, so that slots never move and 27 chunks hold all there can be. */
enum { WEFT_BUFFER_CHUNKS = 27, WEFT_BUFFER_FIRST_CHUNK = 64 };

/* A context's handles, under its lock. All zero but the generation to start with. */
typedef struct weft_buffer_table {
    weft_buffer_slot *chunks[WEFT_BUFFER_CHUNKS];
    uint32_t count;            /* slots that were ever used: the first ones */
    uint32_t first_free;       /* slot + 1 of the free one among them to take next; 0: none */
    uint32_t first_generation; /* of every slot. Differs between contexts, so that one's handles
                                  mean nothing to the other */
} weft_buffer_table;

/* Prepares the table of a new context. */
void weft_buffers_init(weft_context *context);
/* Releases all buffers but those that a run uses. */
void weft_buffers_clear(weft_context *context);
/* Releases all buffers and the table. No run may be left. */
void weft_buffers_free(weft_context *context);

/* Makes an argument with an address of `arg`, which names a buffer, and keeps that buffer's memory
 * until weft_storage_unpin(*pinned). To be called with the context's lock held (shared), after
 * weft_match_args has checked the argument. Fails if there is no such buffer, the view does not lie
 * within it, or it is read-only and the parameter is written. */
weft_status weft_buffer_pin(weft_context *context, const weft_param *param, const weft_arg *arg,
                            weft_arg *resolved, weft_storage **pinned, weft_error *error);

#endif
