/* vm/context.c: contexts, their memory, cancel flags (weft/context.h, weft/run.h). */
#if defined(__linux__) && !defined(_GNU_SOURCE)
#define _GNU_SOURCE /* sched_getaffinity */
#endif
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "backends/backend.h"
#include "vm/cache.h"

#define TEXT_(x) #x
#define TEXT(x)  TEXT_(x)

const char *weft_version(void)
{
    return TEXT(WEFT_VERSION_MAJOR) "." TEXT(WEFT_VERSION_MINOR) "." TEXT(WEFT_VERSION_PATCH);
}

static void *standard_alloc(void *user, size_t size, size_t alignment)
{
    (void)user;
    if (size > SIZE_MAX - alignment)
        return NULL;
    return aligned_alloc(alignment, (size + alignment - 1) / alignment * alignment);
}

static void standard_release(void *user, void *memory, size_t size)
{
    (void)user;
    (void)size;
    free(memory);
}

bool weft_options_copy(void *copy, size_t copy_size, const void *options)
{
    size_t given;
    memset(copy, 0, copy_size);
    if (!options)
        return true;
    memcpy(&given, options, sizeof given);
    if (given < sizeof given || given > copy_size)
        return false;
    memcpy(copy, options, given);
    return true;
}

static bool good_strip_length(uint32_t length)
{
    return length == 0 ||
           (length >= WEFT_MIN_VL && length <= WEFT_MAX_VL && (length & (length - 1)) == 0);
}

static bool good_options(const weft_context_options *wanted)
{
    const weft_allocator *allocator = wanted->allocator;
    return good_strip_length(wanted->strip_length) && wanted->level < WEFT_LEVEL_COUNT &&
           wanted->backend < WEFT_BACKEND_COUNT && wanted->threads <= WEFT_MAX_THREADS &&
           wanted->cached_programs <= WEFT_MAX_CACHED_PROGRAMS && wanted->reserved == 0 &&
           (!allocator || (allocator->alloc && allocator->release));
}

/* CPUs that the process may use. */
static uint32_t cpu_count(void)
{
    long count = sysconf(_SC_NPROCESSORS_ONLN);
#if defined(__linux__)
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) == 0)
        count = CPU_COUNT(&set);
#endif
    return count < 1 ? 1 : count > WEFT_MAX_THREADS ? WEFT_MAX_THREADS : (uint32_t)count;
}

static void fill_defaults(weft_context_options *wanted)
{
    if (!wanted->threads)
        wanted->threads = cpu_count();
    if (!wanted->split_cost)
        wanted->split_cost = WEFT_DEFAULT_SPLIT_COST;
    if (!wanted->inline_elements)
        wanted->inline_elements = WEFT_DEFAULT_INLINE_ELEMENTS;
    if (!wanted->pool_bytes)
        wanted->pool_bytes = WEFT_DEFAULT_POOL_BYTES;
    if (!wanted->cached_programs)
        wanted->cached_programs = WEFT_DEFAULT_CACHED_PROGRAMS;
}

/* Caches of one core, where the system tells; else of the smallest usual size. */
static void find_caches(weft_context *context)
{
    long l1 = 0, l2 = 0;
#if defined(_SC_LEVEL1_DCACHE_SIZE)
    l1 = sysconf(_SC_LEVEL1_DCACHE_SIZE);
    l2 = sysconf(_SC_LEVEL2_CACHE_SIZE);
#endif
    context->l1_bytes = l1 > 0 ? (size_t)l1 : (size_t)32 << 10;
    context->l2_bytes = l2 > 0 ? (size_t)l2 : (size_t)512 << 10;
}

/* The context's allocator: the given one, counted. */
static void *counted_alloc(void *user, size_t size, size_t alignment)
{
    weft_context *context = user;
    WEFT_COUNT(context, allocations);
    return context->given.alloc(context->given.user, size, alignment);
}

static void counted_release(void *user, void *memory, size_t size)
{
    weft_context *context = user;
    context->given.release(context->given.user, memory, size);
}

/* What can fail. False: nothing was made. */
static bool init_parts(weft_context *context)
{
    const weft_context_options *wanted = &context->wanted;
    const bool alone = wanted->threads == 1 || !weft_backends[wanted->backend].threads;
    if (!weft_lock_init(&context->lock))
        return false;
    if (weft_pools_init(&context->pools)) {
        if (!alone)
            context->threads = weft_threads_create(&context->allocator, wanted->threads,
                                                   wanted->parallel_for, wanted->parallel_user);
        if (alone || context->threads)
            return true;
        weft_pools_destroy(&context->pools);
    }
    weft_lock_destroy(&context->lock);
    return false;
}

weft_status weft_context_create(const weft_context_options *options, weft_context **out)
{
    static const weft_allocator standard = {NULL, standard_alloc, standard_release};
    weft_context_options wanted;
    if (!out)
        return WEFT_ERR_ARG;
    *out = NULL;
    if (!weft_options_copy(&wanted, sizeof wanted, options) || !good_options(&wanted))
        return WEFT_ERR_ARG;
    const weft_kernel_table *kernels = weft_level_kernels((weft_level)wanted.level, NULL);
    if (!kernels)
        return WEFT_ERR_UNSUPPORTED;
    const weft_allocator *allocator = wanted.allocator ? wanted.allocator : &standard;
    weft_context *context = weft_mem_zeroed(allocator, 1, sizeof *context);
    if (!context)
        return WEFT_ERR_MEMORY;
    fill_defaults(&wanted);
    context->given = *allocator;
    context->allocator = (weft_allocator){context, counted_alloc, counted_release};
    context->wanted = wanted;
    context->wanted.allocator = NULL;
    context->kernels = kernels;
    find_caches(context);
    weft_buffers_init(context);
    atomic_init(&context->references, 1);
    if (!init_parts(context)) {
        weft_mem_free(allocator, context, sizeof *context);
        return WEFT_ERR_MEMORY;
    }
    const weft_status status = weft_cache_create(context, context->wanted.cached_programs);
    if (status)
        weft_context_destroy(context);
    else
        *out = context;
    return status;
}

weft_context *weft_context_retain(weft_context *context)
{
    atomic_fetch_add_explicit(&context->references, 1, memory_order_relaxed);
    return context;
}

void weft_context_release(weft_context *context)
{
    if (atomic_fetch_sub_explicit(&context->references, 1, memory_order_acq_rel) != 1)
        return;
    weft_buffers_free(context);
    weft_functions_clear(context);
    weft_cache_free(context);
    weft_workrooms_free(context); /* of a run in a release function, if there was one */
    weft_allocator given = context->given;
    weft_pools_trim(context);
    weft_pools_destroy(&context->pools);
    weft_lock_destroy(&context->lock);
    weft_mem_free(&given, context, sizeof *context);
}

void weft_context_destroy(weft_context *context)
{
    if (!context)
        return;
    weft_buffers_clear(context); /* now, even where programs keep the context's memory */
    weft_functions_clear(context);
    weft_cache_clear(context); /* its programs, too, keep the memory behind the context */
    weft_threads_destroy(context->threads);
    context->threads = NULL;
    weft_workrooms_free(context);
    weft_pools_trim(context); /* no run comes any more, but programs may keep the context */
    weft_context_release(context);
}

/* --- memory that users give back -------------------------------------------------------------- */

typedef union user_block { /* in front of it */
    struct {
        weft_context *context;
        size_t size;
    } owner;
    char room[64]; /* keeps the alignment */
} user_block;

void *weft_user_alloc(weft_context *context, size_t size)
{
    if (size > SIZE_MAX - sizeof(user_block))
        return NULL;
    user_block *block = weft_mem_alloc(&context->allocator, size + sizeof *block);
    if (!block)
        return NULL;
    block->owner.context = weft_context_retain(context);
    block->owner.size = size + sizeof *block;
    return block + 1;
}

void weft_free(void *memory)
{
    if (!memory)
        return;
    user_block *block = (user_block *)memory - 1;
    weft_context *context = block->owner.context;
    weft_mem_free(&context->allocator, block, block->owner.size);
    weft_context_release(context);
}

/* --- cancel flags ----------------------------------------------------------------------------- */

weft_status weft_cancel_create(weft_context *context, weft_cancel **out)
{
    if (out)
        *out = NULL;
    if (!context || !out)
        return WEFT_ERR_ARG;
    weft_cancel *cancel = weft_mem_zeroed(&context->allocator, 1, sizeof *cancel);
    if (!cancel)
        return WEFT_ERR_MEMORY;
    cancel->context = weft_context_retain(context);
    atomic_init(&cancel->requested, false);
    *out = cancel;
    return WEFT_OK;
}

void weft_cancel_request(weft_cancel *cancel)
{
    if (cancel)
        atomic_store_explicit(&cancel->requested, true, memory_order_relaxed);
}

void weft_cancel_reset(weft_cancel *cancel)
{
    if (cancel)
        atomic_store_explicit(&cancel->requested, false, memory_order_relaxed);
}

void weft_cancel_destroy(weft_cancel *cancel)
{
    if (!cancel)
        return;
    weft_context *context = cancel->context;
    weft_mem_free(&context->allocator, cancel, sizeof *cancel);
    weft_context_release(context);
}
