/* tests/support/bounds.h: how far `fast` may take an element of a smooth tree from its true value
 * (expression.h, evaluate.h). A true value v and two bounds are computed in double for every node:
 * m, of the sum of what is added up in it, as if nothing cancelled, and e, of the error. Whatever
 * the order of sums and products, and whether products are rounded before they are added or not,
 * an operation adds at most c u m to e, where u is half a unit in the last place of the narrowest
 * type in the tree, and c its number of nodes and a few more for functions that are not exact. What
 * comes near overflow, underflow or a division by zero has no bound. */
#ifndef WEFT_TESTS_BOUNDS_H
#define WEFT_TESTS_BOUNDS_H

#include "tests/support/evaluate.h"

/* The element of the result with the row-major number; false: there is no bound. */
bool test_bound(const test_evaluation *e, int64_t number, double *value, double *error);

#endif
