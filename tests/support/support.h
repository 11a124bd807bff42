/* tests/support/support.h: what the tests in C share: files, contexts, programs, runs that must not
 * depend on the strip length, an allocator that counts and fails. Helpers end the process with a
 * message where a test could not go on. */
#ifndef WEFT_TESTS_SUPPORT_H
#define WEFT_TESTS_SUPPORT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <weft/weft.h>

/* Ends the process: this is a mistake of the test or its surroundings. */
_Noreturn void test_die(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* What a test without a framework of its own asserts. */
#define EXPECT(condition)                                                                          \
    do {                                                                                           \
        if (!(condition))                                                                          \
            test_die("%s:%d: %s", __FILE__, __LINE__, #condition);                                 \
    } while (0)

/* --- files ------------------------------------------------------------------------------------ */

/* Bytes of a file below the source directory, NUL-terminated; free() it. */
char *test_read(const char *path, size_t *length);

typedef struct test_files {
    char **paths; /* below the source directory, sorted */
    size_t count;
} test_files;

/* The files of a folder whose names start and end like this. */
test_files test_list(const char *folder, const char *prefix, const char *suffix);
void test_files_free(test_files *files);

/* --- contexts and programs -------------------------------------------------------------------- */

weft_context *test_context(uint32_t strip_length);
weft_program *test_assemble(weft_context *context, const char *text);
/* The text's image; free() it. */
unsigned char *test_image(const char *text, size_t *length);
/* The program still gives y = x + x on this context: what came before has damaged nothing. */
bool test_context_works(weft_context *context);

/* --- arrays and runs -------------------------------------------------------------------------- */

weft_arg test_arg(const char *name, weft_dtype type, void *data, int32_t rank,
                  const int64_t *shape);
/* A contiguous array with the extents that follow: ARRAY("x", WEFT_F32, x, 3, 4). */
#define ARRAY(name, type, data, ...)                                                               \
    test_arg(name, type, data, (int32_t)(sizeof((int64_t[]){__VA_ARGS__}) / sizeof(int64_t)),      \
             (const int64_t[]){__VA_ARGS__})
/* A single value. */
#define VALUE(name, type, data) test_arg(name, type, data, 0, NULL)
/* The same with other strides, in bytes. */
weft_arg test_strided(weft_arg arg, const int64_t *strides);
#define STRIDED(arg, ...) test_strided(arg, (const int64_t[]){__VA_ARGS__})

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

/* Runs the text with strip lengths 128, 256, 2,048 and the default, each time from the same memory,
 * and insists that status, message, pc, element and, on success, every byte of the arguments come
 * out the same. The memory is left as the last run left it. */
weft_status test_run_options(const char *text, const weft_arg *args, size_t nargs,
                             const weft_run_options *options, weft_error *error);
weft_status test_run(const char *text, const weft_arg *args, size_t nargs, weft_error *error);

/* --- what a context counts ----------------------------------------------------------------------
 */

/* The context's counters. */
weft_stats test_stats(const weft_context *context);

/* --- an allocator that counts, and fails when told to ----------------------------------------- */

typedef struct test_allocator {
    weft_allocator allocator;
    atomic_size_t bytes, blocks; /* alive */
    atomic_long calls;           /* since the last reset */
    long fail_at;                /* number of the call that fails, from 0; -1: none */
    bool fail_on;                /* every later call fails too */
} test_allocator;

void test_allocator_init(test_allocator *memory);
void test_allocator_fail(test_allocator *memory, long at, bool on);

#endif
