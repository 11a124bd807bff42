/* tests/unit/test_image.c: program images as untrusted bytes: cut short, flipped, made by hand with
 * a correct checksum and wrong contents. None may load, all must say where, none may crash. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#if defined(__GNUC__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wsign-conversion"
#endif
#define XXH_INLINE_ALL
#include <xxhash.h>
#if defined(__GNUC__)
#pragma GCC diagnostic pop
#endif

#include "isa/limits.h"
#include "tests/support/support.h"

/* docs/isa.md: where the header's fields are. Written out here, not taken from isa/image.h. */
enum {
    AT_MAJOR = 4,
    AT_MINOR = 6,
    AT_LENGTH = 8,
    AT_HASH = 16,
    AT_RANK = 24,
    AT_FIXED = 25,
    AT_PARAMS = 26,
    AT_INSNS = 28,
    AT_EXTENTS = 32,
    HEADER = 64,
    INSN = 16
};

static const char sample[] = ".in x f32\n.uniform u f32[2] count 3\n.out y f32\nld.f32 s0, [u.1]\n"
                             "loop\nld.f32 v0, [x]\nadd.f32 v0, v0, s0\nst.f32 v0, [y]\nend\n"
                             "exit\n";

static void put(unsigned char *at, uint64_t value, int size)
{
    for (int i = 0; i < size; i++)
        at[i] = (unsigned char)(value >> (8 * i));
}

/* Makes length and checksum right. */
static void seal(unsigned char *image, size_t length)
{
    put(image + AT_LENGTH, length, 8);
    put(image + AT_HASH, XXH64(image + AT_RANK, length - AT_RANK, 0), 8);
}

/* The bytes must be refused by weft_load and weft_verify alike. They are given in a block of
 * exactly their size, so that reading beyond it is found. */
static weft_status refused(weft_context *context, const unsigned char *image, size_t length,
                           weft_error *error)
{
    unsigned char *exact = malloc(length ? length : 1);
    weft_error second;
    weft_program *program = (weft_program *)(uintptr_t)1;
    memcpy(exact, image, length);
    weft_status status = weft_load(context, exact, length, &program, error);
    weft_status verdict = weft_verify(context, exact, length, &second);
    cr_expect(status != WEFT_OK && !program, "loads");
    cr_expect(verdict == status && second.status == status && error->status == status);
    cr_expect(second.byte == error->byte && strcmp(second.message, error->message) == 0);
    cr_expect(*error->message && error->line == 0 && error->column == 0);
    weft_program_release(program);
    free(exact);
    return status;
}

static void refused_at(weft_context *context, const unsigned char *image, size_t length,
                       weft_status status, int64_t byte, const char *message)
{
    weft_error error;
    cr_expect(refused(context, image, length, &error) == status, "%s: %s", message,
              weft_status_name(error.status));
    cr_expect(error.byte == byte, "%s: byte %d", message, (int)error.byte);
    cr_expect(strstr(error.message, message), "'%s', not '%s'", error.message, message);
}

Test(image, loads_what_was_saved)
{
    size_t length, again;
    unsigned char *image = test_image(sample, &length);
    unsigned char *unaligned = malloc(length + 1);
    memcpy(unaligned + 1, image, length);
    weft_context *context = test_context(0);
    weft_program *program;
    weft_error error;
    void *copy;
    cr_assert(weft_load(context, unaligned + 1, length, &program, &error) == WEFT_OK);
    cr_expect(error.status == WEFT_OK && !*error.message && error.byte == -1);
    cr_expect(weft_verify(context, image, length, &error) == WEFT_OK);
    cr_assert(weft_save(program, &copy, &again, NULL) == WEFT_OK);
    cr_expect(again == length && memcmp(copy, image, length) == 0);
    cr_expect(memcmp(image, "WEFT\1\0\0\0", 8) == 0);
    cr_expect(length % INSN == 0 && image[AT_INSNS] == 7 && image[AT_PARAMS] == 3);
    weft_free(copy);
    weft_program_release(program);
    weft_context_destroy(context);
    free(unaligned);
    free(image);
}

Test(image, cut_short_at_every_length)
{
    size_t length;
    unsigned char *image = test_image(sample, &length);
    weft_context *context = test_context(0);
    weft_error error;
    for (size_t n = 0; n < length; n++) {
        cr_expect(refused(context, image, n, &error) == WEFT_ERR_IMAGE, "%zu bytes", n);
        cr_expect(error.byte >= 0 && error.byte <= (int64_t)n, "%zu bytes: byte %d", n,
                  (int)error.byte);
    }
    /* the same with length and checksum made right for what is left */
    for (size_t n = AT_RANK; n < length; n++) {
        unsigned char *copy = malloc(n);
        memcpy(copy, image, n);
        seal(copy, n);
        cr_expect(refused(context, copy, n, &error) == WEFT_ERR_IMAGE, "%zu bytes, sealed", n);
        cr_expect(error.byte >= 0 && error.byte <= (int64_t)n);
        free(copy);
    }
    unsigned char *longer = calloc(1, length + INSN);
    memcpy(longer, image, length);
    refused_at(context, longer, length + INSN, WEFT_ERR_IMAGE, AT_LENGTH, "image says it has");
    seal(longer, length + INSN);
    cr_expect(refused(context, longer, length + INSN, &error) == WEFT_ERR_IMAGE, "%s",
              error.message);
    cr_expect(test_context_works(context));
    weft_context_destroy(context);
    free(longer);
    free(image);
}

Test(image, every_bit_flipped)
{
    size_t length;
    unsigned char *image = test_image(sample, &length);
    weft_context *context = test_context(0);
    weft_error error;
    for (size_t at = 0; at < length; at++)
        for (int bit = 0; bit < 8; bit++) {
            image[at] ^= (unsigned char)(1 << bit);
            cr_expect(refused(context, image, length, &error) == WEFT_ERR_IMAGE);
            int64_t byte = at < 4           ? 0
                           : at < AT_LENGTH ? AT_MAJOR
                           : at < AT_HASH   ? AT_LENGTH
                                            : AT_HASH;
            cr_expect(error.byte == byte, "byte %zu is reported at %d", at, (int)error.byte);
            image[at] ^= (unsigned char)(1 << bit);
        }
    for (size_t at = 0; at < length; at++) { /* and by all other bytes: seldom more, but cheap */
        image[at] ^= 0xff;
        cr_expect(refused(context, image, length, &error) == WEFT_ERR_IMAGE);
        image[at] ^= 0xff;
    }
    weft_context_destroy(context);
    free(image);
}

/* With the checksum made right, a changed byte may still give a good program; it must never crash,
 * and what loads must be a program like any other: it can be saved and written as text. */
Test(image, every_byte_changed_and_sealed)
{
    static const unsigned char changes[] = {0x01, 0x02, 0x08, 0x10, 0x40, 0x80, 0xff, 0x7f};
    size_t length;
    unsigned char *image = test_image(sample, &length);
    weft_context *context = test_context(0);
    int loaded = 0;
    for (size_t at = AT_RANK; at < length; at++)
        for (size_t i = 0; i < COUNT(changes); i++) {
            image[at] ^= changes[i];
            seal(image, length);
            weft_program *program;
            weft_error error;
            weft_status status = weft_load(context, image, length, &program, &error);
            if (!status) {
                void *copy;
                char *text;
                size_t size;
                loaded++;
                cr_expect(weft_save(program, &copy, &size, NULL) == WEFT_OK && size == length &&
                              memcmp(copy, image, length) == 0,
                          "byte %zu changed: saved differently", at);
                cr_expect(weft_disassemble(program, &text, &size, NULL) == WEFT_OK);
                weft_free(copy);
                weft_free(text);
                weft_program_release(program);
            } else {
                cr_expect(!program && *error.message);
                cr_expect(status == WEFT_ERR_IMAGE || status == WEFT_ERR_VERIFY ||
                          status == WEFT_ERR_LIMIT);
                cr_expect(status != WEFT_ERR_VERIFY || error.rule > 0);
            }
            image[at] ^= changes[i];
        }
    cr_expect(loaded > 0, "some changes, as of a register, give another good program");
    cr_expect(test_context_works(context));
    weft_context_destroy(context);
    free(image);
}

Test(image, header)
{
    size_t length;
    unsigned char *image = test_image(sample, &length), *copy = malloc(length);
    weft_context *context = test_context(0);
    const struct {
        int at, size;
        uint64_t value;
        bool sealed;
        weft_status status;
        int64_t byte;
        const char *message;
    } cases[] = {
        {0, 4, 0x54464557 + 1, true, WEFT_ERR_IMAGE, 0, "does not start with WEFT"},
        {AT_MAJOR, 2, 0, true, WEFT_ERR_IMAGE, 4, "image version 0.0"},
        {AT_MAJOR, 2, 2, true, WEFT_ERR_IMAGE, 4, "image version 2.0"},
        {AT_MINOR, 2, 1, true, WEFT_ERR_IMAGE, 4,
         "image version 1.1, but what it holds is of version 1.0"},
        {AT_MINOR, 2, 2, true, WEFT_ERR_IMAGE, 4,
         "image version 1.2, but what it holds is of version 1.0"},
        {AT_MINOR, 2, 3, true, WEFT_ERR_IMAGE, 4, "image version 1.3; this library reads up to"},
        {AT_LENGTH, 8, 0, false, WEFT_ERR_IMAGE, 8, "image says it has 0 bytes"},
        {AT_LENGTH, 8, UINT64_MAX, false, WEFT_ERR_IMAGE, 8,
         "image says it has 18446744073709551615"},
        {AT_HASH, 8, 0, false, WEFT_ERR_IMAGE, 16, "checksum does not match"},
        {AT_FIXED, 1, 2, true, WEFT_ERR_IMAGE, 25, "flag of fixed extents is 2"},
        {AT_PARAMS, 2, WEFT_MAX_PARAMS + 1, true, WEFT_ERR_LIMIT, 26, "257 parameters"},
        {AT_PARAMS, 2, 0xffff, true, WEFT_ERR_LIMIT, 26, "65535 parameters"},
        {AT_INSNS, 4, WEFT_MAX_INSNS + 1, true, WEFT_ERR_LIMIT, 28, "1048577 instructions"},
        {AT_INSNS, 4, UINT32_MAX, true, WEFT_ERR_LIMIT, 28, "4294967295 instructions"},
        {AT_INSNS, 4, WEFT_MAX_INSNS, true, WEFT_ERR_IMAGE, 28, "too short for 1048576"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        memcpy(copy, image, length);
        put(copy + cases[i].at, cases[i].value, cases[i].size);
        if (cases[i].sealed)
            seal(copy, length);
        refused_at(context, copy, length, cases[i].status, cases[i].byte, cases[i].message);
    }
    weft_error error;
    const int counts[][2] = {{AT_PARAMS, 2}, {AT_PARAMS, 4}, {AT_INSNS, 6}, {AT_INSNS, 8}};
    for (size_t i = 0; i < COUNT(counts); i++) { /* one more or less than there are */
        memcpy(copy, image, length);
        copy[counts[i][0]] = (unsigned char)counts[i][1];
        seal(copy, length);
        cr_expect(refused(context, copy, length, &error) == WEFT_ERR_IMAGE, "%s", error.message);
    }
    weft_context_destroy(context);
    free(copy);
    free(image);
}

/* --- declarations that no text can make ------------------------------------------------------- */

typedef struct declaration {
    unsigned char kind, type, segment, dims;
    uint32_t window, count;
    const char *name;
    size_t name_length; /* 0: the name's own */
} declaration;

/* An image of `rank` with up to two parameters and `exit`; free() it. */
static unsigned char *image_of(unsigned rank, unsigned fixed, const int64_t extents[4],
                               const declaration *params, unsigned n, size_t *length)
{
    unsigned char *image = calloc(1, 1024);
    memcpy(image, "WEFT\1", 5);
    image[AT_RANK] = (unsigned char)rank;
    image[AT_FIXED] = (unsigned char)fixed;
    image[AT_PARAMS] = (unsigned char)n;
    image[AT_INSNS] = 1;
    for (int d = 0; d < 4 && extents; d++)
        put(image + AT_EXTENTS + 8 * d, (uint64_t)extents[d], 8);
    size_t at = HEADER;
    for (unsigned i = 0; i < n; i++) {
        const declaration *p = &params[i];
        size_t name = p->name_length ? p->name_length : strlen(p->name);
        image[at] = p->kind;
        image[at + 1] = p->type;
        image[at + 2] = p->segment;
        image[at + 3] = p->dims;
        put(image + at + 4, p->window, 4);
        put(image + at + 8, p->count, 4);
        image[at + 12] = (unsigned char)name;
        memcpy(image + at + 13, p->name, name < 255 ? strnlen(p->name, name) : 0);
        at += 13 + name;
        if (p->kind == 9 && image[AT_MINOR] == 0) /* pools came with version 1.1 */
            image[AT_MINOR] = 1;
        if (p->kind == 10) /* and functions with 1.2 */
            image[AT_MINOR] = 2;
    }
    at = (at + INSN - 1) / INSN * INSN;
    image[at] = 100; /* exit */
    *length = at + INSN;
    seal(image, *length);
    return image;
}

static void declares(const declaration *params, unsigned n, const char *message)
{
    size_t length;
    unsigned char *image = image_of(2, 0, NULL, params, n, &length);
    weft_context *context = test_context(0);
    weft_error error;
    weft_program *program;
    if (message) {
        cr_expect(refused(context, image, length, &error) == WEFT_ERR_VERIFY, "%s", message);
        cr_expect(error.rule == 25 && error.pc == -1 && strstr(error.message, message),
                  "V%d '%s', not '%s'", error.rule, error.message, message);
    } else {
        cr_expect(weft_load(context, image, length, &program, &error) == WEFT_OK, "%s",
                  error.message);
        weft_program_release(program);
    }
    weft_context_destroy(context);
    free(image);
}

enum {
    IN = 1,
    OUT,
    INOUT,
    UNIFORM,
    TABLE,
    TABLE_OUT,
    TABLE_INOUT,
    SCRATCH,
    POOL,
    FUNCTION,
    F32 = 11,
    F64
};

Test(image, declarations)
{
    const struct {
        declaration param;
        const char *message;
    } cases[] = {
        {{IN, F32, 1, 3, 0, 0, "x", 0}, NULL},
        {{0, F32, 1, 3, 0, 0, "x", 0}, "unknown kind 0"},
        {{FUNCTION + 1, F32, 1, 3, 0, 0, "x", 0}, "unknown kind 11"},
        {{255, F32, 1, 3, 0, 0, "x", 0}, "unknown kind 255"},
        {{IN, 0, 1, 3, 0, 0, "x", 0}, "unknown type 0"},
        {{IN, 14, 1, 3, 0, 0, "x", 0}, "unknown type 14"},
        {{IN, 43, 1, 3, 0, 0, "x", 0}, "unknown type 43"},
        {{IN, 255, 1, 3, 0, 0, "x", 0}, "unknown type 255"},
        {{IN, F32, 0, 3, 0, 0, "x", 0}, "segment of 0 values"},
        {{IN, F32, 17, 3, 0, 0, "x", 0}, "segment of 17 values"},
        {{IN, F32, 16, 3, 0, 0, "x", 0}, NULL},
        {{IN, F32, 1, 4, 0, 0, "x", 0}, "dimensions that the index space has not"},
        {{IN, F32, 1, 0x83, 0, 0, "x", 0}, "dimensions that the index space has not"},
        {{UNIFORM, F32, 1, 1, 0, 1, "x", 0}, "dimensions that the index space has not"},
        {{TABLE, F32, 1, 1, 0, 0, "x", 0}, "dimensions that the index space has not"},
        {{IN, F32, 1, 0, 0, 0, "x", 0}, NULL},
        {{IN, F32, 1, 0, 1, 0, "x", 0}, "cannot have a window of 1"},
        {{SCRATCH, F32, 1, 3, 1, 0, "x", 0}, "cannot have a window of 1"},
        {{UNIFORM, F32, 1, 0, 1, 1, "x", 0}, "cannot have a window of 1"},
        {{TABLE, F32, 1, 0, 1, 0, "x", 0}, "cannot have a window of 1"},
        {{INOUT, F32, 1, 3, 1u << 30, 0, "x", 0}, NULL},
        {{INOUT, F32, 1, 3, (1u << 30) + 1, 0, "x", 0}, "cannot have a window of 1073741825"},
        {{UNIFORM, F32, 1, 0, 0, 0, "x", 0}, "cannot have a count of 0"},
        {{UNIFORM, F32, 1, 0, 0, 4096, "x", 0}, NULL},
        {{UNIFORM, F32, 1, 0, 0, 4097, "x", 0}, "cannot have a count of 4097"},
        {{POOL, F32, 1, 0, 0, 0, "x", 0}, "cannot have a count of 0"},
        {{POOL, F32, 1, 0, 0, 1, "x", 0}, NULL},
        {{POOL, F64, 16, 0, 0, UINT32_MAX, "x", 0}, NULL},
        {{POOL, F32, 1, 1, 0, 1, "x", 0}, "dimensions that the index space has not"},
        {{POOL, F32, 1, 0, 1, 1, "x", 0}, "cannot have a window of 1"},
        {{POOL, F32, 17, 0, 0, 1, "x", 0}, "segment of 17 values"},
        {{POOL, 0, 1, 0, 0, 1, "x", 0}, "unknown type 0"},
        {{FUNCTION, F32, 1, 0, 0, F64, "x", 0}, NULL},
        {{FUNCTION, 13, 1, 0, 1, 1 | 9 << 8 | 13 << 16, "x", 0}, NULL},
        {{FUNCTION, 0, 1, 0, 0, F32, "x", 0}, "unknown type 0"},
        {{FUNCTION, F32, 1, 0, 0, 0, "x", 0}, "impossible argument types 0x0"},
        {{FUNCTION, F32, 1, 0, 0, 14, "x", 0}, "impossible argument types 0xe"},
        {{FUNCTION, F32, 1, 0, 0, F32 << 8, "x", 0}, "impossible argument types 0xb00"},
        {{FUNCTION, F32, 1, 0, 0, F32 | F32 << 16, "x", 0}, "impossible argument types 0xb000b"},
        {{FUNCTION, F32, 1, 0, 0, F32 | F32 << 8 | 200 << 16, "x", 0},
         "impossible argument types 0xc80b0b"},
        {{FUNCTION, F32, 1, 0, 0, 0x0b0b0b0b, "x", 0}, "impossible argument types 0xb0b0b0b"},
        {{FUNCTION, F32, 1, 0, 2, F32, "x", 0}, "unknown flags 0x2"},
        {{FUNCTION, F32, 1, 0, 0x80000001, F32, "x", 0}, "unknown flags 0x80000001"},
        {{FUNCTION, F32, 2, 0, 0, F32, "x", 0}, "segment of 2 values"},
        {{FUNCTION, F32, 1, 1, 0, F32, "x", 0}, "dimensions that the index space has not"},
        {{SCRATCH, F32, 1, 3, 0, 1, "x", 0}, "cannot have a count of 1"},
        {{IN, F32, 1, 3, 0, 1, "x", 0}, "cannot have a count of 1"},
        {{TABLE_OUT, F32, 1, 0, 0, 1, "x", 0}, "cannot have a count of 1"},
        {{IN, F32, 1, 3, 0, 0, "", 0}, "no proper name"},
        {{IN, F32, 1, 3, 0, 0, "1x", 0}, "no proper name"},
        {{IN, F32, 1, 3, 0, 0, "x y", 0}, "no proper name"},
        {{IN, F32, 1, 3, 0, 0, "x]", 0}, "no proper name"},
        {{IN, F32, 1, 3, 0, 0, "\xc3\xa4", 0}, "no proper name"},
        {{IN, F32, 1, 3, 0, 0, "x\n", 0}, "no proper name"},
        {{IN, F32, 1, 3, 0, 0, "_x1", 0}, NULL},
    };
    for (size_t i = 0; i < COUNT(cases); i++)
        declares(&cases[i].param, 1, cases[i].message);
    const declaration twins[] = {{IN, F32, 1, 3, 0, 0, "x", 0}, {OUT, F32, 1, 3, 0, 0, "x", 0}};
    declares(twins, 2, "two parameters are called 'x'");
}

/* An image says the version that first had all of what it holds, and no other. */
Test(image, version_of_a_function)
{
    const declaration params[] = {{FUNCTION, F32, 1, 0, 0, F32, "x", 0},
                                  {POOL, F32, 1, 0, 0, 5, "y", 0}};
    weft_context *context = test_context(0);
    size_t length;
    unsigned char *image = image_of(1, 0, NULL, params, 2, &length);
    cr_expect(weft_verify(context, image, length, NULL) == WEFT_OK);
    image[AT_MINOR] = 1;
    refused_at(context, image, length, WEFT_ERR_IMAGE, 4,
               "image version 1.1, but what it holds is of version 1.2");
    free(image);
    weft_context_destroy(context);
}

Test(image, version_of_a_pool)
{
    const declaration pool = {POOL, F32, 1, 0, 0, 5, "x", 0};
    weft_context *context = test_context(0);
    size_t length;
    unsigned char *image = image_of(1, 0, NULL, &pool, 1, &length);
    cr_expect(weft_verify(context, image, length, NULL) == WEFT_OK);
    image[AT_MINOR] = 0;
    refused_at(context, image, length, WEFT_ERR_IMAGE, 4,
               "image version 1.0, but what it holds is of version 1.1");
    free(image);
    weft_context_destroy(context);
}

Test(image, names)
{
    const declaration nul = {IN, F32, 1, 3, 0, 0, "x\0y", 3}, empty = {IN, F32, 1, 3, 0, 0, "", 2};
    const declaration longest = {
        IN, F32, 1, 3, 0, 0, "abcdefghijabcdefghijabcdefghijabcdefghijabcdefghijabcdefghijabc", 0};
    declaration longer = longest;
    longer.name_length = 64;
    weft_context *context = test_context(0);
    size_t length;
    unsigned char *image = image_of(2, 0, NULL, &nul, 1, &length);
    refused_at(context, image, length, WEFT_ERR_IMAGE, HEADER, "holds a NUL");
    free(image);
    image = image_of(2, 0, NULL, &empty, 1, &length);
    refused_at(context, image, length, WEFT_ERR_IMAGE, HEADER, "holds a NUL");
    free(image);
    image = image_of(2, 0, NULL, &longer, 1, &length);
    refused_at(context, image, length, WEFT_ERR_IMAGE, HEADER + 12, "name of 64 bytes");
    free(image);
    declares(&longest, 1, NULL);
    image = image_of(2, 0, NULL, &longest, 1, &length); /* 76 bytes: padding from 140 to 144 */
    image[HEADER + 76 + 1] = 1;
    seal(image, length);
    refused_at(context, image, length, WEFT_ERR_IMAGE, HEADER + 76 + 1, "padding byte is not zero");
    free(image);
    weft_context_destroy(context);
}

Test(image, index_space)
{
    const int64_t most = INT64_C(1) << 48;
    const struct {
        unsigned rank, fixed;
        int64_t extents[4];
        const char *message;
    } cases[] = {
        {1, 0, {0, 0, 0, 0}, NULL},
        {4, 1, {0, most, 1, 5}, NULL},
        {0, 0, {0, 0, 0, 0}, "index space of rank 0"},
        {5, 0, {0, 0, 0, 0}, "index space of rank 5"},
        {255, 1, {0, 0, 0, 0}, "index space of rank 255"},
        {1, 1, {most + 1, 0, 0, 0}, "extent 281474976710657 of dimension 0"},
        {2, 1, {1, -1, 0, 0}, "extent -1 of dimension 1"},
        {2, 1, {1, INT64_MIN, 0, 0}, "of dimension 1 is out of range"},
        {2, 1, {1, 1, 1, 0}, "extent 1 of dimension 2"},
        {2, 0, {0, 5, 0, 0}, "extent 5 of dimension 1"},
        {4, 0, {0, 0, 0, 7}, "extent 7 of dimension 3"},
    };
    weft_context *context = test_context(0);
    for (size_t i = 0; i < COUNT(cases); i++) {
        size_t length;
        weft_error error;
        unsigned char *image =
            image_of(cases[i].rank, cases[i].fixed, cases[i].extents, NULL, 0, &length);
        if (cases[i].message) {
            cr_expect(refused(context, image, length, &error) == WEFT_ERR_VERIFY);
            cr_expect(error.rule == 25 && strstr(error.message, cases[i].message), "%s",
                      error.message);
        } else {
            cr_expect(weft_verify(context, image, length, &error) == WEFT_OK, "%s", error.message);
        }
        free(image);
    }
    weft_context_destroy(context);
}

/* 256 parameters are the most, and all of them can be used. */
Test(image, most_parameters)
{
    static char text[32768];
    size_t at = 0, length;
    for (int i = 0; i < WEFT_MAX_PARAMS; i++)
        at += (size_t)snprintf(text + at, sizeof text - at, ".in x%d f32\n", i);
    snprintf(text + at, sizeof text - at, "loop\nld.f32 v0, [x255]\nend\nexit\n");
    unsigned char *image = test_image(text, &length);
    weft_context *context = test_context(0);
    cr_expect(image[AT_PARAMS] == 0 && image[AT_PARAMS + 1] == 1);
    cr_expect(weft_verify(context, image, length, NULL) == WEFT_OK);
    weft_context_destroy(context);
    free(image);
}
