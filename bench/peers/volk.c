/* bench/peers/volk.c: VOLK's kernels for what weft does too, chosen by its own dispatcher. Several
 * of its functions are far less exact than weft's, so it is no peer of the limits on those.
 * Neighbours: bench/peer.h, bench/ops_acceptance.c. */
#include <stdint.h>
#include <volk/volk.h>

#include "bench/peers/table.h"

#define COUNT ((unsigned)n)
#define CALL(name, call)                                                                           \
    PEER_FUNCTION(name)                                                                            \
    {                                                                                              \
        (void)b, (void)c;                                                                          \
        call;                                                                                      \
    }
#define ONE(name, kernel)    CALL(name, kernel(dst, a, COUNT))
#define TWO(name, kernel)    CALL(name, kernel(dst, a, b, COUNT))
#define SCALAR(name, kernel) CALL(name, kernel(dst, a, *(const float *)b, COUNT))

TWO(add_f32, volk_32f_x2_add_32f)
TWO(sub_f32, volk_32f_x2_subtract_32f)
TWO(mul_f32, volk_32f_x2_multiply_32f)
TWO(div_f32, volk_32f_x2_divide_32f)
TWO(min_f32, volk_32f_x2_min_32f)
TWO(max_f32, volk_32f_x2_max_32f)
SCALAR(adds_f32, volk_32f_s32f_add_32f)
SCALAR(muls_f32, volk_32f_s32f_multiply_32f)
TWO(add_f64, volk_64f_x2_add_64f)
TWO(mul_f64, volk_64f_x2_multiply_64f)
TWO(min_f64, volk_64f_x2_min_64f)
TWO(max_f64, volk_64f_x2_max_64f)
TWO(and_i32, volk_32i_x2_and_32i)
TWO(or_i32, volk_32i_x2_or_32i)
ONE(sqrt_f32, volk_32f_sqrt_32f)
ONE(rsqrt_f32, volk_32f_invsqrt_32f)
ONE(exp_f32, volk_32f_exp_32f)
ONE(log2_f32, volk_32f_log2_32f)
ONE(sin_f32, volk_32f_sin_32f)
ONE(cos_f32, volk_32f_cos_32f)
ONE(tan_f32, volk_32f_tan_32f)
ONE(asin_f32, volk_32f_asin_32f)
ONE(acos_f32, volk_32f_acos_32f)
ONE(atan_f32, volk_32f_atan_32f)
ONE(tanh_f32, volk_32f_tanh_32f)
CALL(pow_f32, volk_32f_x2_pow_32f(dst, b, a, COUNT)) /* exponents first */
ONE(f64_from_f32, volk_32f_convert_64f)
ONE(f32_from_f64, volk_64f_convert_32f)
ONE(sum_f32, volk_32f_accumulator_s32f)
TWO(dot_f32, volk_32f_x2_dot_prod_32f)

static const peer_row rows[] = {
    {"add/f32/vv", add_f32},         {"sub/f32/vv", sub_f32},  {"mul/f32/vv", mul_f32},
    {"div/f32/vv", div_f32},         {"min/f32/vv", min_f32},  {"max/f32/vv", max_f32},
    {"add/f32/vs", adds_f32},        {"mul/f32/vs", muls_f32}, {"add/f64/vv", add_f64},
    {"mul/f64/vv", mul_f64},         {"min/f64/vv", min_f64},  {"max/f64/vv", max_f64},
    {"and/i32/vv", and_i32},         {"or/i32/vv", or_i32},    {"sqrt/f32/v", sqrt_f32},
    {"rsqrt/f32/v", rsqrt_f32},      {"exp/f32/v", exp_f32},   {"log2/f32/v", log2_f32},
    {"sin/f32/v", sin_f32},          {"cos/f32/v", cos_f32},   {"tan/f32/v", tan_f32},
    {"asin/f32/v", asin_f32},        {"acos/f32/v", acos_f32}, {"atan/f32/v", atan_f32},
    {"tanh/f32/v", tanh_f32},        {"pow/f32/vv", pow_f32},  {"cvt/f64.f32/v", f64_from_f32},
    {"cvt/f32.f64/v", f32_from_f64}, {"sum/f32/v", sum_f32},   {"dot/f32/vv", dot_f32},
};

PEER_MODULE("volk", "VOLK " PEER_LIBRARY ", its own choice of kernels", rows, NULL)
