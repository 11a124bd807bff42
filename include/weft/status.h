/* weft/status.h: how every call says whether it worked.
 * One table of statuses; a call that fails fills a weft_error where it was given one.
 * Neighbours: weft/context.h, weft/program.h, weft/run.h, whose functions return these. */
#ifndef WEFT_STATUS_H
#define WEFT_STATUS_H

#include <weft/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/* WEFT_STATUS(name, value, text). Values are part of the ABI: append, never renumber. */
#define WEFT_STATUS_TABLE(WEFT_STATUS)                                                             \
    WEFT_STATUS(OK, 0, "success")                                                                  \
    WEFT_STATUS(ERR_ARG, 1, "invalid argument")                                                    \
    WEFT_STATUS(ERR_MEMORY, 2, "out of memory")                                                    \
    WEFT_STATUS(ERR_SYNTAX, 3, "syntax error")                                                     \
    WEFT_STATUS(ERR_IMAGE, 4, "damaged or foreign program image")                                  \
    WEFT_STATUS(ERR_VERIFY, 5, "program breaks a rule of the instruction set")                     \
    WEFT_STATUS(ERR_LIMIT, 6, "a limit was exceeded")                                              \
    WEFT_STATUS(ERR_BIND, 7, "arguments do not fit the program")                                   \
    WEFT_STATUS(ERR_RANGE, 8, "index out of range")                                                \
    WEFT_STATUS(ERR_BUDGET, 9, "instruction budget exhausted")                                     \
    WEFT_STATUS(ERR_CANCELLED, 10, "cancelled")                                                    \
    WEFT_STATUS(ERR_UNSUPPORTED, 11, "not supported here")                                         \
    WEFT_STATUS(ERR_BUSY, 12, "in use by a run")

typedef enum weft_status {
#define WEFT_STATUS_ENUM_(name, value, text) WEFT_##name = value,
    WEFT_STATUS_TABLE(WEFT_STATUS_ENUM_)
#undef WEFT_STATUS_ENUM_
} weft_status;

#define WEFT_ERROR_MESSAGE_SIZE 256

/* What went wrong and where. Filled on failure by every call that takes one (NULL: not wanted);
 * on success it is left with status WEFT_OK and an empty message. Owned by the caller; holds no
 * pointers. A place that does not apply is 0 (line, column) or -1 (pc, element, byte). */
typedef struct weft_error {
    weft_status status;
    int32_t line;    /* of the source text, from 1 */
    int32_t column;  /* of the source text, in bytes, from 1 */
    int32_t param;   /* parameter at fault, from 0 in the order of declaration, or -1 */
    int32_t rule;    /* number of the verifier rule that was broken (docs/isa.md), from 1, or 0 */
    int64_t pc;      /* instruction, from 0 */
    int64_t element; /* linear index of the element within its loop, from 0 */
    int64_t byte;    /* offset into an image */
    char message[WEFT_ERROR_MESSAGE_SIZE]; /* one line, NUL-terminated, without the place */
} weft_error;

/* A short text for a status ("out of memory"); "unknown status" for any other value. Static. */
WEFT_API const char *weft_status_text(weft_status status);
/* The status's name ("ERR_MEMORY"); "UNKNOWN" for any other value. Static. */
WEFT_API const char *weft_status_name(weft_status status);

#ifdef __cplusplus
}
#endif
#endif
