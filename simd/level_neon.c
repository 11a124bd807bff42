/* simd/level_neon.c: the kernels at NEON on aarch64 (simd/kernel.h). Compiled with the level's own
 * flags (cmake/levels.cmake); exports its table and nothing else. */
#include "simd/levels.h"

#if defined(__aarch64__)
#define WEFT_THIS_LEVEL weft_kernels_neon
#define WEFT_THIS_NAME  "neon"
/* In this order. */
/* clang-format off */
#include "simd/fast.inc"
#include "simd/math.inc"
#include "simd/math_f64.inc"
#include "simd/math_lanes.inc"
#include "simd/loops.inc"
#include "simd/chunks_f64.inc"
#include "simd/table.inc"
/* clang-format on */
#endif
