/* bench/gates/instructions.c: does what is counted, one case after the other, under
 * `valgrind --tool=callgrind --toggle-collect=counted_repeat --dump-after=counted_repeat`, which
 * counts only inside that function and writes one file for each time it was left. Prints what the
 * counts depend on, then the cases in the same order, each with its number of calls.
 * Memory comes from an arena that starts anew, so that the counts do not depend on the state of the
 * C library's allocator.
 * Neighbours: scripts/instruction-gate (reads both), bench/gates/instructions.h. */
#include "bench/gates/instructions.h"

#include <stdalign.h>
#include <stdio.h>
#include <stdlib.h>
#if defined(__GLIBC__)
#include <gnu/libc-version.h>
#endif

/* --- memory ----------------------------------------------------------------------------------- */

/* Nothing is given back: all calls together take a part of it. Pages that are never touched cost
 * nothing. All blocks are aligned alike: what copies or clears them takes more instructions or
 * fewer by their alignment, which must not depend on the sizes of those before. */
enum { ARENA = 512 << 20, ALIGNMENT = 64 };
static alignas(ALIGNMENT) unsigned char arena[ARENA];
static size_t arena_used;

static void *arena_alloc(void *user, size_t size, size_t alignment)
{
    const size_t at = arena_used, whole = (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    (void)user, (void)alignment;
    if (size > ARENA || whole > ARENA - at)
        return NULL;
    arena_used = at + whole;
    return arena + at;
}

static void arena_release(void *user, void *memory, size_t size)
{
    (void)user, (void)memory, (void)size;
}

static const weft_allocator allocator = {NULL, arena_alloc, arena_release};

/* --- counting --------------------------------------------------------------------------------- */

weft_status counted_add(counted_setting *setting, const char *name, uint32_t calls,
                        weft_status (*call)(void *self), void *self)
{
    counted_cases *cases = &setting->cases;
    if (cases->count == COUNTED_MAX)
        return WEFT_ERR_LIMIT;
    cases->items[cases->count++] = (counted_case){name, calls, call, self};
    return WEFT_OK;
}

/* What callgrind looks for by name; so it stays a function of its own. */
__attribute__((noinline)) weft_status counted_repeat(const counted_case *c);

weft_status counted_repeat(const counted_case *c)
{
    weft_status status = WEFT_OK;
    for (uint32_t i = 0; i < c->calls && !status; i++)
        status = c->call(c->self);
    return status;
}

/* The first call finds memory and fills caches: the second and later ones are what is counted. */
static int count(const counted_case *c)
{
    weft_status status = c->call(c->self);
    if (!status)
        status = counted_repeat(c);
    if (status) {
        (void)fprintf(stderr, "%s: %s\n", c->name, weft_status_text(status));
        return EXIT_FAILURE;
    }
    (void)printf("%s %u\n", c->name, (unsigned)c->calls);
    return EXIT_SUCCESS;
}

/* --- the driver ------------------------------------------------------------------------------- */

/* All that the counts depend on besides the sources. */
static weft_status print_toolchain(weft_error *error)
{
    weft_level level;
    const weft_status status = weft_level_default(&level, error);
    const char *libc = "unknown libc";
#if defined(__GLIBC__)
    libc = gnu_get_libc_version();
#endif
    if (!status)
        (void)printf("# %s, glibc %s, level %s\n", COUNTED_BUILT_BY, libc, weft_level_name(level));
    return status;
}

static weft_status prepare(counted_setting *setting, weft_error *error)
{
    const weft_context_options options = {.size = sizeof options,
                                          .allocator = &allocator,
                                          .strip_length = COUNTED_STRIP,
                                          .threads = 1};
    weft_status status = weft_context_create(&options, &setting->context);
    if (!status)
        status = counted_dispatch(setting, error);
    if (!status)
        status = counted_runs(setting, error);
    if (!status)
        status = counted_programs(setting, error);
    if (!status)
        status = counted_compile(setting, error);
    return status;
}

int main(void)
{
    static counted_setting setting = {.allocator = &allocator};
    weft_error error = {0};
    weft_status status = print_toolchain(&error);
    if (!status)
        status = prepare(&setting, &error);
    if (status) {
        (void)fprintf(stderr, "%s: %s\n", weft_status_text(status), error.message);
        return EXIT_FAILURE;
    }
    for (size_t i = 0; i < setting.cases.count; i++)
        if (count(&setting.cases.items[i]) != EXIT_SUCCESS)
            return EXIT_FAILURE;
    return EXIT_SUCCESS;
}
