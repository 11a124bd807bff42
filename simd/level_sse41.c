/* simd/level_sse41.c: the kernels at SSE4.1 (simd/kernel.h). Compiled with the level's own flags
 * (cmake/levels.cmake); exports its table and nothing else. */
#include "simd/levels.h"

#if defined(__x86_64__)
#define WEFT_THIS_LEVEL weft_kernels_sse41
#define WEFT_THIS_NAME  "sse4.1"
/* In this order. */
/* clang-format off */
#include "simd/fast.inc"
#include "simd/math.inc"
#include "simd/math_f64.inc"
#include "simd/loops.inc"
#include "simd/chunks_f64.inc"
#include "simd/table.inc"
/* clang-format on */
#endif
