/* tests/ops/values.h: operands that are worth trying: all values of small types, the special ones
 * of large types, and random ones from a fixed seed. Values are bits, zero-extended. */
#ifndef WEFT_TESTS_OPS_VALUES_H
#define WEFT_TESTS_OPS_VALUES_H

#include <stdbool.h>
#include <weft/types.h>

#define VALUES_SEED UINT64_C(0x5eed2026) /* every test prints it where it fails */

typedef struct values_random {
    uint64_t state;
} values_random;

uint64_t values_next(values_random *random);
/* Below n. */
uint64_t values_below(values_random *random, uint64_t n);

/* Special value number i of a type; the count of them. */
uint64_t values_special(weft_dtype type, size_t i);
size_t values_special_count(weft_dtype type);
/* A random value: of all bits, or of a size where operands meet, or a special one. */
uint64_t values_any(values_random *random, weft_dtype type);

bool values_is_float(weft_dtype type); /* f16, bf16, f32, f64 */
bool values_is_signed(weft_dtype type);
unsigned values_bits(weft_dtype type); /* 1 for bool */
bool values_is_nan(weft_dtype type, uint64_t bits);

/* Elements of arrays. */
uint64_t values_get(weft_dtype type, const void *array, size_t i);
void values_set(weft_dtype type, void *array, size_t i, uint64_t bits);

#endif
