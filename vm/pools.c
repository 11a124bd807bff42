/* vm/pools.c: memory for the pools of running programs (vm/pools.h).
 * A run most often asks for what the run before gave back: blocks are kept and found by their size,
 * so that streams of runs do not go to the allocator. The allocator is never called under the lock:
 * it is the user's. */
#include "vm/pools.h"

#include <string.h>

#include "vm/vm.h"

enum { MAX_IDLE = WEFT_MAX_PARAMS }; /* as many blocks as one program can give back */

bool weft_pools_init(weft_pools *pools)
{
    pools->in_use = 0;
    pools->idle = NULL;
    return pthread_mutex_init(&pools->lock, NULL) == 0;
}

void weft_pools_destroy(weft_pools *pools)
{
    pthread_mutex_destroy(&pools->lock);
}

/* --- blocks ----------------------------------------------------------------------------------- */

/* While a block is idle its bytes hold the list. */
static size_t allocated(uint64_t bytes)
{
    return bytes < sizeof(weft_idle_pool) ? sizeof(weft_idle_pool) : (size_t)bytes;
}

/* Returns whether there was anything to free. */
static bool free_blocks(weft_context *context, weft_idle_pool *block)
{
    bool any = block != NULL;
    while (block) {
        weft_idle_pool *next = block->next;
        weft_mem_free(&context->allocator, block, allocated(block->bytes));
        block = next;
    }
    return any;
}

static weft_idle_pool *cut_all(weft_context *context)
{
    weft_pools *pools = &context->pools;
    pthread_mutex_lock(&pools->lock);
    weft_idle_pool *blocks = pools->idle;
    pools->idle = NULL;
    pthread_mutex_unlock(&pools->lock);
    return blocks;
}

void weft_pools_trim(weft_context *context)
{
    free_blocks(context, cut_all(context));
}

/* A new block. What lies idle is given up before memory is said to have run out. */
static void *allocate(weft_context *context, uint64_t bytes)
{
    if (bytes > PTRDIFF_MAX)
        return NULL;
    void *block = weft_mem_alloc(&context->allocator, allocated(bytes));
    if (!block && free_blocks(context, cut_all(context)))
        block = weft_mem_alloc(&context->allocator, allocated(bytes));
    return block;
}

/* --- under the lock --------------------------------------------------------------------------- */

/* Takes an idle block of just that size off the list, or NULL. */
static weft_idle_pool *cut_fitting(weft_pools *pools, uint64_t bytes)
{
    for (weft_idle_pool **at = &pools->idle; *at; at = &(*at)->next)
        if ((*at)->bytes == bytes) {
            weft_idle_pool *block = *at;
            *at = block->next;
            return block;
        }
    return NULL;
}

/* Takes off the list the oldest blocks, as far as they are too many, or too much beside what is in
 * use. */
static weft_idle_pool *cut_surplus(weft_pools *pools, uint64_t limit)
{
    weft_idle_pool **at = &pools->idle;
    uint64_t left = limit - pools->in_use;
    for (unsigned n = 0; *at && n < MAX_IDLE && (*at)->bytes <= left; n++) {
        left -= (*at)->bytes;
        at = &(*at)->next;
    }
    weft_idle_pool *surplus = *at;
    *at = NULL;
    return surplus;
}

/* --- runs ------------------------------------------------------------------------------------- */

/* Counts the bytes as in use, with an idle block for them in *block if there is one. False: they
 * are not left of the limit, of which *in_use are taken. */
static bool reserve(weft_context *context, uint64_t bytes, weft_idle_pool **block, uint64_t *in_use)
{
    weft_pools *pools = &context->pools;
    uint64_t limit = context->wanted.pool_bytes;
    weft_idle_pool *surplus = NULL;
    *block = NULL;
    pthread_mutex_lock(&pools->lock);
    *in_use = pools->in_use;
    bool left = bytes <= limit - pools->in_use;
    if (left) {
        pools->in_use += bytes;
        *block = cut_fitting(pools, bytes);
        surplus = cut_surplus(pools, limit);
    }
    pthread_mutex_unlock(&pools->lock);
    free_blocks(context, surplus);
    return left;
}

/* Counts the bytes as no longer in use, and keeps their block (or NULL). */
static void unreserve(weft_context *context, uint64_t bytes, weft_idle_pool *block)
{
    weft_pools *pools = &context->pools;
    pthread_mutex_lock(&pools->lock);
    pools->in_use -= bytes;
    if (block) {
        block->next = pools->idle;
        pools->idle = block;
    }
    weft_idle_pool *surplus = cut_surplus(pools, context->wanted.pool_bytes);
    pthread_mutex_unlock(&pools->lock);
    free_blocks(context, surplus);
}

weft_status weft_pool_take(weft_context *context, const weft_param *param, void **memory,
                           size_t *bytes, weft_error *error)
{
    uint64_t wanted =
        (uint64_t)param->count * param->segment * weft_dtype_size((weft_dtype)param->type);
    uint64_t in_use;
    weft_idle_pool *block;
    *memory = NULL;
    *bytes = 0;
    if (!reserve(context, wanted, &block, &in_use))
        return weft_fail(error, WEFT_ERR_MEMORY,
                         "pool '%s': %llu bytes are not left of the context's %llu for pools "
                         "(%llu are in use)",
                         param->name, (unsigned long long)wanted,
                         (unsigned long long)context->wanted.pool_bytes,
                         (unsigned long long)in_use);
    if (!block)
        block = allocate(context, wanted);
    if (!block) {
        unreserve(context, wanted, NULL);
        return weft_fail(error, WEFT_ERR_MEMORY, "out of memory for pool '%s' of %llu bytes",
                         param->name, (unsigned long long)wanted);
    }
    memset(block, 0, (size_t)wanted);
    *memory = block;
    *bytes = (size_t)wanted;
    return WEFT_OK;
}

void weft_pool_give(weft_context *context, void *memory, size_t bytes)
{
    weft_idle_pool *block = memory;
    block->bytes = bytes;
    unreserve(context, bytes, block);
}
