/* weft/context.h: the context, which owns what programs need to run.
 * Neighbours: weft/program.h makes programs in a context, weft/run.h runs them there. */
#ifndef WEFT_CONTEXT_H
#define WEFT_CONTEXT_H

#include <weft/level.h>

#ifdef __cplusplus
extern "C" {
#endif

#define WEFT_VERSION_MAJOR 0
#define WEFT_VERSION_MINOR 1
#define WEFT_VERSION_PATCH 0

/* "0.1.0": the version of the library that is linked, which may differ from the header's. Static.
 */
WEFT_API const char *weft_version(void);

/* A context: allocator, options, threads, buffers and the program cache. Two contexts share
 * nothing. Thread-safe: many threads may use one context at once; only destroying it must be alone.
 * After fork() a child makes contexts of its own: of the parent's it may use none. */
typedef struct weft_context weft_context;

/* Memory for everything that a context makes. Both functions must be thread-safe.
 * alloc returns `size` bytes (size > 0) aligned to `alignment` (a power of two, at most 64), or
 * NULL; release is given what alloc returned (never NULL) and the same size. */
typedef struct weft_allocator {
    void *user;
    void *(*alloc)(void *user, size_t size, size_t alignment);
    void (*release)(void *user, void *memory, size_t size);
} weft_allocator;

/* What runs programs. All give the same bits at one level. WEFT_BACKEND(NAME, value, text, counter,
 * words): counter is what weft_stats counts its runs in. Values are part of the ABI: 0, 1, ... */
#define WEFT_BACKEND_TABLE(WEFT_BACKEND)                                                           \
    WEFT_BACKEND(CPU, 0, "cpu", runs_strips, "the engine: in place, fused, over threads")          \
    WEFT_BACKEND(REFERENCE, 1, "reference", runs_reference,                                        \
                 "one obvious thing at a time, on the calling thread")

typedef enum weft_backend {
#define WEFT_BACKEND_ENUM_(NAME, value, text, counter, words) WEFT_BACKEND_##NAME = value,
    WEFT_BACKEND_TABLE(WEFT_BACKEND_ENUM_)
#undef WEFT_BACKEND_ENUM_
        WEFT_BACKEND_COUNT
} weft_backend;

/* A parallel loop of the user's: calls task(data, i) once for each i < tasks, on any threads, at
 * once or one after the other, and returns when all have returned. weft calls it from the thread
 * that runs a program, possibly from several at once. */
typedef void weft_parallel_for(void *user, uint32_t tasks, void (*task)(void *data, uint32_t i),
                               void *data);

#define WEFT_MAX_THREADS 256

/* Options of a context. Set `size` to sizeof(weft_context_options) and the rest to zero, then what
 * is wanted: zero means the default, and a library that is newer than its caller fills up the rest.
 * A size that is smaller than `size_t` or beyond what this library knows is WEFT_ERR_ARG. */
typedef struct weft_context_options {
    size_t size;
    const weft_allocator *allocator; /* copied; NULL: the C library's */
    uint32_t strip_length; /* elements per strip: a power of two, 128 to 2,048; 0: weft chooses.
                              No result depends on it; tests use it to prove that. */
    uint32_t level;        /* weft_level: which kernels run; 0: the process's choice */
    uint32_t backend;      /* weft_backend */
    uint32_t threads;      /* most threads that work on a run, the caller's included; 0: as many as
                              there are CPUs for the process. Threads start when a run first has work
                              for them, and sleep when there is none. */
    weft_parallel_for *parallel_for; /* used instead of threads of the context's own; or NULL */
    void *parallel_user;
    uint64_t split_cost; /* work, in nanoseconds as weft estimates them, from which on a loop is
                            spread over threads; 0: WEFT_DEFAULT_SPLIT_COST; 1: always */
    uint64_t inline_elements; /* elements up to which weft_vec_* (weft/vec.h), and a run of a
                                 program that one kernel does, is a call of it on the calling
                                 thread; 0: WEFT_DEFAULT_INLINE_ELEMENTS */
    uint64_t pool_bytes;      /* most bytes that the pools of running programs take together, and
                                 those kept for later runs with them; 0: WEFT_DEFAULT_POOL_BYTES */
    uint32_t cached_programs; /* programs that the cache holds, at most WEFT_MAX_CACHED_PROGRAMS; 0:
                                 WEFT_DEFAULT_CACHED_PROGRAMS */
    uint32_t reserved;        /* 0 */
} weft_context_options;

#define WEFT_DEFAULT_SPLIT_COST      UINT64_C(100000)
#define WEFT_DEFAULT_INLINE_ELEMENTS UINT64_C(65536)
#define WEFT_DEFAULT_POOL_BYTES      (UINT64_C(256) << 20)
#define WEFT_DEFAULT_CACHED_PROGRAMS 256
#define WEFT_MAX_CACHED_PROGRAMS     16384

/* Makes a context in *out. options NULL: all defaults. On error *out is NULL.
 * WEFT_ERR_ARG (out is NULL, an option is out of range), WEFT_ERR_UNSUPPORTED (the level, or what
 * WEFT_LEVEL asks for, is not available), WEFT_ERR_MEMORY. */
WEFT_API weft_status weft_context_create(const weft_context_options *options, weft_context **out);

/* Frees a context and releases its buffers. NULL is allowed. Programs made in it stay valid until
 * they are released: the memory behind the context goes with the last of them. */
WEFT_API void weft_context_destroy(weft_context *context);

/* What a context has counted since it was made: WEFT_STAT(name, words). */
#define WEFT_STATS_TABLE(WEFT_STAT)                                                                \
    WEFT_STAT(runs, "runs, of these kinds together")                                               \
    WEFT_STAT(runs_inline, "runs that were one call of one kernel on the calling thread")          \
    WEFT_STAT(runs_strips, "runs on the CPU backend, strip by strip")                              \
    WEFT_STAT(runs_reference, "runs on the reference backend")                                     \
    WEFT_STAT(loops_split, "loops whose work was spread over threads")                             \
    WEFT_STAT(shared_locks, "acquisitions of the context's lock to read: one a run")               \
    WEFT_STAT(exclusive_locks, "acquisitions of that lock to change something")                    \
    WEFT_STAT(allocations, "calls of the allocator")                                               \
    WEFT_STAT(vec_inline, "weft_vec_*: calls that went to the kernel directly")                    \
    WEFT_STAT(vec_programs, "weft_vec_*: calls that ran a cached program")                         \
    WEFT_STAT(cache_hits, "programs found in the cache")                                           \
    WEFT_STAT(cache_misses, "programs that had to be made")                                        \
    WEFT_STAT(cache_evictions, "programs that left the cache for others")

typedef struct weft_stats {
    size_t size; /* sizeof(weft_stats) */
#define WEFT_STATS_FIELD_(name, words) uint64_t name;
    WEFT_STATS_TABLE(WEFT_STATS_FIELD_)
#undef WEFT_STATS_FIELD_
} weft_stats;

/* Reads the counters. While other threads run they may be of slightly different moments. Set
 * stats->size first. WEFT_ERR_ARG: NULL, or a size that is too small or unknown. */
WEFT_API weft_status weft_stats_read(const weft_context *context, weft_stats *stats);

#ifdef __cplusplus
}
#endif
#endif
