/* vm/pools.h: memory for the pools of running programs (docs/isa.md), out of the context's
 * pool_bytes. What a run gives back stays with the context for the next one.
 * Neighbours: vm/run.c takes and gives back, vm/context.c makes and ends. */
#ifndef WEFT_VM_POOLS_H
#define WEFT_VM_POOLS_H

#include <pthread.h>

#include "isa/base.h"
#include "isa/isa.h"

/* A block that no run uses; its bytes hold this. */
typedef struct weft_idle_pool {
    struct weft_idle_pool *next; /* given back before it */
    uint64_t bytes;
} weft_idle_pool;

/* Part of a context. in_use + the bytes of all idle blocks <= the context's pool_bytes. The lock is
 * not the context's: only runs of programs with pools take it, and hold it for a look at a list. */
typedef struct weft_pools {
    pthread_mutex_t lock;
    uint64_t in_use;      /* bytes */
    weft_idle_pool *idle; /* the last one given back first */
} weft_pools;

/* False: the system has no more locks. */
bool weft_pools_init(weft_pools *pools);
/* Frees what no run uses. */
void weft_pools_trim(weft_context *context);
/* Only when no run is left and pools are trimmed. */
void weft_pools_destroy(weft_pools *pools);

/* Memory for a pool, all zero, at 64-byte alignment, for weft_pool_give with the same *bytes.
 * Thread-safe. WEFT_ERR_MEMORY names the pool and leaves *memory NULL. */
weft_status weft_pool_take(weft_context *context, const weft_param *param, void **memory,
                           size_t *bytes, weft_error *error);
void weft_pool_give(weft_context *context, void *memory, size_t bytes);

#endif
