/* vm/vm.h: what the files of this floor share: the context and the program behind their handles. */
#ifndef WEFT_VM_VM_H
#define WEFT_VM_VM_H

#include <pthread.h>
#include <stdatomic.h>
#include <weft/run.h>

#include "backends/backend.h"
#include "simd/levels.h"
#include "vm/buffer.h"
#include "vm/functions.h"
#include "vm/pools.h"

/* The memory of one run at a time: what binding writes, the backend's, and scratch arrays. */
typedef struct weft_workroom {
    weft_room bind, work, scratch;
} weft_workroom;

enum { WEFT_IDLE_ROOMS = 16 }; /* that a context keeps for the next runs */

typedef struct weft_idle_room { /* on a cache line of its own */
    _Alignas(64) _Atomic(weft_workroom *) room;
} weft_idle_room;

/* The counters behind weft_stats, without its first field. */
typedef struct weft_counters {
#define WEFT_COUNTER_(name, words) atomic_uint_least64_t name;
    WEFT_STATS_TABLE(WEFT_COUNTER_)
#undef WEFT_COUNTER_
} weft_counters;

/* Many may read at once, and one change; vm/lock.c. A reader's coming and going are an addition
 * each, which also counts it: a pthread_rwlock_t takes twice as long and lies on two cache lines
 * with its counter. */
typedef struct weft_gate {
    atomic_uint_least64_t state; /* readers inside, whether one changes, readers that ever came */
    pthread_mutex_t change;      /* held by who changes; readers wait for it meanwhile */
} weft_gate;

#define WEFT_COUNT(context, name)                                                                  \
    ((void)atomic_fetch_add_explicit(&(context)->counters.name, 1, memory_order_relaxed))

struct weft_context {
    weft_allocator allocator; /* counts its calls and passes them on to `wanted.allocator` */
    weft_allocator given;
    weft_context_options wanted;      /* the defaults filled in; its allocator unused */
    const weft_kernel_table *kernels; /* of its level */
    weft_threads *threads;            /* NULL: runs stay on their threads */
    size_t l1_bytes, l2_bytes;
    weft_idle_room idle_rooms[WEFT_IDLE_ROOMS];
    weft_pools pools;
    weft_buffer_table buffers;                         /* under the lock, ... */
    weft_registered *functions[WEFT_FUNCTION_BUCKETS]; /* ... and so are these */
    struct weft_cache *cache;                          /* vm/cache.h */
    atomic_size_t references; /* the user's, and one for each thing made in it */
    /* What every run writes has cache lines of its own: reading the rest costs other threads
     * nothing. */
    _Alignas(64) weft_gate lock; /* for what is looked up when a program is bound */
    weft_counters counters;
};

struct weft_program {
    weft_context *context;
    weft_code code;
    weft_facts facts;
    bool has_functions; /* among its parameters */
    bool is_expression; /* compiled from one: "out" is its value, which has so many axes, */
    uint8_t
        result_rank; /* and of these extent 1, not in "out", where a bit of result_ones is set */
    uint8_t result_ones;
    _Atomic(weft_plan *)
        plans[WEFT_LEVEL_COUNT];           /* of levels that it has been run at, in any order */
    _Alignas(64) atomic_size_t references; /* which every run writes */
};

struct weft_cancel {
    weft_context *context;
    atomic_bool requested;
};

/* One more thing lives in the context, or one less; the last one frees it. */
weft_context *weft_context_retain(weft_context *context);
void weft_context_release(weft_context *context);

/* The context's one lock, vm/lock.c. A run takes it once, to read, while it looks up what it needs;
 * what changes the context takes it to change. It is never held while a program runs or a user's
 * function is called. */
bool weft_lock_init(weft_gate *gate); /* false: the system has no more */
void weft_lock_destroy(weft_gate *gate);
void weft_lock_shared(weft_context *context);
void weft_unlock_shared(weft_context *context);
void weft_lock_exclusive(weft_context *context);
void weft_unlock_exclusive(weft_context *context);

/* weft_run_with for a caller inside the library that has taken the lock for this run already, to
 * look up the program; options as they are, without defaults of size. */
weft_status weft_run_found(weft_context *context, weft_program *program, const weft_arg *args,
                           size_t nargs, const weft_run_options *options, weft_error *error);

/* Memory to run in, for one run at a time: taken from the context's idle ones and given back, both
 * without a lock. NULL: out of memory. */
weft_workroom *weft_workroom_take(weft_context *context);
void weft_workroom_give(weft_context *context, weft_workroom *room);
/* Frees the idle ones. */
void weft_workrooms_free(weft_context *context);

/* The program's plan for the kernels, made when first asked for; NULL: out of memory. */
const weft_plan *weft_program_plan_of(weft_program *program, const weft_kernel_table *kernels);

static inline const weft_plan *weft_program_plan(weft_program *program,
                                                 const weft_kernel_table *kernels)
{
    const weft_plan *first = atomic_load_explicit(&program->plans[0], memory_order_acquire);
    return first && first->kernels == kernels ? first : weft_program_plan_of(program, kernels);
}

/* Verifies code and takes it over: into *out, with one reference, or, where out is NULL, only for
 * the verdict. The code is freed on error. */
weft_status weft_program_adopt(weft_context *context, weft_code *code, weft_program **out,
                               weft_error *error);

/* Memory for the user to give back with weft_free, or NULL. */
void *weft_user_alloc(weft_context *context, size_t size);

/* Copies an option struct that may be older than ours: its first *given bytes (a size_t that says
 * how long it is). False if that is impossible. `options` NULL leaves all zero. */
bool weft_options_copy(void *copy, size_t copy_size, const void *options);

#endif
