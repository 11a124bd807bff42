/* tests/support/generate.h: random programs for the fuzzer (fuzz/fuzz_program.c) and for the
 * comparison of the backends (plain/test_differential.c). The same bytes give the same program. */
#ifndef WEFT_TESTS_GENERATE_H
#define WEFT_TESTS_GENERATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct test_generated {
    char *text; /* assembly, NUL-terminated */
    size_t length;
    bool complete;        /* false: there was no room for all of it */
    bool careful;         /* false: it breaks rules on purpose, as one in 16 does */
    bool transcendental;  /* it computes with results of transcendental operations, whose last bits
                             levels may disagree about */
    uint32_t approximate; /* bit i: parameter i gets such results, and nothing reads it */
} test_generated;

/* Byte 0 decides whether rules are broken on purpose: if it is below 15 they are not. */
void test_generate(const uint8_t *data, size_t size, test_generated *made);
void test_generated_free(test_generated *made);

#endif
