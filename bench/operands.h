/* bench/operands.h: what the operations are given: values from the middle of each one's domain, by
 * a generator with a fixed seed, so that every contender and every run sees the same. Special
 * values are the tests' business (tests/plain/test_kernels.c): here they would time the rare paths
 * only. Neighbours: bench/ops_calls.h. */
#ifndef WEFT_BENCH_OPERANDS_H
#define WEFT_BENCH_OPERANDS_H

#include "bench/ops_calls.h"

/* Float operands are uniform on [low, high]. */
typedef struct operand_range {
    double low, high;
} operand_range;

operand_range operand_range_of(const char *operation, int operand);

/* Fills n elements of operand k of the case. */
void operands_fill(const ops_case *c, int k, void *to, size_t n);

#endif
