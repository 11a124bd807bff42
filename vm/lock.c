/* vm/lock.c: the context's one lock (vm/vm.h), and the counters that prove how seldom it is taken
 * (weft/context.h). It is held for as long as it takes to look something up, or to call a kernel on
 * a few elements, so who changes something waits for readers by giving way, not by sleeping. */
#include <sched.h>
#include <string.h>

#include "vm/vm.h"

#define READERS  UINT64_C(0xffff) /* inside */
#define CHANGING UINT64_C(0x10000)
#define CAME     UINT64_C(0x20000) /* one of those that ever came */

bool weft_lock_init(weft_gate *gate)
{
    atomic_init(&gate->state, 0);
    return pthread_mutex_init(&gate->change, NULL) == 0;
}

void weft_lock_destroy(weft_gate *gate)
{
    pthread_mutex_destroy(&gate->change);
}

void weft_lock_shared(weft_context *context)
{
    weft_gate *gate = &context->lock;
    uint64_t before = atomic_fetch_add_explicit(&gate->state, CAME + 1, memory_order_acquire);
    while (before & CHANGING) {
        atomic_fetch_sub_explicit(&gate->state, 1, memory_order_release);
        pthread_mutex_lock(&gate->change);
        pthread_mutex_unlock(&gate->change);
        before = atomic_fetch_add_explicit(&gate->state, 1, memory_order_acquire);
    }
}

void weft_unlock_shared(weft_context *context)
{
    atomic_fetch_sub_explicit(&context->lock.state, 1, memory_order_release);
}

void weft_lock_exclusive(weft_context *context)
{
    weft_gate *gate = &context->lock;
    pthread_mutex_lock(&gate->change);
    atomic_fetch_or_explicit(&gate->state, CHANGING, memory_order_acq_rel);
    while (atomic_load_explicit(&gate->state, memory_order_acquire) & READERS)
        sched_yield();
    WEFT_COUNT(context, exclusive_locks);
}

void weft_unlock_exclusive(weft_context *context)
{
    atomic_fetch_and_explicit(&context->lock.state, ~CHANGING, memory_order_release);
    pthread_mutex_unlock(&context->lock.change);
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
    all.runs = all.runs_inline; /* not counted by itself */
#define ADD(NAME, value, text, counter, words) all.runs += all.counter;
    WEFT_BACKEND_TABLE(ADD)
    all.shared_locks = atomic_load_explicit(&context->lock.state, memory_order_relaxed) / CAME;
    memcpy(stats, &all, all.size);
    return WEFT_OK;
}
