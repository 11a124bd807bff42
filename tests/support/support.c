/* tests/support/support.c: see tests/support/support.h. */
#include "tests/support/support.h"

#include <dirent.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

void test_die(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
    fflush(NULL);
    abort();
}

static void *allocate(size_t size)
{
    void *memory = malloc(size ? size : 1);
    if (!memory)
        test_die("out of memory for a test: %zu bytes", size);
    return memory;
}

/* --- files ------------------------------------------------------------------------------------ */

static void join(char *out, size_t size, const char *folder, const char *name)
{
    if ((size_t)snprintf(out, size, "%s/%s", folder, name) >= size)
        test_die("path is too long: %s/%s", folder, name);
}

static const char *source_dir(void)
{
    const char *folder = getenv("WEFT_SOURCE_DIR"); /* tests/CMakeLists.txt sets it */
    return folder ? folder : ".";
}

char *test_read(const char *path, size_t *length)
{
    char full[4096];
    join(full, sizeof full, source_dir(), path);
    FILE *file = fopen(full, "rb");
    if (!file || fseek(file, 0, SEEK_END) != 0)
        test_die("cannot read %s", full);
    long size = ftell(file);
    rewind(file);
    char *bytes = allocate((size_t)size + 1);
    if (size < 0 || fread(bytes, 1, (size_t)size, file) != (size_t)size)
        test_die("cannot read %s", full);
    fclose(file);
    bytes[size] = 0;
    *length = (size_t)size;
    return bytes;
}

static bool name_fits(const char *name, const char *prefix, const char *suffix)
{
    size_t n = strlen(name), head = strlen(prefix), tail = strlen(suffix);
    return n >= head + tail && memcmp(name, prefix, head) == 0 &&
           memcmp(name + n - tail, suffix, tail) == 0;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

test_files test_list(const char *folder, const char *prefix, const char *suffix)
{
    test_files files = {NULL, 0};
    char full[4096];
    join(full, sizeof full, source_dir(), folder);
    DIR *directory = opendir(full);
    if (!directory)
        return files;
    for (const struct dirent *entry; (entry = readdir(directory));) {
        if (!name_fits(entry->d_name, prefix, suffix))
            continue;
        join(full, sizeof full, folder, entry->d_name);
        files.paths = realloc(files.paths, (files.count + 1) * sizeof *files.paths);
        if (!files.paths)
            test_die("out of memory for a test");
        char *path = allocate(strlen(full) + 1);
        strcpy(path, full);
        files.paths[files.count++] = path;
    }
    closedir(directory);
    if (files.count)
        qsort(files.paths, files.count, sizeof *files.paths, by_name);
    return files;
}

void test_files_free(test_files *files)
{
    for (size_t i = 0; i < files->count; i++)
        free(files->paths[i]);
    free(files->paths);
    *files = (test_files){NULL, 0};
}

/* --- contexts and programs -------------------------------------------------------------------- */

weft_context *test_context(uint32_t strip_length)
{
    weft_context_options options = {.size = sizeof options, .strip_length = strip_length};
    weft_context *context;
    weft_status status = weft_context_create(&options, &context);
    if (status)
        test_die("no context: %s", weft_status_text(status));
    return context;
}

weft_program *test_assemble(weft_context *context, const char *text)
{
    weft_error error;
    weft_program *program;
    if (weft_assemble(context, text, strlen(text), &program, &error))
        test_die("line %d, column %d: %s\n%s", error.line, error.column, error.message, text);
    return program;
}

unsigned char *test_image(const char *text, size_t *length)
{
    weft_context *context = test_context(0);
    weft_program *program = test_assemble(context, text);
    void *image;
    if (weft_save(program, &image, length, NULL))
        test_die("a program cannot be saved");
    unsigned char *copy = allocate(*length);
    memcpy(copy, image, *length);
    weft_free(image);
    weft_program_release(program);
    weft_context_destroy(context);
    return copy;
}

bool test_context_works(weft_context *context)
{
    static const char text[] = ".in x f32\n.out y f32\nloop\nld.f32 v0, [x]\n"
                               "add.f32 v0, v0, v0\nneg.f32 v0, v0\nst.f32 v0, [y]\nend\nexit\n";
    float x[3] = {1, -2, 3.5f}, y[3] = {0, 0, 0};
    weft_arg args[] = {ARRAY("x", WEFT_F32, x, 3), ARRAY("y", WEFT_F32, y, 3)};
    weft_program *program;
    if (weft_assemble(context, text, sizeof text - 1, &program, NULL))
        return false;
    weft_status status = weft_run(context, program, args, 2);
    weft_program_release(program);
    return !status && y[0] == -2 && y[1] == 4 && y[2] == -7;
}

/* --- arrays and runs -------------------------------------------------------------------------- */

weft_arg test_arg(const char *name, weft_dtype type, void *data, int32_t rank, const int64_t *shape)
{
    weft_arg arg;
    if (weft_arg_contiguous(&arg, name, type, data, rank, shape))
        test_die("argument '%s' is impossible", name ? name : "");
    return arg;
}

weft_arg test_strided(weft_arg arg, const int64_t *strides)
{
    for (int32_t d = 0; d < arg.rank; d++)
        arg.strides[d] = strides[d];
    return arg;
}

typedef struct snapshot { /* the bytes from an argument's lowest to its highest element */
    char *at;
    size_t size;
    char *saved, *first; /* before the runs, and after the first one */
} snapshot;

static snapshot snapshot_of(const weft_arg *arg)
{
    int64_t low = 0, high = (int64_t)weft_dtype_size(arg->type);
    for (int32_t d = 0; d < arg->rank; d++) {
        if (arg->shape[d] == 0)
            return (snapshot){NULL, 0, NULL, NULL};
        int64_t reach = arg->strides[d] * (arg->shape[d] - 1);
        if (reach < 0)
            low += reach;
        else
            high += reach;
    }
    snapshot m = {(char *)arg->data + low, (size_t)(high - low), NULL, NULL};
    m.saved = allocate(m.size);
    m.first = allocate(m.size);
    memcpy(m.saved, m.at, m.size);
    return m;
}

static bool same_report(const weft_error *a, const weft_error *b)
{
    return a->status == b->status && a->rule == b->rule && a->pc == b->pc &&
           a->element == b->element && strcmp(a->message, b->message) == 0;
}

/* One run, from the memory as it was saved. */
static weft_status run_once(uint32_t strip_length, const char *text, const weft_arg *args,
                            size_t nargs, const weft_run_options *options, snapshot *memories,
                            weft_error *error)
{
    for (size_t i = 0; i < nargs; i++)
        if (memories[i].size)
            memcpy(memories[i].at, memories[i].saved, memories[i].size);
    weft_context *context = test_context(strip_length);
    weft_program *program = test_assemble(context, text);
    weft_status status = weft_run_with(context, program, args, nargs, options, error);
    weft_program_release(program);
    weft_context_destroy(context);
    if (status != error->status || !*error->message != !status)
        test_die("status %d is reported as %d with the message '%s'", status, error->status,
                 error->message);
    return status;
}

weft_status test_run_options(const char *text, const weft_arg *args, size_t nargs,
                             const weft_run_options *options, weft_error *error)
{
    static const uint32_t lengths[] = {128, 256, 2048, 0};
    snapshot memories[16];
    weft_error reports[COUNT(lengths)];
    if (nargs > COUNT(memories))
        test_die("too many arguments for a test");
    for (size_t i = 0; i < nargs; i++)
        memories[i] = snapshot_of(&args[i]);
    for (size_t r = 0; r < COUNT(lengths); r++) {
        weft_status status =
            run_once(lengths[r], text, args, nargs, options, memories, &reports[r]);
        if (!same_report(&reports[0], &reports[r]))
            test_die("strip length %u: '%s', else '%s'", lengths[r], reports[r].message,
                     reports[0].message);
        for (size_t i = 0; i < nargs && !status; i++) {
            if (r == 0 && memories[i].size)
                memcpy(memories[i].first, memories[i].at, memories[i].size);
            else if (memories[i].size &&
                     memcmp(memories[i].first, memories[i].at, memories[i].size) != 0)
                test_die("strip length %u changes '%s'", lengths[r], args[i].name);
        }
    }
    for (size_t i = 0; i < nargs; i++) {
        free(memories[i].saved);
        free(memories[i].first);
    }
    if (error)
        *error = reports[0];
    return reports[0].status;
}

weft_status test_run(const char *text, const weft_arg *args, size_t nargs, weft_error *error)
{
    return test_run_options(text, args, nargs, NULL, error);
}

/* --- what a context counts ----------------------------------------------------------------------
 */

weft_stats test_stats(const weft_context *context)
{
    weft_stats stats = {.size = sizeof stats};
    if (weft_stats_read(context, &stats))
        test_die("the counters cannot be read");
    return stats;
}

/* --- allocator -------------------------------------------------------------------------------- */

static void *counting_alloc(void *user, size_t size, size_t alignment)
{
    test_allocator *memory = user;
    long call = atomic_fetch_add(&memory->calls, 1);
    if (size == 0 || alignment > 64 || (alignment & (alignment - 1)) != 0)
        test_die("the library asks for %zu bytes at alignment %zu", size, alignment);
    if (memory->fail_at >= 0 &&
        (call == memory->fail_at || (memory->fail_on && call > memory->fail_at)))
        return NULL;
    void *block = aligned_alloc(64, (size + 63) / 64 * 64);
    if (!block)
        return NULL;
    memset(block, 0xa5, size); /* nothing may rely on fresh memory */
    atomic_fetch_add(&memory->bytes, size);
    atomic_fetch_add(&memory->blocks, 1);
    return block;
}

static void counting_release(void *user, void *block, size_t size)
{
    test_allocator *memory = user;
    if (!block || size == 0)
        test_die("the library releases nothing");
    memset(block, 0x5a, size);
    atomic_fetch_sub(&memory->bytes, size);
    atomic_fetch_sub(&memory->blocks, 1);
    free(block);
}

void test_allocator_init(test_allocator *memory)
{
    memory->allocator = (weft_allocator){memory, counting_alloc, counting_release};
    atomic_init(&memory->bytes, 0);
    atomic_init(&memory->blocks, 0);
    atomic_init(&memory->calls, 0);
    memory->fail_at = -1;
    memory->fail_on = false;
}

void test_allocator_fail(test_allocator *memory, long at, bool on)
{
    atomic_store(&memory->calls, 0);
    memory->fail_at = at;
    memory->fail_on = on;
}
