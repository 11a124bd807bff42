/* weft/program.h: making, saving, reading and inspecting programs.
 * A weft_program has always passed the verifier; it is immutable and carries no address, so any
 * number of threads may run it at once with arguments of their own (weft/run.h).
 * The instruction set, the assembly language and the image format: docs/isa.md. */
#ifndef WEFT_PROGRAM_H
#define WEFT_PROGRAM_H

#include <weft/context.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct weft_program weft_program;

/* Assembles and verifies `length` bytes of assembly text (.wfa; need not end in NUL). *out gets a
 * program with one reference, to be given back with weft_program_release; NULL on error.
 * WEFT_ERR_SYNTAX and WEFT_ERR_VERIFY set error->line and column; WEFT_ERR_ARG, WEFT_ERR_LIMIT,
 * WEFT_ERR_MEMORY. */
WEFT_API weft_status weft_assemble(weft_context *context, const char *text, size_t length,
                                   weft_program **out, weft_error *error);

/* The same through the context's program cache: a text that was assembled there before gives the
 * program that is there already, with one more reference, for the price of looking it up. *out is
 * given back as any other. The cache holds as many programs as the context's option says, and lets
 * go of the one whose last use is longest ago; that ends no program that a caller still holds. A
 * text with an error is looked at anew each time. Thread-safe: threads that find what they ask for
 * do not wait for each other. */
WEFT_API weft_status weft_assemble_cached(weft_context *context, const char *text, size_t length,
                                          weft_program **out, weft_error *error);

/* Lets go of all programs in the cache, with the memory of those that nobody else holds. NULL is
 * allowed. Thread-safe. */
WEFT_API void weft_cache_clear(weft_context *context);

/* Reads and verifies an image (.wfb). The bytes are untrusted, copied, and need no alignment.
 * WEFT_ERR_IMAGE sets error->byte, WEFT_ERR_VERIFY sets error->pc and rule; WEFT_ERR_ARG,
 * WEFT_ERR_LIMIT, WEFT_ERR_MEMORY. */
WEFT_API weft_status weft_load(weft_context *context, const void *image, size_t length,
                               weft_program **out, weft_error *error);

/* Checks an image as weft_load does, and keeps nothing. */
WEFT_API weft_status weft_verify(weft_context *context, const void *image, size_t length,
                                 weft_error *error);

/* Writes a program as an image into memory of its context: *image of *length bytes, to be given
 * back with weft_free. Loading it gives an equal program; saving that gives the same bytes. */
WEFT_API weft_status weft_save(const weft_program *program, void **image, size_t *length,
                               weft_error *error);

/* Writes a program as assembly text, NUL-terminated, *length without the NUL; give it back with
 * weft_free. Assembling it gives the same image byte for byte. */
WEFT_API weft_status weft_disassemble(const weft_program *program, char **text, size_t *length,
                                      weft_error *error);

/* Frees what weft_save or weft_disassemble returned. NULL is allowed. */
WEFT_API void weft_free(void *memory);

/* One more reference, or one less; the last release frees the program. NULL is allowed.
 * Thread-safe. A run holds a reference of its own, so a release during a run is safe. */
WEFT_API weft_program *weft_program_retain(weft_program *program);
WEFT_API void weft_program_release(weft_program *program);

/* --- Introspection: what a program wants to be given ------------------------------------------ */

/* How a parameter is used. Values are part of the ABI and of the image format. */
typedef enum weft_param_kind {
    WEFT_PARAM_IN = 1,          /* array over the index space, read */
    WEFT_PARAM_OUT = 2,         /* array over the index space, written */
    WEFT_PARAM_INOUT = 3,       /* array over the index space, read and written */
    WEFT_PARAM_UNIFORM = 4,     /* `count` rows of constants, the same for every element */
    WEFT_PARAM_TABLE = 5,       /* array addressed by a computed index, read */
    WEFT_PARAM_TABLE_OUT = 6,   /* the same, written */
    WEFT_PARAM_TABLE_INOUT = 7, /* the same, read and written */
    WEFT_PARAM_SCRATCH = 8,     /* array over the index space that lives only during a run:
                                   takes no argument */
    WEFT_PARAM_POOL = 9,        /* `count` rows of working memory, addressed as a table's, zero at
                                   the start of each run: takes no argument */
    WEFT_PARAM_FUNCTION = 10    /* a function that the context must have (weft/function.h): takes no
                                   argument */
} weft_param_kind;

typedef struct weft_param_info {
    const char *name; /* owned by the program */
    weft_param_kind kind;
    weft_dtype type;  /* of the elements; of a function's result */
    uint32_t segment; /* values per element, 1 to 16 */
    uint32_t dims;    /* bit d: the array has dimension d of the index space */
    uint32_t window;  /* elements that it must have beyond the index space in its last dimension;
                         of a function its weft_function_flags */
    uint32_t count;   /* rows of a uniform or pool; of a function the types of its arguments, a byte
                         each, the first one lowest */
    uint32_t reserved;
} weft_param_info;

/* Number of parameters, scratch arrays, pools and functions included; 0 for NULL. */
WEFT_API uint32_t weft_program_param_count(const weft_program *program);
/* Describes parameter `index` (declaration order). WEFT_ERR_ARG: no such parameter, or NULL. */
WEFT_API weft_status weft_program_param(const weft_program *program, uint32_t index,
                                        weft_param_info *info);
/* Index of the parameter of that name, or -1. */
WEFT_API int32_t weft_program_find_param(const weft_program *program, const char *name);
/* Rank of the index space (1 to 4); 0 for NULL. Where `extents` is not NULL it receives the fixed
 * extents, or -1 in every dimension when the arguments decide. */
WEFT_API uint32_t weft_program_space(const weft_program *program, int64_t extents[WEFT_MAX_RANK]);
/* Number of instructions; 0 for NULL. */
WEFT_API uint32_t weft_program_instruction_count(const weft_program *program);

/* --- The instruction table, for tools --------------------------------------------------------- */

typedef struct weft_op_info {
    const char *mnemonic; /* "add" */
    const char *category; /* "arithmetic" */
    const char *operands; /* "d, a, b" */
    const char *types;    /* type set: "arith", ... */
    const char *meaning;  /* one line */
    uint32_t type_mask;   /* bit weft_dtype: the types it admits; 0: takes none */
    float ulp_f32;        /* largest error in units in the last place; 0: exact */
    float ulp_f64;
} weft_op_info;

/* Number of operations, and operation `index` (0 to count - 1) of the table. Thread-safe. */
WEFT_API uint32_t weft_op_count(void);
WEFT_API weft_status weft_op(uint32_t index, weft_op_info *info);

#ifdef __cplusplus
}
#endif
#endif
