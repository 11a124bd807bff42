/* bench/ops_calls.c: the cases of bench/ops_calls.h. Each call is made as a user makes it, so that
 * its checks and the choice of the kernel are part of the time. */
#include "bench/ops_calls.h"

#include <weft/ops.h>

#include "isa/types.def"

/* The statuses are or-ed together: cheap, and no call can be left out. */
#define RUN(name, call)                                                                            \
    static unsigned run_##name(const ops_arrays *x, uint64_t calls)                                \
    {                                                                                              \
        unsigned failed = 0;                                                                       \
        for (uint64_t i = 0; i < calls; i++)                                                       \
            failed |= (unsigned)weft_##name call;                                                  \
        return failed;                                                                             \
    }
#define RUN_UNARY(op, tag) RUN(op##_##tag, (x->dst, x->in[0], x->n))
#define RUN_BINARY(op, tag, T)                                                                     \
    RUN(op##_##tag, (x->dst, x->in[0], x->in[1], x->n))                                            \
    RUN(op##s_##tag, (x->dst, x->in[0], *(const T *)x->in[1], x->n))

#define DIRECT_UNARY(N, op, TYPE, tag, T)   RUN_UNARY(op, tag)
#define DIRECT_BINARY(N, op, TYPE, tag, T)  RUN_BINARY(op, tag, T)
#define DIRECT_COMPARE(N, op, TYPE, tag, T) RUN_BINARY(op, tag, T)
#define DIRECT_TERNARY(N, op, TYPE, tag, T)                                                        \
    RUN(op##_##tag, (x->dst, x->in[0], x->in[1], x->in[2], x->n))
#define DIRECT_SELECT(TYPE, tag, T)             RUN(sel_##tag, (x->dst, x->in[2], x->in[0], x->in[1], x->n))
#define DIRECT_MOVE(TYPE, tag, T)               RUN_UNARY(mov, tag)
#define DIRECT_FILL(TYPE, tag, T)               RUN(fill_##tag, (x->dst, *(const T *)x->in[0], x->n))
#define DIRECT_CONVERT(TO, to, TT, F, from, FT) RUN(cvt_##to##_##from, (x->dst, x->in[0], x->n))
#define DIRECT_REDUCE(N, op, TYPE, tag, T, R)   RUN_UNARY(op, tag)
#define DIRECT_REDUCE2(N, op, TYPE, tag, T, R)  RUN(op##_##tag, (x->dst, x->in[0], x->in[1], x->n))
#include "vm/ops_api.inc"

#undef DIRECT_UNARY
#undef DIRECT_BINARY
#undef DIRECT_COMPARE
#undef DIRECT_TERNARY
#undef DIRECT_SELECT
#undef DIRECT_MOVE
#undef DIRECT_FILL
#undef DIRECT_CONVERT
#undef DIRECT_REDUCE
#undef DIRECT_REDUCE2

#define CASE_2(op, tag, OUT, IN)                                                                   \
    {#op "/" #tag "/vv", #op, OUT, {IN, IN}, 0, run_##op##_##tag},                                 \
        {#op "/" #tag "/vs", #op, OUT, {IN, IN}, 2, run_##op##s_##tag},
#define DIRECT_UNARY(N, op, TYPE, tag, T)                                                          \
    {#op "/" #tag "/v", #op, WEFT_##TYPE, {WEFT_##TYPE}, 0, run_##op##_##tag},
#define DIRECT_BINARY(N, op, TYPE, tag, T)  CASE_2(op, tag, WEFT_##TYPE, WEFT_##TYPE)
#define DIRECT_COMPARE(N, op, TYPE, tag, T) CASE_2(op, tag, WEFT_BOOL, WEFT_##TYPE)
#define DIRECT_TERNARY(N, op, TYPE, tag, T)                                                        \
    {#op "/" #tag "/vvv", #op, WEFT_##TYPE, {WEFT_##TYPE, WEFT_##TYPE, WEFT_##TYPE}, 0,            \
     run_##op##_##tag},
#define DIRECT_SELECT(TYPE, tag, T)                                                                \
    {"sel/" #tag "/vvv", "sel", WEFT_##TYPE, {WEFT_##TYPE, WEFT_##TYPE, WEFT_BOOL}, 0,             \
     run_sel_##tag},
#define DIRECT_MOVE(TYPE, tag, T)                                                                  \
    {"mov/" #tag "/v", "mov", WEFT_##TYPE, {WEFT_##TYPE}, 0, run_mov_##tag},
#define DIRECT_FILL(TYPE, tag, T)                                                                  \
    {"fill/" #tag "/s", "fill", WEFT_##TYPE, {WEFT_##TYPE}, 1, run_fill_##tag},
#define DIRECT_CONVERT(TO, to, TT, FROM, from, FT)                                                 \
    {"cvt/" #to "." #from "/v", "cvt", WEFT_##TO, {WEFT_##FROM}, 0, run_cvt_##to##_##from},
#define DIRECT_REDUCE(N, op, TYPE, tag, T, R)                                                      \
    {#op "/" #tag "/v", #op, WEFT_NONE, {WEFT_##TYPE}, 0, run_##op##_##tag},
#define DIRECT_REDUCE2(N, op, TYPE, tag, T, R)                                                     \
    {#op "/" #tag "/vv", #op, WEFT_NONE, {WEFT_##TYPE, WEFT_##TYPE}, 0, run_##op##_##tag},
const ops_case ops_cases[] = {
#include "vm/ops_api.inc"
};
const size_t ops_case_count = sizeof ops_cases / sizeof ops_cases[0];

double ops_case_bytes(const ops_case *c, size_t n)
{
    size_t element = weft_dtype_size(c->out);
    for (int k = 0; k < 3; k++)
        if (!(c->scalars >> k & 1))
            element += weft_dtype_size(c->in[k]);
    return (double)element * (double)n;
}
