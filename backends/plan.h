/* backends/plan.h: a program made ready for the CPU backend at one level: its instructions as steps
 * with kernels resolved and operands found. Made once for each program and level, immutable,
 * shared by all threads; it knows no argument, no address and no strip length.
 *
 * A step names its operands by places: a worker's table of pointers has one for each. A register
 * has a place of its own, its home. A value that is loaded from, or stored to, an array gets
 * another one, which for each strip points either into the array itself or, where that cannot be
 * used in place (strided, unaligned, or needed as it was before a store), to the register's home.
 * So a contiguous load copies nothing, and the operation that a store follows writes where the
 * store would. Neighbours: backends/plan.c makes steps, backends/plan_values.c decides which values
 * live in arrays, backends/cpu.c runs steps. */
#ifndef WEFT_BACKENDS_PLAN_H
#define WEFT_BACKENDS_PLAN_H

#include "isa/verify.h"
#include "simd/kernel.h"

/* Places: strips, predicates, scalars, and then those of values, which each outermost block numbers
 * anew. */
enum {
    WEFT_PLACE_PREDICATES = WEFT_MAX_STRIP_REGS,
    WEFT_PLACE_SCALARS = WEFT_PLACE_PREDICATES + WEFT_MAX_PREDICATES,
    WEFT_PLACE_VALUES = WEFT_PLACE_SCALARS + WEFT_MAX_SCALARS,
    WEFT_MAX_VALUES = 4096
};

typedef enum weft_step_kind {
    WEFT_STEP_KERNEL,        /* kernel(d, a, b, c) on the strip */
    WEFT_STEP_CONVERT,       /* the same, of elements of another size: a may be d */
    WEFT_STEP_SCALAR,        /* the same on scalars */
    WEFT_STEP_LOAD,          /* ld, lds of one value: place d, whose home is place a */
    WEFT_STEP_TARGET,        /* place d, whose home is a, will be written: point it where its store
                                goes */
    WEFT_STEP_STORE,         /* st, sts of one value: from place d, if it is not there already */
    WEFT_STEP_LOAD_SEGMENT,  /* several components: places of `list` */
    WEFT_STEP_STORE_SEGMENT, /* several components: places of `list` */
    WEFT_STEP_LOAD_SCALARS,
    WEFT_STEP_STORE_SCALARS,
    WEFT_STEP_GATHER,  /* d[i] = table[a[i]] */
    WEFT_STEP_SCATTER, /* table[a[i]] = d[i] */
    WEFT_STEP_IMM,
    WEFT_STEP_INDEX, /* of each element, or of the iteration */
    WEFT_STEP_EXTENT,
    WEFT_STEP_LENGTH,
    WEFT_STEP_FUSED,     /* results and strips in `list` */
    WEFT_STEP_PRODUCTS,  /* sum of `width` products; c, or none; their places in `list` */
    WEFT_STEP_QUADRATIC, /* exponential of such a sum scaled by b, times c; each, or none */
    WEFT_STEP_ROWS,      /* lds, a fused operation, sts: on segments as they lie in memory */
    WEFT_STEP_FLAT,      /* lds, one operation for each component, sts: the same */
    WEFT_STEP_APPLY,     /* a user's function, of places a, b, c */
    WEFT_STEP_REDUCE,    /* reduction `target`, from places a and b */
    WEFT_STEP_FENCE,     /* nothing to do where all memory is one, but it has its cost */
    WEFT_STEP_CONTROL_FIRST,
    WEFT_STEP_END = WEFT_STEP_CONTROL_FIRST, /* of a block or a function */
    WEFT_STEP_LOOP,                          /* blocks: `target` is the step of their end */
    WEFT_STEP_STRIP,
    WEFT_STEP_EACH,
    WEFT_STEP_SEQ,
    WEFT_STEP_FOR,
    WEFT_STEP_BRANCH, /* to step `target` */
    WEFT_STEP_BRANCH_IF,
    WEFT_STEP_CALL,
    WEFT_STEP_EXIT
} weft_step_kind;

/* What weft_step.flags say of a load, store or target. */
enum {
    WEFT_IN_PLACE = 1,   /* place d may point into the array, ... */
    WEFT_HAZARD = 2,     /* ... but not if the program both reads and writes the array's memory */
    WEFT_FIRST = 4,      /* the first access of its loop to the array: prefetches its next strip */
    WEFT_FIRST_STORE = 8 /* ROWS, FLAT: of the array that is stored to; FIRST is the other one's */
};

/* What they say of PRODUCTS and QUADRATIC: which operands there are. */
enum { WEFT_HAS_B = 1, WEFT_HAS_C = 2 };

/* And of KERNEL and CONVERT: it computes for longer than memory takes. */
enum { WEFT_COMPUTES_LONG = 1 };

typedef struct weft_step {
    union {
        weft_kernel *kernel; /* KERNEL, CONVERT, SCALAR */
        weft_fused_kernel *fused;
        weft_strided_kernel *strided; /* LOAD, STORE */
        weft_load_segment_kernel *load_segment;
        weft_store_segment_kernel *store_segment;
        weft_indexed_kernel *indexed; /* GATHER, SCATTER */
        weft_products_kernel *products;
        weft_quadratic_kernel *quadratic;
        weft_rows_kernel *rows;
    } call;
    uint16_t d, a, b, c; /* places */
    uint8_t kind;        /* weft_step_kind */
    uint8_t flags;
    uint8_t size; /* bytes of an element: of what is moved or reduced, or of a kernel's result */
    uint8_t sizes[3]; /* KERNEL, CONVERT: of the operands a, b, c; 0: a scalar, or there is none.
                         PRODUCTS: sizes[0] is the kernel's `singles`; QUADRATIC has none */
    uint8_t width;    /* values of an element that is moved, operands in `list` */
    uint32_t pc;      /* the instruction that it came from; of a TARGET, its store's */
    uint32_t target;  /* a step, or a reduction */
    uint32_t list;    /* first of its places in plan->lists */
    uint32_t block;   /* blocks: number in plan->blocks; ROWS, FLAT: pc of the operation */
    uint32_t cost;    /* of its instructions, for one element */
} weft_step;

/* A reduction; those that end with the same block are a list. */
typedef struct weft_reduction_plan {
    uint16_t op;
    uint8_t type, result; /* of the elements; of the register */
    uint8_t scalar;       /* the register */
    uint32_t loop;        /* number of the block in which it stands */
    uint32_t next;        /* number + 1 of the next one of its block; 0: none */
} weft_reduction_plan;

/* An array that a loop runs along, once for each parameter that is loaded from or stored to. */
typedef struct weft_array_use {
    uint8_t param;
    uint8_t bytes; /* of an element, all its components */
    bool stored;
} weft_array_use;

/* A block: what binding and splitting need to know of it. */
typedef struct weft_block_plan {
    uint32_t pc, step;                 /* of its opener */
    uint32_t outer;                    /* number + 1 of the block around it, if any */
    uint32_t end_block;                /* number behind the last block inside it */
    uint32_t reductions;               /* that end with it: number + 1 of the first; 0: none */
    uint32_t first_stream, end_stream; /* of a loop or strip */
    uint32_t strip_bytes; /* of an element of the strips that it writes and that are not in place */
    uint32_t array_bytes; /* of an element of all arrays that it runs along */
    uint32_t weight;      /* work of its own instructions, those of inner blocks left out, for one
                             element or iteration: an estimate in 1/64 ns */
    bool indexed;         /* has, or calls what has, an index of elements as a strip */
    bool in_order;        /* has, or calls what has, a scatter or a function that is not pure: its
                             elements are taken in order, on one thread */
    bool feeds;           /* a reduction in it goes on in the block around it: it cannot be split */
    bool ordered;         /* in_order, or reduces: its elements are taken in order */
    bool plain;           /* one operation on arrays in place: needs no strips of its own, */
    bool past;            /* and its kernel can store past the caches by itself */
} weft_block_plan;

/* Operands of a call: parameters, constants, and what stands for none. */
enum {
    WEFT_CALL_PARAMS = 8,
    WEFT_CALL_CONSTANTS = 4,
    WEFT_CALL_NONE = WEFT_CALL_PARAMS + WEFT_CALL_CONSTANTS,
    WEFT_CALL_OPERANDS,
    WEFT_CALL_FACTORS = 8
};

/* One call of one kernel that does all of a program: a plain loop along arrays without gaps, with
 * constants and single values in front of it. */
typedef struct weft_call_plan {
    const struct weft_step *step; /* KERNEL, CONVERT, PRODUCTS, QUADRATIC, or the STORE of a copy;
                                     NULL: the plan is no such call */
    weft_kernel *kernel;          /* of a KERNEL, CONVERT or STORE, else NULL */
    uint8_t operand[3];           /* a, b, c */
    uint8_t result;               /* the parameter that is written */
    uint8_t singles;              /* parameters of one value: a bit each */
    uint8_t n_constants;
    uint8_t factor[WEFT_CALL_FACTORS];                      /* operands, in pairs */
    uint8_t type[WEFT_CALL_PARAMS], size[WEFT_CALL_PARAMS]; /* of an element, by parameter */
    uint64_t constant[WEFT_CALL_CONSTANTS];
} weft_call_plan;

typedef struct weft_plan {
    const weft_kernel_table *kernels;
    const weft_code *code;
    weft_vector steps;      /* of weft_step */
    weft_vector lists;      /* of uint16_t: places of segments and fused operations */
    weft_vector blocks;     /* of weft_block_plan, by pc */
    weft_vector streams;    /* of weft_array_use */
    weft_vector reductions; /* of weft_reduction_plan */
    uint32_t *cost;         /* by step: of it and those behind it up to the next control step */
    size_t n_cost;
    uint32_t n_places;
    uint8_t home_bytes[WEFT_PLACE_SCALARS]; /* an element of each strip and predicate */
    uint16_t homes[WEFT_PLACE_SCALARS];     /* those that the program writes, */
    uint32_t n_homes;                       /* so many */
    bool loaded[WEFT_MAX_PARAMS], stored[WEFT_MAX_PARAMS]; /* parameters, by loads and stores */
    bool mixes;                                            /* some parameter is both */
    weft_call_plan call;
} weft_plan;

/* Makes the plan of a verified program; *out is NULL on error (WEFT_ERR_MEMORY). */
weft_status weft_plan_make(const weft_allocator *allocator, const weft_code *code,
                           const weft_facts *facts, const weft_kernel_table *kernels,
                           weft_plan **out);
void weft_plan_free(const weft_allocator *allocator, weft_plan *plan); /* may be NULL */

/* Of a PRODUCTS, the kernel that stores past the caches, if the level has it. */
static inline weft_products_kernel *weft_products_past(const weft_plan *plan, const weft_step *step)
{
    const weft_insn *last = &plan->code->insns[step->pc];
    return plan->kernels->products_past[last->op == WEFT_OP_MAD][last->type];
}

/* --- plan_call.c ------------------------------------------------------------------------------ */

/* Fills in plan->call, of a plan that is complete otherwise. */
void weft_call_find(weft_plan *plan);

/* What a call works on. */
typedef struct weft_call_operands {
    void *dst;                          /* may be exactly an operand of the result's type */
    const void *in[WEFT_CALL_OPERANDS]; /* as numbered above; NULL in place of none */
    size_t n;                           /* elements */
} weft_call_operands;

/* Makes the call of a plan which has one. */
void weft_call_sum(const weft_call_plan *plan, const weft_call_operands *call);
static inline void weft_call_run(const weft_call_plan *plan, const weft_call_operands *call)
{
    if (plan->kernel)
        plan->kernel(call->dst, call->in[plan->operand[0]], call->in[plan->operand[1]],
                     call->in[plan->operand[2]], call->n);
    else
        weft_call_sum(plan, call);
}

/* --- between plan.c and plan_values.c --------------------------------------------------------- */

#define WEFT_NO_STORE UINT32_MAX

/* What becomes of a strip or predicate that an instruction writes. */
typedef struct weft_value {
    uint16_t place;    /* its register's, or one of its own */
    uint8_t flags;     /* IN_PLACE, HAZARD */
    bool known;        /* every read of it is known, */
    uint32_t last_use; /* the last one is this pc; 0: it is never read */
    bool lasting;      /* it has a place of its own beyond the end of its basic block */
    uint32_t store;    /* pc of the store that it is written for, or WEFT_NO_STORE */
} weft_value;

/* Most registers of one instruction whose values are looked at. */
enum { WEFT_VALUES_AN_INSN = WEFT_MAX_FUSED_RESULTS };

/* For the body of the loop or strip block at `pc`: the values of instruction pc + i in
 * values[i * WEFT_VALUES_AN_INSN], ..., of as many registers as it writes. *n_values grows to the
 * number of places that they take. values has room for the body and is filled whole. */
weft_status weft_plan_values(const weft_allocator *allocator, const weft_code *code,
                             const weft_facts *facts, uint32_t pc, weft_value *values,
                             uint32_t *n_values);

/* Several instructions that one kernel does in one pass, with the same bits. */
typedef enum weft_combination_kind {
    WEFT_COMBINE_NONE,
    WEFT_COMBINE_ROWS,     /* lds, fused operation, sts */
    WEFT_COMBINE_FLAT,     /* lds, one operation for each component, sts */
    WEFT_COMBINE_PRODUCTS, /* mul or a strip, then fma or mad on top of it */
    WEFT_COMBINE_AROUND,   /* exponential, with a mul in front, a mul or fma behind */
    WEFT_COMBINE_QUADRATIC /* PRODUCTS that start with a mul, then AROUND without fma */
} weft_combination_kind;

typedef struct weft_combination {
    uint8_t kind;  /* weft_combination_kind */
    uint8_t form;  /* AROUND, QUADRATIC: enum weft_around */
    bool rounded;  /* PRODUCTS, QUADRATIC: of mad */
    bool singles;  /* PRODUCTS: some of the factors are scalars */
    uint32_t op;   /* ROWS, FLAT: pc of the (first) operation; AROUND, QUADRATIC: of the
                      exponential */
    uint32_t sum;  /* QUADRATIC: pc of the last instruction of its PRODUCTS */
    uint32_t last; /* pc of the last instruction */
} weft_combination;

/* What begins at pc, in a strip block with these values (see weft_plan_values); leads: by pc of the
 * program, whether a branch goes there. All instructions of PRODUCTS, AROUND and QUADRATIC follow
 * one another; those of ROWS and FLAT may have others between them, which do not care when they are
 * done. */
void weft_plan_combine(const weft_code *code, const weft_kernel_table *kernels,
                       const weft_value *values, uint32_t begin, uint32_t end, uint32_t pc,
                       const bool *leads, weft_combination *found);

/* Whether a new basic block begins behind this instruction. */
static inline bool weft_ends_basic_block(unsigned op)
{
    const unsigned form = weft_op_row_of(op)->form;
    return weft_op_opens_block(op) || op == WEFT_OP_END || form == WEFT_FORM_BRANCH ||
           form == WEFT_FORM_BRANCHIF || op == WEFT_OP_RET || op == WEFT_OP_FUNC ||
           op == WEFT_OP_EXIT;
}

/* Number of a strip's or predicate's place. */
static inline unsigned weft_place_of(weft_dtype type, unsigned number)
{
    return type == WEFT_BOOL ? WEFT_PLACE_PREDICATES + number : number;
}

/* Whether an instruction moves between a register and an array over the index space: one value for
 * each element, loaded into or stored from a strip. */
static inline bool weft_moves_a_strip(const weft_code *code, const weft_insn *insn)
{
    const unsigned form = weft_op_row_of(insn->op)->form;
    if ((form != WEFT_FORM_LOAD && form != WEFT_FORM_STORE && form != WEFT_FORM_LOADSEG &&
         form != WEFT_FORM_STORESEG) ||
        (insn->scalar & WEFT_SCALAR_D))
        return false;
    return form == WEFT_FORM_LOAD || form == WEFT_FORM_STORE ||
           code->params[insn->param].segment == 1;
}

static inline bool weft_is_store(unsigned op)
{
    return op == WEFT_OP_ST || op == WEFT_OP_STS;
}

#endif
