/* tests/unit/test_buffer.c: buffers: their memory, the life of handles, views of them as arguments
 * of runs. A look inside (vm/vm.h) is taken only for what would need 2^32 calls. Allocations that
 * fail: plain/test_alloc_failure.c. Many threads: tsan/buffers.c. */
#include <criterion/criterion.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "tests/support/support.h"
#include "vm/vm.h"

#define COPY_1 ".in x f32\n.out y f32\nloop\nld.f32 v0, [x]\nst.f32 v0, [y]\nend\nexit\n"

static weft_buffer create(weft_context *context, size_t bytes, uint32_t flags)
{
    weft_buffer buffer;
    weft_error error;
    cr_assert(weft_buffer_create(context, bytes, flags, &buffer, &error) == WEFT_OK, "%s",
              error.message);
    cr_assert(buffer.id != 0 && error.status == WEFT_OK && !*error.message);
    return buffer;
}

static weft_buffer slice(weft_context *context, weft_buffer parent, size_t offset, size_t bytes)
{
    weft_buffer buffer;
    weft_error error;
    cr_assert(weft_buffer_slice(context, parent, offset, bytes, 0, &buffer, &error) == WEFT_OK,
              "%s", error.message);
    return buffer;
}

static weft_buffer_info query(weft_context *context, weft_buffer buffer)
{
    weft_buffer_info info;
    weft_error error;
    cr_assert(weft_buffer_query(context, buffer, &info, &error) == WEFT_OK, "%s", error.message);
    cr_assert(info.reserved == 0);
    return info;
}

static void *data_of(weft_context *context, weft_buffer buffer)
{
    return query(context, buffer).data;
}

static void release(weft_context *context, weft_buffer buffer)
{
    weft_error error;
    cr_assert(weft_buffer_release(context, buffer, &error) == WEFT_OK, "%s", error.message);
}

/* A call fails with the status and a message in which `why` stands. */
#define FAILS(call, expected, why)                                                                 \
    do {                                                                                           \
        weft_status status_ = (call);                                                              \
        cr_expect(status_ == (expected) && error.status == status_ &&                              \
                      strstr(error.message, why) != NULL,                                          \
                  "%s: '%s', wanted '%s'", weft_status_name(status_), error.message, why);         \
    } while (0)

/* No function takes the handle. */
static void expect_unknown(weft_context *context, weft_buffer buffer, const char *why)
{
    weft_error error;
    weft_buffer out = {7};
    weft_buffer_info info;
    memset(&info, 0x55, sizeof info);
    FAILS(weft_buffer_retain(context, buffer, &error), WEFT_ERR_ARG, why);
    FAILS(weft_buffer_release(context, buffer, &error), WEFT_ERR_ARG, why);
    FAILS(weft_buffer_slice(context, buffer, 0, 0, 0, &out, &error), WEFT_ERR_ARG, why);
    FAILS(weft_buffer_query(context, buffer, &info, &error), WEFT_ERR_ARG, why);
    cr_expect(out.id == 0 && !info.data && info.bytes == 0 && info.references == 0);
    cr_expect(weft_buffer_retain(context, buffer, NULL) == WEFT_ERR_ARG);
}

static bool all_bytes(const void *data, int byte, size_t n)
{
    const unsigned char *bytes = data;
    for (size_t i = 0; i < n; i++)
        if (bytes[i] != byte)
            return false;
    return true;
}

/* --- memory of weft's ------------------------------------------------------------------------- */

/* The test's allocator hands out memory full of 0xa5. */
Test(buffer, create)
{
    static const size_t sizes[] = {1, 63, 64, 65, 4096, 1000003};
    test_allocator memory;
    weft_context *context;
    test_allocator_init(&memory);
    weft_context_options options = {.size = sizeof options, .allocator = &memory.allocator};
    cr_assert(weft_context_create(&options, &context) == WEFT_OK);
    for (size_t i = 0; i < COUNT(sizes); i++)
        for (uint32_t flags = 0; flags <= WEFT_BUFFER_UNINITIALIZED; flags++) {
            size_t before = atomic_load(&memory.bytes);
            weft_buffer buffer = create(context, sizes[i], flags);
            weft_buffer_info info = query(context, buffer);
            cr_expect(info.bytes == sizes[i] && info.references == 1 && info.flags == 0);
            cr_expect((uintptr_t)info.data % 64 == 0);
            cr_expect(all_bytes(info.data, flags ? 0xa5 : 0, sizes[i]));
            memset(info.data, 1, sizes[i]);
            cr_expect(atomic_load(&memory.bytes) >= before + sizes[i]);
            release(context, buffer);
        }
    weft_buffer none = create(context, 0, 0);
    cr_expect(!query(context, none).data && query(context, none).bytes == 0);
    weft_context_destroy(context);
    cr_expect(atomic_load(&memory.bytes) == 0 && atomic_load(&memory.blocks) == 0);
}

Test(buffer, create_bad)
{
    weft_context *context = test_context(0);
    weft_buffer out = {7};
    weft_error error;
    FAILS(weft_buffer_create(NULL, 8, 0, &out, &error), WEFT_ERR_ARG, "needs a context");
    cr_expect(out.id == 0);
    FAILS(weft_buffer_create(context, 8, 0, NULL, &error), WEFT_ERR_ARG, "place for the buffer");
    static const uint32_t unknown[] = {WEFT_BUFFER_READ_ONLY, 8, UINT32_MAX};
    for (size_t i = 0; i < COUNT(unknown); i++) {
        out.id = 7;
        FAILS(weft_buffer_create(context, 8, unknown[i], &out, &error), WEFT_ERR_ARG,
              "weft_buffer_create does not take the flags 0x");
        cr_expect(out.id == 0);
    }
    static const size_t large[] = {SIZE_MAX, (size_t)PTRDIFF_MAX + 1};
    for (uint32_t flags = 0; flags < 4; flags++)
        for (size_t i = 0; i < COUNT(large); i++) {
            out.id = 7;
            FAILS(weft_buffer_create(context, large[i], flags, &out, &error), WEFT_ERR_MEMORY,
                  i ? "out of memory for a buffer of 9223372036854775808 bytes"
                    : "buffer of 18446744073709551615 bytes");
            cr_expect(out.id == 0);
        }
    cr_expect(test_context_works(context));
    weft_context_destroy(context);
}

/* --- huge pages ------------------------------------------------------------------------------- */

static bool file_contains(const char *path, const char *word)
{
    char text[256] = "";
    FILE *file = fopen(path, "r");
    if (file) {
        size_t n = fread(text, 1, sizeof text - 1, file);
        text[n] = 0;
        fclose(file);
    }
    return strstr(text, word) != NULL;
}

/* Whether the kernel's list of mappings says "hg", that huge pages were asked for, of an address.
 */
static bool is_advised(const void *address)
{
    char line[1024];
    bool inside = false, advised = false;
    FILE *file = fopen("/proc/self/smaps", "r");
    while (file && fgets(line, sizeof line, file)) {
        unsigned long low, high;
        if (sscanf(line, "%lx-%lx ", &low, &high) == 2)
            inside = low <= (uintptr_t)address && (uintptr_t)address < high;
        else if (inside && strncmp(line, "VmFlags:", 8) == 0)
            advised = strstr(line, " hg") != NULL;
    }
    if (file)
        fclose(file);
    return advised;
}

Test(buffer, huge_pages)
{
    static const char setting[] = "/sys/kernel/mm/transparent_hugepage/enabled";
    bool granted = file_contains(setting, "[always]") || file_contains(setting, "[madvise]");
    const size_t bytes = (5 << 20) + 12345;
    test_allocator memory;
    weft_context *context;
    test_allocator_init(&memory);
    weft_context_options options = {.size = sizeof options, .allocator = &memory.allocator};
    cr_assert(weft_context_create(&options, &context) == WEFT_OK);
    weft_buffer buffer = create(context, bytes, WEFT_BUFFER_HUGE_PAGES);
    weft_buffer_info info = query(context, buffer);
    cr_expect(info.bytes == bytes && (uintptr_t)info.data % 64 == 0);
    cr_expect(info.flags == (granted ? WEFT_BUFFER_HUGE_PAGES : 0u));
    cr_expect(is_advised(info.data) == granted);
    if (granted)
        cr_expect((uintptr_t)info.data % (2 << 20) == 0 && atomic_load(&memory.bytes) < 100000);
    cr_expect(all_bytes(info.data, 0, bytes));
    memset(info.data, 1, bytes);
    weft_buffer part = slice(context, buffer, 100, 100);
    cr_expect(query(context, part).flags == info.flags);
    release(context, part);
    weft_buffer small = create(context, 4096, WEFT_BUFFER_HUGE_PAGES);
    cr_expect(query(context, small).flags == 0 && all_bytes(data_of(context, small), 0, 4096));
    release(context, buffer);
    if (granted)
        cr_expect(msync((char *)info.data, 4096, MS_ASYNC) != 0, "it is still mapped");
    weft_context_destroy(context);
    cr_expect(atomic_load(&memory.bytes) == 0);
}

/* An allocator that needs nothing of the system. */
static _Alignas(64) char arena[8 << 20];
static size_t arena_used;

static void *arena_alloc(void *user, size_t size, size_t alignment)
{
    (void)user;
    (void)alignment;
    size_t at = arena_used, room = (size + 63) / 64 * 64;
    if (room > sizeof arena - at)
        return NULL;
    arena_used += room;
    return arena + at;
}

static void arena_release(void *user, void *memory, size_t size)
{
    (void)user;
    cr_expect((char *)memory >= arena && (char *)memory + size <= arena + sizeof arena,
              "memory of another kind is given back to the allocator");
}

/* Where the system maps no pages the allocator is asked. */
Test(buffer, no_huge_pages)
{
    weft_allocator allocator = {NULL, arena_alloc, arena_release};
    weft_context_options options = {.size = sizeof options, .allocator = &allocator};
    weft_context *context;
    weft_buffer buffer;
    struct rlimit limit, none;
    cr_assert(weft_context_create(&options, &context) == WEFT_OK);
    cr_assert(getrlimit(RLIMIT_AS, &limit) == 0);
    none = limit;
    none.rlim_cur = 1;
    setrlimit(RLIMIT_AS, &none);
    weft_status status =
        weft_buffer_create(context, 3 << 20, WEFT_BUFFER_HUGE_PAGES, &buffer, NULL);
    setrlimit(RLIMIT_AS, &limit);
    cr_assert(status == WEFT_OK);
    weft_buffer_info info = query(context, buffer);
    cr_expect(info.flags == 0 && info.bytes == 3 << 20);
    cr_expect((char *)info.data > arena && (char *)info.data < arena + sizeof arena);
    weft_context_destroy(context);
}

/* --- memory of the user's --------------------------------------------------------------------- */

typedef struct owner { /* of memory that was imported */
    weft_context *context;
    int calls;
    void *memory;
    size_t bytes;
    pthread_t thread;
    bool context_works;
} owner;

static void give_back(void *user, void *memory, size_t bytes)
{
    owner *o = user;
    o->calls++;
    o->memory = memory;
    o->bytes = bytes;
    o->thread = pthread_self();
    if (o->context) { /* no lock is held */
        release(o->context, create(o->context, 100, 0));
        o->context_works = test_context_works(o->context);
    }
}

static weft_buffer import(weft_context *context, void *memory, size_t bytes, uint32_t flags,
                          owner *o)
{
    weft_buffer buffer;
    weft_error error;
    cr_assert(weft_buffer_import(context, memory, bytes, flags, o ? give_back : NULL, o, &buffer,
                                 &error) == WEFT_OK,
              "%s", error.message);
    return buffer;
}

Test(buffer, import)
{
    char memory[100];
    weft_context *context = test_context(0);
    owner o = {.context = context};
    weft_buffer buffer = import(context, memory + 1, 99, 0, &o);
    weft_buffer_info info = query(context, buffer);
    cr_expect(info.data == memory + 1 && info.bytes == 99 && info.references == 1 &&
              info.flags == 0);
    cr_expect(weft_buffer_retain(context, buffer, NULL) == WEFT_OK);
    cr_expect(query(context, buffer).references == 2);
    release(context, buffer);
    cr_expect(o.calls == 0 && query(context, buffer).references == 1);
    release(context, buffer);
    cr_expect(o.calls == 1 && o.memory == memory + 1 && o.bytes == 99 && o.context_works);
    expect_unknown(context, buffer, "it was released");
    cr_expect(o.calls == 1);
    buffer = import(context, memory, 100, WEFT_BUFFER_READ_ONLY, NULL); /* nothing to call */
    cr_expect(query(context, buffer).flags == WEFT_BUFFER_READ_ONLY);
    release(context, buffer);
    o = (owner){.calls = 0};
    release(context, import(context, NULL, 0, 0, &o));
    cr_expect(o.calls == 1 && !o.memory && o.bytes == 0);
    weft_context_destroy(context);
    cr_expect(o.calls == 1);
}

Test(buffer, import_bad)
{
    char memory[100];
    weft_context *context = test_context(0);
    weft_buffer out = {7};
    weft_error error;
    owner o = {.calls = 0};
#define IMPORT(context, memory, bytes, flags, out)                                                 \
    weft_buffer_import(context, memory, bytes, flags, give_back, &o, out, &error)
    FAILS(IMPORT(NULL, memory, 100, 0, &out), WEFT_ERR_ARG, "needs a context");
    cr_expect(out.id == 0);
    FAILS(IMPORT(context, memory, 100, 0, NULL), WEFT_ERR_ARG, "place for the buffer");
    FAILS(IMPORT(context, NULL, 100, 0, &out), WEFT_ERR_ARG, "no memory of 100 bytes at NULL");
    FAILS(IMPORT(context, memory, SIZE_MAX, 0, &out), WEFT_ERR_ARG, "address space");
    FAILS(IMPORT(context, memory, (size_t)PTRDIFF_MAX + 1, 0, &out), WEFT_ERR_ARG, "address space");
    FAILS(IMPORT(context, (void *)(UINTPTR_MAX - 98), 100, 0, &out), WEFT_ERR_ARG, "address space");
    FAILS(IMPORT(context, memory, 100, WEFT_BUFFER_UNINITIALIZED, &out), WEFT_ERR_ARG, "flags 0x1");
    FAILS(IMPORT(context, memory, 100, WEFT_BUFFER_HUGE_PAGES, &out), WEFT_ERR_ARG, "flags 0x2");
    FAILS(IMPORT(context, memory, 100, 8, &out), WEFT_ERR_ARG, "flags 0x8");
#undef IMPORT
    cr_expect(out.id == 0 && o.calls == 0);
    weft_context_destroy(context);
    cr_expect(o.calls == 0);
}

typedef struct task {
    weft_context *context;
    weft_buffer buffer;
} task;

static void *release_there(void *data)
{
    task *t = data;
    release(t->context, t->buffer);
    return NULL;
}

Test(buffer, callback_is_on_the_thread_that_releases)
{
    char memory[1];
    weft_context *context = test_context(0);
    owner o = {.context = context};
    task t = {context, import(context, memory, 1, 0, &o)};
    pthread_t thread;
    cr_assert(pthread_create(&thread, NULL, release_there, &t) == 0);
    pthread_t id = thread;
    pthread_join(thread, NULL);
    cr_expect(o.calls == 1 && pthread_equal(o.thread, id) && o.context_works);
    weft_context_destroy(context);
}

/* --- slices ----------------------------------------------------------------------------------- */

Test(buffer, slices)
{
    char memory[1000];
    weft_context *context = test_context(0);
    owner o = {.context = context};
    weft_buffer whole = import(context, memory, 1000, 0, &o);
    weft_buffer part = slice(context, whole, 100, 300);
    weft_buffer inner = slice(context, part, 50, 250), empty = slice(context, inner, 250, 0);
    cr_expect(data_of(context, part) == memory + 100 && query(context, part).bytes == 300);
    cr_expect(data_of(context, inner) == memory + 150 && query(context, inner).bytes == 250);
    cr_expect(data_of(context, empty) == NULL && query(context, empty).bytes == 0);
    cr_expect(query(context, whole).references == 1, "a slice has a handle of its own");
    release(context, whole); /* parents may go first */
    expect_unknown(context, whole, "it was released");
    release(context, part);
    cr_expect(data_of(context, inner) == memory + 150);
    cr_expect(data_of(context, slice(context, inner, 1, 1)) == memory + 151);
    release(context, inner);
    cr_expect(o.calls == 0);
    weft_context_destroy(context); /* the empty one and the last one are left */
    cr_expect(o.calls == 1);
}

Test(buffer, slices_bad)
{
    weft_context *context = test_context(0);
    weft_buffer whole = create(context, 1000, 0), out = {7};
    weft_error error;
    static const size_t beyond[][2] = {{0, 1001},          {1000, 1},
                                       {1001, 0},          {SIZE_MAX, 1},
                                       {1, SIZE_MAX},      {SIZE_MAX, SIZE_MAX},
                                       {SIZE_MAX - 9, 20}, {999, SIZE_MAX - 998}};
    for (size_t i = 0; i < COUNT(beyond); i++) {
        out.id = 7;
        FAILS(weft_buffer_slice(context, whole, beyond[i][0], beyond[i][1], 0, &out, &error),
              WEFT_ERR_RANGE, "does not lie within a buffer of 1000 bytes");
        cr_expect(out.id == 0);
    }
    weft_buffer part = slice(context, whole, 100, 10);
    FAILS(weft_buffer_slice(context, part, 5, 6, 0, &out, &error), WEFT_ERR_RANGE,
          "a slice of 6 bytes from 5 on does not lie within a buffer of 10 bytes");
    FAILS(weft_buffer_slice(NULL, whole, 0, 1, 0, &out, &error), WEFT_ERR_ARG, "needs a context");
    FAILS(weft_buffer_slice(context, whole, 0, 1, 0, NULL, &error), WEFT_ERR_ARG, "place for");
    FAILS(weft_buffer_slice(context, whole, 0, 1, 3, &out, &error), WEFT_ERR_ARG, "flags 0x3");
    release(context, whole);
    release(context, part);
    weft_context_destroy(context);
}

Test(buffer, read_only_is_inherited)
{
    char memory[10];
    weft_context *context = test_context(0);
    weft_buffer constant = import(context, memory, 10, WEFT_BUFFER_READ_ONLY, NULL), part;
    cr_expect(query(context, slice(context, constant, 1, 2)).flags == WEFT_BUFFER_READ_ONLY);
    weft_buffer plain = import(context, memory, 10, 0, NULL);
    cr_assert(weft_buffer_slice(context, plain, 0, 10, WEFT_BUFFER_READ_ONLY, &part, NULL) ==
              WEFT_OK);
    cr_expect(query(context, part).flags == WEFT_BUFFER_READ_ONLY);
    cr_expect(query(context, plain).flags == 0);
    weft_context_destroy(context);
}

/* --- handles ---------------------------------------------------------------------------------- */

Test(buffer, unknown_handles)
{
    weft_context *context = test_context(0), *other = test_context(0);
    weft_error error;
    weft_buffer_info info;
    weft_buffer mine = create(context, 8, 0), theirs = create(other, 8, 0);
    expect_unknown(context, (weft_buffer){0}, "id 0 names no buffer");
    expect_unknown(context, theirs, "is another context's");
    expect_unknown(other, mine, "is another context's");
    expect_unknown(context, (weft_buffer){mine.id + 1}, "no buffer with id 0x");
    expect_unknown(context, (weft_buffer){mine.id + (UINT64_C(1) << 32)}, "no buffer with id 0x");
    expect_unknown(context, (weft_buffer){mine.id & ~(uint64_t)UINT32_MAX}, "no buffer with id 0x");
    expect_unknown(context, (weft_buffer){UINT64_MAX}, "no buffer with id 0xffffffffffffffff");
    for (uint64_t i = 0, x = 1; i < 10000; i++) {
        x = x * UINT64_C(6364136223846793005) + 1442695040888963407;
        weft_buffer invented = {i % 2 ? x : (x & ~(uint64_t)UINT32_MAX) | (i % 100)};
        cr_expect(invented.id == mine.id ||
                  weft_buffer_release(context, invented, NULL) == WEFT_ERR_ARG);
    }
    FAILS(weft_buffer_retain(NULL, mine, &error), WEFT_ERR_ARG, "needs a context");
    FAILS(weft_buffer_release(NULL, mine, &error), WEFT_ERR_ARG, "needs a context");
    FAILS(weft_buffer_query(NULL, mine, &info, &error), WEFT_ERR_ARG, "needs a context");
    FAILS(weft_buffer_query(context, mine, NULL, &error), WEFT_ERR_ARG, "place for what it finds");
    release(context, mine);
    expect_unknown(context, mine, "it was released");
    release(other, theirs);
    cr_expect(test_context_works(context));
    weft_context_destroy(context);
    weft_context_destroy(other);
}

/* A slot is used again, its old handles are not. */
Test(buffer, stale_handles)
{
    enum { ROUNDS = 2000 };
    static weft_buffer old[ROUNDS];
    weft_context *context = test_context(0);
    for (int i = 0; i < ROUNDS; i++) {
        old[i] = create(context, 4, 0);
        *(int *)data_of(context, old[i]) = i;
        cr_expect(i == 0 || (uint32_t)old[i].id == (uint32_t)old[0].id, "slots are not reused");
        if (i + 1 < ROUNDS)
            release(context, old[i]);
    }
    for (int i = 0; i + 1 < ROUNDS; i++)
        expect_unknown(context, old[i], "it was released");
    cr_expect(*(int *)data_of(context, old[ROUNDS - 1]) == ROUNDS - 1);
    weft_context_destroy(context);
}

/* A slot whose generations are all used up is not used again. */
Test(buffer, slots_retire)
{
    weft_context *context = test_context(0);
    weft_buffer first = create(context, 4, 0);
    uint32_t begin = context->buffers.first_generation;
    cr_assert(first.id == ((uint64_t)begin << 32 | 1));
    context->buffers.chunks[0][0].generation = begin - 2; /* as 2^32 - 2 releases would */
    weft_buffer before = {(uint64_t)(begin - 2) << 32 | 1};
    expect_unknown(context, first, "it was released");
    release(context, before);
    weft_buffer last = create(context, 4, 0);
    cr_expect(last.id == ((uint64_t)(begin - 1) << 32 | 1));
    release(context, last);
    weft_buffer next = create(context, 4, 0);
    cr_expect(next.id == ((uint64_t)begin << 32 | 2));
    expect_unknown(context, first, "it was released");
    expect_unknown(context, last, "it was released");
    weft_context_destroy(context);
}

Test(buffer, all_slots_taken)
{
    weft_context *context = test_context(0);
    weft_buffer buffer = create(context, 4, 0), out = {7};
    owner o = {.calls = 0};
    weft_error error;
    uint32_t count = context->buffers.count;
    context->buffers.count = UINT32_MAX;
    FAILS(weft_buffer_create(context, 4, 0, &out, &error), WEFT_ERR_LIMIT,
          "there are 4294967295 buffers");
    FAILS(weft_buffer_slice(context, buffer, 0, 4, 0, &out, &error), WEFT_ERR_LIMIT, "buffers");
    FAILS(weft_buffer_import(context, &o, 1, 0, give_back, &o, &out, &error), WEFT_ERR_LIMIT,
          "buffers");
    cr_expect(out.id == 0 && o.calls == 0);
    release(context, buffer); /* makes room */
    release(context, create(context, 4, 0));
    context->buffers.count = count;
    weft_context_destroy(context);
}

static int by_id(const void *a, const void *b)
{
    uint64_t x = ((const weft_buffer *)a)->id, y = ((const weft_buffer *)b)->id;
    return x < y ? -1 : x > y;
}

Test(buffer, a_hundred_thousand)
{
    enum { N = 100000 };
    static weft_buffer buffers[N], sorted[N];
    weft_context *context = test_context(0);
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < N; i++) {
            if (round == 1 && i % 3 == 0)
                continue; /* is still there */
            buffers[i] = create(context, 4, 0);
            memcpy(data_of(context, buffers[i]), &i, sizeof i);
        }
        cr_expect(context->buffers.count == N, "slots are not reused");
        memcpy(sorted, buffers, sizeof sorted);
        qsort(sorted, N, sizeof *sorted, by_id);
        for (int i = 1; i < N; i++)
            cr_assert(sorted[i].id != sorted[i - 1].id);
        for (int i = 0; i < N; i++)
            cr_assert(memcmp(data_of(context, buffers[i]), &i, sizeof i) == 0);
        for (int i = 0; i < N; i++)
            if (i % 3)
                release(context, buffers[i]);
    }
    for (int i = 0; i < N; i++)
        cr_assert((weft_buffer_retain(context, buffers[i], NULL) == WEFT_OK) == (i % 3 == 0));
    weft_context_destroy(context);
}

/* Destroying a context gives back all that is left, whatever its references, and even where a
 * program keeps the context's memory. */
Test(buffer, destroy)
{
    char memory[3][10];
    owner owners[3] = {{.calls = 0}};
    weft_context *context = test_context(0);
    weft_program *program = test_assemble(context, COPY_1);
    weft_buffer buffers[3];
    for (int i = 0; i < 3; i++)
        buffers[i] = import(context, memory[i], 10, 0, &owners[i]);
    for (int i = 0; i < 5; i++)
        weft_buffer_retain(context, buffers[1], NULL);
    slice(context, buffers[2], 1, 2);
    create(context, 1000, 0);
    release(context, buffers[0]);
    weft_context_destroy(context);
    for (int i = 0; i < 3; i++)
        cr_expect(owners[i].calls == 1 && owners[i].memory == memory[i]);
    weft_program_release(program);
    for (int i = 0; i < 3; i++)
        cr_expect(owners[i].calls == 1);
}

/* --- views ------------------------------------------------------------------------------------ */

#define VIEW(arg, name, buffer, offset, shape, strides)                                            \
    weft_arg_view(arg, name, buffer, offset, WEFT_F32, (int32_t)(sizeof(shape) / sizeof(int64_t)), \
                  shape, strides)

Test(buffer, arg_view)
{
    const weft_buffer buffer = {77}, none = {0};
    const int64_t shape[] = {2, 3}, strides[] = {-400, 4}, negative[] = {2, -3};
    weft_arg arg, before;
    memset(&arg, 0x55, sizeof arg);
    cr_expect(VIEW(&arg, "x", buffer, 12, shape, NULL) == WEFT_OK);
    cr_expect(strcmp(arg.name, "x") == 0 && !arg.data && arg.type == WEFT_F32 && arg.rank == 2);
    cr_expect(arg.buffer.id == 77 && arg.offset == 12);
    cr_expect(arg.shape[1] == 3 && arg.strides[0] == 12 && arg.strides[1] == 4);
    cr_expect(VIEW(&arg, NULL, buffer, UINT64_MAX, shape, strides) == WEFT_OK);
    cr_expect(!arg.name && arg.offset == UINT64_MAX && arg.strides[0] == -400);
    cr_expect(weft_arg_view(&arg, "x", buffer, 0, WEFT_I8, 0, NULL, NULL) == WEFT_OK);
    before = arg;
    cr_expect(VIEW(NULL, "x", buffer, 0, shape, NULL) == WEFT_ERR_ARG);
    cr_expect(VIEW(&arg, "x", none, 0, shape, NULL) == WEFT_ERR_ARG);
    cr_expect(VIEW(&arg, "x", buffer, 0, negative, strides) == WEFT_ERR_ARG);
    cr_expect(weft_arg_view(&arg, "x", buffer, 0, WEFT_NONE, 2, shape, NULL) == WEFT_ERR_ARG);
    cr_expect(weft_arg_view(&arg, "x", buffer, 0, WEFT_F32, 6, shape, NULL) == WEFT_ERR_ARG);
    cr_expect(weft_arg_view(&arg, "x", buffer, 0, WEFT_F32, -1, shape, NULL) == WEFT_ERR_ARG);
    cr_expect(weft_arg_view(&arg, "x", buffer, 0, WEFT_F32, 1, NULL, strides) == WEFT_ERR_ARG);
    cr_expect(memcmp(&arg, &before, sizeof arg) == 0);
}

typedef struct bench { /* a context with a program and buffers for it */
    weft_context *context;
    weft_program *program;
    weft_buffer x, y;
    char *x_data, *y_data;
} bench;

static bench bench_of(const char *text, size_t x_bytes, size_t y_bytes)
{
    bench b;
    b.context = test_context(0);
    b.program = test_assemble(b.context, text);
    b.x = create(b.context, x_bytes, 0);
    b.y = create(b.context, y_bytes, 0);
    b.x_data = data_of(b.context, b.x);
    b.y_data = data_of(b.context, b.y);
    return b;
}

/* Nothing may have been left in use: all can be released. */
static void bench_end(bench *b)
{
    release(b->context, b->x);
    release(b->context, b->y);
    cr_expect(test_context_works(b->context));
    weft_program_release(b->program);
    weft_context_destroy(b->context);
}

/* x is 1,000 bytes long. */
Test(buffer, views_out_of_range)
{
    bench b = bench_of(COPY_1, 1000, 4000);
    const int64_t big = INT64_C(1) << 48;
    const struct {
        uint64_t offset;
        int64_t extent, stride;
        const char *why; /* NULL: is accepted */
    } cases[] = {
        {0, 250, 4, NULL},
        {0, 251, 4, "'x' begins at offset 0 of a buffer of 1000 bytes and reaches 4 bytes beyond"},
        {1, 250, 4, "'x' begins at offset 1 of a buffer of 1000 bytes and reaches 1 bytes beyond"},
        {1, 249, 4, NULL},
        {996, 1, 4, NULL},
        {997, 1, 4, "beyond its end"},
        {1000, 1, 4, "beyond its end"},
        {996, 250, -4, NULL},
        {992, 250, -4, "reaches 4 bytes before its start"},
        {996, 1000, 0, NULL},
        {997, 1000, 0, "reaches 1 bytes beyond its end"},
        {996, 1, INT64_MIN, NULL}, /* no step is ever taken */
        {0, 1, INT64_MAX, NULL},
        {0, 2, INT64_MAX, "reaches 9223372036854774811 bytes beyond its end"},
        {996, 2, INT64_MIN, "reaches 9223372036854774812 bytes before its start"},
        {UINT64_MAX, 1, 4, "reaches 18446744073709550619 bytes beyond its end"},
        {UINT64_MAX - 3, 1, 4, "beyond its end"}, /* offset + 4 would be 0 in 64 bits */
        {UINT64_MAX - 3, 3, 4, "beyond its end"},
        {UINT64_MAX, 2, INT64_MIN, "beyond its end"},
        {(uint64_t)INT64_MAX + 1, 2, INT64_MIN, "beyond its end"},
        {0, big, INT64_MAX, "reaches more than 18446744073709551615 bytes beyond its end"},
        {0, big, INT64_MIN, "reaches more than 18446744073709551615 bytes before its start"},
        {0, big, (INT64_C(1) << 16), "beyond its end"}, /* the reach would be 0 in 64 bits */
        {0, 0, 4, NULL},                                /* no elements: anything goes */
        {1000, 0, 4, NULL},
        {UINT64_MAX, 0, INT64_MIN, NULL},
    };
    for (int i = 0; i < 250; i++)
        ((float *)(void *)b.x_data)[i] = (float)i;
    for (size_t i = 0; i < COUNT(cases); i++) {
        weft_error error;
        weft_arg args[2];
        const int64_t extent = cases[i].extent, stride = cases[i].stride;
        static float y[1000];
        memset(y, 0x55, sizeof y);
        weft_arg_view(&args[0], "x", b.x, cases[i].offset, WEFT_F32, 1, &extent, &stride);
        weft_arg_contiguous(&args[1], "y", WEFT_F32, y, 1, &extent);
        weft_status status = weft_run_with(b.context, b.program, args, 2, NULL, &error);
        if (cases[i].why) {
            cr_expect(status == WEFT_ERR_RANGE && strstr(error.message, cases[i].why),
                      "%zu: %s '%s'", i, weft_status_name(status), error.message);
            cr_expect(all_bytes(y, 0x55, sizeof y));
            continue;
        }
        cr_expect(status == WEFT_OK, "%zu: %s", i, error.message);
        for (int64_t k = 0; k < extent; k++)
            cr_expect(memcmp(&y[k], b.x_data + (int64_t)cases[i].offset + k * stride, 4) == 0);
        cr_expect(all_bytes(y + extent, 0x55, sizeof y - (size_t)extent * 4));
    }
    bench_end(&b);
}

static uint64_t next_random(uint64_t *state)
{
    *state = *state * UINT64_C(6364136223846793005) + 1442695040888963407;
    return *state >> 33;
}

/* Every element of a small view within the buffer: looked at one by one. */
static bool lies_within(int64_t offset, const int64_t *shape, const int64_t *strides, int64_t bytes)
{
    for (int64_t i = 0; i < shape[0]; i++)
        for (int64_t j = 0; j < shape[1]; j++) {
            int64_t at = offset + i * strides[0] + j * strides[1];
            if (at < 0 || at + 4 > bytes)
                return false;
        }
    return true;
}

/* Random views of two dimensions: accepted just where every element lies within, and read right. */
Test(buffer, random_views)
{
    enum { BYTES = 256, ROUNDS = 5000 };
    bench b = bench_of(".space 2\n.in x f32\n.out y f32\nloop\nld.f32 v0, [x]\nst.f32 v0, [y]\n"
                       "end\nexit\n",
                       BYTES, 1);
    uint64_t seed = 1;
    int accepted = 0;
    for (int i = 0; i < BYTES; i++)
        b.x_data[i] = (char)(i < 0x60 ? i : 0x60 - i);
    for (int round = 0; round < ROUNDS; round++) {
        int64_t shape[2], strides[2], offset = (int64_t)(next_random(&seed) % (BYTES + 8));
        float y[64];
        weft_arg args[2];
        for (int d = 0; d < 2; d++) {
            shape[d] = (int64_t)(next_random(&seed) % 7);
            strides[d] = (int64_t)(next_random(&seed) % 101) - 50;
        }
        VIEW(&args[0], "x", b.x, (uint64_t)offset, shape, strides);
        weft_arg_contiguous(&args[1], "y", WEFT_F32, y, 2, shape);
        weft_status status = weft_run(b.context, b.program, args, 2);
        bool good = lies_within(offset, shape, strides, BYTES);
        cr_assert(status == (good ? WEFT_OK : WEFT_ERR_RANGE), "offset %d, %d x %d, %d, %d: %s",
                  (int)offset, (int)shape[0], (int)shape[1], (int)strides[0], (int)strides[1],
                  weft_status_name(status));
        accepted += good;
        for (int64_t i = 0; good && i < shape[0] * shape[1]; i++)
            cr_assert(
                memcmp(&y[i],
                       b.x_data + offset + i / shape[1] * strides[0] + i % shape[1] * strides[1],
                       4) == 0);
    }
    cr_expect(accepted > ROUNDS / 10 && accepted < ROUNDS - ROUNDS / 10);
    bench_end(&b);
}

/* --- runs over buffers ------------------------------------------------------------------------ */

/* A transposed input, a reversed output, a segment of two, a uniform, a gathered table and a table
 * that is written. */
static const char mixed_text[] =
    ".space 2\n.in a f32\n.in p f32[2]\n.uniform u f32\n.table t f32\n.in i i32\n.out y f32\n"
    ".table sums f32 out\nld.f32 s0, [u]\nloop\nld.f32 v0, [a]\nld.f32 v1, [p.1]\n"
    "ld.i32 v2, [i]\ngather.f32.i32 v3, [t], v2\nmul.f32 v0, v0, s0\nadd.f32 v0, v0, v1\n"
    "add.f32 v0, v0, v3\nst.f32 v0, [y]\nsum.f32 s1, v0\nend\nst.f32 s1, [sums]\nexit\n";

enum { ROWS = 37, COLUMNS = 203, CELLS = ROWS * COLUMNS };

/* The arguments of mixed_text over one block of floats: addresses into `plain`, or views of
 * `buffer` where plain is NULL. */
static void mixed_args(weft_arg args[7], float *plain, weft_buffer buffer)
{
    const struct {
        const char *name;
        weft_dtype type;
        int32_t rank;
        int64_t shape[3], strides[3], first;
    } arrays[] = {
        {"a", WEFT_F32, 2, {ROWS, COLUMNS}, {4, 4 * ROWS}, 0},
        {"p", WEFT_F32, 3, {ROWS, COLUMNS, 2}, {8 * COLUMNS, 8, 4}, CELLS},
        {"u", WEFT_F32, 0, {0}, {0}, 3 * CELLS},
        {"t", WEFT_F32, 1, {10}, {-4}, 3 * CELLS + 10},
        {"i", WEFT_I32, 2, {1, COLUMNS}, {0, 4}, 3 * CELLS + 11},
        {"y", WEFT_F32, 2, {ROWS, COLUMNS}, {-4 * COLUMNS, -4}, 5 * CELLS - 1},
        {"sums", WEFT_F32, 1, {1}, {4}, 5 * CELLS},
    };
    for (size_t k = 0; k < COUNT(arrays); k++) {
        if (plain) {
            args[k] = test_strided(test_arg(arrays[k].name, arrays[k].type, plain + arrays[k].first,
                                            arrays[k].rank, arrays[k].shape),
                                   arrays[k].strides);
            continue;
        }
        cr_assert(weft_arg_view(&args[k], arrays[k].name, buffer, 4 * (uint64_t)arrays[k].first,
                                arrays[k].type, arrays[k].rank, arrays[k].shape,
                                arrays[k].strides) == WEFT_OK);
    }
}

static void mixed_fill(float *block)
{
    uint64_t seed = 5;
    for (int i = 0; i < 5 * CELLS + 1; i++)
        block[i] = (float)(next_random(&seed) % 2000) / 8 - 100;
    for (int i = 0; i < COLUMNS; i++) {
        int32_t index = (int32_t)(next_random(&seed) % 10);
        memcpy(&block[3 * CELLS + 11 + i], &index, sizeof index);
    }
}

Test(buffer, runs_are_the_same)
{
    static float plain[5 * CELLS + 1];
    bench b = bench_of(mixed_text, sizeof plain, 1);
    weft_arg args[7];
    weft_error error;
    mixed_fill(plain);
    memcpy(b.x_data, plain, sizeof plain);
    mixed_args(args, plain, (weft_buffer){0});
    cr_assert(weft_run_with(b.context, b.program, args, 7, NULL, &error) == WEFT_OK, "%s",
              error.message);
    cr_assert(plain[5 * CELLS - 1] != ((float *)(void *)b.x_data)[5 * CELLS - 1]);
    mixed_args(args, NULL, b.x);
    cr_assert(weft_run_with(b.context, b.program, args, 7, NULL, &error) == WEFT_OK, "%s",
              error.message);
    cr_expect(memcmp(plain, b.x_data, sizeof plain) == 0);
    for (size_t k = 0; k < 7; k++) { /* some in buffers, some not: one of each at a time */
        weft_arg one[7];
        memset(b.x_data, 0, sizeof plain);
        mixed_fill((float *)(void *)b.x_data);
        mixed_args(one, (float *)(void *)b.x_data, (weft_buffer){0});
        one[k] = args[k];
        cr_assert(weft_run_with(b.context, b.program, one, 7, NULL, &error) == WEFT_OK, "%s",
                  error.message);
        cr_expect(memcmp(plain, b.x_data, sizeof plain) == 0);
    }
    bench_end(&b);
}

/* Whichever handles lead to it, memory is what counts. */
Test(buffer, overlap)
{
    bench b = bench_of(COPY_1, 400, 1);
    const int64_t n = 50;
    weft_buffer part = slice(b.context, b.x, 100, 200);
    weft_error error;
    weft_arg args[2];
    for (int i = 0; i < 100; i++)
        ((float *)(void *)b.x_data)[i] = (float)i;
    weft_arg_view(&args[0], "x", b.x, 0, WEFT_F32, 1, &n, NULL);
    weft_arg_view(&args[1], "y", part, 0, WEFT_F32, 1, &n, NULL);
    FAILS(weft_run_with(b.context, b.program, args, 2, NULL, &error), WEFT_ERR_BIND,
          "'y', which is written, overlaps 'x'");
    args[0].offset = 100; /* exactly the same: in place */
    cr_expect(weft_run_with(b.context, b.program, args, 2, NULL, &error) == WEFT_OK, "%s",
              error.message);
    args[0].offset = 200;
    args[0].shape[0] = args[1].shape[0] = 25;
    cr_expect(weft_run_with(b.context, b.program, args, 2, NULL, &error) == WEFT_OK);
    cr_expect(((float *)(void *)b.x_data)[25] == 50 && ((float *)(void *)b.x_data)[49] == 74);
    release(b.context, part);
    bench_end(&b);
}

Test(buffer, read_only)
{
    static const char text[] = ".in x f32\n.inout z f32\n.table t f32\n.table s f32 inout\n"
                               ".uniform u f32\nld.f32 s0, [u]\nld.f32 s1, [t]\nst.f32 s1, [s]\n"
                               "loop\nld.f32 v0, [x]\nmul.f32 v0, v0, s0\nst.f32 v0, [z]\nend\n"
                               "exit\n";
    static const char *const names[] = {"x", "z", "t", "s", "u"};
    bench b = bench_of(text, 100, 1);
    char before[100];
    memset(b.x_data, 0x11, 100);
    memcpy(before, b.x_data, 100);
    weft_buffer constant = import(b.context, b.x_data, 100, WEFT_BUFFER_READ_ONLY, NULL);
    for (size_t k = 0; k < COUNT(names); k++) {
        bool written = k == 1 || k == 3;
        weft_error error;
        char why[64];
        weft_arg args[5];
        for (size_t i = 0; i < 5; i++)
            weft_arg_view(&args[i], names[i], i == k ? constant : b.x, 20 * i, WEFT_F32, i < 4,
                          &(int64_t){5}, NULL);
        snprintf(why, sizeof why, "'%s' is written, but its buffer is read-only", names[k]);
        weft_status status = weft_run_with(b.context, b.program, args, 5, NULL, &error);
        cr_expect(status == (written ? WEFT_ERR_BIND : WEFT_OK), "%s", error.message);
        cr_expect(strcmp(error.message, written ? why : "") == 0, "%s", error.message);
        cr_expect(!written || memcmp(b.x_data, before, 100) == 0);
        memcpy(b.x_data, before, 100);
    }
    release(b.context, constant);
    bench_end(&b);
}

/* A bad handle among good ones: named, and the good ones are free again. */
Test(buffer, bad_handles_in_runs)
{
    bench b = bench_of(COPY_1, 400, 400);
    weft_context *elsewhere = test_context(0);
    const int64_t n = 100;
    weft_buffer gone = create(b.context, 400, 0), other = create(elsewhere, 400, 0);
    release(b.context, gone);
    const weft_buffer bad[] = {gone, other, {1}, {UINT64_MAX}};
    for (size_t i = 0; i < COUNT(bad); i++)
        for (int which = 0; which < 2; which++) {
            weft_arg args[2];
            weft_error error;
            memset(b.y_data, 0x22, 400);
            weft_arg_view(&args[0], "x", which ? b.x : bad[i], 0, WEFT_F32, 1, &n, NULL);
            weft_arg_view(&args[1], NULL, which ? bad[i] : b.y, 0, WEFT_F32, 1, &n, NULL);
            FAILS(weft_run_with(b.context, b.program, args, 2, NULL, &error), WEFT_ERR_ARG,
                  which ? "'y': this context has no buffer" : "'x': this context has no buffer");
            cr_expect(weft_run(b.context, b.program, args, 2) == WEFT_ERR_ARG);
            cr_expect(all_bytes(b.y_data, 0x22, 400));
        }
    /* An error after the buffers were found. */
    weft_arg args[2];
    weft_error error;
    weft_arg_view(&args[0], "x", b.x, 0, WEFT_F32, 1, &n, NULL);
    weft_arg_view(&args[1], "y", b.y, 0, WEFT_F32, 1, &(int64_t){50}, NULL);
    FAILS(weft_run_with(b.context, b.program, args, 2, NULL, &error), WEFT_ERR_BIND,
          "'y' spans 50 elements");
    weft_context_destroy(elsewhere);
    bench_end(&b);
}

/* The shape is told by views whose buffers need not even exist. */
Test(buffer, infer_shape)
{
    weft_context *context = test_context(0);
    weft_program *program = test_assemble(context, COPY_1);
    weft_arg arg;
    weft_error error;
    int32_t rank = -1;
    int64_t shape[WEFT_MAX_ARG_RANK];
    weft_arg_view(&arg, "x", (weft_buffer){UINT64_MAX}, UINT64_MAX, WEFT_F32, 1, &(int64_t){123},
                  NULL);
    cr_expect(weft_infer_shape(context, program, &arg, 1, NULL, 1, &rank, shape, &error) == WEFT_OK,
              "%s", error.message);
    cr_expect(rank == 1 && shape[0] == 123);
    arg.data = &rank;
    FAILS(weft_infer_shape(context, program, &arg, 1, NULL, 1, &rank, shape, &error), WEFT_ERR_BIND,
          "'x' names a buffer and an address too");
    weft_program_release(program);
    weft_context_destroy(context);
}

/* One acquisition of the lock for a run, with any number of buffers and without. */
Test(buffer, one_lock_a_run)
{
    bench b = bench_of(COPY_1, 400, 400);
    const int64_t n = 100;
    weft_arg args[2];
    weft_stats before = {.size = sizeof before}, after = before;
    weft_arg_view(&args[0], "x", b.x, 0, WEFT_F32, 1, &n, NULL);
    weft_arg_view(&args[1], "y", b.y, 0, WEFT_F32, 1, &n, NULL);
    weft_stats_read(b.context, &before);
    cr_assert(weft_run(b.context, b.program, args, 2) == WEFT_OK);
    weft_stats_read(b.context, &after);
    cr_expect(after.shared_locks == before.shared_locks + 1);
    cr_expect(after.exclusive_locks == before.exclusive_locks);
    weft_arg_contiguous(&args[0], "x", WEFT_F32, b.x_data, 1, &n);
    weft_arg_contiguous(&args[1], "y", WEFT_F32, b.y_data, 1, &n);
    before = after;
    cr_assert(weft_run(b.context, b.program, args, 2) == WEFT_OK);
    weft_stats_read(b.context, &after);
    cr_expect(after.shared_locks <= before.shared_locks + 1);
    cr_expect(after.exclusive_locks == before.exclusive_locks);
    bench_end(&b);
}

/* --- releases in the middle of a run ---------------------------------------------------------- */

typedef struct meddler { /* tries to free what a run uses */
    weft_context *context;
    weft_buffer buffer, part;
    int calls;
    weft_status first, again, with_part, of_part;
    char message[WEFT_ERROR_MESSAGE_SIZE];
} meddler;

static int meddle(void *user, uint64_t cost)
{
    meddler *m = user;
    weft_error error;
    (void)cost;
    if (m->calls++)
        return 0;
    weft_buffer_retain(m->context, m->buffer, NULL);
    m->first = weft_buffer_release(m->context, m->buffer, NULL); /* not the last reference */
    m->again = weft_buffer_release(m->context, m->buffer, &error);
    strcpy(m->message, error.message);
    weft_buffer_slice(m->context, m->buffer, 4, 4, 0, &m->part, NULL);
    m->with_part = weft_buffer_release(m->context, m->buffer, NULL);
    m->of_part = weft_buffer_release(m->context, m->part, NULL); /* now the last to the memory */
    return 0;
}

Test(buffer, release_during_a_run, .timeout = 60)
{
    enum { N = 1000000 };
    const int64_t n = N;
    static float x[N], y[N];
    weft_context *context = test_context(0);
    weft_program *program = test_assemble(context, COPY_1);
    owner o = {.context = context};
    meddler m = {.context = context, .buffer = import(context, x, sizeof x, 0, &o)};
    weft_run_options options = {.size = sizeof options, .progress = meddle, .progress_user = &m};
    weft_arg args[2];
    weft_error error;
    for (int i = 0; i < N; i++)
        x[i] = (float)i;
    weft_arg_view(&args[0], "x", m.buffer, 0, WEFT_F32, 1, &n, NULL);
    weft_arg_contiguous(&args[1], "y", WEFT_F32, y, 1, &n);
    cr_assert(weft_run_with(context, program, args, 2, &options, &error) == WEFT_OK, "%s",
              error.message);
    cr_assert(m.calls > 0);
    cr_expect(m.first == WEFT_OK && m.again == WEFT_ERR_BUSY && m.with_part == WEFT_OK &&
              m.of_part == WEFT_ERR_BUSY);
    cr_expect(strcmp(m.message,
                     "a run uses the 4000000 bytes of this buffer: release it afterwards") == 0);
    cr_expect(memcmp(x, y, sizeof x) == 0 && o.calls == 0);
    expect_unknown(context, m.buffer, "it was released");
    release(context, m.part); /* is still valid */
    cr_expect(o.calls == 1 && o.memory == x);
    weft_program_release(program);
    weft_context_destroy(context);
    cr_expect(o.calls == 1);
}
