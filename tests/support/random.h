/* tests/support/random.h: random numbers from a seed, the same on every machine. */
#ifndef WEFT_TESTS_RANDOM_H
#define WEFT_TESTS_RANDOM_H

#include <stdbool.h>
#include <stdint.h>

typedef struct test_random {
    uint64_t state;
} test_random;

/* splitmix64 */
static inline uint64_t test_next(test_random *r)
{
    uint64_t z = r->state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

/* 0 to n - 1 */
static inline uint32_t test_below(test_random *r, uint32_t n)
{
    return (uint32_t)((test_next(r) >> 32) * n >> 32);
}

static inline bool test_one_in(test_random *r, uint32_t n)
{
    return test_below(r, n) == 0;
}

#endif
