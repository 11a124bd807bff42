/* cli/element.h: one element of an array as text, and text as an element.
 * f16 and bf16 are rounded once, to nearest even, from the double that the text says. Neighbours:
 * cli/run_arrays.c (--set), cli/cmd_run.c (values that are printed). */
#ifndef WEFT_CLI_ELEMENT_H
#define WEFT_CLI_ELEMENT_H

#include <weft/types.h>

typedef enum element_result {
    ELEMENT_DONE,
    ELEMENT_NOT_A_VALUE,
    ELEMENT_OUT_OF_RANGE
} element_result;

/* Enough for any element as text. */
#define ELEMENT_TEXT_MAX 40

/* Stores the value that `text` says (spaces around it are allowed) at `out`, unaligned. Integers
 * are decimal or 0x hexadecimal; floats as in C, inf and nan included; bool is true, false, 0, 1.
 */
element_result element_parse(weft_dtype type, const char *text, void *out);

/* The shortest text that element_parse reads back as the element at `bytes`. */
void element_format(weft_dtype type, const void *bytes, char text[ELEMENT_TEXT_MAX]);

#endif
