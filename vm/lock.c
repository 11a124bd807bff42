/* vm/lock.c: the context's one lock (vm/vm.h), and the counters that prove how seldom it is taken
 * (weft/context.h). */
#include <string.h>

#include "vm/vm.h"

void weft_lock_shared(weft_context *context)
{
    pthread_rwlock_rdlock(&context->lock);
    WEFT_COUNT(context, shared_locks);
}

void weft_unlock_shared(weft_context *context)
{
    pthread_rwlock_unlock(&context->lock);
}

void weft_lock_exclusive(weft_context *context)
{
    pthread_rwlock_wrlock(&context->lock);
    WEFT_COUNT(context, exclusive_locks);
}

void weft_unlock_exclusive(weft_context *context)
{
    pthread_rwlock_unlock(&context->lock);
}

weft_status weft_stats_read(const weft_context *context, weft_stats *stats)
{
    if (!context || !stats || stats->size < sizeof stats->size || stats->size > sizeof *stats)
        return WEFT_ERR_ARG;
    weft_stats all;
    all.size = stats->size;
#define READ(name, words)                                                                          \
    all.name = atomic_load_explicit(&context->counters.name, memory_order_relaxed);
    WEFT_STATS_TABLE(READ)
    all.runs = all.runs_inline + all.runs_strips + all.runs_reference; /* not counted by itself */
    memcpy(stats, &all, all.size);
    return WEFT_OK;
}
