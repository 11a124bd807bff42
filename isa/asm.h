/* isa/asm.h: the assembly language (.wfa), docs/isa.md: text to code and back.
 * The assembler checks the language; whether the program is safe is the verifier's question. */
#ifndef WEFT_ISA_ASM_H
#define WEFT_ISA_ASM_H

#include "isa/base.h"
#include "isa/isa.h"

/* Where an instruction or a parameter was written. */
typedef struct weft_place {
    int32_t line, column; /* from 1 */
} weft_place;

typedef struct weft_asm_places {
    weft_vector insns;  /* of weft_place, by pc */
    weft_vector params; /* of weft_place, by index */
} weft_asm_places;

/* Assembles a text. On success *code and *places are owned by the caller (weft_code_free,
 * weft_asm_places_free), else nothing is. WEFT_ERR_SYNTAX with line and column, WEFT_ERR_LIMIT,
 * WEFT_ERR_MEMORY. */
weft_status weft_asm(const weft_allocator *allocator, const char *text, size_t length,
                     weft_code *code, weft_asm_places *places, weft_error *error);
void weft_asm_places_free(const weft_allocator *allocator, weft_asm_places *places);

/* Disassembles verified code into a vector of char, NUL-terminated (count includes the NUL). */
weft_status weft_dis(const weft_allocator *allocator, const weft_code *code, weft_vector *text,
                     weft_error *error);

/* The directive that declares a kind of parameter (".in"), and the word behind the type for tables
 * ("", "out", "inout"). */
typedef struct weft_directive {
    const char *name, *access;
    uint8_t kind; /* weft_param_kind */
} weft_directive;
extern const weft_directive weft_directives[];
extern const unsigned weft_n_directives;

#endif
