/* bench/ops_check.h: whether a peer computes what weft does, before their times are compared.
 * Neighbours: bench/suite_ops.c. */
#ifndef WEFT_BENCH_OPS_CHECK_H
#define WEFT_BENCH_OPS_CHECK_H

#include <stdbool.h>

#include "bench/ops_calls.h"

/* Whether two outputs of the case on n elements agree: bit for bit, floats to about three digits (a
 * peer may be less exact, and sum in another order), halves to their last bit. */
bool ops_agree(const ops_case *c, const void *own, const void *other, size_t n);

#endif
