/* tests/support/levels.h: what the tests of kernels share: random bits from a seed that is printed,
 * counts, and a main() that goes through the levels which this machine has. Neighbours:
 * tests/plain/test_kernels.c, test_moves.c, test_passes.c. */
#ifndef WEFT_TESTS_LEVELS_H
#define WEFT_TESTS_LEVELS_H

#include "simd/levels.h"

extern uint64_t test_seed;
extern unsigned long test_checked, test_failed; /* counted by the test */

static inline uint64_t test_bits(void) /* xorshift64*, Vigna 2016 */
{
    test_seed ^= test_seed >> 12;
    test_seed ^= test_seed << 25;
    test_seed ^= test_seed >> 27;
    return test_seed * UINT64_C(2685821657736338717);
}

/* What main() returns: calls check(level) for each level that this machine has, prints how many
 * checks that made, and ends the process where it was fewer than `least` or where a table is not
 * that of its level. An argument is the seed. */
int test_each_level(int argc, char **argv, unsigned long least,
                    void (*check)(const weft_kernel_table *level));

/* Whether the level's CPUs fuse multiplication and addition. All that do have the same bits of
 * transcendental functions and the kernels that do several instructions in one pass. */
bool test_level_fuses(const weft_kernel_table *level);

#endif
