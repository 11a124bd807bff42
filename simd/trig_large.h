/* simd/trig_large.h: sine, cosine and tangent of arguments beyond the reach of the vector kernels
 * (simd/math_f64_trig.inc, simd/math.inc), one at a time, by the reduction of Payne and Hanek. */
#ifndef WEFT_SIMD_TRIG_LARGE_H
#define WEFT_SIMD_TRIG_LARGE_H

/* For |a| >= 1; infinities and NaN give NaN. The same bits on every machine; at most 1 unit in the
 * last place off, the float ones rounded from the double ones. */
double weft_sin_large_f64(double a);
double weft_cos_large_f64(double a);
double weft_tan_large_f64(double a);
float weft_sin_large_f32(float a);
float weft_cos_large_f32(float a);
float weft_tan_large_f32(float a);

#endif
