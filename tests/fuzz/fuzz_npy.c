/* tests/fuzz/fuzz_npy.c: npy_parse on any bytes: no read beyond the end, messages that end, and
 * what parses is written by npy_format and parses again to the same array.
 * Neighbours: cli/npy.c, included as source because the command is no library; corpus/fuzz_npy/. */
#include "cli/npy.c"

#include <assert.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_header(const npy_header *header, size_t size)
{
    size_t elements = 1;
    assert(weft_dtype_size(header->type) > 0);
    assert(header->rank >= 0 && header->rank <= WEFT_MAX_ARG_RANK);
    for (int32_t i = 0; i < header->rank; i++) {
        assert(header->shape[i] >= 0);
        elements *= (size_t)header->shape[i];
    }
    assert(header->data_length == elements * weft_dtype_size(header->type));
    assert(header->data_offset <= size && header->data_length == size - header->data_offset);
}

/* Writes the array anew, in a block of exactly its size, and reads it back. */
static void check_round_trip(const npy_header *header, const uint8_t *data)
{
    unsigned char head[NPY_HEADER_MAX];
    char message[160];
    npy_header again;
    size_t head_length = npy_format(header, head, sizeof head);
    assert(head_length > 0 && head_length % 64 == 0);
    assert(npy_format(header, head, head_length - 1) == 0);
    size_t length = head_length + header->data_length;
    unsigned char *file = malloc(length);
    if (!file) {
        return;
    }
    memcpy(file, head, head_length);
    memcpy(file + head_length, data + header->data_offset, header->data_length);
    int failed = npy_parse(file, length, &again, message, sizeof message);
    free(file);
    assert(!failed);
    assert(again.type == header->type && again.rank == header->rank);
    assert(memcmp(again.shape, header->shape, sizeof again.shape) == 0);
    assert(again.data_offset == head_length && again.data_length == header->data_length);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    npy_header header;
    char message[160];
    char tiny[4];
    int failed = npy_parse(data, size, &header, message, sizeof message);
    /* A message that does not fit changes nothing but the message. */
    npy_header same;
    assert(npy_parse(data, size, &same, tiny, sizeof tiny) == failed);
    assert(memchr(tiny, '\0', sizeof tiny));
    assert(memchr(message, '\0', sizeof message));
    assert((message[0] != '\0') == (failed != 0));
    if (!failed) {
        check_header(&header, size);
        check_round_trip(&header, data);
    }
    return 0;
}
