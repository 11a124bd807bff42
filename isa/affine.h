/* isa/affine.h: scalar integers as affine forms: constant + sum of factor * symbol.
 * The verifier follows address registers as such forms; binding puts numbers to the symbols and so
 * proves every address before the run. */
#ifndef WEFT_ISA_AFFINE_H
#define WEFT_ISA_AFFINE_H

#include <stdbool.h>
#include <stdint.h>

enum { WEFT_AFFINE_TERMS = 4 };

/* Wide enough for any sum of terms with 64-bit symbols. */
__extension__ typedef __int128 weft_int128;

/* What a symbol stands for; its number is kind << 28 | which. */
typedef enum weft_symbol_kind {
    WEFT_SYMBOL_COUNTER = 0, /* of the `for` that is bound `which`: 0 to its trips - 1 */
    WEFT_SYMBOL_INDEX = 1,   /* along dimension `which`: 0 to its extent - 1 */
    WEFT_SYMBOL_EXTENT = 2,  /* of dimension `which` */
    WEFT_SYMBOL_LENGTH = 3,  /* parameter << 16 | dimension of its array */
    WEFT_SYMBOL_UNIFORM = 4  /* parameter << 16 | element: its value */
} weft_symbol_kind;

static inline uint32_t weft_symbol(weft_symbol_kind kind, uint32_t which)
{
    return (uint32_t)kind << 28 | which;
}

typedef struct weft_affine {
    bool known;      /* false: not affine; the rest is zero */
    uint8_t n_terms; /* sorted by symbol, factors not zero */
    int64_t constant;
    struct {
        int64_t factor; /* |factor| < 2^31, so that 128 bits hold any sum */
        uint32_t symbol;
    } terms[WEFT_AFFINE_TERMS];
} weft_affine;

weft_affine weft_affine_constant(int64_t value);
weft_affine weft_affine_symbol(uint32_t symbol);
/* a + factor * b; unknown where that has too many terms or too large factors. */
weft_affine weft_affine_add(const weft_affine *a, const weft_affine *b, int64_t factor);
/* a * b; known only where one of them is constant. */
weft_affine weft_affine_mul(const weft_affine *a, const weft_affine *b);
bool weft_affine_equal(const weft_affine *a, const weft_affine *b);
static inline bool weft_affine_is_constant(const weft_affine *a)
{
    return a->known && a->n_terms == 0;
}

#endif
