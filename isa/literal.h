/* isa/literal.h: constants of the assembly language, to bits of a type and back. */
#ifndef WEFT_ISA_LITERAL_H
#define WEFT_ISA_LITERAL_H

#include <stdbool.h>
#include <weft/types.h>

/* Longest constant, in bytes. */
enum { WEFT_MAX_LITERAL = 63 };

/* Reads a constant of the type (f16 and bf16 by way of f64): a decimal or 0x number, for floats
 * also a C hexadecimal float, inf and nan, for bool true and false, for any type bits(0x...). The
 * result is the type's bits, zero- extended. NULL on success, else what is wrong, as a static text.
 */
const char *weft_literal_parse(const char *text, size_t length, weft_dtype type, uint64_t *bits);
/* Writes the shortest text that parses to the same bits. */
void weft_literal_format(uint64_t bits, weft_dtype type, char out[WEFT_MAX_LITERAL + 1]);

/* The value of a float type's bits, as a double. */
double weft_float_of_bits(weft_dtype type, uint64_t bits);

#endif
