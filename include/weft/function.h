/* weft/function.h: functions of the user's own, which programs apply to whole strips.
 * A program declares a function by name, with the types of its arguments and its result, and
 * whether it is pure. It says nothing of where the function is: a context has a table of functions,
 * and each run finds there, by name, the one that is registered at that time.
 * Neighbours: weft/program.h (a program's parameters), weft/run.h (runs), docs/isa.md. */
#ifndef WEFT_FUNCTION_H
#define WEFT_FUNCTION_H

#include <weft/context.h>
#include <weft/status.h>

#ifdef __cplusplus
extern "C" {
#endif

#define WEFT_MAX_FUNCTION_ARGS 3

/* Computes dst[i] from args[0][i], args[1][i], ... for i = 0 to n - 1, 1 <= n <= 4,096.
 *
 * dst and each args[k] are n elements one behind the other, of the types that were registered,
 * aligned for their type. dst shares no memory with any of them; those may be one and the same. An
 * argument of type bool is bytes of 0 and 1; as a result any byte but 0 is true. f16 and bf16 are
 * their 16 bits.
 *
 * The elements of a loop come in pieces of any length: nothing may be read from n. A function that
 * is registered as pure computes each element from the same element of its arguments alone; it is
 * called with the pieces in any order, on any threads, on several at once. A function that is not
 * pure gets the elements of a loop in their order (row-major), each one exactly once, on one thread
 * at a time; of a run that fails, some of the first ones. Different functions in one loop take
 * turns in no fixed order, and runs at the same time call either kind at the same time.
 *
 * It returns by returning. It must not use the arrays of the run nor the context that runs it;
 * other contexts it may use. `user` is what was registered with it. */
typedef void weft_function(void *user, void *dst, const void *const *args, size_t n);

/* To be combined with |. Values are part of the ABI and of the image format. */
typedef enum weft_function_flags {
    WEFT_FUNCTION_PURE = 1 /* no state, no effect: see weft_function */
} weft_function_flags;

/* Set `size` to sizeof(weft_function_info) and what is not wanted to zero. */
typedef struct weft_function_info {
    size_t size;
    const char *name;                        /* letters, digits and _, at most 63, no digit first */
    weft_dtype result;                       /* any element type */
    uint32_t n_args;                         /* 1 to WEFT_MAX_FUNCTION_ARGS */
    weft_dtype args[WEFT_MAX_FUNCTION_ARGS]; /* WEFT_NONE beyond n_args */
    uint32_t flags;                          /* weft_function_flags */
    weft_function *call;
    void *user;
    void (*release)(void *user); /* called once when the function is not needed any more, with no
                                    lock of the context held; NULL: nothing is to be called */
} weft_function_info;

/* Adds a function to a context. Of `info` everything is copied. The name must be new there. On
 * error release is not and will not be called. Thread-safe. WEFT_ERR_ARG (context or info is NULL,
 * a size, name, type, count or flag that is impossible, no `call`, the name is taken),
 * WEFT_ERR_MEMORY. */
WEFT_API weft_status weft_function_register(weft_context *context, const weft_function_info *info,
                                            weft_error *error);

/* Removes a function; later runs of programs that need it end with WEFT_ERR_BIND. WEFT_ERR_BUSY: a
 * run uses it at this moment; nothing has happened then. weft_context_destroy removes all that are
 * left. Thread-safe. WEFT_ERR_ARG: context or name is NULL, there is no such function. */
WEFT_API weft_status weft_function_unregister(weft_context *context, const char *name,
                                              weft_error *error);

/* Describes a function; set info->size first. info->name is then `name`, the one that was given. On
 * error nothing is written. Thread-safe. WEFT_ERR_ARG: an argument is NULL, info->size is
 * impossible, there is no such function. */
WEFT_API weft_status weft_function_query(weft_context *context, const char *name,
                                         weft_function_info *info, weft_error *error);

#ifdef __cplusplus
}
#endif
#endif
