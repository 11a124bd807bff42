/* isa/image.h: programs as bytes (.wfb), written and read through one bounded writer and reader.
 * docs/isa.md has the format. What decodes is well-formed, not yet safe: isa/verify.h decides that.
 */
#ifndef WEFT_ISA_IMAGE_H
#define WEFT_ISA_IMAGE_H

#include "isa/base.h"
#include "isa/isa.h"

enum {
    WEFT_IMAGE_VERSION_MAJOR = 1, /* another one is refused */
    WEFT_IMAGE_VERSION_MINOR = 2, /* a newer one is refused */
    WEFT_IMAGE_HEADER = 64,
    WEFT_IMAGE_INSN = 16,
    WEFT_IMAGE_HASHED_FROM = 24 /* the checksum covers all bytes from here on */
};

/* Decodes an image. On success *code owns arrays of the allocator: weft_code_free. */
weft_status weft_image_decode(const weft_allocator *allocator, const void *image, size_t length,
                              weft_code *code, weft_error *error);
/* Size of the image of a program. */
size_t weft_image_size(const weft_code *code);
/* Writes the image into weft_image_size(code) bytes. */
void weft_image_encode(const weft_code *code, void *image);

/* One instruction as 16 bytes and back. Fields that its form does not use are lost on the way out;
 * on the way in, bytes that no field claims are kept where a field can show them, so that the
 * verifier sees them. */
void weft_insn_encode(const weft_insn *insn, uint8_t bytes[WEFT_IMAGE_INSN]);
void weft_insn_decode(const uint8_t bytes[WEFT_IMAGE_INSN], weft_insn *insn);

void weft_code_free(const weft_allocator *allocator, weft_code *code);

#endif
