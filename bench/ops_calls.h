/* bench/ops_calls.h: every function of the direct API (weft/ops.h) as a case that can be called.
 * Expanded from isa/ops.def through vm/ops_api.inc; nothing here knows an operation.
 * Neighbours: bench/operands.h (what goes into the arrays), bench/suite_ops.c (times the cases). */
#ifndef WEFT_BENCH_OPS_CALLS_H
#define WEFT_BENCH_OPS_CALLS_H

#include <stddef.h>
#include <stdint.h>
#include <weft/types.h>

typedef struct ops_arrays {
    void *dst;
    const void *in[3]; /* a, b, c; a scalar is an array of one element */
    size_t n;
} ops_arrays;

/* Names are operation/types/operands: "add/f32/vv", "add/f32/vs" (b is one scalar), "cvt/i8.f32/v"
 * (to i8 from f32), "sum/f32/v", "sel/f32/vvv" (the third is the condition), "fill/f32/s". */
typedef struct ops_case {
    const char *name;
    const char *operation; /* mnemonic in isa/ops.def, but for "fill" */
    weft_dtype out;        /* WEFT_NONE: a reduction, whose one result is at most 8 bytes */
    weft_dtype in[3];      /* WEFT_NONE: there is no such operand */
    unsigned scalars;      /* bit k: in[k] is one element */
    /* Calls the function that many times; 0, or the status of a call that failed. */
    unsigned (*run)(const ops_arrays *arrays, uint64_t calls);
} ops_case;

extern const ops_case ops_cases[];
extern const size_t ops_case_count;

/* Bytes that one call on n elements must read and write. */
double ops_case_bytes(const ops_case *c, size_t n);

#endif
