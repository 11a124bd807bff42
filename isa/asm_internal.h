/* isa/asm_internal.h: what the assembler's two files share (isa/asm.c, isa/asm_operands.c). */
#ifndef WEFT_ISA_ASM_INTERNAL_H
#define WEFT_ISA_ASM_INTERNAL_H

#include "isa/asm.h"
#include "isa/lexer.h"

typedef struct assembler_label {
    weft_word name;
    uint32_t pc;
    uint32_t next; /* in its bucket: index + 1, or 0 */
} assembler_label;

typedef struct assembler_fixup { /* an instruction that waits for a label */
    weft_word name;
    uint32_t pc;
} assembler_fixup;

typedef struct assembler {
    const weft_allocator *allocator;
    weft_lexer lexer;
    weft_code *code; /* rank, fixed and extents are filled in as they are read */
    weft_asm_places *places;
    bool space_given;
    weft_vector params, insns, labels, fixups;
    uint32_t *buckets; /* of labels: index + 1, or 0 */
} assembler;

weft_status weft_asm_emit(assembler *as, const weft_insn *insn, const weft_word *where);
/* Index of the parameter of that name, or -1. */
int weft_asm_find_param(const assembler *as, const weft_word *name);
weft_status weft_asm_type(assembler *as, weft_dtype *type);
/* The instruction that comes next in the line. */
weft_status weft_asm_instruction(assembler *as);

#endif
