/* cli/npy.h: the .npy format of NumPy, versions 1.0 to 3.0, as pure functions over bytes.
 * Nothing here touches a file: cli/mapped_file.h maps one, cli/output_file.h writes one. The bytes
 * are untrusted (tests/fuzz/fuzz_npy.c). */
#ifndef WEFT_CLI_NPY_H
#define WEFT_CLI_NPY_H

#include <weft/types.h>

/* An array in C order, little-endian, that starts data_offset bytes into its file. */
typedef struct npy_header {
    weft_dtype type;
    int32_t rank; /* 0 to WEFT_MAX_ARG_RANK */
    int64_t shape[WEFT_MAX_ARG_RANK];
    size_t data_offset; /* bytes */
    size_t data_length; /* bytes; the shape's elements times the size of the type */
} npy_header;

/* Enough for the header of any array that npy_format writes. */
#define NPY_HEADER_MAX 320

/* Longest header text that is read, whatever the version allows (NumPy writes under 300 bytes). */
#define NPY_HEADER_TEXT_MAX 65535

/* Reads the header of a whole file and checks that the data have exactly the length that it
 * promises. Returns 0; or -1 with one line in message, which names the byte where there is one. */
int npy_parse(const void *bytes, size_t length, npy_header *out, char *message,
              size_t message_size);

/* Computes header->data_length from type, rank and shape. Returns 0, or -1 where the array would
 * not fit into the address space (or the header names no array). */
int npy_measure(npy_header *header);

/* Writes the version 1.0 header of an array of header's type and shape as numpy.save does, so that
 * the data that follow are 64-byte aligned. Returns its length, or 0 if it does not fit. */
size_t npy_format(const npy_header *header, unsigned char *buffer, size_t size);

#endif
