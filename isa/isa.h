/* isa/isa.h: what a program is: opcodes, operand forms, the decoded instruction, the program.
 * CPU-blind. The operations come from isa/ops.def; what each operand form looks like is one table
 * in isa/forms.c, which the assembler, the disassembler and the verifier all read. */
#ifndef WEFT_ISA_ISA_H
#define WEFT_ISA_ISA_H

#include <stdbool.h>
#include <weft/function.h>
#include <weft/program.h>

#include "isa/limits.h"
#include "isa/types.def"

typedef enum weft_opcode {
#define WEFT_OP(NAME, mnemonic, FORM, category, TYPES, ulp32, ulp64, words) WEFT_OP_##NAME,
#include "isa/ops.def"
    WEFT_OPCODE_COUNT
} weft_opcode;

typedef enum weft_form {
    WEFT_FORM_NONE,
    WEFT_FORM_IMM,
    WEFT_FORM_UNARY,
    WEFT_FORM_BINARY,
    WEFT_FORM_TERNARY,
    WEFT_FORM_COMPARE,
    WEFT_FORM_CONVERT,
    WEFT_FORM_SELECT,
    WEFT_FORM_BCAST,
    WEFT_FORM_INDEX,
    WEFT_FORM_EXTENT,
    WEFT_FORM_LENGTH,
    WEFT_FORM_LOAD,
    WEFT_FORM_STORE,
    WEFT_FORM_LOADSEG,
    WEFT_FORM_STORESEG,
    WEFT_FORM_GATHER,
    WEFT_FORM_SCATTER,
    WEFT_FORM_REDUCE,
    WEFT_FORM_REDUCE2,
    WEFT_FORM_FUSED,
    WEFT_FORM_DOTK,
    WEFT_FORM_HORNER,
    WEFT_FORM_APPLY,
    WEFT_FORM_LOOP,
    WEFT_FORM_STRIP,
    WEFT_FORM_DIM,
    WEFT_FORM_FOR,
    WEFT_FORM_BRANCH,
    WEFT_FORM_BRANCHIF,
    WEFT_FORM_COUNT
} weft_form;

/* Bits of weft_insn.scalar: the operand in that field is a scalar register. */
enum {
    WEFT_SCALAR_A = 1,
    WEFT_SCALAR_B = 2,
    WEFT_SCALAR_C = 4,
    WEFT_SCALAR_D = 8,
    WEFT_ADDRESS_REG = 16 /* field a holds the scalar register of the address */
};

/* A decoded instruction. Which fields an operation uses, its form says; the others are zero. */
typedef struct weft_insn {
    uint16_t op;    /* weft_opcode */
    uint8_t type;   /* weft_dtype, or 0 */
    uint8_t type2;  /* source type of a conversion, index type of a gather, or 0 */
    uint8_t scalar; /* WEFT_SCALAR_*, WEFT_ADDRESS_REG */
    uint8_t d, a, b, c;
    uint8_t k;     /* component, dimension, reduction depth or number of terms */
    uint8_t param; /* parameter index */
    int32_t off;   /* address offset in elements, branch target, or signature of a function */
    uint64_t imm;  /* constant, strip length and base, or count */
} weft_insn;

/* What one operand of a form is, in the order in which the assembly language writes them. */
typedef enum weft_slot_kind {
    WEFT_SLOT_END,      /* no more operands */
    WEFT_SLOT_REG,      /* a register */
    WEFT_SLOT_GROUP,    /* as many consecutive registers as the parameter's segment has values */
    WEFT_SLOT_RUN,      /* as many consecutive registers as the fused operation and its k ask for */
    WEFT_SLOT_MEM,      /* [param.component + offset + register] */
    WEFT_SLOT_SEGMEM,   /* [param + offset + register] */
    WEFT_SLOT_TABLE,    /* [param.component] */
    WEFT_SLOT_NAME,     /* [param] */
    WEFT_SLOT_FUNCTION, /* [param], whose signature is in off */
    WEFT_SLOT_ARGUMENT, /* a register, if the signature has that argument */
    WEFT_SLOT_IMM,      /* a constant of the instruction's type */
    WEFT_SLOT_DIM,      /* a dimension, in k */
    WEFT_SLOT_DIMS,     /* a range of dimensions, in a and b; all when left out */
    WEFT_SLOT_RANGE,    /* length and base of a strip block, in imm; base 0 when left out */
    WEFT_SLOT_TRIPS,    /* a constant, or a scalar register in a */
    WEFT_SLOT_LABEL,    /* a place in the code, in off */
    WEFT_SLOT_DEPTH     /* how many loops a reduction runs over, in k; 1 when left out */
} weft_slot_kind;

typedef enum weft_slot_type {                   /* which type a register operand has */
                              WEFT_TYPE_OP,     /* insn.type */
                              WEFT_TYPE_SECOND, /* insn.type2 */
                              WEFT_TYPE_BOOLEAN,
                              WEFT_TYPE_COUNTER,  /* i64 */
                              WEFT_TYPE_ARGUMENT, /* as the signature says */
                              WEFT_TYPE_RESULT    /* of the reduction */
} weft_slot_type;

typedef enum weft_slot_class {                   /* which register file it may be in */
                               WEFT_CLASS_ANY,   /* strip or predicate by its type, or scalar by its
                                                    bit */
                               WEFT_CLASS_STRIP, /* strip or predicate by its type */
                               WEFT_CLASS_SCALAR
} weft_slot_class;

typedef struct weft_slot {
    uint8_t kind;  /* weft_slot_kind */
    char field;    /* 'd', 'a', 'b', 'c' */
    uint8_t type;  /* weft_slot_type */
    uint8_t class; /* weft_slot_class */
    bool write;
} weft_slot;

enum { WEFT_MAX_SLOTS = 6 };

typedef enum weft_reduce_result {
    WEFT_RESULT_NONE,
    WEFT_RESULT_SAME,    /* the element type */
    WEFT_RESULT_WIDE,    /* i64 or u64 for integers, else the element type */
    WEFT_RESULT_BOOLEAN, /* bool */
    WEFT_RESULT_INDEX    /* i64 */
} weft_reduce_result;

typedef struct weft_op_row {
    const char *mnemonic;
    const char *category;
    const char *types; /* name of the type set */
    const char *meaning;
    uint32_t type_mask;
    uint8_t form;   /* weft_form */
    uint8_t result; /* weft_reduce_result */
    uint8_t terms;  /* of a fused operation: most that k may say; 0: it has no k */
    float ulp_f32, ulp_f64;
} weft_op_row;

/* Row of an opcode; op < WEFT_OPCODE_COUNT. */
const weft_op_row *weft_op_row_of(unsigned op);
/* Operands of a form, ended by WEFT_SLOT_END. */
const weft_slot *weft_form_slots(unsigned form);
/* Operands of a form as text: "d, a, b". */
const char *weft_form_text(unsigned form);
/* Whether the operation names a second type (cvt, gather, scatter). */
bool weft_form_has_type2(unsigned form);
/* Which types the second one may be. */
uint32_t weft_form_type2_mask(unsigned form);
/* Opcode of a mnemonic of that length, or WEFT_OPCODE_COUNT. */
unsigned weft_opcode_find(const char *mnemonic, size_t length);

/* Type of the register in a slot of an instruction. */
weft_dtype weft_slot_dtype(const weft_insn *insn, const weft_slot *slot);
/* The register number in field 'd', 'a', 'b' or 'c'. */
uint8_t weft_insn_field(const weft_insn *insn, char field);
void weft_insn_set_field(weft_insn *insn, char field, uint8_t value);
/* Whether the register in that slot is a scalar. */
bool weft_slot_is_scalar(const weft_insn *insn, const weft_slot *slot);
unsigned weft_scalar_bit(char field);
/* How many consecutive registers a register slot of a fused operation has, or of an argument: 0
 * where the function has none there. */
unsigned weft_run_width(const weft_insn *insn, char field);
/* Element operations for each element that the instruction is executed for: 1, but for fused ones
 * the number of their products. */
unsigned weft_insn_cost(const weft_insn *insn);
/* Type of a reduction's result. */
weft_dtype weft_reduce_dtype(unsigned op, weft_dtype type);

static inline bool weft_type_in(uint32_t mask, unsigned type)
{
    return type < 32 && (mask >> type & 1) != 0;
}

/* Whether blocks of this opcode are closed by `end`. */
static inline bool weft_op_opens_block(unsigned op)
{
    return op == WEFT_OP_LOOP || op == WEFT_OP_STRIP || op == WEFT_OP_EACH || op == WEFT_OP_SEQ ||
           op == WEFT_OP_FOR;
}

static inline bool weft_op_is_reduction(unsigned op)
{
    return op >= WEFT_OP_SUM && op <= WEFT_OP_COUNT;
}

/* Operations that approximate: a row of isa/ops.def that allows an error. */
static inline bool weft_op_is_transcendental(unsigned op)
{
    return weft_op_row_of(op)->ulp_f32 > 0;
}

enum { WEFT_FUSED_FIRST = WEFT_OP_DOTK, WEFT_FUSED_COUNT = WEFT_OP_HORNER - WEFT_OP_DOTK + 1 };

static inline bool weft_op_is_fused(unsigned op)
{
    return op >= WEFT_FUSED_FIRST && op < WEFT_FUSED_FIRST + WEFT_FUSED_COUNT;
}

/* Length and base of a strip block are the two halves of imm. */
static inline uint32_t weft_strip_length(const weft_insn *insn)
{
    return (uint32_t)insn->imm;
}
static inline uint32_t weft_strip_base(const weft_insn *insn)
{
    return (uint32_t)(insn->imm >> 32);
}

/* A declared parameter. Of a function `type` is its result's. */
typedef struct weft_param {
    char name[WEFT_MAX_NAME + 1];
    uint8_t kind; /* weft_param_kind */
    uint8_t type;
    uint8_t segment;
    uint8_t dims;    /* bit d: has dimension d */
    uint32_t window; /* elements beyond the index space in its last dimension; flags of a function
                        (WEFT_FUNCTION_*) */
    uint32_t count;  /* rows of a uniform or pool; signature of a function */
} weft_param;

/* The types of a function's arguments are one number, a byte each, the first one lowest: its
 * signature. An instruction that applies the function repeats it, and so has all its types by
 * itself. */
static inline weft_dtype weft_signature_type(uint32_t signature, unsigned argument)
{
    return (weft_dtype)(signature >> 8 * argument & 0xff);
}
static inline unsigned weft_signature_count(uint32_t signature)
{
    unsigned count = 0;
    while (count < WEFT_MAX_FUNCTION_ARGS && weft_signature_type(signature, count))
        count++;
    return count;
}
static inline bool weft_param_is_pure(const weft_param *param)
{
    return (param->window & WEFT_FUNCTION_PURE) != 0;
}

static inline bool weft_kind_is_mapped(unsigned kind)
{
    return kind == WEFT_PARAM_IN || kind == WEFT_PARAM_OUT || kind == WEFT_PARAM_INOUT ||
           kind == WEFT_PARAM_SCRATCH;
}
/* Rows that are addressed by a computed index: tables, and pools, which are tables without an
 * argument. */
static inline bool weft_kind_is_table(unsigned kind)
{
    return kind == WEFT_PARAM_TABLE || kind == WEFT_PARAM_TABLE_OUT ||
           kind == WEFT_PARAM_TABLE_INOUT || kind == WEFT_PARAM_POOL;
}
static inline bool weft_kind_is_written(unsigned kind)
{
    return kind == WEFT_PARAM_OUT || kind == WEFT_PARAM_INOUT || kind == WEFT_PARAM_SCRATCH ||
           kind == WEFT_PARAM_TABLE_OUT || kind == WEFT_PARAM_TABLE_INOUT ||
           kind == WEFT_PARAM_POOL;
}
/* Whether the number of rows is part of the program. */
static inline bool weft_kind_has_count(unsigned kind)
{
    return kind == WEFT_PARAM_UNIFORM || kind == WEFT_PARAM_POOL;
}
/* The others live during a run only, or are the context's functions. */
static inline bool weft_kind_takes_argument(unsigned kind)
{
    return kind != WEFT_PARAM_SCRATCH && kind != WEFT_PARAM_POOL && kind != WEFT_PARAM_FUNCTION;
}

/* The last dimension of a parameter, along which address offsets count; -1 where it has none. */
static inline int weft_param_last_dim(const weft_param *param)
{
    for (int d = WEFT_MAX_RANK - 1; d >= 0; d--)
        if (param->dims >> d & 1)
            return d;
    return -1;
}

/* A program's content: what an image holds, decoded. Not yet trusted. */
typedef struct weft_code {
    uint8_t rank;                   /* of the index space, 1 to 4 */
    bool fixed;                     /* the extents are part of the program */
    int64_t extents[WEFT_MAX_RANK]; /* where fixed; else 0 */
    uint32_t n_params, n_insns;
    weft_param *params;
    weft_insn *insns;
} weft_code;

/* Whether the slot is one or more registers. */
static inline bool weft_slot_is_register(const weft_slot *slot)
{
    return slot->kind == WEFT_SLOT_REG || slot->kind == WEFT_SLOT_GROUP ||
           slot->kind == WEFT_SLOT_RUN || slot->kind == WEFT_SLOT_ARGUMENT;
}

/* How many consecutive registers such a slot has. */
static inline unsigned weft_slot_width(const weft_code *code, const weft_insn *insn,
                                       const weft_slot *slot)
{
    return slot->kind == WEFT_SLOT_GROUP ? code->params[insn->param].segment
           : slot->kind == WEFT_SLOT_RUN || slot->kind == WEFT_SLOT_ARGUMENT
               ? weft_run_width(insn, slot->field)
               : 1;
}

#endif
