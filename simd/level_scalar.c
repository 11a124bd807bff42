/* simd/level_scalar.c: the scalar level: the meanings of isa/ops.def as loops, at baseline flags.
 * It is the oracle for every other level (simd/kernel.h). */
#include "simd/levels.h"

#define WEFT_THIS_LEVEL weft_kernels_scalar
#define WEFT_THIS_NAME  "scalar"
#include "simd/loops.inc"
#include "simd/table.inc"
