/* simd/level_avx512.c: the kernels at AVX-512 F, VL, BW, DQ and CD (simd/kernel.h). Compiled with
 * the level's own flags (cmake/levels.cmake); exports its table and nothing else. */
#include "simd/levels.h"

#if defined(__x86_64__)
#define WEFT_THIS_LEVEL weft_kernels_avx512
#define WEFT_THIS_NAME  "avx512"
/* In this order. */
/* clang-format off */
#include "simd/fast.inc"
#include "simd/math.inc"
#include "simd/math_f64.inc"
#include "simd/math_lanes.inc"
#include "simd/loops.inc"
#include "simd/chunks_f64.inc"
#include "simd/avx512.inc"
#include "simd/rows_avx512.inc"
#include "simd/table.inc"
/* clang-format on */
#endif
