/* vm/one_op.h: programs whose body is one operation: `ld, ..., op, st` in a loop, or a copy. On few
 * elements that lie one behind the other such a program is one call of one kernel, on the calling
 * thread, with nothing to bind. Neighbours: vm/run.c (asks first), vm/direct.c (the same without a
 * program). */
#ifndef WEFT_VM_ONE_OP_H
#define WEFT_VM_ONE_OP_H

#include <weft/run.h>

#include "simd/kernel.h"

typedef enum weft_operand_kind {
    WEFT_OPERAND_NONE,
    WEFT_OPERAND_ARRAY,
    WEFT_OPERAND_UNIFORM,
    WEFT_OPERAND_CONSTANT
} weft_operand_kind;

typedef struct weft_operand {
    uint8_t kind; /* weft_operand_kind */
    uint8_t param;
    uint8_t size; /* of an element */
    uint64_t constant;
} weft_operand;

typedef struct weft_one_op {
    bool is_one;
    size_t kernel;           /* where its address stands in a weft_kernel_table, in bytes */
    weft_operand operand[4]; /* dst, a, b, c */
} weft_one_op;

/* Whether verified code is such a program, and which operation it is. */
void weft_one_op_find(const weft_code *code, weft_one_op *one_op);

/* A call of its kernel. */
typedef struct weft_one_call {
    void *dst;
    const void *in[3]; /* or NULL; may point into the program */
    size_t n;
} weft_one_call;

/* Whether the arguments are as simple as such a call takes: one for each parameter, in their order,
 * none in a buffer; arrays of 1 to `most` elements, contiguous, aligned, and apart from each other
 * or the same array. False: they are yet to be looked at. */
bool weft_one_op_match(const weft_one_op *one_op, const weft_code *code, const weft_arg *args,
                       size_t nargs, uint64_t most, weft_one_call *call);

static inline void weft_one_op_call(const weft_one_op *one_op, const weft_kernel_table *kernels,
                                    const weft_one_call *call)
{
    const void *place = (const char *)kernels + one_op->kernel;
    (*(weft_kernel *const *)place)(call->dst, call->in[0], call->in[1], call->in[2], call->n);
}

#endif
