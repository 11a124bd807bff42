/* vm/cache.c: the program cache (vm/cache.h): a table of chains, whose entries know when they were
 * last used. */
#include "vm/cache.h"

#include <string.h>

#include "isa/hash.h"

typedef struct entry {
    struct entry *next; /* of the same chain */
    uint64_t hash;
    weft_cache_key key; /* its types and text stand behind the entry */
    weft_program *program;
    atomic_uint_least64_t used; /* the cache's clock at its last use */
} entry;

/* The owner's lock guards all of it but the two clocks, which readers turn. */
struct weft_cache {
    size_t count, capacity;
    size_t chains;               /* a power of two, no less than the capacity */
    atomic_uint_least64_t clock; /* of the last use of any entry, from 1 */
    entry *chain[];
};

/* --- keys ------------------------------------------------------------------------------------- */

static size_t types_size(const weft_cache_key *key)
{
    return key->n_types * sizeof *key->types;
}

uint64_t weft_cache_key_hash(const weft_cache_key *key)
{
    const uint64_t parts[] = {key->kind,    key->level,    key->flags,
                              key->n_types, key->unrolled, key->length};
    uint64_t hash = weft_hash(parts, sizeof parts);
    if (key->n_types)
        hash = weft_hash_on(hash, key->types, types_size(key));
    if (key->length)
        hash = weft_hash_on(hash, key->text, key->length);
    return hash;
}

static bool equal_bytes(const void *a, const void *b, size_t size)
{
    return size == 0 || memcmp(a, b, size) == 0;
}

bool weft_cache_key_equal(const weft_cache_key *a, const weft_cache_key *b)
{
    return a->kind == b->kind && a->level == b->level && a->flags == b->flags &&
           a->n_types == b->n_types && a->unrolled == b->unrolled && a->length == b->length &&
           equal_bytes(a->types, b->types, types_size(a)) &&
           equal_bytes(a->text, b->text, a->length);
}

/* --- entries ---------------------------------------------------------------------------------- */

static size_t entry_size(const weft_cache_key *key)
{
    return sizeof(entry) + types_size(key) + key->length;
}

static entry *entry_create(weft_context *context, const weft_cache_key *key, uint64_t hash)
{
    entry *e = weft_mem_alloc(&context->allocator, entry_size(key));
    if (!e)
        return NULL;
    char *types = (char *)(e + 1), *text = types + types_size(key);
    e->hash = hash;
    e->key = *key;
    e->key.types = (const weft_dtype *)(void *)types;
    e->key.text = text;
    if (key->n_types)
        memcpy(types, key->types, types_size(key));
    if (key->length)
        memcpy(text, key->text, key->length);
    return e;
}

static void entry_free(weft_context *context, entry *e)
{
    weft_mem_free(&context->allocator, e, entry_size(&e->key));
}

/* Frees entries that no longer stand in the cache, with its references to their programs. */
static void let_go(weft_context *context, entry *list)
{
    while (list) {
        entry *next = list->next;
        weft_program_release(list->program);
        entry_free(context, list);
        list = next;
    }
}

/* --- the table, under the lock ---------------------------------------------------------------- */

static entry **chain_of(weft_cache *cache, uint64_t hash)
{
    return &cache->chain[hash & (cache->chains - 1)];
}

static entry *look_up(weft_cache *cache, const weft_cache_key *key, uint64_t hash)
{
    for (entry *e = *chain_of(cache, hash); e; e = e->next)
        if (e->hash == hash && weft_cache_key_equal(&e->key, key))
            return e;
    return NULL;
}

/* An entry is the one used last. Threads that read at the same time do this at the same time: none
 * may set a clock back. What is the last one already needs no new time, so that threads that use
 * one program over and over only read. */
static void touch(weft_cache *cache, entry *e)
{
    uint64_t before = atomic_load_explicit(&e->used, memory_order_relaxed);
    if (before == atomic_load_explicit(&cache->clock, memory_order_relaxed))
        return;
    const uint64_t now = 1 + atomic_fetch_add_explicit(&cache->clock, 1, memory_order_relaxed);
    while (before < now && !atomic_compare_exchange_weak_explicit(
                               &e->used, &before, now, memory_order_relaxed, memory_order_relaxed))
        continue;
}

static void link_entry(weft_cache *cache, entry *e)
{
    entry **chain = chain_of(cache, e->hash);
    e->next = *chain;
    *chain = e;
    cache->count++;
    atomic_init(&e->used, 0); /* never */
    touch(cache, e);
}

/* Takes out the entry that was used least recently, by looking at all of them. */
static entry *unlink_oldest(weft_cache *cache)
{
    entry **oldest = NULL;
    uint64_t least = UINT64_MAX;
    for (size_t i = 0; i < cache->chains; i++)
        for (entry **at = &cache->chain[i]; *at; at = &(*at)->next) {
            const uint64_t used = atomic_load_explicit(&(*at)->used, memory_order_relaxed);
            if (used < least) {
                least = used;
                oldest = at;
            }
        }
    if (!oldest)
        return NULL;
    entry *e = *oldest;
    *oldest = e->next;
    e->next = NULL;
    cache->count--;
    return e;
}

/* --- the cache -------------------------------------------------------------------------------- */

static size_t cache_size(size_t chains)
{
    return sizeof(weft_cache) + chains * sizeof(entry *);
}

weft_status weft_cache_create(weft_context *context, uint32_t programs)
{
    size_t chains = 1;
    while (chains < programs)
        chains *= 2;
    weft_cache *cache = weft_mem_zeroed(&context->allocator, 1, cache_size(chains));
    if (!cache)
        return WEFT_ERR_MEMORY;
    cache->capacity = programs;
    cache->chains = chains;
    atomic_init(&cache->clock, 1);
    context->cache = cache;
    return WEFT_OK;
}

void weft_cache_free(weft_context *context)
{
    if (context->cache)
        weft_mem_free(&context->allocator, context->cache, cache_size(context->cache->chains));
    context->cache = NULL;
}

weft_program *weft_cache_find(weft_context *context, const weft_cache_key *key)
{
    const uint64_t hash = weft_cache_key_hash(key);
    weft_program *program = NULL;
    weft_lock_shared(context);
    entry *e = look_up(context->cache, key, hash);
    if (e) {
        touch(context->cache, e);
        program = weft_program_retain(e->program);
    }
    weft_unlock_shared(context);
    if (program)
        WEFT_COUNT(context, cache_hits);
    else
        WEFT_COUNT(context, cache_misses);
    return program;
}

weft_status weft_cache_add(weft_context *context, const weft_cache_key *key, weft_program **program,
                           weft_error *error)
{
    weft_cache *cache = context->cache;
    const uint64_t hash = weft_cache_key_hash(key);
    entry *made = entry_create(context, key, hash), *gone = NULL;
    weft_program *mine = *program;
    *program = NULL;
    if (!made) {
        weft_program_release(mine);
        return weft_fail_memory(error);
    }
    weft_lock_exclusive(context);
    entry *other = look_up(cache, key, hash);
    if (other) {
        touch(cache, other);
        *program = weft_program_retain(other->program);
    } else {
        made->program = weft_program_retain(mine);
        if (cache->count == cache->capacity)
            gone = unlink_oldest(cache);
        link_entry(cache, made);
        *program = mine;
    }
    weft_unlock_exclusive(context);
    if (other) {
        weft_program_release(mine);
        entry_free(context, made);
    }
    if (gone)
        WEFT_COUNT(context, cache_evictions);
    let_go(context, gone);
    return WEFT_OK;
}

void weft_cache_clear(weft_context *context)
{
    entry *all = NULL;
    if (!context || !context->cache)
        return;
    weft_lock_exclusive(context);
    weft_cache *cache = context->cache;
    for (size_t i = 0; i < cache->chains; i++)
        while (cache->chain[i]) {
            entry *e = cache->chain[i];
            cache->chain[i] = e->next;
            e->next = all;
            all = e;
        }
    cache->count = 0;
    weft_unlock_exclusive(context);
    let_go(context, all);
}
