/* tests/fuzz/fuzz_common.h: what the harnesses of programs share: a program that was accepted is
 * saved, loaded, disassembled and assembled again, and run on arguments drawn from a seed
 * (tests/support/arguments.h), on the reference backend and on the engine.
 * Neighbours: fuzz_image.c, fuzz_asm.c, fuzz_program.c. */
#ifndef WEFT_TESTS_FUZZ_COMMON_H
#define WEFT_TESTS_FUZZ_COMMON_H

#include <assert.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <weft/run.h>

#include "tests/support/arguments.h"
#include "tests/support/functions.h"

enum {
    FUZZ_BUDGET = 200000,
    FUZZ_FEW = 600, /* elements of an index space */
    FUZZ_MANY = 5000,
    FUZZ_MAX_POOLS = 1 << 23,    /* bytes of all pools of a context */
    FUZZ_MAX_CONTEXT = 256 << 20 /* of one context */
};

/* FNV-1a */
static inline uint64_t fuzz_hash(const uint8_t *data, size_t size)
{
    uint64_t hash = UINT64_C(14695981039346656037);
    for (size_t i = 0; i < size; i++)
        hash = (hash ^ data[i]) * UINT64_C(1099511628211);
    return hash;
}

static test_function_state fuzz_functions; /* of all contexts: there is one run at a time */

/* --- contexts: an allocator that counts ------------------------------------------------------- */

static atomic_size_t fuzz_outstanding;

static inline void *fuzz_alloc(void *user, size_t size, size_t alignment)
{
    void *memory = NULL;
    (void)user;
    assert(size > 0 && alignment > 0 && alignment <= 64 && (alignment & (alignment - 1)) == 0);
    if (atomic_fetch_add(&fuzz_outstanding, size) + size <= FUZZ_MAX_CONTEXT &&
        posix_memalign(&memory, alignment < sizeof(void *) ? sizeof(void *) : alignment, size) == 0)
        return memory;
    atomic_fetch_sub(&fuzz_outstanding, size);
    return NULL;
}

static inline void fuzz_release(void *user, void *memory, size_t size)
{
    (void)user;
    size_t before = atomic_fetch_sub(&fuzz_outstanding, size);
    assert(memory && size <= before);
    (void)before;
    free(memory);
}

/* Strips of 128 on the reference backend, or of 2,048 on the engine, which spreads all it can. */
static inline weft_context *fuzz_context(uint32_t strip_length)
{
    static const weft_allocator counting = {NULL, fuzz_alloc, fuzz_release};
    weft_context_options options = {.size = sizeof options,
                                    .allocator = &counting,
                                    .strip_length = strip_length,
                                    .backend = strip_length == 128 ? WEFT_BACKEND_REFERENCE
                                                                   : WEFT_BACKEND_CPU,
                                    .threads = 2,
                                    .split_cost = 1,
                                    .pool_bytes = FUZZ_MAX_POOLS};
    weft_context *context = NULL;
    weft_status status = weft_context_create(&options, &context);
    assert(status == WEFT_OK && context);
    (void)status;
    test_functions_register(context, &fuzz_functions);
    return context;
}

/* --- runs ------------------------------------------------------------------------------------- */

/* Runs on fresh memory; what must not have changed has not. */
static inline weft_status fuzz_run(weft_context *context, const weft_program *program,
                                   const test_arguments *args, test_memory *memory)
{
    weft_arg list[TEST_PARAMS];
    weft_run_options options = {.size = sizeof options, .budget = FUZZ_BUDGET};
    weft_error error;
    test_functions_reset(&fuzz_functions);
    test_memory_reset(memory, args);
    size_t n = test_memory_list(memory, args, list);
    weft_status status = weft_run_with(context, program, list, n, &options, &error);
    assert(error.status == status && (error.message[0] != 0) == (error.status != WEFT_OK));
    assert(test_memory_damage(memory, args, status).param < 0);
    return status;
}

/* A failing gather and the end of the budget may meet in another order where strips have another
 * length; whether a run succeeds does not depend on it. */
static inline bool fuzz_same_status(weft_status a, weft_status b)
{
    bool a_late = a == WEFT_ERR_BUDGET || a == WEFT_ERR_RANGE;
    bool b_late = b == WEFT_ERR_BUDGET || b == WEFT_ERR_RANGE;
    return a == b || (a_late && b_late) || a == WEFT_ERR_MEMORY || b == WEFT_ERR_MEMORY;
}

static inline void fuzz_check_shapes(weft_context *context, const weft_program *program,
                                     const test_arguments *args)
{
    weft_arg list[TEST_PARAMS];
    size_t n = test_memory_list(NULL, args, list);
    for (uint32_t i = 0; i < args->count; i++) {
        const test_array *a = &args->arrays[i];
        int32_t rank = -1;
        int64_t shape[WEFT_MAX_ARG_RANK];
        weft_status status =
            weft_infer_shape(context, program, list, n, NULL, i, &rank, shape, NULL);
        if (status || (a->info.kind != WEFT_PARAM_OUT && a->info.kind != WEFT_PARAM_INOUT))
            continue;
        assert(rank == a->arg.rank);
        assert(memcmp(shape, a->arg.shape, (size_t)rank * sizeof *shape) == 0);
    }
}

static unsigned long fuzz_statuses[16]; /* of first runs */

static inline void fuzz_check_runs(weft_context *contexts[2], const weft_program *program,
                                   uint64_t seed)
{
    test_random r = {seed};
    test_arguments *args =
        test_arguments_make(&r, program, test_one_in(&r, 8) ? FUZZ_MANY : FUZZ_FEW);
    test_memory memories[3];
    weft_status statuses[3];
    if (!args)
        return;
    fuzz_check_shapes(contexts[0], program, args);
    for (int i = 0; i < (args->shareable ? 3 : 2); i++) {
        test_memory_make(&memories[i], args, i == 2);
        statuses[i] = fuzz_run(contexts[i != 0], program, args, &memories[i]);
        /* Sharing memory may be refused; where it is not, all is the same. */
        assert(fuzz_same_status(statuses[0], statuses[i]) ||
               (i == 2 && statuses[i] == WEFT_ERR_BIND));
        if (statuses[0] == WEFT_OK && statuses[i] == WEFT_OK)
            assert(test_memory_difference(&memories[0], &memories[i], args, 0).param < 0);
    }
    fuzz_statuses[statuses[0]]++;
    for (int i = 0; i < (args->shareable ? 3 : 2); i++)
        test_memory_free(&memories[i], args);
    test_arguments_free(args);
}

/* --- saving, loading, disassembling, assembling ----------------------------------------------- */

static inline void fuzz_check_image(const weft_program *program, const void *image, size_t length)
{
    void *again = NULL;
    size_t again_length = 0;
    weft_status status = weft_save(program, &again, &again_length, NULL);
    assert(status == WEFT_OK && again_length == length);
    assert(memcmp(image, again, length) == 0);
    (void)status;
    weft_free(again);
}

static inline void fuzz_check_round_trip(weft_context *context, const weft_program *program)
{
    void *image = NULL;
    char *text = NULL;
    size_t length = 0, text_length = 0;
    weft_program *loaded = NULL, *assembled = NULL;
    weft_error error;
    weft_status status = weft_save(program, &image, &length, NULL);
    assert(status == WEFT_OK);
    status = weft_load(context, image, length, &loaded, &error);
    assert(status == WEFT_OK && loaded);
    fuzz_check_image(loaded, image, length);
    status = weft_disassemble(program, &text, &text_length, NULL);
    assert(status == WEFT_OK && strlen(text) == text_length);
    status = weft_assemble(context, text, text_length, &assembled, &error);
    if (status)
        fprintf(stderr, "%d:%d: %s\n%s\n", error.line, error.column, error.message, text);
    assert(status == WEFT_OK);
    fuzz_check_image(assembled, image, length);
    weft_program_release(loaded);
    weft_program_release(assembled);
    weft_free(text);
    weft_free(image);
}

/* An error report says what and where, and nothing else. */
static inline void fuzz_check_error(weft_status status, const weft_error *error)
{
    assert(error->status == status);
    assert(memchr(error->message, 0, sizeof error->message));
    assert((error->message[0] != 0) == (status != WEFT_OK));
    assert((status != WEFT_ERR_SYNTAX) || (error->line > 0 && error->column > 0));
    assert((error->rule != 0) == (status == WEFT_ERR_VERIFY));
}

/* All of the above for a program made in contexts[0], which is released. */
static inline void fuzz_check_program(weft_context *contexts[2], weft_program *program,
                                      uint64_t seed)
{
    fuzz_check_round_trip(contexts[1], program);
    for (uint64_t i = 0; i < 2; i++)
        fuzz_check_runs(contexts, program, seed + i);
    weft_program_release(program);
}

#endif
