/* compiler/call.h: what the rooms of call.c share: rows of functions.def, and conversions.
 * types.c converts and promotes; call.c finds functions and brings operands to their types; the
 * functions themselves are in call_basic.c (operators), call_math.c, call_vector.c (segments) and
 * call_reduce.c (over axes). */
#ifndef WEFT_COMPILER_CALL_H
#define WEFT_COMPILER_CALL_H

#include "compiler/node.h"

enum { WEFT_MAX_OPERANDS = 64 }; /* of a call */

/* What becomes of a call's operands before its function sees them. All but RAW and VECTORS are
 * brought to one type, by weft_promote; f16 and bf16 then to f32, and a result of f32 back. */
typedef enum weft_takes {
    WEFT_TAKES_ANY,      /* numbers, or bools */
    WEFT_TAKES_NUMBERS,  /* bools as i8 */
    WEFT_TAKES_SIGNS,    /* no bools */
    WEFT_TAKES_FLOATS,   /* integers as the float type that NumPy gives functions of them */
    WEFT_TAKES_QUOTIENT, /* integers as f64 */
    WEFT_TAKES_INTEGERS, /* bools as i8; no floats */
    WEFT_TAKES_LOGIC,    /* integers or bools */
    WEFT_TAKES_TRUTH,    /* every operand by itself as a bool: whether it is not 0 */
    WEFT_TAKES_RAW,      /* as they are: weak ones, and of any types */
    WEFT_TAKES_VECTORS   /* the same, and vectors as wholes */
} weft_takes;

/* The node of a function of those operands. */
typedef int32_t weft_build(weft_graph *graph, unsigned code, const int32_t *args, unsigned n);

typedef struct weft_callee {
    const char *name;
    uint8_t callable; /* weft_callable */
    uint8_t takes;    /* weft_takes; of a reduction unused */
    uint8_t least, most;
    uint16_t code; /* for `build`; of a reduction its weft_reduction_code */
    weft_build *build;
} weft_callee;

#define WEFT_FUNCTION_ROW(name, least, most, TAKES, function, code)                                \
    weft_build weft_build_##function;
#include "compiler/functions.def"

typedef enum weft_reduction_code {
#define WEFT_REDUCTION_ROW(name, NAME, least, most) WEFT_REDUCTION_##NAME,
#include "compiler/functions.def"
} weft_reduction_code;

/* The row of a name, or of what it is another name for; NULL: there is none. */
const weft_callee *weft_callee_find(const char *name, size_t length);
/* A function of scalars by its row. */
int32_t weft_call_row(weft_graph *graph, const weft_callee *row, const int32_t *args, unsigned n);
/* The same by its name, which is one of functions.def. */
int32_t weft_call_named(weft_graph *graph, const char *name, const int32_t *args, unsigned n);
/* Whether the row takes so many operands; else an error. */
bool weft_call_counts(weft_graph *graph, const weft_callee *row, unsigned n);
/* How many components the vectors among the operands have, 0 where there are none; -1: different
 * numbers, and an error. */
int weft_call_width(weft_graph *graph, const char *name, const int32_t *args, unsigned n);
/* Component k of a vector, or a scalar itself. */
int32_t weft_call_component(const weft_graph *graph, int32_t value, unsigned k);

/* --- types.c ---------------------------------------------------------------------------------- */

/* "f32", "an integer literal": for messages. */
const char *weft_type_label(unsigned type);
/* The type that NumPy gives functions of floats for that type. */
unsigned weft_float_type(unsigned type);
/* The common type of operands: of the typed ones first, then of the literals with it. */
unsigned weft_common_type(const weft_graph *graph, const int32_t *args, unsigned n);
/* An operand as a type that weft_common_type gave (or weft_float_type of that); an integer literal
 * must fit. */
int32_t weft_as(weft_graph *graph, int32_t value, unsigned type);
/* What was made of literals only is a literal again. */
int32_t weft_as_literal(weft_graph *graph, int32_t value);
/* Whether a value is not 0. */
int32_t weft_truth(weft_graph *graph, int32_t value);
/* Whether an integer is one of that integer type. */
bool weft_int_fits(unsigned type, int64_t value);

#endif
