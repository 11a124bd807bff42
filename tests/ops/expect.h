/* tests/ops/expect.h: what every element-wise operation should give, computed without the library:
 * integers in 128 bits and bit loops, floats with MPFR, conversions on significands.
 * Neighbours: expect.c (integers, comparisons, selection), expect_float.c, expect_convert.c. */
#ifndef WEFT_TESTS_OPS_EXPECT_H
#define WEFT_TESTS_OPS_EXPECT_H

#include <stdbool.h>
#include <weft/program.h>

typedef enum expect_kind {
    EXPECT_NOTHING, /* nobody has said what this operation should give: the test fails */
    EXPECT_BITS,    /* exactly these bits */
    EXPECT_VALUE,   /* these bits, or any NaN where they are one */
    EXPECT_BUDGET   /* within so many units in the last place */
} expect_kind;

/* How results of that operation, by its mnemonic, are to be judged for that type. */
expect_kind expect_kind_of(const char *mnemonic, weft_dtype type);

/* The result for operands a, b, c (bits; bool as 0 or 1). Not for EXPECT_BUDGET. */
uint64_t expect_result(const char *mnemonic, weft_dtype type, const uint64_t in[3]);

/* Whether `got` is right; `*error` is the error in units in the last place, where that applies. */
bool expect_right(const char *mnemonic, weft_dtype type, const uint64_t in[3], uint64_t got,
                  double budget, double *error);

/* A conversion; bits in, bits out. */
uint64_t expect_convert(weft_dtype to, weft_dtype from, uint64_t bits);

/* --- expect_float.c --------------------------------------------------------------------------- */

expect_kind expect_float_kind(const char *mnemonic);
uint64_t expect_float_result(const char *mnemonic, weft_dtype type, const uint64_t in[3]);
double expect_float_error(const char *mnemonic, weft_dtype type, const uint64_t in[3],
                          uint64_t got);

#endif
