/* weft/compile.h: from a formula to a program, and formulas evaluated at once.
 * The language (expressions and programs, types, shapes, functions): docs/language.md.
 * Neighbours: weft/builder.h makes the same programs by calls, weft/run.h runs them. */
#ifndef WEFT_COMPILE_H
#define WEFT_COMPILE_H

#include <weft/run.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A name that a text uses without declaring it: an input array, or a scalar. */
typedef struct weft_variable {
    const char *name;
    weft_dtype type;
    int32_t rank;  /* 0: a scalar, which becomes a uniform; at most WEFT_MAX_RANK */
    uint32_t ones; /* bit i: axis i has extent 1 whatever the run, and is repeated (NumPy's
                      broadcasting). The parameter then has no such axis, and neither has the array
                      that is bound to it. Other axes of a run must not be 1 where an array that
                      shares the axis is longer. */
} weft_variable;

/* What may be given up for speed; nothing unless asked for. The results stay reproducible. */
enum {
    WEFT_FAST_CONTRACT = 1,    /* a * b + c in one rounding; f16 and bf16 stay f32 in between */
    WEFT_FAST_REASSOCIATE = 2, /* other orders of operations: x / 3 as x * (1 / 3), x * 2 * 3 as
                                  x * 6, x**k by products for larger k, x**0.5 as sqrt(x) */
    WEFT_FAST = 3              /* all of it */
};

typedef enum weft_code_form {
    WEFT_CODE_AUTO = 0,    /* unrolled where the number of elements is given and small */
    WEFT_CODE_LOOP = 1,    /* LOOP: any number of elements */
    WEFT_CODE_UNROLLED = 2 /* straight-line code for exactly `elements` elements */
} weft_code_form;

#define WEFT_MAX_UNROLLED 4096 /* elements of a program in unrolled form */

/* Set `size` to sizeof(weft_compile_options) and what is not wanted to zero. */
typedef struct weft_compile_options {
    size_t size;
    const weft_variable *variables; /* the names that the text does not declare itself */
    size_t n_variables;
    uint32_t flags;    /* WEFT_FAST_* */
    uint32_t form;     /* weft_code_form */
    uint64_t elements; /* of the index space, if known; 0: any number */
    weft_dtype result; /* type of the result of an expression; 0: its own */
    uint32_t reserved; /* 0 */
} weft_compile_options;

/* Compiles `length` bytes of text. An expression's result is the parameter "out"; its inputs are
 * parameters named as the variables that it uses, in the order of `variables`. options NULL: no
 * variables, defaults. *out is given back with weft_program_release; NULL on error.
 * WEFT_ERR_SYNTAX (line, column, and a message that says what was found and what might have been
 * meant), WEFT_ERR_LIMIT (too long, too deep, too many registers), WEFT_ERR_ARG, WEFT_ERR_MEMORY.
 * Thread-safe. */
WEFT_API weft_status weft_compile(weft_context *context, const char *text, size_t length,
                                  const weft_compile_options *options, weft_program **out,
                                  weft_error *error);

/* The same through the context's program cache: a text that was compiled there before with equal
 * options gives the program that is there already, with one more reference. */
WEFT_API weft_status weft_compile_cached(weft_context *context, const char *text, size_t length,
                                         const weft_compile_options *options, weft_program **out,
                                         weft_error *error);

/* Evaluates an expression with NumPy's rules for types and shapes: compiles it for the types and
 * ranks of the arguments (through the cache) and runs it. Every argument has a name; rank 0 is a
 * scalar.
 *
 * result->data NULL (and no buffer): nothing is run; result's type, rank, shape and strides
 * (contiguous) are filled in, for the caller to allocate. Else result must have that type and
 * shape; its name is not looked at. It may be exactly one of the arguments where weft_run allows
 * it. flags: WEFT_FAST_*. Errors as of weft_compile and weft_run. Thread-safe. */
WEFT_API weft_status weft_eval(weft_context *context, const char *text, size_t length,
                               const weft_arg *args, size_t nargs, uint32_t flags, weft_arg *result,
                               weft_error *error);

/* Says in words why a program is as it is: its loops and what each waits for, strips live at once,
 * strip length, bytes moved for each element, and a bound on its time. `elements`: assumed for the
 * estimate; 0: many. *text is NUL-terminated, *length without the NUL; give it back with weft_free.
 * WEFT_ERR_ARG, WEFT_ERR_MEMORY. */
WEFT_API weft_status weft_explain(const weft_program *program, uint64_t elements, char **text,
                                  size_t *length, weft_error *error);

#ifdef __cplusplus
}
#endif
#endif
