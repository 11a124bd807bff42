/* vm/buffer.c: handles of buffers, and what runs get for them (weft/buffer.h, vm/buffer.h). */
#include "vm/buffer.h"

#include <string.h>
#include <time.h>

#include "vm/bind.h"

/* --- the table: all of this under the context's lock ------------------------------------------ */

/* Which chunk a slot lies in; *at is its place there. */
static unsigned chunk_of(uint32_t slot, uint32_t *at)
{
    unsigned chunk = 0;
    uint64_t first = 0, slots = WEFT_BUFFER_FIRST_CHUNK;
    for (; slot - first >= slots; chunk++, slots *= 2)
        first += slots;
    *at = (uint32_t)(slot - first);
    return chunk;
}

static weft_buffer_slot *slot_at(const weft_buffer_table *table, uint32_t slot)
{
    uint32_t at;
    weft_buffer_slot *chunk = table->chunks[chunk_of(slot, &at)];
    return chunk + at;
}

/* The slot of a handle; NULL: there is no such buffer. */
static weft_buffer_slot *find(const weft_buffer_table *table, weft_buffer buffer)
{
    uint32_t number = (uint32_t)buffer.id; /* slot + 1 */
    if (number == 0 || number > table->count)
        return NULL;
    weft_buffer_slot *slot = slot_at(table, number - 1);
    return slot->storage && slot->generation == buffer.id >> 32 ? slot : NULL;
}

static weft_status no_such_buffer(weft_buffer buffer, weft_error *error)
{
    if (buffer.id == 0)
        return weft_fail(error, WEFT_ERR_ARG, "the handle with id 0 names no buffer");
    return weft_fail(error, WEFT_ERR_ARG,
                     "this context has no buffer with id 0x%llx: it was released, or is another "
                     "context's",
                     (unsigned long long)buffer.id);
}

/* Whether the next slot that was never used has its chunk. *chunk: which one that is. */
static bool has_chunk(const weft_buffer_table *table, unsigned *chunk)
{
    uint32_t at;
    *chunk = chunk_of(table->count, &at);
    return table->chunks[*chunk] != NULL;
}

/* A slot for a new handle: there must be one. */
static uint32_t take_slot(weft_buffer_table *table)
{
    uint32_t slot;
    if (table->first_free) {
        slot = table->first_free - 1;
        table->first_free = slot_at(table, slot)->next_free;
    } else {
        slot = table->count++;
        slot_at(table, slot)->generation = table->first_generation;
    }
    return slot;
}

/* A handle to part of a storage. */
static weft_buffer add_handle(weft_buffer_table *table, weft_storage *storage, size_t offset,
                              size_t bytes, uint32_t flags)
{
    uint32_t number = take_slot(table);
    weft_buffer_slot *slot = slot_at(table, number);
    slot->storage = storage;
    slot->data = bytes ? (char *)storage->memory + offset : NULL;
    slot->bytes = bytes;
    slot->references = 1;
    slot->flags = flags & ~(uint32_t)WEFT_BUFFER_UNINITIALIZED;
    storage->handles++;
    return (weft_buffer){(uint64_t)slot->generation << 32 | (number + 1)};
}

/* Ends a handle. Returns its storage if that was the last handle to it, else NULL. */
static weft_storage *drop_handle(weft_buffer_table *table, uint32_t number)
{
    weft_buffer_slot *slot = slot_at(table, number);
    weft_storage *storage = slot->storage;
    slot->storage = NULL;
    slot->generation++;
    if (slot->generation != table->first_generation) { /* else all were used: it retires */
        slot->next_free = table->first_free;
        table->first_free = number + 1;
    }
    return --storage->handles == 0 ? storage : NULL;
}

static bool is_last(const weft_buffer_slot *slot)
{
    return slot->references == 1 && slot->storage->handles == 1;
}

/* Whether a run uses it. While the lock to change is held the answer can only become false. */
static bool is_pinned(const weft_storage *storage)
{
    return atomic_load_explicit(&storage->pins, memory_order_acquire) != 0;
}

/* --- its life --------------------------------------------------------------------------------- */

void weft_buffers_init(weft_context *context)
{
    struct timespec now = {0, 0};
    clock_gettime(CLOCK_REALTIME, &now);
    /* The finaliser of MurmurHash3 spreads what differs between two contexts over all bits. */
    uint64_t x = (uint64_t)(uintptr_t)context ^ (uint64_t)now.tv_nsec << 34 ^ (uint64_t)now.tv_sec;
    x = (x ^ x >> 33) * UINT64_C(0xff51afd7ed558ccd);
    x = (x ^ x >> 33) * UINT64_C(0xc4ceb9fe1a85ec53);
    context->buffers.first_generation = (uint32_t)(x >> 32);
}

void weft_buffers_clear(weft_context *context)
{
    weft_buffer_table *table = &context->buffers;
    bool more = true;
    for (uint32_t number = 0; more; number++) {
        weft_storage *unused = NULL;
        weft_lock_exclusive(context);
        more = number < table->count;
        if (more) {
            const weft_storage *storage = slot_at(table, number)->storage;
            if (storage && !is_pinned(storage))
                unused = drop_handle(table, number);
        }
        weft_unlock_exclusive(context);
        weft_storage_free(&context->allocator, unused);
    }
}

void weft_buffers_free(weft_context *context)
{
    weft_buffers_clear(context);
    size_t slots = WEFT_BUFFER_FIRST_CHUNK;
    for (unsigned k = 0; k < WEFT_BUFFER_CHUNKS; k++, slots *= 2)
        weft_mem_free(&context->allocator, context->buffers.chunks[k],
                      slots * sizeof(weft_buffer_slot));
}

/* Adds a chunk to the table, without holding the lock while the user's allocator is called. */
static weft_status grow(weft_context *context, unsigned k, weft_error *error)
{
    size_t size = ((size_t)WEFT_BUFFER_FIRST_CHUNK << k) * sizeof(weft_buffer_slot);
    weft_buffer_slot *chunk = weft_mem_alloc(&context->allocator, size);
    if (!chunk)
        return weft_fail(error, WEFT_ERR_MEMORY, "out of memory for more buffers");
    weft_lock_exclusive(context);
    weft_buffer_slot *spare = context->buffers.chunks[k]; /* another thread was faster */
    if (!spare)
        context->buffers.chunks[k] = chunk;
    weft_unlock_exclusive(context);
    weft_mem_free(&context->allocator, spare ? chunk : NULL, size);
    return WEFT_OK;
}

/* Takes the lock, to change, with room for one more handle. On failure the lock is not held. */
static weft_status lock_with_room(weft_context *context, weft_error *error)
{
    const weft_buffer_table *table = &context->buffers;
    for (;;) {
        unsigned chunk;
        weft_lock_exclusive(context);
        if (table->first_free)
            return WEFT_OK;
        bool full = table->count == UINT32_MAX; /* so that slot + 1 is never 0 */
        if (!full && has_chunk(table, &chunk))
            return WEFT_OK;
        weft_unlock_exclusive(context);
        if (full)
            return weft_fail(error, WEFT_ERR_LIMIT, "there are %u buffers, as many as can be",
                             table->count);
        weft_status status = grow(context, chunk, error);
        if (status)
            return status;
    }
}

/* Makes the first handle to a new storage; where that fails the storage stays the caller's. */
static weft_status adopt(weft_context *context, weft_storage *storage, uint32_t flags,
                         weft_buffer *out, weft_error *error)
{
    weft_status status = lock_with_room(context, error);
    if (status)
        return status;
    *out = add_handle(&context->buffers, storage, 0, storage->bytes, flags);
    weft_unlock_exclusive(context);
    return WEFT_OK;
}

/* --- the API ---------------------------------------------------------------------------------- */

/* What is the same in the three functions that make buffers. */
static weft_status begin(const char *function, const weft_context *context, uint32_t flags,
                         uint32_t known, weft_buffer *out, weft_error *error)
{
    weft_error_clear(error);
    if (out)
        out->id = 0;
    if (!context || !out)
        return weft_fail(error, WEFT_ERR_ARG, "%s needs a context and a place for the buffer",
                         function);
    if (flags & ~known)
        return weft_fail(error, WEFT_ERR_ARG, "%s does not take the flags 0x%x", function,
                         flags & ~known);
    return WEFT_OK;
}

weft_status weft_buffer_create(weft_context *context, size_t bytes, uint32_t flags,
                               weft_buffer *out, weft_error *error)
{
    weft_storage *storage = NULL;
    weft_status status = begin("weft_buffer_create", context, flags,
                               WEFT_BUFFER_UNINITIALIZED | WEFT_BUFFER_HUGE_PAGES, out, error);
    if (!status)
        status = weft_storage_create(&context->allocator, bytes, &flags, &storage, error);
    if (status)
        return status;
    status = adopt(context, storage, flags, out, error);
    if (status)
        weft_storage_free(&context->allocator, storage);
    return status;
}

weft_status weft_buffer_import(weft_context *context, void *memory, size_t bytes, uint32_t flags,
                               weft_release_memory *release, void *user, weft_buffer *out,
                               weft_error *error)
{
    weft_storage *storage = NULL;
    weft_status status =
        begin("weft_buffer_import", context, flags, WEFT_BUFFER_READ_ONLY, out, error);
    if (status)
        return status;
    if (!memory && bytes)
        return weft_fail(error, WEFT_ERR_ARG, "there is no memory of %zu bytes at NULL", bytes);
    if (bytes > PTRDIFF_MAX || bytes > UINTPTR_MAX - (uintptr_t)memory)
        return weft_fail(error, WEFT_ERR_ARG, "%zu bytes do not fit into the address space", bytes);
    status =
        weft_storage_import(&context->allocator, memory, bytes, release, user, &storage, error);
    if (status)
        return status;
    status = adopt(context, storage, flags, out, error);
    if (status) {
        storage->release = NULL; /* the memory stays the caller's */
        weft_storage_free(&context->allocator, storage);
    }
    return status;
}

/* Under the lock, with room for a handle. */
static weft_status slice(weft_context *context, weft_buffer parent, size_t offset, size_t bytes,
                         uint32_t flags, weft_buffer *out, weft_error *error)
{
    const weft_buffer_slot *slot = find(&context->buffers, parent);
    if (!slot)
        return no_such_buffer(parent, error);
    if (offset > slot->bytes || bytes > slot->bytes - offset)
        return weft_fail(error, WEFT_ERR_RANGE,
                         "a slice of %zu bytes from %zu on does not lie within a buffer of %zu "
                         "bytes",
                         bytes, offset, slot->bytes);
    size_t start = slot->data ? (size_t)(slot->data - (char *)slot->storage->memory) : 0;
    *out = add_handle(&context->buffers, slot->storage, start + offset, bytes, slot->flags | flags);
    return WEFT_OK;
}

weft_status weft_buffer_slice(weft_context *context, weft_buffer parent, size_t offset,
                              size_t bytes, uint32_t flags, weft_buffer *out, weft_error *error)
{
    weft_status status =
        begin("weft_buffer_slice", context, flags, WEFT_BUFFER_READ_ONLY, out, error);
    if (!status)
        status = lock_with_room(context, error);
    if (status)
        return status;
    status = slice(context, parent, offset, bytes, flags, out, error);
    weft_unlock_exclusive(context);
    return status;
}

weft_status weft_buffer_retain(weft_context *context, weft_buffer buffer, weft_error *error)
{
    weft_error_clear(error);
    if (!context)
        return weft_fail(error, WEFT_ERR_ARG, "weft_buffer_retain needs a context");
    weft_lock_exclusive(context);
    weft_buffer_slot *slot = find(&context->buffers, buffer);
    if (slot)
        slot->references++;
    weft_unlock_exclusive(context);
    return slot ? WEFT_OK : no_such_buffer(buffer, error);
}

/* Under the lock. *unused: a storage that nothing leads to any more, or NULL. */
static weft_status release(weft_buffer_table *table, weft_buffer buffer, weft_storage **unused,
                           weft_error *error)
{
    weft_buffer_slot *slot = find(table, buffer);
    if (!slot)
        return no_such_buffer(buffer, error);
    if (is_last(slot) && is_pinned(slot->storage))
        return weft_fail(error, WEFT_ERR_BUSY,
                         "a run uses the %zu bytes of this buffer: release it afterwards",
                         slot->bytes);
    if (--slot->references == 0)
        *unused = drop_handle(table, (uint32_t)buffer.id - 1);
    return WEFT_OK;
}

weft_status weft_buffer_release(weft_context *context, weft_buffer buffer, weft_error *error)
{
    weft_storage *unused = NULL;
    weft_error_clear(error);
    if (!context)
        return weft_fail(error, WEFT_ERR_ARG, "weft_buffer_release needs a context");
    weft_lock_exclusive(context);
    weft_status status = release(&context->buffers, buffer, &unused, error);
    weft_unlock_exclusive(context);
    weft_storage_free(&context->allocator, unused);
    return status;
}

weft_status weft_buffer_query(weft_context *context, weft_buffer buffer, weft_buffer_info *info,
                              weft_error *error)
{
    weft_error_clear(error);
    if (info)
        memset(info, 0, sizeof *info);
    if (!context || !info)
        return weft_fail(error, WEFT_ERR_ARG,
                         "weft_buffer_query needs a context and a place for what it finds");
    weft_lock_shared(context);
    const weft_buffer_slot *slot = find(&context->buffers, buffer);
    if (slot)
        *info = (weft_buffer_info){slot->data, slot->bytes, slot->references, slot->flags, 0};
    weft_unlock_shared(context);
    return slot ? WEFT_OK : no_such_buffer(buffer, error);
}

/* --- runs ------------------------------------------------------------------------------------- */

/* Whether the view's elements lie within the buffer. */
static weft_status check_view(const weft_param *param, const weft_arg *arg, size_t bytes,
                              weft_error *error)
{
    weft_int128 low, high;
    if (!weft_arg_reach(arg, &low, &high))
        return WEFT_OK;
    low += arg->offset;
    high += arg->offset;
    if (low >= 0 && high <= (weft_int128)bytes)
        return WEFT_OK;
    bool before = low < 0;
    weft_int128 far = before ? -low : high - (weft_int128)bytes;
    return weft_fail(error, WEFT_ERR_RANGE,
                     "'%s' begins at offset %llu of a buffer of %zu bytes and reaches %s%llu bytes "
                     "%s",
                     param->name, (unsigned long long)arg->offset, bytes,
                     far > (weft_int128)UINT64_MAX ? "more than " : "",
                     far > (weft_int128)UINT64_MAX ? (unsigned long long)UINT64_MAX
                                                   : (unsigned long long)far,
                     before ? "before its start" : "beyond its end");
}

static weft_status check_buffer(const weft_param *param, const weft_arg *arg,
                                const weft_buffer_slot *slot, weft_error *error)
{
    if (!slot)
        return weft_fail(error, WEFT_ERR_ARG,
                         "'%s': this context has no buffer with id 0x%llx: it was released, or is "
                         "another context's",
                         param->name, (unsigned long long)arg->buffer.id);
    if (weft_kind_is_written(param->kind) && slot->flags & WEFT_BUFFER_READ_ONLY)
        return weft_fail(error, WEFT_ERR_BIND, "'%s' is written, but its buffer is read-only",
                         param->name);
    return check_view(param, arg, slot->bytes, error);
}

weft_status weft_buffer_pin(weft_context *context, const weft_param *param, const weft_arg *arg,
                            weft_arg *resolved, weft_storage **pinned, weft_error *error)
{
    weft_buffer_slot *slot = find(&context->buffers, arg->buffer);
    weft_status status = check_buffer(param, arg, slot, error);
    if (status)
        return status;
    weft_int128 low, high;
    *resolved = *arg;
    resolved->buffer.id = resolved->offset = 0;
    /* Without elements the offset may be anything: there is no address to make of it. */
    resolved->data = weft_arg_reach(arg, &low, &high) ? slot->data + arg->offset : NULL;
    atomic_fetch_add_explicit(&slot->storage->pins, 1, memory_order_relaxed);
    *pinned = slot->storage;
    return WEFT_OK;
}
