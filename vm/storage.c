/* vm/storage.c: the memory behind buffers: from the allocator, in huge pages, or the user's
 * (vm/buffer.h). */
#if defined(__linux__) && !defined(_GNU_SOURCE)
#define _GNU_SOURCE /* MADV_HUGEPAGE; NOLINT(bugprone-reserved-identifier) */
#endif
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "vm/buffer.h"

/* --- huge pages ------------------------------------------------------------------------------- */

#if defined(__linux__) && defined(MADV_HUGEPAGE)

/* Reads a small file of the system's. False: there is none. */
static bool read_setting(const char *path, char *text, size_t size)
{
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return false;
    ssize_t length = read(file, text, size - 1);
    close(file);
    text[length > 0 ? length : 0] = 0;
    return length > 0;
}

/* Bytes of a huge page that the system gives to who asks for it; 0: it gives none. madvise alone
 * would not tell: it succeeds where the administrator has switched them off. */
static size_t huge_page_size(void)
{
    char text[64];
    if (!read_setting("/sys/kernel/mm/transparent_hugepage/enabled", text, sizeof text) ||
        strstr(text, "[never]") ||
        !read_setting("/sys/kernel/mm/transparent_hugepage/hpage_pmd_size", text, sizeof text))
        return 0;
    size_t size = strtoull(text, NULL, 10);
    return (size & (size - 1)) == 0 ? size : 0;
}

static void unmap(void *user, void *memory, size_t bytes)
{
    (void)user;
    munmap(memory, bytes);
}

/* Pages full of zeros, from the boundary of a huge page on; NULL: there are none to be had. */
static void *map_huge(size_t bytes)
{
    size_t huge = huge_page_size(), page = (size_t)sysconf(_SC_PAGESIZE);
    if (huge == 0 || huge < page || bytes < huge || bytes > PTRDIFF_MAX - 2 * huge)
        return NULL;
    size_t used = (bytes + page - 1) / page * page, length = used + huge;
    char *mapped = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (mapped == MAP_FAILED)
        return NULL;
    size_t before = (huge - (uintptr_t)mapped % huge) % huge, behind = huge - before;
    if (before)
        munmap(mapped, before);
    if (behind)
        munmap(mapped + before + used, behind);
    if (madvise(mapped + before, used, MADV_HUGEPAGE) == 0)
        return mapped + before;
    munmap(mapped + before, used);
    return NULL;
}

#else

static void unmap(void *user, void *memory, size_t bytes)
{
    (void)user;
    (void)memory;
    (void)bytes;
}

static void *map_huge(size_t bytes)
{
    (void)bytes;
    return NULL;
}

#endif

/* --- storage ---------------------------------------------------------------------------------- */

/* Without memory so far; NULL: out of memory. */
static weft_storage *new_storage(const weft_allocator *allocator, size_t bytes)
{
    weft_storage *storage = weft_mem_zeroed(allocator, 1, sizeof *storage);
    if (!storage)
        return NULL;
    storage->bytes = bytes;
    atomic_init(&storage->pins, 0);
    return storage;
}

weft_status weft_storage_import(const weft_allocator *allocator, void *memory, size_t bytes,
                                weft_release_memory *release, void *user, weft_storage **out,
                                weft_error *error)
{
    weft_storage *storage = new_storage(allocator, bytes);
    if (!storage)
        return weft_fail_memory(error);
    storage->memory = memory;
    storage->release = release;
    storage->user = user;
    *out = storage;
    return WEFT_OK;
}

/* Finds memory for a storage, and how it will be given back. False: there is none. */
static bool find_memory(const weft_allocator *allocator, weft_storage *storage, uint32_t *flags)
{
    size_t bytes = storage->bytes;
    storage->memory = *flags & WEFT_BUFFER_HUGE_PAGES ? map_huge(bytes) : NULL;
    if (storage->memory) {
        storage->release = unmap;
        return true;
    }
    *flags &= ~(uint32_t)WEFT_BUFFER_HUGE_PAGES;
    if (bytes == 0)
        return true;
    storage->memory = bytes <= PTRDIFF_MAX ? weft_mem_alloc(allocator, bytes) : NULL;
    if (!storage->memory)
        return false;
    storage->release = allocator->release;
    storage->user = allocator->user;
    if (!(*flags & WEFT_BUFFER_UNINITIALIZED))
        memset(storage->memory, 0, bytes);
    return true;
}

weft_status weft_storage_create(const weft_allocator *allocator, size_t bytes, uint32_t *flags,
                                weft_storage **out, weft_error *error)
{
    weft_storage *storage = new_storage(allocator, bytes);
    if (!storage || !find_memory(allocator, storage, flags)) {
        weft_storage_free(allocator, storage);
        return weft_fail(error, WEFT_ERR_MEMORY, "out of memory for a buffer of %zu bytes", bytes);
    }
    *out = storage;
    return WEFT_OK;
}

void weft_storage_free(const weft_allocator *allocator, weft_storage *storage)
{
    if (!storage)
        return;
    if (storage->release)
        storage->release(storage->user, storage->memory, storage->bytes);
    weft_mem_free(allocator, storage, sizeof *storage);
}

void weft_storage_unpin(weft_storage *storage)
{
    /* What the run did to the memory comes before its being freed. */
    atomic_fetch_sub_explicit(&storage->pins, 1, memory_order_release);
}
