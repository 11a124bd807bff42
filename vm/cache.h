/* vm/cache.h: the program cache of a context: programs by everything that decides their code.
 * Whatever makes a program for the second time asks here first: weft_assemble_cached
 * (vm/program.c), weft_vec_* (vm/vec.c).
 *
 * It holds as many programs as the context's option says, however large they are, and lets go of
 * the one that was used least recently. A program that is found needs the context's lock only to
 * read; one is added under the lock to write, and made under none. */
#ifndef WEFT_VM_CACHE_H
#define WEFT_VM_CACHE_H

#include "vm/vm.h"

typedef enum weft_cache_kind { /* what the text is */
                               WEFT_CACHE_ASSEMBLY = 1,
                               WEFT_CACHE_OPERATION = 2,  /* an opcode, of vm/vec.c */
                               WEFT_CACHE_EXPRESSION = 3, /* of the compiler */
} weft_cache_kind;

/* Everything that decides a program's code. Two keys are equal if all of it is. */
typedef struct weft_cache_key {
    weft_cache_kind kind;
    uint32_t level;          /* weft_level */
    uint32_t flags;          /* what they mean, the kind says */
    uint32_t n_types;        /* of arguments */
    const weft_dtype *types; /* not looked at where there are none */
    uint64_t unrolled;       /* elements that straight-line code is for; 0: LOOP form, any number */
    const void *text;        /* bytes; not looked at where there are none */
    size_t length;
} weft_cache_key;

typedef struct weft_cache weft_cache;

uint64_t weft_cache_key_hash(const weft_cache_key *key);
bool weft_cache_key_equal(const weft_cache_key *a, const weft_cache_key *b);

/* An empty cache in context->cache, for 1 to WEFT_MAX_CACHED_PROGRAMS programs; WEFT_ERR_MEMORY. */
weft_status weft_cache_create(weft_context *context, uint32_t programs);
/* Frees it. It is empty by now: its programs would have kept the context alive. NULL is allowed. */
void weft_cache_free(weft_context *context);

/* The program with that key and a reference for the caller, or NULL. Counts the hit or miss. */
weft_program *weft_cache_find(weft_context *context, const weft_cache_key *key);

/* Puts *program, made in this context, under a copy of the key. Where another thread did so since
 * the miss, *program is given back and replaced by that one: all that ask for a key get the same
 * program. The caller's reference stays the caller's, but on error (WEFT_ERR_MEMORY) it is given
 * back too, and *program is NULL. */
weft_status weft_cache_add(weft_context *context, const weft_cache_key *key, weft_program **program,
                           weft_error *error);

#endif
