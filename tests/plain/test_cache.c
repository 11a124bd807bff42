/* tests/plain/test_cache.c: the program cache: what decides a key, hits, misses and evictions in
 * the order of their use, programs that outlive their place, errors. Threads: tests/tsan/cache.c.
 */
#include <string.h>

#include "isa/limits.h"
#include "tests/support/support.h"
#include "vm/cache.h"

static test_allocator memory;

static weft_context *context_for(uint32_t programs)
{
    weft_context_options options = {
        .size = sizeof options, .allocator = &memory.allocator, .cached_programs = programs};
    weft_context *context;
    EXPECT(weft_context_create(&options, &context) == WEFT_OK);
    return context;
}

/* Destroys a context, and insists that nothing is left of it. */
static void end_context(weft_context *context)
{
    weft_context_destroy(context);
    EXPECT(atomic_load(&memory.bytes) == 0 && atomic_load(&memory.blocks) == 0);
}

/* A program that stores the number. */
static const char *text_of(int number)
{
    static char text[128];
    snprintf(text, sizeof text,
             ".space [1]\n.out y i32 dims none\nimm.i32 s0, %d\nst.i32 s0, [y]\nexit\n", number);
    return text;
}

static int32_t result_of(weft_context *context, const weft_program *program)
{
    int32_t y = -1;
    weft_arg arg = VALUE("y", WEFT_I32, &y);
    EXPECT(weft_run(context, program, &arg, 1) == WEFT_OK);
    return y;
}

static weft_program *ask(weft_context *context, int number)
{
    const char *text = text_of(number);
    weft_program *program;
    EXPECT(weft_assemble_cached(context, text, strlen(text), &program, NULL) == WEFT_OK);
    return program;
}

static void use(weft_context *context, int number)
{
    weft_program_release(ask(context, number));
}

/* Hits, misses and evictions since the context was made. */
static void expect_counts(weft_context *context, uint64_t hits, uint64_t misses, uint64_t evictions)
{
    weft_stats stats = {.size = sizeof stats};
    EXPECT(weft_stats_read(context, &stats) == WEFT_OK);
    if (stats.cache_hits != hits || stats.cache_misses != misses ||
        stats.cache_evictions != evictions)
        test_die("%llu hits, %llu misses, %llu evictions", (unsigned long long)stats.cache_hits,
                 (unsigned long long)stats.cache_misses, (unsigned long long)stats.cache_evictions);
}

/* --- keys ------------------------------------------------------------------------------------- */

static const weft_dtype types[] = {WEFT_F32, WEFT_F64, WEFT_I8};
static const weft_dtype other_types[] = {WEFT_F32, WEFT_F64, WEFT_U8};
static const char text[] = "one text", other_text[] = "one tent";

/* Keys of which each differs from the first in one part. */
static const weft_cache_key keys[] = {
    {WEFT_CACHE_ASSEMBLY, 3, 5, 3, types, 7, text, 8},
    {WEFT_CACHE_OPERATION, 3, 5, 3, types, 7, text, 8},
    {WEFT_CACHE_EXPRESSION, 3, 5, 3, types, 7, text, 8},
    {WEFT_CACHE_ASSEMBLY, 4, 5, 3, types, 7, text, 8},
    {WEFT_CACHE_ASSEMBLY, 3, 4, 3, types, 7, text, 8},
    {WEFT_CACHE_ASSEMBLY, 3, 0x80000005, 3, types, 7, text, 8},
    {WEFT_CACHE_ASSEMBLY, 3, 5, 2, types, 7, text, 8},
    {WEFT_CACHE_ASSEMBLY, 3, 5, 0, NULL, 7, text, 8},
    {WEFT_CACHE_ASSEMBLY, 3, 5, 3, other_types, 7, text, 8},
    {WEFT_CACHE_ASSEMBLY, 3, 5, 3, types, 0, text, 8},
    {WEFT_CACHE_ASSEMBLY, 3, 5, 3, types, UINT64_C(7) << 32 | 7, text, 8},
    {WEFT_CACHE_ASSEMBLY, 3, 5, 3, types, 7, text, 7},
    {WEFT_CACHE_ASSEMBLY, 3, 5, 3, types, 7, NULL, 0},
    {WEFT_CACHE_ASSEMBLY, 3, 5, 3, types, 7, other_text, 8},
};

/* The same key, made of other memory. */
static weft_cache_key twin_of(const weft_cache_key *key, weft_dtype *types_copy, char *text_copy)
{
    weft_cache_key twin = *key;
    for (uint32_t i = 0; i < key->n_types; i++)
        types_copy[i] = key->types[i];
    if (key->length)
        memcpy(text_copy, key->text, key->length);
    twin.types = types_copy;
    twin.text = text_copy;
    return twin;
}

static void test_keys(void)
{
    weft_context *context = context_for(COUNT(keys));
    weft_program *programs[COUNT(keys)];
    weft_dtype types_copy[8];
    char text_copy[16];
    for (size_t i = 0; i < COUNT(keys); i++) {
        for (size_t j = 0; j < COUNT(keys); j++) {
            const weft_cache_key twin = twin_of(&keys[j], types_copy, text_copy);
            const bool same = weft_cache_key_equal(&keys[i], &twin);
            const bool same_hash = weft_cache_key_hash(&keys[i]) == weft_cache_key_hash(&twin);
            if (same != (i == j) || same_hash != (i == j))
                test_die("keys %zu and %zu: equal %d, hash equal %d", i, j, same, same_hash);
        }
        EXPECT(weft_cache_find(context, &keys[i]) == NULL);
        programs[i] = test_assemble(context, text_of((int)i));
        EXPECT(weft_cache_add(context, &keys[i], &programs[i], NULL) == WEFT_OK);
    }
    for (size_t i = 0; i < COUNT(keys); i++) {
        const weft_cache_key twin = twin_of(&keys[i], types_copy, text_copy);
        weft_program *found = weft_cache_find(context, &twin);
        EXPECT(found == programs[i] && result_of(context, found) == (int32_t)i);
        weft_program_release(found);
        weft_program_release(programs[i]);
    }
    expect_counts(context, COUNT(keys), COUNT(keys), 0);
    end_context(context);
}

/* Of two threads that miss one key the second to add gets the program of the first. */
static void test_late_comer(void)
{
    weft_context *context = context_for(4);
    weft_program *first = test_assemble(context, text_of(1)), *kept = first;
    weft_program *second = test_assemble(context, text_of(1));
    const size_t blocks = atomic_load(&memory.blocks);
    EXPECT(weft_cache_add(context, &keys[0], &first, NULL) == WEFT_OK && first == kept);
    EXPECT(weft_cache_add(context, &keys[0], &second, NULL) == WEFT_OK && second == kept);
    EXPECT(atomic_load(&memory.blocks) < blocks + 1); /* one entry came, one program went */
    weft_program_release(first);
    weft_program_release(second);
    weft_program *found = weft_cache_find(context, &keys[0]);
    EXPECT(found == kept && result_of(context, found) == 1);
    weft_program_release(found);
    end_context(context);
}

/* --- what leaves ------------------------------------------------------------------------------ */

static void test_counters(void)
{
    weft_context *context = context_for(0);
    weft_program *one = ask(context, 1), *again = ask(context, 1), *two = ask(context, 2);
    EXPECT(one == again && one != two);
    EXPECT(result_of(context, one) == 1 && result_of(context, two) == 2);
    expect_counts(context, 1, 2, 0);
    weft_program_release(one);
    weft_program_release(again);
    weft_program_release(two);
    use(context, 2);
    expect_counts(context, 2, 2, 0);
    for (int i = 0; i < WEFT_DEFAULT_CACHED_PROGRAMS; i++) /* 1 and 2 are there already */
        use(context, i + 1);
    expect_counts(context, 4, WEFT_DEFAULT_CACHED_PROGRAMS, 0);
    use(context, 0);
    expect_counts(context, 4, WEFT_DEFAULT_CACHED_PROGRAMS + 1, 1);
    end_context(context);
}

/* What is found is found under the lock to read alone, and with no allocation. */
static void test_hit_changes_nothing(void)
{
    weft_context *context = context_for(4);
    weft_stats before = {.size = sizeof before}, after = before;
    use(context, 1);
    use(context, 2);
    EXPECT(weft_stats_read(context, &before) == WEFT_OK);
    use(context, 1);
    EXPECT(weft_stats_read(context, &after) == WEFT_OK);
    EXPECT(after.cache_hits == before.cache_hits + 1 && after.allocations == before.allocations);
    EXPECT(after.shared_locks == before.shared_locks + 1);
    EXPECT(after.exclusive_locks == before.exclusive_locks);
    end_context(context);
}

/* Any sequence of uses against a list that is kept in order. */
static void test_least_recent_leaves(uint32_t capacity, int texts, int steps)
{
    weft_context *context = context_for(capacity);
    int list[64], count = 0; /* the latest use last */
    uint64_t hits = 0, misses = 0, evictions = 0, random = 12345 + capacity;
    for (int step = 0; step < steps; step++) {
        random = random * UINT64_C(6364136223846793005) + 1442695040888963407;
        const int number = (int)((random >> 33) % (uint64_t)texts);
        int at = 0;
        while (at < count && list[at] != number)
            at++;
        if (at < count) {
            hits++;
        } else {
            misses++;
            if (count == (int)capacity) {
                evictions++;
                at = 0;
            } else {
                count++;
            }
        }
        for (; at < count - 1; at++)
            list[at] = list[at + 1];
        list[count - 1] = number;
        use(context, number);
        expect_counts(context, hits, misses, evictions);
    }
    EXPECT(evictions > 0 && hits > 0);
    end_context(context);
}

static void test_evicted_in_use(void)
{
    weft_context *context = context_for(1);
    weft_program *held = ask(context, 1);
    use(context, 2);
    use(context, 3);
    expect_counts(context, 0, 3, 2);
    EXPECT(result_of(context, held) == 1);
    weft_program *anew = ask(context, 1); /* not the one that left */
    EXPECT(anew != held && result_of(context, anew) == 1);
    weft_program_release(held);
    weft_program_release(anew);
    end_context(context);
}

static void test_clear(void)
{
    weft_context *context = context_for(8);
    EXPECT(test_context_works(context)); /* and has the memory that runs take */
    const size_t empty = atomic_load(&memory.blocks);
    weft_program *held = ask(context, 1);
    const size_t with_one = atomic_load(&memory.blocks);
    for (int i = 2; i < 9; i++)
        use(context, i);
    weft_cache_clear(context);
    weft_cache_clear(NULL);
    EXPECT(atomic_load(&memory.blocks) == with_one - 1); /* the program, without its entry */
    EXPECT(result_of(context, held) == 1);
    use(context, 1);
    expect_counts(context, 0, 9, 0); /* nothing left for others, all is made anew */
    weft_cache_clear(context);
    weft_program_release(held);
    EXPECT(atomic_load(&memory.blocks) == empty);
    end_context(context);
}

/* A program of the cache that is still held when its context is destroyed. */
static void test_destroyed_context(void)
{
    weft_context *context = context_for(8), *other = test_context(0);
    for (int i = 0; i < 5; i++)
        use(context, i);
    weft_program *held = ask(context, 3);
    weft_context_destroy(context);
    EXPECT(atomic_load(&memory.blocks) > 0);
    EXPECT(result_of(other, held) == 3);
    weft_program_release(held);
    EXPECT(atomic_load(&memory.blocks) == 0 && atomic_load(&memory.bytes) == 0);
    weft_context_destroy(other);
}

/* --- bad input -------------------------------------------------------------------------------- */

static void expect_error(weft_context *context, const char *source, size_t length,
                         weft_status status, const char *message)
{
    weft_program *program = (weft_program *)(void *)&memory;
    weft_error error, plain;
    EXPECT(weft_assemble_cached(context, source, length, &program, &error) == status);
    EXPECT(program == NULL && error.status == status && strstr(error.message, message));
    program = (weft_program *)(void *)&memory;
    EXPECT(weft_assemble(context, source, length, &program, &plain) == status && !program);
    EXPECT(plain.line == error.line && plain.column == error.column &&
           strcmp(plain.message, error.message) == 0);
}

static void test_bad_input(void)
{
    weft_context *context = context_for(2), *none = (weft_context *)(void *)&memory;
    weft_context_options options = {.size = sizeof options,
                                    .cached_programs = WEFT_MAX_CACHED_PROGRAMS + 1};
    EXPECT(weft_context_create(&options, &none) == WEFT_ERR_ARG && !none);
    options.cached_programs = WEFT_MAX_CACHED_PROGRAMS;
    EXPECT(weft_context_create(&options, &none) == WEFT_OK);
    weft_context_destroy(none);
    for (int twice = 0; twice < 2; twice++) {
        expect_error(context, "add.f31 v0", 10, WEFT_ERR_SYNTAX, "f31");
        expect_error(context, ".space 1\nloop\nadd.f32 v0, v1, v1\nend\nexit\n", 42,
                     WEFT_ERR_VERIFY, "v1");
        expect_error(context, NULL, 4, WEFT_ERR_ARG, "needs a context");
        expect_error(NULL, "exit\n", 5, WEFT_ERR_ARG, "needs a context");
        expect_error(context, "exit\n", (size_t)WEFT_MAX_TEXT + 1, WEFT_ERR_LIMIT, "");
        EXPECT(weft_assemble_cached(context, "exit\n", 5, NULL, NULL) == WEFT_ERR_ARG);
    }
    expect_counts(context, 0, 4, 0); /* an error is no program to keep */
    use(context, 1);
    use(context, 1);
    expect_counts(context, 1, 5, 0);
    EXPECT(test_context_works(context));
    end_context(context);
}

int main(void)
{
    test_allocator_init(&memory);
    test_keys();
    test_late_comer();
    test_counters();
    test_hit_changes_nothing();
    test_least_recent_leaves(1, 3, 200);
    test_least_recent_leaves(7, 20, 3000);
    test_least_recent_leaves(48, 64, 3000);
    test_evicted_in_use();
    test_clear();
    test_destroyed_context();
    test_bad_input();
    puts("program cache: all as expected");
    return 0;
}
