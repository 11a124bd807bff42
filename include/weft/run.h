/* weft/run.h: running a program on arrays.
 * Arguments are bound late, by name, to memory of the caller's or to buffers: nothing is copied.
 * All bounds are proved before the first instruction runs.
 * Neighbours: weft/program.h (where programs come from), weft/buffer.h (memory with handles). */
#ifndef WEFT_RUN_H
#define WEFT_RUN_H

#include <weft/buffer.h>
#include <weft/program.h>

#ifdef __cplusplus
extern "C" {
#endif

/* One array bound to one parameter. The memory is the caller's, or a buffer's, and must stay valid,
 * and unmodified by others, during the run; a buffer's does stay valid, as it cannot be released
 * meanwhile. No alignment is required.
 *
 * Shape: a parameter over the index space takes an array with its dimensions in order (row-major
 * sense), and, where the parameter has a segment of k > 1 values, one more trailing dimension of k.
 * An input's leading dimensions may be missing and any of its dimensions may be 1: it is then
 * repeated along them, as in NumPy. An output has the full shape. A uniform takes `count` rows
 * (none where count is 1). A table takes any one to four dimensions that are contiguous to each
 * other. Strides are in bytes and may be negative or, for inputs, zero. */
typedef struct weft_arg {
    const char *name; /* of the parameter; NULL: the parameter at this argument's position */
    void *data;       /* of the first element; may be NULL only where the array has no elements, and
                         must be where it is in a buffer */
    weft_dtype type;  /* must be the parameter's */
    int32_t rank;     /* 0 to WEFT_MAX_ARG_RANK; 0: a single element */
    int64_t shape[WEFT_MAX_ARG_RANK];   /* elements */
    int64_t strides[WEFT_MAX_ARG_RANK]; /* bytes */
    weft_buffer buffer;                 /* of the context that runs; {0}: data is an address */
    uint64_t offset;                    /* of the first element, bytes into the buffer; else 0 */
} weft_arg;

/* Fills `arg` for a C-contiguous array. shape has `rank` entries (may be NULL where rank is 0). The
 * data of an `in`, `uniform` or `table` parameter is never written, whatever this type says.
 * WEFT_ERR_ARG: arg is NULL, type or rank out of range, a negative extent. */
WEFT_API weft_status weft_arg_contiguous(weft_arg *arg, const char *name, weft_dtype type,
                                         void *data, int32_t rank, const int64_t *shape);

/* Fills `arg` for a view of a buffer: its first element lies `offset` bytes into it. strides are in
 * bytes, `rank` entries like shape; NULL: contiguous. weft_run checks that
 * there is such a buffer and that, whatever the strides, every element lies within it.
 * WEFT_ERR_ARG: as above, or buffer is {0}. */
WEFT_API weft_status weft_arg_view(weft_arg *arg, const char *name, weft_buffer buffer,
                                   uint64_t offset, weft_dtype type, int32_t rank,
                                   const int64_t *shape, const int64_t *strides);

/* Fills `arg` from a DLPack `const DLTensor *` without copying (given as void so that this header
 * needs no other). Host memory only, one lane, at most WEFT_MAX_ARG_RANK dimensions.
 * WEFT_ERR_ARG (NULL), WEFT_ERR_UNSUPPORTED (device, type, lanes or rank). */
WEFT_API weft_status weft_arg_from_dlpack(weft_arg *arg, const char *name, const void *dl_tensor);

/* A flag that stops runs from another thread. Thread-safe. */
typedef struct weft_cancel weft_cancel;
WEFT_API weft_status weft_cancel_create(weft_context *context, weft_cancel **out);
/* Every run that was given this flag ends soon with WEFT_ERR_CANCELLED, as does every later one,
 * until it is reset. NULL is allowed in all three. */
WEFT_API void weft_cancel_request(weft_cancel *cancel);
WEFT_API void weft_cancel_reset(weft_cancel *cancel);
WEFT_API void weft_cancel_destroy(weft_cancel *cancel); /* no run may be using it */

/* Default of weft_run_options.budget. */
#define WEFT_DEFAULT_BUDGET (UINT64_C(1) << 44)

/* Options of one run: set `size` to sizeof(weft_run_options) and what is not wanted to zero. */
typedef struct weft_run_options {
    size_t size;
    uint64_t
        budget; /* largest total cost: an instruction costs 1 for each element it works on (a
                   fused one as many as it has products), and at least 1. The cost of a run does not
                   depend on the machine or on the number of threads. 0: WEFT_DEFAULT_BUDGET */
    weft_cancel *cancel; /* or NULL */
    /* Called now and then during a long run, on the thread that runs: cost so far. A result other
     * than 0 cancels the run. NULL: not wanted. */
    int (*progress)(void *user, uint64_t cost);
    void *progress_user;
    const int64_t *space; /* one extent for each dimension of the index space, which the arguments
                             must then match: for programs whose arguments do not tell. NULL: they
                             do, or the program does. */
} weft_run_options;

/* Runs a program. Every parameter needs exactly one argument, but for scratch arrays and pools,
 * which take none, and functions, which the context must have (weft/function.h). An output may be
 * exactly the same array as an input where the program never reads that input after writing that
 * output; every other overlap with an array that is written is refused.
 * Errors before the start leave all memory untouched: WEFT_ERR_ARG (no such buffer is one),
 * WEFT_ERR_BIND, WEFT_ERR_RANGE (an address that could leave its array, or an array its buffer),
 * WEFT_ERR_MEMORY (also where the program's pools and those of other runs do not fit together into
 * the context's pool_bytes; the message names the pool, and when the others have ended the same run
 * succeeds). Errors during the run (WEFT_ERR_RANGE of a gather or scatter, WEFT_ERR_BUDGET,
 * WEFT_ERR_CANCELLED) leave what the program writes in an unspecified state, and all else
 * untouched; of several that a run would come to, it reports one. The context and the program stay
 * usable.
 * A run takes the context's lock once and allocates nothing, once the context has the memory that
 * runs of this size need. Loops with enough work are spread over the context's threads; the results
 * have the same bits whatever their number. */
WEFT_API weft_status weft_run(weft_context *context, const weft_program *program,
                              const weft_arg *args, size_t nargs);

/* The same with options (NULL: defaults) and an error report (NULL: not wanted). */
WEFT_API weft_status weft_run_with(weft_context *context, const weft_program *program,
                                   const weft_arg *args, size_t nargs,
                                   const weft_run_options *options, weft_error *error);

/* Finds the shape that an argument of parameter `param` must have (segment included), given the
 * other arguments: for allocating outputs. Arguments with data NULL count with their shape, and
 * buffers are not looked at.
 * `space` (NULL, or one extent for each dimension of the index space) fixes the index space where
 * the arguments alone do not. WEFT_ERR_BIND: the arguments contradict each other, or a dimension
 * stays open; WEFT_ERR_ARG: no such parameter, a function, or a table, whose shape is the caller's
 * choice. Of scratch arrays and pools, which take no argument, it tells the shape that they will
 * have. */
WEFT_API weft_status weft_infer_shape(weft_context *context, const weft_program *program,
                                      const weft_arg *args, size_t nargs, const int64_t *space,
                                      uint32_t param, int32_t *rank,
                                      int64_t shape[WEFT_MAX_ARG_RANK], weft_error *error);

#ifdef __cplusplus
}
#endif
#endif
