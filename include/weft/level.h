/* weft/level.h: CPU levels: which kernels run.
 * Every level computes the same thing: exact operations and reductions give the same bits on all of
 * them, transcendental functions on all that have fused multiply-add. The level is chosen once per
 * process, as the highest that the CPU and the operating system support; the environment variable
 * WEFT_LEVEL (a level's name) or a context option can lower it. Asking for a level that is not
 * available, or for a name that is none, is WEFT_ERR_UNSUPPORTED.
 * Neighbours: weft/context.h (the option), weft/ops.h (operations that run at the chosen level). */
#ifndef WEFT_LEVEL_H
#define WEFT_LEVEL_H

#include <weft/status.h>

#ifdef __cplusplus
extern "C" {
#endif

/* WEFT_LEVEL(NAME, value, text, words), from low to high: of those that a machine has it uses the
 * last. Values are part of the ABI, and have no order: a new level gets the next one, wherever its
 * row stands. */
#define WEFT_LEVEL_TABLE(WEFT_LEVEL)                                                               \
    WEFT_LEVEL(SCALAR, 1, "scalar", "portable C at the compiler's baseline")                       \
    WEFT_LEVEL(SSE41, 2, "sse4.1", "x86-64 with SSE4.1")                                           \
    WEFT_LEVEL(AVX2, 3, "avx2", "x86-64 with AVX2, FMA and F16C")                                  \
    WEFT_LEVEL(AVX512, 4, "avx512", "x86-64 with AVX-512 F, VL, BW, DQ and CD")                    \
    WEFT_LEVEL(NEON, 5, "neon", "aarch64")

typedef enum weft_level {
    WEFT_LEVEL_AUTO = 0, /* the process's choice */
#define WEFT_LEVEL_ENUM_(NAME, value, text, words) WEFT_LEVEL_##NAME = value,
    WEFT_LEVEL_TABLE(WEFT_LEVEL_ENUM_)
#undef WEFT_LEVEL_ENUM_
#define WEFT_LEVEL_ONE_(NAME, value, text, words) +1
        WEFT_LEVEL_COUNT = 1 WEFT_LEVEL_TABLE(WEFT_LEVEL_ONE_)
#undef WEFT_LEVEL_ONE_
} weft_level;

/* "avx2", ...; "unknown" for a value that is no level, "auto" for WEFT_LEVEL_AUTO. Static. */
WEFT_API const char *weft_level_name(weft_level level);
/* The level of that name; WEFT_LEVEL_AUTO where there is none (or name is NULL). */
WEFT_API weft_level weft_level_from_name(const char *name);
/* 1 if this build has the level and this machine can run it, else 0. Thread-safe. */
WEFT_API int weft_level_available(weft_level level);
/* The process's choice, made at the first call of any function that needs it and kept from then on.
 * WEFT_ERR_ARG (level is NULL); WEFT_ERR_UNSUPPORTED: WEFT_LEVEL asks for what is not available.
 * Thread-safe. */
WEFT_API weft_status weft_level_default(weft_level *level, weft_error *error);

#ifdef __cplusplus
}
#endif
#endif
