/* tests/fuzz/fuzz_image.c: weft_load on any bytes, as they are and with the envelope repaired, so
 * that mutations reach the verifier; what it accepts is round-tripped and run (fuzz_common.h).
 * An input is an image and behind it 8 bytes that choose the arguments.
 * Neighbours: corpus/fuzz_image/, isa/image.h (the format). */
#include "isa/hash.h"
#include "isa/image.h"
#include "tests/fuzz/fuzz_common.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed);
/* Only libFuzzer has it, and only libFuzzer calls what uses it. */
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size) __attribute__((weak));

enum { SEED_BYTES = 8, PARAM_BYTES = 13 /* before the name */ };

static void put(uint8_t *at, uint64_t value, unsigned size)
{
    for (unsigned i = 0; i < size; i++)
        at[i] = (uint8_t)(value >> (8 * i));
}

/* Where the instructions of an image start: behind header, parameters and padding. The end of the
 * image where its parameters reach beyond it. */
static size_t code_start(const uint8_t *image, size_t length)
{
    size_t at = WEFT_IMAGE_HEADER;
    unsigned params = image[26] + 256u * image[27];
    for (unsigned i = 0; i < params; i++) {
        if (length - at < PARAM_BYTES || length - at - PARAM_BYTES < image[at + PARAM_BYTES - 1])
            return length;
        at += PARAM_BYTES + (size_t)image[at + PARAM_BYTES - 1];
    }
    at = (at + WEFT_IMAGE_INSN - 1) / WEFT_IMAGE_INSN * WEFT_IMAGE_INSN;
    return at < length ? at : length;
}

/* The minor version of an image is that of the first library that knew all of what it holds. */
static unsigned minor_version(const uint8_t *image, size_t length)
{
    size_t at = WEFT_IMAGE_HEADER;
    unsigned params = image[26] + 256u * image[27], minor = 0;
    for (unsigned i = 0; i < params && length - at >= PARAM_BYTES; i++) {
        size_t step = PARAM_BYTES + (size_t)image[at + PARAM_BYTES - 1];
        if (image[at] == WEFT_PARAM_FUNCTION)
            return 2;
        if (image[at] == WEFT_PARAM_POOL)
            minor = 1;
        if (length - at < step)
            break;
        at += step;
    }
    return minor;
}

/* Makes magic, version, lengths and checksum right. Returns the new length. */
static size_t repair(uint8_t *image, size_t length)
{
    if (length < WEFT_IMAGE_HEADER)
        return length;
    size_t start = code_start(image, length);
    size_t insns = (length - start) / WEFT_IMAGE_INSN;
    if (start < length)
        length = start + insns * WEFT_IMAGE_INSN;
    memcpy(image, "WEFT", 4);
    put(image + 4, WEFT_IMAGE_VERSION_MAJOR, 2);
    put(image + 6, minor_version(image, length), 2);
    put(image + 8, length, 8);
    put(image + 28, insns, 4);
    put(image + 16, weft_hash(image + WEFT_IMAGE_HASHED_FROM, length - WEFT_IMAGE_HASHED_FROM), 8);
    return length;
}

static void load(weft_context *contexts[2], const uint8_t *image, size_t length, uint64_t seed)
{
    weft_program *program = NULL;
    weft_error error;
    weft_status status = weft_load(contexts[0], image, length, &program, &error);
    fuzz_check_error(status, &error);
    assert((program != NULL) == (status == WEFT_OK));
    assert(weft_verify(contexts[0], image, length, NULL) == status);
    if (status) {
        assert(status == WEFT_ERR_IMAGE || status == WEFT_ERR_VERIFY || status == WEFT_ERR_LIMIT ||
               status == WEFT_ERR_MEMORY);
        return;
    }
    fuzz_check_image(program, image, length);
    fuzz_check_program(contexts, program, seed);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    weft_context *contexts[2] = {fuzz_context(128), fuzz_context(2048)};
    size_t length = size > SEED_BYTES ? size - SEED_BYTES : size;
    uint64_t seed = size > SEED_BYTES ? fuzz_hash(data + length, SEED_BYTES) : 0;
    uint8_t *image = malloc(length + (length == 0));
    assert(image);
    if (length)
        memcpy(image, data, length);
    load(contexts, image, length, seed);
    size_t repaired = repair(image, length);
    if (repaired >= WEFT_IMAGE_HEADER && (repaired != length || memcmp(image, data, length) != 0)) {
        uint8_t *exact = realloc(image, repaired);
        assert(exact);
        image = exact;
        load(contexts, image, repaired, seed);
    }
    free(image);
    weft_context_destroy(contexts[0]);
    weft_context_destroy(contexts[1]);
    assert(fuzz_outstanding == 0);
    return 0;
}

/* Whole instructions are copied, moved, dropped and changed, beside what libFuzzer does. */
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed)
{
    test_random r = {seed};
    if (size < WEFT_IMAGE_HEADER + SEED_BYTES || test_one_in(&r, 4))
        return LLVMFuzzerMutate(data, size, max_size);
    size_t length = size - SEED_BYTES, start = code_start(data, length);
    uint32_t insns = (uint32_t)((length - start) / WEFT_IMAGE_INSN);
    if (insns == 0)
        return LLVMFuzzerMutate(data, size, max_size);
    size_t end = start + (size_t)insns * WEFT_IMAGE_INSN;
    uint8_t *one = data + start + (size_t)test_below(&r, insns) * WEFT_IMAGE_INSN;
    uint8_t *other = data + start + (size_t)test_below(&r, insns) * WEFT_IMAGE_INSN;
    uint8_t copy[WEFT_IMAGE_INSN];
    memcpy(copy, other, sizeof copy);
    switch (test_below(&r, 8)) {
    case 0: /* a copy of one in front of another */
        if (size + sizeof copy > max_size)
            break;
        memmove(one + sizeof copy, one, (size_t)(data + size - one));
        memcpy(one, copy, sizeof copy);
        size += sizeof copy;
        break;
    case 1:
        if (one + sizeof copy > data + end)
            break;
        memmove(one, one + sizeof copy, (size_t)(data + size - one) - sizeof copy);
        size -= sizeof copy;
        break;
    case 2:
        memcpy(other, one, sizeof copy);
        memcpy(one, copy, sizeof copy);
        break;
    case 3:
        one[0] = (uint8_t)test_below(&r, WEFT_OPCODE_COUNT);
        break;
    case 4: /* register numbers, mostly low ones */
        one[5 + test_below(&r, 4)] = (uint8_t)test_below(&r, test_one_in(&r, 4) ? 256 : 8);
        break;
    case 5:
        one[2 + test_below(&r, 3)] = (uint8_t)test_below(&r, 32);
        break;
    case 6: /* the arguments */
        return length + LLVMFuzzerMutate(data + length, SEED_BYTES, SEED_BYTES);
    default:
        LLVMFuzzerMutate(one, sizeof copy, sizeof copy);
    }
    return size;
}
